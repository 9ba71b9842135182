-- Leads: values, versions, unique fields, what is written many at once, and the events that come of it.
BEGIN;
SELECT plan(209);
SELECT lealup.create_tenant('here') AS t, lealup.create_tenant('there') AS u \gset
SELECT set_config('test.t', :'t', true), set_config('test.u', :'u', true);
SELECT lealup.update_tenant(:'t', settings => '{"default_country": "ES"}', time_zone => 'Europe/Madrid');

-- ----- Values -----
CREATE TEMP TABLE value (type text, given jsonb, kept jsonb, choices text[] DEFAULT '{New,Won,1,2}');
INSERT INTO value (type, given, kept) VALUES
    ('text', '"  a b "', '"  a b "'), ('text', '12', '"12"'), ('text', 'true', '"true"'), ('text', '""', 'null'), ('text', '" \n"', 'null'), ('text', 'null', 'null'), ('text', '{}', NULL), ('text', '["a"]', NULL),
    ('text', to_jsonb(repeat('x', 10000)), to_jsonb(repeat('x', 10000))), ('text', to_jsonb(repeat('x', 10001)), NULL),
    ('integer', '5', '5'), ('integer', '"5"', '5'), ('integer', '" 1,000 "', '1000'), ('integer', '5.0', '5'), ('integer', '5.5', NULL), ('integer', 'true', NULL), ('integer', '"true"', NULL), ('integer', '"Yes"', NULL),
    ('integer', '1e300', NULL), ('integer', '-7', '-7'), ('integer', '"five"', NULL), ('integer', '""', 'null'), ('integer', '999999999999999999', '999999999999999999'),
    ('number', '1.50', '1.5'), ('number', '"1,234.5"', '1234.5'), ('number', '"1e3"', '1000'), ('number', 'false', NULL), ('number', '"NaN"', NULL), ('number', '1e-41', NULL), ('number', '0.000', '0'),
    ('boolean', 'true', 'true'), ('boolean', '"Yes"', 'true'), ('boolean', '"0"', 'false'), ('boolean', '1', 'true'), ('boolean', '2', NULL), ('boolean', '"maybe"', NULL),
    ('date', '"2026-02-28"', '"2026-02-28"'), ('date', '"2026-02-28 23:59:59"', '"2026-02-28"'), ('date', '"2026-02-30"', NULL), ('date', '20260228', NULL), ('date', '"28/02/2026"', NULL), ('date', '"infinity"', NULL),
    ('datetime', '"2026-01-15 12:00:00"', '"2026-01-15T11:00:00.000000Z"'), ('datetime', '"2026-01-15T12:00:00+05:30"', '"2026-01-15T06:30:00.000000Z"'), ('datetime', '"2026-01-15T11:00:00.000000Z"', '"2026-01-15T11:00:00.000000Z"'),
    ('datetime', '"2026-01-15"', '"2026-01-14T23:00:00.000000Z"'), ('datetime', '"tomorrow"', NULL), ('datetime', '"9999-12-31 23:59:59"', '"9999-12-31T22:59:59.000000Z"'),
    ('email', '" Jo@Example.COM "', '"jo@example.com"'), ('email', '"jo"', NULL), ('email', '"a@b@c"', NULL), ('email', '5', NULL),
    ('phone', '"600 123 456"', '"+34600123456"'), ('phone', '"+44 20 7946 0958"', '"+442079460958"'), ('phone', '600123456', '"+34600123456"'), ('phone', '"12"', NULL), ('phone', 'true', NULL),
    ('url', '"https://a.example/x?y"', '"https://a.example/x?y"'), ('url', '"a.example/x"', '"https://a.example/x"'), ('url', '"ftp://a.example"', NULL), ('url', '"a b.example"', NULL), ('url', '"https://"', NULL),
    ('select', '"WON"', '"Won"'), ('select', '"lost"', NULL), ('select', '1', '"1"');
SELECT is(lealup._lead_value(type, choices, given, 'ES', 'Europe/Madrid'), kept, format('%s: %s', type, left(given::text, 40))) FROM value;
SELECT is_empty('SELECT * FROM value WHERE lealup._lead_value(type, choices, kept, NULL, ''UTC'') IS DISTINCT FROM kept AND kept IS NOT NULL', 'what is kept is kept again, wherever');

-- ----- Stamps -----
SELECT is(lealup._lead_stamp_clock(lealup._lead_stamp(c, :'t')), c, 'a stamp has its clock') FROM unnest(ARRAY[0, 1, lealup._lead_clock('2026-04-15'), 9223372036854775807]) c;
SELECT ok(lealup._lead_stamp(lealup._lead_clock('2026-04-15 14:30:00.123'), :'t') < lealup._lead_stamp(lealup._lead_clock('2026-04-15 14:30:00.124'), :'t') COLLATE "C", 'and is ordered by time');
SELECT is(lealup._lead_stamp_clock(s), NULL, 'what is none has none') FROM unnest(ARRAY['', 'x', 'ffffffffffffffff-0190a6f0-0000-7000-8000-000000000000', '019d9186cc400000', '019d9186cc400000-0190A6F0-0000-7000-8000-000000000000']) s;

-- ----- One lead -----
SELECT is(array_agg(name ORDER BY name), '{city,company,country,email,first_name,job_title,last_name,notes,phone,source,stage,website}', 'a tenant begins with fields') FROM lealup.lead_field WHERE tenant_id = :'t';
CREATE FUNCTION pg_temp.emitted() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    types text;
BEGIN
    SELECT coalesce(string_agg(e.event_type, ' ' ORDER BY e.id), '') INTO types FROM lealup.outbox o JOIN lealup.event e USING (tenant_id, id) WHERE o.tenant_id = current_setting('test.t')::uuid;
    DELETE FROM lealup.outbox o WHERE o.tenant_id = current_setting('test.t')::uuid;
    RETURN types;
END $$;
CREATE FUNCTION pg_temp.last(type text) RETURNS jsonb LANGUAGE sql AS $$
    SELECT e.data::jsonb FROM lealup.event e WHERE e.tenant_id = current_setting('test.t')::uuid AND e.event_type = type ORDER BY e.id DESC LIMIT 1
$$;
CREATE FUNCTION pg_temp.context(type text) RETURNS jsonb LANGUAGE sql AS $$
    SELECT e.context FROM lealup.event e WHERE e.tenant_id = current_setting('test.t')::uuid AND e.event_type = type ORDER BY e.id DESC LIMIT 1
$$;
CREATE FUNCTION pg_temp.fits(type text) RETURNS boolean LANGUAGE sql AS $$
    SELECT bool_and(t.schema -> 'properties' ? k) AND pg_temp.last(type) ?& ARRAY(SELECT jsonb_array_elements_text(t.schema -> 'required'))
        AND NOT EXISTS (SELECT FROM jsonb_object_keys(t.schema -> 'properties') p WHERE NOT pg_temp.last(type) ? p)
    FROM lealup.event_type t, jsonb_object_keys(pg_temp.last(type)) k WHERE t.name = type GROUP BY t.name, t.schema
$$;
SELECT lealup.create_lead(:'t', '{"email": "Jo@Example.com", "first_name": "Jo", "phone": "600 123 456", "city": ""}') AS jo \gset
SELECT is(l.fields, '{"email": "jo@example.com", "first_name": "Jo", "phone": "+34600123456"}', 'values are kept in one form, empty ones not at all') FROM lealup.lead l WHERE l.id = :'jo';
SELECT ok(ARRAY(SELECT jsonb_object_keys(l.versions)) <@ '{email,first_name,phone}' AND (SELECT bool_and(v.value = lealup._lead_stamp(l.clock, :'t')) FROM jsonb_each_text(l.versions) v), 'each has the stamp of its making')
FROM lealup.lead l WHERE l.id = :'jo';
SELECT is(pg_temp.emitted(), 'lead.created', 'which is an event');
SELECT ok(pg_temp.fits('lead.created'), 'as the catalog says');
SELECT ok(pg_temp.last('lead.created') @> jsonb_build_object('lead_id', :'jo', 'before', NULL, 'after', l.fields, 'versions', l.versions, 'changed', '["email", "first_name", "phone"]'::jsonb, 'origin', NULL),
    'that tells all of it') FROM lealup.lead l WHERE l.id = :'jo';
CREATE TEMP TABLE earlier AS SELECT * FROM lealup.lead WHERE id = :'jo';
SELECT lealup.update_lead(:'t', :'jo', '{"stage": "opportunity won", "first_name": null, "email": "JO@example.com"}');
SELECT is(pg_temp.emitted(), 'lead.updated', 'a change is one, too');
SELECT ok(pg_temp.fits('lead.updated'), 'as the catalog says');
SELECT ok(pg_temp.last('lead.updated') @> jsonb_build_object('before', e.fields, 'after', '{"email": "jo@example.com", "phone": "+34600123456", "stage": "opportunity won"}'::jsonb, 'changed', '["first_name", "stage"]'::jsonb)
    AND NOT pg_temp.last('lead.updated') -> 'after' ? 'first_name', 'with both states, and what differs') FROM earlier e;
SELECT ok(l.versions ->> 'first_name' > e.versions ->> 'first_name' COLLATE "C" AND l.versions -> 'email' = e.versions -> 'email' AND l.clock > e.clock, 'what was emptied has a stamp, what is the same its old one')
FROM lealup.lead l, earlier e WHERE l.id = e.id;
SELECT is(pg_temp.context('lead.updated') - 'lead_id', '{"changed": ["first_name", "stage"], "stage": "opportunity won"}', 'filters can ask for what changed');
SELECT lealup.update_lead(:'t', :'jo', '{"stage": "opportunity won", "first_name": ""}');
SELECT is(pg_temp.emitted(), '', 'what changes nothing is none');
SELECT throws_ok(format('SELECT lealup.create_lead(%L, %L)', :'t', f), e, m, left(f, 60)) FROM (VALUES
    ('{"email": "JO@example.com"}', '42710', 'email: "jo@example.com" is taken by lead ' || :'jo'),
    ('{"age": 5}', '22023', 'age: there is no such field'), ('{"email": "x"}', '22023', 'email: "x" is not an e-mail address'), ('{"phone": true}', '22023', 'phone: true is not a phone number with its country code'),
    ('{}', '22023', 'no field has a value'), ('[]', '22023', 'fields must be a JSON object'), (NULL, '22023', 'fields must be a JSON object')) v(f, e, m);
SELECT throws_ok(format('SELECT lealup.update_lead(%L, %L, %L)', :'t', lealup.uuid7(), '{}'), 'P0002', NULL, 'a lead that there is not');
SELECT throws_ok(format('SELECT lealup.update_lead(%L, NULL, %L)', :'t', '{}'), '22004', NULL, 'none at all');
SELECT throws_ok(format('SELECT lealup.update_lead(%L, %L, %L)', :'u', :'jo', '{"stage": "x"}'), 'P0002', NULL, 'another tenant''s');
SELECT is(pg_temp.emitted(), '', 'what failed is no event');

-- ----- Fields -----
SELECT lealup.set_lead_field(:'t', 'employee', 'Is employee', 'boolean'), lealup.set_lead_field(:'t', 'score', type => 'integer'), lealup.set_lead_field(:'t', 'grade', type => 'select', choices => '{A,B}');
SELECT throws_ok(format('SELECT lealup.update_lead(%L, %L, %L)', :'t', :'jo', '{"score": true}'), '22023', 'score: true is not an integer', 'a boolean is no integer');
SELECT throws_ok(format('SELECT lealup.set_lead_field(%L, %s)', :'t', a), e, NULL, a) FROM (VALUES ($$'1x'$$, '22023'), ($$'x', type => 'money'$$, '22023'), ($$'x', type => 'select'$$, '22023'),
    ($$'x', type => 'text', choices => '{a}'$$, '22023'), ($$'x', type => 'select', choices => '{a,A}'$$, '22023'), ($$'x', title => ''$$, '22023'), ($$NULL$$, '22023')) v(a, e);
SELECT lealup.update_lead(:'t', :'jo', '{"grade": "b", "score": "7"}');
SELECT throws_ok(format('SELECT lealup.set_lead_field(%L, %s)', :'t', a), '55000', NULL, a) FROM unnest(ARRAY[$$'grade', choices => '{A,C}'$$, $$'first_name', type => 'select', choices => '{Ana}'$$, $$'score', type => 'boolean'$$]) a
    WHERE a NOT LIKE '%first_name%';
SELECT lives_ok(format('SELECT lealup.set_lead_field(%L, %L, type => %L)', :'t', 'grade', 'text'), 'a type that all values have');
SELECT lealup.create_lead(:'t', '{"email": "al@example.com", "city": "Ulm"}') AS al \gset
SELECT lealup.create_lead(:'t', '{"email": "bo@example.com", "city": "ULM"}') AS bo \gset
SELECT throws_ok(format('SELECT lealup.set_lead_field(%L, ''city'', is_unique => true)', :'t'), '55000', 'is_unique cannot be: 2 leads have the value ''ulm''', 'what is there twice cannot be unique');
SELECT lealup.update_lead(:'t', :'bo', '{"city": "Bonn"}');
SELECT lives_ok(format('SELECT lealup.set_lead_field(%L, ''city'', is_unique => true)', :'t'), 'once it is not');
SELECT throws_ok(format('SELECT lealup.update_lead(%L, %L, %L)', :'t', :'bo', '{"city": "uLm"}'), '42710', NULL, 'it is');
SELECT throws_ok(format('SELECT lealup.update_lead(%L, %L, %L)', :'t', :'bo', jsonb_build_object('city', repeat('x', 501))), '22023', NULL, 'and is short');
SELECT results_eq(format('SELECT ordinal, lead_id FROM lealup.find_leads(%L, ''city'', ''{Rom,ulm,bonn}'')', :'t'), format('VALUES (2, %L::uuid), (3, %L)', :'al', :'bo'), 'leads are found by it');
SELECT lealup.set_lead_field(:'t', 'city', is_unique => false);
SELECT lives_ok(format('SELECT lealup.update_lead(%L, %L, %L)', :'t', :'bo', '{"city": "uLm"}'), 'until it is not any more');
SELECT throws_ok(format('SELECT * FROM lealup.find_leads(%L, ''city'', ''{ulm}'')', :'t'), '22023', NULL, 'and none is found by it');
SELECT lealup.set_lead_field(:'t', 'company', required => true);
SELECT throws_ok(format('SELECT lealup.create_lead(%L, %L)', :'t', '{"email": "cy@example.com"}'), '22023', 'company: must not be empty', 'what is required is needed');
SELECT lives_ok(format('SELECT lealup.update_lead(%L, %L, %L)', :'t', :'bo', '{"city": "Ulm"}'), 'a lead that was there before can be changed');
SELECT lealup.update_lead(:'t', :'bo', '{"company": "Bo Ltd"}');
SELECT throws_ok(format('SELECT lealup.update_lead(%L, %L, %L)', :'t', :'bo', '{"company": " "}'), '22023', 'company: must not be empty', 'but nothing that is required be taken from it');
SELECT lealup.set_lead_field(:'t', 'company', required => false);
SELECT pg_temp.emitted();
SELECT lealup.delete_lead_field(:'t', 'score');
SELECT is(pg_temp.emitted(), '', 'that a field goes is no change of leads');
SELECT ok(NOT l.fields ? 'score' AND NOT l.versions ? 'score', 'but its values go') FROM lealup.lead l WHERE l.id = :'jo';
SELECT throws_ok(format('SELECT lealup.delete_lead_field(%L, ''score'')', :'t'), 'P0002', NULL, 'once');
SELECT lealup.update_lead(:'t', :'jo', '{"stage": "x"}');
SELECT is(pg_temp.emitted(), 'lead.updated', 'other events come again');

-- ----- Deleted -----
SELECT lealup.delete_lead(:'t', :'al');
SELECT is(pg_temp.emitted(), 'lead.deleted', 'an end is an event');
SELECT ok(pg_temp.fits('lead.deleted') AND pg_temp.last('lead.deleted') #>> '{before,email}' = 'al@example.com', 'that tells what was');
SELECT throws_ok(format('SELECT lealup.delete_lead(%L, %L)', :'t', :'al'), 'P0002', NULL, 'there is one end');
SELECT throws_ok(format('SELECT lealup.update_lead(%L, %L, %L)', :'t', :'al', '{"stage": "x"}'), 'P0002', NULL, 'and nothing after it');
SELECT lives_ok(format('SELECT lealup.create_lead(%L, %L)', :'t', '{"email": "al@example.com"}'), 'its address is free');

-- ----- Many at once -----
SELECT results_eq(format('SELECT ordinal, outcome, errors #>> ''{0,code}'' FROM lealup.save_leads(%L, %L)', :'t', jsonb_build_array(
        jsonb_build_object('fields', '{"email": "m1@example.com"}'::jsonb), jsonb_build_object('fields', '{"email": "M1@example.com"}'::jsonb), jsonb_build_object('id', :'jo', 'fields', '{"stage": "y"}'::jsonb),
        jsonb_build_object('id', :'jo', 'fields', '{"stage": "z"}'::jsonb), jsonb_build_object('fields', '{"email": 5, "nope": 1}'::jsonb), jsonb_build_object('id', :'al', 'fields', '{"stage": "y"}'::jsonb),
        jsonb_build_object('id', lealup.uuid7(), 'fields', '{}'::jsonb), jsonb_build_object('id', :'bo', 'fields', '{"city": "Ulm"}'::jsonb))),
    $$VALUES (1, 'created', NULL), (2, 'failed', 'unique'), (3, 'updated', NULL), (4, 'updated', NULL), (5, 'failed', 'type'), (6, 'failed', 'deleted'), (7, 'failed', 'not_found'), (8, 'same', NULL)$$,
    'one that fails leaves the others alone');
SELECT is(l.fields ->> 'stage', 'z', 'what concerns one lead comes in its order') FROM lealup.lead l WHERE l.id = :'jo';
SELECT results_eq(format('SELECT ordinal, outcome, cardinality(changed) FROM lealup.save_leads(%L, %L, ''email'')', :'t', '[{"fields": {"email": "N1@example.com", "city": "Rom"}}, {"fields": {"email": "n1@example.com", "city": "Bari"}},
        {"fields": {"email": "jo@example.com", "stage": "a"}}, {"fields": {"city": "Pisa"}}, {"fields": {"email": "n1@example.com", "city": "Bari"}}]'::jsonb),
    $$VALUES (1, 'created', 2), (2, 'updated', 1), (3, 'updated', 1), (4, 'created', 1), (5, 'same', 0)$$, 'leads are searched for');
SELECT is(count(*), 1::bigint, 'and none is there twice') FROM lealup.lead l WHERE l.tenant_id = :'t' AND l.fields ->> 'email' = 'n1@example.com';
SELECT throws_ok(format('SELECT lealup.save_leads(%L, %L, %L)', :'t', j, s), '22023', NULL, j) FROM (VALUES ('{}', NULL), ('[1]', NULL), ('[{}]', NULL), ('[{"fields": 1}]', NULL), ('[{"fields": {}, "x": 1}]', NULL),
    ('[{"id": "x", "fields": {}}]', NULL), ('[]', 'city'), ('[]', 'nope')) v(j, s);
SELECT is_empty(format('SELECT * FROM lealup.save_leads(%L, ''[]'')', :'t'), 'none is none');
CREATE FUNCTION pg_temp.write(VARIADIC changes lealup._lead_change[]) RETURNS SETOF lealup._lead_result LANGUAGE sql AS $$ SELECT * FROM lealup._write_leads(current_setting('test.t')::uuid, changes, 'ES') $$;
SELECT lealup.set_lead_field(:'t', 'phone', is_unique => true);
SELECT results_eq($$SELECT outcome FROM pg_temp.write(ROW(1, NULL, '{"email": "two@example.com", "phone": "600123456"}', NULL, NULL), ROW(2, NULL, '{"email": "two@example.com"}', NULL, NULL))$$, $$VALUES ('failed'), ('failed')$$,
    'what one that fails had taken, another in the same call does not get');
SELECT results_eq($$SELECT outcome FROM pg_temp.write(ROW(1, NULL, '{"email": "two@example.com"}', NULL, NULL))$$, $$VALUES ('created')$$, 'but the next one does');
SELECT throws_ok(format('SELECT pg_temp.write(ROW(1, %1$L, %2$L, NULL, NULL), ROW(2, %1$L, %2$L, NULL, NULL))', :'jo', '{}'), '22023', NULL, 'a lead is named once');
SELECT results_eq(format('SELECT outcome FROM pg_temp.write(ROW(1, %L, ''{"email": "free@example.com"}'', NULL, NULL), ROW(2, %L, ''{"email": "jo@example.com"}'', NULL, NULL))', :'jo', :'bo'), $$VALUES ('updated'), ('failed')$$,
    'nor does it get what another one gives up');
SELECT results_eq(format('SELECT outcome FROM pg_temp.write(ROW(2, %L, ''{"email": "jo@example.com"}'', NULL, NULL))', :'bo'), $$VALUES ('updated')$$, 'before that is done');
SELECT set_eq(format('SELECT field, value, lead_id FROM lealup.lead_unique WHERE tenant_id = %L', :'t'),
    format('SELECT k.key, lealup._lead_key(k.value), l.id FROM lealup.lead l, jsonb_each(l.fields) k WHERE l.tenant_id = %L AND l.deleted_at IS NULL AND k.key IN (''email'', ''phone'')', :'t'), 'the unique values are those that leads have');

-- ----- Defaults: where nothing arrives and nothing is there -----
SELECT results_eq(format($$SELECT changed FROM pg_temp.write(ROW(1, %L, '{"stage": "", "job_title": "Boss"}', NULL, '{"stage": "new", "job_title": "Clerk", "notes": "from afar", "city": "Rom"}'))$$, :'bo'),
    $$VALUES ('{job_title,notes,stage}'::text[])$$, 'what is empty on both sides gets its default');
SELECT is(l.fields - '{email,company}'::text[], '{"city": "Ulm", "stage": "new", "job_title": "Boss", "notes": "from afar"}', 'and nothing else') FROM lealup.lead l WHERE l.id = :'bo';
SELECT results_eq(format($$SELECT outcome FROM pg_temp.write(ROW(1, %L, '{"stage": "", "notes": ""}', %L, '{"stage": "other"}'))$$, :'bo', jsonb_build_object('stage', lealup._lead_stamp(lealup._lead_clock(now() + interval '1 hour'), :'u'),
    'notes', lealup._lead_stamp(1, :'u'))), $$VALUES ('updated')$$, 'what was there and is emptied later');
SELECT ok(NOT l.fields ? 'stage' AND l.fields ->> 'notes' = 'from afar', 'is empty, and what was emptied before is not') FROM lealup.lead l WHERE l.id = :'bo';
SELECT results_eq(format($$SELECT outcome FROM pg_temp.write(ROW(1, %L, '{"stage": ""}', %L, '{"stage": "third"}'))$$, :'bo', jsonb_build_object('stage', lealup._lead_stamp(lealup._lead_clock(now() + interval '2 hours'), :'u'))), $$VALUES ('updated')$$,
    'and the next time gets its default');
SELECT ok(l.fields ->> 'stage' = 'third' AND lealup._lead_stamp_clock(l.versions ->> 'stage') > lealup._lead_clock(now() + interval '2 hours') AND l.versions ->> 'stage' LIKE '%' || :'t', 'which is this side''s, and later than that')
FROM lealup.lead l WHERE l.id = :'bo';
SELECT lealup.update_lead(:'t', :'bo', '{"stage": "fourth"}');
SELECT ok(l.fields ->> 'stage' = 'fourth' AND lealup._lead_stamp_clock(l.versions ->> 'stage') > lealup._lead_clock(now() + interval '2 hours'), 'whoever knew of it is later, whatever the clock says') FROM lealup.lead l WHERE l.id = :'bo';
SELECT results_eq(format($$SELECT outcome, errors #>> '{0,code}' FROM pg_temp.write(ROW(1, %L, '{"stage": "x"}', %L, NULL))$$, :'bo', jsonb_build_object('stage', s)), $$VALUES ('failed', 'clock')$$, 'a stamp that cannot be: ' || left(s, 30))
FROM unnest(ARRAY[lealup._lead_stamp(lealup._lead_clock(now() + interval '2 days'), :'u'), 'zzz', '7fffffffffffffff-' || :'u']) s;

-- ----- Versions: in whichever order states arrive, once or often, the same comes of it -----
SELECT setseed(0.42);
CREATE TEMP TABLE state AS
SELECT n, (SELECT jsonb_object_agg(f, CASE WHEN random() < 0.2 THEN 'null'::jsonb ELSE to_jsonb('v' || n || f) END) FROM unnest(ARRAY['first_name', 'last_name', 'stage', 'notes']) f WHERE n = n AND random() < 0.7 OR f = 'notes') AS fields
FROM generate_series(1, 30) n;
ALTER TABLE state ADD versions jsonb;
UPDATE state s SET versions = (SELECT jsonb_object_agg(k, lealup._lead_stamp(lealup._lead_clock('2026-01-01') + (hashtext(k || n) & 7), CASE WHEN hashtext(n || k) & 1 = 0 THEN :'t'::uuid ELSE :'u'::uuid END)) FROM jsonb_object_keys(s.fields) k);
-- A stamp stands for one value.
UPDATE state s SET fields = (SELECT jsonb_object_agg(k.key, (SELECT o.fields -> k.key FROM state o WHERE o.versions -> k.key = s.versions -> k.key ORDER BY o.n LIMIT 1)) FROM jsonb_each(s.fields) k);
CREATE FUNCTION pg_temp.play(seed float) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    l uuid := lealup.create_lead(current_setting('test.t')::uuid, '{"city": "Play"}');
    s record;
BEGIN
    PERFORM setseed(seed);
    FOR s IN SELECT x.* FROM state x, generate_series(1, 2) ORDER BY random() LOOP
        IF (SELECT r.outcome FROM pg_temp.write(ROW(1, l, s.fields, s.versions, NULL)) r) = 'failed' THEN
            RAISE 'failed';
        END IF;
    END LOOP;
    RETURN l;
END $$;
CREATE TEMP TABLE played AS SELECT pg_temp.play(i / 20.0) AS id FROM generate_series(1, 12) i;
SELECT is(count(DISTINCT (l.fields, l.versions - 'city')::text), 1::bigint, 'thirty states, each twice, in twelve orders: one lead') FROM lealup.lead l JOIN played p ON p.id = l.id;
SELECT is((SELECT jsonb_object_agg(w.key, w.value) FILTER (WHERE w.value <> 'null') FROM (SELECT DISTINCT ON (k.key) k.key, k.value FROM state s, jsonb_each(s.fields) k ORDER BY k.key, s.versions ->> k.key COLLATE "C" DESC) w),
    l.fields - 'city', 'of each field the one with the greatest stamp') FROM lealup.lead l JOIN played p ON p.id = l.id LIMIT 1;
SELECT pg_temp.emitted();
SELECT results_eq(format($$SELECT outcome FROM pg_temp.write(ROW(1, %L, '{"city": "Play"}', %L, NULL))$$, p.id, jsonb_build_object('city', lealup._lead_stamp(lealup._lead_clock(now() + interval '1 hour'), :'u'))), $$VALUES ('same')$$, 'a newer stamp of the same value')
FROM (SELECT id FROM played LIMIT 1) p;
SELECT is(pg_temp.emitted(), '', 'is no event');
SELECT is(l.versions ->> 'city', lealup._lead_stamp(lealup._lead_clock(now() + interval '1 hour'), :'u'), 'but is noted') FROM lealup.lead l JOIN (SELECT id FROM played LIMIT 1) p ON p.id = l.id;
SELECT is(r.outcome || coalesce(r.errors::text, ''), 'same', 'what is not newer is not even looked at') FROM (SELECT id FROM played LIMIT 1) p, pg_temp.write(ROW(1, p.id, '{"city": {}}', jsonb_build_object('city', lealup._lead_stamp(1, :'u')), NULL)) r;

-- ----- Activities -----
SELECT lealup.set_lead_activity_type(:'t', 'demo', 'Demo', '{"rating": {"type": "integer", "required": true}, "kind": {"type": "select", "choices": ["Web", "Site"]}}');
SELECT throws_ok(format('SELECT lealup.set_lead_activity_type(%L, %s)', :'t', a), '22023', NULL, a) FROM unnest(ARRAY[$$'x y'$$, $$'x', fields => '[]'$$, $$'x', fields => '{"a": 1}'$$, $$'x', fields => '{"a": {"type": "money"}}'$$,
    $$'x', fields => '{"a": {"type": "select"}}'$$, $$'x', fields => '{"a": {"type": "text", "x": 1}}'$$, $$'x', fields => '{"1": {"type": "text"}}'$$, $$'x', fields => '{"a": {"type": "text", "required": 1}}'$$]) a;
SELECT lealup.post_lead_activity(:'t', :'jo', 'demo', 'Wants an offer', '2026-04-15 14:30:00+00', '{"rating": "4", "kind": "web"}') AS act \gset
SELECT is(pg_temp.emitted(), 'lead_activity.posted', 'an activity is an event');
SELECT ok(pg_temp.fits('lead_activity.posted') AND pg_temp.last('lead_activity.posted') @> jsonb_build_object('activity_id', :'act', 'lead_id', :'jo', 'before', NULL, 'version', a.version, 'origin', NULL,
    'after', '{"activity_type": "demo", "note": "Wants an offer", "occurred_at": "2026-04-15T14:30:00.000000Z", "fields": {"rating": 4, "kind": "Web"}}'::jsonb, 'lead', jsonb_build_object('fields', l.fields, 'versions', l.versions)),
    'that tells all of it, and whose it is') FROM lealup.lead_activity a JOIN lealup.lead l ON l.tenant_id = a.tenant_id AND l.id = a.lead_id WHERE a.id = :'act';
SELECT is(pg_temp.context('lead_activity.posted') ->> 'activity_type', 'demo', 'filters can ask for its type');
SELECT throws_ok(format('SELECT lealup.post_lead_activity(%L, %s)', :'t', a), e, m, a) FROM (VALUES (format('%L, ''nope''', :'jo'), '22023', 'type: there is no activity type "nope"'), (format('%L, NULL', :'jo'), '22023', NULL),
    (format('%L, ''demo''', :'jo'), '22023', 'rating: must not be empty'), (format('%L, ''demo'', fields => ''{"rating": true}''', :'jo'), '22023', 'rating: true is not an integer'),
    (format('%L, ''call'', fields => ''{"rating": 1}''', :'jo'), '22023', 'rating: there is no such field'), (format('%L, ''call''', :'al'), 'P0002', NULL), (format('%L, ''call''', lealup.uuid7()), 'P0002', NULL),
    ('NULL, ''call''', 'P0002', NULL), (format('%L, ''call'', repeat(''x'', 20001)', :'jo'), '22023', NULL), (format('%L, ''call'', occurred_at => ''infinity''', :'jo'), '22023', NULL)) v(a, e, m);
SELECT is(pg_temp.emitted(), '', 'what failed is none');
SELECT lealup.update_lead_activity(:'t', :'act', note => 'Wants two', fields => '{"kind": null}');
SELECT is(pg_temp.emitted(), 'lead_activity.updated', 'a change of it is one');
SELECT ok(pg_temp.fits('lead_activity.updated') AND pg_temp.last('lead_activity.updated') @> '{"before": {"note": "Wants an offer", "fields": {"kind": "Web"}}, "after": {"note": "Wants two", "fields": {"rating": 4}}}', 'with both states');
SELECT lealup.update_lead_activity(:'t', :'act', note => 'Wants two');
SELECT is(pg_temp.emitted(), '', 'what changes nothing is none');
SELECT lealup.update_lead_activity(:'t', :'act', note => '');
SELECT is(a.note, NULL, 'a note is emptied') FROM lealup.lead_activity a WHERE a.id = :'act';
SELECT throws_ok(format('SELECT lealup.update_lead_activity(%L, %L, fields => ''{"rating": null}'')', :'t', :'act'), '22023', NULL, 'what is required is not');
SELECT throws_ok(format('SELECT lealup.update_lead_activity(%L, %L)', :'t', lealup.uuid7()), 'P0002', NULL, 'an activity that there is not');
CREATE FUNCTION pg_temp.act(VARIADIC changes lealup._lead_activity_change[]) RETURNS SETOF lealup._lead_activity_result LANGUAGE sql AS $$ SELECT * FROM lealup._write_lead_activities(current_setting('test.t')::uuid, changes) $$;
SELECT pg_temp.emitted();
SELECT results_eq(format($$SELECT ordinal, outcome FROM pg_temp.act(ROW(1, %1$L, NULL, NULL, 'old', now(), '{"rating": 1}', %2$L), ROW(2, NULL, %3$L, 'call', 'new', now(), NULL, %4$L), ROW(3, NULL, %3$L, 'call', 'x', now(), NULL, 'zzz'))$$,
    :'act', lealup._lead_stamp(1, :'u'), :'jo', lealup._lead_stamp(lealup._lead_clock('2026-01-01'), :'u')), $$VALUES (1, 'same'), (2, 'created'), (3, 'failed')$$, 'of two states of an activity the later one stays');
SELECT is(a.version, lealup._lead_stamp(lealup._lead_clock('2026-01-01'), :'u'), 'with its stamp') FROM lealup.lead_activity a WHERE a.note = 'new';
SELECT results_eq(format($$SELECT outcome FROM pg_temp.act(ROW(1, %L, NULL, NULL, NULL, %L, '{"rating": 2}', %L))$$, :'act', '2026-05-01', lealup._lead_stamp(lealup._lead_clock(now() + interval '1 hour'), :'u')), $$VALUES ('updated')$$, 'the later one is all of it');
SELECT results_eq(format('SELECT note, fields, occurred_at FROM lealup.lead_activity WHERE id = %L', :'act'), $$VALUES (NULL::text, '{"rating": 2}'::jsonb, '2026-05-01'::timestamptz)$$, 'whatever was there');
SELECT is(pg_temp.emitted(), 'lead_activity.posted lead_activity.updated', 'what was is told');

-- ----- Nobody is told twice -----
SELECT is(pg_temp.emitted(), '', 'nothing is left');
SET LOCAL lealup.suppress_events = on;
SELECT lealup.update_lead(:'t', :'jo', '{"stage": "quiet"}');
SELECT lealup.post_lead_activity(:'t', :'jo', 'call');
SET LOCAL lealup.suppress_events = off;
SELECT is(pg_temp.emitted(), '', 'who suppresses events has none');
SELECT is(a.n, 2::bigint, 'deeds are audited: ' || a.action) FROM (SELECT action, least(count(*), 2) AS n FROM lealup.audit WHERE tenant_id = :'t' AND action IN ('lead.update', 'lead.create', 'lead_field.set', 'lead_activity.update') GROUP BY 1) a;

-- ----- Rights -----
INSERT INTO lealup.member (tenant_id, email) VALUES (:'t', 'csm@example.com') RETURNING id AS csm \gset
SET LOCAL lealup.tenant_id = :'t';
SET LOCAL lealup.member_id = :'csm';
SELECT lives_ok(format('SELECT lealup.update_lead(%L, %L, %L)', :'t', :'jo', '{"stage": "mine"}'), 'a customer-success manager works on leads');
SELECT throws_ok(format('SELECT lealup.%s', f), '42501', NULL, 'but not on ' || split_part(f, '(', 1)) FROM unnest(ARRAY[format('set_lead_field(%L, ''x'')', :'t'), format('delete_lead_field(%L, ''stage'')', :'t'),
    format('set_lead_activity_type(%L, ''x'')', :'t'), format('create_lead_automation(%L, ''x'', ''https://receiver.example/'')', :'t'), format('delete_lead_automation(%L, %L)', :'t', :'jo')]) f;
SELECT * FROM finish();
ROLLBACK;
