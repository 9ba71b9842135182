-- What a connection's states mean: how it becomes connected, how it stops, and what becomes of its secrets. All of it is called with the
-- connection's row locked, which is locked before its jobs and streams.

CREATE FUNCTION lealup._acting_member(tenant_id uuid) RETURNS uuid
    LANGUAGE sql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp
    RETURN coalesce((lealup._bound_member(tenant_id)).id, lealup._chosen_member());
COMMENT ON FUNCTION lealup._acting_member(uuid) IS 'The member who acts in a tenant; null = the application itself.';

CREATE FUNCTION lealup._lock_connection(tenant_id uuid, connection_id uuid, owner_only boolean DEFAULT false) RETURNS lealup.connection
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c lealup.connection;
BEGIN
    PERFORM lealup._require('edit', _lock_connection.tenant_id);
    SELECT x.* INTO c FROM lealup.connection x WHERE x.tenant_id = _lock_connection.tenant_id AND x.id = _lock_connection.connection_id FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'connection % does not exist', coalesce(_lock_connection.connection_id::text, 'null')
            USING ERRCODE = 'no_data_found', HINT = 'SELECT id, provider, state FROM lealup.connections lists them.';
    END IF;
    IF c.kind = 'personal' AND c.member_id = coalesce(lealup._acting_member(c.tenant_id), c.member_id) THEN
        RETURN c;
    END IF;
    IF c.kind = 'personal' AND owner_only THEN
        RAISE EXCEPTION 'permission denied: the connection is another member''s' USING ERRCODE = 'insufficient_privilege',
            DETAIL = 'Personal connections are made by each member for themselves.';
    END IF;
    PERFORM lealup._require('administer', c.tenant_id);
    RETURN c;
END $$;
COMMENT ON FUNCTION lealup._lock_connection(uuid, uuid, boolean) IS
    'Locks and gives a connection that the acting role may manage: a personal one its member, or (unless owner_only) an admin; a workspace one an admin. Raises insufficient_privilege or no_data_found.';

-- ----- Secrets -----

CREATE FUNCTION lealup._keep_sealed(tenant_id uuid, connection_id uuid, purpose text, sealed jsonb, now timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM lealup.vault_secret v
    WHERE v.tenant_id = _keep_sealed.tenant_id AND v.owner_id = _keep_sealed.connection_id AND v.purpose = _keep_sealed.purpose;
    INSERT INTO lealup.vault_secret (tenant_id, id, owner_id, purpose, ciphertext, created_at)
    VALUES (_keep_sealed.tenant_id, (sealed ->> 'id')::uuid, _keep_sealed.connection_id, _keep_sealed.purpose, decode(sealed ->> 'ciphertext', 'hex'), now);
END $$;
COMMENT ON FUNCTION lealup._keep_sealed(uuid, uuid, text, jsonb, timestamptz) IS
    'Stores what was sealed outside SQL ({"id": vault secret id, "ciphertext": hex}) as a connection''s only secret for a purpose.';

CREATE FUNCTION lealup._rename_secret(tenant_id uuid, connection_id uuid, purpose text, new_purpose text) RETURNS boolean
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM lealup.vault_secret v
        WHERE v.tenant_id = _rename_secret.tenant_id AND v.owner_id = _rename_secret.connection_id AND v.purpose = _rename_secret.purpose) THEN
        RETURN false;
    END IF;
    DELETE FROM lealup.vault_secret v
    WHERE v.tenant_id = _rename_secret.tenant_id AND v.owner_id = _rename_secret.connection_id AND v.purpose = _rename_secret.new_purpose;
    UPDATE lealup.vault_secret v SET purpose = _rename_secret.new_purpose
    WHERE v.tenant_id = _rename_secret.tenant_id AND v.owner_id = _rename_secret.connection_id AND v.purpose = _rename_secret.purpose;
    RETURN true;
END $$;
COMMENT ON FUNCTION lealup._rename_secret(uuid, uuid, text, text) IS
    'Gives a connection''s secret another purpose, in place of what had that; false if there is none. A ciphertext is bound to its row, not to its purpose.';

CREATE FUNCTION lealup._forget_secrets(tenant_id uuid, connection_id uuid, VARIADIC purposes text[]) RETURNS void
    LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    DELETE FROM lealup.vault_secret v
    WHERE v.tenant_id = _forget_secrets.tenant_id AND v.owner_id = _forget_secrets.connection_id AND v.purpose = ANY (_forget_secrets.purposes);
END;
COMMENT ON FUNCTION lealup._forget_secrets(uuid, uuid, text[]) IS 'Deletes a connection''s secrets for these purposes.';

CREATE FUNCTION lealup._credential_field(p lealup.provider, options jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
    RETURN CASE WHEN p.auth <> 'none' THEN jsonb_strip_nulls(jsonb_build_object(
        'in', p.credential -> 'in', 'name', p.credential -> 'name', 'prefix', p.credential -> 'prefix',
        'user', CASE WHEN p.credential ? 'user' THEN options ->> (p.credential ->> 'user') END,
        'secret', CASE WHEN p.auth IN ('oauth2', 'app_jwt') THEN 'access_token' ELSE coalesce(p.credential ->> 'secret', (
            SELECT f.value ->> 'name' FROM jsonb_array_elements(p.fields) WITH ORDINALITY f(value, n) WHERE f.value ->> 'secret' = 'true' ORDER BY f.n LIMIT 1)) END)) END;
COMMENT ON FUNCTION lealup._credential_field(lealup.provider, jsonb) IS
    'The field by which requests of a connection with these options carry its credential; null if it has none. The secret is the access token, else the one that credential.secret names, else the first secret field.';

-- ----- Grants that connections share -----

CREATE FUNCTION lealup._grant_lives(c lealup.connection, account_id text) RETURNS boolean
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    -- To the provider a client is its id there, which is that of several rows: one for each provider of the group, and for each tenant that entered it.
    -- Of an account that is not known yet, it may be that of any of them.
    SELECT EXISTS (
        SELECT FROM lealup.provider p JOIN lealup.provider q ON q.grant_group = p.grant_group
        JOIN lealup.oauth_client m ON m.tenant_id = (c).client_tenant_id AND m.id = (c).client_id
        JOIN lealup.connection o ON o.provider = q.name
        JOIN lealup.oauth_client n ON n.tenant_id = o.client_tenant_id AND n.id = o.client_id AND n.client_id = m.client_id
        WHERE p.name = (c).provider AND o.state <> 'disconnected'
          AND (_grant_lives.account_id IS NULL OR o.account_id = _grant_lives.account_id)
          AND EXISTS (SELECT FROM lealup.vault_secret v WHERE v.tenant_id = o.tenant_id AND v.owner_id = o.id AND v.purpose IN ('access_token', 'refresh_token')));
END;
COMMENT ON FUNCTION lealup._grant_lives(lealup.connection, text) IS
    'Whether a connection that is not disconnected works by the same grant: one of the provider''s grant group, of the same client and account. To revoke it would end that one, too.';

CREATE FUNCTION lealup._retire_tokens(c lealup.connection, fresh boolean, account_id text, now timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    p lealup.provider;
    prefix text := CASE WHEN fresh THEN 'new_' ELSE '' END;
    credential text;
    needed text[] := '{}';
    held text[];
    unwatched bigint := 0;
    revocable boolean;
    moved boolean := false;
    purpose text;
    fallback timestamptz := now + interval '5 minutes';
BEGIN
    SELECT x.* INTO p FROM lealup.provider x WHERE x.name = c.provider;
    credential := lealup._credential_field(p, c.options) ->> 'secret';
    SELECT array_agg(substr(v.purpose, length(prefix) + 1)) INTO held FROM lealup.vault_secret v
    WHERE v.tenant_id = c.tenant_id AND v.owner_id = c.id AND left(v.purpose, length(prefix)) = prefix;
    IF p.grant_group IS NOT NULL THEN
        -- Of two that end at the same time the later one sees that it is the last.
        PERFORM pg_advisory_xact_lock(hashtextextended(p.grant_group, 0));
    END IF;
    revocable := p.revoke IS NOT NULL AND held && ARRAY['access_token', 'refresh_token', credential] AND NOT lealup._grant_lives(c, account_id);
    IF revocable THEN
        needed := ARRAY(SELECT replace(f ->> 'secret', 'revoke_token', 'refresh_token') FROM jsonb_array_elements(p.revoke -> 'fields') f WHERE f ->> 'owner' IS DISTINCT FROM 'client');
        IF coalesce(p.revoke ->> 'anonymous', 'false') <> 'true' THEN
            needed := needed || credential;
        END IF;
        IF 'refresh_token' = ANY (needed) AND NOT 'refresh_token' = ANY (held) THEN
            needed := needed || 'access_token'::text;
        END IF;
    END IF;
    IF NOT fresh THEN
        INSERT INTO lealup.connection_job (tenant_id, connection_id, kind, due_at)
        SELECT s.tenant_id, s.connection_id, 'unwatch:' || s.stream, now
        FROM lealup.connection_stream s
        JOIN lealup.provider_stream d ON d.provider = c.provider AND d.name = s.stream AND d.unwatch_request IS NOT NULL
        WHERE s.tenant_id = c.tenant_id AND s.connection_id = c.id AND s.watch IS NOT NULL
        ON CONFLICT DO NOTHING;
        GET DIAGNOSTICS unwatched = ROW_COUNT;
        IF unwatched > 0 THEN
            needed := needed || credential;
        END IF;
    END IF;
    FOREACH purpose IN ARRAY ARRAY(SELECT DISTINCT n FROM unnest(needed) n WHERE n = ANY (held)) LOOP
        moved := lealup._rename_secret(c.tenant_id, c.id, prefix || purpose, 'revoke_' || purpose);
    END LOOP;
    DELETE FROM lealup.vault_secret v
    WHERE v.tenant_id = c.tenant_id AND v.owner_id = c.id
      AND CASE WHEN fresh THEN left(v.purpose, 4) = 'new_' ELSE left(v.purpose, 7) <> 'revoke_' END;
    IF moved AND revocable THEN
        -- After the ends of the notifications, which need the token; but not forever.
        INSERT INTO lealup.connection_job AS j (tenant_id, connection_id, kind, due_at, state, created_at)
        VALUES (c.tenant_id, c.id, 'revoke', CASE WHEN unwatched > 0 THEN fallback ELSE now END, jsonb_build_object('account_id', account_id), now)
        ON CONFLICT ON CONSTRAINT connection_job_pkey DO UPDATE
        SET due_at = excluded.due_at, state = excluded.state, created_at = excluded.created_at, attempts = 0, claim_id = NULL, lease_until = NULL, error = NULL;
    END IF;
END $$;
COMMENT ON FUNCTION lealup._retire_tokens(lealup.connection, boolean, text, timestamptz) IS
    'Takes a connection''s secrets (fresh: the tokens that it was just given) out of use at once. What is needed to end notifications and to revoke the grant at the provider is kept for that, under purposes that begin with revoke_; all else is deleted. Nothing is revoked by which another connection works. account_id: whose grant it is; null = not known.';

CREATE FUNCTION lealup._stop_connection(c lealup.connection) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM lealup.connection_job j
    WHERE j.tenant_id = c.tenant_id AND j.connection_id = c.id AND j.kind <> 'revoke' AND j.kind NOT LIKE 'unwatch:%';
    UPDATE lealup.connection_stream s SET claim_id = NULL, lease_until = NULL
    WHERE s.tenant_id = c.tenant_id AND s.connection_id = c.id AND (s.claim_id IS NOT NULL OR s.lease_until IS NOT NULL);
END $$;
COMMENT ON FUNCTION lealup._stop_connection(lealup.connection) IS
    'Ends what a connection was doing: its jobs, but those of its end, are gone, and workers that have a lease of it change nothing any more.';

-- ----- Transitions -----

CREATE FUNCTION lealup._connection_problem(tenant_id uuid, connection_id uuid, reason text, trace_id uuid, now timestamptz, fix text DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c lealup.connection;
    said text := left(_connection_problem.reason, 2000);
    title text;
BEGIN
    SELECT x.* INTO c FROM lealup.connection x
    WHERE x.tenant_id = _connection_problem.tenant_id AND x.id = _connection_problem.connection_id AND x.state <> 'disconnected' FOR UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    PERFORM lealup._stop_connection(c);
    UPDATE lealup.connection x
    SET state = 'error', reason = said, fix = left(_connection_problem.fix, 2000), trace_id = _connection_problem.trace_id,
        state_since = CASE WHEN x.state = 'error' THEN x.state_since ELSE _connection_problem.now END, wait_reason = NULL, not_before = NULL
    WHERE x.tenant_id = c.tenant_id AND x.id = c.id;
    RAISE LOG 'lealup: connection % (%) stopped, trace_id %: %', c.id, c.provider, _connection_problem.trace_id, said;
    -- What never worked has not stopped working: whoever is connecting it is told there and then.
    IF c.state = 'connected' THEN
        PERFORM lealup._emit_all(ARRAY[ROW(c.tenant_id, 'integration.disconnected', NULL,
            json_build_object('integration', c.provider, 'reason', said, 'connection_id', c.id, 'subscription_id', NULL), NULL)::lealup._emission]);
        SELECT p.title INTO title FROM lealup.provider p WHERE p.name = c.provider;
        INSERT INTO lealup.notification (tenant_id, channel, text)
        VALUES (c.tenant_id, 'integrations', concat_ws(' ', coalesce(title, c.provider), CASE WHEN c.account_name IS NOT NULL THEN format('(%s)', c.account_name) END,
            'is disconnected:', said, _connection_problem.fix));
    END IF;
END $$;
COMMENT ON FUNCTION lealup._connection_problem(uuid, uuid, text, uuid, timestamptz, text) IS
    'Puts a connection into state error, for a reason (and with a fix) in words for people, and stops what it was doing. Whoever listens to integration.disconnected hears of it once, if it was connected, and so does the team. Nothing happens to one that is disconnected.';

CREATE FUNCTION lealup._connection_established(tenant_id uuid, connection_id uuid, now timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c lealup.connection;
    since timestamptz;
BEGIN
    UPDATE lealup.connection x
    SET state = 'connected', reason = NULL, fix = NULL, trace_id = NULL, wait_reason = NULL, not_before = NULL,
        state_since = CASE WHEN x.state = 'connected' THEN x.state_since ELSE _connection_established.now END
    WHERE x.tenant_id = _connection_established.tenant_id AND x.id = _connection_established.connection_id RETURNING x.* INTO c;
    since := _connection_established.now - c.backfill;
    INSERT INTO lealup.connection_stream AS s (tenant_id, connection_id, stream, mode, since, next_run_at)
    SELECT c.tenant_id, c.id, d.name, CASE WHEN d.backfill THEN 'backfill' ELSE 'incremental' END, since, _connection_established.now
    FROM lealup.provider_stream d WHERE d.provider = c.provider
    -- What it knows of an earlier time goes on from there.
    ON CONFLICT ON CONSTRAINT connection_stream_pkey DO UPDATE SET next_run_at = excluded.next_run_at, failures = 0, last_error = NULL;
    INSERT INTO lealup.connection_job (tenant_id, connection_id, kind, due_at)
    SELECT c.tenant_id, c.id, 'watch:' || d.name, _connection_established.now
    FROM lealup.provider_stream d WHERE d.provider = c.provider AND d.watch_request IS NOT NULL
    ON CONFLICT DO NOTHING;
    PERFORM lealup._release_actions(c.tenant_id, c.id);
    PERFORM lealup._wake('upkeep');
END $$;
COMMENT ON FUNCTION lealup._connection_established(uuid, uuid, timestamptz) IS
    'Puts a connection into state connected: its streams are there and due, and where the provider can notify us it is asked to.';

CREATE FUNCTION lealup._plan_refresh(c lealup.connection, now timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    p lealup.provider;
    due timestamptz;
BEGIN
    SELECT x.* INTO p FROM lealup.provider x WHERE x.name = c.provider;
    IF p.refresh = 'none' OR p.auth <> 'app_jwt' AND NOT EXISTS (SELECT FROM lealup.vault_secret v WHERE v.tenant_id = c.tenant_id AND v.owner_id = c.id AND v.purpose = 'refresh_token') THEN
        DELETE FROM lealup.connection_job j WHERE j.tenant_id = c.tenant_id AND j.connection_id = c.id AND j.kind = 'refresh';
        RETURN;
    END IF;
    -- Ahead of the end by 10 % of its life or 5 minutes, whichever is more; of a life that is shorter than that, in its middle.
    due := least(now + p.keep_alive * 0.8, c.token_expires_at - least((c.token_expires_at - now) / 2, greatest(interval '5 minutes', (c.token_expires_at - now) * 0.1)));
    INSERT INTO lealup.connection_job AS j (tenant_id, connection_id, kind, due_at)
    VALUES (c.tenant_id, c.id, 'refresh', coalesce(due, 'infinity'))
    ON CONFLICT ON CONSTRAINT connection_job_pkey DO UPDATE
    SET due_at = excluded.due_at, claim_id = NULL, lease_until = NULL, attempts = 0, error = NULL, state = j.state - '{failures,invalid_grants,previous,waits_for}'::text[];
END $$;
COMMENT ON FUNCTION lealup._plan_refresh(lealup.connection, timestamptz) IS
    'Makes the job that refreshes a connection''s access token due ahead of its end, or ahead of that of an idle grant; at infinity if nothing says when. None if there is nothing to refresh with.';
