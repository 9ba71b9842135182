-- What the functions say when they refuse something: message, detail and hint are part of the interface.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS lealup;
RESET client_min_messages;

-- Gives SQLSTATE, message, detail and hint of a statement's error, without ids, which differ from run to run, and line breaks. What succeeds
-- can be undone, so that nothing piles up.
CREATE FUNCTION pg_temp.attempt(sql text, undo boolean DEFAULT false) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    message text; detail text; hint text;
BEGIN
    EXECUTE sql;
    IF undo THEN
        RAISE SQLSTATE 'UNDO0';
    END IF;
    RETURN NEXT 'no error';
EXCEPTION WHEN SQLSTATE 'UNDO0' THEN
    RETURN NEXT 'no error';
WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    RETURN QUERY SELECT regexp_replace(regexp_replace(line, '[0-9a-f]{8}-[0-9a-f-]{27}', 'UUID', 'g'), '[\r\n]', '?', 'g')
                 FROM (VALUES (1, SQLSTATE || ': ' || message), (2, '   DETAIL: ' || nullif(detail, '')), (3, '   HINT: ' || nullif(hint, ''))) v(n, line)
                 WHERE line IS NOT NULL ORDER BY n;
END $$;
-- create_subscription() with some arguments replaced.
CREATE FUNCTION pg_temp.subscribe(arguments text DEFAULT '', url text DEFAULT 'https://receiver.example/hook', events text[] DEFAULT '{health.changed}')
    RETURNS SETOF text LANGUAGE sql AS $$
    SELECT pg_temp.attempt(format('SELECT lealup.create_subscription(current_setting(''test.tenant'')::uuid, %L, %L%s)',
        url, events, coalesce(', ' || nullif(arguments, ''), '')), undo => true)
$$;
CREATE FUNCTION pg_temp.emit(arguments text) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT pg_temp.attempt(format('SELECT lealup.emit(current_setting(''test.tenant'')::uuid, %s)', arguments))
$$;

-- Nothing of this is committed, so that no worker sees it.
BEGIN;
SELECT set_config('test.tenant', lealup.create_tenant('errors')::text, true) IS NOT NULL AS tenant;
\pset tuples_only on
\pset format unaligned

-- ----- Tenants -----
SELECT pg_temp.attempt($$SELECT lealup.create_tenant('')$$);
SELECT pg_temp.attempt($$SELECT lealup.create_tenant(NULL)$$);
SELECT pg_temp.attempt($$SELECT lealup.create_tenant(repeat('x', 201))$$);
SELECT pg_temp.attempt($$SELECT lealup.create_tenant('x', 'gold')$$);
SELECT pg_temp.attempt($$SELECT lealup.create_tenant('x', NULL)$$);
SELECT pg_temp.attempt($$SELECT lealup.update_tenant(current_setting('test.tenant')::uuid, plan => 'gold')$$);
SELECT pg_temp.attempt($$SELECT lealup.update_tenant(lealup.uuid7(), 'x')$$);

-- ----- Event types -----
SELECT pg_temp.subscribe(events => '{health.exploded}');
SELECT pg_temp.subscribe(events => '{health.changed,"*.created"}');
SELECT pg_temp.subscribe(events => '{nothing.*}');
SELECT pg_temp.subscribe(events => '{}');
SELECT pg_temp.subscribe(events => NULL);
SELECT pg_temp.subscribe(events => '{health.changed,NULL}');
SELECT pg_temp.subscribe(events => (SELECT array_agg('type.n' || n) FROM generate_series(1, 101) n));
SELECT pg_temp.attempt($$SELECT * FROM lealup.event_filters('health.exploded')$$);
SELECT pg_temp.attempt($$SELECT * FROM lealup.event_filters(NULL)$$);
SELECT pg_temp.subscribe(events => '{health.changed,customer.*,*}');

-- ----- A tenant's own types -----
CREATE FUNCTION pg_temp.register(arguments text) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT pg_temp.attempt(format('SELECT lealup.register_event_type(current_setting(''test.tenant'')::uuid, %s)', arguments))
$$;
SELECT pg_temp.register($$'shipped', 'One word'$$);
SELECT pg_temp.register($$'Acme.Shipped', 'Capitals'$$);
SELECT pg_temp.register($$'acme.' || repeat('x', 100), 'Too long'$$);
SELECT pg_temp.register($$NULL, 'No name'$$);
SELECT pg_temp.register($$'health.changed', 'Built in'$$);
SELECT pg_temp.register($$'webhook.sent', 'Reserved'$$);
SELECT pg_temp.register($$'acme.shipped', ''$$);
SELECT pg_temp.register($$'acme.shipped', 'Schema', schema => '[]'$$);
SELECT pg_temp.register($$'acme.shipped', 'Filters', filters => '[]'$$);
SELECT pg_temp.register($$'acme.shipped', 'Filters', filters => '{"Bad Name": {"type": "string"}}'$$);
SELECT pg_temp.register($$'acme.shipped', 'Filters', filters => '{"f": {"type": "date"}}'$$);
SELECT pg_temp.register($$'acme.shipped', 'Filters', filters => '{"f": "string"}'$$);
SELECT pg_temp.register($$'acme.shipped', 'Filters', filters => '{"f": {"type": "string", "match": "min"}}'$$);
SELECT pg_temp.register($$'acme.shipped', 'Filters', filters => '{"f": {"type": "string", "values": "a"}}'$$);
SELECT pg_temp.register($$'acme.shipped', 'Filters', filters => '{"f": {"type": "string", "regex": "a"}}'$$);
SELECT pg_temp.register($$'acme.shipped', 'Filters', filters => '{"place": {"type": "string", "values": ["eu-west", "us_east"]}, "express": {"type": "boolean"}}'$$);

-- ----- Filters -----
SELECT pg_temp.subscribe($$filters => '{"sgement_id": "x"}'$$);
SELECT pg_temp.subscribe($$filters => '{"days_left": 30}'$$);
SELECT pg_temp.subscribe($$filters => '{"to_status": "at_risk"}'$$, events => '{health.changed,health.drop_sharp}');
SELECT pg_temp.subscribe($$filters => '{"to_status": "at_risk"}'$$, events => '{task.*}');
SELECT pg_temp.subscribe($$filters => '{"min_arr": "50000"}'$$);
SELECT pg_temp.subscribe($$filters => '{"min_arr": [1, 2]}'$$);
SELECT pg_temp.subscribe($$filters => '{"segment_id": 7}'$$);
SELECT pg_temp.subscribe($$filters => '{"segment_id": null}'$$);
SELECT pg_temp.subscribe($$filters => '{"segment_id": []}'$$);
SELECT pg_temp.subscribe($$filters => '{"segment_id": {"not": "x"}}'$$);
SELECT pg_temp.subscribe($$filters => '{"segment_id": ["x", ["y"]]}'$$);
SELECT pg_temp.subscribe($$filters => '{"to_status": "sick"}'$$);
SELECT pg_temp.subscribe($$filters => '{"from_status": ["healthy", "sick"]}'$$);
SELECT pg_temp.subscribe($$filters => '[]'$$);
SELECT pg_temp.subscribe($$filters => '"x"'$$);
SELECT pg_temp.subscribe($$filters => '{"place": "mars"}'$$, events => '{acme.shipped}');
SELECT pg_temp.subscribe($$filters => '{"express": "true"}'$$, events => '{acme.shipped}');
-- The document's own example, in both of its spellings; a wildcard takes what one of its types knows; hyphens are the user's.
SELECT pg_temp.subscribe($$filters => '{"segment_id": "01HSEG", "min_arr": 50000, "from_status": ["healthy", "neutral"], "to_status": "at_risk"}'$$);
SELECT pg_temp.subscribe($$filters => '{"to_status": "at-risk"}'$$);
SELECT pg_temp.subscribe($$filters => '{"to_status": "at_risk"}'$$, events => '{health.*}');
SELECT pg_temp.subscribe($$filters => '{"place": "eu-west", "express": true}'$$, events => '{acme.shipped}');

-- ----- URLs -----
-- The networks here are ones that nobody admits by lealup.allowed_networks.
SELECT regexp_replace(u.url, '[^ -~]', '?', 'g'), e FROM unnest(ARRAY['', 'receiver.example/hook', 'https://', 'https:///hook', 'ftp://receiver.example/', 'javascript:alert(1)',
    'https://user:word@receiver.example/', 'https://receiver.example/#part', 'https://receiver.example/a b', E'https://receiver.example/\r\nX: y',
    'https://receiver.example\@other.example/', 'https://r' || chr(233) || 'ceiver.example/', 'https://receiver.example:0/',
    'https://receiver.example:65536/', 'https://receiver.example:port/', 'https://169.254.169.254/latest/meta-data', 'https://0.0.0.0/',
    'https://192.0.2.1/', 'https://224.0.0.1/', 'https://255.255.255.255/', 'https://0xa9fea9fe/', 'https://2852039166/', 'https://0251.0376.0251.0376/',
    'https://[fe80::1]/', 'https://[ff02::1]/', 'https://[::ffff:169.254.169.254]/', 'https://[64:ff9b::a9fe:a9fe]/', 'https://[2002:a9fe:a9fe::]/',
    'https://[::]/', 'https://[2001:db8::1]/', 'https://[zz::1]/']) WITH ORDINALITY u(url, n), pg_temp.subscribe(url => u.url) e
WHERE e NOT LIKE '   %' ORDER BY u.n;
SELECT pg_temp.subscribe(url => 'ldap://receiver.example/');
SELECT pg_temp.subscribe(url => 'https://169.254.169.254/');
SELECT pg_temp.subscribe(url => 'https://receiver.example/' || repeat('x', 2000));
SELECT pg_temp.subscribe(url => NULL);
SELECT u.url, e FROM unnest(ARRAY['https://receiver.example', 'https://receiver.example:8443/hook?token=x&y=%20z', 'HTTPS://RECEIVER.EXAMPLE/',
    'https://93.184.215.14/hook', 'https://[2606:4700:4700::1111]/']) WITH ORDINALITY u(url, n), pg_temp.subscribe(url => u.url) e ORDER BY u.n;
-- http is a setting of the server.
SELECT (count(*) FILTER (WHERE e = 'no error') = 1) = current_setting('lealup.allow_http')::boolean AS http_as_set,
       coalesce(bool_or(e LIKE '22023: invalid url: its scheme is not https'), false) = NOT current_setting('lealup.allow_http')::boolean AS or_refused
FROM pg_temp.subscribe(url => 'http://receiver.example/') e;
-- A message never repeats the URL, which may hold a token.
SELECT count(*) FILTER (WHERE e LIKE '%hidden%') FROM pg_temp.subscribe(url => 'https://user:hidden@receiver.example/hidden') e;

-- ----- Secrets -----
SELECT pg_temp.subscribe($$secret => 'short'$$);
SELECT pg_temp.subscribe($$secret => ''$$);
SELECT pg_temp.subscribe($$secret => repeat('s', 31)$$);
SELECT pg_temp.subscribe($$secret => repeat('s', 32)$$);
SELECT pg_temp.subscribe($$secret => repeat('s', 1001)$$);
SELECT pg_temp.subscribe($$secret => repeat('s', 31) || ' t'$$);
SELECT pg_temp.subscribe($$secret => repeat('s', 32) || E'\n'$$);
SELECT count(*) FILTER (WHERE e LIKE '%hidden%') FROM pg_temp.subscribe($$secret => 'hidden-hidden'$$) e;
SELECT pg_temp.attempt($$SELECT lealup.reveal_secret(lealup.uuid7())$$);
SELECT pg_temp.attempt($$SELECT lealup.reveal_secret(NULL)$$);

-- ----- Headers -----
SELECT h.headers, e FROM unnest(ARRAY['{"Host": "x"}', '{"content-length": "1"}', '{"X-LealUp-Signature": "x"}', '{"WEBHOOK-ID": "x"}',
    '{"Transfer-Encoding": "chunked"}', '{"X A": "x"}', '{"": "x"}', '{"X-A:": "x"}', '{"X-A": ""}', '{"X-A": " x"}', '{"X-A": 1}', '{"X-A": null}',
    '{"X-A": "x\r\nX-B: y"}', '{"X-A": "x\nX-B: y"}', '{"X-A": "x\u007f"}', '{"X-A\r\nX-B": "x"}', '{"X-A\n": "x"}', '{"X-A": "1", "x-a": "2"}', '[]', '"x"', 'null'])
    WITH ORDINALITY h(headers, n), pg_temp.subscribe(format('headers => %L', h.headers)) e
WHERE e NOT LIKE '   %' ORDER BY h.n;
SELECT pg_temp.subscribe($$headers => '{"Host": "x"}'$$);
SELECT pg_temp.subscribe($$headers => '{"X:": "x"}'$$);
SELECT pg_temp.subscribe($$headers => (SELECT jsonb_object_agg('X-' || n, 'x') FROM generate_series(1, 21) n)$$);
SELECT pg_temp.subscribe($$headers => jsonb_build_object('X-A', repeat('x', 4001))$$);
SELECT pg_temp.subscribe($$headers => '{"Authorization": "Bearer x", "X-A": "tab\there"}'$$);
SELECT count(*) FILTER (WHERE e LIKE '%hidden%') FROM pg_temp.subscribe($$headers => '{"Authorization": "hidden\r\n"}'$$) e;

-- ----- How to send -----
SELECT pg_temp.subscribe($$retry_schedule => '{-1 s}'$$);
SELECT pg_temp.subscribe($$retry_schedule => '{0,8 days}'$$);
SELECT pg_temp.subscribe($$retry_schedule => '{0,NULL}'$$);
SELECT pg_temp.subscribe($$retry_schedule => array_fill('1 s'::interval, '{21}')$$);
SELECT pg_temp.subscribe($$retry_schedule => array_fill('1 s'::interval, '{2,2}')$$);
SELECT pg_temp.subscribe($$retry_schedule => array_fill('7 days'::interval, '{20}')$$);
SELECT pg_temp.subscribe($$retry_schedule => '{}'$$);
SELECT pg_temp.subscribe($$retry_on => 'everything'$$);
SELECT pg_temp.subscribe($$retry_on => NULL$$);
SELECT pg_temp.subscribe($$timeout => '99 ms'$$);
SELECT pg_temp.subscribe($$timeout => '30.001 s'$$);
SELECT pg_temp.subscribe($$timeout => '-1 s'$$);
SELECT pg_temp.subscribe($$timeout => NULL$$);
SELECT pg_temp.subscribe($$timeout => '30 s'$$);
SELECT pg_temp.subscribe($$rate_limit => -1$$);
SELECT pg_temp.subscribe($$rate_limit => 1000001$$);
SELECT pg_temp.subscribe($$max_in_flight => 0$$);
SELECT pg_temp.subscribe($$max_in_flight => 10001$$);
SELECT pg_temp.subscribe($$disable_after_failures => 0$$);
SELECT pg_temp.subscribe($$description => repeat('x', 1001)$$);

-- ----- Whom it concerns -----
SELECT pg_temp.attempt(c) FROM unnest(ARRAY[
    $$SELECT lealup.create_subscription(NULL, 'https://receiver.example/', '{*}')$$,
    $$SELECT lealup.create_subscription('00000000-0000-7000-8000-000000000000', 'https://receiver.example/', '{*}')$$,
    $$SELECT lealup.emit(NULL, 'health.changed', '{}')$$,
    $$SELECT lealup.emit('00000000-0000-7000-8000-000000000000', 'health.changed', '{}')$$]) c;
SELECT c.call, e FROM unnest(ARRAY['update_subscription(t, %L)', 'pause_subscription(t, %L)', 'resume_subscription(t, %L)', 'delete_subscription(t, %L)',
    'rotate_secret(t, %L)', 'send_test_event(t, %L)', 'replay(t, %L)', 'recover(t, %L, now())', 'replay_missing(t, %L, now())']) WITH ORDINALITY c(call, n),
    (VALUES (1, '00000000-0000-7000-8000-000000000000'), (2, NULL)) v(m, id),
    pg_temp.attempt(format('SELECT lealup.' || replace(c.call, '(t', '(current_setting(''test.tenant'')::uuid'), v.id)) e
ORDER BY c.n, v.m;
SELECT set_config('test.subscription', lealup.create_subscription(current_setting('test.tenant')::uuid, 'https://receiver.example/', '{*}')::text, true) IS NOT NULL;
CREATE FUNCTION pg_temp.on_subscription(call text) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT pg_temp.attempt('SELECT lealup.' || replace(call, 't, s', 'current_setting(''test.tenant'')::uuid, current_setting(''test.subscription'')::uuid'))
$$;
SELECT pg_temp.on_subscription($$update_subscription(t, s, url => 'https://169.254.169.254/')$$);
SELECT pg_temp.on_subscription($$update_subscription(t, s, events => '{}')$$);
SELECT pg_temp.on_subscription($$update_subscription(t, s, events => '{task.*}', filters => '{"to_status": "at_risk"}')$$);
SELECT pg_temp.on_subscription($$update_subscription(t, s, timeout => '0')$$);
SELECT pg_temp.on_subscription($$update_subscription(t, s, headers => '{"Host": "x"}')$$);
SELECT pg_temp.on_subscription($$rotate_secret(t, s, 'short')$$);
SELECT pg_temp.on_subscription($$rotate_secret(t, s, overlap => '-1 s')$$);
SELECT pg_temp.on_subscription($$rotate_secret(t, s, overlap => '31 days')$$);
SELECT pg_temp.on_subscription($$rotate_secret(t, s, overlap => NULL)$$);
SELECT pg_temp.on_subscription($$recover(t, s, NULL, '2026-01-01 12:00+00')$$);
SELECT pg_temp.on_subscription($$recover(t, s, '-infinity', '2026-01-01 12:00+00')$$);
SELECT pg_temp.on_subscription($$recover(t, s, '2026-01-01 12:00+00', '2026-01-01 11:59+00')$$);
SELECT pg_temp.on_subscription($$recover(t, s, now(), status => 'pending')$$);
SELECT pg_temp.on_subscription($$replay_missing(t, s, '2026-01-01 12:00+00', NULL)$$);
SELECT pg_temp.on_subscription($$send_test_event(t, s, 'health.exploded')$$);
-- A deleted one is gone, and a paused one takes no test event.
SELECT pg_temp.on_subscription($$pause_subscription(t, s)$$);
SELECT pg_temp.on_subscription($$send_test_event(t, s)$$);
SELECT pg_temp.on_subscription($$delete_subscription(t, s)$$);
SELECT pg_temp.on_subscription($$resume_subscription(t, s)$$);
SELECT pg_temp.on_subscription($$rotate_secret(t, s)$$);
SELECT pg_temp.on_subscription($$replay_missing(t, s, now())$$);

-- ----- The number of subscriptions -----
SELECT set_config('test.tenant', lealup.create_tenant('many')::text, true) IS NOT NULL;
SELECT count(lealup.create_subscription(current_setting('test.tenant')::uuid, 'https://receiver.example/', '{*}')) = current_setting('lealup.max_subscriptions')::int
FROM generate_series(1, current_setting('lealup.max_subscriptions')::int);
SELECT regexp_replace(e, 'has \d+; the limit is \d+', 'has N; the limit is N') FROM pg_temp.subscribe() e;
-- One that was deleted makes room; one that is paused does not.
SELECT lealup.pause_subscription(s.tenant_id, s.id)
FROM (SELECT * FROM lealup.subscription WHERE tenant_id = current_setting('test.tenant')::uuid ORDER BY id LIMIT 1) s;
SELECT e FROM pg_temp.subscribe() e WHERE e NOT LIKE '   %';
SELECT lealup.delete_subscription(s.tenant_id, s.id)
FROM (SELECT * FROM lealup.subscription WHERE tenant_id = current_setting('test.tenant')::uuid ORDER BY id LIMIT 1) s;
SELECT pg_temp.subscribe();

-- ----- Events -----
SELECT pg_temp.emit($$NULL, '{}'$$);
SELECT pg_temp.emit($$'health.exploded', '{}'$$);
SELECT pg_temp.emit($$'health.*', '{}'$$);
SELECT pg_temp.emit($$'webhook.test', '{}'$$);
-- Another tenant's type.
SELECT pg_temp.emit($$'acme.shipped', '{}'$$);
SELECT pg_temp.emit($$'health.changed', NULL$$);
SELECT pg_temp.emit($$'health.changed', '[]'$$);
SELECT pg_temp.emit($$'health.changed', '"x"'$$);
SELECT pg_temp.emit($$'health.changed', 'null'$$);
SELECT pg_temp.emit($$'health.changed', ' 1 '$$);
SELECT pg_temp.emit($$'health.changed', '{'$$);
SELECT pg_temp.emit($$'health.changed', '{}', context => '[]'$$);
SELECT pg_temp.emit($$'health.changed', '{}', idempotency_key => ''$$);
SELECT pg_temp.emit($$'health.changed', '{}', idempotency_key => repeat('x', 256)$$);
SELECT regexp_replace(e, '\d+ (bytes|kB)', 'N \1', 'g') FROM pg_temp.emit($$'health.changed',
    json_build_object('x', repeat('x', 1024 * (SELECT setting::int FROM pg_settings WHERE name = 'lealup.max_event_size')))$$) e;
SELECT regexp_replace(e, '\d+ (bytes|kB)', 'N \1', 'g') FROM pg_temp.emit($$'health.changed', '{}', context =>
    jsonb_build_object('x', repeat('x', 1024 * (SELECT setting::int FROM pg_settings WHERE name = 'lealup.max_event_size')))$$) e;
SELECT pg_temp.emit($$'health.changed', '{}', NULL, NULL, NULL$$);
SELECT pg_temp.emit($$'health.changed', E' \n{"a": 1}', idempotency_key => repeat(chr(233), 255)$$);

-- ----- Members -----
SELECT set_config('lealup.member_id', '00000000-0000-7000-8000-000000000000', true) <> '' AS nobody;
SELECT pg_temp.attempt($$SELECT lealup.add_note(current_setting('test.tenant')::uuid, NULL, 'x')$$);
SELECT set_config('lealup.member_id', '', true) = '' AS application;
SELECT pg_temp.attempt($$SELECT lealup.save_import_mapping(current_setting('test.tenant')::uuid, 'x', 'customer', '{"name": 1}', delimiter => '.')$$);
SELECT pg_temp.attempt($$SELECT lealup.add_timeline_event(current_setting('test.tenant')::uuid, 'mail')$$);
SELECT pg_temp.attempt($$SELECT lealup.create_ticket(current_setting('test.tenant')::uuid, 'x', channel => '')$$);

-- ----- Access -----
SELECT pg_temp.attempt($$SELECT lealup.grant_access('regress_lealup_nobody', 'app')$$);
SELECT pg_temp.attempt($$SELECT lealup.grant_access(NULL, 'app')$$);
SELECT pg_temp.attempt($$SELECT lealup.grant_access(current_user, 'owner')$$);
SELECT pg_temp.attempt($$SELECT lealup.grant_access(current_user, NULL)$$);
SELECT pg_temp.attempt($$SELECT lealup.grant_access(current_user, 'app', '00000000-0000-7000-8000-000000000000')$$);
-- The workers' own roles have what they need, and keep it.
SELECT bool_and(e <> 'no error') FROM pg_temp.attempt($$SELECT lealup.grant_access('lealup_worker', 'app')$$) e;
SELECT bool_and(e <> 'no error') FROM pg_temp.attempt($$SELECT lealup.revoke_access('lealup_worker')$$) e;
SELECT bool_and(e <> 'no error') FROM pg_temp.attempt($$SELECT lealup.revoke_access('lealup_gateway')$$) e;
SELECT has_schema_privilege('lealup_worker', 'lealup', 'USAGE') AND has_table_privilege('lealup_worker', 'lealup.event', 'SELECT');
ROLLBACK;
