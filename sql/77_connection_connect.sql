-- Connecting: from connect() to the moment in which people come back from the provider.

CREATE FUNCTION lealup._check_option(field jsonb, value jsonb) RETURNS void
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    name text := field ->> 'name';
    wrong boolean;
BEGIN
    -- The value may be a secret, so that no error shows it.
    wrong := CASE jsonb_typeof(value)
        WHEN 'array' THEN jsonb_array_length(value) > 1000 OR field ->> 'secret' = 'true' OR EXISTS (SELECT FROM jsonb_array_elements(value) e WHERE jsonb_typeof(e) <> 'string')
        ELSE jsonb_typeof(value) NOT IN ('string', 'number', 'boolean') END;
    IF wrong THEN
        RAISE EXCEPTION 'option "%" must be a text, a number, true or false, or an array of texts', name USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT bool_or(length(t) NOT BETWEEN 1 AND 4000 OR CASE WHEN field ->> 'lines' = 'true' THEN translate(t, E'\r\n', '') ELSE t END ~ '[\x01-\x1f\x7f]' OR t !~ ('^(?:' || coalesce(field ->> 'pattern', '.*') || ')$')) INTO wrong
    FROM jsonb_array_elements_text(CASE jsonb_typeof(value) WHEN 'array' THEN value ELSE jsonb_build_array(value) END) t;
    IF wrong THEN
        RAISE EXCEPTION 'option "%" is not valid', name USING ERRCODE = 'invalid_parameter_value',
            DETAIL = CASE WHEN field ? 'pattern' THEN format('It must match %s', field ->> 'pattern') ELSE 'It must have 1 to 4000 characters, without control characters' END
                || coalesce(' (' || (field ->> 'title') || ').', '.');
    END IF;
END $$;
COMMENT ON FUNCTION lealup._check_option(jsonb, jsonb) IS 'Raises invalid_parameter_value, naming the option but never showing it, unless a value fits a field of a provider.';

CREATE FUNCTION lealup._is_rsa_key(pem text) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'lealup_is_rsa_key';
COMMENT ON FUNCTION lealup._is_rsa_key(text) IS 'Whether a text is an RSA private key in PEM, of at least 2048 bits and without a passphrase.';

CREATE FUNCTION lealup._check_connect_options(p lealup.provider, options jsonb, return_hosts jsonb, OUT plain jsonb, OUT secret jsonb) RETURNS record
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    common CONSTANT text[] := '{login_hint,return_url,allow_other_account,backfill}';
    o record;
    f record;
    field jsonb;
BEGIN
    IF jsonb_typeof(options) IS DISTINCT FROM 'object' OR octet_length(options::text) > 65536 THEN
        RAISE EXCEPTION 'options must be a JSON object of at most 64 kB' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    plain := '{}';
    secret := '{}';
    FOR o IN SELECT key, value FROM jsonb_each(options) WHERE value <> 'null' LOOP
        SELECT e INTO field FROM jsonb_array_elements(p.fields) e WHERE e ->> 'name' = o.key;
        IF FOUND THEN
            PERFORM lealup._check_option(field, o.value);
            IF field ->> 'secret' = 'true' THEN
                secret := secret || jsonb_build_object(o.key, o.value);
            ELSE
                plain := plain || jsonb_build_object(o.key, o.value);
            END IF;
        ELSIF o.key = 'allow_other_account' AND jsonb_typeof(o.value) = 'boolean' OR o.key = 'login_hint' AND o.value #>> '{}' ~ '^[^\x01-\x1f\x7f]{1,254}$' THEN
            plain := plain || jsonb_build_object(o.key, o.value);
        ELSIF o.key = 'return_url' THEN
            IF return_hosts ? lealup._web_host(o.value #>> '{}') IS NOT TRUE OR o.value #>> '{}' !~ '^https:' THEN
                RAISE EXCEPTION 'option "return_url" is not allowed' USING ERRCODE = 'invalid_parameter_value',
                    DETAIL = 'It must be an https URL whose host is one of the OAuth client''s option return_hosts.';
            END IF;
        ELSIF o.key = 'backfill' AND o.value #>> '{}' ~ '^\d{1,4} days?$' THEN
            CONTINUE;
        ELSIF o.key = ANY (common) THEN
            RAISE EXCEPTION 'option "%" is not valid', o.key USING ERRCODE = 'invalid_parameter_value',
                DETAIL = 'allow_other_account is true or false, login_hint an e-mail address, backfill such as "90 days".';
        ELSE
            RAISE EXCEPTION 'unknown option: "%"', left(o.key, 100) USING ERRCODE = 'invalid_parameter_value',
                HINT = format('Provider %s knows: %s.', p.name, concat_ws(', ', (SELECT string_agg(e ->> 'name', ', ' ORDER BY n) FROM jsonb_array_elements(p.fields) WITH ORDINALITY u(e, n)),
                    array_to_string(common, ', ')));
        END IF;
    END LOOP;
    IF secret ? (p.jwt ->> 'key') AND NOT lealup._is_rsa_key(secret ->> (p.jwt ->> 'key')) THEN
        RAISE EXCEPTION 'option "%" is not valid', p.jwt ->> 'key' USING ERRCODE = 'invalid_parameter_value',
            DETAIL = 'It must be an RSA private key of at least 2048 bits in PEM, with its line breaks and without a passphrase.';
    END IF;
    FOR f IN SELECT e, e ->> 'name' AS name FROM jsonb_array_elements(p.fields) e WHERE NOT plain || secret ? (e ->> 'name') LOOP
        IF f.e ? 'default' THEN
            plain := plain || jsonb_build_object(f.name, f.e -> 'default');
        ELSIF f.e ->> 'required' = 'true' THEN
            RAISE EXCEPTION 'option "%" is required', f.name USING ERRCODE = 'invalid_parameter_value', DETAIL = 'It is: ' || coalesce(f.e ->> 'title', f.name) || '.';
        END IF;
    END LOOP;
END $$;
COMMENT ON FUNCTION lealup._check_connect_options(lealup.provider, jsonb, jsonb) IS
    'Checks the options of connect() by the provider''s fields, fills in defaults, and parts those that are stored as they are from secret ones. Raises invalid_parameter_value, naming the option but never showing a value.';

CREATE FUNCTION lealup._asked_scopes(p lealup.provider, wanted text[]) RETURNS text[]
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    unknown text;
BEGIN
    SELECT w INTO unknown FROM unnest(wanted) w WHERE NOT EXISTS (SELECT FROM lealup.provider_scope s WHERE s.provider = p.name AND s.scope = w) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'unknown scope: %', coalesce(quote_literal(left(unknown, 200)), 'null') USING ERRCODE = 'invalid_parameter_value',
            HINT = coalesce('There are: ' || (SELECT string_agg(s.scope, ', ' ORDER BY s.scope) FROM lealup.provider_scope s WHERE s.provider = p.name) || '.', 'The provider has no scopes.');
    END IF;
    RETURN ARRAY(SELECT s.scope FROM lealup.provider_scope s WHERE s.provider = p.name AND (s.required OR s.scope = ANY (wanted)) ORDER BY s.required DESC, s.scope);
END $$;
COMMENT ON FUNCTION lealup._asked_scopes(lealup.provider, text[]) IS 'What a provider is asked for: the scopes that it cannot do without, and those that are wanted. Raises invalid_parameter_value for one that it does not have.';

CREATE FUNCTION lealup._authorize_url(c lealup.connection, p lealup.provider, client lealup.oauth_client, scopes text[], return_url text) RETURNS text
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    -- 256 bits in base64url.
    state text := rtrim(translate(encode(lealup._random_bytes(32), 'base64'), '+/', '-_'), '=');
    state_hash bytea := lealup._name_hash(state);
    at timestamptz := clock_timestamp();
    verifier_id uuid := lealup.uuid7();
    verifier record;
    url text := lealup._fill_url(p.authorize_url, c.options || c.facts);
    parameters jsonb;
BEGIN
    -- Somebody who begins anew has given up the time before; the verifier is that of one.
    DELETE FROM lealup.tenant_route r USING lealup.oauth_state s
    WHERE r.tenant_id = c.tenant_id AND r.kind = 'oauth_state' AND r.key_hash = s.state_hash AND s.tenant_id = c.tenant_id AND s.connection_id = c.id;
    DELETE FROM lealup.oauth_state s WHERE s.tenant_id = c.tenant_id AND s.connection_id = c.id;
    DELETE FROM lealup.connection_job j WHERE j.tenant_id = c.tenant_id AND j.connection_id = c.id AND j.kind IN ('token', 'identity');
    PERFORM lealup._forget_secrets(c.tenant_id, c.id, 'code', 'code_verifier', 'new_access_token', 'new_refresh_token');
    INSERT INTO lealup.oauth_state (tenant_id, state_hash, connection_id, member_id, provider, redirect_uri, scopes, return_url, expires_at)
    VALUES (c.tenant_id, state_hash, c.id, lealup._acting_member(c.tenant_id), p.name, client.redirect_uri, _authorize_url.scopes, _authorize_url.return_url, at + interval '10 minutes');
    INSERT INTO lealup.tenant_route (kind, key_hash, tenant_id) VALUES ('oauth_state', state_hash, c.tenant_id);
    parameters := jsonb_build_object('response_type', 'code', 'client_id', client.client_id, 'redirect_uri', client.redirect_uri)
        || CASE WHEN cardinality(scopes) > 0 THEN jsonb_build_object('scope', array_to_string(scopes, p.scope_separator)) ELSE '{}' END
        || CASE WHEN c.options ? 'login_hint' THEN jsonb_build_object('login_hint', c.options -> 'login_hint') ELSE '{}' END
        || p.authorize_params || jsonb_build_object('state', state);
    IF p.pkce THEN
        verifier := lealup._pkce(c.tenant_id, verifier_id);
        INSERT INTO lealup.vault_secret (tenant_id, id, owner_id, purpose, ciphertext, created_at)
        VALUES (c.tenant_id, verifier_id, c.id, 'code_verifier', verifier.sealed, at);
        parameters := parameters || jsonb_build_object('code_challenge', verifier.challenge, 'code_challenge_method', 'S256');
    END IF;
    RETURN url || CASE WHEN strpos(url, '?') > 0 THEN '&' ELSE '?' END
        || (SELECT string_agg(lealup._percent_encode(q.key) || '=' || lealup._percent_encode(q.value), '&' ORDER BY q.key = 'state', q.key) FROM jsonb_each_text(parameters) q);
END $$;
COMMENT ON FUNCTION lealup._authorize_url(lealup.connection, lealup.provider, lealup.oauth_client, text[], text) IS
    'Where somebody is sent to agree to a connection: a URL with a new state, good for 10 minutes and once, and a PKCE challenge if the provider takes one. What they were sent with before is void.';

CREATE FUNCTION lealup._pkce(tenant_id uuid, secret_id uuid, OUT challenge text, OUT sealed bytea) RETURNS record
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'lealup_pkce';
COMMENT ON FUNCTION lealup._pkce(uuid, uuid) IS
    'A new PKCE code verifier (RFC 7636): its S256 challenge, and the verifier itself, which SQL never sees, sealed for the vault''s row (tenant_id, secret_id).';

CREATE FUNCTION lealup._whose_connection(p lealup.provider, tenant_id uuid, member_id uuid) RETURNS uuid
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    acting uuid := lealup._acting_member(_whose_connection.tenant_id);
BEGIN
    IF p.kind = 'workspace' THEN
        PERFORM lealup._require('administer', _whose_connection.tenant_id);
        IF _whose_connection.member_id IS NOT NULL THEN
            RAISE EXCEPTION 'member_id must be null: % is connected for the workspace', p.title USING ERRCODE = 'invalid_parameter_value';
        END IF;
        RETURN NULL;
    END IF;
    IF acting IS NOT NULL AND _whose_connection.member_id <> acting THEN
        RAISE EXCEPTION 'permission denied to connect % for another member', p.title USING ERRCODE = 'insufficient_privilege',
            DETAIL = 'Personal connections are made by each member for themselves.';
    END IF;
    IF acting IS NULL AND _whose_connection.member_id IS NULL THEN
        RAISE EXCEPTION 'member_id must not be null: % is connected for a member', p.title USING ERRCODE = 'null_value_not_allowed';
    END IF;
    IF NOT EXISTS (SELECT FROM lealup.member m WHERE m.tenant_id = _whose_connection.tenant_id AND m.id = coalesce(acting, _whose_connection.member_id) AND m.active) THEN
        RAISE EXCEPTION 'member % does not exist, or is not active', _whose_connection.member_id USING ERRCODE = 'no_data_found';
    END IF;
    RETURN coalesce(acting, _whose_connection.member_id);
END $$;
COMMENT ON FUNCTION lealup._whose_connection(lealup.provider, uuid, uuid) IS
    'For which member a provider may be connected by who acts; null = for the workspace. Raises insufficient_privilege if it may not.';

CREATE FUNCTION lealup._ask_token(c lealup.connection, state jsonb, now timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO lealup.connection_job AS j (tenant_id, connection_id, kind, due_at, state, created_at)
    VALUES (c.tenant_id, c.id, 'token', now, _ask_token.state, now)
    ON CONFLICT ON CONSTRAINT connection_job_pkey DO UPDATE
    SET due_at = excluded.due_at, state = excluded.state, created_at = excluded.created_at, attempts = 0, claim_id = NULL, lease_until = NULL, error = NULL;
    PERFORM lealup._wake('upkeep');
END $$;
COMMENT ON FUNCTION lealup._ask_token(lealup.connection, jsonb, timestamptz) IS
    'Has the provider asked for a connection''s first access token. state: {"scopes", "redirect_uri"?}.';

CREATE FUNCTION lealup._prove(c lealup.connection, p lealup.provider, scopes text[], now timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF p.auth <> 'app_jwt' THEN
        PERFORM lealup._ask_identity(c, '{}', now);
        RETURN;
    END IF;
    DELETE FROM lealup.connection_job j WHERE j.tenant_id = c.tenant_id AND j.connection_id = c.id AND j.kind = 'identity';
    PERFORM lealup._forget_secrets(c.tenant_id, c.id, 'new_access_token', 'new_refresh_token');
    PERFORM lealup._ask_token(c, jsonb_build_object('scopes', to_jsonb(scopes)), now);
END $$;
COMMENT ON FUNCTION lealup._prove(lealup.connection, lealup.provider, text[], timestamptz) IS 'Has a connection that was given a key prove by it whose it is, at once.';

CREATE FUNCTION lealup.connect(tenant_id uuid, provider text, member_id uuid DEFAULT NULL, options jsonb DEFAULT '{}', scopes text[] DEFAULT NULL,
        OUT connection_id uuid, OUT authorization_url text) RETURNS record
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    p lealup.provider;
    c lealup.connection;
    client lealup.oauth_client;
    whose uuid;
    parts record;
    asked text[];
    at timestamptz := clock_timestamp();
BEGIN
    PERFORM lealup._require('edit', connect.tenant_id);
    p := lealup._provider(connect.provider);
    whose := lealup._whose_connection(p, connect.tenant_id, connect.member_id);
    IF p.auth = 'oauth2' THEN
        client := lealup._oauth_client(connect.tenant_id, p.name);
    END IF;
    asked := lealup._asked_scopes(p, connect.scopes);
    parts := lealup._check_connect_options(p, connect.options, client.options -> 'return_hosts');
    connection_id := lealup.uuid7();
    INSERT INTO lealup.connection AS x (tenant_id, id, provider, kind, member_id, client_id, client_tenant_id, options, backfill, created_by, created_at, state_since)
    VALUES (connect.tenant_id, connect.connection_id, p.name, p.kind, whose, client.id, client.tenant_id, parts.plain,
        coalesce((connect.options ->> 'backfill')::interval, '90 days'), lealup._acting_member(connect.tenant_id), at, at)
    RETURNING x.* INTO c;
    PERFORM lealup._store_secret(c.tenant_id, c.id, s.key, s.value) FROM jsonb_each_text(parts.secret) s;
    PERFORM lealup._audit(c.tenant_id, 'connection.connect', 'connection', c.id,
        jsonb_strip_nulls(jsonb_build_object('provider', p.name, 'member_id', whose, 'scopes', to_jsonb(asked))));
    IF p.auth = 'oauth2' THEN
        authorization_url := lealup._authorize_url(c, p, client, asked, connect.options ->> 'return_url');
    ELSE
        PERFORM lealup._prove(c, p, asked, at);
    END IF;
END $$;
COMMENT ON FUNCTION lealup.connect(uuid, text, uuid, jsonb, text[]) IS
    'Begins a connection to a provider and gives its id, and where to send whoever connects it (null if the provider takes a key, which is then tried at once). A personal one is made by each member for themselves (an application that acts for no member names one), the workspace''s by an admin. options: the provider''s fields, of which secret ones are stored encrypted; login_hint (the account to suggest), return_url (where people come back to afterwards; its host must be one of the OAuth client''s return_hosts), allow_other_account (a reconnect may change it), backfill ("90 days"). scopes: optional ones that are wanted beside the required ones. The URL is good for 10 minutes and once.';

CREATE FUNCTION lealup._moves(p lealup.provider, old jsonb, new jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT EXISTS (
        SELECT FROM unnest((p).allowed_hosts) h, regexp_matches(h, '\{([A-Za-z0-9_]+)\}', 'g') m
        WHERE nullif(_moves.old -> m[1], 'null') IS DISTINCT FROM nullif(_moves.new -> m[1], 'null'));
END;
COMMENT ON FUNCTION lealup._moves(lealup.provider, jsonb, jsonb) IS 'Whether other options let requests, and the secrets in them, go to other hosts.';

CREATE FUNCTION lealup.reconnect(tenant_id uuid, connection_id uuid, options jsonb DEFAULT '{}', scopes text[] DEFAULT NULL) RETURNS text
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c lealup.connection := lealup._lock_connection(reconnect.tenant_id, reconnect.connection_id, owner_only => true);
    p lealup.provider := lealup._provider(c.provider);
    client lealup.oauth_client;
    asked text[] := lealup._asked_scopes(p, coalesce(reconnect.scopes, ARRAY(SELECT s.scope FROM lealup.provider_scope s WHERE s.provider = p.name AND s.scope = ANY (c.scopes))));
    parts record;
    s record;
    at timestamptz := clock_timestamp();
BEGIN
    IF c.purge_at IS NOT NULL THEN
        RAISE EXCEPTION 'what the connection has brought is being deleted' USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Connect anew, or wait until it is gone.';
    END IF;
    IF p.auth = 'oauth2' THEN
        client := lealup._oauth_client(c.tenant_id, p.name);
    END IF;
    IF lealup._moves(p, c.options, c.options || coalesce(reconnect.options, '{}')) THEN
        -- Secrets that nobody can read must not be sent to wherever somebody says: they were given for where they went so far.
        DELETE FROM lealup.vault_secret v WHERE v.tenant_id = c.tenant_id AND v.owner_id = c.id AND v.purpose NOT IN ('inbound_url', 'inbound_secret');
        DELETE FROM lealup.connection_job j WHERE j.tenant_id = c.tenant_id AND j.connection_id = c.id;
        PERFORM lealup._stop_connection(c);
        UPDATE lealup.connection x SET state = 'pending', state_since = at, token_fingerprint = NULL, token_expires_at = NULL, facts = '{}'
        WHERE x.tenant_id = c.tenant_id AND x.id = c.id;
    END IF;
    -- A secret that was given before need not be given again, nor can it be shown: what is required is there already.
    p.fields := (SELECT coalesce(jsonb_agg(CASE WHEN EXISTS (SELECT FROM lealup.vault_secret v WHERE v.tenant_id = c.tenant_id AND v.owner_id = c.id AND v.purpose = f ->> 'name')
        THEN f - 'required' ELSE f END), '[]') FROM jsonb_array_elements(p.fields) f);
    parts := lealup._check_connect_options(p, c.options || coalesce(reconnect.options, '{}'), client.options -> 'return_hosts');
    FOR s IN SELECT key, value FROM jsonb_each_text(parts.secret) LOOP
        PERFORM lealup._forget_secrets(c.tenant_id, c.id, s.key);
        PERFORM lealup._store_secret(c.tenant_id, c.id, s.key, s.value);
    END LOOP;
    UPDATE lealup.connection x
    SET options = parts.plain, client_id = client.id, client_tenant_id = client.tenant_id,
        -- What still works goes on until there is something better.
        state = CASE WHEN x.state = 'connected' THEN 'connected' ELSE 'pending' END,
        state_since = CASE WHEN x.state IN ('connected', 'pending') THEN x.state_since ELSE at END
    WHERE x.tenant_id = c.tenant_id AND x.id = c.id RETURNING x.* INTO c;
    PERFORM lealup._audit(c.tenant_id, 'connection.reconnect', 'connection', c.id, jsonb_build_object('provider', p.name));
    IF p.auth = 'oauth2' THEN
        RETURN lealup._authorize_url(c, p, client, asked, reconnect.options ->> 'return_url');
    END IF;
    PERFORM lealup._prove(c, p, asked, at);
    RETURN NULL;
END $$;
COMMENT ON FUNCTION lealup.reconnect(uuid, uuid, jsonb, text[]) IS
    'Begins anew what stopped working or was disconnected: gives where to send the member (or admin), as connect() does; null if the provider takes a key. Streams and their cursors stay. options: those to change, such as a new key; with another host, secrets have to be given anew. Another account than before is refused unless the option allow_other_account is true. One that works goes on until the new grant is there.';

CREATE FUNCTION lealup._proves(p lealup.provider, options jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT coalesce(jsonb_object_agg(m[1], _proves.options -> m[1]), '{}') FROM regexp_matches(coalesce((p).jwt, '{}')::text, '\{([A-Za-z0-9_]+)\}', 'g') m;
END;
COMMENT ON FUNCTION lealup._proves(lealup.provider, jsonb) IS 'Those of the options of a connection that are in what its key signs, or in the request for a token.';

CREATE FUNCTION lealup.update_connection(tenant_id uuid, connection_id uuid, options jsonb) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c lealup.connection := lealup._lock_connection(update_connection.tenant_id, update_connection.connection_id, owner_only => true);
    p lealup.provider := lealup._provider(c.provider);
    parts record;
    from_then timestamptz;
    at timestamptz := clock_timestamp();
BEGIN
    IF c.state = 'disconnected' THEN
        RAISE EXCEPTION 'connection % is disconnected', c.id USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'reconnect() begins it anew.';
    END IF;
    -- Secrets are changed by reconnect(), which tries them.
    p.fields := (SELECT coalesce(jsonb_agg(f), '[]') FROM jsonb_array_elements(p.fields) f WHERE f ->> 'secret' IS DISTINCT FROM 'true');
    parts := lealup._check_connect_options(p, c.options || coalesce(update_connection.options, '{}') - 'return_url', NULL);
    IF parts.plain = c.options AND NOT update_connection.options ? 'backfill' THEN
        RETURN;
    END IF;
    IF lealup._proves(p, c.options) <> lealup._proves(p, parts.plain) THEN
        RAISE EXCEPTION 'these options say whose account it is' USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'reconnect() changes them, and has the provider asked again.';
    END IF;
    IF lealup._moves(p, c.options, parts.plain) THEN
        RAISE EXCEPTION 'these options say to which host the connection''s secrets are sent' USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'reconnect() changes them, and takes the secrets for the new host.';
    END IF;
    UPDATE lealup.connection x SET options = parts.plain, backfill = coalesce((update_connection.options ->> 'backfill')::interval, x.backfill)
    WHERE x.tenant_id = c.tenant_id AND x.id = c.id RETURNING x.* INTO c;
    from_then := at - c.backfill;
    UPDATE lealup.connection_stream s
    SET mode = CASE WHEN d.backfill THEN 'backfill' ELSE 'incremental' END, generation = s.generation + 1, cursor = NULL, since = from_then,
        next_run_at = at, claim_id = NULL, lease_until = NULL, backfilled_at = NULL, total = NULL
    FROM lealup.provider_stream d
    WHERE s.tenant_id = c.tenant_id AND s.connection_id = c.id AND d.provider = c.provider AND d.name = s.stream;
    -- What we are to be notified of may be another thing now, too.
    UPDATE lealup.connection_job j SET due_at = at WHERE j.tenant_id = c.tenant_id AND j.connection_id = c.id AND j.kind LIKE 'watch:%' AND j.claim_id IS NULL AND j.due_at > at;
    -- What was read is not known any more by its version: it may be taken otherwise now.
    UPDATE lealup.sync_record r SET version = NULL, hash = NULL WHERE r.tenant_id = c.tenant_id AND r.connection_id = c.id;
    PERFORM lealup._audit(c.tenant_id, 'connection.update', 'connection', c.id,
        jsonb_build_object('fields', (SELECT coalesce(jsonb_agg(k ORDER BY k), '[]') FROM jsonb_object_keys(update_connection.options) k)));
    PERFORM lealup._wake('upkeep');
END $$;
COMMENT ON FUNCTION lealup.update_connection(uuid, uuid, jsonb) IS
    'Changes how a connection is set up: options to set, null takes one back (or to its default). What it reads is then read anew, as far back as its backfill says. Secrets, and what says where they are sent, are changed by reconnect(). For the member whose it is, and of a workspace''s connection admins.';

CREATE FUNCTION lealup._ask_identity(c lealup.connection, new jsonb, now timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM lealup.provider p WHERE p.name = c.provider AND p.identity IS NULL) THEN
        PERFORM lealup._settle_account(c, nullif(left(new #>> '{facts,account_id}', 500), ''), left(new #>> '{facts,account_name}', 500), '{}', new, now);
        RETURN;
    END IF;
    INSERT INTO lealup.connection_job AS j (tenant_id, connection_id, kind, due_at, state, created_at)
    VALUES (c.tenant_id, c.id, 'identity', now, jsonb_build_object('new', new), now)
    ON CONFLICT ON CONSTRAINT connection_job_pkey DO UPDATE
    SET due_at = excluded.due_at, state = excluded.state, created_at = excluded.created_at, attempts = 0, claim_id = NULL, lease_until = NULL, error = NULL;
    PERFORM lealup._wake('upkeep');
END $$;
COMMENT ON FUNCTION lealup._ask_identity(lealup.connection, jsonb, timestamptz) IS
    'Has the provider asked whose account a connection is; where it cannot be asked, the connection is connected at once. new: what came with the token (expires_at, scopes, fingerprint, facts).';

-- ----- Coming back -----

CREATE FUNCTION lealup._come_back(state text, code text, error text, description text, acting uuid DEFAULT NULL,
        OUT ok boolean, OUT message text, OUT connection_id uuid, OUT return_url text) RETURNS record
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    key bytea := lealup._name_hash(coalesce(left(_come_back.state, 1000), ''));
    tenant uuid;
    s lealup.oauth_state;
    c lealup.connection;
    p lealup.provider;
    at timestamptz := clock_timestamp();
BEGIN
    ok := false;
    SELECT r.tenant_id INTO tenant FROM lealup.tenant_route r WHERE r.kind = 'oauth_state' AND r.key_hash = key;
    SELECT x.* INTO s FROM lealup.oauth_state x WHERE x.tenant_id = tenant AND x.state_hash = key;
    -- The connection's row comes first, as everywhere; what was read before is read again.
    SELECT x.* INTO c FROM lealup.connection x WHERE x.tenant_id = s.tenant_id AND x.id = s.connection_id FOR UPDATE;
    SELECT x.* INTO s FROM lealup.oauth_state x WHERE x.tenant_id = tenant AND x.state_hash = key FOR UPDATE;
    IF s.state_hash IS NULL OR c.id IS NULL OR (acting IS NOT NULL AND coalesce(s.member_id, c.member_id) <> acting) THEN
        message := 'This link is not known, or was replaced by a newer one. Begin again where you pressed Connect.';
        RETURN;
    END IF;
    IF s.used_at IS NOT NULL THEN
        message := 'This link was used already. If the connection does not work, begin again where you pressed Connect.';
        RETURN;
    END IF;
    IF s.expires_at <= at THEN
        message := 'This link has expired: it is good for 10 minutes. Begin again where you pressed Connect.';
        RETURN;
    END IF;
    IF c.state = 'disconnected' OR EXISTS (SELECT FROM lealup.member m WHERE m.tenant_id = c.tenant_id AND m.id = coalesce(s.member_id, c.member_id) AND NOT m.active) THEN
        message := 'The connection was given up in the meantime.';
        RETURN;
    END IF;
    p := lealup._provider(c.provider);
    UPDATE lealup.oauth_state x SET used_at = at WHERE x.tenant_id = s.tenant_id AND x.state_hash = s.state_hash;
    connection_id := c.id;
    return_url := s.return_url;
    IF _come_back.code IS NULL OR length(_come_back.code) NOT BETWEEN 1 AND 4000 OR _come_back.error IS NOT NULL THEN
        PERFORM lealup._forget_secrets(c.tenant_id, c.id, 'code_verifier');
        message := lealup._oauth_reason(p.title, coalesce(_come_back.error, 'no_code'), _come_back.description);
        PERFORM lealup._connect_failed(c, message, 'Begin again with Connect, and agree at the provider.', at);
        -- Who comes back may have been sent by anybody, with words of theirs: only the connection has them.
        message := CASE WHEN coalesce(_come_back.error, 'access_denied') IN ('access_denied', 'consent_required', 'user_denied')
            THEN lealup._oauth_reason(p.title, coalesce(_come_back.error, 'no_code'), NULL)
            ELSE format('%s has not agreed. The connection tells why; begin again where you pressed Connect.', p.title) END;
        RETURN;
    END IF;
    PERFORM lealup._store_secret(c.tenant_id, c.id, 'code', _come_back.code);
    PERFORM lealup._ask_token(c, jsonb_build_object('scopes', to_jsonb(s.scopes), 'redirect_uri', s.redirect_uri), at);
    PERFORM lealup._audit(c.tenant_id, 'connection.authorize', 'connection', c.id, jsonb_build_object('provider', p.name));
    ok := true;
    message := format('%s has agreed. The connection is being set up; you can close this page.', p.title);
END $$;
COMMENT ON FUNCTION lealup._come_back(text, text, text, text, uuid) IS
    'Takes what a provider sent somebody back with: a code (it is sealed, and a token is fetched for it), or an error. Gives whether it is well, what to tell people, and where to send them on to. With a state that is unknown, used, expired, or of another member than the acting one nothing changes.';

CREATE FUNCTION lealup._connect_failed(c lealup.connection, reason text, fix text, now timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF c.state <> 'connected' THEN
        PERFORM lealup._connection_problem(c.tenant_id, c.id, reason, lealup.uuid7(), now, fix);
        RETURN;
    END IF;
    DELETE FROM lealup.connection_job j WHERE j.tenant_id = c.tenant_id AND j.connection_id = c.id AND j.kind IN ('token', 'identity');
    UPDATE lealup.connection x SET reason = left('It works as before; connecting it anew failed: ' || _connect_failed.reason, 2000), fix = left(_connect_failed.fix, 2000)
    WHERE x.tenant_id = c.tenant_id AND x.id = c.id;
END $$;
COMMENT ON FUNCTION lealup._connect_failed(lealup.connection, text, text, timestamptz) IS
    'Ends an attempt to connect: state error, but for a connection that still works by its earlier grant, which only shows the reason.';

CREATE FUNCTION lealup._oauth_reason(title text, code text, description text) RETURNS text
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
    RETURN format(CASE
        WHEN code = 'no_code' THEN '%1$s sent neither a code nor an error.'
        WHEN code IN ('access_denied', 'consent_required', 'user_denied') THEN 'Access to %1$s was declined.'
        WHEN code IN ('invalid_client', 'unauthorized_client', 'deleted_client', 'disabled_client', 'redirect_uri_mismatch', 'org_internal', 'bad_client_secret', 'incorrect_client_credentials')
            THEN '%1$s does not accept the OAuth client (%2$s): its id, secret, redirect URI or status there is not what set_oauth_client() was given.'
        WHEN code = 'admin_policy_enforced' THEN 'An administrator at %1$s does not allow this application.'
        WHEN code IN ('invalid_grant', 'bad_verification_code') THEN '%1$s does not accept the grant any more (%2$s): it was revoked, has expired, or was used already.'
        WHEN code = 'invalid_scope' THEN '%1$s does not grant the scopes that were asked for (%2$s).'
        WHEN code IN ('temporarily_unavailable', 'server_error') THEN '%1$s cannot do it just now (%2$s).'
        ELSE '%1$s refused it (%2$s).' END, title, left(regexp_replace(code, '[^A-Za-z0-9_. -]', '?', 'g'), 100))
        || coalesce(' It says: ' || nullif(left(regexp_replace(btrim(description), '[\x01-\x1f\x7f]+', ' ', 'g'), 500), ''), '');
COMMENT ON FUNCTION lealup._oauth_reason(text, text, text) IS 'What an error of OAuth (RFC 6749 4.1.2.1, 5.2, and what providers add) means, in words for people, with the provider''s own, bounded and without control characters.';

CREATE FUNCTION lealup._require_state(state text) RETURNS uuid
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    tenant uuid;
BEGIN
    IF NOT (lealup._has_access('app') OR lealup._has_access('admin')) THEN
        RAISE EXCEPTION 'permission denied to connect' USING ERRCODE = 'insufficient_privilege';
    END IF;
    SELECT r.tenant_id INTO tenant FROM lealup.tenant_route r WHERE r.kind = 'oauth_state' AND r.key_hash = lealup._name_hash(coalesce(left(_require_state.state, 1000), ''));
    -- Whose it is is nobody else's business.
    IF tenant <> coalesce(lealup._bound_tenant(), nullif(current_setting('lealup.tenant_id', true), '')::uuid) THEN
        RAISE EXCEPTION 'This link is not known, or was replaced by a newer one. Begin again where you pressed Connect.' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN CASE WHEN tenant IS NOT NULL THEN lealup._acting_member(tenant) END;
END $$;
COMMENT ON FUNCTION lealup._require_state(text) IS
    'Raises insufficient_privilege for a role without access, and invalid_parameter_value for a state of another tenant than the one to which the role is bound, or which it has chosen; gives the acting member.';

CREATE FUNCTION lealup.complete_connect(state text, code text) RETURNS uuid
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r record;
BEGIN
    r := lealup._come_back(complete_connect.state, complete_connect.code, NULL, NULL, lealup._require_state(complete_connect.state));
    IF r.connection_id IS NULL THEN
        RAISE EXCEPTION '%', r.message USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN r.connection_id;
END $$;
COMMENT ON FUNCTION lealup.complete_connect(text, text) IS
    'What an application calls whose own page is the redirect URI: with the state and the code that the provider sent somebody back with. Gives the connection''s id; whether the provider gives a token for the code is seen in connections soon after. Raises invalid_parameter_value if the state is unknown, used, expired, or another tenant''s or member''s. The gateway''s /v1/oauth/callback does the same, but does not know who comes back: an application with a login of its own should rather call this, as the member, so that nobody can be made to bring back what somebody else began.';

CREATE FUNCTION lealup.fail_connect(state text, error text, description text DEFAULT NULL) RETURNS uuid
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r record;
BEGIN
    PERFORM lealup._check_text('error', fail_connect.error, 200, required => true);
    r := lealup._come_back(fail_connect.state, NULL, fail_connect.error, fail_connect.description, lealup._require_state(fail_connect.state));
    IF r.connection_id IS NULL THEN
        RAISE EXCEPTION '%', r.message USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN r.connection_id;
END $$;
COMMENT ON FUNCTION lealup.fail_connect(text, text, text) IS
    'The same for an error that the provider sent back (parameters error and error_description): the connection shows what it means.';
