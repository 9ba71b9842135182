-- API keys: who makes them, what they admit, when they end, how often they may be used.
BEGIN;
SELECT plan(146);
\ir lib/http.sql

CREATE FUNCTION lealup._http_test_who(call lealup.http_call) RETURNS lealup.http_reply LANGUAGE sql AS $$
    SELECT lealup._http_ok(json_build_object('tenant', lealup.current_tenant(), 'member', lealup.current_member(), 'edit', lealup._may('edit'),
        'configure', lealup._may('configure'), 'administer', lealup._may('administer'),
        'tenants', (SELECT count(*) FROM lealup.tenant), 'segments', (SELECT string_agg(name, ',') FROM lealup.segment)))
$$;
CREATE FUNCTION lealup._http_test_key(call lealup.http_call) RETURNS lealup.http_reply LANGUAGE sql AS $$
    SELECT lealup._http_ok(to_json(lealup.create_api_key((call.body ->> 'tenant')::uuid, 'made', '{*}')))
$$;
SELECT lealup._add_route('GET', '/test/who', '_http_test_who', 'webhooks:read', 'Who');
SELECT lealup._add_route('PATCH', '/test/who', '_http_test_who', 'webhooks:write', 'Who');
SELECT lealup._add_route('GET', '/test/heavy', '_http_test_who', 'webhooks:read', 'Heavy', rate_class => 'heavy');
SELECT lealup._add_route('GET', '/test/free', '_http_test_who', 'webhooks:read', 'Free', rate_class => 'none');
SELECT lealup._add_route('GET', '/test/events', '_http_test_who', 'events:read', 'Other');
SELECT lealup._add_route('POST', '/test/key', '_http_test_key', 'webhooks:write', 'Makes a key', request => '{"type": "object"}');

SELECT lealup.create_tenant('one') AS one, lealup.create_tenant('two') AS two \gset
INSERT INTO lealup.segment (tenant_id, name) VALUES (:'one', 'ones'), (:'two', 'twos');
SELECT lealup.uuid7() AS admin, lealup.uuid7() AS director, lealup.uuid7() AS csm, lealup.uuid7() AS gone, lealup.uuid7() AS theirs \gset
INSERT INTO lealup.member (tenant_id, id, email, role, active) VALUES (:'one', :'admin', 'a@one', 'admin', true), (:'one', :'director', 'd@one', 'director', true),
    (:'one', :'csm', 'c@one', 'csm', true), (:'one', :'gone', 'g@one', 'admin', false), (:'two', :'theirs', 't@two', 'admin', true);
SELECT set_config('test.key', lealup.create_api_key(:'one', 'application', '{*}'), true);

-- ----- Making one -----
SELECT matches(current_setting('test.key'), '^lk_[0-9a-f]{32}_[0-9a-f]{64}$', 'a key');
SELECT ok(NOT EXISTS (SELECT FROM lealup.api_key k WHERE k::text LIKE '%' || right(current_setting('test.key'), 64) || '%'), 'is not kept');
SELECT ok(NOT EXISTS (SELECT FROM lealup.audit a WHERE a::text LIKE '%' || right(current_setting('test.key'), 64) || '%'), 'anywhere');
SELECT ok(current_setting('test.key') LIKE prefix || '%' AND status = 'active' AND last_used_at IS NULL, 'what is known of it') FROM lealup.api_keys WHERE tenant_id = :'one';
SELECT is((SELECT action FROM lealup.audit WHERE tenant_id = :'one' ORDER BY id DESC LIMIT 1), 'api_key.create', 'its making is audited');
SELECT throws_ok(format('SELECT lealup.create_api_key(%L, %s)', :'one', a), c, NULL, a) FROM (VALUES ($$NULL, '{*}'$$, '22023'), ($$'', '{*}'$$, '22023'), ($$'x', '{}'$$, '22023'), ($$'x', NULL$$, '22023'), ($$'x', '{*,NULL}'$$, '22023'),
    ($$'x', '{nothing:read}'$$, '22023'), ($$'x', '{webhooks}'$$, '22023'), ($$'x', '{webhooks:admin}'$$, '22023'), ($$'x', '{"webhooks:read "}'$$, '22023'), ($$'x', '{*}', '00000000-0000-7000-8000-000000000000'$$, 'P0002'),
    ($$'x', '{*}', expires_at => now()$$, '22023'), ($$'x', '{*}', rate_limit => 0$$, '22023')) v(a, c);
SELECT throws_ok(format('SELECT lealup.create_api_key(%L, ''x'', ''{*}'', %L)', :'one', m), 'P0002', NULL, 'no key for a member who left, or of others') FROM unnest(ARRAY[:'gone', :'theirs']) m;
SELECT throws_ok(format('SELECT lealup.create_api_key(%L, ''x'', ''{*}'')', '00000000-0000-7000-8000-000000000000'), 'P0002', NULL, 'no key without a tenant');

-- ----- Whom it lets in -----
SELECT is(pg_temp.body('GET', '/test/who'), jsonb_build_object('tenant', :'one', 'member', NULL, 'edit', true, 'configure', true, 'administer', true, 'tenants', 1, 'segments', 'ones'), 'a key of the application');
SELECT collect_tap(is(b ->> 'member', m, 'a key of a member'), is(concat_ws(' ', b ->> 'edit', b ->> 'configure', b ->> 'administer'), r, 'has its rights'))
FROM (VALUES (:'admin', 'true true true'), (:'director', 'true true false'), (:'csm', 'true false false')) v(m, r), lealup.create_api_key(:'one', 'member', '{*}', m::uuid) k, pg_temp.body('GET', '/test/who', key => k) b;
SELECT is(pg_temp.body('GET', '/test/who', key => lealup.create_api_key(:'two', 'two', '{*}')) ->> 'segments', 'twos', 'a key sees its tenant''s rows');
SELECT is(pg_temp.status('POST', '/test/key', json_build_object('tenant', t)::text, key => k), s, 'who makes keys by a key') FROM (VALUES (:'one', NULL, 200), (:'two', NULL, 403), (:'one', :'admin', 200), (:'one', :'csm', 403), (:'one', :'director', 403)) v(t, m, s),
    lealup.create_api_key(:'one', 'x', '{*}', m::uuid) k;
SELECT collect_tap(is(a.status, 401, 'no entry: ' || left(h, 30)), matches(a.headers ->> 'www-authenticate', '^Bearer realm="lealup", error="invalid_token"$', 'it says how')) FROM unnest(ARRAY['x', '', 'Basic eDp5', 'Bearer', 'Bearer lk_', 'Bearer ' || repeat('x', 5000),
    'Bearer ' || overlay(current_setting('test.key') PLACING 'f0f0f0f0' FROM 60), 'Bearer ' || overlay(current_setting('test.key') PLACING 'ffffffff' FROM 20), 'Bearer ' || upper(current_setting('test.key')),
    'Bearer ' || current_setting('test.key') || ', Bearer x', E'Bearer \u0001']) h, pg_temp.http('GET', '/test/who', headers => jsonb_build_object('authorization', h)) a;
SELECT is(headers ->> 'www-authenticate', 'Bearer realm="lealup"', 'without a key none is wrong') FROM pg_temp.http('GET', '/test/who', key => '');
SELECT is(pg_temp.status('GET', '/test/who', headers => jsonb_build_object('authorization', 'bEARER  ' || current_setting('test.key'))), 200, 'Bearer is written as one likes');

-- ----- Scopes -----
SELECT is(concat_ws(' ', pg_temp.status('GET', '/test/who', key => k), pg_temp.status('PATCH', '/test/who', key => k), pg_temp.status('GET', '/test/events', key => k)), r, s::text)
FROM (VALUES ('{*}'::text[], '200 200 200'), ('{*:read}', '200 403 200'), ('{*:write}', '200 200 200'), ('{webhooks:read}', '200 403 403'), ('{webhooks:write}', '200 200 403'), ('{events:read}', '403 403 200')) v(s, r), lealup.create_api_key(:'one', 'x', s) k;
SELECT is(headers ->> 'www-authenticate', 'Bearer realm="lealup", error="insufficient_scope", scope="webhooks:read"', 'the scope is named') FROM pg_temp.http('GET', '/test/who', key => lealup.create_api_key(:'one', 'x', '{events:read}'));

-- ----- Its end -----
SELECT lealup.create_api_key(:'one', 'revoked', '{*}') AS revoked, lealup.create_api_key(:'one', 'expired', '{*}', expires_at => clock_timestamp() + interval '1 hour') AS expired,
    lealup.create_api_key(:'one', 'left', '{*}', :'csm') AS left \gset
SELECT is(pg_temp.status('GET', '/test/who', key => k), 200, 'still valid') FROM unnest(ARRAY[:'revoked', :'expired', :'left']) k;
SELECT lealup.revoke_api_key(tenant_id, id), lealup.revoke_api_key(tenant_id, id) FROM lealup.api_key WHERE name = 'revoked';
UPDATE lealup.api_key SET expires_at = clock_timestamp() WHERE name = 'expired';
UPDATE lealup.member SET active = false WHERE id = :'csm';
SELECT is(pg_temp.status('GET', '/test/who', key => k), 401, 'no longer') FROM unnest(ARRAY[:'revoked', :'expired', :'left']) k;
SELECT is((SELECT string_agg(status, ', ' ORDER BY name) FROM lealup.api_keys WHERE name IN ('revoked', 'expired', 'left')), 'expired, member inactive, revoked', 'which is shown');
SELECT is((SELECT count(*) FROM lealup.audit WHERE tenant_id = :'one' AND action = 'api_key.revoke'), 1::bigint, 'a revocation is audited once');
SELECT throws_ok(format('SELECT lealup.revoke_api_key(%L, %L)', :'one', id), 'P0002', NULL, 'another tenant''s cannot be revoked') FROM lealup.api_key WHERE tenant_id = :'two';

-- ----- Its use -----
SELECT isnt(last_used_at, NULL, 'the last use is noted') FROM lealup.api_key WHERE name = 'application';
UPDATE lealup.api_key SET last_used_at = clock_timestamp() - interval '59 s' WHERE name = 'application';
SELECT is(pg_temp.status('GET', '/nothing'), 404, 'a request');
SELECT is(pg_temp.status('GET', '/test/who'), 200, 'another');
SELECT cmp_ok(last_used_at, '<', clock_timestamp() - interval '50 s', 'but not within a minute') FROM lealup.api_key WHERE name = 'application';
UPDATE lealup.api_key SET last_used_at = clock_timestamp() - interval '61 s' WHERE name = 'application';
SELECT is(pg_temp.status('GET', '/test/who?x=1'), 400, 'one that fails');
SELECT cmp_ok(last_used_at, '>', clock_timestamp() - interval '50 s', 'is noted, too') FROM lealup.api_key WHERE name = 'application';

-- ----- How often -----
SELECT set_config('test.key', lealup.create_api_key(:'one', 'slow', '{webhooks:read}', rate_limit => 1), true);
SELECT collect_tap(is(headers ->> 'ratelimit-policy', '"key";q=10;w=10', 'the policy'), is(headers ->> 'ratelimit', '"key";r=9;t=1', 'and what is left')) FROM pg_temp.http('GET', '/test/who');
SELECT is(pg_temp.status('GET', '/test/free'), 200, 'some requests count for nothing');
SELECT is(headers ->> 'ratelimit', NULL, 'and say nothing') FROM pg_temp.http('GET', '/test/free');
SELECT collect_tap(is(a.status, 429, 'one that counts for ten comes too soon'), is(a.headers ->> 'retry-after', '1', 'when to try again'), alike(a.headers ->> 'ratelimit', '"key";r=9;%', 'nothing was taken')) FROM pg_temp.http('GET', '/test/heavy') a;
-- On a slow machine a few more go through.
CREATE TEMP TABLE burst AS SELECT n, (pg_temp.http('GET', '/test/events')).status FROM generate_series(1, 60) n;
SELECT ok(bool_and(status = 403) FILTER (WHERE n <= 9), 'what is refused counts') FROM burst;
SELECT cmp_ok(count(*) FILTER (WHERE status = 429), '>', 0::bigint, 'until there is nothing left') FROM burst;
SELECT is(min(a.headers ->> 'content-type'), 'application/problem+json', 'which is a problem') FROM generate_series(1, 20) n, LATERAL pg_temp.http('GET', '/test/events', key => left(current_setting('test.key'), 100 + n)) a WHERE a.status = 429;
SELECT is(pg_temp.status('GET', '/test/who', key => lealup.create_api_key(:'one', 'other', '{*}')), 200, 'other keys are not concerned');

-- ----- Keys that are made by keys -----
SELECT set_config('test.key', lealup.create_api_key(:'one', 'keys', '{keys:write,webhooks:write,*:read}', rate_limit => 40), true) AS maker \gset
CREATE FUNCTION pg_temp.id_of(key text) RETURNS uuid LANGUAGE sql AS $$ SELECT split_part(key, '_', 2)::uuid $$;
SELECT set_config('test.made', a.body, true), a.status, a.headers, a.body::jsonb ->> 'key' AS made, '/v1/api-keys/' || (a.body::jsonb ->> 'id') AS path
FROM pg_temp.http('POST', '/v1/api-keys', '{"name": "made", "scopes": ["webhooks:read", "keys:read", "webhooks:read"], "expires_at": "2999-01-01"}', '{"idempotency-key": "k"}') a \gset
SELECT collect_tap(is(:status, 201, 'a key makes another'), is((:'headers')::jsonb ->> 'location', :'path', 'and tells where it is'),
    is(current_setting('test.made')::jsonb - '{id,key,prefix,created_at}'::text[], '{"name": "made", "scopes": ["keys:read", "webhooks:read"], "member_id": null, "rate_limit": 40, "status": "active", "expires_at": "2999-01-01T00:00:00.000Z", "revoked_at": null, "last_used_at": null}', 'as it was asked for, as often as its maker'),
    is(pg_temp.status('GET', '/test/who', key => :'made'), 200, 'it lets in'), is(pg_temp.status('PATCH', '/test/who', key => :'made'), 403, 'as far as it goes'));
SELECT collect_tap(is(a.status, 201, 'the request again'), is(a.body::jsonb, current_setting('test.made')::jsonb || '{"key": null}', 'does not show the key again'), is(a.headers ->> 'idempotency-replayed', 'true', 'as is told'))
FROM pg_temp.http('POST', '/v1/api-keys', '{"name": "made", "scopes": ["webhooks:read", "keys:read", "webhooks:read"], "expires_at": "2999-01-01"}', '{"idempotency-key": "k"}') a;
SELECT ok(NOT EXISTS (SELECT FROM lealup.http_answer a WHERE a::text LIKE '%' || right(:'made', 64) || '%') AND NOT EXISTS (SELECT FROM lealup.audit a WHERE a::text LIKE '%' || right(:'made', 64) || '%'), 'nor is it kept');
SELECT results_eq(format('SELECT api_key_id, object_id, member_id FROM lealup.audit WHERE tenant_id = %L ORDER BY id DESC LIMIT 1', :'one'), format('VALUES (%L::uuid, %L::uuid, NULL::uuid)', pg_temp.id_of(:'maker'), pg_temp.id_of(:'made')), 'the audit tells which key made it');
SELECT is(pg_temp.refusal('POST', '/v1/api-keys', b), r, b) FROM (VALUES ('{"name": "x", "scopes": ["*"]}', '403 scopes'), ('{"name": "x", "scopes": ["*:write"]}', '403 scopes'), ('{"name": "x", "scopes": ["webhooks:read", "events:write"]}', '403 scopes'), ('{"name": "x", "scopes": ["events:read"]}', '201'), ('{"name": "x", "scopes": ["*:read"]}', '201'),
    ('{"name": "x", "scopes": ["keys:write"]}', '201'), ('{"name": "x", "scopes": ["keys:read"], "rate_limit": 41}', '403 rate_limit'), ('{"name": "x", "scopes": ["keys:read"], "rate_limit": null}', '201'), ('{"name": "x", "scopes": ["nothing:read"]}', '422 scopes'), ('{"name": "x", "scopes": []}', '422 scopes'),
    ('{"name": "x"}', '422 scopes'), ('{"scopes": ["keys:read"]}', '422 name'), ('{"name": "", "scopes": ["keys:read"]}', '422 name'), ('{"name": "x", "scopes": ["keys:read"], "expires_at": "2020-01-01"}', '422 expires_at'), ('{"name": "x", "scopes": ["keys:read"], "key": "lk_"}', '422 key'),
    ('{"name": "x", "scopes": ["keys:read"], "member_id": "' || :'theirs' || '"}', '422 member_id'), ('{"name": "x", "scopes": ["keys:read"], "member_id": "' || :'gone' || '"}', '422 member_id'), ('{"name": "x", "scopes": ["keys:read"], "member_id": "' || :'admin' || '"}', '201')) v(b, r);
-- Of a member, only an admin makes keys, for whomever: nobody has more rights.
SELECT is(pg_temp.status('POST', '/v1/api-keys', '{"name": "x", "scopes": ["webhooks:read"], "member_id": "' || t || '"}', key => k), r, 'who makes keys for whom')
FROM (VALUES (:'admin', :'director', 201), (:'admin', :'admin', 201), (:'director', :'admin', 403), (:'director', :'director', 403)) v(m, t, r), lealup.create_api_key(:'one', 'x', '{*}', m::uuid) k;
SELECT is(pg_temp.body('POST', '/v1/api-keys', '{"name": "x", "scopes": ["webhooks:read"]}', key => k) ->> 'member_id', :'admin', 'without a member it is for that of its maker') FROM lealup.create_api_key(:'one', 'x', '{*}', :'admin') k;
SELECT is(pg_temp.status('GET', '/v1/api-keys', key => k) || ' ' || pg_temp.status('POST', '/v1/api-keys', '{"name": "x", "scopes": ["webhooks:read"]}', key => k), r, s::text)
FROM (VALUES ('{*}'::text[], '200 201'), ('{*:write,*:read}', '403 403'), ('{keys:read}', '200 403'), ('{keys:write,webhooks:read}', '200 201'), ('{webhooks:write}', '403 403')) v(s, r), lealup.create_api_key(:'one', 'x', s) k;
SELECT is(pg_temp.body('GET', :'path'), current_setting('test.made')::jsonb - 'key' || jsonb_build_object('last_used_at', pg_temp.body('GET', :'path') ->> 'last_used_at'), 'a key without the key');
SELECT collect_tap(is(b #>> '{data,0,name}', 'application', 'the list'), ok(b::text !~ '_[0-9a-f]{64}|secret', 'shows none')) FROM pg_temp.body('GET', '/v1/api-keys?limit=100') b;
SELECT is((SELECT string_agg(DISTINCT e ->> 'status', ',') FROM jsonb_array_elements(pg_temp.body('GET', '/v1/api-keys?limit=100&status=' || s) -> 'data') e), s, 'by status') FROM unnest('{active,expired,revoked,member_inactive}'::text[]) s;
SELECT is((SELECT string_agg(DISTINCT e ->> 'member_id', ',') FROM jsonb_array_elements(pg_temp.body('GET', '/v1/api-keys?member_id=' || :'director') -> 'data') e), :'director', 'by member');
SELECT set_config('test.two', lealup.create_api_key(:'two', 'two', '{*}'), true);
SELECT is(pg_temp.status(m, :'path', key => current_setting('test.two')), 404, 'another tenant''s: ' || m) FROM unnest('{GET,DELETE}'::text[]) m;
SELECT ok(pg_temp.body('GET', '/v1/api-keys', key => current_setting('test.two'))::text !~ :'one', 'nor are they listed');
SELECT collect_tap(is(pg_temp.status('DELETE', :'path', headers => '{"if-match": "\"other\""}'), 412, 'of another version'), is(pg_temp.status('GET', :'path', key => :'made'), 200, 'none is revoked, and to be used is no change'),
    is(pg_temp.status('DELETE', :'path', headers => jsonb_build_object('if-match', a.headers ->> 'etag')), 204, 'a key is revoked'), is(pg_temp.status('GET', '/test/who', key => :'made'), 401, 'it lets in no more'),
    is(pg_temp.body('GET', :'path') ->> 'status', 'revoked', 'and is still shown'), is(pg_temp.status('DELETE', :'path'), 204, 'again it is as good'))
FROM pg_temp.http('GET', :'path') a;
SELECT is((SELECT array_agg(api_key_id) FROM lealup.audit WHERE action = 'api_key.revoke' AND object_id = pg_temp.id_of(:'made')), ARRAY[pg_temp.id_of(:'maker')], 'as the audit tells, once');

SELECT * FROM finish();
ROLLBACK;
