-- What comes of answers: records, the next page, a wait, or the end of the run. Each call is one transaction: what a page has brought, the cursor
-- behind it and the counters are committed together.

CREATE TYPE lealup._sync_progress AS (go_on boolean, state jsonb, requests int, again int[], again_at timestamptz);
COMMENT ON TYPE lealup._sync_progress IS
    'How a unit goes on: not at all (go_on is false), with new requests (state is not null), or with those that are left, of which some (again) are to be sent once more, not before again_at.';

CREATE FUNCTION lealup._add_counts(a jsonb, b jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (SELECT coalesce(jsonb_object_agg(k.key, coalesce((a ->> k.key)::bigint, 0) + coalesce((b ->> k.key)::bigint, 0)), '{}')
        FROM (SELECT jsonb_object_keys(a) UNION SELECT jsonb_object_keys(b)) k(key));
COMMENT ON FUNCTION lealup._add_counts(jsonb, jsonb) IS 'Two objects of counts, added up.';

CREATE FUNCTION lealup._backoff(failures int) RETURNS interval
    LANGUAGE sql VOLATILE
    -- 30 s, 1 min, 2 min ... an hour, and up to a fifth more, lest all come back at once.
    RETURN least(interval '30 s' * power(2, least(greatest(failures, 1), 10) - 1), interval '1 hour') * (1 + 0.2 * random());
COMMENT ON FUNCTION lealup._backoff(int) IS 'How long to wait after so many failures in a row.';

CREATE FUNCTION lealup._sync_hold(s lealup.connection_stream, until timestamptz, now timestamptz, reason text DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE lealup.connection_stream x SET claim_id = NULL, lease_until = NULL, next_run_at = until,
        run_counts = lealup._add_counts(x.run_counts, jsonb_build_object('waited_ms', CASE WHEN isfinite(until) THEN greatest(0, extract(epoch FROM until - now) * 1000)::bigint ELSE 0 END))
    WHERE x.tenant_id = s.tenant_id AND x.connection_id = s.connection_id AND x.stream = s.stream;
    IF _sync_hold.reason IS NOT NULL THEN
        UPDATE lealup.connection c SET not_before = greatest(c.not_before, until), wait_reason = left(_sync_hold.reason, 500)
        WHERE c.tenant_id = s.tenant_id AND c.id = s.connection_id;
    END IF;
END $$;
COMMENT ON FUNCTION lealup._sync_hold(lealup.connection_stream, timestamptz, timestamptz, text) IS
    'Gives a stream back while its run stays open, to go on at a time. With a reason the whole connection waits until then.';

CREATE FUNCTION lealup._sync_end(s lealup.connection_stream, problem text, now timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    n jsonb := s.run_counts;
    read bigint := coalesce((n ->> 'seen')::bigint, 0);
    news boolean := coalesce((n ->> 'created')::bigint, 0) + coalesce((n ->> 'updated')::bigint, 0) + coalesce((n ->> 'deleted')::bigint, 0) > 0;
    result text;
    pace interval;
    next timestamptz;
    unheard int;
    p lealup.provider_stream;
    its_provider text := (SELECT c.provider FROM lealup.connection c WHERE c.tenant_id = s.tenant_id AND c.id = s.connection_id);
BEGIN
    SELECT * INTO p FROM lealup.provider_stream x WHERE x.provider = its_provider AND x.name = s.stream;
    result := CASE
        WHEN problem IS NOT NULL THEN CASE WHEN read > 0 THEN 'partial' ELSE 'failed' END
        WHEN coalesce((n ->> 'failed')::bigint, 0) > 0 THEN 'partial'
        WHEN read = 0 AND cardinality(s.recent) = 7 AND (SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY r) FROM unnest(s.recent) r) > 0 THEN 'empty'
        ELSE 'ok' END;
    INSERT INTO lealup.sync_run (tenant_id, id, retention_class, connection_id, stream, mode, result, started_at, ended_at, seen, created, updated, same, deleted,
        failed, skipped, calls, waited_ms, error)
    SELECT s.tenant_id, s.run_id, lealup._retention_class(t.plan), s.connection_id, s.stream, coalesce(n ->> 'mode', s.mode), result, s.run_started_at, now, read,
           coalesce((n ->> 'created')::bigint, 0), coalesce((n ->> 'updated')::bigint, 0), coalesce((n ->> 'same')::bigint, 0), coalesce((n ->> 'deleted')::bigint, 0),
           coalesce((n ->> 'failed')::bigint, 0), coalesce((n ->> 'skipped')::bigint, 0), coalesce((n ->> 'calls')::bigint, 0), coalesce((n ->> 'waited_ms')::bigint, 0),
           left(problem, 2000)
    FROM lealup.tenant t WHERE t.tenant_id = s.tenant_id;
    PERFORM lealup._mail_run(s, problem, now);
    -- Where nothing happens it looks less often; where notifications come, polling is only the net below them.
    pace := CASE WHEN s.watch_expires_at > now THEN p.slowest_period WHEN news THEN p.period ELSE least(coalesce(s.period, p.period) * 1.5, p.slowest_period) END;
    next := CASE WHEN problem IS NOT NULL THEN now + CASE WHEN s.hinted_at >= s.run_started_at THEN least(interval '30 s', lealup._backoff(s.failures + 1)) ELSE lealup._backoff(s.failures + 1) END
        -- A hint that came while it was running may be of something that was not there yet when it looked.
        WHEN s.hinted_at >= s.run_started_at THEN now
        ELSE now + pace * (0.9 + 0.2 * random()) END;
    UPDATE lealup.connection_stream x SET claim_id = NULL, lease_until = NULL, run_id = NULL, run_started_at = NULL, run_counts = '{}', hinted_at = NULL,
        period = pace, next_run_at = next, last_run_at = now, failures = CASE WHEN problem IS NULL THEN 0 ELSE x.failures + 1 END,
        resets = CASE WHEN problem IS NULL THEN 0 ELSE x.resets END,
        last_ok_at = CASE WHEN problem IS NULL THEN now ELSE x.last_ok_at END, last_error = left(problem, 2000),
        unheard = CASE WHEN s.hinted_at IS NOT NULL OR s.watch_expires_at IS NULL THEN 0 WHEN news AND s.mode = 'incremental' AND problem IS NULL THEN x.unheard + 1 ELSE x.unheard END,
        recent = CASE WHEN problem IS NULL AND s.mode = 'incremental' THEN (x.recent || least(read, 1000000)::int)[greatest(1, cardinality(x.recent) - 5):] ELSE x.recent END
    WHERE x.tenant_id = s.tenant_id AND x.connection_id = s.connection_id AND x.stream = s.stream RETURNING x.unheard INTO unheard;
    -- Notifications may have ended without a word; but some news are of what the provider does not tell.
    IF unheard > s.unheard AND (unheard = 3 OR unheard % 100 = 0) THEN
        UPDATE lealup.connection_job j SET due_at = now
        WHERE j.tenant_id = s.tenant_id AND j.connection_id = s.connection_id AND j.kind = 'watch:' || s.stream AND j.claim_id IS NULL AND j.due_at > now;
    END IF;
    UPDATE lealup.connection c SET not_before = NULL, wait_reason = NULL
    WHERE c.tenant_id = s.tenant_id AND c.id = s.connection_id AND problem IS NULL AND c.wait_reason IS NOT NULL AND c.not_before <= now;
END $$;
COMMENT ON FUNCTION lealup._sync_end(lealup.connection_stream, text, timestamptz) IS 'Ends the run of a stream, which is as it was just read: logs it, and says when the next one is. problem: why it ended early; null = it came to its end.';

CREATE FUNCTION lealup._sync_lost_cursor(s lealup.connection_stream, problem text, now timestamptz) RETURNS boolean
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF s.resets >= 3 THEN
        PERFORM lealup._sync_end(s, 'the cursor was lost again and again: ' || coalesce(problem, 'the provider does not say why'), now);
        RETURN false;
    END IF;
    UPDATE lealup.connection_stream x SET mode = 'backfill', generation = x.generation + 1, cursor = NULL, resets = x.resets + 1, seen = 0, total = NULL,
        -- What was read before is known; a bounded pass finds what has changed since. Of a snapshot all has to be seen again, lest the rest be taken for gone.
        since = CASE WHEN (SELECT p.snapshot FROM lealup.connection c JOIN lealup.provider_stream p ON p.provider = c.provider AND p.name = s.stream
                           WHERE c.tenant_id = s.tenant_id AND c.id = s.connection_id) THEN x.since
            ELSE greatest(x.since, now - (SELECT greatest(c.backfill, interval '1 day') FROM lealup.connection c WHERE c.tenant_id = s.tenant_id AND c.id = s.connection_id)) END
    WHERE x.tenant_id = s.tenant_id AND x.connection_id = s.connection_id AND x.stream = s.stream;
    RETURN true;
END $$;
COMMENT ON FUNCTION lealup._sync_lost_cursor(lealup.connection_stream, text, timestamptz) IS
    'Begins a new backfill, because the provider does not know the cursor any more; what is there stays. False if that happened three times in a row, and the run was ended.';

CREATE FUNCTION lealup._sync_forget_older(c lealup.connection, s lealup.connection_stream, now timestamptz) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    gone bigint;
    targets text[];
BEGIN
    WITH ended AS (
        UPDATE lealup.sync_record k SET deleted_at = now, updated_at = now
        WHERE k.tenant_id = s.tenant_id AND k.connection_id = s.connection_id AND k.stream = s.stream AND k.generation < s.generation AND k.deleted_at IS NULL
          -- What is there, but could not be read, is not gone.
          AND NOT EXISTS (SELECT FROM lealup.record_error e WHERE e.tenant_id = k.tenant_id AND e.connection_id = k.connection_id AND e.stream = k.stream
              AND e.external_id = k.id AND e.state <> 'resolved')
        RETURNING k.targets
    )
    SELECT count(DISTINCT e.n), array_agg(t) FILTER (WHERE t IS NOT NULL) INTO gone, targets
    FROM (SELECT row_number() OVER () AS n, x.targets FROM ended x) e LEFT JOIN LATERAL unnest(e.targets) t ON true;
    IF targets IS NOT NULL THEN
        PERFORM lealup._sync_remove(c, targets);
    END IF;
    RETURN gone;
END $$;
COMMENT ON FUNCTION lealup._sync_forget_older(lealup.connection, lealup.connection_stream, timestamptz) IS 'What a complete backfill of a snapshot stream has not seen is gone at the source; gives how many records that were.';

CREATE FUNCTION lealup._sync_advance(c lealup.connection, p lealup.provider_stream, s lealup.connection_stream, state jsonb, outcome jsonb, now timestamptz) RETURNS lealup._sync_progress
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    verdict text := coalesce(outcome ->> 'verdict', 'done');
    until timestamptz;
    fresh lealup.connection_stream;
    r lealup._sync_progress;
BEGIN
    r.go_on := false;
    IF verdict = 'more' AND coalesce(outcome -> 'cursor', s.cursor) IS NOT DISTINCT FROM s.cursor AND NOT state ? 'retried' THEN
        PERFORM lealup._sync_end(s, 'the provider gave the same page again', now);
        RETURN r;
    END IF;
    IF verdict IN ('more', 'done', 'wait') THEN
        UPDATE lealup.connection_stream x SET cursor = coalesce(outcome -> 'cursor', x.cursor), total = coalesce((outcome ->> 'total')::bigint, x.total)
        WHERE x.tenant_id = s.tenant_id AND x.connection_id = s.connection_id AND x.stream = s.stream RETURNING * INTO s;
    END IF;
    CASE verdict
        WHEN 'more' THEN
            IF now >= (state ->> 'slice_until')::timestamptz THEN
                PERFORM lealup._sync_hold(s, now, now);
                RETURN r;
            END IF;
            r.go_on := true;
            r.requests := 1;
            r.state := jsonb_build_object('phase', 'page', 'slice_until', state -> 'slice_until', 'token_version', state -> 'token_version',
                'call', lealup._sync_call(c, s, now));
        WHEN 'done' THEN
            IF s.mode = 'backfill' THEN
                -- A message says that something could not be seen.
                IF p.snapshot AND outcome ->> 'message' IS NULL THEN
                    UPDATE lealup.connection_stream x SET run_counts = lealup._add_counts(x.run_counts, jsonb_build_object('deleted', lealup._sync_forget_older(c, s, now)))
                    WHERE x.tenant_id = s.tenant_id AND x.connection_id = s.connection_id AND x.stream = s.stream;
                END IF;
                -- What is watched may be known by the cursor only.
                INSERT INTO lealup.connection_job (tenant_id, connection_id, kind, due_at)
                SELECT s.tenant_id, s.connection_id, 'watch:' || s.stream, now WHERE p.watch_request IS NOT NULL
                ON CONFLICT DO NOTHING;
                UPDATE lealup.connection_stream x SET mode = 'incremental', backfilled_at = now
                WHERE x.tenant_id = s.tenant_id AND x.connection_id = s.connection_id AND x.stream = s.stream;
            END IF;
            SELECT * INTO fresh FROM lealup.connection_stream x WHERE x.tenant_id = s.tenant_id AND x.connection_id = s.connection_id AND x.stream = s.stream;
            fresh.mode := s.mode;
            PERFORM lealup._sync_end(fresh, outcome ->> 'message', now);
        WHEN 'wait' THEN
            until := coalesce((outcome ->> 'until')::timestamptz, now + interval '1 min');
            PERFORM lealup._sync_hold(s, least(greatest(until, now + interval '1 s'), now + interval '1 day'), now);
        WHEN 'reset' THEN
            IF NOT p.can_reset THEN
                PERFORM lealup._sync_end(s, coalesce(outcome ->> 'message', 'the provider does not know the cursor any more'), now);
            ELSIF lealup._sync_lost_cursor(s, outcome ->> 'message', now) THEN
                SELECT * INTO s FROM lealup.connection_stream x WHERE x.tenant_id = s.tenant_id AND x.connection_id = s.connection_id AND x.stream = s.stream;
                r.go_on := true;
                r.requests := 1;
                r.state := jsonb_build_object('phase', 'page', 'slice_until', state -> 'slice_until', 'token_version', state -> 'token_version', 'call', lealup._sync_call(c, s, now));
            END IF;
        WHEN 'refresh' THEN
            PERFORM lealup._sync_refused(s, (state ->> 'token_version')::int, outcome ->> 'message', now);
        WHEN 'reconnect' THEN
            PERFORM lealup._sync_end(s, coalesce(outcome ->> 'message', 'the provider wants the account to be connected anew'), now);
            PERFORM lealup._connection_problem(c.tenant_id, c.id, coalesce(outcome ->> 'message', 'the provider wants the account to be connected anew'), s.run_id, now);
        ELSE
            PERFORM lealup._sync_end(s, coalesce(outcome ->> 'message', 'the provider''s function gave the verdict ' || left(verdict, 50)), now);
    END CASE;
    RETURN r;
END $$;
COMMENT ON FUNCTION lealup._sync_advance(lealup.connection, lealup.provider_stream, lealup.connection_stream, jsonb, jsonb, timestamptz) IS 'Does what a page''s outcome says, once its records are written.';

CREATE FUNCTION lealup._sync_refused(s lealup.connection_stream, token_version int, problem text, now timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF lealup._request_refresh(s.tenant_id, s.connection_id, token_version, now) THEN
        PERFORM lealup._sync_hold(s, now + interval '1 s', now);
    ELSE
        PERFORM lealup._sync_end(s, coalesce(problem, 'the provider refuses the account''s credentials'), now);
    END IF;
END $$;
COMMENT ON FUNCTION lealup._sync_refused(lealup.connection_stream, int, text, timestamptz) IS
    'The access token was refused: the run waits for a new one, or ends if there is none to be had.';

CREATE FUNCTION lealup._sync_page(c lealup.connection, p lealup.provider_stream, s lealup.connection_stream, state jsonb, v lealup._verdict, response jsonb, now timestamptz) RETURNS lealup._sync_progress
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    outcome jsonb;
    items jsonb;
    known int;
    counts jsonb;
    r lealup._sync_progress;
BEGIN
    r.go_on := false;
    CASE v.action
        WHEN 'answer' THEN
            PERFORM lealup._token_worked(c.tenant_id, c.id);
        WHEN 'wait' THEN
            -- One that does not say until when is asked less and less often.
            UPDATE lealup.connection_stream x SET run_counts = lealup._add_counts(x.run_counts, '{"waits": 1}')
            WHERE x.tenant_id = s.tenant_id AND x.connection_id = s.connection_id AND x.stream = s.stream RETURNING * INTO s;
            PERFORM lealup._sync_hold(s, coalesce(v.until, now + lealup._backoff((s.run_counts ->> 'waits')::int)), now, v.message);
            RETURN r;
        WHEN 'refresh' THEN
            PERFORM lealup._sync_refused(s, (state ->> 'token_version')::int, v.message, now);
            RETURN r;
        WHEN 'reset', 'reconnect' THEN
            RETURN lealup._sync_advance(c, p, s, state, jsonb_build_object('verdict', v.action, 'message', v.message), now);
        ELSE
            PERFORM lealup._sync_end(s, v.message, now);
            RETURN r;
    END CASE;
    BEGIN
        outcome := CASE WHEN response IS NULL THEN jsonb_build_object('verdict', 'done', 'cursor', s.cursor) ELSE lealup._call_provider(p.response, state -> 'call', response) END;
        IF jsonb_typeof(outcome) IS DISTINCT FROM 'object' OR jsonb_typeof(coalesce(outcome -> 'fetch', '[]')) <> 'array' OR jsonb_typeof(coalesce(outcome -> 'records', '[]')) <> 'array' THEN
            RAISE EXCEPTION 'the function % must give an object, with arrays as records and fetch', p.response USING ERRCODE = 'invalid_parameter_value';
        END IF;
        PERFORM (outcome ->> 'total')::bigint, (outcome ->> 'until')::timestamptz;
        IF jsonb_array_length(coalesce(outcome -> 'fetch', '[]')) > 10000 OR pg_column_size(outcome -> 'fetch') > 16777216 OR octet_length((outcome -> 'cursor')::text) > 1048576 THEN
            RAISE EXCEPTION 'the function % gave more than 10000 items, items of more than 16 MB, or a cursor of more than 1 MB', p.response USING ERRCODE = 'program_limit_exceeded';
        END IF;
    EXCEPTION WHEN OTHERS THEN
        PERFORM lealup._sync_end(s, 'the answer could not be read: ' || SQLERRM, now);
        RETURN r;
    END;
    counts := lealup._sync_apply(c, s, state -> 'call', ARRAY(SELECT jsonb_array_elements(outcome -> 'records')), now);
    -- What is known in this version need not be read again.
    SELECT coalesce(jsonb_agg(f.value ORDER BY f.n) FILTER (WHERE k.id IS NULL), '[]'), count(k.id) INTO items, known
    FROM jsonb_array_elements(coalesce(outcome -> 'fetch', '[]')) WITH ORDINALITY f(value, n)
    LEFT JOIN lealup.sync_record k ON k.tenant_id = s.tenant_id AND k.connection_id = s.connection_id AND k.stream = s.stream AND k.id = f.value ->> 'id'
        AND k.version = f.value ->> 'version' AND k.deleted_at IS NULL;
    IF known > 0 AND p.snapshot THEN
        UPDATE lealup.sync_record k SET generation = s.generation FROM jsonb_array_elements(outcome -> 'fetch') f
        WHERE k.tenant_id = s.tenant_id AND k.connection_id = s.connection_id AND k.stream = s.stream AND k.id = f ->> 'id' AND k.version = f ->> 'version' AND k.generation <> s.generation;
    END IF;
    counts := lealup._add_counts(counts, jsonb_build_object('seen', known, 'same', known));
    UPDATE lealup.connection_stream x SET run_counts = lealup._add_counts(x.run_counts - 'waits', counts), seen = x.seen + coalesce((counts ->> 'seen')::int, 0),
        total = coalesce((outcome ->> 'total')::bigint, x.total), next_run_at = now + lealup._sync_lease(), lease_until = now + lealup._sync_lease()
    WHERE x.tenant_id = s.tenant_id AND x.connection_id = s.connection_id AND x.stream = s.stream RETURNING * INTO s;
    IF jsonb_array_length(items) = 0 THEN
        RETURN lealup._sync_advance(c, p, s, state, outcome - 'records' - 'fetch', now);
    END IF;
    r.go_on := true;
    r.requests := jsonb_array_length(items);
    r.state := state || jsonb_build_object('phase', 'details', 'items', items, 'next', outcome - 'records' - 'fetch');
    RETURN r;
END $$;
COMMENT ON FUNCTION lealup._sync_page(lealup.connection, lealup.provider_stream, lealup.connection_stream, jsonb, lealup._verdict, jsonb, timestamptz) IS 'What comes of a page''s answer. response: null = there was nothing to ask.';

CREATE TYPE lealup._sync_answer AS (n int, attempts int, status int, headers jsonb, body jsonb, answer text, error text, sealed jsonb);
COMMENT ON TYPE lealup._sync_answer IS
    'What came of a request: its number, how often it was sent, and status, headers, body (JSON) or answer (any other text); error: why there is no answer, empty if there was nothing to ask. sealed: the secrets of the answer, encrypted, which are not in the body.';

CREATE FUNCTION lealup._as_response(a lealup._sync_answer) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN jsonb_build_object('status', a.status, 'headers', a.headers, 'body', a.body, 'text', a.answer);
COMMENT ON FUNCTION lealup._as_response(lealup._sync_answer) IS 'An answer as provider functions take it.';

CREATE FUNCTION lealup._sync_details(c lealup.connection, p lealup.provider_stream, s lealup.connection_stream, state jsonb, answers lealup._sync_answer[], remaining int, now timestamptz)
    RETURNS lealup._sync_progress LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    -- Whether any rule is about answers of 2xx; if not they need not be looked at.
    watchful boolean := EXISTS (SELECT FROM lealup.provider_error e WHERE e.provider = c.provider AND (e.statuses IS NULL OR 200 = ANY (e.statuses))
        AND (e.part IS NULL OR e.part = 'detail') AND (e.stream IS NULL OR e.stream = s.stream));
    a lealup._sync_answer;
    v lealup._verdict;
    call jsonb := state -> 'call';
    all_items jsonb := state -> 'items';
    item jsonb;
    calls jsonb[] := '{}';
    responses jsonb[] := '{}';
    made record;
    m record;
    problem text;
    outcome jsonb;
    ending jsonb;
    records jsonb[] := '{}';
    failed int := 0;
    skipped int := 0;
    settled text[] := '{}';
    counts jsonb;
    r lealup._sync_progress;
BEGIN
    r.go_on := true;
    r.again := '{}';
    FOREACH a IN ARRAY answers LOOP
        item := all_items -> a.n;
        IF a.status BETWEEN 200 AND 299 AND a.error IS NULL AND NOT watchful THEN
            v.action := 'answer';
        ELSIF a.error = '' THEN
            v := ROW('gone', NULL, NULL, NULL, false);
        ELSE
            v := lealup._sync_verdict(c.provider, s.stream, 'detail', a.status, a.headers, a.body, a.answer, a.error, now);
        END IF;
        CASE v.action
            WHEN 'answer' THEN
                calls := calls || (call || jsonb_build_object('item', item));
                responses := responses || lealup._as_response(a);
            WHEN 'gone' THEN
                records := records || jsonb_build_object('id', item ->> 'id', 'deleted', true);
            WHEN 'skip', 'fail' THEN
                PERFORM lealup._record_error(c, s.stream, coalesce(item ->> 'id', 'without id'), 'unavailable', v.message, NULL, item, s.run_id, now);
                failed := failed + 1;
            WHEN 'retry' THEN
                IF a.attempts < 3 THEN
                    r.again := r.again || a.n;
                    r.again_at := greatest(r.again_at, now + make_interval(secs => power(4, a.attempts - 1) * (1 + random())));
                ELSE
                    PERFORM lealup._record_error(c, s.stream, coalesce(item ->> 'id', 'without id'), 'temporary', v.message, NULL, item, s.run_id, now);
                    failed := failed + 1;
                END IF;
            WHEN 'wait' THEN
                r.again := r.again || a.n;
                r.again_at := greatest(r.again_at, coalesce(v.until, now + make_interval(secs => power(4, least(a.attempts, 5) - 1) * (1 + random()))));
            WHEN 'reset', 'reconnect', 'refresh' THEN
                -- The page is begun anew when that is settled; what has been read of it is kept.
                ending := jsonb_build_object('verdict', v.action, 'message', v.message);
        END CASE;
    END LOOP;
    made := lealup._call_provider_each(p.detail_response, calls, responses);
    FOR m IN SELECT u.call, u.response, u.result, u.problem FROM unnest(calls, responses, made.results, made.problems) u(call, response, result, problem) LOOP
        problem := m.problem;
        IF m.result #>> '{record,id}' <> '' THEN
            records := records || (m.result -> 'record');
        ELSIF jsonb_typeof(m.result -> 'records') = 'array' AND NOT m.result ? 'record' THEN
            records := records || ARRAY(SELECT jsonb_array_elements(m.result -> 'records'));
        ELSIF m.result ? 'skip' AND NOT m.result ? 'record' THEN
            skipped := skipped + 1;
            settled := settled || (m.call #>> '{item,id}');
        ELSIF problem IS NULL THEN
            problem := CASE WHEN m.result ? 'record' THEN CASE WHEN m.response -> 'body' = 'null' THEN 'the answer is no JSON' ELSE 'the answer holds no record' END
                ELSE coalesce(m.result ->> 'fail', 'the function ' || p.detail_response || ' gave no record') END;
        END IF;
        IF problem IS NOT NULL THEN
            PERFORM lealup._record_error(c, s.stream, coalesce(m.call #>> '{item,id}', 'without id'), 'invalid', problem, NULL, m.call -> 'item', s.run_id, now);
            failed := failed + 1;
        END IF;
    END LOOP;
    -- What is passed over now is no error any more.
    UPDATE lealup.record_error e SET state = 'resolved', next_try_at = NULL, updated_at = now
    WHERE e.tenant_id = s.tenant_id AND e.connection_id = s.connection_id AND e.stream = s.stream AND e.external_id = ANY (settled) AND e.state <> 'resolved';
    counts := lealup._add_counts(lealup._sync_apply(c, s, call, records, now), jsonb_build_object('failed', failed, 'seen', failed + skipped, 'skipped', skipped));
    UPDATE lealup.connection_stream x SET run_counts = lealup._add_counts(x.run_counts, counts), seen = x.seen + coalesce((counts ->> 'seen')::int, 0),
        next_run_at = now + lealup._sync_lease(), lease_until = now + lealup._sync_lease()
    WHERE x.tenant_id = s.tenant_id AND x.connection_id = s.connection_id AND x.stream = s.stream RETURNING * INTO s;
    IF ending IS NOT NULL THEN
        RETURN lealup._sync_advance(c, p, s, state, ending, now);
    END IF;
    IF r.again_at > now + interval '30 s' THEN
        -- Too long to hold the stream for; those that are left are read again with their page.
        PERFORM lealup._sync_hold(s, r.again_at, now, 'the provider asked to wait');
        r.go_on := false;
        RETURN r;
    END IF;
    IF remaining = 0 AND cardinality(r.again) = 0 THEN
        RETURN lealup._sync_advance(c, p, s, state, state -> 'next', now);
    END IF;
    RETURN r;
END $$;
COMMENT ON FUNCTION lealup._sync_details(lealup.connection, lealup.provider_stream, lealup.connection_stream, jsonb, lealup._sync_answer[], int, timestamptz) IS
    'What comes of details'' answers. remaining: how many more there are to come of the page.';

CREATE FUNCTION lealup._sync_job(tenant_id uuid, connection_id uuid, kind text, claim_id uuid, a lealup._sync_answer, now timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    provider text;
    v lealup._verdict;
    part text := CASE WHEN kind IN ('token', 'refresh') THEN 'token' ELSE 'other' END;
BEGIN
    -- A token that was renewed must not be lost with the last moments before a crash: the one before it may be worth nothing any more.
    PERFORM set_config('synchronous_commit', 'on', true);
    SELECT c.provider INTO provider FROM lealup.connection c WHERE c.tenant_id = _sync_job.tenant_id AND c.id = _sync_job.connection_id FOR NO KEY UPDATE;
    PERFORM FROM lealup.connection_job j WHERE j.tenant_id = _sync_job.tenant_id AND j.connection_id = _sync_job.connection_id AND j.kind = _sync_job.kind
        AND j.claim_id = _sync_job.claim_id FOR UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    v := lealup._sync_verdict(provider, NULL, part, a.status, a.headers, a.body, a.answer, nullif(a.error, ''), now);
    UPDATE lealup.connection_job j SET claim_id = NULL, lease_until = NULL, error = left(v.message, 1000)
    WHERE j.tenant_id = _sync_job.tenant_id AND j.connection_id = _sync_job.connection_id AND j.kind = _sync_job.kind;
    PERFORM lealup._job_record(_sync_job.tenant_id, _sync_job.connection_id, _sync_job.kind,
        CASE WHEN v.action = 'answer' OR a.error = '' THEN 'answer' WHEN v.action IN ('retry', 'wait') THEN 'retry' ELSE 'refused' END,
        lealup._as_response(a) || jsonb_strip_nulls(jsonb_build_object('until', lealup._rfc3339(v.until)))
            || CASE WHEN v.ruled THEN jsonb_strip_nulls(jsonb_build_object('message', v.message, 'fix', v.fix, 'action', v.action)) ELSE '{}' END, a.sealed, now);
END $$;
COMMENT ON FUNCTION lealup._sync_job(uuid, uuid, text, uuid, lealup._sync_answer, timestamptz) IS 'Records the answer to a job''s request, unless the claim was lost.';

CREATE FUNCTION lealup._sync_record(tenant_id uuid, connection_id uuid, unit text, claim_id uuid, state jsonb, answers lealup._sync_answer[], remaining int, waited_ms bigint, now timestamptz)
    RETURNS lealup._sync_progress LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    -- Nothing in here is worth a plan of its own for each batch.
    SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    c lealup.connection;
    s lealup.connection_stream;
    p lealup.provider_stream;
    v lealup._verdict;
    r lealup._sync_progress;
BEGIN
    r.go_on := false;
    IF unit LIKE 'job:%' THEN
        PERFORM lealup._sync_job(_sync_record.tenant_id, _sync_record.connection_id, substr(unit, 5), _sync_record.claim_id, answers[1], now);
        RETURN r;
    ELSIF unit LIKE 'action:%' THEN
        RETURN lealup._action_record(_sync_record.tenant_id, _sync_record.connection_id, substr(unit, 8)::uuid, _sync_record.claim_id, state, answers[1], now);
    END IF;
    SELECT * INTO c FROM lealup.connection x WHERE x.tenant_id = _sync_record.tenant_id AND x.id = _sync_record.connection_id FOR NO KEY UPDATE;
    SELECT * INTO s FROM lealup.connection_stream x WHERE x.tenant_id = _sync_record.tenant_id AND x.connection_id = _sync_record.connection_id
        AND 'stream:' || x.stream = unit AND x.claim_id = _sync_record.claim_id FOR UPDATE;
    -- Whoever has lost the lease changes nothing.
    IF NOT FOUND THEN
        RETURN r;
    END IF;
    UPDATE lealup.connection_stream x SET run_counts = lealup._add_counts(x.run_counts,
        jsonb_build_object('calls', (SELECT count(*) FROM unnest(answers) a WHERE a.error IS DISTINCT FROM ''), 'waited_ms', waited_ms))
    WHERE x.tenant_id = s.tenant_id AND x.connection_id = s.connection_id AND x.stream = s.stream RETURNING * INTO s;
    SELECT * INTO p FROM lealup.provider_stream x WHERE x.provider = c.provider AND x.name = s.stream;
    IF c.state <> 'connected' OR c.paused_at IS NOT NULL OR s.paused_at IS NOT NULL OR p.name IS NULL THEN
        PERFORM lealup._sync_hold(s, 'infinity', now);
        RETURN r;
    END IF;
    IF state ->> 'phase' = 'details' THEN
        RETURN lealup._sync_details(c, p, s, state, answers, remaining, now);
    END IF;
    IF answers[1].error = '' THEN
        v := ROW('answer', NULL, NULL, NULL, false);
        RETURN lealup._sync_page(c, p, s, state, v, NULL, now);
    END IF;
    v := lealup._sync_verdict(c.provider, s.stream, 'page', answers[1].status, answers[1].headers, answers[1].body, answers[1].answer, answers[1].error, now);
    RETURN lealup._sync_page(c, p, s, state, v, lealup._as_response(answers[1]), now);
END $$;
COMMENT ON FUNCTION lealup._sync_record(uuid, uuid, text, uuid, jsonb, lealup._sync_answer[], int, bigint, timestamptz) IS
    'Records answers to requests of a unit in a state, and says how it goes on. remaining: how many requests of the state are still without an answer; waited_ms: how long requests waited for a budget.';

CREATE FUNCTION lealup._sync_yield(tenant_id uuid, connection_id uuid, unit text, claim_id uuid, until timestamptz, problem text, now timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s lealup.connection_stream;
BEGIN
    PERFORM FROM lealup.connection c WHERE c.tenant_id = _sync_yield.tenant_id AND c.id = _sync_yield.connection_id FOR NO KEY UPDATE;
    -- Nothing was asked, so that it was no attempt.
    UPDATE lealup.connection_job j SET claim_id = NULL, lease_until = NULL, due_at = until, attempts = greatest(j.attempts - 1, 0), error = left(problem, 1000)
    WHERE j.tenant_id = _sync_yield.tenant_id AND j.connection_id = _sync_yield.connection_id AND 'job:' || j.kind = unit AND j.claim_id = _sync_yield.claim_id;
    IF FOUND AND unit = 'job:refresh' THEN
        -- Until it is done the streams wait with it.
        UPDATE lealup.connection c SET wait_reason = left(problem, 500)
        WHERE c.tenant_id = _sync_yield.tenant_id AND c.id = _sync_yield.connection_id AND c.state = 'connected';
    END IF;
    -- It was not sent.
    UPDATE lealup.action a SET status = 'approved', claim_id = NULL, lease_until = NULL, handed_out = false, attempts = greatest(a.attempts - 1, 0), next_attempt_at = until,
        error = left(problem, 2000)
    WHERE a.tenant_id = _sync_yield.tenant_id AND 'action:' || a.id = unit AND a.claim_id = _sync_yield.claim_id;
    SELECT * INTO s FROM lealup.connection_stream x WHERE x.tenant_id = _sync_yield.tenant_id AND x.connection_id = _sync_yield.connection_id
        AND 'stream:' || x.stream = unit AND x.claim_id = _sync_yield.claim_id FOR UPDATE;
    IF FOUND THEN
        PERFORM lealup._sync_hold(s, until, now, problem);
    END IF;
END $$;
COMMENT ON FUNCTION lealup._sync_yield(uuid, uuid, text, uuid, timestamptz, text, timestamptz) IS
    'Gives a unit back that cannot go on now: a budget is used up, or the vault''s key is not there. It is due again at a time.';
