-- Slack: what is asked, what answers, events, buttons and commands mean. They are written after Slack's reference.
BEGIN;
SELECT plan(109);
\ir lib/http.sql
SELECT set_config('test.key', '', true);

CREATE FUNCTION pg_temp.call(more jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$ SELECT jsonb_build_object('now', '2026-11-21T10:00:00Z', 'cursor', NULL, 'mode', 'backfill',
    'connection', '{"id": "x", "provider": "slack", "account_id": "T061EG9R6", "options": {}, "facts": {"bot_user_id": "U0BOT", "bot_id": "B1"}, "scopes": ["users:read", "channels:read"]}'::jsonb,
    'action', '{"id": "0190d1c5-0000-7000-8000-000000000001", "idempotency_key": "k1", "attempt": 1}'::jsonb) || more $$;
CREATE FUNCTION pg_temp.answer(body jsonb) RETURNS jsonb LANGUAGE sql AS $$ SELECT jsonb_build_object('status', 200, 'headers', '{}'::jsonb, 'body', body) $$;

-- ----- The catalog -----
SELECT is_empty($$SELECT problem, place, fix FROM lealup.check_provider('slack')$$, 'nothing is wrong with how Slack is described');
SELECT is((SELECT kind || ' ' || auth || ' ' || client_auth || ' ' || refresh || ' ' || scope_separator FROM lealup.provider WHERE name = 'slack'), 'workspace oauth2 basic single_use ,', 'a workspace, whose scopes are told apart by commas');
SELECT is(lealup._granted_scopes(p, '{"scope": "chat:write,commands"}', '{}'), '{chat:write,commands}', 'as they are in the answer') FROM lealup.provider p WHERE name = 'slack';
SELECT is((SELECT string_agg(name || ' ' || audience, ', ' ORDER BY name) FROM lealup.provider_operation WHERE provider = 'slack' AND audience <> 'own_team'), 'post_to_customer customer', 'one operation is for customers');

-- ----- People -----
SELECT is(lealup._slack_users(pg_temp.call()), '{"path": "/users.list", "query": {"limit": 200}}', 'people are listed');
SELECT is(lealup._slack_users(pg_temp.call('{"cursor": {"page": "dXNlcjpVMEc5V0ZYTlo="}}')) #>> '{query,cursor}', 'dXNlcjpVMEc5V0ZYTlo=', 'page by page');
-- https://docs.slack.dev/reference/methods/users.list
SELECT is(lealup._slack_users_page(pg_temp.call(), pg_temp.answer('{"ok": true, "members": [
    {"id": "W012A3CDE", "team_id": "T061EG9R6", "name": "spengler", "deleted": false, "color": "9f69e7", "real_name": "Egon Spengler", "is_bot": false, "updated": 1502138686, "is_email_confirmed": true,
     "profile": {"avatar_hash": "ge3b51ca72de", "status_text": "Print is dead", "real_name": "Egon Spengler", "email": "spengler@ghostbusters.example.com", "team": "T061EG9R6"}},
    {"id": "W07QCRPA4", "team_id": "T0G9PQBBK", "name": "glinda", "deleted": true, "profile": {"email": "glenda@south.oz.coven"}}], "cache_ts": 1498777272, "response_metadata": {"next_cursor": "dXNlcjpVMEc5V0ZYTlo="}}')),
    '{"records": [{"id": "W012A3CDE", "data": {"bot": false, "name": "Egon Spengler", "team": "T061EG9R6", "email": "spengler@ghostbusters.example.com", "confirmed": true}}, {"id": "W07QCRPA4", "deleted": true}],
      "cursor": {"page": "dXNlcjpVMEc5V0ZYTlo="}, "verdict": "more"}', 'a page, of which little is kept');
SELECT is(lealup._slack_users_page(pg_temp.call(), pg_temp.answer('{"ok": true, "members": [], "response_metadata": {"next_cursor": ""}}')), '{"records": [], "cursor": {}, "verdict": "done"}', 'the last one');
SELECT is(lealup._slack_user(pg_temp.call(), jsonb_build_object('id', 'U1', 'data', '{"name": "Ada", "email": "ada@example.com", "team": "T061EG9R6", "confirmed": true}'::jsonb || d)) #>> '{0,email_verified}', v, w)
FROM (VALUES ('{}'::jsonb, 'true', 'an address that Slack has confirmed is known'), ('{"confirmed": false}', 'false', 'one that it has not'), ('{"team": "T9"}', 'false', 'one of another workspace'),
    ('{"stranger": true}', 'false', 'one of a stranger'), ('{"confirmed": null}', 'true', 'where it does not say')) x(d, v, w);
SELECT is(lealup._slack_user(pg_temp.call(), '{"id": "U1", "data": {"bot": true, "name": "x"}}'), '[]', 'bots are nobody');

-- ----- Channels -----
SELECT is(lealup._slack_channels(pg_temp.call()) #>> '{query,types}', 'public_channel', 'channels are listed');
SELECT is(lealup._slack_channels(jsonb_set(pg_temp.call(), '{connection,scopes}', '["channels:read", "groups:read"]')) #>> '{query,types}', 'public_channel,private_channel', 'private ones, too, where that was granted');
SELECT is(lealup._slack_channels_page(pg_temp.call(), pg_temp.answer('{"ok": true, "channels": [{"id": "C012AB3CD", "name": "general", "is_channel": true, "is_private": false, "is_archived": false, "is_member": true,
    "is_ext_shared": false, "is_pending_ext_shared": false}, {"id": "C9", "name": "with-acme", "is_ext_shared": true}], "response_metadata": {"next_cursor": ""}}')) -> 'records',
    '[{"id": "C012AB3CD", "data": {"name": "general", "joined": true, "shared": false, "private": false, "archived": false}}, {"id": "C9", "data": {"name": "with-acme", "joined": false, "shared": true, "private": false, "archived": false}}]',
    'with who reads them');

-- ----- Messages -----
SELECT is(lealup._slack_post(pg_temp.call('{"input": {"channel": "C1", "text": "Tom & <!here> *now*", "mention": "U7", "thread": "C1:1503435956.000247"}}')),
    '{"method": "POST", "path": "/chat.postMessage", "json": {"channel": "C1", "text": "<@U7> Tom &amp; &lt;!here&gt; *now*", "thread_ts": "1503435956.000247", "unfurl_links": false, "unfurl_media": false,
      "metadata": {"event_type": "lealup_action", "event_payload": {"key": "k1"}}}}', 'a message, in which nobody is named but who is to be');
SELECT is(lealup._with_key('{"json": {}}', o.idempotency, k) #>> '{json,client_msg_id}', v, w) FROM lealup.provider_operation o, (VALUES
    ('0190d1c5-0000-7000-8000-000000000001', '0190d1c5-0000-7000-8000-000000000001', 'Slack knows it by its id'), ('a key', md5('a key')::uuid::text, 'which has to be a UUID')) x(k, v, w)
WHERE o.provider = 'slack' AND o.name = 'post_message';
SELECT is(lealup._slack_posted(pg_temp.call(), pg_temp.answer('{"ok": true, "channel": "C123456", "ts": "1503435956.000247", "message": {"text": "Here"}}')),
    '{"external_id": "C123456:1503435956.000247", "result": {"channel": "C123456", "ts": "1503435956.000247"}}', 'what it is called');

-- ----- Errors -----
SELECT is(v.action || coalesce(' ' || extract(epoch FROM v.until - '2026-11-21 10:00 UTC')::int, ''), wanted, error || ' of ' || part)
FROM (VALUES ('page', 200, 'ratelimited', '{"retry-after": "30"}'::jsonb, 'wait 30'), ('action', 429, 'ratelimited', '{"retry-after": "1"}', 'wait 1'), ('page', 200, 'invalid_auth', '{}', 'reconnect'),
    ('action', 200, 'token_revoked', '{}', 'reconnect'), ('action', 200, 'account_inactive', '{}', 'reconnect'), ('page', 200, 'token_expired', '{}', 'refresh'), ('action', 200, 'missing_scope', '{}', 'fail'),
    ('page', 200, 'missing_scope', '{}', 'reconnect'), ('action', 200, 'channel_not_found', '{}', 'fail'), ('action', 200, 'fatal_error', '{}', 'retry'), ('page', 200, 'invalid_cursor', '{}', 'reset'),
    ('action', 200, 'something_new', '{}', 'fail'), ('token', 200, 'invalid_refresh_token', '{}', 'reconnect'), ('token', 200, 'bad_client_secret', '{}', 'fail')) x(part, status, error, headers, wanted)
CROSS JOIN LATERAL lealup._sync_verdict('slack', NULL, part, status, headers, jsonb_build_object('ok', false, 'error', error), NULL, NULL, '2026-11-21 10:00 UTC') v;
SELECT is((lealup._sync_verdict('slack', NULL, 'page', 200, '{}', '{"ok": true, "warning": "missing_charset"}', NULL, NULL, now())).action, 'answer', 'a warning is none');
SELECT is((lealup._sync_verdict('slack', NULL, 'action', 200, '{}', '{"ok": false, "error": "something_new"}', NULL, NULL, now())).message, 'the provider answered 200: something_new', 'what is not known is told');

-- ----- Events -----
CREATE FUNCTION pg_temp.event(event jsonb, more jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
    SELECT lealup._slack_events(pg_temp.call(), jsonb_build_object('headers', '{}'::jsonb, 'body', '{"token": "z26uFbvR1xHJEdHE1OQiO6t8", "team_id": "T061EG9R6", "api_app_id": "A0FFV41KK", "type": "event_callback",
        "event_id": "Ev9UQ52YNA", "event_time": 1234567890, "authorizations": [{"enterprise_id": null, "team_id": "T061EG9R6", "user_id": "U0BOT", "is_bot": true}]}'::jsonb || jsonb_build_object('event', event) || more)) $$;
SELECT is(pg_temp.event('{"type": "app_uninstalled"}') ->> 'disconnect', 'The app was removed from the workspace.', 'the app was removed');
SELECT ok(pg_temp.event('{"type": "tokens_revoked", "tokens": {"oauth": [], "bot": ["U0BOT"]}}') ? 'disconnect', 'its token was revoked');
SELECT ok(pg_temp.event('{"type": "tokens_revoked", "tokens": {"oauth": ["UXXXXXXXX"]}}') ? 'ignore', 'somebody else''s was');
SELECT is(pg_temp.event('{"type": "user_change", "user": {"id": "U1", "deleted": true, "profile": {}}}'), '{"records": {"users": [{"id": "U1", "deleted": true}]}}', 'somebody has left');
SELECT is(pg_temp.event('{"type": "team_join", "user": {"id": "U2", "team_id": "T061EG9R6", "name": "ada", "profile": {"email": "ada@example.com"}}}') #>> '{records,users,0,data,name}', 'ada', 'somebody is new');
SELECT is(pg_temp.event(jsonb_build_object('type', t, 'channel', '"C1"'::jsonb)), '{"hint": ["channels"]}', 'the list of channels is read: ' || t) FROM unnest('{channel_rename,channel_shared}'::text[]) t;
SELECT is(pg_temp.event('{"type": "member_joined_channel", "user": "U0BOT", "channel": "C1"}'), '{"hint": ["channels"]}', 'the app was invited');
SELECT ok(pg_temp.event('{"type": "member_joined_channel", "user": "U7", "channel": "C1"}') ? 'ignore', 'somebody else was');
SELECT ok(pg_temp.event('{"type": "star_added"}') ? 'ignore' AND pg_temp.event('{"type": "x(); DROP"}') ? 'ignore' AND pg_temp.event('{}') ? 'ignore' AND pg_temp.event('"x"') ? 'ignore', 'what is of no interest, or none of Slack''s');
SELECT is(pg_temp.event('{"type": "app_uninstalled"}', '{"team_id": "T9", "authorizations": []}'), '{"ignore": "it is of the workspace T9"}', 'another workspace that has the app');
SELECT ok(pg_temp.event('{"type": "app_uninstalled"}', '{"team_id": "T9"}') ? 'disconnect', 'one that shares a channel with ours sends it for ours');

-- ----- Buttons -----
CREATE FUNCTION pg_temp.pressed(payload jsonb) RETURNS jsonb LANGUAGE sql AS $$ SELECT lealup._slack_interactivity(pg_temp.call(), jsonb_build_object('headers', '{}'::jsonb,
    'body', jsonb_build_object('payload', ('{"type": "block_actions", "team": {"id": "T061EG9R6", "domain": "example"}, "user": {"id": "U2CERLKJA", "username": "roadrunner"}}'::jsonb || payload)::text))) $$;
SELECT is(pg_temp.pressed('{"actions": [{"action_id": "approve_action", "block_id": "q", "text": {"type": "plain_text", "text": "Approve"}, "value": "0190d1c5-0000-7000-8000-000000000001 0123456789abcdef0123456789abcdef", "type": "button", "action_ts": "1548426417.840180"}]}'),
    '{"acts": [{"do": "approve_action", "id": "0190d1c5-0000-7000-8000-000000000001", "account": "U2CERLKJA", "seen": "0123456789abcdef0123456789abcdef"}]}', 'a button acts for who pressed it');
SELECT is(pg_temp.pressed('{"actions": [{"action_id": "approve_action", "value": "0190d1c5-0000-7000-8000-000000000001"}]}'), '{"ignore": "no button of lealup''s was pressed"}', 'and approves nothing that was not shown');
SELECT is((lealup._slack_post(jsonb_build_object('input', jsonb_build_object('channel', 'C1', 'text', 'x', 'blocks', '[{"type": "actions", "elements": [{"type": "button", "action_id": "approve_action", "value": "x y"}]}]'::jsonb)))) ? 'fail', true, 'nobody posts a button that looks otherwise than it acts');
SELECT ok(pg_temp.pressed('{"actions": [{"action_id": "delete_everything", "value": "x"}]}') ? 'ignore' AND pg_temp.pressed('{"type": "view_submission"}') ? 'ignore'
    AND pg_temp.pressed('{"team": {"id": "T9"}, "actions": [{"action_id": "approve_action"}]}') ? 'ignore', 'others do nothing');

-- ----- Which is which -----
SELECT lealup.create_tenant('Team') AS tenant \gset
INSERT INTO lealup.member (tenant_id, email, name, role) VALUES (:'tenant', 'ada@example.com', 'Ada', 'csm') RETURNING id AS ada \gset
INSERT INTO lealup.connection (tenant_id, provider, kind, state, account_id) VALUES (:'tenant', 'slack', 'workspace', 'connected', 'T061EG9R6') RETURNING id AS c \gset
INSERT INTO lealup.member_account (tenant_id, connection_id, external_id, member_id, matched_by) VALUES (:'tenant', :'c', 'U1', :'ada', 'manual');
SELECT substr(lealup.inbound_url(:'tenant', :'c'), 24) AS path \gset
SELECT set_config('test.path', :'path', true);
-- What the gateway does with the vault's key is tested with the gateway.
UPDATE lealup.provider_inbound SET signature = '{"type": "none"}' WHERE provider = 'slack';
CREATE FUNCTION pg_temp.form(fields jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT (a).body FROM pg_temp.http('POST', current_setting('test.path'), (SELECT string_agg(k || '=' || lealup._percent_encode(v), '&') FROM jsonb_each_text(fields) x(k, v)),
        '{"content-type": "application/x-www-form-urlencoded"}') a $$;
SELECT is((a).body::jsonb, '{"challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"}', 'the URL is verified') FROM pg_temp.http('POST', :'path',
    '{"token": "Jhj5dZrVaK7ZwHHjRyZWjbDl", "challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P", "type": "url_verification"}') a;
SELECT is((a).status || ' ' || ((a).headers ->> 'x-slack-no-retry'), '200 1', 'an event') FROM pg_temp.http('POST', :'path', '{"type": "event_callback", "event_id": "Ev1", "team_id": "T061EG9R6", "event": {"type": "x"}}') a;
SELECT is(pg_temp.status('POST', :'path', '{"type": "event_callback", "event_id": "Ev1", "team_id": "T061EG9R6", "event": {"type": "x"}, "again": true}'), 200, 'that comes again');
SELECT is(coalesce(pg_temp.form('{"payload": "{\"type\": \"block_actions\", \"team\": {\"id\": \"T061EG9R6\"}, \"user\": {\"id\": \"U1\"}, \"actions\": []}"}'), ''), '', 'a button is answered without a word');
SELECT is(pg_temp.form('{"ssl_check": "1", "token": "x"}')::jsonb ->> 'response_type', 'ephemeral', 'a look at the certificate');
SELECT results_eq('SELECT name, dedupe_key = ''Ev1'' FROM lealup.inbox ORDER BY id', $$VALUES ('events', true), ('interactivity', false)$$, 'each is what it is, once');

-- ----- /lealup -----
CREATE FUNCTION pg_temp.say(command text, who text DEFAULT 'U1', team text DEFAULT 'T061EG9R6') RETURNS jsonb LANGUAGE sql AS $$
    SELECT pg_temp.form(jsonb_build_object('token', 'gIkuvaNzQIHg97ATvDxqgjtO', 'team_id', team, 'team_domain', 'example', 'channel_id', 'C2147483705', 'user_id', who, 'user_name', 'Steve', 'command', '/lealup', 'text', command,
        'response_url', 'https://hooks.slack.com/commands/1234/5678', 'trigger_id', '13345224609.738474920.8088930838d88f008e0', 'api_app_id', 'A123456'))::jsonb $$;
SELECT matches(pg_temp.say('') ->> 'text', '^`/lealup acme` shows a customer', 'alone it explains itself');
SELECT is(pg_temp.say('help'), pg_temp.say(''), 'or with help');
SELECT is(pg_temp.say('acme') ->> 'text', 'There is no customer "acme". Say a name, a part of it, or a domain.', 'a customer that there is not');
SELECT matches(pg_temp.say('acme', 'U9') ->> 'text', 'does not know who you are', 'a stranger learns nothing');
SELECT matches(pg_temp.say('acme', 'U1', 'T9') ->> 'text', 'not the one', 'nor another workspace');
INSERT INTO lealup.customer (tenant_id, name, domain, tier, arr, renewal_date, owner_id) VALUES (:'tenant', 'Acme <Corp> & *Sons*', 'acme.example', 'gold', 120000, current_date + 40, :'ada') RETURNING id AS acme \gset
INSERT INTO lealup.customer (tenant_id, name) SELECT :'tenant', 'Acmezon ' || n FROM generate_series(1, 30) n;
SELECT lealup.set_health_definition(:'tenant', NULL, '[{"kind": "csat", "weight": 50, "worst": 0, "best": 100}, {"kind": "nps", "weight": 50, "worst": 0, "best": 10}]');
INSERT INTO lealup.health_signal (tenant_id, customer_id, kind, value, source, external_id) VALUES (:'tenant', :'acme', 'csat', 90, 'test', '1'), (:'tenant', :'acme', 'nps', 9, 'test', '2');
INSERT INTO lealup.ticket (tenant_id, customer_id, subject, status, priority) SELECT :'tenant', :'acme', 'Ticket ' || n, 'open', 'normal' FROM generate_series(1, 7) n;
INSERT INTO lealup.ticket (tenant_id, customer_id, subject, status, priority) VALUES (:'tenant', :'acme', 'It <burns> & ' || repeat('x', 500), 'escalated', 'urgent');
INSERT INTO lealup.task (tenant_id, customer_id, title, assignee_id, due_at) VALUES (:'tenant', :'acme', 'Call them', :'ada', now() - interval '2 days');
SELECT matches(pg_temp.say('Acme') ->> 'text', E'^More than 10 customers fit "Acme":\n• .*Acme &lt;Corp&gt; &amp; Sons, acme\\.example\n', 'several');
SELECT is(pg_temp.say('ACME.example') ->> 'text', pg_temp.say(' acme  <corp> & *sons* ') ->> 'text', 'by name or domain');
SELECT set_config('test.shown', pg_temp.say('acme.example')::text, true);
SELECT is(current_setting('test.shown')::jsonb ->> 'response_type', 'ephemeral', 'only who asks sees it');
SELECT is(current_setting('test.shown')::jsonb #>> '{blocks,0,text,text}', 'Acme <Corp> & *Sons*', 'the customer by name, which is plain text');
SELECT matches(f #>> '{1,text}', E'^\\*Renewal\\*\n.* \\(in (39|40|41) days\\)', 'renewal') FROM (SELECT current_setting('test.shown')::jsonb #> '{blocks,1,fields}' AS f) x;
SELECT is(f #>> '{2,text}' || ' ' || (f #>> '{3,text}'), E'*ARR*\n120,000 USD *Owner*\nAda', 'money and owner') FROM (SELECT current_setting('test.shown')::jsonb #> '{blocks,1,fields}' AS f) x;
SELECT matches(current_setting('test.shown')::jsonb #>> '{blocks,2,text,text}', E'^\\*Why\\*\n• (csat was 90|nps was 9), observed .*points\\.\n• .*', 'and why');
SELECT matches(t, E'\\*Open tickets: 8\\*\n• It &lt;burns&gt; &amp; x+ \\.\\.\\. \\(escalated, urgent, since [0-9-]+\\)(\n• Ticket [0-9] \\(open, normal, since [0-9-]+\\)){4}$', 'open tickets, the worst first')
FROM (SELECT b #>> '{text,text}' AS t FROM jsonb_array_elements(current_setting('test.shown')::jsonb -> 'blocks') b) x WHERE t LIKE '*Open tickets%';
SELECT matches(t, E'\\*Open tasks: 1\\*\n• Call them \\(\\*overdue\\* since [0-9-]+, Ada\\)$', 'open tasks')
FROM (SELECT b #>> '{text,text}' AS t FROM jsonb_array_elements(current_setting('test.shown')::jsonb -> 'blocks') b) x WHERE t LIKE '*Open tasks%';
SELECT is(count(*), 2::bigint, 'a question leaves nothing in the inbox') FROM lealup.inbox;
UPDATE lealup.member SET active = false WHERE id = :'ada';
SELECT matches(pg_temp.say('acme') ->> 'text', 'does not know who you are', 'who has left learns nothing any more');
UPDATE lealup.member SET active = true WHERE id = :'ada';
CREATE OR REPLACE FUNCTION lealup._slack_reply(call jsonb, shown jsonb) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$ BEGIN RAISE EXCEPTION 'trouble with %', shown ->> 'query'; END $$;
SELECT matches(pg_temp.say('acme') ->> 'text', 'Try it again', 'what goes wrong is told in plain words');
CREATE OR REPLACE FUNCTION lealup._slack_reply(call jsonb, shown jsonb) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$ BEGIN PERFORM pg_sleep(30); RETURN '{}'; END $$;
SELECT matches(pg_temp.say('acme') ->> 'text', 'Try it again', 'and so is what takes too long');
SELECT is((SELECT count(*) FROM generate_series(1, 3000000) n), 3000000::bigint, 'after which nothing is cancelled any more');

-- ----- Where messages go -----
SELECT lealup.create_tenant('Other') AS other \gset
INSERT INTO lealup.external_channel (tenant_id, connection_id, external_id, name, shared, archived) VALUES (:'tenant', :'c', 'C1', 'team', false, false), (:'tenant', :'c', 'C2', 'acme', true, false), (:'tenant', :'c', 'C3', 'team-old', false, true);
CREATE FUNCTION pg_temp.goes(channel text, operation text, audience text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    c lealup.connection := (SELECT x FROM lealup.connection x WHERE x.provider = 'slack');
    a lealup.action;
BEGIN
    a.operation := operation; a.audience := audience;
    RETURN lealup._resolve_channels(c, a, jsonb_build_object('channel', channel, 'text', '#team')) ->> 'channel';
EXCEPTION WHEN object_not_in_prerequisite_state THEN
    RETURN SQLERRM;
END $$;
SELECT is(pg_temp.goes(channel, operation, audience), wanted, what) FROM (VALUES
    ('#team', 'post_message', 'own_team', 'C1', 'a channel by its name'), ('C1', 'notify', 'own_team', 'C1', 'or its id'), ('U1', 'notify', 'own_team', 'U1', 'or a member'),
    ('#acme', 'post_message', 'own_team', 'the channel #acme is shared with another organization, where not only the own team reads it', 'not one that others read'),
    ('C2', 'notify_ticket', 'own_team', 'the channel #acme is shared with another organization, where not only the own team reads it', 'by its id neither'),
    ('C2', 'post_to_customer', 'customer', 'C2', 'but for what is for customers'), ('#team-old', 'notify', 'own_team', 'there is no channel ''#team-old'', or the app does not see it', 'none that is archived'),
    ('U8', 'notify', 'own_team', 'there is no channel ''U8'', or the app does not see it', 'nobody that is no member'), ('D1', 'notify', 'own_team', 'there is no channel ''D1'', or the app does not see it', 'nothing that is not known')
) x(channel, operation, audience, wanted, what);
SELECT lealup._remove_channels(c, '{external_channel:C1}', now()) FROM lealup.connection c WHERE id = :'c';
SELECT is(pg_temp.goes('#team', 'notify', 'own_team'), 'there is no channel ''#team'', or the app does not see it', 'or is gone');
INSERT INTO lealup.external_channel (tenant_id, connection_id, external_id, name, shared) VALUES (:'tenant', :'c', 'C1', 'team', false);

-- ----- What waits for approval -----
INSERT INTO lealup.ticket (tenant_id, customer_id, subject, assignee_id) VALUES (:'tenant', :'acme', 'Help', :'ada') RETURNING id AS ticket \gset
SELECT lealup.create_action(:'tenant', :'c', 'post_to_customer', '{"channel": "C2", "text": "Hi"}', ticket_id => :'ticket') AS draft \gset
SELECT is(data::jsonb - 'action_id', jsonb_build_object('customer_id', :'acme', 'customer_name', 'Acme <Corp> & *Sons*', 'provider', 'slack', 'operation', 'post_to_customer', 'title', 'Post a message where a customer reads it',
    'audience', 'customer', 'ticket_id', :'ticket', 'task_id', NULL, 'member_id', :'ada', 'member_email', 'ada@example.com', 'owner_id', :'ada', 'owner_email', 'ada@example.com'), 'a draft is an event')
FROM lealup.event WHERE event_type = 'action.proposed';
SELECT is_empty($$SELECT k FROM lealup.event e, lealup.event_type t, jsonb_array_elements_text(t.schema -> 'required') k WHERE e.event_type = 'action.proposed' AND t.name = e.event_type AND NOT e.data::jsonb ? k$$, 'with what the catalog promises');
SELECT lealup.set_slack_notices(:'tenant', :'c', '{approvals,playbooks,tickets}', '#team') AS rules \gset
SELECT is(:'rules'::int, 3, 'an admin says what is told');
SELECT lealup.create_action(:'tenant', :'c', 'notify', '{"channel": "C1", "title": "Hi"}') AS told \gset
SELECT is(status, 'approved', 'what a rule allows is no draft') FROM lealup.action WHERE id = :'told';
SELECT is(count(*), 1::bigint, 'and no event') FROM lealup.event WHERE event_type = 'action.proposed';
SELECT results_eq('SELECT name, operation, template #>> ''{channel,member}'' FROM lealup.notification_rule WHERE active AND mode <> ''mirror'' ORDER BY name',
    $$VALUES ('Slack: approvals', 'notify_approval', '{{data.member_id}}'), ('Slack: playbooks', 'notify', NULL), ('Slack: tickets', 'notify_ticket', NULL)$$, 'as rules');
SELECT is(lealup.set_slack_notices(:'tenant', :'c', '{approvals,health}', 'C1', direct => false), 2, 'again');
SELECT results_eq('SELECT name, template ->> ''channel'' FROM lealup.notification_rule WHERE active AND mode <> ''mirror'' ORDER BY name', $$VALUES ('Slack: approvals', 'C1'), ('Slack: health', 'C1')$$,
    'those that are wanted stay or come, the others end');
SELECT throws_ok(format('SELECT lealup.set_slack_notices(%L, %L, ''{gossip}'', ''C1'')', :'tenant', :'c'), '22023', 'there are no notices ''gossip''', 'notices that there are not');
SELECT throws_ok(format('SELECT lealup.set_slack_notices(%L, %L, ''{tickets}'', ''C1'')', :'other', :'c'), 'P0002', NULL, 'another tenant''s workspace');
SELECT throws_ok(format('SELECT lealup.set_slack_notices(%L, %L, ''{tickets}'', NULL)', :'tenant', :'c'), NULL, NULL, 'nowhere');
SELECT is(lealup.set_slack_notices(:'tenant', :'c', '{}', 'C1'), 0, 'none');
SELECT is(count(*), 0::bigint, 'which ends all') FROM lealup.notification_rule WHERE active;

-- ----- Playbooks -----
INSERT INTO lealup.notification (tenant_id, channel, text) VALUES (:'other', 'slack:#x', 'Nobody hears it');
SELECT is(status, 'pending', 'without a workspace it waits') FROM lealup.notification WHERE tenant_id = :'other';
INSERT INTO lealup.notification (tenant_id, customer_id, channel, text) VALUES (:'tenant', :'acme', 'slack:#team', 'One'), (:'tenant', :'acme', 'slack', 'Two'), (:'tenant', :'acme', 'slack:', 'Three'), (:'tenant', NULL, 'pager', 'Four');
SELECT results_eq($$SELECT text, status FROM lealup.notification WHERE tenant_id <> $$ || quote_literal(:'other') || ' ORDER BY text', $$VALUES ('Four', 'pending'), ('One', 'delivered'), ('Three', 'pending'), ('Two', 'delivered')$$, 'what is for Slack is taken');
SELECT results_eq($$SELECT status, input ->> 'title', input ->> 'text' FROM lealup.action WHERE operation = 'notify' AND input ->> 'text' IN ('One', 'Two') ORDER BY id$$,
    $$VALUES ('draft', 'Acme <Corp> & *Sons*', 'One'), ('draft', 'Acme <Corp> & *Sons*', 'Two')$$, 'which waits for approval unless a rule allows it');
SELECT is(input -> 'channel', jsonb_build_object('member', :'ada'), 'to the owner where it names no channel') FROM lealup.action WHERE input ->> 'text' = 'Two';

-- ----- Cards -----
SELECT is(lealup._slack_notify(pg_temp.call('{"input": {"channel": "C1", "title": "*Big* <news>", "text": "a & b", "facts": {"Now": "20", "Before": "", "<x>": "1"}}}')) #> '{json,blocks}',
    '[{"type": "section", "text": {"type": "mrkdwn", "text": "*Big &lt;news&gt;*\na &amp; b"}, "fields": [{"type": "mrkdwn", "text": "*&lt;x&gt;*\n1"}, {"type": "mrkdwn", "text": "*Now*\n20"}]}]', 'a notice, without what is empty');
SELECT is(lealup._slack_notify_action(pg_temp.call('{"input": {"channel": "C1"}, "object": {"entity": "action", "id": "x", "here": {"status": "sent", "title": "T", "input": {}}}}')), NULL, 'nobody is asked for what is approved already');
SELECT is(lealup._slack_update_ticket(pg_temp.call('{"input": {}, "object": {"external_id": "C1:1.2", "changed": [], "here": {}}}')), NULL, 'a card that is as it should be is let be');
SELECT is(r ->> 'path' || ' ' || (r #>> '{json,channel}') || ' ' || (r #>> '{json,ts}'), '/chat.update C1 1.2', 'one that is not is changed')
FROM lealup._slack_update_ticket(pg_temp.call('{"input": {}, "object": {"id": "x", "external_id": "C1:1.2", "changed": ["status"], "here": {"subject": "S", "status": "open", "priority": "low"}, "about": {}}}')) r;

SELECT * FROM finish();
ROLLBACK;
