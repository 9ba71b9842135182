-- Sending again: replay, recover, replay_missing, test events.
BEGIN;
SELECT plan(52);

SELECT lealup.create_tenant('replay') AS tenant \gset
SELECT set_config('test.tenant', :'tenant', true);
SELECT lealup.create_subscription(:'tenant', 'https://receiver.example/', '{*}') AS s \gset
SELECT set_config('test.subscription', :'s', true);

CREATE TEMP TABLE d (n int PRIMARY KEY, event uuid, id uuid, at timestamptz);
-- Emits an event, fans it out and ends its delivery as it is told.
CREATE FUNCTION pg_temp.deliver(n int, status text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    t uuid := current_setting('test.tenant')::uuid;
    e uuid := lealup.emit(t, 'task.created', '{}');
BEGIN
    PERFORM lealup._fan_out(1000, now());
    INSERT INTO d SELECT deliver.n, e, lealup.delivery_id(e, current_setting('test.subscription')::uuid), x.created_at FROM lealup.event x WHERE x.tenant_id = t AND x.id = e;
    PERFORM pg_temp.finish_attempt(deliver.n, status);
END $$;
CREATE FUNCTION pg_temp.finish_attempt(n int, status text) RETURNS bigint LANGUAGE sql AS $$
    SELECT lealup._record(ARRAY[ROW(q.tenant_id, q.id, q.attempt_no, status <> 'retrying', status, now() + interval '1 h',
        now(), 1000, 'https://receiver.example/', '{}', 500, '{}', '', NULL)::lealup._outcome])
    FROM lealup.delivery_queue q JOIN d ON d.id = q.id WHERE d.n = finish_attempt.n AND status IN ('success', 'failed', 'retrying')
$$;
-- Events of one transaction may share a millisecond; these do not.
CREATE FUNCTION pg_temp.wait_a_tick() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    start timestamptz := date_trunc('milliseconds', clock_timestamp());
BEGIN
    WHILE date_trunc('milliseconds', clock_timestamp()) <= start LOOP
    END LOOP;
END $$;
SELECT pg_temp.deliver(n, s), pg_temp.wait_a_tick()
FROM (VALUES (1, 'success'), (2, 'failed'), (3, 'failed'), (4, 'success'), (5, 'failed'), (6, 'retrying'), (7, 'pending')) v(n, s) ORDER BY n;
CREATE FUNCTION pg_temp.queued() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s.%s%s', d.n, q.attempt_no, CASE q.trigger WHEN 'replay' THEN 'r' ELSE '' END), ' ' ORDER BY d.n)
    FROM lealup.delivery_queue q JOIN d ON d.id = q.id
$$;
SELECT is(pg_temp.queued(), '6.2 7.1', 'two are pending');

-- One.
SELECT is(lealup.replay(:'tenant', (SELECT id FROM d WHERE n = 2)), (SELECT id FROM d WHERE n = 2), 'a replay keeps the delivery id');
SELECT is(pg_temp.queued(), '2.2r 6.2 7.1', 'with the next attempt number');
SELECT is(first_attempt_no, 2::smallint, 'and the schedule begins anew') FROM lealup.delivery_queue WHERE id = (SELECT id FROM d WHERE n = 2);
SELECT lealup.replay(:'tenant', (SELECT id FROM d WHERE n = 1)) IS NOT NULL;
SELECT is(pg_temp.queued(), '1.2r 2.2r 6.2 7.1', 'one that succeeded is sent again, too');
SELECT lealup.replay(:'tenant', (SELECT id FROM d WHERE n = 6)) IS NOT NULL;
SELECT is(pg_temp.queued(), '1.2r 2.2r 6.2 7.1', 'a pending one stays what it is');
SELECT cmp_ok(next_attempt_at, '<=', clock_timestamp(), 'but is due now') FROM lealup.delivery_queue WHERE id = (SELECT id FROM d WHERE n = 6);
SELECT lealup.replay(:'tenant', (SELECT id FROM d WHERE n = 2)) IS NOT NULL;
SELECT is(pg_temp.queued(), '1.2r 2.2r 6.2 7.1', 'a replay of a replay that is pending is the same');
SELECT pg_temp.finish_attempt(n, 'failed') FROM d WHERE n IN (1, 2);
SELECT lealup.replay(:'tenant', (SELECT id FROM d WHERE n = 2)) IS NOT NULL;
SELECT is(pg_temp.queued(), '2.3r 6.2 7.1', 'attempts go on counting');
SELECT pg_temp.finish_attempt(2, 'failed');
SELECT throws_ok(format('SELECT lealup.replay(%L, %L)', :'tenant', lealup.delivery_id((SELECT event FROM d WHERE n = 1), lealup.uuid7())), 'P0002', NULL,
    'a delivery that never was cannot be replayed');
SAVEPOINT before;
DELETE FROM lealup.event WHERE tenant_id = :'tenant' AND id = (SELECT event FROM d WHERE n = 1);
SELECT throws_ok(format('SELECT lealup.replay(%L, %L)', :'tenant', id), 'P0002', NULL, 'nor can one whose event is gone') FROM d WHERE n = 1;
ROLLBACK TO before;

-- Many. By now 1, 2, 3 and 5 have failed, 4 succeeded, 6 and 7 are pending.
CREATE FUNCTION pg_temp.recover(first int, last int, status text DEFAULT 'failed', dry_run boolean DEFAULT false) RETURNS bigint LANGUAGE sql AS $$
    SELECT lealup.recover(current_setting('test.tenant')::uuid, current_setting('test.subscription')::uuid,
        (SELECT at FROM d WHERE n = first), (SELECT at FROM d WHERE n = last), status, dry_run)
$$;
SELECT is(pg_temp.recover(1, 7, dry_run => true), 4::bigint, 'a dry run counts what failed');
SELECT is(pg_temp.recover(1, 7, 'success', true), 1::bigint, 'or what succeeded');
SELECT is(pg_temp.recover(1, 7, 'any', true), 5::bigint, 'or both, and nothing that is pending');
SELECT is(pg_temp.queued(), '6.2 7.1', 'and queues nothing');
SELECT is(pg_temp.recover(3, 5, 'any', true), 3::bigint, 'both bounds are included');
SELECT is(lealup.recover(:'tenant', :'s', (SELECT at + interval '1 us' FROM d WHERE n = 3), (SELECT at - interval '1 us' FROM d WHERE n = 5), 'any', true), 1::bigint,
    'to the microsecond');
SAVEPOINT before;
SELECT is(pg_temp.recover(2, 3), 2::bigint, 'what failed between two times');
SELECT is(pg_temp.queued(), '2.4r 3.2r 6.2 7.1', 'is queued, nothing else');
SELECT is(pg_temp.recover(2, 3), 0::bigint, 'once');
SELECT is(pg_temp.recover(1, 7), 2::bigint, 'the others are still there');
SELECT is(pg_temp.recover(1, 7, 'any'), 1::bigint, 'and those that succeeded');
SELECT is(pg_temp.queued(), '1.3r 2.4r 3.2r 4.2r 5.2r 6.2 7.1', 'now everything is queued');
SELECT is(count(*), 7::bigint, 'under its own id') FROM lealup.delivery_queue q JOIN d USING (id) WHERE q.event_id = d.event AND q.subscription_id = :'s';
SELECT is(count(*) FILTER (WHERE trigger = 'replay' AND first_attempt_no <> attempt_no), 0::bigint, 'with a schedule that begins anew') FROM lealup.delivery_queue;
ROLLBACK TO before;
SELECT lealup.replay(:'tenant', id) IS NOT NULL FROM d WHERE n = 3;
SELECT pg_temp.finish_attempt(3, 'success');
SELECT is(pg_temp.recover(1, 7, dry_run => true), 3::bigint, 'what succeeded at last did not fail');
SELECT is(pg_temp.recover(1, 7, 'success', true), 2::bigint, 'but succeeded');
SELECT is(lealup.recover(:'tenant', :'s', '1970-01-02', '2200-01-01', dry_run => true), 3::bigint, 'a long period');
SELECT is(lealup.recover(:'tenant', :'s', '1970-01-02', '1980-01-01', dry_run => true), 0::bigint, 'and one when nothing was');
SELECT lealup.create_subscription(:'tenant', 'https://receiver.example/2', '{task.*}', filters => '{"segment_id": "a"}') AS second \gset
SELECT is(lealup.recover(:'tenant', :'second', '1970-01-02', '2200-01-01', 'any', true), 0::bigint, 'another subscription''s are not touched');

-- Events without a delivery. The second subscription came late, and filters.
CREATE FUNCTION pg_temp.missing(subscription uuid, dry_run boolean DEFAULT false, first timestamptz DEFAULT '1970-01-02') RETURNS bigint LANGUAGE sql AS $$
    SELECT lealup.replay_missing(current_setting('test.tenant')::uuid, subscription, first, '2200-01-01', dry_run)
$$;
SELECT is(pg_temp.missing(:'s'), 0::bigint, 'nothing is missing');
SELECT is(pg_temp.missing(:'second'), 0::bigint, 'events that a filter refuses are not missing');
SELECT lealup.update_subscription(:'tenant', :'second', filters => '{}');
SELECT is(pg_temp.missing(:'second', true), 7::bigint, 'events from before a subscription are, once nothing refuses them');
SELECT is(count(*), 0::bigint, 'a dry run queues nothing') FROM lealup.delivery_queue WHERE subscription_id = :'second';
SELECT is(pg_temp.missing(:'second', first => (SELECT at FROM d WHERE n = 6)), 2::bigint, 'a part of them');
SELECT is(pg_temp.missing(:'second'), 5::bigint, 'the rest');
SELECT is(pg_temp.missing(:'second'), 0::bigint, 'a second call finds none');
SELECT set_eq(format('SELECT event_id, id, attempt_no, first_attempt_no FROM lealup.delivery_queue WHERE subscription_id = %L', :'second'),
    format('SELECT event, lealup.delivery_id(event, %L) AS id, 1::smallint AS attempt_no, 1::smallint AS first_attempt_no FROM d', :'second'), 'the deliveries are those that would have been');
SELECT lealup._record(array_agg(ROW(q.tenant_id, q.id, q.attempt_no, true, 'success', NULL, now(), 1, NULL, '{}', 200, '{}', '', NULL)::lealup._outcome))
FROM lealup.delivery_queue q WHERE q.subscription_id = :'second';
SELECT is(pg_temp.missing(:'second'), 0::bigint, 'nor when they were delivered');
-- What waits in the outbox is not missing for those that will get it, but is for one that came after it.
SELECT lealup.emit(:'tenant', 'task.overdue', '{}') AS waiting \gset
SELECT lealup.create_subscription(:'tenant', 'https://receiver.example/3', '{task.overdue}', filters => '{"min_arr": 1}') AS third \gset
SELECT is(pg_temp.missing(:'second'), 0::bigint, 'an event in the outbox is on its way');
SELECT is(pg_temp.missing(:'third'), 0::bigint, 'its filters count');
SELECT lealup.update_subscription(:'tenant', :'third', filters => '{}');
SELECT is(pg_temp.missing(:'third'), 1::bigint, 'not to a subscription that came later');
SELECT lives_ok('SELECT * FROM lealup._fan_out(1000, now())', 'the fan-out then');
SELECT results_eq(format('SELECT count(*) FILTER (WHERE subscription_id = %L), count(*) FILTER (WHERE subscription_id = %L) FROM lealup.delivery_queue WHERE event_id = %L',
    :'second', :'third', :'waiting'), 'VALUES (1::bigint, 1::bigint)', 'gives each of them one');
SELECT lealup.emit(:'tenant', 'task.overdue', '{"x": "\u0000"}') IS NOT NULL;
SELECT lealup.update_subscription(:'tenant', :'third', filters => '{"min_arr": 1}');
SELECT lives_ok(format('SELECT pg_temp.missing(%L)', :'third'), 'data that jsonb cannot hold does not stop it');

-- Test events go to one subscription, whatever it listens to, and to nobody else.
DELETE FROM lealup.outbox WHERE tenant_id = :'tenant';
SELECT lealup.send_test_event(:'tenant', :'third') AS test \gset
SELECT results_eq(format('SELECT q.subscription_id, e.event_type, q.trigger, e.data ->> ''test'' FROM lealup.delivery_queue q JOIN lealup.event e ON e.id = q.event_id WHERE q.id = %L', :'test'),
    format($$VALUES (%L::uuid, 'webhook.test', 'test', 'true')$$, :'third'), 'a test event');
SELECT is_empty('SELECT * FROM lealup._fan_out(1000, now())', 'is not fanned out');
SELECT lealup.send_test_event(:'tenant', :'third', 'customer.created') AS test \gset
SELECT results_eq(format('SELECT e.event_type, e.data::jsonb @> t.example, e.data ->> ''test'' FROM lealup.delivery_queue q JOIN lealup.event e ON e.id = q.event_id
        JOIN lealup.event_type t ON t.name = ''customer.created'' WHERE q.id = %L', :'test'), $$VALUES ('customer.created', true, 'true')$$, 'one of a type has its example');
SELECT is(pg_temp.missing(:'s', true), 1::bigint, 'replay_missing() finds real events only: the one that was kept from the fan-out above');

-- A subscription that is held or gone.
SELECT lealup.pause_subscription(:'tenant', :'s');
SELECT is(pg_temp.recover(1, 7, dry_run => true), 3::bigint, 'a paused subscription can be recovered');
SELECT lealup.delete_subscription(:'tenant', :'s');
SELECT throws_ok('SELECT pg_temp.recover(1, 7)', 'P0002', NULL, 'a deleted one cannot');
SELECT throws_ok(format('SELECT lealup.replay(%L, %L)', :'tenant', id), 'P0002', NULL, 'nor can its deliveries') FROM d WHERE n = 1;

SELECT * FROM finish();
ROLLBACK;
