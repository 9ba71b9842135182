-- The HTTP API as data and functions: lealup.http_request() is the whole application, whoever listens.
--
-- How to write a route. A route is a row of lealup.route, inserted by lealup._add_route() in the file of its concern:
--
--     SELECT lealup._add_route('GET', '/v1/customers/{id}', '_http_get_customer', 'customers:read', 'One customer',
--         responses => '{"200": {"$ref": "#/components/schemas/Customer"}}');
--
-- Schemas are JSON Schema, of which lealup._http_check() lists the keywords; those that several routes share are rows of
-- lealup.api_schema and are referred to by $ref. The OpenAPI document is made of them, and requests are checked against them
-- before the handler is called: path parameters, query parameters (unknown ones are refused, values come typed, defaults filled
-- in) and the body (an object with "additionalProperties": false names each unknown field). A list adds
-- lealup._http_paging() to its parameters. A scope that is null makes a route public.
--
-- How to write a handler. It is a function lealup._http_NAME(call lealup.http_call) RETURNS lealup.http_reply, with its caller's
-- rights (no SECURITY DEFINER): it runs as the role lealup_api, which has the access "app" and nothing else. Row-level security
-- holds, and the request is bound to the API key's tenant and member as a role can be, so current_tenant(), _may() and every API
-- function know whose request it is: what the member may not do raises insufficient_privilege, and rows of others are not there. Every function
-- whose name begins with _http_ is granted to lealup_api by 90_access.sql; what else a handler calls beyond the access "app"
-- is granted there. It says what it has to say by
--
--     RETURN lealup._http_ok(json);                          -- 200; _http_ok(json, 201, headers, version)
--     RETURN lealup._http_list(call, items, positions);      -- a page of a list, see _http_after() for the cursor
--     PERFORM lealup._http_refuse(409, 'It is closed.');     -- raises; everything that the handler did is undone
--     PERFORM lealup._http_found(found, 'customer');         -- 404 unless found
--     PERFORM lealup._http_if_match(call, version);          -- 412 if If-Match names another version
--
-- Errors of the API functions become answers by their SQLSTATE, see _http_failure(); their message and detail are shown only
-- where lealup itself has written them. call.body is the body as jsonb, call.raw as json, byte for byte.

CREATE TABLE lealup.api_schema (
    name text NOT NULL PRIMARY KEY,
    schema jsonb NOT NULL
);
COMMENT ON TABLE lealup.api_schema IS 'JSON Schemas that several routes of the HTTP API share, the same for every tenant.';

CREATE TABLE lealup.route (
    method text NOT NULL CHECK (method IN ('GET', 'POST', 'PATCH', 'PUT', 'DELETE')),
    path text NOT NULL CHECK (path ~ '^(/([a-z0-9.-]+|\{[a-z_]+\}))+$'),
    slashes int NOT NULL,
    pattern text NOT NULL,
    names text[] NOT NULL,
    handler text NOT NULL CHECK (handler LIKE '\_http\_%'),
    scope text CHECK (scope ~ '^[a-z]+:(read|write)$'),
    summary text NOT NULL,
    parameters jsonb NOT NULL,
    request jsonb,
    responses jsonb NOT NULL,
    rate_class text NOT NULL CHECK (rate_class IN ('none', 'normal', 'heavy')),
    produces text NOT NULL,
    operation jsonb NOT NULL,
    PRIMARY KEY (method, path)
);
COMMENT ON TABLE lealup.route IS 'The routes of the HTTP API, the same for every tenant.';
COMMENT ON COLUMN lealup.route.pattern IS 'For LIKE: it matches paths that have as many slashes.';
COMMENT ON COLUMN lealup.route.names IS 'By segment: the path parameter''s name, null for what is literal.';
COMMENT ON COLUMN lealup.route.scope IS 'What an API key needs; null = the route is public.';
COMMENT ON COLUMN lealup.route.parameters IS 'Query parameters: {name: schema}.';
COMMENT ON COLUMN lealup.route.request IS 'The body''s schema; null = it takes none.';
COMMENT ON COLUMN lealup.route.responses IS '{status: schema of the body, or null where there is none}; errors, which are the same everywhere, are not listed.';
COMMENT ON COLUMN lealup.route.operation IS 'What the OpenAPI document says of it.';
COMMENT ON COLUMN lealup.route.rate_class IS 'How many requests it counts as for a key''s rate limit: none, normal (1), heavy (10).';

CREATE FUNCTION lealup._add_route(method text, path text, handler text, scope text, summary text, parameters jsonb DEFAULT '{}',
        request jsonb DEFAULT NULL, responses jsonb DEFAULT '{"200": {}}', rate_class text DEFAULT 'normal', produces text DEFAULT 'application/json',
        example jsonb DEFAULT NULL)
    RETURNS void LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    segments text[] := string_to_array(path, '/');
    r lealup.route;
BEGIN
    r := ROW(method, path, cardinality(segments) - 1, regexp_replace(path, '\{[a-z_]+\}', '%', 'g'),
        ARRAY(SELECT substring(x FROM '^\{(.*)\}$') FROM unnest(segments) WITH ORDINALITY u(x, n) ORDER BY n),
        handler, scope, summary, parameters, request, responses, rate_class, produces, NULL);
    r.operation := lealup._http_operation(r, example);
    INSERT INTO lealup.route SELECT r.*;
END $$;
COMMENT ON FUNCTION lealup._add_route(text, text, text, text, text, jsonb, jsonb, jsonb, text, text, jsonb) IS
    'Adds a route: method, path with parameters in braces, handler (a function lealup._http_...), scope that a key needs (null = public), summary, query parameters {name: schema}, schema of the body, {status: schema} of the answers, rate class, media type of the answer, an example of a body (null = one is made of its schema).';

CREATE TYPE lealup.http_call AS (
    method text,
    path text,
    params jsonb,
    query jsonb,
    headers jsonb,
    body jsonb,
    raw json,
    tenant_id uuid,
    member_id uuid,
    api_key_id uuid
);
COMMENT ON TYPE lealup.http_call IS
    'A request as a handler gets it: method, decoded path, path parameters {name: text}, query parameters {name: typed value}, headers {lower-case name: value} without credentials, the body as jsonb and as it was sent, and of the API key the tenant, the member (null = the application) and the id.';

CREATE TYPE lealup.http_reply AS (
    status int,
    headers jsonb,
    body json,
    content text,
    version text,
    again json
);
COMMENT ON TYPE lealup.http_reply IS
    'A handler''s answer: status, headers {lower-case name: value}, a body in JSON, or in another media type (content; a header content-type names it), the version of the object for its ETag, and what is answered instead of body when the request is repeated under its Idempotency-Key, if body holds a secret that must not be kept.';
