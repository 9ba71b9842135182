-- Questions to assistants: which are asked, whose turn it is, and how often.
BEGIN;
SELECT plan(14);

SELECT lealup.create_tenant('slow') AS slow, lealup.create_tenant('quick') AS quick \gset
INSERT INTO lealup.assistant (tenant_id, url, model, classify, brief, timeout)
SELECT t, 'https://a.example/', 'small', true, false, '20 s' FROM unnest(ARRAY[:'slow', :'quick']::uuid[]) t;
CREATE FUNCTION pg_temp.message(tenant uuid, at timestamptz DEFAULT now()) RETURNS void LANGUAGE sql AS $$
    INSERT INTO lealup.timeline_event (tenant_id, kind, direction, channel, body, occurred_at) VALUES (tenant, 'email', 'in', 'email', 'Hello', at)
$$;
CREATE FUNCTION pg_temp.jobs(tenant uuid) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(n || ' ' || status, ', ' ORDER BY status) FROM (SELECT status, count(*) AS n FROM lealup.assistant_job WHERE tenant_id = tenant GROUP BY 1) x
$$;

SELECT pg_temp.message(:'slow', now() - interval '8 days');
SELECT is(pg_temp.jobs(:'slow'), NULL, 'nothing is asked about what is older than a week');
SET lealup.suppress_events = on;
SELECT pg_temp.message(:'slow');
SELECT is(pg_temp.jobs(:'slow'), NULL, 'nor about what is loaded silently');
RESET lealup.suppress_events;

-- ----- Whose turn it is -----
SELECT count(pg_temp.message(:'slow')) FROM generate_series(1, 10);
SELECT count(pg_temp.message(:'quick')) FROM generate_series(1, 2);
UPDATE lealup.assistant_job SET next_attempt_at = now() - interval '1 hour' WHERE tenant_id = :'slow';
CREATE TEMP TABLE claimed AS SELECT * FROM lealup._assistant_claim(now(), 64);
SELECT results_eq('SELECT tenant_id, count(*) FROM claimed GROUP BY 1 ORDER BY 1', format('VALUES (%L::uuid, 4::bigint), (%L, 2)', :'slow', :'quick'),
    'a tenant with many questions has four of them asked, the other one its own');
SELECT is_empty('SELECT * FROM lealup._assistant_claim(now(), 64)', 'no more, while they are being asked');
SELECT cmp_ok(lealup._assistant_next(), '>', now() + interval '1 minute', 'nor has the worker anything to do until a claim ends');
SELECT ok(lealup._assistant_record(tenant_id, id, claim_id, 200, '{"choices": [{"message": {"content": "{\"issues\": []}"}}]}', NULL, now()), 'one is answered')
FROM (SELECT * FROM claimed WHERE tenant_id = :'slow' LIMIT 1) c;
SELECT cmp_ok(lealup._assistant_next(), '<', now(), 'then there is');
SELECT results_eq('SELECT tenant_id FROM lealup._assistant_claim(now(), 64)', format('VALUES (%L::uuid)', :'slow'), 'and the next one is asked');
SELECT is(pg_temp.jobs(:'slow'), '1 done, 5 pending, 4 running', 'the others wait');

-- ----- How often -----
UPDATE lealup.assistant_job SET status = 'done' WHERE tenant_id = :'quick';
DELETE FROM lealup.assistant_job WHERE tenant_id = :'slow';
SELECT pg_temp.message(:'slow');
TRUNCATE claimed;
INSERT INTO claimed SELECT c.* FROM generate_series(1, 6) n, LATERAL lealup._assistant_claim(now() + n * interval '1 hour', 64) c;
SELECT is((SELECT count(*) FROM claimed), 6::bigint, 'what is never recorded is claimed again');
SELECT is((SELECT count(body) FROM claimed), 5::bigint, 'but asked five times at most');
SELECT lealup._assistant_record(tenant_id, id, claim_id, 0, NULL, 'not sent', now()) FROM claimed WHERE body IS NULL;
SELECT is(pg_temp.jobs(:'slow'), '1 failed', 'then it has failed');

-- ----- What an answer can do -----
SELECT pg_temp.message(:'quick');
TRUNCATE claimed;
INSERT INTO claimed SELECT * FROM lealup._assistant_claim(now(), 64);
SELECT lealup._assistant_record(tenant_id, id, claim_id, 200, jsonb_build_object('choices', jsonb_build_array(jsonb_build_object('message', jsonb_build_object('content',
    jsonb_build_object('issues', '[{"class": "made up", "severity": "low"}, {"class": "outage", "severity": "root"}, {"class": ["outage"], "severity": {}}, 5, null, [1]]'::jsonb
        || jsonb_build_object('class', 'outage', 'severity', 'high', 'summary', repeat('x', 100000), 'customer_id', 'x')
        || (SELECT jsonb_agg('{"class": "billing", "severity": "low"}'::jsonb) FROM generate_series(1, 1000)))::text))))::text, NULL, now()) FROM claimed;
SELECT is((SELECT string_agg(format('%s/%s/%s', class, severity, length(summary)), ' ' ORDER BY class) FROM lealup.detected_issue WHERE tenant_id = :'quick'),
    'billing/low/30 outage/high/1000', 'no answer makes more than one issue of each known class, of bounded size');
SELECT is(pg_temp.jobs(:'quick'), '3 done', 'whatever else it says is passed over');

SELECT * FROM finish();
ROLLBACK;
