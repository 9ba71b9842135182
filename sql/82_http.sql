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
    PRIMARY KEY (method, path)
);
COMMENT ON TABLE lealup.route IS 'The routes of the HTTP API, the same for every tenant.';
COMMENT ON COLUMN lealup.route.pattern IS 'For LIKE: it matches paths that have as many slashes.';
COMMENT ON COLUMN lealup.route.names IS 'By segment: the path parameter''s name, null for what is literal.';
COMMENT ON COLUMN lealup.route.scope IS 'What an API key needs; null = the route is public.';
COMMENT ON COLUMN lealup.route.parameters IS 'Query parameters: {name: schema}.';
COMMENT ON COLUMN lealup.route.request IS 'The body''s schema; null = it takes none.';
COMMENT ON COLUMN lealup.route.responses IS '{status: schema of the body, or null where there is none}; errors, which are the same everywhere, are not listed.';
COMMENT ON COLUMN lealup.route.rate_class IS 'How many requests it counts as for a key''s rate limit: none, normal (1), heavy (10).';

CREATE FUNCTION lealup._add_route(method text, path text, handler text, scope text, summary text, parameters jsonb DEFAULT '{}',
        request jsonb DEFAULT NULL, responses jsonb DEFAULT '{"200": {}}', rate_class text DEFAULT 'normal', produces text DEFAULT 'application/json')
    RETURNS void LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO lealup.route (method, path, slashes, pattern, names, handler, scope, summary, parameters, request, responses, rate_class, produces)
    SELECT _add_route.method, _add_route.path, cardinality(s.segments) - 1, regexp_replace(_add_route.path, '\{[a-z_]+\}', '%', 'g'),
           ARRAY(SELECT substring(x FROM '^\{(.*)\}$') FROM unnest(s.segments) WITH ORDINALITY u(x, n) ORDER BY n),
           _add_route.handler, _add_route.scope, _add_route.summary, _add_route.parameters, _add_route.request, _add_route.responses,
           _add_route.rate_class, _add_route.produces
    FROM (SELECT string_to_array(_add_route.path, '/') AS segments) s;
END $$;
COMMENT ON FUNCTION lealup._add_route(text, text, text, text, text, jsonb, jsonb, jsonb, text, text) IS
    'Adds a route: method, path with parameters in braces, handler (a function lealup._http_...), scope that a key needs (null = public), summary, query parameters {name: schema}, schema of the body, {status: schema} of the answers, rate class, media type of the answer.';

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

CREATE TABLE lealup.http_answer (
    tenant_id uuid NOT NULL,
    api_key_id uuid NOT NULL,
    idempotency_key text NOT NULL,
    request_hash bytea NOT NULL,
    status int,
    headers jsonb,
    body text,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, api_key_id, idempotency_key)
);
CREATE INDEX ON lealup.http_answer (tenant_id, created_at);
COMMENT ON TABLE lealup.http_answer IS 'What requests with an Idempotency-Key were answered, kept for a day.';

-- ----- In C -----

CREATE FUNCTION lealup._percent_decode(text text, form boolean DEFAULT false) RETURNS text
    LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'lealup_percent_decode';
COMMENT ON FUNCTION lealup._percent_decode(text, boolean) IS
    'Decodes percent-encoding (form: and + as a blank); null if it is malformed, is no UTF-8, or holds control characters.';

CREATE FUNCTION lealup._json_depth(document text) RETURNS int
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'lealup_json_depth';
COMMENT ON FUNCTION lealup._json_depth(text) IS 'How deep the brackets of a text nest, outside strings; the text may be no JSON.';

CREATE FUNCTION lealup._json_names(document text) RETURNS int
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'lealup_json_names';
COMMENT ON FUNCTION lealup._json_names(text) IS 'How many members all objects of a JSON text have together.';

CREATE FUNCTION lealup._jsonb_names(value jsonb) RETURNS int
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'lealup_jsonb_names';
COMMENT ON FUNCTION lealup._jsonb_names(jsonb) IS 'The same of a jsonb, which has each name once: fewer than its text if that repeats one.';

CREATE FUNCTION lealup._random_bytes(length int) RETURNS bytea
    LANGUAGE c VOLATILE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'lealup_random_bytes';
COMMENT ON FUNCTION lealup._random_bytes(int) IS '1 to 1024 random bytes, fit for keys.';

CREATE FUNCTION lealup._equal(a bytea, b bytea) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'lealup_equal';
COMMENT ON FUNCTION lealup._equal(bytea, bytea) IS 'Whether two values of one length are equal, in a time that does not tell where they differ.';

CREATE FUNCTION lealup._take_token(id uuid, rate int, burst int, cost int, OUT taken boolean, OUT remaining int, OUT reset int, OUT retry_after int)
    RETURNS record LANGUAGE c VOLATILE STRICT PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'lealup_take_token';
COMMENT ON FUNCTION lealup._take_token(uuid, int, int, int) IS
    'Takes cost tokens out of a bucket that holds burst at most and gets rate more each second: whether they were there, how many are left, in how many seconds it is full, and in how many it has enough. Buckets are in shared memory: they hold for all processes of the server, are full after a restart, and are not rolled back.';

-- ----- What handlers call -----

CREATE FUNCTION lealup._http_refuse(status int, detail text, errors jsonb DEFAULT NULL, headers jsonb DEFAULT '{}') RETURNS void
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '%', detail USING ERRCODE = 'LU' || status, DETAIL = jsonb_build_object('errors', errors, 'headers', headers)::text;
END $$;
COMMENT ON FUNCTION lealup._http_refuse(int, text, jsonb, jsonb) IS
    'Ends a request with an error status (400 to 599): raises SQLSTATE LU and the status. errors: [{"field", "message"}].';

CREATE FUNCTION lealup._http_refuse_field(status int, field text, message text) RETURNS void
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
    RETURN lealup._http_refuse(status, format('%s: %s', field, message), jsonb_build_array(jsonb_build_object('field', field, 'message', message)));
COMMENT ON FUNCTION lealup._http_refuse_field(int, text, text) IS 'The same for one field.';

CREATE FUNCTION lealup._http_found(there boolean, what text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF there IS NOT TRUE THEN
        PERFORM lealup._http_refuse(404, format('There is no such %s.', what));
    END IF;
END $$;
COMMENT ON FUNCTION lealup._http_found(boolean, text) IS 'Ends a request with 404 unless it is there; what: such as customer.';

CREATE FUNCTION lealup._http_ok(body json, status int DEFAULT 200, headers jsonb DEFAULT '{}', version text DEFAULT NULL) RETURNS lealup.http_reply
    LANGUAGE sql IMMUTABLE
    RETURN ROW(status, headers, body, NULL, version, NULL)::lealup.http_reply;
COMMENT ON FUNCTION lealup._http_ok(json, int, jsonb, text) IS 'An answer in JSON; a null body with status 204 has none.';

CREATE FUNCTION lealup._http_id(call lealup.http_call, name text, what text) RETURNS uuid
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lealup._http_found(call.params ->> name ~* '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$', what);
    RETURN (call.params ->> name)::uuid;
END $$;
COMMENT ON FUNCTION lealup._http_id(lealup.http_call, text, text) IS 'A path parameter that is an id; 404 if it is none.';

CREATE FUNCTION lealup._http_if_match(call lealup.http_call, version text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    wanted text := call.headers ->> 'if-match';
BEGIN
    -- An ETag is a version and a hash of what was shown with it; only the version is what a change would overwrite.
    IF wanted <> '*' AND NOT EXISTS (
        SELECT FROM regexp_matches(wanted, '"([^"-]*)-?[^"]*"', 'g') m WHERE m[1] = version) THEN
        PERFORM lealup._http_refuse(412, 'It was changed in the meantime: get it anew, and send the ETag of what you then see as If-Match.');
    END IF;
END $$;
COMMENT ON FUNCTION lealup._http_if_match(lealup.http_call, text) IS
    'Ends a request with 412 if its If-Match names no ETag of this version of the object. The caller has locked the row.';

CREATE FUNCTION lealup._http_paging() RETURNS jsonb
    LANGUAGE sql IMMUTABLE
    RETURN '{"limit": {"type": "integer", "minimum": 1, "maximum": 100, "default": 50, "description": "How many to give at most."},
        "cursor": {"type": "string", "maxLength": 1000, "description": "Where to go on: next_cursor of the page before."}}'::jsonb;
COMMENT ON FUNCTION lealup._http_paging() IS 'The query parameters of a list.';

CREATE FUNCTION lealup._http_list_of(item jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
    RETURN jsonb_build_object('200', jsonb_build_object('type', 'object', 'additionalProperties', false,
        'required', '["data", "next", "next_cursor"]'::jsonb, 'properties', jsonb_build_object('data', jsonb_build_object('type', 'array', 'items', item),
            'next', '{"type": ["string", "null"], "description": "Path and query of the next page; null = this is the last one."}'::jsonb,
            'next_cursor', '{"type": ["string", "null"]}'::jsonb)));
COMMENT ON FUNCTION lealup._http_list_of(jsonb) IS 'The responses of a list whose items have that schema.';

CREATE FUNCTION lealup._http_query_hash(call lealup.http_call) RETURNS text
    LANGUAGE sql IMMUTABLE
    RETURN left(md5(call.path || (call.query - 'cursor' - 'limit')::text), 8);
COMMENT ON FUNCTION lealup._http_query_hash(lealup.http_call) IS 'What binds a cursor to its list and filters.';

CREATE FUNCTION lealup._http_after(call lealup.http_call, kinds text[]) RETURNS jsonb
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    position jsonb;
BEGIN
    IF call.query ->> 'cursor' IS NULL THEN
        RETURN NULL;
    END IF;
    -- A cursor is no secret and gives no right: it names a position, of which all that matters is that it is well-formed.
    BEGIN
        position := convert_from(decode(rpad(translate(call.query ->> 'cursor', '-_', '+/'),
            (length(call.query ->> 'cursor') + 3) / 4 * 4, '='), 'base64'), 'UTF8')::jsonb;
    EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
        position := 'null';
    END;
    IF jsonb_typeof(position) = 'array' AND position ->> 0 = lealup._http_query_hash(call) AND jsonb_array_length(position) = cardinality(kinds) + 1
        AND NOT EXISTS (SELECT FROM unnest(kinds) WITH ORDINALITY k(kind, n)
            WHERE lealup._http_check(jsonb_build_object('type', 'string', 'format', k.kind), position -> k.n::int, '') <> '[]') THEN
        RETURN position - 0;
    END IF;
    PERFORM lealup._http_refuse_field(400, 'cursor', 'is none that was given for this list with these filters');
END $$;
COMMENT ON FUNCTION lealup._http_after(lealup.http_call, text[]) IS
    'The position behind which a page begins, an array of texts; null for the first page. kinds: a format of _http_check() for each (uuid, date-time, text). Ends the request with 400 if the cursor is none of this list.';

CREATE FUNCTION lealup._percent_encode(text text) RETURNS text
    LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN CASE WHEN text ~ '^[A-Za-z0-9._~-]*$' THEN text ELSE (
        SELECT string_agg(CASE WHEN c BETWEEN 48 AND 57 OR c BETWEEN 65 AND 90 OR c BETWEEN 97 AND 122 OR c IN (45, 46, 95, 126)
                               THEN chr(c) ELSE '%' || upper(lpad(to_hex(c), 2, '0')) END, '' ORDER BY n)
        FROM (SELECT convert_to(text, 'UTF8') AS b) x, generate_series(0, length(x.b) - 1) n, get_byte(x.b, n) c) END;
COMMENT ON FUNCTION lealup._percent_encode(text) IS 'A text as part of a URL''s query or path.';

CREATE FUNCTION lealup._http_list(call lealup.http_call, items json[], positions jsonb[]) RETURNS lealup.http_reply
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    most int := (call.query ->> 'limit')::int;
    cursor text;
    next text;
BEGIN
    IF cardinality(items) > most THEN
        cursor := translate(encode(convert_to((jsonb_build_array(lealup._http_query_hash(call)) || positions[most])::text, 'UTF8'), 'base64'), E'+/=\n', '-_');
        next := call.path || '?' || (SELECT string_agg(q.key || '=' || lealup._percent_encode(q.value), '&' ORDER BY q.key)
            FROM jsonb_each_text(call.query || jsonb_build_object('cursor', cursor)) q);
    END IF;
    RETURN lealup._http_ok(json_build_object('data', coalesce(to_json(items[:most]), '[]'), 'next', next, 'next_cursor', cursor),
        headers => CASE WHEN next IS NULL THEN '{}' ELSE jsonb_build_object('link', format('<%s>; rel="next"', next)) END);
END $$;
COMMENT ON FUNCTION lealup._http_list(lealup.http_call, json[], jsonb[]) IS
    'A page: {"data": [...], "next": URL, "next_cursor": ...}. items: of the query''s limit + 1, in order (null = none); positions: of each, an array of texts, as _http_after() gives it.';

CREATE FUNCTION lealup._http_time(value text) RETURNS timestamptz
    LANGUAGE plpgsql STABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN CASE WHEN value ~* '^\d{4}-\d\d-\d\d(t\d\d:\d\d(:\d\d(\.\d{1,9})?)?(z|[+-]\d\d:\d\d))?$' THEN
        CASE WHEN length(value) = 10 THEN value || 'T00:00:00Z' ELSE value END::timestamptz END;
EXCEPTION WHEN data_exception THEN
    RETURN NULL;
END $$;
COMMENT ON FUNCTION lealup._http_time(text) IS 'A time in RFC 3339, or a date (which begins in UTC); null if it is none.';

-- ----- Checking -----

CREATE FUNCTION lealup._http_has_type(type jsonb, value jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN type IS NULL THEN true
        ELSE type ? jsonb_typeof(value) OR (type ? 'integer' AND jsonb_typeof(value) = 'number' AND value::numeric % 1 = 0) END;
COMMENT ON FUNCTION lealup._http_has_type(jsonb, jsonb) IS 'Whether a value has a type, or one of the types, of JSON Schema.';

CREATE FUNCTION lealup._http_check_format(format text, value text) RETURNS text
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN CASE format
        WHEN 'uuid' THEN CASE WHEN value !~* '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$' THEN 'must be a UUID' END
        WHEN 'date-time' THEN CASE WHEN lealup._http_time(value) IS NULL THEN 'must be a time as in 2026-04-15T14:30:00Z, or a date' END
        WHEN 'date' THEN CASE WHEN length(value) <> 10 OR lealup._http_time(value) IS NULL THEN 'must be a date as in 2026-04-15' END
        WHEN 'email' THEN CASE WHEN value !~ '^[^@\s]+@[^@\s]+$' THEN 'must be an e-mail address' END
    END;
COMMENT ON FUNCTION lealup._http_check_format(text, text) IS 'What is wrong with a text that must have a format (uuid, date-time, date, email); null if nothing is.';

CREATE FUNCTION lealup._http_error(field text, message text) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
    RETURN jsonb_build_array(jsonb_build_object('field', left(field, 200), 'message', message));
COMMENT ON FUNCTION lealup._http_error(text, text) IS 'One element of a problem''s errors.';

CREATE FUNCTION lealup._http_schema(schema jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN CASE WHEN schema ? '$ref' THEN (SELECT s.schema FROM lealup.api_schema s WHERE s.name = substring(_http_schema.schema ->> '$ref' FROM '[^/]*$'))
        ELSE schema END;
END $$;
COMMENT ON FUNCTION lealup._http_schema(jsonb) IS 'The schema itself, or the one to which it refers.';

CREATE FUNCTION lealup._http_check(schema jsonb, value jsonb, field text) RETURNS jsonb
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    most CONSTANT int := 20;
    errors jsonb := '[]';
    kind text := jsonb_typeof(value);
    problem text;
    m record;
BEGIN
    schema := lealup._http_schema(schema);
    IF NOT lealup._http_has_type(schema -> 'type', value) THEN
        RETURN lealup._http_error(field, format('must be %s, not %s',
            (SELECT string_agg(CASE t WHEN 'null' THEN t WHEN 'array' THEN 'an array' WHEN 'object' THEN 'an object' WHEN 'integer' THEN 'an integer'
                ELSE 'a ' || t END, ' or ') FROM jsonb_array_elements_text(CASE jsonb_typeof(schema -> 'type') WHEN 'array' THEN schema -> 'type'
                ELSE jsonb_build_array(schema -> 'type') END) t), kind));
    END IF;
    IF schema ? 'enum' AND kind <> 'null' AND NOT schema -> 'enum' @> jsonb_build_array(value) THEN
        RETURN lealup._http_error(field, 'must be one of ' || (SELECT string_agg(e, ', ') FROM jsonb_array_elements_text(schema -> 'enum') e));
    END IF;
    IF kind = 'string' THEN
        problem := coalesce(
            CASE WHEN length(value #>> '{}') < (schema ->> 'minLength')::int THEN format('must have at least %s characters', schema ->> 'minLength') END,
            CASE WHEN length(value #>> '{}') > (schema ->> 'maxLength')::int THEN format('must have at most %s characters', schema ->> 'maxLength') END,
            lealup._http_check_format(schema ->> 'format', value #>> '{}'));
    ELSIF kind = 'number' THEN
        problem := coalesce(
            CASE WHEN value::numeric < (schema ->> 'minimum')::numeric THEN 'must be at least ' || (schema ->> 'minimum') END,
            CASE WHEN value::numeric > (schema ->> 'maximum')::numeric THEN 'must be at most ' || (schema ->> 'maximum') END);
    ELSIF kind = 'array' THEN
        problem := coalesce(
            CASE WHEN jsonb_array_length(value) < (schema ->> 'minItems')::int THEN format('must have at least %s elements', schema ->> 'minItems') END,
            CASE WHEN jsonb_array_length(value) > (schema ->> 'maxItems')::int THEN format('must have at most %s elements', schema ->> 'maxItems') END);
        IF problem IS NULL AND schema ? 'items' THEN
            FOR m IN SELECT u.e, u.n FROM jsonb_array_elements(_http_check.value) WITH ORDINALITY u(e, n) ORDER BY n LOOP
                errors := errors || lealup._http_check(schema -> 'items', m.e, format('%s[%s]', field, m.n - 1));
                EXIT WHEN jsonb_array_length(errors) >= most;
            END LOOP;
        END IF;
    ELSIF kind = 'object' THEN
        FOR m IN SELECT u.r FROM jsonb_array_elements_text(schema -> 'required') u(r) WHERE NOT _http_check.value ? u.r LOOP
            errors := errors || lealup._http_error(concat_ws('.', nullif(field, ''), m.r), 'is required');
        END LOOP;
        IF schema ? 'properties' OR schema ? 'additionalProperties' THEN
            FOR m IN SELECT e.key, e.item, coalesce(schema -> 'properties' -> e.key, schema -> 'additionalProperties', 'true') AS known
                     FROM jsonb_each(_http_check.value) e(key, item) LOOP
                IF m.known = 'false' THEN
                    errors := errors || lealup._http_error(concat_ws('.', nullif(field, ''), left(m.key, 100)), 'is no field that is known here');
                ELSIF m.known NOT IN ('true', '{}') THEN
                    errors := errors || lealup._http_check(m.known, m.item, concat_ws('.', nullif(field, ''), left(m.key, 100)));
                END IF;
                EXIT WHEN jsonb_array_length(errors) >= most;
            END LOOP;
        END IF;
    END IF;
    IF problem IS NOT NULL THEN
        errors := errors || lealup._http_error(field, problem);
    END IF;
    RETURN errors;
END $$;
COMMENT ON FUNCTION lealup._http_check(jsonb, jsonb, text) IS
    'Checks a value by a JSON Schema: gives [{"field", "message"}], [] if all is well. Known keywords: $ref, type, enum, minLength, maxLength, format (see _http_check_format), minimum, maximum, minItems, maxItems, items, required, properties, additionalProperties.';

CREATE FUNCTION lealup._http_accepts(accept text, produces text) RETURNS boolean
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
    RETURN CASE WHEN accept IS NULL OR accept IN ('', '*/*', produces) THEN true ELSE coalesce((
        -- The range that says most about the media type decides.
        SELECT coalesce(substring(r FROM ';\s*[qQ]\s*=\s*([01](?:\.[0-9]{0,3})?)\s*(?:;|$)')::numeric, 1) > 0
        FROM regexp_split_to_table(left(accept, 4000), ',') r, lower(btrim(split_part(r, ';', 1), E' \t')) media
        WHERE media IN (produces, split_part(produces, '/', 1) || '/*', '*/*')
        ORDER BY media = produces DESC, media <> '*/*' DESC LIMIT 1), false) END;
COMMENT ON FUNCTION lealup._http_accepts(text, text) IS 'Whether a header Accept admits the media type.';

CREATE FUNCTION lealup._http_is_json(content_type text) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    RETURN coalesce(content_type ~* '^\s*application/(json|merge-patch\+json)\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?;?\s*$', false);
COMMENT ON FUNCTION lealup._http_is_json(text) IS 'Whether a header Content-Type names JSON in UTF-8.';

CREATE FUNCTION lealup._http_read_path(path text, OUT segments text[]) RETURNS text[]
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF octet_length(path) > 4000 THEN
        PERFORM lealup._http_refuse(414, 'The path is too long.');
    END IF;
    IF path IS NULL OR left(path, 1) <> '/' OR path ~ '[^!-~]' THEN
        PERFORM lealup._http_refuse(400, 'The path is malformed.');
    END IF;
    segments := string_to_array(path, '/');
    IF strpos(path, '%') > 0 THEN
        segments := ARRAY(SELECT lealup._percent_decode(s) FROM unnest(segments) WITH ORDINALITY u(s, n) ORDER BY n);
        IF array_position(segments, NULL) IS NOT NULL THEN
            PERFORM lealup._http_refuse(400, 'The path''s percent-encoding is malformed.');
        END IF;
        -- No segment of a route, and no name of anything, has a slash in it.
        PERFORM lealup._http_found(NOT EXISTS (SELECT FROM unnest(segments) s WHERE strpos(s, '/') > 0), 'path');
    END IF;
END $$;
COMMENT ON FUNCTION lealup._http_read_path(text) IS 'The decoded segments of a raw path; the first one is empty. Ends the request with 400 or 414 if it is malformed, 404 if a segment holds an encoded slash.';

CREATE FUNCTION lealup._http_read_query(query text, parameters jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    result jsonb := '{}';
    errors jsonb := '[]';
    part text;
    name text;
    value text;
    typed jsonb;
    p record;
BEGIN
    IF octet_length(query) > 8000 THEN
        PERFORM lealup._http_refuse(414, 'The query is too long.');
    END IF;
    IF coalesce(query, '') <> '' THEN
        FOREACH part IN ARRAY string_to_array(query, '&') LOOP
            CONTINUE WHEN part = '';
            name := lealup._percent_decode(split_part(part, '=', 1), true);
            value := lealup._percent_decode(substr(part, strpos(part || '=', '=') + 1), true);
            IF name IS NULL OR value IS NULL THEN
                PERFORM lealup._http_refuse(400, 'The query''s percent-encoding is malformed.');
            ELSIF result ? name THEN
                PERFORM lealup._http_refuse_field(400, left(name, 100), 'is there twice');
            ELSIF NOT parameters ? name THEN
                errors := errors || lealup._http_error(left(name, 100), 'is no parameter that is known here');
                CONTINUE;
            END IF;
            typed := CASE parameters -> name ->> 'type'
                WHEN 'integer' THEN CASE WHEN value ~ '^-?[0-9]{1,15}$' THEN to_jsonb(value::bigint) END
                WHEN 'number' THEN CASE WHEN value ~ '^-?[0-9]{1,15}(\.[0-9]{1,15})?$' THEN to_jsonb(value::numeric) END
                WHEN 'boolean' THEN CASE WHEN value IN ('true', 'false') THEN to_jsonb(value::boolean) END
            END;
            typed := coalesce(typed, to_jsonb(value));
            errors := errors || lealup._http_check(parameters -> name, typed, name);
            result := result || jsonb_build_object(name, typed);
        END LOOP;
    END IF;
    FOR p IN SELECT d.key, d.value FROM jsonb_each(parameters) d WHERE NOT result ? d.key LOOP
        IF p.value ? 'default' THEN
            result := result || jsonb_build_object(p.key, p.value -> 'default');
        ELSIF p.value ->> 'required' = 'true' THEN
            errors := errors || lealup._http_error(p.key, 'is required');
        END IF;
    END LOOP;
    IF errors <> '[]' THEN
        PERFORM lealup._http_refuse(400, 'The query is not valid.', errors);
    END IF;
    RETURN result;
END $$;
COMMENT ON FUNCTION lealup._http_read_query(text, jsonb) IS
    'The query parameters of a raw query, typed and checked by their schemas ("required": true in one makes it so), with defaults filled in. Ends the request with 400 if something is wrong with one.';

CREATE FUNCTION lealup._http_read_body(body bytea, headers jsonb, schema jsonb, OUT value jsonb, OUT raw json) RETURNS record
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    most_bytes CONSTANT int := 4 * 1024 * 1024;
    most_depth CONSTANT int := 32;
    document text;
    problem text;
    errors jsonb;
BEGIN
    IF coalesce(octet_length(body), 0) = 0 THEN
        IF jsonb_array_length(schema -> 'required') > 0 THEN
            PERFORM lealup._http_refuse(400, 'The request needs a body in JSON.');
        END IF;
        value := '{}';
        raw := '{}';
        RETURN;
    END IF;
    IF octet_length(body) > most_bytes THEN
        PERFORM lealup._http_refuse(413, format('The body is too large: %s bytes are allowed.', most_bytes));
    END IF;
    IF NOT lealup._http_is_json(headers ->> 'content-type') THEN
        PERFORM lealup._http_refuse(415, 'The body must be JSON in UTF-8, with the header Content-Type: application/json.', NULL,
            '{"accept": "application/json"}');
    END IF;
    IF coalesce(headers ->> 'content-encoding', 'identity') <> 'identity' THEN
        PERFORM lealup._http_refuse(415, 'The body must not be compressed.', NULL, '{"accept-encoding": "identity"}');
    END IF;
    BEGIN
        document := convert_from(body, 'UTF8');
    EXCEPTION WHEN data_exception THEN
        problem := 'The body is no valid UTF-8.';
    END;
    IF problem IS NULL AND lealup._json_depth(document) > most_depth THEN
        problem := format('The body nests deeper than %s levels.', most_depth);
    END IF;
    IF problem IS NULL THEN
        BEGIN
            raw := document::json;
            value := document::jsonb;
        EXCEPTION WHEN untranslatable_character THEN
            problem := 'The body has a character in a string that cannot be stored, such as \u0000.';
        WHEN data_exception OR program_limit_exceeded THEN
            problem := CASE WHEN raw IS NULL THEN 'The body is no valid JSON.' ELSE 'The body has a string or number that cannot be stored.' END;
        END;
    END IF;
    IF problem IS NULL AND lealup._json_names(document) <> lealup._jsonb_names(value) THEN
        problem := 'An object of the body names a field twice.';
    END IF;
    IF problem IS NOT NULL THEN
        PERFORM lealup._http_refuse(400, problem);
    END IF;
    errors := lealup._http_check(coalesce(schema, '{"type": "object", "additionalProperties": false}'), value, '');
    IF errors <> '[]' THEN
        PERFORM lealup._http_refuse(422, 'The body is not valid.', errors);
    END IF;
END $$;
COMMENT ON FUNCTION lealup._http_read_body(bytea, jsonb, jsonb) IS
    'The body as jsonb and as it was sent, checked by its schema (null = no fields are known). Ends the request with 400 (no JSON: invalid UTF-8, names that are there twice, more than 32 levels, characters that cannot be stored), 413, 415, or 422 (by the schema).';

-- ----- Answers -----

CREATE FUNCTION lealup._http_title(status int) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE status WHEN 400 THEN 'Bad Request' WHEN 401 THEN 'Unauthorized' WHEN 403 THEN 'Forbidden' WHEN 404 THEN 'Not Found'
        WHEN 405 THEN 'Method Not Allowed' WHEN 406 THEN 'Not Acceptable' WHEN 409 THEN 'Conflict' WHEN 410 THEN 'Gone'
        WHEN 412 THEN 'Precondition Failed' WHEN 413 THEN 'Content Too Large' WHEN 414 THEN 'URI Too Long' WHEN 415 THEN 'Unsupported Media Type'
        WHEN 422 THEN 'Unprocessable Content' WHEN 429 THEN 'Too Many Requests' WHEN 501 THEN 'Not Implemented' WHEN 503 THEN 'Service Unavailable'
        ELSE 'Internal Server Error' END;
COMMENT ON FUNCTION lealup._http_title(int) IS 'What a status is called.';

CREATE FUNCTION lealup._http_problem(status int, detail text, errors jsonb DEFAULT NULL, headers jsonb DEFAULT '{}', instance text DEFAULT NULL)
    RETURNS lealup.http_reply LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
    RETURN ROW(status, coalesce(headers, '{}') || '{"content-type": "application/problem+json"}',
        json_strip_nulls(json_build_object('type', 'about:blank', 'title', lealup._http_title(status), 'status', status, 'detail', detail,
            'instance', instance, 'errors', errors)), NULL, NULL, NULL)::lealup.http_reply;
COMMENT ON FUNCTION lealup._http_problem(int, text, jsonb, jsonb, text) IS 'An error as RFC 9457 has it, with errors: [{"field", "message"}].';

CREATE FUNCTION lealup._http_field(message text, schema jsonb) RETURNS text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    fields jsonb := coalesce(schema -> 'properties', '{}');
BEGIN
    -- The functions' messages name their parameter, which is called as the field of the body, but for these.
    RETURN CASE
        WHEN fields ? 'filters' AND message ~ 'filter "' THEN 'filters.' || substring(message FROM 'filter "([^"]*)"')
        WHEN fields ? 'headers' AND message ~* 'header' THEN 'headers'
        WHEN fields ? 'events' AND message ~ 'event type' THEN 'events'
        WHEN fields ? 'event' AND message ~ 'event type' THEN 'event'
        ELSE (SELECT f.key FROM (
                  SELECT k AS key, strpos(regexp_replace(' ' || lower(message) || ' ', '[^a-z0-9_]', ' ', 'g'), ' ' || k || ' ') AS at FROM jsonb_object_keys(fields) k) f
              WHERE f.at > 0 ORDER BY f.at LIMIT 1) END;
END $$;
COMMENT ON FUNCTION lealup._http_field(text, jsonb) IS 'The field of a body that an error''s message is about; null if it names none.';

CREATE FUNCTION lealup._http_constraint_field(constraint_name text) RETURNS text
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT a.attname::text FROM pg_constraint k JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)
    WHERE k.conname = constraint_name AND k.connamespace = 'lealup'::regnamespace AND a.attname NOT IN ('tenant_id', 'id')
    ORDER BY a.attnum LIMIT 1;
END;
COMMENT ON FUNCTION lealup._http_constraint_field(text) IS 'The column that a constraint of lealup''s tables is about; null if there is none.';

CREATE FUNCTION lealup._http_failure(state text, message text, detail text, constraint_name text, column_name text, context text, schema jsonb)
    RETURNS lealup.http_reply LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    said text := upper(left(message, 1)) || substr(message, 2) || '.' || coalesce(' ' || nullif(detail, ''), '');
    field text;
    incident uuid;
BEGIN
    IF state LIKE 'LU___' THEN
        RETURN lealup._http_problem(right(state, 3)::int, message, nullif(detail::jsonb -> 'errors', 'null'), detail::jsonb -> 'headers');
    END IF;
    CASE
        -- These are raised by lealup's own functions, whose messages are written for those who call them.
        WHEN state IN ('22023', '22004') OR state = '54000' AND message !~ 'index' THEN
            field := lealup._http_field(message, schema);
            RETURN lealup._http_problem(422, said, CASE WHEN field IS NOT NULL THEN lealup._http_error(field, said) END);
        WHEN state = 'P0002' THEN
            RETURN lealup._http_problem(404, said);
        WHEN state IN ('53400', '55000', '42710') THEN
            RETURN lealup._http_problem(409, said);
        -- These may come from PostgreSQL, whose messages name tables and show rows.
        WHEN state = '42501' THEN
            RETURN lealup._http_problem(403, 'The API key, or the member for whom it acts, may not do this.'
                || CASE WHEN detail LIKE 'The acting member%' THEN ' ' || detail ELSE '' END);
        WHEN state IN ('23505', '23P01') THEN
            field := lealup._http_constraint_field(constraint_name);
            RETURN lealup._http_problem(409, 'There is one like it already.',
                CASE WHEN field IS NOT NULL THEN lealup._http_error(field, 'is taken') END);
        WHEN state = '23503' THEN
            field := coalesce(lealup._http_constraint_field(constraint_name), 'id');
            RETURN lealup._http_problem(422, 'It refers to something that does not exist.', lealup._http_error(field, 'does not exist'));
        WHEN state IN ('23514', '23502') THEN
            field := coalesce(nullif(column_name, ''), lealup._http_constraint_field(constraint_name));
            RETURN lealup._http_problem(422, 'A value is not allowed.',
                CASE WHEN field IS NOT NULL THEN lealup._http_error(field, CASE state WHEN '23502' THEN 'must not be null' ELSE 'is not allowed' END) END);
        WHEN state LIKE '22%' OR state = '54000' THEN
            RETURN lealup._http_problem(422, 'A value is malformed, or out of range.');
        WHEN state IN ('40001', '40P01', '55P03', '57014', '25006') OR state LIKE '53%' OR state LIKE '57P%' THEN
            RETURN lealup._http_problem(503, 'This cannot be done just now; try again.', headers => '{"retry-after": "1"}');
        ELSE
            incident := gen_random_uuid();
            RAISE LOG 'lealup: request % failed with %: %', incident, state, message USING DETAIL = context;
            RETURN lealup._http_problem(500, 'Something went wrong here; the server''s log tells more under this instance.',
                instance => 'urn:uuid:' || incident);
    END CASE;
END $$;
COMMENT ON FUNCTION lealup._http_failure(text, text, text, text, text, text, jsonb) IS
    'The answer to a request that raised an error. By SQLSTATE: LUnnn is _http_refuse(); 404 for no_data_found; 409 for what exists already or is in another state; 403 for insufficient_privilege; 422 for values; 503 for what is locked, was cancelled or could not be serialized; else 500, with an id under which the server''s log has the error. Nothing but what lealup itself has written is shown.';

-- ----- The application -----

-- With the rights of lealup_api instead of those of http_request(): here row-level security begins to hold.
CREATE FUNCTION lealup._dispatch(handler text, call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    reply lealup.http_reply;
BEGIN
    EXECUTE format('SELECT * FROM lealup.%I($1)', handler) INTO reply USING call;
    RETURN reply;
END $$;
ALTER FUNCTION lealup._dispatch(text, lealup.http_call) OWNER TO lealup_api;
COMMENT ON FUNCTION lealup._dispatch(text, lealup.http_call) IS 'Calls a handler as the role lealup_api, its owner.';

CREATE FUNCTION lealup._http_refuse_method(segments text[], method text) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    allowed text;
BEGIN
    SELECT string_agg(DISTINCT m, ', ' ORDER BY m) INTO allowed
    FROM lealup.route r, unnest(CASE r.method WHEN 'GET' THEN '{GET,HEAD,OPTIONS}' ELSE ARRAY[r.method, 'OPTIONS'] END) m
    WHERE r.slashes = cardinality(segments) - 1 AND array_to_string(segments, '/') LIKE r.pattern AND array_position(segments, '', 2) IS NULL;
    IF allowed IS NULL THEN
        PERFORM lealup._http_refuse(404, 'There is nothing at this path.');
    END IF;
    PERFORM lealup._http_refuse(405, format('The method is not allowed here; these are: %s.', allowed), NULL, jsonb_build_object('allow', allowed));
END $$;
COMMENT ON FUNCTION lealup._http_refuse_method(text[], text) IS 'Ends a request for which there is no route: with 405 if the path has others, else with 404.';

CREATE FUNCTION lealup._earlier_answer(tenant_id uuid, api_key_id uuid, idempotency_key text, request_hash bytea) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    earlier lealup.http_answer;
    patience text := current_setting('lock_timeout');
BEGIN
    IF idempotency_key !~ '^[!-~]{1,255}$' THEN
        PERFORM lealup._http_refuse_field(400, 'Idempotency-Key', 'must be 1 to 255 printable characters without blanks');
    END IF;
    -- Whoever has taken the key and not yet committed makes the insertion wait.
    BEGIN
        PERFORM set_config('lock_timeout', '100ms', true);
        INSERT INTO lealup.http_answer AS a (tenant_id, api_key_id, idempotency_key, request_hash, created_at)
        VALUES (_earlier_answer.tenant_id, _earlier_answer.api_key_id, _earlier_answer.idempotency_key, _earlier_answer.request_hash, clock_timestamp())
        ON CONFLICT ON CONSTRAINT http_answer_pkey DO NOTHING;
        PERFORM set_config('lock_timeout', patience, true);
    EXCEPTION WHEN lock_not_available THEN
        PERFORM lealup._http_refuse(409, 'A request with this Idempotency-Key is being answered.', NULL, '{"retry-after": "1"}');
    END;
    SELECT a.* INTO earlier FROM lealup.http_answer a
    WHERE a.tenant_id = _earlier_answer.tenant_id AND a.api_key_id = _earlier_answer.api_key_id
      AND a.idempotency_key = _earlier_answer.idempotency_key;
    IF earlier.request_hash <> _earlier_answer.request_hash THEN
        PERFORM lealup._http_refuse_field(422, 'Idempotency-Key', 'was used for another request');
    END IF;
    IF earlier.status IS NULL THEN
        RETURN NULL;
    END IF;
    RETURN ROW(earlier.status, earlier.headers || '{"idempotency-replayed": "true"}', earlier.body::json, NULL, NULL, NULL)::lealup.http_reply;
END $$;
COMMENT ON FUNCTION lealup._earlier_answer(uuid, uuid, text, bytea) IS
    'The answer to an earlier request with the same Idempotency-Key; null if there was none: the key is taken then. Ends the request with 409 if one is being answered, 422 if the key was used for another request.';

CREATE FUNCTION lealup._keep_answer(tenant_id uuid, api_key_id uuid, idempotency_key text, reply lealup.http_reply) RETURNS void
    LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    UPDATE lealup.http_answer a SET status = reply.status, headers = coalesce(reply.headers, '{}'), body = coalesce(reply.again, reply.body)::text
    WHERE a.tenant_id = _keep_answer.tenant_id AND a.api_key_id = _keep_answer.api_key_id AND a.idempotency_key = _keep_answer.idempotency_key;
END;
COMMENT ON FUNCTION lealup._keep_answer(uuid, uuid, text, lealup.http_reply) IS 'Keeps a successful answer for whoever repeats the request.';

CREATE FUNCTION lealup._forget_answers(now timestamptz, max_rows int) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    forgotten bigint;
BEGIN
    WITH old AS (
        SELECT x.tenant_id, x.api_key_id, x.idempotency_key
        FROM lealup.tenant t CROSS JOIN LATERAL (
            SELECT * FROM lealup.http_answer a WHERE a.tenant_id = t.tenant_id AND a.created_at < _forget_answers.now - interval '1 day' LIMIT max_rows) x
        WHERE t.home = lealup.home() LIMIT max_rows
    )
    DELETE FROM lealup.http_answer a USING old o
    WHERE a.tenant_id = o.tenant_id AND a.api_key_id = o.api_key_id AND a.idempotency_key = o.idempotency_key;
    GET DIAGNOSTICS forgotten = ROW_COUNT;
    RETURN forgotten;
END $$;
COMMENT ON FUNCTION lealup._forget_answers(timestamptz, int) IS 'Deletes kept answers that are older than a day, max_rows at most; gives how many.';

-- The settings are its own: whatever a request sets them to ends with it, and to begin with nothing is seen. Only the owner, a
-- superuser, may set those that bind a request; a handler may not.
CREATE FUNCTION lealup.http_request(method text, path text, query text, headers jsonb, body bytea,
        OUT status int, OUT response_headers jsonb, OUT response_body bytea) RETURNS record
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET lealup.request_tenant = '00000000-0000-0000-0000-000000000000' SET lealup.request_member = '' SET lealup.tenant_id = '' SET lealup.member_id = '' AS $$
DECLARE
    asked lealup.http_call;
    reply lealup.http_reply;
    segments text[];
    route lealup.route;
    key record;
    bucket record;
    cost int;
    limits jsonb := '{}';
    document text;
    etag text;
    message text; detail text; constraint_name text; column_name text; context text;
BEGIN
    BEGIN
        segments := lealup._http_read_path(http_request.path);
        asked.method := http_request.method;
        asked.path := array_to_string(segments, '/');
        SELECT r.* INTO route FROM lealup.route r
        WHERE r.method = CASE asked.method WHEN 'HEAD' THEN 'GET' ELSE asked.method END AND r.slashes = cardinality(segments) - 1
          AND asked.path LIKE r.pattern AND array_position(segments, '', 2) IS NULL
        ORDER BY strpos(r.pattern, '%') = 0 DESC, r.pattern DESC LIMIT 1;
        IF NOT FOUND THEN
            PERFORM lealup._http_refuse_method(segments, asked.method);
        END IF;

        IF route.scope IS NOT NULL AND NOT (route.scope = 'metrics:read' AND current_setting('lealup.metrics_public')::boolean) THEN
            SELECT * INTO key FROM lealup._authenticate(http_request.headers ->> 'authorization');
            asked.tenant_id := key.tenant_id;
            asked.member_id := key.member_id;
            asked.api_key_id := key.id;
            -- A role of its own tenant or member would not get all that the key may do, and more than it may itself.
            IF lealup._actor() <> 'lealup_gateway' AND lealup._role_tenant() IS NOT NULL THEN
                PERFORM lealup._http_refuse(403, 'The role that serves requests is bound to a tenant or member.');
            END IF;
            PERFORM set_config('lealup.request_tenant', key.tenant_id::text, true);
            IF key.member_id IS NOT NULL THEN
                PERFORM set_config('lealup.request_member', key.member_id::text, true);
            END IF;
            cost := CASE route.rate_class WHEN 'none' THEN 0 WHEN 'heavy' THEN 10 ELSE 1 END;
            IF cost > 0 THEN
                bucket := lealup._take_token(key.id, key.rate_limit, key.burst, cost);
                limits := jsonb_build_object('ratelimit-policy', format('"key";q=%s;w=%s', key.burst, ceil(key.burst::numeric / key.rate_limit)),
                    'ratelimit', format('"key";r=%s;t=%s', bucket.remaining, bucket.reset));
                IF NOT bucket.taken THEN
                    PERFORM lealup._http_refuse(429, 'Too many requests with this API key.', NULL, jsonb_build_object('retry-after', bucket.retry_after::text));
                END IF;
            END IF;
            IF NOT lealup._scope_covers(key.scopes, route.scope) THEN
                PERFORM lealup._http_refuse(403, format('This needs an API key with the scope %s.', route.scope), NULL,
                    jsonb_build_object('www-authenticate', format('Bearer realm="lealup", error="insufficient_scope", scope="%s"', route.scope)));
            END IF;
        END IF;

        IF http_request.headers ? 'accept' AND NOT lealup._http_accepts(http_request.headers ->> 'accept', route.produces) THEN
            PERFORM lealup._http_refuse(406, format('The answer is %s, which the header Accept does not admit.', route.produces));
        END IF;
        asked.headers := coalesce(http_request.headers, '{}') - '{authorization,cookie,proxy-authorization}'::text[];
        SELECT coalesce(jsonb_object_agg(u.name, u.value), '{}') INTO asked.params
        FROM unnest(route.names, segments) u(name, value) WHERE u.name IS NOT NULL;
        asked.query := lealup._http_read_query(http_request.query, route.parameters);
        SELECT b.value, b.raw INTO asked.body, asked.raw FROM lealup._http_read_body(http_request.body, asked.headers, route.request) b;

        IF route.method = 'POST' AND asked.api_key_id IS NOT NULL AND asked.headers ? 'idempotency-key' THEN
            reply := lealup._earlier_answer(asked.tenant_id, asked.api_key_id, asked.headers ->> 'idempotency-key',
                sha256(convert_to(concat_ws(E'\n', route.method, asked.path, asked.query::text, ''), 'UTF8') || coalesce(http_request.body, '')));
            IF reply.status IS NULL THEN
                reply := lealup._dispatch(route.handler, asked);
                PERFORM lealup._keep_answer(asked.tenant_id, asked.api_key_id, asked.headers ->> 'idempotency-key', reply);
            END IF;
        ELSE
            reply := lealup._dispatch(route.handler, asked);
        END IF;
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, constraint_name = CONSTRAINT_NAME,
            column_name = COLUMN_NAME, context = PG_EXCEPTION_CONTEXT;
        reply := lealup._http_failure(SQLSTATE, message, detail, constraint_name, column_name, context, lealup._http_schema(route.request));
        IF SQLSTATE = 'LU405' AND asked.method = 'OPTIONS' THEN
            reply := ROW(204, jsonb_build_object('allow', reply.headers ->> 'allow'), NULL, NULL, NULL, NULL)::lealup.http_reply;
        END IF;
    END;
    -- Whatever came of it, the key was used.
    IF asked.api_key_id IS NOT NULL THEN
        IF key.stale THEN
            PERFORM lealup._note_use(asked.tenant_id, asked.api_key_id);
        END IF;
    END IF;

    status := reply.status;
    document := coalesce(reply.content, reply.body::text);
    response_headers := CASE WHEN document IS NOT NULL THEN '{"content-type": "application/json"}'::jsonb ELSE '{}' END
        || jsonb_build_object('cache-control', CASE WHEN reply.version IS NOT NULL THEN 'private, no-cache' ELSE 'no-store' END, 'x-content-type-options', 'nosniff')
        || limits || coalesce(reply.headers, '{}')
        -- For the listener's log, which must not have paths: a client may put a secret into one.
        || CASE WHEN route.path IS NOT NULL THEN jsonb_build_object('lealup-route', route.path) ELSE '{}' END;
    IF reply.version IS NOT NULL THEN
        etag := format('"%s-%s"', reply.version, left(md5(document), 16));
        response_headers := response_headers || jsonb_build_object('etag', etag);
        IF route.method = 'GET' AND status = 200 AND (asked.headers ->> 'if-none-match' = '*'
            OR etag = ANY (ARRAY(SELECT m[1] FROM regexp_matches(asked.headers ->> 'if-none-match', '("[^"]*")', 'g') m))) THEN
            status := 304;
            document := NULL;
            response_headers := response_headers - 'content-type';
        END IF;
    END IF;
    response_body := convert_to(document, 'UTF8');
END $$;
COMMENT ON FUNCTION lealup.http_request(text, text, text, jsonb, bytea) IS
    'Answers one HTTP request. path: raw, without the query; query: raw, null if there is none; headers: {lower-case name: value}; body: null if there is none. Gives status, headers {lower-case name: value}, and the body, null if there is none; for HEAD that of GET, which the listener leaves out; the header lealup-route, the path''s pattern, is for its log. Never raises for what a client did: an error is an answer in application/problem+json, and undoes what the request did. An API key in the header Authorization (Bearer) decides for which tenant and member it acts. For the role lealup_gateway; run it in a transaction of its own, with statement_timeout and lock_timeout set.';
