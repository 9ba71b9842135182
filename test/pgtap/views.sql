-- What people look at: the delivery log, deliveries, statistics.
BEGIN;
SELECT plan(21);

SELECT lealup.create_tenant('views') AS tenant \gset
SELECT set_config('test.tenant', :'tenant', true);
SELECT lealup.create_subscription(:'tenant', 'https://receiver.example/', '{*}') AS s \gset
SELECT lealup.create_subscription(:'tenant', 'https://receiver.example/other', '{*}') AS other \gset
SELECT lealup.create_subscription(:'tenant', 'https://receiver.example/quiet', '{ai.detected_issue}') AS quiet \gset

-- An attempt of the pending delivery of an event.
CREATE FUNCTION pg_temp.attempt(delivery uuid, status text, latency_us int, answer int, body bytea DEFAULT 'ok', error text DEFAULT NULL) RETURNS bigint LANGUAGE sql AS $$
    SELECT lealup._record(ARRAY[ROW(q.tenant_id, q.id, q.attempt_no, status <> 'retrying', status,
        CASE status WHEN 'retrying' THEN now() + interval '1 min' END, now(), latency_us, 'https://receiver.example/',
        '{"X-LealUp-Event": "x"}', answer, '{"Server": "s"}', body, error)::lealup._outcome])
    FROM lealup.delivery_queue q WHERE q.id = delivery
$$;
SELECT lealup.emit(:'tenant', 'task.created', '{"n": 1}') AS one, lealup.emit(:'tenant', 'task.created', '{"n": 2}') AS two,
    lealup.emit(:'tenant', 'task.overdue', '{"n": 3}') AS three \gset
SELECT count(*) FROM lealup._fan_out(1000, now());
SELECT lealup.delivery_id(:'one', :'s') AS d1, lealup.delivery_id(:'two', :'s') AS d2, lealup.delivery_id(:'three', :'s') AS d3 \gset
SELECT pg_temp.attempt(:'d1', 'retrying', 5000123, NULL, NULL, 'timeout'), pg_temp.attempt(:'d1', 'success', 2500, 200, '\x6f6bff00'),
    pg_temp.attempt(:'d2', 'failed', 1000, 404, 'gone', 'status 404'), pg_temp.attempt(:'d3', 'retrying', 1000, 500, 'oops', 'status 500');

-- The log.
SELECT results_eq(format($$SELECT delivery_id, attempt_no::int, status, final, trigger, response_status::int, latency_ms, error, response_body
        FROM lealup.delivery_log WHERE subscription_id = %L ORDER BY id$$, :'s'),
    format($$SELECT * FROM (VALUES (%1$L::uuid, 1, 'retrying', false, 'event', NULL::int, 5000.123, 'timeout', NULL),
            (%1$L, 2, 'success', true, 'event', 200, 2.500, NULL, 'ok??'),
            (%2$L, 1, 'failed', true, 'event', 404, 1.000, 'status 404', 'gone'),
            (%3$L, 1, 'retrying', false, 'event', 500, 1.000, 'status 500', 'oops'),
            (%3$L, 2, 'pending', false, 'event', NULL, NULL, NULL, NULL)) v(id, n, s, f, t, r, l, e, b) ORDER BY id, n$$, :'d1', :'d2', :'d3'),
    'one row for each attempt and one for each pending delivery, in order');
SELECT is(event_type, 'task.overdue', 'the event''s type') FROM lealup.delivery_log WHERE delivery_id = :'d3' AND status = 'pending';
SELECT is(event_id, :'three', 'the event') FROM lealup.delivery_log WHERE delivery_id = :'d3' AND status = 'pending';
SELECT is(request_body::json ->> 'delivery_id', :'d1', 'the body that was sent') FROM lealup.delivery_log WHERE delivery_id = :'d1' AND final;
SELECT is(request_body::json -> 'data' ->> 'n', '3', 'and that will be') FROM lealup.delivery_log WHERE delivery_id = :'d3' AND status = 'pending';
SELECT is(request_headers ->> 'X-LealUp-Event', 'x', 'the request''s headers') FROM lealup.delivery_log WHERE delivery_id = :'d1' AND final;
SELECT is(response_headers ->> 'Server', 's', 'the response''s headers') FROM lealup.delivery_log WHERE delivery_id = :'d1' AND final;
SELECT lealup.pause_subscription(:'tenant', :'other');
SELECT is(count(*) FILTER (WHERE error LIKE 'held:%paused%'), 3::bigint, 'the log says why a delivery is held') FROM lealup.delivery_log WHERE subscription_id = :'other';

-- Deliveries.
SELECT set_eq(format('SELECT id, status, attempts, response_status::int, error FROM lealup.delivery WHERE subscription_id = %L', :'s'),
    format($$VALUES (%L::uuid, 'success', 2, 200, NULL), (%L, 'failed', 1, 404, 'status 404'), (%L, 'pending', 1, NULL::int, NULL)$$, :'d1', :'d2', :'d3'),
    'one row for each delivery');
SELECT is(finished_at, started_at + interval '2.5 ms', 'it ended with its last attempt') FROM lealup.delivery d JOIN lealup.delivery_attempt a ON a.delivery_id = d.id
WHERE d.id = :'d1' AND a.final;
SELECT lealup.replay(:'tenant', :'d2') IS NOT NULL;
SELECT results_eq(format('SELECT status, attempts FROM lealup.delivery WHERE id = %L', :'d2'), $$VALUES ('pending', 1)$$, 'a replayed one is pending again');
SELECT pg_temp.attempt(:'d2', 'success', 1000, 204);
SELECT results_eq(format('SELECT status, attempts, response_status::int FROM lealup.delivery WHERE id = %L', :'d2'), $$VALUES ('success', 2, 204)$$,
    'and then what its last attempt says');
SELECT is(count(*), 3::bigint, 'still one row each') FROM lealup.delivery WHERE subscription_id = :'s';

-- Statistics.
SELECT results_eq(format('SELECT deliveries, success, failed, pending, attempts, success_rate FROM lealup.subscription_stats WHERE subscription_id = %L', :'s'),
    'VALUES (3::bigint, 2::bigint, 0::bigint, 1::bigint, 5::bigint, 100.00)', 'a delivery counts as it ended at last');
SELECT results_eq(format('SELECT deliveries, success, failed, pending, attempts, success_rate, p50_ms FROM lealup.subscription_stats WHERE subscription_id = %L', :'quiet'),
    'VALUES (0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, NULL::numeric, NULL::numeric)', 'nothing happened');
-- A hundred attempts of 1 to 100 ms for percentiles, one of them failed; and one that is older than seven days.
SELECT lealup.create_subscription(:'tenant', 'https://receiver.example/percentiles', '{playbook.triggered}') AS p \gset
INSERT INTO lealup.delivery_attempt (tenant_id, id, retention_class, attempt_no, final, status, trigger, delivery_id, subscription_id, event_id, started_at, latency_us)
SELECT :'tenant', lealup._attempt_id(lealup.delivery_id(e, :'p'), 1), 30, 1, true, CASE n WHEN 100 THEN 'failed' ELSE 'success' END, 'event',
    lealup.delivery_id(e, :'p'), :'p', e, now(), n * 1000
FROM (SELECT n, CASE n WHEN 0 THEN lealup.uuid7_floor(now() - interval '7 days 1 minute') ELSE lealup.uuid7() END AS e FROM generate_series(0, 100) n) x;
SELECT results_eq(format('SELECT deliveries, success, failed, success_rate, p50_ms, p95_ms, p99_ms FROM lealup.subscription_stats WHERE subscription_id = %L', :'p'),
    'VALUES (100::bigint, 99::bigint, 1::bigint, 99.00, 50.500, 95.050, 99.010)', 'percentiles of the last seven days');
SELECT is(status, 'paused', 'the status is shown') FROM lealup.subscription_stats WHERE subscription_id = :'other';
SELECT lealup.delete_subscription(:'tenant', :'other');
SELECT is_empty(format('SELECT 1 FROM lealup.subscription_stats WHERE subscription_id = %L', :'other'), 'a deleted subscription is not');
SELECT isnt_empty(format('SELECT 1 FROM lealup.delivery_log WHERE subscription_id = %L', :'other'), 'but its log is');

-- Whoever row-level security holds for has a delivery's attempts by a range of an index, not all that came after its beginning.
CREATE FUNCTION pg_temp.plan_of(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE 'EXPLAIN (COSTS OFF) ' || query;
END $$;
CREATE ROLE pgtap_lealup_views;
SELECT lealup.grant_access('pgtap_lealup_views', 'reader', :'tenant');
SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off;
SET LOCAL ROLE pgtap_lealup_views;
SELECT isnt_empty($$SELECT line FROM pg_temp.plan_of('SELECT * FROM lealup.delivery') line WHERE line ~ 'Index Cond: .*id > .*id <= lealup._last_attempt_id'$$,
    'the range has two ends');
RESET ROLE;
RESET enable_seqscan; RESET enable_bitmapscan; RESET enable_hashjoin; RESET enable_mergejoin;

-- Workers.
SELECT isnt_empty($$SELECT 1 FROM lealup.worker_status WHERE worker = 'launcher'$$, 'the launcher has a row');

SELECT * FROM finish();
ROLLBACK;
