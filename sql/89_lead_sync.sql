-- Lead sync: leads and activities of another account, taken in here. This is the destination's side: what is set, and what is mapped to what.
-- A sync is a connection, and has its id: by its URL the other account sends (provider lead_sync), or its provider is asked (leadsquared).
-- What arrives is applied by 89_lead_sync_apply.sql; the source's side is 88_lead_automation.sql.

CREATE TABLE lealup.lead_sync (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    enabled boolean NOT NULL DEFAULT false,
    lead_source text CHECK (length(lead_source) BETWEEN 1 AND 200),
    country text CHECK (country ~ '^[A-Z]{2}$'),
    time_zone text NOT NULL CHECK (lealup._is_time_zone(time_zone)),
    search_by text NOT NULL,
    secondary_search_by text,
    notify_member_id uuid,
    notify boolean NOT NULL,
    lead_behaviour text NOT NULL CHECK (lead_behaviour IN ('capture', 'create_only', 'update_only', 'ignore')),
    activity_behaviour text NOT NULL CHECK (activity_behaviour IN ('off', 'capture', 'create_only', 'update_only')),
    version int NOT NULL DEFAULT 0,
    removed_at timestamptz,
    created_by uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, id) REFERENCES lealup.connection ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, notify_member_id) REFERENCES lealup.member
);
COMMENT ON TABLE lealup.lead_sync IS 'Lead syncs, by the ids of their connections: how leads and activities of another account are taken in.';
COMMENT ON COLUMN lealup.lead_sync.lead_source IS 'The source of leads that it makes; null = none.';
COMMENT ON COLUMN lealup.lead_sync.country IS 'Of phone numbers that come without a country code; null = they are errors.';
COMMENT ON COLUMN lealup.lead_sync.time_zone IS 'Of the other account: of times that come without an offset.';
COMMENT ON COLUMN lealup.lead_sync.search_by IS 'The unique field by which a lead that was never seen is found here; secondary_search_by: if that finds nothing.';
COMMENT ON COLUMN lealup.lead_sync.lead_behaviour IS 'capture: leads are made and changed; create_only: made; update_only: changed; ignore: neither. Of activities as well, and off: they are left alone.';
COMMENT ON COLUMN lealup.lead_sync.version IS 'The version of what is set, see lead_sync_version.';

CREATE TABLE lealup.lead_sync_mapping (
    tenant_id uuid NOT NULL,
    sync_id uuid NOT NULL,
    entity text NOT NULL CHECK (entity IN ('lead', 'activity', 'activity_type')),
    target text NOT NULL CHECK (target ~ '^[A-Za-z][A-Za-z0-9_]{0,62}$'),
    source text CHECK (length(source) BETWEEN 1 AND 200),
    enabled boolean NOT NULL,
    default_value jsonb CHECK (jsonb_typeof(default_value) IN ('string', 'number', 'boolean') AND octet_length(default_value::text) <= 20000),
    custom boolean NOT NULL DEFAULT false,
    PRIMARY KEY (tenant_id, sync_id, entity, target),
    FOREIGN KEY (tenant_id, sync_id) REFERENCES lealup.lead_sync ON DELETE CASCADE
);
COMMENT ON TABLE lealup.lead_sync_mapping IS 'What becomes of what a sync brings: entity lead: fields of leads; activity: fields of activities, which without a row keep their names; activity_type: their types, likewise.';
COMMENT ON COLUMN lealup.lead_sync_mapping.source IS 'As the other account calls it; null = nothing arrives, there is a default only.';
COMMENT ON COLUMN lealup.lead_sync_mapping.default_value IS 'Written where nothing arrives and nothing is there.';
COMMENT ON COLUMN lealup.lead_sync_mapping.custom IS 'The field was made with the row.';

CREATE TABLE lealup.lead_sync_version (
    tenant_id uuid NOT NULL,
    sync_id uuid NOT NULL,
    version int NOT NULL,
    settings jsonb NOT NULL,
    mapping jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, sync_id, version),
    FOREIGN KEY (tenant_id, sync_id) REFERENCES lealup.lead_sync ON DELETE CASCADE
);
COMMENT ON TABLE lealup.lead_sync_version IS 'What was set in a sync, and mapped, from some time on: what the log''s records were applied by.';

CREATE TABLE lealup.lead_sync_access (
    tenant_id uuid NOT NULL PRIMARY KEY REFERENCES lealup.tenant,
    roles text[] NOT NULL DEFAULT '{}' CHECK (roles <@ '{director,csm}'),
    member_field text CHECK (length(member_field) BETWEEN 1 AND 100)
);
COMMENT ON TABLE lealup.lead_sync_access IS 'Which members beside admins see the tenant''s syncs and may retry what failed: those of some roles, and those in whose custom data a field is true.';

-- What the other account calls a lead or an activity that is here. No foreign key: it would cost a look-up for each.
CREATE TABLE lealup.lead_link (
    tenant_id uuid NOT NULL,
    sync_id uuid NOT NULL,
    entity text NOT NULL CHECK (entity IN ('lead', 'activity')),
    remote_id text NOT NULL CHECK (length(remote_id) BETWEEN 1 AND 200),
    local_id uuid NOT NULL,
    made boolean NOT NULL DEFAULT false,
    modified_at timestamptz,
    base jsonb
);
CREATE INDEX ON lealup.lead_link (tenant_id, local_id);
ALTER TABLE lealup.lead_link ADD PRIMARY KEY (tenant_id, sync_id, entity, remote_id);
COMMENT ON TABLE lealup.lead_link IS 'Which lead or activity here is which one of another account.';
COMMENT ON COLUMN lealup.lead_link.made IS 'The lead here was made because of the one there. If it turns out that the other account knows it as another lead of here, it is that one, and both become one.';
COMMENT ON COLUMN lealup.lead_link.base IS 'Of accounts that send no versions: the values that were last seen there, and modified_at, when they changed; what is still the same is no news.';

CREATE TABLE lealup.lead_sync_job (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    sync_id uuid NOT NULL,
    version int NOT NULL,
    source text NOT NULL CHECK (source IN ('webhook', 'poll', 'retry')),
    api_url text,
    request jsonb,
    response jsonb,
    started_at timestamptz NOT NULL,
    finished_at timestamptz NOT NULL,
    created int NOT NULL,
    updated int NOT NULL,
    unchanged int NOT NULL,
    skipped int NOT NULL,
    failed int NOT NULL
);
CREATE INDEX ON lealup.lead_sync_job (tenant_id, sync_id, id);
ALTER TABLE lealup.lead_sync_job ADD PRIMARY KEY (tenant_id, id);
COMMENT ON TABLE lealup.lead_sync_job IS 'What was taken in together: messages that the worker found waiting, a page of a poll, or what was retried.';
COMMENT ON COLUMN lealup.lead_sync_job.api_url IS 'To where, or from where, it came; without secrets.';
COMMENT ON COLUMN lealup.lead_sync_job.request IS 'Of a poll: what was asked, and response: what was told about it. Of messages, their records have it.';
COMMENT ON COLUMN lealup.lead_sync_job.failed IS 'How many of its records are failed now: what is repaired counts as updated.';

CREATE TABLE lealup.lead_sync_record (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    sync_id uuid NOT NULL,
    job_id uuid NOT NULL,
    message_id uuid,
    version int NOT NULL,
    entity text,
    remote_id text,
    local_id uuid,
    status text NOT NULL CHECK (status IN ('new', 'updated', 'unchanged', 'skipped', 'failed')),
    reason text,
    errors jsonb,
    changed text[],
    request jsonb,
    attempts int NOT NULL DEFAULT 1,
    next_attempt_at timestamptz,
    received_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
) WITH (autovacuum_vacuum_cost_delay = 0);
CREATE INDEX ON lealup.lead_sync_record (tenant_id, sync_id, id);
CREATE INDEX ON lealup.lead_sync_record (tenant_id, job_id);
CREATE INDEX lead_sync_failed ON lealup.lead_sync_record (tenant_id, sync_id, id) WHERE status = 'failed';
CREATE INDEX lead_sync_gone ON lealup.lead_sync_record (tenant_id, sync_id, remote_id) WHERE request @> '{"deleted": true}';
CREATE INDEX lead_sync_due ON lealup.lead_sync_record (tenant_id, next_attempt_at) WHERE next_attempt_at IS NOT NULL;
ALTER TABLE lealup.lead_sync_record ADD PRIMARY KEY (tenant_id, id);
COMMENT ON TABLE lealup.lead_sync_record IS 'What became of each record that arrived by a sync.';
COMMENT ON COLUMN lealup.lead_sync_record.message_id IS 'The notification (inbound_messages) that brought it; null = none.';
COMMENT ON COLUMN lealup.lead_sync_record.status IS 'new: made here; updated: changed, or found by the search key, or repaired; unchanged: nothing that was newer; skipped and failed: see reason.';
COMMENT ON COLUMN lealup.lead_sync_record.request IS 'The record as _apply_leads() takes it.';
COMMENT ON COLUMN lealup.lead_sync_record.next_attempt_at IS 'When it is tried again: somebody has asked for it, or what is in its way may go by itself.';

-- ----- Who may -----

CREATE FUNCTION lealup._may_see_lead_syncs(tenant_id uuid) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    acting text := lealup._member_role(_may_see_lead_syncs.tenant_id);
BEGIN
    RETURN acting IN ('application', 'admin') OR EXISTS (
        SELECT FROM lealup.lead_sync_access a JOIN lealup.member m ON m.tenant_id = a.tenant_id AND m.id = lealup.current_member() AND m.active
        WHERE a.tenant_id = _may_see_lead_syncs.tenant_id AND (acting = ANY (a.roles) OR lealup._import_boolean(m.custom ->> a.member_field)));
END $$;
COMMENT ON FUNCTION lealup._may_see_lead_syncs(uuid) IS 'Whether who acts sees the syncs of a tenant: admins, applications that act for nobody, and members to whom set_lead_sync_access() gives it.';

CREATE FUNCTION lealup._lead_sync_access() RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    RETURN lealup._may_see_lead_syncs(lealup.current_tenant());
COMMENT ON FUNCTION lealup._lead_sync_access() IS 'Whether who acts sees the syncs of the current tenant: what policies ask.';

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY '{lead_sync,lead_sync_mapping,lead_sync_version,lead_sync_access,lead_link,lead_sync_job,lead_sync_record}'::text[] LOOP
        EXECUTE pg_catalog.format('CREATE POLICY access ON lealup.%I AS RESTRICTIVE FOR SELECT USING ((SELECT lealup._lead_sync_access()))', t);
    END LOOP;
END $$;

CREATE FUNCTION lealup._lock_lead_sync(tenant_id uuid, sync_id uuid) RETURNS lealup.lead_sync
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s lealup.lead_sync;
BEGIN
    SELECT x.* INTO s FROM lealup.lead_sync x
    WHERE x.tenant_id = _lock_lead_sync.tenant_id AND x.id = _lock_lead_sync.sync_id AND x.removed_at IS NULL FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'lead sync % does not exist', coalesce(_lock_lead_sync.sync_id::text, 'null') USING ERRCODE = 'no_data_found', HINT = 'SELECT id, name FROM lealup.lead_sync lists them.';
    END IF;
    RETURN s;
END $$;
COMMENT ON FUNCTION lealup._lock_lead_sync(uuid, uuid) IS 'Locks and gives a sync that was not removed. Raises no_data_found if there is none.';

CREATE FUNCTION lealup._save_lead_sync(s lealup.lead_sync) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    at timestamptz := clock_timestamp();
BEGIN
    s.version := s.version + 1;
    UPDATE lealup.lead_sync x SET name = s.name, enabled = s.enabled, lead_source = s.lead_source, country = s.country, time_zone = s.time_zone, search_by = s.search_by,
        secondary_search_by = s.secondary_search_by, notify_member_id = s.notify_member_id, notify = s.notify, lead_behaviour = s.lead_behaviour,
        activity_behaviour = s.activity_behaviour, version = s.version, updated_at = at
    WHERE x.tenant_id = s.tenant_id AND x.id = s.id;
    INSERT INTO lealup.lead_sync_version (tenant_id, sync_id, version, settings, mapping, created_at)
    SELECT s.tenant_id, s.id, s.version, to_jsonb(s) - '{tenant_id,id,version,removed_at,created_by,created_at,updated_at}'::text[],
        (SELECT coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('entity', m.entity, 'source', m.source, 'target', m.target, 'enabled', m.enabled, 'default', m.default_value))
                    ORDER BY m.entity DESC, m.target), '[]')
         FROM lealup.lead_sync_mapping m WHERE m.tenant_id = s.tenant_id AND m.sync_id = s.id), at;
END $$;
COMMENT ON FUNCTION lealup._save_lead_sync(lealup.lead_sync) IS 'Writes what is set in a sync, and keeps it with the mapping as a version.';

CREATE FUNCTION lealup._check_lead_sync(s lealup.lead_sync) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lealup._check_text('name', s.name, 200, required => true), lealup._check_text('lead_source', s.lead_source, 200), lealup._check_time_zone(s.time_zone),
        lealup._check_choice('lead_behaviour', s.lead_behaviour, '{capture,create_only,update_only,ignore}', required => true),
        lealup._check_choice('activity_behaviour', s.activity_behaviour, '{off,capture,create_only,update_only}', required => true);
    IF s.country !~ '^[A-Z]{2}$' THEN
        RAISE EXCEPTION 'invalid country: %', quote_literal(left(s.country, 100)) USING ERRCODE = 'invalid_parameter_value', HINT = 'It is two capital letters of ISO 3166, such as ES.';
    END IF;
    IF s.search_by = s.secondary_search_by THEN
        RAISE EXCEPTION 'secondary_search_by must be another field than search_by' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM lealup._check_search_by('search_by', s.tenant_id, s.search_by), lealup._check_search_by('secondary_search_by', s.tenant_id, s.secondary_search_by);
    IF s.notify_member_id IS NOT NULL AND NOT EXISTS (SELECT FROM lealup.member m WHERE m.tenant_id = s.tenant_id AND m.id = s.notify_member_id AND m.active) THEN
        RAISE EXCEPTION 'member % does not exist, or is not active', s.notify_member_id USING ERRCODE = 'no_data_found';
    END IF;
    IF s.time_zone <> 'UTC' AND EXISTS (SELECT FROM lealup.connection c WHERE c.tenant_id = s.tenant_id AND c.id = s.id AND c.provider = 'leadsquared') THEN
        RAISE EXCEPTION 'time_zone must be UTC' USING ERRCODE = 'invalid_parameter_value', DETAIL = 'LeadSquared''s API tells and takes all times in UTC, whatever the account shows.';
    END IF;
END $$;
COMMENT ON FUNCTION lealup._check_lead_sync(lealup.lead_sync) IS 'Raises invalid_parameter_value or no_data_found, naming the field, unless a sync may be set like that.';

CREATE FUNCTION lealup._check_search_by(what text, tenant_id uuid, field text) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF field IS NOT NULL AND NOT EXISTS (SELECT FROM lealup.lead_field f WHERE f.tenant_id = _check_search_by.tenant_id AND f.name = field AND f.is_unique) THEN
        RAISE EXCEPTION '% must be a unique field of leads', what USING ERRCODE = 'invalid_parameter_value', DETAIL = format('%s is none.', quote_literal(left(field, 100))),
            HINT = 'lealup.set_lead_field(tenant_id, name, is_unique => true) makes one unique.';
    END IF;
END $$;
COMMENT ON FUNCTION lealup._check_search_by(text, uuid, text) IS 'Raises invalid_parameter_value unless a field is null, or a unique field of the tenant''s leads.';

-- ----- Mapping -----

CREATE FUNCTION lealup._default_mapping(s lealup.lead_sync, sender text) RETURNS void
    LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    -- Where leads come from is this account's own to say, if it says anything.
    INSERT INTO lealup.lead_sync_mapping (tenant_id, sync_id, entity, target, source, enabled)
    SELECT (s).tenant_id, (s).id, 'lead', f.name,
        CASE _default_mapping.sender WHEN 'leadsquared' THEN coalesce(k.source, CASE WHEN f.name LIKE 'mx\_%' THEN f.name ELSE 'mx_' || f.name END) ELSE f.name END,
        f.name <> 'source' OR (s).lead_source IS NULL
    FROM lealup.lead_field f
    LEFT JOIN (VALUES ('first_name', 'FirstName'), ('last_name', 'LastName'), ('email', 'EmailAddress'), ('phone', 'Phone'), ('company', 'Company'), ('job_title', 'JobTitle'),
        ('website', 'Website'), ('city', 'mx_City'), ('country', 'mx_Country'), ('source', 'Source'), ('stage', 'ProspectStage'), ('notes', 'Notes')) k(name, source) ON k.name = f.name
    WHERE f.tenant_id = (s).tenant_id
    ON CONFLICT DO NOTHING;
    INSERT INTO lealup.lead_sync_mapping (tenant_id, sync_id, entity, target, source, enabled)
    SELECT (s).tenant_id, (s).id, 'activity_type', t.name, t.name, true FROM lealup.lead_activity_type t
    WHERE t.tenant_id = (s).tenant_id AND _default_mapping.sender <> 'leadsquared'
    ON CONFLICT DO NOTHING;
END;
COMMENT ON FUNCTION lealup._default_mapping(lealup.lead_sync, text) IS
    'Maps the fields of the tenant''s leads that are not mapped yet: to what LeadSquared calls them, or to those of the same name.';

CREATE FUNCTION lealup._sender(tenant_id uuid, sync_id uuid) RETURNS text
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN (SELECT coalesce(c.options ->> 'sender', c.provider) FROM lealup.connection c WHERE c.tenant_id = _sender.tenant_id AND c.id = _sender.sync_id);
COMMENT ON FUNCTION lealup._sender(uuid, uuid) IS 'What the other account of a sync is: lealup or leadsquared.';

CREATE FUNCTION lealup.check_mapping(tenant_id uuid, sync_id uuid) RETURNS TABLE (field text, problem text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s lealup.lead_sync;
BEGIN
    PERFORM lealup._require_sight(check_mapping.tenant_id), lealup._require_lead_sync(check_mapping.tenant_id);
    SELECT x.* INTO s FROM lealup.lead_sync x WHERE x.tenant_id = check_mapping.tenant_id AND x.id = check_mapping.sync_id;
    RETURN QUERY
        WITH mapped AS (
            SELECT m.target, m.source, m.default_value, f.name, f.type, f.choices, f.is_unique
            FROM lealup.lead_sync_mapping m LEFT JOIN lealup.lead_field f ON f.tenant_id = m.tenant_id AND f.name = m.target
            WHERE m.tenant_id = s.tenant_id AND m.sync_id = s.id AND m.entity = 'lead' AND m.enabled)
        SELECT m.target, 'there is no such field; map to another one, or make it' FROM mapped m WHERE m.name IS NULL
        UNION ALL
        SELECT m.target, format('the default %s is not %s', m.default_value, lealup._lead_expected(m.type, m.choices)) FROM mapped m
        WHERE m.name IS NOT NULL AND m.default_value IS NOT NULL AND coalesce(lealup._lead_value(m.type, m.choices, m.default_value, s.country, s.time_zone), 'null') = 'null'
        UNION ALL
        SELECT m.target, 'a unique field cannot have a default' FROM mapped m WHERE m.is_unique AND m.default_value IS NOT NULL
        UNION ALL
        SELECT k.field, CASE WHEN f.name IS NULL THEN 'leads are searched by it, but it is no unique field any more' ELSE 'leads are searched by it, but nothing is mapped to it' END
        FROM (VALUES (s.search_by), (s.secondary_search_by)) k(field) LEFT JOIN lealup.lead_field f ON f.tenant_id = s.tenant_id AND f.name = k.field AND f.is_unique
        WHERE k.field IS NOT NULL AND (f.name IS NULL OR NOT EXISTS (SELECT FROM mapped m WHERE m.target = k.field AND m.source IS NOT NULL))
        UNION ALL
        SELECT f.name, 'it is required, but nothing is mapped to it, and it has no default' FROM lealup.lead_field f
        WHERE f.tenant_id = s.tenant_id AND f.required AND s.lead_behaviour IN ('capture', 'create_only') AND NOT EXISTS (SELECT FROM mapped m WHERE m.target = f.name)
        UNION ALL
        -- What the other account has is known where it can be asked.
        SELECT m.target, format('the other account has no field %s: map another one, or disable this one', quote_literal(m.source)) FROM mapped m
        WHERE m.source IS NOT NULL AND EXISTS (SELECT FROM lealup.lead_remote_field r WHERE r.tenant_id = s.tenant_id AND r.connection_id = s.id)
          AND NOT EXISTS (SELECT FROM lealup.lead_remote_field r WHERE r.tenant_id = s.tenant_id AND r.connection_id = s.id AND r.name = m.source)
        UNION ALL
        SELECT m.target, format('it is of the type %s here, and %s there', m.type, r.type)
        FROM mapped m JOIN lealup.lead_remote_field r ON r.tenant_id = s.tenant_id AND r.connection_id = s.id AND r.name = m.source
        WHERE CASE WHEN r.type = 'boolean' THEN m.type IN ('integer', 'number', 'date', 'datetime', 'email', 'phone', 'url')
            WHEN r.type IN ('date', 'datetime') THEN m.type IN ('boolean', 'integer', 'number', 'email', 'phone', 'url')
            WHEN r.type IN ('integer', 'number') THEN m.type IN ('date', 'datetime', 'email', 'url')
            WHEN r.type IN ('email', 'url') THEN m.type IN ('boolean', 'integer', 'number', 'date', 'datetime', 'phone') END
        UNION ALL
        SELECT m.target, format('leads are searched by it, but %s is not unique in the other account', quote_literal(m.source))
        FROM mapped m JOIN lealup.lead_remote_field r ON r.tenant_id = s.tenant_id AND r.connection_id = s.id AND r.name = m.source AND NOT r.is_unique
        WHERE m.target IN (s.search_by, s.secondary_search_by)
        UNION ALL
        SELECT m.target, 'there is no such type of activities' FROM lealup.lead_sync_mapping m
        WHERE m.tenant_id = s.tenant_id AND m.sync_id = s.id AND m.entity = 'activity_type' AND m.enabled AND s.activity_behaviour <> 'off'
          AND NOT EXISTS (SELECT FROM lealup.lead_activity_type t WHERE t.tenant_id = s.tenant_id AND t.name = m.target);
END $$;
COMMENT ON FUNCTION lealup.check_mapping(uuid, uuid) IS 'What is wrong with the mapping of a sync: no rows if nothing is. A sync cannot be enabled before.';

CREATE FUNCTION lealup._require_lead_sync(tenant_id uuid) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF lealup._may_see_lead_syncs(_require_lead_sync.tenant_id) IS NOT TRUE THEN
        RAISE EXCEPTION 'permission denied for lead syncs' USING ERRCODE = 'insufficient_privilege', HINT = 'An admin gives access: lealup.set_lead_sync_access().';
    END IF;
END $$;
COMMENT ON FUNCTION lealup._require_lead_sync(uuid) IS 'Raises insufficient_privilege unless who acts sees the syncs of a tenant.';

CREATE FUNCTION lealup.set_lead_sync_mapping(tenant_id uuid, sync_id uuid, target text, source text DEFAULT NULL, entity text DEFAULT 'lead', enabled boolean DEFAULT NULL,
        default_value jsonb DEFAULT NULL, search_key text DEFAULT NULL, new_type text DEFAULT NULL, choices text[] DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s lealup.lead_sync;
    f lealup.lead_field;
    made boolean := false;
BEGIN
    PERFORM lealup._require('administer', set_lead_sync_mapping.tenant_id);
    s := lealup._lock_lead_sync(set_lead_sync_mapping.tenant_id, set_lead_sync_mapping.sync_id);
    PERFORM lealup._check_choice('entity', set_lead_sync_mapping.entity, '{lead,activity,activity_type}', required => true),
        lealup._check_choice('search_key', set_lead_sync_mapping.search_key, '{primary,secondary}'),
        lealup._check_lead_name('target', set_lead_sync_mapping.target), lealup._check_text('source', nullif(set_lead_sync_mapping.source, ''), 200);
    IF set_lead_sync_mapping.entity <> 'lead' AND (set_lead_sync_mapping.search_key IS NOT NULL OR set_lead_sync_mapping.new_type IS NOT NULL) THEN
        RAISE EXCEPTION 'search_key and new_type are for leads' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF set_lead_sync_mapping.default_value IS NOT NULL AND (jsonb_typeof(set_lead_sync_mapping.default_value) NOT IN ('string', 'number', 'boolean', 'null')
        OR octet_length(set_lead_sync_mapping.default_value::text) > 20000) THEN
        RAISE EXCEPTION 'default_value must be a text, a number, true or false; JSON null takes it away' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF (SELECT count(*) >= 1000 FROM lealup.lead_sync_mapping m WHERE m.tenant_id = s.tenant_id AND m.sync_id = s.id) THEN
        RAISE EXCEPTION 'too many rows' USING ERRCODE = 'configuration_limit_exceeded', DETAIL = 'A mapping has at most 1000.';
    END IF;
    IF set_lead_sync_mapping.entity = 'lead' THEN
        SELECT x.* INTO f FROM lealup.lead_field x WHERE x.tenant_id = s.tenant_id AND x.name = set_lead_sync_mapping.target;
        IF NOT FOUND AND set_lead_sync_mapping.new_type IS NOT NULL THEN
            PERFORM lealup.set_lead_field(s.tenant_id, set_lead_sync_mapping.target, type => set_lead_sync_mapping.new_type, choices => set_lead_sync_mapping.choices);
            SELECT x.* INTO f FROM lealup.lead_field x WHERE x.tenant_id = s.tenant_id AND x.name = set_lead_sync_mapping.target;
            made := true;
        ELSIF NOT FOUND THEN
            RAISE EXCEPTION 'there is no field %', quote_literal(left(set_lead_sync_mapping.target, 100)) USING ERRCODE = 'no_data_found', HINT = 'new_type => ''text'', for example, makes it.';
        END IF;
        IF coalesce(lealup._lead_value(f.type, f.choices, nullif(set_lead_sync_mapping.default_value, 'null'), s.country, s.time_zone), 'null') = 'null'
            AND coalesce(set_lead_sync_mapping.default_value, 'null') <> 'null' THEN
            RAISE EXCEPTION 'default_value: % is not %', left(set_lead_sync_mapping.default_value::text, 100), lealup._lead_expected(f.type, f.choices) USING ERRCODE = 'invalid_parameter_value';
        END IF;
    END IF;
    INSERT INTO lealup.lead_sync_mapping AS m (tenant_id, sync_id, entity, target, source, enabled, default_value, custom)
    VALUES (s.tenant_id, s.id, set_lead_sync_mapping.entity, set_lead_sync_mapping.target, nullif(coalesce(set_lead_sync_mapping.source, set_lead_sync_mapping.target), ''),
        coalesce(set_lead_sync_mapping.enabled, true), nullif(set_lead_sync_mapping.default_value, 'null'), made)
    ON CONFLICT ON CONSTRAINT lead_sync_mapping_pkey DO UPDATE SET
        source = CASE WHEN set_lead_sync_mapping.source IS NULL THEN m.source ELSE excluded.source END,
        enabled = coalesce(set_lead_sync_mapping.enabled, m.enabled),
        default_value = CASE WHEN set_lead_sync_mapping.default_value IS NULL THEN m.default_value ELSE excluded.default_value END, custom = m.custom OR excluded.custom;
    IF set_lead_sync_mapping.search_key = 'primary' THEN
        s.secondary_search_by := nullif(s.secondary_search_by, set_lead_sync_mapping.target);
        s.search_by := set_lead_sync_mapping.target;
    ELSIF set_lead_sync_mapping.search_key = 'secondary' THEN
        s.secondary_search_by := set_lead_sync_mapping.target;
    END IF;
    PERFORM lealup._check_lead_sync(s), lealup._save_lead_sync(s), lealup._audit(s.tenant_id, 'lead_sync.map', 'lead_sync', s.id,
        jsonb_strip_nulls(jsonb_build_object('entity', set_lead_sync_mapping.entity, 'target', set_lead_sync_mapping.target, 'source', set_lead_sync_mapping.source,
            'enabled', set_lead_sync_mapping.enabled, 'search_key', set_lead_sync_mapping.search_key)));
END $$;
COMMENT ON FUNCTION lealup.set_lead_sync_mapping(uuid, uuid, text, text, text, boolean, jsonb, text, text, text[]) IS
    'Maps what the other account calls source to the field target here, or changes that; null leaves what there is (of a new row: the same name, enabled, no default). source '''': nothing arrives, there is a default only. default_value is written where nothing arrives and nothing is there; JSON null takes it away. search_key: leads are found by this unique field (primary or secondary). new_type: makes the field, of that type, if it is not there. entity: lead, activity (a field of activities) or activity_type. For admins.';

CREATE FUNCTION lealup.delete_lead_sync_mapping(tenant_id uuid, sync_id uuid, target text, entity text DEFAULT 'lead', delete_field boolean DEFAULT false) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s lealup.lead_sync;
    made boolean;
BEGIN
    PERFORM lealup._require('administer', delete_lead_sync_mapping.tenant_id);
    s := lealup._lock_lead_sync(delete_lead_sync_mapping.tenant_id, delete_lead_sync_mapping.sync_id);
    DELETE FROM lealup.lead_sync_mapping m WHERE m.tenant_id = s.tenant_id AND m.sync_id = s.id AND m.entity = delete_lead_sync_mapping.entity AND m.target = delete_lead_sync_mapping.target
    RETURNING m.custom INTO made;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'nothing is mapped to %', coalesce(quote_literal(left(delete_lead_sync_mapping.target, 100)), 'null') USING ERRCODE = 'no_data_found';
    END IF;
    IF delete_lead_sync_mapping.delete_field THEN
        IF NOT made THEN
            RAISE EXCEPTION '% was not made by the mapping', quote_literal(delete_lead_sync_mapping.target) USING ERRCODE = 'object_not_in_prerequisite_state',
                HINT = 'lealup.delete_lead_field() removes any field, and with it its values.';
        END IF;
        PERFORM lealup.delete_lead_field(s.tenant_id, delete_lead_sync_mapping.target);
    END IF;
    PERFORM lealup._save_lead_sync(s), lealup._audit(s.tenant_id, 'lead_sync.unmap', 'lead_sync', s.id,
        jsonb_build_object('entity', delete_lead_sync_mapping.entity, 'target', delete_lead_sync_mapping.target, 'delete_field', coalesce(delete_lead_sync_mapping.delete_field, false)));
END $$;
COMMENT ON FUNCTION lealup.delete_lead_sync_mapping(uuid, uuid, text, text, boolean) IS
    'Takes a row out of a mapping; delete_field: with the field, if it was made with the row, and its values. For admins.';

CREATE FUNCTION lealup.reset_lead_sync_mapping(tenant_id uuid, sync_id uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s lealup.lead_sync;
BEGIN
    PERFORM lealup._require('administer', reset_lead_sync_mapping.tenant_id);
    s := lealup._lock_lead_sync(reset_lead_sync_mapping.tenant_id, reset_lead_sync_mapping.sync_id);
    DELETE FROM lealup.lead_sync_mapping m WHERE m.tenant_id = s.tenant_id AND m.sync_id = s.id;
    PERFORM lealup._default_mapping(s, lealup._sender(s.tenant_id, s.id)), lealup._save_lead_sync(s), lealup._audit(s.tenant_id, 'lead_sync.reset_mapping', 'lead_sync', s.id);
END $$;
COMMENT ON FUNCTION lealup.reset_lead_sync_mapping(uuid, uuid) IS 'Makes the mapping anew, as a new sync has it: each field of the tenant''s leads, to what the other account calls it. For admins.';

-- ----- Making, changing, ending -----

CREATE FUNCTION lealup.create_lead_sync(tenant_id uuid, name text, sender text DEFAULT 'lealup', lead_source text DEFAULT NULL, country text DEFAULT NULL, time_zone text DEFAULT 'UTC',
        search_by text DEFAULT 'email', secondary_search_by text DEFAULT NULL, notify_member_id uuid DEFAULT NULL, notify boolean DEFAULT true, lead_behaviour text DEFAULT 'capture',
        activity_behaviour text DEFAULT 'off', header boolean DEFAULT false, connection_id uuid DEFAULT NULL, OUT sync_id uuid, OUT url text, OUT secret text) RETURNS record
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s lealup.lead_sync;
    c lealup.connection;
    at timestamptz := clock_timestamp();
    member uuid := lealup._acting_member(create_lead_sync.tenant_id);
BEGIN
    PERFORM lealup._require('administer', create_lead_sync.tenant_id);
    PERFORM lealup._check_choice('sender', create_lead_sync.sender, '{lealup,leadsquared}', required => true);
    s.tenant_id := create_lead_sync.tenant_id;
    s.id := coalesce(create_lead_sync.connection_id, lealup.uuid7());
    s.name := create_lead_sync.name;
    s.enabled := false;
    s.lead_source := create_lead_sync.lead_source;
    s.country := create_lead_sync.country;
    s.time_zone := create_lead_sync.time_zone;
    s.search_by := create_lead_sync.search_by;
    s.secondary_search_by := create_lead_sync.secondary_search_by;
    s.notify_member_id := coalesce(create_lead_sync.notify_member_id, member);
    s.notify := coalesce(create_lead_sync.notify, true);
    s.lead_behaviour := create_lead_sync.lead_behaviour;
    s.activity_behaviour := create_lead_sync.activity_behaviour;
    s.version := 0;
    IF s.search_by IS NULL THEN
        RAISE EXCEPTION 'search_by must not be null' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    PERFORM lealup._check_lead_sync(s);
    IF create_lead_sync.connection_id IS NOT NULL THEN
        c := lealup._lock_connection(s.tenant_id, s.id);
        IF EXISTS (SELECT FROM lealup.lead_sync x WHERE x.tenant_id = s.tenant_id AND x.id = s.id AND x.removed_at IS NULL) THEN
            RAISE EXCEPTION 'connection % has a lead sync already', s.id USING ERRCODE = 'duplicate_object';
        END IF;
        -- One that was removed left its log, whose versions go on.
        SELECT coalesce(max(v.version), 0) INTO s.version FROM lealup.lead_sync_version v WHERE v.tenant_id = s.tenant_id AND v.sync_id = s.id;
        DELETE FROM lealup.lead_sync_mapping m WHERE m.tenant_id = s.tenant_id AND m.sync_id = s.id;
    ELSE
        INSERT INTO lealup.connection (tenant_id, id, provider, kind, state, account_id, account_name, options, created_by, created_at, state_since)
        VALUES (s.tenant_id, s.id, 'lead_sync', 'workspace', 'connected', s.id::text, s.name,
            jsonb_build_object('sender', create_lead_sync.sender, 'header', coalesce(create_lead_sync.header, false)), member, at, at);
        url := lealup._make_inbound_url(s.tenant_id, s.id, at);
        IF create_lead_sync.sender = 'lealup' OR create_lead_sync.header THEN
            secret := lealup._generate_inbound_secret('lead_sync');
            PERFORM lealup._store_inbound_secret(s.tenant_id, s.id, secret, at);
        END IF;
    END IF;
    INSERT INTO lealup.lead_sync (tenant_id, id, name, time_zone, search_by, notify, lead_behaviour, activity_behaviour, created_by, created_at, updated_at)
    VALUES (s.tenant_id, s.id, s.name, s.time_zone, s.search_by, s.notify, s.lead_behaviour, s.activity_behaviour, member, at, at)
    ON CONFLICT ON CONSTRAINT lead_sync_pkey DO UPDATE SET removed_at = NULL, created_by = excluded.created_by, created_at = excluded.created_at;
    PERFORM lealup._default_mapping(s, coalesce(CASE WHEN create_lead_sync.connection_id IS NOT NULL THEN coalesce(c.options ->> 'sender', c.provider) END, create_lead_sync.sender)),
        lealup._save_lead_sync(s), lealup._audit(s.tenant_id, 'lead_sync.create', 'lead_sync', s.id, jsonb_build_object('name', s.name, 'sender', create_lead_sync.sender));
    sync_id := s.id;
END $$;
COMMENT ON FUNCTION lealup.create_lead_sync(uuid, text, text, text, text, text, text, text, uuid, boolean, text, text, boolean, uuid) IS
    'Makes a sync that takes leads of another account in, not yet enabled, with a mapping of all fields; gives its id, the URL to which the other account sends, and the secret by which it signs, both of them this once. sender: lealup (an automation of another account here, or of another server: create_lead_automation(url => url, secret => secret)), or leadsquared, whose requests are not signed: the URL alone proves them, or, with header, the secret in their header X-Lealup-Token as well. lead_source: the source of leads that it makes. country: of phone numbers without a country code; time_zone: of times without an offset. search_by, secondary_search_by: unique fields by which leads are found. notify_member_id (who makes it, unless given), notify: who is told of failures by mail. lead_behaviour: capture, create_only, update_only or ignore; activity_behaviour: those, or off. connection_id: an existing connection whose provider brings leads; there is no URL then. For admins.';

CREATE FUNCTION lealup.update_lead_sync(tenant_id uuid, sync_id uuid, name text DEFAULT NULL, lead_source text DEFAULT NULL, country text DEFAULT NULL, time_zone text DEFAULT NULL,
        search_by text DEFAULT NULL, secondary_search_by text DEFAULT NULL, notify_member_id uuid DEFAULT NULL, notify boolean DEFAULT NULL, lead_behaviour text DEFAULT NULL,
        activity_behaviour text DEFAULT NULL, header boolean DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s lealup.lead_sync;
    was lealup.lead_sync;
BEGIN
    PERFORM lealup._require('administer', update_lead_sync.tenant_id);
    s := lealup._lock_lead_sync(update_lead_sync.tenant_id, update_lead_sync.sync_id);
    was := s;
    s.name := coalesce(update_lead_sync.name, s.name);
    s.lead_source := nullif(coalesce(update_lead_sync.lead_source, s.lead_source), '');
    s.country := nullif(coalesce(update_lead_sync.country, s.country), '');
    s.time_zone := coalesce(update_lead_sync.time_zone, s.time_zone);
    s.search_by := coalesce(update_lead_sync.search_by, s.search_by);
    s.secondary_search_by := nullif(coalesce(update_lead_sync.secondary_search_by, s.secondary_search_by), '');
    s.notify_member_id := coalesce(update_lead_sync.notify_member_id, s.notify_member_id);
    s.notify := coalesce(update_lead_sync.notify, s.notify);
    s.lead_behaviour := coalesce(update_lead_sync.lead_behaviour, s.lead_behaviour);
    s.activity_behaviour := coalesce(update_lead_sync.activity_behaviour, s.activity_behaviour);
    PERFORM lealup._check_lead_sync(s);
    IF update_lead_sync.header IS NOT NULL THEN
        IF lealup._sender(s.tenant_id, s.id) IS DISTINCT FROM 'leadsquared' OR NOT EXISTS (SELECT FROM lealup.connection c WHERE c.tenant_id = s.tenant_id AND c.id = s.id AND c.provider = 'lead_sync') THEN
            RAISE EXCEPTION 'header is for what LeadSquared sends to a URL' USING ERRCODE = 'invalid_parameter_value';
        END IF;
        UPDATE lealup.connection c SET options = c.options || jsonb_build_object('header', update_lead_sync.header) WHERE c.tenant_id = s.tenant_id AND c.id = s.id;
    END IF;
    -- Where leads come from is said by one side, as _default_mapping() has it.
    IF (s.lead_source IS NULL) <> (was.lead_source IS NULL) THEN
        UPDATE lealup.lead_sync_mapping m SET enabled = s.lead_source IS NULL
        WHERE m.tenant_id = s.tenant_id AND m.sync_id = s.id AND m.entity = 'lead' AND m.target = 'source';
    END IF;
    IF s IS DISTINCT FROM was THEN
        PERFORM lealup._save_lead_sync(s);
    END IF;
    PERFORM lealup._audit(s.tenant_id, 'lead_sync.update', 'lead_sync', s.id, lealup._row_changes(was, s)::jsonb);
END $$;
COMMENT ON FUNCTION lealup.update_lead_sync(uuid, uuid, text, text, text, text, text, text, uuid, boolean, text, text, boolean) IS
    'Changes what is set in a sync, as create_lead_sync() has it; null leaves it, an empty lead_source, country or secondary_search_by takes it away. The secret for header is made by set_inbound_secret(). For admins.';

CREATE FUNCTION lealup.enable_lead_sync(tenant_id uuid, sync_id uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s lealup.lead_sync;
    problems text;
BEGIN
    PERFORM lealup._require('administer', enable_lead_sync.tenant_id);
    s := lealup._lock_lead_sync(enable_lead_sync.tenant_id, enable_lead_sync.sync_id);
    SELECT string_agg(format('%s: %s', p.field, p.problem), '; ') INTO problems FROM lealup.check_mapping(s.tenant_id, s.id) p;
    IF problems IS NOT NULL THEN
        RAISE EXCEPTION 'the mapping is not complete' USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = left(problems, 2000), HINT = 'lealup.check_mapping() tells what is missing.';
    END IF;
    IF NOT s.enabled THEN
        s.enabled := true;
        PERFORM lealup._reread_leads(s);
        PERFORM lealup._save_lead_sync(s), lealup._audit(s.tenant_id, 'lead_sync.enable', 'lead_sync', s.id);
    END IF;
END $$;
COMMENT ON FUNCTION lealup.enable_lead_sync(uuid, uuid) IS
    'Lets a sync take in what arrives from now on; of a connection whose provider is asked, what there is already as well, the first time. Raises object_not_in_prerequisite_state if check_mapping() finds something. For admins.';

CREATE FUNCTION lealup.disable_lead_sync(tenant_id uuid, sync_id uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s lealup.lead_sync;
BEGIN
    PERFORM lealup._require('administer', disable_lead_sync.tenant_id);
    s := lealup._lock_lead_sync(disable_lead_sync.tenant_id, disable_lead_sync.sync_id);
    IF s.enabled THEN
        s.enabled := false;
        PERFORM lealup._save_lead_sync(s), lealup._audit(s.tenant_id, 'lead_sync.disable', 'lead_sync', s.id);
    END IF;
END $$;
COMMENT ON FUNCTION lealup.disable_lead_sync(uuid, uuid) IS
    'Lets a sync change nothing until it is enabled again: what arrives is logged as skipped, and can be retried then. For admins.';

CREATE FUNCTION lealup.remove_lead_sync(tenant_id uuid, sync_id uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s lealup.lead_sync;
    at timestamptz := clock_timestamp();
BEGIN
    PERFORM lealup._require('administer', remove_lead_sync.tenant_id);
    -- The connection before what depends on it, as everywhere.
    PERFORM FROM lealup.connection c WHERE c.tenant_id = remove_lead_sync.tenant_id AND c.id = remove_lead_sync.sync_id FOR UPDATE;
    s := lealup._lock_lead_sync(remove_lead_sync.tenant_id, remove_lead_sync.sync_id);
    UPDATE lealup.lead_sync x SET enabled = false, removed_at = at, updated_at = at WHERE x.tenant_id = s.tenant_id AND x.id = s.id;
    UPDATE lealup.lead_sync_record r SET next_attempt_at = NULL WHERE r.tenant_id = s.tenant_id AND r.sync_id = s.id AND r.next_attempt_at IS NOT NULL;
    PERFORM lealup._audit(s.tenant_id, 'lead_sync.remove', 'lead_sync', s.id);
    IF EXISTS (SELECT FROM lealup.connection c WHERE c.tenant_id = s.tenant_id AND c.id = s.id AND c.provider = 'lead_sync') THEN
        PERFORM lealup.disconnect(s.tenant_id, s.id);
    END IF;
END $$;
COMMENT ON FUNCTION lealup.remove_lead_sync(uuid, uuid) IS
    'Ends a sync: its URL is known no more. Leads stay, and so does its log, until upkeep forgets it. For admins.';

CREATE FUNCTION lealup.set_lead_sync_access(tenant_id uuid, roles text[] DEFAULT '{}', member_field text DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lealup._require('administer', set_lead_sync_access.tenant_id), lealup._check_text('member_field', set_lead_sync_access.member_field, 100);
    IF NOT coalesce(set_lead_sync_access.roles, '{}') <@ '{admin,director,csm}' OR array_position(set_lead_sync_access.roles, NULL) IS NOT NULL THEN
        RAISE EXCEPTION 'roles must be of director and csm' USING ERRCODE = 'invalid_parameter_value', HINT = 'Admins always have access.';
    END IF;
    INSERT INTO lealup.lead_sync_access AS a (tenant_id, roles, member_field)
    VALUES (set_lead_sync_access.tenant_id, array_remove(coalesce(set_lead_sync_access.roles, '{}'), 'admin'), set_lead_sync_access.member_field)
    ON CONFLICT ON CONSTRAINT lead_sync_access_pkey DO UPDATE SET roles = excluded.roles, member_field = excluded.member_field;
    PERFORM lealup._audit(set_lead_sync_access.tenant_id, 'lead_sync.access', 'tenant', set_lead_sync_access.tenant_id,
        jsonb_build_object('roles', set_lead_sync_access.roles, 'member_field', set_lead_sync_access.member_field));
END $$;
COMMENT ON FUNCTION lealup.set_lead_sync_access(uuid, text[], text) IS
    'Says which members beside admins see lead syncs and their logs, and may retry what failed: those with one of the roles (director, csm), and those in whose custom data the field is true (or "yes"). Nobody else until it is called. For admins.';
