-- Requests to providers: from what a provider's function says to what is sent.

CREATE FUNCTION lealup._rfc3339(at timestamptz) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
COMMENT ON FUNCTION lealup._rfc3339(timestamptz) IS 'A time in RFC 3339, in UTC.';

CREATE FUNCTION lealup._percent_encode(text text) RETURNS text
    LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN CASE WHEN text ~ '^[A-Za-z0-9._~-]*$' THEN text ELSE (
        SELECT string_agg(CASE WHEN c BETWEEN 48 AND 57 OR c BETWEEN 65 AND 90 OR c BETWEEN 97 AND 122 OR c IN (45, 46, 95, 126)
                               THEN chr(c) ELSE '%' || upper(lpad(to_hex(c), 2, '0')) END, '' ORDER BY n)
        FROM (SELECT convert_to(text, 'UTF8') AS b) x, generate_series(0, length(x.b) - 1) n, get_byte(x.b, n) c) END;
COMMENT ON FUNCTION lealup._percent_encode(text) IS 'A text as part of a URL''s query or path.';

CREATE FUNCTION lealup._url_query(parameters jsonb) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN (SELECT string_agg(lealup._percent_encode(p.key) || '=' || lealup._percent_encode(v.value), '&' ORDER BY p.ord, v.ord)
        FROM jsonb_each(parameters) WITH ORDINALITY p(key, value, ord)
        CROSS JOIN LATERAL jsonb_array_elements_text(CASE jsonb_typeof(p.value) WHEN 'array' THEN p.value ELSE jsonb_build_array(p.value) END) WITH ORDINALITY v(value, ord)
        WHERE v.value IS NOT NULL);
COMMENT ON FUNCTION lealup._url_query(jsonb) IS 'An object of scalars or arrays of them as name=value&..., encoded; null ones are left out. Null if there are none.';

CREATE FUNCTION lealup._fill_in(template text, facts jsonb) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    name text;
BEGIN
    FOR name IN SELECT m[1] FROM regexp_matches(template, '\{([a-z_]+)\}', 'g') m LOOP
        template := replace(template, '{' || name || '}', coalesce(facts ->> name, ''));
    END LOOP;
    RETURN template;
END $$;
COMMENT ON FUNCTION lealup._fill_in(text, jsonb) IS 'A template with each {name} replaced by that fact, or by nothing.';

CREATE FUNCTION lealup._request_parts(p lealup.provider, options jsonb, request jsonb, OUT method text, OUT url text, OUT headers text, OUT body text,
        OUT places text[], OUT names text[], OUT prefixes text[], OUT secrets text[])
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    query text := lealup._url_query(request -> 'query');
    fields jsonb := coalesce(request -> 'fields', '[]');
    lines jsonb := jsonb_build_object('Accept', coalesce(request ->> 'accept', 'application/json'), 'User-Agent', 'lealup') || coalesce(request -> 'headers', '{}');
BEGIN
    method := upper(coalesce(request ->> 'method', 'GET'));
    IF method NOT IN ('GET', 'POST', 'PUT', 'PATCH', 'DELETE') THEN
        RAISE EXCEPTION 'invalid method: %', left(method, 20) USING ERRCODE = 'invalid_parameter_value';
    END IF;
    url := coalesce(request ->> 'url', lealup._fill_in(p.base_url, options) || (request ->> 'path'));
    IF url IS NULL THEN
        RAISE EXCEPTION 'the request has neither path nor url' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    url := url || coalesce(CASE WHEN position('?' IN url) > 0 THEN '&' ELSE '?' END || query, '');
    IF request ? 'json' THEN
        body := (request -> 'json')::text;
        lines := '{"Content-Type": "application/json"}' || lines;
    ELSIF request ? 'form' THEN
        body := coalesce(lealup._url_query(request -> 'form'), '');
        lines := '{"Content-Type": "application/x-www-form-urlencoded"}' || lines;
    ELSE
        body := request ->> 'text';
    END IF;
    IF (request ->> 'anonymous')::boolean IS NOT TRUE AND p.auth <> 'none' THEN
        fields := fields || jsonb_build_array(p.credential || jsonb_build_object('secret',
            coalesce(p.credential ->> 'secret', CASE p.auth WHEN 'oauth2' THEN 'access_token' ELSE 'api_key' END))
            || CASE WHEN p.credential ? 'user' THEN jsonb_build_object('name', options ->> (p.credential ->> 'user')) ELSE '{}' END);
    END IF;
    SELECT string_agg(h.key || ': ' || regexp_replace(h.value, '[\r\n]', ' ', 'g'), E'\n') INTO headers FROM jsonb_each_text(lines) h WHERE h.value IS NOT NULL;
    SELECT array_agg(f ->> 'in'), array_agg(coalesce(f ->> 'user', f ->> 'name', '')), array_agg(coalesce(f ->> 'prefix', '')),
           array_agg(CASE f ->> 'owner' WHEN 'client' THEN 'client:' ELSE '' END || (f ->> 'secret'))
    INTO places, names, prefixes, secrets FROM jsonb_array_elements(fields) f;
END $$;
COMMENT ON FUNCTION lealup._request_parts(lealup.provider, jsonb, jsonb) IS
    'What is sent for a request as provider functions describe it. options: the connection''s options and facts. places, names, prefixes, secrets: where a worker puts which secrets (header, query, form, json or basic, whose name is the user); a secret of the client begins with client:. Raises invalid_parameter_value for a request that is none.';
