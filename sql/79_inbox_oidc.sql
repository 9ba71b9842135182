-- Notifications that bear a token of OpenID Connect, signed by a key that the provider publishes. The sync worker fetches the keys; the
-- gateway asks nobody. A global table, of public keys: it belongs to no tenant.

CREATE TABLE lealup.oidc_key_set (
    url text NOT NULL PRIMARY KEY CHECK (length(url) <= 1000),
    keys jsonb NOT NULL DEFAULT '[]',
    fetched_at timestamptz,
    next_fetch_at timestamptz NOT NULL,
    error text
);
COMMENT ON TABLE lealup.oidc_key_set IS 'Public keys of those who sign tokens, as they publish them (RFC 7517). Fetched when first needed, each day, and when an unknown key is named, once a minute at most.';
COMMENT ON COLUMN lealup.oidc_key_set.error IS 'Why the last attempt to fetch it failed.';

CREATE FUNCTION lealup._verify_rs256(modulus bytea, exponent bytea, data bytea, signature bytea) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'lealup_verify_rs256';
COMMENT ON FUNCTION lealup._verify_rs256(bytea, bytea, bytea, bytea) IS 'Whether data was signed by RS256 (RFC 7518) with the RSA key of that modulus and exponent, which has 2048 bits at least.';

CREATE FUNCTION lealup._from_base64url(value text) RETURNS bytea
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN decode(translate(value, '-_', '+/') || repeat('=', (4 - length(value) % 4) % 4), 'base64');
COMMENT ON FUNCTION lealup._from_base64url(text) IS 'Decodes base64url without padding; raises for what is none.';

CREATE FUNCTION lealup._want_key_set(url text, now timestamptz) RETURNS boolean
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s lealup.oidc_key_set;
BEGIN
    SELECT x.* INTO s FROM lealup.oidc_key_set x WHERE x.url = _want_key_set.url;
    IF NOT FOUND THEN
        INSERT INTO lealup.oidc_key_set (url, next_fetch_at) VALUES (_want_key_set.url, _want_key_set.now) ON CONFLICT ON CONSTRAINT oidc_key_set_pkey DO NOTHING;
    ELSIF s.fetched_at > _want_key_set.now - interval '1 minute' THEN
        RETURN false;
    ELSIF s.next_fetch_at > _want_key_set.now + interval '1 minute' THEN
        UPDATE lealup.oidc_key_set x SET next_fetch_at = _want_key_set.now
        WHERE x.url = _want_key_set.url AND x.next_fetch_at = s.next_fetch_at;
    ELSE
        RETURN true;
    END IF;
    PERFORM lealup._wake('upkeep');
    RETURN true;
END $$;
COMMENT ON FUNCTION lealup._want_key_set(text, timestamptz) IS 'Has a set of keys fetched because it lacks one; false if that was done within the last minute, so that strangers cannot have it done at will.';

CREATE FUNCTION lealup._check_oidc(signature jsonb, token text, url text, options jsonb, now timestamptz, OUT status int, OUT why text)
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    leeway CONSTANT interval := '1 minute';
    parts text[] := string_to_array(token, '.');
    head jsonb;
    claims jsonb;
    key jsonb;
    expected text;
BEGIN
    status := 401;
    IF token IS NULL THEN
        why := 'it has no token';
        RETURN;
    END IF;
    BEGIN
        head := convert_from(lealup._from_base64url(parts[1]), 'UTF8')::jsonb;
        claims := convert_from(lealup._from_base64url(parts[2]), 'UTF8')::jsonb;
        IF cardinality(parts) <> 3 OR jsonb_typeof(claims) <> 'object' OR head ->> 'alg' IS DISTINCT FROM 'RS256' OR head ->> 'kid' IS NULL THEN
            why := 'its token is none that RS256 signed';
            RETURN;
        END IF;
        SELECT k INTO key FROM lealup.oidc_key_set s, jsonb_array_elements(s.keys) k
        WHERE s.url = signature ->> 'jwks' AND k ->> 'kid' = head ->> 'kid' AND k ->> 'kty' = 'RSA' AND coalesce(k ->> 'use', 'sig') = 'sig' LIMIT 1;
        -- A key that lacks a part verifies nothing.
        IF key IS NOT NULL AND lealup._verify_rs256(lealup._from_base64url(key ->> 'n'), lealup._from_base64url(key ->> 'e'),
                convert_to(parts[1] || '.' || parts[2], 'UTF8'), lealup._from_base64url(parts[3])) IS NOT TRUE THEN
            why := 'its token''s signature does not match';
            RETURN;
        END IF;
    EXCEPTION WHEN data_exception OR untranslatable_character OR program_limit_exceeded THEN
        why := 'its token cannot be read';
        RETURN;
    END;
    IF key IS NULL THEN
        why := 'its token was signed by an unknown key';
        IF lealup._want_key_set(signature ->> 'jwks', now) THEN
            status := 503;
        END IF;
        RETURN;
    END IF;

    IF coalesce(claims ->> 'exp', '') !~ '^\d{1,11}$' OR to_timestamp((claims ->> 'exp')::bigint) < now - leeway THEN
        why := 'its token has expired';
        RETURN;
    END IF;
    IF coalesce(claims ->> 'iat', '0') !~ '^\d{1,11}$' OR to_timestamp(coalesce(claims ->> 'iat', '0')::bigint) > now + leeway THEN
        why := 'its token was issued in the future';
        RETURN;
    END IF;
    IF (signature -> 'issuers' ? (claims ->> 'iss')) IS NOT TRUE THEN
        why := 'its token is from another issuer';
        RETURN;
    END IF;
    expected := CASE WHEN signature ->> 'audience' = '{url}' THEN split_part(url, '?', 1)
        WHEN signature ->> 'audience' ~ '^\{option:.*\}$' THEN options ->> substring(signature ->> 'audience' FROM '^\{option:(.*)\}$')
        ELSE signature ->> 'audience' END;
    IF (CASE jsonb_typeof(claims -> 'aud') WHEN 'array' THEN claims -> 'aud' ? expected ELSE claims ->> 'aud' = expected END) IS NOT TRUE THEN
        why := 'its token is for another audience';
        RETURN;
    END IF;
    expected := CASE WHEN signature ->> 'email' ~ '^\{option:.*\}$' THEN options ->> substring(signature ->> 'email' FROM '^\{option:(.*)\}$')
        ELSE signature ->> 'email' END;
    IF signature ? 'email' AND (claims ->> 'email' = expected AND claims ->> 'email_verified' = 'true') IS NOT TRUE THEN
        why := 'its token is of another account';
        RETURN;
    END IF;
    status := 200;
END $$;
COMMENT ON FUNCTION lealup._check_oidc(jsonb, text, text, jsonb, timestamptz) IS
    'Whether a token is what a signature of type oidc_jwt demands: status 200, or 401 with why not, or 503 while the keys are being fetched. url: of the request; options: of the connection.';

-- ----- Fetching, by the sync worker -----

CREATE FUNCTION lealup._key_set_due(now timestamptz) RETURNS text
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    s lealup.oidc_key_set;
    again timestamptz := now + interval '1 minute';
BEGIN
    SELECT x.* INTO s FROM lealup.oidc_key_set x WHERE x.next_fetch_at <= now AND EXISTS (SELECT FROM lealup.tenant t WHERE t.home = lealup.home())
    ORDER BY x.next_fetch_at LIMIT 1 FOR UPDATE SKIP LOCKED;
    -- A set of which no provider knows any more is not fetched.
    DELETE FROM lealup.oidc_key_set x WHERE x.url = s.url
        AND NOT EXISTS (SELECT FROM lealup.provider_inbound i WHERE i.signature ->> 'jwks' = s.url
            OR EXISTS (SELECT FROM jsonb_array_elements(i.handshake) h WHERE h -> 'verify' ->> 'jwks' = s.url));
    UPDATE lealup.oidc_key_set x SET next_fetch_at = again WHERE x.url = s.url;
    RETURN CASE WHEN FOUND THEN s.url END;
END $$;
COMMENT ON FUNCTION lealup._key_set_due(timestamptz) IS 'The URL of a set of keys that is to be fetched, null if there is none, or no tenant is at home here; it is tried again in a minute unless _key_set_fetched() says what came of it.';

CREATE FUNCTION lealup._key_set_fetched(url text, status int, body text, error text, now timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    found jsonb;
    problem text := error;
    tomorrow timestamptz := now + interval '1 day';
BEGIN
    IF problem IS NULL AND status <> 200 THEN
        problem := format('the answer was %s', status);
    END IF;
    IF problem IS NULL THEN
        BEGIN
            found := body::jsonb -> 'keys';
        EXCEPTION WHEN data_exception OR program_limit_exceeded OR untranslatable_character THEN
            found := NULL;
        END;
        IF jsonb_typeof(found) IS DISTINCT FROM 'array' OR jsonb_array_length(found) > 100 THEN
            problem := 'the answer is no set of keys';
        END IF;
    END IF;
    IF problem IS NULL THEN
        UPDATE lealup.oidc_key_set x SET keys = found, fetched_at = _key_set_fetched.now, next_fetch_at = tomorrow, error = NULL WHERE x.url = _key_set_fetched.url;
    ELSE
        UPDATE lealup.oidc_key_set x SET error = left(problem, 500) WHERE x.url = _key_set_fetched.url;
    END IF;
END $$;
COMMENT ON FUNCTION lealup._key_set_fetched(text, int, text, text, timestamptz) IS 'Stores a set of keys that was fetched, or why it could not be; the keys before stay then.';

CREATE FUNCTION lealup._key_set_next() RETURNS timestamptz
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    RETURN (SELECT min(s.next_fetch_at) FROM lealup.oidc_key_set s WHERE EXISTS (SELECT FROM lealup.tenant t WHERE t.home = lealup.home()));
COMMENT ON FUNCTION lealup._key_set_next() IS 'When a set of keys is to be fetched next.';
