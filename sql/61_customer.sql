-- Customers: who they are, whose they are, what they are worth. Their changes are events.

CREATE TABLE lealup.segment (
    tenant_id uuid NOT NULL REFERENCES lealup.tenant,
    id uuid NOT NULL DEFAULT lealup.uuid7(),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    description text CHECK (length(description) <= 2000),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, name)
);
COMMENT ON TABLE lealup.segment IS 'A group of customers that are looked after alike, and to which subscriptions and health definitions can be limited.';

CREATE TABLE lealup.customer (
    tenant_id uuid NOT NULL REFERENCES lealup.tenant,
    id uuid NOT NULL DEFAULT lealup.uuid7(),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 300),
    domain text CHECK (domain = lower(domain) AND domain ~ '^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$' AND length(domain) <= 253),
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('prospect', 'onboarding', 'active', 'paused', 'churned')),
    tier text CHECK (length(tier) BETWEEN 1 AND 100),
    segment_id uuid,
    owner_id uuid,
    arr numeric(16, 2) CHECK (arr >= 0 AND arr <> 'NaN'),
    currency text NOT NULL DEFAULT 'USD' CHECK (currency ~ '^[A-Z]{3}$'),
    renewal_date date CHECK (isfinite(renewal_date)),
    custom jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(custom) = 'object' AND octet_length(custom::text) <= 65536),
    deleted_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (tenant_id, segment_id) REFERENCES lealup.segment,
    FOREIGN KEY (tenant_id, owner_id) REFERENCES lealup.member
);
CREATE INDEX ON lealup.customer (tenant_id, domain);
CREATE INDEX ON lealup.customer (tenant_id, owner_id);
CREATE INDEX ON lealup.customer (tenant_id, segment_id);
CREATE INDEX ON lealup.customer (tenant_id, lower(name));
-- As long as tables are not analyzed, the planner finds all of their indexes equally good and takes the one that was made last: then
-- it has to be the primary key, by which foreign keys look up every row that is inserted. Partial indexes serve other queries.
ALTER TABLE lealup.customer ADD PRIMARY KEY (tenant_id, id);
COMMENT ON TABLE lealup.customer IS 'A company that the tenant serves. Applications insert and update rows; delete_customer() removes one, which keeps its history.';
COMMENT ON COLUMN lealup.customer.arr IS 'Annual recurring revenue in currency; null = not known.';
COMMENT ON COLUMN lealup.customer.custom IS 'What the tenant adds, at most 64 kB: each change is an event that has it twice.';
COMMENT ON COLUMN lealup.customer.domain IS 'Of its e-mail addresses, in lower case; several customers may share one.';
COMMENT ON COLUMN lealup.customer.deleted_at IS 'Null = it is there.';

CREATE TABLE lealup.customer_identity (
    tenant_id uuid NOT NULL,
    provider text NOT NULL CHECK (length(provider) BETWEEN 1 AND 100),
    external_id text NOT NULL CHECK (length(external_id) BETWEEN 1 AND 500),
    customer_id uuid NOT NULL,
    PRIMARY KEY (tenant_id, provider, external_id),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES lealup.customer
);
CREATE INDEX ON lealup.customer_identity (tenant_id, customer_id);
COMMENT ON TABLE lealup.customer_identity IS 'What a customer is called elsewhere: its id at a provider (salesforce, stripe, csv ...).';

CREATE TABLE lealup.contact (
    tenant_id uuid NOT NULL REFERENCES lealup.tenant,
    id uuid NOT NULL DEFAULT lealup.uuid7(),
    customer_id uuid,
    name text CHECK (length(name) BETWEEN 1 AND 300),
    email text CHECK (email ~ '^[^@\s]+@[^@\s]+$' AND length(email) <= 254),
    phone text CHECK (phone ~ '^\+[1-9][0-9]{5,14}$'),
    title text CHECK (length(title) <= 300),
    time_zone text CHECK (lealup._is_time_zone(time_zone)),
    custom jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(custom) = 'object' AND octet_length(custom::text) <= 65536),
    deleted_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES lealup.customer
);
CREATE INDEX ON lealup.contact (tenant_id, customer_id);
ALTER TABLE lealup.contact ADD PRIMARY KEY (tenant_id, id);
CREATE UNIQUE INDEX contact_email ON lealup.contact (tenant_id, lower(email)) WHERE deleted_at IS NULL;
CREATE INDEX ON lealup.contact (tenant_id, phone) WHERE phone IS NOT NULL;
COMMENT ON TABLE lealup.contact IS 'A person at a customer; customer_id null = not assigned to one.';
COMMENT ON COLUMN lealup.contact.phone IS 'In E.164: +34600123456. lealup.phone_e164() makes it of what people write.';

CREATE TABLE lealup.contact_identity (
    tenant_id uuid NOT NULL,
    provider text NOT NULL CHECK (length(provider) BETWEEN 1 AND 100),
    external_id text NOT NULL CHECK (length(external_id) BETWEEN 1 AND 500),
    contact_id uuid NOT NULL,
    PRIMARY KEY (tenant_id, provider, external_id),
    FOREIGN KEY (tenant_id, contact_id) REFERENCES lealup.contact
);
CREATE INDEX ON lealup.contact_identity (tenant_id, contact_id);
COMMENT ON TABLE lealup.contact_identity IS 'What a contact is called elsewhere: its id at a provider (slack, hubspot ...).';

-- ----- Events -----

-- Not immutable, as what it calls is only stable: it would not be inlined.
CREATE FUNCTION lealup._customer_context(c lealup.customer) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN lealup._jsonb_object('customer_id', (c).id, 'segment_id', (c).segment_id, 'owner_id', (c).owner_id, 'tier', (c).tier, 'status', (c).status, 'arr', (c).arr);
COMMENT ON FUNCTION lealup._customer_context(lealup.customer) IS
    'What subscriptions and playbooks filter by for every event about a customer: customer_id, segment_id, owner_id, tier, status, arr.';

CREATE FUNCTION lealup._customer_inserted() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF lealup._suppressed() THEN
        RETURN NULL;
    END IF;
    PERFORM lealup._emit_all(array_agg(ROW(n.tenant_id, 'customer.created', n.id,
        lealup._json_object('customer_id', n.id, 'customer_name', n.name, 'arr', n.arr, 'currency', n.currency, 'status', n.status, 'tier', n.tier,
            'segment_id', n.segment_id, 'owner_id', n.owner_id, 'owner_email', m.email), lealup._customer_context(n))::lealup._emission))
    FROM inserted n LEFT JOIN lealup.member m ON m.tenant_id = n.tenant_id AND m.id = n.owner_id
    WHERE n.deleted_at IS NULL;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION lealup._customer_inserted() IS 'Trigger: customer.created.';

CREATE FUNCTION lealup._customer_updated() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF lealup._suppressed() THEN
        RETURN NULL;
    END IF;
    -- The plan is made once, for one row and for 50,000: a full join, of which every row has its counterpart, is never a nested loop.
    PERFORM lealup._emit_all(array_agg(ROW(n.tenant_id, e.type, n.id, e.data, lealup._customer_context(n))::lealup._emission))
    FROM old_rows o FULL JOIN new_rows n ON n.tenant_id = o.tenant_id AND n.id = o.id
    LEFT JOIN lealup.member m ON m.tenant_id = n.tenant_id AND m.id = n.owner_id
    CROSS JOIN LATERAL (SELECT lealup._row_changes(o, n) AS changes OFFSET 0) d
    CROSS JOIN LATERAL (
        SELECT 'customer.deleted' AS type, lealup._json_object('customer_id', n.id, 'customer_name', n.name, 'deleted_at', n.deleted_at,
            'owner_id', n.owner_id, 'owner_email', m.email) AS data
        WHERE o.deleted_at IS NULL AND n.deleted_at IS NOT NULL
        UNION ALL
        SELECT 'customer.updated', lealup._json_object('customer_id', n.id, 'customer_name', n.name, 'changes', d.changes,
            'owner_id', n.owner_id, 'owner_email', m.email)
        WHERE n.deleted_at IS NULL
        UNION ALL
        SELECT 'customer.status_changed', lealup._json_object('customer_id', n.id, 'customer_name', n.name, 'previous_status', o.status,
            'current_status', n.status, 'owner_id', n.owner_id, 'owner_email', m.email)
        WHERE o.status <> n.status AND n.deleted_at IS NULL) e
    WHERE d.changes IS NOT NULL;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION lealup._customer_updated() IS 'Trigger: customer.updated, customer.status_changed and customer.deleted; nothing for rows that did not change.';

CREATE TRIGGER customer_inserted AFTER INSERT ON lealup.customer REFERENCING NEW TABLE AS inserted
    FOR EACH STATEMENT EXECUTE FUNCTION lealup._customer_inserted();
CREATE TRIGGER customer_updated AFTER UPDATE ON lealup.customer REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION lealup._customer_updated();

CREATE FUNCTION lealup.delete_customer(tenant_id uuid, customer_id uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lealup._require('edit', delete_customer.tenant_id);
    UPDATE lealup.customer c SET deleted_at = now()
    WHERE c.tenant_id = delete_customer.tenant_id AND c.id = delete_customer.customer_id AND c.deleted_at IS NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'customer % does not exist', delete_customer.customer_id USING ERRCODE = 'no_data_found';
    END IF;
    PERFORM lealup._audit(delete_customer.tenant_id, 'customer.delete', 'customer', delete_customer.customer_id);
END $$;
COMMENT ON FUNCTION lealup.delete_customer(uuid, uuid) IS 'Removes a customer softly: the row stays with deleted_at, customer.deleted is emitted. Raises no_data_found if there is none.';
