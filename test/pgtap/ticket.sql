-- Tickets: their events, their times, what people do with them, and to whom they are escalated.
BEGIN;
SELECT plan(146);

SELECT lealup.create_tenant('tickets') AS tenant \gset
SELECT lealup.create_tenant('others') AS other \gset
SELECT set_config('test.tenant', :'tenant', true);
INSERT INTO lealup.member (tenant_id, email, name, role) VALUES (:'tenant', 'ana@example.com', 'Ana', 'csm') RETURNING id AS ana \gset
INSERT INTO lealup.member (tenant_id, email, name, role) VALUES (:'tenant', 'ben@example.com', 'Ben', 'csm') RETURNING id AS ben \gset
INSERT INTO lealup.member (tenant_id, email, name, role) VALUES (:'tenant', 'dora@example.com', 'Dora', 'director') RETURNING id AS dora \gset
INSERT INTO lealup.member (tenant_id, email, name, role) VALUES (:'tenant', 'adam@example.com', 'Adam', 'admin') RETURNING id AS adam \gset
INSERT INTO lealup.member (tenant_id, email, name, role) VALUES (:'tenant', 'eve@example.com', 'Eve', 'admin') RETURNING id AS eve \gset
INSERT INTO lealup.member (tenant_id, email, role, active) VALUES (:'tenant', 'gone@example.com', 'csm', false) RETURNING id AS gone \gset
INSERT INTO lealup.segment (tenant_id, name) VALUES (:'tenant', 'big') RETURNING id AS segment \gset
INSERT INTO lealup.customer (tenant_id, name, owner_id, arr, tier, segment_id) VALUES (:'tenant', 'Acme', :'ana', 50000, 'gold', :'segment') RETURNING id AS acme \gset
INSERT INTO lealup.customer (tenant_id, name) VALUES (:'tenant', 'Orphan') RETURNING id AS orphan \gset
INSERT INTO lealup.customer (tenant_id, name, deleted_at) VALUES (:'tenant', 'Left', now()) RETURNING id AS left \gset
INSERT INTO lealup.contact (tenant_id, customer_id, name, email) VALUES (:'tenant', :'acme', 'Jo', 'jo@acme.example') RETURNING id AS jo \gset
INSERT INTO lealup.contact (tenant_id, name, email) VALUES (:'tenant', 'Stray', 'stray@example.com') RETURNING id AS stray \gset
INSERT INTO lealup.member (tenant_id, email, role) VALUES (:'other', 'x@example.com', 'admin') RETURNING id AS foreigner \gset

-- What was emitted since the last call, in order of type; and the last event of a type.
CREATE TEMP TABLE seen (id uuid PRIMARY KEY);
CREATE FUNCTION pg_temp.emitted() RETURNS text LANGUAGE sql AS $$
    WITH fresh AS MATERIALIZED (SELECT e.id, e.event_type FROM lealup.event e WHERE e.tenant_id = current_setting('test.tenant')::uuid AND e.id NOT IN (SELECT s.id FROM seen s)),
        noted AS (INSERT INTO seen SELECT f.id FROM fresh f)
    SELECT coalesce(string_agg(replace(f.event_type, 'ticket.', ''), ' ' ORDER BY f.event_type), '') FROM fresh f
$$;
CREATE FUNCTION pg_temp.last(type text) RETURNS jsonb LANGUAGE sql AS $$
    SELECT e.data::jsonb FROM lealup.event e WHERE e.tenant_id = current_setting('test.tenant')::uuid AND e.event_type = type ORDER BY e.id DESC LIMIT 1
$$;
CREATE FUNCTION pg_temp.fits(type text) RETURNS boolean LANGUAGE sql AS $$
    SELECT bool_and(t.schema -> 'properties' ? k) AND pg_temp.last(type) ?& ARRAY(SELECT jsonb_array_elements_text(t.schema -> 'required'))
        AND NOT EXISTS (SELECT FROM jsonb_object_keys(t.schema -> 'properties') p WHERE NOT pg_temp.last(type) ? p)
    FROM lealup.event_type t, jsonb_object_keys(pg_temp.last(type)) k WHERE t.name = type GROUP BY t.name, t.schema
$$;
SELECT pg_temp.emitted();

-- ----- Created -----
SELECT lealup.create_ticket(:'tenant', 'Export fails', 'It stops at 90 %.', contact_id => :'jo', priority => 'high', channel => 'email') AS t \gset
SELECT is(pg_temp.emitted(), 'created message_added', 'a ticket with its first message');
SELECT results_eq(format('SELECT customer_id, contact_id, status, priority, assignee_id, resolved_at, escalated_at FROM lealup.ticket WHERE id = %L', :'t'),
    format('VALUES (%L::uuid, %L::uuid, ''open'', ''high'', NULL::uuid, NULL::timestamptz, NULL::timestamptz)', :'acme', :'jo'), 'is open, and its contact''s customer is its own');
SELECT ok(pg_temp.last('ticket.created') @> jsonb_build_object('ticket_id', :'t', 'customer_id', :'acme', 'customer_name', 'Acme', 'subject', 'Export fails',
    'ticket_status', 'open', 'priority', 'high', 'channel', 'email', 'contact_id', :'jo', 'assignee_id', NULL, 'owner_email', 'ana@example.com'), 'the payload says so');
SELECT ok(pg_temp.fits('ticket.created'), 'and is what the catalog says');
SELECT results_eq($$SELECT customer_id, context ->> 'segment_id', context ->> 'tier' FROM lealup.event WHERE event_type = 'ticket.created'
    AND tenant_id = current_setting('test.tenant')::uuid$$, format('VALUES (%L::uuid, %L, ''gold'')', :'acme', :'segment'), 'filters can ask for the customer');
SELECT results_eq(format('SELECT author_contact_id, body FROM lealup.ticket_message WHERE ticket_id = %L', :'t'),
    format('VALUES (%L::uuid, ''It stops at 90 %%.'')', :'jo'), 'the first message is the contact''s');
SELECT is((SELECT array_agg(action ORDER BY id) FROM lealup.audit WHERE object_id = :'t'), '{ticket.create,ticket.message}', 'both are audited');
SELECT lealup.create_ticket(:'tenant', 'Anonymous', 'Hello?') AS anonymous \gset
SELECT is(pg_temp.emitted(), 'created message_added', 'a ticket without customer');
SELECT ok(pg_temp.last('ticket.created') @> '{"customer_id": null, "customer_name": null, "owner_id": null}', 'says so');
SELECT is((SELECT context FROM lealup.event WHERE event_type = 'ticket.created' AND data ->> 'ticket_id' = :'anonymous'), NULL, 'and has no customer to filter by');
SELECT is(pg_temp.last('ticket.message_added') -> 'author', 'null', 'a message of the application itself has no author');
INSERT INTO lealup.ticket (tenant_id, subject, source, external_id) SELECT :'tenant', 'bulk ' || n, 'bulk', n FROM generate_series(1, 300) n;
SELECT is(pg_temp.emitted(), rtrim(repeat('created ', 300)), 'a bulk insert emits one event each');
SELECT lives_ok(format('INSERT INTO lealup.ticket (tenant_id, subject) SELECT %L, ''x'' WHERE false', :'tenant'), 'none inserts');
INSERT INTO lealup.ticket (tenant_id, subject, status, source, external_id, resolved_at) VALUES
    (:'tenant', 'old', 'resolved', 'load', 1, '2020-01-01'), (:'tenant', 'old', 'resolved', 'load', 2, NULL), (:'tenant', 'old', 'open', 'load', 3, '2020-01-01'),
    (:'tenant', 'old', 'escalated', 'load', 4, NULL);
SELECT is(pg_temp.emitted(), 'created created created created', 'one that comes as resolved or escalated is only created');
SELECT results_eq('SELECT external_id, resolved_at = ''2020-01-01'', resolved_at IS NULL, escalated_at IS NULL FROM lealup.ticket WHERE source = ''load'' ORDER BY 1',
    $$VALUES ('1', true, false, true), ('2', false, false, true), ('3', NULL, true, true), ('4', NULL, true, false)$$, 'and has the times of its status');
SELECT throws_ok(format('SELECT lealup.create_ticket(%L, %L)', :'tenant', s), '22023', NULL, format('a subject of %s characters', length(s))) FROM unnest(ARRAY['', repeat('x', 1001)]) s;
SELECT throws_ok(format('SELECT lealup.create_ticket(%L, NULL)', :'tenant'), '22023', NULL, 'no subject');
SELECT throws_ok(format('SELECT lealup.create_ticket(%L, ''x'', priority => %L)', :'tenant', 'p1'), '22023', NULL, 'an unknown priority');
SELECT throws_ok(format('SELECT lealup.create_ticket(%L, ''x'', %s => %L)', :'tenant', f, v), '22023', m, m)
FROM (VALUES ('channel', '', 'channel must have 1 to 100 characters'), ('source', NULL, 'source must have 1 to 100 characters'), ('external_id', repeat('x', 1001), 'external_id must have 1 to 1000 characters')) x(f, v, m);
SELECT throws_ok(format('SELECT lealup.create_ticket(%L, ''x'', assignee_id => %L)', :'tenant', m), 'P0002', NULL, 'an assignee that is inactive or another tenant''s')
FROM unnest(ARRAY[:'gone', :'foreigner']) m;
SELECT throws_ok(format('SELECT lealup.create_ticket(%L, ''x'', customer_id => %L)', :'tenant', :'left'), 'P0002', NULL, 'a customer that was deleted');
SELECT throws_ok(format('SELECT lealup.create_ticket(%L, ''x'', contact_id => %L)', :'tenant', :'ana'), 'P0002', NULL, 'a contact that is none');
SELECT lealup.create_ticket(:'tenant', 'x', source => 'linear', external_id => '1') IS NOT NULL;
SELECT throws_ok(format('SELECT lealup.create_ticket(%L, ''x'', source => ''linear'', external_id => ''1'')', :'tenant'), '23505', NULL, 'a second one of the same external id');
SELECT pg_temp.emitted();

-- ----- Updated -----
UPDATE lealup.ticket SET priority = 'urgent', subject = 'Export fails again' WHERE id = :'t';
SELECT is(pg_temp.emitted(), 'updated', 'a changed field');
SELECT is(pg_temp.last('ticket.updated') -> 'changes',
    '{"priority": {"previous": "high", "current": "urgent"}, "subject": {"previous": "Export fails", "current": "Export fails again"}}', 'with what changed');
SELECT ok(pg_temp.fits('ticket.updated'), 'as the catalog says');
UPDATE lealup.ticket SET priority = 'urgent' WHERE id = :'t';
SELECT is(pg_temp.emitted(), '', 'an update that changes nothing');
UPDATE lealup.ticket SET payload = '{"secret": 1}' WHERE id = :'t';
SELECT is(pg_temp.emitted(), '', 'a source''s raw payload is nobody''s news');
UPDATE lealup.ticket SET payload = '{"secret": 2}', channel = 'slack' WHERE id = :'t';
SELECT is(pg_temp.last('ticket.updated') -> 'changes', '{"channel": {"previous": "email", "current": "slack"}}', 'and is not sent along');
SELECT pg_temp.emitted();
SELECT lealup.update_ticket(:'tenant', :'t', subject => 'Export', status => 'pending');
SELECT is(pg_temp.emitted(), 'updated', 'the function');
SELECT is(pg_temp.last('ticket.updated') -> 'changes',
    '{"status": {"previous": "open", "current": "pending"}, "subject": {"previous": "Export fails again", "current": "Export"}}', 'changes what it is given');
SELECT lealup.update_ticket(:'tenant', :'t', subject => 'Export', priority => 'urgent'), lealup.update_ticket(:'tenant', :'t');
SELECT is(pg_temp.emitted(), '', 'and nothing otherwise');
SELECT is((SELECT array_agg(detail -> 'subject' ->> 'current') FROM lealup.audit WHERE object_id = :'t' AND action = 'ticket.update'), '{Export}', 'it is audited, once');
SELECT throws_ok(format('SELECT lealup.update_ticket(%L, %L, %s)', :'tenant', :'t', a), '22023', NULL, a)
FROM unnest(ARRAY['subject => ''''', 'priority => ''p1''', 'status => ''escalated''', 'status => ''gone''']) a;
SELECT throws_ok(format('SELECT lealup.update_ticket(%L, %L, %s => %L)', :'tenant', :'t', f, i), 'P0002', NULL, f)
FROM (VALUES ('customer_id', :'left'), ('contact_id', :'ana')) v(f, i);
SELECT throws_ok(format('SELECT lealup.update_ticket(%L, %L, ''x'')', :'other', :'t'), 'P0002', NULL, 'not through another tenant');
SELECT lealup.update_ticket(:'tenant', :'t', status => 'open');
SELECT pg_temp.emitted();
-- The update of one row above has planned the trigger's query; a plan that is quadratic would take minutes here.
INSERT INTO lealup.ticket (tenant_id, subject, source, external_id) SELECT :'tenant', 'many', 'many', n FROM generate_series(1, 20000) n;
SELECT pg_temp.emitted() IS NOT NULL;
SET LOCAL statement_timeout = '30s';
UPDATE lealup.ticket SET status = 'resolved' WHERE source = 'many' AND tenant_id = :'tenant';
RESET statement_timeout;
SELECT is(pg_temp.emitted(), rtrim(repeat('resolved ', 20000) || repeat('updated ', 20000)), 'a bulk change emits as many, and in time');
SELECT is((SELECT count(*) FROM lealup.ticket WHERE source = 'many' AND resolved_at IS NULL), 0::bigint, 'each has its time');
SELECT lives_ok('UPDATE lealup.ticket SET status = ''open'' WHERE false', 'an update of no row');
SELECT is(pg_temp.emitted(), '', 'is none');

-- ----- Assigned, resolved, reopened -----
SELECT lealup.assign_ticket(:'tenant', :'t', :'ben');
SELECT is(pg_temp.emitted(), 'updated', 'assigning');
SELECT is(pg_temp.last('ticket.updated') ->> 'assignee_email', 'ben@example.com', 'says to whom');
SELECT lealup.assign_ticket(:'tenant', :'t', :'ben');
SELECT is(pg_temp.emitted(), '', 'once');
SELECT throws_ok(format('SELECT lealup.assign_ticket(%L, %L, %L)', :'tenant', :'t', :'gone'), 'P0002', NULL, 'not to somebody inactive');
SELECT throws_ok(format('SELECT lealup.assign_ticket(%L, %L, %L)', :'tenant', :'ana', :'ben'), 'P0002', NULL, 'no ticket');
SELECT lealup.resolve_ticket(:'tenant', :'t');
SELECT is(pg_temp.emitted(), 'resolved updated', 'resolving');
SELECT ok(pg_temp.fits('ticket.resolved'), 'as the catalog says');
SELECT is((pg_temp.last('ticket.resolved') ->> 'resolved_at')::timestamptz, (SELECT resolved_at FROM lealup.ticket WHERE id = :'t'), 'with its time');
SELECT lealup.resolve_ticket(:'tenant', :'t');
SELECT is(pg_temp.emitted(), '', 'once');
SELECT lealup.reopen_ticket(:'tenant', :'t');
SELECT is(pg_temp.emitted(), 'updated', 'reopening');
SELECT is((SELECT status || coalesce(resolved_at::text, '') FROM lealup.ticket WHERE id = :'t'), 'open', 'clears the time');
UPDATE lealup.ticket SET status = 'resolved' WHERE id = :'t';
SELECT is(pg_temp.emitted(), 'resolved updated', 'a plain update resolves as well');
SELECT is((pg_temp.last('ticket.resolved') ->> 'resolved_at')::timestamptz, (SELECT resolved_at FROM lealup.ticket WHERE id = :'t'), 'with its time');
SELECT is(pg_temp.last('ticket.updated') -> 'changes', '{"status": {"previous": "open", "current": "resolved"}}', 'that is no change of its own');
UPDATE lealup.ticket SET status = 'pending' WHERE id = :'t';
SELECT is((SELECT resolved_at FROM lealup.ticket WHERE id = :'t'), NULL, 'and takes it away');
SELECT pg_temp.emitted();
SELECT is((SELECT array_agg(action ORDER BY id) FROM lealup.audit WHERE object_id = :'t' AND action NOT IN ('ticket.create', 'ticket.update', 'ticket.message')),
    '{ticket.assign,ticket.resolve,ticket.reopen}', 'functions are audited, what changes nothing is not');

-- ----- Messages -----
SELECT lealup.add_ticket_message(:'tenant', :'t', 'Try again.', author_member_id => :'ben') IS NOT NULL;
SELECT is(pg_temp.emitted(), 'message_added', 'a member''s message');
SELECT ok(pg_temp.last('ticket.message_added') @> jsonb_build_object('author', 'member', 'author_member_id', :'ben', 'author_name', 'Ben', 'body', 'Try again.',
    'internal', false, 'body_truncated', false, 'ticket_status', 'pending', 'source', 'manual'), 'has its text');
SELECT ok(pg_temp.fits('ticket.message_added'), 'as the catalog says');
SELECT lealup.add_ticket_message(:'tenant', :'t', 'They are a nuisance.', author_member_id => :'ben', internal => true) IS NOT NULL;
SELECT is(pg_temp.emitted(), 'message_added', 'an internal one');
SELECT ok(pg_temp.last('ticket.message_added') @> '{"internal": true, "body": null}', 'is marked and has none');
SELECT is((SELECT count(*) FROM lealup.event WHERE data::text LIKE '%nuisance%' OR context::text LIKE '%nuisance%'), 0::bigint, 'its text is in no event');
SELECT is((SELECT count(*) FROM lealup.audit WHERE detail::text LIKE '%nuisance%'), 0::bigint, 'and not in the audit');
SELECT lealup.add_ticket_message(:'tenant', :'t', 'Still broken.', author_contact_id => :'jo') IS NOT NULL;
SELECT is(pg_temp.emitted(), 'message_added updated', 'a contact''s message on a pending ticket');
SELECT is((SELECT status FROM lealup.ticket WHERE id = :'t'), 'open', 'opens it again');
SELECT is(pg_temp.last('ticket.message_added') ->> 'ticket_status', 'open', 'and knows');
SELECT lealup.resolve_ticket(:'tenant', :'t');
SELECT lealup.add_ticket_message(:'tenant', :'t', 'Thanks.', author_member_id => :'ben') IS NOT NULL;
SELECT is((SELECT status FROM lealup.ticket WHERE id = :'t'), 'resolved', 'a member''s does not');
SELECT pg_temp.emitted();
INSERT INTO lealup.ticket_message (tenant_id, ticket_id, author_contact_id, body) SELECT :'tenant', :'t', :'jo', 'No. ' || n FROM generate_series(1, 3) n;
SELECT is(pg_temp.emitted(), 'message_added message_added message_added updated', 'several by plain insert');
SELECT results_eq(format('SELECT status, resolved_at FROM lealup.ticket WHERE id = %L', :'t'), 'VALUES (''open'', NULL::timestamptz)', 'open it once');
SELECT lealup.add_ticket_message(:'tenant', :'t', repeat('é', 10001), author_contact_id => :'jo') IS NOT NULL;
SELECT is(length(pg_temp.last('ticket.message_added') ->> 'body') || (pg_temp.last('ticket.message_added') ->> 'body_truncated'), '10000true', 'a long text is cut');
SELECT throws_ok(format('SELECT lealup.add_ticket_message(%L, %L, ''x'', %L, %L)', :'tenant', :'t', :'ben', :'jo'), '22023', NULL, 'two authors');
SELECT throws_ok(format('SELECT lealup.add_ticket_message(%L, %L, ''x'', author_contact_id => %L, internal => true)', :'tenant', :'t', :'jo'), '22023', NULL, 'a contact writes nothing internal');
SELECT throws_ok(format('INSERT INTO lealup.ticket_message (tenant_id, ticket_id, author_contact_id, internal, body) VALUES (%L, %L, %L, true, ''x'')', :'tenant', :'t', :'jo'),
    '23514', NULL, 'by no means');
SELECT throws_ok(format('SELECT lealup.add_ticket_message(%L, %L, ''x'', %s => '''')', :'tenant', :'t', f), '22023', f || m, 'an empty ' || f)
FROM (VALUES ('source', ' must have 1 to 100 characters'), ('external_id', ' must have 1 to 1000 characters')) x(f, m);
SELECT throws_ok(format('SELECT lealup.update_ticket(%L, %L, channel => '''')', :'tenant', :'t'), '22023', 'channel must have 1 to 100 characters', 'an empty channel');
SELECT throws_ok(format('SELECT lealup.add_ticket_message(%L, %L, '''')', :'tenant', :'t'), '22023', NULL, 'an empty text');
SELECT throws_ok(format('SELECT lealup.add_ticket_message(%L, %L, ''x'', %L)', :'tenant', :'t', :'gone'), 'P0002', NULL, 'somebody inactive');
SELECT throws_ok(format('SELECT lealup.add_ticket_message(%L, %L, ''x'')', :'tenant', :'ana'), 'P0002', NULL, 'no ticket');
SELECT throws_ok(format('SELECT lealup.add_ticket_message(%L, %L, ''x'')', :'other', :'t'), 'P0002', NULL, 'not through another tenant');
SELECT pg_temp.emitted();

-- ----- Escalated -----
SELECT is(lealup.escalate_ticket(:'tenant', :'t', 'Slow'), :'ana', 'without rules the customer''s owner has it');
SELECT is(pg_temp.emitted(), 'escalated updated', 'two events');
SELECT ok(pg_temp.last('ticket.escalated') @> jsonb_build_object('reason', 'Slow', 'from_id', :'ben', 'from_email', 'ben@example.com', 'to_id', :'ana', 'to_email', 'ana@example.com',
    'ticket_status', 'escalated', 'assignee_id', :'ana'), 'with reason, from and to');
SELECT ok(pg_temp.fits('ticket.escalated'), 'as the catalog says');
SELECT throws_ok(format('SELECT lealup.escalate_ticket(%L, %L)', :'tenant', :'t'), '55000', NULL, 'not twice');
SELECT lealup.add_ticket_message(:'tenant', :'t', 'Hurry.', author_contact_id => :'jo') IS NOT NULL;
SELECT is((SELECT status FROM lealup.ticket WHERE id = :'t'), 'escalated', 'the contact''s message leaves it escalated');
SELECT lealup.resolve_ticket(:'tenant', :'t');
SELECT results_eq(format('SELECT escalated_at IS NOT NULL, escalation_reason, resolved_at IS NOT NULL FROM lealup.ticket WHERE id = %L', :'t'),
    'VALUES (true, ''Slow'', true)', 'the escalation stays known');
SELECT pg_temp.emitted();
UPDATE lealup.ticket SET status = 'escalated' WHERE id = :'t';
SELECT is(pg_temp.emitted(), 'escalated updated', 'a plain update escalates as well, from resolved, too');
SELECT is(pg_temp.last('ticket.escalated') -> 'reason', 'null', 'without the earlier reason');
SELECT results_eq(format('SELECT escalation_reason, resolved_at FROM lealup.ticket WHERE id = %L', :'t'), 'VALUES (NULL, NULL::timestamptz)', 'which is gone');
SELECT is(lealup.escalate_ticket(:'tenant', :'anonymous'), :'adam', 'without customer the first admin has it');
SELECT is(pg_temp.last('ticket.escalated') ->> 'customer_id', NULL, 'also in the event');

-- Gives who would have a ticket with these facts.
CREATE FUNCTION pg_temp.target(customer uuid, priority text DEFAULT 'normal', channel text DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(m.name, 'nobody') || coalesce('@' || x.rule_position, '')
    FROM lealup._escalation_target(jsonb_populate_record(NULL::lealup.ticket, jsonb_build_object('tenant_id', current_setting('test.tenant'), 'customer_id', customer,
        'priority', priority, 'channel', channel, 'status', 'open'))) x
    LEFT JOIN lealup.member m ON m.id = x.member_id
$$;
SELECT is(pg_temp.target(:'orphan'), 'Adam', 'a customer without owner: the first admin');
UPDATE lealup.member SET active = false WHERE id = :'adam';
SELECT is(pg_temp.target(:'orphan'), 'Eve', 'the first that is active');
UPDATE lealup.member SET active = false WHERE id = :'ana';
SELECT is(pg_temp.target(:'acme'), 'Eve', 'an inactive owner is passed over');
UPDATE lealup.member SET active = true WHERE id IN (:'ana', :'adam');
SELECT lealup.set_escalation_rule(:'tenant', 20, 'director', filters => '{"priority": ["high", "urgent"]}') IS NOT NULL;
SELECT lealup.set_escalation_rule(:'tenant', 10, 'member', :'ben', jsonb_build_object('segment_id', :'segment', 'tier', 'gold', 'min_arr', 50000, 'channel', 'slack')) IS NOT NULL;
SELECT lealup.set_escalation_rule(:'tenant', 30, 'owner', filters => '{"min_arr": 60000}') AS third \gset
SELECT is(ARRAY[pg_temp.target(:'acme', 'high', 'slack'), pg_temp.target(:'acme', 'high', 'email'), pg_temp.target(:'orphan', 'urgent', 'slack'), pg_temp.target(NULL, 'urgent'),
    pg_temp.target(:'acme'), pg_temp.target(NULL)], '{Ben@10,Dora@20,Dora@20,Dora@20,Ana,Adam}', 'the first rule by position whose every filter matches');
SELECT is(lealup.set_escalation_rule(:'tenant', 30, 'owner'), :'third', 'a rule takes the place of one');
SELECT is(ARRAY[pg_temp.target(:'acme'), pg_temp.target(:'orphan')], '{Ana@30,Adam}', 'one that names nobody is passed over');
UPDATE lealup.member SET active = false WHERE id IN (:'ben', :'dora');
SELECT is(pg_temp.target(:'acme', 'high', 'slack'), 'Ana@30', 'so are those who are inactive');
UPDATE lealup.member SET active = true WHERE id IN (:'ben', :'dora');
SELECT lealup.reopen_ticket(:'tenant', :'t');
SELECT is(lealup.escalate_ticket(:'tenant', :'t'), :'ben', 'escalate_ticket() follows the rules');
SELECT is((SELECT detail ->> 'rule_position' FROM lealup.audit WHERE object_id = :'t' AND action = 'ticket.escalate' ORDER BY id DESC LIMIT 1), '10', 'and the audit says which');
SELECT lealup.delete_escalation_rule(:'tenant', 10);
SELECT is(pg_temp.target(:'acme', 'high', 'slack'), 'Dora@20', 'without it the next one counts');
SELECT throws_ok(format('SELECT lealup.delete_escalation_rule(%L, 10)', :'tenant'), 'P0002', NULL, 'which is not there twice');
SELECT throws_ok(format('SELECT lealup.set_escalation_rule(%L, 1, %s)', :'tenant', x), '22023', NULL, x) FROM unnest(ARRAY['''owner'', filters => ''{"mood": "bad"}''',
    '''owner'', filters => ''{"priority": "p1"}''', '''owner'', filters => ''{"min_arr": "5"}''', '''owner'', filters => ''[]''', '''nobody''', '''member''',
    format('''owner'', %L', :'ana')]) x;
SELECT throws_ok(format('SELECT lealup.set_escalation_rule(%L, 1, ''member'', %L)', :'tenant', :'foreigner'), 'P0002', NULL, 'another tenant''s member');
SELECT throws_ok(format('SELECT lealup.set_escalation_rule(%L, 0, ''owner'')', :'tenant'), '22023', NULL, 'a position below one');

-- ----- Whatever causes nothing -----
SELECT pg_temp.emitted() IS NOT NULL;
SET LOCAL lealup.suppress_events = on;
UPDATE lealup.ticket SET status = 'resolved' WHERE id = :'t';
INSERT INTO lealup.ticket_message (tenant_id, ticket_id, author_contact_id, body) VALUES (:'tenant', :'t', :'jo', 'From the archive');
SET LOCAL lealup.suppress_events = off;
SELECT is(pg_temp.emitted(), '', 'a load emits nothing');
SELECT results_eq(format('SELECT status, resolved_at IS NOT NULL FROM lealup.ticket WHERE id = %L', :'t'), 'VALUES (''resolved'', true)', 'keeps times, and old messages open nothing');
UPDATE lealup.tenant SET home = 'elsewhere' WHERE tenant_id = :'tenant';
INSERT INTO lealup.ticket_message (tenant_id, ticket_id, author_contact_id, body) VALUES (:'tenant', :'t', :'jo', 'Restored');
INSERT INTO lealup.ticket (tenant_id, subject, status) VALUES (:'tenant', 'Restored', 'resolved');
SELECT is(pg_temp.emitted(), '', 'nor does a restore');
SELECT results_eq('SELECT status, resolved_at FROM lealup.ticket WHERE subject = ''Restored''', 'VALUES (''resolved'', NULL::timestamptz)', 'which changes nothing either');
SELECT is((SELECT status FROM lealup.ticket WHERE id = :'t'), 'resolved', 'and opens nothing');
UPDATE lealup.tenant SET home = lealup.home() WHERE tenant_id = :'tenant';

-- ----- Rights -----
CREATE ROLE lealup_test_app;
CREATE ROLE lealup_test_reader;
SELECT lealup.grant_access('lealup_test_app', 'app', :'tenant'), lealup.grant_access('lealup_test_reader', 'reader', :'tenant');
GRANT SELECT, INSERT ON seen TO lealup_test_app;
SET LOCAL ROLE lealup_test_app;
SET LOCAL lealup.member_id = :'ana';
SELECT lealup.create_ticket(:'tenant', 'By Ana', 'Called in.') AS mine \gset
SELECT is((SELECT author_member_id FROM lealup.ticket_message WHERE ticket_id = :'mine'), :'ana', 'the acting member is the author');
SELECT throws_ok(format('SELECT lealup.set_escalation_rule(%L, 1, ''owner'')', :'tenant'), '42501', NULL, 'a csm sets no rules');
SELECT throws_ok(format('SELECT lealup.delete_escalation_rule(%L, 20)', :'tenant'), '42501', NULL, 'nor removes any');
SELECT throws_ok(format('UPDATE lealup.ticket SET resolved_at = now() WHERE id = %L', :'mine'), '42501', NULL, 'nobody sets the times');
SET LOCAL lealup.member_id = :'gone';
SELECT throws_ok(format('SELECT lealup.%s', c), '42501', NULL, 'somebody inactive does nothing: ' || c)
FROM unnest(ARRAY[format('create_ticket(%L, ''x'')', :'tenant'), format('add_ticket_message(%L, %L, ''x'')', :'tenant', :'mine'), format('assign_ticket(%L, %L, NULL)', :'tenant', :'mine'),
    format('resolve_ticket(%L, %L)', :'tenant', :'mine'), format('reopen_ticket(%L, %L)', :'tenant', :'mine'), format('escalate_ticket(%L, %L)', :'tenant', :'mine')]) c;
SET LOCAL ROLE lealup_test_reader;
SELECT cmp_ok(count(*), '>', 0::bigint, 'a reader sees the rules') FROM lealup.escalation_rule;
SELECT throws_ok(format('SELECT lealup.escalate_ticket(%L, %L)', :'tenant', :'mine'), '42501', NULL, 'and escalates nothing');
-- Whoever belongs to another tenant, or to none.
RESET ROLE;
SET LOCAL lealup.member_id = '';
CREATE ROLE lealup_test_stranger;
CREATE ROLE lealup_test_unbound;
SELECT lealup.grant_access('lealup_test_stranger', 'app', :'other'), lealup.grant_access('lealup_test_unbound', 'app');
CREATE FUNCTION pg_temp.visible() RETURNS bigint LANGUAGE sql AS $$
    SELECT (SELECT count(*) FROM lealup.ticket) + (SELECT count(*) FROM lealup.ticket_message) + (SELECT count(*) FROM lealup.escalation_rule)
$$;
CREATE FUNCTION pg_temp.touched() RETURNS bigint LANGUAGE sql AS $$
    WITH u AS (UPDATE lealup.ticket SET subject = 'mine' RETURNING 1) SELECT count(*) FROM u
$$;
SET LOCAL ROLE lealup_test_stranger;
SELECT is(pg_temp.visible(), 0::bigint, 'another tenant sees nothing of it');
SELECT is(pg_temp.touched(), 0::bigint, 'changes nothing');
SELECT throws_ok(format('INSERT INTO lealup.ticket (tenant_id, subject) VALUES (%L, ''x'')', :'tenant'), '42501', NULL, 'adds nothing');
SELECT throws_ok(format('SELECT lealup.update_ticket(%L, %L, ''x'')', :'tenant', :'mine'), '42501', NULL, 'by no function');
SELECT throws_ok(format('SELECT lealup.add_ticket_message(%L, %L, ''x'')', :'other', :'mine'), 'P0002', NULL, 'nor under its own name');
SELECT throws_ok(format('INSERT INTO lealup.ticket_message (tenant_id, ticket_id, body) VALUES (%L, %L, ''x'')', :'other', :'mine'), '23503', NULL, 'in no other way');
SET LOCAL ROLE lealup_test_unbound;
SELECT is(pg_temp.visible(), 0::bigint, 'without a tenant there is nothing to be seen');
SELECT is(pg_temp.touched(), 0::bigint, 'nor to be changed');
SELECT set_config('lealup.tenant_id', :'tenant', true);
SELECT cmp_ok(pg_temp.visible(), '>', 0::bigint, 'until one is chosen');
RESET ROLE;

SELECT * FROM finish();
ROLLBACK;
