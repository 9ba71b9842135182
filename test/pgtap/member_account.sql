-- Whose accounts at providers are whose, and what both sides have: tickets, messages and tasks that come and go between them.
BEGIN;
SELECT plan(69);
SET LOCAL client_min_messages = warning;
CREATE SCHEMA regress;
GRANT USAGE ON SCHEMA regress TO lealup_provider;
CREATE FUNCTION regress.request(call jsonb) RETURNS jsonb LANGUAGE sql STABLE RETURN jsonb_build_object('method', 'POST', 'path', '/do', 'json', call -> 'input');
CREATE FUNCTION regress.response(call jsonb, response jsonb) RETURNS jsonb LANGUAGE sql STABLE RETURN response -> 'body';
CREATE FUNCTION regress.normalize(call jsonb, record jsonb) RETURNS jsonb LANGUAGE sql STABLE RETURN jsonb_build_array(record -> 'data');
CREATE FUNCTION regress.page(call jsonb) RETURNS jsonb LANGUAGE sql STABLE RETURN NULL::jsonb;
INSERT INTO lealup.provider (name, title, kind, base_url, allowed_hosts, auth) VALUES ('regress', 'Regress', 'workspace', 'https://api.example.com', '{api.example.com}', 'none');
INSERT INTO lealup.provider_stream (provider, name, title, request, response, normalize) VALUES ('regress', 'all', 'All', 'regress.page', 'regress.response', 'regress.normalize');
INSERT INTO lealup.provider_operation (provider, name, title, audience, input, request, response, idempotency, makes) VALUES
    ('regress', 'tell', 'Tell', 'own_team', '{"who": {"type": "member"}, "text": {}, "list": {"type": "array"}, "thread": {}}', 'regress.request', 'regress.response', '{"in": "header", "field": "Key"}', NULL),
    ('regress', 'issue', 'Make an issue', 'own_team', '{"text": {}}', 'regress.request', 'regress.response', '{"in": "header", "field": "Key"}', 'ticket'),
    ('regress', 'say', 'Say', 'own_team', '{"text": {}}', 'regress.request', 'regress.response', '{"in": "header", "field": "Key"}', 'ticket_message'),
    ('regress', 'todo', 'Make a to-do', 'own_team', '{"text": {}}', 'regress.request', 'regress.response', '{"in": "header", "field": "Key"}', 'task');
SELECT lealup.create_tenant('one') AS one \gset
INSERT INTO lealup.member (tenant_id, email, name, role) VALUES (:'one', 'Ada@Example.com', 'Ada', 'admin') RETURNING id AS ada \gset
INSERT INTO lealup.member (tenant_id, email, name) VALUES (:'one', 'ben@example.com', 'Ben') RETURNING id AS ben \gset
INSERT INTO lealup.customer (tenant_id, name, owner_id) VALUES (:'one', 'Acme', :'ben') RETURNING id AS acme \gset
INSERT INTO lealup.contact (tenant_id, customer_id, email, name) VALUES (:'one', :'acme', 'kim@acme.example', 'Kim') RETURNING id AS kim \gset
INSERT INTO lealup.connection (tenant_id, provider, kind, state, account_id) VALUES (:'one', 'regress', 'workspace', 'connected', 'a') RETURNING id AS c \gset
INSERT INTO lealup.connection_stream (tenant_id, connection_id, stream, mode, next_run_at) VALUES (:'one', :'c', 'all', 'incremental', 'infinity');
SELECT set_config('test.one', :'one', true), set_config('test.c', :'c', true);
-- What the provider says of something, as a stream or a notification brings it.
CREATE FUNCTION pg_temp.come(VARIADIC data jsonb[]) RETURNS jsonb LANGUAGE sql AS $$
    SELECT lealup._sync_apply(current_setting('test.one')::uuid, current_setting('test.c')::uuid, 'all',
        jsonb_agg(jsonb_build_object('id', (d ->> 'entity') || (d ->> 'external_id')) || CASE WHEN d ? 'gone' THEN '{"deleted": true}' ELSE jsonb_build_object('data', d) END))
    FROM unnest(data) d
$$;
CREATE FUNCTION pg_temp.whose(id text) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', coalesce(m.name, '-'), a.matched_by, CASE WHEN NOT a.active THEN 'inactive' END) FROM lealup.member_account a LEFT JOIN lealup.member m ON m.tenant_id = a.tenant_id AND m.id = a.member_id WHERE a.external_id = whose.id
$$;
CREATE FUNCTION pg_temp.person(id text, email text, verified boolean DEFAULT true) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('entity', 'external_user', 'external_id', id, 'email', email, 'email_verified', verified, 'name', 'The ' || id)
$$;

-- ----- Accounts -----
SELECT is(pg_temp.come(pg_temp.person('U1', 'ADA@example.COM'), pg_temp.person('U2', 'ben@example.com', false), pg_temp.person('U3', 'new@example.com'), pg_temp.person('U4', NULL)) ->> 'created', '4', 'accounts come in');
SELECT is(pg_temp.whose('U1'), 'Ada email', 'one is a member''s, by its verified address');
SELECT is(pg_temp.whose('U2'), '-', 'not by one that is not verified');
SELECT results_eq('SELECT u.external_id, u.candidate_id FROM lealup.unmapped_accounts u ORDER BY 1', format($$VALUES ('U2', %L::uuid), ('U3', NULL), ('U4', NULL)$$, :'ben'), 'those of nobody are listed');
SELECT is(lealup._account_of(:'one', :'c', :'ada'), 'U1', 'what a member is called there');
SELECT is(lealup._member_of(:'one', :'c', 'U1'), :'ada', 'and who somebody there is');
SELECT is(lealup._member_of(:'one', :'c', 'U9'), NULL, 'or is not');
INSERT INTO lealup.member (tenant_id, email, name) VALUES (:'one', 'new@example.com', 'New') RETURNING id AS new \gset
SELECT is(pg_temp.whose('U3'), 'New email', 'a member who comes has its account');
UPDATE lealup.member SET email = 'other@example.com' WHERE id = :'new';
SELECT is(pg_temp.whose('U3'), '-', 'until the address is another one');
UPDATE lealup.member SET email = 'new@example.com' WHERE id = :'new';
SELECT lealup.set_member_account(:'one', :'c', 'U2', :'ben');
SELECT is(pg_temp.whose('U2'), 'Ben manual', 'somebody says whose an account is');
SELECT lealup.set_member_account(:'one', :'c', 'U1', NULL);
SELECT is(pg_temp.whose('U1'), '- manual', 'or that it is nobody''s');
SELECT pg_temp.come(pg_temp.person('U1', 'ada@example.com') || '{"name": "Ada L."}', pg_temp.person('U2', 'new@example.com'));
SELECT is(pg_temp.whose('U1') || ', ' || pg_temp.whose('U2'), '- manual, Ben manual', 'which no sync undoes');
SELECT is((SELECT string_agg(u.external_id, ' ') FROM lealup.unmapped_accounts u), 'U4', 'and is not asked for again');
SELECT throws_ok(format('SELECT lealup.set_member_account(%L, %L, ''U1'', %L, true)', :'one', :'c', :'ada'), '22023', NULL, 'automatic names nobody');
SELECT throws_ok(format('SELECT lealup.set_member_account(%L, %L, ''U1'', %L)', :'one', :'c', :'c'), 'P0002', NULL, 'a member that there is not');
SELECT throws_ok(format('SELECT lealup.set_member_account(%L, %L, ''U1'', %L)', :'one', :'ada', :'ada'), 'P0002', NULL, 'a connection that there is not');
SELECT lealup.set_member_account(:'one', :'c', 'U1', NULL, automatic => true);
SELECT is(pg_temp.whose('U1'), 'Ada email', 'it may be left to the address again');
SELECT set_config('lealup.member_id', :'ben', true);
SELECT throws_ok(format('SELECT lealup.set_member_account(%L, %L, ''U1'', %L)', :'one', :'c', :'ben'), '42501', NULL, 'a csm does not say it');
SELECT set_config('lealup.member_id', '', true);
SELECT lealup.set_member_account(:'one', :'c', 'U7', :'new');
SELECT is(pg_temp.whose('U7'), 'New manual', 'an account that has not come yet has its member already');
SELECT pg_temp.come('{"entity": "external_user", "external_id": "U3", "gone": true}');
SELECT is(pg_temp.whose('U3') || ', ' || lealup._account_of(:'one', :'c', :'new'), 'New email inactive, U7', 'one that is gone is not used');

-- ----- In inputs -----
SELECT is(lealup._resolve_input(:'one', :'c', format('{"who": {"member": "%s"}, "list": [{"text": {"member": "%s"}}, 1, null], "x": {"member": "y", "z": 1}}', :'ada', :'ben')::jsonb),
    '{"who": "U1", "list": [{"text": "U2"}, 1, null], "x": {"member": "y", "z": 1}}', 'members are named by their accounts, wherever they stand');
SELECT lealup.set_member_account(:'one', :'c', 'U2', NULL);
SELECT throws_ok(format('SELECT lealup._resolve_input(%L, %L, ''{"who": {"member": "%s"}}'')', :'one', :'c', :'ben'), '55000', format('member %s (ben@example.com) has no account at Regress that is known', :'ben'), 'one without an account is an error that says so');
SELECT is(lealup._resolve_input(:'one', :'c', format('{"who": {"member": "%s", "else": "C1"}, "other": {"member": "", "else": null}}', :'ben')::jsonb), '{"who": "C1", "other": null}', 'unless there is something else');
SELECT throws_ok(format('SELECT lealup._resolve_input(%L, %L, ''{"member": "x"}'')', :'one', :'c'), '55000', 'the input names no member of the tenant: ''x''', 'what is no member at all');
SELECT lealup.create_action(:'one', :'c', 'tell', format('{"who": {"member": "%s"}}', :'ben')::jsonb) AS a \gset
SELECT set_config('lealup.member_id', :'ada', true);
SELECT throws_ok(format('SELECT lealup.approve_action(%L, %L)', :'one', :'a'), '55000', NULL, 'who approves hears of it');
SELECT lealup.set_member_account(:'one', :'c', 'U2', :'ben');
SELECT lives_ok(format('SELECT lealup.approve_action(%L, %L)', :'one', :'a'), 'and can, once it is put right');

-- One answer for all that is sent.
CREATE FUNCTION pg_temp.work(body jsonb, later interval DEFAULT '0') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    u lealup._sync_unit;
    r record;
    said text[] := '{}';
BEGIN
    FOR u IN SELECT * FROM lealup._sync_claim(clock_timestamp() + later, 64) LOOP
        SELECT * INTO r FROM lealup._sync_requests(u.tenant_id, u.connection_id, u.unit, u.state, '{0}');
        said := said || coalesce(r.body, r.problem);
        PERFORM lealup._sync_record(u.tenant_id, u.connection_id, u.unit, u.claim_id, u.state,
            ARRAY[ROW(0, 1, CASE WHEN r.problem IS NULL THEN 200 ELSE 0 END, '{}', CASE WHEN r.problem IS NULL THEN body END, NULL, r.problem, NULL)::lealup._sync_answer], 0, 0, clock_timestamp());
    END LOOP;
    RETURN array_to_string(said, ' ');
END $$;
SELECT is(pg_temp.work('{}'), '{"who": "U2"}', 'the request has the account');
SELECT lealup.create_action(:'one', :'c', 'tell', format('{"who": {"member": "%s"}}', :'ben')::jsonb) AS a \gset
SELECT lealup.approve_action(:'one', :'a');
SELECT lealup.set_member_account(:'one', :'c', 'U2', NULL);
SELECT matches(pg_temp.work('{}'), 'has no account at Regress', 'what becomes nobody''s meanwhile is not sent');
SELECT is(a.status || ': ' || a.error, format('failed: member %s (ben@example.com) has no account at Regress that is known', :'ben'), 'and fails, which says why') FROM lealup.action a WHERE a.id = :'a';
SELECT lealup.set_member_account(:'one', :'c', 'U2', :'ben');

-- ----- Tickets from there -----
SELECT pg_temp.come('{"entity": "ticket", "external_id": "T1", "subject": "Help", "status": "open", "priority": "high", "assignee": "U2", "author": {"email": "kim@acme.example"}, "updated_at": "2026-01-01T10:00:00Z"}',
    '{"entity": "ticket_message", "external_id": "M1", "ticket": "T1", "body": "It burns", "author": {"email": "kim@acme.example"}, "created_at": "2026-01-01T10:00:00Z"}',
    '{"entity": "ticket_message", "external_id": "M2", "ticket": "T1", "body": "I see", "author": {"external_id": "U2"}}') AS counts \gset
SELECT is(:'counts'::jsonb ->> 'failed', '0', 'a ticket and its messages come in together');
SELECT is(ROW(t.subject, t.status, t.priority, t.assignee_id, t.contact_id, t.customer_id, t.source)::text, ROW('Help', 'open', 'high', :'ben'::uuid, :'kim'::uuid, :'acme'::uuid, 'regress')::text, 'with who asks and who answers') FROM lealup.ticket t WHERE t.external_id = 'T1';
SELECT id AS ticket FROM lealup.ticket WHERE external_id = 'T1' \gset
SELECT results_eq(format('SELECT m.body, m.author_contact_id, m.author_member_id FROM lealup.ticket_message m WHERE m.ticket_id = %L ORDER BY m.body', :'ticket'), format($$VALUES ('I see', NULL::uuid, %L::uuid), ('It burns', %L, NULL)$$, :'ben', :'kim'), 'the messages have their authors');
SELECT is((SELECT count(*) FROM lealup.event e WHERE e.context ->> 'origin' = :'c'), 3::bigint, 'the events say where they come from');
SELECT pg_temp.come('{"entity": "ticket_message", "external_id": "M1", "ticket": "T1", "body": "It burns!", "author": {"email": "kim@acme.example"}}');
SELECT is((SELECT string_agg(m.body, ', ' ORDER BY m.body) FROM lealup.ticket_message m WHERE m.ticket_id = :'ticket'), 'I see, It burns!', 'an edit follows');
SELECT pg_temp.come('{"entity": "ticket_message", "external_id": "M1", "gone": true}');
SELECT is((SELECT string_agg(m.body, ', ' ORDER BY m.body) FROM lealup.ticket_message m WHERE m.ticket_id = :'ticket'), '(deleted), I see', 'so does a deletion');
SELECT is(pg_temp.come('{"entity": "ticket_message", "external_id": "M3", "ticket": "T9", "body": "x"}') ->> 'failed', '1', 'a message of no known ticket is set aside');
SELECT is(pg_temp.come('{"entity": "ticket", "external_id": "T2", "subject": "x", "status": "nonsense", "updated_at": "2026-01-01T10:00:00Z"}') ->> 'failed', '1', 'as is a ticket in no state that there is');
SELECT is(pg_temp.come('{"entity": "ticket", "external_id": "T3", "subject": "x", "create": false}') ->> 'created', '1', 'one that is not to be made');
SELECT is((SELECT count(*) FROM lealup.ticket WHERE external_id = 'T3'), 0::bigint, 'is not');

-- ----- Both change it -----
CREATE FUNCTION pg_temp.ticket(id uuid) RETURNS text LANGUAGE sql AS $$ SELECT concat_ws(' ', t.subject, t.status, t.priority, (SELECT m.name FROM lealup.member m WHERE m.id = t.assignee_id)) FROM lealup.ticket t WHERE t.id = ticket.id $$;
SELECT pg_temp.come('{"entity": "ticket", "external_id": "T1", "subject": "Help!", "status": "pending", "priority": "high", "assignee": null, "updated_at": "2026-01-01T11:00:00Z"}');
SELECT is(pg_temp.ticket(:'ticket'), 'Help! pending high', 'what changed there is taken over');
UPDATE lealup.ticket SET status = 'resolved', assignee_id = :'ada' WHERE id = :'ticket';
SELECT pg_temp.come('{"entity": "ticket", "external_id": "T1", "subject": "Help me", "status": "pending", "priority": "high", "assignee": null, "updated_at": "2026-01-01T12:00:00Z"}');
SELECT is(pg_temp.ticket(:'ticket'), 'Help me resolved high Ada', 'what only changed here stays, field by field');
SELECT pg_temp.come(format('{"entity": "ticket", "external_id": "T1", "subject": "Help me", "status": "open", "priority": "low", "assignee": "U2", "updated_at": "%s", "changed_at": {"assignee": "2026-01-01T12:00:00Z"}}', lealup._rfc3339(clock_timestamp() + interval '1 h'))::jsonb);
SELECT is(pg_temp.ticket(:'ticket'), 'Help me open low Ada', 'of what both have changed the later change wins');
UPDATE lealup.ticket SET status = 'pending' WHERE id = :'ticket';
UPDATE lealup.external_object SET changed_at = changed_at || '{"status": "2026-05-01T00:00:00Z"}', updated_at = NULL WHERE object_id = :'ticket';
SELECT pg_temp.come('{"entity": "ticket", "external_id": "T1", "status": "resolved", "updated_at": "2026-05-01T00:00:00Z", "truth": "lealup"}');
SELECT is(pg_temp.ticket(:'ticket'), 'Help me pending low Ada', 'of two at one time that of the source of truth: ours');
SELECT pg_temp.come('{"entity": "ticket", "external_id": "T1", "status": "open", "updated_at": "2026-05-01T00:00:00Z"}');
SELECT is(pg_temp.ticket(:'ticket'), 'Help me open low Ada', 'or theirs');
SELECT pg_temp.come('{"entity": "ticket", "external_id": "T1", "assignee": "U9", "updated_at": "2030-01-01T00:00:00Z"}');
SELECT is(pg_temp.ticket(:'ticket'), 'Help me open low Ada', 'an account that is nobody''s changes nothing');
SELECT pg_temp.come('{"entity": "ticket", "external_id": "T1", "gone": true}');
SELECT is(ROW(pg_temp.ticket(:'ticket'), x.deleted_at IS NOT NULL)::text, ROW('Help me open low Ada', true)::text, 'a ticket that is deleted there stays here') FROM lealup.external_object x WHERE x.external_id = 'T1';

-- ----- What we have made there -----
INSERT INTO lealup.ticket (tenant_id, subject) VALUES (:'one', 'Ours') RETURNING id AS ours \gset
INSERT INTO lealup.ticket_message (tenant_id, ticket_id, body) VALUES (:'one', :'ours', 'Our words') RETURNING id AS words \gset
INSERT INTO lealup.task (tenant_id, title) VALUES (:'one', 'Do it') RETURNING id AS task \gset
CREATE FUNCTION pg_temp.send(operation text, answer jsonb, ticket uuid, message uuid, task uuid, key text DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    a uuid := lealup.create_action(current_setting('test.one')::uuid, current_setting('test.c')::uuid, operation, '{}', ticket_id => ticket, ticket_message_id => message, task_id => task, idempotency_key => key);
BEGIN
    PERFORM lealup.approve_action(current_setting('test.one')::uuid, a);
    PERFORM pg_temp.work(answer);
    RETURN (SELECT x.status FROM lealup.action x WHERE x.id = a);
END $$;
SELECT is(pg_temp.send('issue', '{"external_id": "I1", "base": {"subject": "Ours", "status": "open"}}', :'ours', NULL, NULL), 'sent', 'an issue of a ticket');
SELECT is(pg_temp.send('say', '{"external_id": "W1"}', :'ours', :'words', NULL), 'sent', 'a comment of a message');
SELECT is(pg_temp.send('todo', '{"external_id": "D1"}', NULL, NULL, :'task'), 'sent', 'a to-do of a task');
SELECT pg_temp.come('{"entity": "ticket", "external_id": "I1", "subject": "Ours", "status": "open", "priority": "low", "updated_at": "2026-01-01T00:00:00Z"}',
    '{"entity": "ticket_message", "external_id": "W1", "ticket": "I1", "body": "*Our words*"}', '{"entity": "task", "external_id": "D1", "title": "DO IT", "status": "open", "updated_at": "2026-01-01T00:00:00Z"}',
    '{"entity": "ticket_message", "external_id": "W2", "ticket": "I1", "body": "Their words", "author": {"external_id": "U2"}}');
SELECT is(pg_temp.ticket(:'ours'), 'Ours open normal', 'what comes back is no news, however it is shown there');
SELECT is((SELECT string_agg(m.body, ', ' ORDER BY m.body) FROM lealup.ticket_message m WHERE m.ticket_id = :'ours'), 'Our words, Their words', 'no echo, and an answer lands in our ticket');
SELECT is((SELECT count(*) FROM lealup.ticket WHERE tenant_id = :'one'), 2::bigint, 'there is no other ticket');
SELECT pg_temp.come('{"entity": "ticket", "external_id": "I1", "subject": "Ours", "status": "resolved", "priority": "urgent", "updated_at": "2026-01-02T00:00:00Z"}', '{"entity": "task", "external_id": "D1", "title": "DO IT", "status": "completed", "updated_at": "2026-01-02T00:00:00Z"}');
SELECT is(pg_temp.ticket(:'ours') || ', ' || (SELECT k.title || ' ' || k.status FROM lealup.task k WHERE k.id = :'task'), 'Ours resolved urgent, Do it completed', 'what changes there afterwards is');
SELECT is(lealup._resolve_input(:'one', :'c', format('{"thread": {"external": "ticket", "id": "%s"}}', :'ours')::jsonb), '{"thread": "I1"}', 'an input may name what a ticket is called there');
SELECT throws_ok(format('SELECT lealup._resolve_input(%L, %L, ''{"external": "task", "id": "%s"}'')', :'one', :'c', :'ours'), '55000', NULL, 'if it is there');
-- The news are faster than the answer.
INSERT INTO lealup.ticket_message (tenant_id, ticket_id, body) VALUES (:'one', :'ours', 'Fast') RETURNING id AS fast \gset
SELECT pg_temp.come('{"entity": "ticket_message", "external_id": "W3", "ticket": "I1", "body": "Fast"}');
SELECT is(pg_temp.send('say', '{"external_id": "W3"}', :'ours', :'fast', NULL), 'sent', 'an answer that comes after its own news');
SELECT is((SELECT count(*) FROM lealup.ticket_message m WHERE m.ticket_id = :'ours' AND m.body = 'Fast'), 1::bigint, 'leaves one message');
INSERT INTO lealup.ticket_message (tenant_id, ticket_id, body) VALUES (:'one', :'ours', 'Keyed') RETURNING id AS keyed \gset
SELECT lealup.create_action(:'one', :'c', 'say', '{}', ticket_id => :'ours', ticket_message_id => :'keyed', idempotency_key => 'K1');
SELECT pg_temp.come('{"entity": "ticket_message", "external_id": "W4", "ticket": "I1", "body": "Keyed", "action_id": "K1"}');
SELECT is((SELECT count(*) FROM lealup.ticket_message m WHERE m.ticket_id = :'ours' AND m.body = 'Keyed'), 1::bigint, 'where the record shows the key there is never another one');
SELECT pg_temp.come('{"entity": "task", "external_id": "D2", "title": "Theirs", "updated_at": "2026-01-01T00:00:00Z"}', '{"entity": "task", "external_id": "D3", "title": "Theirs", "create": true, "assignee": "U2", "updated_at": "2026-01-01T00:00:00Z"}');
SELECT is((SELECT string_agg(k.source || ' ' || m.name, ',') FROM lealup.task k JOIN lealup.member m ON m.id = k.assignee_id WHERE k.title = 'Theirs'), 'provider Ben', 'tasks from there are made if the record says so');

-- ----- No echo -----
SELECT lealup.set_notification_rule(:'one', 'Tickets', '{ticket.updated}', :'c', 'tell', '{"text": "{{data.subject}}", "thread": {"external": "ticket", "id": "{{data.ticket_id}}"}}');
SELECT FROM lealup._fan_out(10000, now());
SELECT lealup._notifications_due(clock_timestamp(), 1000);
DELETE FROM lealup.notification_job;
SELECT pg_temp.come('{"entity": "ticket", "external_id": "I1", "subject": "Theirs", "status": "resolved", "priority": "urgent", "updated_at": "2026-01-03T00:00:00Z"}');
SELECT FROM lealup._fan_out(1000, now());
SELECT is(pg_temp.work('{}'), '', 'what came from there is not told there');
UPDATE lealup.ticket SET subject = 'Mine' WHERE id = :'ours';
SELECT FROM lealup._fan_out(1000, now());
SELECT is(pg_temp.work('{}'), '{"text": "Mine", "thread": "I1"}', 'what happens here is');

-- ----- What people do there -----
SELECT set_config('lealup.member_id', '', true);
SELECT lealup.create_action(:'one', :'c', 'tell', '{"text": "x"}') AS a \gset
SELECT is(lealup._inbound_acts(:'one', :'c', jsonb_build_array(jsonb_build_object('account', 'U9', 'do', 'approve_action', 'id', :'a'))), 'the account U9 is no member''s', 'a stranger approves nothing');
SELECT is(lealup._inbound_acts(:'one', :'c', jsonb_build_array(jsonb_build_object('account', 'U2', 'do', 'approve_action', 'id', :'a'), jsonb_build_object('account', 'U2', 'do', 'reopen_ticket', 'id', :'ours'),
    jsonb_build_object('account', 'U2', 'do', 'reopen_task', 'id', :'task'), jsonb_build_object('account', 'U2', 'do', 'acknowledge_task', 'id', :'task'))), NULL, 'a member does, by a button');
SELECT is(ROW(a.status, a.approved_by, (SELECT k.status FROM lealup.task k WHERE k.id = :'task'), (SELECT t.status FROM lealup.ticket t WHERE t.id = :'ours'))::text, ROW('approved', :'ben'::uuid, 'in_progress', 'open')::text, 'as that member') FROM lealup.action a WHERE a.id = :'a';
SELECT is((SELECT string_agg(u.action, ', ' ORDER BY u.id) FROM lealup.audit u WHERE u.member_id = :'ben' AND u.detail ->> 'account' = 'U2'), 'action.approve, ticket.reopen, task.reopen, task.acknowledge', 'which is audited');
SELECT is(lealup._approver(:'one'), NULL, 'and afterwards nobody acts');
SELECT throws_ok(format('SELECT lealup._inbound_acts(%L, %L, ''[{"account": "U2", "do": "fly"}]'')', :'one', :'c'), '22023', NULL, 'what nobody can do');

-- ----- The end -----
SELECT lealup.disconnect(:'one', :'c', purge => true);
CREATE FUNCTION pg_temp.purge() RETURNS int LANGUAGE plpgsql AS $$
DECLARE
    steps int := 0;
BEGIN
    WHILE lealup._purge_step(clock_timestamp(), 1000) LOOP
        steps := steps + 1;
    END LOOP;
    RETURN steps;
END $$;
SELECT cmp_ok(pg_temp.purge(), '>', 0, 'a connection that is purged');
SELECT is((SELECT count(*) FROM lealup.member_account) + (SELECT count(*) FROM lealup.external_object), 0::bigint, 'leaves no accounts, and nothing of what is called what there');
SELECT * FROM finish();
ROLLBACK;
