-- Streams: what is read of a connection, how far it has come, and how its runs went.

CREATE TABLE lealup.connection_stream (
    tenant_id uuid NOT NULL,
    connection_id uuid NOT NULL,
    stream text NOT NULL,
    mode text NOT NULL DEFAULT 'backfill' CHECK (mode IN ('backfill', 'incremental')),
    generation int NOT NULL DEFAULT 1,
    cursor jsonb,
    since timestamptz,
    next_run_at timestamptz NOT NULL DEFAULT now(),
    period interval,
    paused_at timestamptz,
    claim_id uuid,
    lease_until timestamptz,
    run_id uuid,
    failures int NOT NULL DEFAULT 0,
    hinted_at timestamptz,
    backfilled_at timestamptz,
    last_run_at timestamptz,
    last_ok_at timestamptz,
    last_error text,
    total bigint,
    seen bigint NOT NULL DEFAULT 0,
    watch jsonb,
    watch_expires_at timestamptz,
    PRIMARY KEY (tenant_id, connection_id, stream),
    FOREIGN KEY (tenant_id, connection_id) REFERENCES lealup.connection ON DELETE CASCADE
);
CREATE INDEX ON lealup.connection_stream (tenant_id, next_run_at);
COMMENT ON TABLE lealup.connection_stream IS 'How far the sync of a stream has come.';
COMMENT ON COLUMN lealup.connection_stream.mode IS 'backfill: reads what is older than the connection; incremental: reads what changed.';
COMMENT ON COLUMN lealup.connection_stream.generation IS 'Counts the backfills: a snapshot stream''s records of earlier ones are gone at the source.';
COMMENT ON COLUMN lealup.connection_stream.cursor IS 'Where the provider''s functions go on; committed with the records before it.';
COMMENT ON COLUMN lealup.connection_stream.total IS 'How many records a running backfill is expected to read, if the provider says so; seen says how many it has.';
COMMENT ON COLUMN lealup.connection_stream.hinted_at IS 'When the provider last said that there is news.';
COMMENT ON COLUMN lealup.connection_stream.run_id IS 'The run that goes on; a slice of it has the lease, or waits for its turn.';
