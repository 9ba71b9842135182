-- The fifteen event types of the LealUp Webhooks document. The filters that concern a customer are the same for each type
-- that is about one.

CREATE FUNCTION lealup._schema(properties jsonb, required text[]) RETURNS jsonb
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
    RETURN jsonb_build_object('$schema', 'https://json-schema.org/draft/2020-12/schema', 'type', 'object',
        'properties', properties, 'required', to_jsonb(required), 'additionalProperties', true);

WITH customer(properties, filters, example) AS (VALUES (
    '{"customer_id": {"type": "string", "format": "uuid"},
      "customer_name": {"type": "string"},
      "owner_id": {"type": ["string", "null"], "format": "uuid"},
      "owner_email": {"type": ["string", "null"], "format": "email"}}'::jsonb,
    '{"segment_id": {"type": "string", "match": "any", "field": "segment_id", "description": "Only customers of this segment."},
      "customer_id": {"type": "string", "match": "any", "field": "customer_id", "description": "Only these customers."},
      "owner_id": {"type": "string", "match": "any", "field": "owner_id", "description": "Only customers of this owner."},
      "tier": {"type": "string", "match": "any", "field": "tier", "description": "Only customers of this tier."},
      "status": {"type": "string", "match": "any", "field": "status", "description": "Only customers that have this status now."},
      "min_arr": {"type": "number", "match": "min", "field": "arr", "description": "Only customers whose ARR is at least this."},
      "max_arr": {"type": "number", "match": "max", "field": "arr", "description": "Only customers whose ARR is at most this."}}'::jsonb,
    '{"customer_id": "0190a6f0-0000-7000-8000-000000000001", "customer_name": "Acme Corp",
      "owner_id": "0190a6f0-0000-7000-8000-000000000002", "owner_email": "ana@example.com"}'::jsonb)),
own(name, about_customer, description, properties, required, filters, example) AS (VALUES
    ('customer.created', true, 'A new customer was created.',
     '{"arr": {"type": ["number", "null"]}, "currency": {"type": "string"}, "status": {"type": "string"}, "tier": {"type": ["string", "null"]},
       "segment_id": {"type": ["string", "null"], "format": "uuid"}}'::jsonb,
     ARRAY['customer_id'], '{}'::jsonb, '{"arr": 60000, "currency": "USD", "status": "active", "tier": "enterprise", "segment_id": null}'::jsonb),
    ('customer.updated', true, 'A customer''s ARR, owner, status or fields changed.',
     '{"changes": {"type": "object", "description": "Each changed field with its previous and current value.",
                   "additionalProperties": {"type": "object", "properties": {"previous": {}, "current": {}}}}}',
     ARRAY['customer_id'], '{}', '{"changes": {"arr": {"previous": 50000, "current": 60000}}}'),
    ('customer.deleted', true, 'A customer was removed (soft delete).',
     '{"deleted_at": {"type": "string", "format": "date-time"}}', ARRAY['customer_id'], '{}', '{"deleted_at": "2026-04-15T14:30:00Z"}'),
    ('customer.status_changed', true, 'A customer''s status changed, for example to churned or paused.',
     '{"previous_status": {"type": ["string", "null"]}, "current_status": {"type": "string"}}', ARRAY['customer_id', 'current_status'],
     '{"from_status": {"type": "string", "match": "any", "field": "previous_status", "description": "Only changes from this status."},
       "to_status": {"type": "string", "match": "any", "field": "current_status", "description": "Only changes to this status."}}',
     '{"previous_status": "active", "current_status": "churned"}'),
    ('health.changed', true, 'A health score crossed a threshold between healthy, neutral and at-risk, in either direction.',
     '{"previous_score": {"type": ["integer", "null"], "minimum": 0, "maximum": 100}, "current_score": {"type": "integer", "minimum": 0, "maximum": 100},
       "previous_status": {"enum": ["healthy", "neutral", "at_risk", null]}, "current_status": {"enum": ["healthy", "neutral", "at_risk"]}}',
     ARRAY['customer_id', 'current_score'],
     '{"from_status": {"type": "string", "match": "any", "field": "previous_status", "values": ["healthy", "neutral", "at_risk"], "description": "Only changes from this band."},
       "to_status": {"type": "string", "match": "any", "field": "current_status", "values": ["healthy", "neutral", "at_risk"], "description": "Only changes to this band."}}',
     '{"previous_score": 72, "current_score": 38, "previous_status": "healthy", "current_status": "at_risk"}'),
    ('health.drop_sharp', true, 'A health score dropped by more than 15 points in 7 days.',
     '{"previous_score": {"type": "integer", "minimum": 0, "maximum": 100}, "current_score": {"type": "integer", "minimum": 0, "maximum": 100},
       "delta": {"type": "integer", "maximum": -16}, "days": {"type": "integer", "minimum": 0, "maximum": 7}}',
     ARRAY['customer_id', 'previous_score', 'current_score', 'delta', 'days'],
     '{"max_score": {"type": "number", "match": "max", "field": "current_score", "description": "Only if the score is now at most this."}}',
     '{"previous_score": 72, "current_score": 54, "delta": -18, "days": 5}'),
    ('renewal.approaching', true, 'A renewal is due in 60, 30, 15 or 7 days.',
     '{"renewal_id": {"type": "string", "format": "uuid"}, "renewal_date": {"type": "string", "format": "date"}, "days_left": {"enum": [60, 30, 15, 7]}, "amount": {"type": ["number", "null"]}}',
     ARRAY['customer_id', 'renewal_date', 'days_left'],
     '{"days_left": {"type": "number", "match": "any", "field": "days_left", "description": "Only these notices: 60, 30, 15 or 7 days."}}',
     '{"renewal_date": "2026-05-15", "days_left": 30, "amount": 60000}'),
    ('renewal.completed', true, 'A customer renewed.',
     '{"renewal_id": {"type": "string", "format": "uuid"}, "renewal_date": {"type": "string", "format": "date"}, "amount": {"type": ["number", "null"]}}',
     ARRAY['customer_id'], '{}', '{"renewal_date": "2026-05-15", "amount": 66000}'),
    ('renewal.churned', true, 'A customer did not renew.',
     '{"renewal_id": {"type": "string", "format": "uuid"}, "renewal_date": {"type": "string", "format": "date"}, "reason": {"type": ["string", "null"]}}',
     ARRAY['customer_id'], '{}', '{"renewal_date": "2026-05-15", "reason": "budget"}'),
    ('task.created', true, 'A task was created, by a playbook or by a person.',
     '{"task_id": {"type": "string", "format": "uuid"}, "title": {"type": "string"}, "assignee_id": {"type": ["string", "null"]}, "priority": {"enum": ["low", "normal", "high", "urgent"]}, "due_at": {"type": ["string", "null"], "format": "date-time"}, "source": {"enum": ["playbook", "manual"]}}',
     ARRAY['task_id', 'title'], '{"assignee_id": {"type": "string", "match": "any", "field": "assignee_id", "description": "Only tasks of this member."}}',
     '{"task_id": "0190a6f0-0000-7000-8000-000000000003", "title": "Call Acme", "source": "playbook"}'),
    ('task.completed', true, 'A task was completed.',
     '{"task_id": {"type": "string", "format": "uuid"}, "title": {"type": "string"}, "assignee_id": {"type": ["string", "null"]}, "completed_at": {"type": "string", "format": "date-time"}}',
     ARRAY['task_id'], '{"assignee_id": {"type": "string", "match": "any", "field": "assignee_id", "description": "Only tasks of this member."}}',
     '{"task_id": "0190a6f0-0000-7000-8000-000000000003", "title": "Call Acme", "completed_at": "2026-04-15T14:30:00Z"}'),
    ('task.overdue', true, 'A task is past its due date.',
     '{"task_id": {"type": "string", "format": "uuid"}, "title": {"type": "string"}, "assignee_id": {"type": ["string", "null"]}, "due_at": {"type": "string", "format": "date-time"}}',
     ARRAY['task_id'], '{"assignee_id": {"type": "string", "match": "any", "field": "assignee_id", "description": "Only tasks of this member."}}',
     '{"task_id": "0190a6f0-0000-7000-8000-000000000003", "title": "Call Acme", "due_at": "2026-04-14T09:00:00Z"}'),
    ('playbook.triggered', true, 'A playbook fired.',
     '{"playbook_id": {"type": "string", "format": "uuid"}, "playbook_name": {"type": "string"}, "run_id": {"type": "string", "format": "uuid"}}',
     ARRAY['playbook_id'], '{"playbook_id": {"type": "string", "match": "any", "field": "playbook_id", "description": "Only this playbook."}}',
     '{"playbook_id": "0190a6f0-0000-7000-8000-000000000004", "playbook_name": "Churn risk"}'),
    ('ai.detected_issue', true, 'A potential issue was detected in a WhatsApp or e-mail conversation.',
     '{"channel": {"enum": ["whatsapp", "email"]}, "summary": {"type": "string"}, "severity": {"enum": ["low", "medium", "high"]}}',
     ARRAY['customer_id', 'channel'],
     '{"channel": {"type": "string", "match": "any", "field": "channel", "values": ["whatsapp", "email"], "description": "Only issues found in this channel."},
       "severity": {"type": "string", "match": "any", "field": "severity", "values": ["low", "medium", "high"], "description": "Only issues of this severity."}}',
     '{"channel": "email", "summary": "Mentions a competitor", "severity": "high"}'),
    ('integration.disconnected', false, 'An integration stopped working; also a webhook subscription that was disabled.',
     '{"integration": {"type": "string"}, "reason": {"type": "string"}, "connection_id": {"type": ["string", "null"]}, "subscription_id": {"type": ["string", "null"]}}',
     ARRAY['integration', 'reason'],
     '{"integration": {"type": "string", "match": "any", "field": "integration", "description": "Only this integration, for example gmail or webhook."}}',
     '{"integration": "webhook", "reason": "20 deliveries in a row failed", "subscription_id": "0190a6f0-0000-7000-8000-000000000005"}'))
INSERT INTO lealup.event_type (name, description, schema, filters, example)
SELECT o.name, o.description,
       lealup._schema(CASE WHEN o.about_customer THEN c.properties ELSE '{}' END || o.properties, o.required),
       CASE WHEN o.about_customer THEN c.filters ELSE '{}' END || o.filters,
       CASE WHEN o.about_customer THEN c.example ELSE '{}' END || o.example
FROM own o, customer c;

-- Tickets may be without a customer. Their own status is ticket_status, so that the filter "status" means the customer's here, too.
WITH ticket(properties, filters, example) AS (VALUES (
    '{"customer_id": {"type": ["string", "null"], "format": "uuid"},
      "customer_name": {"type": ["string", "null"]},
      "ticket_id": {"type": "string", "format": "uuid"},
      "subject": {"type": "string"},
      "ticket_status": {"enum": ["open", "pending", "escalated", "resolved"]},
      "priority": {"enum": ["low", "normal", "high", "urgent"]},
      "channel": {"type": ["string", "null"]},
      "assignee_id": {"type": ["string", "null"], "format": "uuid"},
      "assignee_email": {"type": ["string", "null"], "format": "email"},
      "owner_id": {"type": ["string", "null"], "format": "uuid"},
      "owner_email": {"type": ["string", "null"], "format": "email"}}'::jsonb,
    '{"ticket_status": {"type": "string", "match": "any", "field": "ticket_status", "values": ["open", "pending", "escalated", "resolved"], "description": "Only tickets that have this status now."},
      "priority": {"type": "string", "match": "any", "field": "priority", "values": ["low", "normal", "high", "urgent"], "description": "Only tickets of this priority."},
      "channel": {"type": "string", "match": "any", "field": "channel", "description": "Only tickets of this channel, for example email."},
      "assignee_id": {"type": "string", "match": "any", "field": "assignee_id", "description": "Only tickets of this member."}}'::jsonb,
    '{"ticket_id": "0190a6f0-0000-7000-8000-000000000006", "subject": "Export fails", "ticket_status": "open", "priority": "high", "channel": "email",
      "assignee_id": "0190a6f0-0000-7000-8000-000000000002", "assignee_email": "ana@example.com"}'::jsonb)),
own(name, description, properties, required, filters, example) AS (VALUES
    ('ticket.created', 'A ticket was opened.',
     '{"contact_id": {"type": ["string", "null"], "format": "uuid"}}'::jsonb, '{}'::text[], '{}'::jsonb,
     '{"contact_id": "0190a6f0-0000-7000-8000-000000000007"}'::jsonb),
    ('ticket.updated', 'A ticket''s status, assignee, priority or fields changed.',
     '{"changes": {"type": "object", "description": "Each changed field with its previous and current value.",
                   "additionalProperties": {"type": "object", "properties": {"previous": {}, "current": {}}}}}',
     '{changes}', '{}', '{"changes": {"priority": {"previous": "normal", "current": "high"}}}'),
    ('ticket.message_added', 'A message was added to a ticket. The text of internal messages is not sent.',
     '{"message_id": {"type": "string", "format": "uuid"}, "author": {"enum": ["member", "contact", null]},
       "author_member_id": {"type": ["string", "null"], "format": "uuid"}, "author_contact_id": {"type": ["string", "null"], "format": "uuid"},
       "author_name": {"type": ["string", "null"]}, "source": {"type": "string"}, "internal": {"type": "boolean"},
       "body": {"type": ["string", "null"], "maxLength": 10000, "description": "Its first 10,000 characters; null if it is internal."},
       "body_truncated": {"type": "boolean"}}',
     '{message_id,internal}',
     '{"author": {"type": "string", "match": "any", "field": "author", "values": ["member", "contact"], "description": "Only messages by members, or by contacts."},
       "internal": {"type": "boolean", "match": "any", "field": "internal", "description": "Only internal messages, or only others."},
       "source": {"type": "string", "match": "any", "field": "source", "description": "Only messages that came from here, for example slack or manual."}}',
     '{"message_id": "0190a6f0-0000-7000-8000-000000000008", "author": "contact", "author_member_id": null, "author_contact_id": "0190a6f0-0000-7000-8000-000000000007",
       "author_name": "Jo Field", "source": "manual", "internal": false, "body": "It stops at 90 %.", "body_truncated": false}'),
    ('ticket.escalated', 'A ticket was escalated.',
     '{"reason": {"type": ["string", "null"]}, "from_id": {"type": ["string", "null"], "format": "uuid"}, "from_email": {"type": ["string", "null"], "format": "email"},
       "to_id": {"type": ["string", "null"], "format": "uuid"}, "to_email": {"type": ["string", "null"], "format": "email"}}',
     '{to_id}', '{"from_id": {"type": "string", "match": "any", "field": "from_id", "description": "Only tickets that this member had before."}}',
     '{"reason": "No answer for two days", "ticket_status": "escalated", "from_id": "0190a6f0-0000-7000-8000-000000000009", "from_email": "ben@example.com",
       "to_id": "0190a6f0-0000-7000-8000-000000000002", "to_email": "ana@example.com"}'),
    ('ticket.resolved', 'A ticket was resolved.',
     '{"resolved_at": {"type": "string", "format": "date-time"}}', '{resolved_at}', '{}',
     '{"ticket_status": "resolved", "resolved_at": "2026-04-15T14:30:00Z"}'))
INSERT INTO lealup.event_type (name, description, schema, filters, example)
SELECT o.name, o.description, lealup._schema(t.properties || o.properties, ARRAY['ticket_id'] || o.required), c.filters || t.filters || o.filters,
       '{"customer_id": "0190a6f0-0000-7000-8000-000000000001", "customer_name": "Acme Corp"}' || t.example || o.example
           || '{"owner_id": "0190a6f0-0000-7000-8000-000000000002", "owner_email": "ana@example.com"}'
FROM own o, ticket t, lealup.event_type c WHERE c.name = 'customer.created';

-- Leads: sql/88_lead.sql says what their events hold.
WITH lead(properties, filters, example) AS (VALUES (
    '{"lead_id": {"type": "string", "format": "uuid"},
      "origin": {"type": ["string", "null"], "format": "uuid", "description": "The connection that has brought it; null = it was done here."}}'::jsonb,
    '{"automation": {"type": "string", "match": "any", "field": "automation", "description": "Only what meets the condition of this automation; create_lead_automation() sets it."},
      "lead_id": {"type": "string", "match": "any", "field": "lead_id", "description": "Only these leads."},
      "stage": {"type": "string", "match": "any", "field": "stage", "description": "Only leads that are in this stage now."},
      "source": {"type": "string", "match": "any", "field": "source", "description": "Only leads of this source."}}'::jsonb,
    '{"lead_id": "0190a6f0-0000-7000-8000-00000000000a", "origin": null}'::jsonb)),
state(properties, example) AS (VALUES (
    '{"created_at": {"type": "string", "format": "date-time"}, "updated_at": {"type": "string", "format": "date-time"},
      "before": {"type": ["object", "null"], "description": "Its values before; null = it is new."},
      "after": {"type": "object", "description": "Its values: {name: value}; what is empty is absent."},
      "changed": {"type": "array", "items": {"type": "string"}},
      "versions": {"type": "object", "description": "{name: stamp} of every field that ever had a value: of two values the one with the greater stamp stays.",
                   "additionalProperties": {"type": "string"}},
      "known_as": {"type": "array", "items": {"type": "string"}, "description": "What accounts that send to this one call it."}}'::jsonb,
    '{"created_at": "2026-04-15T14:30:00+00:00", "updated_at": "2026-04-15T14:30:00+00:00", "before": null, "after": {"email": "jo@example.com", "stage": "opportunity won"}, "changed": ["email", "stage"],
      "versions": {"email": "019d9186cc400000-0190a6f0-0000-7000-8000-000000000000", "stage": "019d9186cc400000-0190a6f0-0000-7000-8000-000000000000"},
      "known_as": []}'::jsonb)),
activity(properties, filters, example) AS (VALUES (
    '{"activity_id": {"type": "string", "format": "uuid"}, "before": {"type": ["object", "null"]},
      "after": {"type": "object", "properties": {"activity_type": {"type": "string"}, "note": {"type": ["string", "null"]}, "occurred_at": {"type": "string", "format": "date-time"}, "fields": {"type": "object"}}},
      "version": {"type": "string"}, "known_as": {"type": "array", "items": {"type": "string"}},
      "lead": {"type": "object", "properties": {"fields": {"type": "object"}, "versions": {"type": "object"}, "known_as": {"type": "array", "items": {"type": "string"}}}}}'::jsonb,
    '{"activity_type": {"type": "string", "match": "any", "field": "activity_type", "description": "Only activities of this type."}}'::jsonb,
    '{"activity_id": "0190a6f0-0000-7000-8000-00000000000b", "before": null, "after": {"activity_type": "call", "note": "Wants an offer", "occurred_at": "2026-04-15T14:30:00.000000Z", "fields": {}},
      "version": "019d9186cc400000-0190a6f0-0000-7000-8000-000000000000",
      "known_as": [], "lead": {"fields": {"email": "jo@example.com"}, "versions": {"email": "019d9186cc400000-0190a6f0-0000-7000-8000-000000000000"}, "known_as": []}}'::jsonb)),
own(name, description, properties, required, filters, example) AS (
    SELECT 'lead.created', 'A lead was created.', s.properties, '{after,versions}'::text[], '{}'::jsonb, s.example FROM state s
    UNION ALL
    SELECT 'lead.updated', 'A lead''s values changed.', s.properties, '{before,after,changed,versions}',
        '{"changed": {"type": "string", "match": "any", "field": "changed", "description": "Only if this field changed."},
          "previous_stage": {"type": "string", "match": "any", "field": "previous_stage", "description": "Only leads that were in this stage before."}}',
        s.example || '{"before": {"email": "jo@example.com", "stage": "opportunity won"}, "after": {"email": "jo@example.com", "stage": "post purchase"}, "changed": ["stage"]}' FROM state s
    UNION ALL
    SELECT 'lead.linked', 'A lead that another account has sent was found to be one that is here.',
        '{"connection_id": {"type": "string", "format": "uuid", "description": "By which it was sent."}, "remote_id": {"type": ["string", "null"], "description": "What the other account calls it; null = it is to be looked for there anew."},
          "lost": {"type": "array", "items": {"type": "string"}, "description": "Leads of the other account that were taken for it, and are not."}}'
            || (s.properties - '{created_at,updated_at,before,changed}'::text[]), '{connection_id,remote_id,after,versions,known_as}', '{}',
        (s.example - '{created_at,updated_at,before,changed}'::text[]) || '{"connection_id": "0190a6f0-0000-7000-8000-00000000000c", "remote_id": "0190a6f0-0000-7000-8000-00000000000d",
            "known_as": ["0190a6f0-0000-7000-8000-00000000000d"], "lost": [], "origin": "0190a6f0-0000-7000-8000-00000000000c"}' FROM state s
    UNION ALL
    SELECT 'lead.deleted', 'A lead was deleted.', '{"deleted_at": {"type": "string", "format": "date-time"}, "before": {"type": "object"}}', '{deleted_at,before}', '{}',
        '{"deleted_at": "2026-04-15T14:30:00+00:00", "before": {"email": "jo@example.com"}}'
    UNION ALL
    SELECT 'lead_activity.posted', 'An activity was posted on a lead.', a.properties, '{activity_id,after,version,lead}', a.filters, a.example FROM activity a
    UNION ALL
    SELECT 'lead_activity.updated', 'An activity of a lead changed.', a.properties, '{activity_id,before,after,version,lead}', a.filters,
        a.example || '{"before": {"activity_type": "call", "note": null, "occurred_at": "2026-04-15T14:30:00.000000Z", "fields": {}}}' FROM activity a)
INSERT INTO lealup.event_type (name, description, schema, filters, example)
SELECT o.name, o.description, lealup._schema(l.properties || o.properties, ARRAY['lead_id'] || o.required), l.filters || o.filters, l.example || o.example FROM own o, lead l;

DROP FUNCTION lealup._schema(jsonb, text[]);
