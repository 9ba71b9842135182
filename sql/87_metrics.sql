-- What monitoring asks: whether the gateway lives, whether it can do something, and how much there is to do.

CREATE FUNCTION lealup._http_health(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN lealup._http_ok('{"status": "ok"}');
COMMENT ON FUNCTION lealup._http_health(lealup.http_call) IS 'Answers GET /healthz: whoever gets an answer has reached the gateway and the database.';

CREATE FUNCTION lealup._http_ready(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN CASE WHEN pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean
        THEN lealup._http_ok('{"status": "unavailable", "reason": "The database is read-only."}', 503, '{"retry-after": "5"}')
        ELSE lealup._http_ok('{"status": "ready"}') END;
COMMENT ON FUNCTION lealup._http_ready(lealup.http_call) IS 'Answers GET /readyz: 200 if requests can change something, else 503.';

CREATE FUNCTION lealup._metric_rows(tenant_id uuid, now timestamptz)
    RETURNS TABLE (metric text, labels jsonb, value double precision)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    IF _metric_rows.tenant_id IS NOT NULL THEN
        PERFORM lealup._require_sight(_metric_rows.tenant_id);
    ELSIF NOT current_setting('lealup.metrics_public')::boolean THEN
        RAISE EXCEPTION 'permission denied for the metrics of all tenants' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN QUERY
    WITH whose AS MATERIALIZED (
        SELECT t.tenant_id FROM lealup.tenant t WHERE _metric_rows.tenant_id IS NULL OR t.tenant_id = _metric_rows.tenant_id
    ), queue AS MATERIALIZED (
        SELECT count(*) AS depth, count(*) FILTER (WHERE q.held) AS held, count(*) FILTER (WHERE NOT q.held AND q.next_attempt_at <= _metric_rows.now) AS due,
               min(q.next_attempt_at) FILTER (WHERE NOT q.held) AS oldest
        FROM whose w CROSS JOIN LATERAL (
            SELECT x.next_attempt_at, s.status IS DISTINCT FROM 'active' AS held FROM lealup.delivery_queue x
            LEFT JOIN lealup.subscription s ON s.tenant_id = x.tenant_id AND s.id = x.subscription_id
            WHERE x.tenant_id = w.tenant_id AND x.attempt_no > 0) q
    ), attempt AS MATERIALIZED (
        -- Look-ups by the primary key, whose ids are times.
        SELECT a.status, a.latency_us / 1e6 AS seconds
        FROM whose w CROSS JOIN LATERAL (
            SELECT x.status, x.latency_us FROM lealup.delivery_attempt x
            WHERE x.tenant_id = w.tenant_id AND x.id >= lealup.uuid7_floor(_metric_rows.now - interval '5 minutes')) a
    )
    SELECT 'lealup_outbox_events', '{}'::jsonb, (SELECT count(*) FROM lealup.outbox o JOIN whose w ON w.tenant_id = o.tenant_id)::float8
    UNION ALL SELECT 'lealup_delivery_queue', jsonb_build_object('state', v.state), v.n
        FROM queue q, LATERAL (VALUES ('due', q.due::float8), ('held', q.held), ('waiting', q.depth - q.due - q.held)) v(state, n)
    UNION ALL SELECT 'lealup_delivery_oldest_due_seconds', '{}', greatest(0, coalesce(extract(epoch FROM _metric_rows.now - q.oldest), 0))::float8 FROM queue q
    UNION ALL SELECT 'lealup_recent_attempts', jsonb_build_object('result', v.status), (SELECT count(*) FROM attempt a WHERE a.status = v.status)::float8
        FROM (VALUES ('success'), ('retrying'), ('failed')) v(status)
    UNION ALL SELECT 'lealup_recent_attempt_latency_seconds_bucket', jsonb_build_object('le', v.le), (SELECT count(*) FROM attempt a WHERE a.seconds <= v.le::float8)::float8
        FROM (VALUES ('0.005'), ('0.01'), ('0.025'), ('0.05'), ('0.1'), ('0.25'), ('0.5'), ('1'), ('2.5'), ('5'), ('10'), ('30')) v(le)
    UNION ALL SELECT 'lealup_recent_attempt_latency_seconds_bucket', '{"le": "+Inf"}', (SELECT count(a.seconds) FROM attempt a)::float8
    UNION ALL SELECT 'lealup_recent_attempt_latency_seconds_sum', '{}', (SELECT coalesce(sum(a.seconds), 0) FROM attempt a)::float8
    UNION ALL SELECT 'lealup_recent_attempt_latency_seconds_count', '{}', (SELECT count(a.seconds) FROM attempt a)::float8
    UNION ALL SELECT 'lealup_subscriptions', jsonb_build_object('status', v.status),
            (SELECT count(*) FROM lealup.subscription s JOIN whose w ON w.tenant_id = s.tenant_id WHERE s.status = v.status)::float8
        FROM (VALUES ('active'), ('paused'), ('disabled')) v(status)
    UNION ALL SELECT 'lealup_playbook_jobs', '{}', (SELECT count(*) FROM lealup.playbook_job j JOIN whose w ON w.tenant_id = j.tenant_id)::float8
    UNION ALL SELECT 'lealup_imports_running', '{}', (SELECT count(*) FROM lealup.import i JOIN whose w ON w.tenant_id = i.tenant_id WHERE i.status = 'running')::float8
    UNION ALL SELECT 'lealup_inbox_messages', jsonb_build_object('status', v.status),
            (SELECT count(*) FROM lealup.inbox m JOIN whose w ON w.tenant_id = m.tenant_id WHERE m.status = v.status)::float8 FROM (VALUES ('pending'), ('failed')) v(status)
    UNION ALL SELECT 'lealup_recent_inbox_messages', '{}', (SELECT count(*) FROM whose w JOIN lealup.inbox m ON m.tenant_id = w.tenant_id
            AND m.id >= lealup.uuid7_floor(_metric_rows.now - interval '5 minutes'))::float8
    UNION ALL SELECT 'lealup_inbound_refused_total', '{}', (SELECT coalesce(sum(r.refused), 0) FROM lealup.inbound_refusal r JOIN whose w ON w.tenant_id = r.tenant_id)::float8
    UNION ALL SELECT 'lealup_connections', jsonb_build_object('state', v.state),
            (SELECT count(*) FROM lealup.connection c JOIN whose w ON w.tenant_id = c.tenant_id WHERE c.state = v.state)::float8
        FROM (VALUES ('pending'), ('connected'), ('error'), ('disconnected')) v(state)
    UNION ALL SELECT 'lealup_recent_sync_runs', jsonb_build_object('result', v.result), (SELECT count(*) FROM whose w JOIN lealup.sync_run r ON r.tenant_id = w.tenant_id
            AND r.id >= lealup.uuid7_floor(_metric_rows.now - interval '1 hour') WHERE r.result = v.result)::float8
        FROM (VALUES ('ok'), ('partial'), ('empty'), ('failed')) v(result)
    UNION ALL SELECT 'lealup_record_errors', '{}', (SELECT count(*) FROM lealup.record_error e JOIN whose w ON w.tenant_id = e.tenant_id WHERE e.state <> 'resolved')::float8
    UNION ALL SELECT 'lealup_actions', jsonb_build_object('state', v.state), (SELECT count(*) FROM lealup.action a JOIN whose w ON w.tenant_id = a.tenant_id
            WHERE a.status IN ('draft', 'approved', 'sending', 'failed') AND v.state = CASE WHEN a.status = 'approved' AND a.next_attempt_at = 'infinity' THEN 'held' ELSE a.status END)::float8
        FROM (VALUES ('draft'), ('approved'), ('held'), ('sending'), ('failed')) v(state)
    UNION ALL SELECT 'lealup_mails', jsonb_build_object('status', v.status), (SELECT count(*) FROM lealup.mail_message m JOIN whose w ON w.tenant_id = m.tenant_id
            WHERE CASE v.status WHEN 'queued' THEN m.status IN ('queued', 'sending') ELSE m.status = v.status END)::float8 FROM (VALUES ('queued'), ('sent'), ('failed')) v(status)
    UNION ALL SELECT 'lealup_assistant_jobs', '{}', (SELECT count(*) FROM lealup.assistant_job j JOIN whose w ON w.tenant_id = j.tenant_id WHERE j.status IN ('pending', 'running'))::float8;
    -- The workers serve every tenant, so they are nobody's business but the installation's.
    IF _metric_rows.tenant_id IS NULL THEN
        RETURN QUERY
        SELECT m.metric, jsonb_build_object('worker', w.worker) || m.labels, m.value FROM lealup._workers() w, LATERAL (VALUES
            ('lealup_worker_up', '{}'::jsonb, (w.state IN ('running', 'draining'))::int::float8), ('lealup_worker_restarts_total', '{}', w.restarts::float8),
            ('lealup_worker_in_flight', '{}', w.in_flight::float8),
            (CASE WHEN w.worker LIKE 'gateway%' THEN 'lealup_gateway_requests_total' ELSE 'lealup_worker_attempts_total' END, '{"result": "success"}', w.delivered::float8),
            (CASE WHEN w.worker LIKE 'gateway%' THEN 'lealup_gateway_requests_total' ELSE 'lealup_worker_attempts_total' END, '{"result": "failure"}', w.failed::float8)) m(metric, labels, value)
        WHERE m.value IS NOT NULL;
    END IF;
END $$;
COMMENT ON FUNCTION lealup._metric_rows(uuid, timestamptz) IS
    'The values of all metrics, of a tenant that the acting role sees, or (null, with lealup.metrics_public) of all tenants and the workers.';

CREATE FUNCTION lealup._metrics(tenant_id uuid, now timestamptz) RETURNS text
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH described(metric, type, help) AS (VALUES
        ('lealup_outbox_events', 'gauge', 'Events that await fan-out.'),
        ('lealup_delivery_queue', 'gauge', 'Pending deliveries: due now, waiting for their time, held because the subscription is not active.'),
        ('lealup_delivery_oldest_due_seconds', 'gauge', 'For how long the oldest due delivery has been due.'),
        ('lealup_recent_attempts', 'gauge', 'Attempts for events of the last 5 minutes, by result: success, retrying, failed.'),
        ('lealup_recent_attempt_latency_seconds_bucket', 'gauge', 'Of these attempts, those that took no longer than le seconds.'),
        ('lealup_recent_attempt_latency_seconds_sum', 'gauge', 'How long these attempts took together.'),
        ('lealup_recent_attempt_latency_seconds_count', 'gauge', 'How many these attempts are.'),
        ('lealup_connections', 'gauge', 'Connections by state.'),
        ('lealup_recent_sync_runs', 'gauge', 'Runs of streams that began in the last hour, by result: ok, partial, empty, failed.'),
        ('lealup_record_errors', 'gauge', 'Records of providers that are set aside.'),
        ('lealup_subscriptions', 'gauge', 'Subscriptions by status.'),
        ('lealup_playbook_jobs', 'gauge', 'Playbook runs that await their next step.'),
        ('lealup_imports_running', 'gauge', 'Imports that are being run.'),
        ('lealup_assistant_jobs', 'gauge', 'Jobs that await the assistant.'),
        ('lealup_actions', 'gauge', 'Actions at providers that are not done: drafts, approved and to be sent, held by their connection or by another one before them, being sent, failed.'),
        ('lealup_mails', 'gauge', 'Mails to members: to be sent, and of the last 30 days sent, or failed.'),
        ('lealup_inbox_messages', 'gauge', 'Notifications of providers that are to be understood (pending), or could not be (failed).'),
        ('lealup_recent_inbox_messages', 'gauge', 'Notifications accepted in the last 5 minutes.'),
        ('lealup_inbound_refused_total', 'counter', 'Requests to the URLs of notifications that could not be verified.'),
        ('lealup_worker_up', 'gauge', 'Whether a worker runs.'),
        ('lealup_worker_restarts_total', 'counter', 'How often a worker was started anew after an error.'),
        ('lealup_worker_in_flight', 'gauge', 'Requests, of a gateway connections, that a worker has open.'),
        ('lealup_gateway_requests_total', 'counter', 'Requests since the gateway started, by result.'),
        ('lealup_worker_attempts_total', 'counter', 'Attempts since the worker started, by result.')
    ), line AS (
        SELECT r.metric, r.metric || CASE WHEN r.labels = '{}' THEN '' ELSE '{' || (
                SELECT string_agg(format('%s="%s"', l.key, replace(replace(replace(l.value, '\', '\\'), '"', '\"'), E'\n', '\n')), ',' ORDER BY l.key)
                FROM jsonb_each_text(r.labels) l) || '}' END || ' ' || r.value AS text, r.n
        FROM lealup._metric_rows(_metrics.tenant_id, _metrics.now) WITH ORDINALITY r(metric, labels, value, n)
    )
    SELECT string_agg(format(E'# HELP %s %s\n# TYPE %s %s\n%s\n', d.metric, d.help, d.metric, d.type, l.lines), '' ORDER BY l.n)
    FROM described d JOIN (SELECT metric, string_agg(text, E'\n' ORDER BY n) AS lines, min(n) AS n FROM line GROUP BY 1) l ON l.metric = d.metric;
END;
COMMENT ON FUNCTION lealup._metrics(uuid, timestamptz) IS 'The same in Prometheus'' text format.';

CREATE FUNCTION lealup._http_metrics(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN ROW(200, '{"content-type": "text/plain; version=0.0.4; charset=utf-8"}', NULL, lealup._metrics(call.tenant_id, clock_timestamp()), NULL, NULL)::lealup.http_reply;
COMMENT ON FUNCTION lealup._http_metrics(lealup.http_call) IS 'Answers GET /metrics: with an API key for its tenant, with lealup.metrics_public for all.';

SELECT lealup._add_route('GET', '/healthz', '_http_health', NULL, 'Whether the gateway and the database answer',
    responses => '{"200": {"type": "object", "additionalProperties": false, "required": ["status"], "properties": {"status": {"type": "string", "enum": ["ok"]}}}}', rate_class => 'none');
SELECT lealup._add_route('GET', '/readyz', '_http_ready', NULL, 'Whether requests can be served',
    responses => '{"200": {"type": "object", "additionalProperties": false, "required": ["status"], "properties": {"status": {"type": "string", "enum": ["ready"]}}},
        "503": {"type": "object", "additionalProperties": false, "required": ["status", "reason"], "properties": {"status": {"type": "string", "enum": ["unavailable"]}, "reason": {"type": "string"}}}}', rate_class => 'none');
SELECT lealup._add_route('GET', '/metrics', '_http_metrics', 'metrics:read', 'Metrics in Prometheus'' text format', responses => '{"200": {"type": "string"}}', rate_class => 'normal', produces => 'text/plain');
