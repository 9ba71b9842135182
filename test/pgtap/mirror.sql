-- Mirrors: what changes here goes to where it is linked, once, as it is when it is sent; and both sides end the same.
BEGIN;
SELECT plan(62);
SET LOCAL client_min_messages = warning;
CREATE SCHEMA regress;
GRANT USAGE ON SCHEMA regress TO lealup_provider;
-- Nothing is asked if nothing differs.
CREATE FUNCTION regress.request(call jsonb) RETURNS jsonb LANGUAGE sql STABLE
RETURN CASE WHEN call ->> 'operation' LIKE 'update%' AND call #> '{object,changed}' = '[]' THEN NULL ELSE
    jsonb_build_object('method', 'POST', 'path', '/' || (call ->> 'operation'), 'json', jsonb_build_object('object', call -> 'object')) END;
CREATE FUNCTION regress.response(call jsonb, response jsonb) RETURNS jsonb LANGUAGE sql STABLE RETURN response -> 'body';
CREATE FUNCTION regress.normalize(call jsonb, record jsonb) RETURNS jsonb LANGUAGE sql STABLE RETURN jsonb_build_array(record -> 'data');
CREATE FUNCTION regress.page(call jsonb) RETURNS jsonb LANGUAGE sql STABLE RETURN NULL::jsonb;
INSERT INTO lealup.provider (name, title, kind, base_url, allowed_hosts, auth) VALUES ('regress', 'Regress', 'workspace', 'https://api.example.com', '{api.example.com}', 'none'),
    ('regress_own', 'Own', 'personal', 'https://api.example.com', '{api.example.com}', 'none');
INSERT INTO lealup.provider_stream (provider, name, title, request, response, normalize) VALUES ('regress', 'all', 'All', 'regress.page', 'regress.response', 'regress.normalize');
INSERT INTO lealup.provider_operation (provider, name, title, audience, input, request, response, idempotency, makes, mirror) VALUES
    ('regress', 'create', 'Make an issue', 'own_team', '{}', 'regress.request', 'regress.response', '{"in": "header", "field": "Key"}', 'ticket', NULL),
    ('regress', 'show', 'Show an action', 'own_team', '{"action": {}}', 'regress.request', 'regress.response', '{"in": "header", "field": "Key"}', 'action', NULL),
    ('regress', 'update', 'Change an issue', 'own_team', '{}', 'regress.request', 'regress.response', NULL, NULL, 'ticket.changed'),
    ('regress', 'update_task', 'Change a to-do', 'own_team', '{}', 'regress.request', 'regress.response', NULL, NULL, 'task.changed'),
    ('regress', 'say', 'Say', 'own_team', '{}', 'regress.request', 'regress.response', '{"in": "header", "field": "Key"}', 'ticket_message', 'ticket_message.created'),
    ('regress', 'update_said', 'Say otherwise', 'own_team', '{}', 'regress.request', 'regress.response', NULL, NULL, 'ticket_message.changed'),
    ('regress', 'unsay', 'Take back', 'own_team', '{}', 'regress.request', 'regress.response', NULL, NULL, 'ticket_message.deleted'),
    ('regress', 'redraw', 'Show it anew', 'own_team', '{}', 'regress.request', 'regress.response', NULL, NULL, 'action.changed'),
    ('regress', 'mail', 'Write', 'customer', '{}', 'regress.request', 'regress.response', NULL, NULL, NULL),
    ('regress_own', 'update', 'Change', 'own_team', '{}', 'regress.request', 'regress.response', NULL, NULL, 'ticket.changed');
SELECT lealup.create_tenant('one') AS one \gset
INSERT INTO lealup.member (tenant_id, email, name, role) VALUES (:'one', 'ada@example.com', 'Ada', 'admin') RETURNING id AS ada \gset
INSERT INTO lealup.member (tenant_id, email, name) VALUES (:'one', 'ben@example.com', 'Ben') RETURNING id AS ben \gset
INSERT INTO lealup.customer (tenant_id, name, owner_id) VALUES (:'one', 'Acme', :'ben') RETURNING id AS acme \gset
INSERT INTO lealup.connection (tenant_id, provider, kind, state, account_id) VALUES (:'one', 'regress', 'workspace', 'connected', 'a') RETURNING id AS c \gset
INSERT INTO lealup.connection (tenant_id, provider, kind, state, account_id) VALUES (:'one', 'regress', 'workspace', 'connected', 'b') RETURNING id AS d \gset
INSERT INTO lealup.connection (tenant_id, provider, kind, state, account_id, member_id) VALUES (:'one', 'regress_own', 'personal', 'connected', 'b', :'ben') RETURNING id AS own \gset
INSERT INTO lealup.connection_stream (tenant_id, connection_id, stream, mode, next_run_at) SELECT :'one', x, 'all', 'incremental', 'infinity' FROM unnest(ARRAY[:'c', :'d']::uuid[]) x;
SELECT lealup.set_member_account(:'one', :'c', 'U1', :'ada'), lealup.set_member_account(:'one', :'c', 'U2', :'ben');
SELECT set_config('test.one', :'one', true), set_config('test.c', :'c', true);
CREATE FUNCTION pg_temp.come(data jsonb, connection text DEFAULT current_setting('test.c')) RETURNS jsonb LANGUAGE sql AS $$
    SELECT lealup._sync_apply(current_setting('test.one')::uuid, connection::uuid, 'all',
        jsonb_build_array(jsonb_build_object('id', (data ->> 'entity') || (data ->> 'external_id')) || CASE WHEN data ? 'gone' THEN '{"deleted": true}' ELSE jsonb_build_object('data', data) END))
$$;
-- A worker: what is asked of the provider, with what is said between the request and its answer.
CREATE FUNCTION pg_temp.work(body jsonb DEFAULT '{}', meanwhile text DEFAULT NULL, status int DEFAULT 200, later interval DEFAULT '0') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    u lealup._sync_unit;
    r record;
    said text[] := '{}';
BEGIN
    FOR u IN SELECT * FROM lealup._sync_claim(clock_timestamp() + later, 64) LOOP
        SELECT * INTO r FROM lealup._sync_requests(u.tenant_id, u.connection_id, u.unit, u.state, '{0}');
        said := said || concat_ws(' ', coalesce(substr(r.url, 25), nullif(r.problem, ''), 'nothing'), (SELECT string_agg(f || '=' || coalesce(r.body::jsonb #>> ARRAY['object', 'here', f], 'null'), ' ' ORDER BY f)
            FROM jsonb_array_elements_text(r.body::jsonb #> '{object,changed}') f));
        PERFORM set_config('test.body', coalesce(r.body, ''), true);
        IF meanwhile IS NOT NULL THEN
            EXECUTE meanwhile;
        END IF;
        PERFORM lealup._sync_record(u.tenant_id, u.connection_id, u.unit, u.claim_id, u.state,
            ARRAY[ROW(0, 1, CASE WHEN r.problem IS NULL THEN status ELSE 0 END, '{}', CASE WHEN r.problem IS NULL THEN body END, NULL, r.problem, NULL)::lealup._sync_answer], 0, 0, clock_timestamp());
    END LOOP;
    RETURN array_to_string(said, ', ');
END $$;
CREATE FUNCTION pg_temp.ticket(id uuid) RETURNS text LANGUAGE sql AS $$ SELECT concat_ws(' ', t.subject, t.status, t.priority, (SELECT m.name FROM lealup.member m WHERE m.id = t.assignee_id)) FROM lealup.ticket t WHERE t.id = ticket.id $$;
CREATE FUNCTION pg_temp.link(id uuid) RETURNS text LANGUAGE sql AS $$ SELECT concat_ws(' ', l.external_id, l.pending, l.error) FROM lealup.linked_objects l WHERE l.object_id = link.id AND l.connection_id = current_setting('test.c')::uuid $$;

-- ----- Rules -----
SELECT throws_ok(format('SELECT lealup.set_mirror(%L, %L, ''{ticket,customer}'')', :'one', :'c'), '22023', 'changes of these cannot be carried to regress: customer', 'what nothing carries');
SELECT throws_ok(format('SELECT lealup.set_mirror(%L, %L, ''{ticket}'')', :'one', :'one'), 'P0002', NULL, 'no such connection');
SELECT throws_ok(format('SELECT lealup.set_mirror(%L, %L, ''{ticket}'')', :'one', :'own'), '22023', NULL, 'not by a member''s own connection');
SELECT set_config('lealup.member_id', :'ben', true);
SELECT throws_ok(format('SELECT lealup.set_mirror(%L, %L, ''{ticket}'')', :'one', :'c'), '42501', NULL, 'only an admin says so');
SELECT set_config('lealup.member_id', '', true);
SELECT pg_temp.come('{"entity": "ticket", "external_id": "T1", "subject": "Help", "status": "open", "priority": "high", "assignee": "U2", "updated_at": "2026-01-01T10:00:00Z"}');
SELECT id AS t1 FROM lealup.ticket WHERE external_id = 'T1' \gset
UPDATE lealup.ticket SET subject = 'Help me' WHERE id = :'t1';
SELECT is(pg_temp.work(), '', 'without a rule nothing is carried');
SELECT is(pg_temp.link(:'t1'), 'T1 {subject}', 'but it is known what would be');
SELECT is(lealup.set_mirror(:'one', :'c', '{ticket,ticket_message,task,action}'), 6, 'a rule for each operation');
SELECT is(lealup.set_mirror(:'one', :'c', '{ticket,ticket_message,task,action}'), 6, 'which there is once');
SELECT is(pg_temp.work('{"base": {"subject": "Help me", "status": "open", "priority": "high", "assignee": "U2"}, "updated_at": "2026-01-01T11:00:00Z"}'), 'update subject=Help me', 'what was changed before goes now');
SELECT is(pg_temp.link(:'t1'), 'T1 {}', 'and is settled');
SELECT is(a.status || ' ' || (a.sending IS NULL) || ' ' || (a.approved_by IS NULL), 'sent true true', 'by an action that the rule has approved') FROM lealup.action a;

-- ----- Changes here -----
UPDATE lealup.ticket SET status = 'pending' WHERE id = :'t1';
UPDATE lealup.ticket SET status = 'resolved', assignee_id = :'ada' WHERE id = :'t1';
SELECT is((SELECT count(*) FROM lealup.mirror_job), 1::bigint, 'changes are one job');
SELECT lealup._mirrors_due(clock_timestamp(), 10);
UPDATE lealup.ticket SET priority = 'urgent' WHERE id = :'t1';
SELECT lealup._mirrors_due(clock_timestamp(), 10);
SELECT is((SELECT count(*) FROM lealup.action WHERE status = 'approved') || ' ' || (SELECT count(*) FROM lealup.mirror_job), '1 0', 'and one action, until it is sent');
SELECT is(pg_temp.work('{"base": {"status": "resolved", "priority": "urgent", "assignee": "U1"}, "updated_at": "2026-01-01T12:00:00Z"}'), 'update assignee=U1 priority=urgent status=resolved', 'that says what is so then');
SELECT is(pg_temp.work(), '', 'once');
UPDATE lealup.ticket SET status = 'open' WHERE id = :'t1';
UPDATE lealup.ticket SET status = 'resolved' WHERE id = :'t1';
SELECT is(pg_temp.work(), 'nothing', 'what is again as it was is not sent');
SELECT is(pg_temp.link(:'t1'), 'T1 {}', 'and is settled, too');
SET LOCAL lealup.suppress_events = on;
UPDATE lealup.ticket SET subject = 'Loaded' WHERE id = :'t1';
SET LOCAL lealup.suppress_events = off;
SELECT is(pg_temp.work(), '', 'what is loaded waits for a change');
UPDATE lealup.ticket SET status = 'open' WHERE id = :'t1';
SELECT is(pg_temp.work('{"base": {"subject": "Loaded", "status": "open"}, "updated_at": "2026-01-01T13:00:00Z"}'), 'update status=open subject=Loaded', 'and goes with it');

-- ----- Both sides -----
SELECT pg_temp.come('{"entity": "ticket", "external_id": "T1", "subject": "Older", "status": "pending", "priority": "low", "assignee": null, "updated_at": "2026-01-01T12:59:59Z"}');
SELECT is(pg_temp.ticket(:'t1'), 'Loaded open urgent Ada', 'what is older than an answer is no news');
SELECT pg_temp.come('{"entity": "ticket", "external_id": "T1", "subject": "Loaded", "status": "open", "priority": "urgent", "assignee": "U1", "updated_at": "2026-01-01T13:00:00Z"}');
SELECT is(pg_temp.work(), '', 'what comes back is no change');
SELECT pg_temp.come('{"entity": "ticket", "external_id": "T1", "subject": "Theirs", "status": "open", "priority": "urgent", "assignee": "U1", "updated_at": "2026-01-02T00:00:00Z"}');
SELECT is(pg_temp.ticket(:'t1'), 'Theirs open urgent Ada', 'news from there');
SELECT is(pg_temp.work(), '', 'are not carried back');
UPDATE lealup.ticket SET subject = 'Ours' WHERE id = :'t1';
SELECT pg_temp.come(format('{"entity": "ticket", "external_id": "T1", "subject": "Later", "status": "open", "priority": "urgent", "assignee": "U1", "updated_at": "%s"}', clock_timestamp() + interval '1 h')::jsonb);
SELECT is(pg_temp.ticket(:'t1') || ' ' || pg_temp.link(:'t1'), 'Later open urgent Ada T1 {}', 'a later change there makes ours void');
SELECT is(pg_temp.work(), 'nothing', 'which is not sent any more');
UPDATE lealup.external_object SET updated_at = '2026-01-02' WHERE object_id = :'t1';
UPDATE lealup.ticket SET subject = 'Latest' WHERE id = :'t1';
SELECT pg_temp.come('{"entity": "ticket", "external_id": "T1", "subject": "Between", "status": "open", "priority": "low", "assignee": "U1", "updated_at": "2026-01-03T00:00:00Z"}');
SELECT is(pg_temp.ticket(:'t1'), 'Latest open low Ada', 'an earlier one does not');
SELECT is(pg_temp.work('{"base": {"subject": "Latest", "status": "pending", "priority": "low", "assignee": "U1"}, "updated_at": "2026-01-04T00:00:00Z"}'), 'update subject=Latest', 'and is overwritten');
SELECT is(pg_temp.ticket(:'t1'), 'Latest pending low Ada', 'what else an answer says is news');
SELECT is(pg_temp.work(), '', 'from there');
-- While one is on its way.
UPDATE lealup.ticket SET subject = 'One' WHERE id = :'t1';
SELECT is(pg_temp.work('{"base": {"subject": "One", "status": "pending", "priority": "low", "assignee": "U1"}, "updated_at": "2099-01-01T00:00:00Z"}',
    format('UPDATE lealup.ticket SET subject = ''Two'' WHERE id = %L', :'t1')), 'update subject=One', 'a change while another is on its way');
SELECT is(pg_temp.ticket(:'t1') || ' ' || pg_temp.link(:'t1'), 'Two pending low Ada T1 {subject}', 'is not undone by its answer');
SELECT is(pg_temp.work('{"base": {"subject": "Two"}, "updated_at": "2099-01-01T00:00:01Z"}'), 'update subject=Two', 'and follows');
UPDATE lealup.ticket SET subject = 'Three' WHERE id = :'t1';
SELECT pg_temp.work('{"base": {"subject": "Three"}, "updated_at": "2099-01-01T00:00:02Z"}', format('UPDATE lealup.ticket SET subject = ''Four'' WHERE id = %L;
    SELECT pg_temp.come(''{"entity": "ticket", "external_id": "T1", "subject": "Three", "updated_at": "2099-01-01T00:00:02Z"}'')', :'t1'));
SELECT is(pg_temp.ticket(:'t1'), 'Four pending low Ada', 'nor by its own news that come before the answer');
SELECT is(pg_temp.work('{"base": {"subject": "Four"}, "updated_at": "2099-01-01T00:00:03Z"}'), 'update subject=Four', 'it follows as well');
-- A provider that has less.
UPDATE lealup.ticket SET status = 'escalated' WHERE id = :'t1';
SELECT is(pg_temp.work('{"base": {"status": "open"}, "updated_at": "2099-01-01T00:00:04Z"}'), 'update status=escalated', 'what there is nothing like there');
SELECT pg_temp.come('{"entity": "ticket", "external_id": "T1", "status": "open", "updated_at": "2099-01-01T00:00:05Z"}');
SELECT is(pg_temp.ticket(:'t1') || ' ' || pg_temp.work(), 'Four escalated low Ada ', 'stays as it is here, and is not sent again and again');

-- ----- Failures -----
UPDATE lealup.ticket SET subject = 'Fails' WHERE id = :'t1';
SELECT is(pg_temp.work('{}', status => 422), 'update subject=Fails', 'one that is refused');
SELECT matches(pg_temp.link(:'t1'), '^T1 \{subject\} .+422', 'shows at what it is linked');
UPDATE lealup.ticket SET priority = 'high' WHERE id = :'t1';
SELECT is(pg_temp.work('{}', status => 503), 'update priority=high subject=Fails', 'a later change tries again');
SELECT is((SELECT a.status || ' ' || a.attempts FROM lealup.action a WHERE a.sending IS NOT NULL), 'approved 1', 'as what is in trouble is by itself, though it may have arrived');
UPDATE lealup.ticket SET priority = 'low' WHERE id = :'t1';
SELECT is(pg_temp.work('{"base": {"subject": "Fails", "priority": "low"}, "updated_at": "2099-01-01T00:00:06Z"}', later => '1 h'), 'update subject=Fails', 'with what is so by then');
SELECT is(pg_temp.link(:'t1'), 'T1 {}', 'and all is well');

-- ----- Messages -----
SELECT lealup.add_ticket_message(:'one', :'t1', 'Hello', author_member_id => :'ben', internal => true) AS m1 \gset
SELECT is(pg_temp.work('{"external_id": "M1", "base": {"body": "*Hello*"}, "updated_at": "2026-02-01T00:00:00Z"}'), 'say', 'a message');
SELECT is(current_setting('test.body')::jsonb #> '{object}' #- '{here,created_at}' #- '{here,author,member}' #- '{about}' #- '{id}' #- '{ticket,id}',
    '{"entity": "ticket_message", "external_id": null, "ours": null, "here": {"body": "Hello", "internal": true, "deleted": false, "author": {"external_id": "U2", "name": "Ben", "email": "ben@example.com"}}, "base": {}, "changed": [], "payload": null, "ticket": {"external_id": "T1", "payload": null}}',
    'with who wrote it, and where it belongs');
SELECT pg_temp.come('{"entity": "ticket_message", "external_id": "M1", "ticket": "T1", "body": "*Hello*", "updated_at": "2026-02-01T00:00:00Z"}');
SELECT is((SELECT string_agg(m.body, ', ') FROM lealup.ticket_message m) || pg_temp.work(), 'Hello', 'is no news there');
SELECT lealup.edit_ticket_message(:'one', :'m1', 'Hello all');
SELECT is(pg_temp.work('{"base": {"body": "*Hello all*"}, "updated_at": "2026-02-01T00:00:01Z"}'), 'update_said body=Hello all', 'an edit follows');
SELECT pg_temp.come('{"entity": "ticket_message", "external_id": "M1", "ticket": "T1", "body": "Hello world", "updated_at": "2026-02-01T00:00:02Z"}');
SELECT is((SELECT m.body FROM lealup.ticket_message m WHERE m.id = :'m1') || pg_temp.work(), 'Hello world', 'so does one there');
SELECT pg_temp.come('{"entity": "ticket_message", "external_id": "M1", "ticket": "T1", "body": "stale", "updated_at": "2026-02-01T00:00:01Z"}');
SELECT is((SELECT m.body FROM lealup.ticket_message m WHERE m.id = :'m1'), 'Hello world', 'but no older one');
SELECT lealup.delete_ticket_message(:'one', :'m1');
SELECT is(pg_temp.work(), 'unsay', 'a deletion, too');
SELECT is(current_setting('test.body')::jsonb #>> '{object,external_id}' || ' ' || (current_setting('test.body')::jsonb #>> '{object,here,deleted}'), 'M1 true', 'says so');
SELECT throws_ok(format('SELECT lealup.edit_ticket_message(%L, %L, ''x'')', :'one', :'m1'), '55000', NULL, 'what is deleted is not edited');
SELECT pg_temp.come('{"entity": "ticket_message", "external_id": "M2", "ticket": "T1", "body": "From there", "author": {"external_id": "U1"}}');
SELECT pg_temp.come('{"entity": "ticket_message", "external_id": "M2", "gone": true}');
SELECT is(m.body || ' ' || (m.deleted_at IS NOT NULL) || pg_temp.work(), '(deleted) true', 'what is deleted there is deleted, and nothing goes back') FROM lealup.ticket_message m WHERE m.external_id = 'M2';
SELECT lealup.add_ticket_message(:'one', :'t1', 'First') AS m3 \gset
SELECT is(pg_temp.work('{"external_id": "M3", "base": {"body": "First"}}', format('SELECT lealup.edit_ticket_message(%L, %L, ''Second'')', :'one', :'m3')), 'say', 'what is edited while it is on its way');
SELECT is(pg_temp.work('{"base": {"body": "Second"}}'), 'update_said body=Second', 'is edited there');

-- ----- Two places -----
SELECT lealup.set_mirror(:'one', :'d', '{ticket_message}');
INSERT INTO lealup.external_object (tenant_id, connection_id, entity, external_id, object_id, ours) VALUES (:'one', :'d', 'ticket', 'D1', :'t1', true);
SELECT pg_temp.come('{"entity": "ticket_message", "external_id": "M4", "ticket": "T1", "body": "Relayed", "author": {"external_id": "U1"}}');
SELECT is(pg_temp.work('{"external_id": "D4"}') || ' ' || (current_setting('test.body')::jsonb #>> '{object,ticket,external_id}'), 'say D1', 'what comes from one place goes to the other');
SELECT pg_temp.come('{"entity": "ticket_message", "external_id": "M4", "ticket": "T1", "body": "Relayed!", "author": {"external_id": "U1"}}');
SELECT is(pg_temp.work('{}'), 'update_said body=Relayed!', 'as its edits do');

-- ----- What is made -----
INSERT INTO lealup.ticket (tenant_id, subject, customer_id) VALUES (:'one', 'New', :'acme') RETURNING id AS t2 \gset
SELECT set_config('lealup.member_id', :'ada', true);
SELECT lealup.create_action(:'one', :'c', 'create', '{}', ticket_id => :'t2') AS a \gset
SELECT lealup.approve_action(:'one', :'a');
SELECT is(pg_temp.work('{"external_id": "T2", "base": {"subject": "New", "status": "open"}}', format('UPDATE lealup.ticket SET subject = ''Newer'' WHERE id = %L;
    SELECT lealup.add_ticket_message(%L, %L, ''Early'')', :'t2', :'one', :'t2')), 'create', 'something is made of a ticket');
SELECT is(current_setting('test.body')::jsonb #>> '{object,here,subject}' || ' ' || (current_setting('test.body')::jsonb #>> '{object,about,customer_name}'), 'New Acme', 'of which it knows all');
SELECT is(pg_temp.work('{"external_id": "M5"}') || ', ' || pg_temp.work('{"external_id": "M5"}'), 'update subject=Newer, say', 'what happens meanwhile follows, in order');

-- ----- Actions -----
SELECT lealup.create_action(:'one', :'c', 'mail', '{}', ticket_id => :'t2') AS mail \gset
SELECT lealup.create_action(:'one', :'c', 'show', format('{"action": "%s"}', :'mail')::jsonb) AS shown \gset
SELECT lealup.approve_action(:'one', :'shown');
SELECT is(pg_temp.work('{"external_id": "card"}') || ' ' || (current_setting('test.body')::jsonb #>> '{object,here,status}'), 'show draft', 'an action is shown');
SELECT lealup.cancel_action(:'one', :'mail');
SELECT is(pg_temp.work() || ' ' || (current_setting('test.body')::jsonb #>> '{object,here,status}'), 'redraw cancelled', 'and what becomes of it');

-- ----- The end -----
UPDATE lealup.ticket SET subject = 'Too late' WHERE id = :'t2';
SELECT lealup._mirrors_due(clock_timestamp(), 10);
SELECT lealup.set_mirror(:'one', :'c', '{ticket_message}');
SELECT is(pg_temp.work() || (SELECT string_agg(a.status, ' ') FROM lealup.action a WHERE a.input ->> 'id' = :'t2' AND a.status <> 'sent'), 'cancelled', 'a rule that ends takes along what waits');
SELECT * FROM finish();
ROLLBACK;
