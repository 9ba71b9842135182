-- What people look at: the delivery log, deliveries, statistics, and the workers. The views run with the caller's rights,
-- so that row-level security applies. attempt_no > 0 holds for every row of the queue; its index by subscription asks for it.

CREATE VIEW lealup.delivery_log WITH (security_invoker) AS
SELECT a.tenant_id, a.subscription_id, a.delivery_id, a.event_id, e.event_type, a.attempt_no, a.status, a.final, a.trigger, a.url,
       a.request_headers::jsonb AS request_headers,
       lealup._request_body(e.event_type, a.delivery_id, e.created_at, a.tenant_id, e.data::text) AS request_body,
       a.response_status, a.response_headers::jsonb AS response_headers,
       lealup._printable(a.response_body) AS response_body,
       round(a.latency_us / 1000.0, 3) AS latency_ms, a.error, a.started_at, a.next_attempt_at, a.id
FROM lealup.delivery_attempt a
LEFT JOIN lealup.event e ON e.tenant_id = a.tenant_id AND e.id = a.event_id
UNION ALL
SELECT q.tenant_id, q.subscription_id, q.id, q.event_id, e.event_type, q.attempt_no, 'pending', false, q.trigger, s.url,
       NULL, lealup._request_body(e.event_type, q.id, e.created_at, q.tenant_id, e.data::text),
       NULL, NULL, NULL, NULL,
       CASE WHEN s.status <> 'active' THEN 'held: the subscription is ' || s.status END, NULL, q.next_attempt_at,
       lealup._attempt_id(q.id, q.attempt_no)
FROM lealup.delivery_queue q
LEFT JOIN lealup.event e ON e.tenant_id = q.tenant_id AND e.id = q.event_id
LEFT JOIN lealup.subscription s ON s.tenant_id = q.tenant_id AND s.id = q.subscription_id
WHERE q.attempt_no > 0;
COMMENT ON VIEW lealup.delivery_log IS
    'One row for every attempt (success; retrying = failed, another one follows; failed = for good) and one (pending) for the next attempt of every pending delivery: request headers and body, response status, headers and body (its first lealup.response_log_size bytes), latency, error. Ordered by id: by event time, then by attempt.';

CREATE VIEW lealup.delivery WITH (security_invoker) AS
SELECT q.tenant_id, q.id, q.subscription_id, q.event_id, e.event_type, 'pending' AS status, q.attempt_no - 1 AS attempts, q.next_attempt_at,
       lealup.uuid7_time(q.id) AS created_at, NULL::timestamptz AS finished_at, NULL::smallint AS response_status, NULL::text AS error
FROM lealup.delivery_queue q
LEFT JOIN lealup.event e ON e.tenant_id = q.tenant_id AND e.id = q.event_id
WHERE q.attempt_no > 0
UNION ALL
SELECT a.tenant_id, a.delivery_id, a.subscription_id, a.event_id, e.event_type, a.status, a.attempt_no::int, NULL,
       lealup.uuid7_time(a.delivery_id), a.started_at + a.latency_us * interval '1 microsecond', a.response_status, a.error
FROM lealup.delivery_attempt a
LEFT JOIN lealup.event e ON e.tenant_id = a.tenant_id AND e.id = a.event_id
WHERE a.final
  AND NOT EXISTS (SELECT FROM lealup.delivery_queue q WHERE q.tenant_id = a.tenant_id AND q.id = a.delivery_id)
  -- After a replay the delivery is what its last attempt says.
  AND NOT EXISTS (SELECT FROM lealup.delivery_attempt b
                  WHERE b.tenant_id = a.tenant_id AND b.retention_class = a.retention_class AND b.id > a.id
                    AND b.id <= lealup._last_attempt_id(a.delivery_id));
COMMENT ON VIEW lealup.delivery IS 'One row per delivery: pending, success or failed, and how often it was attempted.';

CREATE VIEW lealup.subscription_stats WITH (security_invoker) AS
SELECT s.tenant_id, s.id AS subscription_id, s.url, s.status, x.deliveries, x.success, x.failed, p.pending, x.attempts,
       round(100.0 * x.success / nullif(x.success + x.failed, 0), 2) AS success_rate,
       x.p50_ms, x.p95_ms, x.p99_ms, x.last_attempt_at, x.last_success_at
FROM lealup.subscription s
CROSS JOIN LATERAL (SELECT count(*) AS pending FROM lealup.delivery_queue q WHERE q.tenant_id = s.tenant_id AND q.subscription_id = s.id AND q.attempt_no > 0) p
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE a.latest) AS deliveries, count(*) AS attempts,
           count(*) FILTER (WHERE a.latest AND a.status = 'success') AS success,
           count(*) FILTER (WHERE a.latest AND a.status = 'failed') AS failed,
           round((percentile_cont(0.5) WITHIN GROUP (ORDER BY a.latency_us) / 1000)::numeric, 3) AS p50_ms,
           round((percentile_cont(0.95) WITHIN GROUP (ORDER BY a.latency_us) / 1000)::numeric, 3) AS p95_ms,
           round((percentile_cont(0.99) WITHIN GROUP (ORDER BY a.latency_us) / 1000)::numeric, 3) AS p99_ms,
           max(a.started_at) AS last_attempt_at, max(a.started_at) FILTER (WHERE a.status = 'success') AS last_success_at
    FROM (SELECT b.status, b.started_at, b.latency_us,
                 lead(b.delivery_id) OVER (ORDER BY b.id) IS DISTINCT FROM b.delivery_id AS latest
          FROM lealup.delivery_attempt b
          WHERE b.tenant_id = s.tenant_id AND b.subscription_id = s.id AND b.id >= (SELECT lealup.uuid7_floor(now() - interval '7 days'))) a) x
WHERE s.status <> 'deleted';
COMMENT ON VIEW lealup.subscription_stats IS
    'Per subscription, of the events of the last 7 days: deliveries, how many ended as success and failed, pending, attempts, success rate in percent, and percentiles of the attempts'' latency in milliseconds.';

CREATE FUNCTION lealup._workers(OUT worker text, OUT pid int, OUT state text, OUT started_at timestamptz, OUT in_flight int,
        OUT delivered bigint, OUT failed bigint, OUT restarts int, OUT last_error text, OUT last_error_at timestamptz, OUT hint text)
    RETURNS SETOF record LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'lealup_workers';
COMMENT ON FUNCTION lealup._workers() IS 'The launcher and this database''s workers, from shared memory; what is missing where they do not run.';

CREATE VIEW lealup.worker_status AS SELECT * FROM lealup._workers();
COMMENT ON VIEW lealup.worker_status IS
    'The launcher and this database''s workers: state, requests in flight, attempts that succeeded and failed since the start (gateway: open connections, requests answered, and failed with 5xx), restarts after an error, the last error, and what to do about it.';
