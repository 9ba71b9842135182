-- Slack's relay: texts in both directions, what events of messages become, what is posted, changed and deleted. Events and answers are written after Slack's reference.
BEGIN;
SELECT plan(1);
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
SELECT is(lealup._slack_said(here::jsonb), said, said) FROM (VALUES
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
SELECT is(pg_temp.row_of(pg_temp.reply('{"type": "app_mention"}')), pg_temp.row_of(pg_temp.reply()), 'that it names the app makes no difference');
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
SELECT is(lealup._slack_relay_edit(pg_temp.about(pg_temp.object())) -> 'json' - 'metadata', '{"channel": "C1", "ts": "1732272060.000200", "text": "*Ana*\nNew &lt;b&gt;"}', 'an edit');
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
