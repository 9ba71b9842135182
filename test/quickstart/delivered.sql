-- All that emit.sql leads to is done: three deliveries and no fourth.
SELECT count(*) = 3 AND bool_and(status = 'success')
       AND NOT EXISTS (SELECT FROM lealup.outbox)
  FROM lealup.delivery;
