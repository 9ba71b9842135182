-- Detected issues: which messages are looked at, what is stored and emitted, and by whom.
BEGIN;
SELECT plan(50);

SELECT lealup.create_tenant('issue') AS t, lealup.create_tenant('other') AS other \gset
INSERT INTO lealup.member (tenant_id, email) VALUES (:'t', 'ana@vendor.example') RETURNING id AS ana \gset
INSERT INTO lealup.customer (tenant_id, name, owner_id, tier, arr) VALUES (:'t', 'Globex', :'ana', 'enterprise', 60000) RETURNING id AS globex \gset
INSERT INTO lealup.customer (tenant_id, name) VALUES (:'t', 'Initech') RETURNING id AS initech \gset
SELECT set_config('test.t', :'t', true), set_config('test.globex', :'globex', true);

CREATE FUNCTION pg_temp.message(body text, kind text DEFAULT 'email', direction text DEFAULT 'in', channel text DEFAULT NULL, title text DEFAULT NULL,
        at timestamptz DEFAULT now(), customer uuid DEFAULT current_setting('test.globex')::uuid, tenant uuid DEFAULT current_setting('test.t')::uuid) RETURNS uuid
    LANGUAGE sql AS $$
    INSERT INTO lealup.timeline_event (tenant_id, customer_id, kind, direction, channel, title, body, occurred_at)
    VALUES (tenant, customer, kind, direction, channel, title, body, at) RETURNING id
$$;
CREATE FUNCTION pg_temp.found(message uuid) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(format('%s/%s/%s', class, severity, classifier), ' ' ORDER BY class), '') FROM lealup.detected_issue WHERE timeline_event_id = message
$$;
CREATE FUNCTION pg_temp.emitted(message uuid) RETURNS bigint LANGUAGE sql AS $$
    SELECT count(*) FROM lealup.event WHERE event_type = 'ai.detected_issue' AND data ->> 'timeline_event_id' = message::text
$$;

-- What is found.
SELECT pg_temp.message('Hello. Please cancel our subscription. Thanks') AS m \gset
SELECT is(pg_temp.found(:'m'), 'cancellation/high/embedded', 'an incoming e-mail is looked at');
SELECT is(data::jsonb, jsonb_build_object('customer_id', :'globex', 'customer_name', 'Globex', 'channel', 'email', 'summary', 'Speaks of leaving: Please cancel our subscription',
    'severity', 'high', 'class', 'cancellation', 'timeline_event_id', :'m', 'contact_id', NULL, 'owner_id', :'ana', 'owner_email', 'ana@vendor.example'), 'its issue is an event')
FROM lealup.event WHERE event_type = 'ai.detected_issue';
SELECT is(context ->> 'tier', 'enterprise', 'about its customer') FROM lealup.event WHERE event_type = 'ai.detected_issue';
SELECT is(customer_id, :'globex', 'found by the customer') FROM lealup.event WHERE event_type = 'ai.detected_issue';
SELECT is_empty($$SELECT * FROM jsonb_object_keys((SELECT data::jsonb FROM lealup.event WHERE event_type = 'ai.detected_issue')) k
    WHERE k NOT IN ('class', 'timeline_event_id', 'contact_id') AND NOT (SELECT schema -> 'properties' FROM lealup.event_type WHERE name = 'ai.detected_issue') ? k$$,
    'with what the catalog says');
SELECT pg_temp.message('quiero cancelar el contrato, la factura está mal', 'message', channel => 'WhatsApp') AS m \gset
SELECT is(pg_temp.found(:'m'), 'billing/medium/embedded cancellation/high/embedded', 'two issues in a WhatsApp message');
SELECT is(pg_temp.emitted(:'m'), 2::bigint, 'are an event each');
SELECT is(data ->> 'channel', 'whatsapp', 'with their channel') FROM lealup.event WHERE data ->> 'timeline_event_id' = :'m' LIMIT 1;
SELECT is(pg_temp.found(pg_temp.message('Thanks a lot!')), '', 'nothing, if there is none');
SELECT is(pg_temp.found(pg_temp.message(NULL)), '', 'nor in a message without text');
SELECT is(pg_temp.found(pg_temp.message('See below', title => 'Please cancel our subscription')), 'cancellation/high/embedded', 'the subject counts');
SELECT is(pg_temp.found(pg_temp.message('All is well', title => s || 'Please cancel our subscription')), '', 'the one of an answer does not: ' || s)
FROM unnest(ARRAY['Re: ', 'RE:', ' Fwd: ', 'RES: ', 'ENC: ']) s;

-- What is not looked at.
SELECT is(pg_temp.found(pg_temp.message('Please cancel our subscription', direction => 'out')), '', 'no message of ours');
SELECT is(pg_temp.found(pg_temp.message('Please cancel our subscription', direction => NULL)), '', 'nor one of which it is not known');
SELECT is(pg_temp.found(pg_temp.message('Please cancel our subscription', k, channel => c)), '', format('no %s %s', c, k))
FROM (VALUES ('note', NULL), ('message', 'slack'), ('message', NULL), ('call', 'whatsapp')) v(k, c);
SELECT is(pg_temp.found(pg_temp.message('Please cancel our subscription', at => now() - interval '7 days')), '', 'no history');
SELECT is(pg_temp.found(pg_temp.message('Please cancel our subscription', at => now() - interval '7 days' + interval '1 s')), 'cancellation/high/embedded', 'of more than a week');
SET LOCAL lealup.suppress_events = on;
SELECT is(pg_temp.found(pg_temp.message('Please cancel our subscription')), '', 'nothing during a load');
RESET lealup.suppress_events;
SELECT lealup.update_tenant(:'t', settings => '{"issue_detection": "off"}');
SELECT is(pg_temp.found(pg_temp.message('Please cancel our subscription')), '', 'nothing, if it is turned off');
SELECT lealup.update_tenant(:'t', settings => '{"issue_detection": null}');
SELECT is(pg_temp.found(pg_temp.message('Please cancel our subscription')), 'cancellation/high/embedded', 'which it is not by default');
SELECT throws_ok(format('SELECT lealup.update_tenant(%L, settings => %L)', :'t', '{"issue_detection": "on"}'), '22023', NULL, 'a setting has to be one that there is');
UPDATE lealup.tenant SET home = 'elsewhere' WHERE tenant_id = :'t';
SELECT is(pg_temp.found(pg_temp.message('Please cancel our subscription')), '', 'nothing in a copy of the database');
UPDATE lealup.tenant SET home = lealup.home() WHERE tenant_id = :'t';

-- Messages that nobody could assign.
SELECT pg_temp.message('Please cancel our subscription', customer => NULL) AS m \gset
SELECT is(pg_temp.found(:'m'), 'cancellation/high/embedded', 'an issue of nobody known is kept');
SELECT is(pg_temp.emitted(:'m'), 0::bigint, 'but is no event');
UPDATE lealup.timeline_event SET customer_id = :'globex' WHERE id = :'m';
SELECT is(pg_temp.emitted(:'m'), 1::bigint, 'until the message is assigned');
UPDATE lealup.timeline_event SET customer_id = :'initech' WHERE id = :'m';
SELECT is(customer_id, :'initech', 'it follows the message') FROM lealup.detected_issue WHERE timeline_event_id = :'m';
UPDATE lealup.timeline_event SET customer_id = NULL WHERE id = :'m';
UPDATE lealup.timeline_event SET customer_id = :'globex' WHERE id = :'m';
SELECT is(pg_temp.emitted(:'m'), 1::bigint, 'and is an event once');

-- Synced twice.
INSERT INTO lealup.timeline_event (tenant_id, customer_id, kind, direction, body, source, external_id) VALUES (:'t', :'globex', 'email', 'in', 'Please cancel our subscription', 'gmail', '1');
INSERT INTO lealup.timeline_event (tenant_id, customer_id, kind, direction, body, source, external_id) VALUES (:'t', :'globex', 'email', 'in', 'Please cancel our subscription', 'gmail', '1')
ON CONFLICT (tenant_id, source, external_id) DO UPDATE SET body = excluded.body;
SELECT is((SELECT count(*) FROM lealup.event x WHERE x.data ->> 'timeline_event_id' = e.id::text), 1::bigint, 'a message that is synced again is none') FROM lealup.timeline_event e WHERE e.external_id = '1';

-- An assistant.
SELECT pg_temp.message('Thanks') AS m \gset
SELECT lealup._store_issues(:'t', :'m', 'assistant: small', '[{"class": "outage", "severity": "low", "summary": "It is slow."}, {"class": "outage", "severity": "high", "summary": "Twice."}, {"class": "billing", "severity": "low", "summary": null}]');
SELECT is(pg_temp.found(:'m'), 'billing/low/assistant: small outage/low/assistant: small', 'issues of an assistant are stored, one for each class');
SELECT lealup._store_issues(:'t', :'m', 'assistant: small', '[{"class": "outage", "severity": "low", "summary": "It is slow."}]');
SELECT is(pg_temp.emitted(:'m'), 2::bigint, 'and emitted, once');
SELECT is(string_agg(summary, ' ' ORDER BY class), 'Disputes a charge or a payment It is slow.', 'with a summary in any case') FROM lealup.detected_issue WHERE timeline_event_id = :'m';
SELECT lives_ok(format('SELECT lealup._store_issues(%L, %L, %L, %L)', :'t', id, 'x', j), coalesce('nothing: ' || j, 'nothing: null'))
FROM (VALUES (:'m', NULL), (lealup.uuid7()::text, '[{"class": "outage", "severity": "low"}]')) v(id, j);
INSERT INTO lealup.assistant (tenant_id, url, model, classify, brief, timeout) VALUES (:'t', 'https://a.example/', 'small', true, false, '20 s');
SELECT is(pg_temp.found(pg_temp.message('Please cancel our subscription')), '', 'where an assistant classifies, the lexicon does not');
UPDATE lealup.assistant SET classify = false WHERE tenant_id = :'t';
SELECT is(pg_temp.found(pg_temp.message('Please cancel our subscription')), 'cancellation/high/embedded', 'unless it does something else');

-- Many at once, and who sees them.
INSERT INTO lealup.timeline_event (tenant_id, customer_id, kind, direction, body) SELECT :'t', :'globex', 'email', 'in', 'the dashboard does not load ' || n FROM generate_series(1, 200) n;
SELECT is(count(*), 200::bigint, 'a statement emits what it causes') FROM lealup.event WHERE event_type = 'ai.detected_issue' AND data ->> 'class' = 'outage' AND data ->> 'severity' = 'high';
CREATE ROLE issue_reader; CREATE ROLE issue_csm;
SELECT lealup.grant_access('issue_reader', 'reader', :'other'); SELECT lealup.bind_member(:'t', :'ana', 'issue_csm');
SET LOCAL ROLE issue_reader;
SELECT is_empty('SELECT * FROM lealup.detected_issue', 'another tenant sees none of them');
SELECT is(string_agg(class, ' '), 'cancellation', 'a reader may classify') FROM lealup.classify_message('Please cancel our subscription');
SET LOCAL ROLE issue_csm;
SELECT ok(count(*) > 200, 'a csm sees those of the tenant') FROM lealup.detected_issue;
SELECT throws_ok('INSERT INTO lealup.detected_issue (tenant_id) VALUES (lealup.uuid7())', '42501', NULL, 'but makes none up');
SELECT throws_ok(format('INSERT INTO lealup.tenant_phrase (tenant_id, class, phrase) VALUES (%L, %L, %L)', :'t', 'outage', 'zebra'), '42501', NULL, 'and adds no phrase');
RESET ROLE;
UPDATE lealup.member SET role = 'director' WHERE tenant_id = :'t';
SET LOCAL ROLE issue_csm;
SELECT lives_ok(format('INSERT INTO lealup.tenant_phrase (tenant_id, class, phrase) VALUES (%L, %L, %L)', :'t', 'competitor', 'zebrasoft'), 'a director does');
SELECT is(string_agg(class, ' '), 'competitor', 'and it is looked for') FROM lealup.classify_message('Zebrasoft called us');
RESET ROLE;

SELECT * FROM finish();
ROLLBACK;
