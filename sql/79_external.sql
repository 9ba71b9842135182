-- What both sides have: the team's accounts at providers, and tickets, messages and tasks that are here and there.

-- ----- Accounts -----

CREATE FUNCTION lealup._match_accounts(tenant_id uuid, connection_id uuid DEFAULT NULL, external_ids text[] DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    UPDATE lealup.member_account a SET member_id = m.id, matched_by = CASE WHEN m.id IS NOT NULL THEN 'email' END
    FROM lealup.member_account x
    LEFT JOIN lealup.member m ON m.tenant_id = x.tenant_id AND lower(m.email) = lower(x.email) AND m.active AND x.email_verified
    WHERE x.tenant_id = _match_accounts.tenant_id AND x.connection_id = coalesce(_match_accounts.connection_id, x.connection_id)
      AND (_match_accounts.external_ids IS NULL OR x.external_id = ANY (_match_accounts.external_ids))
      AND x.matched_by IS DISTINCT FROM 'manual' AND x.member_id IS DISTINCT FROM m.id
      AND a.tenant_id = _match_accounts.tenant_id AND a.connection_id = x.connection_id AND a.external_id = x.external_id;
END $$;
COMMENT ON FUNCTION lealup._match_accounts(uuid, uuid, text[]) IS
    'Says whose accounts are whose, by their verified e-mail addresses and nothing else; those of which somebody has said it stay. Null = all of the tenant''s.';

CREATE FUNCTION lealup._member_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lealup._match_accounts(t.tenant_id) FROM (SELECT DISTINCT n.tenant_id FROM new_rows n) n JOIN lealup.tenant t ON t.tenant_id = n.tenant_id AND t.home = lealup.home()
    WHERE EXISTS (SELECT FROM lealup.member_account a WHERE a.tenant_id = t.tenant_id);
    RETURN NULL;
END $$;
COMMENT ON FUNCTION lealup._member_changed() IS 'Trigger: accounts at providers are matched anew when members come, or their addresses change.';
CREATE TRIGGER member_inserted AFTER INSERT ON lealup.member REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION lealup._member_changed();
CREATE TRIGGER member_updated AFTER UPDATE ON lealup.member REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION lealup._member_changed();

CREATE FUNCTION lealup.set_member_account(tenant_id uuid, connection_id uuid, external_id text, member_id uuid, automatic boolean DEFAULT false) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    at timestamptz := clock_timestamp();
BEGIN
    PERFORM lealup._require('configure', set_member_account.tenant_id);
    PERFORM lealup._check_text('external_id', set_member_account.external_id, 500, required => true);
    IF NOT EXISTS (SELECT FROM lealup.connection c WHERE c.tenant_id = set_member_account.tenant_id AND c.id = set_member_account.connection_id) THEN
        RAISE EXCEPTION 'connection % does not exist', coalesce(set_member_account.connection_id::text, 'null') USING ERRCODE = 'no_data_found';
    END IF;
    IF set_member_account.automatic AND set_member_account.member_id IS NOT NULL THEN
        RAISE EXCEPTION 'member_id must be null with automatic' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM lealup._check_ticket_people(set_member_account.tenant_id, 'member_id', set_member_account.member_id, NULL);
    INSERT INTO lealup.member_account AS a (tenant_id, connection_id, external_id, member_id, matched_by, created_at, updated_at)
    VALUES (set_member_account.tenant_id, set_member_account.connection_id, set_member_account.external_id, set_member_account.member_id,
        CASE WHEN NOT set_member_account.automatic THEN 'manual' END, at, at)
    ON CONFLICT ON CONSTRAINT member_account_pkey DO UPDATE SET member_id = excluded.member_id, matched_by = excluded.matched_by, updated_at = excluded.updated_at;
    IF set_member_account.automatic THEN
        PERFORM lealup._match_accounts(set_member_account.tenant_id, set_member_account.connection_id, ARRAY[set_member_account.external_id]);
    END IF;
    PERFORM lealup._audit(set_member_account.tenant_id, 'member_account.set', 'member', set_member_account.member_id,
        jsonb_build_object('connection_id', set_member_account.connection_id, 'external_id', set_member_account.external_id, 'automatic', set_member_account.automatic));
END $$;
COMMENT ON FUNCTION lealup.set_member_account(uuid, uuid, text, uuid, boolean) IS
    'Says whose an account at a provider is, which no sync undoes; member_id null = nobody''s. automatic: takes that back, so that its verified e-mail address says it. The account may be one that is not known yet. Needs the right to configure.';

CREATE FUNCTION lealup._sink_external_user(c lealup.connection, input jsonb[]) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    at timestamptz := clock_timestamp();
BEGIN
    INSERT INTO lealup.member_account AS a (tenant_id, connection_id, external_id, email, email_verified, name, active, created_at, updated_at)
    SELECT c.tenant_id, c.id, r ->> 'external_id', left(coalesce(lealup._mail_address(r ->> 'email'), r ->> 'email'), 320),
           coalesce((r ->> 'email_verified')::boolean, false) AND lealup._mail_address(r ->> 'email') IS NOT NULL, left(r ->> 'name', 500), coalesce((r ->> 'active')::boolean, true), at, at
    FROM unnest(input) r
    ON CONFLICT ON CONSTRAINT member_account_pkey DO UPDATE SET email = excluded.email, email_verified = excluded.email_verified, name = excluded.name, active = excluded.active,
        updated_at = excluded.updated_at
    WHERE (a.email, a.email_verified, a.name, a.active) IS DISTINCT FROM (excluded.email, excluded.email_verified, excluded.name, excluded.active);
    PERFORM lealup._match_accounts(c.tenant_id, c.id, ARRAY(SELECT r ->> 'external_id' FROM unnest(input) r));
END $$;
COMMENT ON FUNCTION lealup._sink_external_user(lealup.connection, jsonb[]) IS
    'Writes accounts at a provider: an array of {"external_id", "email", "email_verified", "name", "active"}, with each external_id once. Whose they are is said by their verified addresses, unless somebody has.';

-- ----- Fields of both sides -----

CREATE FUNCTION lealup._fields_here(tenant_id uuid, connection_id uuid, entity text, object_id uuid) RETURNS jsonb
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
    RETURN CASE entity
        WHEN 'ticket' THEN (SELECT jsonb_build_object('subject', t.subject, 'status', t.status, 'priority', t.priority, 'assignee', lealup._account_of(tenant_id, connection_id, t.assignee_id))
            FROM lealup.ticket t WHERE t.tenant_id = _fields_here.tenant_id AND t.id = _fields_here.object_id)
        WHEN 'task' THEN (SELECT jsonb_build_object('title', t.title, 'description', t.description, 'status', t.status, 'priority', t.priority,
                'assignee', lealup._account_of(tenant_id, connection_id, t.assignee_id), 'due_at', lealup._rfc3339(t.due_at))
            FROM lealup.task t WHERE t.tenant_id = _fields_here.tenant_id AND t.id = _fields_here.object_id)
        WHEN 'ticket_message' THEN (SELECT jsonb_build_object('body', m.body) FROM lealup.ticket_message m WHERE m.tenant_id = _fields_here.tenant_id AND m.id = _fields_here.object_id)
        ELSE '{}' END;
END $$;
COMMENT ON FUNCTION lealup._fields_here(uuid, uuid, text, uuid) IS 'The fields of a ticket, message or task as they are here, as a provider''s records have them: the assignee is the account there. Null if it is gone.';

CREATE FUNCTION lealup._fields_to_take(x lealup.external_object, record jsonb, here jsonb, sending jsonb DEFAULT NULL) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    f text;
    theirs jsonb;
    took jsonb := '{}';
    their_time timestamptz;
    our_time timestamptz;
BEGIN
    FOR f IN SELECT k FROM jsonb_object_keys(here) k WHERE record ? k LOOP
        theirs := record -> f;
        -- What was not changed there is no news; nor is what is the same here; nor how the provider shows what we have made.
        CONTINUE WHEN theirs = x.base -> f OR theirs = here -> f OR x.ours AND NOT x.base ? f;
        our_time := (x.changed_at ->> f)::timestamptz;
        IF x.base ? f AND x.base -> f <> here -> f AND our_time IS NOT NULL THEN
            their_time := coalesce(record #>> ARRAY['changed_at', f], record ->> 'updated_at')::timestamptz;
            -- What an action is carrying there at this moment comes back as news.
            CONTINUE WHEN theirs = sending -> f OR their_time IS NULL OR their_time < our_time OR their_time = our_time AND record ->> 'truth' = 'lealup';
        END IF;
        took := took || jsonb_build_object(f, theirs);
    END LOOP;
    RETURN took;
END $$;
COMMENT ON FUNCTION lealup._fields_to_take(lealup.external_object, jsonb, jsonb, jsonb) IS
    'Which fields of a record are taken over: those that the provider has changed since both sides last were the same. Of what was changed here as well the later change wins, and of two at one time that of the side that the record names as truth, the provider unless it says lealup. sending: fields as an action under way has them.';

CREATE FUNCTION lealup._comes_from(connection_id uuid, external_id text) RETURNS boolean
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN coalesce(connection_id::text = current_setting('lealup.origin', true), false)
        AND external_id = coalesce(nullif(current_setting('lealup.origin_object', true), ''), external_id);
COMMENT ON FUNCTION lealup._comes_from(uuid, text) IS
    'Whether what is being written came from something at a connection, which so has it already. What came from one of a ticket''s threads is carried to the others, though they are at the same connection.';

CREATE FUNCTION lealup._note_local(entity text, tenants uuid[], ids uuid[], fields jsonb[]) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    of_tenants uuid[];
    connections uuid[];
    objects uuid[];
    externals text[];
BEGIN
    WITH noted AS (
        UPDATE lealup.external_object x SET changed_at = x.changed_at || n.fields
        FROM unnest(tenants, ids, fields) n(tenant_id, id, fields)
        WHERE x.tenant_id = n.tenant_id AND x.entity = _note_local.entity AND x.object_id = n.id AND NOT lealup._comes_from(x.connection_id, x.external_id)
        RETURNING x.tenant_id, x.connection_id, x.object_id, x.external_id, x.deleted_at
    )
    SELECT array_agg(n.tenant_id), array_agg(n.connection_id), array_agg(n.object_id), array_agg(n.external_id) INTO of_tenants, connections, objects, externals
    FROM noted n WHERE n.deleted_at IS NULL;
    PERFORM lealup._queue_mirrors(entity || '.changed', of_tenants, connections, objects, externals);
END $$;
COMMENT ON FUNCTION lealup._note_local(text, uuid[], uuid[], jsonb[]) IS
    'Notes when fields of tickets, messages or tasks were changed here that providers have as well, and that rules are to carry it there; not for what the change came from.';

CREATE FUNCTION lealup._ticket_changed_here() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    at text := to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
BEGIN
    IF EXISTS (SELECT FROM lealup.external_object) THEN
        PERFORM lealup._note_local('ticket', array_agg(d.tenant_id), array_agg(d.id), array_agg(d.fields)) FROM (
            SELECT n.tenant_id, n.id, jsonb_strip_nulls(jsonb_build_object('subject', CASE WHEN o.subject <> n.subject THEN at END, 'status', CASE WHEN o.status <> n.status THEN at END,
                'priority', CASE WHEN o.priority <> n.priority THEN at END, 'assignee', CASE WHEN o.assignee_id IS DISTINCT FROM n.assignee_id THEN at END)) AS fields
            FROM old_rows o FULL JOIN new_rows n ON n.tenant_id = o.tenant_id AND n.id = o.id
            WHERE (o.subject, o.status, o.priority, o.assignee_id) IS DISTINCT FROM (n.subject, n.status, n.priority, n.assignee_id)) d HAVING count(*) > 0;
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION lealup._ticket_changed_here() IS 'Trigger: notes when a ticket''s fields were changed here, for those that a provider has as well.';
CREATE TRIGGER ticket_changed_here AFTER UPDATE ON lealup.ticket REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION lealup._ticket_changed_here();

CREATE FUNCTION lealup._task_changed_here() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    at text := to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
BEGIN
    IF EXISTS (SELECT FROM lealup.external_object) THEN
        PERFORM lealup._note_local('task', array_agg(d.tenant_id), array_agg(d.id), array_agg(d.fields)) FROM (
            SELECT n.tenant_id, n.id, jsonb_strip_nulls(jsonb_build_object('title', CASE WHEN o.title <> n.title THEN at END, 'status', CASE WHEN o.status <> n.status THEN at END,
                'description', CASE WHEN o.description IS DISTINCT FROM n.description THEN at END, 'priority', CASE WHEN o.priority <> n.priority THEN at END,
                'due_at', CASE WHEN o.due_at IS DISTINCT FROM n.due_at THEN at END, 'assignee', CASE WHEN o.assignee_id IS DISTINCT FROM n.assignee_id THEN at END)) AS fields
            FROM old_rows o FULL JOIN new_rows n ON n.tenant_id = o.tenant_id AND n.id = o.id
            WHERE (o.title, o.description, o.status, o.priority, o.due_at, o.assignee_id) IS DISTINCT FROM (n.title, n.description, n.status, n.priority, n.due_at, n.assignee_id)) d HAVING count(*) > 0;
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION lealup._task_changed_here() IS 'Trigger: notes when a task''s fields were changed here, for those that a provider has as well.';
CREATE TRIGGER task_changed_here AFTER UPDATE ON lealup.task REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION lealup._task_changed_here();

-- ----- Sinks -----

CREATE FUNCTION lealup._lock_object(tenant_id uuid, entity text, object_id uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- Whoever changes it here has it first, and then what it is called elsewhere.
    CASE entity
        WHEN 'ticket' THEN PERFORM FROM lealup.ticket t WHERE t.tenant_id = _lock_object.tenant_id AND t.id = _lock_object.object_id FOR NO KEY UPDATE;
        WHEN 'ticket_message' THEN PERFORM FROM lealup.ticket_message m WHERE m.tenant_id = _lock_object.tenant_id AND m.id = _lock_object.object_id FOR NO KEY UPDATE;
        WHEN 'task' THEN PERFORM FROM lealup.task t WHERE t.tenant_id = _lock_object.tenant_id AND t.id = _lock_object.object_id FOR NO KEY UPDATE;
        ELSE NULL;
    END CASE;
END $$;
COMMENT ON FUNCTION lealup._lock_object(uuid, text, uuid) IS 'Locks a ticket, message or task, as its update would.';

CREATE FUNCTION lealup._is_older(x lealup.external_object, record jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
    RETURN coalesce((record ->> 'updated_at')::timestamptz < (x).updated_at OR (x).deleted_at IS NOT NULL AND (record ->> 'updated_at')::timestamptz <= (x).updated_at, false);
COMMENT ON FUNCTION lealup._is_older(lealup.external_object, jsonb) IS 'Whether a record is older than what is known of the thing, and so no news.';

CREATE FUNCTION lealup._sending(x lealup.external_object) RETURNS jsonb
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT a.sending -> 'here' FROM lealup.action a
    WHERE a.tenant_id = (x).tenant_id AND a.connection_id = (x).connection_id AND a.status IN ('approved', 'sending') AND a.sending IS NOT NULL
      AND (a.input ->> 'id' = (x).object_id::text OR (x).object_id IN (a.ticket_message_id, a.task_id))
      AND a.order_key = CASE (x).entity WHEN 'task' THEN 'task:' || (x).object_id WHEN 'ticket' THEN 'ticket:' || (x).object_id
          ELSE (SELECT 'ticket:' || m.ticket_id FROM lealup.ticket_message m WHERE m.tenant_id = (x).tenant_id AND m.id = (x).object_id) END
    ORDER BY a.approved_at LIMIT 1;
END;
COMMENT ON FUNCTION lealup._sending(lealup.external_object) IS 'The fields of a thing as an action that is under way, or may be, has them; null if none is.';

CREATE FUNCTION lealup._news(x lealup.external_object, record jsonb) RETURNS jsonb
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN lealup._fields_to_take(x, record, lealup._fields_here((x).tenant_id, (x).connection_id, (x).entity, (x).object_id), CASE WHEN (x).changed_at <> '{}' THEN lealup._sending(x) END);
COMMENT ON FUNCTION lealup._news(lealup.external_object, jsonb) IS 'Which fields of a record of something that is known are taken over, as _fields_to_take() says.';

CREATE FUNCTION lealup._known_object(c lealup.connection, entity text, record jsonb, OUT known lealup.external_object, OUT foreign_to_us boolean) RETURNS record
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    a lealup.action;
    made text;
    its_object uuid;
BEGIN
    foreign_to_us := false;
    PERFORM lealup._lock_object(x.tenant_id, x.entity, x.object_id) FROM lealup.external_object x
    WHERE x.tenant_id = c.tenant_id AND x.connection_id = c.id AND x.entity = _known_object.entity AND x.external_id = record ->> 'external_id';
    SELECT x.* INTO known FROM lealup.external_object x
    WHERE x.tenant_id = c.tenant_id AND x.connection_id = c.id AND x.entity = _known_object.entity AND x.external_id = record ->> 'external_id' FOR UPDATE;
    IF FOUND THEN
        RETURN;
    END IF;
    -- What is a ticket is no task.
    IF entity IN ('ticket', 'task') AND EXISTS (SELECT FROM lealup.external_object x WHERE x.tenant_id = c.tenant_id AND x.connection_id = c.id
        AND x.entity = CASE _known_object.entity WHEN 'ticket' THEN 'task' ELSE 'ticket' END AND x.external_id = record ->> 'external_id') THEN
        RETURN;
    END IF;
    SELECT x.* INTO a FROM lealup.action x JOIN lealup.provider_operation o ON o.provider = c.provider AND o.name = x.operation
        AND (o.makes = _known_object.entity OR _known_object.entity IN ('ticket', 'task') AND o.makes IN ('ticket', 'task'))
    WHERE x.tenant_id = c.tenant_id AND x.connection_id = c.id
      AND (x.external_id = record ->> 'external_id' OR x.idempotency_key = record ->> 'action_id') LIMIT 1;
    IF NOT FOUND THEN
        foreign_to_us := true;
        RETURN;
    END IF;
    made := (SELECT o.makes FROM lealup.provider_operation o WHERE o.provider = c.provider AND o.name = a.operation);
    IF made <> entity THEN
        RETURN;
    END IF;
    its_object := CASE entity WHEN 'ticket' THEN a.ticket_id WHEN 'ticket_message' THEN a.ticket_message_id ELSE a.task_id END;
    IF its_object IS NOT NULL THEN
        INSERT INTO lealup.external_object (tenant_id, connection_id, entity, external_id, object_id, ours)
        VALUES (c.tenant_id, c.id, entity, record ->> 'external_id', its_object, true) RETURNING * INTO known;
    END IF;
END $$;
COMMENT ON FUNCTION lealup._known_object(lealup.connection, text, jsonb) IS
    'What a record of a provider is here, if it is known, or was made by an action of ours. foreign_to_us: it is neither, and so is new; a null object that is not foreign is our own doing, of which nothing is to be made.';

CREATE FUNCTION lealup._author(c lealup.connection, author jsonb, OUT member_id uuid, OUT contact_id uuid, OUT customer_id uuid) RETURNS record
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    member_id := lealup._member_of(c.tenant_id, c.id, author ->> 'external_id');
    IF member_id IS NULL AND jsonb_typeof(author) = 'object' THEN
        SELECT m.contact_id, m.customer_id INTO contact_id, customer_id
        FROM lealup._match(c.tenant_id, jsonb_build_array(jsonb_strip_nulls(author || jsonb_build_object('provider', c.provider)))) m LIMIT 1;
    END IF;
END $$;
COMMENT ON FUNCTION lealup._author(lealup.connection, jsonb) IS 'Who somebody is that a provider names, {"external_id", "email", "name"}: the member whose account it is, else a contact and its customer; nulls for a stranger.';

CREATE FUNCTION lealup._link_object(c lealup.connection, entity text, record jsonb, object_id uuid, taken jsonb DEFAULT '{}') RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    x lealup.external_object;
BEGIN
    INSERT INTO lealup.external_object AS o (tenant_id, connection_id, entity, external_id, object_id, ours, base, payload, updated_at)
    VALUES (c.tenant_id, c.id, entity, record ->> 'external_id', object_id, false, lealup._shared_fields(record, entity), record -> 'payload', (record ->> 'updated_at')::timestamptz)
    ON CONFLICT ON CONSTRAINT external_object_pkey DO UPDATE SET base = o.base || excluded.base, payload = coalesce(excluded.payload, o.payload), deleted_at = NULL,
        updated_at = coalesce(greatest(o.updated_at, excluded.updated_at), o.updated_at), changed_at = o.changed_at - ARRAY(SELECT jsonb_object_keys(taken))
    RETURNING o.* INTO x;
    -- What was changed here and has won is still to be carried there.
    IF x.changed_at <> '{}' THEN
        PERFORM lealup._queue_mirrors(entity || '.changed', ARRAY[x.tenant_id], ARRAY[x.connection_id], ARRAY[x.object_id], ARRAY[x.external_id]);
    END IF;
END $$;
COMMENT ON FUNCTION lealup._link_object(lealup.connection, text, jsonb, uuid, jsonb) IS
    'Notes what a record is here, and how its fields are at the provider. taken: the fields that were taken over, of which what was changed here is void.';

CREATE FUNCTION lealup._unlink_object(c lealup.connection, entity text, record jsonb, gone timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE lealup.external_object x SET deleted_at = gone, updated_at = greatest(x.updated_at, (record ->> 'updated_at')::timestamptz)
    WHERE x.tenant_id = c.tenant_id AND x.connection_id = c.id AND x.entity = _unlink_object.entity AND x.external_id = record ->> 'external_id';
END $$;
COMMENT ON FUNCTION lealup._unlink_object(lealup.connection, text, jsonb, timestamptz) IS 'Notes that something is gone at the provider, as a record of it says.';

CREATE FUNCTION lealup._shared_fields(record jsonb, entity text) RETURNS jsonb
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
    RETURN (SELECT coalesce(jsonb_object_agg(f.key, f.value), '{}') FROM jsonb_each(record) f
        WHERE f.key = ANY (CASE entity WHEN 'ticket' THEN '{subject,status,priority,assignee}'::text[] WHEN 'task' THEN '{title,description,status,priority,assignee,due_at}' WHEN 'ticket_message' THEN '{body}'
            ELSE '{}' END));
COMMENT ON FUNCTION lealup._shared_fields(jsonb, text) IS 'The fields of a record that both sides change.';

CREATE FUNCTION lealup._sink_ticket(c lealup.connection, input jsonb[]) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r jsonb;
    k record;
    w record;
    take jsonb;
    new_id uuid;
    assignee uuid;
BEGIN
    FOREACH r IN ARRAY input LOOP
        IF r ->> 'deleted' = 'true' THEN
            PERFORM lealup._remove_shared(c, ARRAY['ticket:' || (r ->> 'external_id')], clock_timestamp());
            CONTINUE;
        END IF;
        k := lealup._known_object(c, 'ticket', r);
        assignee := lealup._member_of(c.tenant_id, c.id, r ->> 'assignee');
        IF (k.known).object_id IS NOT NULL THEN
            CONTINUE WHEN lealup._is_older(k.known, r);
            take := lealup._news(k.known, r);
            IF take <> '{}' THEN
                UPDATE lealup.ticket t SET subject = left(coalesce(nullif(take ->> 'subject', ''), t.subject), 1000), status = coalesce(take ->> 'status', t.status),
                    priority = coalesce(take ->> 'priority', t.priority),
                    -- An account that is nobody's changes nothing.
                    assignee_id = CASE WHEN take -> 'assignee' = 'null' THEN NULL WHEN take ? 'assignee' THEN coalesce(assignee, t.assignee_id) ELSE t.assignee_id END
                WHERE t.tenant_id = c.tenant_id AND t.id = (k.known).object_id;
            END IF;
            PERFORM lealup._link_object(c, 'ticket', r, (k.known).object_id, take);
        ELSIF k.foreign_to_us AND r ->> 'create' IS DISTINCT FROM 'false' THEN
            w := lealup._author(c, r -> 'author');
            SELECT t.id INTO new_id FROM lealup.ticket t WHERE t.tenant_id = c.tenant_id AND t.source = c.provider AND t.external_id = r ->> 'external_id';
            IF NOT FOUND THEN
                new_id := lealup.uuid7();
                INSERT INTO lealup.ticket (tenant_id, id, customer_id, contact_id, assignee_id, subject, status, priority, channel, source, external_id, payload)
                VALUES (c.tenant_id, new_id, w.customer_id, w.contact_id, assignee, coalesce(nullif(left(r ->> 'subject', 1000), ''), '(no subject)'), coalesce(r ->> 'status', 'open'),
                    coalesce(r ->> 'priority', 'normal'), left(coalesce(r ->> 'channel', c.provider), 100), c.provider, r ->> 'external_id', r -> 'payload');
            END IF;
            PERFORM lealup._link_object(c, 'ticket', r, new_id);
        END IF;
    END LOOP;
END $$;
COMMENT ON FUNCTION lealup._sink_ticket(lealup.connection, jsonb[]) IS
    'Writes tickets that a provider has: new ones, and of those that are known the fields that _fields_to_take() says. What an action of ours has made there is the ticket of which it was made.';

CREATE FUNCTION lealup._sink_ticket_message(c lealup.connection, input jsonb[]) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r jsonb;
    k record;
    w record;
    its_ticket uuid;
    take jsonb;
    new_id uuid;
    text_body text;
    gone timestamptz;
BEGIN
    FOREACH r IN ARRAY input LOOP
        k := lealup._known_object(c, 'ticket_message', r);
        gone := CASE WHEN r ->> 'deleted' = 'true' THEN clock_timestamp() END;
        text_body := CASE WHEN gone IS NULL THEN left(coalesce(nullif(r ->> 'body', ''), '(no text)'), 1000000) ELSE '(deleted)' END;
        IF (k.known).object_id IS NOT NULL THEN
            CONTINUE WHEN lealup._is_older(k.known, r);
            PERFORM set_config('lealup.origin_object', r ->> 'external_id', true);
            IF gone IS NOT NULL THEN
                UPDATE lealup.ticket_message m SET body = text_body, deleted_at = gone
                WHERE NOT (k.known).ours AND m.tenant_id = c.tenant_id AND m.id = (k.known).object_id AND m.deleted_at IS NULL;
                PERFORM lealup._unlink_object(c, 'ticket_message', r, gone);
                CONTINUE;
            END IF;
            take := lealup._news(k.known, r || jsonb_build_object('body', text_body));
            UPDATE lealup.ticket_message m SET body = text_body
            WHERE take ? 'body' AND m.tenant_id = c.tenant_id AND m.id = (k.known).object_id AND m.deleted_at IS NULL;
            PERFORM lealup._link_object(c, 'ticket_message', r || jsonb_build_object('body', text_body), (k.known).object_id, take);
        ELSIF k.foreign_to_us THEN
            PERFORM set_config('lealup.origin_object', r ->> 'ticket', true);
            SELECT x.object_id INTO its_ticket FROM lealup.external_object x
            WHERE x.tenant_id = c.tenant_id AND x.connection_id = c.id AND x.entity = 'ticket' AND x.external_id = r ->> 'ticket';
            IF NOT FOUND THEN
                CONTINUE WHEN r ->> 'create' = 'false';
                RAISE EXCEPTION 'the ticket of the message is not known: %', coalesce(quote_literal(left(r ->> 'ticket', 100)), 'null') USING ERRCODE = 'data_exception';
            END IF;
            w := lealup._author(c, r -> 'author');
            new_id := lealup.uuid7();
            IF gone IS NOT NULL THEN
                -- That it is gone is known before that it was there: it will be no news.
                PERFORM lealup._link_object(c, 'ticket_message', r, new_id), lealup._unlink_object(c, 'ticket_message', r, gone);
                CONTINUE;
            END IF;
            INSERT INTO lealup.ticket_message (tenant_id, id, ticket_id, author_member_id, author_contact_id, body, internal, source, external_id, payload, created_at)
            VALUES (c.tenant_id, new_id, its_ticket, w.member_id, w.contact_id, text_body,
                (coalesce((r ->> 'internal')::boolean, false) OR r ->> 'public_by' = 'member' AND w.member_id IS NULL) AND w.contact_id IS NULL, c.provider,
                r ->> 'external_id', r -> 'payload', coalesce((r ->> 'created_at')::timestamptz, now()))
            ON CONFLICT ON CONSTRAINT ticket_message_tenant_id_source_external_id_key DO NOTHING;
            IF FOUND THEN
                PERFORM lealup._link_object(c, 'ticket_message', r || jsonb_build_object('body', text_body), new_id);
            END IF;
        END IF;
    END LOOP;
END $$;
COMMENT ON FUNCTION lealup._sink_ticket_message(lealup.connection, jsonb[]) IS
    'Writes messages of tickets that a provider has, by the member or contact who wrote them; an edit follows. What an action of ours has said there is no news.';

CREATE FUNCTION lealup._sink_task(c lealup.connection, input jsonb[]) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r jsonb;
    k record;
    take jsonb;
    new_id uuid;
    assignee uuid;
BEGIN
    FOREACH r IN ARRAY input LOOP
        k := lealup._known_object(c, 'task', r);
        assignee := lealup._member_of(c.tenant_id, c.id, r ->> 'assignee');
        IF (k.known).object_id IS NOT NULL THEN
            CONTINUE WHEN lealup._is_older(k.known, r);
            take := lealup._news(k.known, r);
            IF take <> '{}' THEN
                UPDATE lealup.task t SET title = left(coalesce(nullif(take ->> 'title', ''), t.title), 1000), status = coalesce(take ->> 'status', t.status),
                    priority = coalesce(take ->> 'priority', t.priority), description = CASE WHEN take ? 'description' THEN left(take ->> 'description', 100000) ELSE t.description END,
                    due_at = CASE WHEN take ? 'due_at' THEN (take ->> 'due_at')::timestamptz ELSE t.due_at END,
                    assignee_id = CASE WHEN take -> 'assignee' = 'null' THEN NULL WHEN take ? 'assignee' THEN coalesce(assignee, t.assignee_id) ELSE t.assignee_id END
                WHERE t.tenant_id = c.tenant_id AND t.id = (k.known).object_id;
            END IF;
            PERFORM lealup._link_object(c, 'task', r, (k.known).object_id, take);
        ELSIF k.foreign_to_us AND r ->> 'create' = 'true' THEN
            new_id := lealup.uuid7();
            INSERT INTO lealup.task (tenant_id, id, assignee_id, title, description, status, priority, due_at, source)
            VALUES (c.tenant_id, new_id, assignee, coalesce(nullif(left(r ->> 'title', 1000), ''), '(no title)'), left(r ->> 'description', 100000), coalesce(r ->> 'status', 'open'),
                coalesce(r ->> 'priority', 'normal'), (r ->> 'due_at')::timestamptz, 'provider');
            PERFORM lealup._link_object(c, 'task', r, new_id);
        END IF;
    END LOOP;
END $$;
COMMENT ON FUNCTION lealup._sink_task(lealup.connection, jsonb[]) IS
    'Writes tasks that a provider has, as _sink_ticket() does tickets; new ones only if the record says "create": true.';

CREATE FUNCTION lealup._sink_shared(c lealup.connection, entity text, input jsonb[]) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- The events of what came from there say so.
    PERFORM set_config('lealup.origin', c.id::text, true);
    CASE entity
        WHEN 'ticket' THEN PERFORM lealup._sink_ticket(c, input);
        WHEN 'ticket_message' THEN PERFORM lealup._sink_ticket_message(c, input);
        WHEN 'task' THEN PERFORM lealup._sink_task(c, input);
    END CASE;
    PERFORM set_config('lealup.origin', '', true), set_config('lealup.origin_object', '', true);
END $$;
COMMENT ON FUNCTION lealup._sink_shared(lealup.connection, text, jsonb[]) IS 'Writes rows of an entity that both sides have; events that this causes name the connection as their origin.';

CREATE FUNCTION lealup._remove_shared(c lealup.connection, keys text[], now timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE lealup.member_account a SET active = false, updated_at = now FROM unnest(keys) k
    WHERE a.tenant_id = c.tenant_id AND a.connection_id = c.id AND k LIKE 'external\_user:%' AND a.external_id = substr(k, 15) AND a.active;
    PERFORM set_config('lealup.origin', c.id::text, true);
    UPDATE lealup.ticket_message m SET body = '(deleted)', deleted_at = coalesce(m.deleted_at, now)
    FROM unnest(keys) k JOIN lealup.external_object x ON x.tenant_id = c.tenant_id AND x.connection_id = c.id AND x.entity = 'ticket_message' AND x.external_id = substr(k, 16) AND NOT x.ours
    WHERE k LIKE 'ticket\_message:%' AND m.tenant_id = c.tenant_id AND m.id = x.object_id;
    PERFORM set_config('lealup.origin', '', true);
    UPDATE lealup.external_object x SET deleted_at = now, updated_at = greatest(x.updated_at, now) FROM unnest(keys) k
    WHERE x.tenant_id = c.tenant_id AND x.connection_id = c.id AND k = x.entity || ':' || x.external_id AND x.deleted_at IS NULL;
END $$;
COMMENT ON FUNCTION lealup._remove_shared(lealup.connection, text[], timestamptz) IS
    'What was deleted at the source: accounts are not active any more, of messages that came from there the text goes; tickets and tasks stay, as do messages of ours.';

-- ----- What people do at the provider's -----

CREATE FUNCTION lealup._act(c lealup.connection, act jsonb) RETURNS text
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    who uuid := lealup._member_of(c.tenant_id, c.id, act ->> 'account');
    what uuid := lealup._as_uuid(act ->> 'id');
    a lealup.action;
    done boolean := false;
BEGIN
    IF who IS NULL THEN
        RETURN format('the account %s is no member''s', coalesce(left(act ->> 'account', 100), 'null'));
    END IF;
    -- From here on it is that member who acts.
    PERFORM set_config('lealup.request_tenant', c.tenant_id::text, true), set_config('lealup.request_member', who::text, true);
    CASE act ->> 'do'
        WHEN 'approve_action', 'cancel_action' THEN
            PERFORM FROM lealup.connection x JOIN lealup.action y ON y.tenant_id = x.tenant_id AND y.connection_id = x.id WHERE x.tenant_id = c.tenant_id AND y.id = what FOR NO KEY UPDATE OF x;
            SELECT x.* INTO a FROM lealup.action x WHERE x.tenant_id = c.tenant_id AND x.id = what AND x.status = 'draft' FOR UPDATE;
            done := FOUND;
            IF done AND EXISTS (SELECT FROM lealup.connection x WHERE x.tenant_id = a.tenant_id AND x.id = a.connection_id AND x.kind = 'personal' AND x.member_id <> who) THEN
                PERFORM set_config('lealup.request_tenant', '', true), set_config('lealup.request_member', '', true);
                RETURN format('the connection of action %s is another member''s', a.id);
            END IF;
            IF done AND act ? 'seen' AND md5(a.input::text) <> act ->> 'seen' THEN
                PERFORM set_config('lealup.request_tenant', '', true), set_config('lealup.request_member', '', true);
                RETURN format('action %s was changed since it was shown', a.id);
            END IF;
            IF done AND act ->> 'do' = 'approve_action' THEN
                PERFORM lealup._approve(a);
            ELSIF done THEN
                UPDATE lealup.action x SET status = 'cancelled' WHERE x.tenant_id = a.tenant_id AND x.id = a.id;
            END IF;
        WHEN 'acknowledge_task', 'complete_task', 'reopen_task' THEN
            UPDATE lealup.task t SET status = CASE act ->> 'do' WHEN 'acknowledge_task' THEN 'in_progress' WHEN 'complete_task' THEN 'completed' ELSE 'open' END
            WHERE t.tenant_id = c.tenant_id AND t.id = what
              AND CASE act ->> 'do' WHEN 'acknowledge_task' THEN t.status = 'open' WHEN 'complete_task' THEN t.status <> 'completed' ELSE t.status IN ('completed', 'cancelled') END;
            done := FOUND;
        WHEN 'resolve_ticket', 'reopen_ticket' THEN
            UPDATE lealup.ticket t SET status = CASE act ->> 'do' WHEN 'resolve_ticket' THEN 'resolved' ELSE 'open' END
            WHERE t.tenant_id = c.tenant_id AND t.id = what AND (t.status = 'resolved') = (act ->> 'do' = 'reopen_ticket');
            done := FOUND;
        ELSE
            RAISE EXCEPTION 'the provider''s function gave an act that there is none of: %', coalesce(left(act ->> 'do', 100), 'null') USING ERRCODE = 'invalid_parameter_value',
                HINT = 'There are: approve_action, cancel_action, acknowledge_task, complete_task, reopen_task, resolve_ticket and reopen_ticket.';
    END CASE;
    IF done THEN
        PERFORM lealup._audit(c.tenant_id, replace(regexp_replace(act ->> 'do', '^(\w+)_(\w+)$', '\2.\1'), ' ', ''), split_part(act ->> 'do', '_', 2), what,
            jsonb_build_object('connection_id', c.id, 'account', act ->> 'account'));
    END IF;
    PERFORM set_config('lealup.request_tenant', '', true), set_config('lealup.request_member', '', true);
    RETURN CASE WHEN NOT done THEN 'it was done already, or there is no such thing' END;
END $$;
COMMENT ON FUNCTION lealup._act(lealup.connection, jsonb) IS
    'Does what somebody did at the provider, {"account": external id of the user, "do": approve_action | cancel_action | acknowledge_task | complete_task | reopen_task | resolve_ticket | reopen_ticket, "id", "seen"?: the MD5 of the action''s input as it was shown}, as the member whose account it is; gives why nothing was done, null if it was. Only for what the provider''s signature vouches for.';

CREATE FUNCTION lealup._inbound_acts(tenant_id uuid, connection_id uuid, acts jsonb) RETURNS text
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c lealup.connection;
    why text;
BEGIN
    SELECT x.* INTO c FROM lealup.connection x WHERE x.tenant_id = _inbound_acts.tenant_id AND x.id = _inbound_acts.connection_id;
    SELECT string_agg(lealup._act(c, e.value), '; ' ORDER BY e.n) INTO why FROM jsonb_array_elements(acts) WITH ORDINALITY e(value, n) WHERE e.n <= 20;
    RETURN why;
END $$;
COMMENT ON FUNCTION lealup._inbound_acts(uuid, uuid, jsonb) IS 'Does what people did at the provider, as its notification says, of at most 20 acts; gives why some were not done, null if all were.';
