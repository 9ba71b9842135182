-- Automations: which changes of leads are sent, and to whom.
BEGIN;
SELECT plan(102);
SELECT lealup.create_tenant('leads') AS t, lealup.create_tenant('other') AS u \gset
SELECT set_config('test.t', :'t', true), set_config('test.u', :'u', true);
SELECT lealup.set_lead_field(:'t', 'score', type => 'integer'), lealup.set_lead_field(:'t', 'met_on', type => 'date');

-- ----- Conditions -----
CREATE TEMP TABLE condition (c jsonb, before jsonb, after jsonb, met boolean);
INSERT INTO condition VALUES
    ('{}', '{}', '{}', true),
    ('{"stage": {"from": "opportunity won", "to": "post purchase"}}', '{"stage": "Opportunity won"}', '{"stage": "post purchase"}', true),
    ('{"stage": {"from": "opportunity won", "to": "post purchase"}}', '{"stage": "new"}', '{"stage": "post purchase"}', false),
    ('{"stage": {"from": "opportunity won", "to": "post purchase"}}', '{"stage": "opportunity won"}', '{"stage": "lost"}', false),
    ('{"stage": {"from": "opportunity won", "to": "post purchase"}}', '{"stage": "post purchase"}', '{"stage": "post purchase", "city": "Ulm"}', false),
    ('{"stage": {"to": ["a", "b"]}}', '{}', '{"stage": "b"}', true), ('{"stage": {"to": "a"}}', '{"stage": "a"}', '{"stage": "a"}', false), ('{"stage": {"from": null}}', '{}', '{"stage": "a"}', true),
    ('{"stage": {"to": [null]}}', '{"stage": "a"}', '{}', true), ('{"stage": {"from": null}}', '{"stage": "x"}', '{"stage": "a"}', false),
    ('{"stage": {"is": "a"}}', '{"stage": "a"}', '{"stage": "A"}', true), ('{"stage": {"is": ["x", null]}}', '{}', '{}', true), ('{"stage": {"is_not": ["x", null]}}', '{}', '{}', false), ('{"stage": {"is_not": "x"}}', '{}', '{}', true),
    ('{"stage": {"changed": true}}', '{}', '{"stage": "a"}', true), ('{"stage": {"changed": true}}', '{"stage": "a"}', '{"stage": "a"}', false), ('{"stage": {"changed": false}}', '{}', '{}', true), ('{"stage": {"changed": false}}', '{"stage": "a"}', '{}', false),
    ('{"score": {"min": 5, "max": 7}}', '{}', '{"score": 5}', true), ('{"score": {"min": 5}}', '{}', '{"score": 4}', false), ('{"score": {"max": 7}}', '{}', '{"score": 8}', false), ('{"score": {"min": 5}}', '{"score": 9}', '{}', false),
    ('{"score": {"is": 5}}', '{}', '{"score": 5}', true), ('{"met_on": {"min": "2026-01-01"}}', '{}', '{"met_on": "2026-02-01"}', true), ('{"met_on": {"max": "2026-01-01"}}', '{}', '{"met_on": "2026-02-01"}', false),
    ('{"stage": {"is": "a"}, "score": {"min": 5}}', '{}', '{"stage": "a", "score": 4}', false), ('{"stage": {"is": "a"}, "score": {"min": 5}}', '{}', '{"stage": "a", "score": 6}', true);
SELECT is(lealup._lead_condition(c, before, after), met, format('%s: %s -> %s', c, before, after)) FROM condition;
SELECT lives_ok(format('SELECT lealup._check_lead_condition(%L, %L)', :'t', c), 'it may be: ' || c::text) FROM condition;
SELECT throws_ok(format('SELECT lealup._check_lead_condition(%L, %L)', :'t', c), '22023', NULL, 'it may not be: ' || coalesce(c, 'null')) FROM unnest(ARRAY[NULL, '[]', '{"nope": {"is": 1}}', '{"stage": "a"}', '{"stage": {}}', '{"stage": {"like": "a"}}',
    '{"stage": {"is": {}}}', '{"stage": {"is": []}}', '{"stage": {"is": [[1]]}}', '{"stage": {"changed": "yes"}}', '{"stage": {"min": "a"}}', '{"score": {"min": "5"}}', '{"score": {"max": null}}', '{"met_on": {"min": 5}}']) c;

-- ----- What is sent -----
INSERT INTO lealup.connection (tenant_id, provider, kind, state, account_id) VALUES (:'t', 'x', 'workspace', 'connected', 'a') RETURNING id AS peer \gset
INSERT INTO lealup.connection (tenant_id, provider, kind, state, account_id) VALUES (:'t', 'y', 'workspace', 'connected', 'b') RETURNING id AS third \gset
SELECT lealup.create_lead_automation(:'t', 'Sold', 'https://sold.example.com/', '{lead.updated}', '{"stage": {"from": "opportunity won", "to": "post purchase"}}') AS sold \gset
SELECT ok(lealup.reveal_secret(:'sold') LIKE 'whsec_%', 'it has a secret of its own');
SELECT lealup.create_lead_automation(:'t', 'All', 'https://all.example.com/', secret => repeat('s', 32), headers => '{"X-Token": "abc"}') AS every \gset
SELECT lealup.create_lead_automation(:'t', 'Peer', 'https://peer.example.com/', '{lead.created,lead.updated,lead_activity.posted,lead_activity.updated}', peer => :'peer') AS back \gset
SELECT lealup.create_lead_automation(:'t', 'Calls', 'https://calls.example.com/', '{lead_activity.posted}', '{"activity_type": {"is": ["call", "demo"]}, "stage": {"is_not": "lost"}}') AS calls \gset
SELECT lealup.create_lead_automation(:'u', 'Other', 'https://other.example.com/') AS other \gset
CREATE FUNCTION pg_temp.sent() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    names text;
BEGIN
    WHILE EXISTS (SELECT FROM lealup.outbox) LOOP
        PERFORM lealup._fan_out(1000, now());
    END LOOP;
    SELECT coalesce(string_agg(e.event_type || ' ' || a.name, ', ' ORDER BY e.id, a.name), '') INTO names
    FROM lealup.delivery_queue q JOIN lealup.event e ON e.tenant_id = q.tenant_id AND e.id = q.event_id JOIN lealup.lead_automation a ON a.tenant_id = q.tenant_id AND a.id = q.subscription_id;
    DELETE FROM lealup.delivery_queue;
    RETURN names;
END $$;
SELECT lealup.create_lead(:'t', '{"email": "jo@example.com", "stage": "opportunity won"}') AS jo \gset
SELECT is(pg_temp.sent(), 'lead.created All, lead.created Peer', 'a new lead');
SELECT lealup.update_lead(:'t', :'jo', '{"stage": "Post Purchase"}');
SELECT is(pg_temp.sent(), 'lead.updated All, lead.updated Peer, lead.updated Sold', 'one that is sold');
SELECT lealup.update_lead(:'t', :'jo', '{"city": "Ulm"}');
SELECT is(pg_temp.sent(), 'lead.updated All, lead.updated Peer', 'one that was sold before');
SELECT lealup.post_lead_activity(:'t', :'jo', 'call') AS call \gset
SELECT is(pg_temp.sent(), 'lead_activity.posted Calls, lead_activity.posted Peer', 'a call');
SELECT lealup.post_lead_activity(:'t', :'jo', 'note');
SELECT is(pg_temp.sent(), 'lead_activity.posted Peer', 'another activity');
SELECT lealup.update_lead_activity(:'t', :'call', 'Called back');
SELECT is(pg_temp.sent(), 'lead_activity.updated Peer', 'a change of one');
SELECT lealup.update_lead(:'t', :'jo', '{"stage": "lost"}');
SELECT lealup.post_lead_activity(:'t', :'jo', 'call');
SELECT is(pg_temp.sent(), 'lead.updated All, lead.updated Peer, lead_activity.posted Peer', 'a call of one that is lost');
SELECT lealup.delete_lead(:'t', :'jo');
SELECT is(pg_temp.sent(), 'lead.deleted Peer', 'an end is told to a peer, and to no other automation');
SELECT lealup.create_lead(:'u', '{"email": "jo@example.com"}');
SELECT is(pg_temp.sent(), 'lead.created Other', 'another tenant''s lead');

-- ----- Nothing goes back -----
CREATE FUNCTION pg_temp.take(connection uuid, change lealup._lead_change) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    r lealup._lead_result;
BEGIN
    PERFORM set_config('lealup.origin', connection::text, true);
    SELECT * INTO r FROM lealup._write_leads(current_setting('test.t')::uuid, ARRAY[change]);
    PERFORM set_config('lealup.origin', '', true);
    PERFORM lealup._raise_lead_errors(r.errors);
    RETURN r.lead_id;
END $$;
SELECT pg_temp.take(:'peer', ROW(1, NULL, '{"email": "al@example.com"}', jsonb_build_object('email', lealup._lead_stamp(1, :'u')), NULL)) AS al \gset
SELECT is(pg_temp.sent(), 'lead.created All', 'what a connection has brought is not sent to where it came from');
SELECT is(e.data ->> 'origin', :'peer', 'and says whence it is') FROM lealup.event e WHERE e.tenant_id = :'t' ORDER BY e.id DESC LIMIT 1;
SELECT pg_temp.take(:'third', ROW(1, :'al', '{"city": "Ulm"}', jsonb_build_object('city', lealup._lead_stamp(1, :'u')), NULL));
SELECT is(pg_temp.sent(), 'lead.updated All, lead.updated Peer', 'but to others');
SELECT pg_temp.take(:'peer', ROW(1, :'al', '{"city": "Bonn"}', jsonb_build_object('city', lealup._lead_stamp(2, :'u')), '{"stage": "new"}'));
SELECT is(pg_temp.sent(), 'lead.updated All, lead.updated Peer', 'with something of this side it goes to both');
SELECT pg_temp.take(:'peer', ROW(1, :'al', '{"city": "Bonn"}', jsonb_build_object('city', lealup._lead_stamp(2, :'u')), '{"stage": "new"}'));
SELECT is(pg_temp.sent(), '', 'what comes again is nothing');
SELECT set_config('lealup.origin', :'peer', true);
SELECT * FROM lealup._write_lead_activities(:'t', ARRAY[ROW(1, NULL, :'al', 'call', 'x', now(), '{}', lealup._lead_stamp(1, :'u'))::lealup._lead_activity_change]);
SELECT set_config('lealup.origin', '', true);
SELECT is(pg_temp.sent(), 'lead_activity.posted Calls', 'nor do its activities go back');

-- ----- Changed, held, ended -----
SELECT results_eq(format('SELECT name, url, triggers, condition, peer, status FROM lealup.lead_automations WHERE id = %L', :'sold'),
    $$VALUES ('Sold', 'https://sold.example.com/', '{lead.updated}'::text[], '{"stage": {"from": "opportunity won", "to": "post purchase"}}'::jsonb, NULL::uuid, 'active')$$, 'a list shows them');
SELECT lealup.update_lead_automation(:'t', :'sold', name => 'Lost', url => 'https://lost.example.com/', triggers => '{lead.created,lead.updated}', condition => '{"stage": {"is": "lost"}}');
SELECT lealup.update_lead(:'t', :'al', '{"stage": "lost"}');
SELECT is(pg_temp.sent(), 'lead.updated All, lead.updated Lost, lead.updated Peer', 'a change is in force');
SELECT is(s.url, 'https://lost.example.com/', 'also of the address') FROM lealup.subscription s WHERE s.id = :'sold';
SELECT lealup.update_lead_automation(:'t', :'sold', enabled => false);
SELECT is(s.status, 'paused', 'one is held') FROM lealup.lead_automations s WHERE s.id = :'sold';
SELECT lealup.update_lead_automation(:'t', :'sold', enabled => true);
SELECT is(s.status, 'active', 'and goes on') FROM lealup.lead_automations s WHERE s.id = :'sold';
SELECT lealup.delete_lead_automation(:'t', :'sold');
SELECT is(s.status, 'deleted', 'one ends with its subscription') FROM lealup.subscription s WHERE s.id = :'sold';
SELECT lealup.delete_subscription(:'t', :'every');
SELECT lives_ok(format('SELECT lealup.delete_lead_automation(%L, %L)', :'t', :'every'), 'or after it');
SELECT lealup.update_lead(:'t', :'al', '{"city": "Rom"}');
SELECT is(pg_temp.sent(), 'lead.updated Peer', 'and is not met any more');
SELECT throws_ok(format('SELECT lealup.%s', f), e, NULL, left(f, 70)) FROM (VALUES
    (format('create_lead_automation(%L, '''', ''https://x.example.com/'')', :'t'), '22023'), (format('create_lead_automation(%L, ''x'', ''ftp://x.example.com/'')', :'t'), '22023'),
    (format('create_lead_automation(%L, ''x'', ''https://x.example.com/'', ''{lead.deleted}'')', :'t'), '22023'), (format('create_lead_automation(%L, ''x'', ''https://x.example.com/'', ''{}'')', :'t'), '22023'),
    (format('create_lead_automation(%L, ''x'', ''https://x.example.com/'', condition => ''{"nope": {"is": 1}}'')', :'t'), '22023'), (format('create_lead_automation(%L, ''x'', ''https://x.example.com/'', peer => %L)', :'u', :'peer'), 'P0002'),
    (format('update_lead_automation(%L, %L, name => ''x'')', :'u', :'back'), 'P0002'), (format('update_lead_automation(%L, %L, condition => ''[]'')', :'t', :'back'), '22023'),
    (format('delete_lead_automation(%L, %L)', :'u', :'back'), 'P0002')) v(f, e);

-- ----- Subscriptions of one's own -----
SELECT lealup.create_subscription(:'t', 'https://own.example.com/', '{lead.updated}', filters => '{"changed": ["city", "country"], "stage": "lost"}') AS own \gset
SELECT lealup.update_lead(:'t', :'al', '{"notes": "x"}'), lealup.update_lead(:'t', :'al', '{"city": "Pisa"}');
SELECT lealup._fan_out(1000, now());
SELECT is(count(*), 1::bigint, 'ask for a field that changed') FROM lealup.delivery_queue q WHERE q.subscription_id = :'own';
SELECT * FROM finish();
ROLLBACK;
