-- The HTTP API of webhooks: event types, subscriptions, deliveries, and events that applications emit.

-- ----- Schemas -----

INSERT INTO lealup.api_schema (name, schema) VALUES
('WebhookSettings', '{"type": "object", "additionalProperties": false, "properties": {
    "url": {"type": "string", "minLength": 1, "maxLength": 2000, "description": "HTTPS. It must answer 2xx within the timeout."},
    "events": {"type": "array", "minItems": 1, "maxItems": 100, "items": {"type": "string", "maxLength": 200}, "description": "Event types, prefixes such as customer.*, or * for all."},
    "secret": {"type": ["string", "null"], "minLength": 32, "maxLength": 1000, "description": "Signs the requests. Null or absent: one is generated, and shown in this answer only."},
    "description": {"type": ["string", "null"], "maxLength": 1000},
    "filters": {"type": ["object", "null"], "description": "See GET /v1/webhook-events/{event}/filters. A change replaces all of them."},
    "headers": {"type": ["object", "null"], "additionalProperties": {"type": "string"}, "description": "Headers that are sent along. Their values are kept encrypted and are not shown. A change replaces all of them."},
    "status": {"type": "string", "enum": ["active", "paused"], "description": "paused holds deliveries."},
    "retry_schedule": {"type": ["array", "null"], "maxItems": 20, "items": {"type": "integer", "minimum": 0, "maximum": 604800}, "description": "Seconds that attempt n waits after the one before it; null = 0, 60, 300, 1800, 7200, 43200, 86400."},
    "retry_on": {"type": "string", "enum": ["standard", "any"], "description": "any: whatever is not 2xx is tried again."},
    "timeout_ms": {"type": "integer", "minimum": 100, "maximum": 30000},
    "rate_limit": {"type": ["integer", "null"], "minimum": 0, "maximum": 1000000, "description": "Requests per second; null = the installation''s."},
    "max_in_flight": {"type": ["integer", "null"], "minimum": 1, "maximum": 10000},
    "disable_on_gone": {"type": "boolean", "description": "Whether an answer 410 disables the subscription."},
    "disable_after_failures": {"type": ["integer", "null"], "minimum": 1, "maximum": 1000000, "description": "How many failed deliveries in a row do."}}}'),
('NewWebhook', '{"type": "object", "additionalProperties": false, "required": ["id", "url", "events", "created_at", "status"], "properties": {
    "id": {"type": "string", "format": "uuid"}, "url": {"type": "string"}, "events": {"type": "array", "items": {"type": "string"}},
    "created_at": {"type": "string", "format": "date-time"}, "status": {"type": "string"},
    "secret": {"type": ["string", "null"], "description": "Where one was generated; null if the request is repeated."}}}'),
('WebhookStats', '{"type": "object", "additionalProperties": false, "description": "Of the last 7 days.",
    "required": ["days", "deliveries", "success", "failed", "pending", "attempts", "success_rate", "p50_ms", "p95_ms", "p99_ms", "last_attempt_at", "last_success_at"], "properties": {
    "days": {"type": "integer"}, "deliveries": {"type": "integer"}, "success": {"type": "integer"}, "failed": {"type": "integer"}, "pending": {"type": "integer"}, "attempts": {"type": "integer"},
    "success_rate": {"type": ["number", "null"], "description": "Percent."}, "p50_ms": {"type": ["number", "null"]}, "p95_ms": {"type": ["number", "null"]}, "p99_ms": {"type": ["number", "null"]},
    "last_attempt_at": {"type": ["string", "null"], "format": "date-time"}, "last_success_at": {"type": ["string", "null"], "format": "date-time"}}}'),
('WebhookDelivery', '{"type": "object", "additionalProperties": false,
    "required": ["id", "event", "event_id", "status", "attempts", "created_at", "last_attempt_at", "next_attempt_at", "latency_ms", "error", "request_url", "request_headers", "request_body", "response_status", "response_headers", "response_body"],
    "properties": {"id": {"type": "string", "format": "uuid", "description": "X-LealUp-Delivery-Id."}, "event": {"type": ["string", "null"]}, "event_id": {"type": "string", "format": "uuid"},
    "status": {"type": "string", "enum": ["success", "failed", "pending"]}, "attempts": {"type": "integer"}, "created_at": {"type": "string", "format": "date-time"},
    "last_attempt_at": {"type": ["string", "null"], "format": "date-time"}, "next_attempt_at": {"type": ["string", "null"], "format": "date-time"},
    "latency_ms": {"type": ["number", "null"], "description": "Of the last attempt, as all that follows."}, "error": {"type": ["string", "null"]}, "request_url": {"type": ["string", "null"]},
    "request_headers": {"type": ["object", "null"]}, "request_body": {"type": ["string", "null"], "description": "The bytes that were signed."}, "response_status": {"type": ["integer", "null"]},
    "response_headers": {"type": ["object", "null"]}, "response_body": {"type": ["string", "null"], "description": "Its first bytes."}}}'),
('QueuedDelivery', '{"type": "object", "additionalProperties": false, "required": ["delivery_id", "status"], "properties": {"delivery_id": {"type": "string", "format": "uuid"}, "status": {"type": "string", "enum": ["pending"]}}}');

INSERT INTO lealup.api_schema (name, schema)
SELECT 'Webhook', jsonb_build_object('type', 'object', 'additionalProperties', false, 'properties', p.properties,
    'required', (SELECT jsonb_agg(k ORDER BY k) FROM jsonb_object_keys(p.properties) k))
FROM (SELECT (s.schema -> 'properties') - '{secret,headers,status}'::text[] || '{"id": {"type": "string", "format": "uuid"}, "status": {"type": "string", "enum": ["active", "paused", "disabled"]},
    "status_reason": {"type": ["string", "null"]}, "header_names": {"type": "array", "items": {"type": "string"}}, "created_at": {"type": "string", "format": "date-time"},
    "updated_at": {"type": "string", "format": "date-time"}}' AS properties FROM lealup.api_schema s WHERE s.name = 'WebhookSettings') p;
INSERT INTO lealup.api_schema (name, schema)
SELECT 'WebhookDetail', jsonb_set(jsonb_set(s.schema, '{properties,stats}', '{"$ref": "#/components/schemas/WebhookStats"}'), '{required}', (s.schema -> 'required') || '["stats"]')
FROM lealup.api_schema s WHERE s.name = 'Webhook';

-- ----- Event types -----

CREATE FUNCTION lealup._http_list_events(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN lealup._http_ok(json_build_object('data', (
        SELECT json_agg(json_build_object('event', e.name, 'description', e.description, 'filters', (SELECT coalesce(json_agg(f ORDER BY f), '[]') FROM jsonb_object_keys(e.filters) f),
            'schema', e.schema, 'builtin', e.builtin) ORDER BY e.builtin DESC, e.name)
        FROM lealup.event_types(call.tenant_id) e)));
COMMENT ON FUNCTION lealup._http_list_events(lealup.http_call) IS 'Answers GET /v1/webhook-events.';

CREATE FUNCTION lealup._http_list_filters(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lealup._http_found(EXISTS (SELECT FROM lealup.event_types(call.tenant_id) e WHERE e.name = call.params ->> 'event'), 'event type');
    RETURN lealup._http_ok(json_build_object('data', (
        SELECT coalesce(json_agg(json_build_object('filter', f.filter, 'type', f.type, 'match', f.match, 'values', f.allowed, 'description', f.description) ORDER BY f.filter), '[]')
        FROM lealup.event_filters(call.params ->> 'event', call.tenant_id) f)));
END $$;
COMMENT ON FUNCTION lealup._http_list_filters(lealup.http_call) IS 'Answers GET /v1/webhook-events/{event}/filters.';

CREATE FUNCTION lealup._http_emit(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    event_id uuid := lealup.emit(call.tenant_id, call.body ->> 'event', call.raw -> 'data', (call.body ->> 'customer_id')::uuid,
        coalesce(nullif(call.body -> 'context', 'null'), '{}'), call.body ->> 'idempotency_key');
BEGIN
    RETURN lealup._http_ok(json_build_object('id', event_id, 'event', call.body ->> 'event', 'created_at', lealup._http_stamp(lealup.uuid7_time(event_id))), 201);
END $$;
COMMENT ON FUNCTION lealup._http_emit(lealup.http_call) IS 'Answers POST /v1/events.';

-- ----- Subscriptions -----

CREATE FUNCTION lealup._http_webhook(s lealup.subscription) RETURNS json
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN json_build_object('id', s.id, 'url', s.url, 'events', s.events, 'created_at', lealup._http_stamp(s.created_at), 'status', s.status,
        'status_reason', s.status_reason, 'description', s.description, 'filters', s.filters, 'header_names', s.header_names,
        'retry_schedule', (SELECT json_agg(extract(epoch FROM i)::int ORDER BY n) FROM unnest(s.retry_schedule) WITH ORDINALITY u(i, n)),
        'retry_on', s.retry_on, 'timeout_ms', (extract(epoch FROM s.timeout) * 1000)::int, 'rate_limit', s.rate_limit, 'max_in_flight', s.max_in_flight,
        'disable_on_gone', s.disable_on_gone, 'disable_after_failures', s.disable_after_failures, 'updated_at', lealup._http_stamp(s.updated_at));
END $$;
COMMENT ON FUNCTION lealup._http_webhook(lealup.subscription) IS 'A subscription as answers show it.';

CREATE FUNCTION lealup._http_find_webhook(call lealup.http_call) RETURNS lealup.subscription
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    wanted uuid := lealup._http_id(call, 'id', 'subscription');
    s lealup.subscription;
BEGIN
    SELECT x.* INTO s FROM lealup.subscription x WHERE x.tenant_id = call.tenant_id AND x.id = wanted AND x.status <> 'deleted';
    PERFORM lealup._http_found(s.id IS NOT NULL, 'subscription');
    RETURN s;
END $$;
COMMENT ON FUNCTION lealup._http_find_webhook(lealup.http_call) IS 'The subscription that the path names; ends the request with 404 if there is none.';

CREATE FUNCTION lealup._http_lock_webhook(call lealup.http_call) RETURNS lealup.subscription
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s lealup.subscription := lealup._http_find_webhook(call);
BEGIN
    s := lealup._lock_subscription(s.tenant_id, s.id);
    PERFORM lealup._http_if_match(call, s.version::text);
    RETURN s;
END $$;
COMMENT ON FUNCTION lealup._http_lock_webhook(lealup.http_call) IS 'The same, locked, in the version that If-Match names; ends the request with 412 if that is another one.';

CREATE FUNCTION lealup._http_intervals(seconds jsonb) RETURNS interval[]
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
    RETURN CASE jsonb_typeof(seconds) WHEN 'array' THEN
        ARRAY(SELECT make_interval(secs => e::float8) FROM jsonb_array_elements_text(seconds) WITH ORDINALITY u(e, n) ORDER BY n) END;
COMMENT ON FUNCTION lealup._http_intervals(jsonb) IS 'An array of seconds as intervals; null for null.';

CREATE FUNCTION lealup._http_create_webhook(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    b jsonb := jsonb_strip_nulls(call.body - '{filters,headers}'::text[]);
    new_id uuid := lealup.create_subscription(call.tenant_id, b ->> 'url', ARRAY(SELECT jsonb_array_elements_text(b -> 'events')), b ->> 'secret', b ->> 'description',
        nullif(call.body -> 'filters', 'null'), nullif(call.body -> 'headers', 'null'), lealup._http_intervals(b -> 'retry_schedule'), coalesce(b ->> 'retry_on', 'standard'),
        make_interval(secs => coalesce((b ->> 'timeout_ms')::numeric, 5000)::float8 / 1000), (b ->> 'rate_limit')::int, (b ->> 'max_in_flight')::int,
        (b ->> 'disable_on_gone')::boolean, (b ->> 'disable_after_failures')::int);
    s lealup.subscription;
    reply lealup.http_reply;
    document jsonb;
BEGIN
    IF b ->> 'status' = 'paused' THEN
        PERFORM lealup.pause_subscription(call.tenant_id, new_id);
    END IF;
    SELECT x.* INTO s FROM lealup.subscription x WHERE x.tenant_id = call.tenant_id AND x.id = new_id;
    reply := lealup._http_ok(json_build_object('id', s.id, 'url', s.url, 'events', s.events, 'created_at', lealup._http_stamp(s.created_at), 'status', s.status),
        201, jsonb_build_object('location', call.path || '/' || s.id));
    IF NOT b ? 'secret' THEN
        reply.again := json_build_object('id', s.id, 'url', s.url, 'events', s.events, 'created_at', lealup._http_stamp(s.created_at), 'status', s.status, 'secret', NULL);
        reply.body := json_build_object('id', s.id, 'url', s.url, 'events', s.events, 'created_at', lealup._http_stamp(s.created_at), 'status', s.status,
            'secret', lealup.reveal_secret(s.id));
    END IF;
    RETURN reply;
END $$;
COMMENT ON FUNCTION lealup._http_create_webhook(lealup.http_call) IS 'Answers POST /v1/webhook-subscriptions, as the LealUp Webhooks document prints it; a secret that was generated is added.';

CREATE FUNCTION lealup._http_list_webhooks(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    after jsonb := lealup._http_after(call, '{uuid}');
    items json[];
    positions jsonb[];
BEGIN
    SELECT array_agg(lealup._http_webhook(s.s) ORDER BY (s.s).id), array_agg(jsonb_build_array((s.s).id) ORDER BY (s.s).id) INTO items, positions
    FROM (SELECT x AS s FROM lealup.subscription x
          WHERE x.tenant_id = call.tenant_id AND x.status <> 'deleted' AND (call.query ->> 'status' IS NULL OR x.status = call.query ->> 'status')
            AND (call.query ->> 'updated_since' IS NULL OR x.updated_at >= lealup._http_time(call.query ->> 'updated_since'))
            AND (after IS NULL OR x.id > (after ->> 0)::uuid)
          ORDER BY x.id LIMIT (call.query ->> 'limit')::int + 1) s;
    RETURN lealup._http_list(call, items, positions);
END $$;
COMMENT ON FUNCTION lealup._http_list_webhooks(lealup.http_call) IS 'Answers GET /v1/webhook-subscriptions, in the order in which they were made.';

CREATE FUNCTION lealup._http_get_webhook(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s lealup.subscription := lealup._http_find_webhook(call);
    stats json;
BEGIN
    SELECT json_build_object('days', 7, 'deliveries', x.deliveries, 'success', x.success, 'failed', x.failed, 'pending', x.pending, 'attempts', x.attempts,
        'success_rate', x.success_rate, 'p50_ms', x.p50_ms, 'p95_ms', x.p95_ms, 'p99_ms', x.p99_ms,
        'last_attempt_at', lealup._http_stamp(x.last_attempt_at), 'last_success_at', lealup._http_stamp(x.last_success_at))
    INTO stats FROM lealup.subscription_stats x WHERE x.tenant_id = s.tenant_id AND x.subscription_id = s.id;
    RETURN lealup._http_ok(lealup._http_and(lealup._http_webhook(s), json_build_object('stats', stats)), version => s.version::text);
END $$;
COMMENT ON FUNCTION lealup._http_get_webhook(lealup.http_call) IS 'Answers GET /v1/webhook-subscriptions/{id}: the subscription, and statistics of the deliveries of the last 7 days.';

CREATE FUNCTION lealup._http_update_webhook(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    b jsonb := call.body;
    s lealup.subscription := lealup._http_lock_webhook(call);
BEGIN
    IF b - '{status,secret}'::text[] <> '{}' THEN
        -- A field that is null goes back to its default, which update_subscription() spells in a way of its own for each type.
        PERFORM lealup.update_subscription(s.tenant_id, s.id, b ->> 'url', CASE WHEN b ? 'events' THEN ARRAY(SELECT jsonb_array_elements_text(b -> 'events')) END,
            CASE WHEN b ? 'description' THEN coalesce(b ->> 'description', '') END,
            CASE WHEN b ? 'filters' THEN coalesce(nullif(b -> 'filters', 'null'), '{}') END, CASE WHEN b ? 'headers' THEN coalesce(nullif(b -> 'headers', 'null'), '{}') END,
            CASE WHEN b ? 'retry_schedule' THEN coalesce(lealup._http_intervals(b -> 'retry_schedule'), '{}') END, b ->> 'retry_on',
            make_interval(secs => (b ->> 'timeout_ms')::float8 / 1000), CASE WHEN b ? 'rate_limit' THEN coalesce((b ->> 'rate_limit')::int, -1) END,
            CASE WHEN b ? 'max_in_flight' THEN coalesce((b ->> 'max_in_flight')::int, -1) END, (b ->> 'disable_on_gone')::boolean,
            CASE WHEN b ? 'disable_after_failures' THEN coalesce((b ->> 'disable_after_failures')::int, -1) END);
    END IF;
    IF b ->> 'secret' IS NOT NULL THEN
        PERFORM lealup.rotate_secret(s.tenant_id, s.id, b ->> 'secret');
    ELSIF b ? 'secret' THEN
        PERFORM lealup._http_refuse_field(422, 'secret', 'must not be null; PATCH .../secret generates one');
    END IF;
    IF b ->> 'status' <> s.status THEN
        PERFORM CASE b ->> 'status' WHEN 'paused' THEN lealup.pause_subscription(s.tenant_id, s.id) ELSE lealup.resume_subscription(s.tenant_id, s.id) END;
    END IF;
    s := lealup._http_find_webhook(call);
    RETURN lealup._http_ok(lealup._http_webhook(s), version => s.version::text);
END $$;
COMMENT ON FUNCTION lealup._http_update_webhook(lealup.http_call) IS 'Answers PATCH /v1/webhook-subscriptions/{id}.';

CREATE FUNCTION lealup._http_delete_webhook(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s lealup.subscription := lealup._http_lock_webhook(call);
BEGIN
    PERFORM lealup.delete_subscription(s.tenant_id, s.id);
    RETURN lealup._http_ok(NULL, 204);
END $$;
COMMENT ON FUNCTION lealup._http_delete_webhook(lealup.http_call) IS 'Answers DELETE /v1/webhook-subscriptions/{id}.';

CREATE FUNCTION lealup._http_rotate_secret(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s lealup.subscription := lealup._http_lock_webhook(call);
    generated text := lealup.rotate_secret(s.tenant_id, s.id, call.body ->> 'secret', make_interval(secs => coalesce((call.body ->> 'overlap_seconds')::float8, 0)));
BEGIN
    s := lealup._http_find_webhook(call);
    RETURN lealup._http_ok(CASE WHEN generated IS NULL THEN json_build_object('id', s.id, 'updated_at', lealup._http_stamp(s.updated_at))
        ELSE json_build_object('id', s.id, 'updated_at', lealup._http_stamp(s.updated_at), 'secret', generated) END, version => s.version::text);
END $$;
COMMENT ON FUNCTION lealup._http_rotate_secret(lealup.http_call) IS 'Answers PATCH /v1/webhook-subscriptions/{id}/secret: the new secret signs from now on; one that was generated is shown once.';

-- ----- Deliveries -----

CREATE FUNCTION lealup._http_list_deliveries(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s lealup.subscription := lealup._http_find_webhook(call);
    after jsonb := lealup._http_after(call, '{uuid}');
    wanted text := call.query ->> 'status';
    rows_wanted int := (call.query ->> 'limit')::int + 1;
    since timestamptz := coalesce(lealup._http_time(call.query ->> 'from'), '1970-01-01');
    until timestamptz := coalesce(lealup._http_end(call.query ->> 'to') + interval '1 ms', '9999-01-01');
    first_id uuid := lealup.uuid7_floor(greatest(since, '1970-01-01'));
    end_id uuid := lealup.uuid7_floor(least(greatest(until, '1970-01-01'), '9999-01-01'));
    items json[];
    positions jsonb[];
BEGIN
    IF after IS NOT NULL THEN
        end_id := least(end_id, (after ->> 0)::uuid);
    END IF;
    -- The attempts of a delivery are one range of ids behind its own, so that the newest deliveries are found at the end of an index.
    -- OFFSET 0: what must not be there is looked up for each row of the page; a join may read all that the tenant has.
    WITH page AS (
        SELECT * FROM (
            (SELECT a.delivery_id AS id, a.event_id, a.status, NULL::timestamptz AS next_attempt_at, a.attempt_no, a.started_at, a.latency_us, a.error, a.url,
                    a.request_headers, a.response_status, a.response_headers, a.response_body
             FROM lealup.delivery_attempt a
             WHERE a.tenant_id = s.tenant_id AND a.subscription_id = s.id AND a.id >= first_id AND a.id < end_id AND a.final
               AND (wanted IS NULL OR a.status = wanted)
               AND NOT EXISTS (SELECT FROM lealup.delivery_queue q WHERE q.tenant_id = a.tenant_id AND q.id = a.delivery_id OFFSET 0)
               AND NOT EXISTS (SELECT FROM lealup.delivery_attempt b WHERE b.tenant_id = a.tenant_id AND b.retention_class = a.retention_class
                                 AND b.id > a.id AND b.id <= lealup._last_attempt_id(a.delivery_id) OFFSET 0)
             ORDER BY a.id DESC LIMIT rows_wanted)
            UNION ALL
            (SELECT q.id, q.event_id, 'pending', q.next_attempt_at, l.attempt_no, l.started_at, l.latency_us,
                    coalesce(l.error, CASE WHEN s.status <> 'active' THEN 'held: the subscription is ' || s.status END), l.url,
                    l.request_headers, l.response_status, l.response_headers, l.response_body
             FROM lealup.delivery_queue q
             LEFT JOIN LATERAL (
                 SELECT * FROM lealup.delivery_attempt b WHERE b.tenant_id = s.tenant_id AND b.id > q.id AND b.id <= lealup._last_attempt_id(q.id)
                 ORDER BY b.id DESC LIMIT 1) l ON true
             WHERE q.tenant_id = s.tenant_id AND q.subscription_id = s.id AND q.attempt_no > 0 AND q.id >= first_id AND q.id < end_id
               AND (wanted IS NULL OR wanted = 'pending')
             ORDER BY q.id DESC LIMIT rows_wanted)) d
        ORDER BY d.id DESC LIMIT rows_wanted
    ), shown AS (
        SELECT p.id, json_build_object('id', p.id, 'event', e.event_type, 'event_id', p.event_id, 'status', p.status, 'attempts', coalesce(p.attempt_no, 0),
            'created_at', lealup._http_stamp(lealup.uuid7_time(p.id)), 'last_attempt_at', lealup._http_stamp(p.started_at), 'next_attempt_at', lealup._http_stamp(p.next_attempt_at),
            'latency_ms', round(p.latency_us / 1000.0, 3), 'error', p.error, 'request_url', p.url, 'request_headers', p.request_headers,
            'request_body', lealup._request_body(e.event_type, p.id, e.created_at, e.tenant_id, e.data::text), 'response_status', p.response_status,
            'response_headers', p.response_headers, 'response_body', lealup._printable(p.response_body)) AS item
        FROM page p
        LEFT JOIN lealup.event e ON e.tenant_id = s.tenant_id AND e.id = p.event_id
    )
    SELECT array_agg(x.item ORDER BY x.id DESC), array_agg(jsonb_build_array(x.id) ORDER BY x.id DESC) INTO items, positions FROM shown x;
    RETURN lealup._http_list(call, items, positions);
END $$;
COMMENT ON FUNCTION lealup._http_list_deliveries(lealup.http_call) IS 'Answers GET /v1/webhook-subscriptions/{id}/deliveries, the newest first.';

CREATE FUNCTION lealup._http_replay(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s lealup.subscription := lealup._http_find_webhook(call);
    wanted uuid := lealup._http_id(call, 'delivery_id', 'delivery');
BEGIN
    PERFORM lealup._http_found(EXISTS (
        SELECT FROM lealup.delivery_queue q WHERE q.tenant_id = s.tenant_id AND q.id = wanted AND q.subscription_id = s.id
        UNION ALL
        SELECT FROM lealup.delivery_attempt a WHERE a.tenant_id = s.tenant_id AND a.subscription_id = s.id
            AND a.id > wanted AND a.id <= lealup._last_attempt_id(wanted)), 'delivery');
    PERFORM lealup.replay(s.tenant_id, wanted);
    RETURN lealup._http_ok(json_build_object('delivery_id', wanted, 'status', 'pending'), 202);
END $$;
COMMENT ON FUNCTION lealup._http_replay(lealup.http_call) IS 'Answers POST /v1/webhook-subscriptions/{id}/deliveries/{delivery_id}/replay.';

CREATE FUNCTION lealup._http_test_webhook(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s lealup.subscription := lealup._http_find_webhook(call);
BEGIN
    RETURN lealup._http_ok(json_build_object('delivery_id', lealup.send_test_event(s.tenant_id, s.id, call.body ->> 'event'), 'status', 'pending'), 202);
END $$;
COMMENT ON FUNCTION lealup._http_test_webhook(lealup.http_call) IS 'Answers POST /v1/webhook-subscriptions/{id}/test.';

CREATE FUNCTION lealup._http_recover(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s lealup.subscription := lealup._http_find_webhook(call);
    wanted text := coalesce(call.body ->> 'status', 'failed');
    since timestamptz := lealup._http_time(call.body ->> 'from');
    until timestamptz := coalesce(lealup._http_end(call.body ->> 'to'), now());
    dry_run boolean := coalesce((call.body ->> 'dry_run')::boolean, false);
BEGIN
    IF since > until THEN
        PERFORM lealup._http_refuse_field(422, 'from', 'must not be later than to');
    END IF;
    RETURN lealup._http_ok(json_build_object('dry_run', dry_run, 'deliveries',
        CASE wanted WHEN 'missing' THEN lealup.replay_missing(s.tenant_id, s.id, since, until, dry_run)
            ELSE lealup.recover(s.tenant_id, s.id, since, until, wanted, dry_run) END), CASE WHEN dry_run THEN 200 ELSE 202 END);
END $$;
COMMENT ON FUNCTION lealup._http_recover(lealup.http_call) IS 'Answers POST /v1/webhook-subscriptions/{id}/recover.';

-- ----- Routes -----

SELECT lealup._add_route('GET', '/v1/webhook-events', '_http_list_events', 'webhooks:read', 'The event types that can be subscribed to',
    responses => '{"200": {"type": "object", "additionalProperties": false, "required": ["data"], "properties": {"data": {"type": "array", "items": {"type": "object", "additionalProperties": false,
        "required": ["event", "description", "filters", "schema", "builtin"], "properties": {"event": {"type": "string"}, "description": {"type": "string"},
        "filters": {"type": "array", "items": {"type": "string"}}, "schema": {"type": ["object", "null"]}, "builtin": {"type": "boolean"}}}}}}}');
SELECT lealup._add_route('GET', '/v1/webhook-events/{event}/filters', '_http_list_filters', 'webhooks:read', 'The filters that an event type supports',
    responses => '{"200": {"type": "object", "additionalProperties": false, "required": ["data"], "properties": {"data": {"type": "array", "items": {"type": "object", "additionalProperties": false,
        "required": ["filter", "type", "match", "values", "description"], "properties": {"filter": {"type": "string"}, "type": {"type": "string", "enum": ["string", "number", "boolean"]},
        "match": {"type": "string", "enum": ["any", "min", "max"]}, "values": {"type": ["array", "null"], "items": {}}, "description": {"type": ["string", "null"]}}}}}}}');
SELECT lealup._add_route('POST', '/v1/events', '_http_emit', 'events:write', 'Emit an event',
    request => '{"type": "object", "additionalProperties": false, "required": ["event", "data"], "properties": {"event": {"type": "string", "maxLength": 200}, "data": {"type": "object", "description": "Sent to subscribers as it stands."},
        "customer_id": {"type": ["string", "null"], "format": "uuid"}, "context": {"type": ["object", "null"], "description": "Facts for filters that are not sent."},
        "idempotency_key": {"type": ["string", "null"], "minLength": 1, "maxLength": 255, "description": "A second event with the same key is not recorded, as long as the log is kept."}}}',
    responses => '{"201": {"type": "object", "additionalProperties": false, "required": ["id", "event", "created_at"], "properties": {"id": {"type": "string", "format": "uuid"}, "event": {"type": "string"}, "created_at": {"type": "string", "format": "date-time"}}}}',
    example => '{"event": "health.drop_sharp", "customer_id": "0190f5f4-7c00-7000-8000-000000000001", "context": {"arr": 120000}, "data": {"customer_id": "0190f5f4-7c00-7000-8000-000000000001", "customer_name": "Acme Corp",
        "previous_score": 72, "current_score": 54, "delta": -18, "days": 5, "owner_id": "0190f5f4-7c00-7000-8000-000000000001", "owner_email": "lee@your-system.com"}}');
SELECT lealup._add_route('POST', '/v1/webhook-subscriptions', '_http_create_webhook', 'webhooks:write', 'Create a subscription',
    request => (SELECT s.schema || '{"required": ["url", "events"]}' FROM lealup.api_schema s WHERE s.name = 'WebhookSettings'),
    responses => '{"201": {"$ref": "#/components/schemas/NewWebhook"}}',
    example => '{"url": "https://your-system.com/lealup-webhook", "events": ["health.drop_sharp", "renewal.approaching"], "secret": "wh_secret_abc123abc123abc123abc123",
        "description": "Alerts to Slack via Zapier", "filters": {"segment_id": "0190f5f4-7c00-7000-8000-000000000001"}}');
SELECT lealup._add_route('GET', '/v1/webhook-subscriptions', '_http_list_webhooks', 'webhooks:read', 'List subscriptions',
    parameters => lealup._http_paging() || '{"status": {"type": "string", "enum": ["active", "paused", "disabled"]}, "updated_since": {"type": "string", "format": "date-time"}}',
    responses => lealup._http_list_of('{"$ref": "#/components/schemas/Webhook"}'));
SELECT lealup._add_route('GET', '/v1/webhook-subscriptions/{id}', '_http_get_webhook', 'webhooks:read', 'A subscription, with statistics of the last 7 days',
    responses => '{"200": {"$ref": "#/components/schemas/WebhookDetail"}}');
SELECT lealup._add_route('PATCH', '/v1/webhook-subscriptions/{id}', '_http_update_webhook', 'webhooks:write', 'Change a subscription',
    request => '{"$ref": "#/components/schemas/WebhookSettings"}', responses => '{"200": {"$ref": "#/components/schemas/Webhook"}}',
    example => '{"events": ["health.changed"], "filters": {"min_arr": 50000, "from_status": ["healthy", "neutral"], "to_status": "at_risk"}}');
SELECT lealup._add_route('DELETE', '/v1/webhook-subscriptions/{id}', '_http_delete_webhook', 'webhooks:write', 'Delete a subscription', responses => '{"204": null}');
SELECT lealup._add_route('PATCH', '/v1/webhook-subscriptions/{id}/secret', '_http_rotate_secret', 'webhooks:write', 'Replace the secret',
    request => '{"type": "object", "additionalProperties": false, "properties": {"secret": {"type": ["string", "null"], "minLength": 32, "maxLength": 1000, "description": "Null or absent: one is generated."},
        "overlap_seconds": {"type": "integer", "minimum": 0, "maximum": 2592000, "description": "How long the old one signs as well."}}}',
    responses => '{"200": {"type": "object", "additionalProperties": false, "required": ["id", "updated_at"], "properties": {"id": {"type": "string", "format": "uuid"}, "updated_at": {"type": "string", "format": "date-time"}, "secret": {"type": "string"}}}}');
SELECT lealup._add_route('GET', '/v1/webhook-subscriptions/{id}/deliveries', '_http_list_deliveries', 'webhooks:read', 'The deliveries of a subscription, the newest first',
    parameters => lealup._http_paging() || '{"status": {"type": "string", "enum": ["success", "failed", "pending"]}, "from": {"type": "string", "format": "date-time", "description": "Of events from then on."},
        "to": {"type": "string", "format": "date-time", "description": "Of events until then, or the end of that day."}}',
    responses => lealup._http_list_of('{"$ref": "#/components/schemas/WebhookDelivery"}'));
SELECT lealup._add_route('POST', '/v1/webhook-subscriptions/{id}/deliveries/{delivery_id}/replay', '_http_replay', 'webhooks:write', 'Send a delivery again',
    responses => '{"202": {"$ref": "#/components/schemas/QueuedDelivery"}}');
SELECT lealup._add_route('POST', '/v1/webhook-subscriptions/{id}/test', '_http_test_webhook', 'webhooks:write', 'Send a test event',
    request => '{"type": "object", "additionalProperties": false, "properties": {"event": {"type": ["string", "null"], "maxLength": 200, "description": "Null or absent: webhook.test; else this type, with example data."}}}',
    responses => '{"202": {"$ref": "#/components/schemas/QueuedDelivery"}}');
SELECT lealup._add_route('POST', '/v1/webhook-subscriptions/{id}/recover', '_http_recover', 'webhooks:write', 'Send again what ended in a time',
    request => '{"type": "object", "additionalProperties": false, "required": ["from"], "properties": {"from": {"type": "string", "format": "date-time"}, "to": {"type": ["string", "null"], "format": "date-time"},
        "status": {"type": "string", "enum": ["failed", "success", "any", "missing"], "description": "missing: events that match the subscription and have no delivery."}, "dry_run": {"type": "boolean", "description": "Only count."}}}',
    responses => '{"200": {"type": "object", "additionalProperties": false, "required": ["deliveries", "dry_run"], "properties": {"deliveries": {"type": "integer"}, "dry_run": {"type": "boolean"}}},
        "202": {"type": "object", "additionalProperties": false, "required": ["deliveries", "dry_run"], "properties": {"deliveries": {"type": "integer"}, "dry_run": {"type": "boolean"}}}}', rate_class => 'heavy');
