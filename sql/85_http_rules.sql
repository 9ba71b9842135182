-- The HTTP API of standing rules: what the own team is told without asking each time.

INSERT INTO lealup.api_schema (name, schema) VALUES
('NotificationRule', lealup._http_shape('{"id": {"type": "string", "format": "uuid"}, "name": {"type": "string", "examples": ["Escalations to #support"]},
    "mode": {"type": "string", "enum": ["send", "allow", "mirror"], "description": "send: each event that matches makes an action; allow: what playbooks and applications make is approved if its input contains the template; mirror: what changes here is carried to where it is linked."},
    "events": {"type": "array", "items": {"type": "string"}}, "filters": {"type": "object"}, "connection_id": {"type": "string", "format": "uuid"}, "operation": {"type": "string"},
    "template": {"type": "object", "description": "The action''s input, whose texts may have placeholders such as {{customer_name}} and {{data.field}}."}, "active": {"type": "boolean"},
    "created_by": {"type": ["string", "null"], "format": "uuid", "description": "Who last set it."},
    "created_at": {"type": "string", "format": "date-time"}, "updated_at": {"type": "string", "format": "date-time"}}'));

CREATE FUNCTION lealup._http_rule(r lealup.notification_rule) RETURNS json
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN json_build_object('id', r.id, 'name', r.name, 'mode', r.mode, 'events', r.events, 'filters', r.filters, 'connection_id', r.connection_id, 'operation', r.operation,
        'template', r.template, 'active', r.active, 'created_by', r.created_by, 'created_at', lealup._http_stamp(r.created_at), 'updated_at', lealup._http_stamp(r.updated_at));
COMMENT ON FUNCTION lealup._http_rule(lealup.notification_rule) IS 'A standing rule as answers show it.';

CREATE FUNCTION lealup._http_find_rule(call lealup.http_call, rule_id uuid) RETURNS lealup.notification_rule
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r lealup.notification_rule;
BEGIN
    SELECT x.* INTO r FROM lealup.notification_rule x WHERE x.tenant_id = call.tenant_id AND x.id = rule_id AND x.deleted_at IS NULL;
    PERFORM lealup._http_found(r.id IS NOT NULL, 'notification rule');
    RETURN r;
END $$;
COMMENT ON FUNCTION lealup._http_find_rule(lealup.http_call, uuid) IS 'A standing rule; ends the request with 404 if there is none.';

CREATE FUNCTION lealup._http_list_rules(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN lealup._http_page(call, 'notification_rule', '_http_rule', '{connection_id,operation,mode,active}', 'x.deleted_at IS NULL');
COMMENT ON FUNCTION lealup._http_list_rules(lealup.http_call) IS 'Answers GET /v1/notification-rules, by the primary key.';

CREATE FUNCTION lealup._http_get_rule(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN lealup._http_show(lealup._http_rule(lealup._http_find_rule(call, lealup._http_id(call, 'id', 'notification rule'))));
COMMENT ON FUNCTION lealup._http_get_rule(lealup.http_call) IS 'Answers GET /v1/notification-rules/{id}.';

CREATE FUNCTION lealup._http_set_rule(call lealup.http_call, r lealup.notification_rule) RETURNS uuid
    LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
    RETURN lealup.set_notification_rule(call.tenant_id, (r).name, (r).events, (r).connection_id, (r).operation, (r).template, (r).filters, (r).mode, (r).active, (r).id);
COMMENT ON FUNCTION lealup._http_set_rule(lealup.http_call, lealup.notification_rule) IS 'Makes (id null) or changes a standing rule, and gives its id.';

CREATE FUNCTION lealup._http_create_rule(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    made uuid := lealup._http_set_rule(call, jsonb_populate_record(jsonb_populate_record(NULL::lealup.notification_rule, '{"mode": "send", "active": true, "template": {}, "filters": {}}'), call.body));
BEGIN
    RETURN lealup._http_show(lealup._http_rule(lealup._http_find_rule(call, made)), 201, jsonb_build_object('location', call.path || '/' || made));
END $$;
COMMENT ON FUNCTION lealup._http_create_rule(lealup.http_call) IS 'Answers POST /v1/notification-rules.';

CREATE FUNCTION lealup._http_update_rule(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r lealup.notification_rule := lealup._http_find_rule(call, lealup._http_id(call, 'id', 'notification rule'));
BEGIN
    PERFORM lealup._http_if_match(call, lealup._http_version(lealup._http_rule(r)));
    PERFORM lealup._http_set_rule(call, jsonb_populate_record(r, call.body));
    RETURN lealup._http_get_rule(call);
END $$;
COMMENT ON FUNCTION lealup._http_update_rule(lealup.http_call) IS 'Answers PATCH /v1/notification-rules/{id}: what the body has replaces what there was, the rest stays.';

CREATE FUNCTION lealup._http_delete_rule(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r lealup.notification_rule := lealup._http_find_rule(call, lealup._http_id(call, 'id', 'notification rule'));
BEGIN
    PERFORM lealup._http_if_match(call, lealup._http_version(lealup._http_rule(r)));
    PERFORM lealup.delete_notification_rule(call.tenant_id, r.id);
    RETURN lealup._http_ok(NULL, 204);
END $$;
COMMENT ON FUNCTION lealup._http_delete_rule(lealup.http_call) IS 'Answers DELETE /v1/notification-rules/{id}.';

CREATE FUNCTION lealup._http_rule_body(required text[]) RETURNS jsonb
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
    RETURN lealup._http_shape('{"name": {"type": "string", "minLength": 1, "maxLength": 200, "examples": ["Escalations to #support"]}, "mode": {"type": "string", "enum": ["send", "allow"]},
        "events": {"type": "array", "minItems": 1, "maxItems": 100, "items": {"type": "string", "maxLength": 100}, "description": "Types, prefixes such as ticket.*, or *.", "examples": [["ticket.escalated"]]},
        "filters": {"type": "object", "description": "As of a webhook subscription."}, "connection_id": {"type": "string", "format": "uuid"},
        "operation": {"type": "string", "minLength": 1, "maxLength": 60, "examples": ["post_message"]}, "template": {"type": "object"}, "active": {"type": "boolean"}}', required);
COMMENT ON FUNCTION lealup._http_rule_body(text[]) IS 'The schema of a body that sets a standing rule.';

SELECT lealup._add_route('GET', '/v1/notification-rules', '_http_list_rules', 'actions:read', 'List standing rules',
    parameters => lealup._http_paging() || lealup._http_id_of('connection_id', 'Of this connection.')
        || '{"operation": {"type": "string", "maxLength": 60}, "mode": {"type": "string", "enum": ["send", "allow", "mirror"]}, "active": {"type": "boolean"}}',
    responses => lealup._http_list_of('{"$ref": "#/components/schemas/NotificationRule"}'));
SELECT lealup._add_route('GET', '/v1/notification-rules/{id}', '_http_get_rule', 'actions:read', 'A standing rule', responses => '{"200": {"$ref": "#/components/schemas/NotificationRule"}}');
SELECT lealup._add_route('POST', '/v1/notification-rules', '_http_create_rule', 'actions:write', 'Make a standing rule', request => lealup._http_rule_body('{name,events,connection_id,operation}'),
    responses => '{"201": {"$ref": "#/components/schemas/NotificationRule"}}');
SELECT lealup._add_route('PATCH', '/v1/notification-rules/{id}', '_http_update_rule', 'actions:write', 'Change a standing rule', request => lealup._http_rule_body('{}'),
    responses => '{"200": {"$ref": "#/components/schemas/NotificationRule"}}');
SELECT lealup._add_route('DELETE', '/v1/notification-rules/{id}', '_http_delete_rule', 'actions:write', 'End a standing rule', responses => '{"204": null}');

-- ----- Mirrors -----

CREATE FUNCTION lealup._http_set_mirror(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c lealup.connections := lealup._http_find_connection(call);
BEGIN
    RETURN lealup._http_ok(json_build_object('rules', lealup.set_mirror(call.tenant_id, c.id, ARRAY(SELECT jsonb_array_elements_text(call.body -> 'entities')))));
END $$;
COMMENT ON FUNCTION lealup._http_set_mirror(lealup.http_call) IS 'Answers POST /v1/connections/{id}/mirrors.';

SELECT lealup._add_route('POST', '/v1/connections/{id}/mirrors', '_http_set_mirror', 'actions:write', 'Say whose changes are carried to a provider',
    request => lealup._http_shape('{"entities": {"type": "array", "maxItems": 10, "items": {"type": "string", "enum": ["ticket", "ticket_message", "task", "action"]}, "description": "All of them: the rules of others end."}}'),
    responses => jsonb_build_object('200', lealup._http_shape('{"rules": {"type": "integer", "description": "How many rules with the mode mirror there are now."}}')),
    example => '{"entities": []}');
