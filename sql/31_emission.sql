-- Events that the database itself causes: triggers hand them over in sets.

CREATE TYPE lealup._emission AS (tenant_id uuid, event_type text, customer_id uuid, data json, context jsonb);
COMMENT ON TYPE lealup._emission IS 'An event that a change of a row has caused.';

CREATE FUNCTION lealup._suppressed() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp
    RETURN CASE WHEN coalesce(current_setting('lealup.suppress_events', true)::boolean, false) THEN lealup._may('configure') ELSE false END;
COMMENT ON FUNCTION lealup._suppressed() IS
    'Whether lealup.suppress_events is on, so that triggers need not work out events. Only for those who may configure: nobody else hides what it does.';

CREATE FUNCTION lealup._emit_all(emissions lealup._emission[]) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    emitted bigint;
    depth int := nullif(current_setting('lealup.playbook_depth', true), '')::int;
    causes jsonb := nullif(jsonb_strip_nulls(jsonb_build_object('playbook_depth', nullif(depth, 0), 'origin', nullif(current_setting('lealup.origin', true), ''))), '{}');
BEGIN
    IF coalesce(cardinality(emissions), 0) = 0 OR lealup._suppressed() THEN
        RETURN 0;
    END IF;
    -- A set-returning function in the select list hands rows on one by one; in FROM it would keep them all, on disk if they are many.
    WITH recorded AS (
        INSERT INTO lealup.event (tenant_id, id, retention_class, event_type, created_at, customer_id, context, data)
        SELECT t.tenant_id, lealup.uuid7(), lealup._retention_class(t.plan), (x.e).event_type, clock_timestamp(), (x.e).customer_id,
               CASE WHEN causes IS NOT NULL THEN coalesce((x.e).context, '{}') || causes ELSE (x.e).context END, (x.e).data
        FROM (SELECT unnest(emissions) AS e) x JOIN lealup.tenant t ON t.tenant_id = (x.e).tenant_id AND t.home = lealup.home()
        RETURNING tenant_id, id, retention_class, event_type, created_at
    )
    INSERT INTO lealup.outbox (tenant_id, id, retention_class, event_type, created_at)
    SELECT r.tenant_id, r.id, r.retention_class, r.event_type, r.created_at FROM recorded r;
    GET DIAGNOSTICS emitted = ROW_COUNT;
    IF emitted > 0 THEN
        PERFORM lealup._wake('outbox');
    END IF;
    RETURN emitted;
END $$;
COMMENT ON FUNCTION lealup._emit_all(lealup._emission[]) IS
    'Records events in the causing transaction, in one statement; gives how many. None while lealup.suppress_events is on, and none of tenants of another home: a restore must not repeat them. What a playbook causes carries playbook_depth in its context, what a connection has brought of both sides'' things its id as origin.';

CREATE FUNCTION lealup._row_changes(previous anyelement, current anyelement) RETURNS json
    LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'lealup_row_changes';
COMMENT ON FUNCTION lealup._row_changes(anyelement, anyelement) IS
    'The columns in which two rows of a type differ: {column: {"previous": value, "current": value}}; null if in none.';

-- PostgreSQL's own json_build_object() and jsonb_build_object() look up each argument's type again for every row.
CREATE FUNCTION lealup._json_object(VARIADIC "any") RETURNS json
    LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'lealup_json_object';
COMMENT ON FUNCTION lealup._json_object(VARIADIC "any") IS 'A JSON object of keys and values in turn, as json_build_object() makes it.';

CREATE FUNCTION lealup._jsonb_object(VARIADIC "any") RETURNS jsonb
    LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'lealup_jsonb_object';
COMMENT ON FUNCTION lealup._jsonb_object(VARIADIC "any") IS 'A JSON object of keys and scalar values in turn, as jsonb_build_object() makes it.';
