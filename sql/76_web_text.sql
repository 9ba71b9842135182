-- Times and names as they are written in requests.

CREATE FUNCTION lealup._rfc3339(at timestamptz) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
COMMENT ON FUNCTION lealup._rfc3339(timestamptz) IS 'A time in RFC 3339, in UTC.';

CREATE FUNCTION lealup._percent_encode(text text) RETURNS text
    LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'lealup_percent_encode';
COMMENT ON FUNCTION lealup._percent_encode(text) IS 'A text as part of a URL''s query or path.';

CREATE FUNCTION lealup._url_query(parameters jsonb) RETURNS text
    LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'lealup_url_query';
COMMENT ON FUNCTION lealup._url_query(jsonb) IS 'An object of scalars or arrays of them as name=value&..., encoded; null ones are left out. Null if there are none.';
