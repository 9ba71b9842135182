-- What is asked of providers beside records: the requests, and what becomes of the answers. The engine sends them; it holds the job's lease,
-- opens the secrets that the request's fields name, and seals those that secret_answer names out of the answer.

-- ----- Requests -----

CREATE FUNCTION lealup._fill_url(template text, facts jsonb) RETURNS text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    result text := template;
    name text;
    value text;
BEGIN
    FOR name IN SELECT DISTINCT m[1] FROM regexp_matches(template, '\{([A-Za-z0-9_]+)\}', 'g') m LOOP
        value := facts ->> name;
        IF value IS NULL THEN
            RAISE EXCEPTION 'there is no option or fact "%"', name USING ERRCODE = 'invalid_parameter_value';
        END IF;
        -- At the very beginning it is a URL that the provider gave; whether its host is allowed is looked at wherever it is used.
        result := replace(result, '{' || name || '}', CASE WHEN template LIKE '{' || name || '}%' THEN rtrim(value, '/') ELSE lealup._percent_encode(value) END);
    END LOOP;
    RETURN result;
END $$;
COMMENT ON FUNCTION lealup._fill_url(text, jsonb) IS
    'A URL whose {name}s are replaced by the values of an object, percent-encoded but for one at its beginning. Raises invalid_parameter_value, naming what is missing.';

CREATE FUNCTION lealup._fill_json(template jsonb, facts jsonb) RETURNS jsonb
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT CASE jsonb_typeof(template)
        WHEN 'string' THEN coalesce(facts -> substring(template #>> '{}' FROM '^\{([A-Za-z0-9_]+)\}$'), template)
        WHEN 'object' THEN (SELECT coalesce(jsonb_object_agg(e.key, CASE jsonb_typeof(e.value)
            WHEN 'string' THEN coalesce(facts -> substring(e.value #>> '{}' FROM '^\{([A-Za-z0-9_]+)\}$'), e.value) ELSE e.value END), '{}') FROM jsonb_each(template) e)
        ELSE template END;
END;
COMMENT ON FUNCTION lealup._fill_json(jsonb, jsonb) IS 'An object, or a value, in which strings that are {name} are replaced by the value of that name, if there is one.';

CREATE FUNCTION lealup._address_request(p lealup.provider, request jsonb, facts jsonb) RETURNS jsonb
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN request - 'path' || jsonb_build_object('method', coalesce(request -> 'method', '"GET"'),
        'url', lealup._fill_url(CASE WHEN request ? 'url' THEN request ->> 'url' ELSE p.base_url || (request ->> 'path') END, facts));
COMMENT ON FUNCTION lealup._address_request(lealup.provider, jsonb, jsonb) IS 'A request with its method and its whole URL, in which names of options and facts are filled in.';

CREATE FUNCTION lealup._token_request(c lealup.connection, p lealup.provider, client lealup.oauth_client, grant_fields jsonb, grant_params jsonb) RETURNS jsonb
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT jsonb_build_object('method', 'POST', 'url', lealup._fill_url((p).token_url, (c).options || (c).facts), 'accept', 'application/json', 'anonymous', true,
        (p).token_body, lealup._fill_json(grant_params, (c).options || (c).facts)
            || CASE (p).client_auth WHEN 'basic' THEN '{}' ELSE jsonb_build_object('client_id', (client).client_id) END,
        'fields', (SELECT coalesce(jsonb_agg(jsonb_build_object('in', (p).token_body) || f ORDER BY n), '[]') FROM jsonb_array_elements(grant_fields) WITH ORDINALITY u(f, n))
            || CASE (p).client_auth
                WHEN 'basic' THEN jsonb_build_array(jsonb_build_object('in', 'basic', 'user', (client).client_id, 'secret', 'client_secret', 'owner', 'client'))
                WHEN 'body' THEN jsonb_build_array(jsonb_build_object('in', (p).token_body, 'name', 'client_secret', 'secret', 'client_secret', 'owner', 'client'))
                ELSE '[]' END,
        'secret_answer', (SELECT coalesce(jsonb_object_agg(t.key, t.value), '{}') FROM jsonb_each((p).token_paths) t WHERE t.key IN ('access_token', 'refresh_token', 'id_token')));
END;
COMMENT ON FUNCTION lealup._token_request(lealup.connection, lealup.provider, lealup.oauth_client, jsonb, jsonb) IS
    'A request to a provider''s token endpoint, with its fields that are secrets of the connection, those of the client, and what is to be sealed out of the answer.';

CREATE FUNCTION lealup._job_request(tenant_id uuid, connection_id uuid, kind text, now timestamptz DEFAULT clock_timestamp()) RETURNS jsonb
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c lealup.connection;
    p lealup.provider;
    d lealup.provider_stream;
    j lealup.connection_job;
    client lealup.oauth_client;
    request jsonb;
    call jsonb;
    credential jsonb;
    held text[];
BEGIN
    SELECT x.* INTO c FROM lealup.connection x WHERE x.tenant_id = _job_request.tenant_id AND x.id = _job_request.connection_id FOR UPDATE;
    SELECT x.* INTO j FROM lealup.connection_job x
    WHERE x.tenant_id = _job_request.tenant_id AND x.connection_id = _job_request.connection_id AND x.kind = _job_request.kind FOR UPDATE;
    SELECT x.* INTO p FROM lealup.provider x WHERE x.name = c.provider;
    IF j.kind IS NULL OR p.name IS NULL THEN
        RETURN NULL;
    END IF;
    SELECT coalesce(array_agg(v.purpose), '{}') INTO held FROM lealup.vault_secret v WHERE v.tenant_id = c.tenant_id AND v.owner_id = c.id;
    SELECT x.* INTO client FROM lealup.oauth_client x WHERE x.tenant_id = c.client_tenant_id AND x.id = c.client_id;
    IF p.auth = 'oauth2' AND client.id IS NULL AND j.kind IN ('token', 'refresh', 'revoke') THEN
        PERFORM lealup._job_record(c.tenant_id, c.id, j.kind, 'refused', '{"status": 401, "body": {"error": "deleted_client"}}', '{}', _job_request.now);
        RETURN NULL;
    END IF;
    credential := lealup._credential_field(p, c.options);

    IF j.kind = 'token' THEN
        RETURN lealup._token_request(c, p, client,
            '[{"name": "code", "secret": "code"}]'::jsonb || CASE WHEN 'code_verifier' = ANY (held) THEN '[{"name": "code_verifier", "secret": "code_verifier"}]'::jsonb ELSE '[]' END,
            jsonb_build_object('grant_type', 'authorization_code', 'redirect_uri', j.state -> 'redirect_uri') || p.token_params);
    ELSIF j.kind = 'refresh' THEN
        RETURN lealup._token_request(c, p, client, jsonb_build_array(jsonb_build_object('name', 'refresh_token', 'secret',
                CASE WHEN j.state ->> 'previous' = 'true' AND 'previous_refresh_token' = ANY (held) THEN 'previous_refresh_token' ELSE 'refresh_token' END)),
            '{"grant_type": "refresh_token"}'::jsonb || p.refresh_params);
    ELSIF j.kind = 'identity' THEN
        request := p.identity - '{id,name,facts,body}'::text[]
            || CASE WHEN p.identity ? 'body' THEN jsonb_build_object('json', p.identity -> 'body') ELSE '{}' END;
        IF 'new_access_token' = ANY (held) THEN
            credential := credential || '{"secret": "new_access_token"}';
        END IF;
    ELSIF j.kind = 'revoke' THEN
        -- In the meantime somebody may have connected by the same grant.
        IF lealup._grant_lives(c, j.state ->> 'account_id') THEN
            PERFORM lealup._finish_revoke(c, NULL, _job_request.now);
            RETURN NULL;
        END IF;
        request := p.revoke;
    ELSE
        SELECT x.* INTO d FROM lealup.provider_stream x WHERE x.provider = c.provider AND x.name = split_part(j.kind, ':', 2);
        SELECT lealup._sync_call(c, s, _job_request.now) INTO call FROM lealup.connection_stream s
        WHERE s.tenant_id = c.tenant_id AND s.connection_id = c.id AND s.stream = d.name;
        BEGIN
            request := lealup._call_provider(CASE WHEN j.kind LIKE 'watch:%' THEN d.watch_request ELSE d.unwatch_request END, call, NULL);
        EXCEPTION WHEN OTHERS THEN
            RAISE EXCEPTION '%', left(SQLERRM, 500) USING ERRCODE = 'invalid_parameter_value';
        END;
        IF request IS NULL THEN
            PERFORM lealup._job_record(c.tenant_id, c.id, j.kind, 'answer', NULL, '{}', _job_request.now);
            RETURN NULL;
        END IF;
        IF j.kind LIKE 'watch:%' AND EXISTS (SELECT FROM jsonb_array_elements(request -> 'fields') f
                WHERE f ->> 'secret' IN ('inbound_url', 'inbound_secret') AND f ->> 'secret' <> ALL (held)) AND NOT lealup._prepare_inbound(c.tenant_id, c.id) THEN
            -- It may be set at any time.
            PERFORM lealup._job_record(c.tenant_id, c.id, j.kind, 'retry',
                '{"message": "There is no address for notifications, so that it is polled: lealup.public_url is not set."}', '{}', _job_request.now);
            RETURN NULL;
        END IF;
    END IF;

    -- What ends a connection uses what was kept for that.
    IF j.kind = 'revoke' OR j.kind LIKE 'unwatch:%' THEN
        credential := credential || jsonb_build_object('secret', 'revoke_' || (credential ->> 'secret'));
        request := request || jsonb_build_object('fields', (
            SELECT coalesce(jsonb_agg(CASE WHEN f ->> 'owner' = 'client' THEN f ELSE f || jsonb_build_object('secret', CASE
                WHEN f ->> 'secret' IN ('revoke_token', 'refresh_token') THEN CASE WHEN 'revoke_refresh_token' = ANY (held) THEN 'revoke_refresh_token' ELSE 'revoke_access_token' END
                ELSE 'revoke_' || (f ->> 'secret') END) END ORDER BY n), '[]')
            FROM jsonb_array_elements(request -> 'fields') WITH ORDINALITY u(f, n)));
    END IF;
    IF credential IS NOT NULL AND coalesce(request ->> 'anonymous', 'false') <> 'true' THEN
        request := request || jsonb_build_object('fields', coalesce(request -> 'fields', '[]') || jsonb_build_array(credential));
    END IF;
    request := lealup._address_request(p, request, jsonb_build_object('client_id', client.client_id) || c.options || c.facts || coalesce(j.state #> '{new,facts}', '{}'));
    RETURN request || jsonb_build_object('anonymous', true) || CASE WHEN request ? 'form'
        THEN jsonb_build_object('form', lealup._fill_json(request -> 'form', jsonb_build_object('client_id', client.client_id))) ELSE '{}' END;
EXCEPTION WHEN invalid_parameter_value THEN
    PERFORM lealup._job_record(_job_request.tenant_id, _job_request.connection_id, _job_request.kind, 'refused',
        jsonb_build_object('message', format('The request could not be made: %s.', SQLERRM)), '{}', _job_request.now);
    RETURN NULL;
END $$;
COMMENT ON FUNCTION lealup._job_request(uuid, uuid, text, timestamptz) IS
    'The request of a connection''s job, as the contract of providers has it, with its whole URL and every secret that it carries in fields: {"in", "name"?, "prefix"?, "user"?, "secret": purpose, "owner"?: "client" (the OAuth client''s secret; else the connection''s)}; secret_answer: {purpose: dotted path of what is to be sealed out of the answer}. Null = there is nothing to ask, and the job is done with.';

-- ----- Answers -----

CREATE FUNCTION lealup._at_path(body jsonb, path text) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN body #> string_to_array(path, '.');
COMMENT ON FUNCTION lealup._at_path(jsonb, text) IS 'What is at a dotted path of an answer.';

CREATE FUNCTION lealup._granted_scopes(p lealup.provider, body jsonb, asked text[]) RETURNS text[]
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN CASE jsonb_typeof(lealup._at_path(body, p.token_paths ->> 'scope'))
        WHEN 'array' THEN ARRAY(SELECT DISTINCT left(s, 500) FROM jsonb_array_elements_text(lealup._at_path(body, p.token_paths ->> 'scope')) s ORDER BY 1 LIMIT 200)
        WHEN 'string' THEN ARRAY(SELECT DISTINCT left(s, 500) FROM regexp_split_to_table(lealup._at_path(body, p.token_paths ->> 'scope') #>> '{}', '[ ,]+') s WHERE s <> '' ORDER BY 1 LIMIT 200)
        -- RFC 6749 5.1: what is not said is as it was asked.
        ELSE asked END;
COMMENT ON FUNCTION lealup._granted_scopes(lealup.provider, jsonb, text[]) IS 'The scopes that a token answer says were granted; if it says nothing, those that were asked for.';

CREATE FUNCTION lealup._granted_until(p lealup.provider, body jsonb, now timestamptz) RETURNS timestamptz
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    -- A life of no seconds, or of centuries, is no life.
    RETURN now + CASE WHEN lealup._at_path(body, p.token_paths ->> 'expires_in') #>> '{}' ~ '^[0-9]{1,9}(\.[0-9]+)?$'
            AND lealup._at_path(body, p.token_paths ->> 'expires_in') #>> '{}' ~ '[1-9]'
        THEN make_interval(secs => least((lealup._at_path(body, p.token_paths ->> 'expires_in') #>> '{}')::float8, 315360000)) ELSE p.default_ttl END;
COMMENT ON FUNCTION lealup._granted_until(lealup.provider, jsonb, timestamptz) IS 'Until when the access token of an answer lives; null = until it is refused.';

CREATE FUNCTION lealup._token_error(response jsonb, OUT code text, OUT description text) RETURNS record
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    -- RFC 6749 5.2: {"error", "error_description"}; Google's APIs: {"error": {"code", "message", "status"}}; problem+json: {"type", "title", "detail"}.
    SELECT coalesce(CASE WHEN jsonb_typeof(response #> '{body,error}') = 'string' THEN response #>> '{body,error}' END,
            response #>> '{body,error,status}', response #>> '{body,title}',
            CASE WHEN response ->> 'status' IN ('400', '401') AND coalesce(btrim(response ->> 'text'), '') = ''
                AND (response ->> 'status' = '401' OR coalesce(response -> 'body', 'null') IN ('null', '{}')) THEN 'invalid_grant' END,
            'status ' || (response ->> 'status'), 'no token'),
        coalesce(response #>> '{body,error_description}', response #>> '{body,error,message}', response #>> '{body,detail}');
END;
COMMENT ON FUNCTION lealup._token_error(jsonb) IS
    'The error in a refusal of a token endpoint, and what it says of it. An empty 400, and a 401 without a word, are taken as invalid_grant, as servers mean them; a page of either is some proxy''s.';

CREATE FUNCTION lealup._back_off(failures int, response jsonb, now timestamptz, most interval DEFAULT '10 minutes') RETURNS timestamptz
    LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
    RETURN greatest((response ->> 'until')::timestamptz, now + least(most, interval '15 seconds' * power(2, least(failures, 12))) * (0.9 + 0.1 * random()));
COMMENT ON FUNCTION lealup._back_off(int, jsonb, timestamptz, interval) IS 'When to try again after so many failures: 15 s, then twice as long each time up to a most, but not before the provider admits it.';

CREATE FUNCTION lealup._postpone(c lealup.connection, j lealup.connection_job, until timestamptz, why text, state jsonb DEFAULT '{}') RETURNS void
    LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    UPDATE lealup.connection_job x
    SET due_at = until, claim_id = NULL, lease_until = NULL, attempts = x.attempts + 1, error = left(why, 1000),
        state = x.state || jsonb_build_object('failures', coalesce((x.state ->> 'failures')::int, 0) + 1) || _postpone.state
    WHERE x.tenant_id = (c).tenant_id AND x.connection_id = (c).id AND x.kind = (j).kind;
END;
COMMENT ON FUNCTION lealup._postpone(lealup.connection, lealup.connection_job, timestamptz, text, jsonb) IS 'Lets a job wait, and says why.';

CREATE FUNCTION lealup._response_problem(response jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
    RETURN coalesce(response ->> 'message', 'it answered ' || nullif(response ->> 'status', '0'), 'it could not be reached');
COMMENT ON FUNCTION lealup._response_problem(jsonb) IS 'What is wrong with a response, in a few words.';

CREATE FUNCTION lealup._job_record(tenant_id uuid, connection_id uuid, kind text, outcome text, response jsonb, sealed jsonb, now timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c lealup.connection;
    p lealup.provider;
    j lealup.connection_job;
    failures int;
    verdict text := _job_record.outcome;
BEGIN
    SELECT x.* INTO c FROM lealup.connection x WHERE x.tenant_id = _job_record.tenant_id AND x.id = _job_record.connection_id FOR UPDATE;
    SELECT x.* INTO j FROM lealup.connection_job x
    WHERE x.tenant_id = _job_record.tenant_id AND x.connection_id = _job_record.connection_id AND x.kind = _job_record.kind FOR UPDATE;
    -- Whoever disconnected it meanwhile has ended the job.
    IF NOT FOUND THEN
        RETURN;
    END IF;
    SELECT x.* INTO p FROM lealup.provider x WHERE x.name = c.provider;
    IF j.kind IN ('token', 'refresh') THEN
        -- Some say in a good answer that there is none, and some that they cannot just now in one for bad requests.
        IF verdict = 'answer' AND coalesce(_job_record.sealed, '{}') -> 'access_token' IS NULL THEN
            verdict := 'refused';
        END IF;
        IF verdict = 'refused' AND (lealup._token_error(response)).code IN ('temporarily_unavailable', 'server_error', 'slow_down', 'UNAVAILABLE', 'INTERNAL') THEN
            verdict := 'retry';
        END IF;
    END IF;
    failures := coalesce((j.state ->> 'failures')::int, 0);
    CASE
        WHEN j.kind = 'token' THEN
            PERFORM lealup._record_token(c, p, j, verdict, response, sealed, failures, now);
        WHEN j.kind = 'refresh' THEN
            PERFORM lealup._record_refresh(c, p, j, verdict, response, sealed, failures, now);
        WHEN j.kind = 'identity' THEN
            PERFORM lealup._record_identity(c, p, j, verdict, response, failures, now);
        WHEN j.kind = 'revoke' THEN
            PERFORM lealup._record_revoke(c, p, j, verdict, response, failures, now);
        ELSE
            PERFORM lealup._record_watch(c, j, verdict, response, failures, now);
    END CASE;
END $$;
COMMENT ON FUNCTION lealup._job_record(uuid, uuid, text, text, jsonb, jsonb, timestamptz) IS
    'Records what came of a job. outcome: answer, refused (a 4xx that says no), or retry (network, 5xx, 429; until: not before). response: {"status", "headers", "body", "text", "until"?, and of the provider_error that fits "action"?, "message"?, "fix"?}. sealed: {purpose: {"id", "ciphertext": hex, "fingerprint": hex}} of what secret_answer named. The caller holds the job''s lease, and has locked nothing of the connection before.';

CREATE FUNCTION lealup._record_token(c lealup.connection, p lealup.provider, j lealup.connection_job, outcome text, response jsonb, sealed jsonb, failures int, now timestamptz)
    RETURNS void LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    asked text[] := ARRAY(SELECT jsonb_array_elements_text(j.state -> 'scopes'));
    granted text[];
    missing text;
    e record;
BEGIN
    -- A code is good for 10 minutes.
    IF outcome = 'retry' AND j.created_at > now - interval '10 minutes' THEN
        PERFORM lealup._postpone(c, j, lealup._back_off(failures, response, now), lealup._response_problem(response));
        RETURN;
    END IF;
    PERFORM lealup._forget_secrets(c.tenant_id, c.id, 'code', 'code_verifier');
    DELETE FROM lealup.connection_job x WHERE x.tenant_id = c.tenant_id AND x.connection_id = c.id AND x.kind = 'token';
    IF outcome <> 'answer' THEN
        e := lealup._token_error(response);
        PERFORM lealup._connect_failed(c, CASE WHEN outcome = 'retry' THEN format('%s gave no token: %s.', p.title, lealup._response_problem(response))
                ELSE coalesce(response ->> 'message', lealup._oauth_reason(p.title, e.code, e.description)) END,
            coalesce(response ->> 'fix', 'Begin again with Connect.'), now);
        RETURN;
    END IF;
    granted := lealup._granted_scopes(p, response -> 'body', asked);
    PERFORM lealup._keep_sealed(c.tenant_id, c.id, 'new_access_token', sealed -> 'access_token', now);
    IF sealed ? 'refresh_token' THEN
        PERFORM lealup._keep_sealed(c.tenant_id, c.id, 'new_refresh_token', sealed -> 'refresh_token', now);
    END IF;
    -- People may untick what they are asked for.
    SELECT string_agg(coalesce('to read ' || s.reads, 'to write ' || s.writes, s.scope), '; ' ORDER BY s.scope) INTO missing
    FROM lealup.provider_scope s WHERE s.provider = p.name AND s.required AND s.scope = ANY (asked) AND s.scope <> ALL (granted);
    IF missing IS NOT NULL THEN
        PERFORM lealup._retire_tokens(c, true, NULL, now);
        PERFORM lealup._connect_failed(c, format('%s was not granted: %s.', p.title, rtrim(missing, '.')), 'Connect again, and leave every box ticked where the provider asks for your consent.', now);
        RETURN;
    END IF;
    IF lealup._taken_by(c, sealed #>> '{refresh_token,fingerprint}') IS NOT NULL THEN
        -- The other one works by this very token, so that it is only forgotten.
        PERFORM lealup._forget_secrets(c.tenant_id, c.id, 'new_access_token', 'new_refresh_token');
        PERFORM lealup._connect_failed(c, format('%s gave the token of connection %s, which two cannot share.', p.title, lealup._taken_by(c, sealed #>> '{refresh_token,fingerprint}')),
            'Disconnect that one first, or use it.', now);
        RETURN;
    END IF;
    PERFORM lealup._ask_identity(c, jsonb_strip_nulls(jsonb_build_object('scopes', to_jsonb(granted), 'expires_at', lealup._granted_until(p, response -> 'body', now),
        'fingerprint', sealed #> '{refresh_token,fingerprint}',
        'facts', (SELECT jsonb_object_agg(t.key, lealup._at_path(response -> 'body', t.value)) FROM jsonb_each_text(p.token_paths) t
            WHERE t.key NOT IN ('access_token', 'refresh_token', 'id_token', 'expires_in', 'scope') AND lealup._at_path(response -> 'body', t.value) IS NOT NULL))), now);
END $$;
COMMENT ON FUNCTION lealup._record_token(lealup.connection, lealup.provider, lealup.connection_job, text, jsonb, jsonb, int, timestamptz) IS
    'Records the answer to a code. The tokens are new_access_token and new_refresh_token until it is known whose account it is.';

CREATE FUNCTION lealup._taken_by(c lealup.connection, fingerprint text) RETURNS uuid
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN (SELECT o.id FROM lealup.connection o WHERE o.tenant_id = c.tenant_id AND o.token_fingerprint = fingerprint AND o.id <> c.id);
COMMENT ON FUNCTION lealup._taken_by(lealup.connection, text) IS 'The other connection that has the refresh token with this fingerprint; null = none.';

CREATE FUNCTION lealup._record_identity(c lealup.connection, p lealup.provider, j lealup.connection_job, outcome text, response jsonb, failures int, now timestamptz)
    RETURNS void LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    account_id text := left(lealup._at_path(response -> 'body', p.identity ->> 'id') #>> '{}', 500);
BEGIN
    IF outcome = 'retry' AND j.created_at > now - interval '1 day' THEN
        PERFORM lealup._postpone(c, j, lealup._back_off(failures, response, now), lealup._response_problem(response));
        RETURN;
    END IF;
    DELETE FROM lealup.connection_job x WHERE x.tenant_id = c.tenant_id AND x.connection_id = c.id AND x.kind = 'identity';
    IF outcome <> 'answer' OR coalesce(account_id, '') = '' THEN
        PERFORM lealup._retire_tokens(c, true, NULL, now);
        PERFORM lealup._connect_failed(c, CASE
                WHEN outcome = 'answer' THEN format('%s did not say whose account it is.', p.title)
                WHEN p.auth <> 'oauth2' AND response ->> 'status' IN ('401', '403') THEN format('%s does not accept the key.', p.title)
                ELSE format('%s did not say whose account it is: %s.', p.title, lealup._response_problem(response)) END,
            coalesce(response ->> 'fix', CASE WHEN p.auth <> 'oauth2' THEN 'Make a new key at the provider, and give it to reconnect().' ELSE 'Begin again with Connect.' END), now);
        RETURN;
    END IF;
    PERFORM lealup._settle_account(c, account_id, left(lealup._at_path(response -> 'body', p.identity ->> 'name') #>> '{}', 500),
        (SELECT coalesce(jsonb_object_agg(f.key, lealup._at_path(response -> 'body', f.value)), '{}') FROM jsonb_each_text(p.identity -> 'facts') f
         WHERE lealup._at_path(response -> 'body', f.value) IS NOT NULL), j.state -> 'new', now);
END $$;
COMMENT ON FUNCTION lealup._record_identity(lealup.connection, lealup.provider, lealup.connection_job, text, jsonb, int, timestamptz) IS 'Records whose account a connection is.';

CREATE FUNCTION lealup._settle_account(c lealup.connection, account_id text, account_name text, facts jsonb, new jsonb, now timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    other uuid;
    all_facts jsonb := c.facts || coalesce(new -> 'facts', '{}') || facts;
    at timestamptz := (new ->> 'expires_at')::timestamptz;
    rotated boolean;
    kept boolean;
BEGIN
    IF c.account_id <> _settle_account.account_id AND c.options ->> 'allow_other_account' IS DISTINCT FROM 'true' THEN
        PERFORM lealup._retire_tokens(c, true, _settle_account.account_id, now);
        PERFORM lealup._connect_failed(c, format('It was connected with %s, not with %s as before.',
                coalesce(_settle_account.account_name, _settle_account.account_id), coalesce(c.account_name, c.account_id)),
            'Reconnect, and choose the same account at the provider; or make a new connection for the other one; or reconnect with the option allow_other_account.', now);
        RETURN;
    END IF;
    -- Of two attempts at the same time, the later one sees the earlier one.
    PERFORM pg_advisory_xact_lock(hashtextextended(c.provider || coalesce(_settle_account.account_id, ''), 1));
    SELECT o.id INTO other FROM lealup.connection o
    WHERE o.tenant_id = c.tenant_id AND o.provider = c.provider AND o.account_id = _settle_account.account_id AND o.id <> c.id
      AND o.member_id IS NOT DISTINCT FROM c.member_id AND o.state <> 'disconnected';
    IF FOUND THEN
        PERFORM lealup._retire_tokens(c, true, _settle_account.account_id, now);
        PERFORM lealup._connect_failed(c, format('%s is connected already, by connection %s.', coalesce(_settle_account.account_name, _settle_account.account_id), other),
            'Use that one: reconnect it if it does not work, or disconnect it first.', now);
        RETURN;
    END IF;
    IF octet_length(all_facts::text) > 65536 OR lealup._taken_by(c, new ->> 'fingerprint') IS NOT NULL THEN
        PERFORM lealup._retire_tokens(c, true, _settle_account.account_id, now);
        PERFORM lealup._connect_failed(c, 'What the provider told cannot be kept: it is too much, or another connection has the same token.', 'Disconnect the other one first.', now);
        RETURN;
    END IF;
    kept := lealup._rename_secret(c.tenant_id, c.id, 'new_access_token', 'access_token');
    rotated := lealup._rename_secret(c.tenant_id, c.id, 'new_refresh_token', 'refresh_token');
    PERFORM lealup._forget_secrets(c.tenant_id, c.id, 'previous_refresh_token');
    UPDATE lealup.connection x
    SET account_id = coalesce(_settle_account.account_id, x.account_id), account_name = coalesce(_settle_account.account_name, x.account_name), facts = all_facts,
        scopes = CASE WHEN new ? 'scopes' THEN ARRAY(SELECT jsonb_array_elements_text(new -> 'scopes')) ELSE x.scopes END,
        token_version = x.token_version + kept::int, token_expires_at = at,
        token_fingerprint = CASE WHEN rotated THEN new ->> 'fingerprint' ELSE x.token_fingerprint END
    WHERE x.tenant_id = c.tenant_id AND x.id = c.id RETURNING x.* INTO c;
    -- A new grant has nothing of the old one's troubles.
    DELETE FROM lealup.connection_job x WHERE x.tenant_id = c.tenant_id AND x.connection_id = c.id AND x.kind = 'refresh';
    PERFORM lealup._plan_refresh(c, now);
    PERFORM lealup._connection_established(c.tenant_id, c.id, now);
END $$;
COMMENT ON FUNCTION lealup._settle_account(lealup.connection, text, text, jsonb, jsonb, timestamptz) IS
    'Makes a connection that of an account, whose new tokens are in use from now on; it is refused if the account is connected already for the same member or workspace, or is another one than before. new: what came with the tokens.';

CREATE FUNCTION lealup._final_token_errors() RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN '{invalid_grant,bad_refresh_token,invalid_client,unauthorized_client,deleted_client,disabled_client,bad_client_secret,incorrect_client_credentials,
        org_internal,admin_policy_enforced,invalid_request,invalid_scope,unsupported_grant_type,access_denied}'::text[];
COMMENT ON FUNCTION lealup._final_token_errors() IS 'The errors of token endpoints (RFC 6749 5.2, and what providers add) that waiting does not mend.';

CREATE FUNCTION lealup._record_refresh(c lealup.connection, p lealup.provider, j lealup.connection_job, outcome text, response jsonb, sealed jsonb, failures int, now timestamptz)
    RETURNS void LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    fingerprint text := sealed #>> '{refresh_token,fingerprint}';
    granted_until timestamptz;
    e record;
    dead boolean;
    refusals int := coalesce((j.state ->> 'invalid_grants')::int, 0) + 1;
BEGIN
    -- Only words of OAuth stop a connection. Anything else, such as a page of a proxy or for maintenance, says nothing of the grant or the client.
    IF outcome = 'refused' AND response ->> 'action' IS NULL AND failures < 20 AND (lealup._token_error(response)).code <> ALL (lealup._final_token_errors()) THEN
        outcome := 'retry';
        response := response || jsonb_build_object('message', coalesce(response ->> 'message', format('it answered %s without a token', response ->> 'status')));
    END IF;
    IF outcome = 'answer' AND lealup._taken_by(c, fingerprint) IS NOT NULL THEN
        PERFORM lealup._connection_problem(c.tenant_id, c.id, format('%s gave the token of connection %s, which two cannot share.', p.title, lealup._taken_by(c, fingerprint)), lealup.uuid7(), now,
            'Disconnect one of them, and reconnect the other.');
    ELSIF outcome = 'answer' THEN
        granted_until := lealup._granted_until(p, response -> 'body', now);
        PERFORM lealup._keep_sealed(c.tenant_id, c.id, 'access_token', sealed -> 'access_token', now);
        IF sealed ? 'refresh_token' THEN
            -- Until the new one is known to work, the one before is all that there is to go back to.
            IF p.refresh = 'single_use' AND j.state ->> 'previous' IS DISTINCT FROM 'true' THEN
                PERFORM lealup._rename_secret(c.tenant_id, c.id, 'refresh_token', 'previous_refresh_token');
            END IF;
            PERFORM lealup._keep_sealed(c.tenant_id, c.id, 'refresh_token', sealed -> 'refresh_token', now);
        END IF;
        UPDATE lealup.connection x
        SET token_version = x.token_version + 1, token_expires_at = granted_until, wait_reason = NULL,
            token_fingerprint = CASE WHEN sealed ? 'refresh_token' THEN fingerprint ELSE x.token_fingerprint END,
            scopes = lealup._granted_scopes(p, response -> 'body', x.scopes)
        WHERE x.tenant_id = c.tenant_id AND x.id = c.id RETURNING x.* INTO c;
        PERFORM lealup._plan_refresh(c, now);
        IF c.state = 'error' THEN
            PERFORM lealup._connection_established(c.tenant_id, c.id, now);
        END IF;
        PERFORM lealup._wake('upkeep');
    ELSIF outcome = 'retry' THEN
        PERFORM lealup._postpone(c, j, lealup._back_off(failures, response, now), lealup._response_problem(response));
        IF c.token_expires_at <= now THEN
            UPDATE lealup.connection x SET wait_reason = format('%s gives no new access token: %s.', p.title, lealup._response_problem(response))
            WHERE x.tenant_id = c.tenant_id AND x.id = c.id;
        END IF;
    ELSE
        e := lealup._token_error(response);
        dead := response ->> 'action' = 'reconnect' OR response ->> 'action' IS NULL AND e.code IN ('invalid_grant', 'bad_refresh_token');
        IF dead AND refusals < 2 THEN
            -- It may be a matter of a moment; or the answer to an earlier attempt was lost, and only the token before that one is known there.
            PERFORM lealup._postpone(c, j, now + interval '30 seconds', lealup._oauth_reason(p.title, e.code, e.description),
                jsonb_build_object('invalid_grants', refusals, 'previous', EXISTS (SELECT FROM lealup.vault_secret v
                    WHERE v.tenant_id = c.tenant_id AND v.owner_id = c.id AND v.purpose = 'previous_refresh_token')));
            RETURN;
        END IF;
        PERFORM lealup._connection_problem(c.tenant_id, c.id, coalesce(response ->> 'message', lealup._oauth_reason(p.title, e.code, e.description)), lealup.uuid7(), now,
            coalesce(response ->> 'fix', CASE WHEN dead THEN 'Reconnect it.' ELSE 'An admin has to put the OAuth client right with set_oauth_client(); then it goes on by itself.' END));
        IF dead THEN
            PERFORM lealup._forget_secrets(c.tenant_id, c.id, 'access_token', 'refresh_token', 'previous_refresh_token');
            UPDATE lealup.connection x SET token_fingerprint = NULL WHERE x.tenant_id = c.tenant_id AND x.id = c.id;
        ELSE
            INSERT INTO lealup.connection_job (tenant_id, connection_id, kind, due_at, state, error)
            VALUES (c.tenant_id, c.id, 'refresh', 'infinity', '{"waits_for": "client"}', 'waits for set_oauth_client()')
            ON CONFLICT DO NOTHING;
        END IF;
    END IF;
END $$;
COMMENT ON FUNCTION lealup._record_refresh(lealup.connection, lealup.provider, lealup.connection_job, text, jsonb, jsonb, int, timestamptz) IS
    'Records the answer to a refresh: the new tokens, in the same transaction as all that depends on them; or that the grant is gone (said twice), or that the client is not accepted.';

CREATE FUNCTION lealup._request_refresh(tenant_id uuid, connection_id uuid, token_version int, now timestamptz) RETURNS boolean
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c lealup.connection;
    p lealup.provider;
    refusals int;
BEGIN
    SELECT x.* INTO c FROM lealup.connection x
    WHERE x.tenant_id = _request_refresh.tenant_id AND x.id = _request_refresh.connection_id AND x.state = 'connected' FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    -- It was an earlier token.
    IF c.token_version > _request_refresh.token_version THEN
        RETURN true;
    END IF;
    SELECT x.* INTO p FROM lealup.provider x WHERE x.name = c.provider;
    UPDATE lealup.connection_job j
    SET due_at = least(j.due_at, _request_refresh.now), state = j.state || jsonb_build_object('refusals', coalesce((j.state ->> 'refusals')::int, 0) + 1, 'refused_version', c.token_version)
    WHERE j.tenant_id = c.tenant_id AND j.connection_id = c.id AND j.kind = 'refresh' AND (j.state ->> 'refused_version')::int IS DISTINCT FROM c.token_version
    RETURNING (j.state ->> 'refusals')::int INTO refusals;
    IF refusals IS NULL AND EXISTS (SELECT FROM lealup.connection_job j WHERE j.tenant_id = c.tenant_id AND j.connection_id = c.id AND j.kind = 'refresh') THEN
        RETURN true;
    END IF;
    IF refusals IS NULL OR refusals > 3 THEN
        PERFORM lealup._connection_problem(c.tenant_id, c.id, CASE
                WHEN refusals > 3 THEN format('%s refuses every access token that it gives.', p.title)
                WHEN p.auth = 'oauth2' THEN format('%s does not accept the access token any more, and there is none to refresh it with.', p.title)
                ELSE format('%s does not accept the key any more.', p.title) END, lealup.uuid7(), _request_refresh.now,
            CASE WHEN p.auth = 'oauth2' THEN 'Reconnect it.' ELSE 'Make a new key at the provider, and give it to reconnect().' END);
        RETURN false;
    END IF;
    PERFORM lealup._wake('upkeep');
    RETURN true;
END $$;
COMMENT ON FUNCTION lealup._request_refresh(uuid, uuid, int, timestamptz) IS
    'What is done when a provider refuses the access token of a version: a refresh is due at once, unless there is a newer token already. True = try again with the next one; false = the connection has stopped, because there is nothing to refresh with, or four new tokens in a row were refused.';

CREATE FUNCTION lealup._token_worked(tenant_id uuid, connection_id uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lealup._forget_secrets(_token_worked.tenant_id, _token_worked.connection_id, 'previous_refresh_token');
    UPDATE lealup.connection_job j SET state = j.state - '{refusals,refused_version}'::text[]
    WHERE j.tenant_id = _token_worked.tenant_id AND j.connection_id = _token_worked.connection_id AND j.kind = 'refresh' AND j.state ? 'refusals';
END $$;
COMMENT ON FUNCTION lealup._token_worked(uuid, uuid) IS 'To be called when a connection''s present access token has brought a good answer: what was kept in case that it would not is forgotten.';

-- ----- Ends -----

CREATE FUNCTION lealup._finish_revoke(c lealup.connection, note text, now timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM lealup.vault_secret v WHERE v.tenant_id = c.tenant_id AND v.owner_id = c.id AND left(v.purpose, 7) = 'revoke_';
    DELETE FROM lealup.connection_job j WHERE j.tenant_id = c.tenant_id AND j.connection_id = c.id AND (j.kind = 'revoke' OR j.kind LIKE 'unwatch:%');
    IF note IS NOT NULL THEN
        UPDATE lealup.connection x SET reason = left(concat_ws(' ', x.reason, note), 2000), fix = 'Remove lealup''s access in the settings of the account at the provider.'
        WHERE x.tenant_id = c.tenant_id AND x.id = c.id AND x.state IN ('disconnected', 'error');
    END IF;
END $$;
COMMENT ON FUNCTION lealup._finish_revoke(lealup.connection, text, timestamptz) IS 'Forgets what was kept to revoke a grant; note: if it was not revoked, why.';

CREATE FUNCTION lealup._record_revoke(c lealup.connection, p lealup.provider, j lealup.connection_job, outcome text, response jsonb, failures int, now timestamptz)
    RETURNS void LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    e record := lealup._token_error(response);
    -- What is no token any more need not be revoked. A client that is refused has revoked nothing.
    done boolean := outcome = 'answer' OR outcome = 'refused' AND response ->> 'status' IN ('400', '401', '404', '410')
        AND e.code NOT IN ('invalid_client', 'unauthorized_client', 'invalid_request', 'unsupported_token_type', 'deleted_client')
        -- Some say so in a good answer.
        OR outcome = 'refused' AND response ->> 'action' = 'reconnect';
BEGIN
    IF done THEN
        PERFORM lealup._finish_revoke(c, NULL, now);
    ELSIF j.created_at <= now - interval '3 days' OR e.code = 'deleted_client' THEN
        PERFORM lealup._finish_revoke(c, format('Its access at %s could not be revoked: %s.', p.title, lealup._response_problem(response)), now);
    ELSE
        PERFORM lealup._postpone(c, j, least(lealup._back_off(failures, response, now, '1 hour'), j.created_at + interval '3 days'), lealup._response_problem(response));
    END IF;
END $$;
COMMENT ON FUNCTION lealup._record_revoke(lealup.connection, lealup.provider, lealup.connection_job, text, jsonb, int, timestamptz) IS
    'Records an attempt to revoke a grant: it is tried for 3 days, at last every hour, and then given up, and the token deleted.';

CREATE FUNCTION lealup._record_watch(c lealup.connection, j lealup.connection_job, outcome text, response jsonb, failures int, now timestamptz)
    RETURNS void LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    d lealup.provider_stream;
    made jsonb;
    wrong text;
    ends timestamptz;
    renewal timestamptz;
    gone boolean;
BEGIN
    SELECT x.* INTO d FROM lealup.provider_stream x WHERE x.provider = c.provider AND x.name = split_part(j.kind, ':', 2);
    IF j.kind LIKE 'unwatch:%' THEN
        IF outcome = 'retry' AND failures < 5 THEN
            PERFORM lealup._postpone(c, j, lealup._back_off(failures, response, now), lealup._response_problem(response));
            RETURN;
        END IF;
        -- What was not ended ends by itself.
        DELETE FROM lealup.connection_job x WHERE x.tenant_id = c.tenant_id AND x.connection_id = c.id AND x.kind = j.kind;
        UPDATE lealup.connection_stream s SET watch = NULL, watch_expires_at = NULL WHERE s.tenant_id = c.tenant_id AND s.connection_id = c.id AND s.stream = d.name;
        IF NOT EXISTS (SELECT FROM lealup.connection_job x WHERE x.tenant_id = c.tenant_id AND x.connection_id = c.id AND x.kind LIKE 'unwatch:%') THEN
            UPDATE lealup.connection_job x SET due_at = least(x.due_at, now) WHERE x.tenant_id = c.tenant_id AND x.connection_id = c.id AND x.kind = 'revoke' RETURNING true INTO gone;
            IF gone IS NULL THEN
                DELETE FROM lealup.vault_secret v WHERE v.tenant_id = c.tenant_id AND v.owner_id = c.id AND left(v.purpose, 7) = 'revoke_';
            END IF;
            PERFORM lealup._wake('upkeep');
        END IF;
        RETURN;
    END IF;
    IF outcome = 'answer' AND response IS NULL OR d.name IS NULL THEN
        DELETE FROM lealup.connection_job x WHERE x.tenant_id = c.tenant_id AND x.connection_id = c.id AND x.kind = j.kind;
        RETURN;
    END IF;
    IF outcome = 'answer' AND d.watch_response IS NOT NULL THEN
        -- An answer that is not understood must not keep other jobs from being recorded.
        BEGIN
            made := lealup._call_provider(d.watch_response, (SELECT lealup._sync_call(c, s, now) FROM lealup.connection_stream s
                WHERE s.tenant_id = c.tenant_id AND s.connection_id = c.id AND s.stream = d.name), response);
            ends := (made ->> 'expires_at')::timestamptz;
        EXCEPTION WHEN OTHERS THEN
            wrong := left(SQLERRM, 500);
        END;
    END IF;
    IF outcome = 'answer' AND wrong IS NULL THEN
        UPDATE lealup.connection_stream s SET watch = coalesce(made -> 'watch', '{}'), watch_expires_at = ends
        WHERE s.tenant_id = c.tenant_id AND s.connection_id = c.id AND s.stream = d.name;
        -- In the middle of its life, so that there is time to fail. Never more often than every minute, whatever the answer says.
        renewal := coalesce(greatest(now + interval '1 minute', now + (ends - now) / 2), 'infinity');
        UPDATE lealup.connection_job x SET due_at = renewal, claim_id = NULL, lease_until = NULL, attempts = 0, error = NULL, state = '{}'
        WHERE x.tenant_id = c.tenant_id AND x.connection_id = c.id AND x.kind = j.kind;
    ELSE
        -- It is polled meanwhile.
        PERFORM lealup._postpone(c, j, CASE WHEN outcome = 'retry' THEN lealup._back_off(failures, response, now) ELSE now + interval '6 hours' END, coalesce(wrong, lealup._response_problem(response)));
    END IF;
END $$;
COMMENT ON FUNCTION lealup._record_watch(lealup.connection, lealup.connection_job, text, jsonb, int, timestamptz) IS
    'Records that a provider notifies us of a stream, until when, or that it does not any more. A watch is renewed in the middle of its life; what was refused is asked again after 6 hours.';
