-- The embedded classifier of messages: phrases of three languages, found through PostgreSQL's text search. It needs no service.

-- The stemmers as PostgreSQL has them, but without stop words: "not", "out" and "off" are what tells an issue from none.
CREATE TEXT SEARCH DICTIONARY lealup.en_stem (TEMPLATE = pg_catalog.snowball, Language = english);
CREATE TEXT SEARCH DICTIONARY lealup.es_stem (TEMPLATE = pg_catalog.snowball, Language = spanish);
CREATE TEXT SEARCH DICTIONARY lealup.pt_stem (TEMPLATE = pg_catalog.snowball, Language = portuguese);
CREATE TEXT SEARCH CONFIGURATION lealup.en (COPY = pg_catalog.english);
CREATE TEXT SEARCH CONFIGURATION lealup.es (COPY = pg_catalog.spanish);
CREATE TEXT SEARCH CONFIGURATION lealup.pt (COPY = pg_catalog.portuguese);
ALTER TEXT SEARCH CONFIGURATION lealup.en ALTER MAPPING FOR asciiword, asciihword, hword_asciipart, word, hword, hword_part WITH lealup.en_stem;
ALTER TEXT SEARCH CONFIGURATION lealup.es ALTER MAPPING FOR asciiword, asciihword, hword_asciipart, word, hword, hword_part WITH lealup.es_stem;
ALTER TEXT SEARCH CONFIGURATION lealup.pt ALTER MAPPING FOR asciiword, asciihword, hword_asciipart, word, hword, hword_part WITH lealup.pt_stem;
COMMENT ON TEXT SEARCH CONFIGURATION lealup.en IS 'English without stop words.';
COMMENT ON TEXT SEARCH CONFIGURATION lealup.es IS 'Spanish without stop words.';
COMMENT ON TEXT SEARCH CONFIGURATION lealup.pt IS 'Portuguese without stop words.';

-- What is called for every message and is one expression has no SET, so that it is inlined instead of planned anew.
CREATE FUNCTION lealup._language_config(language text) RETURNS regconfig
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE language WHEN 'en' THEN 'lealup.en'::regconfig WHEN 'es' THEN 'lealup.es'::regconfig WHEN 'pt' THEN 'lealup.pt'::regconfig END;
COMMENT ON FUNCTION lealup._language_config(text) IS 'The text search configuration of en, es or pt; null for any other.';

-- People leave out accents and apostrophes when they write on a phone, so both sides do without them.
CREATE FUNCTION lealup._plain_text(body text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN regexp_replace(regexp_replace(regexp_replace(regexp_replace(translate(replace(lower(body), 'e-mail', 'email'), '’`´áàâãäéèêëíìîïóòôõöúùûüñç-', '''''''aaaaaeeeeiiiiooooouuuunc '),
        '\m(ca|do|did|does|is|was|were|wo|would|should|could|have|has|had|are|ai)n''?t\M', '\1 not', 'g'),
        '\mcan?( ?not)\M', 'can not', 'g'),
        -- Else the stemmers take "para" for "parou", and the charge "cargo" for "cargando", which is loading.
        '\mpara\M', 'pra', 'g'), '\mcargos?\M', 'cobro', 'g');
COMMENT ON FUNCTION lealup._plain_text(text) IS 'Text in lower case, without accents, and with English contractions of "not" written out.';

-- What the sender wrote: neither what they reply to nor how they sign.
CREATE FUNCTION lealup._own_words(body text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    attribution text := '(on|am|le|el|em|il)\M[^\n]{1,200}(\n[^\n]{0,200})?\m(wrote|schrieb|escribio|escribió|escreveu|a écrit|ha scritto) ?:';
    words text := replace(left(body, 20000), E'\r', '');
BEGIN
    IF words ~* '<(html|body|div|p|br|blockquote)\M[^<>]*>' THEN
        words := regexp_replace(words, '<blockquote\M.*', '', 'i');
        words := regexp_replace(regexp_replace(words, '<(br|/p|/div|/li|/tr)\M[^<>]*>', E'\n', 'gi'), '<[^<>]*>', ' ', 'g');
        words := replace(replace(replace(replace(words, '&nbsp;', ' '), '&lt;', '<'), '&gt;', '>'), '&amp;', '&');
    END IF;
    -- A line by itself, as people write on a phone, quotes nothing and is not signed.
    IF words ~ '[\n>:]|--|__' THEN
        -- An answer may stand below a quotation whose lines are marked; below one whose lines are not, nothing of the sender's is expected.
        words := regexp_replace(words, '(?n)(^[ \t]*' || attribution || '[ \t]*\n+)?(^[ \t]*>.*(\n|$))+', E'\n', 'gi');
        words := regexp_replace(words, '(^|\n)[ \t]*' || attribution || '.*', '', 'i');
        words := regexp_replace(words, '(^|\n)[ \t]*-{2,} ?(original message|forwarded message|mensaje original|mensaje reenviado|mensagem original|mensagem encaminhada).*', '', 'i');
        words := regexp_replace(words, '(^|\n)[ \t*]*(from|de|von):[^\n]*\n([^\n]*\n)?[ \t*]*(sent|date|to|subject|enviad[oa]( el| em)?|fecha|data|para|asunto|assunto):.*', '', 'i');
        words := regexp_replace(words, '(^|\n)_{10,}[ \t]*\n.*', '');
        words := regexp_replace(words, '(^|\n)(--[ \t]*|[ \t]*(sent from my|get outlook for|enviado (desde|do|pelo|via) )[^\n]*)(\n.*|$)', '', 'i');
        words := regexp_replace(words, '\n[ \t]*((best|kind|warm|many)( regards| wishes)?|regards|cheers|sincerely|yours sincerely|(un |cordiales )?saludos?( cordial(es)?)?|atentamente|att|abs|(um )?abraços?|atenciosamente|cordialmente)[ \t]*[,.!]?[ \t]*(\n[^\n]{0,100}){0,8}$', '', 'i');
    END IF;
    RETURN btrim(words, E' \t\n');
END $$;
COMMENT ON FUNCTION lealup._own_words(text) IS
    'What the sender of a message wrote, up to 20,000 characters: without quoted replies, forwarded messages, signatures and HTML tags.';

-- Lower case loses what is a name, and a product that nobody could list is found by being one. The few tools that everybody has are none.
CREATE FUNCTION lealup._with_names(words text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN regexp_replace(words, '([[:lower:][:digit:],(] |\m(?:A|O|As|Os|La|El|Los|Las|The|At|With|From|Con|Com) )((?!(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?\M|January|February|March|April|May\M|June|July|August|September|October|November|December|Excel|PowerPoint|Word\M|Outlook|Teams|Zoom|Slack|WhatsApp|Gmail|Google|Chrome|Windows|iPhone|Android|LinkedIn)[[:upper:]][[:alnum:]]*[[:lower:]][[:alnum:]]*( [[:upper:]][[:alnum:]]*)*)', '\1xname \2', 'g');
COMMENT ON FUNCTION lealup._with_names(text) IS 'A text with the word xname before each name, which is what has a capital within a sentence.';

-- ----- Phrases -----

CREATE FUNCTION lealup._phrase_query(language text, phrase text) RETURNS tsquery
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    config regconfig := lealup._language_config(language);
    terms text[] := regexp_split_to_array(btrim(lealup._plain_text(phrase)), '\s+');
    term tsquery;
    prefixes tsquery;
    part tsquery;
    near tsquery;
    whole tsquery;
    gap int := 1;
BEGIN
    -- From right to left, because text search measures the distance to the beginning of a phrase on the right.
    FOR i IN REVERSE cardinality(terms)..1 LOOP
        IF terms[i] = '&' THEN
            whole := coalesce(whole && part, part);
            part := NULL;
            gap := 1;
        ELSIF terms[i] = '..' THEN
            gap := 4;
        ELSE
            -- A stemmer takes the end of a word to be an ending, which that of a prefix is not; a prefix may itself have a
            -- part of an ending, as in quebrad*, which the participle's stem has not (but a stem of three letters is anybody's).
            SELECT to_tsquery(config, string_agg(quote_literal(rtrim(w, '*')) || CASE WHEN w LIKE '%*' AND language <> 'en' AND length((tsvector_to_array(to_tsvector(config, rtrim(w, '*') || 'o')))[1]) > 3 THEN '|' || quote_literal(rtrim(w, '*') || 'o') ELSE '' END, '|')),
                   to_tsquery('simple', string_agg(quote_literal(rtrim(w, '*')) || ':*', '|') FILTER (WHERE w LIKE '%*'))
            INTO term, prefixes FROM regexp_split_to_table(terms[i], '/') w WHERE w ~ '\w';
            term := CASE WHEN numnode(prefixes) > 0 THEN term || prefixes ELSE term END;
            IF numnode(term) > 0 THEN
                IF part IS NULL THEN
                    part := term;
                ELSE
                    near := tsquery_phrase(term, part);
                    FOR n IN 2..gap LOOP
                        near := near || tsquery_phrase(term, part, n);
                    END LOOP;
                    part := near;
                END IF;
                gap := 1;
            END IF;
        END IF;
    END LOOP;
    RETURN coalesce(whole && part, part, whole);
END $$;
COMMENT ON FUNCTION lealup._phrase_query(text, text) IS
    'What finds a phrase in a language (en, es, pt): words next to each other; a/b = either; canc* = all that begin so; .. = up to three words between; & = somewhere in the same sentence. Null if it has no word.';

CREATE FUNCTION lealup._severity_rank(severity text) RETURNS smallint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN array_position(ARRAY['low', 'medium', 'high'], severity)::smallint;
COMMENT ON FUNCTION lealup._severity_rank(text) IS 'low = 1, medium = 2, high = 3.';

CREATE FUNCTION lealup._phrase_probe(language text, phrase text) RETURNS tsquery
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN regexp_replace(lealup._phrase_query(language, replace(phrase, '..', ' '))::text, '<(-|\d+)>', '&', 'g')::tsquery;
COMMENT ON FUNCTION lealup._phrase_probe(text, text) IS
    'What tells quickly that a text cannot have a phrase: its words, wherever they stand.';

-- What set-returning functions are estimated to give makes the planner believe that compiling is worth while.
CREATE FUNCTION lealup._phrase_keys(language text, phrase text) RETURNS text[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
    WITH key AS (
        SELECT t.n, left(k, 4) AS k
        FROM regexp_split_to_table(btrim(lealup._plain_text(_phrase_keys.phrase)), '\s+') WITH ORDINALITY t(term, n)
        CROSS JOIN LATERAL regexp_split_to_table(t.term, '/') w
        CROSS JOIN LATERAL unnest(tsvector_to_array(to_tsvector(lealup._language_config(_phrase_keys.language), rtrim(w, '*') || CASE WHEN w LIKE '%*' THEN ' ' || rtrim(w, '*') || 'o' ELSE '' END))
            || CASE WHEN w LIKE '%*' THEN ARRAY[rtrim(w, '*')] END) k
        WHERE w ~ '\w' AND k <> ''
    ), rare AS (
        SELECT key.n FROM key GROUP BY key.n ORDER BY sum(CASE WHEN length(key.k) < 4 THEN 8 ELSE 1 END), key.n LIMIT 1
    )
    SELECT array_agg(DISTINCT _phrase_keys.language || key.k) FROM key JOIN rare ON rare.n = key.n;
END;
COMMENT ON FUNCTION lealup._phrase_keys(text, text) IS
    'How the words begin of which a text must have one to have a phrase: language and up to four letters of what may stand at the place with the fewest choices, where a short word counts as many.';

CREATE FUNCTION lealup._message_keys(language text, v tsvector) RETURNS text[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (SELECT coalesce(array_agg(DISTINCT _message_keys.language || left(w, n)), '{}') FROM unnest(tsvector_to_array(v)) w, generate_series(1, 4) n);
COMMENT ON FUNCTION lealup._message_keys(text, tsvector) IS 'How the words of a text begin, to be compared with _phrase_keys().';

CREATE FUNCTION lealup._negated(language text, query tsquery) RETURNS tsquery[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN (SELECT array_agg(tsquery_phrase(to_tsquery(lealup._language_config(language), CASE language
            WHEN 'en' THEN 'not|no|never|without|nor' WHEN 'es' THEN 'no|nunca|jamas|tampoco|ni|sin|ningun|ninguna'
            ELSE 'nao|nunca|jamais|nem|sem|nenhum|nenhuma' END), _negated.query, n)) FROM generate_series(1, 3) n);
COMMENT ON FUNCTION lealup._negated(text, tsquery) IS 'The same query with a negation up to two words before it.';

CREATE TABLE lealup.lexicon (
    language text NOT NULL CHECK (language IN ('en', 'es', 'pt')),
    class text NOT NULL CHECK (class IN ('cancellation', 'complaint', 'billing', 'outage', 'competitor') OR class = 'any' AND weight <= 0),
    phrase text NOT NULL,
    severity text NOT NULL CHECK (severity IN ('low', 'medium', 'high')),
    weight real NOT NULL CHECK (weight >= 0 AND weight < 1 OR weight = -1),
    keys text[] NOT NULL,
    probe tsquery NOT NULL,
    -- In an array, because a tsquery by itself cannot be stored out of line, and what is seldom read should be.
    query tsquery[] NOT NULL,
    negated tsquery[] NOT NULL,
    PRIMARY KEY (language, class, phrase)
);
CREATE INDEX ON lealup.lexicon USING gin (keys) WITH (fastupdate = off);
COMMENT ON TABLE lealup.lexicon IS 'The phrases that the built-in classifier knows. It comes with the extension; tenant_phrase is what a tenant adds.';
COMMENT ON COLUMN lealup.lexicon.class IS 'any = every class but competitor, which other people''s and past trouble may be about; only for what takes a class back.';
COMMENT ON COLUMN lealup.lexicon.phrase IS
    'Words next to each other; a/b = either, canc* = all that begin so, .. = up to three words between, & = somewhere in the same sentence, ! before it = a negation before it does not matter.';
COMMENT ON COLUMN lealup.lexicon.weight IS 'How sure it is by itself, below 1; 0 = it takes its class back for the sentence, -1 = for the message.';
COMMENT ON COLUMN lealup.lexicon.keys IS 'One of these has to be among the message''s _message_keys(): through the index, a message is compared with few phrases only.';
COMMENT ON COLUMN lealup.lexicon.probe IS 'What has to match a message, before the query is tried on its sentences.';
COMMENT ON COLUMN lealup.lexicon.query IS 'What has to match a sentence.';
COMMENT ON COLUMN lealup.lexicon.negated IS 'What must not match it: the same after a negation.';

-- How to write a phrase: see the comment on lexicon.phrase. A slot in capitals stands for its list of words, NAME for any name, so that a phrase
-- is a combination, as WANT .. cancel. Spanish and Portuguese endings are many, so their verbs are mostly beginnings, as cancel*.
-- Without a star a word is found by its stem; mind short stems, which other words share (final for finalista).
-- Weight 0.9 decides by itself, two of 0.35 decide together, 0 and -1 take the class back.
CREATE FUNCTION lealup._learn(language text, slots jsonb, parts jsonb) RETURNS void
    LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    INSERT INTO lealup.lexicon (language, class, phrase, severity, weight, keys, probe, query, negated)
    WITH phrase AS (
        SELECT v.class, v.severity, v.weight,
               (SELECT string_agg(coalesce(_learn.slots ->> t.w, t.w), '' ORDER BY t.n) FROM regexp_split_to_table(p, '\M|\m') WITH ORDINALITY t(w, n)) AS p
        FROM jsonb_to_recordset(_learn.parts) v(class text, severity text, weight real, phrases text) CROSS JOIN LATERAL regexp_split_to_table(v.phrases, E'\n') p
    )
    SELECT DISTINCT ON (v.class, v.p) _learn.language, v.class, v.p, v.severity, v.weight, lealup._phrase_keys(_learn.language, v.p),
           lealup._phrase_probe(_learn.language, v.p), ARRAY[q.query],
           CASE WHEN v.p ~ '^(!|(not|no|never|without|nobody|none|nothing|ya no|nadie|ningun\*|nada|nunca|sin|ni|nao|ninguem|nem|nenhum\*|sem)\M)' THEN '{}'
               ELSE lealup._negated(_learn.language, q.query) END
    FROM phrase v CROSS JOIN LATERAL (SELECT lealup._phrase_query(_learn.language, v.p) AS query OFFSET 0) q
    ORDER BY v.class, v.p, v.weight DESC;
END;
COMMENT ON FUNCTION lealup._learn(text, jsonb, jsonb) IS
    'Writes the phrases of a language into the lexicon. slots: {name: words}; parts: [{class, severity, weight, phrases}], a phrase a line. Of a phrase that a class has twice, the greater weight counts.';

-- ----- What a tenant adds -----

CREATE FUNCTION lealup._phrase_queries(language text, phrase text) RETURNS tsquery[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    RETURN (SELECT array_agg(CASE WHEN language IS NULL OR language = l THEN lealup._phrase_query(l, phrase) END ORDER BY n)
            FROM unnest(ARRAY['en', 'es', 'pt']) WITH ORDINALITY k(l, n));
COMMENT ON FUNCTION lealup._phrase_queries(text, text) IS 'What finds a phrase in English, Spanish and Portuguese; null where it is not looked for.';

CREATE FUNCTION lealup._is_phrase(phrase text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN phrase ~ '\w' AND length(phrase) <= 200 AND cardinality(regexp_split_to_array(phrase, '\s+')) <= 12
        AND cardinality(regexp_split_to_array(phrase, '\.\.')) <= 3
        AND position(E'\\' IN phrase) = 0;
COMMENT ON FUNCTION lealup._is_phrase(text) IS 'Whether a phrase has a word, no backslash, and not more than 200 characters, 12 words and 2 gaps.';

CREATE TABLE lealup.tenant_phrase (
    tenant_id uuid NOT NULL REFERENCES lealup.tenant,
    id uuid NOT NULL DEFAULT lealup.uuid7(),
    class text NOT NULL CHECK (class IN ('cancellation', 'complaint', 'billing', 'outage', 'competitor')),
    severity text NOT NULL DEFAULT 'medium' CHECK (severity IN ('low', 'medium', 'high')),
    language text CHECK (language IN ('en', 'es', 'pt')),
    phrase text NOT NULL CHECK (lealup._is_phrase(phrase)),
    active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    queries tsquery[] GENERATED ALWAYS AS (lealup._phrase_queries(language, phrase)) STORED,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, class, phrase)
);
COMMENT ON TABLE lealup.tenant_phrase IS 'A phrase that a tenant adds to the lexicon: the name of a competitor, a product that is "not syncing".';
COMMENT ON COLUMN lealup.tenant_phrase.language IS 'Null = in every language.';
COMMENT ON COLUMN lealup.tenant_phrase.phrase IS 'Words next to each other; a/b = either, canc* = all that begin so, .. = up to three words between, & = somewhere in the same sentence.';

-- ----- Classification -----

CREATE FUNCTION lealup._languages(words text) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- The lists are constants in the conditions, so that they are looked up by hash.
    RETURN (SELECT array_agg(v.language ORDER BY v.language)
        FROM (SELECT count(*) FILTER (WHERE w = ANY ('{the,and,is,are,we,i,you,to,of,for,our,your,it,this,that,have,has,with,not,was,be,my,on,in,at,please,thanks,but,from,they,will,hello,hey,what,how,when,does,do,can,any,an,been,if,us}'::text[])) AS en,
                     count(*) FILTER (WHERE w = ANY ('{el,los,las,y,es,una,un,con,muy,del,lo,al,mi,su,ya,pero,hola,gracias,nos,nuestro,nuestra,ustedes,la,en,esta,este,hay,estoy,estamos,desde,hemos,le,usted,buenas,buenos,quiero,les,sus,mis,nadie,sin,hoy,ayer,cuando,puedo,pueden,podemos,tenemos,tengo,son,fue,ha,han,hace,cual,donde,quien,si,ni,hasta,otra,otro,mas,dos,aun,sigue,seguimos,cada,yo,vamos,siempre,ahora,che,vez}'::text[]) OR w LIKE '%cion') AS es,
                     count(*) FILTER (WHERE w = ANY ('{o,os,as,e,um,uma,com,nao,muito,mas,do,da,dos,das,ao,meu,minha,nosso,nossa,voce,voces,em,na,nas,obrigado,obrigada,oi,ola,foi,temos,estou,isso,ainda,ja,esta,este,ha,desde,quero,faz,meus,minhas,nossos,ninguem,sem,hoje,ontem,quando,posso,podem,tenho,sao,tem,mais,ate,pela,pelo,pra,pro,ou,ser,seu,sua,eu,gente,essa,esse,aqui,agora,dois,duas,depois,estao,estamos,foram,qual,onde,quem,nem,outro,outra,mesmo,so,vcs,vc,num,numa,sempre,aos,tambem,fica,vez,vamos}'::text[]) OR w LIKE '%cao') AS pt
              FROM regexp_split_to_table(left(_languages.words, 2000), '[^a-z]+') w) c
        CROSS JOIN LATERAL (VALUES ('en', c.en), ('es', c.es), ('pt', c.pt)) v(language, votes)
        WHERE v.votes * 2 >= greatest(c.en, c.es, c.pt));
END $$;
COMMENT ON FUNCTION lealup._languages(text) IS
    'The languages (en, es, pt) in which a plain text may be, by its function words: several if it mixes them, all if nothing tells.';

-- A comma keeps the words before it from negating those behind it.
CREATE FUNCTION lealup._message_vector(language text, plain text) RETURNS tsvector
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN to_tsvector(lealup._language_config(language), replace(replace(replace(plain, ', ', ' zz zz zz '), '/', ' '), '%', ' percent '));
COMMENT ON FUNCTION lealup._message_vector(text, text) IS 'The words of a plain text as the lexicon''s queries look for them, with a distance at each comma.';

CREATE FUNCTION lealup._classify(tenant_id uuid, body text, language text DEFAULT NULL) RETURNS TABLE (class text, severity text, score real, evidence text)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
    -- Planning takes longer than the search, compiling much longer, and only the index of the lexicon, by a bitmap, makes it quick, which workers else do without;
    -- and a word that is too long to be found is nothing to tell the sender of.
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = on SET jit = off SET client_min_messages = warning AS $$
DECLARE
    words text := lealup._own_words(body);
    plain text := lealup._plain_text(lealup._with_names(words));
    languages text[] := CASE WHEN language IS NULL THEN lealup._languages(plain) ELSE ARRAY[language] END;
BEGIN
    RETURN QUERY
    -- First the message as a whole, which few phrases survive; then sentence by sentence, because a negation rules its own.
    WITH whole AS MATERIALIZED (
        SELECT l AS language, lealup._message_vector(l, plain) AS v FROM unnest(languages) l
    ), candidate AS MATERIALIZED (
        SELECT p.language, p.class, p.phrase, p.severity, p.weight, p.query, p.negated
        FROM whole w JOIN lealup.lexicon p ON p.keys && lealup._message_keys(w.language, w.v) AND w.v @@ p.probe
        UNION ALL
        SELECT w.language, p.class, p.phrase, p.severity, 0.9, p.queries[k.n:k.n], lealup._negated(w.language, p.queries[k.n])
        FROM whole w JOIN (VALUES (1, 'en'), (2, 'es'), (3, 'pt')) k(n, language) ON k.language = w.language
        JOIN lealup.tenant_phrase p ON p.tenant_id = _classify.tenant_id AND p.active AND w.v @@ p.queries[k.n]
    ), sentence AS MATERIALIZED (
        SELECT s.n, s.words, l AS language, lealup._message_vector(l, lealup._plain_text(lealup._with_names(s.words))) AS v
        FROM regexp_split_to_table(words, '[.!?;…]+(?=\s|$)|\n+') WITH ORDINALITY s(words, n), unnest(languages) l
        WHERE s.words ~ '\w' AND EXISTS (SELECT FROM candidate c WHERE c.weight > 0)
    ), solved AS MATERIALIZED (
        SELECT DISTINCT c.class FROM candidate c JOIN whole w ON w.language = c.language AND w.v @@ ANY (c.query) WHERE c.weight < 0
    ), hit AS (
        SELECT DISTINCT ON (c.class, c.language, c.phrase) c.class, c.language, c.severity, c.weight, s.words
        FROM candidate c JOIN sentence s ON s.language = c.language AND s.v @@ ANY (c.query) AND NOT s.v @@ ANY (c.negated)
        WHERE c.weight > 0 AND NOT EXISTS (SELECT FROM solved d WHERE d.class = c.class OR d.class = 'any' AND c.class <> 'competitor') AND NOT EXISTS (
            SELECT FROM candidate u WHERE u.weight = 0 AND (u.class = c.class OR u.class = 'any' AND c.class <> 'competitor') AND u.language = c.language AND s.v @@ ANY (u.query))
        ORDER BY c.class, c.language, c.phrase, s.n
    ), sum AS (
        SELECT h.class, max(lealup._severity_rank(h.severity)) AS severity, (1 - exp(sum(ln(1 - h.weight))))::real AS score,
               (array_agg(btrim(h.words) ORDER BY h.weight DESC, length(h.words)))[1] AS evidence
        FROM hit h GROUP BY h.class, h.language
    )
    SELECT DISTINCT ON (s.class) s.class, (ARRAY['low', 'medium', 'high'])[s.severity], s.score, left(s.evidence, 300)
    FROM sum s WHERE s.score >= 0.5 ORDER BY s.class, s.score DESC;
END $$;
COMMENT ON FUNCTION lealup._classify(uuid, text, text) IS 'classify_message() with the phrases of a tenant.';

CREATE FUNCTION lealup.classify_message(body text, language text DEFAULT NULL) RETURNS TABLE (class text, severity text, score real, evidence text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF classify_message.language NOT IN ('en', 'es', 'pt') THEN
        RAISE EXCEPTION 'invalid language: %', quote_literal(left(classify_message.language, 100))
            USING ERRCODE = 'invalid_parameter_value', HINT = 'language is en, es or pt; null = found out.';
    END IF;
    RETURN QUERY SELECT c.class, c.severity, c.score, c.evidence
    FROM lealup._classify(lealup.current_tenant(), classify_message.body, classify_message.language) c;
END $$;
COMMENT ON FUNCTION lealup.classify_message(text, text) IS
    'The issues that a message of a customer tells of: class (cancellation, complaint, billing, outage, competitor), severity (low, medium, high), score (0.5 to 1), evidence (the sentence). No row = none. language: en, es or pt; null = found out, also a mixture. Quoted replies and signatures do not count; the current tenant''s own phrases do. Text beyond 20,000 characters is not read.';
