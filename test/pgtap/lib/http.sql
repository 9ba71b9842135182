-- What tests of the HTTP API have in common; they include it by \ir.

-- A request as the gateway makes it: as lealup_gateway, which may do nothing else.
CREATE TYPE pg_temp.answer AS (status int, headers jsonb, body text);
CREATE FUNCTION pg_temp.http(method text, target text, body text DEFAULT NULL, headers jsonb DEFAULT '{}', key text DEFAULT current_setting('test.key'))
    RETURNS pg_temp.answer LANGUAGE plpgsql AS $$
DECLARE
    r record;
    actor text := current_setting('role');
BEGIN
    PERFORM set_config('role', 'lealup_gateway', true);
    SELECT * INTO r FROM lealup.http_request(method, split_part(target, '?', 1), CASE WHEN target LIKE '%?%' THEN substr(target, strpos(target, '?') + 1) END,
        CASE WHEN key <> '' THEN jsonb_build_object('authorization', 'Bearer ' || key) ELSE '{}' END
            || CASE WHEN body IS NOT NULL THEN '{"content-type": "application/json"}'::jsonb ELSE '{}' END || headers, convert_to(body, 'UTF8'));
    PERFORM set_config('role', actor, true);
    RETURN ROW(r.status, r.response_headers, convert_from(r.response_body, 'UTF8'));
END $$;
CREATE FUNCTION pg_temp.status(method text, target text, body text DEFAULT NULL, headers jsonb DEFAULT '{}', key text DEFAULT current_setting('test.key'))
    RETURNS int LANGUAGE sql AS $$ SELECT (pg_temp.http(method, target, body, headers, key)).status $$;
CREATE FUNCTION pg_temp.body(method text, target text, body text DEFAULT NULL, headers jsonb DEFAULT '{}', key text DEFAULT current_setting('test.key'))
    RETURNS jsonb LANGUAGE sql AS $$ SELECT (pg_temp.http(method, target, body, headers, key)).body::jsonb $$;
-- The status and the fields that the errors name.
CREATE FUNCTION pg_temp.refusal(method text, target text, body text DEFAULT NULL, headers jsonb DEFAULT '{}', key text DEFAULT current_setting('test.key'))
    RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', a.status, (SELECT string_agg(e ->> 'field', ',' ORDER BY e ->> 'field') FROM jsonb_array_elements(a.body::jsonb -> 'errors') e))
    FROM pg_temp.http(method, target, body, headers, key) a
$$;
