-- Import of CSV files: how files are read, what is uploaded, how far an import is, and the rows that it refused.

CREATE TABLE lealup.import_mapping (
    tenant_id uuid NOT NULL REFERENCES lealup.tenant,
    id uuid NOT NULL DEFAULT lealup.uuid7(),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    target text NOT NULL CHECK (target IN ('customer', 'contact', 'health_signal', 'timeline_event', 'task')),
    columns jsonb NOT NULL CHECK (jsonb_typeof(columns) = 'object'),
    key text NOT NULL CHECK (key IN ('external_id', 'domain', 'email', 'none')),
    provider text NOT NULL CHECK (length(provider) BETWEEN 1 AND 100),
    header boolean NOT NULL,
    delimiter text CHECK (delimiter IN (',', ';', E'\t', '|')),
    default_country text CHECK (default_country ~ '^[A-Z]{2}$'),
    date_format text NOT NULL CHECK (date_format IN ('YMD', 'DMY', 'MDY', 'unix')),
    time_zone text CHECK (lealup._is_time_zone(time_zone)),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, name)
);
COMMENT ON TABLE lealup.import_mapping IS 'How files of a kind are read: which column is which field, kept by name; save_import_mapping() makes it.';
COMMENT ON COLUMN lealup.import_mapping.columns IS '{field: {"column": number or name, "default"?, "format"?}}; import_fields() tells the fields.';

CREATE TABLE lealup.import (
    tenant_id uuid NOT NULL REFERENCES lealup.tenant,
    id uuid NOT NULL DEFAULT lealup.uuid7(),
    mapping_name text NOT NULL,
    target text NOT NULL,
    key text NOT NULL,
    provider text NOT NULL,
    columns jsonb NOT NULL,
    header text[],
    width int NOT NULL,
    default_country text,
    date_format text NOT NULL,
    time_zone text NOT NULL,
    dry_run boolean NOT NULL,
    suppress_events boolean NOT NULL,
    status text NOT NULL DEFAULT 'new' CHECK (status IN ('new', 'running', 'completed', 'failed', 'cancelled')),
    rows bigint NOT NULL DEFAULT 0,
    done bigint NOT NULL DEFAULT 0,
    inserted bigint NOT NULL DEFAULT 0,
    updated bigint NOT NULL DEFAULT 0,
    unchanged bigint NOT NULL DEFAULT 0,
    merged bigint NOT NULL DEFAULT 0,
    rejected bigint NOT NULL DEFAULT 0,
    position uuid,
    error text,
    created_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    finished_at timestamptz,
    PRIMARY KEY (tenant_id, id)
);
COMMENT ON TABLE lealup.import IS 'An import and its progress, which every batch commits: done of rows = inserted + updated + unchanged + merged + rejected.';
COMMENT ON COLUMN lealup.import.columns IS 'The mapping as it was when the import began: {field: {"no": number of the column, "default"?, "format"?}}.';
COMMENT ON COLUMN lealup.import.width IS 'How many columns a row has.';
COMMENT ON COLUMN lealup.import.suppress_events IS 'Whether what it changes emits no events; else each changed row emits its own.';
COMMENT ON COLUMN lealup.import.merged IS 'Rows that were put together with a later one of the same key in their batch, whose cells win.';
COMMENT ON COLUMN lealup.import.position IS 'The last staged row that a batch has taken.';
COMMENT ON COLUMN lealup.import.status IS 'new (rows may be uploaded), running (also after a crash: run_import() resumes), failed (error says why; run_import() resumes), completed, cancelled.';

-- No foreign key: a million rows would look up the same import. The upload checks it once.
CREATE TABLE lealup.import_row (
    tenant_id uuid NOT NULL,
    import_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT lealup.uuid7(),
    fields text[] NOT NULL,
    PRIMARY KEY (tenant_id, import_id, id)
);
ALTER TABLE lealup.import_row ALTER COLUMN fields SET STORAGE EXTERNAL;
COMMENT ON TABLE lealup.import_row IS 'Rows that were uploaded and not imported yet, in the order of their ids.';

CREATE TABLE lealup.import_reject (
    tenant_id uuid NOT NULL,
    import_id uuid NOT NULL,
    row_no bigint NOT NULL,
    field text,
    reason text NOT NULL,
    fields text[] NOT NULL,
    resolved_at timestamptz,
    PRIMARY KEY (tenant_id, import_id, row_no),
    FOREIGN KEY (tenant_id, import_id) REFERENCES lealup.import ON DELETE CASCADE
);
COMMENT ON TABLE lealup.import_reject IS 'Rows that an import refused; retry_rejects() imports them again.';
COMMENT ON COLUMN lealup.import_reject.reason IS 'What is wrong: the value (its beginning), the column of the file, and what was expected; several reasons each begin with their field.';
COMMENT ON COLUMN lealup.import_reject.row_no IS 'The number of the row in the file, from 1; the header and blank lines are not counted.';
COMMENT ON COLUMN lealup.import_reject.field IS 'The first field that is wrong; null = the row as a whole.';
COMMENT ON COLUMN lealup.import_reject.resolved_at IS 'When a retry imported it; null = not yet.';

-- Imports are the business of those who may run them.
CREATE POLICY configure ON lealup.import_mapping AS RESTRICTIVE FOR SELECT USING ((SELECT lealup._may('configure')));
CREATE POLICY configure ON lealup.import AS RESTRICTIVE FOR SELECT USING ((SELECT lealup._may('configure')));
CREATE POLICY configure ON lealup.import_reject AS RESTRICTIVE FOR SELECT USING ((SELECT lealup._may('configure')));

CREATE TYPE lealup._import_item AS (row_no bigint, fields text[], v jsonb, key text, id uuid, matched boolean, errors text[]);
COMMENT ON TYPE lealup._import_item IS 'A row on its way: v holds what its cells say by field and later by column; errors are "field: reason".';

-- ----- Fields -----

CREATE FUNCTION lealup.import_fields(target text) RETURNS TABLE (field text, type text, max_length int, required boolean)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT f.field, f.type, f.max_length, f.required
    FROM (VALUES (1, 'customer', 'external_id', 'text', 500, false), (2, 'customer', 'name', 'text', 300, false), (3, 'customer', 'domain', 'domain', 253, false),
        (4, 'customer', 'status', 'choice', 100, false), (5, 'customer', 'tier', 'text', 100, false), (6, 'customer', 'segment', 'text', 200, false),
        (7, 'customer', 'owner', 'email', 254, false), (8, 'customer', 'arr', 'amount', 100, false), (9, 'customer', 'currency', 'currency', 3, false),
        (10, 'customer', 'renewal_date', 'date', 100, false),
        (1, 'contact', 'external_id', 'text', 500, false), (2, 'contact', 'email', 'email', 254, false), (3, 'contact', 'name', 'text', 300, false),
        (4, 'contact', 'phone', 'phone', 100, false), (5, 'contact', 'title', 'text', 300, false), (6, 'contact', 'time_zone', 'zone', 100, false),
        (1, 'health_signal', 'external_id', 'text', 1000, false), (2, 'health_signal', 'kind', 'text', 100, true), (3, 'health_signal', 'value', 'number', 100, false),
        (4, 'health_signal', 'observed_at', 'time', 100, false),
        (1, 'timeline_event', 'external_id', 'text', 1000, false), (2, 'timeline_event', 'kind', 'choice', 100, true),
        (3, 'timeline_event', 'direction', 'choice', 100, false), (4, 'timeline_event', 'channel', 'text', 100, false),
        (5, 'timeline_event', 'title', 'text', 1000, false), (6, 'timeline_event', 'body', 'text', 1000000, false),
        (7, 'timeline_event', 'occurred_at', 'time', 100, false), (8, 'timeline_event', 'contact', 'email', 254, false),
        (9, 'timeline_event', 'member', 'email', 254, false),
        (1, 'task', 'external_id', 'text', 1000, false), (2, 'task', 'title', 'text', 1000, false), (3, 'task', 'description', 'text', 100000, false),
        (4, 'task', 'status', 'choice', 100, false), (5, 'task', 'priority', 'choice', 100, false), (6, 'task', 'due_at', 'time', 100, false),
        (7, 'task', 'assignee', 'email', 254, false),
        (20, '', 'customer_id', 'uuid', 36, false), (21, '', 'customer_external_id', 'text', 500, false), (22, '', 'customer_domain', 'domain', 253, false),
        (23, '', 'customer_email', 'email', 254, false), (24, '', 'customer_name', 'text', 300, false),
        (30, 'c', 'custom.<name>', 'custom', 10000, false)) f(n, target, field, type, max_length, required)
    WHERE f.target = import_fields.target OR f.target = '' AND import_fields.target IN ('contact', 'health_signal', 'timeline_event', 'task')
       OR f.target = 'c' AND import_fields.target IN ('customer', 'contact')
    ORDER BY f.n;
END;
COMMENT ON FUNCTION lealup.import_fields(text) IS
    'The fields to which columns of a file can be mapped, for customer, contact, health_signal, timeline_event or task. Members (owner, member, assignee) and contacts are found by e-mail address, segments by name, customers by the first that is given of customer_id, _external_id, _domain, _email (of a contact) and _name. custom.<name> goes to the custom fields.';

CREATE FUNCTION lealup._import_choices(relation text, field text) RETURNS text[]
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT array_agg(m[1])
    FROM pg_constraint k
    JOIN pg_attribute a ON a.attrelid = k.conrelid AND k.conkey = ARRAY[a.attnum]
    CROSS JOIN regexp_matches(pg_get_constraintdef(k.oid), '''([^'']+)''::text', 'g') m
    WHERE k.conrelid = format('lealup.%I', relation)::regclass AND k.contype = 'c' AND a.attname = field AND pg_get_constraintdef(k.oid) LIKE '% = ANY %';
END;
COMMENT ON FUNCTION lealup._import_choices(text, text) IS 'The values that a column admits, by its table''s constraint.';

-- ----- Mappings -----

CREATE FUNCTION lealup._import_bad_format(type text, format text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN format IS NOT NULL AND NOT coalesce(format = ANY (CASE WHEN type IN ('date', 'time') THEN ARRAY['YMD', 'DMY', 'MDY', 'unix']
        WHEN type IN ('number', 'amount') THEN ARRAY['point', 'comma'] WHEN type = 'custom' THEN ARRAY['text', 'number', 'boolean'] END), false);
COMMENT ON FUNCTION lealup._import_bad_format(text, text) IS 'Whether a type of field has no such format.';

CREATE FUNCTION lealup._check_import_columns(target text, columns jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c record;
BEGIN
    IF jsonb_typeof(columns) IS DISTINCT FROM 'object' OR columns = '{}' OR length(columns::text) > 100000 THEN
        RAISE EXCEPTION 'columns must be a JSON object of fields and columns' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Write for example {"name": "Account name", "arr": {"column": 4, "format": "comma"}}.';
    END IF;
    columns := (SELECT jsonb_object_agg(e.key, CASE WHEN jsonb_typeof(e.value) = 'object' THEN e.value ELSE jsonb_build_object('column', e.value) END)
                FROM jsonb_each(columns) e);
    FOR c IN
        SELECT e.key AS field, e.value, f.type, (SELECT string_agg(k, ', ') FROM jsonb_object_keys(e.value) k WHERE k NOT IN ('column', 'default', 'format')) AS unknown
        FROM jsonb_each(columns) e
        LEFT JOIN lealup.import_fields(target) f
            ON f.field = e.key AND f.type <> 'custom' OR f.type = 'custom' AND e.key ~ '^custom\.[A-Za-z_][A-Za-z0-9_]{0,62}$'
    LOOP
        IF c.type IS NULL THEN
            RAISE EXCEPTION 'a % has no field "%"', target, left(c.field, 100) USING ERRCODE = 'invalid_parameter_value',
                HINT = format('The fields are %s.', (SELECT string_agg(f.field, ', ') FROM lealup.import_fields(target) f));
        END IF;
        IF c.unknown IS NOT NULL THEN
            RAISE EXCEPTION 'field "%" has an unknown option: %', c.field, left(c.unknown, 100)
                USING ERRCODE = 'invalid_parameter_value', HINT = 'The options are column, default and format.';
        END IF;
        IF NOT (c.value ? 'column' OR c.value ? 'default')
            OR jsonb_typeof(c.value -> 'column') = 'number' AND (c.value ->> 'column')::numeric NOT IN (SELECT generate_series(1, 1000))
            OR jsonb_typeof(c.value -> 'column') NOT IN ('number', 'string') THEN
            RAISE EXCEPTION 'field "%" has no column', c.field USING ERRCODE = 'invalid_parameter_value',
                DETAIL = 'column is a number from 1 on, or a name of the header; a field without one has a default.';
        END IF;
        IF jsonb_typeof(c.value -> 'default') <> 'string' OR c.value ->> 'default' = '' THEN
            RAISE EXCEPTION 'the default of field "%" is not a text', c.field USING ERRCODE = 'invalid_parameter_value';
        END IF;
        IF lealup._import_bad_format(c.type, c.value ->> 'format') THEN
            RAISE EXCEPTION 'field "%" cannot have the format %', c.field, quote_literal(left(c.value ->> 'format', 100)) USING ERRCODE = 'invalid_parameter_value',
                HINT = 'Dates have YMD, DMY, MDY or unix; numbers point or comma; custom fields text, number or boolean.';
        END IF;
    END LOOP;
    RETURN columns;
END $$;
COMMENT ON FUNCTION lealup._check_import_columns(text, jsonb) IS 'A mapping''s columns, each as an object; raises invalid_parameter_value with the field that is wrong.';

CREATE FUNCTION lealup.save_import_mapping(tenant_id uuid, name text, target text, columns jsonb, key text DEFAULT NULL, provider text DEFAULT 'csv', header boolean DEFAULT true,
        delimiter text DEFAULT NULL, default_country text DEFAULT NULL, date_format text DEFAULT 'YMD', time_zone text DEFAULT NULL) RETURNS uuid
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    mapping uuid;
    fields jsonb;
    chosen text;
BEGIN
    PERFORM lealup._require('configure', save_import_mapping.tenant_id);
    IF NOT EXISTS (SELECT FROM lealup.import_fields(save_import_mapping.target)) THEN
        RAISE EXCEPTION 'invalid target: %', coalesce(quote_literal(left(save_import_mapping.target, 100)), 'null') USING ERRCODE = 'invalid_parameter_value',
            HINT = 'target is customer, contact, health_signal, timeline_event or task.';
    END IF;
    PERFORM lealup._check_text('name', save_import_mapping.name, 200, required => true), lealup._check_text('provider', save_import_mapping.provider, 100, required => true),
        lealup._check_choice('date_format', save_import_mapping.date_format, '{YMD,DMY,MDY,unix}', required => true),
        lealup._check_time_zone(save_import_mapping.time_zone);
    IF save_import_mapping.delimiter NOT IN (',', ';', E'\t', '|') THEN
        RAISE EXCEPTION 'invalid delimiter: %', quote_literal(left(save_import_mapping.delimiter, 100))
            USING ERRCODE = 'invalid_parameter_value', HINT = 'delimiter is a comma, a semicolon, a tab (E''\t'') or |; null = it is detected.';
    END IF;
    IF upper(save_import_mapping.default_country) !~ '^[A-Z]{2}$' THEN
        RAISE EXCEPTION 'invalid default_country: %', quote_literal(left(save_import_mapping.default_country, 100))
            USING ERRCODE = 'invalid_parameter_value', HINT = 'default_country is two letters, such as ES.';
    END IF;
    fields := lealup._check_import_columns(save_import_mapping.target, save_import_mapping.columns);
    chosen := coalesce(save_import_mapping.key, CASE WHEN fields ? 'external_id' THEN 'external_id' WHEN save_import_mapping.target = 'customer' AND fields ? 'domain' THEN 'domain'
        WHEN save_import_mapping.target = 'contact' AND fields ? 'email' THEN 'email' ELSE 'none' END);
    IF chosen <> 'none' AND NOT (fields ? chosen AND chosen = ANY (CASE save_import_mapping.target WHEN 'customer' THEN ARRAY['external_id', 'domain']
            WHEN 'contact' THEN ARRAY['external_id', 'email'] ELSE ARRAY['external_id'] END)) THEN
        RAISE EXCEPTION 'invalid key: %', quote_literal(left(chosen, 100)) USING ERRCODE = 'invalid_parameter_value',
            DETAIL = 'A key is a field of the mapping: external_id, for customers also domain, for contacts also email; or none, then every row is a new one.';
    END IF;
    IF NOT coalesce(save_import_mapping.header, false)
        AND EXISTS (SELECT FROM jsonb_each(fields) e WHERE jsonb_typeof(e.value -> 'column') = 'string') THEN
        RAISE EXCEPTION 'columns of a file without header are numbers' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    INSERT INTO lealup.import_mapping AS o (tenant_id, name, target, columns, key, provider, header, delimiter, default_country, date_format, time_zone)
    VALUES (save_import_mapping.tenant_id, save_import_mapping.name, save_import_mapping.target, fields, chosen, save_import_mapping.provider,
        coalesce(save_import_mapping.header, false), save_import_mapping.delimiter, upper(save_import_mapping.default_country), save_import_mapping.date_format,
        save_import_mapping.time_zone)
    ON CONFLICT ON CONSTRAINT import_mapping_tenant_id_name_key DO UPDATE SET target = excluded.target, columns = excluded.columns, key = excluded.key,
        provider = excluded.provider, header = excluded.header, delimiter = excluded.delimiter, default_country = excluded.default_country,
        date_format = excluded.date_format, time_zone = excluded.time_zone
    RETURNING o.id INTO mapping;
    PERFORM lealup._audit(save_import_mapping.tenant_id, 'import_mapping.save', 'import_mapping', mapping,
        jsonb_build_object('name', save_import_mapping.name, 'target', save_import_mapping.target));
    RETURN mapping;
END $$;
COMMENT ON FUNCTION lealup.save_import_mapping(uuid, text, text, jsonb, text, text, boolean, text, text, text, text) IS
    'Keeps, under a name, how files are read, and gives its id. target: customer, contact, health_signal, timeline_event or task. columns: {field: column}, or {field: {"column", "default", "format"}}; a column is a number or a name of the header, import_fields() tells the fields, a default stands for empty cells; format: YMD, DMY, MDY or unix for dates, point or comma (decimal) for numbers, text, number or boolean for custom fields. key: by which field rows that are there are found: external_id (at provider), domain (customers), email (contacts), none; null = the first of them that is mapped. provider is also the source of health signals and timeline events. header: whether a file''s first line names its columns. delimiter: comma, semicolon, tab or |; null = it is detected. default_country: of phone numbers, two letters. date_format, time_zone (null = the tenant''s): of dates without their own. Needs the right to configure.';
