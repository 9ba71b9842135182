-- Sending: an action is a unit of the sync worker, action:ID. What has been approved is taken up when its connection and those before it let it, its request is made
-- anew for each attempt, and what comes of it is recorded. Nothing of what is asked is in the worker's state: it is read from the row, which has to be approved.

CREATE FUNCTION lealup._action_fail(a lealup.action, why text, uncertain boolean) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE lealup.action x SET status = 'failed', claim_id = NULL, lease_until = NULL, handed_out = false, next_attempt_at = NULL, error = left(why, 2000),
        uncertain = _action_fail.uncertain, sending = NULL
    WHERE x.tenant_id = a.tenant_id AND x.id = a.id;
    PERFORM lealup._mirror_failed(a, why);
    PERFORM lealup._release_actions(a.tenant_id, a.connection_id, a.order_key) WHERE a.order_key IS NOT NULL;
END $$;
COMMENT ON FUNCTION lealup._action_fail(lealup.action, text, boolean) IS 'Ends an action that did not work; uncertain: it may have, for all that is known. Those after it go on.';

CREATE FUNCTION lealup._action_again(a lealup.action, until timestamptz, why text, counts boolean) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE lealup.action x SET status = 'approved', claim_id = NULL, lease_until = NULL, handed_out = false, uncertain = a.uncertain, next_attempt_at = until,
        error = left(why, 2000), attempts = x.attempts - CASE WHEN counts THEN 0 ELSE 1 END
    WHERE x.tenant_id = a.tenant_id AND x.id = a.id;
END $$;
COMMENT ON FUNCTION lealup._action_again(lealup.action, timestamptz, text, boolean) IS 'Gives an action back that is to be tried again at a time; counts: whether the last attempt was one.';

CREATE FUNCTION lealup._may_repeat(o lealup.provider_operation) RETURNS boolean
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
    -- To say twice how something is now does no harm.
    RETURN (o).idempotency IS NOT NULL OR (o).makes IS NULL AND coalesce((o).mirror NOT LIKE '%.created', false);
COMMENT ON FUNCTION lealup._may_repeat(lealup.provider_operation) IS 'Whether an operation may be asked for again though it is not known whether it has worked.';

CREATE FUNCTION lealup._action_open(c lealup.connection, p lealup.provider, action_id uuid, now timestamptz) RETURNS jsonb
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    a lealup.action;
    o lealup.provider_operation;
BEGIN
    -- The claim of whoever had it was lost.
    UPDATE lealup.action x SET status = 'approved', claim_id = NULL, lease_until = NULL, uncertain = x.uncertain OR x.handed_out, handed_out = false
    WHERE x.tenant_id = c.tenant_id AND x.id = action_id AND x.status = 'sending';
    SELECT * INTO a FROM lealup.action x WHERE x.tenant_id = c.tenant_id AND x.id = action_id;
    SELECT * INTO o FROM lealup.provider_operation x WHERE x.provider = c.provider AND x.name = a.operation AND x.request IS NOT NULL;
    IF a.approved_at < now - interval '7 days' THEN
        PERFORM lealup._action_fail(a, concat_ws(' ', 'it could not be sent for 7 days after it was approved:', a.error), a.uncertain);
    ELSIF a.approved_by IS NULL AND NOT lealup._covered(a) THEN
        UPDATE lealup.action x SET status = 'cancelled', next_attempt_at = NULL, sending = NULL, error = 'the rule that approved it has ended, or is for something else now'
        WHERE x.tenant_id = a.tenant_id AND x.id = a.id;
        PERFORM lealup._release_actions(a.tenant_id, a.connection_id, a.order_key) WHERE a.order_key IS NOT NULL;
    ELSIF c.state <> 'connected' OR c.paused_at IS NOT NULL
        OR a.order_key IS NOT NULL AND EXISTS (SELECT FROM lealup.action b WHERE b.tenant_id = a.tenant_id AND b.connection_id = a.connection_id AND b.order_key = a.order_key
            AND b.status IN ('approved', 'sending') AND (b.approved_at, b.id) < (a.approved_at, a.id)) THEN
        -- Whatever ends that lets it go on.
        UPDATE lealup.action x SET next_attempt_at = 'infinity' WHERE x.tenant_id = a.tenant_id AND x.id = a.id;
    ELSIF o.name IS NULL THEN
        UPDATE lealup.action x SET next_attempt_at = now + interval '1 hour', error = 'the provider, or this operation of it, is not installed' WHERE x.tenant_id = a.tenant_id AND x.id = a.id;
    ELSIF p.auth IN ('oauth2', 'app_jwt') AND NOT o.scopes <@ c.scopes THEN
        PERFORM lealup._action_fail(a, format('the connection has no permission for it (%s): reconnect it, and grant that',
            (SELECT string_agg(s, ', ') FROM unnest(o.scopes) s WHERE s <> ALL (c.scopes))), a.uncertain);
    ELSIF a.uncertain AND NOT lealup._may_repeat(o) THEN
        PERFORM lealup._action_fail(a, 'the last attempt was interrupted, and the provider cannot tell whether it has worked: look there before you try it again', true);
    ELSE
        RETURN jsonb_build_object('phase', CASE WHEN a.uncertain AND o.idempotency ? 'search' THEN 'search' ELSE 'action' END);
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION lealup._action_open(lealup.connection, lealup.provider, uuid, timestamptz) IS
    'The state in which a locked action may be taken up; null if it may not, and that is recorded: it waits, or has failed.';

CREATE FUNCTION lealup._action_claim(c lealup.connection, action_id uuid, claim uuid, state jsonb, now timestamptz) RETURNS jsonb
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    until timestamptz := now + lealup._sync_lease();
BEGIN
    UPDATE lealup.action x SET status = 'sending', claim_id = claim, lease_until = until, next_attempt_at = until, attempts = x.attempts + 1
    WHERE x.tenant_id = c.tenant_id AND x.id = action_id;
    RETURN state || jsonb_build_object('claim', claim, 'token_version', c.token_version);
END $$;
COMMENT ON FUNCTION lealup._action_claim(lealup.connection, uuid, uuid, jsonb, timestamptz) IS 'Leases an action.';

CREATE FUNCTION lealup._action_call(c lealup.connection, a lealup.action, now timestamptz) RETURNS jsonb
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN jsonb_build_object('now', lealup._rfc3339(now), 'operation', a.operation, 'input', lealup._resolve_channels(c, a, lealup._resolve_input(a.tenant_id, a.connection_id, a.input)),
        'action', jsonb_build_object('id', a.id, 'idempotency_key', a.idempotency_key, 'created_at', lealup._rfc3339(a.created_at), 'attempt', a.attempts, 'customer_id', a.customer_id,
            'ticket_id', a.ticket_id, 'ticket_message_id', a.ticket_message_id, 'task_id', a.task_id, 'audience', a.audience),
        'object', lealup._action_object(c, a),
        'connection', jsonb_build_object('id', c.id, 'provider', c.provider, 'account_id', c.account_id, 'account_name', c.account_name,
            'options', c.options, 'facts', c.facts, 'scopes', to_jsonb(c.scopes)));
END $$;
COMMENT ON FUNCTION lealup._action_call(lealup.connection, lealup.action, timestamptz) IS 'What the functions of an operation are called with. Raises what _resolve_input() raises.';

CREATE FUNCTION lealup._answered_call(c lealup.connection, a lealup.action, now timestamptz) RETURNS jsonb
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    call jsonb := lealup._action_call(c, a, now);
BEGIN
    -- An answer is to what was sent, whatever has changed since.
    RETURN call || CASE WHEN jsonb_typeof(call -> 'object') = 'object' AND a.sending IS NOT NULL THEN jsonb_build_object('object', (call -> 'object') || a.sending) ELSE '{}' END;
END $$;
COMMENT ON FUNCTION lealup._answered_call(lealup.connection, lealup.action, timestamptz) IS 'What the function that reads an operation''s answer is called with: as _action_call(), with the object as it was when it was sent.';

CREATE FUNCTION lealup._set_path(document jsonb, path text[], value jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN CASE WHEN cardinality(path) = 0 THEN value
        ELSE coalesce(CASE jsonb_typeof(document) WHEN 'object' THEN document END, '{}')
            || jsonb_build_object(path[1], lealup._set_path(document -> path[1], path[2:], value)) END;
END $$;
COMMENT ON FUNCTION lealup._set_path(jsonb, text[], jsonb) IS 'A JSON document with a value at a path, whose objects are made where they are missing.';

CREATE FUNCTION lealup._with_key(request jsonb, idempotency jsonb, key text) RETURNS jsonb
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
    RETURN CASE WHEN (idempotency ? 'field') IS NOT TRUE OR jsonb_typeof(request) <> 'object' THEN request
        ELSE lealup._set_path(request, CASE idempotency ->> 'in' WHEN 'header' THEN ARRAY['headers', idempotency ->> 'field'] ELSE (idempotency ->> 'in') || string_to_array(idempotency ->> 'field', '.') END,
            to_jsonb(CASE WHEN idempotency ->> 'as' = 'uuid' AND lealup._as_uuid(key) IS NULL THEN md5(key)::uuid::text ELSE key END)) END;
COMMENT ON FUNCTION lealup._with_key(jsonb, jsonb, text) IS 'A request with the key by which the provider knows that it has seen it before, where the operation says that it goes.';

CREATE FUNCTION lealup._action_request(tenant_id uuid, connection_id uuid, action_id uuid, state jsonb)
    RETURNS TABLE (n int, method text, url text, headers text, body text, places text[], names text[], prefixes text[], secrets text[], timeout_ms int, max_bytes int,
        cost int, problem text, once boolean)
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    c lealup.connection;
    p lealup.provider;
    o lealup.provider_operation;
    a lealup.action;
    call jsonb;
    request jsonb;
    parts lealup._request_parts;
    searching boolean := state ->> 'phase' = 'search';
BEGIN
    n := 0;
    SELECT * INTO c FROM lealup.connection x WHERE x.tenant_id = _action_request.tenant_id AND x.id = _action_request.connection_id;
    SELECT * INTO p FROM lealup.provider x WHERE x.name = c.provider;
    SELECT * INTO a FROM lealup.action x WHERE x.tenant_id = _action_request.tenant_id AND x.connection_id = _action_request.connection_id AND x.id = _action_request.action_id
        AND x.status = 'sending' AND x.claim_id::text = state ->> 'claim';
    SELECT * INTO o FROM lealup.provider_operation x WHERE x.provider = c.provider AND x.name = a.operation;
    timeout_ms := coalesce(extract(epoch FROM o.timeout) * 1000, 30000);
    -- What is searched in may be long.
    max_bytes := CASE WHEN searching THEN 16777216 ELSE 1048576 END;
    cost := coalesce(o.cost, 1);
    once := NOT searching AND (o.idempotency ? 'field') IS NOT TRUE AND (o.idempotency IS NOT NULL OR NOT lealup._may_repeat(o));
    BEGIN
        IF a.id IS NULL OR o.name IS NULL THEN
            RAISE EXCEPTION 'it is not to be sent any more';
        END IF;
        call := lealup._action_call(c, a, clock_timestamp()) || jsonb_build_object('step', state -> 'step');
        UPDATE lealup.action x SET sending = jsonb_build_object('here', call #> '{object,here}', 'changed', call #> '{object,changed}')
        WHERE NOT searching AND call -> 'object' <> 'null' AND x.tenant_id = a.tenant_id AND x.id = a.id;
        request := lealup._call_provider(CASE WHEN searching THEN o.idempotency ->> 'search' ELSE o.request END, call);
        IF request IS NULL OR jsonb_typeof(request) = 'null' THEN
            problem := '';
        ELSIF request ? 'fail' THEN
            RAISE EXCEPTION '%', request ->> 'fail';
        ELSE
            IF NOT searching THEN
                request := lealup._with_key(request, o.idempotency, a.idempotency_key);
            END IF;
            parts := lealup._request_parts(lealup._fill_url(p.base_url, c.options || c.facts), lealup._credential_field(p, c.options || c.facts), request);
            method := parts.method;
            url := parts.url;
            headers := parts.headers;
            body := parts.body;
            places := parts.places;
            names := parts.names;
            prefixes := parts.prefixes;
            secrets := parts.secrets;
            PERFORM lealup._lead_handed(c, call -> 'object') WHERE o.mirror LIKE 'lead%';
            IF NOT searching THEN
                UPDATE lealup.action x SET handed_out = true WHERE x.tenant_id = a.tenant_id AND x.id = a.id;
                -- That it may be on its way must not be forgotten in a crash, whatever the workers' other commits wait for.
                PERFORM set_config('synchronous_commit', 'on', true) WHERE once;
            END IF;
        END IF;
    EXCEPTION WHEN OTHERS THEN
        problem := 'the request could not be made: ' || SQLERRM;
    END;
    RETURN NEXT;
END $$;
COMMENT ON FUNCTION lealup._action_request(uuid, uuid, uuid, jsonb) IS
    'The request of an action that is being sent, as _sync_requests() gives them, by what its row says; whoever has no claim on it gets none.';

CREATE FUNCTION lealup._take_for_ours(c lealup.connection, entity text, external_id text, object_id uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    double uuid;
BEGIN
    SELECT x.object_id INTO double FROM lealup.external_object x
    WHERE x.tenant_id = c.tenant_id AND x.connection_id = c.id AND x.entity = _take_for_ours.entity AND x.external_id = _take_for_ours.external_id AND NOT x.ours FOR UPDATE;
    IF NOT FOUND OR double = _take_for_ours.object_id THEN
        RETURN;
    END IF;
    UPDATE lealup.external_object x SET ours = true, object_id = _take_for_ours.object_id
    WHERE x.tenant_id = c.tenant_id AND x.connection_id = c.id AND x.entity = _take_for_ours.entity AND x.external_id = _take_for_ours.external_id;
    CASE entity
        WHEN 'ticket_message' THEN
            DELETE FROM lealup.ticket_message m WHERE m.tenant_id = c.tenant_id AND m.id = double
                AND NOT EXISTS (SELECT FROM lealup.action a WHERE a.tenant_id = c.tenant_id AND a.ticket_message_id = double);
        WHEN 'ticket' THEN
            UPDATE lealup.ticket_message m SET ticket_id = _take_for_ours.object_id WHERE m.tenant_id = c.tenant_id AND m.ticket_id = double;
            DELETE FROM lealup.ticket t WHERE t.tenant_id = c.tenant_id AND t.id = double AND NOT EXISTS (SELECT FROM lealup.action a WHERE a.tenant_id = c.tenant_id AND a.ticket_id = double);
        ELSE
            DELETE FROM lealup.task t WHERE t.tenant_id = c.tenant_id AND t.id = double AND NOT EXISTS (SELECT FROM lealup.action a WHERE a.tenant_id = c.tenant_id AND a.task_id = double);
    END CASE;
END $$;
COMMENT ON FUNCTION lealup._take_for_ours(lealup.connection, text, text, uuid) IS
    'What an action of ours has made came in as news before the action''s answer did: it is ours, and what was made of the news goes.';

CREATE FUNCTION lealup._action_sent(c lealup.connection, o lealup.provider_operation, a lealup.action, outcome jsonb, now timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    its_id text := left(outcome ->> 'external_id', 1000);
    object uuid := lealup._made_of(o, a);
BEGIN
    UPDATE lealup.action x SET status = 'sent', claim_id = NULL, lease_until = NULL, handed_out = false, uncertain = false, next_attempt_at = NULL, error = NULL, sent_at = now,
        sending = NULL, external_id = its_id, result = outcome -> 'result'
    WHERE x.tenant_id = a.tenant_id AND x.id = a.id;
    IF object IS NOT NULL AND its_id IS NOT NULL THEN
        PERFORM lealup._lock_object(a.tenant_id, o.makes, object);
        INSERT INTO lealup.external_object AS x (tenant_id, connection_id, entity, external_id, object_id, ours, base, payload, updated_at, created_at)
        VALUES (a.tenant_id, a.connection_id, o.makes, its_id, object, true, coalesce(outcome -> 'base', '{}'), outcome -> 'payload', (outcome ->> 'updated_at')::timestamptz, now)
        ON CONFLICT ON CONSTRAINT external_object_pkey DO NOTHING;
        IF NOT FOUND THEN
            -- It came by the other way before this answer did.
            PERFORM lealup._take_for_ours(c, o.makes, its_id, object);
        END IF;
        PERFORM lealup._made(c, o, a, its_id, object);
    ELSIF o.mirror IS NOT NULL THEN
        PERFORM lealup._mirrored(c, o, a, outcome, now);
    ELSIF outcome ? 'base' AND its_id IS NOT NULL THEN
        UPDATE lealup.external_object x SET base = x.base || (outcome -> 'base')
        WHERE x.tenant_id = a.tenant_id AND x.connection_id = a.connection_id AND x.entity IN ('ticket', 'task') AND x.external_id = its_id;
    END IF;
    PERFORM lealup._release_actions(a.tenant_id, a.connection_id, a.order_key) WHERE a.order_key IS NOT NULL;
END $$;
COMMENT ON FUNCTION lealup._action_sent(lealup.connection, lealup.provider_operation, lealup.action, jsonb, timestamptz) IS
    'Records that an action has worked, what it made, and that this is ours; those after it go on.';

CREATE FUNCTION lealup._action_record(tenant_id uuid, connection_id uuid, action_id uuid, claim_id uuid, state jsonb, answer lealup._sync_answer, now timestamptz)
    RETURNS lealup._sync_progress LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    schedule constant interval[] := lealup._default_retry_schedule();
    c lealup.connection;
    o lealup.provider_operation;
    a lealup.action;
    v lealup._verdict;
    outcome jsonb;
    problem text;
    searching boolean := state ->> 'phase' = 'search';
    r lealup._sync_progress;
BEGIN
    r.go_on := false;
    SELECT * INTO c FROM lealup.connection x WHERE x.tenant_id = _action_record.tenant_id AND x.id = _action_record.connection_id FOR NO KEY UPDATE;
    SELECT * INTO a FROM lealup.action x WHERE x.tenant_id = _action_record.tenant_id AND x.id = _action_record.action_id AND x.status = 'sending'
        AND x.claim_id = _action_record.claim_id FOR UPDATE;
    -- Whoever has lost the lease changes nothing.
    IF NOT FOUND THEN
        RETURN r;
    END IF;
    SELECT * INTO o FROM lealup.provider_operation x WHERE x.provider = c.provider AND x.name = a.operation;
    IF answer.error = '' THEN
        v.action := 'answer';
        outcome := '{}';
    ELSIF answer.error LIKE 'the request could not be made: %' OR answer.error LIKE 'not sent: %' THEN
        PERFORM lealup._action_fail(a, regexp_replace(answer.error, '^the request could not be made: ', ''), a.uncertain);
        RETURN r;
    ELSE
        v := lealup._sync_verdict(c.provider, a.operation, 'action', answer.status, answer.headers, answer.body, answer.answer, answer.error, now);
        -- Without a whole answer, or with one of a server that has trouble, nobody knows. Of a search that does not matter.
        a.uncertain := a.uncertain OR NOT searching AND v.action <> 'answer' AND (answer.error IS NOT NULL OR answer.status >= 500 AND NOT v.ruled AND v.action <> 'wait' OR answer.status = 408);
    END IF;
    IF v.action = 'answer' THEN
        PERFORM lealup._token_worked(c.tenant_id, c.id);
        IF outcome IS NULL THEN
            BEGIN
                outcome := lealup._call_provider(CASE WHEN searching THEN o.idempotency ->> 'found' ELSE o.response END,
                    lealup._answered_call(c, a, now) || jsonb_build_object('step', state -> 'step'), lealup._as_response(answer));
                IF jsonb_typeof(coalesce(outcome, '{}')) NOT IN ('object', 'null') OR octet_length((outcome -> 'result')::text) > 262144 THEN
                    RAISE EXCEPTION 'the provider''s function must give an object, with a result of at most 256 kB' USING ERRCODE = 'invalid_parameter_value';
                END IF;
            EXCEPTION WHEN OTHERS THEN
                PERFORM lealup._action_fail(a, 'it may have worked, but the answer could not be read: ' || SQLERRM, true);
                RETURN r;
            END;
        END IF;
        outcome := CASE jsonb_typeof(outcome) WHEN 'object' THEN outcome ELSE '{}' END;
        IF outcome ? 'fail' THEN
            PERFORM lealup._action_fail(a, outcome ->> 'fail', a.uncertain AND searching);
            RETURN r;
        ELSIF outcome ? 'next' AND NOT searching THEN
            IF (state ->> 'steps')::int >= 10 THEN
                PERFORM lealup._action_fail(a, 'the provider''s functions come to no end', a.uncertain);
                RETURN r;
            END IF;
            -- What was asked is known, and changed nothing yet.
            UPDATE lealup.action x SET handed_out = false WHERE x.tenant_id = a.tenant_id AND x.id = a.id;
            r.go_on := true;
            r.requests := 1;
            r.state := state || jsonb_build_object('step', outcome -> 'next', 'steps', coalesce((state ->> 'steps')::int, 0) + 1);
            RETURN r;
        ELSIF outcome ? 'retry' THEN
            v.action := 'retry';
            v.message := outcome ->> 'retry';
        ELSIF searching AND outcome = '{}' THEN
            -- It had not arrived.
            UPDATE lealup.action x SET uncertain = false WHERE x.tenant_id = a.tenant_id AND x.id = a.id;
            r.go_on := true;
            r.requests := 1;
            r.state := state || '{"phase": "action"}';
            RETURN r;
        ELSE
            PERFORM lealup._action_sent(c, o, a, outcome, now);
            RETURN r;
        END IF;
    END IF;
    CASE v.action
        WHEN 'retry' THEN
            IF a.uncertain AND NOT lealup._may_repeat(o) THEN
                PERFORM lealup._action_fail(a, format('it may have worked, and the provider cannot tell: look there before you try it again (%s)', v.message), true);
            ELSIF a.attempts >= cardinality(schedule) THEN
                PERFORM lealup._action_fail(a, v.message, a.uncertain);
            ELSE
                PERFORM lealup._action_again(a, now + schedule[a.attempts + 1] * (1 + 0.1 * random()), v.message, true);
            END IF;
        WHEN 'wait' THEN
            PERFORM lealup._action_again(a, v.until, v.message, false);
            UPDATE lealup.connection x SET not_before = greatest(x.not_before, v.until), wait_reason = left(v.message, 500) WHERE x.tenant_id = c.tenant_id AND x.id = c.id;
        WHEN 'refresh' THEN
            PERFORM lealup._action_again(a, CASE WHEN lealup._request_refresh(c.tenant_id, c.id, (state ->> 'token_version')::int, now) THEN now + interval '1 s' ELSE 'infinity' END, v.message, false);
        WHEN 'reconnect' THEN
            PERFORM lealup._action_again(a, 'infinity', v.message, false);
            PERFORM lealup._connection_problem(c.tenant_id, c.id, coalesce(v.message, 'the provider wants the account to be connected anew'), lealup.uuid7(), now, v.fix);
        ELSE
            PERFORM lealup._action_fail(a, concat_ws(' ', v.message, v.fix), a.uncertain);
    END CASE;
    RETURN r;
END $$;
COMMENT ON FUNCTION lealup._action_record(uuid, uuid, uuid, uuid, jsonb, lealup._sync_answer, timestamptz) IS 'Records the answer to an action''s request, and says whether it goes on.';

CREATE FUNCTION lealup._playbook_action(r lealup.playbook_run, step jsonb, step_no int, customer_id uuid) RETURNS uuid
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    a lealup.action;
BEGIN
    a.tenant_id := r.tenant_id; a.connection_id := (step ->> 'connection')::uuid; a.operation := step ->> 'operation'; a.input := step -> 'input';
    a.customer_id := _playbook_action.customer_id; a.event_id := r.event_id; a.playbook_run_id := r.id; a.idempotency_key := format('%s/%s', r.id, step_no);
    RETURN lealup._make_action(a);
END $$;
COMMENT ON FUNCTION lealup._playbook_action(lealup.playbook_run, jsonb, int, uuid) IS 'Makes the action of a playbook''s step: a draft, unless a rule allows it.';

CREATE FUNCTION lealup._forget_told(now timestamptz, most int) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    forgotten bigint;
BEGIN
    DELETE FROM lealup.action a
    USING (SELECT o.tenant_id, o.id
           FROM lealup.tenant t
           CROSS JOIN LATERAL (SELECT x.tenant_id, x.id FROM lealup.action x
                               WHERE x.tenant_id = t.tenant_id AND x.approved_by IS NULL AND x.status IN ('sent', 'failed', 'cancelled')
                                 AND x.created_at < now - lealup._retention(lealup._retention_class(t.plan))) o
           WHERE t.home = lealup.home() LIMIT most) old
    WHERE a.tenant_id = old.tenant_id AND a.id = old.id;
    GET DIAGNOSTICS forgotten = ROW_COUNT;
    RETURN forgotten;
END $$;
COMMENT ON FUNCTION lealup._forget_told(timestamptz, int) IS
    'Deletes up to so many actions that nobody had to approve, and drafts that were cancelled, and that are over, longer ago than the tenant''s logs are kept; gives how many. What a member has approved stays.';
