-- Mail to the members of a team: what there is to tell them, how often each wants to be told, and the mails. Customers are never written to: a mail
-- is to a member, and its address is that member's at the moment when it is sent.

CREATE TABLE lealup.mail_preference (
    tenant_id uuid NOT NULL,
    member_id uuid NOT NULL,
    kind text NOT NULL,
    frequency text NOT NULL CHECK (frequency IN ('immediate', 'hourly', 'daily', 'off')),
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, member_id, kind),
    FOREIGN KEY (tenant_id, member_id) REFERENCES lealup.member
);
COMMENT ON TABLE lealup.mail_preference IS 'How often a member wants to be told of what; where there is no row, as _mail_kinds() has it.';

CREATE TABLE lealup.mail_notice (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    member_id uuid NOT NULL,
    kind text NOT NULL,
    frequency text NOT NULL CHECK (frequency IN ('immediate', 'hourly', 'daily', 'digest')),
    subject text NOT NULL CHECK (length(subject) <= 200),
    body text NOT NULL CHECK (length(body) <= 4000),
    times int NOT NULL,
    due_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, member_id) REFERENCES lealup.member
);
CREATE INDEX ON lealup.mail_notice (tenant_id, member_id, kind);
CREATE INDEX ON lealup.mail_notice (tenant_id, due_at);
COMMENT ON TABLE lealup.mail_notice IS 'What a member is still to be told; a mail takes one, or, as a digest, many of them, and they are gone.';
COMMENT ON COLUMN lealup.mail_notice.frequency IS 'How the member wanted to be told of it when it came; digest: there were too many to be mails of their own.';
COMMENT ON COLUMN lealup.mail_notice.times IS 'How often it happened; of what comes behind a member''s 200th notice of a kind only the number is kept, here.';

CREATE TABLE lealup.mail_message (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    member_id uuid NOT NULL,
    kinds text[] NOT NULL,
    digest boolean NOT NULL,
    notices int NOT NULL,
    subject text NOT NULL CHECK (length(subject) BETWEEN 1 AND 250),
    text text NOT NULL CHECK (length(text) <= 200000),
    html text NOT NULL CHECK (length(html) <= 1500000),
    status text NOT NULL CHECK (status IN ('queued', 'sending', 'sent', 'failed', 'cancelled')),
    attempts int NOT NULL,
    next_attempt_at timestamptz NOT NULL,
    attempted_at timestamptz,
    claim_id uuid,
    error text,
    created_at timestamptz NOT NULL,
    ended_at timestamptz,
    FOREIGN KEY (tenant_id, member_id) REFERENCES lealup.member
);
CREATE INDEX ON lealup.mail_message (tenant_id, member_id, created_at);
CREATE INDEX ON lealup.mail_message (tenant_id, attempted_at);
CREATE INDEX ON lealup.mail_message (tenant_id, ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX ON lealup.mail_message (tenant_id, next_attempt_at) WHERE status IN ('queued', 'sending');
ALTER TABLE lealup.mail_message ADD PRIMARY KEY (tenant_id, id);
COMMENT ON TABLE lealup.mail_message IS 'Mails, kept for 30 days after they were sent or given up. There is no address: it is the member''s when the mail is sent.';
COMMENT ON COLUMN lealup.mail_message.id IS 'Also the beginning of its Message-ID, in every attempt.';
COMMENT ON COLUMN lealup.mail_message.digest IS 'It tells of several notices, and can be ended by its link List-Unsubscribe.';
COMMENT ON COLUMN lealup.mail_message.next_attempt_at IS 'While it is being sent: when the attempt is given up, because its worker is gone.';

CREATE TABLE lealup.mail_failure (
    tenant_id uuid NOT NULL,
    member_id uuid NOT NULL,
    address text NOT NULL,
    reason text NOT NULL,
    failed_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, member_id),
    FOREIGN KEY (tenant_id, member_id) REFERENCES lealup.member
);
COMMENT ON TABLE lealup.mail_failure IS 'Members'' addresses that the mail server refused for good: nothing is sent there until the member has another one, or clear_mail_failure() is called.';

CREATE TABLE lealup.mail_unsubscribe (
    tenant_id uuid NOT NULL,
    token_hash bytea NOT NULL,
    member_id uuid NOT NULL,
    kinds text[] NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, token_hash),
    FOREIGN KEY (tenant_id, member_id) REFERENCES lealup.member
);
CREATE INDEX ON lealup.mail_unsubscribe (tenant_id, created_at);
COMMENT ON TABLE lealup.mail_unsubscribe IS 'The SHA-256 of what stands in digests'' links List-Unsubscribe, and what such a link ends; tenant_route finds the tenant. Kept for 180 days.';

-- ----- Kinds and preferences -----

CREATE FUNCTION lealup._mail_kinds() RETURNS TABLE (kind text, title text, frequency text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    VALUES ('integration', 'Integrations that are disconnected', 'immediate'),
        ('delivery', 'Webhooks that fail or are disabled', 'immediate'),
        ('sync', 'Syncs that fail, and records that could not be understood', 'daily'),
        ('lead_sync', 'Leads of another account that could not be taken in', 'hourly'),
        ('escalation', 'Tickets that are escalated to you', 'immediate'),
        ('task', 'Tasks that are overdue', 'daily'),
        ('playbook', 'What playbooks notify you of', 'immediate');
END;
COMMENT ON FUNCTION lealup._mail_kinds() IS 'What members are told of by mail, and how often unless they want it otherwise.';

CREATE VIEW lealup.mail_preferences WITH (security_invoker) AS
SELECT m.tenant_id, m.id AS member_id, k.kind, k.title, coalesce(p.frequency, k.frequency) AS frequency, p.frequency IS NULL AS is_default
FROM lealup.member m CROSS JOIN lealup._mail_kinds() k
LEFT JOIN lealup.mail_preference p ON p.tenant_id = m.tenant_id AND p.member_id = m.id AND p.kind = k.kind;
COMMENT ON VIEW lealup.mail_preferences IS 'How often each member is told of each kind by mail; is_default: nobody has chosen it.';

CREATE FUNCTION lealup._require_own_mail(tenant_id uuid, member_id uuid) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- Everybody decides on their own mail, and admins on everybody's.
    PERFORM lealup._require(CASE WHEN _require_own_mail.member_id = lealup.current_member() THEN 'edit' ELSE 'administer' END, _require_own_mail.tenant_id);
    IF NOT EXISTS (SELECT FROM lealup.member m WHERE m.tenant_id = _require_own_mail.tenant_id AND m.id = _require_own_mail.member_id) THEN
        RAISE EXCEPTION 'member % does not exist', _require_own_mail.member_id USING ERRCODE = 'no_data_found';
    END IF;
END $$;
COMMENT ON FUNCTION lealup._require_own_mail(uuid, uuid) IS 'Raises insufficient_privilege unless it is the acting member, or one who may administer; no_data_found if there is no such member.';

CREATE FUNCTION lealup.set_mail_preference(tenant_id uuid, member_id uuid, kind text, frequency text) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    at timestamptz := clock_timestamp();
BEGIN
    PERFORM lealup._require_own_mail(set_mail_preference.tenant_id, set_mail_preference.member_id);
    PERFORM lealup._check_choice('kind', set_mail_preference.kind, ARRAY(SELECT k.kind FROM lealup._mail_kinds() k), true);
    PERFORM lealup._check_choice('frequency', set_mail_preference.frequency, '{immediate,hourly,daily,off}');
    DELETE FROM lealup.mail_preference p
    WHERE p.tenant_id = set_mail_preference.tenant_id AND p.member_id = set_mail_preference.member_id AND p.kind = set_mail_preference.kind;
    IF set_mail_preference.frequency IS NOT NULL THEN
        INSERT INTO lealup.mail_preference (tenant_id, member_id, kind, frequency, updated_at)
        VALUES (set_mail_preference.tenant_id, set_mail_preference.member_id, set_mail_preference.kind, set_mail_preference.frequency, at)
        ON CONFLICT ON CONSTRAINT mail_preference_pkey DO UPDATE SET frequency = excluded.frequency, updated_at = excluded.updated_at;
    END IF;
    IF set_mail_preference.frequency = 'off' THEN
        DELETE FROM lealup.mail_notice n
        WHERE n.tenant_id = set_mail_preference.tenant_id AND n.member_id = set_mail_preference.member_id AND n.kind = set_mail_preference.kind;
    END IF;
    PERFORM lealup._audit(set_mail_preference.tenant_id, 'mail_preference.set', 'member', set_mail_preference.member_id,
        jsonb_build_object('kind', set_mail_preference.kind, 'frequency', set_mail_preference.frequency));
END $$;
COMMENT ON FUNCTION lealup.set_mail_preference(uuid, uuid, text, text) IS
    'How often a member is told of a kind by mail: immediate, hourly, daily (at 8 in the member''s time zone) or off; null = as for everybody who has not chosen. kind: integration, delivery, sync, escalation, task or playbook. For the member itself, and for admins.';

CREATE FUNCTION lealup.clear_mail_failure(tenant_id uuid, member_id uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lealup._require_own_mail(clear_mail_failure.tenant_id, clear_mail_failure.member_id);
    DELETE FROM lealup.mail_failure f WHERE f.tenant_id = clear_mail_failure.tenant_id AND f.member_id = clear_mail_failure.member_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the address of member % is not marked as failed', clear_mail_failure.member_id USING ERRCODE = 'no_data_found';
    END IF;
    PERFORM lealup._audit(clear_mail_failure.tenant_id, 'mail_failure.clear', 'member', clear_mail_failure.member_id);
END $$;
COMMENT ON FUNCTION lealup.clear_mail_failure(uuid, uuid) IS 'Lets mails go again to a member''s address that the mail server refused for good; what was to be told meanwhile is not. For the member itself, and for admins.';

CREATE FUNCTION lealup.set_smtp_password(secret text) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    installation CONSTANT uuid := '00000000-0000-0000-0000-000000000000';
BEGIN
    PERFORM lealup._require_admin('set the password of the mail server');
    IF length(set_smtp_password.secret) NOT BETWEEN 1 AND 1000 OR set_smtp_password.secret ~ '[[:cntrl:]]' THEN
        RAISE EXCEPTION 'secret must have 1 to 1000 characters and no control characters'
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Null takes the password away.';
    END IF;
    DELETE FROM lealup.vault_secret v WHERE v.tenant_id = installation AND v.owner_id = installation AND v.purpose = 'smtp_password';
    IF set_smtp_password.secret IS NOT NULL THEN
        PERFORM lealup._store_secret(installation, installation, 'smtp_password', set_smtp_password.secret);
    END IF;
    PERFORM lealup._audit(NULL, 'mail.set_smtp_password', 'tenant', NULL, jsonb_build_object('removed', set_smtp_password.secret IS NULL));
    PERFORM lealup._wake('upkeep');
END $$;
COMMENT ON FUNCTION lealup.set_smtp_password(text) IS
    'Stores, encrypted, the password with which lealup.smtp_user logs in at lealup.smtp_url; null takes it away. lealup.smtp_password_file, where set, goes before it. Bind it as a parameter: a literal may end up in the server''s log. Needs the access admin.';

CREATE FUNCTION lealup._mail_upkeep(now timestamptz, max_rows int) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    gone bigint;
    links bigint;
BEGIN
    WITH old AS (
        SELECT x.tenant_id, x.id FROM lealup.tenant t CROSS JOIN LATERAL (
            SELECT m.tenant_id, m.id FROM lealup.mail_message m
            WHERE m.tenant_id = t.tenant_id AND m.ended_at IS NOT NULL AND m.ended_at < _mail_upkeep.now - interval '30 days' LIMIT max_rows) x
        WHERE t.home = lealup.home() LIMIT max_rows)
    DELETE FROM lealup.mail_message m USING old o WHERE m.tenant_id = o.tenant_id AND m.id = o.id;
    GET DIAGNOSTICS gone = ROW_COUNT;
    WITH old AS (
        SELECT x.tenant_id, x.token_hash FROM lealup.tenant t CROSS JOIN LATERAL (
            SELECT u.tenant_id, u.token_hash FROM lealup.mail_unsubscribe u
            WHERE u.tenant_id = t.tenant_id AND u.created_at < _mail_upkeep.now - interval '180 days' LIMIT max_rows) x
        WHERE t.home = lealup.home() LIMIT max_rows
    ), deleted AS (
        DELETE FROM lealup.mail_unsubscribe u USING old o WHERE u.tenant_id = o.tenant_id AND u.token_hash = o.token_hash RETURNING u.tenant_id, u.token_hash)
    DELETE FROM lealup.tenant_route r USING deleted d WHERE r.tenant_id = d.tenant_id AND r.kind = 'unsubscribe' AND r.key_hash = d.token_hash;
    GET DIAGNOSTICS links = ROW_COUNT;
    RETURN gone + links;
END $$;
COMMENT ON FUNCTION lealup._mail_upkeep(timestamptz, int) IS 'Forgets mails that ended 30 days ago, and links List-Unsubscribe of 180 days ago, at most so many of each; gives how many.';
