-- What happened, written once.
BEGIN;
SELECT plan(33);

SELECT lealup.create_tenant('timeline') AS tenant, lealup.create_tenant('another') AS other \gset
SELECT set_config('test.tenant', :'tenant', true);
SELECT lealup.uuid7() AS acme, lealup.uuid7() AS beta, lealup.uuid7() AS theirs, lealup.uuid7() AS ana, lealup.uuid7() AS me \gset
INSERT INTO lealup.customer (tenant_id, id, name) VALUES (:'tenant', :'acme', 'Acme'), (:'tenant', :'beta', 'Beta'), (:'other', :'theirs', 'Theirs');
INSERT INTO lealup.contact (tenant_id, id, customer_id, email) VALUES (:'tenant', :'ana', :'acme', 'ana@acme.com');
INSERT INTO lealup.member (tenant_id, id, email) VALUES (:'tenant', :'me', 'me@team.example');

CREATE FUNCTION pg_temp.put(title text DEFAULT 'Hello', body text DEFAULT NULL, customer uuid DEFAULT NULL, participants jsonb DEFAULT '[{"email": "Ana@acme.com"}, {"email": "me@team.example"}]',
    payload jsonb DEFAULT '{"raw": 1}') RETURNS uuid LANGUAGE sql AS $$
    SELECT lealup.add_timeline_event(current_setting('test.tenant')::uuid, 'email', put.title, put.body, '2026-01-01', put.participants, put.customer, direction => 'in', channel => 'email',
        source => 'gmail', external_id => 'm1', payload => put.payload)
$$;
CREATE FUNCTION pg_temp.audited() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(action, ' ' ORDER BY id) FROM lealup.audit WHERE tenant_id = current_setting('test.tenant')::uuid AND object_type = 'timeline_event'
$$;

SELECT pg_temp.put() AS id \gset
SELECT results_eq(format('SELECT customer_id, contact_id, member_id, kind, direction, title, participants, payload FROM lealup.timeline_event WHERE tenant_id = %L', :'tenant'),
    format($$VALUES (%L::uuid, %L::uuid, %L::uuid, 'email', 'in', 'Hello', '[{"email": "ana@acme.com"}, {"email": "me@team.example"}]'::jsonb, '{"raw": 1}'::jsonb)$$, :'acme', :'ana', :'me'),
    'the participants say whose it is, and who of the team was there');
SELECT is(pg_temp.put(), :'id'::uuid, 'the same again is the same row');
SELECT is(pg_temp.audited(), 'timeline.add', 'and changes nothing');
CREATE FUNCTION pg_temp.version() RETURNS text LANGUAGE sql AS $$ SELECT string_agg(xmin::text || ctid::text, ' ') FROM lealup.timeline_event WHERE tenant_id = current_setting('test.tenant')::uuid $$;
CREATE TEMP TABLE before AS SELECT pg_temp.version() AS version;
SELECT pg_temp.put();
SELECT is(pg_temp.version(), version, 'not even the row') FROM before;
SELECT is(pg_temp.put('Hello again'), :'id'::uuid, 'a change keeps the id');
SELECT is((SELECT title FROM lealup.timeline_event WHERE id = :'id'), 'Hello again', 'and is written');
SELECT is(pg_temp.audited(), 'timeline.add timeline.update', 'and audited');
SELECT pg_temp.put('Hello again', payload => '{"raw": 2}');
SELECT is((SELECT payload FROM lealup.timeline_event WHERE id = :'id'), '{"raw": 2}'::jsonb, 'so is a change of the payload alone');
UPDATE lealup.timeline_event SET customer_id = :'beta' WHERE tenant_id = :'tenant' AND id = :'id';
SELECT pg_temp.put('Once more');
SELECT is((SELECT customer_id FROM lealup.timeline_event WHERE id = :'id'), :'beta'::uuid, 'what a person assigned is not matched anew');
SELECT pg_temp.put('Once more', customer => :'acme');
SELECT is((SELECT customer_id FROM lealup.timeline_event WHERE id = :'id'), :'acme'::uuid, 'but the caller may say it');
SELECT isnt(lealup.add_timeline_event(:'tenant', 'email', source => 'outlook', external_id => 'm1'), :'id'::uuid, 'another source''s id is another');
SELECT isnt(lealup.add_timeline_event(:'tenant', 'call'), lealup.add_timeline_event(:'tenant', 'call'), 'without one each is its own');
SELECT lealup.add_timeline_event(:'tenant', 'call', participants => '[{"email": "a@b.example"}]') AS unknown,
    lealup.add_timeline_event(:'tenant', 'call', participants => '[{"email": "ana@acme.com"}]', customer_id => :'beta') AS named,
    lealup.add_timeline_event(:'tenant', 'message', participants => '[{"phone": "+34 600 123 456", "external_id": "U1"}]', source => 'slack') AS slack \gset
SELECT results_eq(format('SELECT customer_id FROM lealup.timeline_event WHERE id = %L', :'unknown'), 'VALUES (NULL::uuid)', 'nobody knows whose it is');
SELECT results_eq(format('SELECT customer_id, contact_id FROM lealup.timeline_event WHERE id = %L', :'named'), format('VALUES (%L::uuid, NULL::uuid)', :'beta'),
    'where the customer is named, participants do not matter');
SELECT is((SELECT participants -> 0 FROM lealup.timeline_event WHERE id = :'slack'),
    '{"phone": "+34600123456", "external_id": "U1", "provider": "slack"}'::jsonb, 'addresses are kept as they are compared');

SELECT lealup.add_timeline_event(:'tenant', 'call', contact_id => :'ana') AS with_ana \gset
SELECT is((SELECT customer_id FROM lealup.timeline_event WHERE id = :'with_ana'), :'acme'::uuid, 'what happened with a contact happened with its customer');

SELECT set_config('lealup.member_id', :'me', true);
SELECT lealup.add_note(:'tenant', :'acme', 'Called', 'She was glad.') AS note \gset
SELECT results_eq(format('SELECT kind, title, body, customer_id, member_id, source FROM lealup.timeline_event WHERE id = %L', :'note'),
    format($$VALUES ('note', 'Called', 'She was glad.', %L::uuid, %L::uuid, 'manual')$$, :'acme', :'me'), 'a note is the acting member''s');
SELECT set_config('lealup.member_id', '', true);

SELECT throws_ok(format(sql, :'tenant', customer), state, NULL, about)
FROM (VALUES ('SELECT lealup.add_note(%L, %L, '' '', '''')', :'acme', '22023', 'an empty note'),
    ('SELECT lealup.add_note(%L, %L, ''x'')', NULL, '22004', 'a note about nobody'),
    ('SELECT lealup.add_note(%L, %L, ''x'')', :'theirs', 'P0002', 'a note about another tenant''s customer'),
    ('SELECT lealup.add_timeline_event(%L, ''dream'', customer_id => %L)', :'acme', '22023', 'an unknown kind'),
    ('SELECT lealup.add_timeline_event(%L, ''call'', customer_id => %L, direction => ''up'')', :'acme', '22023', 'an unknown direction'),
    ('SELECT lealup.add_timeline_event(%L, ''call'', customer_id => %L, source => NULL)', :'acme', '22023', 'no source'),
    ('SELECT lealup.add_timeline_event(%L, ''call'', repeat(''x'', 1001), customer_id => %L)', :'acme', '22023', 'a title that is too long'),
    ('SELECT lealup.add_timeline_event(%L, ''call'', customer_id => %L, occurred_at => NULL)', :'acme', '22004', 'no time'),
    ('SELECT lealup.add_timeline_event(%L, ''call'', contact_id => %L)', :'acme', 'P0002', 'a contact that is none'),
    ('SELECT lealup.add_timeline_event(%L, ''call'', member_id => %L)', :'acme', 'P0002', 'a member that is none'),
    ('SELECT lealup.add_timeline_event(%L, ''call'', customer_id => %L, participants => ''{}'')', :'acme', '22023', 'participants that are no array'),
    ('SELECT lealup.add_timeline_event(%L, ''call'', customer_id => %L, participants => ''["ana@acme.com"]'')', :'acme', '22023', 'nor objects'),
    ('SELECT lealup.add_timeline_event(%L, ''call'', customer_id => %L, participants => (SELECT jsonb_agg(''{}''::jsonb) FROM generate_series(1, 1001)))', :'acme', '22023', 'too many participants'),
    ('SELECT lealup.add_timeline_event(%L, ''call'', customer_id => %L, participants => jsonb_build_array(jsonb_build_object(''name'', repeat(''x'', 300000))))', :'acme', '22023', 'or too large ones'),
    ('INSERT INTO lealup.timeline_event (tenant_id, kind, customer_id, participants) VALUES (%L, ''call'', %L, (SELECT jsonb_agg(1) FROM generate_series(1, 1001)))', :'acme', '23514', 'also by plain SQL'),
    ('SELECT lealup.add_timeline_event(%L, ''call'', customer_id => %L, payload => to_jsonb(repeat(''x'', 1100000)))', :'acme', '54000', 'a payload that is too large')) v(sql, customer, state, about);

SELECT * FROM finish();
ROLLBACK;
