-- Channels at providers: where messages are posted, and who else reads them.

CREATE TABLE lealup.external_channel (
    tenant_id uuid NOT NULL,
    connection_id uuid NOT NULL,
    external_id text NOT NULL CHECK (length(external_id) BETWEEN 1 AND 500),
    name text CHECK (length(name) <= 500),
    private boolean NOT NULL DEFAULT false,
    archived boolean NOT NULL DEFAULT false,
    joined boolean NOT NULL DEFAULT false,
    shared boolean NOT NULL DEFAULT true,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, connection_id, external_id),
    FOREIGN KEY (tenant_id, connection_id) REFERENCES lealup.connection ON DELETE CASCADE
);
CREATE INDEX ON lealup.external_channel (tenant_id, connection_id, name);
COMMENT ON TABLE lealup.external_channel IS 'The channels that a provider has told of.';
COMMENT ON COLUMN lealup.external_channel.joined IS 'Whether the app is in it.';
COMMENT ON COLUMN lealup.external_channel.shared IS 'Whether another organization reads it, or may: what is only for the own team is not posted there. Unless the provider says that none does, one may.';

CREATE FUNCTION lealup._sink_external_channel(c lealup.connection, input jsonb[]) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    at timestamptz := clock_timestamp();
BEGIN
    INSERT INTO lealup.external_channel AS x (tenant_id, connection_id, external_id, name, private, archived, joined, shared, updated_at)
    SELECT c.tenant_id, c.id, r ->> 'external_id', left(r ->> 'name', 500), coalesce((r ->> 'private')::boolean, false), coalesce((r ->> 'archived')::boolean, false),
           coalesce((r ->> 'joined')::boolean, false), coalesce((r ->> 'shared')::boolean, true), at
    FROM unnest(input) r
    ON CONFLICT ON CONSTRAINT external_channel_pkey DO UPDATE SET name = excluded.name, private = excluded.private, archived = excluded.archived, joined = excluded.joined,
        shared = excluded.shared, updated_at = excluded.updated_at
    WHERE (x.name, x.private, x.archived, x.joined, x.shared) IS DISTINCT FROM (excluded.name, excluded.private, excluded.archived, excluded.joined, excluded.shared);
END $$;
COMMENT ON FUNCTION lealup._sink_external_channel(lealup.connection, jsonb[]) IS
    'Writes channels of a connection: an array of {"external_id", "name", "private", "archived", "joined", "shared"}, with each external_id once.';

CREATE FUNCTION lealup._remove_channels(c lealup.connection, keys text[], now timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM lealup.external_channel x USING unnest(keys) k
    WHERE x.tenant_id = c.tenant_id AND x.connection_id = c.id AND k LIKE 'external\_channel:%' AND x.external_id = substr(k, 18);
END $$;
COMMENT ON FUNCTION lealup._remove_channels(lealup.connection, text[], timestamptz) IS 'Channels that are not there any more, or that we may not see any more, go.';

CREATE FUNCTION lealup._resolve_channels(c lealup.connection, a lealup.action, input jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    field text;
    wanted text;
    there lealup.external_channel;
BEGIN
    -- What is carried to a thread goes to its channel, by which its name begins. A deletion tells nobody anything.
    IF a.audience = 'own_team' AND EXISTS (SELECT FROM lealup.provider_operation o JOIN lealup.external_channel x ON x.tenant_id = c.tenant_id AND x.connection_id = c.id AND x.shared
        WHERE o.provider = c.provider AND o.name = a.operation AND o.mirror NOT LIKE '%.deleted' AND x.external_id = split_part(_resolve_channels.input ->> 'external_id', ':', 1)) THEN
        RAISE EXCEPTION 'the channel of the thread is shared with another organization, where not only the own team reads it' USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'What others read is an operation for customers, which a member approves each time.';
    END IF;
    FOR field, wanted IN SELECT f.key, _resolve_channels.input ->> f.key FROM lealup.provider_operation o CROSS JOIN LATERAL jsonb_each(o.input) f
        WHERE o.provider = c.provider AND o.name = a.operation AND f.value ->> 'type' = 'channel' AND jsonb_typeof(_resolve_channels.input -> f.key) = 'string'
    LOOP
        -- A member's own account is a place, too.
        CONTINUE WHEN lealup._member_of(c.tenant_id, c.id, wanted) IS NOT NULL;
        SELECT x.* INTO there FROM lealup.external_channel x
        WHERE x.tenant_id = c.tenant_id AND x.connection_id = c.id AND CASE WHEN wanted LIKE '#%' THEN x.name = substr(wanted, 2) AND NOT x.archived ELSE x.external_id = wanted END
        ORDER BY x.joined DESC, x.external_id LIMIT 1;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'there is no channel %, or the app does not see it', quote_literal(left(wanted, 100)) USING ERRCODE = 'object_not_in_prerequisite_state',
                HINT = 'SELECT external_id, name FROM lealup.external_channel lists them; sync_now() reads them anew.';
        ELSIF a.audience = 'own_team' AND there.shared THEN
            RAISE EXCEPTION 'the channel % is shared with another organization, where not only the own team reads it', coalesce('#' || there.name, there.external_id)
                USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'What others read is an operation for customers, which a member approves each time.';
        END IF;
        input := input || jsonb_build_object(field, there.external_id);
    END LOOP;
    RETURN input;
END $$;
COMMENT ON FUNCTION lealup._resolve_channels(lealup.connection, lealup.action, jsonb) IS
    'An input in which the channels that it names, by id or # and name, are ids. Raises object_not_in_prerequisite_state for one that is not known, and for one that another organization reads, or a thread in one, if the action is for the own team.';
