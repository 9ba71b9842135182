-- Time-ordered ids, and the ids derived from them.
BEGIN;
SELECT plan(25);

CREATE TEMP TABLE made AS SELECT n, lealup.uuid7() AS id, clock_timestamp() AS at FROM generate_series(1, 20000) n;
SELECT is(count(DISTINCT id), 20000::bigint, 'ids are unique') FROM made;
SELECT is_empty('SELECT n FROM (SELECT n, id, lag(id) OVER (ORDER BY n) AS before FROM made) m WHERE id <= before',
    'ids strictly increase within a session');
SELECT is_empty($$SELECT id FROM made WHERE id::text !~ '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$'$$,
    'ids have version 7 and the RFC''s variant');
-- A clock that is asked more often than it ticks lets ids run ahead of it, by less than a second here.
SELECT ok(bool_and(lealup.uuid7_time(id) BETWEEN at - interval '1 minute' AND at + interval '1 second'), 'ids carry the time') FROM made;
SELECT is((SELECT count(*) FROM (SELECT lealup.uuid7() AS id FROM generate_series(1, 1000)) m
           WHERE id < (SELECT max(id::text)::uuid FROM made)), 0::bigint, 'later ids are greater');

-- The RFC's own example: section A.6, 2022-02-22 19:22:22 UTC.
SELECT is(lealup.uuid7_time('017f22e2-79b0-7cc3-98c4-dc0c0c07398f'), '2022-02-22 19:22:22+00', 'the time of the RFC''s example');
SELECT is(lealup.uuid7_floor('2022-02-22 19:22:22+00'), '017f22e2-79b0-7000-8000-000000000000', 'the smallest id of the same time');
SELECT is(lealup.uuid7_time('c232ab00-9414-4ec2-b3c8-f59c0d1d4a5e'), NULL, 'a version 4 uuid has no time');
SELECT is(lealup.uuid7_time(lealup.uuid7_floor('2026-04-15 14:30:00.123456+00')), '2026-04-15 14:30:00.123+00', 'floor and time go to the millisecond');
SELECT is(lealup.uuid7_floor(NULL), NULL, 'null gives null');
SELECT is(lealup.uuid7_floor('-infinity'), '00000000-0000-7000-8000-000000000000', 'the floor of -infinity is the smallest id');
SELECT is(lealup.uuid7_floor('1969-12-31 23:59:59+00'), '00000000-0000-7000-8000-000000000000', 'and so is that of a time before 1970');
SELECT is(lealup.uuid7_floor('infinity'), 'ffffffff-ffff-7000-8000-000000000000', 'the floor of infinity is above all times');
SELECT is(lealup.uuid7_floor('294276-12-31 23:59:59+00') < lealup.uuid7_floor('infinity'), true, 'and so above the last day');
SELECT is_empty($$
    SELECT t FROM generate_series('1970-01-01'::timestamptz, '2200-01-01', '173 days 13:07:11.001') t
    WHERE lealup.uuid7_time(lealup.uuid7_floor(t)) <> t OR lealup.uuid7_floor(t) <= lealup.uuid7_floor(t - interval '1 ms')
      AND t > '1970-01-02'$$, 'floors are ordered like their times');
SELECT is_empty('SELECT id FROM made WHERE id < lealup.uuid7_floor(lealup.uuid7_time(id))
    OR id >= lealup.uuid7_floor(lealup.uuid7_time(id) + interval ''1 ms'')', 'an id lies between its floor and the next one');

-- Deliveries.
SELECT is(lealup.delivery_id('017f22e2-79b0-7cc3-98c4-dc0c0c07398f', '0190a6f0-0000-7000-8000-000000000001'),
    lealup.delivery_id('017f22e2-79b0-7cc3-98c4-dc0c0c07398f', '0190a6f0-0000-7000-8000-000000000001'), 'a delivery''s id is always the same');
SELECT is(lealup.uuid7_time(lealup.delivery_id('017f22e2-79b0-7cc3-98c4-dc0c0c07398f', lealup.uuid7())), '2022-02-22 19:22:22+00', 'and has its event''s time');
SELECT is((SELECT count(DISTINCT lealup.delivery_id(e.id, s.id)) FROM (SELECT id FROM made LIMIT 300) e, (SELECT id FROM made OFFSET 300 LIMIT 300) s),
    90000::bigint, 'each event and subscription has its own');
SELECT isnt(lealup.delivery_id('017f22e2-79b0-7cc3-98c4-dc0c0c07398f', '0190a6f0-0000-7000-8000-000000000001'),
    lealup.delivery_id('0190a6f0-0000-7000-8000-000000000001', '017f22e2-79b0-7cc3-98c4-dc0c0c07398f'), 'event and subscription cannot be exchanged');

-- Attempts: one range behind the delivery.
SELECT is_empty($$
    SELECT a FROM (SELECT lealup.delivery_id(id, id) AS d, a, lealup._attempt_id(lealup.delivery_id(id, id), a) AS attempt
                   FROM (SELECT id FROM made LIMIT 1) m, generate_series(1, 65535, 641) a) x
    WHERE attempt <= d OR attempt > lealup._attempt_id(d, 65535) OR a > 1 AND attempt <= lealup._attempt_id(d, a - 1)$$,
    'attempts are ordered within their delivery');
SELECT throws_ok('SELECT lealup._attempt_id(lealup.uuid7(), 65536)', '22003', NULL, 'there are 65535 attempts at most');
SELECT throws_ok('SELECT lealup._attempt_id(lealup.uuid7(), -1)', '22003', NULL, 'and none is negative');
SELECT is_empty('SELECT id FROM made WHERE lealup._last_attempt_id(id) <> lealup._attempt_id(id, 65535)', 'the end of the range is the last attempt there can be');
SELECT is(lealup._last_attempt_id(NULL), NULL, 'of nothing there is none');

SELECT * FROM finish();
ROLLBACK;
