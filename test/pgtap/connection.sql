-- Connections: who may connect what, coming back once and in time, what token endpoints answer, refreshes, and the end of a grant.
BEGIN;
SELECT plan(259);

-- ----- Providers of the test's own -----
-- box and shelf share a grant; rota's tokens are good for one refresh; keyed takes a key; bare takes nothing and cannot be asked anything.
INSERT INTO lealup.provider (name, title, kind, base_url, allowed_hosts, auth, fields, authorize_url, token_url, authorize_params, refresh, grant_group, revoke, identity, client_auth, token_body, problems)
VALUES ('test_box', 'Box', 'personal', 'https://api.box.example/v1', '{api.box.example}', 'oauth2',
        '[{"name": "folder", "title": "Folder", "pattern": "[a-z0-9]{1,10}"}, {"name": "labels", "title": "Labels"}, {"name": "mode", "title": "Mode", "default": "all"}]',
        'https://login.box.example/authorize?v=2', 'https://login.box.example/token', '{"access_type": "offline", "prompt": "consent"}', 'reusable', 'test_group',
        '{"method": "POST", "url": "https://login.box.example/revoke", "anonymous": true, "fields": [{"in": "form", "name": "token", "secret": "revoke_token"}]}',
        '{"path": "/me", "id": "user.id", "name": "user.email", "facts": {"region": "user.region"}}', 'body', 'form', '[{"problem": "was revoked", "fix": "Ask for access again."}]'),
    ('test_shelf', 'Shelf', 'personal', 'https://api.box.example/shelf', '{api.box.example}', 'oauth2', '[]',
        'https://login.box.example/authorize', 'https://login.box.example/token', '{}', 'reusable', 'test_group',
        '{"method": "POST", "url": "https://login.box.example/revoke", "anonymous": true, "fields": [{"in": "form", "name": "token", "secret": "revoke_token"}]}',
        '{"path": "/me", "id": "user.id", "name": "user.email"}', 'body', 'form', '[]'),
    ('test_rota', 'Rota', 'workspace', 'https://{site}.rota.example', '{*.rota.example}', 'oauth2', '[{"name": "site", "title": "Site", "required": true, "pattern": "[a-z]+"}]',
        'https://{site}.rota.example/authorize', 'https://{site}.rota.example/token', '{}', 'single_use', NULL,
        '{"method": "POST", "path": "/revoke"}', '{"method": "POST", "path": "/graph", "body": {"query": "{me}"}, "id": "data.me.id", "name": "data.me.name"}', 'basic', 'json', '[]'),
    ('test_keyed', 'Keyed', 'workspace', 'https://api.keyed.example', '{api.keyed.example}', 'api_key',
        '[{"name": "key", "title": "API key", "secret": true, "required": true, "pattern": "k-.+"}]', NULL, NULL, '{}', 'none', NULL, NULL, '{"path": "/account", "id": "id", "name": "name"}', 'body', 'form', '[]'),
    ('test_bare', 'Bare', 'workspace', 'https://api.bare.example', '{api.bare.example}', 'none', '[]', NULL, NULL, '{}', 'none', NULL, NULL, NULL, 'body', 'form', '[]');
UPDATE lealup.provider SET credential = '{"in": "header", "name": "X-Key"}' WHERE name = 'test_keyed';
INSERT INTO lealup.provider_scope (provider, scope, required, reads, writes, does_not_read) VALUES ('test_box', 'files.read', true, 'your files', NULL, 'your mail'),
    ('test_box', 'files.write', false, 'your files', 'files', NULL), ('test_box', 'profile', true, 'your name', NULL, NULL), ('test_shelf', 'shelf.read', true, 'your shelves', NULL, NULL);
INSERT INTO lealup.provider_stream (provider, name, title, request, response, normalize, watch_request, watch_response, unwatch_request)
VALUES ('test_box', 'files', 'Files', '-', '-', '-', 'lealup._test_watch', 'lealup._test_watched', 'lealup._test_watch'), ('test_box', 'notes', 'Notes', '-', '-', '-', NULL, NULL, NULL),
    ('test_rota', 'shifts', 'Shifts', '-', '-', '-', NULL, NULL, NULL);
CREATE FUNCTION lealup._test_watch(call jsonb) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN call #>> '{connection,options,mode}' <> 'poll' THEN jsonb_build_object('method', 'POST', 'path', '/watch', 'json', jsonb_build_object('old', call -> 'watch')) END $$;
CREATE FUNCTION lealup._test_watched(call jsonb, response jsonb) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('expires_at', response #> '{body,until}', 'watch', jsonb_build_object('id', response #> '{body,id}')) $$;
GRANT EXECUTE ON FUNCTION lealup._test_watch(jsonb), lealup._test_watched(jsonb, jsonb) TO lealup_provider;

-- ----- People -----
SELECT lealup.create_tenant('connections') AS tenant, lealup.create_tenant('other') AS other \gset
SELECT set_config('test.tenant', :'tenant', true);
CREATE TEMP TABLE person (name text PRIMARY KEY, id uuid DEFAULT lealup.uuid7(), role text);
INSERT INTO person (name, role) VALUES ('ana', 'csm'), ('bea', 'csm'), ('ada', 'admin'), ('dora', 'director');
INSERT INTO lealup.member (tenant_id, id, email, name, role) SELECT :'tenant', id, name || '@team.example', name, role FROM person;
CREATE FUNCTION pg_temp.act(name text) RETURNS void LANGUAGE sql AS $$
    SELECT set_config('lealup.member_id', coalesce((SELECT id::text FROM person p WHERE p.name = act.name), ''), true) $$;
CREATE ROLE regress_lealup_app;
CREATE ROLE regress_lealup_bound;
CREATE ROLE regress_lealup_all;
SELECT lealup.grant_access('regress_lealup_app', 'app');
SELECT lealup.grant_access('regress_lealup_bound', 'app', :'other');
SELECT lealup.grant_access('regress_lealup_all', 'admin');

-- ----- OAuth clients -----
SELECT throws_ok(format('SELECT lealup.connect(%L, ''test_box'', %L)', :'tenant', id), '55000', NULL, 'without a client nothing is connected') FROM person WHERE name = 'ana';
SELECT pg_temp.act('dora');
SELECT throws_ok(format('SELECT lealup.set_oauth_client(%L, ''test_box'', ''c'', ''s'', ''https://hub.example/v1/oauth/callback'')', :'tenant'), '42501', NULL, 'a director sets no client');
SELECT pg_temp.act('ada');
SELECT throws_ok(format('SELECT lealup.set_oauth_client(%L, %s)', :'tenant', v.a), v.s, v.m, v.t) FROM (VALUES
    ($$'test_nothing', 'c', 's', 'https://hub.example/'$$, '22023', NULL, 'a provider that there is not'),
    ($$'test_keyed', 'c', 's', 'https://hub.example/'$$, '22023', 'provider test_keyed takes no OAuth client', 'one that takes a key'),
    ($$'test_box', 'c', NULL, 'https://hub.example/'$$, '22004', 'client_secret must not be null', 'no secret'),
    ($$'test_box', NULL, 's', 'https://hub.example/'$$, '22023', NULL, 'no id'),
    ($$'test_box', 'c', 's'$$, '22023', NULL, 'no redirect URI'),
    ($$'test_box', 'c', 's', 'http://hub.example/'$$, '22023', NULL, 'not by http'), ($$'test_box', 'c', 's', 'https://u@hub.example/'$$, '22023', NULL, 'no user name'),
    ($$'test_box', 'c', 's', 'https://hub.example/#x'$$, '22023', NULL, 'no fragment'), ($$'test_box', 'c', 's', 'javascript:alert(1)'$$, '22023', NULL, 'no other scheme'),
    ($$'test_box', 'c', 's', 'https://hub.example/', '{"return_host": []}'$$, '22023', 'unknown option: "return_host"', 'an option that there is not'),
    ($$'test_box', 'c', 's', 'https://hub.example/', '{"return_hosts": ["https://x"]}'$$, '22023', NULL, 'no host')) v(a, s, m, t);
SELECT lealup.set_oauth_client(:'tenant', 'test_box', 'client-1', 'box-secret', 'https://hub.example/v1/oauth/callback', '{"return_hosts": ["app.example"]}') AS client \gset
SELECT lealup.set_oauth_client(:'tenant', 'test_box', 'client-1') AS again \gset
SELECT is(:'again'::uuid, :'client'::uuid, 'setting it again changes it');
SELECT results_eq(format('SELECT redirect_uri, options -> ''return_hosts'' ->> 0, (SELECT count(*) FROM lealup.vault_secret v WHERE v.owner_id = c.id AND v.tenant_id = c.tenant_id AND v.purpose = ''client_secret'') FROM lealup.oauth_client c WHERE id = %L', :'client'),
    $$VALUES ('https://hub.example/v1/oauth/callback', 'app.example', 1::bigint)$$, 'what is not given stays');
SELECT is_empty($$SELECT FROM lealup.oauth_client c WHERE c::text LIKE '%box-secret%' UNION ALL SELECT FROM lealup.audit a WHERE a::text LIKE '%box-secret%'$$, 'the secret is in no table');
SELECT throws_ok($$SELECT lealup.set_oauth_client(NULL, 'test_rota', 'c', 's', 'https://hub.example/')$$, NULL, NULL, 'an admin of a tenant sets none for the installation')
FROM (SELECT set_config('role', 'regress_lealup_app', true)) r;
RESET ROLE;
SELECT pg_temp.act(NULL);
SET LOCAL ROLE regress_lealup_all;
SELECT lealup.set_oauth_client(NULL, p, 'everybodys', 'shared-secret', 'https://hub.example/v1/oauth/callback') FROM unnest(ARRAY['test_rota', 'test_box', 'test_shelf']) p;
RESET ROLE;
SELECT is((SELECT count(*) FROM lealup.oauth_client WHERE tenant_id = lealup._installation()), 3::bigint, 'the installation has clients of its own');
SELECT results_eq($$SELECT actor, count(*) FROM lealup.audit WHERE tenant_id = lealup._installation() AND action = 'oauth_client.set' AND detail ->> 'client_id' = 'everybodys' AND detail::text NOT LIKE '%shared-secret%' GROUP BY 1$$,
    $$VALUES ('regress_lealup_all', 3::bigint)$$, 'which is in the audit trail');
SET LOCAL ROLE regress_lealup_bound;
SELECT is_empty($$SELECT FROM lealup.audit WHERE tenant_id = '00000000-0000-0000-0000-000000000000'$$, 'that no tenant sees');
RESET ROLE;
SELECT is((lealup._oauth_client(:'tenant', 'test_box')).client_id, 'client-1', 'a tenant''s own goes before') UNION ALL
SELECT is((lealup._oauth_client(:'other', 'test_box')).client_id, 'everybodys', 'whoever has none has the installation''s');
SET LOCAL ROLE regress_lealup_bound;
SELECT is_empty('SELECT FROM lealup.oauth_client', 'others'' clients are not seen');
SELECT throws_ok(format('SELECT lealup.delete_oauth_client(%L, ''test_box'')', :'tenant'), '42501', NULL, 'nor deleted');
RESET ROLE;

-- ----- Who may connect what -----
CREATE FUNCTION pg_temp.connect(provider text, member text DEFAULT NULL, options jsonb DEFAULT '{}', scopes text[] DEFAULT NULL, OUT connection_id uuid, OUT authorization_url text)
    LANGUAGE sql AS $$ SELECT * FROM lealup.connect(current_setting('test.tenant')::uuid, provider, (SELECT id FROM person WHERE name = member), options, scopes) $$;
CREATE FUNCTION pg_temp.refusal(actor text, provider text, member text DEFAULT NULL, options jsonb DEFAULT '{}', scopes text[] DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    message text;
    detail text;
BEGIN
    PERFORM pg_temp.act(actor);
    BEGIN
        PERFORM pg_temp.connect(provider, member, options, scopes);
        RAISE SQLSTATE 'LUYES';
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
        PERFORM pg_temp.act(NULL);
        RETURN CASE SQLSTATE WHEN 'LUYES' THEN NULL ELSE SQLSTATE || ' ' || message || ' ' || coalesce(detail, '') END;
    END;
END $$;
SELECT is(left(pg_temp.refusal(v.actor, v.provider, v.member, v.options), 5), v.state, v.what) FROM (VALUES
    ('ana', 'test_box', NULL, '{}'::jsonb, NULL, 'a member connects for herself'), ('ana', 'test_box', 'ana', '{}', NULL, 'and may say so'), ('ana', 'test_box', 'bea', '{}', '42501', 'but not for another one'),
    ('ada', 'test_box', 'bea', '{}', '42501', 'not even an admin does'), (NULL, 'test_box', 'bea', '{}', NULL, 'an application that acts for no member names one'), (NULL, 'test_box', NULL, '{}', '22004', 'it must'),
    ('ana', 'test_rota', NULL, '{"site": "acme"}', '42501', 'the workspace''s are not connected by a csm'), ('dora', 'test_rota', NULL, '{"site": "acme"}', '42501', 'nor a director'),
    ('ada', 'test_rota', NULL, '{"site": "acme"}', NULL, 'but by an admin'), ('ada', 'test_rota', 'ada', '{"site": "acme"}', '22023', 'for nobody'), (NULL, 'test_rota', NULL, '{"site": "acme"}', NULL, 'or by an application'),
    ('ada', 'test_nothing', NULL, '{}', '22023', 'a provider that there is not')) v(actor, provider, member, options, state, what);
SELECT alike(pg_temp.refusal('ada', v.p, NULL, v.o::jsonb, v.s), v.m, v.o) FROM (VALUES
    ('test_rota', '{}', NULL::text[], '22023 option "site" is required%'), ('test_rota', '{"site": "Acme"}', NULL, '22023 option "site" is not valid It must match [a-z]+ (Site).'),
    ('test_rota', '{"site": "acme.evil"}', NULL, '22023 option "site"%'), ('test_rota', '{"site": {"a": 1}}', NULL, '22023 option "site" must be%'), ('test_rota', '{"site": "acme", "sight": 1}', NULL, '22023 unknown option: "sight"%'),
    ('test_box', '{"folder": "x\n"}', NULL, '22023 option "folder"%'), ('test_box', '{"labels": [1]}', NULL, '22023 option "labels"%'), ('test_box', '{"labels": "\u0007"}', NULL, '22023 option "labels"%'),
    ('test_box', '{"backfill": "x"}', NULL, '22023 option "backfill"%'), ('test_box', '{"allow_other_account": "yes"}', NULL, '22023 option "allow_other_account"%'), ('test_box', '{"login_hint": "a\nb"}', NULL, '22023 option "login_hint"%'),
    ('test_box', '{"return_url": "https://evil.example/"}', NULL, '22023 option "return_url"%'), ('test_box', '{"return_url": "http://app.example/"}', NULL, '22023 option "return_url"%'),
    ('test_box', '{"return_url": "https://app.example@evil.example/"}', NULL, '22023 option "return_url"%'), ('test_box', '{"return_url": "https://app.example\\@evil.example/"}', NULL, '22023 option "return_url"%'),
    ('test_shelf', '{"return_url": "https://app.example/"}', NULL, '22023 option "return_url"%'), ('test_box', '[]', NULL, '22023 options must be%'),
    ('test_box', '{ }', '{files.delete}', '22023 unknown scope: ''files.delete''%'), ('test_keyed', '{"key": "secret-words"}', NULL, '22023 option "key" is not valid%')) v(p, o, s, m);
SELECT unalike(pg_temp.refusal('ada', 'test_keyed', NULL, '{"key": "secret-words"}'), '%secret-words%', 'a secret is in no error');

-- ----- The URL -----
CREATE FUNCTION pg_temp.parameter(url text, name text) RETURNS text LANGUAGE sql AS $$ SELECT lealup._percent_decode(substring(url FROM '[?&]' || name || '=([^&]*)')) $$;
SELECT pg_temp.act('ana');
SELECT connection_id AS box, authorization_url AS url FROM pg_temp.connect('test_box', NULL, '{"folder": "abc", "labels": ["a", "b"], "login_hint": "ana@box.example", "backfill": "30 days", "return_url": "https://app.example/done?x=1"}', '{files.write}') \gset
SELECT set_config('test.box', :'box', true);
SELECT matches(:'url'::text, '^https://login\.box\.example/authorize\?v=2&', 'the provider''s page, which has parameters already');
SELECT is(pg_temp.parameter(:'url', v.n), v.x, v.n) FROM (VALUES ('response_type', 'code'), ('client_id', 'client-1'), ('redirect_uri', 'https://hub.example/v1/oauth/callback'), ('scope', 'files.read profile files.write'),
    ('access_type', 'offline'), ('prompt', 'consent'), ('login_hint', 'ana@box.example'), ('code_challenge_method', 'S256')) v(n, x);
SELECT matches(pg_temp.parameter(:'url', 'state'), '^[A-Za-z0-9_-]{43}$', 'a state of 256 bits') UNION ALL SELECT matches(pg_temp.parameter(:'url', 'code_challenge'), '^[A-Za-z0-9_-]{43}$', 'a challenge');
SELECT is((SELECT get_byte(v.ciphertext, 0) FROM lealup.vault_secret v WHERE v.owner_id = :'box' AND v.purpose = 'code_verifier'), 1, 'whose verifier is sealed');
SELECT is(length((lealup._pkce(:'tenant', :'box')).sealed), length(lealup._seal(:'tenant', :'box', repeat('x', 43))), 'and has 43 characters');
SELECT isnt((lealup._pkce(:'tenant', :'box')).challenge, (lealup._pkce(:'tenant', :'box')).challenge, 'which are never the same');
SELECT results_eq(format('SELECT state, kind, options, backfill, member_id FROM lealup.connection WHERE id = %L', :'box'),
    $$SELECT 'pending', 'personal', '{"folder": "abc", "labels": ["a", "b"], "login_hint": "ana@box.example", "mode": "all"}'::jsonb, interval '30 days', id FROM person WHERE name = 'ana'$$, 'it is pending, as it was asked for');
SELECT is_empty(format('SELECT FROM lealup.oauth_state s WHERE s::text LIKE %1$L UNION ALL SELECT FROM lealup.connection c WHERE c::text LIKE %1$L UNION ALL SELECT FROM lealup.tenant_route r WHERE r::text LIKE %1$L UNION ALL SELECT FROM lealup.audit a WHERE a::text LIKE %1$L',
    '%' || pg_temp.parameter(:'url', 'state') || '%'), 'the state itself is in no table');

-- ----- Coming back -----
SELECT pg_temp.parameter(:'url', 'state') AS state \gset
SELECT throws_like(format('SELECT lealup.complete_connect(%L, ''code'')', s), 'This link is not known%', 'a state that there is not: ' || left(s, 10)) FROM unnest(ARRAY['', 'x', repeat('A', 43), :'state' || 'x', upper(:'state')]) s;
SELECT pg_temp.act('bea');
SELECT throws_like(format('SELECT lealup.complete_connect(%L, ''code'')', :'state'), 'This link is not known%', 'another member does not bring it back');
SELECT pg_temp.act(NULL);
SET LOCAL ROLE regress_lealup_bound;
SELECT throws_like(format('SELECT lealup.complete_connect(%L, ''code'')', :'state'), 'This link is not known%', 'nor another tenant');
RESET ROLE;
SET LOCAL lealup.tenant_id = :'other';
SELECT throws_like(format('SELECT lealup.fail_connect(%L, ''access_denied'')', :'state'), 'This link is not known%', 'not even to say that it failed');
RESET lealup.tenant_id;
UPDATE lealup.oauth_state SET expires_at = clock_timestamp() WHERE connection_id = :'box';
SELECT throws_like(format('SELECT lealup.complete_connect(%L, ''code'')', :'state'), 'This link has expired%', 'after 10 minutes it is void');
SELECT results_eq(format('SELECT c.state, count(s.used_at), (SELECT count(*) FROM lealup.connection_job j WHERE j.connection_id = c.id) FROM lealup.connection c JOIN lealup.oauth_state s ON s.connection_id = c.id WHERE c.id = %L GROUP BY c.id, c.tenant_id', :'box'),
    $$VALUES ('pending', 0::bigint, 0::bigint)$$, 'and none of it has changed anything');
UPDATE lealup.oauth_state SET expires_at = clock_timestamp() + interval '10 minutes' WHERE connection_id = :'box';
SELECT pg_temp.act('ana');
SELECT is(lealup.complete_connect(:'state', 'the-code'), :'box'::uuid, 'the member brings it back');
SELECT throws_like(format('SELECT lealup.complete_connect(%L, ''other-code'')', :'state'), 'This link was used already%', 'once');
SELECT pg_temp.act(NULL);
SELECT is((SELECT count(*) FROM lealup.vault_secret v WHERE v.owner_id = :'box' AND v.purpose = 'code'), 1::bigint, 'the code is sealed');

-- ----- Tokens -----
CREATE FUNCTION pg_temp.sealed(connection uuid, VARIADIC purposes text[]) RETURNS jsonb LANGUAGE sql AS $$
    -- purpose=fingerprint
    SELECT jsonb_object_agg(split_part(p, '=', 1), jsonb_build_object('id', i.id, 'ciphertext', encode(lealup._seal(c.tenant_id, i.id, 'token'), 'hex'), 'fingerprint', coalesce(nullif(split_part(p, '=', 2), ''), md5(random()::text))))
    FROM unnest(purposes) p CROSS JOIN LATERAL (SELECT lealup.uuid7() AS id WHERE p <> '') i JOIN lealup.connection c ON c.id = connection
$$;
CREATE FUNCTION pg_temp.request(connection uuid, kind text) RETURNS jsonb LANGUAGE sql AS $$ SELECT lealup._job_request(c.tenant_id, c.id, request.kind) FROM lealup.connection c WHERE c.id = connection $$;
CREATE FUNCTION pg_temp.record(connection uuid, kind text, outcome text, response jsonb, sealed jsonb DEFAULT '{}', now timestamptz DEFAULT clock_timestamp()) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lealup._job_record(c.tenant_id, c.id, record.kind, outcome, response, sealed, record.now) FROM lealup.connection c WHERE c.id = connection;
    RETURN (SELECT concat_ws(' | ', c.state, c.reason) FROM lealup.connection c WHERE c.id = connection);
END $$;
CREATE FUNCTION pg_temp.held(connection uuid) RETURNS text LANGUAGE sql AS $$ SELECT coalesce(string_agg(purpose, ' ' ORDER BY purpose), '') FROM lealup.vault_secret WHERE owner_id = connection $$;
CREATE FUNCTION pg_temp.jobs(connection uuid) RETURNS text LANGUAGE sql AS $$ SELECT coalesce(string_agg(kind, ' ' ORDER BY kind), '') FROM lealup.connection_job WHERE connection_id = connection $$;
CREATE FUNCTION pg_temp.events(connection uuid) RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM lealup.event WHERE event_type = 'integration.disconnected' AND data ->> 'connection_id' = connection::text $$;
-- A connection all the way, with a refresh token.
CREATE FUNCTION pg_temp.authorized(provider text, member text DEFAULT NULL, options jsonb DEFAULT '{}') RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    c record := pg_temp.connect(provider, member, options);
BEGIN
    PERFORM lealup.complete_connect(pg_temp.parameter(c.authorization_url, 'state'), 'code');
    RETURN c.connection_id;
END $$;
CREATE FUNCTION pg_temp.me(provider text, account text) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('status', 200, 'body', CASE provider WHEN 'test_rota' THEN jsonb_build_object('data', jsonb_build_object('me', jsonb_build_object('id', account, 'name', account)))
        ELSE jsonb_build_object('user', jsonb_build_object('id', account, 'email', account || '@box.example', 'region', 'eu')) END) $$;
CREATE FUNCTION pg_temp.connected(provider text, account text, member text DEFAULT NULL, options jsonb DEFAULT '{}') RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    id uuid := pg_temp.authorized(provider, member, options);
BEGIN
    PERFORM pg_temp.record(id, 'token', 'answer', '{"status": 200, "body": {"expires_in": 3600}}', pg_temp.sealed(id, 'access_token', 'refresh_token'));
    PERFORM pg_temp.record(id, 'identity', 'answer', pg_temp.me(provider, account));
    RETURN id;
END $$;

SELECT is(pg_temp.request(:'box', 'token'), '{"method": "POST", "url": "https://login.box.example/token", "accept": "application/json", "anonymous": true,
    "form": {"grant_type": "authorization_code", "client_id": "client-1", "redirect_uri": "https://hub.example/v1/oauth/callback"},
    "fields": [{"in": "form", "name": "code", "secret": "code"}, {"in": "form", "name": "code_verifier", "secret": "code_verifier"}, {"in": "form", "name": "client_secret", "secret": "client_secret", "owner": "client"}],
    "secret_answer": {"access_token": "access_token", "refresh_token": "refresh_token"}}', 'the request for a token names secrets, and shows none');
-- The network is away for a moment.
SELECT is(pg_temp.record(:'box', 'token', 'retry', '{"status": 503}'), 'pending', 'a provider that is down is asked again');
SELECT results_eq(format('SELECT due_at > clock_timestamp(), error, attempts FROM lealup.connection_job WHERE connection_id = %L', :'box'), $$VALUES (true, 'it answered 503', 1)$$, 'in a while');
SELECT is(pg_temp.record(:'box', 'token', 'answer', '{"status": 200, "body": {"token_type": "Bearer", "expires_in": 3600, "scope": "profile files.read"}}', pg_temp.sealed(:'box', 'access_token', 'refresh_token=f1')), 'pending', 'a token');
SELECT is(pg_temp.held(:'box'), 'new_access_token new_refresh_token', 'is not used before it is known whose it is, and the code is gone') UNION ALL SELECT is(pg_temp.jobs(:'box'), 'identity', 'which is asked next');
SELECT is(pg_temp.request(:'box', 'identity'), '{"method": "GET", "url": "https://api.box.example/v1/me", "anonymous": true, "fields": [{"in": "header", "name": "Authorization", "prefix": "Bearer ", "secret": "new_access_token"}]}', 'with the token');
SELECT is(pg_temp.record(:'box', 'identity', 'answer', pg_temp.me('test_box', 'u1')), 'connected', 'then it is connected');
SELECT results_eq(format('SELECT account_id, account_name, facts, scopes, token_version, token_fingerprint FROM lealup.connection WHERE id = %L', :'box'),
    $$VALUES ('u1', 'u1@box.example', '{"region": "eu"}'::jsonb, '{files.read,profile}'::text[], 1, 'f1')$$, 'with what was granted, and an optional scope may be declined');
SELECT is(pg_temp.held(:'box'), 'access_token refresh_token', 'its tokens are in use') UNION ALL SELECT is(pg_temp.jobs(:'box'), 'refresh watch:files', 'the refresh is planned, and notifications are asked for');
SELECT ok(due_at BETWEEN clock_timestamp() + interval '53 minutes' AND clock_timestamp() + interval '54 minutes', 'ahead by a tenth of its life') FROM lealup.connection_job WHERE connection_id = :'box' AND kind = 'refresh';
SELECT results_eq(format('SELECT stream, mode, next_run_at <= clock_timestamp(), age(clock_timestamp(), since) BETWEEN ''29 days'' AND ''31 days'' FROM lealup.connection_stream WHERE connection_id = %L ORDER BY 1', :'box'),
    $$VALUES ('files', 'backfill', true, true), ('notes', 'backfill', true, true)$$, 'its streams are due');

-- Every way in which there is no token. RFC 6749 5.2, Google's, and what others do.
CREATE FUNCTION pg_temp.token_answer(outcome text, response jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    c uuid := pg_temp.authorized('test_box', 'bea');
BEGIN
    RETURN pg_temp.record(c, 'token', outcome, response) || CASE WHEN pg_temp.held(c) <> '' OR pg_temp.jobs(c) <> '' THEN ' !' ELSE '' END;
END $$;
SELECT alike(pg_temp.token_answer('refused', v.r::jsonb), v.e, v.r) FROM (VALUES
    ('{"status": 400, "body": {"error": "invalid_grant", "error_description": "Malformed auth code."}}', 'error | Box does not accept the grant any more (invalid_grant)%It says: Malformed auth code.'),
    ('{"status": 401, "body": {"error": "invalid_client", "error_description": "The OAuth client was not found."}}', 'error | Box does not accept the OAuth client (invalid_client)%not found.'),
    ('{"status": 401, "body": {"error": "invalid_client", "error_description": "Unauthorized"}}', 'error | Box does not accept the OAuth client%'),
    ('{"status": 400, "body": {"error": "unauthorized_client"}}', 'error | Box does not accept the OAuth client%'), ('{"status": 401, "body": {"error": "deleted_client"}}', 'error | Box does not accept the OAuth client%'),
    ('{"status": 400, "body": {"error": "redirect_uri_mismatch", "error_description": "Bad Request"}}', 'error | Box does not accept the OAuth client%'), ('{"status": 403, "body": {"error": "admin_policy_enforced"}}', 'error | An administrator at Box%'),
    ('{"status": 400, "body": {"error": "unsupported_grant_type"}}', 'error | Box refused it (unsupported_grant_type).'), ('{"status": 400, "body": {"error": "invalid_request", "error_description": "Missing parameter: code"}}', 'error | Box refused it (invalid_request).%'),
    ('{"status": 400, "body": {"error": "invalid_scope"}}', 'error | Box does not grant the scopes%'), ('{"status": 403, "body": null, "text": ""}', 'error | Box refused it (status 403).'),
    ('{"status": 400, "body": null, "text": ""}', 'error | Box does not accept the grant any more%'), ('{"status": 400, "body": {"type": "about:blank", "title": "Bad Request", "detail": "no"}}', 'error | Box refused it (Bad Request). It says: no'),
    ('{"status": 403, "body": {"error": {"code": 403, "message": "Forbidden", "status": "PERMISSION_DENIED"}}}', 'error | Box refused it (PERMISSION_DENIED). It says: Forbidden'),
    ('{"status": 400, "body": ["x"]}', 'error | Box refused it (status 400).'), ('{"status": 400, "body": {"error": "<script>\n"}}', 'error | Box refused it (?script??).')) v(r, e);
SELECT is(pg_temp.token_answer('answer', v.r::jsonb), v.e, v.r) FROM (VALUES ('{"status": 200, "body": {"error": "bad_verification_code", "error_description": "The code is incorrect"}}', 'error | Box does not accept the grant any more (bad_verification_code): it was revoked, has expired, or was used already. It says: The code is incorrect'),
    ('{"status": 200, "body": {"ok": false, "error": "invalid_code"}}', 'error | Box refused it (invalid_code).'), ('{"status": 200, "body": null, "text": "<html>"}', 'error | Box refused it (status 200).')) v(r, e);
SELECT is((SELECT count(*) FROM lealup.event WHERE event_type = 'integration.disconnected'), 0::bigint, 'what never worked is not reported as broken');
SELECT connection_id AS slow, authorization_url AS slow_url FROM pg_temp.connect('test_box', 'bea') \gset
SELECT lealup.complete_connect(pg_temp.parameter(:'slow_url', 'state'), 'code');
SELECT alike(pg_temp.record(:'slow', 'token', 'retry', '{"status": 0}', now => clock_timestamp() + interval '11 minutes'), 'error | Box gave no token: it could not be reached.', 'a code does not last longer than 10 minutes');

-- Granular consent.
SELECT pg_temp.authorized('test_box', 'bea') AS c \gset
SELECT is(pg_temp.record(:'c', 'token', 'answer', '{"status": 200, "body": {"scope": "profile"}}', pg_temp.sealed(:'c', 'access_token', 'refresh_token')), 'error | Box was not granted: to read your files.', 'a required scope that is not granted is named in plain words');
SELECT is((SELECT fix FROM lealup.connections WHERE id = :'c'), 'Connect again, and leave every box ticked where the provider asks for your consent.', 'with what to do');
SELECT is(pg_temp.held(:'c') || pg_temp.jobs(:'c'), '', 'the token is gone; whose it was is not known, and it may be the grant of another connection');
SELECT pg_temp.authorized('test_box', 'bea') AS c \gset
SELECT is(pg_temp.record(:'c', 'token', 'answer', '{"status": 200, "body": {"scope": ["files.read", "profile", "openid"]}}', pg_temp.sealed(:'c', 'access_token', 'refresh_token')), 'pending', 'scopes may be an array');
SELECT alike(pg_temp.record(:'c', 'identity', 'answer', '{"status": 200, "body": {"user": {}}}'), 'error | Box did not say whose account it is.', 'an identity without an id');

-- One token, one connection; one account, one connection.
SELECT pg_temp.authorized('test_box', 'bea') AS c \gset
SELECT is(pg_temp.record(:'c', 'token', 'answer', '{"status": 200, "body": {}}', pg_temp.sealed(:'c', 'access_token', 'refresh_token=f1')), format('error | Box gave the token of connection %s, which two cannot share.', :'box'), 'a token that another connection has is refused');
SELECT is(pg_temp.held(:'c') || pg_temp.jobs(:'c'), '', 'and forgotten, not revoked');
SELECT pg_temp.authorized('test_box', 'ana') AS c \gset
SELECT pg_temp.record(:'c', 'token', 'answer', '{"status": 200, "body": {}}', pg_temp.sealed(:'c', 'access_token', 'refresh_token'));
SELECT is(pg_temp.record(:'c', 'identity', 'answer', pg_temp.me('test_box', 'u1')), format('error | u1@box.example is connected already, by connection %s.', :'box'), 'an account is connected once for a member');
SELECT is(pg_temp.held(:'c') || pg_temp.jobs(:'c'), '', 'the grant that both share stays');
SELECT pg_temp.connected('test_box', 'u1', 'bea') AS c \gset
SELECT is((SELECT state FROM lealup.connection WHERE id = :'c'), 'connected', 'for another member it may be connected as well');

-- ----- Refresh -----
SELECT is(pg_temp.request(:'box', 'refresh') -> 'form', '{"grant_type": "refresh_token", "client_id": "client-1"}', 'a refresh') UNION ALL
SELECT is(pg_temp.request(:'box', 'refresh') #> '{fields,0}', '{"in": "form", "name": "refresh_token", "secret": "refresh_token"}', 'with the refresh token');
SELECT is(pg_temp.record(:'box', 'refresh', 'answer', '{"status": 200, "body": {"expires_in": 600}}', pg_temp.sealed(:'box', 'access_token')), 'connected', 'is answered');
SELECT results_eq(format('SELECT token_version, token_fingerprint, token_expires_at > clock_timestamp() + interval ''9 minutes'', (SELECT due_at < clock_timestamp() + interval ''5 minutes'' FROM lealup.connection_job WHERE connection_id = c.id AND kind = ''refresh'') FROM lealup.connection c WHERE id = %L', :'box'),
    $$VALUES (2, 'f1', true, true)$$, 'where no new refresh token comes the old one stays; of a short life the next is due 5 minutes ahead');
SELECT is(pg_temp.held(:'box'), 'access_token refresh_token', 'there is one of each');
SELECT is(pg_temp.record(:'box', 'refresh', 'retry', jsonb_build_object('status', 429, 'until', clock_timestamp() + interval '1 hour')), 'connected', 'a refresh that must wait');
SELECT ok(due_at > clock_timestamp() + interval '59 minutes', 'waits as long as the provider says') FROM lealup.connection_job WHERE connection_id = :'box' AND kind = 'refresh';
SELECT pg_temp.record(:'box', 'refresh', 'retry', '{"status": 503}') FROM generate_series(1, 12);
SELECT ok(due_at BETWEEN clock_timestamp() + interval '9 minutes' AND clock_timestamp() + interval '10 minutes', 'else at most 10 minutes') FROM lealup.connection_job WHERE connection_id = :'box' AND kind = 'refresh';
SELECT is(pg_temp.record(:'box', 'refresh', 'refused', '{"status": 400, "body": {"error": "temporarily_unavailable"}}'), 'connected', 'some say so with 400');
SELECT is(pg_temp.record(:'box', 'refresh', 'retry', '{"status": 503}', now => clock_timestamp() + interval '1 hour'), 'connected', 'when the old token has ended');
SELECT is((SELECT waiting FROM lealup.connections WHERE id = :'box'), 'Box gives no new access token: it answered 503.', 'it is seen what it waits for');
UPDATE lealup.connection_job SET state = state - 'failures' WHERE connection_id = :'box' AND kind = 'refresh';
SELECT is(pg_temp.record(:'box', 'refresh', 'refused', v.r::jsonb), 'connected', 'no word of OAuth, so that it is tried again: ' || v.r) FROM generate_series(1, 2), (VALUES
    ('{"status": 302, "body": null, "text": ""}'), ('{"status": 400, "body": null, "text": "(no JSON)"}'), ('{"status": 401, "body": null, "text": "(no JSON)"}'),
    ('{"status": 404, "body": {}}'), ('{"status": 200, "body": {"ok": false, "error": "internal_error"}}')) v(r);
SELECT is(pg_temp.held(:'box'), 'access_token refresh_token', 'nothing is lost by that');

-- invalid_grant, twice.
SELECT is(pg_temp.record(:'box', 'refresh', 'refused', '{"status": 400, "body": {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}}'), 'connected', 'said once it may pass');
SELECT ok(due_at BETWEEN clock_timestamp() + interval '29 seconds' AND clock_timestamp() + interval '31 seconds', 'it is asked again after 30 seconds') FROM lealup.connection_job WHERE connection_id = :'box' AND kind = 'refresh';
SELECT alike(pg_temp.record(:'box', 'refresh', 'refused', '{"status": 400, "body": null, "text": ""}'), 'error | Box does not accept the grant any more (invalid_grant)%', 'said twice the grant is gone');
SELECT is(pg_temp.events(:'box'), 1::bigint, 'which is an event') UNION ALL SELECT is(pg_temp.held(:'box') || pg_temp.jobs(:'box'), '', 'nothing is left of it, and nothing goes on');
SELECT lealup._connection_problem(:'tenant', :'box', 'Again.', NULL, clock_timestamp());
SELECT is(pg_temp.events(:'box'), 1::bigint, 'once');
SELECT results_eq(format('SELECT data ->> ''integration'', data ->> ''reason'' LIKE ''Box does not accept%%'' FROM lealup.event WHERE data ->> ''connection_id'' = %L', :'box'), $$VALUES ('test_box', true)$$, 'it says which and why');
SELECT is((SELECT count(*) FROM lealup.notification WHERE tenant_id = :'tenant' AND text LIKE 'Box (u1@box.example) is disconnected: %Reconnect it.'), 1::bigint, 'the team is told');
SELECT isnt(trace_id, NULL, 'with an id to ask about') FROM lealup.connections WHERE tenant_id = :'tenant' AND state = 'error' AND reason LIKE 'Box was not%';

-- ----- Reconnecting -----
SELECT pg_temp.act('bea');
SELECT throws_ok(format('SELECT lealup.reconnect(%L, %L)', :'tenant', :'box'), '42501', NULL, 'nobody reconnects another member''s');
SELECT pg_temp.act('ada');
SELECT throws_ok(format('SELECT lealup.reconnect(%L, %L)', :'tenant', :'box'), '42501', NULL, 'not even an admin');
SELECT pg_temp.act('ana');
UPDATE lealup.connection_stream SET cursor = '"here"', mode = 'incremental' WHERE connection_id = :'box' AND stream = 'files';
SELECT lealup.reconnect(:'tenant', :'box') AS first \gset
SELECT lealup.reconnect(:'tenant', :'box') AS url \gset
SELECT throws_like(format('SELECT lealup.complete_connect(%L, ''code'')', pg_temp.parameter(:'first', 'state')), 'This link is not known%', 'a newer link replaces the one before');
SELECT is(lealup.complete_connect(pg_temp.parameter(:'url', 'state'), 'code'), :'box'::uuid, 'the same connection');
SELECT pg_temp.act(NULL);
SELECT pg_temp.record(:'box', 'token', 'answer', '{"status": 200, "body": {"expires_in": 3600}}', pg_temp.sealed(:'box', 'access_token', 'refresh_token=f2'));
SELECT alike(pg_temp.record(:'box', 'identity', 'answer', pg_temp.me('test_box', 'u9')), 'error | It was connected with u9@box.example, not with u1@box.example as before.', 'another account than before is refused');
SELECT is(pg_temp.held(:'box') || pg_temp.jobs(:'box'), 'revoke_refresh_tokenrevoke', 'and that grant is given back');
SELECT pg_temp.record(:'box', 'revoke', 'answer', '{"status": 200}');
SELECT lealup.complete_connect(pg_temp.parameter(lealup.reconnect(:'tenant', :'box'), 'state'), 'code');
SELECT pg_temp.record(:'box', 'token', 'answer', '{"status": 200, "body": {"expires_in": 3600}}', pg_temp.sealed(:'box', 'access_token', 'refresh_token=f3'));
SELECT is(pg_temp.record(:'box', 'identity', 'answer', pg_temp.me('test_box', 'u1')), 'connected', 'the same one is welcome');
SELECT results_eq(format('SELECT cursor, mode, next_run_at <= clock_timestamp() FROM lealup.connection_stream WHERE connection_id = %L AND stream = ''files''', :'box'), $$VALUES ('"here"'::jsonb, 'incremental', true)$$, 'its streams go on where they were');
-- A working one is not harmed by an attempt that fails.
SELECT lealup.fail_connect(pg_temp.parameter(lealup.reconnect(:'tenant', :'box'), 'state'), 'access_denied', 'no');
SELECT results_eq(format('SELECT state, reason FROM lealup.connection WHERE id = %L', :'box'), $$VALUES ('connected', 'It works as before; connecting it anew failed: Access to Box was declined. It says: no')$$, 'what works goes on when somebody changes their mind');
SELECT lealup.complete_connect(pg_temp.parameter(lealup.reconnect(:'tenant', :'box', '{"allow_other_account": true}'), 'state'), 'code');
SELECT pg_temp.record(:'box', 'token', 'answer', '{"status": 200, "body": {"expires_in": 3600}}', pg_temp.sealed(:'box', 'access_token', 'refresh_token=f4'));
SELECT is(pg_temp.held(:'box'), 'access_token new_access_token new_refresh_token refresh_token', 'until it is known whose they are the old tokens serve');
SELECT is(pg_temp.record(:'box', 'identity', 'answer', pg_temp.me('test_box', 'u2')), 'connected', 'another account is taken where that is allowed');
SELECT is(account_id, 'u2', 'and it is its now') FROM lealup.connection WHERE id = :'box';

-- ----- Tokens that are good for one refresh -----
SELECT pg_temp.connected('test_rota', 'r1', NULL, '{"site": "acme"}') AS rota \gset
SELECT is(pg_temp.request(:'rota', 'refresh'), '{"method": "POST", "url": "https://acme.rota.example/token", "accept": "application/json", "anonymous": true, "json": {"grant_type": "refresh_token"},
    "fields": [{"in": "json", "name": "refresh_token", "secret": "refresh_token"}, {"in": "basic", "user": "everybodys", "secret": "client_secret", "owner": "client"}], "secret_answer": {"access_token": "access_token", "refresh_token": "refresh_token"}}',
    'a host by option, a body in JSON, a client by basic authentication');
SELECT pg_temp.record(:'rota', 'refresh', 'answer', '{"status": 200, "body": {"expires_in": 3600}}', pg_temp.sealed(:'rota', 'access_token', 'refresh_token=g1'));
SELECT is(pg_temp.held(:'rota'), 'access_token previous_refresh_token refresh_token', 'the token before stays for now');
SELECT pg_temp.record(:'rota', 'refresh', 'refused', '{"status": 401, "body": null, "text": ""}');
SELECT is(pg_temp.request(:'rota', 'refresh') #>> '{fields,0,secret}', 'previous_refresh_token', 'if the new one is refused, it is tried');
SELECT is(pg_temp.record(:'rota', 'refresh', 'answer', '{"status": 200, "body": {"expires_in": 3600}}', pg_temp.sealed(:'rota', 'access_token', 'refresh_token=g2')), 'connected', 'and may bring the answer that was lost');
SELECT lealup._token_worked(:'tenant', :'rota');
SELECT is(pg_temp.held(:'rota'), 'access_token refresh_token', 'once the access token has worked it is forgotten');
SELECT is(lealup._request_refresh(:'tenant', :'rota', token_version - 1, clock_timestamp()), true, 'the refusal of an earlier token is no news') FROM lealup.connection WHERE id = :'rota';
SELECT ok(due_at > clock_timestamp() + interval '10 minutes', 'nothing is due') FROM lealup.connection_job WHERE connection_id = :'rota' AND kind = 'refresh';
CREATE FUNCTION pg_temp.refuse(connection uuid) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lealup._request_refresh(c.tenant_id, c.id, c.token_version, clock_timestamp()) FROM lealup.connection c WHERE c.id = refuse.connection;
    PERFORM pg_temp.record(connection, 'refresh', 'answer', '{"status": 200, "body": {"expires_in": 3600}}', pg_temp.sealed(connection, 'access_token'));
    RETURN (SELECT c.state = 'connected' FROM lealup.connection c WHERE c.id = refuse.connection);
END $$;
SELECT is(pg_temp.refuse(:'rota'), n < 4, 'a new token refused: ' || n) FROM generate_series(1, 4) n;
SELECT is((SELECT reason FROM lealup.connection WHERE id = :'rota'), 'Rota refuses every access token that it gives.', 'is no endless loop');

-- The client.
SELECT pg_temp.connected('test_rota', 'r2', NULL, '{"site": "acme"}') AS rota2 \gset
UPDATE lealup.connection_job SET state = '{"failures": 20}' WHERE connection_id = :'rota2' AND kind = 'refresh';
SELECT alike(pg_temp.record(:'rota2', 'refresh', 'refused', '{"status": 404, "body": {}}'), 'error | Rota refused it (status 404)%', 'but not for good');
SELECT alike(pg_temp.record(:'rota2', 'refresh', 'refused', '{"status": 401, "body": {"error": "invalid_client"}}'), 'error | Rota does not accept the OAuth client (invalid_client)%', 'a client that is refused is said to be');
SELECT is(pg_temp.held(:'rota2'), 'access_token refresh_token', 'the grant may be good') UNION ALL SELECT is(pg_temp.jobs(:'rota2'), 'refresh', 'so that it waits');
SELECT is((SELECT status FROM lealup.connection_jobs WHERE connection_id = :'rota2'), 'waiting', 'for somebody');
SET LOCAL ROLE regress_lealup_all;
SELECT lealup.set_oauth_client(NULL, 'test_rota', 'everybodys', 'right-secret');
RESET ROLE;
SELECT is((SELECT status FROM lealup.connection_jobs WHERE connection_id = :'rota2'), 'due', 'who puts it right');
SELECT is(pg_temp.record(:'rota2', 'refresh', 'answer', '{"status": 200, "body": {}}', pg_temp.sealed(:'rota2', 'access_token', 'refresh_token')), 'connected', 'and then it goes on');
SELECT throws_ok('SELECT lealup.delete_oauth_client(NULL, ''test_rota'')', '55000', NULL, 'a client in use is not deleted');

-- ----- Keys -----
SELECT connection_id AS keyed, authorization_url IS NULL AS nowhere FROM pg_temp.connect('test_keyed', NULL, '{"key": "k-secret"}') \gset
SELECT is(:'nowhere'::boolean, true, 'with a key nobody is sent anywhere');
SELECT is(options, '{}', 'it is not among the options') FROM lealup.connection WHERE id = :'keyed';
SELECT is(pg_temp.request(:'keyed', 'identity'), '{"method": "GET", "url": "https://api.keyed.example/account", "anonymous": true, "fields": [{"in": "header", "name": "X-Key", "secret": "key"}]}', 'the key is tried');
SELECT is(pg_temp.record(:'keyed', 'identity', 'refused', '{"status": 401}'), 'error | Keyed does not accept the key.', 'it may be wrong');
SELECT is(lealup.reconnect(:'tenant', :'keyed', '{"key": "k-other"}'), NULL, 'another one');
SELECT is(pg_temp.record(:'keyed', 'identity', 'answer', '{"status": 200, "body": {"id": 17, "name": "Acme"}}'), 'connected', 'is right');
SELECT is(pg_temp.held(:'keyed'), 'key', 'and the only one');
SELECT is(lealup._request_refresh(:'tenant', :'keyed', 0, clock_timestamp()), false, 'there is no refresh for a key');
SELECT is(reason, 'Keyed does not accept the key any more.', 'which is said') FROM lealup.connection WHERE id = :'keyed';
SELECT connection_id AS c FROM pg_temp.connect('test_bare') \gset
SELECT is((SELECT state FROM lealup.connection WHERE id = :'c'), 'connected', 'what can be asked nothing is connected at once');

-- ----- Watches -----
SELECT is(pg_temp.request(:'box', 'watch:files'), '{"method": "POST", "url": "https://api.box.example/v1/watch", "json": {"old": null}, "anonymous": true, "fields": [{"in": "header", "name": "Authorization", "prefix": "Bearer ", "secret": "access_token"}]}', 'notifications are asked for');
SELECT pg_temp.record(:'box', 'watch:files', 'answer', jsonb_build_object('status', 200, 'body', jsonb_build_object('id', 'w1', 'until', clock_timestamp() + interval '2 days')));
SELECT results_eq(format('SELECT s.watch, j.due_at BETWEEN clock_timestamp() + interval ''23 hours'' AND clock_timestamp() + interval ''25 hours'' FROM lealup.connection_stream s JOIN lealup.connection_job j ON j.connection_id = s.connection_id AND j.kind = ''watch:files'' WHERE s.connection_id = %L AND stream = ''files''', :'box'),
    $$VALUES ('{"id": "w1"}'::jsonb, true)$$, 'and renewed in the middle of their life');
SELECT is(pg_temp.request(pg_temp.connected('test_box', 'u7', 'bea', '{"mode": "poll"}'), 'watch:files'), NULL, 'a connection may want none');

-- ----- Disconnecting -----
SELECT pg_temp.act('ana');
-- A client is the same if it has the same id there.
SELECT pg_temp.act('ada');
SELECT lealup.set_oauth_client(:'tenant', 'test_shelf', 'client-1', 'box-secret', 'https://hub.example/v1/oauth/callback');
SELECT pg_temp.act('ana');
SELECT pg_temp.connected('test_shelf', 'u2') AS shelf \gset
SELECT pg_temp.act('bea');
SELECT throws_ok(format('SELECT lealup.disconnect(%L, %L)', :'tenant', :'shelf'), '42501', NULL, 'nobody disconnects another member''s');
SELECT throws_ok(format('SELECT lealup.disconnect(%L, %L)', :'tenant', :'rota2'), '42501', NULL, 'a csm does not disconnect the workspace''s');
SELECT pg_temp.act('ana');
UPDATE lealup.connection_stream SET claim_id = lealup.uuid7(), lease_until = clock_timestamp() + interval '1 minute' WHERE connection_id = :'box';
SELECT lealup.disconnect(:'tenant', :'box');
SELECT is(pg_temp.held(:'box'), 'revoke_access_token', 'by the shared grant another connection works: it is not revoked') UNION ALL SELECT is(pg_temp.jobs(:'box'), 'unwatch:files', 'only its notifications are ended');
SELECT is_empty(format('SELECT FROM lealup.connection_stream WHERE connection_id = %L AND claim_id IS NOT NULL', :'box'), 'whoever reads it has lost its lease');
SELECT is(pg_temp.request(:'box', 'unwatch:files') - 'url', '{"method": "POST", "json": {"old": {"id": "w1"}}, "anonymous": true, "fields": [{"in": "header", "name": "Authorization", "prefix": "Bearer ", "secret": "revoke_access_token"}]}', 'with the token that was kept for that');
SELECT is(pg_temp.record(:'box', 'unwatch:files', 'refused', '{"status": 404}'), 'disconnected', 'whatever is answered');
SELECT is(pg_temp.held(:'box') || pg_temp.jobs(:'box'), '', 'it is over');
SELECT pg_temp.act('ada');
SELECT lealup.disconnect(:'tenant', :'shelf');
SELECT pg_temp.act(NULL);
SELECT is(pg_temp.held(:'shelf') || ' ' || pg_temp.jobs(:'shelf'), 'revoke_refresh_token revoke', 'the last one revokes it; an admin may disconnect anybody''s');
SELECT is(pg_temp.request(:'shelf', 'revoke'), '{"method": "POST", "url": "https://login.box.example/revoke", "anonymous": true, "fields": [{"in": "form", "name": "token", "secret": "revoke_refresh_token"}]}', 'a request with the token');
SELECT pg_temp.record(:'shelf', 'revoke', 'retry', '{"status": 503}');
SELECT matches((SELECT revoking FROM lealup.connections WHERE id = :'shelf'), '^Its grant is being revoked since .*: it answered 503\.$', 'while the provider is down it is seen');
SELECT pg_temp.record(:'shelf', 'revoke', 'retry', '{"status": 503}') FROM generate_series(1, 12);
SELECT ok(due_at BETWEEN clock_timestamp() + interval '50 minutes' AND clock_timestamp() + interval '61 minutes', 'and tried every hour') FROM lealup.connection_job WHERE connection_id = :'shelf';
SELECT is(pg_temp.record(:'shelf', 'revoke', 'retry', '{"status": 503}', now => clock_timestamp() + interval '73 hours'), 'disconnected | Its access at Shelf could not be revoked: it answered 503.', 'for 3 days');
SELECT is(pg_temp.held(:'shelf') || pg_temp.jobs(:'shelf'), '', 'then nothing is left of it');
SELECT pg_temp.connected('test_rota', 'r3', NULL, '{"site": "acme"}') AS rota3 \gset
SELECT lealup.disconnect(:'tenant', :'rota3');
SELECT is(pg_temp.request(:'rota3', 'revoke') -> 'fields', '[{"in": "header", "name": "Authorization", "prefix": "Bearer ", "secret": "revoke_access_token"}]', 'some revoke what the request bears');
SELECT is(pg_temp.record(:'rota3', 'refresh', 'answer', '{"status": 200, "body": {}}', pg_temp.sealed(:'rota3', 'access_token', 'refresh_token')), 'disconnected', 'an answer that comes too late');
SELECT is(pg_temp.held(:'rota3'), 'revoke_access_token', 'changes nothing');
SELECT pg_temp.record(:'rota3', 'revoke', 'refused', '{"status": 401, "body": {"error": "invalid_client"}}');
SELECT is(pg_temp.jobs(:'rota3'), 'revoke', 'a client that is refused has revoked nothing');
SELECT pg_temp.record(:'rota3', 'revoke', 'refused', '{"status": 400, "body": {"error": "invalid_token"}}');
SELECT is(pg_temp.held(:'rota3') || pg_temp.jobs(:'rota3'), '', 'what is no token any more need not be revoked');
SELECT lealup._connection_problem(:'tenant', :'rota3', 'Too late.', NULL, clock_timestamp());
SELECT is((SELECT concat_ws(' ', state, reason) FROM lealup.connection WHERE id = :'rota3'), 'disconnected', 'who is disconnected has no problems');
SELECT is(pg_temp.events(:'rota3'), 0::bigint, 'nor is anybody told of what somebody wanted');

-- ----- Pausing -----
SELECT lealup.pause_connection(:'tenant', :'rota2');
SELECT is((SELECT waiting FROM lealup.connections WHERE id = :'rota2' AND next_run_at IS NULL), 'It is paused.', 'a pause is seen');
SELECT lealup.resume_connection(:'tenant', :'rota2');
SELECT is((SELECT concat(waiting, next_run_at <= clock_timestamp()) FROM lealup.connections WHERE id = :'rota2'), 't', 'and ends');
SELECT throws_ok(format('SELECT lealup.pause_connection(%L, %L)', :'tenant', :'rota3'), '55000', NULL, 'there is nothing to pause');
SELECT throws_ok(format('SELECT lealup.resume_connection(%L, lealup.uuid7())', :'tenant'), 'P0002', NULL, 'nor to resume');
SELECT throws_ok(format('SELECT lealup.disconnect(%L, %L)', :'other', :'rota2'), 'P0002', NULL, 'another tenant''s is not there');

-- ----- Changing -----
SELECT pg_temp.connected('test_box', 'u6', 'bea', '{"folder": "abc"}') AS box6 \gset
UPDATE lealup.connection_stream SET cursor = '"here"', mode = 'incremental', claim_id = lealup.uuid7() WHERE connection_id = :'box6';
SELECT lealup.update_connection(:'tenant', :'box6', '{"mode": "all"}');
SELECT is((SELECT count(*) FROM lealup.connection_stream WHERE connection_id = :'box6' AND cursor = '"here"'), 2::bigint, 'a change that changes nothing changes nothing');
SELECT lealup.update_connection(:'tenant', :'box6', '{"folder": null, "mode": "new", "backfill": "7 days"}');
SELECT results_eq(format('SELECT DISTINCT c.options, c.backfill, s.cursor, s.mode, s.generation, s.claim_id, s.next_run_at <= clock_timestamp() FROM lealup.connection c JOIN lealup.connection_stream s ON s.connection_id = c.id WHERE c.id = %L', :'box6'),
    $$VALUES ('{"mode": "new"}'::jsonb, interval '7 days', NULL::jsonb, 'backfill', 2, NULL::uuid, true)$$, 'what is set up otherwise is read anew');
SELECT throws_like(format('SELECT lealup.update_connection(%L, %L, ''{"key": "k-x"}'')', :'tenant', :'keyed'), 'unknown option: "key"', 'a secret is not changed so');
SELECT pg_temp.act('ana');
SELECT throws_ok(format('SELECT lealup.update_connection(%L, %L, ''{}'')', :'tenant', :'box6'), '42501', NULL, 'another member''s is not changed');
SELECT pg_temp.act(NULL);
-- Somebody gives up while it is being asked whose account it is.
SELECT pg_temp.authorized('test_rota', NULL, '{"site": "acme"}') AS rota4 \gset
SELECT pg_temp.record(:'rota4', 'token', 'answer', '{"status": 200, "body": {}}', pg_temp.sealed(:'rota4', 'access_token', 'refresh_token'));
SELECT lealup.disconnect(:'tenant', :'rota4');
SELECT is(pg_temp.held(:'rota4') || ' ' || pg_temp.jobs(:'rota4'), 'revoke_access_token revoke', 'a grant that was just given is given back');
-- A provider's function that raises an error, or an answer that it does not understand, is a matter of its own job.
SELECT is(pg_temp.record(:'box6', 'watch:files', 'answer', '{"status": 200, "body": {"until": "soon"}}'), 'connected', 'an answer that is not understood');
SELECT alike((SELECT error FROM lealup.connection_jobs WHERE connection_id = :'box6' AND kind = 'watch:files'), 'invalid input syntax%', 'is seen at its job');
UPDATE lealup.provider_stream SET watch_request = 'lealup._test_broken' WHERE provider = 'test_box' AND name = 'files';
CREATE FUNCTION lealup._test_broken(call jsonb) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN to_jsonb(1 / 0); END $$;
GRANT EXECUTE ON FUNCTION lealup._test_broken(jsonb) TO lealup_provider;
SELECT is(pg_temp.request(:'box6', 'watch:files'), NULL, 'a function that raises an error gives no request');
SELECT alike((SELECT error FROM lealup.connection_jobs WHERE connection_id = :'box6' AND kind = 'watch:files'), '%division by zero%', 'which is seen as well');

-- ----- Purging -----
SELECT pg_temp.connected('test_box', 'u5', 'bea') AS box5 \gset
-- Seven mails of its own, one that another connection has as well, a meeting and a document.
INSERT INTO lealup.timeline_event (tenant_id, kind, source, connection_id, external_id) SELECT :'tenant', 'email', 'test_box', :'box5', 'e' || n FROM generate_series(1, 8) n;
INSERT INTO lealup.kb_document (tenant_id, source, external_id, title, body, content_hash) VALUES (:'tenant', 'test_box', 'd', 'x', 'x', ''), (:'tenant', 'test_box', 'other', 'x', 'x', '');
INSERT INTO lealup.meeting (tenant_id, source, connection_id, external_id, title, starts_at, ends_at) VALUES (:'tenant', 'test_box', :'box5', 'm', 'x', now(), now());
INSERT INTO lealup.sync_record (tenant_id, connection_id, stream, id, generation, targets, updated_at)
SELECT :'tenant', c.id::uuid, 'files', t, 1, ARRAY[t], now() FROM (
    SELECT :'box5' AS id, 'timeline_event:e' || n AS t FROM generate_series(1, 8) n UNION ALL SELECT :'box5', unnest(ARRAY['kb_document:d', 'meeting:m']) UNION ALL SELECT :'box6', 'timeline_event:e8') c;
SELECT lealup.disconnect(:'tenant', :'box5', purge => true);
SELECT is((SELECT purging FROM lealup.connections WHERE id = :'box5'), true, 'what it brought goes');
SELECT throws_ok(format('SELECT lealup.reconnect(%L, %L)', :'tenant', :'box5'), '55000', NULL, 'and it cannot come back before');
SELECT is(lealup._connection_upkeep(clock_timestamp(), 5), true, 'in batches') FROM generate_series(1, 3);
SELECT results_eq(format('SELECT (SELECT string_agg(external_id, '' '') FROM lealup.timeline_event WHERE source = ''test_box''), (SELECT string_agg(external_id, '' '') FROM lealup.kb_document WHERE source = ''test_box''),
        (SELECT count(*) FROM lealup.meeting WHERE source = ''test_box''), (SELECT count(*) FROM lealup.connection_stream WHERE connection_id = %L)', :'box5'),
    $$VALUES ('e8', 'other', 0::bigint, 0::bigint)$$, 'and nothing else: what another connection has as well stays');
SELECT is((SELECT purging FROM lealup.connections WHERE id = :'box5'), false, 'then it is over');

-- ----- What people see -----
SELECT results_eq(format('SELECT * FROM lealup.connection_scopes(%L, %L)', :'tenant', :'box'), $$VALUES ('files.read', true, true, 'your files', 'nothing', 'your mail'), ('profile', true, true, 'your name', 'nothing', NULL), ('files.write', false, false, 'your files', 'files', NULL)$$, 'scopes in plain words');
SELECT set_config('lealup.tenant_id', :'tenant', true);
SET LOCAL ROLE regress_lealup_app;
SELECT pg_temp.act('bea') FROM (SELECT set_config('role', 'none', true)) x;
SET LOCAL ROLE regress_lealup_app;
SELECT is((SELECT options FROM lealup.connections WHERE id = :'box'), NULL, 'everybody sees that a connection is there, not how it is set up') UNION ALL
SELECT is((SELECT options ->> 'mode' FROM lealup.connections WHERE id = :'box5'), 'all', 'but of their own');
SELECT throws_ok('SELECT options FROM lealup.connection', '42501', NULL, 'the table does not tell either');
RESET ROLE;
SELECT pg_temp.act('ada');
SET LOCAL ROLE regress_lealup_app;
SELECT is((SELECT options ->> 'mode' FROM lealup.connections WHERE id = :'box'), 'all', 'an admin sees it');
RESET ROLE;
SELECT pg_temp.act(NULL);
SELECT set_config('lealup.tenant_id', '', true);
SET LOCAL ROLE regress_lealup_bound;
SELECT is_empty('SELECT FROM lealup.connections UNION ALL SELECT FROM lealup.connection_jobs', 'another tenant sees nothing');
RESET ROLE;

-- ----- What is nowhere -----
CREATE FUNCTION pg_temp.leaks(VARIADIC words text[]) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    t text;
BEGIN
    FOR t IN SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'lealup'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition LOOP
        RETURN QUERY EXECUTE format('SELECT DISTINCT %L FROM lealup.%I x, unnest($1) w WHERE position(w IN x::text) > 0 OR position(encode(w::bytea, ''hex'') IN x::text) > 0', t, t) USING words;
    END LOOP;
END $$;
SELECT is_empty(format('SELECT pg_temp.leaks(''box-secret'', ''shared-secret'', ''right-secret'', ''the-code'', ''k-secret'', ''k-other'', %L)', :'state'), 'no table holds a secret, a code or a state');
SELECT isnt_empty('SELECT pg_temp.leaks(''client-1'')', 'the search does find what is there');

-- ----- Upkeep -----
SELECT connection_id AS forgotten FROM pg_temp.connect('test_box', 'bea') \gset
UPDATE lealup.oauth_state SET expires_at = clock_timestamp() - interval '2 days' WHERE connection_id = :'forgotten';
UPDATE lealup.connection SET state_since = clock_timestamp() - interval '8 days' WHERE id = :'forgotten';
SELECT is(lealup._connection_upkeep(clock_timestamp(), 100), true, 'an old state') UNION ALL SELECT is(lealup._connection_upkeep(clock_timestamp(), 100), true, 'and what was begun with it');
SELECT is_empty(format('SELECT FROM lealup.connection WHERE id = %1$L UNION ALL SELECT FROM lealup.vault_secret WHERE owner_id = %1$L', :'forgotten'), 'are forgotten');
SELECT is(lealup._connection_upkeep(clock_timestamp(), 100), false, 'and nothing else is');

SELECT * FROM finish();
ROLLBACK;
