-- Secrets as the database holds them: never readable, each bound to its row.
BEGIN;
SELECT plan(29);

SELECT lealup.create_tenant('vault') AS tenant \gset
SELECT set_config('test.tenant', :'tenant', true);
SELECT lealup.create_subscription(:'tenant', 'https://receiver.example/', '{*}', 'first-secret-first-secret-first-secret',
    headers => '{"Authorization": "Bearer token-token", "X-Other": "other-value"}') AS s \gset
SELECT set_config('test.subscription', :'s', true);
CREATE FUNCTION pg_temp.secrets(purpose text) RETURNS TABLE (current boolean, expires interval) LANGUAGE sql AS $$
    SELECT expires_at IS NULL, date_trunc('hour', expires_at - created_at) FROM lealup.vault_secret v
    WHERE tenant_id = current_setting('test.tenant')::uuid AND owner_id = current_setting('test.subscription')::uuid AND v.purpose = secrets.purpose ORDER BY id
$$;
-- The rows of all tables that hold one of the given words, as the text and the bytes that they store.
CREATE FUNCTION pg_temp.leaks(VARIADIC words text[]) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    t text;
BEGIN
    FOR t IN SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'lealup'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition LOOP
        RETURN QUERY EXECUTE format('SELECT DISTINCT %L FROM lealup.%I x, unnest($1) w WHERE position(w IN x::text) > 0 OR position(encode(w::bytea, ''hex'') IN x::text) > 0
            OR position(encode(w::bytea, ''base64'') IN x::text) > 0', t, t) USING words;
    END LOOP;
END $$;

SELECT is_empty($$SELECT pg_temp.leaks('first-secret', 'token-token', 'other-value')$$, 'no table holds a secret in plain text');
SELECT isnt_empty($$SELECT pg_temp.leaks('https://receiver.example/')$$, 'the search does find what is there');
SELECT is((SELECT count(*) FROM lealup.vault_secret WHERE owner_id = :'s'), 2::bigint, 'one secret to sign with, one row of headers');
SELECT is(header_names, '{Authorization,X-Other}', 'the headers'' names are known') FROM lealup.subscription WHERE id = :'s';
SELECT is(get_byte(ciphertext, 0), 1, 'a backend can only seal') FROM lealup.vault_secret WHERE owner_id = :'s' AND purpose = 'signing';

-- Sealing.
SELECT isnt(lealup._seal(:'tenant', :'s', 'same'), lealup._seal(:'tenant', :'s', 'same'), 'the same secret is never sealed to the same bytes');
SELECT is(length(lealup._seal(:'tenant', :'s', 'x')) - length(lealup._seal(:'tenant', :'s', '')), 1, 'its length is all that shows');
SELECT is(count(DISTINCT substr(lealup._seal(t, i, 'x'), 1, 9)), 1::bigint, 'all are sealed to the installation''s key')
FROM (VALUES (:'tenant'::uuid, :'s'::uuid), (lealup.uuid7(), lealup.uuid7())) v(t, i);

-- Generated secrets are shown once.
SELECT lealup.create_subscription(:'tenant', 'https://receiver.example/generated', '{*}') AS g \gset
SELECT throws_ok(format('SELECT lealup.reveal_secret(%L)', :'s'), 'P0002', NULL, 'a given secret cannot be shown');
SELECT lealup.reveal_secret(:'g') AS generated \gset
SELECT matches(:'generated'::text, '^whsec_[A-Za-z0-9+/]{43}=$', 'a generated one has 32 bytes, as Standard Webhooks want it');
SELECT throws_ok(format('SELECT lealup.reveal_secret(%L)', :'g'), 'P0002', NULL, 'a second time it is not shown');
SELECT is_empty(format('SELECT pg_temp.leaks(%L)', substr(:'generated', 7)), 'it is stored nowhere in plain text');
SELECT is((SELECT count(DISTINCT lealup._generate_secret()) FROM generate_series(1, 1000)), 1000::bigint, 'no two are the same');

-- Rotation.
SELECT results_eq($$SELECT current FROM pg_temp.secrets('signing')$$, 'VALUES (true)', 'one secret');
SELECT is(lealup.rotate_secret(:'tenant', :'s', 'second-secret-second-secret-second'), NULL::text, 'a given secret is not repeated');
SELECT results_eq($$SELECT current FROM pg_temp.secrets('signing')$$, 'VALUES (true)', 'without overlap the old one is gone at once');
SELECT matches(lealup.rotate_secret(:'tenant', :'s', overlap => '1 day 30 minutes'), '^whsec_', 'a generated one is given back');
SELECT results_eq($$SELECT current, expires FROM pg_temp.secrets('signing')$$, $$VALUES (false, '1 day'::interval), (true, NULL)$$, 'with overlap the old one expires');
SELECT lealup.rotate_secret(:'tenant', :'s', overlap => '2 hours 30 minutes') IS NOT NULL;
SELECT results_eq($$SELECT current, expires FROM pg_temp.secrets('signing')$$, $$VALUES (false, '2 hours'::interval), (false, '2 hours'), (true, NULL)$$,
    'a shorter overlap shortens earlier ones');
SELECT lealup.rotate_secret(:'tenant', :'s', overlap => '5 hours 30 minutes') IS NOT NULL;
SELECT results_eq($$SELECT current, expires FROM pg_temp.secrets('signing')$$, $$VALUES (false, '2 hours'::interval), (false, '2 hours'), (false, '5 hours'), (true, NULL)$$,
    'a longer one does not lengthen them');
SELECT lealup.rotate_secret(:'tenant', :'s', overlap => '5 hours 30 minutes') IS NOT NULL;
SELECT throws_ok(format('SELECT lealup.rotate_secret(%L, %L, overlap => ''1 hour'')', :'tenant', :'s'), '53400', NULL, 'five secrets are enough');
SELECT is(count(*), 5::bigint, 'and stay') FROM pg_temp.secrets('signing');
SELECT lives_ok(format('SELECT lealup.rotate_secret(%L, %L, ''third-secret-third-secret-third-secret'')', :'tenant', :'s'), 'rotation without overlap always works');
SELECT is(count(*), 1::bigint, 'and ends all others') FROM pg_temp.secrets('signing');
SELECT is_empty($$SELECT pg_temp.leaks('first-secret', 'second-secret', 'third-secret', 'whsec_', 'token-token')$$, 'still nothing in plain text, not in the audit trail either');

-- Headers are replaced as a whole; a deleted subscription keeps nothing.
SELECT lealup.update_subscription(:'tenant', :'s', headers => '{"X-New": "new-value"}');
SELECT is((SELECT count(*) FROM pg_temp.secrets('headers')), 1::bigint, 'new headers replace the old ones');
SELECT lealup.update_subscription(:'tenant', :'s', description => 'changed');
SELECT is((SELECT header_names FROM lealup.subscription WHERE id = :'s'), '{X-New}', 'another change leaves them');
SELECT lealup.update_subscription(:'tenant', :'s', headers => '{}');
SELECT is((SELECT count(*) FROM pg_temp.secrets('headers')), 0::bigint, 'no headers are no secret');
SELECT lealup.delete_subscription(:'tenant', :'s');
SELECT is(count(*), 0::bigint, 'deletion erases secrets at once') FROM lealup.vault_secret WHERE owner_id = :'s';

SELECT * FROM finish();
ROLLBACK;
