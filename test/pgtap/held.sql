-- Deliveries that will never be sent end as failed.
BEGIN;
SELECT plan(14);

SELECT lealup.create_tenant('held') AS tenant \gset
SELECT lealup.create_subscription(:'tenant', 'https://receiver.example/gone', '{*}') AS gone, lealup.create_subscription(:'tenant', 'https://receiver.example/paused', '{*}') AS paused,
    lealup.create_subscription(:'tenant', 'https://receiver.example/active', '{*}') AS active \gset
SELECT lealup.emit(:'tenant', 'task.created', '{}') AS one, lealup.emit(:'tenant', 'task.created', '{}') AS two \gset
SELECT count(*) FROM lealup._fan_out(1000, now());
SELECT lealup.pause_subscription(:'tenant', :'paused');
SELECT is(lealup._finish_held(100, now()), 0::bigint, 'a paused subscription''s deliveries are held');
SELECT lealup.delete_subscription(:'tenant', :'gone');
SELECT is(lealup._finish_held(1, now()), 1::bigint, 'a deleted one''s end, in steps');
SELECT is(lealup._finish_held(100, now()), 1::bigint, 'as many as there are');
SELECT is(lealup._finish_held(100, now()), 0::bigint, 'and no more');
SELECT results_eq(format('SELECT status, attempts, error, count(*) FROM lealup.delivery WHERE subscription_id = %L GROUP BY 1, 2, 3', :'gone'),
    $$VALUES ('failed', 1, 'cancelled: the subscription was deleted', 2::bigint)$$, 'they say why');
SELECT is(count(*), 4::bigint, 'the others are still pending') FROM lealup.delivery_queue WHERE tenant_id = :'tenant';
-- A row that was put in by hand for a subscription that never was.
INSERT INTO lealup.delivery_queue (tenant_id, id, subscription_id, event_id, next_attempt_at, retention_class, attempt_no, first_attempt_no, trigger)
SELECT :'tenant', lealup.delivery_id(:'one', :'tenant'), :'tenant', :'one', now(), 30, 5, 1, 'event';
SELECT is(lealup._finish_held(100, now()), 1::bigint, 'one without a subscription ends, too');
SELECT is(attempt_no, 5::smallint, 'under its own attempt number') FROM lealup.delivery_attempt WHERE delivery_id = lealup.delivery_id(:'one', :'tenant');
-- A deleted subscription gets nothing more, though its events were in the outbox.
SELECT lealup.emit(:'tenant', 'task.overdue', '{}') IS NOT NULL;
SELECT lealup.delete_subscription(:'tenant', :'active');
SELECT count(*) FROM lealup._fan_out(1000, now());
SELECT is(lealup._finish_held(100, now()), 2::bigint, 'only what was queued before ends');
-- An hour before the leaf falls due.
SELECT is(lealup._finish_held(100, now() + interval '28 days'), 0::bigint, 'what is held has time');
SELECT is(lealup._finish_held(100, now() + interval '31 days'), 3::bigint, 'until its log''s end');
SELECT is(count(*) FILTER (WHERE error LIKE 'expired:%' AND status = 'failed'), 3::bigint, 'then it has expired') FROM lealup.delivery WHERE subscription_id = :'paused';
SELECT is(count(*), 0::bigint, 'and the queue is empty') FROM lealup.delivery_queue WHERE tenant_id = :'tenant';

-- A copy of the database leaves everything as it is.
SELECT lealup.emit(:'tenant', 'task.created', '{}') IS NOT NULL;
SELECT count(*) FROM lealup._fan_out(1000, now());
UPDATE lealup.tenant SET home = 'elsewhere' WHERE tenant_id = :'tenant';
SELECT is(lealup._finish_held(100, now() + interval '40 days'), 0::bigint, 'a tenant of another home is left alone');

SELECT * FROM finish();
ROLLBACK;
