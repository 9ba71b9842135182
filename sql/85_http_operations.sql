-- The HTTP API of actions, the rules that approve some, and of accounts at providers.

INSERT INTO lealup.api_schema (name, schema) VALUES
('Action', lealup._http_shape('{"id": {"type": "string", "format": "uuid"}, "connection_id": {"type": "string", "format": "uuid"}, "provider": {"type": "string"}, "operation": {"type": "string"},
    "title": {"type": "string"}, "audience": {"type": "string", "enum": ["own_team", "customer", "unknown"], "description": "Who sees it. Unless that is own_team, a member has to approve it."},
    "status": {"type": "string", "enum": ["draft", "approved", "sending", "sent", "failed", "cancelled"]}, "held": {"type": ["string", "null"], "description": "What an approved one waits for."},
    "input": {"type": "object"}, "customer_id": {"type": ["string", "null"], "format": "uuid"}, "ticket_id": {"type": ["string", "null"], "format": "uuid"},
    "ticket_message_id": {"type": ["string", "null"], "format": "uuid"}, "task_id": {"type": ["string", "null"], "format": "uuid"}, "rule_id": {"type": ["string", "null"], "format": "uuid"},
    "created_by": {"type": ["string", "null"], "format": "uuid"}, "approved_by": {"type": ["string", "null"], "format": "uuid"}, "approved_at": {"type": ["string", "null"], "format": "date-time"},
    "attempts": {"type": "integer"}, "next_attempt_at": {"type": ["string", "null"], "format": "date-time"}, "external_id": {"type": ["string", "null"], "description": "Of what it made at the provider."},
    "result": {}, "error": {"type": ["string", "null"]}, "created_at": {"type": "string", "format": "date-time"}, "sent_at": {"type": ["string", "null"], "format": "date-time"}}'));

CREATE FUNCTION lealup._http_action(a lealup.actions) RETURNS json
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN json_build_object('id', a.id, 'connection_id', a.connection_id, 'provider', a.provider, 'operation', a.operation, 'title', a.title, 'audience', a.audience, 'status', a.status,
        'held', a.held, 'input', a.input, 'customer_id', a.customer_id, 'ticket_id', a.ticket_id, 'ticket_message_id', a.ticket_message_id, 'task_id', a.task_id, 'rule_id', a.rule_id,
        'created_by', a.created_by, 'approved_by', a.approved_by, 'approved_at', lealup._http_stamp(a.approved_at), 'attempts', a.attempts, 'next_attempt_at', lealup._http_stamp(a.next_attempt_at),
        'external_id', a.external_id, 'result', a.result, 'error', a.error, 'created_at', lealup._http_stamp(a.created_at), 'sent_at', lealup._http_stamp(a.sent_at));
COMMENT ON FUNCTION lealup._http_action(lealup.actions) IS 'An action as answers show it.';

CREATE FUNCTION lealup._http_show_action(call lealup.http_call, action_id uuid, status int DEFAULT 200) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    a lealup.actions;
BEGIN
    SELECT x.* INTO a FROM lealup.actions x WHERE x.tenant_id = call.tenant_id AND x.id = action_id;
    PERFORM lealup._http_found(a.id IS NOT NULL, 'action');
    RETURN lealup._http_show(lealup._http_action(a), status, CASE WHEN status = 201 THEN jsonb_build_object('location', '/v1/actions/' || action_id) END);
END $$;
COMMENT ON FUNCTION lealup._http_show_action(lealup.http_call, uuid, int) IS 'Answers with an action, or with 404 if there is none.';

CREATE FUNCTION lealup._http_list_actions(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN lealup._http_page(call, 'actions', '_http_action', '{status,connection_id,ticket_id,customer_id}', newest_first => true);
END $$;
COMMENT ON FUNCTION lealup._http_list_actions(lealup.http_call) IS 'Answers GET /v1/actions, by the primary key.';

CREATE FUNCTION lealup._http_get_action(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN lealup._http_show_action(call, lealup._http_id(call, 'id', 'action'));
END $$;
COMMENT ON FUNCTION lealup._http_get_action(lealup.http_call) IS 'Answers GET /v1/actions/{id}.';

CREATE FUNCTION lealup._http_create_action(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    b jsonb := call.body;
BEGIN
    RETURN lealup._http_show_action(call, lealup.create_action(call.tenant_id, (b ->> 'connection_id')::uuid, b ->> 'operation', b -> 'input', (b ->> 'customer_id')::uuid, (b ->> 'ticket_id')::uuid,
        (b ->> 'ticket_message_id')::uuid, (b ->> 'task_id')::uuid, b ->> 'idempotency_key', b ->> 'order_key'), 201);
END $$;
COMMENT ON FUNCTION lealup._http_create_action(lealup.http_call) IS 'Answers POST /v1/actions.';

CREATE FUNCTION lealup._http_update_action(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    seen lealup.http_reply := lealup._http_get_action(call);
BEGIN
    PERFORM lealup._http_if_match(call, seen.version);
    PERFORM lealup.update_action(call.tenant_id, lealup._http_id(call, 'id', 'action'), call.body -> 'input');
    RETURN lealup._http_get_action(call);
END $$;
COMMENT ON FUNCTION lealup._http_update_action(lealup.http_call) IS 'Answers PATCH /v1/actions/{id}.';

CREATE FUNCTION lealup._http_approve_action(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lealup.approve_action(call.tenant_id, lealup._http_id(call, 'id', 'action'), call.body -> 'input');
    RETURN lealup._http_get_action(call);
END $$;
COMMENT ON FUNCTION lealup._http_approve_action(lealup.http_call) IS 'Answers POST /v1/actions/{id}/approve.';

CREATE FUNCTION lealup._http_cancel_action(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lealup.cancel_action(call.tenant_id, lealup._http_id(call, 'id', 'action'));
    RETURN lealup._http_get_action(call);
END $$;
COMMENT ON FUNCTION lealup._http_cancel_action(lealup.http_call) IS 'Answers POST /v1/actions/{id}/cancel.';

CREATE FUNCTION lealup._http_retry_action(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lealup.retry_action(call.tenant_id, lealup._http_id(call, 'id', 'action'));
    RETURN lealup._http_get_action(call);
END $$;
COMMENT ON FUNCTION lealup._http_retry_action(lealup.http_call) IS 'Answers POST /v1/actions/{id}/retry.';

SELECT lealup._add_route('GET', '/v1/actions', '_http_list_actions', 'actions:read', 'List actions, the newest first',
    parameters => lealup._http_paging() || lealup._http_id_of('connection_id', 'Of this connection.') || lealup._http_id_of('ticket_id', 'About this ticket.') || lealup._http_id_of('customer_id', 'About this customer.')
        || '{"status": {"type": "string", "enum": ["draft", "approved", "sending", "sent", "failed", "cancelled"]}}',
    responses => lealup._http_list_of('{"$ref": "#/components/schemas/Action"}'));
SELECT lealup._add_route('GET', '/v1/actions/{id}', '_http_get_action', 'actions:read', 'An action', responses => '{"200": {"$ref": "#/components/schemas/Action"}}');
SELECT lealup._add_route('POST', '/v1/actions', '_http_create_action', 'actions:write', 'Make an action: a draft, unless a rule allows it',
    request => lealup._http_shape('{"connection_id": {"type": "string", "format": "uuid"}, "operation": {"type": "string", "minLength": 1, "maxLength": 60, "examples": ["post_message"]},
        "input": {"type": "object", "description": "What the operation needs; {\"member\": id} stands for that member''s account."}, "customer_id": {"type": ["string", "null"], "format": "uuid"},
        "ticket_id": {"type": ["string", "null"], "format": "uuid"}, "ticket_message_id": {"type": ["string", "null"], "format": "uuid"}, "task_id": {"type": ["string", "null"], "format": "uuid"},
        "idempotency_key": {"type": ["string", "null"], "minLength": 1, "maxLength": 200, "description": "If an action of the connection has it, that is the answer."},
        "order_key": {"type": ["string", "null"], "minLength": 1, "maxLength": 500, "description": "Actions of the connection with the same one are sent one after the other."}}', '{connection_id,operation,input}'),
    responses => '{"201": {"$ref": "#/components/schemas/Action"}}');
SELECT lealup._add_route('PATCH', '/v1/actions/{id}', '_http_update_action', 'actions:write', 'Change a draft',
    request => lealup._http_shape('{"input": {"type": "object"}}', '{}'), responses => '{"200": {"$ref": "#/components/schemas/Action"}}');
SELECT lealup._add_route('POST', '/v1/actions/{id}/approve', '_http_approve_action', 'actions:write', 'Approve a draft, by an API key of a member',
    request => lealup._http_shape('{"input": {"type": "object", "description": "What the member has seen: if the draft is another one by now it is not approved."}}', '{}'),
    responses => '{"200": {"$ref": "#/components/schemas/Action"}}');
SELECT lealup._add_route('POST', '/v1/actions/{id}/cancel', '_http_cancel_action', 'actions:write', 'Cancel an action that is not sent yet', responses => '{"200": {"$ref": "#/components/schemas/Action"}}');
SELECT lealup._add_route('POST', '/v1/actions/{id}/retry', '_http_retry_action', 'actions:write', 'Try an action again that has failed', responses => '{"200": {"$ref": "#/components/schemas/Action"}}');
