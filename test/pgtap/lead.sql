-- Leads: values, versions, unique fields, what is written many at once, and the events that come of it.
BEGIN;
SELECT plan(4);
SELECT lealup.create_tenant('leads') AS t \gset
SELECT lealup.create_lead(:'t', '{"email": "Jo@Example.com", "first_name": "Jo", "phone": "+34 600 123 456"}') AS jo \gset
SELECT is(l.fields, '{"email": "jo@example.com", "first_name": "Jo", "phone": "+34600123456"}', 'values are kept in one form') FROM lealup.lead l WHERE l.id = :'jo';
SELECT throws_ok(format('SELECT lealup.create_lead(%L, %L)', :'t', '{"email": "JO@example.com"}'), '42710', NULL, 'a unique value is taken once');
SELECT lealup.update_lead(:'t', :'jo', '{"stage": "post purchase", "first_name": ""}');
SELECT is(e.data::jsonb - '{created_at,updated_at,versions}'::text[], jsonb_build_object('lead_id', :'jo', 'origin', NULL, 'before', '{"email": "jo@example.com", "first_name": "Jo", "phone": "+34600123456"}'::jsonb,
    'after', '{"email": "jo@example.com", "phone": "+34600123456", "stage": "post purchase"}'::jsonb, 'changed', '{first_name,stage}'::text[]), 'an update is an event')
FROM lealup.event e WHERE e.tenant_id = :'t' AND e.event_type = 'lead.updated';
SELECT lealup.post_lead_activity(:'t', :'jo', 'call', 'Wants an offer') AS act \gset
SELECT is(count(*), 1::bigint, 'so is an activity') FROM lealup.event e WHERE e.tenant_id = :'t' AND e.event_type = 'lead_activity.posted';
SELECT * FROM finish();
ROLLBACK;
