-- Mail to members: who is told of what, how often, in which words; storms, limits, retries, addresses that fail, links that end it.
BEGIN;
SELECT plan(97);
-- There is no mail server here: only what is before it is looked at.
CREATE OR REPLACE FUNCTION lealup._mail_is_on() RETURNS boolean LANGUAGE sql STABLE RETURN true;

SELECT lealup.create_tenant('Northwind') AS tenant, lealup.create_tenant('Other') AS other, lealup.create_tenant('Elsewhere') AS elsewhere \gset
CREATE FUNCTION pg_temp.member(tenant uuid, email text, role text DEFAULT 'csm', active boolean DEFAULT true) RETURNS uuid LANGUAGE sql
    AS $$ INSERT INTO lealup.member (tenant_id, email, name, role, active) VALUES ($1, $2, 'Somebody', $3, $4) RETURNING id $$;
SELECT pg_temp.member(:'tenant', 'ana@team.example', 'admin') AS ana, pg_temp.member(:'tenant', 'ben@team.example') AS ben,
    pg_temp.member(:'tenant', 'cleo@team.example', 'admin', false) AS cleo, pg_temp.member(:'other', 'dora@other.example', 'admin') AS dora \gset
CREATE FUNCTION pg_temp.told(member uuid) RETURNS TABLE (kind text, frequency text, subject text, times int) LANGUAGE sql
    AS $$ SELECT kind, frequency, subject, times FROM lealup.mail_notice WHERE member_id = $1 ORDER BY id $$;
CREATE FUNCTION pg_temp.mails(member uuid) RETURNS TABLE (digest boolean, notices int, subject text, status text) LANGUAGE sql
    AS $$ SELECT digest, notices, subject, status FROM lealup.mail_message WHERE member_id = $1 ORDER BY id $$;
CREATE FUNCTION pg_temp.event(tenant uuid, type text, data jsonb) RETURNS void LANGUAGE sql
    AS $$ SELECT lealup._mail_event($1, $2, NULL, $3, '2026-03-02 10:20+00') $$;

-- ----- Whom, of what -----

INSERT INTO lealup.connection (tenant_id, provider, kind, state, account_name, fix) VALUES (:'tenant', 'slack_x', 'workspace', 'error', 'acme', 'Connect it again.') RETURNING id AS workspace \gset
INSERT INTO lealup.connection (tenant_id, provider, kind, member_id, state) VALUES (:'tenant', 'gmail', 'personal', :'ben', 'error') RETURNING id AS personal \gset
SELECT pg_temp.event(:'tenant', 'integration.disconnected', jsonb_build_object('integration', 'slack_x', 'reason', 'the token was revoked', 'connection_id', :'workspace'));
SELECT results_eq(format('SELECT * FROM pg_temp.told(%L)', :'ana'), $$VALUES ('integration', 'immediate', 'slack_x is disconnected', 1)$$, 'the active admins are told of a workspace''s connection');
SELECT is(body, E'slack_x stopped working for acme: the token was revoked\n\nConnect it again.\n\nUntil it is connected again, nothing is read from there.', 'why, and what to do')
FROM lealup.mail_notice WHERE member_id = :'ana';
SELECT pg_temp.event(:'tenant', 'integration.disconnected', jsonb_build_object('integration', 'gmail', 'reason', 'x', 'connection_id', :'personal'));
SELECT results_eq(format('SELECT kind, subject FROM pg_temp.told(%L)', :'ben'), $$VALUES ('integration', 'Gmail is disconnected')$$, 'of a personal one its member is');
SELECT is((SELECT count(*) FROM pg_temp.told(:'ana')), 1::bigint, 'and nobody else');
SELECT is((SELECT count(*) FROM lealup.mail_notice WHERE member_id IN (:'cleo', :'dora')), 0::bigint, 'nobody who is not active, and nobody of another tenant');
SELECT pg_temp.event(:'tenant', 'integration.disconnected', jsonb_build_object('integration', 'gmail', 'reason', 'x', 'connection_id', lealup.uuid7()));
SELECT pg_temp.event(:'tenant', 'integration.disconnected', jsonb_build_object('integration', 'gmail', 'reason', 'x', 'connection_id', 'nonsense'));
SELECT pg_temp.event(:'other', 'integration.disconnected', jsonb_build_object('integration', 'gmail', 'reason', 'x', 'connection_id', :'workspace'));
SELECT pg_temp.event(:'tenant', 'ticket.escalated', '{"to_id": "nonsense", "subject": "x"}');
SELECT pg_temp.event(:'tenant', 'ticket.escalated', jsonb_build_object('to_id', :'dora'));
SELECT pg_temp.event(:'tenant', 'task.overdue', '[]');
SELECT pg_temp.event(:'tenant', 'customer.created', '{}');
SELECT is((SELECT count(*) FROM lealup.mail_notice), 2::bigint, 'what an application emitted of something that is not there, or another''s, is told nobody');

INSERT INTO lealup.subscription (tenant_id, id, url, events, status, created_at, updated_at)
VALUES (:'tenant', lealup.uuid7(), 'https://hooks.example/a?b=secret', '{*}', 'active', now(), now()) RETURNING id AS subscription \gset
SELECT lealup._note_failures(:'tenant', :'subscription', 1, NULL);
SELECT lealup._note_failures(:'tenant', :'subscription', 2, NULL);
SELECT results_eq(format('SELECT kind, subject, times FROM pg_temp.told(%L) OFFSET 1', :'ana'), $$VALUES ('delivery', 'Deliveries to hooks.example fail', 1)$$, 'the first delivery that failed is told of, not each');
SELECT lealup._note_failures(:'tenant', :'subscription', 20, '20 deliveries in a row failed');
SELECT pg_temp.event(:'tenant', 'integration.disconnected', jsonb_build_object('integration', 'webhook', 'reason', '20 deliveries in a row failed', 'subscription_id', :'subscription'));
SELECT results_eq(format('SELECT subject FROM pg_temp.told(%L) OFFSET 2', :'ana'), $$VALUES ('The webhook to hooks.example is disabled')$$, 'so is its end');
SELECT is((SELECT count(*) FROM lealup.mail_notice WHERE body LIKE '%secret%' OR subject LIKE '%secret%'), 0::bigint, 'what is behind the host in a URL is not shown');

SELECT pg_temp.event(:'tenant', 'ticket.escalated', jsonb_build_object('to_id', :'ben', 'subject', E'Help\r\nBcc: all@evil.example', 'customer_name', 'Acme', 'priority', 'high', 'ticket_id', 't1'));
SELECT results_eq(format('SELECT kind, frequency, subject FROM pg_temp.told(%L) OFFSET 1', :'ben'), $$VALUES ('escalation', 'immediate', 'Escalated to you: Help Bcc: all@evil.example')$$,
    'whoever gets an escalated ticket is told, and a subject stays in its line');
SELECT pg_temp.event(:'tenant', 'task.overdue', jsonb_build_object('assignee_id', NULL, 'owner_id', :'ben', 'title', 'Call', 'customer_name', 'Acme', 'task_id', 'k1', 'due_at', '2026-03-01'));
SELECT results_eq(format('SELECT kind, frequency, subject FROM pg_temp.told(%L) OFFSET 2', :'ben'), $$VALUES ('task', 'daily', 'Overdue: Call')$$, 'an overdue task that nobody has is its customer''s owner''s');
SELECT pg_temp.event(:'tenant', 'task.overdue', jsonb_build_object('assignee_id', :'ana', 'owner_id', :'ben', 'title', 'Call', 'task_id', 'k2'));
SELECT is((SELECT count(*) FROM pg_temp.told(:'ana') WHERE kind = 'task'), 1::bigint, 'one that somebody has is theirs');

INSERT INTO lealup.customer (tenant_id, name, owner_id) VALUES (:'tenant', 'Acme', :'ben') RETURNING id AS customer \gset
INSERT INTO lealup.notification (tenant_id, customer_id, channel, text) VALUES (:'tenant', :'customer', 'email', E'At risk\nCall them'), (:'tenant', :'customer', 'slack', 'x'),
    (:'tenant', NULL, 'email:ADMINS', 'For admins'), (:'tenant', NULL, 'email:Ben@Team.example', 'For Ben'), (:'tenant', NULL, 'email:jo@customer.example', 'To a customer'),
    (:'tenant', NULL, 'email', 'No customer');
SELECT results_eq($$SELECT channel, status FROM lealup.notification ORDER BY id$$,
    $$VALUES ('email', 'delivered'), ('slack', 'pending'), ('email:ADMINS', 'delivered'), ('email:Ben@Team.example', 'delivered'), ('email:jo@customer.example', 'failed'), ('email', 'delivered')$$,
    'notifications in the channel email are told by mail; who is no member gets none');
SELECT results_eq(format('SELECT subject FROM pg_temp.told(%L) WHERE kind = ''playbook''', :'ben'), $$VALUES ('Acme: At risk'), ('For Ben')$$, 'to the owner, or the member that is named');
SELECT results_eq(format('SELECT subject FROM pg_temp.told(%L) WHERE kind = ''playbook''', :'ana'), $$VALUES ('For admins'), ('No customer')$$, 'or the admins');

INSERT INTO lealup.connection_stream (tenant_id, connection_id, stream, failures, run_counts) VALUES (:'tenant', :'personal', 'messages', 0, '{}');
CREATE FUNCTION pg_temp.run(failures int, failed int, problem text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE s lealup.connection_stream;
BEGIN
    SELECT * INTO s FROM lealup.connection_stream WHERE stream = 'messages' AND run_counts = '{}';
    s.failures := $1;
    s.run_counts := jsonb_build_object('failed', $2);
    PERFORM lealup._mail_run(s, $3, '2026-03-02 10:20+00');
END $$;
SELECT pg_temp.run(0, 0, NULL), pg_temp.run(0, 0, 'timeout'), pg_temp.run(1, 0, 'timeout');
SELECT is((SELECT count(*) FROM pg_temp.told(:'ben') WHERE kind = 'sync'), 0::bigint, 'a run that ends early is tried again, and told nobody');
SELECT pg_temp.run(2, 0, 'timeout'), pg_temp.run(3, 0, 'timeout'), pg_temp.run(0, 2, NULL);
SELECT results_eq(format('SELECT frequency, subject FROM pg_temp.told(%L) WHERE kind = ''sync''', :'ben'),
    $$VALUES ('daily', 'Gmail: the sync of messages fails'), ('daily', 'Gmail: 2 of messages could not be understood')$$, 'the third in a row is, and so are records that were set aside');

-- ----- How often -----

SELECT is(lealup._mail_due('immediate', 'Europe/Madrid', '2026-03-02 10:20+00'), '2026-03-02 10:20+00'::timestamptz, 'at once');
SELECT is(lealup._mail_due('hourly', 'Europe/Madrid', '2026-03-02 10:20+00'), '2026-03-02 11:00+00'::timestamptz, 'at the next full hour');
SELECT is(lealup._mail_due('daily', 'Europe/Madrid', '2026-03-02 06:59+00'), '2026-03-02 07:00+00'::timestamptz, 'at 8 of today');
SELECT is(lealup._mail_due('daily', 'Europe/Madrid', '2026-03-02 07:00+00'), '2026-03-03 07:00+00'::timestamptz, 'or of tomorrow');
SELECT is(lealup._mail_due('daily', 'Europe/Madrid', '2026-03-28 12:00+00'), '2026-03-29 06:00+00'::timestamptz, 'as the clocks there have it');
SELECT is(lealup._mail_due('daily', 'Nowhere', '2026-03-02 06:59+00'), '2026-03-02 08:00+00'::timestamptz, 'UTC where the zone is not known');

SELECT throws_ok(format('SELECT lealup.set_mail_preference(%L, %L, ''nonsense'', ''off'')', :'tenant', :'ben'), '22023', 'invalid kind: ''nonsense''', 'there are kinds');
SELECT throws_ok(format('SELECT lealup.set_mail_preference(%L, %L, ''task'', ''yearly'')', :'tenant', :'ben'), '22023', 'invalid frequency: ''yearly''', 'and frequencies');
SELECT throws_ok(format('SELECT lealup.set_mail_preference(%L, %L, ''task'', ''off'')', :'tenant', :'dora'), 'P0002', NULL, 'for members of the tenant');
SELECT set_config('lealup.member_id', :'ben', true), set_config('lealup.tenant_id', :'tenant', true);
SELECT lives_ok(format('SELECT lealup.set_mail_preference(%L, %L, ''task'', ''off'')', :'tenant', :'ben'), 'a member decides on their own mail');
SELECT throws_ok(format('SELECT lealup.set_mail_preference(%L, %L, ''task'', ''off'')', :'tenant', :'ana'), '42501', NULL, 'not on another''s');
SELECT throws_ok(format('SELECT lealup.clear_mail_failure(%L, %L)', :'tenant', :'ana'), '42501', NULL, 'nor on another''s address');
SELECT set_config('lealup.member_id', :'ana', true);
SELECT lives_ok(format('SELECT lealup.set_mail_preference(%L, %L, ''sync'', ''hourly'')', :'tenant', :'ben'), 'an admin does');
SELECT set_config('lealup.member_id', '', true), set_config('lealup.tenant_id', '', true);
SELECT results_eq(format('SELECT kind, frequency, is_default FROM lealup.mail_preferences WHERE member_id = %L ORDER BY kind', :'ben'),
    $$VALUES ('delivery', 'immediate', true), ('escalation', 'immediate', true), ('integration', 'immediate', true), ('lead_sync', 'hourly', true), ('playbook', 'immediate', true), ('sync', 'hourly', false), ('task', 'off', false)$$,
    'how often is to be seen');
SELECT is((SELECT count(*) FROM pg_temp.told(:'ben') WHERE kind = 'task'), 0::bigint, 'what was pending of a kind that is off is gone');
SELECT pg_temp.event(:'tenant', 'task.overdue', jsonb_build_object('owner_id', :'ben', 'title', 'Call', 'task_id', 'k3'));
SELECT is((SELECT count(*) FROM pg_temp.told(:'ben') WHERE kind = 'task'), 0::bigint, 'and nothing comes');
SELECT lealup.set_mail_preference(:'tenant', :'ben', 'task', NULL);
SELECT is((SELECT frequency FROM lealup.mail_preferences WHERE member_id = :'ben' AND kind = 'task'), 'daily', 'null = as everybody');
UPDATE lealup.tenant SET home = 'another' WHERE tenant_id = :'elsewhere';
SELECT pg_temp.member(:'elsewhere', 'eve@else.example', 'admin') AS eve \gset
SELECT is(lealup._notify_members(:'elsewhere', 'task', ARRAY[:'eve'::uuid], 'x', 'x', now()), 0::bigint, 'for a tenant of another home nobody is told anything here');

-- ----- Mails, storms -----

DELETE FROM lealup.mail_notice;
CREATE FUNCTION pg_temp.tell(member uuid, kind text, first int, last int, at timestamptz) RETURNS void LANGUAGE sql AS $$
    SELECT lealup._notify_members(m.tenant_id, $2, ARRAY[$1], 'Notice ' || n, '<b>text</b> ' || n, $5) FROM lealup.member m, generate_series($3, $4) n WHERE m.id = $1 $$;
SELECT pg_temp.tell(:'ana', 'delivery', 1, 2, '2026-03-02 10:00+00');
SELECT is(lealup._mail_compose('2026-03-02 10:00+00'), 2::bigint, 'few notices are a mail each');
SELECT results_eq(format('SELECT * FROM pg_temp.mails(%L)', :'ana'), $$VALUES (false, 1, 'Notice 1', 'queued'), (false, 1, 'Notice 2', 'queued')$$, 'with the notice''s subject');
SELECT is((SELECT count(*) FROM lealup.mail_notice), 0::bigint, 'and the notices are gone');
SELECT matches(html, '&lt;b&gt;text&lt;/b&gt; 1</p>', 'HTML is escaped') FROM lealup.mail_message WHERE member_id = :'ana' AND subject = 'Notice 1';
SELECT matches(text, E'^<b>text</b> 1\n\nThis is an automatic message to ana@team.example, a member of Northwind. https://hub.example.com$', 'text is as it is')
FROM lealup.mail_message WHERE member_id = :'ana' AND subject = 'Notice 1';
SELECT pg_temp.tell(:'ana', 'delivery', 3, 30, '2026-03-02 10:02+00');
SELECT is(lealup._mail_compose('2026-03-02 10:02+00'), 0::bigint, 'more than three of a kind within ten minutes wait');
SELECT results_eq(format('SELECT DISTINCT frequency, due_at FROM lealup.mail_notice WHERE member_id = %L', :'ana'), $$VALUES ('digest', '2026-03-02 10:10+00'::timestamptz)$$, 'until these have passed');
SELECT pg_temp.tell(:'ana', 'integration', 1, 1, '2026-03-02 10:03+00');
SELECT is(lealup._mail_compose('2026-03-02 10:03+00'), 1::bigint, 'another kind does not');
SELECT pg_temp.tell(:'ana', 'delivery', 3, 3, '2026-03-02 10:04+00');
SELECT is(lealup._mail_compose('2026-03-02 10:10+00'), 1::bigint, 'then they are one');
SELECT results_eq(format('SELECT digest, notices, subject FROM pg_temp.mails(%L) OFFSET 3', :'ana'), $$VALUES (true, 29, '29 notices: webhooks that fail or are disabled')$$, 'a digest, with their number');
SELECT ok(text LIKE '%* Notice 3 (2 times)%' AND text LIKE '%* Notice 22%' AND text NOT LIKE '%* Notice 23%' AND text LIKE '%... and 8 more.%', 'and the first ones') FROM lealup.mail_message WHERE digest;
SELECT pg_temp.tell(:'ana', 'delivery', 31, 31, '2026-03-02 10:15+00');
SELECT is(lealup._mail_compose('2026-03-02 10:15+00'), 0::bigint, 'after a digest the next one waits, too');
SELECT is(lealup._mail_compose('2026-03-02 10:20+00'), 1::bigint, 'ten minutes');
SELECT pg_temp.tell(:'ana', 'escalation', 1, 1000, '2026-03-02 11:00+00');
SELECT results_eq(format('SELECT count(*), sum(times) FROM lealup.mail_notice WHERE member_id = %L', :'ana'), 'VALUES (200::bigint, 1000::bigint)', 'of a storm only the first 200 are kept; all are counted');
SELECT is(lealup._mail_compose('2026-03-02 11:00+00'), 1::bigint, 'a storm is one mail');
SELECT pg_temp.tell(:'ben', 'task', 1, 2, '2026-03-02 10:00+00'), pg_temp.tell(:'ben', 'sync', 1, 1, '2026-03-02 10:00+00');
SELECT is(lealup._mail_compose('2026-03-02 11:00+00'), 1::bigint, 'what is told hourly is a digest in an hour');
SELECT pg_temp.tell(:'ben', 'sync', 2, 2, '2026-03-03 07:20+00');
SELECT lealup._mail_compose('2026-03-03 08:00+00');
SELECT results_eq(format('SELECT digest, notices, subject FROM pg_temp.mails(%L)', :'ben'), $$VALUES (true, 1, '1 notice: syncs that fail, and records that could not be understood'), (true, 3, '3 notices')$$,
    'digests of several kinds are one mail');

-- ----- Claims and outcomes -----

DELETE FROM lealup.mail_message;
DELETE FROM lealup.mail_preference;
SELECT pg_temp.tell(:'ana', 'delivery', 1, 3, '2026-03-02 10:00+00');
SELECT lealup._mail_compose('2026-03-02 10:00+00');
CREATE TEMP TABLE claimed AS SELECT * FROM lealup._mail_claim('2026-03-02 10:00+00', 2);
SELECT results_eq('SELECT address, name, subject, date, digest, unsubscribe_url FROM claimed LIMIT 1',
    $$VALUES ('ana@team.example', 'Somebody', '[Northwind] Notice 1', 'Mon, 02 Mar 2026 10:00:00 +0000', false, NULL::text)$$, 'a claim gives what is to be sent, to the member''s address');
SELECT is((SELECT count(*) FROM lealup.mail_message WHERE status = 'sending'), 2::bigint, 'at most as many as asked for');
CREATE FUNCTION pg_temp.record(which text, stage text, code int, error text, at timestamptz) RETURNS text LANGUAGE sql AS $$
    SELECT lealup._mail_record(c.tenant_id, c.id, c.claim_id, $2, $3, $4, false, $5)::text || ' ' || m.status FROM claimed c JOIN lealup.mail_message m ON m.tenant_id = c.tenant_id AND m.id = c.id
    WHERE c.subject LIKE '%' || $1 $$;
CREATE FUNCTION pg_temp.state(which text) RETURNS TABLE (status text, attempts int, wait interval, error text) LANGUAGE sql AS $$
    SELECT status, attempts, next_attempt_at - '2026-03-02 10:00+00', error FROM lealup.mail_message WHERE subject = $1 $$;
SELECT pg_temp.record('Notice 1', 'content', 250, NULL, '2026-03-02 10:00+00');
SELECT is((SELECT status FROM pg_temp.state('Notice 1')), 'sent', 'what was sent is');
SELECT is(pg_temp.record('Notice 1', 'content', 550, 'x', '2026-03-02 10:00+00'), 'false sent', 'whoever has lost the claim changes nothing');
SELECT pg_temp.record('Notice 2', 'recipient', 451, 'try later', '2026-03-02 10:00+00');
SELECT results_eq($$SELECT * FROM pg_temp.state('Notice 2')$$, $$VALUES ('queued', 1, '1 min'::interval, 'try later')$$, '4xx is tried again in a minute');
TRUNCATE claimed;
INSERT INTO claimed SELECT * FROM lealup._mail_claim('2026-03-02 10:01+00', 8);
SELECT pg_temp.record('Notice 2', 'connecting', 0, 'refused', '2026-03-02 10:01+00');
SELECT results_eq($$SELECT status, attempts, wait FROM pg_temp.state('Notice 2')$$, $$VALUES ('queued', 2, '3 min'::interval)$$, 'then in two');
UPDATE lealup.mail_message SET attempts = 40, next_attempt_at = '2026-03-04 03:00+00', status = 'queued' WHERE subject = 'Notice 2';
TRUNCATE claimed;
INSERT INTO claimed SELECT * FROM lealup._mail_claim('2026-03-04 03:00+00', 8);
SELECT pg_temp.record('Notice 2', 'connecting', 0, 'refused', '2026-03-04 03:00+00');
SELECT results_eq($$SELECT status, wait FROM pg_temp.state('Notice 2')$$, $$VALUES ('queued', '47 hours'::interval)$$, 'at most six hours apart');
TRUNCATE claimed;
INSERT INTO claimed SELECT * FROM lealup._mail_claim('2026-03-04 09:00+00', 8);
SELECT pg_temp.record('Notice 2', 'authenticating', 535, 'login', '2026-03-04 09:00+00');
SELECT is((SELECT status FROM pg_temp.state('Notice 2')), 'failed', 'for two days');
SELECT is((SELECT count(*) FROM lealup.mail_failure), 0::bigint, 'which is no fault of the address');

UPDATE lealup.mail_message SET status = 'queued', created_at = '2026-03-05', next_attempt_at = '2026-03-05', ended_at = NULL, attempts = 0, attempted_at = NULL;
TRUNCATE claimed;
INSERT INTO claimed SELECT * FROM lealup._mail_claim('2026-03-05', 8);
SELECT pg_temp.record('Notice 1', 'recipient', 550, 'the server said: 550 5.7.1 relaying denied', '2026-03-05');
SELECT results_eq($$SELECT status, (SELECT count(*) FROM lealup.mail_failure) FROM pg_temp.state('Notice 1')$$, $$VALUES ('failed', 0::bigint)$$, 'what we may not send is no fault of the address, either');
SELECT pg_temp.tell(:'ana', 'delivery', 50, 60, '2026-03-05');
SELECT pg_temp.record('Notice 2', 'recipient', 550, 'the server said: 550 5.1.1 no such user', '2026-03-05');
SELECT results_eq('SELECT member_id::text, address, reason FROM lealup.mail_failure', format($$VALUES (%L, 'ana@team.example', 'the server said: 550 5.1.1 no such user')$$, :'ana'), 'a recipient refused for good is marked');
SELECT is((SELECT count(*) FROM lealup.mail_notice WHERE member_id = :'ana'), 0::bigint, 'nothing waits for it');
SELECT pg_temp.tell(:'ana', 'delivery', 50, 60, '2026-03-05');
SELECT is((SELECT count(*) FROM lealup.mail_notice WHERE member_id = :'ana'), 0::bigint, 'nothing comes to it');
UPDATE lealup.mail_message SET status = 'queued', next_attempt_at = '2026-03-06', ended_at = NULL;
SELECT is((SELECT count(*) FROM lealup._mail_claim('2026-03-06', 8)), 0::bigint, 'nothing goes there');
SELECT is((SELECT array_agg(DISTINCT status || ': ' || error) FROM lealup.mail_message), '{"cancelled: the address failed before"}', 'and what was queued is cancelled');
UPDATE lealup.member SET email = 'ana.new@team.example' WHERE id = :'ana';
SELECT pg_temp.tell(:'ana', 'delivery', 1, 1, '2026-03-07');
SELECT is((SELECT count(*) FROM lealup.mail_notice WHERE member_id = :'ana'), 1::bigint, 'another address is not concerned');
UPDATE lealup.member SET email = 'ana@team.example' WHERE id = :'ana';
SELECT lealup.clear_mail_failure(:'tenant', :'ana');
SELECT pg_temp.tell(:'ana', 'delivery', 2, 2, '2026-03-07');
SELECT is((SELECT count(*) FROM lealup.mail_notice WHERE member_id = :'ana'), 2::bigint, 'nor is one that somebody cleared');
SELECT throws_ok(format('SELECT lealup.clear_mail_failure(%L, %L)', :'tenant', :'ana'), 'P0002', NULL, 'once');

-- ----- Limits -----

DELETE FROM lealup.mail_message;
SELECT lealup._queue_mail(:'tenant', :'ana', '{task}', false, 1, 'Mail ' || n, 'x', '2026-03-08') FROM generate_series(1, 15) n;
SELECT is((SELECT count(*) FROM lealup._mail_claim('2026-03-08', 100)), 6::bigint, 'six of a tenant at a time');
SELECT is((SELECT count(*) FROM lealup._mail_claim('2026-03-08', 100)), 0::bigint, 'and no more');
UPDATE lealup.mail_message SET status = 'sent', ended_at = '2026-03-08' WHERE status = 'sending';
SELECT is((SELECT count(*) FROM lealup._mail_claim('2026-03-08', 100)), 4::bigint, 'ten a minute to a member');
UPDATE lealup.mail_message SET status = 'sent', ended_at = '2026-03-08' WHERE status = 'sending';
SELECT is((SELECT count(*) FROM lealup._mail_claim('2026-03-08 00:00:59+00', 100)), 0::bigint, 'in a minute');
SELECT is((SELECT count(*) FROM lealup._mail_claim('2026-03-08 00:01:01+00', 100)), 5::bigint, 'then the others');

-- ----- Nobody but members -----

SELECT throws_ok(format($$INSERT INTO lealup.mail_message (tenant_id, id, member_id, kinds, digest, notices, subject, text, html, status, attempts, next_attempt_at, created_at)
    SELECT tenant_id, lealup.uuid7(), id, '{task}', false, 1, 'x', 'x', 'x', 'queued', 0, now(), now() FROM lealup.customer WHERE tenant_id = %L$$, :'tenant'), '23503', NULL,
    'a mail that is not to a member cannot be');
SELECT throws_ok(format($$INSERT INTO lealup.mail_message (tenant_id, id, member_id, kinds, digest, notices, subject, text, html, status, attempts, next_attempt_at, created_at)
    VALUES (%L, lealup.uuid7(), %L, '{task}', false, 1, 'x', 'x', 'x', 'queued', 0, now(), now())$$, :'tenant', :'dora'), '23503', NULL, 'nor one to another tenant''s');
SELECT is((SELECT count(*) FROM pg_attribute WHERE attrelid = 'lealup.mail_message'::regclass AND attnum > 0 AND attname ~ 'address|recipient|email'), 0::bigint, 'for there is no address in it');

-- ----- Links that end it -----

DELETE FROM lealup.mail_message;
SELECT pg_temp.tell(:'ben', 'task', 1, 2, '2026-03-09 07:00+00');
SELECT lealup._mail_compose('2026-03-09 08:00+00');
SELECT unsubscribe_url AS url, content, html FROM lealup._mail_claim('2026-03-09 08:00+00', 100) WHERE address = 'ben@team.example' \gset
SELECT matches(:'url'::text, '^https://hub\.example\.com/v1/mail/unsubscribe/[0-9a-f]{64}$', 'a digest has a link that ends it');
SELECT ok(strpos(:'content', :'url') > 0 AND strpos(:'html', :'url') > 0, 'which is in its text, too');
SELECT is((SELECT count(*) FROM lealup.mail_message m, lealup.mail_unsubscribe u WHERE strpos(m::text || u::text, right(:'url', 64)) > 0), 0::bigint, 'and nowhere in the database');
CREATE FUNCTION pg_temp.ask(method text, path text) RETURNS text LANGUAGE sql AS $$
    SELECT status || ' ' || coalesce(substring(convert_from(response_body, 'UTF8') FROM '<h1>(.*)</h1>'), '') FROM lealup.http_request($1, $2, NULL, '{"content-type": "application/x-www-form-urlencoded"}', 'List-Unsubscribe=One-Click') $$;
SELECT is(pg_temp.ask('GET', '/v1/mail/unsubscribe/' || right(:'url', 64)), '200 End these mails?', 'whoever follows it is asked');
SELECT is((SELECT frequency FROM lealup.mail_preferences WHERE member_id = :'ben' AND kind = 'task'), 'daily', 'which ends nothing');
SELECT is(pg_temp.ask('POST', '/v1/mail/unsubscribe/' || repeat('0', 64)), '404 Not found', 'a made-up link is none');
SELECT is(pg_temp.ask('DELETE', '/v1/mail/unsubscribe/' || right(:'url', 64)), '405 ', 'there are two methods');
SELECT is(pg_temp.ask('POST', '/v1/mail/unsubscribe/' || right(:'url', 64)), '200 These mails have ended', 'a POST ends it');
SELECT is(pg_temp.ask('POST', '/v1/mail/unsubscribe/' || right(:'url', 64)), '200 These mails have ended', 'as often as it comes');
SELECT results_eq(format('SELECT kind FROM lealup.mail_preference WHERE member_id = %L AND frequency = ''off''', :'ben'), $$VALUES ('task')$$, 'for the kinds of the digest, and its member');
SELECT is((SELECT count(*) FROM lealup.audit WHERE action = 'mail_preference.unsubscribe' AND object_id = :'ben'), 2::bigint, 'which is in the audit');

-- ----- Upkeep -----

UPDATE lealup.mail_message SET status = 'sent', ended_at = '2026-03-09 08:00+00';
SELECT is(lealup._mail_upkeep('2026-04-08 07:00+00', 1000), 0::bigint, 'mails are kept for 30 days');
SELECT is(lealup._mail_upkeep('2026-04-09 09:00+00', 1000), 3::bigint, 'no longer');
SELECT is(lealup._mail_upkeep('2026-09-09 09:00+00', 1000), 1::bigint, 'links for 180');
SELECT is((SELECT count(*) FROM lealup.tenant_route WHERE kind = 'unsubscribe'), 0::bigint, 'and the way to them');

SELECT throws_ok($$SELECT lealup.set_smtp_password(E'a\nb')$$, '22023', NULL, 'a password is one line');
SELECT lives_ok($$SELECT lealup.set_smtp_password('p'), lealup.set_smtp_password('q')$$, 'it can be set, and set anew');
SELECT is((SELECT count(*) FROM lealup.vault_secret WHERE purpose = 'smtp_password'), 1::bigint, 'there is one');
SELECT lealup.set_smtp_password(NULL);
SELECT is((SELECT count(*) FROM lealup.vault_secret WHERE purpose = 'smtp_password'), 0::bigint, 'or none');
SELECT * FROM finish();
ROLLBACK;
