-- Briefings: what they tell, when they are prepared, and who reads them.
BEGIN;
SELECT plan(46);

SELECT lealup.create_tenant('briefing', time_zone => 'Europe/Madrid') AS t, lealup.create_tenant('other') AS other \gset
INSERT INTO lealup.member (tenant_id, email, name) VALUES (:'t', 'ana@vendor.example', 'Ana') RETURNING id AS ana \gset
INSERT INTO lealup.segment (tenant_id, name) VALUES (:'t', 'Retail') RETURNING id AS retail \gset
INSERT INTO lealup.customer (tenant_id, name, domain, owner_id, segment_id, tier, arr, currency) VALUES (:'t', E'Globex\nInc', 'globex.example', :'ana', :'retail', 'enterprise', 60000, 'EUR') RETURNING id AS globex \gset
INSERT INTO lealup.contact (tenant_id, customer_id, name, email, title) VALUES (:'t', :'globex', 'Hank', 'hank@globex.example', 'CIO');
SELECT set_config('test.t', :'t', true);
CREATE FUNCTION pg_temp.has(body text, part text) RETURNS boolean LANGUAGE sql AS $$ SELECT position(part IN body) > 0 $$;
CREATE FUNCTION pg_temp.due(meeting uuid) RETURNS interval LANGUAGE sql AS $$
    SELECT m.starts_at - b.due_at FROM lealup.meeting m LEFT JOIN lealup.meeting_briefing b ON b.meeting_id = m.id WHERE m.id = meeting
$$;

-- A customer of whom little is known.
INSERT INTO lealup.meeting (tenant_id, customer_id, title, starts_at, ends_at, location, attendees)
VALUES (:'t', :'globex', 'Review', '2099-07-01 10:00+00', '2099-07-01 11:00+00', 'Room 1', '[{"email": "HANK@globex.example"}, {"email": "x@globex.example", "name": "Xenia"}, {"name": null}, 7]') RETURNING id AS m \gset
SELECT lealup.briefing(:'t', :'m') AS b \gset
SELECT ok(pg_temp.has(:'b', E'# Review\n\nMeeting on Wednesday, 2099-07-01 12:00 (Europe/Madrid), Room 1\n'), 'when it is, in the tenant''s time zone');
SELECT ok(pg_temp.has(:'b', E'- Globex Inc, globex.example, active, enterprise, segment Retail, owned by Ana\n'), 'with whom, on one line');
SELECT ok(pg_temp.has(:'b', E'- Hank, CIO, hank@globex.example\n- Xenia, x@globex.example\n'), 'who comes, as far as they are known');
SELECT ok(pg_temp.has(:'b', E'## Health\n- Nothing is known.\n'), 'no health');
SELECT ok(pg_temp.has(:'b', E'## Contract\n- ARR: 60000.00 EUR\n- Renewal: not known\n'), 'what it is worth');
SELECT ok(pg_temp.has(:'b', E'## Last interactions\n- None.\n\n## Open tickets\n- None.\n\n## Open tasks\n- None.\n'), 'nothing else');
SELECT ok(NOT pg_temp.has(:'b', 'Issues'), 'no issues');

-- And one of whom there is much.
UPDATE lealup.member SET time_zone = 'America/New_York' WHERE id = :'ana';
SELECT lealup.set_health_definition(:'t', NULL, '[{"kind": "nps", "worst": 0, "best": 10}, {"kind": "logins", "worst": 0, "best": 50}]');
INSERT INTO lealup.health_signal (tenant_id, customer_id, kind, value, observed_at)
VALUES (:'t', :'globex', 'nps', 9, now() - interval '2 days'), (:'t', :'globex', 'nps', 4, now() - interval '1 day'), (:'t', :'globex', 'logins', NULL, now());
INSERT INTO lealup.renewal (tenant_id, customer_id, renewal_date, amount, currency, status)
SELECT :'t', :'globex', (now() AT TIME ZONE 'America/New_York')::date + d, 66000, 'EUR', s FROM (VALUES (400, 'completed'), (30, 'open'), (1, 'completed')) v(d, s);
INSERT INTO lealup.timeline_event (tenant_id, customer_id, kind, direction, title, body, occurred_at)
SELECT :'t', :'globex', 'email', 'in', 'Mail ' || n, repeat('word ', 100), now() - n * interval '1 day' FROM generate_series(1, 7) n;
INSERT INTO lealup.timeline_event (tenant_id, customer_id, kind, direction, channel, body) VALUES (:'t', :'globex', 'message', 'in', 'whatsapp', 'Please cancel our subscription');
INSERT INTO lealup.ticket (tenant_id, customer_id, subject, status, priority) VALUES (:'t', :'globex', E'Broken\nthing', 'escalated', 'urgent'), (:'t', :'globex', 'Old thing', 'resolved', 'low');
INSERT INTO lealup.task (tenant_id, customer_id, title, due_at, status) VALUES (:'t', :'globex', 'Call', now() - interval '3 days', 'open'), (:'t', :'globex', 'Write', NULL, 'in_progress'), (:'t', :'globex', 'Done', NULL, 'completed');
SELECT lealup.briefing(:'t', :'m') AS b \gset
SELECT ok(pg_temp.has(:'b', '2099-07-01 06:00 (America/New_York)'), 'in the owner''s time zone, if there is one');
SELECT ok(pg_temp.has(:'b', E'- Score: 40 (neutral)\n- nps was 4, observed 1 day ago: worth 40 of 100 points.') AND pg_temp.has(:'b', E'\n- The latest observation of logins, 0 minutes ago, has no value')
    AND NOT pg_temp.has(:'b', 'nps was 9'), 'health, and what it is made of');
SELECT ok(pg_temp.has(:'b', format(E'- Renewal: %s (in 30 days), 66000.00 EUR\n', (now() AT TIME ZONE 'America/New_York')::date + 30)), 'the next renewal');
SELECT ok(pg_temp.has(:'b', E': Speaks of leaving: Please cancel our subscription (high)\n'), 'issues');
SELECT ok(pg_temp.has(:'b', 'message from them: Please cancel') AND pg_temp.has(:'b', 'Mail 4: word') AND NOT pg_temp.has(:'b', 'Mail 5'), 'the last five interactions');
SELECT ok(NOT pg_temp.has(:'b', repeat('word ', 60)), 'not in full');
SELECT ok(pg_temp.has(:'b', '- Broken thing (escalated, urgent, since ') AND NOT pg_temp.has(:'b', 'Old thing'), 'open tickets');
SELECT ok(pg_temp.has(:'b', '- Call (normal, overdue since ') AND pg_temp.has(:'b', E'- Write (normal)\n') AND NOT pg_temp.has(:'b', 'Done'), 'open tasks');
SELECT throws_ok(format('SELECT lealup.briefing(%L, %L)', :'t', lealup.uuid7()), 'P0002', NULL, 'no briefing for no meeting');
SELECT throws_ok(format('SELECT lealup.briefing(%L, NULL)', :'t'), 'P0002', NULL, 'nor for null');
SELECT throws_ok(format('SELECT lealup.briefing(%L, %L)', :'other', :'m'), 'P0002', NULL, 'nor for another tenant''s');

UPDATE lealup.renewal SET renewal_date = (now() AT TIME ZONE 'America/New_York')::date - 3 WHERE tenant_id = :'t' AND status = 'open';
SET LOCAL datestyle = 'German';
SELECT ok(pg_temp.has(lealup.briefing(:'t', :'m'), format(E'- Renewal: %s (3 days ago), 66000.00 EUR\n', to_char((now() AT TIME ZONE 'America/New_York')::date - 3, 'YYYY-MM-DD'))),
    'a renewal that is past, in whatever style the session writes dates');
RESET datestyle;
UPDATE lealup.customer SET arr = NULL WHERE tenant_id = :'t';
SELECT ok(pg_temp.has(lealup.briefing(:'t', :'m'), E'- ARR: not known\n'), 'an ARR that is not known is not zero');

-- When it is due.
SELECT is(pg_temp.due(:'m'), interval '24 hours', 'it is due a day ahead');
SELECT is(lealup._briefings_next(), timestamptz '2099-06-30 10:00+00', 'which is when something is due next');
SELECT is(lealup._briefings_due('2099-06-30 09:59:59+00', 10), 0::bigint, 'not before');
SELECT is(lealup._briefings_due('2099-06-30 10:00+00', 10), 1::bigint, 'but then');
SELECT results_eq(format('SELECT body, source, prepared_at, due_at FROM lealup.meeting_briefing WHERE meeting_id = %L', :'m'),
    format('VALUES (lealup.briefing(%L, %L), ''template'', timestamptz ''2099-06-30 10:00+00'', timestamptz ''2099-07-01 09:00+00'')', :'t', :'m'), 'it is there; and due again an hour ahead');
SELECT is(lealup._briefings_due('2099-06-30 10:00+00', 10), 0::bigint, 'once');
SELECT is(lealup._briefings_due('2099-07-01 09:30+00', 10), 1::bigint, 'and once more');
SELECT is(lealup._briefings_next(), NULL, 'that was all');
UPDATE lealup.meeting SET title = 'Reviews' WHERE id = :'m';
SELECT is(pg_temp.due(:'m'), NULL, 'a new title changes nothing');
UPDATE lealup.meeting SET starts_at = starts_at + interval '7 days', ends_at = ends_at + interval '7 days' WHERE id = :'m';
SELECT is(pg_temp.due(:'m'), interval '24 hours', 'a new time does');
UPDATE lealup.meeting SET status = 'cancelled' WHERE id = :'m';
SELECT is(pg_temp.due(:'m'), NULL, 'a meeting that is cancelled needs none');
UPDATE lealup.meeting SET status = 'confirmed' WHERE id = :'m';
SELECT is(lealup._briefings_due('2099-07-08 10:00+00', 10), 1::bigint, 'one that has begun');
SELECT is(prepared_at, timestamptz '2099-07-01 09:30+00', 'does not, either') FROM lealup.meeting_briefing WHERE meeting_id = :'m';
SELECT is(lealup._briefings_next(), NULL, 'nor later');

-- Which meetings.
INSERT INTO lealup.meeting (tenant_id, customer_id, title, starts_at, ends_at, status)
VALUES (:'t', NULL, 'Nobody', now() + interval '1 day', now() + interval '2 days', 'confirmed'), (:'t', :'globex', 'Off', now() + interval '1 day', now() + interval '2 days', 'cancelled'),
    (:'t', :'globex', 'Past', now() - interval '1 day', now(), 'confirmed');
SELECT is(lealup._briefings_next(), NULL, 'none for a meeting with nobody, a cancelled and a past one');
UPDATE lealup.meeting SET customer_id = :'globex' WHERE title = 'Nobody' AND tenant_id = :'t';
SELECT isnt(lealup._briefings_next(), NULL, 'but when it is known with whom it is');
INSERT INTO lealup.meeting (tenant_id, customer_id, title, starts_at, ends_at) SELECT :'t', :'globex', 'Soon ' || n, now() + interval '30 min', now() + interval '1 hour' FROM generate_series(1, 5) n;
SELECT is(lealup._briefings_due(now(), 3), 3::bigint, 'as many at a time as is said');
UPDATE lealup.tenant SET home = 'elsewhere' WHERE tenant_id = :'t';
SELECT is(lealup._briefings_due(now(), 10), 0::bigint, 'none in a copy of the database');
SELECT is(lealup._briefings_next(), NULL, 'where none is due');
UPDATE lealup.tenant SET home = lealup.home() WHERE tenant_id = :'t';
SELECT is(lealup._briefings_due(now(), 10), 3::bigint, 'the rest at home');

-- In words.
SELECT is_empty('SELECT * FROM lealup.assistant_job', 'nobody is asked to put it into words');
INSERT INTO lealup.assistant (tenant_id, url, model, classify, brief, timeout) VALUES (:'t', 'https://a.example/', 'small', false, true, '20 s');
SELECT lealup.prepare_briefing(:'t', :'m');
SELECT lealup._store_briefing(:'t', :'m', 'All is well.');
UPDATE lealup.assistant_job SET status = 'done';
SELECT lealup.prepare_briefing(:'t', :'m');
SELECT results_eq('SELECT purpose, subject_id, status FROM lealup.assistant_job', format('VALUES (''brief'', %L::uuid, ''pending'')', :'m'), 'unless an assistant does: each time it is prepared');
SELECT lealup._store_briefing(:'t', :'m', 'All is well.');
SELECT results_eq(format('SELECT body, source FROM lealup.meeting_briefing WHERE meeting_id = %L', :'m'), $$VALUES ('All is well.', 'assistant')$$, 'then those words are stored');

-- Who reads it.
CREATE ROLE briefing_reader; CREATE ROLE briefing_other;
SELECT lealup.grant_access('briefing_reader', 'reader', :'t'), lealup.grant_access('briefing_other', 'app', :'other');
SET LOCAL ROLE briefing_reader;
SELECT ok(pg_temp.has(lealup.briefing(:'t', :'m'), 'Globex'), 'a reader of the tenant does');
SET LOCAL ROLE briefing_other;
SELECT throws_ok(format('SELECT lealup.briefing(%L, %L)', :'t', :'m'), 'P0002', NULL, 'nobody else');
SELECT throws_ok(format('SELECT lealup.prepare_briefing(%L, %L)', :'t', :'m'), '42501', NULL, 'nor has it prepared');
RESET ROLE;

SELECT * FROM finish();
ROLLBACK;
