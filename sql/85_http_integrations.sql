-- The HTTP API of connections, and the page to which providers send people back.

INSERT INTO lealup.api_schema (name, schema) VALUES
('Connection', lealup._http_shape('{"id": {"type": "string", "format": "uuid"}, "provider": {"type": "string"}, "title": {"type": ["string", "null"]},
    "kind": {"type": "string", "enum": ["personal", "workspace"]}, "member_id": {"type": ["string", "null"], "format": "uuid", "description": "Whose it is; null = the workspace''s."},
    "member_name": {"type": ["string", "null"]}, "member_email": {"type": ["string", "null"]}, "account_id": {"type": ["string", "null"]}, "account_name": {"type": ["string", "null"]},
    "state": {"type": "string", "enum": ["pending", "connected", "error", "disconnected"]}, "reason": {"type": ["string", "null"], "description": "In plain words."},
    "fix": {"type": ["string", "null"], "description": "What to do about it."}, "trace_id": {"type": ["string", "null"], "description": "To be named to support."},
    "state_since": {"type": "string", "format": "date-time"}, "paused": {"type": "boolean"}, "scopes": {"type": "array", "items": {"type": "string"}},
    "options": {"type": ["object", "null"], "description": "Null for those who may not see them."},
    "last_run_at": {"type": ["string", "null"], "format": "date-time"}, "next_run_at": {"type": ["string", "null"], "format": "date-time"}, "rows": {"type": "integer"},
    "errors": {"type": "array", "items": {"type": "string"}}, "waiting": {"type": ["string", "null"]}, "revoking": {"type": ["string", "null"]}, "purging": {"type": "boolean"},
    "created_at": {"type": "string", "format": "date-time"}}')),
('ConnectionScope', lealup._http_shape('{"scope": {"type": "string"}, "required": {"type": "boolean"}, "granted": {"type": "boolean"}, "reads": {"type": "string"}, "writes": {"type": "string"},
    "does_not_read": {"type": ["string", "null"]}}')),
('Authorization', lealup._http_shape('{"id": {"type": "string", "format": "uuid"}, "state": {"type": "string"},
    "authorization_url": {"type": ["string", "null"], "description": "Where to send whoever connects it, within 10 minutes; null if the provider takes a key, or if the request is repeated."}}')),
('Provider', lealup._http_shape('{"name": {"type": "string"}, "title": {"type": "string"}, "kind": {"type": "string", "enum": ["personal", "workspace"]},
    "auth": {"type": "string", "enum": ["oauth2", "app_jwt", "api_key", "basic", "none"]}, "fields": {"type": "array", "items": {"type": "object"}, "description": "The options that it takes."},
    "scopes": {"type": "array", "items": {"type": "object"}}, "setup_steps": {"type": "array", "items": {"type": "string"}}, "problems": {"type": "array", "items": {"type": "object"}},
    "docs_url": {"type": ["string", "null"]}}'));
INSERT INTO lealup.api_schema (name, schema)
SELECT 'ConnectionDetail', jsonb_set(
    jsonb_set(s.schema, '{properties,scope_details}', '{"type": "array", "items": {"$ref": "#/components/schemas/ConnectionScope"}}'), '{required}', (s.schema -> 'required') || '["scope_details"]')
FROM lealup.api_schema s WHERE s.name = 'Connection';

-- ----- Connections -----

CREATE FUNCTION lealup._http_connection(c lealup.connections) RETURNS json
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN json_build_object('id', c.id, 'provider', c.provider, 'title', c.title, 'kind', c.kind, 'member_id', c.member_id, 'member_name', c.member_name,
        'member_email', c.member_email, 'account_id', c.account_id, 'account_name', c.account_name, 'state', c.state, 'reason', c.reason, 'fix', c.fix,
        'trace_id', c.trace_id, 'state_since', lealup._http_stamp(c.state_since), 'paused', c.paused_at IS NOT NULL, 'scopes', c.scopes, 'options', c.options,
        'last_run_at', lealup._http_stamp(c.last_run_at), 'next_run_at', lealup._http_stamp(nullif(c.next_run_at, 'infinity')), 'rows', c.rows, 'errors', c.errors,
        'waiting', c.waiting, 'revoking', c.revoking, 'purging', c.purging, 'created_at', lealup._http_stamp(c.created_at));
COMMENT ON FUNCTION lealup._http_connection(lealup.connections) IS 'A connection as answers show it.';

CREATE FUNCTION lealup._http_list_connections(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN lealup._http_page(call, 'connections', '_http_connection', '{provider,state,kind,member_id}');
COMMENT ON FUNCTION lealup._http_list_connections(lealup.http_call) IS 'Answers GET /v1/connections, by the primary key.';

CREATE FUNCTION lealup._http_find_connection(call lealup.http_call) RETURNS lealup.connections
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c lealup.connections;
BEGIN
    SELECT x.* INTO c FROM lealup.connections x WHERE x.tenant_id = call.tenant_id AND x.id = lealup._http_id(call, 'id', 'connection');
    PERFORM lealup._http_found(c.id IS NOT NULL, 'connection');
    RETURN c;
END $$;
COMMENT ON FUNCTION lealup._http_find_connection(lealup.http_call) IS 'The connection that the path names; ends the request with 404 if there is none.';

CREATE FUNCTION lealup._http_get_connection(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c lealup.connections := lealup._http_find_connection(call);
    item json;
BEGIN
    item := lealup._http_and(lealup._http_connection(c), json_build_object('scope_details', (
        SELECT coalesce(json_agg(s), '[]') FROM lealup.connection_scopes(call.tenant_id, c.id) s)));
    RETURN lealup._http_ok(item, version => lealup._http_version(item));
END $$;
COMMENT ON FUNCTION lealup._http_get_connection(lealup.http_call) IS 'Answers GET /v1/connections/{id}.';

CREATE FUNCTION lealup._http_begun(call lealup.http_call, connection_id uuid, authorization_url text, status int) RETURNS lealup.http_reply
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    reply lealup.http_reply;
    state text := (SELECT c.state FROM lealup.connection c WHERE c.tenant_id = call.tenant_id AND c.id = _http_begun.connection_id);
BEGIN
    reply := lealup._http_ok(json_build_object('id', connection_id, 'state', state, 'authorization_url', authorization_url), status,
        CASE status WHEN 201 THEN jsonb_build_object('location', call.path || '/' || connection_id) ELSE '{}' END);
    -- The URL is as good as a password for 10 minutes.
    reply.again := json_build_object('id', connection_id, 'state', state, 'authorization_url', NULL);
    RETURN reply;
END $$;
COMMENT ON FUNCTION lealup._http_begun(lealup.http_call, uuid, text, int) IS 'The answer to a request that begins a connection; what is kept for a repeated one is without the URL.';

CREATE FUNCTION lealup._http_scope_list(value jsonb) RETURNS text[]
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
    RETURN CASE jsonb_typeof(value) WHEN 'array' THEN ARRAY(SELECT jsonb_array_elements_text(value)) END;
COMMENT ON FUNCTION lealup._http_scope_list(jsonb) IS 'An array of texts in a body; null for null.';

CREATE FUNCTION lealup._http_connect(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    made record;
BEGIN
    PERFORM lealup._http_check_references(call.tenant_id, call.body - '{options,scopes,provider}'::text[]);
    made := lealup.connect(call.tenant_id, call.body ->> 'provider', (call.body ->> 'member_id')::uuid, coalesce(nullif(call.body -> 'options', 'null'), '{}'),
        lealup._http_scope_list(call.body -> 'scopes'));
    RETURN lealup._http_begun(call, made.connection_id, made.authorization_url, 201);
END $$;
COMMENT ON FUNCTION lealup._http_connect(lealup.http_call) IS 'Answers POST /v1/connections.';

CREATE FUNCTION lealup._http_reconnect(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c lealup.connections := lealup._http_find_connection(call);
BEGIN
    RETURN lealup._http_begun(call, c.id, lealup.reconnect(call.tenant_id, c.id, coalesce(nullif(call.body -> 'options', 'null'), '{}'),
        lealup._http_scope_list(call.body -> 'scopes')), 200);
END $$;
COMMENT ON FUNCTION lealup._http_reconnect(lealup.http_call) IS 'Answers POST /v1/connections/{id}/reconnect.';

CREATE FUNCTION lealup._http_update_connection(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c lealup.connections := lealup._http_find_connection(call);
    item json := lealup._http_connection(c);
BEGIN
    PERFORM lealup._http_if_match(call, lealup._http_version(lealup._http_and(item, json_build_object('scope_details', (
        SELECT coalesce(json_agg(s), '[]') FROM lealup.connection_scopes(call.tenant_id, c.id) s)))));
    PERFORM lealup.update_connection(call.tenant_id, c.id, coalesce(nullif(call.body -> 'options', 'null'), '{}'));
    RETURN lealup._http_get_connection(call);
END $$;
COMMENT ON FUNCTION lealup._http_update_connection(lealup.http_call) IS 'Answers PATCH /v1/connections/{id}.';

CREATE FUNCTION lealup._http_disconnect(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c lealup.connections := lealup._http_find_connection(call);
BEGIN
    PERFORM lealup.disconnect(call.tenant_id, c.id, coalesce((call.body ->> 'purge')::boolean, false));
    RETURN lealup._http_ok(lealup._http_connection(lealup._http_find_connection(call)));
END $$;
COMMENT ON FUNCTION lealup._http_disconnect(lealup.http_call) IS 'Answers POST /v1/connections/{id}/disconnect.';

CREATE FUNCTION lealup._http_pause_connection(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c lealup.connections := lealup._http_find_connection(call);
BEGIN
    PERFORM lealup.pause_connection(call.tenant_id, c.id);
    RETURN lealup._http_ok(lealup._http_connection(lealup._http_find_connection(call)));
END $$;
COMMENT ON FUNCTION lealup._http_pause_connection(lealup.http_call) IS 'Answers POST /v1/connections/{id}/pause.';

CREATE FUNCTION lealup._http_resume_connection(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c lealup.connections := lealup._http_find_connection(call);
BEGIN
    PERFORM lealup.resume_connection(call.tenant_id, c.id);
    RETURN lealup._http_ok(lealup._http_connection(lealup._http_find_connection(call)));
END $$;
COMMENT ON FUNCTION lealup._http_resume_connection(lealup.http_call) IS 'Answers POST /v1/connections/{id}/resume.';

CREATE FUNCTION lealup._http_list_providers(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN lealup._http_ok(json_build_object('data', (
        SELECT coalesce(json_agg(json_build_object('name', p.name, 'title', p.title, 'kind', p.kind, 'auth', p.auth, 'fields', p.fields,
            'scopes', (SELECT coalesce(json_agg(json_build_object('scope', s.scope, 'required', s.required, 'reads', s.reads, 'writes', s.writes, 'does_not_read', s.does_not_read)
                ORDER BY s.required DESC, s.scope), '[]') FROM lealup.provider_scope s WHERE s.provider = p.name),
            'setup_steps', p.setup_steps, 'problems', p.problems, 'docs_url', p.docs_url) ORDER BY p.name), '[]') FROM lealup.provider p)));
COMMENT ON FUNCTION lealup._http_list_providers(lealup.http_call) IS 'Answers GET /v1/providers.';

-- ----- Coming back -----

CREATE FUNCTION lealup._html_escape(text text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN replace(replace(replace(replace(replace(text, '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), '"', '&quot;'), '''', '&#39;');
COMMENT ON FUNCTION lealup._html_escape(text) IS 'A text as content of an HTML page.';

CREATE FUNCTION lealup._http_oauth_callback(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r record := lealup._come_back(call.query ->> 'state', call.query ->> 'code', call.query ->> 'error', call.query ->> 'error_description');
    headers jsonb := '{"content-type": "text/html; charset=utf-8", "content-security-policy": "default-src ''none''; base-uri ''none''; form-action ''none''; frame-ancestors ''none''",
        "referrer-policy": "no-referrer", "x-frame-options": "DENY"}';
    heading text := CASE WHEN r.ok THEN 'Connecting' ELSE 'Not connected' END;
BEGIN
    IF r.return_url IS NOT NULL THEN
        RETURN ROW(303, headers || jsonb_build_object('location', r.return_url || CASE WHEN strpos(r.return_url, '?') > 0 THEN '&' ELSE '?' END
            || 'connection_id=' || r.connection_id || '&result=' || CASE WHEN r.ok THEN 'authorized' ELSE 'failed' END), NULL, '', NULL, NULL)::lealup.http_reply;
    END IF;
    RETURN ROW(CASE WHEN r.ok THEN 200 ELSE 400 END, headers, NULL,
        format(E'<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8"><title>%s</title></head>\n<body>\n<h1>%s</h1>\n<p>%s</p>\n</body>\n</html>\n',
        heading, heading, lealup._html_escape(r.message)), NULL, NULL)::lealup.http_reply;
END $$;
COMMENT ON FUNCTION lealup._http_oauth_callback(lealup.http_call) IS
    'Answers GET /v1/oauth/callback: a page that says what happened and what to do, or a redirect to the return_url of connect() with connection_id and result (authorized or failed).';

-- ----- Routes -----

SELECT lealup._add_route('GET', '/v1/connections', '_http_list_connections', 'connections:read', 'List connections',
    parameters => lealup._http_paging() || lealup._http_id_of('member_id', 'Whose they are.') || '{"provider": {"type": "string", "maxLength": 40},
        "state": {"type": "string", "enum": ["pending", "connected", "error", "disconnected"]}, "kind": {"type": "string", "enum": ["personal", "workspace"]}}',
    responses => lealup._http_list_of('{"$ref": "#/components/schemas/Connection"}'));
SELECT lealup._add_route('POST', '/v1/connections', '_http_connect', 'connections:write', 'Connect a provider',
    request => '{"type": "object", "additionalProperties": false, "required": ["provider"], "properties": {"provider": {"type": "string", "maxLength": 40, "examples": ["gmail"]},
        "member_id": {"type": ["string", "null"], "format": "uuid", "description": "For whom, if the API key acts for no member and the provider is a personal one."},
        "options": {"type": ["object", "null"], "description": "The provider''s fields; also login_hint, return_url, allow_other_account, backfill (90 days)."},
        "scopes": {"type": ["array", "null"], "maxItems": 100, "items": {"type": "string", "maxLength": 500}, "description": "Optional scopes that are wanted.",
            "examples": [["https://www.googleapis.com/auth/gmail.readonly"]]}}}',
    responses => '{"201": {"$ref": "#/components/schemas/Authorization"}}');
SELECT lealup._add_route('GET', '/v1/connections/{id}', '_http_get_connection', 'connections:read', 'A connection', responses => '{"200": {"$ref": "#/components/schemas/ConnectionDetail"}}');
SELECT lealup._add_route('PATCH', '/v1/connections/{id}', '_http_update_connection', 'connections:write', 'Change how a connection is set up',
    request => '{"type": "object", "additionalProperties": false, "properties": {
        "options": {"type": "object", "description": "Those to change; null takes one back. What it reads is read anew."}}}',
    responses => '{"200": {"$ref": "#/components/schemas/ConnectionDetail"}}');
SELECT lealup._add_route('POST', '/v1/connections/{id}/reconnect', '_http_reconnect', 'connections:write', 'Connect anew',
    request => '{"type": "object", "additionalProperties": false, "properties": {"options": {"type": ["object", "null"], "description": "Those to change."},
        "scopes": {"type": ["array", "null"], "maxItems": 100, "items": {"type": "string", "maxLength": 500}, "examples": [["https://www.googleapis.com/auth/gmail.readonly"]]}}}',
    responses => '{"200": {"$ref": "#/components/schemas/Authorization"}}');
SELECT lealup._add_route('POST', '/v1/connections/{id}/disconnect', '_http_disconnect', 'connections:write', 'Disconnect, and revoke the grant',
    request => '{"type": "object", "additionalProperties": false, "properties": {"purge": {"type": "boolean", "description": "Whether what it has brought is deleted."}}}',
    responses => '{"200": {"$ref": "#/components/schemas/Connection"}}');
SELECT lealup._add_route('POST', '/v1/connections/{id}/pause', '_http_pause_connection', 'connections:write', 'Pause a connection', responses => '{"200": {"$ref": "#/components/schemas/Connection"}}');
SELECT lealup._add_route('POST', '/v1/connections/{id}/resume', '_http_resume_connection', 'connections:write', 'End a pause', responses => '{"200": {"$ref": "#/components/schemas/Connection"}}');
SELECT lealup._add_route('GET', '/v1/providers', '_http_list_providers', 'connections:read', 'List providers',
    responses => '{"200": {"type": "object", "additionalProperties": false, "required": ["data"], "properties": {"data": {"type": "array", "items": {"$ref": "#/components/schemas/Provider"}}}}}');
SELECT lealup._add_route('GET', '/v1/oauth/callback', '_http_oauth_callback', NULL, 'Where providers send people back to',
    parameters => '{"state": {"type": "string", "maxLength": 1000, "required": true}, "code": {"type": "string", "maxLength": 4000}, "error": {"type": "string", "maxLength": 200},
        "error_description": {"type": "string", "maxLength": 4000}, "*": {}}',
    responses => '{"200": {"type": "string"}, "303": null}', produces => 'text/html');
