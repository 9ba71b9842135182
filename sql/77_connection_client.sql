-- OAuth clients: what lealup is at a provider, for a tenant or for the installation.

CREATE FUNCTION lealup._installation() RETURNS uuid
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN '00000000-0000-0000-0000-000000000000'::uuid;
COMMENT ON FUNCTION lealup._installation() IS 'The tenant_id of what belongs to the installation.';

CREATE FUNCTION lealup._provider(name text) RETURNS lealup.provider
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    p lealup.provider;
BEGIN
    SELECT x.* INTO p FROM lealup.provider x WHERE x.name = _provider.name;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'unknown provider: %', coalesce(quote_literal(left(_provider.name, 100)), 'null')
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'There are: ' || coalesce((SELECT string_agg(x.name, ', ' ORDER BY x.name) FROM lealup.provider x), 'none') || '.';
    END IF;
    RETURN p;
END $$;
COMMENT ON FUNCTION lealup._provider(text) IS 'A provider by its name; raises invalid_parameter_value, naming those that there are.';

CREATE FUNCTION lealup._web_host(url text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    -- http only to where the browser itself runs (RFC 8252).
    RETURN CASE WHEN length(url) <= 2000 AND url ~ '^[!-~]+$' AND url !~ '[#"<>\\^`{|}]' THEN lower(coalesce(
        substring(url FROM '^https://([A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?(?:[/?]|$)'),
        substring(url FROM '^http://(localhost|127\.0\.0\.1|\[::1\])(?::[0-9]{1,5})?(?:[/?]|$)'))) END;
COMMENT ON FUNCTION lealup._web_host(text) IS
    'The host of a URL to which a browser may be sent: https, or http on the browser''s own machine, without user name and fragment; null if it is none. Nothing is fetched from there.';

CREATE FUNCTION lealup._check_client_options(options jsonb) RETURNS void
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    unknown text;
BEGIN
    IF jsonb_typeof(options) IS DISTINCT FROM 'object' THEN
        RAISE EXCEPTION 'options must be a JSON object' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT k INTO unknown FROM jsonb_object_keys(options) k WHERE k <> 'return_hosts' LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'unknown option: "%"', left(unknown, 100) USING ERRCODE = 'invalid_parameter_value', HINT = 'There is: return_hosts.';
    END IF;
    IF options ? 'return_hosts' AND (CASE jsonb_typeof(options -> 'return_hosts') WHEN 'array' THEN jsonb_array_length(options -> 'return_hosts') > 100
        OR EXISTS (SELECT FROM jsonb_array_elements(options -> 'return_hosts') h WHERE jsonb_typeof(h) <> 'string' OR h #>> '{}' !~ '^[a-z0-9.-]{1,253}$') ELSE true END) THEN
        RAISE EXCEPTION 'option "return_hosts" must be an array of at most 100 host names in lower case' USING ERRCODE = 'invalid_parameter_value';
    END IF;
END $$;
COMMENT ON FUNCTION lealup._check_client_options(jsonb) IS 'Raises invalid_parameter_value, naming the option, unless they are what an OAuth client may have.';

CREATE FUNCTION lealup._require_client(tenant_id uuid) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF _require_client.tenant_id IS NOT NULL THEN
        PERFORM lealup._require('administer', _require_client.tenant_id);
    ELSE
        PERFORM lealup._require_admin('change the installation''s OAuth clients');
        IF lealup._bound_tenant() IS NOT NULL THEN
            RAISE EXCEPTION 'permission denied to change the installation''s OAuth clients' USING ERRCODE = 'insufficient_privilege',
                DETAIL = 'The role is bound to a tenant.';
        END IF;
    END IF;
END $$;
COMMENT ON FUNCTION lealup._require_client(uuid) IS
    'Raises insufficient_privilege unless the acting role may change the OAuth clients of a tenant (the right to administer), or with null those of the installation (the access admin, not bound to a tenant).';

CREATE FUNCTION lealup.set_oauth_client(tenant_id uuid, provider text, client_id text, client_secret text DEFAULT NULL, redirect_uri text DEFAULT NULL,
        options jsonb DEFAULT NULL) RETURNS uuid
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    p lealup.provider;
    whose uuid := coalesce(set_oauth_client.tenant_id, lealup._installation());
    present lealup.oauth_client;
    at timestamptz := clock_timestamp();
BEGIN
    PERFORM lealup._require_client(set_oauth_client.tenant_id);
    p := lealup._provider(set_oauth_client.provider);
    IF p.auth <> 'oauth2' THEN
        RAISE EXCEPTION 'provider % takes no OAuth client', p.name USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM lealup._check_text('client_id', set_oauth_client.client_id, 500, required => true);
    PERFORM lealup._check_client_options(coalesce(set_oauth_client.options, '{}'));
    IF set_oauth_client.client_id !~ '^[!-~]+$' THEN
        RAISE EXCEPTION 'client_id must be printable ASCII characters without blanks' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF set_oauth_client.client_secret !~ '^[ -~]+$' OR length(set_oauth_client.client_secret) > 4000 THEN
        RAISE EXCEPTION 'client_secret must be 1 to 4000 printable ASCII characters' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT x.* INTO present FROM lealup.oauth_client x WHERE x.tenant_id = whose AND x.provider = p.name FOR UPDATE;
    IF lealup._web_host(coalesce(set_oauth_client.redirect_uri, present.redirect_uri)) IS NULL THEN
        RAISE EXCEPTION 'redirect_uri must be an https URL without a fragment' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'It is where the gateway answers /v1/oauth/callback, or a page of yours that calls complete_connect(), exactly as it is registered at the provider.';
    END IF;
    IF set_oauth_client.client_secret IS NULL AND p.client_auth <> 'none' AND present.client_id IS DISTINCT FROM set_oauth_client.client_id THEN
        RAISE EXCEPTION 'client_secret must not be null' USING ERRCODE = 'null_value_not_allowed', DETAIL = format('%s authenticates its clients.', p.title);
    END IF;
    INSERT INTO lealup.oauth_client AS x (tenant_id, provider, client_id, redirect_uri, options)
    VALUES (whose, p.name, set_oauth_client.client_id, coalesce(set_oauth_client.redirect_uri, present.redirect_uri), coalesce(set_oauth_client.options, '{}'))
    ON CONFLICT DO NOTHING;
    UPDATE lealup.oauth_client x
    SET client_id = set_oauth_client.client_id, redirect_uri = coalesce(set_oauth_client.redirect_uri, x.redirect_uri),
        options = coalesce(set_oauth_client.options, x.options), updated_at = at
    WHERE x.tenant_id = whose AND x.provider = p.name RETURNING x.* INTO present;
    IF set_oauth_client.client_secret IS NOT NULL THEN
        DELETE FROM lealup.vault_secret v WHERE v.tenant_id = whose AND v.owner_id = present.id AND v.purpose = 'client_secret';
        PERFORM lealup._store_secret(whose, present.id, 'client_secret', set_oauth_client.client_secret);
    END IF;
    -- What waits for it to be put right goes on.
    UPDATE lealup.connection_job j SET due_at = at, state = j.state - 'waits_for'
    FROM lealup.connection c
    WHERE j.kind = 'refresh' AND j.state ->> 'waits_for' = 'client' AND c.tenant_id = j.tenant_id AND c.id = j.connection_id
      AND c.client_tenant_id = whose AND c.client_id = present.id;
    PERFORM lealup._audit(set_oauth_client.tenant_id, 'oauth_client.set', 'oauth_client', present.id,
        jsonb_build_object('provider', p.name, 'client_id', present.client_id, 'redirect_uri', present.redirect_uri));
    PERFORM lealup._wake('upkeep');
    RETURN present.id;
END $$;
COMMENT ON FUNCTION lealup.set_oauth_client(uuid, text, text, text, text, jsonb) IS
    'Says which OAuth application lealup is at a provider, for a tenant (its admins), or with tenant_id null for all tenants without one of their own (the access admin); gives its id. client_secret is stored encrypted; null keeps the present one of the same client_id. redirect_uri: as it is registered there; null keeps the present one. options: {"return_hosts": [host names to which people may be sent back]}; null keeps them. Connections that stopped because of the client go on.';

CREATE FUNCTION lealup.delete_oauth_client(tenant_id uuid, provider text) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    whose uuid := coalesce(delete_oauth_client.tenant_id, lealup._installation());
    present lealup.oauth_client;
    used bigint;
BEGIN
    PERFORM lealup._require_client(delete_oauth_client.tenant_id);
    SELECT x.* INTO present FROM lealup.oauth_client x WHERE x.tenant_id = whose AND x.provider = delete_oauth_client.provider FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no OAuth client for provider %', coalesce(quote_literal(left(delete_oauth_client.provider, 100)), 'null') USING ERRCODE = 'no_data_found';
    END IF;
    SELECT count(*) INTO used FROM lealup.connection c
    WHERE c.client_tenant_id = whose AND c.client_id = present.id
      AND (c.state <> 'disconnected' OR EXISTS (SELECT FROM lealup.connection_job j WHERE j.tenant_id = c.tenant_id AND j.connection_id = c.id AND j.kind = 'revoke'));
    IF used > 0 THEN
        RAISE EXCEPTION 'the OAuth client is in use' USING ERRCODE = 'object_not_in_prerequisite_state',
            DETAIL = format('Connections that need it: %s.', used), HINT = 'Disconnect them first; a grant that is being revoked needs it until then.';
    END IF;
    DELETE FROM lealup.vault_secret v WHERE v.tenant_id = whose AND v.owner_id = present.id;
    DELETE FROM lealup.oauth_client x WHERE x.tenant_id = whose AND x.id = present.id;
    PERFORM lealup._audit(delete_oauth_client.tenant_id, 'oauth_client.delete', 'oauth_client', present.id, jsonb_build_object('provider', present.provider));
END $$;
COMMENT ON FUNCTION lealup.delete_oauth_client(uuid, text) IS
    'Forgets a tenant''s OAuth client at a provider (null: the installation''s) and its secret. Raises object_not_in_prerequisite_state while connections need it.';

CREATE FUNCTION lealup._oauth_client(tenant_id uuid, provider text) RETURNS lealup.oauth_client
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    client lealup.oauth_client;
BEGIN
    SELECT x.* INTO client FROM lealup.oauth_client x
    WHERE x.tenant_id IN (_oauth_client.tenant_id, lealup._installation()) AND x.provider = _oauth_client.provider
    ORDER BY x.tenant_id = _oauth_client.tenant_id DESC LIMIT 1;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no OAuth client for provider %', _oauth_client.provider USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'Register an application at the provider, then SELECT lealup.set_oauth_client(tenant_id, provider, client_id, client_secret, redirect_uri).';
    END IF;
    RETURN client;
END $$;
COMMENT ON FUNCTION lealup._oauth_client(uuid, text) IS
    'The OAuth client that a tenant uses at a provider: its own, else the installation''s. Raises object_not_in_prerequisite_state if there is none.';
