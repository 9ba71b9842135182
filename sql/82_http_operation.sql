-- The HTTP API: a route as the OpenAPI document describes it, made when it is added.

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
        FROM jsonb_each((route).parameters) q WHERE q.key <> '*'
        UNION ALL
        SELECT 3, h.name, jsonb_build_object('$ref', '#/components/parameters/' || h.name)
        FROM (VALUES ('If-Match', (route).method IN ('PATCH', 'DELETE')), ('If-None-Match', lealup._http_shows_object(route)),
            ('Idempotency-Key', (route).method = 'POST' AND (route).scope IS NOT NULL)) h(name, known) WHERE h.known) p;
END;
COMMENT ON FUNCTION lealup._http_parameters(lealup.route) IS 'The parameters of a route as OpenAPI has them.';

CREATE FUNCTION lealup._http_response(route lealup.route, status text, schema jsonb) RETURNS jsonb
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT jsonb_build_object('description', CASE status WHEN '200' THEN 'OK' WHEN '201' THEN 'Created' WHEN '202' THEN 'Accepted' WHEN '204' THEN 'No Content' WHEN '303' THEN 'See Other' ELSE 'Unavailable' END)
        || CASE WHEN h.headers IS NULL THEN '{}' ELSE jsonb_build_object('headers', h.headers) END
        || CASE WHEN schema = 'null' THEN '{}' ELSE jsonb_build_object('content', jsonb_build_object((route).produces,
            jsonb_build_object('schema', schema) || CASE WHEN (route).produces = 'application/json' THEN jsonb_build_object('example', lealup._http_example(schema, NULL, false)) ELSE '{}' END)) END
    FROM (SELECT jsonb_object_agg(x.name, jsonb_build_object('$ref', '#/components/headers/' || x.name)) AS headers
          FROM (VALUES ('RateLimit', (route).scope IS NOT NULL AND (route).rate_class <> 'none'), ('RateLimit-Policy', (route).scope IS NOT NULL AND (route).rate_class <> 'none'),
              ('ETag', lealup._http_shows_object(route) OR (route).method = 'PATCH'), ('Location', status = '201')) x(name, given)
          WHERE x.given) h;
END;
COMMENT ON FUNCTION lealup._http_response(lealup.route, text, jsonb) IS 'An answer of a route as OpenAPI has it, with its headers and an example.';

CREATE FUNCTION lealup._http_operation(route lealup.route, example jsonb) RETURNS jsonb
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
                'content', jsonb_build_object('application/json', jsonb_build_object('schema', (route).request, 'example', coalesce(example, lealup._http_example((route).request, NULL, true)))))) ELSE '{}' END
        || jsonb_build_object('responses', (SELECT jsonb_object_agg(r.key, lealup._http_response(route, r.key, r.value)) FROM jsonb_each((route).responses) r)
            || CASE WHEN lealup._http_shows_object(route) THEN '{"304": {"description": "It is as the ETag that If-None-Match names."}}'::jsonb ELSE '{}' END
            || CASE WHEN (route).method IN ('PATCH', 'DELETE') THEN '{"412": {"$ref": "#/components/responses/PreconditionFailed"}}'::jsonb ELSE '{}' END
            || CASE WHEN (route).scope IS NOT NULL THEN '{"401": {"$ref": "#/components/responses/Unauthorized"}, "403": {"$ref": "#/components/responses/Forbidden"},
                "429": {"$ref": "#/components/responses/TooManyRequests"}}'::jsonb ELSE '{}' END
            || '{"default": {"$ref": "#/components/responses/Problem"}}');
END;
COMMENT ON FUNCTION lealup._http_operation(lealup.route, jsonb) IS 'A route as OpenAPI has it; example: of a body, null = one is made of its schema.';
