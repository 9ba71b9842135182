-- The description of the HTTP API, made of its routes, so that it cannot say anything else than what is done.

INSERT INTO lealup.api_schema (name, schema) VALUES
('Problem', '{"type": "object", "description": "RFC 9457.", "required": ["type", "title", "status", "detail"], "additionalProperties": false, "properties": {
    "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"}, "detail": {"type": "string"},
    "instance": {"type": "string", "description": "Under which the server''s log has more."},
    "errors": {"type": "array", "items": {"type": "object", "additionalProperties": false, "required": ["field", "message"], "properties": {
        "field": {"type": "string", "description": "Path of the field, or name of the parameter or header."}, "message": {"type": "string"}}}}}}');

CREATE FUNCTION lealup._http_parameters(route lealup.route) RETURNS jsonb
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT coalesce(jsonb_agg(p.parameter ORDER BY p.place, p.name), '[]') FROM (
        SELECT 1 AS place, n AS name, jsonb_build_object('name', n, 'in', 'path', 'required', true, 'schema', '{"type": "string"}'::jsonb) AS parameter
        FROM unnest((route).names) n WHERE n IS NOT NULL
        UNION ALL
        SELECT 2, q.key, jsonb_strip_nulls(jsonb_build_object('name', q.key, 'in', 'query', 'required', q.value ->> 'required' = 'true',
            'description', q.value -> 'description', 'schema', q.value - '{required,description}'::text[]))
        FROM jsonb_each((route).parameters) q WHERE q.key <> '*'
        UNION ALL
        SELECT 3, 'If-Match', '{"name": "If-Match", "in": "header", "description": "The ETag that was seen last; 412 if there is a newer version.", "schema": {"type": "string"}}'
        WHERE (route).method IN ('PATCH', 'DELETE')
        UNION ALL
        SELECT 3, 'Idempotency-Key', '{"name": "Idempotency-Key", "in": "header", "description": "Within a day a repeated request with the same key is given the first one''s answer.", "schema": {"type": "string", "minLength": 1, "maxLength": 255}}'
        WHERE (route).method = 'POST' AND (route).scope IS NOT NULL) p;
END;
COMMENT ON FUNCTION lealup._http_parameters(lealup.route) IS 'The parameters of a route as OpenAPI has them.';

CREATE FUNCTION lealup._http_operation(route lealup.route) RETURNS jsonb
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT jsonb_strip_nulls(jsonb_build_object('operationId', replace((route).handler, '_http_', ''), 'summary', (route).summary,
            'tags', jsonb_build_array(coalesce(split_part((route).scope, ':', 1), 'public')),
            'security', CASE WHEN (route).scope IS NULL THEN '[]'::jsonb ELSE jsonb_build_array(jsonb_build_object('apiKey', jsonb_build_array((route).scope))) END,
            'parameters', lealup._http_parameters(route)))
        -- Without stripping: a null in a schema means something.
        || CASE WHEN (route).request IS NOT NULL THEN jsonb_build_object('requestBody', jsonb_build_object('required', (route).request ? 'required',
                'content', jsonb_build_object('application/json', jsonb_build_object('schema', (route).request)))) ELSE '{}' END
        || jsonb_build_object('responses', (
            SELECT jsonb_object_agg(r.key, jsonb_build_object('description', CASE r.key WHEN '200' THEN 'OK' WHEN '201' THEN 'Created' WHEN '202' THEN 'Accepted' WHEN '204' THEN 'No Content' WHEN '303' THEN 'See Other' ELSE 'Unavailable' END)
                || CASE WHEN r.value = 'null' THEN '{}' ELSE jsonb_build_object('content', jsonb_build_object((route).produces, jsonb_build_object('schema', r.value))) END)
            FROM jsonb_each((route).responses) r) || '{"default": {"$ref": "#/components/responses/Problem"}}');
END;
COMMENT ON FUNCTION lealup._http_operation(lealup.route) IS 'A route as OpenAPI has it.';

CREATE FUNCTION lealup.openapi() RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT jsonb_build_object('openapi', '3.1.0',
        'info', jsonb_build_object('title', 'LealUp', 'version', 'v1', 'description',
            'Lists are pages: next is the path of the next one. Errors are problems (RFC 9457) that name the fields. Every answer tells by RateLimit how many requests the API key has left.'),
        'paths', (SELECT jsonb_object_agg(p.path, p.operations) FROM (
            SELECT r.path, jsonb_object_agg(lower(r.method), lealup._http_operation(r)) AS operations FROM lealup.route r GROUP BY r.path) p),
        'components', jsonb_build_object(
            'schemas', (SELECT jsonb_object_agg(s.name, s.schema) FROM lealup.api_schema s),
            'responses', '{"Problem": {"description": "An error", "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}}'::jsonb,
            'securitySchemes', '{"apiKey": {"type": "http", "scheme": "bearer", "description": "An API key, with the scope that the operation names; * covers all, write covers read."}}'::jsonb));
END;
COMMENT ON FUNCTION lealup.openapi() IS 'The HTTP API as an OpenAPI 3.1 document, made of the routes.';

CREATE FUNCTION lealup._http_openapi(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN lealup._http_ok(lealup.openapi()::json, version => '1');
COMMENT ON FUNCTION lealup._http_openapi(lealup.http_call) IS 'Answers GET /v1/openapi.json.';

SELECT lealup._add_route('GET', '/v1/openapi.json', '_http_openapi', NULL, 'This document', responses => '{"200": {"type": "object"}}', rate_class => 'none');
