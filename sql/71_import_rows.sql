-- The rows of an imported file: what they refer to, what is there already, and what becomes of them.

-- Rows are looked up one by one in an index, whatever the statistics of tables say that the import itself fills.
CREATE FUNCTION lealup._import_resolve(i lealup.import, items lealup._import_item[]) RETURNS lealup._import_item[]
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    member_field text := CASE i.target WHEN 'customer' THEN 'owner' WHEN 'task' THEN 'assignee' ELSE 'member' END;
BEGIN
    RETURN (
        SELECT array_agg(ROW(x.row_no, x.fields,
            (x.v - ARRAY[member_field, 'segment', 'contact', 'customer_id', 'customer_external_id', 'customer_domain', 'customer_email', 'customer_name'])
                || jsonb_strip_nulls(jsonb_build_object(member_field || '_id', m.id, 'segment_id', s.id, 'contact_id', p.id, 'customer_id', c.id,
                    'source', CASE WHEN i.target IN ('health_signal', 'timeline_event') THEN i.provider END)),
            CASE i.key WHEN 'none' THEN x.row_no::text ELSE x.v ->> i.key END, k.id, k.n > 0,
            nullif(array_remove(ARRAY[
                CASE WHEN x.v ? member_field AND m.id IS NULL THEN format('%s: no member has the e-mail address %s', member_field, left(x.v ->> member_field, 60)) END,
                CASE WHEN x.v ? 'segment' AND s.id IS NULL THEN format('segment: there is no segment "%s"', left(x.v ->> 'segment', 60)) END,
                CASE WHEN x.v ? 'contact' AND p.id IS NULL THEN format('contact: no contact has the e-mail address %s', left(x.v ->> 'contact', 60)) END,
                CASE WHEN r.by IS NULL THEN CASE WHEN i.target = 'health_signal' AND k.n = 0 THEN 'customer: is empty' END
                     WHEN c.n = 0 THEN format('%s: there is no customer "%s"', r.by, left(x.v ->> r.by, 60))
                     WHEN c.n > 1 THEN format('%s: %s customers are "%s"', r.by, c.n, left(x.v ->> r.by, 60)) END,
                CASE WHEN k.n > 1 THEN format('%s: %s rows have "%s"', i.key, k.n, left(x.v ->> i.key, 60))
                     WHEN k.deleted THEN format('%s: "%s" was deleted', i.key, left(x.v ->> i.key, 60)) END], NULL), '{}'))::lealup._import_item ORDER BY x.row_no)
        FROM unnest(items) x
        LEFT JOIN LATERAL (SELECT o.id FROM lealup.member o WHERE o.tenant_id = i.tenant_id AND lower(o.email) = x.v ->> member_field) m ON true
        LEFT JOIN LATERAL (SELECT o.id FROM lealup.segment o WHERE o.tenant_id = i.tenant_id AND o.name = x.v ->> 'segment') s ON true
        LEFT JOIN LATERAL (SELECT o.id FROM lealup.contact o WHERE o.tenant_id = i.tenant_id AND lower(o.email) = x.v ->> 'contact' AND o.deleted_at IS NULL) p ON true
        CROSS JOIN LATERAL (SELECT CASE WHEN i.target = 'customer' THEN NULL WHEN x.v ? 'customer_id' THEN 'customer_id'
            WHEN x.v ? 'customer_external_id' THEN 'customer_external_id' WHEN x.v ? 'customer_domain' THEN 'customer_domain'
            WHEN x.v ? 'customer_email' THEN 'customer_email' WHEN x.v ? 'customer_name' THEN 'customer_name' END AS by) r
        CROSS JOIN LATERAL (
            SELECT count(*) AS n, (array_agg(f.id))[1] AS id FROM (
                SELECT o.id FROM lealup.customer o
                WHERE r.by = 'customer_id' AND o.tenant_id = i.tenant_id AND o.id = (x.v ->> 'customer_id')::uuid AND o.deleted_at IS NULL
                UNION ALL
                SELECT o.id FROM lealup.customer_identity y JOIN lealup.customer o ON o.tenant_id = y.tenant_id AND o.id = y.customer_id AND o.deleted_at IS NULL
                WHERE r.by = 'customer_external_id' AND y.tenant_id = i.tenant_id AND y.provider = i.provider AND y.external_id = x.v ->> 'customer_external_id'
                UNION ALL
                SELECT o.id FROM lealup.customer o
                WHERE r.by = 'customer_domain' AND o.tenant_id = i.tenant_id AND o.domain = x.v ->> 'customer_domain' AND o.deleted_at IS NULL
                UNION ALL
                SELECT o.id FROM lealup.contact y JOIN lealup.customer o ON o.tenant_id = y.tenant_id AND o.id = y.customer_id AND o.deleted_at IS NULL
                WHERE r.by = 'customer_email' AND y.tenant_id = i.tenant_id AND lower(y.email) = x.v ->> 'customer_email' AND y.deleted_at IS NULL
                UNION ALL
                SELECT o.id FROM lealup.customer o
                WHERE r.by = 'customer_name' AND o.tenant_id = i.tenant_id AND lower(o.name) = lower(x.v ->> 'customer_name') AND o.deleted_at IS NULL) f) c
        CROSS JOIN LATERAL (
            SELECT count(*) AS n, (array_agg(f.id))[1] AS id, coalesce(bool_or(f.deleted), false) AS deleted FROM (
                SELECT o.id, o.deleted_at IS NOT NULL AS deleted
                FROM lealup.customer_identity y JOIN lealup.customer o ON o.tenant_id = y.tenant_id AND o.id = y.customer_id
                WHERE i.target = 'customer' AND i.key = 'external_id'
                  AND y.tenant_id = i.tenant_id AND y.provider = i.provider AND y.external_id = x.v ->> 'external_id'
                UNION ALL
                SELECT o.id, false FROM lealup.customer o
                WHERE i.target = 'customer' AND i.key = 'domain' AND o.tenant_id = i.tenant_id AND o.domain = x.v ->> 'domain' AND o.deleted_at IS NULL
                UNION ALL
                SELECT o.id, o.deleted_at IS NOT NULL
                FROM lealup.contact_identity y JOIN lealup.contact o ON o.tenant_id = y.tenant_id AND o.id = y.contact_id
                WHERE i.target = 'contact' AND i.key = 'external_id'
                  AND y.tenant_id = i.tenant_id AND y.provider = i.provider AND y.external_id = x.v ->> 'external_id'
                UNION ALL
                -- One that has no external id yet is the one with the e-mail address, which is unique anyway.
                SELECT o.id, false FROM lealup.contact o
                WHERE i.target = 'contact' AND i.key IN ('email', 'external_id') AND o.tenant_id = i.tenant_id AND lower(o.email) = x.v ->> 'email' AND o.deleted_at IS NULL
                  AND NOT EXISTS (SELECT FROM lealup.contact_identity y WHERE i.key = 'external_id'
                      AND y.tenant_id = i.tenant_id AND y.provider = i.provider AND (y.external_id = x.v ->> 'external_id' OR y.contact_id = o.id))
                UNION ALL
                SELECT o.id, false FROM lealup.health_signal o
                WHERE i.target = 'health_signal' AND i.key = 'external_id' AND o.tenant_id = i.tenant_id AND o.source = i.provider AND o.external_id = x.v ->> 'external_id'
                UNION ALL
                SELECT o.id, false FROM lealup.timeline_event o
                WHERE i.target = 'timeline_event' AND i.key = 'external_id' AND o.tenant_id = i.tenant_id AND o.source = i.provider AND o.external_id = x.v ->> 'external_id'
                UNION ALL
                SELECT o.id, false FROM lealup.task o
                WHERE i.target = 'task' AND i.key = 'external_id' AND o.tenant_id = i.tenant_id AND o.external_id = x.v ->> 'external_id') f) k);
END $$;
COMMENT ON FUNCTION lealup._import_resolve(lealup.import, lealup._import_item[]) IS
    'Finds what rows refer to, and the row that is there already by the key; v then holds ids instead of names.';

CREATE FUNCTION lealup._import_columnize(i lealup.import, items lealup._import_item[]) RETURNS lealup._import_item[]
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- Rows with the same key become one, as if they had come one after the other.
    IF (SELECT count(DISTINCT x.key) < count(*) FROM unnest(items) x) THEN
        items := (
            SELECT array_agg(ROW(l.row_no, l.fields, c.v, l.key, l.id, l.matched, NULL)::lealup._import_item ORDER BY l.row_no)
            FROM (SELECT DISTINCT ON (x.key) x.* FROM unnest(items) x ORDER BY x.key, x.row_no DESC) l
            JOIN (SELECT x.key, jsonb_object_agg(e.key, e.value ORDER BY x.row_no) AS v
                  FROM unnest(items) x CROSS JOIN LATERAL jsonb_each(x.v) e GROUP BY x.key) c ON c.key = l.key);
    END IF;
    RETURN (
        SELECT array_agg(ROW(x.row_no, x.fields, CASE WHEN y.custom THEN f.v ELSE x.v END, x.key, coalesce(x.id, lealup.uuid7()), x.matched,
            CASE WHEN NOT x.matched AND i.target = 'customer' AND NOT x.v ? 'name' THEN ARRAY['name: is empty']
                 WHEN NOT x.matched AND i.target = 'task' AND NOT x.v ? 'title' THEN ARRAY['title: is empty']
                 WHEN x.matched AND x.nth > 1 THEN ARRAY[i.key || ': an earlier row of the file has another one for it'] END)::lealup._import_item ORDER BY x.row_no)
        FROM (SELECT u.*, row_number() OVER (PARTITION BY u.id ORDER BY u.row_no) AS nth FROM unnest(items) u) x
        CROSS JOIN (SELECT EXISTS (SELECT FROM jsonb_object_keys(i.columns) k WHERE k LIKE 'custom.%') AS custom) y
        LEFT JOIN LATERAL (
            SELECT coalesce(jsonb_object_agg(e.key, e.value) FILTER (WHERE e.key NOT LIKE 'custom.%'), '{}')
                || jsonb_strip_nulls(jsonb_build_object('custom', jsonb_object_agg(substr(e.key, 8), e.value) FILTER (WHERE e.key LIKE 'custom.%'))) AS v
            FROM jsonb_each(x.v) e) f ON y.custom);
END $$;
COMMENT ON FUNCTION lealup._import_columnize(lealup.import, lealup._import_item[]) IS 'Merges rows of the same key, the last cell of each column wins, gathers custom fields, and gives new rows an id.';

CREATE FUNCTION lealup._import_merge(present jsonb, v jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN jsonb_typeof(v -> 'custom') = 'object' THEN v || jsonb_build_object('custom', coalesce(present -> 'custom', '{}') || (v -> 'custom')) ELSE v END;
COMMENT ON FUNCTION lealup._import_merge(jsonb, jsonb) IS 'What a row''s columns become: custom fields that the import does not name stay.';

CREATE FUNCTION lealup._import_defaults(relation text, columns text[]) RETURNS jsonb
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    defaults jsonb;
BEGIN
    EXECUTE (SELECT format('SELECT jsonb_build_object(%s)', string_agg(format('%L, %s', a.attname, pg_get_expr(d.adbin, d.adrelid)), ', '))
             FROM pg_attribute a JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
             WHERE a.attrelid = format('lealup.%I', relation)::regclass AND a.attname = ANY (columns)) INTO defaults;
    RETURN defaults;
END $$;
COMMENT ON FUNCTION lealup._import_defaults(text, text[]) IS 'The defaults of columns, for cells that are empty.';

-- The statements are put together from names of tables and columns, never from what a tenant wrote. A sequential scan for each batch
-- would make the import slower as it goes on.
CREATE FUNCTION lealup._import_write(i lealup.import, items lealup._import_item[], OUT inserted bigint, OUT updated bigint) RETURNS record
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
DECLARE
    identified boolean := i.target IN ('customer', 'contact');
    old lealup._import_item[] := ARRAY(SELECT x FROM unnest(items) x WHERE x.matched);
    new lealup._import_item[] := ARRAY(SELECT x FROM unnest(items) x WHERE NOT x.matched);
    names text[];
    defaults jsonb;
BEGIN
    inserted := 0;
    updated := 0;
    SELECT array_agg(DISTINCT k) INTO names FROM unnest(items) x, jsonb_object_keys(x.v) k WHERE NOT identified OR k <> 'external_id';
    IF names IS NULL THEN
        RETURN;
    END IF;
    IF cardinality(old) > 0 THEN
        EXECUTE format('UPDATE lealup.%1$I t SET (%2$s) = (SELECT %3$s FROM jsonb_populate_record(t, lealup._import_merge(to_jsonb(t), x.v)) r)
            FROM unnest($1) x WHERE t.tenant_id = $2 AND t.id = x.id AND t.id = ANY ($3) AND NOT to_jsonb(t) @> CASE WHEN $4 THEN x.v - ''external_id'' ELSE x.v END',
            i.target, (SELECT string_agg(quote_ident(n), ', ') FROM unnest(names) n), (SELECT string_agg('r.' || quote_ident(n), ', ') FROM unnest(names) n))
            USING old, i.tenant_id, ARRAY(SELECT x.id FROM unnest(old) x), identified;
        GET DIAGNOSTICS updated = ROW_COUNT;
    END IF;
    IF cardinality(new) > 0 THEN
        defaults := coalesce(lealup._import_defaults(i.target, names), '{}');
        EXECUTE format('INSERT INTO lealup.%1$I (tenant_id, id, %2$s)
            SELECT $2, x.id, %3$s FROM unnest($1) x CROSS JOIN LATERAL jsonb_populate_record(NULL::lealup.%1$I, $3 || x.v) r ORDER BY x.row_no',
            i.target, (SELECT string_agg(quote_ident(n), ', ') FROM unnest(names) n), (SELECT string_agg('r.' || quote_ident(n), ', ') FROM unnest(names) n))
            USING new, i.tenant_id, defaults;
        GET DIAGNOSTICS inserted = ROW_COUNT;
    END IF;
    IF identified AND i.columns ? 'external_id' THEN
        EXECUTE format('INSERT INTO lealup.%1$I (tenant_id, provider, external_id, %2$I)
            SELECT $2, $3, x.v ->> ''external_id'', x.id FROM unnest($1) x
            WHERE x.v ? ''external_id'' AND (SELECT y.%2$I FROM lealup.%1$I y
                WHERE y.tenant_id = $2 AND y.provider = $3 AND y.external_id = x.v ->> ''external_id'') IS DISTINCT FROM x.id',
            i.target || '_identity', i.target || '_id')
            USING items, i.tenant_id, i.provider;
    END IF;
END $$;
COMMENT ON FUNCTION lealup._import_write(lealup.import, lealup._import_item[]) IS
    'Updates the rows that are there and differ, inserts the others, and keeps their external ids: each in one statement.';

CREATE FUNCTION lealup._import_part(i lealup.import, items lealup._import_item[],
        OUT inserted bigint, OUT updated bigint, OUT merged bigint, OUT rejects lealup._import_item[]) RETURNS record
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    good lealup._import_item[];
BEGIN
    items := lealup._import_resolve(i, items);
    rejects := ARRAY(SELECT x FROM unnest(items) x WHERE x.errors IS NOT NULL);
    good := ARRAY(SELECT x FROM unnest(items) x WHERE x.errors IS NULL);
    merged := cardinality(good);
    good := coalesce(lealup._import_columnize(i, good), '{}');
    merged := merged - cardinality(good);
    rejects := rejects || ARRAY(SELECT x FROM unnest(good) x WHERE x.errors IS NOT NULL);
    SELECT w.inserted, w.updated INTO inserted, updated
    FROM lealup._import_write(i, ARRAY(SELECT x FROM unnest(good) x WHERE x.errors IS NULL)) w;
END $$;
COMMENT ON FUNCTION lealup._import_part(lealup.import, lealup._import_item[]) IS 'Imports rows whose cells are sound; gives what became of them.';

-- Compiling the statements of a batch would take longer than running them.
-- A part that the database refuses as a whole is halved until the row that it refuses is found. A part of one row is tried twice, because
-- what another session inserted in that moment is there the second time.
CREATE FUNCTION lealup._import_rows(i lealup.import, items lealup._import_item[],
        OUT inserted bigint, OUT updated bigint, OUT unchanged bigint, OUT merged bigint, OUT rejects lealup._import_item[]) RETURNS record
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
    good lealup._import_item[];
    bad lealup._import_item;
    firsts int[];
    lasts int[];
    a int;
    b int;
    retried int := 0;
    part record;
    suppressed text := current_setting('lealup.suppress_events');
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(format('lealup.import %s %s', i.tenant_id, i.target), 0));
    items := lealup._import_read(i, items);
    rejects := ARRAY(SELECT x FROM unnest(items) x WHERE x.errors IS NOT NULL);
    good := ARRAY(SELECT x FROM unnest(items) x WHERE x.errors IS NULL);
    inserted := 0;
    updated := 0;
    merged := 0;
    IF i.suppress_events OR i.dry_run THEN
        PERFORM set_config('lealup.suppress_events', 'on', true);
    END IF;
    IF cardinality(good) > 0 THEN
        firsts := ARRAY[1];
        lasts := ARRAY[cardinality(good)];
    END IF;
    WHILE cardinality(firsts) > 0 LOOP
        a := firsts[1];
        b := lasts[1];
        firsts := firsts[2:];
        lasts := lasts[2:];
        BEGIN
            SELECT * INTO part FROM lealup._import_part(i, good[a:b]);
            IF i.dry_run THEN
                RAISE SQLSTATE 'LEDRY';
            END IF;
        EXCEPTION
            WHEN SQLSTATE 'LEDRY' THEN
                NULL;
            WHEN integrity_constraint_violation OR data_exception OR raise_exception THEN
                IF a < b THEN
                    firsts := ARRAY[a, (a + b) / 2 + 1] || firsts;
                    lasts := ARRAY[(a + b) / 2, b] || lasts;
                ELSIF retried < a THEN
                    retried := a;
                    firsts := a || firsts;
                    lasts := b || lasts;
                ELSE
                    bad := good[a];
                    bad.errors := ARRAY[': ' || SQLERRM];
                    rejects := rejects || bad;
                END IF;
                CONTINUE;
        END;
        inserted := inserted + part.inserted;
        updated := updated + part.updated;
        merged := merged + part.merged;
        rejects := rejects || part.rejects;
    END LOOP;
    -- What else the caller's transaction does is no business of the import.
    PERFORM set_config('lealup.suppress_events', suppressed, true);
    -- As long as the statistics know no row of the tenant, an index on its id looks as good as the key's, and each batch would read all that
    -- the earlier ones wrote.
    IF (items[1]).row_no = 1 AND inserted >= 1000 AND NOT i.dry_run THEN
        EXECUTE format('ANALYZE lealup.%I', i.target);
        IF i.target IN ('customer', 'contact') THEN
            EXECUTE format('ANALYZE lealup.%I', i.target || '_identity');
        END IF;
    END IF;
    unchanged := cardinality(items) - inserted - updated - merged - cardinality(rejects);
END $$;
COMMENT ON FUNCTION lealup._import_rows(lealup.import, lealup._import_item[]) IS
    'Imports rows, set-based, and gives what became of them; with dry_run nothing of it stays, so that a key that comes again in a later part counts as new again. Imports of a tenant into the same table wait for each other.';

CREATE FUNCTION lealup._import_reject(i lealup.import, rejects lealup._import_item[]) RETURNS void
    LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    INSERT INTO lealup.import_reject (tenant_id, import_id, row_no, field, reason, fields)
    SELECT i.tenant_id, i.id, x.row_no, nullif(split_part(x.errors[1], ': ', 1), ''),
           CASE WHEN cardinality(x.errors) = 1 THEN regexp_replace(x.errors[1], '^[^:]*: ', '') ELSE array_to_string(x.errors, '; ') END,
           CASE WHEN array_remove(x.fields[i.width + 1:], NULL) = '{}' THEN x.fields[1:i.width] ELSE x.fields END
    FROM unnest(rejects) x
    ON CONFLICT (tenant_id, import_id, row_no) DO UPDATE SET field = excluded.field, reason = excluded.reason, fields = excluded.fields;
END;
COMMENT ON FUNCTION lealup._import_reject(lealup.import, lealup._import_item[]) IS 'Keeps the rows that were refused, with the reasons.';
