-- Leads and what happened with them, with fields that the tenant defines; and how they are written, by members and by other accounts.
--
-- What other accounts rely on
--
-- Fields. A lead's values are one object {name: value} in their canonical form (see _lead_value(): numbers and booleans as such, phone numbers in
-- E.164, addresses in lower case, dates as YYYY-MM-DD, times in RFC 3339 in UTC, everything else as text). What is empty is absent.
--
-- Versions. Each field has a stamp, {name: stamp}, also once it is empty again: 16 hexadecimal digits of a hybrid logical clock (milliseconds since
-- 1970 in its first 48 bits, a counter in the others), "-", and the site, which is the tenant_id where the value was written. Stamps are compared as
-- bytes (COLLATE "C"): the greater one wins, two of one time by their sites. One that is written here is greater than all that the lead had, so
-- what was done knowing something wins over it, whatever the clocks say. Applying states in any order, once or often, therefore ends the same.
-- _lead_stamp(clock, site) and _lead_clock(time) make one for what came without: a record of which only the time of its change is known gets
-- _lead_stamp(_lead_clock(that time), the other account's id, any uuid that stays).
-- An activity has one stamp, version, as a whole.
--
-- Origin. What a connection has brought is written with the setting lealup.origin naming it (set_config('lealup.origin', connection_id, true), and
-- '' after it); its events carry that as origin.
--
-- Writing. lealup._write_leads(tenant_id, lealup._lead_change[], country, zone) RETURNS SETOF lealup._lead_result is the only way by which leads are
-- written, many at once: lead_id null makes a lead, versions null (or without a field) are values that are written now and here, defaults {name: value}
-- are written where nothing arrives and nothing is there. Each lead_id at most once per call, and at most 10,000 changes: what concerns the same lead
-- comes in further calls. It does not raise for what is wrong with a record: its result is created, updated, same (nothing changed, though newer stamps
-- were noted) or failed, with errors: [{"code", "field", "value", "expected", "message", "lead_id"}], all there are; code is
--   unknown_field  there is no such field              type      value is not what is expected
--   required       it would be empty                   unique    lead_id has that value, or another record of the same call took it
--   clock          a stamp is malformed, or more than a day ahead of this server's clock
--   not_found      there is no such lead               deleted   it was deleted here              empty     a new lead without a value
-- Locks are taken by tenant (shared), by lead, then by value; two calls may deadlock, which PostgreSQL resolves, so a caller that is a worker tries again.
-- lealup._find_leads(tenant_id, field, values, country, zone) finds leads by a unique field; _write_lead_activities() writes activities alike.
-- All of them trust the caller: rights are for those who call them.
--
-- Events, one for each lead that a statement has changed, in the outbox of the same transaction; tenant_id of the envelope is the site that sends:
--   lead.created, lead.updated   {"lead_id", "created_at", "updated_at", "before": null | {name: value}, "after": {name: value}, "changed": [names],
--                                 "versions": {name: stamp}, "known_as": [what other accounts call it], "origin": null | connection_id}
--                                 after and versions are whole: a name in versions that is not in after is empty.
--   lead.linked                  {"lead_id", "connection_id", "remote_id", "after", "versions", "known_as", "lost", "origin"}: it was found that it is that lead there
--   lead.deleted                 {"lead_id", "deleted_at", "before": {name: value}, "origin"}
--   lead_activity.posted, lead_activity.updated
--                                {"activity_id", "lead_id", "before": null | ACTIVITY, "after": ACTIVITY, "version": stamp, "known_as", "origin",
--                                 "lead": {"fields": {name: value}, "versions": {name: stamp}, "known_as"}}
--                                 ACTIVITY is {"activity_type", "note", "occurred_at", "fields": {name: value}}.
-- Contexts have lead_id, changed, stage, previous_stage, source, activity_type, and automation: the ids of the automations (see 88_lead_automation.sql)
-- whose conditions are met. An automation that names a peer (the connection by which the account that it sends to sends to here) is not met by what came
-- by that connection, unless this account has added something of its own to the same change.

CREATE TABLE lealup.lead_field (
    tenant_id uuid NOT NULL REFERENCES lealup.tenant,
    name text NOT NULL CHECK (name ~ '^[A-Za-z][A-Za-z0-9_]{0,62}$'),
    title text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    type text NOT NULL CHECK (type IN ('text', 'integer', 'number', 'boolean', 'date', 'datetime', 'email', 'phone', 'url', 'select')),
    choices text[] CHECK ((type = 'select') = (choices IS NOT NULL)),
    is_unique boolean NOT NULL DEFAULT false,
    required boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, name)
);
COMMENT ON TABLE lealup.lead_field IS 'The fields that a tenant''s leads have. A new tenant has some; set_lead_field() adds and changes them.';
COMMENT ON COLUMN lealup.lead_field.choices IS 'Of a select: what it may be.';
COMMENT ON COLUMN lealup.lead_field.is_unique IS 'No two leads have the same value, compared without regard to case.';
COMMENT ON COLUMN lealup.lead_field.required IS 'It cannot be emptied, nor a lead be made without it.';

CREATE TABLE lealup.lead (
    tenant_id uuid NOT NULL REFERENCES lealup.tenant,
    id uuid NOT NULL DEFAULT lealup.uuid7(),
    fields jsonb NOT NULL CHECK (jsonb_typeof(fields) = 'object' AND octet_length(fields::text) <= 65536),
    versions jsonb NOT NULL CHECK (jsonb_typeof(versions) = 'object'),
    clock bigint NOT NULL,
    deleted_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id)
);
COMMENT ON TABLE lealup.lead IS 'Somebody who may become a customer, or whatever else a tenant keeps as a lead. Functions write it: create_lead(), update_lead(), save_leads().';
COMMENT ON COLUMN lealup.lead.fields IS '{name: value}, as lead_field says; what is empty is absent.';
COMMENT ON COLUMN lealup.lead.versions IS '{name: stamp}: when and where each field was written. Of two values the one with the greater stamp stays.';
COMMENT ON COLUMN lealup.lead.clock IS 'The greatest clock in versions.';
COMMENT ON COLUMN lealup.lead.deleted_at IS 'Null = it is there.';

CREATE TABLE lealup.lead_unique (
    tenant_id uuid NOT NULL,
    field text NOT NULL,
    value text NOT NULL,
    lead_id uuid NOT NULL,
    PRIMARY KEY (tenant_id, field, value)
);
COMMENT ON TABLE lealup.lead_unique IS 'Which lead has a value of a unique field (as _lead_key() makes it): the primary key is what keeps it unique.';

CREATE TABLE lealup.lead_activity_type (
    tenant_id uuid NOT NULL REFERENCES lealup.tenant,
    name text NOT NULL CHECK (name ~ '^[A-Za-z][A-Za-z0-9_]{0,62}$'),
    title text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    fields jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(fields) = 'object'),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, name)
);
COMMENT ON TABLE lealup.lead_activity_type IS 'What can happen with leads. A new tenant has some; set_lead_activity_type() adds and changes them.';
COMMENT ON COLUMN lealup.lead_activity_type.fields IS '{name: {"type", "choices"?, "required"?}}: what activities of the type have beside their note.';

CREATE TABLE lealup.lead_activity (
    tenant_id uuid NOT NULL REFERENCES lealup.tenant,
    id uuid NOT NULL DEFAULT lealup.uuid7(),
    lead_id uuid NOT NULL,
    type text NOT NULL,
    note text CHECK (length(note) BETWEEN 1 AND 20000),
    occurred_at timestamptz NOT NULL CHECK (isfinite(occurred_at)),
    fields jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(fields) = 'object' AND octet_length(fields::text) <= 65536),
    version text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (tenant_id, type) REFERENCES lealup.lead_activity_type,
    FOREIGN KEY (tenant_id, lead_id) REFERENCES lealup.lead
);
CREATE INDEX ON lealup.lead_activity (tenant_id, lead_id, occurred_at);
ALTER TABLE lealup.lead_activity ADD PRIMARY KEY (tenant_id, id);
COMMENT ON TABLE lealup.lead_activity IS 'What happened with a lead. Functions write it: post_lead_activity(), update_lead_activity().';
COMMENT ON COLUMN lealup.lead_activity.version IS 'The stamp of its last change: of two states the one with the greater stamp stays.';

CREATE TYPE lealup._lead_change AS (ordinal int, lead_id uuid, fields jsonb, versions jsonb, defaults jsonb);
COMMENT ON TYPE lealup._lead_change IS
    'A lead to be written: the caller''s number for it, which lead (null = a new one), {name: value}, {name: stamp} (null = written now and here), and {name: value} for what is empty and stays so (null = none).';
CREATE TYPE lealup._lead_result AS (ordinal int, lead_id uuid, outcome text, changed text[], errors jsonb);
COMMENT ON TYPE lealup._lead_result IS
    'What came of it: the caller''s number, the lead (null if none was made), created, updated, same or failed, which fields have another value now, and what is wrong (null = nothing).';
CREATE TYPE lealup._lead_activity_change AS (ordinal int, activity_id uuid, lead_id uuid, type text, note text, occurred_at timestamptz, fields jsonb, version text);
COMMENT ON TYPE lealup._lead_activity_change IS
    'An activity to be written: the caller''s number for it, which activity (null = a new one), of which lead, its type, note, time, fields {name: value}, and stamp. A stamp: this is all of it. Null: written now and here, and what is null stays.';
CREATE TYPE lealup._lead_activity_result AS (ordinal int, activity_id uuid, outcome text, errors jsonb);
COMMENT ON TYPE lealup._lead_activity_result IS 'What came of it: the caller''s number, the activity, created, updated, same or failed, and what is wrong (null = nothing).';

CREATE FUNCTION lealup._lead_lock(tenant_id uuid) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN hashtextextended('lealup.lead ' || tenant_id::text, 0);
COMMENT ON FUNCTION lealup._lead_lock(uuid) IS 'The key of the advisory lock that who writes a tenant''s leads shares, and who changes what fields they have takes alone.';

-- ----- Stamps -----

CREATE FUNCTION lealup._lead_clock(at timestamptz) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN floor(extract(epoch FROM at) * 1000)::bigint << 16;
COMMENT ON FUNCTION lealup._lead_clock(timestamptz) IS 'A time (from 1970 on) as the clock of a stamp.';

CREATE FUNCTION lealup._lead_stamp(clock bigint, site uuid) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN lpad(to_hex(clock), 16, '0') || '-' || site::text;
COMMENT ON FUNCTION lealup._lead_stamp(bigint, uuid) IS 'The stamp of what was written at that clock by that site.';

CREATE FUNCTION lealup._lead_stamp_clock(stamp text) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN stamp ~ '^[0-7][0-9a-f]{15}-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' THEN ('x' || left(stamp, 16))::bit(64)::bigint END;
COMMENT ON FUNCTION lealup._lead_stamp_clock(text) IS 'The clock of a stamp; null if it is none.';

-- ----- Values -----

CREATE FUNCTION lealup._lead_value(type text, choices text[], value jsonb, country text, zone text) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    kind text := jsonb_typeof(value);
    raw text;
    number numeric;
BEGIN
    IF value IS NULL OR kind = 'null' THEN
        RETURN 'null';
    ELSIF kind IN ('object', 'array') THEN
        RETURN NULL;
    END IF;
    raw := value #>> '{}';
    IF kind = 'string' AND btrim(raw, E' \t\r\n') = '' THEN
        RETURN 'null';
    END IF;
    IF type = 'text' THEN
        RETURN CASE WHEN length(raw) <= 10000 THEN to_jsonb(raw) END;
    ELSIF length(raw) > 2000 THEN
        RETURN NULL;
    END IF;
    raw := btrim(raw, E' \t\r\n');
    CASE type
        WHEN 'email' THEN
            RETURN to_jsonb(lealup._mail_address(raw));
        WHEN 'phone' THEN
            RETURN CASE WHEN kind <> 'boolean' AND length(raw) <= 100 THEN to_jsonb(lealup.phone_e164(raw, country)) END;
        WHEN 'select' THEN
            RETURN (SELECT to_jsonb(c) FROM unnest(choices) c WHERE lower(c) = lower(raw) ORDER BY c <> raw LIMIT 1);
        WHEN 'boolean' THEN
            RETURN CASE WHEN kind = 'boolean' THEN value ELSE to_jsonb(lealup._import_boolean(raw)) END;
        WHEN 'integer', 'number' THEN
            IF kind = 'boolean' THEN
                RETURN NULL;
            END IF;
            number := CASE kind WHEN 'number' THEN raw::numeric ELSE lealup._import_number(raw, 'point') END;
            IF abs(number) < 1e18 AND scale(number) <= 40 AND (type = 'number' OR number = trunc(number)) THEN
                RETURN to_jsonb(trim_scale(number));
            END IF;
            RETURN NULL;
        WHEN 'url' THEN
            RETURN to_jsonb(CASE WHEN raw ~* '^https?://[^\s/?#]+\S*$' THEN raw
                WHEN raw ~* '^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+([/?#]\S*)?$' THEN 'https://' || raw END);
        WHEN 'date' THEN
            RETURN CASE WHEN kind = 'string' THEN to_jsonb((lealup._import_time(raw, 'YMD', zone)).day) END;
        WHEN 'datetime' THEN
            RETURN CASE WHEN kind = 'string' THEN to_jsonb(lealup._rfc3339((lealup._import_time(raw, 'YMD', zone)).at)) END;
    END CASE;
END $$;
COMMENT ON FUNCTION lealup._lead_value(text, text[], jsonb, text, text) IS
    'A value as a field of that type keeps it; JSON null if it is empty (null, or a text of blanks); null if it is not of that type, or too long. choices: of a select. country: of phone numbers without a country code; zone: of times without an offset. What it gave it gives again.';

CREATE FUNCTION lealup._lead_expected(type text, choices text[]) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE type WHEN 'text' THEN 'a text of at most 10000 characters' WHEN 'integer' THEN 'an integer' WHEN 'number' THEN 'a number' WHEN 'boolean' THEN 'true or false'
        WHEN 'date' THEN 'a date (YYYY-MM-DD)' WHEN 'datetime' THEN 'a time (YYYY-MM-DD hh:mm:ss)' WHEN 'email' THEN 'an e-mail address'
        WHEN 'phone' THEN 'a phone number with its country code' WHEN 'url' THEN 'a web address' ELSE 'one of ' || left(array_to_string(choices, ', '), 500) END;
COMMENT ON FUNCTION lealup._lead_expected(text, text[]) IS 'What a field of that type takes, in words.';

CREATE FUNCTION lealup._lead_key(value jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN lower(btrim(value #>> '{}', E' \t\r\n'));
COMMENT ON FUNCTION lealup._lead_key(jsonb) IS 'By what a value is unique: its text, without regard to case.';

CREATE FUNCTION lealup._lead_error(code text, field text, value jsonb DEFAULT NULL, expected text DEFAULT NULL, lead_id uuid DEFAULT NULL) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN jsonb_strip_nulls(jsonb_build_object('code', code, 'field', left(field, 100),
        'value', CASE WHEN length(value::text) <= 200 THEN value ELSE to_jsonb(left(value #>> '{}', 200)) END, 'expected', expected, 'lead_id', lead_id,
        'message', CASE code
            WHEN 'unknown_field' THEN format('%s: there is no such field', left(field, 100))
            WHEN 'type' THEN format('%s: %s is not %s', field, left(value::text, 100), expected)
            WHEN 'required' THEN format('%s: must not be empty', field)
            WHEN 'unique' THEN format('%s: %s is taken by lead %s', field, left(value::text, 100), coalesce(lead_id::text, 'of another record'))
            WHEN 'clock' THEN format('%s: the stamp %s is malformed, or more than a day ahead of the clock', left(field, 100), left(value::text, 100))
            WHEN 'not_found' THEN format('lead %s does not exist', lead_id)
            WHEN 'deleted' THEN format('lead %s was deleted', lead_id)
            WHEN 'empty' THEN 'no field has a value'
            WHEN 'activity_type' THEN format('type: there is no activity type %s', coalesce(left(value::text, 100), 'null'))
            WHEN 'no_activity' THEN format('activity %s does not exist', value #>> '{}') END));
COMMENT ON FUNCTION lealup._lead_error(text, text, jsonb, text, uuid) IS 'What is wrong with a record, as its errors tell it.';
