-- What came by a connection: only its source changes it, people say whose it is, and it outlives its customer.
BEGIN;
SELECT plan(29);

-- A provider whose records are the rows that they become.
CREATE SCHEMA test_mirror;
GRANT USAGE ON SCHEMA test_mirror TO lealup_provider;
CREATE FUNCTION test_mirror.normalize(call jsonb, record jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE RETURN record -> 'data';
GRANT EXECUTE ON FUNCTION test_mirror.normalize(jsonb, jsonb) TO lealup_provider;
INSERT INTO lealup.provider (name, title, kind, base_url, allowed_hosts, auth) VALUES ('test_mirror', 'Mirror', 'workspace', 'https://api.mirror.example', '{api.mirror.example}', 'none');
INSERT INTO lealup.provider_stream (provider, name, title, request, response, normalize) VALUES ('test_mirror', 'all', 'All', 'x', 'x', 'test_mirror.normalize');

SELECT lealup.create_tenant('mirrored') AS tenant, lealup.uuid7() AS c, lealup.uuid7() AS csm, lealup.uuid7() AS acme, lealup.uuid7() AS globex, lealup.uuid7() AS initech \gset
SELECT set_config('test.tenant', :'tenant', true), set_config('test.c', :'c', true);
CREATE ROLE pgtap_lealup_csm;
INSERT INTO lealup.member (tenant_id, id, email, role) VALUES (:'tenant', :'csm', 'csm@team.example', 'csm');
SELECT lealup.bind_member(:'tenant', :'csm', 'pgtap_lealup_csm');
INSERT INTO lealup.customer (tenant_id, id, name) VALUES (:'tenant', :'acme', 'Acme'), (:'tenant', :'globex', 'Globex'), (:'tenant', :'initech', 'Initech');
INSERT INTO lealup.contact (tenant_id, customer_id, email) VALUES (:'tenant', :'acme', 'ana@acme.example');
INSERT INTO lealup.connection (tenant_id, id, provider, kind, state, account_id) VALUES (:'tenant', :'c', 'test_mirror', 'workspace', 'connected', 'a');
INSERT INTO lealup.connection_stream (tenant_id, connection_id, stream) VALUES (:'tenant', :'c', 'all');
CREATE FUNCTION pg_temp.sync(VARIADIC items jsonb[]) RETURNS jsonb LANGUAGE sql AS $$
    SELECT lealup._sync_apply(current_setting('test.tenant')::uuid, current_setting('test.c')::uuid, 'all',
        (SELECT jsonb_agg(CASE WHEN i ? 'deleted' THEN i ELSE jsonb_build_object('id', i ->> 'external_id', 'data', jsonb_build_array(i)) END) FROM unnest(items) i))
$$;
CREATE FUNCTION pg_temp.mail(id text, title text, sender text) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('entity', 'timeline_event', 'external_id', id, 'kind', 'email', 'direction', 'in', 'channel', 'email', 'title', title, 'occurred_at', '2026-01-01T10:00:00Z',
        'participants', jsonb_build_array(jsonb_build_object('email', sender, 'role', 'from')))
$$;
CREATE FUNCTION pg_temp.meeting(id text, title text) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('entity', 'meeting', 'external_id', id, 'title', title, 'starts_at', '2026-01-02T10:00:00Z', 'ends_at', '2026-01-02T11:00:00Z',
        'attendees', '[{"email": "hank@globex.example"}]'::jsonb)
$$;
CREATE FUNCTION pg_temp.whose(id text) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', e.title, c.name) FROM (SELECT t.external_id, t.title, t.customer_id FROM lealup.timeline_event t UNION ALL SELECT m.external_id, m.title, m.customer_id FROM lealup.meeting m) e
    LEFT JOIN lealup.customer c ON c.id = e.customer_id WHERE e.external_id = whose.id
$$;
SELECT is(pg_temp.sync(pg_temp.mail('e1', 'First', 'hank@globex.example'), pg_temp.mail('e2', 'Second', 'ana@acme.example'), pg_temp.meeting('m1', 'Review'), pg_temp.meeting('m2', 'Gone'),
    '{"entity": "kb_document", "external_id": "d1", "title": "Handbook", "body": "How we do it"}') ->> 'created', '5', 'a source brings mails, meetings and a document');
SELECT is(concat_ws(', ', pg_temp.whose('e1'), pg_temp.whose('e2'), pg_temp.whose('m1')), 'First, Second Acme, Review', 'of people who are known or not');

-- ----- Who may change it -----
SET LOCAL ROLE pgtap_lealup_csm;
INSERT INTO lealup.timeline_event (customer_id, kind, title) VALUES (:'acme', 'note', 'Own');
INSERT INTO lealup.meeting (title, starts_at, ends_at, external_id) VALUES ('Own', now(), now(), 'own');
CREATE FUNCTION pg_temp.changed(sql text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
BEGIN
    EXECUTE sql;
    GET DIAGNOSTICS n = ROW_COUNT;
    RETURN n;
END $$;
SELECT is(pg_temp.changed($$UPDATE lealup.timeline_event SET title = 'Changed'$$), 1::bigint, 'on the timeline a member changes what the team wrote, and nothing else');
SELECT is(pg_temp.changed($$UPDATE lealup.meeting SET title = 'Changed'$$), 1::bigint, 'so it is with meetings');
SELECT is(pg_temp.changed(format('UPDATE lealup.%s SET customer_id = NULL WHERE connection_id IS NOT NULL', t)), 0::bigint, 'whatever the column') FROM unnest(ARRAY['timeline_event', 'meeting']) t;
SELECT throws_ok(format('UPDATE lealup.%s SET connection_id = %L WHERE title = ''Changed''', t, :'c'), '42501', NULL, 'nobody makes it look as if it came by a connection: ' || t) FROM unnest(ARRAY['timeline_event', 'meeting']) t;
SELECT throws_ok(format('INSERT INTO lealup.timeline_event (kind, connection_id) VALUES (''note'', %L)', :'c'), '42501', NULL, 'nor writes it so');
SELECT throws_ok('UPDATE lealup.kb_document SET title = ''Changed''', '42501', NULL, 'documents are changed by functions');
SELECT throws_ok(format('SELECT lealup.upsert_kb_document(%L, ''test_mirror'', ''d1'', ''Changed'', ''x'')', :'tenant'), '55000', NULL, 'which refuse one that came by a connection');
SELECT throws_ok(format('SELECT lealup.delete_kb_document(%L, %L)', :'tenant', d.id), '55000', NULL, 'also to delete it') FROM lealup.kb_document d;
SELECT throws_ok(format('SELECT lealup.add_timeline_event(%L, ''email'', ''Changed'', source => ''test_mirror'', external_id => ''e1'')', :'tenant'), '55000', NULL, 'as that of the timeline does');
SELECT is(pg_temp.whose('e1'), 'First', 'so all is as its source has it');

-- ----- Whose it is -----
SELECT is(lealup.assign(:'tenant', 'email', 'hank@globex.example', :'globex'), 3::bigint, 'a member says whose it is');
RESET ROLE;
SELECT is(concat_ws(', ', pg_temp.whose('e1'), pg_temp.whose('m1')), 'First Globex, Review Globex', 'mails and meetings');
SELECT is(pg_temp.sync(pg_temp.mail('e1', 'First, edited', 'hank@globex.example'), pg_temp.mail('e3', 'Third', 'peter@initech.example'), pg_temp.meeting('m1', 'Review, moved'), '{"id": "m2", "deleted": true}') - '{same,failed,skipped,seen}'::text[],
    '{"created": 1, "updated": 2, "deleted": 1}', 'the source changes it');
SELECT is(concat_ws(', ', pg_temp.whose('e1'), pg_temp.whose('m1')), 'First, edited Globex, Review, moved Globex', 'and it stays whose it is');
INSERT INTO lealup.contact (tenant_id, customer_id, email) VALUES (:'tenant', :'initech', 'peter@initech.example');
SET LOCAL ROLE pgtap_lealup_csm;
SELECT is(lealup.rematch(:'tenant'), 1::bigint, 'what is matched anew');
RESET ROLE;
SELECT is(pg_temp.whose('e3'), 'Third Initech', 'is assigned, too');

-- ----- Customers that go -----
SET LOCAL ROLE pgtap_lealup_csm;
SELECT lealup.delete_customer(:'tenant', :'globex');
RESET ROLE;
SELECT is(concat_ws(', ', pg_temp.whose('e1'), pg_temp.whose('m1')), 'First, edited Globex, Review, moved Globex', 'what a customer had stays with it');
SELECT is(pg_temp.sync(pg_temp.mail('e1', 'First, again', 'hank@globex.example'), pg_temp.mail('e4', 'Fourth', 'hank@globex.example')) - '{same,deleted,skipped,seen}'::text[],
    '{"created": 1, "updated": 1, "failed": 0}', 'its people may write on');
SELECT is(concat_ws(', ', pg_temp.whose('e1'), pg_temp.whose('e4')), 'First, again Globex, Fourth', 'what comes then is nobody''s');
SELECT is((SELECT u.events FROM lealup.unmatched u WHERE u.tenant_id = :'tenant' AND u.value = 'hank@globex.example'), 1::bigint, 'and waits to be assigned');

-- ----- Connections that go -----
-- Upkeep has forgotten by now that a meeting, which was cancelled, was one of the source's.
DELETE FROM lealup.sync_record WHERE tenant_id = :'tenant' AND id = 'm2';
SELECT is((SELECT m.status FROM lealup.meeting m WHERE m.external_id = 'm2'), 'cancelled', 'a meeting that was cancelled long ago');
SELECT lealup.disconnect(:'tenant', :'c', purge => true);
CREATE FUNCTION pg_temp.upkeep() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1..100 LOOP
        IF NOT lealup._connection_upkeep(clock_timestamp(), 2) THEN
            RETURN 'done';
        END IF;
    END LOOP;
    RETURN 'endless';
END $$;
SELECT is(pg_temp.upkeep(), 'done', 'a connection that is purged');
SELECT is_empty(format('SELECT t.external_id FROM lealup.timeline_event t WHERE t.tenant_id = %1$L AND t.source = ''test_mirror'' UNION ALL SELECT m.external_id FROM lealup.meeting m WHERE m.tenant_id = %1$L AND m.source = ''test_mirror''
    UNION ALL SELECT d.external_id FROM lealup.kb_document d WHERE d.tenant_id = %1$L', :'tenant'), 'takes with it all that it has brought');
SELECT is((SELECT count(*) FROM lealup.timeline_event t WHERE t.tenant_id = :'tenant') + (SELECT count(*) FROM lealup.meeting m WHERE m.tenant_id = :'tenant'), 2::bigint, 'and leaves what the team wrote');
SELECT is((SELECT count(*) FROM lealup.connection_stream s WHERE s.tenant_id = :'tenant') + (SELECT count(*) FROM lealup.sync_record r WHERE r.tenant_id = :'tenant'), 0::bigint, 'nothing is known of it');

SELECT * FROM finish();
ROLLBACK;
