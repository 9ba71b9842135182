-- Tasks: created, completed, reopened, overdue; and the clock that runs what time causes.
BEGIN;
SELECT plan(62);

SELECT lealup.create_tenant('task') AS tenant \gset
SELECT set_config('test.tenant', :'tenant', true);
INSERT INTO lealup.member (tenant_id, email) VALUES (:'tenant', 'ana@example.com') RETURNING id AS ana \gset
INSERT INTO lealup.customer (tenant_id, name, owner_id, arr) VALUES (:'tenant', 'Acme', :'ana', 100) RETURNING id AS acme \gset

-- The events since the last call: "task.created Call" ...
CREATE FUNCTION pg_temp.events() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    SELECT string_agg(event_type || ' ' || (data ->> 'title'), ', ' ORDER BY event_type COLLATE "C", data ->> 'title') INTO result
    FROM lealup.event WHERE tenant_id = current_setting('test.tenant')::uuid AND event_type LIKE 'task.%';
    DELETE FROM lealup.event WHERE tenant_id = current_setting('test.tenant')::uuid;
    RETURN coalesce(result, 'none');
END $$;
CREATE FUNCTION pg_temp.data(type text) RETURNS jsonb LANGUAGE sql AS $$
    SELECT data::jsonb FROM lealup.event WHERE tenant_id = current_setting('test.tenant')::uuid AND event_type = type
$$;
CREATE FUNCTION pg_temp.state(task uuid) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', status, CASE WHEN completed_at IS NOT NULL THEN 'completed_at' END, CASE WHEN overdue_at IS NOT NULL THEN 'overdue_at' END)
    FROM lealup.task t WHERE t.tenant_id = current_setting('test.tenant')::uuid AND t.id = $1
$$;

-- ----- Created -----
INSERT INTO lealup.task (tenant_id, customer_id, assignee_id, title, priority, due_at)
VALUES (:'tenant', :'acme', :'ana', 'Call', 'high', '2026-04-14T09:00:00Z') RETURNING id AS call \gset
SELECT is(pg_temp.data('task.created') #- '{due_at}', jsonb_build_object('customer_id', :'acme', 'customer_name', 'Acme', 'task_id', :'call', 'title', 'Call', 'assignee_id', :'ana',
    'priority', 'high', 'source', 'manual', 'completed_at', NULL, 'owner_id', :'ana', 'owner_email', 'ana@example.com'), 'what task.created tells');
SELECT is((pg_temp.data('task.created') ->> 'due_at')::timestamptz, '2026-04-14T09:00:00Z', 'with the due date');
SELECT is((SELECT context ->> 'arr' FROM lealup.event WHERE tenant_id = :'tenant' AND event_type = 'task.created'), '100.00', 'and what it is filtered by');
SELECT is(pg_temp.events(), 'task.created Call', 'once');
INSERT INTO lealup.task (tenant_id, title, source) VALUES (:'tenant', 'Tidy', 'playbook') RETURNING id AS tidy \gset
SELECT is(pg_temp.data('task.created'), jsonb_build_object('task_id', :'tidy', 'title', 'Tidy', 'assignee_id', NULL, 'priority', 'normal', 'due_at', NULL, 'source', 'playbook',
    'completed_at', NULL), 'one without a customer tells of none');
SELECT is_empty(format('SELECT r FROM lealup.event_type t, jsonb_array_elements_text(t.schema -> ''required'') r WHERE t.name LIKE ''task.%%'' AND NOT pg_temp.data(''task.created'') ? r'),
    'and fits the schema');
SELECT pg_temp.events() IS NOT NULL;
INSERT INTO lealup.task (tenant_id, title, status) VALUES (:'tenant', 'Past', 'completed') RETURNING id AS past \gset
SELECT is(pg_temp.state(:'past'), 'completed completed_at', 'one that is entered as completed');
SELECT is(pg_temp.events(), 'task.completed Past, task.created Past', 'is created and completed');

-- ----- Completed, reopened -----
SELECT lealup.complete_task(:'tenant', :'call');
SELECT is(pg_temp.state(:'call'), 'completed completed_at', 'a completed task');
SELECT is((pg_temp.data('task.completed') ->> 'completed_at')::timestamptz, now(), 'tells since when');
SELECT is(pg_temp.events(), 'task.completed Call', 'once');
SELECT lealup.complete_task(:'tenant', :'call');
UPDATE lealup.task SET status = 'completed', title = title WHERE id = :'call';
UPDATE lealup.task SET description = 'Done by phone' WHERE id = :'call';
SELECT is(pg_temp.events(), 'none', 'and not again');
SELECT is((SELECT count(*) FROM lealup.audit WHERE tenant_id = :'tenant' AND action = 'task.complete' AND object_id = :'call'), 1::bigint, 'what is done is audited, no more');
SELECT lealup.reopen_task(:'tenant', :'call');
SELECT is(pg_temp.state(:'call'), 'open', 'a reopened one is open');
SELECT is(pg_temp.events(), 'none', 'of which there is no event');
SELECT lealup.reopen_task(:'tenant', :'call');
SELECT is((SELECT count(*) FROM lealup.audit WHERE tenant_id = :'tenant' AND action = 'task.reopen'), 1::bigint, 'it is audited once');
UPDATE lealup.task SET status = 'completed' WHERE id = :'call';
SELECT is(pg_temp.state(:'call') || ': ' || pg_temp.events(), 'completed completed_at: task.completed Call', 'a plain update completes it again');
UPDATE lealup.task SET status = 'in_progress' WHERE id = :'call';
SELECT is(pg_temp.state(:'call'), 'in_progress', 'and reopens it');
SELECT throws_ok(format('SELECT lealup.complete_task(%L, %L)', :'tenant', lealup.uuid7()), 'P0002', NULL, 'there must be one');
SELECT throws_ok(format('SELECT lealup.reopen_task(%L, NULL)', :'tenant'), 'P0002', NULL, 'null is none');
SELECT lealup.create_tenant('other') AS other \gset
SELECT throws_ok(format('SELECT lealup.complete_task(%L, %L)', :'other', :'call'), 'P0002', NULL, 'another tenant''s is none');

-- ----- Overdue -----
SELECT is(lealup._tasks_due('2026-04-14T09:00:00Z', 1000), 0::bigint, 'at its due date a task is not overdue');
SELECT is(lealup._tasks_due('2026-04-14T09:00:00.000001Z', 1000), 1::bigint, 'a moment later it is');
SELECT is((pg_temp.data('task.overdue') ->> 'due_at')::timestamptz, '2026-04-14T09:00:00Z', 'which tells the date');
SELECT is(pg_temp.state(:'call') || ': ' || pg_temp.events(), 'in_progress overdue_at: task.overdue Call', 'and is noted');
SELECT is(lealup._tasks_due('2026-04-15T09:00:00Z', 1000), 0::bigint, 'once per due date');
UPDATE lealup.task SET priority = 'urgent', status = 'open' WHERE id = :'call';
SELECT is(lealup._tasks_due('2026-04-15T09:00:00Z', 1000), 0::bigint, 'whatever else changes');
UPDATE lealup.task SET due_at = '2026-04-16T09:00:00Z' WHERE id = :'call';
SELECT is(pg_temp.state(:'call'), 'open', 'another due date is another chance');
SELECT is(lealup._tasks_due('2026-04-16T08:00:00Z', 1000) || ' ' || lealup._tasks_due('2026-04-17T09:00:00Z', 1000), '0 1', 'to miss it');
UPDATE lealup.task SET due_at = NULL WHERE id = :'call';
SELECT is(lealup._tasks_due('2027-01-01T00:00:00Z', 1000), 0::bigint, 'without one it cannot');
UPDATE lealup.task SET due_at = '2026-04-16T09:00:00Z' WHERE id = :'call';
SELECT lealup.complete_task(:'tenant', :'call');
SELECT is(lealup._tasks_due('2027-01-01T00:00:00Z', 1000), 0::bigint, 'nor when it is completed');
SELECT lealup.reopen_task(:'tenant', :'call');
SELECT is(lealup._tasks_due('2027-01-01T00:00:00Z', 1000), 1::bigint, 'but when it is reopened');
SELECT lealup.complete_task(:'tenant', :'call');
SELECT lealup.reopen_task(:'tenant', :'call');
SELECT is(lealup._tasks_due('2027-01-01T00:00:00Z', 1000), 1::bigint, 'and reopened again');
UPDATE lealup.task SET status = 'cancelled' WHERE id = :'call';
UPDATE lealup.task SET due_at = '2026-05-01T09:00:00Z' WHERE id = :'call';
SELECT is(lealup._tasks_due('2027-01-01T00:00:00Z', 1000), 0::bigint, 'a cancelled one is not to be done');
UPDATE lealup.task SET status = 'open' WHERE id = :'call';
UPDATE lealup.tenant SET home = 'elsewhere' WHERE tenant_id = :'tenant';
SELECT is(lealup._tasks_due('2027-01-01T00:00:00Z', 1000), 0::bigint, 'a tenant whose home is elsewhere is not served here');
UPDATE lealup.tenant SET home = lealup.home() WHERE tenant_id = :'tenant';
SET LOCAL lealup.suppress_events = on;
SELECT is(lealup._tasks_due('2027-01-01T00:00:00Z', 1000), 0::bigint, 'nor while events are suppressed');
SET LOCAL lealup.suppress_events = off;
SELECT pg_temp.events() IS NOT NULL;

-- ----- Many at once -----
INSERT INTO lealup.task (tenant_id, customer_id, title, due_at) SELECT :'tenant', :'acme', 'bulk ' || i, '2026-01-01' FROM generate_series(1, 20000) i;
SELECT is((SELECT count(*) FROM lealup.event WHERE tenant_id = :'tenant' AND event_type = 'task.created'), 20000::bigint, 'each of many is created');
-- The statement was planned for one row above; by nested loops this would take minutes.
SET LOCAL statement_timeout = '60s';
UPDATE lealup.task SET status = 'completed' WHERE tenant_id = :'tenant' AND title LIKE 'bulk%';
SET LOCAL statement_timeout = 0;
SELECT is((SELECT count(*) FROM lealup.event WHERE tenant_id = :'tenant' AND event_type = 'task.completed'), 20000::bigint, 'each of many is completed');
SELECT is((SELECT count(*) FROM lealup.task WHERE tenant_id = :'tenant' AND completed_at IS NULL AND title LIKE 'bulk%'), 0::bigint, 'with its time');
SELECT pg_temp.events() IS NOT NULL;

-- ----- The clock -----
UPDATE lealup.task SET status = 'open' WHERE tenant_id = :'tenant' AND title LIKE 'bulk%' AND substr(title, 6)::int <= 1500;
SELECT is(lealup._clock('2027-01-01T00:00:30Z'), '2027-01-01T00:00:30Z', 'after a full batch the clock wants to be called at once');
SELECT is((SELECT count(*) FROM lealup.event WHERE tenant_id = :'tenant' AND event_type = 'task.overdue'), 1000::bigint, 'a batch is bounded');
SELECT is(lealup._clock('2027-01-01T00:00:30Z'), '2027-01-01T01:00:30Z', 'then, as nothing is to come, in an hour');
SELECT is((SELECT count(*) FROM lealup.event WHERE tenant_id = :'tenant' AND event_type = 'task.overdue'), 1501::bigint, 'the rest was done');
-- The next due date is when to be called; what is due in quick succession is done together.
SELECT is(lealup._tasks_next(), NULL, 'nothing is to come');
INSERT INTO lealup.task (tenant_id, title, due_at) VALUES (:'tenant', 'Soon', now() + interval '2 seconds'), (:'tenant', 'Later', now() + interval '3 seconds');
SELECT is(lealup._tasks_next(), now() + interval '2.000001 seconds', 'the earliest due date comes first');
SELECT is(lealup._clock(now()), now() + interval '2.000001 seconds', 'then the clock wants to be called');
SELECT is(lealup._clock(now() + interval '1.9 seconds'), now() + interval '2.9 seconds', 'but not at once');
SELECT is(lealup._clock(now() + interval '2.9 seconds'), now() + interval '3.9 seconds', 'and again for the other one');
SELECT is(lealup._tasks_next(), now() + interval '3.000001 seconds', 'what was done is not to come');
UPDATE lealup.tenant SET home = 'elsewhere' WHERE tenant_id = :'tenant';
SELECT is(lealup._tasks_next(), NULL, 'nor is what another database serves');
UPDATE lealup.tenant SET home = lealup.home() WHERE tenant_id = :'tenant';
SELECT is(lealup._clock(now() + interval '3.1 seconds'), now() + interval '1 hour 3.1 seconds', 'nothing is left');
-- Dates at the end of time hinder nothing.
INSERT INTO lealup.task (tenant_id, title, due_at) VALUES (:'tenant', 'Never', 'infinity'), (:'tenant', 'Hardly', '294276-12-31 23:59:59.999999Z'), (:'tenant', 'Always', '-infinity');
SELECT is(lealup._tasks_next(), '-infinity', 'what was always due comes first');
SELECT pg_temp.events() IS NOT NULL;
SELECT is(lealup._clock(now()) || ' ' || pg_temp.events(), now() + interval '1 hour' || ' task.overdue Always', 'nothing else becomes due');
SAVEPOINT before;
SET LOCAL lealup.suppress_events = on;
UPDATE lealup.task SET due_at = '2026-01-01' WHERE id = :'call';
SELECT is(lealup._clock(now()), now() + interval '1 minute', 'what was due and could not be done is tried a minute later');
ROLLBACK TO before;
-- A kind that fails neither stops the others nor loses its work.
SELECT pg_temp.events() IS NOT NULL;
UPDATE lealup.task SET due_at = '2026-02-01' WHERE id = :'call';
SAVEPOINT before;
CREATE OR REPLACE FUNCTION lealup._renewals_due(now timestamptz, max_rows int) RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'broken'; END $$;
SET LOCAL client_min_messages = error;
SELECT is(lealup._clock('2027-01-01T00:01:00Z'), '2027-01-01T00:02:00Z', 'a kind that fails is tried again a minute later');
SELECT is(lealup._tasks_next(), NULL, 'however long the others have nothing to do');
SELECT is(pg_temp.events(), 'task.overdue Call', 'and the next kind is done');
ROLLBACK TO before;

-- Without workers.
INSERT INTO lealup.task (tenant_id, title, due_at) SELECT :'tenant', 'late', now() - interval '1 day' FROM generate_series(1, 2100) i;
CREATE TEMP TABLE report AS SELECT * FROM lealup.maintenance();
SELECT results_eq('SELECT kind, done FROM report WHERE kind IN (''renewals'', ''tasks'') ORDER BY kind', 'VALUES (''renewals'', 0::bigint), (''tasks'', 2101)', 'maintenance() does all that is due');
SELECT ok((SELECT done > 0 AND problem IS NULL FROM report WHERE kind = 'upkeep'), 'and the upkeep');
SELECT is((SELECT sum(done) FROM lealup.maintenance()), 0::numeric, 'then nothing is left');
CREATE ROLE regress_lealup_clock;
SELECT lealup.grant_access('regress_lealup_clock', 'app', :'tenant');
SET LOCAL ROLE regress_lealup_clock;
SELECT throws_ok('SELECT lealup.maintenance()', '42501', NULL, 'it is for administrators');
SELECT lives_ok(format('SELECT lealup.complete_task(%L, %L)', :'tenant', :'call'), 'tasks are for everybody');
RESET ROLE;

SELECT * FROM finish();
ROLLBACK;
