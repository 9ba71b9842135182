-- The sync engine without network and without worker: a provider of the test's own says what answers mean by what stands in them, and the clock is the test's.
BEGIN;
SELECT plan(220);

-- ----- The provider, and a worker's part -----

CREATE SCHEMA feed;
GRANT USAGE ON SCHEMA feed TO lealup_provider;
-- Each answer's body is what the function makes of it.
CREATE FUNCTION feed.request(call jsonb) RETURNS jsonb LANGUAGE sql STABLE
    RETURN CASE WHEN call ->> 'cursor' IS DISTINCT FROM 'nothing' THEN jsonb_build_object('path', '/page', 'query', jsonb_build_object('at', call -> 'cursor')) END;
CREATE FUNCTION feed.response(call jsonb, response jsonb) RETURNS jsonb LANGUAGE sql STABLE RETURN response -> 'body';
CREATE FUNCTION feed.detail_request(call jsonb) RETURNS jsonb LANGUAGE sql STABLE RETURN jsonb_build_object('path', '/items/' || (call #>> '{item,id}'));
CREATE FUNCTION feed.normalize(call jsonb, record jsonb) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF record -> 'data' ? 'bad' THEN
        RAISE EXCEPTION 'it is bad: %', record #>> '{data,bad}';
    END IF;
    RETURN jsonb_build_array(jsonb_build_object('entity', coalesce(record #>> '{data,entity}', 'timeline_event'), 'external_id', coalesce(record #> '{data,name}', record -> 'id'),
        'kind', coalesce(record #> '{data,kind}', '"note"'), 'title', record #> '{data,title}', 'occurred_at', '2026-01-01T00:00:00Z', 'participants', '[]'::jsonb));
END $$;
INSERT INTO lealup.provider (name, title, kind, base_url, allowed_hosts, auth, fields, credential)
VALUES ('feed', 'Feed', 'workspace', 'https://api.feed.example/v1', '{api.feed.example}', 'api_key', '[{"name": "key", "title": "Key", "secret": true, "required": true}]',
    '{"in": "header", "name": "X-Key"}');
INSERT INTO lealup.provider_stream (provider, name, title, request, response, detail_request, detail_response, normalize, period, slowest_period, snapshot, can_reset, max_in_flight, page_cost,
    detail_cost) VALUES
    ('feed', 'items', 'Items', 'feed.request', 'feed.response', 'feed.detail_request', 'feed.response', 'feed.normalize', '1 min', '4 min', false, true, 20, 3, 2),
    ('feed', 'all', 'All', 'feed.request', 'feed.response', 'feed.detail_request', 'feed.response', 'feed.normalize', '1 min', '4 min', true, true, 5, 1, 1),
    ('feed', 'once', 'Once', 'feed.request', 'feed.response', NULL, NULL, 'feed.normalize', '1 min', '4 min', false, false, 5, 1, 1);
INSERT INTO lealup.provider_error (provider, ord, part, statuses, path, pattern, action, wait, message, fix) VALUES
    ('feed', 1, NULL, '{460}', NULL, NULL, 'retry', NULL, NULL, NULL),
    ('feed', 2, NULL, '{461}', NULL, NULL, 'wait', '{"seconds": 90}', 'slow down', NULL),
    ('feed', 3, NULL, '{462}', NULL, NULL, 'refresh', NULL, NULL, NULL),
    ('feed', 4, NULL, '{463}', NULL, NULL, 'reconnect', NULL, 'agree again', 'Agree.'),
    ('feed', 5, NULL, '{464}', NULL, NULL, 'reset', NULL, 'what cursor?', NULL),
    ('feed', 6, NULL, '{465}', NULL, NULL, 'skip', NULL, 'not for you', NULL),
    ('feed', 7, NULL, '{466}', NULL, NULL, 'gone', NULL, NULL, NULL),
    ('feed', 8, NULL, '{467}', NULL, NULL, 'fail', NULL, 'no', NULL),
    ('feed', 9, NULL, '{468}', NULL, NULL, 'answer', NULL, NULL, NULL),
    ('feed', 10, NULL, '{469}', NULL, NULL, 'wait', '{"header": "X-Reset", "unit": "epoch_s"}', NULL, NULL),
    ('feed', 11, NULL, '{470}', NULL, NULL, 'wait', '{"header": "X-Reset", "unit": "epoch_ms"}', NULL, NULL),
    ('feed', 12, NULL, '{471}', NULL, NULL, 'wait', '{"header": "X-Reset", "unit": "relative_ms"}', NULL, NULL),
    ('feed', 13, NULL, '{472}', NULL, NULL, 'wait', '{"pattern": "try again in (\\d+) s", "unit": "seconds"}', NULL, NULL),
    ('feed', 14, NULL, '{473}', NULL, NULL, 'wait', '{"pattern": "after (\\d{4}-[0-9T:.Z-]+)", "unit": "iso"}', NULL, NULL),
    ('feed', 15, NULL, '{400}', 'errors.{}.code', '^(slow|busy)$', 'retry', NULL, 'errors of a list', NULL),
    ('feed', 16, NULL, '{400}', 'error', NULL, 'fail', NULL, 'there is an error', NULL),
    ('feed', 17, NULL, '{400}', NULL, 'plain words', 'retry', NULL, 'words', NULL),
    ('feed', 18, 'detail', '{400}', NULL, NULL, 'gone', NULL, NULL, NULL),
    ('feed', 19, NULL, '{200}', 'ok', 'false', 'fail', NULL, 'a good answer that is bad', NULL);
INSERT INTO lealup.provider_budget VALUES ('feed', 'key', 'connection', 600, '1 min'), ('feed', 'app', 'client', 40, '10 s');

SELECT lealup.create_tenant('sync') AS tenant, date_trunc('second', now()) AS t0 \gset
SELECT set_config('test.tenant', :'tenant', true), set_config('test.t0', :'t0', true) \gset x_
CREATE FUNCTION pg_temp.t(after interval) RETURNS timestamptz LANGUAGE sql STABLE AS $$ SELECT current_setting('test.t0')::timestamptz + after $$;
CREATE FUNCTION pg_temp.connect(account text, stream text, tenant uuid DEFAULT current_setting('test.tenant')::uuid) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    made uuid := lealup.uuid7();
BEGIN
    INSERT INTO lealup.connection (tenant_id, id, provider, kind, state, account_id) VALUES (tenant, made, 'feed', 'workspace', 'connected', account);
    INSERT INTO lealup.connection_stream (tenant_id, connection_id, stream, since, next_run_at) VALUES (tenant, made, connect.stream, pg_temp.t('-90 days'), pg_temp.t('0'));
    RETURN made;
END $$;

-- What a worker holds. One unit at a time, but where it is said otherwise.
CREATE TEMP TABLE unit (tenant_id uuid, connection_id uuid, unit text, claim_id uuid, state jsonb, requests int);
CREATE FUNCTION pg_temp.claim(after interval, room int DEFAULT 100) RETURNS text LANGUAGE sql AS $$
    DELETE FROM unit;
    INSERT INTO unit SELECT c.tenant_id, c.connection_id, c.unit, c.claim_id, c.state, c.requests FROM lealup._sync_claim(pg_temp.t(after), room) c;
    SELECT coalesce(string_agg(unit || ' ' || requests, ', ' ORDER BY unit), 'nothing') FROM unit;
$$;
CREATE FUNCTION pg_temp.record(after interval, answers lealup._sync_answer[], remaining int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    u unit;
    p lealup._sync_progress;
BEGIN
    SELECT * INTO STRICT u FROM unit;
    p := lealup._sync_record(u.tenant_id, u.connection_id, u.unit, u.claim_id, u.state, answers, remaining, 0, pg_temp.t(after));
    IF p.state IS NOT NULL THEN
        UPDATE unit SET state = p.state, requests = p.requests;
    END IF;
    RETURN CASE WHEN NOT p.go_on THEN 'end' WHEN p.state IS NOT NULL THEN p.state ->> 'phase' || ' ' || p.requests WHEN p.again <> '{}' THEN 'again ' || p.again::text ELSE 'on' END;
END $$;
CREATE FUNCTION pg_temp.reply(after interval, body jsonb, status int DEFAULT 200, headers jsonb DEFAULT '{}', answer text DEFAULT NULL, error text DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.record(after, ARRAY[ROW(0, 1, status, headers, body, answer, error, NULL)::lealup._sync_answer], 0) $$;
CREATE FUNCTION pg_temp.detail(after interval, n int, body jsonb, status int DEFAULT 200, attempts int DEFAULT 1, remaining int DEFAULT 0, headers jsonb DEFAULT '{}', error text DEFAULT NULL)
    RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.record(after, ARRAY[ROW(n, attempts, status, headers, body, NULL, error, NULL)::lealup._sync_answer], remaining) $$;
CREATE FUNCTION pg_temp.items(ids text[], version text DEFAULT NULL) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('id', i, 'version', version))) FROM unnest(ids) i $$;
CREATE FUNCTION pg_temp.records(ids text[], title text DEFAULT 'x', more jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
    SELECT coalesce(jsonb_agg(jsonb_build_object('id', i, 'data', jsonb_build_object('title', title) || more)), '[]') FROM unnest(ids) i $$;
CREATE FUNCTION pg_temp.page(cursor text, verdict text, ids text[] DEFAULT '{}', more jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('cursor', cursor, 'verdict', verdict, 'records', pg_temp.records(ids)) || more $$;
CREATE FUNCTION pg_temp.last_run(c uuid) RETURNS text LANGUAGE sql AS $$
    SELECT format('%s %s: seen %s, created %s, updated %s, same %s, deleted %s, failed %s, skipped %s, calls %s', r.mode, r.result, r.seen, r.created, r.updated, r.same, r.deleted, r.failed,
        r.skipped, r.calls)
    FROM lealup.sync_run r WHERE r.connection_id = c ORDER BY r.id DESC LIMIT 1 $$;
CREATE FUNCTION pg_temp.stream(c uuid) RETURNS lealup.connection_stream LANGUAGE sql AS $$ SELECT s FROM lealup.connection_stream s WHERE s.connection_id = c $$;
-- Whoever is not looked at any more is out of the way.
CREATE FUNCTION pg_temp.rest() RETURNS void LANGUAGE sql AS $$ UPDATE lealup.connection_stream SET next_run_at = 'infinity', claim_id = NULL; DELETE FROM lealup.connection_job $$;

-- ----- What an answer means -----

CREATE FUNCTION pg_temp.verdict(part text, status int, headers jsonb DEFAULT '{}', body jsonb DEFAULT NULL, answer text DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', v.action, extract(epoch FROM v.until - pg_temp.t('0'))::numeric::float8) FROM lealup._sync_verdict('feed', 'items', part, status, headers, body, answer, NULL, pg_temp.t('0')) v $$;
SELECT is(pg_temp.verdict(v.part, v.status), v.verdict, format('%s to a %s', v.status, v.part))
FROM (VALUES ('page', 200, 'answer'), ('page', 204, 'answer'), ('detail', 200, 'answer'), ('page', 401, 'refresh'), ('detail', 401, 'refresh'), ('page', 403, 'fail'), ('detail', 403, 'skip'),
    ('page', 404, 'fail'), ('detail', 404, 'gone'), ('detail', 410, 'gone'), ('page', 410, 'fail'), ('page', 408, 'retry'), ('page', 425, 'retry'), ('page', 429, 'wait'), ('detail', 429, 'wait'),
    ('page', 500, 'retry'), ('page', 503, 'retry'), ('page', 302, 'fail'), ('token', 400, 'fail'), ('other', 500, 'retry'),
    ('page', 460, 'retry'), ('page', 461, 'wait 90'), ('page', 462, 'refresh'), ('page', 463, 'reconnect'), ('page', 464, 'reset'), ('detail', 465, 'skip'), ('detail', 466, 'gone'),
        ('page', 467, 'fail'),
    ('page', 468, 'answer'), ('detail', 400, 'gone')) v(part, status, verdict);
SELECT is(pg_temp.verdict('page', 400, '{}', v.body), v.verdict, 'an answer ' || v.body::text)
FROM (VALUES ('{"errors": [{"code": "red"}, {"code": "busy"}], "error": 1}'::jsonb, 'retry'), ('{"errors": [{"code": "slower"}]}', 'fail'), ('{"errors": {"code": "busy"}}', 'retry'),
    ('{"error": null}', 'fail'),
    ('{"message": "in plain words"}', 'retry'), ('[]', 'fail')) v(body, verdict);
SELECT is(pg_temp.verdict('page', 400, '{}', NULL, 'in plain words'), 'retry', 'a text');
SELECT is(pg_temp.verdict('page', 200, '{}', '{"ok": false}'), 'fail', 'a good status that says no');
SELECT is(pg_temp.verdict('page', 429, jsonb_build_object('retry-after', v.given)), 'wait ' || v.seconds, format('Retry-After: %s', v.given))
FROM (VALUES ('30', '30'), ('1.5', '1.5'), (to_char(pg_temp.t('120 s') AT TIME ZONE 'UTC', 'Dy, DD Mon YYYY HH24:MI:SS "GMT"'), '120'),
    (to_char(pg_temp.t('120 s') AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), '120'),
    (extract(epoch FROM pg_temp.t('45 s'))::bigint::text, '45'), (extract(epoch FROM pg_temp.t('45 s'))::bigint || '000', '45'), ('0', '1'),
        (to_char(pg_temp.t('-1 day') AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), '1'),
    ('999999', '86400'), ('infinity', '86400')) v(given, seconds);
SELECT is(pg_temp.verdict('page', 429, jsonb_build_object('retry-after', v)), 'wait', 'Retry-After that says nothing: ' || v) FROM unnest('{soon,-5,"",NaN,999999999999999999999999}'::text[]) v;
SELECT is(pg_temp.verdict('page', 503, '{"retry-after": "7"}'), 'wait 7', 'a 503 that says when');
SELECT is(pg_temp.verdict('page', v.status, jsonb_build_object('x-reset', v.given), NULL, v.answer), 'wait ' || v.seconds, 'a wait as row ' || v.status || ' tells')
FROM (VALUES (469, extract(epoch FROM pg_temp.t('50 s'))::bigint::text, NULL, '50'), (470, extract(epoch FROM pg_temp.t('50 s'))::bigint || '000', NULL, '50'), (471, '2500', NULL, '2.5'),
    (472, NULL, 'Please try again in 33 s, or later', '33'), (473, NULL, 'not after ' || to_char(pg_temp.t('77 s') AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), '77')) v(status, given,
        answer, seconds);
SELECT is((lealup._sync_verdict('feed', 'items', 'page', 403, '{}', '{"error": {"message": "no\n  way"}}', NULL, NULL, now())).message, 'the provider answered 403: no way',
    'what the provider says is passed on');
SELECT is((lealup._sync_verdict('feed', 'items', 'page', 0, '{}', NULL, NULL, 'connection refused', now())).action, 'retry', 'no answer at all');

-- ----- A run: pages, details, counts -----

SELECT pg_temp.connect('a', 'items') AS c \gset
SELECT is(pg_temp.claim('0'), 'stream:items 1', 'a stream that is due is taken up');
SELECT is((SELECT array_agg(x.unit) FROM lealup._sync_claim(pg_temp.t('1 s'), 10) x), NULL, 'once');
SELECT results_eq(format('SELECT method, url, headers, places, names, secrets, cost, problem FROM unit u, lealup._sync_requests(u.tenant_id, u.connection_id, u.unit, u.state, ARRAY[0])'),
    $$VALUES ('GET', 'https://api.feed.example/v1/page', E'Accept: application/json\nUser-Agent: lealup', '{header}'::text[], '{X-Key}'::text[], '{key}'::text[], 3, NULL::text)$$,
        'its request is made');
SELECT is((u.state -> 'call') - '{now,since}'::text[] #- '{connection,id}', '{"stream": "items", "mode": "backfill", "cursor": null, "watch": null,
    "connection": {"provider": "feed", "account_id": "a", "account_name": null, "options": {}, "facts": {}, "scopes": []}}', 'of what its functions are called with') FROM unit u;
SELECT is(pg_temp.reply('1 s', pg_temp.page('1', 'more', '{r1,r2}', jsonb_build_object('fetch', pg_temp.items('{d1,d2,d3,d4,d5}', '1'), 'total', 8))), 'details 5',
    'a page with records and items to be read');
SELECT is((SELECT count(*) FROM lealup.timeline_event WHERE connection_id = :'c'), 2::bigint, 'its records are there');
SELECT is((pg_temp.stream(:'c')).cursor, NULL, 'but the cursor stays until its items are');
SELECT is(pg_temp.detail('2 s', 0, '{"record": {"id": "d1", "version": "1", "data": {"title": "D1"}}}', remaining => 4), 'on', 'an item');
SELECT is(pg_temp.detail('2 s', 1, '{"skip": "not ours"}', remaining => 3), 'on', 'one that is passed over');
SELECT is(pg_temp.detail('2 s', 2, NULL, 404, remaining => 2), 'on', 'one that is gone');
SELECT is(pg_temp.detail('2 s', 3, NULL, 465, remaining => 1), 'on', 'one that cannot be had');
SELECT is(pg_temp.detail('2 s', 4, NULL, 500), 'again {4}', 'one that fails for now');
SELECT is(pg_temp.detail('5 s', 4, NULL, 500, 2), 'again {4}', 'and again');
SELECT is(pg_temp.detail('9 s', 4, NULL, 500, 3), 'page 1', 'is set aside, and the next page asked for');
SELECT is((SELECT jsonb_build_array((s).cursor, (s).total) FROM pg_temp.stream(:'c') s), '["1", 8]', 'now the cursor goes on');
SELECT is(pg_temp.reply('10 s', pg_temp.page('2', 'done', '{r3}', '{"records": [{"id": "r3", "data": {"title": "x"}}, {"id": "r3", "data": {"title": "y"}}, {"id": "r4", "skip": "a picture"}, {"data": {}}, {"id": "r5", "data": {"bad": "b"}},
    {"id": "r6", "data": {"kind": "no kind"}}, {"id": "r7", "deleted": "maybe", "data": {"title": "z"}}, 7]}')), 'end', 'the last page, with much that is wrong');
SELECT is(pg_temp.last_run(:'c'), 'backfill partial: seen 13, created 5, updated 0, same 0, deleted 0, failed 5, skipped 2, calls 9', 'all of it is counted');
SELECT set_eq(format($$SELECT external_id, class, state FROM lealup.record_error WHERE connection_id = %L$$, :'c'), $$VALUES ('d4', 'unavailable', 'open'), ('d5', 'temporary', 'open'), ('without id', 'invalid', 'open'),
    ('r5', 'invalid', 'open'), ('r6', 'invalid', 'open')$$, 'and what failed is set aside');
SELECT is((SELECT array_agg(title ORDER BY title) FROM lealup.timeline_event WHERE connection_id = :'c' AND external_id IN ('r3', 'r7')), '{y,z}', 'of two with one id the last one counts');
SELECT is((SELECT skipped FROM lealup.sync_record WHERE connection_id = :'c' AND id = 'r4'), 'a picture', 'what is passed over is known, with the reason');

-- ----- Retrying -----

SELECT is(lealup.retry_record(:'tenant', id), 'queued', 'what was not read is read again') FROM lealup.record_error WHERE connection_id = :'c' AND external_id = 'd4';
SELECT is(lealup.retry_record(:'tenant', id), 'failed', 'what was read is taken in again, and fails again') FROM lealup.record_error WHERE connection_id = :'c' AND external_id = 'r5';
UPDATE lealup.record_error SET record = '{"id": "r6", "data": {"title": "better"}}' WHERE connection_id = :'c' AND external_id = 'r6';
SELECT is(lealup.retry_record(:'tenant', id), 'resolved', 'or does not') FROM lealup.record_error WHERE connection_id = :'c' AND external_id = 'r6';
SELECT is(lealup.retry_record(:'tenant', id), 'resolved', 'once is enough') FROM lealup.record_error WHERE connection_id = :'c' AND external_id = 'r6';
SELECT throws_ok(format('SELECT lealup.retry_record(%L, %L)', :'tenant', lealup.uuid7()), 'P0002', NULL, 'one that there is not');
SELECT is(pg_temp.claim('20 min'), 'stream:items 2', 'the next run begins with what is to be read again, and what is due by itself');
SELECT is(u.state ->> 'phase', 'details', 'as items') FROM unit u;
SELECT is(pg_temp.detail('20 min', 0, '{"skip": "not ours after all"}', remaining => 1), 'on', 'one is passed over now');
SELECT is(pg_temp.detail('20 min', 1, '{"record": {"id": "d5", "data": {"title": "D5"}}}'), 'page 1', 'one comes in; then the page is asked for, from the same cursor');
SELECT is(u.state #>> '{call,cursor}', '2', 'where it was') FROM unit u;
SELECT is(pg_temp.reply('20 min 1 s', pg_temp.page('3', 'done')), 'end', 'and the run ends');
SELECT is((SELECT string_agg(external_id, ' ' ORDER BY external_id) FROM lealup.record_error WHERE connection_id = :'c' AND state <> 'resolved'), 'r5 without id', 'both are settled');
UPDATE lealup.record_error SET record = '{"id": "r5", "data": {"title": "good"}}' WHERE connection_id = :'c' AND external_id = 'r5';
UPDATE lealup.record_error SET record = '{"id": "", "data": {"title": "good"}}' WHERE connection_id = :'c' AND external_id = 'without id';
SELECT results_eq(format('SELECT resolved, failed, queued FROM lealup.retry_records(%L, %L)', :'tenant', :'c'), 'VALUES (1, 1, 0)', 'all of a connection at once');

-- ----- How often -----

SELECT pg_temp.rest();
SELECT pg_temp.connect('pace', 'items') AS c \gset
CREATE FUNCTION pg_temp.quiet(after interval, body jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    c uuid := (SELECT connection_id FROM lealup.connection_stream WHERE next_run_at < 'infinity');
BEGIN
    UPDATE lealup.connection_stream SET next_run_at = pg_temp.t(after) WHERE connection_id = c;
    PERFORM pg_temp.claim(after);
    PERFORM pg_temp.reply(after, body);
    RETURN (SELECT r.result FROM lealup.sync_run r WHERE r.connection_id = c ORDER BY r.id DESC LIMIT 1);
END $$;
SELECT is(pg_temp.quiet('0', pg_temp.page('0', 'done', '{p1}')), 'ok', 'with news');
SELECT is((pg_temp.stream(:'c')).period, '1 min', 'it looks often');
SELECT ok((s).next_run_at BETWEEN pg_temp.t('54 s') AND pg_temp.t('66 s'), 'not all at the same time') FROM pg_temp.stream(:'c') s;
SELECT is(array_agg(pg_temp.quiet(n * interval '1 min', pg_temp.page(n::text, 'done')) || ' ' || (pg_temp.stream(:'c')).period ORDER BY n),
    '{ok 00:01:30,ok 00:02:15,ok 00:03:22.5,ok 00:04:00,ok 00:04:00}', 'without news less and less often, down to a limit')
FROM generate_series(1, 5) n;
SELECT is(pg_temp.quiet('10 min', pg_temp.page('10', 'done', '{p2}')) || ' ' || (pg_temp.stream(:'c')).period, 'ok 00:01:00', 'with news often again');
UPDATE lealup.connection_stream SET recent = '{0,4,5,3,0,9,2}', watch_expires_at = pg_temp.t('1 day') WHERE connection_id = :'c';
SELECT is(pg_temp.quiet('11 min', pg_temp.page('11', 'done')), 'empty', 'nothing where something always comes is told');
SELECT is((pg_temp.stream(:'c')).recent, '{4,5,3,0,9,2,0}', 'the last seven runs are known');
SELECT is((pg_temp.stream(:'c')).period, '4 min', 'where notifications come, it is asked rarely');
UPDATE lealup.connection_stream SET recent = '{0,0,0,3,0,9,2}' WHERE connection_id = :'c';
SELECT is(pg_temp.quiet('12 min', pg_temp.page('12', 'done')), 'ok', 'nothing where often nothing comes is not');

-- A hint.
UPDATE lealup.connection_stream SET next_run_at = pg_temp.t('20 min') WHERE connection_id = :'c';
SELECT lealup._hint_streams(:'tenant', :'c', '{items}', NULL, pg_temp.t('13 min'));
SELECT is(pg_temp.claim('13 min'), 'stream:items 1', 'a hint makes it look');
SELECT lealup._hint_streams(:'tenant', :'c', '{items}', NULL, pg_temp.t('13 min 1 s'));
SELECT is((SELECT count(*) FROM lealup._sync_claim(pg_temp.t('13 min 2 s'), 10)), 0::bigint, 'one during a run takes it from nobody');
SELECT is(pg_temp.reply('13 min 3 s', pg_temp.page('13', 'done')), 'end', 'the run ends');
SELECT is((pg_temp.stream(:'c')).next_run_at, pg_temp.t('13 min 3 s'), 'and looks once more at once');
SELECT lealup.pause_stream(:'tenant', :'c', 'items');
SELECT lealup._hint_streams(:'tenant', :'c', '{items}', NULL, pg_temp.t('14 min'));
SELECT is((pg_temp.stream(:'c')).next_run_at, 'infinity', 'one of a stream that is paused wakes nobody');
UPDATE lealup.connection_stream SET next_run_at = pg_temp.t('14 min') WHERE connection_id = :'c';
SELECT is(pg_temp.claim('15 min'), 'nothing', 'nor is it taken up if it should seem to be due');

-- ----- What does not go well -----

SELECT pg_temp.rest();
SELECT pg_temp.connect('trouble', 'items') AS c \gset
SELECT pg_temp.claim('0') \gset x_
SELECT is(pg_temp.reply('1 s', NULL, 500), 'end', 'an error that passes ends the run');
SELECT is(pg_temp.last_run(:'c'), 'backfill failed: seen 0, created 0, updated 0, same 0, deleted 0, failed 0, skipped 0, calls 1', 'as failed');
SELECT ok((s).next_run_at BETWEEN pg_temp.t('31 s') AND pg_temp.t('37 s') AND (s).failures = 1, 'it is tried again in half a minute') FROM pg_temp.stream(:'c') s;
SELECT pg_temp.claim('1 min') \gset x_
SELECT pg_temp.reply('1 min', NULL, 0, error => 'connection refused') \gset x_
SELECT ok((s).next_run_at BETWEEN pg_temp.t('2 min') AND pg_temp.t('2 min 12 s') AND (s).last_error = 'connection refused', 'then in a minute') FROM pg_temp.stream(:'c') s;

SELECT pg_temp.claim('5 min') \gset x_
SELECT is(pg_temp.reply('5 min', pg_temp.page('a', 'more', '{t1}')), 'page 1', 'a page');
SELECT is(pg_temp.reply('5 min 1 s', NULL, 461), 'end', 'a wait gives the unit back');
SELECT results_eq(format('SELECT not_before, wait_reason FROM lealup.connection WHERE id = %L', :'c'), $$VALUES (pg_temp.t('6 min 31 s'), 'slow down')$$, 'the whole connection waits, and says why');
UPDATE lealup.connection_stream SET next_run_at = pg_temp.t('5 min 2 s') WHERE connection_id = :'c';
SELECT is(pg_temp.claim('5 min 30 s'), 'nothing', 'nothing of it is asked meanwhile');
SELECT is((pg_temp.stream(:'c')).next_run_at, pg_temp.t('6 min 31 s'), 'until then');
SELECT is(pg_temp.claim('6 min 31 s'), 'stream:items 1', 'then it goes on');
SELECT is(u.state #>> '{call,cursor}', 'a', 'where it was') FROM unit u;
SELECT is(pg_temp.reply('6 min 32 s', pg_temp.page('b', 'wait', '{}', jsonb_build_object('until', pg_temp.t('8 min')))), 'end', 'a function may ask to wait, too');
SELECT is((pg_temp.stream(:'c')).next_run_at, pg_temp.t('8 min'), 'until when it says');
SELECT is(pg_temp.claim('8 min'), 'stream:items 1', 'and goes on');
SELECT is(pg_temp.reply('8 min', '{"verdict": "wait"}') || ' ' || ((pg_temp.stream(:'c')).next_run_at - pg_temp.t('8 min')), 'end 00:01:00', 'a minute if it does not say');
UPDATE lealup.connection_stream SET next_run_at = pg_temp.t('8 min'), run_counts = run_counts - 'waited_ms' || '{"waited_ms": 177000}' WHERE connection_id = :'c';
SELECT pg_temp.claim('8 min') \gset x_
SELECT is(pg_temp.reply('8 min', NULL, 429), 'end', 'who does not say how long');
SELECT ok((s).next_run_at BETWEEN pg_temp.t('8 min 30 s') AND pg_temp.t('8 min 36 s'), 'is asked again in half a minute') FROM pg_temp.stream(:'c') s;
SELECT pg_temp.claim('9 min') \gset x_
SELECT pg_temp.reply('9 min', NULL, 429) \gset x_
SELECT ok((s).next_run_at BETWEEN pg_temp.t('10 min') AND pg_temp.t('10 min 12 s'), 'then in a minute, and so on') FROM pg_temp.stream(:'c') s;
SELECT pg_temp.claim('11 min') \gset x_
SELECT is(pg_temp.reply('11 min', pg_temp.page('c', 'done')), 'end', 'until it answers');
SELECT is(r.result || ' ' || (r.waited_ms BETWEEN 267000 AND 290000), 'ok true', 'the run was one, and counts how long it waited') FROM lealup.sync_run r
    WHERE r.connection_id = :'c' ORDER BY r.id DESC LIMIT 1;
SELECT is(wait_reason, NULL, 'nothing is waited for any more') FROM lealup.connection WHERE id = :'c';

-- Waits of details.
UPDATE lealup.connection_stream SET next_run_at = pg_temp.t('15 min') WHERE connection_id = :'c';
SELECT pg_temp.claim('15 min') \gset x_
SELECT pg_temp.reply('15 min', pg_temp.page('d', 'done', '{}', jsonb_build_object('fetch', pg_temp.items('{w1,w2}', '1')))) \gset x_
SELECT is(pg_temp.detail('15 min', 0, NULL, 429, remaining => 1, headers => '{"retry-after": "5"}'), 'again {0}', 'a short wait is waited for by the unit');
SELECT is(pg_temp.detail('15 min', 1, '{"record": {"id": "w2", "version": "1", "data": {}}}', remaining => 1), 'on', 'others go on');
SELECT is(pg_temp.detail('15 min 6 s', 0, NULL, 429, 2, headers => '{"retry-after": "600"}'), 'end', 'a long one is not');
SELECT is((pg_temp.stream(:'c')).next_run_at, pg_temp.t('25 min 6 s'), 'it is due when the provider admits it');
SELECT is(pg_temp.claim('26 min'), 'stream:items 1', 'with the page anew');
SELECT is(pg_temp.reply('26 min', pg_temp.page('d', 'done', '{}', jsonb_build_object('fetch', pg_temp.items('{w1,w2}', '1')))), 'details 1', 'of which only what is not known yet is read');
SELECT is(pg_temp.detail('26 min', 0, '{"record": {"id": "w1", "version": "1", "data": {}}}'), 'end', 'and that is all');
SELECT is(pg_temp.last_run(:'c'), 'incremental ok: seen 3, created 2, updated 0, same 1, deleted 0, failed 0, skipped 0, calls 6', 'no item is lost');

-- What functions may say that is wrong.
CREATE FUNCTION pg_temp.wrong(body jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    c uuid := pg_temp.connect(left(body::text, 100), 'items');
    said text;
BEGIN
    PERFORM pg_temp.claim('30 min');
    said := pg_temp.reply('30 min', body);
    said := said || ': ' || coalesce((pg_temp.stream(c)).last_error, 'no error');
    DELETE FROM lealup.connection_stream WHERE connection_id = c;
    RETURN said;
END $$;
UPDATE lealup.connection_stream SET next_run_at = 'infinity';
SELECT alike(pg_temp.wrong(v.body), v.said, 'an outcome ' || left(v.body::text, 60)) FROM (VALUES
    ('[]'::jsonb, 'end: the answer could not be read: the function feed.response must give an object%'),
        ('{"records": {}}', 'end: the answer could not be read: the function feed.response must give an object%'),
    ('{"verdict": "more", "fetch": 1}', 'end: the answer could not be read: %'), ('{"verdict": "done", "total": "many"}', 'end: the answer could not be read: %many%'),
        ('{"verdict": "wait", "until": "soon"}', 'end: the answer could not be read: %soon%'),
    ('{"verdict": "perhaps"}', 'end: the provider''s function gave the verdict perhaps'), ('{"verdict": "fail", "message": "no such folder"}', 'end: no such folder'),
    ('{"verdict": "more"}', 'end: the provider gave the same page again'), ('{"verdict": "done", "message": "half of it"}', 'end: half of it'), ('{}', 'end: no error')) v(body, said);
SELECT alike(pg_temp.wrong(jsonb_build_object('fetch', (SELECT jsonb_agg(n) FROM generate_series(1, 10001) n))), '%gave more than 10000 items%', 'too many items');
SELECT alike(pg_temp.wrong(jsonb_build_object('cursor', repeat('x', 1048576))), '%a cursor of more than 1 MB%', 'too long a cursor');
SELECT pg_temp.connect('nameless', 'items') AS n \gset
SELECT pg_temp.claim('30 min') \gset x_
SELECT is(pg_temp.reply('30 min', '{"cursor": "x", "verdict": "done", "fetch": [{"id": ""}]}'), 'details 1', 'an item without a name');
SELECT is(pg_temp.detail('30 min', 0, NULL, 500, 3), 'end', 'does not stop the run');
SELECT is((SELECT external_id FROM lealup.record_error WHERE connection_id = :'n'), 'without id', 'and is set aside');

-- A page that is the same again.
SELECT pg_temp.rest();
SELECT pg_temp.connect('again', 'items') AS c \gset
SELECT pg_temp.claim('0') \gset x_
SELECT is(pg_temp.reply('1 s', pg_temp.page('p', 'more', '{}', jsonb_build_object('fetch', pg_temp.items('{a1}', '1')))), 'details 1', 'a page with items');
SELECT is(pg_temp.detail('1 s', 0, '{"record": {"id": "a1", "version": "1", "data": {}}}'), 'page 1', 'and the next one');
SELECT is(pg_temp.reply('2 s', pg_temp.page('p', 'more', '{}', jsonb_build_object('fetch', pg_temp.items('{a1}', '1')))), 'end', 'which is the same, though its items are known');
SELECT is((pg_temp.stream(:'c')).last_error, 'the provider gave the same page again', 'ends the run');
SELECT pg_temp.claim('10 min') \gset x_
SELECT is(pg_temp.reply('10 min', '{"verdict": "more"}'), 'end', 'so does one without a cursor');

-- Slices: others have their turn.
SELECT pg_temp.claim('20 min') \gset x_
SELECT is(pg_temp.reply('20 min 19 s', pg_temp.page('q', 'more', '{a2}')), 'page 1', 'a run goes on for some seconds');
SELECT is(pg_temp.reply('20 min 21 s', pg_temp.page('r', 'more', '{a3}')), 'end', 'then it gives way');
SELECT is((SELECT ((s).next_run_at = pg_temp.t('20 min 21 s')) || ' ' || ((s).run_id IS NOT NULL) || ' ' || ((s).cursor #>> '{}') FROM pg_temp.stream(:'c') s), 'true true r',
    'and goes on when it is its turn');
SELECT is(pg_temp.claim('20 min 21 s'), 'stream:items 1', 'as the same run');

-- A claim that was lost.
SELECT is((SELECT count(*) FROM lealup._sync_claim(pg_temp.t('26 min'), 10)), 1::bigint, 'when a lease has run out, another worker has it');
SELECT is((SELECT to_jsonb(s) FROM pg_temp.stream(:'c') s), (SELECT to_jsonb(s) FROM pg_temp.stream(:'c') s WHERE pg_temp.reply('26 min', pg_temp.page('z', 'done', '{z1}')) = 'end'),
    'the first one''s answer changes nothing');
SELECT is((SELECT to_jsonb(s) FROM pg_temp.stream(:'c') s), (SELECT to_jsonb(pg_temp.stream(:'c')) FROM unit u,
    lealup._sync_yield(u.tenant_id, u.connection_id, u.unit, u.claim_id, pg_temp.t('1 day'), 'late', pg_temp.t('26 min'))), 'nor does its giving up');
SELECT is((SELECT count(*) FROM lealup.timeline_event WHERE external_id = 'z1'), 0::bigint, 'and writes no record');

-- Nothing to ask.
SELECT pg_temp.rest();
UPDATE lealup.connection_stream SET cursor = '"nothing"', next_run_at = pg_temp.t('30 min'), mode = 'incremental', run_id = NULL, run_started_at = NULL, run_counts = '{}' WHERE connection_id = :'c';
SELECT pg_temp.claim('30 min') \gset x_
SELECT results_eq('SELECT r.problem FROM unit u, lealup._sync_requests(u.tenant_id, u.connection_id, u.unit, u.state, ARRAY[0]) r', $$VALUES ('')$$, 'a function may have nothing to ask');
SELECT is(pg_temp.reply('30 min', NULL, 0, error => ''), 'end', 'then the run ends');
SELECT is(pg_temp.last_run(:'c'), 'incremental ok: seen 0, created 0, updated 0, same 0, deleted 0, failed 0, skipped 0, calls 0', 'without a call');

-- ----- Cursors that are lost -----

SELECT pg_temp.rest();
SELECT pg_temp.connect('lost', 'items') AS c, pg_temp.connect('fixed', 'once') AS f \gset
UPDATE lealup.connection_stream SET next_run_at = 'infinity' WHERE connection_id = :'f';
SELECT pg_temp.claim('0') \gset x_
SELECT pg_temp.reply('0', pg_temp.page('1', 'done', '{l1,l2}')) \gset x_
UPDATE lealup.connection_stream SET next_run_at = pg_temp.t('1 min') WHERE connection_id = :'c';
SELECT pg_temp.claim('1 min') \gset x_
SELECT is(pg_temp.reply('1 min', NULL, 464), 'page 1', 'a lost cursor begins anew at once');
SELECT is(jsonb_build_array(u.state #> '{call,cursor}', u.state #> '{call,mode}'), '[null, "backfill"]', 'from the beginning') FROM unit u;
SELECT is(pg_temp.reply('1 min', '{"verdict": "reset"}'), 'page 1', 'a function may say so, too');
SELECT is(pg_temp.reply('1 min', pg_temp.page('2', 'done', '{l1,l3}')), 'end', 'the pass');
SELECT is(pg_temp.last_run(:'c'), 'backfill ok: seen 2, created 1, updated 0, same 1, deleted 0, failed 0, skipped 0, calls 3', 'knows what it has read before, and takes nothing for gone');
SELECT is((pg_temp.stream(:'c')).resets, 0, 'a pass that ends well begins the count anew');
UPDATE lealup.connection_stream SET next_run_at = pg_temp.t('9 min') WHERE connection_id = :'c';
SELECT pg_temp.claim('9 min') \gset x_
SELECT is(array_agg(pg_temp.reply('9 min', NULL, 464)), '{page 1,page 1,page 1,end}', 'a cursor that is lost again and again') FROM generate_series(1, 4);
SELECT is((pg_temp.stream(:'c')).last_error, 'the cursor was lost again and again: what cursor?', 'ends the run');
UPDATE lealup.connection_stream SET next_run_at = CASE connection_id WHEN :'f' THEN pg_temp.t('9 min') ELSE 'infinity' END;
SELECT pg_temp.claim('9 min') \gset x_
SELECT is(pg_temp.reply('9 min', NULL, 464), 'end', 'where nothing can be reset, it ends');
SELECT is((SELECT (s).last_error || ' ' || (s).generation FROM pg_temp.stream(:'f') s), 'what cursor? 1', 'and says so');

-- ----- Snapshots -----

SELECT pg_temp.rest();
SELECT pg_temp.connect('snap', 'all') AS c \gset
SELECT pg_temp.claim('0') \gset x_
SELECT pg_temp.reply('0', pg_temp.page('1', 'done', '{s1,s2,s3,s4,s5}')) \gset x_
UPDATE lealup.connection_stream SET next_run_at = pg_temp.t('1 min') WHERE connection_id = :'c';
SELECT pg_temp.claim('1 min') \gset x_
SELECT is(pg_temp.reply('1 min', '{"verdict": "reset"}'), 'page 1', 'all is read anew');
SELECT is((pg_temp.stream(:'c')).since, pg_temp.t('-90 days'), 'as far back as at first');
SELECT is(pg_temp.reply('1 min', pg_temp.page('2', 'more', '{s1}')), 'page 1', 'in pages');
SELECT is((SELECT count(*) FROM lealup.timeline_event WHERE connection_id = :'c'), 5::bigint, 'nothing goes before the pass is complete');
SELECT is(pg_temp.reply('1 min', pg_temp.page('3', 'done', '{s2}', '{"message": "a folder cannot be seen"}')), 'end', 'a pass that could not see all');
SELECT is((SELECT count(*) FROM lealup.timeline_event WHERE connection_id = :'c'), 5::bigint, 'takes nothing for gone');
UPDATE lealup.connection_stream SET next_run_at = pg_temp.t('5 min') WHERE connection_id = :'c';
SELECT pg_temp.claim('5 min') \gset x_
SELECT pg_temp.reply('5 min', '{"verdict": "reset"}') \gset x_
SELECT is(pg_temp.reply('5 min', pg_temp.page('4', 'done', '{}',
    jsonb_build_object('records', pg_temp.records('{s1}', 'x', '{"bad": "now"}') || '[{"id": "s2", "data": {"kind": "no kind"}}]', 'fetch', pg_temp.items('{s3}')))), 'details 1',
    'a complete one');
SELECT is(pg_temp.detail('5 min', 0, NULL, 500, 3), 'end', 'with errors');
SELECT is((SELECT string_agg(external_id, ' ' ORDER BY external_id) FROM lealup.timeline_event WHERE connection_id = :'c'), 's1 s2 s3',
    'what could not be read or taken in is not gone, what was not there is');
SELECT is(pg_temp.last_run(:'c'), 'backfill partial: seen 3, created 0, updated 0, same 0, deleted 2, failed 3, skipped 0, calls 3', 'and is counted');

-- ----- Two accounts, one row -----

SELECT pg_temp.rest();
SELECT pg_temp.connect('one', 'items') AS c \gset
SELECT pg_temp.claim('0') \gset x_
SELECT pg_temp.reply('0', pg_temp.page('1', 'done', '{}', jsonb_build_object('records',
    pg_temp.records('{m1}', 'first', '{"name": "shared"}') || pg_temp.records('{n1}', 'f', '{"name": "second"}')))) \gset x_
SELECT pg_temp.rest();
SELECT pg_temp.connect('two', 'items') AS d \gset
SELECT pg_temp.claim('0') \gset x_
SELECT pg_temp.reply('0', pg_temp.page('1', 'done', '{}', jsonb_build_object('records', pg_temp.records('{m2}', 'second', '{"name": "shared"}')))) \gset x_
SELECT results_eq($$SELECT title, count(*) OVER () FROM lealup.timeline_event WHERE external_id = 'shared'$$, $$VALUES ('first', 1::bigint)$$,
    'what two accounts have is one row, which the first one keeps');
UPDATE lealup.connection_stream SET next_run_at = CASE connection_id WHEN :'c' THEN pg_temp.t('1 min') ELSE 'infinity' END;
SELECT pg_temp.claim('1 min') \gset x_
SELECT pg_temp.reply('1 min', '{"cursor": "2", "verdict": "done", "records": [{"id": "m1", "deleted": true}, {"id": "n1", "skip": "not any more"}]}') \gset x_
SELECT is(pg_temp.last_run(:'c'), 'incremental ok: seen 2, created 0, updated 0, same 0, deleted 1, failed 0, skipped 1, calls 1', 'one of them loses it');
SELECT is((SELECT connection_id FROM lealup.timeline_event WHERE external_id = 'shared'), :'d', 'it stays, and is the other one''s');
SELECT is((SELECT count(*) FROM lealup.timeline_event WHERE external_id = 'second'), 0::bigint, 'what is passed over now goes');
UPDATE lealup.connection_stream SET next_run_at = CASE connection_id WHEN :'d' THEN pg_temp.t('2 min') ELSE 'infinity' END;
SELECT pg_temp.claim('2 min') \gset x_
SELECT pg_temp.reply('2 min', '{"cursor": "2", "verdict": "done", "records": [{"id": "m2", "deleted": true}]}') \gset x_
SELECT is((SELECT count(*) FROM lealup.timeline_event WHERE external_id = 'shared'), 0::bigint, 'it goes with the last one');

-- ----- Refused credentials, pauses -----

SELECT pg_temp.rest();
SELECT pg_temp.connect('token', 'items') AS c \gset
INSERT INTO lealup.connection_job (tenant_id, connection_id, kind, due_at) VALUES (:'tenant', :'c', 'refresh', 'infinity');
SELECT pg_temp.claim('0') \gset x_
SELECT is(pg_temp.reply('0', NULL, 401), 'end', 'a refused token gives the unit back');
SELECT is((SELECT ((s).run_id IS NOT NULL) || ' ' || (s).failures FROM pg_temp.stream(:'c') s), 'true 0', 'its run stays open');
SELECT is((SELECT due_at FROM lealup.connection_job WHERE connection_id = :'c'), pg_temp.t('0'), 'and a refresh is due');
UPDATE lealup.connection_job SET claim_id = lealup.uuid7(), due_at = pg_temp.t('5 min') WHERE connection_id = :'c';
SELECT is(pg_temp.claim('2 s'), 'nothing', 'it waits while a new token is fetched');
SELECT is((pg_temp.stream(:'c')).next_run_at, pg_temp.t('3 s'), 'a second at a time');
UPDATE lealup.connection SET token_version = token_version + 1 WHERE id = :'c';
UPDATE lealup.connection_job SET claim_id = NULL, due_at = pg_temp.t('1 hour'), state = '{}' WHERE connection_id = :'c';
SELECT is(pg_temp.claim('4 s'), 'stream:items 1', 'then it goes on');
SELECT is(pg_temp.reply('4 s', pg_temp.page('1', 'more', '{k1}')), 'page 1', 'with the new one');
SELECT lealup.pause_stream(:'tenant', :'c', 'items');
SELECT is(pg_temp.reply('5 s', pg_temp.page('2', 'more', '{k2}')), 'end', 'one that is paused in the middle');
SELECT is((SELECT count(*) FROM lealup.timeline_event WHERE connection_id = :'c'), 1::bigint, 'writes nothing any more');
SELECT lealup.resume_stream(:'tenant', :'c', 'items');
UPDATE lealup.connection_stream SET next_run_at = pg_temp.t('1 min') WHERE connection_id = :'c';
SELECT is(pg_temp.claim('1 min'), 'stream:items 1', 'until it is resumed');
SELECT is(u.state #>> '{call,cursor}', '1', 'where it was') FROM unit u;
SELECT is(pg_temp.reply('1 min', NULL, 463), 'end', 'when somebody has to agree anew');
SELECT is((SELECT state || ': ' || reason FROM lealup.connection WHERE id = :'c'), 'error: agree again', 'the connection stops, and says why');
SELECT is(pg_temp.claim('2 hours'), 'nothing', 'and asks nothing');
SELECT pg_temp.connect('key', 'items') AS c \gset
SELECT pg_temp.claim('0') \gset x_
SELECT is(pg_temp.reply('0', NULL, 401), 'end', 'a refused key');
SELECT is((SELECT reason FROM lealup.connection WHERE id = :'c'), 'Feed does not accept the key any more.', 'is nothing to wait for');

-- ----- Budgets, and everybody's turn -----

SELECT pg_temp.rest();
SELECT pg_temp.connect('budget 1', 'items') AS c, pg_temp.connect('budget 2', 'items') AS d \gset
CREATE TEMP TABLE taken AS SELECT * FROM lealup._sync_claim(pg_temp.t('0'), 10);
SELECT results_eq('SELECT DISTINCT max_in_flight, hosts, bucket_rates, bucket_bursts FROM taken', $$VALUES (10, '{api.feed.example}'::text[], '{7.5,3}'::float8[], '{150,10}'::float8[])$$,
    'three quarters of a budget flow, a quarter may go at once; the provider''s limit holds for the stream');
SELECT is((SELECT count(DISTINCT b) FROM taken, unnest(bucket_ids) b), 4::bigint, 'without a client each connection has its own buckets');

SELECT pg_temp.rest();
SELECT lealup.create_tenant('many') AS many, lealup.create_tenant('few') AS few \gset
SELECT count(pg_temp.connect('m' || n, 'items', :'many')) AS n, pg_temp.connect('f1', 'items', :'few') AS f FROM generate_series(1, 12) n \gset x_
UPDATE lealup.connection_stream SET next_run_at = pg_temp.t('-1 hour') WHERE tenant_id = :'many';
SELECT results_eq($$SELECT tenant_id FROM lealup._sync_due(pg_temp.t('0'), 2)$$, format('VALUES (%L::uuid), (%L)', :'many', :'few'), 'every tenant''s first comes before anybody''s second');
SELECT set_eq($$SELECT tenant_id, count(*) FROM lealup._sync_due(pg_temp.t('0'), 100) GROUP BY 1$$, format('VALUES (%L::uuid, 8::bigint), (%L, 1)', :'many', :'few'), 'nobody has more than a share');
SELECT pg_temp.claim('0', 5) \gset x_
SELECT results_eq($$SELECT tenant_id, count(*) FROM lealup._sync_due(pg_temp.t('1 s'), 100) GROUP BY 1$$, format('VALUES (%L::uuid, 4::bigint)', :'many'), 'of which what is at work is a part');
INSERT INTO lealup.connection_job (tenant_id, connection_id, kind, due_at) SELECT tenant_id, connection_id, 'refresh', pg_temp.t('1 s') FROM unit WHERE tenant_id = :'many' LIMIT 1;
SELECT is((SELECT unit FROM lealup._sync_due(pg_temp.t('2 s'), 1)), 'job:refresh', 'a token comes before records');
SELECT is(lealup._sync_next(), (SELECT least(min(next_run_at), pg_temp.t('1 s')) FROM lealup.connection_stream), 'the next one that is due is known');
SELECT lealup._sync_release_all();
SELECT is((SELECT count(*) FROM lealup.connection_stream WHERE claim_id IS NOT NULL), 0::bigint, 'a worker that starts takes up what its predecessor had');

-- A provider that is not there any more.
SELECT pg_temp.rest();
SELECT pg_temp.connect('bereft', 'items') AS c \gset
UPDATE lealup.connection SET provider = 'nobody' WHERE id = :'c';
SELECT is(pg_temp.claim('0'), 'nothing', 'of a provider that is not installed nothing is asked');
SELECT is((SELECT (s).next_run_at || ' ' || (s).last_error FROM pg_temp.stream(:'c') s), 'infinity the provider, or this stream of it, is not installed', 'and it is said');

SELECT * FROM finish();
ROLLBACK;
