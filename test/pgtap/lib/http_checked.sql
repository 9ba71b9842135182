-- Judges what the HTTP API answers, by the route that was asked: what does not fit its schema, or failed, is a row of misfit. Included after http.sql.
CREATE TABLE pg_temp.misfit (route text, body text, errors jsonb);
CREATE TABLE pg_temp.served (n int GENERATED ALWAYS AS IDENTITY, method text, path text, target text, status int);
ALTER FUNCTION pg_temp.http(text, text, text, jsonb, text) RENAME TO unchecked;
CREATE FUNCTION pg_temp.judged(method text, target text, body text, headers jsonb, key text) RETURNS pg_temp.answer LANGUAGE plpgsql AS $$
DECLARE
    r pg_temp.answer := pg_temp.unchecked(method, target, body, headers, key);
    route lealup.route;
    answer jsonb;
    errors jsonb;
BEGIN
    SELECT x.* INTO route FROM lealup.route x WHERE x.method = judged.method AND x.path = r.headers ->> 'lealup-route';
    IF r.status < 300 THEN
        answer := CASE WHEN r.headers ->> 'content-type' LIKE 'text/html%' THEN to_jsonb(r.body) ELSE r.body::jsonb END;
        INSERT INTO pg_temp.served (method, path, target, status) VALUES (route.method, route.path, target, r.status);
        errors := CASE WHEN route.responses ? r.status::text IS NOT TRUE THEN '"no such status"'
            WHEN route.responses -> r.status::text = 'null' THEN to_jsonb(answer IS NOT NULL)
            ELSE lealup._http_check(route.responses -> r.status::text, answer, '') END;
        IF errors NOT IN ('[]', 'false') THEN
            INSERT INTO pg_temp.misfit VALUES (route.method || ' ' || route.path, left(r.body, 500), errors);
        END IF;
    ELSIF r.status >= 500 THEN
        INSERT INTO pg_temp.misfit VALUES (method || ' ' || target, r.body, '"failed"');
    END IF;
    RETURN r;
END $$;
