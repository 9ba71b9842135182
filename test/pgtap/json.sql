-- Objects of events: what lealup._json_object() and lealup._jsonb_object() make is what PostgreSQL's own functions make.
BEGIN;
SELECT plan(8);

CREATE TEMP TABLE one AS SELECT true AS yes, 7::smallint AS i2, -8 AS i4, 9223372036854775807 AS i8, 1.50::numeric(16, 2) AS n, 'NaN'::numeric AS nan,
    '-Infinity'::numeric AS minus_infinity, 1e-7::float8 AS f8, 'Infinity'::float8 AS infinity, 2.5::real AS f4, E'q"uo\\te\n\u0001é' AS t, 'x'::name AS name,
    date '2024-02-29' AS d, 'infinity'::date AS d_infinity, timestamp '2024-02-29 12:00:00.5' AS ts, timestamptz '2024-02-29 12:00+02' AS tz,
    '01a1ff12-3a5f-7137-b0b6-a5d6f01a6984'::uuid AS u, ARRAY[1, NULL, 3] AS a, ARRAY['x"', 'y'] AS ta, '{"k" :  [1]}'::json AS j, '{"k": null}'::jsonb AS jb,
    NULL::text AS nothing, interval '1 day' AS span;

SELECT is(lealup._json_object('yes', yes, 'i2', i2, 'i4', i4, 'i8', i8, 'n', n, 'nan', nan, 'mi', minus_infinity, 'f8', f8, 'inf', infinity, 'f4', f4, 't', t,
        'name', name, 'd', d, 'di', d_infinity, 'ts', ts, 'tz', tz, 'u', u, 'a', a, 'ta', ta, 'j', j, 'jb', jb, 'nothing', nothing, 'span', span)::jsonb,
    json_build_object('yes', yes, 'i2', i2, 'i4', i4, 'i8', i8, 'n', n, 'nan', nan, 'mi', minus_infinity, 'f8', f8, 'inf', infinity, 'f4', f4, 't', t,
        'name', name, 'd', d, 'di', d_infinity, 'ts', ts, 'tz', tz, 'u', u, 'a', a, 'ta', ta, 'j', j, 'jb', jb, 'nothing', nothing, 'span', span)::jsonb, 'json of every type') FROM one;
SELECT is(lealup._jsonb_object('yes', yes, 'i2', i2, 'i4', i4, 'i8', i8, 'n', n, 'nan', nan, 'f8', f8, 'inf', infinity, 't', t, 'u', u, 'd', d, 'nothing', nothing),
    jsonb_build_object('yes', yes, 'i2', i2, 'i4', i4, 'i8', i8, 'n', n, 'nan', nan, 'f8', f8, 'inf', infinity, 't', t, 'u', u, 'd', d, 'nothing', nothing), 'jsonb of scalars') FROM one;
SELECT is(lealup._json_object('b', 1, 'a', 'literal', 'c', NULL)::text, '{"b": 1, "a": "literal", "c": null}', 'in the order given, with literals');
SELECT is(lealup._jsonb_object('a', 1, 'a', 2), '{"a": 2}', 'the last of a key counts in jsonb');
SELECT is(lealup._json_object('k"' || t.x, t.x)::text, '{"k\"v": "v"}', 'a key may be computed') FROM (VALUES ('v'::text)) t(x);
SELECT throws_ok($$SELECT lealup._json_object('a')$$, 'XX000', NULL, 'a key without value');
SELECT throws_ok($$SELECT lealup._json_object(NULL::text, 1)$$, 'XX000', NULL, 'a value without key');
SELECT throws_ok($$SELECT lealup._json_object(VARIADIC ARRAY['a', 'b'])$$, 'XX000', NULL, 'an array for all of them');

SELECT * FROM finish();
ROLLBACK;
