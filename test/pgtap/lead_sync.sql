-- Lead syncs: what is set, what becomes of records, the log, and who may.
BEGIN;
SELECT plan(4);
SELECT lealup.create_tenant('here') AS t \gset
SELECT sync_id AS s, url, secret FROM lealup.create_lead_sync(:'t', 'Clinic', lead_source => 'Clinic', country => 'ES') \gset
SELECT matches(:'url'::text, '^https://hub\.example\.com/v1/inbound/[0-9a-f]{64}$', 'a sync has a URL');
SELECT is_empty(format('SELECT * FROM lealup.check_mapping(%L, %L)', :'t', :'s'), 'its default mapping is complete');
SELECT lealup.enable_lead_sync(:'t', :'s');
SELECT is(lealup._apply_leads(:'t', :'s', ARRAY['{"entity": "lead", "remote_id": "r1", "fields": {"email": "Jo@Example.com", "phone": "600 123 456"}}'::jsonb]) - 'job_id',
    '{"created": 1, "updated": 0, "unchanged": 0, "skipped": 0, "failed": 0}', 'a lead is made');
SELECT is(fields, '{"email": "jo@example.com", "phone": "+34600123456", "source": "Clinic"}', 'with its source, and a phone number of the country') FROM lealup.lead WHERE tenant_id = :'t';
SELECT * FROM finish();
ROLLBACK;
