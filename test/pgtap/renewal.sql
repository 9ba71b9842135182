-- Renewals: the customer's date and the open renewal, how a renewal ends, and the notices before it.
BEGIN;
SELECT plan(84);

SELECT lealup.create_tenant('renewal') AS tenant \gset
SELECT set_config('test.tenant', :'tenant', true);
UPDATE lealup.tenant SET time_zone = 'Europe/Madrid' WHERE tenant_id = :'tenant';
INSERT INTO lealup.member (tenant_id, email) VALUES (:'tenant', 'ana@example.com') RETURNING id AS ana \gset

-- The events since the last call, in the order of their types: "renewal.completed Acme" ...
CREATE FUNCTION pg_temp.events() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    SELECT string_agg(event_type || ' ' || (data ->> 'customer_name'), ', ' ORDER BY event_type COLLATE "C", data ->> 'customer_name') INTO result
    FROM lealup.event WHERE tenant_id = current_setting('test.tenant')::uuid;
    DELETE FROM lealup.event WHERE tenant_id = current_setting('test.tenant')::uuid;
    RETURN coalesce(result, 'none');
END $$;
-- A customer's date and its renewals: "2027-01-31: completed 2026-01-31 100, open 2027-01-31 100".
CREATE FUNCTION pg_temp.state(customer text) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(c.renewal_date::text, '-') || ': ' || coalesce(string_agg(format('%s %s %s%s', r.status, r.renewal_date, r.amount, ' ' || r.notified_days), ', ' ORDER BY r.id) FILTER (WHERE r.id IS NOT NULL), '-')
    FROM lealup.customer c LEFT JOIN lealup.renewal r ON r.tenant_id = c.tenant_id AND r.customer_id = c.id
    WHERE c.tenant_id = current_setting('test.tenant')::uuid AND c.name = customer
    GROUP BY c.tenant_id, c.id
$$;
CREATE FUNCTION pg_temp.open(customer text) RETURNS uuid LANGUAGE sql AS $$
    SELECT r.id FROM lealup.renewal r JOIN lealup.customer c ON c.tenant_id = r.tenant_id AND c.id = r.customer_id
    WHERE c.tenant_id = current_setting('test.tenant')::uuid AND c.name = customer AND r.status = 'open'
$$;
CREATE FUNCTION pg_temp.customer(name text, renewal_date date, arr numeric DEFAULT 100) RETURNS uuid LANGUAGE sql AS $$
    INSERT INTO lealup.customer (tenant_id, name, renewal_date, arr) VALUES (current_setting('test.tenant')::uuid, name, renewal_date, arr) RETURNING id
$$;

-- ----- The customer's date makes, moves and cancels -----
SELECT pg_temp.customer('Acme', NULL) AS acme \gset
SELECT is(pg_temp.state('Acme'), '-: -', 'no date, no renewal');
SELECT is(pg_temp.events(), 'customer.created Acme', 'only the customer is new');
UPDATE lealup.customer SET renewal_date = '2026-05-15', owner_id = :'ana', currency = 'EUR' WHERE id = :'acme';
SELECT is(pg_temp.state('Acme'), '2026-05-15: open 2026-05-15 100.00', 'a date opens a renewal for the ARR');
SELECT is((SELECT currency FROM lealup.renewal WHERE id = pg_temp.open('Acme')), 'EUR', 'in the customer''s currency');
SELECT is(pg_temp.events(), 'customer.updated Acme', 'which is one change of the customer');
UPDATE lealup.customer SET arr = 200 WHERE id = :'acme';
SELECT is(pg_temp.state('Acme'), '2026-05-15: open 2026-05-15 100.00', 'the amount stays what it was');
SELECT pg_temp.open('Acme') AS first \gset
UPDATE lealup.customer SET renewal_date = '2026-06-15' WHERE id = :'acme';
SELECT is(pg_temp.state('Acme'), '2026-06-15: open 2026-06-15 100.00', 'another date moves it');
SELECT is(pg_temp.open('Acme'), :'first', 'it is the same renewal');
SELECT pg_temp.events() IS NOT NULL;
UPDATE lealup.renewal SET renewal_date = '2026-07-15' WHERE id = :'first';
SELECT is(pg_temp.state('Acme'), '2026-07-15: open 2026-07-15 100.00', 'the customer follows its renewal');
SELECT is(pg_temp.events(), 'customer.updated Acme', 'with one event');
UPDATE lealup.renewal SET renewal_date = renewal_date, status = status, amount = 110;
UPDATE lealup.customer SET renewal_date = renewal_date;
SELECT is(pg_temp.events(), 'none', 'an update that changes neither date nor status is no event');
UPDATE lealup.customer SET renewal_date = NULL WHERE id = :'acme';
SELECT is(pg_temp.state('Acme'), '-: cancelled 2026-07-15 110.00', 'without a date the renewal is cancelled');
SELECT isnt((SELECT closed_at FROM lealup.renewal WHERE id = :'first'), NULL, 'and closed');
SELECT is(pg_temp.events(), 'customer.updated Acme', 'which no renewal event tells');
UPDATE lealup.renewal SET status = 'open' WHERE id = :'first';
SELECT is(pg_temp.state('Acme'), '2026-07-15: open 2026-07-15 110.00', 'a renewal that is reopened gives the date back');
SELECT is((SELECT closed_at FROM lealup.renewal WHERE id = :'first'), NULL, 'and is not closed any more');
SELECT throws_ok(format($$INSERT INTO lealup.renewal (tenant_id, customer_id, renewal_date) VALUES (%L, %L, '2027-01-01')$$, :'tenant', :'acme'), '23505', NULL,
    'a customer has one open renewal');
SELECT pg_temp.customer('Globex', NULL) AS globex \gset
UPDATE lealup.renewal SET customer_id = :'globex' WHERE id = :'first';
SELECT is(pg_temp.state('Acme') || ' / ' || pg_temp.state('Globex'), '-: - / 2026-07-15: open 2026-07-15 110.00', 'a renewal that was entered for the wrong customer takes its date along');
UPDATE lealup.renewal SET customer_id = :'acme' WHERE id = :'first';
SELECT pg_temp.events() IS NOT NULL;

-- ----- Completed -----
SELECT lealup.complete_renewal(:'tenant', :'first', amount => 120) AS second \gset
SELECT is(pg_temp.state('Acme'), '2027-07-15: completed 2026-07-15 120.00, open 2027-07-15 120.00', 'the next renewal is a year later, for what was agreed');
SELECT is(pg_temp.open('Acme'), :'second', 'its id is given');
SELECT is((SELECT count(*) FROM lealup.event WHERE tenant_id = :'tenant' AND event_type = 'customer.updated' AND data -> 'changes' ->> 'renewal_date' =
    '{"previous": "2026-07-15", "current": "2027-07-15"}'), 1::bigint, 'the customer goes from one date to the next');
SELECT is((SELECT data::jsonb FROM lealup.event WHERE tenant_id = :'tenant' AND event_type = 'renewal.completed'),
    jsonb_build_object('customer_id', :'acme', 'customer_name', 'Acme', 'renewal_id', :'first', 'renewal_date', '2026-07-15', 'amount', 120.00, 'currency', 'EUR',
        'owner_id', :'ana', 'owner_email', 'ana@example.com'), 'what renewal.completed tells');
SELECT is((SELECT context ->> 'arr' FROM lealup.event WHERE tenant_id = :'tenant' AND event_type = 'renewal.completed'), '200.00', 'and what it is filtered by');
SELECT is(pg_temp.events(), 'customer.updated Acme, renewal.completed Acme', 'each event once');
SELECT isnt((SELECT closed_at FROM lealup.renewal WHERE id = :'first'), NULL, 'it is closed');
SELECT is((SELECT array_agg(detail ->> 'next_date') FROM lealup.audit WHERE tenant_id = :'tenant' AND action = 'renewal.complete' AND object_id = :'first'), '{2027-07-15}', 'and audited');
SELECT throws_ok(format('SELECT lealup.complete_renewal(%L, %L)', :'tenant', :'first'), '55000', NULL, 'not twice');
SELECT throws_ok(format('UPDATE lealup.%I SET renewal_date = %L WHERE tenant_id = %L', r, d, :'tenant'), '23514', NULL, 'nor is there one of ' || d)
FROM (VALUES ('customer', 'infinity'), ('customer', '-infinity'), ('renewal', 'infinity')) x(r, d);
SELECT throws_ok(format('UPDATE lealup.renewal SET amount = ''NaN'' WHERE tenant_id = %L', :'tenant'), '23514', NULL, 'or for an amount that is no number');
SELECT throws_ok(format('SELECT lealup.complete_renewal(%L, %L)', :'tenant', lealup.uuid7()), 'P0002', NULL, 'nor one that is not there');
SELECT throws_ok(format('SELECT lealup.complete_renewal(%L, %L, ''2027-07-15'')', :'tenant', :'second'), '22023', NULL, 'the next date is a later one');
SELECT throws_ok(format('SELECT lealup.complete_renewal(%L, %L, amount => -1)', :'tenant', :'second'), '22023', NULL, 'an amount is not negative');
SELECT is(pg_temp.events(), 'none', 'what was refused caused nothing');
UPDATE lealup.customer SET renewal_date = '2028-02-29' WHERE id = :'acme';
SELECT lealup.complete_renewal(:'tenant', :'second') AS third \gset
SELECT is((SELECT renewal_date FROM lealup.customer WHERE id = :'acme'), '2029-02-28', 'a year after a leap day is the last of February');
SELECT lealup.complete_renewal(:'tenant', :'third', '2029-09-01') AS fourth \gset
SELECT is((SELECT renewal_date FROM lealup.customer WHERE id = :'acme'), '2029-09-01', 'or any date that is given');
SELECT pg_temp.events() IS NOT NULL;
UPDATE lealup.renewal SET status = 'completed' WHERE id = :'fourth';
SELECT is(pg_temp.events(), 'customer.updated Acme, renewal.completed Acme', 'a plain update of the status counts as well');
SELECT is((SELECT renewal_date FROM lealup.customer WHERE id = :'acme'), NULL, 'without a next renewal there is no date');
INSERT INTO lealup.renewal (tenant_id, customer_id, renewal_date, status) VALUES (:'tenant', :'acme', '2025-05-15', 'completed');
SELECT is(pg_temp.events(), 'renewal.completed Acme', 'one that is entered as completed does so, too');

-- ----- Churned, and back -----
UPDATE lealup.customer SET renewal_date = '2030-09-01' WHERE id = :'acme';
SELECT pg_temp.events() IS NOT NULL;
SELECT pg_temp.open('Acme') AS lost \gset
SELECT lealup.churn_renewal(:'tenant', :'lost', 'budget');
SELECT results_eq(format('SELECT status, renewal_date FROM lealup.customer WHERE id = %L', :'acme'), 'VALUES (''churned'', NULL::date)', 'a customer that does not renew has churned');
SELECT is((SELECT data ->> 'reason' FROM lealup.event WHERE tenant_id = :'tenant' AND event_type = 'renewal.churned'), 'budget', 'for a reason');
SELECT is(pg_temp.events(), 'customer.status_changed Acme, customer.updated Acme, renewal.churned Acme', 'each event once');
SELECT is((SELECT status || ' ' || (closed_at IS NOT NULL) FROM lealup.renewal WHERE id = :'lost'), 'churned true', 'the renewal is closed');
SELECT is((SELECT count(*) FROM lealup.audit WHERE tenant_id = :'tenant' AND action = 'renewal.churn' AND object_id = :'lost'), 1::bigint, 'and audited');
SELECT throws_ok(format('SELECT lealup.churn_renewal(%L, %L)', :'tenant', :'lost'), '55000', NULL, 'not twice');
SELECT throws_ok(format('SELECT lealup.churn_renewal(%L, %L, repeat(''x'', 2001))', :'tenant', :'lost'), '22023', NULL, 'a reason has an end');
UPDATE lealup.customer SET status = 'active', renewal_date = '2030-09-01' WHERE id = :'acme';
SELECT isnt(pg_temp.open('Acme'), :'lost', 'a customer that returns gets a new renewal, even with the same date');
SELECT is(pg_temp.events(), 'customer.status_changed Acme, customer.updated Acme', 'and no event is repeated');
SELECT lealup.churn_renewal(:'tenant', pg_temp.open('Acme'), churn_customer => false);
SELECT is((SELECT status FROM lealup.customer WHERE id = :'acme'), 'active', 'a contract can end without the customer');
SELECT is(pg_temp.events(), 'customer.updated Acme, renewal.churned Acme', 'then its status does not change');

-- ----- Notices. In Madrid the clocks go forward on 2026-03-29 and back on 2026-10-25. -----
-- What a run at a time emits: how many, then the notices.
CREATE FUNCTION pg_temp.run(moment timestamptz) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    n bigint := lealup._renewals_due(moment, 1000);
    notices text := (SELECT string_agg(data ->> 'days_left', ',' ORDER BY (data ->> 'days_left')::int) FROM lealup.event
        WHERE tenant_id = current_setting('test.tenant')::uuid AND event_type = 'renewal.approaching');
BEGIN
    PERFORM pg_temp.events();
    RETURN n || ' ' || coalesce(notices, '-');
END $$;
SELECT pg_temp.customer('Madrid', '2026-05-28', 500) AS madrid \gset
SELECT is(pg_temp.run('2026-03-28 23:59:59+01'), '0 -', '61 days before there is none');
SELECT is(lealup._renewals_due('2026-03-29 00:00:00+01', 1000), 1::bigint, '60 days before, as the day of the clock change begins in Madrid');
SELECT is((SELECT data::jsonb - 'customer_id' - 'renewal_id' FROM lealup.event WHERE tenant_id = :'tenant' AND event_type = 'renewal.approaching'),
    '{"customer_name": "Madrid", "renewal_date": "2026-05-28", "days_left": 60, "amount": 500.00, "currency": "USD", "owner_id": null, "owner_email": null}', 'there is one');
SELECT pg_temp.events() IS NOT NULL;
SELECT is(pg_temp.run('2026-03-29 00:00:00+01'), '0 -', 'once');
SELECT is(pg_temp.run('2026-04-27 23:59:59+02'), '0 -', 'nothing for a month');
SELECT is(pg_temp.run('2026-04-28 00:00:00+02'), '1 30', '30 days before, in summer time');
SELECT is(pg_temp.run('2026-05-13 12:00+02'), '1 15', '15 days before');
SELECT is(pg_temp.run('2026-05-21 00:30+02') || ', ' || pg_temp.run('2026-05-28 23:30+02'), '1 7, 0 -', '7 days before, and it is the last');
UPDATE lealup.customer SET renewal_date = '2026-12-24' WHERE id = :'madrid';
SELECT is(pg_temp.state('Madrid'), '2026-12-24: open 2026-12-24 500.00', 'a renewal that moves has had no notice');
SELECT is(pg_temp.run('2026-10-24 23:59:59+02') || ', ' || pg_temp.run('2026-10-25 00:00:00+02'), '0 -, 1 60', 'and gets them again, here on the day of the other clock change');
SELECT is(pg_temp.run('2026-12-16 09:00+01'), '1 15', 'after a downtime over two notices there is one, the most urgent that is due');
SELECT is(pg_temp.run('2026-12-24 23:59:59+01'), '1 7', 'the last day is not too late');
UPDATE lealup.customer SET renewal_date = '2027-02-28' WHERE id = :'madrid';
SELECT is(pg_temp.run('2027-03-01 00:00+01'), '0 -', 'the day after is');
UPDATE lealup.customer SET renewal_date = '2028-02-29' WHERE id = :'madrid';
SELECT is(pg_temp.run('2028-01-30 00:00+01') || ', ' || pg_temp.run('2028-02-13 23:59+01') || ', ' || pg_temp.run('2028-02-14 00:00+01'), '1 30, 0 -, 1 15', 'a renewal on a leap day');
UPDATE lealup.customer SET renewal_date = '2028-03-07' WHERE id = :'madrid';
SELECT is(pg_temp.run('2028-02-28 12:00+01') || ', ' || pg_temp.run('2028-02-29 00:00+01'), '1 15, 1 7', 'seven days across a leap day');
-- The same moment is another day elsewhere.
UPDATE lealup.customer SET renewal_date = '2028-08-10' WHERE id = :'madrid';
UPDATE lealup.tenant SET time_zone = 'Pacific/Kiritimati' WHERE tenant_id = :'tenant';
SELECT is(pg_temp.run('2028-06-10 09:59:59+00') || ', ' || pg_temp.run('2028-06-10 10:00+00'), '0 -, 1 60', 'a day begins early in Kiritimati');
UPDATE lealup.tenant SET time_zone = 'America/Santiago' WHERE tenant_id = :'tenant';
UPDATE lealup.customer SET renewal_date = '2028-11-02' WHERE id = :'madrid';
SELECT is(pg_temp.run('2028-09-03 03:59:59+00') || ', ' || pg_temp.run('2028-09-03 04:00+00'), '0 -, 1 60', 'and in Santiago on a day that has no midnight');

-- When the next one is due, in every zone: a moment before there is none.
CREATE FUNCTION pg_temp.next_is_exact(zone text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    today date := now() AT TIME ZONE zone;
    next timestamptz;
    before bigint;
    at bigint;
BEGIN
    UPDATE lealup.tenant SET time_zone = zone WHERE tenant_id = current_setting('test.tenant')::uuid;
    UPDATE lealup.customer SET renewal_date = today + 62 WHERE tenant_id = current_setting('test.tenant')::uuid AND name = 'Madrid';
    IF lealup._renewals_next() IS NOT NULL THEN
        RETURN 'too far away to be told';
    END IF;
    UPDATE lealup.customer SET renewal_date = today + 61 WHERE tenant_id = current_setting('test.tenant')::uuid AND name = 'Madrid';
    next := lealup._renewals_next();
    before := lealup._renewals_due(next - interval '1 microsecond', 1000);
    at := lealup._renewals_due(next, 1000);
    PERFORM pg_temp.events();
    RETURN concat_ws(', ', (next AT TIME ZONE zone)::date - today, before, at, lealup._renewals_next());
END $$;
SELECT is((SELECT string_agg(DISTINCT pg_temp.next_is_exact(z), '; ') FROM unnest(ARRAY['UTC', 'Europe/Madrid', 'America/Los_Angeles', 'Asia/Kathmandu', 'Pacific/Kiritimati', 'Pacific/Pago_Pago', 'Australia/Lord_Howe']) z),
    '1, 0, 1', 'the next notice is known to the moment');
UPDATE lealup.tenant SET time_zone = 'UTC' WHERE tenant_id = :'tenant';
UPDATE lealup.customer SET renewal_date = (now() AT TIME ZONE 'UTC')::date + 31 WHERE id = :'madrid';
SELECT is(lealup._renewals_next(), date_trunc('day', now(), 'UTC'), 'one that is due was due when the day began');
SELECT is(pg_temp.run(now()), '1 60', 'it is given');
SELECT is(lealup._renewals_next(), date_trunc('day', now(), 'UTC') + interval '1 day', 'then comes the next one, tomorrow');
SELECT is(lealup._clock(now()), least(now() + interval '1 hour', greatest(now() + interval '1 second', date_trunc('day', now(), 'UTC') + interval '1 day')), 'the clock waits for it, but not longer than an hour');
UPDATE lealup.customer SET status = 'churned' WHERE id = :'madrid';
SELECT is(lealup._renewals_next(), NULL, 'a customer that has churned is not waited for');
UPDATE lealup.customer SET status = 'active', renewal_date = '5874897-12-31' WHERE id = :'madrid';
SELECT is(lealup._renewals_next(), NULL, 'nor is a date at the end of time');
UPDATE lealup.customer SET renewal_date = (now() AT TIME ZONE 'UTC')::date - 1 WHERE id = :'madrid';
SELECT is(lealup._renewals_next(), NULL, 'nor a past one');
SELECT pg_temp.events() IS NOT NULL;

-- Whom notices are not about.
UPDATE lealup.tenant SET time_zone = 'UTC' WHERE tenant_id = :'tenant';
UPDATE lealup.customer SET renewal_date = '2031-01-31' WHERE id = :'madrid';
UPDATE lealup.customer SET status = 'churned' WHERE id = :'madrid';
SELECT is(pg_temp.run('2031-01-20 00:00+00'), '0 -', 'a customer that has churned is not approaching anything');
UPDATE lealup.customer SET status = 'active' WHERE id = :'madrid';
UPDATE lealup.tenant SET home = 'elsewhere' WHERE tenant_id = :'tenant';
SELECT is(pg_temp.run('2031-01-20 00:00+00'), '0 -', 'a tenant whose home is elsewhere is not served here');
UPDATE lealup.tenant SET home = lealup.home() WHERE tenant_id = :'tenant';
SET LOCAL lealup.suppress_events = on;
SELECT is(pg_temp.run('2031-01-20 00:00+00'), '0 -', 'while events are suppressed');
SET LOCAL lealup.suppress_events = off;
SELECT is(pg_temp.run('2031-01-20 00:00+00'), '1 15', 'no notice is used up');
SELECT lealup.delete_customer(:'tenant', :'madrid');
SELECT is(pg_temp.run('2031-01-25 00:00+00'), '0 -', 'a deleted customer gets none');

-- ----- Loads -----
-- A session that has changed single rows changes many as fast as any; by the plans that it had for those this would take minutes.
SET LOCAL statement_timeout = '60s';
UPDATE lealup.customer SET arr = 1 WHERE id = :'acme';
INSERT INTO lealup.customer (tenant_id, name, renewal_date) SELECT :'tenant', 'bulk ' || i, '2032-01-31' FROM generate_series(1, 20000) i;
UPDATE lealup.customer SET renewal_date = '2032-01-30' WHERE tenant_id = :'tenant' AND name LIKE 'bulk%';
UPDATE lealup.renewal SET renewal_date = '2032-01-31' WHERE tenant_id = :'tenant' AND renewal_date = '2032-01-30';
SET LOCAL statement_timeout = 0;
SELECT is((SELECT count(*) FROM lealup.renewal WHERE tenant_id = :'tenant' AND renewal_date = '2032-01-31' AND status = 'open'), 20000::bigint, 'many customers get their renewals');
SELECT count(*) FROM lealup._renewals_due('2032-01-01 00:00+00', 100);
SELECT is((SELECT count(*) FROM lealup.event WHERE tenant_id = :'tenant' AND event_type = 'renewal.approaching'), 100::bigint, 'a batch is bounded');
-- What a restore loads is left as it is.
UPDATE lealup.tenant SET home = 'elsewhere' WHERE tenant_id = :'tenant';
SELECT pg_temp.customer('Restored', '2032-01-31') IS NOT NULL;
SELECT is(pg_temp.state('Restored'), '2032-01-31: -', 'a restored customer waits for its own renewal');

SELECT * FROM finish();
ROLLBACK;
