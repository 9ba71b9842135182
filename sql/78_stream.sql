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
    run_started_at timestamptz,
    run_counts jsonb NOT NULL DEFAULT '{}',
    recent int[] NOT NULL DEFAULT '{}',
    resets int NOT NULL DEFAULT 0,
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
    unheard int NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, connection_id, stream),
    FOREIGN KEY (tenant_id, connection_id) REFERENCES lealup.connection ON DELETE CASCADE
);
CREATE INDEX ON lealup.connection_stream (next_run_at);
CREATE INDEX ON lealup.connection_stream (tenant_id, claim_id) WHERE claim_id IS NOT NULL;
COMMENT ON TABLE lealup.connection_stream IS 'How far the sync of a stream has come.';
COMMENT ON COLUMN lealup.connection_stream.mode IS 'backfill: reads what is older than the connection; incremental: reads what changed.';
COMMENT ON COLUMN lealup.connection_stream.generation IS 'Counts the backfills: a snapshot stream''s records of earlier ones are gone at the source.';
COMMENT ON COLUMN lealup.connection_stream.cursor IS 'Where the provider''s functions go on; committed with the records before it.';
COMMENT ON COLUMN lealup.connection_stream.total IS 'How many records a running backfill is expected to read, if the provider says so; seen says how many it has.';
COMMENT ON COLUMN lealup.connection_stream.hinted_at IS 'When the provider last said that there is news.';
COMMENT ON COLUMN lealup.connection_stream.unheard IS 'How many runs in a row found news of which no notification had told, though the provider was to notify us.';
COMMENT ON COLUMN lealup.connection_stream.run_id IS 'The run that goes on; a slice of it has the lease, or waits for its turn.';
COMMENT ON COLUMN lealup.connection_stream.next_run_at IS 'When a worker may take it up: while one has it, the end of its lease; infinity = not before somebody changes that.';
COMMENT ON COLUMN lealup.connection_stream.run_counts IS 'What the open run has counted so far, as sync_run has it.';
COMMENT ON COLUMN lealup.connection_stream.recent IS 'How many records the last seven incremental runs saw.';
COMMENT ON COLUMN lealup.connection_stream.resets IS 'How often in a row the cursor was lost.';

-- Found by when they are due, whatever the tenant: with thousands of tenants that are idle, asking each for its first would cost more than the work.
CREATE INDEX ON lealup.connection_job (due_at);

CREATE TABLE lealup.sync_record (
    tenant_id uuid NOT NULL,
    connection_id uuid NOT NULL,
    stream text NOT NULL,
    id text NOT NULL CHECK (length(id) BETWEEN 1 AND 1000),
    version text CHECK (length(version) <= 1000),
    hash bytea,
    generation int NOT NULL,
    targets text[] NOT NULL DEFAULT '{}',
    skipped text CHECK (length(skipped) <= 1000),
    deleted_at timestamptz,
    updated_at timestamptz NOT NULL,
    FOREIGN KEY (tenant_id, connection_id, stream) REFERENCES lealup.connection_stream ON DELETE CASCADE
);
CREATE INDEX ON lealup.sync_record (tenant_id, (targets[1]));
CREATE INDEX ON lealup.sync_record (tenant_id, deleted_at) WHERE deleted_at IS NOT NULL;
ALTER TABLE lealup.sync_record ADD PRIMARY KEY (tenant_id, connection_id, stream, id);
COMMENT ON TABLE lealup.sync_record IS 'What was read of a stream: by version and hash an unchanged record is known, and by its targets what a deleted one became.';
COMMENT ON COLUMN lealup.sync_record.version IS 'What the provider calls this state of the record; null = it has no name for it.';
COMMENT ON COLUMN lealup.sync_record.hash IS 'SHA-256 of what it was normalized from.';
COMMENT ON COLUMN lealup.sync_record.skipped IS 'Why it is passed over, as a kind of file that is not read; null = it is not.';
COMMENT ON COLUMN lealup.sync_record.targets IS 'The rows that it became: entity:external_id. Several records may have become one row; it goes with the last.';

CREATE TABLE lealup.record_error (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT lealup.uuid7(),
    connection_id uuid NOT NULL,
    stream text NOT NULL,
    external_id text NOT NULL CHECK (length(external_id) BETWEEN 1 AND 1000),
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'retry', 'resolved')),
    class text NOT NULL CHECK (class IN ('invalid', 'unavailable', 'temporary')),
    reason text NOT NULL CHECK (length(reason) <= 2000),
    record jsonb,
    item jsonb,
    attempts int NOT NULL DEFAULT 1,
    next_try_at timestamptz,
    trace_id uuid,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, connection_id, stream, external_id),
    FOREIGN KEY (tenant_id, connection_id, stream) REFERENCES lealup.connection_stream ON DELETE CASCADE
);
CREATE INDEX ON lealup.record_error (tenant_id, updated_at) WHERE state = 'resolved';
COMMENT ON TABLE lealup.record_error IS 'A record that could not be read or taken in, and why. The run went on without it; retry_record() and retry_records() try it again.';
COMMENT ON COLUMN lealup.record_error.class IS 'invalid: what came is not what it should be; unavailable: the provider does not give it; temporary: it is tried again by itself.';
COMMENT ON COLUMN lealup.record_error.record IS 'The record as it came, if it came; it is taken in again without being read again.';
COMMENT ON COLUMN lealup.record_error.item IS 'What names it at the provider, if it has to be read again.';

CREATE TABLE lealup.sync_run (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    retention_class smallint NOT NULL,
    connection_id uuid NOT NULL,
    stream text NOT NULL,
    mode text NOT NULL,
    result text NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL,
    seen bigint NOT NULL,
    created bigint NOT NULL,
    updated bigint NOT NULL,
    same bigint NOT NULL,
    deleted bigint NOT NULL,
    failed bigint NOT NULL,
    skipped bigint NOT NULL,
    calls bigint NOT NULL,
    waited_ms bigint NOT NULL,
    error text
) PARTITION BY LIST (retention_class);
COMMENT ON TABLE lealup.sync_run IS 'The runs of streams: what each read and how it went. Its id is the trace_id that errors and the server''s log name.';
COMMENT ON COLUMN lealup.sync_run.result IS 'ok; partial: some records failed, or it ended early; empty: nothing came where something always does; failed.';
COMMENT ON COLUMN lealup.sync_run.calls IS 'Requests to the provider.';
COMMENT ON COLUMN lealup.sync_run.waited_ms IS 'How long it waited because the provider, or its limits, said so.';
CREATE TABLE lealup.sync_run_30 PARTITION OF lealup.sync_run FOR VALUES IN (30) PARTITION BY RANGE (id);
CREATE TABLE lealup.sync_run_90 PARTITION OF lealup.sync_run FOR VALUES IN (90) PARTITION BY RANGE (id);
CREATE TABLE lealup.sync_run_30_default PARTITION OF lealup.sync_run_30 (PRIMARY KEY (tenant_id, id)) DEFAULT;
CREATE TABLE lealup.sync_run_90_default PARTITION OF lealup.sync_run_90 (PRIMARY KEY (tenant_id, id)) DEFAULT;
CREATE INDEX ON lealup.sync_run_30_default (tenant_id, connection_id, stream, id);
CREATE INDEX ON lealup.sync_run_90_default (tenant_id, connection_id, stream, id);
