-- A provider of the tests: a list of items whose details are read one by one, then a feed of changes. :base is where its server is.
CREATE SCHEMA acme;
GRANT USAGE ON SCHEMA acme TO PUBLIC;

INSERT INTO lealup.provider (name, title, kind, base_url, allowed_hosts, auth, fields, identity, max_in_flight)
VALUES ('acme', 'Acme', 'workspace', :'base', '{127.0.0.1}', 'api_key', '[{"name": "api_key", "title": "API key", "secret": true, "required": true}]',
    '{"path": "/me", "id": "id", "name": "name"}', 50);
INSERT INTO lealup.provider_scope (provider, scope, reads) VALUES ('acme', 'items', 'items');

CREATE FUNCTION acme.request(call jsonb) RETURNS jsonb LANGUAGE sql STABLE
RETURN CASE call #>> '{cursor,phase}'
    WHEN 'list' THEN jsonb_build_object('path', '/items', 'query', jsonb_build_object('page', call #> '{cursor,page}'))
    WHEN 'changes' THEN jsonb_build_object('path', '/changes', 'query', jsonb_build_object('cursor', call #> '{cursor,at}'))
    ELSE '{"path": "/cursor"}' END;

-- The place in the feed is pinned before the list is read, so that nothing that changes meanwhile is missed.
CREATE FUNCTION acme.response(call jsonb, response jsonb) RETURNS jsonb LANGUAGE sql STABLE
RETURN CASE call #>> '{cursor,phase}'
    WHEN 'list' THEN jsonb_build_object('fetch', response #> '{body,items}', 'total', response #> '{body,total}', 'verdict', 'more', 'cursor',
        CASE WHEN response #>> '{body,next}' IS NULL THEN jsonb_build_object('phase', 'changes', 'at', call #> '{cursor,at}')
            ELSE jsonb_build_object('phase', 'list', 'page', response #> '{body,next}', 'at', call #> '{cursor,at}') END)
    WHEN 'changes' THEN jsonb_build_object('cursor', jsonb_build_object('phase', 'changes', 'at', response #> '{body,cursor}'),
        'verdict', CASE WHEN (response #>> '{body,more}')::boolean THEN 'more' ELSE 'done' END,
        'fetch', jsonb_path_query_array(response, '$.body.changes[*] ? (@.deleted == false)'),
        'records', jsonb_path_query_array(response, '$.body.changes[*] ? (@.deleted == true)'))
    ELSE jsonb_build_object('verdict', 'more', 'cursor', jsonb_build_object('phase', 'list', 'page', 0, 'at', response #> '{body,cursor}')) END;

CREATE FUNCTION acme.detail_request(call jsonb) RETURNS jsonb LANGUAGE sql STABLE
RETURN jsonb_build_object('path', '/items/' || (call #>> '{item,id}'));

CREATE FUNCTION acme.detail_response(call jsonb, response jsonb) RETURNS jsonb LANGUAGE sql STABLE
RETURN jsonb_build_object('record', jsonb_build_object('id', response #> '{body,id}', 'version', response #> '{body,version}', 'data', response -> 'body'));

CREATE FUNCTION acme.normalize(call jsonb, record jsonb) RETURNS jsonb LANGUAGE sql STABLE
RETURN jsonb_build_array(jsonb_build_object('entity', 'timeline_event', 'external_id', record -> 'id', 'kind', 'message', 'direction', 'in', 'channel', 'acme',
    'title', record #> '{data,title}', 'occurred_at', (record #>> '{data,at}')::timestamptz,
    'participants', jsonb_build_array(jsonb_build_object('email', record #> '{data,from}', 'role', 'from'))));

INSERT INTO lealup.provider_stream (provider, name, title, request, response, detail_request, detail_response, normalize, period, slowest_period, max_in_flight)
VALUES ('acme', 'items', 'Items', 'acme.request', 'acme.response', 'acme.detail_request', 'acme.detail_response', 'acme.normalize', '30 s', '1 min', 50);
INSERT INTO lealup.provider_error (provider, ord, part, statuses, path, pattern, action, message) VALUES
    ('acme', 1, 'page', '{410}', NULL, NULL, 'reset', 'the cursor is too old'),
    ('acme', 2, NULL, '{403}', 'error.errors{}.reason', '^rateLimitExceeded$', 'wait', 'too many requests');
