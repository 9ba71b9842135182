-- The knowledge base: documents that are synced or written, and full-text search in them.

CREATE FUNCTION lealup._kb_languages() RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ARRAY['english', 'spanish', 'portuguese', 'french', 'german', 'italian', 'simple'];
COMMENT ON FUNCTION lealup._kb_languages() IS 'The languages of documents; simple = any other: words are compared as they are written.';

-- A generated column takes immutable expressions only; a cast from a name to a configuration is not, the constants are.
CREATE FUNCTION lealup._kb_config(language text) RETURNS regconfig
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE language
        WHEN 'english' THEN 'pg_catalog.english'::regconfig
        WHEN 'spanish' THEN 'pg_catalog.spanish'::regconfig
        WHEN 'portuguese' THEN 'pg_catalog.portuguese'::regconfig
        WHEN 'french' THEN 'pg_catalog.french'::regconfig
        WHEN 'german' THEN 'pg_catalog.german'::regconfig
        WHEN 'italian' THEN 'pg_catalog.italian'::regconfig
        ELSE 'pg_catalog.simple'::regconfig END;
COMMENT ON FUNCTION lealup._kb_config(text) IS 'The text search configuration of a language.';

-- A search is always one of a tenant's documents in one language. This lexeme says so inside the GIN index: what other tenants have is
-- passed over there, not fetched and thrown away, and the index needs no column tenant_id, for which GIN has no operator class without
-- the extension btree_gin. It has a slash between a uuid and a name, and a capital, so no word of a text is like it.
CREATE FUNCTION lealup._kb_scope(tenant_id uuid, language text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN 'T/' || tenant_id::text || '/' || language;
COMMENT ON FUNCTION lealup._kb_scope(uuid, text) IS 'The lexeme that each document of a tenant and language has.';

-- A longer text than this could exceed the megabyte that a tsvector may have, and would refuse the document.
CREATE FUNCTION lealup._kb_vector(tenant_id uuid, language text, title text, body text) RETURNS tsvector
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN array_to_tsvector(ARRAY[lealup._kb_scope(tenant_id, language)])
        || setweight(to_tsvector(lealup._kb_config(language), title), 'A')
        || setweight(to_tsvector(lealup._kb_config(language), left(body, 100000)), 'D');
COMMENT ON FUNCTION lealup._kb_vector(uuid, text, text, text) IS
    'What search_kb() finds a document by: its scope, its title (weight A) and the first 100,000 characters of its body (weight D).';

CREATE TABLE lealup.kb_document (
    tenant_id uuid NOT NULL REFERENCES lealup.tenant,
    id uuid NOT NULL DEFAULT lealup.uuid7(),
    source text NOT NULL DEFAULT 'manual' CHECK (length(source) BETWEEN 1 AND 100),
    connection_id uuid,
    external_id text NOT NULL CHECK (length(external_id) BETWEEN 1 AND 1000),
    title text NOT NULL CHECK (length(title) BETWEEN 1 AND 1000),
    body text NOT NULL CHECK (length(body) <= 1000000),
    language text NOT NULL DEFAULT 'simple' CHECK (language = ANY (lealup._kb_languages())),
    url text CHECK (length(url) <= 4000),
    path text CHECK (length(path) <= 4000),
    payload jsonb CHECK (octet_length(payload::text) <= 1048576),
    content_hash bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    truncated boolean GENERATED ALWAYS AS (length(body) > 100000) STORED,
    vector tsvector GENERATED ALWAYS AS (CASE WHEN deleted_at IS NULL THEN lealup._kb_vector(tenant_id, language, title, body) END) STORED,
    title_vector tsvector GENERATED ALWAYS AS (CASE WHEN deleted_at IS NULL THEN lealup._kb_vector(tenant_id, language, title, '') END) STORED,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, source, external_id)
);
-- Without a pending list, which every search would read through: documents are searched more often than written.
CREATE INDEX kb_document_vector ON lealup.kb_document USING gin (vector) WITH (fastupdate = off);
CREATE INDEX kb_document_title_vector ON lealup.kb_document USING gin (title_vector) WITH (fastupdate = off);
CREATE INDEX kb_document_language ON lealup.kb_document (tenant_id, language) WHERE deleted_at IS NULL;
COMMENT ON TABLE lealup.kb_document IS 'A document of the knowledge base. upsert_kb_document() writes it, search_kb() finds it.';
COMMENT ON COLUMN lealup.kb_document.source IS 'Where it comes from: drive, github, manual ...; external_id names it there.';
COMMENT ON COLUMN lealup.kb_document.connection_id IS 'The connection that keeps it as its source has it, so that nobody else changes it; null = it is the team''s.';
COMMENT ON COLUMN lealup.kb_document.body IS 'Plain text or Markdown, at most 1,000,000 characters, of which the first 100,000 are searched.';
COMMENT ON COLUMN lealup.kb_document.truncated IS 'Whether there is more of the body than is searched.';
COMMENT ON COLUMN lealup.kb_document.path IS 'Where it lies at its source, for people.';
COMMENT ON COLUMN lealup.kb_document.payload IS 'What the source gave, as it gave it.';
COMMENT ON COLUMN lealup.kb_document.content_hash IS 'SHA-256 of what upsert_kb_document() was given; equal = unchanged.';
COMMENT ON COLUMN lealup.kb_document.deleted_at IS 'Null = it is there; a deleted one is not found.';

CREATE FUNCTION lealup._check_kb_language(language text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT coalesce(language = ANY (lealup._kb_languages()), false) THEN
        RAISE EXCEPTION 'invalid language: %', coalesce(quote_literal(left(language, 100)), 'null')
            USING ERRCODE = 'invalid_parameter_value', HINT = format('language is one of %s.', array_to_string(lealup._kb_languages(), ', '));
    END IF;
END $$;
COMMENT ON FUNCTION lealup._check_kb_language(text) IS 'Raises invalid_parameter_value, naming the languages, unless it is one of them.';

CREATE FUNCTION lealup._store_kb_document(tenant_id uuid, source text, external_id text, title text, body text, language text, url text, path text, payload jsonb,
        connection_id uuid, OUT id uuid, OUT changed boolean)
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET client_min_messages = warning AS $$
DECLARE
    at timestamptz := clock_timestamp();
    hash bytea := lealup._name_hash(jsonb_build_array(title, body, language, url, path, payload)::text);
BEGIN
    INSERT INTO lealup.kb_document AS d (tenant_id, source, connection_id, external_id, title, body, language, url, path, payload, content_hash, created_at, updated_at)
    VALUES (_store_kb_document.tenant_id, _store_kb_document.source, _store_kb_document.connection_id, _store_kb_document.external_id, _store_kb_document.title, _store_kb_document.body,
        _store_kb_document.language, _store_kb_document.url, _store_kb_document.path, _store_kb_document.payload, hash, at, at)
    ON CONFLICT ON CONSTRAINT kb_document_tenant_id_source_external_id_key DO UPDATE
        SET title = excluded.title, body = excluded.body, language = excluded.language, url = excluded.url, path = excluded.path,
            payload = excluded.payload, connection_id = excluded.connection_id, content_hash = excluded.content_hash, updated_at = excluded.updated_at, deleted_at = NULL
        WHERE d.content_hash <> excluded.content_hash OR d.deleted_at IS NOT NULL OR d.connection_id IS DISTINCT FROM excluded.connection_id
    RETURNING d.id INTO id;
    changed := FOUND;
    IF NOT changed THEN
        SELECT d.id INTO id FROM lealup.kb_document d WHERE d.tenant_id = _store_kb_document.tenant_id
            AND d.source = _store_kb_document.source AND d.external_id = _store_kb_document.external_id;
    END IF;
END $$;
COMMENT ON FUNCTION lealup._store_kb_document(uuid, text, text, text, text, text, text, text, jsonb, uuid) IS 'upsert_kb_document() without a check of rights and values; changed: false if it was there unchanged.';

CREATE FUNCTION lealup._check_kb_source(d lealup.kb_document) RETURNS void
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF (d).connection_id IS NOT NULL THEN
        RAISE EXCEPTION 'document % came by a connection, which keeps it as its source has it', (d).id
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Change it there; disconnect() with purge => true removes what a connection has brought.';
    END IF;
END $$;
COMMENT ON FUNCTION lealup._check_kb_source(lealup.kb_document) IS 'Raises object_not_in_prerequisite_state for a document that came by a connection.';

CREATE FUNCTION lealup.upsert_kb_document(tenant_id uuid, source text, external_id text, title text, body text, language text DEFAULT 'simple',
        url text DEFAULT NULL, path text DEFAULT NULL, payload jsonb DEFAULT NULL) RETURNS uuid
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    document record;
BEGIN
    PERFORM lealup._require('edit', upsert_kb_document.tenant_id);
    IF coalesce(length(upsert_kb_document.source), 0) NOT BETWEEN 1 AND 100 OR coalesce(length(upsert_kb_document.external_id), 0) NOT BETWEEN 1 AND 1000 THEN
        RAISE EXCEPTION 'source must have 1 to 100 characters and external_id 1 to 1000' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF coalesce(length(upsert_kb_document.title), 0) NOT BETWEEN 1 AND 1000 THEN
        RAISE EXCEPTION 'title must have 1 to 1000 characters' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF coalesce(length(upsert_kb_document.body), 1000001) > 1000000 THEN
        RAISE EXCEPTION 'body must have at most 1000000 characters, and not be null' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF length(upsert_kb_document.url) > 4000 OR length(upsert_kb_document.path) > 4000 THEN
        RAISE EXCEPTION 'url and path must have at most 4000 characters' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM lealup._check_kb_language(upsert_kb_document.language);
    PERFORM lealup._check_kb_source(d) FROM lealup.kb_document d
    WHERE d.tenant_id = upsert_kb_document.tenant_id AND d.source = upsert_kb_document.source AND d.external_id = upsert_kb_document.external_id;
    document := lealup._store_kb_document(upsert_kb_document.tenant_id, upsert_kb_document.source, upsert_kb_document.external_id, upsert_kb_document.title,
        upsert_kb_document.body, upsert_kb_document.language, upsert_kb_document.url, upsert_kb_document.path, upsert_kb_document.payload, NULL);
    IF document.changed THEN
        PERFORM lealup._audit(upsert_kb_document.tenant_id, 'kb_document.upsert', 'kb_document', document.id,
            jsonb_build_object('source', upsert_kb_document.source, 'external_id', upsert_kb_document.external_id));
    END IF;
    RETURN document.id;
END $$;
COMMENT ON FUNCTION lealup.upsert_kb_document(uuid, text, text, text, text, text, text, text, jsonb) IS
    'Writes a document of the knowledge base and gives its id; source and external_id name it, and nothing happens if it is there unchanged. A deleted one is there again. title: 1 to 1000 characters. body: at most 1,000,000, of which the first 100,000 are searched (the row says truncated if there are more). language: english, spanish, portuguese, french, german, italian, or simple for any other. What came by a connection is not changed: object_not_in_prerequisite_state. Needs the right to edit.';

CREATE FUNCTION lealup.delete_kb_document(tenant_id uuid, document_id uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lealup._require('edit', delete_kb_document.tenant_id);
    PERFORM lealup._check_kb_source(d) FROM lealup.kb_document d
    WHERE d.tenant_id = delete_kb_document.tenant_id AND d.id = delete_kb_document.document_id;
    UPDATE lealup.kb_document d SET deleted_at = now()
    WHERE d.tenant_id = delete_kb_document.tenant_id AND d.id = delete_kb_document.document_id AND d.deleted_at IS NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'document % does not exist', coalesce(delete_kb_document.document_id::text, 'null')
            USING ERRCODE = 'no_data_found', DETAIL = 'document_id names no document of the tenant.';
    END IF;
    PERFORM lealup._audit(delete_kb_document.tenant_id, 'kb_document.delete', 'kb_document', delete_kb_document.document_id);
END $$;
COMMENT ON FUNCTION lealup.delete_kb_document(uuid, uuid) IS
    'Removes a document from the knowledge base softly: the row stays with deleted_at. Raises no_data_found if there is none, object_not_in_prerequisite_state if it came by a connection. Needs the right to edit.';

-- ----- Search -----

CREATE FUNCTION lealup._kb_query(language text, query text, loose boolean, OUT matching tsquery, OUT ranking tsquery) RETURNS record
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    -- A lexeme as a tsquery is written: in quotes, with quotes and backslashes doubled.
    lexeme CONSTANT text := $re$'(?:[^'\\]|''|\\\\)*'$re$;
    exact tsquery := websearch_to_tsquery(lealup._kb_config(language), query);
    wanted text := querytree(exact);
    -- Read from left to right, so that what looks like an exclusion inside a lexeme (a URL may have one) is none.
    term CONSTANT text := format('(!?(?:%1$s|\(\s*%1$s(?:\s*<[-0-9]+>\s*%1$s)*\s*\)))', lexeme);
    unwanted text;
BEGIN
    IF wanted IN ('', 'T') THEN
        RETURN;
    END IF;
    SELECT string_agg(x.word || CASE WHEN loose AND length(x.word) >= 5 THEN ':*' ELSE '' END, ' | ') INTO ranking
    FROM (SELECT m[1] AS word, min(n) AS n FROM regexp_matches(wanted, '(' || lexeme || ')', 'g') WITH ORDINALITY r(m, n)
          GROUP BY 1 ORDER BY 2 LIMIT 16) x;
    IF NOT loose THEN
        matching := exact;
        RETURN;
    END IF;
    SELECT string_agg(m[1], ' & ') INTO unwanted FROM regexp_matches(exact::text, term, 'g') m WHERE m[1] LIKE '!%';
    matching := CASE WHEN unwanted IS NULL THEN ranking ELSE ranking && unwanted::tsquery END;
END $$;
COMMENT ON FUNCTION lealup._kb_query(text, text, boolean) IS
    'What a query means in a language. matching: what websearch_to_tsquery() makes of it, or, loosely, any of its first 16 words, those of three letters and more also as beginnings, without the words and phrases that it excludes. ranking, also for highlights: any of those words, as what ts_rank() and ts_headline() do for phrases and conjunctions can take minutes and gigabytes for a text made to that end. Nulls if it asks for no word, but for exclusions and stop words at most.';

CREATE FUNCTION lealup.search_kb(tenant_id uuid, query text, language text DEFAULT NULL, max_results int DEFAULT 10)
    RETURNS TABLE (id uuid, title text, url text, rank real, headline text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET client_min_messages = warning SET enable_seqscan = off SET jit = off AS $$
DECLARE
    -- Matching and ranking take as long as the query has words. A line of dashes is more negations than the parser can stack.
    asked text := array_to_string((regexp_split_to_array(ltrim(regexp_replace(left(search_kb.query, 1000), '(-\s*){9,}', ' ', 'g')), '\s+'))[:32], ' ');
    loose boolean;
BEGIN
    -- With its caller's rights it could not use the GIN index: row-level security lets no operator that is not leakproof go before it.
    IF search_kb.tenant_id IS NULL OR search_kb.tenant_id IS DISTINCT FROM lealup.current_tenant() AND NOT lealup._sees_all() THEN
        PERFORM lealup._authorize(search_kb.tenant_id);
    END IF;
    IF search_kb.language IS NOT NULL THEN
        PERFORM lealup._check_kb_language(search_kb.language);
    END IF;
    IF coalesce(search_kb.max_results, 0) NOT BETWEEN 1 AND 100 THEN
        RAISE EXCEPTION 'max_results must be between 1 and 100' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    FOREACH loose IN ARRAY ARRAY[false, true] LOOP
        RETURN QUERY
        WITH wanted AS MATERIALIZED (
            SELECT l.language, q.ranking AS query, q.matching && format('%L', lealup._kb_scope(search_kb.tenant_id, l.language))::tsquery AS scoped
            FROM unnest(lealup._kb_languages()) l(language)
            CROSS JOIN LATERAL lealup._kb_query(l.language, asked, loose) q
            WHERE l.language = coalesce(search_kb.language, l.language) AND q.matching IS NOT NULL
                AND EXISTS (SELECT FROM lealup.kb_document d
                            WHERE d.tenant_id = search_kb.tenant_id AND d.language = l.language AND d.deleted_at IS NULL)
        ), found AS (
            -- Ranking reads each document's vector, so of a word that is everywhere only so many are ranked: first those that have it
            -- in their title, as they come out on top. What a query excludes may be in the body of one of these.
            SELECT w.language, w.query, m.id, m.rank
            FROM wanted w CROSS JOIN LATERAL (
                (SELECT d.id, ts_rank(d.vector, w.query) AS rank FROM lealup.kb_document d
                 WHERE d.tenant_id = search_kb.tenant_id AND d.title_vector @@ w.scoped AND d.vector @@ w.scoped LIMIT 2000)
                UNION
                (SELECT d.id, ts_rank(d.vector, w.query) FROM lealup.kb_document d
                 WHERE d.tenant_id = search_kb.tenant_id AND d.vector @@ w.scoped LIMIT 2000)) m
            ORDER BY m.rank DESC, m.id LIMIT search_kb.max_results
        )
        SELECT d.id, d.title, d.url, f.rank,
               ts_headline(lealup._kb_config(f.language),
                   replace(replace(replace(left(d.body, 20000), '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), f.query,
                   'StartSel=<mark>, StopSel=</mark>, MaxFragments=2, MaxWords=20, MinWords=8, FragmentDelimiter=" … "')
        FROM found f JOIN lealup.kb_document d ON d.tenant_id = search_kb.tenant_id AND d.id = f.id
        ORDER BY f.rank DESC, f.id;
        EXIT WHEN FOUND;
    END LOOP;
END $$;
COMMENT ON FUNCTION lealup.search_kb(uuid, text, text, int) IS
    'Searches the tenant''s knowledge base; whoever sees the tenant may. query: as in a web search engine ("exact words", or, -without), its first 32 words and 1,000 characters; if nothing has all of it, what has any of its words or their beginnings. language: null = each document in its own. max_results: 1 to 100. Gives id, title, url, rank and headline, best first; a word in the title counts ten times. title is plain text. headline is HTML to be put into an element: excerpts of the first 20,000 characters, with &, < and > escaped, and <mark> around the words of the query. Of more than 2,000 matching documents, 2,000 with the words in their titles and 2,000 others are ranked. No query is an error.';
