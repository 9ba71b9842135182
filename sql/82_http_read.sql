-- The HTTP API: what a request says, bounded, decoded and typed.

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
                CONTINUE WHEN parameters ? '*';
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
    'The query parameters of a raw query, typed and checked by their schemas ("required": true in one makes it so), with defaults filled in; unknown ones are refused, or passed over where there is a parameter *. Ends the request with 400 if something is wrong with one.';

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
