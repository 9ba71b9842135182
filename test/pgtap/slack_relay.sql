-- Slack's relay: texts in both directions, what events of messages become, what is posted, changed and deleted. Events and answers are written after Slack's reference.
BEGIN;
SELECT plan(133);
SET LOCAL client_min_messages = warning;

-- ----- Texts -----
SELECT is(lealup._slack_plain(mrkdwn), plain, mrkdwn) FROM (VALUES
    ('Hello', 'Hello'), ('', ''), ('a &lt;b&gt; &amp;amp; c', 'a <b> &amp; c'), ('&lt;@U1&gt;', '<@U1>'),
    ('<@U012AB3CD> and <@U2|ben>', '<@U012AB3CD> and @ben'), ('<#C024BE91L|general> <#C1|> <#C2>', '#general #C1 #C2'), ('<!here> <!channel|channel> <!everyone>', '@here @channel @everyone'),
    ('<!subteam^SAZ94GDB8|@oncall> <!subteam^S1>', '@oncall @S1'), ('<!date^1392734382^{date}|Feb 18>', 'Feb 18'), ('<mailto:bob@example.com|Bob> <mailto:x@y.z>', 'bob@example.com x@y.z'),
    ('<https://a.example/x?y=1&amp;z|label> <https://a.example>', 'label (https://a.example/x?y=1&z) https://a.example'), ('<http://a.example|a.example>', 'a.example'), ('<tel:+15551234|555 1234>', '555 1234'),
    ('*bold* _it_ ~no~ `code`', '*bold* _it_ ~no~ `code`'), ('a < b', 'a < b')) t(mrkdwn, plain);
SELECT is(lealup._slack_plain(lealup._slack_escape(t)), t, 'what goes there comes back as it was: ' || t) FROM unnest(ARRAY['<@U1> & <!channel> <http://x|y>', '&lt; &amp;lt;', 'ñ 日本 🎉']) t;
SELECT ok(length(lealup._slack_fit(repeat(c, n))) <= 4000 AND lealup._slack_fit(repeat(c, n)) LIKE '% …', 'what is too long is cut: ' || c) FROM (VALUES ('x', 5000), ('&', 5000), ('日', 1000000)) t(c, n);
SELECT is(lealup._slack_fit(repeat('&', 700)), repeat('&amp;', 700), 'and nothing else');
SELECT is(lealup._slack_said(here::jsonb), said, 'who says what: ' || split_part(said, E'\n', 1)) FROM (VALUES
    ('{"body": "Hi <b>", "internal": false, "author": {"member": "x", "name": "Ana *B*\n"}}', E'*Ana B*\nHi &lt;b&gt;'),
    ('{"body": "Hi", "internal": true, "author": {"member": "x", "name": "<!channel>"}}', E'*&lt;!channel&gt;* _internal_\nHi'),
    ('{"body": "Hi", "internal": false, "author": {"contact": "x", "name": "Kim"}}', E'*Kim* (customer)\nHi'),
    ('{"body": "Hi", "internal": false, "author": null}', E'*Automatic*\nHi'), ('{"body": "Hi", "author": {"member": "x", "name": null}}', E'*Automatic*\nHi')) t(here, said);
SELECT is(lealup._slack_time('1732272000.000100'), '2024-11-22T10:40:00.000100Z', 'times have microseconds');
SELECT is(lealup._slack_time('1732272000.999999'), '2024-11-22T10:40:00.999999Z', 'to the last');
SELECT is(lealup._slack_time(t), NULL, 'no time: ' || t) FROM unnest(ARRAY['', '1', 'x', '999999999999999.1', '-1.0', '1.1e9']) t;

-- ----- Events -----
CREATE FUNCTION pg_temp.call(options jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('now', '2026-11-21T10:00:00Z', 'name', 'events', 'connection', jsonb_build_object('id', 'x', 'provider', 'slack', 'account_id', 'T061EG9R6', 'options', options,
        'facts', '{"bot_user_id": "U0BOT", "bot_id": "B0BOT"}'::jsonb)) $$;
CREATE FUNCTION pg_temp.envelope(event jsonb) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('headers', '{}'::jsonb, 'text', NULL, 'body', jsonb_build_object('token', 'z', 'team_id', 'T061EG9R6', 'api_app_id', 'A0FFV41KK', 'type', 'event_callback', 'event_id', 'Ev9UQ52YNA',
        'event_time', 1732272000, 'event', event)) $$;
CREATE FUNCTION pg_temp.come(event jsonb, options jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$ SELECT lealup._slack_events(pg_temp.call(options), pg_temp.envelope(event)) $$;
-- A reply in a thread, as Slack sends it.
CREATE FUNCTION pg_temp.reply(more jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
    SELECT '{"client_msg_id": "7c1e5e2c-1f0c-4f9b-8a59-0b86a4b9e0a1", "type": "message", "text": "See <https://a.example|this>, <@U2>", "user": "U1", "ts": "1732272060.000200", "team": "T061EG9R6",
        "thread_ts": "1732272000.000100", "parent_user_id": "U0BOT", "channel": "C024BE91L", "event_ts": "1732272060.000200", "channel_type": "channel"}'::jsonb || more $$;
CREATE FUNCTION pg_temp.changed(message jsonb, previous jsonb DEFAULT pg_temp.reply(), at text DEFAULT '1732272120.000300') RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('type', 'message', 'subtype', 'message_changed', 'hidden', true, 'channel', 'C024BE91L', 'channel_type', 'channel', 'ts', at, 'event_ts', at,
        'message', message - '{channel,channel_type,event_ts}'::text[], 'previous_message', previous - '{channel,channel_type,event_ts}'::text[]) $$;
CREATE FUNCTION pg_temp.deleted(previous jsonb DEFAULT pg_temp.reply(), at text DEFAULT '1732272180.000400') RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('type', 'message', 'subtype', 'message_deleted', 'hidden', true, 'channel', 'C024BE91L', 'channel_type', 'channel', 'ts', at, 'event_ts', at, 'deleted_ts', previous -> 'ts',
        'previous_message', previous - '{channel,channel_type,event_ts}'::text[]) $$;
CREATE FUNCTION pg_temp.row_of(event jsonb, options jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$ SELECT pg_temp.come(event, options) #> '{rows,0}' $$;

SELECT is(pg_temp.row_of(pg_temp.reply()), '{"entity": "ticket_message", "external_id": "C024BE91L:1732272060.000200", "ticket": "C024BE91L:1732272000.000100", "body": "See this (https://a.example), <@U2>", "accounts": ["U2"],
    "author": {"external_id": "U1"}, "internal": true, "public_by": "member", "create": false, "waits": true, "created_at": "2024-11-22T10:41:00.000200Z", "updated_at": "2024-11-22T10:41:00.000200Z", "payload": {"user": "U1"}}',
    'a reply is a message of the ticket, internal');
SELECT is(pg_temp.row_of(pg_temp.reply(), '{"replies": "public"}') -> 'internal', 'false', 'or public, if the workspace says so');
SELECT is(pg_temp.row_of(pg_temp.reply('{"type": "app_mention"}')), pg_temp.row_of(pg_temp.reply()) || '{"updated_at": "2024-11-22T10:41:00.000199Z"}', 'that it names the app makes a difference only if nothing else is told of it');
SELECT is(pg_temp.row_of(pg_temp.reply('{"parent_user_id": "U1"}')) -> 'waits', 'false', 'a thread of somebody else is known or is none');
SELECT is(pg_temp.row_of(pg_temp.reply('{"subtype": "file_share", "text": "", "files": [{"id": "F1", "name": "a.pdf", "title": "Offer", "mimetype": "application/pdf", "size": 12, "url_private": "https://files.slack.com/x"}, {"id": "F2", "name": "b.png"}]}'))
        ->> 'body', E'[file: Offer]\n[file: b.png]', 'files are named');
SELECT is(pg_temp.row_of(pg_temp.reply('{"subtype": "file_share", "files": [{"id": "F1", "name": "a.pdf", "mimetype": "application/pdf", "size": 12, "url_private": "https://files.slack.com/x"}]}')) #> '{payload,files}',
    '[{"id": "F1", "name": "a.pdf", "type": "application/pdf", "size": 12}]', 'and not fetched');
SELECT is(pg_temp.row_of(pg_temp.reply('{"subtype": "thread_broadcast"}')) ->> 'external_id', 'C024BE91L:1732272060.000200', 'one that is shown in the channel as well');
SELECT is(pg_temp.row_of(pg_temp.reply('{"channel": "D024BE91L", "channel_type": "im"}')) ->> 'ticket', 'D024BE91L:1732272000.000100', 'one in a direct message');
SELECT is(pg_temp.row_of(pg_temp.changed(pg_temp.reply('{"text": "New &amp; better", "edited": {"user": "U1", "ts": "1732272119.000000"}}'))) - '{author,internal,public_by,create,waits,payload,created_at}'::text[],
    '{"entity": "ticket_message", "external_id": "C024BE91L:1732272060.000200", "ticket": "C024BE91L:1732272000.000100", "body": "New & better", "accounts": [], "updated_at": "2024-11-22T10:42:00.000300Z"}',
    'an edit is the whole message, as of the event: what Slack says of the edit is no finer than a second');
SELECT is(pg_temp.row_of(pg_temp.deleted()) - '{author,internal,public_by,waits,payload,created_at}'::text[],
    '{"entity": "ticket_message", "external_id": "C024BE91L:1732272060.000200", "ticket": "C024BE91L:1732272000.000100", "create": false, "deleted": true, "updated_at": "2024-11-22T10:43:00.000400Z"}', 'a deletion');
SELECT is((SELECT jsonb_agg(r -> 'entity' ORDER BY r -> 'entity') FROM jsonb_array_elements(pg_temp.come(pg_temp.deleted() - 'previous_message') -> 'rows') r), '["ticket", "ticket_message"]', 'one that does not say of what');
SELECT is(pg_temp.come(pg_temp.deleted('{"ts": "1732272000.000100", "user": "U0BOT", "bot_id": "B0BOT", "text": "card"}')) -> 'rows' -> 0,
    '{"entity": "ticket", "external_id": "C024BE91L:1732272000.000100", "deleted": true, "create": false, "updated_at": "2024-11-22T10:43:00.000400Z"}', 'a card that is deleted');
SELECT is(pg_temp.come(pg_temp.changed('{"type": "message", "subtype": "tombstone", "user": "USLACKBOT", "text": "This message was deleted.", "hidden": true, "ts": "1732272000.000100", "thread_ts": "1732272000.000100", "reply_count": 1}',
        '{"type": "message", "user": "U0BOT", "bot_id": "B0BOT", "text": "card", "ts": "1732272000.000100", "thread_ts": "1732272000.000100"}')) #>> '{rows,0,entity}', 'ticket', 'of which replies keep a tombstone');
SELECT is(pg_temp.row_of(pg_temp.deleted(pg_temp.reply('{"user": "U0BOT", "bot_id": "B0BOT"}'))) -> 'deleted', 'true', 'that one of ours was deleted is news');
SELECT is(pg_temp.come(event) ->> 'ignore', why, why || ': ' || left(event::text, 60)) FROM (VALUES
    (pg_temp.reply('{"user": "U0BOT", "bot_id": "B0BOT", "app_id": "A0FFV41KK"}'), 'it is the app''s own'), (pg_temp.reply('{"bot_id": "B0BOT", "subtype": "bot_message"}') - 'user', 'it is the app''s own'),
    (pg_temp.changed(pg_temp.reply('{"user": "U0BOT", "bot_id": "B0BOT", "text": "changed"}')), 'it is the app''s own'), (pg_temp.reply('{"bot_id": "B0OTHER"}'), 'it is of another app'),
    (pg_temp.reply() - 'thread_ts', 'it is in no thread'), (pg_temp.reply('{"thread_ts": "1732272060.000200"}'), 'it is in no thread'),
    (pg_temp.reply('{"subtype": "channel_join"}'), 'messages of the kind channel_join are of no interest'), (pg_temp.reply('{"subtype": "message_replied"}'), 'messages of the kind message_replied are of no interest'),
    (pg_temp.reply() - 'ts', 'it does not say which message it is'), (pg_temp.reply('{"ts": "x", "event_ts": "x"}'), 'it does not say which message it is'), (pg_temp.reply('{"channel": null}'), 'it does not say which message it is'),
    (pg_temp.reply('{"channel": "C1:2"}'), 'it does not say which message it is'), ('{"type": "message"}', 'it does not say which message it is'),
    ('{"type": "message", "subtype": "message_changed", "channel": "C1", "ts": "1.1", "message": 1}', 'it does not say which message it is')) t(event, why);
SELECT is(pg_temp.row_of(pg_temp.reply('{"text": null, "user": null, "files": 1}')) -> 'body', '""', 'whatever is missing');
SELECT is(pg_temp.come('{"type": "member_joined_channel", "user": "U0BOT", "channel": "C1"}'), '{"hint": ["channels"]}', 'that the app joins a channel is news');
SELECT is(pg_temp.come('{"type": "member_left_channel", "user": "U1", "channel": "C1"}') ? 'ignore', true, 'that somebody leaves one is not');

-- ----- Requests -----
CREATE FUNCTION pg_temp.about(object jsonb) RETURNS jsonb LANGUAGE sql AS $$
    SELECT pg_temp.call() || jsonb_build_object('action', '{"id": "a", "idempotency_key": "k"}'::jsonb, 'object', object) $$;
CREATE FUNCTION pg_temp.object(here jsonb DEFAULT '{}', more jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('entity', 'ticket_message', 'id', 'm', 'external_id', 'C1:1732272060.000200', 'base', '{"body": "Old"}'::jsonb, 'ticket', '{"id": "t", "external_id": "C1:1732272000.000100"}'::jsonb,
        'here', '{"body": "New <b>", "internal": false, "deleted": false, "author": {"member": "m", "name": "Ana"}}'::jsonb || here) || more $$;
SELECT is(lealup._slack_relay(pg_temp.about(pg_temp.object())), '{"method": "POST", "path": "/chat.postMessage", "json": {"channel": "C1", "thread_ts": "1732272000.000100", "text": "*Ana*\nNew &lt;b&gt;", "unfurl_links": false, "unfurl_media": false,
    "metadata": {"event_type": "lealup_action", "event_payload": {"key": "k"}}}}', 'a message is posted in the thread');
SELECT is(lealup._slack_relay(pg_temp.about(pg_temp.object('{"deleted": true}'))), NULL, 'unless it was deleted meanwhile');
SELECT is(lealup._slack_relay(pg_temp.about('{"here": null}')), NULL, 'or is gone');
SELECT is(lealup._slack_relayed(pg_temp.about(pg_temp.object()), '{"status": 200, "body": {"ok": true, "channel": "C1", "ts": "1732272060.000200", "message": {"text": "*Ana*\nNew &lt;b&gt;"}}}'),
    '{"external_id": "C1:1732272060.000200", "base": {"body": "New <b>"}}', 'what it is called there');
SELECT is(lealup._slack_relayed(pg_temp.about(pg_temp.object()), '{"status": 200, "body": {"ok": true, "channel": "C1", "ts": "1732272060.000200", "message": {"text": "*Ana*\nOld"}}}') -> 'base',
    '{"body": "*Ana*\nOld"}', 'and that it is another one, if that was posted before');
SELECT is(lealup._slack_relayed(pg_temp.about(pg_temp.object()), '{"status": 200, "body": {"ok": true}}') ? 'fail', true, 'an answer that says nothing');
SELECT is((lealup._slack_relay_edit(pg_temp.about(pg_temp.object())) -> 'json') - 'metadata', '{"channel": "C1", "ts": "1732272060.000200", "text": "*Ana*\nNew &lt;b&gt;"}', 'an edit');
SELECT is(lealup._slack_relay_edit(pg_temp.about(pg_temp.object())) ->> 'path', '/chat.update', 'is one');
SELECT is(lealup._slack_relay_edit(pg_temp.about(pg_temp.object('{"body": "Old"}'))), NULL, 'what is as it was there is not changed');
SELECT is(lealup._slack_relay_edit(pg_temp.about(pg_temp.object('{"deleted": true}'))), NULL, 'nor what is deleted');
SELECT is(lealup._slack_relay_edit(pg_temp.about(pg_temp.object('{}', '{"payload": {"user": "U1"}}'))) ? 'fail', true, 'nobody changes what somebody else has written');
SELECT is(lealup._slack_edited(pg_temp.about(pg_temp.object()), '{"status": 200, "body": {"ok": true, "channel": "C1", "ts": "1732272060.000200", "text": "*Ana*\n<http://x.y|x.y>"}}'), '{"external_id": "C1:1732272060.000200", "base": {"body": "New <b>"}}', 'and is as it is here');
SELECT is(lealup._slack_relay_delete(pg_temp.about(pg_temp.object())), '{"method": "POST", "path": "/chat.delete", "json": {"channel": "C1", "ts": "1732272060.000200"}}', 'a deletion');
SELECT is(lealup._slack_relay_delete(pg_temp.about(pg_temp.object('{}', '{"payload": {"user": "U1"}}'))) ? 'fail', true, 'of what is ours');
SELECT is((lealup._sync_verdict('slack', 'relay_delete', 'action', 200, '{}', '{"ok": false, "error": "message_not_found"}', NULL, NULL, now())).action, 'answer', 'what is gone is deleted');
SELECT is((lealup._sync_verdict('slack', 'relay_edit', 'action', 200, '{}', '{"ok": false, "error": "message_not_found"}', NULL, NULL, now())).action, 'fail', 'but cannot be changed');
SELECT is((lealup._sync_verdict('slack', 'relay_edit', 'action', 200, '{}', '{"ok": false, "error": "edit_window_closed"}', NULL, NULL, now())).action, 'fail', 'nor what is too old for the workspace');

-- ----- A ticket's thread -----
SELECT lealup.create_tenant('one') AS one \gset
INSERT INTO lealup.member (tenant_id, email, name, role) VALUES (:'one', 'ana@example.com', 'Ana', 'admin') RETURNING id AS ana \gset
INSERT INTO lealup.member (tenant_id, email, name) VALUES (:'one', 'ben@example.com', 'Ben') RETURNING id AS ben \gset
INSERT INTO lealup.connection (tenant_id, provider, kind, state, account_id, scopes, facts) VALUES (:'one', 'slack', 'workspace', 'connected', 'T061EG9R6', '{chat:write}', '{"bot_user_id": "U0BOT", "bot_id": "B0BOT"}') RETURNING id AS c \gset
SELECT set_config('test.one', :'one', true), set_config('test.c', :'c', true);
SELECT lealup.set_member_account(:'one', :'c', 'U1', :'ben'), lealup.set_member_account(:'one', :'c', 'U2', :'ana');
UPDATE lealup.member_account SET name = 'Ana P.' WHERE external_id = 'U2';
INSERT INTO lealup.external_channel (tenant_id, connection_id, external_id, name, joined, shared) VALUES (:'one', :'c', 'C024BE91L', 'support', true, false);
SELECT lealup.create_ticket(:'one', 'Broken') AS ticket \gset
INSERT INTO lealup.external_object (tenant_id, connection_id, entity, external_id, object_id, ours) VALUES (:'one', :'c', 'ticket', 'C024BE91L:1732272000.000100', :'ticket', true);
SELECT is(lealup.set_mirror(:'one', :'c', '{ticket_message}'), 3, 'an admin lets messages go to their threads');

-- What comes, as the sync worker takes it in: the state of the notification, and why it is passed over or tried again.
CREATE FUNCTION pg_temp.told(event jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    m lealup.inbox;
BEGIN
    INSERT INTO lealup.inbox (tenant_id, id, connection_id, name, received_at, dedupe_key, headers, body, next_attempt_at)
    VALUES (current_setting('test.one')::uuid, lealup.uuid7(), current_setting('test.c')::uuid, 'events', now(), gen_random_uuid()::text, '{}', convert_to((pg_temp.envelope(event) -> 'body')::text, 'UTF8'), now()) RETURNING * INTO m;
    PERFORM lealup._understand_inbound(m, now());
    RETURN (SELECT concat_ws(': ', x.status, x.error) FROM lealup.inbox x WHERE x.tenant_id = m.tenant_id AND x.id = m.id);
END $$;
CREATE FUNCTION pg_temp.at(n int, more jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
    SELECT pg_temp.reply(jsonb_build_object('ts', '1732272060.00000' || n, 'event_ts', '1732272060.00000' || n, 'text', 'no. ' || n) || more) $$;
CREATE FUNCTION pg_temp.thread() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', coalesce(w.name, '-') || ':', m.body, CASE WHEN m.internal THEN '(internal)' END), ', ' ORDER BY m.created_at, m.id)
    FROM lealup.ticket_message m LEFT JOIN lealup.member w ON w.tenant_id = m.tenant_id AND w.id = m.author_member_id WHERE m.tenant_id = current_setting('test.one')::uuid $$;
CREATE FUNCTION pg_temp.message(n int) RETURNS text LANGUAGE sql AS $$ SELECT format('%s (%s, %s)', m.body, CASE WHEN m.internal THEN 'internal' ELSE 'public' END, m.payload ->> 'user') FROM lealup.ticket_message m WHERE m.external_id LIKE '%060.00000' || n $$;
CREATE FUNCTION pg_temp.jobs() RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(r.operation || ' ' || j.external_id, ', ' ORDER BY 1), 'none') FROM lealup.mirror_job j JOIN lealup.notification_rule r ON r.tenant_id = j.tenant_id AND r.id = j.rule_id $$;
SELECT is(pg_temp.told(pg_temp.reply()), 'done', 'a reply comes in');
SELECT is(pg_temp.thread(), 'Ben: See this (https://a.example), @Ana P. (internal)', 'by the member who wrote it, and whoever it names has a name');
SELECT is(pg_temp.told(pg_temp.reply('{"type": "app_mention"}')) || ', ' || pg_temp.thread(), 'done, Ben: See this (https://a.example), @Ana P. (internal)', 'told of it twice it is one');
SELECT is(pg_temp.told(pg_temp.changed(pg_temp.reply('{"text": "Better"}'))) || ' ' || pg_temp.thread(), 'done Ben: Better (internal)', 'an edit follows');
SELECT is(pg_temp.told(pg_temp.changed(pg_temp.reply('{"text": "Older"}'), at => '1732272119.000300')) || ' ' || pg_temp.thread(), 'done Ben: Better (internal)', 'not one that was before it');
SELECT is(pg_temp.told(pg_temp.deleted()) || ' ' || pg_temp.thread(), 'done Ben: (deleted) (internal)', 'a deletion, too');
SELECT is(pg_temp.told(pg_temp.changed(pg_temp.reply('{"text": "Late"}'), at => '1732272179.000300')) || ' ' || pg_temp.told(pg_temp.reply()) || ' ' || pg_temp.thread(), 'done done Ben: (deleted) (internal)', 'after which nothing comes back');
SELECT is(pg_temp.told(pg_temp.changed(pg_temp.at(1, '{"text": "one"}'))) || ' ' || pg_temp.told(pg_temp.at(1)) || ' ' || pg_temp.message(1), 'done done one (internal, U1)',
    'an edit that comes before its message is the message');
SELECT is(pg_temp.told(pg_temp.deleted(pg_temp.at(2))) || ' ' || pg_temp.told(pg_temp.at(2)) || ' ' || coalesce(pg_temp.message(2), 'nothing'), 'done done nothing', 'of a deletion that comes before there is none');
SELECT is(pg_temp.told(pg_temp.at(3, '{"user": "U77"}')) || ' ' || pg_temp.message(3),
    'done no. 3 (internal, U77)', 'who is nobody''s has no name, and is not forgotten');
SELECT is(pg_temp.told(pg_temp.at(4, '{"thread_ts": "1732270000.000100", "parent_user_id": "U1"}')), 'ignored: it is about nothing that is known here', 'other threads are nobody''s business');
SELECT is((SELECT count(*) FROM lealup.sync_record WHERE connection_id = :'c'), 0::bigint, 'nothing of them is kept');
SELECT is(pg_temp.told(pg_temp.at(4, '{"user": "U0BOT", "bot_id": "B0BOT"}')), 'ignored: it is the app''s own', 'what is ours is no news');
SELECT is(pg_temp.jobs(), 'none', 'and none of it goes back');
SELECT is((SELECT count(*) FROM lealup.event WHERE event_type = 'ticket.message_added' AND context ->> 'origin' = :'c'), 3::bigint, 'each new message is an event, which says where it came from');

-- A reply that is there before it is known what the thread is called.
INSERT INTO lealup.provider_operation (provider, name, title, audience, input, request, response, makes) VALUES ('slack', 'regress_card', 'Card', 'own_team', '{}', 'lealup._slack_post', 'lealup._slack_posted', 'ticket');
SELECT lealup.create_ticket(:'one', 'Second') AS second \gset
SELECT set_config('lealup.member_id', :'ana', true);
SELECT lealup.create_action(:'one', :'c', 'regress_card', '{}', ticket_id => :'second') AS card \gset
SELECT lealup.approve_action(:'one', :'card');
SELECT set_config('lealup.member_id', '', true);
SELECT is(pg_temp.told(pg_temp.at(5, '{"thread_ts": "1732272050.000100"}')), 'ignored: it is about nothing that is known here', 'an answer to something that was never sent is none');
UPDATE lealup.action SET attempts = 1 WHERE id = :'card';
SELECT is(pg_temp.told(pg_temp.at(5, '{"thread_ts": "1732272050.000100"}')), 'pending: it may be about something that is being made there', 'one to what is on its way waits');
SELECT is(pg_temp.told(pg_temp.at(5, '{"thread_ts": "1732272050.000100", "parent_user_id": "U1"}')), 'ignored: it is about nothing that is known here', 'unless the thread is of somebody else');
UPDATE lealup.action SET attempts = 0 WHERE id = :'card';
SELECT lealup.cancel_action(:'one', :'card');
INSERT INTO lealup.external_object (tenant_id, connection_id, entity, external_id, object_id, ours) VALUES (:'one', :'c', 'ticket', 'C024BE91L:1732272050.000100', :'second', true), (:'one', :'c', 'ticket', 'D1:1732272050.000200', :'second', true);
DELETE FROM lealup.ticket_message WHERE ticket_id = :'ticket';
SELECT is(pg_temp.told(pg_temp.at(5, '{"thread_ts": "1732272050.000100"}')) || ' ' || pg_temp.thread(), 'done Ben: no. 5 (internal)', 'and comes in when that is known');
SELECT is(pg_temp.jobs(), 'relay_message D1:1732272050.000200', 'what is said in one of a ticket''s threads goes to the others, and not to the one it came from');

-- ----- From here to there -----
DELETE FROM lealup.mirror_job;
SELECT set_config('lealup.member_id', :'ana', true);
SELECT lealup.add_ticket_message(:'one', :'ticket', 'Hello <all>') AS said \gset
SELECT is(pg_temp.jobs(), 'relay_message C024BE91L:1732272000.000100', 'what is said in the ticket is to be said in the thread');
-- A worker and Slack: what is asked, with what happens between that and the answer.
CREATE FUNCTION pg_temp.work(body jsonb DEFAULT '{}', meanwhile text DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    u lealup._sync_unit;
    r record;
    said text[] := '{}';
    before int := -1;
BEGIN
    -- Until nothing is left, or, without answers, once.
    WHILE cardinality(said) > before LOOP
    before := CASE WHEN body IS NULL THEN 100 ELSE cardinality(said) END;
    FOR u IN SELECT * FROM lealup._sync_claim(clock_timestamp() + interval '1 hour', 64) WHERE unit LIKE 'action:%' LOOP
        SELECT * INTO r FROM lealup._sync_requests(u.tenant_id, u.connection_id, u.unit, u.state, '{0}');
        said := said || concat_ws(' ', coalesce(substr(r.url, 22), nullif(r.problem, ''), 'nothing'), r.body::jsonb ->> 'channel', coalesce(r.body::jsonb ->> 'ts', r.body::jsonb ->> 'thread_ts'), r.body::jsonb ->> 'text');
        PERFORM set_config('test.key', r.body::jsonb ->> 'client_msg_id', true) WHERE r.body::jsonb ? 'client_msg_id';
        IF meanwhile IS NOT NULL THEN
            EXECUTE meanwhile;
            meanwhile := NULL;
        END IF;
        PERFORM lealup._sync_record(u.tenant_id, u.connection_id, u.unit, u.claim_id, u.state,
            ARRAY[ROW(0, 1, CASE WHEN r.problem IS NULL AND body IS NOT NULL THEN 200 ELSE 0 END, '{}', CASE WHEN r.problem IS NULL THEN body END, NULL,
                CASE WHEN r.problem IS NULL AND body IS NULL THEN 'the connection was lost' ELSE r.problem END, NULL)::lealup._sync_answer], 0, 0, clock_timestamp());
    END LOOP;
    END LOOP;
    RETURN array_to_string(said, ', ');
END $$;
CREATE FUNCTION pg_temp.posted(at text, said text DEFAULT 'x', channel text DEFAULT 'C024BE91L') RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('ok', true, 'channel', channel, 'ts', at, 'text', said, 'message', jsonb_build_object('text', said)) $$;
CREATE FUNCTION pg_temp.link(id text) RETURNS text LANGUAGE sql AS $$ SELECT concat_ws(' ', l.external_id, l.pending, l.error, CASE WHEN l.deleted_at IS NOT NULL THEN 'gone' END) FROM lealup.linked_objects l WHERE l.object_id = link.id::uuid $$;
SELECT is(pg_temp.work(pg_temp.posted('1732272300.000001', E'*Ana*\nHello &lt;all&gt;')), E'/chat.postMessage C024BE91L 1732272000.000100 *Ana*\nHello &lt;all&gt;', 'it is');
SELECT is((SELECT concat_ws(' ', a.status, a.audience, a.approved_by, a.order_key = 'ticket:' || :'ticket', lealup._as_uuid(current_setting('test.key')) IS NOT NULL) FROM lealup.action a WHERE operation = 'relay_message'), 'sent own_team t t',
    'by the rule, one after the other, with a key by which Slack knows it');
SELECT is(pg_temp.link(:'said'), 'C024BE91L:1732272300.000001 {}', 'it is known what it is called there');
SELECT is(pg_temp.work(), '', 'and said once');
SELECT lealup.edit_ticket_message(:'one', :'said', 'Hello you');
SELECT lealup.edit_ticket_message(:'one', :'said', 'Hello us');
SELECT is(pg_temp.work(pg_temp.posted('1732272300.000001')), E'/chat.update C024BE91L 1732272300.000001 *Ana*\nHello us', 'two edits are one change');
SELECT lealup.edit_ticket_message(:'one', :'said', 'First');
SELECT is(pg_temp.work(pg_temp.posted('1732272300.000001'), format('SELECT lealup.edit_ticket_message(%L, %L, ''Second'')', :'one', :'said')),
    E'/chat.update C024BE91L 1732272300.000001 *Ana*\nFirst, /chat.update C024BE91L 1732272300.000001 *Ana*\nSecond', 'what changes while it is on its way goes after it');
SELECT is(pg_temp.work(), '', 'and that is all');
SELECT lealup.delete_ticket_message(:'one', :'said');
SELECT is(pg_temp.work(pg_temp.posted('1732272300.000001')), '/chat.delete C024BE91L 1732272300.000001', 'a deletion');
SELECT is(pg_temp.link(:'said'), 'C024BE91L:1732272300.000001 {} gone', 'is known to be one');
SELECT is(pg_temp.told(pg_temp.deleted(pg_temp.reply('{"ts": "1732272300.000001", "user": "U0BOT", "bot_id": "B0BOT"}'))) || ' ' || pg_temp.work(), 'done ', 'and no news when Slack tells of it');

-- An answer that got lost, and an edit before it is sent again: Slack gives back what it has.
SELECT lealup.add_ticket_message(:'one', :'ticket', 'v1', internal => true) AS lost \gset
SELECT is(pg_temp.work(NULL), E'/chat.postMessage C024BE91L 1732272000.000100 *Ana* _internal_\nv1', 'a message');
SELECT set_config('test.first', current_setting('test.key'), true);
SELECT lealup.edit_ticket_message(:'one', :'lost', 'v2');
SELECT is(pg_temp.work(pg_temp.posted('1732272400.000001', E'*Ana* _internal_\nv1')), E'/chat.postMessage C024BE91L 1732272000.000100 *Ana* _internal_\nv2, /chat.update C024BE91L 1732272400.000001 *Ana* _internal_\nv2',
    'is sent again, and changed, if the first had arrived');
SELECT is(current_setting('test.key'), current_setting('test.first'), 'by the same key');
SELECT is(pg_temp.work(), '', 'once');
SELECT lealup.add_ticket_message(:'one', :'ticket', 'too late') AS late \gset
SELECT is(pg_temp.work(pg_temp.posted('1732272500.000001', E'*Ana*\ntoo late'), format('SELECT lealup.delete_ticket_message(%L, %L)', :'one', :'late')), 
    E'/chat.postMessage C024BE91L 1732272000.000100 *Ana*\ntoo late, nothing, /chat.delete C024BE91L 1732272500.000001', 'what is deleted while it is posted goes');
SELECT lealup.add_ticket_message(:'one', :'ticket', 'never') AS never \gset
SELECT lealup.delete_ticket_message(:'one', :'never');
SELECT is(pg_temp.work(), 'nothing', 'what is deleted before is never posted');

-- What people wrote at Slack is theirs.
SELECT pg_temp.told(pg_temp.at(6));
SELECT id AS theirs FROM lealup.ticket_message WHERE external_id LIKE '%060.000006' \gset
SELECT lealup.edit_ticket_message(:'one', :'theirs', 'corrected');
SELECT is(pg_temp.work(), 'the request could not be made: at Slack nobody but its author can change a message', 'an edit here of what was written there fails');
SELECT is(pg_temp.link(:'theirs'), 'C024BE91L:1732272060.000006 {body} at Slack nobody but its author can change a message', 'visibly');
SELECT is(pg_temp.told(pg_temp.changed(pg_temp.at(6, '{"text": "author''s"}'), at => extract(epoch FROM clock_timestamp() + interval '1 min')::numeric(20,6)::text)) || ' ' || pg_temp.message(6) || ' ' || pg_temp.link(:'theirs'),
    'done author''s (internal, U1) C024BE91L:1732272060.000006 {} at Slack nobody but its author can change a message', 'until its author changes it');

-- A channel that becomes one of others as well, and a card that is gone.
UPDATE lealup.external_channel SET shared = true WHERE connection_id = :'c';
SELECT lealup.add_ticket_message(:'one', :'ticket', 'our secret', internal => true);
SELECT is(pg_temp.work(), 'the request could not be made: the channel of the thread is shared with another organization, where not only the own team reads it', 'nothing is said where others read along');
SELECT lealup.delete_ticket_message(:'one', :'lost');
SELECT is(pg_temp.work(pg_temp.posted('1732272400.000001')), '/chat.delete C024BE91L 1732272400.000001', 'but it may be taken back');
UPDATE lealup.external_channel SET shared = false WHERE connection_id = :'c';
SELECT pg_temp.told(pg_temp.deleted('{"ts": "1732272000.000100", "user": "U0BOT", "bot_id": "B0BOT", "text": "card"}'));
SELECT lealup.add_ticket_message(:'one', :'ticket', 'alone');
SELECT is(pg_temp.work(), '', 'without its card a ticket has no thread');
SELECT is(pg_temp.told(pg_temp.at(7)), 'ignored: it is about nothing that is known here', 'in neither direction');

-- Two threads of one ticket.
SELECT is(pg_temp.told(pg_temp.at(8, '{"thread_ts": "1732272050.000200", "channel": "D1", "channel_type": "im"}')), 'done', 'an answer by direct message');
SELECT is(pg_temp.work(pg_temp.posted('1732272600.000001', E'*Ben* _internal_\nno. 8')), E'/chat.postMessage C024BE91L 1732272050.000100 *Ben* _internal_\nno. 8', 'is shown in the channel');
SELECT is(pg_temp.told(pg_temp.changed(pg_temp.at(8, '{"thread_ts": "1732272050.000200", "text": "no. 8!"}')) || '{"channel": "D1"}') || ' ' || pg_temp.work(pg_temp.posted('1732272600.000001')),
    E'done /chat.update C024BE91L 1732272600.000001 *Ben* _internal_\nno. 8!', 'an edit follows there');
SELECT is(pg_temp.told(pg_temp.deleted(pg_temp.at(8, '{"thread_ts": "1732272050.000200"}')) || '{"channel": "D1"}') || ' ' || pg_temp.work(pg_temp.posted('1732272600.000001')), 'done /chat.delete C024BE91L 1732272600.000001', 'and a deletion');
SELECT is((SELECT count(*) FROM lealup.inbox WHERE status = 'failed') || ' ' || pg_temp.jobs(), '0 none', 'nothing is left to be done');

SELECT * FROM finish();
ROLLBACK;
