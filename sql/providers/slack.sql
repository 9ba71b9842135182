-- Slack: a workspace. People are mapped to members, channels are known by name, messages are posted; what happens there comes as events, buttons and commands.
-- slack_notice.sql has the messages, slack_command.sql the command.
--
-- What a message is called here (external_id) is its channel and its time there: C024BE91L:1732272000.000100. Slack answers 200 to everything, with "ok": false and a word
-- in "error" for what went wrong; only limits of requests are a 429. Access tokens last for ever, unless token rotation is switched on in the app: then for 12 hours, and
-- each refresh token is good for once.
--
-- Events of a workspace come to the URL of its connection, as do buttons and commands; all are signed alike, with the app's signing secret.

INSERT INTO lealup.provider (name, title, kind, base_url, allowed_hosts, auth, fields, authorize_url, token_url, client_auth, pkce, scope_separator, refresh, revoke, identity, max_in_flight,
    setup_steps, problems, docs_url, builtin)
VALUES ('slack', 'Slack', 'workspace', 'https://slack.com/api', '{slack.com}', 'oauth2',
    '[{"name": "channel", "title": "Channel for what names none, such as #customer-success", "pattern": "#?[^\\s#]{1,100}"},
      {"name": "replies", "title": "What an answer in the thread of a ticket is: an internal message, or a public one", "default": "internal", "pattern": "internal|public"}]',
    'https://slack.com/oauth/v2/authorize', 'https://slack.com/api/oauth.v2.access', 'basic', false, ',', 'single_use',
    '{"method": "POST", "path": "/auth.revoke"}',
    '{"method": "POST", "path": "/auth.test", "id": "team_id", "name": "team", "facts": {"bot_user_id": "user_id", "bot_id": "bot_id", "url": "url"}}', 20,
    ARRAY['At api.slack.com/apps create an app from scratch, in the workspace that is to be connected.',
        'Under OAuth & Permissions add the redirect URI of lealup as it is shown, and the bot token scopes that connection_scopes() lists. '
            'Token rotation, under Advanced, may be switched on; it cannot be switched off again.',
        'Store the app''s client id and client secret (Basic Information) in lealup, and connect the workspace: an admin agrees to it in Slack.',
        'Make the URL for notifications with inbound_url(), and give the app''s signing secret (Basic Information) to set_inbound_secret().',
        'Enter that URL in the app three times: under Event Subscriptions, where Slack verifies it at once, under Interactivity & Shortcuts, and for a slash command /lealup.',
        'Under Event Subscriptions subscribe to the bot events app_uninstalled, tokens_revoked, team_join, user_change, channel_created, channel_rename, channel_archive, channel_unarchive, '
            'channel_deleted, channel_shared, channel_unshared, member_joined_channel, member_left_channel, app_mention, message.channels, message.groups and message.im, and reinstall the app.',
        'Invite the app to the channels where it is to write: /invite @its name.'],
    '[{"problem": "Slack says that the URL does not answer the challenge.", "fix": "Set the signing secret first, with set_inbound_secret(), and see whether the gateway is reached from the internet over https."},
      {"problem": "Messages cannot be posted: not_in_channel.", "fix": "Invite the app to the channel: /invite @its name."},
      {"problem": "A channel is not known.", "fix": "The list is read every hour, and when Slack tells of a new one: sync_now() reads it at once. Private channels are seen by the app when it is invited."},
      {"problem": "A channel is shared with another organization.", "fix": "There a customer may read along, so that each message needs an approval: use post_to_customer."},
      {"problem": "Somebody gets no direct messages, or their buttons do nothing.", "fix": "Their Slack account is nobody''s: SELECT * FROM lealup.unmapped_accounts lists those, set_member_account() says whose it is."},
      {"problem": "Buttons and commands answer that the app did not respond.", "fix": "Enter the URL under Interactivity and for the command, too, and look at inbound_refusal: with a wrong signing secret nothing is taken."},
      {"problem": "Guests are in a channel.", "fix": "Slack does not say so in its list of channels: lealup takes the channel for one of the team, and guests read all that is posted there. Name no channel with guests in notices, and use post_to_customer for it."},
      {"problem": "The connection ended.", "fix": "Somebody removed the app, or its tokens were revoked: reconnect."}]',
    'https://docs.slack.dev/authentication/installing-with-oauth', true);

INSERT INTO lealup.provider_scope (provider, scope, required, reads, writes, does_not_read) VALUES
    ('slack', 'chat:write', true, NULL, 'Messages of the app: tickets, alerts, tasks, and their changes.', 'It reads no messages.'),
    ('slack', 'commands', true, 'What is typed after /lealup.', NULL, 'Other messages of whoever types it.'),
    ('slack', 'users:read', true, 'Names of the people of the workspace.', NULL, 'What they write, their status and presence.'),
    ('slack', 'users:read.email', true, 'Their e-mail addresses, by which they are known to be members.', NULL, 'Anything else of their profiles.'),
    ('slack', 'channels:read', true, 'Names of public channels, and which are shared with other organizations.', NULL, 'What is said in them.'),
    ('slack', 'im:write', true, NULL, 'Direct messages of the app to members.', 'Direct messages between people.'),
    ('slack', 'groups:read', false, 'Names of private channels that the app was invited to.', NULL, 'Other private channels, and what is said in these.'),
    ('slack', 'chat:write.public', false, NULL, 'Messages of the app in public channels that it was not invited to.', 'It reads no messages.'),
    ('slack', 'channels:history', false, 'Messages in public channels that the app was invited to; only those in threads of tickets are kept.', NULL, 'Channels that it was not invited to.'),
    ('slack', 'groups:history', false, 'Messages in private channels that the app was invited to; only those in threads of tickets are kept.', NULL, 'Channels that it was not invited to.'),
    ('slack', 'im:history', false, 'Direct messages to the app; only answers to a ticket''s message are kept.', NULL, 'Direct messages between people.'),
    ('slack', 'app_mentions:read', false, 'Messages that name the app.', NULL, 'Messages that do not.');

INSERT INTO lealup.provider_stream (provider, name, title, ord, request, response, normalize, period, slowest_period, snapshot) VALUES
    ('slack', 'users', 'People', 1, 'lealup._slack_users', 'lealup._slack_users_page', 'lealup._slack_user', '1 hour', '6 hours', true),
    ('slack', 'channels', 'Channels', 2, 'lealup._slack_channels', 'lealup._slack_channels_page', 'lealup._slack_channel', '1 hour', '6 hours', true);

-- https://docs.slack.dev/apis/web-api/rate-limits: posting is limited to about one message per second and channel, and several hundred a minute in a workspace.
INSERT INTO lealup.provider_budget (provider, name, per, units, period) VALUES ('slack', 'workspace', 'connection', 600, '1 min');

INSERT INTO lealup.provider_error (provider, ord, stream, part, statuses, path, pattern, action, message, fix) VALUES
    ('slack', 1, NULL, 'token', '{200,400,401}', 'error', '^(invalid_refresh_token|token_revoked|token_expired|account_inactive|invalid_grant_type)$', 'reconnect', 'Slack does not accept the grant any more',
        'Reconnect the workspace.'),
    ('slack', 2, NULL, 'token', '{200,400,401}', 'error', '^(invalid_client_id|bad_client_secret|invalid_client|unknown_client)$', 'fail', 'Slack does not know the app, or its secret is wrong',
        'Compare client id and client secret with Basic Information of the app at api.slack.com/apps, and store them again.'),
    ('slack', 3, NULL, 'token', '{200,400}', 'error', '^bad_redirect_uri$', 'fail', 'the redirect URI is not that of the app', 'Add it, exactly as it is written here, under OAuth & Permissions of the app.'),
    ('slack', 10, NULL, NULL, NULL, 'error', '^(ratelimited|rate_limited|message_limit_exceeded)$', 'wait', 'Slack limits how much may be asked in a minute', NULL),
    ('slack', 11, NULL, NULL, NULL, 'error', '^token_expired$', 'refresh', 'the access token has ended', NULL),
    ('slack', 12, NULL, NULL, NULL, 'error', '^(invalid_auth|not_authed|token_revoked|account_inactive|user_removed_from_team|team_access_not_granted|org_login_required|invalid_app_id)$', 'reconnect',
        'Slack does not accept the token any more: the app was removed, or its tokens were revoked', 'Reconnect the workspace.'),
    ('slack', 13, NULL, 'action', NULL, 'error', '^(missing_scope|not_allowed_token_type|no_permission)$', 'fail', 'Slack was not told to let lealup do this', 'Add the scope to the app, and reconnect.'),
    ('slack', 14, NULL, NULL, NULL, 'error', '^(missing_scope|not_allowed_token_type|no_permission)$', 'reconnect', 'Slack was not told to let lealup do this', 'Add the scope to the app, and reconnect.'),
    ('slack', 15, NULL, NULL, NULL, 'error', '^(internal_error|fatal_error|service_unavailable|request_timeout|team_added_to_org|accesslimited|external_channel_migrating)$', 'retry',
        'Slack has a problem of its own; it is tried again', NULL),
    ('slack', 16, NULL, 'page', NULL, 'error', '^invalid_cursor$', 'reset', 'Slack does not know the page any more, so that the list is read anew', NULL),
    ('slack', 20, NULL, 'action', NULL, 'error', '^(not_in_channel|channel_not_found)$', 'fail', 'the app is not in the channel, or there is no such channel', 'Invite the app to it: /invite @its name.'),
    ('slack', 21, NULL, 'action', NULL, 'error', '^is_archived$', 'fail', 'the channel is archived', 'Choose another one.'),
    ('slack', 22, NULL, 'action', NULL, 'error', '^(restricted_action\w*|posting_to_general_channel_denied|ekm_access_denied)$', 'fail', 'the workspace does not let the app write there',
        'Its admins can allow it; or choose another channel.'),
    ('slack', 23, NULL, 'action', NULL, 'error', '^(msg_too_long|msg_blocks_too_long|invalid_blocks\w*|no_text|too_many_attachments)$', 'fail',
        'Slack does not take the message as it is: it is too long, or its blocks are wrong', NULL),
    ('slack', 99, NULL, NULL, '{200}', 'ok', '^false$', 'fail', NULL, NULL);

INSERT INTO lealup.provider_inbound (provider, name, ord, accepts, signature, handshake, dedupe, handler, acknowledge)
SELECT 'slack', k.name, k.ord, k.accepts::jsonb, '{"type": "hmac", "header": "X-Slack-Signature", "prefix": "v0=", "algorithm": "sha256", "encoding": "hex", "template": "v0:{ts}:{body}",
        "timestamp": {"header": "X-Slack-Request-Timestamp", "unit": "s", "tolerance": 300}}'::jsonb, k.handshake::jsonb, k.dedupe::jsonb, k.handler, k.acknowledge::jsonb
FROM (VALUES
    ('events', 1, '{"json": {"type": null}}', '[{"when": {"json": {"type": "url_verification"}}, "echo": {"json": "challenge"}, "as": "json:challenge"}]', '{"json": "event_id"}',
        'lealup._slack_events', '{"status": 200, "headers": {"x-slack-no-retry": "1"}}'),
    ('interactivity', 2, '{"json": {"payload": null}}', '[]', '{"body": true}', 'lealup._slack_interactivity', '{"status": 200}'),
    ('commands', 3, '{}', '[{"when": {"json": {"ssl_check": "1"}}}]', '{"body": true}', 'lealup._slack_commands', '{"status": 200}')
) k(name, ord, accepts, handshake, dedupe, handler, acknowledge);

INSERT INTO lealup.provider_operation (provider, name, title, audience, input, request, response, idempotency, scopes) VALUES
    ('slack', 'post_message', 'Post a message to the team', 'own_team',
        '{"channel": {"type": "channel", "required": true, "title": "#name or id of a channel, or a member"}, "text": {"required": true, "max": 12000, "title": "Its text, in which *bold* and _italics_ are shown as such"},
          "mention": {"type": "member", "title": "Whom it names at its beginning"}, "blocks": {"type": "array", "max": 50, "title": "Block Kit, shown instead of the text"},
          "thread": {"title": "The message in whose thread it is, or {\"external\": \"ticket\", \"id\"}"}}',
        'lealup._slack_post', 'lealup._slack_posted', '{"in": "json", "field": "client_msg_id", "as": "uuid"}', '{chat:write}'),
    ('slack', 'post_to_customer', 'Post a message where a customer reads it', 'customer',
        '{"channel": {"required": true, "title": "Id of a channel"}, "text": {"required": true, "max": 12000}, "thread": {"title": "The message in whose thread it is"}}',
        'lealup._slack_post', 'lealup._slack_posted', '{"in": "json", "field": "client_msg_id", "as": "uuid"}', '{chat:write}');

-- ----- Lists -----

CREATE FUNCTION lealup._slack_page(call jsonb, path text, query jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN jsonb_build_object('path', path, 'query', query || '{"limit": 200}' || jsonb_strip_nulls(jsonb_build_object('cursor', call #> '{cursor,page}')));
COMMENT ON FUNCTION lealup._slack_page(jsonb, text, jsonb) IS 'The request for the next page of a list.';

CREATE FUNCTION lealup._slack_listed(response jsonb, records jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN jsonb_build_object('records', coalesce(records, '[]')) || CASE WHEN coalesce(response #>> '{body,response_metadata,next_cursor}', '') = '' THEN '{"cursor": {}, "verdict": "done"}'
        ELSE jsonb_build_object('cursor', jsonb_build_object('page', response #> '{body,response_metadata,next_cursor}'), 'verdict', 'more') END;
COMMENT ON FUNCTION lealup._slack_listed(jsonb, jsonb) IS 'What a page of a list says; each list is read to its end, and then from its beginning.';

CREATE FUNCTION lealup._slack_users(call jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN lealup._slack_page(call, '/users.list', '{}');
COMMENT ON FUNCTION lealup._slack_users(jsonb) IS 'The request for the next page of people.';

CREATE FUNCTION lealup._slack_user_record(u jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN jsonb_build_object('id', u -> 'id') || CASE WHEN (u ->> 'deleted')::boolean THEN '{"deleted": true}'
        ELSE jsonb_build_object('data', jsonb_strip_nulls(jsonb_build_object('email', u #> '{profile,email}', 'team', u -> 'team_id', 'bot', coalesce((u ->> 'is_bot')::boolean, false) OR u ->> 'id' = 'USLACKBOT',
            'confirmed', u -> 'is_email_confirmed', 'stranger', u -> 'is_stranger',
            'name', coalesce(nullif(u #>> '{profile,real_name}', ''), nullif(u ->> 'real_name', ''), u ->> 'name')))) END;
COMMENT ON FUNCTION lealup._slack_user_record(jsonb) IS 'A record of the stream users: what is kept of one of Slack''s.';

CREATE FUNCTION lealup._slack_users_page(call jsonb, response jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN lealup._slack_listed(response, (SELECT jsonb_agg(lealup._slack_user_record(u)) FROM jsonb_array_elements(response #> '{body,members}') u));
COMMENT ON FUNCTION lealup._slack_users_page(jsonb, jsonb) IS 'What a page of people says.';

CREATE FUNCTION lealup._slack_user(call jsonb, record jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    -- What other workspaces say of their people's addresses, in channels that are shared with them, vouches for nothing here.
    RETURN CASE WHEN record #>> '{data,bot}' = 'true' THEN '[]'
        ELSE jsonb_build_array(jsonb_build_object('entity', 'external_user', 'external_id', record -> 'id', 'email', record #> '{data,email}', 'name', record #> '{data,name}', 'active', true,
            'email_verified', record #>> '{data,email}' IS NOT NULL AND record #>> '{data,confirmed}' IS DISTINCT FROM 'false' AND record #>> '{data,stranger}' IS DISTINCT FROM 'true'
                AND coalesce(record #>> '{data,team}', call #>> '{connection,account_id}') = call #>> '{connection,account_id}')) END;
COMMENT ON FUNCTION lealup._slack_user(jsonb, jsonb) IS 'The account that one of Slack''s people is; of bots none.';

CREATE FUNCTION lealup._slack_channels(call jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN lealup._slack_page(call, '/conversations.list', jsonb_build_object('types', CASE WHEN call #> '{connection,scopes}' ? 'groups:read' THEN 'public_channel,private_channel' ELSE 'public_channel' END));
COMMENT ON FUNCTION lealup._slack_channels(jsonb) IS 'The request for the next page of channels.';

CREATE FUNCTION lealup._slack_channels_page(call jsonb, response jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN lealup._slack_listed(response, (SELECT jsonb_agg(jsonb_build_object('id', c -> 'id', 'data', jsonb_build_object('name', c -> 'name', 'private', coalesce(c -> 'is_private', 'false'),
            'archived', coalesce(c -> 'is_archived', 'false'), 'joined', coalesce(c -> 'is_member', 'false'),
            'shared', coalesce((c ->> 'is_ext_shared')::boolean, false) OR coalesce((c ->> 'is_pending_ext_shared')::boolean, false))))
        FROM jsonb_array_elements(response #> '{body,channels}') c));
COMMENT ON FUNCTION lealup._slack_channels_page(jsonb, jsonb) IS 'What a page of channels says.';

CREATE FUNCTION lealup._slack_channel(call jsonb, record jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN jsonb_build_array(coalesce(CASE jsonb_typeof(record -> 'data') WHEN 'object' THEN record -> 'data' END, '{}') || jsonb_build_object('entity', 'external_channel', 'external_id', record -> 'id'));
COMMENT ON FUNCTION lealup._slack_channel(jsonb, jsonb) IS 'The channel that a record is.';

-- ----- Posting -----

CREATE FUNCTION lealup._slack_escape(content text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN replace(replace(replace(content, '&', '&amp;'), '<', '&lt;'), '>', '&gt;');
COMMENT ON FUNCTION lealup._slack_escape(text) IS 'A text as Slack wants it, so that nothing in it names people or channels, or is a link.';

CREATE FUNCTION lealup._slack_ts(id text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN id ~ ':' THEN split_part(id, ':', 2) ELSE id END;
COMMENT ON FUNCTION lealup._slack_ts(text) IS 'The time of a message in its channel, of its external id or of the time itself.';

CREATE FUNCTION lealup._slack_message(call jsonb, message jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN jsonb_build_object('method', 'POST', 'path', CASE WHEN message ? 'ts' THEN '/chat.update' ELSE '/chat.postMessage' END, 'json',
        message || CASE WHEN message ? 'ts' THEN '{}'::jsonb ELSE '{"unfurl_links": false, "unfurl_media": false}' END
        || jsonb_build_object('metadata', jsonb_build_object('event_type', 'lealup_action', 'event_payload', jsonb_build_object('key', call #> '{action,idempotency_key}'))));
COMMENT ON FUNCTION lealup._slack_message(jsonb, jsonb) IS 'The request for a message {"channel", "text", "blocks"?, "thread_ts"?}, or with "ts" for its change; its metadata say of which action it is.';

CREATE FUNCTION lealup._slack_post(call jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    -- Whoever presses one of lealup's buttons has to see what it does.
    RETURN CASE WHEN jsonb_path_exists(coalesce(call #> '{input,blocks}', '[]'), '$.**.action_id ? (@ like_regex "^(approve|cancel|acknowledge|complete|reopen|resolve)_(action|task|ticket)$")')
        THEN '{"fail": "blocks: buttons that act on tickets, tasks and actions are on lealup''s own cards only"}'
        ELSE lealup._slack_message(call, jsonb_strip_nulls(jsonb_build_object('channel', call #> '{input,channel}',
            'text', coalesce('<@' || (call #>> '{input,mention}') || '> ', '') || lealup._slack_escape(call #>> '{input,text}'), 'blocks', call #> '{input,blocks}',
            'thread_ts', lealup._slack_ts(call #>> '{input,thread}')))) END;
COMMENT ON FUNCTION lealup._slack_post(jsonb) IS 'The request of post_message and post_to_customer.';

CREATE FUNCTION lealup._slack_posted(call jsonb, response jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN response #>> '{body,ts}' IS NULL THEN '{"fail": "Slack did not say which message it is"}'
        ELSE jsonb_build_object('external_id', (response #>> '{body,channel}') || ':' || (response #>> '{body,ts}'),
            'result', jsonb_build_object('channel', response #> '{body,channel}', 'ts', response #> '{body,ts}')) END;
COMMENT ON FUNCTION lealup._slack_posted(jsonb, jsonb) IS 'What the answer to a message says: what it is called.';

-- ----- What comes in -----

CREATE FUNCTION lealup._slack_is_ours(call jsonb, body jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN coalesce(body ->> 'team_id' = call #>> '{connection,account_id}' OR body #>> '{team,id}' = call #>> '{connection,account_id}'
        OR body -> 'authorizations' @> jsonb_build_array(jsonb_build_object('team_id', call #> '{connection,account_id}')), false);
COMMENT ON FUNCTION lealup._slack_is_ours(jsonb, jsonb) IS 'Whether an event, a button or a command is of the workspace that is connected, and not of another one that has the same app.';

-- A function for each type of event, lealup._slack_event_TYPE(call, envelope), gives what provider_inbound.handler gives. What there is none for is ignored.
CREATE FUNCTION lealup._slack_events(call jsonb, message jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    body jsonb := message -> 'body';
    type text := body #>> '{event,type}';
    made jsonb;
BEGIN
    IF body ->> 'type' IS DISTINCT FROM 'event_callback' THEN
        RETURN jsonb_build_object('ignore', format('it is no event: %s', coalesce(left(body ->> 'type', 100), 'null')));
    ELSIF NOT lealup._slack_is_ours(call, body) THEN
        RETURN jsonb_build_object('ignore', format('it is of the workspace %s', coalesce(left(body ->> 'team_id', 100), 'null')));
    ELSIF type !~ '^[a-z_]{1,50}$' OR to_regprocedure(format('lealup._slack_event_%s(jsonb, jsonb)', type)) IS NULL THEN
        RETURN jsonb_build_object('ignore', format('events of the type %s are of no interest', coalesce(left(type, 100), 'null')));
    END IF;
    EXECUTE format('SELECT lealup.%I($1, $2)', '_slack_event_' || type) INTO made USING call, body;
    RETURN made;
END $$;
COMMENT ON FUNCTION lealup._slack_events(jsonb, jsonb) IS 'What an event means: what the function _slack_event_TYPE() says.';

CREATE FUNCTION lealup._slack_event_app_uninstalled(call jsonb, body jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN '{"disconnect": "The app was removed from the workspace."}'::jsonb;
COMMENT ON FUNCTION lealup._slack_event_app_uninstalled(jsonb, jsonb) IS 'Somebody has removed the app.';

CREATE FUNCTION lealup._slack_event_tokens_revoked(call jsonb, body jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN jsonb_array_length(CASE jsonb_typeof(body #> '{event,tokens,bot}') WHEN 'array' THEN body #> '{event,tokens,bot}' ELSE '[]' END) > 0
        THEN '{"disconnect": "The app''s tokens were revoked."}' ELSE '{"ignore": "tokens of people were revoked, of which lealup has none"}' END::jsonb;
COMMENT ON FUNCTION lealup._slack_event_tokens_revoked(jsonb, jsonb) IS 'Tokens were revoked: the bot''s is the connection''s.';

CREATE FUNCTION lealup._slack_event_user_change(call jsonb, body jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN jsonb_build_object('records', jsonb_build_object('users', jsonb_build_array(lealup._slack_user_record(body #> '{event,user}'))));
COMMENT ON FUNCTION lealup._slack_event_user_change(jsonb, jsonb) IS 'Somebody''s profile is another one, or the account was ended.';

CREATE FUNCTION lealup._slack_event_team_join(call jsonb, body jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN lealup._slack_event_user_change(call, body);
COMMENT ON FUNCTION lealup._slack_event_team_join(jsonb, jsonb) IS 'Somebody is new in the workspace.';

DO $$
DECLARE
    type text;
BEGIN
    FOREACH type IN ARRAY '{channel_created,channel_rename,channel_archive,channel_unarchive,channel_deleted,channel_shared,channel_unshared,group_rename,group_archive,group_unarchive,group_deleted}'::text[] LOOP
        EXECUTE format('CREATE FUNCTION lealup._slack_event_%s(call jsonb, body jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN ''{"hint": ["channels"]}''::jsonb', type);
        EXECUTE format('COMMENT ON FUNCTION lealup._slack_event_%s(jsonb, jsonb) IS ''The list of channels is another one.''', type);
    END LOOP;
    FOREACH type IN ARRAY '{member_joined_channel,member_left_channel}'::text[] LOOP
        EXECUTE format('CREATE FUNCTION lealup._slack_event_%s(call jsonb, body jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN '
            'CASE WHEN body #>> ''{event,user}'' = call #>> ''{connection,facts,bot_user_id}'' THEN ''{"hint": ["channels"]}'' ELSE ''{"ignore": "it is not the app that came or went"}'' END::jsonb', type);
        EXECUTE format('COMMENT ON FUNCTION lealup._slack_event_%s(jsonb, jsonb) IS ''Somebody joined or left a channel; the app itself is news.''', type);
    END LOOP;
END $$;

CREATE FUNCTION lealup._slack_interactivity(call jsonb, message jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    payload jsonb := (message #>> '{body,payload}')::jsonb;
    acts jsonb;
BEGIN
    IF NOT lealup._slack_is_ours(call, payload) THEN
        RETURN jsonb_build_object('ignore', format('it is of the workspace %s', coalesce(left(payload #>> '{team,id}', 100), 'null')));
    ELSIF payload ->> 'type' IS DISTINCT FROM 'block_actions' THEN
        RETURN jsonb_build_object('ignore', format('interactions of the type %s are of no interest', coalesce(left(payload ->> 'type', 100), 'null')));
    END IF;
    -- With what is to be approved its button says how it was when it was shown.
    SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('account', payload #> '{user,id}', 'do', a -> 'action_id',
        'id', split_part(a ->> 'value', ' ', 1), 'seen', nullif(split_part(a ->> 'value', ' ', 2), '')))) INTO acts
    FROM jsonb_array_elements(CASE jsonb_typeof(payload -> 'actions') WHEN 'array' THEN payload -> 'actions' ELSE '[]' END) a
    WHERE a ->> 'action_id' ~ '^(approve_action|cancel_action|acknowledge_task|complete_task|reopen_task|resolve_ticket|reopen_ticket)$'
      AND (a ->> 'action_id' <> 'approve_action' OR split_part(a ->> 'value', ' ', 2) <> '');
    RETURN CASE WHEN acts IS NULL THEN '{"ignore": "no button of lealup''s was pressed"}' ELSE jsonb_build_object('acts', acts) END;
END $$;
COMMENT ON FUNCTION lealup._slack_interactivity(jsonb, jsonb) IS 'What a button means: its action_id says what is to be done, its value of what, as lealup._act() has it.';

CREATE FUNCTION lealup._slack_commands(call jsonb, message jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN '{"ignore": "it was answered at once"}'::jsonb;
COMMENT ON FUNCTION lealup._slack_commands(jsonb, jsonb) IS 'A command has had its answer when it came.';
