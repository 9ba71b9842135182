-- Roles, and the C functions that the rest of the script builds on.

-- A schema that somebody else made beforehand could hold objects that shadow ours.
DO $$
BEGIN
    IF (SELECT nspowner FROM pg_catalog.pg_namespace WHERE nspname = 'lealup')
        <> (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN
        RAISE EXCEPTION 'schema "lealup" belongs to another role'
            USING ERRCODE = 'insufficient_privilege',
                  HINT = 'Drop the schema, or make it yours, before CREATE EXTENSION lealup.';
    END IF;
END $$;

-- The roles are cluster-wide: they may be there from another database, and they outlive DROP EXTENSION.
DO $$
DECLARE
    role_name text;
BEGIN
    FOREACH role_name IN ARRAY ARRAY['lealup_worker', 'lealup_gateway', 'lealup_api', 'lealup_provider'] LOOP
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = role_name) THEN
            EXECUTE pg_catalog.format('CREATE ROLE %I NOLOGIN', role_name);
        END IF;
    END LOOP;
END $$;

CREATE FUNCTION lealup.uuid7() RETURNS uuid
    LANGUAGE c VOLATILE PARALLEL SAFE AS 'MODULE_PATHNAME', 'lealup_uuid7';
COMMENT ON FUNCTION lealup.uuid7() IS
    'A new time-ordered uuid (RFC 9562 version 7); strictly increasing within a session.';

CREATE FUNCTION lealup.uuid7_floor(at timestamptz) RETURNS uuid
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'lealup_uuid7_floor';
COMMENT ON FUNCTION lealup.uuid7_floor(timestamptz) IS
    'The smallest version 7 uuid of that millisecond; for ranges over ids: id >= lealup.uuid7_floor(now() - interval ''1 day'').';

CREATE FUNCTION lealup.uuid7_time(id uuid) RETURNS timestamptz
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'lealup_uuid7_time';
COMMENT ON FUNCTION lealup.uuid7_time(uuid) IS
    'The time in a version 7 uuid, to the millisecond; null for a uuid of another version.';

CREATE FUNCTION lealup.delivery_id(event_id uuid, subscription_id uuid) RETURNS uuid
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'lealup_delivery_id';
COMMENT ON FUNCTION lealup.delivery_id(uuid, uuid) IS
    'The id of the delivery of an event to a subscription: a version 7 uuid of the event''s time, derived from both ids, so that it is the same whenever it is computed.';

CREATE FUNCTION lealup._attempt_id(delivery_id uuid, attempt_no int) RETURNS uuid
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'lealup_attempt_id';
COMMENT ON FUNCTION lealup._attempt_id(uuid, int) IS
    'The id of an attempt: the delivery''s id with the attempt number (0 to 65535) in its last two bytes, so that the attempts of a delivery are one range of the primary key.';

-- Without the attempt's number, for which it would have to raise an error, it may be leakproof: only then is a range of the primary key
-- still one where row-level security holds.
CREATE FUNCTION lealup._last_attempt_id(delivery_id uuid) RETURNS uuid
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'lealup_last_attempt_id';
COMMENT ON FUNCTION lealup._last_attempt_id(uuid) IS 'The end of the range of ids that the attempts of a delivery have; its beginning is the delivery''s own.';

CREATE FUNCTION lealup.home() RETURNS text
    LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'lealup_home';
COMMENT ON FUNCTION lealup.home() IS
    'What identifies this database: the cluster''s system identifier and the database oid. A tenant whose home is another one is left alone by the workers until lealup.adopt().';

CREATE FUNCTION lealup._request_tenant() RETURNS uuid
    LANGUAGE c STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'lealup_request_tenant';
COMMENT ON FUNCTION lealup._request_tenant() IS 'The tenant to which the HTTP request that is being answered is bound; null outside http_request().';

CREATE FUNCTION lealup._request_member() RETURNS uuid
    LANGUAGE c STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'lealup_request_member';
COMMENT ON FUNCTION lealup._request_member() IS 'The member to whom the HTTP request is bound; null for none.';

CREATE FUNCTION lealup._request_key() RETURNS uuid
    LANGUAGE c STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'lealup_request_key';
COMMENT ON FUNCTION lealup._request_key() IS 'The id of the API key with which the HTTP request was made; null outside http_request().';

CREATE FUNCTION lealup._wake(what text DEFAULT 'outbox') RETURNS void
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'lealup_wake';
COMMENT ON FUNCTION lealup._wake(text) IS
    'Wakes this database''s workers when the transaction commits. What changed: outbox, queue, subscription, assignment (of endpoints to workers), upkeep, or extension.';

CREATE FUNCTION lealup._check_url(url text, OUT scheme text, OUT host text, OUT port int) RETURNS record
    LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'lealup_check_url';
COMMENT ON FUNCTION lealup._check_url(text) IS
    'Splits a webhook URL; raises invalid_parameter_value unless it is an https URL (http with lealup.allow_http) without user name, password or fragment, whose host, where it is an address, is allowed.';

CREATE FUNCTION lealup._seal(tenant_id uuid, id uuid, secret text) RETURNS bytea
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'lealup_seal';
COMMENT ON FUNCTION lealup._seal(uuid, uuid, text) IS
    'Encrypts a secret to the installation''s public key, bound to (tenant_id, id); only a worker can open it. Raises object_not_in_prerequisite_state where no key is set up.';

CREATE FUNCTION lealup._generate_secret() RETURNS text
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'lealup_generate_secret';
COMMENT ON FUNCTION lealup._generate_secret() IS
    'A new signing secret: whsec_ and 32 random bytes in base64, as Standard Webhooks libraries take it.';

CREATE FUNCTION lealup._keep_secret(subscription_id uuid, secret text) RETURNS void
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'lealup_keep_secret';
COMMENT ON FUNCTION lealup._keep_secret(uuid, text) IS
    'Keeps a generated secret in this session''s memory for one reveal_secret().';

CREATE FUNCTION lealup._take_secret(subscription_id uuid) RETURNS text
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'lealup_take_secret';
COMMENT ON FUNCTION lealup._take_secret(uuid) IS
    'Gives and forgets what _keep_secret() kept; null if there is nothing.';

CREATE FUNCTION lealup._request_body(event_type text, delivery_id uuid, created_at timestamptz, tenant_id uuid, data text) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'lealup_request_body';
COMMENT ON FUNCTION lealup._request_body(text, uuid, timestamptz, uuid, text) IS
    'The exact body of a webhook request: {"event", "delivery_id", "created_at", "tenant_id", "data"}, with the event''s data text as it was emitted.';

CREATE FUNCTION lealup._printable(bytes bytea) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'lealup_printable';
COMMENT ON FUNCTION lealup._printable(bytea) IS
    'Bytes that came from outside as text: what is no valid UTF-8 (in a database of another encoding: no ASCII) becomes a question mark.';

CREATE FUNCTION lealup.phone_e164(phone text, default_country text DEFAULT NULL) RETURNS text
    LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'lealup_phone_e164';
COMMENT ON FUNCTION lealup.phone_e164(text, text) IS
    'A phone number as people write it, in E.164: +34600123456. default_country (ISO 3166, such as ES) is that of numbers without a country code. An extension is left out. Null if it is no valid number; check_phone() says why.';

CREATE FUNCTION lealup.check_phone(phone text, default_country text DEFAULT NULL) RETURNS text
    LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'lealup_check_phone';
COMMENT ON FUNCTION lealup.check_phone(text, text) IS
    'As phone_e164(), but raises invalid_parameter_value with the reason, if it is no valid number; null for null.';
