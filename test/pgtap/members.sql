-- What the members of a tenant, and others, see and change in each table. The roles are made in a transaction that is rolled back.
BEGIN;
SELECT plan(70);

-- ----- People -----
SELECT lealup.create_tenant('one') AS one, lealup.create_tenant('two') AS two \gset
CREATE TEMP TABLE person (name text PRIMARY KEY, tenant uuid, role text, active boolean, id uuid DEFAULT lealup.uuid7());
INSERT INTO person VALUES ('csm', :'one', 'csm', true), ('director', :'one', 'director', true), ('admin', :'one', 'admin', true), ('inactive', :'one', 'admin', false),
    ('other csm', :'two', 'csm', true), ('other admin', :'two', 'admin', true);
INSERT INTO lealup.member (tenant_id, id, email, role) SELECT tenant, id, replace(name, ' ', '.') || '@team.example', role FROM person;
CREATE ROLE regress_lealup_csm;
CREATE ROLE regress_lealup_director;
CREATE ROLE regress_lealup_admin;
CREATE ROLE regress_lealup_inactive;
CREATE ROLE regress_lealup_other;
CREATE ROLE regress_lealup_heir IN ROLE regress_lealup_csm;
CREATE ROLE regress_lealup_torn IN ROLE regress_lealup_csm, regress_lealup_director;
CREATE ROLE regress_lealup_pool NOINHERIT IN ROLE regress_lealup_csm, regress_lealup_director;
CREATE ROLE regress_lealup_app;
CREATE ROLE regress_lealup_app_one;
CREATE ROLE regress_lealup_all;
CREATE ROLE regress_lealup_reader;
CREATE ROLE regress_lealup_nobody;
SELECT lealup.bind_member(tenant, id, ('regress_lealup_' || replace(name, 'other csm', 'other'))::name) FROM person WHERE name <> 'other admin';
UPDATE lealup.member m SET active = p.active FROM person p WHERE m.tenant_id = p.tenant AND m.id = p.id;
SELECT lealup.grant_access('regress_lealup_app', 'app');
SELECT lealup.grant_access('regress_lealup_app_one', 'app', :'one');
SELECT lealup.grant_access('regress_lealup_all', 'admin');
SELECT lealup.grant_access('regress_lealup_reader', 'reader', :'one');

-- ----- What is expected of each table and view, and a row of it -----
-- may: the right by which it is changed; or read = it is only read; or configured = only by those who may configure; or access = only by those to whom an admin gives it, here all members; or nobody = it is not even read. In sql $1 is the tenant, $2 to $4 are its
-- customer, contact and ticket; its health definition, playbook, import, meeting and timeline event have the customer's id, its
-- playbook's run the contact's. A view shows what the rows of tables make. One that is missing here fails the test.
CREATE TEMP TABLE expected (relation text PRIMARY KEY, may text NOT NULL, sql text);
INSERT INTO expected VALUES
    ('member', 'administer', $$(tenant_id, email) VALUES ($1, md5(random()::text) || '@team.example')$$),
    ('segment', 'configure', $$(tenant_id, name) VALUES ($1, md5(random()::text))$$),
    ('customer', 'edit', $$(tenant_id, name) VALUES ($1, 'Acme')$$),
    ('customer_identity', 'edit', $$(tenant_id, provider, external_id, customer_id) VALUES ($1, 'csv', md5(random()::text), $2)$$),
    ('contact', 'edit', $$(tenant_id, customer_id, name) VALUES ($1, $2, 'Ana')$$),
    ('contact_identity', 'edit', $$(tenant_id, provider, external_id, contact_id) VALUES ($1, 'csv', md5(random()::text), $3)$$),
    ('meeting', 'edit', $$(tenant_id, title, starts_at, ends_at, attendees) VALUES ($1, 'Review', '2026-01-01', '2026-01-01', '[{"email": "ana@acme.example"}, {"phone": "+34600123456"}]')$$),
    ('timeline_event', 'edit', $$(tenant_id, customer_id, kind) VALUES ($1, $2, 'note')$$),
    ('health_signal', 'edit', $$(tenant_id, customer_id, kind, value) VALUES ($1, $2, 'nps', 9)$$),
    ('renewal', 'edit', $$(tenant_id, customer_id, renewal_date, status) VALUES ($1, $2, '2026-12-31', 'completed')$$),
    ('task', 'edit', $$(tenant_id, customer_id, title) VALUES ($1, $2, 'Call')$$),
    ('ticket', 'edit', $$(tenant_id, customer_id, subject) VALUES ($1, $2, 'Help')$$),
    ('ticket_message', 'edit', $$(tenant_id, ticket_id, body) VALUES ($1, $4, 'Thanks')$$),
    ('tenant', 'read', NULL),
    ('audit', 'read', $$(tenant_id, id, retention_class, created_at, actor, action, object_type) VALUES ($1, lealup.uuid7(), 30, now(), 'x', 'x', 'x')$$),
    ('tenant_event_type', 'read', $$(tenant_id, id, name, description, filters) VALUES ($1, lealup.uuid7(), md5(random()::text), 'x', '{}')$$),
    ('event', 'read', $$(tenant_id, id, retention_class, event_type, created_at, data) VALUES ($1, lealup.uuid7(), 30, 'task.created', now(), '{}')$$),
    ('outbox', 'read', $$(tenant_id, id, retention_class, event_type, created_at) VALUES ($1, lealup.uuid7(), 30, 'task.created', now())$$),
    ('subscription', 'read', $$(tenant_id, id, url, events, created_at, updated_at) VALUES ($1, lealup.uuid7(), 'https://receiver.example/', '{task.created}', now(), now())$$),
    ('delivery_queue', 'read', $$VALUES ($1, lealup.uuid7(), lealup.uuid7(), lealup.uuid7(), 'infinity', 30, 1, 1, 'event')$$),
    ('delivery_attempt', 'read', $$(tenant_id, id, retention_class, attempt_no, final, status, trigger, delivery_id, subscription_id, event_id, started_at)
        VALUES ($1, lealup.uuid7(), 30, 1, true, 'success', 'event', lealup.uuid7(), lealup.uuid7(), lealup.uuid7(), now())$$),
    ('delivery', 'read', NULL),
    ('delivery_log', 'read', NULL),
    ('subscription_stats', 'read', NULL),
    ('unmatched', 'read', NULL),
    ('health_definition', 'read', NULL),
    ('health_measure', 'read', $$(tenant_id, definition_id, kind, weight, worst, best, fresh_for) VALUES ($1, $2, 'nps', 1, 0, 10, '30 days')$$),
    ('health_score', 'read', $$(tenant_id, customer_id) VALUES ($1, $2) ON CONFLICT DO NOTHING$$),
    ('health_score_history', 'read', $$(tenant_id, customer_id, changed_at, score, band) VALUES ($1, $2, now(), 80, 'healthy')$$),
    ('escalation_rule', 'read', $$(tenant_id, position, target) VALUES ($1, 1, 'owner')$$),
    ('kb_document', 'read', $$(tenant_id, external_id, title, body, content_hash) VALUES ($1, 'x', 'x', 'x', '')$$),
    ('playbook', 'read', NULL),
    ('playbook_job', 'read', $$(tenant_id, id, playbook_id, event_id, due_at) VALUES ($1, lealup.uuid7(), $2, lealup.uuid7(), 'infinity')$$),
    ('playbook_run', 'read', NULL),
    ('playbook_step_run', 'read', $$(tenant_id, run_id, step_no, step) VALUES ($1, $3, 1, '{}')$$),
    ('import_mapping', 'configured', $$(tenant_id, name, target, columns, key, provider, header, date_format) VALUES ($1, 'x', 'customer', '{}', 'none', 'csv', true, 'YMD')$$),
    ('import', 'configured', NULL),
    ('import_status', 'configured', NULL),
    ('import_reject', 'configured', $$(tenant_id, import_id, row_no, reason, fields) VALUES ($1, $2, 1, 'x', '{x}')$$),
    ('import_row', 'nobody', $$(tenant_id, import_id, fields) VALUES ($1, $2, '{x}')$$),
    ('detected_issue', 'read', $$(tenant_id, timeline_event_id, class, severity, summary, classifier) VALUES ($1, $2, 'billing', 'low', 'x', 'embedded')$$),
    ('tenant_phrase', 'configure', $$(tenant_id, class, phrase) VALUES ($1, 'competitor', 'x' || md5(random()::text))$$),
    ('meeting_briefing', 'read', $$(tenant_id, meeting_id) VALUES ($1, $2)$$),
    ('assistant', 'read', $$(tenant_id, url, model, classify, brief, timeout) VALUES ($1, 'https://assistant.example/', 'x', false, false, '20 s')$$),
    ('assistant_job', 'read', $$(tenant_id, purpose, subject_id) VALUES ($1, 'brief', $2)$$),
    ('draft', 'edit', $$(tenant_id, customer_id, channel, body) VALUES ($1, $2, 'email', 'Hello')$$),
    ('notification', 'read', $$(tenant_id, channel, text) VALUES ($1, 'slack', 'Hello')$$),
    ('mail_preference', 'read', $$(tenant_id, member_id, kind, frequency, updated_at) SELECT $1, id, md5(random()::text), 'daily', now() FROM lealup.member WHERE tenant_id = $1 LIMIT 1$$),
    ('mail_preferences', 'read', NULL),
    ('mail_notice', 'read', $$(tenant_id, id, member_id, kind, frequency, subject, body, times, due_at, created_at)
        SELECT $1, lealup.uuid7(), id, 'task', 'daily', 'x', 'x', 1, 'infinity', now() FROM lealup.member WHERE tenant_id = $1 LIMIT 1$$),
    ('mail_message', 'read', $$(tenant_id, id, member_id, kinds, digest, notices, subject, text, html, status, attempts, next_attempt_at, created_at)
        SELECT $1, lealup.uuid7(), id, '{task}', false, 1, 'x', 'x', 'x', 'cancelled', 0, 'infinity', now() FROM lealup.member WHERE tenant_id = $1 LIMIT 1$$),
    ('mail_failure', 'read', $$(tenant_id, member_id, address, reason, failed_at) SELECT $1, id, 'x', 'x', now() FROM lealup.member WHERE tenant_id = $1 LIMIT 1$$),
    ('mail_unsubscribe', 'nobody', $$(tenant_id, token_hash, member_id, kinds, created_at) SELECT $1, sha256(random()::text::bytea), id, '{task}', now() FROM lealup.member WHERE tenant_id = $1 LIMIT 1$$),
    ('_waiting', 'read', NULL),
    ('api_key', 'read', $$(tenant_id, id, name, scopes, secret_hash, created_at) VALUES ($1, lealup.uuid7(), 'x', '{*}', '', now())$$),
    ('api_keys', 'read', NULL),
    ('oauth_client', 'read', $$(tenant_id, provider, client_id, redirect_uri) VALUES ($1, 'x', 'x', 'https://team.example/')$$),
    ('oauth_state', 'nobody', $$(tenant_id, state_hash, connection_id, provider, redirect_uri, expires_at) VALUES ($1, '', $2, 'x', 'https://team.example/', now())$$),
    ('connection', 'read', NULL),
    ('connections', 'read', NULL),
    ('connection_job', 'read', $$(tenant_id, connection_id, kind, due_at) VALUES ($1, $2, 'token', now())$$),
    ('connection_jobs', 'read', NULL),
    ('connection_stream', 'read', $$(tenant_id, connection_id, stream) VALUES ($1, $2, 'x')$$),
    ('connection_streams', 'read', NULL),
    ('sync_record', 'read', $$(tenant_id, connection_id, stream, id, generation, updated_at) VALUES ($1, $2, 'x', 'x', 1, now())$$),
    ('record_error', 'read', $$(tenant_id, connection_id, stream, external_id, class, reason, created_at, updated_at) VALUES ($1, $2, 'x', 'x', 'invalid', 'x', now(), now())$$),
    ('record_errors', 'read', NULL),
    ('sync_run', 'read', $$(tenant_id, id, retention_class, connection_id, stream, mode, result, started_at, ended_at, seen, created, updated, same, deleted, failed, skipped, calls, waited_ms)
        VALUES ($1, lealup.uuid7(), 30, $2, 'x', 'backfill', 'ok', now(), now(), 0, 0, 0, 0, 0, 0, 0, 0, 0)$$),
    ('sync_runs', 'read', NULL),
    ('notification_rule', 'read', $$(tenant_id, name, events, connection_id, operation, created_at, updated_at, active) VALUES ($1, 'x', '{}', $2, 'x', now(), now(), true)$$),
    ('_listener', 'nobody', NULL),
    ('notification_job', 'read', $$(tenant_id, id, rule_id, event_id, due_at) VALUES ($1, lealup.uuid7(), lealup.uuid7(), lealup.uuid7(), 'infinity')$$),
    ('mirror_job', 'read', $$(tenant_id, rule_id, object_id, external_id, due_at) VALUES ($1, lealup.uuid7(), lealup.uuid7(), 'x', 'infinity')$$),
    ('linked_objects', 'read', NULL),
    ('action', 'read', $$(tenant_id, connection_id, operation, input, audience, idempotency_key) VALUES ($1, $2, 'x', '{}', 'customer', md5(random()::text))$$),
    ('actions', 'read', NULL),
    ('action_queue', 'read', NULL),
    ('member_account', 'read', $$(tenant_id, connection_id, external_id) VALUES ($1, $2, md5(random()::text))$$),
    ('unmapped_accounts', 'read', NULL),
    ('external_channel', 'read', $$(tenant_id, connection_id, external_id) VALUES ($1, $2, md5(random()::text))$$),
    ('external_object', 'read', $$(tenant_id, connection_id, entity, external_id, object_id, ours) VALUES ($1, $2, 'task', md5(random()::text), $2, false)$$),
    ('lead_field', 'read', $$(tenant_id, name, title, type) VALUES ($1, 'x' || md5(random()::text), 'x', 'text')$$),
    ('lead', 'read', $$(tenant_id, id, fields, versions, clock) VALUES ($1, $2, '{"city": "Ulm"}', '{}', 1) ON CONFLICT DO NOTHING$$),
    ('lead_unique', 'nobody', $$(tenant_id, field, value, lead_id) VALUES ($1, 'email', md5(random()::text), $2)$$),
    ('lead_activity_type', 'read', $$(tenant_id, name, title) VALUES ($1, 'x' || md5(random()::text), 'x')$$),
    ('lead_activity', 'read', $$(tenant_id, lead_id, type, occurred_at, version) VALUES ($1, $2, 'call', now(), '')$$),
    ('lead_automation', 'read', NULL),
    ('lead_automations', 'read', NULL),
    ('lead_remote_field', 'read', $$(tenant_id, connection_id, name, title, type, is_unique, required, read_only) VALUES ($1, $2, md5(random()::text), 'x', 'text', false, false, false)$$),
    ('lead_sending', 'read', $$(tenant_id, sync_id, entity, local_id, sent, latest) VALUES ($1, $2, 'lead', lealup.uuid7(), '{}', '{}')$$),
    ('lead_sync', 'access', NULL),
    ('lead_sync_access', 'access', NULL),
    ('lead_sync_mapping', 'access', $$(tenant_id, sync_id, entity, target, enabled) VALUES ($1, $2, 'lead', 'x' || md5(random()::text), true)$$),
    ('lead_sync_version', 'access', $$(tenant_id, sync_id, version, settings, mapping, created_at) VALUES ($1, $2, 1, '{}', '[]', now())$$),
    ('lead_link', 'access', $$(tenant_id, sync_id, entity, remote_id, local_id) VALUES ($1, $2, 'lead', md5(random()::text), $2)$$),
    ('lead_sync_job', 'access', $$(tenant_id, id, sync_id, version, source, started_at, finished_at, created, updated, unchanged, skipped, failed) VALUES ($1, lealup.uuid7(), $2, 1, 'poll', now(), now(), 0, 0, 0, 0, 0)$$),
    ('lead_sync_jobs', 'access', NULL),
    ('lead_sync_record', 'access', $$(tenant_id, id, sync_id, job_id, version, status, received_at, updated_at) VALUES ($1, lealup.uuid7(), $2, $2, 1, 'new', now(), now())$$),
    ('lead_sync_records', 'access', NULL),
    ('http_answer', 'nobody', $$(tenant_id, api_key_id, idempotency_key, request_hash, created_at) VALUES ($1, lealup.uuid7(), 'x', '', now())$$),
    ('event_key', 'nobody', $$(tenant_id, idempotency_key, event_id, created_at) VALUES ($1, 'x', lealup.uuid7(), now())$$),
    ('tenant_route', 'nobody', NULL),
    ('inbound_token', 'nobody', $$(tenant_id, token_hash, connection_id, created_at) VALUES ($1, '', $2, now())$$),
    ('inbound_refusal', 'read', $$(tenant_id, connection_id, refused, last_at, reason) VALUES ($1, $2, 1, now(), 'x')$$),
    ('inbox', 'read', $$(tenant_id, id, connection_id, name, received_at, dedupe_key, headers, next_attempt_at) VALUES ($1, lealup.uuid7(), $2, 'x', now(), md5(random()::text), '{}', now())$$),
    ('inbound_messages', 'read', NULL),
    ('vault_key', 'nobody', $$(tenant_id, id, wrapping_key_id, wrapped) VALUES ($1, lealup.uuid7(), '', '')$$),
    ('vault_secret', 'nobody', $$(tenant_id, id, owner_id, purpose, ciphertext, created_at) VALUES ($1, lealup.uuid7(), lealup.uuid7(), 'signing', '\x00', now())$$);
CREATE TEMP VIEW relation AS
SELECT c.oid, c.relname::text AS relation, c.relispartition AS leaf, EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id') AS tenants
FROM pg_class c WHERE c.relnamespace = 'lealup'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f');
SELECT set_eq('SELECT relation FROM expected', 'SELECT relation FROM relation WHERE tenants AND NOT leaf', 'of each table and view it is known who may see and change it');
SELECT set_eq('SELECT relation, may FROM expected WHERE may NOT IN (''read'', ''configured'', ''access'', ''nobody'')', 'SELECT relation, may FROM lealup._changeable()', 'by these rights tables are changed');

CREATE TEMP TABLE tenant (id uuid PRIMARY KEY, customer uuid DEFAULT lealup.uuid7(), contact uuid DEFAULT lealup.uuid7(), ticket uuid DEFAULT lealup.uuid7());
INSERT INTO tenant VALUES (:'one'), (:'two');
INSERT INTO lealup.customer (tenant_id, id, name) SELECT id, customer, 'Fixture' FROM tenant;
INSERT INTO lealup.contact (tenant_id, id, customer_id) SELECT id, contact, customer FROM tenant;
INSERT INTO lealup.ticket (tenant_id, id, customer_id, subject) SELECT id, ticket, customer, 'Fixture' FROM tenant;
INSERT INTO lealup.health_definition (tenant_id, id) SELECT id, customer FROM tenant;
INSERT INTO lealup.timeline_event (tenant_id, id, customer_id, kind) SELECT id, customer, customer, 'note' FROM tenant;
INSERT INTO lealup.connection (tenant_id, id, provider, kind) SELECT id, customer, 'x', 'workspace' FROM tenant;
INSERT INTO lealup.meeting (tenant_id, id, title, starts_at, ends_at) SELECT id, customer, 'Fixture', '2026-01-01', '2026-01-01' FROM tenant;
INSERT INTO lealup.import (tenant_id, id, mapping_name, target, key, provider, columns, width, date_format, time_zone, dry_run, suppress_events)
SELECT id, customer, 'Fixture', 'customer', 'none', 'csv', '{}', 1, 'YMD', 'UTC', true, true FROM tenant;
INSERT INTO lealup.subscription (tenant_id, id, url, events, created_at, updated_at) SELECT id, customer, 'https://receiver.example/', '{lead.created}', now(), now() FROM tenant;
INSERT INTO lealup.lead_automation (tenant_id, id, name, triggers, subscription_id) SELECT id, customer, 'Fixture', '{lead.created}', customer FROM tenant;
INSERT INTO lealup.lead_sync (tenant_id, id, name, time_zone, search_by, notify, lead_behaviour, activity_behaviour) SELECT id, customer, 'Fixture', 'UTC', 'email', false, 'capture', 'off' FROM tenant;
INSERT INTO lealup.lead_sync_access (tenant_id, roles) SELECT id, '{director,csm}' FROM tenant;
INSERT INTO lealup.lead (tenant_id, id, fields, versions, clock) SELECT id, customer, '{"city": "Ulm"}', '{}', 1 FROM tenant;
INSERT INTO lealup.playbook (tenant_id, id, name, events, steps, enabled, created_at, updated_at) SELECT id, customer, 'Fixture', '{}', '[]', false, now(), now() FROM tenant;
INSERT INTO lealup.playbook_run (tenant_id, id, playbook_id, event_id, status, depth, started_at) SELECT id, contact, customer, contact, 'completed', 0, now() FROM tenant;
DO $$
DECLARE
    t record;
BEGIN
    FOR t IN SELECT * FROM expected CROSS JOIN tenant WHERE sql IS NOT NULL LOOP
        EXECUTE format('INSERT INTO lealup.%I %s', t.relation, t.sql) USING t.id, t.customer, t.contact, t.ticket;
    END LOOP;
END $$;
CREATE FUNCTION pg_temp.tenants(relation text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
BEGIN
    EXECUTE format('SELECT count(DISTINCT r.tenant_id) FROM lealup.%I r JOIN tenant t ON t.id = r.tenant_id', relation) INTO n;
    RETURN n;
END $$;
SELECT is_empty('SELECT relation FROM expected WHERE pg_temp.tenants(relation) <> 2', 'each has something of both tenants to be seen');

-- Whether the acting role may do something: true, if it did a row at least; false, if it did none or was refused. Nothing stays done.
CREATE FUNCTION pg_temp.can(actor text, sql text, tenant tenant, other uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
BEGIN
    PERFORM set_config('role', actor, true);
    EXECUTE sql USING tenant.id, tenant.customer, tenant.contact, tenant.ticket, other;
    GET DIAGNOSTICS n = ROW_COUNT;
    RAISE EXCEPTION USING ERRCODE = CASE WHEN n > 0 THEN 'LUYES' ELSE 'LUNOT' END;
EXCEPTION
    WHEN SQLSTATE 'LUYES' THEN RETURN true;
    WHEN SQLSTATE 'LUNOT' OR insufficient_privilege THEN RETURN false;
    WHEN OTHERS THEN RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
-- What is not as it should be: the actor is to see the tenants, and to change the tables of those rights in the first of them.
CREATE FUNCTION pg_temp.wrong(actor text, sees uuid[], rights text[] DEFAULT '{}', changes uuid DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s %s in %s: %s', a.act, c.relation, t.id, r.result), E'\n' ORDER BY c.relation, a.act)
    FROM expected c CROSS JOIN tenant t
    CROSS JOIN LATERAL (VALUES
        ('see', format('SELECT FROM lealup.%I WHERE tenant_id = $1', c.relation), c.may <> 'nobody' AND t.id = ANY (sees) AND (c.may <> 'configured' OR 'configure' = ANY (rights) OR actor = 'all')
            AND (c.may <> 'access' OR rights <> '{}' OR actor = 'reader' OR coalesce(current_setting('lealup.member_id', true), '') = '')),
        ('insert into', format('INSERT INTO lealup.%I %s', c.relation, c.sql), c.may = ANY (rights) AND t.id IS NOT DISTINCT FROM changes),
        ('update', format('UPDATE lealup.%I SET tenant_id = tenant_id WHERE tenant_id = $1', c.relation), c.may = ANY (rights) AND t.id IS NOT DISTINCT FROM changes),
        ('update without a condition', format('UPDATE lealup.%I SET tenant_id = tenant_id', c.relation), c.may = ANY (rights) AND changes IS NOT NULL),
        ('move away', format('UPDATE lealup.%I SET tenant_id = $5 WHERE tenant_id = $1', c.relation), false)) a(act, sql, expected)
    CROSS JOIN LATERAL (SELECT pg_temp.can('regress_lealup_' || actor, a.sql, t.*::tenant, (SELECT o.id FROM tenant o WHERE o.id <> t.id)) AS result OFFSET 0) r
    -- Of what is only read, it is enough that there is no privilege: see below.
    WHERE (a.act = 'see' OR c.may NOT IN ('read', 'configured', 'access', 'nobody')) AND r.result IS DISTINCT FROM a.expected::text
$$;
CREATE FUNCTION pg_temp.choose(tenant uuid, member text DEFAULT NULL) RETURNS void LANGUAGE sql AS $$
    SELECT set_config('lealup.tenant_id', coalesce(choose.tenant::text, ''), true), set_config('lealup.member_id', coalesce((SELECT p.id::text FROM person p WHERE p.name = choose.member), ''), true)
$$;
CREATE FUNCTION pg_temp.edit() RETURNS text[] LANGUAGE sql AS $$ SELECT '{edit}'::text[] $$;
CREATE FUNCTION pg_temp.configure() RETURNS text[] LANGUAGE sql AS $$ SELECT '{edit,configure}'::text[] $$;
CREATE FUNCTION pg_temp.administer() RETURNS text[] LANGUAGE sql AS $$ SELECT '{edit,configure,administer}'::text[] $$;

-- ----- Members that are bound to a database role -----
SELECT is(pg_temp.wrong('csm', ARRAY[:'one']::uuid[], pg_temp.edit(), :'one'), NULL, 'a csm edits');
SELECT is(pg_temp.wrong('director', ARRAY[:'one']::uuid[], pg_temp.configure(), :'one'), NULL, 'a director configures as well');
SELECT is(pg_temp.wrong('admin', ARRAY[:'one']::uuid[], pg_temp.administer(), :'one'), NULL, 'an admin also administers');
SELECT is(pg_temp.wrong('inactive', '{}'), NULL, 'who is not active sees and changes nothing');
SELECT is(pg_temp.wrong('other', ARRAY[:'two']::uuid[], pg_temp.edit(), :'two'), NULL, 'another tenant''s csm has its own tenant');
SELECT is(pg_temp.wrong('heir', ARRAY[:'one']::uuid[], pg_temp.edit(), :'one'), NULL, 'whoever inherits a member''s role has no more than the member');
SELECT is(pg_temp.wrong('torn', '{}'), NULL, 'whoever inherits two members'' roles has nothing');
SELECT is(pg_temp.wrong('pool', '{}'), NULL, 'who inherits no privileges has none');
-- No setting makes one of them somebody else.
SELECT pg_temp.choose(:'two', 'other admin');
SELECT is(pg_temp.wrong('csm', ARRAY[:'one']::uuid[], pg_temp.edit(), :'one'), NULL, 'a csm stays in its tenant');
SELECT is(pg_temp.wrong('inactive', '{}'), NULL, 'who is not active stays out');
SELECT pg_temp.choose(:'one', 'admin');
SELECT is(pg_temp.wrong('csm', ARRAY[:'one']::uuid[], pg_temp.edit(), :'one'), NULL, 'a csm does not become an admin');
SELECT is(pg_temp.wrong('heir', ARRAY[:'one']::uuid[], pg_temp.edit(), :'one'), NULL, 'nor does its heir');
SELECT is(pg_temp.wrong('other', ARRAY[:'two']::uuid[], pg_temp.edit(), :'two'), NULL, 'another tenant''s csm does not come in');
SELECT is(pg_temp.wrong('inactive', '{}'), NULL, 'who is not active does not become an admin');

-- ----- Applications -----
SELECT pg_temp.choose(NULL);
SELECT is(pg_temp.wrong('app', '{}'), NULL, 'an application without a tenant has nothing');
SELECT pg_temp.choose(NULL, 'admin');
SELECT is(pg_temp.wrong('app', '{}'), NULL, 'nor has its member');
SELECT pg_temp.choose(:'one');
SELECT is(pg_temp.wrong('app', ARRAY[:'one']::uuid[], pg_temp.administer(), :'one'), NULL, 'an application may do all in the tenant that it names');
SELECT pg_temp.choose(:'one', 'csm');
SELECT is(pg_temp.wrong('app', ARRAY[:'one']::uuid[], pg_temp.edit(), :'one'), NULL, 'for a csm it edits');
SELECT pg_temp.choose(:'one', 'director');
SELECT is(pg_temp.wrong('app', ARRAY[:'one']::uuid[], pg_temp.configure(), :'one'), NULL, 'for a director it configures');
SELECT pg_temp.choose(:'one', 'admin');
SELECT is(pg_temp.wrong('app', ARRAY[:'one']::uuid[], pg_temp.administer(), :'one'), NULL, 'for an admin it administers');
SELECT pg_temp.choose(:'one', 'inactive');
SELECT is(pg_temp.wrong('app', ARRAY[:'one']::uuid[]), NULL, 'for who is not active it changes nothing');
SELECT pg_temp.choose(:'one', 'other admin');
SELECT is(pg_temp.wrong('app', ARRAY[:'one']::uuid[]), NULL, 'for another tenant''s member, neither');
SELECT pg_temp.choose(:'two', 'admin');
SELECT is(pg_temp.wrong('app_one', ARRAY[:'one']::uuid[], pg_temp.administer(), :'one'), NULL, 'a bound application stays in its tenant');
SELECT pg_temp.choose(NULL, 'csm');
SELECT is(pg_temp.wrong('app_one', ARRAY[:'one']::uuid[], pg_temp.edit(), :'one'), NULL, 'and acts for whom it says');

-- ----- Others -----
SELECT pg_temp.choose(NULL);
SELECT is(pg_temp.wrong('reader', ARRAY[:'one']::uuid[]), NULL, 'a reader sees its tenant, and changes nothing');
SELECT is(pg_temp.wrong('all', ARRAY[:'one', :'two']::uuid[]), NULL, 'the access admin sees every tenant, and changes none that it did not choose');
SELECT is(pg_temp.wrong('nobody', '{}'), NULL, 'a role without access has nothing');
SELECT pg_temp.choose(:'two', 'admin');
SELECT is(pg_temp.wrong('reader', ARRAY[:'one']::uuid[]), NULL, 'a reader''s settings change nothing');
SELECT is(pg_temp.wrong('nobody', '{}'), NULL, 'nor do those of a role without access');
SELECT pg_temp.choose(:'two');
SELECT is(pg_temp.wrong('all', ARRAY[:'two']::uuid[], pg_temp.administer(), :'two'), NULL, 'the access admin changes the tenant that it chose');
SELECT pg_temp.choose(NULL);

-- ----- Columns -----
SELECT is_empty($$SELECT c.relation, a.attname, r.role, p.privilege FROM lealup._changeable() c
    JOIN pg_attribute a ON a.attrelid = ('lealup.' || c.relation)::regclass AND a.attnum > 0 AND NOT a.attisdropped
    CROSS JOIN unnest('{regress_lealup_csm,regress_lealup_admin,regress_lealup_app,regress_lealup_all}'::text[]) r(role) CROSS JOIN unnest('{INSERT,UPDATE}'::text[]) p(privilege)
    WHERE has_column_privilege(r.role, a.attrelid, a.attnum, p.privilege) <> (c.columns = '' OR a.attname::text = ANY (string_to_array(btrim(c.columns, '()'), ', ')))$$,
    'columns that the extension keeps itself are changed by nobody else');
-- Of tables that are read in part: what only the workers need, and what may be more than its reader's business.
SELECT set_eq($$SELECT r.relation || '.' || a.attname FROM relation r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE r.relation IN (SELECT x.relation FROM expected x WHERE x.may <> 'nobody') AND NOT has_column_privilege('regress_lealup_all', r.oid, a.attnum, 'SELECT')$$,
    '{api_key.secret_hash, connection.client_id,connection.client_tenant_id,connection.facts,connection.options,connection.token_fingerprint,connection.token_version,
    connection_job.claim_id,connection_job.state,connection_stream.cursor,connection_stream.watch,inbox.body,inbox.headers,record_error.item,record_error.record}'::text[], 'these columns nobody reads');
SELECT is_empty($$SELECT a.attrelid::regclass, a.attname, r.rolname FROM pg_attribute a, pg_roles r WHERE r.rolname IN ('lealup_provider', 'lealup_gateway', 'lealup_api', 'lealup_worker') AND a.attnum > 0
    AND (a.attrelid IN ('lealup.inbox'::regclass, 'lealup.oauth_state'::regclass, 'lealup.record_error'::regclass, 'lealup.connection'::regclass, 'lealup.connection_job'::regclass)
            AND NOT has_column_privilege('regress_lealup_all', a.attrelid, a.attnum, 'SELECT')
        OR a.attrelid IN ('lealup.vault_secret'::regclass, 'lealup.vault_key'::regclass) AND r.rolname <> 'lealup_worker')
    AND has_column_privilege(r.oid, a.attrelid, a.attnum, 'SELECT')$$, 'nor do the roles as which requests, providers'' functions and workers act, who have the vault''s for themselves');
SELECT ok(NOT has_column_privilege('regress_lealup_admin', 'lealup.member', 'database_role', 'UPDATE'), 'such as the role to which a member is bound');
SELECT is_empty($$SELECT c.relation, a.rolname FROM lealup._changeable() c, pg_roles a
    WHERE a.rolname ~ '^regress_lealup_' AND has_table_privilege(a.oid, 'lealup.' || c.relation, 'INSERT, UPDATE, DELETE, TRUNCATE')$$,
    'no table is changed as a whole, by which it could be locked for every tenant');

-- ----- What belongs to no tenant, and what is behind the tables -----
SELECT set_eq('SELECT relation FROM relation WHERE NOT tenants', '{event_type,event_types,lexicon,import_upload,worker_status,route,api_schema,oidc_key_set,
    provider,provider_scope,provider_stream,provider_error,provider_budget,provider_inbound,provider_operation,providers}'::text[], 'these belong to no tenant');
CREATE TEMP VIEW granted AS
SELECT r.relation, r.leaf, r.tenants, substr(a.rolname, 16) AS actor, p.privilege FROM relation r CROSS JOIN pg_roles a CROSS JOIN unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) p(privilege)
WHERE a.rolname ~ '^regress_lealup_' AND CASE WHEN p.privilege IN ('DELETE', 'TRUNCATE', 'TRIGGER') THEN has_table_privilege(a.oid, r.oid, p.privilege) ELSE has_any_column_privilege(a.oid, r.oid, p.privilege) END;
SELECT set_eq('SELECT relation, privilege FROM granted WHERE actor = ''app_one'' AND NOT tenants', $$VALUES ('event_type', 'SELECT'), ('event_types', 'SELECT'), ('lexicon', 'SELECT'), ('import_upload', 'INSERT'),
        ('provider', 'SELECT'), ('provider_scope', 'SELECT'), ('provider_stream', 'SELECT'), ('provider_error', 'SELECT'), ('provider_operation', 'SELECT'), ('providers', 'SELECT')$$,
    'who has access reads the catalogs of events and of providers and the lexicon, and uploads');
SELECT set_eq('SELECT actor FROM granted WHERE relation = ''worker_status''', '{all}'::text[], 'the access admin sees the workers');
SELECT is_empty('SELECT * FROM granted WHERE leaf OR actor IN (''nobody'', ''pool'')', 'nobody reaches a leaf, and who has no access nothing');
SELECT is_empty($$SELECT g.* FROM granted g LEFT JOIN lealup._changeable() c USING (relation) WHERE g.privilege <> 'SELECT'
    AND (g.actor = 'reader' OR c.relation IS NULL OR g.privilege NOT IN ('INSERT', 'UPDATE'))
    -- An upload goes to the import that the role began, if it may configure.
    AND (g.relation, g.privilege) <> ('import_upload', 'INSERT')$$, 'what is only read is not changed, and nothing is deleted');

-- ----- Functions -----
-- Those that act with their owner's rights are called for a tenant, all else null. A function has to refuse before it looks at the rest.
CREATE FUNCTION pg_temp.call(actor text, oid oid, tenant uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    sql text;
BEGIN
    SELECT format('%s %s(%s)', CASE p.prokind WHEN 'p' THEN 'CALL' ELSE 'SELECT' END, p.oid::regproc,
        string_agg(CASE p.proargnames[a.n] WHEN 'tenant_id' THEN quote_literal(tenant) ELSE 'NULL' END || '::' || format_type(a.type, NULL), ', ' ORDER BY a.n)) INTO sql
    FROM pg_proc p CROSS JOIN unnest(p.proargtypes) WITH ORDINALITY a(type, n) WHERE p.oid = call.oid GROUP BY p.oid, p.prokind;
    PERFORM set_config('role', actor, true);
    EXECUTE sql;
    RAISE SQLSTATE 'LUYES';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END $$;
CREATE FUNCTION pg_temp.not_refused(actor text, tenant uuid, volatility text DEFAULT 'siv') RETURNS SETOF text LANGUAGE sql AS $$
    SELECT f.name FROM (
        SELECT p.oid::regprocedure::text AS name, pg_temp.call(actor, p.oid, tenant) AS state FROM pg_proc p
        WHERE p.pronamespace = 'lealup'::regnamespace AND p.prosecdef AND 'tenant_id' = ANY (p.proargnames[1:p.pronargs])
            AND has_function_privilege(actor, p.oid, 'EXECUTE') AND position(p.provolatile IN volatility) > 0) f
    -- The one tells only how the actor would act; the other looks at nulls first.
    WHERE f.state <> '42501' AND f.name <> 'lealup._member_role(uuid)' AND f.name NOT LIKE 'lealup.emit(%'
$$;
SELECT cmp_ok(count(*), '>', 10::bigint, 'there are functions to call') FROM pg_temp.not_refused('regress_lealup_csm', :'one');
SELECT is_empty(format('SELECT pg_temp.not_refused(%L, %L)', 'regress_lealup_' || a.name, a.tenant), a.name || ' calls none for another tenant')
FROM (VALUES ('csm', :'two'), ('admin', :'two'), ('app_one', :'two'), ('other', :'one'), ('reader', :'two')) a(name, tenant);
SELECT is_empty(format('SELECT pg_temp.not_refused(''regress_lealup_reader'', %L, ''v'')', :'one'), 'a reader calls none that changes something');
SELECT is_empty(format('SELECT pg_temp.not_refused(''regress_lealup_inactive'', %L)', :'one'), 'who is not active calls none at all');

-- ----- From plain SQL -----
SELECT p.id AS csm FROM person p WHERE p.name = 'csm' \gset
SELECT pg_temp.choose(:'two', 'admin');
SET LOCAL ROLE regress_lealup_csm;
SELECT is(lealup.current_tenant(), :'one'::uuid, 'a member need not say who the tenant is') UNION ALL SELECT is(lealup.current_member(), :'csm'::uuid, 'nor who it is');
SELECT throws_ok(format('SELECT lealup.add_note(%L, lealup.uuid7(), ''x'')', :'two'), '42501', NULL, 'no function takes it elsewhere');
SELECT throws_ok(format('SELECT lealup.match_contact(%L, ''x@y.example'')', :'two'), '42501', NULL, 'not even to look');
SELECT throws_ok(format('SELECT lealup.emit(%L, ''task.created'', ''{}'')', :'two'), '42501', NULL, 'or to emit');
SELECT throws_ok(format('SELECT lealup.bind_member(%L, %L, ''regress_lealup_csm'')', :'one', :'csm'), '42501', NULL, 'it binds nobody');
RESET ROLE;
-- As after a login with psql.
SET LOCAL SESSION AUTHORIZATION regress_lealup_csm;
-- It hides nothing of it.
SET LOCAL lealup.suppress_events = on;
INSERT INTO lealup.customer (name, owner_id) VALUES ('By hand', lealup.current_member());
SELECT throws_ok('SET LOCAL lealup.playbook_depth = 1000', '42501', NULL, 'nor keeps playbooks from it');
UPDATE lealup.customer SET tier = 'gold' WHERE name = 'By hand';
INSERT INTO lealup.task (tenant_id, customer_id, title) SELECT tenant_id, id, 'Call' FROM lealup.customer WHERE name = 'By hand';
SELECT lealup.add_note(tenant_id, id, 'Called') FROM lealup.customer WHERE name = 'By hand';
SELECT results_eq($$SELECT c.tenant_id, c.tier, n.member_id FROM lealup.customer c JOIN lealup.timeline_event n ON n.customer_id = c.id JOIN lealup.task t ON t.customer_id = c.id WHERE c.name = 'By hand'$$,
    format('VALUES (%L::uuid, ''gold'', %L::uuid)', :'one', :'csm'), 'a member works from psql');
SELECT set_has($$SELECT event_type FROM lealup.event WHERE data ->> 'customer_name' = 'By hand'$$, $$VALUES ('customer.created'), ('customer.updated')$$, 'and what it does are events');
SELECT is((SELECT actor FROM lealup.audit WHERE action = 'timeline.add'), 'regress_lealup_csm', 'of which it is the author');
RESET SESSION AUTHORIZATION;
SET LOCAL ROLE regress_lealup_director;
INSERT INTO lealup.customer (name) VALUES ('Loaded');
SELECT is_empty($$SELECT FROM lealup.event WHERE data ->> 'customer_name' = 'Loaded'$$, 'a director may load silently');
RESET ROLE;
RESET lealup.suppress_events;
SET LOCAL ROLE regress_lealup_reader;
SELECT lives_ok(format('SELECT lealup.match_contact(%L, ''x@y.example'')', :'one'), 'a reader may look');
SELECT throws_ok(format('SELECT lealup.add_note(%L, lealup.uuid7(), ''x'')', :'one'), '42501', NULL, 'but calls nothing that changes something');
RESET ROLE;
SELECT pg_temp.choose(NULL);

-- ----- Bound anew, and no longer -----
CREATE ROLE regress_lealup_second;
SELECT lealup.bind_member(p.tenant, p.id, 'regress_lealup_second') FROM person p WHERE p.name = 'admin';
SELECT is(pg_temp.wrong('second', ARRAY[:'one']::uuid[], pg_temp.administer(), :'one'), NULL, 'a member may get another role');
SELECT is(pg_temp.wrong('admin', '{}'), NULL, 'and the one that it had has nothing');
DROP ROLE regress_lealup_admin;
SELECT lives_ok(format('SELECT lealup.bind_member(%L, %L, ''regress_lealup_second'')', p.tenant, p.id), 'to be bound again changes nothing') FROM person p WHERE p.name = 'admin';
SELECT lealup.bind_member(p.tenant, p.id, 'regress_lealup_csm') FROM person p WHERE p.name = 'director';
SELECT is(pg_temp.wrong('csm', ARRAY[:'one']::uuid[], pg_temp.configure(), :'one'), NULL, 'a role that is bound to another member acts as that one');
SELECT lealup.revoke_access('regress_lealup_csm');
SELECT is(pg_temp.wrong('csm', '{}'), NULL, 'without access it has nothing');
SELECT lealup.grant_access('regress_lealup_csm', 'app', :'one');
SELECT is(pg_temp.wrong('csm', ARRAY[:'one']::uuid[], pg_temp.administer(), :'one'), NULL, 'and is nobody''s when it gets access again');

SELECT * FROM finish();
ROLLBACK;
