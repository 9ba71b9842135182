-- The inbox: notifications that providers send to the gateway. Each connection has a URL of its own, whose path holds a secret, and
-- usually a shared secret by which its messages are signed.

CREATE TABLE lealup.inbound_token (
    tenant_id uuid NOT NULL,
    token_hash bytea NOT NULL,
    connection_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    PRIMARY KEY (tenant_id, token_hash),
    FOREIGN KEY (tenant_id, connection_id) REFERENCES lealup.connection ON DELETE CASCADE
);
CREATE INDEX ON lealup.inbound_token (tenant_id, connection_id);
COMMENT ON TABLE lealup.inbound_token IS 'The SHA-256 of what stands in the URLs for connections'' notifications. tenant_route finds the tenant; the URL itself is in the vault, for the requests that tell it to the provider.';
COMMENT ON COLUMN lealup.inbound_token.expires_at IS 'A replaced URL is valid until then; null = it is the present one.';

-- No foreign key: it would cost a look-up, and a lock on the connection, per message. It is made by who has just read the connection.
CREATE TABLE lealup.inbox (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    connection_id uuid NOT NULL,
    name text NOT NULL,
    received_at timestamptz NOT NULL,
    dedupe_key text NOT NULL,
    headers jsonb NOT NULL,
    body bytea,
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'done', 'failed', 'ignored')),
    attempts int NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL,
    error text,
    trace_id uuid,
    UNIQUE (tenant_id, connection_id, dedupe_key)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX ON lealup.inbox (tenant_id, connection_id, id);
CREATE INDEX inbox_due ON lealup.inbox (tenant_id, next_attempt_at, id) WHERE status = 'pending';
ALTER TABLE lealup.inbox ADD PRIMARY KEY (tenant_id, id);
COMMENT ON TABLE lealup.inbox IS 'Notifications that were verified. A row is made before the provider is answered, and understood afterwards by the sync worker.';
COMMENT ON COLUMN lealup.inbox.name IS 'Which of the provider''s kinds of notifications (provider_inbound) it is.';
COMMENT ON COLUMN lealup.inbox.dedupe_key IS 'What its repetitions have in common.';
COMMENT ON COLUMN lealup.inbox.headers IS '{lower-case name: value}, without what proves who sent it.';
COMMENT ON COLUMN lealup.inbox.body IS 'As it came, but for a secret in it, which is replaced by asterisks.';
COMMENT ON COLUMN lealup.inbox.status IS 'pending: to be understood, or to be tried again; done; ignored: the provider''s function says that it is of no interest; failed: see retry_inbound().';
COMMENT ON COLUMN lealup.inbox.error IS 'Why it failed, the last time; of an ignored one, why it is.';
COMMENT ON COLUMN lealup.inbox.trace_id IS 'Under which the server''s log has the error.';

CREATE TABLE lealup.inbound_refusal (
    tenant_id uuid NOT NULL,
    connection_id uuid NOT NULL,
    refused bigint NOT NULL,
    last_at timestamptz NOT NULL,
    reason text NOT NULL,
    PRIMARY KEY (tenant_id, connection_id),
    FOREIGN KEY (tenant_id, connection_id) REFERENCES lealup.connection ON DELETE CASCADE
);
COMMENT ON TABLE lealup.inbound_refusal IS 'How many requests to a connection''s URL could not be verified. Nothing else of them is kept; the gateway writes it every few seconds.';
COMMENT ON COLUMN lealup.inbound_refusal.reason IS 'What was wrong with the last one.';

CREATE VIEW lealup.inbound_messages WITH (security_invoker) AS
SELECT m.tenant_id, m.id, m.connection_id, m.name, m.received_at, m.status, m.attempts,
       CASE WHEN m.status = 'pending' THEN m.next_attempt_at END AS next_attempt_at, m.error, m.trace_id, m.dedupe_key
FROM lealup.inbox m;
COMMENT ON VIEW lealup.inbound_messages IS 'Notifications of providers, and what became of them; without what they say.';

-- ----- The URL and the secret -----

CREATE FUNCTION lealup._inbound_connection(tenant_id uuid, connection_id uuid) RETURNS lealup.connection
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c lealup.connection;
BEGIN
    PERFORM lealup._require('edit', _inbound_connection.tenant_id);
    SELECT x.* INTO c FROM lealup.connection x
    WHERE x.tenant_id = _inbound_connection.tenant_id AND x.id = _inbound_connection.connection_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'connection % does not exist', coalesce(_inbound_connection.connection_id::text, 'null')
            USING ERRCODE = 'no_data_found', HINT = 'SELECT id, provider, state FROM lealup.connection lists them.';
    END IF;
    IF c.member_id IS DISTINCT FROM lealup.current_member() OR c.member_id IS NULL THEN
        PERFORM lealup._require('administer', c.tenant_id);
    END IF;
    IF c.state = 'disconnected' THEN
        RAISE EXCEPTION 'connection % is disconnected', c.id
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Connect the provider again.';
    END IF;
    IF NOT EXISTS (SELECT FROM lealup.provider_inbound i WHERE i.provider = c.provider) THEN
        RAISE EXCEPTION 'provider "%" sends no notifications', c.provider USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    RETURN c;
END $$;
COMMENT ON FUNCTION lealup._inbound_connection(uuid, uuid) IS
    'A connection whose notifications the acting member may set up (their own one; of the others admins), locked. Raises no_data_found, insufficient_privilege, or object_not_in_prerequisite_state if it is disconnected or its provider sends none.';

CREATE FUNCTION lealup._make_inbound_url(tenant_id uuid, connection_id uuid, old_until timestamptz) RETURNS text
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    base text := current_setting('lealup.public_url');
    -- Of hexadecimal digits alone, so that nobody encodes it in a way of their own.
    token text := encode(lealup._random_bytes(32), 'hex');
    hash bytea := sha256(convert_to(token, 'UTF8'));
    url text := base || '/v1/inbound/' || token;
BEGIN
    IF base = '' THEN
        RAISE EXCEPTION 'lealup.public_url is not set'
            USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = 'Without it providers could not be told where to send notifications.',
                  HINT = 'ALTER SYSTEM SET lealup.public_url = ''https://hub.example.com'', the URL by which the gateway is reached from outside, and reload the configuration.';
    END IF;
    UPDATE lealup.inbound_token t SET expires_at = old_until
    WHERE t.tenant_id = _make_inbound_url.tenant_id AND t.connection_id = _make_inbound_url.connection_id AND coalesce(t.expires_at, 'infinity') > old_until;
    INSERT INTO lealup.inbound_token (tenant_id, token_hash, connection_id, created_at)
    VALUES (_make_inbound_url.tenant_id, hash, _make_inbound_url.connection_id, clock_timestamp());
    INSERT INTO lealup.tenant_route (kind, key_hash, tenant_id) VALUES ('inbound', hash, _make_inbound_url.tenant_id);
    -- Only the present one is told to providers.
    DELETE FROM lealup.vault_secret v
    WHERE v.tenant_id = _make_inbound_url.tenant_id AND v.owner_id = _make_inbound_url.connection_id AND v.purpose = 'inbound_url';
    PERFORM lealup._store_secret(_make_inbound_url.tenant_id, _make_inbound_url.connection_id, 'inbound_url', url);
    RETURN url;
END $$;
COMMENT ON FUNCTION lealup._make_inbound_url(uuid, uuid, timestamptz) IS
    'Makes the URL for a connection''s notifications and gives it; earlier ones are valid until old_until. Raises object_not_in_prerequisite_state if lealup.public_url is not set.';

CREATE FUNCTION lealup._generate_inbound_secret(provider text) RETURNS text
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM lealup.provider_inbound i WHERE i.provider = _generate_inbound_secret.provider AND i.signature ->> 'key_format' = 'base64') THEN
        RETURN lealup._generate_secret();
    END IF;
    -- Hexadecimal stands in headers, forms and JSON as it is, and fits the shortest limits.
    RETURN encode(lealup._random_bytes(20), 'hex');
END $$;
COMMENT ON FUNCTION lealup._generate_inbound_secret(text) IS 'A new shared secret, of the format that the provider''s signatures want.';

CREATE FUNCTION lealup._store_inbound_secret(tenant_id uuid, connection_id uuid, secret text, old_until timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- Two are valid at a time: of those before, the newest.
    DELETE FROM lealup.vault_secret v
    WHERE v.tenant_id = _store_inbound_secret.tenant_id AND v.owner_id = _store_inbound_secret.connection_id AND v.purpose = 'inbound_secret'
      AND (old_until <= clock_timestamp() OR v.expires_at IS NOT NULL);
    UPDATE lealup.vault_secret v SET expires_at = old_until
    WHERE v.tenant_id = _store_inbound_secret.tenant_id AND v.owner_id = _store_inbound_secret.connection_id AND v.purpose = 'inbound_secret';
    PERFORM lealup._store_secret(_store_inbound_secret.tenant_id, _store_inbound_secret.connection_id, 'inbound_secret', secret);
END $$;
COMMENT ON FUNCTION lealup._store_inbound_secret(uuid, uuid, text, timestamptz) IS 'Stores the shared secret of a connection''s notifications; the one before is valid until old_until.';

CREATE FUNCTION lealup._renew_watches(tenant_id uuid, connection_id uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    at timestamptz := clock_timestamp();
BEGIN
    UPDATE lealup.connection_job j SET due_at = at
    WHERE j.tenant_id = _renew_watches.tenant_id AND j.connection_id = _renew_watches.connection_id AND j.kind LIKE 'watch:%' AND j.claim_id IS NULL AND j.due_at > at;
    PERFORM lealup._wake('upkeep');
END $$;
COMMENT ON FUNCTION lealup._renew_watches(uuid, uuid) IS 'Asks the provider anew for a connection''s notifications, because their URL or secret is another.';

CREATE FUNCTION lealup.inbound_url(tenant_id uuid, connection_id uuid, rotate boolean DEFAULT false, overlap interval DEFAULT '7 days') RETURNS text
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c lealup.connection := lealup._inbound_connection(tenant_id, connection_id);
    until timestamptz := clock_timestamp() + overlap;
    url text;
BEGIN
    IF overlap IS NULL OR overlap < '0' OR overlap > '30 days' THEN
        RAISE EXCEPTION 'overlap must be 0 to 30 days' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF rotate IS NOT TRUE AND EXISTS (SELECT FROM lealup.inbound_token t WHERE t.tenant_id = c.tenant_id AND t.connection_id = c.id AND t.expires_at IS NULL) THEN
        RAISE EXCEPTION 'connection % has a URL for notifications, which is not shown again', c.id
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'rotate => true replaces it; the old one stays valid for the time of overlap.';
    END IF;
    url := lealup._make_inbound_url(c.tenant_id, c.id, until);
    PERFORM lealup._renew_watches(c.tenant_id, c.id);
    PERFORM lealup._audit(c.tenant_id, 'connection.inbound_url', 'connection', c.id, jsonb_build_object('rotate', coalesce(rotate, false)));
    RETURN url;
END $$;
COMMENT ON FUNCTION lealup.inbound_url(uuid, uuid, boolean, interval) IS
    'Makes the URL to which a provider sends a connection''s notifications, and gives it, this once: it holds a secret. rotate: replaces the one that there is, which stays valid for the time of overlap (0 to 30 days). Raises object_not_in_prerequisite_state if lealup.public_url is not set, or if there is one already. For the member whose connection it is, and admins.';

CREATE FUNCTION lealup.set_inbound_secret(tenant_id uuid, connection_id uuid, secret text DEFAULT NULL, overlap interval DEFAULT '1 day') RETURNS text
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c lealup.connection := lealup._inbound_connection(tenant_id, connection_id);
    new_secret text := coalesce(secret, lealup._generate_inbound_secret(c.provider));
BEGIN
    IF overlap IS NULL OR overlap < '0' OR overlap > '30 days' THEN
        RAISE EXCEPTION 'overlap must be 0 to 30 days' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    -- Some providers make the secret, and not all make long ones.
    IF length(new_secret) NOT BETWEEN 8 AND 1000 OR new_secret ~ '[^ -~]' THEN
        RAISE EXCEPTION 'secret must have 8 to 1000 printable ASCII characters' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM lealup._store_inbound_secret(c.tenant_id, c.id, new_secret, clock_timestamp() + overlap);
    PERFORM lealup._renew_watches(c.tenant_id, c.id);
    PERFORM lealup._audit(c.tenant_id, 'connection.inbound_secret', 'connection', c.id, jsonb_build_object('overlap', overlap));
    RETURN CASE WHEN secret IS NULL THEN new_secret END;
END $$;
COMMENT ON FUNCTION lealup.set_inbound_secret(uuid, uuid, text, interval) IS
    'Sets the secret by which a provider signs a connection''s notifications. secret: what the provider shows, 8 to 1000 characters; null = generated and given back, this once, to be entered there. overlap: how long the one before is valid as well (0 to 30 days). For the member whose connection it is, and admins.';

CREATE FUNCTION lealup._prepare_inbound(tenant_id uuid, connection_id uuid) RETURNS boolean
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c lealup.connection;
BEGIN
    SELECT x.* INTO c FROM lealup.connection x
    WHERE x.tenant_id = _prepare_inbound.tenant_id AND x.id = _prepare_inbound.connection_id AND x.state <> 'disconnected' FOR NO KEY UPDATE;
    IF NOT FOUND OR current_setting('lealup.public_url') = ''
        OR NOT EXISTS (SELECT FROM lealup.provider_inbound i WHERE i.provider = c.provider) THEN
        RETURN false;
    END IF;
    IF NOT EXISTS (SELECT FROM lealup.inbound_token t WHERE t.tenant_id = c.tenant_id AND t.connection_id = c.id AND t.expires_at IS NULL) THEN
        PERFORM lealup._make_inbound_url(c.tenant_id, c.id, clock_timestamp());
    END IF;
    IF NOT EXISTS (SELECT FROM lealup.vault_secret v WHERE v.tenant_id = c.tenant_id AND v.owner_id = c.id AND v.purpose = 'inbound_secret' AND v.expires_at IS NULL) THEN
        PERFORM lealup._store_inbound_secret(c.tenant_id, c.id, lealup._generate_inbound_secret(c.provider), clock_timestamp());
    END IF;
    RETURN true;
END $$;
COMMENT ON FUNCTION lealup._prepare_inbound(uuid, uuid) IS
    'Makes URL and secret for a connection''s notifications unless they are there, so that a request for them can name both (inbound_url, inbound_secret); false if there can be none: lealup.public_url is not set, or the provider sends none.';

CREATE FUNCTION lealup._end_inbound(tenant_id uuid, connection_id uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    WITH gone AS (
        DELETE FROM lealup.inbound_token t WHERE t.tenant_id = _end_inbound.tenant_id AND t.connection_id = _end_inbound.connection_id RETURNING t.token_hash)
    DELETE FROM lealup.tenant_route r USING gone g WHERE r.tenant_id = _end_inbound.tenant_id AND r.kind = 'inbound' AND r.key_hash = g.token_hash;
    DELETE FROM lealup.vault_secret v
    WHERE v.tenant_id = _end_inbound.tenant_id AND v.owner_id = _end_inbound.connection_id AND v.purpose IN ('inbound_url', 'inbound_secret');
END $$;
COMMENT ON FUNCTION lealup._end_inbound(uuid, uuid) IS 'Forgets URLs and secrets of a connection''s notifications; the gateway then knows them no more.';

-- ----- Upkeep -----

CREATE FUNCTION lealup._forget_inbound(now timestamptz, max_rows int) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    dealt_with uuid := lealup.uuid7_floor(_forget_inbound.now - make_interval(days => current_setting('lealup.inbox_retention')::int));
    any_other uuid := lealup.uuid7_floor(_forget_inbound.now - make_interval(days => 30 + current_setting('lealup.inbox_retention')::int));
    forgotten bigint;
    more bigint;
BEGIN
    DELETE FROM lealup.inbox m
    USING (SELECT o.tenant_id, o.id FROM lealup.tenant t CROSS JOIN LATERAL (
               SELECT x.tenant_id, x.id FROM lealup.inbox x
               WHERE x.tenant_id = t.tenant_id AND x.id < dealt_with AND (x.status IN ('done', 'ignored') OR x.id < any_other)) o
           WHERE t.home = lealup.home() LIMIT max_rows) old
    WHERE m.tenant_id = old.tenant_id AND m.id = old.id;
    GET DIAGNOSTICS forgotten = ROW_COUNT;
    WITH gone AS (
        DELETE FROM lealup.inbound_token k
        USING (SELECT o.tenant_id, o.token_hash FROM lealup.inbound_token o JOIN lealup.tenant t ON t.tenant_id = o.tenant_id AND t.home = lealup.home()
               WHERE o.expires_at < _forget_inbound.now LIMIT max_rows) old
        WHERE k.tenant_id = old.tenant_id AND k.token_hash = old.token_hash
        RETURNING k.tenant_id, k.token_hash)
    DELETE FROM lealup.tenant_route r USING gone g WHERE r.tenant_id = g.tenant_id AND r.kind = 'inbound' AND r.key_hash = g.token_hash;
    GET DIAGNOSTICS more = ROW_COUNT;
    RETURN forgotten + more;
END $$;
COMMENT ON FUNCTION lealup._forget_inbound(timestamptz, int) IS
    'Deletes up to max_rows notifications that were dealt with lealup.inbox_retention days ago, or that failed 30 days before that, and URLs that were replaced; gives how many.';
