-- Disconnecting, pausing, and what upkeep does for connections.

CREATE FUNCTION lealup.disconnect(tenant_id uuid, connection_id uuid, purge boolean DEFAULT false) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c lealup.connection := lealup._lock_connection(disconnect.tenant_id, disconnect.connection_id);
    at timestamptz := clock_timestamp();
BEGIN
    IF c.state <> 'disconnected' THEN
        PERFORM lealup._stop_connection(c);
        DELETE FROM lealup.tenant_route r USING lealup.oauth_state s
        WHERE r.tenant_id = c.tenant_id AND r.kind = 'oauth_state' AND r.key_hash = s.state_hash AND s.tenant_id = c.tenant_id AND s.connection_id = c.id;
        DELETE FROM lealup.oauth_state s WHERE s.tenant_id = c.tenant_id AND s.connection_id = c.id;
        UPDATE lealup.connection x
        SET state = 'disconnected', reason = NULL, fix = NULL, trace_id = NULL, state_since = at, token_expires_at = NULL, token_fingerprint = NULL,
            wait_reason = NULL, not_before = NULL, paused_at = NULL
        WHERE x.tenant_id = c.tenant_id AND x.id = c.id RETURNING x.* INTO c;
        -- Of a first grant that was just given it is not known yet whose it is.
        IF c.token_version = 0 THEN
            PERFORM lealup._retire_tokens(c, true, c.account_id, at);
        END IF;
        PERFORM lealup._retire_tokens(c, false, c.account_id, at);
        PERFORM lealup._end_inbound(c.tenant_id, c.id);
    END IF;
    IF disconnect.purge THEN
        UPDATE lealup.connection x SET purge_at = coalesce(x.purge_at, at) WHERE x.tenant_id = c.tenant_id AND x.id = c.id;
    END IF;
    PERFORM lealup._audit(c.tenant_id, 'connection.disconnect', 'connection', c.id, jsonb_build_object('provider', c.provider, 'purge', coalesce(disconnect.purge, false)));
    PERFORM lealup._wake('upkeep');
END $$;
COMMENT ON FUNCTION lealup.disconnect(uuid, uuid, boolean) IS
    'Ends a connection at once: nothing is read any more, its secrets are out of use, and the provider is asked to end notifications and to revoke the grant, if it can and no other connection works by the same grant; while it cannot be reached this is tried for 3 days, see connections.revoking. What was synced stays, unless purge. For the member whose it is, and admins.';

CREATE FUNCTION lealup._pause(tenant_id uuid, connection_id uuid, paused boolean) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c lealup.connection := lealup._lock_connection(_pause.tenant_id, _pause.connection_id);
    at timestamptz := clock_timestamp();
BEGIN
    IF c.state = 'disconnected' THEN
        RAISE EXCEPTION 'connection % is disconnected', c.id USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'reconnect() begins it anew.';
    END IF;
    IF (c.paused_at IS NOT NULL) = paused THEN
        RETURN;
    END IF;
    UPDATE lealup.connection x SET paused_at = CASE WHEN paused THEN at END WHERE x.tenant_id = c.tenant_id AND x.id = c.id;
    IF NOT paused THEN
        UPDATE lealup.connection_stream s SET next_run_at = at WHERE s.tenant_id = c.tenant_id AND s.connection_id = c.id AND s.claim_id IS NULL;
        PERFORM lealup._release_actions(c.tenant_id, c.id);
    END IF;
    PERFORM lealup._audit(c.tenant_id, CASE WHEN paused THEN 'connection.pause' ELSE 'connection.resume' END, 'connection', c.id);
    PERFORM lealup._wake('upkeep');
END $$;
COMMENT ON FUNCTION lealup._pause(uuid, uuid, boolean) IS 'Pauses a connection, or ends that; nothing happens if it is as it should be.';

CREATE FUNCTION lealup.pause_connection(tenant_id uuid, connection_id uuid) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    RETURN lealup._pause(tenant_id, connection_id, true);
COMMENT ON FUNCTION lealup.pause_connection(uuid, uuid) IS
    'Lets a connection read nothing until resume_connection(); its grant is kept alive. For the member whose it is, and admins.';

CREATE FUNCTION lealup.resume_connection(tenant_id uuid, connection_id uuid) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    RETURN lealup._pause(tenant_id, connection_id, false);
COMMENT ON FUNCTION lealup.resume_connection(uuid, uuid) IS 'Ends a pause: every stream goes on at once from where it was.';

-- ----- Upkeep -----

CREATE FUNCTION lealup._purge_step(now timestamptz, most int) RETURNS boolean
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c lealup.connection;
    gone bigint;
    targets text[];
BEGIN
    SELECT x.* INTO c FROM lealup.connection x JOIN lealup.tenant t ON t.tenant_id = x.tenant_id AND t.home = lealup.home()
    WHERE x.purge_at <= now AND x.state = 'disconnected' ORDER BY x.purge_at LIMIT 1 FOR UPDATE OF x SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    WITH gone AS (
        DELETE FROM lealup.sync_record r USING (SELECT x.stream, x.id FROM lealup.sync_record x WHERE x.tenant_id = c.tenant_id AND x.connection_id = c.id LIMIT most) o
        WHERE r.tenant_id = c.tenant_id AND r.connection_id = c.id AND r.stream = o.stream AND r.id = o.id RETURNING r.targets)
    SELECT count(*), array_agg(DISTINCT t) INTO gone, targets FROM gone g LEFT JOIN LATERAL unnest(g.targets) t ON true;
    IF gone > 0 THEN
        PERFORM lealup._sync_remove(c, targets);
        -- What is only marked when it was deleted at the source goes for good, unless another account still has it.
        targets := ARRAY(SELECT t FROM unnest(targets) t WHERE NOT EXISTS (SELECT FROM lealup.sync_record r
            WHERE r.tenant_id = c.tenant_id AND r.targets[1] = t AND r.deleted_at IS NULL));
        DELETE FROM lealup.meeting m USING unnest(targets) k
        WHERE m.tenant_id = c.tenant_id AND m.source = c.provider AND k LIKE 'meeting:%' AND m.external_id = substr(k, 9);
        DELETE FROM lealup.kb_document d USING unnest(targets) k
        WHERE d.tenant_id = c.tenant_id AND d.source = c.provider AND k LIKE 'kb\_document:%' AND d.external_id = substr(k, 13);
        RETURN true;
    END IF;
    -- And what it was so long ago that upkeep has forgotten the record.
    DELETE FROM lealup.meeting m WHERE m.tenant_id = c.tenant_id AND m.connection_id = c.id
      AND NOT EXISTS (SELECT FROM lealup.sync_record r WHERE r.tenant_id = c.tenant_id AND r.targets[1] = 'meeting:' || m.external_id AND r.deleted_at IS NULL);
    DELETE FROM lealup.kb_document d WHERE d.tenant_id = c.tenant_id AND d.connection_id = c.id
      AND NOT EXISTS (SELECT FROM lealup.sync_record r WHERE r.tenant_id = c.tenant_id AND r.targets[1] = 'kb_document:' || d.external_id AND r.deleted_at IS NULL);
    DELETE FROM lealup.member_account a WHERE a.tenant_id = c.tenant_id AND a.connection_id = c.id;
    DELETE FROM lealup.external_object x WHERE x.tenant_id = c.tenant_id AND x.connection_id = c.id;
    DELETE FROM lealup.external_channel x WHERE x.tenant_id = c.tenant_id AND x.connection_id = c.id;
    -- The stream that has a watch is needed to end it.
    DELETE FROM lealup.connection_stream s WHERE s.tenant_id = c.tenant_id AND s.connection_id = c.id
      AND NOT EXISTS (SELECT FROM lealup.connection_job j WHERE j.tenant_id = s.tenant_id AND j.connection_id = s.connection_id AND j.kind = 'unwatch:' || s.stream);
    UPDATE lealup.connection x SET purge_at = NULL WHERE x.tenant_id = c.tenant_id AND x.id = c.id;
    RETURN true;
END $$;
COMMENT ON FUNCTION lealup._purge_step(timestamptz, int) IS
    'Deletes what up to so many records have become that a connection has brought which was disconnected with purge, and at last its streams; false if there is nothing of the kind. What another account has brought as well stays, and so do tickets: people have worked on them.';

CREATE FUNCTION lealup._connection_upkeep(now timestamptz, most int) RETURNS boolean
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    old uuid[];
    tenants uuid[];
BEGIN
    -- States of yesterday.
    WITH gone AS (
        DELETE FROM lealup.oauth_state s
        USING (SELECT x.tenant_id, x.state_hash FROM lealup.oauth_state x JOIN lealup.tenant t ON t.tenant_id = x.tenant_id AND t.home = lealup.home()
               WHERE x.expires_at < now - interval '1 day' LIMIT most) o
        WHERE s.tenant_id = o.tenant_id AND s.state_hash = o.state_hash RETURNING s.tenant_id, s.state_hash)
    DELETE FROM lealup.tenant_route r USING gone g WHERE r.tenant_id = g.tenant_id AND r.kind = 'oauth_state' AND r.key_hash = g.state_hash;
    IF FOUND THEN
        RETURN true;
    END IF;
    -- What was begun a week ago and never was connected.
    SELECT array_agg(x.id), array_agg(x.tenant_id) INTO old, tenants FROM (
        SELECT c.id, c.tenant_id FROM lealup.connection c JOIN lealup.tenant t ON t.tenant_id = c.tenant_id AND t.home = lealup.home()
        WHERE c.state IN ('pending', 'error') AND c.state_since < now - interval '7 days' AND c.account_id IS NULL AND c.token_version = 0
          AND NOT EXISTS (SELECT FROM lealup.connection_job j WHERE j.tenant_id = c.tenant_id AND j.connection_id = c.id)
          AND NOT EXISTS (SELECT FROM lealup.connection_stream s WHERE s.tenant_id = c.tenant_id AND s.connection_id = c.id)
          AND NOT EXISTS (SELECT FROM lealup.oauth_state s WHERE s.tenant_id = c.tenant_id AND s.connection_id = c.id)
        LIMIT most FOR UPDATE OF c SKIP LOCKED) x;
    IF old IS NOT NULL THEN
        DELETE FROM lealup.vault_secret v USING unnest(tenants, old) o(tenant_id, id) WHERE v.tenant_id = o.tenant_id AND v.owner_id = o.id;
        DELETE FROM lealup.connection c USING unnest(tenants, old) o(tenant_id, id) WHERE c.tenant_id = o.tenant_id AND c.id = o.id;
        RETURN true;
    END IF;
    RETURN lealup._purge_step(now, most);
END $$;
COMMENT ON FUNCTION lealup._connection_upkeep(timestamptz, int) IS
    'One bounded piece of upkeep of connections; false if there is none: forgets states of more than a day, what was begun more than a week ago and never was connected, and what disconnected connections have brought that is to be purged.';
