-- Messages of lead syncs, many at once; and records of their log that are to be tried again.

CREATE FUNCTION lealup._take_leads(tenant_id uuid, connection_id uuid, name text, message_ids uuid[], now timestamptz) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET enable_hashjoin = on SET jit = off AS $$
#variable_conflict use_column
DECLARE
    waits CONSTANT interval[] := '{10 s,1 min,5 min,30 min,2 hours}';
    message_of uuid[];
    tried int[];
    messages jsonb[];
    c lealup.connection;
    handler text;
    calls jsonb[];
    gave jsonb[] := '{}';
    problems text[] := '{}';
    records jsonb[];
    ids uuid[];
    trouble text;
    context text;
    trace uuid;
    ended boolean;
BEGIN
    -- Before what depends on it, as everywhere.
    SELECT x.* INTO c FROM lealup.connection x WHERE x.tenant_id = _take_leads.tenant_id AND x.id = _take_leads.connection_id FOR NO KEY UPDATE;
    SELECT array_agg((x.m).id), array_agg((x.m).attempts), array_agg(lealup._inbound_message(x.m)) INTO message_of, tried, messages
    FROM (SELECT m FROM lealup.inbox m WHERE m.tenant_id = _take_leads.tenant_id AND m.id = ANY (message_ids) AND m.status = 'pending' AND m.next_attempt_at <= now
          ORDER BY m.id FOR NO KEY UPDATE SKIP LOCKED) x;
    IF messages IS NULL THEN
        RETURN 0;
    END IF;
    ended := c.state = 'disconnected' OR NOT EXISTS (SELECT FROM lealup.lead_sync s WHERE s.tenant_id = c.tenant_id AND s.id = c.id AND s.removed_at IS NULL);
    IF NOT ended THEN
        SELECT i.handler INTO handler FROM lealup.provider_inbound i WHERE i.provider = c.provider AND i.name = _take_leads.name;
        calls := array_fill(lealup._inbound_call(c, _take_leads.name, now), ARRAY[cardinality(messages)]);
        SELECT e.results, e.problems INTO gave, problems FROM lealup._call_provider_each(handler, calls, messages) e;
        SELECT array_agg(r.value ORDER BY g.n, r.n), array_agg(g.id ORDER BY g.n, r.n) INTO records, ids
        FROM unnest(gave, message_of) WITH ORDINALITY g(value, id, n)
        CROSS JOIN LATERAL jsonb_array_elements(CASE jsonb_typeof(g.value -> 'leads') WHEN 'array' THEN g.value -> 'leads' ELSE '[]' END) WITH ORDINALITY r(value, n);
        BEGIN
            IF records IS NOT NULL THEN
                PERFORM lealup._apply_leads(c.tenant_id, c.id, records, 'webhook', current_setting('lealup.public_url') || '/v1/inbound/…', messages => ids, now => now);
            END IF;
        EXCEPTION WHEN OTHERS THEN
            GET STACKED DIAGNOSTICS trouble = MESSAGE_TEXT, context = PG_EXCEPTION_CONTEXT;
            trace := gen_random_uuid();
            RAISE LOG 'lealup: % notifications of connection % failed, trace %', cardinality(messages), c.id, trace USING DETAIL = left(context, 2000);
        END;
        IF trouble IS NOT NULL AND cardinality(messages) > 1 THEN
            -- One that cannot be applied is no reason for the others to wait.
            PERFORM lealup._take_leads(c.tenant_id, c.id, _take_leads.name, ARRAY[i], now) FROM unnest(message_of) i;
            RETURN cardinality(messages);
        END IF;
    END IF;
    UPDATE lealup.inbox x
    SET status = o.status, attempts = o.attempts, next_attempt_at = coalesce(o.again, x.next_attempt_at), error = left(coalesce(o.problem, o.ignored), 2000), trace_id = trace
    FROM (SELECT m.id, m.attempts + 1 AS attempts, p.problem, p.ignored, CASE WHEN p.problem IS NOT NULL THEN now + waits[m.attempts + 1] END AS again,
              CASE WHEN p.problem IS NULL THEN CASE WHEN p.ignored IS NULL THEN 'done' ELSE 'ignored' END WHEN waits[m.attempts + 1] IS NULL THEN 'failed' ELSE 'pending' END AS status
          FROM unnest(message_of, tried, gave, problems) m(id, attempts, gave, problem)
          CROSS JOIN LATERAL (SELECT coalesce(trouble, m.problem) AS problem, CASE WHEN ended THEN 'the connection has ended'
              WHEN jsonb_typeof(m.gave -> 'leads') IS DISTINCT FROM 'array' THEN coalesce(left(m.gave ->> 'ignore', 500), 'there is no lead in it') END AS ignored OFFSET 0) p) o
    WHERE x.tenant_id = _take_leads.tenant_id AND x.id = o.id;
    RETURN cardinality(messages);
END $$;
COMMENT ON FUNCTION lealup._take_leads(uuid, uuid, text, uuid[], timestamptz) IS
    'Has a provider''s function understand messages of one connection and kind, and a lead sync apply all that they bring at once; gives how many, without those that are locked. What fails is tried again as other notifications are; if all fail together, each is tried by itself.';

CREATE FUNCTION lealup._inbox_due_together(tenants uuid[], now timestamptz) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    most CONSTANT int := 1000;
    share int := greatest(1, most / greatest(1, cardinality(tenants)));
    batch record;
    done bigint := lealup._lead_sync_due(now, most);
BEGIN
    FOR batch IN
        SELECT q.tenant_id, q.connection_id, q.name, array_agg(q.id ORDER BY q.id) AS ids
        FROM unnest(tenants[:most]) t(id) CROSS JOIN LATERAL (
            SELECT x.tenant_id, x.id, x.connection_id, x.name FROM lealup.inbox x
            WHERE x.tenant_id = t.id AND x.status = 'pending' AND x.next_attempt_at <= now ORDER BY x.next_attempt_at, x.id LIMIT share) q
        JOIN lealup.connection c ON c.tenant_id = q.tenant_id AND c.id = q.connection_id
        JOIN lealup.provider_inbound i ON i.provider = c.provider AND i.name = q.name AND i.takes IS NOT NULL
        GROUP BY 1, 2, 3
    LOOP
        done := done + lealup._take_leads(batch.tenant_id, batch.connection_id, batch.name, batch.ids, now);
    END LOOP;
    RETURN done;
END $$;
COMMENT ON FUNCTION lealup._inbox_due_together(uuid[], timestamptz) IS
    'Works off notifications that are taken many at once, up to 1,000 of these tenants, each having its share, and records of lead syncs that are to be tried again; gives how many.';

-- ----- Trying again -----

CREATE FUNCTION lealup._lead_sync_due(now timestamptz, max_rows int) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    sync record;
    ids uuid[];
    records jsonb[];
    done bigint := 0;
    problem text;
BEGIN
    FOR sync IN
        SELECT s.tenant_id, s.id FROM lealup.lead_sync s JOIN lealup.tenant t ON t.tenant_id = s.tenant_id AND t.home = lealup.home()
        WHERE s.removed_at IS NULL AND EXISTS (SELECT FROM lealup.lead_sync_record r WHERE r.tenant_id = s.tenant_id AND r.sync_id = s.id AND r.next_attempt_at <= now)
        ORDER BY random() LIMIT 20
    LOOP
        PERFORM FROM lealup.connection c WHERE c.tenant_id = sync.tenant_id AND c.id = sync.id FOR NO KEY UPDATE SKIP LOCKED;
        CONTINUE WHEN NOT FOUND;
        SELECT array_agg(x.id ORDER BY x.id), array_agg(x.request ORDER BY x.id) INTO ids, records FROM (
            -- What says no time of its own is as old as it is, and overwrites nothing that came after it.
            SELECT r.id, CASE WHEN r.request ?| '{modified_at,version,versions}' THEN r.request
                ELSE r.request || jsonb_build_object('modified_at', lealup._rfc3339(r.received_at)) END AS request FROM lealup.lead_sync_record r
            WHERE r.tenant_id = sync.tenant_id AND r.sync_id = sync.id AND r.next_attempt_at <= now ORDER BY r.next_attempt_at, r.id LIMIT max_rows FOR NO KEY UPDATE SKIP LOCKED) x;
        CONTINUE WHEN ids IS NULL;
        BEGIN
            PERFORM lealup._apply_leads(sync.tenant_id, sync.id, records, retried => ids, now => now);
        EXCEPTION WHEN OTHERS THEN
            GET STACKED DIAGNOSTICS problem = MESSAGE_TEXT;
            RAISE LOG 'lealup: records of lead sync % could not be tried again: %', sync.id, problem;
            -- One that cannot be applied is no reason for the others to wait: from now on each is tried by itself, at a time of its own.
            UPDATE lealup.lead_sync_record r SET attempts = r.attempts + 1, reason = left(problem, 2000),
                next_attempt_at = CASE WHEN cardinality(ids) > 1 THEN now + o.n * interval '1 s' WHEN r.attempts < 10 THEN now + interval '1 min' END
            FROM unnest(ids) WITH ORDINALITY o(id, n) WHERE r.tenant_id = sync.tenant_id AND r.id = o.id;
        END;
        done := done + cardinality(ids);
    END LOOP;
    RETURN done;
END $$;
COMMENT ON FUNCTION lealup._lead_sync_due(timestamptz, int) IS 'Tries records of lead syncs again that are due, up to max_rows of each of 20 syncs; gives how many.';

CREATE FUNCTION lealup._lead_sync_next() RETURNS timestamptz
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT min(n.next_attempt_at) FROM (SELECT DISTINCT s.tenant_id FROM lealup.lead_sync s JOIN lealup.tenant t ON t.tenant_id = s.tenant_id AND t.home = lealup.home()) t
    CROSS JOIN LATERAL (SELECT r.next_attempt_at FROM lealup.lead_sync_record r WHERE r.tenant_id = t.tenant_id AND r.next_attempt_at IS NOT NULL ORDER BY r.next_attempt_at LIMIT 1) n;
END;
COMMENT ON FUNCTION lealup._lead_sync_next() IS 'When the next record of a lead sync is to be tried again; null if there is none.';

CREATE FUNCTION lealup.retry_lead_sync_record(tenant_id uuid, record_id uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    at timestamptz := clock_timestamp();
    r lealup.lead_sync_record;
BEGIN
    PERFORM lealup._require('edit', retry_lead_sync_record.tenant_id), lealup._require_lead_sync(retry_lead_sync_record.tenant_id);
    SELECT x.* INTO r FROM lealup.lead_sync_record x WHERE x.tenant_id = retry_lead_sync_record.tenant_id AND x.id = retry_lead_sync_record.record_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'record % does not exist', coalesce(retry_lead_sync_record.record_id::text, 'null') USING ERRCODE = 'no_data_found', HINT = 'SELECT * FROM lealup.lead_sync_records lists them.';
    END IF;
    PERFORM lealup._lock_lead_sync(r.tenant_id, r.sync_id);
    IF r.status NOT IN ('failed', 'skipped') OR r.request IS NULL THEN
        RAISE EXCEPTION 'record % cannot be retried: it is %', r.id, CASE WHEN r.request IS NULL THEN 'too large to be kept' ELSE r.status END USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    UPDATE lealup.lead_sync_record x SET next_attempt_at = at WHERE x.tenant_id = r.tenant_id AND x.id = r.id;
    PERFORM lealup._audit(r.tenant_id, 'lead_sync.retry', 'lead_sync_record', r.id), lealup._wake('upkeep');
END $$;
COMMENT ON FUNCTION lealup.retry_lead_sync_record(uuid, uuid) IS
    'Has a record that failed or was skipped applied again, at once, by what is set and mapped now. For those who have access to lead syncs.';

CREATE FUNCTION lealup.retry_lead_sync(tenant_id uuid, sync_id uuid, skipped boolean DEFAULT false) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    at timestamptz := clock_timestamp();
    n bigint;
BEGIN
    PERFORM lealup._require('edit', retry_lead_sync.tenant_id), lealup._require_lead_sync(retry_lead_sync.tenant_id);
    PERFORM lealup._lock_lead_sync(retry_lead_sync.tenant_id, retry_lead_sync.sync_id);
    UPDATE lealup.lead_sync_record r SET next_attempt_at = at
    WHERE r.tenant_id = retry_lead_sync.tenant_id AND r.sync_id = retry_lead_sync.sync_id AND r.request IS NOT NULL
      AND (r.status = 'failed' OR retry_lead_sync.skipped AND r.status = 'skipped');
    GET DIAGNOSTICS n = ROW_COUNT;
    PERFORM lealup._audit(retry_lead_sync.tenant_id, 'lead_sync.retry_all', 'lead_sync', retry_lead_sync.sync_id, jsonb_build_object('records', n, 'skipped', coalesce(retry_lead_sync.skipped, false))),
        lealup._wake('upkeep');
    RETURN n;
END $$;
COMMENT ON FUNCTION lealup.retry_lead_sync(uuid, uuid, boolean) IS
    'Has all records of a sync that failed applied again, and with skipped those that were skipped, by what is set and mapped now; gives how many. For those who have access to lead syncs.';
