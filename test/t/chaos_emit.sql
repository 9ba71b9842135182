-- What each of 030_crash.pl's sessions does again and again (pgbench).  Every
-- event carries a number of its own and what becomes of it.  Every eighth
-- transaction is rolled back whole.
\set t :t + 1
\set first (((:cycle * 10) + :client_id) * 1000000 + :t) * 100
\set undo :t % 8 = 0
BEGIN;
SELECT count(lealup.emit(:tenant, 'customer.created',
	json_build_object('n', :first + i, 'fate', CASE WHEN :undo THEN 'undone' ELSE 'kept' END)))
FROM generate_series(1, 8) i;
SAVEPOINT inner_part;
SELECT count(lealup.emit(:tenant, 'customer.updated',
	json_build_object('n', :first + i, 'fate', 'undone')))
FROM generate_series(20, 24) i;
ROLLBACK TO SAVEPOINT inner_part;
SELECT count(lealup.emit(:tenant, 'task.created',
	json_build_object('n', :first + i, 'fate', CASE WHEN :undo THEN 'undone' ELSE 'kept' END)))
FROM generate_series(40, 47) i;
\if :undo
ROLLBACK;
\else
COMMIT;
\endif
