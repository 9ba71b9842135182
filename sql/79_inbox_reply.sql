-- Questions that a provider passes on, and that are answered at once: a command that somebody types there. The provider's functions say what is asked, and how the answer
-- looks; what is answered is read here, for the member whose account it is.

CREATE FUNCTION lealup._budget(ms int) RETURNS void
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'lealup_budget';
COMMENT ON FUNCTION lealup._budget(int) IS
    'From now on the transaction has so many milliseconds: whatever goes on then is cancelled (query_canceled), until this is called with 0. For a block that catches that and goes on to say so.';

CREATE FUNCTION lealup._find_customers(tenant_id uuid, query text, most int) RETURNS TABLE (id uuid, exact boolean)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    wanted text := lower(btrim(regexp_replace(left(_find_customers.query, 300), '\s+', ' ', 'g')));
BEGIN
    IF wanted = '' THEN
        RETURN;
    END IF;
    RETURN QUERY SELECT c.id, true FROM lealup.customer c
    WHERE c.tenant_id = _find_customers.tenant_id AND c.deleted_at IS NULL AND (lower(c.name) = wanted OR c.domain = wanted OR c.id = lealup._as_uuid(wanted))
    ORDER BY c.name, c.id LIMIT _find_customers.most;
    IF NOT FOUND THEN
        RETURN QUERY SELECT c.id, false FROM lealup.customer c
        WHERE c.tenant_id = _find_customers.tenant_id AND c.deleted_at IS NULL AND (strpos(lower(c.name), wanted) > 0 OR strpos(c.domain, wanted) > 0)
        ORDER BY starts_with(lower(c.name), wanted) DESC, c.status = 'churned', c.name, c.id LIMIT _find_customers.most;
    END IF;
END $$;
COMMENT ON FUNCTION lealup._find_customers(uuid, text, int) IS
    'Customers by name, domain or id: those that are called so, else those in whose name or domain it is, at the beginning first.';

CREATE FUNCTION lealup._show_customer(tenant_id uuid, member_id uuid, query text) RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    most CONSTANT int := 5;
    m lealup.member;
    zone text;
    today date;
    fits uuid[];
    c lealup.customer;
BEGIN
    SELECT x.* INTO m FROM lealup.member x WHERE x.tenant_id = _show_customer.tenant_id AND x.id = _show_customer.member_id AND x.active;
    IF NOT FOUND THEN
        RETURN '{"stranger": true}';
    END IF;
    SELECT coalesce(m.time_zone, t.time_zone) INTO zone FROM lealup.tenant t WHERE t.tenant_id = _show_customer.tenant_id;
    today := (now() AT TIME ZONE zone)::date;
    fits := ARRAY(SELECT f.id FROM lealup._find_customers(tenant_id, query, 11) f);
    IF cardinality(fits) <> 1 THEN
        RETURN jsonb_build_object('matches', least(cardinality(fits), 10), 'more', cardinality(fits) > 10, 'customers', (
            SELECT coalesce(jsonb_agg(jsonb_build_object('id', x.id, 'name', x.name, 'domain', x.domain, 'status', x.status, 'score', h.score, 'band', h.band) ORDER BY f.n), '[]')
            FROM unnest(fits) WITH ORDINALITY f(id, n) JOIN lealup.customer x ON x.tenant_id = _show_customer.tenant_id AND x.id = f.id
            LEFT JOIN lealup.health_score h ON h.tenant_id = x.tenant_id AND h.customer_id = x.id WHERE f.n <= 10));
    END IF;
    SELECT x.* INTO c FROM lealup.customer x WHERE x.tenant_id = _show_customer.tenant_id AND x.id = fits[1];
    RETURN jsonb_build_object('matches', 1,
        'customer', jsonb_build_object('id', c.id, 'name', c.name, 'domain', c.domain, 'status', c.status, 'tier', c.tier, 'arr', c.arr, 'currency', c.currency,
            'segment', (SELECT g.name FROM lealup.segment g WHERE g.tenant_id = c.tenant_id AND g.id = c.segment_id)),
        'owner', (SELECT jsonb_build_object('id', o.id, 'name', coalesce(o.name, o.email), 'email', o.email) FROM lealup.member o WHERE o.tenant_id = c.tenant_id AND o.id = c.owner_id),
        'health', (SELECT jsonb_build_object('score', h.score, 'band', h.band, 'color', h.color, 'stale', h.stale, 'why', (
                SELECT coalesce(jsonb_agg(jsonb_build_object('kind', e.kind, 'state', e.state, 'points', e.points, 'share', e.share, 'contribution', e.contribution, 'explanation', e.explanation) ORDER BY e.n), '[]')
                FROM lealup.explain_health(c.tenant_id, c.id) WITH ORDINALITY e(kind, value, observed_at, state, points, weight, share, contribution, explanation, n) WHERE e.n <= most))
            FROM lealup.health_score h WHERE h.tenant_id = c.tenant_id AND h.customer_id = c.id),
        'renewal', coalesce((SELECT jsonb_build_object('date', r.renewal_date, 'days', r.renewal_date - today, 'amount', r.amount, 'currency', r.currency)
                FROM lealup.renewal r WHERE r.tenant_id = c.tenant_id AND r.customer_id = c.id AND r.status = 'open'),
            CASE WHEN c.renewal_date IS NOT NULL THEN jsonb_build_object('date', c.renewal_date, 'days', c.renewal_date - today) END),
        'tickets', (SELECT jsonb_build_object('open', count(*), 'items', coalesce(jsonb_agg(jsonb_build_object('id', t.id, 'subject', t.subject, 'status', t.status, 'priority', t.priority,
                'since', (t.created_at AT TIME ZONE zone)::date) ORDER BY t.n) FILTER (WHERE t.n <= most), '[]'))
            FROM (SELECT x.*, row_number() OVER (ORDER BY x.status = 'escalated' DESC, array_position('{urgent,high,normal,low}', x.priority), x.created_at DESC, x.id) AS n
                  FROM lealup.ticket x WHERE x.tenant_id = c.tenant_id AND x.customer_id = c.id AND x.status <> 'resolved') t),
        'tasks', (SELECT jsonb_build_object('open', count(*), 'items', coalesce(jsonb_agg(jsonb_build_object('id', k.id, 'title', k.title, 'status', k.status, 'priority', k.priority,
                'due', (k.due_at AT TIME ZONE zone)::date, 'overdue', coalesce(k.due_at < now(), false),
                'assignee', (SELECT coalesce(o.name, o.email) FROM lealup.member o WHERE o.tenant_id = k.tenant_id AND o.id = k.assignee_id)) ORDER BY k.n) FILTER (WHERE k.n <= most), '[]'))
            FROM (SELECT x.*, row_number() OVER (ORDER BY x.due_at, x.id) AS n
                  FROM lealup.task x WHERE x.tenant_id = c.tenant_id AND x.customer_id = c.id AND x.status IN ('open', 'in_progress')) k));
END $$;
COMMENT ON FUNCTION lealup._show_customer(uuid, uuid, text) IS
    'A customer in short, for a member: {"matches": 1, "customer", "owner", "health": {"score", "band", "color", "stale", "why": [...]}, "renewal": {"date", "days", "amount", "currency"}, "tickets": {"open", "items"}, "tasks": {"open", "items"}}; unless exactly one is found {"matches": up to 10, "more", "customers": [...]}; {"stranger": true} if the member is none, or not active.';

CREATE FUNCTION lealup._reply_inbound(tenant_id uuid, connection_id uuid, i lealup.provider_inbound, headers jsonb, body bytea, now timestamptz) RETURNS jsonb
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    c lealup.connection;
    m lealup.inbox;
    call jsonb;
    asked jsonb;
    shown jsonb := '{}';
    who lealup.member;
    answer jsonb;
    problem text;
    context text;
    trace uuid;
BEGIN
    BEGIN
        -- Providers wait for three seconds, and the gateway does nothing else meanwhile.
        PERFORM lealup._budget(1500);
        SELECT x.* INTO c FROM lealup.connection x WHERE x.tenant_id = _reply_inbound.tenant_id AND x.id = _reply_inbound.connection_id;
        m.headers := coalesce(headers, '{}');
        m.body := body;
        call := lealup._inbound_call(c, i.name, now);
        asked := lealup._call_provider(i.ask, call, lealup._inbound_message(m));
        IF asked IS NOT NULL AND jsonb_typeof(asked) = 'object' THEN
            SELECT x.* INTO who FROM lealup.member x WHERE x.tenant_id = c.tenant_id AND x.id = lealup._member_of(c.tenant_id, c.id, asked ->> 'account');
            shown := CASE WHEN who.id IS NULL THEN '{"stranger": true}'
                WHEN asked ->> 'show' = 'customer' THEN lealup._show_customer(c.tenant_id, who.id, asked ->> 'query') ELSE '{}' END
                || asked || jsonb_build_object('member', CASE WHEN who.id IS NOT NULL THEN jsonb_build_object('id', who.id, 'name', coalesce(who.name, who.email)) END);
            answer := lealup._call_provider(i.reply, call, shown);
            IF answer IS NULL OR jsonb_typeof(answer) <> 'object' OR octet_length(answer::text) > 100000 THEN
                RAISE EXCEPTION 'the provider''s function must give an object of at most 100 kB' USING ERRCODE = 'invalid_parameter_value';
            END IF;
        END IF;
        PERFORM lealup._budget(0);
    EXCEPTION WHEN OTHERS OR query_canceled OR assert_failure THEN
        PERFORM lealup._budget(0);
        GET STACKED DIAGNOSTICS problem = MESSAGE_TEXT, context = PG_EXCEPTION_CONTEXT;
        trace := gen_random_uuid();
        RAISE LOG 'lealup: a question to connection % could not be answered, trace %: %', connection_id, trace, left(problem, 500) USING DETAIL = left(context, 2000);
        RETURN i.acknowledge;
    END;
    RETURN answer;
END $$;
COMMENT ON FUNCTION lealup._reply_inbound(uuid, uuid, lealup.provider_inbound, jsonb, bytea, timestamptz) IS
    'The answer to a verified request that asks something, as provider_inbound.acknowledge has it; null if it asks nothing. It has 1.5 s; what fails, or takes longer, is in the server''s log, and gets what the provider acknowledges with.';
