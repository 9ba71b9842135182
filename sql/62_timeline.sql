-- The timeline: what happened with a customer, from whatever source, and its meetings.

-- The size of a value that comes from another table is that of its compressed form, so that of its text is taken.
CREATE FUNCTION lealup._are_people(people jsonb) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE jsonb_typeof(people) WHEN 'array' THEN jsonb_array_length(people) <= 1000 AND octet_length(people::text) <= 262144 ELSE false END;
COMMENT ON FUNCTION lealup._are_people(jsonb) IS 'Whether it can be the participants of something: an array of at most 1000, in at most 256 kB.';

CREATE TABLE lealup.meeting (
    tenant_id uuid NOT NULL REFERENCES lealup.tenant,
    id uuid NOT NULL DEFAULT lealup.uuid7(),
    customer_id uuid,
    owner_id uuid,
    title text NOT NULL CHECK (length(title) BETWEEN 1 AND 1000),
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    location text CHECK (length(location) <= 2000),
    attendees jsonb NOT NULL DEFAULT '[]' CHECK (lealup._are_people(attendees)),
    status text NOT NULL DEFAULT 'confirmed' CHECK (status IN ('confirmed', 'tentative', 'cancelled')),
    source text NOT NULL DEFAULT 'manual' CHECK (length(source) BETWEEN 1 AND 100),
    connection_id uuid,
    external_id text CHECK (length(external_id) BETWEEN 1 AND 1000),
    payload jsonb CHECK (octet_length(payload::text) <= 1048576),
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (tenant_id, source, external_id),
    CHECK (ends_at >= starts_at),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES lealup.customer,
    FOREIGN KEY (tenant_id, owner_id) REFERENCES lealup.member
);
CREATE INDEX ON lealup.meeting (tenant_id, starts_at);
CREATE INDEX ON lealup.meeting (tenant_id, customer_id, starts_at);
ALTER TABLE lealup.meeting ADD PRIMARY KEY (tenant_id, id);
CREATE INDEX ON lealup.meeting (tenant_id, id) WHERE customer_id IS NULL;
COMMENT ON TABLE lealup.meeting IS 'A meeting with a customer, entered or read from a calendar; customer_id null = it could not be matched yet.';
COMMENT ON COLUMN lealup.meeting.attendees IS '[{"email", "name"?, "contact_id"?, "member_id"?}]; at most 1000, 256 kB.';
COMMENT ON COLUMN lealup.meeting.connection_id IS 'The connection that keeps it as its calendar has it, so that nobody else changes it; null = it is the team''s.';
COMMENT ON COLUMN lealup.meeting.payload IS 'What the source gave, as it gave it.';

CREATE TABLE lealup.timeline_event (
    tenant_id uuid NOT NULL REFERENCES lealup.tenant,
    id uuid NOT NULL DEFAULT lealup.uuid7(),
    customer_id uuid,
    contact_id uuid,
    member_id uuid,
    kind text NOT NULL CHECK (kind IN ('email', 'call', 'meeting', 'message', 'note', 'ticket', 'update', 'milestone')),
    direction text CHECK (direction IN ('in', 'out')),
    channel text CHECK (length(channel) BETWEEN 1 AND 100),
    title text CHECK (length(title) <= 1000),
    body text CHECK (length(body) <= 1000000),
    occurred_at timestamptz NOT NULL DEFAULT now(),
    participants jsonb NOT NULL DEFAULT '[]' CHECK (lealup._are_people(participants)),
    source text NOT NULL DEFAULT 'manual' CHECK (length(source) BETWEEN 1 AND 100),
    connection_id uuid,
    external_id text CHECK (length(external_id) BETWEEN 1 AND 1000),
    payload jsonb CHECK (octet_length(payload::text) <= 1048576),
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (tenant_id, source, external_id),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES lealup.customer,
    FOREIGN KEY (tenant_id, contact_id) REFERENCES lealup.contact,
    FOREIGN KEY (tenant_id, member_id) REFERENCES lealup.member
);
CREATE INDEX ON lealup.timeline_event (tenant_id, customer_id, occurred_at);
ALTER TABLE lealup.timeline_event ADD PRIMARY KEY (tenant_id, id);
CREATE INDEX ON lealup.timeline_event (tenant_id, id) WHERE customer_id IS NULL;
COMMENT ON TABLE lealup.timeline_event IS 'One thing that happened with a customer; customer_id null = it could not be matched yet.';
COMMENT ON COLUMN lealup.timeline_event.channel IS 'Where a message was written: email, whatsapp, slack ...';
COMMENT ON COLUMN lealup.timeline_event.participants IS '[{"email"?, "phone"?, "provider"?, "external_id"?, "name"?, "role"?}] as the source names them; at most 1000, 256 kB.';
COMMENT ON COLUMN lealup.timeline_event.connection_id IS 'The connection that keeps it as its source has it, so that nobody else changes it; null = it is the team''s.';
COMMENT ON COLUMN lealup.timeline_event.payload IS 'What the source gave, as it gave it.';

CREATE FUNCTION lealup.add_timeline_event(tenant_id uuid, kind text, title text DEFAULT NULL, body text DEFAULT NULL, occurred_at timestamptz DEFAULT now(),
    participants jsonb DEFAULT '[]', customer_id uuid DEFAULT NULL, contact_id uuid DEFAULT NULL, member_id uuid DEFAULT NULL, direction text DEFAULT NULL,
    channel text DEFAULT NULL, source text DEFAULT 'manual', external_id text DEFAULT NULL, payload jsonb DEFAULT NULL)
    RETURNS uuid LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    new_id uuid := lealup.uuid7();
    kept_id uuid;
    people jsonb;
    to_customer uuid := add_timeline_event.customer_id;
    to_contact uuid := add_timeline_event.contact_id;
    of_member uuid := add_timeline_event.member_id;
    country text;
BEGIN
    PERFORM lealup._require('edit', add_timeline_event.tenant_id);
    IF to_customer IS NOT NULL AND NOT EXISTS (SELECT FROM lealup.customer c
        WHERE c.tenant_id = add_timeline_event.tenant_id AND c.id = to_customer AND c.deleted_at IS NULL) THEN
        RAISE EXCEPTION 'customer % does not exist', to_customer USING ERRCODE = 'no_data_found';
    END IF;
    IF (CASE WHEN lealup._are_people(add_timeline_event.participants)
            THEN NOT EXISTS (SELECT FROM jsonb_array_elements(add_timeline_event.participants) p WHERE jsonb_typeof(p) <> 'object') END) IS NOT TRUE THEN
        RAISE EXCEPTION 'invalid participants' USING ERRCODE = 'invalid_parameter_value',
            DETAIL = 'They are an array of at most 1000 objects, in at most 256 kB.', HINT = 'For example [{"email": "ana@acme.com", "name": "Ana"}].';
    END IF;
    IF add_timeline_event.occurred_at IS NULL THEN
        RAISE EXCEPTION 'occurred_at must not be null' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    PERFORM lealup._check_choice('kind', add_timeline_event.kind, '{email,call,meeting,message,note,ticket,update,milestone}', required => true),
        lealup._check_choice('direction', add_timeline_event.direction, '{in,out}'), lealup._check_text('channel', add_timeline_event.channel, 100),
        lealup._check_text('source', add_timeline_event.source, 100, required => true), lealup._check_text('external_id', add_timeline_event.external_id, 1000);
    IF length(add_timeline_event.title) > 1000 OR length(add_timeline_event.body) > 1000000 THEN
        RAISE EXCEPTION 'title must have at most 1000 characters and body 1000000' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF EXISTS (SELECT FROM lealup.timeline_event t WHERE t.tenant_id = add_timeline_event.tenant_id AND t.source = add_timeline_event.source
        AND t.external_id = add_timeline_event.external_id AND t.connection_id IS NOT NULL) THEN
        RAISE EXCEPTION 'event % of % came by a connection, which keeps it as its source has it', quote_literal(left(add_timeline_event.external_id, 100)), add_timeline_event.source
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Change it there, or record another one with a source of your own.';
    END IF;
    IF to_contact IS NOT NULL AND NOT EXISTS (SELECT FROM lealup.contact c WHERE c.tenant_id = add_timeline_event.tenant_id AND c.id = to_contact) THEN
        RAISE EXCEPTION 'contact % does not exist', to_contact USING ERRCODE = 'no_data_found';
    END IF;
    IF of_member IS NOT NULL AND NOT EXISTS (SELECT FROM lealup.member m WHERE m.tenant_id = add_timeline_event.tenant_id AND m.id = of_member) THEN
        RAISE EXCEPTION 'member % does not exist', of_member USING ERRCODE = 'no_data_found';
    END IF;
    IF octet_length(add_timeline_event.payload::text) > 1048576 THEN
        RAISE EXCEPTION 'payload is larger than 1 MB' USING ERRCODE = 'program_limit_exceeded';
    END IF;

    -- Addresses are kept in the form in which they are compared.
    SELECT t.settings ->> 'default_country' INTO country FROM lealup.tenant t WHERE t.tenant_id = add_timeline_event.tenant_id;
    SELECT coalesce(jsonb_agg(p.value || jsonb_strip_nulls(jsonb_build_object(
        'email', coalesce(lealup._mail_address(p.value ->> 'email'), p.value ->> 'email'),
        'phone', coalesce(lealup._phone_key(p.value ->> 'phone', country), p.value ->> 'phone'),
        'provider', CASE WHEN p.value ? 'external_id' THEN coalesce(p.value ->> 'provider', add_timeline_event.source) END)) ORDER BY p.n), '[]')
    INTO people FROM jsonb_array_elements(add_timeline_event.participants) WITH ORDINALITY p(value, n);

    IF to_customer IS NULL AND to_contact IS NOT NULL THEN
        SELECT u.id INTO to_customer FROM lealup.contact c JOIN lealup.customer u ON u.tenant_id = c.tenant_id AND u.id = c.customer_id
        WHERE c.tenant_id = add_timeline_event.tenant_id AND c.id = to_contact AND u.deleted_at IS NULL;
    END IF;
    IF to_customer IS NULL THEN
        SELECT w.customer_id, coalesce(to_contact, w.contact_id) INTO to_customer, to_contact
        FROM lealup._whose(add_timeline_event.tenant_id, jsonb_build_array(people)) w;
        to_contact := coalesce(to_contact, add_timeline_event.contact_id);
    END IF;
    IF of_member IS NULL THEN
        SELECT k.member_id INTO of_member FROM lealup._participant_keys(add_timeline_event.tenant_id, people) k
        WHERE k.member_id IS NOT NULL ORDER BY k.ordinal LIMIT 1;
        of_member := coalesce(of_member, lealup.current_member());
    END IF;

    -- The source is right about what happened; whose it is stays as it was assigned, unless the caller says it.
    INSERT INTO lealup.timeline_event AS t (tenant_id, id, customer_id, contact_id, member_id, kind, direction, channel, title, body, occurred_at,
        participants, source, external_id, payload)
    VALUES (add_timeline_event.tenant_id, new_id, to_customer, to_contact, of_member, add_timeline_event.kind, add_timeline_event.direction,
        add_timeline_event.channel, add_timeline_event.title, add_timeline_event.body, add_timeline_event.occurred_at, people, add_timeline_event.source,
        add_timeline_event.external_id, add_timeline_event.payload)
    ON CONFLICT ON CONSTRAINT timeline_event_tenant_id_source_external_id_key DO UPDATE SET
        customer_id = coalesce(add_timeline_event.customer_id, t.customer_id, excluded.customer_id),
        contact_id = coalesce(add_timeline_event.contact_id, t.contact_id, excluded.contact_id),
        member_id = coalesce(add_timeline_event.member_id, t.member_id, excluded.member_id),
        kind = excluded.kind, direction = excluded.direction, channel = excluded.channel, title = excluded.title, body = excluded.body,
        occurred_at = excluded.occurred_at, participants = excluded.participants, payload = excluded.payload
    WHERE t.connection_id IS NULL AND (t.customer_id, t.contact_id, t.member_id, t.kind, t.direction, t.channel, t.title, t.body, t.occurred_at, t.participants, t.payload)
        IS DISTINCT FROM (coalesce(add_timeline_event.customer_id, t.customer_id, excluded.customer_id),
            coalesce(add_timeline_event.contact_id, t.contact_id, excluded.contact_id), coalesce(add_timeline_event.member_id, t.member_id, excluded.member_id),
            excluded.kind, excluded.direction, excluded.channel, excluded.title, excluded.body, excluded.occurred_at, excluded.participants,
            excluded.payload)
    RETURNING t.id INTO kept_id;
    IF kept_id IS NULL THEN
        SELECT t.id INTO kept_id FROM lealup.timeline_event t WHERE t.tenant_id = add_timeline_event.tenant_id
            AND t.source = add_timeline_event.source AND t.external_id = add_timeline_event.external_id;
    ELSE
        PERFORM lealup._audit(add_timeline_event.tenant_id, CASE kept_id WHEN new_id THEN 'timeline.add' ELSE 'timeline.update' END, 'timeline_event', kept_id);
    END IF;
    RETURN kept_id;
END $$;
COMMENT ON FUNCTION lealup.add_timeline_event(uuid, text, text, text, timestamptz, jsonb, uuid, uuid, uuid, text, text, text, text, jsonb) IS
    'Records what happened, and gives its id. With an external_id it is recorded once per source: again it updates that row, and changes nothing if nothing changed. Without a customer_id it is that of the contact_id, else the participants are matched, as match_contact() does it; if nobody is known, or people of several customers took part, it is in the view unmatched. kind: email, call, meeting, message, note, ticket, update or milestone. direction: in or out. member_id: by default the first participant who is a member, else the acting one. Participants: at most 1000, 256 kB; payload: at most 1 MB. What came by a connection is not updated: object_not_in_prerequisite_state. Needs the right to edit.';

CREATE FUNCTION lealup.add_note(tenant_id uuid, customer_id uuid, title text, body text DEFAULT NULL) RETURNS uuid
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lealup._require('edit', add_note.tenant_id);
    IF add_note.customer_id IS NULL THEN
        RAISE EXCEPTION 'customer_id must not be null' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    IF coalesce(btrim(add_note.title), '') = '' AND coalesce(btrim(add_note.body), '') = '' THEN
        RAISE EXCEPTION 'a note needs a title or a body' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN lealup.add_timeline_event(add_note.tenant_id, 'note', add_note.title, add_note.body, customer_id => add_note.customer_id);
END $$;
COMMENT ON FUNCTION lealup.add_note(uuid, uuid, text, text) IS 'Writes a note of the acting member on a customer''s timeline; gives its id. Needs the right to edit.';
