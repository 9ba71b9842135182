-- What members and applications do with leads.

-- ----- Fields and activity types -----

CREATE FUNCTION lealup._add_lead_fields(tenant_id uuid) RETURNS void
    LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    INSERT INTO lealup.lead_field (tenant_id, name, title, type, is_unique)
    SELECT _add_lead_fields.tenant_id, f.name, f.title, f.type, f.name = 'email'
    FROM (VALUES ('first_name', 'First name', 'text'), ('last_name', 'Last name', 'text'), ('email', 'E-mail', 'email'), ('phone', 'Phone', 'phone'), ('company', 'Company', 'text'),
        ('job_title', 'Job title', 'text'), ('website', 'Website', 'url'), ('city', 'City', 'text'), ('country', 'Country', 'text'), ('source', 'Lead source', 'text'),
        ('stage', 'Stage', 'text'), ('notes', 'Notes', 'text')) f(name, title, type);
    INSERT INTO lealup.lead_activity_type (tenant_id, name, title)
    VALUES (_add_lead_fields.tenant_id, 'note', 'Note'), (_add_lead_fields.tenant_id, 'call', 'Call'), (_add_lead_fields.tenant_id, 'email', 'E-mail'),
        (_add_lead_fields.tenant_id, 'meeting', 'Meeting'), (_add_lead_fields.tenant_id, 'form', 'Form submitted');
END;
COMMENT ON FUNCTION lealup._add_lead_fields(uuid) IS 'Gives a new tenant the fields and activity types with which it begins.';

CREATE FUNCTION lealup._check_lead_name(field text, name text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF coalesce(name, '') !~ '^[A-Za-z][A-Za-z0-9_]{0,62}$' THEN
        RAISE EXCEPTION 'invalid %: %', field, coalesce(quote_literal(left(name, 100)), 'null')
            USING ERRCODE = 'invalid_parameter_value', DETAIL = 'It is 1 to 63 letters, digits and underscores, and begins with a letter.';
    END IF;
END $$;
COMMENT ON FUNCTION lealup._check_lead_name(text, text) IS 'Raises invalid_parameter_value unless a field or activity type may be called that.';

CREATE FUNCTION lealup._check_lead_type(field text, type text, choices text[]) RETURNS void
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lealup._check_choice(field, type, '{text,integer,number,boolean,date,datetime,email,phone,url,select}', required => true);
    IF (type = 'select') <> (choices IS NOT NULL) THEN
        RAISE EXCEPTION 'choices must be given for select, and for nothing else' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF choices IS NOT NULL AND (cardinality(choices) NOT BETWEEN 1 AND 1000
        OR EXISTS (SELECT FROM unnest(choices) c WHERE c IS NULL OR c <> btrim(c) OR length(c) NOT BETWEEN 1 AND 200)
        OR (SELECT count(DISTINCT lower(c)) < count(*) FROM unnest(choices) c)) THEN
        RAISE EXCEPTION 'choices must be 1 to 1000 different texts of 1 to 200 characters' USING ERRCODE = 'invalid_parameter_value',
            DETAIL = 'They are compared without regard to case, and have no blanks at their ends.';
    END IF;
END $$;
COMMENT ON FUNCTION lealup._check_lead_type(text, text, text[]) IS 'Raises invalid_parameter_value unless there is such a type, with choices if and only if it is select.';

CREATE FUNCTION lealup.set_lead_field(tenant_id uuid, name text, title text DEFAULT NULL, type text DEFAULT NULL, choices text[] DEFAULT NULL,
        is_unique boolean DEFAULT NULL, required boolean DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    f lealup.lead_field;
    known boolean;
    misfit record;
BEGIN
    PERFORM lealup._require('configure', set_lead_field.tenant_id);
    PERFORM lealup._check_lead_name('name', set_lead_field.name), lealup._check_text('title', set_lead_field.title, 200);
    -- What is written meanwhile would not be looked at: the tenant's leads wait.
    PERFORM pg_advisory_xact_lock(lealup._lead_lock(set_lead_field.tenant_id));
    SELECT x.* INTO f FROM lealup.lead_field x WHERE x.tenant_id = set_lead_field.tenant_id AND x.name = set_lead_field.name;
    known := FOUND;
    IF NOT known AND (SELECT count(*) >= 500 FROM lealup.lead_field x WHERE x.tenant_id = set_lead_field.tenant_id) THEN
        RAISE EXCEPTION 'too many fields' USING ERRCODE = 'configuration_limit_exceeded', DETAIL = 'A tenant''s leads have at most 500.';
    END IF;
    f.title := coalesce(set_lead_field.title, f.title, set_lead_field.name);
    f.choices := CASE WHEN coalesce(set_lead_field.type, f.type) = 'select' THEN coalesce(set_lead_field.choices, f.choices) ELSE set_lead_field.choices END;
    f.type := coalesce(set_lead_field.type, f.type, 'text');
    f.is_unique := coalesce(set_lead_field.is_unique, f.is_unique, false);
    f.required := coalesce(set_lead_field.required, f.required, false);
    PERFORM lealup._check_lead_type('type', f.type, f.choices);
    IF known THEN
        -- Values stay as they are, so they have to be the ones that the new type would keep.
        SELECT count(*), min(l.id::text) AS lead_id, min(l.fields ->> set_lead_field.name) AS value INTO misfit FROM lealup.lead l
        WHERE l.tenant_id = set_lead_field.tenant_id AND l.deleted_at IS NULL AND l.fields ? set_lead_field.name
          AND lealup._lead_value(f.type, f.choices, l.fields -> set_lead_field.name, NULL, 'UTC') IS DISTINCT FROM l.fields -> set_lead_field.name;
        IF misfit.count > 0 THEN
            RAISE EXCEPTION 'type cannot be % with choices %: % leads have other values', f.type, coalesce(f.choices::text, 'none'), misfit.count
                USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = format('For example %s.', quote_literal(left(misfit.value, 100))), HINT = 'Change those values first, or add another field.';
        END IF;
        UPDATE lealup.lead_field x SET title = f.title, type = f.type, choices = f.choices, is_unique = f.is_unique, required = f.required
        WHERE x.tenant_id = set_lead_field.tenant_id AND x.name = set_lead_field.name;
    ELSE
        INSERT INTO lealup.lead_field (tenant_id, name, title, type, choices, is_unique, required)
        VALUES (set_lead_field.tenant_id, set_lead_field.name, f.title, f.type, f.choices, f.is_unique, f.required);
    END IF;
    DELETE FROM lealup.lead_unique u WHERE u.tenant_id = set_lead_field.tenant_id AND u.field = set_lead_field.name;
    IF f.is_unique THEN
        SELECT lealup._lead_key(l.fields -> set_lead_field.name) AS value, count(*) AS leads INTO misfit FROM lealup.lead l
        WHERE l.tenant_id = set_lead_field.tenant_id AND l.deleted_at IS NULL AND l.fields ? set_lead_field.name GROUP BY 1
        HAVING count(*) > 1 OR length(lealup._lead_key(l.fields -> set_lead_field.name)) > 500 LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'is_unique cannot be: % leads have the value %', misfit.leads, quote_literal(left(misfit.value, 100))
                USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = 'A value of a unique field has at most 500 characters, too.';
        END IF;
        INSERT INTO lealup.lead_unique (tenant_id, field, value, lead_id)
        SELECT l.tenant_id, set_lead_field.name, lealup._lead_key(l.fields -> set_lead_field.name), l.id FROM lealup.lead l
        WHERE l.tenant_id = set_lead_field.tenant_id AND l.deleted_at IS NULL AND l.fields ? set_lead_field.name;
    END IF;
    PERFORM lealup._audit(set_lead_field.tenant_id, 'lead_field.set', 'lead_field', NULL, jsonb_build_object('name', set_lead_field.name, 'type', f.type, 'is_unique', f.is_unique, 'required', f.required));
END $$;
COMMENT ON FUNCTION lealup.set_lead_field(uuid, text, text, text, text[], boolean, boolean) IS
    'Adds a field to the tenant''s leads, or changes one; null leaves what there is (of a new one: its name as title, text, neither unique nor required). type: text, integer, number, boolean, date, datetime, email, phone, url or select, which takes one of choices. is_unique: no two leads have the same value, compared without regard to case. required: new leads need it, and nobody empties it. Raises object_not_in_prerequisite_state if leads have values that do not fit. Needs the right to configure.';

CREATE FUNCTION lealup.delete_lead_field(tenant_id uuid, name text) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    suppressed text := current_setting('lealup.suppress_events');
BEGIN
    PERFORM lealup._require('configure', delete_lead_field.tenant_id);
    PERFORM pg_advisory_xact_lock(lealup._lead_lock(delete_lead_field.tenant_id));
    DELETE FROM lealup.lead_field f WHERE f.tenant_id = delete_lead_field.tenant_id AND f.name = delete_lead_field.name;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'field % does not exist', coalesce(quote_literal(left(delete_lead_field.name, 100)), 'null') USING ERRCODE = 'no_data_found';
    END IF;
    DELETE FROM lealup.lead_unique u WHERE u.tenant_id = delete_lead_field.tenant_id AND u.field = delete_lead_field.name;
    -- That leads have no such field any more is no change of any lead; automations that ask for it will never be met.
    PERFORM set_config('lealup.suppress_events', 'on', true);
    UPDATE lealup.lead l SET fields = l.fields - delete_lead_field.name, versions = l.versions - delete_lead_field.name
    WHERE l.tenant_id = delete_lead_field.tenant_id AND l.versions ? delete_lead_field.name;
    PERFORM set_config('lealup.suppress_events', suppressed, true);
    PERFORM lealup._audit(delete_lead_field.tenant_id, 'lead_field.delete', 'lead_field', NULL, jsonb_build_object('name', delete_lead_field.name));
END $$;
COMMENT ON FUNCTION lealup.delete_lead_field(uuid, text) IS
    'Removes a field, and with it its values, for good and without events. Raises no_data_found if there is none. Needs the right to configure.';

CREATE FUNCTION lealup.set_lead_activity_type(tenant_id uuid, name text, title text DEFAULT NULL, fields jsonb DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    f record;
    unknown text;
BEGIN
    PERFORM lealup._require('configure', set_lead_activity_type.tenant_id);
    PERFORM lealup._check_lead_name('name', set_lead_activity_type.name), lealup._check_text('title', set_lead_activity_type.title, 200);
    IF jsonb_typeof(set_lead_activity_type.fields) <> 'object' OR (SELECT count(*) FROM jsonb_object_keys(set_lead_activity_type.fields)) > 100 THEN
        RAISE EXCEPTION 'fields must be a JSON object of at most 100 fields' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    FOR f IN SELECT x.key, x.value FROM jsonb_each(set_lead_activity_type.fields) x LOOP
        PERFORM lealup._check_lead_name('fields', f.key);
        IF jsonb_typeof(f.value) <> 'object' OR jsonb_typeof(coalesce(f.value -> 'choices', '[]')) <> 'array' OR jsonb_typeof(coalesce(f.value -> 'required', 'false')) <> 'boolean'
            OR EXISTS (SELECT FROM jsonb_object_keys(f.value) k WHERE k NOT IN ('type', 'choices', 'required')) THEN
            RAISE EXCEPTION 'fields: invalid definition of "%"', f.key USING ERRCODE = 'invalid_parameter_value', DETAIL = 'It is {"type": text, "choices"?: [texts], "required"?: boolean}.';
        END IF;
        PERFORM lealup._check_lead_type(format('fields.%s.type', f.key), f.value ->> 'type',
            CASE WHEN f.value ? 'choices' THEN ARRAY(SELECT jsonb_array_elements_text(f.value -> 'choices')) END);
    END LOOP;
    INSERT INTO lealup.lead_activity_type AS t (tenant_id, name, title, fields)
    VALUES (set_lead_activity_type.tenant_id, set_lead_activity_type.name, coalesce(set_lead_activity_type.title, set_lead_activity_type.name), coalesce(set_lead_activity_type.fields, '{}'))
    ON CONFLICT ON CONSTRAINT lead_activity_type_pkey DO UPDATE SET title = coalesce(set_lead_activity_type.title, t.title), fields = coalesce(set_lead_activity_type.fields, t.fields);
    PERFORM lealup._audit(set_lead_activity_type.tenant_id, 'lead_activity_type.set', 'lead_activity_type', NULL, jsonb_build_object('name', set_lead_activity_type.name));
END $$;
COMMENT ON FUNCTION lealup.set_lead_activity_type(uuid, text, text, jsonb) IS
    'Adds a type of activities, or changes one; null leaves what there is. fields: {name: {"type", "choices"?, "required"?}}, types as set_lead_field() has them: what activities have beside their note; it concerns what is posted from now on. Needs the right to configure.';

-- ----- Leads -----

CREATE FUNCTION lealup._raise_lead_errors(errors jsonb) RETURNS void
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF errors IS NOT NULL THEN
        RAISE EXCEPTION '%', errors #>> '{0,message}'
            USING ERRCODE = CASE WHEN errors #>> '{0,code}' IN ('not_found', 'deleted', 'no_activity') THEN 'no_data_found' WHEN errors #>> '{0,code}' = 'unique' THEN 'duplicate_object' ELSE 'invalid_parameter_value' END,
                  DETAIL = coalesce((SELECT string_agg(e ->> 'message', '; ') || '.' FROM (SELECT e FROM jsonb_array_elements(errors) WITH ORDINALITY u(e, n) WHERE n BETWEEN 2 AND 20 ORDER BY n) x), '');
    END IF;
END $$;
COMMENT ON FUNCTION lealup._raise_lead_errors(jsonb) IS 'Raises what is wrong with one record: no_data_found, duplicate_object for a value that is taken, else invalid_parameter_value. Does nothing for null.';

CREATE FUNCTION lealup._check_lead_values(fields jsonb) RETURNS void
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF jsonb_typeof(fields) IS DISTINCT FROM 'object' THEN
        RAISE EXCEPTION 'fields must be a JSON object' USING ERRCODE = 'invalid_parameter_value', HINT = 'It is {name: value}.';
    END IF;
END $$;
COMMENT ON FUNCTION lealup._check_lead_values(jsonb) IS 'Raises invalid_parameter_value unless it is an object.';

CREATE FUNCTION lealup._lead_habits(tenant_id uuid, OUT country text, OUT zone text) RETURNS record
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT t.settings ->> 'default_country', lealup._known_time_zone(t.time_zone) FROM lealup.tenant t WHERE t.tenant_id = _lead_habits.tenant_id;
END;
COMMENT ON FUNCTION lealup._lead_habits(uuid) IS 'The country of a tenant''s phone numbers that have no country code, and the zone of its times that have none.';

CREATE FUNCTION lealup.create_lead(tenant_id uuid, fields jsonb) RETURNS uuid
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r lealup._lead_result;
    h record := lealup._lead_habits(create_lead.tenant_id);
BEGIN
    PERFORM lealup._require('edit', create_lead.tenant_id);
    PERFORM lealup._check_lead_values(create_lead.fields);
    SELECT * INTO r FROM lealup._write_leads(create_lead.tenant_id, ARRAY[ROW(1, NULL, create_lead.fields, NULL, NULL)::lealup._lead_change], h.country, h.zone);
    PERFORM lealup._raise_lead_errors(r.errors), lealup._audit(create_lead.tenant_id, 'lead.create', 'lead', r.lead_id);
    RETURN r.lead_id;
END $$;
COMMENT ON FUNCTION lealup.create_lead(uuid, jsonb) IS
    'Makes a lead of {name: value} and gives its id. Values are read generously ("yes" for a boolean, "600 123 456" for a phone number of the tenant''s default_country) and kept in one form. Raises invalid_parameter_value with field, value and what is expected, duplicate_object if a unique value is taken.';

CREATE FUNCTION lealup.update_lead(tenant_id uuid, lead_id uuid, fields jsonb) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r lealup._lead_result;
    h record := lealup._lead_habits(update_lead.tenant_id);
BEGIN
    PERFORM lealup._require('edit', update_lead.tenant_id);
    PERFORM lealup._check_lead_values(update_lead.fields);
    IF update_lead.lead_id IS NULL THEN
        RAISE EXCEPTION 'lead_id must not be null' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    SELECT * INTO r FROM lealup._write_leads(update_lead.tenant_id, ARRAY[ROW(1, update_lead.lead_id, update_lead.fields, NULL, NULL)::lealup._lead_change], h.country, h.zone);
    PERFORM lealup._raise_lead_errors(r.errors);
    IF r.outcome = 'updated' THEN
        PERFORM lealup._audit(update_lead.tenant_id, 'lead.update', 'lead', update_lead.lead_id, jsonb_build_object('changed', r.changed));
    END IF;
END $$;
COMMENT ON FUNCTION lealup.update_lead(uuid, uuid, jsonb) IS
    'Changes the fields of a lead that are named, {name: value}; null, or a text of blanks, empties one. Raises as create_lead(), and no_data_found if there is no such lead.';

CREATE FUNCTION lealup.delete_lead(tenant_id uuid, lead_id uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    at timestamptz := now();
    kept jsonb;
BEGIN
    PERFORM lealup._require('edit', delete_lead.tenant_id);
    PERFORM pg_advisory_xact_lock_shared(lealup._lead_lock(delete_lead.tenant_id));
    UPDATE lealup.lead l SET deleted_at = at, updated_at = at WHERE l.tenant_id = delete_lead.tenant_id AND l.id = delete_lead.lead_id AND l.deleted_at IS NULL
    RETURNING l.fields INTO kept;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'lead % does not exist', coalesce(delete_lead.lead_id::text, 'null') USING ERRCODE = 'no_data_found';
    END IF;
    DELETE FROM lealup.lead_unique u USING jsonb_each(kept) k
    WHERE u.tenant_id = delete_lead.tenant_id AND u.field = k.key AND u.value = lealup._lead_key(k.value) AND u.lead_id = delete_lead.lead_id;
    PERFORM lealup._audit(delete_lead.tenant_id, 'lead.delete', 'lead', delete_lead.lead_id);
END $$;
COMMENT ON FUNCTION lealup.delete_lead(uuid, uuid) IS
    'Removes a lead softly: the row stays with deleted_at and its unique values are free; lead.deleted is emitted. Raises no_data_found if there is none.';

CREATE FUNCTION lealup._check_lead_search(tenant_id uuid, search_by text) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM lealup.lead_field f WHERE f.tenant_id = _check_lead_search.tenant_id AND f.name = _check_lead_search.search_by AND f.is_unique) THEN
        RAISE EXCEPTION 'search_by must be a unique field' USING ERRCODE = 'invalid_parameter_value', HINT = 'lealup.set_lead_field(tenant_id, name, is_unique => true) makes one unique.';
    END IF;
END $$;
COMMENT ON FUNCTION lealup._check_lead_search(uuid, text) IS 'Raises invalid_parameter_value unless leads can be found by that field.';

CREATE FUNCTION lealup.save_leads(tenant_id uuid, leads jsonb, search_by text DEFAULT NULL) RETURNS SETOF lealup._lead_result
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET jit = off AS $$
DECLARE
    h record := lealup._lead_habits(save_leads.tenant_id);
    changes lealup._lead_change[];
    keys text[];
    counts jsonb;
    again int[] := '{}';
    saved lealup._lead_result[] := '{}';
BEGIN
    PERFORM lealup._require('edit', save_leads.tenant_id);
    IF jsonb_typeof(save_leads.leads) IS DISTINCT FROM 'array' OR jsonb_array_length(save_leads.leads) > 10000 OR EXISTS (SELECT FROM jsonb_array_elements(save_leads.leads) e
        WHERE jsonb_typeof(e) <> 'object' OR jsonb_typeof(coalesce(e -> 'fields', '0')) <> 'object' OR EXISTS (SELECT FROM jsonb_object_keys(e) k WHERE k NOT IN ('id', 'fields'))
           OR e ? 'id' AND e -> 'id' <> 'null' AND coalesce(e ->> 'id', '') !~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$') THEN
        RAISE EXCEPTION 'leads must be an array of at most 10000 objects {"id"?: uuid, "fields": {name: value}}' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF save_leads.search_by IS NOT NULL THEN
        PERFORM lealup._check_lead_search(save_leads.tenant_id, save_leads.search_by);
    END IF;
    SELECT array_agg(ROW(n, (e ->> 'id')::uuid, e -> 'fields', NULL, NULL)::lealup._lead_change ORDER BY n),
           array_agg(CASE WHEN save_leads.search_by IS NOT NULL AND e ->> 'id' IS NULL THEN x.key END ORDER BY n)
    INTO changes, keys
    FROM jsonb_array_elements(save_leads.leads) WITH ORDINALITY u(e, n)
    LEFT JOIN lealup.lead_field f ON f.tenant_id = save_leads.tenant_id AND f.name = save_leads.search_by
    CROSS JOIN LATERAL (SELECT lealup._lead_key(nullif(lealup._lead_value(f.type, f.choices, e -> 'fields' -> f.name, h.country, h.zone), 'null')) AS key WHERE f.name IS NOT NULL
                        UNION ALL SELECT NULL WHERE f.name IS NULL) x;
    -- What concerns one lead is written one after the other: each round takes the first of each. Who looked for a lead that another session was about
    -- to make is told that its value is taken, and looks once more.
    WHILE changes <> '{}' LOOP
        DECLARE
            round lealup._lead_change[];
            later lealup._lead_change[];
            later_keys text[];
            results lealup._lead_result[];
            late int[];
        BEGIN
            WITH found AS MATERIALIZED (
                SELECT c.ordinal, coalesce(c.lead_id, u.lead_id) AS lead_id, c.fields, k.key
                FROM unnest(changes) WITH ORDINALITY c(ordinal, lead_id, fields, versions, defaults, n)
                JOIN unnest(keys) WITH ORDINALITY k(key, n) ON k.n = c.n
                LEFT JOIN (SELECT x.value, x.lead_id FROM lealup.lead_unique x
                           WHERE x.tenant_id = save_leads.tenant_id AND x.field = save_leads.search_by AND x.value = ANY (keys)) u ON u.value = k.key
            ), turn AS (
                SELECT f.*, row_number() OVER (PARTITION BY coalesce(f.lead_id::text, 'key ' || f.key, 'none ' || f.ordinal) ORDER BY f.ordinal) AS turn FROM found f
            )
            SELECT array_agg(ROW(t.ordinal, t.lead_id, t.fields, NULL, NULL)::lealup._lead_change ORDER BY t.ordinal) FILTER (WHERE t.turn = 1),
                   coalesce(array_agg(ROW(t.ordinal, CASE WHEN t.key IS NULL THEN t.lead_id END, t.fields, NULL, NULL)::lealup._lead_change ORDER BY t.ordinal) FILTER (WHERE t.turn > 1), '{}'),
                   coalesce(array_agg(t.key ORDER BY t.ordinal) FILTER (WHERE t.turn > 1), '{}'),
                   coalesce(array_agg(t.ordinal) FILTER (WHERE t.turn = 1 AND t.lead_id IS NULL AND t.key IS NOT NULL), '{}')
            INTO round, later, later_keys, late FROM turn t;
            results := ARRAY(SELECT r FROM lealup._write_leads(save_leads.tenant_id, round, h.country, h.zone) r);
            late := ARRAY(SELECT r.ordinal FROM unnest(results) r WHERE r.ordinal = ANY (late) AND r.ordinal <> ALL (again)
                AND r.errors @> jsonb_build_array(jsonb_build_object('code', 'unique', 'field', save_leads.search_by)));
            again := again || late;
            saved := saved || ARRAY(SELECT r FROM unnest(results) r WHERE r.ordinal <> ALL (late));
            changes := ARRAY(SELECT c FROM unnest(round) c WHERE c.ordinal = ANY (late) ORDER BY c.ordinal) || later;
            keys := ARRAY(SELECT lealup._lead_key(nullif(lealup._lead_value(f.type, f.choices, c.fields -> f.name, h.country, h.zone), 'null')) FROM unnest(round) c
                JOIN lealup.lead_field f ON f.tenant_id = save_leads.tenant_id AND f.name = save_leads.search_by WHERE c.ordinal = ANY (late) ORDER BY c.ordinal) || later_keys;
        END;
    END LOOP;
    SELECT coalesce(jsonb_object_agg(o.outcome, o.n), '{}') INTO counts FROM (SELECT s.outcome, count(*) AS n FROM unnest(saved) s GROUP BY 1) o;
    PERFORM lealup._audit(save_leads.tenant_id, 'lead.save', 'lead', NULL, counts);
    RETURN QUERY SELECT s.* FROM unnest(saved) s ORDER BY s.ordinal;
END $$;
COMMENT ON FUNCTION lealup.save_leads(uuid, jsonb, text) IS
    'Writes at most 10,000 leads at once: an array of {"id"?, "fields": {name: value}}. Those with an id are changed; the others are made, or, with search_by (a unique field), change the lead that has their value of it. Gives what came of each, ordinal counts from 1: created, updated, same or failed, and errors; one that fails leaves the others alone.';

CREATE FUNCTION lealup.find_leads(tenant_id uuid, search_by text, "values" text[]) RETURNS TABLE (ordinal int, lead_id uuid)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    h record := lealup._lead_habits(find_leads.tenant_id);
BEGIN
    PERFORM lealup._require_sight(find_leads.tenant_id);
    PERFORM lealup._check_lead_search(find_leads.tenant_id, find_leads.search_by);
    RETURN QUERY SELECT f.ordinal, f.lead_id FROM lealup._find_leads(find_leads.tenant_id, find_leads.search_by, ARRAY(SELECT to_jsonb(v) FROM unnest("values") WITH ORDINALITY u(v, n) ORDER BY n),
        h.country, h.zone) f ORDER BY f.ordinal;
END $$;
COMMENT ON FUNCTION lealup.find_leads(uuid, text, text[]) IS
    'Which leads have values of a unique field, as people write them ("JO@example.com"): a row for each value that is found, ordinal counts from 1.';

-- ----- Activities -----

CREATE FUNCTION lealup.post_lead_activity(tenant_id uuid, lead_id uuid, type text, note text DEFAULT NULL, occurred_at timestamptz DEFAULT now(), fields jsonb DEFAULT '{}') RETURNS uuid
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r lealup._lead_activity_result;
    h record := lealup._lead_habits(post_lead_activity.tenant_id);
BEGIN
    PERFORM lealup._require('edit', post_lead_activity.tenant_id);
    PERFORM lealup._check_lead_values(post_lead_activity.fields);
    SELECT * INTO r FROM lealup._write_lead_activities(post_lead_activity.tenant_id, ARRAY[ROW(1, NULL, post_lead_activity.lead_id, post_lead_activity.type, post_lead_activity.note,
        post_lead_activity.occurred_at, post_lead_activity.fields, NULL)::lealup._lead_activity_change], h.country, h.zone);
    PERFORM lealup._raise_lead_errors(r.errors), lealup._audit(post_lead_activity.tenant_id, 'lead_activity.post', 'lead_activity', r.activity_id);
    RETURN r.activity_id;
END $$;
COMMENT ON FUNCTION lealup.post_lead_activity(uuid, uuid, text, text, timestamptz, jsonb) IS
    'Records that something happened with a lead, and gives the activity''s id. type: one of the tenant''s, see set_lead_activity_type(); note: at most 20,000 characters; fields: those of the type, {name: value}. Raises no_data_found if there is no such lead, else as create_lead().';

CREATE FUNCTION lealup.update_lead_activity(tenant_id uuid, activity_id uuid, note text DEFAULT NULL, occurred_at timestamptz DEFAULT NULL, fields jsonb DEFAULT '{}') RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r lealup._lead_activity_result;
    h record := lealup._lead_habits(update_lead_activity.tenant_id);
BEGIN
    PERFORM lealup._require('edit', update_lead_activity.tenant_id);
    PERFORM lealup._check_lead_values(update_lead_activity.fields);
    IF update_lead_activity.activity_id IS NULL THEN
        RAISE EXCEPTION 'activity_id must not be null' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    SELECT * INTO r FROM lealup._write_lead_activities(update_lead_activity.tenant_id, ARRAY[ROW(1, update_lead_activity.activity_id, NULL, NULL, update_lead_activity.note,
        update_lead_activity.occurred_at, update_lead_activity.fields, NULL)::lealup._lead_activity_change], h.country, h.zone);
    PERFORM lealup._raise_lead_errors(r.errors);
    IF r.outcome = 'updated' THEN
        PERFORM lealup._audit(update_lead_activity.tenant_id, 'lead_activity.update', 'lead_activity', update_lead_activity.activity_id);
    END IF;
END $$;
COMMENT ON FUNCTION lealup.update_lead_activity(uuid, uuid, text, timestamptz, jsonb) IS
    'Changes an activity: null leaves note or time, an empty note empties it; fields names those that change. Raises no_data_found if there is none, else as create_lead().';
