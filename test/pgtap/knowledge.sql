-- The knowledge base: documents, and what a search finds.
BEGIN;
SELECT plan(110);

SELECT lealup.create_tenant('knowledge') AS tenant \gset
SELECT lealup.create_tenant('others') AS other \gset
SELECT set_config('test.tenant', :'tenant', true);
INSERT INTO lealup.member (tenant_id, email, role, active) VALUES (:'tenant', 'gone@example.com', 'csm', false) RETURNING id AS gone \gset

-- ----- Documents -----
SELECT lealup.upsert_kb_document(:'tenant', 'github', 'docs/refund.md', 'Refund policy', 'Customers get their money back within thirty days.', 'english',
    'https://example.com/refund', 'docs/refund.md') AS refund \gset
SELECT results_eq(format('SELECT source, external_id, title, language, url, path, octet_length(content_hash), created_at = updated_at, deleted_at FROM lealup.kb_document WHERE id = %L', :'refund'),
    $$VALUES ('github', 'docs/refund.md', 'Refund policy', 'english', 'https://example.com/refund', 'docs/refund.md', 32, true, NULL::timestamptz)$$, 'a document');
SELECT ctid AS place FROM lealup.kb_document WHERE id = :'refund' \gset
SELECT is(lealup.upsert_kb_document(:'tenant', 'github', 'docs/refund.md', 'Refund policy', 'Customers get their money back within thirty days.', 'english',
    'https://example.com/refund', 'docs/refund.md'), :'refund', 'the same again has the same id');
SELECT results_eq(format('SELECT ctid::text, created_at = updated_at FROM lealup.kb_document WHERE id = %L', :'refund'), format('VALUES (%L, true)', :'place'), 'and writes nothing');
SELECT is(count(*), 1::bigint, 'not even to the audit') FROM lealup.audit WHERE object_id = :'refund';
SELECT is(lealup.upsert_kb_document(:'tenant', 'github', 'docs/refund.md', 'Refund policy', 'Customers get vouchers.', 'english'), :'refund', 'another text');
SELECT results_eq(format('SELECT body, url, updated_at > created_at FROM lealup.kb_document WHERE id = %L', :'refund'), 'VALUES (''Customers get vouchers.'', NULL, true)', 'takes the place of the first');
SELECT is(count(*), 2::bigint, 'and is audited') FROM lealup.audit WHERE object_id = :'refund' AND action = 'kb_document.upsert';
SELECT isnt(lealup.upsert_kb_document(:'other', 'github', 'docs/refund.md', 'Refund policy', 'Theirs.', 'english'), :'refund', 'another tenant has its own');
SELECT isnt(lealup.upsert_kb_document(:'tenant', 'drive', 'docs/refund.md', 'Vouchers', 'Other source.', 'english'), :'refund', 'another source, too');
SELECT lealup.delete_kb_document(:'tenant', :'refund');
SELECT is_empty(format('SELECT * FROM lealup.search_kb(%L, ''refund'')', :'tenant'), 'a deleted document is not found');
SELECT throws_ok(format('SELECT lealup.delete_kb_document(%L, %L)', :'tenant', :'refund'), 'P0002', NULL, 'and is not there to be deleted');
SELECT throws_ok(format('SELECT lealup.delete_kb_document(%L, %L)', :'other', :'refund'), 'P0002', NULL, 'for nobody');
SELECT is(lealup.upsert_kb_document(:'tenant', 'github', 'docs/refund.md', 'Refund policy', 'Customers get vouchers.', 'english'), :'refund', 'unchanged, it comes back');
SELECT is(count(*), 1::bigint, 'and is found again') FROM lealup.search_kb(:'tenant', 'refund');
SELECT throws_ok(format('SELECT lealup.upsert_kb_document(%L, %s)', :'tenant', a), '22023', NULL, left(a, 60)) FROM unnest(ARRAY['''x'', ''1'', ''t'', '''', url => repeat(''x'', 4001)', '''x'', ''1'', '''', ''''', '''x'', ''1'', ''t'', NULL', '''x'', NULL, ''t'', ''''',
    ''''', ''1'', ''t'', ''''', '''x'', ''1'', ''t'', '''', ''klingon''', '''x'', ''1'', ''t'', '''', NULL', format('''x'', ''1'', ''t'', %L', repeat('x', 1000001)), format('''x'', ''1'', %L, ''''', repeat('x', 1001))]) a;
SELECT throws_ok(format('INSERT INTO lealup.kb_document (tenant_id, external_id, title, body, language, content_hash) VALUES (%L, 1, ''x'', ''x'', ''klingon'', '''')', :'tenant'), '23514', NULL,
    'an unknown language is refused by the table, too');
-- Texts that are made to be too much for a tsvector: many short words, all of them different; URLs, which are indexed in three parts; one endless word.
SELECT lives_ok(format('SELECT lealup.upsert_kb_document(%L, ''huge'', %L, ''huge'', %s)', :'tenant', n, body), 'a text of ' || n)
FROM (VALUES ('short words', $$left((SELECT string_agg(to_hex(n), ' ') FROM generate_series(4096, 200000) n), 1000000)$$),
    ('wide words', $$left((SELECT string_agg(translate(to_hex(n), '0123456789abcdef', 'अआइईउऊएऐओऔकखगघचछ'), ' ') FROM generate_series(256, 200000) n), 1000000)$$),
    ('addresses', $$left((SELECT string_agg('a' || n || '.io/' || n, ' ') FROM generate_series(1, 100000) n), 1000000)$$),
    ('compounds', $$left((SELECT string_agg('b' || to_hex(n) || '-c' || to_hex(n) || '-d' || to_hex(n), ' ') FROM generate_series(1, 100000) n), 1000000)$$),
    ('one word', $$repeat('x', 1000000)$$), ('nothing', $$''$$)) v(n, body);

SELECT results_eq('SELECT external_id, truncated FROM lealup.kb_document WHERE source = ''huge'' AND external_id IN (''one word'', ''nothing'') ORDER BY 1',
    $$VALUES ('nothing', false), ('one word', true)$$, 'the row says whether all of it is searched');
SELECT lealup.upsert_kb_document(:'tenant', 'huge', 'edge', 'edge', repeat('x ', 49995) || 'firstword ' || repeat(' y', 9) || 'lastword', 'english') IS NOT NULL;
SELECT is(ARRAY[count(*) FILTER (WHERE q = 'firstword'), count(*) FILTER (WHERE q = 'lastword')], '{1,0}', 'the first 100,000 characters are')
FROM unnest(ARRAY['firstword', 'lastword']) q, LATERAL lealup.search_kb(:'tenant', q);
SELECT lealup.delete_kb_document(:'tenant', id) FROM lealup.kb_document WHERE tenant_id = :'tenant' AND external_id = 'edge';

-- ----- What is found, and in which order -----
CREATE FUNCTION pg_temp.found(query text, language text DEFAULT NULL, max_results int DEFAULT 10) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(s.title, ', ' ORDER BY s.n), '') FROM lealup.search_kb(current_setting('test.tenant')::uuid, query, language, max_results)
        WITH ORDINALITY s(id, title, url, rank, headline, n)
$$;
SELECT lealup.upsert_kb_document(:'tenant', 'kb', t, t, b, l, 'https://example.com/' || n) IS NOT NULL FROM (VALUES
    (1, 'Invoices', 'How we bill you, and how bills are paid. An exported bill is a file.', 'english'),
    (2, 'Export', 'Everything can be had as CSV.', 'english'),
    (3, 'Facturas', 'Cómo se pagan las facturas y las devoluciones.', 'spanish'),
    (4, 'Devoluções', 'As faturas são devolvidas em trinta dias.', 'portuguese'),
    (5, 'Rechnungen', 'Die Rechnung kommt am Monatsende. <script>alert("x")</script> & mehr', 'german'),
    (6, 'The who', 'the the the', 'simple'),
    (7, 'Other exports', 'Export export export export export export export export.', 'english')) v(n, t, b, l);
SELECT is(pg_temp.found('export'), 'Other exports, Export, Invoices', 'the title counts more than the body, in which it counts as well');
SELECT is(pg_temp.found('paying bill'), 'Invoices', 'words in any form, all of them');
SELECT is(pg_temp.found('"bill you"'), 'Invoices', 'words in their order');
SELECT is(pg_temp.found('export -csv'), 'Other exports, Invoices', 'without a word');
SELECT is(pg_temp.found('csv or invoices'), 'Invoices, Export', 'one or the other');
SELECT is(pg_temp.found('facturación devolución'), 'Facturas', 'Spanish by Spanish rules');
SELECT is(pg_temp.found('devolvida'), 'Devoluções', 'Portuguese by Portuguese rules');
SELECT is(pg_temp.found('factura', 'german'), '', 'a language, if asked for one');
SELECT is(pg_temp.found('rechnung', 'german'), 'Rechnungen', 'has its own documents');
SELECT is(pg_temp.found('the'), 'The who', 'stop words are words where there are none');
SELECT is(pg_temp.found('export', max_results => 2), 'Other exports, Export', 'the best so many');
SELECT results_eq(format('SELECT title, url, rank > 0 FROM lealup.search_kb(%L, ''csv'')', :'tenant'), $$VALUES ('Export', 'https://example.com/2', true)$$, 'with title, url and rank');
-- How much is left around a match is PostgreSQL's to decide.
SELECT ok(headline LIKE '%<mark>bill</mark> you, and how <mark>bills</mark> are paid. An exported <mark>bill</mark>%', 'highlights') FROM lealup.search_kb(:'tenant', 'bill');
SELECT ok(headline LIKE '%&lt;script&gt;alert("x")&lt;/script&gt; &amp; mehr%', 'in text that is safe as HTML') FROM lealup.search_kb(:'tenant', 'monatsende');
SELECT ok(headline LIKE '%bills are paid. An <mark>exported</mark> bill%', 'excluded words are not highlighted') FROM lealup.search_kb(:'tenant', 'export -csv')
WHERE title = 'Invoices';

-- ----- Nothing has it all: anything that has a part -----
SELECT is(pg_temp.found('refund polizy'), 'Refund policy', 'a typing error in one word');
SELECT is(pg_temp.found('vouch'), 'Vouchers, Refund policy', 'the beginning of a word');
SELECT is(pg_temp.found('refund "csv of everything"'), 'Refund policy, Export', 'words in another order');
SELECT is(pg_temp.found('refund csv -vouchers'), 'Export', 'still without what is excluded');
SELECT is(pg_temp.found('refund export -"had as csv"'), 'Other exports, Refund policy, Invoices', 'also if that is a phrase');
SELECT is(pg_temp.found('xyzzy'), '', 'nothing is nothing');
SELECT is(pg_temp.found('-export'), '', 'exclusions alone are no question');
SELECT is(pg_temp.found('the', 'english'), '', 'nor are stop words');

-- ----- No text is an error -----
SELECT lives_ok(format('SELECT pg_temp.found(%L)', q), 'no error: ' || left(q, 20)) FROM (
    SELECT unnest(ARRAY['', ' ', '''', '"', '\', ':*', '!', '!!!', '-', '--', '<->', '( & | !', 'a'':*', '\''\\''', '"""', 'or or or', '-"a b" -c -"', '%_%', repeat('a', 10000),
        repeat('word ', 2000), repeat('-a ', 3000), repeat('"', 9999), repeat('😀', 3000), repeat('ॐ', 3000), E'\x01\x02\t\n\x7f', 'https://a.b/(c) -https://a.b/(c)', 'x@y.z ''''', '<b>&amp;</b>',
        '-"(x) y" z', 'q -http://x.y/a!''b'' -"c-d e!''f''"', 'http://x.y/a!''b'' & !''', 'or -b', 'O''Neill''s \''quoted\''', NULL]) AS q
    UNION ALL SELECT string_agg(chr(33 + n * 7919 % 900), CASE n % 3 WHEN 0 THEN ' ' ELSE '' END) FROM generate_series(1, 3000) n) v;
SELECT throws_ok(format('SELECT lealup.search_kb(%L, ''x'', %s)', :'tenant', a), '22023', NULL, a) FROM unnest(ARRAY['''klingon''', 'max_results => 0', 'max_results => 101', 'max_results => NULL']) a;
SELECT throws_ok('SELECT lealup.search_kb(NULL, ''x'')', '22004', NULL, 'no tenant');

-- Texts and queries made for each other: many words to the place, long phrases, a word that is far from all others.
SELECT lealup.create_tenant('hostile') AS hostile \gset
SELECT count(lealup.upsert_kb_document(:'hostile', 'h', n::text, 'x', repeat('alpha beta gamma ', 5000) || ' omega', 'english')) FROM generate_series(1, 20) n;
SET LOCAL statement_timeout = '20s';
SELECT is(count(*) FILTER (WHERE headline LIKE '%<mark>%' AND length(headline) < 5000), 20::bigint, 'soon found: ' || left(q, 30))
FROM unnest(ARRAY['"' || repeat('alpha beta gamma ', 10) || '"', repeat('alpha ', 16) || repeat('beta ', 16), 'alpha omega', '"gamma omega"', 'alpha "omega alpha" nothing']) q,
    LATERAL lealup.search_kb(:'hostile', q, max_results => 100) GROUP BY q;
RESET statement_timeout;

-- ----- A word that everything has -----
INSERT INTO lealup.kb_document (tenant_id, source, external_id, title, body, language, content_hash)
SELECT :'tenant', 'many', n, 'Page ' || n, 'common words, and number ' || n, 'english', '' FROM generate_series(1, 5000) n;
SELECT lealup.upsert_kb_document(:'tenant', 'many', 'last', 'Common ground', 'Nothing else.', 'english') IS NOT NULL;
SELECT is(pg_temp.found('common', max_results => 1), 'Common ground', 'of too many, those with the word in the title are ranked');
SELECT is(pg_temp.found('common number 4999'), 'Page 4999', 'rare words find what common ones cannot');

-- ----- Rights -----
CREATE ROLE lealup_test_app;
CREATE ROLE lealup_test_reader;
CREATE ROLE lealup_test_unbound;
SELECT lealup.grant_access('lealup_test_app', 'app', :'tenant'), lealup.grant_access('lealup_test_reader', 'reader', :'tenant'), lealup.grant_access('lealup_test_unbound', 'app');
SET LOCAL ROLE lealup_test_reader;
SELECT is(pg_temp.found('csv'), 'Export', 'a reader searches its tenant');
SELECT is(count(*), 5017::bigint, 'and sees its documents') FROM lealup.kb_document;
SELECT throws_ok(format('SELECT lealup.search_kb(%L, ''csv'')', :'other'), '42501', NULL, 'but no other');
SELECT throws_ok(format('SELECT lealup.upsert_kb_document(%L, ''x'', ''1'', ''x'', ''x'')', :'tenant'), '42501', NULL, 'and writes nothing');
SET LOCAL ROLE lealup_test_unbound;
SELECT is(pg_temp.found('csv'), 'Export', 'an application names the tenant');
SET LOCAL lealup.tenant_id = :'other';
SELECT throws_ok('SELECT pg_temp.found(''csv'')', '42501', NULL, 'that it has not chosen differently');
SET LOCAL lealup.tenant_id = '';
SET LOCAL ROLE lealup_test_app;
SELECT throws_ok(format('UPDATE lealup.kb_document SET title = ''x'' WHERE id = %L', :'refund'), '42501', NULL, 'documents are written by the functions alone');
SET LOCAL lealup.member_id = :'gone';
SELECT throws_ok(format('SELECT lealup.delete_kb_document(%L, %L)', :'tenant', :'refund'), '42501', NULL, 'and not by somebody inactive');
RESET ROLE;

SELECT * FROM finish();
ROLLBACK;
