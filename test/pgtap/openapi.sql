-- The OpenAPI document: well-formed, and true: every route answers as it says. Health, readiness and metrics.
BEGIN;
SELECT plan(95);
\ir lib/http.sql

SELECT lealup.create_tenant('openapi') AS tenant, lealup.create_tenant('other') AS other \gset
SELECT set_config('test.tenant', :'tenant', true), set_config('test.key', lealup.create_api_key(:'tenant', 'test', '{*}', rate_limit => 1000000), true);
CREATE TEMP TABLE document AS SELECT pg_temp.body('GET', '/v1/openapi.json', key => '') AS d;
CREATE TEMP VIEW operation AS
SELECT upper(o.key) AS method, p.key AS path, o.value AS o FROM document, jsonb_each(d -> 'paths') p, jsonb_each(p.value) o;

-- ----- The document -----
SELECT is(d ->> 'openapi', '3.1.0', 'the document, for everybody') FROM document;
SELECT results_eq('SELECT method, path FROM operation ORDER BY 1, 2', 'SELECT method, path FROM lealup.route ORDER BY 1, 2', 'every route is in it');
CREATE TEMP VIEW node AS
WITH RECURSIVE n(path, value) AS (
    SELECT '$', d FROM document
    UNION ALL
    SELECT n.path || '.' || c.key, c.value FROM n CROSS JOIN LATERAL (
        SELECT o.key, o.value FROM jsonb_each(CASE jsonb_typeof(n.value) WHEN 'object' THEN n.value ELSE '{}' END) o
        UNION ALL SELECT a.i::text, a.e FROM jsonb_array_elements(CASE jsonb_typeof(n.value) WHEN 'array' THEN n.value ELSE '[]' END) WITH ORDINALITY a(e, i)) c)
SELECT * FROM n;
SELECT is_empty($$SELECT path FROM node, document WHERE jsonb_typeof(value) = 'string' AND path LIKE '%.$ref' AND d #> string_to_array(substr(value #>> '{}', 3), '/') IS NULL$$, 'every reference leads somewhere');
SELECT is_empty($$SELECT o ->> 'operationId' FROM operation GROUP BY 1 HAVING count(*) > 1$$, 'an operation has an id of its own');
SELECT is_empty($$SELECT path, m[1] FROM operation, regexp_matches(path, '\{([^}]*)\}', 'g') m WHERE NOT o -> 'parameters' @> jsonb_build_array(jsonb_build_object('name', m[1], 'in', 'path', 'required', true))$$, 'path parameters are described');
SELECT is_empty($$SELECT path, p FROM operation, jsonb_array_elements(o -> 'parameters') p WHERE p ->> 'in' = 'path' AND path NOT LIKE '%{' || (p ->> 'name') || '}%'$$, 'and no others');
SELECT is_empty($$SELECT method, path FROM operation WHERE coalesce(o ->> 'summary', '') = '' OR o -> 'responses' -> 'default' IS NULL OR (SELECT count(*) FROM jsonb_object_keys(o -> 'responses') k WHERE k LIKE '2__') = 0$$, 'an operation tells what it is for, and what it answers');
SELECT is_empty($$SELECT method, path FROM operation WHERE method IN ('GET', 'DELETE') AND o ? 'requestBody'$$, 'GET and DELETE take no body');
SELECT is_empty($$SELECT n.path FROM node n WHERE n.path ~ '\.schema$|\.items$|\.schemas\.[A-Za-z]+$' AND jsonb_typeof(n.value) = 'object' AND EXISTS (
    SELECT FROM jsonb_object_keys(n.value) k WHERE k NOT IN ('type', 'enum', 'minLength', 'maxLength', 'format', 'minimum', 'maximum', 'minItems', 'maxItems', 'items', 'required', 'properties',
        'additionalProperties', 'description', 'default', '$ref'))$$, 'schemas use what is checked');
SELECT is_empty($$SELECT n.path FROM node n WHERE n.value ? 'required' AND jsonb_typeof(n.value -> 'required') = 'array' AND n.value ? 'properties' AND EXISTS (
    SELECT FROM jsonb_array_elements_text(n.value -> 'required') r WHERE NOT n.value -> 'properties' ? r)$$, 'what is required is described');
SELECT is_empty($$SELECT r.method, r.path FROM lealup.route r WHERE NOT EXISTS (SELECT FROM pg_proc p WHERE p.pronamespace = 'lealup'::regnamespace AND p.proname = r.handler
    AND p.pronargs = 1 AND p.proargtypes[0] = 'lealup.http_call'::regtype AND p.prorettype = 'lealup.http_reply'::regtype AND NOT p.prosecdef)$$, 'every handler is there, and has no rights of its own');
SELECT is_empty($$SELECT r.method, r.path FROM lealup.route r WHERE r.scope IS NULL AND r.path NOT IN ('/healthz', '/readyz', '/v1/openapi.json', '/v1/oauth/callback')$$, 'few routes are public');
SELECT is_empty($$SELECT r.method, r.path FROM lealup.route r WHERE r.method <> 'GET' AND r.scope NOT LIKE '%:write' OR r.method = 'GET' AND r.scope NOT LIKE '%:read'$$, 'who changes something needs to write');
SELECT is(a.status, 304, 'who has the document is not given it again') FROM pg_temp.http('GET', '/v1/openapi.json', key => '') f, pg_temp.http('GET', '/v1/openapi.json', headers => jsonb_build_object('if-none-match', f.headers ->> 'etag'), key => '') a;

-- ----- Every route answers as it says -----
-- What is wrong with an answer by its route's description; null if nothing is.
CREATE FUNCTION pg_temp.untrue(method text, path text, a pg_temp.answer) RETURNS text LANGUAGE sql AS $$
    SELECT CASE
        WHEN r.path IS NULL THEN 'no such route'
        WHEN r.responses ? a.status::text THEN
            CASE WHEN r.responses -> a.status::text = 'null' THEN CASE WHEN a.body IS NOT NULL OR a.headers ? 'content-type' THEN 'has a body' END
                 WHEN a.headers ->> 'content-type' NOT LIKE r.produces || '%' THEN 'is ' || (a.headers ->> 'content-type')
                 WHEN r.produces = 'application/json' THEN nullif(lealup._http_check(r.responses -> a.status::text, a.body::jsonb, ''), '[]')::text END
        WHEN a.status < 400 THEN 'status ' || a.status || ' is not described'
        ELSE coalesce(nullif(lealup._http_check('{"$ref": "Problem"}', a.body::jsonb, ''), '[]')::text,
            CASE WHEN a.headers ->> 'content-type' <> 'application/problem+json' OR (a.body::jsonb ->> 'status')::int <> a.status THEN 'is no problem' END) END
    FROM (SELECT 1) x LEFT JOIN lealup.route r ON r.method = untrue.method AND r.path = untrue.path
$$;
SELECT lealup.create_subscription(:'tenant', 'https://a.example/', '{*}') AS id, lealup.create_subscription(:'tenant', 'https://b.example/', '{*}') AS second \gset
SELECT lealup.emit(:'tenant', 'task.created', '{}') AS event \gset
SELECT count(*) FROM lealup._fan_out(1000, now());
SELECT lealup.delivery_id(:'event', :'id') AS delivery \gset
-- What makes each route answer each of its statuses.
CREATE TEMP TABLE example (method text, path text, target text, body text, status int);
INSERT INTO example VALUES
    ('GET', '/v1/webhook-events', '/v1/webhook-events', NULL, 200),
    ('GET', '/v1/webhook-events/{event}/filters', '/v1/webhook-events/health.changed/filters', NULL, 200),
    ('POST', '/v1/events', '/v1/events', '{"event": "task.created", "data": {}}', 201),
    ('POST', '/v1/webhook-subscriptions', '/v1/webhook-subscriptions', '{"url": "https://c.example/", "events": ["*"]}', 201),
    ('GET', '/v1/webhook-subscriptions', '/v1/webhook-subscriptions?limit=2', NULL, 200),
    ('GET', '/v1/webhook-subscriptions/{id}', '/v1/webhook-subscriptions/' || :'id', NULL, 200),
    ('PATCH', '/v1/webhook-subscriptions/{id}', '/v1/webhook-subscriptions/' || :'id', '{"retry_schedule": [0, 5], "timeout_ms": 700}', 200),
    ('PATCH', '/v1/webhook-subscriptions/{id}/secret', '/v1/webhook-subscriptions/' || :'id' || '/secret', '{}', 200),
    ('GET', '/v1/webhook-subscriptions/{id}/deliveries', '/v1/webhook-subscriptions/' || :'id' || '/deliveries', NULL, 200),
    ('POST', '/v1/webhook-subscriptions/{id}/deliveries/{delivery_id}/replay', '/v1/webhook-subscriptions/' || :'id' || '/deliveries/' || :'delivery' || '/replay', NULL, 202),
    ('POST', '/v1/webhook-subscriptions/{id}/test', '/v1/webhook-subscriptions/' || :'id' || '/test', '{}', 202),
    ('POST', '/v1/webhook-subscriptions/{id}/recover', '/v1/webhook-subscriptions/' || :'id' || '/recover', '{"from": "2026-01-01", "dry_run": true}', 200),
    ('POST', '/v1/webhook-subscriptions/{id}/recover', '/v1/webhook-subscriptions/' || :'id' || '/recover', '{"from": "2026-01-01"}', 202),
    ('DELETE', '/v1/webhook-subscriptions/{id}', '/v1/webhook-subscriptions/' || :'second', NULL, 204),
    ('GET', '/v1/openapi.json', '/v1/openapi.json', NULL, 200), ('GET', '/healthz', '/healthz', NULL, 200), ('GET', '/readyz', '/readyz', NULL, 200), ('GET', '/metrics', '/metrics', NULL, 200);
SELECT is_empty($$SELECT r.method, r.path, k FROM lealup.route r, jsonb_object_keys(r.responses) k WHERE split_part(r.scope, ':', 1) IN ('webhooks', 'events', 'metrics') AND k <> '503'
    EXCEPT SELECT method, path, status::text FROM example$$, 'there is an example of every answer');
SELECT collect_tap(is(a.status, e.status, e.method || ' ' || e.path), is(pg_temp.untrue(e.method, e.path, a), NULL, 'answers as it says'))
FROM example e, pg_temp.http(e.method, e.target, e.body) a;
-- What goes wrong everywhere. Ids are ones that are not there.
SELECT set_config('test.poor', lealup.create_api_key(:'tenant', 'poor', '{metrics:read}', rate_limit => 1000000), true), set_config('test.other', lealup.create_api_key(:'other', 'other', '{*}', rate_limit => 1000000), true);
CREATE TEMP VIEW wrong AS
SELECT r.*, replace(regexp_replace(r.path, '\{[a-z_]+\}', lealup.uuid7()::text, 'g'), '{', '') AS target FROM lealup.route r;
CREATE TEMP VIEW trial AS
SELECT v.n AS kind, w.method, w.path, v.s AS expected, a.status, pg_temp.untrue(w.method, w.path, a.a) AS untrue
FROM wrong w CROSS JOIN LATERAL (VALUES ('no key', CASE WHEN w.scope IS NOT NULL THEN 401 END, w.target, NULL, '{}'::jsonb, ''),
    ('no scope', CASE WHEN w.scope <> 'metrics:read' THEN 403 END, w.target, NULL, '{}', current_setting('test.poor')),
    ('an unknown parameter', 400, w.target || '?unknown=1', NULL, '{}', NULL), ('a broken query', 400, w.target || '?a=%zz', NULL, '{}', NULL),
    ('another media type', 406, w.target, NULL, '{"accept": "image/png"}', NULL), ('no JSON', 400, w.target, '{', '{}', NULL),
    ('no JSON type', CASE WHEN w.parameters @? '$.* ? (@.required == true)' THEN 400 ELSE 415 END, w.target, 'a=1', '{"content-type": "application/x-www-form-urlencoded"}', NULL), ('an unknown field', CASE WHEN w.parameters @? '$.* ? (@.required == true)' THEN 400 ELSE 422 END, w.target, '{"unknown": 1}', '{}', NULL)) v(n, s, t, b, h, k)
CROSS JOIN LATERAL (SELECT x.status, x AS a FROM pg_temp.http(w.method, v.t, v.b, v.h, coalesce(v.k, current_setting('test.key'))) x) a
WHERE v.s IS NOT NULL;
CREATE TEMP TABLE tried AS SELECT * FROM trial;
SELECT is_empty(format('SELECT method, path, status, untrue FROM tried WHERE kind = %L AND (status <> expected OR untrue IS NOT NULL)', k), 'on every route a problem: ' || k)
FROM unnest(ARRAY['no key', 'no scope', 'an unknown parameter', 'a broken query', 'another media type', 'no JSON', 'no JSON type', 'an unknown field']) k;
SELECT cmp_ok(count(*), '>', 100::bigint, 'these were tried') FROM tried;
SELECT collect_tap(is(a.status, 404, 'others'' objects: ' || e.method || ' ' || e.path), is(pg_temp.untrue(e.method, e.path, a), NULL, 'is a problem'))
FROM example e, pg_temp.http(e.method, e.target, e.body, key => current_setting('test.other')) a WHERE e.path LIKE '%{id}%';
CREATE TEMP TABLE abused AS
SELECT w.method, w.path, x, a.status, a.body FROM wrong w, unnest(ARRAY[''' OR 1=1--', '"; DROP TABLE x', '\', '$$', '%00', '{}', repeat('x', 3000)]) x,
    pg_temp.http(w.method, regexp_replace(w.path, '\{[a-z_]+\}', replace(lealup._percent_encode(x), '\', '\\'), 'g'), CASE WHEN w.request IS NOT NULL THEN json_build_object(x, x, 'url', x, 'event', x, 'from', x)::text END) a
WHERE w.path LIKE '%{%' OR w.request IS NOT NULL;
SELECT is_empty($$SELECT method, path, x, body FROM abused WHERE replace(body, left(x, 100), '') ~* 'select |lealup\.|pg_|relation|syntax error' OR status NOT IN (400, 404, 414, 422)$$, 'no answer shows SQL, nothing is done');

-- Requests that are broken by chance, of every route: whatever comes is answered, and nothing breaks.
CREATE FUNCTION pg_temp.broken(text text, most int) RETURNS bytea LANGUAGE plpgsql AS $$
DECLARE
    b bytea := convert_to(text, 'UTF8');
    at int;
BEGIN
    FOR i IN 1 .. 1 + floor(random() * most) LOOP
        at := floor(random() * (length(b) + 1));
        b := CASE floor(random() * 4)
            WHEN 0 THEN overlay(b PLACING decode(lpad(to_hex(floor(random() * 256)::int), 2, '0'), 'hex') FROM at + 1 FOR 1)
            WHEN 1 THEN substring(b FROM 1 FOR at)
            WHEN 2 THEN substring(b FROM 1 FOR at) || convert_to((ARRAY['"', '{', '[', ']', '}', ':', ',', '\', 'null', '\u0000', '\ud800', '1e999', '-', '%', '%00', '&', '=', ';', '*', '/', '..'])[1 + floor(random() * 21)], 'UTF8') || substring(b FROM at + 1)
            ELSE substring(b FROM at + 1) END;
    END LOOP;
    RETURN b;
END $$;
CREATE TEMP TABLE fuzz AS
SELECT w.method, w.path, f.body, r.status, r.response_headers, r.response_body
FROM generate_series(1, 60) n, wrong w
CROSS JOIN LATERAL (SELECT coalesce(e.target, w.target) AS target, coalesce(e.body, '{"from": "2026-01-01", "data": {"a": [1, "b"]}}') AS body
    FROM (SELECT 1) x LEFT JOIN example e ON e.method = w.method AND e.path = w.path AND e.method IN ('GET', 'PATCH') LIMIT 1) e
CROSS JOIN LATERAL (SELECT CASE WHEN n % 3 = 0 THEN lealup._printable(pg_temp.broken(e.target, 3)) ELSE e.target END AS path,
    CASE WHEN n % 3 = 1 THEN lealup._printable(pg_temp.broken('limit=5&status=failed&from=2026-01-01', 4)) END AS query,
    CASE WHEN n % 3 = 2 THEN pg_temp.broken(e.body, 5) END AS body,
    jsonb_build_object('authorization', 'Bearer ' || current_setting('test.key'), 'content-type', 'application/json', 'accept', CASE WHEN n % 7 = 0 THEN lealup._printable(pg_temp.broken('application/json;q=0.5, */*', 3)) ELSE '*/*' END,
        'if-match', CASE WHEN n % 5 = 0 THEN lealup._printable(pg_temp.broken('"5-abc", W/"x"', 3)) ELSE '*' END) AS headers) f
CROSS JOIN LATERAL lealup.http_request(w.method, f.path, f.query, f.headers, f.body) r;
SELECT is_empty('SELECT method, path, body, status, convert_from(response_body, ''UTF8'') FROM fuzz WHERE status >= 500', 'nothing that is broken breaks anything');
SELECT is_empty('SELECT method, path, status FROM fuzz WHERE status >= 400 AND (response_headers ->> ''content-type'' <> ''application/problem+json'' OR convert_from(response_body, ''UTF8'')::jsonb ->> ''detail'' IS NULL)', 'and is told so');

-- ----- Health, readiness, metrics -----
SELECT is(pg_temp.body('GET', '/healthz', key => ''), '{"status": "ok"}', 'the gateway lives');
SELECT is(pg_temp.body('GET', '/readyz', key => ''), '{"status": "ready"}', 'and can do something');
SELECT is(pg_temp.status('GET', '/metrics', key => ''), 401, 'metrics are not for everybody');
CREATE TEMP TABLE metrics AS SELECT l, n FROM pg_temp.http('GET', '/metrics') a, regexp_split_to_table(a.body, '\n') WITH ORDINALITY l(l, n);
SELECT is_empty($$SELECT l FROM metrics WHERE l !~ '^(# (HELP|TYPE) [a-z_]+ .*|[a-z_]+(\{([a-z]+="[^"\\]*",?)+\})? [0-9.e+-]+|)$'$$, 'they are in Prometheus'' format');
SELECT is_empty($$SELECT m[1] FROM metrics, regexp_matches(l, '^([a-z_]+)[{ ]') m WHERE NOT EXISTS (SELECT FROM metrics t WHERE t.l LIKE '# TYPE ' || m[1] || ' %')$$, 'each with its type');
SELECT is_empty($$SELECT l FROM metrics GROUP BY 1 HAVING count(*) > 1 AND l <> ''$$, 'and once');
SELECT is_empty($$SELECT l FROM metrics WHERE l LIKE 'lealup_worker%'$$, 'a tenant is not told of the workers');
CREATE FUNCTION pg_temp.metric(name text, key text DEFAULT current_setting('test.key')) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(substr(l, length(name) + 2), ' ' ORDER BY n) FROM pg_temp.http('GET', '/metrics', key => key) a, regexp_split_to_table(a.body, '\n') WITH ORDINALITY l(l, n) WHERE l LIKE name || '%' AND l NOT LIKE '#%'
$$;
SELECT collect_tap(is(pg_temp.metric('lealup_subscriptions{status="active"}'), '2', 'the tenant''s subscriptions'), is(pg_temp.metric('lealup_subscriptions{status="active"}', current_setting('test.other')), '0', 'nobody else''s'));
SELECT collect_tap(is(pg_temp.metric('lealup_outbox_events'), '1', 'events that wait'), is(pg_temp.metric('lealup_delivery_queue{state="due"}'), '2', 'deliveries that are due'));
SELECT lealup._record(ARRAY[ROW(q.tenant_id, q.id, q.attempt_no, true, 'success', NULL, now(), 30000, 'https://a.example/', '{}', 200, '{}', '', NULL)::lealup._outcome])
FROM lealup.delivery_queue q WHERE q.id = :'delivery';
SELECT is(pg_temp.metric('lealup_recent_attempts{result="success"}'), '1', 'attempts by result');
SELECT is(pg_temp.metric('lealup_recent_attempt_latency_seconds_bucket{le="0.025"}') || pg_temp.metric('lealup_recent_attempt_latency_seconds_bucket{le="0.05"}') || pg_temp.metric('lealup_recent_attempt_latency_seconds_bucket{le="+Inf"}')
    || ' ' || pg_temp.metric('lealup_recent_attempt_latency_seconds_sum'), '011 0.03', 'and by latency');
SELECT throws_ok('SELECT * FROM lealup._metric_rows(NULL, now())', '42501', NULL, 'all tenants'' metrics are an administrator''s to give');

SELECT * FROM finish();
ROLLBACK;
