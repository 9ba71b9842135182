-- Secrets as the database holds them: never readable, each bound to its row.
BEGIN;
SELECT plan(56);

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

-- Keys: what rewrap() and rotate_data_key() ask for, and what workers see of it.
SELECT lealup.create_tenant('keys') AS k \gset
SELECT lealup.create_tenant('elsewhere') AS e \gset
UPDATE lealup.tenant SET home = 'another database' WHERE tenant_id = :'e';
CREATE FUNCTION pg_temp.key(tenant uuid) RETURNS uuid LANGUAGE sql AS $$
    INSERT INTO lealup.vault_key (tenant_id, id, wrapping_key_id, wrapped) VALUES (tenant, lealup.uuid7(), 'old', 'wrapped') RETURNING id
$$;
CREATE FUNCTION pg_temp.all_of(source text) RETURNS SETOF uuid LANGUAGE plpgsql AS $$
DECLARE
    t uuid := '00000000-0000-0000-0000-000000000000';
    i uuid := t;
BEGIN
    LOOP
        EXECUTE format('SELECT tenant_id, id FROM lealup.%I($1, $2)', source) INTO t, i USING t, i;
        EXIT WHEN i IS NULL;
        RETURN NEXT i;
    END LOOP;
END $$;
DELETE FROM lealup.vault_key;
SELECT results_eq('SELECT * FROM lealup.rewrap_status()', 'VALUES (NULL::timestamptz, 0::bigint, 0::bigint, 0::bigint, NULL::text, (SELECT count(*) FROM lealup.vault_secret))', 'nothing was asked for');
SELECT pg_temp.key(:'k') AS key1, pg_temp.key(:'tenant') AS key2, pg_temp.key(:'e') AS key3, pg_temp.key('00000000-0000-0000-0000-000000000000') AS pair \gset
UPDATE lealup.vault_key SET public_key = 'public' WHERE id = :'pair';
SELECT is_empty('SELECT pg_temp.all_of(''_keys_to_rewrap'')', 'no key is wrapped anew unasked');
SELECT is(lealup.rewrap(), 3::bigint, 'every key of tenants at home here, and the pair of the database');
SELECT set_eq('SELECT pg_temp.all_of(''_keys_to_rewrap'')', ARRAY[:'key1', :'key2', :'pair']::uuid[], 'each is met once');
SELECT ok(requested_at > now() AND total = 3 AND done = 0 AND failed = 0 AND problem IS NULL, 'the status: nothing is done') FROM lealup.rewrap_status();
SELECT set_eq($$SELECT tenant_id FROM lealup.audit WHERE action = 'vault.rewrap'$$, ARRAY[:'k', :'tenant', '00000000-0000-0000-0000-000000000000']::uuid[], 'an audit row for each tenant, and the installation');
UPDATE lealup.vault_key SET problem = 'KMS is away' WHERE id = :'key1';
UPDATE lealup.vault_key SET rewrapped_at = clock_timestamp() WHERE id = :'pair';
SELECT results_eq('SELECT total, done, failed, problem FROM lealup.rewrap_status()', $$VALUES (3::bigint, 1::bigint, 1::bigint, 'KMS is away')$$, 'one done, one failed');
SELECT set_eq('SELECT pg_temp.all_of(''_keys_to_rewrap'')', ARRAY[:'key1', :'key2']::uuid[], 'what failed is tried again');
SELECT pg_temp.key(:'k') AS key4 \gset
SELECT results_eq('SELECT total, done, failed FROM lealup.rewrap_status()', 'VALUES (3::bigint, 1::bigint, 1::bigint)', 'a key that is made later is not among them');
SELECT is(lealup.rewrap(), 4::bigint, 'but among those of the next time');
SELECT results_eq('SELECT total, done, failed, problem FROM lealup.rewrap_status()', 'VALUES (4::bigint, 0::bigint, 0::bigint, NULL::text)', 'which starts over');

INSERT INTO lealup.vault_secret (tenant_id, id, owner_id, purpose, ciphertext, created_at)
SELECT :'k', lealup.uuid7(), :'k', 'assistant', '\x02'::bytea || uuid_send(k::uuid) || 'rest', now() FROM unnest(ARRAY[:'key1', :'key4']) k;
SELECT is_empty('SELECT pg_temp.all_of(''_secrets_of_retired_keys'')', 'no key is retired');
SELECT lives_ok(format('SELECT lealup.rotate_data_key(%L)', :'k'), 'a tenant''s keys are retired');
SELECT is(count(*), 2::bigint, 'all of its own') FROM lealup.vault_key WHERE tenant_id = :'k' AND retired_at IS NOT NULL;
SELECT is(count(*), 0::bigint, 'and no other''s') FROM lealup.vault_key WHERE tenant_id <> :'k' AND retired_at IS NOT NULL;
SELECT is((SELECT count(*) FROM pg_temp.all_of('_secrets_of_retired_keys')), 2::bigint, 'their secrets are to be encrypted anew');
SELECT lealup._forget_retired_keys();
SELECT is(count(*), 2::bigint, 'what is in use is kept') FROM lealup.vault_key WHERE tenant_id = :'k';
DELETE FROM lealup.vault_secret WHERE tenant_id = :'k' AND substr(ciphertext, 2, 16) = uuid_send(:'key1');
SELECT lealup.rotate_data_key(NULL);
SELECT lealup._forget_retired_keys();
SELECT set_eq('SELECT id FROM lealup.vault_key', ARRAY[:'key2', :'key3', :'key4', :'pair']::uuid[], 'what is not is deleted, but no key pair');
SELECT is(count(*), 1::bigint, 'that the installation''s keys are retired is audited') FROM lealup.audit
WHERE tenant_id = '00000000-0000-0000-0000-000000000000' AND action = 'vault.rotate_data_key';
-- Secrets of the installation itself: of its OAuth clients.
SELECT lealup._store_secret('00000000-0000-0000-0000-000000000000', :'k', 'client_secret', 'of-the-installation');
SELECT v.id AS installations FROM lealup.vault_secret v WHERE tenant_id = '00000000-0000-0000-0000-000000000000' \gset
SELECT ok((SELECT :'installations'::uuid IN (SELECT pg_temp.all_of('_sealed_secrets'))), 'a secret of the installation is to be encrypted by a key, too');
UPDATE lealup.vault_key SET retired_at = NULL WHERE id = :'pair';
SELECT results_eq($$SELECT key_id FROM lealup._sealed_secrets('00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000000')$$, 'VALUES (NULL::uuid)', 'which is not the key pair');
SELECT pg_temp.key('00000000-0000-0000-0000-000000000000') AS data_key \gset
UPDATE lealup.vault_secret SET ciphertext = '\x02'::bytea || uuid_send(:'data_key') || 'rest' WHERE id = :'installations';
SELECT lealup.rotate_data_key(NULL);
SELECT lealup._forget_retired_keys();
SELECT results_eq($$SELECT id, key_id, old_key_id FROM lealup._secrets_of_retired_keys('00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000000')$$,
    format('VALUES (%L::uuid, NULL::uuid, %L::uuid)', :'installations', :'data_key'), 'whose key is retired as a tenant''s is');
DELETE FROM lealup.vault_secret WHERE id = :'installations';
SELECT lealup._forget_retired_keys();
SELECT set_eq('SELECT id FROM lealup.vault_key', ARRAY[:'key2', :'key3', :'key4', :'pair']::uuid[], 'and deleted when it encrypts nothing');
SELECT throws_ok('SELECT lealup.rotate_data_key(lealup.uuid7())', 'P0002', NULL, 'there is no such tenant');

-- Only for administrators.
CREATE ROLE vault_app;
SELECT lealup.grant_access('vault_app', 'app');
SELECT throws_ok(s, '42501', NULL, s) FROM unnest(ARRAY['SET LOCAL ROLE vault_app; SELECT lealup.rewrap()', 'SET LOCAL ROLE vault_app; SELECT lealup.rewrap_status()',
    'SET LOCAL ROLE vault_app; SELECT lealup.rotate_data_key(NULL)']) s;

SELECT * FROM finish();
ROLLBACK;
