-- The HTTP API: examples, made of the schemas of a route, so that they fit.

-- The document's own values, and others like them.
CREATE FUNCTION lealup._http_example_value(field text) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN '{"url": "https://your-system.com/lealup-webhook", "events": ["health.drop_sharp", "renewal.approaching"], "secret": "wh_secret_abc123abc123abc123abc123", "description": "Alerts to Slack via Zapier",
        "event": "health.drop_sharp", "event_type": "health.drop_sharp", "headers": {"X-Team": "success"}, "header_names": ["X-Team"], "filters": {"min_arr": 50000}, "filter": "min_arr", "context": {"min_arr": 50000},
        "data": {"customer_name": "Acme Corp"}, "retry_schedule": [0, 60, 300, 1800], "request_headers": {"X-LealUp-Event": "health.drop_sharp"}, "response_headers": {"content-type": "application/json"}, "response_status": 200, "timeout_ms": 5000,
        "request_body": "{\"event\": \"health.drop_sharp\"}", "response_body": "ok", "request_url": "https://your-system.com/lealup-webhook", "latency_ms": 84.2, "success_rate": 99.5, "p50_ms": 84.2, "p95_ms": 212.7, "p99_ms": 480.1,
        "rate_limit": 50, "max_in_flight": 10, "score": 54, "previous_score": 72, "band": "at_risk", "color": "red", "arr": 120000, "amount": 120000, "currency": "USD", "tier": "enterprise", "domain": "acme.example", "phone": "+34600123456",
        "email": "ana@acme.example", "owner_email": "lee@your-system.com", "assignee_email": "lee@your-system.com", "customer_name": "Acme Corp", "contact_name": "Ana Ruiz", "author_name": "Ana Ruiz", "playbook_name": "Rescue", "name": "Acme Corp",
        "title": "Quarterly review", "subject": "The export fails", "body": "They are content.", "summary": "They want to cancel.", "time_zone": "Europe/Madrid", "provider": "salesforce", "external_id": "0015e00002", "source": "api", "channel": "email", "kind": "logins",
        "value": 80, "custom": {"industry": "retail"}, "prefix": "lk_0190f5f47c0070008000000000000001_", "scopes": ["webhooks:read"], "key": "lk_0190f5f47c0070008000000000000001_...", "status_reason": null, "error": null, "reason": null, "next": null, "next_cursor": null,
        "next_attempt_at": null, "revoked_at": null, "escalated_at": null, "escalation_reason": null, "resolved_at": null, "completed_at": null, "closed_at": null, "playbook_run_id": null, "payload": null, "idempotency_key": "order-4711", "language": "english",
        "mapping_name": "accounts", "target": "customer", "field": "arr", "steps": [{"type": "create_task", "title": "Call"}], "step": {"type": "create_task", "title": "Call"}, "fields": ["42", "Acme Corp"], "attendees": [{"email": "ana@acme.example"}],
        "participants": [{"email": "ana@acme.example"}], "schema": {"type": "object"}, "type": "number", "days": 7, "step_no": 1, "row_no": 1, "explanation": "logins was 80", "headline": "How to <mark>export</mark>", "rank": 0.6, "classifier": "lexicon",
        "disable_after_failures": null, "cooldown_seconds": 86400, "location": null, "overlap_seconds": 3600, "body_truncated": false, "stale": false, "dry_run": false, "internal": false, "active": true, "enabled": true,
        "next_date": "2027-06-30", "renewal_date": "2026-06-30"}'::jsonb -> field;
COMMENT ON FUNCTION lealup._http_example_value(text) IS 'What a field of this name may hold, if it may; SQL null for names that are not known.';

CREATE FUNCTION lealup._http_example(schema jsonb, field text, whole boolean) RETURNS jsonb
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    known jsonb;
    kind text;
BEGIN
    schema := lealup._http_schema(schema);
    known := coalesce(schema -> 'examples' -> 0, lealup._http_example_value(field));
    kind := CASE jsonb_typeof(schema -> 'type') WHEN 'array' THEN schema -> 'type' ->> 0 ELSE schema ->> 'type' END;
    IF known IS NOT NULL AND NOT schema ? 'properties' AND lealup._http_check(schema, known, '') = '[]' THEN
        RETURN known;
    END IF;
    RETURN CASE
        WHEN schema ? 'enum' THEN schema -> 'enum' -> 0
        WHEN schema ? 'default' THEN schema -> 'default'
        WHEN kind = 'object' THEN (
            SELECT coalesce(jsonb_object_agg(p.key, lealup._http_example(p.value, p.key, whole)), '{}') FROM jsonb_each(schema -> 'properties') p
            WHERE whole OR coalesce(schema -> 'required' ? p.key, false))
        WHEN kind = 'array' THEN CASE WHEN schema -> 'items' <> '{}' THEN jsonb_build_array(lealup._http_example(schema -> 'items', field, whole)) ELSE '[]' END
        WHEN kind IN ('integer', 'number') THEN coalesce(schema -> 'minimum', '1')
        WHEN kind = 'boolean' THEN 'true'
        WHEN kind IS NULL OR kind = 'null' THEN 'null'
        ELSE to_jsonb(CASE schema ->> 'format' WHEN 'uuid' THEN '0190f5f4-7c00-7000-8000-000000000001' WHEN 'date-time' THEN '2026-04-15T14:30:00.000Z'
            WHEN 'date' THEN '2026-04-15' WHEN 'email' THEN 'ana@acme.example' ELSE rpad(coalesce(field, 'text'), coalesce((schema ->> 'minLength')::int, 0), 'x') END) END;
END $$;
COMMENT ON FUNCTION lealup._http_example(jsonb, text, boolean) IS 'A value that fits a schema: the first one of its keyword examples, else one for a field of that name. whole: with all fields, not only those that are required.';
