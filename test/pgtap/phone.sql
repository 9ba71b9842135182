-- Phone numbers as people write them.
BEGIN;
SELECT plan(45);

SELECT is(lealup.phone_e164(v.given, v.country), v.expected, format('%s in %s', v.given, coalesce(v.country, 'no country')))
FROM (VALUES
    ('600 123 456', 'ES', '+34600123456'),
    ('600-12-34-56', 'es', '+34600123456'),
    ('(+34) 600.123.456', NULL, '+34600123456'),
    ('0034 600 123 456', 'ES', '+34600123456'),
    ('0034 600 123 456', NULL, '+34600123456'),
    (' 0034600123456', 'US', '+34600123456'),
    ('91 123 45 6', 'ES', NULL),
    ('912 34 56 78', 'ES', '+34912345678'),
    ('(11) 91234-5678', 'BR', '+5511912345678'),
    ('011 91234-5678', 'BR', '+5511912345678'),
    ('0055 11 91234-5678', 'BR', '+5511912345678'),
    ('+55 11 3123-4567', 'US', '+551131234567'),
    ('(650) 253-0000', 'US', '+16502530000'),
    ('1 650 253 0000', 'US', '+16502530000'),
    ('011 34 600 123 456', 'US', '+34600123456'),
    ('650-253-0000 ext. 12', 'US', '+16502530000'),
    ('650-253-0000x12', 'US', '+16502530000'),
    ('1-800-FLOWERS', 'US', '+18003569377'),
    ('tel:+1-650-253-0000', NULL, '+16502530000'),
    ('+39 06 698 12345', NULL, '+390669812345'),
    ('+34600123456', NULL, '+34600123456'),
    ('+34600123456', 'US', '+34600123456'),
    ('+３４６００１２３４５６', NULL, '+34600123456'),
    ('٠٦٠٠١٢٣٤٥٦', 'MA', '+212600123456'),
    -- None of these is one.
    ('600 123 456', NULL, NULL),
    ('600 123 456', 'US', NULL),
    ('600 123 456', 'XX', NULL),
    ('600 123 456', 'ZZ', NULL),
    ('+34600123456', 'Spain', NULL),
    ('+999 600 123 456', NULL, NULL),
    ('+34 600', NULL, NULL),
    ('+34 600 123 456 789', NULL, NULL),
    ('call me', 'US', NULL),
    ('112', 'ES', NULL),
    ('+', 'ES', NULL),
    ('00', NULL, NULL),
    ('', 'ES', NULL),
    (repeat('1', 101), 'US', NULL),
    (repeat('1', 1000000), 'US', NULL)) v(given, country, expected);
SELECT is(lealup.phone_e164(NULL, 'ES'), NULL, 'null stays null');
SELECT is(lealup.phone_e164('+34 600 123 456' || repeat(' ', 85)), '+34600123456', 'a hundred bytes are read');

SELECT is(lealup.check_phone('600 123 456', 'ES'), '+34600123456', 'the strict form gives the same');

-- Why not.
CREATE FUNCTION pg_temp.why(phone text, country text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    detail text;
BEGIN
    RETURN lealup.check_phone(phone, country);
EXCEPTION WHEN invalid_parameter_value THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
    RETURN detail;
END $$;
SELECT results_eq($$SELECT pg_temp.why(v.given, v.country) FROM (VALUES (1, '600 123 456', NULL), (2, '600 123 456', 'XX'), (3, '+999 600 123 456', NULL), (4, '+34 600', NULL),
        (5, repeat('1', 101), 'US'), (6, '+34 600 123 456 789', NULL), (7, '112 345 678', 'ES'), (8, 'call me', 'US')) v(n, given, country) ORDER BY n$$,
    $$VALUES ('It has no country code, and no default country is given.'), ('The default country is no country''s code of two letters, such as ES.'),
        ('No country has its country code.'), ('It is too short.'), ('It is too long.'), ('It is too long.'), ('Its country gives out no such numbers.'),
        ('It does not look like one.')$$, 'the strict form says why');
-- Whatever comes is answered, and what is answered fits where it is kept.
SELECT setseed(0.5);
CREATE TEMP TABLE noise AS
    SELECT lealup.phone_e164(string_agg(substr(repeat('0123456789', 9) || '+-() x#;=,*abcٱ٣é', 1 + floor(random() * 107)::int, 1), ''), CASE WHEN g % 2 = 0 THEN 'ES' ELSE 'BR' END) AS phone
    FROM generate_series(1, 3000) g, generate_series(1, 4 + g % 17) GROUP BY g;
SELECT cmp_ok(count(phone), '>', 0::bigint, 'noise is sometimes a number') FROM noise;
SELECT is_empty($$SELECT phone FROM noise WHERE phone !~ '^\+[1-9][0-9]{5,14}$'$$, 'which then is in the form of a contact''s');

SELECT * FROM finish();
ROLLBACK;
