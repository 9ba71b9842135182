-- What people see of connections: how they are, what is wrong with them in plain words, and what to do.

CREATE FUNCTION lealup._connection_options(tenant_id uuid, connection_id uuid) RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    acting uuid;
BEGIN
    PERFORM lealup._require_sight(_connection_options.tenant_id);
    acting := lealup._acting_member(_connection_options.tenant_id);
    RETURN (SELECT c.options FROM lealup.connection c WHERE c.tenant_id = _connection_options.tenant_id AND c.id = _connection_options.connection_id
        AND (c.member_id = acting OR lealup._may('administer', c.tenant_id)));
END $$;
COMMENT ON FUNCTION lealup._connection_options(uuid, uuid) IS 'How a connection is set up, without its secrets, for the member whose it is and for admins; null for others.';

CREATE FUNCTION lealup._connection_fix(c_provider text, state text, reason text, fix text, problems jsonb) RETURNS text
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN coalesce(fix,
        (SELECT e.fix FROM lealup.provider_error e WHERE e.provider = c_provider AND e.message = reason AND e.fix IS NOT NULL ORDER BY e.ord LIMIT 1),
        (SELECT x.value ->> 'fix' FROM jsonb_array_elements(problems) WITH ORDINALITY x(value, n)
         WHERE strpos(lower(reason), lower(rtrim(x.value ->> 'problem', '.'))) > 0 ORDER BY x.n LIMIT 1),
        CASE WHEN state = 'error' THEN 'Reconnect it.' END);
COMMENT ON FUNCTION lealup._connection_fix(text, text, text, text, jsonb) IS
    'What to do about a connection: what was stored with the reason, else what the provider''s errors or common problems say about it, else, in state error, to reconnect.';

CREATE VIEW lealup.connections WITH (security_invoker) AS
SELECT c.tenant_id, c.id, c.provider, p.title, c.kind, c.member_id, m.name AS member_name, m.email AS member_email, c.account_id, c.account_name,
       c.state, c.reason, lealup._connection_fix(c.provider, c.state, c.reason, c.fix, p.problems) AS fix, c.trace_id, c.state_since, c.paused_at, c.scopes,
       lealup._connection_options(c.tenant_id, c.id) AS options, c.backfill,
       s.last_run_at, s.last_ok_at, CASE WHEN c.state = 'connected' AND c.paused_at IS NULL THEN greatest(s.next_run_at, c.not_before) END AS next_run_at,
       coalesce(s.rows, 0) AS rows, coalesce(s.errors, '{}') AS errors,
       CASE WHEN c.paused_at IS NOT NULL THEN 'It is paused.'
            WHEN c.not_before > clock_timestamp() THEN coalesce(c.wait_reason, format('%s has asked us to wait.', p.title))
            ELSE coalesce(c.wait_reason, j.waiting) END AS waiting,
       j.revoking, c.purge_at IS NOT NULL AS purging, c.created_by, c.created_at
FROM lealup.connection c
LEFT JOIN lealup.provider p ON p.name = c.provider
LEFT JOIN lealup.member m ON m.tenant_id = c.tenant_id AND m.id = c.member_id
CROSS JOIN LATERAL (
    SELECT max(x.last_run_at) AS last_run_at, min(x.last_ok_at) AS last_ok_at, min(x.next_run_at) FILTER (WHERE x.paused_at IS NULL) AS next_run_at, sum(x.seen)::bigint AS rows,
           array_agg(x.stream || ': ' || x.last_error ORDER BY x.stream) FILTER (WHERE x.last_error IS NOT NULL) AS errors
    FROM lealup.connection_stream x WHERE x.tenant_id = c.tenant_id AND x.connection_id = c.id) s
CROSS JOIN LATERAL (
    SELECT string_agg(CASE x.kind WHEN 'token' THEN 'A token is being fetched' WHEN 'identity' THEN 'The provider is being asked whose account it is' END || coalesce(': ' || x.error, '') || '.', ' ')
               FILTER (WHERE x.kind IN ('token', 'identity')) AS waiting,
           max(format('Its grant is being revoked since %s%s.', to_char(x.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI "UTC"'), coalesce(': ' || x.error, ''))) FILTER (WHERE x.kind = 'revoke') AS revoking
    FROM lealup.connection_job x WHERE x.tenant_id = c.tenant_id AND x.connection_id = c.id) j;
COMMENT ON VIEW lealup.connections IS
    'Connections as people see them: state with its reason and fix in plain words, who connected it, its account, scopes, last and next run, rows read so far, errors of its streams, what it waits for (waiting), whether its grant is still being revoked (revoking). options are shown to the member whose it is and to admins; everybody of the tenant sees that a connection is there.';

CREATE VIEW lealup.connection_jobs WITH (security_invoker) AS
SELECT j.tenant_id, j.connection_id, c.provider, c.account_name, j.kind,
       CASE WHEN j.lease_until > clock_timestamp() THEN 'running' WHEN j.due_at = 'infinity' THEN 'waiting' WHEN j.due_at <= clock_timestamp() THEN 'due' ELSE 'scheduled' END AS status,
       nullif(j.due_at, 'infinity') AS due_at, j.attempts, j.error, j.created_at
FROM lealup.connection_job j JOIN lealup.connection c ON c.tenant_id = j.tenant_id AND c.id = j.connection_id;
COMMENT ON VIEW lealup.connection_jobs IS
    'What is to be asked of providers beside records: tokens, refreshes, notifications, revocations; when, how often it was tried since it last went well, and what went wrong. status: running, due, scheduled, or waiting (for nothing that has a time).';

CREATE FUNCTION lealup.connection_scopes(tenant_id uuid, connection_id uuid)
    RETURNS TABLE (scope text, required boolean, granted boolean, reads text, writes text, does_not_read text)
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT r.*
    FROM (SELECT c.provider, c.scopes FROM lealup.connection c WHERE c.tenant_id = connection_scopes.tenant_id AND c.id = connection_scopes.connection_id) c
    CROSS JOIN LATERAL (
        SELECT coalesce(s.scope, g.scope) AS scope, coalesce(s.required, false) AS required, g.scope IS NOT NULL AS granted,
               coalesce(s.reads, 'nothing') AS reads, coalesce(s.writes, 'nothing') AS writes,
               CASE WHEN s.scope IS NULL THEN 'anything: it was granted, but lealup does not use it' ELSE s.does_not_read END AS does_not_read
        FROM (SELECT x.* FROM lealup.provider_scope x WHERE x.provider = c.provider) s
        FULL JOIN unnest(c.scopes) g(scope) ON g.scope = s.scope) r
    ORDER BY r.required DESC, r.scope;
END;
COMMENT ON FUNCTION lealup.connection_scopes(uuid, uuid) IS
    'What a connection reads, writes and does not read, in plain words, by scope, and whether it was granted. No rows for a connection that the acting role does not see.';
