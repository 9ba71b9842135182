-- What hostile functions of providers, hostile members and hostile providers gain from connections and syncs: nothing.
BEGIN;
SELECT plan(55);

SELECT lealup.create_tenant('secure') AS tenant, lealup.create_tenant('other') AS other \gset

-- ----- Functions of providers -----
CREATE SCHEMA evil;
CREATE ROLE regress_lealup_evil;
GRANT USAGE ON SCHEMA evil TO PUBLIC;
CREATE TABLE evil.loot (x text);
GRANT ALL ON evil.loot TO PUBLIC;
CREATE FUNCTION evil.settings(call jsonb) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
BEGIN
    PERFORM set_config('search_path', 'evil, pg_catalog', false), set_config('lealup.tenant_id', call #>> '{tenant}', false), set_config('statement_timeout', '1', false);
    RETURN to_jsonb(current_setting('search_path'));
END $$;
CREATE FUNCTION evil.writes(call jsonb) RETURNS jsonb LANGUAGE plpgsql VOLATILE AS $$ BEGIN INSERT INTO evil.loot VALUES (call::text); RETURN 'true'; END $$;
CREATE FUNCTION evil.writes_anyway(call jsonb) RETURNS jsonb LANGUAGE plpgsql VOLATILE AS $$
BEGIN PERFORM set_config('transaction_read_only', 'off', true); INSERT INTO evil.loot VALUES (call::text); RETURN 'true'; END $$;
CREATE FUNCTION evil.writes_as_owner(call jsonb) RETURNS jsonb LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $$ BEGIN INSERT INTO evil.loot VALUES (call::text); RETURN 'true'; END $$;
CREATE FUNCTION evil.makes(call jsonb) RETURNS jsonb LANGUAGE plpgsql VOLATILE AS $$ BEGIN CREATE TEMP TABLE stays (x int); RETURN 'true'; END $$;
CREATE FUNCTION evil.becomes(call jsonb) RETURNS jsonb LANGUAGE plpgsql VOLATILE AS $$ BEGIN PERFORM set_config('role', 'none', false); RETURN to_jsonb(current_user); END $$;
CREATE FUNCTION evil.resets(call jsonb) RETURNS jsonb LANGUAGE plpgsql VOLATILE AS $$ BEGIN RESET ROLE; RETURN to_jsonb(current_user); END $$;
CREATE FUNCTION evil.authorizes(call jsonb) RETURNS jsonb LANGUAGE plpgsql VOLATILE AS $$ BEGIN SET SESSION AUTHORIZATION DEFAULT; RETURN to_jsonb(current_user); END $$;
CREATE FUNCTION evil.reads(call jsonb) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN (SELECT jsonb_agg(v) FROM lealup.vault_secret v); END $$;
CREATE FUNCTION evil.reads_as_owner(call jsonb) RETURNS jsonb LANGUAGE plpgsql STABLE SECURITY DEFINER AS $$ BEGIN RETURN (SELECT count(*) FROM lealup.tenant t); END $$;
CREATE FUNCTION evil.calls(call jsonb) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN lealup._call_provider('evil.who', call); END $$;
CREATE FUNCTION evil.who(call jsonb) RETURNS jsonb LANGUAGE sql STABLE RETURN to_jsonb(current_user);
CREATE FUNCTION evil.who(call jsonb, extra jsonb) RETURNS jsonb LANGUAGE sql STABLE RETURN to_jsonb(current_user || ' with ' || extra::text);
CREATE FUNCTION evil.text(call jsonb) RETURNS text LANGUAGE sql STABLE RETURN 'text';
CREATE FUNCTION evil.rows(call jsonb) RETURNS SETOF jsonb LANGUAGE sql STABLE AS 'SELECT call WHERE false';
CREATE FUNCTION evil.much(call jsonb) RETURNS jsonb LANGUAGE sql STABLE RETURN to_jsonb(repeat('x', 70000000));
CREATE FUNCTION evil.shouts(call jsonb) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$ BEGIN RAISE EXCEPTION '%', repeat('x', 10000000); END $$;
CREATE FUNCTION evil.scribbles(call jsonb) RETURNS jsonb LANGUAGE plpgsql VOLATILE AS $$ BEGIN EXECUTE 'COPY (SELECT 1) TO PROGRAM ''true'''; RETURN 'true'; END $$;
ALTER FUNCTION evil.writes_as_owner(jsonb) OWNER TO regress_lealup_evil;
ALTER FUNCTION evil.reads_as_owner(jsonb) OWNER TO regress_lealup_evil;
SELECT lealup.grant_access('regress_lealup_evil', 'app', :'other');
CREATE FUNCTION pg_temp.calls(function text) RETURNS jsonb LANGUAGE sql AS $$ SELECT lealup._call_provider(function, '{"tenant": "x"}') $$;

SELECT is(pg_temp.calls('evil.who'), '"lealup_provider"', 'a provider''s function is called as lealup_provider');
SELECT set_config('lealup.tenant_id', '', true);
SELECT is(pg_temp.calls('evil.settings'), '"evil, pg_catalog"', 'it may change settings');
SELECT is(current_setting('search_path') || current_setting('lealup.tenant_id') || current_setting('statement_timeout'), (SELECT string_agg(reset_val, '' ORDER BY name) FROM pg_settings WHERE name = 'search_path') || '0',
    'which do not outlast the call');
SELECT throws_ok(format('SELECT pg_temp.calls(%L)', 'evil.' || f), state, NULL, t) FROM (VALUES
    ('writes', '25006', 'it does not write'), ('writes_anyway', '25001', 'nor by turning that off'), ('writes_as_owner', '25006', 'nor as its owner'), ('makes', '25006', 'it makes no temporary table'),
    ('becomes', '42501', 'it becomes nobody else'), ('resets', '42501', 'nor what it was before'), ('authorizes', '42501', 'nor the session''s user'), ('reads', '42501', 'it does not read the vault'),
    ('calls', '42501', 'it calls no other function so'), ('text', '42804', 'what is no jsonb is none'), ('rows', 'XX000', 'no row is none'), ('much', '54000', 'too much is too much'),
    ('nothing', '42883', 'what there is not is not called'), ('who(jsonb); DROP TABLE evil.loot; --', '42602', 'a name is a name'), ('scribbles', '42501', 'it runs no programs')) f(f, state, t);
SELECT is(pg_temp.calls('evil.reads_as_owner'), '0', 'as its owner, who may read, it sees no tenant, though the worker''s session sees all');
SELECT throws_like($$SELECT pg_temp.calls('evil.shouts')$$, 'xxx%', 'it may shout');
SELECT is(current_user::text, session_user::text, 'after all of these we are who we were');
SELECT lives_ok($$INSERT INTO evil.loot VALUES ('ours')$$, 'and write again');
SELECT results_eq('SELECT x FROM evil.loot', $$VALUES ('ours')$$, 'they have written nothing');

-- What is known of a function is known anew when it changes.
SELECT is(lealup._call_provider('evil.who', '{}', '1'), '"lealup_provider with 1"', 'the same name with two arguments is another function');
CREATE OR REPLACE FUNCTION evil.who(call jsonb) RETURNS jsonb LANGUAGE sql STABLE RETURN '"replaced"'::jsonb;
SELECT is(pg_temp.calls('evil.who'), '"replaced"', 'one that was replaced');
REVOKE EXECUTE ON FUNCTION evil.who(jsonb) FROM PUBLIC;
SELECT throws_ok($$SELECT pg_temp.calls('evil.who')$$, '42501', NULL, 'one that may not be called any more');
GRANT EXECUTE ON FUNCTION evil.who(jsonb) TO lealup_provider;
SELECT is(pg_temp.calls('evil.who'), '"replaced"', 'one that may be again');
DROP FUNCTION evil.who(jsonb);
SELECT throws_ok($$SELECT pg_temp.calls('evil.who')$$, '42883', NULL, 'one that was dropped');
CREATE FUNCTION evil.who(call jsonb) RETURNS text LANGUAGE sql STABLE RETURN 'text';
SELECT throws_ok($$SELECT pg_temp.calls('evil.who')$$, '42804', NULL, 'and made anew as another');
ALTER ROLE lealup_provider SUPERUSER;
SELECT throws_ok($$SELECT pg_temp.calls('evil.settings')$$, '42501', 'role "lealup_provider" is a superuser', 'nothing is called as a superuser');
ALTER ROLE lealup_provider NOSUPERUSER;

-- ----- Hosts -----
INSERT INTO lealup.provider (name, title, kind, base_url, allowed_hosts, auth, fields, authorize_url, token_url, identity)
VALUES ('test_hosted', 'Hosted', 'personal', 'https://{host}/api', '{"{host}",login.hosted.example,"{site}.hosted.example"}', 'oauth2',
        '[{"name": "host", "title": "Host"}, {"name": "site", "title": "Site", "default": "eu"}, {"name": "bodies", "title": "Bodies"}]', 'https://{host}/authorize', 'https://{host}/token', '{"path": "/me", "id": "id", "name": "id"}'),
    ('test_own', 'Own', 'personal', 'https://{host}/api', '{"{host}"}', 'api_key',
        '[{"name": "host", "title": "Host"}, {"name": "key", "title": "Key", "secret": true, "required": true}]', NULL, NULL, '{"path": "/me", "id": "id", "name": "id"}');
CREATE TEMP TABLE person (name text PRIMARY KEY, id uuid DEFAULT lealup.uuid7(), role text);
INSERT INTO person (name, role) VALUES ('ana', 'csm'), ('bea', 'csm'), ('ada', 'admin'), ('dora', 'director');
INSERT INTO lealup.member (tenant_id, id, email, name, role) SELECT :'tenant', id, name || '@team.example', name, role FROM person;
CREATE FUNCTION pg_temp.act(name text) RETURNS void LANGUAGE sql AS $$
    SELECT set_config('lealup.member_id', coalesce((SELECT id::text FROM person p WHERE p.name = act.name), ''), true) $$;
SELECT lealup.set_oauth_client(NULL, 'test_hosted', 'installation', 'installation-secret', 'https://hub.example/v1/oauth/callback') AS client \gset
SELECT pg_temp.act('ana');
SELECT connection_id AS hosted, substring(authorization_url FROM 'state=([^&]+)') AS state FROM lealup.connect(:'tenant', 'test_hosted', NULL, '{"host": "evil.example"}') \gset
SELECT lealup.complete_connect(:'state', 'the-code') AS done \gset
CREATE TEMP TABLE unit AS SELECT * FROM lealup._sync_claim(clock_timestamp(), 64) u WHERE u.connection_id = :'hosted';
SELECT results_eq('SELECT unit, state #>> ''{request,url}'', hosts FROM unit', $$VALUES ('job:token', 'https://evil.example/token', '{login.hosted.example,eu.hosted.example}'::text[])$$,
    'the installation''s secret does not go to a host that a tenant chooses');
SELECT ok('client:client_secret' = ANY ((SELECT secret_names FROM unit)::text[]), 'though the request has it');
UPDATE lealup.connection_job SET due_at = now(), claim_id = NULL WHERE connection_id = :'hosted';
UPDATE lealup.connection SET client_tenant_id = :'tenant', client_id = lealup.uuid7() WHERE id = :'hosted';
INSERT INTO lealup.oauth_client (tenant_id, id, provider, client_id, redirect_uri) SELECT tenant_id, client_id, provider, 'own', 'https://hub.example/' FROM lealup.connection WHERE id = :'hosted';
SELECT results_eq(format('SELECT hosts FROM lealup._sync_claim(clock_timestamp(), 64) u WHERE u.connection_id = %L', :'hosted'), $$VALUES ('{evil.example,login.hosted.example,eu.hosted.example}'::text[])$$,
    'the tenant''s own goes where the tenant says');

SELECT connection_id AS own FROM lealup.connect(:'tenant', 'test_own', NULL, '{"host": "api.own.example", "key": "the-key"}') \gset
SELECT throws_ok(format('SELECT lealup.update_connection(%L, %L, ''{"host": "evil.example"}'')', :'tenant', :'own'), '55000', NULL, 'where a secret goes is not changed without it');
SELECT throws_ok(format('SELECT lealup.reconnect(%L, %L, ''{"host": "evil.example"}'')', :'tenant', :'own'), '22023', 'option "key" is required', 'nor by connecting anew');
SELECT lives_ok(format('SELECT lealup.reconnect(%L, %L, ''{"host": "api.own.example"}'')', :'tenant', :'own'), 'if it stays the secret stays');
UPDATE lealup.connection SET state = 'connected' WHERE id = :'own';
SELECT lives_ok(format('SELECT lealup.reconnect(%L, %L, ''{"host": "new.own.example", "key": "new-key"}'')', :'tenant', :'own'), 'with the secret it may be another');
SELECT results_eq(format('SELECT c.state, count(v.id) FROM lealup.connection c LEFT JOIN lealup.vault_secret v ON v.tenant_id = c.tenant_id AND v.owner_id = c.id WHERE c.id = %L GROUP BY c.state', :'own'),
    $$VALUES ('pending', 1::bigint)$$, 'what there was before is forgotten, and nothing is read with it');
SELECT pg_temp.act(name) FROM person WHERE name = 'ada';
SELECT throws_ok(format('SELECT lealup.update_connection(%L, %L, ''{"bodies": "true"}'')', :'tenant', :'hosted'), '42501', NULL, 'what is read of a member''s account no admin decides');
SELECT lives_ok(format('SELECT lealup.pause_connection(%L, %L)', :'tenant', :'hosted'), 'but an admin may stop it');
SELECT pg_temp.act('');

-- ----- What was read and is not shown -----
INSERT INTO lealup.connection_stream (tenant_id, connection_id, stream, cursor, watch) VALUES (:'tenant', :'hosted', 'mail', '"private cursor"', '"private watch"');
INSERT INTO lealup.record_error (tenant_id, connection_id, stream, external_id, class, reason, record, item, created_at, updated_at)
VALUES (:'tenant', :'hosted', 'mail', 'm1', 'invalid', 'bad', '{"body": "private mail"}', '{"id": "private"}', now(), now());
CREATE ROLE regress_lealup_reader;
CREATE ROLE regress_lealup_csm;
CREATE ROLE regress_lealup_director;
SELECT lealup.grant_access('regress_lealup_reader', 'reader', :'tenant');
SELECT lealup.bind_member(:'tenant', id, ('regress_lealup_' || CASE name WHEN 'bea' THEN 'csm' ELSE 'director' END)::name) FROM person WHERE name IN ('bea', 'dora');
SET LOCAL ROLE regress_lealup_csm;
SELECT throws_ok(q, '42501', NULL, q) FROM unnest(ARRAY['SELECT record FROM lealup.record_error', 'SELECT item FROM lealup.record_error', 'SELECT cursor FROM lealup.connection_stream',
    'SELECT watch FROM lealup.connection_stream', 'SELECT state FROM lealup.connection_job', 'SELECT e FROM lealup.record_error e']) q;
SELECT results_eq($$SELECT external_id, reason FROM lealup.record_errors$$, $$VALUES ('m1', 'bad')$$, 'that there is something wrong everybody sees');
SELECT is((SELECT count(*) FROM lealup.connection_streams)::int + (SELECT count(*) FROM lealup.connection_jobs WHERE kind = 'token')::int, 2, 'and how it stands');
RESET ROLE;

-- ----- Notifications -----
UPDATE lealup.connection SET state = 'connected', paused_at = NULL WHERE id = :'hosted';
UPDATE lealup.connection_stream SET claim_id = lealup.uuid7(), next_run_at = now() + interval '5 min' WHERE connection_id = :'hosted';
SELECT lealup._hint_streams(:'tenant', :'hosted', '{mail}', NULL, now());
SELECT results_eq(format('SELECT hinted_at = now(), next_run_at > now() FROM lealup.connection_stream WHERE connection_id = %L', :'hosted'), 'VALUES (true, true)', 'a hint does not take a stream from who has it');
UPDATE lealup.connection_stream SET claim_id = NULL, paused_at = now(), next_run_at = 'infinity' WHERE connection_id = :'hosted';
SELECT lealup._hint_streams(:'tenant', :'hosted', '{mail}', NULL, now());
SELECT ok((SELECT next_run_at = 'infinity' FROM lealup.connection_stream WHERE connection_id = :'hosted'), 'nor does it end a pause');
INSERT INTO lealup.provider_stream (provider, name, title, request, response, normalize) VALUES ('test_hosted', 'mail', 'Mail', 'evil.who', 'evil.who', 'evil.who');
DELETE FROM lealup.connection_job WHERE connection_id = :'hosted';
UPDATE lealup.connection_stream SET next_run_at = now() WHERE connection_id = :'hosted';
SELECT is_empty(format('SELECT FROM lealup._sync_claim(clock_timestamp(), 64) u WHERE u.connection_id = %L', :'hosted'), 'whatever makes it due, nothing is asked for a stream that is paused');

INSERT INTO lealup.oidc_key_set (url, keys, next_fetch_at, fetched_at) VALUES ('https://keys.example/', '[{"kid": "k", "kty": "RSA", "n": "AQAB"}]', now(), now());
SELECT is((lealup._check_oidc('{"jwks": "https://keys.example/", "issuers": ["i"], "audience": "a"}', rtrim(encode('{"alg": "RS256", "kid": "k"}', 'base64'), '=') || '.' || replace(rtrim(encode(
    convert_to('{"iss": "i", "aud": "a", "exp": 99999999999}', 'UTF8'), 'base64'), '='), E'\n', '') || '.c2ln', 'https://hub.example/', '{}', now())).status, 401, 'a key that lacks a part verifies nothing');

-- ----- Requests -----
SELECT throws_ok($$SELECT lealup._request_parts('https://h.example', NULL, jsonb_build_object('path', '/', 'headers', jsonb_build_object(E'X: 1\r\nHost', 'y')))$$,
    '22023', 'invalid name of a header', 'a header''s name is no two');
SELECT is((lealup._request_parts('https://h.example', NULL, jsonb_build_object('path', '/', 'headers', jsonb_build_object('X', E'1\r\nHost: y')))).headers ~ E'X: 1  Host: y', true, 'nor is its value');

-- ----- Turns -----
-- Of tenants at home elsewhere more may be due, and for longer, than are looked at.
DELETE FROM lealup.connection_job;
INSERT INTO lealup.connection (tenant_id, provider, kind, state) SELECT :'other', 'test_hosted', 'workspace', 'connected' RETURNING id AS away \gset
INSERT INTO lealup.connection_stream (tenant_id, connection_id, stream, next_run_at) SELECT :'other', :'away', 's' || n, now() - interval '1 day' FROM generate_series(1, 1001) n;
UPDATE lealup.tenant SET home = 'elsewhere' WHERE tenant_id = :'other';
UPDATE lealup.connection_stream SET paused_at = NULL, claim_id = NULL, next_run_at = now() WHERE connection_id = :'hosted';
SELECT results_eq('SELECT connection_id FROM lealup._sync_due(now(), 64)', format('VALUES (%L::uuid)', :'hosted'), 'what is due elsewhere does not stand before what is due here');

SELECT * FROM finish();
ROLLBACK;
