\echo '--- The events, one UPDATE having caused the last four'
SELECT event_type, left(data::text, 90) || ' ...' AS data
  FROM lealup.event WHERE customer_id IS NOT NULL ORDER BY id;
\echo '--- What the playbook did'
SELECT p.name, r.status AS run, s.step_no AS step, s.step ->> 'type' AS type, s.status
  FROM lealup.playbook p JOIN lealup.playbook_run r ON r.playbook_id = p.id
  JOIN lealup.playbook_step_run s ON s.run_id = r.id ORDER BY s.step_no;
SELECT title, m.email AS assignee, priority, due_at::timestamptz(0), status
  FROM lealup.task t LEFT JOIN lealup.member m ON m.id = t.assignee_id;
SELECT channel, subject, status FROM lealup.draft;
