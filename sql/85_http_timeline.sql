-- The HTTP API of what happened with customers: the timeline, issues in messages, meetings and their briefings.

INSERT INTO lealup.api_schema (name, schema) VALUES
('TimelineEntry', lealup._http_shape('{"id": {"type": "string", "format": "uuid"}, "customer_id": {"type": ["string", "null"], "format": "uuid"}, "contact_id": {"type": ["string", "null"], "format": "uuid"},
    "member_id": {"type": ["string", "null"], "format": "uuid"}, "kind": {"type": "string", "enum": ["email", "call", "meeting", "message", "note", "ticket", "update", "milestone"]},
    "direction": {"type": ["string", "null"], "enum": ["in", "out", null]}, "channel": {"type": ["string", "null"]}, "title": {"type": ["string", "null"]},
    "body": {"type": ["string", "null"], "maxLength": 2000, "description": "Its first 2000 characters."}, "body_truncated": {"type": "boolean"},
    "occurred_at": {"type": "string", "format": "date-time"}, "source": {"type": "string"}, "external_id": {"type": ["string", "null"]}, "created_at": {"type": "string", "format": "date-time"}}')),
('Issue', lealup._http_shape('{"id": {"type": "string", "format": "uuid"}, "customer_id": {"type": ["string", "null"], "format": "uuid"}, "timeline_event_id": {"type": "string", "format": "uuid"},
    "class": {"type": "string", "enum": ["cancellation", "complaint", "billing", "outage", "competitor"]}, "severity": {"type": "string", "enum": ["low", "medium", "high"]}, "summary": {"type": "string"},
    "score": {"type": ["number", "null"], "description": "How sure the built-in lexicon is; null if an assistant found it."}, "classifier": {"type": "string"}, "created_at": {"type": "string", "format": "date-time"}}')),
('Meeting', lealup._http_shape('{"id": {"type": "string", "format": "uuid"}, "customer_id": {"type": ["string", "null"], "format": "uuid"}, "owner_id": {"type": ["string", "null"], "format": "uuid"},
    "title": {"type": "string"}, "starts_at": {"type": "string", "format": "date-time"}, "ends_at": {"type": "string", "format": "date-time"}, "location": {"type": ["string", "null"]},
    "status": {"type": "string", "enum": ["confirmed", "tentative", "cancelled"]}, "source": {"type": "string"}, "external_id": {"type": ["string", "null"]}, "created_at": {"type": "string", "format": "date-time"}}'));
INSERT INTO lealup.api_schema (name, schema)
SELECT 'TimelineEvent', lealup._http_shape((s.schema -> 'properties') - 'body_truncated' || '{"body": {"type": ["string", "null"]},
    "participants": {"type": "array", "items": {"type": "object"}}, "payload": {"description": "What the source gave."}}')
FROM lealup.api_schema s WHERE s.name = 'TimelineEntry'
UNION ALL
SELECT 'MeetingDetail', lealup._http_shape((s.schema -> 'properties') || '{"attendees": {"type": "array", "items": {"type": "object"}}}') FROM lealup.api_schema s WHERE s.name = 'Meeting';

-- ----- The timeline -----

CREATE FUNCTION lealup._http_timeline_entry(e lealup.timeline_event) RETURNS json
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN json_build_object('id', e.id, 'customer_id', e.customer_id, 'contact_id', e.contact_id, 'member_id', e.member_id, 'kind', e.kind, 'direction', e.direction, 'channel', e.channel,
        'title', e.title, 'body', left(e.body, 2000), 'body_truncated', coalesce(length(e.body) > 2000, false), 'occurred_at', lealup._http_stamp(e.occurred_at), 'source', e.source,
        'external_id', e.external_id, 'created_at', lealup._http_stamp(e.created_at));
COMMENT ON FUNCTION lealup._http_timeline_entry(lealup.timeline_event) IS 'What happened as lists show it: the beginning of its text, and neither participants nor payload, which may be large.';

CREATE FUNCTION lealup._http_timeline_event(tenant_id uuid, event_id uuid) RETURNS json
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    e lealup.timeline_event;
BEGIN
    SELECT x.* INTO e FROM lealup.timeline_event x WHERE x.tenant_id = _http_timeline_event.tenant_id AND x.id = _http_timeline_event.event_id;
    PERFORM lealup._http_found(FOUND, 'timeline event');
    RETURN json_build_object('id', e.id, 'customer_id', e.customer_id, 'contact_id', e.contact_id, 'member_id', e.member_id, 'kind', e.kind, 'direction', e.direction, 'channel', e.channel,
        'title', e.title, 'body', e.body, 'occurred_at', lealup._http_stamp(e.occurred_at), 'participants', e.participants, 'source', e.source, 'external_id', e.external_id,
        'payload', e.payload, 'created_at', lealup._http_stamp(e.created_at));
END $$;
COMMENT ON FUNCTION lealup._http_timeline_event(uuid, uuid) IS 'All of what happened; ends the request with 404 if there is none.';

CREATE FUNCTION lealup._http_list_timeline(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c lealup.customer := lealup._http_find_customer(call);
BEGIN
    RETURN lealup._http_page(call, 'timeline_event', '_http_timeline_entry', '{kind,direction,channel}',
        concat_ws(' AND ', format('x.customer_id = %L', c.id), lealup._http_within(call, 'occurred_at')), '{occurred_at,id}', '{date-time,uuid}', true);
END $$;
COMMENT ON FUNCTION lealup._http_list_timeline(lealup.http_call) IS 'Answers GET /v1/customers/{id}/timeline, the latest first, by (tenant_id, customer_id, occurred_at).';

CREATE FUNCTION lealup._http_get_timeline_event(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN lealup._http_show(lealup._http_timeline_event(call.tenant_id, lealup._http_id(call, 'id', 'timeline event')));
END $$;
COMMENT ON FUNCTION lealup._http_get_timeline_event(lealup.http_call) IS 'Answers GET /v1/timeline-events/{id}.';

CREATE FUNCTION lealup._http_add_timeline_event(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    b jsonb := call.body;
    kept_id uuid;
    known boolean;
BEGIN
    PERFORM lealup._http_check_references(call.tenant_id, b);
    known := EXISTS (SELECT FROM lealup.timeline_event e WHERE e.tenant_id = call.tenant_id AND e.source = coalesce(b ->> 'source', 'api') AND e.external_id = b ->> 'external_id');
    kept_id := lealup.add_timeline_event(call.tenant_id, b ->> 'kind', b ->> 'title', b ->> 'body', coalesce(lealup._http_time(b ->> 'occurred_at'), now()), coalesce(b -> 'participants', '[]'),
        (b ->> 'customer_id')::uuid, (b ->> 'contact_id')::uuid, (b ->> 'member_id')::uuid, b ->> 'direction', b ->> 'channel', coalesce(b ->> 'source', 'api'), b ->> 'external_id',
        payload => nullif(b -> 'payload', 'null'));
    RETURN lealup._http_show(lealup._http_timeline_event(call.tenant_id, kept_id), CASE WHEN known THEN 200 ELSE 201 END,
        CASE WHEN known THEN '{}' ELSE jsonb_build_object('location', '/v1/timeline-events/' || kept_id) END);
END $$;
COMMENT ON FUNCTION lealup._http_add_timeline_event(lealup.http_call) IS
    'Answers POST /v1/timeline-events. Without a customer_id the participants tell whose it is; 200 if its external_id was sent before, which brings it up to date.';

CREATE FUNCTION lealup._http_add_note(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c lealup.customer := lealup._http_find_customer(call);
    new_id uuid := lealup.add_note(c.tenant_id, c.id, call.body ->> 'title', call.body ->> 'body');
BEGIN
    RETURN lealup._http_show(lealup._http_timeline_event(c.tenant_id, new_id), 201, jsonb_build_object('location', '/v1/timeline-events/' || new_id));
END $$;
COMMENT ON FUNCTION lealup._http_add_note(lealup.http_call) IS 'Answers POST /v1/customers/{id}/notes.';

-- ----- Issues -----

CREATE FUNCTION lealup._http_issue(d lealup.detected_issue) RETURNS json
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN json_build_object('id', d.id, 'customer_id', d.customer_id, 'timeline_event_id', d.timeline_event_id, 'class', d.class, 'severity', d.severity, 'summary', d.summary,
        'score', d.score, 'classifier', d.classifier, 'created_at', lealup._http_stamp(d.created_at));
COMMENT ON FUNCTION lealup._http_issue(lealup.detected_issue) IS 'An issue as answers show it.';

CREATE FUNCTION lealup._http_list_issues(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN lealup._http_page(call, 'detected_issue', '_http_issue', '{customer_id,class,severity}', lealup._http_within(call, 'created_at'), newest_first => true);
COMMENT ON FUNCTION lealup._http_list_issues(lealup.http_call) IS 'Answers GET /v1/issues, the newest first, by the primary key, or a customer''s by (tenant_id, customer_id, id).';

CREATE FUNCTION lealup._http_get_issue(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    d lealup.detected_issue;
BEGIN
    SELECT x.* INTO d FROM lealup.detected_issue x WHERE x.tenant_id = call.tenant_id AND x.id = lealup._http_id(call, 'id', 'issue');
    PERFORM lealup._http_found(FOUND, 'issue');
    RETURN lealup._http_show(lealup._http_issue(d));
END $$;
COMMENT ON FUNCTION lealup._http_get_issue(lealup.http_call) IS 'Answers GET /v1/issues/{id}.';

-- ----- Meetings -----

CREATE FUNCTION lealup._http_meeting(m lealup.meeting) RETURNS json
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN json_build_object('id', m.id, 'customer_id', m.customer_id, 'owner_id', m.owner_id, 'title', m.title, 'starts_at', lealup._http_stamp(m.starts_at),
        'ends_at', lealup._http_stamp(m.ends_at), 'location', m.location, 'status', m.status, 'source', m.source, 'external_id', m.external_id, 'created_at', lealup._http_stamp(m.created_at));
COMMENT ON FUNCTION lealup._http_meeting(lealup.meeting) IS 'A meeting as lists show it.';

CREATE FUNCTION lealup._http_find_meeting(call lealup.http_call) RETURNS lealup.meeting
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    m lealup.meeting;
BEGIN
    SELECT x.* INTO m FROM lealup.meeting x WHERE x.tenant_id = call.tenant_id AND x.id = lealup._http_id(call, 'id', 'meeting');
    PERFORM lealup._http_found(FOUND, 'meeting');
    RETURN m;
END $$;
COMMENT ON FUNCTION lealup._http_find_meeting(lealup.http_call) IS 'The meeting that the path names; ends the request with 404 if there is none.';

CREATE FUNCTION lealup._http_list_meetings(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN lealup._http_page(call, 'meeting', '_http_meeting', '{customer_id,owner_id,status}', lealup._http_within(call, 'starts_at'), '{starts_at,id}', '{date-time,uuid}');
COMMENT ON FUNCTION lealup._http_list_meetings(lealup.http_call) IS 'Answers GET /v1/meetings by their beginning: (tenant_id, starts_at), or a customer''s (tenant_id, customer_id, starts_at).';

CREATE FUNCTION lealup._http_get_meeting(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    m lealup.meeting := lealup._http_find_meeting(call);
BEGIN
    RETURN lealup._http_show(lealup._http_and(lealup._http_meeting(m), json_build_object('attendees', m.attendees)));
END $$;
COMMENT ON FUNCTION lealup._http_get_meeting(lealup.http_call) IS 'Answers GET /v1/meetings/{id}.';

CREATE FUNCTION lealup._http_get_briefing(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    m lealup.meeting := lealup._http_find_meeting(call);
    b lealup.meeting_briefing;
BEGIN
    SELECT x.* INTO b FROM lealup.meeting_briefing x WHERE x.tenant_id = m.tenant_id AND x.meeting_id = m.id AND x.body IS NOT NULL;
    RETURN lealup._http_show(json_build_object('meeting_id', m.id, 'body', coalesce(b.body, lealup.briefing(m.tenant_id, m.id)), 'source', coalesce(b.source, 'template'),
        'prepared_at', lealup._http_stamp(coalesce(b.prepared_at, clock_timestamp()))));
END $$;
COMMENT ON FUNCTION lealup._http_get_briefing(lealup.http_call) IS 'Answers GET /v1/meetings/{id}/briefing: the one that was prepared, or what is known now.';

-- ----- Routes -----

SELECT lealup._add_route('GET', '/v1/customers/{id}/timeline', '_http_list_timeline', 'timeline:read', 'What happened with a customer, the latest first',
    parameters => lealup._http_paging() || lealup._http_period('What happened') || '{"kind": {"type": "string", "enum": ["email", "call", "meeting", "message", "note", "ticket", "update", "milestone"]},
        "direction": {"type": "string", "enum": ["in", "out"]}, "channel": {"type": "string", "maxLength": 100}}',
    responses => lealup._http_list_of('{"$ref": "#/components/schemas/TimelineEntry"}'));
SELECT lealup._add_route('POST', '/v1/customers/{id}/notes', '_http_add_note', 'timeline:write', 'Write a note on a customer''s timeline',
    request => lealup._http_shape('{"title": {"type": ["string", "null"], "maxLength": 1000}, "body": {"type": ["string", "null"], "maxLength": 1000000}}', '{}'),
    responses => '{"201": {"$ref": "#/components/schemas/TimelineEvent"}}');
SELECT lealup._add_route('GET', '/v1/timeline-events/{id}', '_http_get_timeline_event', 'timeline:read', 'All of what happened', responses => '{"200": {"$ref": "#/components/schemas/TimelineEvent"}}');
SELECT lealup._add_route('POST', '/v1/timeline-events', '_http_add_timeline_event', 'timeline:write', 'Record what happened',
    request => lealup._http_shape('{"kind": {"type": "string", "enum": ["email", "call", "meeting", "message", "note", "ticket", "update", "milestone"]}, "title": {"type": ["string", "null"], "maxLength": 1000},
        "body": {"type": ["string", "null"], "maxLength": 1000000}, "occurred_at": {"type": "string", "format": "date-time", "description": "Now, if it is absent."},
        "participants": {"type": "array", "maxItems": 1000, "items": {"type": "object"}, "description": "[{\"email\"?, \"phone\"?, \"provider\"?, \"external_id\"?, \"name\"?, \"role\"?}]; they tell whose it is if nothing else does."},
        "customer_id": {"type": ["string", "null"], "format": "uuid"}, "contact_id": {"type": ["string", "null"], "format": "uuid"}, "member_id": {"type": ["string", "null"], "format": "uuid"},
        "direction": {"type": ["string", "null"], "enum": ["in", "out", null]}, "channel": {"type": ["string", "null"], "minLength": 1, "maxLength": 100}, "source": {"type": "string", "minLength": 1, "maxLength": 100},
        "external_id": {"type": ["string", "null"], "minLength": 1, "maxLength": 1000, "description": "Sent again, it is brought up to date."}, "payload": {"type": ["object", "null"]}}', '{kind}'),
    responses => '{"200": {"$ref": "#/components/schemas/TimelineEvent"}, "201": {"$ref": "#/components/schemas/TimelineEvent"}}');
SELECT lealup._add_route('GET', '/v1/issues', '_http_list_issues', 'issues:read', 'Issues that were found in messages, the newest first',
    parameters => lealup._http_paging() || lealup._http_period('Issues found') || lealup._http_id_of('customer_id', 'Of this customer.') || '{"class": {"type": "string", "enum": ["cancellation", "complaint", "billing", "outage", "competitor"]},
        "severity": {"type": "string", "enum": ["low", "medium", "high"]}}', responses => lealup._http_list_of('{"$ref": "#/components/schemas/Issue"}'));
SELECT lealup._add_route('GET', '/v1/issues/{id}', '_http_get_issue', 'issues:read', 'An issue', responses => '{"200": {"$ref": "#/components/schemas/Issue"}}');
SELECT lealup._add_route('GET', '/v1/meetings', '_http_list_meetings', 'meetings:read', 'List meetings by their beginning',
    parameters => lealup._http_paging() || lealup._http_period('Meetings that begin') || lealup._http_id_of('customer_id', 'With this customer.') || lealup._http_id_of('owner_id', 'Of this member.')
        || '{"status": {"type": "string", "enum": ["confirmed", "tentative", "cancelled"]}}', responses => lealup._http_list_of('{"$ref": "#/components/schemas/Meeting"}'));
SELECT lealup._add_route('GET', '/v1/meetings/{id}', '_http_get_meeting', 'meetings:read', 'A meeting', responses => '{"200": {"$ref": "#/components/schemas/MeetingDetail"}}');
SELECT lealup._add_route('GET', '/v1/meetings/{id}/briefing', '_http_get_briefing', 'meetings:read', 'What is known before a meeting',
    responses => jsonb_build_object('200', lealup._http_shape('{"meeting_id": {"type": "string", "format": "uuid"}, "body": {"type": "string", "description": "Markdown."},
        "source": {"type": "string", "enum": ["template", "assistant"]}, "prepared_at": {"type": "string", "format": "date-time"}}')));
