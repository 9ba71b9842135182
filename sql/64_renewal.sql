-- Renewals: when a contract ends, what is known of its renewal, and how it ended.

CREATE TABLE lealup.renewal (
    tenant_id uuid NOT NULL REFERENCES lealup.tenant,
    id uuid NOT NULL DEFAULT lealup.uuid7(),
    customer_id uuid NOT NULL,
    renewal_date date NOT NULL,
    amount numeric(16, 2) CHECK (amount >= 0),
    currency text NOT NULL DEFAULT 'USD' CHECK (currency ~ '^[A-Z]{3}$'),
    status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'completed', 'churned', 'cancelled')),
    reason text CHECK (length(reason) <= 2000),
    notified_days int,
    closed_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES lealup.customer
);
CREATE INDEX ON lealup.renewal (tenant_id, customer_id);
CREATE INDEX ON lealup.renewal (tenant_id, renewal_date) WHERE status = 'open';
COMMENT ON TABLE lealup.renewal IS 'One renewal of a customer''s contract.';
COMMENT ON COLUMN lealup.renewal.notified_days IS 'The last notice given: 60, 30, 15 or 7 days before; null = none yet.';
