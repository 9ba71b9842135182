-- Rules that every object of the extension follows. Each query lists the exceptions: none.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS lealup;
RESET client_min_messages;

CREATE TEMP VIEW member AS
SELECT d.classid, d.objid, pg_describe_object(d.classid, d.objid, 0) AS object
FROM pg_depend d
WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
  AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'lealup');

-- The queries below do look at something.
SELECT count(*) FILTER (WHERE classid = 'pg_proc'::regclass) > 50 AS functions, count(*) FILTER (WHERE classid = 'pg_class'::regclass) > 15 AS relations
FROM member;

-- Everything is documented; of partitioned tables, the parent.
SELECT object FROM member m
WHERE classid = 'pg_proc'::regclass AND obj_description(objid, 'pg_proc') IS NULL
   OR classid = 'pg_class'::regclass AND obj_description(objid, 'pg_class') IS NULL
      AND (SELECT relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT relispartition FROM pg_class c WHERE c.oid = m.objid)
ORDER BY object COLLATE "C";

-- A function with its owner's rights uses no object that its caller can shadow. One in C may do without the setting, which costs at
-- every call, if what it runs names every schema and uses no operator.
SELECT object, p.proconfig FROM member m JOIN pg_proc p ON p.oid = m.objid JOIN pg_language l ON l.oid = p.prolang
WHERE m.classid = 'pg_proc'::regclass AND p.prosecdef AND l.lanname <> 'c'
  AND NOT coalesce('search_path=pg_catalog, pg_temp' = ANY (p.proconfig), false)
ORDER BY object COLLATE "C";
SELECT object FROM member m JOIN pg_proc p ON p.oid = m.objid JOIN pg_language l ON l.oid = p.prolang
WHERE m.classid = 'pg_proc'::regclass AND p.prosecdef AND l.lanname = 'c' AND p.proconfig IS NULL;

-- SQL text that runs under its caller's search_path is for the workers only, who set theirs. A procedure that commits cannot set it, so it
-- names every schema and uses no operator.
SELECT object FROM member m JOIN pg_proc p ON p.oid = m.objid JOIN pg_language l ON l.oid = p.prolang
WHERE m.classid = 'pg_proc'::regclass AND p.proconfig IS NULL AND p.prosqlbody IS NULL AND p.prokind <> 'p' AND l.lanname NOT IN ('c', 'internal')
  AND has_function_privilege('lealup_worker', p.oid, 'EXECUTE') IS NOT TRUE
ORDER BY object COLLATE "C";

-- Nothing is granted to PUBLIC.
SELECT object, a.privilege_type FROM member m JOIN pg_proc p ON p.oid = m.objid, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
WHERE m.classid = 'pg_proc'::regclass AND a.grantee = 0;
SELECT c.oid::regclass, a.privilege_type FROM pg_class c, aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) a
WHERE c.relnamespace = 'lealup'::regnamespace AND c.relkind IN ('r', 'p', 'v') AND a.grantee = 0;
SELECT a.privilege_type FROM pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a WHERE nspname = 'lealup' AND a.grantee = 0;

-- Partitions get no grants, so that no look past row-level security is possible; secrets are for the workers alone.
SELECT c.oid::regclass, a.grantee::regrole, a.privilege_type FROM pg_class c, aclexplode(c.relacl) a
WHERE c.relnamespace = 'lealup'::regnamespace AND c.relispartition AND c.relkind IN ('r', 'p') AND a.grantee <> c.relowner;
SELECT DISTINCT c.relname, a.grantee::regrole FROM pg_class c, aclexplode(c.relacl) a
WHERE c.oid IN ('lealup.vault_key'::regclass, 'lealup.vault_secret'::regclass) AND a.grantee <> c.relowner ORDER BY 1;

-- Row-level security covers every table with a tenant, and views run with their caller's rights; the workers' status has no tenant.
SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
WHERE c.relnamespace = 'lealup'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND NOT c.relrowsecurity;
SELECT c.relname FROM pg_class c
WHERE c.relnamespace = 'lealup'::regnamespace AND c.relkind = 'v' AND c.relname <> 'worker_status'
  AND NOT coalesce('security_invoker=true' = ANY (c.reloptions)
    OR 'security_invoker=on' = ANY (c.reloptions), false);

-- The roles that the extension makes have nothing but membership to give.
SELECT rolname, rolsuper, rolcanlogin, rolcreaterole, rolcreatedb, rolbypassrls, rolreplication
FROM pg_roles WHERE rolname IN ('lealup_worker', 'lealup_gateway', 'lealup_api') ORDER BY 1;
