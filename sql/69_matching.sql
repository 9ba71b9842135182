-- Matching: whose an address, a phone number or an id elsewhere is; and what could not be matched.

CREATE FUNCTION lealup._is_public_mail_domain(domain text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN domain ~ '^(gmail|googlemail|outlook|hotmail|live|msn|yahoo|ymail|rocketmail|aol|gmx|icloud|mail|email|proton|protonmail|tutanota|zoho|yandex|fastmail|hey|terra|uol|bol|web|libero|orange|wanadoo|laposte|telefonica|free|comcast|verizon|att|btinternet|qq|163|126|naver)\.(co\.|com\.|net\.)?[a-z]{2,3}$'
        OR domain = ANY (ARRAY['proton.me', 'protonmail.ch', 'pm.me', 'me.com', 'mac.com', 'duck.com', 'tuta.io', 'tutamail.com', 'ig.com.br', 'r7.com', 'globo.com',
            'globomail.com', 'oi.com.br', 'zipmail.com.br', 'prodigy.net.mx', 'movistar.es', 'ya.com', 'sapo.pt', 'sky.com', 'sbcglobal.net',
            'privaterelay.appleid.com', 'users.noreply.github.com', 't-online.de', 'seznam.cz', 'rediffmail.com', 'inbox.com', 'mailbox.org', 'posteo.de']);
COMMENT ON FUNCTION lealup._is_public_mail_domain(text) IS
    'Whether anybody can have an e-mail address of the domain (in lower case), so that it tells nothing about a company. A tenant adds its own by the setting public_mail_domains.';

CREATE FUNCTION lealup._match(tenant_id uuid, people jsonb, default_country text DEFAULT NULL)
    RETURNS TABLE (ordinal bigint, contact_id uuid, customer_id uuid, matched_by text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    settings jsonb;
BEGIN
    SELECT t.settings INTO settings FROM lealup.tenant t WHERE t.tenant_id = _match.tenant_id;
    RETURN QUERY
    WITH given AS MATERIALIZED (
        SELECT p.n, p.value ->> 'provider' AS provider, p.value ->> 'external_id' AS external_id, lower(btrim(p.value ->> 'email')) AS email,
               lealup.phone_e164(p.value ->> 'phone', coalesce(_match.default_country, settings ->> 'default_country')) AS phone,
               regexp_replace(lower(btrim(p.value ->> 'domain')), '^(https?://)?(www\.)?([^/:?#]*).*$', '\3') AS domain
        FROM jsonb_array_elements(_match.people) WITH ORDINALITY p(value, n)
    ), person AS MATERIALIZED (
        SELECT g.n, g.provider, g.external_id, g.email, g.phone, d.domain,
               CASE WHEN g.email ~ '^[^@]+\+[^@]*@' THEN regexp_replace(g.email, '\+[^@]*@', '@') END AS untagged
        FROM given g
        LEFT JOIN LATERAL (SELECT coalesce(g.domain, split_part(g.email, '@', 2)) AS domain) d
            ON NOT lealup._is_public_mail_domain(d.domain) AND (settings -> 'public_mail_domains' ? d.domain) IS NOT TRUE
    )
    SELECT p.n, best.contact, coalesce(best.customer, company.id), coalesce(best.by, CASE WHEN company.id IS NOT NULL THEN 'domain' END)
    FROM person p
    LEFT JOIN LATERAL (
        SELECT f.contact, f.customer, f.by FROM (
            SELECT k.rank, k.by, c.id AS contact, u.id AS customer
            FROM (VALUES (1, 'email', p.email), (4, 'email', p.untagged)) k(rank, by, id)
            JOIN lealup.contact c ON c.tenant_id = _match.tenant_id AND lower(c.email) = k.id AND c.deleted_at IS NULL
            LEFT JOIN lealup.customer u ON u.tenant_id = _match.tenant_id AND u.id = c.customer_id AND u.deleted_at IS NULL
            UNION ALL
            -- Whoever shares a phone number with others of a customer is not known, but the customer is.
            SELECT 7, 'phone', CASE count(*) WHEN 1 THEN (array_agg(c.id))[1] END, CASE count(DISTINCT u.id) WHEN 1 THEN (array_agg(u.id) FILTER (WHERE u.id IS NOT NULL))[1] END
            FROM lealup.contact c
            LEFT JOIN lealup.customer u ON u.tenant_id = _match.tenant_id AND u.id = c.customer_id AND u.deleted_at IS NULL
            WHERE c.tenant_id = _match.tenant_id AND c.phone = p.phone AND c.deleted_at IS NULL
            HAVING count(*) = 1 OR count(DISTINCT u.id) = 1
            UNION ALL
            SELECT k.rank + 1, k.by, c.id, u.id
            FROM (VALUES (-2, 'external_id', p.provider, p.external_id), (1, 'email', 'email', p.email), (4, 'email', 'email', p.untagged),
                (7, 'phone', 'phone', p.phone)) k(rank, by, provider, id)
            JOIN lealup.contact_identity i ON i.tenant_id = _match.tenant_id AND i.provider = k.provider AND i.external_id = k.id
            JOIN lealup.contact c ON c.tenant_id = _match.tenant_id AND c.id = i.contact_id AND c.deleted_at IS NULL
            LEFT JOIN lealup.customer u ON u.tenant_id = _match.tenant_id AND u.id = c.customer_id AND u.deleted_at IS NULL
            UNION ALL
            SELECT k.rank + 2, k.by, NULL, u.id
            FROM (VALUES (-2, 'external_id', p.provider, p.external_id), (1, 'email', 'email', p.email), (4, 'email', 'email', p.untagged),
                (7, 'phone', 'phone', p.phone)) k(rank, by, provider, id)
            JOIN lealup.customer_identity i ON i.tenant_id = _match.tenant_id AND i.provider = k.provider AND i.external_id = k.id
            JOIN lealup.customer u ON u.tenant_id = _match.tenant_id AND u.id = i.customer_id AND u.deleted_at IS NULL) f
        ORDER BY f.rank LIMIT 1) best ON true
    LEFT JOIN LATERAL (
        SELECT (array_agg(d.id))[1] AS id FROM (
            SELECT u.id FROM lealup.customer u WHERE u.tenant_id = _match.tenant_id AND u.domain = p.domain AND u.deleted_at IS NULL
            UNION
            SELECT u.id FROM lealup.customer_identity i
            JOIN lealup.customer u ON u.tenant_id = _match.tenant_id AND u.id = i.customer_id AND u.deleted_at IS NULL
            WHERE i.tenant_id = _match.tenant_id AND i.provider = 'domain' AND i.external_id = p.domain) d
        WHERE best.customer IS NULL
        HAVING count(*) = 1) company ON true
    ORDER BY p.n;
END $$;
COMMENT ON FUNCTION lealup._match(uuid, jsonb, text) IS 'match_contacts() without a check of rights.';

CREATE FUNCTION lealup.match_contacts(tenant_id uuid, people jsonb, default_country text DEFAULT NULL)
    RETURNS TABLE (ordinal bigint, contact_id uuid, customer_id uuid, matched_by text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lealup._require_sight(match_contacts.tenant_id);
    IF jsonb_typeof(match_contacts.people) IS DISTINCT FROM 'array' THEN
        RAISE EXCEPTION 'people must be an array' USING ERRCODE = 'invalid_parameter_value', HINT = 'For example [{"email": "ana@acme.com"}].';
    END IF;
    RETURN QUERY SELECT m.ordinal, m.contact_id, m.customer_id, m.matched_by
        FROM lealup._match(match_contacts.tenant_id, match_contacts.people, match_contacts.default_country) m;
END $$;
COMMENT ON FUNCTION lealup.match_contacts(uuid, jsonb, text) IS
    'match_contact() for many: people is an array of {"email"?, "phone"?, "provider"?, "external_id"?, "domain"?}. Gives a row for each, ordinal counts from 1.';

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
    'Whose something is: by external_id at provider, else e-mail (without its +tag, if not found with it), else phone, else domain (default: the e-mail''s), unless that is a public mail service''s. matched_by says which: external_id, email, phone, domain; nulls if none. Identities of the providers email, phone and domain are further addresses. What is ambiguous or deleted does not match. default_country (for phone): by default the tenant''s setting.';

-- ----- What could not be matched -----

CREATE FUNCTION lealup._participant_keys(tenant_id uuid, participants jsonb)
    RETURNS TABLE (ordinal bigint, kind text, provider text, value text, name text, member_id uuid)
    LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT p.n, k.kind, k.provider, k.value, left(p.value ->> 'name', 300), m.id
    FROM jsonb_array_elements(participants) WITH ORDINALITY p(value, n)
    CROSS JOIN LATERAL (SELECT v.kind, v.provider, v.value FROM (VALUES
        (1, 'email', NULL, lower(btrim(p.value ->> 'email'))),
        (2, 'phone', NULL, coalesce(lealup.phone_e164(p.value ->> 'phone'), p.value ->> 'phone')),
        (3, 'external_id', p.value ->> 'provider', p.value ->> 'external_id')) v(rank, kind, provider, value)
        WHERE length(v.value) BETWEEN 1 AND 500 AND CASE v.kind WHEN 'email' THEN v.value ~ '^[^@\s]+@[^@\s]+$' WHEN 'external_id' THEN length(v.provider) BETWEEN 1 AND 100 ELSE true END
        ORDER BY v.rank LIMIT 1) k
    LEFT JOIN lealup.member m ON m.tenant_id = _participant_keys.tenant_id AND k.kind = 'email' AND lower(m.email) = k.value;
END;
COMMENT ON FUNCTION lealup._participant_keys(uuid, jsonb) IS
    'By what each participant can be assigned: e-mail address, else phone, else external id; and who of them is a member. Participants without any are left out.';

CREATE VIEW lealup.unmatched WITH (security_invoker = true) AS
SELECT t.tenant_id, coalesce(k.kind, 'event') AS kind, k.provider, coalesce(k.value, t.id::text) AS value, count(*) AS events,
       min(t.occurred_at) AS first_seen, max(t.occurred_at) AS last_seen, (array_agg(k.name ORDER BY t.occurred_at DESC) FILTER (WHERE k.name IS NOT NULL))[1] AS name,
       (array_agg(t.title ORDER BY t.occurred_at DESC, t.id))[1] AS example, (array_agg(t.id ORDER BY t.occurred_at DESC, t.id))[1] AS example_id
FROM lealup.timeline_event t
LEFT JOIN LATERAL lealup._participant_keys(t.tenant_id, t.participants) k ON true
WHERE t.customer_id IS NULL AND k.member_id IS NULL
GROUP BY t.tenant_id, coalesce(k.kind, 'event'), k.provider, coalesce(k.value, t.id::text);
COMMENT ON VIEW lealup.unmatched IS
    'Who could not be matched to a customer, with how many timeline events, when, and the latest as an example; assign() takes kind, value and provider. Members are left out; an event that names nobody is here by its id (kind event).';

CREATE FUNCTION lealup.assign(tenant_id uuid, kind text, value text, customer_id uuid, contact_id uuid DEFAULT NULL, provider text DEFAULT NULL,
    create_contact boolean DEFAULT false) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    key text := CASE assign.kind WHEN 'email' THEN lower(btrim(assign.value)) WHEN 'domain' THEN lower(btrim(assign.value))
        WHEN 'phone' THEN coalesce(lealup.phone_e164(assign.value), assign.value) ELSE assign.value END;
    who jsonb;
    to_contact uuid := assign.contact_id;
    contact_customer uuid;
    known record;
    matches boolean;
    assigned bigint;
BEGIN
    PERFORM lealup._require('edit', assign.tenant_id);
    IF assign.kind NOT IN ('email', 'phone', 'external_id', 'domain', 'event') OR assign.kind IS NULL THEN
        RAISE EXCEPTION 'invalid kind: %', coalesce(quote_literal(left(assign.kind, 100)), 'null')
            USING ERRCODE = 'invalid_parameter_value', HINT = 'kind is email, phone, external_id, domain or event, as in the view unmatched.';
    END IF;
    IF coalesce(length(key), 0) NOT BETWEEN 1 AND 500 THEN
        RAISE EXCEPTION 'value must have 1 to 500 characters' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF (assign.kind = 'external_id') <> (assign.provider IS NOT NULL) THEN
        RAISE EXCEPTION 'provider goes with the kind external_id' USING ERRCODE = 'invalid_parameter_value',
            DETAIL = 'It says whose id it is; other kinds have none.';
    END IF;
    IF NOT EXISTS (SELECT FROM lealup.customer c WHERE c.tenant_id = assign.tenant_id AND c.id = assign.customer_id AND c.deleted_at IS NULL) THEN
        RAISE EXCEPTION 'customer % does not exist', coalesce(assign.customer_id::text, 'null') USING ERRCODE = 'no_data_found';
    END IF;
    IF assign.kind IN ('domain', 'event') AND (to_contact IS NOT NULL AND assign.kind = 'domain' OR assign.create_contact) THEN
        RAISE EXCEPTION 'the kind % names no contact', assign.kind USING ERRCODE = 'invalid_parameter_value';
    END IF;

    who := jsonb_build_object(assign.kind, key, 'provider', assign.provider);
    SELECT m.contact_id, m.customer_id, m.matched_by INTO known FROM lealup._match(assign.tenant_id, jsonb_build_array(who)) m;
    IF assign.kind = 'domain' THEN
        IF known.customer_id <> assign.customer_id THEN
            RAISE EXCEPTION 'domain % belongs to customer %', key, known.customer_id USING ERRCODE = 'invalid_parameter_value';
        END IF;
        IF lealup._is_public_mail_domain(key) OR EXISTS (SELECT FROM lealup.tenant t
            WHERE t.tenant_id = assign.tenant_id AND t.settings -> 'public_mail_domains' ? key) THEN
            RAISE EXCEPTION 'domain % is a public mail service''s', key USING ERRCODE = 'invalid_parameter_value',
                HINT = 'Assign its addresses one by one.';
        END IF;
    END IF;

    IF to_contact IS NULL AND assign.create_contact THEN
        to_contact := CASE WHEN known.matched_by = assign.kind THEN known.contact_id END;
        IF to_contact IS NULL THEN
            INSERT INTO lealup.contact (tenant_id, id, customer_id, name, email, phone)
            SELECT assign.tenant_id, lealup.uuid7(), assign.customer_id,
                   (SELECT u.name FROM lealup.unmatched u WHERE u.tenant_id = assign.tenant_id AND u.kind = assign.kind AND u.value = key
                        AND u.provider IS NOT DISTINCT FROM assign.provider),
                   CASE assign.kind WHEN 'email' THEN key END, CASE assign.kind WHEN 'phone' THEN lealup.phone_e164(key) END
            RETURNING id INTO to_contact;
        END IF;
    END IF;
    IF to_contact IS NOT NULL THEN
        SELECT u.id INTO contact_customer FROM lealup.contact c
        LEFT JOIN lealup.customer u ON u.tenant_id = assign.tenant_id AND u.id = c.customer_id AND u.deleted_at IS NULL
        WHERE c.tenant_id = assign.tenant_id AND c.id = to_contact AND c.deleted_at IS NULL;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'contact % does not exist', to_contact USING ERRCODE = 'no_data_found';
        END IF;
        IF contact_customer <> assign.customer_id THEN
            RAISE EXCEPTION 'contact % belongs to customer %', to_contact, contact_customer USING ERRCODE = 'invalid_parameter_value';
        END IF;
        UPDATE lealup.contact c SET customer_id = assign.customer_id
        WHERE c.tenant_id = assign.tenant_id AND c.id = to_contact AND c.customer_id IS DISTINCT FROM assign.customer_id;
    END IF;

    -- Remembered only where it is not known already, so that later ones match.
    SELECT m.customer_id = assign.customer_id AND m.matched_by = assign.kind AND m.contact_id IS NOT DISTINCT FROM coalesce(to_contact, m.contact_id) INTO matches
    FROM lealup._match(assign.tenant_id, jsonb_build_array(who)) m;
    IF assign.kind <> 'event' AND matches IS NOT TRUE THEN
        IF to_contact IS NOT NULL THEN
            INSERT INTO lealup.contact_identity AS i (tenant_id, provider, external_id, contact_id)
            VALUES (assign.tenant_id, coalesce(assign.provider, assign.kind), key, to_contact)
            ON CONFLICT ON CONSTRAINT contact_identity_pkey DO UPDATE SET contact_id = excluded.contact_id;
        ELSE
            INSERT INTO lealup.customer_identity AS i (tenant_id, provider, external_id, customer_id)
            VALUES (assign.tenant_id, coalesce(assign.provider, assign.kind), key, assign.customer_id)
            ON CONFLICT ON CONSTRAINT customer_identity_pkey DO UPDATE SET customer_id = excluded.customer_id;
        END IF;
    END IF;

    UPDATE lealup.timeline_event t SET customer_id = assign.customer_id, contact_id = coalesce(t.contact_id, to_contact)
    WHERE t.tenant_id = assign.tenant_id AND t.customer_id IS NULL AND CASE assign.kind
        WHEN 'event' THEN t.id::text = key
        ELSE EXISTS (SELECT FROM lealup._participant_keys(t.tenant_id, t.participants) k WHERE k.member_id IS NULL AND CASE assign.kind
            WHEN 'domain' THEN k.kind = 'email' AND split_part(k.value, '@', 2) = key
            ELSE k.kind = assign.kind AND k.value = key AND k.provider IS NOT DISTINCT FROM assign.provider END) END;
    GET DIAGNOSTICS assigned = ROW_COUNT;
    PERFORM lealup._audit(assign.tenant_id, 'timeline.assign', 'customer', assign.customer_id, jsonb_strip_nulls(jsonb_build_object('kind', assign.kind,
        'value', key, 'provider', assign.provider, 'contact_id', to_contact, 'events', assigned)));
    RETURN assigned;
END $$;
COMMENT ON FUNCTION lealup.assign(uuid, text, text, uuid, uuid, text, boolean) IS
    'Assigns what the view unmatched shows under a kind, value and provider to a customer, and gives how many timeline events that were. It is remembered as an identity of the contact (create_contact makes one), else of the customer, so that later ones match. kind domain: all addresses of a domain; kind event: the one event with this id, nothing is remembered. Needs the right to edit.';

CREATE FUNCTION lealup.rematch(tenant_id uuid) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    assigned bigint;
BEGIN
    PERFORM lealup._require('edit', rematch.tenant_id);
    WITH key AS MATERIALIZED (
        SELECT t.id, k.ordinal, k.kind, coalesce(k.provider, '') AS provider, k.value
        FROM lealup.timeline_event t CROSS JOIN LATERAL lealup._participant_keys(t.tenant_id, t.participants) k
        WHERE t.tenant_id = rematch.tenant_id AND t.customer_id IS NULL AND k.member_id IS NULL
    ), who AS MATERIALIZED (
        SELECT d.kind, d.provider, d.value, row_number() OVER (ORDER BY d.kind, d.provider, d.value) AS n FROM (SELECT DISTINCT k.kind, k.provider, k.value FROM key k) d
    ), found AS MATERIALIZED (
        SELECT m.ordinal, m.contact_id, m.customer_id, m.matched_by
        FROM lealup._match(rematch.tenant_id, (SELECT coalesce(jsonb_agg(jsonb_build_object(w.kind, w.value, 'provider', w.provider) ORDER BY w.n), '[]') FROM who w)) m
        WHERE m.customer_id IS NOT NULL
    ), best AS MATERIALIZED (
        SELECT DISTINCT ON (k.id) k.id, f.contact_id, f.customer_id
        FROM key k JOIN who w ON w.kind = k.kind AND w.provider = k.provider AND w.value = k.value JOIN found f ON f.ordinal = w.n
        ORDER BY k.id, f.matched_by = 'domain', k.ordinal
    )
    UPDATE lealup.timeline_event t SET customer_id = b.customer_id, contact_id = coalesce(t.contact_id, b.contact_id)
    FROM best b WHERE t.tenant_id = rematch.tenant_id AND t.id = b.id;
    GET DIAGNOSTICS assigned = ROW_COUNT;
    IF assigned > 0 THEN
        PERFORM lealup._audit(rematch.tenant_id, 'timeline.rematch', 'tenant', rematch.tenant_id, jsonb_build_object('events', assigned));
    END IF;
    RETURN assigned;
END $$;
COMMENT ON FUNCTION lealup.rematch(uuid) IS
    'Matches anew what is unmatched, for example after contacts were imported; gives how many timeline events have a customer now. Needs the right to edit.';
