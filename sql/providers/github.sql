-- GitHub: the documents of repositories for the knowledge base, and issues made of tickets.
--
-- There are two providers, which differ in how they are connected only: github, by an OAuth App, for what somebody of the team can see; and github_app, by a GitHub App with a
-- private key, for the repositories in which it is installed, with no more permissions than it needs.
--
-- A run asks each repository for the commit that its branch is at, by ETag, so that GitHub does not count it if that is the known one. From the known commit to a new one it reads
-- what has changed; where that is not to be had (a forced push, 300 files and more, a history that is gone) all repositories are listed anew: a file whose blob is known is not read again.

-- ----- How GitHub says that something is wrong -----

-- https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
CREATE FUNCTION lealup._github_errors(provider text) RETURNS SETOF lealup.provider_error
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT provider, e.ord, e.stream, e.part, e.statuses, e.path, e.pattern, e.action, e.wait::jsonb, e.message, e.fix
    FROM (VALUES
        (10, NULL, NULL, '{403,429}'::int[], 'message', 'secondary rate limit|abuse detection', 'wait', '{"header": "retry-after", "unit": "seconds", "else": 60}',
            'GitHub limits how much may be asked in a minute', NULL),
        (11, NULL, NULL, '{403,429}', 'message', 'rate limit', 'wait', '{"header": "x-ratelimit-reset", "unit": "epoch_s", "else": 60}', 'GitHub limits how much may be asked in an hour', NULL),
        (12, NULL, NULL, '{429}', NULL, NULL, 'wait', '{"header": "retry-after", "unit": "seconds", "else": 60}', 'GitHub limits how much may be asked', NULL),
        -- The function of the stream tells which repository it is, and goes on with the others.
        (20, 'documents', 'page', '{301,302,304,307,308,403,404,409,422,451}', NULL, NULL, 'answer', NULL, NULL, NULL),
        -- A comparison that is too large is never answered; all files are listed instead.
        (22, 'documents', 'page', '{500,502,503,504}', 'message', '[Dd]iff', 'answer', NULL, NULL, NULL),
        -- Who may not see a repository any more is told that there is no such thing: that says nothing of the file.
        (21, 'documents', 'detail', '{404}', NULL, NULL, 'skip', NULL, 'GitHub does not give the file: it is gone since it was listed, or the repository cannot be seen any more.', NULL),
        (30, 'issues', 'page', '{301,307,308,404}', NULL, NULL, 'fail', NULL, 'the repository of the issues is not there, was renamed, or cannot be seen by the account',
            'Compare the option issues_repository with the repository''s address.'),
        (31, 'issues', 'page', '{410}', NULL, NULL, 'fail', NULL, 'issues are turned off in the repository', 'Turn them on in its settings, or take the option issues_repository back.'),
        (40, NULL, 'action', '{301,307,308,404}', NULL, NULL, 'fail', NULL, 'The repository is not there, was renamed, or the account may not make issues in it.',
            'Compare its name with the repository''s address.'),
        (41, NULL, 'action', '{410}', NULL, NULL, 'fail', NULL, 'Issues are turned off in the repository.', 'Turn them on in its settings.'),
        (50, NULL, NULL, '{403}', 'message', 'SAML', 'fail', NULL, 'the organization wants single sign-on, and the authorization was not approved for it',
            'Approve it under GitHub > Settings > Applications, at the organization, then reconnect.'),
        (51, NULL, NULL, '{403}', 'message', 'OAuth App access restrictions', 'fail', NULL, 'the organization has not approved the OAuth App',
            'Ask an owner of the organization to approve it under Third-party access > OAuth application policy.')
    ) e(ord, stream, part, statuses, path, pattern, action, wait, message, fix);
END;
COMMENT ON FUNCTION lealup._github_errors(text) IS 'The rows of provider_error that both providers have in common.';

CREATE FUNCTION lealup._github_fields() RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN '[
      {"name": "repositories", "title": "The repositories to read: owner/name, with @branch unless it is the default one; several with commas", "required": true,
       "pattern": "\\s*(https://github\\.com/)?[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+/?(@[^\\s,]+)?(\\s*,\\s*(https://github\\.com/)?[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+/?(@[^\\s,]+)?)*\\s*"},
      {"name": "paths", "title": "Which paths: such as docs, **/README.md, !docs/drafts; all unless given", "pattern": "[^\\\\]*"},
      {"name": "extensions", "title": "Which kinds of files", "pattern": "[A-Za-z0-9, ]+", "default": "md,mdx,markdown,rst,adoc,txt"},
      {"name": "language", "title": "Language of the documents, for searching", "pattern": "simple|english|spanish|portuguese|french|german|italian", "default": "simple"},
      {"name": "issues_repository", "title": "The repository of issues that are made of tickets, owner/name", "pattern": "[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+"}]'::jsonb;
COMMENT ON FUNCTION lealup._github_fields() IS 'What both providers need to know of what is to be read.';

CREATE FUNCTION lealup._github_problems() RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN '[
      {"problem": "A repository is not found.",
       "fix": "Its name is wrong, or the account (or the app) has no access to it: GitHub says the same of both. What was read of it stays until it can be read again, or is taken out of the option repositories."},
      {"problem": "A document is missing.",
       "fix": "Compare paths and extensions. Links (symbolic ones), submodules and files in Git LFS are not read; the first and the last are counted as skipped. See the errors of the connection for those that could not be read."},
      {"problem": "A document is too large.", "fix": "A document of the knowledge base has at most 1,000,000 characters. Split it."},
      {"problem": "The first sync takes long.", "fix": "GitHub gives 5,000 answers in an hour, and each file is one. Choose fewer with paths; it goes on by itself."},
      {"problem": "New documents come late.",
       "fix": "Without notifications the repositories are asked every 5 to 15 minutes. For notifications the gateway must be reached from the internet, lealup.public_url be set, and the account be an admin of the repository."}]'::jsonb;
COMMENT ON FUNCTION lealup._github_problems() IS 'Common problems of both providers.';

-- ----- The catalog -----

INSERT INTO lealup.provider (name, title, kind, base_url, allowed_hosts, auth, fields, authorize_url, token_url, token_paths, refresh, grant_group, revoke, identity, max_in_flight,
    setup_steps, problems, docs_url, builtin)
VALUES ('github', 'GitHub', 'workspace', 'https://api.github.com', '{api.github.com,github.com}', 'oauth2', lealup._github_fields(),
    'https://github.com/login/oauth/authorize', 'https://github.com/login/oauth/access_token', '{"access_token": "access_token", "scope": "scope"}', 'none', 'github',
    '{"method": "DELETE", "path": "/applications/{client_id}/grant", "anonymous": true, "json": {}, "accept": "application/vnd.github+json", "headers": {"X-GitHub-Api-Version": "2022-11-28"},
      "fields": [{"in": "basic", "user": "{client_id}", "secret": "client_secret", "owner": "client"}, {"in": "json", "name": "access_token", "secret": "access_token"}]}',
    '{"path": "/user", "accept": "application/vnd.github+json", "headers": {"X-GitHub-Api-Version": "2022-11-28"}, "id": "id", "name": "login"}', 10,
    '{"On GitHub open Settings > Developer settings > OAuth Apps of the organization (or of the account), and register a new application; its authorization callback URL is the redirect_uri that lealup is given.",
      "Generate a client secret there, and store client id and secret with lealup.set_oauth_client().",
      "Where the organization restricts OAuth Apps, an owner approves this one under Third-party access.",
      "Connect as an account that can read the repositories; for notifications it has to be an admin of them. What the account can see GitHub lets an OAuth App change as well, so take one with no more rights than that, or a GitHub App instead."}',
    lealup._github_problems(), 'https://docs.github.com/rest', true);

INSERT INTO lealup.provider (name, title, kind, base_url, allowed_hosts, auth, jwt, fields, token_paths, revoke, identity, max_in_flight, setup_steps, problems, docs_url, builtin)
VALUES ('github_app', 'GitHub (app)', 'workspace', 'https://api.github.com', '{api.github.com}', 'app_jwt',
    '{"key": "private_key", "claims": {"iss": "{app_id}"}, "seconds": 600, "request": {"method": "POST", "path": "/app/installations/{installation_id}/access_tokens",
      "accept": "application/vnd.github+json", "headers": {"X-GitHub-Api-Version": "2022-11-28"},
      "fields": [{"in": "header", "name": "Authorization", "prefix": "Bearer ", "secret": "app_jwt"}]}}',
    '[{"name": "app_id", "title": "The app''s client ID, or its app ID", "required": true, "pattern": "[A-Za-z0-9.]{1,50}"},
      {"name": "installation_id", "title": "The installation''s id: the number at the end of its address", "required": true, "pattern": "\\d{1,18}"},
      {"name": "private_key", "title": "A private key of the app: the .pem file, with its line breaks", "required": true, "secret": true, "lines": true,
       "pattern": "\\s*-----BEGIN (RSA )?PRIVATE KEY-----.+-----END (RSA )?PRIVATE KEY-----\\s*"}]'::jsonb || lealup._github_fields(),
    '{"access_token": "token", "expires_at": "expires_at", "scope": "permissions"}',
    '{"method": "DELETE", "path": "/installation/token", "accept": "application/vnd.github+json", "headers": {"X-GitHub-Api-Version": "2022-11-28"}}',
    '{"path": "/app/installations/{installation_id}", "anonymous": true, "accept": "application/vnd.github+json", "headers": {"X-GitHub-Api-Version": "2022-11-28"},
      "fields": [{"in": "header", "name": "Authorization", "prefix": "Bearer ", "secret": "app_jwt"}], "id": "account.id", "name": "account.login"}', 10,
    '{"On GitHub open Settings > Developer settings > GitHub Apps of the organization, and register a new app, for lealup alone: its webhook is set to the gateway by lealup. Leave Webhook > Active ticked for notifications, with any URL.",
      "Give it the repository permissions Contents: read-only (Metadata comes with it), and Issues: read and write if issues are to be made of tickets; under Subscribe to events tick Push, Repository, and Issues.",
      "Generate a private key, which is downloaded, and note the client ID.",
      "Install the app, and choose the repositories. The number at the end of the installation''s address is the installation_id.",
      "Connect with app_id, installation_id and private_key: SELECT lealup.connect(tenant_id, ''github_app'', options => ...), the key bound as a parameter. Then delete the file."}',
    lealup._github_problems() || '[{"problem": "GitHub does not accept what the private key has signed.", "fix": "The key was deleted at GitHub, or is another app''s, or app_id is wrong; or the server''s clock is wrong by more than a minute."},
      {"problem": "An option says whose account it is.", "fix": "app_id, installation_id and private_key are changed by reconnect()."}]',
    'https://docs.github.com/apps/creating-github-apps', true);

INSERT INTO lealup.provider_scope (provider, scope, required, reads, writes, does_not_read) VALUES
    ('github', 'repo', true, 'Names and contents of the files that are chosen, in the chosen repositories; issues of the repository that is chosen for them.',
        'Webhooks of those repositories; issues, when somebody has approved each.',
        'Other repositories, code, pull requests and comments, though GitHub''s permission is for all that the account can see: it has none that is smaller and includes private repositories.'),
    ('github_app', 'contents:read', true, 'Names and contents of the files that are chosen, in the chosen repositories.', NULL, 'Other files, and repositories in which the app is not installed.'),
    ('github_app', 'metadata:read', true, 'Names of the repositories.', NULL, 'Who works in them.'),
    ('github_app', 'issues:write', false, 'Issues of the repository that is chosen for them.', 'Issues, when somebody has approved each.', 'Their comments.');

INSERT INTO lealup.provider_stream (provider, name, title, ord, request, response, detail_request, detail_response, normalize, watch_request, watch_response, unwatch_request,
    period, slowest_period, snapshot, max_in_flight)
SELECT p.name, 'documents', 'Documents', 1, 'lealup._github_request', 'lealup._github_response', 'lealup._github_blob_request', 'lealup._github_blob_response', 'lealup._github_normalize',
    p.watch, p.watched, p.unwatch, '5 min', '15 min', true, 10
FROM (VALUES ('github', 'lealup._github_hook', 'lealup._github_hooked', 'lealup._github_unhook'),
    ('github_app', 'lealup._github_app_hook', 'lealup._github_app_hooked', NULL)) p(name, watch, watched, unwatch);

INSERT INTO lealup.provider_stream (provider, name, title, ord, request, response, normalize, period, slowest_period, backfill, can_reset, max_in_flight)
SELECT p, 'issues', 'Issues made of tickets', 2, 'lealup._github_issues_request', 'lealup._github_issues_response', 'lealup._github_issue', '5 min', '15 min', false, false, 1
FROM unnest('{github,github_app}'::text[]) p;

INSERT INTO lealup.provider_inbound (provider, name, signature, dedupe, handler)
SELECT p, 'webhook', '{"type": "hmac", "header": "X-Hub-Signature-256", "prefix": "sha256=", "algorithm": "sha256", "encoding": "hex"}', '{"header": "X-GitHub-Delivery"}', 'lealup._github_news'
FROM unnest('{github,github_app}'::text[]) p;

-- Whoever can see a repository sees its issues, and of a public one that is everybody.
INSERT INTO lealup.provider_operation (provider, name, title, audience, input, request, response, idempotency, makes, scopes)
SELECT p.name, 'create_issue', 'Make an issue', 'unknown',
    '{"title": {"required": true, "max": 256, "title": "Title"}, "body": {"max": 60000, "title": "Text, in Markdown"},
      "repository": {"max": 200, "title": "owner/name, unless it is that of the option issues_repository"}, "labels": {"type": "array", "max": 100, "title": "Labels"},
      "assignees": {"type": "array", "max": 10, "title": "Logins, or members whose account is known"}}',
    'lealup._github_create', 'lealup._github_created', '{"search": "lealup._github_search", "found": "lealup._github_found"}', 'ticket', ARRAY[p.scope]
FROM (VALUES ('github', 'repo'), ('github_app', 'issues:write')) p(name, scope);

INSERT INTO lealup.provider_error SELECT e.* FROM unnest('{github,github_app}'::text[]) p CROSS JOIN LATERAL lealup._github_errors(p) e;
INSERT INTO lealup.provider_error (provider, ord, part, statuses, path, pattern, action, message, fix) VALUES
    -- Not everybody who can read a repository may set its webhooks, and it may have been renamed; the function of the stream goes on with the others.
    ('github', 60, 'other', '{301,307,308,403,404,410,422}', NULL, NULL, 'answer', NULL, NULL),
    ('github', 70, 'token', NULL, 'error', '^(incorrect_client_credentials|Not Found)$', 'fail', 'GitHub does not know the OAuth App, or its secret is wrong',
        'Compare client id and secret with Developer settings > OAuth Apps, and store them again with set_oauth_client().'),
    ('github', 71, 'token', NULL, 'error', '^redirect_uri_mismatch$', 'fail', 'the redirect URI is not that of the OAuth App',
        'Enter it, exactly as set_oauth_client() was given it, as the OAuth App''s authorization callback URL.'),
    ('github', 72, 'token', NULL, 'error', '^application_suspended$', 'fail', 'GitHub has suspended the OAuth App', 'Ask GitHub''s support.'),
    ('github_app', 70, 'token', '{401}', NULL, NULL, 'fail', 'GitHub does not accept what the private key has signed',
        'Compare app_id and private_key with the app''s settings, and the server''s clock with the time; then reconnect().'),
    ('github_app', 71, 'token', '{403}', 'message', 'suspended', 'reconnect', 'the installation of the app was suspended', 'Unsuspend it on GitHub under Settings > GitHub Apps, then reconnect().'),
    ('github_app', 72, 'token', '{404}', NULL, NULL, 'reconnect', 'there is no such installation of the app: it was uninstalled, or installation_id or app_id is wrong',
        'Install the app, then reconnect() with its installation_id.'),
    ('github_app', 73, 'token', '{422}', NULL, NULL, 'fail', 'GitHub gives the installation no token with these permissions',
        'Have an owner accept the app''s permissions under Settings > GitHub Apps, then reconnect().'),
    ('github_app', 80, 'other', '{401}', NULL, NULL, 'fail', 'GitHub does not accept what the private key has signed',
        'Compare app_id and private_key with the app''s settings, and the server''s clock with the time; then reconnect().');

INSERT INTO lealup.provider_budget (provider, name, per, units, period)
SELECT p, b.name, 'connection', b.units, b.period FROM unnest('{github,github_app}'::text[]) p, (VALUES ('hour', 5000, interval '1 hour'), ('minute', 900, interval '1 min')) b(name, units, period);

-- ----- What is to be read -----

CREATE FUNCTION lealup._github_words(value jsonb) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ARRAY(SELECT btrim(w.word) FROM jsonb_array_elements_text(CASE jsonb_typeof(value) WHEN 'array' THEN value WHEN 'string' THEN jsonb_build_array(value) ELSE '[]' END) WITH ORDINALITY v(value, n)
        CROSS JOIN LATERAL unnest(string_to_array(v.value, ',')) WITH ORDINALITY w(word, m) WHERE btrim(w.word) <> '' ORDER BY v.n, w.m);
COMMENT ON FUNCTION lealup._github_words(jsonb) IS 'An option that is a list: an array, or a text with commas.';

CREATE FUNCTION lealup._github_repositories(call jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (SELECT coalesce(jsonb_agg(jsonb_build_object('key', r.key, 'name', r.name, 'branch', r.branch) ORDER BY r.n), '[]')
        FROM (SELECT DISTINCT ON (lower(s.name), s.branch) lower(s.name) || coalesce('@' || s.branch, '') AS key, s.name, s.branch, s.n
              FROM (SELECT regexp_replace(regexp_replace(split_part(w.word, '@', 1), '^https://github\.com/', ''), '(\.git)?/?$', '') AS name, substring(w.word FROM '@(.+)$') AS branch, w.n
                    FROM unnest(lealup._github_words(call #> '{connection,options,repositories}')) WITH ORDINALITY w(word, n)) s
              ORDER BY lower(s.name), s.branch, s.n) r);
COMMENT ON FUNCTION lealup._github_repositories(jsonb) IS 'The repositories that are read: [{"key", "name": owner/name, "branch": null = the default one}], each with each branch once.';

CREATE FUNCTION lealup._github_glob(pattern text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    -- Signs that are in no path stand for stars and question marks while the rest is quoted.
    RETURN replace(replace(replace(replace(
            regexp_replace(replace(replace(replace(replace(regexp_replace(btrim(pattern, '/'), '\*{3,}', '**', 'g'), '**/', E'\x01'), '**', E'\x02'), '*', E'\x03'), '?', E'\x04'),
                '([][$+(){}|.^\\])', '\\\1', 'g'),
            E'\x01', '(.*/)?'), E'\x02', '.*'), E'\x03', '[^/]*'), E'\x04', '[^/]') || '(/.*)?';
COMMENT ON FUNCTION lealup._github_glob(text) IS
    'A pattern of paths as a regular expression: * is anything within a name, ** across folders, ? one character; what is the name of a folder is all that is in it.';

CREATE FUNCTION lealup._github_filter(options jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (SELECT jsonb_build_object(
        'in', coalesce('^(' || string_agg(lealup._github_glob(w), '|') FILTER (WHERE w NOT LIKE '!%') || ')$', ''),
        'out', '^(' || string_agg(lealup._github_glob(substr(w, 2)), '|') FILTER (WHERE w LIKE '!%') || ')$',
        'kind', '\.(' || array_to_string(lealup._github_words(coalesce(options -> 'extensions', '"md,mdx,markdown,rst,adoc,txt"')), '|') || ')$')
        FROM unnest(lealup._github_words(options -> 'paths')) w);
COMMENT ON FUNCTION lealup._github_filter(jsonb) IS 'Which files are read, as regular expressions: {"in", "out": null = none, "kind"}.';

CREATE FUNCTION lealup._github_reads(filter jsonb, path text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN path ~* (filter ->> 'kind') AND path ~ (filter ->> 'in') AND (path ~ (filter ->> 'out')) IS NOT TRUE;
COMMENT ON FUNCTION lealup._github_reads(jsonb, text) IS 'Whether a file is read.';

CREATE FUNCTION lealup._github_id(repository text, branch text, path text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN concat_ws(':', repository, branch, CASE WHEN length(path) <= 700 THEN path ELSE left(path, 600) || ' ' || md5(path) END);
COMMENT ON FUNCTION lealup._github_id(text, text, text) IS
    'What a file is called here: by the repository''s id, which it keeps when it is renamed, by the branch unless it is the default one, and its path.';

CREATE FUNCTION lealup._github_entry(known jsonb, branch text, path text, sha text, mode text DEFAULT NULL, size text DEFAULT NULL) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN jsonb_strip_nulls(jsonb_build_object('id', lealup._github_id(known ->> 'id', branch, path),
        -- What a document is made of.
        'version', md5(jsonb_build_array(sha, known -> 'name', branch)::text)))
        || CASE WHEN mode = '120000' THEN jsonb_build_object('skip', format('%s: links are not followed.', left(path, 500)))
            WHEN CASE WHEN size ~ '^\d{1,15}$' THEN size::bigint END > 4000000
                THEN jsonb_build_object('data', jsonb_build_object('fail', format('The file has %s bytes; a document has at most 1000000 characters. Split it.', size)))
            ELSE jsonb_strip_nulls(jsonb_build_object('repository', known -> 'name', 'branch', branch, 'path', path, 'sha', sha)) END;
COMMENT ON FUNCTION lealup._github_entry(jsonb, text, text, text, text, text) IS
    'What is to be done with a file: an item to fetch, or a record with the reason why it is not: {"skip"} if its kind is not read, {"data": {"fail"}} if it should be.';

-- ----- Reading -----

CREATE FUNCTION lealup._github_ask(path text, more jsonb DEFAULT '{}') RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN jsonb_build_object('path', path, 'accept', 'application/vnd.github+json') || more
        || jsonb_build_object('headers', '{"X-GitHub-Api-Version": "2022-11-28"}'::jsonb || coalesce(more -> 'headers', '{}'));
COMMENT ON FUNCTION lealup._github_ask(text, jsonb) IS 'A request of GitHub''s API.';

-- The cursor: {"at": which repository, "repos": {key: {"id", "name", "sha": the commit that was read, "etag"}}, "missing": [what could not be read], "stale": whether something
-- was missing when all was listed}; and in the middle of a repository "step": "moved" ("moved": its id) | "compare" | "tree", with "target": {"sha", "etag"}: the
-- commit that is being read, and of a tree "queue": [[path, sha, whether its folders are listed by themselves]], and "after": the path up to which the first was read.
CREATE FUNCTION lealup._github_request(call jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    cursor jsonb := nullif(call -> 'cursor', 'null');
    r jsonb := lealup._github_repositories(call) -> coalesce((cursor ->> 'at')::int, 0);
    known jsonb := cursor #> ARRAY['repos', r ->> 'key'];
    place text := '/repos/' || coalesce(known ->> 'name', r ->> 'name');
BEGIN
    IF r IS NULL THEN
        RETURN NULL;
    END IF;
    CASE coalesce(cursor ->> 'step', CASE WHEN known IS NULL THEN 'repository' ELSE 'head' END)
        WHEN 'repository' THEN
            RETURN lealup._github_ask(place);
        WHEN 'moved' THEN
            RETURN lealup._github_ask('/repositories/' || (cursor ->> 'moved'));
        WHEN 'compare' THEN
            RETURN lealup._github_ask(format('%s/compare/%s...%s', place, known ->> 'sha', cursor #>> '{target,sha}'), '{"query": {"per_page": "1"}}');
        WHEN 'tree' THEN
            RETURN lealup._github_ask(format('%s/git/trees/%s', place, cursor #>> '{queue,0,1}'),
                CASE WHEN cursor #> '{queue,0,2}' = 'true' THEN '{}' ELSE '{"query": {"recursive": "1"}}'::jsonb END);
        ELSE
            -- Of this form the ETag is the commit, whoever asks.
            RETURN lealup._github_ask(format('%s/commits/%s', place, lealup._percent_encode(coalesce(r ->> 'branch', 'HEAD'))), '{"accept": "application/vnd.github.sha"}'::jsonb
                || CASE WHEN known ? 'etag' THEN jsonb_build_object('headers', jsonb_build_object('If-None-Match', known -> 'etag')) ELSE '{}' END);
    END CASE;
END $$;
COMMENT ON FUNCTION lealup._github_request(jsonb) IS 'What is asked next: of a repository what it is, the commit that its branch is at, what has changed since the known one, or its files.';

CREATE FUNCTION lealup._github_next(call jsonb, cursor jsonb, brought jsonb DEFAULT '{}') RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    at int := coalesce((cursor ->> 'at')::int, 0) + 1;
    missing text := (SELECT string_agg(m, '; ') FROM jsonb_array_elements_text(cursor -> 'missing') m);
BEGIN
    cursor := cursor - '{step,moved,target,queue,after}'::text[] || jsonb_build_object('at', at);
    IF at < jsonb_array_length(lealup._github_repositories(call)) THEN
        RETURN brought || jsonb_build_object('verdict', 'more', 'cursor', cursor);
    END IF;
    cursor := cursor - 'missing' || '{"at": 0}';
    IF missing IS NOT NULL THEN
        RETURN brought || jsonb_build_object('verdict', 'done', 'message', left(missing, 1500),
            'cursor', cursor || CASE WHEN call ->> 'mode' = 'backfill' THEN '{"stale": true}'::jsonb ELSE '{}' END);
    ELSIF cursor ? 'stale' AND call ->> 'mode' = 'incremental' THEN
        RETURN brought || '{"verdict": "reset", "message": "All repositories can be read again; they are listed anew, so that what went meanwhile goes."}';
    END IF;
    RETURN brought || jsonb_build_object('verdict', 'done', 'cursor', cursor);
END $$;
COMMENT ON FUNCTION lealup._github_next(jsonb, jsonb, jsonb) IS 'Goes on to the next repository, or ends the run. brought: what a page has brought.';

CREATE FUNCTION lealup._github_missing(call jsonb, cursor jsonb, name text, why text) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN lealup._github_next(call, cursor || jsonb_build_object('missing', coalesce(cursor -> 'missing', '[]') || to_jsonb(format('%s: %s', name, why))));
COMMENT ON FUNCTION lealup._github_missing(jsonb, jsonb, text, text) IS 'Goes on to the next repository because this one cannot be read. What was read of it stays.';

CREATE FUNCTION lealup._github_why(response jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE response ->> 'status'
        WHEN '404' THEN 'not found; its name is wrong, or it cannot be seen by the account'
        WHEN '422' THEN 'it has no such branch'
        ELSE 'GitHub answers ' || concat_ws(': ', response ->> 'status', left(response #>> '{body,message}', 300)) END;
COMMENT ON FUNCTION lealup._github_why(jsonb) IS 'Why a repository cannot be read, in words for people.';

CREATE FUNCTION lealup._github_listed(call jsonb, cursor jsonb, r jsonb, body jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    most CONSTANT int := 2000;
    known jsonb := cursor #> ARRAY['repos', r ->> 'key'];
    filter jsonb := lealup._github_filter(call #> '{connection,options}');
    folder text := cursor #>> '{queue,0,0}';
    apart boolean := cursor #> '{queue,0,2}' = 'true';
    queue jsonb := (cursor -> 'queue') - 0;
    entries jsonb[];
    paths text[];
    brought jsonb;
BEGIN
    IF body -> 'truncated' = 'true' AND NOT apart THEN
        -- More than GitHub lists at once: folder by folder.
        RETURN jsonb_build_object('verdict', 'more', 'cursor', jsonb_set(cursor, '{queue,0,2}', 'true'));
    ELSIF body -> 'truncated' = 'true' OR jsonb_typeof(body -> 'tree') IS DISTINCT FROM 'array' THEN
        RETURN lealup._github_missing(call, cursor, r ->> 'name', format('GitHub does not list all of %s', coalesce(nullif(folder, ''), 'its files')));
    END IF;
    SELECT array_agg(x.entry ORDER BY x.path COLLATE "C"), array_agg(x.path ORDER BY x.path COLLATE "C") INTO entries, paths
    FROM (SELECT f.path, lealup._github_entry(known, r ->> 'branch', f.path, f.e ->> 'sha', f.e ->> 'mode', f.e ->> 'size') AS entry
          FROM (SELECT e, folder || (e ->> 'path') AS path FROM jsonb_array_elements(body -> 'tree') e WHERE e ->> 'type' = 'blob') f
          WHERE lealup._github_reads(filter, f.path) AND (cursor ->> 'after' IS NULL OR f.path COLLATE "C" > cursor ->> 'after')
          ORDER BY f.path COLLATE "C" LIMIT most + 1) x;
    SELECT jsonb_build_object('records', coalesce(jsonb_agg(x.e ORDER BY x.n) FILTER (WHERE x.e ?| '{skip,data}'), '[]'),
        'fetch', coalesce(jsonb_agg(x.e ORDER BY x.n) FILTER (WHERE NOT x.e ?| '{skip,data}'), '[]')) INTO brought
    FROM unnest(entries[:most]) WITH ORDINALITY x(e, n);
    IF cardinality(entries) > most THEN
        RETURN brought || jsonb_build_object('verdict', 'more', 'cursor', cursor || jsonb_build_object('after', paths[most]));
    END IF;
    IF apart THEN
        SELECT queue || coalesce(jsonb_agg(jsonb_build_array(folder || (e.value ->> 'path') || '/', e.value -> 'sha', false) ORDER BY e.n), '[]') INTO queue
        FROM jsonb_array_elements(body -> 'tree') WITH ORDINALITY e(value, n) WHERE e.value ->> 'type' = 'tree';
    END IF;
    IF jsonb_array_length(queue) > 0 THEN
        RETURN brought || jsonb_build_object('verdict', 'more', 'cursor', cursor - 'after' || jsonb_build_object('queue', queue));
    END IF;
    RETURN lealup._github_next(call, jsonb_set(cursor, ARRAY['repos', r ->> 'key'], known || (cursor -> 'target')), brought);
END $$;
COMMENT ON FUNCTION lealup._github_listed(jsonb, jsonb, jsonb, jsonb) IS
    'What a list of files says: those that are chosen are read, 2,000 at a time. What GitHub cannot list at once is listed folder by folder.';

CREATE FUNCTION lealup._github_compared(call jsonb, cursor jsonb, r jsonb, response jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    known jsonb := cursor #> ARRAY['repos', r ->> 'key'];
    filter jsonb := lealup._github_filter(call #> '{connection,options}');
    body jsonb := response -> 'body';
    files jsonb := CASE jsonb_typeof(body -> 'files') WHEN 'array' THEN body -> 'files' ELSE '[]' END;
    present jsonb;
    gone jsonb;
BEGIN
    -- Of a branch that was set back GitHub compares with where it parted. Of more than 300 files it tells the first.
    IF (response ->> 'status')::int <> 200 OR body ->> 'status' NOT IN ('ahead', 'identical') OR jsonb_array_length(files) >= 300 THEN
        IF cursor ? 'stale' THEN
            -- When all is listed while something is missing, nothing is taken for gone. So what is there is read now, and all is listed when nothing is missing any more.
            RETURN jsonb_build_object('verdict', 'more', 'cursor', cursor || jsonb_build_object('step', 'tree', 'queue', jsonb_build_array(jsonb_build_array('', cursor #> '{target,sha}', false))));
        END IF;
        RETURN jsonb_build_object('verdict', 'reset', 'message', (r ->> 'name') || ': what has changed is not to be had; all files are listed anew.');
    END IF;
    SELECT coalesce(jsonb_agg(lealup._github_entry(known, r ->> 'branch', f.value ->> 'filename', f.value ->> 'sha') ORDER BY f.n), '[]') INTO present
    FROM jsonb_array_elements(files) WITH ORDINALITY f(value, n)
    WHERE f.value ->> 'status' NOT IN ('removed', 'unchanged') AND lealup._github_reads(filter, f.value ->> 'filename');
    SELECT coalesce(jsonb_agg(jsonb_build_object('id', g.id, 'deleted', true) ORDER BY g.id), '[]') INTO gone
    FROM (SELECT DISTINCT lealup._github_id(known ->> 'id', r ->> 'branch', p.path) AS id
          FROM (SELECT CASE f ->> 'status' WHEN 'removed' THEN f ->> 'filename' WHEN 'renamed' THEN f ->> 'previous_filename' END AS path FROM jsonb_array_elements(files) f) p
          WHERE lealup._github_reads(filter, p.path)) g
    WHERE NOT EXISTS (SELECT FROM jsonb_array_elements(present) e WHERE e ->> 'id' = g.id);
    RETURN lealup._github_next(call, jsonb_set(cursor, ARRAY['repos', r ->> 'key'], known || (cursor -> 'target')), jsonb_build_object('records', gone, 'fetch', present));
END $$;
COMMENT ON FUNCTION lealup._github_compared(jsonb, jsonb, jsonb, jsonb) IS 'What has changed from one commit to another: files are read, or gone. All is listed anew where GitHub does not tell.';

CREATE FUNCTION lealup._github_response(call jsonb, response jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    cursor jsonb := coalesce(nullif(call -> 'cursor', 'null'), '{"at": 0, "repos": {}}');
    r jsonb := lealup._github_repositories(call) -> coalesce((cursor ->> 'at')::int, 0);
    known jsonb := cursor #> ARRAY['repos', r ->> 'key'];
    body jsonb := response -> 'body';
    status int := (response ->> 'status')::int;
    step text := coalesce(cursor ->> 'step', CASE WHEN known IS NULL THEN 'repository' ELSE 'head' END);
    sha text;
    target jsonb;
    there text := coalesce(response #>> '{body,url}', response #>> '{headers,location}');
BEGIN
    IF status IN (301, 302, 307, 308) THEN
        -- A repository that was renamed or moved is found by its id.
        IF step = 'moved' OR (there ~ '/repositories/\d+') IS NOT TRUE THEN
            RETURN lealup._github_missing(call, cursor, r ->> 'name', lealup._github_why(response));
        END IF;
        RETURN jsonb_build_object('verdict', 'more', 'cursor', cursor - '{target,queue,after}'::text[]
            || jsonb_build_object('step', 'moved', 'moved', substring(there FROM '/repositories/(\d+)')));
    ELSIF step = 'compare' THEN
        RETURN lealup._github_compared(call, cursor, r, response);
    ELSIF status = 304 THEN
        RETURN lealup._github_next(call, cursor);
    ELSIF status = 409 AND step IN ('head', 'tree') THEN
        -- There is nothing in it, yet or any more.
        IF known ? 'sha' THEN
            RETURN jsonb_build_object('verdict', 'reset', 'message', (r ->> 'name') || ': it is empty now; all files are listed anew.');
        END IF;
        RETURN lealup._github_next(call, cursor);
    ELSIF status <> 200 THEN
        RETURN lealup._github_missing(call, cursor, r ->> 'name', lealup._github_why(response));
    ELSIF step = 'tree' THEN
        RETURN lealup._github_listed(call, cursor, r, body);
    ELSIF step = 'head' THEN
        sha := lower(btrim(coalesce(response ->> 'text', body #>> '{}'), E' \r\n'));
        IF (sha ~ '^[0-9a-f]{40,64}$') IS NOT TRUE THEN
            RETURN jsonb_build_object('verdict', 'fail', 'message', 'GitHub did not say at which commit ' || (r ->> 'name') || ' is. It is tried again later.');
        END IF;
        target := jsonb_strip_nulls(jsonb_build_object('sha', sha, 'etag', left(response #>> '{headers,etag}', 200)));
        IF known ->> 'sha' = sha THEN
            RETURN lealup._github_next(call, jsonb_set(cursor, ARRAY['repos', r ->> 'key'], known || target));
        END IF;
        RETURN jsonb_build_object('verdict', 'more', 'cursor', cursor || jsonb_build_object('target', target) || CASE WHEN known ? 'sha' THEN '{"step": "compare"}'::jsonb
            ELSE jsonb_build_object('step', 'tree', 'queue', jsonb_build_array(jsonb_build_array('', sha, false))) END);
    END IF;
    IF jsonb_typeof(body -> 'id') IS DISTINCT FROM 'number' OR (body ->> 'full_name' ~ '^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$') IS NOT TRUE THEN
        RETURN jsonb_build_object('verdict', 'fail', 'message', 'GitHub did not say what ' || (r ->> 'name') || ' is. It is tried again later.');
    END IF;
    -- Another one of the same name has another history.
    known := CASE WHEN known -> 'id' = body -> 'id' THEN known ELSE '{}' END || jsonb_build_object('id', body -> 'id', 'name', body -> 'full_name');
    RETURN jsonb_build_object('verdict', 'more', 'cursor', jsonb_set(cursor - '{step,moved}'::text[], ARRAY['repos', r ->> 'key'], known));
END $$;
COMMENT ON FUNCTION lealup._github_response(jsonb, jsonb) IS 'What an answer says: what a repository is, at which commit its branch is, what has changed, or which files there are.';

CREATE FUNCTION lealup._github_blob_request(call jsonb) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN lealup._github_ask(format('/repos/%s/git/blobs/%s', call #>> '{item,repository}', call #>> '{item,sha}'));
COMMENT ON FUNCTION lealup._github_blob_request(jsonb) IS 'The request for a file''s bytes.';

-- ----- What becomes of a file -----

CREATE FUNCTION lealup._github_without(body text, opens text, closes text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    -- In one pass: an expression that looks for an end would do so from each of the beginnings.
    RETURN (SELECT string_agg(CASE WHEN p.n = 1 THEN p.part WHEN strpos(p.part, closes) > 0 THEN substr(p.part, strpos(p.part, closes) + length(closes)) ELSE opens || p.part END, '' ORDER BY p.n)
        FROM unnest(string_to_array(body, opens)) WITH ORDINALITY p(part, n));
COMMENT ON FUNCTION lealup._github_without(text, text, text) IS 'A text without what stands between two signs, and without these.';

CREATE FUNCTION lealup._github_text(body text, path text) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    kind text := lower(substring(path FROM '\.([A-Za-z0-9]+)$'));
    content text := replace(ltrim(body, U&'\FEFF'), E'\r\n', E'\n');
    front text;
    title text;
    starts text;
BEGIN
    IF kind IN ('md', 'mdx', 'markdown') THEN
        -- What a site's generator is told stands before the text; its title is the document's.
        IF content LIKE E'---\n%' AND strpos(left(content, 20000), E'\n---\n') > 0 THEN
            front := left(content, strpos(content, E'\n---\n'));
            content := substr(content, strpos(content, E'\n---\n') + 5);
            title := btrim(substring(front FROM '\ntitle:[ \t]*([^\n]+)'), ' "''');
        END IF;
        IF strpos(content, '<!--') > 0 THEN
            content := lealup._github_without(content, '<!--', '-->');
        END IF;
        IF kind = 'mdx' THEN
            content := regexp_replace(content, '^(import|export)\s[^\n]*$', '', 'gn');
        END IF;
        -- Pictures that are written into it.
        IF strpos(content, '(data:') > 0 THEN
            content := regexp_replace(content, '\(data:[^)\s]*\)', '()', 'g');
        END IF;
        content := ltrim(content, E' \t\n');
        starts := left(content, 20000);
        title := coalesce(nullif(title, ''), substring(starts FROM '(?n)^#{1,6}[ \t]+([^\n]*[^\s#])[ \t#]*$'), substring(starts FROM '(?n)^([^\n]{1,200})\n=+[ \t]*$'),
            substring(starts FROM '<h1[^<>]*>([^<>]{1,200})</h1>'));
        title := btrim(regexp_replace(regexp_replace(title, '!?\[([^][]*)\]\([^()]*\)', '\1', 'g'), '<[^<>]*>|[`*]', '', 'g'));
    ELSIF kind = 'adoc' THEN
        title := substring(left(content, 20000) FROM '(?n)^=[ \t]+([^\n]+)$');
    ELSIF kind = 'rst' THEN
        title := substring(left(content, 20000) FROM '(?n)^([^\n]{1,200})\n(?:={3,}|-{3,}|~{3,}|\*{3,}|#{3,})[ \t]*$');
    END IF;
    RETURN jsonb_build_object('title', left(coalesce(nullif(btrim(title), ''), substring(path FROM '[^/]+$'), path), 1000), 'text', content);
END $$;
COMMENT ON FUNCTION lealup._github_text(text, text) IS
    'A file as a document: {"title": what its front matter or first heading says, else its name, "text"}. Markdown stays Markdown, without front matter, comments, imports, and pictures that are written into it.';

CREATE FUNCTION lealup._github_blob_response(call jsonb, response jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    item jsonb := call -> 'item';
    path text := item ->> 'path';
    record jsonb := jsonb_build_object('id', item -> 'id', 'version', item -> 'version');
    bytes bytea;
    content text;
    document jsonb;
BEGIN
    IF response #>> '{body,encoding}' IS DISTINCT FROM 'base64' THEN
        RETURN jsonb_build_object('fail', 'GitHub did not give the file''s bytes.');
    END IF;
    bytes := decode(coalesce(response #>> '{body,content}', ''), 'base64');
    IF position('\x00'::bytea IN bytes) > 0 THEN
        RETURN jsonb_build_object('record', record || jsonb_build_object('skip', format('%s: it is no text.', left(path, 500))));
    END IF;
    BEGIN
        content := convert_from(bytes, 'UTF8');
    EXCEPTION WHEN character_not_in_repertoire OR untranslatable_character THEN
        content := convert_from(bytes, 'LATIN1');
    END;
    IF content LIKE 'version https://git-lfs.github.com/spec/%' THEN
        RETURN jsonb_build_object('record', record || jsonb_build_object('skip', format('%s: it is in Git LFS, which is not read.', left(path, 500))));
    ELSIF length(content) < 1000 AND content ~ '^(\.{0,2}/)*[^\s/]+(/[^\s/]+)*\.[A-Za-z0-9]{1,10}$' THEN
        -- Where changes are told, links are not told from files.
        RETURN jsonb_build_object('record', record || jsonb_build_object('skip', format('%s: links are not followed.', left(path, 500))));
    END IF;
    document := lealup._github_text(content, path);
    IF length(document ->> 'text') > 1000000 THEN
        RETURN jsonb_build_object('fail', format('The document has %s characters, and at most 1000000 are read. Split it.', length(document ->> 'text')));
    END IF;
    RETURN jsonb_build_object('record', record || jsonb_build_object('data', item - 'id' - 'version' || document));
END $$;
COMMENT ON FUNCTION lealup._github_blob_response(jsonb, jsonb) IS
    'The record of a file: its repository, path, blob, title and text, in at most 1,000,000 characters; what is no text, or stands for another file, is passed over.';

CREATE FUNCTION lealup._github_normalize(call jsonb, record jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    file jsonb := record -> 'data';
BEGIN
    IF file ? 'fail' THEN
        RAISE EXCEPTION '%', file ->> 'fail' USING ERRCODE = 'program_limit_exceeded';
    ELSIF (file ? 'text') IS NOT TRUE THEN
        RETURN '[]';
    END IF;
    RETURN jsonb_build_array(jsonb_build_object('entity', 'kb_document', 'external_id', record -> 'id', 'title', file -> 'title', 'body', file -> 'text',
        'language', coalesce(call #>> '{connection,options,language}', 'simple'),
        'url', format('https://github.com/%s/blob/%s/%s', file ->> 'repository', replace(lealup._percent_encode(coalesce(file ->> 'branch', 'HEAD')), '%2F', '/'),
            replace(lealup._percent_encode(file ->> 'path'), '%2F', '/')),
        'path', left(concat_ws('/', file ->> 'repository', file ->> 'path'), 4000),
        'payload', jsonb_strip_nulls(jsonb_build_object('repository', file -> 'repository', 'branch', file -> 'branch', 'path', file -> 'path', 'sha', file -> 'sha'))));
END $$;
COMMENT ON FUNCTION lealup._github_normalize(jsonb, jsonb) IS 'The document of the knowledge base that a file is. Raises program_limit_exceeded, with the reason, for one that could not be read.';

-- ----- Notifications -----

-- A watch: {"hooks": {owner/name, as the options have it: the webhook's id | 0: it is there, but its id is not known | -1: the account may not have one},
-- "moved"?: {owner/name: the repository's id, if it is not called so any more}, "todo"?: [those that are yet to be looked at]}.
-- Each step is one request: what is to be done next follows from the watch.
CREATE FUNCTION lealup._github_hook_step(call jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    hooks jsonb := coalesce(call #> '{watch,hooks}', '{}');
    wanted text[] := ARRAY(SELECT DISTINCT lower(x.name) FROM (SELECT r ->> 'name' AS name FROM jsonb_array_elements(lealup._github_repositories(call)) r
        UNION ALL SELECT call #>> '{connection,options,issues_repository}') x WHERE x.name IS NOT NULL ORDER BY 1);
    name text;
    todo jsonb;
BEGIN
    SELECT h.key INTO name FROM jsonb_each_text(hooks) h WHERE h.key <> ALL (wanted) ORDER BY h.key LIMIT 1;
    IF FOUND THEN
        RETURN jsonb_build_object('do', CASE WHEN (hooks ->> name)::bigint > 0 THEN 'delete' ELSE 'forget' END, 'name', name, 'id', hooks -> name);
    END IF;
    SELECT w INTO name FROM unnest(wanted) w WHERE NOT hooks ? w OR hooks -> w = '0' ORDER BY w LIMIT 1;
    IF FOUND THEN
        RETURN jsonb_build_object('do', CASE WHEN hooks ? name THEN 'find' ELSE 'create' END, 'name', name);
    END IF;
    todo := coalesce(call #> '{watch,todo}', to_jsonb(wanted));
    name := todo ->> 0;
    RETURN jsonb_build_object('do', CASE WHEN (hooks ->> name)::bigint > 0 THEN 'renew' ELSE 'create' END, 'name', name, 'id', hooks -> name, 'todo', todo - 0);
END $$;
COMMENT ON FUNCTION lealup._github_hook_step(jsonb) IS 'What is to be done next for the webhooks: {"do": delete | forget | create | find | renew, "name": owner/name, "id"?, "todo"?}.';

CREATE FUNCTION lealup._github_hook_place(call jsonb, name text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN coalesce('/repositories/' || (call #>> ARRAY['watch', 'moved', name]), '/repos/' || coalesce((SELECT call #>> ARRAY['cursor', 'repos', r ->> 'key', 'name']
        FROM jsonb_array_elements(lealup._github_repositories(call)) r WHERE lower(r ->> 'name') = name ORDER BY 1 LIMIT 1), name)) || '/hooks';
COMMENT ON FUNCTION lealup._github_hook_place(jsonb, text) IS 'The path of a repository''s webhooks, by the name that it has now.';

CREATE FUNCTION lealup._github_hook(call jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s jsonb := lealup._github_hook_step(call);
    place text := lealup._github_hook_place(call, s ->> 'name');
    hook CONSTANT jsonb := '{"active": true, "events": ["push", "repository", "issues"], "config": {"content_type": "json", "insecure_ssl": "0"}}';
    fields CONSTANT jsonb := '{"fields": [{"in": "json", "name": "config.url", "secret": "inbound_url"}, {"in": "json", "name": "config.secret", "secret": "inbound_secret"}]}';
BEGIN
    CASE s ->> 'do'
        WHEN 'create' THEN
            RETURN lealup._github_ask(place, jsonb_build_object('method', 'POST', 'json', hook || '{"name": "web"}') || fields);
        WHEN 'renew' THEN
            RETURN lealup._github_ask(format('%s/%s', place, s ->> 'id'), jsonb_build_object('method', 'PATCH', 'json', hook) || fields);
        WHEN 'delete' THEN
            RETURN lealup._github_ask(format('%s/%s', place, s ->> 'id'), '{"method": "DELETE"}');
        ELSE
            RETURN CASE WHEN s ->> 'name' IS NOT NULL THEN lealup._github_ask(place, '{"query": {"per_page": "100"}}') END;
    END CASE;
END $$;
COMMENT ON FUNCTION lealup._github_hook(jsonb) IS 'The request for the next webhook; null if there is no repository.';

CREATE FUNCTION lealup._github_hooked(call jsonb, response jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s jsonb := lealup._github_hook_step(call);
    name text := s ->> 'name';
    status int := (response ->> 'status')::int;
    hooks jsonb := coalesce(call #> '{watch,hooks}', '{}');
    moved jsonb := coalesce(call #> '{watch,moved}', '{}');
    watch jsonb;
    next jsonb;
BEGIN
    IF status IN (301, 307, 308) AND NOT moved ? name AND coalesce(response #>> '{body,url}', response #>> '{headers,location}') ~ '/repositories/\d+/' THEN
        -- The same again, by its id.
        RETURN jsonb_build_object('expires_at', call -> 'now', 'watch', coalesce(nullif(call -> 'watch', 'null'), '{"hooks": {}}')
            || jsonb_build_object('moved', moved || jsonb_build_object(name, substring(coalesce(response #>> '{body,url}', response #>> '{headers,location}') FROM '/repositories/(\d+)/'))));
    END IF;
    CASE s ->> 'do'
        WHEN 'create' THEN
            -- 422: it is there already, from an attempt whose answer was lost.
            hooks := hooks || jsonb_build_object(name, CASE WHEN status = 201 THEN response #> '{body,id}' WHEN status = 422 AND response ->> 'body' ~ 'already exists' THEN '0' ELSE '-1' END);
        WHEN 'find' THEN
            -- Our URL is a secret, so that asterisks stand in its place.
            hooks := hooks || jsonb_build_object(name, coalesce((SELECT h -> 'id' FROM jsonb_array_elements(CASE jsonb_typeof(response -> 'body') WHEN 'array' THEN response -> 'body' ELSE '[]' END) h
                WHERE h #>> '{config,url}' ~ '^\*+$' LIMIT 1), '-1'));
        WHEN 'renew' THEN
            -- Somebody has deleted it, so that it is made anew.
            IF status <> 200 THEN
                hooks := hooks - name;
            END IF;
        ELSE
            hooks := hooks - name;
    END CASE;
    -- By the next time the name may be known.
    moved := moved - name;
    watch := jsonb_build_object('hooks', hooks) || CASE WHEN moved <> '{}' THEN jsonb_build_object('moved', moved) ELSE '{}' END
        || CASE WHEN s ? 'todo' THEN jsonb_build_object('todo', s -> 'todo') ELSE '{}' END;
    next := lealup._github_hook_step(call || jsonb_build_object('watch', watch));
    -- Of those that are there, or cannot be, there is nothing to be done for two weeks.
    IF next ->> 'do' IN ('renew', 'create') AND hooks ? coalesce(next ->> 'name', name) AND (NOT s ? 'todo' OR s -> 'todo' = '[]') OR next ->> 'name' IS NULL THEN
        RETURN jsonb_build_object('watch', watch - 'todo', 'expires_at', to_jsonb((call ->> 'now')::timestamptz + interval '30 days'));
    END IF;
    RETURN jsonb_build_object('watch', watch, 'expires_at', call -> 'now');
END $$;
COMMENT ON FUNCTION lealup._github_hooked(jsonb, jsonb) IS 'What came of it: the watch, and when the next step is to be: now if there is one, else in the middle of a month, when all are looked at again.';

CREATE FUNCTION lealup._github_unhook(call jsonb) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (SELECT lealup._github_ask(format('%s/%s', lealup._github_hook_place(call, h.key), h.value), '{"method": "DELETE"}')
            || CASE WHEN count(*) OVER () > 1 THEN jsonb_build_object('rest', jsonb_build_object('hooks', (call #> '{watch,hooks}') - h.key)) ELSE '{}' END
        FROM jsonb_each_text(call #> '{watch,hooks}') h WHERE h.value::bigint > 0 ORDER BY h.key LIMIT 1);
COMMENT ON FUNCTION lealup._github_unhook(jsonb) IS 'The request that deletes one of the webhooks, and the rest of them; null if there is none.';

CREATE FUNCTION lealup._github_app_hook(call jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN lealup._github_ask('/app/hook/config', '{"method": "PATCH", "anonymous": true, "json": {"content_type": "json", "insecure_ssl": "0"},
        "fields": [{"in": "header", "name": "Authorization", "prefix": "Bearer ", "secret": "app_jwt"},
          {"in": "json", "name": "url", "secret": "inbound_url"}, {"in": "json", "name": "secret", "secret": "inbound_secret"}]}');
COMMENT ON FUNCTION lealup._github_app_hook(jsonb) IS 'The request that sets the app''s webhook, of which there is one for all of its installations.';

CREATE FUNCTION lealup._github_app_hooked(call jsonb, response jsonb) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN jsonb_build_object('watch', '{}'::jsonb, 'expires_at', to_jsonb((call ->> 'now')::timestamptz + interval '30 days'));
COMMENT ON FUNCTION lealup._github_app_hooked(jsonb, jsonb) IS 'The app''s webhook stays as it is; it is set again in the middle of a month, in case that somebody has changed it.';

CREATE FUNCTION lealup._github_news(call jsonb, message jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    event text := message #>> '{headers,x-github-event}';
    -- Who has set a webhook up by hand may have left it at forms.
    body jsonb := CASE WHEN jsonb_typeof(message #> '{body,payload}') = 'string' THEN (message #>> '{body,payload}')::jsonb ELSE message -> 'body' END;
    options jsonb := call #> '{connection,options}';
    other boolean := body #>> '{installation,id}' <> options ->> 'installation_id';
    name text := lower(body #>> '{repository,full_name}');
BEGIN
    IF event = 'ping' THEN
        RETURN '{"ignore": "The webhook is there."}';
    ELSIF event = 'push' AND other THEN
        -- An app has one webhook for all of its installations, of which others may be connected as well.
        RETURN jsonb_build_object('hint', '["documents"]'::jsonb, 'account_id', body #>> '{repository,owner,id}');
    ELSIF other THEN
        RETURN '{"ignore": "It is of another installation of the app."}';
    ELSIF event = 'push' THEN
        RETURN CASE WHEN EXISTS (SELECT FROM jsonb_array_elements(lealup._github_repositories(call)) r
                WHERE lower(r ->> 'name') = name AND body ->> 'ref' = 'refs/heads/' || coalesce(r ->> 'branch', body #>> '{repository,default_branch}'))
            -- By its new name a repository is known only when it was read. An app hears of all in which it is installed.
            OR NOT body ? 'installation' AND NOT EXISTS (SELECT FROM jsonb_array_elements(lealup._github_repositories(call)) r WHERE lower(r ->> 'name') = name)
            THEN '{"hint": ["documents"]}' ELSE jsonb_build_object('ignore', format('Nothing is read of %s.', left(body ->> 'ref', 200))) END;
    ELSIF event IN ('repository', 'installation_repositories') THEN
        RETURN '{"hint": ["documents"]}';
    ELSIF event = 'installation' AND body ->> 'action' = 'deleted' THEN
        RETURN '{"disconnect": "The app was uninstalled on GitHub."}';
    ELSIF event = 'installation' AND body ->> 'action' = 'suspend' THEN
        RETURN '{"disconnect": "The installation of the app was suspended on GitHub."}';
    ELSIF event = 'issues' AND body ->> 'action' NOT IN ('deleted', 'transferred') AND jsonb_typeof(body #> '{issue,id}') = 'number' THEN
        RETURN jsonb_build_object('records', jsonb_build_object('issues', jsonb_build_array(lealup._github_issue_record(body -> 'issue'))));
    END IF;
    RETURN jsonb_build_object('ignore', format('%s is of no interest.', left(concat_ws(' ', event, body ->> 'action'), 200)));
END $$;
COMMENT ON FUNCTION lealup._github_news(jsonb, jsonb) IS 'What a webhook says: there is something new to be read, an issue has changed, or the app is not installed any more.';

-- ----- Issues -----

CREATE FUNCTION lealup._github_issue_record(issue jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN jsonb_build_object('id', issue ->> 'id', 'version', issue -> 'updated_at', 'data', jsonb_build_object('state', issue -> 'state', 'reason', issue -> 'state_reason',
        'updated_at', issue -> 'updated_at', 'number', issue -> 'number', 'title', left(issue ->> 'title', 1000), 'url', issue -> 'html_url'));
COMMENT ON FUNCTION lealup._github_issue_record(jsonb) IS 'The record of an issue.';

-- The cursor: {"since": until when changes were read, "page": of those that changed at that very time}. Pages are those of one time only: an issue that changes meanwhile
-- goes to the end of the list, and would make the next ones slip through between pages.
CREATE FUNCTION lealup._github_issues_request(call jsonb) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE WHEN call #>> '{connection,options,issues_repository}' IS NOT NULL THEN lealup._github_ask(format('/repos/%s/issues', call #>> '{connection,options,issues_repository}'),
        jsonb_build_object('query', jsonb_build_object('state', 'all', 'sort', 'updated', 'direction', 'asc', 'per_page', '100', 'page', coalesce(call #>> '{cursor,page}', '1'),
            'since', to_char(coalesce((call #>> '{cursor,since}')::timestamptz, (call ->> 'since')::timestamptz) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')))) END;
COMMENT ON FUNCTION lealup._github_issues_request(jsonb) IS 'The request for issues that have changed; null if no repository is chosen for them.';

CREATE FUNCTION lealup._github_issues_response(call jsonb, response jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    issues jsonb := CASE jsonb_typeof(response -> 'body') WHEN 'array' THEN response -> 'body' ELSE '[]' END;
    last text := issues #>> '{-1,updated_at}';
    since text := call #>> '{cursor,since}';
    page int := coalesce((call #>> '{cursor,page}')::int, 1);
    full_page boolean := jsonb_array_length(issues) >= 100;
BEGIN
    RETURN jsonb_build_object('verdict', CASE WHEN full_page THEN 'more' ELSE 'done' END,
        'cursor', jsonb_build_object('since', coalesce(last, since, call ->> 'since'), 'page', CASE WHEN full_page AND last = since THEN page + 1 ELSE 1 END),
        'records', (SELECT coalesce(jsonb_agg(lealup._github_issue_record(i.value) ORDER BY i.n), '[]') FROM jsonb_array_elements(issues) WITH ORDINALITY i(value, n)
            WHERE NOT i.value ? 'pull_request' AND jsonb_typeof(i.value -> 'id') = 'number'));
END $$;
COMMENT ON FUNCTION lealup._github_issues_response(jsonb, jsonb) IS 'The issues of a page, without pull requests.';

CREATE FUNCTION lealup._github_issue(call jsonb, record jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN record #>> '{data,state}' IN ('open', 'closed') THEN jsonb_build_array(jsonb_build_object('entity', 'ticket', 'external_id', record -> 'id', 'create', false,
        'status', CASE record #>> '{data,state}' WHEN 'closed' THEN 'resolved' ELSE 'open' END, 'updated_at', record #> '{data,updated_at}',
        'payload', (record -> 'data') - 'updated_at')) ELSE '[]' END;
COMMENT ON FUNCTION lealup._github_issue(jsonb, jsonb) IS
    'What an issue says of the ticket that it was made of: it is resolved when it is closed, and open when it is opened again. Other issues are no tickets.';

CREATE FUNCTION lealup._github_issue_place(call jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN substring(coalesce(call #>> '{input,repository}', call #>> '{connection,options,issues_repository}') FROM '^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$');
COMMENT ON FUNCTION lealup._github_issue_place(jsonb) IS 'The repository of an issue that is to be made; null if there is none.';

CREATE FUNCTION lealup._github_mark(call jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    -- Two hyphens would end a comment.
    RETURN format('<!-- lealup:%s -->', md5(call #>> '{action,idempotency_key}'));
COMMENT ON FUNCTION lealup._github_mark(jsonb) IS 'What stands in the text of an issue that was made by an action.';

CREATE FUNCTION lealup._github_create(call jsonb) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE WHEN lealup._github_issue_place(call) IS NULL THEN '{"fail": "No repository is chosen for issues: give the input repository as owner/name, or the connection the option issues_repository."}'::jsonb
        ELSE lealup._github_ask(format('/repos/%s/issues', lealup._github_issue_place(call)), jsonb_build_object('method', 'POST', 'json', jsonb_strip_nulls(jsonb_build_object(
            'title', call #> '{input,title}', 'body', concat_ws(E'\n\n', call #>> '{input,body}', lealup._github_mark(call)),
            'labels', call #> '{input,labels}', 'assignees', call #> '{input,assignees}')))) END;
COMMENT ON FUNCTION lealup._github_create(jsonb) IS 'The request for an issue. Its text ends with a comment that nobody sees, by which it is found again.';

CREATE FUNCTION lealup._github_made(issue jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN jsonb_typeof(issue -> 'id') = 'number' THEN jsonb_build_object('external_id', issue ->> 'id', 'base', '{"status": "open"}'::jsonb,
        'result', jsonb_build_object('number', issue -> 'number', 'url', issue -> 'html_url')) END;
COMMENT ON FUNCTION lealup._github_made(jsonb) IS 'What is known of an issue that was made.';

CREATE FUNCTION lealup._github_created(call jsonb, response jsonb) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN coalesce(lealup._github_made(response -> 'body'), '{"fail": "GitHub did not say which issue it has made: look there."}');
COMMENT ON FUNCTION lealup._github_created(jsonb, jsonb) IS 'What came of a request for an issue.';

CREATE FUNCTION lealup._github_search(call jsonb) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    -- Search itself does not find what is new.
    RETURN CASE WHEN lealup._github_issue_place(call) IS NOT NULL THEN lealup._github_ask(format('/repos/%s/issues', lealup._github_issue_place(call)),
        jsonb_build_object('query', jsonb_build_object('state', 'all', 'sort', 'created', 'direction', 'desc', 'per_page', '100',
            'since', to_char(((call #>> '{action,created_at}')::timestamptz - interval '5 minutes') AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')))) END;
COMMENT ON FUNCTION lealup._github_search(jsonb) IS 'The request that finds an issue which may have been made before: the newest of those that have changed since the action was made.';

CREATE FUNCTION lealup._github_found(call jsonb, response jsonb) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN coalesce((SELECT lealup._github_made(i) FROM jsonb_array_elements(CASE jsonb_typeof(response -> 'body') WHEN 'array' THEN response -> 'body' ELSE '[]' END) i
            WHERE strpos(i ->> 'body', lealup._github_mark(call)) > 0 LIMIT 1),
        CASE WHEN jsonb_array_length(CASE jsonb_typeof(response -> 'body') WHEN 'array' THEN response -> 'body' ELSE '[]' END) >= 100
            THEN '{"fail": "It may have been made, but there are too many new issues to find it among them: look there before you try it again."}'::jsonb END);
COMMENT ON FUNCTION lealup._github_found(jsonb, jsonb) IS 'The issue that was made before; null if there is none.';

GRANT EXECUTE ON FUNCTION lealup._github_words(jsonb), lealup._github_repositories(jsonb), lealup._github_glob(text), lealup._github_filter(jsonb), lealup._github_reads(jsonb, text),
    lealup._github_id(text, text, text), lealup._github_entry(jsonb, text, text, text, text, text), lealup._github_ask(text, jsonb), lealup._github_next(jsonb, jsonb, jsonb),
    lealup._github_missing(jsonb, jsonb, text, text), lealup._github_why(jsonb), lealup._github_listed(jsonb, jsonb, jsonb, jsonb), lealup._github_compared(jsonb, jsonb, jsonb, jsonb),
    lealup._github_without(text, text, text), lealup._github_text(text, text), lealup._github_hook_step(jsonb), lealup._github_hook_place(jsonb, text), lealup._github_issue_record(jsonb), lealup._github_issue_place(jsonb),
    lealup._github_mark(jsonb), lealup._github_made(jsonb) TO lealup_provider;
