-- What notifications mean: the sync worker asks the provider's function, and does what it says.

CREATE FUNCTION lealup._form_fields(body text) RETURNS jsonb
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT coalesce(jsonb_object_agg(f.name, f.value), '{}') FROM (
        SELECT lealup._percent_decode(split_part(p, '=', 1), true) AS name, lealup._percent_decode(substr(p, strpos(p || '=', '=') + 1), true) AS value
        FROM unnest(string_to_array(body, '&')) p) f WHERE f.name IS NOT NULL);
END $$;
COMMENT ON FUNCTION lealup._form_fields(text) IS 'The fields of an encoded form, {name: value}; null for a value that is no text.';

CREATE FUNCTION lealup._inbound_call(c lealup.connection, name text, now timestamptz) RETURNS jsonb
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN jsonb_build_object('now', to_char(now AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'name', name,
        'connection', jsonb_build_object('id', c.id, 'provider', c.provider, 'account_id', c.account_id, 'account_name', c.account_name,
            'options', c.options, 'facts', c.facts, 'scopes', to_jsonb(c.scopes)));
COMMENT ON FUNCTION lealup._inbound_call(lealup.connection, text, timestamptz) IS 'The first argument of a provider''s function that handles notifications.';

CREATE FUNCTION lealup._inbound_message(m lealup.inbox) RETURNS jsonb
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    document jsonb;
    content text;
BEGIN
    IF m.headers ->> 'content-type' ILIKE 'application/x-www-form-urlencoded%' THEN
        document := lealup._form_fields(lealup._printable(m.body));
    ELSE
        document := lealup._inbound_json(m.body);
        IF document IS NULL THEN
            content := lealup._printable(m.body);
        END IF;
    END IF;
    RETURN jsonb_build_object('headers', m.headers, 'body', document, 'text', content);
END $$;
COMMENT ON FUNCTION lealup._inbound_message(lealup.inbox) IS 'The second argument of a provider''s function that handles notifications.';

CREATE FUNCTION lealup._hint_streams(tenant_id uuid, connection_id uuid, streams text[], account_id text, now timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    targets uuid[];
BEGIN
    -- Connections before their streams, as everywhere.
    SELECT array_agg(x.id) INTO targets FROM (
        SELECT target.id FROM lealup.connection source
        JOIN lealup.connection target ON target.tenant_id = source.tenant_id AND target.provider = source.provider
            AND CASE WHEN account_id IS NULL THEN target.id = source.id ELSE target.account_id = account_id END
        WHERE source.tenant_id = _hint_streams.tenant_id AND source.id = _hint_streams.connection_id
        ORDER BY target.id FOR NO KEY UPDATE OF target) x;
    -- One that is at it is not taken up a second time; it looks once more when it has come to its end.
    UPDATE lealup.connection_stream s SET hinted_at = now, next_run_at = CASE WHEN s.claim_id IS NULL THEN least(s.next_run_at, now) ELSE s.next_run_at END
    WHERE s.tenant_id = _hint_streams.tenant_id AND s.connection_id = ANY (targets) AND s.stream = ANY (streams) AND s.paused_at IS NULL;
    PERFORM lealup._wake('upkeep');
END $$;
COMMENT ON FUNCTION lealup._hint_streams(uuid, uuid, text[], text, timestamptz) IS
    'Has streams read soon because their provider says that there is news: those of the connection, or of all of the tenant''s connections to the same provider with that account.';

CREATE FUNCTION lealup._apply_inbound(m lealup.inbox, result jsonb, now timestamptz) RETURNS text
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    unknown text;
    not_done text;
    stream record;
BEGIN
    SELECT string_agg(k, ', ' ORDER BY k) INTO unknown FROM jsonb_object_keys(CASE jsonb_typeof(result) WHEN 'object' THEN result ELSE '{"no object": 1}' END) k
    WHERE k NOT IN ('hint', 'account_id', 'records', 'acts', 'disconnect', 'ignore');
    IF unknown IS NOT NULL OR result IS NULL THEN
        RAISE EXCEPTION 'the provider''s function gave %', coalesce(unknown, 'null')
            USING ERRCODE = 'invalid_parameter_value', HINT = 'It gives any of hint, account_id, records, acts, disconnect and ignore.';
    END IF;
    IF result ? 'hint' THEN
        PERFORM lealup._hint_streams(m.tenant_id, m.connection_id, ARRAY(SELECT jsonb_array_elements_text(result -> 'hint')), result ->> 'account_id', now);
    END IF;
    FOR stream IN SELECT r.key, r.value FROM jsonb_each(coalesce(result -> 'records', '{}')) r LOOP
        PERFORM lealup._sync_apply(m.tenant_id, m.connection_id, stream.key, stream.value);
    END LOOP;
    not_done := lealup._inbound_acts(m.tenant_id, m.connection_id, coalesce(result -> 'acts', '[]'));
    IF result ? 'disconnect' THEN
        PERFORM lealup._connection_problem(m.tenant_id, m.connection_id, left(result ->> 'disconnect', 500), m.id, now);
    END IF;
    RETURN CASE WHEN NOT result ?| '{hint,records,disconnect}' THEN left(coalesce(not_done, result ->> 'ignore'), 500) END;
END $$;
COMMENT ON FUNCTION lealup._apply_inbound(lealup.inbox, jsonb, timestamptz) IS 'Does what a provider''s function says about a notification; gives why it is ignored, null if it is not. Raises if it said something else.';

CREATE FUNCTION lealup._understand_inbound(m lealup.inbox, now timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    waits CONSTANT interval[] := '{10 s,1 min,5 min,30 min,2 hours}';
    c lealup.connection;
    handler text;
    ignored text;
    problem text;
    context text;
    trace uuid;
    tried int := m.attempts + 1;
    at timestamptz;
BEGIN
    BEGIN
        -- Before its streams, which are locked for what the notification brings.
        SELECT x.* INTO c FROM lealup.connection x WHERE x.tenant_id = m.tenant_id AND x.id = m.connection_id FOR NO KEY UPDATE;
        SELECT i.handler INTO handler FROM lealup.provider_inbound i WHERE i.provider = c.provider AND i.name = m.name;
        IF c.id IS NULL OR c.state = 'disconnected' THEN
            ignored := 'the connection has ended';
        ELSIF handler IS NULL THEN
            RAISE EXCEPTION 'provider "%" has no notifications "%"', c.provider, m.name;
        ELSE
            ignored := lealup._apply_inbound(m, lealup._call_provider(handler, lealup._inbound_call(c, m.name, now), lealup._inbound_message(m)), now);
        END IF;
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS problem = MESSAGE_TEXT, context = PG_EXCEPTION_CONTEXT;
        trace := gen_random_uuid();
        -- The message is shown to the tenant's people. It may quote what the provider sent, so the log has the rest only.
        RAISE LOG 'lealup: notification % of connection % failed, trace %', m.id, m.connection_id, trace USING DETAIL = left(context, 2000);
    END;
    at := now + waits[tried];
    UPDATE lealup.inbox x
    SET status = CASE WHEN problem IS NULL THEN CASE WHEN ignored IS NULL THEN 'done' ELSE 'ignored' END WHEN at IS NULL THEN 'failed' ELSE 'pending' END,
        attempts = tried, next_attempt_at = coalesce(at, x.next_attempt_at), error = coalesce(left(problem, 2000), ignored), trace_id = trace
    WHERE x.tenant_id = m.tenant_id AND x.id = m.id;
END $$;
COMMENT ON FUNCTION lealup._understand_inbound(lealup.inbox, timestamptz) IS
    'Has a provider''s function handle a notification, whose row is locked, and records what came of it. What fails is tried again after 10 s, 1 min, 5 min, 30 min and 2 hours, and then stays as failed.';

CREATE FUNCTION lealup._inbox_tenants(now timestamptz) RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    -- One look-up for each tenant that has something, however much that is.
    WITH RECURSIVE due(id) AS (
        SELECT (SELECT x.tenant_id FROM lealup.inbox x WHERE x.status = 'pending' ORDER BY x.tenant_id LIMIT 1)
        UNION ALL
        SELECT (SELECT x.tenant_id FROM lealup.inbox x WHERE x.status = 'pending' AND x.tenant_id > d.id ORDER BY x.tenant_id LIMIT 1) FROM due d WHERE d.id IS NOT NULL
    )
    SELECT d.id FROM due d JOIN lealup.tenant t ON t.tenant_id = d.id AND t.home = lealup.home()
    WHERE EXISTS (SELECT FROM lealup.inbox x WHERE x.tenant_id = d.id AND x.status = 'pending' AND x.next_attempt_at <= _inbox_tenants.now);
END;
COMMENT ON FUNCTION lealup._inbox_tenants(timestamptz) IS 'The tenants at home here that have notifications to be understood by then.';

CREATE FUNCTION lealup._inbox_due(now timestamptz, max_rows int) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    tenants uuid[] := ARRAY(SELECT t FROM lealup._inbox_tenants(now) t ORDER BY random());
    share int := greatest(1, max_rows / greatest(1, cardinality(tenants)));
    candidate record;
    m lealup.inbox;
    done bigint := lealup._inbox_due_together(tenants, now);
BEGIN
    -- Each tenant has its share, by chance where there are more of them than rows, so that a flood of one does not hold up the others.
    FOR candidate IN
        SELECT q.tenant_id, q.id FROM unnest(tenants[:max_rows]) t(id) CROSS JOIN LATERAL (
            SELECT x.tenant_id, x.id, x.connection_id, x.name FROM lealup.inbox x
            WHERE x.tenant_id = t.id AND x.status = 'pending' AND x.next_attempt_at <= now ORDER BY x.next_attempt_at, x.id LIMIT share) q
        WHERE NOT EXISTS (SELECT FROM lealup.connection c JOIN lealup.provider_inbound i ON i.provider = c.provider AND i.name = q.name AND i.takes IS NOT NULL
            WHERE c.tenant_id = q.tenant_id AND c.id = q.connection_id)
    LOOP
        SELECT * INTO m FROM lealup.inbox x
        WHERE x.tenant_id = candidate.tenant_id AND x.id = candidate.id AND x.status = 'pending' AND x.next_attempt_at <= now FOR NO KEY UPDATE SKIP LOCKED;
        CONTINUE WHEN NOT FOUND;
        PERFORM lealup._understand_inbound(m, now);
        done := done + 1;
    END LOOP;
    RETURN done;
END $$;
COMMENT ON FUNCTION lealup._inbox_due(timestamptz, int) IS
    'Works off up to max_rows notifications that are due, of all tenants in turn, oldest first; gives how many; of those that are taken together, up to 1,000. Those that are locked wait. The row''s lock is the claim: nothing is asked of anybody meanwhile, and a crash leaves it as it was.';

CREATE FUNCTION lealup._inbox_next() RETURNS timestamptz
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT least(min(n.next_attempt_at), lealup._lead_sync_next()) FROM lealup._inbox_tenants('infinity') t(id)
    CROSS JOIN LATERAL (SELECT x.next_attempt_at FROM lealup.inbox x WHERE x.tenant_id = t.id AND x.status = 'pending' ORDER BY x.next_attempt_at, x.id LIMIT 1) n);
END $$;
COMMENT ON FUNCTION lealup._inbox_next() IS 'When the next notification is to be understood, or the next record of a lead sync to be tried again; null if there is none.';

CREATE FUNCTION lealup.retry_inbound(tenant_id uuid, id uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    at timestamptz := clock_timestamp();
BEGIN
    PERFORM lealup._require('configure', retry_inbound.tenant_id);
    UPDATE lealup.inbox m SET status = 'pending', attempts = 0, next_attempt_at = at
    WHERE m.tenant_id = retry_inbound.tenant_id AND m.id = retry_inbound.id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'notification % does not exist', coalesce(retry_inbound.id::text, 'null')
            USING ERRCODE = 'no_data_found', HINT = 'SELECT * FROM lealup.inbound_messages lists them.';
    END IF;
    PERFORM lealup._audit(retry_inbound.tenant_id, 'inbound.retry', 'inbound', retry_inbound.id);
    PERFORM lealup._wake('upkeep');
END $$;
COMMENT ON FUNCTION lealup.retry_inbound(uuid, uuid) IS
    'Has a notification understood again, at once, whatever became of it before. Raises no_data_found if it is not kept any more. Needs the right to configure.';

CREATE FUNCTION lealup.retry_all_inbound(tenant_id uuid, connection_id uuid) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    at timestamptz := clock_timestamp();
    n bigint;
BEGIN
    PERFORM lealup._require('configure', retry_all_inbound.tenant_id);
    UPDATE lealup.inbox m SET status = 'pending', attempts = 0, next_attempt_at = at
    WHERE m.tenant_id = retry_all_inbound.tenant_id AND m.connection_id = retry_all_inbound.connection_id AND m.error IS NOT NULL AND m.status IN ('failed', 'pending');
    GET DIAGNOSTICS n = ROW_COUNT;
    PERFORM lealup._audit(retry_all_inbound.tenant_id, 'inbound.retry_all', 'connection', retry_all_inbound.connection_id, jsonb_build_object('messages', n));
    PERFORM lealup._wake('upkeep');
    RETURN n;
END $$;
COMMENT ON FUNCTION lealup.retry_all_inbound(uuid, uuid) IS
    'Has those notifications of a connection understood again, at once, that failed for good or would be tried again later; gives how many. Needs the right to configure.';
