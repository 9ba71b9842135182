-- The customer-success core, one round: prints "name value" lines. Variables: n rows, docs documents.
-- A statement's cost is the CPU time of the backend that runs it, in microseconds a row; the load's own notices go elsewhere.
\set QUIET on
\pset tuples_only on
\pset format unaligned
\pset fieldsep ' '
\set ON_ERROR_STOP on

CREATE FUNCTION pg_temp.cpu() RETURNS numeric LANGUAGE sql AS $$
    SELECT split_part(pg_read_file('/proc/self/schedstat'), ' ', 1)::numeric / 1000
$$;
-- Runs a statement; gives what it cost for each of n rows.
CREATE FUNCTION pg_temp.cost(sql text, n numeric) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
    before numeric := pg_temp.cpu();
BEGIN
    EXECUTE sql;
    RETURN round((pg_temp.cpu() - before) / n, 2);
END $$;
-- One statement for each of n rows.
CREATE FUNCTION pg_temp.singly(tenant uuid, n int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1..n LOOP
        UPDATE lealup.customer c SET arr = c.arr + 1
        WHERE c.tenant_id = singly.tenant AND c.id = (SELECT m.customer_id FROM lealup.customer_identity m
            WHERE m.tenant_id = singly.tenant AND m.provider = 'bench' AND m.external_id = i::text);
    END LOOP;
END $$;
CREATE FUNCTION pg_temp.bulk(tenant uuid) RETURNS void LANGUAGE sql AS $$
    UPDATE lealup.customer c SET arr = c.arr + 1 WHERE c.tenant_id = bulk.tenant
$$;

SELECT lealup.create_tenant('core') AS tenant \gset
INSERT INTO lealup.member (tenant_id, email) VALUES (:'tenant', 'ana@team.example') RETURNING id AS owner \gset
SET lealup.suppress_events = on;
INSERT INTO lealup.customer (tenant_id, name, domain, arr, owner_id)
SELECT :'tenant', 'Customer ' || i, 'customer' || i || '.example', i, :'owner' FROM generate_series(1, :n) i;
INSERT INTO lealup.customer_identity (tenant_id, provider, external_id, customer_id)
SELECT :'tenant', 'bench', row_number() OVER (ORDER BY c.id), c.id FROM lealup.customer c WHERE c.tenant_id = :'tenant';
VACUUM ANALYZE lealup.customer;
VACUUM ANALYZE lealup.customer_identity;

-- ----- Changes, without and with their events -----
-- The first round makes the pages as they then stay.
SELECT pg_temp.bulk(:'tenant') \g /dev/null
VACUUM lealup.customer;
-- Plain: without any trigger.
SET session_replication_role = replica;
SELECT pg_temp.cost(format('SELECT pg_temp.bulk(%L)', :'tenant'), :n) AS plain \gset
VACUUM lealup.customer;
SELECT pg_temp.cost(format('SELECT pg_temp.singly(%L, 2000)', :'tenant'), 2000) AS single_plain \gset
RESET session_replication_role;
VACUUM lealup.customer;
SELECT pg_temp.cost(format('SELECT pg_temp.bulk(%L)', :'tenant'), :n) AS silent \gset
RESET lealup.suppress_events;
VACUUM lealup.customer;
SELECT pg_temp.cost(format('SELECT pg_temp.bulk(%L)', :'tenant'), :n) AS events \gset
VACUUM lealup.customer;
SELECT pg_temp.cost(format('SELECT pg_temp.singly(%L, 2000)', :'tenant'), 2000) AS single_events \gset
VACUUM lealup.customer;
SELECT pg_temp.cost(format('UPDATE lealup.customer SET arr = arr WHERE tenant_id = %L', :'tenant'), :n) AS unchanged \gset
SELECT 'bulk_plain', :plain \g
SELECT 'bulk_silent', :silent - :plain \g
SELECT 'bulk_event', :events - :silent \g
SELECT 'bulk_unchanged', :unchanged - :plain \g
SELECT 'single_plain', :single_plain \g
SELECT 'single_event', :single_events - :single_plain \g

-- ----- Health -----
INSERT INTO lealup.health_signal (tenant_id, customer_id, kind, value, source, external_id)
SELECT :'tenant', m.customer_id, k.kind, m.external_id::int % 101, 'bench', k.kind || m.external_id
FROM lealup.customer_identity m CROSS JOIN unnest(ARRAY['logins', 'nps', 'tickets']) k(kind) WHERE m.tenant_id = :'tenant';
ANALYZE lealup.health_signal;
\set measures '[{"kind": "logins", "worst": 0, "best": 100}, {"kind": "nps", "worst": 0, "best": 100}, {"kind": "tickets", "worst": 100, "best": 0}]'
SELECT lealup.set_health_definition(:'tenant', NULL, :'measures') \g /dev/null
VACUUM ANALYZE lealup.health_score;
SELECT clock_timestamp() AS begun \gset
-- Other limits: scores are made anew, some bands change.
SELECT lealup.set_health_definition(:'tenant', NULL, :'measures', 60, 30) \g /dev/null
SELECT 'health', round((:n / extract(epoch FROM clock_timestamp() - :'begun'))::numeric) \g
SELECT 'signal', pg_temp.cost(format('INSERT INTO lealup.health_signal (tenant_id, customer_id, kind, value)
    SELECT m.tenant_id, m.customer_id, ''nps'', 7 FROM lealup.customer_identity m WHERE m.tenant_id = %L LIMIT 10000', :'tenant'), least(10000, :n)) \g

-- ----- A file of customers -----
SELECT lealup.save_import_mapping(:'tenant', 'bench', 'customer',
    '{"external_id": "Id", "name": "Company", "domain": "Domain", "arr": "Revenue", "tier": "Tier", "custom.region": "Region"}') \g /dev/null
SELECT import_id AS import FROM lealup.begin_import(:'tenant', 'bench', 'Id,Company,Domain,Revenue,Tier,Region') \gset
SELECT clock_timestamp() AS begun \gset
\copy lealup.import_upload (c1, c2, c3, c4, c5, c6) FROM PROGRAM 'cat "$BENCH_CSV"' WITH (FORMAT csv, HEADER)
SELECT 'upload', round((:n / extract(epoch FROM clock_timestamp() - :'begun'))::numeric) \g
SELECT clock_timestamp() AS begun \gset
CALL lealup.run_import(:'tenant', :'import');
SELECT 'import', round((i.inserted / extract(epoch FROM clock_timestamp() - :'begun'))::numeric) FROM lealup.import i WHERE i.id = :'import' \g

-- ----- The knowledge base -----
-- How often a word comes follows its rank, as in a natural text: word2 is in nearly all documents, word900 in one of a hundred.
INSERT INTO lealup.kb_document (tenant_id, external_id, title, body, language, content_hash)
SELECT :'tenant', d, 'Document ' || d, (SELECT string_agg('word' || (power(1000, random()))::int, ' ') FROM generate_series(1, 60 + d * 0) w), 'english', ''
FROM generate_series(1, :docs) d;
VACUUM ANALYZE lealup.kb_document;
CREATE FUNCTION pg_temp.search(tenant uuid, query text) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
    begun timestamptz := clock_timestamp();
BEGIN
    FOR i IN 1..20 LOOP
        PERFORM count(*) FROM lealup.search_kb(tenant, query);
    END LOOP;
    RETURN round((extract(epoch FROM clock_timestamp() - begun) * 1000 / 20)::numeric, 1);
END $$;
SELECT pg_temp.search(:'tenant', 'word900') \g /dev/null
SELECT 'search_rare', pg_temp.search(:'tenant', 'word900 word800') \g
SELECT 'search_common', pg_temp.search(:'tenant', 'word2') \g
SELECT 'search_none', pg_temp.search(:'tenant', 'nowhere') \g
