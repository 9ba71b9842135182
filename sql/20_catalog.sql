-- The catalog of event types: the document's fifteen, and the types that tenants register themselves.

CREATE TABLE lealup.event_type (
    name text NOT NULL PRIMARY KEY,
    description text NOT NULL,
    schema jsonb NOT NULL,
    filters jsonb NOT NULL,
    example jsonb NOT NULL
);
COMMENT ON TABLE lealup.event_type IS 'The built-in event types, the same for every tenant.';
COMMENT ON COLUMN lealup.event_type.schema IS 'JSON Schema (2020-12) of the event''s data.';
COMMENT ON COLUMN lealup.event_type.filters IS
    'Filters that a subscription may use: {name: {type: string|number|boolean, match: any|min|max, field, values?, description}}.';

CREATE TABLE lealup.tenant_event_type (
    tenant_id uuid NOT NULL REFERENCES lealup.tenant,
    id uuid NOT NULL,
    name text NOT NULL,
    description text NOT NULL,
    schema jsonb,
    filters jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, name)
);
COMMENT ON TABLE lealup.tenant_event_type IS 'Event types that a tenant registered for itself.';

CREATE FUNCTION lealup._event_type(tenant_id uuid, name text, OUT known boolean, OUT filters jsonb, OUT example jsonb) RETURNS record
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    SELECT true, e.filters, e.example INTO known, filters, example FROM lealup.event_type e WHERE e.name = _event_type.name;
    IF NOT FOUND THEN
        SELECT true, t.filters INTO known, filters FROM lealup.tenant_event_type t
        WHERE t.tenant_id = _event_type.tenant_id AND t.name = _event_type.name;
    END IF;
END $$;
COMMENT ON FUNCTION lealup._event_type(uuid, text) IS 'Looks up an event type of the catalog or of the tenant; nulls if there is none.';

CREATE FUNCTION lealup.event_types(tenant_id uuid DEFAULT NULL)
    RETURNS TABLE (name text, description text, schema jsonb, filters jsonb, builtin boolean)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF event_types.tenant_id IS DISTINCT FROM lealup.current_tenant() AND event_types.tenant_id IS NOT NULL THEN
        PERFORM lealup._authorize(event_types.tenant_id);
    END IF;
    RETURN QUERY
        SELECT e.name, e.description, e.schema, e.filters, true FROM lealup.event_type e
        UNION ALL
        SELECT t.name, t.description, t.schema, t.filters, false FROM lealup.tenant_event_type t
        WHERE t.tenant_id = coalesce(event_types.tenant_id, lealup.current_tenant())
        ORDER BY 5 DESC, 1;
END $$;
COMMENT ON FUNCTION lealup.event_types(uuid) IS
    'The event types that can be emitted and subscribed to: the built-in ones and the tenant''s own (null: of the tenant chosen by lealup.tenant_id).';

CREATE VIEW lealup.event_types WITH (security_invoker) AS SELECT * FROM lealup.event_types();
COMMENT ON VIEW lealup.event_types IS 'lealup.event_types() as a view: the built-in event types and those of the current tenant.';

CREATE FUNCTION lealup.event_filters(event_type text, tenant_id uuid DEFAULT NULL)
    RETURNS TABLE (filter text, type text, match text, field text, allowed jsonb, description text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    entry record;
BEGIN
    IF event_filters.tenant_id IS NOT NULL AND event_filters.tenant_id IS DISTINCT FROM lealup.current_tenant() THEN
        PERFORM lealup._authorize(event_filters.tenant_id);
    END IF;
    SELECT * INTO entry
    FROM lealup._event_type(coalesce(event_filters.tenant_id, lealup.current_tenant()), event_filters.event_type);
    IF entry.known IS NULL THEN
        PERFORM lealup._unknown_event_type(event_filters.event_type);
    END IF;
    RETURN QUERY
        SELECT f.key, f.value ->> 'type', f.value ->> 'match', f.value ->> 'field', f.value -> 'values', f.value ->> 'description'
        FROM jsonb_each(entry.filters) f ORDER BY f.key;
END $$;
COMMENT ON FUNCTION lealup.event_filters(text, uuid) IS
    'The filters that subscriptions to an event type may use: name, value type, how it matches (any = equal to one of the values, min = at least, max = at most), the field of the event''s context or data, and the allowed values where they are limited.';

CREATE FUNCTION lealup._unknown_event_type(name text) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'unknown event type: %', coalesce(quote_literal(left(name, 100)), 'null')
        USING ERRCODE = 'invalid_parameter_value',
              DETAIL = 'Built-in event types: ' || (SELECT string_agg(e.name, ', ' ORDER BY e.name) FROM lealup.event_type e) || '.',
              HINT = 'SELECT * FROM lealup.event_types(tenant_id) lists every type; lealup.register_event_type() adds your own.';
END $$;
COMMENT ON FUNCTION lealup._unknown_event_type(text) IS 'Raises the error for an unknown event type, naming those that are known.';

CREATE FUNCTION lealup._check_filter_definitions(filters jsonb) RETURNS void
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    f record;
    unknown text;
BEGIN
    IF jsonb_typeof(filters) IS DISTINCT FROM 'object' THEN
        RAISE EXCEPTION 'filters must be a JSON object' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    FOR f IN SELECT key, value FROM jsonb_each(filters) LOOP
        IF f.key !~ '^[a-z][a-z0-9_]{0,62}$' THEN
            RAISE EXCEPTION 'invalid filter name: %', quote_literal(left(f.key, 100))
                USING ERRCODE = 'invalid_parameter_value', DETAIL = 'A name is 1 to 63 lower-case letters, digits and underscores.';
        END IF;
        IF jsonb_typeof(f.value) <> 'object'
            OR coalesce(f.value ->> 'type', '') NOT IN ('string', 'number', 'boolean')
            OR coalesce(f.value ->> 'match', 'any') NOT IN ('any', 'min', 'max')
            OR (f.value ->> 'match' IN ('min', 'max') AND f.value ->> 'type' <> 'number')
            OR (f.value ? 'values' AND jsonb_typeof(f.value -> 'values') <> 'array') THEN
            RAISE EXCEPTION 'invalid definition of filter "%"', f.key
                USING ERRCODE = 'invalid_parameter_value',
                      DETAIL = 'A definition is {"type": "string"|"number"|"boolean", "match": "any"|"min"|"max" (min and max for numbers), "field": the name in the event''s context or data, "values": [allowed], "description": text}.';
        END IF;
        SELECT key INTO unknown FROM jsonb_object_keys(f.value) key
        WHERE key NOT IN ('type', 'match', 'field', 'values', 'description') LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'unknown key "%" in the definition of filter "%"', left(unknown, 100), f.key
                USING ERRCODE = 'invalid_parameter_value', DETAIL = 'Known keys: type, match, field, values, description.';
        END IF;
    END LOOP;
END $$;
COMMENT ON FUNCTION lealup._check_filter_definitions(jsonb) IS 'Raises invalid_parameter_value unless every filter definition is well-formed.';

CREATE FUNCTION lealup.register_event_type(tenant_id uuid, name text, description text, schema jsonb DEFAULT NULL, filters jsonb DEFAULT '{}') RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    complete jsonb;
BEGIN
    PERFORM lealup._authorize(register_event_type.tenant_id);
    IF coalesce(register_event_type.name, '') !~ '^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$' OR length(register_event_type.name) > 100 THEN
        RAISE EXCEPTION 'invalid event type name: %', coalesce(quote_literal(left(register_event_type.name, 120)), 'null')
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = 'A name is two or more words of lower-case letters, digits and underscores, joined by dots; 100 characters at most.';
    END IF;
    IF EXISTS (SELECT FROM lealup.event_type e WHERE e.name = register_event_type.name)
        OR register_event_type.name LIKE 'webhook.%' THEN
        RAISE EXCEPTION 'event type "%" is built in', register_event_type.name
            USING ERRCODE = 'duplicate_object', HINT = 'Choose another name, for example one that begins with your company''s.';
    END IF;
    IF coalesce(register_event_type.description, '') = '' THEN
        RAISE EXCEPTION 'description must not be empty' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF jsonb_typeof(register_event_type.schema) <> 'object' THEN
        RAISE EXCEPTION 'schema must be a JSON object (a JSON Schema)' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM lealup._check_filter_definitions(coalesce(register_event_type.filters, '{}'));
    SELECT coalesce(jsonb_object_agg(key, jsonb_build_object('match', 'any', 'field', key) || value), '{}') INTO complete
    FROM jsonb_each(coalesce(register_event_type.filters, '{}'));
    INSERT INTO lealup.tenant_event_type (tenant_id, id, name, description, schema, filters)
    VALUES (register_event_type.tenant_id, lealup.uuid7(), register_event_type.name, register_event_type.description,
            register_event_type.schema, complete)
    ON CONFLICT ON CONSTRAINT tenant_event_type_tenant_id_name_key
    DO UPDATE SET description = excluded.description, schema = excluded.schema, filters = excluded.filters;
    PERFORM lealup._audit(register_event_type.tenant_id, 'event_type.register', 'event_type', NULL,
        jsonb_build_object('name', register_event_type.name));
END $$;
COMMENT ON FUNCTION lealup.register_event_type(uuid, text, text, jsonb, jsonb) IS
    'Adds an event type of the tenant''s own, or changes it. name: words joined by dots (acme.order_shipped). schema: JSON Schema of the data, for readers. filters: {name: {"type": "string"|"number"|"boolean", "match": "any"|"min"|"max", "field": name in the event''s context or data (default: the filter''s name), "values": [...], "description": ...}}.';

CREATE FUNCTION lealup._filter_value_allowed(definition jsonb, item jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN jsonb_typeof(item) = definition ->> 'type'
        AND (definition -> 'values' IS NULL
             OR EXISTS (SELECT FROM jsonb_array_elements_text(definition -> 'values') v WHERE replace(v, '-', '_') = replace(item #>> '{}', '-', '_')));
COMMENT ON FUNCTION lealup._filter_value_allowed(jsonb, jsonb) IS
    'Whether one filter value has the defined type and, where the values are limited, is one of them; at-risk counts as at_risk, since the document writes both.';

CREATE FUNCTION lealup._check_events(tenant_id uuid, events text[]) RETURNS void
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    unknown text;
BEGIN
    IF coalesce(cardinality(events), 0) NOT BETWEEN 1 AND 100 OR array_position(events, NULL) IS NOT NULL THEN
        RAISE EXCEPTION 'events must list 1 to 100 event types'
            USING ERRCODE = 'invalid_parameter_value', HINT = 'ARRAY[''*''] stands for all of them.';
    END IF;
    SELECT e INTO unknown FROM unnest(events) e
    WHERE e <> '*' AND NOT EXISTS (
        SELECT FROM lealup.event_type t WHERE e = ANY (lealup._event_patterns(t.name))
        UNION ALL
        SELECT FROM lealup.tenant_event_type t WHERE t.tenant_id = _check_events.tenant_id AND e = ANY (lealup._event_patterns(t.name)))
    LIMIT 1;
    IF FOUND THEN
        PERFORM lealup._unknown_event_type(unknown);
    END IF;
END $$;
COMMENT ON FUNCTION lealup._check_events(uuid, text[]) IS
    'Raises invalid_parameter_value unless each of 1 to 100 events is *, a type that the tenant knows, or a prefix of one (customer.*).';

CREATE FUNCTION lealup._check_filters(tenant_id uuid, events text[], filters jsonb) RETURNS void
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    f record;
    t record;
    item jsonb;
BEGIN
    IF jsonb_typeof(filters) IS DISTINCT FROM 'object' THEN
        RAISE EXCEPTION 'filters must be a JSON object' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    FOR f IN SELECT key, value FROM jsonb_each(filters) LOOP
        -- A type that was named must know the filter; of the types under a wildcard at least one must.
        FOR t IN
            WITH type AS (
                SELECT e.name, e.filters FROM lealup.event_type e
                UNION ALL
                SELECT o.name, o.filters FROM lealup.tenant_event_type o WHERE o.tenant_id = _check_filters.tenant_id)
            SELECT pattern, x.filters -> f.key AS definition,
                   bool_or(x.filters ? f.key) OVER (PARTITION BY pattern) AS known,
                   (SELECT string_agg(DISTINCT key, ', ' ORDER BY key) FROM type y, jsonb_object_keys(y.filters) key
                    WHERE pattern = ANY (lealup._event_patterns(y.name))) AS names
            FROM unnest(events) pattern
            JOIN type x ON pattern = ANY (lealup._event_patterns(x.name))
            ORDER BY pattern, x.name
        LOOP
            IF NOT t.known THEN
                RAISE EXCEPTION 'unknown filter "%" for event type "%"', left(f.key, 100), t.pattern
                    USING ERRCODE = 'invalid_parameter_value',
                          DETAIL = 'Allowed filters: ' || coalesce(t.names, 'none') || '.',
                          HINT = 'SELECT * FROM lealup.event_filters(event_type) describes them.';
            END IF;
            CONTINUE WHEN t.definition IS NULL;
            IF jsonb_typeof(f.value) = 'array' AND (t.definition ->> 'match' <> 'any' OR jsonb_array_length(f.value) NOT BETWEEN 1 AND 100) THEN
                RAISE EXCEPTION 'filter "%" takes %', f.key,
                    CASE WHEN t.definition ->> 'match' = 'any' THEN 'a value or an array of 1 to 100 values' ELSE 'one value, not an array' END
                    USING ERRCODE = 'invalid_parameter_value';
            END IF;
            FOR item IN
                SELECT v FROM jsonb_array_elements(CASE jsonb_typeof(f.value) WHEN 'array' THEN f.value ELSE jsonb_build_array(f.value) END) v
            LOOP
                IF NOT lealup._filter_value_allowed(t.definition, item) THEN
                    RAISE EXCEPTION 'invalid value for filter "%": %', f.key, left(item::text, 100)
                        USING ERRCODE = 'invalid_parameter_value',
                              DETAIL = format('The filter takes a %s%s%s.', t.definition ->> 'type',
                                  CASE WHEN t.definition ->> 'match' = 'any' THEN ' or an array of them' ELSE '' END,
                                  ': ' || (SELECT string_agg(v, ', ') FROM jsonb_array_elements_text(t.definition -> 'values') v));
                END IF;
            END LOOP;
        END LOOP;
    END LOOP;
END $$;
COMMENT ON FUNCTION lealup._check_filters(uuid, text[], jsonb) IS
    'Raises invalid_parameter_value, naming what is allowed, unless every filter is known to the events and every value has its type.';

CREATE FUNCTION lealup._event_patterns(event_type text) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    parts text[] := string_to_array(event_type, '.');
    patterns text[] := ARRAY['*', event_type];
BEGIN
    -- A function in SQL would be planned anew for every batch of events.
    FOR n IN 1 .. least(cardinality(parts) - 1, 50) LOOP
        patterns := patterns || (array_to_string(parts[1:n], '.') || '.*');
    END LOOP;
    RETURN patterns;
END $$;
COMMENT ON FUNCTION lealup._event_patterns(text) IS
    'What a subscription may list to get an event type: *, the type itself, and its prefixes (customer.* for customer.created).';

CREATE FUNCTION lealup._as_jsonb(data json) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN data::jsonb;
EXCEPTION WHEN data_exception OR program_limit_exceeded OR untranslatable_character THEN
    RETURN NULL;
END $$;
COMMENT ON FUNCTION lealup._as_jsonb(json) IS
    'An event''s data for filters; null for what json takes and jsonb refuses (a NUL or half a surrogate pair in a string, a number too large).';

CREATE FUNCTION lealup._matches(filters jsonb, definitions jsonb, context jsonb, data jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN jsonb_typeof(filters) = 'object' AND NOT EXISTS (
        SELECT FROM jsonb_each(CASE jsonb_typeof(filters) WHEN 'object' THEN filters ELSE '{}' END) f
        LEFT JOIN LATERAL (
            SELECT d.definition ->> 'match' AS match, d.definition ->> 'type' = 'number' AS is_number,
                   d.field, coalesce(context ->> d.field, context ->> f.key, data ->> d.field, data ->> f.key) AS actual
            FROM (SELECT definitions -> f.key AS definition, definitions -> f.key ->> 'field' AS field) d) e ON true
        WHERE CASE
            WHEN e.actual IS NULL THEN true
            WHEN e.match = 'any' AND NOT e.is_number THEN NOT EXISTS (
                SELECT FROM jsonb_array_elements_text(CASE jsonb_typeof(f.value) WHEN 'array' THEN f.value ELSE jsonb_build_array(f.value) END) v
                WHERE v = e.actual OR (definitions -> f.key ? 'values' AND replace(v, '-', '_') = replace(e.actual, '-', '_')) OR context -> e.field ? v)
            WHEN e.actual !~ '^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?$' OR length(e.actual) > 500 THEN true
            WHEN e.match = 'any' THEN NOT EXISTS (
                SELECT FROM jsonb_array_elements(CASE jsonb_typeof(f.value) WHEN 'array' THEN f.value ELSE jsonb_build_array(f.value) END) v
                WHERE v = to_jsonb(e.actual::numeric))
            WHEN jsonb_typeof(f.value) <> 'number' THEN true
            WHEN e.match = 'min' THEN NOT e.actual::numeric >= (f.value #>> '{}')::numeric
            WHEN e.match = 'max' THEN NOT e.actual::numeric <= (f.value #>> '{}')::numeric
            ELSE true
        END);
COMMENT ON FUNCTION lealup._matches(jsonb, jsonb, jsonb, jsonb) IS
    'Whether an event passes a subscription''s filters. A filter''s field, or else its own name, is looked up in the context, then in the data; of an array in the context any element may match; one that is not there, or a filter that the event type does not know, does not match. Never raises.';
