-- Which events pass a subscription's filters, and which types a subscription's list stands for.
BEGIN;
SELECT plan(57);

CREATE FUNCTION pg_temp.passes(type text, filters jsonb, context jsonb, data jsonb) RETURNS boolean LANGUAGE sql AS $$
    SELECT lealup._matches($2, (SELECT t.filters FROM lealup.event_type t WHERE t.name = $1), $3, $4)
$$;

-- One value.
SELECT ok(pg_temp.passes('health.changed', '{"segment_id": "a"}', '{"segment_id": "a"}', '{}'), 'a value in the context');
SELECT ok(pg_temp.passes('health.changed', '{"segment_id": "a"}', NULL, '{"segment_id": "a"}'), 'a value in the data, without a context');
SELECT ok(pg_temp.passes('health.changed', '{"segment_id": "a"}', '{}', '{"segment_id": "a"}'), 'a value in the data, with an empty context');
SELECT ok(NOT pg_temp.passes('health.changed', '{"segment_id": "a"}', '{"segment_id": "b"}', '{"segment_id": "a"}'), 'the context comes before the data');
SELECT ok(NOT pg_temp.passes('health.changed', '{"segment_id": "a"}', '{"segment_id": "b"}', '{}'), 'another value');
SELECT ok(NOT pg_temp.passes('health.changed', '{"segment_id": "a"}', '{"segment_id": "A"}', '{}'), 'values have a case');
SELECT ok(NOT pg_temp.passes('health.changed', '{"segment_id": "a"}', '{}', '{}'), 'a missing value');
SELECT ok(NOT pg_temp.passes('health.changed', '{"segment_id": "a"}', '{"segment_id": null}', '{}'), 'null is missing');
SELECT ok(pg_temp.passes('health.changed', '{"segment_id": "a"}', '{"segment_id": null}', '{"segment_id": "a"}'), 'null in the context does not hide the data');
SELECT ok(pg_temp.passes('health.changed', '{}', NULL, '{}'), 'no filter lets everything pass');

-- Several values, several filters.
SELECT ok(pg_temp.passes('health.changed', '{"from_status": ["healthy", "neutral"]}', NULL, '{"previous_status": "neutral"}'), 'one of several');
SELECT ok(NOT pg_temp.passes('health.changed', '{"from_status": ["healthy", "neutral"]}', NULL, '{"previous_status": "at_risk"}'), 'none of several');
SELECT ok(pg_temp.passes('health.changed', '{"from_status": ["healthy"], "to_status": "at_risk", "min_arr": 5}', '{"arr": 6}',
    '{"previous_status": "healthy", "current_status": "at_risk"}'), 'all filters match');
SELECT ok(NOT pg_temp.passes('health.changed', '{"from_status": ["healthy"], "to_status": "at_risk", "min_arr": 5}', '{"arr": 4}',
    '{"previous_status": "healthy", "current_status": "at_risk"}'), 'all but one match');
-- The document's example: at_risk in the filters, at-risk in the event.
SELECT ok(pg_temp.passes('health.changed', '{"to_status": "at_risk"}', NULL, '{"current_status": "at-risk"}'), 'at-risk is at_risk');
SELECT ok(pg_temp.passes('health.changed', '{"to_status": "at-risk"}', NULL, '{"current_status": "at_risk"}'), 'and the other way round');
SELECT ok(NOT pg_temp.passes('health.changed', '{"to_status": "at_risk"}', NULL, '{"current_status": "atXrisk"}'), 'but nothing else');
SELECT ok(NOT pg_temp.passes('health.changed', '{"segment_id": "a-b"}', NULL, '{"segment_id": "a_b"}'), 'free values are not rewritten');
-- A filter's own name is looked up after its field.
SELECT ok(pg_temp.passes('health.changed', '{"to_status": "at_risk"}', '{"to_status": "at_risk"}', '{}'), 'the filter''s own name');
SELECT ok(NOT pg_temp.passes('health.changed', '{"to_status": "at_risk"}', '{"to_status": "at_risk", "current_status": "healthy"}', '{}'), 'its field first');

-- Bounds.
SELECT ok(pg_temp.passes('health.changed', '{"min_arr": 50000}', '{"arr": 50000}', '{}'), 'at least: equal');
SELECT ok(pg_temp.passes('health.changed', '{"min_arr": 50000}', '{"arr": 50000.01}', '{}'), 'at least: more');
SELECT ok(NOT pg_temp.passes('health.changed', '{"min_arr": 50000}', '{"arr": 49999.99}', '{}'), 'at least: less');
SELECT ok(NOT pg_temp.passes('health.changed', '{"min_arr": 50000}', '{"arr": 6000}', '{}'), 'at least: compared as numbers, not as text');
SELECT ok(pg_temp.passes('health.changed', '{"max_arr": 10}', '{"arr": 10}', '{}'), 'at most: equal');
SELECT ok(NOT pg_temp.passes('health.changed', '{"max_arr": 10}', '{"arr": 10.5}', '{}'), 'at most: more');
SELECT ok(pg_temp.passes('health.changed', '{"max_arr": 10}', '{"arr": -3}', '{}'), 'at most: negative');
SELECT ok(pg_temp.passes('health.changed', '{"min_arr": 5, "max_arr": 10}', '{"arr": 7}', '{}'), 'both bounds');
SELECT ok(pg_temp.passes('health.changed', '{"min_arr": 50000}', '{"arr": "50000"}', '{}'), 'a number as a string');
SELECT ok(NOT pg_temp.passes('health.changed', '{"min_arr": 50000}', '{"arr": "much"}', '{}'), 'no number');
SELECT ok(NOT pg_temp.passes('health.changed', '{"min_arr": 50000}', '{}', '{}'), 'a missing number');
SELECT ok(pg_temp.passes('renewal.approaching', '{"days_left": 30}', NULL, '{"days_left": 30}'), 'a number that must be equal');
SELECT ok(pg_temp.passes('renewal.approaching', '{"days_left": [7, 30]}', NULL, '{"days_left": 30.0}'), 'is equal in another notation, too');
SELECT ok(NOT pg_temp.passes('renewal.approaching', '{"days_left": 30}', NULL, '{"days_left": 3}'), 'and not equal otherwise');

-- Odd events neither match nor raise.
SELECT lives_ok(format('SELECT pg_temp.passes(''health.changed'', %L, %L, %L)', f.f, c.c, d.d), format('%s with %s and %s', f.f, left(c.c, 20), left(d.d, 30)))
FROM (VALUES ('{"min_arr": 1e200, "segment_id": "a", "to_status": ["at_risk"]}')) f(f), (VALUES ('{"arr": 1e300, "segment_id": {"a": [1]}}'), ('[]')) c(c),
    (VALUES ('[]'), ('"text"'), ('null'), ('{"current_status": {"x": 1}}'), ('{"current_status": ["at_risk"]}'), (format('{"arr": "%s"}', repeat('9', 200000)))) d(d);
SELECT ok(pg_temp.passes('health.changed', '{"min_arr": 50000}', '{"arr": 1e35}', '{}'), 'a huge number is at least something small');
SELECT ok(NOT pg_temp.passes('health.changed', '{"segment_id": "{\"a\": 1}"}', '{"segment_id": {"b": 1}}', '{}'), 'an object is no match');
SELECT is(lealup._matches('{"x": 1}', NULL, NULL, '{"x": 1}'), false, 'a filter that is not defined does not match');
SELECT is(lealup._matches('{"x": 1}', '{"y": {"type": "number", "match": "any", "field": "y"}}', NULL, '{"x": 1}'), false, 'nor does one that the type does not know');
SELECT is(lealup._matches('{"x": true}', '{"x": {"type": "boolean", "match": "any", "field": "x"}}', NULL, '{"x": true}'), true, 'a boolean');

-- Lists of types.
SELECT set_eq('SELECT unnest(lealup._event_patterns(''customer.created''))', ARRAY['*', 'customer.*', 'customer.created'], 'what stands for a type');
SELECT set_eq('SELECT unnest(lealup._event_patterns(''acme.order.shipped''))', ARRAY['*', 'acme.*', 'acme.order.*', 'acme.order.shipped'],
    'a name of three words has two prefixes');

-- What is accepted when a subscription is made matches when an event comes.
SELECT lives_ok($$SELECT lealup._check_filters(NULL, '{health.changed}', '{"to_status": ["at-risk", "at_risk"], "min_arr": 1.5}')$$, 'both spellings are accepted');
SELECT throws_ok($$SELECT lealup._check_filters(NULL, '{health.changed}', '{"to_status": "at risk"}')$$, '22023', NULL, 'other ones are not');
SELECT lives_ok($$SELECT lealup._check_filters(NULL, '{health.*,customer.*}', '{"segment_id": "a"}')$$, 'wildcards');
SELECT throws_ok($$SELECT lealup._check_filters(NULL, '{health.*,task.*}', '{"max_score": 1}')$$, '22023', NULL, 'of each entry of the list one type must know the filter');

SELECT * FROM finish();
ROLLBACK;
