-- The HTTP API: lists are given in pages, each with a cursor that names where the next one begins.

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
    'The position behind which a page begins, an array of texts; null for the first page. kinds: a format of _http_check() for each (uuid, date-time, date, number; text has none). Ends the request with 400 if the cursor is none of this list.';

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
