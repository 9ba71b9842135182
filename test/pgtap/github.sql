-- GitHub's functions, over answers as GitHub's documentation describes them and payloads that it has sent; and the proof by a private key.
BEGIN;
SELECT plan(174);

CREATE FUNCTION pg_temp.call(cursor jsonb DEFAULT NULL, mode text DEFAULT 'incremental', options jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('now', '2026-03-01T12:00:00Z', 'since', '2025-12-01T12:00:00Z', 'stream', 'documents', 'mode', mode, 'cursor', cursor,
        'connection', jsonb_build_object('id', '01890000-0000-7000-8000-000000000001', 'provider', 'github', 'options', '{"repositories": "octocat/Handbook", "language": "english"}'::jsonb || options))
$$;
CREATE FUNCTION pg_temp.ok(body jsonb, headers jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$ SELECT jsonb_build_object('status', 200, 'headers', headers, 'body', body, 'text', NULL) $$;
CREATE FUNCTION pg_temp.refused(status int, message text) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('status', status, 'headers', '{}'::jsonb, 'body', jsonb_build_object('message', message, 'documentation_url', 'https://docs.github.com/rest'), 'text', NULL)
$$;
CREATE FUNCTION pg_temp.head(sha text) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('status', 200, 'headers', jsonb_build_object('etag', '"' || sha || '"'), 'body', NULL, 'text', sha)
$$;
\set one '6113728f27ae82c7b1a177c8d03f9e96e0adf246'
\set two 'e5bd3914e2e596debea16f433f57875b5b90bcd6'

-- ----- What the catalog says -----
SELECT is_empty(format('SELECT * FROM lealup.check_provider(%L)', p), 'nothing is wrong with ' || p) FROM unnest('{github,github_app}'::text[]) p;
SELECT ok(string_agg(h, E'\n') ~ 'private key of an application', 'people are told how it is connected') FROM lealup.provider_help('github_app') h;
SELECT is(lealup._github_repositories(pg_temp.call(options => jsonb_build_object('repositories', v.given)))::text, v.read, v.what) FROM (VALUES
    ('"octocat/Handbook"'::jsonb, '[{"key": "octocat/handbook", "name": "octocat/Handbook", "branch": null}]', 'a repository'),
    ('["octocat/Handbook@docs/v2"]', '[{"key": "octocat/handbook@docs/v2", "name": "octocat/Handbook", "branch": "docs/v2"}]', 'with a branch'),
    ('"https://github.com/octocat/Handbook.git, OCTOCAT/handbook,a/b@c"',
        '[{"key": "octocat/handbook", "name": "octocat/Handbook", "branch": null}, {"key": "a/b@c", "name": "a/b", "branch": "c"}]', 'several, by their addresses, each once'),
    ('null', '[]', 'none')) v(given, read, what);
SELECT is(lealup._check_connect_options(p, jsonb_build_object('repositories', v.given), NULL) IS NOT NULL, true, 'admitted: ' || v.given)
FROM lealup.provider p, (VALUES ('a/b'), ('https://github.com/a/b.git'), ('a/b@main, c/d_e.f@x/y')) v(given) WHERE p.name = 'github';
SELECT throws_ok(format('SELECT lealup._check_connect_options(p, %L, NULL) FROM lealup.provider p WHERE p.name = ''github''', jsonb_build_object('repositories', v)), '22023', NULL, 'not admitted: ' || v)
FROM unnest('{a,a/b/c,https://gitlab.com/a/b,a/b c/d}'::text[]) v;

-- ----- Which files -----
SELECT is(lealup._github_reads(lealup._github_filter(v.options), v.path), v.reads, v.path || ' by ' || v.options) FROM (VALUES
    ('{}'::jsonb, 'README.md', true), ('{}', 'docs/Guide.MDX', true), ('{}', 'a/b.rst', true), ('{}', 'main.c', false), ('{}', 'md', false), ('{}', 'x.md.png', false),
    ('{"extensions": "md"}', 'x.txt', false), ('{"extensions": ["md", "txt"]}', 'x.txt', true),
    ('{"paths": "docs"}', 'docs/a/b.md', true), ('{"paths": "docs/"}', 'docs/a.md', true), ('{"paths": "docs"}', 'docs2/a.md', false), ('{"paths": "docs"}', 'a/docs/a.md', false),
    ('{"paths": "*.md"}', 'a.md', true), ('{"paths": "*.md"}', 'a/b.md', false), ('{"paths": "**/*.md"}', 'a/b.md', true), ('{"paths": "**/*.md"}', 'b.md', true),
    ('{"paths": "docs/**/README.md"}', 'docs/README.md', true), ('{"paths": "docs/**/README.md"}', 'docs/x/y/README.md', true), ('{"paths": "docs/**"}', 'docs/x/y.md', true),
    ('{"paths": "docs, !docs/drafts"}', 'docs/drafts/a.md', false), ('{"paths": "docs, !docs/drafts"}', 'docs/a.md', true), ('{"paths": "!**/CHANGELOG.md"}', 'a/CHANGELOG.md', false),
    ('{"paths": "!**/CHANGELOG.md"}', 'a/b.md', true), ('{"paths": "v1.0"}', 'v1x0/a.md', false), ('{"paths": "chapter?"}', 'chapter1/a.md', true), ('{"paths": "a(b"}', 'a(b/c.md', true)) v(options, path, reads);

-- ----- The first time -----
SELECT is(lealup._github_request(pg_temp.call(NULL, 'backfill')),
    '{"path": "/repos/octocat/Handbook", "accept": "application/vnd.github+json", "headers": {"X-GitHub-Api-Version": "2022-11-28"}}', 'first it is asked what the repository is');
CREATE TEMP TABLE first AS SELECT lealup._github_response(pg_temp.call(NULL, 'backfill'), pg_temp.ok('{"id": 1296269, "full_name": "octocat/Handbook", "default_branch": "main"}')) AS r;
SELECT is(r, '{"verdict": "more", "cursor": {"at": 0, "repos": {"octocat/handbook": {"id": 1296269, "name": "octocat/Handbook"}}}}', 'which is known by its id') FROM first;
SELECT is(q ->> 'path' || ' ' || (q ->> 'accept'), '/repos/octocat/Handbook/commits/HEAD application/vnd.github.sha', 'then the commit that its branch is at')
FROM (SELECT lealup._github_request(pg_temp.call(r -> 'cursor')) AS q FROM first) x WHERE NOT q -> 'headers' ? 'If-None-Match';
SELECT is(lealup._github_request(pg_temp.call(r -> 'cursor', options => '{"repositories": "octocat/Handbook@docs/v2"}')
    || '{"cursor": {"at": 0, "repos": {"octocat/handbook@docs/v2": {"id": 1, "name": "octocat/Handbook"}}}}') ->> 'path', '/repos/octocat/Handbook/commits/docs%2Fv2', 'or another branch') FROM first;
CREATE TEMP TABLE second AS SELECT lealup._github_response(pg_temp.call(r -> 'cursor', 'backfill'), pg_temp.head(:'one')) AS r FROM first;
SELECT is(lealup._github_request(pg_temp.call(r -> 'cursor', 'backfill')) #>> '{path}', '/repos/octocat/Handbook/git/trees/' || :'one', 'and its files') FROM second;
CREATE TEMP TABLE third AS SELECT lealup._github_response(pg_temp.call(r -> 'cursor', 'backfill'), pg_temp.ok(jsonb_build_object('sha', :'one', 'truncated', false, 'tree', '[
    {"path": "README.md", "mode": "100644", "type": "blob", "sha": "44b4fc6d56897b048c772eb4087f854f46256132", "size": 30},
    {"path": "docs", "mode": "040000", "type": "tree", "sha": "f484d249c660418515fb01c2b9662073663c242e"}, {"path": "docs/main.c", "mode": "100644", "type": "blob", "sha": "aa", "size": 3},
    {"path": "docs/link.md", "mode": "120000", "type": "blob", "sha": "bb", "size": 9}, {"path": "docs/huge.txt", "mode": "100755", "type": "blob", "sha": "cc", "size": 4000001},
    {"path": "lib", "mode": "160000", "type": "commit", "sha": "dd"}]'::jsonb))) AS r FROM second;
SELECT is(r ->> 'verdict', 'done', 'that is all') FROM third;
SELECT is(r -> 'fetch', jsonb_build_array(jsonb_build_object('id', '1296269:README.md', 'version', md5('["44b4fc6d56897b048c772eb4087f854f46256132", "octocat/Handbook", null]'),
    'repository', 'octocat/Handbook', 'path', 'README.md', 'sha', '44b4fc6d56897b048c772eb4087f854f46256132')), 'a file is fetched by its blob') FROM third;
SELECT is((SELECT string_agg(coalesce(x ->> 'skip', x #>> '{data,fail}'), ' ' ORDER BY x ->> 'id') FROM jsonb_array_elements(r -> 'records') x)::text,
    'The file has 4000001 bytes; a document has at most 1000000 characters. Split it. docs/link.md: links are not followed.', 'of others it is told why they are not') FROM third;
SELECT is(r -> 'cursor', jsonb_build_object('at', 0, 'repos', jsonb_build_object('octocat/handbook',
    jsonb_build_object('id', 1296269, 'name', 'octocat/Handbook', 'sha', :'one', 'etag', '"' || :'one' || '"'))), 'the commit that was read is known') FROM third;
CREATE TEMP TABLE known AS SELECT r -> 'cursor' AS c FROM third;

-- More than GitHub lists at once, and more than are fetched at once.
CREATE TEMP TABLE cut AS SELECT lealup._github_response(pg_temp.call(r -> 'cursor', 'backfill'), pg_temp.ok('{"truncated": true, "tree": [{"path": "a.md", "mode": "100644", "type": "blob", "sha": "a", "size": 1}]}')) AS r FROM second;
SELECT is(r - 'cursor', '{"verdict": "more"}', 'half of a list is none') FROM cut;
SELECT ok(NOT lealup._github_request(pg_temp.call(r -> 'cursor', 'backfill')) ? 'query', 'the folder is listed by itself') FROM cut;
CREATE TEMP TABLE apart AS SELECT lealup._github_response(pg_temp.call(r -> 'cursor', 'backfill'), pg_temp.ok('{"truncated": false, "tree": [
    {"path": "a.md", "mode": "100644", "type": "blob", "sha": "a", "size": 1}, {"path": "docs", "mode": "040000", "type": "tree", "sha": "d0c5"}]}')) AS r FROM cut;
SELECT is(concat_ws(' ', r ->> 'verdict', r #>> '{fetch,0,path}', r #>> '{cursor,queue}'), 'more a.md [["docs/", "d0c5", false]]', 'and then its folders') FROM apart;
SELECT is(lealup._github_request(pg_temp.call(r -> 'cursor')) #>> '{path}', '/repos/octocat/Handbook/git/trees/d0c5', 'by their own lists') FROM apart;
SELECT is(concat_ws(' ', x ->> 'verdict', x #>> '{fetch,0,path}', x #>> '{cursor,repos,octocat/handbook,sha}'), 'done docs/b.md ' || :'one', 'to the bottom')
FROM apart, lealup._github_response(pg_temp.call(r -> 'cursor', 'backfill'), pg_temp.ok('{"truncated": false, "tree": [{"path": "b.md", "mode": "100644", "type": "blob", "sha": "b", "size": 1}]}')) x;
CREATE TEMP TABLE many AS SELECT pg_temp.ok(jsonb_build_object('truncated', false, 'tree',
    (SELECT jsonb_agg(jsonb_build_object('path', format('d/%s.md', n), 'mode', '100644', 'type', 'blob', 'sha', md5(n::text), 'size', 1)) FROM generate_series(1, 4500) n))) AS answer;
WITH RECURSIVE page(r, n) AS (
    SELECT lealup._github_response(pg_temp.call(s.r -> 'cursor', 'backfill'), m.answer), 1 FROM second s, many m
    UNION ALL SELECT lealup._github_response(pg_temp.call(p.r -> 'cursor', 'backfill'), m.answer), p.n + 1 FROM page p, many m WHERE p.r ->> 'verdict' = 'more')
SELECT is(string_agg(jsonb_array_length(p.r -> 'fetch')::text, ' ' ORDER BY p.n) || ' ' || (SELECT count(DISTINCT f ->> 'id') FROM page q, jsonb_array_elements(q.r -> 'fetch') f),
    '2000 2000 500 4500', 'many files are fetched a part at a time, each once') FROM page p;

-- ----- What has changed -----
SELECT is(lealup._github_request(pg_temp.call(c)) #>> '{headers,If-None-Match}', '"' || :'one' || '"', 'later it is asked whether there is anything new') FROM known;
SELECT is(lealup._github_response(pg_temp.call(c), '{"status": 304, "headers": {}, "body": null, "text": ""}'), jsonb_build_object('verdict', 'done', 'cursor', c), 'if there is not, that was all') FROM known;
SELECT is(lealup._github_response(pg_temp.call(c), pg_temp.head(:'one')) ->> 'verdict', 'done', 'also if it is told at length') FROM known;
CREATE TEMP TABLE fifth AS SELECT lealup._github_response(pg_temp.call(c), pg_temp.head(:'two')) AS r FROM known;
SELECT is(lealup._github_request(pg_temp.call(r -> 'cursor')) - '{accept,headers}'::text[],
    jsonb_build_object('path', format('/repos/octocat/Handbook/compare/%s...%s', :'one', :'two'), 'query', '{"per_page": "1"}'::jsonb), 'of a new commit it is asked what has changed') FROM fifth;
CREATE FUNCTION pg_temp.compared(status text, files jsonb, stale jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
    SELECT lealup._github_response(pg_temp.call(r -> 'cursor' || stale), pg_temp.ok(jsonb_build_object('status', status, 'ahead_by', 1, 'files', files))) FROM fifth
$$;
CREATE TEMP TABLE sixth AS SELECT pg_temp.compared('ahead', '[{"sha": "b1", "filename": "README.md", "status": "modified"}, {"sha": "b2", "filename": "new.md", "status": "added"},
    {"sha": "b3", "filename": "docs/to.md", "previous_filename": "docs/from.md", "status": "renamed"}, {"sha": "b4", "filename": "gone.md", "status": "removed"},
    {"sha": "b5", "filename": "main.c", "status": "removed"}, {"sha": "b6", "filename": "copy.md", "previous_filename": "README.md", "status": "copied"}]') AS r;
SELECT is((SELECT string_agg(f ->> 'path', ' ') FROM jsonb_array_elements(r -> 'fetch') f), 'README.md new.md docs/to.md copy.md', 'what is new or changed is read') FROM sixth;
SELECT is(r -> 'records', '[{"id": "1296269:docs/from.md", "deleted": true}, {"id": "1296269:gone.md", "deleted": true}]', 'what was renamed or removed goes') FROM sixth;
SELECT is(r ->> 'verdict' || ' ' || (r #>> '{cursor,repos,octocat/handbook,sha}'), 'done ' || :'two', 'and the new commit is known') FROM sixth;
SELECT is(r -> 'records', '[]', 'files that change their names with each other stay') FROM pg_temp.compared('ahead', '[{"sha": "1", "filename": "a.md", "previous_filename": "b.md", "status": "renamed"},
    {"sha": "2", "filename": "b.md", "previous_filename": "a.md", "status": "renamed"}]') r WHERE jsonb_array_length(r -> 'fetch') = 2;
SELECT is(pg_temp.compared(v.status, v.files) ->> 'verdict', 'reset', v.what) FROM (VALUES ('diverged', '[]'::jsonb, 'after a forced push all is listed anew'), ('behind', '[]', 'or when the branch was set back'),
    ('ahead', (SELECT jsonb_agg(jsonb_build_object('filename', n || '.md', 'status', 'added', 'sha', n)) FROM generate_series(1, 300) n), 'or when more has changed than is told')) v(status, files, what);
SELECT is(lealup._github_response(pg_temp.call(r -> 'cursor'), pg_temp.refused(404, 'Not Found')) ->> 'verdict', 'reset', 'or when the known commit is there no more') FROM fifth;
SELECT is(r ->> 'verdict' || ' ' || (r #>> '{cursor,step}'), 'more tree', 'but not while another repository is missing, of which nothing must be taken for gone') FROM pg_temp.compared('diverged', '[]', '{"stale": true}') r;

-- ----- What is not as it should be -----
SELECT is(lealup._github_response(pg_temp.call(NULL, 'backfill'), pg_temp.refused(404, 'Not Found')) - 'cursor',
    '{"verdict": "done", "message": "octocat/Handbook: not found; its name is wrong, or it cannot be seen by the account"}', 'a repository that cannot be seen is told');
CREATE TEMP TABLE two AS SELECT lealup._github_response(pg_temp.call(NULL, 'backfill', '{"repositories": "a/b, octocat/Handbook"}'), pg_temp.refused(403, 'Resource not accessible')) AS r;
SELECT is(r ->> 'verdict' || ' ' || (r #>> '{cursor,at}'), 'more 1', 'and does not keep others from being read') FROM two;
SELECT is(x ->> 'message' || ' ' || (x #>> '{cursor,stale}'), 'a/b: GitHub answers 403: Resource not accessible; octocat/Handbook: it has no such branch true', 'the run is not a good one then')
FROM two, lealup._github_response(pg_temp.call(r -> 'cursor' || '{"repos": {"octocat/handbook": {"id": 1, "name": "octocat/Handbook"}}}', 'backfill', '{"repositories": "a/b, octocat/Handbook"}'),
    pg_temp.refused(422, 'No commit found for SHA: nope')) x;
SELECT is(lealup._github_response(pg_temp.call(c || '{"stale": true}'), '{"status": 304}') ->> 'verdict', 'reset', 'when nothing is missing any more all is listed once') FROM known;
SELECT is(lealup._github_response(pg_temp.call(r -> 'cursor', 'backfill'), pg_temp.refused(409, 'Git Repository is empty.')) ->> 'verdict', 'done', 'an empty repository has no files') FROM first;
SELECT is(lealup._github_response(pg_temp.call(c), pg_temp.refused(409, 'Git Repository is empty.')) ->> 'verdict', 'reset', 'one that has become so has none any more') FROM known;
CREATE TEMP TABLE moved AS SELECT lealup._github_response(pg_temp.call(c), jsonb_build_object('status', 301, 'body',
    '{"message": "Moved Permanently", "url": "https://api.github.com/repositories/1296269/commits/HEAD", "documentation_url": "x"}'::jsonb)) AS r FROM known;
SELECT is(lealup._github_request(pg_temp.call(r -> 'cursor')) ->> 'path', '/repositories/1296269', 'a repository that was renamed is found by its id') FROM moved;
SELECT is(x #> '{cursor,repos,octocat/handbook}', c #> '{repos,octocat/handbook}' || '{"name": "octo-org/guide"}', 'and is the same, by another name')
FROM known, moved, lealup._github_response(pg_temp.call(r -> 'cursor'), pg_temp.ok('{"id": 1296269, "full_name": "octo-org/guide"}')) x;
SELECT is(x #> '{cursor,repos,octocat/handbook}', '{"id": 7, "name": "octo-org/guide"}', 'unless it is another one')
FROM moved, lealup._github_response(pg_temp.call(r -> 'cursor'), pg_temp.ok('{"id": 7, "full_name": "octo-org/guide"}')) x;
SELECT is(lealup._github_response(pg_temp.call(r -> 'cursor', 'backfill'), pg_temp.ok('"<html>"')) ->> 'verdict', 'fail', 'what is no commit is none') FROM first;
SELECT is(lealup._github_response(pg_temp.call(NULL, 'backfill'), pg_temp.ok('{"id": 1, "full_name": "../../x"}')) ->> 'verdict', 'fail', 'and what is no name is none');

-- ----- What becomes of a file -----
CREATE FUNCTION pg_temp.blob(content bytea, path text DEFAULT 'docs/a.md') RETURNS jsonb LANGUAGE sql AS $$
    SELECT lealup._github_blob_response(pg_temp.call() || jsonb_build_object('item', jsonb_build_object('id', '1:' || path, 'version', 'v', 'repository', 'o/r', 'path', path, 'sha', 's')),
        pg_temp.ok(jsonb_build_object('sha', 's', 'encoding', 'base64', 'content', encode(content, 'base64'), 'size', length(content))))
$$;
SELECT is(lealup._github_blob_request('{"item": {"repository": "o/r", "sha": "44b4"}}') ->> 'path', '/repos/o/r/git/blobs/44b4', 'a blob is asked for');
SELECT is(r #>> '{record,data,title}' || '|' || (r #>> '{record,data,text}'), v.title || '|' || v.text, v.what)
FROM (VALUES (E'# Gu\u00eda\n\ntext\n', 'Guía', E'# Guía\n\ntext\n', 'a heading is the title'),
    (U&'\FEFF' || E'---\r\ntitle: "The guide"\r\n---\r\n<!-- hidden\n# no -->\r\n# Other\r\n', 'The guide', E'# Other\n', 'or what stands in front, which is not the text'),
    (E'A <!-- b --> c <!-- d', 'a.md', 'A  c <!-- d', 'comments are nobody''s business'),
    (E'[![b](x)](y)\n## [Setup](s.md) of `x` ##\n![p](data:image/png;base64,AAAA)', 'Setup of x', E'[![b](x)](y)\n## [Setup](s.md) of `x` ##\n![p]()', 'pictures that are written into it neither'),
    (E'Title\n=====\ntext', 'Title', E'Title\n=====\ntext', 'a heading that is underlined'),
    (E'<h1 align="center">Big</h1>\ntext', 'Big', E'<h1 align="center">Big</h1>\ntext', 'or in HTML'),
    (E'just text', 'a.md', 'just text', 'without one it is the name'), ('', 'a.md', '', 'an empty file')) v(given, title, text, what),
    LATERAL pg_temp.blob(convert_to(v.given, 'UTF8')) r;
SELECT is(pg_temp.blob(convert_to(v.given, 'UTF8'), v.path) #>> '{record,data,title}', v.title, v.path) FROM (VALUES (E'=====\nTitle\n=====\n', 'a.rst', 'Title'), (E'= Title\n:toc:\n', 'a.adoc', 'Title'),
    (E'# no\n', 'a.txt', 'a.txt'), (E'import X from "x"\n\n# Title <X />\n', 'a.mdx', 'Title')) v(given, path, title);
SELECT is(pg_temp.blob('\x636166e9') #>> '{record,data,text}', 'café', 'what is no UTF-8 is Latin-1');
SELECT is(pg_temp.blob(v.content) #>> '{record,skip}', v.why, v.why) FROM (VALUES ('\x8950004e'::bytea, 'docs/a.md: it is no text.'), (convert_to(E'version https://git-lfs.github.com/spec/v1\noid sha256:4d\nsize 1\n', 'UTF8'),
    'docs/a.md: it is in Git LFS, which is not read.'), (convert_to('../README.md', 'UTF8'), 'docs/a.md: links are not followed.')) v(content, why);
SELECT is(pg_temp.blob(convert_to(repeat('x', 1000001), 'UTF8')) ->> 'fail', 'The document has 1000001 characters, and at most 1000000 are read. Split it.', 'one that is too large');
SELECT is(lealup._github_blob_response(pg_temp.call(), pg_temp.ok('{}')) ? 'fail', true, 'no bytes');
SELECT ok(clock_timestamp() - transaction_timestamp() < interval '10 min' AND length(lealup._github_text(repeat('<!--', 200000), 'a.md') ->> 'text') = 800000, 'what opens and never closes is read all the same');
SELECT is(lealup._github_normalize(pg_temp.call(), '{"id": "1:docs/a b.md", "data": {"repository": "o/r", "branch": "docs/v2", "path": "docs/a b.md", "sha": "s", "title": "T", "text": "X"}}'),
    '[{"entity": "kb_document", "external_id": "1:docs/a b.md", "title": "T", "body": "X", "language": "english", "url": "https://github.com/o/r/blob/docs/v2/docs/a%20b.md", "path": "o/r/docs/a b.md",
      "payload": {"repository": "o/r", "branch": "docs/v2", "path": "docs/a b.md", "sha": "s"}}]', 'a document');
SELECT throws_ok($$SELECT lealup._github_normalize('{}', '{"id": "x", "data": {"fail": "too large"}}')$$, '54000', 'too large', 'what could not be read says why');

-- ----- Webhooks -----
CREATE FUNCTION pg_temp.news(event text, body jsonb, options jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
    SELECT lealup._github_news(pg_temp.call(options => '{"repositories": "Codertocat/Hello-World", "issues_repository": "codertocat/hello-world"}'::jsonb || options),
        jsonb_build_object('headers', jsonb_build_object('x-github-event', event), 'body', body))
$$;
SELECT is(lealup._check_signature((SELECT signature FROM lealup.provider_inbound WHERE provider = 'github'), '{"It''s a Secret to Everybody"}', 'POST', 'https://x/', '',
    '{"x-hub-signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"}', 'Hello, World!', NULL, now()), NULL, 'the sample of GitHub''s documentation is genuine');
\set push '{"ref": "refs/heads/master", "after": "6113728f27ae82c7b1a177c8d03f9e96e0adf246", "repository": {"id": 186853002, "full_name": "Codertocat/Hello-World", "default_branch": "master", "owner": {"id": 21031067}}, "installation": {"id": 1}}'
SELECT is(pg_temp.news('ping', '{"zen": "Anything added dilutes everything else.", "hook_id": 109948940}') ->> 'ignore', 'The webhook is there.', 'the first message says that it is there');
SELECT is(pg_temp.news('push', :'push'), '{"hint": ["documents"]}', 'a push to the branch that is read is news');
SELECT is(pg_temp.news('push', :'push'::jsonb || '{"ref": "refs/tags/simple-tag"}') ->> 'ignore', 'Nothing is read of refs/tags/simple-tag.', 'another is not');
SELECT is(pg_temp.news('push', :'push', '{"repositories": "codertocat/hello-world@master"}'), '{"hint": ["documents"]}', 'a branch that is named');
SELECT ok(pg_temp.news('push', :'push', '{"repositories": "a/b"}') ? 'ignore', 'nor one to a repository that is not read');
SELECT is(pg_temp.news('push', :'push', '{"installation_id": "2"}'), '{"hint": ["documents"], "account_id": "21031067"}', 'of another installation it is for the connection that is to its account');
SELECT is(pg_temp.news('push', jsonb_build_object('payload', :'push')), '{"hint": ["documents"]}', 'a webhook that sends forms');
SELECT is(pg_temp.news('installation', '{"action": "deleted", "installation": {"id": 2, "account": {"id": 1}}}', '{"installation_id": "2"}') ->> 'disconnect', 'The app was uninstalled on GitHub.', 'an end');
SELECT ok(pg_temp.news('installation', '{"action": "deleted", "installation": {"id": 2}}', '{"installation_id": "3"}') ? 'ignore', 'but not of another installation''s');
SELECT ok(pg_temp.news('star', '{"action": "created"}') ? 'ignore', 'much is of no interest');
SELECT is(pg_temp.news('issues', '{"action": "reopened", "issue": {"id": 444500041, "number": 1, "title": "Spelling error in the README file", "state": "open", "updated_at": "2021-10-11T16:40:56Z",
    "html_url": "https://github.com/Codertocat/Hello-World/issues/1"}, "repository": {"full_name": "Codertocat/Hello-World"}}') #>> '{records,issues,0,id}', '444500041', 'an issue is taken in at once');

-- The webhooks of several repositories, one after the other.
CREATE FUNCTION pg_temp.hook(watch jsonb) RETURNS jsonb LANGUAGE sql AS $$ SELECT pg_temp.call(options => '{"repositories": "a/b, c/d"}') || jsonb_build_object('watch', watch) $$;
SELECT is(lealup._github_hook(pg_temp.hook(NULL)) - '{accept,headers}'::text[], '{"method": "POST", "path": "/repos/a/b/hooks", "json": {"name": "web", "active": true, "events": ["push", "repository", "issues"],
    "config": {"content_type": "json", "insecure_ssl": "0"}}, "fields": [{"in": "json", "name": "config.url", "secret": "inbound_url"}, {"in": "json", "name": "config.secret", "secret": "inbound_secret"}]}',
    'a webhook is made, whose URL and secret no SQL sees');
SELECT is(lealup._github_hooked(pg_temp.hook(NULL), '{"status": 201, "body": {"id": 12345678}}'), '{"watch": {"hooks": {"a/b": 12345678}}, "expires_at": "2026-03-01T12:00:00Z"}', 'then the next');
SELECT is((r -> 'watch')::text || ' ' || ((r ->> 'expires_at')::timestamptz = '2026-03-31T12:00:00Z'), '{"hooks": {"a/b": 1, "c/d": -1}} true', 'and then nothing for two weeks, though one was refused')
FROM lealup._github_hooked(pg_temp.hook('{"hooks": {"a/b": 1}}'), '{"status": 404, "body": {"message": "Not Found"}}') r;
SELECT is(r #> '{watch,hooks,a/b}', '0', 'one that is there already') FROM lealup._github_hooked(pg_temp.hook(NULL), '{"status": 422, "body": {"message": "Validation Failed", "errors": [{"message": "Hook already exists on this repository"}]}}') r;
SELECT is(r #> '{watch,hooks,a/b}', '7', 'is found, as its URL is ours') FROM lealup._github_hooked(pg_temp.hook('{"hooks": {"a/b": 0}}'),
    '{"status": 200, "body": [{"id": 6, "config": {"url": "https://other.example/"}}, {"id": 7, "config": {"url": "************", "secret": "********"}}]}') r;
SELECT is(lealup._github_hook(pg_temp.hook('{"hooks": {"a/b": 1, "c/d": 2}}')) ->> 'path', '/repos/a/b/hooks/1', 'in the middle of a month each is set again');
SELECT is(r -> 'watch', '{"hooks": {"a/b": 1, "c/d": 2}, "todo": ["c/d"]}', 'one after the other') FROM lealup._github_hooked(pg_temp.hook('{"hooks": {"a/b": 1, "c/d": 2}}'), '{"status": 200, "body": {}}') r;
SELECT is(r -> 'watch', '{"hooks": {"a/b": 1, "c/d": 2}}', 'until all are') FROM lealup._github_hooked(pg_temp.hook('{"hooks": {"a/b": 1, "c/d": 2}, "todo": ["c/d"]}'), '{"status": 200, "body": {}}') r;
SELECT is(r -> 'watch' -> 'hooks', '{"c/d": 2}', 'one that somebody has deleted is made anew') FROM lealup._github_hooked(pg_temp.hook('{"hooks": {"a/b": 1, "c/d": 2}}'), '{"status": 404}') r;
SELECT is(q ->> 'method' || ' ' || (q ->> 'path'), 'DELETE /repos/e/f/hooks/3', 'one of a repository that is not read any more goes') FROM lealup._github_hook(pg_temp.hook('{"hooks": {"a/b": 1, "e/f": 3}}')) q;
SELECT is(q ->> 'path', '/repos/A/New/hooks/1', 'one that was renamed is called by its name')
FROM lealup._github_hook(pg_temp.hook('{"hooks": {"a/b": 1, "c/d": 2}}') || '{"cursor": {"repos": {"a/b": {"name": "A/New"}}}}') q;
SELECT is(r, '{"watch": {"hooks": {"a/b": 1, "c/d": 2}, "moved": {"a/b": "5"}}, "expires_at": "2026-03-01T12:00:00Z"}', 'or, if that is not known,')
FROM lealup._github_hooked(pg_temp.hook('{"hooks": {"a/b": 1, "c/d": 2}}'), '{"status": 301, "body": {"url": "https://api.github.com/repositories/5/hooks/1"}}') r;
SELECT is(lealup._github_hook(pg_temp.hook('{"hooks": {"a/b": 1, "c/d": 2}, "moved": {"a/b": "5"}}')) ->> 'path', '/repositories/5/hooks/1', 'by its id');
SELECT is(q ->> 'path' || ' ' || (q ->> 'rest'), '/repos/a/b/hooks/1 {"hooks": {"c/d": 2}}', 'at the end all of them go') FROM lealup._github_unhook(pg_temp.hook('{"hooks": {"a/b": 1, "c/d": 2}}')) q;
SELECT is(lealup._github_unhook(pg_temp.hook('{"hooks": {"a/b": -1}}')), NULL, 'to the last');

-- ----- Issues -----
CREATE FUNCTION pg_temp.create_issue(input jsonb) RETURNS jsonb LANGUAGE sql AS $$
    SELECT pg_temp.call(options => '{"issues_repository": "o/r"}') || jsonb_build_object('input', input, 'action', '{"idempotency_key": "k", "created_at": "2026-03-01T12:00:00Z"}'::jsonb) $$;
SELECT is(lealup._github_create(pg_temp.create_issue('{"title": "Login fails", "body": "Since Monday", "labels": ["bug"]}')) - '{accept,headers}'::text[], '{"method": "POST", "path": "/repos/o/r/issues",
    "json": {"title": "Login fails", "body": "Since Monday\n\n<!-- lealup:8ce4b16b22b58894aa86c421e8759df3 -->", "labels": ["bug"]}}', 'an issue is made');
SELECT ok(lealup._github_create(pg_temp.call() || '{"input": {"title": "x"}, "action": {}}') ? 'fail', 'where no repository is chosen, none is');
SELECT ok(lealup._github_create(pg_temp.create_issue('{"title": "x", "repository": "o/../r"}')) ? 'fail', 'nor where it is no name');
SELECT is(lealup._github_created('{}', '{"status": 201, "body": {"id": 1, "number": 1347, "html_url": "https://github.com/o/r/issues/1347"}}'),
    '{"external_id": "1", "base": {"status": "open"}, "result": {"number": 1347, "url": "https://github.com/o/r/issues/1347"}}', 'and known');
SELECT is(lealup._github_found(pg_temp.create_issue('{}'), '{"body": [{"id": 2, "body": null}, {"id": 3, "number": 4, "body": "x\n\n<!-- lealup:8ce4b16b22b58894aa86c421e8759df3 -->"}]}') ->> 'external_id', '3', 'one that was made before is found');
SELECT is(lealup._github_found(pg_temp.create_issue('{}'), '{"body": []}'), NULL, 'or there is none');
SELECT is(lealup._github_issues_request(pg_temp.call()), NULL, 'without a repository for them no issues are read');
SELECT is(r, '{"verdict": "done", "cursor": {"since": "2026-02-02T00:00:00Z", "page": 1}, "records": [{"id": "1", "version": "2026-02-01T00:00:00Z", "data": {"state": "closed", "reason": "completed",
    "updated_at": "2026-02-01T00:00:00Z", "number": 5, "title": "T", "url": "u"}}]}', 'those that have changed, but no pull requests')
FROM lealup._github_issues_response(pg_temp.call(options => '{"issues_repository": "o/r"}'), '{"status": 200, "body": [{"id": 1, "number": 5, "title": "T", "html_url": "u", "state": "closed", "state_reason": "completed",
    "updated_at": "2026-02-01T00:00:00Z"}, {"id": 2, "pull_request": {}, "updated_at": "2026-02-02T00:00:00Z"}]}') r;
SELECT is(lealup._github_issues_response(pg_temp.call(v.cursor), jsonb_build_object('body', (SELECT jsonb_agg(jsonb_build_object('id', n, 'updated_at', '2026-02-02T00:00:00Z')) FROM generate_series(1, 100) n))) -> 'cursor', v.next, v.what)
FROM (VALUES ('{"since": "2026-02-01T00:00:00Z", "page": 1}'::jsonb, '{"since": "2026-02-02T00:00:00Z", "page": 1}'::jsonb, 'a full page is gone on with by its last time'),
    ('{"since": "2026-02-02T00:00:00Z", "page": 1}', '{"since": "2026-02-02T00:00:00Z", "page": 2}', 'and by its number only where all is of one time')) v(cursor, next, what);
SELECT is(lealup._github_issue('{}', '{"id": "1", "data": {"state": "closed", "updated_at": "2026-02-01T00:00:00Z", "number": 5}}'),
    '[{"entity": "ticket", "external_id": "1", "create": false, "status": "resolved", "updated_at": "2026-02-01T00:00:00Z", "payload": {"state": "closed", "number": 5}}]', 'a ticket whose issue is closed is resolved');

-- ----- Verdicts -----
CREATE FUNCTION pg_temp.verdict(provider text, stream text, part text, status int, message text, headers jsonb DEFAULT '{}', error text DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
    SELECT (v).action || coalesce(' ' || extract(epoch FROM (v).until - '2026-03-01T12:00:00Z')::int, '')
    FROM lealup._sync_verdict(provider, stream, part, status, headers, jsonb_strip_nulls(jsonb_build_object('message', message, 'error', error)), NULL, NULL, '2026-03-01T12:00:00Z') v $$;
SELECT is(pg_temp.verdict('github', v.stream, v.part, v.status, v.message, v.headers), v.verdict, v.what) FROM (VALUES
    ('documents', 'page', 403, 'API rate limit exceeded for user ID 1.', '{"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1772366700"}'::jsonb, 'wait 300', 'the limit of an hour says when it ends'),
    ('documents', 'detail', 429, 'API rate limit exceeded for installation ID 1.', '{}', 'wait 60', 'or does not'),
    ('documents', 'detail', 403, 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.', '{"retry-after": "120", "x-ratelimit-reset": "1772366700"}', 'wait 120', 'the other limit does in its own way'),
    ('create_issue', 'action', 403, 'You have exceeded a secondary rate limit and have been temporarily blocked from content creation.', '{}', 'wait 60', 'or does not, which is a minute'),
    ('documents', 'page', 304, NULL, '{}', 'answer', 'nothing new is an answer'), ('documents', 'page', 404, 'Not Found', '{}', 'answer', 'so is that a repository is not there'),
    ('documents', 'detail', 404, 'Not Found', '{}', 'skip', 'a file that cannot be had is not deleted'), ('documents', 'page', 401, 'Bad credentials', '{}', 'refresh', 'a token that is not good any more'),
    ('create_issue', 'action', 410, 'Issues are disabled for this repo', '{}', 'fail', 'issues that are turned off'), ('documents', 'page', 502, NULL, '{}', 'retry', 'trouble of GitHub''s own')) v(stream, part, status, message, headers, verdict, what);

-- ----- The proof by a private key -----
\set key `openssl genrsa -traditional 2048 2>/dev/null`
\set small `openssl genrsa 1024 2>/dev/null`
\set other `openssl genpkey -algorithm ed25519 2>/dev/null`
SELECT lealup.create_tenant('github') AS tenant \gset
SELECT is(lealup._is_rsa_key(v.pem), v.ok, v.what) FROM (VALUES (:'key', true, 'a private key'), (:'small', false, 'one that is too small'), (:'other', false, 'one of another kind'), ('x', false, 'none')) v(pem, ok, what);
SELECT throws_ok(format('SELECT lealup.connect(%L, ''github_app'', options => %L)', :'tenant', jsonb_build_object('app_id', 'Iv23a', 'installation_id', '42', 'repositories', 'o/r', 'private_key', v.pem)), '22023',
    'option "private_key" is not valid', 'with ' || v.what || ' nothing is connected') FROM (VALUES (:'small', 'a small key'), (replace(:'key', E'\n', ' '), 'a key without line breaks'), ('secret', 'none')) v(pem, what);
SELECT connection_id AS id, authorization_url IS NULL AS no_url FROM lealup.connect(:'tenant', 'github_app', options => jsonb_build_object('app_id', 'Iv23a', 'installation_id', '42', 'repositories', 'o/r', 'private_key', :'key')) \gset
SELECT is(:'no_url'::text, 't', 'nobody is sent anywhere');
SELECT is(lealup._job_request(:'tenant', :'id', 'token') - '{accept,headers}'::text[], '{"method": "POST", "url": "https://api.github.com/app/installations/42/access_tokens", "anonymous": true,
    "fields": [{"in": "header", "name": "Authorization", "prefix": "Bearer ", "secret": "app_jwt"}], "secret_answer": {"access_token": "token"}}', 'a token is asked for at once, with what is signed');
SELECT u.claim_id AS claim, u.signing_key, u.claims, u.secret_names FROM lealup._sync_open(:'tenant', :'id', 'job:token', '2099-03-01T12:00:00Z') u \gset
SELECT is(:'signing_key' || ' ' || :'secret_names', 'private_key {private_key}', 'the key is given to who signs');
SELECT is(:'claims'::jsonb, jsonb_build_object('iss', 'Iv23a', 'iat', extract(epoch FROM '2099-03-01T11:59:00Z'::timestamptz)::bigint, 'exp', extract(epoch FROM '2099-03-01T12:09:00Z'::timestamptz)::bigint),
    'with claims that are good for less than ten minutes');
SELECT lealup._job_record(:'tenant', :'id', 'token', 'answer', '{"status": 201, "body": {"expires_at": "2099-03-01T13:00:00Z", "permissions": {"contents": "write", "metadata": "read"}}}',
    jsonb_build_object('access_token', jsonb_build_object('id', lealup.uuid7(), 'ciphertext', '00', 'fingerprint', 'f')), '2099-03-01T12:00:00Z');
SELECT is(q ->> 'url' || ' ' || (q #>> '{fields,0,secret}') || ' ' || jsonb_array_length(q -> 'fields'), 'https://api.github.com/app/installations/42 app_jwt 1', 'whose it is is asked for with it as well')
FROM lealup._job_request(:'tenant', :'id', 'identity') q;
SELECT lealup._job_record(:'tenant', :'id', 'identity', 'answer', '{"status": 200, "body": {"id": 42, "account": {"id": 9919, "login": "github"}}}', '{}', '2099-03-01T12:00:00Z');
SELECT is(concat_ws(' ', state, account_id, account_name, scopes, token_expires_at = '2099-03-01T13:00:00Z'), 'connected 9919 github {contents:read,contents:write,metadata:read} t', 'then it is connected')
FROM lealup.connection WHERE id = :'id';
SELECT is(due_at, '2099-03-01T12:54:00Z'::timestamptz, 'and has a new token before that one ends') FROM lealup.connection_job WHERE connection_id = :'id' AND kind = 'refresh';
SELECT is(u.signing_key IS NULL AND NOT 'private_key' = ANY (u.secret_names) AND 'access_token' = ANY (u.secret_names), true, 'who reads has the token, and not the key')
FROM lealup._sync_open(:'tenant', :'id', 'stream:documents', '2099-03-01T12:01:00Z') u;
SELECT lealup._job_record(:'tenant', :'id', 'refresh', 'answer', '{"status": 201, "body": {"expires_at": "2099-03-01T14:00:00Z"}}',
    jsonb_build_object('access_token', jsonb_build_object('id', lealup.uuid7(), 'ciphertext', '00', 'fingerprint', 'f')), '2099-03-01T12:54:00Z');
SELECT is(token_version, 2, 'which it is') FROM lealup.connection WHERE id = :'id';
SELECT throws_ok(format('SELECT lealup.update_connection(%L, %L, ''{"installation_id": "43"}'')', :'tenant', :'id'), '55000', 'these options say whose account it is', 'another installation is another proof');
SELECT lives_ok(format('SELECT lealup.update_connection(%L, %L, ''{"paths": "docs"}'')', :'tenant', :'id'), 'another choice of files is not');
SELECT lealup.disconnect(:'tenant', :'id');
SELECT is(string_agg(purpose, ' ' ORDER BY purpose), 'revoke_access_token', 'at the end the key is forgotten at once') FROM lealup.vault_secret WHERE owner_id = :'id';
SELECT is(q ->> 'method' || ' ' || (q ->> 'url') || ' ' || (q #>> '{fields,0,secret}'), 'DELETE https://api.github.com/installation/token revoke_access_token', 'and the token revoked') FROM lealup._job_request(:'tenant', :'id', 'revoke') q;

-- ----- The end of several webhooks -----
INSERT INTO lealup.connection (tenant_id, provider, kind, state, account_id, options) VALUES (:'tenant', 'github', 'workspace', 'connected', '1', '{"repositories": "a/b, c/d"}') RETURNING id AS hooked \gset
SELECT lealup._store_secret(:'tenant', :'hooked', 'access_token', 'gho_x') IS NOT NULL AS stored \gset
INSERT INTO lealup.connection_stream (tenant_id, connection_id, stream, watch) VALUES (:'tenant', :'hooked', 'documents', '{"hooks": {"a/b": 1, "c/d": 2, "e/f": -1}}');
SELECT lealup.disconnect(:'tenant', :'hooked');
SELECT is(q ->> 'url' || ' ' || (q #>> '{fields,0,secret}'), 'https://api.github.com/repos/a/b/hooks/1 revoke_access_token', 'the first of several webhooks is deleted') FROM lealup._job_request(:'tenant', :'hooked', 'unwatch:documents') q;
SELECT lealup._job_record(:'tenant', :'hooked', 'unwatch:documents', 'answer', '{"status": 204}', '{}', clock_timestamp());
SELECT is(watch, '{"hooks": {"c/d": 2, "e/f": -1}}', 'then there are the others') FROM lealup.connection_stream WHERE connection_id = :'hooked';
SELECT is(q ->> 'url', 'https://api.github.com/repos/c/d/hooks/2', 'of which the next is deleted') FROM lealup._job_request(:'tenant', :'hooked', 'unwatch:documents') q;
SELECT lealup._job_record(:'tenant', :'hooked', 'unwatch:documents', 'answer', '{"status": 204}', '{}', clock_timestamp());
SELECT is(lealup._job_request(:'tenant', :'hooked', 'unwatch:documents'), NULL, 'until there is nothing to be asked') WHERE EXISTS (SELECT FROM lealup.connection_job WHERE connection_id = :'hooked' AND kind = 'unwatch:documents')
UNION ALL SELECT pass('until none is left') WHERE NOT EXISTS (SELECT FROM lealup.connection_job WHERE connection_id = :'hooked' AND kind = 'unwatch:documents');
SELECT is_empty(format('SELECT FROM lealup.connection_job WHERE connection_id = %L AND kind LIKE ''unwatch:%%''', :'hooked'), 'which ends it');

SELECT * FROM finish();
ROLLBACK;
