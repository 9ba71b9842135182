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
    payload jsonb,
    escalated_at timestamptz,
    resolved_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, source, external_id),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES lealup.customer,
    FOREIGN KEY (tenant_id, contact_id) REFERENCES lealup.contact,
    FOREIGN KEY (tenant_id, assignee_id) REFERENCES lealup.member
);
CREATE INDEX ON lealup.ticket (tenant_id, customer_id);
CREATE INDEX ON lealup.ticket (tenant_id, assignee_id) WHERE status <> 'resolved';
COMMENT ON TABLE lealup.ticket IS 'A question or problem of a customer, answered in a thread of messages.';

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
    payload jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, source, external_id),
    CHECK (author_member_id IS NULL OR author_contact_id IS NULL),
    FOREIGN KEY (tenant_id, ticket_id) REFERENCES lealup.ticket,
    FOREIGN KEY (tenant_id, author_member_id) REFERENCES lealup.member,
    FOREIGN KEY (tenant_id, author_contact_id) REFERENCES lealup.contact
);
CREATE INDEX ON lealup.ticket_message (tenant_id, ticket_id, id);
COMMENT ON TABLE lealup.ticket_message IS 'A message of a ticket''s thread. internal: for the team only.';
