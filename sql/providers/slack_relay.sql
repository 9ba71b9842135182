-- Slack: what is said in the thread of a ticket's message, in a channel or in a direct message, and in the ticket, is the same, whichever side says, changes or deletes it.
--
-- The thread is that of a message which is linked to the ticket (external_object): its card. All of what comes is in the event, so that nothing is asked of Slack, whose limits
-- for reading threads are narrow. What is in no such thread is not kept. Slack counts time in microseconds: by that of the event it is known which of two changes is the later one,
-- in whatever order they come. Only its author can change or delete a message at Slack: what people wrote there is theirs, what the app wrote is lealup's.

INSERT INTO lealup.provider_error (provider, ord, stream, part, statuses, path, pattern, action, message, fix) VALUES
    ('slack', 30, 'relay_delete', 'action', NULL, 'error', '^(message_not_found|channel_not_found)$', 'answer', NULL, NULL),
    ('slack', 31, NULL, 'action', NULL, 'error', '^(message_not_found|thread_not_found|cannot_reply_to_message)$', 'fail', 'the message is not there any more', NULL),
    ('slack', 32, NULL, 'action', NULL, 'error', '^(cant_update_message|cant_delete_message|edit_window_closed|compliance_exports_prevent_deletion)$', 'fail', 'the workspace does not let the app change or delete its messages',
        'Its admins say how long messages may be changed, under Settings & Permissions.');
-- Before the rule of a channel that is not there, which is no fault of a deletion.
UPDATE lealup.provider_error SET ord = 19 WHERE provider = 'slack' AND ord = 30;

INSERT INTO lealup.provider_operation (provider, name, title, audience, mirror, makes, request, response, idempotency, scopes) VALUES
    ('slack', 'relay_message', 'Write a ticket''s message into its thread', 'own_team', 'ticket_message.created', 'ticket_message', 'lealup._slack_relay', 'lealup._slack_relayed',
        '{"in": "json", "field": "client_msg_id", "as": "uuid"}', '{chat:write}'),
    ('slack', 'relay_edit', 'Change a ticket''s message in its thread', 'own_team', 'ticket_message.changed', NULL, 'lealup._slack_relay_edit', 'lealup._slack_edited', NULL, '{chat:write}'),
    ('slack', 'relay_delete', 'Delete a ticket''s message in its thread', 'own_team', 'ticket_message.deleted', NULL, 'lealup._slack_relay_delete', 'lealup._slack_relay_deleted', NULL, '{chat:write}');

UPDATE lealup.provider SET problems = problems || '[
    {"problem": "Answers in a ticket''s thread do not come into the ticket.", "fix": "The app must be in the channel, subscribed to message.channels, message.groups or message.im, and be granted channels:history, groups:history or im:history: reconnect with these scopes. inbound_messages shows what came, and why it was passed over."},
    {"problem": "What is said in a ticket is not said in its thread.", "fix": "set_mirror() with ticket_message lets it; linked_objects shows why it could not be carried there."},
    {"problem": "A message in a ticket has no author.", "fix": "The Slack account is nobody''s: unmapped_accounts lists those, set_member_account() says whose it is, for what comes from then on."}]'
WHERE name = 'slack';

-- ----- Texts -----

CREATE FUNCTION lealup._slack_plain(mrkdwn text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    -- What stands between < and > is Slack's; what people type is escaped.
    rule text[];
    plain text := mrkdwn;
BEGIN
    IF plain ~ '<' THEN
        FOREACH rule SLICE 1 IN ARRAY ARRAY[
            ['<@[UW][A-Z0-9]+\|([^>]+)>', '@\1'], ['<#[A-Z0-9]+\|([^>]+)>', '#\1'], ['<#([A-Z0-9]+)\|?>', '#\1'],
            ['<!(here|channel|everyone)(\|[^>]*)?>', '@\1'], ['<![^|>]*\|([^>]*)>', '\1'], ['<!subteam\^([A-Z0-9]+)>', '@\1'],
            ['<mailto:([^|>]*)(\|[^>]*)?>', '\1'], ['<tel:[^|>]*\|([^>]*)>', '\1'], ['<https?://([^|>]+)\|\1>', '\1'], ['<([^@#!|>][^|>]*)\|\1>', '\1'],
            ['<([^@#!|>][^|>]*)\|([^>]*)>', '\2 (\1)'], ['<([^@#!|>][^|>]*)\|?>', '\1']]
        LOOP
            plain := regexp_replace(plain, rule[1], rule[2], 'g');
        END LOOP;
    END IF;
    RETURN replace(replace(replace(plain, '&lt;', '<'), '&gt;', '>'), '&amp;', '&');
END $$;
COMMENT ON FUNCTION lealup._slack_plain(text) IS 'A message of Slack''s as plain text: links, channels and groups as they are read, &, < and > as they were typed. Whoever is named by an id alone stays as <@id>.';

CREATE FUNCTION lealup._slack_fit(content text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    -- chat.update takes 4,000 characters, as they are escaped; & becomes five.
    most int;
    fitting text := lealup._slack_escape(left(content, 4000));
BEGIN
    IF length(content) <= 3800 AND length(fitting) <= 3800 THEN
        RETURN fitting;
    END IF;
    FOREACH most IN ARRAY '{3700,740}'::int[] LOOP
        fitting := lealup._slack_escape(left(content, most)) || ' …';
        EXIT WHEN length(fitting) <= 3800;
    END LOOP;
    RETURN fitting;
END $$;
COMMENT ON FUNCTION lealup._slack_fit(text) IS 'A text as Slack wants it, as much of it as a message can have.';

CREATE FUNCTION lealup._slack_said(here jsonb) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    who text := lealup._slack_escape(left(translate(here #>> '{author,name}', E'*_~`\n', ''), 100));
BEGIN
    RETURN format(E'*%s*%s%s\n%s', coalesce(nullif(who, ''), 'Automatic'), CASE WHEN here #>> '{author,contact}' IS NOT NULL THEN ' (customer)' ELSE '' END,
        CASE WHEN here ->> 'internal' = 'true' THEN ' _internal_' ELSE '' END, lealup._slack_fit(here ->> 'body'));
END $$;
COMMENT ON FUNCTION lealup._slack_said(jsonb) IS 'A ticket''s message as it is shown in the thread: who says it, and what.';

-- ----- From the thread -----

CREATE FUNCTION lealup._slack_time(ts text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE WHEN ts ~ '^\d{1,11}\.\d{1,6}$' THEN lealup._rfc3339(to_timestamp(split_part(ts, '.', 1)::float8) + make_interval(secs => ('0.' || split_part(ts, '.', 2))::float8)) END;
COMMENT ON FUNCTION lealup._slack_time(text) IS 'A time of Slack''s, in seconds with six decimals, as an RFC 3339 text.';

CREATE FUNCTION lealup._slack_event_message(call jsonb, body jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    e jsonb := body -> 'event';
    subtype text := coalesce(e ->> 'subtype', '');
    -- As it is now, or was before it was deleted.
    m jsonb := CASE subtype WHEN 'message_changed' THEN e -> 'message' WHEN 'message_deleted' THEN coalesce(e -> 'previous_message', '{}') || jsonb_build_object('ts', e -> 'deleted_ts') ELSE e END;
    gone boolean := subtype = 'message_deleted' OR coalesce(m ->> 'subtype' = 'tombstone', false);
    channel text := e ->> 'channel';
    thread text;
    ours boolean;
    files jsonb;
    content text;
BEGIN
    IF m ->> 'subtype' = 'tombstone' THEN
        m := coalesce(e -> 'previous_message', m) || jsonb_build_object('ts', m -> 'ts');
    END IF;
    thread := m ->> 'thread_ts';
    ours := coalesce(m ->> 'bot_id' = call #>> '{connection,facts,bot_id}' OR m ->> 'user' = call #>> '{connection,facts,bot_user_id}', false);
    IF channel IS NULL OR channel !~ '^[A-Z0-9]{2,30}$' OR lealup._slack_time(m ->> 'ts') IS NULL OR lealup._slack_time(coalesce(e ->> 'event_ts', e ->> 'ts')) IS NULL THEN
        RETURN '{"ignore": "it does not say which message it is"}';
    ELSIF gone AND (thread IS NULL OR thread = m ->> 'ts') THEN
        -- If it was a ticket's card, there is none any more; of a reply, whatever is known of it goes.
        RETURN jsonb_build_object('rows', (SELECT jsonb_agg(jsonb_build_object('entity', k, 'external_id', channel || ':' || (m ->> 'ts'), 'deleted', true, 'create', false,
            'updated_at', lealup._slack_time(coalesce(e ->> 'event_ts', e ->> 'ts')))) FROM unnest('{ticket,ticket_message}'::text[]) k));
    ELSIF ours AND NOT gone THEN
        RETURN '{"ignore": "it is the app''s own"}';
    ELSIF thread IS NULL OR thread = m ->> 'ts' THEN
        RETURN '{"ignore": "it is in no thread"}';
    ELSIF NOT ours AND m ->> 'bot_id' IS NOT NULL THEN
        RETURN '{"ignore": "it is of another app"}';
    ELSIF NOT ours AND coalesce(m ->> 'subtype', '') NOT IN ('', 'file_share', 'thread_broadcast', 'me_message') THEN
        RETURN jsonb_build_object('ignore', format('messages of the kind %s are of no interest', left(m ->> 'subtype', 100)));
    END IF;
    SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('id', f -> 'id', 'name', left(coalesce(nullif(f ->> 'title', ''), f ->> 'name', f ->> 'id'), 200), 'type', left(f ->> 'mimetype', 100), 'size', f -> 'size'))) INTO files
    FROM jsonb_array_elements(CASE jsonb_typeof(m -> 'files') WHEN 'array' THEN m -> 'files' ELSE '[]' END) WITH ORDINALITY u(f, n) WHERE n <= 20;
    content := concat_ws(E'\n', nullif(lealup._slack_plain(m ->> 'text'), ''), (SELECT string_agg(format('[file: %s]', f ->> 'name'), E'\n') FROM jsonb_array_elements(files) f));
    RETURN jsonb_build_object('rows', jsonb_build_array(jsonb_build_object('entity', 'ticket_message', 'external_id', channel || ':' || (m ->> 'ts'), 'ticket', channel || ':' || thread, 'create', false,
            'author', jsonb_build_object('external_id', m -> 'user'), 'internal', call #>> '{connection,options,replies}' IS DISTINCT FROM 'public', 'public_by', 'member',
            'created_at', lealup._slack_time(m ->> 'ts'), 'payload', jsonb_strip_nulls(jsonb_build_object('user', m -> 'user', 'files', files)), 'waits', coalesce(m ->> 'parent_user_id' = call #>> '{connection,facts,bot_user_id}', false),
            'updated_at', CASE WHEN e ->> 'type' = 'app_mention' THEN lealup._rfc3339(lealup._slack_time(m ->> 'ts')::timestamptz - interval '1 microsecond')
                ELSE lealup._slack_time(CASE WHEN subtype IN ('message_changed', 'message_deleted') THEN coalesce(e ->> 'event_ts', e ->> 'ts') ELSE m ->> 'ts' END) END)
        || CASE WHEN gone THEN '{"deleted": true}' ELSE jsonb_build_object('body', content, 'accounts', (SELECT coalesce(jsonb_agg(DISTINCT a[1]), '[]') FROM regexp_matches(m ->> 'text', '<@([UW][A-Z0-9]{1,20})>', 'g') a)) END));
END $$;
COMMENT ON FUNCTION lealup._slack_event_message(jsonb, jsonb) IS 'A message was posted, changed or deleted: the ticket''s message that it is if it is in a thread of one. What the app itself writes is no news.';

CREATE FUNCTION lealup._slack_event_app_mention(call jsonb, body jsonb) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN lealup._slack_event_message(call, body);
COMMENT ON FUNCTION lealup._slack_event_app_mention(jsonb, jsonb) IS 'Somebody has named the app: a message like others, of which it may be told in both ways, and then the other one, which says more, counts; where it may not read others this is the only one.';

-- ----- To the thread -----

CREATE FUNCTION lealup._slack_relay(call jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    -- What is deleted before it was posted is not posted.
    RETURN CASE WHEN coalesce(call #>> '{object,here,deleted}', 'true') <> 'true' AND call #>> '{object,ticket,external_id}' IS NOT NULL THEN
        lealup._slack_message(call, jsonb_build_object('channel', split_part(call #>> '{object,ticket,external_id}', ':', 1), 'thread_ts', split_part(call #>> '{object,ticket,external_id}', ':', 2),
            'text', lealup._slack_said(call #> '{object,here}'))) END;
COMMENT ON FUNCTION lealup._slack_relay(jsonb) IS 'The request of relay_message.';

CREATE FUNCTION lealup._slack_edited(call jsonb, response jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN response #>> '{body,ts}' IS NULL THEN '{"fail": "Slack did not say which message it is"}'
        ELSE jsonb_build_object('external_id', (response #>> '{body,channel}') || ':' || (response #>> '{body,ts}'), 'base', jsonb_build_object('body', call #> '{object,here,body}')) END;
COMMENT ON FUNCTION lealup._slack_edited(jsonb, jsonb) IS 'What the answer to relay_edit says: which message it is, and that it is as it was when that was sent.';

CREATE FUNCTION lealup._slack_relayed(call jsonb, response jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    -- What an attempt before this one has posted Slack gives back as it is.
    RETURN lealup._slack_edited(call, response) || CASE WHEN response #>> '{body,message,text}' <> lealup._slack_said(call #> '{object,here}')
        THEN jsonb_build_object('base', jsonb_build_object('body', response #> '{body,message,text}')) ELSE '{}' END;
COMMENT ON FUNCTION lealup._slack_relayed(jsonb, jsonb) IS 'What the answer to relay_message says: what it is called there, and how it is.';

CREATE FUNCTION lealup._slack_relay_edit(call jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN coalesce(call #>> '{object,here,deleted}', 'true') = 'true' OR call #> '{object,here,body}' = call #> '{object,base,body}' THEN NULL
        WHEN call #>> '{object,payload,user}' IS NOT NULL THEN '{"fail": "at Slack nobody but its author can change a message"}'
        ELSE lealup._slack_message(call, jsonb_build_object('channel', split_part(call #>> '{object,external_id}', ':', 1), 'ts', lealup._slack_ts(call #>> '{object,external_id}'),
            'text', lealup._slack_said(call #> '{object,here}'))) END;
COMMENT ON FUNCTION lealup._slack_relay_edit(jsonb) IS 'The request of relay_edit.';

CREATE FUNCTION lealup._slack_relay_delete(call jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN call #>> '{object,payload,user}' IS NOT NULL THEN '{"fail": "at Slack nobody but its author can delete a message"}'
        ELSE jsonb_build_object('method', 'POST', 'path', '/chat.delete', 'json',
            jsonb_build_object('channel', split_part(call #>> '{object,external_id}', ':', 1), 'ts', lealup._slack_ts(call #>> '{object,external_id}'))) END;
COMMENT ON FUNCTION lealup._slack_relay_delete(jsonb) IS 'The request of relay_delete.';

CREATE FUNCTION lealup._slack_relay_deleted(call jsonb, response jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN jsonb_build_object('external_id', call #> '{object,external_id}');
COMMENT ON FUNCTION lealup._slack_relay_deleted(jsonb, jsonb) IS 'What the answer to relay_delete says.';
