-- Mirrors: what changes here is carried to where it is linked to something, by the operations that say so (provider_operation.mirror) and for which an admin has made a
-- rule of the mode mirror. A change queues a job; of a job the sync worker makes an action, which says what is so when its request is made. So nothing stale is sent, however
-- long it waited, and however often something changes there is at most one action of it that waits.
--
-- Both sides end the same, in whatever order their changes become known: what is older than what is known of a thing is no news, a field that is as it last was there
-- is none, and of a field that both have changed the later change wins, by the clocks of both sides. What came from a connection is not carried back to it.

-- ----- What changes -----

CREATE FUNCTION lealup._queue_mirrors(mirror text, tenants uuid[], connections uuid[], objects uuid[], externals text[]) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    at timestamptz := clock_timestamp();
BEGIN
    -- A bulk load is no news. What it changes goes along with the next change.
    IF objects IS NULL OR lealup._suppressed() THEN
        RETURN;
    END IF;
    INSERT INTO lealup.mirror_job AS j (tenant_id, rule_id, object_id, external_id, due_at)
    SELECT DISTINCT n.tenant_id, r.id, n.object_id, n.external_id, at
    FROM unnest(tenants, connections, objects, externals) n(tenant_id, connection_id, object_id, external_id)
    JOIN lealup.tenant t ON t.tenant_id = n.tenant_id AND t.home = lealup.home()
    JOIN lealup.notification_rule r ON r.tenant_id = n.tenant_id AND r.connection_id = n.connection_id AND r.active AND r.mode = 'mirror'
    JOIN lealup.connection c ON c.tenant_id = n.tenant_id AND c.id = n.connection_id
    JOIN lealup.provider_operation o ON o.provider = c.provider AND o.name = r.operation AND o.mirror = _queue_mirrors.mirror
    ORDER BY 1, 2, 3, 4
    ON CONFLICT ON CONSTRAINT mirror_job_pkey DO UPDATE SET due_at = least(j.due_at, excluded.due_at), attempt_no = 1, error = NULL;
    IF FOUND THEN
        PERFORM lealup._wake('upkeep');
    END IF;
END $$;
COMMENT ON FUNCTION lealup._queue_mirrors(text, uuid[], uuid[], uuid[], text[]) IS
    'Queues changes of one kind (see provider_operation.mirror) of linked things for the rules that carry them there. Nothing while lealup.suppress_events is on.';

CREATE FUNCTION lealup._ticket_message_added_here() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM lealup.external_object) THEN
        PERFORM lealup._queue_mirrors('ticket_message.created', array_agg(x.tenant_id), array_agg(x.connection_id), array_agg(n.id), array_agg(x.external_id))
        FROM new_rows n JOIN lealup.external_object x ON x.tenant_id = n.tenant_id AND x.entity = 'ticket' AND x.object_id = n.ticket_id
        WHERE x.deleted_at IS NULL AND NOT lealup._comes_from(x.connection_id, x.external_id);
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION lealup._ticket_message_added_here() IS 'Trigger: new messages are to be carried to where their tickets are linked to something.';
CREATE TRIGGER ticket_message_added_here AFTER INSERT ON lealup.ticket_message REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION lealup._ticket_message_added_here();

CREATE FUNCTION lealup._ticket_message_changed_here() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    at text := to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
    changed uuid[];
    deleted uuid[];
    tenants uuid[];
    tenants_of_deleted uuid[];
BEGIN
    IF EXISTS (SELECT FROM lealup.external_object) THEN
        SELECT array_agg(n.tenant_id) FILTER (WHERE n.deleted_at IS NULL), array_agg(n.id) FILTER (WHERE n.deleted_at IS NULL),
               array_agg(n.tenant_id) FILTER (WHERE n.deleted_at IS NOT NULL), array_agg(n.id) FILTER (WHERE n.deleted_at IS NOT NULL)
        INTO tenants, changed, tenants_of_deleted, deleted
        FROM old_rows o FULL JOIN new_rows n ON n.tenant_id = o.tenant_id AND n.id = o.id
        WHERE o.body <> n.body AND n.deleted_at IS NULL OR o.deleted_at IS NULL AND n.deleted_at IS NOT NULL;
        IF changed IS NOT NULL THEN
            PERFORM lealup._note_local('ticket_message', tenants, changed, array_fill(jsonb_build_object('body', at), ARRAY[cardinality(changed)]));
        END IF;
        PERFORM lealup._queue_mirrors('ticket_message.deleted', array_agg(x.tenant_id), array_agg(x.connection_id), array_agg(x.object_id), array_agg(x.external_id))
        FROM unnest(tenants_of_deleted, deleted) d(tenant_id, id) JOIN lealup.external_object x ON x.tenant_id = d.tenant_id AND x.entity = 'ticket_message' AND x.object_id = d.id
        WHERE x.deleted_at IS NULL AND NOT lealup._comes_from(x.connection_id, x.external_id);
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION lealup._ticket_message_changed_here() IS 'Trigger: notes when a message was edited or deleted here that a provider has as well, and that it is to be carried there.';
CREATE TRIGGER ticket_message_changed_here AFTER UPDATE ON lealup.ticket_message REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION lealup._ticket_message_changed_here();

CREATE FUNCTION lealup._action_changed_here() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lealup._queue_mirrors('action.changed', array_agg(x.tenant_id), array_agg(x.connection_id), array_agg(x.object_id), array_agg(x.external_id))
    FROM old_rows o FULL JOIN new_rows n ON n.tenant_id = o.tenant_id AND n.id = o.id
    JOIN lealup.external_object x ON x.tenant_id = n.tenant_id AND x.entity = 'action' AND x.object_id = n.id AND x.deleted_at IS NULL
    WHERE (o.status, o.input) IS DISTINCT FROM (n.status, n.input);
    RETURN NULL;
END $$;
COMMENT ON FUNCTION lealup._action_changed_here() IS 'Trigger: what becomes of an action is to be carried to where it is shown.';
CREATE TRIGGER action_changed_here AFTER UPDATE ON lealup.action REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION lealup._action_changed_here();

-- ----- What is sent -----

CREATE FUNCTION lealup._person(tenant_id uuid, connection_id uuid, member_id uuid, contact_id uuid) RETURNS jsonb
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN CASE
        WHEN member_id IS NOT NULL THEN (SELECT jsonb_build_object('member', m.id, 'external_id', lealup._account_of(m.tenant_id, connection_id, m.id), 'name', m.name, 'email', m.email)
            FROM lealup.member m WHERE m.tenant_id = _person.tenant_id AND m.id = _person.member_id)
        WHEN contact_id IS NOT NULL THEN (SELECT jsonb_build_object('contact', k.id, 'name', k.name, 'email', k.email)
            FROM lealup.contact k WHERE k.tenant_id = _person.tenant_id AND k.id = _person.contact_id) END;
END $$;
COMMENT ON FUNCTION lealup._person(uuid, uuid, uuid, uuid) IS 'Who a member or contact is, {"member" or "contact", "external_id": the member''s account at the connection, "name", "email"}; null for neither.';

CREATE FUNCTION lealup._action_object(c lealup.connection, a lealup.action) RETURNS jsonb
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    o lealup.provider_operation := (SELECT x FROM lealup.provider_operation x WHERE x.provider = c.provider AND x.name = a.operation);
    kind text := coalesce(split_part(o.mirror, '.', 1), o.makes);
    its_id uuid := coalesce(CASE WHEN o.mirror IS NOT NULL THEN lealup._as_uuid(a.input ->> 'id') END, lealup._made_of(o, a));
    x lealup.external_object;
    thread lealup.external_object;
    t lealup.ticket;
    k lealup.task;
    m lealup.ticket_message;
    b lealup.action;
    here jsonb;
    about jsonb;
BEGIN
    IF kind IS NULL OR its_id IS NULL THEN
        RETURN NULL;
    ELSIF kind IN ('lead', 'lead_activity') THEN
        RETURN lealup._lead_object(c, kind, its_id);
    END IF;
    SELECT e.* INTO x FROM lealup.external_object e
    WHERE e.tenant_id = c.tenant_id AND e.connection_id = c.id AND e.entity = kind AND e.object_id = its_id
    ORDER BY e.external_id = a.input ->> 'external_id' DESC NULLS LAST, e.deleted_at IS NOT NULL, e.created_at LIMIT 1;
    here := lealup._fields_here(c.tenant_id, c.id, kind, its_id);
    IF kind = 'ticket_message' THEN
        SELECT y.* INTO m FROM lealup.ticket_message y WHERE y.tenant_id = c.tenant_id AND y.id = its_id;
        here := here || jsonb_build_object('internal', m.internal, 'deleted', m.deleted_at IS NOT NULL, 'created_at', lealup._rfc3339(m.created_at),
            'author', lealup._person(c.tenant_id, c.id, m.author_member_id, m.author_contact_id));
        SELECT e.* INTO thread FROM lealup.external_object e
        WHERE e.tenant_id = c.tenant_id AND e.connection_id = c.id AND e.entity = 'ticket' AND e.object_id = m.ticket_id AND e.deleted_at IS NULL
          AND (a.input ->> 'external_id' IS NULL OR e.external_id = a.input ->> 'external_id')
        ORDER BY e.created_at LIMIT 1;
    ELSIF kind = 'action' THEN
        SELECT y.* INTO b FROM lealup.action y WHERE y.tenant_id = c.tenant_id AND y.id = its_id;
        here := CASE WHEN b.id IS NOT NULL THEN jsonb_build_object('status', b.status, 'operation', b.operation, 'audience', b.audience, 'input', b.input, 'error', b.error,
            'title', (SELECT v.title FROM lealup.actions v WHERE v.tenant_id = c.tenant_id AND v.id = b.id), 'approved_by', b.approved_by,
            'approved_name', (SELECT w.name FROM lealup.member w WHERE w.tenant_id = c.tenant_id AND w.id = b.approved_by)) END;
    END IF;
    SELECT y.* INTO t FROM lealup.ticket y WHERE y.tenant_id = c.tenant_id AND y.id = CASE kind WHEN 'ticket' THEN its_id WHEN 'ticket_message' THEN m.ticket_id ELSE b.ticket_id END;
    SELECT y.* INTO k FROM lealup.task y WHERE y.tenant_id = c.tenant_id AND y.id = CASE kind WHEN 'task' THEN its_id ELSE b.task_id END;
    SELECT jsonb_strip_nulls(jsonb_build_object('subject', coalesce(t.subject, k.title), 'customer_id', u.id, 'customer_name', u.name, 'customer_tier', u.tier,
        'assignee_id', w.id, 'assignee_name', w.name, 'assignee_email', w.email, 'owner_id', u.owner_id, 'channel', t.channel, 'escalation_reason', t.escalation_reason,
        'contact_name', p.name, 'due_at', lealup._rfc3339(k.due_at), 'created_at', lealup._rfc3339(coalesce(b.created_at, m.created_at, t.created_at, k.created_at)))) INTO about
    FROM (VALUES (coalesce(t.customer_id, k.customer_id, b.customer_id), coalesce(t.assignee_id, k.assignee_id))) s(customer_id, assignee_id)
    LEFT JOIN lealup.customer u ON u.tenant_id = c.tenant_id AND u.id = s.customer_id
    LEFT JOIN lealup.member w ON w.tenant_id = c.tenant_id AND w.id = s.assignee_id
    LEFT JOIN lealup.contact p ON p.tenant_id = c.tenant_id AND p.id = t.contact_id;
    RETURN jsonb_build_object('entity', kind, 'id', its_id, 'external_id', x.external_id, 'here', here, 'base', coalesce(x.base, '{}'), 'ours', x.ours, 'payload', x.payload, 'about', about,
        'changed', (SELECT coalesce(jsonb_agg(f ORDER BY f), '[]') FROM jsonb_object_keys(coalesce(x.changed_at, '{}')) f WHERE here -> f IS DISTINCT FROM x.base -> f))
        || CASE kind WHEN 'ticket_message' THEN jsonb_build_object('ticket', jsonb_build_object('id', m.ticket_id, 'external_id', thread.external_id, 'payload', thread.payload)) ELSE '{}' END;
END $$;
COMMENT ON FUNCTION lealup._action_object(lealup.connection, lealup.action) IS 'What an action is about, as it is now and as it last was at the provider; null for one that neither carries changes nor makes anything.';

CREATE FUNCTION lealup._made_of(o lealup.provider_operation, a lealup.action) RETURNS uuid
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN CASE (o).makes WHEN 'ticket' THEN (a).ticket_id WHEN 'ticket_message' THEN (a).ticket_message_id WHEN 'task' THEN (a).task_id
        WHEN 'action' THEN (SELECT b.id FROM lealup.action b WHERE b.tenant_id = (a).tenant_id AND b.id = lealup._as_uuid((a).input ->> 'action')) END;
COMMENT ON FUNCTION lealup._made_of(lealup.provider_operation, lealup.action) IS 'The ticket, message, task or action of which an operation makes something; null if there is none.';

CREATE FUNCTION lealup._mirror(j lealup.mirror_job, r lealup.notification_rule, now timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c lealup.connection;
    o lealup.provider_operation;
    a lealup.action;
    kind text;
    linked boolean;
BEGIN
    SELECT * INTO c FROM lealup.connection x WHERE x.tenant_id = j.tenant_id AND x.id = r.connection_id;
    o := lealup._operation(j.tenant_id, r.connection_id, r.operation);
    kind := split_part(o.mirror, '.', 1);
    SELECT m.ticket_id, m.id INTO a.ticket_id, a.ticket_message_id FROM lealup.ticket_message m WHERE kind = 'ticket_message' AND m.tenant_id = j.tenant_id AND m.id = j.object_id;
    linked := EXISTS (SELECT FROM lealup.external_object x WHERE x.tenant_id = j.tenant_id AND x.connection_id = c.id AND x.deleted_at IS NULL AND x.external_id = j.external_id
        AND CASE WHEN o.mirror = 'ticket_message.created' THEN x.entity = 'ticket' AND x.object_id = a.ticket_id ELSE x.entity = kind AND x.object_id = j.object_id END);
    -- What is gone there, or has no link any more, is left alone.
    IF NOT linked OR c.state = 'disconnected' THEN
        RETURN;
    END IF;
    a.tenant_id := j.tenant_id; a.connection_id := c.id; a.operation := o.name; a.rule_id := r.id; a.next_attempt_at := now;
    a.input := jsonb_build_object('id', j.object_id, 'external_id', j.external_id);
    CASE kind
        WHEN 'ticket' THEN a.ticket_id := j.object_id;
        WHEN 'task' THEN a.task_id := j.object_id;
        WHEN 'action' THEN a.order_key := 'action:' || j.object_id;
        ELSE NULL;
    END CASE;
    IF o.mirror = 'ticket_message.created' THEN
        -- Nothing is said twice.
        a.id := lealup.delivery_id(j.object_id, md5(r.id || j.external_id)::uuid);
    ELSIF EXISTS (SELECT FROM lealup.action x WHERE x.tenant_id = a.tenant_id AND x.connection_id = a.connection_id AND x.status = 'approved' AND x.rule_id = r.id
        AND x.order_key = coalesce(a.order_key, 'ticket:' || a.ticket_id, 'task:' || a.task_id) AND x.input = a.input) THEN
        -- It says what is so when it is sent.
        RETURN;
    END IF;
    PERFORM lealup._make_action(a);
END $$;
COMMENT ON FUNCTION lealup._mirror(lealup.mirror_job, lealup.notification_rule, timestamptz) IS 'Makes the action that carries a change there, unless one waits that will.';

CREATE FUNCTION lealup._mirrors_due(now timestamptz, max_rows int) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    schedule constant interval[] := lealup._default_retry_schedule();
    j lealup.mirror_job;
    r lealup.notification_rule;
    problem text;
    later timestamptz;
    done bigint := 0;
BEGIN
    FOR j IN SELECT x.* FROM lealup.mirror_job x
        WHERE x.due_at <= now AND EXISTS (SELECT FROM lealup.tenant t WHERE t.tenant_id = x.tenant_id AND t.home = lealup.home())
        ORDER BY x.due_at, x.object_id LIMIT max_rows FOR UPDATE SKIP LOCKED
    LOOP
        done := done + 1;
        SELECT * INTO r FROM lealup.notification_rule x WHERE x.tenant_id = j.tenant_id AND x.id = j.rule_id AND x.active AND x.mode = 'mirror' FOR KEY SHARE;
        BEGIN
            IF FOUND THEN
                PERFORM lealup._mirror(j, r, now);
            END IF;
            DELETE FROM lealup.mirror_job x WHERE x.tenant_id = j.tenant_id AND x.rule_id = j.rule_id AND x.object_id = j.object_id AND x.external_id = j.external_id;
        EXCEPTION WHEN OTHERS THEN
            problem := left(SQLERRM, 2000);
            later := coalesce(now + schedule[j.attempt_no + 1], 'infinity');
            UPDATE lealup.mirror_job x SET error = problem, due_at = later, attempt_no = j.attempt_no + 1::smallint
            WHERE x.tenant_id = j.tenant_id AND x.rule_id = j.rule_id AND x.object_id = j.object_id AND x.external_id = j.external_id;
        END;
    END LOOP;
    RETURN done;
END $$;
COMMENT ON FUNCTION lealup._mirrors_due(timestamptz, int) IS
    'Makes the actions of up to so many changes that rules are to carry somewhere; gives how many jobs it has looked at. One that fails is tried again like a delivery, and then stays, with its error.';

CREATE FUNCTION lealup._mirrors_next() RETURNS timestamptz
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT j.due_at FROM lealup.mirror_job j
    WHERE j.due_at < 'infinity' AND EXISTS (SELECT FROM lealup.tenant t WHERE t.tenant_id = j.tenant_id AND t.home = lealup.home()) ORDER BY j.due_at LIMIT 1;
END;
COMMENT ON FUNCTION lealup._mirrors_next() IS 'When the next change is to be carried somewhere, of a tenant at home here; null if none is.';

-- ----- What comes of it -----

CREATE FUNCTION lealup._differing(one jsonb, other jsonb) RETURNS text[]
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
    RETURN ARRAY(SELECT k.key FROM jsonb_each(one) k WHERE other ? k.key AND k.value IS DISTINCT FROM other -> k.key ORDER BY 1);
COMMENT ON FUNCTION lealup._differing(jsonb, jsonb) IS 'The members that two objects both have with different values.';

CREATE FUNCTION lealup._made(c lealup.connection, o lealup.provider_operation, a lealup.action, its_id text, object_id uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    at text := to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
    late text[];
BEGIN
    -- What has changed while it was on its way is still to be carried there; so is what an attempt before the last one has made otherwise.
    SELECT lealup._differing(lealup._fields_here(c.tenant_id, c.id, o.makes, _made.object_id), (a.sending -> 'here') || CASE WHEN a.uncertain THEN x.base ELSE '{}' END) INTO late
    FROM lealup.external_object x WHERE x.tenant_id = c.tenant_id AND x.connection_id = c.id AND x.entity = o.makes AND x.external_id = its_id;
    IF cardinality(late) > 0 THEN
        UPDATE lealup.external_object x SET changed_at = x.changed_at || (SELECT jsonb_object_agg(f, at) FROM unnest(late) f)
        WHERE x.tenant_id = c.tenant_id AND x.connection_id = c.id AND x.entity = o.makes AND x.external_id = its_id;
        PERFORM lealup._queue_mirrors(o.makes || '.changed', ARRAY[c.tenant_id], ARRAY[c.id], ARRAY[_made.object_id], ARRAY[its_id]);
    END IF;
    CASE o.makes
        WHEN 'ticket' THEN
            -- From the event on of which the rule tells: the first message was written together with the ticket.
            PERFORM lealup._queue_mirrors('ticket_message.created', array_agg(m.tenant_id), array_agg(c.id), array_agg(m.id), array_agg(its_id))
            FROM lealup.ticket_message m WHERE m.tenant_id = c.tenant_id AND m.ticket_id = _made.object_id AND greatest(m.created_at, lealup.uuid7_time(m.id)) >= coalesce(lealup.uuid7_time(a.event_id), a.approved_at) AND m.deleted_at IS NULL
              AND NOT EXISTS (SELECT FROM lealup.external_object x WHERE x.tenant_id = m.tenant_id AND x.entity = 'ticket_message' AND x.object_id = m.id AND x.connection_id = c.id);
        WHEN 'ticket_message' THEN
            PERFORM lealup._queue_mirrors('ticket_message.deleted', ARRAY[m.tenant_id], ARRAY[c.id], ARRAY[m.id], ARRAY[its_id])
            FROM lealup.ticket_message m WHERE m.tenant_id = c.tenant_id AND m.id = _made.object_id AND m.deleted_at IS NOT NULL;
            UPDATE lealup.external_object x SET error = NULL WHERE x.tenant_id = c.tenant_id AND x.connection_id = c.id AND x.entity = 'ticket' AND x.object_id = a.ticket_id AND x.error IS NOT NULL;
        WHEN 'action' THEN
            PERFORM lealup._queue_mirrors('action.changed', ARRAY[b.tenant_id], ARRAY[c.id], ARRAY[b.id], ARRAY[its_id])
            FROM lealup.action b WHERE b.tenant_id = c.tenant_id AND b.id = _made.object_id AND b.status IS DISTINCT FROM a.sending #>> '{here,status}';
        ELSE NULL;
    END CASE;
END $$;
COMMENT ON FUNCTION lealup._made(lealup.connection, lealup.provider_operation, lealup.action, text, uuid) IS 'Something was made at the provider of a ticket, message, task or action: what has changed meanwhile is carried there.';

CREATE FUNCTION lealup._mirrored(c lealup.connection, o lealup.provider_operation, a lealup.action, outcome jsonb, now timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    kind text := split_part(o.mirror, '.', 1);
    x lealup.external_object;
    sent text[] := ARRAY(SELECT jsonb_array_elements_text(coalesce(a.sending -> 'changed', '[]')));
    late text[];
    base jsonb := CASE jsonb_typeof(outcome -> 'base') WHEN 'object' THEN outcome -> 'base' ELSE '{}' END;
BEGIN
    IF kind IN ('lead', 'lead_activity') THEN
        PERFORM lealup._lead_sent(c, kind, a, outcome);
        RETURN;
    END IF;
    PERFORM lealup._lock_object(c.tenant_id, kind, lealup._as_uuid(a.input ->> 'id'));
    SELECT e.* INTO x FROM lealup.external_object e
    WHERE e.tenant_id = c.tenant_id AND e.connection_id = c.id AND e.entity = CASE WHEN o.mirror = 'ticket_message.created' THEN 'ticket' ELSE kind END
      AND e.object_id IN (lealup._as_uuid(a.input ->> 'id'), a.ticket_id)
    ORDER BY e.external_id = a.input ->> 'external_id' DESC NULLS LAST, e.created_at LIMIT 1 FOR UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF o.mirror LIKE '%.changed' THEN
        late := lealup._differing(lealup._fields_here(c.tenant_id, c.id, kind, x.object_id), a.sending -> 'here');
        x.base := x.base || coalesce((SELECT jsonb_object_agg(f, base -> f) FROM unnest(sent) f WHERE base ? f), '{}');
        x.changed_at := x.changed_at - ARRAY(SELECT k FROM jsonb_object_keys(x.changed_at) k WHERE k <> ALL (late));
    ELSIF o.mirror LIKE '%.deleted' THEN
        x.deleted_at := now;
    END IF;
    UPDATE lealup.external_object e SET base = x.base, changed_at = x.changed_at, deleted_at = x.deleted_at, payload = coalesce(outcome -> 'payload', e.payload), error = NULL
    WHERE e.tenant_id = c.tenant_id AND e.connection_id = c.id AND e.entity = x.entity AND e.external_id = x.external_id;
    -- The answer says what else has changed there.
    IF o.mirror LIKE '%.changed' AND (CASE kind WHEN 'ticket_message' THEN base ? 'body' WHEN 'action' THEN false ELSE base <> '{}' END) THEN
        PERFORM lealup._sink_shared(c, kind, ARRAY[base || jsonb_build_object('external_id', x.external_id, 'create', false)
            || CASE WHEN outcome ? 'updated_at' THEN jsonb_build_object('updated_at', outcome -> 'updated_at') ELSE '{}' END]);
    ELSIF x.changed_at <> '{}' THEN
        PERFORM lealup._queue_mirrors(o.mirror, ARRAY[c.tenant_id], ARRAY[c.id], ARRAY[x.object_id], ARRAY[x.external_id]);
    END IF;
END $$;
COMMENT ON FUNCTION lealup._mirrored(lealup.connection, lealup.provider_operation, lealup.action, jsonb, timestamptz) IS
    'A change was carried to the provider: it is settled, unless it has changed again meanwhile, and what the answer says of the other fields is taken in.';

CREATE FUNCTION lealup._mirror_failed(a lealup.action, why text) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE lealup.lead_sending x SET error = left(why, 2000), sent = CASE WHEN a.uncertain THEN x.sent ELSE '{}' END WHERE a.order_key LIKE 'lead:%' AND x.tenant_id = a.tenant_id AND x.sync_id = a.connection_id AND x.local_id = lealup._as_uuid(a.input ->> 'id');
    UPDATE lealup.external_object x SET error = left(why, 2000)
    WHERE x.tenant_id = a.tenant_id AND x.connection_id = a.connection_id AND x.external_id = a.input ->> 'external_id' AND x.object_id IN (lealup._as_uuid(a.input ->> 'id'), a.ticket_id)
      AND EXISTS (SELECT FROM lealup.notification_rule r WHERE r.tenant_id = a.tenant_id AND r.id = a.rule_id AND r.mode = 'mirror');
END $$;
COMMENT ON FUNCTION lealup._mirror_failed(lealup.action, text) IS 'Notes at what is linked why a change of it could not be carried there.';

-- ----- Who decides -----

CREATE FUNCTION lealup.set_mirror(tenant_id uuid, connection_id uuid, entities text[]) RETURNS int
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    at timestamptz := clock_timestamp();
    c lealup.connection;
    wanted text[] := coalesce(entities, '{}');
    there text[];
    r record;
BEGIN
    PERFORM lealup._require('administer', tenant_id);
    SELECT x.* INTO c FROM lealup.connection x WHERE x.tenant_id = set_mirror.tenant_id AND x.id = set_mirror.connection_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'connection % does not exist', coalesce(connection_id::text, 'null')
            USING ERRCODE = 'no_data_found', HINT = 'SELECT id, provider, state FROM lealup.connections lists them.';
    ELSIF c.kind <> 'workspace' AND wanted <> '{}' THEN
        RAISE EXCEPTION 'connection % is a member''s own', c.id USING ERRCODE = 'invalid_parameter_value', HINT = 'A rule needs one of the workspace.';
    END IF;
    there := ARRAY(SELECT DISTINCT split_part(o.mirror, '.', 1) FROM lealup.provider_operation o
        WHERE o.provider = c.provider AND o.mirror NOT LIKE 'lead%' AND o.request IS NOT NULL AND o.audience = 'own_team');
    IF NOT wanted <@ there THEN
        RAISE EXCEPTION 'changes of these cannot be carried to %: %', c.provider, left(array_to_string(ARRAY(SELECT w FROM unnest(wanted) w WHERE w IS NULL OR w <> ALL (there)), ', ', 'null'), 200)
            USING ERRCODE = 'invalid_parameter_value', HINT = 'There are: ' || coalesce(nullif(array_to_string(there, ', '), ''), 'none') || '.';
    END IF;
    FOR r IN SELECT x.id FROM lealup.notification_rule x LEFT JOIN lealup.provider_operation o ON o.provider = c.provider AND o.name = x.operation
        WHERE x.tenant_id = c.tenant_id AND x.connection_id = c.id AND x.mode = 'mirror' AND x.deleted_at IS NULL AND (split_part(o.mirror, '.', 1) = ANY (wanted)) IS NOT TRUE LOOP
        PERFORM lealup.delete_notification_rule(c.tenant_id, r.id);
    END LOOP;
    INSERT INTO lealup.notification_rule (tenant_id, id, name, mode, events, connection_id, operation, created_by, created_at, updated_at)
    SELECT c.tenant_id, lealup.uuid7(), left('Mirror: ' || o.title, 200), 'mirror', '{}', c.id, o.name, lealup._approver(c.tenant_id), at, at
    FROM lealup.provider_operation o
    WHERE o.provider = c.provider AND split_part(o.mirror, '.', 1) = ANY (wanted) AND o.request IS NOT NULL AND o.audience = 'own_team'
      AND NOT EXISTS (SELECT FROM lealup.notification_rule x WHERE x.tenant_id = c.tenant_id AND x.connection_id = c.id AND x.mode = 'mirror' AND x.operation = o.name AND x.active);
    -- What was changed while there was no rule.
    PERFORM lealup._queue_mirrors(g.entity || '.changed', g.tenants, g.connections, g.objects, g.externals)
    FROM (SELECT x.entity, array_agg(x.tenant_id) AS tenants, array_agg(x.connection_id) AS connections, array_agg(x.object_id) AS objects, array_agg(x.external_id) AS externals
          FROM lealup.external_object x WHERE x.tenant_id = c.tenant_id AND x.connection_id = c.id AND x.entity = ANY (wanted) AND x.changed_at <> '{}' AND x.deleted_at IS NULL GROUP BY x.entity) g;
    PERFORM lealup._audit(c.tenant_id, 'mirror.set', 'connection', c.id, jsonb_build_object('entities', to_jsonb(wanted)));
    RETURN (SELECT count(*) FROM lealup.notification_rule x WHERE x.tenant_id = c.tenant_id AND x.connection_id = c.id AND x.mode = 'mirror' AND x.active);
END $$;
COMMENT ON FUNCTION lealup.set_mirror(uuid, uuid, text[]) IS
    'Says of what changes are carried to where a connection links it: ticket, ticket_message, task, action, as its provider has operations for; others are not any more, null = none. Makes and ends the rules, of the mode mirror, and gives how many there are. What was changed meanwhile goes as well. Only for a workspace connection and for what the own team sees. Needs the right to administer.';

CREATE VIEW lealup.linked_objects WITH (security_invoker) AS
SELECT x.tenant_id, x.entity, x.object_id, x.connection_id, c.provider, x.external_id, x.ours, ARRAY(SELECT jsonb_object_keys(x.changed_at)) AS pending,
       EXISTS (SELECT FROM lealup.mirror_job j WHERE j.tenant_id = x.tenant_id AND j.object_id = x.object_id AND j.external_id = x.external_id) AS queued,
       x.error, x.updated_at, x.deleted_at, x.created_at
FROM lealup.external_object x JOIN lealup.connection c ON c.tenant_id = x.tenant_id AND c.id = x.connection_id;
COMMENT ON VIEW lealup.linked_objects IS
    'What is linked to something at a provider. pending: fields that were changed here and are not there yet; error: why they could not be carried there for good; updated_at: by the provider''s clock; deleted_at: since when it is gone there.';
