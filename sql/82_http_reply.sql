-- The HTTP API: answers, and errors as problems (RFC 9457) that name fields and show nothing of the tables.

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
    RETURN lealup._http_refuse(status, format('%s: %s', field, message), lealup._http_error(field, message));
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

CREATE FUNCTION lealup._http_and(item json, more json) RETURNS json
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (regexp_replace(item::text, '\s*\}$', '') || ', ' || ltrim(more::text, '{'))::json;
END $$;
COMMENT ON FUNCTION lealup._http_and(json, json) IS 'The members of one object, which is not empty, and those of another one, in their order.';

CREATE FUNCTION lealup._http_stamp(at timestamptz) RETURNS text
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
    RETURN to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
COMMENT ON FUNCTION lealup._http_stamp(timestamptz) IS 'A time as answers show it: 2026-04-15T14:30:00.000Z.';

CREATE FUNCTION lealup._http_id(call lealup.http_call, name text, what text) RETURNS uuid
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lealup._http_found(lealup._http_check_format('uuid', call.params ->> name) IS NULL, what);
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

-- ----- Errors -----

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

CREATE FUNCTION lealup._http_constraint_field(constraint_name text, schema jsonb) RETURNS text
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    -- What is unique, or refers to something, is named by the last column of its key: the ones before say within what. A column
    -- of an index may stand in an expression.
    SELECT c.attname FROM (
        SELECT a.attname::text, u.n FROM pg_constraint k CROSS JOIN LATERAL unnest(k.conkey) WITH ORDINALITY u(attnum, n)
        JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.attnum
        WHERE k.conname = constraint_name AND k.connamespace = 'lealup'::regnamespace
        UNION ALL
        SELECT a.attname::text, g.n FROM pg_class x JOIN pg_index i ON i.indexrelid = x.oid AND i.indisunique CROSS JOIN LATERAL generate_series(1, i.indnkeyatts) g(n)
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum > 0 AND NOT a.attisdropped AND pg_get_indexdef(x.oid, g.n, true) ~ ('\m' || a.attname || '\M')
        WHERE x.relname = constraint_name AND x.relnamespace = 'lealup'::regnamespace) c
    WHERE c.attname NOT IN ('tenant_id', 'id')
    ORDER BY coalesce(schema -> 'properties' ? c.attname, false) DESC, c.n DESC LIMIT 1;
END;
COMMENT ON FUNCTION lealup._http_constraint_field(text, jsonb) IS
    'The column that a constraint, or unique index, of lealup''s tables is about, rather one that the schema of the body knows; null if there is none.';

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
        WHEN state IN ('22023', '22004') OR state = '54000' AND (split_part(context, E'\n', 1) LIKE '% at RAISE' OR message LIKE '% is too large') THEN
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
            field := lealup._http_constraint_field(constraint_name, schema);
            RETURN lealup._http_problem(409, 'There is one like it already.',
                CASE WHEN field IS NOT NULL THEN lealup._http_error(field, 'is taken') END);
        WHEN state = '23503' THEN
            field := coalesce(lealup._http_constraint_field(constraint_name, schema), 'id');
            RETURN lealup._http_problem(422, 'It refers to something that does not exist.', lealup._http_error(field, 'does not exist'));
        WHEN state IN ('23514', '23502') THEN
            field := coalesce(nullif(column_name, ''), lealup._http_constraint_field(constraint_name, schema));
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
