-- Sending again: one delivery, all failed ones of a time, events that were never delivered, and test events.

CREATE FUNCTION lealup._requeue(tenant_id uuid, delivery_id uuid) RETURNS boolean
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    last lealup.delivery_attempt;
    s lealup.subscription;
    at timestamptz := clock_timestamp();
BEGIN
    UPDATE lealup.delivery_queue q SET next_attempt_at = at
    WHERE q.tenant_id = _requeue.tenant_id AND q.id = _requeue.delivery_id;
    IF FOUND THEN
        RETURN true;
    END IF;
    SELECT * INTO last FROM lealup.delivery_attempt a
    WHERE a.tenant_id = _requeue.tenant_id
      AND a.id BETWEEN _requeue.delivery_id AND lealup._last_attempt_id(_requeue.delivery_id)
    ORDER BY a.id DESC LIMIT 1;
    IF NOT FOUND OR NOT EXISTS (SELECT FROM lealup.event e WHERE e.tenant_id = last.tenant_id AND e.id = last.event_id) THEN
        RETURN false;
    END IF;
    s := lealup._get_subscription(last.tenant_id, last.subscription_id);
    IF last.attempt_no >= 32000 THEN
        RAISE EXCEPTION 'delivery % was attempted too often', _requeue.delivery_id USING ERRCODE = 'program_limit_exceeded';
    END IF;
    INSERT INTO lealup.delivery_queue (tenant_id, id, subscription_id, event_id, next_attempt_at, retention_class, attempt_no,
        first_attempt_no, trigger)
    VALUES (last.tenant_id, last.delivery_id, last.subscription_id, last.event_id, clock_timestamp(), last.retention_class,
        last.attempt_no + 1, last.attempt_no + 1, 'replay')
    ON CONFLICT DO NOTHING;
    RETURN true;
END $$;
COMMENT ON FUNCTION lealup._requeue(uuid, uuid) IS 'Queues a delivery again from what the log holds; false if the log does not know it.';

CREATE FUNCTION lealup.replay(tenant_id uuid, delivery_id uuid) RETURNS uuid
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lealup._authorize(replay.tenant_id);
    IF NOT lealup._requeue(replay.tenant_id, replay.delivery_id) THEN
        RAISE EXCEPTION 'delivery % does not exist', coalesce(replay.delivery_id::text, 'null')
            USING ERRCODE = 'no_data_found', DETAIL = 'It may be older than the delivery log''s retention.';
    END IF;
    PERFORM lealup._audit(replay.tenant_id, 'delivery.replay', 'delivery', replay.delivery_id);
    PERFORM lealup._wake('queue');
    RETURN replay.delivery_id;
END $$;
COMMENT ON FUNCTION lealup.replay(uuid, uuid) IS
    'Sends a delivery again, successful or not, under the same delivery id and with the next attempt number; a pending one is sent now. The retry schedule begins anew. Gives the delivery id.';

CREATE FUNCTION lealup.recover(tenant_id uuid, subscription_id uuid, since timestamptz, until timestamptz DEFAULT now(),
        status text DEFAULT 'failed', dry_run boolean DEFAULT false) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    s lealup.subscription := lealup._get_subscription(recover.tenant_id, recover.subscription_id);
    recovered bigint;
BEGIN
    IF coalesce(recover.status, '') NOT IN ('failed', 'success', 'any') THEN
        RAISE EXCEPTION 'invalid status: %', coalesce(quote_literal(left(recover.status, 100)), 'null')
            USING ERRCODE = 'invalid_parameter_value', HINT = 'status is failed, success or any.';
    END IF;
    PERFORM lealup._check_period(recover.since, recover.until);
    WITH last AS (
        SELECT DISTINCT ON (a.delivery_id) a.*
        FROM lealup.delivery_attempt a
        WHERE a.tenant_id = s.tenant_id AND a.subscription_id = s.id
          AND a.id >= lealup.uuid7_floor(recover.since) AND a.id < lealup.uuid7_floor(recover.until + interval '1 ms')
        ORDER BY a.delivery_id, a.attempt_no DESC
    ), chosen AS (
        SELECT l.* FROM last l
        JOIN lealup.event e ON e.tenant_id = l.tenant_id AND e.id = l.event_id
        WHERE l.final AND (l.status = recover.status OR recover.status = 'any') AND l.attempt_no < 32000
          AND e.created_at BETWEEN recover.since AND recover.until
          AND e.id >= lealup.uuid7_floor(recover.since) AND e.id < lealup.uuid7_floor(recover.until + interval '1 ms')
          AND NOT EXISTS (SELECT FROM lealup.delivery_queue q WHERE q.tenant_id = l.tenant_id AND q.id = l.delivery_id)
    ), added AS (
        INSERT INTO lealup.delivery_queue (tenant_id, id, subscription_id, event_id, next_attempt_at, retention_class, attempt_no,
            first_attempt_no, trigger)
        SELECT c.tenant_id, c.delivery_id, c.subscription_id, c.event_id, now(), c.retention_class, c.attempt_no + 1, c.attempt_no + 1, 'replay'
        FROM chosen c WHERE NOT coalesce(recover.dry_run, false)
        ON CONFLICT DO NOTHING
    )
    SELECT count(*) INTO recovered FROM chosen;
    IF NOT coalesce(recover.dry_run, false) THEN
        PERFORM lealup._audit(s.tenant_id, 'subscription.recover', 'subscription', s.id,
            jsonb_build_object('since', recover.since, 'until', recover.until, 'status', recover.status, 'deliveries', recovered));
        PERFORM lealup._wake('queue');
    END IF;
    RETURN recovered;
END $$;
COMMENT ON FUNCTION lealup.recover(uuid, uuid, timestamptz, timestamptz, text, boolean) IS
    'Replays every delivery of a subscription, of events created from since to until (both included), that ended as status says: failed, success or any. Gives how many; dry_run only counts. There is no cap, and nothing pending is touched.';

CREATE FUNCTION lealup._check_period(since timestamptz, until timestamptz) RETURNS void
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF since IS NULL OR until IS NULL OR since > until OR NOT isfinite(since) OR NOT isfinite(until) OR since < '1970-01-01' THEN
        RAISE EXCEPTION 'invalid period: since % until %', coalesce(since::text, 'null'), coalesce(until::text, 'null')
            USING ERRCODE = 'invalid_parameter_value', DETAIL = 'Both must be times after 1970, and since not later than until.';
    END IF;
END $$;
COMMENT ON FUNCTION lealup._check_period(timestamptz, timestamptz) IS 'Raises invalid_parameter_value unless since and until are a period.';

CREATE FUNCTION lealup.replay_missing(tenant_id uuid, subscription_id uuid, since timestamptz, until timestamptz DEFAULT now(),
        dry_run boolean DEFAULT false) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    s lealup.subscription := lealup._get_subscription(replay_missing.tenant_id, replay_missing.subscription_id);
    missing bigint;
BEGIN
    PERFORM lealup._check_period(replay_missing.since, replay_missing.until);
    WITH type AS MATERIALIZED (
        SELECT t.name, t.filters FROM lealup.event_type t WHERE s.events && lealup._event_patterns(t.name)
        UNION ALL
        SELECT t.name, t.filters FROM lealup.tenant_event_type t
        WHERE t.tenant_id = s.tenant_id AND s.events && lealup._event_patterns(t.name)
    ), chosen AS (
        SELECT e.id AS event_id, e.retention_class, lealup.delivery_id(e.id, s.id) AS id
        FROM lealup.event e
        JOIN type t ON t.name = e.event_type
        WHERE e.tenant_id = s.tenant_id AND e.created_at BETWEEN replay_missing.since AND replay_missing.until
          AND e.id >= lealup.uuid7_floor(replay_missing.since) AND e.id < lealup.uuid7_floor(replay_missing.until + interval '1 ms')
          AND (s.filters = '{}' OR lealup._matches(s.filters, t.filters, e.context, lealup._as_jsonb(e.data)))
          AND NOT coalesce(e.context @> '{"webhook_test": true}', false)
          -- An event still in the outbox is not missing if its fan-out will reach this subscription.
          AND NOT (e.created_at >= s.created_at AND EXISTS (SELECT FROM lealup.outbox o WHERE o.tenant_id = e.tenant_id AND o.id = e.id))
          AND NOT EXISTS (SELECT FROM lealup.delivery_queue q WHERE q.tenant_id = s.tenant_id AND q.id = lealup.delivery_id(e.id, s.id))
          AND NOT EXISTS (SELECT FROM lealup.delivery_attempt a
                          WHERE a.tenant_id = s.tenant_id AND a.subscription_id = s.id AND a.delivery_id = lealup.delivery_id(e.id, s.id)
                            AND a.id >= lealup.uuid7_floor(replay_missing.since)
                            AND a.id < lealup.uuid7_floor(replay_missing.until + interval '1 ms'))
    ), added AS (
        INSERT INTO lealup.delivery_queue (tenant_id, id, subscription_id, event_id, next_attempt_at, retention_class, attempt_no,
            first_attempt_no, trigger)
        SELECT s.tenant_id, c.id, s.id, c.event_id, now(), c.retention_class, 1, 1, 'replay'
        FROM chosen c WHERE NOT coalesce(replay_missing.dry_run, false)
        ON CONFLICT DO NOTHING
    )
    SELECT count(*) INTO missing FROM chosen;
    IF NOT coalesce(replay_missing.dry_run, false) THEN
        PERFORM lealup._audit(s.tenant_id, 'subscription.replay_missing', 'subscription', s.id,
            jsonb_build_object('since', replay_missing.since, 'until', replay_missing.until, 'deliveries', missing));
        PERFORM lealup._wake('queue');
    END IF;
    RETURN missing;
END $$;
COMMENT ON FUNCTION lealup.replay_missing(uuid, uuid, timestamptz, timestamptz, boolean) IS
    'Queues the events from since to until (both included) that the subscription, as it stands now, matches but that have no delivery to it: those emitted before it existed, or before its events or filters were changed. Gives how many; dry_run only counts. A second call finds none.';

CREATE FUNCTION lealup.send_test_event(tenant_id uuid, subscription_id uuid, event_type text DEFAULT NULL) RETURNS uuid
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    s lealup.subscription := lealup._get_subscription(send_test_event.tenant_id, send_test_event.subscription_id);
    entry record;
    e lealup.event;
    delivery_id uuid;
BEGIN
    SELECT * INTO entry FROM lealup._event_type(s.tenant_id, send_test_event.event_type);
    IF send_test_event.event_type IS NOT NULL AND entry.known IS NULL THEN
        PERFORM lealup._unknown_event_type(send_test_event.event_type);
    END IF;
    IF s.status <> 'active' THEN
        RAISE EXCEPTION 'subscription % is %', s.id, s.status
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'lealup.resume_subscription(tenant_id, subscription_id) makes it active.';
    END IF;
    e := lealup._insert_event(s.tenant_id, coalesce(send_test_event.event_type, 'webhook.test'),
        (coalesce(entry.example, '{"message": "This is a test event from LealUp."}')
         || jsonb_build_object('test', true))::json, '{"webhook_test": true}');
    delivery_id := lealup.delivery_id(e.id, s.id);
    INSERT INTO lealup.delivery_queue (tenant_id, id, subscription_id, event_id, next_attempt_at, retention_class, attempt_no,
        first_attempt_no, trigger)
    VALUES (s.tenant_id, delivery_id, s.id, e.id, clock_timestamp(), e.retention_class, 1, 1, 'test');
    PERFORM lealup._audit(s.tenant_id, 'subscription.test', 'subscription', s.id);
    PERFORM lealup._wake('queue');
    RETURN delivery_id;
END $$;
COMMENT ON FUNCTION lealup.send_test_event(uuid, uuid, text) IS
    'Sends one test event to one subscription, whatever it listens to, and gives the delivery id. event_type: null sends webhook.test; a type of the catalog sends that type with example data and "test": true. It is logged, and tried once only.';
