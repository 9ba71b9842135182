-- The HTTP API: whoever repeats a request under its Idempotency-Key is given the first one's answer.

CREATE TABLE lealup.http_answer (
    tenant_id uuid NOT NULL,
    api_key_id uuid NOT NULL,
    idempotency_key text NOT NULL,
    request_hash bytea NOT NULL,
    status int,
    headers jsonb,
    body text,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, api_key_id, idempotency_key)
);
CREATE INDEX ON lealup.http_answer (tenant_id, created_at);
COMMENT ON TABLE lealup.http_answer IS 'What requests with an Idempotency-Key were answered, kept for a day.';

CREATE FUNCTION lealup._earlier_answer(tenant_id uuid, api_key_id uuid, idempotency_key text, request_hash bytea) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    earlier lealup.http_answer;
    patience text := current_setting('lock_timeout');
BEGIN
    IF idempotency_key !~ '^[!-~]{1,255}$' THEN
        PERFORM lealup._http_refuse_field(400, 'Idempotency-Key', 'must be 1 to 255 printable characters without blanks');
    END IF;
    -- Whoever has taken the key and not yet committed makes the insertion wait.
    BEGIN
        PERFORM set_config('lock_timeout', '100ms', true);
        INSERT INTO lealup.http_answer AS a (tenant_id, api_key_id, idempotency_key, request_hash, created_at)
        VALUES (_earlier_answer.tenant_id, _earlier_answer.api_key_id, _earlier_answer.idempotency_key, _earlier_answer.request_hash, clock_timestamp())
        ON CONFLICT ON CONSTRAINT http_answer_pkey DO NOTHING;
        PERFORM set_config('lock_timeout', patience, true);
    EXCEPTION WHEN lock_not_available THEN
        PERFORM lealup._http_refuse(409, 'A request with this Idempotency-Key is being answered.', NULL, '{"retry-after": "1"}');
    END;
    SELECT a.* INTO earlier FROM lealup.http_answer a
    WHERE a.tenant_id = _earlier_answer.tenant_id AND a.api_key_id = _earlier_answer.api_key_id
      AND a.idempotency_key = _earlier_answer.idempotency_key;
    IF earlier.request_hash <> _earlier_answer.request_hash THEN
        PERFORM lealup._http_refuse_field(422, 'Idempotency-Key', 'was used for another request');
    END IF;
    IF earlier.status IS NULL THEN
        RETURN NULL;
    END IF;
    RETURN ROW(earlier.status, earlier.headers || '{"idempotency-replayed": "true"}', earlier.body::json, NULL, NULL, NULL)::lealup.http_reply;
END $$;
COMMENT ON FUNCTION lealup._earlier_answer(uuid, uuid, text, bytea) IS
    'The answer to an earlier request with the same Idempotency-Key; null if there was none: the key is taken then. Ends the request with 409 if one is being answered, 422 if the key was used for another request.';

CREATE FUNCTION lealup._keep_answer(tenant_id uuid, api_key_id uuid, idempotency_key text, reply lealup.http_reply) RETURNS void
    LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    UPDATE lealup.http_answer a SET status = reply.status, headers = coalesce(reply.headers, '{}'), body = coalesce(reply.again, reply.body)::text
    WHERE a.tenant_id = _keep_answer.tenant_id AND a.api_key_id = _keep_answer.api_key_id AND a.idempotency_key = _keep_answer.idempotency_key;
END;
COMMENT ON FUNCTION lealup._keep_answer(uuid, uuid, text, lealup.http_reply) IS 'Keeps a successful answer for whoever repeats the request.';

CREATE FUNCTION lealup._forget_answers(now timestamptz, max_rows int) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    forgotten bigint;
BEGIN
    WITH old AS (
        SELECT x.tenant_id, x.api_key_id, x.idempotency_key
        FROM lealup.tenant t CROSS JOIN LATERAL (
            SELECT * FROM lealup.http_answer a WHERE a.tenant_id = t.tenant_id AND a.created_at < _forget_answers.now - interval '1 day' LIMIT max_rows) x
        WHERE t.home = lealup.home() LIMIT max_rows
    )
    DELETE FROM lealup.http_answer a USING old o
    WHERE a.tenant_id = o.tenant_id AND a.api_key_id = o.api_key_id AND a.idempotency_key = o.idempotency_key;
    GET DIAGNOSTICS forgotten = ROW_COUNT;
    RETURN forgotten;
END $$;
COMMENT ON FUNCTION lealup._forget_answers(timestamptz, int) IS 'Deletes kept answers that are older than a day, max_rows at most; gives how many.';
