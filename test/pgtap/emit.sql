-- What emit() stores, and in whose transaction.
BEGIN;
SELECT plan(25);

SELECT lealup.create_tenant('emit') AS tenant, lealup.create_tenant('emit at scale', 'scale') AS scale \gset
SELECT set_config('test.tenant', :'tenant', true);

-- The row.
SELECT lealup.emit(:'tenant', 'health.changed', E' {"b": 1,  "a": "\\u00e9", "b": 2.50}\n', '0190a6f0-0000-7000-8000-000000000001', '{"arr": 5}') AS event \gset
SELECT is(data::text, E' {"b": 1,  "a": "\\u00e9", "b": 2.50}\n', 'data is kept byte for byte') FROM lealup.event WHERE tenant_id = :'tenant';
SELECT results_eq($$SELECT event_type, customer_id, context, retention_class FROM lealup.event WHERE tenant_id = current_setting('test.tenant')::uuid$$,
    $$VALUES ('health.changed', '0190a6f0-0000-7000-8000-000000000001'::uuid, '{"arr": 5}'::jsonb, 30::smallint)$$, 'what else was said');
SELECT ok(abs(extract(epoch FROM created_at - lealup.uuid7_time(id))) < 1, 'the id has the time of the event') FROM lealup.event WHERE tenant_id = :'tenant';
SELECT ok(created_at > now(), 'the time is the clock''s, not the transaction''s') FROM lealup.event WHERE tenant_id = :'tenant';
SELECT results_eq($$SELECT id, event_type, retention_class, created_at FROM lealup.outbox WHERE tenant_id = current_setting('test.tenant')::uuid$$,
    $$SELECT id, event_type, retention_class, created_at FROM lealup.event WHERE tenant_id = current_setting('test.tenant')::uuid$$, 'it waits in the outbox');
SELECT is((SELECT id FROM lealup.event WHERE tenant_id = :'tenant'), :'event', 'its id was given');
SELECT lealup.emit(:'scale', 'health.changed', '{}') IS NOT NULL;
SELECT is((SELECT retention_class FROM lealup.event WHERE tenant_id = :'scale'), 90::smallint, 'the plan decides the retention class');
SELECT is((SELECT context FROM lealup.event WHERE tenant_id = :'scale'), NULL, 'an empty context is not stored');

-- Transactions.
CREATE FUNCTION pg_temp.count_events() RETURNS bigint LANGUAGE sql AS $$
    SELECT count(*) FROM lealup.event e JOIN lealup.outbox o USING (tenant_id, id) WHERE e.tenant_id = current_setting('test.tenant')::uuid
$$;
SAVEPOINT before;
SELECT count(lealup.emit(:'tenant', 'health.changed', '{}')) FROM generate_series(1, 10);
SELECT is(pg_temp.count_events(), 11::bigint, 'a statement may emit many');
ROLLBACK TO before;
SELECT is(pg_temp.count_events(), 1::bigint, 'what is rolled back leaves neither event nor outbox row');
CREATE FUNCTION pg_temp.emit_and_fail() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lealup.emit(current_setting('test.tenant')::uuid, 'health.changed', '{"lost": true}');
    PERFORM 1 / 0;
EXCEPTION WHEN division_by_zero THEN
    PERFORM lealup.emit(current_setting('test.tenant')::uuid, 'health.changed', '{"kept": true}');
    RETURN 'handled';
END $$;
SELECT is(pg_temp.emit_and_fail(), 'handled', 'a block with an exception handler');
SELECT results_eq($$SELECT data::text FROM lealup.event WHERE tenant_id = current_setting('test.tenant')::uuid AND data::text LIKE '%true%'$$,
    ARRAY['{"kept": true}'], 'keeps what the handler emits, not what the block did');
-- What emit() knows of tenants and types ends with the subtransaction in which it learnt it.
SAVEPOINT before;
SELECT lealup.create_tenant('short-lived') AS gone \gset
SELECT lealup.emit(:'gone', 'health.changed', '{}') IS NOT NULL;
ROLLBACK TO before;
SELECT throws_ok(format('SELECT lealup.emit(%L, ''health.changed'', ''{}'')', :'gone'), 'P0002', NULL, 'a tenant that was rolled back is unknown');
SAVEPOINT before;
SELECT lealup.register_event_type(:'tenant', 'acme.gone', 'Gone.');
SELECT lealup.emit(:'tenant', 'acme.gone', '{}') IS NOT NULL;
ROLLBACK TO before;
SELECT throws_ok(format('SELECT lealup.emit(%L, ''acme.gone'', ''{}'')', :'tenant'), '22023', NULL, 'and so is a type');

-- Idempotency keys.
SELECT lealup.emit(:'tenant', 'task.created', '{"first": 1}', idempotency_key => 'k') AS first \gset
SELECT is(lealup.emit(:'tenant', 'task.created', '{"second": 2}', idempotency_key => 'k'), :'first', 'a second event with a key is the first one');
SELECT is(count(*), 1::bigint, 'it is not stored') FROM lealup.event WHERE tenant_id = :'tenant' AND event_type = 'task.created';
SELECT is(count(*), 1::bigint, 'nor queued') FROM lealup.outbox WHERE tenant_id = :'tenant' AND event_type = 'task.created';
SELECT isnt(lealup.emit(:'tenant', 'task.created', '{}', idempotency_key => 'K'), :'first', 'another key is another event');
SELECT isnt(lealup.emit(:'scale', 'task.created', '{}', idempotency_key => 'k'), :'first', 'another tenant''s key is its own');
SELECT isnt(lealup.emit(:'tenant', 'task.created', '{}'), lealup.emit(:'tenant', 'task.created', '{}'), 'without a key each event is one');
SAVEPOINT before;
SELECT lealup.emit(:'tenant', 'task.overdue', '{}', idempotency_key => 'free') AS gone \gset
ROLLBACK TO before;
SELECT isnt(lealup.emit(:'tenant', 'task.overdue', '{}', idempotency_key => 'free'), :'gone', 'a rolled-back key is free');
SELECT is(count(*), 1::bigint, 'and its event is stored') FROM lealup.event WHERE tenant_id = :'tenant' AND event_type = 'task.overdue';
SELECT is((SELECT count(DISTINCT e) FROM (SELECT lealup.emit(:'tenant', 'task.completed', '{}', idempotency_key => 'n' || n % 10) AS e FROM generate_series(1, 100) n) x),
    10::bigint, 'a hundred events with ten keys are ten');

-- Whatever was accepted goes out as it is.
SELECT is_empty($$
    SELECT e.id FROM lealup.event e WHERE e.tenant_id = current_setting('test.tenant')::uuid
      AND right(lealup._request_body(e.event_type, e.id, e.created_at, e.tenant_id, e.data::text), length(e.data::text) + 8)
          <> '"data":' || e.data::text || '}'$$,
    'a request''s body holds the data as it was emitted');
SELECT is(lealup._request_body('health.drop_sharp', '0190a6f0-0000-7000-8000-000000000001', '2026-04-15 14:30:00.123456+00',
        '0190a6f0-0000-7000-8000-000000000002', '{"x": 1}'),
    '{"event":"health.drop_sharp","delivery_id":"0190a6f0-0000-7000-8000-000000000001","created_at":"2026-04-15T14:30:00.123456Z",'
    || '"tenant_id":"0190a6f0-0000-7000-8000-000000000002","data":{"x": 1}}', 'the document''s envelope');

SELECT * FROM finish();
ROLLBACK;
