-- Health: signals as they were observed, and the score that is made of them.

CREATE TABLE lealup.health_signal (
    tenant_id uuid NOT NULL REFERENCES lealup.tenant,
    id uuid NOT NULL DEFAULT lealup.uuid7(),
    customer_id uuid NOT NULL,
    kind text NOT NULL CHECK (length(kind) BETWEEN 1 AND 100),
    value double precision CHECK (value NOT IN ('NaN', 'Infinity', '-Infinity')),
    observed_at timestamptz NOT NULL DEFAULT now(),
    source text NOT NULL DEFAULT 'manual' CHECK (length(source) BETWEEN 1 AND 100),
    external_id text CHECK (length(external_id) BETWEEN 1 AND 1000),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, source, external_id),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES lealup.customer
);
CREATE INDEX ON lealup.health_signal (tenant_id, customer_id, kind, observed_at);
COMMENT ON TABLE lealup.health_signal IS 'What was observed of a customer: logins, nps, open_tickets ... The latest of a kind counts.';
COMMENT ON COLUMN lealup.health_signal.value IS 'Null = the source says that there is none, which is not zero.';
