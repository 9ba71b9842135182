-- Gmail: a member's mails, in both directions, become the timeline's.
--
-- What is kept of a mail: subject, who took part, when, the direction, the thread, and its plain text (option bodies: false keeps only the first
-- line or two that Gmail shows in lists; then bodies are not even asked for). Attachments are never read. Drafts, spam, trash and chats are passed
-- over, and so is what the options ignore_domains, ignore_labels and ignore_internal name: detail_response decides it by labels and header fields,
-- so that nothing of such a mail is stored. A mail that gets such a label later, or is put into the trash, goes as a deleted one does.
--
-- One mail in the mailboxes of two members is one row of the timeline: its external_id is made of what both copies have, Message-ID and sender
-- (the sender, so that nobody else can send a mail that takes the place of another). What is deleted in one mailbox stays while another one has
-- it, because the engine removes a row with the last record that became it. For the same reason the direction is the team's, not the mailbox's:
-- out = from this account or another address of its domain.
--
-- cursor: {"history": where changes are read from; "page": the page of the list or of the history that is next; "next": where they are read from
--   after this run; "labels_for", "labels": the labels to ignore, as the option names them and as Gmail does}.
-- A backfill asks for the history id first: what happens while it lists is read afterwards, twice rather than never. It lists all mails since the first
-- one did, so that those which it does not find, after Gmail has forgotten the history, were deleted meanwhile.

INSERT INTO lealup.provider (name, title, kind, base_url, allowed_hosts, auth, fields, identity, max_in_flight, setup_steps, problems, docs_url, builtin,
    authorize_url, token_url, authorize_params, default_ttl, keep_alive, grant_group, revoke)
SELECT 'gmail', 'Gmail', 'personal', 'https://gmail.googleapis.com/gmail/v1/users/me', '{gmail.googleapis.com,oauth2.googleapis.com,www.googleapis.com}', 'oauth2',
    '[{"name": "bodies", "title": "Whether the text of mails is read, or only what lists show of it", "default": true, "pattern": "true|false"},
      {"name": "ignore_internal", "title": "Whether mails among colleagues are ignored", "default": true, "pattern": "true|false"},
      {"name": "ignore_domains", "title": "Domains or addresses: mails in which one of them takes part are ignored", "pattern": "[^@\\s]*@?[^@\\s]+"},
      {"name": "ignore_labels", "title": "Labels by their names: mails that have one are ignored"},
      {"name": "topic", "title": "The Pub/Sub topic for notifications; without it Gmail is asked every few minutes", "pattern": "projects/[^/\\s]+/topics/[^/\\s]+"},
      {"name": "push_account", "title": "The service account that sends the notifications", "pattern": "[^@\\s]+@[^@\\s]+"}]',
    '{"path": "/profile", "id": "emailAddress", "name": "emailAddress"}', 100,
    ARRAY['In the Google Cloud console, create a project and turn on the Gmail API.',
        'Under Google Auth Platform, set up the consent screen and add the scope gmail.readonly. '
            'For people outside your Workspace the app has to be verified by Google; "Internal" needs no verification.',
        'Under Credentials, create an OAuth client of type Web application, with the redirect URI of lealup as it is shown, and store its id and secret in lealup.',
        'Each member connects their own mailbox, and leaves the box ticked when Google asks.',
        'For news within seconds instead of minutes: create a Pub/Sub topic, let gmail-api-push@system.gserviceaccount.com publish to it, make a push subscription with authentication to the connection''s URL, '
            'and give its topic and service account as the options topic and push_account.'],
    '[{"problem": "Google says that the app is not verified.", "fix": "Choose Internal on the consent screen if all members are of one Workspace; else let Google verify the app."},
      {"problem": "The connection ends after seven days.", "fix": "The app is in testing: publish it in the Google Cloud console, then reconnect."},
      {"problem": "It ended when the password was changed.", "fix": "Google ends grants to Gmail then: reconnect."},
      {"problem": "Gmail is not allowed by the administrators.", "fix": "They trust the app''s client id under Admin console > Security > API controls."},
      {"problem": "A mail is missing from the timeline.", 
       "fix": "Mails among colleagues are ignored unless ignore_internal is false; look at ignore_domains and ignore_labels; and see whether its people are known: otherwise it is in the view unmatched."},
      {"problem": "News come late.", "fix": "Without a topic Gmail is asked every 5 to 15 minutes; sync_now() asks at once."}]',
    'https://developers.google.com/workspace/gmail/api/guides', true, g.*
FROM lealup._google_grant() g;

INSERT INTO lealup.provider_scope (provider, scope, required, reads, writes, does_not_read)
VALUES ('gmail', 'https://www.googleapis.com/auth/gmail.readonly', true,
    'Mails that were sent and received: who took part, subject, time, labels and text. Google knows no smaller right by which mails can be searched by date.', NULL,
    'Attachments, drafts, spam, trash, chats, contacts, settings; mails that the options ignore are not stored. It cannot send, change or delete anything.');

INSERT INTO lealup.provider_budget (provider, name, per, units, period)
VALUES ('gmail', 'user', 'connection', 15000, '1 min'), ('gmail', 'project', 'client', 1200000, '1 min');

INSERT INTO lealup.provider_error (provider, ord, stream, part, statuses, path, pattern, action, message)
VALUES ('gmail', 1, 'messages', 'page', '{404}', NULL, NULL, 'reset', 'Gmail does not remember what changed since the last time, so that everything is read again'),
    ('gmail', 2, 'messages', 'page', '{400}', 'error.message', '(?i)invalid.*page ?token', 'reset', 'Gmail does not know the page any more, so that everything is read again'),
    ('gmail', 3, 'messages', 'detail', '{404,410}', NULL, NULL, 'gone', NULL);
INSERT INTO lealup.provider_error SELECT * FROM lealup._google_errors('gmail');

-- ----- Pages -----

CREATE FUNCTION lealup._gmail_phase(call jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN jsonb_array_length(to_jsonb(lealup._google_words(call #> '{connection,options,ignore_labels}'))) > 0
            AND call #> '{cursor,labels_for}' IS DISTINCT FROM call #> '{connection,options,ignore_labels}' THEN 'labels'
        WHEN call #>> '{cursor,history}' IS NULL THEN 'profile'
        WHEN call ->> 'mode' = 'backfill' THEN 'list'
        ELSE 'history' END;
COMMENT ON FUNCTION lealup._gmail_phase(jsonb) IS 'What is asked next: labels (only if some are to be ignored), profile (for the history id), list or history.';

CREATE FUNCTION lealup._gmail_request(call jsonb) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE lealup._gmail_phase(call)
        WHEN 'labels' THEN '{"path": "/labels"}'
        WHEN 'profile' THEN '{"path": "/profile"}'
        WHEN 'list' THEN jsonb_build_object('path', '/messages', 'query', jsonb_strip_nulls(jsonb_build_object('q', 'after:' || lealup._google_epoch(call ->> 'since'),
            'maxResults', 500, 'pageToken', call #> '{cursor,page}')))
        ELSE jsonb_build_object('path', '/history', 'query', jsonb_strip_nulls(jsonb_build_object('startHistoryId', call #> '{cursor,history}', 'maxResults', 500,
            'historyTypes', '["messageAdded", "messageDeleted", "labelAdded", "labelRemoved"]'::jsonb, 'pageToken', call #> '{cursor,page}')))
    END;
COMMENT ON FUNCTION lealup._gmail_request(jsonb) IS 'The request for the next page of the stream messages.';

CREATE FUNCTION lealup._gmail_hidden(labels jsonb, ignored jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN coalesce(labels ?| '{DRAFT,SPAM,TRASH,CHAT}', false)
        OR CASE WHEN ignored IS NOT NULL THEN EXISTS (SELECT FROM jsonb_array_elements_text(ignored) i WHERE labels ? i) ELSE false END;
COMMENT ON FUNCTION lealup._gmail_hidden(jsonb, jsonb) IS 'Whether a mail with these labels is passed over. ignored: labels to ignore, as Gmail names them.';

CREATE FUNCTION lealup._gmail_changes(history jsonb, ignored jsonb) RETURNS TABLE (id text, version text, deleted boolean)
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    -- Most of what happens in a mailbox is that mails are read or starred, which is nothing to us. The last change that is something decides.
    SELECT DISTINCT ON (c.id) c.id, c.version, c.deleted
    FROM (SELECT h.n, x.ord, x.change #>> '{message,id}' AS id, CASE WHEN x.kind = 'added' THEN '1' ELSE h.value ->> 'id' END AS version,
              x.kind = 'gone' OR x.kind = 'labelled' AND lealup._gmail_hidden(x.change -> 'labelIds', ignored) AS deleted
        FROM jsonb_array_elements(history) WITH ORDINALITY h(value, n)
        CROSS JOIN LATERAL (
            SELECT 1 AS ord, 'added' AS kind, a AS change FROM jsonb_array_elements(h.value -> 'messagesAdded') a
            WHERE NOT lealup._gmail_hidden(a #> '{message,labelIds}', ignored)
            UNION ALL
            SELECT 2, 'labelled', a FROM jsonb_array_elements(h.value -> 'labelsAdded') a
            WHERE lealup._gmail_hidden(a -> 'labelIds', ignored) OR a -> 'labelIds' ? 'SENT'
            UNION ALL
            SELECT 3, 'unlabelled', a FROM jsonb_array_elements(h.value -> 'labelsRemoved') a
            WHERE lealup._gmail_hidden(a -> 'labelIds', ignored) AND NOT lealup._gmail_hidden(a #> '{message,labelIds}', ignored)
            UNION ALL
            SELECT 4, 'gone', a FROM jsonb_array_elements(h.value -> 'messagesDeleted') a) x) c
    WHERE c.id IS NOT NULL
    ORDER BY c.id, c.n DESC, c.ord DESC;
END;
COMMENT ON FUNCTION lealup._gmail_changes(jsonb, jsonb) IS 'Which mails a history says are to be read, or are gone. A new one has version 1, as those of a list; one whose labels changed is to be read again.';

CREATE FUNCTION lealup._gmail_response(call jsonb, response jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    body jsonb := response -> 'body';
    cursor jsonb := coalesce(nullif(call -> 'cursor', 'null'), '{}');
    ignored jsonb := call #> '{cursor,labels}';
    page jsonb := response #> '{body,nextPageToken}';
    records jsonb;
    items jsonb;
BEGIN
    IF jsonb_typeof(body) IS DISTINCT FROM 'object' THEN
        RETURN '{"verdict": "fail", "message": "Gmail''s answer is no JSON"}';
    END IF;
    CASE lealup._gmail_phase(call)
        WHEN 'labels' THEN
            RETURN jsonb_build_object('verdict', 'more', 'cursor', cursor || jsonb_build_object('labels_for', call #> '{connection,options,ignore_labels}', 'labels',
                (SELECT coalesce(jsonb_agg(l -> 'id'), '[]') FROM jsonb_array_elements(body -> 'labels') l
                 WHERE lower(l ->> 'name') = ANY (lealup._google_words(call #> '{connection,options,ignore_labels}')))));
        WHEN 'profile' THEN
            IF body ->> 'historyId' IS NULL THEN
                RETURN '{"verdict": "fail", "message": "Gmail''s profile has no historyId"}';
            END IF;
            RETURN jsonb_build_object('verdict', 'more', 'cursor', cursor || jsonb_build_object('history', body -> 'historyId'));
        WHEN 'list' THEN
            SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('id', m -> 'id', 'version', '1', 'ignored', ignored))) INTO items
            FROM jsonb_array_elements(body -> 'messages') m;
            cursor := cursor - 'page' || CASE WHEN page IS NULL THEN '{}' ELSE jsonb_build_object('page', page) END;
        ELSE
            SELECT jsonb_agg(jsonb_build_object('id', c.id, 'deleted', true)) FILTER (WHERE c.deleted),
                   jsonb_agg(jsonb_strip_nulls(jsonb_build_object('id', c.id, 'version', c.version, 'ignored', ignored))) FILTER (WHERE NOT c.deleted)
            INTO records, items FROM lealup._gmail_changes(body -> 'history', ignored) c;
            -- The first page's id, because what happens between the pages may be in none of them.
            cursor := cursor || jsonb_build_object('next', coalesce(cursor -> 'next', body -> 'historyId', cursor -> 'history'));
            cursor := CASE WHEN page IS NULL THEN cursor - 'page' - 'next' || jsonb_build_object('history', cursor -> 'next') ELSE cursor || jsonb_build_object('page', page) END;
    END CASE;
    RETURN jsonb_strip_nulls(jsonb_build_object('records', records, 'fetch', items)) || jsonb_build_object('cursor', cursor, 'verdict', CASE WHEN page IS NULL THEN 'done' ELSE 'more' END);
END $$;
COMMENT ON FUNCTION lealup._gmail_response(jsonb, jsonb) IS 'What a page of the stream messages says.';

-- ----- Mails -----

CREATE FUNCTION lealup._gmail_reads_bodies(options jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN coalesce(options ->> 'bodies', 'true') <> 'false';
COMMENT ON FUNCTION lealup._gmail_reads_bodies(jsonb) IS 'Whether the text of mails is read: the option bodies.';

CREATE FUNCTION lealup._gmail_detail_request(call jsonb) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN jsonb_build_object('path', '/messages/' || regexp_replace(call #>> '{item,id}', '[^0-9A-Za-z_-]', '', 'g'), 'query',
        CASE WHEN lealup._gmail_reads_bodies(call #> '{connection,options}') THEN '{"format": "full"}'::jsonb
        ELSE '{"format": "metadata", "metadataHeaders": ["From", "To", "Cc", "Bcc", "Subject", "Message-ID", "In-Reply-To"]}' END);
COMMENT ON FUNCTION lealup._gmail_detail_request(jsonb) IS 'The request for one mail.';

CREATE FUNCTION lealup._gmail_text(payload jsonb) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    part jsonb := payload;
    kind text := part ->> 'mimeType';
    parts jsonb;
    inner_part jsonb;
BEGIN
    -- Down to the first plain text that is no attachment, by way of the first part that can have one.
    FOR depth IN 1 .. 10 LOOP
        IF kind = 'text/plain' THEN
            RETURN lealup._mail_body(part #>> '{body,data}', substring(lealup._mail_header(part -> 'headers', 'Content-Type') FROM '(?i)charset\s*=\s*"?([^";\s]{1,40})'), 100000);
        END IF;
        parts := part -> 'parts';
        part := NULL;
        FOR i IN 0 .. 49 LOOP
            inner_part := parts -> i;
            EXIT WHEN inner_part IS NULL;
            CONTINUE WHEN inner_part ->> 'filename' <> '';
            kind := inner_part ->> 'mimeType';
            IF kind = 'text/plain' THEN
                part := inner_part;
                EXIT;
            ELSIF part IS NULL AND kind LIKE 'multipart/%' THEN
                part := inner_part;
            END IF;
        END LOOP;
        EXIT WHEN part IS NULL;
        kind := part ->> 'mimeType';
    END LOOP;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION lealup._gmail_text(jsonb) IS 'The plain text of a mail, of at most 100,000 characters; null if it has none.';

CREATE FUNCTION lealup._gmail_shown(snippet text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN position('&' IN snippet) > 0
        THEN replace(replace(replace(replace(replace(snippet, '&lt;', '<'), '&gt;', '>'), '&quot;', '"'), '&#39;', ''''), '&amp;', '&') ELSE snippet END;
COMMENT ON FUNCTION lealup._gmail_shown(text) IS 'What Gmail shows of a mail in lists, without the HTML in it.';

CREATE FUNCTION lealup._gmail_detail_response(call jsonb, response jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    body jsonb := response -> 'body';
    id text := body ->> 'id';
    payload jsonb := body -> 'payload';
    fields jsonb := payload -> 'headers';
    labels jsonb := body -> 'labelIds';
    item jsonb := call -> 'item';
    connection jsonb := call -> 'connection';
    options jsonb := connection -> 'options';
    account text := lower(connection ->> 'account_id');
    home text := split_part(account, '@', 2);
    people jsonb := coalesce(lealup._mail_people(fields, 200), '[]');
    sender text := CASE WHEN people -> 0 ->> 'role' = 'from' THEN people -> 0 ->> 'email' END;
    message_id text := btrim(lealup._mail_header(fields, 'Message-ID'), E' \t\r\n<>');
    external_id text;
    ignored text[];
BEGIN
    IF id IS NULL THEN
        RETURN '{"fail": "Gmail''s answer is no mail"}';
    END IF;
    -- What is to be passed over goes if it was read before, when it had other labels.
    IF labels ?| '{DRAFT,SPAM,TRASH,CHAT}' OR item ? 'ignored' THEN
        IF lealup._gmail_hidden(labels, item -> 'ignored') THEN
            RETURN CASE WHEN item ->> 'version' = '1' THEN '{"skip": "its labels are passed over"}'::jsonb
                ELSE jsonb_build_object('record', jsonb_build_object('id', id, 'deleted', true)) END;
        END IF;
    END IF;
    -- A backfill finds none that is older; one that comes back from the trash is no other.
    IF body ->> 'internalDate' ~ '^\d{1,14}$' AND (body ->> 'internalDate')::bigint / 1000 < lealup._google_epoch(call ->> 'since') THEN
        RETURN '{"skip": "it is older than what is read"}';
    END IF;
    IF lealup._is_public_mail_domain(home) THEN
        home := NULL;
    END IF;
    IF coalesce(options ->> 'ignore_internal', 'true') <> 'false' THEN
        IF NOT EXISTS (SELECT FROM jsonb_array_elements(people) p WHERE p ->> 'email' <> account AND split_part(p ->> 'email', '@', 2) IS DISTINCT FROM home) THEN
            RETURN '{"skip": "nobody from outside takes part"}';
        END IF;
    END IF;
    IF options ? 'ignore_domains' THEN
        ignored := lealup._google_words(options -> 'ignore_domains');
        IF EXISTS (SELECT FROM jsonb_array_elements(people) p, unnest(ignored) n
            WHERE p ->> 'email' = n OR right('.' || split_part(p ->> 'email', '@', 2), length(n) + 1) = '.' || ltrim(n, '@')) THEN
            RETURN '{"skip": "somebody takes part who is to be ignored"}';
        END IF;
    END IF;
    external_id := CASE WHEN message_id <> '' THEN message_id || ' ' || coalesce(sender, '-') ELSE account || ' ' || id END;
    IF length(external_id) > 500 THEN
        external_id := encode(sha256(convert_to(external_id, 'UTF8')), 'hex');
    END IF;
    RETURN jsonb_build_object('record', jsonb_build_object('id', id, 'version', item ->> 'version', 'data', jsonb_build_object('external_id', external_id,
        'direction', CASE WHEN labels ? 'SENT' OR sender = account OR split_part(sender, '@', 2) = home THEN 'out' ELSE 'in' END,
        'title', lealup._mail_text(lealup._mail_header(fields, 'Subject'), 1000),
        'body', coalesce(CASE WHEN lealup._gmail_reads_bodies(options) THEN nullif(lealup._gmail_text(payload), '') END, lealup._gmail_shown(body ->> 'snippet')),
        'occurred_at', coalesce(lealup._google_time(body ->> 'internalDate'), call ->> 'now'), 'participants', people,
        'payload', jsonb_build_object('id', id, 'thread_id', body ->> 'threadId', 'message_id', left(message_id, 1000),
            'in_reply_to', left(lealup._mail_header(fields, 'In-Reply-To'), 1000)))));
END $$;
COMMENT ON FUNCTION lealup._gmail_detail_response(jsonb, jsonb) IS 'The record of a mail, or why it is passed over: nothing of such a mail is stored. The text is decoded here, so that what is kept of a record is what was understood.';

CREATE FUNCTION lealup._gmail_normalize(call jsonb, record jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN jsonb_build_array(record -> 'data' || '{"entity": "timeline_event", "kind": "email", "channel": "email"}');
COMMENT ON FUNCTION lealup._gmail_normalize(jsonb, jsonb) IS 'The row of the timeline that a mail becomes.';

-- ----- Notifications -----

CREATE FUNCTION lealup._gmail_watch_request(call jsonb) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE WHEN call #>> '{connection,options,topic}' <> '' THEN jsonb_build_object('method', 'POST', 'path', '/watch',
        'json', jsonb_build_object('topicName', call #> '{connection,options,topic}', 'labelIds', '["INBOX", "SENT"]'::jsonb, 'labelFilterBehavior', 'include')) END;
COMMENT ON FUNCTION lealup._gmail_watch_request(jsonb) IS 'The request for notifications to the topic of the connection''s options; null without one.';

CREATE FUNCTION lealup._gmail_watch_response(call jsonb, response jsonb) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    -- Google asks to renew it daily, though it would last for a week.
    RETURN jsonb_build_object('expires_at', least(lealup._google_time(response #>> '{body,expiration}')::timestamptz, (call ->> 'now')::timestamptz + interval '1 day'),
        'watch', jsonb_build_object('history', response #> '{body,historyId}'));
COMMENT ON FUNCTION lealup._gmail_watch_response(jsonb, jsonb) IS 'Until when Gmail notifies: a day, because the watch is to be renewed daily.';

CREATE FUNCTION lealup._gmail_unwatch_request(call jsonb) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE RETURN '{"method": "POST", "path": "/stop"}'::jsonb;
COMMENT ON FUNCTION lealup._gmail_unwatch_request(jsonb) IS 'The request that ends the notifications.';

CREATE FUNCTION lealup._gmail_notified(call jsonb, message jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    account text := lealup._mail_body(message #>> '{body,message,data}', 'utf-8', 10000)::jsonb ->> 'emailAddress';
BEGIN
    -- One topic, and so one URL, may serve all members of a tenant.
    RETURN CASE WHEN account IS NULL THEN '{"ignore": "it names no account"}'::jsonb ELSE jsonb_build_object('hint', '["messages"]'::jsonb, 'account_id', account) END;
END $$;
COMMENT ON FUNCTION lealup._gmail_notified(jsonb, jsonb) IS 'What a notification of Pub/Sub says: that an account has news. Raises invalid_text_representation if it cannot be read.';

INSERT INTO lealup.provider_inbound (provider, name, signature, dedupe, handler, acknowledge)
VALUES ('gmail', 'pubsub', '{"type": "oidc_jwt", "header": "authorization", "prefix": "Bearer ", "jwks": "https://www.googleapis.com/oauth2/v3/certs",
        "issuers": ["https://accounts.google.com", "accounts.google.com"], "audience": "{url}", "email": "{option:push_account}"}',
    '{"json": "message.messageId"}', 'lealup._gmail_notified', '{"status": 204}');

INSERT INTO lealup.provider_stream (provider, name, title, request, response, detail_request, detail_response, normalize, watch_request, watch_response, unwatch_request,
    period, slowest_period, snapshot, max_in_flight, max_bytes, page_cost, detail_cost)
VALUES ('gmail', 'messages', 'Mails', 'lealup._gmail_request', 'lealup._gmail_response', 'lealup._gmail_detail_request', 'lealup._gmail_detail_response', 'lealup._gmail_normalize',
    'lealup._gmail_watch_request', 'lealup._gmail_watch_response', 'lealup._gmail_unwatch_request', '5 min', '15 min', true, 100, 8388608, 5, 5);
