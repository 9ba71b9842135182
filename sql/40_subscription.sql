-- Subscriptions: who gets which events, where, and how.

CREATE TABLE lealup.subscription (
    tenant_id uuid NOT NULL REFERENCES lealup.tenant,
    id uuid NOT NULL,
    url text NOT NULL,
    events text[] NOT NULL,
    description text,
    filters jsonb NOT NULL DEFAULT '{}',
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'paused', 'disabled', 'deleted')),
    status_reason text,
    header_names text[] NOT NULL DEFAULT '{}',
    retry_schedule interval[],
    retry_on text NOT NULL DEFAULT 'standard' CHECK (retry_on IN ('standard', 'any')),
    timeout interval NOT NULL DEFAULT '5 s',
    rate_limit int,
    max_in_flight int,
    disable_on_gone boolean NOT NULL DEFAULT false,
    disable_after_failures int,
    consecutive_failures int NOT NULL DEFAULT 0,
    version int NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
COMMENT ON TABLE lealup.subscription IS 'Webhook subscriptions. Their secrets are in vault_secret, encrypted.';
COMMENT ON COLUMN lealup.subscription.status IS 'active; paused or disabled (deliveries are held); deleted (deliveries are finished as failed).';
COMMENT ON COLUMN lealup.subscription.header_names IS 'Names of the custom headers; their values are secrets.';
COMMENT ON COLUMN lealup.subscription.retry_schedule IS 'How long attempt n waits after the one before it; null = the document''s seven steps.';
COMMENT ON COLUMN lealup.subscription.rate_limit IS 'Requests per second; null = lealup.endpoint_rate_limit, 0 = unlimited.';
COMMENT ON COLUMN lealup.subscription.consecutive_failures IS 'Deliveries that failed for good since the last success; kept only with disable_after_failures.';
COMMENT ON COLUMN lealup.subscription.created_at IS 'By the clock, not the transaction: an event reaches the subscriptions that existed when it was emitted.';

-- The document's schedule; attempt n waits this long after attempt n - 1.
CREATE FUNCTION lealup._default_retry_schedule() RETURNS interval[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ARRAY['0', '1 min', '5 min', '30 min', '2 h', '12 h', '24 h']::interval[];
COMMENT ON FUNCTION lealup._default_retry_schedule() IS 'The seven steps of the LealUp Webhooks document, section "Delivery and retries".';

CREATE FUNCTION lealup._reserved_header(name text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN lower(name) ~ '^(x-lealup-.*|webhook-.*|proxy-.*|sec-.*)$'
        OR lower(name) IN ('host', 'content-length', 'content-type', 'content-encoding', 'transfer-encoding', 'connection', 'keep-alive',
            'upgrade', 'te', 'trailer', 'expect', 'user-agent', 'accept-encoding', 'date', 'via', 'forwarded');
COMMENT ON FUNCTION lealup._reserved_header(text) IS 'Whether a header is set by lealup or by HTTP itself, so that a subscription may not set it.';

CREATE FUNCTION lealup._check_headers(headers jsonb) RETURNS void
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    h record;
BEGIN
    IF jsonb_typeof(headers) IS DISTINCT FROM 'object' THEN
        RAISE EXCEPTION 'headers must be a JSON object of names and values' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF (SELECT count(*) FROM jsonb_object_keys(headers)) > 20 THEN
        RAISE EXCEPTION 'too many headers' USING ERRCODE = 'invalid_parameter_value', DETAIL = 'A subscription has at most 20 custom headers.';
    END IF;
    IF (SELECT count(DISTINCT lower(k)) <> count(*) FROM jsonb_object_keys(headers) k) THEN
        RAISE EXCEPTION 'headers name the same header twice' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    FOR h IN SELECT key, value FROM jsonb_each(headers) LOOP
        IF h.key !~ '^[A-Za-z0-9!#$%&''*+.^_`|~-]{1,100}$' THEN
            RAISE EXCEPTION 'invalid header name: %', quote_literal(left(h.key, 100))
                USING ERRCODE = 'invalid_parameter_value', DETAIL = 'A name is 1 to 100 characters of an HTTP token.';
        END IF;
        IF lealup._reserved_header(h.key) THEN
            RAISE EXCEPTION 'header "%" is reserved', h.key
                USING ERRCODE = 'invalid_parameter_value', DETAIL = 'It is set by lealup or by HTTP itself.';
        END IF;
        IF jsonb_typeof(h.value) <> 'string' OR h.value #>> '{}' !~ '^[!-~]([ -~\t]*[!-~])?$'
            OR length(h.value #>> '{}') > 4000 THEN
            RAISE EXCEPTION 'invalid value for header "%"', h.key
                USING ERRCODE = 'invalid_parameter_value',
                      DETAIL = 'A value is a string of 1 to 4000 printable ASCII characters (no CR, LF or NUL), without blanks at its ends.';
        END IF;
    END LOOP;
END $$;
COMMENT ON FUNCTION lealup._check_headers(jsonb) IS 'Raises invalid_parameter_value unless headers are {name: value} without reserved names and control characters. Never shows a value.';

CREATE FUNCTION lealup._check_secret(secret text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF length(secret) NOT BETWEEN 32 AND 1000 THEN
        RAISE EXCEPTION 'secret must have 32 to 1000 characters'
            USING ERRCODE = 'invalid_parameter_value', DETAIL = format('It has %s.', length(secret)),
                  HINT = 'Leave it null to have one generated.';
    END IF;
    IF secret ~ '[^\x21-\x7e]' THEN
        RAISE EXCEPTION 'secret must consist of printable ASCII characters without blanks' USING ERRCODE = 'invalid_parameter_value';
    END IF;
END $$;
COMMENT ON FUNCTION lealup._check_secret(text) IS 'Raises invalid_parameter_value unless a signing secret has 32 to 1000 printable ASCII characters. Never shows it.';

CREATE FUNCTION lealup._check_subscription(s lealup.subscription) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF s.url IS NULL THEN
        RAISE EXCEPTION 'url must not be null' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM lealup._check_url(s.url);
    PERFORM lealup._check_events(s.tenant_id, s.events);
    PERFORM lealup._check_filters(s.tenant_id, s.events, s.filters);
    IF length(s.description) > 1000 THEN
        RAISE EXCEPTION 'description must have at most 1000 characters' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF s.retry_schedule IS NOT NULL AND (cardinality(s.retry_schedule) > 20
        OR EXISTS (SELECT FROM unnest(s.retry_schedule) i WHERE i IS NULL OR i < '0' OR i > '7 days')) THEN
        RAISE EXCEPTION 'invalid retry_schedule'
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = 'It has at most 20 intervals of 0 to 7 days; the first one is the wait before the first attempt.';
    END IF;
    IF coalesce(s.retry_on, '') NOT IN ('standard', 'any') THEN
        RAISE EXCEPTION 'invalid retry_on: %', coalesce(quote_literal(left(s.retry_on, 100)), 'null')
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = 'standard retries timeouts, broken connections, 5xx, 408, 425 and 429; any retries whatever is not 2xx.';
    END IF;
    IF s.timeout IS NULL OR s.timeout < '100 ms' OR s.timeout > '30 s' THEN
        RAISE EXCEPTION 'timeout must be 100 ms to 30 s' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF s.rate_limit < 0 OR s.rate_limit > 1000000 THEN
        RAISE EXCEPTION 'rate_limit must be 0 (unlimited) to 1000000 requests per second' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF s.max_in_flight NOT BETWEEN 1 AND 10000 THEN
        RAISE EXCEPTION 'max_in_flight must be 1 to 10000 requests' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF s.disable_after_failures NOT BETWEEN 1 AND 1000000 THEN
        RAISE EXCEPTION 'disable_after_failures must be 1 to 1000000' USING ERRCODE = 'invalid_parameter_value';
    END IF;
END $$;
COMMENT ON FUNCTION lealup._check_subscription(lealup.subscription) IS 'Raises invalid_parameter_value, naming the field, unless every field of a subscription is valid.';

CREATE FUNCTION lealup._may_raise_limits(rate_limit int, max_in_flight int) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- The limits protect third parties' servers, so a tenant may lower them for itself but not raise them.
    IF rate_limit = 0 OR rate_limit > current_setting('lealup.endpoint_rate_limit')::int THEN
        PERFORM lealup._require_admin('set a rate_limit above lealup.endpoint_rate_limit');
    END IF;
    IF max_in_flight > current_setting('lealup.max_in_flight_per_subscription')::int THEN
        PERFORM lealup._require_admin('set a max_in_flight above lealup.max_in_flight_per_subscription');
    END IF;
END $$;
COMMENT ON FUNCTION lealup._may_raise_limits(int, int) IS 'Raises insufficient_privilege if a limit is above the installation''s and the acting role is no admin.';

CREATE FUNCTION lealup._store_headers(tenant_id uuid, subscription_id uuid, headers jsonb) RETURNS text[]
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    lines text;
    names text[];
BEGIN
    PERFORM lealup._check_headers(headers);
    DELETE FROM lealup.vault_secret v
    WHERE v.tenant_id = _store_headers.tenant_id AND v.owner_id = _store_headers.subscription_id AND v.purpose = 'headers';
    SELECT string_agg(key || ': ' || value, E'\n' ORDER BY key), array_agg(key ORDER BY key) INTO lines, names FROM jsonb_each_text(headers);
    IF lines IS NOT NULL THEN
        PERFORM lealup._store_secret(_store_headers.tenant_id, _store_headers.subscription_id, 'headers', lines);
    END IF;
    RETURN coalesce(names, '{}');
END $$;
COMMENT ON FUNCTION lealup._store_headers(uuid, uuid, jsonb) IS 'Replaces a subscription''s custom headers ({name: value}) in the vault, as lines "name: value"; gives the names.';

CREATE FUNCTION lealup._get_subscription(tenant_id uuid, subscription_id uuid) RETURNS lealup.subscription
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s lealup.subscription;
BEGIN
    PERFORM lealup._authorize(_get_subscription.tenant_id);
    SELECT * INTO s FROM lealup.subscription x
    WHERE x.tenant_id = _get_subscription.tenant_id AND x.id = _get_subscription.subscription_id AND x.status <> 'deleted';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'subscription % does not exist', coalesce(_get_subscription.subscription_id::text, 'null')
            USING ERRCODE = 'no_data_found', HINT = 'SELECT id, url, status FROM lealup.subscription lists them.';
    END IF;
    RETURN s;
END $$;
COMMENT ON FUNCTION lealup._get_subscription(uuid, uuid) IS 'Gives a subscription that is not deleted; raises no_data_found, or insufficient_privilege for another tenant''s.';

CREATE FUNCTION lealup._lock_subscription(tenant_id uuid, subscription_id uuid) RETURNS lealup.subscription
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lealup._authorize(_lock_subscription.tenant_id);
    PERFORM FROM lealup.subscription x
    WHERE x.tenant_id = _lock_subscription.tenant_id AND x.id = _lock_subscription.subscription_id FOR UPDATE;
    RETURN lealup._get_subscription(_lock_subscription.tenant_id, _lock_subscription.subscription_id);
END $$;
COMMENT ON FUNCTION lealup._lock_subscription(uuid, uuid) IS 'The same, locked against other changes until the transaction ends.';

CREATE FUNCTION lealup._save_subscription(s lealup.subscription) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE lealup.subscription x
    SET url = s.url, events = s.events, description = s.description, filters = s.filters, status = s.status,
        status_reason = s.status_reason, header_names = s.header_names, retry_schedule = s.retry_schedule, retry_on = s.retry_on,
        timeout = s.timeout, rate_limit = s.rate_limit, max_in_flight = s.max_in_flight, disable_on_gone = s.disable_on_gone,
        disable_after_failures = s.disable_after_failures, consecutive_failures = s.consecutive_failures,
        version = s.version + 1, updated_at = now()
    WHERE x.tenant_id = s.tenant_id AND x.id = s.id;
    PERFORM lealup._wake('subscription');
END $$;
COMMENT ON FUNCTION lealup._save_subscription(lealup.subscription) IS 'Stores a changed subscription under a new version and tells the workers.';

CREATE FUNCTION lealup.create_subscription(tenant_id uuid, url text, events text[], secret text DEFAULT NULL,
        description text DEFAULT NULL, filters jsonb DEFAULT '{}', headers jsonb DEFAULT '{}', retry_schedule interval[] DEFAULT NULL,
        retry_on text DEFAULT 'standard', timeout interval DEFAULT '5 s', rate_limit int DEFAULT NULL, max_in_flight int DEFAULT NULL,
        disable_on_gone boolean DEFAULT false, disable_after_failures int DEFAULT NULL) RETURNS uuid
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    s lealup.subscription;
    in_use bigint;
    changed_at timestamptz := clock_timestamp();
BEGIN
    PERFORM lealup._authorize(tenant_id);
    s.tenant_id := tenant_id; s.id := lealup.uuid7(); s.url := url; s.description := description;
    s.events := ARRAY(SELECT DISTINCT e FROM unnest(events) e ORDER BY e);
    s.filters := coalesce(filters, '{}'); s.status := 'active';
    s.retry_schedule := nullif(ARRAY(SELECT u.i FROM unnest(retry_schedule) WITH ORDINALITY u(i, n) ORDER BY u.n), '{}');
    s.retry_on := retry_on; s.timeout := timeout; s.rate_limit := rate_limit; s.max_in_flight := max_in_flight;
    s.disable_on_gone := coalesce(disable_on_gone, false); s.disable_after_failures := disable_after_failures;
    PERFORM lealup._check_subscription(s), lealup._may_raise_limits(rate_limit, max_in_flight);
    PERFORM lealup._check_secret(secret);

    -- Updating the tenant makes concurrent creations count one after the other, or fail where a snapshot is older.
    UPDATE lealup.tenant t SET updated_at = changed_at WHERE t.tenant_id = s.tenant_id;
    SELECT count(*) INTO in_use FROM lealup.subscription x WHERE x.tenant_id = s.tenant_id AND x.status <> 'deleted';
    IF in_use >= current_setting('lealup.max_subscriptions')::int THEN
        RAISE EXCEPTION 'too many subscriptions'
            USING ERRCODE = 'configuration_limit_exceeded',
                  DETAIL = format('The tenant has %s; the limit is %s.', in_use, current_setting('lealup.max_subscriptions')),
                  HINT = 'Delete one that is no longer needed, or ask an administrator to raise lealup.max_subscriptions.';
    END IF;

    s.header_names := lealup._store_headers(s.tenant_id, s.id, coalesce(headers, '{}'));
    INSERT INTO lealup.subscription (tenant_id, id, url, events, description, filters, header_names, retry_schedule, retry_on, timeout,
        rate_limit, max_in_flight, disable_on_gone, disable_after_failures, created_at, updated_at)
    VALUES (s.tenant_id, s.id, s.url, s.events, s.description, s.filters, s.header_names, s.retry_schedule, s.retry_on, s.timeout,
        s.rate_limit, s.max_in_flight, s.disable_on_gone, s.disable_after_failures, clock_timestamp(), now());
    IF secret IS NULL THEN
        secret := lealup._generate_secret();
        PERFORM lealup._keep_secret(s.id, secret);
    END IF;
    PERFORM lealup._store_secret(s.tenant_id, s.id, 'signing', secret);
    PERFORM lealup._audit(s.tenant_id, 'subscription.create', 'subscription', s.id, jsonb_build_object('url', s.url, 'events', s.events));
    PERFORM lealup._wake('subscription');
    RETURN s.id;
END $$;
COMMENT ON FUNCTION lealup.create_subscription(uuid, text, text[], text, text, jsonb, jsonb, interval[], text, interval, int, int, boolean, int) IS
    'Makes a webhook subscription and gives its id. url: https, answers 2xx within the timeout. events: types, prefixes (customer.*) or *. secret: 32 to 1000 characters; null = generated, and shown once by reveal_secret(id) in the same session. filters: see event_filters(event_type). headers: custom headers {name: value}, values are kept encrypted. retry_schedule: how long attempt n waits after the one before; null or {} = 0, 1 min, 5 min, 30 min, 2 h, 12 h, 24 h. retry_on: standard or any (every answer but 2xx). timeout: up to 30 s. rate_limit (requests/s) and max_in_flight: null = the installation''s. disable_on_gone: disable on an answer 410. disable_after_failures: disable after so many failed deliveries in a row.';

CREATE FUNCTION lealup.reveal_secret(subscription_id uuid) RETURNS text
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    secret text := lealup._take_secret(reveal_secret.subscription_id);
BEGIN
    IF secret IS NULL THEN
        RAISE EXCEPTION 'no generated secret to show for subscription %', coalesce(reveal_secret.subscription_id::text, 'null')
            USING ERRCODE = 'no_data_found',
                  DETAIL = 'A generated secret is shown once, in the session that generated it.',
                  HINT = 'lealup.rotate_secret(tenant_id, subscription_id) generates a new one.';
    END IF;
    RETURN secret;
END $$;
COMMENT ON FUNCTION lealup.reveal_secret(uuid) IS
    'Gives the secret that the last create_subscription() of this session generated, once; afterwards nobody can read it.';

CREATE FUNCTION lealup.update_subscription(tenant_id uuid, subscription_id uuid, url text DEFAULT NULL, events text[] DEFAULT NULL,
        description text DEFAULT NULL, filters jsonb DEFAULT NULL, headers jsonb DEFAULT NULL, retry_schedule interval[] DEFAULT NULL,
        retry_on text DEFAULT NULL, timeout interval DEFAULT NULL, rate_limit int DEFAULT NULL, max_in_flight int DEFAULT NULL,
        disable_on_gone boolean DEFAULT NULL, disable_after_failures int DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    s lealup.subscription := lealup._lock_subscription(tenant_id, subscription_id);
BEGIN
    IF url <> s.url THEN
        PERFORM lealup._wake('assignment');
    END IF;
    s.url := coalesce(url, s.url);
    IF events IS NOT NULL THEN
        s.events := ARRAY(SELECT DISTINCT e FROM unnest(events) e ORDER BY e);
    END IF;
    s.description := CASE WHEN description = '' THEN NULL ELSE coalesce(description, s.description) END;
    s.filters := coalesce(filters, s.filters);
    IF retry_schedule IS NOT NULL THEN
        s.retry_schedule := nullif(ARRAY(SELECT u.i FROM unnest(retry_schedule) WITH ORDINALITY u(i, n) ORDER BY u.n), '{}');
    END IF;
    s.retry_on := coalesce(retry_on, s.retry_on);
    s.timeout := coalesce(timeout, s.timeout);
    s.rate_limit := CASE WHEN rate_limit < 0 THEN NULL ELSE coalesce(rate_limit, s.rate_limit) END;
    s.max_in_flight := CASE WHEN max_in_flight < 0 THEN NULL ELSE coalesce(max_in_flight, s.max_in_flight) END;
    s.disable_on_gone := coalesce(disable_on_gone, s.disable_on_gone);
    s.disable_after_failures := CASE WHEN disable_after_failures < 0 THEN NULL ELSE coalesce(disable_after_failures, s.disable_after_failures) END;
    PERFORM lealup._check_subscription(s), lealup._may_raise_limits(rate_limit, max_in_flight);
    IF headers IS NOT NULL THEN
        s.header_names := lealup._store_headers(s.tenant_id, s.id, headers);
    END IF;
    PERFORM lealup._save_subscription(s);
    PERFORM lealup._audit(s.tenant_id, 'subscription.update', 'subscription', s.id,
        jsonb_strip_nulls(jsonb_build_object('url', url, 'events', events, 'description', description, 'filters', filters,
            'header_names', CASE WHEN headers IS NOT NULL THEN s.header_names END, 'retry_schedule', retry_schedule, 'retry_on', retry_on,
            'timeout', timeout, 'rate_limit', rate_limit, 'max_in_flight', max_in_flight, 'disable_on_gone', disable_on_gone,
            'disable_after_failures', disable_after_failures)));
END $$;
COMMENT ON FUNCTION lealup.update_subscription(uuid, uuid, text, text[], text, jsonb, jsonb, interval[], text, interval, int, int, boolean, int) IS
    'Changes a subscription; null leaves a value. To go back to the default: an empty description, filters or headers {}, retry_schedule {}, and -1 for rate_limit, max_in_flight and disable_after_failures. Pending deliveries are sent as the subscription then stands.';

CREATE FUNCTION lealup._set_status(tenant_id uuid, subscription_id uuid, status text, action text) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s lealup.subscription := lealup._lock_subscription(_set_status.tenant_id, _set_status.subscription_id);
BEGIN
    s.status := _set_status.status;
    s.status_reason := NULL;
    IF s.status = 'active' THEN
        s.consecutive_failures := 0;
    END IF;
    PERFORM lealup._save_subscription(s);
    PERFORM lealup._audit(s.tenant_id, _set_status.action, 'subscription', s.id);
END $$;
COMMENT ON FUNCTION lealup._set_status(uuid, uuid, text, text) IS 'Sets a subscription''s status and writes the audit row.';

CREATE FUNCTION lealup.pause_subscription(tenant_id uuid, subscription_id uuid) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    RETURN lealup._set_status(tenant_id, subscription_id, 'paused', 'subscription.pause');
COMMENT ON FUNCTION lealup.pause_subscription(uuid, uuid) IS
    'Holds a subscription''s deliveries: events still queue for it and are sent after resume_subscription(), unless the log''s retention ends first.';

CREATE FUNCTION lealup.resume_subscription(tenant_id uuid, subscription_id uuid) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    RETURN lealup._set_status(tenant_id, subscription_id, 'active', 'subscription.resume');
COMMENT ON FUNCTION lealup.resume_subscription(uuid, uuid) IS
    'Makes a paused or disabled subscription active again; what was held is sent now.';

CREATE FUNCTION lealup.delete_subscription(tenant_id uuid, subscription_id uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lealup._set_status(delete_subscription.tenant_id, delete_subscription.subscription_id, 'deleted', 'subscription.delete');
    DELETE FROM lealup.vault_secret v
    WHERE v.tenant_id = delete_subscription.tenant_id AND v.owner_id = delete_subscription.subscription_id;
    PERFORM lealup._wake('upkeep');
END $$;
COMMENT ON FUNCTION lealup.delete_subscription(uuid, uuid) IS
    'Deletes a subscription: nothing more is sent, its secrets are erased at once, its pending deliveries end as failed; the delivery log stays until its retention ends.';

CREATE FUNCTION lealup.rotate_secret(tenant_id uuid, subscription_id uuid, secret text DEFAULT NULL, overlap interval DEFAULT '0') RETURNS text
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    s lealup.subscription := lealup._lock_subscription(tenant_id, subscription_id);
    new_secret text := coalesce(secret, lealup._generate_secret());
    until timestamptz := clock_timestamp() + overlap;
BEGIN
    PERFORM lealup._check_secret(new_secret);
    IF overlap IS NULL OR overlap < '0' OR overlap > '30 days' THEN
        RAISE EXCEPTION 'overlap must be 0 to 30 days' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF overlap = '0' THEN
        DELETE FROM lealup.vault_secret v WHERE v.tenant_id = s.tenant_id AND v.owner_id = s.id AND v.purpose = 'signing';
    ELSE
        IF (SELECT count(*) FROM lealup.vault_secret v WHERE v.tenant_id = s.tenant_id AND v.owner_id = s.id
            AND v.purpose = 'signing' AND coalesce(v.expires_at, until) > clock_timestamp()) >= 5 THEN
            RAISE EXCEPTION 'too many secrets overlap' USING ERRCODE = 'configuration_limit_exceeded',
                DETAIL = 'At most 5 sign at a time.', HINT = 'Rotate with overlap 0 to end the earlier ones.';
        END IF;
        UPDATE lealup.vault_secret v SET expires_at = until
        WHERE v.tenant_id = s.tenant_id AND v.owner_id = s.id AND v.purpose = 'signing' AND coalesce(v.expires_at, 'infinity') > until;
    END IF;
    PERFORM lealup._store_secret(s.tenant_id, s.id, 'signing', new_secret);
    PERFORM lealup._save_subscription(s);
    PERFORM lealup._audit(s.tenant_id, 'subscription.rotate_secret', 'subscription', s.id, jsonb_build_object('overlap', overlap));
    RETURN CASE WHEN secret IS NULL THEN new_secret END;
END $$;
COMMENT ON FUNCTION lealup.rotate_secret(uuid, uuid, text, interval) IS
    'Replaces a subscription''s secret: every request from now on is signed with the new one, retries too. secret: 32 to 1000 characters; null = generated and given back, this once. overlap: how long the old one signs as well (in webhook-signature; X-LealUp-Signature carries the new one only).';

CREATE FUNCTION lealup._disable_subscription(tenant_id uuid, subscription_id uuid, reason text) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    e lealup.event;
    disabled lealup.subscription;
BEGIN
    UPDATE lealup.subscription s
    SET status = 'disabled', status_reason = _disable_subscription.reason, version = s.version + 1, updated_at = now()
    WHERE s.tenant_id = _disable_subscription.tenant_id AND s.id = _disable_subscription.subscription_id AND s.status = 'active'
    RETURNING * INTO disabled;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    e := lealup._insert_event(disabled.tenant_id, 'integration.disconnected',
        json_build_object('integration', 'webhook', 'reason', _disable_subscription.reason,
            'connection_id', NULL, 'subscription_id', disabled.id));
    INSERT INTO lealup.outbox (tenant_id, id, retention_class, event_type, created_at)
    VALUES (e.tenant_id, e.id, e.retention_class, e.event_type, e.created_at);
    PERFORM lealup._audit(disabled.tenant_id, 'subscription.disable', 'subscription', disabled.id,
        jsonb_build_object('reason', _disable_subscription.reason));
    PERFORM lealup._wake('subscription'), lealup._wake('outbox');
END $$;
COMMENT ON FUNCTION lealup._disable_subscription(uuid, uuid, text) IS
    'Disables an active subscription for a reason and emits integration.disconnected, so that the tenant''s other subscriptions hear of it.';
