-- The HTTP API of leads: the leads, their activities, what fields they have, and automations.

INSERT INTO lealup.api_schema (name, schema) VALUES
('Lead', lealup._http_shape('{"id": {"type": "string", "format": "uuid"}, "fields": {"type": "object", "description": "{name: value}; what is empty is absent."},
    "versions": {"type": "object", "additionalProperties": {"type": "string"}, "description": "{name: stamp}: when and where each field was written last."},
    "created_at": {"type": "string", "format": "date-time"}, "updated_at": {"type": "string", "format": "date-time"}}')),
('LeadResult', lealup._http_shape('{"lead_id": {"type": ["string", "null"], "format": "uuid"}, "outcome": {"type": "string", "enum": ["created", "updated", "same", "failed"]},
    "changed": {"type": "array", "items": {"type": "string"}}, "errors": {"type": ["array", "null"], "items": {"type": "object"}, "description": "[{\"code\", \"field\"?, \"value\"?, \"expected\"?, \"message\", \"lead_id\"?}]"}}')),
('LeadActivity', lealup._http_shape('{"id": {"type": "string", "format": "uuid"}, "lead_id": {"type": "string", "format": "uuid"}, "type": {"type": "string"}, "note": {"type": ["string", "null"]},
    "occurred_at": {"type": "string", "format": "date-time"}, "fields": {"type": "object"}, "version": {"type": "string"}, "created_at": {"type": "string", "format": "date-time"},
    "updated_at": {"type": "string", "format": "date-time"}}')),
('LeadField', lealup._http_shape('{"name": {"type": "string"}, "title": {"type": "string"}, "type": {"type": "string", "enum": ["text", "integer", "number", "boolean", "date", "datetime", "email", "phone", "url", "select"]},
    "choices": {"type": ["array", "null"], "items": {"type": "string"}}, "is_unique": {"type": "boolean"}, "required": {"type": "boolean"}}')),
('LeadActivityType', lealup._http_shape('{"name": {"type": "string"}, "title": {"type": "string"}, "fields": {"type": "object", "description": "{name: {\"type\", \"choices\"?, \"required\"?}}"}}')),
('LeadAutomation', lealup._http_shape('{"id": {"type": "string", "format": "uuid", "description": "Of its subscription, too."}, "name": {"type": "string"}, "url": {"type": ["string", "null"]},
    "connection_id": {"type": ["string", "null"], "format": "uuid", "description": "Where it sends to, if not to a URL."},
    "triggers": {"type": "array", "items": {"type": "string"}}, "condition": {"type": "object"}, "peer": {"type": ["string", "null"], "format": "uuid"},
    "status": {"type": "string", "enum": ["active", "paused", "disabled", "deleted"]}, "created_at": {"type": "string", "format": "date-time"}}'));
INSERT INTO lealup.api_schema (name, schema)
SELECT 'NewLeadAutomation', lealup._http_shape((s.schema -> 'properties') || '{"secret": {"type": ["string", "null"], "description": "Where one was generated; null if one was given, or the request is repeated."}}')
FROM lealup.api_schema s WHERE s.name = 'LeadAutomation';

-- ----- Leads -----

CREATE FUNCTION lealup._http_lead(l lealup.lead) RETURNS json
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN json_build_object('id', l.id, 'fields', l.fields, 'versions', l.versions, 'created_at', lealup._http_stamp(l.created_at), 'updated_at', lealup._http_stamp(l.updated_at));
COMMENT ON FUNCTION lealup._http_lead(lealup.lead) IS 'A lead as answers show it.';

CREATE FUNCTION lealup._http_show_lead(tenant_id uuid, lead_id uuid, status int DEFAULT 200) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    l lealup.lead;
BEGIN
    SELECT x.* INTO l FROM lealup.lead x WHERE x.tenant_id = _http_show_lead.tenant_id AND x.id = _http_show_lead.lead_id AND x.deleted_at IS NULL;
    PERFORM lealup._http_found(FOUND, 'lead');
    RETURN lealup._http_show(lealup._http_lead(l), _http_show_lead.status, CASE _http_show_lead.status WHEN 201 THEN jsonb_build_object('location', '/v1/leads/' || l.id) ELSE '{}' END);
END $$;
COMMENT ON FUNCTION lealup._http_show_lead(uuid, uuid, int) IS 'An answer that shows a lead as it is now; ends the request with 404 if there is none.';

CREATE FUNCTION lealup._lock_lead(tenant_id uuid, lead_id uuid) RETURNS lealup.lead
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    l lealup.lead;
BEGIN
    PERFORM lealup._authorize(_lock_lead.tenant_id);
    SELECT x.* INTO l FROM lealup.lead x WHERE x.tenant_id = _lock_lead.tenant_id AND x.id = _lock_lead.lead_id AND x.deleted_at IS NULL FOR NO KEY UPDATE;
    RETURN l;
END $$;
COMMENT ON FUNCTION lealup._lock_lead(uuid, uuid) IS 'A lead, locked until the transaction ends; null if there is none, or it was deleted.';

CREATE FUNCTION lealup._http_lock_lead(call lealup.http_call) RETURNS lealup.lead
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    l lealup.lead := lealup._lock_lead(call.tenant_id, lealup._http_id(call, 'id', 'lead'));
BEGIN
    PERFORM lealup._http_found(l.id IS NOT NULL, 'lead');
    PERFORM lealup._http_if_match(call, lealup._http_version(lealup._http_lead(l)));
    RETURN l;
END $$;
COMMENT ON FUNCTION lealup._http_lock_lead(lealup.http_call) IS
    'The lead that the path names, locked, in the version that If-Match names; ends the request with 404 if there is none, 412 if that is another version.';

CREATE FUNCTION lealup._http_list_leads(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF call.query ? 'search_by' <> call.query ? 'value' THEN
        PERFORM lealup._http_refuse_field(400, CASE WHEN call.query ? 'value' THEN 'search_by' ELSE 'value' END, 'is missing: both are needed');
    END IF;
    RETURN lealup._http_page(call, 'lead', '_http_lead', '{}', concat_ws(' AND ', 'x.deleted_at IS NULL',
        CASE WHEN call.query ? 'search_by' THEN format('x.id = ANY (%L::uuid[])', ARRAY(SELECT f.lead_id FROM lealup.find_leads(call.tenant_id, call.query ->> 'search_by',
            ARRAY[call.query ->> 'value']) f)) END), newest_first => true);
END $$;
COMMENT ON FUNCTION lealup._http_list_leads(lealup.http_call) IS 'Answers GET /v1/leads, the newest first, by the primary key; or the one that has a value of a unique field.';

CREATE FUNCTION lealup._http_get_lead(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN lealup._http_show_lead(call.tenant_id, lealup._http_id(call, 'id', 'lead'));
END $$;
COMMENT ON FUNCTION lealup._http_get_lead(lealup.http_call) IS 'Answers GET /v1/leads/{id}.';

CREATE FUNCTION lealup._http_create_lead(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN lealup._http_show_lead(call.tenant_id, lealup.create_lead(call.tenant_id, call.body -> 'fields'), 201);
END $$;
COMMENT ON FUNCTION lealup._http_create_lead(lealup.http_call) IS 'Answers POST /v1/leads.';

CREATE FUNCTION lealup._http_update_lead(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    l lealup.lead := lealup._http_lock_lead(call);
BEGIN
    PERFORM lealup.update_lead(l.tenant_id, l.id, coalesce(call.body -> 'fields', '{}'));
    RETURN lealup._http_show_lead(l.tenant_id, l.id);
END $$;
COMMENT ON FUNCTION lealup._http_update_lead(lealup.http_call) IS 'Answers PATCH /v1/leads/{id}: what the body does not name stays.';

CREATE FUNCTION lealup._http_delete_lead(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    l lealup.lead := lealup._http_lock_lead(call);
BEGIN
    PERFORM lealup.delete_lead(l.tenant_id, l.id);
    RETURN lealup._http_ok(NULL, 204);
END $$;
COMMENT ON FUNCTION lealup._http_delete_lead(lealup.http_call) IS 'Answers DELETE /v1/leads/{id}.';

CREATE FUNCTION lealup._http_save_leads(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN lealup._http_ok(json_build_object('data', (
        SELECT coalesce(json_agg(json_build_object('lead_id', r.lead_id, 'outcome', r.outcome, 'changed', r.changed, 'errors', r.errors) ORDER BY r.ordinal), '[]')
        FROM lealup.save_leads(call.tenant_id, call.body -> 'leads', call.body ->> 'search_by') r)));
END $$;
COMMENT ON FUNCTION lealup._http_save_leads(lealup.http_call) IS 'Answers POST /v1/lead-batches: what came of each lead, in their order.';

-- ----- Activities -----

CREATE FUNCTION lealup._http_lead_activity(a lealup.lead_activity) RETURNS json
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN json_build_object('id', a.id, 'lead_id', a.lead_id, 'type', a.type, 'note', a.note, 'occurred_at', lealup._http_stamp(a.occurred_at), 'fields', a.fields, 'version', a.version,
        'created_at', lealup._http_stamp(a.created_at), 'updated_at', lealup._http_stamp(a.updated_at));
COMMENT ON FUNCTION lealup._http_lead_activity(lealup.lead_activity) IS 'An activity as answers show it.';

CREATE FUNCTION lealup._http_show_lead_activity(tenant_id uuid, activity_id uuid, status int DEFAULT 200) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    a lealup.lead_activity;
BEGIN
    SELECT x.* INTO a FROM lealup.lead_activity x WHERE x.tenant_id = _http_show_lead_activity.tenant_id AND x.id = _http_show_lead_activity.activity_id;
    PERFORM lealup._http_found(FOUND, 'activity');
    RETURN lealup._http_show(lealup._http_lead_activity(a), _http_show_lead_activity.status,
        CASE _http_show_lead_activity.status WHEN 201 THEN jsonb_build_object('location', '/v1/lead-activities/' || a.id) ELSE '{}' END);
END $$;
COMMENT ON FUNCTION lealup._http_show_lead_activity(uuid, uuid, int) IS 'An answer that shows an activity as it is now; ends the request with 404 if there is none.';

CREATE FUNCTION lealup._http_list_lead_activities(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    wanted uuid := lealup._http_id(call, 'id', 'lead');
BEGIN
    PERFORM lealup._http_found(EXISTS (SELECT FROM lealup.lead l WHERE l.tenant_id = call.tenant_id AND l.id = wanted AND l.deleted_at IS NULL), 'lead');
    RETURN lealup._http_page(call, 'lead_activity', '_http_lead_activity', '{type}', format('x.lead_id = %L', wanted), '{occurred_at,id}', '{date-time,uuid}', true);
END $$;
COMMENT ON FUNCTION lealup._http_list_lead_activities(lealup.http_call) IS 'Answers GET /v1/leads/{id}/activities, the latest first, by (tenant_id, lead_id, occurred_at).';

CREATE FUNCTION lealup._http_post_lead_activity(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    b jsonb := call.body;
BEGIN
    RETURN lealup._http_show_lead_activity(call.tenant_id, lealup.post_lead_activity(call.tenant_id, lealup._http_id(call, 'id', 'lead'), b ->> 'type', b ->> 'note',
        coalesce(lealup._http_time(b ->> 'occurred_at'), now()), coalesce(b -> 'fields', '{}')), 201);
END $$;
COMMENT ON FUNCTION lealup._http_post_lead_activity(lealup.http_call) IS 'Answers POST /v1/leads/{id}/activities.';

CREATE FUNCTION lealup._http_get_lead_activity(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN lealup._http_show_lead_activity(call.tenant_id, lealup._http_id(call, 'id', 'activity'));
END $$;
COMMENT ON FUNCTION lealup._http_get_lead_activity(lealup.http_call) IS 'Answers GET /v1/lead-activities/{id}.';

CREATE FUNCTION lealup._lock_lead_activity(tenant_id uuid, activity_id uuid) RETURNS lealup.lead_activity
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    a lealup.lead_activity;
BEGIN
    PERFORM lealup._authorize(_lock_lead_activity.tenant_id);
    SELECT x.* INTO a FROM lealup.lead_activity x WHERE x.tenant_id = _lock_lead_activity.tenant_id AND x.id = _lock_lead_activity.activity_id FOR NO KEY UPDATE;
    RETURN a;
END $$;
COMMENT ON FUNCTION lealup._lock_lead_activity(uuid, uuid) IS 'An activity of a lead, locked until the transaction ends; null if there is none.';

CREATE FUNCTION lealup._http_update_lead_activity(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    b jsonb := call.body;
    wanted uuid := lealup._http_id(call, 'id', 'activity');
    a lealup.lead_activity := lealup._lock_lead_activity(call.tenant_id, wanted);
BEGIN
    PERFORM lealup._http_found(a.id IS NOT NULL, 'activity');
    PERFORM lealup._http_if_match(call, lealup._http_version(lealup._http_lead_activity(a)));
    PERFORM lealup.update_lead_activity(call.tenant_id, wanted, CASE WHEN b ? 'note' THEN coalesce(b ->> 'note', '') END, lealup._http_time(b ->> 'occurred_at'), coalesce(b -> 'fields', '{}'));
    RETURN lealup._http_show_lead_activity(call.tenant_id, wanted);
END $$;
COMMENT ON FUNCTION lealup._http_update_lead_activity(lealup.http_call) IS 'Answers PATCH /v1/lead-activities/{id}: what the body does not name stays.';

-- ----- What fields and activities there are -----

CREATE FUNCTION lealup._http_lead_field(f lealup.lead_field) RETURNS json
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN json_build_object('name', f.name, 'title', f.title, 'type', f.type, 'choices', f.choices, 'is_unique', f.is_unique, 'required', f.required);
COMMENT ON FUNCTION lealup._http_lead_field(lealup.lead_field) IS 'A field of leads as answers show it.';

CREATE FUNCTION lealup._http_list_lead_fields(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN lealup._http_page(call, 'lead_field', '_http_lead_field', keys => '{name}', kinds => '{text}');
COMMENT ON FUNCTION lealup._http_list_lead_fields(lealup.http_call) IS 'Answers GET /v1/lead-fields, by their names.';

CREATE FUNCTION lealup._http_find_lead_field(call lealup.http_call) RETURNS lealup.lead_field
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    f lealup.lead_field;
BEGIN
    SELECT x.* INTO f FROM lealup.lead_field x WHERE x.tenant_id = call.tenant_id AND x.name = call.params ->> 'name';
    PERFORM lealup._http_found(FOUND, 'field');
    RETURN f;
END $$;
COMMENT ON FUNCTION lealup._http_find_lead_field(lealup.http_call) IS 'The field that the path names; ends the request with 404 if there is none.';

CREATE FUNCTION lealup._http_get_lead_field(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN lealup._http_show(lealup._http_lead_field(lealup._http_find_lead_field(call)));
END $$;
COMMENT ON FUNCTION lealup._http_get_lead_field(lealup.http_call) IS 'Answers GET /v1/lead-fields/{name}.';

CREATE FUNCTION lealup._http_set_lead_field(call lealup.http_call, name text) RETURNS json
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    b jsonb := call.body;
    f lealup.lead_field;
BEGIN
    PERFORM lealup.set_lead_field(call.tenant_id, _http_set_lead_field.name, b ->> 'title', b ->> 'type',
        CASE WHEN jsonb_typeof(b -> 'choices') = 'array' THEN ARRAY(SELECT jsonb_array_elements_text(b -> 'choices')) END, (b ->> 'is_unique')::boolean, (b ->> 'required')::boolean);
    SELECT x.* INTO f FROM lealup.lead_field x WHERE x.tenant_id = call.tenant_id AND x.name = _http_set_lead_field.name;
    RETURN lealup._http_lead_field(f);
END $$;
COMMENT ON FUNCTION lealup._http_set_lead_field(lealup.http_call, text) IS 'Adds or changes a field as the body says, and shows it.';

CREATE FUNCTION lealup._http_create_lead_field(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM lealup.lead_field f WHERE f.tenant_id = call.tenant_id AND f.name = call.body ->> 'name') THEN
        PERFORM lealup._http_refuse_field(409, 'name', 'is that of another field');
    END IF;
    RETURN lealup._http_show(lealup._http_set_lead_field(call, call.body ->> 'name'), 201, jsonb_build_object('location', '/v1/lead-fields/' || (call.body ->> 'name')));
END $$;
COMMENT ON FUNCTION lealup._http_create_lead_field(lealup.http_call) IS 'Answers POST /v1/lead-fields.';

CREATE FUNCTION lealup._http_update_lead_field(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    f lealup.lead_field := lealup._http_find_lead_field(call);
BEGIN
    PERFORM lealup._http_if_match(call, lealup._http_version(lealup._http_lead_field(f)));
    RETURN lealup._http_show(lealup._http_set_lead_field(call, f.name));
END $$;
COMMENT ON FUNCTION lealup._http_update_lead_field(lealup.http_call) IS 'Answers PATCH /v1/lead-fields/{name}: what the body does not name stays.';

CREATE FUNCTION lealup._http_delete_lead_field(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lealup._http_if_match(call, lealup._http_version(lealup._http_lead_field(lealup._http_find_lead_field(call))));
    PERFORM lealup.delete_lead_field(call.tenant_id, call.params ->> 'name');
    RETURN lealup._http_ok(NULL, 204);
END $$;
COMMENT ON FUNCTION lealup._http_delete_lead_field(lealup.http_call) IS 'Answers DELETE /v1/lead-fields/{name}.';

CREATE FUNCTION lealup._http_lead_activity_type(t lealup.lead_activity_type) RETURNS json
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN json_build_object('name', t.name, 'title', t.title, 'fields', t.fields);
COMMENT ON FUNCTION lealup._http_lead_activity_type(lealup.lead_activity_type) IS 'A type of activities as answers show it.';

CREATE FUNCTION lealup._http_list_lead_activity_types(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN lealup._http_page(call, 'lead_activity_type', '_http_lead_activity_type', keys => '{name}', kinds => '{text}');
COMMENT ON FUNCTION lealup._http_list_lead_activity_types(lealup.http_call) IS 'Answers GET /v1/lead-activity-types, by their names.';

CREATE FUNCTION lealup._http_set_lead_activity_type(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    t lealup.lead_activity_type;
BEGIN
    PERFORM lealup.set_lead_activity_type(call.tenant_id, call.body ->> 'name', call.body ->> 'title', call.body -> 'fields');
    SELECT x.* INTO t FROM lealup.lead_activity_type x WHERE x.tenant_id = call.tenant_id AND x.name = call.body ->> 'name';
    RETURN lealup._http_ok(lealup._http_lead_activity_type(t));
END $$;
COMMENT ON FUNCTION lealup._http_set_lead_activity_type(lealup.http_call) IS 'Answers POST /v1/lead-activity-types: adds a type, or changes the one of that name; what the body does not name stays.';

-- ----- Automations -----

CREATE FUNCTION lealup._http_lead_automation(a lealup.lead_automations) RETURNS json
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN json_build_object('id', a.id, 'name', a.name, 'url', a.url, 'connection_id', a.connection_id, 'triggers', a.triggers, 'condition', a.condition, 'peer', a.peer, 'status', a.status,
        'created_at', lealup._http_stamp(a.created_at));
COMMENT ON FUNCTION lealup._http_lead_automation(lealup.lead_automations) IS 'An automation as answers show it.';

CREATE FUNCTION lealup._http_find_lead_automation(tenant_id uuid, automation_id uuid) RETURNS lealup.lead_automations
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    a lealup.lead_automations;
BEGIN
    SELECT x.* INTO a FROM lealup.lead_automations x WHERE x.tenant_id = _http_find_lead_automation.tenant_id AND x.id = _http_find_lead_automation.automation_id;
    PERFORM lealup._http_found(FOUND, 'automation');
    RETURN a;
END $$;
COMMENT ON FUNCTION lealup._http_find_lead_automation(uuid, uuid) IS 'An automation; ends the request with 404 if there is none.';

CREATE FUNCTION lealup._http_list_lead_automations(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN lealup._http_page(call, 'lead_automations', '_http_lead_automation', '{status}');
COMMENT ON FUNCTION lealup._http_list_lead_automations(lealup.http_call) IS 'Answers GET /v1/lead-automations, in the order in which they were made.';

CREATE FUNCTION lealup._http_create_lead_automation(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    b jsonb := call.body;
    new_id uuid := lealup.create_lead_automation(call.tenant_id, b ->> 'name', b ->> 'url',
        CASE WHEN b ? 'triggers' THEN ARRAY(SELECT jsonb_array_elements_text(b -> 'triggers')) ELSE '{lead.created,lead.updated}' END, coalesce(b -> 'condition', '{}'),
        (b ->> 'peer')::uuid, b ->> 'secret', coalesce(nullif(b -> 'headers', 'null'), '{}'));
    shown json := lealup._http_lead_automation(lealup._http_find_lead_automation(call.tenant_id, new_id));
    reply lealup.http_reply;
BEGIN
    reply := lealup._http_ok(lealup._http_and(shown, '{"secret": null}'), 201, jsonb_build_object('location', call.path || '/' || new_id));
    IF b ->> 'secret' IS NULL THEN
        reply.again := reply.body;
        reply.body := lealup._http_and(shown, json_build_object('secret', lealup.reveal_secret(new_id)));
    END IF;
    RETURN reply;
END $$;
COMMENT ON FUNCTION lealup._http_create_lead_automation(lealup.http_call) IS 'Answers POST /v1/lead-automations; a secret that was generated is shown in this answer only.';

CREATE FUNCTION lealup._http_get_lead_automation(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN lealup._http_show(lealup._http_lead_automation(lealup._http_find_lead_automation(call.tenant_id, lealup._http_id(call, 'id', 'automation'))));
END $$;
COMMENT ON FUNCTION lealup._http_get_lead_automation(lealup.http_call) IS 'Answers GET /v1/lead-automations/{id}.';

CREATE FUNCTION lealup._http_update_lead_automation(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    b jsonb := call.body;
    s lealup.lead_automations := lealup._http_find_lead_automation(call.tenant_id, lealup._http_id(call, 'id', 'automation'));
BEGIN
    PERFORM lealup._lock_lead_automation(call.tenant_id, s.id);
    PERFORM lealup._http_if_match(call, lealup._http_version(lealup._http_lead_automation(lealup._http_find_lead_automation(call.tenant_id, s.id))));
    PERFORM lealup.update_lead_automation(call.tenant_id, s.id, b ->> 'name', b ->> 'url', CASE WHEN b ? 'triggers' THEN ARRAY(SELECT jsonb_array_elements_text(b -> 'triggers')) END,
        b -> 'condition', (b ->> 'peer')::uuid, (b ->> 'status') = 'active');
    RETURN lealup._http_show(lealup._http_lead_automation(lealup._http_find_lead_automation(call.tenant_id, s.id)));
END $$;
COMMENT ON FUNCTION lealup._http_update_lead_automation(lealup.http_call) IS 'Answers PATCH /v1/lead-automations/{id}: what the body does not name stays.';

CREATE FUNCTION lealup._http_delete_lead_automation(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lealup._http_if_match(call, lealup._http_version(lealup._http_lead_automation(lealup._http_find_lead_automation(call.tenant_id, lealup._http_id(call, 'id', 'automation')))));
    PERFORM lealup.delete_lead_automation(call.tenant_id, lealup._http_id(call, 'id', 'automation'));
    RETURN lealup._http_ok(NULL, 204);
END $$;
COMMENT ON FUNCTION lealup._http_delete_lead_automation(lealup.http_call) IS 'Answers DELETE /v1/lead-automations/{id}.';

-- ----- Routes -----

SELECT lealup._add_route('GET', '/v1/leads', '_http_list_leads', 'leads:read', 'List leads, the newest first',
    parameters => lealup._http_paging() || '{"search_by": {"type": "string", "maxLength": 63, "description": "A unique field: only the lead that has this value of it."}, "value": {"type": "string", "maxLength": 1000}}',
    responses => lealup._http_list_of('{"$ref": "#/components/schemas/Lead"}'));
SELECT lealup._add_route('POST', '/v1/leads', '_http_create_lead', 'leads:write', 'Create a lead',
    request => lealup._http_shape('{"fields": {"type": "object", "description": "{name: value}; GET /v1/lead-fields tells which there are."}}'),
    responses => '{"201": {"$ref": "#/components/schemas/Lead"}}', example => '{"fields": {"email": "jo@example.com", "first_name": "Jo", "stage": "opportunity won"}}');
SELECT lealup._add_route('POST', '/v1/lead-batches', '_http_save_leads', 'leads:write', 'Create and change many leads',
    request => lealup._http_shape('{"leads": {"type": "array", "maxItems": 10000, "items": {"type": "object", "additionalProperties": false, "required": ["fields"],
            "properties": {"id": {"type": ["string", "null"], "format": "uuid"}, "fields": {"type": "object"}}}},
        "search_by": {"type": ["string", "null"], "maxLength": 63, "description": "A unique field: a lead that has the same value is changed, else one is made."}}', '{leads}'),
    responses => jsonb_build_object('200', lealup._http_shape('{"data": {"type": "array", "items": {"$ref": "#/components/schemas/LeadResult"}}}')), rate_class => 'heavy',
    example => '{"leads": [{"fields": {"email": "jo@example.com", "stage": "post purchase"}}], "search_by": "email"}');
SELECT lealup._add_route('GET', '/v1/leads/{id}', '_http_get_lead', 'leads:read', 'A lead', responses => '{"200": {"$ref": "#/components/schemas/Lead"}}');
SELECT lealup._add_route('PATCH', '/v1/leads/{id}', '_http_update_lead', 'leads:write', 'Change a lead',
    request => lealup._http_shape('{"fields": {"type": "object", "description": "{name: value}: those that change. Null empties one."}}', '{}'), responses => '{"200": {"$ref": "#/components/schemas/Lead"}}', example => '{"fields": {"stage": "post purchase"}}');
SELECT lealup._add_route('DELETE', '/v1/leads/{id}', '_http_delete_lead', 'leads:write', 'Delete a lead', responses => '{"204": null}');
SELECT lealup._add_route('GET', '/v1/leads/{id}/activities', '_http_list_lead_activities', 'leads:read', 'What happened with a lead, the latest first',
    parameters => lealup._http_paging() || '{"type": {"type": "string", "maxLength": 63}}', responses => lealup._http_list_of('{"$ref": "#/components/schemas/LeadActivity"}'));
SELECT lealup._add_route('POST', '/v1/leads/{id}/activities', '_http_post_lead_activity', 'leads:write', 'Post an activity on a lead',
    request => lealup._http_shape('{"type": {"type": "string", "maxLength": 63}, "note": {"type": ["string", "null"], "maxLength": 20000},
        "occurred_at": {"type": "string", "format": "date-time", "description": "Now, if it is absent."}, "fields": {"type": "object", "description": "Those of the type."}}', '{type}'),
    responses => '{"201": {"$ref": "#/components/schemas/LeadActivity"}}', example => '{"type": "call", "note": "Wants an offer"}');
SELECT lealup._add_route('GET', '/v1/lead-activities/{id}', '_http_get_lead_activity', 'leads:read', 'An activity', responses => '{"200": {"$ref": "#/components/schemas/LeadActivity"}}');
SELECT lealup._add_route('PATCH', '/v1/lead-activities/{id}', '_http_update_lead_activity', 'leads:write', 'Change an activity',
    request => lealup._http_shape('{"note": {"type": ["string", "null"], "maxLength": 20000}, "occurred_at": {"type": "string", "format": "date-time"}, "fields": {"type": "object"}}', '{}'),
    responses => '{"200": {"$ref": "#/components/schemas/LeadActivity"}}', example => '{"note": "Wants two offers"}');
SELECT lealup._add_route('GET', '/v1/lead-fields', '_http_list_lead_fields', 'leads:read', 'The fields that leads have', parameters => lealup._http_paging(),
    responses => lealup._http_list_of('{"$ref": "#/components/schemas/LeadField"}'));
SELECT lealup._add_route('GET', '/v1/lead-fields/{name}', '_http_get_lead_field', 'leads:read', 'A field of leads', responses => '{"200": {"$ref": "#/components/schemas/LeadField"}}');
SELECT lealup._add_route('POST', '/v1/lead-fields', '_http_create_lead_field', 'leads:write', 'Add a field to leads',
    request => lealup._http_shape('{"name": {"type": "string", "minLength": 1, "maxLength": 63}, "title": {"type": "string", "minLength": 1, "maxLength": 200}, "type": {"type": "string", "enum": ["text", "integer", "number", "boolean", "date", "datetime", "email", "phone", "url", "select"]},
        "choices": {"type": ["array", "null"], "maxItems": 1000, "items": {"type": "string"}}, "is_unique": {"type": "boolean"}, "required": {"type": "boolean"}}', '{name}'),
    responses => '{"201": {"$ref": "#/components/schemas/LeadField"}}', example => '{"name": "score", "title": "Score", "type": "integer"}');
SELECT lealup._add_route('PATCH', '/v1/lead-fields/{name}', '_http_update_lead_field', 'leads:write', 'Change a field of leads',
    request => lealup._http_shape('{"title": {"type": "string", "minLength": 1, "maxLength": 200}, "type": {"type": "string", "enum": ["text", "integer", "number", "boolean", "date", "datetime", "email", "phone", "url", "select"]},
        "choices": {"type": ["array", "null"], "maxItems": 1000, "items": {"type": "string"}}, "is_unique": {"type": "boolean"}, "required": {"type": "boolean"}}', '{}'),
    responses => '{"200": {"$ref": "#/components/schemas/LeadField"}}', example => '{"title": "Score of the month"}');
SELECT lealup._add_route('DELETE', '/v1/lead-fields/{name}', '_http_delete_lead_field', 'leads:write', 'Remove a field, with its values', responses => '{"204": null}');
SELECT lealup._add_route('GET', '/v1/lead-activity-types', '_http_list_lead_activity_types', 'leads:read', 'The types of activities', parameters => lealup._http_paging(),
    responses => lealup._http_list_of('{"$ref": "#/components/schemas/LeadActivityType"}'));
SELECT lealup._add_route('POST', '/v1/lead-activity-types', '_http_set_lead_activity_type', 'leads:write', 'Add a type of activities, or change one',
    request => lealup._http_shape('{"name": {"type": "string", "minLength": 1, "maxLength": 63}, "title": {"type": "string", "minLength": 1, "maxLength": 200}, "fields": {"type": "object"}}', '{name}'),
    responses => '{"200": {"$ref": "#/components/schemas/LeadActivityType"}}', example => '{"name": "demo", "title": "Demo", "fields": {"rating": {"type": "integer"}}}');
SELECT lealup._add_route('GET', '/v1/lead-automations', '_http_list_lead_automations', 'leads:read', 'List automations',
    parameters => lealup._http_paging() || '{"status": {"type": "string", "enum": ["active", "paused", "disabled", "deleted"]}}', responses => lealup._http_list_of('{"$ref": "#/components/schemas/LeadAutomation"}'));
SELECT lealup._add_route('POST', '/v1/lead-automations', '_http_create_lead_automation', 'leads:write', 'Send what happens with leads to a URL',
    request => lealup._http_shape('{"name": {"type": "string", "minLength": 1, "maxLength": 200}, "url": {"type": "string", "minLength": 1, "maxLength": 2000},
        "triggers": {"type": "array", "minItems": 1, "items": {"type": "string", "enum": ["lead.created", "lead.updated", "lead_activity.posted", "lead_activity.updated"]}},
        "condition": {"type": "object", "description": "{field: {\"from\"?, \"to\"?, \"changed\"?, \"is\"?, \"is_not\"?, \"min\"?, \"max\"?}}"},
        "peer": {"type": ["string", "null"], "format": "uuid", "description": "The connection by which that account sends to here."},
        "secret": {"type": ["string", "null"], "minLength": 32, "maxLength": 1000}, "headers": {"type": ["object", "null"], "additionalProperties": {"type": "string"}}}', '{name,url}'),
    responses => '{"201": {"$ref": "#/components/schemas/NewLeadAutomation"}}',
    example => '{"name": "To sold properties", "url": "https://receiver.example.com/leads", "condition": {"stage": {"from": "opportunity won", "to": "post purchase"}}}');
SELECT lealup._add_route('GET', '/v1/lead-automations/{id}', '_http_get_lead_automation', 'leads:read', 'An automation', responses => '{"200": {"$ref": "#/components/schemas/LeadAutomation"}}');
SELECT lealup._add_route('PATCH', '/v1/lead-automations/{id}', '_http_update_lead_automation', 'leads:write', 'Change an automation',
    request => lealup._http_shape('{"name": {"type": "string", "minLength": 1, "maxLength": 200}, "url": {"type": "string", "minLength": 1, "maxLength": 2000},
        "triggers": {"type": "array", "minItems": 1, "items": {"type": "string", "enum": ["lead.created", "lead.updated", "lead_activity.posted", "lead_activity.updated"]}},
        "condition": {"type": "object"}, "peer": {"type": ["string", "null"], "format": "uuid"}, "status": {"type": "string", "enum": ["active", "paused"]}}', '{}'),
    responses => '{"200": {"$ref": "#/components/schemas/LeadAutomation"}}', example => '{"status": "paused"}');
SELECT lealup._add_route('DELETE', '/v1/lead-automations/{id}', '_http_delete_lead_automation', 'leads:write', 'Delete an automation', responses => '{"204": null}');
