-- The HTTP API: a request from its path to its answer, for whom, and with which rights.

CREATE FUNCTION lealup._take_token(id uuid, rate int, burst int, cost int, OUT taken boolean, OUT remaining int, OUT reset int, OUT retry_after int)
    RETURNS record LANGUAGE c VOLATILE STRICT PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'lealup_take_token';
COMMENT ON FUNCTION lealup._take_token(uuid, int, int, int) IS
    'Takes cost tokens out of a bucket that holds burst at most and gets rate more each second: whether they were there, how many are left, in how many seconds it is full, and in how many it has enough. Buckets are in shared memory: they hold for all processes of the server, are full after a restart, and are not rolled back.';

CREATE FUNCTION lealup._limit_stranger(address text, cost int) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    -- Whoever has one IPv6 address has a network of them.
    network text := CASE WHEN strpos(address, ':') > 0 THEN host(network(set_masklen(address::inet, 64))) ELSE address END;
    bucket record;
BEGIN
    IF address IS NULL OR cost = 0 THEN
        RETURN;
    END IF;
    bucket := lealup._take_token(md5('address ' || network)::uuid, current_setting('lealup.api_rate_limit')::int,
        greatest(10, current_setting('lealup.api_burst')::int), cost);
    IF NOT bucket.taken THEN
        PERFORM lealup._http_refuse(429, 'Too many requests without a valid API key.', NULL, jsonb_build_object('retry-after', bucket.retry_after::text));
    END IF;
END $$;
COMMENT ON FUNCTION lealup._limit_stranger(text, int) IS
    'Counts a request without a valid API key for its client''s address (of IPv6 the network, /64; null = not counted), by the limits of a key; ends it with 429 when there were too many. Who has a key is not concerned, whatever address it shares.';

-- With the rights of lealup_api instead of those of http_request(): here row-level security begins to hold.
CREATE FUNCTION lealup._dispatch(handler text, call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE c VOLATILE STRICT SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'lealup_dispatch';
ALTER FUNCTION lealup._dispatch(text, lealup.http_call) OWNER TO lealup_api;
COMMENT ON FUNCTION lealup._dispatch(text, lealup.http_call) IS 'Calls a handler as the role lealup_api, its owner.';

CREATE FUNCTION lealup._http_refuse_method(segments text[], method text) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    allowed text;
BEGIN
    SELECT string_agg(DISTINCT m, ', ' ORDER BY m) INTO allowed
    FROM lealup.route r, unnest(CASE r.method WHEN 'GET' THEN '{GET,HEAD,OPTIONS}' ELSE ARRAY[r.method, 'OPTIONS'] END) m
    WHERE r.slashes = cardinality(segments) - 1 AND array_to_string(segments, '/') LIKE r.pattern AND array_position(segments, '', 2) IS NULL;
    IF allowed IS NULL THEN
        PERFORM lealup._http_refuse(404, 'There is nothing at this path.');
    END IF;
    PERFORM lealup._http_refuse(405, format('The method is not allowed here; these are: %s.', allowed), NULL, jsonb_build_object('allow', allowed)
        || CASE WHEN strpos(allowed, 'PATCH') > 0 THEN '{"accept-patch": "application/json, application/merge-patch+json"}'::jsonb ELSE '{}' END);
END $$;
COMMENT ON FUNCTION lealup._http_refuse_method(text[], text) IS 'Ends a request for which there is no route: with 405 if the path has others, else with 404.';

-- The settings are its own: whatever a request sets them to ends with it, and to begin with nothing is seen. Only the owner, a
-- superuser, may set those that bind a request; a handler may not.
CREATE FUNCTION lealup.http_request(method text, path text, query text, headers jsonb, body bytea,
        OUT status int, OUT response_headers jsonb, OUT response_body bytea) RETURNS record
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET lealup.request_tenant = '00000000-0000-0000-0000-000000000000' SET lealup.request_member = '' SET lealup.request_key = ''
    SET lealup.tenant_id = '' SET lealup.member_id = '' AS $$
DECLARE
    asked lealup.http_call;
    reply lealup.http_reply;
    segments text[];
    route lealup.route;
    key record;
    bucket record;
    content record;
    cost int;
    limits jsonb := '{}';
    document text;
    etag text;
    message text; detail text; constraint_name text; column_name text; context text;
BEGIN
    -- Notifications of providers: no API key, whatever query and media type, answered within deadlines that others set.
    IF starts_with(http_request.path, '/v1/inbound/') THEN
        SELECT r.* INTO status, response_headers, response_body
        FROM lealup._receive_inbound(http_request.method, http_request.path, http_request.query, http_request.headers, http_request.body) r;
        RETURN;
    END IF;
    IF starts_with(http_request.path, '/v1/mail/unsubscribe/') THEN
        SELECT r.* INTO status, response_headers, response_body FROM lealup._receive_unsubscribe(http_request.method, http_request.path) r;
        RETURN;
    END IF;
    BEGIN
        segments := lealup._http_read_path(http_request.path);
        asked.method := http_request.method;
        asked.path := array_to_string(segments, '/');
        SELECT r.* INTO route FROM lealup.route r
        WHERE r.method = CASE asked.method WHEN 'HEAD' THEN 'GET' ELSE asked.method END AND r.slashes = cardinality(segments) - 1
          AND asked.path LIKE r.pattern AND array_position(segments, '', 2) IS NULL
        ORDER BY strpos(r.pattern, '%') = 0 DESC, r.pattern DESC LIMIT 1;
        IF NOT FOUND THEN
            PERFORM lealup._http_refuse_method(segments, asked.method);
        END IF;

        cost := CASE route.rate_class WHEN 'none' THEN 0 WHEN 'heavy' THEN 10 ELSE 1 END;
        IF route.scope IS NULL OR route.scope = 'metrics:read' AND current_setting('lealup.metrics_public')::boolean THEN
            PERFORM lealup._limit_stranger(http_request.headers ->> 'lealup-client-address', cost);
        ELSE
            key := lealup._authenticate(http_request.headers ->> 'authorization', http_request.headers ->> 'lealup-client-address');
            asked.tenant_id := key.tenant_id;
            asked.member_id := key.member_id;
            asked.api_key_id := key.id;
            -- A role of its own tenant or member would not get all that the key may do, and more than it may itself.
            IF lealup._actor() <> 'lealup_gateway' AND lealup._role_tenant() IS NOT NULL THEN
                PERFORM lealup._http_refuse(403, 'The role that serves requests is bound to a tenant or member.');
            END IF;
            PERFORM set_config('lealup.request_tenant', key.tenant_id::text, true), set_config('lealup.request_key', key.id::text, true);
            IF key.member_id IS NOT NULL THEN
                PERFORM set_config('lealup.request_member', key.member_id::text, true);
            END IF;
            IF cost > 0 THEN
                bucket := lealup._take_token(key.id, key.rate_limit, key.burst, cost);
                limits := jsonb_build_object('ratelimit-policy', format('"key";q=%s;w=%s', key.burst, ceil(key.burst::numeric / key.rate_limit)),
                    'ratelimit', format('"key";r=%s;t=%s', bucket.remaining, bucket.reset));
                IF NOT bucket.taken THEN
                    PERFORM lealup._http_refuse(429, 'Too many requests with this API key.', NULL, jsonb_build_object('retry-after', bucket.retry_after::text));
                END IF;
            END IF;
            IF NOT lealup._scope_covers(key.scopes, route.scope) THEN
                PERFORM lealup._http_refuse(403, format('This needs an API key with the scope %s.', route.scope), NULL,
                    jsonb_build_object('www-authenticate', format('Bearer realm="lealup", error="insufficient_scope", scope="%s"', route.scope)));
            END IF;
        END IF;

        IF http_request.headers ? 'accept' AND NOT lealup._http_accepts(http_request.headers ->> 'accept', route.produces) THEN
            PERFORM lealup._http_refuse(406, format('The answer is %s, which the header Accept does not admit.', route.produces));
        END IF;
        asked.headers := coalesce(http_request.headers, '{}') - '{authorization,cookie,proxy-authorization}'::text[];
        asked.params := '{}';
        IF route.pattern <> route.path THEN
            SELECT jsonb_object_agg(u.name, u.value) INTO asked.params FROM unnest(route.names, segments) u(name, value) WHERE u.name IS NOT NULL;
        END IF;
        asked.query := lealup._http_read_query(http_request.query, route.parameters);
        content := lealup._http_read_body(http_request.body, asked.headers, route.request);
        asked.body := content.value;
        asked.raw := content.raw;

        IF route.method = 'POST' AND asked.api_key_id IS NOT NULL AND asked.headers ? 'idempotency-key' THEN
            reply := lealup._earlier_answer(asked.tenant_id, asked.api_key_id, asked.headers ->> 'idempotency-key',
                sha256(convert_to(concat_ws(E'\n', route.method, asked.path, asked.query::text, ''), 'UTF8') || coalesce(http_request.body, '')));
            IF reply.status IS NULL THEN
                reply := lealup._dispatch(route.handler, asked);
                PERFORM lealup._keep_answer(asked.tenant_id, asked.api_key_id, asked.headers ->> 'idempotency-key', reply);
            END IF;
        ELSE
            reply := lealup._dispatch(route.handler, asked);
        END IF;
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, constraint_name = CONSTRAINT_NAME,
            column_name = COLUMN_NAME, context = PG_EXCEPTION_CONTEXT;
        reply := lealup._http_failure(SQLSTATE, message, detail, constraint_name, column_name, context, lealup._http_schema(route.request));
        IF SQLSTATE = 'LU405' AND asked.method = 'OPTIONS' THEN
            reply := ROW(204, reply.headers - 'content-type', NULL, NULL, NULL, NULL)::lealup.http_reply;
        END IF;
    END;
    -- Whatever came of it, the key was used.
    IF asked.api_key_id IS NOT NULL THEN
        IF key.stale THEN
            PERFORM lealup._note_use(asked.tenant_id, asked.api_key_id);
        END IF;
    END IF;

    status := reply.status;
    document := coalesce(reply.content, reply.body::text);
    response_headers := CASE WHEN document IS NOT NULL THEN '{"content-type": "application/json"}'::jsonb ELSE '{}' END
        || jsonb_build_object('cache-control', CASE WHEN reply.version IS NOT NULL THEN 'private, no-cache' ELSE 'no-store' END, 'x-content-type-options', 'nosniff')
        || limits || coalesce(reply.headers, '{}')
        -- For the listener's log, which must not have paths: a client may put a secret into one.
        || CASE WHEN route.path IS NOT NULL THEN jsonb_build_object('lealup-route', route.path) ELSE '{}' END;
    IF reply.version IS NOT NULL THEN
        etag := format('"%s-%s"', reply.version, left(md5(document), 16));
        response_headers := response_headers || jsonb_build_object('etag', etag);
        IF route.method = 'GET' AND status = 200 AND (asked.headers ->> 'if-none-match' = '*'
            OR etag = ANY (ARRAY(SELECT m[1] FROM regexp_matches(asked.headers ->> 'if-none-match', '("[^"]*")', 'g') m))) THEN
            status := 304;
            document := NULL;
            response_headers := response_headers - 'content-type';
        END IF;
    END IF;
    response_body := convert_to(document, 'UTF8');
END $$;
COMMENT ON FUNCTION lealup.http_request(text, text, text, jsonb, bytea) IS
    'Answers one HTTP request. path: raw, without the query; query: raw, null if there is none; headers: {lower-case name: value}; body: null if there is none. Gives status, headers {lower-case name: value}, and the body, null if there is none; for HEAD that of GET, which the listener leaves out; the header lealup-route, the path''s pattern, is for its log. Never raises for what a client did: an error is an answer in application/problem+json, and undoes what the request did. An API key in the header Authorization (Bearer) decides for which tenant and member it acts. For the role lealup_gateway; run it in a transaction of its own, with statement_timeout and lock_timeout set.';
