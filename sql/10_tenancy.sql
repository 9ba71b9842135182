-- Tenants, who may act for them, and the audit trail.

CREATE TABLE lealup.tenant (
    tenant_id uuid NOT NULL PRIMARY KEY,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    plan text NOT NULL DEFAULT 'standard' CHECK (plan IN ('standard', 'scale')),
    home text NOT NULL,
    time_zone text NOT NULL DEFAULT 'UTC',
    settings jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(settings) = 'object'),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX tenant_home ON lealup.tenant (home);
COMMENT ON TABLE lealup.tenant IS 'An account of the product; everything else belongs to one.';
COMMENT ON COLUMN lealup.tenant.plan IS 'standard keeps logs for lealup.log_retention days, scale for lealup.log_retention_scale.';
COMMENT ON COLUMN lealup.tenant.time_zone IS 'In which its days begin: of renewals, due dates and digests.';
COMMENT ON COLUMN lealup.tenant.settings IS 'What an admin has set, by key; update_tenant() says which there are.';
COMMENT ON COLUMN lealup.tenant.home IS 'The database (lealup.home()) whose workers serve this tenant; a restored copy has another one.';

CREATE TABLE lealup.tenant_route (
    kind text NOT NULL CHECK (kind IN ('role', 'api_key', 'oauth_state', 'inbound', 'unsubscribe')),
    key_hash bytea NOT NULL,
    tenant_id uuid NOT NULL,
    PRIMARY KEY (tenant_id, kind, key_hash)
);
CREATE INDEX ON lealup.tenant_route (kind, key_hash);
COMMENT ON TABLE lealup.tenant_route IS 'Finds the tenant of something that is known without one, by the SHA-256 of its name: a database role bound to a tenant, the id of an API key, what stands in the URL for notifications, or in a link that ends mails.';

CREATE TABLE lealup.audit (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    retention_class smallint NOT NULL,
    created_at timestamptz NOT NULL,
    actor text NOT NULL,
    member_id uuid,
    api_key_id uuid,
    action text NOT NULL,
    object_type text NOT NULL,
    object_id uuid,
    detail jsonb
) PARTITION BY LIST (retention_class);
COMMENT ON TABLE lealup.audit IS 'Who changed what: one row for each act of a function. Never holds a secret.';
COMMENT ON COLUMN lealup.audit.tenant_id IS 'All zeros: it was done to the installation.';
COMMENT ON COLUMN lealup.audit.actor IS 'The database role.';
COMMENT ON COLUMN lealup.audit.member_id IS 'The member for whom it acted; null = for none.';
COMMENT ON COLUMN lealup.audit.api_key_id IS 'The API key whose HTTP request it was; null = it was none.';

-- A log is partitioned by retention class and then by the time in its id. The parent has no index: a dump restores leaves
-- that have their own. Each class has a DEFAULT leaf, so that everything works before dated leaves are made.
CREATE TABLE lealup.audit_30 PARTITION OF lealup.audit FOR VALUES IN (30) PARTITION BY RANGE (id);
CREATE TABLE lealup.audit_90 PARTITION OF lealup.audit FOR VALUES IN (90) PARTITION BY RANGE (id);
CREATE TABLE lealup.audit_30_default PARTITION OF lealup.audit_30 (PRIMARY KEY (tenant_id, id)) DEFAULT;
CREATE TABLE lealup.audit_90_default PARTITION OF lealup.audit_90 (PRIMARY KEY (tenant_id, id)) DEFAULT;

CREATE FUNCTION lealup._retention_class(plan text) RETURNS smallint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE plan WHEN 'scale' THEN 90::smallint ELSE 30::smallint END;
COMMENT ON FUNCTION lealup._retention_class(text) IS
    'The retention class of a plan''s log rows: 90 for scale, else 30. How many days a class stays is a setting.';

CREATE FUNCTION lealup._actor() RETURNS name
    LANGUAGE sql STABLE PARALLEL RESTRICTED
    RETURN CASE current_setting('role') WHEN 'none' THEN session_user ELSE current_setting('role')::name END;
COMMENT ON FUNCTION lealup._actor() IS
    'The database role that acts: the role set by SET ROLE, else the session''s. Unlike current_user it is the same inside a SECURITY DEFINER function.';

-- What a role may do is told by its privileges on these functions alone, so that a dump carries it.
CREATE FUNCTION lealup._access_admin() RETURNS boolean LANGUAGE sql IMMUTABLE RETURN true;
CREATE FUNCTION lealup._access_app() RETURNS boolean LANGUAGE sql IMMUTABLE RETURN true;
CREATE FUNCTION lealup._access_reader() RETURNS boolean LANGUAGE sql IMMUTABLE RETURN true;
CREATE FUNCTION lealup._access_bound() RETURNS boolean LANGUAGE sql IMMUTABLE RETURN true;
COMMENT ON FUNCTION lealup._access_admin() IS 'A role that may execute it has the access "admin".';
COMMENT ON FUNCTION lealup._access_app() IS 'A role that may execute it has the access "app".';
COMMENT ON FUNCTION lealup._access_reader() IS 'A role that may execute it has the access "reader".';
COMMENT ON FUNCTION lealup._access_bound() IS 'A role that may execute it is bound to a tenant, and has none if its binding cannot be found.';

CREATE FUNCTION lealup._has_access(access text) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL RESTRICTED
    RETURN has_function_privilege(lealup._actor(), format('lealup._access_%s()', access), 'EXECUTE');
COMMENT ON FUNCTION lealup._has_access(text) IS 'Whether the acting role has the access admin, app or reader, or is bound; a superuser has every one.';

CREATE FUNCTION lealup._name_hash(name text) RETURNS bytea
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN sha256(convert_to(name, CASE getdatabaseencoding() WHEN 'SQL_ASCII' THEN 'SQL_ASCII' ELSE 'UTF8' END));
COMMENT ON FUNCTION lealup._name_hash(text) IS 'The SHA-256 by which tenant_route finds a name.';

CREATE FUNCTION lealup._role_tenant() RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    actor name := lealup._actor();
    tenants uuid[];
BEGIN
    -- Membership inherits privileges, so it has to inherit the binding, too. A superuser is a member of every role.
    -- Only names of such roles are hashed: a cluster may have thousands.
    WITH held AS MATERIALIZED (
        SELECT r.rolname FROM pg_roles a JOIN pg_roles r ON pg_has_role(a.oid, r.oid, 'MEMBER')
        WHERE a.rolname = actor AND NOT a.rolsuper)
    SELECT array_agg(DISTINCT t.tenant_id) INTO tenants
    FROM held h JOIN lealup.tenant_route t ON t.kind = 'role' AND t.key_hash = lealup._name_hash(h.rolname::text);
    IF tenants IS NULL AND lealup._has_access('bound')
        AND NOT (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = actor) THEN
        RAISE EXCEPTION 'the tenant that role "%" is bound to cannot be found', actor
            USING ERRCODE = 'insufficient_privilege', DETAIL = 'The role, or the one that was bound, may have been renamed.',
                  HINT = 'A superuser can bind it anew: SELECT lealup.grant_access(role, access, tenant_id).';
    END IF;
    IF cardinality(tenants) > 1 THEN
        RAISE EXCEPTION 'role "%" is bound to several tenants', actor
            USING ERRCODE = 'insufficient_privilege', DETAIL = 'It is a member of roles that are bound to different ones.';
    END IF;
    -- Who has left sees nothing either.
    IF NOT (lealup._bound_member(tenants[1])).active THEN
        RAISE EXCEPTION 'the member to whom role "%" is bound is not active', actor
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN tenants[1];
END $$;
COMMENT ON FUNCTION lealup._role_tenant() IS
    'The tenant that the acting role, or a role of which it is a member, is bound to by grant_access(..., tenant_id); null if none. Raises insufficient_privilege if there are several, or if the role is bound to a member who is not active.';

CREATE FUNCTION lealup._bound_tenant() RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- An HTTP request is bound by its API key: no setting that a handler could change, and no role, has a say.
    RETURN coalesce(lealup._request_tenant(), lealup._role_tenant());
END $$;
COMMENT ON FUNCTION lealup._bound_tenant() IS
    'The tenant to which the HTTP request that is being answered, or else the acting role, is bound; null if none. Raises as _role_tenant().';

CREATE FUNCTION lealup.current_tenant() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL RESTRICTED
    RETURN coalesce(lealup._bound_tenant(),
        CASE WHEN lealup._has_access('app') OR lealup._has_access('admin')
             THEN nullif(current_setting('lealup.tenant_id', true), '')::uuid END);
COMMENT ON FUNCTION lealup.current_tenant() IS
    'The tenant whose rows the acting role sees: the one it is bound to, else (roles with the access app or admin only) the setting lealup.tenant_id; null = none.';

CREATE FUNCTION lealup._sees_all() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL RESTRICTED
    RETURN lealup._has_access('admin') AND lealup._bound_tenant() IS NULL
        AND nullif(current_setting('lealup.tenant_id', true), '') IS NULL;
COMMENT ON FUNCTION lealup._sees_all() IS 'Whether the acting role sees every tenant: an unbound admin that has not chosen one.';

CREATE FUNCTION lealup._authorize(tenant_id uuid) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    chosen uuid := coalesce(lealup._bound_tenant(), nullif(current_setting('lealup.tenant_id', true), '')::uuid);
BEGIN
    IF _authorize.tenant_id IS NULL THEN
        RAISE EXCEPTION 'tenant_id must not be null' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    IF chosen <> _authorize.tenant_id THEN
        RAISE EXCEPTION 'permission denied for tenant %', _authorize.tenant_id
            USING ERRCODE = 'insufficient_privilege',
                  DETAIL = 'The role or the setting lealup.tenant_id has chosen another tenant.';
    END IF;
    IF NOT (lealup._has_access('app') OR lealup._has_access('admin')) THEN
        RAISE EXCEPTION 'permission denied for tenant %', _authorize.tenant_id
            USING ERRCODE = 'insufficient_privilege',
                  HINT = format('A superuser can grant it: SELECT lealup.grant_access(%L, ''app'').', lealup._actor());
    END IF;
    IF NOT EXISTS (SELECT FROM lealup.tenant t WHERE t.tenant_id = _authorize.tenant_id) THEN
        RAISE EXCEPTION 'tenant % does not exist', _authorize.tenant_id
            USING ERRCODE = 'no_data_found', HINT = 'Tenants are made by lealup.create_tenant(name).';
    END IF;
END $$;
COMMENT ON FUNCTION lealup._authorize(uuid) IS
    'Raises insufficient_privilege unless the acting role may act for the tenant, no_data_found if there is no such tenant. Every function of the API begins with it.';

CREATE FUNCTION lealup._require_admin(what text) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT lealup._has_access('admin') THEN
        RAISE EXCEPTION 'permission denied to %', what
            USING ERRCODE = 'insufficient_privilege',
                  HINT = format('A superuser can grant it: SELECT lealup.grant_access(%L, ''admin'').', lealup._actor());
    END IF;
END $$;
COMMENT ON FUNCTION lealup._require_admin(text) IS 'Raises insufficient_privilege unless the acting role has the access admin.';

CREATE FUNCTION lealup._audit(tenant_id uuid, action text, object_type text, object_id uuid, detail jsonb DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO lealup.audit (tenant_id, id, retention_class, created_at, actor, member_id, api_key_id, action, object_type, object_id, detail)
    SELECT coalesce(t.tenant_id, '00000000-0000-0000-0000-000000000000'), lealup.uuid7(), lealup._retention_class(coalesce(t.plan, 'scale')), clock_timestamp(), lealup._actor(),
           (SELECT m.id FROM lealup.member m WHERE m.tenant_id = t.tenant_id AND m.id = lealup.current_member()),
           lealup._request_key(), _audit.action, _audit.object_type, _audit.object_id, _audit.detail
    FROM (VALUES (1)) one LEFT JOIN lealup.tenant t ON t.tenant_id = _audit.tenant_id
    WHERE t.tenant_id IS NOT NULL OR _audit.tenant_id IS NULL;
END $$;
COMMENT ON FUNCTION lealup._audit(uuid, text, text, uuid, jsonb) IS
    'Writes one audit row: which role acted, for which member, by which API key, and what it did. tenant_id null: to the installation, whose rows have the tenant of zeros; admins that are not bound see them.';

CREATE FUNCTION lealup._is_time_zone(name text) RETURNS boolean
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM now() AT TIME ZONE name;
    RETURN true;
EXCEPTION WHEN invalid_parameter_value THEN
    RETURN false;
END $$;
COMMENT ON FUNCTION lealup._is_time_zone(text) IS 'Whether the server knows the time zone, for example Europe/Madrid.';

CREATE FUNCTION lealup._known_time_zone(name text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN CASE WHEN lealup._is_time_zone(name) THEN name ELSE 'UTC' END;
COMMENT ON FUNCTION lealup._known_time_zone(text) IS
    'A time zone, or UTC if the server does not know it, as after a restore elsewhere, or for an abbreviation that only the session of who set it knew: what is done for all tenants must not fail for one.';

CREATE FUNCTION lealup._check_time_zone(name text) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT lealup._is_time_zone(name) THEN
        RAISE EXCEPTION 'unknown time zone: %', quote_literal(left(name, 100))
            USING ERRCODE = 'invalid_parameter_value', HINT = 'SELECT name FROM pg_timezone_names lists those that the server knows.';
    END IF;
END $$;
COMMENT ON FUNCTION lealup._check_time_zone(text) IS 'Raises invalid_parameter_value unless the server knows the time zone.';

CREATE FUNCTION lealup._check_text(field text, value text, most int, required boolean DEFAULT false) RETURNS void
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF (CASE WHEN value IS NULL THEN required ELSE length(value) NOT BETWEEN 1 AND most END) THEN
        RAISE EXCEPTION '% must have 1 to % characters', field, most
            USING ERRCODE = 'invalid_parameter_value', HINT = CASE WHEN NOT required THEN 'Null stands for none.' ELSE 'It must not be null.' END;
    END IF;
END $$;
COMMENT ON FUNCTION lealup._check_text(text, text, int, boolean) IS
    'Raises invalid_parameter_value, naming the field, unless the value has 1 to so many characters, or is null and not required.';

CREATE FUNCTION lealup._check_choice(field text, value text, choices text[], required boolean DEFAULT false) RETURNS void
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF (CASE WHEN value IS NULL THEN required ELSE value <> ALL (choices) END) THEN
        RAISE EXCEPTION 'invalid %: %', field, coalesce(quote_literal(left(value, 100)), 'null')
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = format('%s is %s or %s.', field, array_to_string(choices[:cardinality(choices) - 1], ', '), choices[cardinality(choices)]);
    END IF;
END $$;
COMMENT ON FUNCTION lealup._check_choice(text, text, text[], boolean) IS
    'Raises invalid_parameter_value, naming the field and the choices, unless the value is one of them, or is null and not required.';

CREATE FUNCTION lealup.create_tenant(name text, plan text DEFAULT 'standard', time_zone text DEFAULT 'UTC') RETURNS uuid
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    new_id uuid := lealup.uuid7();
BEGIN
    PERFORM lealup._require_admin('create a tenant');
    IF coalesce(create_tenant.plan, '') NOT IN ('standard', 'scale') THEN
        RAISE EXCEPTION 'invalid plan: %', coalesce(quote_literal(create_tenant.plan), 'null')
            USING ERRCODE = 'invalid_parameter_value', HINT = 'plan is standard or scale.';
    END IF;
    IF coalesce(length(create_tenant.name), 0) NOT BETWEEN 1 AND 200 THEN
        RAISE EXCEPTION 'name must have 1 to 200 characters' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM lealup._check_time_zone(coalesce(create_tenant.time_zone, ''));
    INSERT INTO lealup.tenant (tenant_id, name, plan, home, time_zone)
    VALUES (new_id, create_tenant.name, create_tenant.plan, lealup.home(), create_tenant.time_zone);
    PERFORM lealup._add_lead_fields(new_id);
    PERFORM lealup._audit(new_id, 'tenant.create', 'tenant', new_id, jsonb_build_object('plan', create_tenant.plan));
    PERFORM lealup._wake('upkeep');
    RETURN new_id;
END $$;
COMMENT ON FUNCTION lealup.create_tenant(text, text, text) IS
    'Makes a tenant and gives its id. name: 1 to 200 characters. plan: standard (logs kept 30 days) or scale (90 days). time_zone: in which its days begin, for example Europe/Madrid. Needs the access admin.';

CREATE FUNCTION lealup._check_tenant_settings(settings jsonb) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s record;
BEGIN
    IF jsonb_typeof(settings) <> 'object' THEN
        RAISE EXCEPTION 'settings must be a JSON object' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    FOR s IN SELECT key, value FROM jsonb_each(settings) WHERE value <> 'null' LOOP
        IF s.key = 'issue_detection' AND s.value IN ('"off"', '"embedded"') THEN
            CONTINUE;
        END IF;
        -- A country is one if the number of another is still understood there.
        IF s.key = 'default_country' AND s.value #>> '{}' ~ '^[A-Z]{2}$' AND lealup.phone_e164('+34600123456', s.value #>> '{}') IS NOT NULL THEN
            CONTINUE;
        END IF;
        IF s.key = 'public_mail_domains' AND (CASE jsonb_typeof(s.value) WHEN 'array' THEN jsonb_array_length(s.value) <= 1000
            AND NOT EXISTS (SELECT FROM jsonb_array_elements(s.value) d
                WHERE jsonb_typeof(d) <> 'string' OR lealup._domain(d #>> '{}') IS DISTINCT FROM d #>> '{}') END) THEN
            CONTINUE;
        END IF;
        RAISE EXCEPTION 'invalid setting "%": %', left(s.key, 100), left(s.value::text, 100)
            USING ERRCODE = 'invalid_parameter_value', HINT = 'There are: issue_detection ("off" or "embedded"), '
                'default_country (such as "ES"), public_mail_domains (an array of at most 1000 domains in lower case).';
    END LOOP;
END $$;
COMMENT ON FUNCTION lealup._check_tenant_settings(jsonb) IS
    'Raises invalid_parameter_value unless settings are ones that a tenant has; update_tenant() says which.';

CREATE FUNCTION lealup.update_tenant(tenant_id uuid, name text DEFAULT NULL, plan text DEFAULT NULL, time_zone text DEFAULT NULL,
        settings jsonb DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lealup._require('administer', update_tenant.tenant_id);
    IF num_nonnulls(update_tenant.name, update_tenant.plan) > 0 THEN
        PERFORM lealup._require_admin('change a tenant''s name or plan');
    END IF;
    IF update_tenant.plan NOT IN ('standard', 'scale') THEN
        RAISE EXCEPTION 'invalid plan: %', quote_literal(update_tenant.plan)
            USING ERRCODE = 'invalid_parameter_value', HINT = 'plan is standard or scale.';
    END IF;
    IF length(update_tenant.name) NOT BETWEEN 1 AND 200 THEN
        RAISE EXCEPTION 'name must have 1 to 200 characters' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM lealup._check_time_zone(update_tenant.time_zone);
    PERFORM lealup._check_tenant_settings(update_tenant.settings);
    UPDATE lealup.tenant t
    SET name = coalesce(update_tenant.name, t.name), plan = coalesce(update_tenant.plan, t.plan),
        time_zone = coalesce(update_tenant.time_zone, t.time_zone),
        settings = jsonb_strip_nulls(t.settings || coalesce(update_tenant.settings, '{}')), updated_at = now()
    WHERE t.tenant_id = update_tenant.tenant_id;
    PERFORM lealup._audit(update_tenant.tenant_id, 'tenant.update', 'tenant', update_tenant.tenant_id,
        jsonb_strip_nulls(jsonb_build_object('name', update_tenant.name, 'plan', update_tenant.plan,
            'time_zone', update_tenant.time_zone, 'settings', update_tenant.settings)));
END $$;
COMMENT ON FUNCTION lealup.update_tenant(uuid, text, text, text, jsonb) IS
    'Changes a tenant''s name, plan, time zone or settings; null leaves a value. settings: the keys to change, a null takes one back: issue_detection ("off", or "embedded", the default: incoming messages are looked at by the built-in lexicon), default_country (such as "ES", of phone numbers without a country code), public_mail_domains (an array of further ones by which nobody is matched). Rows that exist keep the retention of the plan under which they were written. Needs the right to administer, for name and plan also the access admin.';

CREATE FUNCTION lealup.adopt(tenant_id uuid DEFAULT NULL) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    adopted bigint := 0;
    t record;
BEGIN
    PERFORM lealup._require_admin('adopt tenants');
    FOR t IN
        UPDATE lealup.tenant x SET home = lealup.home(), updated_at = now()
        WHERE (adopt.tenant_id IS NULL OR x.tenant_id = adopt.tenant_id) AND x.home <> lealup.home()
        RETURNING x.tenant_id
    LOOP
        PERFORM lealup._audit(t.tenant_id, 'tenant.adopt', 'tenant', t.tenant_id);
        adopted := adopted + 1;
    END LOOP;
    PERFORM lealup._wake('outbox'), lealup._wake('queue'), lealup._wake('subscription'), lealup._wake('upkeep');
    RETURN adopted;
END $$;
COMMENT ON FUNCTION lealup.adopt(uuid) IS
    'Makes this database the home of a tenant (null: of all), after a restore or pg_upgrade; gives how many were taken over. What is pending in this copy is then delivered from here, so stop the other copy first. Needs the access admin.';
