-- A notification from the gateway to the inbox: whose it is, whether it is genuine, the row, the answer. Nothing else is done before the answer.

CREATE FUNCTION lealup._verify_inbound(tenant_id uuid, connection_id uuid, client_tenant_id uuid, client_id uuid, signature jsonb, method text, url text,
        query text, headers jsonb, body bytea, document jsonb, now timestamptz, OUT status int, OUT why text) RETURNS record
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'lealup_verify_inbound';
COMMENT ON FUNCTION lealup._verify_inbound(uuid, uuid, uuid, uuid, jsonb, text, text, text, jsonb, bytea, jsonb, timestamptz) IS
    'Whether a request bears what a signature (but oidc_jwt) demands, with the secrets in the vault: status 200, or 401 with why not, or 503 where they cannot be opened now.';

CREATE FUNCTION lealup._note_inbound() RETURNS void
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'lealup_note_inbound';
COMMENT ON FUNCTION lealup._note_inbound() IS 'Tells the sync worker that there are messages: when the transaction commits, or, in the gateway, for those of a moment together.';

CREATE FUNCTION lealup._refuse_inbound(tenant_id uuid, connection_id uuid, why text) RETURNS void
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'lealup_refuse_inbound';
COMMENT ON FUNCTION lealup._refuse_inbound(uuid, uuid, text) IS 'Counts a request that was refused, by _note_refused(): at once, or, in the gateway, every few seconds.';

CREATE FUNCTION lealup._note_refused(tenant_id uuid, connection_id uuid, refused bigint, at timestamptz, why text) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
    INSERT INTO lealup.inbound_refusal AS r (tenant_id, connection_id, refused, last_at, reason)
    SELECT c.tenant_id, c.id, refused, at, why FROM lealup.connection c WHERE c.tenant_id = _note_refused.tenant_id AND c.id = _note_refused.connection_id
    ON CONFLICT ON CONSTRAINT inbound_refusal_pkey DO UPDATE SET refused = r.refused + excluded.refused, last_at = greatest(r.last_at, excluded.last_at), reason = excluded.reason;
END $$;
COMMENT ON FUNCTION lealup._note_refused(uuid, uuid, bigint, timestamptz, text) IS 'Adds to the count of refused requests of a connection.';

CREATE FUNCTION lealup._receive_inbound(method text, path text, query text, headers jsonb, body bytea,
        OUT status int, OUT response_headers jsonb, OUT response_body bytea) RETURNS record
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    -- What proves who sent it, and what the connection to us was like, is nobody's business later.
    dropped CONSTANT text[] := '{authorization,cookie,proxy-authorization,host,connection,content-length,accept,accept-encoding,via,forwarded,te,
        lealup-client-address,x-forwarded-for,x-forwarded-proto,x-forwarded-host}'::text[];
    fixed CONSTANT jsonb := '{"cache-control": "no-store", "x-content-type-options": "nosniff", "lealup-route": "/v1/inbound/{token}"}'::jsonb;
    received_at CONSTANT timestamptz := clock_timestamp();
    url CONSTANT text := current_setting('lealup.public_url') || path || coalesce('?' || query, '');
    c record;
    i lealup.provider_inbound;
    kinds lealup.provider_inbound[];
    handshakes jsonb[];
    h jsonb;
    checked record;
    document jsonb;
    parsed boolean := false;
    reason text;
    later boolean := false;
    problem text;
    answer jsonb;
    replied jsonb;
    echoed text;
    kept bytea;
BEGIN
    response_headers := fixed;
    IF method NOT IN ('POST', 'GET') THEN
        status := 405;
        response_headers := fixed || '{"allow": "POST, GET"}';
        RETURN;
    END IF;
    -- Whatever the token looks like, it is hashed and looked for.
    SELECT x.tenant_id, x.id, x.client_tenant_id, x.client_id, x.options,
           ARRAY(SELECT p FROM lealup.provider_inbound p WHERE p.provider = x.provider AND x.options @> p.options ORDER BY p.ord, p.name) AS kinds INTO c
    FROM lealup.tenant_route r
    JOIN lealup.inbound_token t ON t.tenant_id = r.tenant_id AND t.token_hash = r.key_hash AND (t.expires_at IS NULL OR t.expires_at > received_at)
    JOIN lealup.connection x ON x.tenant_id = t.tenant_id AND x.id = t.connection_id AND x.state <> 'disconnected'
    WHERE r.kind = 'inbound' AND r.key_hash = sha256(convert_to(substr(path, 13), 'UTF8'));
    IF NOT FOUND THEN
        status := 404;
        response_headers := fixed || '{"content-type": "application/problem+json"}';
        response_body := '{"type": "about:blank", "title": "Not Found", "status": 404}';
        RETURN;
    END IF;

    kinds := c.kinds;
    FOREACH i IN ARRAY kinds LOOP
        IF NOT parsed AND body IS NOT NULL AND strpos(i.accepts::text || i.signature::text || i.handshake::text || i.dedupe::text, '"json"') > 0 THEN
            document := CASE WHEN NOT lealup._is_form(headers) THEN lealup._inbound_json(body)
                -- Only what is nowhere hidden.
                WHEN NOT i.signature ? 'json' THEN lealup._form_fields(lealup._printable(body)) END;
            parsed := true;
        END IF;
        CONTINUE WHEN i.accepts <> '{}'::jsonb AND NOT lealup._inbound_matches(i.accepts, method, query, headers, document);
        -- First the handshakes, last the message itself.
        handshakes := CASE WHEN i.handshake = '[]'::jsonb THEN '{}'::jsonb[] ELSE ARRAY(SELECT jsonb_array_elements(i.handshake)) END;
        FOREACH h IN ARRAY CASE WHEN method = 'POST' THEN handshakes || NULL::jsonb ELSE handshakes END LOOP
            CONTINUE WHEN h IS NOT NULL AND NOT lealup._inbound_matches(h -> 'when', method, query, headers, document);
            answer := coalesce(h -> 'verify', i.signature);
            IF answer ->> 'type' = 'oidc_jwt' THEN
                checked := lealup._check_oidc(answer, (lealup._inbound_values(answer, query, headers, document))[1], url, c.options, received_at);
            ELSE
                checked := lealup._verify_inbound(c.tenant_id, c.id, c.client_tenant_id, c.client_id, answer, method, url, query, headers, body, document, received_at);
            END IF;
            IF checked.status <> 200 THEN
                reason := coalesce(reason, checked.why);
                later := later OR checked.status = 503;
                CONTINUE;
            END IF;

            replied := CASE WHEN h IS NULL AND i.reply IS NOT NULL THEN lealup._reply_inbound(c.tenant_id, c.id, i, headers, body, received_at) END;
            IF h IS NULL AND replied IS NULL THEN
                kept := body;
                IF i.signature ->> 'type' = 'token' AND i.signature ? 'json' THEN
                    kept := lealup._hide_values(body, document, i.signature);
                END IF;
                INSERT INTO lealup.inbox (tenant_id, id, connection_id, name, received_at, dedupe_key, headers, body, next_attempt_at)
                VALUES (c.tenant_id, lealup.uuid7(), c.id, i.name, received_at, lealup._inbound_key(i.dedupe, query, headers, document, body),
                    coalesce(headers, '{}'::jsonb) - dropped - coalesce(lower(i.signature ->> 'header'), ''), kept, received_at)
                ON CONFLICT (tenant_id, connection_id, dedupe_key) DO NOTHING;
                -- Where records are applied, and nothing but the body tells two messages apart, the same one later may say that something is as it was before.
                IF NOT FOUND AND i.takes IS NOT NULL AND i.dedupe = '{"body": true}' THEN
                    UPDATE lealup.inbox m SET id = lealup.uuid7(), received_at = _receive_inbound.received_at, next_attempt_at = _receive_inbound.received_at, status = 'pending', attempts = 0, error = NULL, trace_id = NULL
                    WHERE m.tenant_id = c.tenant_id AND m.connection_id = c.id AND m.dedupe_key = lealup._inbound_key(i.dedupe, query, _receive_inbound.headers, document, _receive_inbound.body)
                      AND m.status <> 'pending' AND m.received_at < _receive_inbound.received_at - interval '1 min';
                END IF;
                IF FOUND THEN
                    PERFORM lealup._note_inbound();
                END IF;
            END IF;
            echoed := CASE WHEN h ? 'echo' THEN left((lealup._inbound_values(h -> 'echo', query, headers, document))[1], 4000) END;
            answer := CASE
                WHEN echoed IS NULL THEN coalesce(replied, i.acknowledge)
                WHEN h ->> 'as' LIKE 'json:%' THEN jsonb_build_object('body', jsonb_build_object(substr(h ->> 'as', 6), echoed))
                WHEN h ->> 'as' LIKE 'header:%' THEN jsonb_build_object('headers', jsonb_build_object(lower(substr(h ->> 'as', 8)), echoed))
                ELSE jsonb_build_object('body', echoed) END;
            status := coalesce((answer ->> 'status')::int, 200);
            response_headers := fixed || coalesce(answer -> 'headers', '{}');
            IF answer ? 'body' THEN
                response_body := convert_to(CASE jsonb_typeof(answer -> 'body') WHEN 'string' THEN answer ->> 'body' ELSE (answer -> 'body')::text END, 'UTF8');
                response_headers := jsonb_build_object('content-type', CASE jsonb_typeof(answer -> 'body') WHEN 'string' THEN 'text/plain; charset=utf-8' ELSE 'application/json' END)
                    || response_headers;
            END IF;
            RETURN;
        END LOOP;
    END LOOP;

    IF later THEN
        status := 503;
        problem := '{"type": "about:blank", "title": "Service Unavailable", "status": 503, "detail": "It cannot be verified just now; send it again."}';
        response_headers := fixed || '{"retry-after": "10", "content-type": "application/problem+json"}';
    ELSIF method = 'GET' AND reason IS NULL THEN
        status := 405;
        problem := '{"type": "about:blank", "title": "Method Not Allowed", "status": 405, "detail": "Notifications are sent here by POST."}';
        response_headers := fixed || '{"allow": "POST", "content-type": "application/problem+json"}';
    ELSE
        status := 401;
        PERFORM lealup._refuse_inbound(c.tenant_id, c.id, coalesce(reason, 'the provider sends no notifications'));
        problem := '{"type": "about:blank", "title": "Unauthorized", "status": 401, "detail": "It is not signed as it should be."}';
        response_headers := fixed || '{"content-type": "application/problem+json"}';
    END IF;
    response_body := convert_to(problem, 'UTF8');
END $$;
COMMENT ON FUNCTION lealup._receive_inbound(text, text, text, jsonb, bytea) IS
    'Answers a request to /v1/inbound/{token}; see http_request(). What is verified becomes a row of the inbox, once, and its repetitions get the same answer; a question is answered, and leaves no row; what is not verified is 401, and a count. 404 for a token that is not known, 503 while secrets or keys cannot be had. For http_request(), and for the gateway, which calls it at once.';
