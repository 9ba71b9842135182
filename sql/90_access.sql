-- Row-level security, privileges, dump marks. It comes last, because it covers everything above.

-- Every tenant table: the workers see all rows, everybody else those of the current tenant.
DO $$
DECLARE
    t record;
BEGIN
    FOR t IN
        SELECT c.relname FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
        WHERE c.relnamespace = 'lealup'::regnamespace AND c.relkind IN ('r', 'p')
    LOOP
        EXECUTE pg_catalog.format('ALTER TABLE lealup.%I ENABLE ROW LEVEL SECURITY', t.relname);
        EXECUTE pg_catalog.format('CREATE POLICY worker ON lealup.%I TO lealup_worker USING (true)', t.relname);
        EXECUTE pg_catalog.format('CREATE POLICY tenant ON lealup.%I FOR SELECT
            USING (tenant_id = (SELECT lealup.current_tenant()) OR (SELECT lealup._sees_all()))', t.relname);
    END LOOP;
END $$;

-- What applications and members change by plain INSERT and UPDATE, and the right (see _may()) that it takes. Nobody deletes rows.
CREATE FUNCTION lealup._changeable() RETURNS TABLE (relation text, may text, columns text)
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    VALUES ('member', 'administer', '(tenant_id, id, email, name, role, time_zone, custom, active)'),
        ('segment', 'configure', ''),
        ('customer', 'edit', ''),
        ('customer_identity', 'edit', ''),
        ('contact', 'edit', ''),
        ('contact_identity', 'edit', ''),
        ('meeting', 'edit', ''),
        ('timeline_event', 'edit', ''),
        ('tenant_phrase', 'configure', '(tenant_id, id, class, severity, language, phrase, active)'),
        ('health_signal', 'edit', ''),
        ('renewal', 'edit', '(tenant_id, id, customer_id, renewal_date, amount, currency, status, reason)'),
        ('task', 'edit', '(tenant_id, id, customer_id, assignee_id, title, description, status, priority, due_at, external_id)'),
        ('ticket', 'edit', '(tenant_id, id, customer_id, contact_id, assignee_id, subject, status, priority, channel, source, external_id, payload)'),
        ('draft', 'edit', '(tenant_id, id, customer_id, contact_id, channel, recipient, subject, body, status)'),
        ('ticket_message', 'edit', '');
END;
COMMENT ON FUNCTION lealup._changeable() IS 'The tables that applications and members change themselves, by which right, and in which columns (empty = all).';

DO $$
DECLARE
    t record;
    condition text;
BEGIN
    FOR t IN SELECT * FROM lealup._changeable() LOOP
        condition := pg_catalog.format('tenant_id = (SELECT lealup.current_tenant()) AND (SELECT lealup._may(%L))', t.may);
        -- What came by a connection is as its source has it; whose it is, assign() says.
        IF EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = pg_catalog.format('lealup.%I', t.relation)::pg_catalog.regclass AND a.attname = 'connection_id') THEN
            condition := condition || ' AND connection_id IS NULL';
        END IF;
        EXECUTE pg_catalog.format('CREATE POLICY add ON lealup.%I FOR INSERT WITH CHECK (%s)', t.relation, condition);
        -- Whoever is bound to a tenant, or has chosen one, need not name it.
        EXECUTE pg_catalog.format('ALTER TABLE lealup.%I ALTER COLUMN tenant_id SET DEFAULT lealup.current_tenant()', t.relation);
        EXECUTE pg_catalog.format('CREATE POLICY change ON lealup.%I FOR UPDATE USING (%s)', t.relation, condition);
    END LOOP;
END $$;

REVOKE ALL ON ALL TABLES IN SCHEMA lealup FROM PUBLIC;
REVOKE ALL ON ALL ROUTINES IN SCHEMA lealup FROM PUBLIC;

GRANT USAGE ON SCHEMA lealup TO lealup_worker;
GRANT SELECT ON lealup.tenant, lealup.event_type, lealup.tenant_event_type, lealup.event, lealup.subscription, lealup.vault_key,
    lealup.vault_secret TO lealup_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON lealup.outbox, lealup.delivery_queue TO lealup_worker;
GRANT INSERT ON lealup.delivery_attempt, lealup.vault_key TO lealup_worker;
GRANT UPDATE (ciphertext) ON lealup.vault_secret TO lealup_worker;
GRANT UPDATE (wrapping_key_id, wrapped, rewrapped_at, problem) ON lealup.vault_key TO lealup_worker;
GRANT EXECUTE ON FUNCTION lealup._is_vault_tenant(uuid), lealup._sealed_secrets(uuid, uuid), lealup._secrets_of_retired_keys(uuid, uuid),
    lealup._keys_to_rewrap(uuid, uuid), lealup._forget_retired_keys() TO lealup_worker;
GRANT EXECUTE ON FUNCTION lealup.home(), lealup.uuid7(), lealup.uuid7_floor(timestamptz), lealup.delivery_id(uuid, uuid), lealup._attempt_id(uuid, int),
    lealup._fan_out(int, timestamptz, boolean), lealup._event_patterns(text), lealup._matches(jsonb, jsonb, jsonb, jsonb), lealup._as_jsonb(json), lealup._event_type(uuid, text),
    lealup._pending_subscriptions(), lealup._subscription_settings(uuid[], uuid[]), lealup._default_retry_schedule(),
    lealup._claim(uuid[], uuid[], timestamptz[], uuid[], int[], timestamptz), lealup._events(uuid[], uuid[], uuid, uuid),
    lealup._next_due(uuid[], uuid[], timestamptz),
    lealup._record(lealup._outcome[]), lealup._recordable(uuid[], uuid[]),
    lealup._note_failures(uuid, uuid, int, text), lealup._upkeep(timestamptz)
    TO lealup_worker;
GRANT EXECUTE ON FUNCTION lealup._assistant_claim(timestamptz, int), lealup._assistant_record(uuid, uuid, uuid, int, text, text, timestamptz),
    lealup._assistant_next(), lealup._assistant_give_back(uuid, uuid, uuid, timestamptz) TO lealup_worker;
GRANT EXECUTE ON FUNCTION lealup.phone_e164(text, text), lealup._match(uuid, jsonb, text), lealup._whose(uuid, jsonb) TO lealup_worker;
GRANT SELECT ON lealup.playbook, lealup.notification_rule, lealup._listener TO lealup_worker;
GRANT EXECUTE ON FUNCTION lealup._queue_listeners(uuid[], uuid[], text[], timestamptz[], timestamptz), lealup._playbooks_due(timestamptz, int),
    lealup._playbooks_next() TO lealup_worker;
GRANT EXECUTE ON FUNCTION lealup._clock(timestamptz) TO lealup_worker;
GRANT EXECUTE ON FUNCTION lealup._sync_claim(timestamptz, int), lealup._sync_next(), lealup._sync_release_all(), lealup._sync_requests(uuid, uuid, text, jsonb, int[]),
    lealup._sync_record(uuid, uuid, text, uuid, jsonb, lealup._sync_answer[], int, bigint, timestamptz),
    lealup._sync_yield(uuid, uuid, text, uuid, timestamptz, text, timestamptz) TO lealup_worker;
GRANT EXECUTE ON FUNCTION lealup._mail_is_on(), lealup._mail_event_types(), lealup._mail_events(uuid[], uuid[], text[], timestamptz), lealup._mail_compose(timestamptz),
    lealup._mail_claim(timestamptz, int), lealup._mail_give_back(uuid, uuid, uuid, timestamptz), lealup._mail_release_all(), lealup._mail_next(),
    lealup._mail_record(uuid, uuid, uuid, text, int, text, boolean, timestamptz) TO lealup_worker;

-- Providers' functions, and what they may be made of.
GRANT USAGE ON SCHEMA lealup TO lealup_provider;
GRANT EXECUTE ON FUNCTION lealup._mail_header(jsonb, text), lealup._mail_text(text, int), lealup._mail_people(jsonb, int), lealup._mail_body(text, text, int),
    lealup._is_public_mail_domain(text), lealup._google_time(text), lealup._google_epoch(text), lealup._google_words(jsonb), lealup._gmail_phase(jsonb),
    lealup._gmail_hidden(jsonb, jsonb), lealup._gmail_changes(jsonb, jsonb), lealup._gmail_reads_bodies(jsonb), lealup._gmail_text(jsonb), lealup._gmail_shown(text)
    TO lealup_provider;
GRANT EXECUTE ON FUNCTION lealup._rfc3339(timestamptz), lealup._percent_encode(text), lealup._url_query(jsonb), lealup._mail_address(text), lealup._moment(text, text, timestamptz)
    TO lealup_provider;
GRANT EXECUTE ON FUNCTION lealup._leadsquared_ask(text, jsonb), lealup._leadsquared_problem(jsonb), lealup._leadsquared_time(text), lealup._leadsquared_stamp(timestamptz),
    lealup._leadsquared_later(text, interval), lealup._leadsquared_window(jsonb), lealup._leadsquared_page(jsonb, jsonb, int, jsonb, text), lealup._leadsquared_lead(jsonb),
    lealup._leadsquared_activity(jsonb), lealup._leadsquared_type(jsonb), lealup._leadsquared_value(text, jsonb), lealup._leadsquared_event(text)
    TO lealup_provider;
GRANT EXECUTE ON FUNCTION lealup._linear_ask(text, jsonb), lealup._linear_problem(jsonb), lealup._linear_failure(jsonb), lealup._linear_issue_parts(),
    lealup._linear_comment_parts(), lealup._linear_issue(jsonb), lealup._linear_comment(jsonb), lealup._linear_record(text, jsonb, jsonb), lealup._linear_words(jsonb),
    lealup._linear_mapped(jsonb, text, text), lealup._linear_status(text, text, text, jsonb), lealup._linear_states(text, text), lealup._linear_priority(text, jsonb),
    lealup._linear_fields(text, jsonb, jsonb), lealup._linear_key(text, text), lealup._linear_words_of(text), lealup._linear_payload(jsonb),
    lealup._linear_outcome(jsonb, jsonb), lealup._linear_state(text, text, jsonb, jsonb), lealup._linear_labels(jsonb), lealup._linear_issue_changes(jsonb),
    lealup._linear_comment_body(jsonb), lealup._linear_comment_outcome(jsonb)
    TO lealup_provider;
-- What Slack's functions are made of, whatever file they are in.
DO $$
DECLARE
    f record;
BEGIN
    FOR f IN SELECT p.oid::regprocedure AS name FROM pg_catalog.pg_proc p WHERE p.pronamespace = 'lealup'::regnamespace AND p.proname LIKE '\_slack\_%' LOOP
        EXECUTE pg_catalog.format('GRANT EXECUTE ON FUNCTION %s TO lealup_provider', f.name);
    END LOOP;
END $$;
DO $$
DECLARE
    f record;
BEGIN
    FOR f IN
        SELECT DISTINCT p.oid::regprocedure AS name
        FROM (SELECT unnest(ARRAY[s.request, s.response, s.detail_request, s.detail_response, s.normalize, s.watch_request, s.watch_response, s.unwatch_request])
              FROM lealup.provider_stream s UNION ALL SELECT unnest(ARRAY[i.handler, i.ask, i.reply]) FROM lealup.provider_inbound i
              UNION ALL SELECT unnest(ARRAY[o.request, o.response, o.idempotency ->> 'search', o.idempotency ->> 'found']) FROM lealup.provider_operation o) x(function)
        JOIN pg_catalog.pg_proc p ON p.pronamespace = 'lealup'::regnamespace AND 'lealup.' || p.proname = x.function
    LOOP
        EXECUTE pg_catalog.format('GRANT EXECUTE ON FUNCTION %s TO lealup_provider', f.name);
    END LOOP;
END $$;
GRANT EXECUTE ON FUNCTION lealup._job_request(uuid, uuid, text, timestamptz), lealup._job_record(uuid, uuid, text, text, jsonb, jsonb, timestamptz),
    lealup._connection_problem(uuid, uuid, text, uuid, timestamptz, text), lealup._request_refresh(uuid, uuid, int, timestamptz), lealup._token_worked(uuid, uuid) TO lealup_worker;
GRANT EXECUTE ON FUNCTION lealup._inbox_due(timestamptz, int), lealup._inbox_next(), lealup._key_set_due(timestamptz), lealup._key_set_next(),
    lealup._key_set_fetched(text, int, text, text, timestamptz) TO lealup_worker;

-- Each access has what the ones before it have, and more: reader, app, admin.
CREATE FUNCTION lealup._grants(access text) RETURNS TABLE (privilege text, object text)
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH part(least, relations, functions) AS (VALUES
        ('reader', '{tenant, audit, event_type, tenant_event_type, event_types, event, outbox, subscription, delivery_queue, delivery_attempt, delivery_log, delivery, subscription_stats}'::text[],
            '{uuid7, uuid7_floor, uuid7_time, delivery_id, _attempt_id, _last_attempt_id, home, current_tenant, _sees_all, _has_access, _actor, _bound_tenant, current_member, _member_role,
              _access_reader, _request_body, _printable, event_types, event_filters}'::text[]),
        ('reader', '{health_definition, health_measure, health_score, health_score_history}', '{explain_health, _health_inputs, _health_points, _health_duration}'),
        ('reader', '{playbook, playbook_job, playbook_run, playbook_step_run, notification}', '{}'),
        ('reader', '{escalation_rule, kb_document}', '{search_kb}'),
        ('reader', '{unmatched, _waiting}', '{phone_e164, check_phone, match_contact, match_contacts, _participant_keys, _mail_address, _phone_key}'),
        ('reader', '{detected_issue, meeting_briefing, lexicon, assistant, assistant_job}', '{classify_message, briefing, _briefing_health, _one_line}'),
        ('app', '{}', '{_access_app, emit, register_event_type, create_subscription, reveal_secret, update_subscription, pause_subscription, resume_subscription,
              delete_subscription, rotate_secret, replay, recover, replay_missing, send_test_event, update_tenant, _may, _is_time_zone, delete_customer}'),
        ('app', '{}', '{set_health_definition, delete_health_definition}'),
        ('reader', '{provider, provider_scope, provider_stream, provider_operation, sync_record, sync_run, connection_streams, sync_runs, record_errors}', '{}'),
        ('app', '{}', '{sync_now, pause_stream, resume_stream, _pause_stream, retry_record, retry_records}'),
        ('app', '{}', '{create_playbook, update_playbook, enable_playbook, disable_playbook, delete_playbook, retry_playbook_run, cancel_playbook_run}'),
        ('app', '{}', '{create_ticket, update_ticket, add_ticket_message, edit_ticket_message, delete_ticket_message, assign_ticket, resolve_ticket, reopen_ticket, escalate_ticket, set_escalation_rule,
              delete_escalation_rule, upsert_kb_document, delete_kb_document}'),
        ('app', '{import_mapping, import, import_reject, import_status}', '{import_fields, save_import_mapping, begin_import, continue_upload, cancel_import,
              confirm_import, run_import, _import_batch, _fail_import, _hold_import, _release_import, _import_lock, _import_runs, import_csv, retry_rejects}'),
        ('app', '{}', '{complete_renewal, churn_renewal, complete_task, reopen_task}'),
        ('app', '{}', '{add_timeline_event, add_note, assign, rematch, _are_people}'),
        ('app', '{}', '{set_assistant, remove_assistant, retry_assistant_job, prepare_briefing, _is_phrase, _phrase_queries}'),
        ('reader', '{api_keys}', '{}'),
        ('reader', '{oauth_client, connections, connection_jobs}', '{connection_scopes, _connection_options, _connection_fix}'),
        ('reader', '{provider_error}', '{}'),
        ('reader', '{mail_preference, mail_preferences, mail_notice, mail_message, mail_failure}', '{_mail_kinds}'),
        ('app', '{}', '{set_mail_preference, clear_mail_failure}'),
        ('app', '{}', '{set_oauth_client, delete_oauth_client, connect, reconnect, update_connection, complete_connect, fail_connect, disconnect, pause_connection, resume_connection}'),
        ('reader', '{inbound_messages, inbound_refusal}', '{}'),
        ('app', '{}', '{inbound_url, set_inbound_secret, retry_inbound, retry_all_inbound, check_inbound}'),
        ('app', '{}', '{check_provider}'),
        ('reader', '{providers}', '{provider_help}'),
        ('app', '{}', '{create_api_key, revoke_api_key}'),
        ('reader', '{action, actions, action_queue, notification_rule, notification_job, member_account, unmapped_accounts, external_object}', '{}'),
        ('reader', '{external_channel}', '{}'),
        ('reader', '{mirror_job, linked_objects}', '{}'),
        ('app', '{}', '{set_mirror, set_slack_notices}'),
        ('app', '{}', '{create_action, update_action, approve_action, cancel_action, retry_action, set_notification_rule, delete_notification_rule, set_member_account}'),
        ('reader', '{lead_field, lead, lead_activity_type, lead_activity, lead_automation, lead_automations}', '{find_leads}'),
        ('app', '{}', '{set_lead_field, delete_lead_field, set_lead_activity_type, create_lead, update_lead, delete_lead, save_leads, post_lead_activity, update_lead_activity,
              create_lead_automation, update_lead_automation, delete_lead_automation}'),
        ('reader', '{lead_sync, lead_sync_mapping, lead_sync_version, lead_sync_access, lead_link, lead_sync_job, lead_sync_record, lead_sync_jobs, lead_sync_records}', '{_lead_sync_access, _lead_sync_period, check_mapping, lead_sync_log}'),
        ('app', '{}', '{create_lead_sync, update_lead_sync, enable_lead_sync, disable_lead_sync, remove_lead_sync, set_lead_sync_mapping, delete_lead_sync_mapping, reset_lead_sync_mapping,
              set_lead_sync_access, retry_lead_sync_record, retry_lead_sync}'),
        ('reader', '{lead_remote_field, lead_sending}', '{}'),
        ('admin', '{worker_status}', '{_access_admin, create_tenant, adopt, maintenance, _workers}'),
        ('admin', '{}', '{rewrap, rewrap_status, rotate_data_key, set_smtp_password}')
    ), granted AS (
        SELECT p.relations, p.functions FROM part p
        WHERE array_position('{reader, app, admin}', p.least) <= array_position('{reader, app, admin}', _grants.access)
    )
    SELECT 'USAGE', 'SCHEMA lealup'
    UNION ALL
    SELECT 'SELECT', format('lealup.%I', r) FROM granted g, unnest(g.relations) r
    UNION ALL
    SELECT 'SELECT', format('lealup.%I', c.relation) FROM lealup._changeable() c
    UNION ALL
    -- By columns even where it is all of them: whoever may update a table as such may lock it, and with it every tenant.
    SELECT format('%s (%s)', p, (SELECT string_agg(quote_ident(a.attname), ', ') FROM pg_attribute a
               WHERE a.attrelid = format('lealup.%I', c.relation)::regclass AND a.attnum > 0 AND NOT a.attisdropped
                 AND (c.columns = '' OR a.attname::text = ANY (string_to_array(btrim(c.columns, '()'), ', '))))), format('lealup.%I', c.relation)
    FROM lealup._changeable() c, unnest(ARRAY['INSERT', 'UPDATE']) p WHERE access IN ('app', 'admin')
    UNION ALL
    SELECT 'SELECT (tenant_id, id, name, scopes, member_id, rate_limit, created_at, expires_at, revoked_at, last_used_at)', 'lealup.api_key'
    UNION ALL
    SELECT 'SELECT (tenant_id, id, provider, kind, member_id, account_id, account_name, state, reason, fix, trace_id, state_since, scopes, token_expires_at, paused_at, not_before,
        wait_reason, backfill, purge_at, created_by, created_at)', 'lealup.connection'
    UNION ALL
    SELECT 'SELECT (tenant_id, connection_id, kind, due_at, lease_until, attempts, error, created_at)', 'lealup.connection_job'
    UNION ALL
    -- But for where a provider is asked next, and by what its notifications are ended.
    SELECT 'SELECT (tenant_id, connection_id, stream, mode, generation, since, next_run_at, period, paused_at, claim_id, lease_until, run_id, run_started_at, run_counts, recent, resets,
        failures, hinted_at, backfilled_at, last_run_at, last_ok_at, last_error, total, seen, watch_expires_at, unheard)', 'lealup.connection_stream'
    UNION ALL
    -- But for the record itself, of which not all may be anybody's business.
    SELECT 'SELECT (tenant_id, id, connection_id, stream, external_id, state, class, reason, attempts, next_try_at, trace_id, created_at, updated_at)', 'lealup.record_error'
    UNION ALL
    SELECT 'SELECT (tenant_id, id, connection_id, name, received_at, dedupe_key, status, attempts, next_attempt_at, error, trace_id)', 'lealup.inbox'
    UNION ALL
    SELECT 'INSERT', 'lealup.import_upload' WHERE access IN ('app', 'admin')
    UNION ALL
    SELECT 'EXECUTE', format('ROUTINE %s', p.oid::regprocedure)
    FROM pg_proc p WHERE p.pronamespace = 'lealup'::regnamespace AND p.proname IN (SELECT f FROM granted g, unnest(g.functions) f);
END;
COMMENT ON FUNCTION lealup._grants(text) IS 'The privileges that the access admin, app or reader consists of.';

CREATE FUNCTION lealup._check_grantee(role name) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF role IN ('lealup_worker', 'lealup_gateway', 'lealup_api') THEN
        RAISE EXCEPTION 'role "%" is one of lealup''s own', role
            USING ERRCODE = 'invalid_parameter_value', DETAIL = 'It has what it needs.';
    END IF;
END $$;
COMMENT ON FUNCTION lealup._check_grantee(name) IS 'Raises invalid_parameter_value for the roles as which workers act.';

CREATE FUNCTION lealup.grant_access(role name, access text, tenant_id uuid DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    g record;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = grant_access.role) THEN
        RAISE EXCEPTION 'role % does not exist', coalesce(quote_literal(grant_access.role), 'null')
            USING ERRCODE = 'undefined_object', HINT = 'grant_access() creates no role: CREATE ROLE first.';
    END IF;
    PERFORM lealup._check_grantee(grant_access.role);
    IF coalesce(grant_access.access, '') NOT IN ('admin', 'app', 'reader') THEN
        RAISE EXCEPTION 'invalid access: %', coalesce(quote_literal(left(grant_access.access, 100)), 'null')
            USING ERRCODE = 'invalid_parameter_value', HINT = 'access is admin, app or reader.';
    END IF;
    IF grant_access.tenant_id IS NOT NULL AND NOT EXISTS (SELECT FROM lealup.tenant t WHERE t.tenant_id = grant_access.tenant_id) THEN
        RAISE EXCEPTION 'tenant % does not exist', grant_access.tenant_id USING ERRCODE = 'no_data_found';
    END IF;
    IF grant_access.access = 'reader' AND grant_access.tenant_id IS NULL THEN
        RAISE WARNING 'role "%" will see no tenant', grant_access.role
            USING HINT = format('Name the tenant: SELECT lealup.grant_access(%L, ''reader'', tenant_id).', grant_access.role);
    END IF;
    PERFORM lealup.revoke_access(grant_access.role);
    FOR g IN SELECT * FROM lealup._grants(grant_access.access) LOOP
        EXECUTE format('GRANT %s ON %s TO %I', g.privilege, g.object, grant_access.role);
    END LOOP;
    IF grant_access.tenant_id IS NOT NULL THEN
        INSERT INTO lealup.tenant_route (kind, key_hash, tenant_id)
        VALUES ('role', lealup._name_hash(grant_access.role::text), grant_access.tenant_id);
        EXECUTE format('GRANT EXECUTE ON FUNCTION lealup._access_bound() TO %I', grant_access.role);
        PERFORM lealup._audit(grant_access.tenant_id, 'access.grant', 'role', NULL,
            jsonb_build_object('role', grant_access.role, 'access', grant_access.access));
    END IF;
END $$;
COMMENT ON FUNCTION lealup.grant_access(name, text, uuid) IS
    'Gives an existing role what it needs, and no more: reader sees, app also emits and manages subscriptions, admin also makes tenants and sees the workers. tenant_id binds the role to a tenant, which no setting changes; without it app and admin choose one by lealup.tenant_id (admin: none = all). A role that is a member of a bound role is bound as well. Replaces earlier access. For superusers.';

CREATE FUNCTION lealup.revoke_access(role name) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    bound uuid;
    g record;
BEGIN
    PERFORM lealup._check_grantee(revoke_access.role);
    FOR g IN SELECT * FROM lealup._grants('admin') UNION SELECT * FROM lealup._grants('reader') LOOP
        EXECUTE format('REVOKE %s ON %s FROM %I', g.privilege, g.object, revoke_access.role);
    END LOOP;
    EXECUTE format('REVOKE EXECUTE ON FUNCTION lealup._access_bound() FROM %I', revoke_access.role);
    DELETE FROM lealup.tenant_route r WHERE r.kind = 'role' AND r.key_hash = lealup._name_hash(revoke_access.role::text)
    RETURNING r.tenant_id INTO bound;
    IF FOUND THEN
        PERFORM lealup._audit(bound, 'access.revoke', 'role', NULL, jsonb_build_object('role', revoke_access.role));
        UPDATE lealup.member m SET database_role = NULL WHERE m.tenant_id = bound AND m.database_role = revoke_access.role;
    END IF;
END $$;
COMMENT ON FUNCTION lealup.revoke_access(name) IS 'Takes back what grant_access() and bind_member() gave. For superusers.';

-- The gateway may do one thing. What its requests may do beyond the access app is said here; that it chooses the tenant is what
-- _access_app says, and without a right on anything else it gives nothing.
GRANT USAGE ON SCHEMA lealup TO lealup_gateway;
GRANT EXECUTE ON FUNCTION lealup.http_request(text, text, text, jsonb, bytea), lealup._receive_inbound(text, text, text, jsonb, bytea), lealup._access_app() TO lealup_gateway;
GRANT EXECUTE ON FUNCTION lealup._note_refused(uuid, uuid, bigint, timestamptz, text) TO lealup_gateway;
DO $$
DECLARE
    g record;
BEGIN
    FOR g IN SELECT * FROM lealup._grants('app')
        UNION ALL SELECT 'EXECUTE', pg_catalog.format('FUNCTION %s', p.oid::regprocedure) FROM pg_catalog.pg_proc p
            WHERE p.pronamespace = 'lealup'::regnamespace AND p.proname LIKE '\_http\_%' LOOP
        EXECUTE pg_catalog.format('GRANT %s ON %s TO lealup_api', g.privilege, g.object);
    END LOOP;
END $$;
GRANT SELECT ON lealup.route, lealup.api_schema TO lealup_api;
GRANT EXECUTE ON FUNCTION lealup._percent_encode(text), lealup._lock_subscription(uuid, uuid), lealup.openapi(), lealup._metrics(uuid, timestamptz),
    lealup._metric_rows(uuid, timestamptz) TO lealup_api;
GRANT EXECUTE ON FUNCTION lealup._audit(uuid, text, text, uuid, jsonb), lealup._row_changes(anyelement, anyelement) TO lealup_api;
GRANT EXECUTE ON FUNCTION lealup._lock_lead(uuid, uuid), lealup._lock_lead_activity(uuid, uuid), lealup._lock_lead_automation(uuid, uuid) TO lealup_api;
GRANT EXECUTE ON FUNCTION lealup._come_back(text, text, text, text, uuid), lealup._html_escape(text) TO lealup_api;

REVOKE ALL ON FUNCTION lealup._grants(text), lealup._check_grantee(name), lealup.grant_access(name, text, uuid), lealup.revoke_access(name) FROM PUBLIC;

-- User data is dumped; the built-in catalog comes with the script.
DO $$
DECLARE
    t record;
BEGIN
    FOR t IN
        SELECT c.oid::regclass AS name FROM pg_catalog.pg_class c
        WHERE c.relnamespace = 'lealup'::regnamespace AND c.relkind = 'r' AND c.relname NOT IN ('event_type', 'lexicon', 'route', 'api_schema')
          AND c.relname NOT LIKE 'provider%'
    LOOP
        PERFORM pg_catalog.pg_extension_config_dump(t.name, '');
    END LOOP;
    -- Of providers, those that somebody added.
    PERFORM pg_catalog.pg_extension_config_dump('lealup.provider', 'WHERE NOT builtin');
    FOR t IN SELECT c.oid::regclass AS name FROM pg_catalog.pg_class c WHERE c.relnamespace = 'lealup'::regnamespace AND c.relkind = 'r' AND c.relname LIKE 'provider\_%' LOOP
        PERFORM pg_catalog.pg_extension_config_dump(t.name, 'WHERE provider NOT IN (SELECT p.name FROM lealup.provider p WHERE p.builtin)');
    END LOOP;
END $$;
