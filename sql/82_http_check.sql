-- The HTTP API: values are checked by the JSON Schemas of their route.

CREATE FUNCTION lealup._http_time(value text) RETURNS timestamptz
    LANGUAGE plpgsql STABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN CASE WHEN value ~* '^\d{4}-\d\d-\d\d(t\d\d:\d\d(:\d\d(\.\d{1,9})?)?(z|[+-]\d\d:\d\d))?$' THEN
        CASE WHEN length(value) = 10 THEN value || 'T00:00:00Z' ELSE value END::timestamptz END;
EXCEPTION WHEN data_exception THEN
    RETURN NULL;
END $$;
COMMENT ON FUNCTION lealup._http_time(text) IS 'A time in RFC 3339, or a date (which begins in UTC); null if it is none.';

CREATE FUNCTION lealup._http_end(value text) RETURNS timestamptz
    LANGUAGE sql STABLE STRICT SET search_path = pg_catalog, pg_temp
    -- 24 hours: a day would be one of the session's time zone.
    RETURN lealup._http_time(value) + CASE WHEN length(value) = 10 THEN interval '24 hours' - interval '1 us' ELSE interval '0' END;
COMMENT ON FUNCTION lealup._http_end(text) IS 'The last moment of a period that ends then: the time, or the end of the date''s day in UTC.';

CREATE FUNCTION lealup._http_has_type(type jsonb, value jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN type IS NULL THEN true
        ELSE type ? jsonb_typeof(value) OR (type ? 'integer' AND jsonb_typeof(value) = 'number' AND value::numeric % 1 = 0) END;
COMMENT ON FUNCTION lealup._http_has_type(jsonb, jsonb) IS 'Whether a value has a type, or one of the types, of JSON Schema.';

CREATE FUNCTION lealup._http_check_format(format text, value text) RETURNS text
    LANGUAGE sql STABLE
    RETURN CASE format
        WHEN 'uuid' THEN CASE WHEN value !~* '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$' THEN 'must be a UUID' END
        WHEN 'date-time' THEN CASE WHEN lealup._http_time(value) IS NULL THEN 'must be a time as in 2026-04-15T14:30:00Z, or a date' END
        WHEN 'date' THEN CASE WHEN length(value) <> 10 OR lealup._http_time(value) IS NULL THEN 'must be a date as in 2026-04-15' END
        WHEN 'number' THEN CASE WHEN value !~ '^[0-9]{1,18}$' THEN 'must be a whole number' END
        WHEN 'email' THEN CASE WHEN value !~ '^[^@\s]+@[^@\s]+$' THEN 'must be an e-mail address' END
    END;
COMMENT ON FUNCTION lealup._http_check_format(text, text) IS 'What is wrong with a text that must have a format (uuid, date-time, date, email, and number for cursors); null if nothing is.';

CREATE FUNCTION lealup._http_error(field text, message text) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
    RETURN jsonb_build_array(jsonb_build_object('field', left(field, 200), 'message', message));
COMMENT ON FUNCTION lealup._http_error(text, text) IS 'One element of a problem''s errors.';

CREATE FUNCTION lealup._http_schema(schema jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF schema ? '$ref' THEN
        RETURN (SELECT s.schema FROM lealup.api_schema s WHERE s.name = substring(_http_schema.schema ->> '$ref' FROM '[^/]*$'));
    END IF;
    RETURN schema;
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
    'Checks a value by a JSON Schema: gives [{"field", "message"}], [] if all is well. Known keywords: $ref, type, enum, minLength, maxLength, format (see _http_check_format), minimum, maximum, minItems, maxItems, items, required, properties, additionalProperties; description and examples are for readers.';
