-- The HTTP framework: what a request may look like and what is answered, with routes of the test's own.
BEGIN;
SELECT plan(308);
\ir lib/http.sql

-- ----- Routes of the test's own -----
CREATE FUNCTION lealup._http_test_echo(call lealup.http_call) RETURNS lealup.http_reply LANGUAGE sql AS $$
    SELECT lealup._http_ok(json_build_object('path', call.path, 'params', call.params, 'query', call.query, 'headers', call.headers, 'body', call.body,
        'raw', call.raw, 'who', current_user, 'tenant', lealup.current_tenant(), 'member', lealup.current_member(), 'key', call.api_key_id))
$$;
CREATE FUNCTION lealup._http_test_raise(call lealup.http_call) RETURNS lealup.http_reply LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO lealup.segment (tenant_id, name) VALUES (call.tenant_id, 'left behind');
    RAISE EXCEPTION 'the name /etc/passwd' USING ERRCODE = call.params ->> 'state', DETAIL = 'Key (x)=(secret) exists.', HINT = 'SELECT 1';
END $$;
CREATE FUNCTION lealup._http_test_segment(call lealup.http_call) RETURNS lealup.http_reply LANGUAGE plpgsql AS $$
DECLARE
    reply lealup.http_reply;
BEGIN
    INSERT INTO lealup.segment (tenant_id, name) VALUES (call.tenant_id, call.body ->> 'name');
    reply := lealup._http_ok(json_build_object('segments', (SELECT count(*) FROM lealup.segment), 'secret', 'shown once'), 201);
    IF call.body ->> 'name' = 'with a secret' THEN
        reply.again := '{"secret": null}';
    END IF;
    RETURN reply;
END $$;
CREATE FUNCTION lealup._http_test_list(call lealup.http_call) RETURNS lealup.http_reply LANGUAGE plpgsql AS $$
DECLARE
    after jsonb := lealup._http_after(call, '{text}');
    items json[];
    positions jsonb[];
BEGIN
    SELECT array_agg(to_json(n) ORDER BY n), array_agg(jsonb_build_array(n::text) ORDER BY n) INTO items, positions
    FROM generate_series(coalesce((after ->> 0)::int, 0) + 1, least(coalesce((after ->> 0)::int, 0) + (call.query ->> 'limit')::int + 1, 7)) n;
    RETURN lealup._http_list(call, items, positions);
END $$;
CREATE FUNCTION lealup._http_test_version(call lealup.http_call) RETURNS lealup.http_reply LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lealup._http_if_match(call, '5');
    RETURN lealup._http_ok(json_build_object('n', call.query -> 'n'), version => '5');
END $$;
CREATE FUNCTION lealup._http_test_text(call lealup.http_call) RETURNS lealup.http_reply LANGUAGE sql AS $$
    SELECT ROW(200, '{"content-type": "text/plain; charset=utf-8"}', NULL, 'Grüße', NULL, NULL)::lealup.http_reply
$$;
CREATE FUNCTION lealup._http_test_sql(call lealup.http_call) RETURNS lealup.http_reply LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    EXECUTE call.body ->> 'sql' INTO result;
    RETURN lealup._http_ok(json_build_object('result', result));
END $$;
SELECT lealup._add_route('GET', '/test/echo/{name}', '_http_test_echo', 'webhooks:read', 'Echo',
    parameters => '{"n": {"type": "integer", "minimum": 1, "maximum": 9, "default": 3}, "flag": {"type": "boolean"}, "at": {"type": "string", "format": "date-time"},
        "kind": {"type": "string", "enum": ["a", "b"]}, "id": {"type": "string", "format": "uuid"}, "x": {"type": "number"}}');
SELECT lealup._add_route('GET', '/test/echo/literal', '_http_test_text', 'webhooks:read', 'A literal', produces => 'text/plain');
SELECT lealup._add_route('PATCH', '/test/echo/{name}', '_http_test_echo', 'webhooks:write', 'Echo', request => '{"type": "object", "additionalProperties": false,
    "required": ["name"], "properties": {"name": {"type": "string", "minLength": 1, "maxLength": 5}, "n": {"type": ["integer", "null"], "minimum": 0},
        "tags": {"type": "array", "minItems": 1, "maxItems": 3, "items": {"type": "string"}}, "any": {}, "inner": {"type": "object", "required": ["a"],
        "additionalProperties": {"type": "number"}}, "email": {"type": "string", "format": "email"}, "day": {"type": "string", "format": "date"}, "kind": {"enum": ["a", "b"]}}}');
SELECT lealup._add_route('POST', '/test/open', '_http_test_echo', NULL, 'Public', request => '{"type": "object"}');
SELECT lealup._add_route('POST', '/test/raise/{state}', '_http_test_raise', 'webhooks:write', 'Raises', request => '{"type": "object", "properties": {"name": {}}}');
SELECT lealup._add_route('POST', '/test/segments', '_http_test_segment', 'webhooks:write', 'Makes', request => '{"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}');
SELECT lealup._add_route('GET', '/test/list', '_http_test_list', 'webhooks:read', 'Lists', parameters => lealup._http_paging() || '{"filter": {"type": "string"}}');
SELECT lealup._add_route('GET', '/test/version', '_http_test_version', 'webhooks:read', 'Has a version', parameters => '{"n": {"type": "integer"}}');
SELECT lealup._add_route('PATCH', '/test/version', '_http_test_version', 'webhooks:write', 'Has a version');
SELECT lealup._add_route('DELETE', '/test/missing', '_http_test_is_not_there', 'webhooks:write', 'Has no handler');
SELECT lealup._add_route('POST', '/test/sql', '_http_test_sql', 'webhooks:write', 'Runs SQL', request => '{"type": "object"}');

SELECT lealup.create_tenant('http') AS tenant, lealup.create_tenant('other') AS other \gset
SELECT set_config('test.tenant', :'tenant', true), set_config('test.other', :'other', true);
SELECT set_config('test.key', lealup.create_api_key(:'tenant', 'test', '{webhooks:write}', rate_limit => 1000000), true);
INSERT INTO lealup.segment (tenant_id, name) VALUES (:'tenant', 'ours'), (:'other', 'theirs');

-- ----- Who acts -----
SELECT collect_tap(is(b ->> 'who', 'lealup_api', 'a handler is no superuser'), is(b ->> 'tenant', :'tenant', 'it acts for the key''s tenant'),
    is(b -> 'member', 'null', 'and for no member'), ok(b -> 'headers' ? 'x-a' AND NOT b -> 'headers' ? 'authorization', 'it does not see the key'))
FROM pg_temp.body('GET', '/test/echo/a', headers => '{"x-a": "1", "cookie": "c"}') b;
SELECT is(pg_temp.body('POST', '/test/open', '{}', key => '') ->> 'tenant', '00000000-0000-0000-0000-000000000000', 'a public route acts for nobody');
SELECT is(current_setting('lealup.request_tenant') || current_setting('lealup.request_member') || current_setting('lealup.request_key'), '', 'nothing is left in the settings');
CREATE FUNCTION pg_temp.run(sql text) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(b ->> 'result', b ->> 'status') FROM pg_temp.body('POST', '/test/sql', jsonb_build_object('sql', sql)::text) b
$$;
SELECT is(pg_temp.run('SELECT string_agg(name, '','') FROM lealup.segment'), 'ours', 'row-level security holds');
SELECT is(pg_temp.run('SELECT count(*) FROM lealup.tenant'), '1', 'of tenants as well');
SELECT is(pg_temp.run(s), '403', s) FROM unnest(ARRAY['SELECT count(*) FROM lealup.vault_secret', 'SELECT count(*) FROM lealup.http_answer',
    'SELECT secret_hash FROM lealup.api_key', 'SELECT lealup.create_tenant(''x'')', 'SELECT * FROM lealup._authenticate(''x'', ''x'')',
    format('SELECT lealup.emit(%L, ''task.created'', ''{}'')', :'other'), format('INSERT INTO lealup.segment (tenant_id, name) VALUES (%L, ''x'')', :'other'),
    'SELECT pg_read_file(''/etc/passwd'')', 'CREATE TABLE lealup.x (a int)', 'SELECT lealup.adopt()']) s;
SELECT is(pg_temp.run('SET ROLE postgres'), '403', 'a handler cannot become another');
SELECT is(pg_temp.run(format('WITH w AS MATERIALIZED (SELECT set_config(''lealup.tenant_id'', %L, true)) SELECT string_agg(name, '','') FROM w, lealup.segment', :'other')), 'ours', 'nor act for another tenant');
SELECT is(pg_temp.run(format('SELECT set_config(%L, %L, true)', s, :'other')), '403', 'only its owner changes ' || s) FROM unnest(ARRAY['lealup.request_tenant', 'lealup.request_member', 'lealup.request_key']) s;
SELECT is((SELECT array_agg(p.proname::text ORDER BY p.proname) FROM pg_proc p WHERE p.pronamespace = 'lealup'::regnamespace AND p.proname NOT LIKE '\_http\_test%'
    AND has_function_privilege('lealup_gateway', p.oid, 'EXECUTE')), '{_access_app,_note_refused,_receive_inbound,http_request}', 'the gateway may answer requests and notifications, and count those that it refused');
SELECT is_empty('SELECT oid::regclass FROM pg_class WHERE relnamespace = ''lealup''::regnamespace AND relkind IN (''r'', ''p'', ''v'')
    AND has_table_privilege(''lealup_gateway'', oid, ''SELECT, INSERT, UPDATE, DELETE'')', 'and see no table');
SELECT lives_ok('CREATE ROLE regress_http_bound IN ROLE lealup_gateway');
SELECT lealup.grant_access('regress_http_bound', 'app', :'other');
SELECT is((SELECT (SELECT r.status FROM lealup.http_request('GET', '/test/echo/a', NULL, jsonb_build_object('authorization', 'Bearer ' || current_setting('test.key')), NULL) r)
    FROM set_config('role', 'regress_http_bound', true)), 403, 'a role that is bound to a tenant serves no key');
SELECT set_config('role', 'none', true);

-- ----- Paths and methods -----
SELECT is(pg_temp.status(m, p), s, concat_ws(' ', m, left(p, 60))) FROM (VALUES ('GET', '/test/echo/a', 200), ('GET', '/nothing', 404), ('GET', '/', 404), ('GET', '', 400), ('GET', 'test/echo/a', 400),
    ('GET', '/test/echo', 404), ('GET', '/test/echo/', 404), ('GET', '/test//a', 404), ('GET', '/test/echo/a/', 404), ('GET', '/test/echo/a/b', 404), ('GET', '/test/echo/a%2Fb', 404),
    ('GET', '/test%2Fecho/a', 404), ('GET', '/test/%65cho/a', 200), ('GET', '/TEST/echo/a', 404), ('GET', '/test/echo/%', 400), ('GET', '/test/echo/%4', 400), ('GET', '/test/echo/%zz', 400),
    ('GET', '/test/echo/%00', 400), ('GET', '/test/echo/%0d%0a', 400), ('GET', '/test/echo/%C3%BC', 200), ('GET', '/test/echo/%C3', 400), ('GET', '/test/echo/%C0%AF', 400), ('GET', '/test/echo/%ED%A0%80', 400),
    ('GET', '/test/echo/%F5%80%80%80', 400), ('GET', '/test/echo/ü', 400), ('GET', '/test/echo/a b', 400), ('GET', E'/test/echo/\n', 400), ('GET', '/test/echo/..', 200), ('GET', '/test/../echo/a', 404),
    ('GET', '/test/echo/' || repeat('a', 5000), 414), ('GET', '/test/echo/%25', 200), ('GET', '/test/echo/_', 200), ('GET', '/%/%/%', 400), ('GET', '/%25/%25/%25', 404), ('GET', '/test/echo/''%20OR%201=1;--', 200),
    ('DELETE', '/test/echo/a', 405), ('PUT', '/test/echo/a', 405), ('TRACE', '/test/echo/a', 405), ('get', '/test/echo/a', 405), ('', '/test/echo/a', 405), ('OPTIONS', '/test/echo/a', 204), ('OPTIONS', '/nothing', 404),
    ('HEAD', '/test/echo/a', 200), ('HEAD', '/test/segments', 405), ('GET', '/test/segments', 405), ('DELETE', '/test/missing', 500)) v(m, p, s);
SELECT is(headers ->> 'allow', 'GET, HEAD, OPTIONS, PATCH', 'Allow names the methods') FROM pg_temp.http('DELETE', '/test/echo/a');
SELECT is(headers ->> 'allow', 'OPTIONS, POST', 'of this path') FROM pg_temp.http('OPTIONS', '/test/segments');
SELECT collect_tap(is(a.headers ->> 'accept-patch', 'application/json, application/merge-patch+json', 'OPTIONS tells how to change something'), ok(a.body IS NULL AND NOT a.headers ? 'content-type', 'and has no body')) FROM pg_temp.http('OPTIONS', '/test/echo/a') a;
SELECT is(pg_temp.body('GET', '/test/echo/%C3%BC%2B+') -> 'params', '{"name": "ü++"}', 'path parameters are decoded; a plus is a plus');
SELECT is((pg_temp.http('GET', '/test/echo/literal')).body, 'Grüße', 'a literal wins over a parameter; an answer may be no JSON');
SELECT is(headers ->> 'content-type', 'text/plain; charset=utf-8', 'its type is told') FROM pg_temp.http('GET', '/test/echo/literal');
SELECT ok(body::jsonb @> '{"status": 404, "title": "Not Found", "type": "about:blank"}' AND headers ->> 'content-type' = 'application/problem+json', 'an error is a problem') FROM pg_temp.http('GET', '/nothing');
SELECT is((r).status, 400, 'no path is no path') FROM lealup.http_request('GET', NULL, NULL, '{}', NULL) r;
SELECT is((r).status, 405, 'no method is none that is allowed') FROM lealup.http_request(NULL, '/test/open', NULL, '{}', NULL) r;
SELECT is((r).status, 401, 'no headers are no key') FROM lealup.http_request('GET', '/test/list', NULL, NULL, NULL) r;

-- ----- The query -----
SELECT is(pg_temp.refusal('GET', '/test/echo/a?' || q), r, q) FROM (VALUES ('n=5', '200'), ('n=0', '400 n'), ('n=10', '400 n'), ('n=x', '400 n'), ('n=1.5', '400 n'), ('n=', '400 n'), ('n', '400 n'), ('n=99999999999999999999', '400 n'),
    ('flag=true', '200'), ('flag=1', '400 flag'), ('at=2026-04-15T14:30:00Z', '200'), ('at=2026-04-15T14:30:00%2B02:00', '200'), ('at=2026-04-15', '200'), ('at=2026-02-30', '400 at'), ('at=yesterday', '400 at'),
    ('at=infinity', '400 at'), ('kind=a', '200'), ('kind=c', '400 kind'), ('id=x', '400 id'), ('id=0190f5f4-0000-7000-8000-000000000000', '200'), ('x=1.5', '200'), ('x=NaN', '400 x'), ('what=1', '400 what'),
    ('what=1&kind=c', '400 kind,what'), ('n=1&n=2', '400 n'), ('%6e=4', '200'), ('n=%', '400'), ('n=%00', '400'), ('kind=%ff', '400'), ('', '200'), ('&&n=1&', '200'), ('=1', '400 '), ('n=1;DROP TABLE x', '400 n')) v(q, r);
SELECT is(pg_temp.body('GET', '/test/echo/a?n=4&flag=false') -> 'query', '{"n": 4, "flag": false}', 'parameters come typed');
SET LOCAL TimeZone = 'Europe/Madrid';
SELECT is(lealup._http_end(d), e::timestamptz, 'a period until ' || d) FROM (VALUES ('2026-03-29', '2026-03-29T23:59:59.999999Z'), ('2026-03-29T10:00:00Z', '2026-03-29T10:00:00Z')) v(d, e);
RESET TimeZone;
SELECT is(pg_temp.body('GET', '/test/echo/a') -> 'query', '{"n": 3}', 'with defaults');
SELECT is(pg_temp.status('GET', '/test/list?filter=' || repeat('a', 9000)), 414, 'a query may be too long');
SELECT is(pg_temp.status('GET', '/test/list?' || repeat('a=1&', 1000)), 400, 'or have too many parameters');

-- ----- What is accepted -----
SELECT is(pg_temp.status('GET', '/test/echo/a', headers => jsonb_build_object('accept', a)), s, 'Accept: ' || a) FROM (VALUES ('application/json', 200), ('*/*', 200), ('application/*', 200), ('text/html', 406), ('', 200),
    ('text/html, application/json;q=0.5', 200), ('application/json;q=0', 406), ('application/json;q=0, */*', 406), ('text/html, */*;q=0.1', 200), ('*/*;q=0.0', 406), ('APPLICATION/JSON ; charset=utf-8', 200), (';;,,', 406),
    ('text/plain', 406)) v(a, s);
SELECT is(pg_temp.status('GET', '/test/echo/literal', headers => '{"accept": "text/plain"}'), 200, 'what a route produces counts');
SELECT is(pg_temp.status('PATCH', '/test/echo/a', '{"name": "a"}', jsonb_build_object('content-type', t)), s, 'Content-Type: ' || t) FROM (VALUES ('application/json', 200), ('application/json; charset=UTF-8', 200),
    ('Application/JSON;charset="utf-8"', 200), ('application/merge-patch+json', 200), ('text/plain', 415), ('application/x-www-form-urlencoded', 415), ('application/json; charset=latin1', 415), ('', 415), ('application/jsonx', 415)) v(t, s);
SELECT is((lealup.http_request('POST', '/test/open', NULL, '{}', '{}')).status, 415, 'a body has a type');
SELECT is(pg_temp.status('POST', '/test/open', '{}', '{"content-encoding": "gzip"}', ''), 415, 'and is not compressed');

-- ----- The body -----
SELECT is(pg_temp.refusal('PATCH', '/test/echo/a', b), r, left(b, 70)) FROM (VALUES ('{"name": "a"}', '200'), ('{}', '422 name'), ('{"name": ""}', '422 name'), ('{"name": "abcdef"}', '422 name'), ('{"name": 1}', '422 name'), ('{"name": null}', '422 name'),
    ('{"name": "a", "what": 1}', '422 what'), ('{"name": "a", "what": 1, "n": -1, "tags": [1]}', '422 n,tags[0],what'), ('{"name": "a", "n": null}', '200'), ('{"name": "a", "n": 1.5}', '422 n'), ('{"name": "a", "n": 1e2}', '200'),
    ('{"name": "a", "tags": []}', '422 tags'), ('{"name": "a", "tags": ["a","b","c","d"]}', '422 tags'), ('{"name": "a", "tags": "a"}', '422 tags'), ('{"name": "a", "tags": ["a", null, "b"]}', '422 tags[1]'),
    ('{"name": "a", "inner": {}}', '422 inner.a'), ('{"name": "a", "inner": {"a": 1, "b": "x"}}', '422 inner.b'), ('{"name": "a", "any": {"x": [1, {"y": null}]}}', '200'), ('{"name": "a", "email": "a@b"}', '200'), ('{"name": "a", "email": "a"}', '422 email'),
    ('{"name": "a", "day": "2026-02-28"}', '200'), ('{"name": "a", "day": "2026-02-29"}', '422 day'), ('{"name": "a", "kind": "c"}', '422 kind'),
    ('[]', '422 '), ('"a"', '422 '), ('null', '422 '), ('1', '422 '), ('', '400'), (' ', '400'), ('{', '400'), ('{"name": "a"}}', '400'), ('{"name": "a",}', '400'), ('{''name'': 1}', '400'), ('{"name": NaN}', '400'), ('{name: 1}', '400'),
    ('{"name": "a", "name": "b"}', '400'), ('{"name": "a", "any": {"b": 1, "\u0062": 2}}', '400'), ('{"name": "a", "any": [{"b": 1}, {"b": 2}]}', '200'), ('{"name": "a", "any": ":{[\"}"}', '200'), ('{"name": "\u0000"}', '400'), ('{"name": "a", "any": "\ud800"}', '400'), ('{"name": "\ud83d\ude00"}', '200'),
    ('{"name": "a", "any": 1e400000}', '400'), ('{"name": "a", "any": [1e308, -2.5E+308, 1e-308, "1e999999", "\"1e999999", true, false, 1E00000000308]}', '200'), ('{"name": "a", "any": 1e100001}', '400'),
    ('{"name": "a", "any": [' || repeat('1e309,', 400) || '0]}', '400'), ('{"name": "a", "any": {"b": [-1e-16000, 0.5E+90000]}}', '400'),
    ('{"name": "a", "any": ' || repeat('[', 31) || repeat(']', 31) || '}', '200'), ('{"name": "a", "any": ' || repeat('[', 32) || repeat(']', 32) || '}', '400'), (repeat('[', 1000000), '400'), (repeat('{"a":', 100000), '400'),
    ('{"name": "' || repeat('x', 1000000) || '"}', '422 name'), ('{"name": "a", "any": "' || repeat('x', 1024 * 1024) || '"}', '413'), ('{"name": "a", "any": "' || repeat('x', 1000000) || '"}', '200'), (chr(65279) || '{"name": "a"}', '400'), ('{"name": "a", "__proto__": {}}', '422 __proto__'), ('{"name": "'';--"}', '200')) v(b, r);
SELECT is((lealup.http_request('POST', '/test/open', NULL, '{"content-type": "application/json"}', b)).status, 400, encode(b, 'hex')) FROM unnest(ARRAY['\x7b22613a22ff227d', '\x00', '\xc080', '\x22eda08022', '\xfffe7b007d00']::bytea[]) b;
SELECT alike((pg_temp.http('POST', '/test/open', '{"b":  1.0, "a": [ ]}', key => '')).body, '%"raw" : {"b":  1.0, "a": [ ]}%', 'a body is kept as it was sent');
SELECT is(pg_temp.refusal('DELETE', '/test/missing', '{"a": 1}'), '422 a', 'who takes no body knows no field');
SELECT is(jsonb_array_length(pg_temp.body('PATCH', '/test/echo/a', (SELECT jsonb_object_agg('f' || n, 1)::text FROM generate_series(1, 1000) n)) -> 'errors'), 20, 'no more than some errors are told');

-- ----- What handlers raise -----
CREATE FUNCTION pg_temp.raised(state text) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', status, substring(body FROM 'SELECT|Key|secret|/etc|23505|urn:uuid')) FROM pg_temp.http('POST', '/test/raise/' || state, '{}')
$$;
SELECT is(pg_temp.raised(s), r, s) FROM (VALUES ('42501', '403'), ('23505', '409'), ('23503', '422'), ('23514', '422'), ('23502', '422'), ('22P02', '422'), ('22003', '422'), ('22021', '422'),
    ('40001', '503'), ('40P01', '503'), ('55P03', '503'), ('53200', '503'), ('XX000', '500 urn:uuid'), ('42601', '500 urn:uuid'), ('P0001', '500 urn:uuid'), ('0A000', '500 urn:uuid'), ('25006', '503')) v(s, r);
SELECT is((pg_temp.http('POST', '/test/raise/' || s, '{}')).status, r, s) FROM (VALUES ('22023', 422), ('22004', 422), ('54000', 422), ('P0002', 404), ('55000', 409), ('53400', 409), ('42710', 409)) v(s, r);
SELECT is(pg_temp.refusal('POST', '/test/raise/22023', '{}'), '422 name', 'a message names the field');
SELECT is(pg_temp.body('POST', '/test/sql', '{"sql": "SELECT lpad('''', 2000000000)"}') ->> 'detail', 'A value is malformed, or out of range.', 'a limit of PostgreSQL''s own is not told in its words');
SELECT is((SELECT count(*) FROM lealup.segment WHERE name = 'left behind'), 0::bigint, 'and what it did is undone');
SELECT is((pg_temp.http('POST', '/test/raise/55P03', '{}')).headers ->> 'retry-after', '1', 'what is only busy may be tried again');

-- ----- Lists -----
SELECT is(pg_temp.body('GET', '/test/list'), '{"data": [1, 2, 3, 4, 5, 6, 7], "next": null, "next_cursor": null}', 'one page');
SELECT is(pg_temp.body('GET', '/test/list?limit=3') -> 'data', '[1, 2, 3]', 'a page');
SELECT collect_tap(is(pg_temp.body('GET', b ->> 'next') -> 'data', '[4, 5, 6]', 'and the next one'), is(pg_temp.body('GET', pg_temp.body('GET', b ->> 'next') ->> 'next') - 'x', '{"data": [7], "next": null, "next_cursor": null}', 'and the last one'))
FROM pg_temp.body('GET', '/test/list?limit=3') b;
SELECT is(headers ->> 'link', '<' || (body::jsonb ->> 'next') || '>; rel="next"', 'a header tells it, too') FROM pg_temp.http('GET', '/test/list?limit=3&filter=a%20%26b%C3%BC');
SELECT is(pg_temp.body('GET', b ->> 'next') -> 'data', '[4, 5, 6]', 'the next page keeps the filters') FROM pg_temp.body('GET', '/test/list?limit=3&filter=a%20%26b%C3%BC') b;
SELECT is(pg_temp.refusal('GET', '/test/list?filter=b&cursor=' || (b ->> 'next_cursor')), '400 cursor', 'a cursor is for one filter') FROM pg_temp.body('GET', '/test/list?limit=3&filter=a') b;
SELECT is(pg_temp.refusal('GET', '/test/list?' || q), r, q) FROM (VALUES ('limit=0', '400 limit'), ('limit=101', '400 limit'), ('limit=100', '200'), ('cursor=', '400 cursor'), ('cursor=x', '400 cursor'), ('cursor=!!!!', '400 cursor'), ('cursor=W10', '400 cursor'),
    ('cursor=eyJhIjoxfQ', '400 cursor'), ('cursor=bnVsbA', '400 cursor'), ('cursor=_____w', '400 cursor'), ('cursor=' || repeat('A', 1001), '400 cursor')) v(q, r);

-- ----- Versions -----
SELECT collect_tap(matches(headers ->> 'etag', '^"5-[0-9a-f]{16}"$', 'an ETag is the version and what was shown'), is(headers ->> 'cache-control', 'private, no-cache', 'and is asked for again')) FROM pg_temp.http('GET', '/test/version');
SELECT collect_tap(is(r.status, 304, 'what did not change is not sent'), is(r.body, NULL, 'at all')) FROM pg_temp.http('GET', '/test/version') a, pg_temp.http('GET', '/test/version', headers => jsonb_build_object('if-none-match', '"x", W/' || (a.headers ->> 'etag'))) r;
SELECT is(pg_temp.status('GET', '/test/version?n=1', headers => jsonb_build_object('if-none-match', a.headers ->> 'etag')), 200, 'what looks otherwise is') FROM pg_temp.http('GET', '/test/version') a;
SELECT is(pg_temp.status('GET', '/test/version', headers => '{"if-none-match": "*"}'), 304, 'If-None-Match: *');
SELECT is(pg_temp.status('PATCH', '/test/version', '{}', jsonb_build_object('if-match', m)), s, 'If-Match: ' || m) FROM (VALUES ('*', 200), ('"5-0123456789abcdef"', 200), ('"5"', 200), ('"4", "5-a"', 200), ('"4-0123456789abcdef"', 412), ('5', 412), ('', 412), ('"55"', 412)) v(m, s);
SELECT is(pg_temp.status('PATCH', '/test/version', '{}'), 200, 'none is as good');
SELECT is(headers ->> 'cache-control', 'no-store', 'other answers are not kept') FROM pg_temp.http('GET', '/test/echo/a');

-- ----- Idempotency-Key -----
CREATE FUNCTION pg_temp.make(name text, idempotency_key text) RETURNS pg_temp.answer LANGUAGE plpgsql AS $$
BEGIN
    RETURN pg_temp.http('POST', '/test/segments', json_build_object('name', name)::text, jsonb_build_object('idempotency-key', idempotency_key));
END $$;
SELECT collect_tap(is(a.status, 201, 'the first time'), ok(NOT a.headers ? 'idempotency-replayed', 'something is done'), is(b.status, 201, 'the second time'), is(b.body::jsonb, a.body::jsonb, 'the answer is the same'),
    is(b.headers ->> 'idempotency-replayed', 'true', 'which is told')) FROM pg_temp.make('one', 'k1') a, LATERAL pg_temp.make('one', 'k1' || left(a.body, 0)) b;
SELECT is((SELECT count(*) FROM lealup.segment WHERE name = 'one'), 1::bigint, 'it is done once');
SELECT is((pg_temp.make('two', 'k1')).status, 422, 'the key is for one request');
SELECT is((pg_temp.make('one', 'k2')).status, 409, 'another key is another request, which fails');
SELECT is((SELECT count(*) FROM lealup.http_answer WHERE idempotency_key = 'k2'), 0::bigint, 'and may be made again');
SELECT is((pg_temp.make('three', 'k2')).status, 201, 'with the same key');
SELECT is((pg_temp.make('x', k)).status, 400, 'no key: ' || left(k, 20)) FROM unnest(ARRAY['', ' ', 'a b', repeat('k', 256), E'a\nb']) k;
SELECT is((pg_temp.make('with a secret', 'k3')).body::jsonb ->> 'secret', 'shown once', 'a secret');
SELECT is((pg_temp.make('with a secret', 'k3')).body::jsonb ->> 'secret', NULL, 'is not shown again');
SELECT is((SELECT count(*) FROM lealup.http_answer a WHERE a.body LIKE '%shown once%' AND idempotency_key = 'k3'), 0::bigint, 'because it is not kept');
SELECT set_config('test.key2', lealup.create_api_key(:'tenant', 'second', '{*}'), true);
SELECT is((pg_temp.http('POST', '/test/segments', '{"name": "four"}', '{"idempotency-key": "k1"}', current_setting('test.key2'))).status, 201, 'a key is the API key''s own');
SELECT is(lealup._forget_answers(now() + interval '23 hours', 100), 0::bigint, 'answers are kept');
SELECT is(lealup._forget_answers(now() + interval '25 hours', 2), 2::bigint, 'for a day');
SELECT is(pg_temp.status('GET', '/test/echo/a', headers => '{"idempotency-key": ""}'), 200, 'GET needs none');

-- ----- Strangers -----
SELECT lealup._add_route('GET', '/test/heavy', '_http_test_text', NULL, 'Public', rate_class => 'heavy', produces => 'text/plain');
SELECT lealup._add_route('GET', '/test/light', '_http_test_text', NULL, 'Public', rate_class => 'none', produces => 'text/plain');
CREATE FUNCTION pg_temp.from(address text, path text, key text, n int) RETURNS int[] LANGUAGE sql AS $$
    SELECT array_agg(DISTINCT (lealup.http_request('GET', path, NULL, jsonb_strip_nulls(jsonb_build_object('lealup-client-address', address, 'authorization', 'Bearer ' || key)), NULL)).status) FROM generate_series(1, n)
$$;
SELECT is(pg_temp.from(NULL, '/test/heavy', NULL, 100), '{200}', 'whoever has no address is not counted');
SELECT is(pg_temp.from('192.0.2.1', '/test/heavy', NULL, 100), '{200,429}', 'strangers have a limit by address');
SELECT is(pg_temp.from('192.0.2.1', '/test/echo/a', 'lk_' || k, 200), '{401,429}', 'also for keys that are none: ' || k) FROM (VALUES ('x'), (repeat('0', 32) || '_' || repeat('0', 64))) v(k);
SELECT is(pg_temp.from('192.0.2.1', '/test/echo/a', NULL, 200), '{401,429}', 'and for no key');
SELECT is(pg_temp.from('192.0.2.1', '/test/light', NULL, 100), '{200}', 'but for what monitoring asks');
SELECT is(pg_temp.from('192.0.2.1', '/test/echo/a', lealup.create_api_key(k.tenant_id, 'fresh', '{*}'), 50), '{200}', 'who has a key is not concerned') FROM lealup.api_key k ORDER BY k.id LIMIT 1;
SELECT is(pg_temp.from('192.0.2.2', '/test/echo/a', 'x', 10), '{401}', 'nor another address');
SELECT is(pg_temp.from('2001:db8::1', '/test/heavy', NULL, 100), '{200,429}', 'IPv6');
SELECT is(pg_temp.from('2001:db8::ffff:2', '/test/echo/a', 'x', 200), '{401,429}', 'has networks');
SELECT is(pg_temp.from('2001:db8:0:1::1', '/test/echo/a', 'x', 10), '{401}', 'which are many');

SELECT * FROM finish();
ROLLBACK;
