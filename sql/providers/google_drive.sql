-- Google Drive: the documents of a folder, and of the folders in it, for the knowledge base.
--
-- A backfill pins the place in the feed of changes first, then lists folder by folder, and reads each file whose version is not known. After
-- that the feed tells what has changed. It does not tell of what is in a folder that was moved, renamed or shared: such a folder is listed anew. When a folder
-- leaves the tree, all is listed anew, so that what was in it goes. Files of 10 MB and folders with 5,000 folders in them are the most that is read.

INSERT INTO lealup.provider (name, title, kind, base_url, allowed_hosts, auth, fields, identity, max_in_flight, setup_steps, problems, docs_url, builtin,
    authorize_url, token_url, authorize_params, default_ttl, keep_alive, grant_group, revoke)
SELECT 'google_drive', 'Google Drive', 'workspace', 'https://www.googleapis.com/drive/v3', '{www.googleapis.com,oauth2.googleapis.com}', 'oauth2',
    '[{"name": "folder", "title": "The folder to read: its id, or its address in the browser", "required": true, "pattern": "^(https://drive\\.google\\.com/.*)?[A-Za-z0-9_-]{10,}([/?#].*)?$"},
      {"name": "language", "title": "Language of the documents, for searching", "pattern": "^(simple|english|spanish|portuguese|french|german|italian)$", "default": "simple"}]',
    '{"path": "/about?fields=user(emailAddress,displayName)", "id": "user.emailAddress", "name": "user.emailAddress"}', 10,
    '{"In the Google Cloud console choose or make a project, and enable the Google Drive API in it.",
      "On its OAuth consent screen add the scope drive.readonly; choose Internal if everybody is of your Workspace, as Google examines other applications with this scope.",
      "Make credentials of the kind OAuth client ID for a web application, with the redirect URI that lealup is given as redirect_uri.",
      "Store the client id and the client secret in lealup.",
      "Choose the folder of the knowledge base, and copy its address from the browser; its owner, or a member of its shared drive, connects it. For notifications, the address of the gateway must be reached from the internet over https with a valid certificate."}',
    '[{"problem": "The folder is not found.", "fix": "The address is wrong, or the folder is not shared with the account that is connected."},
      {"problem": "A document is missing.", "fix": "Google Docs, Sheets (the first sheet, as CSV), Slides, text, Markdown and HTML are read; others, and shortcuts, are counted as skipped. See the errors of the connection for those that could not be read."},
      {"problem": "A document is too large.", "fix": "Google exports at most 10 MB, and a document of the knowledge base has at most 1,000,000 characters. Split it."},
      {"problem": "A document cannot be downloaded.", "fix": "Its owner has forbidden viewers to download it, in its sharing settings."},
      {"problem": "There are too many folders.", "fix": "Choose a folder with at most 5,000 folders below it."},
      {"problem": "New documents come late.", "fix": "Google does not tell of all changes in a folder that somebody else owns; it is listed once a day. Have its owner connect it, or put it into a shared drive."}]',
    'https://developers.google.com/workspace/drive/api/guides/about-sdk', true, g.*
FROM lealup._google_grant() g;

INSERT INTO lealup.provider_scope (provider, scope, required, reads, writes, does_not_read) VALUES
    ('google_drive', 'https://www.googleapis.com/auth/drive.readonly', true,
        'Names, places and texts of the documents in the chosen folder and the folders in it.', NULL,
        'Files outside the chosen folder, though Google''s permission is for all of the account''s files; images, PDF and other files that are no text; comments, and who may see a file.');

INSERT INTO lealup.provider_stream (provider, name, title, request, response, detail_request, detail_response, normalize, watch_request, watch_response, unwatch_request,
    period, slowest_period, snapshot, max_in_flight)
VALUES ('google_drive', 'files', 'Documents', 'lealup._google_drive_request', 'lealup._google_drive_response', 'lealup._google_drive_file_request', 'lealup._google_drive_file_response',
    'lealup._google_drive_normalize', 'lealup._google_drive_watch', 'lealup._google_channel_opened', 'lealup._google_channel_stop', '5 min', '15 min', true, 10);

-- https://developers.google.com/workspace/drive/api/guides/handle-errors
INSERT INTO lealup.provider_error (provider, ord, stream, part, statuses, path, pattern, action, message, fix) VALUES
    ('google_drive', 1, 'files', 'detail', '{403}', 'error.errors.{}.reason', '^exportSizeLimitExceeded$', 'skip', 'The document is too large: Google exports at most 10 MB. Split it.', 'Split it.'),
    ('google_drive', 2, 'files', 'detail', '{403}', 'error.errors.{}.reason', '^(cannotDownloadFile|cannotExportFile|insufficientFilePermissions)$', 'skip',
        'The account may not download the file. Let viewers download it, in its sharing settings.', 'Let viewers download it, in its sharing settings.'),
    ('google_drive', 3, 'files', 'detail', '{403}', 'error.errors.{}.reason', '^cannotDownloadAbusiveFile$', 'skip', 'Google holds the file for malware or spam.',
        'Remove it, or have its owner ask Google for a review.'),
    ('google_drive', 4, 'files', 'detail', '{403}', 'error.errors.{}.reason', '^downloadQuotaExceeded$', 'skip', 'The file was downloaded too often today.', 'Try it again tomorrow.'),
    ('google_drive', 5, 'files', 'detail', '{403}', 'error.errors.{}.reason', '^(fileNotDownloadable|fileNotExportable)$', 'skip', 'Google has no text of the file.', NULL),
    ('google_drive', 6, 'files', 'detail', '{400}', 'error.errors.{}.reason', '^badRequest$', 'skip', 'Google cannot export the file as text.', NULL),
    ('google_drive', 7, 'files', 'detail', '{404}', 'error.errors.{}.reason', '^notFound$', 'gone', NULL, NULL),
    ('google_drive', 8, 'files', 'page', '{400,404,410}', 'error.errors.{}.location', '^pageToken$', 'reset',
        'Google does not know how far the changes were read, so that the folder is listed anew', NULL),
    ('google_drive', 9, 'files', 'page', '{410}', NULL, NULL, 'reset', 'Google does not know how far the changes were read, so that the folder is listed anew', NULL),
    -- The function of the stream tells what was not found.
    ('google_drive', 10, 'files', 'page', '{404}', 'error.errors.{}.reason', '^notFound$', 'answer', NULL, NULL),
    ('google_drive', 11, NULL, NULL, '{403}', 'error.errors.{}.reason', '^appNotAuthorizedToFile$', 'reconnect', 'Google was not told to let lealup read the account''s files',
        'Reconnect, and leave every box ticked when Google asks.'),
    ('google_drive', 12, NULL, 'other', '{400,401}', 'error.errors.{}.reason', '^push\.', 'fail', 'Google does not send notifications to the gateway''s address, so that the folder is polled',
        'The address must be https, with a valid certificate, and be reached from the internet.');
INSERT INTO lealup.provider_error SELECT * FROM lealup._google_errors('google_drive');

INSERT INTO lealup.provider_budget (provider, name, per, units, period) VALUES
    ('google_drive', 'user', 'connection', 12000, '1 min'),
    ('google_drive', 'project', 'client', 12000, '1 min');

-- ----- Folders -----

CREATE FUNCTION lealup._google_drive_folder(call jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN coalesce(substring(call #>> '{connection,options,folder}' FROM '/folders/([A-Za-z0-9_-]{10,})'), substring(call #>> '{connection,options,folder}' FROM '[?&]id=([A-Za-z0-9_-]{10,})'),
        call #>> '{connection,options,folder}');
COMMENT ON FUNCTION lealup._google_drive_folder(jsonb) IS 'The id of the folder that is read, of an address as the browser shows it as well.';

CREATE FUNCTION lealup._google_drive_path(folders jsonb, folder text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (WITH RECURSIVE up(id, name, depth) AS (
            SELECT folders -> folder ->> 0, folders -> folder ->> 1, 1
            UNION ALL
            -- Folders can be nested a hundred deep; what says that it is in itself is not followed further than that.
            SELECT folders -> u.id ->> 0, folders -> u.id ->> 1, u.depth + 1 FROM up u WHERE folders ? u.id AND u.depth < 100
        ) SELECT left(string_agg(u.name, '/' ORDER BY u.depth DESC), 4000) FROM up u);
COMMENT ON FUNCTION lealup._google_drive_path(jsonb, text) IS 'The names of a folder and of those above it, from the chosen one on. folders: {id: [id of the folder it is in, name, ...]}.';

CREATE FUNCTION lealup._google_drive_home(folders jsonb, file jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (SELECT p.value FROM jsonb_array_elements_text(CASE jsonb_typeof(file -> 'parents') WHEN 'array' THEN file -> 'parents' ELSE '[]' END) WITH ORDINALITY p(value, n)
        WHERE folders ? p.value ORDER BY p.n LIMIT 1);
COMMENT ON FUNCTION lealup._google_drive_home(jsonb, jsonb) IS 'Which of the folders a file is in; null if it is in none. Old files can be in several folders.';

-- ----- Files -----

CREATE FUNCTION lealup._google_drive_form(mime_type text, name text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE mime_type
        WHEN 'application/vnd.google-apps.document' THEN 'text/markdown'
        WHEN 'application/vnd.google-apps.spreadsheet' THEN 'text/csv'
        WHEN 'application/vnd.google-apps.presentation' THEN 'text/plain'
        ELSE CASE WHEN mime_type ~ '^text/' AND mime_type <> 'text/rtf' OR mime_type = 'application/xhtml+xml' OR mime_type ~ '^application/(octet-stream|(x-)?markdown)$'
            AND name ~* '\.(md|markdown)$'
            THEN '' END END;
COMMENT ON FUNCTION lealup._google_drive_form(text, text) IS 'As which media type Google is to export a file; empty = it is text itself, and downloaded; null = it is not read.';

CREATE FUNCTION lealup._google_drive_entry(file jsonb, path text) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN jsonb_strip_nulls(jsonb_build_object('id', file -> 'id',
        -- What a record is made of. Google's own version of a file changes with who may see it, too.
        'version', md5(jsonb_build_array(coalesce(file -> 'md5Checksum', file -> 'modifiedTime'), file -> 'name', file -> 'mimeType', file -> 'webViewLink', path)::text))
        || CASE
            WHEN lealup._google_drive_form(file ->> 'mimeType', file ->> 'name') IS NULL THEN jsonb_build_object('skip', CASE file ->> 'mimeType'
                WHEN 'application/vnd.google-apps.shortcut' THEN format('%s: shortcuts are not followed.', left(file ->> 'name', 200))
                ELSE format('%s: files of the type %s are not read.', left(file ->> 'name', 200), left(coalesce(file ->> 'mimeType', 'unknown'), 200)) END)
            WHEN file #>> '{capabilities,canDownload}' = 'false' THEN '{"data": {"fail": "The account may not download the file. Let viewers download it, in its sharing settings."}}'
            WHEN CASE WHEN file ->> 'size' ~ '^\d{1,15}$' THEN (file ->> 'size')::bigint END > 10485760 AND lealup._google_drive_form(file ->> 'mimeType', file ->> 'name') = ''
                THEN jsonb_build_object('data', jsonb_build_object('fail', format('The file has %s bytes, and at most 10485760 are read. Split it.', file ->> 'size')))
            ELSE jsonb_build_object('name', left(file ->> 'name', 1000), 'type', file -> 'mimeType', 'path', path, 'url', left(file ->> 'webViewLink', 4000), 'modified', file -> 'modifiedTime') END);
COMMENT ON FUNCTION lealup._google_drive_entry(jsonb, text) IS 'What is to be done with a file that lies below a path: an item to fetch, or a record with the reason why it is not: {"skip"} if its kind is not read, {"data": {"fail"}} if it should be.';

-- ----- Reading -----

-- The cursor: {"drive": the shared drive or null, "foreign": whether the folder is somebody else's, "listed": since when the list is good, "token": place in the feed of changes,
-- "folders": {id: [id of the folder it is in, name, pass]}, "pass", "queue": [folders to list], "page"?, "batch"?: how many of the queue are being listed}. A folder is
-- listed once in a pass, so that those that say they are in one another are no endless work.
CREATE FUNCTION lealup._google_drive_request(call jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    cursor jsonb := call -> 'cursor';
    fields CONSTANT text := 'id,name,mimeType,md5Checksum,modifiedTime,parents,trashed,size,webViewLink,capabilities(canDownload)';
    -- What a shared drive has is in its own feed of changes.
    place jsonb := '{"supportsAllDrives": "true"}' || jsonb_strip_nulls(jsonb_build_object('driveId', cursor -> 'drive'));
    everywhere CONSTANT jsonb := '{"includeItemsFromAllDrives": "true"}';
    listed text;
BEGIN
    IF cursor IS NULL OR jsonb_typeof(cursor) = 'null' THEN
        RETURN jsonb_build_object('path', '/files/' || lealup._percent_encode(lealup._google_drive_folder(call)),
            'query', '{"fields": "id,name,mimeType,trashed,driveId,ownedByMe", "supportsAllDrives": "true"}'::jsonb);
    ELSIF NOT cursor ? 'token' THEN
        RETURN jsonb_build_object('path', '/changes/startPageToken', 'query', place);
    ELSIF jsonb_array_length(cursor -> 'queue') > 0 THEN
        SELECT string_agg(format('%L in parents', q.value), ' or ' ORDER BY q.n) INTO listed
        FROM jsonb_array_elements_text(cursor -> 'queue') WITH ORDINALITY q(value, n) WHERE q.n <= coalesce((cursor ->> 'batch')::int, 25);
        RETURN jsonb_build_object('path', '/files', 'query', place || everywhere || jsonb_strip_nulls(jsonb_build_object('q', format('(%s) and trashed = false', listed), 'pageSize', '1000',
            'corpora', CASE WHEN cursor ->> 'drive' IS NOT NULL THEN 'drive' ELSE 'user' END, 'pageToken', cursor -> 'page', 'fields', format('nextPageToken,incompleteSearch,files(%s)', fields))));
    END IF;
    RETURN jsonb_build_object('path', '/changes', 'query', place || everywhere || jsonb_build_object('pageToken', cursor -> 'token', 'pageSize', '1000', 'includeRemoved', 'true',
        'fields', format('nextPageToken,newStartPageToken,changes(changeType,fileId,driveId,removed,file(%s))', fields)));
END $$;
COMMENT ON FUNCTION lealup._google_drive_request(jsonb) IS 'What is asked next: the folder itself, the place in the feed of changes, what is in up to 25 folders, or the changes.';

CREATE FUNCTION lealup._google_drive_listed(call jsonb, response jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    cursor jsonb := call -> 'cursor';
    body jsonb := response -> 'body';
    batch int := least(coalesce((cursor ->> 'batch')::int, 25), jsonb_array_length(cursor -> 'queue'));
    pass jsonb := cursor -> 'pass';
    folders jsonb := cursor -> 'folders';
    queue jsonb := cursor -> 'queue';
    files jsonb := CASE jsonb_typeof(body -> 'files') WHEN 'array' THEN body -> 'files' ELSE '[]' END;
    page text := nullif(body ->> 'nextPageToken', '');
    found jsonb;
    entries jsonb;
BEGIN
    IF (response ->> 'status')::int = 404 THEN
        -- One of the folders is gone, and Google does not tell which.
        IF batch > 1 THEN
            RETURN jsonb_build_object('verdict', 'more', 'cursor', cursor - 'page' || '{"batch": 1}');
        ELSIF queue ->> 0 = lealup._google_drive_folder(call) THEN
            RETURN lealup._google_drive_no_folder();
        ELSIF call ->> 'mode' = 'incremental' THEN
            RETURN jsonb_build_object('verdict', 'reset', 'message', 'A folder is gone; all are listed anew.');
        END IF;
        folders := folders - (queue ->> 0);
        files := '[]';
        page := NULL;
    ELSIF body -> 'incompleteSearch' = 'true' THEN
        RETURN jsonb_build_object('verdict', 'fail', 'message', 'Google could not list all files of the folder. It is tried again later.');
    END IF;

    SELECT jsonb_object_agg(f.value ->> 'id', jsonb_build_array(lealup._google_drive_home(folders, f.value), left(f.value ->> 'name', 200), pass)) INTO found
    FROM jsonb_array_elements(files) f
    WHERE f.value ->> 'mimeType' = 'application/vnd.google-apps.folder' AND jsonb_typeof(f.value -> 'id') = 'string' AND (folders -> (f.value ->> 'id') -> 2) IS DISTINCT FROM pass;
    IF found IS NOT NULL THEN
        folders := folders || found;
        queue := queue || (SELECT jsonb_agg(k ORDER BY k) FROM jsonb_object_keys(found) k);
    END IF;

    SELECT jsonb_agg(lealup._google_drive_entry(f.value, p.path)) INTO entries
    FROM (SELECT f.value, lealup._google_drive_home(folders, f.value) AS home FROM jsonb_array_elements(files) f
          WHERE f.value ->> 'mimeType' <> 'application/vnd.google-apps.folder' AND jsonb_typeof(f.value -> 'id') = 'string') f
    LEFT JOIN (SELECT q.value AS folder, lealup._google_drive_path(folders, q.value) AS path FROM jsonb_array_elements_text(queue) WITH ORDINALITY q(value, n)
        WHERE q.n <= batch) p ON p.folder = f.home;

    IF page IS NULL THEN
        SELECT coalesce(jsonb_agg(q.value ORDER BY q.n), '[]') INTO queue FROM jsonb_array_elements(queue) WITH ORDINALITY q(value, n) WHERE q.n > batch;
    END IF;
    -- The pages of a list are those of one question.
    cursor := jsonb_strip_nulls(cursor || jsonb_build_object('folders', folders, 'queue', queue, 'page', page, 'batch', CASE WHEN page IS NOT NULL THEN batch END));
    RETURN lealup._google_drive_page(entries, '[]', cursor, CASE WHEN jsonb_array_length(queue) > 0 OR call ->> 'mode' = 'incremental' THEN 'more' ELSE 'done' END);
END $$;
COMMENT ON FUNCTION lealup._google_drive_listed(jsonb, jsonb) IS 'What a list of what is in folders says: its files are read, its folders are listed next.';

CREATE FUNCTION lealup._google_drive_changed(call jsonb, response jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    cursor jsonb := call -> 'cursor';
    body jsonb := response -> 'body';
    root text := lealup._google_drive_folder(call);
    folders jsonb := cursor -> 'folders';
    pass jsonb := to_jsonb((cursor ->> 'pass')::int + 1);
    changes jsonb;
    found jsonb;
    entries jsonb;
    deleted jsonb;
    more boolean := nullif(body ->> 'nextPageToken', '') IS NOT NULL;
BEGIN
    IF (response ->> 'status')::int = 404 THEN
        RETURN lealup._google_drive_no_folder();
    ELSIF NOT more AND nullif(body ->> 'newStartPageToken', '') IS NULL THEN
        RETURN jsonb_build_object('verdict', 'fail', 'message', 'Google gave neither a next page of changes nor a place from which to go on.');
    END IF;
    -- The last word on each file. Away = it cannot be seen any more.
    SELECT coalesce(jsonb_object_agg(c.value ->> 'fileId', CASE WHEN c.value ->> 'removed' = 'true' OR c.value #>> '{file,trashed}' = 'true' THEN '{"away": true}'
            ELSE jsonb_build_object('file', c.value -> 'file', 'folder', c.value #>> '{file,mimeType}' = 'application/vnd.google-apps.folder') END ORDER BY c.n), '{}') INTO changes
    FROM jsonb_array_elements(CASE jsonb_typeof(body -> 'changes') WHEN 'array' THEN body -> 'changes' ELSE '[]' END) WITH ORDINALITY c(value, n)
    WHERE jsonb_typeof(c.value -> 'fileId') = 'string' AND (c.value ->> 'removed' = 'true' OR c.value #>> '{file,id}' = c.value ->> 'fileId');

    IF changes -> root ? 'away' THEN
        RETURN lealup._google_drive_no_folder();
    END IF;
    -- A new folder can be in one that is new as well.
    WITH RECURSIVE folder AS MATERIALIZED (
        SELECT c.key AS id, c.value -> 'file' AS file FROM jsonb_each(changes) c WHERE c.value @> '{"folder": true}' AND c.key <> root
    ), inside(id, home, name) AS (
        SELECT f.id, lealup._google_drive_home(folders, f.file), f.file ->> 'name' FROM folder f WHERE lealup._google_drive_home(folders, f.file) IS NOT NULL
        UNION
        SELECT f.id, i.id, f.file ->> 'name' FROM inside i JOIN folder f ON f.file -> 'parents' ? i.id AND lealup._google_drive_home(folders, f.file) IS NULL
    )
    SELECT jsonb_object_agg(i.id, jsonb_build_array(i.home, left(i.name, 200), pass)) INTO found FROM inside i;
    IF EXISTS (SELECT FROM jsonb_each(changes) c
               WHERE folders ? c.key AND c.key <> root AND NOT coalesce(found ? c.key, false)) THEN
        RETURN jsonb_build_object('verdict', 'reset', 'message', 'A folder was deleted, or moved elsewhere; all are listed anew, so that its documents go.');
    END IF;
    IF changes -> root IS NOT NULL THEN
        found := coalesce(found, '{}') || jsonb_build_object(root, jsonb_build_array(NULL, left(changes -> root #>> '{file,name}', 200), pass));
    END IF;
    -- One that is as it was known, in its place and by its name, needs no list.
    SELECT jsonb_object_agg(f.key, f.value) INTO found FROM jsonb_each(found) f WHERE folders -> f.key IS NULL OR (folders -> f.key) - 2 <> f.value - 2;
    folders := folders || coalesce(found, '{}');

    WITH file AS (
        SELECT c.key AS id, c.value -> 'file' AS file, lealup._google_drive_home(folders, c.value -> 'file') AS home FROM jsonb_each(changes) c WHERE (c.value -> 'folder') IS DISTINCT FROM 'true'
            AND NOT folders ? c.key
    ), home AS (
        SELECT h.home, lealup._google_drive_path(folders, h.home) AS path FROM (SELECT DISTINCT f.home FROM file f WHERE f.home IS NOT NULL) h
    )
    SELECT jsonb_agg(lealup._google_drive_entry(f.file, h.path) ORDER BY f.id) FILTER (WHERE f.home IS NOT NULL),
        coalesce(jsonb_agg(jsonb_build_object('id', f.id, 'deleted', true) ORDER BY f.id) FILTER (WHERE f.home IS NULL), '[]') INTO entries, deleted
    FROM file f LEFT JOIN home h ON h.home = f.home;

    cursor := cursor || jsonb_build_object('token', coalesce(nullif(body ->> 'nextPageToken', ''), body ->> 'newStartPageToken'), 'folders', folders);
    IF found IS NOT NULL THEN
        cursor := cursor || jsonb_build_object('pass', pass, 'queue', (SELECT jsonb_agg(k ORDER BY k) FROM jsonb_object_keys(found) k));
    ELSIF NOT more AND (cursor ->> 'foreign')::boolean AND (call ->> 'now')::timestamptz - (cursor ->> 'listed')::timestamptz > interval '1 day' THEN
        RETURN jsonb_build_object('verdict', 'reset', 'message', 'The folder belongs to somebody else, so that Google does not tell of all that changes in it; it is listed anew once a day.');
    END IF;
    RETURN lealup._google_drive_page(entries, deleted, cursor, CASE WHEN more OR found IS NOT NULL THEN 'more' ELSE 'done' END);
END $$;
COMMENT ON FUNCTION lealup._google_drive_changed(jsonb, jsonb) IS
    'What a page of changes says: files of our folders are read, others are gone from them, folders that are new, renamed or moved are listed next; if one has left the tree, all is listed anew.';

CREATE FUNCTION lealup._google_drive_page(entries jsonb, deleted jsonb, cursor jsonb, verdict text) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    -- The engine keeps cursors of a megabyte.
    RETURN CASE WHEN octet_length(cursor::text) > 1000000 OR (SELECT count(*) FROM jsonb_object_keys(cursor -> 'folders')) > 5000
        THEN '{"verdict": "fail", "message": "There are too many folders below the chosen one: at most 5,000 are read, and fewer if their names are long. Choose a folder with fewer."}'::jsonb
        ELSE (SELECT jsonb_build_object('verdict', verdict, 'cursor', cursor, 'records', deleted || coalesce(jsonb_agg(e.value ORDER BY e.n) FILTER (WHERE e.value ?| '{skip,data}'), '[]'),
            'fetch', coalesce(jsonb_agg(e.value ORDER BY e.n) FILTER (WHERE NOT e.value ?| '{skip,data}'), '[]'))
        FROM jsonb_array_elements(coalesce(entries, '[]')) WITH ORDINALITY e(value, n)) END;
COMMENT ON FUNCTION lealup._google_drive_page(jsonb, jsonb, jsonb,
    text) IS 'A page''s answer: entries are fetched, or are records with the reason why they are not. It fails if there are more folders than a cursor can hold.';

CREATE FUNCTION lealup._google_drive_no_folder() RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN '{"verdict": "fail", "message": "The folder is not there: its address is wrong, or it is in the trash, or it is not shared with the account that is connected."}'::jsonb;
COMMENT ON FUNCTION lealup._google_drive_no_folder() IS 'What is said when the chosen folder cannot be seen. What was read of it stays, until it is there again or disconnected.';

CREATE FUNCTION lealup._google_drive_response(call jsonb, response jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    cursor jsonb := nullif(call -> 'cursor', 'null');
    body jsonb := response -> 'body';
BEGIN
    IF cursor ? 'token' THEN
        IF jsonb_array_length(cursor -> 'queue') > 0 THEN
            RETURN lealup._google_drive_listed(call, response);
        END IF;
        RETURN lealup._google_drive_changed(call, response);
    ELSIF (response ->> 'status')::int = 404 OR body -> 'trashed' = 'true' THEN
        RETURN lealup._google_drive_no_folder();
    ELSIF cursor IS NULL THEN
        IF (body ->> 'mimeType') IS DISTINCT FROM 'application/vnd.google-apps.folder' THEN
            RETURN jsonb_build_object('verdict', 'fail', 'message', 'The option folder names no folder. Take the address that the browser shows when the folder is open.');
        END IF;
        RETURN jsonb_build_object('verdict', 'more', 'cursor', jsonb_strip_nulls(jsonb_build_object('drive', body -> 'driveId', 'pass', 1, 'listed', call -> 'now',
            'foreign', CASE WHEN body ->> 'driveId' IS NULL AND (body ->> 'ownedByMe') IS DISTINCT FROM 'true' THEN true END,
            'queue', jsonb_build_array(body -> 'id'), 'folders', jsonb_build_object(body ->> 'id', jsonb_build_array(NULL, left(body ->> 'name', 200), 1)))));
    ELSIF nullif(body ->> 'startPageToken', '') IS NULL THEN
        RETURN jsonb_build_object('verdict', 'fail', 'message', 'Google gave no place in the feed of changes.');
    END IF;
    RETURN jsonb_build_object('verdict', 'more', 'cursor', cursor || jsonb_build_object('token', body -> 'startPageToken'));
END $$;
COMMENT ON FUNCTION lealup._google_drive_response(jsonb, jsonb) IS 'What an answer says: of the folder itself, of the place in the feed of changes, of what is in folders, or of changes.';

CREATE FUNCTION lealup._google_drive_file_request(call jsonb) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (SELECT CASE f.form
            WHEN '' THEN jsonb_build_object('path', '/files/' || f.id, 'query', '{"alt": "media", "supportsAllDrives": "true"}'::jsonb, 'accept', '*/*')
            ELSE jsonb_build_object('path', '/files/' || f.id || '/export', 'query', jsonb_build_object('mimeType', f.form), 'accept', f.form) END
        FROM (SELECT lealup._percent_encode(call #>> '{item,id}') AS id, lealup._google_drive_form(call #>> '{item,type}', call #>> '{item,name}') AS form) f);
COMMENT ON FUNCTION lealup._google_drive_file_request(jsonb) IS 'The request for a file''s text: an export of what Google''s editors made, a download of all else.';

-- ----- What becomes of a file -----

-- Each step takes as long as the text is; an expression that looks for an end tag would take that for each of its beginnings.
CREATE FUNCTION lealup._google_drive_plain(html text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (SELECT btrim(regexp_replace(regexp_replace(replace(replace(replace(replace(replace(replace(
                regexp_replace(regexp_replace(string_agg(CASE WHEN p.n = 1 THEN p.part WHEN p.over > 0 THEN substr(p.part, p.over) ELSE '' END, ' ' ORDER BY p.n),
                    '</?(p|div|h[1-6]|li|ul|ol|tr|table|br|hr|pre|blockquote|section|article|title)\M[^<>]*>', E'\n', 'gi'), '<[^<>]*>', '', 'g'),
                '&nbsp;', ' '), '&lt;', '<'), '&gt;', '>'), '&quot;', '"'), '&#39;', ''''), '&amp;', '&'),
                '[ \t\r]+', ' ', 'g'), '\s*\n\s*', E'\n', 'g'), E' \n')
            FROM (SELECT s.part, s.n, regexp_instr(s.part, '</(script|style|noscript)\s*>', 1, 1, 1, 'i') AS over
                  FROM regexp_split_to_table(html, '<(script|style|noscript)\M', 'i') WITH ORDINALITY s(part, n)) p);
COMMENT ON FUNCTION lealup._google_drive_plain(text) IS 'What is written in a page of HTML, without its tags, scripts and styles.';

CREATE FUNCTION lealup._google_drive_file_response(call jsonb, response jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    item jsonb := call -> 'item';
    text text := ltrim(coalesce(response ->> 'text', response -> 'body' #>> '{}', ''), U&'\FEFF');
BEGIN
    IF item ->> 'type' IN ('text/html', 'application/xhtml+xml') THEN
        text := lealup._google_drive_plain(text);
    ELSIF item ->> 'type' = 'application/vnd.google-apps.document' THEN
        -- Google writes pictures into the Markdown, each as one long line at its end.
        text := regexp_replace(text, '^\[[^][\n]{1,100}\]: *<data:[^\n]*$', '', 'gn');
    END IF;
    IF length(text) > 1000000 THEN
        RETURN jsonb_build_object('fail', format('The document has %s characters, and at most 1000000 are read. Split it.', length(text)));
    END IF;
    RETURN jsonb_build_object('record', jsonb_build_object('id', item -> 'id', 'version', item -> 'version', 'data', item - 'id' - 'version' || jsonb_build_object('text', text)));
END $$;
COMMENT ON FUNCTION lealup._google_drive_file_response(jsonb, jsonb) IS 'The record of a file: its name, type, path, url, when it was modified, and its text, in at most 1,000,000 characters.';

CREATE FUNCTION lealup._google_drive_normalize(call jsonb, record jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    file jsonb := record -> 'data';
BEGIN
    IF file ? 'fail' THEN
        RAISE EXCEPTION '%', file ->> 'fail' USING ERRCODE = 'program_limit_exceeded';
    ELSIF (file ? 'text') IS NOT TRUE THEN
        RETURN '[]';
    END IF;
    RETURN jsonb_build_array(jsonb_strip_nulls(jsonb_build_object('entity', 'kb_document', 'external_id', record -> 'id',
        'title', coalesce(nullif(left(btrim(file ->> 'name'), 1000), ''), '(no name)'), 'body', file -> 'text', 'language', coalesce(call #>> '{connection,options,language}', 'simple'),
        'url', file -> 'url', 'path', file -> 'path', 'payload', jsonb_build_object('type', file -> 'type', 'modified', file -> 'modified'))));
END $$;
COMMENT ON FUNCTION lealup._google_drive_normalize(jsonb, jsonb) IS 'The document of the knowledge base that a file is. Raises program_limit_exceeded, with the reason, for one that could not be read.';

-- ----- Notifications -----

CREATE FUNCTION lealup._google_drive_watch(call jsonb) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE WHEN call #>> '{cursor,token}' IS NOT NULL THEN jsonb_build_object('method', 'POST', 'path', '/changes/watch',
        'query', '{"supportsAllDrives": "true", "includeItemsFromAllDrives": "true"}'::jsonb
            || jsonb_strip_nulls(jsonb_build_object('pageToken', call #> '{cursor,token}', 'driveId', call #> '{cursor,drive}')),
        'json', lealup._google_channel(call) || jsonb_build_object('expiration', (extract(epoch FROM (call ->> 'now')::timestamptz) + 604800)::bigint::text || '000'),
        'fields', lealup._google_channel_fields()) END;
COMMENT ON FUNCTION lealup._google_drive_watch(jsonb) IS 'The request for notifications of a week, the longest that Google gives; null before the place in the feed of changes is known.';

GRANT EXECUTE ON FUNCTION lealup._google_drive_folder(jsonb), lealup._google_drive_path(jsonb, text), lealup._google_drive_home(jsonb, jsonb), lealup._google_drive_form(text, text),
    lealup._google_drive_entry(jsonb, text), lealup._google_drive_listed(jsonb, jsonb), lealup._google_drive_changed(jsonb, jsonb),
    lealup._google_drive_page(jsonb, jsonb, jsonb, text), lealup._google_drive_no_folder(), lealup._google_drive_plain(text)
    TO lealup_provider;
