-- Actions: who may approve them, that nothing sends one that nobody has, and what becomes of them when a worker takes them up.
BEGIN;
SELECT plan(130);
\ir lib/http.sql
SET LOCAL client_min_messages = warning;

-- ----- A provider of the test's own -----
CREATE SCHEMA regress;
GRANT USAGE ON SCHEMA regress TO lealup_provider;
CREATE FUNCTION regress.request(call jsonb) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF call #>> '{input,text}' = 'nothing' THEN
        RETURN NULL;
    ELSIF call #>> '{input,text}' = 'impossible' THEN
        RETURN '{"fail": "that channel is not ours"}';
    END IF;
    RETURN jsonb_build_object('method', 'POST', 'path', '/' || (call ->> 'operation'), 'json', jsonb_build_object('call', call - 'now'));
END $$;
CREATE FUNCTION regress.response(call jsonb, response jsonb) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF response #>> '{body,bad}' IS NOT NULL THEN
        RAISE EXCEPTION 'what is that?';
    END IF;
    RETURN coalesce(response #> '{body,give}', jsonb_build_object('external_id', response #> '{body,id}', 'result', response #> '{body,result}'));
END $$;
CREATE FUNCTION regress.search(call jsonb) RETURNS jsonb LANGUAGE sql STABLE
RETURN jsonb_build_object('path', '/search', 'query', jsonb_build_object('key', call #> '{action,idempotency_key}'));
CREATE FUNCTION regress.found(call jsonb, response jsonb) RETURNS jsonb LANGUAGE sql STABLE
RETURN CASE WHEN response #> '{body,id}' IS NOT NULL THEN jsonb_build_object('external_id', response #> '{body,id}') END;
INSERT INTO lealup.provider (name, title, kind, base_url, allowed_hosts, auth) VALUES ('regress', 'Regress', 'workspace', 'https://api.example.com', '{api.example.com}', 'none'),
    ('regress_own', 'Own', 'personal', 'https://api.example.com', '{api.example.com}', 'none');
INSERT INTO lealup.provider_operation (provider, name, title, audience, input, request, response, idempotency, makes) VALUES
    ('regress', 'tell', 'Tell the team', 'own_team', '{"channel": {"required": true}, "text": {"required": true, "max": 100}, "who": {"type": "member"}, "blocks": {"type": "array"}}', 'regress.request', 'regress.response',
        '{"in": "header", "field": "Idempotency-Key"}', NULL),
    ('regress', 'reply', 'Answer the customer', 'customer', '{"text": {"required": true}, "to": {}}', 'regress.request', 'regress.response', '{"in": "json", "field": "input.key"}', 'ticket_message'),
    ('regress', 'guess', 'Who knows', 'unknown', '{"text": {}}', 'regress.request', 'regress.response', NULL, NULL),
    ('regress', 'shout', 'Shout', 'own_team', '{"text": {}}', 'regress.request', 'regress.response', NULL, NULL),
    ('regress', 'find', 'Make an issue', 'own_team', '{"text": {}}', 'regress.request', 'regress.response', '{"search": "regress.search", "found": "regress.found"}', 'ticket'),
    ('regress_own', 'mail', 'Send a mail', 'customer', '{"text": {}}', 'regress.request', 'regress.response', '{"in": "query", "field": "key"}', NULL);
INSERT INTO lealup.provider_operation (provider, name, title, audience) VALUES ('regress', 'later', 'Some day', 'own_team');
INSERT INTO lealup.provider_error (provider, ord, stream, part, statuses, path, pattern, action, message) VALUES
    ('regress', 1, 'tell', 'action', '{200}', 'ok', '^false$', 'fail', 'the channel is not there'),
    ('regress', 2, NULL, 'action', '{423}', NULL, NULL, 'retry', 'locked');

SELECT lealup.create_tenant('one') AS one, lealup.create_tenant('two') AS two \gset
INSERT INTO lealup.member (tenant_id, email, name, role) VALUES (:'one', 'ada@example.com', 'Ada', 'admin') RETURNING id AS ada \gset
INSERT INTO lealup.member (tenant_id, email, name) VALUES (:'one', 'ben@example.com', 'Ben') RETURNING id AS ben \gset
INSERT INTO lealup.member (tenant_id, email, active) VALUES (:'one', 'gone@example.com', false) RETURNING id AS gone \gset
INSERT INTO lealup.customer (tenant_id, name, owner_id) VALUES (:'one', 'Acme', :'ben') RETURNING id AS acme \gset
INSERT INTO lealup.ticket (tenant_id, subject, customer_id, assignee_id) VALUES (:'one', 'Help', :'acme', :'ben') RETURNING id AS ticket \gset
INSERT INTO lealup.ticket_message (tenant_id, ticket_id, body) VALUES (:'one', :'ticket', 'Well') RETURNING id AS message \gset
INSERT INTO lealup.connection (tenant_id, provider, kind, state, account_id) VALUES (:'one', 'regress', 'workspace', 'connected', 'a') RETURNING id AS c \gset
INSERT INTO lealup.connection (tenant_id, provider, kind, state, account_id, member_id) VALUES (:'one', 'regress_own', 'personal', 'connected', 'b', :'ben') RETURNING id AS own \gset
INSERT INTO lealup.connection (tenant_id, provider, kind, state, account_id) VALUES (:'two', 'regress', 'workspace', 'connected', 'a') RETURNING id AS foreign_c \gset
SELECT set_config('test.one', :'one', true), set_config('test.c', :'c', true), set_config('test.own', :'own', true);
DO $$
DECLARE
    r text;
BEGIN
    FOREACH r IN ARRAY ARRAY['app', 'all', 'reader', 'nobody', 'ben'] LOOP
        EXECUTE format('CREATE ROLE regress_action_%s', r);
    END LOOP;
END $$;
SELECT lealup.grant_access('regress_action_app', 'app'), lealup.grant_access('regress_action_all', 'admin'), lealup.grant_access('regress_action_reader', 'reader', :'one'),
    lealup.bind_member(:'one', :'ben', 'regress_action_ben');
CREATE FUNCTION pg_temp.act_as(member uuid) RETURNS text LANGUAGE sql AS $$ SELECT set_config('lealup.member_id', coalesce(member::text, ''), true) $$;
CREATE FUNCTION pg_temp.draft(operation text, text text, connection text DEFAULT 'test.c') RETURNS uuid LANGUAGE sql AS $$
    SELECT lealup.create_action(current_setting('test.one')::uuid, current_setting(connection)::uuid, operation,
        jsonb_strip_nulls(jsonb_build_object('text', text, 'channel', CASE WHEN operation = 'tell' THEN 'C1' END)))
$$;
CREATE FUNCTION pg_temp.approve(action uuid) RETURNS void LANGUAGE sql AS $$ SELECT lealup.approve_action(current_setting('test.one')::uuid, action) $$;
CREATE FUNCTION pg_temp.status(action uuid) RETURNS text LANGUAGE sql AS $$ SELECT a.status FROM lealup.action a WHERE a.id = status.action $$;

-- A worker: takes up what is due after so long, has each request made, and hands an answer back; gives what was asked, as path and key.
CREATE TEMP TABLE asked (n serial, unit text, url text, headers text, body text, problem text);
CREATE FUNCTION pg_temp.work(status int DEFAULT 200, body jsonb DEFAULT '{"id": "x1"}', later interval DEFAULT '0', error text DEFAULT NULL, headers jsonb DEFAULT '{}') RETURNS text
    LANGUAGE plpgsql AS $$
DECLARE
    u lealup._sync_unit;
    r record;
    p lealup._sync_progress;
    at timestamptz := clock_timestamp() + later;
    said text[] := '{}';
    give jsonb;
BEGIN
    FOR u IN SELECT * FROM lealup._sync_claim(at, 64) LOOP
        LOOP
            SELECT * INTO r FROM lealup._sync_requests(u.tenant_id, u.connection_id, u.unit, u.state, '{0}');
            INSERT INTO asked (unit, url, headers, body, problem) VALUES (u.unit, r.url, r.headers, r.body, r.problem);
            said := said || coalesce(substr(r.url, 24), r.problem);
            give := CASE WHEN r.url LIKE '%/search?%' THEN work.body -> 'search' ELSE work.body - 'search' END;
            p := lealup._sync_record(u.tenant_id, u.connection_id, u.unit, u.claim_id, u.state,
                ARRAY[ROW(0, 1, CASE WHEN work.error IS NULL AND r.problem IS NULL THEN work.status ELSE 0 END, work.headers, CASE WHEN coalesce(work.error, r.problem) IS NULL THEN coalesce(give, '{}') END,
                    NULL, coalesce(r.problem, work.error), NULL)::lealup._sync_answer], 0, 0, at);
            EXIT WHEN NOT p.go_on;
            u.state := p.state;
        END LOOP;
    END LOOP;
    RETURN array_to_string(said, ' ');
END $$;

-- ----- What may be said -----
SELECT throws_ok(format('SELECT lealup.create_action(%L, %L, ''none'', ''{}'')', :'one', :'c'), '22023', 'provider regress has no operation ''none''', 'an operation that there is not');
SELECT throws_ok(format('SELECT lealup.create_action(%L, %L, ''later'', ''{}'')', :'one', :'c'), '22023', NULL, 'one that is described only');
SELECT throws_ok(format('SELECT lealup.create_action(%L, %L, ''tell'', ''{"text": "x"}'')', :'one', :'c'), '22023', 'input, field "channel": it is missing', 'what is required is missing');
SELECT throws_ok(format('SELECT lealup.create_action(%L, %L, ''tell'', ''{"channel": "C", "text": ""}'')', :'one', :'c'), '22023', 'input, field "text": it is empty', 'or empty');
SELECT throws_ok(format('SELECT lealup.create_action(%L, %L, ''tell'', ''{"channel": 1, "text": "x"}'')', :'one', :'c'), '22023', 'input, field "channel": it must be of the type string', 'of another type');
SELECT throws_ok(format('SELECT lealup.create_action(%L, %L, ''tell'', ''{"channel": "C", "text": "x", "who": "U1"}'')', :'one', :'c'), '22023', 'input, field "who": it must be {"member": id}', 'no member');
SELECT throws_ok(format('SELECT lealup.create_action(%L, %L, ''tell'', ''{"channel": "C", "text": "x", "y": 1}'')', :'one', :'c'), '22023', 'input, field "y": there is no such field', 'unknown');
SELECT throws_ok(format('SELECT lealup.create_action(%L, %L, ''tell'', jsonb_build_object(''channel'', ''C'', ''text'', repeat(''x'', 101)))', :'one', :'c'), '22023', 'input, field "text": it must have at most 100 characters', 'too long');
SELECT throws_ok(format('SELECT lealup.create_action(%L, %L, ''tell'', ''[]'')', :'one', :'c'), '22023', 'input must be a JSON object', 'no object');
SELECT throws_ok(format('SELECT lealup.create_action(%L, %L, ''guess'', ''{}'')', :'one', :'foreign_c'), 'P0002', NULL, 'another tenant''s connection');
SELECT throws_ok(format('SELECT lealup.create_action(%L, %L, ''guess'', ''{}'', ticket_id => %L)', :'one', :'c', :'c'), 'P0002', NULL, 'a ticket that there is not');
SELECT throws_ok(format('SELECT lealup.create_action(%L, %L, ''guess'', ''{}'', idempotency_key => ''a b'')', :'one', :'c'), '22023', NULL, 'a key with a blank');
SELECT is(lealup.create_action(:'one', :'c', 'guess', '{"text": "same"}', idempotency_key => 'k1'), lealup.create_action(:'one', :'c', 'guess', '{"text": "same"}', idempotency_key => 'k1'), 'with one key it is one action');
SELECT throws_ok(format('SELECT lealup.create_action(%L, %L, ''guess'', ''{"text": "other"}'', idempotency_key => ''k1'')', :'one', :'c'), '23505', NULL, 'which is no other one');
SELECT is(lealup.create_action(:'one', :'c', 'guess', '{}', ticket_id => :'ticket') IS NOT NULL, true, 'about a ticket');
SELECT is(ROW(a.customer_id, a.order_key, a.audience, a.status, a.idempotency_key = a.id::text)::text, ROW(:'acme'::uuid, 'ticket:' || :'ticket', 'unknown', 'draft', true)::text, 'it is about its customer, too, and a draft') FROM lealup.action a WHERE a.ticket_id = :'ticket';

-- ----- Approval -----
SELECT pg_temp.draft('reply', 'Hello') AS a \gset
SELECT throws_ok(format('SELECT lealup.approve_action(%L, %L)', :'one', :'a'), '42501', 'permission denied: an action is approved by a member', 'an application that acts for nobody approves nothing');
SELECT pg_temp.act_as(:'gone');
SELECT throws_ok(format('SELECT lealup.approve_action(%L, %L)', :'one', :'a'), '42501', NULL, 'nor does who has left');
SELECT pg_temp.act_as(:'ben');
SELECT throws_ok(format('SELECT lealup.approve_action(%L, %L, ''{"text": "Hello, you"}'')', :'one', :'a'), '55000', NULL, 'nor who has seen something else');
SELECT throws_ok(format('SELECT lealup.approve_action(%L, %L)', :'two', :'a'), '42501', NULL, 'nor another tenant''s member');
SELECT lives_ok(format('SELECT lealup.approve_action(%L, %L, ''{"text": "Hello"}'')', :'one', :'a'), 'a member approves what it has seen');
SELECT lives_ok(format('SELECT lealup.approve_action(%L, %L)', :'one', :'a'), 'which may be said twice');
SELECT is(ROW(a.status, a.approved_by, a.approved_at IS NOT NULL)::text, ROW('approved', :'ben'::uuid, true)::text, 'it is approved') FROM lealup.action a WHERE a.id = :'a';
SELECT is(u.detail, '{"audience": "customer", "operation": "reply"}', 'which is audited') FROM lealup.audit u WHERE u.action = 'action.approve' AND u.object_id = :'a' AND u.member_id = :'ben';
SELECT throws_ok(format('SELECT lealup.update_action(%L, %L, ''{"text": "Bye"}'')', :'one', :'a'), '55000', NULL, 'what is approved is not changed');
SELECT is(pg_temp.work(), '/reply', 'it is sent');
SELECT is(ROW(a.status, a.external_id, a.sent_at IS NOT NULL, a.attempts, a.claim_id)::text, ROW('sent', 'x1', true, 1, NULL::uuid)::text, 'and that is recorded') FROM lealup.action a WHERE a.id = :'a';
SELECT is(k.body::jsonb #>> '{input,key}', :'a', 'the key is where the operation says') FROM asked k WHERE k.unit = 'action:' || :'a';
SELECT is(k.body::jsonb #>> '{call,action,id}', :'a', 'and the call says which action it is') FROM asked k WHERE k.unit = 'action:' || :'a';
SELECT is(pg_temp.work(later => '1 day'), '', 'once');
SELECT throws_ok(format('SELECT lealup.%s(%L, %L)', f, :'one', :'a'), '55000', NULL, 'what was sent stays: ' || f) FROM unnest(ARRAY['cancel_action', 'retry_action']) f;
SELECT pg_temp.act_as(:'ada');
SELECT throws_ok(format('SELECT lealup.create_action(%L, %L, ''mail'', ''{}'')', :'one', :'own'), '42501', NULL, 'in another member''s name not even an admin speaks');
SELECT pg_temp.act_as(:'ben');
SELECT pg_temp.draft('mail', 'Mine', 'test.own') AS mine \gset
SELECT pg_temp.act_as(:'ada');
SELECT throws_ok(format('SELECT lealup.approve_action(%L, %L)', :'one', :'mine'), '42501', NULL, 'nor approves');
SELECT pg_temp.act_as(:'ben');
SELECT lives_ok(format('SELECT lealup.approve_action(%L, %L)', :'one', :'mine'), 'the member does');
SELECT is(pg_temp.work(), '/mail?key=' || :'mine', 'and it goes, with its key in the query');

-- ----- Nobody else -----
SELECT pg_temp.act_as(NULL);
SELECT pg_temp.draft('reply', 'Never') AS never \gset
-- Each attempt is undone; what matters is whether it is refused. The last one of each line says how.
CREATE TEMP TABLE attempt (n serial, what text, command text);
INSERT INTO attempt (what, command) VALUES
    ('status to approved', $$UPDATE lealup.action SET status = 'approved' WHERE id = $1$$),
    ('with an approval made up', $$UPDATE lealup.action SET status = 'approved', approved_by = $2, approved_at = now(), approved_hash = lealup._action_hash(connection_id, operation, audience, input,
        ARRAY[customer_id, ticket_id, ticket_message_id, task_id]), next_attempt_at = now() WHERE id = $1$$),
    ('status to sending', $$UPDATE lealup.action SET status = 'sending', claim_id = lealup.uuid7(), approved_by = $2, approved_at = now(), approved_hash = lealup._action_hash(connection_id, operation, audience, input,
        ARRAY[customer_id, ticket_id, ticket_message_id, task_id]) WHERE id = $1$$),
    ('status to sent', $$UPDATE lealup.action SET status = 'sent', sent_at = now(), approved_by = $2, approved_at = now(), approved_hash = lealup._action_hash(connection_id, operation, audience, input,
        ARRAY[customer_id, ticket_id, ticket_message_id, task_id]) WHERE id = $1$$),
    ('by way of failed', $$UPDATE lealup.action SET status = 'failed', approved_by = $2, approved_at = now(), approved_hash = lealup._action_hash(connection_id, operation, audience, input,
        ARRAY[customer_id, ticket_id, ticket_message_id, task_id]) WHERE id = $1$$),
    ('as the own team''s', $$UPDATE lealup.action SET audience = 'own_team', status = 'approved', approved_at = now(), rule_id = (SELECT id FROM lealup.notification_rule LIMIT 1),
        approved_hash = lealup._action_hash(connection_id, operation, 'own_team', input, ARRAY[customer_id, ticket_id, ticket_message_id, task_id]) WHERE id = $1$$),
    ('an approved one''s content', $$UPDATE lealup.action SET input = '{"text": "Something else"}' WHERE id = $3$$),
    ('with a hash that fits', $$UPDATE lealup.action SET input = '{"text": "Something else"}', approved_hash = lealup._action_hash(connection_id, operation, audience, '{"text": "Something else"}',
        ARRAY[customer_id, ticket_id, ticket_message_id, task_id]) WHERE id = $3$$),
    ('an approved one''s connection', $$UPDATE lealup.action SET connection_id = current_setting('test.own')::uuid WHERE id = $3$$),
    ('an approved one''s id', $$UPDATE lealup.action SET id = lealup.uuid7() WHERE id = $3$$),
    ('an approved one''s approver', $$UPDATE lealup.action SET approved_by = $4 WHERE id = $3$$),
    ('a new row, approved', $$INSERT INTO lealup.action (tenant_id, connection_id, operation, input, audience, status, idempotency_key, approved_by, approved_at, approved_hash)
        SELECT tenant_id, connection_id, operation, input, audience, 'approved', 'made up', $2, now(), lealup._action_hash(connection_id, operation, audience, input,
        ARRAY[NULL, NULL, NULL, NULL]::uuid[]) FROM lealup.action WHERE id = $1$$),
    ('a new row, being sent', $$INSERT INTO lealup.action (tenant_id, connection_id, operation, input, audience, status, claim_id, idempotency_key, approved_by, approved_at, approved_hash)
        SELECT tenant_id, connection_id, operation, input, audience, 'sending', lealup.uuid7(), 'made up', $2, now(), lealup._action_hash(connection_id, operation, audience, input,
        ARRAY[NULL, NULL, NULL, NULL]::uuid[]) FROM lealup.action WHERE id = $1$$),
    ('the function', $$SELECT lealup.approve_action(current_setting('test.one')::uuid, $1), $2, $3, $4$$),
    ('the inner one', $$SELECT lealup._approve(a), $2, $3, $4 FROM lealup.action a WHERE a.id = $1$$),
    ('a claim', $$SELECT lealup._action_claim(c, $1, lealup.uuid7(), '{}', now()), $2, $3, $4 FROM lealup.connection c WHERE c.id = current_setting('test.c')::uuid$$);
SELECT pg_temp.act_as(:'ben');
SELECT pg_temp.draft('reply', 'Fixed') AS fixed \gset
SELECT pg_temp.approve(:'fixed');
SELECT pg_temp.act_as(NULL);
CREATE FUNCTION pg_temp.try(actor text, which int, draft uuid, member uuid, approved uuid, other uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    what text;
    before text := (SELECT string_agg(a::text, E'\n' ORDER BY a.id) FROM lealup.action a);
BEGIN
    BEGIN
        SELECT replace(replace(replace(replace(t.command, '$1', quote_literal(draft) || '::uuid'), '$2', quote_literal(member) || '::uuid'), '$3', quote_literal(approved) || '::uuid'), '$4', quote_literal(other) || '::uuid')
        INTO what FROM attempt t WHERE t.n = which;
        PERFORM set_config('role', actor, true);
        EXECUTE what;
        PERFORM set_config('role', 'none', true);
    EXCEPTION WHEN OTHERS THEN
        PERFORM set_config('role', 'none', true);
        RETURN NULL;
    END;
    IF before = (SELECT string_agg(a::text, E'\n' ORDER BY a.id) FROM lealup.action a) THEN
        RETURN NULL;
    END IF;
    RETURN format('%s, by %s', (SELECT t.what FROM attempt t WHERE t.n = which), actor);
END $$;
SELECT is((SELECT string_agg(pg_temp.try(actor, t.n, :'never', :'ben', :'fixed', :'ada'), '; ') FROM attempt t), NULL, 'nobody sends what nobody has approved: ' || actor)
FROM unnest(ARRAY['none', 'lealup_worker', 'lealup_api', 'lealup_gateway', 'lealup_provider', 'regress_action_app', 'regress_action_all', 'regress_action_reader', 'regress_action_nobody']) actor;
-- The same attempts, by a member's own role: the functions are there for it, the table is not.
SELECT is((SELECT string_agg(pg_temp.try('regress_action_ben', t.n, :'never', :'ben', :'fixed', :'ada'), '; ') FROM attempt t WHERE t.what <> 'the function'), NULL, 'a member neither, but by approving it');
-- Even who acts for a member, with all rights, approves for that one only, and just drafts.
SELECT pg_temp.act_as(:'ada');
SELECT is((SELECT string_agg(pg_temp.try('none', t.n, :'never', :'ben', :'fixed', :'ada'), '; ') FROM attempt t WHERE t.what NOT IN ('the function', 'the inner one')), NULL, 'nobody approves for somebody else');
SELECT pg_temp.act_as(NULL);
SELECT is((SELECT count(*) FROM attempt t WHERE pg_temp.try('none', t.n, NULL, :'ben', :'fixed', :'ada') IS NOT NULL), 0::bigint, 'the owner of the table holds to it');
SELECT is((SELECT string_agg(DISTINCT p.proname, ', ') FROM pg_proc p WHERE p.pronamespace = 'lealup'::regnamespace AND p.proname ~ '^_(action_|make_action|approve|act$|inbound_acts|notify)'
    AND (has_function_privilege('lealup_worker', p.oid, 'EXECUTE') OR has_function_privilege('lealup_api', p.oid, 'EXECUTE') OR has_function_privilege('regress_action_app', p.oid, 'EXECUTE'))), NULL,
    'what is inside nobody calls');
-- The engine's functions do what the row says, whatever the worker makes up.
SELECT is(r.problem, 'the request could not be made: it is not to be sent any more', 'no request is made for a draft')
FROM lealup._sync_requests(:'one', :'c', 'action:' || :'never', jsonb_build_object('phase', 'action', 'claim', lealup.uuid7()), '{0}') r;
SELECT is(r.url, NULL, 'nor by a state of a worker''s own making')
FROM lealup._sync_requests(:'one', :'c', 'action:' || :'never', '{"phase": "job", "request": {"path": "/reply"}, "claim": null}', '{0}') r;
SELECT is(r.go_on, false, 'what is not being sent cannot be recorded as sent')
FROM lealup._sync_record(:'one', :'c', 'action:' || :'never', lealup.uuid7(), '{"phase": "action"}', ARRAY[ROW(0, 1, 200, '{}', '{"id": "1"}', NULL, NULL, NULL)::lealup._sync_answer], 0, 0, now()) r;
SELECT is(pg_temp.status(:'never'), 'draft', 'it is a draft');
-- Over HTTP the key says whose it is, and no setting.
SELECT set_config('test.key', lealup.create_api_key(:'one', 'of nobody', '{*}'), true) \gset
SELECT pg_temp.act_as(:'ben');
SELECT is((pg_temp.http('POST', '/v1/actions/' || :'never' || '/approve', '{}')).status, 403, 'an API key of nobody approves nothing, whatever the session says');
SELECT is((pg_temp.http('PATCH', '/v1/actions/' || :'never', '{"status": "approved"}')).status, 422, 'nor by saying so');
SELECT pg_temp.act_as(NULL);
-- A playbook, run by whoever, makes drafts.
SELECT lealup.create_playbook(:'one', 'Answer', '{customer.created}', jsonb_build_array(jsonb_build_object('type', 'action', 'connection', :'c', 'operation', 'reply', 'input', '{"text": "Welcome, {{customer_name}}"}'::jsonb),
    jsonb_build_object('type', 'action', 'connection', :'c', 'operation', 'tell', 'input', '{"channel": "C9", "text": "New: {{customer_name}}", "blocks": [{"text": {"name": "{{customer_name}}"}}]}'::jsonb))) AS playbook \gset
SELECT throws_ok(format('SELECT lealup.create_playbook(%L, ''x'', ''{customer.created}'', %L)', :'one', '[{"type": "action", "connection": "' || :'own' || '", "operation": "mail", "input": {}}]'), '22023', NULL, 'not in a member''s name');
SELECT pg_temp.act_as(:'ada');
INSERT INTO lealup.customer (tenant_id, name) VALUES (:'one', 'Zeta') RETURNING id AS zeta \gset
SELECT FROM lealup._fan_out(1000, now());
SELECT lealup._playbooks_due(clock_timestamp(), 100);
SELECT pg_temp.act_as(NULL);
SELECT results_eq(format('SELECT a.operation, a.status, a.input ->> ''text'', a.approved_by FROM lealup.action a WHERE a.customer_id = %L ORDER BY a.id', :'zeta'),
    $$VALUES ('reply', 'draft', 'Welcome, Zeta', NULL::uuid), ('tell', 'draft', 'New: Zeta', NULL)$$, 'a playbook makes drafts, even when a member has it run');
SELECT is(a.input #>> '{blocks,0,text,name}', 'Zeta', 'their texts are filled in however deep') FROM lealup.action a WHERE a.customer_id = :'zeta' AND a.operation = 'tell';
-- A rule is for the own team's only.
SELECT throws_ok(format('SELECT lealup.set_notification_rule(%L, ''x'', ''{*}'', %L, %L)', :'one', :'c', o), '22023', NULL, 'no rule approves what a customer may see: ' || o) FROM unnest(ARRAY['reply', 'guess']) o;
UPDATE lealup.provider_operation SET audience = NULL WHERE provider = 'regress' AND name = 'guess';
SELECT throws_ok(format('SELECT lealup.set_notification_rule(%L, ''x'', ''{*}'', %L, ''guess'')', :'one', :'c'), '22023', NULL, 'nor what nobody has declared');
SELECT is(a.audience, 'unknown', 'which counts as a customer''s') FROM lealup.action a WHERE a.id = pg_temp.draft('guess', 'x');
SELECT throws_ok(format('SELECT lealup.set_notification_rule(%L, ''x'', ''{*}'', %L, ''mail'')', :'one', :'own'), '22023', NULL, 'nor in a member''s name');
SELECT pg_temp.act_as(:'ben');
SELECT throws_ok(format('SELECT lealup.set_notification_rule(%L, ''x'', ''{*}'', %L, ''tell'', mode => ''allow'')', :'one', :'c'), '42501', NULL, 'only an admin makes one');
SELECT is(pg_temp.work(), '/reply', 'after all of it goes what was approved, and nothing else');
SELECT is((SELECT count(*) FROM lealup.action a WHERE a.status = 'sent' AND a.approved_by IS NULL), 0::bigint, 'nothing was sent that was not');

-- ----- Standing rules -----
SELECT pg_temp.act_as(:'ada');
SELECT throws_ok(format('SELECT lealup.set_notification_rule(%L, ''x'', ''{*}'', %L, ''tell'', ''{"channel": "C1"}'')', :'one', :'c'), '22023', 'input, field "text": it is missing', 'a template is an input');
SELECT lealup.set_notification_rule(:'one', 'Tickets', '{ticket.*}', :'c', 'tell', '{"channel": "C1", "text": "{{data.subject}} ({{customer_name}}): {{event_type}}"}', '{"priority": ["high"]}') AS rule \gset
SELECT lealup.set_notification_rule(:'one', 'Shouts', '{*}', :'c', 'shout', '{}', mode => 'allow') AS allow \gset
SELECT pg_temp.act_as(NULL);
INSERT INTO lealup.ticket (tenant_id, subject, customer_id, priority) VALUES (:'one', 'Fire', :'acme', 'high'), (:'one', 'Smoke', :'acme', 'low');
SET LOCAL ROLE lealup_worker;
SELECT FROM lealup._fan_out(1000, now());
RESET ROLE;
SELECT is((SELECT count(*) FROM lealup.notification_job), 1::bigint, 'an event that matches is queued');
SELECT is(pg_temp.work(), '/tell', 'and told of');
SELECT is(ROW(a.status, a.input ->> 'text', a.rule_id, a.ticket_id IS NOT NULL, a.customer_id)::text, ROW('sent', 'Fire (Acme): ticket.created', :'rule'::uuid, true, :'acme'::uuid)::text, 'by the template') FROM lealup.action a WHERE a.rule_id = :'rule';
SELECT is((SELECT count(*) FROM lealup.notification_job), 0::bigint, 'once');
SELECT ok(k.headers LIKE '%Idempotency-Key: ' || substr(k.unit, 8) || '%', 'its key is in the header') FROM asked k WHERE k.url LIKE '%/tell' ORDER BY n DESC LIMIT 1;
SELECT is(pg_temp.status(pg_temp.draft('shout', 'Ho')), 'approved', 'what a rule allows need not be approved');
SELECT is(pg_temp.status(pg_temp.draft('tell', 'Ho')), 'draft', 'what none does has to be');
SELECT pg_temp.act_as(:'ada');
SELECT lealup.set_notification_rule(:'one', 'Shouts', '{*}', :'c', 'shout', '{"text": "Hi"}', mode => 'allow', rule_id => :'allow');
SELECT pg_temp.act_as(NULL);
SELECT is(pg_temp.status(pg_temp.draft('shout', 'Ho')), 'draft', 'of which the template is part');
SELECT is(pg_temp.status(pg_temp.draft('shout', 'Hi')), 'approved', 'or not');
UPDATE lealup.provider_operation SET audience = 'customer' WHERE provider = 'regress' AND name = 'shout';
SELECT is(pg_temp.work(), '', 'if it becomes a customer''s meanwhile, nothing goes');
SELECT is((SELECT string_agg(DISTINCT a.status, ',') FROM lealup.action a WHERE a.rule_id = :'allow'), 'cancelled', 'it is cancelled');
UPDATE lealup.provider_operation SET audience = 'own_team' WHERE provider = 'regress' AND name = 'shout';
SELECT pg_temp.draft('shout', 'Hi') AS ended \gset
SELECT lealup.delete_notification_rule(:'one', :'allow');
SELECT is(pg_temp.status(:'ended'), 'cancelled', 'what a rule had approved ends with it');
SELECT throws_ok(format('SELECT lealup.delete_notification_rule(%L, %L)', :'one', :'allow'), 'P0002', NULL, 'which ends once');

-- ----- Attempts -----
SELECT pg_temp.act_as(:'ben');
CREATE FUNCTION pg_temp.approved(operation text, text text) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    made uuid := pg_temp.draft(operation, text);
BEGIN
    PERFORM pg_temp.approve(made);
    RETURN made;
END $$;
SELECT pg_temp.approved('tell', 'x') AS a \gset
SELECT is(pg_temp.work(500, '{}'), '/tell', 'a server that has trouble');
SELECT is(ROW(a.status, a.attempts, a.error, a.uncertain, a.next_attempt_at > now() + interval '50 s')::text, ROW('approved', 1, 'the provider answered 500', true, true)::text, 'is asked again') FROM lealup.action a WHERE a.id = :'a';
SELECT is(pg_temp.work(), '', 'later');
SELECT is(pg_temp.work(error => 'timeout', later => '2 min'), '/tell', 'an answer that does not come');
SELECT is(pg_temp.work(423, '{}', '10 min'), '/tell', 'and what the provider''s rules say');
SELECT is(pg_temp.work(503, '{}', later => '1 hour', headers => '{"retry-after": "100"}'), '/tell', 'a wait');
SELECT is(ROW(a.attempts, a.error, c.wait_reason)::text, ROW(3, 'the provider answered 503', 'the provider answered 503')::text, 'is no attempt, and holds the connection') FROM lealup.action a, lealup.connection c WHERE a.id = :'a' AND c.id = :'c';
SELECT is(pg_temp.work(later => '10 hours'), '/tell', 'until it works');
SELECT is(ROW(a.status, a.error, a.attempts)::text, ROW('sent', NULL::text, 4)::text, 'and is sent') FROM lealup.action a WHERE a.id = :'a';
SELECT is((SELECT count(DISTINCT substring(k.headers FROM 'Idempotency-Key: (\S+)')) FROM asked k WHERE k.unit = 'action:' || :'a'), 1::bigint, 'each time with one key');
UPDATE lealup.connection SET not_before = NULL, wait_reason = NULL WHERE id = :'c';
SELECT pg_temp.approved('tell', 'y') AS a \gset
SELECT is((SELECT array_to_string(array_remove(array_agg(pg_temp.work(500, '{}', n * interval '24 hours 30 min')), ''), ' ') FROM generate_series(0, 5) n), '/tell /tell /tell /tell /tell /tell', 'again and again');
SELECT is(pg_temp.work(500, '{}', later => '6 days 20 hours'), '/tell', 'at most seven times');
SELECT is(ROW(a.status, a.error)::text, ROW('failed', 'the provider answered 500')::text, 'then it has failed') FROM lealup.action a WHERE a.id = :'a';
SELECT lealup.retry_action(:'one', :'a');
SELECT is(ROW(a.status, a.attempts, a.approved_by)::text, ROW('approved', 0, :'ben'::uuid)::text, 'and may be tried again') FROM lealup.action a WHERE a.id = :'a';
SELECT is(pg_temp.work(200, '{"ok": false}'), '/tell', 'an answer that says no');
SELECT is(ROW(a.status, a.error)::text, ROW('failed', 'the channel is not there')::text, 'is known by the provider''s rules') FROM lealup.action a WHERE a.id = :'a';
SELECT lealup.cancel_action(:'one', :'a');
SELECT is(pg_temp.status(:'a'), 'cancelled', 'what has failed may be cancelled');
SELECT is(pg_temp.work(400, '{"error": {"message": "no such thing"}}') || pg_temp.status(a), '/tellfailed', 'a refusal is final') FROM pg_temp.approved('tell', 'z') a;
SELECT is(pg_temp.work(200, '{"bad": 1}') || pg_temp.status(a), '/tellfailed', 'an answer that cannot be read fails') FROM pg_temp.approved('tell', 'z') a;
SELECT is(pg_temp.work(200, '{"give": {"fail": "not so"}}') || pg_temp.status(a), '/tellfailed', 'or that the function calls a failure') FROM pg_temp.approved('tell', 'z') a;
SELECT is(pg_temp.work(200, '{"give": {"retry": "busy"}}') || pg_temp.status(a), '/tellapproved', 'or asks to try again') FROM pg_temp.approved('tell', 'later') a;
SELECT is(pg_temp.work() || pg_temp.status(a), 'sent', 'nothing to ask is done') FROM pg_temp.approved('tell', 'nothing') a;
SELECT is(pg_temp.work() || pg_temp.status(a), 'the request could not be made: that channel is not oursfailed', 'a request that is refused fails') FROM pg_temp.approved('tell', 'impossible') a;
-- Without a means to tell, what may have arrived is not sent twice.
SELECT pg_temp.approved('shout', 'x') AS a \gset
SELECT is(pg_temp.work(error => 'timeout') || pg_temp.status(:'a'), '/shoutfailed', 'without keys what may have arrived is not sent again');
SELECT lealup.retry_action(:'one', :'a');
SELECT is(pg_temp.work() || pg_temp.status(:'a'), '/shoutsent', 'but by who knows better');
SELECT is(pg_temp.work(429, '{}', headers => '{"retry-after": "5"}') || pg_temp.status(a), '/shoutapproved', 'what was refused for a while is') FROM pg_temp.approved('shout', 'x') a;
SELECT ok(pg_temp.work(later => '1 hour') ~ '/shout', 'later');
UPDATE lealup.connection SET not_before = NULL, wait_reason = NULL WHERE id = :'c';
-- With a search, what may have been made is looked for.
SELECT pg_temp.approved('find', 'x') AS a \gset
SELECT is(pg_temp.work(error => 'timeout'), '/find', 'an issue');
SELECT is(pg_temp.work(200, '{"search": {"id": "found"}}', later => '5 min'), '/search?key=' || :'a', 'is looked for');
SELECT is(ROW(a.status, a.external_id)::text, ROW('sent', 'found')::text, 'and found') FROM lealup.action a WHERE a.id = :'a';
SELECT pg_temp.approved('find', 'x') AS a \gset
SELECT is(pg_temp.work(error => 'timeout'), '/find', 'another one');
SELECT is(pg_temp.work(200, '{"search": {}, "id": "made"}', later => '5 min'), '/search?key=' || :'a' || ' /find', 'is not, and made');
SELECT is(ROW(a.status, a.external_id)::text, ROW('sent', 'made')::text, 'once') FROM lealup.action a WHERE a.id = :'a';
-- A worker that ends.
SELECT pg_temp.approved('find', 'crash') AS a, pg_temp.approved('shout', 'crash') AS b, pg_temp.approved('shout', 'not yet') AS d \gset
CREATE TEMP TABLE unit AS SELECT * FROM lealup._sync_claim(clock_timestamp(), 64);
SELECT count(*) FROM unit u, lealup._sync_requests(u.tenant_id, u.connection_id, u.unit, u.state, '{0}') WHERE u.unit <> 'action:' || :'d' \gset
SELECT lealup._sync_release_all();
SELECT is((SELECT string_agg(a.status || ' ' || a.uncertain, ', ' ORDER BY a.id) FROM lealup.action a WHERE a.id IN (:'a', :'b', :'d')), 'approved true, approved true, approved false', 'leaves what it had');
SELECT is(r.go_on, false, 'and records nothing any more') FROM unit u, lealup._sync_record(u.tenant_id, u.connection_id, u.unit, u.claim_id, u.state, ARRAY[ROW(0, 1, 200, '{}', '{"id": "1"}', NULL, NULL, NULL)::lealup._sync_answer], 0, 0, now()) r
WHERE u.unit = 'action:' || :'a';
SELECT is(pg_temp.work(200, '{"search": {"id": "it"}, "id": "new"}', later => '10 s'), '/shout /search?key=' || :'a', 'the next one looks for what may have been made, and sends what was not');
SELECT is((SELECT string_agg(a.status, ', ' ORDER BY a.id) FROM lealup.action a WHERE a.id IN (:'a', :'b', :'d')), 'sent, failed, sent', 'the rest is for people to say');

-- ----- Holds and order -----
UPDATE lealup.connection SET state = 'error', reason = 'Gone' WHERE id = :'c';
SELECT pg_temp.approved('tell', 'held') AS a \gset
SELECT is(pg_temp.work(), '', 'a connection in error sends nothing');
SELECT is(ROW(v.status, v.held)::text, ROW('approved', 'the connection is in state error: Gone')::text, 'which is for all to see') FROM lealup.actions v WHERE v.id = :'a';
SELECT is(ROW(q.member_id, q.to_do)::text, ROW(:'ben'::uuid, 'wait')::text, 'and in the member''s queue') FROM lealup.action_queue q WHERE q.id = :'a';
SELECT lealup._connection_established(:'one', :'c', clock_timestamp());
SELECT is(pg_temp.work(), '/tell', 'until it is connected again');
SELECT lealup.create_action(:'one', :'c', 'reply', format('{"text": "%s"}', n)::jsonb, ticket_id => :'ticket') FROM generate_series(1, 3) n;
SELECT pg_temp.approve(a.id) FROM (SELECT a.id FROM lealup.action a WHERE a.ticket_id = :'ticket' AND a.operation = 'reply' ORDER BY a.id) a;
SELECT is(pg_temp.work(500, '{}'), '/reply', 'of one ticket''s only the first is tried');
SELECT is(pg_temp.work(later => '30 s'), '', 'and the others wait for it');
SELECT is((SELECT string_agg(v.held, ', ' ORDER BY v.id) FROM lealup.actions v WHERE v.ticket_id = :'ticket' AND v.status = 'approved'), 'the provider answered 500, it waits for one before it, it waits for one before it', 'which is said');
SELECT is((SELECT string_agg(pg_temp.work(later => '2 min'), ' ') FROM generate_series(1, 3)), '/reply /reply /reply', 'then they go one by one');
SELECT is((SELECT string_agg(a.input ->> 'text', '' ORDER BY k.n) FROM asked k JOIN lealup.action a ON 'action:' || a.id = k.unit WHERE a.ticket_id = :'ticket' AND a.operation = 'reply'), '1123', 'in order');
SELECT is(pg_temp.work(later => '8 days'), '', 'what could not go for a week') FROM pg_temp.approved('tell', 'old');
SELECT is((SELECT count(*) FROM lealup.action a WHERE a.status = 'failed' AND a.error LIKE 'it could not be sent for 7 days%'), 1::bigint, 'is not wanted any more');

-- ----- Upkeep -----
CREATE TEMP TABLE told AS SELECT FROM lealup.action a WHERE a.approved_by IS NULL AND a.status IN ('sent', 'failed', 'cancelled');
SELECT is(lealup._forget_told(now(), 1000), 0::bigint, 'what is over stays as long as logs do');
SELECT is(lealup._forget_told(now() + interval '31 days', 1000), (SELECT count(*) FROM told), 'then what a rule had approved goes');
SELECT cmp_ok((SELECT count(*) FROM lealup.action a WHERE a.approved_by IS NOT NULL AND a.status = 'sent'), '>', 10::bigint, 'and what members have approved stays');
SELECT * FROM finish();
ROLLBACK;
