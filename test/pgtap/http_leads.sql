-- The HTTP API of leads. Each answer must fit the schema of its route.
BEGIN;
SELECT plan(55);
\ir lib/http.sql
\ir lib/http_checked.sql
CREATE FUNCTION pg_temp.http(method text, target text, body text DEFAULT NULL, headers jsonb DEFAULT '{}', key text DEFAULT current_setting('test.key'))
    RETURNS pg_temp.answer LANGUAGE sql AS $$ SELECT pg_temp.judged(method, target, body, headers, key) $$;
SELECT lealup.create_tenant('one') AS one, lealup.create_tenant('two') AS two \gset
INSERT INTO lealup.member (tenant_id, email) VALUES (:'one', 'ben@example.com') RETURNING id AS ben \gset
SELECT set_config('test.key', lealup.create_api_key(:'one', 'application', '{leads:write}'), true), set_config('test.ben', lealup.create_api_key(:'one', 'ben', '{leads:write}', :'ben'), true),
    set_config('test.reader', lealup.create_api_key(:'one', 'reader', '{leads:read}'), true), set_config('test.two', lealup.create_api_key(:'two', 'two', '{*}'), true) \gset
CREATE FUNCTION pg_temp.ask(method text, target text, body text DEFAULT NULL, key text DEFAULT current_setting('test.key'), headers jsonb DEFAULT '{}') RETURNS TABLE (status int, body jsonb, headers jsonb) LANGUAGE sql AS $$
    SELECT r.status, r.body::jsonb, r.headers FROM pg_temp.http(method, target, body, headers, key) r
$$;

-- ----- Leads -----
SELECT * FROM pg_temp.ask('POST', '/v1/leads', '{"fields": {"email": "Jo@example.com", "stage": "opportunity won"}}') \gset made_
SELECT is(:made_status, 201, 'a lead is made');
SELECT :'made_body'::jsonb ->> 'id' AS jo \gset
SELECT is(:'made_body'::jsonb -> 'fields', '{"email": "jo@example.com", "stage": "opportunity won"}', 'as it is kept');
SELECT is(:'made_headers'::jsonb ->> 'location', '/v1/leads/' || :'jo', 'and has its place');
SELECT is(r.body -> 'fields', :'made_body'::jsonb -> 'fields', 'it is shown') FROM pg_temp.ask('GET', '/v1/leads/' || :'jo', key => current_setting('test.reader')) r;
SELECT is(r.status, 404, 'but to others') FROM pg_temp.ask('GET', '/v1/leads/' || :'jo', key => current_setting('test.two')) r;
SELECT is(r.status, 404, 'what is no id is none') FROM pg_temp.ask('GET', '/v1/leads/x') r;
SELECT is(r.status || ' ' || (r.body ->> 'detail'), '422 ' || m, m) FROM (VALUES ('{"fields": {"age": 1}}', 'Age: there is no such field.'), ('{"fields": {"phone": "1"}}', 'Phone: "1" is not a phone number with its country code.')) v(b, m), pg_temp.ask('POST', '/v1/leads', b) r;
SELECT is(r.status, 409, 'an address that is taken') FROM pg_temp.ask('POST', '/v1/leads', '{"fields": {"email": "JO@example.com"}}') r;
SELECT is(r.status, 422, 'no fields') FROM pg_temp.ask('POST', '/v1/leads', '{"fields": 1}') r;
SELECT is(r.status, 403, 'who only reads makes none') FROM pg_temp.ask('POST', '/v1/leads', '{"fields": {"city": "Ulm"}}', current_setting('test.reader')) r;
SELECT is(r.status, 412, 'what has changed since is not changed') FROM pg_temp.ask('PATCH', '/v1/leads/' || :'jo', '{"fields": {"stage": "x"}}', headers => '{"if-match": "\"x\""}') r;
SELECT is(r.body -> 'fields', '{"stage": "post purchase", "city": "Ulm"}', 'it is changed') FROM pg_temp.ask('PATCH', '/v1/leads/' || :'jo', '{"fields": {"stage": "post purchase", "city": "Ulm", "email": null}}', current_setting('test.ben')) r;
SELECT is(r.status, 404, 'not by others') FROM pg_temp.ask('PATCH', '/v1/leads/' || :'jo', '{"fields": {"stage": "x"}}', current_setting('test.two')) r;
SELECT is((SELECT string_agg(e ->> 'outcome', ' ') FROM jsonb_array_elements(r.body -> 'data') e), 'created updated failed', 'many at once')
FROM pg_temp.ask('POST', '/v1/lead-batches', format('{"leads": [{"fields": {"email": "al@example.com"}}, {"id": "%s", "fields": {"city": "Rom"}}, {"fields": {"email": 1}}], "search_by": "email"}', :'jo')) r;
SELECT is(r.status, 422, 'by a field that is not unique') FROM pg_temp.ask('POST', '/v1/lead-batches', '{"leads": [], "search_by": "city"}') r;
SELECT is(r.body #>> '{data,0,fields,email}', 'al@example.com', 'the newest first') FROM pg_temp.ask('GET', '/v1/leads?limit=1') r;
SELECT is(r.body #>> '{data,0,id}', :'jo', 'then the one before') FROM pg_temp.ask('GET', '/v1/leads?limit=1') f, pg_temp.ask('GET', f.body ->> 'next') r;
SELECT is(jsonb_array_length(r.body -> 'data'), n, 'found by ' || v) FROM (VALUES ('AL%40example.com', 1), ('nobody%40example.com', 0)) x(v, n), pg_temp.ask('GET', '/v1/leads?search_by=email&value=' || v) r;
SELECT is(r.status, 400, 'one without the other') FROM pg_temp.ask('GET', '/v1/leads?search_by=email') r;
SELECT is(r.status, 422, 'by what is not unique none are found') FROM pg_temp.ask('GET', '/v1/leads?search_by=city&value=Rom') r;

-- ----- Activities -----
SELECT is(r.body ->> 'title', 'Demo', 'a type is made') FROM pg_temp.ask('POST', '/v1/lead-activity-types', '{"name": "demo", "title": "Demo", "fields": {"rating": {"type": "integer"}}}') r;
SELECT ok(r.body -> 'data' @> '[{"name": "demo"}, {"name": "call"}]', 'types are listed') FROM pg_temp.ask('GET', '/v1/lead-activity-types') r;
SELECT * FROM pg_temp.ask('POST', '/v1/leads/' || :'jo' || '/activities', '{"type": "demo", "note": "Nice", "occurred_at": "2026-04-15T14:30:00Z", "fields": {"rating": "5"}}') \gset act_
SELECT ok(:act_status = 201 AND :'act_body'::jsonb @> '{"fields": {"rating": 5}, "occurred_at": "2026-04-15T14:30:00.000Z"}', 'an activity is posted');
SELECT :'act_body'::jsonb ->> 'id' AS act \gset
SELECT is(r.body -> 'note', 'null', 'and changed') FROM pg_temp.ask('PATCH', '/v1/lead-activities/' || :'act', '{"note": null}') r;
SELECT is(r.body ->> 'type', 'demo', 'and shown') FROM pg_temp.ask('GET', '/v1/lead-activities/' || :'act') r;
SELECT is(jsonb_array_length(r.body -> 'data'), n, 'and listed: ' || q) FROM (VALUES ('', 1), ('?type=demo', 1), ('?type=call', 0)) x(q, n), pg_temp.ask('GET', '/v1/leads/' || :'jo' || '/activities' || q) r;
SELECT is(r.status, 422, 'a type that there is not') FROM pg_temp.ask('POST', '/v1/leads/' || :'jo' || '/activities', '{"type": "nope"}') r;
SELECT is(r.status, 404, 'not on others'' leads') FROM pg_temp.ask('POST', '/v1/leads/' || :'jo' || '/activities', '{"type": "call"}', current_setting('test.two')) r;

-- ----- Fields -----
SELECT is(r.body, '{"name": "score", "title": "Score", "type": "integer", "choices": null, "is_unique": false, "required": false}', 'a field is made') FROM pg_temp.ask('POST', '/v1/lead-fields', '{"name": "score", "title": "Score", "type": "integer"}') r;
SELECT ok(r.body -> 'data' @> '[{"name": "score"}, {"name": "email", "is_unique": true}]', 'fields are listed') FROM pg_temp.ask('GET', '/v1/lead-fields') r;
SELECT is(r.status, 403, 'a customer-success manager makes none') FROM pg_temp.ask('PATCH', '/v1/lead-fields/score', '{"title": "x"}', current_setting('test.ben')) r;
SELECT is(r.status, 409, 'there is one of a name') FROM pg_temp.ask('POST', '/v1/lead-fields', '{"name": "score"}') r;
SELECT is(r.body ->> 'is_unique', 'true', 'it is changed') FROM pg_temp.ask('PATCH', '/v1/lead-fields/score', '{"is_unique": true}') r;
SELECT is(r.status, 404, 'one that there is not is not') FROM pg_temp.ask('PATCH', '/v1/lead-fields/nope', '{"is_unique": true}') r;
SELECT is(r.status, 422, 'a name that cannot be') FROM pg_temp.ask('POST', '/v1/lead-fields', '{"name": "a b"}') r;
SELECT is(r.body ->> 'type', 'integer', 'one is shown') FROM pg_temp.ask('GET', '/v1/lead-fields/score') r;
SELECT is(r.status, 412, 'what has changed since stays: ' || t) FROM unnest(ARRAY['lead-fields/score', 'leads/' || :'jo']) t, pg_temp.ask('DELETE', '/v1/' || t, headers => '{"if-match": "\"x\""}') r;
SELECT is(r.status, 412, 'activities as well') FROM pg_temp.ask('PATCH', '/v1/lead-activities/' || :'act', '{"note": "x"}', headers => '{"if-match": "\"x\""}') r;
SELECT is(r.status, 204, 'one is removed') FROM pg_temp.ask('DELETE', '/v1/lead-fields/score') r;
SELECT is(r.status, 404, 'once') FROM pg_temp.ask('DELETE', '/v1/lead-fields/score') r;

-- ----- Automations -----
SELECT * FROM pg_temp.ask('POST', '/v1/lead-automations', '{"name": "Sold", "url": "https://receiver.example.com/leads", "condition": {"stage": {"from": "opportunity won", "to": "post purchase"}}}', headers => '{"idempotency-key": "k"}') \gset auto_
SELECT ok(:auto_status = 201 AND :'auto_body'::jsonb ->> 'secret' LIKE 'whsec_%', 'an automation is made, with its secret');
SELECT :'auto_body'::jsonb ->> 'id' AS auto \gset
SELECT is(r.body, :'auto_body'::jsonb || '{"secret": null}', 'which is shown once') FROM pg_temp.ask('POST', '/v1/lead-automations', '{"name": "Sold", "url": "https://receiver.example.com/leads", "condition": {"stage": {"from": "opportunity won", "to": "post purchase"}}}',
    headers => '{"idempotency-key": "k"}') r;
SELECT is(r.body ->> 'status', 'paused', 'it is held') FROM pg_temp.ask('PATCH', '/v1/lead-automations/' || :'auto', '{"status": "paused", "triggers": ["lead.updated"]}') r;
SELECT is(r.body -> 'triggers', '["lead.updated"]', 'it is shown') FROM pg_temp.ask('GET', '/v1/lead-automations/' || :'auto') r;
SELECT is(jsonb_array_length(r.body -> 'data'), 1, 'and listed') FROM pg_temp.ask('GET', '/v1/lead-automations?status=paused') r;
SELECT is(r.status, 404, 'to others it is not there') FROM pg_temp.ask('PATCH', '/v1/lead-automations/' || :'auto', '{"status": "active"}', current_setting('test.two')) r;
SELECT is(r.status, 204, 'it ends') FROM pg_temp.ask('DELETE', '/v1/lead-automations/' || :'auto') r;
SELECT is(r.status, 204, 'so does a lead') FROM pg_temp.ask('DELETE', '/v1/leads/' || :'jo') r;
SELECT is(r.status, 404, 'for good') FROM pg_temp.ask('GET', '/v1/leads/' || :'jo') r;
SELECT is_empty('SELECT * FROM pg_temp.misfit', 'every answer fits the schema of its route, and none failed');
SELECT * FROM finish();
ROLLBACK;
