-- How leads and activities are written, many at once: see 88_lead.sql.

CREATE TYPE lealup._lead_work AS (ordinal int, lead_id uuid, is_new boolean, fields jsonb, versions jsonb, clock bigint, changed text[], restamped boolean,
    taken jsonb, given_up jsonb, errors jsonb);
COMMENT ON TYPE lealup._lead_work IS
    'A lead on its way: what it will be, which fields that changes, whether stamps are newer, and which unique values ({field: key}) it takes and gives up.';

-- Rows that are named are looked up by an array of their keys and then joined by hash, so that a plan is linear whatever the planner believes of the tables' sizes.
CREATE FUNCTION lealup._plan_leads(tenant_id uuid, changes lealup._lead_change[], country text, zone text) RETURNS lealup._lead_work[]
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET enable_hashjoin = on SET jit = off AS $$
DECLARE
    at bigint := lealup._lead_clock(clock_timestamp());
    latest text := lealup._lead_stamp(lealup._lead_clock(clock_timestamp() + interval '1 day'), 'ffffffff-ffff-ffff-ffff-ffffffffffff');
    ids uuid[] := ARRAY(SELECT c.lead_id FROM unnest(changes) c WHERE c.lead_id IS NOT NULL);
BEGIN
    RETURN (
        WITH field AS MATERIALIZED (
            SELECT f.name, f.type, f.choices, f.is_unique, f.required FROM lealup.lead_field f WHERE f.tenant_id = _plan_leads.tenant_id
        ), change AS MATERIALIZED (
            SELECT c.ordinal, c.lead_id IS NULL AS is_new, CASE WHEN c.lead_id IS NULL THEN lealup.uuid7() ELSE c.lead_id END AS lead_id,
                   coalesce(c.fields, '{}') AS fields, coalesce(c.versions, '{}') AS versions, coalesce(c.defaults, '{}') AS defaults,
                   coalesce(l.fields || '{}', '{}') AS kept, coalesce(l.versions || '{}', '{}') AS kept_versions, l.id IS NOT NULL AS found, l.deleted_at,
                   coalesce(l.clock, 0) AS kept_clock, greatest(at, l.clock + 1) AS clock
            FROM unnest(changes) c
            LEFT JOIN (SELECT * FROM lealup.lead x WHERE x.tenant_id = _plan_leads.tenant_id AND x.id = ANY (ids)) l ON l.id = c.lead_id
        ), given AS (
            -- A default stands for what is empty on both sides, and is this site's own; it has to win over the emptiness that arrived.
            -- What is not newer than what is there is not even looked at.
            SELECT c.ordinal, g.key AS name, f.name IS NOT NULL AS known, f.type, f.choices, f.is_unique, v.value AS raw, x.value, c.kept -> g.key AS kept, s.arrived,
                   d.defaulted OR s.arrived IS NULL AS own,
                   CASE WHEN d.defaulted THEN lealup._lead_stamp(greatest(c.clock, lealup._lead_stamp_clock(s.arrived) + 1), _plan_leads.tenant_id)
                        WHEN s.arrived IS NULL THEN lealup._lead_stamp(c.clock, _plan_leads.tenant_id) ELSE s.arrived END AS stamp
            FROM change c
            CROSS JOIN LATERAL jsonb_each(c.defaults || c.fields) g
            CROSS JOIN LATERAL (SELECT c.versions ->> g.key AS arrived, c.kept_versions ->> g.key AS kept_stamp OFFSET 0) s
            CROSS JOIN LATERAL (SELECT c.defaults ? g.key AND NOT c.kept ? g.key
                AND (NOT c.fields ? g.key OR g.value = 'null' OR btrim(g.value #>> '{}', E' \t\r\n') = '') AS defaulted OFFSET 0) d
            CROSS JOIN LATERAL (SELECT CASE WHEN d.defaulted THEN c.defaults -> g.key ELSE g.value END AS value) v
            LEFT JOIN field f ON f.name = g.key
            CROSS JOIN LATERAL (SELECT CASE WHEN f.name IS NULL THEN 'null' ELSE lealup._lead_value(f.type, f.choices, v.value, country, zone) END AS value OFFSET 0) x
            WHERE d.defaulted OR c.fields ? g.key AND NOT coalesce(s.arrived <= s.kept_stamp COLLATE "C", false)
        ), judged AS (
            -- What is written here and now changes something or is nothing.
            SELECT g.*, NOT g.own OR g.differs AS taken,
                   CASE WHEN NOT g.known THEN lealup._lead_error('unknown_field', g.name)
                        WHEN g.value IS NULL THEN lealup._lead_error('type', g.name, g.raw, lealup._lead_expected(g.type, g.choices))
                        WHEN g.arrived IS NOT NULL AND NOT (g.arrived < latest COLLATE "C" AND lealup._lead_stamp_clock(g.arrived) IS NOT NULL) THEN lealup._lead_error('clock', g.name, to_jsonb(g.arrived))
                        WHEN g.is_unique AND length(g.value #>> '{}') > 500 THEN lealup._lead_error('type', g.name, g.raw, 'a text of at most 500 characters, which a unique field takes')
                   END AS error
            FROM (SELECT x.*, coalesce(x.value, 'null') <> coalesce(x.kept, 'null') AS differs FROM given x OFFSET 0) g
        ), summed AS (
            SELECT j.ordinal, jsonb_object_agg(j.name, j.value) FILTER (WHERE j.taken AND j.differs AND j.value <> 'null') AS filled,
                   coalesce(array_agg(j.name) FILTER (WHERE j.taken AND j.differs AND j.value = 'null'), '{}') AS emptied,
                   coalesce(array_agg(j.name) FILTER (WHERE j.taken AND j.differs), '{}') AS changed,
                   jsonb_object_agg(j.name, j.stamp) FILTER (WHERE j.taken) AS stamped, max(j.stamp COLLATE "C") FILTER (WHERE j.taken) AS latest,
                   jsonb_object_agg(j.name, lealup._lead_key(j.value)) FILTER (WHERE j.is_unique AND j.taken AND j.value <> 'null'
                       AND lealup._lead_key(j.value) IS DISTINCT FROM lealup._lead_key(j.kept)) AS taken,
                   jsonb_object_agg(j.name, lealup._lead_key(j.kept)) FILTER (WHERE j.is_unique AND j.taken AND j.kept IS NOT NULL
                       AND lealup._lead_key(j.kept) IS DISTINCT FROM lealup._lead_key(nullif(j.value, 'null'))) AS given_up,
                   jsonb_agg(j.error ORDER BY j.name) FILTER (WHERE j.error IS NOT NULL) AS errors
            FROM judged j GROUP BY j.ordinal
        )
        SELECT array_agg(ROW(c.ordinal, c.lead_id, c.is_new, n.fields, c.kept_versions || coalesce(s.stamped, '{}'), greatest(lealup._lead_stamp_clock(s.latest), c.kept_clock),
                   ARRAY(SELECT x FROM unnest(s.changed) x ORDER BY x COLLATE "C"), s.stamped IS NOT NULL, coalesce(s.taken, '{}'), coalesce(s.given_up, '{}'), e.errors)::lealup._lead_work
                   ORDER BY c.ordinal)
        FROM change c
        LEFT JOIN summed s ON s.ordinal = c.ordinal
        CROSS JOIN LATERAL (SELECT (c.kept - coalesce(s.emptied, '{}')) || coalesce(s.filled, '{}') AS fields OFFSET 0) n
        CROSS JOIN LATERAL (SELECT CASE
            WHEN NOT c.is_new AND NOT c.found THEN jsonb_build_array(lealup._lead_error('not_found', NULL, lead_id => c.lead_id))
            WHEN c.deleted_at IS NOT NULL THEN jsonb_build_array(lealup._lead_error('deleted', NULL, lead_id => c.lead_id))
            WHEN s.errors IS NOT NULL THEN s.errors
            WHEN c.is_new AND n.fields = '{}' THEN jsonb_build_array(lealup._lead_error('empty', NULL))
            -- A field that became required later is no reason to refuse a change of others.
            ELSE (SELECT jsonb_agg(lealup._lead_error('required', f.name) ORDER BY f.name) FROM field f
                  WHERE f.required AND NOT n.fields ? f.name AND (c.is_new OR f.name = ANY (s.emptied))) END AS errors) e);
END $$;
COMMENT ON FUNCTION lealup._plan_leads(uuid, lealup._lead_change[], text, text) IS 'What changes of leads will make of them, and what is wrong with each; unique values are looked at by _write_leads().';

CREATE FUNCTION lealup._write_leads(tenant_id uuid, changes lealup._lead_change[], country text DEFAULT NULL, zone text DEFAULT 'UTC') RETURNS SETOF lealup._lead_result
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET enable_hashjoin = on SET jit = off AS $$
DECLARE
    at timestamptz := now();
    ids uuid[] := ARRAY(SELECT c.lead_id FROM unnest(changes) c WHERE c.lead_id IS NOT NULL);
    work lealup._lead_work[];
    wanted bigint;
    got bigint;
BEGIN
    IF cardinality(changes) > 10000 THEN
        RAISE EXCEPTION 'too many leads at once' USING ERRCODE = 'program_limit_exceeded', DETAIL = 'There may be 10000.';
    END IF;
    IF (SELECT count(DISTINCT i) < count(*) FROM unnest(ids) i) THEN
        RAISE EXCEPTION 'a lead is named twice' USING ERRCODE = 'invalid_parameter_value', HINT = 'Write its changes one after the other.';
    END IF;
    PERFORM pg_advisory_xact_lock_shared(lealup._lead_lock(_write_leads.tenant_id));
    PERFORM FROM lealup.lead l WHERE l.tenant_id = _write_leads.tenant_id AND l.id = ANY (ids) ORDER BY l.id FOR NO KEY UPDATE;
    work := lealup._plan_leads(_write_leads.tenant_id, changes, country, zone);

    -- Values are taken first, which waits for whoever takes the same ones; then it is seen who has those that were not to be had.
    SELECT count(*) INTO wanted FROM unnest(work) w CROSS JOIN LATERAL jsonb_each_text(w.taken) k WHERE w.errors IS NULL;
    IF wanted > 0 THEN
        INSERT INTO lealup.lead_unique (tenant_id, field, value, lead_id)
        SELECT _write_leads.tenant_id, k.key, k.value, w.lead_id FROM unnest(work) w CROSS JOIN LATERAL jsonb_each_text(w.taken) k
        WHERE w.errors IS NULL ORDER BY k.key, k.value, w.ordinal
        ON CONFLICT DO NOTHING;
        GET DIAGNOSTICS got = ROW_COUNT;
        IF got < wanted THEN
            work := lealup._refuse_leads(_write_leads.tenant_id, work);
        END IF;
    END IF;
    IF EXISTS (SELECT FROM unnest(work) w WHERE w.errors IS NULL AND w.given_up <> '{}') THEN
        WITH gone AS MATERIALIZED (SELECT k.key, k.value, w.lead_id FROM unnest(work) w CROSS JOIN LATERAL jsonb_each_text(w.given_up) k WHERE w.errors IS NULL)
        DELETE FROM lealup.lead_unique u USING gone g
        WHERE u.tenant_id = _write_leads.tenant_id AND u.field = ANY (ARRAY(SELECT DISTINCT x.key FROM gone x)) AND u.value = ANY (ARRAY(SELECT x.value FROM gone x))
          AND u.field = g.key AND u.value = g.value AND u.lead_id = g.lead_id;
    END IF;

    INSERT INTO lealup.lead (tenant_id, id, fields, versions, clock, created_at, updated_at)
    SELECT _write_leads.tenant_id, w.lead_id, w.fields, w.versions, w.clock, at, at FROM unnest(work) w WHERE w.errors IS NULL AND w.is_new;
    UPDATE lealup.lead l SET fields = w.fields, versions = w.versions, clock = w.clock, updated_at = CASE WHEN w.changed = '{}' THEN l.updated_at ELSE at END
    FROM unnest(work) w
    WHERE w.errors IS NULL AND NOT w.is_new AND w.restamped AND l.tenant_id = _write_leads.tenant_id AND l.id = ANY (ids) AND l.id = w.lead_id;
    RETURN QUERY SELECT w.ordinal, CASE WHEN w.errors IS NULL OR NOT w.is_new THEN w.lead_id END,
            CASE WHEN w.errors IS NOT NULL THEN 'failed' WHEN w.is_new THEN 'created' WHEN w.changed <> '{}' THEN 'updated' ELSE 'same' END,
            CASE WHEN w.errors IS NULL THEN w.changed ELSE '{}' END, w.errors
        FROM unnest(work) w ORDER BY w.ordinal;
END $$;
COMMENT ON FUNCTION lealup._write_leads(uuid, lealup._lead_change[], text, text) IS
    'Writes leads, at most 10,000, each once, and says what came of each, by ordinal; what is wrong with one concerns that one only. country: of phone numbers without a country code; zone: of times without an offset. 88_lead.sql tells the rest.';

CREATE FUNCTION lealup._refuse_leads(tenant_id uuid, work lealup._lead_work[]) RETURNS lealup._lead_work[]
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET enable_hashjoin = on SET jit = off AS $$
DECLARE
    refused lealup._lead_work[];
BEGIN
    WITH wanted AS MATERIALIZED (
        SELECT w.ordinal, w.lead_id, w.fields -> k.key AS value, k.key AS field, k.value AS key FROM unnest(work) w CROSS JOIN LATERAL jsonb_each_text(w.taken) k WHERE w.errors IS NULL
    ), held AS (
        SELECT w.ordinal, jsonb_agg(lealup._lead_error('unique', w.field, w.value, lead_id => u.lead_id) ORDER BY w.field) AS errors
        FROM wanted w
        JOIN (SELECT x.field, x.value, x.lead_id FROM lealup.lead_unique x WHERE x.tenant_id = _refuse_leads.tenant_id
                AND x.field = ANY (ARRAY(SELECT DISTINCT y.field FROM wanted y)) AND x.value = ANY (ARRAY(SELECT y.key FROM wanted y))) u ON u.field = w.field AND u.value = w.key
        WHERE u.lead_id <> w.lead_id GROUP BY w.ordinal
    )
    SELECT array_agg(ROW(w.ordinal, w.lead_id, w.is_new, w.fields, w.versions, w.clock, w.changed, w.restamped, w.taken, w.given_up, coalesce(w.errors, h.errors))::lealup._lead_work
               ORDER BY w.ordinal), array_agg(w ORDER BY w.ordinal) FILTER (WHERE h.ordinal IS NOT NULL)
    INTO work, refused FROM unnest(work) w LEFT JOIN held h ON h.ordinal = w.ordinal;
    WITH back AS MATERIALIZED (SELECT k.key, k.value, w.lead_id FROM unnest(refused) w CROSS JOIN LATERAL jsonb_each_text(w.taken) k)
    DELETE FROM lealup.lead_unique u USING back b
    WHERE u.tenant_id = _refuse_leads.tenant_id AND u.field = ANY (ARRAY(SELECT DISTINCT x.key FROM back x)) AND u.value = ANY (ARRAY(SELECT x.value FROM back x))
      AND u.field = b.key AND u.value = b.value AND u.lead_id = b.lead_id;
    RETURN work;
END $$;
COMMENT ON FUNCTION lealup._refuse_leads(uuid, lealup._lead_work[]) IS 'Which leads have the values that others wanted is said in their errors; whatever else these had taken is given back.';

CREATE FUNCTION lealup._find_leads(tenant_id uuid, field text, "values" jsonb[], country text DEFAULT NULL, zone text DEFAULT 'UTC') RETURNS TABLE (ordinal int, lead_id uuid)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET enable_hashjoin = on SET jit = off AS $$
BEGIN
    RETURN QUERY
        WITH key AS MATERIALIZED (
            SELECT v.n::int AS n, lealup._lead_key(nullif(lealup._lead_value(f.type, f.choices, v.value, country, zone), 'null')) AS key
            FROM lealup.lead_field f CROSS JOIN unnest("values") WITH ORDINALITY v(value, n) WHERE f.tenant_id = _find_leads.tenant_id AND f.name = _find_leads.field AND f.is_unique)
        SELECT k.n, u.lead_id
        FROM key k
        JOIN (SELECT x.value, x.lead_id FROM lealup.lead_unique x
              WHERE x.tenant_id = _find_leads.tenant_id AND x.field = _find_leads.field AND x.value = ANY (ARRAY(SELECT y.key FROM key y))) u ON u.value = k.key;
END $$;
COMMENT ON FUNCTION lealup._find_leads(uuid, text, jsonb[], text, text) IS
    'Which leads have values of a unique field, however those are written: a row for each that is found, by its place in the array. Nothing is found by a field that is not unique.';

CREATE FUNCTION lealup._write_lead_activities(tenant_id uuid, changes lealup._lead_activity_change[], country text DEFAULT NULL, zone text DEFAULT 'UTC')
    RETURNS SETOF lealup._lead_activity_result
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET enable_hashjoin = on SET jit = off AS $$
DECLARE
    ids uuid[] := ARRAY(SELECT c.activity_id FROM unnest(changes) c WHERE c.activity_id IS NOT NULL);
    at timestamptz := now();
    clock bigint := lealup._lead_clock(clock_timestamp());
    latest bigint := lealup._lead_clock(clock_timestamp() + interval '1 day');
    work lealup._lead_activity_change[];
    outcomes text[];
    wrongs jsonb[];
BEGIN
    IF cardinality(changes) > 10000 THEN
        RAISE EXCEPTION 'too many activities at once' USING ERRCODE = 'program_limit_exceeded', DETAIL = 'There may be 10000.';
    END IF;
    IF (SELECT count(DISTINCT i) < count(*) FROM unnest(ids) i) THEN
        RAISE EXCEPTION 'an activity is named twice' USING ERRCODE = 'invalid_parameter_value', HINT = 'Write its changes one after the other.';
    END IF;
    PERFORM FROM lealup.lead_activity a WHERE a.tenant_id = _write_lead_activities.tenant_id AND a.id = ANY (ids) ORDER BY a.id FOR NO KEY UPDATE;
    WITH change AS MATERIALIZED (
        SELECT c.ordinal, c.activity_id IS NULL AS is_new, a.id IS NOT NULL AS found, a.type AS kept_type, a.note AS kept_note, a.occurred_at AS kept_time, a.fields AS kept_fields, a.version AS kept_version,
                coalesce(c.activity_id, lealup.uuid7()) AS id,
               coalesce(a.lead_id, c.lead_id) AS lead_id, coalesce(c.type, a.type) AS type, c.note, c.occurred_at, coalesce(c.fields, '{}') AS fields, c.version AS stamp,
               coalesce(c.version, lealup._lead_stamp(greatest(clock, lealup._lead_stamp_clock(a.version) + 1), _write_lead_activities.tenant_id)) AS version
        FROM unnest(changes) c
        LEFT JOIN (SELECT * FROM lealup.lead_activity x WHERE x.tenant_id = _write_lead_activities.tenant_id AND x.id = ANY (ids)) a ON a.id = c.activity_id
    ), value AS (
        SELECT c.ordinal, jsonb_object_agg(v.key, x.value) FILTER (WHERE x.value <> 'null') AS filled,
               coalesce(array_agg(v.key) FILTER (WHERE x.value = 'null'), '{}') AS emptied,
               jsonb_agg(CASE WHEN d.definition IS NULL THEN lealup._lead_error('unknown_field', v.key)
                   ELSE lealup._lead_error('type', v.key, v.value, lealup._lead_expected(d.definition ->> 'type', d.choices)) END ORDER BY v.key)
                   FILTER (WHERE x.value IS NULL) AS errors
        FROM change c
        JOIN lealup.lead_activity_type t ON t.tenant_id = _write_lead_activities.tenant_id AND t.name = c.type
        CROSS JOIN LATERAL jsonb_each(c.fields) v
        CROSS JOIN LATERAL (SELECT t.fields -> v.key AS definition, CASE WHEN t.fields #> ARRAY[v.key, 'choices'] IS NOT NULL
            THEN ARRAY(SELECT jsonb_array_elements_text(t.fields #> ARRAY[v.key, 'choices'])) END AS choices) d
        CROSS JOIN LATERAL (SELECT CASE WHEN d.definition IS NOT NULL THEN lealup._lead_value(d.definition ->> 'type', d.choices, v.value, country, zone) END AS value) x
        GROUP BY c.ordinal
    ), planned AS (
        SELECT c.*, n.note AS new_note, n.occurred_at AS new_time, n.fields AS new_fields,
               CASE WHEN NOT c.is_new AND NOT c.found THEN jsonb_build_array(lealup._lead_error('no_activity', NULL, to_jsonb(c.id)))
                    WHEN t.name IS NULL THEN jsonb_build_array(lealup._lead_error('activity_type', 'type', to_jsonb(c.type)))
                    WHEN l.id IS NULL THEN jsonb_build_array(lealup._lead_error('not_found', NULL, lead_id => c.lead_id))
                    WHEN l.deleted_at IS NOT NULL THEN jsonb_build_array(lealup._lead_error('deleted', NULL, lead_id => l.id))
                    WHEN c.stamp IS NOT NULL AND NOT coalesce(lealup._lead_stamp_clock(c.stamp) <= latest, false) THEN jsonb_build_array(lealup._lead_error('clock', 'version', to_jsonb(c.stamp)))
                    WHEN v.errors IS NOT NULL THEN v.errors
                    WHEN length(n.note) > 20000 THEN jsonb_build_array(lealup._lead_error('type', 'note', to_jsonb(n.note), 'a text of at most 20000 characters'))
                    WHEN NOT isfinite(n.occurred_at) THEN jsonb_build_array(lealup._lead_error('type', 'occurred_at', to_jsonb(n.occurred_at), 'a time'))
                    ELSE (SELECT jsonb_agg(lealup._lead_error('required', d.key) ORDER BY d.key) FROM jsonb_each(t.fields) d
                          WHERE d.value -> 'required' = 'true' AND NOT n.fields ? d.key AND (c.is_new OR d.key = ANY (v.emptied))) END AS errors
        FROM change c
        LEFT JOIN value v ON v.ordinal = c.ordinal
        LEFT JOIN lealup.lead_activity_type t ON t.tenant_id = _write_lead_activities.tenant_id AND t.name = c.type
        LEFT JOIN (SELECT x.id, x.deleted_at FROM lealup.lead x
                   WHERE x.tenant_id = _write_lead_activities.tenant_id AND x.id = ANY (ARRAY(SELECT y.lead_id FROM change y))) l ON l.id = c.lead_id
        CROSS JOIN LATERAL (SELECT CASE WHEN c.stamp IS NOT NULL OR c.note IS NOT NULL THEN nullif(c.note, '') ELSE c.kept_note END AS note,
            coalesce(c.occurred_at, c.kept_time, at) AS occurred_at,
            (CASE WHEN c.stamp IS NULL AND c.found THEN c.kept_fields ELSE '{}' END - coalesce(v.emptied, '{}')) || coalesce(v.filled, '{}') AS fields) n
    ), decided AS (
        SELECT p.*, CASE WHEN p.errors IS NOT NULL THEN 'failed' WHEN p.is_new THEN 'created'
                WHEN p.stamp <= p.kept_version COLLATE "C" THEN 'same'
                WHEN (p.kept_type, p.kept_note, p.kept_time, p.kept_fields) IS DISTINCT FROM (p.type, p.new_note, p.new_time, p.new_fields) THEN 'updated'
                ELSE 'same' END AS outcome
        FROM planned p
    )
    SELECT array_agg(ROW(d.ordinal, d.id, d.lead_id, d.type, d.new_note, d.new_time, d.new_fields,
               CASE WHEN d.outcome = 'same' AND d.stamp IS NULL THEN d.kept_version ELSE d.version END)::lealup._lead_activity_change ORDER BY d.ordinal),
           array_agg(d.outcome ORDER BY d.ordinal), array_agg(d.errors ORDER BY d.ordinal)
    INTO work, outcomes, wrongs FROM decided d;
    INSERT INTO lealup.lead_activity (tenant_id, id, lead_id, type, note, occurred_at, fields, version, created_at, updated_at)
    SELECT _write_lead_activities.tenant_id, w.activity_id, w.lead_id, w.type, w.note, w.occurred_at, w.fields, w.version, at, at
    FROM ROWS FROM (unnest(work), unnest(outcomes)) w(ordinal, activity_id, lead_id, type, note, occurred_at, fields, version, outcome) WHERE w.outcome = 'created';
    UPDATE lealup.lead_activity a SET type = w.type, note = w.note, occurred_at = w.occurred_at, fields = w.fields, version = w.version, updated_at = CASE w.outcome WHEN 'updated' THEN at ELSE a.updated_at END
    FROM ROWS FROM (unnest(work), unnest(outcomes)) w(ordinal, activity_id, lead_id, type, note, occurred_at, fields, version, outcome)
    WHERE (w.outcome = 'updated' OR w.outcome = 'same' AND w.version > a.version COLLATE "C") AND a.tenant_id = _write_lead_activities.tenant_id AND a.id = ANY (ids) AND a.id = w.activity_id;
    RETURN QUERY SELECT w.ordinal, CASE WHEN w.outcome <> 'failed' THEN w.activity_id END, w.outcome, w.errors
        FROM ROWS FROM (unnest(work), unnest(outcomes), unnest(wrongs)) w(ordinal, activity_id, lead_id, type, note, occurred_at, fields, version, outcome, errors) ORDER BY w.ordinal;
END $$;
COMMENT ON FUNCTION lealup._write_lead_activities(uuid, lealup._lead_activity_change[], text, text) IS
    'Writes activities, at most 10,000, each once, and says what came of each, by ordinal. With a version a change is all of the activity, and counts if that is greater than the kept one; without, it is made now and here, and what is null stays (an empty note empties it). An activity stays with its lead. Errors are as those of leads, and activity_type and no_activity: there is no such one.';
