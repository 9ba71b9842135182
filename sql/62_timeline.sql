-- The timeline: what happened with a customer, from whatever source, and its meetings.

CREATE TABLE lealup.meeting (
    tenant_id uuid NOT NULL REFERENCES lealup.tenant,
    id uuid NOT NULL DEFAULT lealup.uuid7(),
    customer_id uuid,
    owner_id uuid,
    title text NOT NULL CHECK (length(title) BETWEEN 1 AND 1000),
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    location text CHECK (length(location) <= 2000),
    attendees jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(attendees) = 'array'),
    status text NOT NULL DEFAULT 'confirmed' CHECK (status IN ('confirmed', 'tentative', 'cancelled')),
    source text NOT NULL DEFAULT 'manual' CHECK (length(source) BETWEEN 1 AND 100),
    connection_id uuid,
    external_id text CHECK (length(external_id) BETWEEN 1 AND 1000),
    payload jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, source, external_id),
    CHECK (ends_at >= starts_at),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES lealup.customer,
    FOREIGN KEY (tenant_id, owner_id) REFERENCES lealup.member
);
CREATE INDEX ON lealup.meeting (tenant_id, starts_at);
CREATE INDEX ON lealup.meeting (tenant_id, customer_id, starts_at);
COMMENT ON TABLE lealup.meeting IS 'A meeting with a customer, entered or read from a calendar.';
COMMENT ON COLUMN lealup.meeting.attendees IS '[{"email", "name"?, "contact_id"?, "member_id"?}].';
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
    participants jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(participants) = 'array'),
    source text NOT NULL DEFAULT 'manual' CHECK (length(source) BETWEEN 1 AND 100),
    connection_id uuid,
    external_id text CHECK (length(external_id) BETWEEN 1 AND 1000),
    payload jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, source, external_id),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES lealup.customer,
    FOREIGN KEY (tenant_id, contact_id) REFERENCES lealup.contact,
    FOREIGN KEY (tenant_id, member_id) REFERENCES lealup.member
);
CREATE INDEX ON lealup.timeline_event (tenant_id, customer_id, occurred_at);
COMMENT ON TABLE lealup.timeline_event IS 'One thing that happened with a customer; customer_id null = it could not be matched yet.';
COMMENT ON COLUMN lealup.timeline_event.channel IS 'Where a message was written: email, whatsapp, slack ...';
COMMENT ON COLUMN lealup.timeline_event.participants IS '[{"email"?, "phone"?, "name"?, "role"?}] as the source names them.';
COMMENT ON COLUMN lealup.timeline_event.payload IS 'What the source gave, as it gave it.';
