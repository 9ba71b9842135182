-- Customers: each change of a row is its event, once, in the causing transaction, however many rows a statement changes.
BEGIN;
SELECT plan(37);

SELECT lealup.create_tenant('customers') AS tenant \gset
SELECT lealup.create_tenant('others') AS other \gset
SELECT set_config('test.tenant', :'tenant', true);
INSERT INTO lealup.member (tenant_id, email, role) VALUES (:'tenant', 'ana@example.com', 'csm') RETURNING id AS ana \gset
INSERT INTO lealup.member (tenant_id, email, role) VALUES (:'tenant', 'ben@example.com', 'csm') RETURNING id AS ben \gset
INSERT INTO lealup.segment (tenant_id, name) VALUES (:'tenant', 'big') RETURNING id AS segment \gset

-- What was emitted since the last call, in order of type; the last event of a type; whether it is what the catalog says.
CREATE TEMP TABLE seen (id uuid PRIMARY KEY);
CREATE FUNCTION pg_temp.emitted() RETURNS text LANGUAGE sql AS $$
    WITH fresh AS MATERIALIZED (SELECT e.id, e.event_type FROM lealup.event e WHERE e.id NOT IN (SELECT s.id FROM seen s)),
        noted AS (INSERT INTO seen SELECT f.id FROM fresh f)
    SELECT coalesce(string_agg(x.type, ' ' ORDER BY x.type), '')
    FROM (SELECT replace(e.event_type, 'customer.', '') || CASE WHEN count(*) > 1 THEN ' x' || count(*) ELSE '' END AS type
          FROM fresh e GROUP BY e.event_type) x
$$;
CREATE FUNCTION pg_temp.last(type text) RETURNS jsonb LANGUAGE sql AS $$
    SELECT e.data::jsonb FROM lealup.event e WHERE e.tenant_id = current_setting('test.tenant')::uuid AND e.event_type = type ORDER BY e.id DESC LIMIT 1
$$;
CREATE FUNCTION pg_temp.fits(type text) RETURNS boolean LANGUAGE sql AS $$
    SELECT bool_and(t.schema -> 'properties' ? k) AND pg_temp.last(type) ?& ARRAY(SELECT jsonb_array_elements_text(t.schema -> 'required'))
    FROM lealup.event_type t, jsonb_object_keys(pg_temp.last(type)) k WHERE t.name = type GROUP BY t.name, t.schema
$$;

-- ----- Created -----
INSERT INTO lealup.customer (tenant_id, name, domain, owner_id, arr, tier, segment_id)
VALUES (:'tenant', 'Acme Corp', 'acme.example', :'ana', 84000, 'gold', :'segment') RETURNING id AS acme \gset
SELECT is(pg_temp.emitted(), 'created', 'an insert is customer.created');
SELECT ok(pg_temp.last('customer.created') @> jsonb_build_object('customer_id', :'acme', 'customer_name', 'Acme Corp', 'arr', 84000, 'currency', 'USD',
    'status', 'active', 'tier', 'gold', 'segment_id', :'segment', 'owner_id', :'ana', 'owner_email', 'ana@example.com'), 'it says who it is');
SELECT ok(pg_temp.fits('customer.created'), 'as the catalog says');
SELECT is((SELECT e.context FROM lealup.event e WHERE e.event_type = 'customer.created' AND e.customer_id = :'acme'),
    jsonb_build_object('customer_id', :'acme', 'segment_id', :'segment', 'owner_id', :'ana', 'tier', 'gold', 'status', 'active', 'arr', 84000.00),
    'and what filters ask for');
INSERT INTO lealup.customer (tenant_id, name, deleted_at) VALUES (:'tenant', 'Long gone', now());
SELECT is(pg_temp.emitted(), '', 'a customer that comes as deleted is none that was created');

-- ----- Updated -----
UPDATE lealup.customer SET arr = 90000, custom = '{"x": [1]}', owner_id = :'ben' WHERE id = :'acme';
SELECT is(pg_temp.emitted(), 'updated', 'an update is customer.updated');
SELECT is(pg_temp.last('customer.updated') -> 'changes', jsonb_build_object('arr', '{"previous": 84000.00, "current": 90000.00}'::jsonb,
    'custom', '{"previous": {}, "current": {"x": [1]}}'::jsonb, 'owner_id', jsonb_build_object('previous', :'ana', 'current', :'ben')),
    'with what has changed, before and after');
SELECT is(pg_temp.last('customer.updated') ->> 'owner_email', 'ben@example.com', 'its owner is the new one');
SELECT ok(pg_temp.fits('customer.updated'), 'as the catalog says');
UPDATE lealup.customer SET arr = 90000.00, name = name WHERE tenant_id = :'tenant';
SELECT is(pg_temp.emitted(), '', 'an update that changes nothing is nothing');
UPDATE lealup.customer SET name = 'x' WHERE id = lealup.uuid7();
SELECT is(pg_temp.emitted(), '', 'nor is one of no rows');
UPDATE lealup.customer SET status = 'churned' WHERE id = :'acme';
SELECT is(pg_temp.emitted(), 'status_changed updated', 'a change of status is told as such, too');
SELECT ok(pg_temp.last('customer.status_changed') @> '{"previous_status": "active", "current_status": "churned"}', 'with both');
SELECT ok(pg_temp.fits('customer.status_changed'), 'as the catalog says');
UPDATE lealup.customer SET status = 'active' WHERE id = :'acme';
SELECT is(pg_temp.emitted(), 'status_changed updated', 'and so is the return of one that had churned');
SAVEPOINT undone;
UPDATE lealup.customer SET arr = 1 WHERE id = :'acme';
ROLLBACK TO undone;
SELECT is(pg_temp.emitted(), '', 'what is rolled back has not happened');

-- ----- Deleted -----
SELECT lealup.delete_customer(:'tenant', :'acme');
SELECT is(pg_temp.emitted(), 'deleted', 'delete_customer() is customer.deleted');
SELECT ok(pg_temp.last('customer.deleted') @> jsonb_build_object('customer_id', :'acme', 'customer_name', 'Acme Corp'), 'of that one');
SELECT ok(pg_temp.fits('customer.deleted'), 'as the catalog says');
SELECT is((SELECT a.action FROM lealup.audit a WHERE a.object_id = :'acme'), 'customer.delete', 'it is audited');
SELECT throws_ok(format('SELECT lealup.delete_customer(%L, %L)', :'tenant', :'acme'), 'P0002', NULL, 'a second time there is none');
SELECT throws_ok(format('SELECT lealup.delete_customer(%L, %L)', :'other', :'acme'), 'P0002', NULL, 'nor has another tenant one');
UPDATE lealup.customer SET arr = 5 WHERE id = :'acme';
SELECT is(pg_temp.emitted(), '', 'what is deleted changes silently');
UPDATE lealup.customer SET deleted_at = NULL WHERE id = :'acme';
SELECT is(pg_temp.emitted(), 'updated', 'one that is brought back is updated');

-- ----- Many at a time -----
INSERT INTO lealup.customer (tenant_id, name, arr) SELECT :'tenant', 'bulk ' || n, n FROM generate_series(1, 20000) n;
SELECT is(pg_temp.emitted(), 'created x20000', 'a bulk insert: an event each');
-- The plan that one row was given must do for all of them. A quadratic one would take minutes.
SET LOCAL statement_timeout = '60s';
UPDATE lealup.customer SET arr = arr + 1 WHERE id = :'acme';
SELECT is(pg_temp.emitted(), 'updated', 'one row, then ...');
UPDATE lealup.customer SET status = 'paused' WHERE tenant_id = :'tenant' AND name LIKE 'bulk%';
SELECT is(pg_temp.emitted(), 'status_changed x20000 updated x20000', '... all');
UPDATE lealup.customer SET arr = CASE WHEN arr <= 100 THEN arr + 1 ELSE arr END WHERE tenant_id = :'tenant' AND name LIKE 'bulk%';
SELECT is(pg_temp.emitted(), 'updated x100', 'those that changed');
RESET statement_timeout;
SELECT is((SELECT count(*) FROM lealup.outbox o WHERE o.tenant_id = :'tenant'), (SELECT count(*) FROM lealup.event e WHERE e.tenant_id = :'tenant'),
    'each event awaits its fan-out');

-- ----- Loads, and who does not tell -----
SET LOCAL lealup.suppress_events = on;
INSERT INTO lealup.customer (tenant_id, name) VALUES (:'tenant', 'Silent') RETURNING id AS silent \gset
UPDATE lealup.customer SET arr = 7 WHERE id = :'silent';
SELECT is(pg_temp.emitted(), '', 'lealup.suppress_events keeps a load silent');
RESET lealup.suppress_events;
UPDATE lealup.tenant SET home = 1 WHERE tenant_id = :'other';
INSERT INTO lealup.customer (tenant_id, name) VALUES (:'other', 'Elsewhere'), (:'tenant', 'Here');
SELECT is(pg_temp.emitted(), 'created', 'a tenant whose home is another database tells nothing here');

-- ----- What is refused -----
SELECT throws_ok(format($$INSERT INTO lealup.customer (tenant_id, name, domain) VALUES (%L, 'x', 'Acme.Example')$$, :'tenant'), '23514', NULL, 'a domain in capitals');
SELECT throws_ok(format($$INSERT INTO lealup.customer (tenant_id, name, arr) VALUES (%L, 'x', -1)$$, :'tenant'), '23514', NULL, 'a negative ARR');
SELECT throws_ok(format($$INSERT INTO lealup.customer (tenant_id, name, arr) VALUES (%L, 'x', 'NaN')$$, :'tenant'), '23514', NULL, 'one that is no number, which JSON could not tell');
SELECT throws_ok(format($$INSERT INTO lealup.customer (tenant_id, name, status) VALUES (%L, 'x', 'lost')$$, :'tenant'), '23514', NULL, 'a status that there is not');
SELECT throws_ok(format($$INSERT INTO lealup.customer (tenant_id, name, owner_id) VALUES (%L, 'x', %L)$$, :'other', :'ana'), '23503', NULL, 'another tenant''s owner');
SELECT throws_ok(format($$INSERT INTO lealup.customer_identity (tenant_id, provider, external_id, customer_id) VALUES (%1$L, 'csv', '1', %2$L), (%1$L, 'csv', '1', %3$L)$$,
    :'tenant', :'acme', :'silent'), '23505', NULL, 'one name at a provider for two customers');

SELECT * FROM finish();
ROLLBACK;
