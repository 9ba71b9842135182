-- A tenant is served by the database where it is at home; a restored copy leaves it alone until it is adopted.
BEGIN;
SELECT plan(11);

SELECT matches(lealup.home(), '^\d+[^\d]\d+$', 'a home is the cluster and the database');
SELECT lealup.create_tenant('one') AS one, lealup.create_tenant('two') AS two, lealup.create_tenant('three') AS three \gset
SELECT is(home, lealup.home(), 'a new tenant is at home here') FROM lealup.tenant WHERE tenant_id = :'one';
SELECT is(lealup.adopt(), 0::bigint, 'there is nothing to adopt');
SELECT lealup.create_subscription(:'one', 'https://receiver.example/', '{*}') AS s \gset
SELECT lealup.emit(:'one', 'task.created', '{}') AS event \gset
UPDATE lealup.tenant SET home = 'x' WHERE tenant_id IN (:'one', :'two', :'three');

SELECT is_empty('SELECT * FROM lealup._fan_out(100, now())', 'the outbox of a tenant of another home is left alone');
SELECT is(count(*), 1::bigint, 'its event waits') FROM lealup.outbox WHERE tenant_id = :'one';
SELECT is(lealup._upkeep(now() + interval '400 days'), false, 'and there is no upkeep');
SELECT is(lealup.adopt(:'one'), 1::bigint, 'one tenant is adopted');
SELECT is(home, lealup.home(), 'it is at home here') FROM lealup.tenant WHERE tenant_id = :'one';
SELECT isnt_empty('SELECT * FROM lealup._fan_out(100, now())', 'and its outbox is served');
SELECT is(lealup.adopt(), 2::bigint, 'all others follow');
SELECT is(lealup.adopt(), 0::bigint, 'once');

SELECT * FROM finish();
ROLLBACK;
