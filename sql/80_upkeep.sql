-- Upkeep of the logs: leaves made ahead, old ones dropped; and of what goes with them.

CREATE FUNCTION lealup._retention(retention_class smallint) RETURNS interval
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN make_interval(days => current_setting(CASE retention_class WHEN 90 THEN 'lealup.log_retention_scale' ELSE 'lealup.log_retention' END)::int);
COMMENT ON FUNCTION lealup._retention(smallint) IS 'How long rows of a retention class are kept: lealup.log_retention or lealup.log_retention_scale.';

CREATE FUNCTION lealup._logs() RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ARRAY['event', 'delivery_attempt', 'audit', 'sync_run'];
COMMENT ON FUNCTION lealup._logs() IS 'The logs: tables that only grow, with a branch for each retention class and in it a leaf for each day.';

CREATE FUNCTION lealup._leaf_name(log text, retention_class int, day date) RETURNS name
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN format('%s_%s_p%s', log, retention_class, to_char(day, 'YYYYMMDD'));
COMMENT ON FUNCTION lealup._leaf_name(text, int, date) IS 'The name of the leaf of a log for a class and a day (UTC).';

CREATE FUNCTION lealup._make_leaf(log text, retention_class int, day date) RETURNS boolean
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '200ms' AS $$
DECLARE
    leaf name := lealup._leaf_name(log, retention_class, day);
    branch name := format('%s_%s', log, retention_class);
    low uuid := lealup.uuid7_floor(day::timestamp AT TIME ZONE 'UTC');
    high uuid := lealup.uuid7_floor((day + 1)::timestamp AT TIME ZONE 'UTC');
BEGIN
    IF to_regclass(format('lealup.%I', leaf)) IS NOT NULL THEN
        RETURN false;
    END IF;
    -- No new row may come into DEFAULT between emptying it and attaching the leaf.
    EXECUTE format('LOCK TABLE ONLY lealup.%I IN ACCESS EXCLUSIVE MODE', branch || '_default');
    EXECUTE format('CREATE TABLE lealup.%I (LIKE lealup.%I INCLUDING ALL)', leaf, branch || '_default');
    EXECUTE format('WITH gone AS (DELETE FROM lealup.%I WHERE id >= %L AND id < %L RETURNING *) INSERT INTO lealup.%I SELECT * FROM gone',
        branch || '_default', low, high, leaf);
    -- Whoever is granted the leaf, by default privileges for example, sees nothing in it: access goes by the parent.
    EXECUTE format('ALTER TABLE lealup.%I ENABLE ROW LEVEL SECURITY', leaf);
    EXECUTE format('ALTER TABLE lealup.%I ATTACH PARTITION lealup.%I FOR VALUES FROM (%L) TO (%L)', branch, leaf, low, high);
    RETURN true;
END $$;
COMMENT ON FUNCTION lealup._make_leaf(text, int, date) IS
    'Makes and attaches the leaf of a day (UTC), and moves there what DEFAULT holds of it; false if it is there. Waits at most 0.2 s for locks.';

CREATE FUNCTION lealup._missing_leaves(now timestamptz) RETURNS TABLE (log text, retention_class int, day date)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    -- Leaves are made only where a tenant is at home, so that none is in the way of pg_restore. Never for today: a session that
    -- is inserting into DEFAULT while the leaf of its row is attached gets an error.
    SELECT l.log, c.class, d.day::date
    FROM unnest(lealup._logs()) l(log),
         (VALUES (30), (90)) c(class),
         generate_series((now AT TIME ZONE 'UTC')::date + 1, (now AT TIME ZONE 'UTC')::date + 3, interval '1 day') d(day)
    WHERE EXISTS (SELECT FROM lealup.tenant t WHERE t.home = lealup.home() AND lealup._retention_class(t.plan) = c.class)
      AND to_regclass(format('lealup.%I', lealup._leaf_name(l.log, c.class, d.day::date))) IS NULL
    ORDER BY 3, 1, 2;
END;
COMMENT ON FUNCTION lealup._missing_leaves(timestamptz) IS 'Leaves of the next three days that are not there yet.';

CREATE FUNCTION lealup._old_leaves(now timestamptz) RETURNS TABLE (branch text, leaf text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT p.relname::text, c.relname::text
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent
    WHERE p.relnamespace = 'lealup'::regnamespace AND c.relnamespace = p.relnamespace
      AND p.relname ~ '_(30|90)$' AND left(p.relname::text, -3) = ANY (lealup._logs()) AND c.relname ~ '_p[0-9]{8}$'
      AND EXISTS (SELECT FROM lealup.tenant t WHERE t.home = lealup.home())
      AND (to_date(right(c.relname::text, 8), 'YYYYMMDD') + 1)::timestamp AT TIME ZONE 'UTC'
          < now - lealup._retention(right(p.relname::text, 2)::smallint);
END;
COMMENT ON FUNCTION lealup._old_leaves(timestamptz) IS 'Leaves whose every row is older than its retention.';

CREATE FUNCTION lealup._drop_leaf(branch text, leaf text) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '200ms' AS $$
BEGIN
    EXECUTE format('ALTER TABLE lealup.%I DETACH PARTITION lealup.%I', branch, leaf);
    EXECUTE format('DROP TABLE lealup.%I', leaf);
END $$;
COMMENT ON FUNCTION lealup._drop_leaf(text, text) IS 'Detaches and drops a leaf. Waits at most 0.2 s for locks.';

CREATE FUNCTION lealup._empty_default(now timestamptz) RETURNS boolean
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    log text;
    class int;
    oldest uuid;
BEGIN
    IF NOT EXISTS (SELECT FROM lealup.tenant t WHERE t.home = lealup.home()) THEN
        RETURN false;
    END IF;
    FOREACH log IN ARRAY lealup._logs() LOOP
        FOREACH class IN ARRAY ARRAY[30, 90] LOOP
            EXECUTE format('SELECT id FROM lealup.%I WHERE lealup.uuid7_time(id) IS NOT NULL ORDER BY id LIMIT 1', format('%s_%s_default', log, class)) INTO oldest;
            CONTINUE WHEN oldest IS NULL OR lealup.uuid7_time(oldest) >= date_trunc('day', now - interval '1 hour', 'UTC');
            IF lealup._make_leaf(log, class, (lealup.uuid7_time(oldest) AT TIME ZONE 'UTC')::date) THEN
                RETURN true;
            END IF;
        END LOOP;
    END LOOP;
    RETURN false;
END $$;
COMMENT ON FUNCTION lealup._empty_default(timestamptz) IS
    'Moves the oldest past day that a DEFAULT leaf holds (the first day, a restored one, or one of missed upkeep) to a leaf of its own; true if there was one.';

CREATE FUNCTION lealup._upkeep(now timestamptz) RETURNS boolean
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    work record;
BEGIN
    IF lealup._finish_held(5000, now) > 0 THEN
        RETURN true;
    END IF;
    IF lealup._empty_default(now) THEN
        RETURN true;
    END IF;
    SELECT * INTO work FROM lealup._missing_leaves(now) LIMIT 1;
    IF FOUND THEN
        PERFORM lealup._make_leaf(work.log, work.retention_class, work.day);
        RETURN true;
    END IF;
    SELECT * INTO work FROM lealup._old_leaves(now) LIMIT 1;
    IF FOUND THEN
        PERFORM lealup._drop_leaf(work.branch, work.leaf);
        RETURN true;
    END IF;
    IF lealup._forget_uploads(now) THEN
        RETURN true;
    END IF;
    DELETE FROM lealup.event_key k
    USING (SELECT o.tenant_id, o.idempotency_key
           FROM lealup.tenant t
           CROSS JOIN LATERAL (SELECT x.tenant_id, x.idempotency_key FROM lealup.event_key x
                               WHERE x.tenant_id = t.tenant_id AND x.created_at < now - lealup._retention(lealup._retention_class(t.plan))) o
           WHERE t.home = lealup.home() LIMIT 5000) old
    WHERE k.tenant_id = old.tenant_id AND k.idempotency_key = old.idempotency_key;
    IF FOUND THEN
        RETURN true;
    END IF;
    IF lealup._forget_inbound(now, 5000) > 0 THEN
        RETURN true;
    END IF;
    IF lealup._forget_skipped_runs(5000, now) > 0 OR lealup._forget_answers(now, 5000) > 0 THEN
        RETURN true;
    END IF;
    IF lealup._forget_lead_sync(now, 5000) > 0 THEN
        RETURN true;
    END IF;
    IF lealup._mail_upkeep(now, 5000) > 0 THEN
        RETURN true;
    END IF;
    IF lealup._forget_synced(now, 5000) > 0 OR lealup._forget_told(now, 5000) > 0 THEN
        RETURN true;
    END IF;
    IF lealup._connection_upkeep(now, 5000) THEN
        RETURN true;
    END IF;
    DELETE FROM lealup.vault_secret v
    USING (SELECT o.tenant_id, o.id FROM lealup.vault_secret o JOIN lealup.tenant t ON t.tenant_id = o.tenant_id AND t.home = lealup.home()
           WHERE o.expires_at < now LIMIT 5000) old
    WHERE v.tenant_id = old.tenant_id AND v.id = old.id;
    RETURN FOUND;
END $$;
COMMENT ON FUNCTION lealup._upkeep(timestamptz) IS
    'Does one bounded piece of upkeep and gives true, or false if there is none left: ends held deliveries, empties DEFAULT, makes leaves ahead, drops old leaves, forgets uploads that were abandoned, old idempotency keys, skipped runs, kept answers of the HTTP API, old notifications, what is settled or gone of syncs, what the team was told by rules, what is left of connections, old logs of lead syncs, old mails, and expired secrets. Tenants of another home are left alone.';
