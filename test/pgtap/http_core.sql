-- The HTTP API of customer success. Each answer must fit the schema of its route.
BEGIN;
SELECT plan(496);
\ir lib/http.sql
\ir lib/http_checked.sql
CREATE TYPE pg_temp.checked AS (status int, headers jsonb, body jsonb);
CREATE FUNCTION pg_temp.http(method text, target text, body text DEFAULT NULL, headers jsonb DEFAULT '{}', key text DEFAULT current_setting('test.key'))
    RETURNS pg_temp.checked LANGUAGE sql AS $$ SELECT ROW(a.status, a.headers, a.body::jsonb)::pg_temp.checked FROM pg_temp.judged(method, target, body, headers, key) a $$;
-- What a list holds, by one of its fields.
CREATE FUNCTION pg_temp.listed(target text, field text DEFAULT 'name') RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(e.v ->> field, ',' ORDER BY e.n), '') FROM jsonb_array_elements(pg_temp.body('GET', target) -> 'data') WITH ORDINALITY e(v, n)
$$;
CREATE FUNCTION pg_temp.with_id(text) RETURNS text LANGUAGE sql AS $$ SELECT replace(replace(replace($1, '$c', current_setting('test.customer')), '$o', current_setting('test.other_customer')), '$m', current_setting('test.member')) $$;

SELECT lealup.create_tenant('ours') AS tenant, lealup.create_tenant('theirs') AS other \gset
SELECT set_config('test.key', lealup.create_api_key(:'tenant', 'application', '{*}', rate_limit => 1000000), true), set_config('test.other_key', lealup.create_api_key(:'other', 'other', '{*}', rate_limit => 1000000), true);
INSERT INTO lealup.member (tenant_id, email, name, role, active) VALUES (:'tenant', 'ana@ours.example', 'Ana', 'csm', true), (:'tenant', 'gone@ours.example', 'Gone', 'admin', false), (:'other', 'ana@theirs.example', 'Ana', 'csm', true);
INSERT INTO lealup.segment (tenant_id, name) VALUES (:'tenant', 'large'), (:'tenant', 'small'), (:'other', 'large');
SELECT set_config('test.member', (SELECT id::text FROM lealup.member WHERE email = 'ana@ours.example'), true) AS member,
    (SELECT id FROM lealup.member WHERE email = 'gone@ours.example') AS gone, (SELECT id FROM lealup.member WHERE email = 'ana@theirs.example') AS their_member,
    (SELECT id FROM lealup.segment WHERE tenant_id = :'tenant' AND name = 'large') AS segment, (SELECT id FROM lealup.segment WHERE tenant_id = :'other') AS their_segment \gset
INSERT INTO lealup.customer (tenant_id, name) VALUES (:'other', 'Theirs') RETURNING set_config('test.other_customer', id::text, true) AS other_customer \gset

-- ----- Members and segments -----
SELECT is(pg_temp.listed('/v1/members', 'email'), 'ana@ours.example,gone@ours.example', 'members');
SELECT is(pg_temp.listed('/v1/members?active=true&role=csm', 'email'), 'ana@ours.example', 'by role and state');
SELECT is(pg_temp.body('GET', '/v1/members/' || :'member') ->> 'name', 'Ana', 'a member');
SELECT is(pg_temp.refusal('GET', '/v1/members/' || x), '404', 'no member') FROM unnest(ARRAY[:'their_member', gen_random_uuid()::text, 'x']) x;
SELECT is(pg_temp.listed('/v1/segments'), 'large,small', 'segments');
SELECT is(pg_temp.listed('/v1/segments?name=small'), 'small', 'by name');
SELECT is(pg_temp.body('GET', '/v1/segments/' || :'segment') ->> 'name', 'large', 'a segment');
SELECT is(pg_temp.refusal('GET', '/v1/segments/' || :'their_segment'), '404', 'of others there is none');

-- ----- Customers -----
SELECT a.status, a.headers, a.body AS body, set_config('test.customer', a.body ->> 'id', true) AS customer
FROM pg_temp.http('POST', '/v1/customers', json_build_object('name', 'Acme', 'domain', 'ACME.com', 'tier', 'gold', 'segment_id', :'segment', 'owner_id', :'member', 'arr', 1200.5, 'currency', 'EUR',
    'renewal_date', current_date + 30, 'custom', json_build_object('a', 1, 'b', null), 'identities', json_build_array(json_build_object('provider', 'crm', 'external_id', 'A1')))::text) a \gset
SELECT is(:status, 201, 'a customer is made');
SELECT is((:'headers')::jsonb ->> 'location', '/v1/customers/' || :'customer', 'and told where it is');
SELECT is((:'body')::jsonb - '{id,created_at,counts,renewal,health,segment_id,owner_id,renewal_date}'::text[],
    '{"name": "Acme", "domain": "acme.com", "status": "active", "tier": "gold", "owner_email": "ana@ours.example", "arr": 1200.5, "currency": "EUR", "custom": {"a": 1}, "identities": [{"provider": "crm", "external_id": "A1"}]}',
    'as it was sent');
SELECT is(pg_temp.body('GET', '/v1/customers/' || :'customer') - '{health,renewal}'::text[], (:'body')::jsonb - '{health,renewal}'::text[], 'it is read as it was answered');
SELECT collect_tap(is(b -> 'renewal' ->> 'days_left', '30', 'its renewal'), is(b -> 'health' ->> 'stale', 'true', 'its health'), is(b -> 'counts', '{"contacts": 0, "open_tasks": 0, "open_tickets": 0, "issues": 0}', 'and counts'))
FROM pg_temp.body('GET', '/v1/customers/' || :'customer') b;
SELECT is(pg_temp.refusal('POST', '/v1/customers', pg_temp.with_id(b)), s, b) FROM (VALUES ('{}', '422 name'), ('{"name": ""}', '422 name'), ('{"name": "x", "what": 1}', '422 what'), ('{"name": "x", "arr": -1}', '422 arr'), ('{"name": "x", "arr": "1"}', '422 arr'),
    ('{"name": "x", "arr": 1e15}', '422 arr'), ('{"name": "x", "currency": "eur"}', '422 currency'), ('{"name": "x", "domain": "not a domain"}', '422 domain'), ('{"name": "x", "status": "gone"}', '422 status'),
    ('{"name": "x", "renewal_date": "2026-02-30"}', '422 renewal_date'), ('{"name": "x", "owner_id": "$o"}', '422 owner_id'), ('{"name": "x", "segment_id": "$o", "owner_id": "$c"}', '422 owner_id,segment_id'), ('{"name": "x", "owner_id": "x"}', '422 owner_id'),
    ('{"name": "x", "custom": []}', '422 custom'), ('{"name": "x", "identities": [{"provider": "crm", "external_id": "new"}, {"provider": "crm", "external_id": "A1"}]}', '409 identities[1].external_id'),
    ('{"name": "x", "identities": [{"provider": "crm"}]}', '422 identities[0].external_id'), ('{"name": "x", "tenant_id": "$o"}', '422 tenant_id'), ('{"name": "x", "id": "$o"}', '422 id')) v(b, s);
SELECT is(pg_temp.refusal('POST', '/v1/customers', json_build_object('name', 'x', 'owner_id', :'gone')::text), '422 owner_id', 'whoever is inactive owns nothing new');
SELECT is((SELECT count(*) FROM lealup.customer WHERE tenant_id = :'tenant'), 1::bigint, 'what is refused leaves nothing');

SELECT collect_tap(is(a.status, 200, 'a change'), is(a.body - '{id,created_at,counts,renewal,health,segment_id,owner_id,renewal_date,identities}'::text[],
    '{"name": "Acme", "domain": null, "status": "paused", "tier": "gold", "owner_email": "ana@ours.example", "arr": 1200.5, "currency": "EUR", "custom": {"b": 2, "c": {}}}', 'changes what it names'),
    is(jsonb_array_length(a.body -> 'identities'), 2, 'adds identities'))
FROM pg_temp.http('PATCH', '/v1/customers/' || :'customer', '{"status": "paused", "domain": null, "custom": {"a": null, "b": 2, "c": {"d": null}}, "identities": [{"provider": "crm", "external_id": "A1"}, {"provider": "billing", "external_id": "9"}]}') a;
SELECT is(pg_temp.refusal('PATCH', '/v1/customers/' || :'customer', b), s, b) FROM (VALUES ('{"name": null}', '422 name'), ('{"currency": "x"}', '422 currency'), ('{}', '200'), ('{"domain": "-"}', '422 domain')) v(b, s);
SELECT is((SELECT array_agg(event_type ORDER BY id) FROM lealup.event WHERE tenant_id = :'tenant' AND event_type LIKE 'customer.%'), '{customer.created,customer.updated,customer.status_changed}', 'events tell of it');
SELECT is((SELECT array_agg(action ORDER BY id) FROM lealup.audit WHERE tenant_id = :'tenant' AND object_type = 'customer'), '{customer.create,customer.update,customer.update}', 'and so does the audit');
SELECT is(pg_temp.body('PATCH', '/v1/customers/' || :'customer', '{"renewal_date": null}') -> 'renewal', 'null', 'without a date there is no renewal');

SELECT headers ->> 'etag' AS etag FROM pg_temp.http('GET', '/v1/customers/' || :'customer') \gset
SELECT is(pg_temp.refusal('PATCH', '/v1/customers/' || :'customer', '{"tier": "silver"}', jsonb_build_object('if-match', :'etag')), '200', 'whoever saw the last version may change it');
SELECT is(pg_temp.refusal('PATCH', '/v1/customers/' || :'customer', '{"tier": "bronze"}', jsonb_build_object('if-match', :'etag')), '412', 'who did not may not');
SELECT is(pg_temp.refusal('DELETE', '/v1/customers/' || :'customer', headers => jsonb_build_object('if-match', :'etag')), '412', 'nor remove it');
SELECT is(pg_temp.body('GET', '/v1/customers/' || :'customer') ->> 'tier', 'silver', 'the first one won');
SELECT is(pg_temp.refusal('PATCH', '/v1/customers/' || :'customer', '{"tier": "gold"}', jsonb_build_object('if-match', a.headers ->> 'etag')), '200', 'what a change answers is the version to go on from')
FROM pg_temp.http('PATCH', '/v1/customers/' || :'customer', '{"tier": "tin"}') a;
SELECT is(pg_temp.refusal('GET', '/v1/customers/' || :'customer', headers => jsonb_build_object('if-none-match', a.headers ->> 'etag')), '304', 'what did not change is not sent') FROM pg_temp.http('GET', '/v1/customers/' || :'customer') a;

SELECT is(pg_temp.refusal(m, '/v1/customers/' || x || p, b), '404', concat_ws(' ', m, p, 'of', left(x, 4))) FROM (VALUES ('GET', '', NULL), ('PATCH', '', '{"name": "Ours"}'), ('DELETE', '', NULL), ('GET', '/health', NULL), ('GET', '/timeline', NULL), ('POST', '/notes', '{"title": "x"}')) v(m, p, b),
    unnest(ARRAY[:'other_customer', gen_random_uuid()::text, 'x']) x;

SELECT is(pg_temp.refusal('POST', '/v1/customers', json_build_object('name', n, 'domain', n || '.example', 'tier', 'gold', 'status', 'onboarding')::text), '201', n) FROM unnest('{Beta,Gamma,Delta}'::text[]) n;
SELECT is(pg_temp.listed('/v1/customers?' || q), l, q) FROM (VALUES ('', 'Acme,Beta,Gamma,Delta'), ('status=onboarding', 'Beta,Gamma,Delta'), ('status=churned', ''), ('tier=gold', 'Acme,Beta,Gamma,Delta'), ('q=ET', 'Beta'), ('q=ta.EX', 'Beta,Delta'), ('q=%25', ''), ('domain=BETA.example', 'Beta'),
    ('owner_id=' || :'member', 'Acme'), ('owner_id=' || :'their_member', ''), ('segment_id=' || :'segment', 'Acme'), ('provider=crm&external_id=A1', 'Acme'), ('provider=crm&external_id=9', ''), ('created_since=2020-01-01', 'Acme,Beta,Gamma,Delta'),
    ('created_since=2999-01-01', ''), ('status=onboarding&tier=gold&q=gamma', 'Gamma'), ('q=' || '''%3B--', '')) v(q, l);
SELECT is(pg_temp.refusal('GET', '/v1/customers?' || q), s, q) FROM (VALUES ('status=x', '400 status'), ('owner_id=x', '400 owner_id'), ('q=a', '200'), ('provider=crm', '400 external_id'), ('external_id=1', '400 provider'), ('created_since=x', '400 created_since'), ('name=x', '400 name'), ('limit=0', '400 limit')) v(q, s) WHERE q <> 'q=a';
SELECT is(pg_temp.refusal('GET', '/v1/customers?q=a'), '400 q', 'one letter is too few');
SELECT collect_tap(is(jsonb_path_query_array(b, '$.data[*].name'), '["Acme", "Beta"]', 'a page'), is(pg_temp.listed(b ->> 'next'), 'Gamma,Delta', 'and the next one'))
FROM pg_temp.body('GET', '/v1/customers?tier=gold&limit=2') b;
SELECT is(pg_temp.refusal('GET', '/v1/customers?limit=2&cursor=' || (b ->> 'next_cursor')), '400 cursor', 'a cursor is for its filters') FROM pg_temp.body('GET', '/v1/customers?tier=gold&limit=2') b;

SELECT id AS doomed FROM lealup.customer WHERE name = 'Delta' \gset
SELECT is(pg_temp.refusal('DELETE', '/v1/customers/' || :'doomed'), '204', 'a customer is removed');
SELECT is(pg_temp.refusal(m, '/v1/customers/' || :'doomed', b), '404', m || ' finds it no more') FROM (VALUES ('GET', NULL), ('PATCH', '{}'), ('DELETE', NULL)) v(m, b);
SELECT is(pg_temp.listed('/v1/customers'), 'Acme,Beta,Gamma', 'nor is it listed');

-- ----- Contacts -----
SELECT a.status, a.body, a.body ->> 'id' AS contact FROM pg_temp.http('POST', '/v1/contacts', json_build_object('customer_id', :'customer', 'name', 'Jo', 'email', 'Jo@acme.example', 'phone', '+34 600 12 34 56',
    'time_zone', 'Europe/Madrid', 'identities', json_build_array(json_build_object('provider', 'slack', 'external_id', 'U1')))::text) a \gset
SELECT is(:status, 201, 'a contact is made');
SELECT is((:'body')::jsonb - '{id,created_at,customer_id}'::text[], '{"name": "Jo", "email": "Jo@acme.example", "phone": "+34600123456", "title": null, "time_zone": "Europe/Madrid", "custom": {}, "identities": [{"provider": "slack", "external_id": "U1"}]}', 'as it was sent');
SELECT is(pg_temp.refusal('POST', '/v1/contacts', pg_temp.with_id(b)), s, b) FROM (VALUES ('{}', '422 name'), ('{"email": "x"}', '422 email'), ('{"email": "jo@ACME.example"}', '409 email'), ('{"phone": "12"}', '422 phone'), ('{"name": "x", "time_zone": "Mars/Base"}', '422 time_zone'),
    ('{"name": "x", "customer_id": "$o"}', '422 customer_id'), ('{"name": "x", "identities": [{"provider": "slack", "external_id": "U1"}]}', '409 identities[0].external_id'), ('{"name": "x", "deleted_at": null}', '422 deleted_at')) v(b, s);
SELECT is(pg_temp.refusal('POST', '/v1/contacts', json_build_object('name', 'x', 'customer_id', :'doomed')::text), '422 customer_id', 'a removed customer has no new contacts');
SELECT is(pg_temp.refusal('POST', '/v1/contacts', '{"email": "kim@acme.example"}'), '201', 'of a contact one thing is enough');
SELECT is(pg_temp.listed('/v1/contacts?' || q, 'email'), l, q) FROM (VALUES ('', 'Jo@acme.example,kim@acme.example'), ('customer_id=' || :'customer', 'Jo@acme.example'), ('email=JO%40acme.example', 'Jo@acme.example'), ('email=x%40y', ''), ('phone=%2B34600123456', 'Jo@acme.example'), ('q=KIM', 'kim@acme.example'),
    ('provider=slack&external_id=U1', 'Jo@acme.example'), ('created_since=2999-01-01', '')) v(q, l);
SELECT headers ->> 'etag' AS etag FROM pg_temp.http('GET', '/v1/contacts/' || :'contact') \gset
SELECT collect_tap(is(a.status, 200, 'a contact is changed'), is(a.body ->> 'title', 'CTO', 'as was asked'), is(a.body ->> 'email', 'JO@acme.example', 'its own address is no conflict'), is(a.body ->> 'customer_id', NULL, 'null takes it from its customer'))
FROM pg_temp.http('PATCH', '/v1/contacts/' || :'contact', '{"title": "CTO", "email": "JO@acme.example", "customer_id": null}', jsonb_build_object('if-match', :'etag')) a;
SELECT is(pg_temp.refusal('PATCH', '/v1/contacts/' || :'contact', '{"title": "CEO"}', jsonb_build_object('if-match', :'etag')), '412', 'once');
SELECT is(pg_temp.refusal('PATCH', '/v1/contacts/' || :'contact', '{"email": "kim@acme.example"}'), '409 email', 'not to another''s address');
SELECT is(pg_temp.refusal('PATCH', '/v1/contacts/' || :'contact', json_build_object('customer_id', :'customer')::text), '200', 'it comes back to its customer');
SELECT is(pg_temp.refusal(m, '/v1/contacts/' || :'contact', b, key => current_setting('test.other_key')), '404', m || ' by others') FROM (VALUES ('GET', NULL), ('PATCH', '{}'), ('DELETE', NULL)) v(m, b);
SELECT id AS kim FROM lealup.contact WHERE email = 'kim@acme.example' \gset
SELECT is(pg_temp.refusal('DELETE', '/v1/contacts/' || :'kim'), s, 'removing it: ' || s) FROM unnest('{204,404}'::text[]) s;

-- ----- Health -----
SELECT lealup.set_health_definition(:'tenant', NULL, '[{"kind": "logins", "worst": 0, "best": 100}]') IS NOT NULL AS defined \gset
SELECT collect_tap(is(a.status, 201, 'a signal'), is(a.body - '{id,customer_id,created_at}'::text[], '{"kind": "logins", "value": 80, "observed_at": "2026-01-01T00:00:00.000Z", "source": "api", "external_id": "s1"}', 'is stored'))
FROM pg_temp.http('POST', '/v1/health-signals', json_build_object('customer_id', :'customer', 'kind', 'logins', 'value', 80, 'observed_at', '2026-01-01', 'external_id', 's1')::text) a;
SELECT is(pg_temp.refusal('POST', '/v1/health-signals', json_build_object('customer_id', :'customer', 'kind', 'logins', 'value', 1, 'external_id', 's1')::text), '200', 'once');
SELECT is(pg_temp.refusal('POST', '/v1/health-signals', pg_temp.with_id(b)), s, b) FROM (VALUES ('{}', '422 customer_id,kind,value'), ('{"customer_id": "$o", "kind": "x", "value": 1}', '422 customer_id'), ('{"customer_id": "$c", "kind": "x", "value": "1"}', '422 value'), ('{"customer_id": "$c", "kind": "x", "value": 1e301}', '422 value'),
    ('{"customer_id": "$c", "kind": "x", "value": null}', '201'), ('{"customer_id": "$c", "kind": "x", "value": 1, "observed_at": "infinity"}', '422 observed_at')) v(b, s);
SELECT is(pg_temp.body('POST', '/v1/health-signals/bulk', json_build_object('signals', (SELECT json_agg(json_build_object('customer_id', :'customer', 'kind', 'logins', 'value', 90, 'external_id', 'b' || n % 999)) FROM generate_series(1, 1000) n))::text),
    '{"stored": 999, "repeated": 1}', 'a thousand at once');
SELECT is(pg_temp.refusal('POST', '/v1/health-signals/bulk', b), s, left(b, 60)) FROM (VALUES ('{"signals": []}', '422 signals'), ('{}', '422 signals'), ((SELECT json_build_object('signals', json_agg(json_build_object('customer_id', :'customer', 'kind', 'x', 'value', 1)))::text FROM generate_series(1, 1001)), '422 signals'),
    (json_build_object('signals', json_build_array(json_build_object('customer_id', :'customer', 'kind', 'bulk', 'value', 1), json_build_object('customer_id', :'other_customer', 'kind', 'bulk', 'value', 1)))::text, '422 signals[1].customer_id'),
    (json_build_object('signals', json_build_array(json_build_object('customer_id', :'customer', 'kind', 'bulk')))::text, '422 signals[0].value')) v(b, s);
SELECT is((SELECT count(*) FROM lealup.health_signal WHERE kind = 'bulk'), 0::bigint, 'all or none');
SELECT collect_tap(is(b ->> 'score', '90', 'the score'), is(b ->> 'color', 'green', 'its color'), is(jsonb_path_query_array(b, '$.inputs[*].kind'), '["logins"]', 'what it is made of'), is(b #>> '{history,0,score}', '90', 'and how it was'),
    alike(b #>> '{inputs,0,explanation}', 'logins was 90%', 'in words'))
FROM pg_temp.body('GET', '/v1/customers/' || :'customer' || '/health') b;
SELECT is(pg_temp.refusal('GET', '/v1/customers/' || :'customer' || '/health?days=' || d), s, 'days=' || d) FROM (VALUES ('1', '200'), ('0', '400 days'), ('401', '400 days')) v(d, s);
SELECT is(pg_temp.body('GET', '/v1/customers/' || :'customer') -> 'health' ->> 'score', '90', 'the customer shows it, too');

-- ----- Renewals -----
SELECT is(pg_temp.refusal('PATCH', '/v1/customers/' || id, json_build_object('renewal_date', d, 'arr', 10)::text), '200', 'a renewal') FROM (VALUES ('Acme', '2030-03-01'), ('Beta', '2030-02-01'), ('Gamma', '2030-02-01')) v(name, d) JOIN lealup.customer c USING (name);
SELECT is(pg_temp.listed('/v1/renewals?' || q, 'customer_name'), l, q) FROM (VALUES ('', 'Beta,Gamma,Acme'), ('to=2030-02-28', 'Beta,Gamma'), ('from=2030-03-01', 'Acme'), ('customer_id=' || :'customer', 'Acme'), ('status=completed', ''), ('customer_id=' || :'other_customer', '')) v(q, l);
SELECT collect_tap(is(jsonb_path_query_array(b, '$.data[*].customer_name'), '["Beta"]', 'a page of renewals'), is(pg_temp.listed(b ->> 'next', 'customer_name'), 'Gamma', 'goes on on the same day')) FROM pg_temp.body('GET', '/v1/renewals?limit=1') b;
SELECT id AS renewal FROM lealup.renewal WHERE customer_id = :'customer' AND status = 'open' \gset
SELECT is(pg_temp.body('GET', '/v1/renewals/' || :'renewal') ->> 'renewal_date', '2030-03-01', 'a renewal');
SELECT is(pg_temp.refusal('POST', '/v1/renewals/' || :'renewal' || '/complete', b), s, b) FROM (VALUES ('{"amount": -1}', '422 amount'), ('{"next_date": "2029-01-01"}', '422 next_date'), ('{"next_date": "x"}', '422 next_date')) v(b, s);
SELECT is(pg_temp.refusal('POST', '/v1/renewals/' || :'renewal' || p, '{}', key => current_setting('test.other_key')), '404', p || ' by others') FROM unnest('{/complete,/churn}'::text[]) p;
SELECT collect_tap(is(b ->> 'status', 'completed', 'it is completed'), is(b -> 'amount', '12.5', 'for an amount'), is(b -> 'next' ->> 'renewal_date', '2031-03-01', 'and the next one is open')) FROM pg_temp.body('POST', '/v1/renewals/' || :'renewal' || '/complete', '{"amount": 12.5}') b;
SELECT is(pg_temp.refusal('POST', '/v1/renewals/' || :'renewal' || '/complete'), '409', 'once');
SELECT is(pg_temp.refusal('GET', '/v1/renewals/' || :'other_customer'), '404', 'there is no other');
SELECT r.id AS renewal FROM lealup.renewal r JOIN lealup.customer c ON c.id = r.customer_id AND c.name = 'Gamma' WHERE r.status = 'open' \gset
SELECT collect_tap(is(b ->> 'status', 'churned', 'a renewal is lost'), is(b ->> 'reason', 'price', 'with its reason')) FROM pg_temp.body('POST', '/v1/renewals/' || :'renewal' || '/churn', '{"reason": "price", "churn_customer": false}') b;
SELECT is((SELECT status FROM lealup.customer WHERE name = 'Gamma'), 'onboarding', 'the customer need not be lost with it');

-- ----- Tasks -----
SELECT a.status, a.body, a.headers ->> 'etag' AS etag, a.body ->> 'id' AS task FROM pg_temp.http('POST', '/v1/tasks', pg_temp.with_id('{"title": "Call", "customer_id": "$c", "assignee_id": "$m", "priority": "high", "due_at": "2030-01-02T03:04:05+02:00", "external_id": "t1"}')) a \gset
SELECT is(:status, 201, 'a task is made');
SELECT is((:'body')::jsonb - '{id,created_at,customer_id,assignee_id}'::text[], '{"assignee_email": "ana@ours.example", "title": "Call", "description": null, "status": "open", "priority": "high", "due_at": "2030-01-02T01:04:05.000Z",
    "source": "manual", "playbook_run_id": null, "external_id": "t1", "completed_at": null}', 'as it was sent');
SELECT is(pg_temp.refusal('POST', '/v1/tasks', pg_temp.with_id(b)), s, b) FROM (VALUES ('{}', '422 title'), ('{"title": "x", "customer_id": "$o"}', '422 customer_id'), ('{"title": "x", "assignee_id": "$c"}', '422 assignee_id'), ('{"title": "x", "due_at": "soon"}', '422 due_at'),
    ('{"title": "x", "priority": "top"}', '422 priority'), ('{"title": "x", "external_id": "t1"}', '409 external_id'), ('{"title": "x", "completed_at": "2030-01-01"}', '422 completed_at'), ('{"title": "Plan", "due_at": "2031-01-01"}', '201'), ('{"title": "Done", "status": "completed"}', '201')) v(b, s);
SELECT is(pg_temp.listed('/v1/tasks?' || q, 'title'), l, q) FROM (VALUES ('', 'Done,Plan,Call'), ('status=open', 'Plan,Call'), ('done=true', 'Done'), ('done=false&due_before=2030-06-01', 'Call'), ('due_after=2030-06-01', 'Plan'), ('priority=high', 'Call'), ('external_id=t1', 'Call'),
    ('assignee_id=' || :'member' || '&status=open', 'Call'), ('customer_id=' || :'customer', 'Call'), ('customer_id=' || :'other_customer', ''), ('source=playbook', '')) v(q, l);
SELECT collect_tap(is(jsonb_path_query_array(b, '$.data[*].title'), '["Done", "Plan"]', 'a page of tasks'), is(pg_temp.listed(b ->> 'next', 'title'), 'Call', 'and the next one')) FROM pg_temp.body('GET', '/v1/tasks?limit=2') b;
SELECT collect_tap(is(a.body ->> 'status', 'in_progress', 'a task is changed'), is(a.body ->> 'due_at', NULL, 'null takes the date from it'), is(a.body ->> 'title', 'Call', 'what is not named stays')) FROM pg_temp.http('PATCH', '/v1/tasks/' || :'task', '{"status": "in_progress", "due_at": null, "external_id": "t1"}', jsonb_build_object('if-match', :'etag')) a;
SELECT is(pg_temp.refusal('PATCH', '/v1/tasks/' || :'task', '{"title": "x"}', jsonb_build_object('if-match', :'etag')), '412', 'once');
SELECT is(pg_temp.refusal('PATCH', '/v1/tasks/' || :'task', b), s, b) FROM (VALUES ('{"title": null}', '422 title'), ('{"status": "x"}', '422 status'), ('{"source": "playbook"}', '422 source')) v(b, s);
SELECT collect_tap(is(b ->> 'status', 'completed', 'it is completed'), isnt(b ->> 'completed_at', NULL, 'with its time')) FROM pg_temp.body('POST', '/v1/tasks/' || :'task' || '/complete') b;
SELECT is(pg_temp.body('POST', '/v1/tasks/' || :'task' || '/reopen') ->> 'status', 'open', 'and opened again');
SELECT is(pg_temp.body('GET', '/v1/tasks/' || :'task') ->> 'status', 'open', 'as it is shown');
SELECT is(pg_temp.refusal(m, '/v1/tasks/' || :'task' || p, b, key => current_setting('test.other_key')), '404', concat_ws(' ', m, p, 'by others')) FROM (VALUES ('GET', '', NULL), ('PATCH', '', '{"title": "x"}'), ('POST', '/complete', NULL), ('POST', '/reopen', NULL)) v(m, p, b);

-- ----- Timeline -----
SELECT a.status, a.body, a.body ->> 'id' AS note FROM pg_temp.http('POST', '/v1/customers/' || :'customer' || '/notes', '{"title": "Called", "body": "They are well."}') a \gset
SELECT is(:status, 201, 'a note is written');
SELECT is(((:'body')::jsonb ->> 'kind') || ((:'body')::jsonb ->> 'title'), 'noteCalled', 'on the timeline');
SELECT is(pg_temp.refusal('POST', '/v1/customers/' || :'customer' || '/notes', b), s, b) FROM (VALUES ('{}', '422 title'), ('{"title": "  "}', '422 title'), ('{"text": "x"}', '422 text')) v(b, s);
SELECT is(pg_temp.refusal('POST', '/v1/timeline-events', pg_temp.with_id(b)), s, left(b, 90)) FROM (VALUES ('{"kind": "email", "title": "Mail 1", "body": "Cancel it.", "occurred_at": "2026-01-01", "participants": [{"email": "jo@acme.example"}], "direction": "in", "source": "mail", "external_id": "m1", "payload": {"a": 1}}', '201'),
    ('{"kind": "email", "title": "Mail 1, again", "occurred_at": "2026-01-01", "participants": [{"email": "jo@acme.example"}], "source": "mail", "external_id": "m1"}', '200'),
    ('{"kind": "call", "title": "Call 2", "occurred_at": "2026-01-02T00:00:00Z", "customer_id": "$c", "body": "' || repeat('x', 3000) || '"}', '201'), ('{"kind": "call", "title": "Call 3", "occurred_at": "2026-01-02", "customer_id": "$c"}', '201'),
    ('{}', '422 kind'), ('{"kind": "x"}', '422 kind'), ('{"kind": "note", "customer_id": "$o"}', '422 customer_id'), ('{"kind": "note", "contact_id": "$c", "member_id": "$c"}', '422 contact_id,member_id'), ('{"kind": "note", "participants": [1]}', '422 participants[0]'),
    ('{"kind": "note", "occurred_at": "infinity"}', '422 occurred_at'), ('{"kind": "note", "direction": "up"}', '422 direction'), ('{"kind": "note", "participants": [{"x": "' || repeat('x', 300000) || '"}]}', '422 participants')) v(b, s);
SELECT is(pg_temp.listed('/v1/customers/' || :'customer' || '/timeline?' || q, 'title'), l, q) FROM (VALUES ('', 'Called,Call 3,Call 2,Mail 1, again'), ('kind=call', 'Call 3,Call 2'), ('from=2026-01-02&to=2026-01-02', 'Call 3,Call 2'), ('to=2026-01-01', 'Mail 1, again'), ('to=2025-12-31T23:59:59Z', ''), ('direction=in', '')) v(q, l);
SELECT collect_tap(is(jsonb_path_query_array(b, '$.data[*].title'), '["Called", "Call 3"]', 'a page of the timeline'), is(pg_temp.listed(b ->> 'next', 'title'), 'Call 2,Mail 1, again', 'goes on at the same time')) FROM pg_temp.body('GET', '/v1/customers/' || :'customer' || '/timeline?limit=2') b;
SELECT id AS long FROM lealup.timeline_event WHERE title = 'Call 2' \gset
SELECT collect_tap(is(length(e ->> 'body'), 2000, 'a list shows the beginning'), is(e ->> 'body_truncated', 'true', 'and says so'), is(length(pg_temp.body('GET', '/v1/timeline-events/' || :'long') ->> 'body'), 3000, 'all of it is there'))
FROM jsonb_array_elements(pg_temp.body('GET', '/v1/customers/' || :'customer' || '/timeline') -> 'data') e WHERE e ->> 'id' = :'long';
SELECT is(pg_temp.refusal('GET', '/v1/timeline-events/' || :'long', key => current_setting('test.other_key')), '404', 'not for others');
SELECT is(pg_temp.refusal('GET', '/v1/customers/' || :'customer' || '/timeline?cursor=' || rtrim(translate(encode(convert_to(c::text, 'UTF8'), 'base64'), E'+/=\n', '-_'))), '400 cursor', 'a cursor is well-formed: ' || c::text) FROM unnest(ARRAY['[]', '["x"]', '["x", "infinity", "x"]']::jsonb[]) c;

-- ----- Issues -----
SELECT is(pg_temp.refusal('POST', '/v1/timeline-events', json_build_object('kind', 'email', 'direction', 'in', 'title', 'Contract', 'body', 'We want to cancel our contract.', 'customer_id', :'customer', 'source', 'mail')::text), '201', 'a mail that tells of something');
SELECT is(pg_temp.listed('/v1/issues?' || q, 'class'), l, q) FROM (VALUES ('', 'cancellation'), ('customer_id=' || :'customer', 'cancellation'), ('class=billing', ''), ('severity=high', 'cancellation'), ('from=2999-01-01', '')) v(q, l);
SELECT is(pg_temp.body('GET', '/v1/issues/' || id) ->> 'class', 'cancellation', 'an issue') FROM lealup.detected_issue WHERE tenant_id = :'tenant';
SELECT is(pg_temp.refusal('GET', '/v1/issues/' || id, key => current_setting('test.other_key')), '404', 'not for others') FROM lealup.detected_issue WHERE tenant_id = :'tenant';

-- ----- Meetings -----
INSERT INTO lealup.meeting (tenant_id, customer_id, title, starts_at, ends_at, attendees) VALUES (:'tenant', :'customer', 'Review', '2030-07-01 10:00+00', '2030-07-01 11:00+00', '[{"email": "jo@acme.example"}]'), (:'tenant', NULL, 'Other', '2030-06-01 10:00+00', '2030-06-01 11:00+00', '[]');
SELECT id AS meeting FROM lealup.meeting WHERE title = 'Review' \gset
SELECT is(pg_temp.listed('/v1/meetings?' || q, 'title'), l, q) FROM (VALUES ('', 'Other,Review'), ('from=2030-06-15', 'Review'), ('to=2030-06-01', 'Other'), ('customer_id=' || :'customer', 'Review'), ('status=cancelled', '')) v(q, l);
SELECT is(pg_temp.listed(b ->> 'next', 'title'), 'Review', 'the next page of meetings') FROM pg_temp.body('GET', '/v1/meetings?limit=1') b;
SELECT is(pg_temp.body('GET', '/v1/meetings/' || :'meeting') -> 'attendees', '[{"email": "jo@acme.example"}]', 'a meeting');
SELECT collect_tap(alike(b ->> 'body', '# Review%Acme%', 'a briefing tells what is known'), is(b ->> 'source', 'template', 'by itself')) FROM pg_temp.body('GET', '/v1/meetings/' || :'meeting' || '/briefing') b;
INSERT INTO lealup.meeting_briefing AS b (tenant_id, meeting_id, body, source, prepared_at) VALUES (:'tenant', :'meeting', 'In words.', 'assistant', '2030-06-30') ON CONFLICT (tenant_id, meeting_id) DO UPDATE SET body = excluded.body, source = excluded.source, prepared_at = excluded.prepared_at;
SELECT is(pg_temp.body('GET', '/v1/meetings/' || :'meeting' || '/briefing') - 'meeting_id', '{"body": "In words.", "source": "assistant", "prepared_at": "2030-06-30T00:00:00.000Z"}', 'one that was prepared is shown');
SELECT is(pg_temp.refusal('GET', '/v1/meetings/' || :'meeting' || p, key => current_setting('test.other_key')), '404', 'not for others') FROM unnest('{"",/briefing}'::text[]) p;

-- ----- Tickets -----
SELECT a.status, a.body, a.headers ->> 'etag' AS etag, a.body ->> 'id' AS ticket FROM pg_temp.http('POST', '/v1/tickets', json_build_object('subject', 'Export fails', 'body', 'It stops.', 'contact_id', :'contact', 'priority', 'high', 'channel', 'email', 'source', 'desk', 'external_id', '7')::text) a \gset
SELECT is(:status, 201, 'a ticket is opened');
SELECT is((:'body')::jsonb - '{id,created_at,contact_id}'::text[], json_build_object('customer_id', :'customer', 'assignee_id', NULL, 'assignee_email', NULL, 'subject', 'Export fails', 'status', 'open', 'priority', 'high', 'channel', 'email', 'source', 'desk', 'external_id', '7',
    'escalated_at', NULL, 'escalation_reason', NULL, 'resolved_at', NULL)::jsonb, 'for the contact''s customer');
SELECT is(pg_temp.refusal('POST', '/v1/tickets', pg_temp.with_id(b)), s, b) FROM (VALUES ('{}', '422 subject'), ('{"subject": ""}', '422 subject'), ('{"subject": "x", "customer_id": "$o"}', '422 customer_id'), ('{"subject": "x", "contact_id": "$c"}', '422 contact_id'), ('{"subject": "x", "source": "desk", "external_id": "7"}', '409 external_id'),
    ('{"subject": "x", "external_id": "7"}', '201'), ('{"subject": "x", "priority": 1}', '422 priority'), ('{"subject": "x", "payload": {}}', '422 payload')) v(b, s);
SELECT is(pg_temp.listed('/v1/tickets?' || q, 'subject'), l, q) FROM (VALUES ('', 'x,Export fails'), ('status=open&priority=high', 'Export fails'), ('source=desk&external_id=7', 'Export fails'), ('customer_id=' || :'customer', 'Export fails'), ('unresolved=false', ''), ('unresolved=true&channel=email', 'Export fails'),
    ('assignee_id=' || :'member', ''), ('from=2999-01-01', '')) v(q, l);
SELECT is(pg_temp.refusal('GET', '/v1/tickets?external_id=7'), '400 source', 'an external id has a source');
SELECT collect_tap(is(a.body ->> 'priority', 'urgent', 'a ticket is changed'), is(a.body ->> 'subject', 'Export fails', 'what is not named stays')) FROM pg_temp.http('PATCH', '/v1/tickets/' || :'ticket', '{"priority": "urgent", "status": "pending"}', jsonb_build_object('if-match', :'etag')) a;
SELECT is(pg_temp.refusal('PATCH', '/v1/tickets/' || :'ticket', '{"priority": "low"}', jsonb_build_object('if-match', :'etag')), '412', 'once');
SELECT pg_temp.body('GET', '/v1/tickets/' || :'ticket') - '{customer_name,contact_name,message_count,messages}'::text[] AS whole \gset
SELECT is(pg_temp.body('PATCH', '/v1/tickets/' || :'ticket', '{"channel": null, "customer_id": null, "contact_id": null}'), (:'whole')::jsonb || '{"channel": null, "customer_id": null, "contact_id": null}', 'null clears what it names, and nothing else');
SELECT is((SELECT a.detail -> 'channel' FROM lealup.audit a WHERE a.object_id = :'ticket' AND a.action = 'ticket.update' ORDER BY a.id DESC LIMIT 1), '{"previous": "email", "current": null}', 'as the audit tells');
SELECT is(pg_temp.body('PATCH', '/v1/tickets/' || :'ticket', json_build_object('channel', 'email', 'customer_id', (:'whole')::jsonb ->> 'customer_id', 'contact_id', :'contact')::text), (:'whole')::jsonb, 'it is set again');
SELECT is(pg_temp.refusal('PATCH', '/v1/tickets/' || :'ticket', '{"channel": "email"}'), '200', 'to what it is');
SELECT is((SELECT count(*) FROM lealup.audit a WHERE a.object_id = :'ticket' AND a.action = 'ticket.update'), 3::bigint, 'which is no change to audit');
SELECT is(pg_temp.refusal('PATCH', '/v1/tickets/' || :'ticket', pg_temp.with_id(b)), s, b) FROM (VALUES ('{"status": "escalated"}', '422 status'), ('{"customer_id": "$o"}', '422 customer_id'), ('{"assignee_id": "$m"}', '422 assignee_id'), ('{"subject": null}', '422 subject')) v(b, s);
SELECT collect_tap(is(a.status, 201, 'a message'), is(a.body ->> 'author', 'contact', 'by the contact'), is(a.body ->> 'author_name', 'Jo', 'has a name')) FROM pg_temp.http('POST', '/v1/tickets/' || :'ticket' || '/messages', json_build_object('body', repeat('y', 12000), 'author_contact_id', :'contact', 'source', 'desk', 'external_id', 'm7')::text) a;
SELECT is(pg_temp.refusal('POST', '/v1/tickets/' || :'ticket' || '/messages', pg_temp.with_id(b)), s, b) FROM (VALUES ('{}', '422 body'), ('{"body": ""}', '422 body'), ('{"body": "x", "author_member_id": "$o"}', '422 author_member_id'), ('{"body": "x", "source": "desk", "external_id": "m7"}', '409 external_id'),
    ('{"body": "Team only.", "author_member_id": "$m", "internal": true}', '201')) v(b, s);
SELECT is(pg_temp.refusal('POST', '/v1/tickets/' || :'ticket' || '/messages', json_build_object('body', 'x', 'author_contact_id', :'contact', 'internal', true)::text), '422 internal', 'a contact writes nothing internal');
SELECT collect_tap(is(b ->> 'status', 'open', 'the contact''s message opened it again'), is(b ->> 'customer_name', 'Acme', 'its customer'), is(b ->> 'contact_name', 'Jo', 'its contact'), is(b ->> 'message_count', '3', 'messages'),
    is((SELECT string_agg(left(m ->> 'body', 4), ',' ORDER BY n) FROM jsonb_array_elements(b -> 'messages') WITH ORDINALITY u(m, n)), 'It s,yyyy,Team', 'in their order'), is(b #> '{messages,1,body_truncated}', 'true', 'a long one is cut')) FROM pg_temp.body('GET', '/v1/tickets/' || :'ticket') b;
SELECT is(pg_temp.refusal('POST', '/v1/tickets/' || :'ticket' || '/messages', json_build_object('body', 'more')::text), '201', 'more') FROM generate_series(1, 20);
SELECT collect_tap(is(jsonb_array_length(b -> 'messages'), 20, 'the last 20 are shown'), is(b ->> 'message_count', '23', 'of all')) FROM pg_temp.body('GET', '/v1/tickets/' || :'ticket') b;
SELECT collect_tap(is(left(b #>> '{data,0,body}', 4), 'It s', 'the first one first'), is(left(pg_temp.listed(b ->> 'next', 'body'), 4), 'Team', 'on pages')) FROM pg_temp.body('GET', '/v1/tickets/' || :'ticket' || '/messages?limit=2') b;
SELECT is(pg_temp.listed('/v1/tickets/' || :'ticket' || '/messages?internal=true', 'body'), 'Team only.', 'the team''s own');
SELECT is(length(pg_temp.body('GET', format('/v1/tickets/%s/messages/%s', :'ticket', id)) ->> 'body'), 12000, 'all of a message') FROM lealup.ticket_message WHERE external_id = 'm7';
SELECT is(pg_temp.refusal('GET', format('/v1/tickets/%s/messages/%s', t.id, m.id)), '404', 'a message is of one ticket') FROM lealup.ticket_message m, lealup.ticket t WHERE m.external_id = 'm7' AND t.subject = 'x';
SELECT is(pg_temp.body('POST', '/v1/tickets/' || :'ticket' || '/assign', b) ->> 'assignee_email', a, b) FROM (VALUES (pg_temp.with_id('{"assignee_id": "$m"}'), 'ana@ours.example'), ('{"assignee_id": null}', NULL)) v(b, a);
SELECT is(pg_temp.refusal('POST', '/v1/tickets/' || :'ticket' || '/assign', b), s, b) FROM (VALUES ('{}', '422 assignee_id'), (json_build_object('assignee_id', :'gone')::text, '422 assignee_id'), (json_build_object('assignee_id', :'their_member')::text, '422 assignee_id')) v(b, s);
SELECT collect_tap(is(b ->> 'status', 'escalated', 'a ticket is escalated'), is(b ->> 'assignee_id', :'member', 'to the customer''s owner'), is(b ->> 'escalation_reason', 'late', 'with a reason')) FROM pg_temp.body('POST', '/v1/tickets/' || :'ticket' || '/escalate', '{"reason": "late"}') b;
SELECT is(pg_temp.refusal('POST', '/v1/tickets/' || :'ticket' || '/escalate'), '409', 'once');
SELECT collect_tap(is(b ->> 'status', 'resolved', 'it is resolved'), isnt(b ->> 'resolved_at', NULL, 'with its time')) FROM pg_temp.body('POST', '/v1/tickets/' || :'ticket' || '/resolve') b;
SELECT is(pg_temp.body('POST', '/v1/tickets/' || :'ticket' || '/reopen') ->> 'status', 'open', 'and opened again');
SELECT is(pg_temp.refusal(m, '/v1/tickets/' || :'ticket' || p, b, key => current_setting('test.other_key')), '404', concat_ws(' ', m, p, 'by others')) FROM (VALUES ('GET', '', NULL), ('PATCH', '', '{"subject": "x"}'), ('GET', '/messages', NULL), ('POST', '/messages', '{"body": "x"}'),
    ('POST', '/assign', '{"assignee_id": null}'), ('POST', '/escalate', '{}'), ('POST', '/resolve', NULL), ('POST', '/reopen', NULL)) v(m, p, b);

-- ----- Knowledge -----
SELECT lealup.upsert_kb_document(:'tenant', 'manual', 'd1', 'Exports', 'How to export <b>data</b> into files.', 'english') AS document, lealup.upsert_kb_document(:'other', 'manual', 'd1', 'Exports', 'Theirs.', 'english') AS their_document \gset
SELECT is(pg_temp.listed('/v1/knowledge/search?q=' || q, 'title'), l, q) FROM (VALUES ('exporting', 'Exports'), ('export&language=english', 'Exports'), ('export&language=german', ''), ('nothing', ''), ('%27%22%20OR%20%28', '')) v(q, l);
SELECT alike(pg_temp.body('GET', '/v1/knowledge/search?q=data') #>> '{data,0,headline}', '%&lt;b&gt;<mark>data</mark>%', 'what is found is marked');
SELECT is(pg_temp.refusal('GET', '/v1/knowledge/search' || q), s, q) FROM (VALUES ('', '400 q'), ('?q=', '400 q'), ('?q=a&language=x', '400 language'), ('?q=a&limit=101', '400 limit')) v(q, s);
SELECT is(pg_temp.body('GET', '/v1/knowledge/documents/' || :'document') ->> 'title', 'Exports', 'a document');
SELECT is(pg_temp.refusal('GET', '/v1/knowledge/documents/' || :'their_document'), '404', 'not that of others');

-- ----- Playbooks -----
SELECT lealup.create_playbook(:'tenant', 'Welcome', '{customer.created}', '[{"type": "create_task", "title": "Greet"}, {"type": "wait", "for": "1 day"}, {"type": "note", "title": "Greeted"}]') AS playbook \gset
SELECT is(pg_temp.refusal('POST', '/v1/customers', '{"name": "Epsilon"}'), '201', 'a customer that triggers it');
SELECT count(*) FROM lealup._fan_out(10000, clock_timestamp());
SELECT lealup._playbooks_due(clock_timestamp() + interval '1 s', 100);
SELECT is(pg_temp.listed('/v1/playbooks?enabled=true'), 'Welcome', 'playbooks');
SELECT is(pg_temp.listed('/v1/playbooks?updated_since=' || q), l, 'by their last change') FROM (VALUES ('2026-01-01', 'Welcome'), ('2999-01-01', '')) v(q, l);
SELECT is(pg_temp.body('GET', '/v1/playbooks/' || :'playbook') #>> '{steps,0,title}', 'Greet', 'a playbook');
SELECT id AS run FROM lealup.playbook_run WHERE tenant_id = :'tenant' \gset
SELECT is(pg_temp.listed('/v1/playbook-runs?' || q, 'playbook_name'), l, q) FROM (VALUES ('', 'Welcome'), ('status=running&playbook_id=' || :'playbook', 'Welcome'), ('status=failed', ''), ('customer_id=' || :'customer', '')) v(q, l);
SELECT is(jsonb_path_query_array(pg_temp.body('GET', '/v1/playbook-runs/' || :'run'), '$.steps[*].status'), '["done", "done", "pending"]', 'a run, with its steps');
SELECT is(pg_temp.refusal('POST', '/v1/playbook-runs/' || :'run' || '/retry'), '409', 'what did not fail is not tried again');
UPDATE lealup.playbook_run SET status = 'failed', finished_at = now() WHERE id = :'run';
SELECT is(pg_temp.refusal('POST', '/v1/playbook-runs/' || :'run' || '/retry'), '202', 'what failed is');
SELECT is(pg_temp.body('POST', '/v1/playbook-runs/' || :'run' || '/cancel') ->> 'status', 'cancelled', 'a run is ended');
SELECT is(pg_temp.refusal('POST', '/v1/playbook-runs/' || :'run' || '/cancel'), '409', 'once');
SELECT is(pg_temp.body('POST', '/v1/playbooks/' || :'playbook' || p) ->> 'enabled', e, p) FROM (VALUES ('/disable', 'false'), ('/enable', 'true')) v(p, e);
SELECT is(pg_temp.refusal(m, p, key => current_setting('test.other_key')), '404', concat_ws(' ', m, p, 'by others')) FROM (VALUES ('GET', '/v1/playbooks/' || :'playbook'), ('POST', '/v1/playbooks/' || :'playbook' || '/disable'), ('POST', '/v1/playbooks/' || :'playbook' || '/enable'),
    ('GET', '/v1/playbook-runs/' || :'run'), ('POST', '/v1/playbook-runs/' || :'run' || '/retry'), ('POST', '/v1/playbook-runs/' || :'run' || '/cancel')) v(m, p);

-- ----- Imports -----
SELECT lealup.save_import_mapping(:'tenant', 'accounts', 'customer', '{"external_id": "Id", "name": "Name", "arr": "ARR"}') IS NOT NULL AS mapping \gset
SELECT (lealup.import_csv(:'tenant', 'accounts', E'Id,Name,ARR\n1,Zeta,5\n2,,6\n3,Eta,many\n4,Theta,-1')).import_id AS import \gset
SELECT is(pg_temp.listed('/v1/imports?' || q, 'status'), l, q) FROM (VALUES ('', 'completed'), ('target=customer&status=completed', 'completed'), ('target=task', '')) v(q, l);
SELECT is(pg_temp.body('GET', '/v1/imports/' || :'import') ->> 'rows', '4', 'an import');
SELECT is(pg_temp.listed('/v1/imports/' || :'import' || '/rejects', 'field'), (SELECT string_agg(field, ',' ORDER BY row_no) FROM lealup.import_reject WHERE import_id = :'import'), 'what it refused');
SELECT is((b #>> '{data,0,row_no}') || ',' || pg_temp.listed(b ->> 'next', 'row_no'), '2,3', 'on pages')
FROM pg_temp.body('GET', '/v1/imports/' || :'import' || '/rejects?limit=1') b;
SELECT is(pg_temp.listed('/v1/imports/' || :'import' || '/rejects?resolved=true', 'field'), '', 'none was put right');
SELECT is(pg_temp.refusal('GET', '/v1/imports/' || :'import' || '/rejects?cursor=' || rtrim(translate(encode(convert_to(jsonb_build_array(left(md5('/v1/imports/' || :'import' || '/rejects' || '{}'), 8), '1;DROP')::text, 'UTF8'), 'base64'), E'+/=\n', '-_'))), '400 cursor', 'a cursor is a number here');
SELECT is(pg_temp.refusal('GET', '/v1/imports/' || :'import' || p, key => current_setting('test.other_key')), '404', 'not for others') FROM unnest('{"",/rejects}'::text[]) p;

-- ----- API keys -----
SELECT a.body ->> 'id' AS api_key FROM pg_temp.http('POST', '/v1/api-keys', '{"name": "made", "scopes": ["*"]}') a \gset
SELECT is(pg_temp.listed('/v1/api-keys?limit=100') ~ '^application,.*made', true, 'API keys');
SELECT is(pg_temp.body('GET', '/v1/api-keys/' || :'api_key') ->> 'name', 'made', 'an API key');
SELECT is(pg_temp.refusal('DELETE', '/v1/api-keys/' || :'api_key'), '204', 'is revoked');

-- ----- Versions -----
-- What each route that shows, changes or removes one object was asked last.
CREATE TEMP TABLE shown AS SELECT DISTINCT ON (s.method, s.path) s.method, s.path, s.target FROM pg_temp.served s JOIN lealup.route r USING (method, path)
WHERE lealup._http_shows_object(r) OR s.method IN ('PATCH', 'DELETE') ORDER BY 1, 2, s.n DESC;
SELECT is(pg_temp.refusal('GET', s.target, headers => jsonb_build_object('if-none-match', a.headers ->> 'etag')), '304', 'what did not change is not sent: ' || s.path)
FROM shown s, pg_temp.http('GET', s.target) a WHERE s.method = 'GET' AND s.path !~ '/(customers|contacts)/\{id\}$' ORDER BY s.path;
SELECT is(pg_temp.refusal(s.method, s.target, CASE WHEN s.method = 'PATCH' THEN '{}' END, '{"if-match": "\"other\""}'), CASE WHEN g.status = 404 THEN '404' ELSE '412' END, 'another version is neither changed nor removed: ' || s.method || ' ' || s.path)
FROM shown s, pg_temp.unchecked('GET', s.target) g WHERE s.method <> 'GET' ORDER BY s.path, s.method;

-- ----- What is unique, and what is referred to -----
SELECT is(lealup._http_constraint_field(c, f::jsonb), r, c) FROM (VALUES ('contact_email', NULL, 'email'), ('member_email', '{"properties": {"email": {}}}', 'email'), ('renewal_open', NULL, 'customer_id'), ('segment_tenant_id_name_key', NULL, 'name'), ('ticket_tenant_id_source_external_id_key', NULL, 'external_id'),
    ('ticket_tenant_id_source_external_id_key', '{"properties": {"source": {}}}', 'source'), ('customer_identity_pkey', NULL, 'external_id'), ('customer_tenant_id_segment_id_fkey', NULL, 'segment_id'), ('customer_currency_check', NULL, 'currency'), ('customer_pkey', NULL, NULL), ('nothing', NULL, NULL),
    ('customer_tenant_id_domain_idx', NULL, NULL)) v(c, f, r);
SELECT is((lealup._http_failure('22023', 'arr must not be negative', NULL, NULL, NULL, NULL, lealup._http_schema(r.request))).body #>> '{errors,0,field}', 'arr', 'a field is found where the schema of the body is a reference') FROM lealup.route r WHERE r.method = 'PATCH' AND r.path = '/v1/customers/{id}';

-- ----- Who may -----
SELECT set_config('test.csm', lealup.create_api_key(:'tenant', 'csm', '{*}', :'member'), true), set_config('test.reading', lealup.create_api_key(:'tenant', 'reading', '{customers:read,tickets:write}'), true);
SELECT is(pg_temp.refusal(m, p, b, key => current_setting('test.csm')), s, concat_ws(' ', 'a customer-success manager:', m, split_part(p, '/', 3), b)) FROM (VALUES ('PATCH', '/v1/customers/' || :'customer', '{"tier": "gold"}', '200'), ('POST', '/v1/contacts', '{"name": "Lee"}', '201'),
    ('POST', '/v1/tickets/' || :'ticket' || '/messages', '{"body": "Looking."}', '201'), ('POST', '/v1/customers/' || :'customer' || '/notes', '{"title": "Mine"}', '201'), ('GET', '/v1/imports', NULL, '200'), ('POST', '/v1/playbooks/' || :'playbook' || '/disable', NULL, '403')) v(m, p, b, s);
SELECT is((SELECT member_id FROM lealup.timeline_event WHERE title = 'Mine'), :'member', 'a note is by whom the key acts for');
SELECT is((SELECT author_member_id FROM lealup.ticket_message WHERE body = 'Looking.'), :'member', 'so is a message');
SELECT is((SELECT member_id FROM lealup.audit WHERE tenant_id = :'tenant' AND action = 'contact.create' ORDER BY id DESC LIMIT 1), :'member', 'and the audit tells it');
SELECT is((SELECT count(*) FROM lealup.audit a WHERE a.tenant_id = :'tenant' AND a.actor = 'lealup_gateway' AND a.api_key_id IS NULL), 0::bigint, 'as it does by which key each change was made');
SELECT is((SELECT api_key_id FROM lealup.audit WHERE tenant_id = :'tenant' AND action = 'contact.create' ORDER BY id DESC LIMIT 1), split_part(current_setting('test.csm'), '_', 2)::uuid, 'this one by that of the member');
SELECT is(pg_temp.refusal(m, p, b, key => current_setting('test.reading')), s, concat_ws(' ', 'scopes:', m, p)) FROM (VALUES ('GET', '/v1/customers', NULL, '200'), ('POST', '/v1/customers', '{"name": "x"}', '403'), ('GET', '/v1/contacts', NULL, '403'), ('GET', '/v1/tickets', NULL, '200'),
    ('POST', '/v1/tickets', '{"subject": "y"}', '201'), ('GET', '/v1/tasks', NULL, '403')) v(m, p, b, s);
SELECT is(pg_temp.listed(p, 'id'), '', p || ' of others') FROM (SELECT path FROM lealup.route WHERE method = 'GET' AND scope IS NOT NULL AND path !~ '[{]|search|webhook|metrics|members|segments|api-keys|actions' AND responses #> '{200,properties,next}' IS NOT NULL) r(p),
    set_config('test.key', current_setting('test.other_key'), true) WHERE p <> '/v1/customers';
SELECT is(pg_temp.listed('/v1/customers'), 'Theirs', 'others have what is theirs');

-- ----- Every route, whatever becomes of it -----
SELECT set_config('test.tenant', :'tenant', true), set_config('test.narrow', lealup.create_api_key(:'other', 'narrow', '{metrics:read}', rate_limit => 1000000), true), set_config('test.reader', lealup.create_api_key(:'other', 'reader', '{*:read}', rate_limit => 1000000), true),
    set_config('test.stranger', lealup.create_api_key(:'other', 'stranger', '{*}', rate_limit => 1000000), true);
CREATE FUNCTION pg_temp.ask(r lealup.route, id uuid, key text) RETURNS int LANGUAGE sql AS $$
    SELECT pg_temp.status(r.method, regexp_replace(r.path, '\{[a-z_]+\}', id::text, 'g'), CASE WHEN r.method <> 'GET' THEN '{}' END, key => key)
$$;
SELECT is_empty('SELECT r.method, r.path FROM lealup.route r WHERE r.scope IS NOT NULL AND r.scope NOT LIKE ''metrics:%'' AND pg_temp.ask(r, lealup.uuid7(), current_setting(''test.narrow'')) <> 403', 'every route wants its scope');
SELECT is_empty('SELECT r.method, r.path FROM lealup.route r WHERE r.scope LIKE ''%:write'' AND pg_temp.ask(r, lealup.uuid7(), current_setting(''test.reader'')) <> 403', 'those that write want more than to read');
SELECT is_empty('SELECT r.method, r.path FROM lealup.route r WHERE r.method <> ''GET'' AND r.scope LIKE ''%:read''', 'and every route that is no GET writes');
SELECT is_empty('SELECT r.method, r.path FROM lealup.route r WHERE r.scope IS NOT NULL AND pg_temp.ask(r, lealup.uuid7(), ''lk_'' || repeat(''0'', 32) || ''_'' || repeat(''0'', 64)) <> 401', 'none is open to a key that there is not');
-- One object of each table, by a stranger: it is not there, or it is said first that the body lacks something.
CREATE TEMP TABLE theirs (relation text, id uuid);
DO $$
DECLARE
    t record;
BEGIN
    FOR t IN SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' JOIN pg_attribute i ON i.attrelid = c.oid AND i.attname = 'id' AND i.atttypid = 'uuid'::regtype
             WHERE c.relnamespace = 'lealup'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition LOOP
        EXECUTE format('INSERT INTO theirs SELECT %L, x.id FROM lealup.%I x WHERE x.tenant_id = %L LIMIT 1', t.relname, t.relname, current_setting('test.tenant'));
    END LOOP;
END $$;
SELECT cmp_ok((SELECT count(*) FROM theirs), '>', 15::bigint, 'there are many objects of another tenant');
SELECT is_empty('SELECT r.method, r.path, t.relation FROM lealup.route r, theirs t WHERE r.path LIKE ''%{%id}%'' AND r.scope IS NOT NULL
    AND pg_temp.ask(r, t.id, current_setting(''test.stranger'')) NOT IN (404, CASE WHEN jsonb_array_length(lealup._http_schema(r.request) -> ''required'') > 0 THEN 400 ELSE 404 END,
        CASE WHEN r.method = ''POST'' THEN 422 ELSE 404 END)', 'none of which a stranger finds');

-- ----- All of it -----
SELECT is_empty('SELECT r.method, r.path FROM lealup.route r WHERE r.handler IN (SELECT proname FROM pg_proc WHERE pronamespace = ''lealup''::regnamespace) AND r.scope !~ ''^(webhooks|events|metrics|connections|actions|leads):''
    EXCEPT SELECT method, path FROM pg_temp.served', 'every route was asked, and answered');
SELECT is_empty('SELECT * FROM pg_temp.misfit', 'every answer fits the schema of its route, and none failed');
SELECT * FROM finish();
ROLLBACK;
