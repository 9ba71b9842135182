-- What a health score tells: health.changed, health.drop_sharp and its history; in sets, once, and not from a copy.
BEGIN;
SELECT plan(61);

SELECT lealup.create_tenant('health events') AS t \gset
SELECT set_config('test.tenant', :'t', true);
INSERT INTO lealup.member (tenant_id, email) VALUES (:'t', 'ana@example.com') RETURNING id AS ana \gset
INSERT INTO lealup.segment (tenant_id, name) VALUES (:'t', 'enterprise') RETURNING id AS seg \gset
SELECT lealup.set_health_definition(:'t', NULL, '[{"kind": "pulse", "worst": 0, "best": 100}]');
INSERT INTO lealup.customer (tenant_id, name, owner_id, tier, arr) VALUES (:'t', 'Acme', :'ana', 'gold', 60000) RETURNING id AS acme \gset

-- Sets the pulse, and gives what that emitted.
CREATE FUNCTION pg_temp.pulse(customer uuid, value float8) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    told text;
BEGIN
    DELETE FROM lealup.outbox;
    INSERT INTO lealup.health_signal (tenant_id, customer_id, kind, value) VALUES (current_setting('test.tenant')::uuid, customer, 'pulse', value);
    RETURN pg_temp.told();
END $$;
CREATE FUNCTION pg_temp.told() RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(concat_ws(' ', replace(e.event_type, 'health.', ''), e.data ->> 'previous_score', e.data ->> 'current_score', e.data ->> 'previous_status',
        e.data ->> 'current_status', e.data ->> 'delta', e.data ->> 'days'), ', ' ORDER BY e.event_type), '-')
    FROM lealup.outbox o JOIN lealup.event e ON e.tenant_id = o.tenant_id AND e.id = o.id WHERE e.event_type LIKE 'health.%'
$$;
-- Moves the past of every score into the past.
CREATE FUNCTION pg_temp.pass(duration interval) RETURNS void LANGUAGE sql AS $$
    UPDATE lealup.health_score_history SET changed_at = changed_at - duration;
    UPDATE lealup.health_score SET dropped_at = dropped_at - duration
$$;

-- Bands.
SELECT is(pg_temp.pulse(:'acme', 72), '-', 'a first score changes nothing');
SELECT is(pg_temp.pulse(:'acme', 71), '-', 'nor does a score that stays in its band');
SELECT is(pg_temp.pulse(:'acme', 69), 'changed 71 69 healthy neutral', 'a band that is left is told');
SELECT is(pg_temp.pulse(:'acme', 70), 'changed 69 70 neutral healthy', 'in both directions');
SELECT is(pg_temp.pulse(:'acme', 70), '-', 'once');
SELECT results_eq(format('SELECT previous_score::int, score::int, band FROM lealup.health_score_history WHERE customer_id = %L ORDER BY changed_at', :'acme'),
    $$VALUES (NULL::int, 72, 'healthy'), (72, 71, 'healthy'), (71, 69, 'neutral'), (69, 70, 'healthy')$$, 'the history has each change of the score');
SELECT is(pg_temp.pulse(:'acme', 38), 'changed 70 38 healthy at_risk, drop_sharp 72 38 -34 0', 'two bands at once, and a drop');
SELECT is(data::jsonb, jsonb_build_object('customer_id', :'acme', 'customer_name', 'Acme', 'previous_score', 72, 'current_score', 38, 'delta', -34, 'days', 0,
    'owner_id', :'ana', 'owner_email', 'ana@example.com'), 'a drop as the document shows it') FROM lealup.event WHERE event_type = 'health.drop_sharp' AND customer_id = :'acme';
SELECT is(string_agg(k, ' '), 'customer_id customer_name previous_score current_score delta days owner_id owner_email', 'in its order')
FROM lealup.event e, json_object_keys(e.data) k WHERE e.event_type = 'health.drop_sharp' AND e.customer_id = :'acme';
SELECT is(context, lealup._customer_context(c), 'with what subscriptions filter by') FROM lealup.event e JOIN lealup.customer c ON c.id = e.customer_id
WHERE e.event_type = 'health.drop_sharp' AND e.customer_id = :'acme';
SELECT is(string_agg(k, ' '), 'customer_id customer_name previous_score current_score previous_status current_status owner_id owner_email', 'a change of the band in its order, too')
FROM (SELECT data FROM lealup.event WHERE event_type = 'health.changed' AND customer_id = :'acme' ORDER BY id LIMIT 1) e, json_object_keys(e.data) k;
SELECT is_empty($$SELECT e.event_type, r FROM lealup.event e JOIN lealup.event_type t ON t.name = e.event_type, jsonb_array_elements_text(t.schema -> 'required') r
    WHERE e.event_type LIKE 'health.%' AND NOT e.data::jsonb ? r$$, 'nothing that the catalog requires is missing');

-- A drop of exactly 15 points is none; 16 are.
INSERT INTO lealup.customer (tenant_id, name) VALUES (:'t', 'Drop') RETURNING id AS c \gset
SELECT is(pg_temp.pulse(:'c', 100), '-', 'a score');
SELECT is(pg_temp.pulse(:'c', 85), '-', '15 points less');
SELECT is(pg_temp.pulse(:'c', 84), 'drop_sharp 100 84 -16 0', '16 points less, in two steps');
SELECT is(pg_temp.pulse(:'c', 80), '-', 'going on falling is the same drop');
SELECT is(pg_temp.pulse(:'c', 84), '-', 'recovering a little does not end it');
SELECT is(pg_temp.pulse(:'c', 80), '-', 'so that this is the same, too');
SELECT is(pg_temp.pulse(:'c', 85), '-', 'nor recovering to within 15 points');
SELECT is(pg_temp.pulse(:'c', 84), '-', 'a dip after that is not another drop');
SELECT is(pg_temp.pulse(:'c', 100), '-', 'but after a recovery');
SELECT is(pg_temp.pulse(:'c', 84), 'drop_sharp 100 84 -16 0', 'the next drop is');
SELECT is(pg_temp.pulse(:'c', 68), 'changed 84 68 healthy neutral, drop_sharp 84 68 -16 0', 'as is one of 16 points more');

-- Over days.
INSERT INTO lealup.customer (tenant_id, name) VALUES (:'t', 'Days') RETURNING id AS c \gset
SELECT pg_temp.pulse(:'c', 90), pg_temp.pass('100 days');
SELECT is(pg_temp.pulse(:'c', 85), '-', 'a score that stood for long begins to fall');
SELECT pg_temp.pass('3 days');
SELECT is(pg_temp.pulse(:'c', 80), '-', 'three days later');
SELECT pg_temp.pass('3 days');
SELECT is(pg_temp.pulse(:'c', 74), 'drop_sharp 90 74 -16 6', 'six days after it last stood there');
SELECT pg_temp.pass('2 days');
SELECT is(pg_temp.pulse(:'c', 69), 'changed 74 69 healthy neutral', 'two more days of it are the same drop, though 85 was within 7 days, too');
SELECT pg_temp.pass('8 days');
SELECT is(pg_temp.pulse(:'c', 54), '-', 'a week later 15 points less are none');
SELECT is(pg_temp.pulse(:'c', 53), 'drop_sharp 69 53 -16 0', '16 are a drop of their own, without a recovery');
INSERT INTO lealup.customer (tenant_id, name) VALUES (:'t', 'Slow') RETURNING id AS c \gset
SELECT pg_temp.pulse(:'c', 90), pg_temp.pass('100 days'), pg_temp.pulse(:'c', 80), pg_temp.pass('7 days 1 second');
SELECT is(pg_temp.pulse(:'c', 74), '-', 'what stood more than 7 days ago does not count');
INSERT INTO lealup.customer (tenant_id, name) VALUES (:'t', 'Just') RETURNING id AS c \gset
SELECT pg_temp.pulse(:'c', 90), pg_temp.pass('100 days'), pg_temp.pulse(:'c', 80), pg_temp.pass('6 days 23 hours');
SELECT is(pg_temp.pulse(:'c', 74), 'drop_sharp 90 74 -16 6', 'what stood in the last 7 days does');
CREATE FUNCTION pg_temp.fall(customer uuid, points int, days int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    told text := '';
BEGIN
    PERFORM pg_temp.pulse(customer, 100);
    FOR day IN 1 .. days LOOP
        PERFORM pg_temp.pass('1 day');
        told := concat_ws(' | ', nullif(told, ''), nullif(day || ': ' || pg_temp.pulse(customer, 100 - day * points), day || ': -'));
    END LOOP;
    RETURN told;
END $$;
INSERT INTO lealup.customer (tenant_id, name) VALUES (:'t', 'Steady') RETURNING id AS c \gset
SELECT is(pg_temp.fall(:'c', 3, 20), '6: drop_sharp 100 82 -18 5 | 11: changed 70 67 healthy neutral | 12: drop_sharp 82 64 -18 5 | 18: drop_sharp 64 46 -18 5',
    'of a steady fall, too, each point is told once');
INSERT INTO lealup.customer (tenant_id, name) VALUES (:'t', 'Gentle') RETURNING id AS c \gset
SELECT is(pg_temp.fall(:'c', 2, 20), '16: changed 70 68 healthy neutral', 'never more than 15 points within 7 days are no drop');
INSERT INTO lealup.customer (tenant_id, name) VALUES (:'t', 'Up') RETURNING id AS c \gset
SELECT pg_temp.pulse(:'c', 30);
SELECT is(pg_temp.pulse(:'c', 90), 'changed 30 90 at_risk healthy', 'a rise is no drop');

-- Time.
SELECT lealup.set_health_definition(:'t', NULL, '[{"kind": "pulse", "worst": 0, "best": 100}, {"kind": "day", "worst": 0, "best": 100, "fresh_for": "1 day"}]');
INSERT INTO lealup.customer (tenant_id, name) VALUES (:'t', 'Stale') RETURNING id AS c \gset
SELECT pg_temp.pulse(:'c', 0);
SELECT is(pg_temp.told(), '-', 'a first score, low as it is');
INSERT INTO lealup.health_signal (tenant_id, customer_id, kind, value) VALUES (:'t', :'c', 'day', 100);
SELECT is(pg_temp.told(), 'changed 0 50 at_risk neutral', 'half of it is good');
DELETE FROM lealup.outbox;
SELECT lealup._health_due(now() + interval '1 day 1 hour', 1000) > 0;
SELECT is(pg_temp.told(), 'changed 50 0 neutral at_risk, drop_sharp 50 0 -50 0', 'when the good half gets stale, that is told');
DELETE FROM lealup.outbox;
SELECT lealup._health_due(now() + interval '31 days', 1000) > 0;
SELECT is(pg_temp.told(), '-', 'when everything gets stale, nothing is');
SELECT ok(bool_and(stale AND score IS NOT NULL AND due_at IS NULL), 'though every score is marked') FROM lealup.health_score WHERE tenant_id = :'t';
SELECT is(lealup._health_due(now() + interval '31 days', 1000), 0::bigint, 'and nothing is left');

-- Retention.
INSERT INTO lealup.health_score_history (tenant_id, id, customer_id, changed_at, previous_score, score, band)
SELECT :'t', lealup.uuid7_floor(at), :'c', at, 1, 2, 'at_risk' FROM unnest(ARRAY[now() - interval '401 days', now() - interval '402 days', now() - interval '399 days']) at;
SELECT is(lealup._health_due(now(), 1) + lealup._health_due(now(), 1), 2::bigint, 'history older than 400 days is forgotten, bit by bit');
SELECT is(lealup._health_due(now(), 1), 0::bigint, 'then nothing is left');
SELECT is(count(*), 1::bigint, 'what is younger stays') FROM lealup.health_score_history WHERE tenant_id = :'t' AND changed_at < now() - interval '398 days';

-- Limits, segments and definitions are causes like any other.
SELECT lealup.set_health_definition(:'t', NULL, '[{"kind": "pulse", "worst": 0, "best": 100}]');
INSERT INTO lealup.customer (tenant_id, name) VALUES (:'t', 'Limits') RETURNING id AS c \gset
SELECT pg_temp.pulse(:'c', 60);
SELECT lealup.set_health_definition(:'t', :'seg', '[{"kind": "pulse", "worst": 0, "best": 100}]', 60, 10);
DELETE FROM lealup.outbox;
UPDATE lealup.customer SET tier = 'gold' WHERE tenant_id = :'t' AND id = :'c';
SELECT is(pg_temp.told(), '-', 'another change of the customer is none');
UPDATE lealup.customer SET segment_id = :'seg' WHERE tenant_id = :'t' AND id = :'c';
SELECT is(pg_temp.told(), 'changed 60 60 neutral healthy', 'another segment may mean another band');
DELETE FROM lealup.outbox;
SELECT lealup.set_health_definition(:'t', :'seg', '[{"kind": "pulse", "worst": 0, "best": 200}]', 70, 40);
SELECT is(pg_temp.told(), 'changed 60 30 healthy at_risk, drop_sharp 60 30 -30 0', 'another definition another score');

-- Deleted customers.
SELECT lealup.delete_customer(:'t', :'c');
SELECT is(pg_temp.pulse(:'c', 200), '-', 'a customer that was deleted has no news');
SELECT is(score, 30::smallint, 'and its score stays') FROM lealup.health_score WHERE tenant_id = :'t' AND customer_id = :'c';
UPDATE lealup.customer SET deleted_at = NULL WHERE tenant_id = :'t' AND id = :'c';
SELECT is(pg_temp.told(), 'changed 30 100 at_risk healthy', 'until it comes back');

-- Sets: one statement for all, whatever their number.
CREATE TEMP TABLE many AS SELECT lealup.uuid7() AS id, i FROM generate_series(1, 10000) i;
INSERT INTO lealup.customer (tenant_id, id, name) SELECT :'t', id, 'Many ' || i FROM many;
-- As autovacuum would: foreign keys are checked by plans that this session made when there were a dozen customers.
ANALYZE lealup.customer;
INSERT INTO lealup.health_signal (tenant_id, customer_id, kind, value) SELECT :'t', id, 'pulse', 90 FROM many;
DELETE FROM lealup.outbox;
INSERT INTO lealup.health_signal (tenant_id, customer_id, kind, value) SELECT :'t', id, k, CASE WHEN i % 1000 = 0 THEN 69.4 ELSE 88 END FROM many, unnest(ARRAY['pulse', 'noise']) k;
SELECT is(count(*), 20::bigint, 'many signals, few events: a band that was left, a drop') FROM lealup.outbox;
SELECT is(count(DISTINCT changed_at), 1::bigint, 'all of them as of one time') FROM lealup.health_score_history h JOIN many m ON m.id = h.customer_id WHERE previous_score = 90;
SELECT is(sum(score), 9990 * 88 + 10 * 69::bigint, 'all scores are new') FROM lealup.health_score h JOIN many m ON m.id = h.customer_id;

-- Loads, and copies.
SET LOCAL lealup.suppress_events = on;
SELECT is(pg_temp.pulse(:'acme', 100), '-', 'a load may tell nothing');
SELECT is(score, 100::smallint, 'but scores') FROM lealup.health_score WHERE tenant_id = :'t' AND customer_id = :'acme';
SELECT is(pg_temp.pulse(:'acme', 70), '-', 'and drops');
SET LOCAL lealup.suppress_events = off;
SELECT is(pg_temp.pulse(:'acme', 71), '-', 'which is not told afterwards');
SELECT is(pg_temp.pulse(:'acme', 70), '-', 'when it goes on');
CREATE TEMP TABLE before AS SELECT * FROM lealup.health_score;
UPDATE lealup.health_score SET due_at = now() - interval '1 day' WHERE tenant_id = :'t' AND customer_id = :'acme';
UPDATE lealup.tenant SET home = 'elsewhere' WHERE tenant_id = :'t';
SELECT is(pg_temp.pulse(:'acme', 1), '-', 'a tenant that is at home elsewhere');
SELECT is(lealup._health_due(now() + interval '1 year', 10), 0::bigint, 'is left alone by the clock');
SELECT is(lealup._health_next(), NULL, 'which expects nothing of it');
SELECT results_eq('SELECT score, band, stale, computed_at FROM lealup.health_score ORDER BY customer_id', 'SELECT score, band, stale, computed_at FROM before ORDER BY customer_id', 'its scores stay as they are');

SELECT * FROM finish();
ROLLBACK;
