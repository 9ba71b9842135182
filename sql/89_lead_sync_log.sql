-- The log of lead syncs, as people see it.

CREATE VIEW lealup.lead_sync_jobs WITH (security_invoker) AS
SELECT j.tenant_id, j.id, j.sync_id, s.name AS sync_name, j.source, CASE WHEN j.failed > 0 THEN 'failure' ELSE 'success' END AS status, j.started_at, j.finished_at,
       j.created, j.updated, j.unchanged, j.skipped, j.failed, j.api_url, j.request, j.response, v.settings ->> 'lead_behaviour' AS lead_behaviour,
       v.settings ->> 'activity_behaviour' AS activity_behaviour, v.settings, v.mapping
FROM lealup.lead_sync_job j
LEFT JOIN lealup.lead_sync s ON s.tenant_id = j.tenant_id AND s.id = j.sync_id
LEFT JOIN lealup.lead_sync_version v ON v.tenant_id = j.tenant_id AND v.sync_id = j.sync_id AND v.version = j.version;
COMMENT ON VIEW lealup.lead_sync_jobs IS 'What lead syncs took in, job by job: how many records became what, and what was set and mapped at the time. status: failure if any of its records is failed now.';

CREATE VIEW lealup.lead_sync_records WITH (security_invoker) AS
SELECT r.tenant_id, r.id, r.sync_id, r.job_id, r.message_id, r.entity, r.remote_id, r.local_id, r.status, CASE r.status WHEN 'failed' THEN 'error' ELSE 'success' END AS sync_status,
       r.reason, r.errors, r.attempts, r.next_attempt_at, r.received_at, r.updated_at, j.source, j.api_url, r.request,
       jsonb_strip_nulls(jsonb_build_object('status', r.status, 'id', r.local_id, 'changed', r.changed, 'reason', r.reason, 'errors', r.errors)) AS response,
       v.settings ->> 'lead_behaviour' AS lead_behaviour, v.settings ->> 'activity_behaviour' AS activity_behaviour, v.settings, v.mapping
FROM lealup.lead_sync_record r
LEFT JOIN lealup.lead_sync_job j ON j.tenant_id = r.tenant_id AND j.id = r.job_id
LEFT JOIN lealup.lead_sync_version v ON v.tenant_id = r.tenant_id AND v.sync_id = r.sync_id AND v.version = r.version;
COMMENT ON VIEW lealup.lead_sync_records IS 'What became of each record that a lead sync brought: status new, updated (also what was found by the search key, and what was repaired), unchanged, skipped or failed, with the reason; request: the record, response: what came of it; and what was set and mapped when it was last tried.';

CREATE FUNCTION lealup._lead_sync_period(period text, time_zone text, now timestamptz, OUT "from" timestamptz, OUT until timestamptz) RETURNS record
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    zone text := lealup._known_time_zone(time_zone);
    today timestamp := date_trunc('day', now AT TIME ZONE zone);
    month timestamp := date_trunc('month', now AT TIME ZONE zone);
BEGIN
    PERFORM lealup._check_choice('period', period, '{today,last_7_days,this_month,last_month}');
    "from" := CASE period WHEN 'today' THEN today WHEN 'last_7_days' THEN today - interval '6 days' WHEN 'this_month' THEN month WHEN 'last_month' THEN month - interval '1 month' END AT TIME ZONE zone;
    until := CASE period WHEN 'last_month' THEN month AT TIME ZONE zone ELSE 'infinity' END;
    "from" := coalesce("from", '-infinity');
END $$;
COMMENT ON FUNCTION lealup._lead_sync_period(text, text, timestamptz, OUT timestamptz, OUT timestamptz) IS
    'From when until when a period lasts, by the days of a time zone: today, last_7_days (with today), this_month, last_month; null = always.';

CREATE FUNCTION lealup.lead_sync_log(tenant_id uuid, sync_id uuid DEFAULT NULL, period text DEFAULT 'last_7_days', status text DEFAULT NULL, job_status text DEFAULT NULL,
        sync_status text DEFAULT NULL, most int DEFAULT 100) RETURNS SETOF lealup.lead_sync_records
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    time record := lealup._lead_sync_period(period, (SELECT t.time_zone FROM lealup.tenant t WHERE t.tenant_id = lead_sync_log.tenant_id), now());
BEGIN
    PERFORM lealup._check_choice('status', status, '{new,updated,unchanged,skipped,failed}'), lealup._check_choice('job_status', job_status, '{success,failure}'),
        lealup._check_choice('sync_status', sync_status, '{success,error}');
    RETURN QUERY
        SELECT r.* FROM lealup.lead_sync_records r
        WHERE r.tenant_id = lead_sync_log.tenant_id AND (lead_sync_log.sync_id IS NULL OR r.sync_id = lead_sync_log.sync_id)
          AND r.id >= CASE WHEN time."from" > '-infinity' THEN lealup.uuid7_floor(time."from") ELSE '00000000-0000-0000-0000-000000000000' END
          AND (time.until = 'infinity' OR r.id < lealup.uuid7_floor(time.until))
          AND (lead_sync_log.status IS NULL OR r.status = lead_sync_log.status) AND (lead_sync_log.sync_status IS NULL OR r.sync_status = lead_sync_log.sync_status)
          AND (lead_sync_log.job_status IS NULL OR (lead_sync_log.job_status = 'failure') = EXISTS (SELECT FROM lealup.lead_sync_job j WHERE j.tenant_id = r.tenant_id AND j.id = r.job_id AND j.failed > 0))
        ORDER BY r.id DESC LIMIT least(greatest(coalesce(most, 100), 1), 10000);
END $$;
COMMENT ON FUNCTION lealup.lead_sync_log(uuid, uuid, text, text, text, text, int) IS
    'The newest records of the log of lead syncs. sync_id: null = of all. period: today, last_7_days, this_month or last_month (days of the tenant''s time zone), null = all. status: new, updated, unchanged, skipped or failed; job_status: success or failure, of the job; sync_status: success or error, of the record. most: how many, up to 10000.';

CREATE FUNCTION lealup._forget_lead_sync(now timestamptz, max_rows int) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    forgotten bigint;
    jobs bigint;
BEGIN
    DELETE FROM lealup.lead_sync_record r
    USING (SELECT o.tenant_id, o.id FROM lealup.lead_sync s JOIN lealup.tenant t ON t.tenant_id = s.tenant_id AND t.home = lealup.home()
           CROSS JOIN LATERAL (SELECT x.tenant_id, x.id FROM lealup.lead_sync_record x WHERE x.tenant_id = s.tenant_id AND x.sync_id = s.id
               AND x.id < lealup.uuid7_floor(_forget_lead_sync.now - lealup._retention(lealup._retention_class(t.plan))) ORDER BY x.id LIMIT max_rows) o LIMIT max_rows) old
    WHERE r.tenant_id = old.tenant_id AND r.id = old.id;
    GET DIAGNOSTICS forgotten = ROW_COUNT;
    DELETE FROM lealup.lead_sync_job j
    USING (SELECT o.tenant_id, o.id FROM lealup.lead_sync s JOIN lealup.tenant t ON t.tenant_id = s.tenant_id AND t.home = lealup.home()
           CROSS JOIN LATERAL (SELECT x.tenant_id, x.id FROM lealup.lead_sync_job x WHERE x.tenant_id = s.tenant_id AND x.sync_id = s.id
               AND x.id < lealup.uuid7_floor(_forget_lead_sync.now - lealup._retention(lealup._retention_class(t.plan))) ORDER BY x.id LIMIT max_rows) o LIMIT max_rows) old
    WHERE j.tenant_id = old.tenant_id AND j.id = old.id;
    GET DIAGNOSTICS jobs = ROW_COUNT;
    RETURN forgotten + jobs;
END $$;
COMMENT ON FUNCTION lealup._forget_lead_sync(timestamptz, int) IS 'Forgets up to so many records of lead syncs'' logs, and jobs, that are older than the tenant''s logs are kept; gives how many.';
