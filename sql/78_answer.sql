-- Verdicts: what an answer of a provider means for the run.

CREATE FUNCTION lealup._moment(value text, unit text, now timestamptz) RETURNS timestamptz
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO, MDY' AS $$
DECLARE
    number numeric := CASE WHEN value ~ '^\s*\d{1,15}(\.\d{1,9})?\s*$' THEN value::numeric END;
BEGIN
    CASE coalesce(unit, 'any')
        WHEN 'any' THEN
            -- A number is seconds, unless it can only be a time.
            RETURN CASE WHEN number IS NULL THEN value::timestamptz WHEN number > 100000000000 THEN to_timestamp((number / 1000)::float8)
                WHEN number > 1000000000 THEN to_timestamp(number::float8) ELSE now + make_interval(secs => number::float8) END;
        WHEN 'seconds' THEN
            RETURN now + make_interval(secs => number::float8);
        WHEN 'relative_ms' THEN
            RETURN now + make_interval(secs => (number / 1000)::float8);
        WHEN 'epoch_s' THEN
            RETURN to_timestamp(number::float8);
        WHEN 'epoch_ms' THEN
            RETURN to_timestamp((number / 1000)::float8);
        ELSE
            RETURN value::timestamptz;
    END CASE;
EXCEPTION WHEN data_exception THEN
    RETURN NULL;
END $$;
COMMENT ON FUNCTION lealup._moment(text, text, timestamptz) IS
    'When something is, as providers write it. unit: seconds, relative_ms (from now on), epoch_s, epoch_ms, iso, http_date; null = what it looks like. Null if it is no time.';

CREATE FUNCTION lealup._wait_until(wait jsonb, headers jsonb, answer text, now timestamptz) RETURNS timestamptz
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    -- Never more than a day: a provider that is wrong about its clock must not stop a sync for good.
    RETURN (SELECT CASE WHEN w.until IS NOT NULL THEN least(now + interval '1 day', greatest(now + interval '1 s', w.until)) END FROM (SELECT coalesce(
        CASE WHEN wait ? 'seconds' THEN now + make_interval(secs => (wait ->> 'seconds')::float8)
             WHEN wait ? 'header' THEN lealup._moment(headers ->> lower(wait ->> 'header'), wait ->> 'unit', now)
             WHEN wait ? 'pattern' THEN lealup._moment((regexp_match(left(answer, 10000), wait ->> 'pattern'))[1], wait ->> 'unit', now) END,
        lealup._moment(headers ->> 'retry-after', NULL, now), now + make_interval(secs => (wait ->> 'else')::float8)) AS until) w);
COMMENT ON FUNCTION lealup._wait_until(jsonb, jsonb, text, timestamptz) IS
    'Until when an answer asks us to wait, by provider_error.wait, else by its header Retry-After (seconds, a time, or an HTTP date): 1 s to a day from now; null if it does not say.';

CREATE FUNCTION lealup._says(body jsonb, answer text, path text, pattern text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN CASE WHEN path IS NULL THEN pattern IS NULL OR left(answer, 10000) ~ pattern
        ELSE (SELECT coalesce(bool_or(pattern IS NULL OR (v #>> '{}') ~ pattern), false)
            FROM jsonb_path_query(body, replace(replace('$.' || path, '{}', '[*]'), '.[', '[')::jsonpath, '{}', true) v WHERE v <> 'null') END;
COMMENT ON FUNCTION lealup._says(jsonb, text, text, text) IS
    'Whether an answer has something at a dotted path ({} = any element of an array) that a pattern fits; without a path, whether the pattern fits its text.';

CREATE FUNCTION lealup._is_answer_path(path text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN coalesce(path ~ '^([A-Za-z_][A-Za-z0-9_]*|"[^"\\]+"|\{\})(\.?\{\}|\.([A-Za-z_][A-Za-z0-9_]*|"[^"\\]+"))*$', true);
COMMENT ON FUNCTION lealup._is_answer_path(text) IS 'Whether a path is one that _says() follows.';

CREATE TYPE lealup._verdict AS (action text, until timestamptz, message text, fix text, ruled boolean);
COMMENT ON TYPE lealup._verdict IS 'What an answer means: an action of provider_error, until when to wait, and words for people. ruled: whether a row of provider_error says so.';

CREATE FUNCTION lealup._sync_verdict(provider text, stream text, part text, status int, headers jsonb, body jsonb, answer text, error text, now timestamptz)
    RETURNS lealup._verdict LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    rule lealup.provider_error;
    content text;
    v lealup._verdict;
BEGIN
    IF error IS NOT NULL THEN
        v.action := 'retry';
        v.message := left(error, 500);
        RETURN v;
    END IF;
    content := coalesce(body::text, answer, '');
    SELECT e.* INTO rule FROM lealup.provider_error e
    WHERE e.provider = _sync_verdict.provider AND (e.stream IS NULL OR e.stream = _sync_verdict.stream) AND (e.part IS NULL OR e.part = _sync_verdict.part)
      AND (e.statuses IS NULL OR _sync_verdict.status = ANY (e.statuses)) AND lealup._says(_sync_verdict.body, content, e.path, e.pattern)
    ORDER BY e.ord LIMIT 1;
    v.action := coalesce(rule.action, CASE
        WHEN status BETWEEN 200 AND 299 THEN 'answer'
        WHEN status = 401 THEN 'refresh'
        WHEN status = 429 THEN 'wait'
        WHEN status IN (404, 410) AND part = 'detail' THEN 'gone'
        WHEN status = 503 AND headers ? 'retry-after' THEN 'wait'
        WHEN status >= 500 OR status IN (408, 425) THEN 'retry'
        WHEN part = 'detail' THEN 'skip'
        ELSE 'fail' END);
    v.ruled := rule.action IS NOT NULL;
    v.fix := rule.fix;
    IF v.action = 'wait' THEN
        v.until := lealup._wait_until(rule.wait, headers, content, now);
    END IF;
    IF v.action <> 'answer' THEN
        v.message := coalesce(rule.message, format('the provider answered %s%s', status,
            ': ' || left(regexp_replace(coalesce(body #>> '{error,message}', body ->> 'message', body ->> 'error_description', body ->> 'error'), '\s+', ' ', 'g'), 300)));
    END IF;
    RETURN v;
END $$;
COMMENT ON FUNCTION lealup._sync_verdict(text, text, text, int, jsonb, jsonb, text, text, timestamptz) IS
    'What an answer means: by the first row of provider_error that fits, else by the rules common to all. part: page, detail, token or other. error: why there is no answer.';
