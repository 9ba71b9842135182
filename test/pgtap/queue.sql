-- What the delivery workers do with the queue: look, claim, record.
BEGIN;
SELECT plan(33);

SELECT lealup.create_tenant('queue') AS tenant, lealup.create_tenant('another') AS other \gset
SELECT set_config('test.tenant', :'tenant', true);
SELECT lealup.create_subscription(:'tenant', 'https://receiver.example/a', '{*}') AS a \gset
SELECT lealup.create_subscription(:'tenant', 'https://receiver.example/b', '{*}') AS b \gset
SELECT lealup.create_subscription(:'other', 'https://receiver.example/c', '{*}') AS c \gset

SELECT is_empty('SELECT * FROM lealup._pending_subscriptions()', 'nothing is pending');

-- Ten deliveries for a, a minute apart from now on; two for b and c each, an hour ago and in an hour.
CREATE FUNCTION pg_temp.queue(tenant uuid, subscription uuid, at timestamptz, attempt int DEFAULT 1, trigger text DEFAULT 'event') RETURNS uuid LANGUAGE sql AS $$
    WITH e AS (SELECT lealup.emit(tenant, 'task.created', '{"x": 1}') AS id)
    INSERT INTO lealup.delivery_queue (tenant_id, id, subscription_id, event_id, next_attempt_at, retention_class, attempt_no, first_attempt_no, trigger)
    SELECT tenant, lealup.delivery_id(e.id, subscription), subscription, e.id, at, 30, attempt, 1, trigger FROM e RETURNING id
$$;
SELECT count(pg_temp.queue(:'tenant', :'a', now() + n * interval '1 minute')) FROM generate_series(0, 9) n;
SELECT pg_temp.queue(:'tenant', :'b', now() - interval '1 hour'), pg_temp.queue(:'tenant', :'b', now() + interval '1 hour'),
    pg_temp.queue(:'other', :'c', now() - interval '1 hour', 3, 'test'), pg_temp.queue(:'other', :'c', now() + interval '1 hour');

SELECT set_eq('SELECT subscription_id, next_attempt_at FROM lealup._pending_subscriptions()',
    format($$VALUES (%L::uuid, now()), (%L, now() - interval '1 hour'), (%L, now() - interval '1 hour')$$, :'a', :'b', :'c'),
    'the subscriptions that have something pending, with the earliest time');

-- Claiming.
CREATE FUNCTION pg_temp.claim(tenants text, subscriptions text, room int[], due timestamptz, after_at timestamptz DEFAULT '-infinity',
    after_id uuid DEFAULT '00000000-0000-0000-0000-000000000000')
    RETURNS TABLE (subscription_id uuid, minutes int, attempt_no smallint, once boolean, id uuid) LANGUAGE sql AS $$
    SELECT c.subscription_id, (extract(epoch FROM c.next_attempt_at - now()) / 60)::int, c.attempt_no, c.once, c.id
    FROM lealup._claim(tenants::uuid[], subscriptions::uuid[], array_fill(after_at, ARRAY[cardinality(room)]), array_fill(after_id, ARRAY[cardinality(room)]), room, due) c
$$;
SELECT results_eq(format('SELECT minutes FROM pg_temp.claim(%L, %L, ''{100}'', now())', ARRAY[:'tenant'], ARRAY[:'a']), 'VALUES (0)', 'what is due');
SELECT results_eq(format('SELECT minutes FROM pg_temp.claim(%L, %L, ''{100}'', now() + interval ''5 minutes'')', ARRAY[:'tenant'], ARRAY[:'a']),
    'SELECT generate_series(0, 5)', 'the earliest first');
SELECT results_eq(format('SELECT minutes FROM pg_temp.claim(%L, %L, ''{3}'', now() + interval ''1 day'')', ARRAY[:'tenant'], ARRAY[:'a']),
    'SELECT generate_series(0, 2)', 'as many as there is room for');
SELECT is_empty(format('SELECT * FROM pg_temp.claim(%L, %L, ''{0}'', now() + interval ''1 day'')', ARRAY[:'tenant'], ARRAY[:'a']), 'none if there is no room');
SELECT results_eq(format('SELECT subscription_id, count(*) FROM pg_temp.claim(%L, %L, ''{2,5,1}'', now() + interval ''1 day'') GROUP BY 1 ORDER BY 2, 1',
        ARRAY[:'tenant', :'tenant', :'other'], ARRAY[:'a', :'b', :'c']),
    format('VALUES (%L::uuid, 1::bigint), (%L, 2), (%L, 2)', :'c', least(:'a', :'b'), greatest(:'a', :'b')), 'each subscription has its own room');
SELECT is_empty(format('SELECT * FROM pg_temp.claim(%L, %L, ''{100}'', now() + interval ''1 day'')', ARRAY[:'other'], ARRAY[:'a']),
    'a subscription in another tenant''s name has nothing');
SELECT results_eq(format('SELECT attempt_no, once FROM pg_temp.claim(%L, %L, ''{1}'', now())', ARRAY[:'other'], ARRAY[:'c']),
    'VALUES (3::smallint, true)', 'a test event is tried once');
SELECT results_eq(format('SELECT n.minutes FROM pg_temp.claim(%1$L, %2$L, ''{4}'', now() + interval ''1 day'') l,
        LATERAL pg_temp.claim(%1$L, %2$L, ''{3}'', now() + interval ''1 day'', now() + l.minutes * interval ''1 minute'', l.id) n WHERE l.minutes = 3',
    ARRAY[:'tenant'], ARRAY[:'a']), 'SELECT generate_series(4, 6)', 'a position is gone on from');
-- Rows of one time are told apart by their ids.
UPDATE lealup.delivery_queue SET next_attempt_at = now() WHERE tenant_id = :'tenant' AND subscription_id = :'a';
SELECT results_eq(format('SELECT n.id FROM (SELECT max(id::text)::uuid AS id FROM pg_temp.claim(%1$L, %2$L, ''{4}'', now())) l,
        LATERAL pg_temp.claim(%1$L, %2$L, ''{100}'', now(), now(), l.id) n', ARRAY[:'tenant'], ARRAY[:'a']),
    format('SELECT id FROM lealup.delivery_queue WHERE subscription_id = %L ORDER BY id OFFSET 4', :'a'), 'also among rows of the same time');

-- What is next.
SELECT results_eq(format('SELECT subscription_id, next_attempt_at FROM lealup._next_due(%L, %L, now())', ARRAY[:'tenant', :'tenant'], ARRAY[:'a', :'b']),
    format($$VALUES (%L::uuid, now() + interval '1 hour')$$, :'b'), 'the next time after now');
SELECT is_empty(format('SELECT * FROM lealup._next_due(%L, %L, ''infinity'')', ARRAY[:'tenant'], ARRAY[:'b']), 'nothing comes after the last');

-- Payloads.
SELECT results_eq(format('SELECT e.event_type, e.data::text FROM lealup.delivery_queue q, lealup._events(ARRAY[q.tenant_id], ARRAY[q.event_id], q.event_id, q.event_id) e
        WHERE q.subscription_id = %L', :'b'), $$VALUES ('task.created', '{"x": 1}'), ('task.created', '{"x": 1}')$$, 'the payload of an event');

-- Recording. One row of each kind: final success, retry, final failure.
CREATE TEMP TABLE d AS SELECT id, event_id, row_number() OVER (ORDER BY id) AS n FROM lealup.delivery_queue WHERE subscription_id = :'a';
CREATE FUNCTION pg_temp.record(numbers int[], attempts smallint[], finals boolean[], statuses text[], tenant text DEFAULT current_setting('test.tenant'))
    RETURNS bigint LANGUAGE sql AS $$
    SELECT lealup._record(array_agg(ROW(tenant, d.id, w.attempt, w.final, w.status,
        CASE WHEN NOT w.final THEN now() + interval '1 minute' END, now(), 1500, 'https://receiver.example/a', '{"X-A": "1"}',
        CASE w.status WHEN 'success' THEN 204 ELSE 500 END, '{"Server": "x"}', '\x6f6bff',
        CASE WHEN w.status <> 'success' THEN 'status 500' END)::lealup._outcome))
    FROM unnest(numbers, attempts, finals, statuses) w(n, attempt, final, status) JOIN d ON d.n = w.n
$$;
SELECT is(pg_temp.record('{1,2,3}', '{1,1,1}', '{t,f,t}', '{success,retrying,failed}'), 3::bigint, 'three outcomes are recorded');
SELECT results_eq($$SELECT d.n, q.attempt_no, q.next_attempt_at, q.first_attempt_no FROM d JOIN lealup.delivery_queue q ON q.id = d.id WHERE d.n < 4$$,
    $$VALUES (2::bigint, 2::smallint, now() + interval '1 minute', 1::smallint)$$, 'final ones leave the queue, the other one waits');
SELECT results_eq($$SELECT d.n, a.attempt_no::int, a.status, a.final, a.response_status::int, a.error, a.next_attempt_at, a.trigger
        FROM d JOIN lealup.delivery_attempt a ON a.delivery_id = d.id ORDER BY d.n$$,
    $$VALUES (1::bigint, 1, 'success', true, 204, NULL, NULL::timestamptz, 'event'),
             (2, 1, 'retrying', false, 500, 'status 500', now() + interval '1 minute', 'event'), (3, 1, 'failed', true, 500, 'status 500', NULL, 'event')$$,
    'each is logged');
SELECT results_eq($$SELECT a.id = lealup._attempt_id(d.id, 1), a.event_id = d.event_id, a.subscription_id, a.latency_us, a.url, a.request_headers::text,
        a.response_headers::text, a.response_body, a.retention_class, a.started_at FROM d JOIN lealup.delivery_attempt a ON a.delivery_id = d.id WHERE d.n = 1$$,
    format($$VALUES (true, true, %L::uuid, 1500, 'https://receiver.example/a', '{"X-A": "1"}', '{"Server": "x"}', '\x6f6bff'::bytea, 30::smallint, now())$$, :'a'),
    'with all that is known');
-- An outcome of an attempt that is not the pending one is of the past.
SELECT is(pg_temp.record('{1,2,3}', '{1,1,1}', '{t,t,t}', '{success,success,success}'), 0::bigint, 'the same outcomes again change nothing');
SELECT is(pg_temp.record('{4,4}', '{2,7}', '{t,f}', '{success,retrying}'), 0::bigint, 'nor do later attempts that are not pending yet');
SELECT is(pg_temp.record('{5}', '{1}', '{t}', '{success}', :'other'), 0::bigint, 'nor those in another tenant''s name');
SELECT is((SELECT count(*) FROM lealup.delivery_attempt a JOIN d ON d.id = a.delivery_id), 3::bigint, 'the log is the same');
SELECT is((SELECT count(*) FROM lealup.delivery_queue q JOIN d ON d.id = q.id), 8::bigint, 'and so is the queue');
SELECT is(pg_temp.record('{2}', '{2}', '{t}', '{success}'), 1::bigint, 'the pending attempt counts');
SELECT results_eq('SELECT attempt_no::int, status FROM lealup.delivery_attempt a JOIN d ON d.id = a.delivery_id WHERE d.n = 2 ORDER BY a.id',
    $$VALUES (1, 'retrying'), (2, 'success')$$, 'and ends the delivery');
SELECT is(pg_temp.record('{5,6}', '{1,9}', '{f,t}', '{retrying,failed}'), 1::bigint, 'a stale outcome does not keep the others of its batch from being recorded');
SELECT is(lealup._record('{}'), 0::bigint, 'an empty batch');

-- Settings.
SELECT lealup.update_subscription(:'tenant', :'b', retry_schedule => '{1 s,2 s}', timeout => '1.5 s', rate_limit => 7, max_in_flight => 3, retry_on => 'any',
    headers => '{"X-A": "1"}', disable_on_gone => true, disable_after_failures => 4);
SELECT results_eq(format('SELECT subscription_id, active, url, retry_schedule, retry_any, timeout_ms, rate_limit, max_in_flight, disable_on_gone,
        disable_after_failures, cardinality(secrets), headers IS NOT NULL FROM lealup._subscription_settings(%L, %L) ORDER BY url', ARRAY[:'tenant', :'tenant'], ARRAY[:'a', :'b']),
    format($$VALUES (%L::uuid, true, 'https://receiver.example/a', '{0,1 min,5 min,30 min,2 h,12 h,24 h}'::interval[], false, 5000, NULL::int, NULL::int, false, NULL::int, 1, false),
        (%L, true, 'https://receiver.example/b', '{1 s,2 s}', true, 1500, 7, 3, true, 4, 1, true)$$, :'a', :'b'), 'what a worker has to know of subscriptions');
SELECT cmp_ok((SELECT version FROM lealup.subscription WHERE id = :'b'), '>', (SELECT version FROM lealup.subscription WHERE id = :'a'), 'a change gives a new version');
SELECT lealup.pause_subscription(:'tenant', :'a');
SELECT is((SELECT active FROM lealup._subscription_settings(ARRAY[:'tenant']::uuid[], ARRAY[:'a']::uuid[])), false, 'a paused one is not active');
UPDATE lealup.tenant SET home = 'elsewhere' WHERE tenant_id = :'tenant';
SELECT is((SELECT active FROM lealup._subscription_settings(ARRAY[:'tenant']::uuid[], ARRAY[:'b']::uuid[])), false, 'nor is one of another home');

-- Failures in a row.
SELECT lealup._note_failures(:'tenant', :'a', 5, NULL), lealup._note_failures(:'other', :'c', 6, NULL);
SELECT results_eq($$SELECT consecutive_failures FROM lealup.subscription WHERE url LIKE 'https://receiver.example/%' ORDER BY url$$,
    'VALUES (0), (0), (6)', 'failures in a row are kept for active subscriptions');
SELECT lealup.pause_subscription(:'other', :'c'), lealup.resume_subscription(:'other', :'c');
SELECT is((SELECT consecutive_failures FROM lealup.subscription WHERE id = :'c'), 0, 'and forgotten when one is resumed');

SELECT * FROM finish();
ROLLBACK;
