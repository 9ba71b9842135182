-- The health score: definitions, what signals are worth, what counts, and who may see and change it.
BEGIN;
SELECT plan(129);

SELECT lealup.create_tenant('health') AS t, lealup.create_tenant('other') AS other \gset
SELECT set_config('test.tenant', :'t', true);
INSERT INTO lealup.member (tenant_id, email) VALUES (:'t', 'ana@example.com') RETURNING id AS ana \gset
INSERT INTO lealup.segment (tenant_id, name) VALUES (:'t', 'enterprise') RETURNING id AS seg \gset
INSERT INTO lealup.customer (tenant_id, name, owner_id) VALUES (:'t', 'Acme', :'ana') RETURNING id AS acme \gset
INSERT INTO lealup.customer (tenant_id, name) VALUES (:'t', 'Bolt') RETURNING id AS bolt \gset
INSERT INTO lealup.customer (tenant_id, name) VALUES (:'other', 'Far') RETURNING id AS far \gset

CREATE FUNCTION pg_temp.signal(customer uuid, kind text, value float8, age interval DEFAULT '0') RETURNS uuid LANGUAGE sql AS $$
    INSERT INTO lealup.health_signal (tenant_id, customer_id, kind, value, observed_at)
    VALUES (current_setting('test.tenant')::uuid, customer, kind, value, now() - age) RETURNING id
$$;
CREATE FUNCTION pg_temp.score(customer uuid) RETURNS text LANGUAGE sql AS $$
    SELECT format('%s %s %s%s', score, band, color, CASE WHEN stale THEN ' stale' ELSE '' END) FROM lealup.health_score
    WHERE tenant_id = current_setting('test.tenant')::uuid AND customer_id = customer
$$;
CREATE FUNCTION pg_temp.explain(customer uuid) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT format('%s %s %s points %s weight %s share %s contributes %s', kind, value, state, trim_scale(points), trim_scale(weight), trim_scale(share), trim_scale(contribution))
    FROM lealup.explain_health(current_setting('test.tenant')::uuid, customer)
$$;
CREATE FUNCTION pg_temp.define(measures text, segment uuid DEFAULT NULL, healthy int DEFAULT 70, neutral int DEFAULT 40) RETURNS uuid LANGUAGE sql AS $$
    SELECT lealup.set_health_definition(current_setting('test.tenant')::uuid, segment, measures::jsonb, healthy, neutral)
$$;
CREATE FUNCTION pg_temp.refused(measures text, message text, segment uuid DEFAULT NULL, healthy int DEFAULT 70, neutral int DEFAULT 40) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT throws_ok(format('SELECT pg_temp.define(%L, %L, %L, %L)', measures, segment, healthy, neutral), '22023', message, message)
$$;

-- What a value is worth.
SELECT is(trim_scale(lealup._health_points(v, w, b, NULL, NULL)), p, format('%s between %s and %s', v, w, b))
FROM (VALUES (0::float8, 0::numeric, 50::numeric, 0::numeric), (25, 0, 50, 50), (50, 0, 50, 100), (-7, 0, 50, 0), (1e308, 0, 50, 100), (-1e308, 0, 50, 0),
    (5, 20, 0, 75), (25, 20, 0, 0), (-1, 20, 0, 100), (NULL, 0, 50, NULL), (0.7, 0, 1, 70)) v(v, w, b, p);
SELECT cmp_ok(lealup._health_points(5e-324, 0, 1e12, NULL, NULL), '<', 0.000001, 'the smallest value does not underflow');
SELECT is(lealup._health_points(v, NULL, NULL, '{-10,0,30}', '{10,50,100}'), p, format('%s in steps', v))
FROM (VALUES (-11::float8, 0::numeric), (-10, 10), (-0.5, 10), (0, 50), (29.999, 50), (30, 100), (1e308, 100), (NULL, NULL)) v(v, p);
SELECT is(lealup._health_band(s, 70, 40), b, format('%s is %s', s, b))
FROM (VALUES (100, 'healthy'), (70, 'healthy'), (69, 'neutral'), (40, 'neutral'), (39, 'at_risk'), (0, 'at_risk'), (NULL, NULL)) v(s, b);

-- Without a definition there is no score.
SELECT pg_temp.signal(:'acme', 'logins', 25);
SELECT is(pg_temp.score(:'acme'), NULL, 'without a definition there is no score');
SELECT is_empty(format('SELECT pg_temp.explain(%L)', :'acme'), 'and nothing to explain');
SELECT pg_temp.define('[{"kind": "logins", "weight": 2, "worst": 0, "best": 50}, {"kind": "nps", "worst": -100, "best": 100, "fresh_for": "90 days"},
    {"kind": "tickets", "worst": 20, "best": 0, "fresh_for": "7 days"}]') AS definition \gset
SELECT is(pg_temp.score(:'acme'), '50 neutral yellow', 'a definition scores the customers that have signals');
SELECT is(pg_temp.score(:'bolt'), NULL, 'and no others');
SELECT results_eq(format('SELECT pg_temp.explain(%L)', :'acme'), ARRAY['logins 25 fresh points 50 weight 2 share 100 contributes 50',
    'nps  missing points  weight 1 share 0 contributes 0', 'tickets  missing points  weight 1 share 0 contributes 0'], 'the weight of what is missing goes to the others');

-- Nothing to go by: neither null nor what is old is a score.
INSERT INTO lealup.customer (tenant_id, name) VALUES (:'t', 'None') RETURNING id AS none \gset
SELECT pg_temp.signal(:'none', 'nps', NULL);
SELECT is(pg_temp.score(:'none'), '   stale', 'with nothing but a null there is no score');
SELECT pg_temp.signal(:'none', 'tickets', 20, '8 days');
SELECT is(pg_temp.score(:'none'), '   stale', 'nor with nothing but a stale signal');
SELECT results_eq(format('SELECT state, share FROM lealup.explain_health(%L, %L)', :'t', :'none'), $$VALUES ('missing', 0.00), ('missing', 0), ('stale', 0)$$, 'nothing counts');
SELECT results_eq(format('SELECT explanation FROM lealup.explain_health(%L, %L)', :'t', :'none'), ARRAY['logins has not been observed, so that it does not count.',
    'The latest observation of nps, 0 minutes ago, has no value, so that it does not count.', 'tickets was 20, observed 8 days ago: too long ago to count, as it is fresh for 7 days.'], 'in words');
SELECT is_empty(format('SELECT FROM lealup.health_score_history WHERE customer_id = %L', :'none'), 'so that there is no history');
SELECT pg_temp.signal(:'none', 'nps', -100);
SELECT is(pg_temp.score(:'none'), '0 at_risk red', 'the lowest value is one');

-- Weights.
SELECT pg_temp.signal(:'acme', 'nps', 100);
SELECT is(pg_temp.score(:'acme'), '67 neutral yellow', 'a signal changes the score at once');
SELECT results_eq(format('SELECT explanation FROM lealup.explain_health(%L, %L)', :'t', :'acme'), ARRAY[
    'logins was 25, observed 0 minutes ago: worth 50 of 100 points. It counts for 66.7% of the score (50% if all inputs were fresh and new) and contributes 33.3 points.',
    'nps was 100, observed 0 minutes ago: worth 100 of 100 points. It counts for 33.3% of the score (25% if all inputs were fresh and new) and contributes 33.3 points.',
    'tickets has not been observed, so that it does not count. Its 25% go to the other inputs.'], 'the shares are told in words');
SELECT pg_temp.signal(:'acme', 'tickets', 20);
SELECT is(pg_temp.score(:'acme'), '50 neutral yellow', 'a bad one as well');
SELECT is(explanation, 'tickets was 20, observed 0 minutes ago: worth 0 of 100 points. It counts for 25% of the score and contributes 0 points.', 'zero is not nothing')
FROM lealup.explain_health(:'t', :'acme') WHERE kind = 'tickets';
SELECT is(round(sum(contribution), 2), 50.00, 'contributions add up to the score') FROM lealup.explain_health(:'t', :'acme');
SELECT is(sum(share), 100.00, 'and shares to 100 percent') FROM lealup.explain_health(:'t', :'acme');
SELECT pg_temp.signal(:'acme', 'tickets', NULL);
SELECT is(pg_temp.score(:'acme'), '67 neutral yellow', 'null is not zero: it drops out');
SELECT is(state, 'missing', 'and is explained as missing') FROM lealup.explain_health(:'t', :'acme') WHERE kind = 'tickets';
SELECT pg_temp.signal(:'acme', 'tickets', 0, '1 day');
SELECT is(pg_temp.score(:'acme'), '67 neutral yellow', 'an older signal that comes late does not count');
SELECT pg_temp.signal(:'acme', 'tickets', 0), pg_temp.signal(:'acme', 'tickets', 20) AS tickets \gset
SELECT is(pg_temp.score(:'acme'), '50 neutral yellow', 'of two of a time, the later one counts');
SELECT pg_temp.signal(:'acme', 'unheard', 1);
SELECT is(pg_temp.score(:'acme'), '50 neutral yellow', 'a kind that nothing measures does not count');

-- Corrections.
UPDATE lealup.health_signal SET value = 0 WHERE tenant_id = :'t' AND id = :'tickets';
SELECT is(pg_temp.score(:'acme'), '75 healthy green', 'a signal can be corrected');
UPDATE lealup.health_signal SET customer_id = :'bolt' WHERE tenant_id = :'t' AND id = :'tickets';
SELECT is(pg_temp.score(:'acme'), '75 healthy green', 'given to another customer it leaves the one before it');
SELECT is(pg_temp.score(:'bolt'), '100 healthy green', 'and counts there');
DELETE FROM lealup.health_signal WHERE tenant_id = :'t' AND id = :'tickets';
SELECT is(pg_temp.score(:'bolt'), '100 healthy green stale', 'once deleted it does not, but the score stays');
UPDATE lealup.health_score SET score = 1 WHERE tenant_id = :'t' AND customer_id = :'acme';
UPDATE lealup.health_signal SET source = 'corrected' WHERE tenant_id = :'t';
SELECT is(score, 1::smallint, 'what is not of value computes nothing') FROM lealup.health_score WHERE tenant_id = :'t' AND customer_id = :'acme';

-- A score on a limit.
SELECT pg_temp.define('[{"kind": "pulse", "worst": 0, "best": 100}]');
SELECT pg_temp.signal(:'bolt', 'pulse', 70);
SELECT is(pg_temp.score(:'bolt'), '70 healthy green', 'on the upper limit');
SELECT pg_temp.signal(:'bolt', 'pulse', 69.4);
SELECT is(pg_temp.score(:'bolt'), '69 neutral yellow', 'below it');
SELECT pg_temp.signal(:'bolt', 'pulse', 69.5);
SELECT is(pg_temp.score(:'bolt'), '70 healthy green', 'it is the rounded score that counts');
SELECT pg_temp.signal(:'bolt', 'pulse', 40);
SELECT is(pg_temp.score(:'bolt'), '40 neutral yellow', 'on the lower limit');
SELECT pg_temp.signal(:'bolt', 'pulse', 39);
SELECT is(pg_temp.score(:'bolt'), '39 at_risk red', 'and below it');
SELECT pg_temp.define('[{"kind": "pulse", "worst": 0, "best": 100}]', NULL, 39, 20);
SELECT is(pg_temp.score(:'bolt'), '39 healthy green', 'other limits, other bands');

-- Freshness and the clock. Nothing but time passes.
CREATE FUNCTION pg_temp.run_until(at timestamptz) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    done bigint := 0; n bigint; rounds int := 0;
BEGIN
    LOOP
        n := lealup._health_due(at, 3); rounds := rounds + 1;
        IF n > 3 OR rounds > 100 THEN RAISE EXCEPTION 'does not end'; END IF;
        done := done + n;
        EXIT WHEN n < 3;
    END LOOP;
    RETURN done;
END $$;
SELECT pg_temp.define('[{"kind": "day", "worst": 0, "best": 100, "fresh_for": "1 day"}, {"kind": "month", "worst": 0, "best": 100, "fresh_for": "30 days"}]');
INSERT INTO lealup.customer (tenant_id, name) VALUES (:'t', 'Clock') RETURNING id AS clock \gset
SELECT pg_temp.signal(:'clock', 'day', 0), pg_temp.signal(:'clock', 'month', 100);
SELECT is(pg_temp.score(:'clock'), '50 neutral yellow', 'two fresh signals');
SELECT is(due_at, now() + interval '24 hours', 'due when the first gets stale') FROM lealup.health_score WHERE tenant_id = :'t' AND customer_id = :'clock';
SELECT is(lealup._health_next(), now() + interval '24 hours', 'of which the clock knows');
SELECT is(pg_temp.run_until(now() + interval '24 hours' - interval '1 us'), 0::bigint, 'a microsecond before nothing is due');
SELECT is(pg_temp.run_until(now() + interval '24 hours'), 1::bigint, 'then it is, once');
SELECT is(pg_temp.score(:'clock'), '100 healthy green', 'the stale signal does not count');
SELECT results_eq(format('SELECT pg_temp.explain(%L)', :'clock'), ARRAY['month 100 fresh points 100 weight 1 share 100 contributes 100',
    'day 0 stale points 0 weight 1 share 0 contributes 0'], 'and is explained as stale');
SELECT is(lealup._health_next(), now() + interval '720 hours', 'the next one is known');
SELECT is(pg_temp.run_until(now() + interval '40 days'), 1::bigint, 'all of it gets stale');
SELECT is(pg_temp.score(:'clock'), '100 healthy green stale', 'the score stays, but is stale');
SELECT is(computed_at, now() + interval '24 hours', 'and says of when it is') FROM lealup.health_score WHERE tenant_id = :'t' AND customer_id = :'clock';
SELECT is(due_at, NULL, 'nothing is due any more') FROM lealup.health_score WHERE tenant_id = :'t' AND customer_id = :'clock';
SELECT is(lealup._health_next(), lealup.uuid7_time(min(id::text)::uuid) + interval '9600 hours 1 ms', 'but the history that will be forgotten') FROM lealup.health_score_history;
SELECT is(lealup._health_due(lealup._health_next() - interval '1 ms', 10), 0::bigint, 'not before its time');
SELECT pg_temp.signal(:'clock', 'day', 30, '-50 days');
SELECT pg_temp.run_until(now() + interval '50 days' - interval '1 us') > 0;
SELECT is(pg_temp.score(:'clock'), '50 neutral yellow stale', 'a signal of the future waits');
SELECT is(pg_temp.run_until(now() + interval '50 days'), 1::bigint, 'until its time has come');
SELECT is(pg_temp.score(:'clock'), '30 at_risk red', 'and then counts');
SELECT throws_ok(format('INSERT INTO lealup.health_signal (tenant_id, customer_id, kind, value, observed_at) VALUES (%L, %L, ''day'', 1, ''infinity'')', :'t', :'clock'), '23514', NULL,
    'which an infinite time never does');

-- Half-life: after one of them a signal has half its weight.
SELECT pg_temp.define('[{"kind": "fading", "worst": 0, "best": 100, "half_life": "10 days"}, {"kind": "steady", "worst": 0, "best": 100}]');
INSERT INTO lealup.customer (tenant_id, name) VALUES (:'t', 'Fading') RETURNING id AS fading \gset
SELECT pg_temp.signal(:'fading', 'fading', 0, '10 days'), pg_temp.signal(:'fading', 'steady', 90);
SELECT is(pg_temp.score(:'fading'), '60 neutral yellow', 'half the weight after the half-life');
SELECT is(date_trunc('minute', due_at - now()), interval '1 day', 'shares change with time: due after a tenth of the half-life') FROM lealup.health_score WHERE tenant_id = :'t' AND customer_id = :'fading';
SELECT pg_temp.run_until(now() + interval '10 days') > 0;
SELECT is(pg_temp.score(:'fading'), '72 healthy green', 'a quarter after two');
SELECT is(share, 20.00, 'as its share says') FROM lealup.explain_health(:'t', :'fading') WHERE kind = 'fading';
SELECT pg_temp.define('[{"kind": "fading", "worst": 0, "best": 100, "half_life": "1 hour", "fresh_for": "10 years"}]');
SELECT is(pg_temp.score(:'fading'), '0 at_risk red', 'alone it counts however old it is');
SELECT cmp_ok(due_at, '>', now() + interval '9 years', 'and nothing has to be done for what fades alike') FROM lealup.health_score WHERE tenant_id = :'t' AND customer_id = :'fading';

-- Segments.
SELECT pg_temp.define('[{"kind": "pulse", "worst": 0, "best": 100}]');
SELECT pg_temp.define('[{"kind": "pulse", "worst": 100, "best": 0}]', :'seg', 60, 10) AS of_segment \gset
SELECT is(pg_temp.score(:'bolt'), '39 at_risk red', 'a segment''s definition is not for others');
UPDATE lealup.customer SET segment_id = :'seg' WHERE tenant_id = :'t' AND id = :'bolt';
SELECT is(pg_temp.score(:'bolt'), '61 healthy green', 'in the segment its definition and its limits hold');
SELECT is(pg_temp.define('[{"kind": "pulse", "worst": 50, "best": 0}]', :'seg'), :'of_segment'::uuid, 'a definition is replaced, not added');
SELECT is(pg_temp.score(:'bolt'), '22 at_risk red', 'and holds at once');
SELECT is(count(*), 1::bigint, 'its measures are replaced') FROM lealup.health_measure WHERE tenant_id = :'t' AND definition_id = :'of_segment';
SELECT lealup.delete_health_definition(:'t', :'seg');
SELECT is(pg_temp.score(:'bolt'), '39 at_risk red', 'without it the tenant''s own holds');
SELECT lealup.delete_health_definition(:'t', NULL);
SELECT is(pg_temp.score(:'bolt'), '39 at_risk red stale', 'without any the score stays, stale');
SELECT throws_ok(format('SELECT lealup.delete_health_definition(%L, NULL)', :'t'), 'P0002', NULL, 'what is not there cannot be removed');
SELECT set_eq(format('SELECT DISTINCT action FROM lealup.audit WHERE tenant_id = %L', :'t'), ARRAY['health_definition.set', 'health_definition.delete', 'tenant.create'], 'changes are audited');

-- Errors name the field.
SELECT pg_temp.refused(m, e) FROM (VALUES
    ('{}', 'measures must list 1 to 50 measures, in at most 100000 bytes'),
    (NULL, 'measures must list 1 to 50 measures, in at most 100000 bytes'),
    ('[]', 'measures must list 1 to 50 measures, in at most 100000 bytes'),
    ('[1]', 'measures[1] must be an object'),
    ('[{"worst": 0, "best": 1}]', 'measures[1].kind must be a signal kind of 1 to 100 characters'),
    ('[{"kind": "a", "worst": 0, "best": 1}, {"kind": "a", "worst": 0, "best": 1}]', 'measures has the kind ''a'' twice'),
    ('[{"kind": "a", "worst": 0, "best": 1, "wieght": 2}]', 'measures[1] has an unknown key: ''wieght'''),
    ('[{"kind": "a", "worst": 0, "best": 1, "weight": 0}]', 'measures[1].weight must be a number from 0.000001 to 100000'),
    ('[{"kind": "a", "worst": 0, "best": 1, "weight": "2"}]', 'measures[1].weight must be a number from 0.000001 to 100000'),
    ('[{"kind": "a", "worst": 0}]', 'measures[1].best must be a number from -1000000000000 to 1000000000000'),
    ('[{"kind": "a", "worst": 1e1000, "best": 0}]', 'measures[1].worst must be a number from -1000000000000 to 1000000000000'),
    ('[{"kind": "a", "worst": 1, "best": 1}]', 'measures[1].worst and measures[1].best must differ'),
    ('[{"kind": "a"}]', 'measures[1] must have either worst and best, or thresholds'),
    ('[{"kind": "a", "worst": 0, "best": 1, "thresholds": [{"from": 1, "points": 1}]}]', 'measures[1] must have either worst and best, or thresholds'),
    ('[{"kind": "a", "thresholds": []}]', 'measures[1].thresholds must list 1 to 50 objects with from and points'),
    ('[{"kind": "a", "thresholds": [{"from": 1, "point": 1}]}]', 'measures[1].thresholds must list 1 to 50 objects with from and points'),
    ('[{"kind": "a", "thresholds": [{"from": 1, "points": 101}]}]', 'measures[1].thresholds[1].points must be a number from 0 to 100'),
    ('[{"kind": "a", "thresholds": [{"from": 1, "points": 1}, {"from": 1, "points": 2}]}]', 'measures[1].thresholds has a "from" twice'),
    ('[{"kind": "a", "worst": 0, "best": 1, "fresh_for": "soon"}]', 'measures[1].fresh_for must be an interval of 1 hour to 10 years'),
    ('[{"kind": "a", "worst": 0, "best": 1, "half_life": "59 minutes"}]', 'measures[1].half_life must be an interval of 1 hour to 10 years')) v(m, e);
SELECT pg_temp.refused('[{"kind": "a", "worst": 0, "best": 1}]', 'invalid limits: healthy_from 40, neutral_from 40', NULL, 40, 40);
SELECT throws_ok(format('SELECT pg_temp.define(''[]'', %L)', lealup.uuid7()), 'P0002', NULL, 'a segment has to be there');

-- Who may.
CREATE ROLE test_health_app; CREATE ROLE test_health_reader; CREATE ROLE test_health_far; CREATE ROLE test_health_csm;
CREATE ROLE test_health_director; CREATE ROLE test_health_far_app; CREATE ROLE test_health_unbound;
INSERT INTO lealup.member (tenant_id, email, role) VALUES (:'t', 'dora@example.com', 'director') RETURNING id AS dora \gset
SELECT lealup.bind_member(:'t', :'dora', 'test_health_director'), lealup.grant_access('test_health_far_app', 'app', :'other'), lealup.grant_access('test_health_unbound', 'app');
SELECT lealup.grant_access('test_health_app', 'app', :'t'), lealup.grant_access('test_health_reader', 'reader', :'t'),
    lealup.grant_access('test_health_far', 'reader', :'other'), lealup.bind_member(:'t', :'ana', 'test_health_csm');
SELECT set_config('test.acme', :'acme', true);
CREATE FUNCTION pg_temp.try(sql text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE r text;
BEGIN
    EXECUTE format(sql, current_setting('test.tenant'), current_setting('test.acme')) INTO r;
    RETURN r;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END $$;
CREATE FUNCTION pg_temp.rights() RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', pg_temp.try('SELECT lealup.set_health_definition(%L, NULL, ''[{"kind": "pulse", "worst": 0, "best": 100}]'') IS NOT NULL'),
        pg_temp.try('INSERT INTO lealup.health_signal (tenant_id, customer_id, kind, value) VALUES (%L, %L, ''pulse'', 44) RETURNING value'),
        pg_temp.try('SELECT contribution FROM lealup.explain_health(%L, %L)'),
        pg_temp.try('SELECT score FROM lealup.health_score WHERE tenant_id = %L AND customer_id = %L'),
        pg_temp.try('SELECT count(*) > 0 FROM lealup.health_score_history WHERE tenant_id = %L AND customer_id = %L'),
        pg_temp.try('SELECT count(*) FROM lealup.health_measure'),
        pg_temp.try('UPDATE lealup.health_score SET score = 100'), pg_temp.try('DELETE FROM lealup.health_measure'),
        pg_temp.try('SELECT lealup._health_due(now(), 1)'), pg_temp.try('SELECT lealup._health_next()'))
$$;
SET LOCAL ROLE test_health_app;
SELECT is(pg_temp.rights(), 'true 44 44.0000 44 true 1 42501 42501 42501 42501', 'an application defines, adds signals, and sees');
SET LOCAL ROLE test_health_csm;
SELECT is(pg_temp.rights(), '42501 44 44.0000 44 true 1 42501 42501 42501 42501', 'a csm does not define');
SET LOCAL ROLE test_health_director;
SELECT is(pg_temp.rights(), 'true 44 44.0000 44 true 1 42501 42501 42501 42501', 'a director does');
SET LOCAL ROLE test_health_reader;
SELECT is(pg_temp.rights(), '42501 42501 44.0000 44 true 1 42501 42501 42501 42501', 'a reader sees');
SET LOCAL ROLE test_health_far;
SELECT is(pg_temp.rights(), '42501 42501 P0002 false 0 42501 42501 42501 42501', 'another tenant sees nothing');
SET LOCAL ROLE test_health_far_app;
SELECT is(pg_temp.rights(), '42501 42501 P0002 false 0 42501 42501 42501 42501', 'nor does its application, which cannot reach into this one either');
SET LOCAL ROLE test_health_unbound;
SELECT is(pg_temp.rights(), 'true 42501 P0002 false 0 42501 42501 42501 42501', 'an application that has chosen no tenant sees none');
SET LOCAL ROLE lealup_worker;
SELECT is(pg_temp.try('SELECT lealup._clock(now()) > now()'), 'true', 'the workers run the clock');
SELECT is(pg_temp.try('SELECT score FROM lealup.health_score'), '42501', 'and see no score');
RESET ROLE;

-- The clock is woken by what is due before all it knows of, and by nothing else.
CREATE TEMP TABLE woken (what text);
CREATE OR REPLACE FUNCTION lealup._wake(what text DEFAULT 'outbox') RETURNS void LANGUAGE sql AS 'INSERT INTO woken VALUES (what)';
CREATE FUNCTION pg_temp.wakes(sql text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
BEGIN
    DELETE FROM woken;
    EXECUTE sql;
    SELECT count(*) INTO n FROM woken WHERE what = 'upkeep';
    RETURN n;
END $$;
SELECT lealup.create_tenant('clock') AS t \gset
SELECT set_config('test.tenant', :'t', true);
SELECT pg_temp.define('[{"kind": "pulse", "worst": 0, "best": 100}]');
INSERT INTO lealup.customer (tenant_id, name) VALUES (:'t', 'One') RETURNING id AS one \gset
INSERT INTO lealup.customer (tenant_id, name) VALUES (:'t', 'Two') RETURNING id AS two \gset
SELECT is(pg_temp.wakes(format('SELECT pg_temp.signal(%L, ''pulse'', 50)', :'one')), 1::bigint, 'the first thing that will be due');
SELECT is(pg_temp.wakes(format('SELECT pg_temp.signal(%L, ''pulse'', 50, ''-2 hours'')', :'two')), 1::bigint, 'a signal whose time will soon come');
SELECT is(pg_temp.wakes(format('SELECT pg_temp.signal(%L, ''pulse'', 50, ''1 day'')', :'one')), 0::bigint, 'nothing that changes nothing');
SELECT is(pg_temp.wakes(format('SELECT pg_temp.signal(%L, ''pulse'', 60)', :'one')), 0::bigint, 'nothing that is due later');
SELECT is(pg_temp.wakes($$SELECT pg_temp.define('[{"kind": "pulse", "worst": 0, "best": 100, "fresh_for": "1 hour"}]')$$), 1::bigint, 'a shorter freshness');

SELECT * FROM finish();
ROLLBACK;
