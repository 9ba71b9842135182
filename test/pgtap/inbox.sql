-- The inbox: URLs and secrets of connections, what the gateway takes and answers, what becomes of it, and who may do what. Signatures
-- have a test of their own; those that need the vault's key are tested over HTTP, since no backend holds it.
BEGIN;
SELECT plan(169);
\ir lib/http.sql
SELECT set_config('test.key', '', true);

CREATE TEMP TABLE applied (what text, connection_id uuid, detail text);
GRANT ALL ON applied TO PUBLIC;
-- What other files do with records and revoked grants is tested there.
CREATE FUNCTION pg_temp.replace_by(function text, arguments text, what text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    f regprocedure := to_regprocedure(function);
BEGIN
    EXECUTE format('CREATE OR REPLACE FUNCTION %s(%s) RETURNS %s LANGUAGE plpgsql AS %L', split_part(function, '(', 1), coalesce(pg_get_function_arguments(f), arguments),
        coalesce(pg_get_function_result(f), 'void'), format('BEGIN INSERT INTO pg_temp.applied VALUES (%s); %s END', what, CASE WHEN coalesce(pg_get_function_result(f), 'void') <> 'void' THEN 'RETURN NULL;' ELSE '' END));
END $$;
SELECT pg_temp.replace_by('lealup._sync_apply(uuid,uuid,text,jsonb)', 'tenant_id uuid, connection_id uuid, stream text, records jsonb', $$'records', $2, $3 || ' ' || $4::text$$);
SELECT pg_temp.replace_by('lealup._connection_problem(uuid,uuid,text,uuid,timestamptz,text)', 'tenant_id uuid, connection_id uuid, reason text, trace_id uuid, now timestamptz, fix text DEFAULT NULL', $$'disconnect', $2, $3$$);

-- ----- A provider of the test's own -----
CREATE SCHEMA regress;
GRANT USAGE ON SCHEMA regress TO lealup_provider;
CREATE FUNCTION regress.handle(call jsonb, message jsonb) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF message #>> '{body,fail}' IS NOT NULL THEN
        RAISE EXCEPTION 'it failed: %', message #>> '{body,fail}';
    END IF;
    IF message #>> '{body,peek}' IS NOT NULL THEN
        PERFORM FROM lealup.connection;
    END IF;
    RETURN coalesce(message #> '{body,give}', jsonb_build_object('ignore', jsonb_build_object('call', call - 'now', 'message', message)::text));
END $$;
INSERT INTO lealup.provider (name, title, kind, base_url, allowed_hosts, auth) VALUES ('regress', 'Regress', 'workspace', 'https://api.example.com', '{api.example.com}', 'none'),
    ('regress_silent', 'Silent', 'workspace', 'https://api.example.com', '{api.example.com}', 'none');
INSERT INTO lealup.provider_inbound (provider, name, ord, signature, handshake, dedupe, handler, acknowledge) VALUES
    ('regress', 'signed', 1, '{"type": "hmac", "header": "X-Signature", "algorithm": "sha256", "encoding": "hex"}', '[]', '{"header": "X-Delivery"}', 'regress.handle', '{"status": 200}'),
    ('regress', 'open', 2, '{"type": "token", "header": "X-Token", "key": "other"}', '[{"when": {"method": "GET", "query": {"hub.mode": "subscribe"}}, "echo": {"query": "hub.challenge"}, "verify": {"type": "none"}},
        {"when": {"query": {"validationToken": null}}, "echo": {"query": "validationToken"}, "verify": {"type": "none"}},
        {"when": {"json": {"type": "url_verification"}}, "echo": {"json": "challenge"}, "as": "json:challenge", "verify": {"type": "none"}},
        {"when": {"header": {"X-Hook-Secret": null}}, "echo": {"header": "X-Hook-Secret"}, "as": "header:X-Hook-Secret", "verify": {"type": "none"}},
        {"when": {"header": {"X-State": "sync"}}, "verify": {"type": "none"}}]', '{"body": true}', 'regress.handle', '{"status": 200}');
SELECT lealup.create_tenant('one') AS one, lealup.create_tenant('two') AS two \gset
INSERT INTO lealup.connection (tenant_id, provider, kind, state, account_id, options) VALUES (:'one', 'regress', 'workspace', 'connected', 'acct', '{"o": 1}') RETURNING id AS c \gset
INSERT INTO lealup.connection (tenant_id, provider, kind, state, account_id) VALUES (:'one', 'regress', 'workspace', 'connected', 'other') RETURNING id AS d \gset
INSERT INTO lealup.connection (tenant_id, provider, kind, state, account_id) VALUES (:'two', 'regress', 'workspace', 'connected', 'other') RETURNING id AS e \gset
INSERT INTO lealup.connection (tenant_id, provider, kind, state) VALUES (:'one', 'regress_silent', 'workspace', 'connected') RETURNING id AS silent \gset
SELECT set_config('test.one', :'one', true), set_config('test.two', :'two', true), set_config('test.c', :'c', true);

-- ----- URLs and secrets -----
SELECT lealup.inbound_url(:'one', :'c') AS url \gset
SELECT matches(:'url'::text, '^https://hub\.example\.com/v1/inbound/[0-9a-f]{64}$', 'a URL below lealup.public_url, with 256 random bits');
SELECT set_config('test.path', substr(:'url', 24), true);
SELECT is(count(*), 1::bigint, 'of which only the SHA-256 is kept') FROM lealup.inbound_token t JOIN lealup.tenant_route r ON r.kind = 'inbound' AND r.key_hash = t.token_hash AND r.tenant_id = t.tenant_id
WHERE t.connection_id = :'c' AND t.token_hash = sha256(convert_to(substr(:'url', 36), 'UTF8'));
SELECT is(count(*), 1::bigint, 'and the URL itself in the vault, for the provider') FROM lealup.vault_secret WHERE owner_id = :'c' AND purpose = 'inbound_url';
SELECT throws_ok(format('SELECT lealup.inbound_url(%L, %L)', :'one', :'c'), '55000', NULL, 'it is shown once');
SELECT throws_ok(format('SELECT lealup.inbound_url(%L, %L)', :'one', :'e'), 'P0002', NULL, 'another tenant''s connection is not there');
SELECT throws_ok(format('SELECT lealup.inbound_url(%L, %L)', :'one', :'silent'), '55000', 'provider "regress_silent" sends no notifications', 'a provider that sends none');
SELECT throws_ok(format('SELECT lealup.inbound_url(%L, %L, true, ''31 days'')', :'one', :'c'), '22023', 'overlap must be 0 to 30 days', 'a long overlap');
SELECT matches(lealup.set_inbound_secret(:'one', :'c'), '^[0-9a-f]{40}$', 'a generated secret is given back');
SELECT is(lealup.set_inbound_secret(:'one', :'c', 'given-secret'), NULL, 'a given one is not');
SELECT is(lealup.set_inbound_secret(:'one', :'c', 'third-secret'), NULL, 'a third one');
SELECT results_eq(format('SELECT expires_at IS NULL FROM lealup.vault_secret WHERE owner_id = %L AND purpose = ''inbound_secret'' ORDER BY id', :'c'), 'VALUES (false), (true)', 'two are valid at a time');
SELECT lealup.set_inbound_secret(:'one', :'c', 'fourth-secret', overlap => '0');
SELECT results_eq(format('SELECT expires_at IS NULL FROM lealup.vault_secret WHERE owner_id = %L AND purpose = ''inbound_secret''', :'c'), 'VALUES (true)', 'or one, without overlap');
SELECT throws_ok(format('SELECT lealup.set_inbound_secret(%L, %L, %L)', :'one', :'c', s), '22023', 'secret must have 8 to 1000 printable ASCII characters', 'a secret that is none: ' || left(s, 10))
FROM unnest(ARRAY['', 'short', repeat('x', 1001), E'with\nnewline', 'sécret-sécret']) s;
SELECT is(count(*), 5::bigint, 'all of it is audited, without secrets') FROM lealup.audit WHERE tenant_id = :'one' AND action LIKE 'connection.inbound%' AND detail::text NOT LIKE '%secret-%';
SELECT ok(lealup._prepare_inbound(:'one', :'d') AND lealup._prepare_inbound(:'one', :'d'), 'what a request for notifications needs is made');
SELECT is(count(*), 2::bigint, 'once') FROM lealup.vault_secret WHERE owner_id = :'d';
SELECT ok(NOT lealup._prepare_inbound(:'one', :'silent'), 'where there can be any');
SELECT lealup._end_inbound(:'one', :'d');
SELECT is((SELECT count(*) FROM lealup.vault_secret WHERE owner_id = :'d') + (SELECT count(*) FROM lealup.inbound_token WHERE connection_id = :'d')
    + (SELECT count(*) FROM lealup.tenant_route r WHERE kind = 'inbound' AND NOT EXISTS (SELECT FROM lealup.inbound_token t WHERE t.token_hash = r.key_hash)), 0::bigint, 'and forgotten');

-- ----- Receiving -----
CREATE FUNCTION pg_temp.post(body text, headers jsonb DEFAULT '{}', query text DEFAULT '') RETURNS int LANGUAGE sql AS $$
    SELECT pg_temp.status('POST', current_setting('test.path') || query, body, headers)
$$;
SELECT is(pg_temp.status('POST', p, '{}'), 404, 'a token that is not known: ' || left(p, 30)) FROM unnest(ARRAY['/v1/inbound/', '/v1/inbound/x', '/v1/inbound/' || repeat('0', 64), '/v1/inbound/' || repeat('x', 3000),
    current_setting('test.path') || '/', '/v1/inbound/..', '/v1/inbound/%00']) p;
SELECT is((a).status || ' ' || ((a).headers ->> 'allow'), '405 POST, GET', m || ' is not for this') FROM unnest('{PUT,DELETE,PATCH,HEAD,OPTIONS}'::text[]) m, pg_temp.http(m, current_setting('test.path')) a;
SELECT is((a).status || ' ' || ((a).headers ->> 'retry-after'), '503 10', 'without the key nothing can be verified: it is to be sent again') FROM pg_temp.http('POST', current_setting('test.path'), '{}', '{"x-signature": "00"}') a;
SELECT is_empty('SELECT * FROM lealup.inbox', 'and nothing is kept');
DELETE FROM lealup.vault_secret WHERE owner_id = :'c' AND purpose = 'inbound_secret';
SELECT is(pg_temp.post('{}', '{"x-signature": "00"}'), 401, 'without a secret nothing is genuine');
SELECT is(pg_temp.post('{}'), 401, 'nor without a signature');
SELECT is_empty('SELECT * FROM lealup.inbox', 'of which nothing is kept');
SELECT results_eq('SELECT connection_id, refused, reason FROM lealup.inbound_refusal', format('VALUES (%L::uuid, 2::bigint, ''no secret is set: lealup.set_inbound_secret() sets one'')', :'c'), 'but a count');
SELECT is((a).headers ->> 'lealup-route', '/v1/inbound/{token}', 'the log names no token') FROM pg_temp.http('POST', current_setting('test.path'), '{}') a;

-- Handshakes.
SELECT is((a).status || ' ' || ((a).headers ->> 'content-type') || ' ' || (a).body, '200 text/plain; charset=utf-8 1158201444', 'a GET that is echoed')
FROM pg_temp.http('GET', current_setting('test.path') || '?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=x') a;
SELECT is((a).body, 'Validation: Token <b>', 'a POST that is echoed, decoded, as plain text') FROM pg_temp.http('POST', current_setting('test.path') || '?validationToken=Validation%3A+Token%20%3Cb%3E') a;
SELECT is((a).body::jsonb || jsonb_build_object('type', (a).headers ->> 'content-type'), '{"challenge": "3eZb", "type": "application/json"}', 'a field of JSON')
FROM pg_temp.http('POST', current_setting('test.path'), '{"token": "Jhj5", "challenge": "3eZb", "type": "url_verification"}') a;
SELECT is((a).status || ' ' || ((a).headers ->> 'x-hook-secret'), '200 b537', 'a header') FROM pg_temp.http('POST', current_setting('test.path'), '', '{"x-hook-secret": "b537"}') a;
SELECT is((a).status || coalesce((a).body, ''), '200', 'a state that tells nothing') FROM pg_temp.http('POST', current_setting('test.path'), '', '{"x-state": "sync"}') a;
SELECT is(pg_temp.status('GET', current_setting('test.path')), 405, 'another GET');
SELECT is(pg_temp.status('GET', current_setting('test.path') || '?hub.mode=unsubscribe&hub.challenge=1'), 405, 'or one with another mode');
SELECT is(length((a).body), 4000, 'nobody is answered more than that') FROM pg_temp.http('POST', current_setting('test.path') || '?validationToken=' || repeat('x', 7000)) a;
SELECT is_empty('SELECT * FROM lealup.inbox', 'none of which is a message');

-- Messages.
UPDATE lealup.provider_inbound SET signature = '{"type": "none"}', handshake = '[]', ord = 0, dedupe = '{"header": "X-Delivery"}', acknowledge = '{"status": 202, "body": {"ok": true}, "headers": {"x-slack-no-retry": "1"}}'
WHERE provider = 'regress' AND name = 'open';
SELECT is((a).status || ' ' || (a).body || ' ' || ((a).headers ->> 'x-slack-no-retry'), '202 {"ok": true} 1', 'it is answered as the provider wants it')
FROM pg_temp.http('POST', current_setting('test.path') || '?a=1', '{"n": 1}', '{"x-delivery": "d1", "authorization": "Bearer hush", "cookie": "hush", "x-forwarded-for": "1.2.3.4", "user-agent": "Peer/1", "lealup-client-address": "1.2.3.4"}') a;
SELECT results_eq('SELECT tenant_id, connection_id, name, dedupe_key, headers, convert_from(body, ''UTF8'') COLLATE "default", status, attempts FROM lealup.inbox',
    format($$VALUES (%L::uuid, %L::uuid, 'open', 'd1', '{"content-type": "application/json", "x-delivery": "d1", "user-agent": "Peer/1"}'::jsonb, '{"n": 1}', 'pending', 0)$$, :'one', :'c'), 'and kept, without credentials');
SELECT is(pg_temp.post('{"n": 1}', '{"x-delivery": "d1"}'), 202, 'a repetition is answered as the first was');
SELECT is(count(*), 1::bigint, 'and is no second message') FROM lealup.inbox;
SELECT is(pg_temp.post(b, jsonb_build_object('x-delivery', 'b' || n)), 202, 'whatever it says: ' || left(b, 20))
FROM unnest(ARRAY['', 'no json', '{"a": 1e999999}', repeat('[', 100000), E'{"a": "\\u0000"}', '"x"', 'null']) WITH ORDINALITY u(b, n);
SELECT is((lealup.http_request('POST', current_setting('test.path'), NULL, '{"x-delivery": "binary"}', '\x00ff00')).status, 202, 'or bytes that are no text');
SELECT is((lealup.http_request('POST', current_setting('test.path'), NULL, NULL, NULL)).status, 202, 'or nothing at all');
UPDATE lealup.connection SET state = 'disconnected' WHERE id = :'c';
SELECT is(pg_temp.post('{"n": 2}'), 404, 'what is disconnected is not known any more');
UPDATE lealup.connection SET state = 'error' WHERE id = :'c';
SELECT is(pg_temp.post('{"n": 2}', '{"x-delivery": "d2"}'), 202, 'what is in trouble is');
SELECT lealup.inbound_url(:'one', :'c', rotate => true, overlap => '1 hour') AS url2 \gset
SELECT is(pg_temp.post('{"n": 2}', '{"x-delivery": "d2"}'), 202, 'a replaced URL is valid for a while');
UPDATE lealup.inbound_token SET expires_at = now() - interval '1 hour' WHERE expires_at IS NOT NULL;
SELECT is(pg_temp.post('{"n": 2}', '{"x-delivery": "d2"}'), 404, 'and then no more');
SELECT set_config('test.path', substr(:'url2', 24), true);
SELECT is(pg_temp.post('{"n": 2}', '{"x-delivery": "d2"}'), 202, 'the new one is');
DELETE FROM lealup.inbox;

-- ----- Understanding -----
CREATE FUNCTION pg_temp.send(body text, key text DEFAULT NULL) RETURNS void LANGUAGE sql AS $$
    SELECT pg_temp.post(body, jsonb_build_object('x-delivery', coalesce(key, md5(body))));
$$;
CREATE FUNCTION pg_temp.run(at timestamptz DEFAULT clock_timestamp()) RETURNS bigint LANGUAGE sql AS $$ SELECT lealup._inbox_due(at, 50) $$;
CREATE FUNCTION pg_temp.outcome() RETURNS TABLE (status text, attempts int, error text) LANGUAGE sql AS $$ SELECT status, attempts, error FROM lealup.inbox ORDER BY id $$;
UPDATE lealup.connection SET state = 'connected' WHERE id = :'c';
INSERT INTO lealup.connection_stream (tenant_id, connection_id, stream, next_run_at) SELECT c.tenant_id, c.id, s, now() + interval '10 min' FROM lealup.connection c, unnest('{mail,files}'::text[]) s WHERE c.provider = 'regress';
CREATE FUNCTION pg_temp.hinted() RETURNS TABLE (account text, tenant boolean, stream text) LANGUAGE sql AS $$
    SELECT c.account_id, c.tenant_id = current_setting('test.one')::uuid, s.stream FROM lealup.connection_stream s JOIN lealup.connection c ON c.id = s.connection_id
    WHERE s.next_run_at <= clock_timestamp() AND s.hinted_at IS NOT NULL ORDER BY 1, 2, 3
$$;
SELECT is(lealup._inbox_next(), NULL, 'nothing is due');
SELECT pg_temp.send('{"give": {"hint": ["mail"]}}');
SELECT ok(lealup._inbox_next() <= clock_timestamp(), 'something is');
SELECT is(pg_temp.run(), 1::bigint, 'it is understood');
SELECT results_eq('SELECT * FROM pg_temp.outcome()', $$VALUES ('done', 1, NULL::text)$$, 'and done');
SELECT results_eq('SELECT * FROM pg_temp.hinted()', $$VALUES ('acct', true, 'mail')$$, 'a hint has the stream read now');
SELECT is(pg_temp.run(), 0::bigint, 'once');
SELECT is(pg_temp.post('{"give": {"hint": ["mail"]}}', jsonb_build_object('x-delivery', md5('{"give": {"hint": ["mail"]}}'))), 202, 'a repetition');
SELECT is(pg_temp.run(), 0::bigint, 'does nothing');
SELECT pg_temp.send('{"give": {"hint": ["mail", "files", "none"], "account_id": "other"}}');
SELECT is(pg_temp.run(), 1::bigint, 'a hint for another account');
SELECT results_eq('SELECT * FROM pg_temp.hinted()', $$VALUES ('acct', true, 'mail'), ('other', true, 'files'), ('other', true, 'mail')$$, 'is one for that of the same tenant');
SELECT pg_temp.send('{"give": {"records": {"mail": [{"id": "1"}], "files": []}, "hint": []}}');
SELECT pg_temp.send('{"give": {"disconnect": "It was revoked."}}');
SELECT is(pg_temp.run(), 2::bigint, 'records, and the end of a grant');
SELECT set_eq('SELECT what, connection_id, detail FROM applied', format($$VALUES ('records', %1$L::uuid, 'mail [{"id": "1"}]'), ('records', %1$L, 'files []'), ('disconnect', %1$L, 'It was revoked.')$$, :'c'), 'are handed on');
DELETE FROM lealup.inbox;
SELECT pg_temp.send('{"x": "añ"}');
SELECT pg_temp.post('a=1&b=x%20y+z&c', '{"content-type": "application/x-www-form-urlencoded", "x-delivery": "form"}');
SELECT lealup.http_request('POST', current_setting('test.path'), NULL, '{"x-delivery": "binary"}', '\x41ff00');
SELECT is(pg_temp.run(), 3::bigint, 'three of no interest');
SELECT results_eq('SELECT status, error::jsonb #> ''{message,body}'', error::jsonb #>> ''{message,text}'' FROM pg_temp.outcome()', $$VALUES ('ignored', '{"x": "añ"}'::jsonb, NULL),
    ('ignored', '{"a": "1", "b": "x y z", "c": ""}'::jsonb, NULL), ('ignored', 'null'::jsonb, 'A??')$$, 'JSON, a form, and what is neither');
SELECT is(error::jsonb -> 'call', format('{"name": "open", "connection": {"id": "%s", "facts": {}, "scopes": [], "options": {"o": 1}, "provider": "regress", "account_id": "acct", "account_name": null}}', :'c')::jsonb, 'the function knows whose it is')
FROM lealup.inbox ORDER BY id LIMIT 1;
DELETE FROM lealup.inbox;

-- Failures.
SELECT pg_temp.send('{"fail": "once"}');
SELECT pg_temp.send('{"give": {"hint": []}}');
SELECT is(pg_temp.run(), 2::bigint, 'one that fails beside one that does not');
SELECT results_eq('SELECT * FROM pg_temp.outcome()', $$VALUES ('pending', 1, 'it failed: once'), ('done', 1, NULL)$$, 'is tried again');
SELECT ok(trace_id IS NOT NULL AND next_attempt_at BETWEEN clock_timestamp() + interval '5 s' AND clock_timestamp() + interval '15 s', 'a little later, and its trace is known') FROM lealup.inbox WHERE status = 'pending';
SELECT is(pg_temp.run(), 0::bigint, 'not before');
SELECT is(array_agg(pg_temp.run(clock_timestamp() + d * interval '1 day')), '{1,1,1,1,1,0}', 'five times in all') FROM generate_series(1, 6) d;
SELECT results_eq('SELECT * FROM pg_temp.outcome() WHERE error IS NOT NULL', $$VALUES ('failed', 6, 'it failed: once')$$, 'then it stays as failed');
SELECT id AS failed FROM lealup.inbox WHERE status = 'failed' \gset
SELECT lealup.retry_inbound(:'one', :'failed');
SELECT results_eq('SELECT * FROM pg_temp.outcome() WHERE error IS NOT NULL', $$VALUES ('pending', 0, 'it failed: once')$$, 'until somebody has it tried again');
UPDATE lealup.inbox SET body = '{"give": {"hint": []}}' WHERE id = :'failed';
SELECT is(pg_temp.run(), 1::bigint, 'when the reason is gone');
SELECT results_eq('SELECT * FROM pg_temp.outcome()', $$VALUES ('done', 1, NULL::text), ('done', 1, NULL)$$, 'it is done');
SELECT throws_ok(format('SELECT lealup.retry_inbound(%L, %L)', :'two', :'failed'), 'P0002', NULL, 'another tenant has it not');
DELETE FROM lealup.inbox;
SELECT pg_temp.send(format('{"give": %s}', g)) FROM unnest(ARRAY['{"hint": [], "hnt": 1}', '[]', '"x"', '1', '{"hint": "mail"}', '{"records": []}']) g;
SELECT pg_temp.send('{"peek": 1}');
SELECT is(pg_temp.run(), 7::bigint, 'what makes no sense, or looks where it may not');
SELECT results_eq('SELECT DISTINCT status, attempts FROM pg_temp.outcome()', $$VALUES ('pending', 1)$$, 'is a failure');
SELECT ok(bool_or(error = 'the provider''s function gave hnt') AND bool_or(error LIKE 'permission denied for %'), 'which is told') FROM lealup.inbox;
SELECT is(lealup.retry_all_inbound(:'one', :'c'), 7::bigint, 'all of them can be tried again');
SELECT is(pg_temp.run(), 7::bigint, 'at once');
DELETE FROM lealup.inbox;

-- Fairness: a flood of one tenant, a few of another.
INSERT INTO lealup.inbox (tenant_id, id, connection_id, name, received_at, dedupe_key, headers, body, next_attempt_at)
SELECT t, lealup.uuid7(), c, 'open', now(), n::text, '{}', '{}', now() FROM (VALUES (:'one'::uuid, :'c'::uuid, 500), (:'two', :'e', 3)) v(t, c, most), generate_series(1, most) n;
SELECT is(lealup._inbox_due(clock_timestamp(), 10), 8::bigint, 'a bounded piece');
SELECT results_eq('SELECT count(*) FILTER (WHERE status = ''ignored'') FROM lealup.inbox GROUP BY tenant_id ORDER BY tenant_id', 'VALUES (5::bigint), (3)', 'of each tenant''s');
UPDATE lealup.tenant SET home = 'elsewhere' WHERE tenant_id = :'one';
SELECT is(pg_temp.run(), 0::bigint, 'tenants of another home are left alone');
SELECT is(lealup._inbox_next(), NULL, 'and wake nobody');
UPDATE lealup.tenant SET home = lealup.home() WHERE tenant_id = :'one';
SELECT is(done, 495::bigint, 'maintenance() does the rest where no workers are') FROM lealup.maintenance() WHERE kind = 'inbox';

-- ----- Upkeep -----
DELETE FROM lealup.inbox;
INSERT INTO lealup.inbox (tenant_id, id, connection_id, name, received_at, dedupe_key, headers, status, next_attempt_at)
SELECT :'one', uuid(overlay(lealup.uuid7_floor(now() - d * interval '1 day')::text placing substr(lealup.uuid7()::text, 25) from 25)), :'c', 'open', now(), s || d, '{}', s, 'infinity'
FROM unnest(ARRAY[7, 9, 37, 39]) d, unnest('{pending,done,ignored,failed}'::text[]) s;
SELECT is(lealup._forget_inbound(now(), 5000), 8::bigint, 'what is old goes');
SELECT set_eq('SELECT dedupe_key FROM lealup.inbox', '{pending7,done7,ignored7,failed7,pending9,failed9,pending37,failed37}'::text[], 'repetitions are known for eight days, failures for thirty more');
SELECT is(lealup._forget_inbound(now(), 5000), 0::bigint, 'once');
SELECT is_empty('SELECT FROM lealup.tenant_route r WHERE kind = ''inbound'' AND NOT EXISTS (SELECT FROM lealup.inbound_token t WHERE t.token_hash = r.key_hash)', 'no route to nowhere stays');

-- ----- Tokens of OpenID Connect -----
CREATE TEMP TABLE token (name text, token text, status int, why text);
INSERT INTO token VALUES
    ('good', 'eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImsxIn0.eyJpYXQiOjE3NjM3NTUyMDAsImV4cCI6MTc2Mzc1ODgwMCwiaXNzIjoiaHR0cHM6Ly9hY2NvdW50cy5nb29nbGUuY29tIiwiYXVkIjoiaHR0cHM6Ly9odWIuZXhhbXBsZS5jb20vdjEvaW5ib3VuZC9hYmMiLCJlbWFpbCI6InB1c2hAcHJvamVjdC5pYW0uZ3NlcnZpY2VhY2NvdW50LmNvbSIsImVtYWlsX3ZlcmlmaWVkIjp0cnVlLCJzdWIiOiIxIn0.k7BGI1p-ORLDrlYK8HQxJIek5PLK5c7ERtokTZK-z-v7dJr0UwT7j1TfXdVd5VGqCYGBbnN5xhWbvEqZ_W4D4lRfOJ7u7oj6R4oqrY1oVWvtShOe8wgrBS7OkDLKrvBzOLjoqoLUr8FYRNTVUZs3WH70PPqMJaV4Rl1l8g8GnqNoMGM024acINKjdQmLgV8oRqT6ZT884jz__YDWg6oxkvCmfsnzr0fAIKiZi_DTjIfMSVPdMslUsG8jWYNCCgD6TjFsX8DpA9FjlFmCf9zSgjuqt-VeM-BbL36GW8iqmCuZRvaAsF9o71SuMc6SJ8vGdWqI6mf0DT34DGlUuSnPlQ', 200, NULL),
    ('audience', 'eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImsxIn0.eyJpYXQiOjE3NjM3NTUyMDAsImV4cCI6MTc2Mzc1ODgwMCwiaXNzIjoiaHR0cHM6Ly9hY2NvdW50cy5nb29nbGUuY29tIiwiYXVkIjoiaHR0cHM6Ly9odWIuZXhhbXBsZS5jb20vdjEvaW5ib3VuZC9hYmQiLCJlbWFpbCI6InB1c2hAcHJvamVjdC5pYW0uZ3NlcnZpY2VhY2NvdW50LmNvbSIsImVtYWlsX3ZlcmlmaWVkIjp0cnVlLCJzdWIiOiIxIn0.cvqjRWz5zG9T5T5OAz7tUKfytyH6hwhpcjDDWtI85d-7J-RHNH1ilE-B77jbZrfa5l2KyC5eUmbNSntP3YQ2Trp3I-KQ_QKOiUKcKNK9Iak3S224V9cK7DN2EbBXrUF5FxN8EiFqCVJGX25Eb9fR8_D_iLHrRK59I9foH6WkV5tXQT0JV17FS5R8V12WC5OU7KVV7NFjfP13plNkB8OjgO9VkMPhXuVcw1hWy2XMf9XO5VEQMlfc8_C_vkXaLjINI-QVYCVvGVaWib6hh6etDZfvFv7khCRoXHBStqHxNTm2YS3RRBcN54Mwkzhjbbe0_KG7HSVQ6RrDpD3yx_JfBw', 401, 'its token is for another audience'),
    ('audiences', 'eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImsxIn0.eyJpYXQiOjE3NjM3NTUyMDAsImV4cCI6MTc2Mzc1ODgwMCwiaXNzIjoiaHR0cHM6Ly9hY2NvdW50cy5nb29nbGUuY29tIiwiYXVkIjpbIngiLCJodHRwczovL2h1Yi5leGFtcGxlLmNvbS92MS9pbmJvdW5kL2FiYyJdLCJlbWFpbCI6InB1c2hAcHJvamVjdC5pYW0uZ3NlcnZpY2VhY2NvdW50LmNvbSIsImVtYWlsX3ZlcmlmaWVkIjp0cnVlLCJzdWIiOiIxIn0.gxH9Lc_yYmcLEVsq75p4g78kIe5me_5LFzVj0fmQnwq_O2588m8rvX9ppZKAY9Inu3kEyMvR0TpAHE3K2Z51KiahRPS6yuiTrDfDdFqTMSFKr0btqZxu4qTAduGdUjhqtU37ZO9lBPy20Pw9iite24vHmy1yvMk8TimnWJnV_BynN4HSUTgHcU8WVYcyzKpMyH433dN-HZAwdXBya5oPpZqLxs7quUmoN0AkOJlVtSuaWAO1tBmWZBr_ovWWISroF_m6PFJGLX8K1EYTqF1YpWz97Pjtub_mg3Atk6kNNoqG7qIcGa6pXUrZmJI91H_TUlhUhMRtps5nMBz0f1Mqhw', 200, NULL),
    ('issuer', 'eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImsxIn0.eyJpYXQiOjE3NjM3NTUyMDAsImV4cCI6MTc2Mzc1ODgwMCwiaXNzIjoiaHR0cHM6Ly9ldmlsLmV4YW1wbGUiLCJhdWQiOiJodHRwczovL2h1Yi5leGFtcGxlLmNvbS92MS9pbmJvdW5kL2FiYyIsImVtYWlsIjoicHVzaEBwcm9qZWN0LmlhbS5nc2VydmljZWFjY291bnQuY29tIiwiZW1haWxfdmVyaWZpZWQiOnRydWUsInN1YiI6IjEifQ.g-lUCz3xKQBLcB7iaz7RADwz6DOa-wOKtpck8PNtC-ox2SLmZD6DDzkWkOv65h9COAvBnZPRKyldAZXXQwH0OVPC7pz1y6stYKSLfNMIpdM-jub3oXeZpZzGpdsvOFKSLNVPe5k_BufQYroOPzXesdTikq9DimvE9c7txgcdOuuZO5VvWaPzxrh3ICu2p0laN0o2_U9BFew6zLCItL54WNoTU54tcY5KmCbh7zhJ64p3vjZRmt8scQytusitDT6ADfu6UxaY9P0B4nclPOzalLfaDgJ2Q0s4oa5fF4hDK-2SYjGXNfimzVN2nJNaL8P_mEbRKYHqXXloMn9lGm82tQ', 401, 'its token is from another issuer'),
    ('email', 'eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImsxIn0.eyJpYXQiOjE3NjM3NTUyMDAsImV4cCI6MTc2Mzc1ODgwMCwiaXNzIjoiaHR0cHM6Ly9hY2NvdW50cy5nb29nbGUuY29tIiwiYXVkIjoiaHR0cHM6Ly9odWIuZXhhbXBsZS5jb20vdjEvaW5ib3VuZC9hYmMiLCJlbWFpbCI6Im90aGVyQHguZXhhbXBsZSIsImVtYWlsX3ZlcmlmaWVkIjp0cnVlLCJzdWIiOiIxIn0.Dpr-SlpX4fi8SAKrsM-x9uo0hPHR5ySRwuCU6QEkmLzWJMbfacNhHx40Q_RUYaZqrxUF07jIG7SHmNxEy23hSE-PwSi9BmBJIPk1SKUfGqezEySvb7ff9htw0wFnmeufyITdi39KOHAhUjsg1uXi2OVxsSh0U1C-belaBBuJhw-9SEoyB0qBdW1yTS42eq5SNnlndfxULcio8NenWo5hC_o3qAwTCdID90Tt7toCDWRbLdt6BV2kA93SS8NxPTlrXS6OkyLaYKHhlZtqnOSmRkDwXorOiO0t2M5ArQVXzj90wn0lokEsZGSDgWF49bvgcZaLXnWmt6ckzFwIyWmB5g', 401, 'its token is of another account'),
    ('unverified', 'eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImsxIn0.eyJpYXQiOjE3NjM3NTUyMDAsImV4cCI6MTc2Mzc1ODgwMCwiaXNzIjoiaHR0cHM6Ly9hY2NvdW50cy5nb29nbGUuY29tIiwiYXVkIjoiaHR0cHM6Ly9odWIuZXhhbXBsZS5jb20vdjEvaW5ib3VuZC9hYmMiLCJlbWFpbCI6InB1c2hAcHJvamVjdC5pYW0uZ3NlcnZpY2VhY2NvdW50LmNvbSIsImVtYWlsX3ZlcmlmaWVkIjpmYWxzZSwic3ViIjoiMSJ9.SlkCjBmsUa6b4mDzN_Lm_KJNWnYAdasilUu1VublXPY31B_KFz7c5R_QJXRnCwGmmPGSbwJazrIh4puY6ipy5TETb091WHjF7w8yFM978WkW5o-to6sT15zqNoD8m-dbTjinsVBf8hZNYbbW51Orwrgw3VbgT-UVSqn9515GJSdGiqVtU7cNa_Qe2yAwlMqq8JRsdIgvMuEYXqIsD_TOEfXfxz46f6ia8a5XSPPSELn-6jJ0mmO4Q2eBII4M97oihOB9kyF9QrwiGLA5VKYcozJIxvajAtT48-v8M0xjikn0iY7JGQ7wVWUrhlSDwp0SOgpCTL7kOEYIO3d9RPLJfw', 401, 'its token is of another account'),
    ('early', 'eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImsxIn0.eyJpYXQiOjE3NjM3NTg4MDAsImV4cCI6MTc2Mzc2MjQwMCwiaXNzIjoiaHR0cHM6Ly9hY2NvdW50cy5nb29nbGUuY29tIiwiYXVkIjoiaHR0cHM6Ly9odWIuZXhhbXBsZS5jb20vdjEvaW5ib3VuZC9hYmMiLCJlbWFpbCI6InB1c2hAcHJvamVjdC5pYW0uZ3NlcnZpY2VhY2NvdW50LmNvbSIsImVtYWlsX3ZlcmlmaWVkIjp0cnVlLCJzdWIiOiIxIn0.py3fUqimTUnLUS7qlTakzwXVwZZ95kF2DNcsUvuOgUeJ0xGG7J7JxKuyfQSS_xMKCI7JM3mUJwygiSnfzaG5fxIqO8OeXexTEfj_dSVe7I5Y6bCaXi5OvlGDJ43fL74_O5OAQpfZLwaf3eODBK2wLnDBzzrMSlDIfnMEH41jw67pYe2CgVChKBooLLEXaar2nRR1DKNgXKYBPkCRyBJ9tubEZxrT61_zAKsjwmocGwDH700Ae_Z-tB7p1iygD3bIfr9ZQXzABvljJgUMsDIx2II-RgEHS4TTg1FKP3eaiG5C1Zi2A3SEg28eVtVXJ5lv1MPGkCM8tMySgeNtZB-MJg', 401, 'its token was issued in the future'),
    ('other_key', 'eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImsxIn0.eyJpYXQiOjE3NjM3NTUyMDAsImV4cCI6MTc2Mzc1ODgwMCwiaXNzIjoiaHR0cHM6Ly9hY2NvdW50cy5nb29nbGUuY29tIiwiYXVkIjoiaHR0cHM6Ly9odWIuZXhhbXBsZS5jb20vdjEvaW5ib3VuZC9hYmMiLCJlbWFpbCI6InB1c2hAcHJvamVjdC5pYW0uZ3NlcnZpY2VhY2NvdW50LmNvbSIsImVtYWlsX3ZlcmlmaWVkIjp0cnVlLCJzdWIiOiIxIn0.p7azojOVr8cB5cm1HMNOD26MGSO3Q_UcRc2jVF7nn6hF7RKBa8MXeDwoLEoPV6zjGlj4g1tF1sP8TX3F3POMOv8NVzmdaYDwsHB7PBfkxt1J4cPaMGfvh4358vWVRKj5aUbU2GPdNwGqjENldMaKRehfl8ySM-ePOdaN91SUGPUpx0Bah2JKmo-9cZHo3Wng28RptWwxXNqhptNZ8xd8ZaAinLsUc1CoaPG4c-bJZbMTfQODgJuh7xaLbsaA1F2u6GNSG0AbkJxb42Vw_qf_VRsecDS7DmBhVzBjz8Sq04liFNMWUVOrKPArOkiRTVA0kaKFTyHgHbZD7YSKbH4BNg', 401, 'its token''s signature does not match'),
    ('unknown_kid', 'eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6Ims5In0.eyJpYXQiOjE3NjM3NTUyMDAsImV4cCI6MTc2Mzc1ODgwMCwiaXNzIjoiaHR0cHM6Ly9hY2NvdW50cy5nb29nbGUuY29tIiwiYXVkIjoiaHR0cHM6Ly9odWIuZXhhbXBsZS5jb20vdjEvaW5ib3VuZC9hYmMiLCJlbWFpbCI6InB1c2hAcHJvamVjdC5pYW0uZ3NlcnZpY2VhY2NvdW50LmNvbSIsImVtYWlsX3ZlcmlmaWVkIjp0cnVlLCJzdWIiOiIxIn0.oQwXTv4xGQKphl1oHq0RpBr9SRiPfCAgEbmSBL7o6SeH1FK1tr8RZ9BnN3gJYq-Epxwf_vj7us1Ae5YKVi5aaGnTEnt2g6nMkonhqSXDPwWCI11a_gBnpwmYQXUT9q-CMLbQOk0pcoERXhzMUqU5mZ44HP9j7MwWaQK88PJxFHHRe-kyMnpPzG8_bIs7tADmgIqpXGdFWH6AUeS6GfHocRWB53UwGuadp0919n-nk7Fu47usw6DNSTV4mgSVaHnH1ffD_yLGyU16WBxSdN__AoRz9ItHmiIPJnV8j9CBwDQM0feY7OakEHYaVPVe2LmPTR381KbZmNNWKT36US_cFA', 503, 'its token was signed by an unknown key'),
    ('weak', 'eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6IndlYWsifQ.eyJpYXQiOjE3NjM3NTUyMDAsImV4cCI6MTc2Mzc1ODgwMCwiaXNzIjoiaHR0cHM6Ly9hY2NvdW50cy5nb29nbGUuY29tIiwiYXVkIjoiaHR0cHM6Ly9odWIuZXhhbXBsZS5jb20vdjEvaW5ib3VuZC9hYmMiLCJlbWFpbCI6InB1c2hAcHJvamVjdC5pYW0uZ3NlcnZpY2VhY2NvdW50LmNvbSIsImVtYWlsX3ZlcmlmaWVkIjp0cnVlLCJzdWIiOiIxIn0.Xw6LulhbpYTXikI2jfYLynauMEN-4jIE67bRoSemNEJdtr_zePZktm_i7bktpkbAGiaDAw-jICB6cWz5Jin6zmTAjKX1kmRvxusW9WE3be32zbkdVyGI3_l4yXd6WMsVvLN7VrSoW0QBYG3ju4JZ59eYr_3ohN5M0Bkqv5-bwQM', 401, 'its token''s signature does not match'),
    ('hs256', 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImsxIn0.eyJpYXQiOjE3NjM3NTUyMDAsImV4cCI6MTc2Mzc1ODgwMCwiaXNzIjoiaHR0cHM6Ly9hY2NvdW50cy5nb29nbGUuY29tIiwiYXVkIjoiaHR0cHM6Ly9odWIuZXhhbXBsZS5jb20vdjEvaW5ib3VuZC9hYmMiLCJlbWFpbCI6InB1c2hAcHJvamVjdC5pYW0uZ3NlcnZpY2VhY2NvdW50LmNvbSIsImVtYWlsX3ZlcmlmaWVkIjp0cnVlLCJzdWIiOiIxIn0.33L8_cdMBtCL43-Un5Qg7cQQIkpSUQdtIDAEedlLrqo', 401, 'its token is none that RS256 signed'),
    ('none', 'eyJhbGciOiJub25lIiwidHlwIjoiSldUIiwia2lkIjoiazEifQ.eyJpYXQiOjE3NjM3NTUyMDAsImV4cCI6MTc2Mzc1ODgwMCwiaXNzIjoiaHR0cHM6Ly9hY2NvdW50cy5nb29nbGUuY29tIiwiYXVkIjoiaHR0cHM6Ly9odWIuZXhhbXBsZS5jb20vdjEvaW5ib3VuZC9hYmMiLCJlbWFpbCI6InB1c2hAcHJvamVjdC5pYW0uZ3NlcnZpY2VhY2NvdW50LmNvbSIsImVtYWlsX3ZlcmlmaWVkIjp0cnVlLCJzdWIiOiIxIn0.', 401, 'its token is none that RS256 signed'),
    ('changed', 'eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImsxIn0.eyJpYXQiOjE3NjM3NTUyMDAsImV4cCI6MTc2Mzc1ODgwMCwiaXNzIjoiaHR0cHM6Ly9hY2NvdW50cy5nb29nbGUuY29tIiwiYXVkIjoieSIsImVtYWlsIjoicHVzaEBwcm9qZWN0LmlhbS5nc2VydmljZWFjY291bnQuY29tIiwiZW1haWxfdmVyaWZpZWQiOnRydWUsInN1YiI6IjEifQ.k7BGI1p-ORLDrlYK8HQxJIek5PLK5c7ERtokTZK-z-v7dJr0UwT7j1TfXdVd5VGqCYGBbnN5xhWbvEqZ_W4D4lRfOJ7u7oj6R4oqrY1oVWvtShOe8wgrBS7OkDLKrvBzOLjoqoLUr8FYRNTVUZs3WH70PPqMJaV4Rl1l8g8GnqNoMGM024acINKjdQmLgV8oRqT6ZT884jz__YDWg6oxkvCmfsnzr0fAIKiZi_DTjIfMSVPdMslUsG8jWYNCCgD6TjFsX8DpA9FjlFmCf9zSgjuqt-VeM-BbL36GW8iqmCuZRvaAsF9o71SuMc6SJ8vGdWqI6mf0DT34DGlUuSnPlQ', 401, 'its token''s signature does not match'),
    ('no_exp', 'eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImsxIn0.eyJpYXQiOjE3NjM3NTUyMDAsImlzcyI6Imh0dHBzOi8vYWNjb3VudHMuZ29vZ2xlLmNvbSIsImF1ZCI6Imh0dHBzOi8vaHViLmV4YW1wbGUuY29tL3YxL2luYm91bmQvYWJjIiwiZW1haWwiOiJwdXNoQHByb2plY3QuaWFtLmdzZXJ2aWNlYWNjb3VudC5jb20iLCJlbWFpbF92ZXJpZmllZCI6dHJ1ZSwic3ViIjoiMSJ9.OtpCGMb5A29XlRVpAs_eqQZnmRuCttTUQ4Pdhq25lnxsnx1k4QM2Nu_jjTXR4_7d-nUHBcGZi-JB4Mf0mndGqTVrkvg-dJqU_9UfTDv_egfq3EYdpHVslrVrNT7iBHqx1EmbQGA9Unilwc-RD80SBlebEYp7STHlzBuQIHphviJPvkcrvaCanGzWRAG_RTMF2V0vvf-RkzKTL22CYxJ9v0kz7RpmMcmct-XvDlr9vu8L78XAd0aSbIzEeXLWgHrYqG2ivUKtEY6viO4IRh8TY5zFP_FQFvo6BGgzIf3wVnPdgzX29yLupem7vyEecLzGh96DBXVC8XEPzqrzQnfx6g', 401, 'its token has expired');
CREATE FUNCTION pg_temp.oidc(token text, change jsonb DEFAULT '{}', at timestamptz DEFAULT '2025-11-21 20:00 UTC', url text DEFAULT 'https://hub.example.com/v1/inbound/abc?x=1') RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', status, why) FROM lealup._check_oidc('{"type": "oidc_jwt", "header": "Authorization", "prefix": "Bearer ", "jwks": "https://keys.example/certs", "issuers": ["accounts.google.com", "https://accounts.google.com"],
        "audience": "{url}", "email": "{option:push}"}'::jsonb || change, token, url, '{"push": "push@project.iam.gserviceaccount.com", "aud": "https://hub.example.com/v1/inbound/abd"}', at)
$$;
SELECT is(pg_temp.oidc(token), '503 its token was signed by an unknown key', 'a set of keys that was never fetched is asked for') FROM token WHERE name = 'good';
SELECT is(pg_temp.oidc(token), '503 its token was signed by an unknown key', 'once') FROM token WHERE name = 'good';
SELECT results_eq('SELECT url, fetched_at FROM lealup.oidc_key_set', $$VALUES ('https://keys.example/certs', NULL::timestamptz)$$, 'by one row');
INSERT INTO lealup.provider_inbound (provider, name, signature, handler) VALUES ('regress', 'oidc', '{"type": "oidc_jwt", "header": "Authorization", "jwks": "https://keys.example/certs"}', 'regress.handle');
SAVEPOINT copy;
UPDATE lealup.tenant SET home = 'elsewhere';
SELECT ok(lealup._key_set_due('2025-11-21 20:00 UTC') IS NULL AND lealup._key_set_next() IS NULL, 'nothing is fetched by a copy in which no tenant is at home');
ROLLBACK TO copy;
SELECT is(lealup._key_set_due('2025-11-21 20:00 UTC'), 'https://keys.example/certs', 'it is fetched');
SELECT is(lealup._key_set_due('2025-11-21 20:00 UTC'), NULL, 'by one at a time');
SELECT lealup._key_set_fetched('https://keys.example/certs', s, b, e, '2025-11-21 20:00 UTC') FROM (VALUES (500, 'x', NULL), (200, '<html>', NULL), (200, '{"keys": 1}', NULL), (0, NULL, 'could not connect')) v(s, b, e);
SELECT is(error, 'could not connect', 'what goes wrong is kept') FROM lealup.oidc_key_set;
SELECT is(lealup._key_set_next(), '2025-11-21 20:01 UTC', 'and it is tried again in a minute');
SELECT lealup._key_set_fetched('https://keys.example/certs', 200, '{"keys":[{"kty":"RSA","n":"q_vL8XmF7fxbtkrHQzIsPceo1WNG5hHrHbQrXK2sZTfpBPIclVQBgKrDO4my02pEYwpQ1PVLTIpxA70Ggu4L_ObDx_39ELcOJDHRiifsyD3UA3pUQsrhKbGYLzVZVmyJ5zQUy4uehk1tw4j7PCWxjqu4xZM1P1ZjzbS8KT8vxCUUA8GXoZt2iRfQPDnsukl2iQMkb9d0KacJ0NNuzO4jJFfCeXET0JXYBgB0ntIl86HFdLz0upQM1MQYe_cvQYnMoLZ8cxbjmEiuuppeG_50B8BIg5s5uKd6ii13hqH4TeDkWJtlWakLrFNMudQlF9in4vbO_xYgnRKdeH4J4d6noQ","e":"AQAB","kid":"k0","use":"sig","alg":"RS256"},{"kty":"RSA","n":"vE2iM7DxaWlZz0zx0iCwqIr0H2liX5NcGRR96AfFuYX1_OXeThZ0KkN703_v0C8XFASoyFfqRXxoYKNFWh21LaPUrHcgbjHrYm1R24yuvM1FLc2Oafjp-0biU-mgXXzHDN9sue8siW-hSj7R7x6QFSoDBbK-iP-i3-N14XOOqH5XvDuUOY8Khb1BNe5LW9lkKp5Utbu4QyJd1asyYTWuYaA0mrdacx1YL9rdzLI56zEP6mSRXfoRmrs049gmBOjbM9WK4zud2BF8rl0ZdrqmgKW0EovD8MR6O56eSNtdBgaohcfi8Kq3iD_pfUpd-PWLRQtV9PIIK_Xny3kt38mAvw","e":"AQAB","kid":"k1","use":"sig","alg":"RS256"},{"kty":"RSA","n":"tXu_GIJ8gOQ5cpXtKtLQ921sX5wdwNmIHv_jkdrwqReQthklh3mcbBBBHXGMjmAxL3PFsMgmo2QGqI_UBAilRrE_pvcxhjhtCtQ2r2gKFEKEPhGRJODUhPjfLQDISJP8Sk2R5nr0P5tJ_LCNEGvWzogP2ATHWrjh2YkzelT0Xhc","e":"AQAB","kid":"weak","use":"sig","alg":"RS256"}]}', NULL, '2025-11-21 19:50 UTC');
SELECT is(lealup._key_set_next(), '2025-11-22 19:50 UTC', 'else in a day');
SELECT is(pg_temp.oidc(token), concat_ws(' ', status, why), 'a token: ' || name) FROM token WHERE name <> 'unknown_kid' ORDER BY name;
SELECT is(pg_temp.oidc(token, at => '2025-11-21 21:02 UTC'), '401 its token has expired', 'one of an hour ago') FROM token WHERE name = 'good';
SELECT is(pg_temp.oidc(token, '{"audience": "{option:aud}"}'), '200', 'an audience that the connection names') FROM token WHERE name = 'audience';
SELECT is(pg_temp.oidc(token, '{"audience": "{option:none}"}'), '401 its token is for another audience', 'or does not') FROM token WHERE name = 'good';
SELECT is(pg_temp.oidc(token, '{"email": "push@project.iam.gserviceaccount.com"}'), '200', 'a literal account') FROM token WHERE name = 'good';
SELECT is(pg_temp.oidc(token, url => 'https://hub.example.com/v1/inbound/other'), '401 its token is for another audience', 'the token for another URL') FROM token WHERE name = 'good';
SELECT matches(pg_temp.oidc(t), '^401 its token', 'no token: ' || left(t, 20)) FROM unnest(ARRAY['', 'a', 'a.b', 'a.b.c', '..', '....', 'e30.e30.', 'bnVsbA.bnVsbA.x', repeat('a.', 1000), repeat('W', 100000) || '.b.c', 'é.é.é']) t;
SELECT is(pg_temp.oidc(NULL), '401 it has no token', 'none at all');
SELECT is(pg_temp.oidc(token), '503 its token was signed by an unknown key', 'an unknown key has the set fetched anew') FROM token WHERE name = 'unknown_kid';
SELECT is(lealup._key_set_next(), '2025-11-21 20:00 UTC', 'now');
SELECT lealup._key_set_fetched('https://keys.example/certs', 200, '{"keys":[{"kty":"RSA","n":"q_vL8XmF7fxbtkrHQzIsPceo1WNG5hHrHbQrXK2sZTfpBPIclVQBgKrDO4my02pEYwpQ1PVLTIpxA70Ggu4L_ObDx_39ELcOJDHRiifsyD3UA3pUQsrhKbGYLzVZVmyJ5zQUy4uehk1tw4j7PCWxjqu4xZM1P1ZjzbS8KT8vxCUUA8GXoZt2iRfQPDnsukl2iQMkb9d0KacJ0NNuzO4jJFfCeXET0JXYBgB0ntIl86HFdLz0upQM1MQYe_cvQYnMoLZ8cxbjmEiuuppeG_50B8BIg5s5uKd6ii13hqH4TeDkWJtlWakLrFNMudQlF9in4vbO_xYgnRKdeH4J4d6noQ","e":"AQAB","kid":"k0","use":"sig","alg":"RS256"},{"kty":"RSA","n":"vE2iM7DxaWlZz0zx0iCwqIr0H2liX5NcGRR96AfFuYX1_OXeThZ0KkN703_v0C8XFASoyFfqRXxoYKNFWh21LaPUrHcgbjHrYm1R24yuvM1FLc2Oafjp-0biU-mgXXzHDN9sue8siW-hSj7R7x6QFSoDBbK-iP-i3-N14XOOqH5XvDuUOY8Khb1BNe5LW9lkKp5Utbu4QyJd1asyYTWuYaA0mrdacx1YL9rdzLI56zEP6mSRXfoRmrs049gmBOjbM9WK4zud2BF8rl0ZdrqmgKW0EovD8MR6O56eSNtdBgaohcfi8Kq3iD_pfUpd-PWLRQtV9PIIK_Xny3kt38mAvw","e":"AQAB","kid":"k1","use":"sig","alg":"RS256"},{"kty":"RSA","n":"tXu_GIJ8gOQ5cpXtKtLQ921sX5wdwNmIHv_jkdrwqReQthklh3mcbBBBHXGMjmAxL3PFsMgmo2QGqI_UBAilRrE_pvcxhjhtCtQ2r2gKFEKEPhGRJODUhPjfLQDISJP8Sk2R5nr0P5tJ_LCNEGvWzogP2ATHWrjh2YkzelT0Xhc","e":"AQAB","kid":"weak","use":"sig","alg":"RS256"}]}', NULL, '2025-11-21 20:00 UTC');
SELECT is(pg_temp.oidc(token), '401 its token was signed by an unknown key', 'but not again within a minute') FROM token WHERE name = 'unknown_kid';
DELETE FROM lealup.provider_inbound WHERE name = 'oidc';
SELECT is(lealup._key_set_due('2035-01-01'), NULL, 'a set that no provider uses is not fetched');
SELECT is_empty('SELECT * FROM lealup.oidc_key_set', 'but forgotten');

-- ----- Who may do what -----
CREATE ROLE regress_lealup_admin; CREATE ROLE regress_lealup_csm; CREATE ROLE regress_lealup_owner; CREATE ROLE regress_lealup_reader;
INSERT INTO lealup.member (tenant_id, email, role) VALUES (:'one', 'admin@team.example', 'admin') RETURNING id AS admin \gset
INSERT INTO lealup.member (tenant_id, email, role) VALUES (:'one', 'csm@team.example', 'csm') RETURNING id AS csm \gset
INSERT INTO lealup.member (tenant_id, email, role) VALUES (:'one', 'owner@team.example', 'csm') RETURNING id AS owner \gset
SELECT lealup.bind_member(:'one', :'admin', 'regress_lealup_admin'), lealup.bind_member(:'one', :'csm', 'regress_lealup_csm'), lealup.bind_member(:'one', :'owner', 'regress_lealup_owner'),
    lealup.grant_access('regress_lealup_reader', 'reader', :'two');
INSERT INTO lealup.connection (tenant_id, provider, kind, member_id, state) VALUES (:'one', 'regress', 'personal', :'owner', 'connected') RETURNING id AS personal \gset
SET ROLE regress_lealup_csm;
SELECT throws_ok(format('SELECT lealup.inbound_url(%L, %L, true)', :'one', :'c'), '42501', NULL, 'the workspace''s connections are the admins'' business');
SELECT throws_ok(format('SELECT lealup.set_inbound_secret(%L, %L)', :'one', :'personal'), '42501', NULL, 'those of others as well');
SELECT throws_ok(format('SELECT lealup.retry_inbound(%L, %L)', :'one', :'c'), '42501', NULL, 'and what failed');
SELECT is(count(*), 8::bigint, 'what came is seen by all') FROM lealup.inbound_messages;
SELECT throws_ok('SELECT body FROM lealup.inbox', '42501', NULL, 'what it says is not');
SELECT throws_ok('SELECT * FROM lealup.inbound_token', '42501', NULL, 'nor are tokens');
SET ROLE regress_lealup_owner;
SELECT ok(lealup.inbound_url(:'one', :'personal') IS NOT NULL AND lealup.set_inbound_secret(:'one', :'personal') IS NOT NULL, 'one''s own connection is one''s own');
SET ROLE regress_lealup_admin;
SELECT ok(lealup.inbound_url(:'one', :'personal', rotate => true) IS NOT NULL, 'and an admin''s');
SELECT lives_ok(format('SELECT lealup.retry_all_inbound(%L, %L)', :'one', :'c'), 'who may retry');
SELECT is_empty('SELECT * FROM lealup.check_inbound(''none'')', 'and look for faults');
SET ROLE regress_lealup_reader;
SELECT is_empty('SELECT FROM lealup.inbound_messages UNION ALL SELECT FROM lealup.inbound_refusal', 'another tenant sees nothing of it');
RESET ROLE;

-- ----- The API -----
SELECT set_config('test.key', lealup.create_api_key(:'one', 'all', '{*}'), true) IS NOT NULL;
SELECT pg_temp.body('GET', format('/v1/connections/%s/inbound?limit=2', :'c'))::text AS page \gset
SELECT is(jsonb_array_length(:'page'::jsonb -> 'data'), 2, 'a page of the newest');
SELECT set_eq(format('SELECT jsonb_object_keys(%L::jsonb #> ''{data,0}'')', :'page'), '{id,connection_id,name,received_at,status,attempts,next_attempt_at,error,trace_id}'::text[], 'without what they say');
SELECT is(jsonb_array_length(pg_temp.body('GET', format('/v1/connections/%s/inbound?status=failed', :'c')) -> 'data'), 3, 'those that failed');
SELECT is(pg_temp.status('GET', format('/v1/connections/%s/inbound', :'e')), 404, 'another tenant''s is not there');
SELECT is(pg_temp.status('POST', format('/v1/connections/%s/inbound/%s/retry', :'c', :'page'::jsonb #>> '{data,0,id}')), 204, 'one is tried again');
SELECT is(pg_temp.status('POST', format('/v1/connections/%s/inbound/%s/retry', :'d', :'page'::jsonb #>> '{data,0,id}')), 404, 'of its connection alone');
SELECT matches((pg_temp.http('GET', '/metrics')).body, E'lealup_inbox_messages\\{status="pending"\\} [0-9]+\n(.*\n)*lealup_recent_inbox_messages [0-9]+\n(.*\n)*lealup_inbound_refused_total 3\n', 'monitoring sees them');

SELECT * FROM finish();
ROLLBACK;
