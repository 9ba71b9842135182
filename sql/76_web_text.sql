-- Times and names as they are written in requests.

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
