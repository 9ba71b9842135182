-- Sinks: what providers' records become. One function for each kind of row; all rows of a batch in one statement.

-- A row that two accounts see, such as a meeting, is one. Whichever connection made it keeps it up to date, as long as it is connected.
CREATE FUNCTION lealup._keeps(tenant_id uuid, owner uuid, writer uuid) RETURNS boolean
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN owner IS NULL OR owner = writer
        OR NOT EXISTS (SELECT FROM lealup.connection c WHERE c.tenant_id = _keeps.tenant_id AND c.id = owner AND c.state = 'connected');
COMMENT ON FUNCTION lealup._keeps(uuid, uuid, uuid) IS 'Whether a connection (writer) may change a row that another one (owner) made: its own, or one whose connection is not connected any more.';

CREATE FUNCTION lealup._people_in(source text, groups jsonb[]) RETURNS TABLE (n bigint, people jsonb)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
    SELECT g.n, CASE WHEN jsonb_typeof(g.value) = 'array' THEN coalesce((SELECT jsonb_agg(jsonb_strip_nulls(p.value || jsonb_build_object(
            'email', coalesce(lealup._mail_address(p.value ->> 'email'), left(p.value ->> 'email', 300)),
            'provider', CASE WHEN p.value ? 'external_id' THEN coalesce(p.value ->> 'provider', _people_in.source) END)) ORDER BY p.n)
        FROM jsonb_array_elements(g.value) WITH ORDINALITY p(value, n) WHERE p.n <= 200 AND jsonb_typeof(p.value) = 'object'), '[]') ELSE '[]' END
    FROM unnest(_people_in.groups) WITH ORDINALITY g(value, n);
END $$;
COMMENT ON FUNCTION lealup._people_in(text, jsonb[]) IS 'The participants of each of several things, in the form in which they are kept; of more than 200 the first 200.';

CREATE FUNCTION lealup._sink_timeline_event(c lealup.connection, input jsonb[]) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET enable_hashjoin = on AS $$
BEGIN
    WITH row AS MATERIALIZED (
        SELECT r.value AS v, r.n, p.people
        FROM unnest(input) WITH ORDINALITY r(value, n)
        JOIN lealup._people_in(c.provider, ARRAY(SELECT x -> 'participants' FROM unnest(input) x)) p ON p.n = r.n
    )
    INSERT INTO lealup.timeline_event AS t (tenant_id, customer_id, contact_id, member_id, kind, direction, channel, title, body, occurred_at, participants,
        source, connection_id, external_id, payload)
    SELECT c.tenant_id, w.customer_id, w.contact_id, c.member_id, r.v ->> 'kind', r.v ->> 'direction', r.v ->> 'channel', left(r.v ->> 'title', 1000),
           left(r.v ->> 'body', 1000000), coalesce((r.v ->> 'occurred_at')::timestamptz, now()), r.people, c.provider, c.id, r.v ->> 'external_id', r.v -> 'payload'
    FROM row r
    LEFT JOIN lealup._whose(c.tenant_id, (SELECT jsonb_agg(x.people ORDER BY x.n) FROM row x)) w ON w.ordinal = r.n
    ON CONFLICT ON CONSTRAINT timeline_event_tenant_id_source_external_id_key DO UPDATE SET
        customer_id = coalesce(t.customer_id, excluded.customer_id), contact_id = coalesce(t.contact_id, excluded.contact_id), kind = excluded.kind,
        direction = excluded.direction, channel = excluded.channel, title = excluded.title, body = excluded.body, occurred_at = excluded.occurred_at,
        participants = excluded.participants, connection_id = excluded.connection_id, payload = excluded.payload
    WHERE lealup._keeps(t.tenant_id, t.connection_id, excluded.connection_id)
      AND (t.kind, t.direction, t.channel, t.title, t.body, t.occurred_at, t.participants, t.connection_id, t.payload) IS DISTINCT FROM
          (excluded.kind, excluded.direction, excluded.channel, excluded.title, excluded.body, excluded.occurred_at, excluded.participants,
           excluded.connection_id, excluded.payload);
END $$;
COMMENT ON FUNCTION lealup._sink_timeline_event(lealup.connection, jsonb[]) IS
    'Writes timeline events of a connection: an array of {"external_id", "kind", "direction", "channel", "title", "body", "occurred_at", "participants", "payload"}, with each external_id once. Whose they are is matched by the participants.';

CREATE FUNCTION lealup._sink_meeting(c lealup.connection, input jsonb[]) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET enable_hashjoin = on AS $$
BEGIN
    WITH row AS MATERIALIZED (
        SELECT r.value AS v, r.n, p.people
        FROM unnest(input) WITH ORDINALITY r(value, n)
        JOIN lealup._people_in(c.provider, ARRAY(SELECT x -> 'attendees' FROM unnest(input) x)) p ON p.n = r.n
    )
    INSERT INTO lealup.meeting AS t (tenant_id, customer_id, owner_id, title, starts_at, ends_at, location, attendees, status, source, connection_id, external_id, payload)
    SELECT c.tenant_id, w.customer_id, c.member_id, coalesce(nullif(left(r.v ->> 'title', 1000), ''), '(no title)'), (r.v ->> 'starts_at')::timestamptz,
           (r.v ->> 'ends_at')::timestamptz, left(r.v ->> 'location', 2000), r.people, coalesce(r.v ->> 'status', 'confirmed'), c.provider, c.id,
           r.v ->> 'external_id', r.v -> 'payload'
    FROM row r
    LEFT JOIN lealup._whose(c.tenant_id, (SELECT jsonb_agg(x.people ORDER BY x.n) FROM row x)) w ON w.ordinal = r.n
    ON CONFLICT ON CONSTRAINT meeting_tenant_id_source_external_id_key DO UPDATE SET
        customer_id = coalesce(t.customer_id, excluded.customer_id), owner_id = coalesce(t.owner_id, excluded.owner_id), title = excluded.title,
        starts_at = excluded.starts_at, ends_at = excluded.ends_at, location = excluded.location, attendees = excluded.attendees, status = excluded.status,
        connection_id = excluded.connection_id, payload = excluded.payload
    WHERE lealup._keeps(t.tenant_id, t.connection_id, excluded.connection_id)
      AND (t.title, t.starts_at, t.ends_at, t.location, t.attendees, t.status, t.connection_id, t.payload) IS DISTINCT FROM
          (excluded.title, excluded.starts_at, excluded.ends_at, excluded.location, excluded.attendees, excluded.status, excluded.connection_id, excluded.payload);
END $$;
COMMENT ON FUNCTION lealup._sink_meeting(lealup.connection, jsonb[]) IS
    'Writes meetings of a connection: an array of {"external_id", "title", "starts_at", "ends_at", "location", "attendees", "status", "payload"}, with each external_id once. The owner is the connection''s member; whose they are is matched by the attendees.';

CREATE FUNCTION lealup._sink_kb_document(c lealup.connection, input jsonb[]) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lealup._store_kb_document(c.tenant_id, c.provider, r ->> 'external_id', coalesce(nullif(left(r ->> 'title', 1000), ''), '(no title)'),
        left(coalesce(r ->> 'body', ''), 1000000), coalesce(r ->> 'language', 'simple'), left(r ->> 'url', 4000), left(r ->> 'path', 4000), r -> 'payload', c.id)
    FROM unnest(input) r;
END $$;
COMMENT ON FUNCTION lealup._sink_kb_document(lealup.connection, jsonb[]) IS
    'Writes documents of a connection: an array of {"external_id", "title", "body", "language", "url", "path", "payload"}, with each external_id once.';

CREATE FUNCTION lealup._sink_health_signal(c lealup.connection, input jsonb[]) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET enable_hashjoin = on AS $$
BEGIN
    INSERT INTO lealup.health_signal AS t (tenant_id, customer_id, kind, value, observed_at, source, external_id)
    SELECT c.tenant_id, m.customer_id, r.value ->> 'kind', (r.value ->> 'value')::float8, coalesce((r.value ->> 'observed_at')::timestamptz, now()), c.provider,
           r.value ->> 'external_id'
    FROM unnest(input) WITH ORDINALITY r(value, n)
    JOIN lealup._match(c.tenant_id, (SELECT jsonb_agg(coalesce(x.value -> 'customer', '{}') ORDER BY x.n) FROM unnest(input) WITH ORDINALITY x(value, n))) m
        ON m.ordinal = r.n
    WHERE m.customer_id IS NOT NULL
    ON CONFLICT ON CONSTRAINT health_signal_tenant_id_source_external_id_key DO UPDATE SET value = excluded.value, observed_at = excluded.observed_at
    WHERE (t.value, t.observed_at) IS DISTINCT FROM (excluded.value, excluded.observed_at);
END $$;
COMMENT ON FUNCTION lealup._sink_health_signal(lealup.connection, jsonb[]) IS
    'Writes health signals of a connection: an array of {"external_id", "kind", "value", "observed_at", "customer": as match_contacts() takes a person}, with each external_id once. What matches no customer is passed over.';

CREATE FUNCTION lealup._sync_entities() RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
    '{timeline_event,meeting,kb_document,health_signal,external_user,external_channel,ticket,ticket_message,task,lead,lead_activity,lead_remote_field}'::text[];
COMMENT ON FUNCTION lealup._sync_entities() IS 'What normalize may give rows of.';

CREATE FUNCTION lealup._sync_sink(c lealup.connection, entity text, input jsonb[]) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    CASE entity
        WHEN 'timeline_event' THEN PERFORM lealup._sink_timeline_event(c, input);
        WHEN 'meeting' THEN PERFORM lealup._sink_meeting(c, input);
        WHEN 'kb_document' THEN PERFORM lealup._sink_kb_document(c, input);
        WHEN 'health_signal' THEN PERFORM lealup._sink_health_signal(c, input);
        WHEN 'external_user' THEN PERFORM lealup._sink_external_user(c, input);
        WHEN 'external_channel' THEN PERFORM lealup._sink_external_channel(c, input);
        WHEN 'ticket', 'ticket_message', 'task' THEN PERFORM lealup._sink_shared(c, entity, input);
        WHEN 'lead', 'lead_activity' THEN PERFORM lealup._sink_leads(c, entity, input);
        WHEN 'lead_remote_field' THEN PERFORM lealup._sink_lead_remote_field(c, input);
        ELSE
            RAISE EXCEPTION 'normalize gave a row of an unknown entity: %', coalesce(left(entity, 100), 'null') USING ERRCODE = 'invalid_parameter_value';
    END CASE;
END $$;
COMMENT ON FUNCTION lealup._sync_sink(lealup.connection, text, jsonb[]) IS 'Writes rows of an entity, as normalize gave them.';

CREATE FUNCTION lealup._sync_remove(c lealup.connection, targets text[]) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    moment timestamptz := clock_timestamp();
    keys text[];
    left_to text[];
    heirs uuid[];
    members uuid[];
BEGIN
    -- What another account still has stays.
    SELECT array_agg(DISTINCT t) INTO keys FROM unnest(targets) t
    WHERE NOT EXISTS (SELECT FROM lealup.sync_record r JOIN lealup.connection x ON x.tenant_id = r.tenant_id AND x.id = r.connection_id AND x.provider = c.provider
        WHERE r.tenant_id = c.tenant_id AND r.targets[1] = t AND r.deleted_at IS NULL);
    -- Who still has it keeps it up to date from now on.
    SELECT array_agg(h.target), array_agg(h.id), array_agg(h.member_id) INTO left_to, heirs, members
    FROM (SELECT DISTINCT ON (t.target) t.target, x.id, x.member_id
          FROM unnest(targets) t(target)
          JOIN lealup.sync_record r ON r.tenant_id = c.tenant_id AND r.targets[1] = t.target AND r.deleted_at IS NULL
          JOIN lealup.connection x ON x.tenant_id = r.tenant_id AND x.id = r.connection_id AND x.provider = c.provider
          ORDER BY t.target, x.id = c.id DESC, x.state = 'connected' DESC, x.id) h
    WHERE h.id <> c.id;
    IF left_to IS NOT NULL THEN
        UPDATE lealup.meeting t SET connection_id = h.heir, owner_id = CASE WHEN t.owner_id = c.member_id THEN h.member ELSE t.owner_id END
        FROM unnest(left_to, heirs, members) h(target, heir, member)
        WHERE t.tenant_id = c.tenant_id AND t.source = c.provider AND h.target LIKE 'meeting:%' AND t.external_id = substr(h.target, 9) AND t.connection_id = c.id;
        UPDATE lealup.timeline_event t SET connection_id = h.heir, member_id = CASE WHEN t.member_id = c.member_id THEN h.member ELSE t.member_id END
        FROM unnest(left_to, heirs, members) h(target, heir, member)
        WHERE t.tenant_id = c.tenant_id AND t.source = c.provider AND h.target LIKE 'timeline\_event:%' AND t.external_id = substr(h.target, 16) AND t.connection_id = c.id;
        UPDATE lealup.kb_document t SET connection_id = h.heir
        FROM unnest(left_to, heirs) h(target, heir)
        WHERE t.tenant_id = c.tenant_id AND t.source = c.provider AND h.target LIKE 'kb\_document:%' AND t.external_id = substr(h.target, 13) AND t.connection_id = c.id;
    END IF;
    DELETE FROM lealup.timeline_event t USING unnest(keys) k
    WHERE t.tenant_id = c.tenant_id AND t.source = c.provider AND k LIKE 'timeline\_event:%' AND t.external_id = substr(k, 16);
    DELETE FROM lealup.health_signal t USING unnest(keys) k
    WHERE t.tenant_id = c.tenant_id AND t.source = c.provider AND k LIKE 'health\_signal:%' AND t.external_id = substr(k, 15);
    UPDATE lealup.meeting t SET status = 'cancelled' FROM unnest(keys) k
    WHERE t.tenant_id = c.tenant_id AND t.source = c.provider AND k LIKE 'meeting:%' AND t.external_id = substr(k, 9) AND t.status <> 'cancelled';
    UPDATE lealup.kb_document t SET deleted_at = moment FROM unnest(keys) k
    WHERE t.tenant_id = c.tenant_id AND t.source = c.provider AND k LIKE 'kb\_document:%' AND t.external_id = substr(k, 13) AND t.deleted_at IS NULL;
    PERFORM lealup._remove_shared(c, keys, moment);
    PERFORM lealup._remove_channels(c, keys, moment);
END $$;
COMMENT ON FUNCTION lealup._sync_remove(lealup.connection, text[]) IS
    'What was deleted at the source goes here as well, unless another record has become the same row, which its account then keeps: timeline events and health signals are deleted, meetings cancelled, documents deleted softly.';
