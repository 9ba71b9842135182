-- Who may see and do what. The roles and everything else are made in a transaction that is rolled back.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS lealup;
RESET client_min_messages;

BEGIN;
CREATE ROLE regress_lealup_admin;
CREATE ROLE regress_lealup_app;
CREATE ROLE regress_lealup_bound;
CREATE ROLE regress_lealup_reader;
CREATE ROLE regress_lealup_lost;
CREATE ROLE regress_lealup_member IN ROLE regress_lealup_bound;
CREATE ROLE regress_lealup_nobody;
SELECT lealup.create_tenant('one') AS one, lealup.create_tenant('two') AS two \gset
SELECT set_config('test.one', :'one', true) IS NOT NULL AND set_config('test.two', :'two', true) IS NOT NULL AS tenants;

SELECT lealup.grant_access('regress_lealup_admin', 'admin');
SELECT lealup.grant_access('regress_lealup_app', 'app');
SELECT lealup.grant_access('regress_lealup_bound', 'app', :'one');
SELECT lealup.grant_access('regress_lealup_reader', 'reader', :'one');
-- A reader without a tenant would see nothing.
SELECT lealup.grant_access('regress_lealup_lost', 'reader');

-- Gives the result of a statement, or its SQLSTATE and message without ids.
CREATE FUNCTION pg_temp.attempt(sql text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    EXECUTE replace(replace(sql, '$one', quote_literal(current_setting('test.one'))), '$two', quote_literal(current_setting('test.two'))) INTO result;
    RETURN regexp_replace(coalesce(result, 'null'), '[0-9a-f]{8}-[0-9a-f-]{27}', 'UUID', 'g');
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ': ' || regexp_replace(SQLERRM, '[0-9a-f]{8}-[0-9a-f-]{27}', 'UUID', 'g');
END $$;
CREATE FUNCTION pg_temp.seen() RETURNS TABLE (relation text, rows text) LANGUAGE plpgsql AS $$
BEGIN
    FOREACH relation IN ARRAY ARRAY['tenant', 'subscription', 'event', 'outbox', 'delivery_queue', 'delivery_attempt', 'delivery', 'delivery_log',
        'subscription_stats', 'audit', 'tenant_event_type'] LOOP
        rows := pg_temp.attempt(format('SELECT coalesce(string_agg(name, '', '' ORDER BY name), ''-'') FROM
            (SELECT DISTINCT CASE tenant_id WHEN $one THEN ''one'' WHEN $two THEN ''two'' END AS name FROM lealup.%I WHERE tenant_id IN ($one, $two)) t', relation));
        RETURN NEXT;
    END LOOP;
END $$;
CREATE FUNCTION pg_temp.calls() RETURNS TABLE (call text, result text) LANGUAGE sql AS $$
    SELECT c.call, pg_temp.attempt('SELECT ' || c.call) FROM unnest(ARRAY[
        'lealup.emit($one, ''task.created'', ''{}'')', 'lealup.emit($two, ''task.created'', ''{}'')',
        'lealup.create_subscription($one, ''https://receiver.example/'', ''{*}'')',
        'lealup.create_subscription($two, ''https://receiver.example/'', ''{*}'')',
        'lealup.create_tenant(''three'')', 'lealup.update_tenant($one, ''uno'')',
        'lealup.event_types($one) IS NOT NULL LIMIT 1', 'lealup.event_types($two) IS NOT NULL LIMIT 1']) WITH ORDINALITY c(call, n) ORDER BY n
$$;

-- Each tenant has a row in each table.
SELECT lealup.register_event_type(t, 'acme.shipped', 'Shipped.'), lealup.emit(t, 'task.created', '{}') IS NOT NULL AS event,
    lealup.create_subscription(t, 'https://receiver.example/hook', '{*}') IS NOT NULL AS subscription
FROM unnest(ARRAY[:'one', :'two']::uuid[]) t;
SELECT lealup.send_test_event(s.tenant_id, s.id) IS NOT NULL AS delivery FROM lealup.subscription s WHERE s.tenant_id IN (:'one', :'two');
INSERT INTO lealup.delivery_attempt (tenant_id, id, retention_class, attempt_no, final, status, trigger, delivery_id, subscription_id, event_id, started_at)
SELECT s.tenant_id, lealup._attempt_id(lealup.delivery_id(e.id, s.id), 1), 30, 1, true, 'failed', 'event', lealup.delivery_id(e.id, s.id), s.id, e.id, now()
FROM lealup.subscription s JOIN lealup.event e ON e.tenant_id = s.tenant_id AND e.event_type = 'task.created' WHERE s.tenant_id IN (:'one', :'two');
SELECT set_config('test.theirs', (SELECT id::text FROM lealup.subscription WHERE tenant_id = :'two'), true) IS NOT NULL AS theirs,
       set_config('test.delivery', (SELECT delivery_id::text FROM lealup.delivery_attempt WHERE tenant_id = :'two'), true) IS NOT NULL AS delivery;

-- ----- Nobody -----
SET LOCAL ROLE regress_lealup_nobody;
SELECT pg_temp.attempt('SELECT count(*) FROM lealup.tenant'), pg_temp.attempt('SELECT lealup.uuid7()');
RESET ROLE;

-- ----- An unbound admin sees all, and chooses one by the setting -----
SET LOCAL ROLE regress_lealup_admin;
SELECT * FROM pg_temp.seen();
SELECT * FROM pg_temp.calls();
SET LOCAL lealup.tenant_id = :'two';
SELECT * FROM pg_temp.seen();
SELECT * FROM pg_temp.calls();
SET LOCAL lealup.tenant_id = '';
SELECT pg_temp.attempt('SELECT count(*) > 0 FROM lealup.worker_status') AS workers;
RESET ROLE;

-- ----- An application names the tenant -----
SET LOCAL ROLE regress_lealup_app;
SELECT * FROM pg_temp.seen() WHERE rows <> '-';
SET LOCAL lealup.tenant_id = :'one';
SELECT * FROM pg_temp.seen();
SELECT * FROM pg_temp.calls();
SET LOCAL lealup.tenant_id = 'no uuid';
SELECT pg_temp.attempt('SELECT count(*) FROM lealup.event');
SET LOCAL lealup.tenant_id = '';
SELECT pg_temp.attempt('SELECT count(*) FROM lealup.worker_status') AS workers;
RESET ROLE;

-- ----- A bound role is of its tenant, whatever it sets -----
SET LOCAL ROLE regress_lealup_bound;
SET LOCAL lealup.tenant_id = :'two';
SELECT * FROM pg_temp.seen();
SELECT * FROM pg_temp.calls();
-- Another tenant's subscription and delivery are not there, neither as its own nor in the other's name.
SELECT c.call, pg_temp.attempt(format('SELECT lealup.' || c.call, t.tenant, i.id)) AS result
FROM unnest(ARRAY['update_subscription(%s, %L, description => ''mine'')', 'pause_subscription(%s, %L)', 'resume_subscription(%s, %L)',
        'delete_subscription(%s, %L)', 'rotate_secret(%s, %L)', 'send_test_event(%s, %L)', 'recover(%s, %L, now())', 'replay_missing(%s, %L, now())',
        'replay(%s, %L)']) WITH ORDINALITY c(call, n),
    LATERAL (SELECT current_setting(CASE WHEN c.call LIKE 'replay(%' THEN 'test.delivery' ELSE 'test.theirs' END) AS id) i,
    (VALUES ('$one'), ('$two')) t(tenant) ORDER BY c.n, t.tenant;
-- Limits that protect third parties are the administrator's.
SELECT pg_temp.attempt($$SELECT lealup.create_subscription($one, 'https://receiver.example/', '{*}', rate_limit => 0)$$);
SELECT pg_temp.attempt($$SELECT lealup.create_subscription($one, 'https://receiver.example/', '{*}', max_in_flight => 10000)$$);
SELECT pg_temp.attempt($$SELECT lealup.create_subscription($one, 'https://receiver.example/', '{*}', rate_limit => 1, max_in_flight => 1)$$);
SET LOCAL lealup.tenant_id = '';
RESET ROLE;

-- ----- A member of the bound role is bound with it -----
SET LOCAL ROLE regress_lealup_member;
SET LOCAL lealup.tenant_id = :'two';
SELECT * FROM pg_temp.seen() WHERE rows LIKE '%two%';
SELECT pg_temp.attempt($$SELECT lealup.emit($two, 'task.created', '{}')$$);
SET LOCAL lealup.tenant_id = '';
RESET ROLE;

-- ----- Readers -----
SET LOCAL ROLE regress_lealup_reader;
SET LOCAL lealup.tenant_id = :'two';
SELECT * FROM pg_temp.seen();
SELECT * FROM pg_temp.calls();
SELECT pg_temp.attempt($$DELETE FROM lealup.event RETURNING 1$$), pg_temp.attempt($$UPDATE lealup.subscription SET status = 'deleted' RETURNING 1$$);
RESET ROLE;
SET LOCAL ROLE regress_lealup_lost;
SELECT * FROM pg_temp.seen() WHERE rows <> '-';
SET LOCAL lealup.tenant_id = '';
RESET ROLE;

-- ----- What no access includes -----
CREATE FUNCTION pg_temp.forbidden() RETURNS TABLE (statement text, sqlstate text) LANGUAGE sql AS $$
    SELECT s.sql, left(pg_temp.attempt(s.sql), 5) FROM unnest(ARRAY[
        'SELECT count(*) FROM lealup.vault_secret', 'SELECT count(*) FROM lealup.vault_key', 'SELECT count(*) FROM lealup.tenant_route',
        'SELECT count(*) FROM lealup.event_30', 'SELECT count(*) FROM lealup.event_30_default', 'SELECT count(*) FROM lealup.event_key',
        'INSERT INTO lealup.outbox SELECT * FROM lealup.outbox RETURNING 1', 'UPDATE lealup.delivery_queue SET attempt_no = 1 RETURNING 1',
        'DELETE FROM lealup.audit RETURNING 1', 'TRUNCATE lealup.event', 'INSERT INTO lealup.event_type SELECT * FROM lealup.event_type RETURNING 1',
        'SELECT lealup.grant_access(''regress_lealup_nobody'', ''admin'')', 'SELECT lealup.revoke_access(''regress_lealup_bound'')',
        'SELECT lealup._fan_out(1, now())', 'SELECT lealup._upkeep(now())', 'SELECT lealup._requeue($two, lealup.uuid7())',
        'SELECT lealup._take_secret(lealup.uuid7())', 'SELECT lealup._seal($one, lealup.uuid7(), ''x'')', 'SELECT lealup._audit($one, ''a'', ''b'', NULL)',
        'SELECT lealup._set_status($two, lealup.uuid7(), ''deleted'', ''x'')', 'SELECT lealup._disable_subscription($two, lealup.uuid7(), ''x'')',
        'SET lealup.allow_http = on', 'SHOW lealup.key_file']) WITH ORDINALITY s(sql, n) ORDER BY n
$$;
SET LOCAL ROLE regress_lealup_admin;
SELECT * FROM pg_temp.forbidden();
RESET ROLE;
SET LOCAL ROLE regress_lealup_app;
SELECT * FROM pg_temp.forbidden() WHERE sqlstate NOT IN ('42501', '55P02');
RESET ROLE;
SET LOCAL ROLE regress_lealup_bound;
SELECT * FROM pg_temp.forbidden() WHERE sqlstate NOT IN ('42501', '55P02');
RESET ROLE;
SET LOCAL ROLE regress_lealup_reader;
SELECT * FROM pg_temp.forbidden() WHERE sqlstate NOT IN ('42501', '55P02');
RESET ROLE;

-- ----- Whoever sets another role has that one's access, no more -----
GRANT regress_lealup_reader TO regress_lealup_app;
SET LOCAL ROLE regress_lealup_app;
SET LOCAL ROLE regress_lealup_reader;
SELECT lealup.current_tenant() = :'one' AS bound, pg_temp.attempt($$SELECT lealup.emit($one, 'task.created', '{}')$$);
RESET ROLE;

-- ----- Access is replaced and taken back -----
SELECT lealup.grant_access('regress_lealup_admin', 'reader', :'two');
SET LOCAL ROLE regress_lealup_admin;
SELECT * FROM pg_temp.seen() WHERE rows <> '-';
SELECT pg_temp.attempt($$SELECT lealup.create_tenant('three')$$);
RESET ROLE;
SELECT lealup.revoke_access('regress_lealup_admin'), lealup.revoke_access('regress_lealup_app'), lealup.revoke_access('regress_lealup_bound'),
    lealup.revoke_access('regress_lealup_reader'), lealup.revoke_access('regress_lealup_lost');
SELECT pg_describe_object(d.classid, d.objid, d.objsubid) AS privileges_left FROM pg_shdepend d JOIN pg_roles r ON r.oid = d.refobjid
WHERE d.dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND r.rolname LIKE 'regress\_lealup\_%';
ROLLBACK;
