-- API keys: who makes them, what they admit, when they end, how often they may be used.
BEGIN;
SELECT plan(90);
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

SELECT * FROM finish();
ROLLBACK;
