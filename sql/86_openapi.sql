-- The description of the HTTP API, made of its routes, so that it cannot say anything else than what is done.

INSERT INTO lealup.api_schema (name, schema) VALUES
('Problem', '{"type": "object", "description": "RFC 9457.", "required": ["type", "title", "status", "detail"], "additionalProperties": false, "properties": {
    "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"}, "detail": {"type": "string"},
    "instance": {"type": "string", "description": "Under which the server''s log has more."},
    "errors": {"type": "array", "items": {"type": "object", "additionalProperties": false, "required": ["field", "message"], "properties": {
        "field": {"type": "string", "description": "Path of the field, or name of the parameter or header."}, "message": {"type": "string"}}}}}}');

CREATE FUNCTION lealup._http_shows_object(route lealup.route) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    RETURN (route).method = 'GET' AND (route).scope IS NOT NULL AND (route).produces = 'application/json' AND (route).responses #> '{200,properties,data}' IS NULL;
COMMENT ON FUNCTION lealup._http_shows_object(lealup.route) IS 'Whether a route answers with one object, which has an ETag.';

CREATE FUNCTION lealup._http_parameters(route lealup.route) RETURNS jsonb
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT coalesce(jsonb_agg(p.parameter ORDER BY p.place, p.name), '[]') FROM (
        SELECT 1 AS place, n AS name, jsonb_build_object('name', n, 'in', 'path', 'required', true, 'schema', '{"type": "string"}'::jsonb) AS parameter
        FROM unnest((route).names) n WHERE n IS NOT NULL
        UNION ALL
        SELECT 2, q.key, jsonb_strip_nulls(jsonb_build_object('name', q.key, 'in', 'query', 'required', q.value ->> 'required' = 'true',
            'description', q.value -> 'description', 'schema', q.value - '{required,description}'::text[]))
        FROM jsonb_each((route).parameters) q
        UNION ALL
        SELECT 3, h.name, jsonb_build_object('$ref', '#/components/parameters/' || h.name)
        FROM (VALUES ('If-Match', (route).method IN ('PATCH', 'DELETE')), ('If-None-Match', lealup._http_shows_object(route)),
            ('Idempotency-Key', (route).method = 'POST' AND (route).scope IS NOT NULL)) h(name, known) WHERE h.known) p;
END;
COMMENT ON FUNCTION lealup._http_parameters(lealup.route) IS 'The parameters of a route as OpenAPI has them.';

CREATE FUNCTION lealup._http_response(route lealup.route, status text, schema jsonb) RETURNS jsonb
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT jsonb_build_object('description', CASE status WHEN '200' THEN 'OK' WHEN '201' THEN 'Created' WHEN '202' THEN 'Accepted' WHEN '204' THEN 'No Content' ELSE 'Unavailable' END)
        || CASE WHEN h.headers IS NULL THEN '{}' ELSE jsonb_build_object('headers', h.headers) END
        || CASE WHEN schema = 'null' THEN '{}' ELSE jsonb_build_object('content', jsonb_build_object((route).produces,
            jsonb_build_object('schema', schema) || CASE WHEN (route).examples ? status THEN jsonb_build_object('example', (route).examples -> status) ELSE '{}' END)) END
    FROM (SELECT jsonb_object_agg(x.name, jsonb_build_object('$ref', '#/components/headers/' || x.name)) AS headers
          FROM (VALUES ('RateLimit', (route).scope IS NOT NULL AND (route).rate_class <> 'none'), ('RateLimit-Policy', (route).scope IS NOT NULL AND (route).rate_class <> 'none'),
              ('ETag', lealup._http_shows_object(route) OR (route).method = 'PATCH'), ('Location', status = '201')) x(name, given)
          WHERE x.given) h;
END;
COMMENT ON FUNCTION lealup._http_response(lealup.route, text, jsonb) IS 'An answer of a route as OpenAPI has it, with its headers and an example.';

CREATE FUNCTION lealup._http_operation(route lealup.route) RETURNS jsonb
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT jsonb_strip_nulls(jsonb_build_object('operationId', replace((route).handler, '_http_', ''), 'summary', (route).summary,
            'description', concat_ws(' ', (route).summary || '.', CASE WHEN (route).scope IS NULL THEN 'Needs no API key.' ELSE format('Needs an API key with the scope `%s`.', (route).scope) END,
                CASE (route).rate_class WHEN 'heavy' THEN 'Counts as 10 requests.' WHEN 'none' THEN 'Is not counted.' END),
            'tags', jsonb_build_array(coalesce(split_part((route).scope, ':', 1), 'public')), 'x-scope', (route).scope,
            'security', CASE WHEN (route).scope IS NULL THEN '[]'::jsonb ELSE '[{"apiKey": []}]' END,
            'parameters', lealup._http_parameters(route)))
        -- Without stripping: a null in a schema means something.
        || CASE WHEN (route).request IS NOT NULL THEN jsonb_build_object('requestBody', jsonb_build_object(
                'required', coalesce(jsonb_array_length(lealup._http_schema((route).request) -> 'required') > 0, false),
                'content', jsonb_build_object('application/json', jsonb_build_object('schema', (route).request, 'example', (route).examples -> 'request')))) ELSE '{}' END
        || jsonb_build_object('responses', (SELECT jsonb_object_agg(r.key, lealup._http_response(route, r.key, r.value)) FROM jsonb_each((route).responses) r)
            || CASE WHEN lealup._http_shows_object(route) THEN '{"304": {"description": "It is as the ETag that If-None-Match names."}}'::jsonb ELSE '{}' END
            || CASE WHEN (route).method IN ('PATCH', 'DELETE') THEN '{"412": {"$ref": "#/components/responses/PreconditionFailed"}}'::jsonb ELSE '{}' END
            || CASE WHEN (route).scope IS NOT NULL THEN '{"401": {"$ref": "#/components/responses/Unauthorized"}, "403": {"$ref": "#/components/responses/Forbidden"},
                "429": {"$ref": "#/components/responses/TooManyRequests"}}'::jsonb ELSE '{}' END
            || '{"default": {"$ref": "#/components/responses/Problem"}}');
END;
COMMENT ON FUNCTION lealup._http_operation(lealup.route) IS 'A route as OpenAPI has it.';

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
            SELECT r.path, jsonb_object_agg(lower(r.method), lealup._http_operation(r)) AS operations FROM lealup.route r GROUP BY r.path) p),
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

SELECT lealup._add_route('GET', '/v1/openapi.json', '_http_openapi', NULL, 'This document', responses => '{"200": {"type": "object"}}', rate_class => 'none');
