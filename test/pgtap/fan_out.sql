-- From the outbox to the queue: which subscriptions get an event, once.
BEGIN;
SELECT plan(31);

SELECT lealup.create_tenant('fan-out') AS tenant, lealup.create_tenant('other') AS other, lealup.create_tenant('scale', 'scale') AS scale \gset
SELECT set_config('test.tenant', :'tenant', true);
CREATE TEMP TABLE named (name text PRIMARY KEY, id uuid);
CREATE FUNCTION pg_temp.subscribe(name text, events text[], filters jsonb DEFAULT '{}', retry_schedule interval[] DEFAULT NULL) RETURNS void LANGUAGE sql AS $$
    INSERT INTO named VALUES (name, lealup.create_subscription(current_setting('test.tenant')::uuid, 'https://receiver.example/' || name, events,
        filters => filters, retry_schedule => retry_schedule))
$$;
CREATE FUNCTION pg_temp.emit(type text, data json DEFAULT '{}', context jsonb DEFAULT '{}') RETURNS uuid LANGUAGE sql AS $$
    SELECT lealup.emit(current_setting('test.tenant')::uuid, type, data, context => context)
$$;
-- Empties the outbox; gives the subscriptions that have a delivery of the event.
CREATE FUNCTION pg_temp.got(event uuid) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    WHILE EXISTS (SELECT FROM lealup._fan_out(1000, now())) LOOP
    END LOOP;
    RETURN coalesce((SELECT string_agg(n.name, ' ' ORDER BY n.name COLLATE "C") FROM lealup.delivery_queue q JOIN named n ON n.id = q.subscription_id
                     WHERE q.event_id = event), '');
END $$;

SELECT is_empty('SELECT * FROM lealup._fan_out(1000, now())', 'an empty outbox gives no row');

SELECT pg_temp.subscribe('all', '{*}'), pg_temp.subscribe('health', '{health.*}'), pg_temp.subscribe('exact', '{health.changed,task.created}'),
    pg_temp.subscribe('held', '{*}'), pg_temp.subscribe('deleted', '{*}'), pg_temp.subscribe('broken', '{*}');
SELECT lealup.pause_subscription(:'tenant', id) FROM named WHERE name = 'held';
SELECT lealup.delete_subscription(:'tenant', id) FROM named WHERE name = 'deleted';
SELECT lealup._disable_subscription(:'tenant', id, 'test') FROM named WHERE name = 'broken';
DELETE FROM lealup.outbox WHERE tenant_id = :'tenant';
SELECT lealup.create_subscription(:'other', 'https://receiver.example/', '{*}') AS others \gset

SELECT pg_temp.emit('health.changed') AS event \gset
CREATE TEMP TABLE result AS SELECT * FROM lealup._fan_out(1000, now());
SELECT results_eq('SELECT count(*) FILTER (WHERE tenant_id IS NOT NULL), sum(queued), count(*) FILTER (WHERE tenant_id IS NULL), max(taken), min(taken) FROM result',
    'VALUES (5::bigint, 5::numeric, 1::bigint, 1::bigint, 1::bigint)', 'it tells who got something, and how many events were taken');
SELECT is(pg_temp.got(:'event'), 'all broken exact health held', 'every subscription that matches gets it; paused and disabled ones hold it; a deleted one does not');
SELECT is_empty($$SELECT 1 FROM lealup.outbox WHERE tenant_id = current_setting('test.tenant')::uuid$$, 'the outbox row is gone');
SELECT is(count(*), 0::bigint, 'another tenant''s subscription gets nothing') FROM lealup.delivery_queue WHERE subscription_id = :'others';
SELECT results_eq($$SELECT DISTINCT q.id = lealup.delivery_id(q.event_id, q.subscription_id), q.next_attempt_at = now(), attempt_no, first_attempt_no, trigger, retention_class
    FROM lealup.delivery_queue q WHERE q.tenant_id = current_setting('test.tenant')::uuid$$,
    $$VALUES (true, true, 1::smallint, 1::smallint, 'event', 30::smallint)$$, 'a delivery in the queue');
SELECT is_empty('SELECT * FROM lealup._fan_out(1000, now())', 'a second round finds nothing');

-- Types.
SELECT is(pg_temp.got(pg_temp.emit('task.created')), 'all broken exact held', 'a listed type');
SELECT is(pg_temp.got(pg_temp.emit('task.overdue')), 'all broken held', 'a type that is not listed');
SELECT lealup.register_event_type(:'tenant', 'health.acme_checked', 'Checked.');
SELECT is(pg_temp.got(pg_temp.emit('health.acme_checked')), 'all broken health held', 'a tenant''s own type under a prefix');

-- Times.
SELECT pg_temp.emit('health.changed') AS early \gset
SELECT pg_temp.subscribe('late', '{*}');
SELECT pg_temp.emit('health.changed') AS after \gset
SELECT is(pg_temp.got(:'early'), 'all broken exact health held', 'a subscription that was made after the event does not get it');
SELECT is(pg_temp.got(:'after'), 'all broken exact health held late', 'but the next one');
SELECT pg_temp.emit('health.changed') AS event \gset
SELECT lealup.delete_subscription(:'tenant', id) FROM named WHERE name = 'late';
SELECT lealup.update_subscription(:'tenant', id, events => '{task.*}') FROM named WHERE name = 'exact';
SELECT is(pg_temp.got(:'event'), 'all broken health held', 'a subscription counts as it stands at fan-out');
SELECT pg_temp.subscribe('slow', '{playbook.triggered}', retry_schedule => '{10 minutes,1 hour}');
SELECT pg_temp.emit('playbook.triggered') AS event \gset
SELECT matches(pg_temp.got(:'event'), 'slow', 'the schedule''s first step');
SELECT is(next_attempt_at, now() + interval '10 minutes', 'is the wait before the first attempt')
FROM lealup.delivery_queue WHERE event_id = :'event' AND subscription_id = (SELECT id FROM named WHERE name = 'slow');

-- Filters.
SELECT lealup.delete_subscription(:'tenant', id) FROM named WHERE name NOT IN ('late', 'deleted');
SELECT pg_temp.subscribe('any', '{health.changed}'), pg_temp.subscribe('rich', '{health.changed}', '{"min_arr": 50000}'),
    pg_temp.subscribe('risky', '{health.*}', '{"to_status": ["at_risk"]}'), pg_temp.subscribe('both', '{*}', '{"min_arr": 50000, "to_status": "at_risk"}');
SELECT is(pg_temp.got(pg_temp.emit('health.changed', '{"current_status": "at-risk"}', '{"arr": 60000}')), 'any both rich risky', 'data and context match');
SELECT is(pg_temp.got(pg_temp.emit('health.changed', '{"current_status": "healthy"}', '{"arr": 60000}')), 'any rich', 'the context matches');
SELECT is(pg_temp.got(pg_temp.emit('health.changed', '{"current_status": "at_risk", "arr": 7}')), 'any risky', 'the data matches');
SELECT is(pg_temp.got(pg_temp.emit('health.changed')), 'any', 'nothing matches');
SELECT is(pg_temp.got(pg_temp.emit('integration.disconnected', '{"arr": 60000, "current_status": "at_risk"}')), '', 'a type without the filter does not match a wildcard');
SELECT pg_temp.emit('health.changed', '{"current_status": "at_risk"}') AS early \gset
SELECT pg_temp.subscribe('newcomer', '{health.changed}', '{"to_status": "at_risk"}');
SELECT is(pg_temp.got(:'early'), 'any risky', 'a filtered subscription that was made after the event does not get it either');
SELECT lealup.delete_subscription(:'tenant', id) FROM named WHERE name = 'newcomer';

-- A batch with an event whose data jsonb cannot hold goes out all the same, the other tenant's too.
SELECT pg_temp.emit('health.changed', '{"current_status": "at_risk"}') AS good \gset
SELECT pg_temp.emit('health.changed', '{"current_status": "at_risk", "x": "\u0000"}') AS nul \gset
SELECT pg_temp.emit('health.changed', '{"current_status": "at_risk", "x": 1e999999}') AS huge \gset
SELECT pg_temp.emit('health.changed', '{"current_status": "at_risk", "x": "\ud800"}') AS surrogate \gset
SELECT lealup.emit(:'other', 'health.changed', '{}') AS other_event \gset
SELECT lives_ok('SELECT * FROM lealup._fan_out(1000, now())', 'odd data does not stop the fan-out');
SELECT is(pg_temp.got(:'good'), 'any risky', 'its neighbours are not affected');
SELECT matches(pg_temp.got(:'nul'), '^any', 'a subscription without filters gets it: NUL');
SELECT matches(pg_temp.got(:'huge'), '^any', 'a subscription without filters gets it: a huge number');
SELECT matches(pg_temp.got(:'surrogate'), '^any', 'a subscription without filters gets it: half a surrogate pair');
SELECT is(count(*), 1::bigint, 'the other tenant gets its event') FROM lealup.delivery_queue WHERE event_id = :'other_event';

-- Batches.
SELECT count(pg_temp.emit('health.changed')) FROM generate_series(1, 25);
SELECT results_eq('SELECT max(taken) FROM lealup._fan_out(10, now()) UNION ALL SELECT max(taken) FROM lealup._fan_out(10, now())
    UNION ALL SELECT max(taken) FROM lealup._fan_out(10, now()) UNION ALL SELECT max(taken) FROM lealup._fan_out(10, now())',
    'VALUES (10::bigint), (10), (5), (NULL)', 'a round takes no more than it is asked to');

-- Other plans, and homes elsewhere.
SELECT lealup.create_subscription(:'scale', 'https://receiver.example/', '{*}') AS scales \gset
SELECT lealup.emit(:'scale', 'task.created', '{}') AS event \gset
SELECT pg_temp.got(:'event');
SELECT is((SELECT retention_class FROM lealup.delivery_queue WHERE event_id = :'event'), 90::smallint, 'a delivery has its event''s retention class');
SELECT pg_temp.emit('health.changed') AS event \gset
UPDATE lealup.tenant SET home = 'elsewhere' WHERE tenant_id = :'tenant';
SELECT is(pg_temp.got(:'event'), '', 'a tenant of another home is left alone');
SELECT lealup.adopt(:'tenant');
SELECT is(pg_temp.got(:'event'), 'any', 'until it is adopted');

SELECT * FROM finish();
ROLLBACK;
