-- Tickets: a customer's question, its thread, who answers it.

CREATE TABLE lealup.ticket (
    tenant_id uuid NOT NULL REFERENCES lealup.tenant,
    id uuid NOT NULL DEFAULT lealup.uuid7(),
    customer_id uuid,
    contact_id uuid,
    assignee_id uuid,
    subject text NOT NULL CHECK (length(subject) BETWEEN 1 AND 1000),
    status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'pending', 'escalated', 'resolved')),
    priority text NOT NULL DEFAULT 'normal' CHECK (priority IN ('low', 'normal', 'high', 'urgent')),
    channel text CHECK (length(channel) BETWEEN 1 AND 100),
    source text NOT NULL DEFAULT 'manual' CHECK (length(source) BETWEEN 1 AND 100),
    external_id text CHECK (length(external_id) BETWEEN 1 AND 1000),
    payload jsonb CHECK (octet_length(payload::text) <= 1048576),
    escalated_at timestamptz,
    escalation_reason text CHECK (length(escalation_reason) <= 2000),
    resolved_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (tenant_id, source, external_id),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES lealup.customer,
    FOREIGN KEY (tenant_id, contact_id) REFERENCES lealup.contact,
    FOREIGN KEY (tenant_id, assignee_id) REFERENCES lealup.member
);
CREATE INDEX ON lealup.ticket (tenant_id, customer_id);
ALTER TABLE lealup.ticket ADD PRIMARY KEY (tenant_id, id);
CREATE INDEX ON lealup.ticket (tenant_id, assignee_id) WHERE status <> 'resolved';
COMMENT ON TABLE lealup.ticket IS 'A question or problem of a customer, answered in a thread of messages; customer_id null = of none that is known.';
COMMENT ON COLUMN lealup.ticket.status IS 'open: the team is to act; pending: the contact is; escalated: somebody above is; resolved.';
COMMENT ON COLUMN lealup.ticket.escalated_at IS 'When it was last escalated; stays when it is resolved or reopened.';
COMMENT ON COLUMN lealup.ticket.escalation_reason IS 'What escalate_ticket() was told then; null after a plain UPDATE of the status.';
COMMENT ON COLUMN lealup.ticket.resolved_at IS 'Since when it is resolved; null while it is not.';

CREATE TABLE lealup.ticket_message (
    tenant_id uuid NOT NULL REFERENCES lealup.tenant,
    id uuid NOT NULL DEFAULT lealup.uuid7(),
    ticket_id uuid NOT NULL,
    author_member_id uuid,
    author_contact_id uuid,
    body text NOT NULL CHECK (length(body) BETWEEN 1 AND 1000000),
    internal boolean NOT NULL DEFAULT false,
    source text NOT NULL DEFAULT 'manual' CHECK (length(source) BETWEEN 1 AND 100),
    external_id text CHECK (length(external_id) BETWEEN 1 AND 1000),
    payload jsonb CHECK (octet_length(payload::text) <= 1048576),
    created_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, source, external_id),
    CHECK (author_member_id IS NULL OR author_contact_id IS NULL),
    CHECK (NOT internal OR author_contact_id IS NULL),
    FOREIGN KEY (tenant_id, ticket_id) REFERENCES lealup.ticket,
    FOREIGN KEY (tenant_id, author_member_id) REFERENCES lealup.member,
    FOREIGN KEY (tenant_id, author_contact_id) REFERENCES lealup.contact
);
CREATE INDEX ON lealup.ticket_message (tenant_id, ticket_id, id);
COMMENT ON TABLE lealup.ticket_message IS 'A message of a ticket''s thread. internal: for the team only, its text is in no event. No author: something automatic, or somebody unknown.';
COMMENT ON COLUMN lealup.ticket_message.deleted_at IS 'Since when its text is gone; null = it is not.';

CREATE TABLE lealup.escalation_rule (
    tenant_id uuid NOT NULL REFERENCES lealup.tenant,
    id uuid NOT NULL DEFAULT lealup.uuid7(),
    position int NOT NULL CHECK (position > 0),
    filters jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(filters) = 'object'),
    target text NOT NULL CHECK (target IN ('member', 'owner', 'director', 'admin')),
    member_id uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, position),
    CHECK ((target = 'member') = (member_id IS NOT NULL)),
    FOREIGN KEY (tenant_id, member_id) REFERENCES lealup.member
);
COMMENT ON TABLE lealup.escalation_rule IS 'To whom escalate_ticket() gives a ticket: the first rule by position whose filters match it.';
COMMENT ON COLUMN lealup.escalation_rule.filters IS 'As a subscription to ticket.escalated has them: segment_id, tier, min_arr, priority, channel ...; {} = every ticket.';
COMMENT ON COLUMN lealup.escalation_rule.target IS 'member: member_id; owner: the customer''s; director, admin: the tenant''s first active one.';

-- ----- Events -----

CREATE TYPE lealup._ticket_stamp AS (tenant_id uuid, id uuid, escalated boolean);
COMMENT ON TYPE lealup._ticket_stamp IS 'A ticket whose times are behind its status; escalated: it has become so by this change.';

-- The times of a ticket follow its status, whoever changes that. A restore brings them along, so tenants of another home are left alone.
CREATE FUNCTION lealup._stamp_tickets(stamps lealup._ticket_stamp[], at timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- An update of no rows would fire the trigger that calls this, which would never end.
    IF stamps IS NULL THEN
        RETURN;
    END IF;
    UPDATE lealup.ticket t
    SET escalated_at = CASE WHEN s.escalated THEN _stamp_tickets.at ELSE t.escalated_at END,
        escalation_reason = CASE WHEN NOT s.escalated THEN t.escalation_reason END,
        resolved_at = CASE WHEN t.status = 'resolved' THEN coalesce(t.resolved_at, _stamp_tickets.at) END
    FROM unnest(stamps) s JOIN lealup.tenant x ON x.tenant_id = s.tenant_id AND x.home = lealup.home()
    WHERE t.tenant_id = s.tenant_id AND t.id = s.id;
END $$;
COMMENT ON FUNCTION lealup._stamp_tickets(lealup._ticket_stamp[], timestamptz) IS
    'Sets escalated_at, escalation_reason and resolved_at as the tickets'' status asks for; null = none.';

CREATE FUNCTION lealup._ticket_inserted() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    at timestamptz := clock_timestamp();
    emissions lealup._emission[];
    stamps lealup._ticket_stamp[];
BEGIN
    SELECT array_agg(ROW(a.tenant_id, 'ticket.created', a.customer_id,
        lealup._json_object('customer_id', a.customer_id, 'customer_name', c.name, 'ticket_id', a.id, 'subject', a.subject, 'ticket_status', a.status,
            'priority', a.priority, 'channel', a.channel, 'contact_id', a.contact_id, 'assignee_id', a.assignee_id, 'assignee_email', m.email,
            'owner_id', c.owner_id, 'owner_email', o.email),
        CASE WHEN c.id IS NOT NULL THEN lealup._customer_context(c) END)::lealup._emission) FILTER (WHERE NOT lealup._suppressed()),
        array_agg(ROW(a.tenant_id, a.id, a.status = 'escalated' AND a.escalated_at IS NULL)::lealup._ticket_stamp)
            FILTER (WHERE a.status = 'escalated' AND a.escalated_at IS NULL OR (a.status = 'resolved') <> (a.resolved_at IS NOT NULL))
    INTO emissions, stamps
    FROM inserted a
    LEFT JOIN lealup.customer c ON c.tenant_id = a.tenant_id AND c.id = a.customer_id
    LEFT JOIN lealup.member o ON o.tenant_id = c.tenant_id AND o.id = c.owner_id
    LEFT JOIN lealup.member m ON m.tenant_id = a.tenant_id AND m.id = a.assignee_id;
    PERFORM lealup._emit_all(emissions), lealup._stamp_tickets(stamps, at);
    RETURN NULL;
END $$;
COMMENT ON FUNCTION lealup._ticket_inserted() IS
    'Trigger: ticket.created, and nothing else for a ticket that comes as resolved or escalated; sets escalated_at and resolved_at where the status asks for them.';

CREATE FUNCTION lealup._ticket_updated() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    at timestamptz := clock_timestamp();
    emissions lealup._emission[];
    stamps lealup._ticket_stamp[];
BEGIN
    -- The plan is made once for one row and for 50,000. A full join is never a nested loop, which would be quadratic for the latter;
    -- every row has its counterpart, as _row_changes() is null for one that has none. What follows from the status, and the
    -- source's raw payload, are not changes that anybody is told of.
    WITH change AS MATERIALIZED (
        SELECT n.tenant_id, n.id, n.customer_id, n.assignee_id, n.subject, n.status, n.priority, n.channel, n.escalation_reason, n.resolved_at,
               o.assignee_id AS previous_assignee_id, d.changes, n.status <> o.status AS status_changed,
               n.status = 'escalated' AND o.status <> 'escalated' AND n.escalated_at IS NOT DISTINCT FROM o.escalated_at AS unstamped
        FROM old_rows o FULL JOIN new_rows n ON n.tenant_id = o.tenant_id AND n.id = o.id
        CROSS JOIN LATERAL (
            SELECT lealup._row_changes(o, n)::jsonb - ARRAY['payload', 'escalated_at', 'escalation_reason', 'resolved_at'] AS changes OFFSET 0) d
        WHERE d.changes <> '{}'
    )
    SELECT array_agg(ROW(x.tenant_id, e.type, x.customer_id, e.data,
        CASE WHEN c.id IS NOT NULL THEN lealup._customer_context(c) END)::lealup._emission)
            FILTER (WHERE NOT lealup._suppressed()),
        array_agg(ROW(x.tenant_id, x.id, x.unstamped)::lealup._ticket_stamp)
            FILTER (WHERE e.type = 'ticket.updated' AND (x.unstamped OR (x.status = 'resolved') <> (x.resolved_at IS NOT NULL)))
    INTO emissions, stamps
    FROM change x
    LEFT JOIN lealup.customer c ON c.tenant_id = x.tenant_id AND c.id = x.customer_id
    LEFT JOIN lealup.member o ON o.tenant_id = c.tenant_id AND o.id = c.owner_id
    LEFT JOIN lealup.member m ON m.tenant_id = x.tenant_id AND m.id = x.assignee_id
    LEFT JOIN lealup.member p ON p.tenant_id = x.tenant_id AND p.id = x.previous_assignee_id
    CROSS JOIN LATERAL (
        SELECT 'ticket.updated' AS type, lealup._json_object('customer_id', x.customer_id, 'customer_name', c.name, 'ticket_id', x.id,
            'subject', x.subject, 'ticket_status', x.status, 'priority', x.priority, 'channel', x.channel,
            'assignee_id', x.assignee_id, 'assignee_email', m.email, 'changes', x.changes, 'owner_id', c.owner_id, 'owner_email', o.email) AS data
        UNION ALL
        SELECT 'ticket.escalated', lealup._json_object('customer_id', x.customer_id, 'customer_name', c.name, 'ticket_id', x.id,
            'subject', x.subject, 'ticket_status', x.status, 'priority', x.priority, 'channel', x.channel,
            'assignee_id', x.assignee_id, 'assignee_email', m.email,
            'reason', CASE WHEN NOT x.unstamped THEN x.escalation_reason END,
            'from_id', x.previous_assignee_id, 'from_email', p.email, 'to_id', x.assignee_id, 'to_email', m.email,
            'owner_id', c.owner_id, 'owner_email', o.email)
        WHERE x.status_changed AND x.status = 'escalated'
        UNION ALL
        SELECT 'ticket.resolved', lealup._json_object('customer_id', x.customer_id, 'customer_name', c.name, 'ticket_id', x.id,
            'subject', x.subject, 'ticket_status', x.status, 'priority', x.priority, 'channel', x.channel,
            'assignee_id', x.assignee_id, 'assignee_email', m.email, 'resolved_at', coalesce(x.resolved_at, at),
            'owner_id', c.owner_id, 'owner_email', o.email)
        WHERE x.status_changed AND x.status = 'resolved') e;
    PERFORM lealup._emit_all(emissions), lealup._stamp_tickets(stamps, at);
    RETURN NULL;
END $$;
COMMENT ON FUNCTION lealup._ticket_updated() IS
    'Trigger: ticket.updated, ticket.escalated and ticket.resolved, nothing for rows that did not change; keeps escalated_at, escalation_reason and resolved_at in step with the status.';

CREATE FUNCTION lealup._ticket_message_inserted() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    emitted bigint;
BEGIN
    -- A load says itself what state its tickets are in.
    IF lealup._suppressed() THEN
        RETURN NULL;
    END IF;
    WITH message AS MATERIALIZED (
        SELECT i.tenant_id, i.id, i.ticket_id, i.author_member_id, i.author_contact_id, i.internal, i.source,
               CASE WHEN NOT i.internal THEN left(i.body, 10000) END AS body, NOT i.internal AND length(i.body) > 10000 AS truncated
        FROM inserted i
    ), reopened AS (
        UPDATE lealup.ticket t SET status = 'open', resolved_at = NULL
        FROM (SELECT DISTINCT m.tenant_id, m.ticket_id FROM message m JOIN lealup.tenant x ON x.tenant_id = m.tenant_id AND x.home = lealup.home()
              WHERE m.author_contact_id IS NOT NULL) m
        WHERE t.tenant_id = m.tenant_id AND t.id = m.ticket_id AND t.status IN ('resolved', 'pending')
    )
    SELECT lealup._emit_all(array_agg(ROW(m.tenant_id, 'ticket.message_added', t.customer_id,
        lealup._json_object('customer_id', t.customer_id, 'customer_name', c.name, 'ticket_id', t.id, 'subject', t.subject,
            'ticket_status', CASE WHEN m.author_contact_id IS NOT NULL AND t.status IN ('resolved', 'pending') THEN 'open' ELSE t.status END,
            'priority', t.priority, 'channel', t.channel, 'assignee_id', t.assignee_id, 'assignee_email', a.email, 'message_id', m.id,
            'author', CASE WHEN m.author_member_id IS NOT NULL THEN 'member' WHEN m.author_contact_id IS NOT NULL THEN 'contact' END,
            'author_member_id', m.author_member_id, 'author_contact_id', m.author_contact_id, 'author_name', coalesce(w.name, k.name),
            'source', m.source, 'internal', m.internal, 'body', m.body, 'body_truncated', m.truncated,
            'owner_id', c.owner_id, 'owner_email', o.email),
        CASE WHEN c.id IS NOT NULL THEN lealup._customer_context(c) END)::lealup._emission))
    INTO emitted
    FROM message m
    JOIN lealup.ticket t ON t.tenant_id = m.tenant_id AND t.id = m.ticket_id
    LEFT JOIN lealup.customer c ON c.tenant_id = t.tenant_id AND c.id = t.customer_id
    LEFT JOIN lealup.member o ON o.tenant_id = c.tenant_id AND o.id = c.owner_id
    LEFT JOIN lealup.member a ON a.tenant_id = t.tenant_id AND a.id = t.assignee_id
    LEFT JOIN lealup.member w ON w.tenant_id = m.tenant_id AND w.id = m.author_member_id
    LEFT JOIN lealup.contact k ON k.tenant_id = m.tenant_id AND k.id = m.author_contact_id;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION lealup._ticket_message_inserted() IS
    'Trigger: ticket.message_added, with the first 10,000 characters of the text, of an internal message none; a message by a contact opens a resolved or pending ticket again. Nothing while lealup.suppress_events is on.';

CREATE TRIGGER ticket_inserted AFTER INSERT ON lealup.ticket REFERENCING NEW TABLE AS inserted
    FOR EACH STATEMENT EXECUTE FUNCTION lealup._ticket_inserted();
CREATE TRIGGER ticket_updated AFTER UPDATE ON lealup.ticket REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION lealup._ticket_updated();
CREATE TRIGGER ticket_message_inserted AFTER INSERT ON lealup.ticket_message REFERENCING NEW TABLE AS inserted
    FOR EACH STATEMENT EXECUTE FUNCTION lealup._ticket_message_inserted();

-- ----- What people do with tickets -----

CREATE FUNCTION lealup._lock_ticket(tenant_id uuid, ticket_id uuid) RETURNS lealup.ticket
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    t lealup.ticket;
BEGIN
    SELECT x.* INTO t FROM lealup.ticket x WHERE x.tenant_id = _lock_ticket.tenant_id AND x.id = _lock_ticket.ticket_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'ticket % does not exist', coalesce(_lock_ticket.ticket_id::text, 'null')
            USING ERRCODE = 'no_data_found', DETAIL = 'ticket_id names no ticket of the tenant.';
    END IF;
    RETURN t;
END $$;
COMMENT ON FUNCTION lealup._lock_ticket(uuid, uuid) IS
    'Gives a ticket and keeps others from changing it until the transaction ends. Raises no_data_found if there is none.';

CREATE FUNCTION lealup._check_ticket_people(tenant_id uuid, field text, member_id uuid, contact_id uuid) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF member_id IS NOT NULL AND NOT EXISTS (SELECT FROM lealup.member m
        WHERE m.tenant_id = _check_ticket_people.tenant_id AND m.id = _check_ticket_people.member_id AND m.active) THEN
        RAISE EXCEPTION 'member % does not exist', member_id
            USING ERRCODE = 'no_data_found', DETAIL = format('%s names no active member of the tenant.', field);
    END IF;
    IF contact_id IS NOT NULL AND NOT EXISTS (SELECT FROM lealup.contact c
        WHERE c.tenant_id = _check_ticket_people.tenant_id AND c.id = _check_ticket_people.contact_id AND c.deleted_at IS NULL) THEN
        RAISE EXCEPTION 'contact % does not exist', contact_id
            USING ERRCODE = 'no_data_found', DETAIL = format('%s names no contact of the tenant.', field);
    END IF;
END $$;
COMMENT ON FUNCTION lealup._check_ticket_people(uuid, text, uuid, uuid) IS
    'Raises no_data_found, naming the field, unless the member is active and the contact is there; null is neither asked for nor refused.';

CREATE FUNCTION lealup._check_ticket_customer(tenant_id uuid, customer_id uuid) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF customer_id IS NOT NULL AND NOT EXISTS (SELECT FROM lealup.customer c
        WHERE c.tenant_id = _check_ticket_customer.tenant_id AND c.id = _check_ticket_customer.customer_id AND c.deleted_at IS NULL) THEN
        RAISE EXCEPTION 'customer % does not exist', customer_id USING ERRCODE = 'no_data_found', DETAIL = 'customer_id names no customer of the tenant.';
    END IF;
END $$;
COMMENT ON FUNCTION lealup._check_ticket_customer(uuid, uuid) IS 'Raises no_data_found unless the customer is there; null is neither asked for nor refused.';

CREATE FUNCTION lealup._check_ticket_text(subject text, priority text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF coalesce(length(subject), 0) NOT BETWEEN 1 AND 1000 THEN
        RAISE EXCEPTION 'subject must have 1 to 1000 characters' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF coalesce(priority, '') NOT IN ('low', 'normal', 'high', 'urgent') THEN
        RAISE EXCEPTION 'invalid priority: %', coalesce(quote_literal(left(priority, 100)), 'null')
            USING ERRCODE = 'invalid_parameter_value', HINT = 'priority is low, normal, high or urgent.';
    END IF;
END $$;
COMMENT ON FUNCTION lealup._check_ticket_text(text, text) IS 'Raises invalid_parameter_value unless a ticket may have this subject and priority.';

CREATE FUNCTION lealup.create_ticket(tenant_id uuid, subject text, body text DEFAULT NULL, customer_id uuid DEFAULT NULL, contact_id uuid DEFAULT NULL,
        assignee_id uuid DEFAULT NULL, priority text DEFAULT 'normal', channel text DEFAULT NULL, source text DEFAULT 'manual', external_id text DEFAULT NULL)
    RETURNS uuid
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    new_id uuid := lealup.uuid7();
    customer uuid := create_ticket.customer_id;
BEGIN
    PERFORM lealup._require('edit', create_ticket.tenant_id);
    PERFORM lealup._check_ticket_text(create_ticket.subject, create_ticket.priority), lealup._check_text('channel', create_ticket.channel, 100),
        lealup._check_text('source', create_ticket.source, 100, required => true), lealup._check_text('external_id', create_ticket.external_id, 1000);
    PERFORM lealup._check_ticket_people(create_ticket.tenant_id, 'assignee_id', create_ticket.assignee_id, NULL);
    PERFORM lealup._check_ticket_people(create_ticket.tenant_id, 'contact_id', NULL, create_ticket.contact_id);
    PERFORM lealup._check_ticket_customer(create_ticket.tenant_id, customer);
    IF customer IS NULL THEN
        SELECT c.customer_id INTO customer FROM lealup.contact c WHERE c.tenant_id = create_ticket.tenant_id AND c.id = create_ticket.contact_id;
    END IF;
    INSERT INTO lealup.ticket (tenant_id, id, customer_id, contact_id, assignee_id, subject, priority, channel, source, external_id)
    VALUES (create_ticket.tenant_id, new_id, customer, create_ticket.contact_id, create_ticket.assignee_id, create_ticket.subject,
        create_ticket.priority, create_ticket.channel, create_ticket.source, create_ticket.external_id);
    PERFORM lealup._audit(create_ticket.tenant_id, 'ticket.create', 'ticket', new_id);
    IF create_ticket.body IS NOT NULL THEN
        PERFORM lealup.add_ticket_message(create_ticket.tenant_id, new_id, create_ticket.body, author_contact_id => create_ticket.contact_id,
            source => create_ticket.source);
    END IF;
    RETURN new_id;
END $$;
COMMENT ON FUNCTION lealup.create_ticket(uuid, text, text, uuid, uuid, uuid, text, text, text, text) IS
    'Opens a ticket and gives its id. subject: 1 to 1000 characters. body: its first message, by the contact, else by the acting member. customer_id: null = the contact''s, if any. assignee_id: null = nobody yet. priority: low, normal, high or urgent. channel: where it was asked: email, slack ... source and external_id: what it is called elsewhere; a second one of the same name raises unique_violation. Needs the right to edit.';

CREATE FUNCTION lealup.update_ticket(tenant_id uuid, ticket_id uuid, subject text DEFAULT NULL, priority text DEFAULT NULL, status text DEFAULT NULL,
        channel text DEFAULT NULL, customer_id uuid DEFAULT NULL, contact_id uuid DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    previous lealup.ticket;
    t lealup.ticket;
    changes jsonb;
BEGIN
    PERFORM lealup._require('edit', update_ticket.tenant_id);
    previous := lealup._lock_ticket(update_ticket.tenant_id, update_ticket.ticket_id);
    t := previous;
    t.subject := coalesce(update_ticket.subject, t.subject);
    t.priority := coalesce(update_ticket.priority, t.priority);
    t.status := coalesce(update_ticket.status, t.status);
    t.channel := coalesce(update_ticket.channel, t.channel);
    t.customer_id := coalesce(update_ticket.customer_id, t.customer_id);
    t.contact_id := coalesce(update_ticket.contact_id, t.contact_id);
    changes := lealup._row_changes(previous, t);
    IF changes IS NULL THEN
        RETURN;
    END IF;
    PERFORM lealup._check_ticket_text(t.subject, t.priority), lealup._check_text('channel', t.channel, 100);
    IF t.status <> previous.status AND t.status NOT IN ('open', 'pending', 'resolved') THEN
        RAISE EXCEPTION 'invalid status: %', quote_literal(left(t.status, 100))
            USING ERRCODE = 'invalid_parameter_value', HINT = 'status is open, pending or resolved; escalate_ticket() escalates.';
    END IF;
    PERFORM lealup._check_ticket_customer(t.tenant_id, update_ticket.customer_id),
        lealup._check_ticket_people(t.tenant_id, 'contact_id', NULL, update_ticket.contact_id);
    UPDATE lealup.ticket x
    SET subject = t.subject, priority = t.priority, status = t.status, channel = t.channel, customer_id = t.customer_id, contact_id = t.contact_id
    WHERE x.tenant_id = t.tenant_id AND x.id = t.id;
    PERFORM lealup._audit(t.tenant_id, 'ticket.update', 'ticket', t.id, changes);
END $$;
COMMENT ON FUNCTION lealup.update_ticket(uuid, uuid, text, text, text, text, uuid, uuid) IS
    'Changes a ticket; null leaves a value, and nothing happens if nothing differs. subject and priority as in create_ticket(). status: open, pending or resolved. A plain UPDATE of the table does as much, without the audit row. Needs the right to edit.';

CREATE FUNCTION lealup.add_ticket_message(tenant_id uuid, ticket_id uuid, body text, author_member_id uuid DEFAULT NULL, author_contact_id uuid DEFAULT NULL,
        internal boolean DEFAULT false, source text DEFAULT 'manual', external_id text DEFAULT NULL) RETURNS uuid
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    new_id uuid := lealup.uuid7();
    member uuid := add_ticket_message.author_member_id;
BEGIN
    PERFORM lealup._require('edit', add_ticket_message.tenant_id);
    IF coalesce(length(add_ticket_message.body), 0) NOT BETWEEN 1 AND 1000000 THEN
        RAISE EXCEPTION 'body must have 1 to 1000000 characters' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM lealup._check_text('source', add_ticket_message.source, 100, required => true), lealup._check_text('external_id', add_ticket_message.external_id, 1000);
    IF member IS NOT NULL AND add_ticket_message.author_contact_id IS NOT NULL THEN
        RAISE EXCEPTION 'a message has one author'
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Leave author_member_id or author_contact_id null.';
    END IF;
    IF add_ticket_message.internal AND add_ticket_message.author_contact_id IS NOT NULL THEN
        RAISE EXCEPTION 'a contact cannot write an internal message'
            USING ERRCODE = 'invalid_parameter_value', DETAIL = 'internal messages are the team''s own.';
    END IF;
    PERFORM lealup._check_ticket_people(add_ticket_message.tenant_id, 'author_member_id', member, NULL);
    PERFORM lealup._check_ticket_people(add_ticket_message.tenant_id, 'author_contact_id', NULL, add_ticket_message.author_contact_id);
    IF add_ticket_message.author_contact_id IS NULL THEN
        member := coalesce(member, lealup.current_member());
    END IF;
    -- Whoever resolves the ticket at this moment does so before the message or after it, and not unaware of it.
    PERFORM lealup._lock_ticket(add_ticket_message.tenant_id, add_ticket_message.ticket_id);
    INSERT INTO lealup.ticket_message (tenant_id, id, ticket_id, author_member_id, author_contact_id, body, internal, source, external_id)
    VALUES (add_ticket_message.tenant_id, new_id, add_ticket_message.ticket_id, member, add_ticket_message.author_contact_id,
        add_ticket_message.body, coalesce(add_ticket_message.internal, false), add_ticket_message.source, add_ticket_message.external_id);
    PERFORM lealup._audit(add_ticket_message.tenant_id, 'ticket.message', 'ticket', add_ticket_message.ticket_id,
        jsonb_build_object('message_id', new_id, 'internal', coalesce(add_ticket_message.internal, false)));
    RETURN new_id;
END $$;
COMMENT ON FUNCTION lealup.add_ticket_message(uuid, uuid, text, uuid, uuid, boolean, text, text) IS
    'Adds a message to a ticket''s thread and gives its id. body: 1 to 1,000,000 characters. Author: a contact, or a member; null and null = the acting member. A contact''s message opens a resolved or pending ticket again. internal: for the team only. source and external_id as in create_ticket(). Needs the right to edit.';

CREATE FUNCTION lealup._change_message(tenant_id uuid, message_id uuid, body text, deleted timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    m lealup.ticket_message;
BEGIN
    PERFORM lealup._require('edit', _change_message.tenant_id);
    SELECT x.* INTO m FROM lealup.ticket_message x WHERE x.tenant_id = _change_message.tenant_id AND x.id = _change_message.message_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'message % does not exist', coalesce(_change_message.message_id::text, 'null') USING ERRCODE = 'no_data_found';
    ELSIF m.deleted_at IS NOT NULL AND deleted IS NULL THEN
        RAISE EXCEPTION 'message % is deleted', m.id USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    IF m.deleted_at IS NULL AND m.body <> _change_message.body THEN
        UPDATE lealup.ticket_message x SET body = _change_message.body, deleted_at = deleted WHERE x.tenant_id = m.tenant_id AND x.id = m.id;
        PERFORM lealup._audit(m.tenant_id, CASE WHEN deleted IS NULL THEN 'ticket.edit_message' ELSE 'ticket.delete_message' END, 'ticket', m.ticket_id, jsonb_build_object('message_id', m.id));
    END IF;
END $$;
COMMENT ON FUNCTION lealup._change_message(uuid, uuid, text, timestamptz) IS 'Gives a message another text, and marks it as deleted; raises no_data_found, or object_not_in_prerequisite_state for one that is deleted.';

CREATE FUNCTION lealup.edit_ticket_message(tenant_id uuid, message_id uuid, body text) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lealup._require('edit', edit_ticket_message.tenant_id);
    IF coalesce(length(edit_ticket_message.body), 0) NOT BETWEEN 1 AND 1000000 THEN
        RAISE EXCEPTION 'body must have 1 to 1000000 characters' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM lealup._change_message(edit_ticket_message.tenant_id, edit_ticket_message.message_id, edit_ticket_message.body, NULL);
END $$;
COMMENT ON FUNCTION lealup.edit_ticket_message(uuid, uuid, text) IS 'Gives a message of a ticket another text. body: 1 to 1,000,000 characters. A message that is deleted cannot be edited. Needs the right to edit.';

CREATE FUNCTION lealup.delete_ticket_message(tenant_id uuid, message_id uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lealup._change_message(delete_ticket_message.tenant_id, delete_ticket_message.message_id, '(deleted)', clock_timestamp());
END $$;
COMMENT ON FUNCTION lealup.delete_ticket_message(uuid, uuid) IS 'Takes the text of a message of a ticket away for good; that there was one stays in the thread. Nothing happens if it is deleted already. Needs the right to edit.';

CREATE FUNCTION lealup.assign_ticket(tenant_id uuid, ticket_id uuid, assignee_id uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    t lealup.ticket;
BEGIN
    PERFORM lealup._require('edit', assign_ticket.tenant_id);
    t := lealup._lock_ticket(assign_ticket.tenant_id, assign_ticket.ticket_id);
    PERFORM lealup._check_ticket_people(assign_ticket.tenant_id, 'assignee_id', assign_ticket.assignee_id, NULL);
    IF t.assignee_id IS NOT DISTINCT FROM assign_ticket.assignee_id THEN
        RETURN;
    END IF;
    UPDATE lealup.ticket x SET assignee_id = assign_ticket.assignee_id WHERE x.tenant_id = t.tenant_id AND x.id = t.id;
    PERFORM lealup._audit(t.tenant_id, 'ticket.assign', 'ticket', t.id, jsonb_build_object('from', t.assignee_id, 'to', assign_ticket.assignee_id));
END $$;
COMMENT ON FUNCTION lealup.assign_ticket(uuid, uuid, uuid) IS 'Gives a ticket to a member; null = to nobody. Needs the right to edit.';

CREATE FUNCTION lealup._set_ticket_status(tenant_id uuid, ticket_id uuid, status text, action text) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    t lealup.ticket;
    at timestamptz := clock_timestamp();
BEGIN
    PERFORM lealup._require('edit', _set_ticket_status.tenant_id);
    t := lealup._lock_ticket(_set_ticket_status.tenant_id, _set_ticket_status.ticket_id);
    IF t.status = _set_ticket_status.status THEN
        RETURN;
    END IF;
    UPDATE lealup.ticket x SET status = _set_ticket_status.status, resolved_at = CASE _set_ticket_status.status WHEN 'resolved' THEN at END
    WHERE x.tenant_id = t.tenant_id AND x.id = t.id;
    PERFORM lealup._audit(t.tenant_id, _set_ticket_status.action, 'ticket', t.id, jsonb_build_object('previous_status', t.status));
END $$;
COMMENT ON FUNCTION lealup._set_ticket_status(uuid, uuid, text, text) IS 'Opens or resolves a ticket, with what the audit calls it; nothing if it has the status already.';

CREATE FUNCTION lealup.resolve_ticket(tenant_id uuid, ticket_id uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lealup._set_ticket_status(resolve_ticket.tenant_id, resolve_ticket.ticket_id, 'resolved', 'ticket.resolve');
END $$;
COMMENT ON FUNCTION lealup.resolve_ticket(uuid, uuid) IS 'Resolves a ticket; nothing if it is. Needs the right to edit.';

CREATE FUNCTION lealup.reopen_ticket(tenant_id uuid, ticket_id uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lealup._set_ticket_status(reopen_ticket.tenant_id, reopen_ticket.ticket_id, 'open', 'ticket.reopen');
END $$;
COMMENT ON FUNCTION lealup.reopen_ticket(uuid, uuid) IS 'Opens a resolved, pending or escalated ticket again; nothing if it is open. Needs the right to edit.';

-- ----- Escalation -----

CREATE FUNCTION lealup.set_escalation_rule(tenant_id uuid, rule_position int, target text, member_id uuid DEFAULT NULL, filters jsonb DEFAULT '{}') RETURNS uuid
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    rule uuid;
BEGIN
    PERFORM lealup._require('configure', set_escalation_rule.tenant_id);
    IF coalesce(set_escalation_rule.rule_position, 0) < 1 THEN
        RAISE EXCEPTION 'rule_position must be at least 1' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF coalesce(set_escalation_rule.target, '') NOT IN ('member', 'owner', 'director', 'admin') THEN
        RAISE EXCEPTION 'invalid target: %', coalesce(quote_literal(left(set_escalation_rule.target, 100)), 'null')
            USING ERRCODE = 'invalid_parameter_value', HINT = 'target is member (with member_id), owner, director or admin.';
    END IF;
    IF (set_escalation_rule.target = 'member') <> (set_escalation_rule.member_id IS NOT NULL) THEN
        RAISE EXCEPTION 'member_id belongs to the target "member", and to no other' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM lealup._check_ticket_people(set_escalation_rule.tenant_id, 'member_id', set_escalation_rule.member_id, NULL);
    PERFORM lealup._check_filters(set_escalation_rule.tenant_id, ARRAY['ticket.escalated'], set_escalation_rule.filters);
    INSERT INTO lealup.escalation_rule AS r (tenant_id, position, filters, target, member_id)
    VALUES (set_escalation_rule.tenant_id, set_escalation_rule.rule_position, set_escalation_rule.filters, set_escalation_rule.target,
        set_escalation_rule.member_id)
    ON CONFLICT ON CONSTRAINT escalation_rule_tenant_id_position_key DO UPDATE
        SET filters = excluded.filters, target = excluded.target, member_id = excluded.member_id
    RETURNING r.id INTO rule;
    PERFORM lealup._audit(set_escalation_rule.tenant_id, 'escalation_rule.set', 'escalation_rule', rule,
        jsonb_build_object('position', set_escalation_rule.rule_position, 'target', set_escalation_rule.target,
            'member_id', set_escalation_rule.member_id, 'filters', set_escalation_rule.filters));
    RETURN rule;
END $$;
COMMENT ON FUNCTION lealup.set_escalation_rule(uuid, int, text, uuid, jsonb) IS
    'Sets the escalation rule at a position (1 and up; gaps are fine), in place of one that is there, and gives its id. target: member (member_id), owner (the customer''s), director or admin (the first active one). filters: as of a subscription to ticket.escalated (see event_filters()), {} = every ticket; they are asked of the ticket as it is before. Needs the right to configure.';

CREATE FUNCTION lealup.delete_escalation_rule(tenant_id uuid, rule_position int) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    rule uuid;
BEGIN
    PERFORM lealup._require('configure', delete_escalation_rule.tenant_id);
    DELETE FROM lealup.escalation_rule r
    WHERE r.tenant_id = delete_escalation_rule.tenant_id AND r.position = delete_escalation_rule.rule_position
    RETURNING r.id INTO rule;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no escalation rule at position %', coalesce(delete_escalation_rule.rule_position::text, 'null')
            USING ERRCODE = 'no_data_found', DETAIL = 'rule_position names none of the tenant''s rules.';
    END IF;
    PERFORM lealup._audit(delete_escalation_rule.tenant_id, 'escalation_rule.delete', 'escalation_rule', rule,
        jsonb_build_object('position', delete_escalation_rule.rule_position));
END $$;
COMMENT ON FUNCTION lealup.delete_escalation_rule(uuid, int) IS
    'Removes the escalation rule at a position. Raises no_data_found if there is none. Needs the right to configure.';

CREATE FUNCTION lealup._escalation_target(t lealup.ticket, OUT member_id uuid, OUT rule_position int) RETURNS record
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH customer AS (
        SELECT c.owner_id, lealup._customer_context(c) AS context
        FROM lealup.customer c WHERE c.tenant_id = (t).tenant_id AND c.id = (t).customer_id
    ), candidate AS (
        SELECT 1 AS step, r.position, r.target, r.member_id FROM lealup.escalation_rule r
        WHERE r.tenant_id = (t).tenant_id AND lealup._matches(r.filters,
            (SELECT e.filters FROM lealup.event_type e WHERE e.name = 'ticket.escalated'), (SELECT c.context FROM customer c),
            jsonb_build_object('ticket_status', (t).status, 'priority', (t).priority, 'channel', (t).channel, 'assignee_id', (t).assignee_id,
                'from_id', (t).assignee_id))
        UNION ALL
        VALUES (2, NULL::int, 'owner', NULL::uuid), (3, NULL, 'admin', NULL)
    )
    SELECT m.id, c.position
    FROM candidate c
    JOIN lealup.member m ON m.tenant_id = (t).tenant_id AND m.active AND CASE c.target
        WHEN 'member' THEN m.id = c.member_id
        WHEN 'owner' THEN m.id = (SELECT x.owner_id FROM customer x)
        ELSE m.role = c.target END
    ORDER BY c.step, c.position, m.id
    LIMIT 1;
END;
COMMENT ON FUNCTION lealup._escalation_target(lealup.ticket) IS
    'To whom a ticket is escalated, and by the rule at which position: the first rule that matches and names an active member; without one the customer''s owner, else the first active admin (rule_position null); nulls if there is nobody.';

CREATE FUNCTION lealup.escalate_ticket(tenant_id uuid, ticket_id uuid, reason text DEFAULT NULL) RETURNS uuid
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    t lealup.ticket;
    target record;
    assignee uuid;
    at timestamptz := clock_timestamp();
BEGIN
    PERFORM lealup._require('edit', escalate_ticket.tenant_id);
    IF length(escalate_ticket.reason) > 2000 THEN
        RAISE EXCEPTION 'reason must have at most 2000 characters' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    t := lealup._lock_ticket(escalate_ticket.tenant_id, escalate_ticket.ticket_id);
    IF t.status = 'escalated' THEN
        RAISE EXCEPTION 'ticket % is escalated already', t.id
            USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = format('It was at %s.', t.escalated_at),
                  HINT = 'assign_ticket() gives it to somebody else, reopen_ticket() ends the escalation.';
    END IF;
    target := lealup._escalation_target(t);
    assignee := coalesce(target.member_id, t.assignee_id);
    UPDATE lealup.ticket x
    SET status = 'escalated', assignee_id = assignee, escalated_at = at, escalation_reason = escalate_ticket.reason, resolved_at = NULL
    WHERE x.tenant_id = t.tenant_id AND x.id = t.id;
    PERFORM lealup._audit(t.tenant_id, 'ticket.escalate', 'ticket', t.id, jsonb_build_object('reason', escalate_ticket.reason,
        'from', t.assignee_id, 'to', assignee, 'rule_position', target.rule_position));
    RETURN assignee;
END $$;
COMMENT ON FUNCTION lealup.escalate_ticket(uuid, uuid, text) IS
    'Escalates a ticket and gives the member who has it now: whom the first matching escalation rule names, else the customer''s owner, else the first active admin; if there is none of them, its assignee (or null) stays. reason: at most 2000 characters. Raises object_not_in_prerequisite_state if it is escalated already. Needs the right to edit.';
