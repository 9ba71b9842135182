-- The HTTP API of customers and contacts.

-- What is read of a customer, and what may be written of it, have most properties in common.
INSERT INTO lealup.api_schema (name, schema) VALUES
('Identity', lealup._http_shape('{"provider": {"type": "string", "minLength": 1, "maxLength": 100, "description": "Such as salesforce, stripe or csv."},
    "external_id": {"type": "string", "minLength": 1, "maxLength": 500}}')),
('CustomerSettings', lealup._http_shape('{"name": {"type": "string", "minLength": 1, "maxLength": 300},
    "domain": {"type": ["string", "null"], "minLength": 1, "maxLength": 253, "description": "Of its e-mail addresses."},
    "status": {"type": "string", "enum": ["prospect", "onboarding", "active", "paused", "churned"]}, "tier": {"type": ["string", "null"], "minLength": 1, "maxLength": 100},
    "segment_id": {"type": ["string", "null"], "format": "uuid"}, "owner_id": {"type": ["string", "null"], "format": "uuid", "description": "A member."},
    "arr": {"type": ["number", "null"], "minimum": 0, "maximum": 99999999999999.99, "description": "Annual recurring revenue."}, "currency": {"type": "string", "minLength": 3, "maxLength": 3},
    "renewal_date": {"type": ["string", "null"], "format": "date", "description": "Of the open renewal, which it opens, moves or cancels."},
    "custom": {"type": "object", "description": "Fields of your own. A change sets those that it names, null removes one, in objects within it as well."},
    "identities": {"type": "array", "maxItems": 100, "items": {"$ref": "#/components/schemas/Identity"}, "description": "What it is called elsewhere. A change adds them."}}', '{}')),
('Health', lealup._http_shape('{"score": {"type": ["integer", "null"], "minimum": 0, "maximum": 100}, "band": {"type": ["string", "null"], "enum": ["healthy", "neutral", "at_risk", null]},
    "color": {"type": ["string", "null"], "enum": ["green", "yellow", "red", null]}, "stale": {"type": "boolean", "description": "No signal is fresh: the score is what it last was."},
    "computed_at": {"type": ["string", "null"], "format": "date-time"}}')),
('ContactSettings', lealup._http_shape('{"customer_id": {"type": ["string", "null"], "format": "uuid"}, "name": {"type": ["string", "null"], "minLength": 1, "maxLength": 300, "examples": ["Ana Ruiz"]},
    "email": {"type": ["string", "null"], "format": "email", "maxLength": 254}, "phone": {"type": ["string", "null"], "minLength": 1, "maxLength": 50, "description": "As people write it; kept in E.164."},
    "title": {"type": ["string", "null"], "maxLength": 300, "examples": ["Head of Operations"]}, "time_zone": {"type": ["string", "null"], "minLength": 1, "maxLength": 100, "description": "Such as Europe/Madrid."},
    "custom": {"type": "object", "description": "Fields of your own. A change sets those that it names, null removes one, in objects within it as well."},
    "identities": {"type": "array", "maxItems": 100, "items": {"$ref": "#/components/schemas/Identity"}, "description": "What the contact is called elsewhere. A change adds them."}}', '{}'));
INSERT INTO lealup.api_schema (name, schema)
SELECT 'Customer', lealup._http_shape((s.schema -> 'properties') - 'identities' || '{"id": {"type": "string", "format": "uuid"}, "owner_email": {"type": ["string", "null"]}, "created_at": {"type": "string", "format": "date-time"}}')
FROM lealup.api_schema s WHERE s.name = 'CustomerSettings'
UNION ALL
SELECT 'Contact', lealup._http_shape((s.schema -> 'properties') - 'identities' || '{"id": {"type": "string", "format": "uuid"}, "created_at": {"type": "string", "format": "date-time"}}')
FROM lealup.api_schema s WHERE s.name = 'ContactSettings';
INSERT INTO lealup.api_schema (name, schema)
SELECT s.name || 'Detail', lealup._http_shape((s.schema -> 'properties') || '{"identities": {"type": "array", "items": {"$ref": "#/components/schemas/Identity"}}}' || CASE s.name WHEN 'Customer' THEN jsonb_build_object(
    'health', '{"$ref": "#/components/schemas/Health"}'::jsonb,
    'renewal', lealup._http_shape('{"id": {"type": "string", "format": "uuid"}, "renewal_date": {"type": "string", "format": "date"}, "days_left": {"type": "integer"}, "amount": {"type": ["number", "null"]}, "currency": {"type": "string"}}')
        || '{"type": ["object", "null"], "description": "The one that is open."}',
    'counts', lealup._http_shape('{"contacts": {"type": "integer"}, "open_tasks": {"type": "integer"}, "open_tickets": {"type": "integer"}, "issues": {"type": "integer", "description": "Of the last 30 days."}}')) ELSE '{}' END)
FROM lealup.api_schema s WHERE s.name IN ('Customer', 'Contact');

-- ----- Customers -----

CREATE FUNCTION lealup._http_customer(c lealup.customer) RETURNS json
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN json_build_object('id', c.id, 'name', c.name, 'domain', c.domain, 'status', c.status, 'tier', c.tier, 'segment_id', c.segment_id, 'owner_id', c.owner_id,
        'owner_email', (SELECT m.email FROM lealup.member m WHERE m.tenant_id = c.tenant_id AND m.id = c.owner_id),
        'arr', c.arr, 'currency', c.currency, 'renewal_date', c.renewal_date, 'custom', c.custom, 'created_at', lealup._http_stamp(c.created_at));
COMMENT ON FUNCTION lealup._http_customer(lealup.customer) IS 'A customer as lists show it.';

CREATE FUNCTION lealup._http_health(tenant_id uuid, customer_id uuid) RETURNS json
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT json_build_object('score', s.score, 'band', s.band, 'color', s.color, 'stale', coalesce(s.stale, true), 'computed_at', lealup._http_stamp(s.computed_at))
    FROM (VALUES (1)) one LEFT JOIN lealup.health_score s ON s.tenant_id = _http_health.tenant_id AND s.customer_id = _http_health.customer_id;
END;
COMMENT ON FUNCTION lealup._http_health(uuid, uuid) IS 'A customer''s health as answers show it; without a score if there is none.';

CREATE FUNCTION lealup._http_customer_detail(c lealup.customer, status int DEFAULT 200, headers jsonb DEFAULT '{}') RETURNS lealup.http_reply
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    item json := lealup._http_customer(c);
BEGIN
    RETURN lealup._http_ok(lealup._http_and(item, json_build_object(
        'identities', (SELECT coalesce(json_agg(json_build_object('provider', i.provider, 'external_id', i.external_id) ORDER BY i.provider, i.external_id), '[]')
            FROM lealup.customer_identity i WHERE i.tenant_id = c.tenant_id AND i.customer_id = c.id),
        'health', lealup._http_health(c.tenant_id, c.id),
        'renewal', (SELECT json_build_object('id', r.id, 'renewal_date', r.renewal_date, 'days_left', r.renewal_date - (now() AT TIME ZONE t.time_zone)::date, 'amount', r.amount, 'currency', r.currency)
            FROM lealup.renewal r JOIN lealup.tenant t ON t.tenant_id = r.tenant_id WHERE r.tenant_id = c.tenant_id AND r.customer_id = c.id AND r.status = 'open'),
        'counts', json_build_object(
            'contacts', (SELECT count(*) FROM lealup.contact x WHERE x.tenant_id = c.tenant_id AND x.customer_id = c.id AND x.deleted_at IS NULL),
            'open_tasks', (SELECT count(*) FROM lealup.task x WHERE x.tenant_id = c.tenant_id AND x.customer_id = c.id AND x.status IN ('open', 'in_progress')),
            'open_tickets', (SELECT count(*) FROM lealup.ticket x WHERE x.tenant_id = c.tenant_id AND x.customer_id = c.id AND x.status <> 'resolved'),
            'issues', (SELECT count(*) FROM lealup.detected_issue x WHERE x.tenant_id = c.tenant_id AND x.customer_id = c.id AND x.id >= lealup.uuid7_floor(now() - interval '30 days'))))),
        status, headers, lealup._http_version(item));
END $$;
COMMENT ON FUNCTION lealup._http_customer_detail(lealup.customer, int, jsonb) IS 'An answer that shows one customer, with identities, health, open renewal and counts.';

CREATE FUNCTION lealup._http_find_customer(call lealup.http_call) RETURNS lealup.customer
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c lealup.customer;
BEGIN
    SELECT x.* INTO c FROM lealup.customer x WHERE x.tenant_id = call.tenant_id AND x.id = lealup._http_id(call, 'id', 'customer') AND x.deleted_at IS NULL;
    PERFORM lealup._http_found(FOUND, 'customer');
    RETURN c;
END $$;
COMMENT ON FUNCTION lealup._http_find_customer(lealup.http_call) IS 'The customer that the path names; ends the request with 404 if there is none.';

CREATE FUNCTION lealup._http_lock_customer(call lealup.http_call) RETURNS lealup.customer
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c lealup.customer;
BEGIN
    SELECT x.* INTO c FROM lealup.customer x WHERE x.tenant_id = call.tenant_id AND x.id = lealup._http_id(call, 'id', 'customer') AND x.deleted_at IS NULL FOR NO KEY UPDATE;
    PERFORM lealup._http_found(FOUND, 'customer');
    PERFORM lealup._http_if_match(call, lealup._http_version(lealup._http_customer(c)));
    RETURN c;
END $$;
COMMENT ON FUNCTION lealup._http_lock_customer(lealup.http_call) IS 'The same, locked, in the version that If-Match names; ends the request with 412 if that is another one.';

CREATE FUNCTION lealup._http_external(call lealup.http_call, identities text, owner text) RETURNS text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF call.query ? 'provider' <> call.query ? 'external_id' THEN
        PERFORM lealup._http_refuse_field(400, CASE WHEN call.query ? 'provider' THEN 'external_id' ELSE 'provider' END, 'is required: provider and external_id name it together');
    END IF;
    RETURN CASE WHEN call.query ? 'provider' THEN format('x.id = (SELECT i.%I FROM lealup.%I i WHERE i.tenant_id = %L AND i.provider = %L AND i.external_id = %L)',
        owner, identities, call.tenant_id, call.query ->> 'provider', call.query ->> 'external_id') END;
END $$;
COMMENT ON FUNCTION lealup._http_external(lealup.http_call, text, text) IS 'The condition, in SQL, that a row has the external id for which the query asks; null if it asks for none. Ends the request with 400 for half of one.';

CREATE FUNCTION lealup._http_add_identities(call lealup.http_call, identities text, owner text, object_id uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    errors jsonb;
BEGIN
    IF NOT call.body ? 'identities' THEN
        RETURN;
    END IF;
    EXECUTE format('INSERT INTO lealup.%I (tenant_id, provider, external_id, %I)
        SELECT $1, e ->> ''provider'', e ->> ''external_id'', $2 FROM jsonb_array_elements($3) e ON CONFLICT DO NOTHING', identities, owner)
    USING call.tenant_id, object_id, call.body -> 'identities';
    EXECUTE format('SELECT jsonb_agg(jsonb_build_object(''field'', format(''identities[%%s].external_id'', e.n - 1), ''message'', ''belongs to another one'') ORDER BY e.n)
        FROM jsonb_array_elements($3) WITH ORDINALITY e(v, n)
        JOIN lealup.%I i ON i.tenant_id = $1 AND i.provider = e.v ->> ''provider'' AND i.external_id = e.v ->> ''external_id'' AND i.%I <> $2', identities, owner)
    INTO errors USING call.tenant_id, object_id, call.body -> 'identities';
    IF errors IS NOT NULL THEN
        PERFORM lealup._http_refuse(409, 'An external id is taken.', errors);
    END IF;
END $$;
COMMENT ON FUNCTION lealup._http_add_identities(lealup.http_call, text, text, uuid) IS 'Adds the identities that the body names; ends the request with 409 if one belongs to another object.';

CREATE FUNCTION lealup._http_list_customers(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN lealup._http_page(call, 'customer', '_http_customer', '{status,tier,owner_id,segment_id}', concat_ws(' AND ', 'x.deleted_at IS NULL',
        CASE WHEN call.query ? 'domain' THEN format('x.domain = %L', lower(call.query ->> 'domain')) END,
        CASE WHEN call.query ? 'created_since' THEN format('x.created_at >= %L', lealup._http_time(call.query ->> 'created_since')) END,
        CASE WHEN call.query ? 'q' THEN format('(strpos(lower(x.name), %1$L) > 0 OR strpos(x.domain, %1$L) > 0)', lower(call.query ->> 'q')) END,
        lealup._http_external(call, 'customer_identity', 'customer_id')));
COMMENT ON FUNCTION lealup._http_list_customers(lealup.http_call) IS
    'Answers GET /v1/customers, by the primary key, or by (tenant_id, owner_id), (tenant_id, segment_id), (tenant_id, domain) or the external id''s key, whose customers are few.';

CREATE FUNCTION lealup._http_get_customer(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN lealup._http_customer_detail(lealup._http_find_customer(call));
COMMENT ON FUNCTION lealup._http_get_customer(lealup.http_call) IS 'Answers GET /v1/customers/{id}.';

CREATE FUNCTION lealup._http_create_customer(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    b jsonb := call.body;
    c lealup.customer;
BEGIN
    PERFORM lealup._http_check_references(call.tenant_id, b);
    INSERT INTO lealup.customer (tenant_id, name, domain, status, tier, segment_id, owner_id, arr, currency, renewal_date, custom)
    VALUES (call.tenant_id, b ->> 'name', lower(b ->> 'domain'), coalesce(b ->> 'status', 'active'), b ->> 'tier', (b ->> 'segment_id')::uuid, (b ->> 'owner_id')::uuid,
        (b ->> 'arr')::numeric, coalesce(b ->> 'currency', 'USD'), (b ->> 'renewal_date')::date, lealup._http_merge('{}', coalesce(b -> 'custom', '{}')))
    RETURNING * INTO c;
    PERFORM lealup._http_add_identities(call, 'customer_identity', 'customer_id', c.id);
    PERFORM lealup._http_note_change(call, 'customer.create', 'customer', c.id);
    RETURN lealup._http_customer_detail(c, 201, jsonb_build_object('location', '/v1/customers/' || c.id));
END $$;
COMMENT ON FUNCTION lealup._http_create_customer(lealup.http_call) IS 'Answers POST /v1/customers.';

CREATE FUNCTION lealup._http_update_customer(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c lealup.customer := lealup._http_lock_customer(call);
BEGIN
    PERFORM lealup._http_check_references(call.tenant_id, call.body);
    c := jsonb_populate_record(c, call.body || jsonb_build_object('custom', lealup._http_merge(c.custom, coalesce(call.body -> 'custom', '{}'))));
    UPDATE lealup.customer x
    SET name = c.name, domain = lower(c.domain), status = c.status, tier = c.tier, segment_id = c.segment_id, owner_id = c.owner_id, arr = c.arr, currency = c.currency,
        renewal_date = c.renewal_date, custom = c.custom
    WHERE x.tenant_id = c.tenant_id AND x.id = c.id;
    PERFORM lealup._http_add_identities(call, 'customer_identity', 'customer_id', c.id);
    PERFORM lealup._http_note_change(call, 'customer.update', 'customer', c.id);
    RETURN lealup._http_customer_detail(lealup._http_find_customer(call));
END $$;
COMMENT ON FUNCTION lealup._http_update_customer(lealup.http_call) IS 'Answers PATCH /v1/customers/{id}: what the body does not name stays.';

CREATE FUNCTION lealup._http_delete_customer(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lealup.delete_customer(call.tenant_id, (lealup._http_lock_customer(call)).id);
    RETURN lealup._http_ok(NULL, 204);
END $$;
COMMENT ON FUNCTION lealup._http_delete_customer(lealup.http_call) IS 'Answers DELETE /v1/customers/{id}.';

-- ----- Contacts -----

CREATE FUNCTION lealup._http_contact(c lealup.contact) RETURNS json
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN json_build_object('id', c.id, 'customer_id', c.customer_id, 'name', c.name, 'email', c.email, 'phone', c.phone, 'title', c.title, 'time_zone', c.time_zone,
        'custom', c.custom, 'created_at', lealup._http_stamp(c.created_at));
COMMENT ON FUNCTION lealup._http_contact(lealup.contact) IS 'A contact as lists show it.';

CREATE FUNCTION lealup._http_contact_detail(c lealup.contact, status int DEFAULT 200, headers jsonb DEFAULT '{}') RETURNS lealup.http_reply
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    item json := lealup._http_contact(c);
BEGIN
    RETURN lealup._http_ok(lealup._http_and(item, json_build_object(
        'identities', (SELECT coalesce(json_agg(json_build_object('provider', i.provider, 'external_id', i.external_id) ORDER BY i.provider, i.external_id), '[]')
            FROM lealup.contact_identity i WHERE i.tenant_id = c.tenant_id AND i.contact_id = c.id))), status, headers, lealup._http_version(item));
END $$;
COMMENT ON FUNCTION lealup._http_contact_detail(lealup.contact, int, jsonb) IS 'An answer that shows one contact, with its identities.';

CREATE FUNCTION lealup._http_find_contact(call lealup.http_call) RETURNS lealup.contact
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c lealup.contact;
BEGIN
    SELECT x.* INTO c FROM lealup.contact x WHERE x.tenant_id = call.tenant_id AND x.id = lealup._http_id(call, 'id', 'contact') AND x.deleted_at IS NULL;
    PERFORM lealup._http_found(FOUND, 'contact');
    RETURN c;
END $$;
COMMENT ON FUNCTION lealup._http_find_contact(lealup.http_call) IS 'The contact that the path names; ends the request with 404 if there is none.';

CREATE FUNCTION lealup._http_lock_contact(call lealup.http_call) RETURNS lealup.contact
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c lealup.contact;
BEGIN
    SELECT x.* INTO c FROM lealup.contact x WHERE x.tenant_id = call.tenant_id AND x.id = lealup._http_id(call, 'id', 'contact') AND x.deleted_at IS NULL FOR NO KEY UPDATE;
    PERFORM lealup._http_found(FOUND, 'contact');
    PERFORM lealup._http_if_match(call, lealup._http_version(lealup._http_contact(c)));
    RETURN c;
END $$;
COMMENT ON FUNCTION lealup._http_lock_contact(lealup.http_call) IS 'The same, locked, in the version that If-Match names; ends the request with 412 if that is another one.';

CREATE FUNCTION lealup._http_contact_by_email(tenant_id uuid, email text) RETURNS uuid
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- With its caller's rights it could not use the index: row-level security lets no function that is not leakproof go before it.
    PERFORM lealup._require_sight(_http_contact_by_email.tenant_id);
    RETURN (SELECT c.id FROM lealup.contact c
        WHERE c.tenant_id = _http_contact_by_email.tenant_id AND lower(c.email) = lower(_http_contact_by_email.email) AND c.deleted_at IS NULL);
END $$;
COMMENT ON FUNCTION lealup._http_contact_by_email(uuid, text) IS 'The contact that has an e-mail address; null if there is none. Needs sight of the tenant.';

CREATE FUNCTION lealup._http_read_contact(call lealup.http_call, c lealup.contact) RETURNS lealup.contact
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lealup._http_check_references(call.tenant_id, call.body);
    IF lealup._http_contact_by_email(call.tenant_id, call.body ->> 'email') <> coalesce(c.id, '00000000-0000-0000-0000-000000000000') THEN
        PERFORM lealup._http_refuse_field(409, 'email', 'belongs to another contact');
    END IF;
    IF lealup._is_time_zone(call.body ->> 'time_zone') IS FALSE THEN
        PERFORM lealup._http_refuse_field(422, 'time_zone', 'is none that is known here');
    END IF;
    c := jsonb_populate_record(c, call.body || jsonb_build_object('custom', lealup._http_merge(coalesce(c.custom, '{}'), coalesce(call.body -> 'custom', '{}'))));
    IF call.body ->> 'phone' IS NOT NULL THEN
        c.phone := lealup.phone_e164(call.body ->> 'phone', (SELECT t.settings ->> 'default_country' FROM lealup.tenant t WHERE t.tenant_id = call.tenant_id));
        IF c.phone IS NULL THEN
            PERFORM lealup._http_refuse_field(422, 'phone', 'must be a valid phone number, such as +34600123456');
        END IF;
    END IF;
    RETURN c;
END $$;
COMMENT ON FUNCTION lealup._http_read_contact(lealup.http_call, lealup.contact) IS 'A contact as the body changes it. Ends the request with 409 or 422, naming the field, if it cannot.';

CREATE FUNCTION lealup._http_list_contacts(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN lealup._http_page(call, 'contact', '_http_contact', '{customer_id,phone}', concat_ws(' AND ', 'x.deleted_at IS NULL',
        CASE WHEN call.query ? 'email' THEN format('x.id = %L', lealup._http_contact_by_email(call.tenant_id, call.query ->> 'email')) END,
        CASE WHEN call.query ? 'created_since' THEN format('x.created_at >= %L', lealup._http_time(call.query ->> 'created_since')) END,
        CASE WHEN call.query ? 'q' THEN format('(strpos(lower(x.name), %1$L) > 0 OR strpos(lower(x.email), %1$L) > 0)', lower(call.query ->> 'q')) END,
        lealup._http_external(call, 'contact_identity', 'contact_id')));
COMMENT ON FUNCTION lealup._http_list_contacts(lealup.http_call) IS
    'Answers GET /v1/contacts, by the primary key, or by (tenant_id, customer_id), (tenant_id, phone), contact_email or the external id''s key, whose contacts are few.';

CREATE FUNCTION lealup._http_get_contact(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN lealup._http_contact_detail(lealup._http_find_contact(call));
COMMENT ON FUNCTION lealup._http_get_contact(lealup.http_call) IS 'Answers GET /v1/contacts/{id}.';

CREATE FUNCTION lealup._http_create_contact(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c lealup.contact := lealup._http_read_contact(call, NULL);
BEGIN
    IF coalesce(c.name, c.email, c.phone) IS NULL AND jsonb_array_length(coalesce(call.body -> 'identities', '[]')) = 0 THEN
        PERFORM lealup._http_refuse_field(422, 'name', 'is required, or an email, a phone or an identity');
    END IF;
    INSERT INTO lealup.contact (tenant_id, customer_id, name, email, phone, title, time_zone, custom)
    VALUES (call.tenant_id, c.customer_id, c.name, c.email, c.phone, c.title, c.time_zone, c.custom) RETURNING * INTO c;
    PERFORM lealup._http_add_identities(call, 'contact_identity', 'contact_id', c.id);
    PERFORM lealup._http_note_change(call, 'contact.create', 'contact', c.id);
    RETURN lealup._http_contact_detail(c, 201, jsonb_build_object('location', '/v1/contacts/' || c.id));
END $$;
COMMENT ON FUNCTION lealup._http_create_contact(lealup.http_call) IS 'Answers POST /v1/contacts.';

CREATE FUNCTION lealup._http_update_contact(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c lealup.contact := lealup._http_lock_contact(call);
BEGIN
    c := lealup._http_read_contact(call, c);
    UPDATE lealup.contact x
    SET customer_id = c.customer_id, name = c.name, email = c.email, phone = c.phone, title = c.title, time_zone = c.time_zone, custom = c.custom
    WHERE x.tenant_id = c.tenant_id AND x.id = c.id;
    PERFORM lealup._http_add_identities(call, 'contact_identity', 'contact_id', c.id);
    PERFORM lealup._http_note_change(call, 'contact.update', 'contact', c.id);
    RETURN lealup._http_contact_detail(lealup._http_find_contact(call));
END $$;
COMMENT ON FUNCTION lealup._http_update_contact(lealup.http_call) IS 'Answers PATCH /v1/contacts/{id}: what the body does not name stays.';

CREATE FUNCTION lealup._http_delete_contact(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c lealup.contact := lealup._http_lock_contact(call);
    moment timestamptz := now();
BEGIN
    UPDATE lealup.contact x SET deleted_at = moment WHERE x.tenant_id = c.tenant_id AND x.id = c.id;
    PERFORM lealup._http_note_change(call, 'contact.delete', 'contact', c.id);
    RETURN lealup._http_ok(NULL, 204);
END $$;
COMMENT ON FUNCTION lealup._http_delete_contact(lealup.http_call) IS 'Answers DELETE /v1/contacts/{id}: softly, the row stays with deleted_at.';

-- ----- Routes -----

SELECT lealup._add_route('GET', '/v1/customers', '_http_list_customers', 'customers:read', 'List customers, in the order in which they were made',
    parameters => lealup._http_paging() || lealup._http_id_of('owner_id', 'Of this member.') || lealup._http_id_of('segment_id', 'Of this segment.') || '{
        "status": {"type": "string", "enum": ["prospect", "onboarding", "active", "paused", "churned"]}, "tier": {"type": "string", "maxLength": 100}, "domain": {"type": "string", "maxLength": 253},
        "q": {"type": "string", "minLength": 2, "maxLength": 100, "description": "Part of the name or the domain."}, "created_since": {"type": "string", "format": "date-time"},
        "provider": {"type": "string", "maxLength": 100, "description": "With external_id: the one that is called so there."}, "external_id": {"type": "string", "maxLength": 500}}',
    responses => lealup._http_list_of('{"$ref": "#/components/schemas/Customer"}'));
SELECT lealup._add_route('GET', '/v1/customers/{id}', '_http_get_customer', 'customers:read', 'A customer, with health, open renewal and counts',
    responses => '{"200": {"$ref": "#/components/schemas/CustomerDetail"}}');
SELECT lealup._add_route('POST', '/v1/customers', '_http_create_customer', 'customers:write', 'Create a customer',
    request => (SELECT s.schema || '{"required": ["name"]}' FROM lealup.api_schema s WHERE s.name = 'CustomerSettings'), responses => '{"201": {"$ref": "#/components/schemas/CustomerDetail"}}');
SELECT lealup._add_route('PATCH', '/v1/customers/{id}', '_http_update_customer', 'customers:write', 'Change a customer',
    request => '{"$ref": "#/components/schemas/CustomerSettings"}', responses => '{"200": {"$ref": "#/components/schemas/CustomerDetail"}}',
    example => '{"tier": "enterprise", "renewal_date": null, "custom": {"industry": "retail"}}');
SELECT lealup._add_route('DELETE', '/v1/customers/{id}', '_http_delete_customer', 'customers:write', 'Remove a customer', responses => '{"204": null}');
SELECT lealup._add_route('GET', '/v1/contacts', '_http_list_contacts', 'contacts:read', 'List contacts, in the order in which they were made',
    parameters => lealup._http_paging() || lealup._http_id_of('customer_id', 'Of this customer.') || '{
        "email": {"type": "string", "maxLength": 254}, "phone": {"type": "string", "maxLength": 50, "description": "In E.164, such as %2B34600123456."},
        "q": {"type": "string", "minLength": 2, "maxLength": 100, "description": "Part of the name or the e-mail address."}, "created_since": {"type": "string", "format": "date-time"},
        "provider": {"type": "string", "maxLength": 100, "description": "With external_id: the one that is called so there."}, "external_id": {"type": "string", "maxLength": 500}}',
    responses => lealup._http_list_of('{"$ref": "#/components/schemas/Contact"}'));
SELECT lealup._add_route('GET', '/v1/contacts/{id}', '_http_get_contact', 'contacts:read', 'A contact', responses => '{"200": {"$ref": "#/components/schemas/ContactDetail"}}');
SELECT lealup._add_route('POST', '/v1/contacts', '_http_create_contact', 'contacts:write', 'Create a contact',
    request => '{"$ref": "#/components/schemas/ContactSettings"}', responses => '{"201": {"$ref": "#/components/schemas/ContactDetail"}}');
SELECT lealup._add_route('PATCH', '/v1/contacts/{id}', '_http_update_contact', 'contacts:write', 'Change a contact',
    request => '{"$ref": "#/components/schemas/ContactSettings"}', responses => '{"200": {"$ref": "#/components/schemas/ContactDetail"}}',
    example => '{"title": "Head of Operations", "phone": null}');
SELECT lealup._add_route('DELETE', '/v1/contacts/{id}', '_http_delete_contact', 'contacts:write', 'Remove a contact', responses => '{"204": null}');
