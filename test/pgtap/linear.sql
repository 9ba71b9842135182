BEGIN;
SELECT plan(1);
SELECT is_empty('SELECT * FROM lealup.check_provider(''linear'')', 'nothing is wrong with it');
SELECT * FROM finish();
ROLLBACK;
