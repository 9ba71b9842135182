-- The HTTP API: what became of a connection's notifications. Where providers send them, /v1/inbound/{token}, is no route: see
-- _receive_inbound().

INSERT INTO lealup.api_schema (name, schema) VALUES
('InboundMessage', lealup._http_shape('{"id": {"type": "string", "format": "uuid"}, "connection_id": {"type": "string", "format": "uuid"}, "name": {"type": "string"},
    "received_at": {"type": "string", "format": "date-time"}, "status": {"type": "string", "enum": ["pending", "done", "failed", "ignored"]}, "attempts": {"type": "integer"},
    "next_attempt_at": {"type": ["string", "null"], "format": "date-time"}, "error": {"type": ["string", "null"]}, "trace_id": {"type": ["string", "null"], "format": "uuid"}}'));

CREATE FUNCTION lealup._http_inbound_message(m lealup.inbound_messages) RETURNS json
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN json_build_object('id', m.id, 'connection_id', m.connection_id, 'name', m.name, 'received_at', lealup._http_stamp(m.received_at), 'status', m.status,
        'attempts', m.attempts, 'next_attempt_at', lealup._http_stamp(m.next_attempt_at), 'error', m.error, 'trace_id', m.trace_id);
COMMENT ON FUNCTION lealup._http_inbound_message(lealup.inbound_messages) IS 'A notification as answers show it.';

CREATE FUNCTION lealup._http_list_inbound(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    connection uuid := lealup._http_id(call, 'id', 'connection');
BEGIN
    PERFORM lealup._http_found(EXISTS (SELECT FROM lealup.connection c WHERE c.tenant_id = call.tenant_id AND c.id = connection), 'connection');
    RETURN lealup._http_page(call, 'inbound_messages', '_http_inbound_message', '{status}', format('x.connection_id = %L', connection), newest_first => true);
END $$;
COMMENT ON FUNCTION lealup._http_list_inbound(lealup.http_call) IS 'Answers GET /v1/connections/{id}/inbound, by the index (tenant_id, connection_id, id).';

CREATE FUNCTION lealup._http_retry_inbound(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    connection uuid := lealup._http_id(call, 'id', 'connection');
    message uuid := lealup._http_id(call, 'message_id', 'notification');
BEGIN
    PERFORM lealup._http_found(EXISTS (SELECT FROM lealup.inbound_messages m
        WHERE m.tenant_id = call.tenant_id AND m.connection_id = connection AND m.id = message), 'notification');
    PERFORM lealup.retry_inbound(call.tenant_id, message);
    RETURN lealup._http_ok(NULL, 204);
END $$;
COMMENT ON FUNCTION lealup._http_retry_inbound(lealup.http_call) IS 'Answers POST /v1/connections/{id}/inbound/{message_id}/retry.';

SELECT lealup._add_route('GET', '/v1/connections/{id}/inbound', '_http_list_inbound', 'connections:read', 'List a connection''s notifications, the newest first',
    parameters => lealup._http_paging() || '{"status": {"type": "string", "enum": ["pending", "done", "failed", "ignored"]}}',
    responses => lealup._http_list_of('{"$ref": "#/components/schemas/InboundMessage"}'));
SELECT lealup._add_route('POST', '/v1/connections/{id}/inbound/{message_id}/retry', '_http_retry_inbound', 'connections:write', 'Have a notification understood again',
    responses => '{"204": null}');
