-- The HTTP API of health and renewals.

INSERT INTO lealup.api_schema (name, schema) VALUES
('HealthDetail', lealup._http_shape((SELECT s.schema -> 'properties' FROM lealup.api_schema s WHERE s.name = 'Health') || jsonb_build_object(
    'customer_id', '{"type": "string", "format": "uuid"}'::jsonb,
    'inputs', jsonb_build_object('type', 'array', 'description', 'What the score is made of.', 'items', lealup._http_shape('{"kind": {"type": "string"}, "value": {"type": ["number", "null"]},
        "observed_at": {"type": ["string", "null"], "format": "date-time"}, "state": {"type": "string", "enum": ["fresh", "stale", "missing"]}, "points": {"type": ["number", "null"], "minimum": 0, "maximum": 100},
        "weight": {"type": "number"}, "share": {"type": "number", "description": "Percent of the weight that counts."}, "contribution": {"type": "number", "description": "Points; together they are the score before rounding."},
        "explanation": {"type": "string"}}')),
    'history', jsonb_build_object('type', 'array', 'description', 'The changes of the score, the newest first.', 'maxItems', 1000, 'items', lealup._http_shape('{"changed_at": {"type": "string", "format": "date-time"},
        "previous_score": {"type": ["integer", "null"]}, "score": {"type": "integer"}, "band": {"type": "string", "enum": ["healthy", "neutral", "at_risk"]}}'))))),
('HealthSignalSettings', lealup._http_shape('{"customer_id": {"type": "string", "format": "uuid"}, "kind": {"type": "string", "minLength": 1, "maxLength": 100, "description": "Such as logins or nps."},
    "value": {"type": ["number", "null"], "minimum": -1e300, "maximum": 1e300, "description": "Null = the source says that there is none, which is not zero."},
    "observed_at": {"type": "string", "format": "date-time", "description": "Now, if it is absent."}, "source": {"type": "string", "minLength": 1, "maxLength": 100},
    "external_id": {"type": ["string", "null"], "minLength": 1, "maxLength": 1000, "description": "A second signal of the source with the same one is passed over."}}', '{customer_id,kind,value}')),
('HealthSignal', lealup._http_shape('{"id": {"type": "string", "format": "uuid"}, "customer_id": {"type": "string", "format": "uuid"}, "kind": {"type": "string"}, "value": {"type": ["number", "null"]},
    "observed_at": {"type": "string", "format": "date-time"}, "source": {"type": "string"}, "external_id": {"type": ["string", "null"]}, "created_at": {"type": "string", "format": "date-time"}}')),
('Renewal', lealup._http_shape('{"id": {"type": "string", "format": "uuid"}, "customer_id": {"type": "string", "format": "uuid"}, "customer_name": {"type": "string"}, "renewal_date": {"type": "string", "format": "date"},
    "amount": {"type": ["number", "null"]}, "currency": {"type": "string"}, "status": {"type": "string", "enum": ["open", "completed", "churned", "cancelled"]}, "reason": {"type": ["string", "null"]},
    "closed_at": {"type": ["string", "null"], "format": "date-time"}, "created_at": {"type": "string", "format": "date-time"}}'));

-- ----- Health -----

CREATE FUNCTION lealup._http_get_health(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c lealup.customer := lealup._http_find_customer(call);
    since timestamptz := now() - make_interval(days => (call.query ->> 'days')::int);
BEGIN
    RETURN lealup._http_show(lealup._http_and(lealup._http_health(c.tenant_id, c.id), json_build_object('customer_id', c.id,
        'inputs', (SELECT coalesce(json_agg(json_build_object('kind', e.kind, 'value', e.value, 'observed_at', lealup._http_stamp(e.observed_at), 'state', e.state, 'points', e.points,
                'weight', e.weight, 'share', e.share, 'contribution', e.contribution, 'explanation', e.explanation) ORDER BY e.n), '[]')
            FROM lealup.explain_health(c.tenant_id, c.id) WITH ORDINALITY e(kind, value, observed_at, state, points, weight, share, contribution, explanation, n)),
        'history', (SELECT coalesce(json_agg(json_build_object('changed_at', lealup._http_stamp(h.changed_at), 'previous_score', h.previous_score, 'score', h.score, 'band', h.band)
                ORDER BY h.changed_at DESC, h.id DESC), '[]')
            FROM (SELECT x.* FROM lealup.health_score_history x WHERE x.tenant_id = c.tenant_id AND x.customer_id = c.id AND x.changed_at >= since
                  ORDER BY x.changed_at DESC, x.id DESC LIMIT 1000) h))));
END $$;
COMMENT ON FUNCTION lealup._http_get_health(lealup.http_call) IS
    'Answers GET /v1/customers/{id}/health: the score, what it is made of, and its latest 1000 changes, by (tenant_id, customer_id, changed_at).';

CREATE FUNCTION lealup._http_health_signal(s lealup.health_signal) RETURNS json
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN json_build_object('id', s.id, 'customer_id', s.customer_id, 'kind', s.kind, 'value', s.value, 'observed_at', lealup._http_stamp(s.observed_at), 'source', s.source,
        'external_id', s.external_id, 'created_at', lealup._http_stamp(s.created_at));
COMMENT ON FUNCTION lealup._http_health_signal(lealup.health_signal) IS 'A health signal as answers show it.';

CREATE FUNCTION lealup._http_store_signals(tenant_id uuid, signals jsonb) RETURNS SETOF lealup.health_signal
    LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    INSERT INTO lealup.health_signal AS h (tenant_id, customer_id, kind, value, observed_at, source, external_id)
    SELECT _http_store_signals.tenant_id, (s ->> 'customer_id')::uuid, s ->> 'kind', (s ->> 'value')::double precision,
           coalesce(lealup._http_time(s ->> 'observed_at'), now()), coalesce(s ->> 'source', 'api'), s ->> 'external_id'
    FROM jsonb_array_elements(_http_store_signals.signals) s
    ON CONFLICT (tenant_id, source, external_id) DO NOTHING
    RETURNING *;
END;
COMMENT ON FUNCTION lealup._http_store_signals(uuid, jsonb) IS 'Stores health signals in one statement, and gives those that were not there.';

CREATE FUNCTION lealup._http_add_signal(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s lealup.health_signal;
    status int := 201;
BEGIN
    PERFORM lealup._http_check_references(call.tenant_id, call.body);
    SELECT * INTO s FROM lealup._http_store_signals(call.tenant_id, jsonb_build_array(call.body));
    IF NOT FOUND THEN
        SELECT x.* INTO s FROM lealup.health_signal x
        WHERE x.tenant_id = call.tenant_id AND x.source = coalesce(call.body ->> 'source', 'api') AND x.external_id = call.body ->> 'external_id';
        status := 200;
    END IF;
    RETURN lealup._http_ok(lealup._http_health_signal(s), status);
END $$;
COMMENT ON FUNCTION lealup._http_add_signal(lealup.http_call) IS 'Answers POST /v1/health-signals; 200 with the one that is there if its external_id was sent before.';

CREATE FUNCTION lealup._http_add_signals(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    errors jsonb;
    stored bigint;
BEGIN
    SELECT jsonb_agg(x.error ORDER BY x.n) INTO errors
    FROM (SELECT s.n, jsonb_build_object('field', format('signals[%s].customer_id', s.n - 1), 'message', 'does not exist') AS error
          FROM jsonb_array_elements(call.body -> 'signals') WITH ORDINALITY s(v, n)
          WHERE NOT EXISTS (SELECT FROM lealup.customer c WHERE c.tenant_id = call.tenant_id AND c.id = (s.v ->> 'customer_id')::uuid AND c.deleted_at IS NULL)
          ORDER BY s.n LIMIT 20) x;
    IF errors IS NOT NULL THEN
        PERFORM lealup._http_refuse(422, 'It refers to customers that do not exist.', errors);
    END IF;
    SELECT count(*) INTO stored FROM lealup._http_store_signals(call.tenant_id, call.body -> 'signals');
    RETURN lealup._http_ok(json_build_object('stored', stored, 'repeated', jsonb_array_length(call.body -> 'signals') - stored), 201);
END $$;
COMMENT ON FUNCTION lealup._http_add_signals(lealup.http_call) IS 'Answers POST /v1/health-signals/bulk: all or none.';

-- ----- Renewals -----

CREATE FUNCTION lealup._http_renewal(r lealup.renewal) RETURNS json
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN json_build_object('id', r.id, 'customer_id', r.customer_id,
        'customer_name', (SELECT c.name FROM lealup.customer c WHERE c.tenant_id = r.tenant_id AND c.id = r.customer_id),
        'renewal_date', r.renewal_date, 'amount', r.amount, 'currency', r.currency, 'status', r.status, 'reason', r.reason, 'closed_at', lealup._http_stamp(r.closed_at),
        'created_at', lealup._http_stamp(r.created_at));
COMMENT ON FUNCTION lealup._http_renewal(lealup.renewal) IS 'A renewal as answers show it.';

CREATE FUNCTION lealup._http_find_renewal(tenant_id uuid, renewal_id uuid) RETURNS json
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r lealup.renewal;
BEGIN
    SELECT x.* INTO r FROM lealup.renewal x WHERE x.tenant_id = _http_find_renewal.tenant_id AND x.id = _http_find_renewal.renewal_id;
    PERFORM lealup._http_found(FOUND, 'renewal');
    RETURN lealup._http_renewal(r);
END $$;
COMMENT ON FUNCTION lealup._http_find_renewal(uuid, uuid) IS 'A renewal as answers show it; ends the request with 404 if there is none.';

CREATE FUNCTION lealup._http_list_renewals(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    first_day date := (call.query ->> 'from')::date;
    last_day date := (call.query ->> 'to')::date;
BEGIN
    RETURN lealup._http_page(call, 'renewal', '_http_renewal', '{customer_id,status}',
        nullif(concat_ws(' AND ', 'x.renewal_date >= ' || quote_literal(first_day), 'x.renewal_date <= ' || quote_literal(last_day)), ''),
        '{renewal_date,id}', '{date,uuid}');
END $$;
COMMENT ON FUNCTION lealup._http_list_renewals(lealup.http_call) IS
    'Answers GET /v1/renewals by date: open ones by (tenant_id, renewal_date), a customer''s by (tenant_id, customer_id); the closed ones of a tenant are sorted.';

CREATE FUNCTION lealup._http_get_renewal(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN lealup._http_show(lealup._http_find_renewal(call.tenant_id, lealup._http_id(call, 'id', 'renewal')));
END $$;
COMMENT ON FUNCTION lealup._http_get_renewal(lealup.http_call) IS 'Answers GET /v1/renewals/{id}.';

CREATE FUNCTION lealup._http_complete_renewal(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    id uuid := lealup._http_id(call, 'id', 'renewal');
    next_id uuid := lealup.complete_renewal(call.tenant_id, id, (call.body ->> 'next_date')::date, (call.body ->> 'amount')::numeric);
BEGIN
    RETURN lealup._http_ok(lealup._http_and(lealup._http_find_renewal(call.tenant_id, id), json_build_object('next', lealup._http_find_renewal(call.tenant_id, next_id))));
END $$;
COMMENT ON FUNCTION lealup._http_complete_renewal(lealup.http_call) IS 'Answers POST /v1/renewals/{id}/complete: the renewal, and the next one.';

CREATE FUNCTION lealup._http_churn_renewal(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    id uuid := lealup._http_id(call, 'id', 'renewal');
BEGIN
    PERFORM lealup.churn_renewal(call.tenant_id, id, call.body ->> 'reason', coalesce((call.body ->> 'churn_customer')::boolean, true));
    RETURN lealup._http_ok(lealup._http_find_renewal(call.tenant_id, id));
END $$;
COMMENT ON FUNCTION lealup._http_churn_renewal(lealup.http_call) IS 'Answers POST /v1/renewals/{id}/churn.';

-- ----- Routes -----

SELECT lealup._add_route('GET', '/v1/customers/{id}/health', '_http_get_health', 'health:read', 'A customer''s health, what it is made of, and how it was',
    parameters => '{"days": {"type": "integer", "minimum": 1, "maximum": 400, "default": 90, "description": "Of the history."}}', responses => '{"200": {"$ref": "#/components/schemas/HealthDetail"}}');
SELECT lealup._add_route('POST', '/v1/health-signals', '_http_add_signal', 'health:write', 'Report what was observed of a customer',
    request => '{"$ref": "#/components/schemas/HealthSignalSettings"}',
    responses => '{"200": {"$ref": "#/components/schemas/HealthSignal"}, "201": {"$ref": "#/components/schemas/HealthSignal"}}');
SELECT lealup._add_route('POST', '/v1/health-signals/bulk', '_http_add_signals', 'health:write', 'Report up to 1000 signals, all or none',
    request => lealup._http_shape('{"signals": {"type": "array", "minItems": 1, "maxItems": 1000, "items": {"$ref": "#/components/schemas/HealthSignalSettings"}}}'),
    responses => jsonb_build_object('201', lealup._http_shape('{"stored": {"type": "integer"}, "repeated": {"type": "integer", "description": "Passed over, because their external_id was sent before."}}')),
    rate_class => 'heavy');
SELECT lealup._add_route('GET', '/v1/renewals', '_http_list_renewals', 'renewals:read', 'List renewals by date',
    parameters => lealup._http_paging() || lealup._http_id_of('customer_id', 'Of this customer.') || '{"status": {"type": "string", "enum": ["open", "completed", "churned", "cancelled"], "default": "open"},
        "from": {"type": "string", "format": "date", "description": "Renewals from that day on."}, "to": {"type": "string", "format": "date", "description": "Renewals until that day."}}',
    responses => lealup._http_list_of('{"$ref": "#/components/schemas/Renewal"}'));
SELECT lealup._add_route('GET', '/v1/renewals/{id}', '_http_get_renewal', 'renewals:read', 'A renewal', responses => '{"200": {"$ref": "#/components/schemas/Renewal"}}');
SELECT lealup._add_route('POST', '/v1/renewals/{id}/complete', '_http_complete_renewal', 'renewals:write', 'The customer renewed',
    request => lealup._http_shape('{"next_date": {"type": ["string", "null"], "format": "date", "description": "Of the next renewal; null = a year later."},
        "amount": {"type": ["number", "null"], "minimum": 0, "maximum": 99999999999999.99, "description": "For what the customer renewed; null = as expected."}}', '{}'),
    responses => (SELECT jsonb_build_object('200', lealup._http_shape((s.schema -> 'properties') || '{"next": {"$ref": "#/components/schemas/Renewal"}}')) FROM lealup.api_schema s WHERE s.name = 'Renewal'));
SELECT lealup._add_route('POST', '/v1/renewals/{id}/churn', '_http_churn_renewal', 'renewals:write', 'The customer did not renew',
    request => lealup._http_shape('{"reason": {"type": ["string", "null"], "maxLength": 2000, "examples": ["They chose another product."]}, "churn_customer": {"type": "boolean", "description": "Whether the customer''s status becomes churned, as it does if this is absent."}}', '{}'),
    responses => '{"200": {"$ref": "#/components/schemas/Renewal"}}');
