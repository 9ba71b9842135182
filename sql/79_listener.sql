-- Listeners: what has an event done beside its deliveries. Playbooks and notification rules name events and filters alike; which of them hear an event
-- is decided here, for a whole batch of the fan-out.

CREATE VIEW lealup._listener WITH (security_invoker) AS
SELECT p.tenant_id, 'playbook' AS kind, p.id, p.created_at, p.events, p.filters FROM lealup.playbook p WHERE p.enabled
UNION ALL
SELECT r.tenant_id, 'rule', r.id, r.created_at, r.events, r.filters FROM lealup.notification_rule r WHERE r.active AND r.mode = 'send';
COMMENT ON VIEW lealup._listener IS 'Enabled playbooks and active notification rules that send: what hears events, and which.';

CREATE FUNCTION lealup._queue_listeners(tenant_ids uuid[], event_ids uuid[], types text[], times timestamptz[], now timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    queued bigint;
BEGIN
    -- As in the fan-out, every step is a look-up by index or a loop over what is in memory, whatever the planner believes of the
    -- tables' sizes, and the range of the ids lets the executor look at the right leaves of the events only.
    WITH kind AS MATERIALIZED (
        SELECT o.tenant_id, o.event_type, lealup._event_patterns(o.event_type) AS patterns, array_agg(o.id) AS ids, array_agg(o.created_at) AS times
        FROM unnest(tenant_ids, event_ids, types, times) AS o(tenant_id, id, event_type, created_at)
        GROUP BY o.tenant_id, o.event_type
    ), pair AS MATERIALIZED (
        SELECT k.tenant_id, k.ids, k.times, l.kind, l.id AS listener_id, l.created_at, l.filters,
               CASE WHEN l.filters <> '{}' THEN (lealup._event_type(k.tenant_id, k.event_type)).filters END AS definitions
        FROM kind k CROSS JOIN LATERAL (
            SELECT * FROM lealup._listener x WHERE x.tenant_id = k.tenant_id AND x.events && k.patterns OFFSET 0) l
    ), matched AS MATERIALIZED (
        SELECT p.tenant_id, p.kind, p.listener_id, o.id
        FROM pair p CROSS JOIN LATERAL unnest(p.ids, p.times) AS o(id, created_at)
        WHERE p.filters = '{}' AND p.created_at <= o.created_at
        UNION ALL
        SELECT p.tenant_id, p.kind, p.listener_id, o.id
        FROM pair p CROSS JOIN LATERAL unnest(p.ids, p.times) AS o(id, created_at)
        CROSS JOIN LATERAL (
            SELECT e.context, e.data FROM lealup.event e
            WHERE e.tenant_id = p.tenant_id AND e.id = o.id AND e.id BETWEEN event_ids[1] AND event_ids[cardinality(event_ids)] OFFSET 0) e
        WHERE p.filters <> '{}' AND p.created_at <= o.created_at
          AND lealup._matches(p.filters, p.definitions, e.context, lealup._as_jsonb(e.data))
    ), for_playbooks AS (
        INSERT INTO lealup.playbook_job (tenant_id, id, playbook_id, event_id, due_at)
        SELECT m.tenant_id, lealup.delivery_id(m.id, m.listener_id), m.listener_id, m.id, now FROM matched m WHERE m.kind = 'playbook'
        -- Whatever is wrong with jobs that are there, it must not hold up the deliveries.
        ON CONFLICT ON CONSTRAINT playbook_job_pkey DO NOTHING RETURNING id
    ), for_rules AS (
        INSERT INTO lealup.notification_job (tenant_id, id, rule_id, event_id, due_at)
        SELECT m.tenant_id, lealup.delivery_id(m.id, m.listener_id), m.listener_id, m.id, now FROM matched m WHERE m.kind = 'rule'
        ON CONFLICT ON CONSTRAINT notification_job_pkey DO NOTHING RETURNING id
    )
    SELECT (SELECT count(*) FROM for_playbooks) + (SELECT count(*) FROM for_rules) INTO queued;
    IF queued > 0 THEN
        PERFORM lealup._wake('upkeep');
    END IF;
END $$;
COMMENT ON FUNCTION lealup._queue_listeners(uuid[], uuid[], text[], timestamptz[], timestamptz) IS
    'The fan-out''s part for playbooks and notification rules: queues a job for each that hears one of the events, which are in the order of their ids.';
