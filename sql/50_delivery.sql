-- Deliveries: the queue of pending ones, the log of attempts, and what the delivery workers do with both.

CREATE TABLE lealup.delivery_queue (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    subscription_id uuid NOT NULL,
    event_id uuid NOT NULL,
    next_attempt_at timestamptz NOT NULL,
    retention_class smallint NOT NULL,
    attempt_no smallint NOT NULL,
    first_attempt_no smallint NOT NULL,
    trigger text NOT NULL CHECK (trigger IN ('event', 'replay', 'test')),
    PRIMARY KEY (tenant_id, id),
    CHECK (retention_class IN (30, 90)),
    CHECK (first_attempt_no BETWEEN 1 AND attempt_no AND attempt_no <= 32100)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);
-- Its condition holds for every row. A query that repeats it may use this index, every other one has only the primary key: for an
-- empty table the planner finds both equally good, and its plans are kept.
CREATE INDEX delivery_queue_due ON lealup.delivery_queue (tenant_id, subscription_id, next_attempt_at, id) WHERE attempt_no > 0;
COMMENT ON TABLE lealup.delivery_queue IS
    'One row per pending delivery. It has no foreign key, which would cost a look-up per row: the rows of a deleted subscription are finished by upkeep.';
COMMENT ON COLUMN lealup.delivery_queue.attempt_no IS 'The number of the next attempt.';
COMMENT ON COLUMN lealup.delivery_queue.first_attempt_no IS 'The attempt at which the retry schedule began: 1, or the first one after a replay.';

CREATE TABLE lealup.delivery_attempt (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    retention_class smallint NOT NULL,
    attempt_no smallint NOT NULL,
    final boolean NOT NULL,
    status text NOT NULL CHECK (status IN ('success', 'failed', 'retrying')),
    trigger text NOT NULL,
    delivery_id uuid NOT NULL,
    subscription_id uuid NOT NULL,
    event_id uuid NOT NULL,
    started_at timestamptz NOT NULL,
    next_attempt_at timestamptz,
    latency_us int,
    response_status smallint,
    url text,
    request_headers json,
    response_headers json,
    response_body bytea,
    error text
) PARTITION BY LIST (retention_class);
COMMENT ON TABLE lealup.delivery_attempt IS 'The delivery log: one row for every attempt, in the leaf of its event''s time, so that both leave together.';
COMMENT ON COLUMN lealup.delivery_attempt.id IS 'lealup._attempt_id(delivery_id, attempt_no): the attempts of a delivery are one range of the primary key, and no attempt is recorded twice.';
COMMENT ON COLUMN lealup.delivery_attempt.latency_us IS 'From the start of the attempt to the complete response or the error, in microseconds.';

CREATE TABLE lealup.delivery_attempt_30 PARTITION OF lealup.delivery_attempt FOR VALUES IN (30) PARTITION BY RANGE (id);
CREATE TABLE lealup.delivery_attempt_90 PARTITION OF lealup.delivery_attempt FOR VALUES IN (90) PARTITION BY RANGE (id);
CREATE TABLE lealup.delivery_attempt_30_default PARTITION OF lealup.delivery_attempt_30 (PRIMARY KEY (tenant_id, id)) DEFAULT;
CREATE TABLE lealup.delivery_attempt_90_default PARTITION OF lealup.delivery_attempt_90 (PRIMARY KEY (tenant_id, id)) DEFAULT;
CREATE INDEX ON lealup.delivery_attempt_30_default (tenant_id, subscription_id, id);
CREATE INDEX ON lealup.delivery_attempt_90_default (tenant_id, subscription_id, id);

CREATE FUNCTION lealup._fan_out(max_events int, now timestamptz, careful boolean DEFAULT true, OUT tenant_id uuid, OUT subscription_id uuid, OUT queued bigint, OUT taken bigint)
    RETURNS SETOF record LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    here text := lealup.home();
    tenant_ids uuid[];
    event_ids uuid[];
    types text[];
    times timestamptz[];
    classes smallint[];
    first_id uuid;
    last_id uuid;
BEGIN
    -- Hardly ever is there a tenant of another home: only then each row's tenant is looked up. The rows are found once more by ctid,
    -- since a join by the key may be planned the wrong way round while the table is empty, and that plan is kept.
    WITH batch AS (
        SELECT b.ctid AS place FROM lealup.outbox b
        WHERE NOT (SELECT EXISTS (SELECT FROM lealup.tenant t WHERE t.home < here) OR EXISTS (SELECT FROM lealup.tenant t WHERE t.home > here))
           OR (SELECT t.home FROM lealup.tenant t WHERE t.tenant_id = b.tenant_id) = here
        LIMIT max_events FOR UPDATE OF b SKIP LOCKED
    ), gone AS (
        DELETE FROM lealup.outbox o USING batch b WHERE o.ctid = b.place
        RETURNING o.tenant_id, o.id, o.event_type, o.created_at, o.retention_class
    )
    SELECT array_agg(g.tenant_id), array_agg(g.id), array_agg(g.event_type), array_agg(g.created_at), array_agg(g.retention_class)
    INTO tenant_ids, event_ids, types, times, classes FROM (SELECT * FROM gone ORDER BY id) g;
    IF event_ids IS NULL THEN
        RETURN;
    END IF;
    -- The range of the ids lets the executor look at the right leaves of the events only.
    first_id := event_ids[1];
    last_id := event_ids[cardinality(event_ids)];

    -- Playbooks and rules are few: first one probe for the whole database, then one for each tenant of the batch.
    IF EXISTS (SELECT FROM lealup._listener l) AND EXISTS (
        SELECT FROM (SELECT DISTINCT t.id FROM unnest(tenant_ids) t(id)) t
        CROSS JOIN LATERAL (SELECT FROM lealup._listener l WHERE l.tenant_id = t.id OFFSET 0) l) THEN
        PERFORM lealup._queue_listeners(tenant_ids, event_ids, types, times, now);
    END IF;
    IF types && lealup._mail_event_types() AND lealup._mail_is_on() THEN
        PERFORM lealup._mail_events(tenant_ids, event_ids, types, now);
    END IF;

    -- Which subscriptions listen to a type is decided once for all its events in the batch. Every step is a look-up by index
    -- or a loop over what is in memory, whatever the planner believes of the tables' sizes.
    RETURN QUERY
    WITH kind AS MATERIALIZED (
        SELECT o.tenant_id, o.event_type, lealup._event_patterns(o.event_type) AS patterns,
               array_agg(o.id) AS ids, array_agg(o.created_at) AS times, array_agg(o.class) AS classes
        FROM unnest(tenant_ids, event_ids, types, times, classes) AS o(tenant_id, id, event_type, created_at, class)
        GROUP BY o.tenant_id, o.event_type
    ), pair AS MATERIALIZED (
        SELECT k.tenant_id, k.ids, k.times, k.classes, s.id AS subscription_id, s.created_at, s.filters,
               now + CASE WHEN s.retry_schedule[1] BETWEEN '0' AND '7 days' THEN s.retry_schedule[1] ELSE '0' END AS next_attempt_at,
               CASE WHEN s.filters <> '{}' THEN (lealup._event_type(k.tenant_id, k.event_type)).filters END AS definitions
        FROM kind k CROSS JOIN LATERAL (
            SELECT * FROM lealup.subscription x
            WHERE x.tenant_id = k.tenant_id AND x.status <> 'deleted' AND x.events && k.patterns OFFSET 0) s
    ), matched AS (
        SELECT p.tenant_id, p.subscription_id, p.next_attempt_at, o.id, o.class
        FROM pair p CROSS JOIN LATERAL unnest(p.ids, p.times, p.classes) AS o(id, created_at, class)
        WHERE p.filters = '{}' AND p.created_at <= o.created_at
        UNION ALL
        SELECT p.tenant_id, p.subscription_id, p.next_attempt_at, o.id, o.class
        FROM pair p CROSS JOIN LATERAL unnest(p.ids, p.times, p.classes) AS o(id, created_at, class)
        CROSS JOIN LATERAL (
            SELECT e.context, e.data FROM lealup.event e
            WHERE e.tenant_id = p.tenant_id AND e.id = o.id AND e.id BETWEEN first_id AND last_id OFFSET 0) e
        WHERE p.filters <> '{}' AND p.created_at <= o.created_at
          AND lealup._matches(p.filters, p.definitions, e.context, lealup._as_jsonb(e.data))
    ), added AS (
        INSERT INTO lealup.delivery_queue (tenant_id, id, subscription_id, event_id, next_attempt_at, retention_class,
            attempt_no, first_attempt_no, trigger)
        SELECT m.tenant_id, lealup.delivery_id(m.id, m.subscription_id), m.subscription_id, m.id, m.next_attempt_at, m.class, 1, 1, 'event'
        FROM matched m
        WHERE NOT careful OR (
            SELECT q.id FROM lealup.delivery_queue q WHERE q.tenant_id = m.tenant_id AND q.id = lealup.delivery_id(m.id, m.subscription_id)) IS NULL
        RETURNING tenant_id, subscription_id
    )
    SELECT a.tenant_id, a.subscription_id, count(*), cardinality(event_ids)::bigint FROM added a GROUP BY 1, 2
    UNION ALL
    SELECT NULL, NULL, 0, cardinality(event_ids)::bigint;
END $$;
COMMENT ON FUNCTION lealup._fan_out(int, timestamptz, boolean) IS
    'Takes up to max_events rows from the outbox and, in the same transaction, queues a delivery for each matching subscription; gives the subscriptions that got some, and last a row of nulls, with the number of events taken. No row = nothing to do. careful: passes over deliveries that replay_missing() has queued already; without it, which is faster, they are a unique violation.';

CREATE FUNCTION lealup._pending_subscriptions() RETURNS TABLE (tenant_id uuid, subscription_id uuid, next_attempt_at timestamptz)
    LANGUAGE sql STABLE AS $$
    -- A loose index scan: one probe per subscription that has pending rows, however many they are.
    WITH RECURSIVE s AS (
        (SELECT q.tenant_id, q.subscription_id, q.next_attempt_at FROM lealup.delivery_queue q
         WHERE q.attempt_no > 0
         ORDER BY q.tenant_id, q.subscription_id, q.next_attempt_at LIMIT 1)
        UNION ALL
        SELECT n.* FROM s CROSS JOIN LATERAL (
            SELECT q.tenant_id, q.subscription_id, q.next_attempt_at FROM lealup.delivery_queue q
            WHERE (q.tenant_id, q.subscription_id) > (s.tenant_id, s.subscription_id) AND q.attempt_no > 0
            ORDER BY q.tenant_id, q.subscription_id, q.next_attempt_at LIMIT 1) n
    )
    SELECT s.tenant_id, s.subscription_id, s.next_attempt_at FROM s
$$;
COMMENT ON FUNCTION lealup._pending_subscriptions() IS 'The subscriptions that have pending deliveries, with the time of the earliest one.';

CREATE FUNCTION lealup._subscription_settings(tenant_ids uuid[], subscription_ids uuid[])
    RETURNS TABLE (tenant_id uuid, subscription_id uuid, version int, active boolean, url text, retry_schedule interval[], retry_any boolean,
        timeout_ms int, rate_limit int, max_in_flight int, disable_on_gone boolean, disable_after_failures int, consecutive_failures int,
        secret_ids uuid[], secrets bytea[], secrets_expire timestamptz[], headers_id uuid, headers bytea, key_ids uuid[], wrapped_keys bytea[])
    LANGUAGE sql STABLE AS $$
    SELECT s.tenant_id, s.id, s.version, s.status = 'active' AND t.home = lealup.home(), s.url,
           coalesce(s.retry_schedule, lealup._default_retry_schedule()), s.retry_on = 'any',
           greatest(100, least(30000, extract(epoch FROM s.timeout) * 1000))::int, s.rate_limit, s.max_in_flight, s.disable_on_gone, s.disable_after_failures,
           s.consecutive_failures, v.ids, v.ciphertexts, v.expire, h.id, h.ciphertext, k.ids, k.wrapped
    FROM ROWS FROM (unnest(tenant_ids), unnest(subscription_ids)) AS w(tenant_id, id)
    CROSS JOIN LATERAL (SELECT * FROM lealup.subscription x WHERE x.tenant_id = w.tenant_id AND x.id = w.id OFFSET 0) s
    CROSS JOIN LATERAL (SELECT * FROM lealup.tenant x WHERE x.tenant_id = w.tenant_id OFFSET 0) t
    CROSS JOIN LATERAL (
        SELECT array_agg(x.id ORDER BY x.id DESC) AS ids, array_agg(x.ciphertext ORDER BY x.id DESC) AS ciphertexts,
               array_agg(x.expires_at ORDER BY x.id DESC) AS expire
        FROM lealup.vault_secret x WHERE x.tenant_id = w.tenant_id AND x.owner_id = w.id AND x.purpose = 'signing') v
    LEFT JOIN lealup.vault_secret h ON h.tenant_id = w.tenant_id AND h.owner_id = w.id AND h.purpose = 'headers'
    CROSS JOIN LATERAL (
        SELECT array_agg(x.id) AS ids, array_agg(x.wrapped) AS wrapped FROM lealup.vault_key x WHERE x.tenant_id = w.tenant_id) k
$$;
COMMENT ON FUNCTION lealup._subscription_settings(uuid[], uuid[]) IS
    'What a delivery worker has to know of the given subscriptions, with their secrets still encrypted, the newest first.';

CREATE FUNCTION lealup._claim(tenant_ids uuid[], subscription_ids uuid[], after_at timestamptz[], after_id uuid[], room int[], due timestamptz)
    RETURNS TABLE (tenant_id uuid, subscription_id uuid, id uuid, event_id uuid, attempt_no smallint, first_attempt_no smallint,
        next_attempt_at timestamptz, once boolean)
    LANGUAGE sql STABLE AS $$
    SELECT s.tenant_id, s.subscription_id, q.id, q.event_id, q.attempt_no, q.first_attempt_no, q.next_attempt_at, q.once
    FROM ROWS FROM (unnest(tenant_ids), unnest(subscription_ids), unnest(after_at), unnest(after_id), unnest(room))
         AS s(tenant_id, subscription_id, after_at, after_id, room)
    CROSS JOIN LATERAL (
        SELECT x.id, x.event_id, x.attempt_no, x.first_attempt_no, x.next_attempt_at, x.trigger = 'test' AS once
        FROM lealup.delivery_queue x
        WHERE x.tenant_id = s.tenant_id AND x.subscription_id = s.subscription_id AND x.attempt_no > 0
          AND (x.next_attempt_at, x.id) > (s.after_at, s.after_id) AND x.next_attempt_at <= due
        ORDER BY x.next_attempt_at, x.id
        LIMIT s.room) q
$$;
COMMENT ON FUNCTION lealup._claim(uuid[], uuid[], timestamptz[], uuid[], int[], timestamptz) IS
    'The due deliveries of the given subscriptions behind a position, as many as each has room for. It only reads: the worker that owns the endpoint is the only one to ask. once: it is not retried.';

CREATE FUNCTION lealup._next_due(tenant_ids uuid[], subscription_ids uuid[], due timestamptz)
    RETURNS TABLE (tenant_id uuid, subscription_id uuid, next_attempt_at timestamptz)
    LANGUAGE sql STABLE AS $$
    SELECT s.tenant_id, s.subscription_id, q.next_attempt_at
    FROM ROWS FROM (unnest(tenant_ids), unnest(subscription_ids)) AS s(tenant_id, subscription_id)
    CROSS JOIN LATERAL (
        SELECT x.next_attempt_at FROM lealup.delivery_queue x
        WHERE x.tenant_id = s.tenant_id AND x.subscription_id = s.subscription_id AND x.attempt_no > 0 AND x.next_attempt_at > due
        ORDER BY x.next_attempt_at LIMIT 1) q
$$;
COMMENT ON FUNCTION lealup._next_due(uuid[], uuid[], timestamptz) IS 'When the next delivery after a time falls due, for each subscription that has one.';

CREATE FUNCTION lealup._events(tenant_ids uuid[], event_ids uuid[], first_id uuid, last_id uuid)
    RETURNS TABLE (tenant_id uuid, id uuid, event_type text, created_at timestamptz, data json)
    LANGUAGE sql STABLE AS $$
    SELECT e.tenant_id, e.id, e.event_type, e.created_at, e.data
    FROM ROWS FROM (unnest(tenant_ids), unnest(event_ids)) AS w(tenant_id, id)
    CROSS JOIN LATERAL (
        SELECT * FROM lealup.event x WHERE x.tenant_id = w.tenant_id AND x.id = w.id AND x.id BETWEEN first_id AND last_id OFFSET 0) e
$$;
COMMENT ON FUNCTION lealup._events(uuid[], uuid[], uuid, uuid) IS
    'The payloads of the given events; their ids'' range lets the executor look at the right leaves only.';

CREATE TYPE lealup._outcome AS (
    tenant_id uuid,
    id uuid,
    attempt_no smallint,
    final boolean,
    status text,
    next_attempt_at timestamptz,
    started_at timestamptz,
    latency_us int,
    url text,
    request_headers json,
    response_status smallint,
    response_headers json,
    response_body bytea,
    error text
);
COMMENT ON TYPE lealup._outcome IS 'What came of an attempt of the delivery (tenant_id, id).';

CREATE FUNCTION lealup._record(outcomes lealup._outcome[]) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    recorded bigint;
BEGIN
    -- One statement, so that the queue and the log can never disagree. An outcome whose attempt is no longer the pending
    -- one changes nothing. As in the fan-out, the way the rows are found must not depend on the size that the planner saw.
    WITH pending AS (
        SELECT r.*, x.ctid AS place
        FROM unnest(outcomes) r CROSS JOIN LATERAL (
            SELECT q.ctid FROM lealup.delivery_queue q WHERE q.tenant_id = r.tenant_id AND q.id = r.id AND q.attempt_no = r.attempt_no OFFSET 0) x
    ), finished AS (
        DELETE FROM lealup.delivery_queue q USING pending r
        WHERE r.final AND q.ctid = r.place AND q.attempt_no = r.attempt_no
        RETURNING r.*, q.retention_class, q.trigger, q.subscription_id, q.event_id
    ), postponed AS (
        UPDATE lealup.delivery_queue q SET attempt_no = r.attempt_no + 1::smallint, next_attempt_at = r.next_attempt_at
        FROM pending r
        WHERE NOT r.final AND q.ctid = r.place AND q.attempt_no = r.attempt_no
        RETURNING r.*, q.retention_class, q.trigger, q.subscription_id, q.event_id
    ), logged AS (
        INSERT INTO lealup.delivery_attempt (tenant_id, id, retention_class, attempt_no, final, status, trigger, delivery_id, subscription_id,
            event_id, started_at, next_attempt_at, latency_us, response_status, url, request_headers, response_headers, response_body, error)
        SELECT o.tenant_id, lealup._attempt_id(o.id, o.attempt_no), o.retention_class, o.attempt_no, o.final, o.status, o.trigger, o.id,
               o.subscription_id, o.event_id, o.started_at, o.next_attempt_at, o.latency_us, o.response_status, o.url, o.request_headers,
               o.response_headers, o.response_body, o.error
        FROM (SELECT * FROM finished UNION ALL SELECT * FROM postponed) o
        RETURNING 1
    )
    SELECT count(*) INTO recorded FROM logged;
    RETURN recorded;
END $$;
COMMENT ON FUNCTION lealup._record(lealup._outcome[]) IS
    'Records the outcomes of attempts: appends each to delivery_attempt and deletes its queue row, or moves that to the next attempt. Gives how many were recorded.';

CREATE FUNCTION lealup._recordable(tenant_ids uuid[], delivery_ids uuid[]) RETURNS SETOF int
    LANGUAGE sql VOLATILE AS $$
    WITH wanted AS (
        SELECT w.tenant_id, w.id, w.n FROM unnest(tenant_ids, delivery_ids) WITH ORDINALITY AS w(tenant_id, id, n)
    ), locked AS (
        SELECT w.n FROM wanted w CROSS JOIN LATERAL (
            SELECT FROM lealup.delivery_queue q WHERE q.tenant_id = w.tenant_id AND q.id = w.id FOR UPDATE SKIP LOCKED) q
    )
    SELECT l.n::int FROM locked l
    UNION ALL
    SELECT w.n::int FROM wanted w
    WHERE NOT EXISTS (SELECT FROM lealup.delivery_queue q WHERE q.tenant_id = w.tenant_id AND q.id = w.id)
$$;
COMMENT ON FUNCTION lealup._recordable(uuid[], uuid[]) IS
    'Which of the deliveries (counted from 1) can be recorded without waiting for somebody who has locked them, in an open replay() for example; they are locked, or gone.';

CREATE FUNCTION lealup._note_failures(tenant_id uuid, subscription_id uuid, failures int, disable_because text) RETURNS boolean
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    before int;
BEGIN
    -- Somebody who holds the row in an open transaction must not hold up the workers.
    SELECT s.consecutive_failures INTO before FROM lealup.subscription s
    WHERE s.tenant_id = _note_failures.tenant_id AND s.id = _note_failures.subscription_id FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE lealup.subscription s SET consecutive_failures = _note_failures.failures
    WHERE s.tenant_id = _note_failures.tenant_id AND s.id = _note_failures.subscription_id AND s.status = 'active';
    IF before = 0 AND _note_failures.failures > 0 AND disable_because IS NULL THEN
        PERFORM lealup._mail_failing_subscription(_note_failures.tenant_id, _note_failures.subscription_id);
    END IF;
    IF disable_because IS NOT NULL THEN
        PERFORM lealup._disable_subscription(_note_failures.tenant_id, _note_failures.subscription_id, disable_because);
    END IF;
    RETURN true;
END $$;
COMMENT ON FUNCTION lealup._note_failures(uuid, uuid, int, text) IS
    'Stores how many deliveries in a row have failed and, for a reason that is not null, disables the subscription; false if its row is locked, to be tried again later.';

CREATE FUNCTION lealup._finish_held(max_rows int, now timestamptz) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    finished bigint;
BEGIN
    WITH due AS (
        -- Two look-ups by index: the subscriptions with pending rows of which nothing is sent any more, and the oldest rows of each tenant.
        SELECT q.tenant_id, q.id, 'cancelled: the subscription was deleted' AS error
        FROM lealup._pending_subscriptions() p
        JOIN lealup.tenant t ON t.tenant_id = p.tenant_id AND t.home = lealup.home()
        LEFT JOIN lealup.subscription s ON s.tenant_id = p.tenant_id AND s.id = p.subscription_id
        CROSS JOIN LATERAL (
            SELECT x.tenant_id, x.id FROM lealup.delivery_queue x
            WHERE x.tenant_id = p.tenant_id AND x.subscription_id = p.subscription_id AND x.attempt_no > 0 LIMIT max_rows) q
        WHERE s.id IS NULL OR s.status = 'deleted'
        UNION
        SELECT q.tenant_id, q.id, 'expired: held until the end of the log''s retention'
        FROM lealup.tenant t
        CROSS JOIN (VALUES (30::smallint), (90::smallint)) c(class)
        CROSS JOIN LATERAL (
            SELECT x.tenant_id, x.id FROM lealup.delivery_queue x
            WHERE x.tenant_id = t.tenant_id AND x.retention_class = c.class
              AND x.id < lealup.uuid7_floor(now - lealup._retention(c.class) + interval '1 day') LIMIT max_rows) q
        WHERE t.home = lealup.home()
        LIMIT max_rows
    ), free AS (
        SELECT d.* FROM due d JOIN lealup.delivery_queue q ON q.tenant_id = d.tenant_id AND q.id = d.id FOR UPDATE OF q SKIP LOCKED
    ), gone AS (
        DELETE FROM lealup.delivery_queue q USING free d
        WHERE q.tenant_id = d.tenant_id AND q.id = d.id
        RETURNING q.*, d.error
    ), logged AS (
        INSERT INTO lealup.delivery_attempt (tenant_id, id, retention_class, attempt_no, final, status, trigger, delivery_id, subscription_id,
            event_id, started_at, error)
        SELECT g.tenant_id, lealup._attempt_id(g.id, g.attempt_no), g.retention_class, g.attempt_no, true, 'failed', g.trigger, g.id,
               g.subscription_id, g.event_id, now, g.error
        FROM gone g
        RETURNING 1
    )
    SELECT count(*) INTO finished FROM logged;
    RETURN finished;
END $$;
COMMENT ON FUNCTION lealup._finish_held(int, timestamptz) IS
    'Ends as failed up to max_rows pending deliveries that will never be sent: of deleted subscriptions (cancelled), and those held until a day before their event''s leaf is dropped (expired). Gives how many.';
