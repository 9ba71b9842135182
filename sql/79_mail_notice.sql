-- What members are told by mail: of which events, whom, and in which words. Each kind has a function that makes a subject and a text of the facts.

CREATE FUNCTION lealup._mail_is_on() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN current_setting('lealup.smtp_url', true) <> '';
COMMENT ON FUNCTION lealup._mail_is_on() IS 'Whether there is a mail server; otherwise nobody is told anything by mail, now or later.';

-- ----- Words -----

CREATE FUNCTION lealup._mail_integration(facts jsonb, OUT subject text, OUT body text) RETURNS record
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT format('%s is disconnected', facts ->> 'title'),
        concat_ws(E'\n\n', format('%s stopped working%s: %s', facts ->> 'title', CASE WHEN facts ->> 'account' IS NOT NULL THEN format(' for %s', facts ->> 'account') ELSE '' END,
                coalesce(facts ->> 'reason', 'the provider does not say why')),
            facts ->> 'fix', 'Until it is connected again, nothing is read from there.');
END;
COMMENT ON FUNCTION lealup._mail_integration(jsonb) IS 'The notice of a connection that ended: of {title, account?, reason, fix?}.';

CREATE FUNCTION lealup._mail_delivery(facts jsonb, OUT subject text, OUT body text) RETURNS record
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT format(CASE WHEN (facts ->> 'disabled')::boolean THEN 'The webhook to %s is disabled' ELSE 'Deliveries to %s fail' END, facts ->> 'host'),
        CASE WHEN (facts ->> 'disabled')::boolean
            THEN format(E'The subscription %s was disabled: %s\n\nIts deliveries are held until it is resumed.', facts ->> 'id', facts ->> 'reason')
            ELSE format(E'A delivery of the subscription %s was given up after all its attempts.\n\nThe delivery log tells why; what failed can be replayed.', facts ->> 'id') END;
END;
COMMENT ON FUNCTION lealup._mail_delivery(jsonb) IS 'The notice of a webhook subscription whose deliveries fail, or that was disabled: of {id, host, disabled, reason?}.';

CREATE FUNCTION lealup._mail_sync(facts jsonb, OUT subject text, OUT body text) RETURNS record
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT CASE WHEN facts ->> 'problem' IS NOT NULL THEN format('%s: the sync of %s fails', facts ->> 'title', facts ->> 'stream')
                ELSE format('%s: %s of %s could not be understood', facts ->> 'title', CASE WHEN (facts ->> 'failed')::bigint = 1 THEN 'one' ELSE facts ->> 'failed' END, facts ->> 'stream') END,
        concat_ws(E'\n\n', CASE WHEN facts ->> 'problem' IS NOT NULL THEN format('The last runs ended early: %s', facts ->> 'problem') END,
            CASE WHEN (facts ->> 'failed')::bigint > 0 THEN format('Set aside: %s. They are kept, with the reason, and can be retried one by one.', facts ->> 'failed') END,
            CASE WHEN facts ->> 'trace_id' IS NOT NULL THEN format('trace_id: %s', facts ->> 'trace_id') END);
END;
COMMENT ON FUNCTION lealup._mail_sync(jsonb) IS 'The notice of a stream''s run: of {title, stream, problem?, failed, trace_id}.';

CREATE FUNCTION lealup._mail_escalation(facts jsonb, OUT subject text, OUT body text) RETURNS record
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT format('Escalated to you: %s', coalesce(facts ->> 'subject', 'a ticket')),
        concat_ws(E'\n', 'Customer: ' || (facts ->> 'customer_name'), 'Priority: ' || (facts ->> 'priority'), 'From: ' || (facts ->> 'from_email'),
            'Reason: ' || (facts ->> 'reason'), 'Ticket: ' || (facts ->> 'ticket_id'));
END;
COMMENT ON FUNCTION lealup._mail_escalation(jsonb) IS 'The notice of an escalated ticket: of the data of ticket.escalated.';

CREATE FUNCTION lealup._mail_task(facts jsonb, OUT subject text, OUT body text) RETURNS record
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT format('Overdue: %s', coalesce(facts ->> 'title', 'a task')),
        concat_ws(E'\n', 'Customer: ' || (facts ->> 'customer_name'), 'Due: ' || (facts ->> 'due_at'), 'Task: ' || (facts ->> 'task_id'));
END;
COMMENT ON FUNCTION lealup._mail_task(jsonb) IS 'The notice of an overdue task: of the data of task.overdue.';

CREATE FUNCTION lealup._mail_playbook(facts jsonb, OUT subject text, OUT body text) RETURNS record
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT concat_ws(': ', facts ->> 'customer_name', regexp_replace(split_part(btrim(facts ->> 'text', E' \n\r\t'), E'\n', 1), '^(.{100}).+$', '\1...')), facts ->> 'text';
END;
COMMENT ON FUNCTION lealup._mail_playbook(jsonb) IS 'The notice that a playbook asked for: of {text, customer_name?}.';

-- ----- Whom -----

CREATE FUNCTION lealup._mail_admins(tenant_id uuid) RETURNS uuid[]
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    RETURN ARRAY(SELECT m.id FROM lealup.member m WHERE m.tenant_id = _mail_admins.tenant_id AND m.role = 'admin' AND m.active ORDER BY m.id);
COMMENT ON FUNCTION lealup._mail_admins(uuid) IS 'A tenant''s active admins.';

CREATE FUNCTION lealup._mail_due(frequency text, time_zone text, now timestamptz) RETURNS timestamptz
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    local timestamp := now AT TIME ZONE lealup._known_time_zone(time_zone);
BEGIN
    RETURN CASE frequency WHEN 'hourly' THEN date_trunc('hour', now) + interval '1 hour'
        WHEN 'daily' THEN (date_trunc('day', local - interval '8 hours') + interval '1 day 8 hours') AT TIME ZONE lealup._known_time_zone(time_zone)
        ELSE now END;
END $$;
COMMENT ON FUNCTION lealup._mail_due(text, text, timestamptz) IS 'When what comes now is told: at once, at the next full hour, or at the next 8 in the morning of a time zone.';

CREATE FUNCTION lealup._notify_members(tenant_id uuid, kind text, members uuid[], subject text, body text, now timestamptz) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    most CONSTANT int := 200;
    -- In one line, and nothing that does not print.
    title text := left(btrim(regexp_replace(coalesce(nullif(_notify_members.subject, ''), 'A notice'), '[[:cntrl:]]+', ' ', 'g')), 200);
    content text := left(coalesce(_notify_members.body, ''), 4000);
    told bigint := 0;
    same uuid;
    m record;
BEGIN
    IF NOT lealup._mail_is_on() THEN
        RETURN 0;
    END IF;
    FOR m IN
        SELECT x.id, coalesce(x.time_zone, t.time_zone) AS time_zone, coalesce(p.frequency, k.frequency) AS frequency
        FROM lealup.tenant t
        JOIN lealup.member x ON x.tenant_id = t.tenant_id AND x.id = ANY (_notify_members.members) AND x.active
        JOIN lealup._mail_kinds() k ON k.kind = _notify_members.kind
        LEFT JOIN lealup.mail_preference p ON p.tenant_id = x.tenant_id AND p.member_id = x.id AND p.kind = k.kind
        WHERE t.tenant_id = _notify_members.tenant_id AND t.home = lealup.home() AND coalesce(p.frequency, k.frequency) <> 'off'
          AND NOT EXISTS (SELECT FROM lealup.mail_failure f WHERE f.tenant_id = x.tenant_id AND f.member_id = x.id AND lower(f.address) = lower(x.email))
        ORDER BY x.id
    LOOP
        -- The same again, or one too many, is counted. What a mail is taking just now is left alone.
        SELECT n.id INTO same
        FROM (SELECT w.id, w.subject, w.body, row_number() OVER (ORDER BY w.id) AS place FROM (
                  SELECT y.id, y.subject, y.body FROM lealup.mail_notice y
                  WHERE y.tenant_id = _notify_members.tenant_id AND y.member_id = m.id AND y.kind = _notify_members.kind LIMIT most) w) n
        WHERE n.subject = title AND n.body = content OR n.place = most ORDER BY n.place LIMIT 1;
        IF FOUND THEN
            PERFORM FROM lealup.mail_notice n WHERE n.tenant_id = _notify_members.tenant_id AND n.id = same FOR UPDATE SKIP LOCKED;
            IF FOUND THEN
                UPDATE lealup.mail_notice n SET times = n.times + 1 WHERE n.tenant_id = _notify_members.tenant_id AND n.id = same;
                told := told + 1;
                CONTINUE;
            END IF;
        END IF;
        INSERT INTO lealup.mail_notice (tenant_id, id, member_id, kind, frequency, subject, body, times, due_at, created_at)
        VALUES (_notify_members.tenant_id, lealup.uuid7(), m.id, _notify_members.kind, m.frequency, title, content, 1,
            lealup._mail_due(m.frequency, m.time_zone, _notify_members.now), _notify_members.now);
        told := told + 1;
    END LOOP;
    IF told > 0 THEN
        PERFORM lealup._wake('upkeep');
    END IF;
    RETURN told;
END $$;
COMMENT ON FUNCTION lealup._notify_members(uuid, text, uuid[], text, text, timestamptz) IS
    'Has members told of something by mail, each as often as wanted; gives how many will be. Nothing for inactive ones, those who want none, and those whose address failed; nothing at all without a mail server, or for a tenant of another home. What is pending in the same words, and what would be behind a member''s 200th notice of a kind, is only counted.';

-- ----- Of what -----

CREATE FUNCTION lealup._mail_event(tenant_id uuid, event_type text, customer_id uuid, data jsonb, now timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    tenant uuid := _mail_event.tenant_id;
    notice record;
    x record;
BEGIN
    -- What applications emit may name whatever they like: only what is there is told of.
    IF _mail_event.event_type = 'integration.disconnected' AND data ->> 'subscription_id' IS NOT NULL THEN
        SELECT s.id, substring(s.url FROM '^[a-z]+://([^/?#]+)') AS host INTO x FROM lealup.subscription s
        WHERE s.tenant_id = tenant AND s.id::text = data ->> 'subscription_id' AND s.status = 'disabled';
        IF FOUND THEN
            notice := lealup._mail_delivery(jsonb_build_object('id', x.id, 'host', x.host, 'disabled', true, 'reason', data ->> 'reason'));
            PERFORM lealup._notify_members(tenant, 'delivery', lealup._mail_admins(tenant), notice.subject, notice.body, now);
        END IF;
    ELSIF _mail_event.event_type = 'integration.disconnected' THEN
        SELECT coalesce(p.title, c.provider) AS title, c.account_name, c.fix, c.member_id INTO x
        FROM lealup.connection c LEFT JOIN lealup.provider p ON p.name = c.provider
        WHERE c.tenant_id = tenant AND c.id::text = data ->> 'connection_id' AND c.state = 'error';
        IF FOUND THEN
            notice := lealup._mail_integration(jsonb_build_object('title', x.title, 'account', x.account_name, 'reason', data ->> 'reason', 'fix', x.fix));
            -- A personal connection only its member can connect anew.
            PERFORM lealup._notify_members(tenant, 'integration', CASE WHEN x.member_id IS NULL THEN lealup._mail_admins(tenant) ELSE ARRAY[x.member_id] END,
                notice.subject, notice.body, now);
        END IF;
    ELSIF _mail_event.event_type = 'ticket.escalated' THEN
        notice := lealup._mail_escalation(data);
        PERFORM lealup._notify_members(tenant, 'escalation', ARRAY(SELECT m.id FROM lealup.member m WHERE m.tenant_id = tenant AND m.id::text = data ->> 'to_id'),
            notice.subject, notice.body, now);
    ELSIF _mail_event.event_type = 'task.overdue' THEN
        notice := lealup._mail_task(data);
        PERFORM lealup._notify_members(tenant, 'task', ARRAY(SELECT m.id FROM lealup.member m
                WHERE m.tenant_id = tenant AND m.id::text = coalesce(data ->> 'assignee_id', data ->> 'owner_id')),
            notice.subject, notice.body, now);
    END IF;
END $$;
COMMENT ON FUNCTION lealup._mail_event(uuid, text, uuid, jsonb, timestamptz) IS 'Has those told whom an event concerns; nothing for a type that nobody is told of.';

CREATE FUNCTION lealup._mail_event_types() RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ARRAY['integration.disconnected', 'ticket.escalated', 'task.overdue'];
COMMENT ON FUNCTION lealup._mail_event_types() IS 'The types of events that members are told of by mail.';

CREATE FUNCTION lealup._mail_events(tenant_ids uuid[], event_ids uuid[], types text[], now timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    e record;
BEGIN
    FOR e IN
        SELECT o.tenant_id, o.event_type, x.customer_id, lealup._as_jsonb(x.data) AS data
        FROM unnest(tenant_ids, event_ids, types) o(tenant_id, id, event_type)
        CROSS JOIN LATERAL (
            SELECT v.customer_id, v.data FROM lealup.event v
            WHERE v.tenant_id = o.tenant_id AND v.id = o.id AND v.id BETWEEN event_ids[1] AND event_ids[cardinality(event_ids)] OFFSET 0) x
        WHERE o.event_type = ANY (lealup._mail_event_types())
    LOOP
        -- Whatever is wrong with a notice, it must not hold up the deliveries.
        BEGIN
            PERFORM lealup._mail_event(e.tenant_id, e.event_type, e.customer_id, e.data, _mail_events.now);
        EXCEPTION WHEN OTHERS THEN
            RAISE WARNING 'lealup: nobody could be told of an event by mail: %', SQLERRM USING ERRCODE = SQLSTATE;
        END;
    END LOOP;
END $$;
COMMENT ON FUNCTION lealup._mail_events(uuid[], uuid[], text[], timestamptz) IS 'Has members told of events of a fan-out, which come in the order of their ids.';

CREATE FUNCTION lealup._mail_failing_subscription(tenant_id uuid, subscription_id uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    notice record;
BEGIN
    IF lealup._mail_is_on() THEN
        SELECT n.* INTO notice FROM lealup.subscription s, lealup._mail_delivery(jsonb_build_object('id', s.id,
            'host', substring(s.url FROM '^[a-z]+://([^/?#]+)'), 'disabled', false)) n
        WHERE s.tenant_id = _mail_failing_subscription.tenant_id AND s.id = _mail_failing_subscription.subscription_id;
        PERFORM lealup._notify_members(_mail_failing_subscription.tenant_id, 'delivery', lealup._mail_admins(_mail_failing_subscription.tenant_id),
            notice.subject, notice.body, clock_timestamp());
    END IF;
END $$;
COMMENT ON FUNCTION lealup._mail_failing_subscription(uuid, uuid) IS 'Has the admins told that a subscription''s deliveries have begun to fail.';

CREATE FUNCTION lealup._mail_run(s lealup.connection_stream, problem text, now timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    failed bigint := coalesce((s.run_counts ->> 'failed')::bigint, 0);
    notice record;
    c record;
BEGIN
    -- A run that ends early is tried again by itself; three in a row are something to know.
    IF NOT lealup._mail_is_on() OR failed = 0 AND (problem IS NULL OR s.failures <> 2) THEN
        RETURN;
    END IF;
    SELECT coalesce(p.title, x.provider) AS title, x.member_id INTO c
    FROM lealup.connection x LEFT JOIN lealup.provider p ON p.name = x.provider
    WHERE x.tenant_id = s.tenant_id AND x.id = s.connection_id;
    notice := lealup._mail_sync(jsonb_build_object('title', c.title, 'stream', s.stream, 'failed', failed, 'trace_id', s.run_id,
        'problem', CASE WHEN s.failures = 2 THEN problem END));
    PERFORM lealup._notify_members(s.tenant_id, 'sync', CASE WHEN c.member_id IS NULL THEN lealup._mail_admins(s.tenant_id) ELSE ARRAY[c.member_id] END,
        notice.subject, notice.body, now);
END $$;
COMMENT ON FUNCTION lealup._mail_run(lealup.connection_stream, text, timestamptz) IS
    'Has the member whose connection it is, or the admins, told of a run that ended, the stream being as it was before: of records that were set aside, and of the third run in a row that ended early.';

CREATE FUNCTION lealup._mail_notifications() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    at timestamptz := clock_timestamp();
    delivered uuid[] := '{}';
    failed uuid[] := '{}';
    notice record;
    n record;
BEGIN
    IF NOT lealup._mail_is_on() THEN
        RETURN NULL;
    END IF;
    FOR n IN
        SELECT i.tenant_id, i.id, i.text, c.name AS customer_name,
               CASE WHEN i.channel LIKE 'email:%' THEN ARRAY(SELECT m.id FROM lealup.member m
                        WHERE m.tenant_id = i.tenant_id AND m.active AND CASE lower(substr(i.channel, 7)) WHEN 'admins' THEN m.role = 'admin' ELSE lower(m.email) = lower(substr(i.channel, 7)) END)
                   WHEN o.id IS NOT NULL THEN ARRAY[o.id] ELSE lealup._mail_admins(i.tenant_id) END AS members
        FROM inserted i
        JOIN lealup.tenant t ON t.tenant_id = i.tenant_id AND t.home = lealup.home()
        LEFT JOIN lealup.customer c ON c.tenant_id = i.tenant_id AND c.id = i.customer_id
        LEFT JOIN lealup.member o ON o.tenant_id = c.tenant_id AND o.id = c.owner_id AND o.active
        WHERE i.status = 'pending' AND (i.channel = 'email' OR i.channel LIKE 'email:%')
        ORDER BY i.id
    LOOP
        notice := lealup._mail_playbook(jsonb_build_object('text', n.text, 'customer_name', n.customer_name));
        PERFORM lealup._notify_members(n.tenant_id, 'playbook', n.members, notice.subject, notice.body, at);
        -- A member who wants none was asked, too; nobody at all is a mistake in the playbook.
        IF cardinality(n.members) > 0 THEN
            delivered := delivered || n.id;
        ELSE
            failed := failed || n.id;
        END IF;
    END LOOP;
    UPDATE lealup.notification x SET status = CASE WHEN x.id = ANY (failed) THEN 'failed' ELSE 'delivered' END
    FROM inserted i WHERE x.tenant_id = i.tenant_id AND x.id = i.id AND x.id = ANY (delivered || failed);
    RETURN NULL;
END $$;
COMMENT ON FUNCTION lealup._mail_notifications() IS
    'Trigger: notifications in the channel email (to the customer''s owner, else the admins), email:admins and email:ADDRESS (of a member) are told by mail: they become delivered, or failed if there is no such member. Those in other channels are left alone.';
CREATE TRIGGER mail_notifications AFTER INSERT ON lealup.notification REFERENCING NEW TABLE AS inserted
    FOR EACH STATEMENT EXECUTE FUNCTION lealup._mail_notifications();
