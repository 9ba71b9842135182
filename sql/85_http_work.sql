-- The HTTP API of what is to be done: tasks, playbooks and their runs, imports.

INSERT INTO lealup.api_schema (name, schema) VALUES
('TaskSettings', lealup._http_shape('{"customer_id": {"type": ["string", "null"], "format": "uuid"}, "assignee_id": {"type": ["string", "null"], "format": "uuid"}, "title": {"type": "string", "minLength": 1, "maxLength": 1000, "examples": ["Call Ana Ruiz"]},
    "description": {"type": ["string", "null"], "maxLength": 100000, "examples": ["Ask how the launch went."]}, "status": {"type": "string", "enum": ["open", "in_progress", "completed", "cancelled"]},
    "priority": {"type": "string", "enum": ["low", "normal", "high", "urgent"]}, "due_at": {"type": ["string", "null"], "format": "date-time"}, "external_id": {"type": ["string", "null"], "minLength": 1, "maxLength": 1000}}', '{}')),
('Playbook', lealup._http_shape('{"id": {"type": "string", "format": "uuid"}, "name": {"type": "string", "examples": ["Rescue"]}, "events": {"type": "array", "items": {"type": "string"}}, "filters": {"type": "object"}, "steps": {"type": "array", "items": {"type": "object"}},
    "cooldown_seconds": {"type": "integer"}, "enabled": {"type": "boolean"}, "created_at": {"type": "string", "format": "date-time"}, "updated_at": {"type": "string", "format": "date-time"}}')),
('PlaybookRun', lealup._http_shape('{"id": {"type": "string", "format": "uuid"}, "playbook_id": {"type": "string", "format": "uuid"}, "playbook_name": {"type": "string"}, "event_id": {"type": "string", "format": "uuid"},
    "event_type": {"type": ["string", "null"]}, "customer_id": {"type": ["string", "null"], "format": "uuid"}, "status": {"type": "string", "enum": ["running", "completed", "failed", "skipped", "cancelled"]},
    "reason": {"type": ["string", "null"]}, "started_at": {"type": "string", "format": "date-time"}, "finished_at": {"type": ["string", "null"], "format": "date-time"}}')),
('Import', lealup._http_shape('{"id": {"type": "string", "format": "uuid"}, "mapping_name": {"type": "string"}, "target": {"type": "string"}, "dry_run": {"type": "boolean"},
    "status": {"type": "string", "enum": ["new", "running", "interrupted", "completed", "failed", "cancelled"]}, "rows": {"type": "integer"}, "done": {"type": "integer"}, "percent": {"type": ["number", "null"]},
    "inserted": {"type": "integer"}, "updated": {"type": "integer"}, "unchanged": {"type": "integer"}, "merged": {"type": "integer"}, "rejected": {"type": "integer"}, "error": {"type": ["string", "null"]},
    "created_at": {"type": "string", "format": "date-time"}, "started_at": {"type": ["string", "null"], "format": "date-time"}, "finished_at": {"type": ["string", "null"], "format": "date-time"}}')),
('ImportReject', lealup._http_shape('{"row_no": {"type": "integer"}, "field": {"type": ["string", "null"]}, "reason": {"type": "string"}, "fields": {"type": "array", "items": {"type": ["string", "null"]}},
    "resolved_at": {"type": ["string", "null"], "format": "date-time"}}'));
INSERT INTO lealup.api_schema (name, schema)
SELECT 'Task', lealup._http_shape((s.schema -> 'properties') || '{"id": {"type": "string", "format": "uuid"}, "assignee_email": {"type": ["string", "null"]}, "source": {"type": "string", "enum": ["manual", "playbook"]},
    "playbook_run_id": {"type": ["string", "null"], "format": "uuid"}, "completed_at": {"type": ["string", "null"], "format": "date-time"}, "created_at": {"type": "string", "format": "date-time"}}')
FROM lealup.api_schema s WHERE s.name = 'TaskSettings'
UNION ALL
SELECT 'PlaybookRunDetail', lealup._http_shape((s.schema -> 'properties') || jsonb_build_object('steps', jsonb_build_object('type', 'array', 'items', lealup._http_shape('{"step_no": {"type": "integer"}, "step": {"type": "object"},
    "status": {"type": "string", "enum": ["pending", "done", "failed"]}, "attempts": {"type": "integer"}, "error": {"type": ["string", "null"]}, "result_id": {"type": ["string", "null"], "format": "uuid"},
    "finished_at": {"type": ["string", "null"], "format": "date-time"}}'))))
FROM lealup.api_schema s WHERE s.name = 'PlaybookRun';

-- ----- Tasks -----

CREATE FUNCTION lealup._http_task(t lealup.task) RETURNS json
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN json_build_object('id', t.id, 'customer_id', t.customer_id, 'assignee_id', t.assignee_id,
        'assignee_email', (SELECT m.email FROM lealup.member m WHERE m.tenant_id = t.tenant_id AND m.id = t.assignee_id), 'title', t.title, 'description', t.description, 'status', t.status,
        'priority', t.priority, 'due_at', lealup._http_stamp(t.due_at), 'source', t.source, 'playbook_run_id', t.playbook_run_id, 'external_id', t.external_id,
        'completed_at', lealup._http_stamp(t.completed_at), 'created_at', lealup._http_stamp(t.created_at));
COMMENT ON FUNCTION lealup._http_task(lealup.task) IS 'A task as answers show it.';

CREATE FUNCTION lealup._http_show_task(tenant_id uuid, task_id uuid, status int DEFAULT 200) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    t lealup.task;
BEGIN
    SELECT x.* INTO t FROM lealup.task x WHERE x.tenant_id = _http_show_task.tenant_id AND x.id = _http_show_task.task_id;
    PERFORM lealup._http_found(FOUND, 'task');
    RETURN lealup._http_show(lealup._http_task(t), _http_show_task.status, CASE _http_show_task.status WHEN 201 THEN jsonb_build_object('location', '/v1/tasks/' || t.id) ELSE '{}' END);
END $$;
COMMENT ON FUNCTION lealup._http_show_task(uuid, uuid, int) IS 'An answer that shows a task as it is now; ends the request with 404 if there is none.';

CREATE FUNCTION lealup._http_lock_task(call lealup.http_call) RETURNS lealup.task
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    t lealup.task;
BEGIN
    SELECT x.* INTO t FROM lealup.task x WHERE x.tenant_id = call.tenant_id AND x.id = lealup._http_id(call, 'id', 'task') FOR NO KEY UPDATE;
    PERFORM lealup._http_found(FOUND, 'task');
    PERFORM lealup._http_if_match(call, lealup._http_version(lealup._http_task(t)));
    RETURN t;
END $$;
COMMENT ON FUNCTION lealup._http_lock_task(lealup.http_call) IS
    'The task that the path names, locked, in the version that If-Match names; ends the request with 404 if there is none, 412 if that is another version.';

CREATE FUNCTION lealup._http_list_tasks(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN lealup._http_page(call, 'task', '_http_task', '{customer_id,assignee_id,status,priority,source,external_id}', nullif(concat_ws(' AND ',
        CASE call.query ->> 'done' WHEN 'true' THEN 'x.status NOT IN (''open'', ''in_progress'')' WHEN 'false' THEN 'x.status IN (''open'', ''in_progress'')' END,
        CASE WHEN call.query ? 'due_before' THEN format('x.due_at < %L', lealup._http_time(call.query ->> 'due_before')) END,
        CASE WHEN call.query ? 'due_after' THEN format('x.due_at >= %L', lealup._http_time(call.query ->> 'due_after')) END), ''), newest_first => true);
COMMENT ON FUNCTION lealup._http_list_tasks(lealup.http_call) IS
    'Answers GET /v1/tasks, the newest first, by the primary key; by (tenant_id, assignee_id) of those to be done, (tenant_id, customer_id) or (tenant_id, external_id) where that is less.';

CREATE FUNCTION lealup._http_get_task(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN lealup._http_show_task(call.tenant_id, lealup._http_id(call, 'id', 'task'));
END $$;
COMMENT ON FUNCTION lealup._http_get_task(lealup.http_call) IS 'Answers GET /v1/tasks/{id}.';

CREATE FUNCTION lealup._http_read_task(call lealup.http_call, t lealup.task) RETURNS lealup.task
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lealup._http_check_references(call.tenant_id, call.body);
    IF EXISTS (SELECT FROM lealup.task x WHERE x.tenant_id = call.tenant_id AND x.external_id = call.body ->> 'external_id' AND x.id IS DISTINCT FROM t.id) THEN
        PERFORM lealup._http_refuse_field(409, 'external_id', 'is that of another task');
    END IF;
    t := jsonb_populate_record(t, call.body - 'due_at');
    IF call.body ? 'due_at' THEN
        t.due_at := lealup._http_time(call.body ->> 'due_at');
    END IF;
    RETURN t;
END $$;
COMMENT ON FUNCTION lealup._http_read_task(lealup.http_call, lealup.task) IS 'A task as the body changes it. Ends the request with 409 or 422, naming the field, if it cannot.';

CREATE FUNCTION lealup._http_create_task(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    t lealup.task := lealup._http_read_task(call, NULL);
BEGIN
    INSERT INTO lealup.task (tenant_id, customer_id, assignee_id, title, description, status, priority, due_at, external_id)
    VALUES (call.tenant_id, t.customer_id, t.assignee_id, t.title, t.description, coalesce(t.status, 'open'), coalesce(t.priority, 'normal'), t.due_at, t.external_id)
    RETURNING id INTO t.id;
    PERFORM lealup._http_note_change(call, 'task.create', 'task', t.id);
    RETURN lealup._http_show_task(call.tenant_id, t.id, 201);
END $$;
COMMENT ON FUNCTION lealup._http_create_task(lealup.http_call) IS 'Answers POST /v1/tasks.';

CREATE FUNCTION lealup._http_update_task(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    t lealup.task := lealup._http_read_task(call, lealup._http_lock_task(call));
BEGIN
    UPDATE lealup.task x
    SET customer_id = t.customer_id, assignee_id = t.assignee_id, title = t.title, description = t.description, status = t.status, priority = t.priority, due_at = t.due_at,
        external_id = t.external_id
    WHERE x.tenant_id = t.tenant_id AND x.id = t.id;
    PERFORM lealup._http_note_change(call, 'task.update', 'task', t.id);
    RETURN lealup._http_show_task(t.tenant_id, t.id);
END $$;
COMMENT ON FUNCTION lealup._http_update_task(lealup.http_call) IS 'Answers PATCH /v1/tasks/{id}: what the body does not name stays.';

CREATE FUNCTION lealup._http_complete_task(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    t lealup.task := lealup._http_lock_task(call);
BEGIN
    PERFORM lealup.complete_task(t.tenant_id, t.id);
    RETURN lealup._http_show_task(t.tenant_id, t.id);
END $$;
COMMENT ON FUNCTION lealup._http_complete_task(lealup.http_call) IS 'Answers POST /v1/tasks/{id}/complete.';

CREATE FUNCTION lealup._http_reopen_task(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    t lealup.task := lealup._http_lock_task(call);
BEGIN
    PERFORM lealup.reopen_task(t.tenant_id, t.id);
    RETURN lealup._http_show_task(t.tenant_id, t.id);
END $$;
COMMENT ON FUNCTION lealup._http_reopen_task(lealup.http_call) IS 'Answers POST /v1/tasks/{id}/reopen.';

-- ----- Playbooks -----

CREATE FUNCTION lealup._http_playbook(p lealup.playbook) RETURNS json
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN json_build_object('id', p.id, 'name', p.name, 'events', p.events, 'filters', p.filters, 'steps', p.steps, 'cooldown_seconds', extract(epoch FROM p.cooldown)::bigint, 'enabled', p.enabled,
        'created_at', lealup._http_stamp(p.created_at), 'updated_at', lealup._http_stamp(p.updated_at));
COMMENT ON FUNCTION lealup._http_playbook(lealup.playbook) IS 'A playbook as answers show it.';

CREATE FUNCTION lealup._http_find_playbook(call lealup.http_call) RETURNS lealup.playbook
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    p lealup.playbook;
BEGIN
    SELECT x.* INTO p FROM lealup.playbook x WHERE x.tenant_id = call.tenant_id AND x.id = lealup._http_id(call, 'id', 'playbook') AND x.deleted_at IS NULL;
    PERFORM lealup._http_found(FOUND, 'playbook');
    RETURN p;
END $$;
COMMENT ON FUNCTION lealup._http_find_playbook(lealup.http_call) IS 'The playbook that the path names; ends the request with 404 if there is none.';

CREATE FUNCTION lealup._http_list_playbooks(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN lealup._http_page(call, 'playbook', '_http_playbook', '{enabled}', concat_ws(' AND ', 'x.deleted_at IS NULL',
        CASE WHEN call.query ? 'updated_since' THEN format('x.updated_at >= %L', lealup._http_time(call.query ->> 'updated_since')) END));
COMMENT ON FUNCTION lealup._http_list_playbooks(lealup.http_call) IS 'Answers GET /v1/playbooks, by the primary key.';

CREATE FUNCTION lealup._http_get_playbook(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN lealup._http_show(lealup._http_playbook(lealup._http_find_playbook(call)));
END $$;
COMMENT ON FUNCTION lealup._http_get_playbook(lealup.http_call) IS 'Answers GET /v1/playbooks/{id}.';

CREATE FUNCTION lealup._http_enable_playbook(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lealup.enable_playbook(call.tenant_id, (lealup._http_find_playbook(call)).id);
    RETURN lealup._http_get_playbook(call);
END $$;
COMMENT ON FUNCTION lealup._http_enable_playbook(lealup.http_call) IS 'Answers POST /v1/playbooks/{id}/enable.';

CREATE FUNCTION lealup._http_disable_playbook(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lealup.disable_playbook(call.tenant_id, (lealup._http_find_playbook(call)).id);
    RETURN lealup._http_get_playbook(call);
END $$;
COMMENT ON FUNCTION lealup._http_disable_playbook(lealup.http_call) IS 'Answers POST /v1/playbooks/{id}/disable.';

CREATE FUNCTION lealup._http_run(r lealup.playbook_run) RETURNS json
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN json_build_object('id', r.id, 'playbook_id', r.playbook_id, 'playbook_name', (SELECT p.name FROM lealup.playbook p WHERE p.tenant_id = r.tenant_id AND p.id = r.playbook_id),
        'event_id', r.event_id, 'event_type', r.event_type, 'customer_id', r.customer_id, 'status', r.status, 'reason', r.reason, 'started_at', lealup._http_stamp(r.started_at),
        'finished_at', lealup._http_stamp(r.finished_at));
COMMENT ON FUNCTION lealup._http_run(lealup.playbook_run) IS 'A run of a playbook as lists show it.';

CREATE FUNCTION lealup._http_show_run(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r lealup.playbook_run;
BEGIN
    SELECT x.* INTO r FROM lealup.playbook_run x WHERE x.tenant_id = call.tenant_id AND x.id = lealup._http_id(call, 'id', 'playbook run');
    PERFORM lealup._http_found(FOUND, 'playbook run');
    RETURN lealup._http_show(lealup._http_and(lealup._http_run(r), json_build_object('steps', (
        SELECT coalesce(json_agg(json_build_object('step_no', s.step_no, 'step', s.step, 'status', s.status, 'attempts', s.attempts, 'error', s.error, 'result_id', s.result_id,
            'finished_at', lealup._http_stamp(s.finished_at)) ORDER BY s.step_no), '[]')
        FROM lealup.playbook_step_run s WHERE s.tenant_id = r.tenant_id AND s.run_id = r.id))));
END $$;
COMMENT ON FUNCTION lealup._http_show_run(lealup.http_call) IS 'An answer that shows the run that the path names, with its steps; ends the request with 404 if there is none.';

CREATE FUNCTION lealup._http_list_runs(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN lealup._http_page(call, 'playbook_run', '_http_run', '{playbook_id,customer_id,status}', newest_first => true);
COMMENT ON FUNCTION lealup._http_list_runs(lealup.http_call) IS
    'Answers GET /v1/playbook-runs, those of the newest events first, by the primary key; by playbook_run_begun or (tenant_id, customer_id, started_at) where that is less.';

CREATE FUNCTION lealup._http_get_run(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
    RETURN lealup._http_show_run(call);
COMMENT ON FUNCTION lealup._http_get_run(lealup.http_call) IS 'Answers GET /v1/playbook-runs/{id}.';

CREATE FUNCTION lealup._http_retry_run(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    id uuid := lealup._http_id(call, 'id', 'playbook run');
BEGIN
    PERFORM lealup.retry_playbook_run(call.tenant_id, id);
    RETURN lealup._http_ok(json_build_object('id', id, 'status', 'running'), 202);
END $$;
COMMENT ON FUNCTION lealup._http_retry_run(lealup.http_call) IS 'Answers POST /v1/playbook-runs/{id}/retry.';

CREATE FUNCTION lealup._http_cancel_run(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lealup.cancel_playbook_run(call.tenant_id, lealup._http_id(call, 'id', 'playbook run'));
    RETURN lealup._http_show_run(call);
END $$;
COMMENT ON FUNCTION lealup._http_cancel_run(lealup.http_call) IS 'Answers POST /v1/playbook-runs/{id}/cancel.';

-- ----- Imports -----

CREATE FUNCTION lealup._http_import(i lealup.import_status) RETURNS json
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN json_build_object('id', i.id, 'mapping_name', i.mapping_name, 'target', i.target, 'dry_run', i.dry_run, 'status', i.status, 'rows', i.rows, 'done', i.done, 'percent', i.percent,
        'inserted', i.inserted, 'updated', i.updated, 'unchanged', i.unchanged, 'merged', i.merged, 'rejected', i.rejected, 'error', i.error, 'created_at', lealup._http_stamp(i.created_at),
        'started_at', lealup._http_stamp(i.started_at), 'finished_at', lealup._http_stamp(i.finished_at));
COMMENT ON FUNCTION lealup._http_import(lealup.import_status) IS 'An import as answers show it.';

CREATE FUNCTION lealup._http_list_imports(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN lealup._http_page(call, 'import_status', '_http_import', '{target,status}', newest_first => true);
COMMENT ON FUNCTION lealup._http_list_imports(lealup.http_call) IS 'Answers GET /v1/imports, the newest first, by the primary key.';

CREATE FUNCTION lealup._http_get_import(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    i lealup.import_status;
BEGIN
    SELECT x.* INTO i FROM lealup.import_status x WHERE x.tenant_id = call.tenant_id AND x.id = lealup._http_id(call, 'id', 'import');
    PERFORM lealup._http_found(FOUND, 'import');
    RETURN lealup._http_show(lealup._http_import(i));
END $$;
COMMENT ON FUNCTION lealup._http_get_import(lealup.http_call) IS 'Answers GET /v1/imports/{id}.';

CREATE FUNCTION lealup._http_reject(r lealup.import_reject) RETURNS json
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN json_build_object('row_no', r.row_no, 'field', r.field, 'reason', r.reason, 'fields', r.fields, 'resolved_at', lealup._http_stamp(r.resolved_at));
COMMENT ON FUNCTION lealup._http_reject(lealup.import_reject) IS 'A row that an import refused, as answers show it.';

CREATE FUNCTION lealup._http_list_rejects(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    of_import uuid := lealup._http_id(call, 'id', 'import');
BEGIN
    PERFORM lealup._http_found(EXISTS (SELECT FROM lealup.import i WHERE i.tenant_id = call.tenant_id AND i.id = of_import), 'import');
    RETURN lealup._http_page(call, 'import_reject', '_http_reject', '{}', concat_ws(' AND ', format('x.import_id = %L', of_import),
        CASE call.query ->> 'resolved' WHEN 'true' THEN 'x.resolved_at IS NOT NULL' WHEN 'false' THEN 'x.resolved_at IS NULL' END), '{row_no}', '{number}');
END $$;
COMMENT ON FUNCTION lealup._http_list_rejects(lealup.http_call) IS 'Answers GET /v1/imports/{id}/rejects, by the primary key.';

-- ----- Routes -----

SELECT lealup._add_route('GET', '/v1/tasks', '_http_list_tasks', 'tasks:read', 'List tasks, the newest first',
    parameters => lealup._http_paging() || lealup._http_id_of('assignee_id', 'Of this member.') || lealup._http_id_of('customer_id', 'For this customer.') || '{
        "status": {"type": "string", "enum": ["open", "in_progress", "completed", "cancelled"]}, "done": {"type": "boolean", "description": "Only those that are completed or cancelled, or only those that are not."},
        "priority": {"type": "string", "enum": ["low", "normal", "high", "urgent"]}, "source": {"type": "string", "enum": ["manual", "playbook"]},
        "due_before": {"type": "string", "format": "date-time"}, "due_after": {"type": "string", "format": "date-time"}, "external_id": {"type": "string", "maxLength": 1000}}',
    responses => lealup._http_list_of('{"$ref": "#/components/schemas/Task"}'));
SELECT lealup._add_route('GET', '/v1/tasks/{id}', '_http_get_task', 'tasks:read', 'A task', responses => '{"200": {"$ref": "#/components/schemas/Task"}}');
SELECT lealup._add_route('POST', '/v1/tasks', '_http_create_task', 'tasks:write', 'Create a task',
    request => (SELECT s.schema || '{"required": ["title"]}' FROM lealup.api_schema s WHERE s.name = 'TaskSettings'), responses => '{"201": {"$ref": "#/components/schemas/Task"}}');
SELECT lealup._add_route('PATCH', '/v1/tasks/{id}', '_http_update_task', 'tasks:write', 'Change a task',
    request => '{"$ref": "#/components/schemas/TaskSettings"}', responses => '{"200": {"$ref": "#/components/schemas/Task"}}',
    example => '{"status": "in_progress", "due_at": null}');
SELECT lealup._add_route('POST', '/v1/tasks/{id}/complete', '_http_complete_task', 'tasks:write', 'Complete a task', responses => '{"200": {"$ref": "#/components/schemas/Task"}}');
SELECT lealup._add_route('POST', '/v1/tasks/{id}/reopen', '_http_reopen_task', 'tasks:write', 'Open a task again', responses => '{"200": {"$ref": "#/components/schemas/Task"}}');
SELECT lealup._add_route('GET', '/v1/playbooks', '_http_list_playbooks', 'playbooks:read', 'List playbooks', parameters => lealup._http_paging() || '{"enabled": {"type": "boolean"}, "updated_since": {"type": "string", "format": "date-time"}}',
    responses => lealup._http_list_of('{"$ref": "#/components/schemas/Playbook"}'));
SELECT lealup._add_route('GET', '/v1/playbooks/{id}', '_http_get_playbook', 'playbooks:read', 'A playbook', responses => '{"200": {"$ref": "#/components/schemas/Playbook"}}');
SELECT lealup._add_route('POST', '/v1/playbooks/{id}/enable', '_http_enable_playbook', 'playbooks:write', 'Let events trigger a playbook', responses => '{"200": {"$ref": "#/components/schemas/Playbook"}}');
SELECT lealup._add_route('POST', '/v1/playbooks/{id}/disable', '_http_disable_playbook', 'playbooks:write', 'Keep events from triggering a playbook', responses => '{"200": {"$ref": "#/components/schemas/Playbook"}}');
SELECT lealup._add_route('GET', '/v1/playbook-runs', '_http_list_runs', 'playbooks:read', 'What playbooks did, the newest first',
    parameters => lealup._http_paging() || lealup._http_id_of('playbook_id', 'Of this playbook.') || lealup._http_id_of('customer_id', 'For this customer.')
        || '{"status": {"type": "string", "enum": ["running", "completed", "failed", "skipped", "cancelled"]}}',
    responses => lealup._http_list_of('{"$ref": "#/components/schemas/PlaybookRun"}'));
SELECT lealup._add_route('GET', '/v1/playbook-runs/{id}', '_http_get_run', 'playbooks:read', 'A run of a playbook, with its steps', responses => '{"200": {"$ref": "#/components/schemas/PlaybookRunDetail"}}');
SELECT lealup._add_route('POST', '/v1/playbook-runs/{id}/retry', '_http_retry_run', 'playbooks:write', 'Go on with a run at its failed step',
    responses => jsonb_build_object('202', lealup._http_shape('{"id": {"type": "string", "format": "uuid"}, "status": {"type": "string", "enum": ["running"]}}')));
SELECT lealup._add_route('POST', '/v1/playbook-runs/{id}/cancel', '_http_cancel_run', 'playbooks:write', 'End a run', responses => '{"200": {"$ref": "#/components/schemas/PlaybookRunDetail"}}');
SELECT lealup._add_route('GET', '/v1/imports', '_http_list_imports', 'imports:read', 'List imports, the newest first',
    parameters => lealup._http_paging() || '{"target": {"type": "string", "enum": ["customer", "contact", "health_signal", "timeline_event", "task"]},
        "status": {"type": "string", "enum": ["new", "running", "interrupted", "completed", "failed", "cancelled"]}}', responses => lealup._http_list_of('{"$ref": "#/components/schemas/Import"}'));
SELECT lealup._add_route('GET', '/v1/imports/{id}', '_http_get_import', 'imports:read', 'An import, and how far it is', responses => '{"200": {"$ref": "#/components/schemas/Import"}}');
SELECT lealup._add_route('GET', '/v1/imports/{id}/rejects', '_http_list_rejects', 'imports:read', 'The rows that an import refused, in their order',
    parameters => lealup._http_paging() || '{"resolved": {"type": "boolean"}}', responses => lealup._http_list_of('{"$ref": "#/components/schemas/ImportReject"}'));
