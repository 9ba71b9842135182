-- The cells of an imported file. Each conversion gives null for what it cannot read, so that a bad cell costs no more than a good one.

CREATE FUNCTION lealup._import_domain(raw text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN substring(regexp_replace(lower(raw), '^([a-z]+://)?([^/@]*@)?(www\.)?', '')
        FROM '^((?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)\.?(?:[:/?#].*)?$');
COMMENT ON FUNCTION lealup._import_domain(text) IS 'The domain of a domain, URL or e-mail address, without www.; null if there is none.';

CREATE FUNCTION lealup._import_number(raw text, format text) RETURNS numeric
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- Signs of currency and the many blanks are what is not ASCII and no letter or digit.
    raw := translate(regexp_replace(raw, '[^[:alnum:]\x01-\x7f]', '', 'g'), CASE format WHEN 'comma' THEN '.,' ELSE ',.' END || ' ''$', ',.');
    IF raw ~ '^[-+]?([0-9]{1,15}|[0-9]{1,3}(,[0-9]{3}){1,4})(\.[0-9]{1,15})?([eE][-+]?[0-9]{1,2})?$' THEN
        RETURN replace(raw, ',', '')::numeric;
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION lealup._import_number(text, text) IS
    'A number written with a decimal point and commas between thousands (format comma: the other way round), perhaps with blanks, apostrophes or a sign of currency; null if it is none.';

CREATE FUNCTION lealup._import_time(raw text, format text, zone text, OUT day date, OUT at timestamptz) RETURNS record
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    m text[];
    t text[];
    y int; mo int; d int; h int; mi int; s numeric;
    moment timestamp;
BEGIN
    IF format = 'unix' THEN
        IF raw ~ '^[0-9]{1,11}(\.[0-9]{1,9})?$' THEN
            at := to_timestamp(raw::double precision);
        ELSIF raw ~ '^[0-9]{12,14}$' THEN
            at := to_timestamp(raw::double precision / 1000);
        END IF;
        day := (at AT TIME ZONE zone)::date;
        RETURN;
    END IF;
    m := regexp_match(raw, '^([0-9]+)[-/. ]([0-9]+)[-/. ]([0-9]+)(.*)$');
    -- A year that comes first is no matter of taste.
    IF length(m[2]) > 2 THEN
        RETURN;
    ELSIF length(m[1]) = 4 AND length(m[3]) <= 2 THEN
        y := m[1]; mo := m[2]; d := m[3];
    ELSIF length(m[3]) = 4 AND length(m[1]) <= 2 AND format IN ('DMY', 'MDY') THEN
        y := m[3]; mo := CASE format WHEN 'DMY' THEN m[2] ELSE m[1] END; d := CASE format WHEN 'DMY' THEN m[1] ELSE m[2] END;
    END IF;
    IF y IS NULL OR y NOT BETWEEN 1 AND 9999 OR mo NOT BETWEEN 1 AND 12 OR d NOT BETWEEN 1 AND 31
        OR d > extract(day FROM make_date(y, mo, 1) + interval '1 month - 1 day') THEN
        RETURN;
    END IF;
    -- Most have no time of day.
    IF m[4] <> '' THEN
        t := regexp_match(m[4], '^\.?(?:[T, ]+([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}(?:[.,][0-9]{1,9})?))?)? ?([AaPp][Mm])? ?(Z|UTC|GMT|[-+][0-9]{2}(?::?[0-9]{2})?)?$');
        h := t[1]; mi := t[2]; s := replace(t[3], ',', '.');
        IF t[4] IS NOT NULL THEN
            h := CASE WHEN h BETWEEN 1 AND 12 THEN h % 12 + CASE lower(t[4]) WHEN 'pm' THEN 12 ELSE 0 END END;
        END IF;
        IF t IS NULL OR h IS NULL AND m[4] <> '.' OR h > 23 OR mi > 59 OR s >= 60 THEN
            RETURN;
        END IF;
    END IF;
    moment := make_timestamp(y, mo, d, coalesce(h, 0), coalesce(mi, 0), coalesce(s, 0)::double precision);
    day := moment::date;
    IF t[5] IS NULL THEN
        at := moment AT TIME ZONE zone;
    ELSE
        at := (moment - CASE WHEN t[5] ~ '^[-+]' THEN make_interval(hours => left(t[5], 3)::int,
                   mins => (left(t[5], 1) || coalesce(nullif(right(replace(t[5], ':', ''), -3), ''), '0'))::int) ELSE '0' END) AT TIME ZONE 'UTC';
    END IF;
END $$;
COMMENT ON FUNCTION lealup._import_time(text, text, text) IS
    'The day as it is written, and the instant, which without an offset is in the zone. format YMD, DMY or MDY (year of four digits, time of day, AM or PM and offset as they may follow; a year that comes first is always understood) or unix (seconds, or milliseconds from 12 digits on). Both null if it is no date.';

CREATE FUNCTION lealup._import_boolean(raw text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN lower(raw) IN ('true', 't', 'yes', 'y', '1') THEN true WHEN lower(raw) IN ('false', 'f', 'no', 'n', '0') THEN false END;
COMMENT ON FUNCTION lealup._import_boolean(text) IS 'true, yes, 1 and false, no, 0 (or their first letters); null for anything else.';

CREATE FUNCTION lealup._import_columns(i lealup.import, OUT n bigint, OUT field text, OUT type text, OUT format text, OUT no int, OUT "column" text, OUT fallback text, OUT max_length int,
        OUT required boolean, OUT choices text[], OUT expected text) RETURNS SETOF record
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT f.n, c.key, t.type, x.format, (c.value ->> 'no')::int, coalesce('"' || left(i.header[(c.value ->> 'no')::int], 60) || '"', c.value ->> 'no'), c.value ->> 'default', f.max_length, f.required OR c.key = i.key, k.choices,
        CASE t.type WHEN 'domain' THEN 'a domain' WHEN 'email' THEN 'an e-mail address' WHEN 'phone' THEN 'a phone number with its country code'
            WHEN 'choice' THEN 'one of ' || array_to_string(k.choices, ', ') WHEN 'amount' THEN 'an amount (decimal ' || x.format || ')'
            WHEN 'number' THEN 'a number (decimal ' || x.format || ')' WHEN 'date' THEN 'a date (' || x.format || ')' WHEN 'time' THEN 'a time (' || x.format || ')'
            WHEN 'currency' THEN 'a currency of three letters' WHEN 'zone' THEN 'a time zone' WHEN 'uuid' THEN 'a uuid' WHEN 'boolean' THEN 'true or false'
            ELSE 'a text of at most ' || f.max_length || ' characters' END
    FROM jsonb_each(i.columns) c
    JOIN ROWS FROM (lealup.import_fields(i.target)) WITH ORDINALITY f(field, type, max_length, required, n)
        ON f.field = c.key OR f.type = 'custom' AND c.key LIKE 'custom.%'
    CROSS JOIN LATERAL (SELECT CASE f.type WHEN 'custom' THEN coalesce(c.value ->> 'format', 'text') ELSE f.type END) t(type)
    CROSS JOIN LATERAL (SELECT CASE WHEN t.type IN ('date', 'time') THEN coalesce(c.value ->> 'format', i.date_format)
                                    WHEN f.type = 'custom' THEN 'point' ELSE coalesce(c.value ->> 'format', 'point') END) x(format)
    CROSS JOIN LATERAL (SELECT CASE t.type WHEN 'choice' THEN lealup._import_choices(i.target, c.key) END) k(choices);
END;
COMMENT ON FUNCTION lealup._import_columns(lealup.import) IS 'How each field of an import is read: its column, type, format, default, and what is expected of it.';

CREATE FUNCTION lealup._import_read(i lealup.import, items lealup._import_item[]) RETURNS lealup._import_item[]
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    -- Spreadsheets leave no-break spaces, and a byte order mark before the first cell.
    blanks text := E' \t\r\n' || CASE getdatabaseencoding() WHEN 'UTF8' THEN chr(160) || chr(65279) ELSE '' END;
BEGIN
    RETURN (
        WITH m AS MATERIALIZED (SELECT c.* FROM lealup._import_columns(i) c)
        SELECT array_agg(ROW(x.row_no, x.fields, coalesce(g.v, '{}'), NULL, NULL, false,
            CASE WHEN cardinality(x.fields) < i.width OR array_remove(x.fields[i.width + 1:], NULL) <> '{}'
                 THEN ARRAY[format(': the row has %s fields instead of %s', cardinality(x.fields), i.width)]
                 WHEN g.v IS NULL AND g.errors IS NULL THEN ARRAY[': the row is empty'] ELSE g.errors END)::lealup._import_item ORDER BY x.row_no)
        FROM unnest(items) x
        CROSS JOIN LATERAL (
            SELECT jsonb_object_agg(m.field, c.value) FILTER (WHERE c.value IS NOT NULL) AS v,
                   array_agg(CASE WHEN c.raw IS NULL THEN m.field || ': is empty'
                                  ELSE format('%s: "%s" in column %s is not %s', m.field, left(c.raw, 60), m."column", m.expected) END ORDER BY m.n)
                       FILTER (WHERE c.value IS NULL AND (c.raw IS NOT NULL OR m.required)) AS errors
            FROM m
            CROSS JOIN LATERAL (SELECT coalesce(nullif(btrim(x.fields[m.no], blanks), ''), m.fallback) AS raw) r
            CROSS JOIN LATERAL (
                SELECT r.raw, CASE WHEN length(r.raw) > m.max_length THEN NULL ELSE CASE m.type
                    WHEN 'text' THEN to_jsonb(r.raw)
                    WHEN 'email' THEN to_jsonb(CASE WHEN r.raw ~ '^[^@\s]+@[^@\s]+$' THEN lower(r.raw) END)
                    WHEN 'domain' THEN to_jsonb(lealup._import_domain(r.raw))
                    WHEN 'choice' THEN to_jsonb(m.choices[array_position(m.choices, regexp_replace(lower(r.raw), '[ -]+', '_', 'g'))])
                    WHEN 'amount' THEN to_jsonb(CASE WHEN r.raw NOT LIKE '%-%' THEN round(lealup._import_number(r.raw, m.format), 2) END)
                    WHEN 'number' THEN to_jsonb(lealup._import_number(r.raw, m.format)::double precision)
                    WHEN 'date' THEN to_jsonb((lealup._import_time(r.raw, m.format, i.time_zone)).day)
                    WHEN 'time' THEN to_jsonb((lealup._import_time(r.raw, m.format, i.time_zone)).at)
                    WHEN 'currency' THEN to_jsonb(substring(upper(r.raw) FROM '^[A-Z]{3}$'))
                    WHEN 'phone' THEN to_jsonb(lealup.phone_e164(r.raw, i.default_country))
                    WHEN 'zone' THEN to_jsonb(CASE WHEN lealup._is_time_zone(r.raw) THEN r.raw END)
                    WHEN 'uuid' THEN to_jsonb(substring(lower(r.raw) FROM '^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$'))
                    WHEN 'boolean' THEN to_jsonb(lealup._import_boolean(r.raw))
                END END AS value OFFSET 0) c) g);
END $$;
COMMENT ON FUNCTION lealup._import_read(lealup.import, lealup._import_item[]) IS 'Converts the cells of rows: v gets the values by field, errors what is wrong.';

