-- Matching: whose an address, a phone number or an id elsewhere is; and what could not be matched.

-- ----- The forms in which addresses are compared -----

CREATE FUNCTION lealup._mail_address(address text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN length(address) <= 300 AND btrim(address, E' \t\r\n') ~ '^[^@\s]+@[^@\s]+$' AND length(btrim(address, E' \t\r\n')) <= 254
        THEN lower(btrim(address, E' \t\r\n')) END;
COMMENT ON FUNCTION lealup._mail_address(text) IS 'An e-mail address in lower case; null if it is none. One with two @ is none, lest its domain be another than the one it is sent to.';

CREATE FUNCTION lealup._domain(site text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    domain CONSTANT text := '^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$';
    bare text := site;
BEGIN
    -- Nearly always it is a domain already, and to take a site apart takes a hundred times as long.
    IF bare !~ domain OR left(bare, 4) = 'www.' THEN
        bare := CASE WHEN length(site) <= 2000 THEN regexp_replace(lower(btrim(site, E' \t\r\n')), '^(https?://)?(www\.)?([^/:?#]*?)\.?([/:?#].*)?$', '\3') END;
    END IF;
    RETURN CASE WHEN length(bare) <= 253 AND bare ~ domain THEN bare END;
END $$;
COMMENT ON FUNCTION lealup._domain(text) IS 'The domain, as customers have it, of a site as people paste it: acme.com of https://www.Acme.com/contact. Null if it has none.';

CREATE FUNCTION lealup._phone_key(phone text, default_country text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN coalesce(lealup.phone_e164(phone, default_country), CASE WHEN length(phone) <= 100 THEN nullif(btrim(phone), '') END);
COMMENT ON FUNCTION lealup._phone_key(text, text) IS
    'A phone number in E.164, as contacts have it; what is no valid one, such as the short number of a bank, as it is given, since it can be an identity; null above 100 characters.';

CREATE FUNCTION lealup._is_public_mail_domain(domain text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN domain ~ '^(gmail|googlemail|outlook|hotmail|live|msn|yahoo|ymail|rocketmail|aol|gmx|icloud|proton|protonmail|tutanota|yandex|fastmail)\.(co\.|com\.|net\.)?[a-z]{2,3}$'
        OR domain = ANY (ARRAY['me.com', 'mac.com', 'privaterelay.appleid.com', 'passport.com', 'windowslive.com', 'protonmail.ch', 'pm.me', 'tuta.io', 'tuta.com', 'tutamail.com',
            'fastmail.fm', 'hey.com', 'duck.com', 'mozmail.com', 'zohomail.com', 'zohomail.eu', 'mail.com', 'email.com', 'usa.com', 'inbox.com', 'hushmail.com', 'mailinator.com',
            'users.noreply.github.com', 'terra.com', 'terra.com.br', 'terra.es', 'uol.com.br', 'bol.com.br', 'ig.com.br', 'r7.com', 'globo.com', 'globomail.com', 'oi.com.br',
            'zipmail.com.br', 'prodigy.net.mx', 'infinitummail.com', 'telefonica.net', 'movistar.es', 'orange.es', 'ya.com', 'ono.com', 'euskalnet.net', 'sapo.pt', 'mail.telepac.pt',
            'fibertel.com.ar', 'arnet.com.ar', 'speedy.com.ar', 'vtr.net', 'une.net.co', 'orange.fr', 'wanadoo.fr', 'wanadoo.es', 'free.fr', 'laposte.net', 'sfr.fr', 'neuf.fr',
            'libero.it', 'virgilio.it', 'tiscali.it', 'alice.it', 'tin.it', 'web.de', 't-online.de', 'freenet.de', 'mailbox.org', 'posteo.de', 'bluewin.ch', 'seznam.cz', 'centrum.cz',
            'wp.pl', 'o2.pl', 'onet.pl', 'interia.pl', 'mail.ru', 'bk.ru', 'inbox.ru', 'list.ru', 'rambler.ru', 'ukr.net', 'btinternet.com', 'sky.com', 'talktalk.net', 'virginmedia.com',
            'ntlworld.com', 'comcast.net', 'verizon.net', 'att.net', 'sbcglobal.net', 'bellsouth.net', 'cox.net', 'charter.net', 'earthlink.net', 'juno.com', 'rogers.com', 'shaw.ca',
            'bigpond.com', 'optusnet.com.au', 'xtra.co.nz', 'rediffmail.com', 'qq.com', 'foxmail.com', '163.com', '126.com', 'yeah.net', 'sina.com', 'naver.com', 'daum.net',
            'hanmail.net', 'docomo.ne.jp', 'ezweb.ne.jp', 'softbank.ne.jp']);
COMMENT ON FUNCTION lealup._is_public_mail_domain(text) IS
    'Whether anybody can have an e-mail address of the domain (in lower case), so that it tells nothing about a company. A tenant adds its own by the setting public_mail_domains.';

-- ----- Whose they are -----

CREATE FUNCTION lealup._match(tenant_id uuid, people jsonb, default_country text DEFAULT NULL)
    RETURNS TABLE (ordinal bigint, contact_id uuid, customer_id uuid, matched_by text)
    -- To plan it takes longer than to look one person up.
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    settings jsonb;
BEGIN
    SELECT t.settings INTO settings FROM lealup.tenant t WHERE t.tenant_id = _match.tenant_id;
    RETURN QUERY
    -- Every table is asked for one key at a time, by its index, however few rows it had when this was planned: hence the OFFSET 0.
    WITH given AS MATERIALIZED (
        SELECT p.n, CASE WHEN length(p.value ->> 'provider') <= 100 AND length(p.value ->> 'external_id') <= 500 THEN p.value ->> 'provider' END AS provider,
               p.value ->> 'external_id' AS external_id, lealup._mail_address(p.value ->> 'email') AS email,
               lealup._phone_key(p.value ->> 'phone', coalesce(_match.default_country, settings ->> 'default_country')) AS phone,
               lealup._domain(coalesce(p.value ->> 'domain', split_part(lealup._mail_address(p.value ->> 'email'), '@', 2))) AS domain
        FROM jsonb_array_elements(_match.people) WITH ORDINALITY p(value, n)
    ), person AS MATERIALIZED (
        -- The team writes to customers; it is none.
        SELECT g.*, (SELECT count(*) > 0 FROM lealup.member m WHERE m.tenant_id = _match.tenant_id AND lower(m.email) = g.email) AS ours FROM given g
    ), key AS MATERIALIZED (
        SELECT p.n, p.domain, k.rank, k.by, k.provider, k.id
        FROM person p CROSS JOIN LATERAL (VALUES (-2, 'external_id', p.provider, p.external_id), (1, 'email', 'email', p.email),
            (4, 'email', 'email', CASE WHEN p.email ~ '^[^@+]+\+' THEN regexp_replace(p.email, '\+[^@]*@', '@') END), (7, 'phone', 'phone', p.phone)) k(rank, by, provider, id)
        WHERE NOT p.ours AND k.provider IS NOT NULL AND k.id IS NOT NULL
    ), found AS (
        SELECT k.n, k.domain, k.rank, k.by, c.id AS contact, c.customer_id AS customer
        FROM key k CROSS JOIN LATERAL (SELECT x.id, x.customer_id FROM lealup.contact x
            WHERE x.tenant_id = _match.tenant_id AND lower(x.email) = k.id AND x.deleted_at IS NULL OFFSET 0) c
        WHERE k.by = 'email'
        UNION ALL
        -- Whoever shares a phone number with others of a customer is not known, but the customer is.
        SELECT k.n, k.domain, k.rank, k.by, c.contact, c.customer
        FROM key k CROSS JOIN LATERAL (
            SELECT CASE count(*) WHEN 1 THEN (array_agg(x.id))[1] END AS contact,
                   CASE count(DISTINCT u.id) WHEN 1 THEN (array_agg(u.id) FILTER (WHERE u.id IS NOT NULL))[1] END AS customer
            FROM lealup.contact x LEFT JOIN lealup.customer u ON u.tenant_id = _match.tenant_id AND u.id = x.customer_id AND u.deleted_at IS NULL
            WHERE x.tenant_id = _match.tenant_id AND x.phone = k.id AND x.deleted_at IS NULL
            HAVING count(*) = 1 OR count(DISTINCT u.id) = 1) c
        WHERE k.by = 'phone'
        UNION ALL
        SELECT k.n, k.domain, k.rank + 1, k.by, c.id, c.customer_id
        FROM key k
        CROSS JOIN LATERAL (SELECT i.contact_id FROM lealup.contact_identity i
            WHERE i.tenant_id = _match.tenant_id AND i.provider = k.provider AND i.external_id = k.id OFFSET 0) i
        CROSS JOIN LATERAL (SELECT x.id, x.customer_id FROM lealup.contact x
            WHERE x.tenant_id = _match.tenant_id AND x.id = i.contact_id AND x.deleted_at IS NULL OFFSET 0) c
        UNION ALL
        SELECT k.n, k.domain, k.rank + 2, k.by, NULL, u.id
        FROM key k
        CROSS JOIN LATERAL (SELECT i.customer_id FROM lealup.customer_identity i
            WHERE i.tenant_id = _match.tenant_id AND i.provider = k.provider AND i.external_id = k.id OFFSET 0) i
        CROSS JOIN LATERAL (SELECT x.id FROM lealup.customer x
            WHERE x.tenant_id = _match.tenant_id AND x.id = i.customer_id AND x.deleted_at IS NULL OFFSET 0) u
        UNION ALL
        SELECT p.n, CASE WHEN NOT p.ours THEN p.domain END, 10, NULL, NULL, NULL FROM person p
    ), best AS MATERIALIZED (
        SELECT b.n, b.contact, u.id AS customer, b.by,
               CASE WHEN u.id IS NULL AND NOT lealup._is_public_mail_domain(b.domain) AND (settings -> 'public_mail_domains' ? b.domain) IS NOT TRUE THEN b.domain END AS domain
        FROM (SELECT DISTINCT ON (f.n) f.* FROM found f ORDER BY f.n, f.rank) b
        LEFT JOIN LATERAL (SELECT x.id FROM lealup.customer x
            WHERE x.tenant_id = _match.tenant_id AND x.id = b.customer AND x.deleted_at IS NULL OFFSET 0) u ON true
    )
    SELECT b.n, b.contact, coalesce(b.customer, company.id), coalesce(b.by, CASE WHEN company.id IS NOT NULL THEN 'domain' END)
    FROM best b
    -- A domain that was assigned decides between customers that share it.
    LEFT JOIN LATERAL (
        SELECT (array_agg(d.id))[1] AS id FROM (
            SELECT u.id, bool_or(k.assigned) AS assigned, bool_or(bool_or(k.assigned)) OVER () AS any_assigned
            FROM (SELECT c.id, false AS assigned FROM lealup.customer c WHERE c.tenant_id = _match.tenant_id AND c.domain = b.domain
                UNION ALL
                SELECT i.customer_id, true FROM lealup.customer_identity i
                WHERE i.tenant_id = _match.tenant_id AND i.provider = 'domain' AND i.external_id = b.domain) k
            CROSS JOIN LATERAL (SELECT x.id FROM lealup.customer x WHERE x.tenant_id = _match.tenant_id AND x.id = k.id AND x.deleted_at IS NULL OFFSET 0) u
            GROUP BY u.id) d
        WHERE d.assigned = d.any_assigned
        HAVING count(*) = 1) company ON b.domain IS NOT NULL
    ORDER BY b.n;
END $$;
COMMENT ON FUNCTION lealup._match(uuid, jsonb, text) IS 'match_contacts() without a check of rights.';

CREATE FUNCTION lealup._whose(tenant_id uuid, groups jsonb) RETURNS TABLE (ordinal bigint, customer_id uuid, contact_id uuid)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_hashjoin = on SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN QUERY
    WITH person AS MATERIALIZED (
        SELECT g.n AS group_n, p.n, CASE jsonb_typeof(p.value) WHEN 'object' THEN p.value - '{name,role}'::text[] ELSE '{}' END AS who
        FROM jsonb_array_elements(_whose.groups) WITH ORDINALITY g(value, n) CROSS JOIN LATERAL jsonb_array_elements(g.value) WITH ORDINALITY p(value, n)
    ), one AS MATERIALIZED (
        -- The same people take part again and again.
        SELECT d.who, row_number() OVER () AS n FROM (SELECT DISTINCT p.who FROM person p) d
    ), found AS (
        SELECT p.group_n, p.n, m.customer_id AS customer, m.contact_id AS contact, m.matched_by <> 'domain' AS known,
               bool_or(m.matched_by <> 'domain') OVER (PARTITION BY p.group_n) AS any_known
        FROM lealup._match(_whose.tenant_id, (SELECT coalesce(jsonb_agg(o.who ORDER BY o.n), '[]') FROM one o)) m
        JOIN one o ON o.n = m.ordinal JOIN person p ON p.who = o.who WHERE m.customer_id IS NOT NULL
    )
    SELECT f.group_n, (array_agg(f.customer))[1], (array_agg(f.contact ORDER BY f.n) FILTER (WHERE f.contact IS NOT NULL))[1]
    FROM found f WHERE f.known = f.any_known GROUP BY f.group_n HAVING count(DISTINCT f.customer) = 1;
END $$;
COMMENT ON FUNCTION lealup._whose(uuid, jsonb) IS
    'Whose something is in which several people took part. groups is an array of arrays of people, as match_contacts() takes them; gives a row for each that is one customer''s: those who are known decide, else those whose domain is. The contact is the first who is known.';

CREATE FUNCTION lealup.match_contacts(tenant_id uuid, people jsonb, default_country text DEFAULT NULL)
    RETURNS TABLE (ordinal bigint, contact_id uuid, customer_id uuid, matched_by text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lealup._require_sight(match_contacts.tenant_id);
    IF (CASE jsonb_typeof(match_contacts.people) WHEN 'array' THEN jsonb_array_length(match_contacts.people) <= 10000 END) IS NOT TRUE THEN
        RAISE EXCEPTION 'people must be an array of at most 10000' USING ERRCODE = 'invalid_parameter_value', HINT = 'For example [{"email": "ana@acme.com"}].';
    END IF;
    RETURN QUERY SELECT m.ordinal, m.contact_id, m.customer_id, m.matched_by
        FROM lealup._match(match_contacts.tenant_id, match_contacts.people, match_contacts.default_country) m;
END $$;
COMMENT ON FUNCTION lealup.match_contacts(uuid, jsonb, text) IS
    'match_contact() for many: people is an array of {"email"?, "phone"?, "provider"?, "external_id"?, "domain"?}, at most 10000. Gives a row for each, ordinal counts from 1.';

CREATE FUNCTION lealup.match_contact(tenant_id uuid, email text DEFAULT NULL, phone text DEFAULT NULL, provider text DEFAULT NULL, external_id text DEFAULT NULL,
    domain text DEFAULT NULL, default_country text DEFAULT NULL, OUT contact_id uuid, OUT customer_id uuid, OUT matched_by text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lealup._require_sight(match_contact.tenant_id);
    SELECT m.contact_id, m.customer_id, m.matched_by INTO match_contact.contact_id, match_contact.customer_id, match_contact.matched_by
    FROM lealup._match(match_contact.tenant_id, jsonb_build_array(jsonb_build_object('email', match_contact.email, 'phone', match_contact.phone,
        'provider', match_contact.provider, 'external_id', match_contact.external_id, 'domain', match_contact.domain)), match_contact.default_country) m;
END $$;
COMMENT ON FUNCTION lealup.match_contact(uuid, text, text, text, text, text, text) IS
    'Whose something is: by external_id at provider (a contact''s before a customer''s), else e-mail, else phone, else domain (default: the e-mail''s), unless that is a public mail service''s or the tenant''s setting public_mail_domains has it. E-mail addresses are compared without regard to case; one with a +tag that nobody has is compared without it; a domain does not stand for those below it. matched_by says which decided: external_id, email, phone, domain; nulls if none. Identities of the providers email and domain (in lower case) and phone (in E.164) are further addresses. What is ambiguous, deleted or a member''s does not match. default_country (for phone): by default the tenant''s setting.';

-- ----- What could not be matched -----

CREATE FUNCTION lealup._participant_keys(tenant_id uuid, participants jsonb)
    RETURNS TABLE (ordinal bigint, kind text, provider text, value text, name text, member_id uuid)
    LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT p.n, k.kind, k.provider, k.value, left(p.value ->> 'name', 300), m.id
    FROM jsonb_array_elements(participants) WITH ORDINALITY p(value, n)
    CROSS JOIN LATERAL (SELECT v.kind, v.provider, v.value FROM (VALUES
        (1, 'email', NULL, lealup._mail_address(p.value ->> 'email')),
        (2, 'phone', NULL, lealup._phone_key(p.value ->> 'phone',
            (SELECT t.settings ->> 'default_country' FROM lealup.tenant t WHERE t.tenant_id = _participant_keys.tenant_id))),
        (3, 'external_id', p.value ->> 'provider', p.value ->> 'external_id')) v(rank, kind, provider, value)
        WHERE length(v.value) BETWEEN 1 AND 500 AND (v.kind <> 'external_id' OR length(v.provider) BETWEEN 1 AND 100)
        ORDER BY v.rank LIMIT 1) k
    LEFT JOIN lealup.member m ON m.tenant_id = _participant_keys.tenant_id AND k.kind = 'email' AND lower(m.email) = k.value;
END;
COMMENT ON FUNCTION lealup._participant_keys(uuid, jsonb) IS
    'By what each participant can be assigned: e-mail address, else phone, else external id; and who of them is a member. Participants without any are left out.';

CREATE VIEW lealup._waiting WITH (security_invoker) AS
SELECT t.tenant_id, t.id, t.occurred_at, t.title, t.participants FROM lealup.timeline_event t WHERE t.customer_id IS NULL
UNION ALL
SELECT m.tenant_id, m.id, m.starts_at, m.title, m.attendees FROM lealup.meeting m WHERE m.customer_id IS NULL;
COMMENT ON VIEW lealup._waiting IS 'The timeline events and meetings that have no customer yet.';

CREATE VIEW lealup.unmatched WITH (security_invoker) AS
SELECT w.tenant_id, coalesce(k.kind, 'event') AS kind, k.provider, coalesce(k.value, w.id::text) AS value, count(*) AS events,
       min(w.occurred_at) AS first_seen, max(w.occurred_at) AS last_seen, (array_agg(k.name ORDER BY w.occurred_at DESC) FILTER (WHERE k.name IS NOT NULL))[1] AS name,
       (array_agg(w.title ORDER BY w.occurred_at DESC, w.id))[1] AS example, (array_agg(w.id ORDER BY w.occurred_at DESC, w.id))[1] AS example_id
FROM lealup._waiting w
LEFT JOIN LATERAL lealup._participant_keys(w.tenant_id, w.participants) k ON true
WHERE k.member_id IS NULL
GROUP BY w.tenant_id, coalesce(k.kind, 'event'), k.provider, coalesce(k.value, w.id::text);
COMMENT ON VIEW lealup.unmatched IS
    'Who could not be matched to a customer, with how many timeline events and meetings, when, and the latest as an example; assign() takes kind, value and provider. Members are left out; an event that names nobody is here by its id (kind event), and one of people of several customers is here under each of them.';

CREATE FUNCTION lealup._hand_over(tenant_id uuid, ids uuid[], customers uuid[], contacts uuid[]) RETURNS bigint
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH owner AS MATERIALIZED (
        SELECT o.id, o.customer_id, o.contact_id FROM unnest(ids, customers, contacts) o(id, customer_id, contact_id)
    ), event AS (
        UPDATE lealup.timeline_event t SET customer_id = o.customer_id, contact_id = coalesce(t.contact_id, o.contact_id)
        FROM owner o WHERE t.tenant_id = _hand_over.tenant_id AND t.id = o.id AND t.customer_id IS NULL RETURNING t.id
    ), meeting AS (
        UPDATE lealup.meeting m SET customer_id = o.customer_id
        FROM owner o WHERE m.tenant_id = _hand_over.tenant_id AND m.id = o.id AND m.customer_id IS NULL RETURNING m.id
    )
    SELECT (SELECT count(*) FROM event) + (SELECT count(*) FROM meeting);
END;
COMMENT ON FUNCTION lealup._hand_over(uuid, uuid[], uuid[], uuid[]) IS
    'Gives what waits to customers and contacts (null = nobody), one for each id; gives how many there were.';

CREATE FUNCTION lealup.assign(tenant_id uuid, kind text, value text, customer_id uuid, contact_id uuid DEFAULT NULL, provider text DEFAULT NULL,
    create_contact boolean DEFAULT false) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    key text;
    who jsonb;
    known record;
    to_contact uuid := assign.contact_id;
    contact_customer uuid;
    waiting uuid[];
    assigned bigint;
BEGIN
    PERFORM lealup._require('edit', assign.tenant_id);
    IF assign.kind NOT IN ('email', 'phone', 'external_id', 'domain', 'event') OR assign.kind IS NULL THEN
        RAISE EXCEPTION 'invalid kind: %', coalesce(quote_literal(left(assign.kind, 100)), 'null')
            USING ERRCODE = 'invalid_parameter_value', HINT = 'kind is email, phone, external_id, domain or event, as in the view unmatched.';
    END IF;
    key := CASE assign.kind WHEN 'email' THEN lealup._mail_address(assign.value) WHEN 'domain' THEN lealup._domain(assign.value)
        WHEN 'phone' THEN lealup._phone_key(assign.value, (SELECT t.settings ->> 'default_country' FROM lealup.tenant t WHERE t.tenant_id = assign.tenant_id))
        ELSE assign.value END;
    IF coalesce(length(key), 0) NOT BETWEEN 1 AND 500 THEN
        RAISE EXCEPTION 'invalid value for the kind %: %', assign.kind, coalesce(quote_literal(left(assign.value, 100)), 'null')
            USING ERRCODE = 'invalid_parameter_value', DETAIL = 'It is an address of that kind, of at most 500 characters.';
    END IF;
    IF (assign.kind = 'external_id') <> (assign.provider IS NOT NULL) OR length(assign.provider) NOT BETWEEN 1 AND 100 THEN
        RAISE EXCEPTION 'provider goes with the kind external_id' USING ERRCODE = 'invalid_parameter_value',
            DETAIL = 'It says in at most 100 characters whose id it is; other kinds have none.';
    END IF;
    IF NOT EXISTS (SELECT FROM lealup.customer c WHERE c.tenant_id = assign.tenant_id AND c.id = assign.customer_id AND c.deleted_at IS NULL) THEN
        RAISE EXCEPTION 'customer % does not exist', coalesce(assign.customer_id::text, 'null') USING ERRCODE = 'no_data_found';
    END IF;
    IF assign.kind = 'domain' AND to_contact IS NOT NULL OR assign.kind IN ('domain', 'event') AND assign.create_contact THEN
        RAISE EXCEPTION 'the kind % names no contact', assign.kind USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF assign.kind = 'domain' AND (lealup._is_public_mail_domain(key) OR EXISTS (SELECT FROM lealup.tenant t
        WHERE t.tenant_id = assign.tenant_id AND t.settings -> 'public_mail_domains' ? key)) THEN
        RAISE EXCEPTION 'domain % is a public mail service''s', key USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Assign its addresses one by one.';
    END IF;
    IF assign.kind = 'email' AND EXISTS (SELECT FROM lealup.member m WHERE m.tenant_id = assign.tenant_id AND lower(m.email) = key) THEN
        RAISE EXCEPTION '% is a member''s address', key USING ERRCODE = 'invalid_parameter_value', HINT = 'Assign the event itself, by the kind event.';
    END IF;

    -- A contact that is known, but without a customer, is assigned with its address.
    who := jsonb_build_array(jsonb_build_object(assign.kind, key, 'provider', assign.provider));
    SELECT m.contact_id, m.customer_id, m.matched_by INTO known FROM lealup._match(assign.tenant_id, who) m;
    IF assign.kind = 'domain' AND known.customer_id <> assign.customer_id THEN
        RAISE EXCEPTION 'domain % belongs to customer %', key, known.customer_id USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF to_contact IS NULL AND known.matched_by = assign.kind THEN
        to_contact := known.contact_id;
    END IF;
    IF to_contact IS NULL AND assign.create_contact THEN
        INSERT INTO lealup.contact (tenant_id, id, customer_id, name, email, phone)
        SELECT assign.tenant_id, lealup.uuid7(), assign.customer_id,
               (SELECT nullif(u.name, '') FROM lealup.unmatched u WHERE u.tenant_id = assign.tenant_id AND u.kind = assign.kind AND u.value = key
                    AND u.provider IS NOT DISTINCT FROM assign.provider),
               CASE assign.kind WHEN 'email' THEN key END, CASE assign.kind WHEN 'phone' THEN lealup.phone_e164(key) END
        RETURNING id INTO to_contact;
    ELSIF to_contact IS NOT NULL THEN
        SELECT u.id INTO contact_customer FROM lealup.contact c
        LEFT JOIN lealup.customer u ON u.tenant_id = assign.tenant_id AND u.id = c.customer_id AND u.deleted_at IS NULL
        WHERE c.tenant_id = assign.tenant_id AND c.id = to_contact AND c.deleted_at IS NULL;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'contact % does not exist', to_contact USING ERRCODE = 'no_data_found';
        END IF;
        IF contact_customer <> assign.customer_id THEN
            RAISE EXCEPTION 'contact % belongs to customer %', to_contact, contact_customer USING ERRCODE = 'invalid_parameter_value',
                HINT = 'Give the contact another customer, or assign the event itself, by the kind event.';
        END IF;
        UPDATE lealup.contact c SET customer_id = assign.customer_id
        WHERE c.tenant_id = assign.tenant_id AND c.id = to_contact AND c.customer_id IS DISTINCT FROM assign.customer_id;
    END IF;

    -- Remembered only where it is not known already, so that later ones match.
    SELECT m.contact_id, m.customer_id, m.matched_by INTO known FROM lealup._match(assign.tenant_id, who) m;
    IF assign.kind <> 'event' AND (known.customer_id = assign.customer_id AND known.matched_by = assign.kind
        AND known.contact_id IS NOT DISTINCT FROM coalesce(to_contact, known.contact_id)) IS NOT TRUE THEN
        IF to_contact IS NOT NULL THEN
            INSERT INTO lealup.contact_identity AS i (tenant_id, provider, external_id, contact_id)
            VALUES (assign.tenant_id, coalesce(assign.provider, assign.kind), key, to_contact)
            ON CONFLICT ON CONSTRAINT contact_identity_pkey DO UPDATE SET contact_id = excluded.contact_id;
        ELSE
            INSERT INTO lealup.customer_identity AS i (tenant_id, provider, external_id, customer_id)
            VALUES (assign.tenant_id, coalesce(assign.provider, assign.kind), key, assign.customer_id)
            ON CONFLICT ON CONSTRAINT customer_identity_pkey DO UPDATE SET customer_id = excluded.customer_id;
        END IF;
        SELECT m.contact_id, m.customer_id, m.matched_by INTO known FROM lealup._match(assign.tenant_id, who) m;
        IF known.customer_id IS DISTINCT FROM assign.customer_id THEN
            RAISE EXCEPTION '% belongs to customer %', key, known.customer_id USING ERRCODE = 'invalid_parameter_value',
                HINT = 'Change whose it is, or assign the event itself, by the kind event.';
        END IF;
    END IF;

    SELECT coalesce(array_agg(w.id), '{}') INTO waiting FROM lealup._waiting w
    WHERE w.tenant_id = assign.tenant_id AND CASE assign.kind
        WHEN 'event' THEN w.id::text = key
        ELSE EXISTS (SELECT FROM lealup._participant_keys(w.tenant_id, w.participants) k WHERE k.member_id IS NULL AND CASE assign.kind
            WHEN 'domain' THEN k.kind = 'email' AND split_part(k.value, '@', 2) = key
            ELSE k.kind = assign.kind AND k.value = key AND k.provider IS NOT DISTINCT FROM assign.provider END) END;
    IF assign.kind = 'event' AND waiting = '{}' THEN
        RAISE EXCEPTION 'no event % waits to be assigned', left(key, 100) USING ERRCODE = 'no_data_found';
    END IF;
    assigned := lealup._hand_over(assign.tenant_id, waiting, array_fill(assign.customer_id, ARRAY[cardinality(waiting)]),
        array_fill(to_contact, ARRAY[cardinality(waiting)]));
    PERFORM lealup._audit(assign.tenant_id, 'timeline.assign', 'customer', assign.customer_id, jsonb_strip_nulls(jsonb_build_object('kind', assign.kind,
        'value', key, 'provider', assign.provider, 'contact_id', to_contact, 'events', assigned)));
    RETURN assigned;
END $$;
COMMENT ON FUNCTION lealup.assign(uuid, text, text, uuid, uuid, text, boolean) IS
    'Assigns what the view unmatched shows under a kind, value and provider to a customer, and gives how many timeline events and meetings that were. It is remembered as an identity of the contact (create_contact makes one, if nobody has it), else of the customer, so that later ones match. kind domain: all addresses of a domain; kind event: the one event or meeting with this id, nothing is remembered. Raises invalid_parameter_value for what belongs to another customer''s contact. Needs the right to edit.';

CREATE FUNCTION lealup.rematch(tenant_id uuid) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    ids uuid[] := '{}';
    people jsonb;
    assigned bigint := 0;
BEGIN
    PERFORM lealup._require('edit', rematch.tenant_id);
    -- By parts, because a JSON value has its limits.
    LOOP
        SELECT array_agg(b.id ORDER BY b.id), jsonb_agg(b.participants ORDER BY b.id) INTO ids, people
        FROM (SELECT w.id, w.participants FROM lealup._waiting w
            WHERE w.tenant_id = rematch.tenant_id AND w.id > coalesce(ids[cardinality(ids)], '00000000-0000-0000-0000-000000000000') ORDER BY w.id LIMIT 500) b;
        EXIT WHEN ids IS NULL;
        assigned := assigned + (SELECT lealup._hand_over(rematch.tenant_id, array_agg(ids[o.ordinal::int]), array_agg(o.customer_id), array_agg(o.contact_id))
            FROM lealup._whose(rematch.tenant_id, people) o);
    END LOOP;
    IF assigned > 0 THEN
        PERFORM lealup._audit(rematch.tenant_id, 'timeline.rematch', 'tenant', rematch.tenant_id, jsonb_build_object('events', assigned));
    END IF;
    RETURN assigned;
END $$;
COMMENT ON FUNCTION lealup.rematch(uuid) IS
    'Matches anew what is unmatched, for example after contacts were imported; gives how many timeline events and meetings have a customer now. Needs the right to edit.';
