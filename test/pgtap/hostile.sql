-- What one tenant's members may write must not be more than others can bear.
BEGIN;
SELECT plan(21);

SELECT lealup.create_tenant('hostile') AS t, lealup.uuid7() AS c, lealup.uuid7() AS k \gset
INSERT INTO lealup.customer (tenant_id, id, name) VALUES (:'t', :'c', 'Acme');
INSERT INTO lealup.ticket (tenant_id, id, customer_id, subject) VALUES (:'t', :'k', :'c', 'Help');

-- ----- Sizes -----
-- As a table keeps them, values are compressed, and much smaller than what comes of them.
CREATE TEMP TABLE large AS SELECT to_jsonb(repeat('x', n)) AS text, jsonb_build_object('a', repeat('x', n)) AS object, jsonb_build_array(repeat('x', n)) AS people
FROM unnest('{60000,1100000}'::int[]) n;
SELECT cmp_ok((SELECT max(pg_column_size(people)) FROM large), '<', 65536, 'compressed they are small');
SELECT throws_ok(format($$INSERT INTO lealup.%s FROM large$$, x.into), '23514', NULL, x.about || ' is bounded')
FROM (VALUES (format('customer (tenant_id, name, custom) SELECT %L, ''x'', object', :'t'), 'what a customer has of its own'),
    (format('contact (tenant_id, custom) SELECT %L, object', :'t'), 'what a contact has'),
    (format('member (tenant_id, email, custom) SELECT %L, length(object::text) || ''@x.example'', object', :'t'), 'what a member has'),
    (format('meeting (tenant_id, title, starts_at, ends_at, attendees) SELECT %L, ''x'', now(), now(), people', :'t'), 'who attends a meeting'),
    (format('meeting (tenant_id, title, starts_at, ends_at, payload) SELECT %L, ''x'', now(), now(), text', :'t'), 'its payload'),
    (format('timeline_event (tenant_id, kind, participants) SELECT %L, ''note'', people', :'t'), 'who took part'),
    (format('timeline_event (tenant_id, kind, payload) SELECT %L, ''note'', text', :'t'), 'a payload'),
    (format('ticket (tenant_id, subject, payload) SELECT %L, ''x'', text', :'t'), 'that of a ticket'),
    (format('ticket_message (tenant_id, ticket_id, body, payload) SELECT %L, %L, ''x'', text', :'t', :'k'), 'that of its messages')) x("into", about);
SELECT throws_ok(format($$SELECT lealup.add_timeline_event(%L, 'note', payload => text) FROM large$$, :'t'), '54000', 'payload is larger than 1 MB', 'also through the function');
SELECT throws_ok(format($$SELECT lealup.upsert_kb_document(%L, 'x', 'x', 'x', 'x', payload => text) FROM large$$, :'t'), '23514', NULL, 'that of a document is bounded');
SELECT lives_ok(format($$UPDATE lealup.customer SET custom = object FROM large WHERE tenant_id = %L AND octet_length(object::text) < 65536$$, :'t'), 'what is within the bounds is taken');
SELECT cmp_ok((SELECT max(octet_length(data::text)) FROM lealup.event WHERE tenant_id = :'t'), '<', 262144, 'and its event is no larger than any other may be');

-- ----- Numbers and dates -----
SELECT throws_ok(format($$UPDATE lealup.customer SET arr = 'NaN' WHERE tenant_id = %L$$, :'t'), '23514', NULL, 'no amount is not a number');
SELECT throws_ok(format($$INSERT INTO lealup.renewal (tenant_id, customer_id, renewal_date, amount) VALUES (%L, %L, '2030-01-01', 'NaN')$$, :'t', :'c'), '23514', NULL, 'nor is that of a renewal');
SELECT throws_ok(format($$UPDATE lealup.customer SET renewal_date = 'infinity' WHERE tenant_id = %L$$, :'t'), '23514', NULL, 'no contract is for ever');
SELECT throws_ok(format($$INSERT INTO lealup.renewal (tenant_id, customer_id, renewal_date) VALUES (%L, %L, '-infinity')$$, :'t', :'c'), '23514', NULL, 'nor is its renewal');

-- Times may be absurd, and time zones unknown; the clock goes on.
UPDATE lealup.tenant SET time_zone = 'Mars/Olympus' WHERE tenant_id = :'t';
INSERT INTO lealup.task (tenant_id, customer_id, title, due_at)
SELECT :'t', :'c', 'x', d FROM unnest('{infinity,-infinity,4713-01-01 BC,294276-12-31 23:59:59+00}'::timestamptz[]) d;
INSERT INTO lealup.meeting (tenant_id, customer_id, title, starts_at, ends_at)
SELECT :'t', :'c', 'x', d, d FROM unnest('{infinity,-infinity,4713-01-01 BC,294276-12-31 23:59:59+00}'::timestamptz[]) d;
INSERT INTO lealup.customer (tenant_id, name, renewal_date) SELECT :'t', 'x', d FROM unnest('{4713-01-01 BC,5874897-12-31}'::date[]) d;
INSERT INTO lealup.health_signal (tenant_id, customer_id, kind, value, observed_at)
SELECT :'t', :'c', 'logins', 1e308, d FROM unnest('{4713-01-01 BC,294276-12-31 23:59:59+00,now}'::timestamptz[]) d;
SELECT lealup.set_health_definition(:'t', NULL, '[{"kind": "logins", "worst": 0, "best": 1, "fresh_for": "10 years", "half_life": "1 hour"}]');
SELECT is_empty('SELECT * FROM lealup.maintenance() WHERE problem IS NOT NULL', 'neither stops the clock');
SELECT results_eq(format($$SELECT count(*) FROM lealup.task WHERE tenant_id = %L AND overdue_at IS NOT NULL$$, :'t'), 'VALUES (2::bigint)', 'which finds what is overdue');

-- ----- Searches -----
SELECT lealup.upsert_kb_document(:'t', 'x', 'guide', 'Guide', 'How to renew.');
SELECT is((SELECT count(*) FROM unnest(ARRAY[repeat('-', 900) || ' guide', repeat('- ', 100) || 'guide']) q, lealup.search_kb(:'t', q)), 2::bigint, 'a line of dashes in a search is no error');

SELECT * FROM finish();
ROLLBACK;
