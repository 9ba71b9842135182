-- Upkeep over four months, with a clock that the test moves.
BEGIN;
SELECT plan(48);
-- Autovacuum, which may be at what other tests left, would keep upkeep from its locks.
LOCK TABLE lealup.event, lealup.delivery_attempt, lealup.audit, lealup.sync_run IN SHARE UPDATE EXCLUSIVE MODE;

SELECT lealup.create_tenant('upkeep') AS tenant \gset
SELECT set_config('test.tenant', :'tenant', true);
SELECT lealup.create_subscription(:'tenant', 'https://receiver.example/', '{*}') AS s \gset
SELECT set_config('test.subscription', :'s', true);

-- Calls upkeep until it finds nothing more; a limit, so that the test ends if it always finds something.
CREATE FUNCTION pg_temp.upkeep(at timestamptz) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1..2000 LOOP
        IF NOT lealup._upkeep(at) THEN
            RETURN 'done';
        END IF;
    END LOOP;
    RETURN 'endless';
END $$;
CREATE FUNCTION pg_temp.leaves(branch text) RETURNS TABLE (day int) LANGUAGE sql AS $$
    -- Days from today, UTC.
    SELECT to_date(right(c.relname, 8), 'YYYYMMDD') - (now() AT TIME ZONE 'UTC')::date
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = ('lealup.' || branch)::regclass AND c.relname ~ '_p\d{8}$' ORDER BY 1
$$;
-- An event of the past with its attempt and audit row, and a run, days before now.
CREATE FUNCTION pg_temp.past(days int, class smallint) RETURNS void LANGUAGE sql AS $$
    WITH e AS (
        INSERT INTO lealup.event (tenant_id, id, retention_class, event_type, created_at, data)
        SELECT current_setting('test.tenant')::uuid, overlay(lealup.uuid7()::text PLACING left(lealup.uuid7_floor(now() - days * interval '1 day')::text, 13) FROM 1)::uuid, class,
            'task.created', now() - days * interval '1 day', json_build_object('days', days)
        RETURNING *
    ), a AS (
        INSERT INTO lealup.delivery_attempt (tenant_id, id, retention_class, attempt_no, final, status, trigger, delivery_id, subscription_id, event_id, started_at)
        SELECT tenant_id, lealup._attempt_id(lealup.delivery_id(id, current_setting('test.subscription')::uuid), 1), class, 1, true, 'failed', 'event',
            lealup.delivery_id(id, current_setting('test.subscription')::uuid), current_setting('test.subscription')::uuid, id, created_at FROM e
    ), s AS (
        INSERT INTO lealup.sync_run (tenant_id, id, retention_class, connection_id, stream, mode, result, started_at, ended_at, seen, created, updated, same, deleted, failed, skipped, calls, waited_ms)
        SELECT tenant_id, id, class, lealup.uuid7(), 'x', 'incremental', 'ok', created_at, created_at, 0, 0, 0, 0, 0, 0, 0, 0, 0 FROM e
    )
    INSERT INTO lealup.audit (tenant_id, id, retention_class, created_at, actor, action, object_type)
    SELECT tenant_id, id, class, created_at, 'x', 'test.past', 'event' FROM e
$$;
CREATE FUNCTION pg_temp.days(class smallint) RETURNS int[] LANGUAGE sql AS $$
    SELECT array_agg((data ->> 'days')::int ORDER BY (data ->> 'days')::int) FROM lealup.event
    WHERE tenant_id = current_setting('test.tenant')::uuid AND retention_class = class AND event_type = 'task.created'
$$;

-- Ahead.
SELECT is(pg_temp.upkeep(now()), 'done', 'upkeep comes to an end');
SELECT results_eq('SELECT pg_temp.leaves(''event_30'')', 'SELECT generate_series(1, 3)', 'leaves for the next three days, none for today');
SELECT results_eq('SELECT pg_temp.leaves(''delivery_attempt_30'')', 'SELECT generate_series(1, 3)', 'of the attempts, too');
SELECT results_eq('SELECT pg_temp.leaves(''audit_30'')', 'SELECT generate_series(1, 3)', 'of the audit trail');
SELECT results_eq('SELECT pg_temp.leaves(''sync_run_30'')', 'SELECT generate_series(1, 3)', 'and of the runs of syncs');
SELECT is_empty('SELECT pg_temp.leaves(''event_90'')', 'none for a plan that no tenant has');
SELECT lealup.create_tenant('scale', 'scale') AS scale \gset
SELECT is(pg_temp.upkeep(now()), 'done', 'with a tenant on plan scale');
SELECT results_eq('SELECT pg_temp.leaves(''event_90'')', 'SELECT generate_series(1, 3)', 'its leaves are made as well');
SELECT is_empty($$SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'lealup'::regnamespace AND c.relname ~ '_p\d{8}$' AND c.relkind = 'r'
    AND EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')$$, 'leaves are no members of the extension');
SELECT is_empty($$SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'lealup'::regnamespace AND c.relname ~ '_p\d{8}$' AND c.relkind = 'r'
    AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)$$, 'each has its primary key');
SELECT is_empty($$SELECT c.relname FROM pg_class c WHERE c.relname ~ '^delivery_attempt_\d\d_p\d{8}$'
    AND (SELECT count(*) FROM pg_index i WHERE i.indrelid = c.oid) <> 2$$, 'and those of attempts the index by subscription');
SELECT is_empty($$SELECT c.relname FROM pg_class c WHERE c.relname ~ '^sync_run_\d\d_p\d{8}$'
    AND (SELECT count(*) FROM pg_index i WHERE i.indrelid = c.oid) <> 2$$, 'those of runs that by stream');
SELECT is_empty($$SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'lealup'::regnamespace AND c.relname ~ '_p\d{8}$' AND c.relkind = 'r' AND c.relacl IS NOT NULL
    AND EXISTS (SELECT FROM aclexplode(c.relacl) a WHERE a.grantee <> c.relowner)$$, 'none has grants');

-- The past: what DEFAULT holds of earlier days gets leaves of its own, and keeps what is of today.
SELECT lealup.emit(:'tenant', 'task.overdue', '{}') AS today \gset
SELECT pg_temp.past(d, 30::smallint) FROM unnest(ARRAY[1, 2, 5, 29, 29]) d;
SELECT pg_temp.past(d, 90::smallint) FROM unnest(ARRAY[1, 45, 80]) d;
SELECT is((SELECT count(*) FROM ONLY lealup.event_30_default), 6::bigint, 'DEFAULT takes what has no leaf');
SELECT is(pg_temp.upkeep(date_trunc('day', now(), 'UTC') + interval '2 hours'), 'done', 'upkeep with a past');
SELECT is((SELECT array_agg(id) FROM lealup.event_30_default), ARRAY[:'today']::uuid[], 'DEFAULT keeps what is of today');
SELECT results_eq('SELECT pg_temp.leaves(''event_30'')', 'VALUES (-29), (-5), (-2), (-1), (1), (2), (3)', 'each earlier day got its leaf');
SELECT results_eq('SELECT pg_temp.leaves(''delivery_attempt_90'')', 'VALUES (-80), (-45), (-1), (1), (2), (3)', 'in each log and class');
SELECT is(pg_temp.days(30::smallint), '{1,2,5,29,29}', 'nothing is lost');
SELECT is(pg_temp.days(90::smallint), '{1,45,80}', 'in neither class');
SELECT is((SELECT count(*) FROM lealup.delivery_attempt WHERE tenant_id = :'tenant'), 8::bigint, 'attempts neither');
SELECT is((SELECT count(*) FROM lealup.audit WHERE tenant_id = :'tenant' AND action = 'test.past'), 8::bigint, 'nor audit rows');
SELECT is((SELECT count(*) FROM lealup.sync_run WHERE tenant_id = :'tenant'), 8::bigint, 'nor runs');

-- Time passes: a day's rows go when the last of them is older than the plan's retention.
SELECT set_config('test.start', date_trunc('day', now(), 'UTC')::text, true);
CREATE FUNCTION pg_temp.day(n numeric) RETURNS timestamptz LANGUAGE sql AS $$
    SELECT current_setting('test.start')::timestamptz + n * interval '1 day'
$$;
SELECT is(current_setting('lealup.log_retention') || ' ' || current_setting('lealup.log_retention_scale'), '30 90', 'the settings are as the document says');
SELECT is(pg_temp.upkeep(pg_temp.day(1.99)), 'done', 'two days later');
SELECT is(pg_temp.days(30::smallint), '{1,2,5,29,29}', 'a row of 29 days ago is kept for 30 whole days, and the rest of its leaf''s day');
SELECT is(pg_temp.upkeep(pg_temp.day(2.01)), 'done', 'a moment later');
SELECT is(pg_temp.days(30::smallint), '{1,2,5}', 'it goes with its leaf');
SELECT is(pg_temp.days(90::smallint), '{1,45,80}', 'the other plan''s stays');

-- Held deliveries end before their event's leaf goes; idempotency keys go with their events.
SELECT lealup.pause_subscription(:'tenant', :'s');
SELECT lealup.emit(:'tenant', 'task.created', '{"days": 0}', idempotency_key => 'k') AS held \gset
SELECT count(*) FROM lealup._fan_out(1000, now());
SELECT is(pg_temp.upkeep(pg_temp.day(28.9)), 'done', 'a held delivery of today, 28 days later');
SELECT is((SELECT status FROM lealup.delivery WHERE event_id = :'held'), 'pending', 'is still held');
SELECT is((SELECT count(*) FROM lealup.event_key WHERE tenant_id = :'tenant'), 1::bigint, 'and so is its event''s key');
SELECT is(pg_temp.upkeep(pg_temp.day(30.5)), 'done', 'a day before its leaf goes');
SELECT matches((SELECT status || ': ' || error FROM lealup.delivery WHERE event_id = :'held'), '^failed: expired', 'it has ended as failed');
SELECT is(pg_temp.upkeep(pg_temp.day(32)), 'done', 'when its time is over');
SELECT is_empty(format('SELECT 1 FROM lealup.event WHERE tenant_id = %1$L AND retention_class = 30 UNION ALL SELECT 1 FROM lealup.delivery_attempt WHERE tenant_id = %1$L AND retention_class = 30
    UNION ALL SELECT 1 FROM lealup.sync_run WHERE tenant_id = %1$L AND retention_class = 30 UNION ALL SELECT 1 FROM lealup.event_key WHERE tenant_id = %1$L', :'tenant'), 'event, attempts, runs and key are gone');
SELECT is(pg_temp.days(90::smallint), '{1,45}', 'plan scale keeps its own');
SELECT is(pg_temp.upkeep(pg_temp.day(89.99)), 'done', 'ninety days later');
SELECT is(pg_temp.days(90::smallint), '{1}', 'its last day is there');
SELECT is(pg_temp.upkeep(pg_temp.day(90.01)), 'done', 'a moment later');
SELECT is(pg_temp.days(90::smallint), NULL, 'it is gone');

-- Of syncs, what is settled or gone at the source is forgotten with the logs; what is not stays.
SELECT is(pg_temp.upkeep(now()), 'done', 'with connections');
CREATE TEMP TABLE made AS SELECT t.tenant_id, lealup.uuid7() AS connection FROM (VALUES (:'tenant'::uuid), (:'scale'::uuid), (lealup.create_tenant('elsewhere'))) t(tenant_id);
UPDATE lealup.tenant SET home = 'elsewhere' WHERE name = 'elsewhere';
INSERT INTO lealup.connection (tenant_id, id, provider, kind) SELECT tenant_id, connection, 'x', 'workspace' FROM made;
INSERT INTO lealup.connection_stream (tenant_id, connection_id, stream, next_run_at) SELECT tenant_id, connection, 'x', 'infinity' FROM made;
INSERT INTO lealup.record_error (tenant_id, connection_id, stream, external_id, state, class, reason, created_at, updated_at)
SELECT tenant_id, connection, 'x', state || age, state, 'invalid', 'x', now(), now() - age * interval '1 day' FROM made, unnest(ARRAY['resolved', 'open', 'retry']) state, unnest(ARRAY[29, 31, 91]) age;
INSERT INTO lealup.sync_record (tenant_id, connection_id, stream, id, generation, deleted_at, updated_at)
SELECT tenant_id, connection, 'x', 'gone' || age, 1, now() - age * interval '1 day', now() FROM made, unnest(ARRAY[29, 31, 91]) age UNION ALL SELECT tenant_id, connection, 'x', 'there', 1, NULL, now() - interval '400 days' FROM made;
SELECT is(lealup._forget_synced(now(), 2) , 4::bigint, 'as many as are wanted at a time');
SELECT is(pg_temp.upkeep(now()), 'done', 'and at last all');
CREATE FUNCTION pg_temp.kept(tenant uuid) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', (SELECT string_agg(e.external_id, ' ' ORDER BY e.external_id) FROM lealup.record_error e WHERE e.tenant_id = tenant), (SELECT string_agg(r.id, ' ' ORDER BY r.id) FROM lealup.sync_record r WHERE r.tenant_id = tenant))
$$;
SELECT is(pg_temp.kept(:'tenant'), 'open29 open31 open91 resolved29 retry29 retry31 retry91 gone29 there', 'what was settled, or deleted, longer ago than the logs are kept is forgotten');
SELECT is(pg_temp.kept(:'scale'), 'open29 open31 open91 resolved29 resolved31 retry29 retry31 retry91 gone29 gone31 there', 'by the plan');
SELECT is(pg_temp.kept(m.tenant_id), 'open29 open31 open91 resolved29 resolved31 resolved91 retry29 retry31 retry91 gone29 gone31 gone91 there', 'what is at home elsewhere is left alone')
FROM made m JOIN lealup.tenant t ON t.tenant_id = m.tenant_id AND t.name = 'elsewhere';
SELECT set_eq($$SELECT DISTINCT regexp_replace(c.relname, '_(30|90)$', '') FROM pg_class c WHERE c.relnamespace = 'lealup'::regnamespace AND c.relkind = 'p'$$, 'SELECT unnest(lealup._logs())', 'every table with leaves is one of the logs');

SELECT * FROM finish();
ROLLBACK;
