-- The HTTP API of syncs: streams, runs, and records that were set aside.

INSERT INTO lealup.api_schema (name, schema) VALUES
('Stream', lealup._http_shape('{"stream": {"type": "string"}, "title": {"type": ["string", "null"]},
    "state": {"type": "string", "enum": ["ok", "running", "waiting", "failing", "paused", "pending", "error", "disconnected"]},
    "mode": {"type": "string", "enum": ["backfill", "incremental"]}, "seen": {"type": "integer", "description": "How many records the running backfill has read, or all runs together."},
    "total": {"type": ["integer", "null"], "description": "How many the running backfill will read, if the provider tells."}, "percent": {"type": ["number", "null"]},
    "records": {"type": "integer"}, "errors": {"type": "integer", "description": "Records that were set aside."}, "message": {"type": ["string", "null"], "description": "What it waits for, or what is wrong."},
    "last_run_at": {"type": ["string", "null"], "format": "date-time"}, "last_ok_at": {"type": ["string", "null"], "format": "date-time"},
    "next_run_at": {"type": ["string", "null"], "format": "date-time"}}')),
('SyncRun', lealup._http_shape('{"trace_id": {"type": "string", "format": "uuid"}, "stream": {"type": "string"}, "mode": {"type": "string", "enum": ["backfill", "incremental"]},
    "result": {"type": "string", "enum": ["ok", "partial", "empty", "failed"]}, "started_at": {"type": "string", "format": "date-time"}, "ended_at": {"type": "string", "format": "date-time"},
    "seen": {"type": "integer"}, "created": {"type": "integer"}, "updated": {"type": "integer"}, "same": {"type": "integer"}, "deleted": {"type": "integer"}, "failed": {"type": "integer"},
    "skipped": {"type": "integer"}, "calls": {"type": "integer", "description": "Requests to the provider."}, "waited_seconds": {"type": "number"}, "error": {"type": ["string", "null"]}}')),
('RecordError', lealup._http_shape('{"id": {"type": "string", "format": "uuid"}, "stream": {"type": "string"}, "external_id": {"type": "string"},
    "state": {"type": "string", "enum": ["open", "retry"]}, "class": {"type": "string", "enum": ["invalid", "unavailable", "temporary"]}, "reason": {"type": "string"},
    "attempts": {"type": "integer"}, "next_try_at": {"type": ["string", "null"], "format": "date-time"}, "trace_id": {"type": ["string", "null"], "format": "uuid"},
    "created_at": {"type": "string", "format": "date-time"}, "updated_at": {"type": "string", "format": "date-time"}}'));

CREATE FUNCTION lealup._http_stream(s lealup.connection_streams) RETURNS json
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN json_build_object('stream', s.stream, 'title', s.title, 'state', s.state, 'mode', s.mode, 'seen', s.seen, 'total', s.total, 'percent', s.percent, 'records', s.records,
        'errors', s.errors, 'message', s.message, 'last_run_at', lealup._http_stamp(s.last_run_at), 'last_ok_at', lealup._http_stamp(s.last_ok_at),
        'next_run_at', lealup._http_stamp(s.next_run_at));
COMMENT ON FUNCTION lealup._http_stream(lealup.connection_streams) IS 'A stream as answers show it.';

CREATE FUNCTION lealup._http_record_error(e lealup.record_errors) RETURNS json
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN json_build_object('id', e.id, 'stream', e.stream, 'external_id', e.external_id, 'state', e.state, 'class', e.class, 'reason', e.reason, 'attempts', e.attempts,
        'next_try_at', lealup._http_stamp(e.next_try_at), 'trace_id', e.trace_id, 'created_at', lealup._http_stamp(e.created_at), 'updated_at', lealup._http_stamp(e.updated_at));
COMMENT ON FUNCTION lealup._http_record_error(lealup.record_errors) IS 'A record that was set aside as answers show it.';

CREATE FUNCTION lealup._http_list_streams(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c lealup.connections := lealup._http_find_connection(call);
BEGIN
    RETURN lealup._http_ok(json_build_object('data', (SELECT coalesce(json_agg(lealup._http_stream(s) ORDER BY s.stream), '[]')
        FROM lealup.connection_streams s WHERE s.tenant_id = call.tenant_id AND s.connection_id = c.id)));
END $$;
COMMENT ON FUNCTION lealup._http_list_streams(lealup.http_call) IS 'Answers GET /v1/connections/{id}/streams.';

CREATE FUNCTION lealup._http_list_sync_runs(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c lealup.connections := lealup._http_find_connection(call);
BEGIN
    RETURN lealup._http_ok(json_build_object('data', (SELECT coalesce(json_agg(json_build_object('trace_id', r.trace_id, 'stream', r.stream, 'mode', r.mode, 'result', r.result,
            'started_at', lealup._http_stamp(r.started_at), 'ended_at', lealup._http_stamp(r.ended_at), 'seen', r.seen, 'created', r.created, 'updated', r.updated, 'same', r.same,
            'deleted', r.deleted, 'failed', r.failed, 'skipped', r.skipped, 'calls', r.calls, 'waited_seconds', extract(epoch FROM r.waited), 'error', r.error) ORDER BY r.trace_id DESC), '[]')
        FROM lealup.sync_runs r WHERE r.tenant_id = call.tenant_id AND r.connection_id = c.id AND r.stream = coalesce(call.query ->> 'stream', r.stream))));
END $$;
COMMENT ON FUNCTION lealup._http_list_sync_runs(lealup.http_call) IS 'Answers GET /v1/connections/{id}/runs: the last 50 of each stream.';

CREATE FUNCTION lealup._http_list_record_errors(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c lealup.connections := lealup._http_find_connection(call);
BEGIN
    RETURN lealup._http_page(call, 'record_errors', '_http_record_error', '{stream,class}', format('x.connection_id = %L', c.id));
END $$;
COMMENT ON FUNCTION lealup._http_list_record_errors(lealup.http_call) IS 'Answers GET /v1/connections/{id}/errors, by the primary key.';

CREATE FUNCTION lealup._http_find_stream(call lealup.http_call) RETURNS text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c lealup.connections := lealup._http_find_connection(call);
    wanted text := coalesce(call.params ->> 'stream', call.body ->> 'stream');
BEGIN
    PERFORM lealup._http_found(wanted IS NULL OR EXISTS (SELECT FROM lealup.connection_streams s
        WHERE s.tenant_id = call.tenant_id AND s.connection_id = c.id AND s.stream = wanted), 'stream');
    RETURN wanted;
END $$;
COMMENT ON FUNCTION lealup._http_find_stream(lealup.http_call) IS 'The stream that the path or the body names, or null; ends the request with 404 if the connection has no such one.';

CREATE FUNCTION lealup._http_sync_now(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    stream text := lealup._http_find_stream(call);
BEGIN
    RETURN lealup._http_ok(json_build_object('streams', lealup.sync_now(call.tenant_id, (call.params ->> 'id')::uuid, stream)), 202);
END $$;
COMMENT ON FUNCTION lealup._http_sync_now(lealup.http_call) IS 'Answers POST /v1/connections/{id}/sync.';

CREATE FUNCTION lealup._http_pause_stream(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    its_id uuid := (lealup._http_find_connection(call)).id;
    wanted text := lealup._http_find_stream(call);
    item json;
BEGIN
    SELECT lealup._http_stream(s) INTO item FROM lealup.connection_streams s WHERE s.tenant_id = call.tenant_id AND s.connection_id = its_id AND s.stream = wanted;
    PERFORM lealup._http_if_match(call, lealup._http_version(item));
    IF call.body ->> 'paused' = 'true' THEN
        PERFORM lealup.pause_stream(call.tenant_id, its_id, wanted);
    ELSIF call.body ? 'paused' THEN
        PERFORM lealup.resume_stream(call.tenant_id, its_id, wanted);
    END IF;
    SELECT lealup._http_stream(s) INTO item FROM lealup.connection_streams s WHERE s.tenant_id = call.tenant_id AND s.connection_id = its_id AND s.stream = wanted;
    RETURN lealup._http_ok(item, version => lealup._http_version(item));
END $$;
COMMENT ON FUNCTION lealup._http_pause_stream(lealup.http_call) IS 'Answers PATCH /v1/connections/{id}/streams/{stream}.';

CREATE FUNCTION lealup._http_retry_records(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    stream text := lealup._http_find_stream(call);
    r record := lealup.retry_records(call.tenant_id, (call.params ->> 'id')::uuid, stream);
BEGIN
    RETURN lealup._http_ok(json_build_object('resolved', r.resolved, 'failed', r.failed, 'queued', r.queued));
END $$;
COMMENT ON FUNCTION lealup._http_retry_records(lealup.http_call) IS 'Answers POST /v1/connections/{id}/errors/retry.';

CREATE FUNCTION lealup._http_retry_record(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    its_id uuid := (lealup._http_find_connection(call)).id;
    wanted uuid := lealup._http_id(call, 'error_id', 'error');
BEGIN
    PERFORM lealup._http_found(EXISTS (SELECT FROM lealup.record_errors e WHERE e.tenant_id = call.tenant_id AND e.connection_id = its_id AND e.id = wanted), 'error');
    RETURN lealup._http_ok(json_build_object('result', lealup.retry_record(call.tenant_id, wanted)));
END $$;
COMMENT ON FUNCTION lealup._http_retry_record(lealup.http_call) IS 'Answers POST /v1/connections/{id}/errors/{error_id}/retry.';

SELECT lealup._add_route('GET', '/v1/connections/{id}/streams', '_http_list_streams', 'connections:read', 'The streams of a connection and how they are',
    responses => '{"200": {"type": "object", "additionalProperties": false, "required": ["data"], "properties": {"data": {"type": "array", "items": {"$ref": "#/components/schemas/Stream"}}}}}');
SELECT lealup._add_route('PATCH', '/v1/connections/{id}/streams/{stream}', '_http_pause_stream', 'connections:write', 'Pause a stream, or end its pause',
    request => '{"type": "object", "additionalProperties": false, "properties": {"paused": {"type": "boolean"}}}',
    responses => '{"200": {"$ref": "#/components/schemas/Stream"}}');
SELECT lealup._add_route('GET', '/v1/connections/{id}/runs', '_http_list_sync_runs', 'connections:read', 'The last 50 runs of each stream, the latest first',
    parameters => '{"stream": {"type": "string", "maxLength": 40}}',
    responses => '{"200": {"type": "object", "additionalProperties": false, "required": ["data"], "properties": {"data": {"type": "array", "items": {"$ref": "#/components/schemas/SyncRun"}}}}}');
SELECT lealup._add_route('POST', '/v1/connections/{id}/sync', '_http_sync_now', 'connections:write', 'Look for news at once',
    request => '{"type": "object", "additionalProperties": false, "properties": {"stream": {"type": "string", "maxLength": 40, "description": "Only this one.", "examples": ["messages"]}}}',
    responses => '{"202": {"type": "object", "additionalProperties": false, "required": ["streams"], "properties": {"streams": {"type": "integer", "description": "How many look."}}}}');
SELECT lealup._add_route('GET', '/v1/connections/{id}/errors', '_http_list_record_errors', 'connections:read', 'The records that were set aside, and why',
    parameters => lealup._http_paging() || '{"stream": {"type": "string", "maxLength": 40}, "class": {"type": "string", "enum": ["invalid", "unavailable", "temporary"]}}',
    responses => lealup._http_list_of('{"$ref": "#/components/schemas/RecordError"}'));
SELECT lealup._add_route('POST', '/v1/connections/{id}/errors/retry', '_http_retry_records', 'connections:write', 'Try all records again that were set aside',
    request => '{"type": "object", "additionalProperties": false, "properties": {"stream": {"type": "string", "maxLength": 40, "description": "Only those of this one.", "examples": ["messages"]}}}',
    responses => '{"200": {"type": "object", "additionalProperties": false, "required": ["resolved", "failed", "queued"], "properties": {"resolved": {"type": "integer"}, "failed": {"type": "integer"},
        "queued": {"type": "integer", "description": "Those that have to be read again."}}}}');
SELECT lealup._add_route('POST', '/v1/connections/{id}/errors/{error_id}/retry', '_http_retry_record', 'connections:write', 'Try a record again that was set aside',
    responses => '{"200": {"type": "object", "additionalProperties": false, "required": ["result"], "properties": {"result": {"type": "string", "enum": ["resolved", "failed", "queued"]}}}}');
