-- Lead syncs: what is set, what becomes of records, the log, and who may.
BEGIN;
SELECT plan(195);
\ir lib/http.sql
\ir lib/http_checked.sql
CREATE FUNCTION pg_temp.http(method text, target text, body text DEFAULT NULL, headers jsonb DEFAULT '{}', key text DEFAULT current_setting('test.key'))
    RETURNS pg_temp.answer LANGUAGE sql AS $$ SELECT pg_temp.judged(method, target, body, headers, key) $$;
CREATE OR REPLACE FUNCTION lealup._mail_is_on() RETURNS boolean LANGUAGE sql STABLE RETURN true;
SELECT lealup.create_tenant('here') AS t, lealup.create_tenant('elsewhere') AS other \gset
INSERT INTO lealup.member (tenant_id, email, role) VALUES (:'t', 'ada@example.com', 'admin') RETURNING id AS ada \gset
SELECT set_config('test.t', :'t', true), set_config('test.key', '', true) \gset
SELECT lealup.set_lead_field(:'t', 'pan', is_unique => true), lealup.set_lead_field(:'t', 'score', type => 'integer'), lealup.set_lead_field(:'t', 'vip', type => 'boolean'),
    lealup.set_lead_field(:'t', 'seen_at', type => 'datetime');

-- ----- Setting up -----
SELECT sync_id AS s, url, secret FROM lealup.create_lead_sync(:'t', 'Clinic', lead_source => 'Clinic', country => 'ES', time_zone => 'Asia/Kolkata', secondary_search_by => 'pan', notify_member_id => :'ada') \gset
SELECT matches(:'url'::text, '^https://hub\.example\.com/v1/inbound/[0-9a-f]{64}$', 'a sync has a URL');
SELECT matches(:'secret'::text, '^whsec_', 'and a secret');
SELECT is(count(*), 0::bigint, 'no secret is told in the audit trail') FROM lealup.audit WHERE tenant_id = :'t' AND detail::text LIKE '%' || :'secret' || '%';
SELECT is_empty($$SELECT * FROM lealup.check_provider('lead_sync')$$, 'nothing is wrong with the provider');
SELECT is_empty(format('SELECT * FROM lealup.check_mapping(%L, %L)', :'t', :'s'), 'the default mapping is complete');
SELECT is((SELECT count(*) FROM lealup.lead_sync_mapping WHERE sync_id = :'s' AND entity = 'lead'), (SELECT count(*) FROM lealup.lead_field WHERE tenant_id = :'t'), 'it has all fields');
SELECT set_config('test.s', :'s', true) \gset
-- Applies one record and tells what became of it.
CREATE FUNCTION pg_temp.apply(record jsonb, sync text DEFAULT current_setting('test.s')) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    r lealup.lead_sync_record;
BEGIN
    PERFORM lealup._apply_leads(current_setting('test.t')::uuid, sync::uuid, ARRAY[record]);
    SELECT * INTO r FROM lealup.lead_sync_record x WHERE x.sync_id = sync::uuid ORDER BY x.id DESC LIMIT 1;
    RETURN concat_ws(': ', r.status, r.reason);
END $$;
CREATE FUNCTION pg_temp.lead(email text) RETURNS jsonb LANGUAGE sql AS $$
    SELECT l.fields - 'email' FROM lealup.lead l WHERE l.tenant_id = current_setting('test.t')::uuid AND l.deleted_at IS NULL AND l.fields ->> 'email' = $1
$$;
SELECT is(pg_temp.apply('{"entity": "lead", "remote_id": "r0", "fields": {"email": "early@example.com"}}'), 'skipped: the sync is disabled', 'nothing is taken in before it is enabled');
SELECT lealup.enable_lead_sync(:'t', :'s');
SELECT is(lealup.retry_lead_sync(:'t', :'s', skipped => true), 1::bigint, 'what was skipped can be retried');
SELECT is(lealup._lead_sync_due(clock_timestamp(), 100), 1::bigint, 'and is applied then');
SELECT is(pg_temp.lead('early@example.com'), '{"source": "Clinic"}', 'so it is here');

-- ----- Behaviour x existing or new x what it is searched by -----
CREATE TEMP TABLE tried (behaviour text, found text, status text, wanted text);
DO $$
DECLARE
    t uuid := current_setting('test.t');
    b text; f text; id uuid; n int := 0; got text; fields jsonb;
BEGIN
    FOREACH b IN ARRAY '{capture,create_only,update_only,ignore}'::text[] LOOP
        PERFORM lealup.update_lead_sync(t, current_setting('test.s')::uuid, lead_behaviour => b);
        FOREACH f IN ARRAY '{link,primary,secondary,none,secondary of another,no key}'::text[] LOOP
            n := n + 1;
            IF f IN ('link', 'primary', 'secondary', 'secondary of another') THEN
                id := lealup.create_lead(t, jsonb_build_object('email', 'x' || n || '@example.com', 'pan', 'PAN' || n, 'city', 'before'));
            END IF;
            IF f = 'link' THEN
                INSERT INTO lealup.lead_link (tenant_id, sync_id, entity, remote_id, local_id) VALUES (t, current_setting('test.s')::uuid, 'lead', 'm' || n, id);
            ELSIF f = 'secondary of another' THEN
                -- The primary key decides, whoever has the secondary one.
                PERFORM lealup.create_lead(t, jsonb_build_object('email', 'y' || n || '@example.com', 'city', 'before'));
            END IF;
            fields := CASE f WHEN 'link' THEN jsonb_build_object('city', 'after') WHEN 'primary' THEN jsonb_build_object('email', 'X' || n || '@Example.com', 'city', 'after')
                WHEN 'secondary' THEN jsonb_build_object('email', 'new' || n || '@example.com', 'pan', 'pan' || n, 'city', 'after')
                WHEN 'none' THEN jsonb_build_object('email', 'z' || n || '@example.com', 'city', 'after')
                WHEN 'no key' THEN jsonb_build_object('city', 'after')
                ELSE jsonb_build_object('email', 'y' || n || '@example.com', 'city', 'after') END;
            got := pg_temp.apply(jsonb_build_object('entity', 'lead', 'remote_id', 'm' || n, 'fields', fields));
            INSERT INTO tried VALUES (b, f, split_part(got, ':', 1) || CASE WHEN EXISTS (SELECT FROM lealup.lead l WHERE l.tenant_id = t AND l.fields ->> 'city' = 'after'
                AND (l.id = (SELECT k.local_id FROM lealup.lead_link k WHERE k.sync_id = current_setting('test.s')::uuid AND k.remote_id = 'm' || n))) THEN ' written' ELSE '' END,
                CASE WHEN f IN ('none', 'no key') THEN CASE WHEN b IN ('capture', 'create_only') THEN 'new written' ELSE 'skipped' END
                     ELSE CASE WHEN b IN ('capture', 'update_only') THEN 'updated written' ELSE 'skipped' END END);
        END LOOP;
    END LOOP;
    PERFORM lealup.update_lead_sync(t, current_setting('test.s')::uuid, lead_behaviour => 'capture');
END $$;
SELECT is(status, wanted, format('%s, found by %s', behaviour, found)) FROM tried;

-- ----- Values -----
SELECT is(pg_temp.apply('{"entity": "lead", "remote_id": "v1", "fields": {"email": "Vi@Example.com", "phone": "600 123 456", "vip": "Yes", "seen_at": "2026-03-01 10:00:00", "nobody": "knows"}}'), 'new', 'a lead is made');
SELECT is(pg_temp.lead('vi@example.com'), '{"phone": "+34600123456", "vip": true, "seen_at": "2026-03-01T04:30:00.000000Z", "source": "Clinic"}',
    'with its source, a phone number of the country, and times of the zone; what is not mapped is left out');
SELECT is(pg_temp.apply('{"entity": "lead", "remote_id": "v2", "fields": {"email": "bad@example.com", "score": true, "phone": "1"}}'),
    'failed: phone: "1" is not a phone number with its country code; score: true is not an integer', 'a type conflict names field, value and what is expected');
SELECT is(lealup._apply_leads(:'t', :'s', ARRAY['{"entity": "lead", "remote_id": "v3", "fields": {"email": "v3@example.com", "score": "12"}}', '{"entity": "lead", "remote_id": "v4", "fields": {"score": "x"}}',
    '{"entity": "thing"}', '{"entity": "lead", "remote_id": "v5", "fields": 7}', '{"entity": "lead", "fields": {"email": "v3@example.com", "score": 13}}']::jsonb[]) - 'job_id',
    '{"created": 1, "updated": 1, "unchanged": 0, "skipped": 0, "failed": 3}', 'what is wrong with some is no reason to leave out the others');
SELECT is(pg_temp.lead('v3@example.com') ->> 'score', '13', 'of which two may be about one lead');
SELECT lealup.set_lead_sync_mapping(:'t', :'s', 'city', 'Town', default_value => '"Madrid"'), lealup.set_lead_sync_mapping(:'t', :'s', 'stage', enabled => false),
    lealup.set_lead_sync_mapping(:'t', :'s', 'tier', 'mx_Tier', new_type => 'text');
SELECT is(pg_temp.apply('{"entity": "lead", "remote_id": "d1", "fields": {"email": "d1@example.com", "stage": "won", "mx_Tier": "gold"}}'), 'new', 'a lead without a town');
SELECT is(pg_temp.lead('d1@example.com'), '{"city": "Madrid", "tier": "gold", "source": "Clinic"}', 'gets the default, no stage, which is not mapped, and the field that was made');
SELECT is(pg_temp.apply('{"entity": "lead", "remote_id": "d1", "fields": {"email": "d1@example.com", "Town": "Ulm"}, "modified_at": "2036-01-01T00:00:00Z"}'), 'updated', 'what arrives');
SELECT is(pg_temp.apply('{"entity": "lead", "remote_id": "d1", "fields": {"email": "d1@example.com", "mx_Tier": "tin"}}'), 'updated', 'and is there');
SELECT is(pg_temp.lead('d1@example.com'), '{"city": "Ulm", "tier": "tin", "source": "Clinic"}', 'wins over the default');
SELECT lealup.delete_lead_sync_mapping(:'t', :'s', 'tier', delete_field => true);
SELECT ok(NOT EXISTS (SELECT FROM lealup.lead_field WHERE tenant_id = :'t' AND name = 'tier'), 'a field that was made goes with its row');
SELECT throws_ok(format('SELECT lealup.delete_lead_sync_mapping(%L, %L, ''city'', delete_field => true)', :'t', :'s'), '55000', NULL, 'others do not');
SELECT throws_ok(format('SELECT lealup.set_lead_sync_mapping(%L, %L, ''score'', default_value => ''"x"'')', :'t', :'s'), '22023', 'default_value: "x" is not an integer', 'a default of another type');
SELECT throws_ok(format('SELECT lealup.set_lead_sync_mapping(%L, %L, ''nothing'')', :'t', :'s'), 'P0002', NULL, 'a field that is not there');
SELECT throws_ok(format('SELECT lealup.set_lead_sync_mapping(%L, %L, ''city'', search_key => ''primary'')', :'t', :'s'), '22023', 'search_by must be a unique field of leads', 'a search key that is not unique');
SELECT lealup.set_lead_sync_mapping(:'t', :'s', 'email', enabled => false), lealup.set_lead_field(:'t', 'consent', required => true);
SELECT results_eq(format('SELECT field FROM lealup.check_mapping(%L, %L) ORDER BY 1', :'t', :'s'), $$VALUES ('consent'), ('email')$$, 'what is missing is found');
SELECT throws_ok(format('SELECT lealup.enable_lead_sync(%L, %L)', :'t', :'s'), '55000', 'the mapping is not complete', 'and has to be repaired before it is enabled');
SELECT lealup.delete_lead_field(:'t', 'consent'), lealup.set_lead_sync_mapping(:'t', :'s', 'email', enabled => true);

-- ----- Versions -----
CREATE FUNCTION pg_temp.stamp(seconds numeric, site text DEFAULT '00000000-0000-0000-0000-0000000000aa') RETURNS text LANGUAGE sql AS $$
    SELECT lealup._lead_stamp(lealup._lead_clock('2026-01-01 00:00+00'::timestamptz + make_interval(secs => seconds::float8)), site::uuid) $$;
CREATE FUNCTION pg_temp.state(id text, email text, city text, at numeric, also jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.apply(jsonb_build_object('entity', 'lead', 'remote_id', id, 'fields', jsonb_build_object('email', email, 'Town', city),
        'versions', jsonb_build_object('email', pg_temp.stamp(1), 'Town', pg_temp.stamp(at))) || also) $$;
SELECT is(pg_temp.state('0190a6f0-0000-7000-8000-000000000001', 'n@example.com', 'third', 3), 'new', 'states of one lead come');
SELECT is(pg_temp.state('0190a6f0-0000-7000-8000-000000000001', 'n@example.com', 'second', 2), 'unchanged', 'in any order');
SELECT is(pg_temp.state('0190a6f0-0000-7000-8000-000000000001', 'n@example.com', 'third', 3), 'unchanged', 'or again');
SELECT is(pg_temp.lead('n@example.com') ->> 'city', 'third', 'the newest stays');
SELECT is(pg_temp.apply(jsonb_build_object('entity', 'lead', 'remote_id', '0190a6f0-0000-7000-8000-000000000001', 'fields', '{}'::jsonb, 'versions', jsonb_build_object('Town', pg_temp.stamp(4)))), 'updated', 'a field that is empty there');
SELECT ok(NOT pg_temp.lead('n@example.com') ? 'city', 'is empty here');
SELECT is(pg_temp.apply(jsonb_build_object('entity', 'lead', 'remote_id', 'c', 'fields', '{"email": "c@example.com"}'::jsonb, 'versions', jsonb_build_object('email', '7fffffffffffffff-0190a6f0-0000-7000-8000-000000000001'), 'known_as', jsonb_build_array(lealup.create_lead(:'t', '{"city": "clock"}')))),
    'failed: email: the stamp "7fffffffffffffff-0190a6f0-0000-7000-8000-000000000001" is malformed, or more than a day ahead of the clock', 'a clock that is ahead');

-- An account without versions: what is as it was when last seen is no news.
SELECT pg_temp.apply('{"entity": "lead", "remote_id": "u1", "fields": {"email": "u1@example.com", "company": "Acme", "Town": "Ulm"}, "modified_at": "2026-01-01 10:00:00"}') \gset
SELECT l.id AS u1 FROM lealup.lead l WHERE l.tenant_id = :'t' AND l.fields ->> 'email' = 'u1@example.com' \gset
SELECT lealup.update_lead(:'t', :'u1', '{"city": "edited here"}');
SELECT is(pg_temp.apply('{"entity": "lead", "remote_id": "u1", "fields": {"email": "u1@example.com", "company": "Beta", "Town": "Ulm"}, "modified_at": "2036-01-01 10:00:00"}'), 'updated', 'another field changes there');
SELECT is(pg_temp.lead('u1@example.com') - 'source', '{"company": "Beta", "city": "edited here"}', 'and what was edited here stays');
SELECT is(pg_temp.apply('{"entity": "lead", "remote_id": "u1", "fields": {"email": "u1@example.com", "company": "Old"}, "modified_at": "2026-01-01 09:00:00"}'), 'unchanged: older than what was seen', 'an older state comes late');
SELECT is(pg_temp.apply('{"entity": "lead", "remote_id": "u2", "fields": {"email": "moved@example.com", "company": "New"}, "before": {"email": "u1@example.com", "company": "Beta"}}'), 'updated',
    'one that has just got another address is found by the one before');
SELECT is(l.fields ->> 'email', 'moved@example.com', 'which it had') FROM lealup.lead l WHERE l.id = :'u1';

-- ----- Which leads are one -----
SELECT lealup.create_lead(:'t', '{"email": "one@example.com", "city": "here"}') AS mine \gset
SELECT lealup.create_lead_automation(:'t', 'Back', 'https://other.example.com/', peer => :'s') AS back \gset
SELECT is(pg_temp.state('0190a6f0-0000-7000-8000-000000000002', 'one@example.com', 'there', 1), 'updated', 'a lead that is here is found');
SELECT is(pg_temp.lead('one@example.com') ->> 'city', 'here', 'and keeps what is newer');
SELECT is(e.context ->> 'automation' || ' ' || (e.data ->> 'known_as'), jsonb_build_array(:'back')::text || ' ["0190a6f0-0000-7000-8000-000000000002"]', 'the other account is told')
FROM lealup.event e WHERE e.tenant_id = :'t' AND e.event_type = 'lead.linked' AND e.data ->> 'lead_id' = :'mine';
SELECT is(pg_temp.state('0190a6f0-0000-7000-8000-000000000003', 'one@example.com', 'x', 1), format('failed: email: ''one@example.com'' is that of lead %s, which is another one there', :'mine'), 'another lead there is not it');
SELECT ok(next_attempt_at BETWEEN clock_timestamp() AND clock_timestamp() + interval '6 s', 'but it is tried again: the other message may be on its way') FROM lealup.lead_sync_record WHERE remote_id = '0190a6f0-0000-7000-8000-000000000003';
SELECT lealup.update_lead(:'t', :'mine', '{"email": "other@example.com"}');
SELECT is(lealup._lead_sync_due(clock_timestamp() + interval '1 min', 100), 1::bigint, 'once that has come');
SELECT is(status, 'updated', 'it is taken in, and counts as repaired') FROM lealup.lead_sync_record WHERE remote_id = '0190a6f0-0000-7000-8000-000000000003';
SELECT lealup.create_lead(:'t', '{"last_name": "Ours"}') AS ours \gset
SELECT is(pg_temp.state('0190a6f0-0000-7000-8000-000000000004', 'else@example.com', 'x', 5, jsonb_build_object('known_as', jsonb_build_array(:'ours'))), 'updated', 'what the other account got from here is known by that');
SELECT is(k.local_id, :'ours', 'whatever else it has') FROM lealup.lead_link k WHERE k.remote_id = '0190a6f0-0000-7000-8000-000000000004';
-- One was made for it before that was known.
SELECT lealup.create_lead(:'t', '{"email": "first@example.com"}') AS first \gset
SELECT pg_temp.state('0190a6f0-0000-7000-8000-000000000005', 'second@example.com', 'doubled', 6) \gset
SELECT is(pg_temp.state('0190a6f0-0000-7000-8000-000000000005', 'second@example.com', 'doubled', 6, jsonb_build_object('known_as', jsonb_build_array(:'first'))), 'unchanged', 'two become one');
SELECT is(l.fields ->> 'city', 'doubled', 'that has what both had') FROM lealup.lead l WHERE l.id = :'first';
SELECT is((SELECT count(*) FROM lealup.lead l WHERE l.tenant_id = :'t' AND l.deleted_at IS NULL AND l.fields ->> 'city' = 'doubled'), 1::bigint, 'and is there once');
-- Two of there claim one of here: the smaller id has it.
SELECT lealup.create_lead(:'t', '{"email": "claimed@example.com"}') AS claimed \gset
SELECT pg_temp.state('0190a6f0-0000-7000-8000-000000000011', 'claimed@example.com', 'a', 1) \gset
SELECT isnt(pg_temp.state('0190a6f0-0000-7000-8000-000000000012', 'claim2@example.com', 'b', 1, jsonb_build_object('known_as', jsonb_build_array(:'claimed'))), 'updated', 'the second one is another');
SELECT is(k.remote_id, '0190a6f0-0000-7000-8000-000000000011', 'the first one keeps it') FROM lealup.lead_link k WHERE k.local_id = :'claimed';
SELECT is(pg_temp.state('0190a6f0-0000-7000-8000-000000000010', 'claim0@example.com', 'c', 9, jsonb_build_object('known_as', jsonb_build_array(:'claimed'))), 'updated', 'a smaller one takes it');
SELECT results_eq(format('SELECT k.remote_id FROM lealup.lead_link k WHERE k.local_id = %L', :'claimed'), $$VALUES ('0190a6f0-0000-7000-8000-000000000010')$$, 'alone');
SELECT is(e.data ->> 'lost', '["0190a6f0-0000-7000-8000-000000000011"]', 'and the other account is told who lost it') FROM lealup.event e
WHERE e.tenant_id = :'t' AND e.event_type = 'lead.linked' AND e.data ->> 'lead_id' = :'claimed' ORDER BY e.id DESC LIMIT 1;
SELECT pg_temp.apply(jsonb_build_object('entity', 'lead', 'remote_id', 'zz', 'fields', '{"email": "zz@example.com"}'::jsonb, 'lost', jsonb_build_array(:'first'))) \gset
SELECT is(e.data ->> 'remote_id', NULL, 'who has lost is sent once more') FROM lealup.event e WHERE e.tenant_id = :'t' AND e.event_type = 'lead.linked' AND e.data ->> 'lead_id' = :'first' ORDER BY e.id DESC LIMIT 1;
SELECT is(pg_temp.apply('{"entity": "lead", "remote_id": "zz", "deleted": true}'), 'skipped: it was deleted there; it stays here', 'what is deleted there stays');
SELECT ok(pg_temp.lead('zz@example.com') IS NOT NULL AND NOT EXISTS (SELECT FROM lealup.lead_link WHERE remote_id = 'zz'), 'as one of here alone');
SELECT is(pg_temp.apply(jsonb_build_object('entity', 'lead', 'remote_id', 'zz', 'fields', '{"email": "zz@example.com"}'::jsonb, 'versions', jsonb_build_object('email', lealup._lead_stamp(lealup._lead_clock(now()), lealup.uuid7())))),
    'skipped: it was deleted there since', 'what was sent before, and comes after that, links it no more');
SELECT lealup.delete_lead(:'t', :'u1');
SELECT is(pg_temp.apply('{"entity": "lead", "remote_id": "u1", "fields": {"company": "x"}}'), 'skipped: it was deleted here', 'what was deleted here stays deleted');
SELECT is((SELECT count(*) FROM lealup.event e WHERE e.tenant_id = :'t' AND e.data ->> 'origin' = :'s' AND e.event_type IN ('lead.created', 'lead.updated') AND e.context ? 'automation'
    AND NOT EXISTS (SELECT FROM jsonb_each_text((e.data -> 'versions')::jsonb) v WHERE right(v.value, 36) = :'t')), 0::bigint, 'nothing that it brought goes back');

-- ----- Activities -----
CREATE FUNCTION pg_temp.act(id text, lead text, note text DEFAULT 'n', also jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.apply(jsonb_build_object('entity', 'activity', 'remote_id', id, 'type', 'call', 'note', note, 'occurred_at', '2026-01-01 10:00',
        'lead', jsonb_build_object('remote_id', lead, 'fields', jsonb_build_object('email', lead || '@example.com'))) || also) $$;
SELECT is(pg_temp.act('a1', 'act1'), 'skipped: activities are to be left alone', 'activities are off by default');
SELECT lealup.update_lead_sync(:'t', :'s', activity_behaviour => 'create_only');
SELECT is(pg_temp.act('a1', 'act1'), 'new', 'create_only: a new one');
SELECT ok(pg_temp.lead('act1@example.com') IS NOT NULL, 'and its lead');
SELECT is(pg_temp.act('a1', 'act1', 'changed'), 'skipped: there is such an activity, and only new ones are to be posted', 'an existing one');
SELECT lealup.update_lead_sync(:'t', :'s', activity_behaviour => 'update_only');
SELECT is(pg_temp.act('a1', 'act1', 'changed', '{"modified_at": "2036-01-01T00:00:00Z"}'), 'updated', 'update_only: an existing one');
SELECT is(pg_temp.act('a2', 'act1'), 'skipped: there is no such activity, and only existing ones are to be changed', 'a new one');
SELECT lealup.update_lead_sync(:'t', :'s', activity_behaviour => 'capture', lead_behaviour => 'update_only');
SELECT is(pg_temp.act('a3', 'act1'), 'new', 'capture: a new one');
SELECT is(pg_temp.act('a4', 'act4'), 'failed: the lead of the activity was not found', 'of a lead that may not be made');
SELECT is(pg_temp.act('a5', 'act1', also => '{"type": "dance"}'), 'failed: type: there is no activity type "dance"', 'of a type that is not there');
SELECT lealup.set_lead_activity_type(:'t', 'meeting', fields => '{"room": {"type": "integer"}}'), lealup.set_lead_sync_mapping(:'t', :'s', 'meeting', '201', 'activity_type'), lealup.set_lead_sync_mapping(:'t', :'s', 'room', 'mx_Room', 'activity'),
    lealup.update_lead_sync(:'t', :'s', lead_behaviour => 'capture');
SELECT is(pg_temp.act('a5', 'act1', also => '{"type": "201", "fields": {"mx_Room": "7", "other": 1}}'), 'new', 'its types and fields are mapped');
SELECT is(y.type || y.fields, 'meeting{"room": 7}', 'as is said') FROM lealup.lead_activity y JOIN lealup.lead_link k ON k.local_id = y.id WHERE k.remote_id = 'a5';
SELECT is(pg_temp.act('a6', 'act1', also => '{"type": "201", "fields": {"mx_Room": "big"}}'), 'failed: room: "big" is not an integer', 'and what is wrong is told');

-- ----- The log -----
SELECT lealup.retry_lead_sync_record(:'t', r.id) FROM lealup.lead_sync_record r WHERE r.remote_id = 'v2';
SELECT lealup._lead_sync_due(clock_timestamp(), 100);
SELECT is(r.status || r.attempts, 'failed2', 'a retry before it is repaired') FROM lealup.lead_sync_record r WHERE r.remote_id = 'v2';
SELECT lealup.set_lead_sync_mapping(:'t', :'s', 'score', 'points'), lealup.set_lead_sync_mapping(:'t', :'s', 'phone', enabled => false);
SELECT lealup.retry_lead_sync(:'t', :'s');
SELECT lealup._lead_sync_due(clock_timestamp(), 1000);
SELECT is(r.status, 'updated', 'and after, which counts as updated') FROM lealup.lead_sync_record r WHERE r.remote_id = 'v2';
SELECT throws_ok(format('SELECT lealup.retry_lead_sync_record(%L, %L)', :'t', r.id), '55000', NULL, 'what is done is not retried') FROM lealup.lead_sync_record r WHERE r.remote_id = 'v2';
SELECT is(r.lead_behaviour || ' ' || (r.response ->> 'status') || ' ' || (r.request #>> '{fields,score}') || ' ' || r.source || ' ' || (r.mapping @> '[{"target": "score", "source": "points"}]')::text,
    'capture updated true poll true', 'a record tells request, response, behaviour and mapping') FROM lealup.lead_sync_records r WHERE r.remote_id = 'v2';
SELECT is((SELECT sum(j.failed) FROM lealup.lead_sync_jobs j WHERE j.sync_id = :'s'), (SELECT count(*) FROM lealup.lead_sync_record r WHERE r.sync_id = :'s' AND r.status = 'failed'), 'jobs count what is failed now');
SELECT is((SELECT count(*) FROM lealup.lead_sync_log(:'t', :'s', 'today', sync_status => 'error', most => 1000)), (SELECT count(*) FROM lealup.lead_sync_record r WHERE r.status = 'failed'), 'what failed today');
SELECT is((SELECT count(*) FROM lealup.lead_sync_log(:'t', :'s', 'last_month')), 0::bigint, 'nothing last month');
SELECT ok((SELECT count(*) > 20 FROM lealup.lead_sync_log(:'t', period => p, job_status => 'success', most => 1000)), 'what went well: ' || p) FROM unnest('{today,last_7_days,this_month}'::text[]) p;
SELECT is("from"::text || ' ' || until::text, f, p) FROM (VALUES ('today', '2026-03-02 05:00:00+00 infinity'), ('last_7_days', '2026-02-24 05:00:00+00 infinity'), ('this_month', '2026-03-01 05:00:00+00 infinity'),
    ('last_month', '2026-02-01 05:00:00+00 2026-03-01 05:00:00+00')) v(p, f), lealup._lead_sync_period(p, 'Etc/GMT+5', '2026-03-03 03:00+00');
SELECT is(count(*), 1::bigint, 'the user is told by mail, in as few notices as there are kinds of failures, at the end of the hour') FROM (
    SELECT count(*) FROM lealup.mail_notice n WHERE n.tenant_id = :'t' AND n.member_id = :'ada' AND n.kind = 'lead_sync' AND n.frequency = 'hourly' HAVING count(*) BETWEEN 1 AND 20) x;
SELECT ok(bool_or(n.subject = 'Clinic: leads could not be taken in' AND strpos(n.body, 'score: true is not an integer') > 0), 'and of what is wrong') FROM lealup.mail_notice n WHERE n.member_id = :'ada';
SELECT lealup.update_lead_sync(:'t', :'s', notify => false);
DELETE FROM lealup.mail_notice;
SELECT pg_temp.act('a7', 'act1', also => '{"type": "dance"}') \gset
SELECT is(count(*), 0::bigint, 'unless that is switched off') FROM lealup.mail_notice;
SELECT is(lealup._forget_lead_sync(now() + interval '31 days', 5), 10::bigint, 'the log is kept as long as other logs are') ;

-- ----- Who may -----
INSERT INTO lealup.member (tenant_id, email, role, custom) VALUES (:'t', 'dan@example.com', 'director', '{}'), (:'t', 'cas@example.com', 'csm', '{"is_sync_user": true}') \gset
CREATE ROLE regress_lealup_app;
SELECT lealup.grant_access('regress_lealup_app', 'app');
CREATE FUNCTION pg_temp.sees(who text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    n bigint; can text := 'retries';
BEGIN
    PERFORM set_config('lealup.tenant_id', current_setting('test.t'), true), set_config('lealup.member_id', coalesce((SELECT m.id::text FROM lealup.member m WHERE m.email = who || '@example.com'), ''), true),
        set_config('role', 'regress_lealup_app', true);
    SELECT count(*) INTO n FROM lealup.lead_sync;
    BEGIN
        PERFORM lealup.retry_lead_sync(current_setting('test.t')::uuid, current_setting('test.s')::uuid);
    EXCEPTION WHEN insufficient_privilege THEN
        can := 'nothing';
    END;
    PERFORM set_config('role', 'none', true), set_config('lealup.member_id', '', true), set_config('lealup.tenant_id', '', true);
    RETURN n || ' ' || can;
END $$;
SELECT results_eq($$SELECT pg_temp.sees(w) FROM unnest('{ada,dan,cas}'::text[]) w$$, $$VALUES ('1 retries'), ('0 nothing'), ('0 nothing')$$, 'admins alone, at first');
SELECT lealup.set_lead_sync_access(:'t', '{director}');
SELECT results_eq($$SELECT pg_temp.sees(w) FROM unnest('{ada,dan,cas}'::text[]) w$$, $$VALUES ('1 retries'), ('1 retries'), ('0 nothing')$$, 'by role');
SELECT lealup.set_lead_sync_access(:'t', member_field => 'is_sync_user');
SELECT results_eq($$SELECT pg_temp.sees(w) FROM unnest('{ada,dan,cas}'::text[]) w$$, $$VALUES ('1 retries'), ('0 nothing'), ('1 retries')$$, 'by a field of the member');
SELECT set_config('lealup.tenant_id', :'t', true), set_config('lealup.member_id', (SELECT m.id::text FROM lealup.member m WHERE m.email = 'cas@example.com'), true), set_config('role', 'regress_lealup_app', true) \gset
SELECT throws_ok(c, '42501', NULL, 'who sees it changes nothing: ' || split_part(c, '(', 1)) FROM unnest(ARRAY[format('SELECT lealup.update_lead_sync(%L, %L, name => ''x'')', :'t', :'s'), format('SELECT lealup.disable_lead_sync(%L, %L)', :'t', :'s'),
    format('SELECT lealup.remove_lead_sync(%L, %L)', :'t', :'s'), format('SELECT lealup.create_lead_sync(%L, ''x'')', :'t'), format('SELECT lealup.set_lead_sync_mapping(%L, %L, ''city'')', :'t', :'s'),
    format('SELECT lealup.set_lead_sync_access(%L)', :'t')]) c;
SELECT set_config('role', 'none', true), set_config('lealup.member_id', '', true), set_config('lealup.tenant_id', '', true) \gset

-- ----- Messages -----
CREATE FUNCTION pg_temp.sent(body text, method text DEFAULT 'POST') RETURNS int LANGUAGE sql AS $$ SELECT (pg_temp.unchecked(method, current_setting('test.path'), body, '{}', '')).status $$;
SELECT set_config('test.path', substr(:'url', 24), true) \gset
SELECT is(pg_temp.sent(NULL, 'GET'), 200, 'whoever asks whether the URL works gets an answer');
-- No backend holds the vault's key: what is signed is tested over HTTP.
SELECT is(pg_temp.sent('{"event": "lead.created"}'), 503, 'a message that cannot be verified is not taken');
CREATE FUNCTION pg_temp.handled(handler text, body text, content_type text DEFAULT 'application/json') RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    m lealup.inbox;
BEGIN
    m.headers := jsonb_build_object('content-type', content_type);
    m.body := convert_to(body, 'UTF8');
    RETURN lealup._call_provider('lealup.' || handler, '{}', lealup._inbound_message(m));
END $$;
SELECT is(pg_temp.handled('_lead_sync_lealup', '{"event": "lead.updated", "data": {"lead_id": "1", "after": {"a": 1}, "versions": {"a": "s"}, "known_as": ["2"]}}'),
    '{"leads": [{"entity": "lead", "remote_id": "1", "fields": {"a": 1}, "versions": {"a": "s"}, "known_as": ["2"]}]}', 'what an automation sends');
SELECT is(pg_temp.handled('_lead_sync_lealup', '{"event": "webhook.test", "data": {}}'), '{"ignore": "webhook.test is no news of leads"}', 'a test event is passed over');
SELECT is(pg_temp.handled('_lead_sync_lealup', b) ->> 'ignore', 'it is no news of leads', 'as is ' || b) FROM unnest('{"[]","7",null,x}'::text[]) b;
SELECT is(pg_temp.handled('_lead_sync_leadsquared', b, c) - 'ignore', '{"leads": [{"entity": "lead", "remote_id": "p1", "fields": {"ProspectID": "p1", "FirstName": "Jo"}}]}', format('LeadSquared: %s %s', c, left(b, 40)))
FROM (VALUES ('application/json', '{"ProspectID": "p1", "FirstName": "Jo"}'), ('text/plain', '{"After": {"ProspectID": "p1", "FirstName": "Jo"}}'), ('application/json', '[{"Attribute": "ProspectID", "Value": "p1"}, {"Attribute": "FirstName", "Value": "Jo"}]'),
    ('application/json', '{"Leads": [{"LeadPropertyList": [{"Attribute": "ProspectID", "Value": "p1"}, {"Attribute": "FirstName", "Value": "Jo"}]}]}'), ('application/x-www-form-urlencoded', 'ProspectID=p1&FirstName=Jo'),
    ('application/x-www-form-urlencoded', 'After%5BProspectID%5D=p1&After%5BFirstName%5D=Jo'), ('application/x-www-form-urlencoded', 'After.ProspectID=p1&After.FirstName=Jo'),
    ('application/x-www-form-urlencoded', 'data=%7B%22ProspectID%22%3A%22p1%22%2C%22FirstName%22%3A%22Jo%22%7D'), ('application/json', '"{\"ProspectID\": \"p1\", \"FirstName\": \"Jo\"}"')) v(c, b);
SELECT is(pg_temp.handled('_lead_sync_leadsquared', '{"Before": {"ProspectID": "p1", "FirstName": "J"}, "After": {"ProspectID": "p1", "FirstName": "Jo", "ModifiedOn": "2026-01-01 10:00:00"}}'),
    '{"leads": [{"entity": "lead", "remote_id": "p1", "fields": {"ProspectID": "p1", "FirstName": "Jo", "ModifiedOn": "2026-01-01 10:00:00"}, "before": {"ProspectID": "p1", "FirstName": "J"}, "modified_at": "2026-01-01 10:00:00"}]}',
    'with what was before');
SELECT is(pg_temp.handled('_lead_sync_leadsquared', '{"ProspectActivityId": "a1", "RelatedProspectId": "p1", "ActivityEvent": "201", "ActivityNote": "Came", "CreatedOn": "2026-01-01 10:00:00", "Fields": [{"SchemaName": "mx_Room", "Value": "7"}]}') #> '{leads,0}'
    #- '{fields,ActivityNote}' #- '{fields,CreatedOn}', '{"entity": "activity", "remote_id": "a1", "type": "201", "note": "Came", "occurred_at": "2026-01-01 10:00:00", "modified_at": "2026-01-01 10:00:00", "fields": {"mx_Room": "7"},
        "lead": {"remote_id": "p1", "fields": {}}}', 'an activity');
SELECT ok(pg_temp.handled('_lead_sync_leadsquared', b) ? 'ignore', 'nothing in it: ' || b) FROM unnest('{"{}","[]",7,null,x,"{\"After\": null}"}'::text[]) b;
-- Received, understood and applied, many at once; one that is malformed alone is ignored.
SELECT sync_id AS lsq, url AS lsq_url, secret AS lsq_secret FROM lealup.create_lead_sync(:'t', 'LSQ', 'leadsquared') \gset
SELECT ok(NOT :{?lsq_secret}, 'LeadSquared signs nothing');
SELECT is((SELECT source FROM lealup.lead_sync_mapping WHERE sync_id = :'lsq' AND target = 'first_name'), 'FirstName', 'and has names of its own');
SELECT lealup.enable_lead_sync(:'t', :'lsq');
SELECT set_config('test.path', substr(:'lsq_url', 24), true) \gset
SELECT is(pg_temp.sent(jsonb_build_object('After', jsonb_build_object('ProspectID', 'l' || n, 'EmailAddress', 'l' || n || '@example.com', 'FirstName', 'L'))::text), 200, 'its messages are taken')
FROM generate_series(1, 3) n;
SELECT is(pg_temp.sent('{"sample": []}'), 200, 'and its Verify');
SELECT lealup._lead_sync_due(clock_timestamp(), 1000) \gset
SELECT is(lealup._inbox_due(clock_timestamp(), 50), 4::bigint, 'they are worked off');
SELECT results_eq(format('SELECT status, count(*) FROM lealup.inbox WHERE connection_id = %L GROUP BY 1 ORDER BY 1', :'lsq'), $$VALUES ('done', 4::bigint)$$, 'all of them');
SELECT is(j.created || ' ' || j.failed || ' ' || j.api_url, '3 1 https://hub.example.com/v1/inbound/…', 'in one job, which does not tell the secret of the URL') FROM lealup.lead_sync_jobs j WHERE j.sync_id = :'lsq';
SELECT ok(r.message_id = i.id, 'each record knows its message') FROM lealup.lead_sync_records r JOIN lealup.inbox i ON i.id = r.message_id WHERE r.sync_id = :'lsq' AND r.remote_id = 'l2';
SELECT lealup.update_lead_sync(:'t', :'lsq', header => true);
SELECT is(pg_temp.sent('{"ProspectID": "h"}'), 401, 'with a header, what has none is refused');
SELECT throws_ok(format('SELECT lealup.update_lead_sync(%L, %L, header => true)', :'t', :'s'), '22023', NULL, 'which is for LeadSquared alone');
SELECT lealup.update_lead_sync(:'t', :'lsq', lead_source => 'Elsewhere');
SELECT is((SELECT m.enabled FROM lealup.lead_sync_mapping m WHERE m.tenant_id = :'t' AND m.sync_id = :'lsq' AND m.entity = 'lead' AND m.target = 'source'), false, 'who names the source does not take over another');
SELECT lealup.remove_lead_sync(:'t', :'lsq');
SELECT is(pg_temp.sent('{"ProspectID": "h"}'), 404, 'the URL of a sync that was removed is none');
SELECT throws_ok(format('SELECT lealup.enable_lead_sync(%L, %L)', :'t', :'lsq'), 'P0002', NULL, 'nor is the sync');
SELECT throws_ok(format('SELECT lealup._apply_leads(%L, %L, ''{}'')', :'other', :'s'), 'P0002', NULL, 'another tenant''s is not there');
SELECT throws_ok(format('SELECT %s', c), s, NULL, c) FROM (VALUES (format('lealup.create_lead_sync(%L, '''')', :'t'), '22023'), (format('lealup.create_lead_sync(%L, ''x'', ''crm'')', :'t'), '22023'),
    (format('lealup.create_lead_sync(%L, ''x'', country => ''Spain'')', :'t'), '22023'), (format('lealup.create_lead_sync(%L, ''x'', time_zone => ''Nowhere'')', :'t'), '22023'),
    (format('lealup.create_lead_sync(%L, ''x'', search_by => ''city'')', :'t'), '22023'), (format('lealup.create_lead_sync(%L, ''x'', secondary_search_by => ''email'')', :'t'), '22023'),
    (format('lealup.create_lead_sync(%L, ''x'', lead_behaviour => ''off'')', :'t'), '22023'), (format('lealup.create_lead_sync(%L, ''x'', connection_id => %L)', :'t', lealup.uuid7()), 'P0002'),
    (format('lealup.set_lead_sync_access(%L, ''{king}'')', :'t'), '22023'), ($q$lealup._lead_sync_period('ever', 'UTC', now())$q$, '22023')) v(c, s);

-- ----- HTTP -----
SELECT set_config('test.key', lealup.create_api_key(:'t', 'application', '{leads:write}'), true) \gset
SELECT * FROM pg_temp.http('POST', '/v1/lead-syncs', '{"name": "By HTTP", "lead_source": "HTTP"}') \gset made_
SELECT is(:made_status, 201, 'a sync is made');
SELECT :'made_body'::jsonb ->> 'id' AS h \gset
SELECT ok(:'made_body'::jsonb ->> 'url' LIKE 'https://hub.example.com/v1/inbound/%' AND :'made_body'::jsonb ->> 'secret' LIKE 'whsec_%', 'with its URL and secret');
SELECT is(pg_temp.body('PATCH', '/v1/lead-syncs/' || :'h', '{"enabled": true, "lead_source": null, "country": "ES"}') - '{id,created_at}'::text[], '{"name": "By HTTP", "enabled": true, "lead_source": null, "country": "ES", "time_zone": "UTC", "search_by": "email",
    "secondary_search_by": null, "notify_member_id": null, "notify": true, "lead_behaviour": "capture", "activity_behaviour": "off"}', 'it is changed');
SELECT is(pg_temp.status('PATCH', '/v1/lead-syncs/' || :'h', '{"enabled": false}', '{"if-match": "\"x\""}'), 412, 'what has changed since stays');
SELECT ok(pg_temp.body('GET', '/v1/lead-syncs') -> 'data' @> jsonb_build_array(jsonb_build_object('id', :'h')), 'they are listed');
SELECT is(pg_temp.body('GET', '/v1/lead-syncs/' || :'h') ->> 'name', 'By HTTP', 'it is shown');
SELECT ok(pg_temp.body('POST', '/v1/lead-syncs/' || :'h' || '/mapping', '{"target": "city", "source": "Town", "default_value": "Ulm"}') -> 'data' @> '[{"target": "city", "source": "Town", "default_value": "Ulm", "enabled": true, "problem": null}]', 'a field is mapped');
SELECT is(pg_temp.status('DELETE', '/v1/lead-syncs/' || :'h' || '/mapping/city'), 204, 'and taken out');
SELECT is(pg_temp.status('DELETE', '/v1/lead-syncs/' || :'h' || '/mapping/city'), 404, 'once');
SELECT ok(jsonb_array_length(pg_temp.body('GET', '/v1/lead-syncs/' || :'h' || '/mapping') -> 'data') > 10, 'the mapping is shown');
SELECT pg_temp.apply('{"entity": "lead", "remote_id": "w1", "fields": {"email": "no address"}}', :'h') \gset
SELECT pg_temp.body('GET', '/v1/lead-syncs/' || :'h' || '/records?status=failed&sync_status=error&period=today') AS records \gset
SELECT is(:'records'::jsonb #>> '{data,0,reason}', 'email: "no address" is not an e-mail address', 'what failed is listed');
SELECT is(pg_temp.body('GET', '/v1/lead-syncs/' || :'h' || '/jobs?status=failure') #>> '{data,0,failed}', '1', 'and its job');
SELECT is(pg_temp.status('POST', '/v1/lead-syncs/' || :'h' || '/records/' || (:'records'::jsonb #>> '{data,0,id}') || '/retry'), 204, 'one is retried');
SELECT is(pg_temp.body('POST', '/v1/lead-syncs/' || :'h' || '/retry', '{}'), '{"records": 1}', 'or all');
SELECT is(pg_temp.status('POST', '/v1/lead-syncs/' || :'h' || '/records/' || :'t' || '/retry'), 404, 'one that is not there');
SELECT is(pg_temp.status('DELETE', '/v1/lead-syncs/' || :'h'), 204, 'it is removed');
SELECT is(pg_temp.status('GET', '/v1/lead-syncs/' || :'h'), 404, 'and gone');
SELECT set_config('test.key', lealup.create_api_key(:'t', 'cas', '{leads:write}', (SELECT m.id FROM lealup.member m WHERE m.email = 'dan@example.com')), true) \gset
SELECT is(jsonb_array_length(pg_temp.body('GET', '/v1/lead-syncs') -> 'data'), 0, 'a member without access sees none');
SELECT is_empty('SELECT * FROM pg_temp.misfit', 'every answer is as its route says');
SELECT * FROM finish();
ROLLBACK;
