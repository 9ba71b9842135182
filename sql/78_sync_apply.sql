-- Taking records in: what is unchanged is passed over, what is bad is set aside, the rest is normalized and written.

CREATE FUNCTION lealup._record_error(c lealup.connection, stream text, external_id text, class text, reason text, record jsonb, item jsonb, trace uuid, now timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO lealup.record_error AS e (tenant_id, connection_id, stream, external_id, class, reason, record, item, trace_id, next_try_at, created_at, updated_at)
    VALUES (c.tenant_id, c.id, _record_error.stream, coalesce(nullif(left(external_id, 1000), ''), 'without id'), class, left(reason, 2000), record, item, trace,
        CASE class WHEN 'temporary' THEN now + interval '10 min' END, now, now)
    ON CONFLICT ON CONSTRAINT record_error_tenant_id_connection_id_stream_external_id_key DO UPDATE SET
        state = 'open', class = excluded.class, reason = excluded.reason, record = excluded.record, item = excluded.item, trace_id = excluded.trace_id,
        attempts = CASE e.state WHEN 'resolved' THEN 1 ELSE e.attempts + 1 END, updated_at = excluded.updated_at,
        -- By itself it is tried again five times.
        next_try_at = CASE WHEN e.state = 'resolved' OR e.attempts < 5 THEN excluded.next_try_at END;
    -- What cannot be read is not gone: a complete pass of a snapshot leaves it as it was.
    UPDATE lealup.sync_record k SET generation = s.generation FROM lealup.connection_stream s
    WHERE s.tenant_id = c.tenant_id AND s.connection_id = c.id AND s.stream = _record_error.stream
      AND k.tenant_id = c.tenant_id AND k.connection_id = c.id AND k.stream = _record_error.stream AND k.id = _record_error.external_id AND k.generation < s.generation;
END $$;
COMMENT ON FUNCTION lealup._record_error(lealup.connection, text, text, text, text, jsonb, jsonb, uuid, timestamptz) IS 'Sets a record aside, with why.';

CREATE FUNCTION lealup._sync_write(c lealup.connection, input jsonb[]) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    batch record;
BEGIN
    FOR batch IN
        SELECT u.entity, array_agg(u.value ORDER BY u.n) AS rows
        FROM (SELECT DISTINCT ON (r.value ->> 'entity', r.value ->> 'external_id') r.value ->> 'entity' AS entity, r.value, r.n
              FROM unnest(input) WITH ORDINALITY r(value, n)
              ORDER BY r.value ->> 'entity', r.value ->> 'external_id', r.n DESC) u
        -- A ticket is there before its messages.
        GROUP BY u.entity ORDER BY u.entity
    LOOP
        PERFORM lealup._sync_sink(c, batch.entity, batch.rows);
    END LOOP;
END $$;
COMMENT ON FUNCTION lealup._sync_write(lealup.connection, jsonb[]) IS 'Writes the rows that records were normalized to; of several with one entity and external_id the last.';

CREATE TYPE lealup._sync_item AS (id text, version text, hash bytea, known boolean, record jsonb, rows jsonb, failed boolean, skipped text);
COMMENT ON TYPE lealup._sync_item IS 'A record that is taken in. rows: what it was normalized to, null if it is unchanged. skipped: why it is passed over, with no rows.';

CREATE FUNCTION lealup._sync_write_all(c lealup.connection, s lealup.connection_stream, items lealup._sync_item[], now timestamptz) RETURNS lealup._sync_item[]
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    x lealup._sync_item;
    n int;
BEGIN
    BEGIN
        PERFORM lealup._sync_write(c, ARRAY(SELECT r FROM unnest(items) i CROSS JOIN LATERAL jsonb_array_elements(i.rows) r));
        RETURN items;
    EXCEPTION WHEN data_exception OR integrity_constraint_violation OR program_limit_exceeded THEN
        -- One of them is bad: each is written for itself.
        NULL;
    END;
    FOR n IN 1 .. cardinality(items) LOOP
        x := items[n];
        CONTINUE WHEN x.rows IS NULL;
        BEGIN
            PERFORM lealup._sync_write(c, ARRAY(SELECT jsonb_array_elements(x.rows)));
        EXCEPTION WHEN data_exception OR integrity_constraint_violation OR program_limit_exceeded THEN
            PERFORM lealup._record_error(c, s.stream, x.id, 'invalid', SQLERRM, x.record, NULL, s.run_id, now);
            x.failed := true;
            items[n] := x;
        END;
    END LOOP;
    RETURN items;
END $$;
COMMENT ON FUNCTION lealup._sync_write_all(lealup.connection, lealup.connection_stream, lealup._sync_item[], timestamptz) IS
    'Writes what the items were normalized to; gives them back, with those marked as failed that could not be written and are in record_error.';

-- Rows are found by lists of their ids, whatever the planner thinks of the table: only that is by the whole of the index.
CREATE FUNCTION lealup._sync_apply(c lealup.connection, s lealup.connection_stream, call jsonb, records jsonb[], now timestamptz) RETURNS jsonb
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    normalize text := (SELECT p.normalize FROM lealup.provider_stream p WHERE p.provider = c.provider AND p.name = s.stream);
    r record;
    made record;
    items lealup._sync_item[] := '{}';
    todo lealup._sync_item[] := '{}';
    todo_records jsonb[] := '{}';
    gone text[] := '{}';
    changed text[];
    before text[] := '{}';
    deleted int := 0;
    bad int := 0;
    counts jsonb;
BEGIN
    IF coalesce(cardinality(records), 0) = 0 THEN
        RETURN '{}';
    END IF;
    FOR r IN
        SELECT DISTINCT ON (x.id) x.id, left(x.value ->> 'version', 1000) AS version, (x.value ->> 'deleted') IS NOT DISTINCT FROM 'true' AS deleted,
            x.value ->> 'skip' AS skip, x.value, x.hash, k.id IS NOT NULL AND k.deleted_at IS NULL AS known, k.hash AS known_hash
        FROM (SELECT v.value ->> 'id' AS id, v.value, sha256(convert_to((v.value -> 'data')::text, 'UTF8')) AS hash, v.n
              FROM unnest(records) WITH ORDINALITY v(value, n)) x
        LEFT JOIN lealup.sync_record k ON k.tenant_id = s.tenant_id AND k.connection_id = s.connection_id AND k.stream = s.stream AND k.id = x.id
        ORDER BY x.id, x.n DESC
    LOOP
        IF coalesce(length(r.id), 0) NOT BETWEEN 1 AND 1000 THEN
            PERFORM lealup._record_error(c, s.stream, coalesce(nullif(left(r.id, 100), ''), 'without id'), 'invalid', 'the record has no id of 1 to 1000 characters',
                r.value -> 'data', NULL, s.run_id, now);
            bad := bad + 1;
        ELSIF r.deleted THEN
            gone := gone || r.id;
        ELSIF r.skip IS NOT NULL THEN
            items := items || ROW(r.id, r.version, NULL, r.known, NULL, '[]', false, left(r.skip, 1000))::lealup._sync_item;
        ELSIF r.known AND r.known_hash = r.hash THEN
            items := items || ROW(r.id, r.version, r.hash, true, NULL, NULL, false, NULL)::lealup._sync_item;
        ELSE
            todo := todo || ROW(r.id, r.version, r.hash, r.known, r.value, NULL, false, NULL)::lealup._sync_item;
            todo_records := todo_records || r.value;
        END IF;
    END LOOP;
    made := lealup._call_provider_each(normalize, array_fill(call, ARRAY[cardinality(todo)]), todo_records);
    FOR r IN
        SELECT m.*, coalesce(m.error, CASE WHEN CASE jsonb_typeof(m.result)
                WHEN 'array' THEN jsonb_array_length(m.result) > 100
                    OR EXISTS (SELECT FROM jsonb_array_elements(m.result) w WHERE coalesce(length(w ->> 'external_id'), 0) NOT BETWEEN 1 AND 1000)
                ELSE true END THEN 'normalize must give an array of at most 100 rows that have an external_id' END) AS problem
        FROM ROWS FROM (unnest(todo), unnest(made.results), unnest(made.problems)) WITH ORDINALITY AS m(id, version, hash, known, record, rows, failed, skipped, result, error, n)
        ORDER BY m.n
    LOOP
        IF r.problem IS NULL THEN
            items := items || ROW(r.id, r.version, r.hash, r.known, r.record, r.result, false, NULL)::lealup._sync_item;
        ELSE
            PERFORM lealup._record_error(c, s.stream, r.id, 'invalid', r.problem, r.record, NULL, s.run_id, now);
            bad := bad + 1;
        END IF;
    END LOOP;

    items := lealup._sync_write_all(c, s, items, now);

    -- What a record was before and is not any more goes, as what was deleted does.
    changed := ARRAY(SELECT i.id FROM unnest(items) i WHERE i.known AND i.rows IS NOT NULL AND NOT i.failed);
    IF cardinality(changed) > 0 THEN
        before := ARRAY(SELECT unnest(k.targets) FROM lealup.sync_record k
            WHERE k.tenant_id = s.tenant_id AND k.connection_id = s.connection_id AND k.stream = s.stream AND k.id = ANY (changed)
            EXCEPT SELECT (m ->> 'entity') || ':' || (m ->> 'external_id') FROM unnest(items) i CROSS JOIN LATERAL jsonb_array_elements(i.rows) m WHERE NOT i.failed);
    END IF;
    IF cardinality(gone) > 0 THEN
        WITH ended AS (
            UPDATE lealup.sync_record k SET deleted_at = now, updated_at = now
            WHERE k.tenant_id = s.tenant_id AND k.connection_id = s.connection_id AND k.stream = s.stream AND k.id = ANY (gone) AND k.deleted_at IS NULL
            RETURNING k.targets
        )
        SELECT (SELECT count(*) FROM ended), before || array_agg(t.target) INTO deleted, before FROM (SELECT unnest(e.targets) FROM ended e) t(target);
    END IF;
    INSERT INTO lealup.sync_record AS k (tenant_id, connection_id, stream, id, version, hash, generation, targets, skipped, updated_at)
    SELECT s.tenant_id, s.connection_id, s.stream, i.id, i.version, i.hash, s.generation,
           ARRAY(SELECT (m ->> 'entity') || ':' || (m ->> 'external_id') FROM jsonb_array_elements(i.rows) m), i.skipped, now
    FROM unnest(items) i WHERE i.rows IS NOT NULL AND NOT i.failed
    ON CONFLICT ON CONSTRAINT sync_record_pkey DO UPDATE SET version = excluded.version, hash = excluded.hash, generation = excluded.generation,
        targets = excluded.targets, skipped = excluded.skipped, deleted_at = NULL, updated_at = excluded.updated_at;
    -- Those that are as they were are there: each is updated.
    INSERT INTO lealup.sync_record AS k (tenant_id, connection_id, stream, id, version, hash, generation, updated_at)
    SELECT s.tenant_id, s.connection_id, s.stream, i.id, i.version, i.hash, s.generation, now FROM unnest(items) i WHERE i.rows IS NULL
    ON CONFLICT ON CONSTRAINT sync_record_pkey DO UPDATE SET generation = excluded.generation, version = excluded.version
    WHERE k.generation <> excluded.generation OR k.version IS DISTINCT FROM excluded.version;
    IF cardinality(before) > 0 THEN
        PERFORM lealup._sync_remove(c, before);
    END IF;
    -- What was set aside before and could be taken in now is settled.
    UPDATE lealup.record_error e SET state = 'resolved', next_try_at = NULL, updated_at = now
    WHERE e.tenant_id = s.tenant_id AND e.connection_id = s.connection_id AND e.stream = s.stream AND e.state <> 'resolved'
      AND e.external_id = ANY (gone || ARRAY(SELECT i.id FROM unnest(items) i WHERE NOT i.failed));
    SELECT jsonb_build_object('seen', cardinality(items) + cardinality(gone) + bad,
        'created', count(*) FILTER (WHERE NOT i.known AND NOT i.failed AND i.skipped IS NULL),
        'updated', count(*) FILTER (WHERE i.known AND i.rows IS NOT NULL AND NOT i.failed AND i.skipped IS NULL), 'skipped', count(i.skipped),
        'same', count(*) FILTER (WHERE i.rows IS NULL), 'deleted', deleted, 'failed', bad + count(*) FILTER (WHERE i.failed))
    INTO counts FROM unnest(items) i;
    RETURN counts;
END $$;
COMMENT ON FUNCTION lealup._sync_apply(lealup.connection, lealup.connection_stream, jsonb, jsonb[], timestamptz) IS
    'Takes records of a stream in and gives how many were seen, created, updated, same, deleted and failed. What cannot be normalized or written is in record_error.';

CREATE FUNCTION lealup._sync_call(c lealup.connection, s lealup.connection_stream, now timestamptz) RETURNS jsonb
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN jsonb_build_object('now', lealup._rfc3339(now), 'stream', s.stream, 'mode', s.mode, 'since', lealup._rfc3339(s.since), 'cursor', s.cursor, 'watch', s.watch,
        'connection', jsonb_build_object('id', c.id, 'provider', c.provider, 'account_id', c.account_id, 'account_name', c.account_name,
            'options', c.options, 'facts', c.facts, 'scopes', to_jsonb(c.scopes)));
COMMENT ON FUNCTION lealup._sync_call(lealup.connection, lealup.connection_stream, timestamptz) IS 'What the functions of a provider are called with.';

CREATE FUNCTION lealup._sync_apply(tenant_id uuid, connection_id uuid, stream text, records jsonb) RETURNS jsonb
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    moment timestamptz := clock_timestamp();
    c lealup.connection;
    s lealup.connection_stream;
BEGIN
    SELECT * INTO c FROM lealup.connection x WHERE x.tenant_id = _sync_apply.tenant_id AND x.id = _sync_apply.connection_id;
    -- A page of the same stream may be taken in at the same time; whoever comes second sees what the first has written.
    SELECT * INTO s FROM lealup.connection_stream x
    WHERE x.tenant_id = _sync_apply.tenant_id AND x.connection_id = _sync_apply.connection_id AND x.stream = _sync_apply.stream FOR UPDATE;
    IF s.stream IS NULL THEN
        RAISE EXCEPTION 'connection % has no stream %', _sync_apply.connection_id, quote_literal(left(_sync_apply.stream, 100)) USING ERRCODE = 'no_data_found';
    END IF;
    RETURN lealup._sync_apply(c, s, lealup._sync_call(c, s, moment),
        ARRAY(SELECT jsonb_array_elements(CASE jsonb_typeof(_sync_apply.records) WHEN 'array' THEN _sync_apply.records ELSE '[]' END)), moment);
END $$;
COMMENT ON FUNCTION lealup._sync_apply(uuid, uuid, text, jsonb) IS
    'Takes records of a stream in that did not come with a page of it, and gives the counts. Raises no_data_found if the connection has no such stream.';
