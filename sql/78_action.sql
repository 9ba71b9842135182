-- Actions: what is to be done at a provider. An action is a row that begins as a draft, is approved, and is then sent by the sync worker.
--
-- Nothing that speaks to a customer is sent without a human's approval of that very row. That is kept here, by constraints and a trigger, and not in the functions that
-- change actions: whoever updates the table by hand is held to the same.

CREATE TABLE lealup.notification_rule (
    tenant_id uuid NOT NULL REFERENCES lealup.tenant,
    id uuid NOT NULL DEFAULT lealup.uuid7(),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    mode text NOT NULL DEFAULT 'send' CHECK (mode IN ('send', 'allow', 'mirror')),
    events text[] NOT NULL,
    filters jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(filters) = 'object'),
    connection_id uuid NOT NULL,
    operation text NOT NULL,
    template jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(template) = 'object' AND octet_length(template::text) <= 200000),
    active boolean NOT NULL DEFAULT true,
    deleted_at timestamptz,
    created_by uuid,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, connection_id) REFERENCES lealup.connection ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, created_by) REFERENCES lealup.member,
    CHECK (deleted_at IS NULL OR NOT active),
    CHECK (mode <> 'mirror' OR (events, filters, template) = ('{}', '{}', '{}'))
);
CREATE INDEX ON lealup.notification_rule (tenant_id) WHERE active;
COMMENT ON TABLE lealup.notification_rule IS 'An admin''s standing permission to tell the own team something without asking each time.';
COMMENT ON COLUMN lealup.notification_rule.mode IS 'send: each event that matches makes an action of the template; allow: what playbooks and applications make is approved if it has all that the template has; mirror: changes of what is linked to something at the connection are carried there by the operation.';
COMMENT ON COLUMN lealup.notification_rule.events IS 'Types, prefixes (customer.*) or *, as a subscription has them. With allow: of the event that triggered the playbook; what no event caused is allowed by * alone.';
COMMENT ON COLUMN lealup.notification_rule.template IS 'The action''s input, whose texts may have {{placeholders}}; with allow what the input must contain.';
COMMENT ON COLUMN lealup.notification_rule.created_by IS 'Who last set it; null = an application that acted for nobody.';
COMMENT ON COLUMN lealup.notification_rule.created_at IS 'By the clock, not the transaction: an event is told of by the rules that existed when it was emitted.';

CREATE TABLE lealup.notification_job (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    rule_id uuid NOT NULL,
    event_id uuid NOT NULL,
    due_at timestamptz NOT NULL,
    attempt_no smallint NOT NULL DEFAULT 1,
    error text
);
CREATE INDEX ON lealup.notification_job (due_at);
ALTER TABLE lealup.notification_job ADD PRIMARY KEY (tenant_id, id);
COMMENT ON TABLE lealup.notification_job IS 'An event of which a rule is still to make an action. It has no foreign key, which would cost the fan-out a look-up per row.';
COMMENT ON COLUMN lealup.notification_job.id IS 'Of the event and the rule, so that an event cannot be told of twice by a rule; the action has it as well.';

CREATE FUNCTION lealup._action_hash(connection_id uuid, operation text, audience text, input jsonb, subjects uuid[]) RETURNS bytea
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN sha256(convert_to(jsonb_build_array(connection_id, operation, audience, input, subjects)::text,
        CASE getdatabaseencoding() WHEN 'SQL_ASCII' THEN 'SQL_ASCII' ELSE 'UTF8' END));
COMMENT ON FUNCTION lealup._action_hash(uuid, text, text, jsonb, uuid[]) IS 'The SHA-256 of all that an approval of an action is for. subjects: customer, ticket, message, task.';

CREATE TABLE lealup.action (
    tenant_id uuid NOT NULL REFERENCES lealup.tenant,
    id uuid NOT NULL DEFAULT lealup.uuid7(),
    connection_id uuid NOT NULL,
    operation text NOT NULL CHECK (length(operation) <= 60),
    input jsonb NOT NULL CHECK (jsonb_typeof(input) = 'object' AND octet_length(input::text) <= 262144),
    audience text NOT NULL CHECK (audience IN ('own_team', 'customer', 'unknown')),
    status text NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'approved', 'sending', 'sent', 'failed', 'cancelled')),
    customer_id uuid,
    ticket_id uuid,
    ticket_message_id uuid,
    task_id uuid,
    order_key text CHECK (length(order_key) BETWEEN 1 AND 500),
    idempotency_key text NOT NULL CHECK (idempotency_key ~ '^[!-~]{1,200}$'),
    rule_id uuid,
    event_id uuid,
    playbook_run_id uuid,
    created_by uuid,
    approved_by uuid,
    approved_at timestamptz,
    approved_hash bytea,
    attempts int NOT NULL DEFAULT 0,
    next_attempt_at timestamptz,
    claim_id uuid,
    lease_until timestamptz,
    handed_out boolean NOT NULL DEFAULT false,
    uncertain boolean NOT NULL DEFAULT false,
    external_id text CHECK (length(external_id) BETWEEN 1 AND 1000),
    result jsonb CHECK (octet_length(result::text) <= 262144),
    error text CHECK (length(error) <= 2000),
    sending jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    sent_at timestamptz,
    FOREIGN KEY (tenant_id, connection_id) REFERENCES lealup.connection ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, rule_id) REFERENCES lealup.notification_rule,
    FOREIGN KEY (tenant_id, customer_id) REFERENCES lealup.customer,
    FOREIGN KEY (tenant_id, ticket_id) REFERENCES lealup.ticket,
    FOREIGN KEY (tenant_id, ticket_message_id) REFERENCES lealup.ticket_message,
    FOREIGN KEY (tenant_id, task_id) REFERENCES lealup.task,
    FOREIGN KEY (tenant_id, created_by) REFERENCES lealup.member,
    FOREIGN KEY (tenant_id, approved_by) REFERENCES lealup.member,
    UNIQUE (tenant_id, connection_id, idempotency_key),
    CONSTRAINT action_is_approved CHECK (CASE WHEN status IN ('approved', 'sending', 'sent', 'failed') THEN
        coalesce(approved_at IS NOT NULL AND (approved_by IS NOT NULL OR audience = 'own_team' AND rule_id IS NOT NULL)
            AND approved_hash = lealup._action_hash(connection_id, operation, audience, input, ARRAY[customer_id, ticket_id, ticket_message_id, task_id]), false)
        WHEN status = 'draft' THEN num_nonnulls(approved_by, approved_at, approved_hash, sent_at, claim_id) = 0 ELSE true END),
    CHECK ((status = 'sent') = (sent_at IS NOT NULL)),
    CHECK ((status = 'sending') = (claim_id IS NOT NULL))
);
CREATE INDEX action_due ON lealup.action (next_attempt_at) WHERE status IN ('approved', 'sending');
CREATE INDEX action_order ON lealup.action (tenant_id, connection_id, order_key) WHERE status IN ('approved', 'sending');
CREATE INDEX ON lealup.action (tenant_id, created_at) WHERE approved_by IS NULL AND status IN ('sent', 'failed', 'cancelled');
CREATE INDEX action_drafts ON lealup.action (tenant_id, created_by) WHERE status = 'draft';
CREATE INDEX ON lealup.action (tenant_id, connection_id, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX ON lealup.action (tenant_id, customer_id) WHERE customer_id IS NOT NULL;
CREATE INDEX ON lealup.action (tenant_id, ticket_id) WHERE ticket_id IS NOT NULL;
ALTER TABLE lealup.action ADD PRIMARY KEY (tenant_id, id);
COMMENT ON TABLE lealup.action IS 'Something to be done at a provider, by a connection.';
COMMENT ON COLUMN lealup.action.audience IS 'Who sees its effect, as the operation said when it was made. Unless that is own_team, a member has to approve it.';
COMMENT ON COLUMN lealup.action.order_key IS 'Actions of a connection with the same one are sent one after the other, as they were approved; null = in any order.';
COMMENT ON COLUMN lealup.action.idempotency_key IS 'What the provider knows it by, if it knows such keys; the same in each attempt.';
COMMENT ON COLUMN lealup.action.rule_id IS 'The rule that made it, or allowed it.';
COMMENT ON COLUMN lealup.action.approved_hash IS 'Of what was approved: it is sent only as long as it is that.';
COMMENT ON COLUMN lealup.action.next_attempt_at IS 'When a worker may take it up: while one has it, the end of its lease; infinity = its connection holds it, or one before it does.';
COMMENT ON COLUMN lealup.action.sending IS 'What its last request was made of, while it is not known what became of that: {"here", "changed"}, as its functions had them in call.object.';
COMMENT ON COLUMN lealup.action.handed_out IS 'Whether the present claim''s request may be on its way.';
COMMENT ON COLUMN lealup.action.uncertain IS 'Whether an earlier attempt may have reached the provider though no answer came.';

-- ----- What keeps it so -----

CREATE FUNCTION lealup._approver(tenant_id uuid) RETURNS uuid
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    who uuid;
BEGIN
    -- Of a request over HTTP the API key alone says whose it is, and no setting.
    who := CASE WHEN lealup._request_tenant() IS NOT NULL THEN (lealup._bound_member(_approver.tenant_id)).id ELSE lealup._acting_member(_approver.tenant_id) END;
    RETURN (SELECT m.id FROM lealup.member m WHERE m.tenant_id = _approver.tenant_id AND m.id = who AND m.active);
END $$;
COMMENT ON FUNCTION lealup._approver(uuid) IS 'The active member who acts, and so can approve; null if nobody does: an application as such, a worker, an API key of no member.';

CREATE FUNCTION lealup._covered(a lealup.action) RETURNS boolean
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN (a).approved_by IS NULL AND (a).audience = 'own_team'
        AND EXISTS (SELECT FROM lealup.notification_rule r WHERE r.tenant_id = (a).tenant_id AND r.id = (a).rule_id AND r.active
            AND r.connection_id = (a).connection_id AND r.operation = (a).operation)
        AND EXISTS (SELECT FROM lealup.connection c JOIN lealup.provider_operation o ON o.provider = c.provider AND o.name = (a).operation AND o.audience = 'own_team'
            WHERE c.tenant_id = (a).tenant_id AND c.id = (a).connection_id);
COMMENT ON FUNCTION lealup._covered(lealup.action) IS 'Whether a standing rule approves an action: its rule is active and for that operation of that connection, which says now, too, that only the own team sees it.';

CREATE FUNCTION lealup._refuse_action(a lealup.action, why text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'action % %', (a).id, why USING ERRCODE = 'check_violation', CONSTRAINT = 'action_is_approved', SCHEMA = 'lealup', TABLE = 'action',
        HINT = 'lealup.approve_action(), called for the member who approves, approves a draft as it stands; what else can be done say update_action(), cancel_action() and retry_action().';
END $$;
COMMENT ON FUNCTION lealup._refuse_action(lealup.action, text) IS 'Raises check_violation for a change of an action that may not be.';

CREATE FUNCTION lealup._action_content(a lealup.action) RETURNS jsonb
    LANGUAGE sql STABLE
    RETURN jsonb_build_array((a).connection_id, (a).operation, (a).audience, (a).input, (a).customer_id, (a).ticket_id, (a).ticket_message_id, (a).task_id,
        (a).idempotency_key, (a).rule_id);
COMMENT ON FUNCTION lealup._action_content(lealup.action) IS 'What of an action stays as it is once it is no draft any more.';

CREATE FUNCTION lealup._action_inserted() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- A restore brings along what was sent elsewhere.
    PERFORM lealup._refuse_action(ROW(n.*)::lealup.action, format('cannot begin as %s', n.status))
    FROM new_rows n JOIN lealup.tenant t ON t.tenant_id = n.tenant_id AND t.home = lealup.home()
    WHERE n.status <> 'draft' AND (n.status <> 'approved' OR NOT lealup._covered(ROW(n.*)::lealup.action) OR n.handed_out OR n.uncertain);
    RETURN NULL;
END $$;
COMMENT ON FUNCTION lealup._action_inserted() IS 'Trigger: an action begins as a draft, or approved by a rule.';

CREATE FUNCTION lealup._action_updated() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lealup._refuse_action(coalesce(x.n, x.o), x.why)
    FROM (
        SELECT CASE WHEN n.id IS NOT NULL THEN ROW(n.*)::lealup.action END AS n, CASE WHEN o.id IS NOT NULL THEN ROW(o.*)::lealup.action END AS o, CASE
            WHEN o.id IS NULL OR n.id IS NULL THEN 'cannot become another one'
            WHEN o.status <> n.status AND o.status || '>' || n.status <> ALL ('{draft>approved,draft>cancelled,approved>sending,approved>cancelled,approved>failed,
                sending>approved,sending>sent,sending>failed,failed>approved,failed>cancelled}') THEN format('is %s and cannot become %s', o.status, n.status)
            WHEN NOT (o.status = 'draft' AND n.status = 'draft') AND lealup._action_content(ROW(o.*)::lealup.action) <> lealup._action_content(ROW(n.*)::lealup.action)
                THEN 'is no draft any more and cannot be changed'
            -- Who approves is who acts.
            WHEN n.status = 'approved' AND o.status IN ('draft', 'failed') AND (o.approved_by, o.approved_at) IS DISTINCT FROM (n.approved_by, n.approved_at)
                AND num_nonnulls(o.approved_by, n.approved_by) > 0 AND n.approved_by IS DISTINCT FROM lealup._approver(n.tenant_id) THEN 'can be approved by nobody but the member who acts'
            WHEN o.status = 'draft' AND n.status = 'approved' AND n.approved_by IS NULL THEN 'is a draft that somebody has to approve'
            WHEN NOT (n.status = 'approved' AND o.status IN ('draft', 'failed')) AND o.status <> 'draft'
                AND (o.approved_by, o.approved_at, o.approved_hash) IS DISTINCT FROM (n.approved_by, n.approved_at, n.approved_hash) THEN 'keeps the approval that it has'
            WHEN (n.status = 'sending' OR n.status = 'approved' AND o.status = 'failed') AND o.status <> n.status AND n.approved_by IS NULL AND NOT lealup._covered(ROW(n.*)::lealup.action)
                THEN 'is not covered by a standing rule any more'
            END AS why
        FROM old_rows o FULL JOIN new_rows n ON n.tenant_id = o.tenant_id AND n.id = o.id) x
    WHERE x.why IS NOT NULL;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION lealup._action_updated() IS 'Trigger: an action goes from state to state as it should, is approved by the member who acts and nobody else, and stays what was approved.';

CREATE TRIGGER action_inserted AFTER INSERT ON lealup.action REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION lealup._action_inserted();
CREATE TRIGGER action_updated AFTER UPDATE ON lealup.action REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION lealup._action_updated();

-- ----- Who is who at a provider, and what is what -----

CREATE TABLE lealup.member_account (
    tenant_id uuid NOT NULL,
    connection_id uuid NOT NULL,
    external_id text NOT NULL CHECK (length(external_id) BETWEEN 1 AND 500),
    email text CHECK (length(email) <= 320),
    email_verified boolean NOT NULL DEFAULT false,
    name text CHECK (length(name) <= 500),
    active boolean NOT NULL DEFAULT true,
    member_id uuid,
    matched_by text CHECK (matched_by IN ('email', 'manual')),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, connection_id, external_id),
    FOREIGN KEY (tenant_id, connection_id) REFERENCES lealup.connection ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, member_id) REFERENCES lealup.member,
    CHECK (matched_by = 'manual' OR (matched_by IS NULL) = (member_id IS NULL))
);
CREATE INDEX ON lealup.member_account (tenant_id, member_id);
CREATE INDEX ON lealup.member_account (tenant_id, lower(email)) WHERE email_verified;
COMMENT ON TABLE lealup.member_account IS 'The accounts of the team''s people at a provider, and whose they are.';
COMMENT ON COLUMN lealup.member_account.matched_by IS 'email: its verified address is the member''s; manual: set_member_account() said so, or that it is nobody''s; null: it is not known whose it is.';

CREATE TABLE lealup.external_object (
    tenant_id uuid NOT NULL,
    connection_id uuid NOT NULL,
    entity text NOT NULL CHECK (entity IN ('ticket', 'ticket_message', 'task', 'action')),
    external_id text NOT NULL CHECK (length(external_id) BETWEEN 1 AND 1000),
    object_id uuid NOT NULL,
    ours boolean NOT NULL,
    base jsonb NOT NULL DEFAULT '{}',
    changed_at jsonb NOT NULL DEFAULT '{}',
    payload jsonb CHECK (octet_length(payload::text) <= 262144),
    updated_at timestamptz,
    error text CHECK (length(error) <= 2000),
    deleted_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, connection_id, entity, external_id),
    FOREIGN KEY (tenant_id, connection_id) REFERENCES lealup.connection ON DELETE CASCADE
);
CREATE INDEX ON lealup.external_object (tenant_id, entity, object_id);
COMMENT ON TABLE lealup.external_object IS 'What a ticket, message, task or action is called at a provider, where both sides have it.';
COMMENT ON COLUMN lealup.external_object.ours IS 'Whether an action has made it there; else it came from there.';
COMMENT ON COLUMN lealup.external_object.base IS 'The fields as they last were at the provider.';
COMMENT ON COLUMN lealup.external_object.changed_at IS 'When fields were changed here that the provider does not have yet.';
COMMENT ON COLUMN lealup.external_object.updated_at IS 'Of the newest that is known of it, by the provider''s clock; null = that does not say.';
COMMENT ON COLUMN lealup.external_object.error IS 'Why a change here could not be carried there for good; the next change that can be clears it.';

CREATE TABLE lealup.mirror_job (
    tenant_id uuid NOT NULL,
    rule_id uuid NOT NULL,
    object_id uuid NOT NULL,
    external_id text NOT NULL,
    due_at timestamptz NOT NULL,
    attempt_no smallint NOT NULL DEFAULT 1,
    error text
);
CREATE INDEX ON lealup.mirror_job (due_at, object_id);
ALTER TABLE lealup.mirror_job ADD PRIMARY KEY (tenant_id, rule_id, object_id, external_id);
COMMENT ON TABLE lealup.mirror_job IS 'Something that has changed here, and for which a rule with the mode mirror is still to make an action. However often it changes meanwhile, it is one. It has no foreign key, which every change would pay for.';
COMMENT ON COLUMN lealup.mirror_job.external_id IS 'What the object, or the ticket of a message that is new, is called at the rule''s connection.';
