-- Mails: made of notices, claimed, sent by the sync worker, recorded.

-- ----- Making mails -----

CREATE FUNCTION lealup._mail_html(text text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    escaped text := lealup._html_escape(text);
BEGIN
    -- Addresses become links; what would end one was escaped before.
    escaped := regexp_replace(escaped, '(https?://([A-Za-z0-9._~:/?#@!$()*+,=%-]|&amp;)*[A-Za-z0-9/=_~-])', '<a href="\1">\1</a>', 'g');
    RETURN E'<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8"></head>\n<body style="font-family: sans-serif; max-width: 40em">\n'
        || (SELECT string_agg('<p>' || replace(p.lines, E'\n', E'<br>\n') || E'</p>\n', '' ORDER BY p.place)
            FROM regexp_split_to_table(escaped, E'\n\n+') WITH ORDINALITY p(lines, place)) || E'</body>\n</html>\n';
END $$;
COMMENT ON FUNCTION lealup._mail_html(text) IS 'A text as an HTML page: paragraphs, lines, links; everything else is escaped.';

CREATE FUNCTION lealup._mail_footer(tenant_name text, address text) RETURNS text
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN format(E'\n\nThis is an automatic message to %s, a member of %s.%s', address, tenant_name,
        CASE WHEN current_setting('lealup.public_url') <> '' THEN ' ' || current_setting('lealup.public_url') ELSE '' END);
COMMENT ON FUNCTION lealup._mail_footer(text, text) IS 'The last lines of a mail.';

CREATE FUNCTION lealup._queue_mail(tenant_id uuid, member_id uuid, kinds text[], digest boolean, notices int, subject text, body text, now timestamptz) RETURNS uuid
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    mail uuid := lealup.uuid7();
    content text;
BEGIN
    SELECT left(_queue_mail.body || lealup._mail_footer(t.name, m.email), 200000) INTO content
    FROM lealup.member m JOIN lealup.tenant t ON t.tenant_id = m.tenant_id WHERE m.tenant_id = _queue_mail.tenant_id AND m.id = _queue_mail.member_id;
    INSERT INTO lealup.mail_message (tenant_id, id, member_id, kinds, digest, notices, subject, text, html, status, attempts, next_attempt_at, created_at)
    VALUES (_queue_mail.tenant_id, mail, _queue_mail.member_id, _queue_mail.kinds, _queue_mail.digest, _queue_mail.notices, _queue_mail.subject, content,
        lealup._mail_html(content), 'queued', 0, _queue_mail.now, _queue_mail.now);
    RETURN mail;
END $$;
COMMENT ON FUNCTION lealup._queue_mail(uuid, uuid, text[], boolean, int, text, text, timestamptz) IS 'Puts a mail to a member into the queue and gives its id.';

CREATE FUNCTION lealup._queue_digest(tenant_id uuid, member_id uuid, notice_ids uuid[], now timestamptz) RETURNS uuid
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    shown CONSTANT int := 20;
    kinds text[];
    total bigint;
    parts text;
BEGIN
    SELECT array_agg(x.kind ORDER BY x.place), sum(x.total),
           string_agg(format(E'%s: %s\n\n%s%s', x.title, x.total, x.first_ones,
               CASE WHEN x.total > x.in_full THEN format(E'\n\n... and %s more.', x.total - x.in_full) ELSE '' END), E'\n\n\n' ORDER BY x.place)
    INTO kinds, total, parts
    FROM (
        SELECT k.kind, k.title, k.place, sum(n.times) AS total, coalesce(sum(n.times) FILTER (WHERE n.r <= shown), 0) AS in_full,
               string_agg(format(E'* %s%s\n%s', n.subject, CASE WHEN n.times > 1 THEN format(' (%s times)', n.times) ELSE '' END,
                   regexp_replace(left(n.body, 1000), '^', '  ', 'gn')), E'\n\n' ORDER BY n.r) FILTER (WHERE n.r <= shown) AS first_ones
        FROM (SELECT y.*, row_number() OVER (PARTITION BY y.kind ORDER BY y.id) AS r FROM lealup.mail_notice y
              WHERE y.tenant_id = _queue_digest.tenant_id AND y.id = ANY (notice_ids)) n
        JOIN lealup._mail_kinds() WITH ORDINALITY k(kind, title, frequency, place) ON k.kind = n.kind
        GROUP BY k.kind, k.title, k.place) x;
    RETURN lealup._queue_mail(_queue_digest.tenant_id, _queue_digest.member_id, kinds, true, least(total, 1000000)::int,
        format('%s %s', total, CASE WHEN total = 1 THEN 'notice' ELSE 'notices' END)
            || CASE WHEN cardinality(kinds) = 1 THEN ': ' || (SELECT lower(left(k.title, 1)) || substr(k.title, 2) FROM lealup._mail_kinds() k WHERE k.kind = kinds[1]) ELSE '' END,
        parts, _queue_digest.now);
END $$;
COMMENT ON FUNCTION lealup._queue_digest(uuid, uuid, uuid[], timestamptz) IS 'Puts a digest of notices into the queue: how many there are of each kind, and the first 20 of each; gives its id.';

CREATE FUNCTION lealup._mail_compose_for(tenant_id uuid, member_id uuid, now timestamptz) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    burst int := current_setting('lealup.mail_burst')::int;
    spell interval := current_setting('lealup.mail_burst_window')::interval;
    since timestamptz := _mail_compose_for.now - spell;
    taken uuid[] := '{}';
    made bigint := 0;
    k record;
    n record;
    recent record;
    until timestamptz;
BEGIN
    FOR k IN
        SELECT x.kind, array_agg(x.id ORDER BY x.id) AS ids, sum(x.times) AS total
        FROM (SELECT y.kind, y.id, y.times FROM lealup.mail_notice y
              WHERE y.tenant_id = _mail_compose_for.tenant_id AND y.member_id = _mail_compose_for.member_id AND y.due_at <= _mail_compose_for.now
                AND y.frequency = 'immediate' FOR UPDATE SKIP LOCKED) x
        GROUP BY x.kind
    LOOP
        -- A digest counts as all the mails that may go out within the time.
        SELECT coalesce(sum(CASE WHEN m.digest THEN burst ELSE 1 END), 0) AS mails, min(m.created_at) AS first INTO recent FROM lealup.mail_message m
        WHERE m.tenant_id = _mail_compose_for.tenant_id AND m.member_id = _mail_compose_for.member_id AND m.created_at > since AND k.kind = ANY (m.kinds);
        IF recent.mails + k.total <= burst THEN
            FOR n IN DELETE FROM lealup.mail_notice y WHERE y.tenant_id = _mail_compose_for.tenant_id AND y.id = ANY (k.ids) RETURNING y.* LOOP
                PERFORM lealup._queue_mail(n.tenant_id, n.member_id, ARRAY[n.kind], false, n.times, n.subject, n.body, _mail_compose_for.now);
                made := made + 1;
            END LOOP;
        ELSIF recent.mails > 0 THEN
            until := recent.first + spell;
            UPDATE lealup.mail_notice y SET frequency = 'digest', due_at = until
            WHERE y.tenant_id = _mail_compose_for.tenant_id AND y.id = ANY (k.ids);
        ELSE
            taken := taken || k.ids;
        END IF;
    END LOOP;
    SELECT taken || coalesce(array_agg(x.id), '{}') INTO taken
    FROM (SELECT y.id FROM lealup.mail_notice y
          WHERE y.tenant_id = _mail_compose_for.tenant_id AND y.member_id = _mail_compose_for.member_id AND y.due_at <= _mail_compose_for.now
            AND y.frequency <> 'immediate' FOR UPDATE SKIP LOCKED) x;
    IF cardinality(taken) > 0 THEN
        PERFORM lealup._queue_digest(_mail_compose_for.tenant_id, _mail_compose_for.member_id, taken, _mail_compose_for.now);
        DELETE FROM lealup.mail_notice y WHERE y.tenant_id = _mail_compose_for.tenant_id AND y.id = ANY (taken);
        made := made + 1;
    END IF;
    RETURN made;
END $$;
COMMENT ON FUNCTION lealup._mail_compose_for(uuid, uuid, timestamptz) IS
    'Makes mails of the notices of a member that are due, and gives how many. Those to be told at once become a mail each, as long as there are no more than lealup.mail_burst of the kind within lealup.mail_burst_window; otherwise they wait until that time has passed since the first, and become one digest.';

CREATE FUNCTION lealup._mail_compose(now timestamptz) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    made bigint := 0;
    x record;
BEGIN
    FOR x IN
        SELECT DISTINCT n.tenant_id, n.member_id
        FROM lealup.tenant t CROSS JOIN LATERAL (
            SELECT y.tenant_id, y.member_id FROM lealup.mail_notice y WHERE y.tenant_id = t.tenant_id AND y.due_at <= _mail_compose.now ORDER BY y.due_at LIMIT 500) n
        WHERE t.home = lealup.home() LIMIT 100
    LOOP
        made := made + lealup._mail_compose_for(x.tenant_id, x.member_id, _mail_compose.now);
    END LOOP;
    RETURN made;
END $$;
COMMENT ON FUNCTION lealup._mail_compose(timestamptz) IS 'Makes mails of notices that are due, for at most 100 members, and gives how many.';

-- ----- Sending them -----

CREATE FUNCTION lealup._mail_room(tenant_id uuid, now timestamptz) RETURNS bigint
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- Recipients with whom the server hangs must not hold up the other tenants' mails: the worker sends 8 at a time.
    RETURN least(6 - (SELECT count(*) FROM lealup.mail_message m
            WHERE m.tenant_id = _mail_room.tenant_id AND m.status = 'sending' AND m.next_attempt_at > _mail_room.now),
        current_setting('lealup.mail_tenant_rate')::bigint - (SELECT count(*) FROM lealup.mail_message m
            WHERE m.tenant_id = _mail_room.tenant_id AND m.attempted_at > _mail_room.now - interval '1 minute'));
END $$;
COMMENT ON FUNCTION lealup._mail_room(uuid, timestamptz) IS 'How many mails more of a tenant may be tried now: within this minute, and at a time.';

CREATE FUNCTION lealup._unsubscribe_url(tenant_id uuid, member_id uuid, kinds text[], now timestamptz) RETURNS text
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    token text := encode(lealup._random_bytes(32), 'hex');
    hash bytea := sha256(convert_to(token, 'UTF8'));
BEGIN
    IF current_setting('lealup.public_url') = '' THEN
        RETURN NULL;
    END IF;
    INSERT INTO lealup.mail_unsubscribe (tenant_id, token_hash, member_id, kinds, created_at)
    VALUES (_unsubscribe_url.tenant_id, hash, _unsubscribe_url.member_id, _unsubscribe_url.kinds, _unsubscribe_url.now);
    INSERT INTO lealup.tenant_route (kind, key_hash, tenant_id) VALUES ('unsubscribe', hash, _unsubscribe_url.tenant_id);
    RETURN current_setting('lealup.public_url') || '/v1/mail/unsubscribe/' || token;
END $$;
COMMENT ON FUNCTION lealup._unsubscribe_url(uuid, uuid, text[], timestamptz) IS
    'Makes a link that ends mails of the kinds to the member; null without lealup.public_url. It is nowhere but in the mail, so every attempt has its own.';

CREATE FUNCTION lealup._mail_claim(now timestamptz, max_mails int)
    RETURNS TABLE (tenant_id uuid, id uuid, claim_id uuid, address text, name text, subject text, date text, content text, html text,
        digest boolean, unsubscribe_url text, secret_id uuid, secret bytea, key_ids uuid[], wrapped_keys bytea[])
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    installation CONSTANT uuid := '00000000-0000-0000-0000-000000000000';
    give_up timestamptz := now + current_setting('lealup.smtp_timeout')::interval + interval '1 minute';
    again timestamptz;
    why text;
    claim uuid;
    x record;
BEGIN
    SELECT v.id, v.ciphertext INTO secret_id, secret FROM lealup.vault_secret v
    WHERE v.tenant_id = installation AND v.owner_id = installation AND v.purpose = 'smtp_password' ORDER BY v.id DESC LIMIT 1;
    SELECT array_agg(k.id), array_agg(k.wrapped) INTO key_ids, wrapped_keys FROM lealup.vault_key k
    WHERE k.tenant_id = installation AND k.public_key IS NULL;
    FOR x IN
        SELECT t.tenant_id, t.name AS tenant_name, m.*
        FROM lealup.tenant t CROSS JOIN LATERAL (
            SELECT y.id, y.member_id, y.kinds, y.digest, y.subject, y.text, y.html, y.created_at, y.next_attempt_at FROM lealup.mail_message y
            WHERE y.tenant_id = t.tenant_id AND y.status IN ('queued', 'sending') AND y.next_attempt_at <= _mail_claim.now
            ORDER BY y.next_attempt_at LIMIT least(max_mails, greatest(0, lealup._mail_room(t.tenant_id, _mail_claim.now))) FOR UPDATE SKIP LOCKED) m
        WHERE t.home = lealup.home() ORDER BY m.next_attempt_at LIMIT max_mails
    LOOP
        SELECT m.email, m.name, CASE WHEN NOT m.active THEN 'the member is not active'
            WHEN EXISTS (SELECT FROM lealup.mail_failure f WHERE f.tenant_id = m.tenant_id AND f.member_id = m.id AND lower(f.address) = lower(m.email)) THEN 'the address failed before'
            WHEN NOT EXISTS (SELECT FROM lealup.mail_preferences p WHERE p.tenant_id = m.tenant_id AND p.member_id = m.id AND p.kind = ANY (x.kinds) AND p.frequency <> 'off')
                THEN 'the member wants no more of it' END
        INTO address, name, why FROM lealup.member m WHERE m.tenant_id = x.tenant_id AND m.id = x.member_id;
        IF why IS NOT NULL THEN
            UPDATE lealup.mail_message m SET status = 'cancelled', error = why, ended_at = _mail_claim.now, claim_id = NULL
            WHERE m.tenant_id = x.tenant_id AND m.id = x.id;
            CONTINUE;
        END IF;
        SELECT min(m.attempted_at) + interval '1 minute' INTO again FROM lealup.mail_message m
        WHERE m.tenant_id = x.tenant_id AND m.member_id = x.member_id AND m.attempted_at > _mail_claim.now - interval '1 minute'
        HAVING count(*) >= current_setting('lealup.mail_recipient_rate')::int;
        IF FOUND THEN
            UPDATE lealup.mail_message m SET next_attempt_at = again WHERE m.tenant_id = x.tenant_id AND m.id = x.id;
            CONTINUE;
        END IF;
        claim := lealup.uuid7();
        UPDATE lealup.mail_message m SET status = 'sending', attempts = m.attempts + 1, claim_id = claim, attempted_at = _mail_claim.now, next_attempt_at = give_up
        WHERE m.tenant_id = x.tenant_id AND m.id = x.id;
        -- A mail must not be on its way before its row is on disk: after a crash it would be made anew, with another Message-ID.
        PERFORM set_config('synchronous_commit', 'on', true);
        tenant_id := x.tenant_id;
        id := x.id;
        claim_id := claim;
        subject := format('[%s] %s', left(x.tenant_name, 40), x.subject);
        digest := x.digest;
        date := to_char(x.created_at AT TIME ZONE 'UTC', 'Dy, DD Mon YYYY HH24:MI:SS "+0000"');
        unsubscribe_url := CASE WHEN x.digest THEN lealup._unsubscribe_url(x.tenant_id, x.member_id, x.kinds, _mail_claim.now) END;
        content := concat(x.text, E'\nNo more digests of this kind: ' || unsubscribe_url) || E'\n';
        html := CASE WHEN unsubscribe_url IS NULL THEN x.html ELSE lealup._mail_html(content) END;
        RETURN NEXT;
    END LOOP;
END $$;
COMMENT ON FUNCTION lealup._mail_claim(timestamptz, int) IS
    'Claims mails that are due, at most max_mails, as far as lealup.mail_tenant_rate and lealup.mail_recipient_rate allow, and gives what a worker needs to send them; the server''s password is still encrypted. Those that are not to be sent any more are cancelled.';

CREATE FUNCTION lealup._mail_give_back(tenant_id uuid, id uuid, claim_id uuid, again timestamptz) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    UPDATE lealup.mail_message m SET status = 'queued', attempts = m.attempts - 1, attempted_at = NULL, claim_id = NULL, next_attempt_at = _mail_give_back.again
    WHERE m.tenant_id = _mail_give_back.tenant_id AND m.id = _mail_give_back.id AND m.claim_id = _mail_give_back.claim_id AND m.status = 'sending';
END;
COMMENT ON FUNCTION lealup._mail_give_back(uuid, uuid, uuid, timestamptz) IS 'Gives a claimed mail back as if it had not been claimed, until the time given: the password cannot be had now, or no sender is set.';

CREATE FUNCTION lealup._mail_record(tenant_id uuid, id uuid, claim_id uuid, stage text, code int, error text, is_final boolean, now timestamptz) RETURNS boolean
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    m lealup.mail_message;
    refused boolean := _mail_record.code BETWEEN 500 AND 599 AND _mail_record.stage IN ('sender', 'recipient', 'content');
    gives_up boolean;
    again timestamptz;
    problem text := left(_mail_record.error, 1000);
BEGIN
    SELECT x.* INTO m FROM lealup.mail_message x
    WHERE x.tenant_id = _mail_record.tenant_id AND x.id = _mail_record.id AND x.claim_id = _mail_record.claim_id AND x.status = 'sending' FOR UPDATE;
    -- Whoever has lost its claim changes nothing.
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    again := now + least(interval '6 hours', interval '1 minute' * 2 ^ least(m.attempts - 1, 9));
    gives_up := problem IS NOT NULL AND (refused OR is_final OR again > m.created_at + interval '2 days');
    UPDATE lealup.mail_message x
    SET status = CASE WHEN problem IS NULL THEN 'sent' WHEN gives_up THEN 'failed' ELSE 'queued' END, claim_id = NULL, error = problem,
        next_attempt_at = again, ended_at = CASE WHEN problem IS NULL OR gives_up THEN _mail_record.now END
    WHERE x.tenant_id = m.tenant_id AND x.id = m.id;
    -- 5.7 (RFC 3463) is about us, or what may be sent there: not about the address.
    IF is_final OR refused AND _mail_record.stage = 'recipient' AND problem !~ '\m5\.7\.[0-9]' THEN
        INSERT INTO lealup.mail_failure (tenant_id, member_id, address, reason, failed_at)
        SELECT y.tenant_id, y.id, y.email, problem, _mail_record.now FROM lealup.member y WHERE y.tenant_id = m.tenant_id AND y.id = m.member_id
        ON CONFLICT ON CONSTRAINT mail_failure_pkey DO UPDATE SET address = excluded.address, reason = excluded.reason, failed_at = excluded.failed_at;
        DELETE FROM lealup.mail_notice n WHERE n.tenant_id = m.tenant_id AND n.member_id = m.member_id;
    END IF;
    RETURN true;
END $$;
COMMENT ON FUNCTION lealup._mail_record(uuid, uuid, uuid, text, int, text, boolean, timestamptz) IS
    'Records an attempt: sent, or postponed by 1 minute to 6 hours, or failed: after two days, or what the server refused for good (5xx, at the stage sender, recipient or content). A recipient refused for good, or an address to which nothing can be sent (is_final), is marked in mail_failure. False if the claim was lost.';

CREATE FUNCTION lealup._mail_release_all() RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    UPDATE lealup.mail_message m SET status = 'queued', claim_id = NULL, next_attempt_at = m.attempted_at, error = 'the worker ended while it was being sent'
    FROM lealup.tenant t
    WHERE t.home = lealup.home() AND m.tenant_id = t.tenant_id AND m.status = 'sending';
END;
COMMENT ON FUNCTION lealup._mail_release_all() IS 'Gives back what the worker before this one, which is gone, was sending: it may have arrived, so it is sent again with the same Message-ID.';

CREATE FUNCTION lealup._mail_next() RETURNS timestamptz
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT least(min(n.due_at), min(m.next_attempt_at))
    FROM lealup.tenant t
    LEFT JOIN LATERAL (SELECT y.due_at FROM lealup.mail_notice y WHERE y.tenant_id = t.tenant_id ORDER BY y.due_at LIMIT 1) n ON true
    LEFT JOIN LATERAL (SELECT y.next_attempt_at FROM lealup.mail_message y
        WHERE y.tenant_id = t.tenant_id AND y.status IN ('queued', 'sending') ORDER BY y.next_attempt_at LIMIT 1) m ON true
    WHERE t.home = lealup.home();
END;
COMMENT ON FUNCTION lealup._mail_next() IS 'When the next notice or mail is due; null if there is none.';
