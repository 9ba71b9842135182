-- The HTTP API of lead syncs: what is set, what is mapped, and the log.

INSERT INTO lealup.api_schema (name, schema) VALUES
('LeadSync', lealup._http_shape('{"id": {"type": "string", "format": "uuid", "description": "Of its connection, too; what an automation names as its peer."}, "name": {"type": "string"}, "enabled": {"type": "boolean"},
    "lead_source": {"type": ["string", "null"]}, "country": {"type": ["string", "null"]}, "time_zone": {"type": "string"}, "search_by": {"type": "string"},
    "secondary_search_by": {"type": ["string", "null"]}, "notify_member_id": {"type": ["string", "null"], "format": "uuid"}, "notify": {"type": "boolean"},
    "lead_behaviour": {"type": "string", "enum": ["capture", "create_only", "update_only", "ignore"]},
    "activity_behaviour": {"type": "string", "enum": ["off", "capture", "create_only", "update_only"]}, "created_at": {"type": "string", "format": "date-time"}}')),
('LeadSyncMapping', lealup._http_shape('{"entity": {"type": "string", "enum": ["lead", "activity", "activity_type"]}, "target": {"type": "string"}, "source": {"type": ["string", "null"]},
    "enabled": {"type": "boolean"}, "default_value": {"type": ["string", "number", "boolean", "null"]}, "custom": {"type": "boolean", "description": "The field was made with the row."},
    "problem": {"type": ["string", "null"], "description": "Why the sync cannot be enabled."}}')),
('LeadSyncJob', lealup._http_shape('{"id": {"type": "string", "format": "uuid"}, "source": {"type": "string", "enum": ["webhook", "poll", "retry"]}, "status": {"type": "string", "enum": ["success", "failure"]},
    "started_at": {"type": "string", "format": "date-time"}, "finished_at": {"type": "string", "format": "date-time"}, "created": {"type": "integer"}, "updated": {"type": "integer"},
    "unchanged": {"type": "integer"}, "skipped": {"type": "integer"}, "failed": {"type": "integer"}, "api_url": {"type": ["string", "null"]}, "request": {"type": ["object", "array", "null"]},
    "response": {"type": ["object", "array", "null"]}, "lead_behaviour": {"type": "string"}, "activity_behaviour": {"type": "string"}, "mapping": {"type": "array", "items": {"type": "object"}}}')),
('LeadSyncRecord', lealup._http_shape('{"id": {"type": "string", "format": "uuid"}, "job_id": {"type": "string", "format": "uuid"}, "entity": {"type": ["string", "null"]}, "remote_id": {"type": ["string", "null"]},
    "local_id": {"type": ["string", "null"], "format": "uuid"}, "status": {"type": "string", "enum": ["new", "updated", "unchanged", "skipped", "failed"]},
    "sync_status": {"type": "string", "enum": ["success", "error"]}, "reason": {"type": ["string", "null"]}, "attempts": {"type": "integer"},
    "next_attempt_at": {"type": ["string", "null"], "format": "date-time"}, "received_at": {"type": "string", "format": "date-time"}, "updated_at": {"type": "string", "format": "date-time"},
    "source": {"type": "string"}, "api_url": {"type": ["string", "null"]}, "request": {"type": ["object", "null"]}, "response": {"type": "object"}, "lead_behaviour": {"type": "string"},
    "activity_behaviour": {"type": "string"}, "mapping": {"type": "array", "items": {"type": "object"}}}'));
INSERT INTO lealup.api_schema (name, schema)
SELECT 'NewLeadSync', lealup._http_shape((s.schema -> 'properties') || '{"url": {"type": ["string", "null"], "description": "To where the other account sends; shown this once."},
    "secret": {"type": ["string", "null"], "description": "By which it signs; shown this once."}}')
FROM lealup.api_schema s WHERE s.name = 'LeadSync';

CREATE FUNCTION lealup._http_lead_sync(s lealup.lead_sync) RETURNS json
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN json_build_object('id', s.id, 'name', s.name, 'enabled', s.enabled, 'lead_source', s.lead_source, 'country', s.country, 'time_zone', s.time_zone, 'search_by', s.search_by,
        'secondary_search_by', s.secondary_search_by, 'notify_member_id', s.notify_member_id, 'notify', s.notify, 'lead_behaviour', s.lead_behaviour,
        'activity_behaviour', s.activity_behaviour, 'created_at', lealup._http_stamp(s.created_at));
COMMENT ON FUNCTION lealup._http_lead_sync(lealup.lead_sync) IS 'A lead sync as answers show it.';

CREATE FUNCTION lealup._http_find_lead_sync(call lealup.http_call) RETURNS lealup.lead_sync
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s lealup.lead_sync;
BEGIN
    SELECT x.* INTO s FROM lealup.lead_sync x WHERE x.tenant_id = call.tenant_id AND x.id = lealup._http_id(call, 'id', 'lead sync') AND x.removed_at IS NULL;
    PERFORM lealup._http_found(FOUND, 'lead sync');
    RETURN s;
END $$;
COMMENT ON FUNCTION lealup._http_find_lead_sync(lealup.http_call) IS 'The lead sync that the path names; ends the request with 404 if there is none.';

CREATE FUNCTION lealup._http_list_lead_syncs(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN lealup._http_page(call, 'lead_sync', '_http_lead_sync', '{}', 'x.removed_at IS NULL');
COMMENT ON FUNCTION lealup._http_list_lead_syncs(lealup.http_call) IS 'Answers GET /v1/lead-syncs, in the order in which they were made.';

CREATE FUNCTION lealup._http_create_lead_sync(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    b jsonb := call.body;
    made record;
    shown json;
    reply lealup.http_reply;
BEGIN
    made := lealup.create_lead_sync(call.tenant_id, b ->> 'name', coalesce(b ->> 'sender', 'lealup'), b ->> 'lead_source', b ->> 'country', coalesce(b ->> 'time_zone', 'UTC'),
        coalesce(b ->> 'search_by', 'email'), b ->> 'secondary_search_by', (b ->> 'notify_member_id')::uuid, coalesce((b ->> 'notify')::boolean, true), coalesce(b ->> 'lead_behaviour', 'capture'),
        coalesce(b ->> 'activity_behaviour', 'off'), coalesce((b ->> 'header')::boolean, false), (b ->> 'connection_id')::uuid);
    SELECT lealup._http_lead_sync(s) INTO shown FROM lealup.lead_sync s WHERE s.tenant_id = call.tenant_id AND s.id = made.sync_id;
    reply := lealup._http_ok(lealup._http_and(shown, json_build_object('url', made.url, 'secret', made.secret)), 201, jsonb_build_object('location', call.path || '/' || made.sync_id));
    reply.again := lealup._http_and(shown, '{"url": null, "secret": null}');
    RETURN reply;
END $$;
COMMENT ON FUNCTION lealup._http_create_lead_sync(lealup.http_call) IS 'Answers POST /v1/lead-syncs; URL and secret are shown in this answer only.';

CREATE FUNCTION lealup._http_get_lead_sync(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
    RETURN lealup._http_show(lealup._http_lead_sync(lealup._http_find_lead_sync(call)));
COMMENT ON FUNCTION lealup._http_get_lead_sync(lealup.http_call) IS 'Answers GET /v1/lead-syncs/{id}.';

CREATE FUNCTION lealup._http_update_lead_sync(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    b jsonb := call.body;
    s lealup.lead_sync := lealup._http_find_lead_sync(call);
BEGIN
    PERFORM lealup._http_if_match(call, lealup._http_version(lealup._http_lead_sync(s)));
    PERFORM lealup.update_lead_sync(call.tenant_id, s.id, b ->> 'name', CASE WHEN b ? 'lead_source' THEN coalesce(b ->> 'lead_source', '') END, CASE WHEN b ? 'country' THEN coalesce(b ->> 'country', '') END,
        b ->> 'time_zone', b ->> 'search_by', CASE WHEN b ? 'secondary_search_by' THEN coalesce(b ->> 'secondary_search_by', '') END, (b ->> 'notify_member_id')::uuid,
        (b ->> 'notify')::boolean, b ->> 'lead_behaviour', b ->> 'activity_behaviour', (b ->> 'header')::boolean);
    IF (b ->> 'enabled')::boolean THEN
        PERFORM lealup.enable_lead_sync(call.tenant_id, s.id);
    ELSIF NOT (b ->> 'enabled')::boolean THEN
        PERFORM lealup.disable_lead_sync(call.tenant_id, s.id);
    END IF;
    RETURN lealup._http_show(lealup._http_lead_sync(lealup._http_find_lead_sync(call)));
END $$;
COMMENT ON FUNCTION lealup._http_update_lead_sync(lealup.http_call) IS 'Answers PATCH /v1/lead-syncs/{id}: what the body does not name stays.';

CREATE FUNCTION lealup._http_remove_lead_sync(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s lealup.lead_sync := lealup._http_find_lead_sync(call);
BEGIN
    PERFORM lealup._http_if_match(call, lealup._http_version(lealup._http_lead_sync(s)));
    PERFORM lealup.remove_lead_sync(call.tenant_id, s.id);
    RETURN lealup._http_ok(NULL, 204);
END $$;
COMMENT ON FUNCTION lealup._http_remove_lead_sync(lealup.http_call) IS 'Answers DELETE /v1/lead-syncs/{id}.';

-- ----- Mapping -----

CREATE FUNCTION lealup._http_show_mapping(tenant_id uuid, sync_id uuid) RETURNS json
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT json_build_object('data', coalesce(json_agg(r.row ORDER BY r.entity DESC, r.target), '[]')) FROM (
        SELECT m.entity, m.target, json_build_object('entity', m.entity, 'target', m.target, 'source', m.source, 'enabled', m.enabled, 'default_value', m.default_value, 'custom', m.custom,
            'problem', (SELECT string_agg(p.problem, '; ') FROM lealup.check_mapping(_show.tenant_id, _show.sync_id) p WHERE p.field = m.target)) AS row
        FROM (SELECT _http_show_mapping.tenant_id, _http_show_mapping.sync_id) _show(tenant_id, sync_id)
        JOIN lealup.lead_sync_mapping m ON m.tenant_id = _show.tenant_id AND m.sync_id = _show.sync_id) r;
END;
COMMENT ON FUNCTION lealup._http_show_mapping(uuid, uuid) IS 'The mapping of a sync as answers show it, with what is wrong with it.';

CREATE FUNCTION lealup._http_get_mapping(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
    RETURN lealup._http_ok(lealup._http_show_mapping(call.tenant_id, (lealup._http_find_lead_sync(call)).id));
COMMENT ON FUNCTION lealup._http_get_mapping(lealup.http_call) IS 'Answers GET /v1/lead-syncs/{id}/mapping.';

CREATE FUNCTION lealup._http_set_mapping(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    b jsonb := call.body;
    s lealup.lead_sync := lealup._http_find_lead_sync(call);
BEGIN
    PERFORM lealup.set_lead_sync_mapping(call.tenant_id, s.id, b ->> 'target', CASE WHEN b ? 'source' THEN coalesce(b ->> 'source', '') END, coalesce(b ->> 'entity', 'lead'),
        (b ->> 'enabled')::boolean, b -> 'default_value', b ->> 'search_key', b ->> 'new_type',
        CASE WHEN jsonb_typeof(b -> 'choices') = 'array' THEN ARRAY(SELECT jsonb_array_elements_text(b -> 'choices')) END);
    RETURN lealup._http_ok(lealup._http_show_mapping(call.tenant_id, s.id));
END $$;
COMMENT ON FUNCTION lealup._http_set_mapping(lealup.http_call) IS 'Answers POST /v1/lead-syncs/{id}/mapping: adds a row, or changes the one of that target; what the body does not name stays.';

CREATE FUNCTION lealup._http_delete_mapping(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s lealup.lead_sync := lealup._http_find_lead_sync(call);
BEGIN
    PERFORM lealup._http_found(EXISTS (SELECT FROM lealup.lead_sync_mapping m WHERE m.tenant_id = s.tenant_id AND m.sync_id = s.id
        AND m.entity = coalesce(call.query ->> 'entity', 'lead') AND m.target = call.params ->> 'target'), 'row');
    PERFORM lealup.delete_lead_sync_mapping(call.tenant_id, s.id, call.params ->> 'target', coalesce(call.query ->> 'entity', 'lead'));
    RETURN lealup._http_ok(NULL, 204);
END $$;
COMMENT ON FUNCTION lealup._http_delete_mapping(lealup.http_call) IS 'Answers DELETE /v1/lead-syncs/{id}/mapping/{target}.';

-- ----- The log -----

CREATE FUNCTION lealup._http_lead_sync_job(j lealup.lead_sync_jobs) RETURNS json
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN json_build_object('id', j.id, 'source', j.source, 'status', j.status, 'started_at', lealup._http_stamp(j.started_at), 'finished_at', lealup._http_stamp(j.finished_at),
        'created', j.created, 'updated', j.updated, 'unchanged', j.unchanged, 'skipped', j.skipped, 'failed', j.failed, 'api_url', j.api_url, 'request', j.request, 'response', j.response,
        'lead_behaviour', j.lead_behaviour, 'activity_behaviour', j.activity_behaviour, 'mapping', j.mapping);
COMMENT ON FUNCTION lealup._http_lead_sync_job(lealup.lead_sync_jobs) IS 'A job of a lead sync as answers show it.';

CREATE FUNCTION lealup._http_lead_sync_record(r lealup.lead_sync_records) RETURNS json
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN json_build_object('id', r.id, 'job_id', r.job_id, 'entity', r.entity, 'remote_id', r.remote_id, 'local_id', r.local_id, 'status', r.status, 'sync_status', r.sync_status,
        'reason', r.reason, 'attempts', r.attempts, 'next_attempt_at', lealup._http_stamp(r.next_attempt_at), 'received_at', lealup._http_stamp(r.received_at),
        'updated_at', lealup._http_stamp(r.updated_at), 'source', r.source, 'api_url', r.api_url, 'request', r.request, 'response', r.response, 'lead_behaviour', r.lead_behaviour,
        'activity_behaviour', r.activity_behaviour, 'mapping', r.mapping);
COMMENT ON FUNCTION lealup._http_lead_sync_record(lealup.lead_sync_records) IS 'A record of the log of a lead sync as answers show it.';

CREATE FUNCTION lealup._http_sync_where(call lealup.http_call) RETURNS text
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s lealup.lead_sync := lealup._http_find_lead_sync(call);
    period record := lealup._lead_sync_period(call.query ->> 'period', (SELECT t.time_zone FROM lealup.tenant t WHERE t.tenant_id = s.tenant_id), now());
BEGIN
    RETURN format('x.sync_id = %L', s.id)
        || CASE WHEN period."from" > '-infinity' THEN format(' AND x.id >= %L', lealup.uuid7_floor(period."from")) ELSE '' END
        || CASE WHEN period.until < 'infinity' THEN format(' AND x.id < %L', lealup.uuid7_floor(period.until)) ELSE '' END;
END $$;
COMMENT ON FUNCTION lealup._http_sync_where(lealup.http_call) IS 'The condition for the log of the sync that the path names, in the period that the query names.';

CREATE FUNCTION lealup._http_list_lead_sync_jobs(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
    RETURN lealup._http_page(call, 'lead_sync_jobs', '_http_lead_sync_job', '{status}', lealup._http_sync_where(call), newest_first => true);
COMMENT ON FUNCTION lealup._http_list_lead_sync_jobs(lealup.http_call) IS 'Answers GET /v1/lead-syncs/{id}/jobs, the newest first.';

CREATE FUNCTION lealup._http_list_lead_sync_records(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
    RETURN lealup._http_page(call, 'lead_sync_records', '_http_lead_sync_record', '{status,sync_status,job_id}', lealup._http_sync_where(call), newest_first => true);
COMMENT ON FUNCTION lealup._http_list_lead_sync_records(lealup.http_call) IS 'Answers GET /v1/lead-syncs/{id}/records, the newest first.';

CREATE FUNCTION lealup._http_retry_lead_sync_record(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s lealup.lead_sync := lealup._http_find_lead_sync(call);
    record_id uuid := lealup._http_id(call, 'record_id', 'record');
BEGIN
    PERFORM lealup._http_found(EXISTS (SELECT FROM lealup.lead_sync_record r WHERE r.tenant_id = s.tenant_id AND r.sync_id = s.id AND r.id = record_id), 'record');
    PERFORM lealup.retry_lead_sync_record(call.tenant_id, record_id);
    RETURN lealup._http_ok(NULL, 204);
END $$;
COMMENT ON FUNCTION lealup._http_retry_lead_sync_record(lealup.http_call) IS 'Answers POST /v1/lead-syncs/{id}/records/{record_id}/retry.';

CREATE FUNCTION lealup._http_retry_lead_sync(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s lealup.lead_sync := lealup._http_find_lead_sync(call);
BEGIN
    RETURN lealup._http_ok(json_build_object('records', lealup.retry_lead_sync(call.tenant_id, s.id, coalesce((call.body ->> 'skipped')::boolean, false))));
END $$;
COMMENT ON FUNCTION lealup._http_retry_lead_sync(lealup.http_call) IS 'Answers POST /v1/lead-syncs/{id}/retry.';

-- ----- Routes -----

CREATE FUNCTION lealup._http_lead_sync_fields() RETURNS jsonb
    LANGUAGE sql IMMUTABLE
    RETURN '{"name": {"type": "string", "maxLength": 200}, "lead_source": {"type": ["string", "null"], "maxLength": 200}, "country": {"type": ["string", "null"], "pattern": "^[A-Z]{2}$", "examples": ["ES"]},
        "time_zone": {"type": "string", "maxLength": 100, "examples": ["Europe/Madrid"]}, "search_by": {"type": "string", "maxLength": 63, "examples": ["email"]},
        "secondary_search_by": {"type": ["string", "null"], "maxLength": 63, "examples": [null]}, "notify_member_id": {"type": ["string", "null"], "format": "uuid", "examples": [null]}, "notify": {"type": "boolean"},
        "lead_behaviour": {"type": "string", "enum": ["capture", "create_only", "update_only", "ignore"]},
        "activity_behaviour": {"type": "string", "enum": ["off", "capture", "create_only", "update_only"]},
        "header": {"type": "boolean", "description": "LeadSquared has to send the secret in the header X-Lealup-Token.", "examples": [false]}}'::jsonb;
COMMENT ON FUNCTION lealup._http_lead_sync_fields() IS 'What a body says of a lead sync.';

SELECT lealup._add_route('GET', '/v1/lead-syncs', '_http_list_lead_syncs', 'leads:read', 'List lead syncs', parameters => lealup._http_paging(),
    responses => lealup._http_list_of('{"$ref": "#/components/schemas/LeadSync"}'));
SELECT lealup._add_route('POST', '/v1/lead-syncs', '_http_create_lead_sync', 'leads:write', 'Create a lead sync',
    request => lealup._http_shape(lealup._http_lead_sync_fields() || '{"sender": {"type": "string", "enum": ["lealup", "leadsquared"]},
        "connection_id": {"type": ["string", "null"], "format": "uuid", "description": "A connection whose provider brings leads; there is no URL then."}}', '{name}'),
    responses => '{"201": {"$ref": "#/components/schemas/NewLeadSync"}}', example => '{"name": "Clinic", "lead_source": "Clinic", "country": "ES"}');
SELECT lealup._add_route('GET', '/v1/lead-syncs/{id}', '_http_get_lead_sync', 'leads:read', 'A lead sync', responses => '{"200": {"$ref": "#/components/schemas/LeadSync"}}');
SELECT lealup._add_route('PATCH', '/v1/lead-syncs/{id}', '_http_update_lead_sync', 'leads:write', 'Change, enable or disable a lead sync',
    request => lealup._http_shape(lealup._http_lead_sync_fields() || '{"enabled": {"type": "boolean"}}', '{}'), responses => '{"200": {"$ref": "#/components/schemas/LeadSync"}}',
    example => '{"enabled": true}');
SELECT lealup._add_route('DELETE', '/v1/lead-syncs/{id}', '_http_remove_lead_sync', 'leads:write', 'Remove a lead sync', responses => '{"204": null}');
SELECT lealup._add_route('GET', '/v1/lead-syncs/{id}/mapping', '_http_get_mapping', 'leads:read', 'What is mapped to what, and what is wrong with it',
    responses => jsonb_build_object('200', lealup._http_shape('{"data": {"type": "array", "items": {"$ref": "#/components/schemas/LeadSyncMapping"}}}')));
SELECT lealup._add_route('POST', '/v1/lead-syncs/{id}/mapping', '_http_set_mapping', 'leads:write', 'Map a field',
    request => lealup._http_shape('{"entity": {"type": "string", "enum": ["lead", "activity", "activity_type"]}, "target": {"type": "string", "maxLength": 63}, "source": {"type": ["string", "null"], "maxLength": 200},
        "enabled": {"type": "boolean"}, "default_value": {"type": ["string", "number", "boolean", "null"]}, "search_key": {"type": ["string", "null"], "enum": ["primary", "secondary", null]},
        "new_type": {"type": ["string", "null"], "description": "Makes the field, of that type, if it is not there.", "maxLength": 20}, "choices": {"type": ["array", "null"], "items": {"type": "string"}}}', '{target}'),
    responses => jsonb_build_object('200', lealup._http_shape('{"data": {"type": "array", "items": {"$ref": "#/components/schemas/LeadSyncMapping"}}}')),
    example => '{"target": "city", "source": "Town", "default_value": "Madrid"}');
SELECT lealup._add_route('DELETE', '/v1/lead-syncs/{id}/mapping/{target}', '_http_delete_mapping', 'leads:write', 'Take a row out of the mapping',
    parameters => '{"entity": {"type": "string", "enum": ["lead", "activity", "activity_type"]}}', responses => '{"204": null}');
SELECT lealup._add_route('GET', '/v1/lead-syncs/{id}/jobs', '_http_list_lead_sync_jobs', 'leads:read', 'What was taken in, job by job, the newest first',
    parameters => lealup._http_paging() || '{"status": {"type": "string", "enum": ["success", "failure"]}, "period": {"type": "string", "enum": ["today", "last_7_days", "this_month", "last_month"]}}',
    responses => lealup._http_list_of('{"$ref": "#/components/schemas/LeadSyncJob"}'));
SELECT lealup._add_route('GET', '/v1/lead-syncs/{id}/records', '_http_list_lead_sync_records', 'leads:read', 'What became of each record, the newest first',
    parameters => lealup._http_paging() || lealup._http_id_of('job_id', 'Only those of this job.') || '{"status": {"type": "string", "enum": ["new", "updated", "unchanged", "skipped", "failed"]},
        "sync_status": {"type": "string", "enum": ["success", "error"]}, "period": {"type": "string", "enum": ["today", "last_7_days", "this_month", "last_month"]}}',
    responses => lealup._http_list_of('{"$ref": "#/components/schemas/LeadSyncRecord"}'));
SELECT lealup._add_route('POST', '/v1/lead-syncs/{id}/records/{record_id}/retry', '_http_retry_lead_sync_record', 'leads:write', 'Have a record applied again', responses => '{"204": null}');
SELECT lealup._add_route('POST', '/v1/lead-syncs/{id}/retry', '_http_retry_lead_sync', 'leads:write', 'Have all records applied again that failed',
    request => lealup._http_shape('{"skipped": {"type": "boolean", "description": "Those that were skipped as well."}}', '{}'),
    responses => jsonb_build_object('200', lealup._http_shape('{"records": {"type": "integer"}}')), example => '{"skipped": false}');
