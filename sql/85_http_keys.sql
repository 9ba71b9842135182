-- The HTTP API of API keys: whoever may make them needs a scope of its own, which no *:write includes, and the right to administer.

INSERT INTO lealup.api_schema (name, schema) VALUES
('ApiKey', lealup._http_shape('{"id": {"type": "string", "format": "uuid"}, "name": {"type": "string", "examples": ["billing"]}, "prefix": {"type": "string", "description": "What the key begins with."},
    "scopes": {"type": "array", "items": {"type": "string"}}, "member_id": {"type": ["string", "null"], "format": "uuid", "description": "For whom it acts; null = the application itself."},
    "rate_limit": {"type": ["integer", "null"], "description": "Requests per second; null = the installation''s."},
    "status": {"type": "string", "enum": ["active", "expired", "revoked", "member_inactive"]}, "created_at": {"type": "string", "format": "date-time"},
    "expires_at": {"type": ["string", "null"], "format": "date-time"}, "revoked_at": {"type": ["string", "null"], "format": "date-time"},
    "last_used_at": {"type": ["string", "null"], "format": "date-time", "description": "To the minute."}}'));
INSERT INTO lealup.api_schema (name, schema)
SELECT 'NewApiKey', lealup._http_shape((s.schema -> 'properties') || '{"key": {"type": ["string", "null"], "description": "The key itself, in this answer only: it is not kept. Null if the request is repeated."}}')
FROM lealup.api_schema s WHERE s.name = 'ApiKey';

CREATE FUNCTION lealup._http_api_key(k lealup.api_keys) RETURNS json
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN json_build_object('id', k.id, 'name', k.name, 'prefix', k.prefix, 'scopes', k.scopes, 'member_id', k.member_id, 'rate_limit', k.rate_limit,
        'status', replace(k.status, ' ', '_'), 'created_at', lealup._http_stamp(k.created_at), 'expires_at', lealup._http_stamp(k.expires_at),
        'revoked_at', lealup._http_stamp(k.revoked_at), 'last_used_at', lealup._http_stamp(k.last_used_at));
COMMENT ON FUNCTION lealup._http_api_key(lealup.api_keys) IS 'An API key as answers show it: without the key.';

CREATE FUNCTION lealup._http_api_key_version(k lealup.api_keys) RETURNS text
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    -- To use a key is no change of it.
    SELECT lealup._http_version((to_jsonb(k) - 'last_used_at')::json);
END;
COMMENT ON FUNCTION lealup._http_api_key_version(lealup.api_keys) IS 'The version of an API key.';

CREATE FUNCTION lealup._http_find_api_key(tenant_id uuid, api_key_id uuid) RETURNS lealup.api_keys
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    k lealup.api_keys;
BEGIN
    SELECT x.* INTO k FROM lealup.api_keys x WHERE x.tenant_id = _http_find_api_key.tenant_id AND x.id = _http_find_api_key.api_key_id;
    PERFORM lealup._http_found(FOUND, 'API key');
    RETURN k;
END $$;
COMMENT ON FUNCTION lealup._http_find_api_key(uuid, uuid) IS 'An API key; ends the request with 404 if there is none.';

CREATE FUNCTION lealup._http_list_api_keys(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN lealup._http_page(call, 'api_keys', '_http_api_key', '{member_id}',
        CASE WHEN call.query ? 'status' THEN format('x.status = %L', replace(call.query ->> 'status', '_', ' ')) END);
COMMENT ON FUNCTION lealup._http_list_api_keys(lealup.http_call) IS 'Answers GET /v1/api-keys, in the order in which they were made, by the primary key.';

CREATE FUNCTION lealup._http_get_api_key(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    k lealup.api_keys := lealup._http_find_api_key(call.tenant_id, lealup._http_id(call, 'id', 'API key'));
BEGIN
    RETURN lealup._http_ok(lealup._http_api_key(k), version => lealup._http_api_key_version(k));
END $$;
COMMENT ON FUNCTION lealup._http_get_api_key(lealup.http_call) IS 'Answers GET /v1/api-keys/{id}.';

CREATE FUNCTION lealup._http_create_api_key(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    b jsonb := call.body;
    maker lealup.api_keys := lealup._http_find_api_key(call.tenant_id, call.api_key_id);
    made text;
    k lealup.api_keys;
    reply lealup.http_reply;
BEGIN
    PERFORM lealup._http_check_references(call.tenant_id, b);
    made := lealup.create_api_key(call.tenant_id, b ->> 'name', ARRAY(SELECT jsonb_array_elements_text(b -> 'scopes')),
        CASE WHEN b ? 'member_id' THEN (b ->> 'member_id')::uuid ELSE call.member_id END, lealup._http_time(b ->> 'expires_at'),
        coalesce((b ->> 'rate_limit')::int, CASE WHEN maker.rate_limit < current_setting('lealup.api_rate_limit')::int THEN maker.rate_limit END));
    k := lealup._http_find_api_key(call.tenant_id, split_part(made, '_', 2)::uuid);
    reply := lealup._http_ok(lealup._http_and(lealup._http_api_key(k), json_build_object('key', made)), 201, jsonb_build_object('location', call.path || '/' || k.id),
        lealup._http_api_key_version(k));
    reply.again := lealup._http_and(lealup._http_api_key(k), json_build_object('key', NULL));
    RETURN reply;
END $$;
COMMENT ON FUNCTION lealup._http_create_api_key(lealup.http_call) IS
    'Answers POST /v1/api-keys. The key is shown once: whoever repeats the request under its Idempotency-Key, having lost the answer, learns its id and may revoke it.';

CREATE FUNCTION lealup._http_revoke_api_key(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    k lealup.api_keys := lealup._http_find_api_key(call.tenant_id, lealup._http_id(call, 'id', 'API key'));
BEGIN
    PERFORM lealup._http_if_match(call, lealup._http_api_key_version(k));
    PERFORM lealup.revoke_api_key(k.tenant_id, k.id);
    RETURN lealup._http_ok(NULL, 204);
END $$;
COMMENT ON FUNCTION lealup._http_revoke_api_key(lealup.http_call) IS 'Answers DELETE /v1/api-keys/{id}: it is revoked and stays visible, for the audit trail.';

-- ----- Routes -----

SELECT lealup._add_route('POST', '/v1/api-keys', '_http_create_api_key', 'keys:write', 'Make an API key',
    request => lealup._http_shape('{"name": {"type": "string", "minLength": 1, "maxLength": 200},
        "scopes": {"type": "array", "minItems": 1, "maxItems": 50, "items": {"type": "string", "maxLength": 100}, "description": "Such as webhooks:read; write covers read. None that the key which makes it has not."},
        "member_id": {"type": ["string", "null"], "format": "uuid", "description": "With whose rights it acts; null = the application''s. Absent: those of the key that makes it."},
        "expires_at": {"type": ["string", "null"], "format": "date-time", "description": "Null = never."},
        "rate_limit": {"type": ["integer", "null"], "minimum": 1, "maximum": 1000000, "description": "Requests per second, at most those of the key that makes it; null = the installation''s, or those if they are fewer."}}', '{name,scopes}'),
    responses => '{"201": {"$ref": "#/components/schemas/NewApiKey"}}',
    example => '{"name": "billing", "scopes": ["webhooks:read", "events:write"], "member_id": null, "expires_at": "2099-12-31T23:59:59Z"}');
SELECT lealup._add_route('GET', '/v1/api-keys', '_http_list_api_keys', 'keys:read', 'List API keys',
    parameters => lealup._http_paging() || lealup._http_id_of('member_id', 'Of this member.') || '{"status": {"type": "string", "enum": ["active", "expired", "revoked", "member_inactive"]}}',
    responses => lealup._http_list_of('{"$ref": "#/components/schemas/ApiKey"}'));
SELECT lealup._add_route('GET', '/v1/api-keys/{id}', '_http_get_api_key', 'keys:read', 'An API key, without the key', responses => '{"200": {"$ref": "#/components/schemas/ApiKey"}}');
SELECT lealup._add_route('DELETE', '/v1/api-keys/{id}', '_http_revoke_api_key', 'keys:write', 'Revoke an API key', responses => '{"204": null}');
