-- The HTTP API of webhooks, as the LealUp Webhooks document has it.
BEGIN;
SELECT plan(241);
\ir lib/http.sql

SELECT lealup.create_tenant('webhooks') AS tenant, lealup.create_tenant('other') AS other \gset
SELECT set_config('test.tenant', :'tenant', true), set_config('test.key', lealup.create_api_key(:'tenant', 'test', '{webhooks:write,events:write}', rate_limit => 1000000), true),
    set_config('test.other', lealup.create_api_key(:'other', 'test', '{*}'), true);

-- ----- Event types -----
SELECT collect_tap(is(jsonb_array_length(b -> 'data'), (SELECT count(*)::int FROM lealup.event_type), 'every event type is listed'),
    ok(b -> 'data' @> '[{"event": "health.drop_sharp", "builtin": true}]', 'by its name')) FROM pg_temp.body('GET', '/v1/webhook-events') b;
SELECT lealup.register_event_type(:'tenant', 'acme.shipped', 'Shipped.', filters => '{"carrier": {"type": "string"}}');
SELECT is(pg_temp.body('GET', '/v1/webhook-events') -> 'data' @> '[{"event": "acme.shipped", "builtin": false, "filters": ["carrier"]}]', true, 'the tenant''s own, too');
SELECT is(pg_temp.body('GET', '/v1/webhook-events', key => current_setting('test.other')) -> 'data' @> '[{"event": "acme.shipped"}]', false, 'and nobody else''s');
SELECT is(pg_temp.body('GET', '/v1/webhook-events/health.changed/filters') -> 'data' @> '[{"filter": "min_arr", "match": "min", "type": "number"}, {"filter": "to_status"}]', true, 'the filters of an event type');
SELECT is(pg_temp.status('GET', '/v1/webhook-events/' || e || '/filters'), 404, 'no event type: ' || e) FROM unnest(ARRAY['x', 'health.*', '*', '%27', 'webhook.test', '%25']) e;
SELECT is(pg_temp.status('GET', '/v1/webhook-events/acme.shipped/filters', key => current_setting('test.other')), 404, 'nor one of others');

-- ----- Creating one -----
CREATE TEMP TABLE made AS SELECT (a.a).* FROM (SELECT pg_temp.http('POST', '/v1/webhook-subscriptions', '{
  "url": "https://your-system.com/lealup-webhook",
  "events": ["health.drop_sharp", "renewal.approaching"],
  "secret": "wh_secret_abc123_abc123_abc123_abc123",
  "description": "Alerts to Slack via Zapier",
  "filters": {"segment_id": "01HSEG"}
}') AS a OFFSET 0) a;
SELECT is((SELECT array_agg(k) FROM made, json_object_keys(body::json) k), '{id,url,events,created_at,status}', 'the answer is as printed');
SELECT ok(status = 201 AND body::jsonb @> '{"url": "https://your-system.com/lealup-webhook", "events": ["health.drop_sharp", "renewal.approaching"], "status": "active"}', 'with what was asked for') FROM made;
SELECT is(headers ->> 'location', '/v1/webhook-subscriptions/' || (body::jsonb ->> 'id'), 'and its place') FROM made;
SELECT body::jsonb ->> 'id' AS id, '/v1/webhook-subscriptions/' || (body::jsonb ->> 'id') AS path FROM made \gset
SELECT set_config('test.path', :'path', true);
SELECT is((SELECT count(*) FROM lealup.vault_secret WHERE owner_id = :'id'), 1::bigint, 'the secret is kept');
SELECT matches(b ->> 'secret', '^whsec_', 'one that was generated is shown') FROM pg_temp.body('POST', '/v1/webhook-subscriptions', '{"url": "https://a.example/", "events": ["*"], "secret": null}', '{"idempotency-key": "a"}') b;
SELECT is(b -> 'secret', 'null', 'once') FROM pg_temp.body('POST', '/v1/webhook-subscriptions', '{"url": "https://a.example/", "events": ["*"], "secret": null}', '{"idempotency-key": "a"}') b;
SELECT ok(NOT EXISTS (SELECT FROM lealup.http_answer a WHERE a.body LIKE '%whsec%'), 'and not kept');
CREATE FUNCTION pg_temp.create_with(fields jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.refusal('POST', '/v1/webhook-subscriptions', ('{"url": "https://a.example/", "events": ["health.changed"]}'::jsonb || fields)::text)
$$;
SELECT is(pg_temp.create_with(f::jsonb), r, left(f, 90)) FROM (VALUES ('{"url": null}', '422 url'), ('{"url": "nonsense"}', '422 url'), ('{"url": "ftp://a.example/"}', '422 url'), ('{"url": "https://169.254.169.254/"}', '422 url'), ('{"url": "https://u:p@a.example/"}', '422 url'), ('{"url": ""}', '422 url'), ('{"url": 1}', '422 url'),
    ('{"events": []}', '422 events'), ('{"events": null}', '422 events'), ('{"events": "*"}', '422 events'), ('{"events": ["nothing"]}', '422 events'), ('{"events": [1]}', '422 events[0]'), ('{"events": ["health.changed", null]}', '422 events[1]'),
    ('{"secret": "short"}', '422 secret'), ('{"secret": "with blanks with blanks with blanks"}', '422 secret'), ('{"secret": 5}', '422 secret'), ('{"description": 5}', '422 description'), ('{"filters": []}', '422 filters'), ('{"filters": {"sgement": 1}}', '422 filters.sgement'),
    ('{"filters": {"to_status": "sick"}}', '422 filters.to_status'), ('{"filters": {"min_arr": [1, 2]}}', '422 filters.min_arr'), ('{"headers": {"Host": "x"}}', '422 headers'), ('{"headers": {"X": 1}}', '422 headers.X'), ('{"headers": {"X-A": "a\r\nb"}}', '422 headers'), ('{"retry_schedule": [0, -1]}', '422 retry_schedule[1]'), ('{"retry_schedule": [604801]}', '422 retry_schedule[0]'),
    ('{"retry_on": "x"}', '422 retry_on'), ('{"timeout_ms": 99}', '422 timeout_ms'), ('{"timeout_ms": 30001}', '422 timeout_ms'), ('{"rate_limit": -1}', '422 rate_limit'), ('{"rate_limit": 0}', '403'), ('{"rate_limit": 100000}', '403'), ('{"max_in_flight": 0}', '422 max_in_flight'), ('{"disable_after_failures": 0}', '422 disable_after_failures'),
    ('{"status": "disabled"}', '422 status'), ('{"id": "x"}', '422 id'), ('{"tenant_id": "x"}', '422 tenant_id'), ('{"Url": "x", "secrte": "x"}', '422 Url,secrte')) v(f, r);
SELECT is(pg_temp.refusal('POST', '/v1/webhook-subscriptions', '{}'), '422 events,url', 'what is missing is named');
SELECT ok(a.body NOT LIKE '%hidden%', 'no answer repeats a secret') FROM unnest(ARRAY['{"secret": "hidden"}', '{"url": "https://user:hidden@a.example/"}', '{"headers": {"X-A": "hidden\r\n"}}']::jsonb[]) f,
    pg_temp.http('POST', '/v1/webhook-subscriptions', ('{"url": "https://a.example/", "events": ["health.changed"]}'::jsonb || f)::text) a;
CREATE TEMP TABLE full_one AS SELECT (pg_temp.body('POST', '/v1/webhook-subscriptions', '{"url": "https://a.example/", "events": ["health.changed", "customer.*"], "filters": {"min_arr": 50000, "from_status": ["healthy", "neutral"], "to_status": "at-risk"},
    "headers": {"X-Team": "a"}, "retry_schedule": [0, 90], "retry_on": "any", "timeout_ms": 2500, "rate_limit": 5, "max_in_flight": 3, "disable_on_gone": true, "disable_after_failures": 7, "status": "paused"}') ->> 'id')::uuid AS id;
SELECT ok(b @> '{"filters": {"min_arr": 50000, "from_status": ["healthy", "neutral"], "to_status": "at-risk"}, "header_names": ["X-Team"], "retry_schedule": [0, 90], "retry_on": "any", "timeout_ms": 2500, "rate_limit": 5, "max_in_flight": 3,
    "disable_on_gone": true, "disable_after_failures": 7, "status": "paused", "description": null, "status_reason": null}', 'everything can be set') FROM full_one, pg_temp.body('GET', '/v1/webhook-subscriptions/' || id) b;

-- ----- Reading -----
SELECT collect_tap(ok(b @> '{"description": "Alerts to Slack via Zapier", "filters": {"segment_id": "01HSEG"}, "timeout_ms": 5000, "retry_schedule": null, "header_names": []}', 'a subscription'),
    ok(b -> 'stats' @> '{"days": 7, "deliveries": 0, "pending": 0, "success_rate": null}', 'with statistics'), ok(NOT b ? 'secret', 'without its secret')) FROM pg_temp.body('GET', :'path') b;
SELECT is(pg_temp.status(m, p, b, key => current_setting('test.other')), 404, 'another tenant''s: ' || m || ' ' || regexp_replace(p, '[0-9a-f-]{36}', 'ID', 'g')) FROM (VALUES ('GET', :'path', NULL), ('PATCH', :'path', '{"description": "x"}'), ('DELETE', :'path', NULL),
    ('PATCH', :'path' || '/secret', '{}'), ('GET', :'path' || '/deliveries', NULL), ('POST', :'path' || '/test', '{}'), ('POST', :'path' || '/recover', '{"from": "2026-01-01"}'), ('POST', :'path' || '/deliveries/' || :'id' || '/replay', NULL)) v(m, p, b);
SELECT is(pg_temp.status('GET', '/v1/webhook-subscriptions/' || i), 404, 'no id: ' || i) FROM unnest(ARRAY['x', '0', '00000000-0000-7000-8000-000000000000', '%27%20OR%20%271%27=%271', :'id' || 'x', '{' || :'id' || '}', 'null', '-']) i;
SELECT is(pg_temp.status('GET', '/v1/webhook-subscriptions/' || upper(:'id')), 200, 'an id is written as one likes');
SELECT collect_tap(is(jsonb_array_length(b -> 'data'), 3, 'the list'), is(b -> 'data' -> 0 ->> 'id', :'id', 'in order'), ok(NOT b -> 'data' -> 0 ? 'stats', 'without statistics')) FROM pg_temp.body('GET', '/v1/webhook-subscriptions') b;
SELECT is(pg_temp.body('GET', '/v1/webhook-subscriptions?status=paused') #>> '{data,0,id}', id::text, 'by status') FROM full_one;
SELECT is(jsonb_array_length(pg_temp.body('GET', '/v1/webhook-subscriptions?updated_since=' || q) -> 'data'), n, 'by their last change') FROM (VALUES ('2026-01-01', 3), ('2999-01-01', 0)) v(q, n);
SELECT is(pg_temp.body('GET', '/v1/webhook-subscriptions', key => current_setting('test.other')) -> 'data', '[]', 'others see none');
CREATE FUNCTION pg_temp.walk(target text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    page jsonb;
    ids text[] := '{}';
    pages int := 0;
BEGIN
    WHILE target IS NOT NULL AND pages < 50 LOOP
        page := pg_temp.body('GET', target);
        ids := ids || ARRAY(SELECT e ->> 'id' FROM jsonb_array_elements(page -> 'data') WITH ORDINALITY u(e, n) ORDER BY n);
        target := page ->> 'next';
        pages := pages + 1;
    END LOOP;
    RETURN format('%s pages, %s different of %s', pages, (SELECT count(DISTINCT i) FROM unnest(ids) i), cardinality(ids));
END $$;
SELECT is(pg_temp.walk('/v1/webhook-subscriptions?limit=1'), '3 pages, 3 different of 3', 'page by page');

-- ----- Changing -----
CREATE FUNCTION pg_temp.patch(fields text, headers jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$ SELECT pg_temp.refusal('PATCH', current_setting('test.path'), fields, headers) $$;
CREATE FUNCTION pg_temp.seen(field text) RETURNS jsonb LANGUAGE sql AS $$ SELECT pg_temp.body('GET', current_setting('test.path')) -> field $$;
SELECT collect_tap(is(pg_temp.patch(f), '200', f), is(pg_temp.seen(n), v::jsonb, 'is shown')) FROM (VALUES ('{"url": "https://new.example/"}', 'url', '"https://new.example/"'), ('{"events": ["*"], "filters": {}}', 'events', '["*"]'), ('{"description": null}', 'description', 'null'), ('{"description": "x"}', 'description', '"x"'),
    ('{"filters": {"min_arr": 1}}', 'filters', '{"min_arr": 1}'), ('{"filters": null}', 'filters', '{}'), ('{"headers": {"X-A": "b"}}', 'header_names', '["X-A"]'), ('{"headers": null}', 'header_names', '[]'), ('{"retry_schedule": [5]}', 'retry_schedule', '[5]'), ('{"retry_schedule": null}', 'retry_schedule', 'null'),
    ('{"rate_limit": 3}', 'rate_limit', '3'), ('{"rate_limit": null}', 'rate_limit', 'null'), ('{"max_in_flight": 3}', 'max_in_flight', '3'), ('{"max_in_flight": null}', 'max_in_flight', 'null'), ('{"disable_after_failures": 3}', 'disable_after_failures', '3'),
    ('{"disable_after_failures": null}', 'disable_after_failures', 'null'), ('{"timeout_ms": 1234}', 'timeout_ms', '1234'), ('{"disable_on_gone": true}', 'disable_on_gone', 'true'), ('{"status": "paused"}', 'status', '"paused"'), ('{"status": "active"}', 'status', '"active"'), ('{}', 'status', '"active"')) v(f, n, v);
SELECT is(pg_temp.patch(f), r, f) FROM (VALUES ('{"url": null}', '422 url'), ('{"events": null}', '422 events'), ('{"url": "https://10.0.0.1/"}', '422 url'), ('{"secret": null}', '422 secret'), ('{"secret": "short"}', '422 secret'), ('{"version": 3}', '422 version'), ('{"status": null}', '422 status'), ('{"timeout_ms": null}', '422 timeout_ms'),
    ('{"events": ["task.created"], "filters": {"to_status": "x"}}', '422 filters.to_status'), ('{"description": "kept?", "events": []}', '422 events'), ('[]', '422 ')) v(f, r);
SELECT is(pg_temp.seen('description'), '"x"', 'what failed changed nothing');
SELECT set_config('test.etag', headers ->> 'etag', true) FROM pg_temp.http('GET', :'path');
SELECT is(pg_temp.patch('{"description": "first"}', jsonb_build_object('if-match', current_setting('test.etag'))), '200', 'who saw the last version changes it');
SELECT is(pg_temp.patch('{"description": "second"}', jsonb_build_object('if-match', current_setting('test.etag'))), '412', 'who did not does not');
SELECT is(pg_temp.seen('description'), '"first"', 'as is seen');
SELECT is(pg_temp.patch('{"description": "third"}', jsonb_build_object('if-match', a.headers ->> 'etag')), '200', 'the answer to a change has an ETag as well') FROM pg_temp.http('PATCH', :'path', '{}') a;
SELECT is(pg_temp.status('DELETE', :'path', headers => jsonb_build_object('if-match', current_setting('test.etag'))), 412, 'a deletion asks for the version, too');
SELECT is(pg_temp.patch('{"secret": "another_secret_another_secret_another"}'), '200', 'the secret is replaced');
SELECT collect_tap(is((SELECT count(*) FROM lealup.vault_secret WHERE owner_id = :'id' AND purpose = 'signing'), 1::bigint, 'the old one is gone'),
    is((SELECT count(*) FROM lealup.audit WHERE object_id = :'id' AND action = 'subscription.rotate_secret'), 1::bigint, 'which is audited'));
SELECT matches(b ->> 'secret', '^whsec_', 'a new one is generated') FROM pg_temp.body('PATCH', :'path' || '/secret') b;
SELECT is(b ? 'secret', false, 'or given') FROM pg_temp.body('PATCH', :'path' || '/secret', '{"secret": "wh_secret_wh_secret_wh_secret_wh_secret", "overlap_seconds": 3600}') b;
SELECT is((SELECT count(*) FROM lealup.vault_secret WHERE owner_id = :'id' AND purpose = 'signing'), 2::bigint, 'beside the old one, for a while');
SELECT is(pg_temp.refusal('PATCH', :'path' || '/secret', f), r, f) FROM (VALUES ('{"secret": "x"}', '422 secret'), ('{"overlap_seconds": -1}', '422 overlap_seconds'), ('{"overlap_seconds": 99999999}', '422 overlap_seconds'), ('{"url": "x"}', '422 url')) v(f, r);

-- ----- Events and deliveries -----
SELECT is(pg_temp.refusal('POST', '/v1/events', b), r, left(b, 80)) FROM (VALUES ('{"event": "nothing", "data": {}}', '422 event'), ('{"event": "acme.shipped"}', '422 data'), ('{"event": "acme.shipped", "data": []}', '422 data'), ('{"event": "acme.shipped", "data": {}, "customer_id": "x"}', '422 customer_id'),
    ('{"event": "webhook.test", "data": {}}', '422 event'), ('{"event": "acme.shipped", "data": {}, "context": []}', '422 context'), ('{"event": "acme.shipped", "data": {}, "idempotency_key": ""}', '422 idempotency_key'), ('{"event": "acme.shipped", "data": {"a": "' || repeat('x', 300000) || '"}}', '422 data'), ('{}', '422 data,event')) v(b, r);
-- Deliveries are in the order of their events' milliseconds.
CREATE TEMP TABLE sent AS SELECT n, pg_sleep(0.002)::text AS tick, (pg_temp.body('POST', '/v1/events', format('{"event": "acme.shipped", "data": {"n":   %s, "carrier": "dhl"}, "idempotency_key": "e%s"}', n, n)) ->> 'id')::uuid AS event_id FROM generate_series(1, 7) n;
SELECT is((SELECT e.data::text FROM lealup.event e JOIN sent ON event_id = e.id WHERE n = 3), '{"n":   3, "carrier": "dhl"}', 'the data is what was sent');
SELECT is((pg_temp.body('POST', '/v1/events', '{"event": "acme.shipped", "data": {}, "idempotency_key": "e3"}') ->> 'id')::uuid, event_id, 'an event is recorded once') FROM sent WHERE n = 3;
SELECT is(pg_temp.status('POST', '/v1/events', '{"event": "acme.shipped", "data": {}}', key => current_setting('test.other')), 422, 'another tenant knows no such type');
SELECT isnt_empty('SELECT lealup._fan_out(1000, now())', 'events are fanned out');
-- 1 succeeds, 2 fails for good, 3 is tried again, 4 to 7 are pending.
SELECT lealup._record(ARRAY[ROW(q.tenant_id, q.id, q.attempt_no, n < 3, CASE n WHEN 1 THEN 'success' WHEN 2 THEN 'failed' ELSE 'retrying' END, now() + interval '1 min', now(), 12345,
    'https://new.example/', '{"X-LealUp-Event": "acme.shipped"}', CASE n WHEN 1 THEN 200 ELSE 500 END, '{"content-type": "text/plain"}', 'ok' || n, CASE n WHEN 1 THEN NULL ELSE 'answered 500' END)::lealup._outcome])
FROM lealup.delivery_queue q JOIN sent USING (event_id) WHERE n <= 3 AND q.subscription_id = :'id';
SELECT is(b -> 'data' -> 0, jsonb_build_object('id', lealup.delivery_id(event_id, :'id'), 'event', 'acme.shipped', 'event_id', event_id, 'status', 'success', 'attempts', 1, 'created_at', lealup._http_stamp(lealup.uuid7_time(event_id)),
    'last_attempt_at', lealup._http_stamp(now()), 'next_attempt_at', NULL, 'latency_ms', 12.345, 'error', NULL, 'request_url', 'https://new.example/', 'request_headers', '{"X-LealUp-Event": "acme.shipped"}'::jsonb, 'response_status', 200,
    'response_headers', '{"content-type": "text/plain"}'::jsonb, 'response_body', 'ok1', 'request_body', (SELECT request_body FROM lealup.delivery_log l WHERE l.event_id = sent.event_id AND l.subscription_id = :'id')), 'a delivery, with all that helps')
FROM sent, pg_temp.body('GET', :'path' || '/deliveries?status=success') b WHERE n = 1;
CREATE FUNCTION pg_temp.listed(query text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(s.n || '.' || (e ->> 'attempts'), ' ' ORDER BY o) FROM jsonb_array_elements(pg_temp.body('GET', current_setting('test.path') || '/deliveries' || query) -> 'data') WITH ORDINALITY u(e, o)
    JOIN sent s ON s.event_id = (e ->> 'event_id')::uuid
$$;
SELECT is(pg_temp.listed(q), r, q) FROM (VALUES ('', '7.0 6.0 5.0 4.0 3.1 2.1 1.1'), ('?status=failed', '2.1'), ('?status=pending', '7.0 6.0 5.0 4.0 3.1'), ('?status=success', '1.1'), ('?to=2020-01-01', NULL), ('?from=2020-01-01', '7.0 6.0 5.0 4.0 3.1 2.1 1.1'),
    ('?from=2999-01-01', NULL), ('?from=0001-01-01&to=9999-12-31', '7.0 6.0 5.0 4.0 3.1 2.1 1.1'), ('?limit=2', '7.0 6.0'), ('?limit=2&status=pending', '7.0 6.0')) v(q, r);
SELECT is(pg_temp.listed('?to=' || to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD')), '7.0 6.0 5.0 4.0 3.1 2.1 1.1', 'a day as the end includes it');
SELECT is(pg_temp.walk(:'path' || '/deliveries?limit=2'), '4 pages, 7 different of 7', 'page by page');
SELECT is(pg_temp.walk(:'path' || '/deliveries?limit=1&status=pending'), '5 pages, 5 different of 5', 'with a filter');
SELECT is(pg_temp.refusal('GET', :'path' || '/deliveries?' || q), r, q) FROM (VALUES ('status=done', '400 status'), ('from=x', '400 from'), ('to=2026-13-01', '400 to'), ('from=-infinity', '400 from'), ('since=1', '400 since'), ('status=failed%27--', '400 status')) v(q, r);
SELECT ok(b -> 'stats' @> '{"deliveries": 3, "success": 1, "failed": 1, "pending": 5, "attempts": 3, "success_rate": 50.00, "p50_ms": 12.345}', 'the statistics count them') FROM pg_temp.body('GET', :'path') b;

-- ----- Sending again -----
CREATE FUNCTION pg_temp.replay(n int, path text DEFAULT current_setting('test.path')) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', a.status, a.body::jsonb ->> 'status') FROM sent s, pg_temp.http('POST', path || '/deliveries/' || lealup.delivery_id(s.event_id, right(current_setting('test.path'), 36)::uuid) || '/replay') a WHERE s.n = replay.n
$$;
SELECT is(pg_temp.replay(2), '202 pending', 'what failed is sent again');
SELECT is(pg_temp.replay(1), '202 pending', 'what succeeded, too');
SELECT is(pg_temp.replay(5), '202 pending', 'what is pending is sent now');
SELECT is(pg_temp.listed('?status=pending'), '7.0 6.0 5.0 4.0 3.1 2.1 1.1', 'all is pending now');
SELECT is(pg_temp.replay(2, '/v1/webhook-subscriptions/' || id), '404 404', 'a delivery belongs to one subscription') FROM full_one;
SELECT is(pg_temp.status('POST', :'path' || '/deliveries/' || d || '/replay'), 404, 'no delivery: ' || d) FROM unnest(ARRAY['x', '00000000-0000-7000-8000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff']) d;
SELECT is(pg_temp.replay(3), '202 pending', 'and once more');
SELECT lealup._record(array_agg(ROW(q.tenant_id, q.id, q.attempt_no, true, 'failed', NULL, now(), 1, 'https://new.example/', '{}', 500, '{}', '', 'x')::lealup._outcome)) FROM lealup.delivery_queue q WHERE q.subscription_id = :'id';
SELECT is(pg_temp.http('POST', :'path' || '/recover', b)::text LIKE '(' || s || ',%' || r || '%', true, b) FROM (VALUES ('{"from": "2020-01-01", "to": "2200-01-01", "dry_run": true}', 200, '{""dry_run"" : true, ""deliveries"" : 7}'), ('{"from": "2020-01-01", "status": "success"}', 202, '""deliveries"" : 0'),
    ('{"from": "2020-01-01", "to": "2020-01-02"}', 202, '""deliveries"" : 0'), ('{"from": "2020-01-01", "status": "missing"}', 202, '""deliveries"" : 0'), ('{"from": "2020-01-01", "to": "2200-01-01"}', 202, '""deliveries"" : 7')) v(b, s, r);
SELECT is(pg_temp.refusal('POST', :'path' || '/recover', b), r, b) FROM (VALUES ('{}', '422 from'), ('{"from": "x"}', '422 from'), ('{"from": "2026-01-02", "to": "2026-01-01"}', '422 from'), ('{"from": "2026-01-02", "status": "pending"}', '422 status'), ('{"from": "1960-01-01"}', '422')) v(b, r);
SELECT is(pg_temp.refusal('POST', :'path' || '/test', b), r, b) FROM (VALUES ('{}', '202'), ('{"event": "health.changed"}', '202'), ('{"event": null}', '202'), ('{"event": "nothing"}', '422 event'), ('{"event": 1}', '422 event')) v(b, r);
SELECT is((SELECT count(*) FROM lealup.delivery_queue WHERE subscription_id = :'id' AND trigger = 'test'), 3::bigint, 'test events are queued');
SELECT is(pg_temp.status('POST', '/v1/webhook-subscriptions/' || id || '/test', '{}'), 409, 'not for one that is paused') FROM full_one;

-- ----- Its end -----
SELECT is(pg_temp.status('DELETE', :'path'), 204, 'a subscription is deleted');
SELECT is(pg_temp.status(m, :'path', b), 404, 'and gone: ' || m) FROM (VALUES ('GET', NULL), ('PATCH', '{}'), ('DELETE', NULL)) v(m, b);
SELECT is(jsonb_array_length(pg_temp.body('GET', '/v1/webhook-subscriptions') -> 'data'), 2, 'from the list, too');

-- ----- Limits and rights -----
SELECT is((SELECT string_agg(DISTINCT s::text, ' ') FROM (SELECT pg_temp.status('POST', '/v1/webhook-subscriptions', '{"url": "https://a.example/", "events": ["*"]}') AS s FROM generate_series(1, 48)) x), '201', 'as many as there may be');
SELECT collect_tap(is(a.status, 409, 'and no more'), alike(a.body, '%the limit is 50%', 'which is told')) FROM pg_temp.http('POST', '/v1/webhook-subscriptions', '{"url": "https://a.example/", "events": ["*"]}') a;
SELECT is(pg_temp.walk('/v1/webhook-subscriptions'), '1 pages, 50 different of 50', 'they are one page');
SELECT is(pg_temp.status(r.method, replace(replace(replace(r.path, '{id}', :'id'), '{delivery_id}', :'id'), '{event}', 'x'), key => lealup.create_api_key(:'tenant', 'x', '{metrics:read}')), 403, 'the scope matters: ' || r.method || ' ' || r.path)
FROM lealup.route r WHERE r.scope LIKE 'webhooks:%' OR r.scope LIKE 'events:%';

SELECT * FROM finish();
ROLLBACK;
