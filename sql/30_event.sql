-- Events: what happened, and the outbox from which the workers fan them out.

CREATE TABLE lealup.event (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    retention_class smallint NOT NULL,
    event_type text NOT NULL,
    created_at timestamptz NOT NULL,
    customer_id uuid,
    context jsonb,
    data json NOT NULL
) PARTITION BY LIST (retention_class);
COMMENT ON TABLE lealup.event IS 'Every emitted event, once; the payload of its deliveries.';
COMMENT ON COLUMN lealup.event.data IS 'The data as it was emitted, byte for byte: it is sent and signed as it stands.';
COMMENT ON COLUMN lealup.event.context IS 'Facts for filters that are not sent; null if there are none.';

CREATE TABLE lealup.event_30 PARTITION OF lealup.event FOR VALUES IN (30) PARTITION BY RANGE (id);
CREATE TABLE lealup.event_90 PARTITION OF lealup.event FOR VALUES IN (90) PARTITION BY RANGE (id);
CREATE TABLE lealup.event_30_default PARTITION OF lealup.event_30 (PRIMARY KEY (tenant_id, id)) DEFAULT;
CREATE TABLE lealup.event_90_default PARTITION OF lealup.event_90 (PRIMARY KEY (tenant_id, id)) DEFAULT;

CREATE TABLE lealup.outbox (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    retention_class smallint NOT NULL,
    event_type text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CHECK (retention_class IN (30, 90))
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);
COMMENT ON TABLE lealup.outbox IS 'Events that await fan-out: a row is inserted with its event and deleted in the transaction that queues its deliveries.';

CREATE TABLE lealup.event_key (
    tenant_id uuid NOT NULL,
    idempotency_key text NOT NULL,
    event_id uuid NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX ON lealup.event_key (tenant_id, created_at);
ALTER TABLE lealup.event_key ADD PRIMARY KEY (tenant_id, idempotency_key);
COMMENT ON TABLE lealup.event_key IS 'Idempotency keys of events, kept as long as the tenant''s log.';

CREATE FUNCTION lealup.emit(tenant_id uuid, event_type text, data json, customer_id uuid DEFAULT NULL,
        context jsonb DEFAULT '{}', idempotency_key text DEFAULT NULL) RETURNS uuid
    LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER AS 'MODULE_PATHNAME', 'lealup_emit';
COMMENT ON FUNCTION lealup.emit(uuid, text, json, uuid, jsonb, text) IS
    'Records an event in the caller''s transaction and gives its id; once that commits, every matching subscription gets it. data: a JSON object, sent byte for byte; lealup.max_event_size bytes at most. customer_id: whom it is about. context: a JSON object of facts for filters that are not sent. idempotency_key: 1 to 255 characters; a second event of the tenant with the same key is not recorded and the first one''s id is given.';

CREATE FUNCTION lealup._emit_check(tenant_id uuid, event_type text) RETURNS smallint
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lealup._authorize(_emit_check.tenant_id);
    IF (lealup._event_type(_emit_check.tenant_id, _emit_check.event_type)).known IS NULL THEN
        PERFORM lealup._unknown_event_type(_emit_check.event_type);
    END IF;
    RETURN (SELECT lealup._retention_class(t.plan) FROM lealup.tenant t WHERE t.tenant_id = _emit_check.tenant_id);
END $$;
COMMENT ON FUNCTION lealup._emit_check(uuid, text) IS
    'What emit() asks once per transaction, tenant and type: raises unless the caller may emit it; gives the retention class.';

CREATE FUNCTION lealup._claim_key(tenant_id uuid, idempotency_key text, event_id uuid, created_at timestamptz) RETURNS uuid
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    earlier uuid;
BEGIN
    INSERT INTO lealup.event_key AS k (tenant_id, idempotency_key, event_id, created_at)
    VALUES (_claim_key.tenant_id, _claim_key.idempotency_key, _claim_key.event_id, _claim_key.created_at)
    ON CONFLICT ON CONSTRAINT event_key_pkey DO NOTHING;
    IF FOUND THEN
        RETURN NULL;
    END IF;
    SELECT k.event_id INTO earlier FROM lealup.event_key k
    WHERE k.tenant_id = _claim_key.tenant_id AND k.idempotency_key = _claim_key.idempotency_key;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'could not serialize access: the idempotency key was used by a concurrent transaction'
            USING ERRCODE = 'serialization_failure', HINT = 'Retry the transaction.';
    END IF;
    RETURN earlier;
END $$;
COMMENT ON FUNCTION lealup._claim_key(uuid, text, uuid, timestamptz) IS
    'Takes an idempotency key for an event; gives null if it was free, else the id of the event that has it. Waits for a concurrent transaction that holds the key.';

-- An event whose insertion bypasses the outbox: a test event, which goes to one subscription whatever it listens to.
CREATE FUNCTION lealup._insert_event(tenant_id uuid, event_type text, data json, context jsonb DEFAULT NULL) RETURNS lealup.event
    LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    INSERT INTO lealup.event (tenant_id, id, retention_class, event_type, created_at, context, data)
    SELECT t.tenant_id, lealup.uuid7(), lealup._retention_class(t.plan), _insert_event.event_type, clock_timestamp(),
           _insert_event.context, _insert_event.data
    FROM lealup.tenant t WHERE t.tenant_id = _insert_event.tenant_id
    RETURNING *;
END;
COMMENT ON FUNCTION lealup._insert_event(uuid, text, json, jsonb) IS 'Inserts an event without an outbox row and gives it.';
