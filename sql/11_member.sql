-- Members: the people of a tenant, who of them acts, and what each role may change.

CREATE TABLE lealup.member (
    tenant_id uuid NOT NULL REFERENCES lealup.tenant,
    id uuid NOT NULL DEFAULT lealup.uuid7(),
    email text NOT NULL CHECK (email ~ '^[^@\s]+@[^@\s]+$' AND length(email) <= 254),
    name text CHECK (length(name) BETWEEN 1 AND 200),
    role text NOT NULL DEFAULT 'csm' CHECK (role IN ('admin', 'director', 'csm')),
    database_role name,
    time_zone text CHECK (lealup._is_time_zone(time_zone)),
    custom jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(custom) = 'object' AND octet_length(custom::text) <= 65536),
    active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, database_role)
);
CREATE UNIQUE INDEX member_email ON lealup.member (tenant_id, lower(email));
COMMENT ON TABLE lealup.member IS 'A person of the tenant''s team: admin, director or csm.';
COMMENT ON COLUMN lealup.member.database_role IS 'The database role as which the member works, set by bind_member(); null if none.';
COMMENT ON COLUMN lealup.member.time_zone IS 'Null = the tenant''s.';

CREATE FUNCTION lealup._bound_member(tenant_id uuid) RETURNS lealup.member
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    actor name := lealup._actor();
    found lealup.member[];
BEGIN
    IF lealup._request_tenant() IS NOT NULL THEN
        IF lealup._request_tenant() = _bound_member.tenant_id AND lealup._request_member() IS NOT NULL THEN
            SELECT ARRAY[m] INTO found FROM lealup.member m WHERE m.tenant_id = _bound_member.tenant_id AND m.id = lealup._request_member();
        END IF;
        RETURN found[1];
    END IF;
    SELECT array_agg(m) INTO found FROM lealup.member m
    WHERE m.tenant_id = _bound_member.tenant_id AND m.database_role = actor;
    IF found IS NULL THEN
        -- Whoever inherits a member's privileges acts as that member, lest it have more rights. A superuser is a member of every role.
        SELECT array_agg(m) INTO found FROM lealup.member m
        JOIN pg_roles r ON r.rolname = m.database_role
        JOIN pg_roles a ON a.rolname = actor AND NOT a.rolsuper
        WHERE m.tenant_id = _bound_member.tenant_id AND m.database_role IS NOT NULL AND pg_has_role(a.oid, r.oid, 'USAGE');
    END IF;
    IF cardinality(found) > 1 THEN
        RAISE EXCEPTION 'role "%" is bound to several members', actor
            USING ERRCODE = 'insufficient_privilege', DETAIL = 'It inherits from roles that are bound to different ones.';
    END IF;
    RETURN found[1];
END $$;
COMMENT ON FUNCTION lealup._bound_member(uuid) IS
    'The member of the tenant to whom the HTTP request that is being answered, or else the acting role, or a role whose privileges it inherits, is bound by bind_member(); null if none. Raises insufficient_privilege if there are several.';

CREATE FUNCTION lealup._chosen_member() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL RESTRICTED
    RETURN CASE WHEN nullif(current_setting('lealup.member_id', true), '') IS NOT NULL AND (lealup._has_access('app') OR lealup._has_access('admin'))
        THEN current_setting('lealup.member_id')::uuid END;
COMMENT ON FUNCTION lealup._chosen_member() IS 'The setting lealup.member_id of a role with the access app or admin; null if there is none.';

CREATE FUNCTION lealup.current_member() RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN coalesce((lealup._bound_member(lealup.current_tenant())).id, lealup._chosen_member());
END $$;
COMMENT ON FUNCTION lealup.current_member() IS
    'The member who acts: the one to whom the acting role is bound, which no setting changes, else (roles with the access app or admin only) the setting lealup.member_id; null = the application itself.';

CREATE FUNCTION lealup._member_role(tenant_id uuid) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    member lealup.member := lealup._bound_member(_member_role.tenant_id);
    chosen uuid := CASE WHEN member.id IS NULL THEN lealup._chosen_member() END;
BEGIN
    IF chosen IS NOT NULL THEN
        SELECT m.* INTO member FROM lealup.member m WHERE m.tenant_id = _member_role.tenant_id AND m.id = chosen;
    ELSIF member.id IS NULL THEN
        RETURN 'application';
    END IF;
    RETURN CASE WHEN member.active THEN member.role ELSE 'none' END;
END $$;
COMMENT ON FUNCTION lealup._member_role(uuid) IS 'The acting member''s role in the tenant: admin, director or csm; application if no member acts; none for one that is inactive or not of this tenant.';

-- edit: what customer-success managers work on. configure: what governs their work. administer: people and installation.
CREATE FUNCTION lealup._may(what text, tenant_id uuid DEFAULT lealup.current_tenant()) RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (lealup._has_access('app') OR lealup._has_access('admin')) AND lealup._member_role(_may.tenant_id) = ANY (CASE _may.what
        WHEN 'edit' THEN ARRAY['application', 'admin', 'director', 'csm']
        WHEN 'configure' THEN ARRAY['application', 'admin', 'director']
        WHEN 'administer' THEN ARRAY['application', 'admin'] END);
END $$;
COMMENT ON FUNCTION lealup._may(text, uuid) IS
    'Whether the acting role may edit (customers, tasks and the like: every member), configure (definitions, playbooks, imports: admins and directors) or administer (members: admins). An application that acts for no member may do all.';

CREATE FUNCTION lealup._require(what text, tenant_id uuid) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lealup._authorize(_require.tenant_id);
    IF NOT lealup._may(what, _require.tenant_id) THEN
        RAISE EXCEPTION 'permission denied: this needs the right to %', what
            USING ERRCODE = 'insufficient_privilege',
                  DETAIL = CASE lealup._member_role(_require.tenant_id) WHEN 'none' THEN 'The setting lealup.member_id names no active member of the tenant.'
                      ELSE format('The acting member''s role is %s.', lealup._member_role(_require.tenant_id)) END;
    END IF;
END $$;
COMMENT ON FUNCTION lealup._require(text, uuid) IS
    'Raises insufficient_privilege unless the acting role may edit, configure or administer (see _may()) for the tenant. Functions that change a tenant''s data begin with it.';

CREATE FUNCTION lealup._require_sight(tenant_id uuid) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF (_require_sight.tenant_id = lealup.current_tenant() OR lealup._sees_all()) IS NOT TRUE THEN
        PERFORM lealup._authorize(_require_sight.tenant_id);
    END IF;
END $$;
COMMENT ON FUNCTION lealup._require_sight(uuid) IS
    'Raises insufficient_privilege unless the acting role sees the tenant''s rows, as readers do. Functions with their owner''s rights that only read begin with it.';

CREATE FUNCTION lealup.bind_member(tenant_id uuid, member_id uuid, role name) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM lealup.member m WHERE m.tenant_id = bind_member.tenant_id AND m.id = bind_member.member_id) THEN
        RAISE EXCEPTION 'member % does not exist', bind_member.member_id USING ERRCODE = 'no_data_found';
    END IF;
    -- The role that the member had so far would be left without one, and act as the application, which may do all.
    PERFORM lealup.revoke_access(m.database_role)
    FROM lealup.member m JOIN pg_roles r ON r.rolname = m.database_role
    WHERE m.tenant_id = bind_member.tenant_id AND m.id = bind_member.member_id AND m.database_role <> bind_member.role;
    PERFORM lealup.grant_access(bind_member.role, 'app', bind_member.tenant_id);
    UPDATE lealup.member m SET database_role = bind_member.role
    WHERE m.tenant_id = bind_member.tenant_id AND m.id = bind_member.member_id;
    PERFORM lealup._audit(bind_member.tenant_id, 'member.bind', 'member', bind_member.member_id, jsonb_build_object('role', bind_member.role));
END $$;
COMMENT ON FUNCTION lealup.bind_member(uuid, uuid, name) IS
    'Binds an existing database role to a member: it gets the access app to this tenant alone and acts as the member, whatever it sets. A role that the member had before loses its access, and a member that had this role loses it; revoke_access() ends a binding. For superusers.';
