-- CSV: what a mapping says, how cells are read, which row is which, what is refused and why, and who may import.
BEGIN;
SELECT plan(209);

SELECT lealup.create_tenant('import', time_zone => 'Europe/Madrid') AS tenant \gset
SELECT lealup.create_tenant('other') AS other \gset
INSERT INTO lealup.member (tenant_id, email, role) VALUES (:'tenant', 'Ana@lealup.example', 'director'), (:'tenant', 'leo@lealup.example', 'csm');
INSERT INTO lealup.segment (tenant_id, name) VALUES (:'tenant', 'Enterprise');

CREATE FUNCTION pg_temp.counts(tenant_id uuid, mapping text, csv text, dry_run boolean DEFAULT false, suppress_events boolean DEFAULT false) RETURNS text
    LANGUAGE sql AS $$
    SELECT format('%s rows: %s+ %s~ %s= %s& %s-', c.rows, c.inserted, c.updated, c.unchanged, c.merged, c.rejected)
    FROM lealup.import_csv(tenant_id, mapping, csv, dry_run, suppress_events) c
$$;
-- The reasons of the import that came last.
CREATE FUNCTION pg_temp.reasons() RETURNS TABLE (row_no bigint, field text, reason text) LANGUAGE sql AS $$
    SELECT r.row_no, r.field, r.reason FROM lealup.import_reject r
    WHERE r.import_id = (SELECT i.id FROM lealup.import i ORDER BY i.id DESC LIMIT 1) ORDER BY r.row_no
$$;
CREATE FUNCTION pg_temp.events(tenant_id uuid) RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM lealup.event e WHERE e.tenant_id = events.tenant_id';

-- ----- Mappings -----

SELECT isnt(lealup.save_import_mapping(:'tenant', 'accounts', 'customer', '{"external_id": "Id", "name": "Account name", "domain": "Web", "arr": "ARR", "status": "Status",
    "owner": "Owner", "segment": "Segment", "renewal_date": "Renewal", "custom.region": "Region"}', date_format => 'DMY'), NULL, 'a mapping is saved');
SELECT is((SELECT key FROM lealup.import_mapping WHERE tenant_id = :'tenant'), 'external_id', 'its key is the best that it maps');
SELECT lealup.save_import_mapping(:'tenant', 'accounts', 'customer', (SELECT columns FROM lealup.import_mapping WHERE tenant_id = :'tenant'), date_format => 'DMY');
SELECT is((SELECT count(*) FROM lealup.import_mapping), 1::bigint, 'saved again it is the same');
SELECT throws_ok(format('SELECT lealup.save_import_mapping(%L, ''x'', %s)', :'tenant', a), '22023', NULL, w)
FROM (VALUES ($$'invoice', '{"a": 1}'$$, 'an unknown target'), ($$'customer', '{"email": 1}'$$, 'an unknown field'), ($$'customer', '{}'$$, 'no column'),
    ($$'customer', '{"name": {"colum": 1}}'$$, 'an unknown option'), ($$'customer', '{"name": 0}'$$, 'column 0'), ($$'customer', '{"name": 1.5}'$$, 'half a column'),
    ($$'customer', '{"arr": {"column": 1, "format": "DMY"}}'$$, 'a format of another type'), ($$'customer', '{"name": 1}', key => 'domain'$$, 'a key that is not mapped'),
    ($$'customer', '{"name": "Name"}', header => false$$, 'names without a header'), ($$'task', '{"title": 1, "custom.x": 2}'$$, 'custom fields where there are none')) v(a, w);
SELECT throws_ok(format('SELECT lealup.save_import_mapping(%L, %s, ''customer'', ''{"name": 1}''%s)', :'tenant', n, a), '22023', m, a)
FROM (VALUES ($$''$$, '', 'name must have 1 to 200 characters'), ('NULL', '', 'name must have 1 to 200 characters'), ($$'x'$$, $$, provider => ''$$, 'provider must have 1 to 100 characters'),
    ($$'x'$$, $$, delimiter => '.'$$, 'invalid delimiter: ''.'''), ($$'x'$$, $$, date_format => 'ymd'$$, 'invalid date_format: ''ymd'''),
    ($$'x'$$, $$, time_zone => 'Mars'$$, 'unknown time zone: ''Mars'''), ($$'x'$$, $$, default_country => 'ESP'$$, 'invalid default_country: ''ESP''')) v(n, a, m);
SELECT throws_ok(format('SELECT lealup.import_csv(%L, ''none'', ''a'')', :'tenant'), 'P0002', NULL, 'a mapping that is not there');

-- ----- Customers -----

\set file 'E''Id;Account name;Web;ARR;Status;Owner;Segment;Renewal;Region\\n1;Acme;https://www.Acme.com/about;"1,200.50";Active;ana@LEALUP.example;Enterprise;31/01/2027;EU\\n2;Beta;beta.com;$ 5;prospect;;;1.2.2028;\\n'''
SELECT pg_temp.events(:'tenant') AS before \gset
SELECT is(pg_temp.counts(:'tenant', 'accounts', :file, dry_run => true), '2 rows: 2+ 0~ 0= 0& 0-', 'a dry run says what would happen');
SELECT is((SELECT count(*) FROM lealup.customer) + pg_temp.events(:'tenant') - :before, 0::bigint, 'and does nothing');
SELECT is(pg_temp.counts(:'tenant', 'accounts', :file), '2 rows: 2+ 0~ 0= 0& 0-', 'the import then does it');
SELECT results_eq(format('SELECT c.name, c.domain, c.arr, c.status, m.email, s.name, c.renewal_date, c.custom::text, i.external_id FROM lealup.customer c
        JOIN lealup.customer_identity i ON i.tenant_id = c.tenant_id AND i.customer_id = c.id LEFT JOIN lealup.member m ON m.id = c.owner_id LEFT JOIN lealup.segment s ON s.id = c.segment_id
        WHERE c.tenant_id = %L ORDER BY 1', :'tenant'),
    $$VALUES ('Acme', 'acme.com', 1200.50, 'active', 'Ana@lealup.example', 'Enterprise', date '2027-01-31', '{"region": "EU"}', '1'),
             ('Beta', 'beta.com', 5.00, 'prospect', NULL, NULL, date '2028-02-01', '{}', '2')$$, 'domains of URLs, amounts, dates, members, segments, custom fields, external ids');
SELECT is(pg_temp.events(:'tenant') - :before, 2::bigint, 'each row emits its event');
SELECT is(pg_temp.counts(:'tenant', 'accounts', :file), '2 rows: 0+ 0~ 2= 0& 0-', 'the same file again changes nothing');
SELECT is(pg_temp.events(:'tenant') - :before, 2::bigint, 'and emits nothing');
SELECT results_eq(format('SELECT a.action, a.detail ->> ''inserted'' FROM lealup.audit a WHERE a.tenant_id = %L AND a.action LIKE ''import.%%'' ORDER BY a.id DESC LIMIT 2', :'tenant'),
    $$VALUES ('import.complete', '0'), ('import.begin', NULL)$$, 'the audit trail has it');

UPDATE lealup.customer SET custom = custom || '{"kept": 1}' WHERE name = 'Acme';
SELECT pg_temp.events(:'tenant') AS before \gset
SELECT is(pg_temp.counts(:'tenant', 'accounts', E'Region,ID,ACCOUNT_NAME ,Web,ARR,Status,Owner,Segment,Renewal\nUS,1,,,,,,,\n'), '1 rows: 0+ 1~ 0= 0& 0-',
    'another delimiter, another order, a header that is spelled differently');
SELECT results_eq($$SELECT name, arr, custom::text FROM lealup.customer WHERE name = 'Acme'$$, $$VALUES ('Acme', 1200.50, '{"kept": 1, "region": "US"}')$$,
    'empty cells and custom fields that are not in the file stay');
SELECT is(pg_temp.events(:'tenant') - :before, 1::bigint, 'the change is an event');
SELECT is(pg_temp.counts(:'tenant', 'accounts', E'Id,Account name,Web,ARR,Status,Owner,Segment,Renewal,Region\n1,Acme Inc,,,,,,,\n3,Gamma,,,,,,,', suppress_events => true),
    '2 rows: 1+ 1~ 0= 0& 0-', 'an import without events');
SELECT is(pg_temp.events(:'tenant') - :before, 1::bigint, 'has none');
UPDATE lealup.customer SET name = 'Acme' WHERE name = 'Acme Inc';
SELECT is(pg_temp.events(:'tenant') - :before, 2::bigint, 'and leaves those of its caller alone');
SELECT throws_ok(format($$SELECT lealup.import_csv(%L, 'accounts', E'Id,Account name\n')$$, :'tenant'), '42703', NULL, 'a column that is missing');
SELECT throws_ok(format($$SELECT lealup.import_csv(%L, 'accounts', E'Id,ID,Account name,Web,ARR,Status,Owner,Segment,Renewal,Region\n')$$, :'tenant'), '42703', NULL, 'one that is there twice');
SELECT throws_ok(format($$SELECT lealup.import_csv(%L, 'accounts', E'\n\n')$$, :'tenant'), '22023', NULL, 'an empty file');
SELECT is(pg_temp.counts(:'tenant', 'accounts', 'Id,Account name,Web,ARR,Status,Owner,Segment,Renewal,Region'), '0 rows: 0+ 0~ 0= 0& 0-', 'a header alone');

-- What is wrong is told of each row, and the others are imported.
SELECT lealup.save_import_mapping(:'tenant', 'bad', 'customer', '{"external_id": "Id", "name": "Name", "domain": "Web", "arr": "ARR", "currency": "Cur", "status": "Status",
    "owner": "Owner", "renewal_date": "Renewal", "custom.seats": {"column": "Seats", "format": "number"}, "custom.vip": {"column": "VIP", "format": "boolean"}}');
SELECT is(pg_temp.counts(:'tenant', 'bad', 'Id,Name,Web,ARR,Cur,Status,Owner,Renewal,Seats,VIP' || E'\r\n'
    || E'10,Good,,"1,000",eur,churned,,2028-02-29,"12,5",\r\n11,Good,,-5,,,,,,\r\n12,Good,no domain,,,,,,,\r\n13,Good,,,EURO,,,,,\r\n14,Good,,,,lost,,,,\r\n'
    || E'15,Good,,,,,who@lealup.example,,,\r\n16,Good,,,,,,2027-02-29,,\r\n17,Good,,,,,,,1;5,\r\n18,Good,,,,,,,,perhaps\r\n19,,,,,,,,,\r\n,Good,,,,,,,,\r\n'
    || E'21,Good,x,-,,,,,,\r\n22,Good\r\n23,Good,,,,,,,,,extra\r\n24,Good,,,,,,,7,Yes,,\r\n,,,,,,,,,\r\n' || '26,' || repeat('x', 301) || E',,,,,,,,\r\n27,Good,,"1,00",,,,,,\r\n'),
    '18 rows: 1+ 0~ 0= 0& 17-', 'rows that are wrong are refused');
SELECT results_eq('SELECT * FROM pg_temp.reasons()', $$VALUES
    (1::bigint, 'custom.seats', '"12,5" in column "Seats" is not a number (decimal point)'),
    (2, 'arr', '"-5" in column "ARR" is not an amount (decimal point)'),
    (3, 'domain', '"no domain" in column "Web" is not a domain'),
    (4, 'currency', '"EURO" in column "Cur" is not a currency of three letters'),
    (5, 'status', '"lost" in column "Status" is not one of prospect, onboarding, active, paused, churned'),
    (6, 'owner', 'no member has the e-mail address who@lealup.example'),
    (7, 'renewal_date', '"2027-02-29" in column "Renewal" is not a date (YMD)'),
    (8, 'custom.seats', '"1;5" in column "Seats" is not a number (decimal point)'),
    (9, 'custom.vip', '"perhaps" in column "VIP" is not true or false'),
    (10, 'name', 'is empty'),
    (11, 'external_id', 'is empty'),
    (12, 'domain', 'domain: "x" in column "Web" is not a domain; arr: "-" in column "ARR" is not an amount (decimal point)'),
    (13, NULL, 'the row has 2 fields instead of 10'),
    (14, NULL, 'the row has 11 fields instead of 10'),
    (16, 'external_id', 'is empty'),
    (17, 'name', '"' || repeat('x', 60) || '" in column "Name" is not a text of at most 300 characters'),
    (18, 'arr', '"1,00" in column "ARR" is not an amount (decimal point)')$$, 'each with its row, its column, the value and what was expected');
SELECT is((SELECT custom::text FROM lealup.customer c JOIN lealup.customer_identity i ON i.customer_id = c.id WHERE external_id = '24'), '{"vip": true, "seats": 7}', 'custom fields have types; further fields that are empty are nothing');

-- Only those rows are tried again, as they are or corrected.
SELECT id AS import FROM lealup.import WHERE mapping_name = 'bad' \gset
INSERT INTO lealup.member (tenant_id, email) VALUES (:'tenant', 'who@lealup.example');
SELECT results_eq(format($$SELECT r.retried, r.inserted, r.rejected FROM lealup.retry_rejects(%L, %L, '{"2": {"ARR": "5"}, "7": {"8": "2027-02-28"}, "13": {}}') r$$, :'tenant', :'import'),
    'VALUES (17::bigint, 4::bigint, 13::bigint)', 'rejected rows are imported again');
SELECT set_eq(format('SELECT row_no FROM lealup.import_reject WHERE import_id = %L AND resolved_at IS NOT NULL', :'import'), 'VALUES (2::bigint), (6), (7), (13)', 'and are known as resolved');
SELECT results_eq(format($$SELECT r.retried, r.inserted FROM lealup.retry_rejects(%L, %L) r$$, :'tenant', :'import'), 'VALUES (13::bigint, 0::bigint)', 'those that were resolved are left alone');
SELECT results_eq(format('SELECT rows, done, inserted, rejected FROM lealup.import_status WHERE id = %L', :'import'), 'VALUES (18::bigint, 18::bigint, 5::bigint, 13::bigint)', 'the counts follow');
SELECT throws_ok(format('SELECT lealup.retry_rejects(%L, %L, %L)', :'tenant', :'import', c), e, NULL, 'corrections: ' || c)
FROM (VALUES ('{"2": {"ARR": "5"}}', '22023'), ('{"3": {"Nothing": "5"}}', '42703'), ('[]', '22023'), ('{"a": {}}', '22023')) v(c, e);

-- ----- The form of the file -----

SELECT lealup.save_import_mapping(:'tenant', 'form', 'customer', '{"domain": "Web", "name": "Name", "custom.note": "Note"}');
SELECT is(pg_temp.counts(:'tenant', 'form', chr(65279) || E'"Name","Web","Note"\r\n"Form ""1""",form1.com,"two\r\nlines, one cell"\r\n\r\n' || chr(160) || E' Form 2 \t,form2.com,'),
    '2 rows: 2+ 0~ 0= 0& 0-', 'byte order mark, quotes, line breaks in quotes, blank lines, no line break at the end');
SELECT results_eq($$SELECT name, custom ->> 'note' FROM lealup.customer WHERE domain LIKE 'form%' ORDER BY domain$$, $$VALUES ('Form "1"', E'two\r\nlines, one cell'), ('Form 2', NULL)$$,
    'cells come as they are, without the blanks around them');
SELECT throws_ok(format('SELECT lealup.import_csv(%L, ''form'', %L)', :'tenant', E'Name,Web,Note\na,a.com,"x\n'), '22P04', NULL, 'a quote without end');
SELECT throws_ok(format('SELECT lealup.import_csv(%L, ''form'', %L)', :'tenant', E'Name,Web,Note\na,a.com,"x"y\n'), '22P04', NULL, 'text after a quote');
SELECT throws_ok(format('SELECT lealup.import_csv(%L, ''form'', %L)', :'tenant', repeat('x', 16 * 1024 * 1024 + 1)), '54000', NULL, 'a text that is too large');
SELECT throws_ok($$SELECT convert_from('\x4e616d65e9', 'UTF8')$$, '22021', NULL, 'a wrong encoding never becomes a text');
SELECT is(pg_temp.counts(:'tenant', 'form', E'Name\tWeb\tNote\nTab, Inc\ttab.com\t\n'), '1 rows: 1+ 0~ 0= 0& 0-', 'tabs are detected');

-- Rows of one key in a file: what comes later wins, cell by cell.
SELECT is(pg_temp.counts(:'tenant', 'form', E'Name,Web,Note\nA,dup.com,first\n,DUP.com,second\nB,www.dup.com,\n'), '3 rows: 1+ 0~ 0= 2& 0-', 'rows of one key become one');
SELECT results_eq($$SELECT name, custom ->> 'note' FROM lealup.customer WHERE domain = 'dup.com'$$, $$VALUES ('B', 'second')$$, 'of the last cells');
INSERT INTO lealup.customer (tenant_id, name, domain) VALUES (:'tenant', 'B2', 'dup.com'), (:'other', 'B', 'form1.com');
SELECT is(pg_temp.counts(:'tenant', 'form', E'Name,Web,Note\nA,dup.com,\n'), '1 rows: 0+ 0~ 0= 0& 1-', 'a key that several customers share is refused');
SELECT is(pg_temp.counts(:'tenant', 'form', E'Name,Web,Note\nForm 1,form1.com,\n'), '1 rows: 0+ 1~ 0= 0& 0-', 'another tenant''s customer is none');
SELECT lealup.delete_customer(:'tenant', c.id) FROM lealup.customer c JOIN lealup.customer_identity i ON i.customer_id = c.id WHERE i.external_id = '2';
SELECT is(pg_temp.counts(:'tenant', 'accounts', :file), '2 rows: 0+ 1~ 0= 0& 1-', 'a customer that was deleted does not come back');
SELECT results_eq('SELECT * FROM pg_temp.reasons()', $$VALUES (2::bigint, 'external_id', '"2" was deleted')$$, 'and is named');

-- ----- Cells -----

SELECT is(lealup._import_number(raw, format), expected, raw || ' is ' || coalesce(expected::text, 'no number'))
FROM (VALUES ('1234', 'point', 1234), ('1,234,567.8', 'point', 1234567.8), ('1.234.567,8', 'comma', 1234567.8), ('1 234,5' || chr(8364), 'comma', 1234.5), (chr(163) || '-5', 'point', -5),
    ('1''234', 'point', 1234), ('1' || chr(160) || '234' || chr(8239) || '567', 'point', 1234567), ('1e3', 'point', 1000), ('+0.10', 'point', 0.10), ('1,23', 'point', NULL), ('12,34,567', 'point', NULL),
    ('1.2.3', 'point', NULL), ('(5)', 'point', NULL), ('5%', 'point', NULL), ('0x10', 'point', NULL), ('NaN', 'point', NULL), ('Infinity', 'point', NULL), ('-', 'point', NULL), ('.5', 'point', NULL),
    ('5.', 'point', NULL), ('1e999', 'point', NULL), ('1234567890123456', 'point', NULL)) v(raw, format, expected);
SELECT is((lealup._import_time(raw, format, 'Europe/Madrid')).at, expected::timestamptz, format('%s (%s) is %s', raw, format, coalesce(expected, 'no time')))
FROM (VALUES ('2027-03-01', 'YMD', '2027-02-28 23:00Z'), ('2027-03-01', 'DMY', '2027-02-28 23:00Z'), ('01/03/2027', 'DMY', '2027-02-28 23:00Z'), ('01/03/2027', 'MDY', '2027-01-02 23:00Z'),
    ('01/03/2027', 'YMD', NULL), ('31/12/27', 'DMY', NULL), ('2028-02-29', 'YMD', '2028-02-28 23:00Z'), ('2027-02-29', 'YMD', NULL), ('2027-13-01', 'YMD', NULL), ('2027-00-10', 'YMD', NULL),
    ('2027-06-01T12:30:15.5Z', 'YMD', '2027-06-01 12:30:15.5Z'), ('2027-06-01 12:30', 'YMD', '2027-06-01 10:30Z'), ('2027-06-01 12:30 +05:30', 'YMD', '2027-06-01 07:00Z'),
    ('2027-06-01T12:30:00-0330', 'YMD', '2027-06-01 16:00Z'), ('6/1/2027 12:05 AM', 'MDY', '2027-05-31 22:05Z'), ('6/1/2027 12:05pm', 'MDY', '2027-06-01 10:05Z'), ('6/1/2027 13:05 PM', 'MDY', NULL),
    ('2027-06-01 24:00', 'YMD', NULL), ('2027-06-01Z', 'YMD', NULL), ('0', 'unix', '1970-01-01Z'), ('1800000000', 'unix', '2027-01-15 08:00Z'), ('1800000000000', 'unix', '2027-01-15 08:00Z'),
    ('tomorrow', 'YMD', NULL), ('infinity', 'YMD', NULL), ('-1', 'unix', NULL),
    -- An hour that the change of clocks leaves out, or has twice, is what PostgreSQL takes it for.
    ('2027-03-28 02:30', 'YMD', '2027-03-28 01:30Z'), ('2027-10-31 02:30', 'YMD', '2027-10-31 01:30Z')) v(raw, format, expected);
SELECT is(lealup._import_boolean(raw), expected, raw || ' is ' || coalesce(expected::text, 'neither'))
FROM (VALUES ('TRUE', true), ('yes', true), ('1', true), ('N', false), ('false', false), ('0', false), ('2', NULL), ('on', NULL)) v(raw, expected);
SELECT is(lealup._import_domain(raw), expected, raw || ' is ' || coalesce(expected, 'no domain'))
FROM (VALUES ('Acme.COM', 'acme.com'), ('https://user@www.acme.com:8080/x?y#z', 'acme.com'), ('ana@mail.acme.com', 'mail.acme.com'), ('acme.com.', 'acme.com'), ('acme', NULL), ('-a.com', NULL), ('a b.com', NULL)) v(raw, expected);

-- ----- The other targets -----

SELECT lealup.save_import_mapping(:'tenant', 'people', 'contact', '{"email": 1, "name": 2, "phone": 3, "customer_domain": 4, "time_zone": 5, "external_id": 6}', key => 'email', header => false);
SELECT is(pg_temp.counts(:'tenant', 'people', E'Eva@form1.com,Eva,+34 600 123 456,form1.com,Europe/Madrid,p1\nx,Max,,form1.com,,\nmax@form1.com,Max,nothing,form1.com,Mars/Base,\nmax@form1.com,Max,,,,\n'),
    '4 rows: 2+ 0~ 0= 0& 2-', 'contacts, without a header');
SELECT results_eq('SELECT * FROM pg_temp.reasons()', $$VALUES (2::bigint, 'email', '"x" in column 1 is not an e-mail address'),
    (3, 'phone', 'phone: "nothing" in column 3 is not a phone number with its country code; time_zone: "Mars/Base" in column 5 is not a time zone')$$, 'columns without a name have a number');
SELECT results_eq($$SELECT p.email, p.phone, c.domain, p.time_zone, i.external_id FROM lealup.contact p LEFT JOIN lealup.customer c ON c.id = p.customer_id
        LEFT JOIN lealup.contact_identity i ON i.contact_id = p.id ORDER BY p.email$$,
    $$VALUES ('eva@form1.com', '+34600123456', 'form1.com', 'Europe/Madrid', 'p1'), ('max@form1.com', NULL, NULL, NULL, NULL)$$, 'with their customers');
SELECT lealup.save_import_mapping(:'tenant', 'people by id', 'contact', '{"email": 1, "external_id": 2}', header => false);
SELECT is(pg_temp.counts(:'tenant', 'people by id', E'max@form1.com,p2\neva@new.com,p1\nmax@form1.com,p3\n'), '3 rows: 0+ 1~ 1= 0& 1-', 'by external id; one that has none yet by its address');
SELECT is(pg_temp.counts(:'tenant', 'people by id', E'max@form1.com,p4\nsue@new.com,p5\nmax@form1.com,p1\ntom@new.com,p6'), '4 rows: 2+ 0~ 0= 0& 2-',
    'a row that the database refuses, as two contacts with one address, leaves the others alone');
SELECT ok(bool_and(reason LIKE '%contact_email%'), 'its reason is the database''s') FROM pg_temp.reasons();

SELECT lealup.save_import_mapping(:'tenant', 'signals', 'health_signal', '{"external_id": "id", "customer_domain": "customer", "kind": "kind", "value": "value", "observed_at": "at"}', provider => 'billing');
SELECT is(pg_temp.counts(:'tenant', 'signals', E'id,customer,kind,value,at\ns1,form1.com,nps,9,2027-01-01 10:00\ns2,form1.com,logins,,\ns3,,nps,1,\ns4,nobody.com,nps,1,\ns5,form1.com,,1,\n'),
    '5 rows: 2+ 0~ 0= 0& 3-', 'health signals');
SELECT results_eq($$SELECT kind, value, source, observed_at = now() FROM lealup.health_signal WHERE external_id IS NOT NULL ORDER BY external_id$$,
    $$VALUES ('nps', 9::double precision, 'billing', false), ('logins', NULL, 'billing', true)$$, 'a value that is empty is null, not zero; defaults stand for empty cells');
SELECT results_eq('SELECT * FROM pg_temp.reasons()', $$VALUES (3::bigint, 'customer', 'is empty'), (4, 'customer_domain', 'there is no customer "nobody.com"'), (5, 'kind', 'is empty')$$, 'they need a customer and a kind');
SELECT is(pg_temp.counts(:'tenant', 'signals', E'id,customer,kind,value,at\ns1,form1.com,nps,8,\ns2,,logins,3,\n'), '2 rows: 0+ 2~ 0= 0& 0-', 'and are corrected by their ids');

SELECT lealup.save_import_mapping(:'tenant', 'timeline', 'timeline_event', '{"external_id": "id", "customer_name": "customer", "kind": {"default": "note"}, "title": "title", "contact": "contact", "member": "member", "occurred_at": "at"}');
SELECT is(pg_temp.counts(:'tenant', 'timeline', E'id,customer,title,contact,member,at\nt1,FORM 1,Kick-off,eva@new.com,leo@lealup.example,2027-01-01\nt2,,Alone,,,\nt3,Form 1,,who@new.com,,\n'),
    '3 rows: 2+ 0~ 0= 0& 1-', 'timeline events');
SELECT results_eq($$SELECT e.title, e.kind, e.source, c.name, p.email, m.email FROM lealup.timeline_event e LEFT JOIN lealup.customer c ON c.id = e.customer_id
        LEFT JOIN lealup.contact p ON p.id = e.contact_id LEFT JOIN lealup.member m ON m.id = e.member_id WHERE e.external_id LIKE 't_' ORDER BY e.external_id$$,
    $$VALUES ('Kick-off', 'note', 'csv', 'Form 1', 'eva@new.com', 'leo@lealup.example'), ('Alone', 'note', 'csv', NULL, NULL, NULL)$$, 'with customer, contact and member');

SELECT lealup.save_import_mapping(:'tenant', 'tasks', 'task', '{"external_id": "id", "title": "title", "customer_external_id": "customer", "priority": "priority", "status": "status", "assignee": "who", "due_at": "due"}');
SELECT is(pg_temp.counts(:'tenant', 'tasks', E'id,title,customer,priority,status,who,due\n1,Call,1,High,In progress,leo@lealup.example,2027-05-05 09:00\n2,,,,,,\n3,Write,99,,,,\n'),
    '3 rows: 1+ 0~ 0= 0& 2-', 'tasks');
SELECT results_eq($$SELECT t.title, t.priority, t.status, c.name, m.email, t.due_at FROM lealup.task t JOIN lealup.customer c ON c.id = t.customer_id JOIN lealup.member m ON m.id = t.assignee_id$$,
    $$VALUES ('Call', 'high', 'in_progress', 'Acme', 'leo@lealup.example', timestamptz '2027-05-05 07:00Z')$$, 'with customer, assignee, and a due time in the tenant''s zone');

-- ----- Uploads: \copy fills the view that INSERT fills here -----

SELECT throws_ok('INSERT INTO lealup.import_upload (c1) VALUES (1)', '55000', NULL, 'nobody uploads to nothing');
SELECT import_id AS import, copy_command FROM lealup.begin_import(:'tenant', 'form', 'Name;Web;Note') \gset
SELECT is(:'copy_command'::text, '\copy lealup.import_upload (c1, c2, c3) FROM ''FILE'' WITH (FORMAT csv, HEADER, DELIMITER '';'')', 'begin_import() gives the command');
SELECT throws_ok(format('SELECT lealup._import_batch(%L, %L)', :'tenant', :'import'), '55000', NULL, 'an import without rows does not run');
INSERT INTO lealup.import_upload (c1, c2, c3) SELECT 'Up ' || n, format('up%s.com', n), NULL FROM generate_series(1, 5001) n;
INSERT INTO lealup.import_upload (c1, c2, c3) VALUES ('Up', 'up', NULL);
SELECT is(lealup._import_batch(:'tenant', :'import'), true, 'a batch');
SELECT results_eq(format('SELECT status, rows, done, percent, inserted FROM lealup.import_status WHERE id = %L', :'import'), 'VALUES (''interrupted'', 5002::bigint, 5000::bigint, 100.0, 5000::bigint)',
    'is seen, and that no session runs it');
SELECT throws_ok('INSERT INTO lealup.import_upload (c1) VALUES (1)', '55000', NULL, 'an import that runs takes no more rows');
SELECT lealup._hold_import(:'tenant', :'import');
SELECT is((SELECT status FROM lealup.import_status WHERE id = :'import'), 'running', 'a session that runs it is seen');
SELECT lealup._release_import(:'import');
SELECT is(lealup._import_batch(:'tenant', :'import'), true, 'the second batch');
SELECT is(lealup._import_batch(:'tenant', :'import'), false, 'the end');
SELECT results_eq(format('SELECT status, done, inserted, rejected FROM lealup.import_status WHERE id = %L', :'import'), 'VALUES (''completed'', 5002::bigint, 5001::bigint, 1::bigint)', 'is seen as well');
SELECT results_eq('SELECT row_no, field FROM pg_temp.reasons()', $$VALUES (5002::bigint, 'domain')$$, 'rows are counted through');
SELECT is_empty('SELECT FROM lealup.import_row', 'nothing is left of the upload');
SELECT throws_ok(format('SELECT lealup.cancel_import(%L, %L)', :'tenant', :'import'), '55000', NULL, 'what is completed cannot be cancelled');

-- A dry run that is confirmed imports the same rows.
SELECT import_id AS import FROM lealup.begin_import(:'tenant', 'form', 'Name,Web,Note', dry_run => true) \gset
SELECT throws_ok(format('SELECT lealup.confirm_import(%L, %L)', :'tenant', :'import'), '55000', NULL, 'a dry run is confirmed when it is completed');
INSERT INTO lealup.import_upload (c1, c2, c3) VALUES ('Dry', 'dry.com', NULL), ('Dry', 'dry', NULL);
SELECT lealup._import_batch(:'tenant', :'import'), lealup._import_batch(:'tenant', :'import');
SELECT results_eq(format('SELECT status, inserted, rejected, (SELECT count(*) FROM lealup.customer WHERE domain = ''dry.com'') FROM lealup.import_status WHERE id = %L', :'import'),
    'VALUES (''completed'', 1::bigint, 1::bigint, 0::bigint)', 'a dry run of an upload');
SELECT throws_ok(format('SELECT lealup.retry_rejects(%L, %L)', :'tenant', :'import'), '55000', NULL, 'has no rejects to retry');
SELECT lealup.confirm_import(:'tenant', :'import');
SELECT lealup._import_batch(:'tenant', :'import'), lealup._import_batch(:'tenant', :'import');
SELECT results_eq(format('SELECT status, inserted, rejected, (SELECT count(*) FROM lealup.customer WHERE domain = ''dry.com'') FROM lealup.import_status WHERE id = %L', :'import'),
    'VALUES (''completed'', 1::bigint, 1::bigint, 1::bigint)', 'its confirmation imports it');

-- Cancelled and forgotten.
SELECT import_id AS import FROM lealup.begin_import(:'tenant', 'form', 'Name,Web,Note') \gset
INSERT INTO lealup.import_upload (c1, c2, c3) VALUES ('No', 'no.com', NULL);
SELECT lealup.cancel_import(:'tenant', :'import');
SELECT is(lealup._import_batch(:'tenant', :'import'), false, 'a cancelled import does not run');
SELECT is_empty('SELECT FROM lealup.import_row', 'and its rows are gone');
SELECT import_id AS import FROM lealup.begin_import(:'tenant', 'form', 'Name,Web,Note') \gset
INSERT INTO lealup.import_upload (c1, c2, c3) VALUES ('No', 'no.com', NULL);
SELECT is(lealup._forget_uploads(now() + interval '6 days'), false, 'an upload waits');
SELECT is(lealup._forget_uploads(now() + interval '8 days'), true, 'for a week');
SELECT is_empty('SELECT FROM lealup.import_row', 'then it is forgotten');

-- ----- Who may -----

CREATE ROLE import_director; CREATE ROLE import_csm; CREATE ROLE import_reader; CREATE ROLE import_other; CREATE ROLE import_none;
SELECT lealup.bind_member(:'tenant', m.id, 'import_' || m.role) FROM lealup.member m WHERE m.tenant_id = :'tenant' AND m.email ~* '^(ana|leo)@';
SELECT lealup.grant_access('import_reader', 'reader', :'tenant'), lealup.grant_access('import_other', 'app', :'other');
CREATE FUNCTION pg_temp.as_role(role name, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    EXECUTE format('SET LOCAL ROLE %I', role);
    EXECUTE statement INTO result;
    RESET ROLE;
    RETURN result;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END $$;
SELECT is(pg_temp.as_role(v.role, format(w.statement, :'tenant', :'import')), CASE WHEN w.what = 'staged rows' THEN '42501' WHEN w.expected LIKE 'sees' THEN v.sees
        WHEN v.changes IS NULL THEN w.expected ELSE v.changes END, format('%s, %s', v.role, w.what))
FROM (VALUES (1, 'import_director', 'true', NULL), (2, 'import_csm', 'false', '42501'), (3, 'import_reader', '42501', '42501'), (4, 'import_other', 'false', '42501'),
        (5, 'import_none', '42501', '42501')) v(n, role, sees, changes),
    (VALUES (1, 'import_status', 'SELECT count(*) > 0 FROM lealup.import_status', 'sees'), (2, 'import_reject', 'SELECT count(*) > 0 FROM lealup.import_reject', 'sees'),
        (3, 'import_mapping', 'SELECT count(*) > 0 FROM lealup.import_mapping', 'sees'), (4, 'staged rows', 'SELECT count(*) FROM lealup.import_row', NULL),
        (5, 'import_csv', $$SELECT rows FROM lealup.import_csv(%1$L, 'form', E'Name,Web,Note\nRole,role.com,\n')$$, '1'),
        (6, 'begin_import', $$SELECT lealup.begin_import(%1$L, 'form', 'Name,Web,Note') IS NOT NULL$$, 'true'),
        (7, 'save_import_mapping', $$SELECT lealup.save_import_mapping(%1$L, 'mine', 'task', '{"title": 1}') IS NOT NULL$$, 'true'),
        (8, '_hold_import', 'SELECT lealup._hold_import(%1$L, %2$L)', ''), (9, 'cancel_import', 'SELECT lealup.cancel_import(%1$L, %2$L)', '')) w(n, what, statement, expected)
ORDER BY v.n, w.n;
SELECT lealup._release_import(:'import');
SELECT is((SELECT a.actor FROM lealup.audit a WHERE a.action = 'import.complete' ORDER BY a.id DESC LIMIT 1), 'import_director', 'the audit trail names who');

SELECT * FROM finish();
ROLLBACK;
