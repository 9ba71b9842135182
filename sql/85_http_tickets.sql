-- The HTTP API of tickets, and of the knowledge base that helps to answer them.

INSERT INTO lealup.api_schema (name, schema) VALUES
('Ticket', lealup._http_shape('{"id": {"type": "string", "format": "uuid"}, "customer_id": {"type": ["string", "null"], "format": "uuid"}, "contact_id": {"type": ["string", "null"], "format": "uuid"},
    "assignee_id": {"type": ["string", "null"], "format": "uuid"}, "assignee_email": {"type": ["string", "null"]}, "subject": {"type": "string"},
    "status": {"type": "string", "enum": ["open", "pending", "escalated", "resolved"]}, "priority": {"type": "string", "enum": ["low", "normal", "high", "urgent"]}, "channel": {"type": ["string", "null"]},
    "source": {"type": "string"}, "external_id": {"type": ["string", "null"]}, "escalated_at": {"type": ["string", "null"], "format": "date-time"}, "escalation_reason": {"type": ["string", "null"]},
    "resolved_at": {"type": ["string", "null"], "format": "date-time"}, "created_at": {"type": "string", "format": "date-time"}}')),
('TicketMessage', lealup._http_shape('{"id": {"type": "string", "format": "uuid"}, "author": {"type": ["string", "null"], "enum": ["member", "contact", null]},
    "author_member_id": {"type": ["string", "null"], "format": "uuid"}, "author_contact_id": {"type": ["string", "null"], "format": "uuid"}, "author_name": {"type": ["string", "null"]},
    "internal": {"type": "boolean", "description": "For the team only."}, "body": {"type": "string", "maxLength": 10000, "description": "Its first 10,000 characters."}, "body_truncated": {"type": "boolean"},
    "source": {"type": "string"}, "external_id": {"type": ["string", "null"]}, "deleted": {"type": "boolean", "description": "Its text is gone."}, "created_at": {"type": "string", "format": "date-time"}}'));
INSERT INTO lealup.api_schema (name, schema)
SELECT 'TicketDetail', lealup._http_shape((s.schema -> 'properties') || '{"customer_name": {"type": ["string", "null"]}, "contact_name": {"type": ["string", "null"]}, "message_count": {"type": "integer"},
    "messages": {"type": "array", "maxItems": 20, "items": {"$ref": "#/components/schemas/TicketMessage"}, "description": "The last 20."}}')
FROM lealup.api_schema s WHERE s.name = 'Ticket'
UNION ALL
SELECT 'TicketMessageDetail', lealup._http_shape((s.schema -> 'properties') - 'body_truncated' || '{"body": {"type": "string"}}') FROM lealup.api_schema s WHERE s.name = 'TicketMessage';

CREATE FUNCTION lealup._http_ticket(t lealup.ticket) RETURNS json
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN json_build_object('id', t.id, 'customer_id', t.customer_id, 'contact_id', t.contact_id, 'assignee_id', t.assignee_id,
        'assignee_email', (SELECT m.email FROM lealup.member m WHERE m.tenant_id = t.tenant_id AND m.id = t.assignee_id), 'subject', t.subject, 'status', t.status, 'priority', t.priority,
        'channel', t.channel, 'source', t.source, 'external_id', t.external_id, 'escalated_at', lealup._http_stamp(t.escalated_at), 'escalation_reason', t.escalation_reason,
        'resolved_at', lealup._http_stamp(t.resolved_at), 'created_at', lealup._http_stamp(t.created_at));
COMMENT ON FUNCTION lealup._http_ticket(lealup.ticket) IS 'A ticket as lists show it.';

CREATE FUNCTION lealup._http_find_ticket(call lealup.http_call) RETURNS lealup.ticket
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    t lealup.ticket;
BEGIN
    SELECT x.* INTO t FROM lealup.ticket x WHERE x.tenant_id = call.tenant_id AND x.id = lealup._http_id(call, 'id', 'ticket');
    PERFORM lealup._http_found(FOUND, 'ticket');
    RETURN t;
END $$;
COMMENT ON FUNCTION lealup._http_find_ticket(lealup.http_call) IS 'The ticket that the path names; ends the request with 404 if there is none.';

CREATE FUNCTION lealup._http_lock_ticket(call lealup.http_call) RETURNS lealup.ticket
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    t lealup.ticket;
BEGIN
    SELECT x.* INTO t FROM lealup.ticket x WHERE x.tenant_id = call.tenant_id AND x.id = lealup._http_id(call, 'id', 'ticket') FOR NO KEY UPDATE;
    PERFORM lealup._http_found(FOUND, 'ticket');
    PERFORM lealup._http_if_match(call, lealup._http_version(lealup._http_ticket(t)));
    RETURN t;
END $$;
COMMENT ON FUNCTION lealup._http_lock_ticket(lealup.http_call) IS 'The same, locked, in the version that If-Match names; ends the request with 412 if that is another one.';

CREATE FUNCTION lealup._http_show_ticket(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN lealup._http_show(lealup._http_ticket(lealup._http_find_ticket(call)));
END $$;
COMMENT ON FUNCTION lealup._http_show_ticket(lealup.http_call) IS 'An answer that shows the ticket that the path names, as it is now.';

CREATE FUNCTION lealup._http_ticket_message(m lealup.ticket_message) RETURNS json
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN json_build_object('id', m.id, 'author', CASE WHEN m.author_member_id IS NOT NULL THEN 'member' WHEN m.author_contact_id IS NOT NULL THEN 'contact' END,
        'author_member_id', m.author_member_id, 'author_contact_id', m.author_contact_id,
        'author_name', coalesce((SELECT x.name FROM lealup.member x WHERE x.tenant_id = m.tenant_id AND x.id = m.author_member_id),
            (SELECT x.name FROM lealup.contact x WHERE x.tenant_id = m.tenant_id AND x.id = m.author_contact_id)),
        'internal', m.internal, 'body', left(m.body, 10000), 'body_truncated', length(m.body) > 10000, 'source', m.source, 'external_id', m.external_id,
        'deleted', m.deleted_at IS NOT NULL, 'created_at', lealup._http_stamp(m.created_at));
COMMENT ON FUNCTION lealup._http_ticket_message(lealup.ticket_message) IS 'A message as lists show it: the beginning of its text.';

CREATE FUNCTION lealup._http_whole_message(tenant_id uuid, ticket_id uuid, message_id uuid) RETURNS json
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    m lealup.ticket_message;
BEGIN
    SELECT x.* INTO m FROM lealup.ticket_message x
    WHERE x.tenant_id = _http_whole_message.tenant_id AND x.id = _http_whole_message.message_id AND x.ticket_id = _http_whole_message.ticket_id;
    PERFORM lealup._http_found(FOUND, 'message');
    RETURN (SELECT json_object_agg(e.key, CASE e.key WHEN 'body' THEN to_json(m.body) ELSE e.value END ORDER BY e.n)
        FROM json_each(lealup._http_ticket_message(m)) WITH ORDINALITY e(key, value, n) WHERE e.key <> 'body_truncated');
END $$;
COMMENT ON FUNCTION lealup._http_whole_message(uuid, uuid, uuid) IS 'All of a message; ends the request with 404 if there is none.';

CREATE FUNCTION lealup._http_list_tickets(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF call.query ? 'external_id' AND NOT call.query ? 'source' THEN
        PERFORM lealup._http_refuse_field(400, 'source', 'is required: source and external_id name it together');
    END IF;
    RETURN lealup._http_page(call, 'ticket', '_http_ticket', '{status,priority,assignee_id,customer_id,channel,source,external_id}', nullif(concat_ws(' AND ',
        CASE call.query ->> 'unresolved' WHEN 'true' THEN 'x.status <> ''resolved''' WHEN 'false' THEN 'x.status = ''resolved''' END, lealup._http_within(call, 'created_at')), ''), newest_first => true);
END $$;
COMMENT ON FUNCTION lealup._http_list_tickets(lealup.http_call) IS
    'Answers GET /v1/tickets, the newest first, by the primary key; by (tenant_id, assignee_id) of unresolved ones, (tenant_id, customer_id) or (tenant_id, source, external_id) where that is less.';

CREATE FUNCTION lealup._http_get_ticket(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    t lealup.ticket := lealup._http_find_ticket(call);
    item json := lealup._http_ticket(t);
BEGIN
    RETURN lealup._http_ok(lealup._http_and(item, json_build_object(
        'customer_name', (SELECT c.name FROM lealup.customer c WHERE c.tenant_id = t.tenant_id AND c.id = t.customer_id),
        'contact_name', (SELECT c.name FROM lealup.contact c WHERE c.tenant_id = t.tenant_id AND c.id = t.contact_id),
        'message_count', (SELECT count(*) FROM lealup.ticket_message m WHERE m.tenant_id = t.tenant_id AND m.ticket_id = t.id),
        'messages', (SELECT coalesce(json_agg(lealup._http_ticket_message(l.m) ORDER BY (l.m).created_at, (l.m).id), '[]')
            FROM (SELECT m FROM lealup.ticket_message m WHERE m.tenant_id = t.tenant_id AND m.ticket_id = t.id ORDER BY m.id DESC LIMIT 20) l))),
        version => lealup._http_version(item));
END $$;
COMMENT ON FUNCTION lealup._http_get_ticket(lealup.http_call) IS 'Answers GET /v1/tickets/{id}, with its last 20 messages.';

CREATE FUNCTION lealup._http_create_ticket(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    b jsonb := call.body;
    reply lealup.http_reply;
BEGIN
    PERFORM lealup._http_check_references(call.tenant_id, b);
    IF EXISTS (SELECT FROM lealup.ticket t WHERE t.tenant_id = call.tenant_id AND t.source = coalesce(b ->> 'source', 'api') AND t.external_id = b ->> 'external_id') THEN
        PERFORM lealup._http_refuse_field(409, 'external_id', 'is that of another ticket of this source');
    END IF;
    call.params := jsonb_build_object('id', lealup.create_ticket(call.tenant_id, b ->> 'subject', b ->> 'body', (b ->> 'customer_id')::uuid, (b ->> 'contact_id')::uuid, (b ->> 'assignee_id')::uuid,
        coalesce(b ->> 'priority', 'normal'), b ->> 'channel', coalesce(b ->> 'source', 'api'), b ->> 'external_id'));
    reply := lealup._http_show_ticket(call);
    reply.status := 201;
    reply.headers := jsonb_build_object('location', '/v1/tickets/' || (call.params ->> 'id'));
    RETURN reply;
END $$;
COMMENT ON FUNCTION lealup._http_create_ticket(lealup.http_call) IS 'Answers POST /v1/tickets.';

CREATE FUNCTION lealup._http_update_ticket(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    previous lealup.ticket := lealup._http_lock_ticket(call);
    t lealup.ticket := jsonb_populate_record(previous, call.body);
    changes jsonb := lealup._row_changes(previous, t);
BEGIN
    PERFORM lealup._http_check_references(call.tenant_id, call.body);
    -- Not by update_ticket(), to which null is what stays.
    IF changes IS NOT NULL THEN
        UPDATE lealup.ticket x
        SET subject = t.subject, priority = t.priority, status = t.status, channel = t.channel, customer_id = t.customer_id, contact_id = t.contact_id
        WHERE x.tenant_id = t.tenant_id AND x.id = t.id;
        PERFORM lealup._audit(t.tenant_id, 'ticket.update', 'ticket', t.id, changes);
    END IF;
    RETURN lealup._http_show_ticket(call);
END $$;
COMMENT ON FUNCTION lealup._http_update_ticket(lealup.http_call) IS 'Answers PATCH /v1/tickets/{id}: what the body does not name stays.';

CREATE FUNCTION lealup._http_assign_ticket(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    t lealup.ticket := lealup._http_lock_ticket(call);
BEGIN
    PERFORM lealup._http_check_references(call.tenant_id, call.body);
    PERFORM lealup.assign_ticket(t.tenant_id, t.id, (call.body ->> 'assignee_id')::uuid);
    RETURN lealup._http_show_ticket(call);
END $$;
COMMENT ON FUNCTION lealup._http_assign_ticket(lealup.http_call) IS 'Answers POST /v1/tickets/{id}/assign.';

CREATE FUNCTION lealup._http_escalate_ticket(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    t lealup.ticket := lealup._http_lock_ticket(call);
BEGIN
    PERFORM lealup.escalate_ticket(t.tenant_id, t.id, call.body ->> 'reason');
    RETURN lealup._http_show_ticket(call);
END $$;
COMMENT ON FUNCTION lealup._http_escalate_ticket(lealup.http_call) IS 'Answers POST /v1/tickets/{id}/escalate.';

CREATE FUNCTION lealup._http_resolve_ticket(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    t lealup.ticket := lealup._http_lock_ticket(call);
BEGIN
    PERFORM lealup.resolve_ticket(t.tenant_id, t.id);
    RETURN lealup._http_show_ticket(call);
END $$;
COMMENT ON FUNCTION lealup._http_resolve_ticket(lealup.http_call) IS 'Answers POST /v1/tickets/{id}/resolve.';

CREATE FUNCTION lealup._http_reopen_ticket(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    t lealup.ticket := lealup._http_lock_ticket(call);
BEGIN
    PERFORM lealup.reopen_ticket(t.tenant_id, t.id);
    RETURN lealup._http_show_ticket(call);
END $$;
COMMENT ON FUNCTION lealup._http_reopen_ticket(lealup.http_call) IS 'Answers POST /v1/tickets/{id}/reopen.';

CREATE FUNCTION lealup._http_list_messages(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN lealup._http_page(call, 'ticket_message', '_http_ticket_message', '{internal}', format('x.ticket_id = %L', (lealup._http_find_ticket(call)).id));
END $$;
COMMENT ON FUNCTION lealup._http_list_messages(lealup.http_call) IS 'Answers GET /v1/tickets/{id}/messages in their order, by (tenant_id, ticket_id, id).';

CREATE FUNCTION lealup._http_get_message(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN lealup._http_show(lealup._http_whole_message(call.tenant_id, lealup._http_id(call, 'id', 'ticket'), lealup._http_id(call, 'message_id', 'message')));
END $$;
COMMENT ON FUNCTION lealup._http_get_message(lealup.http_call) IS 'Answers GET /v1/tickets/{id}/messages/{message_id}.';

CREATE FUNCTION lealup._http_edit_message(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    seen lealup.http_reply := lealup._http_get_message(call);
BEGIN
    PERFORM lealup._http_if_match(call, seen.version);
    IF call.body ? 'body' THEN
        PERFORM lealup.edit_ticket_message(call.tenant_id, lealup._http_id(call, 'message_id', 'message'), call.body ->> 'body');
    END IF;
    RETURN lealup._http_get_message(call);
END $$;
COMMENT ON FUNCTION lealup._http_edit_message(lealup.http_call) IS 'Answers PATCH /v1/tickets/{id}/messages/{message_id}.';

CREATE FUNCTION lealup._http_delete_message(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    seen lealup.http_reply := lealup._http_get_message(call);
BEGIN
    PERFORM lealup._http_if_match(call, seen.version);
    PERFORM lealup.delete_ticket_message(call.tenant_id, lealup._http_id(call, 'message_id', 'message'));
    RETURN lealup._http_ok(NULL, 204);
END $$;
COMMENT ON FUNCTION lealup._http_delete_message(lealup.http_call) IS 'Answers DELETE /v1/tickets/{id}/messages/{message_id}: that there was one stays in the thread.';

CREATE FUNCTION lealup._http_add_message(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    b jsonb := call.body;
    t lealup.ticket := lealup._http_find_ticket(call);
    new_id uuid;
BEGIN
    PERFORM lealup._http_check_references(call.tenant_id, b);
    IF EXISTS (SELECT FROM lealup.ticket_message m WHERE m.tenant_id = t.tenant_id AND m.source = coalesce(b ->> 'source', 'api') AND m.external_id = b ->> 'external_id') THEN
        PERFORM lealup._http_refuse_field(409, 'external_id', 'is that of another message of this source');
    END IF;
    new_id := lealup.add_ticket_message(t.tenant_id, t.id, b ->> 'body', (b ->> 'author_member_id')::uuid, (b ->> 'author_contact_id')::uuid, coalesce((b ->> 'internal')::boolean, false),
        coalesce(b ->> 'source', 'api'), b ->> 'external_id');
    RETURN lealup._http_show(lealup._http_whole_message(t.tenant_id, t.id, new_id), 201, jsonb_build_object('location', format('/v1/tickets/%s/messages/%s', t.id, new_id)));
END $$;
COMMENT ON FUNCTION lealup._http_add_message(lealup.http_call) IS 'Answers POST /v1/tickets/{id}/messages.';

-- ----- The knowledge base -----

CREATE FUNCTION lealup._http_search_knowledge(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN lealup._http_ok(json_build_object('data', (
        SELECT coalesce(json_agg(json_build_object('id', s.id, 'title', s.title, 'url', s.url, 'rank', s.rank, 'headline', s.headline) ORDER BY s.n), '[]')
        FROM lealup.search_kb(call.tenant_id, call.query ->> 'q', call.query ->> 'language', (call.query ->> 'limit')::int) WITH ORDINALITY s(id, title, url, rank, headline, n))));
COMMENT ON FUNCTION lealup._http_search_knowledge(lealup.http_call) IS 'Answers GET /v1/knowledge/search, the best first, by the GIN indexes of kb_document.';

CREATE FUNCTION lealup._http_get_document(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    d lealup.kb_document;
BEGIN
    SELECT x.* INTO d FROM lealup.kb_document x WHERE x.tenant_id = call.tenant_id AND x.id = lealup._http_id(call, 'id', 'document') AND x.deleted_at IS NULL;
    PERFORM lealup._http_found(FOUND, 'document');
    RETURN lealup._http_show(json_build_object('id', d.id, 'title', d.title, 'body', d.body, 'language', d.language, 'url', d.url, 'path', d.path, 'source', d.source, 'external_id', d.external_id,
        'created_at', lealup._http_stamp(d.created_at), 'updated_at', lealup._http_stamp(d.updated_at)));
END $$;
COMMENT ON FUNCTION lealup._http_get_document(lealup.http_call) IS 'Answers GET /v1/knowledge/documents/{id}.';

-- ----- Routes -----

SELECT lealup._add_route('GET', '/v1/tickets', '_http_list_tickets', 'tickets:read', 'List tickets, the newest first',
    parameters => lealup._http_paging() || lealup._http_period('Tickets opened') || lealup._http_id_of('assignee_id', 'Of this member.') || lealup._http_id_of('customer_id', 'Of this customer.') || '{
        "status": {"type": "string", "enum": ["open", "pending", "escalated", "resolved"]}, "unresolved": {"type": "boolean", "description": "Only those that are not resolved, or only those that are."},
        "priority": {"type": "string", "enum": ["low", "normal", "high", "urgent"]}, "channel": {"type": "string", "maxLength": 100}, "source": {"type": "string", "maxLength": 100},
        "external_id": {"type": "string", "maxLength": 1000, "description": "With source: the one that is called so there."}}',
    responses => lealup._http_list_of('{"$ref": "#/components/schemas/Ticket"}'));
SELECT lealup._add_route('GET', '/v1/tickets/{id}', '_http_get_ticket', 'tickets:read', 'A ticket, with its last messages', responses => '{"200": {"$ref": "#/components/schemas/TicketDetail"}}');
SELECT lealup._add_route('POST', '/v1/tickets', '_http_create_ticket', 'tickets:write', 'Open a ticket',
    request => lealup._http_shape('{"subject": {"type": "string", "minLength": 1, "maxLength": 1000}, "body": {"type": ["string", "null"], "minLength": 1, "maxLength": 1000000, "description": "Its first message, by the contact, else by the acting member."},
        "customer_id": {"type": ["string", "null"], "format": "uuid", "description": "Null = the contact''s."}, "contact_id": {"type": ["string", "null"], "format": "uuid"}, "assignee_id": {"type": ["string", "null"], "format": "uuid"},
        "priority": {"type": "string", "enum": ["low", "normal", "high", "urgent"]}, "channel": {"type": ["string", "null"], "minLength": 1, "maxLength": 100, "description": "Where it was asked: email, slack ..."},
        "source": {"type": "string", "minLength": 1, "maxLength": 100}, "external_id": {"type": ["string", "null"], "minLength": 1, "maxLength": 1000}}', '{subject}'),
    responses => '{"201": {"$ref": "#/components/schemas/Ticket"}}');
SELECT lealup._add_route('PATCH', '/v1/tickets/{id}', '_http_update_ticket', 'tickets:write', 'Change a ticket',
    request => lealup._http_shape('{"subject": {"type": "string", "minLength": 1, "maxLength": 1000}, "priority": {"type": "string", "enum": ["low", "normal", "high", "urgent"]},
        "status": {"type": "string", "enum": ["open", "pending", "resolved"]}, "channel": {"type": ["string", "null"], "minLength": 1, "maxLength": 100}, "customer_id": {"type": ["string", "null"], "format": "uuid"},
        "contact_id": {"type": ["string", "null"], "format": "uuid"}}', '{}'), responses => '{"200": {"$ref": "#/components/schemas/Ticket"}}',
    example => '{"priority": "urgent", "channel": null}');
SELECT lealup._add_route('POST', '/v1/tickets/{id}/assign', '_http_assign_ticket', 'tickets:write', 'Give a ticket to a member',
    request => lealup._http_shape('{"assignee_id": {"type": ["string", "null"], "format": "uuid", "description": "Null = to nobody."}}'), responses => '{"200": {"$ref": "#/components/schemas/Ticket"}}');
SELECT lealup._add_route('POST', '/v1/tickets/{id}/escalate', '_http_escalate_ticket', 'tickets:write', 'Escalate a ticket, to whom the escalation rules name',
    request => lealup._http_shape('{"reason": {"type": ["string", "null"], "maxLength": 2000, "examples": ["Nobody answered for two days."]}}', '{}'), responses => '{"200": {"$ref": "#/components/schemas/Ticket"}}');
SELECT lealup._add_route('POST', '/v1/tickets/{id}/resolve', '_http_resolve_ticket', 'tickets:write', 'Resolve a ticket', responses => '{"200": {"$ref": "#/components/schemas/Ticket"}}');
SELECT lealup._add_route('POST', '/v1/tickets/{id}/reopen', '_http_reopen_ticket', 'tickets:write', 'Open a ticket again', responses => '{"200": {"$ref": "#/components/schemas/Ticket"}}');
SELECT lealup._add_route('GET', '/v1/tickets/{id}/messages', '_http_list_messages', 'tickets:read', 'The messages of a ticket, the first one first',
    parameters => lealup._http_paging() || '{"internal": {"type": "boolean"}}', responses => lealup._http_list_of('{"$ref": "#/components/schemas/TicketMessage"}'));
SELECT lealup._add_route('GET', '/v1/tickets/{id}/messages/{message_id}', '_http_get_message', 'tickets:read', 'All of a message',
    responses => '{"200": {"$ref": "#/components/schemas/TicketMessageDetail"}}');
SELECT lealup._add_route('PATCH', '/v1/tickets/{id}/messages/{message_id}', '_http_edit_message', 'tickets:write', 'Give a message another text',
    request => lealup._http_shape('{"body": {"type": "string", "minLength": 1, "maxLength": 1000000}}', '{}'), responses => '{"200": {"$ref": "#/components/schemas/TicketMessageDetail"}}',
    example => '{"body": "We have found it."}');
SELECT lealup._add_route('DELETE', '/v1/tickets/{id}/messages/{message_id}', '_http_delete_message', 'tickets:write', 'Take a message''s text away', responses => '{"204": null}');
SELECT lealup._add_route('POST', '/v1/tickets/{id}/messages', '_http_add_message', 'tickets:write', 'Add a message to a ticket',
    request => lealup._http_shape('{"body": {"type": "string", "minLength": 1, "maxLength": 1000000}, "author_member_id": {"type": ["string", "null"], "format": "uuid"},
        "author_contact_id": {"type": ["string", "null"], "format": "uuid", "description": "A contact''s message opens a resolved or pending ticket again."}, "internal": {"type": "boolean", "description": "For the team only."},
        "source": {"type": "string", "minLength": 1, "maxLength": 100}, "external_id": {"type": ["string", "null"], "minLength": 1, "maxLength": 1000}}', '{body}'),
    responses => '{"201": {"$ref": "#/components/schemas/TicketMessageDetail"}}', example => '{"body": "We are looking into it.", "internal": false}');
SELECT lealup._add_route('GET', '/v1/knowledge/search', '_http_search_knowledge', 'knowledge:read', 'Search the knowledge base',
    parameters => '{"q": {"type": "string", "minLength": 1, "maxLength": 1000, "required": true, "description": "As in a web search engine: \"exact words\", or, -without."},
        "language": {"type": "string", "enum": ["english", "spanish", "portuguese", "french", "german", "italian", "simple"]}, "limit": {"type": "integer", "minimum": 1, "maximum": 100, "default": 10}}',
    responses => jsonb_build_object('200', lealup._http_shape(jsonb_build_object('data', jsonb_build_object('type', 'array', 'items', lealup._http_shape('{"id": {"type": "string", "format": "uuid"}, "title": {"type": "string"},
        "url": {"type": ["string", "null"]}, "rank": {"type": "number"}, "headline": {"type": "string", "description": "HTML: excerpts, with <mark> around the words."}}'))))));
SELECT lealup._add_route('GET', '/v1/knowledge/documents/{id}', '_http_get_document', 'knowledge:read', 'A document of the knowledge base',
    responses => jsonb_build_object('200', lealup._http_shape('{"id": {"type": "string", "format": "uuid"}, "title": {"type": "string"}, "body": {"type": "string"}, "language": {"type": "string"}, "url": {"type": ["string", "null"]},
        "path": {"type": ["string", "null"]}, "source": {"type": "string"}, "external_id": {"type": "string"}, "created_at": {"type": "string", "format": "date-time"}, "updated_at": {"type": "string", "format": "date-time"}}')));
