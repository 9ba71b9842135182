-- The rules that keep the schema distributable by tenant. Some tables are small, global, and copied to every node: the
-- built-in catalog, the built-in lexicon, the routes of the HTTP API with their schemas, those from a name to its tenant, what is known of
-- providers, and their public keys.
BEGIN;
SELECT plan(13);
-- Autovacuum, which may be at what other tests left, would keep upkeep from its locks.
LOCK TABLE lealup.event, lealup.delivery_attempt, lealup.audit, lealup.sync_run IN SHARE UPDATE EXCLUSIVE MODE;

-- Leaves that upkeep makes follow the rules as well.
SELECT lealup.create_tenant('rules', p) FROM unnest(ARRAY['standard', 'scale']) p;
CREATE FUNCTION pg_temp.all_upkeep() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    WHILE lealup._upkeep(now()) LOOP
    END LOOP;
END $$;
SELECT pg_temp.all_upkeep();

CREATE TEMP VIEW relation AS
SELECT c.oid, c.relname, c.relkind, c.relispartition, c.relname IN ('event_type', 'lexicon', 'tenant_route', 'route', 'api_schema', 'oidc_key_set') OR c.relname ~ '^provider(_|$)' AS global,
       (SELECT a.attnum FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND a.atttypid = 'uuid'::regtype AND a.attnotnull) AS tenant_column
FROM pg_class c WHERE c.relnamespace = 'lealup'::regnamespace AND c.relkind IN ('r', 'p');
CREATE TEMP VIEW reference AS
SELECT k.conname, k.conkey, k.confkey, k.confdeltype, k.confupdtype, f.tenant_column AS from_tenant, t.tenant_column AS to_tenant,
       f.global OR t.global AS touches_global, f.relispartition OR f.relkind = 'p' OR t.relispartition OR t.relkind = 'p' AS touches_log
FROM pg_constraint k JOIN relation f ON f.oid = k.conrelid JOIN relation t ON t.oid = k.confrelid WHERE k.contype = 'f';

SELECT ok(count(*) FILTER (WHERE relkind = 'p') >= 12 AND count(*) FILTER (WHERE relispartition AND relname ~ '_p\d{8}$') >= 24, 'there is something to look at') FROM relation;

-- Rule 1: the tenant leads everything.
SELECT is_empty('SELECT relname FROM relation WHERE tenant_column IS NULL AND NOT global', 'every table but the global ones has tenant_id uuid not null');
SELECT is_empty('SELECT relname FROM relation r WHERE relkind = ''r'' AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = r.oid AND i.indisprimary)',
    'every table has a primary key');
SELECT is_empty('SELECT i.indexrelid::regclass FROM relation r JOIN pg_index i ON i.indrelid = r.oid
    WHERE i.indisunique AND NOT r.global AND i.indkey[0] IS DISTINCT FROM r.tenant_column', 'every unique index is led by tenant_id');
SELECT is_empty('SELECT k.conname FROM relation r JOIN pg_constraint k ON k.conrelid = r.oid WHERE k.contype = ''x'' AND NOT coalesce(r.tenant_column = ANY (k.conkey), false)',
    'every exclusion constraint has tenant_id');
SELECT is_empty('SELECT r.relname, a.attname FROM relation r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0
        LEFT JOIN pg_attrdef d ON d.adrelid = r.oid AND d.adnum = a.attnum
    WHERE a.attidentity <> '''' OR pg_get_expr(d.adbin, d.adrelid) ~* ''nextval''', 'no serial, no identity');

-- Of indexes that look equally good, as on a table that is not analyzed, the planner takes the one that was made last, and keeps it.
SELECT is_empty('SELECT i.indrelid::regclass, x.indexrelid::regclass FROM relation r JOIN pg_index i ON i.indrelid = r.oid AND i.indisprimary
    JOIN pg_index x ON x.indrelid = r.oid AND x.indexrelid > i.indexrelid AND x.indpred IS NULL
    WHERE r.relname IN (''customer'', ''contact'', ''meeting'', ''timeline_event'', ''health_score'', ''renewal'', ''task'', ''ticket'', ''detected_issue'',
        ''playbook_job'', ''playbook_run'', ''event_key'', ''inbox'', ''sync_record'')',
    'tables that grow and are looked up by their key have its index made after the others, but partial ones');

-- Rule 2: references stay within a tenant.
SELECT is_empty('SELECT conname FROM reference WHERE touches_global OR from_tenant IS NULL OR array_position(conkey, from_tenant) IS NULL
    OR array_position(conkey, from_tenant) IS DISTINCT FROM array_position(confkey, to_tenant) OR conkey[1] <> from_tenant',
    'every foreign key is led by tenant_id on both sides, and none touches a global table');
SELECT is_empty('SELECT conname FROM reference WHERE confdeltype NOT IN (''a'', ''r'', ''c'') OR confupdtype NOT IN (''a'', ''r'')',
    'a reference is never set to null or a default, and never follows an update');

-- Rule 3: logs.
SELECT is_empty('SELECT conname FROM reference WHERE touches_log', 'no foreign key from or to a log');
SELECT is_empty('SELECT i.indexrelid::regclass FROM relation r JOIN pg_index i ON i.indrelid = r.oid WHERE r.relkind = ''p''', 'a partitioned parent has no index');
SELECT is_empty('SELECT r.relname FROM relation r WHERE NOT r.relispartition AND EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = r.oid)', 'no inheritance but partitions');

-- Rule 4: triggers.
SELECT is_empty('SELECT t.tgname FROM relation r JOIN pg_trigger t ON t.tgrelid = r.oid WHERE NOT t.tgisinternal AND (t.tgtype & 66 <> 0 OR t.tgdeferrable)
    UNION ALL SELECT w.rulename FROM relation r JOIN pg_rewrite w ON w.ev_class = r.oid', 'AFTER triggers only, not deferred, and no rules');

SELECT * FROM finish();
ROLLBACK;
