-- Gmail: what is asked, and what answers mean. The answers are written after the Gmail API reference and its guides.
BEGIN;
SELECT plan(149);

CREATE FUNCTION pg_temp.call(cursor jsonb DEFAULT NULL, mode text DEFAULT 'backfill', options jsonb DEFAULT '{}', item jsonb DEFAULT NULL, account text DEFAULT 'Ana@Team.example') RETURNS jsonb
    LANGUAGE sql AS $$ SELECT jsonb_build_object('now', '2026-11-21T10:00:00Z', 'stream', 'messages', 'mode', mode, 'since', '2026-08-23T10:00:00Z', 'cursor', cursor, 'item', item,
        'connection', jsonb_build_object('id', 'x', 'provider', 'gmail', 'account_id', account, 'options', options)) $$;
CREATE FUNCTION pg_temp.answer(body jsonb) RETURNS jsonb LANGUAGE sql AS $$ SELECT jsonb_build_object('status', 200, 'headers', '{}'::jsonb, 'body', body) $$;
CREATE FUNCTION pg_temp.page(call jsonb, body jsonb) RETURNS jsonb LANGUAGE sql AS $$ SELECT lealup._gmail_response(call, pg_temp.answer(body)) $$;
-- headers: names and values in turn.
CREATE FUNCTION pg_temp.fields(VARIADIC headers text[]) RETURNS jsonb LANGUAGE sql AS $$
    SELECT coalesce(jsonb_agg(jsonb_build_object('name', headers[i], 'value', headers[i + 1]) ORDER BY i), '[]') FROM generate_series(1, cardinality(headers), 2) i $$;
CREATE FUNCTION pg_temp.b64(body text, charset text DEFAULT 'UTF8') RETURNS text LANGUAGE sql AS $$
    SELECT translate(rtrim(encode(convert_to(body, charset), 'base64'), '='), E'+/\n', '-_') $$;
CREATE FUNCTION pg_temp.plain(fields jsonb, body text DEFAULT 'Hello', labels text[] DEFAULT '{INBOX}') RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('id', '18c1', 'threadId', '18c0', 'labelIds', to_jsonb(labels), 'snippet', 'It&#39;s &lt;short&gt; &amp;amp;', 'internalDate', '1795255200123', 'sizeEstimate', 1, 'historyId', '77',
        'payload', jsonb_build_object('partId', '', 'mimeType', 'text/plain', 'filename', '', 'headers', fields, 'body', jsonb_build_object('size', 5, 'data', pg_temp.b64(body)))) $$;
CREATE FUNCTION pg_temp.read(mail jsonb, options jsonb DEFAULT '{}', item jsonb DEFAULT '{"id": "18c1", "version": "1"}', account text DEFAULT 'Ana@Team.example') RETURNS jsonb
    LANGUAGE sql AS $$ SELECT lealup._gmail_detail_response(pg_temp.call(NULL, 'backfill', options, item, account), pg_temp.answer(mail)) $$;
CREATE FUNCTION pg_temp.row_of(mail jsonb, options jsonb DEFAULT '{}', account text DEFAULT 'Ana@Team.example') RETURNS jsonb LANGUAGE sql AS $$
    SELECT lealup._gmail_normalize(pg_temp.call(), pg_temp.read(mail, options, account => account) -> 'record') -> 0 $$;
CREATE FUNCTION pg_temp.people(VARIADIC headers text[]) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', p.value ->> 'role', p.value ->> 'email', '[' || (p.value ->> 'name') || ']'), '; ' ORDER BY p.n)
    FROM jsonb_array_elements(lealup._mail_people(pg_temp.fields(VARIADIC headers), 200)) WITH ORDINALITY p(value, n) $$;

-- ----- The catalog -----
SELECT is((SELECT kind || ' ' || auth || ' ' || grant_group || ' ' || refresh FROM lealup.provider WHERE name = 'gmail'), 'personal oauth2 google reusable', 'it is a personal connection that shares its grant with other products');
SELECT is((SELECT authorize_params FROM lealup.provider WHERE name = 'gmail'), '{"access_type": "offline", "prompt": "consent", "include_granted_scopes": "true"}',
    'asked for a refresh token each time, for what was granted before as well');
SELECT is((SELECT array_agg(scope) FROM lealup.provider_scope WHERE provider = 'gmail' AND writes IS NULL AND reads <> '' AND does_not_read <> ''), '{https://www.googleapis.com/auth/gmail.readonly}',
    'it can only read, and says what');
SELECT is((SELECT count(f) FROM lealup.provider_stream s, unnest(ARRAY[s.request, s.detail_request, s.watch_request, s.unwatch_request]) f
    WHERE s.provider = 'gmail' AND to_regprocedure(f || '(jsonb)') IS NOT NULL), 4::bigint, 'the functions for requests exist');
SELECT is((SELECT count(f) FROM lealup.provider_stream s, unnest(ARRAY[s.response, s.detail_response, s.normalize, s.watch_response]) f
    WHERE s.provider = 'gmail' AND to_regprocedure(f || '(jsonb, jsonb)') IS NOT NULL), 4::bigint, 'and those for answers');
SELECT ok(bool_and(p ? 'problem' AND p ? 'fix'), 'each problem has a fix') FROM lealup.provider, jsonb_array_elements(problems) p WHERE name = 'gmail';

-- ----- Pages -----
SELECT is(lealup._gmail_request(pg_temp.call()), '{"path": "/profile"}', 'a backfill begins with the history id');
SELECT is(pg_temp.page(pg_temp.call(), '{"emailAddress": "ana@team.example", "messagesTotal": 3, "threadsTotal": 2, "historyId": "9000"}'),
    '{"cursor": {"history": "9000"}, "verdict": "more"}', 'which is kept');
SELECT is(lealup._gmail_request(pg_temp.call('{"history": "9000"}')), '{"path": "/messages", "query": {"q": "after:1787479200", "maxResults": 500}}', 'then the mails since then are listed');
SELECT is(pg_temp.page(pg_temp.call('{"history": "9000"}'), '{"messages": [{"id": "a1", "threadId": "a1"}, {"id": "a2", "threadId": "a1"}], "nextPageToken": "p2", "resultSizeEstimate": 201}'),
    '{"fetch": [{"id": "a1", "version": "1"}, {"id": "a2", "version": "1"}], "cursor": {"page": "p2", "history": "9000"}, "verdict": "more"}', 'a page');
SELECT is(lealup._gmail_request(pg_temp.call('{"page": "p2", "history": "9000"}')), '{"path": "/messages", "query": {"q": "after:1787479200", "maxResults": 500, "pageToken": "p2"}}', 'the next one');
SELECT is(pg_temp.page(pg_temp.call('{"page": "p2", "history": "9000"}'), '{"messages": [{"id": "a3", "threadId": "a1"}], "resultSizeEstimate": 1}'),
    '{"fetch": [{"id": "a3", "version": "1"}], "cursor": {"history": "9000"}, "verdict": "done"}', 'and the last, after which changes are read from the id of the beginning');
SELECT is(pg_temp.page(pg_temp.call('{"history": "9000"}'), '{"resultSizeEstimate": 0}'), '{"cursor": {"history": "9000"}, "verdict": "done"}', 'an empty mailbox');
SELECT is(lealup._gmail_request(pg_temp.call(NULL, 'incremental')), '{"path": "/profile"}', 'without a cursor changes begin now');
SELECT is(lealup._gmail_request(pg_temp.call('{"history": "9000"}', 'incremental')) -> 'query',
    '{"maxResults": 500, "historyTypes": ["messageAdded", "messageDeleted", "labelAdded", "labelRemoved"], "startHistoryId": "9000"}', 'changes are asked for by the id');
SELECT is(pg_temp.page(pg_temp.call('{"history": "9000"}', 'incremental'), '{"historyId": "9000"}'), '{"cursor": {"history": "9000"}, "verdict": "done"}', 'there is nothing new');
SELECT is(pg_temp.page(pg_temp.call('{"history": "9000"}', 'incremental'), '{"history": [
        {"id": "9001", "messages": [{"id": "b1", "threadId": "b1"}], "messagesAdded": [{"message": {"id": "b1", "threadId": "b1", "labelIds": ["INBOX", "UNREAD"]}}]},
        {"id": "9002", "messagesAdded": [{"message": {"id": "b2", "threadId": "b2", "labelIds": ["DRAFT"]}}, {"message": {"id": "b3", "threadId": "b3", "labelIds": ["SPAM"]}}]},
        {"id": "9003", "labelsRemoved": [{"message": {"id": "a1", "threadId": "a1", "labelIds": ["INBOX"]}, "labelIds": ["UNREAD"]}]},
        {"id": "9004", "messagesDeleted": [{"message": {"id": "a2", "threadId": "a1"}}]}], "nextPageToken": "h2", "historyId": "9010"}'),
    '{"fetch": [{"id": "b1", "version": "1"}], "records": [{"id": "a2", "deleted": true}], "cursor": {"next": "9010", "page": "h2", "history": "9000"}, "verdict": "more"}',
    'what is new is read, what was deleted goes; drafts, spam, and that a mail was read are passed over');
SELECT is(lealup._gmail_request(pg_temp.call('{"next": "9010", "page": "h2", "history": "9000"}', 'incremental')) #>> '{query,pageToken}', 'h2', 'the next page of changes');
SELECT is(lealup._gmail_request(pg_temp.call('{"next": "9010", "page": "h2", "history": "9000"}', 'incremental')) #>> '{query,startHistoryId}', '9000', 'from the same id');
SELECT is(pg_temp.page(pg_temp.call('{"next": "9010", "page": "h2", "history": "9000"}', 'incremental'), '{"history": [
        {"id": "9005", "labelsAdded": [{"message": {"id": "a1", "threadId": "a1", "labelIds": ["TRASH"]}, "labelIds": ["TRASH"]}]},
        {"id": "9006", "labelsRemoved": [{"message": {"id": "a4", "threadId": "a1", "labelIds": ["INBOX"]}, "labelIds": ["TRASH"]}]},
        {"id": "9007", "labelsAdded": [{"message": {"id": "a5", "threadId": "a5", "labelIds": ["SENT"]}, "labelIds": ["SENT"]}]}], "historyId": "9020"}'),
    '{"fetch": [{"id": "a4", "version": "9006"}, {"id": "a5", "version": "9007"}], "records": [{"id": "a1", "deleted": true}], "cursor": {"history": "9010"}, "verdict": "done"}',
    'the trash is as good as deleted, what comes back from it or was a draft is read again; the next run begins where the first page was');
SELECT is(pg_temp.page(pg_temp.call('{"history": "1"}', 'incremental'), '{"history": [
        {"id": "2", "messagesAdded": [{"message": {"id": "c1"}}]}, {"id": "3", "labelsAdded": [{"message": {"id": "c1"}, "labelIds": ["TRASH"]}]}, {"id": "4", "messagesDeleted": [{"message": {"id": "c1"}}]},
        {"id": "5", "labelsAdded": [{"message": {"id": "c2", "labelIds": ["TRASH"]}, "labelIds": ["TRASH"]}]}, {"id": "6", "labelsRemoved": [{"message": {"id": "c2", "labelIds": []}, "labelIds": ["TRASH"]}]}], "historyId": "6"}') - 'cursor',
    '{"fetch": [{"id": "c2", "version": "6"}], "records": [{"id": "c1", "deleted": true}], "verdict": "done"}', 'of several changes of a mail the last decides');
SELECT is(lealup._gmail_response(pg_temp.call('{"history": "1"}'), '{"status": 200, "headers": {}, "body": null, "text": "<html>"}') ->> 'verdict', 'fail', 'an answer that is no JSON');
SELECT is(pg_temp.page(pg_temp.call(), '{}') ->> 'verdict', 'fail', 'a profile without history id');

-- Labels are named by people, and numbered by Gmail.
SELECT is(lealup._gmail_request(pg_temp.call(NULL, 'backfill', '{"ignore_labels": ["Private"]}')), '{"path": "/labels"}', 'labels to ignore are looked up first');
SELECT is(pg_temp.page(pg_temp.call(NULL, 'backfill', '{"ignore_labels": ["Private", "PROMOTIONS"]}'),
        '{"labels": [{"id": "INBOX", "name": "INBOX", "type": "system"}, {"id": "Label_7", "name": "private", "type": "user"}]}'),
    '{"cursor": {"labels": ["Label_7"], "labels_for": ["Private", "PROMOTIONS"]}, "verdict": "more"}', 'by their names in any case');
SELECT is(lealup._gmail_request(pg_temp.call('{"labels": ["Label_7"], "labels_for": ["Private"]}', 'backfill', '{"ignore_labels": ["Private"]}')), '{"path": "/profile"}', 'once');
SELECT is(lealup._gmail_request(pg_temp.call('{"history": "1", "labels": ["Label_7"], "labels_for": ["Private"]}', 'incremental', '{"ignore_labels": ["Private", "Family"]}')), '{"path": "/labels"}',
    'and when others are to be ignored');
SELECT is(pg_temp.page(pg_temp.call('{"history": "1", "labels": ["Label_7"], "labels_for": ["Private"]}', 'incremental', '{"ignore_labels": ["Private"]}'), '{"history": [
        {"id": "2", "messagesAdded": [{"message": {"id": "d1", "labelIds": ["Label_7"]}}, {"message": {"id": "d2", "labelIds": ["INBOX"]}}]},
        {"id": "3", "labelsAdded": [{"message": {"id": "d3", "labelIds": ["Label_7"]}, "labelIds": ["Label_7"]}]}], "historyId": "3"}') - 'cursor',
    '{"fetch": [{"id": "d2", "ignored": ["Label_7"], "version": "1"}], "records": [{"id": "d3", "deleted": true}], "verdict": "done"}', 'what gets such a label goes');

-- ----- Mails -----
SELECT is(lealup._gmail_detail_request(pg_temp.call(item => '{"id": "18c1", "version": "1"}')), '{"path": "/messages/18c1", "query": {"format": "full"}}', 'a mail is read with its text');
SELECT is(lealup._gmail_detail_request(pg_temp.call(options => '{"bodies": false}', item => '{"id": "18c1"}')) #>> '{query,format}', 'metadata', 'or without, if the option says so');
SELECT is(lealup._gmail_detail_request(pg_temp.call(options => '{"bodies": "false"}', item => '{"id": "../labels?x="}')) ->> 'path', '/messages/labelsx', 'an id is nothing but an id');

SELECT is(pg_temp.row_of(pg_temp.plain(pg_temp.fields('From', '"Doe, Bob" <Bob@Acme.com>', 'To', 'ana@team.example', 'Subject', 'Hi', 'Message-ID', '<m1@acme.com>', 'In-Reply-To', '<m0@acme.com>'))),
    '{"entity": "timeline_event", "kind": "email", "channel": "email", "external_id": "m1@acme.com bob@acme.com", "direction": "in", "title": "Hi", "body": "Hello",
      "occurred_at": "2026-11-21T10:00:00.123+00:00", "participants": [{"role": "from", "email": "bob@acme.com", "name": "Doe, Bob"}, {"role": "to", "email": "ana@team.example"}],
      "payload": {"id": "18c1", "thread_id": "18c0", "message_id": "m1@acme.com", "in_reply_to": "<m0@acme.com>"}}', 'a mail becomes a row of the timeline');
SELECT is(pg_temp.read(pg_temp.plain(pg_temp.fields('From', 'bob@acme.com')), item => '{"id": "18c1", "version": "9"}') #>> '{record,version}', '9', 'the record has the version of its page');
SELECT is(pg_temp.row_of(pg_temp.plain(pg_temp.fields('From', 'bob@acme.com')), '{"bodies": false}') ->> 'body', 'It''s <short> &amp;', 'without bodies there is what Gmail shows, without its HTML');
SELECT is(pg_temp.row_of(pg_temp.plain(pg_temp.fields('From', 'bob@acme.com'), '')) ->> 'body', 'It''s <short> &amp;', 'as for a mail that has no text');

-- Directions, and the mail that two mailboxes have.
SELECT is(pg_temp.row_of(pg_temp.plain(pg_temp.fields('From', 'ANA@team.example', 'To', 'bob@acme.com'))) ->> 'direction', 'out', 'from this account')
UNION ALL SELECT is(pg_temp.row_of(pg_temp.plain(pg_temp.fields('From', 'Alias <sales@other.example>', 'To', 'bob@acme.com'), labels => '{SENT}')) ->> 'direction', 'out', 'by another address of this account')
UNION ALL SELECT is(pg_temp.row_of(pg_temp.plain(pg_temp.fields('From', 'carl@team.example', 'To', 'bob@acme.com', 'Cc', 'ana@team.example'))) ->> 'direction', 'out', 'by a colleague')
UNION ALL SELECT is(pg_temp.row_of(pg_temp.plain(pg_temp.fields('From', 'bob@gmail.com', 'To', 'ana@gmail.com')), account => 'ana@gmail.com') ->> 'direction', 'in', 'who has an address of a public domain is no colleague')
UNION ALL SELECT is(pg_temp.row_of(pg_temp.plain(pg_temp.fields('To', 'ana@team.example', 'Cc', 'bob@acme.com'))) ->> 'direction', 'in', 'from nobody');
SELECT is(a ->> 'external_id', b ->> 'external_id', 'the copies of sender and recipient are one row') || is(a -> 'direction', b -> 'direction', 'and agree about the direction')
FROM (SELECT pg_temp.row_of(m || '{"id": "1", "labelIds": ["SENT"]}', account => 'carl@team.example') AS a, pg_temp.row_of(m || '{"id": "2"}') AS b
    FROM (SELECT pg_temp.plain(pg_temp.fields('From', 'Carl <carl@team.example>', 'To', 'bob@acme.com, ana@team.example', 'Message-Id', ' <m1@team.example> ')) AS m) x) y;
SELECT isnt(pg_temp.row_of(pg_temp.plain(pg_temp.fields('From', 'bob@acme.com', 'Message-ID', '<m1@acme.com>'))) ->> 'external_id',
    pg_temp.row_of(pg_temp.plain(pg_temp.fields('From', 'mallory@evil.example', 'Message-ID', '<m1@acme.com>'))) ->> 'external_id', 'nobody else''s mail takes its place by its Message-ID');
SELECT is(pg_temp.row_of(pg_temp.plain(pg_temp.fields('From', 'bob@acme.com'))) ->> 'external_id', 'ana@team.example 18c1', 'without a Message-ID it is the mailbox''s own')
UNION ALL SELECT is(pg_temp.row_of(pg_temp.plain(pg_temp.fields('From', 'bob@acme.com', 'Message-ID', ' <> '))) ->> 'external_id', 'ana@team.example 18c1', 'or with an empty one')
UNION ALL SELECT is(length(pg_temp.row_of(pg_temp.plain(pg_temp.fields('From', 'bob@acme.com', 'Message-ID', repeat('x', 100000)))) ->> 'external_id'), 64, 'a long one is hashed');

-- What is not read.
SELECT is(pg_temp.read(pg_temp.plain(pg_temp.fields('From', 'bob@acme.com'), labels => ARRAY[l])), '{"skip": "its labels are passed over"}', l || ' is passed over') FROM unnest('{DRAFT,SPAM,TRASH,CHAT}'::text[]) l;
SELECT is(pg_temp.read(pg_temp.plain(pg_temp.fields('From', 'bob@acme.com'), labels => '{INBOX,Label_7}'), item => '{"id": "18c1", "version": "1", "ignored": ["Label_7"]}') ->> 'skip',
    'its labels are passed over', 'so is a label to ignore');
SELECT is(pg_temp.read(pg_temp.plain(pg_temp.fields('From', 'bob@acme.com'), labels => '{TRASH}'), item => '{"id": "18c1", "version": "9"}'), '{"record": {"id": "18c1", "deleted": true}}',
    'and what was read before goes');
SELECT ok(pg_temp.read(pg_temp.plain(pg_temp.fields('From', 'bob@acme.com'), labels => '{INBOX}'), item => '{"id": "18c1", "version": "1", "ignored": ["Label_7"]}') ? 'record', 'others are read');
SELECT ok(pg_temp.read(pg_temp.plain(pg_temp.fields('From', 'bob@acme.com')) - 'labelIds') ? 'record', 'a mail without labels is archived');
SELECT is(pg_temp.read(pg_temp.plain(pg_temp.fields('From', 'carl@team.example', 'To', 'ana@team.example, dan@team.example'))) ->> 'skip', 'nobody from outside takes part', 'mails among colleagues are ignored');
SELECT ok(pg_temp.read(pg_temp.plain(pg_temp.fields('From', 'carl@team.example', 'To', 'ana@team.example')), '{"ignore_internal": false}') ? 'record', 'unless they are wanted');
SELECT ok(pg_temp.read(pg_temp.plain(pg_temp.fields('From', 'bob@gmail.com', 'To', 'ana@gmail.com')), account => 'ana@gmail.com') ? 'record', 'an address of a public domain is outside');
SELECT is(pg_temp.read(pg_temp.plain(pg_temp.fields('From', 'ana@gmail.com', 'To', 'ana@gmail.com')), account => 'ana@gmail.com') ->> 'skip', 'nobody from outside takes part', 'but for one''s own');
SELECT is(pg_temp.read(pg_temp.plain(pg_temp.fields('From', 'bob@acme.com', 'Cc', d)), '{"ignore_domains": "Clinic.example, me@bank.example"}') ->> 'skip' IS NOT NULL, s, d || ' is to be ignored: ' || s)
FROM (VALUES ('x@clinic.example', true), ('x@mail.CLINIC.example', true), ('x@notclinic.example', false), ('me@bank.example', true), ('you@bank.example', false), ('clinic.example@acme.com', false)) v(d, s);
SELECT is(pg_temp.read(pg_temp.plain(pg_temp.fields('From', 'x@clinic.example')), '{"ignore_domains": ["@clinic.example"]}')::text LIKE '%clinic%', false, 'nothing of such a mail is in the answer');
SELECT is(pg_temp.read(pg_temp.plain(pg_temp.fields('From', 'bob@acme.com')) || '{"internalDate": "1500000000000"}') ->> 'skip', 'it is older than what is read', 'what is older than the backfill');
SELECT is(pg_temp.read('{}') ->> 'fail', 'Gmail''s answer is no mail', 'an answer that is no mail') UNION ALL
SELECT is(lealup._gmail_detail_response(pg_temp.call(item => '{"id": "x"}'), '{"status": 200, "headers": {}, "body": null, "text": "<html>"}') ->> 'fail', 'Gmail''s answer is no mail', 'or no JSON');

-- ----- Who takes part -----
SELECT is(pg_temp.people('From', 'Ana <a@x.example>', 'to', 'b@x.example', 'CC', 'c@x.example', 'Bcc', 'd@x.example', 'Reply-To', 'e@x.example'),
    'from a@x.example [Ana]; to b@x.example; cc c@x.example; bcc d@x.example', 'the four fields, in any case');
SELECT is(pg_temp.people('To', v), expected, name) FROM (VALUES
    ('"Doe, Bob" <bob@x.example>, c@x.example', 'to bob@x.example [Doe, Bob]; to c@x.example', 'a comma in quotes'),
    ('"A \"B\" \\ C" <a@x.example>', 'to a@x.example [A "B" \ C]', 'quotes in quotes'),
    ('=?utf-8?B?Sm9zw6kgR2FyY8OtYQ==?= <j@x.example>', 'to j@x.example [José García]', 'base64'),
    ('=?iso-8859-1?Q?Jos=E9,_Jr?= <j@x.example>', 'to j@x.example [José, Jr]', 'quoted-printable with a comma'),
    ('=?utf-8?Q?Jos=C3?= =?utf-8?Q?=A9?= <j@x.example>', 'to j@x.example [José]', 'a character that was cut in two'),
    ('Team: a@x.example, "B" <b@x.example>;, c@x.example', 'to a@x.example; to b@x.example [B]; to c@x.example', 'a group'),
    ('undisclosed-recipients:;', NULL, 'an empty group'),
    ('bob@x.example (Bob (the) Builder)', 'to bob@x.example [Bob (the) Builder]', 'a comment'),
    ('<@a.example,@b.example:bob@x.example>', 'to bob@x.example', 'a route'),
    ('Bob <bob@x.example', 'to bob@x.example [Bob]', 'without its end'),
    ('bob@x.example; carl@x.example', 'to bob@x.example; to carl@x.example', 'semicolons instead of commas'),
    ('bob@x.example <bob@x.example>', 'to bob@x.example', 'a name that is the address is none'),
    ('Bob, carl@x.example, two@at@x.example, @x.example, x@, a b@x.example', 'to carl@x.example', 'what is no address'),
    ('"Bob', NULL, 'a quote without end'), ('((((', NULL, 'a comment without end'), ('', NULL, 'nothing'), (E'Bob\r\n <b@x.example>,\r\n\tc@x.example', 'to b@x.example [Bob]; to c@x.example', 'folded lines'),
    ('José <j@x.example>', 'to j@x.example [José]', 'not encoded at all')) t(v, expected, name);
SELECT is(jsonb_array_length(pg_temp.row_of(pg_temp.plain(pg_temp.fields('From', 'bob@acme.com', 'To', (SELECT string_agg('p' || i || '@x.example', ', ') FROM generate_series(1, 10000) i)))) -> 'participants'),
    200, 'of 10,000 recipients the first are kept');
SELECT is(length(lealup._mail_people(pg_temp.fields('From', repeat('x', 1000000) || ' <a@x.example>'), 9) #>> '{0,name}'), 200, 'a name is cut');
SELECT is(lealup._mail_people(pg_temp.fields('From', repeat('x', 300) || '@x.example'), 9), '[]', 'an address is not');
SELECT is(lealup._mail_people('[1, "x", null, {"name": 1}, {"name": "From"}, {"name": "From", "value": 2}, [], {"value": "a@x.example"}]', 9), '[]', 'header fields that are none')
UNION ALL SELECT is(lealup._mail_people('{"name": "From"}', 9), '[]', 'an object') UNION ALL SELECT is(lealup._mail_people('"From"', 9), '[]', 'a scalar');

-- ----- Text -----
SELECT is(lealup._mail_text(v, 1000), expected, name) FROM (VALUES
    ('=?UTF-8?Q?Re=3A_Reuni=C3=B3n?=', 'Re: Reunión', 'a subject'), ('a =?utf-8?q?b?= =?utf-8?q?c?= d', 'a bc d', 'spaces between words are none'),
    ('=?utf-8*es?Q?a=C3=B1o?=', 'año', 'with a language'), ('=?windows-1252?Q?=80?=', '€', 'Windows'), ('=?koi8-r?B?8NLJ18XU?=', 'Привет', 'Russian'),
    ('=?iso-2022-kr?Q?abc?=', 'abc', 'a character set that nobody knows'), ('=?utf-8?Q?=FF=FE?=', U&'\FFFD\FFFD', 'what is no UTF-8'), ('=?gb2312?B?xOO6ww==?=', '你好', 'Chinese'),
    ('=?utf-8?X?abc?=', '=?utf-8?X?abc?=', 'an encoding that there is not'), ('=?utf-8?B?abc', '=?utf-8?B?abc', 'without end'), ('=?=?=?=?=?', '=?=?=?=?=?', 'nothing but beginnings'),
    (E' a\r\n\tb\x01 c ', 'a b c', 'one line'), ('=?utf-8?B?AAAA?=x', 'x', 'NUL is dropped'), ('=?utf-8?Q??=', '', 'an empty word')) t(v, expected, name);
SELECT is(length(lealup._mail_text(repeat('=?utf-8?Q?=C3=A9?= ', 100000), 1000)), 1000, 'a giant field is cut');
SELECT is(lealup._mail_body(pg_temp.b64(E'caf\u00e9\r\n', 'LATIN1'), 'ISO-8859-1', 100), E'café\n', 'a body in Latin 1')
UNION ALL SELECT is(lealup._mail_body(pg_temp.b64('café'), 'iso-8859-1', 100), 'café', 'one that says so and is not')
UNION ALL SELECT is(lealup._mail_body(pg_temp.b64('日本', 'EUC_JP'), 'euc-jp', 100), '日本', 'a Japanese one')
UNION ALL SELECT is(lealup._mail_body(encode('\x41c30042ff430a', 'base64'), 'utf-8', 100), U&'A\FFFDB\FFFDC\000A', 'broken bytes and NUL')
UNION ALL SELECT is(lealup._mail_body(encode('\x8140ff41', 'base64'), 'euc-jp', 100), U&'\FFFD@\FFFDA', 'what is no character')
UNION ALL SELECT is(lealup._mail_body('!!!*', NULL, 100), '', 'no base64') UNION ALL SELECT is(lealup._mail_body(NULL, 'utf-8', 100), NULL, 'nothing')
UNION ALL SELECT is(length(lealup._mail_body(pg_temp.b64(repeat('é', 200000)), 'utf-8', 100000)), 100000, 'a long one is cut')
UNION ALL SELECT is(length(lealup._mail_body(encode(convert_to(repeat('é', 20000), 'LATIN1'), 'base64'), 'latin1', 100000)), 20000, 'and a long one of another character set is whole');

-- The text among the parts.
CREATE FUNCTION pg_temp.part(type text, body text DEFAULT NULL, parts jsonb DEFAULT NULL, filename text DEFAULT '') RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_strip_nulls(jsonb_build_object('mimeType', type, 'filename', filename, 'headers', pg_temp.fields('Content-Type', type || '; charset=utf-8'),
        'body', jsonb_build_object('size', 1, 'data', pg_temp.b64(body)), 'parts', parts)) $$;
SELECT is(lealup._gmail_text(pg_temp.part('multipart/mixed', parts => jsonb_build_array(
    pg_temp.part('text/plain', 'attached', filename => 'a.txt'), pg_temp.part('multipart/alternative', parts => jsonb_build_array(pg_temp.part('text/html', '<b>'), pg_temp.part('text/plain', 'this')))))), 'this', 'the text, not an attachment');
SELECT is(lealup._gmail_text(pg_temp.part('text/html', '<b>')), NULL, 'HTML alone is no text');
DO $$ DECLARE p jsonb := pg_temp.part('text/plain', 'deep'); BEGIN
    FOR i IN 1 .. 30 LOOP p := pg_temp.part('multipart/mixed', parts => jsonb_build_array(p)); END LOOP;
    PERFORM set_config('test.deep', coalesce(lealup._gmail_text(p), 'not found'), true), set_config('test.odd', coalesce(lealup._gmail_text('{"mimeType": "multipart/mixed", "parts": {"0": 1}}'), 'none'), true);
END $$;
SELECT is(current_setting('test.deep'), 'not found', 'parts in parts are followed so far and no further') UNION ALL SELECT is(current_setting('test.odd'), 'none', 'parts that are none');
SELECT is(pg_temp.row_of(pg_temp.plain('[]') || '{"internalDate": "yesterday"}', '{"ignore_internal": false}') ->> 'occurred_at', '2026-11-21T10:00:00Z', 'a mail of nobody at no time');
SELECT is(pg_temp.row_of(pg_temp.plain(pg_temp.fields('From', 'bob@acme.com', 'Date', 'Foo, 99 Bar 20xx'))) ->> 'occurred_at', '2026-11-21T10:00:00.123+00:00', 'the date that the sender claims does not matter');

-- ----- Errors -----
-- The first row that fits, as provider_error says it.
CREATE FUNCTION pg_temp.verdict(status int, answer text, part text DEFAULT 'page') RETURNS text LANGUAGE sql AS $$
    SELECT e.action || coalesce(' ' || (regexp_match(answer, e.wait ->> 'pattern'))[1], ' ' || (e.wait ->> 'seconds'), '') FROM lealup.provider_error e
    WHERE e.provider = 'gmail' AND (e.part IS NULL OR e.part = verdict.part) AND (e.statuses IS NULL OR verdict.status = ANY (e.statuses))
      AND CASE WHEN e.path IS NULL THEN e.pattern IS NULL OR answer ~ e.pattern WHEN answer !~ '^\s*\{' THEN false
          ELSE EXISTS (SELECT FROM jsonb_path_query(answer::jsonb, ('$.' || replace(e.path, '.{}', '[*]'))::jsonpath) v WHERE v #>> '{}' ~ e.pattern) END
    ORDER BY e.ord LIMIT 1 $$;
CREATE FUNCTION pg_temp.error(status int, reason text, message text DEFAULT 'x', canonical text DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
    SELECT jsonb_strip_nulls(jsonb_build_object('error', jsonb_build_object('code', status, 'message', message, 'status', canonical,
        'errors', jsonb_build_array(jsonb_build_object('domain', 'global', 'reason', reason, 'message', message)))))::text $$;
SELECT is(pg_temp.verdict(status, answer, part), expected, name) FROM (VALUES
    (404, pg_temp.error(404, 'notFound', 'Requested entity was not found.', 'NOT_FOUND'), 'page', 'reset', 'a history id that is too old'),
    (404, pg_temp.error(404, 'notFound', 'Requested entity was not found.', 'NOT_FOUND'), 'detail', 'gone', 'a mail that is gone'),
    (400, pg_temp.error(400, 'invalidArgument', 'Invalid pageToken'), 'page', 'reset', 'a page that is gone'),
    (400, pg_temp.error(400, 'badRequest', 'Invalid q'), 'page', NULL, 'a bad request is left to the common rules'),
    (401, pg_temp.error(401, 'authError', 'Invalid Credentials', 'UNAUTHENTICATED'), 'page', NULL, 'so is an access token that has expired'),
    (403, pg_temp.error(403, 'insufficientPermissions', 'Request had insufficient authentication scopes.', 'PERMISSION_DENIED'), 'page', 'reconnect', 'a right that was not granted'),
    (403, pg_temp.error(403, 'userRateLimitExceeded', 'User-rate limit exceeded.  Retry after 2026-11-21T10:15:00.123Z'), 'detail', 'wait 2026-11-21T10:15:00.123Z', 'the user''s limit, with the time'),
    (403, pg_temp.error(403, 'userRateLimitExceeded', 'User Rate Limit Exceeded'), 'page', 'wait 20', 'and without'),
    (403, pg_temp.error(403, 'rateLimitExceeded', 'Quota exceeded for quota metric ''Queries'' and limit ''Queries per minute per user'''), 'page', 'wait 20', 'the project''s limit'),
    (403, pg_temp.error(403, 'dailyLimitExceeded', 'Daily Limit Exceeded'), 'page', 'wait 3600', 'the limit of the day'),
    (429, pg_temp.error(429, 'rateLimitExceeded', 'Too many concurrent requests for user', 'RESOURCE_EXHAUSTED'), 'detail', 'wait 20', 'too many at a time'),
    (403, pg_temp.error(403, 'domainPolicy', 'The domain administrators have disabled Gmail apps.'), 'page', 'fail', 'administrators who do not want it'),
    (403, pg_temp.error(403, 'accessNotConfigured', 'Gmail API has not been used in project 1 before or it is disabled.'), 'page', 'fail', 'an API that is not turned on'),
    (400, pg_temp.error(400, 'failedPrecondition', 'Mail service not enabled', 'FAILED_PRECONDITION'), 'page', 'fail', 'an account without Gmail'),
    (500, pg_temp.error(500, 'backendError', 'Internal error encountered.', 'INTERNAL'), 'page', 'retry', 'Google''s own trouble'),
    (503, pg_temp.error(503, 'backendError', 'The service is currently unavailable.', 'UNAVAILABLE'), 'detail', 'retry', 'more of it'),
    (502, '<!DOCTYPE html><html lang=en><title>Error 502 (Server Error)!!1</title>', 'page', 'retry', 'in HTML'),
    (400, '{"error": "invalid_grant", "error_description": "Token has been expired or revoked."}', 'token', 'reconnect', 'a grant that was revoked'),
    (401, '{"error": "invalid_client", "error_description": "Unauthorized"}', 'token', 'fail', 'a wrong client')) t(status, answer, part, expected, name);

-- ----- Notifications -----
SELECT is(lealup._gmail_watch_request(pg_temp.call()), NULL, 'without a topic there are no notifications');
SELECT is(lealup._gmail_watch_request(pg_temp.call(options => '{"topic": "projects/p/topics/t"}')),
    '{"method": "POST", "path": "/watch", "json": {"topicName": "projects/p/topics/t", "labelIds": ["INBOX", "SENT"], "labelFilterBehavior": "include"}}', 'with one they are asked for');
SELECT is((lealup._gmail_watch_response(pg_temp.call(), pg_temp.answer('{"historyId": "9", "expiration": "1795860000000"}')) ->> 'expires_at')::timestamptz, '2026-11-22 10:00+00', 'a watch is renewed daily');
SELECT is((lealup._gmail_watch_response(pg_temp.call(), pg_temp.answer('{"historyId": "9", "expiration": "1795255300000"}')) ->> 'expires_at')::timestamptz, '2026-11-21 10:01:40+00', 'or earlier, if it ends earlier');
SELECT is(lealup._gmail_notified(pg_temp.call(), jsonb_build_object('body', jsonb_build_object('message', jsonb_build_object('data', pg_temp.b64('{"emailAddress": "ana@team.example", "historyId": 9}'),
    'messageId', '1', 'publishTime', '2026-11-21T10:00:00Z'), 'subscription', 'projects/p/subscriptions/s'))), '{"hint": ["messages"], "account_id": "ana@team.example"}', 'a notification says that there is news for an account');
SELECT is(lealup._gmail_notified(pg_temp.call(), '{"body": {"message": {}}}') ? 'ignore', true, 'one that says nothing is ignored');
SELECT throws_ok($$SELECT lealup._gmail_notified('{}', '{"body": {"message": {"data": "eHg="}}}')$$, '22P02', NULL, 'one that cannot be read is an error');

SELECT * FROM finish();
ROLLBACK;
