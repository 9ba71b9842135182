-- Google Drive's functions, over answers as Google's documentation describes them.
BEGIN;
SELECT plan(89);

CREATE FUNCTION pg_temp.call(cursor jsonb DEFAULT NULL, mode text DEFAULT 'backfill', folder text DEFAULT 'root_folder') RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('now', '2026-03-01T12:00:00Z', 'since', '2025-12-01T12:00:00Z', 'stream', 'files', 'mode', mode, 'cursor', cursor,
        'connection', jsonb_build_object('id', '01890000-0000-7000-8000-000000000001', 'provider', 'google_drive', 'account_id', 'maria@team.example', 'options', jsonb_build_object('folder',
            folder, 'language', 'spanish')))
$$;
CREATE FUNCTION pg_temp.ok(body jsonb) RETURNS jsonb LANGUAGE sql AS $$ SELECT jsonb_build_object('status', 200, 'headers', '{}'::jsonb, 'body', body) $$;
CREATE FUNCTION pg_temp.not_found(location text) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('status', 404, 'body', jsonb_build_object('error', jsonb_build_object('code', 404, 'message', 'File not found: x.', 'errors',
        jsonb_build_array(jsonb_build_object('domain', 'global', 'reason', 'notFound', 'message', 'File not found: x.', 'locationType', 'parameter', 'location', location)))))
$$;
CREATE FUNCTION pg_temp.file(id text, parent text, change jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('id', id, 'name', id, 'mimeType', 'application/vnd.google-apps.document', 'modifiedTime', '2026-02-01T00:00:00.000Z', 'parents', jsonb_build_array(parent),
        'trashed', false,
        'webViewLink', 'https://docs.google.com/document/d/' || id || '/edit', 'capabilities', '{"canDownload": true}'::jsonb) || change
$$;
CREATE FUNCTION pg_temp.folder(id text, parent text, change jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
    SELECT pg_temp.file(id, parent, '{"mimeType": "application/vnd.google-apps.folder"}'::jsonb || change)
$$;
CREATE FUNCTION pg_temp.change(file jsonb) RETURNS jsonb LANGUAGE sql AS $$ SELECT jsonb_build_object('changeType', 'file', 'removed', false, 'fileId', file -> 'id', 'file', file) $$;

-- ----- What the catalog says -----
SELECT is((SELECT kind FROM lealup.provider WHERE name = 'google_drive'), 'workspace', 'the workspace has its folder');
SELECT is_empty($$SELECT f FROM lealup.provider_stream s CROSS JOIN LATERAL unnest(ARRAY[s.request, s.response, s.detail_request, s.detail_response, s.normalize, s.watch_request,
    s.watch_response, s.unwatch_request]) f
    WHERE s.provider = 'google_drive' AND to_regproc(f) IS NULL$$, 'all functions that the stream names are there');
SELECT ok((f ->> 'required')::boolean AND 'https://drive.google.com/drive/u/0/folders/1AbC-d_efghijk?usp=sharing' ~ (f ->> 'pattern') AND '1AbC-d_efghijk' ~ (f ->> 'pattern')
    AND NOT 'my folder' ~ (f ->> 'pattern'),
    'the folder has to be named, by its id or its address') FROM (SELECT jsonb_array_elements(fields) AS f FROM lealup.provider WHERE name = 'google_drive') x WHERE f ->> 'name' = 'folder';
SELECT is(lealup._google_drive_folder(pg_temp.call(folder => v.given)), '1AbC-d_efghijk', v.given)
FROM (VALUES ('https://drive.google.com/drive/u/0/folders/1AbC-d_efghijk?usp=sharing'), ('https://drive.google.com/open?id=1AbC-d_efghijk'), ('1AbC-d_efghijk')) v(given);

-- ----- How a backfill begins -----
SELECT is(lealup._google_drive_request(pg_temp.call()), '{"path": "/files/root_folder", "query": {"fields": "id,name,mimeType,trashed,driveId,ownedByMe", "supportsAllDrives": "true"}}',
    'first it is asked what the folder is');
CREATE TEMP TABLE first AS SELECT lealup._google_drive_response(pg_temp.call(),
    pg_temp.ok('{"id": "root_folder", "name": "Handbook", "mimeType": "application/vnd.google-apps.folder", "trashed": false, "ownedByMe": true}')) AS r;
SELECT is(r, '{"verdict": "more", "cursor": {"pass": 1, "queue": ["root_folder"], "listed": "2026-03-01T12:00:00Z", "folders": {"root_folder": [null, "Handbook", 1]}}}',
    'then it is the first to be listed') FROM first;
SELECT is(lealup._google_drive_request(pg_temp.call((SELECT r -> 'cursor' FROM first))), '{"path": "/changes/startPageToken", "query": {"supportsAllDrives": "true"}}',
    'but before that, the place in the feed of changes is pinned');
CREATE TEMP TABLE second AS SELECT lealup._google_drive_response(pg_temp.call((SELECT r -> 'cursor' FROM first)), pg_temp.ok('{"kind": "drive#startPageToken", "startPageToken": "100"}')) AS r;
SELECT is(r -> 'cursor' -> 'token', '"100"', 'and kept') FROM second;
SELECT is(lealup._google_drive_request(pg_temp.call((SELECT r -> 'cursor' FROM second))) -> 'query' ->> 'q', '(''root_folder'' in parents) and trashed = false', 'the folder is listed');
SELECT is(lealup._google_drive_request(pg_temp.call((SELECT r -> 'cursor' FROM second))) -> 'query' ->> 'corpora', 'user', 'among what the account has');
SELECT is(lealup._google_drive_request(pg_temp.call((SELECT r -> 'cursor' || '{"drive": "D1"}'
    FROM second))) -> 'query' @> '{"corpora": "drive", "driveId": "D1", "includeItemsFromAllDrives": "true", "supportsAllDrives": "true"}',
    true, 'or in its shared drive');
SELECT is(lealup._google_drive_response(pg_temp.call(), pg_temp.ok('{"id": "root_folder", "name": "H", "mimeType": "application/vnd.google-apps.folder", "driveId": "D1"}')) #>> '{cursor,drive}',
    'D1', 'a shared drive''s feed is its own');
SELECT is(lealup._google_drive_response(pg_temp.call(), pg_temp.ok('{"id": "root_folder", "name": "H", "mimeType": "application/vnd.google-apps.folder", "ownedByMe": false}')) #> '{cursor,foreign}', 'true', 'somebody else''s folder is known as such');
SELECT is(lealup._google_drive_response(pg_temp.call(), v.answer) ->> 'verdict', 'fail', v.name)
FROM (VALUES ('a folder that is not there cannot be read', pg_temp.not_found('fileId')), ('nor one in the trash',
    pg_temp.ok('{"id": "x", "mimeType": "application/vnd.google-apps.folder", "trashed": true}')),
    ('nor a file', pg_temp.ok('{"id": "x", "mimeType": "text/plain"}')), ('nor nothing', pg_temp.ok('{}'))) v(name, answer);

-- ----- Folder by folder -----
CREATE TEMP TABLE third AS SELECT lealup._google_drive_response(pg_temp.call((SELECT r -> 'cursor' FROM second)), pg_temp.ok(jsonb_build_object('files', jsonb_build_array(
    pg_temp.folder('B', 'root_folder', '{"name": "Policies"}'), pg_temp.file('doc', 'root_folder'), pg_temp.file('pdf', 'root_folder', '{"mimeType": "application/pdf"}'),
    pg_temp.file('link', 'root_folder', '{"mimeType": "application/vnd.google-apps.shortcut"}'), pg_temp.file('big', 'root_folder', '{"mimeType": "text/plain", "size": "10485761"}'),
    pg_temp.file('locked', 'root_folder', '{"capabilities": {"canDownload": false}}'))))) AS r;
SELECT is(r ->> 'verdict', 'more', 'there is a folder in the folder') FROM third;
SELECT is(r #> '{cursor,queue}', '["B"]', 'which is listed next') FROM third;
SELECT is(r #> '{cursor,folders,B}', '["root_folder", "Policies", 1]', 'and known by its place') FROM third;
SELECT is((r #> '{fetch,0}') - 'version'::text, '{"id": "doc", "name": "doc", "type": "application/vnd.google-apps.document", "path": "Handbook", "url": "https://docs.google.com/document/d/doc/edit", "modified": "2026-02-01T00:00:00.000Z"}',
    'a document is fetched') FROM third;
SELECT is(jsonb_array_length(r -> 'fetch'), 1, 'and nothing else') FROM third;
SELECT is(x ->> 'skip', 'pdf: files of the type application/pdf are not read.', 'it is told what is not read') FROM third, jsonb_array_elements(r -> 'records') x WHERE x ->> 'id' = 'pdf';
SELECT ok(x ? 'skip', 'nor shortcuts') FROM third, jsonb_array_elements(r -> 'records') x WHERE x ->> 'id' = 'link';
SELECT is(x #>> '{data,fail}', 'The file has 10485761 bytes, and at most 10485760 are read. Split it.', 'and what is too large') FROM third, jsonb_array_elements(r -> 'records') x
    WHERE x ->> 'id' = 'big';
SELECT ok(x -> 'data' ? 'fail' AND x ? 'version', 'or must not be downloaded') FROM third, jsonb_array_elements(r -> 'records') x WHERE x ->> 'id' = 'locked';
CREATE TEMP TABLE fourth AS SELECT lealup._google_drive_response(pg_temp.call((SELECT r -> 'cursor' FROM third)), pg_temp.ok(jsonb_build_object('files', jsonb_build_array(pg_temp.file('deep',
    'B'))))) AS r;
SELECT is(r #>> '{fetch,0,path}', 'Handbook/Policies', 'a path is that of the folders') FROM fourth;
SELECT is(r ->> 'verdict', 'done', 'when no folder is left, the backfill is done') FROM fourth;
SELECT is(lealup._google_drive_request(pg_temp.call((SELECT r -> 'cursor' FROM fourth), 'incremental')) #>> '{query,pageToken}', '100', 'and the changes since its beginning come next');
-- Pages of one list, and many folders at once.
SELECT is(r -> 'cursor' -> 'queue', '["root_folder"]', 'a list goes on until its last page')
FROM lealup._google_drive_response(pg_temp.call((SELECT r -> 'cursor' FROM second)), pg_temp.ok('{"nextPageToken": "n1", "files": []}')) r WHERE r ->> 'verdict' = 'more'
    AND r #>> '{cursor,page}' = 'n1';
CREATE TEMP TABLE wide AS SELECT (SELECT r -> 'cursor' FROM second) || jsonb_build_object('queue', (SELECT jsonb_agg('f' || n ORDER BY n) FROM generate_series(1, 30) n),
    'folders', (SELECT jsonb_object_agg('f' || n, jsonb_build_array('root_folder', 'F' || n, 1)) || '{"root_folder": [null, "H", 1]}' FROM generate_series(1, 30) n)) AS c;
SELECT is((SELECT count(*) FROM regexp_matches(lealup._google_drive_request(pg_temp.call((SELECT c FROM wide))) #>> '{query,q}', ' in parents', 'g')), 25::bigint,
    'up to 25 folders are listed at once');
SELECT is(jsonb_array_length(lealup._google_drive_response(pg_temp.call((SELECT c FROM wide)), pg_temp.ok('{"files": []}')) #> '{cursor,queue}'), 5, 'and then the others');
SELECT is(lealup._google_drive_response(pg_temp.call((SELECT c FROM wide)), pg_temp.not_found('fileId')) #> '{cursor,batch}', '1', 'if one of them is gone, each is listed by itself');
SELECT is(r #> '{cursor,queue,0}', '"f2"', 'and the one that is gone is left out')
FROM lealup._google_drive_response(pg_temp.call((SELECT c || '{"batch": 1}' FROM wide)), pg_temp.not_found('fileId')) r WHERE NOT r #> '{cursor,folders}' ? 'f1';
SELECT is(lealup._google_drive_response(pg_temp.call((SELECT c || '{"batch": 1}' FROM wide), 'incremental'), pg_temp.not_found('fileId')) ->> 'verdict', 'reset', 'what was in it is gone as well');
SELECT is(lealup._google_drive_response(pg_temp.call((SELECT r -> 'cursor' FROM second)), pg_temp.ok('{"incompleteSearch": true, "files": []}')) ->> 'verdict', 'fail',
    'what Google could not search is not taken for empty');
-- Versions.
SELECT is(lealup._google_drive_entry(pg_temp.file('x', 'p', '{"md5Checksum": "a", "modifiedTime": "2026-01-01T00:00:00Z"}'), 'H') ->> 'version', lealup._google_drive_entry(pg_temp.file('x', 'p',
    '{"md5Checksum": "a"}'), 'H') ->> 'version',
    'a file that has the same bytes has the same version');
SELECT isnt(lealup._google_drive_entry(pg_temp.file('x', 'p', v.change), v.path) ->> 'version', lealup._google_drive_entry(pg_temp.file('x', 'p'), 'H') ->> 'version', v.name)
FROM (VALUES ('not if it was written to', '{"modifiedTime": "2026-02-02T00:00:00.000Z"}'::jsonb, 'H'), ('or renamed', '{"name": "y"}', 'H'), ('or moved', '{}', 'H/B')) v(name, change, path);

-- ----- Changes -----
CREATE FUNCTION pg_temp.changes(VARIADIC changes jsonb[]) RETURNS jsonb LANGUAGE sql AS $$
    SELECT lealup._google_drive_response(pg_temp.call((SELECT r -> 'cursor' FROM fourth), 'incremental'), pg_temp.ok(jsonb_build_object('newStartPageToken', '200', 'changes', to_jsonb(changes))))
$$;
SELECT is(r ->> 'verdict', 'done', 'without changes there is nothing to do') FROM pg_temp.changes(VARIADIC '{}') r WHERE r #>> '{cursor,token}' = '200' AND r -> 'records' = '[]'
    AND r -> 'fetch' = '[]';
SELECT is(r #>> '{fetch,0,path}', 'Handbook/Policies', 'a changed document is read') FROM pg_temp.changes(pg_temp.change(pg_temp.file('deep', 'B'))) r;
SELECT is(r -> 'records', '[{"id": "deep", "deleted": true}]', 'one in the trash is gone') FROM pg_temp.changes(pg_temp.change(pg_temp.file('deep', 'B', '{"trashed": true}'))) r;
SELECT is(r -> 'records', '[{"id": "deep", "deleted": true}]', 'so is one that was moved away') FROM pg_temp.changes(pg_temp.change(pg_temp.file('deep', 'elsewhere'))) r;
SELECT is(r -> 'records', '[{"id": "deep", "deleted": true}]', 'or removed') FROM pg_temp.changes('{"changeType": "file", "removed": true, "fileId": "deep"}') r;
SELECT is(r -> 'records', '[{"id": "deep", "deleted": true}]', 'the last word counts') FROM pg_temp.changes(pg_temp.change(pg_temp.file('deep', 'B')), '{"removed": true, "fileId": "deep"}') r;
SELECT is(r #> '{cursor,queue}', '["C"]', 'a new folder is listed') FROM pg_temp.changes(pg_temp.change(pg_temp.folder('C', 'B'))) r WHERE r ->> 'verdict' = 'more';
SELECT is(r #> '{cursor,folders}', '{"root_folder": [null, "Handbook", 1], "B": ["root_folder", "Policies", 1], "C": ["B", "C", 2], "D": ["C", "D", 2]}',
    'and one in a new folder, in whatever order they come')
FROM pg_temp.changes(pg_temp.change(pg_temp.folder('D', 'C')), pg_temp.change(pg_temp.folder('C', 'B'))) r;
SELECT is(r #> '{cursor,queue}', '["B"]', 'a renamed folder is listed anew, as all paths below it change') FROM pg_temp.changes(pg_temp.change(pg_temp.folder('B', 'root_folder',
    '{"name": "Rules"}'))) r;
SELECT is(r #> '{cursor,queue}', '["root_folder"]', 'the chosen one as well') FROM pg_temp.changes(pg_temp.change(pg_temp.folder('root_folder', 'my-drive', '{"name": "Manual"}'))) r;
SELECT is(r #> '{cursor,queue}', '[]', 'one that was only shared is not') FROM pg_temp.changes(pg_temp.change(pg_temp.folder('B', 'root_folder', '{"name": "Policies"}'))) r;
SELECT is(r #> '{cursor,queue}', '["deeper"]', 'below a renamed folder everything is listed') FROM lealup._google_drive_response(
    pg_temp.call((SELECT pg_temp.changes(pg_temp.change(pg_temp.folder('B', 'root_folder', '{"name": "Rules"}'))) -> 'cursor'), 'incremental'), pg_temp.ok(jsonb_build_object('files',
        jsonb_build_array(pg_temp.folder('deeper', 'B'))))) r;
SELECT is(r ->> 'verdict', 'reset', v.name) FROM (VALUES ('when a folder leaves the tree, what was in it goes', pg_temp.change(pg_temp.folder('B', 'elsewhere'))), ('in the trash as well',
    pg_temp.change(pg_temp.folder('B', 'root_folder', '{"trashed": true}'))),
    ('or if it is removed', '{"changeType": "file", "removed": true, "fileId": "B"}')) v(name, change), pg_temp.changes(v.change) r;
SELECT is(r ->> 'verdict', 'fail', 'without the chosen folder nothing is dropped, but told') FROM pg_temp.changes('{"removed": true, "fileId": "root_folder"}') r;
SELECT is(r -> 'records', '[]', 'a folder elsewhere is none of ours') FROM pg_temp.changes(pg_temp.change(pg_temp.folder('E', 'elsewhere'))) r WHERE r -> 'fetch' = '[]'
    AND r #> '{cursor,queue}' = '[]';
SELECT is(lealup._google_drive_response(pg_temp.call((SELECT r -> 'cursor' FROM fourth), 'incremental'), pg_temp.ok('{"nextPageToken": "150", "changes": []}')) ->> 'verdict', 'more',
    'changes have pages');
SELECT is(lealup._google_drive_response(pg_temp.call((SELECT r -> 'cursor' FROM fourth), 'incremental'), pg_temp.ok('{"changes": []}')) ->> 'verdict', 'fail', 'a page without a token is none');
SELECT is(lealup._google_drive_response(pg_temp.call((SELECT r -> 'cursor' || '{"foreign": true, "listed": "2026-02-27T12:00:00Z"}' FROM fourth), 'incremental'),
    pg_temp.ok('{"newStartPageToken": "200", "changes": []}')) ->> 'verdict', 'reset',
    'somebody else''s folder is listed anew once a day');

-- ----- Texts -----
SELECT is(lealup._google_drive_file_request(pg_temp.call() || jsonb_build_object('item', jsonb_build_object('id', 'x', 'type', v.type, 'name', 'n.md'))) - 'accept', v.request::jsonb, v.type)
FROM (VALUES ('application/vnd.google-apps.document', '{"path": "/files/x/export", "query": {"mimeType": "text/markdown"}}'), ('application/vnd.google-apps.spreadsheet',
    '{"path": "/files/x/export", "query": {"mimeType": "text/csv"}}'),
    ('application/vnd.google-apps.presentation', '{"path": "/files/x/export", "query": {"mimeType": "text/plain"}}'), ('text/html',
        '{"path": "/files/x", "query": {"alt": "media", "supportsAllDrives": "true"}}'),
    ('application/octet-stream', '{"path": "/files/x", "query": {"alt": "media", "supportsAllDrives": "true"}}')) v(type, request);
CREATE FUNCTION pg_temp.text(type text, text text) RETURNS jsonb LANGUAGE sql AS $$
    SELECT lealup._google_drive_file_response(pg_temp.call() || jsonb_build_object('item', jsonb_build_object('id', 'x', 'version', 'v', 'name', 'Refunds', 'type', type, 'path', 'H')),
        jsonb_build_object('status', 200, 'text', text))
$$;
SELECT is(pg_temp.text('text/plain', U&'\FEFFHello'), '{"record": {"id": "x", "version": "v", "data": {"name": "Refunds", "type": "text/plain", "path": "H", "text": "Hello"}}}', 'a text is a record');
SELECT is(pg_temp.text('application/vnd.google-apps.document', E'# One\n![][image1]\n\n[image1]: <data:image/png;base64,AAAA>\n') #>> '{record,data,text}', E'# One\n![][image1]\n\n\n',
    'pictures are left out');
SELECT is(pg_temp.text('text/html', E'<html><head><title>T</title><style>p {}</style></head><body><script>if (a < b) x()</script><p>A &amp; B</p>\n <p>C&nbsp;<b>D</b></p><script>never ends') #>> '{record,data,text}', E'T\nA & B\nC D', 'of HTML the words stay');
SELECT is(lealup._google_drive_file_response(pg_temp.call() || '{"item": {"id": "x", "type": "text/plain"}}', '{"status": 200, "body": {"a": 1}}') #>> '{record,data,text}', '{"a": 1}',
    'a text that is JSON is a text');
SELECT is(pg_temp.text('text/plain', repeat('x', 1000001)) ->> 'fail', 'The document has 1000001 characters, and at most 1000000 are read. Split it.', 'a text that is too long is not read');
SELECT ok(length(pg_temp.text('text/html', repeat('<script <p', 400000)) #>> '{record,data,text}') < 10, 'HTML that never ends does');
SELECT is(lealup._google_drive_normalize(pg_temp.call(), '{"id": "x", "data": {"name": " Refunds ", "type": "text/plain", "path": "H", "url": "https://u", "text": "Hello", "modified": "2026-01-01T00:00:00Z"}}'),
    '[{"entity": "kb_document", "external_id": "x", "title": "Refunds", "body": "Hello", "language": "spanish", "url": "https://u", "path": "H", "payload": {"type": "text/plain", "modified": "2026-01-01T00:00:00Z"}}]', 'it is a document of the knowledge base');

SELECT throws_ok($$SELECT lealup._google_drive_normalize(pg_temp.call(), '{"id": "x", "data": {"fail": "It is too large."}}')$$, '54000', 'It is too large.',
    'one that could not be read is an error, with the reason');
SELECT is(lealup._google_drive_normalize(pg_temp.call(), '{"id": "x", "version": "v", "data": null}'), '[]', 'one that is none of ours is nothing');

-- ----- What nobody should send -----
SELECT is(r #> '{cursor,queue}', '[]', 'folders that are in one another are listed once') FROM lealup._google_drive_response(pg_temp.call((SELECT r -> 'cursor' FROM third)),
    pg_temp.ok(jsonb_build_object('files', jsonb_build_array(pg_temp.folder('root_folder', 'B'), pg_temp.folder('B', 'B'))))) r WHERE r ->> 'verdict' = 'done';
SELECT ok(length(lealup._google_drive_path('{"a": ["b", "A"], "b": ["a", "B"]}', 'a')) < 300, 'and have a path that ends');
SELECT is(lealup._google_drive_response(pg_temp.call((SELECT r -> 'cursor' FROM second)), pg_temp.ok(jsonb_build_object('files', (SELECT jsonb_agg(pg_temp.folder('f' || n, 'root_folder'))
    FROM generate_series(1, 5000) n)))) ->> 'message',
    'There are too many folders below the chosen one: at most 5,000 are read, and fewer if their names are long. Choose a folder with fewer.', 'more folders than a cursor can hold are refused');
SELECT is(lealup._google_drive_response(pg_temp.call((SELECT r -> 'cursor' FROM second)), pg_temp.ok(jsonb_build_object('files', (SELECT jsonb_agg(pg_temp.folder('f' || n, 'root_folder',
    jsonb_build_object('name', repeat('ж', 500)))) FROM generate_series(1, 3000) n)))) ->> 'verdict',
    'fail', 'or with longer names');
SELECT ok(octet_length(r::text) < 1048576, '5,000 with names as people give them are read')
FROM (SELECT lealup._google_drive_response(pg_temp.call((SELECT r -> 'cursor' FROM second)), pg_temp.ok(jsonb_build_object('files',
    (SELECT jsonb_agg(pg_temp.folder('1aBcDeFgHiJkLmNoPqRsTuVwXyZ_' || n, 'root_folder', '{"name": "Policies of the team in Madrid"}')) FROM generate_series(1, 4999) n)))) AS r) x
WHERE r ->> 'verdict' = 'more';
SELECT is(jsonb_array_length(lealup._google_drive_response(pg_temp.call((SELECT r -> 'cursor' FROM second)),
    pg_temp.ok('{"files": [7, {"id": 7}, null, {"mimeType": "text/plain"}]}')) -> 'fetch'), 0, 'what is no file is none');
SELECT is(length(lealup._google_drive_normalize(pg_temp.call(), jsonb_build_object('id', 'x', 'data', jsonb_build_object('name', repeat('n', 100000), 'text', ''))) #>> '{0,title}'), 1000,
    'a name is cut');

-- ----- Notifications -----
SELECT is(w - 'fields' - 'json', '{"method": "POST", "path": "/changes/watch", "query": {"pageToken": "100", "supportsAllDrives": "true", "includeItemsFromAllDrives": "true"}}',
    'the changes are watched from where we are')
FROM lealup._google_drive_watch(pg_temp.call((SELECT r -> 'cursor' FROM fourth))) w WHERE w #>> '{json,expiration}' = '1772971200000';
SELECT is(lealup._google_drive_watch(pg_temp.call()), NULL, 'once we are anywhere');

SELECT is(lealup._google_channel_news('{"connection": {"provider": "google_drive"}}', '{"headers": {"x-goog-resource-state": "change", "x-goog-message-number": "2"}, "body": null}'),
    '{"hint": ["files"]}', 'a notification says that there is news');
SELECT is(lealup._google_channel_news('{"connection": {"provider": "google_drive"}}', '{"headers": {"x-goog-resource-state": "sync", "x-goog-message-number": "1"}}') ->> 'ignore',
    'The channel is open.', 'but for the first one');
SELECT is((SELECT i.signature ->> 'header' FROM lealup.provider_inbound i WHERE i.provider = 'google_drive'), 'X-Goog-Channel-Token', 'it is known by its token');
SELECT ok(to_regprocedure(i.handler || '(jsonb, jsonb)') IS NOT NULL, 'and there is a function for it') FROM lealup.provider_inbound i WHERE i.provider = 'google_drive';

SELECT * FROM finish();
ROLLBACK;
