-- The HTTP API of actions. Each answer must fit the schema of its route.
BEGIN;
SELECT plan(24);
\ir lib/http.sql
\ir lib/http_checked.sql
CREATE FUNCTION pg_temp.http(method text, target text, body text DEFAULT NULL, headers jsonb DEFAULT '{}', key text DEFAULT current_setting('test.key'))
    RETURNS pg_temp.answer LANGUAGE sql AS $$ SELECT pg_temp.judged(method, target, body, headers, key) $$;
INSERT INTO lealup.provider (name, title, kind, base_url, allowed_hosts, auth) VALUES ('regress', 'Regress', 'workspace', 'https://api.example.com', '{api.example.com}', 'none');
INSERT INTO lealup.provider_operation (provider, name, title, audience, input, request, response) VALUES ('regress', 'reply', 'Reply', 'customer', '{"text": {"required": true}}', 'x.x', 'x.x');
SELECT lealup.create_tenant('one') AS one, lealup.create_tenant('two') AS two \gset
INSERT INTO lealup.member (tenant_id, email) VALUES (:'one', 'ben@example.com') RETURNING id AS ben \gset
INSERT INTO lealup.customer (tenant_id, name) VALUES (:'one', 'Acme') RETURNING id AS acme \gset
INSERT INTO lealup.connection (tenant_id, provider, kind, state, account_id) VALUES (:'one', 'regress', 'workspace', 'connected', 'a') RETURNING id AS c \gset
SELECT set_config('test.key', lealup.create_api_key(:'one', 'application', '{actions:write}'), true), set_config('test.ben', lealup.create_api_key(:'one', 'ben', '{actions:write}', :'ben'), true),
    set_config('test.reader', lealup.create_api_key(:'one', 'reader', '{actions:read}'), true), set_config('test.two', lealup.create_api_key(:'two', 'two', '{*}'), true) \gset
CREATE FUNCTION pg_temp.ask(method text, target text, body text DEFAULT NULL, key text DEFAULT current_setting('test.key')) RETURNS TABLE (status int, body jsonb, headers jsonb) LANGUAGE sql AS $$
    SELECT r.status, r.body::jsonb, r.headers FROM pg_temp.http(method, target, body, key => key) r
$$;
SELECT * FROM pg_temp.ask('POST', '/v1/actions', format('{"connection_id": "%s", "operation": "reply", "input": {"text": "Hi"}, "customer_id": "%s", "idempotency_key": "k"}', :'c', :'acme')) \gset made_
SELECT is(:made_status, 201, 'an action is made');
SELECT is(:'made_body'::jsonb ->> 'status', 'draft', 'a draft');
SELECT :'made_body'::jsonb ->> 'id' AS a \gset
SELECT is(:'made_headers'::jsonb ->> 'location', '/v1/actions/' || :'a', 'that has its place');
SELECT is(r.body ->> 'id', :'a', 'once') FROM pg_temp.ask('POST', '/v1/actions', format('{"connection_id": "%s", "operation": "reply", "input": {"text": "Hi"}, "idempotency_key": "k"}', :'c')) r;
SELECT is(r.status, 422, 'an operation that there is not') FROM pg_temp.ask('POST', '/v1/actions', format('{"connection_id": "%s", "operation": "x", "input": {}}', :'c')) r;
SELECT is(r.status, 422, 'an input that lacks something') FROM pg_temp.ask('POST', '/v1/actions', format('{"connection_id": "%s", "operation": "reply", "input": {}}', :'c')) r;
SELECT is(r.status, 403, 'a reader makes none') FROM pg_temp.ask('POST', '/v1/actions', format('{"connection_id": "%s", "operation": "reply", "input": {}}', :'c'), current_setting('test.reader')) r;
SELECT is(r.body #>> '{input,text}', 'Ho', 'a draft is changed') FROM pg_temp.ask('PATCH', '/v1/actions/' || :'a', '{"input": {"text": "Ho"}}') r;
SELECT is(r.status, 403, 'nobody''s key approves nothing') FROM pg_temp.ask('POST', '/v1/actions/' || :'a' || '/approve', '{}') r;
SELECT is(r.status, 409, 'what has changed since is not approved') FROM pg_temp.ask('POST', '/v1/actions/' || :'a' || '/approve', '{"input": {"text": "Hi"}}', current_setting('test.ben')) r;
SELECT is(r.body ->> 'approved_by', :'ben', 'a member''s key does') FROM pg_temp.ask('POST', '/v1/actions/' || :'a' || '/approve', '{"input": {"text": "Ho"}}', current_setting('test.ben')) r;
SELECT is(r.status, 409, 'what is approved is not changed') FROM pg_temp.ask('PATCH', '/v1/actions/' || :'a', '{"input": {"text": "Hi"}}') r;
SELECT is(r.body ->> 'status', 'approved', 'one that waits is hurried') FROM pg_temp.ask('POST', '/v1/actions/' || :'a' || '/retry') r;
SELECT is(r.body ->> 'status', 'cancelled', 'an action is cancelled') FROM pg_temp.ask('POST', '/v1/actions/' || :'a' || '/cancel') r;
SELECT is(r.status, 409, 'for good') FROM pg_temp.ask('POST', '/v1/actions/' || :'a' || '/retry') r;
SELECT is(r.body ->> 'status', 'cancelled', 'it is shown') FROM pg_temp.ask('GET', '/v1/actions/' || :'a', key => current_setting('test.reader')) r;
SELECT is(r.status, 404, 'to others it is not there') FROM pg_temp.ask('GET', '/v1/actions/' || :'a', key => current_setting('test.two')) r;
SELECT is(r.status, 404, 'whatever they do: ' || w) FROM unnest(ARRAY['approve', 'cancel', 'retry']) w, pg_temp.ask('POST', '/v1/actions/' || :'a' || '/' || w, '{}', current_setting('test.two')) r;
SELECT is(jsonb_array_length(r.body -> 'data'), 1, 'a list') FROM pg_temp.ask('GET', '/v1/actions?status=cancelled&customer_id=' || :'acme') r;
SELECT is(r.body -> 'data', '[]', 'by status') FROM pg_temp.ask('GET', '/v1/actions?status=draft') r;
SELECT is(r.body -> 'data', '[]', 'of others none') FROM pg_temp.ask('GET', '/v1/actions', key => current_setting('test.two')) r;
SELECT is_empty('SELECT * FROM pg_temp.misfit', 'every answer fits the schema of its route, and none failed');
SELECT * FROM finish();
ROLLBACK;
