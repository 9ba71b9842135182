-- The HTTP API of syncs. Each answer must fit the schema of its route.
BEGIN;
SELECT plan(27);
\ir lib/http.sql
\ir lib/http_checked.sql
SELECT lealup.create_tenant('syncs') AS tenant, lealup.create_tenant('other') AS other \gset
SELECT set_config('test.key', lealup.create_api_key(:'tenant', 'test', '{connections:write,metrics:read}', rate_limit => 1000000), true) \gset
INSERT INTO lealup.provider (name, title, kind, base_url, allowed_hosts, auth) VALUES ('acme', 'Acme', 'workspace', 'https://acme.example', '{acme.example}', 'none');
INSERT INTO lealup.provider_stream (provider, name, title, request, response, normalize) VALUES ('acme', 'items', 'Items', 'acme.r', 'acme.s', 'acme.n');
INSERT INTO lealup.connection (tenant_id, provider, kind, state, account_id) VALUES (:'tenant', 'acme', 'workspace', 'connected', 'a') RETURNING id AS c \gset
INSERT INTO lealup.connection (tenant_id, provider, kind, state, account_id) VALUES (:'other', 'acme', 'workspace', 'connected', 'a') RETURNING id AS foreign_c \gset
INSERT INTO lealup.connection_stream (tenant_id, connection_id, stream, mode, seen, total, next_run_at) VALUES (:'tenant', :'c', 'items', 'backfill', 25, 100, now() + interval '1 hour');
INSERT INTO lealup.sync_run (tenant_id, id, retention_class, connection_id, stream, mode, result, started_at, ended_at, seen, created, updated, same, deleted, failed, skipped, calls, waited_ms, error)
SELECT :'tenant', lealup.uuid7(), 30, :'c', 'items', 'incremental', 'ok', now(), now(), n, 0, 0, 0, 0, 0, 0, 1, 1500, NULL FROM generate_series(1, 60) n;
INSERT INTO lealup.record_error (tenant_id, connection_id, stream, external_id, class, reason, item, created_at, updated_at)
SELECT :'tenant', :'c', 'items', 'r' || n, 'unavailable', 'it is not there', '{"id": "r1"}', now(), now() FROM generate_series(1, 3) n;
SELECT id AS e FROM lealup.record_error ORDER BY id LIMIT 1 \gset

CREATE FUNCTION pg_temp.ask(method text, path text, body text DEFAULT NULL) RETURNS TABLE (status int, body jsonb) LANGUAGE sql AS $$
    SELECT r.status, r.body::jsonb FROM pg_temp.judged(method, path, body, '{}', current_setting('test.key')) r
$$;
SELECT is(a.body -> 'data' -> 0 ->> 'state', 'ok', 'a stream is shown') FROM pg_temp.ask('GET', '/v1/connections/' || :'c' || '/streams') a;
SELECT is((a.body -> 'data' -> 0 ->> 'percent')::int, 25, 'with how far its backfill is') FROM pg_temp.ask('GET', '/v1/connections/' || :'c' || '/streams') a;
SELECT is(a.status, 404, 'not another tenant''s') FROM pg_temp.ask('GET', '/v1/connections/' || :'foreign_c' || '/streams') a;
SELECT is(jsonb_array_length(a.body -> 'data'), 50, 'the last fifty runs are shown') FROM pg_temp.ask('GET', '/v1/connections/' || :'c' || '/runs') a;
SELECT is(a.body -> 'data' -> 0 ->> 'seen', '60', 'the latest first') FROM pg_temp.ask('GET', '/v1/connections/' || :'c' || '/runs?stream=items') a;
SELECT is(a.body, '{"data": []}', 'of a stream that is not there, none') FROM pg_temp.ask('GET', '/v1/connections/' || :'c' || '/runs?stream=none') a;
SELECT is(a.status, 404, 'not another tenant''s') FROM pg_temp.ask('GET', '/v1/connections/' || :'foreign_c' || '/runs') a;
SELECT is(jsonb_array_length(a.body -> 'data'), 2, 'records that were set aside, by pages') FROM pg_temp.ask('GET', '/v1/connections/' || :'c' || '/errors?limit=2') a;
SELECT is(jsonb_array_length(a.body -> 'data'), 0, 'of one class') FROM pg_temp.ask('GET', '/v1/connections/' || :'c' || '/errors?class=invalid') a;
SELECT is(a.status, 404, 'not another tenant''s') FROM pg_temp.ask('GET', '/v1/connections/' || :'foreign_c' || '/errors') a;
SELECT is(a, ROW(200, '{"result": "queued"}'::jsonb), 'one is tried again') FROM pg_temp.ask('POST', '/v1/connections/' || :'c' || '/errors/' || :'e' || '/retry') a(status, body);
SELECT is(a.status, 404, 'one that is not there is not') FROM pg_temp.ask('POST', '/v1/connections/' || :'c' || '/errors/' || :'c' || '/retry') a;
SELECT is(a, ROW(200, '{"resolved": 0, "failed": 0, "queued": 2}'::jsonb), 'all are') FROM pg_temp.ask('POST', '/v1/connections/' || :'c' || '/errors/retry', '{}') a(status, body);
SELECT is(a.status, 404, 'not those of a stream that is not there') FROM pg_temp.ask('POST', '/v1/connections/' || :'c' || '/errors/retry', '{"stream": "none"}') a;
SELECT is(a.status, 404, 'nor another tenant''s') FROM pg_temp.ask('POST', '/v1/connections/' || :'foreign_c' || '/errors/retry', '{}') a;
SELECT is(a, ROW(202, '{"streams": 1}'::jsonb), 'a sync is hurried') FROM pg_temp.ask('POST', '/v1/connections/' || :'c' || '/sync', '{"stream": "items"}') a(status, body);
SELECT ok(s.next_run_at <= clock_timestamp(), 'it is due') FROM lealup.connection_stream s;
SELECT is(a.status, 404, 'not another tenant''s') FROM pg_temp.ask('POST', '/v1/connections/' || :'foreign_c' || '/sync', '{}') a;
SELECT is(a.body ->> 'state', 'paused', 'a stream is paused') FROM pg_temp.ask('PATCH', '/v1/connections/' || :'c' || '/streams/items', '{"paused": true}') a;
SELECT is(a.body ->> 'state', 'paused', 'which stays so if nothing is to be changed') FROM pg_temp.ask('PATCH', '/v1/connections/' || :'c' || '/streams/items', '{}') a;
SELECT is(a, ROW(202, '{"streams": 0}'::jsonb), 'and not hurried then') FROM pg_temp.ask('POST', '/v1/connections/' || :'c' || '/sync', '{}') a(status, body);
SELECT is(a.body ->> 'state', 'ok', 'and goes on') FROM pg_temp.ask('PATCH', '/v1/connections/' || :'c' || '/streams/items', '{"paused": false}') a;
SELECT is(a.status, 404, 'one that is not there is not found') FROM pg_temp.ask('PATCH', '/v1/connections/' || :'c' || '/streams/none', '{"paused": true}') a;
SELECT ok(m LIKE E'%\nlealup_connections{state="connected"} 1\n%', 'metrics count connections') FROM lealup._metrics(:'tenant', now()) m;
SELECT ok(m LIKE E'%\nlealup_recent_sync_runs{result="ok"} 60\n%', 'and runs') FROM lealup._metrics(:'tenant', now()) m;
SELECT is_empty('SELECT r.method, r.path FROM lealup.route r WHERE r.path ~ ''^/v1/connections/\{id\}/(streams|runs|sync|errors)(/|$)'' EXCEPT SELECT method, path FROM pg_temp.served', 'every route was asked, and answered');
SELECT is_empty('SELECT * FROM pg_temp.misfit', 'every answer fits the schema of its route, and none failed');
SELECT * FROM finish();
ROLLBACK;
