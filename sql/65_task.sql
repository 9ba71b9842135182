-- Tasks of the team.

CREATE TABLE lealup.task (
    tenant_id uuid NOT NULL REFERENCES lealup.tenant,
    id uuid NOT NULL DEFAULT lealup.uuid7(),
    customer_id uuid,
    assignee_id uuid,
    title text NOT NULL CHECK (length(title) BETWEEN 1 AND 1000),
    description text CHECK (length(description) <= 100000),
    status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'in_progress', 'completed', 'cancelled')),
    priority text NOT NULL DEFAULT 'normal' CHECK (priority IN ('low', 'normal', 'high', 'urgent')),
    due_at timestamptz,
    source text NOT NULL DEFAULT 'manual' CHECK (source IN ('manual', 'playbook')),
    playbook_run_id uuid,
    external_id text CHECK (length(external_id) BETWEEN 1 AND 1000),
    completed_at timestamptz,
    overdue_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, external_id),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES lealup.customer,
    FOREIGN KEY (tenant_id, assignee_id) REFERENCES lealup.member
);
CREATE INDEX ON lealup.task (tenant_id, customer_id);
CREATE INDEX ON lealup.task (tenant_id, assignee_id) WHERE status IN ('open', 'in_progress');
CREATE INDEX ON lealup.task (tenant_id, due_at) WHERE status IN ('open', 'in_progress') AND overdue_at IS NULL;
COMMENT ON TABLE lealup.task IS 'Something that a member is to do, mostly for a customer.';
COMMENT ON COLUMN lealup.task.overdue_at IS 'When task.overdue was emitted for the present due date; null = not yet.';
