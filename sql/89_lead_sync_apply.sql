-- What a sync brings, applied: the one way from records of another account to leads and activities here.
--
-- What those who read another account rely on
--
-- lealup._apply_leads(tenant_id, sync_id, records, ...) takes up to 10,000 records, wherever they come from, and gives {"job_id", "created", "updated", "unchanged",
-- "skipped", "failed"}. It maps, finds, writes, links and logs; what is wrong with a record fails that record only. What it raises concerns all of them
-- (a deadlock, for example), so nothing is done, and the caller tries again. It trusts its caller: rights are for those who call it. A record is
--   {"entity": "lead", "remote_id": text, "fields": {name there: value}, "versions"?: {name there: stamp}, "before"?: {name there: value}, "modified_at"?: time,
--    "known_as"?: [ids], "lost"?: [ids], "deleted"?: true}
--   {"entity": "activity", "remote_id": text, "type": text, "note"?, "occurred_at"?: time, "fields"?, "version"?: stamp, "modified_at"?, "known_as"?,
--    "lead": as above, of which only remote_id, or what the sync searches by, is needed}
-- remote_id: what the other account calls it, 1 to 200 characters; null or absent = it does not say, and then only the search keys find it.
-- versions: of an account that keeps them, as 88_lead.sql says; a name that has one but no value is empty. Without them a value counts as changed when
--   modified_at says (else when it arrives), if it is another one than was last seen there (or than before has); states that are older than one that was seen are passed over.
--   A change there of a value that was the same here was made knowing ours, and so is later than that, whatever the clocks say.
-- fields: all of what there is, or a part; what is not there is left alone. Values are read generously, times without an offset in the sync's time zone.
-- known_as: ids by which this account may know it, because the other one got it from here.
-- lost: leads of here that the other account took for something else; they are sent once more.
-- modified_at and occurred_at: RFC 3339, or without an offset in the sync's time zone.
-- A lead is found by its link, by known_as, by search_by, by secondary_search_by, in this order; found is "existing", else it is "new". One that is linked to
-- another lead there is not found by a search key, if the account sends versions: the other message may be on its way. Such a record fails, and so does one whose
-- unique value another lead has, or an activity whose lead is not here yet; they are tried again after 5 s, 30 s, 5 min and 1 hour by themselves.
-- While a sync is disabled, all records are skipped, which retry_lead_sync() can undo.

CREATE TYPE lealup._lead_arrival AS (ordinal int, record jsonb, entity text, remote_id text, fields jsonb, versions jsonb, before jsonb, known_as uuid[], key text, second_key text,
    before_key text, changed_at timestamptz, tries int, lead_id uuid, found_by text, kept_base jsonb, kept_at timestamptz);
COMMENT ON TYPE lealup._lead_arrival IS
    'A record on its way: mapped (of an activity: its lead), its search keys, when it was changed, and what was found of it here: the lead, how, and what was last seen of it there.';
CREATE TYPE lealup._lead_verdict AS (ordinal int, local_id uuid, status text, reason text, errors jsonb, changed text[]);
COMMENT ON TYPE lealup._lead_verdict IS 'What became of a record, as lead_sync_record has it.';

CREATE FUNCTION lealup._lead_time(value text, zone text) RETURNS timestamptz
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN CASE WHEN length(value) <= 100 THEN (lealup._import_time(value, 'YMD', zone)).at END;
EXCEPTION WHEN data_exception THEN
    RETURN NULL;
END $$;
COMMENT ON FUNCTION lealup._lead_time(text, text) IS 'A time as other accounts write it; null if it is none. zone: of one without an offset.';

CREATE FUNCTION lealup._read_arrivals(s lealup.lead_sync, records jsonb[], at timestamptz) RETURNS lealup._lead_arrival[]
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET enable_hashjoin = on SET jit = off AS $$
DECLARE
    sources text[];
    targets text[];
    primary_field lealup.lead_field;
    second_field lealup.lead_field;
BEGIN
    SELECT array_agg(m.source), array_agg(m.target) INTO sources, targets FROM lealup.lead_sync_mapping m
    WHERE m.tenant_id = s.tenant_id AND m.sync_id = s.id AND m.entity = 'lead' AND m.enabled AND m.source IS NOT NULL;
    SELECT f.* INTO primary_field FROM lealup.lead_field f WHERE f.tenant_id = s.tenant_id AND f.name = s.search_by AND f.is_unique;
    SELECT f.* INTO second_field FROM lealup.lead_field f WHERE f.tenant_id = s.tenant_id AND f.name = s.secondary_search_by AND f.is_unique;
    RETURN (
        SELECT array_agg(ROW(r.n, r.value, r.entity, CASE WHEN length(l.value ->> 'remote_id') BETWEEN 1 AND 200 THEN l.value ->> 'remote_id' END,
            coalesce(m.fields, '{}'), CASE WHEN jsonb_typeof(l.value -> 'versions') = 'object' THEN coalesce(m.versions, '{}') END, b.fields,
            CASE WHEN jsonb_typeof(l.value -> 'known_as') = 'array' AND l.value -> 'known_as' <> '[]' THEN
                ARRAY(SELECT k::uuid FROM jsonb_array_elements_text(l.value -> 'known_as') WITH ORDINALITY u(k, i)
                      WHERE i <= 100 AND k ~ '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$') END,
            CASE WHEN m.fields ? primary_field.name THEN lealup._lead_key(nullif(lealup._lead_value(primary_field.type, primary_field.choices, m.fields -> primary_field.name, s.country, s.time_zone), 'null')) END,
            CASE WHEN m.fields ? second_field.name THEN lealup._lead_key(nullif(lealup._lead_value(second_field.type, second_field.choices, m.fields -> second_field.name, s.country, s.time_zone), 'null')) END,
            CASE WHEN b.fields ? primary_field.name THEN lealup._lead_key(nullif(lealup._lead_value(primary_field.type, primary_field.choices, b.fields -> primary_field.name, s.country, s.time_zone), 'null')) END,
            CASE WHEN l.value ? 'modified_at' THEN lealup._lead_time(l.value ->> 'modified_at', s.time_zone) END, 0, NULL, NULL, NULL, NULL)::lealup._lead_arrival ORDER BY r.n)
        FROM (SELECT u.n, u.value, CASE WHEN u.value ->> 'entity' IN ('lead', 'activity') THEN u.value ->> 'entity' END AS entity
              FROM unnest(records) WITH ORDINALITY u(value, n) OFFSET 0) r
        CROSS JOIN LATERAL (SELECT CASE r.entity WHEN 'activity' THEN r.value -> 'lead' ELSE r.value END AS value) l
        CROSS JOIN LATERAL (SELECT CASE WHEN jsonb_typeof(l.value -> 'fields') = 'object' THEN l.value -> 'fields' ELSE '{}' END AS fields,
            CASE WHEN jsonb_typeof(l.value -> 'versions') = 'object' THEN l.value -> 'versions' ELSE '{}' END AS versions OFFSET 0) v
        CROSS JOIN LATERAL (SELECT jsonb_object_agg(x.target, coalesce(v.fields -> x.source, 'null')) AS fields,
                jsonb_object_agg(x.target, v.versions -> x.source) FILTER (WHERE v.versions ? x.source) AS versions
            FROM unnest(sources, targets) x(source, target) WHERE v.fields ? x.source OR v.versions ? x.source) m
        CROSS JOIN LATERAL (SELECT jsonb_object_agg(x.target, l.value -> 'before' -> x.source) AS fields
            FROM unnest(CASE WHEN jsonb_typeof(l.value -> 'before') = 'object' THEN sources END, targets) x(source, target) WHERE l.value -> 'before' ? x.source) b);
END $$;
COMMENT ON FUNCTION lealup._read_arrivals(lealup.lead_sync, jsonb[], timestamptz) IS 'Records as the mapping of a sync has them, with the keys by which they are searched.';

CREATE FUNCTION lealup._find_arrivals(s lealup.lead_sync, arrivals lealup._lead_arrival[]) RETURNS lealup._lead_arrival[]
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET enable_hashjoin = on SET jit = off AS $$
DECLARE
    remotes text[];
    known uuid[];
    keys text[];
    second_keys text[];
BEGIN
    SELECT array_agg(DISTINCT a.remote_id) FILTER (WHERE a.remote_id IS NOT NULL), array_agg(DISTINCT k) FILTER (WHERE k IS NOT NULL),
           array_agg(DISTINCT x.key) FILTER (WHERE x.key IS NOT NULL), array_agg(DISTINCT a.second_key) FILTER (WHERE a.second_key IS NOT NULL)
    INTO remotes, known, keys, second_keys
    FROM unnest(arrivals) a LEFT JOIN LATERAL unnest(a.known_as) k ON true CROSS JOIN LATERAL (VALUES (a.key), (a.before_key)) x(key);
    RETURN (
        WITH link AS MATERIALIZED (
            SELECT k.remote_id, k.local_id, k.base, k.modified_at FROM lealup.lead_link k
            WHERE k.tenant_id = s.tenant_id AND k.sync_id = s.id AND k.entity = 'lead' AND k.remote_id = ANY (remotes)
        ), own AS MATERIALIZED (
            SELECT l.id FROM lealup.lead l WHERE l.tenant_id = s.tenant_id AND l.id = ANY (known) AND l.deleted_at IS NULL
        ), holder AS MATERIALIZED (
            SELECT u.value, u.lead_id FROM lealup.lead_unique u WHERE u.tenant_id = s.tenant_id AND u.field = s.search_by AND u.value = ANY (keys)
        ), second_holder AS MATERIALIZED (
            SELECT u.value, u.lead_id FROM lealup.lead_unique u WHERE u.tenant_id = s.tenant_id AND u.field = s.secondary_search_by AND u.value = ANY (second_keys)
        )
        SELECT array_agg(ROW(a.ordinal, a.record, a.entity, a.remote_id, a.fields, a.versions, a.before, a.known_as, a.key, a.second_key, a.before_key, a.changed_at, a.tries,
            coalesce(k.local_id, o.id, p.lead_id, q.lead_id, b.lead_id),
            CASE WHEN k.local_id IS NOT NULL THEN 'link' WHEN o.id IS NOT NULL THEN 'known_as' WHEN p.lead_id IS NOT NULL THEN 'primary' WHEN q.lead_id IS NOT NULL THEN 'secondary'
                 WHEN b.lead_id IS NOT NULL THEN 'before' END, k.base, k.modified_at)::lealup._lead_arrival ORDER BY a.ordinal)
        FROM unnest(arrivals) a
        LEFT JOIN link k ON k.remote_id = a.remote_id
        LEFT JOIN (SELECT DISTINCT ON (x.ordinal) x.ordinal, o.id FROM unnest(arrivals) x CROSS JOIN LATERAL unnest(x.known_as) i JOIN own o ON o.id = i ORDER BY x.ordinal, o.id) o ON o.ordinal = a.ordinal
        LEFT JOIN holder p ON p.value = a.key
        LEFT JOIN second_holder q ON q.value = a.second_key
        LEFT JOIN holder b ON b.value = a.before_key);
END $$;
COMMENT ON FUNCTION lealup._find_arrivals(lealup.lead_sync, lealup._lead_arrival[]) IS 'Finds the leads that records are about.';

CREATE FUNCTION lealup._lead_sync_error(code text, field text, value text, lead_id uuid DEFAULT NULL) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN jsonb_build_array(jsonb_strip_nulls(jsonb_build_object('code', code, 'field', field, 'value', left(value, 200), 'lead_id', lead_id, 'message', CASE code
        WHEN 'linked' THEN format('%s: %s is that of lead %s, which is another one there', field, quote_literal(left(value, 100)), lead_id)
        WHEN 'invalid' THEN format('%s is not what it should be', field)
        WHEN 'no_lead' THEN 'the lead of the activity was not found' END)));
COMMENT ON FUNCTION lealup._lead_sync_error(text, text, text, uuid) IS 'What is wrong with a record, as its errors tell it.';

CREATE FUNCTION lealup._lead_reason(errors jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN (SELECT left(string_agg(e ->> 'message', '; ' ORDER BY n), 2000) FROM jsonb_array_elements(errors) WITH ORDINALITY u(e, n) WHERE n <= 20);
COMMENT ON FUNCTION lealup._lead_reason(jsonb) IS 'What is wrong with a record, in one sentence.';

CREATE FUNCTION lealup._judge_arrivals(s lealup.lead_sync, arrivals lealup._lead_arrival[], at timestamptz) RETURNS SETOF lealup._lead_verdict
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT ROW(j.ordinal, NULL, j.status, coalesce(j.reason, lealup._lead_reason(j.errors)), j.errors, NULL)::lealup._lead_verdict
    FROM (
        SELECT a.ordinal, CASE WHEN e.errors IS NOT NULL THEN 'failed' ELSE 'skipped' END AS status, e.errors, CASE WHEN e.errors IS NULL THEN w.reason END AS reason
        FROM unnest(arrivals) a
        CROSS JOIN LATERAL (SELECT CASE
            WHEN NOT (s).enabled THEN 'the sync is disabled'
            WHEN a.entity = 'lead' AND a.record -> 'deleted' = 'true' THEN 'it was deleted there; it stays here'
            -- What was sent before that, and comes after it, would link what is here to what is not there any more.
            WHEN a.entity = 'lead' AND a.versions IS NOT NULL AND a.remote_id IN (SELECT r.remote_id FROM lealup.lead_sync_record r
                WHERE r.tenant_id = (s).tenant_id AND r.sync_id = (s).id AND r.request @> '{"deleted": true}' AND r.remote_id = ANY (ARRAY(SELECT x.remote_id FROM unnest(arrivals) x)))
                THEN 'it was deleted there since'
            WHEN a.entity = 'lead' AND (s).lead_behaviour = 'ignore' THEN 'leads are to be left alone'
            WHEN a.entity = 'activity' AND (s).activity_behaviour = 'off' THEN 'activities are to be left alone' END AS reason) w
        CROSS JOIN LATERAL (SELECT CASE
            WHEN a.entity IS NULL THEN lealup._lead_sync_error('invalid', 'entity', NULL)
            WHEN w.reason IS NOT NULL THEN NULL
            WHEN octet_length(a.record::text) > 262144 THEN lealup._lead_sync_error('invalid', 'the record, which has more than 256 kB,', NULL)
            WHEN jsonb_typeof(CASE a.entity WHEN 'activity' THEN a.record -> 'lead' ELSE a.record END -> 'fields') IS DISTINCT FROM 'object'
                AND (a.entity = 'lead' OR a.remote_id IS NULL) THEN lealup._lead_sync_error('invalid', 'fields', NULL)
            WHEN coalesce(length(a.record ->> 'remote_id'), 1) NOT BETWEEN 1 AND 200 THEN lealup._lead_sync_error('invalid', 'remote_id', a.record ->> 'remote_id') END AS errors) e
        WHERE w.reason IS NOT NULL OR e.errors IS NOT NULL) j;
END;
COMMENT ON FUNCTION lealup._judge_arrivals(lealup.lead_sync, lealup._lead_arrival[], timestamptz) IS 'What becomes of those records for which nothing has to be looked up; of the others nothing.';

CREATE FUNCTION lealup._link_arrivals(s lealup.lead_sync, arrivals lealup._lead_arrival[], verdicts lealup._lead_verdict[], at timestamptz) RETURNS void
    LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET enable_hashjoin = on
BEGIN ATOMIC
    INSERT INTO lealup.lead_link AS k (tenant_id, sync_id, entity, remote_id, local_id, made, modified_at, base)
    SELECT (s).tenant_id, (s).id, 'lead', a.remote_id, v.local_id, v.status = 'new', CASE WHEN a.versions IS NULL AND a.entity = 'lead' THEN coalesce(a.changed_at, at) END,
           CASE WHEN a.versions IS NULL AND a.entity = 'lead' THEN coalesce(a.kept_base, '{}') || a.fields END
    FROM unnest(arrivals) a JOIN unnest(verdicts) v ON v.ordinal = a.ordinal
    -- Of what failed nothing was taken in: it is news until it is.
    WHERE a.remote_id IS NOT NULL AND v.local_id IS NOT NULL AND v.errors IS NULL AND (a.found_by IS DISTINCT FROM 'link' OR a.versions IS NULL AND a.entity = 'lead')
    ON CONFLICT ON CONSTRAINT lead_link_pkey DO UPDATE SET local_id = excluded.local_id, modified_at = coalesce(excluded.modified_at, k.modified_at), base = coalesce(excluded.base, k.base);
END;
COMMENT ON FUNCTION lealup._link_arrivals(lealup.lead_sync, lealup._lead_arrival[], lealup._lead_verdict[], timestamptz) IS
    'Remembers what the other account calls the leads that were written, and, of one that sends no versions, what they were like there.';

CREATE FUNCTION lealup._lead_was(s lealup.lead_sync, field text, value jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT lealup._lead_value(f.type, f.choices, value, s.country, s.time_zone) FROM lealup.lead_field f WHERE f.tenant_id = s.tenant_id AND f.name = field);
END $$;
COMMENT ON FUNCTION lealup._lead_was(lealup.lead_sync, text, jsonb) IS 'A value of the other account as a field here would keep it; null if it cannot be read.';

CREATE FUNCTION lealup._write_arrivals(s lealup.lead_sync, arrivals lealup._lead_arrival[], at timestamptz) RETURNS SETOF lealup._lead_verdict
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET enable_hashjoin = on SET jit = off AS $$
DECLARE
    defaults jsonb;
    source_field boolean := s.lead_source IS NOT NULL AND EXISTS (SELECT FROM lealup.lead_field f WHERE f.tenant_id = s.tenant_id AND f.name = 'source');
    ids uuid[] := ARRAY(SELECT a.lead_id FROM unnest(arrivals) a WHERE a.versions IS NULL AND a.lead_id IS NOT NULL);
    changes lealup._lead_change[];
BEGIN
    SELECT jsonb_object_agg(m.target, m.default_value) INTO defaults FROM lealup.lead_sync_mapping m
    WHERE m.tenant_id = s.tenant_id AND m.sync_id = s.id AND m.entity = 'lead' AND m.enabled AND m.default_value IS NOT NULL;
    SELECT array_agg(ROW(a.ordinal, a.lead_id, c.fields || o.label, c.versions || (SELECT coalesce(jsonb_object_agg(k, t.stamp), '{}') FROM jsonb_object_keys(o.label) k), defaults)::lealup._lead_change
        ORDER BY a.ordinal)
    INTO changes
    FROM unnest(arrivals) a
    LEFT JOIN (SELECT l.id, l.versions, l.fields FROM lealup.lead l WHERE l.tenant_id = s.tenant_id AND l.id = ANY (ids)) l ON l.id = a.lead_id
    CROSS JOIN LATERAL (SELECT coalesce((SELECT max(e.value COLLATE "C") FROM jsonb_each_text(CASE WHEN a.lead_id IS NULL THEN a.versions END) e),
        lealup._lead_stamp(lealup._lead_clock(least(a.changed_at, at)), s.id)) AS stamp OFFSET 0) t
    CROSS JOIN LATERAL (SELECT CASE WHEN a.lead_id IS NULL AND source_field AND NOT a.fields ? 'source' THEN jsonb_build_object('source', s.lead_source) ELSE '{}' END AS label OFFSET 0) o
    -- Of an account without versions, what is as it was is no news, but for fields that nobody has written here. What is not is newer than what came from there before,
    -- even if both happened within the second that its times tell; and a change of what was the same here is newer than that.
    CROSS JOIN LATERAL (SELECT a.fields, a.versions WHERE a.versions IS NOT NULL
        UNION ALL
        SELECT coalesce(jsonb_object_agg(f.key, f.value), '{}'), coalesce(jsonb_object_agg(f.key, greatest(t.stamp COLLATE "C", z.stamp)), '{}')
        FROM jsonb_each(a.fields) f
        CROSS JOIN LATERAL (SELECT CASE WHEN coalesce(right(l.versions ->> f.key, 36) = s.id::text, false) OR coalesce(coalesce(a.kept_base, a.before) ? f.key AND l.versions ? f.key, false)
            AND coalesce(l.fields -> f.key, 'null') = lealup._lead_was(s, f.key, coalesce(a.kept_base, a.before) -> f.key)
            THEN lealup._lead_stamp(lealup._lead_stamp_clock(l.versions ->> f.key) + 1, s.id) END AS stamp OFFSET 0) z
        WHERE coalesce(a.kept_base, a.before) -> f.key IS DISTINCT FROM f.value OR NOT coalesce(l.versions ? f.key, false)
        HAVING a.versions IS NULL) c;
    PERFORM set_config('lealup.origin', s.id::text, true);
    RETURN QUERY
        SELECT r.ordinal, coalesce(r.lead_id, a.lead_id),
            CASE WHEN r.errors #>> '{0,code}' = 'deleted' THEN 'skipped' WHEN r.errors IS NOT NULL THEN 'failed' WHEN r.outcome = 'created' THEN 'new'
                 WHEN r.outcome = 'updated' OR a.found_by IN ('primary', 'secondary', 'before') THEN 'updated' ELSE 'unchanged' END,
            CASE WHEN r.errors #>> '{0,code}' = 'deleted' THEN 'it was deleted here' ELSE lealup._lead_reason(r.errors) END, r.errors, r.changed
        FROM lealup._write_leads(s.tenant_id, changes, s.country, s.time_zone) r JOIN unnest(arrivals) a ON a.ordinal = r.ordinal;
    PERFORM set_config('lealup.origin', '', true);
END $$;
COMMENT ON FUNCTION lealup._write_arrivals(lealup.lead_sync, lealup._lead_arrival[], timestamptz) IS 'Writes records to the leads that were found for them, each of which is named once, and makes those that were not found.';

-- ----- Which leads are one -----
--
-- Both accounts look for each other's leads, and may find at the same time, before either knows what the other found. So each tells (lead.linked), and what does not
-- fit together is settled by a rule that both apply: of two leads of one account that claim the same lead of the other, the one with the smaller id has it. Whoever
-- loses is sent once more, and found or made anew.

CREATE FUNCTION lealup._tell_links(s lealup.lead_sync, leads uuid[], remotes text[], lost text[] DEFAULT '{}') RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET enable_hashjoin = on SET jit = off AS $$
BEGIN
    IF leads = '{}' OR lealup._suppressed() THEN
        RETURN;
    END IF;
    PERFORM lealup._emit_all(array_agg(ROW(l.tenant_id, 'lead.linked', NULL,
        lealup._json_object('lead_id', l.id, 'connection_id', s.id, 'remote_id', x.remote_id, 'after', l.fields, 'versions', l.versions,
            'known_as', CASE WHEN x.remote_id IS NULL THEN '[]' ELSE to_jsonb(ARRAY[x.remote_id]) END, 'lost', to_jsonb(lost), 'origin', s.id),
        lealup._lead_context(l, NULL, NULL, NULL, (SELECT array_agg(u.id) FROM lealup.lead_automation u
            WHERE u.tenant_id = l.tenant_id AND u.peer = s.id AND u.condition = '{}' AND u.triggers && '{lead.created,lead.updated}')))::lealup._emission))
    FROM unnest(leads, remotes) x(lead_id, remote_id)
    JOIN lealup.lead l ON l.tenant_id = s.tenant_id AND l.id = x.lead_id AND l.id = ANY (leads) AND l.deleted_at IS NULL;
END $$;
COMMENT ON FUNCTION lealup._tell_links(lealup.lead_sync, uuid[], text[], text[]) IS
    'Emits lead.linked: these leads are those of the other account; with null, that a lead is to be found anew there. lost: leads of the other account that claimed the same.';

CREATE FUNCTION lealup._unite_leads(s lealup.lead_sync, doubled uuid, keep uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    d lealup.lead;
    at timestamptz := clock_timestamp();
BEGIN
    SELECT x.* INTO d FROM lealup.lead x WHERE x.tenant_id = s.tenant_id AND x.id = doubled FOR NO KEY UPDATE;
    PERFORM set_config('lealup.origin', s.id::text, true);
    UPDATE lealup.lead l SET deleted_at = at, updated_at = at WHERE l.tenant_id = s.tenant_id AND l.id = doubled AND l.deleted_at IS NULL;
    DELETE FROM lealup.lead_unique u USING jsonb_each(d.fields) f
    WHERE u.tenant_id = s.tenant_id AND u.field = f.key AND u.value = lealup._lead_key(f.value) AND u.lead_id = doubled;
    PERFORM lealup._write_leads(s.tenant_id, ARRAY[ROW(1, keep, d.fields, d.versions, NULL)::lealup._lead_change], s.country, s.time_zone);
    UPDATE lealup.lead_activity y SET lead_id = keep WHERE y.tenant_id = s.tenant_id AND y.lead_id = doubled;
    UPDATE lealup.lead_link k SET local_id = keep, made = false WHERE k.tenant_id = s.tenant_id AND k.entity = 'lead' AND k.local_id = doubled;
    PERFORM set_config('lealup.origin', '', true);
END $$;
COMMENT ON FUNCTION lealup._unite_leads(lealup.lead_sync, uuid, uuid) IS 'Makes one lead of two: what one has goes to the other by its versions, with its activities, and it is deleted.';

CREATE FUNCTION lealup._settle_arrivals(s lealup.lead_sync, arrivals lealup._lead_arrival[]) RETURNS lealup._lead_arrival[]
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    a lealup._lead_arrival;
    link lealup.lead_link;
    own uuid;
    lost text[];
    refused int[] := '{}';
BEGIN
    FOR a IN SELECT x.* FROM unnest(arrivals) x WHERE x.known_as IS NOT NULL AND x.versions IS NOT NULL AND (x.found_by = 'known_as' OR x.found_by = 'link' AND x.lead_id <> ALL (x.known_as)) LOOP
        SELECT l.id INTO own FROM lealup.lead l WHERE l.tenant_id = s.tenant_id AND l.id = ANY (a.known_as) AND l.deleted_at IS NULL ORDER BY l.id LIMIT 1;
        CONTINUE WHEN own IS NULL;
        SELECT k.* INTO link FROM lealup.lead_link k WHERE k.tenant_id = s.tenant_id AND k.sync_id = s.id AND k.entity = 'lead' AND k.remote_id = a.remote_id;
        CONTINUE WHEN link.local_id = own;
        IF link.made THEN
            PERFORM lealup._unite_leads(s, link.local_id, own);
            CONTINUE;
        END IF;
        lost := ARRAY(SELECT k.remote_id FROM lealup.lead_link k WHERE k.tenant_id = s.tenant_id AND k.sync_id = s.id AND k.entity = 'lead' AND k.local_id = own ORDER BY k.remote_id COLLATE "C");
        IF lost[1] < a.remote_id COLLATE "C" THEN
            refused := refused || a.ordinal;
            PERFORM lealup._tell_links(s, ARRAY[own], ARRAY[lost[1]], ARRAY[a.remote_id]);
            CONTINUE;
        END IF;
        CONTINUE WHEN own > link.local_id;
        DELETE FROM lealup.lead_link k WHERE k.tenant_id = s.tenant_id AND k.sync_id = s.id AND k.entity = 'lead' AND k.remote_id = ANY (lost || a.remote_id);
        INSERT INTO lealup.lead_link (tenant_id, sync_id, entity, remote_id, local_id) VALUES (s.tenant_id, s.id, 'lead', a.remote_id, own);
        IF lost <> '{}' OR link.local_id IS NOT NULL THEN
            PERFORM lealup._tell_links(s, ARRAY[own], ARRAY[a.remote_id], lost), lealup._tell_links(s, ARRAY[link.local_id], ARRAY[NULL::text]);
        END IF;
    END LOOP;
    RETURN lealup._find_arrivals(s, ARRAY(
        SELECT ROW(x.ordinal, x.record, x.entity, x.remote_id, x.fields, x.versions, x.before, CASE WHEN x.ordinal <> ALL (refused) THEN x.known_as END, x.key, x.second_key, x.before_key, x.changed_at,
            x.tries, NULL, NULL, NULL, NULL)::lealup._lead_arrival FROM unnest(arrivals) x));
END $$;
COMMENT ON FUNCTION lealup._settle_arrivals(lealup.lead_sync, lealup._lead_arrival[]) IS
    'Settles which lead is which where this account and the other one have found otherwise, and gives the records, found anew. A lead that was made for one which the other account knows as another one of here becomes one with that.';

CREATE FUNCTION lealup._send_again(s lealup.lead_sync, arrivals lealup._lead_arrival[]) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    ids uuid[] := ARRAY(SELECT DISTINCT i::uuid FROM unnest(arrivals) a CROSS JOIN LATERAL jsonb_array_elements_text(CASE jsonb_typeof(a.record -> 'lost') WHEN 'array' THEN a.record -> 'lost' ELSE '[]' END) i
        WHERE i ~ '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$');
BEGIN
    PERFORM lealup._tell_links(s, ids, ARRAY(SELECT NULL::text FROM unnest(ids)));
END $$;
COMMENT ON FUNCTION lealup._send_again(lealup.lead_sync, lealup._lead_arrival[]) IS 'Sends those leads once more of which the other account says that they are not what it took them for.';

CREATE FUNCTION lealup._apply_arrivals(s lealup.lead_sync, arrivals lealup._lead_arrival[], at timestamptz, OUT verdicts lealup._lead_verdict[], OUT ready lealup._lead_arrival[]) RETURNS record
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET enable_hashjoin = on SET jit = off AS $$
DECLARE
    todo lealup._lead_arrival[];
    turn lealup._lead_arrival[];
    written lealup._lead_verdict[];
    judged lealup._lead_verdict[];
    again int[];
    leads uuid[];
    remotes text[];
    -- Without a search key whoever is not linked would be made a second time.
    searchable boolean := EXISTS (SELECT FROM lealup.lead_sync_mapping m JOIN lealup.lead_field f ON f.tenant_id = m.tenant_id AND f.name = m.target AND f.is_unique
        WHERE m.tenant_id = s.tenant_id AND m.sync_id = s.id AND m.entity = 'lead' AND m.enabled AND m.source IS NOT NULL AND m.target = s.search_by);
BEGIN
    verdicts := ARRAY(SELECT v FROM lealup._judge_arrivals(s, arrivals, at) v);
    ready := '{}';
    DELETE FROM lealup.lead_link k WHERE s.enabled AND k.tenant_id = s.tenant_id AND k.sync_id = s.id AND k.entity = 'lead'
      AND k.remote_id = ANY (ARRAY(SELECT a.remote_id FROM unnest(arrivals) a WHERE a.entity = 'lead' AND a.record -> 'deleted' = 'true'));
    todo := ARRAY(SELECT a FROM unnest(arrivals) a WHERE a.ordinal <> ALL (ARRAY(SELECT v.ordinal FROM unnest(verdicts) v)));
    IF s.enabled AND EXISTS (SELECT FROM unnest(arrivals) a WHERE a.record ? 'lost' AND a.record -> 'lost' <> '[]') THEN
        PERFORM lealup._send_again(s, arrivals);
    END IF;
    -- What concerns one lead is written one after the other: each turn takes the first of each.
    WHILE cardinality(todo) > 0 LOOP
        todo := lealup._find_arrivals(s, todo);
        IF EXISTS (SELECT FROM unnest(todo) a WHERE a.known_as <> '{}' AND (a.found_by = 'known_as' OR a.found_by = 'link' AND a.lead_id <> ALL (a.known_as))) THEN
            todo := lealup._settle_arrivals(s, todo);
        END IF;
        -- An activity whose lead is here needs nothing else of it.
        ready := ready || ARRAY(SELECT a FROM unnest(todo) a WHERE a.entity = 'activity' AND a.lead_id IS NOT NULL);
        SELECT array_agg(t.a ORDER BY (t.a).ordinal) FILTER (WHERE t.first AND t.place = 1), coalesce(array_agg(t.a ORDER BY (t.a).ordinal) FILTER (WHERE NOT t.first OR t.place > 1), '{}')
        INTO turn, todo
        FROM (
            SELECT x.a, x.first, row_number() OVER (PARTITION BY x.first, coalesce((x.a).lead_id::text, 'key ' || (x.a).key, 'one ' || (x.a).ordinal)
                ORDER BY (x.a).entity = 'activity', (x.a).ordinal) AS place
            FROM (
                SELECT a, row_number() OVER (PARTITION BY coalesce(a.remote_id, 'one ' || a.ordinal) ORDER BY a.entity = 'activity', a.ordinal) = 1 AS first
                FROM unnest(todo) a WHERE a.entity = 'lead' OR a.lead_id IS NULL) x) t;
        EXIT WHEN turn IS NULL;
        judged := ARRAY(
            SELECT ROW(a.ordinal, a.lead_id, CASE WHEN e.errors IS NOT NULL THEN 'failed' WHEN w.reason LIKE 'older%' THEN 'unchanged' ELSE 'skipped' END,
                coalesce(w.reason, lealup._lead_reason(e.errors)), e.errors, NULL)::lealup._lead_verdict
            FROM unnest(turn) a
            LEFT JOIN (SELECT DISTINCT k.local_id, k.remote_id FROM lealup.lead_link k WHERE k.tenant_id = s.tenant_id AND k.sync_id = s.id AND k.entity = 'lead'
                AND k.local_id = ANY (ARRAY(SELECT x.lead_id FROM unnest(turn) x WHERE x.found_by IN ('primary', 'secondary', 'before') AND x.versions IS NOT NULL))) k
                ON k.local_id = a.lead_id AND a.found_by IN ('primary', 'secondary', 'before') AND a.versions IS NOT NULL AND k.remote_id <> a.remote_id
            CROSS JOIN LATERAL (SELECT CASE WHEN k.local_id IS NOT NULL THEN lealup._lead_sync_error('linked', s.search_by, coalesce(a.key, a.second_key), k.local_id)
                WHEN a.lead_id IS NULL AND NOT searchable THEN lealup._lead_sync_error('invalid', format('the mapping of %s, by which leads are searched and which has to be enabled and unique,', s.search_by), NULL)
                WHEN a.entity = 'activity' AND a.lead_id IS NULL AND (s.lead_behaviour NOT IN ('capture', 'create_only') OR a.fields = '{}') THEN lealup._lead_sync_error('no_lead', NULL, NULL) END AS errors) e
            CROSS JOIN LATERAL (SELECT CASE WHEN e.errors IS NOT NULL THEN NULL
                WHEN a.lead_id IS NOT NULL AND s.lead_behaviour = 'create_only' THEN 'there is such a lead, and only new ones are to be made'
                WHEN a.lead_id IS NULL AND s.lead_behaviour = 'update_only' THEN 'there is no such lead, and only existing ones are to be changed'
                WHEN a.versions IS NULL AND a.kept_at > a.changed_at THEN 'older than what was seen' END AS reason) w
            WHERE e.errors IS NOT NULL OR w.reason IS NOT NULL
            ORDER BY a.ordinal);
        turn := ARRAY(SELECT a FROM unnest(turn) a WHERE a.ordinal <> ALL (ARRAY(SELECT DISTINCT v.ordinal FROM unnest(judged) v)));
        verdicts := verdicts || ARRAY(SELECT DISTINCT ON (v.ordinal) v FROM unnest(judged) v ORDER BY v.ordinal);
        CONTINUE WHEN cardinality(turn) = 0;
        written := ARRAY(SELECT v FROM lealup._write_arrivals(s, turn, at) v);
        -- Somebody may have made such a lead meanwhile: it is looked for once more.
        again := ARRAY(SELECT a.ordinal FROM unnest(written) v JOIN unnest(turn) a ON a.ordinal = v.ordinal
            WHERE v.errors #>> '{0,code}' = 'unique' AND a.lead_id IS NULL AND a.tries = 0);
        PERFORM lealup._link_arrivals(s, turn, written, at);
        SELECT array_agg(a.lead_id), array_agg(a.remote_id) INTO leads, remotes FROM unnest(turn) a JOIN unnest(written) v ON v.ordinal = a.ordinal
        WHERE a.found_by IN ('primary', 'secondary', 'before') AND a.versions IS NOT NULL AND a.remote_id IS NOT NULL AND v.errors IS NULL;
        PERFORM lealup._tell_links(s, leads, remotes) WHERE leads IS NOT NULL;
        ready := ready || ARRAY(SELECT ROW(a.ordinal, a.record, a.entity, a.remote_id, a.fields, a.versions, a.before, a.known_as, a.key, a.second_key, a.before_key, a.changed_at, a.tries,
                v.local_id, 'link', a.kept_base, a.kept_at)::lealup._lead_arrival
            FROM unnest(turn) a JOIN unnest(written) v ON v.ordinal = a.ordinal WHERE a.entity = 'activity' AND v.errors IS NULL);
        verdicts := verdicts || ARRAY(SELECT v FROM unnest(written) v JOIN unnest(turn) a ON a.ordinal = v.ordinal
            WHERE v.ordinal <> ALL (again) AND (a.entity = 'lead' OR v.errors IS NOT NULL));
        IF cardinality(again) > 0 THEN
            todo := todo || ARRAY(SELECT ROW(a.ordinal, a.record, a.entity, a.remote_id, a.fields, a.versions, a.before, a.known_as, a.key, a.second_key, a.before_key, a.changed_at, 1,
                NULL, NULL, NULL, NULL)::lealup._lead_arrival FROM unnest(turn) a WHERE a.ordinal = ANY (again));
        END IF;
    END LOOP;
END $$;
COMMENT ON FUNCTION lealup._apply_arrivals(lealup.lead_sync, lealup._lead_arrival[], timestamptz, OUT lealup._lead_verdict[], OUT lealup._lead_arrival[]) IS
    'Applies records to leads; verdicts: what became of them, ready: the activities whose leads are here now.';

CREATE FUNCTION lealup._apply_activities(s lealup.lead_sync, arrivals lealup._lead_arrival[], at timestamptz) RETURNS lealup._lead_verdict[]
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET enable_hashjoin = on SET jit = off AS $$
DECLARE
    verdicts lealup._lead_verdict[] := '{}';
    todo lealup._lead_arrival[] := arrivals;
    turn lealup._lead_arrival[];
    changes lealup._lead_activity_change[];
    found uuid[];
    written lealup._lead_activity_result[];
    defaults jsonb;
BEGIN
    SELECT jsonb_object_agg(m.target, m.default_value) INTO defaults FROM lealup.lead_sync_mapping m
    WHERE m.tenant_id = s.tenant_id AND m.sync_id = s.id AND m.entity = 'activity' AND m.enabled AND m.default_value IS NOT NULL;
    WHILE cardinality(todo) > 0 LOOP
        SELECT array_agg(t.a ORDER BY (t.a).ordinal) FILTER (WHERE t.place = 1), coalesce(array_agg(t.a ORDER BY (t.a).ordinal) FILTER (WHERE t.place > 1), '{}') INTO turn, todo
        FROM (SELECT a, row_number() OVER (PARTITION BY coalesce(a.record ->> 'remote_id', 'one ' || a.ordinal) ORDER BY a.ordinal) AS place FROM unnest(todo) a) t;
        WITH link AS MATERIALIZED (
            SELECT k.remote_id, k.local_id FROM lealup.lead_link k WHERE k.tenant_id = s.tenant_id AND k.sync_id = s.id AND k.entity = 'activity'
              AND k.remote_id = ANY (ARRAY(SELECT a.record ->> 'remote_id' FROM unnest(turn) a))
        ), known AS MATERIALIZED (
            SELECT DISTINCT ON (n.ordinal) n.ordinal, y.id FROM (
                SELECT a.ordinal, k FROM unnest(turn) a CROSS JOIN LATERAL jsonb_array_elements_text(CASE jsonb_typeof(a.record -> 'known_as') WHEN 'array' THEN a.record -> 'known_as' ELSE '[]' END) k
                WHERE k ~ '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' OFFSET 0) n
            JOIN lealup.lead_activity y ON y.tenant_id = s.tenant_id AND y.id = n.k::uuid
            ORDER BY n.ordinal, y.id
        ), type AS MATERIALIZED (
            SELECT t.name, t.fields, m.source FROM lealup.lead_activity_type t
            LEFT JOIN lealup.lead_sync_mapping m ON m.tenant_id = t.tenant_id AND m.sync_id = s.id AND m.entity = 'activity_type' AND m.target = t.name AND m.enabled
            WHERE t.tenant_id = s.tenant_id
        ), named AS (
            SELECT a.ordinal, coalesce((SELECT t.name FROM type t WHERE t.source = a.record ->> 'type' ORDER BY t.name LIMIT 1), a.record ->> 'type') AS type FROM unnest(turn) a
        )
        SELECT array_agg(ROW(a.ordinal, coalesce(k.local_id, o.id), a.lead_id, n.type, a.record ->> 'note', lealup._lead_time(a.record ->> 'occurred_at', s.time_zone), f.fields,
                CASE WHEN a.record ? 'version' THEN a.record ->> 'version'
                     ELSE lealup._lead_stamp(lealup._lead_clock(least(coalesce(lealup._lead_time(a.record ->> 'modified_at', s.time_zone), at), at)), s.id) END)::lealup._lead_activity_change
                ORDER BY a.ordinal), array_agg(k.local_id ORDER BY a.ordinal)
        INTO changes, found
        FROM unnest(turn) a
        JOIN named n ON n.ordinal = a.ordinal
        LEFT JOIN link k ON k.remote_id = a.record ->> 'remote_id'
        LEFT JOIN known o ON o.ordinal = a.ordinal
        LEFT JOIN type t ON t.name = n.type AND t.source IS NOT DISTINCT FROM (SELECT max(y.source) FROM type y WHERE y.name = n.type)
        CROSS JOIN LATERAL (
            -- What is there goes before a default, and stays where the mapping is switched off.
            SELECT (SELECT coalesce(jsonb_object_agg(d.key, d.value), '{}') FROM jsonb_each(defaults) d WHERE t.fields ? d.key)
                || coalesce((SELECT jsonb_object_agg(e.key, e.value) FROM lealup.lead_activity y CROSS JOIN LATERAL jsonb_each(y.fields) e
                    WHERE y.tenant_id = s.tenant_id AND y.id = coalesce(k.local_id, o.id) AND t.fields ? e.key
                      AND (defaults ? e.key OR EXISTS (SELECT FROM lealup.lead_sync_mapping m WHERE m.tenant_id = s.tenant_id AND m.sync_id = s.id
                          AND m.entity = 'activity' AND m.target = e.key AND NOT m.enabled))), '{}')
                || coalesce(jsonb_object_agg(x.target, v.value), '{}') AS fields
            FROM jsonb_each(CASE jsonb_typeof(a.record -> 'fields') WHEN 'object' THEN a.record -> 'fields' ELSE '{}' END) v
            CROSS JOIN LATERAL (SELECT m.target FROM lealup.lead_sync_mapping m
                    WHERE m.tenant_id = s.tenant_id AND m.sync_id = s.id AND m.entity = 'activity' AND m.source = v.key AND m.enabled
                UNION ALL SELECT v.key WHERE NOT EXISTS (SELECT FROM lealup.lead_sync_mapping m
                    WHERE m.tenant_id = s.tenant_id AND m.sync_id = s.id AND m.entity = 'activity' AND (m.source = v.key OR m.target = v.key))) x
            WHERE t.fields ? x.target AND v.value <> 'null') f;
        verdicts := verdicts || ARRAY(
            SELECT ROW(c.ordinal, c.activity_id, 'skipped', CASE WHEN c.activity_id IS NULL THEN 'there is no such activity, and only existing ones are to be changed'
                ELSE 'there is such an activity, and only new ones are to be posted' END, NULL, NULL)::lealup._lead_verdict
            FROM unnest(changes) c WHERE CASE s.activity_behaviour WHEN 'create_only' THEN c.activity_id IS NOT NULL WHEN 'update_only' THEN c.activity_id IS NULL ELSE false END);
        changes := ARRAY(SELECT c FROM unnest(changes) c WHERE CASE s.activity_behaviour WHEN 'create_only' THEN c.activity_id IS NULL WHEN 'update_only' THEN c.activity_id IS NOT NULL ELSE true END);
        CONTINUE WHEN cardinality(changes) = 0;
        PERFORM set_config('lealup.origin', s.id::text, true);
        written := ARRAY(SELECT r FROM lealup._write_lead_activities(s.tenant_id, changes, s.country, s.time_zone) r);
        PERFORM set_config('lealup.origin', '', true);
        INSERT INTO lealup.lead_link (tenant_id, sync_id, entity, remote_id, local_id)
        SELECT s.tenant_id, s.id, 'activity', a.record ->> 'remote_id', r.activity_id FROM unnest(written) r JOIN unnest(turn) a ON a.ordinal = r.ordinal
        WHERE r.activity_id IS NOT NULL AND a.record ->> 'remote_id' IS NOT NULL ON CONFLICT DO NOTHING;
        verdicts := verdicts || ARRAY(
            SELECT ROW(r.ordinal, r.activity_id, CASE r.outcome WHEN 'created' THEN 'new' WHEN 'same' THEN 'unchanged' ELSE r.outcome END, lealup._lead_reason(r.errors), r.errors, NULL)::lealup._lead_verdict
            FROM unnest(written) r);
    END LOOP;
    RETURN verdicts;
END $$;
COMMENT ON FUNCTION lealup._apply_activities(lealup.lead_sync, lealup._lead_arrival[], timestamptz) IS 'Applies activities whose leads were found, and says what became of each.';

CREATE FUNCTION lealup._apply_leads(tenant_id uuid, sync_id uuid, records jsonb[], source text DEFAULT 'poll', api_url text DEFAULT NULL, request jsonb DEFAULT NULL, response jsonb DEFAULT NULL,
        messages uuid[] DEFAULT NULL, retried uuid[] DEFAULT NULL, now timestamptz DEFAULT clock_timestamp()) RETURNS jsonb
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET enable_hashjoin = on SET jit = off AS $$
DECLARE
    waits CONSTANT interval[] := '{5 s,30 s,5 min,1 hour}';
    s lealup.lead_sync;
    arrivals lealup._lead_arrival[];
    applied record;
    verdicts lealup._lead_verdict[];
    job uuid := lealup.uuid7();
    counts jsonb;
BEGIN
    IF cardinality(records) > 10000 THEN
        RAISE EXCEPTION 'too many records at once' USING ERRCODE = 'program_limit_exceeded', DETAIL = 'There may be 10000.';
    END IF;
    -- One batch of a sync after the other, so that a lead that is new in two of them is made once.
    SELECT x.* INTO s FROM lealup.lead_sync x WHERE x.tenant_id = _apply_leads.tenant_id AND x.id = _apply_leads.sync_id FOR NO KEY UPDATE;
    IF NOT FOUND OR s.removed_at IS NOT NULL THEN
        RAISE EXCEPTION 'connection % has no lead sync', _apply_leads.sync_id USING ERRCODE = 'no_data_found';
    END IF;
    arrivals := coalesce(lealup._read_arrivals(s, records, now), '{}');
    applied := lealup._apply_arrivals(s, arrivals, now);
    verdicts := applied.verdicts || CASE WHEN cardinality(applied.ready) > 0 THEN lealup._apply_activities(s, applied.ready, now) ELSE '{}' END;
    IF retried IS NULL THEN
        WITH logged AS (
            INSERT INTO lealup.lead_sync_record (tenant_id, id, sync_id, job_id, message_id, version, entity, remote_id, local_id, status, reason, errors, changed, request, next_attempt_at,
                received_at, updated_at)
            SELECT s.tenant_id, lealup.uuid7(), s.id, job, messages[a.ordinal], s.version, a.entity, left(a.record ->> 'remote_id', 200), v.local_id, v.status, v.reason, v.errors, nullif(v.changed, '{}'),
                CASE WHEN octet_length(a.record::text) <= 262144 THEN a.record END,
                CASE WHEN v.errors #>> '{0,code}' IN ('unique', 'linked', 'no_lead') THEN now + waits[1] END, now, now
            FROM unnest(arrivals) a LEFT JOIN unnest(verdicts) v ON v.ordinal = a.ordinal
            RETURNING lead_sync_record.status)
        SELECT jsonb_build_object('created', count(*) FILTER (WHERE l.status = 'new'), 'updated', count(*) FILTER (WHERE l.status = 'updated'),
            'unchanged', count(*) FILTER (WHERE l.status = 'unchanged'), 'skipped', count(*) FILTER (WHERE l.status = 'skipped'), 'failed', count(*) FILTER (WHERE l.status = 'failed'))
        INTO counts FROM logged l;
        INSERT INTO lealup.lead_sync_job (tenant_id, id, sync_id, version, source, api_url, request, response, started_at, finished_at, created, updated, unchanged, skipped, failed)
        VALUES (s.tenant_id, job, s.id, s.version, _apply_leads.source, _apply_leads.api_url, _apply_leads.request, _apply_leads.response, now, clock_timestamp(),
            (counts ->> 'created')::int, (counts ->> 'updated')::int, (counts ->> 'unchanged')::int, (counts ->> 'skipped')::int, (counts ->> 'failed')::int);
        counts := counts || jsonb_build_object('job_id', job);
    ELSE
        counts := lealup._record_retries(s, retried, verdicts, waits, now);
    END IF;
    PERFORM lealup._lead_sync_failed(s, verdicts, retried, waits, now);
    RETURN counts;
END $$;
COMMENT ON FUNCTION lealup._apply_leads(uuid, uuid, jsonb[], text, text, jsonb, jsonb, uuid[], uuid[], timestamptz) IS
    'Applies up to 10,000 records of another account by a sync, and logs them as a job; gives {"job_id", "created", "updated", "unchanged", "skipped", "failed"}. source: webhook or poll; api_url (without secrets), request, response: of a poll. messages: the notifications that brought the records; retried: the rows of the log that they are tried again for. The comment at the top of 89_lead_sync_apply.sql tells the rest. Raises no_data_found if the connection has no sync.';

CREATE FUNCTION lealup._record_retries(s lealup.lead_sync, retried uuid[], verdicts lealup._lead_verdict[], waits interval[], now timestamptz) RETURNS jsonb
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    counts jsonb;
BEGIN
    WITH outcome AS MATERIALIZED (
        -- What was wrong and is not any more was repaired, and counts as updated.
        SELECT r.id, r.job_id, r.status AS was, CASE WHEN r.status = 'failed' AND v.status IN ('new', 'unchanged') THEN 'updated' ELSE v.status END AS status, v.local_id, v.reason, v.errors, v.changed,
               r.attempts + 1 AS attempts, CASE WHEN v.errors #>> '{0,code}' IN ('unique', 'linked', 'no_lead') THEN now + waits[r.attempts + 1] END AS again
        FROM unnest(verdicts) v JOIN lealup.lead_sync_record r ON r.tenant_id = s.tenant_id AND r.id = retried[v.ordinal]
    ), written AS (
        UPDATE lealup.lead_sync_record r SET status = o.status, local_id = coalesce(o.local_id, r.local_id), reason = o.reason, errors = o.errors, changed = nullif(o.changed, '{}'),
            attempts = o.attempts, next_attempt_at = o.again, version = s.version, updated_at = now
        FROM outcome o WHERE r.tenant_id = s.tenant_id AND r.id = o.id
    ), counted AS (
        UPDATE lealup.lead_sync_job j SET created = j.created + c.created, updated = j.updated + c.updated, unchanged = j.unchanged + c.unchanged, skipped = j.skipped + c.skipped,
            failed = j.failed + c.failed
        FROM (SELECT o.job_id, sum((o.status = 'new')::int - (o.was = 'new')::int) AS created, sum((o.status = 'updated')::int - (o.was = 'updated')::int) AS updated,
                sum((o.status = 'unchanged')::int - (o.was = 'unchanged')::int) AS unchanged, sum((o.status = 'skipped')::int - (o.was = 'skipped')::int) AS skipped,
                sum((o.status = 'failed')::int - (o.was = 'failed')::int) AS failed
              FROM outcome o GROUP BY o.job_id) c
        WHERE j.tenant_id = s.tenant_id AND j.id = c.job_id
    )
    SELECT jsonb_build_object('created', count(*) FILTER (WHERE o.status = 'new'), 'updated', count(*) FILTER (WHERE o.status = 'updated'),
        'unchanged', count(*) FILTER (WHERE o.status = 'unchanged'), 'skipped', count(*) FILTER (WHERE o.status = 'skipped'), 'failed', count(*) FILTER (WHERE o.status = 'failed'))
    INTO counts FROM outcome o;
    RETURN counts;
END $$;
COMMENT ON FUNCTION lealup._record_retries(lealup.lead_sync, uuid[], lealup._lead_verdict[], interval[], timestamptz) IS 'Records in the log what became of records that were tried again, and gives the counts.';

CREATE FUNCTION lealup._lead_sync_failed(s lealup.lead_sync, verdicts lealup._lead_verdict[], retried uuid[], waits interval[], now timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    failed bigint;
    reasons text;
BEGIN
    IF NOT s.notify OR s.notify_member_id IS NULL THEN
        RETURN;
    END IF;
    -- What is tried again by itself is told of when that has come to nothing.
    SELECT sum(f.n), string_agg(format('%s: %s', f.n, f.reason), E'\n' ORDER BY f.n DESC, f.reason) FILTER (WHERE f.place <= 10) INTO failed, reasons
    FROM (SELECT v.reason, count(*) AS n, row_number() OVER (ORDER BY count(*) DESC, v.reason) AS place FROM unnest(verdicts) v
          LEFT JOIN lealup.lead_sync_record r ON r.tenant_id = s.tenant_id AND r.id = retried[v.ordinal]
          WHERE v.status = 'failed' AND NOT (v.errors #>> '{0,code}' IN ('unique', 'linked', 'no_lead') AND coalesce(r.attempts, 1) <= cardinality(waits)) GROUP BY 1) f;
    IF failed > 0 THEN
        PERFORM lealup._notify_members(s.tenant_id, 'lead_sync', ARRAY[s.notify_member_id], format('%s: leads could not be taken in', s.name),
            format(E'Records that failed, and why:\n\n%s\n\nThe log of the sync has them, to be retried once what is wrong is repaired.', reasons), now);
    END IF;
END $$;
COMMENT ON FUNCTION lealup._lead_sync_failed(lealup.lead_sync, lealup._lead_verdict[], uuid[], interval[], timestamptz) IS
    'Has the member told by mail of records of a batch that failed, in one notice; the member''s preferences say how many of these make one mail.';
