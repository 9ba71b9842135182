-- The vault: secrets, the keys that encrypt them, and what an administrator does with these keys.

CREATE TABLE lealup.vault_key (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    wrapping_key_id bytea NOT NULL,
    wrapped bytea NOT NULL,
    public_key bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    retired_at timestamptz,
    rewrap_requested_at timestamptz,
    rewrapped_at timestamptz,
    problem text,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX ON lealup.vault_key (tenant_id, id) WHERE retired_at IS NOT NULL;
CREATE INDEX ON lealup.vault_key (tenant_id, id) WHERE rewrap_requested_at IS NOT NULL AND rewrapped_at IS NULL;
COMMENT ON TABLE lealup.vault_key IS 'Data keys of tenants, each wrapped by a key-encryption key. The tenant of zeros is the installation: it has the key of its own secrets and, where the key-encryption key is in a KMS, the key pairs that backends seal secrets to.';
COMMENT ON COLUMN lealup.vault_key.wrapping_key_id IS 'The key-encryption key: eight bytes that identify one of a file or command, or the ARN of a key in KMS.';
COMMENT ON COLUMN lealup.vault_key.public_key IS 'Of a key pair, the half that backends need.';
COMMENT ON COLUMN lealup.vault_key.retired_at IS 'Since when nothing new is encrypted by it: rotate_data_key().';
COMMENT ON COLUMN lealup.vault_key.rewrap_requested_at IS 'When rewrap() was last called; rewrapped_at: when it was done; problem: why it could not be done when it was last tried.';

CREATE TABLE lealup.vault_secret (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    owner_id uuid NOT NULL,
    purpose text NOT NULL CHECK (length(purpose) BETWEEN 1 AND 100),
    ciphertext bytea NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX ON lealup.vault_secret (tenant_id, owner_id);
CREATE INDEX ON lealup.vault_secret (tenant_id, id) WHERE get_byte(ciphertext, 0) = 1;
COMMENT ON TABLE lealup.vault_secret IS 'Secrets, each bound by its associated data to (tenant_id, id): first sealed to the installation''s public key, then re-encrypted by a worker under the tenant''s data key.';
COMMENT ON COLUMN lealup.vault_secret.expires_at IS 'A replaced signing secret still signs, beside the new one, until then.';

CREATE FUNCTION lealup._store_secret(tenant_id uuid, owner_id uuid, purpose text, secret text) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    new_id uuid := lealup.uuid7();
BEGIN
    INSERT INTO lealup.vault_secret (tenant_id, id, owner_id, purpose, ciphertext, created_at)
    VALUES (_store_secret.tenant_id, new_id, _store_secret.owner_id, _store_secret.purpose,
            lealup._seal(_store_secret.tenant_id, new_id, _store_secret.secret), clock_timestamp());
    PERFORM lealup._wake('upkeep');
END $$;
COMMENT ON FUNCTION lealup._store_secret(uuid, uuid, text, text) IS 'Seals a secret and stores it.';

-- ----- For administrators -----

CREATE FUNCTION lealup._is_vault_tenant(tenant_id uuid) RETURNS boolean
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN tenant_id = '00000000-0000-0000-0000-000000000000'
        OR EXISTS (SELECT FROM lealup.tenant t WHERE t.tenant_id = _is_vault_tenant.tenant_id AND t.home = lealup.home());
COMMENT ON FUNCTION lealup._is_vault_tenant(uuid) IS 'Whether keys are this database''s to look after: those of tenants at home here, and the installation''s own.';

CREATE FUNCTION lealup.rewrap() RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    requested timestamptz := clock_timestamp();
    asked bigint;
BEGIN
    PERFORM lealup._require_admin('rewrap keys');
    UPDATE lealup.vault_key k SET rewrap_requested_at = requested, rewrapped_at = NULL, problem = NULL WHERE lealup._is_vault_tenant(k.tenant_id);
    GET DIAGNOSTICS asked = ROW_COUNT;
    PERFORM lealup._audit(t.tenant_id, 'vault.rewrap', 'tenant', t.tenant_id)
    FROM lealup.tenant t WHERE t.home = lealup.home() AND EXISTS (SELECT FROM lealup.vault_key k WHERE k.tenant_id = t.tenant_id);
    PERFORM lealup._audit(NULL, 'vault.rewrap', 'tenant', NULL);
    PERFORM lealup._wake('upkeep');
    RETURN asked;
END $$;
COMMENT ON FUNCTION lealup.rewrap() IS
    'Asks that every data key be wrapped by the key-encryption key that the settings name now; gives how many there are. A worker does it, one key per transaction; the ciphertexts stay as they are. rewrap_status() tells how far it is. Needs the access admin.';

CREATE FUNCTION lealup.rewrap_status(OUT requested_at timestamptz, OUT total bigint, OUT done bigint, OUT failed bigint, OUT problem text, OUT sealed bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lealup._require_admin('see the state of keys');
    SELECT max(k.rewrap_requested_at) INTO requested_at FROM lealup.vault_key k WHERE lealup._is_vault_tenant(k.tenant_id);
    SELECT count(*), count(k.rewrapped_at), count(k.problem), string_agg(DISTINCT k.problem, '; ') INTO total, done, failed, problem
    FROM lealup.vault_key k WHERE k.rewrap_requested_at = rewrap_status.requested_at AND lealup._is_vault_tenant(k.tenant_id);
    SELECT count(*) INTO sealed FROM lealup.vault_secret v WHERE get_byte(v.ciphertext, 0) = 1 AND lealup._is_vault_tenant(v.tenant_id);
END $$;
COMMENT ON FUNCTION lealup.rewrap_status() IS
    'How far the last rewrap() is: when it was asked for (null: never), the keys there are, those that are done, those that failed when last tried (they are tried again) and why, and the secrets that no worker has re-encrypted yet. The earlier key can go when done = total and sealed = 0. Needs the access admin.';

CREATE FUNCTION lealup.rotate_data_key(tenant_id uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    retired timestamptz := clock_timestamp();
BEGIN
    PERFORM lealup._require_admin('rotate a data key');
    IF rotate_data_key.tenant_id IS NOT NULL AND NOT EXISTS (SELECT FROM lealup.tenant t WHERE t.tenant_id = rotate_data_key.tenant_id) THEN
        RAISE EXCEPTION 'tenant % does not exist', rotate_data_key.tenant_id USING ERRCODE = 'no_data_found';
    END IF;
    UPDATE lealup.vault_key k SET retired_at = retired
    WHERE k.tenant_id = coalesce(rotate_data_key.tenant_id, '00000000-0000-0000-0000-000000000000') AND k.retired_at IS NULL;
    PERFORM lealup._audit(rotate_data_key.tenant_id, 'vault.rotate_data_key', 'tenant', rotate_data_key.tenant_id);
    PERFORM lealup._wake('upkeep');
END $$;
COMMENT ON FUNCTION lealup.rotate_data_key(uuid) IS
    'Retires a tenant''s data key: a worker makes a new one, re-encrypts the tenant''s secrets under it, and deletes the old one. tenant_id null: the installation''s, and under KMS also the key pair to which secrets are sealed, of which the old one stays, since what was sealed to it may be committed later. Needs the access admin.';

-- ----- For workers -----

CREATE FUNCTION lealup._sealed_secrets(after_tenant uuid, after_id uuid) RETURNS TABLE (tenant_id uuid, id uuid, ciphertext bytea, key_id uuid, wrapped bytea)
    LANGUAGE sql STABLE AS $$
    SELECT v.tenant_id, v.id, v.ciphertext, k.id, k.wrapped
    FROM lealup.vault_secret v
    LEFT JOIN LATERAL (SELECT x.id, x.wrapped FROM lealup.vault_key x WHERE x.tenant_id = v.tenant_id AND x.retired_at IS NULL AND x.public_key IS NULL
                       ORDER BY x.id DESC LIMIT 1) k ON true
    WHERE get_byte(v.ciphertext, 0) = 1 AND (v.tenant_id, v.id) > (after_tenant, after_id) AND lealup._is_vault_tenant(v.tenant_id)
    ORDER BY v.tenant_id, v.id
    LIMIT 1
$$;
COMMENT ON FUNCTION lealup._sealed_secrets(uuid, uuid) IS
    'The first secret behind a position that is still sealed to the installation''s public key (its first byte is 1), with its tenant''s newest data key.';

CREATE FUNCTION lealup._secrets_of_retired_keys(after_tenant uuid, after_id uuid)
    RETURNS TABLE (tenant_id uuid, id uuid, ciphertext bytea, key_id uuid, wrapped bytea, old_key_id uuid, old_wrapped bytea)
    LANGUAGE sql STABLE AS $$
    SELECT v.tenant_id, v.id, v.ciphertext, k.id, k.wrapped, r.id, r.wrapped
    FROM lealup.vault_key r
    JOIN lealup.vault_secret v ON v.tenant_id = r.tenant_id AND substr(v.ciphertext, 1, 17) = '\x02'::bytea || uuid_send(r.id)
    LEFT JOIN LATERAL (SELECT x.id, x.wrapped FROM lealup.vault_key x WHERE x.tenant_id = v.tenant_id AND x.retired_at IS NULL AND x.public_key IS NULL
                       ORDER BY x.id DESC LIMIT 1) k ON true
    WHERE r.retired_at IS NOT NULL AND (v.tenant_id, v.id) > (after_tenant, after_id) AND lealup._is_vault_tenant(r.tenant_id)
    ORDER BY v.tenant_id, v.id
    LIMIT 1
$$;
COMMENT ON FUNCTION lealup._secrets_of_retired_keys(uuid, uuid) IS 'The first secret behind a position that is encrypted by a retired data key, with its tenant''s newest data key (null: none yet) and the retired one.';

CREATE FUNCTION lealup._keys_to_rewrap(after_tenant uuid, after_id uuid) RETURNS TABLE (tenant_id uuid, id uuid, wrapped bytea)
    LANGUAGE sql STABLE AS $$
    SELECT k.tenant_id, k.id, k.wrapped
    FROM lealup.vault_key k
    WHERE k.rewrap_requested_at IS NOT NULL AND k.rewrapped_at IS NULL AND (k.tenant_id, k.id) > (after_tenant, after_id) AND lealup._is_vault_tenant(k.tenant_id)
    ORDER BY k.tenant_id, k.id
    LIMIT 1
$$;
COMMENT ON FUNCTION lealup._keys_to_rewrap(uuid, uuid) IS 'The first key behind a position that rewrap() asked for and that is not done.';

CREATE FUNCTION lealup._forget_retired_keys() RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    DELETE FROM lealup.vault_key k
    WHERE k.retired_at IS NOT NULL AND k.public_key IS NULL AND lealup._is_vault_tenant(k.tenant_id)
      AND NOT EXISTS (SELECT FROM lealup.vault_secret v WHERE v.tenant_id = k.tenant_id AND substr(v.ciphertext, 1, 17) = '\x02'::bytea || uuid_send(k.id));
END;
COMMENT ON FUNCTION lealup._forget_retired_keys() IS 'Deletes retired data keys by which nothing is encrypted any more; a key pair stays. Only the worker that calls it encrypts by them.';
