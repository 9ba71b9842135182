-- API keys: who may call the HTTP API, for which tenant and member, and how often.

CREATE TABLE lealup.api_key (
    tenant_id uuid NOT NULL REFERENCES lealup.tenant,
    id uuid NOT NULL,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    scopes text[] NOT NULL,
    member_id uuid,
    secret_hash bytea NOT NULL,
    rate_limit int CHECK (rate_limit BETWEEN 1 AND 1000000),
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz,
    last_used_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, member_id) REFERENCES lealup.member
) WITH (fillfactor = 80);
CREATE INDEX ON lealup.api_key (tenant_id, member_id);
COMMENT ON TABLE lealup.api_key IS 'API keys. A key is lk_, its id and 256 random bits, of which only the SHA-256 is here; api_keys shows what people may see.';
COMMENT ON COLUMN lealup.api_key.member_id IS 'For whom it acts, with exactly that member''s rights; null = the application itself, which may do all that the scopes admit.';
COMMENT ON COLUMN lealup.api_key.rate_limit IS 'Requests per second; null = lealup.api_rate_limit.';
COMMENT ON COLUMN lealup.api_key.last_used_at IS 'To the minute.';

CREATE VIEW lealup.api_keys WITH (security_invoker) AS
SELECT k.tenant_id, k.id, k.name, k.scopes, k.member_id, k.rate_limit, k.created_at, k.expires_at, k.revoked_at, k.last_used_at,
       CASE WHEN k.revoked_at IS NOT NULL THEN 'revoked' WHEN k.expires_at <= clock_timestamp() THEN 'expired'
            WHEN NOT m.active THEN 'member inactive' ELSE 'active' END AS status,
       'lk_' || replace(k.id::text, '-', '') || '_' AS prefix
FROM lealup.api_key k LEFT JOIN lealup.member m ON m.tenant_id = k.tenant_id AND m.id = k.member_id;
COMMENT ON VIEW lealup.api_keys IS 'The API keys, with what they begin with and their status: active, expired, revoked, or member inactive.';

CREATE FUNCTION lealup._random_bytes(length int) RETURNS bytea
    LANGUAGE c VOLATILE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'lealup_random_bytes';
COMMENT ON FUNCTION lealup._random_bytes(int) IS '1 to 1024 random bytes, fit for keys.';

CREATE FUNCTION lealup._equal(a bytea, b bytea) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'lealup_equal';
COMMENT ON FUNCTION lealup._equal(bytea, bytea) IS 'Whether two values of one length are equal, in a time that does not tell where they differ.';

CREATE FUNCTION lealup._scope_covers(scopes text[], needed text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN '*' = ANY (scopes) OR needed = ANY (scopes)
        OR split_part(needed, ':', 2) = 'read' AND split_part(needed, ':', 1) || ':write' = ANY (scopes)
        -- Who may make keys is to have been told so by name.
        OR split_part(needed, ':', 1) <> 'keys' AND ('*:' || split_part(needed, ':', 2) = ANY (scopes) OR split_part(needed, ':', 2) = 'read' AND '*:write' = ANY (scopes));
COMMENT ON FUNCTION lealup._scope_covers(text[], text) IS
    'Whether scopes (*, *:read, *:write, RESOURCE:read, RESOURCE:write) cover the needed one, which may be any of these; write covers read. keys:read and keys:write are covered by themselves and * alone.';

CREATE FUNCTION lealup._check_scopes(scopes text[]) RETURNS void
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    unknown text;
BEGIN
    IF coalesce(cardinality(scopes), 0) NOT BETWEEN 1 AND 50 OR array_position(scopes, NULL) IS NOT NULL THEN
        RAISE EXCEPTION 'scopes must list 1 to 50 scopes' USING ERRCODE = 'invalid_parameter_value', HINT = 'ARRAY[''*''] stands for all of them.';
    END IF;
    SELECT s INTO unknown FROM unnest(scopes) s
    WHERE s NOT IN ('*', '*:read', '*:write') AND NOT EXISTS (
        SELECT FROM lealup.route r WHERE split_part(r.scope, ':', 1) = split_part(s, ':', 1) AND s ~ '^[a-z]+:(read|write)$') LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'scopes must not have the unknown %', quote_literal(left(unknown, 100))
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = 'There are *, *:read, *:write, and read and write of each of: '
                      || (SELECT string_agg(DISTINCT split_part(r.scope, ':', 1), ', ') FROM lealup.route r WHERE r.scope IS NOT NULL) || '.';
    END IF;
END $$;
COMMENT ON FUNCTION lealup._check_scopes(text[]) IS 'Raises invalid_parameter_value unless each of 1 to 50 scopes is one that the routes know.';

-- Inside a request it is the request's key that asks: what it cannot do itself, it must not be able to do through another one.
CREATE FUNCTION lealup._check_key_maker(tenant_id uuid, scopes text[], rate_limit int) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    maker lealup.api_key;
    beyond text;
BEGIN
    SELECT k.* INTO maker FROM lealup.api_key k WHERE k.tenant_id = _check_key_maker.tenant_id AND k.id = lealup._request_key();
    SELECT s INTO beyond FROM unnest(_check_key_maker.scopes) s WHERE NOT lealup._scope_covers(maker.scopes, s) LIMIT 1;
    IF FOUND THEN
        PERFORM lealup._http_refuse_field(403, 'scopes', format('%s is none of the scopes of the API key that makes this one', beyond));
    END IF;
    IF coalesce(_check_key_maker.rate_limit, current_setting('lealup.api_rate_limit')::int) > maker.rate_limit THEN
        PERFORM lealup._http_refuse_field(403, 'rate_limit', format('must be at most %s, as that of the API key that makes this one', maker.rate_limit));
    END IF;
END $$;
COMMENT ON FUNCTION lealup._check_key_maker(uuid, text[], int) IS
    'Ends a request with 403 if its API key would make one with scopes that it does not have, or with a rate limit above its own; outside requests it does nothing.';

CREATE FUNCTION lealup.create_api_key(tenant_id uuid, name text, scopes text[], member_id uuid DEFAULT NULL, expires_at timestamptz DEFAULT NULL,
        rate_limit int DEFAULT NULL) RETURNS text
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    new_id uuid := lealup.uuid7();
    -- Hexadecimal, so that a double click selects all of it.
    secret text := encode(lealup._random_bytes(32), 'hex');
BEGIN
    PERFORM lealup._require('administer', create_api_key.tenant_id);
    PERFORM lealup._check_text('name', create_api_key.name, 200, true);
    PERFORM lealup._check_scopes(create_api_key.scopes);
    IF create_api_key.member_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM lealup.member m WHERE m.tenant_id = create_api_key.tenant_id AND m.id = create_api_key.member_id AND m.active) THEN
        RAISE EXCEPTION 'member % does not exist, or is not active', create_api_key.member_id USING ERRCODE = 'no_data_found';
    END IF;
    PERFORM lealup._check_key_maker(create_api_key.tenant_id, create_api_key.scopes, create_api_key.rate_limit);
    IF create_api_key.expires_at <= clock_timestamp() THEN
        RAISE EXCEPTION 'expires_at must be in the future' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF create_api_key.rate_limit NOT BETWEEN 1 AND 1000000 THEN
        RAISE EXCEPTION 'rate_limit must be 1 to 1000000 requests per second' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF create_api_key.rate_limit > current_setting('lealup.api_rate_limit')::int THEN
        PERFORM lealup._require_admin('set a rate_limit above lealup.api_rate_limit');
    END IF;
    INSERT INTO lealup.api_key (tenant_id, id, name, scopes, member_id, secret_hash, rate_limit, created_at, expires_at)
    VALUES (create_api_key.tenant_id, new_id, create_api_key.name, ARRAY(SELECT DISTINCT s FROM unnest(create_api_key.scopes) s ORDER BY s),
            create_api_key.member_id, sha256(convert_to(secret, 'UTF8')), create_api_key.rate_limit, clock_timestamp(), create_api_key.expires_at);
    INSERT INTO lealup.tenant_route (kind, key_hash, tenant_id) VALUES ('api_key', lealup._name_hash(new_id::text), create_api_key.tenant_id);
    PERFORM lealup._audit(create_api_key.tenant_id, 'api_key.create', 'api_key', new_id, jsonb_strip_nulls(jsonb_build_object('name', create_api_key.name,
        'scopes', create_api_key.scopes, 'member_id', create_api_key.member_id, 'expires_at', create_api_key.expires_at, 'rate_limit', create_api_key.rate_limit)));
    RETURN 'lk_' || replace(new_id::text, '-', '') || '_' || secret;
END $$;
COMMENT ON FUNCTION lealup.create_api_key(uuid, text, text[], uuid, timestamptz, int) IS
    'Makes an API key and gives it, this once: only its hash is kept. name: 1 to 200 characters. scopes: {*}, {*:read}, or such as {webhooks:read,events:write}; write covers read, and keys:write, which lets it make others, is in none but {*} and itself. member_id: it acts with exactly that member''s rights; null = for the application itself. expires_at: null = never. rate_limit: requests per second; null = lealup.api_rate_limit, above which it needs the access admin. Needs the right to administer; in an HTTP request, no scope may be one that the request''s own key has not.';

CREATE FUNCTION lealup.revoke_api_key(tenant_id uuid, api_key_id uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    moment timestamptz := clock_timestamp();
BEGIN
    PERFORM lealup._require('administer', revoke_api_key.tenant_id);
    UPDATE lealup.api_key k SET revoked_at = moment
    WHERE k.tenant_id = revoke_api_key.tenant_id AND k.id = revoke_api_key.api_key_id AND k.revoked_at IS NULL;
    IF NOT FOUND THEN
        IF EXISTS (SELECT FROM lealup.api_key k WHERE k.tenant_id = revoke_api_key.tenant_id AND k.id = revoke_api_key.api_key_id) THEN
            RETURN;
        END IF;
        RAISE EXCEPTION 'API key % does not exist', coalesce(revoke_api_key.api_key_id::text, 'null')
            USING ERRCODE = 'no_data_found', HINT = 'SELECT id, name, status FROM lealup.api_keys lists them.';
    END IF;
    PERFORM lealup._audit(revoke_api_key.tenant_id, 'api_key.revoke', 'api_key', revoke_api_key.api_key_id);
END $$;
COMMENT ON FUNCTION lealup.revoke_api_key(uuid, uuid) IS
    'Ends an API key: once this commits, requests with it are refused. Its row stays, for the audit trail. Revoking it again does nothing. Needs the right to administer.';

CREATE FUNCTION lealup._authenticate(authorization_header text, address text, OUT id uuid, OUT tenant_id uuid, OUT member_id uuid, OUT scopes text[], OUT rate_limit int,
        OUT burst int, OUT stale boolean) RETURNS record
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    -- Where its parts are is known; a regular expression that captures them would take longer than all the rest.
    token text := CASE WHEN lower(left(authorization_header, 7)) = 'bearer ' THEN btrim(substr(authorization_header, 8), ' ') END;
    well_formed boolean := length(token) = 100 AND token ~ '^lk_[0-9a-f]+_[0-9a-f]+$' AND substr(token, 36, 1) = '_';
    key_id uuid := CASE WHEN well_formed THEN substr(token, 4, 32)::uuid END;
    secret text := CASE WHEN well_formed THEN substr(token, 37) ELSE '' END;
    name_hash bytea := lealup._name_hash(key_id::text);
    k record;
BEGIN
    IF authorization_header IS NULL THEN
        PERFORM lealup._limit_stranger(address, 1);
        PERFORM lealup._http_refuse(401, 'The request needs an API key: Authorization: Bearer lk_...', NULL, '{"www-authenticate": "Bearer realm=\"lealup\""}');
    END IF;
    -- A key that is not there costs the same hash and comparison as one that is; and all that is wrong with a key looks the same.
    SELECT x.*, m.active AS member_active INTO k
    FROM lealup.tenant_route r
    JOIN lealup.api_key x ON x.tenant_id = r.tenant_id AND x.id = key_id
    LEFT JOIN lealup.member m ON m.tenant_id = x.tenant_id AND m.id = x.member_id
    WHERE r.kind = 'api_key' AND r.key_hash = name_hash;
    IF NOT lealup._equal(sha256(convert_to(secret, 'UTF8')), coalesce(k.secret_hash, '\x0000000000000000000000000000000000000000000000000000000000000000'))
        OR k.revoked_at IS NOT NULL OR k.expires_at <= clock_timestamp() OR NOT k.member_active THEN
        PERFORM lealup._limit_stranger(address, 1);
        PERFORM lealup._http_refuse(401, 'The API key is not valid: it does not exist, was revoked, has expired, or its member is not active.', NULL,
            '{"www-authenticate": "Bearer realm=\"lealup\", error=\"invalid_token\""}');
    END IF;
    id := k.id;
    tenant_id := k.tenant_id;
    member_id := k.member_id;
    scopes := k.scopes;
    rate_limit := coalesce(k.rate_limit, current_setting('lealup.api_rate_limit')::int);
    -- As many seconds' worth as for a key without a limit of its own, but always enough for the heaviest request.
    burst := greatest(10, current_setting('lealup.api_burst')::bigint * rate_limit / current_setting('lealup.api_rate_limit')::int);
    stale := coalesce(k.last_used_at < clock_timestamp() - interval '1 minute', true);
END $$;
COMMENT ON FUNCTION lealup._authenticate(text, text) IS
    'The API key that a header Authorization presents, with its limits, and whether its last use is to be noted. Ends the request with 401 if it is none that is valid, and with 429 if too many such requests came from this address.';

CREATE FUNCTION lealup._note_use(tenant_id uuid, api_key_id uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    moment timestamptz := clock_timestamp();
BEGIN
    -- Another request that notes it already is as good, and one that revokes the key is not waited for.
    PERFORM FROM lealup.api_key k WHERE k.tenant_id = _note_use.tenant_id AND k.id = _note_use.api_key_id FOR NO KEY UPDATE SKIP LOCKED;
    IF FOUND THEN
        UPDATE lealup.api_key k SET last_used_at = moment WHERE k.tenant_id = _note_use.tenant_id AND k.id = _note_use.api_key_id;
    END IF;
END $$;
COMMENT ON FUNCTION lealup._note_use(uuid, uuid) IS 'Notes that an API key was used.';
