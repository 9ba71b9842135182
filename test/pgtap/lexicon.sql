-- The embedded classifier: what it reads, what it finds, and how well.
BEGIN;
SELECT plan(51);

CREATE FUNCTION pg_temp.classes(body text, language text DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(class, ' ' ORDER BY class), '') FROM lealup.classify_message(body, language)
$$;

-- What the sender wrote.
SELECT is(lealup._own_words(E'Fine.\r\n\r\nOn Mon, 3 Mar 2025, Ana <ana@v.example> wrote:\r\n> cancel?\r\n> really?'), 'Fine.', 'a quoted reply is left out');
SELECT is(lealup._own_words(E'> cancel?\n\nNo, we stay.'), 'No, we stay.', 'and what stands below it is not');
SELECT is(lealup._own_words(E'> one?\nyes\n> two?\nno'), E'yes\n\nno', 'nor between');
SELECT is(lealup._own_words(E'Ok.\n\nEl lun, 3 mar 2025, Ana escribió:\nQuiere cancelar'), 'Ok.', 'Spanish, without marks');
SELECT is(lealup._own_words(E'Ok.\n\nEm seg., 3 de mar. de 2025, Ana escreveu:\n> cancelar'), 'Ok.', 'Portuguese');
SELECT is(lealup._own_words(E'Ok.\n-----Original Message-----\nFrom: A\nI want to cancel'), 'Ok.', 'a forwarded message');
SELECT is(lealup._own_words(E'Ok.\n\nFrom: Ana\nSent: Monday\nTo: Bob\nSubject: Cancel\n\nText'), 'Ok.', 'a header without a line');
SELECT is(lealup._own_words(E'Ok.\n-- \nTom\nHead of Complaints'), 'Ok.', 'a signature');
SELECT is(lealup._own_words(E'Ok.\n\nBest regards,\nTom\nClaims'), 'Ok.', 'and one after a greeting');
SELECT is(lealup._own_words('<html><body><p>We &amp; you</p><blockquote>cancel</blockquote></body></html>'), 'We & you', 'HTML');
SELECT is(lealup._own_words('a < b and c > d'), 'a < b and c > d', 'no HTML');
SELECT is(lealup._own_words(''), '', 'nothing');
SELECT is(lealup._own_words(NULL), NULL, 'null');
SELECT is(length(lealup._own_words(repeat('x', 100000))), 20000, 'a long one is cut');
SELECT is(lealup._plain_text('Não É você — can’t, DON''T, dont, Cannot'), 'nao e voce — can not, do not, do not, can not', 'accents and contractions');

-- In which language it is.
SELECT is(lealup._languages('we have been waiting for the invoice'), '{en}', 'English');
SELECT is(lealup._languages('hola, hemos pagado la factura y no nos llega'), '{es}', 'Spanish');
SELECT is(lealup._languages('nao temos acesso e voces ainda nao responderam'), '{pt}', 'Portuguese');
SELECT is(lealup._languages('ok'), '{en,es,pt}', 'all, if nothing tells');
SELECT is(lealup._languages(''), '{en,es,pt}', 'also of nothing');

-- Phrases.
CREATE FUNCTION pg_temp.finds(language text, phrase text, body text) RETURNS boolean LANGUAGE sql AS $$
    SELECT to_tsvector(lealup._language_config(language), lealup._plain_text(body)) @@ lealup._phrase_query(language, phrase)
$$;
SELECT ok(pg_temp.finds('en', 'cancel .. contract', 'cancel our current contract'), 'up to three words between');
SELECT ok(NOT pg_temp.finds('en', 'cancel .. contract', 'cancel a b c d contract'), 'and not four');
SELECT ok(pg_temp.finds('en', 'contract & cancel', 'Cancel, whatever the long and winding contract says'), 'somewhere in the sentence');
SELECT ok(pg_temp.finds('es', 'quebrad*', 'está quebrado') AND pg_temp.finds('es', 'quebrad*', 'quebrada'), 'a prefix');
SELECT ok(pg_temp.finds('pt', 'fatura/boleto errad*', 'Boleto errado'), 'either');
SELECT is(lealup._phrase_query('en', '..'), NULL, 'no word, no query');
SELECT is_empty($$SELECT language, class, phrase FROM lealup.lexicon WHERE numnode(probe) = 0 OR numnode(query[1]) = 0$$, 'every phrase of the lexicon can be found');
SELECT is_empty($$SELECT l.language, l.phrase FROM lealup.lexicon l CROSS JOIN LATERAL (
        -- The phrase itself as a text: the first choice of each word, a gap of none.
        SELECT regexp_replace(regexp_replace(ltrim(l.phrase, '! '), ' ?(\.\.|&) ?', ' ', 'g'), '([^ /]+)(/[^ ]*)', '\1', 'g') AS words) w
    WHERE position('*' IN l.phrase) = 0 AND position('&' IN l.phrase) = 0
      AND NOT (to_tsvector(lealup._language_config(l.language), lealup._plain_text(w.words)) @@ l.query[1]
               AND to_tsvector(lealup._language_config(l.language), lealup._plain_text(w.words)) @@ l.probe
               AND l.keys && lealup._message_keys(l.language, to_tsvector(lealup._language_config(l.language), lealup._plain_text(w.words))))$$,
    'and is, with its probe and its keys, in the simplest text that has it');

-- Sentences.
SELECT is(lealup._with_names('Zoho called. We met Power BI and Ana on Monday'), 'Zoho called. We met xname Power BI and xname Ana on Monday', 'names within a sentence are marked');
SELECT is(pg_temp.classes('We have signed with Quuxly.'), 'competitor', 'so that a competitor need not be known');
SELECT is(pg_temp.classes('False alarm, the dashboard does not load on our side only.'), '', 'what is none takes every class back');
SELECT is(pg_temp.classes('We want to cancel our subscription.'), 'cancellation', 'an issue');
SELECT is(pg_temp.classes('We do not want to cancel our subscription.'), '', 'denied, it is none');
SELECT is(pg_temp.classes('We are not unhappy. Please cancel our subscription.'), 'cancellation', 'a negation rules its own sentence only');
SELECT is(pg_temp.classes('NO QUEREMOS CANCELAR EL CONTRATO'), '', 'in capitals');
SELECT is(pg_temp.classes('queremos cancelar o contrato, a fatura esta errada'), 'billing cancellation', 'two at once, without accents');
SELECT is(pg_temp.classes('Hola, the dashboard does not load, ¿pueden revisar? Gracias, quiero cancelar el contrato'), 'cancellation outage', 'languages mixed');
SELECT is(pg_temp.classes('The dashboard does not load.', 'pt'), '', 'a language that is named is the only one');
SELECT throws_ok($$SELECT * FROM lealup.classify_message('x', 'de')$$, '22023', NULL, 'which has to be known');
SELECT is(pg_temp.classes(NULL) || pg_temp.classes('') || pg_temp.classes('👍') || pg_temp.classes(repeat('é', 30000)), '', 'nothing in nothing');
SELECT results_eq($$SELECT severity, evidence FROM lealup.classify_message(E'Hi Ana,\nthanks. Please cancel our subscription. Bye')$$,
    $$VALUES ('high', 'Please cancel our subscription')$$, 'with its severity and the sentence');

-- What a tenant adds.
SELECT lealup.create_tenant('lexicon') AS tenant, lealup.create_tenant('other') AS other \gset
INSERT INTO lealup.tenant_phrase (tenant_id, class, phrase) VALUES (:'tenant', 'competitor', 'zebrasoft'), (:'other', 'competitor', 'gnusoft'), (:'tenant', 'outage', 'O''Brien "x" <-> & (a | b) :* !c');
SET LOCAL lealup.tenant_id = :'tenant';
SELECT is(pg_temp.classes('We looked at Zebrasoft and gnusoft'), 'competitor', 'a phrase of the tenant''s is found');
SELECT is(pg_temp.classes('We looked at gnusoft'), '', 'another tenant''s is not');
UPDATE lealup.tenant_phrase SET active = false WHERE tenant_id = :'tenant';
SELECT is(pg_temp.classes('We looked at Zebrasoft'), '', 'nor one that was switched off');
SELECT throws_ok(format('INSERT INTO lealup.tenant_phrase (tenant_id, class, phrase) VALUES (%L, %L, %L)', :'tenant', 'outage', p), '23514', NULL, 'refused: ' || left(p, 20))
FROM unnest(ARRAY['..', 'a\b', repeat('x', 201)]) p;

-- How well. The messages of the split open were known when the phrases were chosen, so what is reached there says that nothing
-- was broken, not how good the lexicon is. Those of the split held were written apart from it and are not to be tuned for: they tell
-- what to expect of new mail. The goal there is a precision of 0.8 and a recall of 0.7 in each language.
CREATE TEMP TABLE message (id text, language text, split text, labels text, body text);
\copy message FROM 'test/data/issue_messages.tsv'
\copy message FROM 'test/data/issue_messages_2.tsv'
\copy message FROM 'test/data/issue_messages_held.tsv'
CREATE TEMP TABLE judged AS
SELECT m.split, m.language, x.class, x.class = ANY (string_to_array(m.labels, ',')) AS wanted, x.class = ANY (g.classes) AS found
FROM message m
CROSS JOIN LATERAL (SELECT coalesce(array_agg(k.class), '{}') AS classes FROM lealup.classify_message(m.body) k) g
CROSS JOIN unnest(ARRAY['cancellation', 'complaint', 'billing', 'outage', 'competitor']) x(class);
CREATE TEMP TABLE figure AS
SELECT split, coalesce(language, 'all') AS language, coalesce(class, 'all') AS class, count(*) FILTER (WHERE wanted) AS wanted,
       round(count(*) FILTER (WHERE wanted AND found)::numeric / nullif(count(*) FILTER (WHERE found), 0), 2) AS "precision",
       round(count(*) FILTER (WHERE wanted AND found)::numeric / nullif(count(*) FILTER (WHERE wanted), 0), 2) AS recall
FROM judged GROUP BY split, CUBE (language, class);
SELECT diag(format('%s, %s, %s: precision %s, recall %s (of %s)', split, language, class, "precision", recall, wanted))
FROM figure ORDER BY split, language = 'all', language, class = 'all', class;
SELECT is_empty($$SELECT language FROM message WHERE split = 'open' GROUP BY 1 HAVING count(*) < 250$$, 'there are two hundred and fifty messages in each language');
SELECT is_empty($$SELECT language FROM figure WHERE split = 'open' AND class = 'all' AND NOT ("precision" >= 0.85 AND recall >= 0.9)$$,
    'messages that the lexicon was made for are classified well');
SELECT is_empty($$SELECT language FROM message WHERE split = 'held' GROUP BY 1 HAVING count(*) < 200$$, 'two hundred in each language were held back');
SELECT is_empty($$SELECT language FROM figure WHERE split = 'held' AND class = 'all' AND NOT ("precision" >= 0.65 AND recall >= 0.65)$$,
    'and are classified as they were when they were first seen, which is short of the goal');

SELECT * FROM finish();
ROLLBACK;
