-- Whose an address, a phone number or an id elsewhere is, and what becomes of those that nobody knows.
BEGIN;
SELECT plan(104);

SELECT lealup.create_tenant('one') AS tenant, lealup.create_tenant('two') AS other \gset
SELECT set_config('test.tenant', :'tenant', true), set_config('test.other', :'other', true);
CREATE TEMP TABLE name (id uuid PRIMARY KEY, name text UNIQUE);
CREATE FUNCTION pg_temp.id(name text) RETURNS uuid LANGUAGE sql STABLE AS $$ SELECT n.id FROM name n WHERE n.name = id.name $$;
INSERT INTO name SELECT lealup.uuid7(), n FROM unnest('{Acme,Beta,Gone,Twin 1,Twin 2,Theirs,ana,bob,left,lost,carl,cora,dora,eva,free,theirs}'::text[]) n;
INSERT INTO lealup.customer (tenant_id, id, name, domain)
SELECT CASE name WHEN 'Theirs' THEN :'other' ELSE :'tenant' END::uuid, pg_temp.id(name), name, domain
FROM (VALUES ('Acme', 'acme.com'), ('Beta', 'gmail.com'), ('Gone', 'gone.com'), ('Twin 1', 'twin.com'), ('Twin 2', 'twin.com'), ('Theirs', 'theirs.com')) v(name, domain);
INSERT INTO lealup.contact (tenant_id, id, name, customer_id, email, phone, deleted_at)
SELECT CASE name WHEN 'theirs' THEN :'other' ELSE :'tenant' END::uuid, pg_temp.id(name), name, pg_temp.id(customer), email, phone, deleted
FROM (VALUES ('ana', 'Acme', 'Ana@Acme.com', '+34600000001', NULL), ('bob', 'Acme', NULL, '+34600000001', NULL), ('left', 'Acme', 'left@old.com', '+34600000002', now()),
    ('lost', 'Gone', 'lost@mail.example', '+34600000003', NULL), ('carl', 'Acme', 'carl@private.example', '+34600000004', NULL), ('cora', 'Beta', NULL, '+34600000004', NULL),
    ('dora', 'Beta', 'dora+news@beta.example', NULL, NULL), ('eva', 'Beta', 'eva@acme.com', '+34600000005', NULL), ('free', NULL, 'free@acme.com', NULL, NULL),
    ('theirs', 'Theirs', 'x@theirs.com', '+34600000009', NULL)) v(name, customer, email, phone, deleted);
SELECT lealup.delete_customer(:'tenant', pg_temp.id('Gone'));
INSERT INTO lealup.contact_identity (tenant_id, provider, external_id, contact_id)
SELECT :'tenant', provider, id, pg_temp.id(contact) FROM (VALUES ('slack', 'U1', 'ana'), ('slack', 'U2', 'left'), ('email', 'ana@home.example', 'ana'), ('crm', 'both', 'cora')) v(provider, id, contact);
INSERT INTO lealup.customer_identity (tenant_id, provider, external_id, customer_id)
SELECT :'tenant', provider, id, pg_temp.id(customer) FROM (VALUES ('stripe', 'cus_1', 'Beta'), ('stripe', 'cus_2', 'Gone'), ('crm', 'both', 'Acme'), ('domain', 'acme.es', 'Acme'),
    ('email', 'billing@shared.example', 'Acme'), ('phone', '+34600000006', 'Beta')) v(provider, id, customer);

CREATE FUNCTION pg_temp.match(email text DEFAULT NULL, phone text DEFAULT NULL, provider text DEFAULT NULL, external_id text DEFAULT NULL, domain text DEFAULT NULL,
    country text DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', coalesce((SELECT n.name FROM name n WHERE n.id = m.contact_id), '-'), coalesce((SELECT n.name FROM name n WHERE n.id = m.customer_id), '-'), coalesce(m.matched_by, '-'))
    FROM lealup.match_contact(current_setting('test.tenant')::uuid, match.email, match.phone, match.provider, match.external_id, match.domain, match.country) m
$$;

-- Ids elsewhere.
SELECT is(pg_temp.match(provider => 'slack', external_id => 'U1'), 'ana Acme external_id', 'a contact''s id');
SELECT is(pg_temp.match(provider => 'stripe', external_id => 'cus_1'), '- Beta external_id', 'a customer''s id');
SELECT is(pg_temp.match(provider => 'crm', external_id => 'both'), 'cora Beta external_id', 'a contact''s goes before a customer''s');
SELECT is(pg_temp.match(provider => 'teams', external_id => 'U1'), '- - -', 'another provider''s id is another');
SELECT is(pg_temp.match(provider => 'slack', external_id => 'U2'), '- - -', 'a deleted contact''s');
SELECT is(pg_temp.match(provider => 'stripe', external_id => 'cus_2'), '- - -', 'a deleted customer''s');
SELECT is(pg_temp.match(provider => 'stripe', external_id => 'cus_1', email => 'ana@acme.com'), '- Beta external_id', 'an id goes before an address');
SELECT is(pg_temp.match(provider => 'stripe', external_id => 'cus_9', email => 'ana@acme.com'), 'ana Acme email', 'unless nobody knows it');

-- E-mail.
SELECT is(pg_temp.match('ANA@acme.COM'), 'ana Acme email', 'case does not matter');
SELECT is(pg_temp.match(' ana@acme.com '), 'ana Acme email', 'nor do blanks around it');
SELECT is(pg_temp.match('ana+crm@acme.com'), 'ana Acme email', 'an unknown tag is left out');
SELECT is(pg_temp.match('dora+news@beta.example'), 'dora Beta email', 'a known one is not');
SELECT is(pg_temp.match('dora@beta.example'), '- - -', 'and is no other address');
SELECT is(pg_temp.match('ana@home.example'), 'ana Acme email', 'a further address of a contact');
SELECT is(pg_temp.match('billing@shared.example'), '- Acme email', 'an address of a customer');
SELECT is(pg_temp.match('left@old.com'), '- - -', 'a deleted contact''s');
SELECT is(pg_temp.match('lost@mail.example'), 'lost - email', 'a contact whose customer is deleted');
SELECT is(pg_temp.match('free@acme.com'), 'free Acme email', 'a contact without a customer belongs to that of its domain');
SELECT is(pg_temp.match('eva@acme.com'), 'eva Beta email', 'an address goes before its domain');
SELECT is(pg_temp.match('ana@acme.com', '+34600000005'), 'ana Acme email', 'and before a phone');
SELECT is(pg_temp.match('boss@acme.com@evil.example'), '- - -', 'an address with two @ is none');
SELECT is(pg_temp.match('an a@acme.com'), '- - -', 'nor is one with a blank');
SELECT is(pg_temp.match(repeat('a', 300) || '@acme.com'), '- - -', 'nor one that is too long');
SELECT is(pg_temp.match('+@acme.com'), '- Acme domain', 'a tag of nobody');
SELECT is(pg_temp.match('x@theirs.com', '+34600000009'), '- - -', 'another tenant''s are not known');

-- Phone.
SELECT is(pg_temp.match(phone => '+34 600 000 005'), 'eva Beta phone', 'a phone as people write it');
SELECT is(pg_temp.match(phone => '600 000 005'), '- - -', 'without a country');
SELECT is(pg_temp.match(phone => '600 000 005', country => 'ES'), 'eva Beta phone', 'with one');
SELECT is(pg_temp.match(phone => '600 000 001', country => 'ES'), '- Acme phone', 'one that two contacts of a customer share');
SELECT is(pg_temp.match(phone => '+34600000004'), '- - -', 'one that contacts of two customers share');
SELECT is(pg_temp.match(phone => '+34600000002'), '- - -', 'a deleted contact''s');
SELECT is(pg_temp.match(phone => '+34600000006'), '- Beta phone', 'a further phone of a customer');
SELECT lealup.update_tenant(:'tenant', settings => '{"default_country": "ES", "public_mail_domains": ["isp.example"]}');
SELECT is(pg_temp.match(phone => '600 000 005'), 'eva Beta phone', 'the tenant''s country is the default');
SELECT is(pg_temp.match(phone => '600 000 005', country => 'US'), '- - -', 'which the caller overrides');

-- Domain.
SELECT is(pg_temp.match('new@acme.com'), '- Acme domain', 'a new address at a known domain');
SELECT is(pg_temp.match('new@acme.es'), '- Acme domain', 'and at a further one');
SELECT is(pg_temp.match('new@mail.acme.com'), '- - -', 'not below it');
SELECT is(pg_temp.match(domain => 'https://www.Acme.com/contact'), '- Acme domain', 'a site as people paste it');
SELECT is(pg_temp.match('ana@elsewhere.example', domain => 'acme.com'), '- Acme domain', 'the named domain goes before the address''s');
SELECT is(pg_temp.match('new@twin.com'), '- - -', 'a domain that two customers share');
INSERT INTO lealup.customer_identity VALUES (:'tenant', 'domain', 'twin.com', pg_temp.id('Twin 2'));
SELECT is(pg_temp.match('new@twin.com'), '- Twin 2 domain', 'unless it was assigned to one of them');
SELECT is(pg_temp.match('new@gone.com'), '- - -', 'a deleted customer''s');
SELECT is(pg_temp.match('new@gmail.com'), '- - -', 'a public mail service''s, whatever a customer has');
SELECT is(pg_temp.match(domain => 'gmail.com'), '- - -', 'also when it is named');
UPDATE lealup.customer SET domain = 'isp.example' WHERE tenant_id = :'tenant' AND id = pg_temp.id('Beta');
SELECT is(pg_temp.match('new@isp.example'), '- - -', 'one that the tenant calls public');
SELECT ok(bool_and(lealup._is_public_mail_domain(d)), 'public are ' || string_agg(d, ', '))
FROM unnest('{gmail.com,outlook.com,outlook.es,hotmail.com,hotmail.com.br,yahoo.com,yahoo.co.uk,yahoo.com.br,icloud.com,proton.me,live.com.mx,gmx.de,free.fr,web.de,uol.com.br,telefonica.net,qq.com,privaterelay.appleid.com}'::text[]) d;
SELECT ok(NOT bool_or(lealup._is_public_mail_domain(d)), 'not public are ' || string_agg(d, ', '))
FROM unnest('{acme.com,google.com,microsoft.com,notgmail.com,gmail.acme.com,yahoo.acme.com,email.acme.com,free.com,web.com,bol.com,orange.com,telefonica.com,att.com,gmail.company}'::text[]) d;
SELECT throws_ok(format('SELECT lealup.update_tenant(%L, settings => %L)', :'tenant', v.settings), '22023', NULL, v.settings)
FROM (VALUES ('{"default_country": "es"}'), ('{"default_country": "XX"}'), ('{"default_country": 34}'), ('{"public_mail_domains": "isp.example"}'), ('{"public_mail_domains": ["Isp.example"]}'),
    ('{"public_mail_domains": [1]}')) v(settings);
SELECT is(pg_temp.match(), '- - -', 'nothing matches nothing');
SELECT is(pg_temp.match('', '', '', '', ''), '- - -', 'nor do empty texts');
SELECT is(pg_temp.match(repeat('+', 1000000) || '@acme.com', repeat('0', 1000000), repeat('p', 1000000), repeat('x', 1000000), repeat('a.', 500000)), '- - -', 'nor do endless ones');

-- Many at once.
SELECT results_eq($$SELECT ordinal, n.name, matched_by FROM lealup.match_contacts(current_setting('test.tenant')::uuid,
        '[{"email": "ana@acme.com"}, {"email": "nobody@nowhere.example"}, "text", {"phone": 600000005}, {"provider": "stripe", "external_id": "cus_1"}]') m LEFT JOIN name n ON n.id = m.customer_id$$,
    $$VALUES (1::bigint, 'Acme', 'email'), (2, NULL, NULL), (3, NULL, NULL), (4, 'Beta', 'phone'), (5, 'Beta', 'external_id')$$, 'a row for each');
SELECT throws_ok(format('SELECT lealup.match_contacts(%L, ''{}'')', :'tenant'), '22023', NULL, 'people must be an array');
SELECT throws_ok(format('SELECT lealup.match_contacts(%L, (SELECT jsonb_agg(1) FROM generate_series(1, 10001)))', :'tenant'), '22023', NULL, 'of a bounded size');

-- ----- What nobody knows -----
UPDATE lealup.customer SET domain = NULL WHERE tenant_id = :'tenant' AND id = pg_temp.id('Beta');
INSERT INTO lealup.member (tenant_id, email) VALUES (:'tenant', 'Me@team.example'), (:'tenant', 'guest@acme.com');
SELECT is(pg_temp.match('Guest@acme.com', '+34600000005'), '- - -', 'a member is no contact, whatever else is known');
CREATE FUNCTION pg_temp.happened(title text, participants jsonb, at interval) RETURNS uuid LANGUAGE sql AS $$
    SELECT lealup.add_timeline_event(current_setting('test.tenant')::uuid, 'email', title, occurred_at => '2026-01-01'::timestamptz + at, participants => happened.participants,
        source => 'mail', external_id => title)
$$;
CREATE FUNCTION pg_temp.unmatched() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', u.kind, u.provider, CASE u.kind WHEN 'event' THEN '' ELSE u.value END || ':', u.events, u.example), '; ' ORDER BY u.kind, u.value COLLATE "C")
    FROM lealup.unmatched u WHERE u.tenant_id = current_setting('test.tenant')::uuid
$$;
-- Whose the events of a title are.
CREATE FUNCTION pg_temp.whose(title text) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', (SELECT c.name FROM lealup.customer c WHERE c.tenant_id = t.tenant_id AND c.id = t.customer_id),
        (SELECT coalesce(c.name, c.email, c.phone) FROM lealup.contact c WHERE c.tenant_id = t.tenant_id AND c.id = t.contact_id))
    FROM lealup.timeline_event t WHERE t.tenant_id = current_setting('test.tenant')::uuid AND t.title = whose.title
$$;
SELECT pg_temp.happened(t, p::jsonb, at::interval) FROM (VALUES
    ('a', '[{"email": "me@team.example"}, {"email": "Zoe@new.example"}]', '1 h'), ('b', '[{"email": "zoe@NEW.example", "name": "Zoe"}, {"phone": "600 000 007"}]', '3 h'),
    ('c', '[{"email": "yan@new.example"}]', '2 h'), ('d', '[{"external_id": "U7", "provider": "slack", "name": "Uwe"}]', '1 h'), ('e', '[{"phone": "+34 600 000 007"}]', '1 h'),
    ('f', '[{"name": "somebody"}]', '1 h'), ('g', '[{"email": "me@team.example"}]', '1 h'), ('h', '[{"phone": "123"}]', '1 h')) v(t, p, at);
-- A plain INSERT may hold anything.
INSERT INTO lealup.timeline_event (tenant_id, kind, title, participants) VALUES (:'tenant', 'note', 'plain', '["zoe@new.example", null, 1, [], {"email": " Wim@New.example"}, {"email": 5}]');
SELECT is(pg_temp.unmatched(), 'email wim@new.example: 1 plain; email yan@new.example: 1 c; email zoe@new.example: 2 b; event : 1 f; external_id slack U7: 1 d; phone +34600000007: 2 b; phone 123: 1 h',
    'each address, phone and id is there once, members are not');
SELECT results_eq(format($$SELECT name, first_seen, last_seen, example_id = (SELECT id FROM lealup.timeline_event WHERE title = 'b') FROM lealup.unmatched WHERE tenant_id = %L AND value = 'zoe@new.example'$$, :'tenant'),
    $$VALUES ('Zoe', '2026-01-01 01:00'::timestamptz, '2026-01-01 03:00'::timestamptz, true)$$, 'with what helps to recognize it');

SELECT is(lealup.assign(:'tenant', 'email', 'ZOE@new.example', pg_temp.id('Beta'), create_contact => true), 2::bigint, 'an address is assigned with all its events');
SELECT is(pg_temp.whose('a') || ', ' || pg_temp.whose('b'), 'Beta Zoe, Beta Zoe', 'to the customer and a new contact');
SELECT is(pg_temp.whose('c'), '', 'the others are not');
SELECT pg_temp.happened('a2', '[{"email": "zoe@new.example"}]', '4 h');
SELECT is(pg_temp.whose('a2'), 'Beta Zoe', 'a later one matches');
SELECT is((SELECT detail - 'contact_id' FROM lealup.audit WHERE tenant_id = :'tenant' AND action = 'timeline.assign'), '{"kind": "email", "value": "zoe@new.example", "events": 2}'::jsonb, 'the audit trail knows');
SELECT is(lealup.assign(:'tenant', 'phone', '+34 600 000 007', pg_temp.id('Acme'), pg_temp.id('ana')), 1::bigint, 'a phone is assigned to a contact');
SELECT pg_temp.happened('e2', '[{"phone": "600000007"}]', '4 h');
SELECT is(pg_temp.whose('e') || ', ' || pg_temp.whose('e2'), 'Acme ana, Acme ana', 'which is remembered as a further one');
SELECT is(lealup.assign(:'tenant', 'external_id', 'U7', pg_temp.id('Acme'), provider => 'slack') || pg_temp.match(provider => 'slack', external_id => 'U7'), '1- Acme external_id', 'an id, to the customer alone');
SELECT is(lealup.assign(:'tenant', 'domain', 'New.example', pg_temp.id('Beta')) || pg_temp.match('any@new.example'), '2- Beta domain', 'a domain, with all its addresses');
SELECT is(lealup.assign(:'tenant', 'event', (SELECT value FROM lealup.unmatched WHERE tenant_id = :'tenant' AND kind = 'event'), pg_temp.id('Beta')), 1::bigint, 'one event');
SELECT is(pg_temp.unmatched(), 'phone 123: 1 h', 'what is assigned has left the queue');
SELECT is(lealup.assign(:'tenant', 'phone', '123', pg_temp.id('Beta'), create_contact => true) || pg_temp.whose('h'), '1Beta', 'a phone that is no valid number is nobody''s name but an id');

SELECT is(lealup.assign(:'tenant', 'phone', '123', pg_temp.id('Beta')) || pg_temp.match(phone => '123'), '0- Beta phone', 'which is remembered');
SELECT pg_temp.happened('tel', '[{"phone": "600 000 008"}]', '1 h');
SELECT is(lealup.assign(:'tenant', 'phone', '600 000 008', pg_temp.id('Beta')) || pg_temp.match(phone => '+34600000008'), '1- Beta phone', 'a phone without a country is one of the tenant''s');

-- A contact that is known, but whose customer is not.
INSERT INTO lealup.contact (tenant_id, name, email) VALUES (:'tenant', 'Ned', 'ned@alone.example');
SELECT pg_temp.happened('n', '[{"email": "ned@alone.example"}]', '1 h'), pg_temp.happened('n2', '[{"email": "lost@mail.example"}]', '1 h');
SELECT is(lealup.assign(:'tenant', 'email', 'ned@alone.example', pg_temp.id('Beta')) || pg_temp.whose('n'), '1Beta Ned', 'a contact without a customer is assigned with its address');
SELECT is(lealup.assign(:'tenant', 'email', 'lost@mail.example', pg_temp.id('Beta')) || pg_temp.match('lost@mail.example'), '1lost Beta email', 'so is one whose customer is deleted');
SELECT is((SELECT count(*) FROM lealup.contact_identity WHERE tenant_id = :'tenant' AND external_id ~ 'alone|lost'), 0::bigint, 'which needs no further identity');
-- A deleted contact is not found, and its address can be somebody else's.
SELECT is(lealup.assign(:'tenant', 'external_id', 'U2', pg_temp.id('Beta'), provider => 'slack', create_contact => true) || split_part(pg_temp.match(provider => 'slack', external_id => 'U2'), ' ', 2), '0Beta', 'a deleted contact''s id is given to another');
SELECT is(lealup.assign(:'tenant', 'email', 'left@old.com', pg_temp.id('Beta'), create_contact => true) || split_part(pg_temp.match('left@old.com'), ' ', 2), '0Beta', 'so is its address');

-- Several customers at once are not guessed.
SELECT pg_temp.happened('both', '[{"email": "ana@acme.com"}, {"email": "eva@acme.com"}]', '1 h'), pg_temp.happened('one', '[{"email": "new@twin.com"}, {"email": "ana@acme.com"}, {"phone": "+34600000001"}]', '1 h'),
    pg_temp.happened('domains', '[{"email": "new@acme.es"}, {"email": "new@twin.com"}]', '1 h');
SELECT is(pg_temp.whose('both') || pg_temp.whose('domains'), '', 'what people of two customers took part in is nobody''s');
SELECT is(pg_temp.whose('one'), 'Acme ana', 'a domain does not count beside a person');
SELECT is(lealup.rematch(:'tenant'), 0::bigint, 'nor is it guessed later');
SELECT is(pg_temp.unmatched(), 'email ana@acme.com: 1 both; email eva@acme.com: 1 both; email new@acme.es: 1 domains; email new@twin.com: 1 domains', 'it waits under each');
SELECT is(lealup.assign(:'tenant', 'event', (SELECT id::text FROM lealup.timeline_event WHERE tenant_id = :'tenant' AND title = 'both'), pg_temp.id('Beta')) || pg_temp.whose('both'), '1Beta', 'until somebody says it');
SELECT is(lealup.assign(:'tenant', 'email', 'new@twin.com', pg_temp.id('Twin 2')) || pg_temp.unmatched() IS NULL, true, 'of all or of one of them');
SELECT is(pg_temp.match('eva@acme.com'), 'eva Beta email', 'which moves no contact');

-- Meetings wait as well.
INSERT INTO lealup.meeting (tenant_id, title, starts_at, ends_at, attendees) VALUES
    (:'tenant', 'Kick-off', '2026-02-01', '2026-02-01', '[{"email": "me@team.example"}, {"email": "Pia@pia.example", "name": "Pia"}]'), (:'tenant', 'Review', '2026-02-02', '2026-02-02', '[{"email": "ana@acme.com"}]');
SELECT is(pg_temp.unmatched(), 'email ana@acme.com: 1 Review; email pia@pia.example: 1 Kick-off', 'a meeting waits');
SELECT is(format('%s, %s', lealup.assign(:'tenant', 'email', 'pia@pia.example', pg_temp.id('Beta')), lealup.rematch(:'tenant')), '1, 1', 'and is assigned or matched');
SELECT is(string_agg(pg_temp.id(c.name)::text, ' ' ORDER BY m.starts_at), concat_ws(' ', pg_temp.id('Beta'), pg_temp.id('Acme')), 'to its customer')
FROM lealup.meeting m JOIN lealup.customer c ON c.id = m.customer_id WHERE m.tenant_id = :'tenant';

SELECT throws_ok(format(sql, :'tenant', pg_temp.id(customer), pg_temp.id(contact)), state, NULL, about)
FROM (VALUES ('SELECT lealup.assign(%L, ''mail'', ''a@b.example'', %L)', 'Beta', NULL, '22023', 'an unknown kind'),
    ('SELECT lealup.assign(%L, ''email'', ''a@b.example'', %L)', 'Gone', NULL, 'P0002', 'a deleted customer'),
    ('SELECT lealup.assign(%L, ''email'', ''a@b.example'', %L, %L)', 'Beta', 'ana', '22023', 'another customer''s contact'),
    ('SELECT lealup.assign(%L, ''email'', ''ana@acme.com'', %L)', 'Beta', NULL, '22023', 'another customer''s contact''s address'),
    ('SELECT lealup.assign(%L, ''email'', ''me@team.example'', %L)', 'Beta', NULL, '22023', 'a member''s address'),
    ('SELECT lealup.assign(%L, ''email'', ''nobody'', %L)', 'Beta', NULL, '22023', 'no address'),
    ('SELECT lealup.assign(%L, ''domain'', ''localhost'', %L)', 'Beta', NULL, '22023', 'no domain'),
    ('SELECT lealup.assign(%L, ''external_id'', ''U9'', %L)', 'Beta', NULL, '22023', 'an id of nobody'),
    ('SELECT lealup.assign(%L, ''external_id'', repeat(''x'', 501), %L, provider => ''slack'')', 'Beta', NULL, '22023', 'an id that is too long'),
    ('SELECT lealup.assign(%L, ''event'', ''nothing'', %L)', 'Beta', NULL, 'P0002', 'an event that does not wait'),
    ('SELECT lealup.assign(%L, ''domain'', ''yahoo.es'', %L)', 'Beta', NULL, '22023', 'a public domain'),
    ('SELECT lealup.assign(%L, ''domain'', ''acme.com'', %L)', 'Beta', NULL, '22023', 'another customer''s domain')) v(sql, customer, contact, state, about);

-- Contacts that come later.
SELECT pg_temp.happened('k', '[{"email": "kim@kim.example"}, {"email": "lou@lou.example"}]', '1 h');
SELECT pg_temp.happened('l', '[{"email": "lou@lou.example"}]', '1 h');
INSERT INTO lealup.customer_identity VALUES (:'tenant', 'domain', 'kim.example', pg_temp.id('Beta'));
INSERT INTO lealup.contact (tenant_id, customer_id, name, email) VALUES (:'tenant', pg_temp.id('Acme'), 'Lou', 'Lou@lou.example');
SELECT is(format('%s %s, %s', lealup.rematch(:'tenant'), pg_temp.whose('k'), pg_temp.whose('l')), '2 Acme Lou, Acme Lou', 'a known person decides before a domain does');

SELECT * FROM finish();
ROLLBACK;
