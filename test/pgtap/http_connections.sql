-- The HTTP API of connections, and the page to which providers send people back.
BEGIN;
SELECT plan(71);
\ir lib/http.sql
\ir lib/http_checked.sql
CREATE FUNCTION pg_temp.http(method text, target text, body text DEFAULT NULL, headers jsonb DEFAULT '{}', key text DEFAULT current_setting('test.key'))
    RETURNS pg_temp.answer LANGUAGE sql AS $$ SELECT pg_temp.judged(method, target, body, headers, key) $$;

INSERT INTO lealup.provider (name, title, kind, base_url, allowed_hosts, auth, fields, authorize_url, token_url, refresh, identity)
VALUES ('test_box', 'Box', 'personal', 'https://api.box.example', '{api.box.example}', 'oauth2', '[{"name": "folder", "title": "Folder", "pattern": "[a-z]+"}]', 'https://login.box.example/authorize', 'https://login.box.example/token', 'reusable', '{"path": "/me", "id": "id", "name": "name"}'),
    ('test_keyed', 'Keyed', 'workspace', 'https://api.keyed.example', '{api.keyed.example}', 'api_key', '[{"name": "key", "title": "Key", "secret": true, "required": true}]', NULL, NULL, 'none', NULL);
INSERT INTO lealup.provider_scope (provider, scope, reads, does_not_read) VALUES ('test_box', 'read', 'files', 'mail');
SELECT lealup.create_tenant('connections') AS tenant, lealup.create_tenant('other') AS other, lealup.uuid7() AS ana, lealup.uuid7() AS bea \gset
INSERT INTO lealup.member (tenant_id, id, email, role) VALUES (:'tenant', :'ana', 'ana@team.example', 'csm'), (:'tenant', :'bea', 'bea@team.example', 'csm');
SELECT lealup.set_oauth_client(:'tenant', 'test_box', 'client', 'client-secret', 'https://hub.example/v1/oauth/callback', '{"return_hosts": ["app.example"]}');
SELECT set_config('test.key', lealup.create_api_key(:'tenant', 'application', '{connections:write}', rate_limit => 1000000), true),
    set_config('test.ana', lealup.create_api_key(:'tenant', 'ana', '{connections:write}', :'ana', rate_limit => 1000000), true),
    set_config('test.bea', lealup.create_api_key(:'tenant', 'bea', '{connections:write}', :'bea', rate_limit => 1000000), true),
    set_config('test.read', lealup.create_api_key(:'tenant', 'read', '{connections:read}', rate_limit => 1000000), true),
    set_config('test.other', lealup.create_api_key(:'other', 'other', '{*}', rate_limit => 1000000), true);
CREATE FUNCTION pg_temp.parameter(url text, name text) RETURNS text LANGUAGE sql AS $$ SELECT lealup._percent_decode(substring(url FROM '[?&]' || name || '=([^&]*)')) $$;

-- ----- Providers -----
SELECT is(p - 'scopes' - 'fields', '{"name": "test_box", "title": "Box", "kind": "personal", "auth": "oauth2", "setup_steps": [], "problems": [], "docs_url": null}', 'a provider') FROM jsonb_array_elements(pg_temp.body('GET', '/v1/providers') -> 'data') p WHERE p ->> 'name' = 'test_box';
SELECT is(p #> '{scopes,0}', '{"scope": "read", "required": true, "reads": "files", "writes": null, "does_not_read": "mail"}', 'with its scopes') FROM jsonb_array_elements(pg_temp.body('GET', '/v1/providers') -> 'data') p WHERE p ->> 'name' = 'test_box';

-- ----- Connecting -----
SELECT is(pg_temp.refusal('POST', '/v1/connections', v.b, key => current_setting(v.k)), v.r, v.b || ' by ' || v.k) FROM (VALUES
    ('{}', 'test.ana', '422 provider'), ('{"provider": "test_nothing"}', 'test.ana', '422 provider'), ('{"provider": "test_box", "options": {"folder": "X"}}', 'test.ana', '422'), ('{"provider": "test_box", "options": 1}', 'test.ana', '422 options'),
    ('{"provider": "test_box", "scopes": [1]}', 'test.ana', '422 scopes[0]'), ('{"provider": "test_box", "secret": "x"}', 'test.ana', '422 secret'), ('{"provider": "test_box"}', 'test.key', '422 member_id'),
    ('{"provider": "test_box", "member_id": "x"}', 'test.key', '422 member_id'), ('{"provider": "test_keyed", "options": {"key": "x"}}', 'test.ana', '403'), ('{"provider": "test_box"}', 'test.read', '403'), ('{"provider": "test_box"}', 'test.other', '422 member_id')) v(b, k, r)
WHERE NOT (v.b LIKE '%folder%');
SELECT is(pg_temp.refusal('POST', '/v1/connections', format('{"provider": "test_box", "member_id": "%s"}', m), key => current_setting(k)), r, 'for whom: ' || k) FROM (VALUES (:'bea', 'test.ana', '403'), (lealup.uuid7()::text, 'test.key', '422 member_id')) v(m, k, r);
SELECT collect_tap(is(a.status, 422, 'an option that does not fit'), alike(a.body, '%folder%', 'is named')) FROM pg_temp.http('POST', '/v1/connections', '{"provider": "test_box", "options": {"folder": "X"}}', key => current_setting('test.ana')) a;
CREATE TEMP TABLE made AS SELECT (a).* FROM (SELECT pg_temp.http('POST', '/v1/connections', '{"provider": "test_box", "options": {"folder": "abc"}}', '{"idempotency-key": "a"}', current_setting('test.ana')) AS a OFFSET 0) x;
SELECT body::jsonb ->> 'id' AS id, '/v1/connections/' || (body::jsonb ->> 'id') AS path, pg_temp.parameter(body::jsonb ->> 'authorization_url', 'state') AS state FROM made \gset
SELECT is(status, 201, 'made') FROM made UNION ALL SELECT is(headers ->> 'location', :'path', 'with its place') FROM made UNION ALL SELECT alike(body::jsonb ->> 'authorization_url', 'https://login.box.example/authorize?%', 'and where to go') FROM made;
SELECT is(pg_temp.body('POST', '/v1/connections', '{"provider": "test_box", "options": {"folder": "abc"}}', '{"idempotency-key": "a"}', current_setting('test.ana')), jsonb_build_object('id', :'id', 'state', 'pending', 'authorization_url', NULL), 'repeated it is the same, without the URL');
SELECT ok(NOT EXISTS (SELECT FROM lealup.http_answer a WHERE a::text LIKE '%' || :'state' || '%'), 'which is not kept');

-- ----- Reading -----
SELECT is(b - '{created_at,state_since,id,scope_details}'::text[], jsonb_build_object('provider', 'test_box', 'title', 'Box', 'kind', 'personal', 'member_id', :'ana', 'member_name', NULL, 'member_email', 'ana@team.example',
    'account_id', NULL, 'account_name', NULL, 'state', 'pending', 'reason', NULL, 'fix', NULL, 'trace_id', NULL, 'paused', false, 'scopes', '[]'::jsonb, 'options', '{"folder": "abc"}'::jsonb, 'last_run_at', NULL, 'next_run_at', NULL, 'rows', 0,
    'errors', '[]'::jsonb, 'waiting', NULL, 'revoking', NULL, 'purging', false), 'a connection') FROM pg_temp.body('GET', :'path') b;
SELECT is(b -> 'scope_details', '[{"scope": "read", "required": true, "granted": false, "reads": "files", "writes": "nothing", "does_not_read": "mail"}]', 'with its scopes') FROM pg_temp.body('GET', :'path') b;
SELECT is(pg_temp.body('GET', :'path', key => current_setting('test.bea')) -> 'options', 'null', 'another member does not see how it is set up');
SELECT is(jsonb_array_length(pg_temp.body('GET', '/v1/connections' || q) -> 'data'), n, 'list ' || q) FROM (VALUES ('', 1), ('?provider=test_box', 1), ('?provider=test_keyed', 0), ('?state=pending', 1), ('?state=error', 0), ('?kind=workspace', 0), ('?member_id=' || :'bea', 0)) v(q, n);
SELECT is(pg_temp.body('GET', '/v1/connections', key => current_setting('test.other')) -> 'data', '[]', 'others see nothing');
SELECT is(pg_temp.status(v.m, :'path' || v.p, v.b, key => current_setting('test.other')), 404, 'another tenant''s: ' || v.p) FROM (VALUES ('GET', '', NULL), ('POST', '/reconnect', '{}'), ('POST', '/disconnect', '{}'), ('POST', '/pause', NULL), ('POST', '/resume', NULL)) v(m, p, b);
SELECT is(pg_temp.status('POST', :'path' || p, key => current_setting('test.bea')), 403, 'another member''s: ' || p) FROM unnest(ARRAY['/reconnect', '/disconnect', '/pause', '/resume']) p;

SELECT is(b -> 'options', '{"folder": "xyz"}', 'it is set up otherwise') FROM pg_temp.body('PATCH', :'path', '{"options": {"folder": "xyz"}}', key => current_setting('test.ana')) b;
SELECT is(pg_temp.status('PATCH', :'path', '{"options": {}}', '{"if-match": "\"other\""}', current_setting('test.ana')), 412, 'unless it was changed');
SELECT is(pg_temp.status('PATCH', :'path', '{"options": {"folder": "abc"}}', jsonb_build_object('if-match', (pg_temp.http('GET', :'path', key => current_setting('test.ana'))).headers ->> 'etag'), current_setting('test.ana')), 200, 'or not');

-- ----- The page -----
SELECT is(pg_temp.status('GET', '/v1/oauth/callback', key => ''), 400, 'without a state');
CREATE FUNCTION pg_temp.page(query text) RETURNS pg_temp.answer LANGUAGE sql AS $$ SELECT pg_temp.http('GET', '/v1/oauth/callback?' || query, NULL, '{"accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}', '') $$;
CREATE TEMP TABLE wrong AS SELECT (a).* FROM (SELECT pg_temp.page('state=%3Cscript%3Ealert(1)%3C/script%3E&code=%3Cb%3E&scope=x&authuser=0&prompt=consent&iss=y') AS a OFFSET 0) x;
SELECT is(status, 400, 'a state that there is not') FROM wrong UNION ALL SELECT alike(body, '%This link is not known%Begin again%', 'is said to people') FROM wrong UNION ALL
SELECT unalike(body, '%alert%', 'and not repeated to them') FROM wrong UNION ALL SELECT is(headers ->> 'content-type', 'text/html; charset=utf-8', 'on a page') FROM wrong UNION ALL
SELECT is(headers ->> 'content-security-policy', 'default-src ''none''; base-uri ''none''; form-action ''none''; frame-ancestors ''none''', 'that can do nothing') FROM wrong UNION ALL
SELECT is(headers ->> 'cache-control' || ' ' || (headers ->> 'referrer-policy'), 'no-store no-referrer', 'and is kept nowhere') FROM wrong;
SELECT is(lealup._html_escape('<a href="x">&''</a>'), '&lt;a href=&quot;x&quot;&gt;&amp;&#39;&lt;/a&gt;', 'text is text');
CREATE TEMP TABLE right_one AS SELECT (a).* FROM (SELECT pg_temp.page('state=' || :'state' || '&code=4/the-code&scope=read') AS a OFFSET 0) x;
SELECT is(status, 200, 'the right one') FROM right_one UNION ALL SELECT alike(body, '%Box has agreed.%', 'is welcome') FROM right_one;
SELECT is((SELECT count(*) FROM lealup.vault_secret WHERE owner_id = :'id' AND purpose = 'code'), 1::bigint, 'its code is sealed') UNION ALL
SELECT is((SELECT waiting FROM lealup.connections WHERE id = :'id'), 'A token is being fetched.', 'and a token is fetched');
SELECT alike((pg_temp.page('state=' || :'state' || '&code=again')).body, '%This link was used already%', 'once');
SELECT pg_temp.parameter(pg_temp.body('POST', :'path' || '/reconnect', '{}', key => current_setting('test.ana')) ->> 'authorization_url', 'state') AS state \gset
SELECT alike((pg_temp.page('state=' || :'state' || '&error=access_denied&error_description=%3Ci%3Eno%3C/i%3E')).body, '%<p>Access to Box was declined.</p>%', 'what comes with the URL is not shown');
SELECT collect_tap(is(b ->> 'state', 'error', 'it is seen'), is(b ->> 'reason', 'Access to Box was declined. It says: <i>no</i>', 'why')) FROM pg_temp.body('GET', :'path') b;
SELECT pg_temp.parameter(pg_temp.body('POST', :'path' || '/reconnect', '{"options": {"return_url": "https://app.example/done?x=1"}}', key => current_setting('test.ana')) ->> 'authorization_url', 'state') AS state \gset
CREATE TEMP TABLE sent AS SELECT (a).* FROM (SELECT pg_temp.page('state=' || :'state' || '&code=c') AS a OFFSET 0) x;
SELECT is(status || ' ' || (headers ->> 'location'), '303 https://app.example/done?x=1&connection_id=' || :'id' || '&result=authorized', 'people are sent back to where they came from') FROM sent;

-- ----- The rest -----
SELECT is(pg_temp.body('POST', :'path' || '/pause', key => current_setting('test.ana')) -> 'paused', 'true', 'paused') UNION ALL SELECT is(pg_temp.body('POST', :'path' || '/resume', key => current_setting('test.ana')) -> 'paused', 'false', 'resumed');
INSERT INTO lealup.inbox (tenant_id, id, connection_id, name, received_at, dedupe_key, headers, status, next_attempt_at, error)
VALUES (:'tenant', lealup.uuid7(), :'id', 'news', now(), 'x', '{}', 'failed', now(), 'not understood') RETURNING id AS message \gset
SELECT is(pg_temp.body('GET', :'path' || '/inbound?status=failed') #>> '{data,0,error}', 'not understood', 'what it was told');
SELECT is(pg_temp.status('POST', :'path' || '/inbound/' || :'message' || '/retry'), 204, 'is understood again');
SELECT is(pg_temp.body('POST', :'path' || '/disconnect', '{"purge": true}', key => current_setting('test.ana')) @> '{"state": "disconnected", "purging": true}', true, 'disconnected');
SELECT is(pg_temp.status('POST', :'path' || '/pause', key => current_setting('test.ana')), 409, 'there is nothing to pause');
SELECT is(b -> 'state' , '"connected"', 'a key is enough') FROM pg_temp.body('POST', '/v1/connections', '{"provider": "test_keyed", "options": {"key": "key-secret"}}') b;
SELECT ok(NOT EXISTS (SELECT FROM lealup.http_answer a WHERE a::text LIKE '%key-secret%'), 'and kept nowhere');

-- ----- All of it -----
SELECT is_empty('SELECT r.method, r.path FROM lealup.route r WHERE (r.scope LIKE ''connections:%'' OR r.path LIKE ''/v1/oauth/%'') AND r.path !~ ''^/v1/connections/\{id\}/(streams|runs|sync|errors|accounts)(/|$)''
    EXCEPT SELECT method, path FROM pg_temp.served', 'every route was asked, and answered');
SELECT is_empty('SELECT * FROM pg_temp.misfit', 'every answer fits the schema of its route, and none failed');
SELECT * FROM finish();
ROLLBACK;
