-- Imports of CSV files: a text in one call, or an upload by \copy that is imported in batches, each committed.

CREATE FUNCTION lealup._parse_csv(csv text, delimiter text, OUT row_no bigint, OUT fields text[]) RETURNS SETOF record
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'lealup_parse_csv';
COMMENT ON FUNCTION lealup._parse_csv(text, text) IS
    'The rows of a CSV text by RFC 4180 (quotes, line breaks in quotes, CR LF, a byte order mark), numbered from 1 without blank lines; an empty field is null. Raises bad_copy_file_format with the line of an error.';

CREATE FUNCTION lealup._import_label(name text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN btrim(regexp_replace(lower(name), '[\s_-]+', ' ', 'g'));
COMMENT ON FUNCTION lealup._import_label(text) IS 'A column''s name as it is compared: "Account_Name " is "account name".';

CREATE FUNCTION lealup._import_columns_of(m lealup.import_mapping, names text[], width int) RETURNS jsonb
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c record;
BEGIN
    FOR c IN
        SELECT e.key AS field, e.value ->> 'column' AS "column", count(h.n) AS n, max(h.n) AS no
        FROM jsonb_each(m.columns) e
        LEFT JOIN generate_series(1, width) h(n) ON CASE jsonb_typeof(e.value -> 'column') WHEN 'number' THEN h.n = (e.value ->> 'column')::int
            ELSE lealup._import_label(names[h.n]) = lealup._import_label(e.value ->> 'column') END
        WHERE e.value ? 'column' GROUP BY e.key, e.value
    LOOP
        IF c.n <> 1 THEN
            RAISE EXCEPTION 'the file has % column "%"', CASE c.n WHEN 0 THEN 'no' ELSE 'more than one' END, c.column USING ERRCODE = 'undefined_column',
                DETAIL = format('The mapping "%s" takes the field %s from it.', m.name, c.field),
                HINT = format('The file has %s columns%s.', width, coalesce(': ' || left(array_to_string(names, ', ', ''), 2000), ''));
        END IF;
        m.columns := jsonb_set(m.columns, ARRAY[c.field, 'no'], to_jsonb(c.no));
    END LOOP;
    RETURN (SELECT jsonb_object_agg(e.key, e.value - 'column') FROM jsonb_each(m.columns) e);
END $$;
COMMENT ON FUNCTION lealup._import_columns_of(lealup.import_mapping, text[], int) IS 'A mapping''s columns with their numbers in a file; raises undefined_column if one is not there.';

CREATE FUNCTION lealup._import_delimiter(first_line text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT d FROM unnest(ARRAY[',', ';', E'\t', '|']) WITH ORDINALITY o(d, n)
    ORDER BY length(replace(regexp_replace(first_line, '"[^"]*"', '', 'g'), d, '')), n LIMIT 1;
END;
COMMENT ON FUNCTION lealup._import_delimiter(text) IS 'Which of comma, semicolon, tab and | occurs most often in a line, outside quotes.';

CREATE FUNCTION lealup._row_texts(texts record) RETURNS text[]
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'lealup_row_texts';
COMMENT ON FUNCTION lealup._row_texts(record) IS 'The columns of a row, all of them text, as an array.';

CREATE FUNCTION lealup._set_upload(tenant_id uuid, import_id uuid) RETURNS void
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'lealup_set_upload';
COMMENT ON FUNCTION lealup._set_upload(uuid, uuid) IS 'Makes an import the one to which this session uploads.';

CREATE FUNCTION lealup._upload() RETURNS uuid[]
    LANGUAGE c STABLE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'lealup_upload';
COMMENT ON FUNCTION lealup._upload() IS 'The tenant and the import to which this session uploads; null if none.';

-- ----- Beginning -----

CREATE FUNCTION lealup._import_mapping(tenant_id uuid, mapping_name text) RETURNS lealup.import_mapping
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    m lealup.import_mapping;
BEGIN
    PERFORM lealup._require('configure', _import_mapping.tenant_id);
    SELECT * INTO m FROM lealup.import_mapping o WHERE o.tenant_id = _import_mapping.tenant_id AND o.name = mapping_name;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no mapping "%"', left(mapping_name, 200) USING ERRCODE = 'no_data_found', HINT = 'save_import_mapping() makes one.';
    END IF;
    RETURN m;
END $$;
COMMENT ON FUNCTION lealup._import_mapping(uuid, text) IS 'A mapping by name; raises no_data_found if there is none, insufficient_privilege without the right to configure.';

CREATE FUNCTION lealup._import_start(m lealup.import_mapping, first_row text[], dry_run boolean, suppress_events boolean) RETURNS lealup.import
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    i lealup.import;
    header text[] := CASE WHEN m.header THEN first_row END;
BEGIN
    IF first_row IS NULL THEN
        RAISE EXCEPTION 'the file is empty' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    INSERT INTO lealup.import AS o (tenant_id, mapping_name, target, key, provider, columns, header, width, default_country, date_format, time_zone, dry_run, suppress_events)
    SELECT m.tenant_id, m.name, m.target, m.key, m.provider, lealup._import_columns_of(m, header, cardinality(first_row)), header, cardinality(first_row),
        m.default_country, m.date_format, coalesce(m.time_zone, t.time_zone), coalesce(_import_start.dry_run, false), coalesce(_import_start.suppress_events, false)
    FROM lealup.tenant t WHERE t.tenant_id = m.tenant_id
    RETURNING o.* INTO i;
    PERFORM lealup._audit(i.tenant_id, 'import.begin', 'import', i.id,
        jsonb_build_object('mapping', i.mapping_name, 'target', i.target, 'dry_run', i.dry_run, 'suppress_events', i.suppress_events));
    RETURN i;
END $$;
COMMENT ON FUNCTION lealup._import_start(lealup.import_mapping, text[], boolean, boolean) IS 'Makes an import of files with that first row.';

-- ----- Uploads -----

-- COPY refuses tables under row-level security, but not views.
DO $$
BEGIN
    EXECUTE (SELECT pg_catalog.format('CREATE VIEW lealup.import_upload WITH (security_invoker) AS SELECT %s WHERE false',
        pg_catalog.string_agg(pg_catalog.format('NULL::text AS c%s', n), ', ' ORDER BY n)) FROM pg_catalog.generate_series(1, 100) n);
END $$;
COMMENT ON VIEW lealup.import_upload IS 'Takes the rows of a file by \copy, after begin_import(), which gives the command; nothing is ever seen in it.';

CREATE FUNCTION lealup._upload_checked() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    upload uuid[] := lealup._upload();
BEGIN
    IF upload IS NULL THEN
        RAISE EXCEPTION 'this session uploads to no import' USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Call begin_import() or continue_upload() first.';
    END IF;
    PERFORM lealup._require('configure', upload[1]);
    -- The lock keeps run_import() waiting until this upload is whole.
    PERFORM FROM lealup.import i WHERE i.tenant_id = upload[1] AND i.id = upload[2] AND i.status IN ('new', 'failed') AND i.started_at IS NULL FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the import takes no more rows' USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Call begin_import().';
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION lealup._upload_checked() IS 'Trigger: raises an error unless the session may upload, to an import that has not begun to run.';

CREATE FUNCTION lealup._uploaded() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    upload uuid[] := lealup._upload();
BEGIN
    INSERT INTO lealup.import_row (tenant_id, import_id, fields) VALUES (upload[1], upload[2], lealup._row_texts(NEW));
    RETURN NEW;
END $$;
COMMENT ON FUNCTION lealup._uploaded() IS 'Trigger: stages a row.';

CREATE TRIGGER upload_checked BEFORE INSERT ON lealup.import_upload FOR EACH STATEMENT EXECUTE FUNCTION lealup._upload_checked();
CREATE TRIGGER uploaded INSTEAD OF INSERT ON lealup.import_upload FOR EACH ROW EXECUTE FUNCTION lealup._uploaded();

CREATE FUNCTION lealup.begin_import(tenant_id uuid, mapping_name text, first_line text, dry_run boolean DEFAULT false, suppress_events boolean DEFAULT false,
        OUT import_id uuid, OUT copy_command text) RETURNS record
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    m lealup.import_mapping := lealup._import_mapping(begin_import.tenant_id, begin_import.mapping_name);
    i lealup.import;
BEGIN
    m.delimiter := coalesce(m.delimiter, lealup._import_delimiter(begin_import.first_line));
    i := lealup._import_start(m, (SELECT p.fields FROM lealup._parse_csv(begin_import.first_line, m.delimiter) p WHERE p.row_no = 1),
        begin_import.dry_run, begin_import.suppress_events);
    IF i.width > 100 THEN
        RAISE EXCEPTION 'the file has % columns', i.width USING ERRCODE = 'program_limit_exceeded', DETAIL = 'A file has at most 100.';
    END IF;
    import_id := i.id;
    copy_command := format('\copy lealup.import_upload (%s) FROM ''FILE'' WITH (FORMAT csv%s%s)',
        (SELECT string_agg('c' || n, ', ' ORDER BY n) FROM generate_series(1, i.width) n), CASE WHEN m.header THEN ', HEADER' END,
        CASE m.delimiter WHEN ',' THEN '' WHEN E'\t' THEN ', DELIMITER E''\t''' ELSE format(', DELIMITER %L', m.delimiter) END);
    PERFORM lealup._set_upload(i.tenant_id, i.id);
END $$;
COMMENT ON FUNCTION lealup.begin_import(uuid, text, text, boolean, boolean) IS
    'Begins an import of a file under a mapping and gives its id, and the psql command that uploads the file in this session (put its name for FILE); run_import() then imports. first_line: the file''s first line as it stands, which tells columns and delimiter. dry_run: only say what would happen; confirm_import() makes it real. suppress_events: changes emit no events, else each changed row emits its own. A file that is not in the client''s encoding needs ENCODING in the command; COPY refuses a file with bytes that are none of it, or with a row that has more or fewer fields, as a whole and names the line. Raises undefined_column if the mapping''s columns are not there. Needs the right to configure.';

CREATE FUNCTION lealup._locked_import(tenant_id uuid, import_id uuid) RETURNS lealup.import
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    i lealup.import;
BEGIN
    PERFORM lealup._require('configure', _locked_import.tenant_id);
    SELECT * INTO i FROM lealup.import o WHERE o.tenant_id = _locked_import.tenant_id AND o.id = _locked_import.import_id FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'import % does not exist', _locked_import.import_id USING ERRCODE = 'no_data_found';
    END IF;
    RETURN i;
END $$;
COMMENT ON FUNCTION lealup._locked_import(uuid, uuid) IS 'An import, locked; raises no_data_found if there is none, insufficient_privilege without the right to configure.';

CREATE FUNCTION lealup.continue_upload(tenant_id uuid, import_id uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lealup._locked_import(continue_upload.tenant_id, continue_upload.import_id);
    PERFORM lealup._set_upload(continue_upload.tenant_id, continue_upload.import_id);
END $$;
COMMENT ON FUNCTION lealup.continue_upload(uuid, uuid) IS 'Makes this session upload to an import that another one began: a further file of the same form, or after a broken connection. Needs the right to configure.';

CREATE FUNCTION lealup.cancel_import(tenant_id uuid, import_id uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    i lealup.import := lealup._locked_import(cancel_import.tenant_id, cancel_import.import_id);
BEGIN
    IF i.status = 'completed' AND NOT i.dry_run OR i.status = 'cancelled' THEN
        RAISE EXCEPTION 'the import is %', i.status USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    DELETE FROM lealup.import_row r WHERE r.tenant_id = i.tenant_id AND r.import_id = i.id;
    UPDATE lealup.import o SET status = 'cancelled', finished_at = clock_timestamp() WHERE o.tenant_id = i.tenant_id AND o.id = i.id;
    PERFORM lealup._audit(i.tenant_id, 'import.cancel', 'import', i.id, jsonb_build_object('done', i.done));
END $$;
COMMENT ON FUNCTION lealup.cancel_import(uuid, uuid) IS 'Ends an import after its present batch and forgets what is staged; what was imported stays. Needs the right to configure.';

CREATE FUNCTION lealup.confirm_import(tenant_id uuid, import_id uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    i lealup.import := lealup._locked_import(confirm_import.tenant_id, confirm_import.import_id);
BEGIN
    IF NOT i.dry_run OR i.status <> 'completed' OR NOT EXISTS (SELECT FROM lealup.import_row r WHERE r.tenant_id = i.tenant_id AND r.import_id = i.id) THEN
        RAISE EXCEPTION 'the import is no dry run that is completed and whose rows are staged' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    DELETE FROM lealup.import_reject r WHERE r.tenant_id = i.tenant_id AND r.import_id = i.id;
    UPDATE lealup.import o
    SET dry_run = false, status = 'new', rows = 0, done = 0, inserted = 0, updated = 0, unchanged = 0, merged = 0, rejected = 0, position = NULL, started_at = NULL, finished_at = NULL
    WHERE o.tenant_id = i.tenant_id AND o.id = i.id;
    PERFORM lealup._audit(i.tenant_id, 'import.confirm', 'import', i.id);
END $$;
COMMENT ON FUNCTION lealup.confirm_import(uuid, uuid) IS 'Makes a dry run that is completed a real import of the same rows, which run_import() then imports. Needs the right to configure.';

-- ----- Running -----

CREATE FUNCTION lealup._import_lock(import_id uuid) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN hashtextextended('lealup.import ' || import_id, 0);
COMMENT ON FUNCTION lealup._import_lock(uuid) IS 'The key of the advisory lock that a session holds while it runs an import, and that no crash leaves behind.';

CREATE FUNCTION lealup._import_runs(import_id uuid) RETURNS boolean
    LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT EXISTS (SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database AND d.datname = current_database()
                   WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted
                     AND (l.classid::bigint << 32 | l.objid::bigint) = lealup._import_lock(import_id));
END;
COMMENT ON FUNCTION lealup._import_runs(uuid) IS 'Whether a session runs an import at this moment.';

CREATE VIEW lealup.import_status WITH (security_invoker = true) AS
SELECT i.tenant_id, i.id, i.mapping_name, i.target, i.dry_run,
       CASE WHEN i.status = 'running' AND NOT lealup._import_runs(i.id) THEN 'interrupted' ELSE i.status END AS status,
       i.rows, i.done, round(100.0 * i.done / nullif(i.rows, 0), 1) AS percent, i.inserted, i.updated, i.unchanged, i.merged, i.rejected, i.error,
       i.created_at, i.started_at, i.finished_at
FROM lealup.import i;
COMMENT ON VIEW lealup.import_status IS
    'Imports and how far they are, as of the last batch. interrupted: a crash or an end of its session stopped it, run_import() resumes; the other states are those of import.status.';

CREATE FUNCTION lealup._hold_import(tenant_id uuid, import_id uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lealup._require('configure', _hold_import.tenant_id);
    IF NOT pg_try_advisory_lock(lealup._import_lock(_hold_import.import_id)) THEN
        RAISE EXCEPTION 'another session runs this import' USING ERRCODE = 'lock_not_available', HINT = 'lealup.import_status shows how far it is.';
    END IF;
END $$;
COMMENT ON FUNCTION lealup._hold_import(uuid, uuid) IS 'Makes this session the only one that runs an import; raises lock_not_available if another one does. Needs the right to configure.';

CREATE FUNCTION lealup._release_import(import_id uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_unlock(lealup._import_lock(import_id));
END $$;
COMMENT ON FUNCTION lealup._release_import(uuid) IS 'Ends what _hold_import() began.';

CREATE FUNCTION lealup._import_count(i lealup.import, rows bigint, part record) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE lealup.import o
    SET done = o.done + _import_count.rows, inserted = o.inserted + part.inserted, updated = o.updated + part.updated, unchanged = o.unchanged + part.unchanged,
        merged = o.merged + part.merged, rejected = o.rejected + cardinality(part.rejects)
    WHERE o.tenant_id = i.tenant_id AND o.id = i.id;
END $$;
COMMENT ON FUNCTION lealup._import_count(lealup.import, bigint, record) IS 'Adds what _import_rows() gave to the progress of an import.';

CREATE FUNCTION lealup._import_finish(i lealup.import) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE lealup.import o SET status = 'completed', error = NULL, finished_at = clock_timestamp() WHERE o.tenant_id = i.tenant_id AND o.id = i.id RETURNING o.* INTO i;
    PERFORM lealup._audit(i.tenant_id, 'import.complete', 'import', i.id, jsonb_build_object('dry_run', i.dry_run, 'rows', i.rows, 'inserted', i.inserted,
        'updated', i.updated, 'unchanged', i.unchanged, 'merged', i.merged, 'rejected', i.rejected));
END $$;
COMMENT ON FUNCTION lealup._import_finish(lealup.import) IS 'Ends an import whose rows are all done.';

CREATE FUNCTION lealup._import_batch(tenant_id uuid, import_id uuid) RETURNS boolean
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    i lealup.import := lealup._locked_import(_import_batch.tenant_id, _import_batch.import_id);
    items lealup._import_item[];
    last_id uuid;
    part record;
BEGIN
    IF i.status IN ('completed', 'cancelled') THEN
        RETURN false;
    END IF;
    IF i.started_at IS NULL THEN
        i.rows := (SELECT count(*) FROM lealup.import_row r WHERE r.tenant_id = i.tenant_id AND r.import_id = i.id);
        IF i.rows = 0 THEN
            RAISE EXCEPTION 'no row has been uploaded' USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'begin_import() gave the command that uploads the file.';
        END IF;
    END IF;
    SELECT array_agg(ROW(i.done + b.n, b.fields, NULL, NULL, NULL, false, NULL)::lealup._import_item ORDER BY b.n), (array_agg(b.id ORDER BY b.n DESC))[1] INTO items, last_id
    FROM (SELECT r.id, r.fields, row_number() OVER (ORDER BY r.id) AS n FROM lealup.import_row r
          WHERE r.tenant_id = i.tenant_id AND r.import_id = i.id AND r.id > coalesce(i.position, '00000000-0000-0000-0000-000000000000')
          ORDER BY r.id LIMIT 5000) b;
    IF items IS NULL THEN
        PERFORM lealup._import_finish(i);
        RETURN false;
    END IF;
    UPDATE lealup.import o
    SET status = 'running', error = NULL, rows = i.rows, position = last_id, started_at = coalesce(o.started_at, clock_timestamp())
    WHERE o.tenant_id = i.tenant_id AND o.id = i.id;
    SELECT * INTO part FROM lealup._import_rows(i, items);
    PERFORM lealup._import_reject(i, part.rejects);
    PERFORM lealup._import_count(i, cardinality(items), part);
    -- A dry run leaves its rows to confirm_import().
    DELETE FROM lealup.import_row r
    WHERE NOT i.dry_run AND r.tenant_id = i.tenant_id AND r.import_id = i.id
      AND r.id > coalesce(i.position, '00000000-0000-0000-0000-000000000000') AND r.id <= last_id;
    RETURN true;
END $$;
COMMENT ON FUNCTION lealup._import_batch(uuid, uuid) IS
    'Imports the next 5000 rows that are staged, and gives true; false if there are none left. What it takes from the staging, what it writes and the progress are one transaction. Needs the right to configure.';

CREATE FUNCTION lealup._fail_import(tenant_id uuid, import_id uuid, error text) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    i lealup.import := lealup._locked_import(_fail_import.tenant_id, _fail_import.import_id);
BEGIN
    UPDATE lealup.import o SET status = 'failed', error = _fail_import.error
    WHERE o.tenant_id = i.tenant_id AND o.id = i.id AND o.status IN ('new', 'running', 'failed');
END $$;
COMMENT ON FUNCTION lealup._fail_import(uuid, uuid, text) IS 'Marks an import that an error stopped.';

-- A procedure that commits can have neither its owner's rights nor a search_path of its own, so it names every schema and uses no operator.
CREATE PROCEDURE lealup.run_import(tenant_id uuid, import_id uuid)
    LANGUAGE plpgsql AS $$
DECLARE
    more boolean;
    code text;
    message text;
    detail text;
    hint text;
BEGIN
    -- In a transaction of the caller's this raises the error before anything is done.
    COMMIT;
    PERFORM lealup._hold_import(run_import.tenant_id, run_import.import_id);
    LOOP
        BEGIN
            code := NULL;
            more := lealup._import_batch(run_import.tenant_id, run_import.import_id);
        EXCEPTION WHEN OTHERS OR query_canceled THEN
            GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
            PERFORM lealup._fail_import(run_import.tenant_id, run_import.import_id, message);
        END;
        COMMIT;
        IF code IS NOT NULL THEN
            PERFORM lealup._release_import(run_import.import_id);
            RAISE EXCEPTION USING ERRCODE = code, MESSAGE = message, DETAIL = detail, HINT = hint;
        END IF;
        EXIT WHEN more IS NOT TRUE;
    END LOOP;
    PERFORM lealup._release_import(run_import.import_id);
END $$;
COMMENT ON PROCEDURE lealup.run_import(uuid, uuid) IS
    'Imports what was uploaded, in batches of 5000 rows, each committed, so that lealup.import_status shows the progress to other sessions. After a crash or an error, call it again: it goes on where it stopped, and no row comes twice. Rows that cannot be imported are kept in import_reject. An empty cell leaves what is there. Of rows with the same key, the last cell that is not empty wins. CALL it outside a transaction. Raises lock_not_available while another session runs it. Needs the right to configure.';

CREATE FUNCTION lealup.import_csv(tenant_id uuid, mapping_name text, csv text, dry_run boolean DEFAULT false, suppress_events boolean DEFAULT false, OUT import_id uuid,
        OUT rows bigint, OUT inserted bigint, OUT updated bigint, OUT unchanged bigint, OUT merged bigint, OUT rejected bigint, OUT errors jsonb) RETURNS record
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    m lealup.import_mapping := lealup._import_mapping(import_csv.tenant_id, import_csv.mapping_name);
    i lealup.import;
    header_rows int := m.header::int;
    items lealup._import_item[];
    part record;
BEGIN
    IF octet_length(import_csv.csv) > 16 * 1024 * 1024 THEN
        RAISE EXCEPTION 'csv is too large' USING ERRCODE = 'program_limit_exceeded', DETAIL = 'It may have 16 MB.', HINT = 'Upload larger files by begin_import() and \copy.';
    END IF;
    m.delimiter := coalesce(m.delimiter, lealup._import_delimiter(substring(ltrim(import_csv.csv, E'\r\n') FROM '^[^\r\n]*')));
    SELECT array_agg(ROW(p.row_no - header_rows, p.fields, NULL, NULL, NULL, false, NULL)::lealup._import_item ORDER BY p.row_no) INTO items
    FROM lealup._parse_csv(import_csv.csv, m.delimiter) p;
    i := lealup._import_start(m, (items[1]).fields, import_csv.dry_run, import_csv.suppress_events);
    items := items[1 + header_rows:];
    UPDATE lealup.import o SET rows = cardinality(items), started_at = clock_timestamp() WHERE o.tenant_id = i.tenant_id AND o.id = i.id;
    FOR a IN 1 .. cardinality(items) BY 5000 LOOP
        SELECT * INTO part FROM lealup._import_rows(i, items[a:a + 4999]);
        PERFORM lealup._import_reject(i, part.rejects);
        PERFORM lealup._import_count(i, cardinality(items[a:a + 4999]), part);
    END LOOP;
    PERFORM lealup._import_finish(i);
    SELECT o.id, o.rows, o.inserted, o.updated, o.unchanged, o.merged, o.rejected INTO import_id, rows, inserted, updated, unchanged, merged, rejected
    FROM lealup.import o WHERE o.tenant_id = i.tenant_id AND o.id = i.id;
    errors := (SELECT coalesce(jsonb_agg(jsonb_build_object('row', r.row_no, 'field', r.field, 'reason', r.reason) ORDER BY r.row_no), '[]')
               FROM (SELECT o.* FROM lealup.import_reject o WHERE o.tenant_id = i.tenant_id AND o.import_id = i.id ORDER BY o.row_no LIMIT 100) r);
END $$;
COMMENT ON FUNCTION lealup.import_csv(uuid, text, text, boolean, boolean) IS
    'Imports a CSV text of at most 16 MB under a mapping, in the calling transaction, and gives the counts and the first 100 errors [{row, field, reason}]; all of them are in import_reject. dry_run: only say what would happen. suppress_events: changes emit no events, else each changed row emits its own. An empty cell leaves what is there. Of rows with the same key, the last cell that is not empty wins. Raises bad_copy_file_format if it is no CSV. Larger files: begin_import(). Needs the right to configure.';

-- ----- Again -----

CREATE FUNCTION lealup._corrected(i lealup.import, fields text[], corrections jsonb) RETURNS text[]
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c record;
BEGIN
    fields := fields[1:i.width];
    FOR c IN
        SELECT e.key, e.value, (SELECT min(n) FROM generate_series(1, i.width) n WHERE n::text = e.key OR lealup._import_label(i.header[n]) = lealup._import_label(e.key)) AS no
        FROM jsonb_each_text(corrections) e
    LOOP
        IF c.no IS NULL THEN
            RAISE EXCEPTION 'the file has no column "%"', left(c.key, 100) USING ERRCODE = 'undefined_column';
        END IF;
        fields[c.no] := c.value;
    END LOOP;
    -- A row that was too short is as long as the others then.
    RETURN fields || array_fill(NULL::text, ARRAY[greatest(i.width - cardinality(fields), 0)]);
END $$;
COMMENT ON FUNCTION lealup._corrected(lealup.import, text[], jsonb) IS 'A row with other values in some columns, which are named by header or number.';

CREATE FUNCTION lealup.retry_rejects(tenant_id uuid, import_id uuid, corrections jsonb DEFAULT '{}', OUT retried bigint, OUT inserted bigint, OUT updated bigint,
        OUT unchanged bigint, OUT merged bigint, OUT rejected bigint) RETURNS record
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    i lealup.import := lealup._locked_import(retry_rejects.tenant_id, retry_rejects.import_id);
    items lealup._import_item[];
    last_row bigint := 0;
    part record;
BEGIN
    IF i.dry_run OR i.status <> 'completed' THEN
        RAISE EXCEPTION 'the import is %', CASE WHEN i.dry_run THEN 'a dry run' ELSE 'not completed' END USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    IF jsonb_typeof(retry_rejects.corrections) IS DISTINCT FROM 'object'
        OR EXISTS (SELECT FROM jsonb_each(retry_rejects.corrections) c
                   WHERE jsonb_typeof(c.value) <> 'object' OR c.key !~ '^[0-9]{1,18}$' OR NOT EXISTS (SELECT FROM lealup.import_reject r
                       WHERE r.tenant_id = i.tenant_id AND r.import_id = i.id AND r.row_no::text = c.key AND r.resolved_at IS NULL)) THEN
        RAISE EXCEPTION 'corrections must be {row: {column: value}} of rejected rows' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    UPDATE lealup.import_reject r SET fields = lealup._corrected(i, r.fields, c.value)
    FROM jsonb_each(retry_rejects.corrections) c
    WHERE r.tenant_id = i.tenant_id AND r.import_id = i.id AND r.row_no = c.key::bigint;
    retried := 0; inserted := 0; updated := 0; unchanged := 0; merged := 0; rejected := 0;
    LOOP
        SELECT array_agg(ROW(b.row_no, b.fields, NULL, NULL, NULL, false, NULL)::lealup._import_item ORDER BY b.row_no), max(b.row_no) INTO items, last_row
        FROM (SELECT r.row_no, r.fields FROM lealup.import_reject r
              WHERE r.tenant_id = i.tenant_id AND r.import_id = i.id AND r.row_no > last_row AND r.resolved_at IS NULL ORDER BY r.row_no LIMIT 5000) b;
        EXIT WHEN items IS NULL;
        SELECT * INTO part FROM lealup._import_rows(i, items);
        UPDATE lealup.import_reject r SET resolved_at = now()
        FROM unnest(items) x
        WHERE r.tenant_id = i.tenant_id AND r.import_id = i.id AND r.row_no = x.row_no AND r.row_no <> ALL (ARRAY(SELECT b.row_no FROM unnest(part.rejects) b));
        PERFORM lealup._import_reject(i, part.rejects);
        retried := retried + cardinality(items);
        inserted := inserted + part.inserted;
        updated := updated + part.updated;
        unchanged := unchanged + part.unchanged;
        merged := merged + part.merged;
        rejected := rejected + cardinality(part.rejects);
    END LOOP;
    UPDATE lealup.import o
    SET inserted = o.inserted + retry_rejects.inserted, updated = o.updated + retry_rejects.updated, unchanged = o.unchanged + retry_rejects.unchanged,
        merged = o.merged + retry_rejects.merged, rejected = retry_rejects.rejected
    WHERE o.tenant_id = i.tenant_id AND o.id = i.id;
    PERFORM lealup._audit(i.tenant_id, 'import.retry', 'import', i.id, jsonb_build_object('retried', retried, 'rejected', rejected));
END $$;
COMMENT ON FUNCTION lealup.retry_rejects(uuid, uuid, jsonb) IS
    'Imports again the rows that an import refused, and only those, in the calling transaction; gives what became of them. corrections: {row: {column: value}}, by the number of the row, a column by header or number; without any, as after a missing customer was made, they are tried as they are. Needs the right to configure.';

CREATE FUNCTION lealup._forget_uploads(now timestamptz) RETURNS boolean
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM lealup.import_row r
    USING (SELECT o.tenant_id, o.import_id, o.id
           FROM lealup.import i JOIN lealup.tenant t ON t.tenant_id = i.tenant_id AND t.home = lealup.home()
           CROSS JOIN LATERAL (SELECT x.tenant_id, x.import_id, x.id FROM lealup.import_row x WHERE x.tenant_id = i.tenant_id AND x.import_id = i.id LIMIT 5000) o
           WHERE coalesce(i.finished_at, i.started_at, i.created_at) < now - interval '7 days' AND i.status <> 'running' LIMIT 5000) old
    WHERE r.tenant_id = old.tenant_id AND r.import_id = old.import_id AND r.id = old.id;
    RETURN FOUND;
END $$;
COMMENT ON FUNCTION lealup._forget_uploads(timestamptz) IS
    'Removes some staged rows of imports that nobody has run, confirmed or resumed for 7 days, and gives true; false if there are none. Part of upkeep.';
