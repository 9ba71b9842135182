\echo '--- The events'
SELECT event_type, created_at::timestamptz(3), left(data::text, 60) || ' ...' AS data
  FROM lealup.event ORDER BY id;
\echo '--- The deliveries'
SELECT event_type, id AS delivery_id, status, attempts
  FROM lealup.delivery ORDER BY id;
\echo '--- The delivery log: every attempt'
SELECT event_type, substring(url FROM '[^/]*$') AS path, attempt_no AS attempt, status,
       response_status AS http, trim(response_body, E'\n') AS response,
       round(latency_ms, 1) AS ms, started_at::timestamptz(3)
  FROM lealup.delivery_log ORDER BY started_at;
