-- All that customers.sql leads to is done: the playbook ran, and its five deliveries succeeded after the first three.
SELECT count(*) = 8 AND bool_and(status = 'success')
       AND NOT EXISTS (SELECT FROM lealup.outbox)
       AND EXISTS (SELECT FROM lealup.playbook_run WHERE status = 'completed')
  FROM lealup.delivery;
