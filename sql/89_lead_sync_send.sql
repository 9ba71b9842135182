-- Lead sync with an account that is asked and told by its API, rather than sending by itself: what its provider's streams bring is taken in by the lead sync of the
-- connection, and what changes here is carried there by automations that send to the connection (create_lead_automation(connection_id => ...)).
--
-- What an automation makes are actions: one for each lead that waits, in order, whose request is made of what is so when it is sent, and of what differs from what
-- was last seen there (lead_link.base). What was carried there comes back with the next reading, and is no news then: it is what was sent, or what is here.
--
-- While it is not known whether what was sent has arrived, all that may have is kept (lead_sending): a value there that is one of those is our own, even if another
-- one is here by now; one that is none of those, or is from long after, is the other account's. Both ends are the same in the end: what was read is the base, and what is here, and differs
-- from that, is sent again.

CREATE TABLE lealup.lead_remote_field (
    tenant_id uuid NOT NULL,
    connection_id uuid NOT NULL,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    title text NOT NULL,
    type text NOT NULL,
    is_unique boolean NOT NULL,
    required boolean NOT NULL,
    read_only boolean NOT NULL,
    PRIMARY KEY (tenant_id, connection_id, name),
    FOREIGN KEY (tenant_id, connection_id) REFERENCES lealup.connection ON DELETE CASCADE
);
COMMENT ON TABLE lealup.lead_remote_field IS 'The fields that leads have in another account, as its provider tells: what a mapping can name. check_mapping() looks at them.';
COMMENT ON COLUMN lealup.lead_remote_field.type IS 'As lead_field has types.';
COMMENT ON COLUMN lealup.lead_remote_field.read_only IS 'It cannot be written there.';

CREATE TABLE lealup.lead_sending (
    tenant_id uuid NOT NULL,
    sync_id uuid NOT NULL,
    entity text NOT NULL CHECK (entity IN ('lead', 'activity')),
    local_id uuid NOT NULL,
    sent jsonb NOT NULL,
    latest text[] NOT NULL,
    handed_at timestamptz NOT NULL DEFAULT now(),
    error text CHECK (length(error) <= 2000),
    PRIMARY KEY (tenant_id, sync_id, entity, local_id),
    FOREIGN KEY (tenant_id, sync_id) REFERENCES lealup.connection ON DELETE CASCADE
);
COMMENT ON TABLE lealup.lead_sending IS 'What was sent to another account, and is not known to have arrived.';
COMMENT ON COLUMN lealup.lead_sending.sent IS '{field: [values that may have arrived]}.';
COMMENT ON COLUMN lealup.lead_sending.latest IS 'The fields of the last request.';
COMMENT ON COLUMN lealup.lead_sending.handed_at IS 'When the last request was made: what is modified there more than 2 minutes later is not by it.';
COMMENT ON COLUMN lealup.lead_sending.error IS 'Why the last one failed for good; what is sent next clears it.';

-- ----- What is read -----

CREATE FUNCTION lealup._sink_lead_remote_field(c lealup.connection, input jsonb[]) RETURNS void
    LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    INSERT INTO lealup.lead_remote_field AS f (tenant_id, connection_id, name, title, type, is_unique, required, read_only)
    SELECT (c).tenant_id, (c).id, left(r ->> 'name', 200), left(coalesce(r ->> 'title', r ->> 'name'), 200), r ->> 'type', (r ->> 'is_unique')::boolean, (r ->> 'required')::boolean,
           coalesce((r ->> 'read_only')::boolean, false)
    FROM unnest(input) r
    ON CONFLICT ON CONSTRAINT lead_remote_field_pkey DO UPDATE SET title = excluded.title, type = excluded.type, is_unique = excluded.is_unique, required = excluded.required,
        read_only = excluded.read_only;
END;
COMMENT ON FUNCTION lealup._sink_lead_remote_field(lealup.connection, jsonb[]) IS 'Writes what fields leads have in another account: an array of {"name", "title", "type", "is_unique", "required", "read_only"}.';

CREATE FUNCTION lealup._recognize_leads(s lealup.lead_sync, records jsonb[]) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET enable_hashjoin = on SET enable_mergejoin = on SET jit = off AS $$
DECLARE
    found record;
BEGIN
    FOR found IN
        WITH mapping AS MATERIALIZED (
            SELECT m.target, m.source, f.type, f.choices FROM lealup.lead_sync_mapping m JOIN lealup.lead_field f ON f.tenant_id = m.tenant_id AND f.name = m.target
            WHERE m.tenant_id = s.tenant_id AND m.sync_id = s.id AND m.entity = 'lead' AND m.enabled AND m.source IS NOT NULL
        ), linked AS MATERIALIZED (
            SELECT k.remote_id, k.local_id, coalesce(k.base, '{}') AS base, coalesce(q.sent, '{}') AS sent, r -> 'fields' AS fields
            FROM unnest(records) r
            JOIN lealup.lead_link k ON k.tenant_id = s.tenant_id AND k.sync_id = s.id AND k.entity = 'lead' AND k.remote_id = r ->> 'remote_id'
                AND coalesce(k.modified_at <= (r ->> 'modified_at')::timestamptz, true)
            LEFT JOIN lealup.lead_sending q ON q.tenant_id = s.tenant_id AND q.sync_id = s.id AND q.entity = 'lead' AND q.local_id = k.local_id
                AND q.handed_at > (r ->> 'modified_at')::timestamptz - interval '2 min'
        ), differing AS MATERIALIZED (
            SELECT k.remote_id, k.local_id, m.target, m.type, m.choices, coalesce(k.fields -> m.source, 'null') AS raw, coalesce(k.base -> m.target, 'null') AS was, k.sent -> m.target AS sent
            FROM linked k CROSS JOIN mapping m
            WHERE (k.base ? m.target OR k.sent ? m.target) AND coalesce(k.fields -> m.source, 'null') <> coalesce(k.base -> m.target, 'null')
        )
        SELECT d.remote_id, d.local_id, coalesce(jsonb_object_agg(d.target, d.raw) FILTER (WHERE d.ours), '{}') AS known, coalesce(array_agg(d.target) FILTER (WHERE NOT d.ours), '{}') AS theirs
        FROM (SELECT x.remote_id, x.local_id, x.target, x.raw, coalesce(v.value = lealup._lead_value(x.type, x.choices, x.was, s.country, s.time_zone) OR x.sent @> jsonb_build_array(v.value), false) AS ours
              FROM differing x CROSS JOIN LATERAL (SELECT lealup._lead_value(x.type, x.choices, x.raw, s.country, s.time_zone) AS value OFFSET 0) v) d
        GROUP BY d.remote_id, d.local_id
    LOOP
        UPDATE lealup.lead_link k SET base = coalesce(k.base, '{}') || found.known
        WHERE found.known <> '{}' AND k.tenant_id = s.tenant_id AND k.sync_id = s.id AND k.entity = 'lead' AND k.remote_id = found.remote_id;
        -- Whatever becomes of what was sent, this came after it, or it after this: then that is read next.
        UPDATE lealup.lead_sending q SET sent = q.sent - found.theirs
        WHERE q.tenant_id = s.tenant_id AND q.sync_id = s.id AND q.entity = 'lead' AND q.local_id = found.local_id AND q.sent ?| found.theirs;
    END LOOP;
END $$;
COMMENT ON FUNCTION lealup._recognize_leads(lealup.lead_sync, jsonb[]) IS
    'Of leads that were read, tells what is our own, or only written in another way, from what was changed there: the former is no news then.';

CREATE FUNCTION lealup._sink_leads(c lealup.connection, entity text, input jsonb[]) RETURNS void
    -- The worker has no use for other joins than by index; leads are written in sets.
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET enable_hashjoin = on SET enable_mergejoin = on AS $$
DECLARE
    s lealup.lead_sync;
    sources text[];
    records jsonb[];
BEGIN
    -- Who applies has it locked.
    SELECT x.* INTO s FROM lealup.lead_sync x WHERE x.tenant_id = c.tenant_id AND x.id = c.id AND x.removed_at IS NULL FOR NO KEY UPDATE;
    -- Without a sync nothing is made of leads; once it is enabled they are read again.
    IF NOT FOUND OR NOT s.enabled AND NOT lealup._was_enabled(s) THEN
        RETURN;
    END IF;
    IF entity = 'lead' THEN
        SELECT array_agg(DISTINCT m.source) INTO sources FROM lealup.lead_sync_mapping m
        WHERE m.tenant_id = s.tenant_id AND m.sync_id = s.id AND m.entity = 'lead' AND m.enabled AND m.source IS NOT NULL;
        records := ARRAY(SELECT jsonb_build_object('entity', 'lead', 'remote_id', r.value -> 'external_id', 'modified_at', r.value -> 'updated_at',
                'fields', (SELECT coalesce(jsonb_object_agg(f, coalesce(r.value -> 'fields' -> f, 'null')), '{}') FROM unnest(sources) f))
            FROM unnest(input) WITH ORDINALITY r(value, n) ORDER BY r.n);
        PERFORM lealup._recognize_leads(s, records) WHERE s.enabled;
    ELSE
        -- Of kinds of activities that are not mapped there are many, and nothing is to be made of them.
        records := ARRAY(SELECT jsonb_strip_nulls(jsonb_build_object('entity', 'activity', 'remote_id', r.value -> 'external_id', 'type', m.source, 'note', r.value -> 'note',
                'occurred_at', r.value -> 'occurred_at', 'modified_at', r.value -> 'updated_at', 'fields', r.value -> 'fields',
                'lead', jsonb_build_object('entity', 'lead', 'remote_id', r.value -> 'lead')))
            FROM unnest(input) WITH ORDINALITY r(value, n)
            CROSS JOIN LATERAL (SELECT y.source FROM lealup.lead_sync_mapping y WHERE y.tenant_id = s.tenant_id AND y.sync_id = s.id AND y.entity = 'activity_type' AND y.enabled
                AND (y.source = r.value ->> 'event' OR lower(y.source) = lower(r.value ->> 'name')) ORDER BY y.source = r.value ->> 'event' DESC, y.target LIMIT 1) m
            WHERE s.activity_behaviour <> 'off' ORDER BY r.n);
        records := lealup._recognize_activities(s, records);
    END IF;
    IF cardinality(records) > 0 THEN
        PERFORM lealup._apply_leads(c.tenant_id, c.id, records, 'poll',
            (SELECT lealup._fill_url(p.base_url, c.options || c.facts) FROM lealup.provider p WHERE p.name = c.provider), jsonb_build_object('records', cardinality(records), 'of', entity));
        IF entity = 'lead' AND s.enabled THEN
            PERFORM lealup._resend_leads(c, s, ARRAY(SELECT r ->> 'remote_id' FROM unnest(records) r));
        END IF;
    END IF;
END $$;
COMMENT ON FUNCTION lealup._sink_leads(lealup.connection, text, jsonb[]) IS
    'Takes leads or activities in that a provider has read, by the lead sync of the connection: arrays of {"external_id", "fields", "updated_at"}, or of {"external_id", "lead", "event", "name", "note", "occurred_at", "updated_at", "fields"}. Nothing without a sync that was enabled.';

CREATE FUNCTION lealup._was_enabled(s lealup.lead_sync) RETURNS boolean
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN EXISTS (SELECT FROM lealup.lead_sync_version v WHERE v.tenant_id = (s).tenant_id AND v.sync_id = (s).id AND v.settings ->> 'enabled' = 'true' AND v.created_at >= (s).created_at);
COMMENT ON FUNCTION lealup._was_enabled(lealup.lead_sync) IS 'Whether a sync was ever enabled.';

CREATE FUNCTION lealup._reread_leads(s lealup.lead_sync) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    at timestamptz := clock_timestamp();
BEGIN
    IF lealup._was_enabled(s) THEN
        RETURN;
    END IF;
    DELETE FROM lealup.sync_record k WHERE k.tenant_id = s.tenant_id AND k.connection_id = s.id AND k.stream IN ('leads', 'activities');
    -- Whoever is at it has lost its claim.
    UPDATE lealup.connection_stream x SET mode = 'backfill', generation = x.generation + 1, cursor = NULL, seen = 0, total = NULL, claim_id = NULL, lease_until = NULL,
        next_run_at = CASE WHEN x.next_run_at < 'infinity' THEN at ELSE x.next_run_at END
    WHERE x.tenant_id = s.tenant_id AND x.connection_id = s.id AND x.stream IN ('leads', 'activities');
    IF FOUND THEN
        PERFORM lealup._wake('upkeep');
    END IF;
END $$;
COMMENT ON FUNCTION lealup._reread_leads(lealup.lead_sync) IS 'Has leads and activities read once more that were read before the sync was enabled for the first time.';

-- ----- What is sent -----

CREATE FUNCTION lealup._lead_differs(s lealup.lead_sync, l lealup.lead, base jsonb, strict boolean) RETURNS jsonb
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT coalesce(jsonb_object_agg(m.target, coalesce(v.value, 'null')), '{}')
    FROM lealup.lead_sync_mapping m
    JOIN lealup.lead_field f ON f.tenant_id = m.tenant_id AND f.name = m.target
    CROSS JOIN LATERAL (SELECT CASE WHEN base -> m.target = (l).fields -> m.target THEN base -> m.target
        ELSE lealup._lead_value(f.type, f.choices, coalesce(base -> m.target, 'null'), (s).country, (s).time_zone) END AS value) v
    WHERE m.tenant_id = (s).tenant_id AND m.sync_id = (s).id AND m.entity = 'lead' AND m.enabled AND m.source IS NOT NULL
      AND CASE WHEN v.value IS NULL THEN NOT strict AND (l).fields ? m.target ELSE v.value <> coalesce((l).fields -> m.target, 'null') END;
END;
COMMENT ON FUNCTION lealup._lead_differs(lealup.lead_sync, lealup.lead, jsonb, boolean) IS
    'The mapped fields in which a lead differs from what was last seen of it there, with the values there. What cannot be read there, and is empty here, does not; strict: nor does what cannot be read and is not.';

CREATE FUNCTION lealup._lead_object(c lealup.connection, kind text, object_id uuid) RETURNS jsonb
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s lealup.lead_sync;
    l lealup.lead;
    y lealup.lead_activity;
    k lealup.lead_link;
    changed jsonb;
    made jsonb;
    earlier jsonb;
BEGIN
    SELECT x.* INTO s FROM lealup.lead_sync x WHERE x.tenant_id = c.tenant_id AND x.id = c.id AND x.removed_at IS NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the connection has no lead sync, which would say what is called what there' USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'lealup.create_lead_sync(connection_id => ...) makes it.';
    END IF;
    IF kind = 'lead_activity' THEN
        RETURN lealup._lead_activity_object(s, object_id);
    END IF;
    SELECT x.* INTO l FROM lealup.lead x WHERE x.tenant_id = c.tenant_id AND x.id = object_id AND x.deleted_at IS NULL;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    SELECT x.* INTO k FROM lealup.lead_link x WHERE x.tenant_id = c.tenant_id AND x.sync_id = c.id AND x.entity = 'lead' AND x.local_id = object_id ORDER BY x.modified_at DESC NULLS LAST LIMIT 1;
    changed := lealup._lead_differs(s, l, k.base, false);
    -- One that may have been made already is found by what it was made with; what it is now it becomes after that.
    IF k.remote_id IS NULL THEN
        SELECT jsonb_build_object(f, q.sent -> f -> 0) INTO earlier FROM lealup.lead_sending q CROSS JOIN unnest(ARRAY[s.search_by, s.secondary_search_by]) WITH ORDINALITY u(f, n)
        WHERE q.tenant_id = s.tenant_id AND q.sync_id = s.id AND q.entity = 'lead' AND q.local_id = l.id AND q.sent -> f -> 0 <> 'null' ORDER BY n LIMIT 1;
        l.fields := l.fields || coalesce(earlier, '{}');
    END IF;
    SELECT jsonb_build_object('here', coalesce(jsonb_object_agg(m.source, m.value), '{}'), 'types', coalesce(jsonb_object_agg(m.source, m.type), '{}'),
            'changed', coalesce(jsonb_agg(m.source ORDER BY m.source) FILTER (WHERE m.sent), '[]'), 'sends', coalesce(jsonb_object_agg(m.target, m.value) FILTER (WHERE m.sent), '{}'),
            'search_by', coalesce(min(m.source) FILTER (WHERE m.target = s.search_by AND m.value <> 'null'), min(m.source) FILTER (WHERE m.target = s.secondary_search_by AND m.value <> 'null')))
    INTO made
    FROM (SELECT DISTINCT ON (x.source) x.source, x.target, f.type, coalesce(l.fields -> x.target, 'null') AS value,
              CASE WHEN k.remote_id IS NULL THEN l.fields ? x.target ELSE changed ? x.target END AS sent
          FROM lealup.lead_sync_mapping x JOIN lealup.lead_field f ON f.tenant_id = x.tenant_id AND f.name = x.target
          LEFT JOIN lealup.lead_remote_field r ON r.tenant_id = x.tenant_id AND r.connection_id = x.sync_id AND r.name = x.source
          WHERE x.tenant_id = s.tenant_id AND x.sync_id = s.id AND x.entity = 'lead' AND x.enabled AND x.source IS NOT NULL AND r.read_only IS NOT TRUE
          ORDER BY x.source, x.target) m;
    RETURN made || jsonb_build_object('entity', 'lead', 'id', l.id, 'external_id', k.remote_id);
END $$;
COMMENT ON FUNCTION lealup._lead_object(lealup.connection, text, uuid) IS
    'A lead, or an activity, as the functions of an operation have it: as it is here by the names that it has there, and what differs. Null if it is gone. Raises object_not_in_prerequisite_state if the connection has no lead sync.';

CREATE FUNCTION lealup._lead_activity_object(s lealup.lead_sync, object_id uuid) RETURNS jsonb
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    y lealup.lead_activity;
    k lealup.lead_link;
    here jsonb;
    types jsonb;
BEGIN
    SELECT x.* INTO y FROM lealup.lead_activity x JOIN lealup.lead l ON l.tenant_id = x.tenant_id AND l.id = x.lead_id AND l.deleted_at IS NULL WHERE x.tenant_id = s.tenant_id AND x.id = object_id;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    SELECT x.* INTO k FROM lealup.lead_link x WHERE x.tenant_id = s.tenant_id AND x.sync_id = s.id AND x.entity = 'activity' AND x.local_id = object_id LIMIT 1;
    SELECT jsonb_build_object('note', y.note, 'occurred_at', lealup._rfc3339(y.occurred_at)) || coalesce(jsonb_object_agg(n.source, coalesce(y.fields -> f.key, 'null')), '{}'),
           coalesce(jsonb_object_agg(n.source, f.value -> 'type'), '{}')
    INTO here, types
    FROM lealup.lead_activity_type t CROSS JOIN LATERAL jsonb_each(t.fields) f
    CROSS JOIN LATERAL (SELECT coalesce((SELECT m.source FROM lealup.lead_sync_mapping m
        WHERE m.tenant_id = s.tenant_id AND m.sync_id = s.id AND m.entity = 'activity' AND m.target = f.key AND m.enabled), f.key) AS source) n
    WHERE t.tenant_id = s.tenant_id AND t.name = y.type;
    RETURN jsonb_build_object('entity', 'lead_activity', 'id', y.id, 'external_id', k.remote_id, 'here', here, 'types', types, 'local_type', y.type,
        'changed', CASE WHEN k.base = here THEN '[]' ELSE '["*"]' END::jsonb, 'sends', jsonb_build_object('*', here),
        'type', (SELECT m.source FROM lealup.lead_sync_mapping m WHERE m.tenant_id = s.tenant_id AND m.sync_id = s.id AND m.entity = 'activity_type' AND m.enabled AND m.target = y.type),
        'lead', (SELECT x.remote_id FROM lealup.lead_link x WHERE x.tenant_id = s.tenant_id AND x.sync_id = s.id AND x.entity = 'lead' AND x.local_id = y.lead_id ORDER BY x.modified_at DESC NULLS LAST LIMIT 1),
        'taken', (SELECT coalesce(jsonb_agg(x.remote_id), '[]') FROM lealup.lead_activity z JOIN lealup.lead_link x ON x.tenant_id = z.tenant_id AND x.sync_id = s.id AND x.entity = 'activity' AND x.local_id = z.id
            WHERE z.tenant_id = s.tenant_id AND z.lead_id = y.lead_id AND z.id <> y.id));
END $$;
COMMENT ON FUNCTION lealup._lead_activity_object(lealup.lead_sync, uuid) IS 'An activity as the functions of an operation have it. Null if it is gone.';

CREATE FUNCTION lealup._lead_handed(c lealup.connection, object jsonb) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    kind text := CASE object ->> 'entity' WHEN 'lead' THEN 'lead' ELSE 'activity' END;
    what uuid := (object ->> 'id')::uuid;
    sends jsonb := object -> 'sends';
    at timestamptz := clock_timestamp();
BEGIN
    INSERT INTO lealup.lead_sending AS q (tenant_id, sync_id, entity, local_id, sent, latest, handed_at)
    SELECT c.tenant_id, c.id, kind, what, (SELECT coalesce(jsonb_object_agg(f.key, jsonb_build_array(f.value)), '{}') FROM jsonb_each(sends) f), ARRAY(SELECT jsonb_object_keys(sends)), at
    ON CONFLICT ON CONSTRAINT lead_sending_pkey DO UPDATE SET latest = excluded.latest, handed_at = excluded.handed_at, error = NULL,
        sent = q.sent || (SELECT coalesce(jsonb_object_agg(f.key, (SELECT coalesce(jsonb_agg(o.value ORDER BY o.n), '[]') FROM jsonb_array_elements(q.sent -> f.key) WITH ORDINALITY o(value, n)
            WHERE o.n > jsonb_array_length(q.sent -> f.key) - 20 AND o.value <> f.value) || jsonb_build_array(f.value)), '{}') FROM jsonb_each(sends) f);
END $$;
COMMENT ON FUNCTION lealup._lead_handed(lealup.connection, jsonb) IS 'Notes what a request is about to tell another account, as _lead_object() had it.';

CREATE FUNCTION lealup._lead_sent(c lealup.connection, kind text, a lealup.action, outcome jsonb) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    what uuid := lealup._as_uuid(a.input ->> 'id');
    remote text := left(outcome ->> 'external_id', 200);
    its_entity text := CASE kind WHEN 'lead' THEN 'lead' ELSE 'activity' END;
    s lealup.lead_sync;
    q lealup.lead_sending;
    owner uuid;
    arrived jsonb;
BEGIN
    -- Of a request that was not made there is nothing to know.
    IF remote IS NULL THEN
        RETURN;
    END IF;
    -- What is read meanwhile waits, or was here before.
    SELECT x.* INTO s FROM lealup.lead_sync x WHERE x.tenant_id = c.tenant_id AND x.id = c.id FOR NO KEY UPDATE;
    DELETE FROM lealup.lead_sending x WHERE x.tenant_id = c.tenant_id AND x.sync_id = c.id AND x.entity = its_entity AND x.local_id = what RETURNING x.* INTO q;
    SELECT coalesce(jsonb_object_agg(f, q.sent -> f -> -1), '{}') INTO arrived FROM unnest(q.latest) f WHERE q.sent ? f;
    IF its_entity = 'activity' THEN
        arrived := arrived -> '*';
    END IF;
    INSERT INTO lealup.lead_link AS k (tenant_id, sync_id, entity, remote_id, local_id, base) VALUES (c.tenant_id, c.id, its_entity, remote, what, arrived)
    ON CONFLICT ON CONSTRAINT lead_link_pkey DO UPDATE SET base = CASE k.entity WHEN 'lead' THEN coalesce(k.base, '{}') || coalesce(excluded.base, '{}') ELSE coalesce(excluded.base, k.base) END
    WHERE k.local_id = excluded.local_id;
    IF NOT FOUND THEN
        SELECT k.local_id INTO owner FROM lealup.lead_link k WHERE k.tenant_id = c.tenant_id AND k.sync_id = c.id AND k.entity = its_entity AND k.remote_id = remote;
        INSERT INTO lealup.lead_sending (tenant_id, sync_id, entity, local_id, sent, latest, error)
        VALUES (c.tenant_id, c.id, its_entity, what, '{}', '{}', format('the other account took it for %s, which is another one here: %s', remote, owner));
    ELSIF its_entity = 'lead' AND s.id IS NOT NULL THEN
        -- What was changed meanwhile is still to go.
        PERFORM lealup._resend_leads(c, s, ARRAY[remote]);
    END IF;
END $$;
COMMENT ON FUNCTION lealup._lead_sent(lealup.connection, text, lealup.action, jsonb) IS
    'A lead, or an activity, was written in another account: it is linked, and what was sent is what is there, but for what was read since and is another one.';

CREATE FUNCTION lealup._resend_leads(c lealup.connection, s lealup.lead_sync, remotes text[]) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET enable_hashjoin = on SET enable_mergejoin = on SET jit = off AS $$
DECLARE
    r record;
    a lealup.action;
BEGIN
    IF NOT EXISTS (SELECT FROM lealup.lead_automation x WHERE x.tenant_id = c.tenant_id AND x.connection_id = c.id) THEN
        RETURN;
    END IF;
    FOR r IN
        WITH linked AS MATERIALIZED (
            SELECT k.local_id, k.base FROM lealup.lead_link k WHERE k.tenant_id = c.tenant_id AND k.sync_id = c.id AND k.entity = 'lead' AND k.remote_id = ANY (remotes)
        ), here AS MATERIALIZED (
            SELECT l, k.base FROM linked k JOIN lealup.lead l ON l.tenant_id = c.tenant_id AND l.id = k.local_id AND l.deleted_at IS NULL
        ), differing AS MATERIALIZED (
            SELECT (h.l).id, (h.l).fields, d.there FROM here h CROSS JOIN LATERAL (SELECT lealup._lead_differs(s, h.l, h.base, true) AS there OFFSET 0) d WHERE d.there <> '{}'
        )
        SELECT l.id, x.id AS rule, n.operation FROM differing l
        JOIN lealup.lead_automation x ON x.tenant_id = c.tenant_id AND x.connection_id = c.id AND x.triggers && '{lead.created,lead.updated}'
        JOIN lealup.notification_rule n ON n.tenant_id = x.tenant_id AND n.id = x.id AND n.active
        WHERE (x.condition = '{}' OR lealup._lead_condition(x.condition, jsonb_strip_nulls(l.fields || l.there), l.fields))
          AND NOT EXISTS (SELECT FROM lealup.action y WHERE y.tenant_id = c.tenant_id AND y.connection_id = c.id AND y.order_key = 'lead:' || l.id AND y.status = 'approved' AND y.operation = n.operation)
    LOOP
        a := NULL;
        a.tenant_id := c.tenant_id; a.connection_id := c.id; a.operation := r.operation; a.rule_id := r.rule; a.input := jsonb_build_object('id', r.id); a.order_key := 'lead:' || r.id;
        PERFORM lealup._make_action(a);
    END LOOP;
END $$;
COMMENT ON FUNCTION lealup._resend_leads(lealup.connection, lealup.lead_sync, text[]) IS
    'Has leads sent, by automations that they meet, of which something that was read has shown that the other account does not have what is here.';

-- ----- Activities that were read -----

CREATE FUNCTION lealup._recognize_activities(s lealup.lead_sync, records jsonb[]) RETURNS jsonb[]
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r record;
    known jsonb[] := '{}';
    mine uuid;
    y lealup.lead_activity;
    same boolean;
BEGIN
    FOR r IN
        SELECT x.value, k.local_id, l.local_id AS lead_id, k.base, m.target AS type
        FROM unnest(records) WITH ORDINALITY x(value, n)
        LEFT JOIN lealup.lead_link k ON k.tenant_id = s.tenant_id AND k.sync_id = s.id AND k.entity = 'activity' AND k.remote_id = x.value ->> 'remote_id'
        LEFT JOIN lealup.lead_link l ON l.tenant_id = s.tenant_id AND l.sync_id = s.id AND l.entity = 'lead' AND l.remote_id = x.value #>> '{lead,remote_id}'
        LEFT JOIN lealup.lead_sync_mapping m ON m.tenant_id = s.tenant_id AND m.sync_id = s.id AND m.entity = 'activity_type' AND m.enabled AND m.source = x.value ->> 'type'
        ORDER BY x.n
    LOOP
        IF r.local_id IS NULL THEN
            -- What is on its way there, and comes back before its answer does, is ours.
            SELECT z.id INTO mine FROM lealup.lead_sending q JOIN lealup.lead_activity z ON z.tenant_id = q.tenant_id AND z.id = q.local_id
            WHERE q.tenant_id = s.tenant_id AND q.sync_id = s.id AND q.entity = 'activity' AND z.lead_id = r.lead_id AND z.type = r.type
              AND EXISTS (SELECT FROM jsonb_array_elements(q.sent -> '*') v WHERE coalesce(v ->> 'note', '') = coalesce(r.value ->> 'note', '')
                  AND date_trunc('second', (v ->> 'occurred_at')::timestamptz) = (r.value ->> 'occurred_at')::timestamptz)
              AND NOT EXISTS (SELECT FROM lealup.lead_link k WHERE k.tenant_id = s.tenant_id AND k.sync_id = s.id AND k.entity = 'activity' AND k.local_id = z.id)
            ORDER BY z.id LIMIT 1;
            IF FOUND THEN
                INSERT INTO lealup.lead_link (tenant_id, sync_id, entity, remote_id, local_id, base)
                SELECT s.tenant_id, s.id, 'activity', r.value ->> 'remote_id', mine, lealup._lead_activity_object(s, mine) -> 'here' ON CONFLICT DO NOTHING;
                r.local_id := mine;
            END IF;
        END IF;
        IF r.local_id IS NOT NULL THEN
            SELECT z.* INTO y FROM lealup.lead_activity z WHERE z.tenant_id = s.tenant_id AND z.id = r.local_id;
            same := lealup._lead_activity_object(s, r.local_id) -> 'here' = r.base;
            -- It is as it was sent: no news. A change there of what is as it was there was made knowing it.
            CONTINUE WHEN coalesce(y.note, '') = coalesce(r.value ->> 'note', '') AND date_trunc('second', y.occurred_at) = (r.value ->> 'occurred_at')::timestamptz
                AND coalesce(r.value -> 'fields', '{}') = '{}' AND y.fields = '{}';
            r.value := r.value || jsonb_build_object('occurred_at', CASE WHEN date_trunc('second', y.occurred_at) = (r.value ->> 'occurred_at')::timestamptz
                THEN lealup._rfc3339(y.occurred_at) ELSE r.value ->> 'occurred_at' END);
            -- So was one within the second of the last one there.
            IF lealup._lead_stamp_clock(y.version) >= lealup._lead_clock((r.value ->> 'modified_at')::timestamptz) AND (same OR right(y.version, 36) = s.id::text
                AND lealup._lead_stamp_clock(y.version) < lealup._lead_clock((r.value ->> 'modified_at')::timestamptz + interval '1 s')) THEN
                r.value := r.value || jsonb_build_object('version', lealup._lead_stamp(lealup._lead_stamp_clock(y.version) + 1, s.id));
            END IF;
        END IF;
        known := known || r.value;
    END LOOP;
    RETURN known;
END $$;
COMMENT ON FUNCTION lealup._recognize_activities(lealup.lead_sync, jsonb[]) IS
    'Of activities that were read, links those that were posted from here and are not known to have arrived, and leaves out those that are as they were sent.';
