-- The description of the HTTP API, made of its routes, so that it cannot say anything else than what is done.

INSERT INTO lealup.api_schema (name, schema) VALUES
('Problem', '{"type": "object", "description": "RFC 9457.", "required": ["type", "title", "status", "detail"], "additionalProperties": false, "properties": {
    "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"}, "detail": {"type": "string"},
    "instance": {"type": "string", "description": "Under which the server''s log has more."},
    "errors": {"type": "array", "items": {"type": "object", "additionalProperties": false, "required": ["field", "message"], "properties": {
        "field": {"type": "string", "description": "Path of the field, or name of the parameter or header."}, "message": {"type": "string"}}}}}}');

CREATE FUNCTION lealup._http_error_response(status int, description text, headers jsonb DEFAULT '{}') RETURNS jsonb
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
    RETURN jsonb_build_object('description', description, 'content', jsonb_build_object('application/problem+json', jsonb_build_object('schema', '{"$ref": "#/components/schemas/Problem"}'::jsonb,
        'example', jsonb_build_object('type', 'about:blank', 'title', lealup._http_title(status), 'status', status, 'detail', description))))
        || CASE WHEN headers = '{}' THEN '{}' ELSE jsonb_build_object('headers', headers) END;
COMMENT ON FUNCTION lealup._http_error_response(int, text, jsonb) IS 'An error that many routes answer as OpenAPI has it.';

CREATE FUNCTION lealup.openapi() RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT jsonb_build_object('openapi', '3.1.0',
        'info', jsonb_build_object('title', 'LealUp', 'version', 'v1', 'contact', '{"name": "The administrators of this installation"}'::jsonb, 'description',
            'Lists are pages: next is the path of the next one. Errors are problems (RFC 9457) that name the fields; fields that are not known are errors. PATCH changes what the body names, null clears it; arrays, filters and headers are replaced as a whole, custom fields are merged (RFC 7396). Every answer tells by RateLimit how many requests the API key has left.'),
        'servers', '[{"url": "/", "description": "Where this document was found."}]'::jsonb,
        'tags', (SELECT jsonb_agg(jsonb_build_object('name', t.tag, 'description', t.description) ORDER BY t.tag) FROM (
            SELECT coalesce(split_part(r.scope, ':', 1), 'public') AS tag, string_agg(r.summary, '; ' ORDER BY r.path, r.method) AS description FROM lealup.route r GROUP BY 1) t),
        'paths', (SELECT jsonb_object_agg(p.path, p.operations) FROM (
            SELECT r.path, jsonb_object_agg(lower(r.method), r.operation) AS operations FROM lealup.route r GROUP BY r.path) p),
        'components', jsonb_build_object(
            'schemas', (SELECT jsonb_object_agg(s.name, s.schema) FROM lealup.api_schema s),
            'parameters', '{"If-Match": {"name": "If-Match", "in": "header", "description": "The ETag that was seen last; 412 if there is a newer version.", "schema": {"type": "string"}},
                "If-None-Match": {"name": "If-None-Match", "in": "header", "description": "The ETag that was seen last; 304 if nothing differs.", "schema": {"type": "string"}},
                "Idempotency-Key": {"name": "Idempotency-Key", "in": "header", "description": "Within a day a repeated request with the same key is given the first one''s answer.", "schema": {"type": "string", "minLength": 1, "maxLength": 255}}}'::jsonb,
            'headers', '{"RateLimit": {"description": "How many requests are left (r), and in how many seconds it is all of them (t).", "schema": {"type": "string"}},
                "RateLimit-Policy": {"description": "How many requests (q) in how many seconds (w).", "schema": {"type": "string"}}, "ETag": {"description": "The version that is shown.", "schema": {"type": "string"}},
                "Location": {"description": "The path of what was made, where it has one.", "schema": {"type": "string"}}, "Retry-After": {"description": "Seconds.", "schema": {"type": "string"}}}'::jsonb,
            'responses', jsonb_build_object('Problem', lealup._http_error_response(422, 'The request cannot be done; detail and errors say why.', '{"Retry-After": {"$ref": "#/components/headers/Retry-After"}}'),
                'Unauthorized', lealup._http_error_response(401, 'The API key is not valid: it does not exist, was revoked, has expired, or its member is not active.'),
                'Forbidden', lealup._http_error_response(403, 'The API key, or the member for whom it acts, may not do this.'),
                'PreconditionFailed', lealup._http_error_response(412, 'It was changed in the meantime.'),
                'TooManyRequests', lealup._http_error_response(429, 'Too many requests with this API key.', '{"Retry-After": {"$ref": "#/components/headers/Retry-After"}}')),
            'securitySchemes', '{"apiKey": {"type": "http", "scheme": "bearer", "description": "An API key, with the scope that x-scope of the operation names; * covers all, write covers read."}}'::jsonb));
END;
COMMENT ON FUNCTION lealup.openapi() IS 'The HTTP API as an OpenAPI 3.1 document, made of the routes.';

CREATE FUNCTION lealup._http_openapi(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN lealup._http_ok(lealup.openapi()::json, version => '1');
COMMENT ON FUNCTION lealup._http_openapi(lealup.http_call) IS 'Answers GET /v1/openapi.json.';

SELECT lealup._add_route('GET', '/v1/openapi.json', '_http_openapi', NULL, 'This document', responses => '{"200": {"type": "object"}}', rate_class => 'heavy');
