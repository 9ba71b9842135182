-- Playbooks: what they may say, what triggers them, what their runs do, once, and what keeps them from running.
BEGIN;
SELECT plan(150);

SELECT lealup.create_tenant('playbooks') AS tenant, lealup.create_tenant('other') AS other \gset
SELECT set_config('test.tenant', :'tenant', true), set_config('test.other', :'other', true);
SELECT lealup.register_event_type(t, 'acme.handover', 'Handed over.', NULL, '{"region": {"type": "string"}}') FROM unnest(ARRAY[:'tenant', :'other']::uuid[]) t;
INSERT INTO lealup.member (tenant_id, email, name) VALUES (:'tenant', 'ana@example.com', 'Ana') RETURNING id AS ana \gset
INSERT INTO lealup.member (tenant_id, email, role) VALUES (:'tenant', 'dirk@example.com', 'director') RETURNING id AS dirk \gset
INSERT INTO lealup.member (tenant_id, email, active) VALUES (:'tenant', 'gone@example.com', false) RETURNING id AS gone \gset

CREATE TEMP TABLE made (name text PRIMARY KEY, id uuid);
CREATE FUNCTION pg_temp.customer(name text, owner uuid DEFAULT NULL) RETURNS uuid LANGUAGE sql AS $$
    INSERT INTO lealup.customer (tenant_id, name, owner_id) VALUES (current_setting('test.tenant')::uuid, name, owner) RETURNING id
$$;
CREATE FUNCTION pg_temp.playbook(name text, events text[], steps jsonb DEFAULT '[{"type": "note", "title": "n"}]', filters jsonb DEFAULT '{}',
        cooldown interval DEFAULT '0', enabled boolean DEFAULT true) RETURNS void LANGUAGE sql AS $$
    INSERT INTO made VALUES (name, lealup.create_playbook(current_setting('test.tenant')::uuid, name, events, steps, filters, cooldown, enabled))
$$;
CREATE FUNCTION pg_temp.id(name text) RETURNS uuid LANGUAGE sql AS $$ SELECT m.id FROM made m WHERE m.name = id.name $$;
CREATE FUNCTION pg_temp.emit(type text, customer uuid DEFAULT NULL, data json DEFAULT '{}', context jsonb DEFAULT '{}') RETURNS uuid LANGUAGE sql AS $$
    SELECT lealup.emit(current_setting('test.tenant')::uuid, type, data, customer, context)
$$;
-- Fans everything out and works off what is due after so long, until nothing is left.
CREATE FUNCTION pg_temp.work(later interval DEFAULT '0') RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    done bigint;
    total bigint := 0;
BEGIN
    LOOP
        PERFORM FROM lealup._fan_out(1000, now());
        done := lealup._playbooks_due(now() + later, 7);
        total := total + done;
        EXIT WHEN done = 0 AND NOT EXISTS (SELECT FROM lealup.outbox);
    END LOOP;
    RETURN total;
END $$;
-- The runs of a playbook for a customer, or for none.
CREATE FUNCTION pg_temp.runs(name text, customer uuid DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(r.status || coalesce(' ' || split_part(r.reason, ':', 1), ''), ', ' ORDER BY r.started_at, r.id), '-')
    FROM lealup.playbook_run r WHERE r.playbook_id = pg_temp.id(name) AND r.customer_id IS NOT DISTINCT FROM customer
$$;
CREATE FUNCTION pg_temp.attempt(sql text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    EXECUTE sql INTO result;
    RETURN coalesce(result, 'null');
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ': ' || SQLERRM;
END $$;

-- ----- What a playbook may say -----

CREATE FUNCTION pg_temp.complaint(steps jsonb, events text[] DEFAULT '{customer.created}', filters jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.attempt(format('SELECT lealup.create_playbook(%L, ''x'', %L, %L, %L) IS NOT NULL', current_setting('test.tenant'), events, steps, filters))
$$;
SELECT is(pg_temp.complaint(steps::jsonb), result, steps) FROM (VALUES
    ('{}', '22023: steps must be a JSON array of 1 to 50 steps'),
    ('[]', '22023: steps must be a JSON array of 1 to 50 steps'),
    ('null', '22023: steps must be a JSON array of 1 to 50 steps'),
    ('[1]', '22023: step 1, field "type": unknown type of step: null'),
    ('[{"title": "x"}]', '22023: step 1, field "type": unknown type of step: null'),
    ('[{"type": "note", "title": "x"}, {"type": "sql", "text": "DROP TABLE x"}]', '22023: step 2, field "type": unknown type of step: ''sql'''),
    ('[{"type": "create_task"}]', '22023: step 1 (create_task), field "title": it is missing'),
    ('[{"type": "create_task", "titel": "x", "title": "x"}]', '22023: step 1 (create_task), field "titel": there is no such field'),
    ('[{"type": "create_task", "title": ""}]', '22023: step 1 (create_task), field "title": it must be a text of 1 to 20000 characters'),
    ('[{"type": "create_task", "title": null}]', '22023: step 1 (create_task), field "title": it must be a text of 1 to 20000 characters'),
    ('[{"type": "create_task", "title": 7}]', '22023: step 1 (create_task), field "title": it must be a text of 1 to 20000 characters'),
    ('[{"type": "create_task", "title": "x", "due": "soon"}]', '22023: step 1 (create_task), field "due": it must be an interval of 0 to 10 years, for example "3 days"'),
    ('[{"type": "create_task", "title": "x", "due": "-1 day"}]', '22023: step 1 (create_task), field "due": it must be an interval of 0 to 10 years, for example "3 days"'),
    ('[{"type": "create_task", "title": "x", "due": "11 years"}]', '22023: step 1 (create_task), field "due": it must be an interval of 0 to 10 years, for example "3 days"'),
    ('[{"type": "create_task", "title": "x", "priority": "hi"}]', '22023: step 1 (create_task), field "priority": it must be low, normal, high or urgent'),
    ('[{"type": "create_task", "title": "x", "assignee": "me"}]', '22023: step 1 (create_task), field "assignee": it must be "owner" (of the customer) or the id of an active member'),
    ('[{"type": "emit", "event": "customer.created"}]', '22023: step 1 (emit), field "event": it must be an event type of your own, added by lealup.register_event_type()'),
    ('[{"type": "emit", "event": "acme.handover", "data": []}]', '22023: step 1 (emit), field "data": it must be a JSON object'),
    ('[{"type": "draft", "channel": "email"}]', '22023: step 1 (draft), field "body": it is missing'),
    ('[{"type": "notify", "text": "x"}]', '22023: step 1 (notify), field "channel": it is missing'),
    ('[{"type": "wait"}]', '22023: step 1 (wait), field "for": it is missing')) v(steps, result);
SELECT is(pg_temp.complaint(format('[{"type": "create_task", "title": "x", "assignee": "%s"}]', :'gone')::jsonb),
    '22023: step 1 (create_task), field "assignee": it must be "owner" (of the customer) or the id of an active member', 'an inactive member gets no tasks');
SELECT is(pg_temp.complaint(jsonb_build_array(jsonb_build_object('type', 'note', 'title', repeat('x', 20001)))),
    '22023: step 1 (note), field "title": it must be a text of 1 to 20000 characters', 'a text has its limit');
SELECT is(pg_temp.complaint((SELECT jsonb_agg(jsonb_build_object('type', 'note', 'title', repeat('x', 20000))) FROM generate_series(1, 10))), '54000: steps are too large', 'so have all steps together');
SELECT is(pg_temp.complaint((SELECT jsonb_agg('{"type": "note", "title": "x"}'::jsonb) FROM generate_series(1, 51))), '22023: steps must be a JSON array of 1 to 50 steps', 'and their number');
SELECT is(pg_temp.complaint('[{"type": "note", "title": "x"}]', '{}'), '22023: events must list 1 to 100 event types', 'a playbook has events');
SELECT is(pg_temp.complaint('[{"type": "note", "title": "x"}]', '{customer.creatd}'), '22023: unknown event type: ''customer.creatd''', 'that exist');
SELECT is(pg_temp.complaint('[{"type": "note", "title": "x"}]', filters => '{"to_status": "churned"}'), '22023: unknown filter "to_status" for event type "customer.created"', 'and filters that these know');
SELECT throws_ok(format($$SELECT lealup.create_playbook(%L, '', '{*}', '[{"type": "note", "title": "x"}]')$$, :'tenant'), '22023', 'name must have 1 to 200 characters');
SELECT throws_ok(format($$SELECT lealup.create_playbook(%L, 'x', '{*}', '[{"type": "note", "title": "x"}]', cooldown => '-1 s')$$, :'tenant'), '22023', 'cooldown must be 0 to 10 years');
SELECT is_empty('SELECT FROM lealup.playbook', 'none of them was made');

-- ----- Templates -----

SELECT is(lealup._fill(template, '{"name": "Acme", "evil": "{{name}}", "data": {"a": {"b": 7}, "n": null, "t": "two\nlines"}}'), result, template) FROM (VALUES
    ('', ''), ('plain {text}', 'plain {text}'), ('{{name}}', 'Acme'), ('a {{ name }}b{{data.a.b}}c', 'a Acmeb7c'), ('{{nobody}}{{data.nothing.at.all}}{{data.n}}.', '.'),
    ('{{data.t}}!', E'two\nlines!'), ('{{evil}}', '{{name}}'), ('{{ {{name}}', '{{ Acme'), ('{{name', '{{name'), ('{{}}', '{{}}'), ('{{a b}}', '{{a b}}'),
    ('{{data.a}}', '{"b": 7}')) v(template, result);
SELECT is(lealup._fill_step('{"type": "emit", "event": "e", "data": {"a": "{{x}}", "b": ["{{x}}"], "c": 1}}', '{"x": "y"}'),
    '{"type": "emit", "event": "e", "data": {"a": "y", "b": ["{{x}}"], "c": 1}}', 'the texts of a step, and those directly in its data');
SELECT is(lealup._fill_step('{"title": "{{x}}", "data": {}}', '{"x": "y"}'), '{"title": "y", "data": {}}', 'data may be empty');
SELECT is(length(lealup._fill(repeat('{{x}}', 4000), jsonb_build_object('x', repeat('y', 100000)))), 100000, 'what is filled in is bounded');

-- ----- From one UPDATE to everything that a playbook can do -----

SELECT is(count(*), 0::bigint, 'without playbooks nothing is queued') FROM (SELECT pg_temp.work()) w, lealup.playbook_job;
SELECT pg_temp.customer('Acme', :'ana') AS acme, pg_temp.customer('Zeta', :'ana') AS zeta, pg_temp.customer('Orphan') AS orphan \gset
INSERT INTO lealup.contact (tenant_id, customer_id, name, email, phone) VALUES
    (:'tenant', :'acme', 'No address', NULL, '+34600123456'), (:'tenant', :'acme', 'Eve', 'eve@acme.example', NULL);
SELECT pg_temp.work();
SELECT pg_temp.playbook('churn', '{customer.status_changed}', format('[
    {"type": "create_task", "title": "Call {{customer_name}}", "description": "It went from {{data.previous_status}} to {{data.current_status}}.", "due": "2 days", "priority": "high"},
    {"type": "create_task", "title": "{{data.nothing}}", "assignee": "%s"},
    {"type": "note", "title": "{{playbook_name}} began", "body": "{{event_type}} {{owner_name}} {{owner_email}}"},
    {"type": "emit", "event": "acme.handover", "data": {"of": "{{customer_id}}", "region": "EU", "n": 1}},
    {"type": "draft", "channel": "email", "subject": "Sorry, {{customer_name}}", "body": "Come back."},
    {"type": "draft", "channel": "whatsapp", "to": "contact", "body": "Come back."},
    {"type": "draft", "channel": "email", "to": "{{owner_email}}", "body": "Done."},
    {"type": "notify", "channel": "#cs", "text": "{{customer_name}} left"}]', :'dirk')::jsonb, '{"to_status": "churned"}');
SELECT is(cooldown, '0'::interval, 'there is no cooldown unless asked for') FROM lealup.playbook WHERE id = pg_temp.id('churn');
UPDATE lealup.customer SET status = 'paused' WHERE id = :'acme';
UPDATE lealup.customer SET status = 'churned' WHERE id = :'acme';
SELECT is((SELECT taken FROM lealup._fan_out(1000, now()) WHERE tenant_id IS NULL), 4::bigint, 'two changes, each with customer.updated');
SELECT results_eq('SELECT playbook_id, due_at, attempt_no::int FROM lealup.playbook_job', $$SELECT pg_temp.id('churn'), now(), 1$$, 'the one that passes the filter has a job');
SELECT is(lealup._playbooks_next(), now(), 'which is due');
SELECT is((SELECT id FROM lealup.playbook_job), (SELECT lealup.delivery_id(event_id, playbook_id) FROM lealup.playbook_job), 'and can be there only once');
SELECT is(lealup._playbooks_due(now() - interval '1 s', 10), 0::bigint, 'nothing is done before its time');
UPDATE lealup.tenant SET home = 'elsewhere' WHERE tenant_id = :'tenant';
SELECT is(lealup._playbooks_due(now(), 10), 0::bigint, 'nor for a tenant of another home');
SELECT is(lealup._playbooks_next(), NULL, 'whose jobs wake nobody');
UPDATE lealup.tenant SET home = lealup.home() WHERE tenant_id = :'tenant';
SELECT is(lealup._playbooks_due(now(), 10), 1::bigint, 'the run');
SELECT is_empty('SELECT FROM lealup.playbook_job', 'after which the job is gone');
SELECT is(pg_temp.runs('churn', :'acme'), 'completed', 'it is completed');
SELECT id AS run FROM lealup.playbook_run WHERE playbook_id = pg_temp.id('churn') \gset
SELECT results_eq($$SELECT status, attempts, count(*) FROM lealup.playbook_step_run GROUP BY 1, 2$$, $$VALUES ('done', 1, 8::bigint)$$, 'every step was taken once');
SELECT is(step ->> 'title', 'Call Acme', 'and is shown as it was taken') FROM lealup.playbook_step_run WHERE step_no = 1;
SELECT results_eq($$SELECT title, description, assignee_id, due_at, priority, source, playbook_run_id, customer_id FROM lealup.task ORDER BY priority$$,
    format($$VALUES ('Call Acme', 'It went from paused to churned.', %L::uuid, now() + interval '2 days', 'high', 'playbook', %L::uuid, %L::uuid),
        ('customer.status_changed', NULL, %L, NULL, 'normal', 'playbook', %L, %L)$$, :'ana', :'run', :'acme', :'dirk', :'run', :'acme'), 'its tasks');
SELECT results_eq($$SELECT kind, title, body, source, customer_id FROM lealup.timeline_event$$,
    format($$VALUES ('note', 'churn began', 'customer.status_changed Ana ana@example.com', 'playbook', %L::uuid)$$, :'acme'), 'its note');
SELECT results_eq($$SELECT channel, recipient, (SELECT name FROM lealup.contact c WHERE c.id = d.contact_id), subject, body, status FROM lealup.draft d ORDER BY d.id$$,
    $$VALUES ('email', 'eve@acme.example', 'Eve', 'Sorry, Acme', 'Come back.', 'draft'), ('whatsapp', '+34600123456', 'No address', NULL, 'Come back.', 'draft'),
             ('email', 'ana@example.com', NULL, NULL, 'Done.', 'draft')$$, 'its drafts');
SELECT results_eq($$SELECT channel, text, status, customer_id FROM lealup.notification$$, format($$VALUES ('#cs', 'Acme left', 'pending', %L::uuid)$$, :'acme'), 'its notification');
SELECT results_eq($$SELECT data::jsonb, customer_id, context ->> 'status', context -> 'playbook_depth' FROM lealup.event WHERE event_type = 'acme.handover'$$,
    format($$VALUES ('{"of": "%s", "region": "EU", "n": 1}'::jsonb, %L::uuid, 'churned', '1'::jsonb)$$, :'acme', :'acme'), 'its event');
SELECT results_eq($$SELECT data::text, customer_id, context -> 'playbook_depth' FROM lealup.event WHERE event_type = 'playbook.triggered'$$,
    format($$SELECT lealup._json_object('customer_id', %L::uuid, 'customer_name', 'Acme', 'playbook_id', pg_temp.id('churn'), 'playbook_name', 'churn', 'run_id', %L::uuid,
        'owner_id', %L::uuid, 'owner_email', 'ana@example.com')::text, %L::uuid, '1'::jsonb$$, :'acme', :'run', :'ana', :'acme'), 'and playbook.triggered, once');
SELECT is(current_setting('lealup.playbook_depth'), '0', 'the depth ends with the run');
SELECT is(step ->> 'type', 'create_task', 'a step tells what it made') FROM lealup.playbook_step_run s JOIN lealup.task t ON t.id = s.result_id WHERE t.title = 'Call Acme';

-- ----- One open run, cooldown -----

CREATE FUNCTION pg_temp.churn(whose uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE lealup.customer SET status = 'active' WHERE id = whose;
    UPDATE lealup.customer SET status = 'churned' WHERE id = whose;
    PERFORM pg_temp.work();
END $$;
SELECT pg_temp.churn(:'acme');
SELECT is(pg_temp.runs('churn', :'acme'), 'completed, skipped open', 'while its tasks are open there is no second run');
SELECT is(reason, format('open: run %s of the same customer is not finished, or tasks of it are open', :'run'), 'which is told') FROM lealup.playbook_run WHERE status = 'skipped';
SELECT is(count(*), 8::bigint, 'a skipped run has no steps') FROM lealup.playbook_step_run;
SELECT is(count(*), 1::bigint, 'and emits nothing') FROM lealup.event WHERE event_type = 'playbook.triggered';
SELECT pg_temp.churn(:'zeta');
SELECT is(pg_temp.runs('churn', :'zeta'), 'completed', 'another customer is another matter');
UPDATE lealup.task SET status = 'completed' WHERE title = 'Call Acme';
SELECT pg_temp.churn(:'acme');
SELECT is(pg_temp.runs('churn', :'acme'), 'completed, skipped open, skipped open', 'one open task is enough');
UPDATE lealup.task SET status = 'cancelled' WHERE playbook_run_id = :'run' AND status = 'open';
SELECT pg_temp.churn(:'acme');
SELECT is(pg_temp.runs('churn', :'acme'), 'completed, skipped open, skipped open, completed', 'when the last one is closed it can begin again');
SELECT lealup.cancel_playbook_run(:'tenant', id) FROM lealup.playbook_run WHERE customer_id = :'zeta';
SELECT pg_temp.churn(:'zeta');
SELECT is(pg_temp.runs('churn', :'zeta'), 'cancelled cancelled by hand, completed', 'a run that was cancelled is not open');
SELECT throws_ok(format('SELECT lealup.cancel_playbook_run(tenant_id, id) FROM lealup.playbook_run WHERE status = %L LIMIT 1', 'skipped'), '55000', NULL, 'a skipped one cannot be cancelled');

SELECT pg_temp.playbook('cool', '{acme.handover}', filters => '{"region": "US"}', cooldown => '1 day');
SELECT pg_temp.emit('acme.handover', :'acme', '{"region": "US"}'), pg_temp.emit('acme.handover', :'acme', '{"region": "EU"}');
SELECT pg_temp.work();
SELECT is(pg_temp.runs('cool', :'acme'), 'completed', 'a type of the tenant''s own, filtered');
UPDATE lealup.playbook_run SET started_at = now() - interval '1 day' + interval '1 us' WHERE playbook_id = pg_temp.id('cool');
SELECT pg_temp.emit('acme.handover', :'acme', '{"region": "US"}'), pg_temp.emit('acme.handover', :'zeta', '{"region": "US"}');
SELECT pg_temp.work();
SELECT is(pg_temp.runs('cool', :'acme'), 'completed, skipped cooldown', 'a microsecond before the cooldown''s end');
SELECT is(pg_temp.runs('cool', :'zeta'), 'completed', 'which another customer does not share');
UPDATE lealup.playbook_run SET started_at = now() - interval '1 day' WHERE playbook_id = pg_temp.id('cool') AND status = 'completed';
SELECT pg_temp.emit('acme.handover', :'acme', '{"region": "US"}'), pg_temp.emit('acme.handover', :'acme', '{"region": "US"}');
SELECT pg_temp.work();
SELECT is((SELECT array_agg(status ORDER BY status) FROM lealup.playbook_run WHERE playbook_id = pg_temp.id('cool') AND customer_id = :'acme' AND started_at = now()),
    '{completed,skipped,skipped}', 'at its end it is over, and a second event of the same moment is under the new one');
SELECT pg_temp.emit('acme.handover', NULL, '{"region": "US"}'), pg_temp.emit('acme.handover', NULL, '{"region": "US"}');
SELECT pg_temp.work();
SELECT is(pg_temp.runs('cool'), 'completed, completed', 'neither rule concerns events about no customer');
SELECT is(data::jsonb - 'run_id', jsonb_build_object('playbook_id', pg_temp.id('cool'), 'playbook_name', 'cool'), 'whose playbook.triggered names none')
FROM lealup.event WHERE event_type = 'playbook.triggered' AND customer_id IS NULL LIMIT 1;
SELECT pg_temp.emit('acme.handover', '0190a6f0-0000-7000-8000-000000000009', '{"region": "US", "customer_name": "Stranger"}');
SELECT pg_temp.work();
SELECT is(pg_temp.runs('cool', '0190a6f0-0000-7000-8000-000000000009'), 'completed', 'a customer that is not in the table does not harm');
SELECT is(data ->> 'customer_name', 'Stranger', 'and is called as the event calls it') FROM lealup.event
WHERE event_type = 'playbook.triggered' AND customer_id = '0190a6f0-0000-7000-8000-000000000009';

-- ----- Which playbooks hear an event -----

SELECT pg_temp.emit('acme.handover', :'orphan') AS before \gset
SELECT pg_temp.playbook('all', '{*}'), pg_temp.playbook('prefix', '{acme.*}'), pg_temp.playbook('off', '{*}', enabled => false), pg_temp.playbook('gone', '{*}');
SELECT lealup.delete_playbook(:'tenant', pg_temp.id('gone')), lealup.disable_playbook(:'tenant', pg_temp.id('cool'));
SELECT lealup.create_playbook(:'other', 'theirs', '{*}', '[{"type": "note", "title": "x"}]') AS theirs \gset
SELECT pg_temp.work();
SELECT is_empty(format('SELECT FROM lealup.playbook_run WHERE event_id = %L', :'before'), 'no playbook hears an event that is older than it');
SELECT pg_temp.emit('acme.handover', :'orphan') AS event \gset
SELECT pg_temp.work();
SELECT is((SELECT string_agg(m.name, ' ' ORDER BY m.name) FROM lealup.playbook_run r JOIN made m ON m.id = r.playbook_id WHERE r.event_id = :'event'), 'all prefix',
    'by pattern; not one that is disabled, deleted, or another tenant''s');
SELECT is((SELECT string_agg(event_type, ' ' ORDER BY event_type) FROM lealup.playbook_run WHERE playbook_id = pg_temp.id('all')),
    'acme.handover playbook.triggered', 'a playbook hears of another one''s run, but not of its own');
SELECT is_empty('SELECT FROM lealup.playbook_job', 'of which no job is left');
SELECT pg_temp.emit('acme.handover', :'orphan') AS event \gset
SELECT count(*) FROM lealup._fan_out(1000, now());
SELECT lealup.disable_playbook(:'tenant', pg_temp.id('prefix')), lealup.delete_playbook(:'tenant', pg_temp.id('all'));
SELECT pg_temp.work();
SELECT results_eq(format('SELECT playbook_id, status, reason FROM lealup.playbook_run WHERE event_id = %L', :'event'),
    $$SELECT pg_temp.id('prefix'), 'skipped', 'the playbook was disabled'$$, 'what is disabled or deleted meanwhile does not run');
SELECT lealup.enable_playbook(:'tenant', pg_temp.id('prefix'));
SELECT pg_temp.emit('acme.handover', :'orphan') AS event \gset
SELECT count(*) FROM lealup._fan_out(1000, now());
DELETE FROM lealup.event WHERE id = :'event';
SELECT pg_temp.work();
SELECT is(reason, 'the event is no longer in the log', 'an event that has left the log cannot be filled in') FROM lealup.playbook_run WHERE event_id = :'event';
SELECT lealup.disable_playbook(:'tenant', pg_temp.id('prefix'));

-- ----- Loops -----

SELECT pg_temp.playbook('ping', '{acme.handover}', '[{"type": "emit", "event": "acme.handover"}]');
SELECT pg_temp.emit('acme.handover', :'orphan');
SELECT pg_temp.work();
SELECT is((SELECT string_agg(r.depth || r.status, ' ' ORDER BY r.depth) FROM lealup.playbook_run r WHERE r.playbook_id = pg_temp.id('ping')),
    '0completed 1completed 2completed 3completed 4completed 5completed 6skipped', 'a loop ends after five');
SELECT is(reason, 'more than 5 playbooks caused one another', 'visibly') FROM lealup.playbook_run WHERE depth = 6;
SELECT pg_temp.emit('acme.handover', :'acme', context => '{"playbook_depth": "x"}'), pg_temp.emit('acme.handover', :'zeta', context => '{"playbook_depth": 1e300}');
SELECT pg_temp.work();
SELECT is((SELECT min(depth) FROM lealup.playbook_run WHERE playbook_id = pg_temp.id('ping') AND customer_id = :'acme'), 0, 'a depth that is no number is none');
SELECT is(pg_temp.runs('ping', :'zeta'), 'skipped more than 5 playbooks caused one another', 'and a huge one too deep');
-- A trigger of the application's between one playbook and the next.
UPDATE lealup.playbook SET steps = '[{"type": "note", "title": "ping"}]' WHERE id = pg_temp.id('ping');
CREATE FUNCTION pg_temp.pong() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lealup.emit(NEW.tenant_id, 'acme.handover', '{}', NEW.customer_id);
    RETURN NULL;
END $$;
CREATE TRIGGER pong AFTER INSERT ON lealup.timeline_event FOR EACH ROW EXECUTE FUNCTION pg_temp.pong();
SELECT pg_temp.customer('Pong') AS pong \gset
SELECT pg_temp.emit('acme.handover', :'pong', context => '{"a": 1}');
SELECT pg_temp.work();
DROP TRIGGER pong ON lealup.timeline_event;
SELECT is((SELECT array_agg(r.depth ORDER BY r.depth) FROM lealup.playbook_run r WHERE r.playbook_id = pg_temp.id('ping') AND r.customer_id = :'pong'),
    '{0,1,2,3,4,5,6}', 'a loop through somebody else''s trigger ends as well');
SELECT lealup.disable_playbook(:'tenant', pg_temp.id('ping'));

-- A task that falls due at once, for a playbook that hears of overdue tasks and makes another one: about no customer, so neither rule ends it.
SELECT pg_temp.playbook('overdue', '{task.overdue}', '[{"type": "create_task", "title": "Look", "due": "0"}]');
CREATE FUNCTION pg_temp.fall_due() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_temp.emit('task.overdue', NULL, json_build_object('task_id', t.id, 'title', t.title)) FROM lealup.task t WHERE t.title = 'Look' ORDER BY t.id DESC LIMIT 1;
    PERFORM pg_temp.work();
END $$;
SELECT pg_temp.emit('task.overdue', NULL, '{"task_id": "none"}');
SELECT pg_temp.work();
SELECT pg_temp.fall_due() FROM generate_series(1, 8);
SELECT is((SELECT count(*) FROM lealup.task WHERE title = 'Look'), 6::bigint, 'what a playbook''s own overdue task triggers counts as caused by it');
SELECT lealup.disable_playbook(:'tenant', pg_temp.id('overdue'));

-- ----- Errors, retries, waits -----

-- A title that is refused stands for whatever may go wrong.
ALTER TABLE lealup.task ADD CONSTRAINT refused CHECK (title <> 'bad');
SELECT pg_temp.playbook('breaks', '{acme.handover}', '[{"type": "note", "title": "first"}, {"type": "create_task", "title": "{{data.title}}"}, {"type": "note", "title": "last"}]');
SELECT pg_temp.emit('acme.handover', :'acme', '{"title": "bad"}');
SELECT pg_temp.work();
SELECT is(pg_temp.runs('breaks', :'acme'), 'running', 'a run whose step failed goes on later');
SELECT results_eq(format('SELECT s.step_no, s.status, s.attempts, s.error ~ %L FROM lealup.playbook_step_run s JOIN lealup.playbook_run r ON r.id = s.run_id WHERE r.playbook_id = pg_temp.id(%L) ORDER BY 1', 'refused', 'breaks'),
    $$VALUES (1, 'done', 1, NULL), (2, 'failed', 1, true), (3, 'pending', 0, NULL)$$, 'at that step, which shows the error');
SELECT is(due_at - now(), '1 min'::interval, 'in a minute') FROM lealup.playbook_job;
SELECT is(lealup._playbooks_next(), now() + interval '1 min', 'for which the worker wakes');
SELECT pg_temp.emit('acme.handover', :'acme', '{"title": "good"}');
SELECT pg_temp.work();
SELECT is((SELECT count(*) FROM lealup.playbook_run WHERE playbook_id = pg_temp.id('breaks') AND status = 'skipped'), 1::bigint, 'until then it is open');
SELECT is(sum(pg_temp.work(n * interval '1 day')), 6::numeric, 'seven attempts are made in all') FROM generate_series(1, 9) n;
SELECT is(pg_temp.runs('breaks', :'acme') ~ '^failed step 2', true, 'then it has failed');
SELECT is((SELECT count(*) FROM lealup.timeline_event WHERE title = 'first'), 1::bigint, 'what was done is not repeated');
SELECT id AS broken FROM lealup.playbook_run WHERE playbook_id = pg_temp.id('breaks') AND status = 'failed' \gset
SELECT lealup.retry_playbook_run(:'tenant', :'broken');
SELECT is(status, 'running', 'by hand it goes on once more') FROM lealup.playbook_run WHERE id = :'broken';
SELECT pg_temp.work('1 min');
SELECT is((SELECT attempts FROM lealup.playbook_step_run WHERE run_id = :'broken' AND step_no = 2), 8, 'in vain');
ALTER TABLE lealup.task DROP CONSTRAINT refused;
SELECT lealup.retry_playbook_run(:'tenant', :'broken');
SELECT pg_temp.work('1 min');
SELECT is((SELECT status FROM lealup.playbook_run WHERE id = :'broken'), 'completed', 'and to the end when the cause is gone');
SELECT is((SELECT string_agg(title, ' ' ORDER BY title) FROM lealup.timeline_event WHERE title IN ('first', 'last')), 'first last', 'each step once');
SELECT is((SELECT count(*) FROM lealup.event WHERE event_type = 'playbook.triggered' AND data ->> 'run_id' = :'broken'), 1::bigint, 'and playbook.triggered once');
SELECT throws_ok(format('SELECT lealup.retry_playbook_run(%L, %L)', :'tenant', :'broken'), '55000', NULL, 'what did not fail is not retried');
SELECT throws_ok(format('SELECT lealup.retry_playbook_run(%L, %L)', :'other', :'broken'), 'P0002', NULL, 'nor another tenant''s run');
SELECT lealup.disable_playbook(:'tenant', pg_temp.id('breaks'));

-- A run that cannot even begin.
ALTER TABLE lealup.playbook_step_run ADD CONSTRAINT refused CHECK (step ->> 'title' <> 'bad') NOT VALID;
SELECT pg_temp.playbook('broken', '{acme.handover}', '[{"type": "note", "title": "{{data.title}}"}]');
SELECT pg_temp.emit('acme.handover', :'acme', '{"title": "bad"}') AS bad \gset
SELECT pg_temp.emit('acme.handover', :'zeta', '{"title": "good"}');
SELECT pg_temp.work();
SELECT is(pg_temp.runs('broken', :'acme') || pg_temp.runs('broken', :'zeta'), '-completed', 'one that cannot begin does not hold up the others');
SELECT is(error ~ 'refused' AND due_at = now() + interval '1 min' AND attempt_no = 2, true, 'and is tried again like a step') FROM lealup.playbook_job;
SELECT is(sum(pg_temp.work(n * interval '1 day')), 6::numeric, 'seven times in all') FROM generate_series(1, 9) n;
SELECT is((SELECT status || ' ' || (reason ~ 'refused') FROM lealup.playbook_run WHERE event_id = :'bad'), 'failed true', 'then it shows as failed');
ALTER TABLE lealup.playbook_step_run DROP CONSTRAINT refused;
SELECT lealup.retry_playbook_run(tenant_id, id) FROM lealup.playbook_run WHERE event_id = :'bad';
SELECT pg_temp.work('1 min');
SELECT is(pg_temp.runs('broken', :'acme'), 'completed', 'and can begin when the cause is gone');
SELECT is((SELECT count(*) FROM lealup.event WHERE event_type = 'playbook.triggered' AND data ->> 'playbook_id' = pg_temp.id('broken')::text), 2::bigint, 'with one playbook.triggered each');
SELECT lealup.disable_playbook(:'tenant', pg_temp.id('broken'));

SELECT pg_temp.playbook('waits', '{acme.handover}', '[{"type": "note", "title": "now"}, {"type": "wait", "for": "2 days"}, {"type": "note", "title": "later"}]');
SELECT pg_temp.emit('acme.handover', :'acme'), pg_temp.emit('acme.handover', :'zeta');
SELECT pg_temp.work('47 h');
SELECT is((SELECT string_agg(title, ' ') FROM lealup.timeline_event WHERE title IN ('now', 'later') AND customer_id = :'acme'), 'now', 'a run waits');
SELECT lealup.update_playbook(:'tenant', pg_temp.id('waits'), steps => '[{"type": "note", "title": "new"}]');
SELECT is(pg_temp.work('94 h'), 0::bigint, 'for as long as it is told');
SELECT lealup.cancel_playbook_run(:'tenant', id) FROM lealup.playbook_run WHERE playbook_id = pg_temp.id('waits') AND customer_id = :'zeta';
SELECT pg_temp.work('95 h');
SELECT is((SELECT string_agg(title, ' ' ORDER BY title) FROM lealup.timeline_event WHERE title IN ('now', 'later', 'new')), 'later now now',
    'then goes on with the steps it began with, unless it was cancelled');
SELECT pg_temp.emit('acme.handover', :'zeta');
SELECT pg_temp.work();
SELECT is((SELECT string_agg(title, ' ' ORDER BY title) FROM lealup.timeline_event WHERE title IN ('now', 'later', 'new') AND customer_id = :'zeta'), 'new now', 'new runs have the new ones');

-- ----- Fairness, upkeep, audit, rights -----

SELECT pg_temp.emit('acme.handover', pg_temp.customer('Many ' || n)) FROM generate_series(1, 50) n;
SELECT lealup.emit(:'other', 'acme.handover', '{}', '0190a6f0-0000-7000-8000-000000000007');
SELECT count(*) FROM lealup._fan_out(1000, now());
SELECT is(lealup._playbooks_due(now(), 10), 10::bigint, 'a few jobs at a time, of every tenant');
SELECT is((SELECT count(*) FROM lealup.playbook_run WHERE playbook_id = :'theirs'), 1::bigint, 'so that none waits for another');
SELECT pg_temp.work();

SELECT is(lealup._forget_skipped_runs(1000, now() + interval '29 days'), 0::bigint, 'skipped runs stay as long as the log');
SELECT cmp_ok(lealup._forget_skipped_runs(1000, now() + interval '31 days'), '>', 5::bigint, 'and no longer');
SELECT is((SELECT count(*) FROM lealup.playbook_run WHERE status = 'skipped'), 0::bigint, 'all of them');
SELECT isnt(pg_temp.runs('churn', :'acme'), '-', 'the others stay');

SELECT is((SELECT string_agg(DISTINCT action, ' ' ORDER BY action) FROM lealup.audit WHERE tenant_id = :'tenant' AND action LIKE 'playbook%'),
    'playbook.create playbook.delete playbook.disable playbook.enable playbook.update playbook_run.cancel playbook_run.retry', 'every change is audited');
SELECT throws_ok(format('SELECT lealup.%s(%L, %L)', f, :'tenant', :'theirs'), 'P0002', NULL, f || ' of another tenant''s playbook')
FROM unnest(ARRAY['enable_playbook', 'disable_playbook', 'update_playbook', 'delete_playbook']) f;

CREATE ROLE playbook_app;
SELECT lealup.grant_access('playbook_app', 'app', :'tenant');
CREATE FUNCTION pg_temp.as_member(member text, sql text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    PERFORM set_config('lealup.member_id', member, true), set_config('role', 'playbook_app', true);
    EXECUTE sql INTO result;
    PERFORM set_config('role', 'none', true), set_config('lealup.member_id', '', true);
    RETURN coalesce(result, 'null');
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END $$;
SELECT is(pg_temp.as_member(:'dirk', format($$SELECT lealup.create_playbook(%L, 'd', '{*}', '[{"type": "note", "title": "x"}]', enabled => false) IS NOT NULL$$, :'tenant')), 'true', 'a director makes playbooks');
SELECT is(pg_temp.as_member(:'ana', format($$SELECT lealup.create_playbook(%L, 'd', '{*}', '[{"type": "note", "title": "x"}]') IS NOT NULL$$, :'tenant')), '42501', 'a customer-success manager does not');
SELECT is(pg_temp.as_member(:'ana', format($$SELECT lealup.%s(%L, %L)$$, f, :'tenant', pg_temp.id('churn'))), '42501', 'nor ' || f)
FROM unnest(ARRAY['enable_playbook', 'disable_playbook', 'update_playbook', 'delete_playbook']) f;
SELECT is(pg_temp.as_member(:'ana', format($$SELECT lealup.cancel_playbook_run(%L, %L)$$, :'tenant', :'broken')), '', 'but ends a run');
SELECT is(pg_temp.as_member('', 'UPDATE lealup.playbook SET steps = ''[]'''), '42501', 'nobody changes a playbook but by its functions');
SELECT is(pg_temp.as_member('', 'UPDATE lealup.notification SET status = ''delivered'''), '42501', 'or marks a notification');
SELECT is(pg_temp.as_member(:'ana', 'WITH x AS (UPDATE lealup.draft SET body = ''Better.'' RETURNING 1) SELECT count(*) > 0 FROM x'), 'true', 'drafts are edited');
SELECT is(pg_temp.as_member('', format('SELECT count(*) FROM lealup.%I WHERE tenant_id <> %L', t, :'tenant')), '0', 'another tenant''s ' || t || ' is not seen')
FROM unnest(ARRAY['playbook', 'playbook_job', 'playbook_run', 'playbook_step_run', 'draft', 'notification']) t;
SELECT is(pg_temp.as_member('', format($$INSERT INTO lealup.draft (tenant_id, channel, body) VALUES (%L, 'email', 'x')$$, :'other')), '42501', 'nor written');

SELECT * FROM finish();
ROLLBACK;
