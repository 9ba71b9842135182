-- What people do with syncs and see of them.

CREATE FUNCTION lealup._lock_stream(tenant_id uuid, connection_id uuid, stream text) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lealup._lock_connection(_lock_stream.tenant_id, _lock_stream.connection_id);
    IF _lock_stream.stream IS NOT NULL AND NOT EXISTS (SELECT FROM lealup.connection_stream s WHERE s.tenant_id = _lock_stream.tenant_id
        AND s.connection_id = _lock_stream.connection_id AND s.stream = _lock_stream.stream) THEN
        RAISE EXCEPTION 'connection % has no stream %', _lock_stream.connection_id, quote_literal(left(_lock_stream.stream, 100))
            USING ERRCODE = 'no_data_found', HINT = 'SELECT stream FROM lealup.connection_streams lists them.';
    END IF;
END $$;
COMMENT ON FUNCTION lealup._lock_stream(uuid, uuid, text) IS
    'Locks a connection that the acting role may manage. Raises insufficient_privilege, or no_data_found if there is none or it has no such stream; null stands for all of its streams.';

CREATE FUNCTION lealup.sync_now(tenant_id uuid, connection_id uuid, stream text DEFAULT NULL) RETURNS int
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    moment timestamptz := clock_timestamp();
    n int;
BEGIN
    PERFORM lealup._lock_stream(sync_now.tenant_id, sync_now.connection_id, sync_now.stream);
    IF (SELECT c.state <> 'connected' FROM lealup.connection c WHERE c.tenant_id = sync_now.tenant_id AND c.id = sync_now.connection_id) THEN
        RAISE EXCEPTION 'the connection is not connected' USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'lealup.reconnect() connects it anew.';
    END IF;
    -- One that is at it is asked to look once more.
    UPDATE lealup.connection_stream s SET hinted_at = moment, next_run_at = CASE WHEN s.claim_id IS NULL THEN least(s.next_run_at, moment) ELSE s.next_run_at END
    WHERE s.tenant_id = sync_now.tenant_id AND s.connection_id = sync_now.connection_id AND s.stream = coalesce(sync_now.stream, s.stream) AND s.paused_at IS NULL
      AND s.next_run_at < 'infinity';
    GET DIAGNOSTICS n = ROW_COUNT;
    UPDATE lealup.connection c SET not_before = NULL, wait_reason = NULL
    WHERE c.tenant_id = sync_now.tenant_id AND c.id = sync_now.connection_id AND c.wait_reason IS NOT NULL;
    PERFORM lealup._wake('upkeep');
    RETURN n;
END $$;
COMMENT ON FUNCTION lealup.sync_now(uuid, uuid, text) IS
    'Looks for news at once, also while the provider''s wait is not over; gives how many streams that are. stream: null = all; paused ones are passed over. Needs the right to manage the connection.';

CREATE FUNCTION lealup._pause_stream(tenant_id uuid, connection_id uuid, stream text, paused boolean) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    moment timestamptz := clock_timestamp();
BEGIN
    PERFORM lealup._lock_stream(_pause_stream.tenant_id, _pause_stream.connection_id, _pause_stream.stream);
    PERFORM lealup._check_text('stream', _pause_stream.stream, 40, required => true);
    UPDATE lealup.connection_stream s SET paused_at = CASE WHEN paused THEN moment END, claim_id = CASE WHEN NOT paused THEN s.claim_id END,
        next_run_at = CASE WHEN paused THEN 'infinity'::timestamptz ELSE moment END
    WHERE s.tenant_id = _pause_stream.tenant_id AND s.connection_id = _pause_stream.connection_id AND s.stream = _pause_stream.stream AND (s.paused_at IS NULL) = paused;
    IF FOUND THEN
        PERFORM lealup._audit(_pause_stream.tenant_id, CASE WHEN paused THEN 'stream.pause' ELSE 'stream.resume' END, 'connection', _pause_stream.connection_id,
            jsonb_build_object('stream', _pause_stream.stream));
        PERFORM lealup._wake('upkeep');
    END IF;
END $$;
COMMENT ON FUNCTION lealup._pause_stream(uuid, uuid, text, boolean) IS 'pause_stream() and resume_stream().';

CREATE FUNCTION lealup.pause_stream(tenant_id uuid, connection_id uuid, stream text) RETURNS void
    LANGUAGE sql VOLATILE
    RETURN lealup._pause_stream(tenant_id, connection_id, stream, true);
COMMENT ON FUNCTION lealup.pause_stream(uuid, uuid, text) IS 'Stops a stream at once: nothing of it is read or written until resume_stream(). Needs the right to manage the connection.';
CREATE FUNCTION lealup.resume_stream(tenant_id uuid, connection_id uuid, stream text) RETURNS void
    LANGUAGE sql VOLATILE
    RETURN lealup._pause_stream(tenant_id, connection_id, stream, false);
COMMENT ON FUNCTION lealup.resume_stream(uuid, uuid, text) IS 'Lets a stream that was paused go on where it was. Needs the right to manage the connection.';

CREATE FUNCTION lealup._retry_kept(e lealup.record_error) RETURNS boolean
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lealup._sync_apply(e.tenant_id, e.connection_id, e.stream, jsonb_build_array(e.record));
    RETURN (SELECT x.state = 'resolved' FROM lealup.record_error x WHERE x.tenant_id = e.tenant_id AND x.id = e.id);
END $$;
COMMENT ON FUNCTION lealup._retry_kept(lealup.record_error) IS 'Takes a record that was set aside, and kept, in again; whether that worked.';

CREATE FUNCTION lealup.retry_records(tenant_id uuid, connection_id uuid, stream text DEFAULT NULL, most int DEFAULT 1000, OUT resolved int, OUT failed int, OUT queued int)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    moment timestamptz := clock_timestamp();
    e lealup.record_error;
BEGIN
    PERFORM lealup._lock_stream(retry_records.tenant_id, retry_records.connection_id, retry_records.stream);
    resolved := 0;
    failed := 0;
    FOR e IN SELECT x.* FROM lealup.record_error x WHERE x.tenant_id = retry_records.tenant_id AND x.connection_id = retry_records.connection_id
        AND x.stream = coalesce(retry_records.stream, x.stream) AND x.state <> 'resolved' AND x.record IS NOT NULL ORDER BY x.id LIMIT least(most, 10000) LOOP
        IF lealup._retry_kept(e) THEN
            resolved := resolved + 1;
        ELSE
            failed := failed + 1;
        END IF;
    END LOOP;
    UPDATE lealup.record_error x SET state = 'retry', updated_at = moment
    WHERE x.tenant_id = retry_records.tenant_id AND x.connection_id = retry_records.connection_id AND x.stream = coalesce(retry_records.stream, x.stream)
      AND x.state = 'open' AND x.item IS NOT NULL;
    GET DIAGNOSTICS queued = ROW_COUNT;
    UPDATE lealup.connection_stream s SET next_run_at = least(s.next_run_at, moment)
    WHERE queued > 0 AND s.tenant_id = retry_records.tenant_id AND s.connection_id = retry_records.connection_id AND s.stream = coalesce(retry_records.stream, s.stream)
      AND s.claim_id IS NULL AND s.next_run_at < 'infinity';
    PERFORM lealup._audit(retry_records.tenant_id, 'record.retry', 'connection', retry_records.connection_id, jsonb_build_object('stream', retry_records.stream));
    PERFORM lealup._wake('upkeep');
END $$;
COMMENT ON FUNCTION lealup.retry_records(uuid, uuid, text, int, OUT int, OUT int, OUT int) IS
    'Tries the records of a connection, or of one of its streams, again that were set aside. Those that had come are taken in now: resolved, or failed once more; most: how many of them at once. Those that have to be read again are queued for the next run, which is now. Needs the right to manage the connection.';

CREATE FUNCTION lealup.retry_record(tenant_id uuid, record_error_id uuid) RETURNS text
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    moment timestamptz := clock_timestamp();
    e lealup.record_error;
BEGIN
    SELECT x.* INTO e FROM lealup.record_error x WHERE x.tenant_id = retry_record.tenant_id AND x.id = retry_record.record_error_id;
    IF NOT FOUND THEN
        PERFORM lealup._require('edit', retry_record.tenant_id);
        RAISE EXCEPTION 'record error % does not exist', coalesce(retry_record.record_error_id::text, 'null')
            USING ERRCODE = 'no_data_found', HINT = 'SELECT id, reason FROM lealup.record_errors lists them.';
    END IF;
    PERFORM lealup._lock_stream(e.tenant_id, e.connection_id, e.stream);
    IF e.state = 'resolved' THEN
        RETURN 'resolved';
    END IF;
    PERFORM lealup._audit(e.tenant_id, 'record.retry', 'record_error', e.id);
    IF e.record IS NOT NULL THEN
        RETURN CASE WHEN lealup._retry_kept(e) THEN 'resolved' ELSE 'failed' END;
    END IF;
    UPDATE lealup.record_error x SET state = 'retry', updated_at = moment WHERE x.tenant_id = e.tenant_id AND x.id = e.id;
    UPDATE lealup.connection_stream s SET next_run_at = least(s.next_run_at, moment)
    WHERE s.tenant_id = e.tenant_id AND s.connection_id = e.connection_id AND s.stream = e.stream AND s.claim_id IS NULL AND s.next_run_at < 'infinity';
    PERFORM lealup._wake('upkeep');
    RETURN 'queued';
END $$;
COMMENT ON FUNCTION lealup.retry_record(uuid, uuid) IS
    'Tries one record again that was set aside: resolved or failed, if it had come; queued, if it has to be read again. Needs the right to manage its connection.';

CREATE VIEW lealup.connection_streams WITH (security_invoker) AS
SELECT s.tenant_id, s.connection_id, c.provider, s.stream, p.title,
       CASE WHEN c.state <> 'connected' THEN c.state WHEN coalesce(s.paused_at, c.paused_at) IS NOT NULL THEN 'paused' WHEN s.claim_id IS NOT NULL THEN 'running'
            WHEN c.not_before > now() THEN 'waiting' WHEN s.failures > 0 THEN 'failing' ELSE 'ok' END AS state,
       s.mode, s.seen, CASE WHEN s.mode = 'backfill' THEN s.total END AS total,
       CASE WHEN s.mode = 'backfill' AND s.total > 0 THEN least(100, round(100.0 * s.seen / s.total)) END AS percent,
       s.last_run_at, s.last_ok_at, CASE WHEN s.next_run_at < 'infinity' AND s.claim_id IS NULL THEN s.next_run_at END AS next_run_at,
       coalesce(c.wait_reason, s.last_error) AS message, s.failures, s.watch_expires_at, s.unheard,
       (SELECT count(*) FROM lealup.sync_record r WHERE r.tenant_id = s.tenant_id AND r.connection_id = s.connection_id AND r.stream = s.stream AND r.deleted_at IS NULL) AS records,
       (SELECT count(*) FROM lealup.record_error e WHERE e.tenant_id = s.tenant_id AND e.connection_id = s.connection_id AND e.stream = s.stream AND e.state <> 'resolved') AS errors
FROM lealup.connection_stream s
JOIN lealup.connection c ON c.tenant_id = s.tenant_id AND c.id = s.connection_id
LEFT JOIN lealup.provider_stream p ON p.provider = c.provider AND p.name = s.stream;
COMMENT ON VIEW lealup.connection_streams IS
    'The streams of connections and how they are: state (running, ok, waiting, failing, paused, or that of the connection), how far a backfill has come (seen of total, if the provider tells), when they ran, what is wrong, until when the provider notifies us, how many runs in a row found news of which it had not (unheard), and how many records there are and are set aside.';

CREATE VIEW lealup.sync_runs WITH (security_invoker) AS
SELECT r.id AS trace_id, s.tenant_id, s.connection_id, s.stream, r.mode, r.result, r.started_at, r.ended_at, r.ended_at - r.started_at AS duration, r.seen, r.created, r.updated,
       r.same, r.deleted, r.failed, r.skipped, r.calls, r.waited_ms * interval '1 ms' AS waited, r.error
FROM lealup.connection_stream s
CROSS JOIN LATERAL (SELECT x.* FROM lealup.sync_run x WHERE x.tenant_id = s.tenant_id AND x.connection_id = s.connection_id AND x.stream = s.stream ORDER BY x.id DESC LIMIT 50) r;
COMMENT ON VIEW lealup.sync_runs IS 'The last 50 runs of each stream, the latest first.';

CREATE VIEW lealup.record_errors WITH (security_invoker) AS
SELECT e.tenant_id, e.id, e.connection_id, c.provider, e.stream, e.external_id, e.state, e.class, e.reason, e.attempts, e.next_try_at, e.trace_id, e.created_at, e.updated_at
FROM lealup.record_error e JOIN lealup.connection c ON c.tenant_id = e.tenant_id AND c.id = e.connection_id
WHERE e.state <> 'resolved';
COMMENT ON VIEW lealup.record_errors IS 'The records that were set aside, and why. class: invalid (what came is not what it should be), unavailable (the provider does not give it), temporary (it is tried again by itself).';

-- ----- Upkeep -----

CREATE FUNCTION lealup._forget_synced(now timestamptz, most int) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    forgotten bigint;
    more bigint;
BEGIN
    DELETE FROM lealup.record_error e
    USING (SELECT o.tenant_id, o.id
           FROM lealup.tenant t
           CROSS JOIN LATERAL (SELECT x.tenant_id, x.id FROM lealup.record_error x
                               WHERE x.tenant_id = t.tenant_id AND x.state = 'resolved' AND x.updated_at < now - lealup._retention(lealup._retention_class(t.plan))) o
           WHERE t.home = lealup.home() LIMIT most) old
    WHERE e.tenant_id = old.tenant_id AND e.id = old.id;
    GET DIAGNOSTICS forgotten = ROW_COUNT;
    DELETE FROM lealup.sync_record r
    USING (SELECT o.tenant_id, o.connection_id, o.stream, o.id
           FROM lealup.tenant t
           CROSS JOIN LATERAL (SELECT x.tenant_id, x.connection_id, x.stream, x.id FROM lealup.sync_record x
                               WHERE x.tenant_id = t.tenant_id AND x.deleted_at < now - lealup._retention(lealup._retention_class(t.plan))) o
           WHERE t.home = lealup.home() LIMIT most) old
    WHERE r.tenant_id = old.tenant_id AND r.connection_id = old.connection_id AND r.stream = old.stream AND r.id = old.id;
    GET DIAGNOSTICS more = ROW_COUNT;
    RETURN forgotten + more;
END $$;
COMMENT ON FUNCTION lealup._forget_synced(timestamptz, int) IS
    'Deletes up to so many record errors that were settled, and as many records that were deleted at the source, longer ago than the tenant''s logs are kept; gives how many. What is set aside still stays.';
