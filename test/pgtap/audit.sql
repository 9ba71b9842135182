-- Every administrative act leaves one audit row, and none of them a secret.
BEGIN;
SELECT plan(26);

CREATE ROLE pgtap_lealup_app;
SELECT lealup.create_tenant('audit') AS tenant \gset
SELECT set_config('test.tenant', :'tenant', true);
-- The audit rows since the last call.
CREATE TEMP TABLE seen (id uuid);
CREATE FUNCTION pg_temp.news() RETURNS text LANGUAGE sql AS $$
    WITH n AS (INSERT INTO seen SELECT id FROM lealup.audit WHERE tenant_id = current_setting('test.tenant')::uuid AND id NOT IN (SELECT id FROM seen) RETURNING id)
    SELECT string_agg(format('%s %s%s', a.action, a.object_type, CASE WHEN a.object_id IS NULL THEN '' ELSE ' id' END), ', ' ORDER BY a.id)
    FROM lealup.audit a JOIN n USING (id)
$$;
SELECT is(pg_temp.news(), 'tenant.create tenant id', 'create_tenant');
SELECT lealup.update_tenant(:'tenant', plan => 'scale');
SELECT is(pg_temp.news(), 'tenant.update tenant id', 'update_tenant');
SELECT lealup.register_event_type(:'tenant', 'acme.shipped', 'Shipped.');
SELECT is(pg_temp.news(), 'event_type.register event_type', 'register_event_type');
SELECT lealup.grant_access('pgtap_lealup_app', 'app', :'tenant');
SELECT is(pg_temp.news(), 'access.grant role', 'grant_access');

-- From here on the role acts.
SELECT lealup.create_subscription(:'tenant', 'https://receiver.example/0', '{*}', rpad('given-secret', 40, 'x'), headers => '{"X-Api-Key": "given-header"}') AS s \gset
SELECT is(pg_temp.news(), 'subscription.create subscription id', 'create_subscription');
SELECT lealup.update_subscription(:'tenant', :'s', description => 'd', headers => '{"X-Api-Key": "changed-header"}');
SELECT is(pg_temp.news(), 'subscription.update subscription id', 'update_subscription');
SELECT results_eq($$SELECT detail FROM lealup.audit WHERE action = 'subscription.update' AND tenant_id = current_setting('test.tenant')::uuid$$,
    $$VALUES ('{"description": "d", "header_names": ["X-Api-Key"]}'::jsonb)$$, 'its row tells what was changed');
SELECT lealup.pause_subscription(:'tenant', :'s');
SELECT is(pg_temp.news(), 'subscription.pause subscription id', 'pause_subscription');
SELECT lealup.resume_subscription(:'tenant', :'s');
SELECT is(pg_temp.news(), 'subscription.resume subscription id', 'resume_subscription');
SELECT lealup.rotate_secret(:'tenant', :'s', rpad('rotated-secret', 40, 'x'), '1 hour');
SELECT is(pg_temp.news(), 'subscription.rotate_secret subscription id', 'rotate_secret');
SELECT lealup.rotate_secret(:'tenant', :'s') AS generated \gset
SELECT is(pg_temp.news(), 'subscription.rotate_secret subscription id', 'rotate_secret, generated');
SELECT lealup.send_test_event(:'tenant', :'s') AS delivery \gset
SELECT is(pg_temp.news(), 'subscription.test subscription id', 'send_test_event');
SELECT lealup.replay(:'tenant', :'delivery') IS NOT NULL;
SELECT is(pg_temp.news(), 'delivery.replay delivery id', 'replay');
SELECT lealup.recover(:'tenant', :'s', '2020-01-01'), lealup.recover(:'tenant', :'s', '2020-01-01', dry_run => true);
SELECT is(pg_temp.news(), 'subscription.recover subscription id', 'recover; a dry run is no act');
SELECT lealup.replay_missing(:'tenant', :'s', '2020-01-01'), lealup.replay_missing(:'tenant', :'s', '2020-01-01', dry_run => true);
SELECT is(pg_temp.news(), 'subscription.replay_missing subscription id', 'replay_missing');
SELECT lealup._disable_subscription(:'tenant', :'s', 'test');
SELECT is(pg_temp.news(), 'subscription.disable subscription id', 'a subscription that is disabled');
SELECT lealup.delete_subscription(:'tenant', :'s');
SELECT is(pg_temp.news(), 'subscription.delete subscription id', 'delete_subscription');
UPDATE lealup.tenant SET home = 'elsewhere' WHERE tenant_id = :'tenant';
SELECT lealup.adopt(:'tenant');
SELECT is(pg_temp.news(), 'tenant.adopt tenant id', 'adopt');
SELECT lealup.emit(:'tenant', 'task.created', '{}') IS NOT NULL;
SELECT is(pg_temp.news(), NULL, 'emit is no administrative act');

-- Who did it: the role that is set, not the owner of the functions.
SET LOCAL ROLE pgtap_lealup_app;
SELECT lealup.create_subscription(:'tenant', 'https://receiver.example/1', '{*}') AS by_role \gset
RESET ROLE;
SELECT is(actor, 'pgtap_lealup_app', 'the acting role is named') FROM lealup.audit WHERE tenant_id = :'tenant' AND object_id = :'by_role';
SELECT lealup.revoke_access('pgtap_lealup_app');
SELECT matches(pg_temp.news(), 'access\.revoke role$', 'revoke_access');

SELECT is_empty(format($$SELECT action FROM lealup.audit a WHERE a::text ~ 'given-|rotated-|changed-header|whsec_' OR position(%L IN a::text) > 0$$, :'generated'),
    'no row holds a secret');

-- For whom a role acts is told, too, and only of members of the tenant.
INSERT INTO lealup.member (tenant_id, email, role) VALUES (:'tenant', 'ana@team.example', 'admin') RETURNING id AS ana \gset
SELECT lealup.create_tenant('another') AS another \gset
INSERT INTO lealup.member (tenant_id, email, role) VALUES (:'another', 'eve@team.example', 'admin') RETURNING id AS eve \gset
CREATE FUNCTION pg_temp.last() RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', a.action, a.member_id) FROM lealup.audit a WHERE a.tenant_id = current_setting('test.tenant')::uuid ORDER BY a.id DESC LIMIT 1
$$;
SET LOCAL lealup.tenant_id = :'tenant';
SET LOCAL lealup.member_id = :'ana';
SELECT lealup.update_tenant(:'tenant', time_zone => 'Europe/Madrid');
SELECT is(pg_temp.last(), 'tenant.update ' || :'ana', 'the member for whom a role acts is named');
SET LOCAL lealup.member_id = '';
SELECT lealup.update_tenant(:'tenant', time_zone => 'Europe/Rome');
SELECT is(pg_temp.last(), 'tenant.update', 'nobody, if it acts for none');
-- A tenant's own admin keeps its time zone and settings; name and plan are the installation's.
SELECT lealup.grant_access('pgtap_lealup_app', 'app', :'tenant');
SET LOCAL ROLE pgtap_lealup_app;
SET LOCAL lealup.member_id = :'ana';
SELECT lives_ok(format($$SELECT lealup.update_tenant(%L, settings => '{"default_country": "ES"}')$$, :'tenant'), 'a tenant''s admin changes its settings');
SELECT throws_ok(format($$SELECT lealup.update_tenant(%L, plan => 'scale')$$, :'tenant'), '42501', NULL, 'but not its plan');
RESET ROLE;

SELECT * FROM finish();
ROLLBACK;
