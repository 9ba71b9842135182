-- What people, playbooks and rules do with actions.

-- ----- Who is who -----

CREATE FUNCTION lealup._account_of(tenant_id uuid, connection_id uuid, member_id uuid) RETURNS text
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT a.external_id FROM lealup.member_account a
    WHERE a.tenant_id = _account_of.tenant_id AND a.connection_id = _account_of.connection_id AND a.member_id = _account_of.member_id AND a.active
    ORDER BY a.matched_by = 'manual' DESC, a.created_at, a.external_id LIMIT 1;
END;
COMMENT ON FUNCTION lealup._account_of(uuid, uuid, uuid) IS 'What a member''s account at a connection''s provider is called there; null if none is known. Of several the one that was set by hand, else the first.';

CREATE FUNCTION lealup._member_of(tenant_id uuid, connection_id uuid, external_id text) RETURNS uuid
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT m.id FROM lealup.member_account a JOIN lealup.member m ON m.tenant_id = a.tenant_id AND m.id = a.member_id AND m.active
    WHERE a.tenant_id = _member_of.tenant_id AND a.connection_id = _member_of.connection_id AND a.external_id = _member_of.external_id;
END;
COMMENT ON FUNCTION lealup._member_of(uuid, uuid, text) IS 'The active member whose account at a connection''s provider it is; null if that is not known.';

-- ----- Inputs -----

CREATE FUNCTION lealup._operation(tenant_id uuid, connection_id uuid, operation text) RETURNS lealup.provider_operation
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    o lealup.provider_operation;
    its_provider text := (SELECT c.provider FROM lealup.connection c WHERE c.tenant_id = _operation.tenant_id AND c.id = _operation.connection_id);
BEGIN
    IF its_provider IS NULL THEN
        RAISE EXCEPTION 'connection % does not exist', coalesce(_operation.connection_id::text, 'null')
            USING ERRCODE = 'no_data_found', HINT = 'SELECT id, provider, state FROM lealup.connections lists them.';
    END IF;
    SELECT x.* INTO o FROM lealup.provider_operation x WHERE x.provider = its_provider AND x.name = _operation.operation AND x.request IS NOT NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'provider % has no operation %', its_provider, coalesce(quote_literal(left(_operation.operation, 100)), 'null') USING ERRCODE = 'invalid_parameter_value',
            HINT = 'There are: ' || coalesce((SELECT string_agg(x.name, ', ' ORDER BY x.name) FROM lealup.provider_operation x WHERE x.provider = its_provider AND x.request IS NOT NULL), 'none') || '.';
    END IF;
    RETURN o;
END $$;
COMMENT ON FUNCTION lealup._operation(uuid, uuid, text) IS 'An operation of a connection''s provider; raises no_data_found or invalid_parameter_value, naming those that there are.';

CREATE FUNCTION lealup._input_complaint(rule jsonb, value jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
    RETURN CASE
        WHEN value IS NULL OR value = 'null' THEN CASE WHEN rule ->> 'required' = 'true' THEN 'it is missing' END
        WHEN jsonb_typeof(value) = 'object' AND (value ? 'member' OR value ?& '{external,id}') AND coalesce(rule ->> 'type', 'string') IN ('string', 'member', 'channel') THEN NULL
        WHEN rule ->> 'type' = 'member' THEN 'it must be {"member": id}'
        WHEN coalesce(rule ->> 'type', 'string') <> 'any' AND jsonb_typeof(value) <> coalesce(nullif(rule ->> 'type', 'channel'), 'string')
            THEN format('it must be of the type %s', coalesce(rule ->> 'type', 'string'))
        WHEN rule ->> 'required' = 'true' AND value IN ('""', '[]', '{}') THEN 'it is empty'
        WHEN CASE jsonb_typeof(value) WHEN 'string' THEN length(value #>> '{}') WHEN 'array' THEN jsonb_array_length(value) ELSE 0 END > coalesce((rule ->> 'max')::int, 100000)
            THEN format('it must have at most %s %s', coalesce(rule ->> 'max', '100000'), CASE jsonb_typeof(value) WHEN 'array' THEN 'elements' ELSE 'characters' END)
    END;
COMMENT ON FUNCTION lealup._input_complaint(jsonb, jsonb) IS 'What is wrong with a field of an action''s input, of which its operation says a rule; null if nothing is.';

CREATE FUNCTION lealup._check_input(o lealup.provider_operation, input jsonb) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    f record;
BEGIN
    IF jsonb_typeof(_check_input.input) IS DISTINCT FROM 'object' THEN
        RAISE EXCEPTION 'input must be a JSON object' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF octet_length(_check_input.input::text) > 262144 THEN
        RAISE EXCEPTION 'input is too large' USING ERRCODE = 'program_limit_exceeded', DETAIL = format('It has %s bytes; the limit is 262144.', octet_length(_check_input.input::text));
    END IF;
    FOR f IN SELECT coalesce(r.key, v.key) AS name, CASE WHEN r.key IS NULL THEN 'there is no such field' ELSE lealup._input_complaint(r.value, v.value) END AS complaint
        FROM jsonb_each(o.input || CASE WHEN o.mirror IS NULL THEN '{}' ELSE '{"id": {"required": true}, "external_id": {}}'::jsonb END) r
        FULL JOIN jsonb_each(_check_input.input) v ON v.key = r.key ORDER BY 1 LOOP
        CONTINUE WHEN f.complaint IS NULL;
        RAISE EXCEPTION 'input, field "%": %', left(f.name, 100), f.complaint USING ERRCODE = 'invalid_parameter_value',
            DETAIL = format('Fields of %s: %s.', o.name, coalesce((SELECT string_agg(k.key || CASE WHEN k.value ->> 'required' = 'true' THEN '' ELSE ' (optional)' END, ', ' ORDER BY k.key)
                FROM jsonb_each(o.input) k), 'none'));
    END LOOP;
END $$;
COMMENT ON FUNCTION lealup._check_input(lealup.provider_operation, jsonb) IS 'Raises invalid_parameter_value, naming the field, unless an input is one of the operation''s.';

CREATE FUNCTION lealup._as_uuid(value text) RETURNS uuid
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN CASE WHEN value ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN value::uuid END;
COMMENT ON FUNCTION lealup._as_uuid(text) IS 'A text as an id; null if it is none.';

CREATE FUNCTION lealup._resolve_input(tenant_id uuid, connection_id uuid, input jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    found text;
    title text;
BEGIN
    IF jsonb_typeof(input) = 'array' THEN
        RETURN (SELECT coalesce(jsonb_agg(lealup._resolve_input(tenant_id, connection_id, e.value) ORDER BY e.n), '[]') FROM jsonb_array_elements(input) WITH ORDINALITY e(value, n));
    ELSIF jsonb_typeof(input) <> 'object' THEN
        RETURN input;
    ELSIF input ? 'member' AND input - '{member,else}'::text[] = '{}' THEN
        found := lealup._account_of(tenant_id, connection_id, lealup._as_uuid(input ->> 'member'));
        IF found IS NULL AND NOT input ? 'else' THEN
            SELECT coalesce(p.title, c.provider) INTO title FROM lealup.connection c LEFT JOIN lealup.provider p ON p.name = c.provider
            WHERE c.tenant_id = _resolve_input.tenant_id AND c.id = _resolve_input.connection_id;
            RAISE EXCEPTION '%', coalesce((SELECT format('member %s (%s) has no account at %s that is known', m.id, m.email, title)
                    FROM lealup.member m WHERE m.tenant_id = _resolve_input.tenant_id AND m.id = lealup._as_uuid(input ->> 'member')),
                format('the input names no member of the tenant: %s', coalesce(quote_literal(left(input ->> 'member', 100)), 'null')))
                USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'lealup.set_member_account() says whose an account is; SELECT * FROM lealup.unmapped_accounts lists those of nobody.';
        END IF;
        RETURN coalesce(to_jsonb(found), input -> 'else');
    ELSIF input ?& '{external,id}' AND input - '{external,id,else}'::text[] = '{}' THEN
        SELECT x.external_id INTO found FROM lealup.external_object x
        WHERE x.tenant_id = _resolve_input.tenant_id AND x.entity = input ->> 'external' AND x.object_id = lealup._as_uuid(input ->> 'id')
          AND x.connection_id = _resolve_input.connection_id AND x.deleted_at IS NULL ORDER BY x.created_at LIMIT 1;
        IF found IS NULL AND NOT input ? 'else' THEN
            RAISE EXCEPTION 'the %s with the id %s is not known at the provider', left(input ->> 'external', 50), left(input ->> 'id', 50) USING ERRCODE = 'object_not_in_prerequisite_state';
        END IF;
        RETURN coalesce(to_jsonb(found), input -> 'else');
    END IF;
    RETURN (SELECT coalesce(jsonb_object_agg(e.key, lealup._resolve_input(tenant_id, connection_id, e.value)), '{}') FROM jsonb_each(input) e);
END $$;
COMMENT ON FUNCTION lealup._resolve_input(uuid, uuid, jsonb) IS
    'An input in which {"member": id} and {"external": entity, "id": id} are replaced by what the provider calls them, or by their "else". Raises object_not_in_prerequisite_state for what it does not know.';

CREATE FUNCTION lealup._fill_all(template jsonb, fields jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN CASE jsonb_typeof(template)
        WHEN 'string' THEN to_jsonb(lealup._fill(template #>> '{}', fields))
        WHEN 'array' THEN (SELECT coalesce(jsonb_agg(lealup._fill_all(e.value, fields) ORDER BY e.n), '[]') FROM jsonb_array_elements(template) WITH ORDINALITY e(value, n))
        WHEN 'object' THEN (SELECT coalesce(jsonb_object_agg(e.key, lealup._fill_all(e.value, fields)), '{}') FROM jsonb_each(template) e)
        ELSE template END;
END $$;
COMMENT ON FUNCTION lealup._fill_all(jsonb, jsonb) IS 'A JSON value with all of its texts filled in, however deep they are.';

-- ----- Making them -----

CREATE FUNCTION lealup._allowing_rule(a lealup.action, event_type text) RETURNS uuid
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    e lealup.event;
    definitions jsonb;
BEGIN
    IF a.audience <> 'own_team' THEN
        RETURN NULL;
    END IF;
    IF a.event_id IS NOT NULL THEN
        SELECT * INTO e FROM lealup.event x WHERE x.tenant_id = a.tenant_id AND x.id = a.event_id;
        definitions := (lealup._event_type(a.tenant_id, e.event_type)).filters;
    END IF;
    RETURN (SELECT r.id FROM lealup.notification_rule r
        WHERE r.tenant_id = a.tenant_id AND r.active AND r.mode = 'allow' AND r.connection_id = a.connection_id AND r.operation = a.operation AND a.input @> r.template
          AND CASE WHEN e.id IS NULL THEN '*' = ANY (r.events) AND r.filters = '{}'
              ELSE r.events && lealup._event_patterns(e.event_type) AND (r.filters = '{}' OR lealup._matches(r.filters, definitions, e.context, lealup._as_jsonb(e.data))) END
        ORDER BY r.id LIMIT 1);
END $$;
COMMENT ON FUNCTION lealup._allowing_rule(lealup.action, text) IS 'The first rule by which an action that was just made need not be approved; null if there is none.';

CREATE FUNCTION lealup._make_action(a lealup.action) RETURNS uuid
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c lealup.connection;
    o lealup.provider_operation := lealup._operation(a.tenant_id, a.connection_id, a.operation);
    present lealup.action;
BEGIN
    SELECT x.* INTO c FROM lealup.connection x WHERE x.tenant_id = a.tenant_id AND x.id = a.connection_id;
    IF c.state = 'disconnected' THEN
        RAISE EXCEPTION 'connection % is disconnected', c.id USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'lealup.reconnect() connects it anew.';
    END IF;
    PERFORM lealup._check_input(o, a.input);
    a.id := coalesce(a.id, lealup.uuid7());
    a.idempotency_key := coalesce(a.idempotency_key, a.id::text);
    IF a.idempotency_key !~ '^[!-~]{1,200}$' THEN
        RAISE EXCEPTION 'idempotency_key must be 1 to 200 printable ASCII characters without blanks' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM lealup._check_text('order_key', a.order_key, 500);
    a.audience := coalesce(o.audience, 'unknown');
    IF a.customer_id IS NULL THEN
        a.customer_id := coalesce((SELECT t.customer_id FROM lealup.ticket t WHERE t.tenant_id = a.tenant_id AND t.id = a.ticket_id),
            (SELECT t.customer_id FROM lealup.task t WHERE t.tenant_id = a.tenant_id AND t.id = a.task_id));
    END IF;
    a.order_key := coalesce(a.order_key, 'ticket:' || a.ticket_id, 'task:' || a.task_id);
    SELECT x.* INTO present FROM lealup.action x WHERE x.tenant_id = a.tenant_id AND x.connection_id = a.connection_id AND x.idempotency_key = a.idempotency_key;
    IF FOUND THEN
        IF (present.operation, present.input) IS DISTINCT FROM (a.operation, a.input) THEN
            RAISE EXCEPTION 'idempotency_key was used for something else' USING ERRCODE = 'unique_violation', DETAIL = format('Action %s has it.', present.id);
        END IF;
        RETURN present.id;
    END IF;
    a.rule_id := coalesce(a.rule_id, lealup._allowing_rule(a, NULL));
    a.status := CASE WHEN a.rule_id IS NULL THEN 'draft' ELSE 'approved' END;
    IF a.status = 'approved' THEN
        a.approved_at := clock_timestamp();
        a.approved_hash := lealup._action_hash(a.connection_id, a.operation, a.audience, a.input, ARRAY[a.customer_id, a.ticket_id, a.ticket_message_id, a.task_id]);
        a.next_attempt_at := coalesce(a.next_attempt_at, a.approved_at);
    END IF;
    INSERT INTO lealup.action (tenant_id, id, connection_id, operation, input, audience, status, customer_id, ticket_id, ticket_message_id, task_id, order_key, idempotency_key,
        rule_id, event_id, playbook_run_id, created_by, approved_at, approved_hash, next_attempt_at, created_at)
    VALUES (a.tenant_id, a.id, a.connection_id, a.operation, a.input, a.audience, a.status, a.customer_id, a.ticket_id, a.ticket_message_id, a.task_id, a.order_key, a.idempotency_key,
        a.rule_id, a.event_id, a.playbook_run_id, a.created_by, a.approved_at, a.approved_hash, a.next_attempt_at, clock_timestamp());
    PERFORM lealup._wake('upkeep') WHERE a.status = 'approved';
    RETURN a.id;
END $$;
COMMENT ON FUNCTION lealup._make_action(lealup.action) IS
    'Makes an action of what is given of it, and gives its id: a draft, or approved if its rule, or one that allows it, says so. What has its idempotency_key already is that one.';

CREATE FUNCTION lealup._check_subjects(a lealup.action) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    wrong text := CASE
        WHEN a.customer_id IS NOT NULL AND NOT EXISTS (SELECT FROM lealup.customer x WHERE x.tenant_id = a.tenant_id AND x.id = a.customer_id) THEN 'customer ' || a.customer_id
        WHEN a.ticket_id IS NOT NULL AND NOT EXISTS (SELECT FROM lealup.ticket x WHERE x.tenant_id = a.tenant_id AND x.id = a.ticket_id) THEN 'ticket ' || a.ticket_id
        WHEN a.ticket_message_id IS NOT NULL AND NOT EXISTS (SELECT FROM lealup.ticket_message x WHERE x.tenant_id = a.tenant_id AND x.id = a.ticket_message_id)
            THEN 'ticket message ' || a.ticket_message_id
        WHEN a.task_id IS NOT NULL AND NOT EXISTS (SELECT FROM lealup.task x WHERE x.tenant_id = a.tenant_id AND x.id = a.task_id) THEN 'task ' || a.task_id END;
BEGIN
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION '% does not exist', wrong USING ERRCODE = 'no_data_found';
    END IF;
END $$;
COMMENT ON FUNCTION lealup._check_subjects(lealup.action) IS 'Raises no_data_found unless what an action is about is there.';

CREATE FUNCTION lealup._may_use(tenant_id uuid, connection_id uuid) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- In a member's own name only that member speaks.
    IF EXISTS (SELECT FROM lealup.connection c WHERE c.tenant_id = _may_use.tenant_id AND c.id = _may_use.connection_id AND c.kind = 'personal'
        AND c.member_id <> coalesce(lealup._acting_member(c.tenant_id), c.member_id)) THEN
        RAISE EXCEPTION 'permission denied: the connection is another member''s' USING ERRCODE = 'insufficient_privilege';
    END IF;
END $$;
COMMENT ON FUNCTION lealup._may_use(uuid, uuid) IS 'Raises insufficient_privilege if a connection is another member''s personal one.';

CREATE FUNCTION lealup.create_action(tenant_id uuid, connection_id uuid, operation text, input jsonb, customer_id uuid DEFAULT NULL, ticket_id uuid DEFAULT NULL,
        ticket_message_id uuid DEFAULT NULL, task_id uuid DEFAULT NULL, idempotency_key text DEFAULT NULL, order_key text DEFAULT NULL) RETURNS uuid
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    a lealup.action;
BEGIN
    PERFORM lealup._require('edit', tenant_id);
    PERFORM lealup._may_use(tenant_id, connection_id);
    a.tenant_id := tenant_id; a.connection_id := connection_id; a.operation := operation; a.input := coalesce(input, '{}');
    a.customer_id := customer_id; a.ticket_id := ticket_id; a.ticket_message_id := ticket_message_id; a.task_id := task_id;
    a.idempotency_key := idempotency_key; a.order_key := order_key;
    a.created_by := lealup._approver(tenant_id);
    PERFORM lealup._check_subjects(a);
    a.id := lealup._make_action(a);
    PERFORM lealup._audit(tenant_id, 'action.create', 'action', a.id, jsonb_build_object('connection_id', connection_id, 'operation', operation));
    RETURN a.id;
END $$;
COMMENT ON FUNCTION lealup.create_action(uuid, uuid, text, jsonb, uuid, uuid, uuid, uuid, text, text) IS
    'Makes an action, and gives its id: a draft that approve_action() approves; or, if only the own team sees what the operation does and a rule with the mode allow covers it, one that is sent at once. operation, input: see lealup.provider_operation. Wherever an account is to be named, {"member": id} stands for that member''s. customer_id, ticket_id, ticket_message_id, task_id: what it is about. idempotency_key: if an action of the connection has it, that one''s id is given. order_key: actions of the connection with the same one are sent one after the other; null = that of the ticket or task. Needs the right to edit; a personal connection is its member''s.';

CREATE FUNCTION lealup._lock_action(tenant_id uuid, action_id uuid) RETURNS lealup.action
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    a lealup.action;
BEGIN
    PERFORM lealup._require('edit', _lock_action.tenant_id);
    -- The connection first, as the worker does.
    PERFORM FROM lealup.connection c JOIN lealup.action x ON x.tenant_id = c.tenant_id AND x.connection_id = c.id
    WHERE x.tenant_id = _lock_action.tenant_id AND x.id = _lock_action.action_id AND c.tenant_id = _lock_action.tenant_id FOR NO KEY UPDATE OF c;
    SELECT x.* INTO a FROM lealup.action x WHERE x.tenant_id = _lock_action.tenant_id AND x.id = _lock_action.action_id FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'action % does not exist', coalesce(_lock_action.action_id::text, 'null')
            USING ERRCODE = 'no_data_found', HINT = 'SELECT id, title, status FROM lealup.actions lists them.';
    END IF;
    PERFORM lealup._may_use(a.tenant_id, a.connection_id);
    RETURN a;
END $$;
COMMENT ON FUNCTION lealup._lock_action(uuid, uuid) IS 'Gives an action, locked behind its connection; raises no_data_found, or insufficient_privilege without the right to edit, or if its connection is another member''s.';

CREATE FUNCTION lealup._require_status(a lealup.action, what text, VARIADIC wanted text[]) RETURNS void
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF a.status <> ALL (wanted) THEN
        RAISE EXCEPTION 'action % cannot be %', a.id, what USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = format('Its status is %s.', a.status);
    END IF;
END $$;
COMMENT ON FUNCTION lealup._require_status(lealup.action, text, text[]) IS 'Raises object_not_in_prerequisite_state unless an action has one of some statuses.';

CREATE FUNCTION lealup.update_action(tenant_id uuid, action_id uuid, input jsonb) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    a lealup.action := lealup._lock_action(update_action.tenant_id, update_action.action_id);
BEGIN
    PERFORM lealup._require_status(a, 'changed', 'draft');
    PERFORM lealup._check_input(lealup._operation(a.tenant_id, a.connection_id, a.operation), update_action.input);
    UPDATE lealup.action x SET input = update_action.input WHERE x.tenant_id = a.tenant_id AND x.id = a.id;
    PERFORM lealup._audit(a.tenant_id, 'action.update', 'action', a.id);
END $$;
COMMENT ON FUNCTION lealup.update_action(uuid, uuid, jsonb) IS 'Changes a draft''s input, all of it. Needs the right to edit.';

CREATE FUNCTION lealup._approve(a lealup.action) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    who uuid := lealup._approver(a.tenant_id);
    o lealup.provider_operation := lealup._operation(a.tenant_id, a.connection_id, a.operation);
    at timestamptz := clock_timestamp();
    of_now text := coalesce(o.audience, 'unknown');
BEGIN
    IF who IS NULL THEN
        RAISE EXCEPTION 'permission denied: an action is approved by a member' USING ERRCODE = 'insufficient_privilege',
            HINT = 'An application says for whom it acts with SET lealup.member_id; an API key is made for a member by create_api_key(member_id => ...).';
    END IF;
    PERFORM lealup._check_input(o, a.input);
    PERFORM lealup._resolve_input(a.tenant_id, a.connection_id, a.input);
    IF a.status = 'draft' AND a.audience <> of_now THEN
        UPDATE lealup.action x SET audience = of_now WHERE x.tenant_id = a.tenant_id AND x.id = a.id RETURNING x.* INTO a;
    END IF;
    UPDATE lealup.action x SET status = 'approved', approved_by = who, approved_at = at, attempts = 0, next_attempt_at = at, error = NULL,
        approved_hash = lealup._action_hash(a.connection_id, a.operation, a.audience, a.input, ARRAY[a.customer_id, a.ticket_id, a.ticket_message_id, a.task_id])
    WHERE x.tenant_id = a.tenant_id AND x.id = a.id;
    PERFORM lealup._wake('upkeep');
END $$;
COMMENT ON FUNCTION lealup._approve(lealup.action) IS 'Approves an action for the member who acts, as it stands; raises insufficient_privilege if no member does.';

CREATE FUNCTION lealup.approve_action(tenant_id uuid, action_id uuid, input jsonb DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    a lealup.action := lealup._lock_action(approve_action.tenant_id, approve_action.action_id);
BEGIN
    IF a.status IN ('approved', 'sending', 'sent') THEN
        RETURN;
    END IF;
    PERFORM lealup._require_status(a, 'approved', 'draft');
    IF approve_action.input <> a.input THEN
        RAISE EXCEPTION 'action % was changed', a.id USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = 'Its input is not the one that was to be approved.';
    END IF;
    PERFORM lealup._approve(a);
    PERFORM lealup._audit(a.tenant_id, 'action.approve', 'action', a.id, jsonb_build_object('operation', a.operation, 'audience', a.audience));
END $$;
COMMENT ON FUNCTION lealup.approve_action(uuid, uuid, jsonb) IS
    'Approves a draft as it stands, so that it is sent; nothing happens if it is approved already. input: what the member has seen; if the draft is another one by now it is not approved. Only for a member who acts, with the right to edit; what a personal connection sends its member approves.';

CREATE FUNCTION lealup._release_actions(tenant_id uuid, connection_id uuid, order_key text DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    at timestamptz := clock_timestamp();
BEGIN
    UPDATE lealup.action x SET next_attempt_at = at
    WHERE x.tenant_id = _release_actions.tenant_id AND x.connection_id = _release_actions.connection_id AND x.status = 'approved' AND x.next_attempt_at = 'infinity'
      AND x.order_key IS NOT DISTINCT FROM coalesce(_release_actions.order_key, x.order_key);
END $$;
COMMENT ON FUNCTION lealup._release_actions(uuid, uuid, text) IS 'Lets actions go on that their connection held, or (with order_key) one before them.';

CREATE FUNCTION lealup.cancel_action(tenant_id uuid, action_id uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    a lealup.action := lealup._lock_action(cancel_action.tenant_id, cancel_action.action_id);
BEGIN
    IF a.status = 'cancelled' THEN
        RETURN;
    END IF;
    PERFORM lealup._require_status(a, 'cancelled', 'draft', 'approved', 'failed');
    UPDATE lealup.action x SET status = 'cancelled', next_attempt_at = NULL, sending = NULL WHERE x.tenant_id = a.tenant_id AND x.id = a.id;
    IF a.status = 'approved' AND a.order_key IS NOT NULL THEN
        PERFORM lealup._release_actions(a.tenant_id, a.connection_id, a.order_key);
        PERFORM lealup._wake('upkeep');
    END IF;
    PERFORM lealup._audit(a.tenant_id, 'action.cancel', 'action', a.id);
END $$;
COMMENT ON FUNCTION lealup.cancel_action(uuid, uuid) IS 'Cancels an action that is a draft, is approved and not being sent at this moment, or has failed. Needs the right to edit.';

CREATE FUNCTION lealup.retry_action(tenant_id uuid, action_id uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    a lealup.action := lealup._lock_action(retry_action.tenant_id, retry_action.action_id);
    at timestamptz := clock_timestamp();
BEGIN
    IF a.status = 'approved' THEN
        UPDATE lealup.action x SET next_attempt_at = at WHERE x.tenant_id = a.tenant_id AND x.id = a.id;
    ELSE
        PERFORM lealup._require_status(a, 'tried again', 'failed');
        -- Whoever says so knows what has become of the last attempt.
        UPDATE lealup.action x SET uncertain = x.uncertain AND lealup._may_repeat(o)
        FROM lealup.connection c LEFT JOIN lealup.provider_operation o ON o.provider = c.provider AND o.name = a.operation
        WHERE x.tenant_id = a.tenant_id AND x.id = a.id AND c.tenant_id = a.tenant_id AND c.id = a.connection_id RETURNING x.* INTO a;
        IF a.approved_by IS NULL THEN
            UPDATE lealup.action x SET status = 'approved', approved_at = at, attempts = 0, next_attempt_at = at, error = NULL WHERE x.tenant_id = a.tenant_id AND x.id = a.id;
        ELSE
            PERFORM lealup._approve(a);
        END IF;
    END IF;
    PERFORM lealup._audit(a.tenant_id, 'action.retry', 'action', a.id);
    PERFORM lealup._wake('upkeep');
END $$;
COMMENT ON FUNCTION lealup.retry_action(uuid, uuid) IS
    'Tries an action again that has failed, or at once one that waits. One that a member has approved is approved anew by the member who acts. Where the provider has no means to tell, see first whether the last attempt has worked after all. Needs the right to edit.';

-- ----- Standing rules -----

CREATE FUNCTION lealup.set_notification_rule(tenant_id uuid, name text, events text[], connection_id uuid, operation text, template jsonb DEFAULT '{}', filters jsonb DEFAULT '{}',
        mode text DEFAULT 'send', active boolean DEFAULT true, rule_id uuid DEFAULT NULL) RETURNS uuid
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    r lealup.notification_rule;
    c lealup.connection;
    o lealup.provider_operation;
    at timestamptz := clock_timestamp();
BEGIN
    PERFORM lealup._require('administer', tenant_id);
    PERFORM lealup._check_text('name', name, 200, required => true);
    PERFORM lealup._check_choice('mode', mode, '{send,allow}', required => true);
    r.events := ARRAY(SELECT DISTINCT e FROM unnest(events) e ORDER BY e);
    PERFORM lealup._check_events(tenant_id, r.events), lealup._check_filters(tenant_id, r.events, coalesce(filters, '{}'));
    SELECT x.* INTO c FROM lealup.connection x WHERE x.tenant_id = set_notification_rule.tenant_id AND x.id = set_notification_rule.connection_id;
    o := lealup._operation(tenant_id, connection_id, operation);
    IF c.kind <> 'workspace' THEN
        RAISE EXCEPTION 'connection % is a member''s own', c.id USING ERRCODE = 'invalid_parameter_value', HINT = 'A rule needs one of the workspace.';
    END IF;
    IF o.audience IS DISTINCT FROM 'own_team' THEN
        RAISE EXCEPTION 'operation % of % is not for the own team alone', o.name, o.provider USING ERRCODE = 'invalid_parameter_value',
            DETAIL = 'What a customer may see is approved each time.';
    END IF;
    IF jsonb_typeof(coalesce(template, '{}')) <> 'object' OR octet_length(template::text) > 200000 THEN
        RAISE EXCEPTION 'template must be a JSON object of at most 200000 bytes' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF mode = 'send' THEN
        PERFORM lealup._check_input(o, coalesce(template, '{}'));
    END IF;
    IF rule_id IS NULL THEN
        IF (SELECT count(*) FROM lealup.notification_rule x WHERE x.tenant_id = set_notification_rule.tenant_id AND x.deleted_at IS NULL) >= 200 THEN
            RAISE EXCEPTION 'too many rules' USING ERRCODE = 'configuration_limit_exceeded', DETAIL = 'A tenant has at most 200.', HINT = 'Delete one that is no longer needed.';
        END IF;
        r.id := lealup.uuid7();
        INSERT INTO lealup.notification_rule (tenant_id, id, name, mode, events, filters, connection_id, operation, template, active, created_by, created_at, updated_at)
        VALUES (tenant_id, r.id, name, mode, r.events, coalesce(filters, '{}'), connection_id, operation, coalesce(template, '{}'), coalesce(active, true),
            lealup._approver(tenant_id), at, at);
    ELSE
        UPDATE lealup.notification_rule x SET name = set_notification_rule.name, mode = set_notification_rule.mode, events = r.events, filters = coalesce(set_notification_rule.filters, '{}'),
            connection_id = set_notification_rule.connection_id, operation = set_notification_rule.operation, template = coalesce(set_notification_rule.template, '{}'),
            active = coalesce(set_notification_rule.active, true), created_by = lealup._approver(set_notification_rule.tenant_id), updated_at = at
        WHERE x.tenant_id = set_notification_rule.tenant_id AND x.id = set_notification_rule.rule_id AND x.deleted_at IS NULL RETURNING x.id INTO r.id;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'rule % does not exist', rule_id USING ERRCODE = 'no_data_found', HINT = 'SELECT id, name FROM lealup.notification_rule WHERE deleted_at IS NULL lists them.';
        END IF;
        PERFORM lealup._cancel_uncovered(tenant_id, r.id);
    END IF;
    PERFORM lealup._audit(tenant_id, 'notification_rule.set', 'notification_rule', r.id,
        jsonb_build_object('name', name, 'mode', mode, 'events', r.events, 'connection_id', connection_id, 'operation', operation, 'active', coalesce(active, true)));
    RETURN r.id;
END $$;
COMMENT ON FUNCTION lealup.set_notification_rule(uuid, text, text[], uuid, text, jsonb, jsonb, text, boolean, uuid) IS
    'Makes, or with rule_id changes, a standing rule of what the own team is told, and gives its id. mode send: each event that matches events and filters (as of a subscription) makes an action of the operation, with the template as input, whose texts may have {{customer_name}}, {{customer_id}}, {{owner_id}}, {{owner_name}}, {{owner_email}}, {{event_type}}, {{event_id}} and {{data.field}}; {"member": "{{owner_id}}"} is the owner''s account. allow: what playbooks (upon such an event) and, with events *, applications make is approved if its input contains the template. Only for operations whose audience is own_team, of a workspace connection. Needs the right to administer.';

CREATE FUNCTION lealup._cancel_uncovered(tenant_id uuid, rule_id uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE lealup.action x SET status = 'cancelled', next_attempt_at = NULL, sending = NULL, error = 'the rule that approved it has ended, or is for something else now'
    WHERE x.tenant_id = _cancel_uncovered.tenant_id AND x.rule_id = _cancel_uncovered.rule_id AND x.status = 'approved' AND x.approved_by IS NULL AND NOT lealup._covered(x);
END $$;
COMMENT ON FUNCTION lealup._cancel_uncovered(uuid, uuid) IS 'Cancels what a rule had approved, and does not any more, and is not sent yet.';

CREATE FUNCTION lealup.delete_notification_rule(tenant_id uuid, rule_id uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    at timestamptz := clock_timestamp();
BEGIN
    PERFORM lealup._require('administer', delete_notification_rule.tenant_id);
    UPDATE lealup.notification_rule x SET active = false, deleted_at = at, updated_at = at
    WHERE x.tenant_id = delete_notification_rule.tenant_id AND x.id = delete_notification_rule.rule_id AND x.deleted_at IS NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'rule % does not exist', coalesce(delete_notification_rule.rule_id::text, 'null')
            USING ERRCODE = 'no_data_found', HINT = 'SELECT id, name FROM lealup.notification_rule WHERE deleted_at IS NULL lists them.';
    END IF;
    DELETE FROM lealup.notification_job j WHERE j.tenant_id = delete_notification_rule.tenant_id AND j.rule_id = delete_notification_rule.rule_id;
    DELETE FROM lealup.mirror_job j WHERE j.tenant_id = delete_notification_rule.tenant_id AND j.rule_id = delete_notification_rule.rule_id;
    PERFORM lealup._cancel_uncovered(delete_notification_rule.tenant_id, delete_notification_rule.rule_id);
    PERFORM lealup._audit(delete_notification_rule.tenant_id, 'notification_rule.delete', 'notification_rule', delete_notification_rule.rule_id);
END $$;
COMMENT ON FUNCTION lealup.delete_notification_rule(uuid, uuid) IS 'Ends a standing rule; what it has approved and was not sent yet is cancelled. Needs the right to administer.';

-- ----- From events to actions -----

CREATE FUNCTION lealup._notify(j lealup.notification_job, r lealup.notification_rule, now timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    e lealup.event;
    c lealup.customer;
    m lealup.member;
    a lealup.action;
    data jsonb;
BEGIN
    SELECT * INTO e FROM lealup.event x WHERE x.tenant_id = j.tenant_id AND x.id = j.event_id;
    -- A provider is not told of what came from there. Of leads their automations know better what did.
    IF e.id IS NULL OR e.context ->> 'origin' = r.connection_id::text AND NOT r.filters ? 'automation' THEN
        RETURN;
    END IF;
    data := coalesce(lealup._as_jsonb(e.data), '{}');
    SELECT * INTO c FROM lealup.customer x WHERE x.tenant_id = j.tenant_id AND x.id = e.customer_id;
    SELECT * INTO m FROM lealup.member x WHERE x.tenant_id = j.tenant_id AND x.id = c.owner_id;
    a.tenant_id := j.tenant_id; a.id := j.id; a.connection_id := r.connection_id; a.operation := r.operation; a.rule_id := r.id; a.event_id := j.event_id; a.customer_id := c.id;
    -- A thing that an event is about may be gone by now.
    SELECT t.id INTO a.ticket_id FROM lealup.ticket t WHERE t.tenant_id = j.tenant_id AND t.id = lealup._as_uuid(data ->> 'ticket_id');
    SELECT t.id INTO a.ticket_message_id FROM lealup.ticket_message t WHERE t.tenant_id = j.tenant_id AND t.id = lealup._as_uuid(data ->> 'message_id');
    SELECT t.id INTO a.task_id FROM lealup.task t WHERE t.tenant_id = j.tenant_id AND t.id = lealup._as_uuid(data ->> 'task_id');
    a.input := lealup._fill_all(r.template, jsonb_build_object('customer_name', coalesce(c.name, data ->> 'customer_name'), 'customer_id', e.customer_id, 'owner_id', m.id,
        'owner_name', m.name, 'owner_email', m.email, 'event_type', e.event_type, 'event_id', e.id, 'data', data));
    a.next_attempt_at := now;
    a.order_key := 'lead:' || (data ->> 'lead_id');
    -- One that waits says what is so when it is sent.
    IF r.filters ? 'automation' AND EXISTS (SELECT FROM lealup.action x WHERE x.tenant_id = a.tenant_id AND x.connection_id = a.connection_id AND x.status = 'approved' AND x.attempts = 0
        AND x.order_key = a.order_key AND x.rule_id = a.rule_id AND x.input = a.input) THEN
        RETURN;
    END IF;
    PERFORM lealup._make_action(a);
END $$;
COMMENT ON FUNCTION lealup._notify(lealup.notification_job, lealup.notification_rule, timestamptz) IS 'Makes the action by which a rule tells of an event; none of an event that came from the rule''s connection itself.';

CREATE FUNCTION lealup._notifications_due(now timestamptz, max_rows int) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    schedule constant interval[] := lealup._default_retry_schedule();
    j lealup.notification_job;
    r lealup.notification_rule;
    problem text;
    later timestamptz;
    done bigint := 0;
BEGIN
    FOR j IN SELECT x.* FROM lealup.notification_job x
        WHERE x.due_at <= now AND EXISTS (SELECT FROM lealup.tenant t WHERE t.tenant_id = x.tenant_id AND t.home = lealup.home())
        ORDER BY x.due_at, x.id LIMIT max_rows FOR UPDATE SKIP LOCKED
    LOOP
        done := done + 1;
        SELECT * INTO r FROM lealup.notification_rule x WHERE x.tenant_id = j.tenant_id AND x.id = j.rule_id AND x.active AND x.mode = 'send' FOR KEY SHARE;
        BEGIN
            IF FOUND THEN
                PERFORM lealup._notify(j, r, now);
            END IF;
            DELETE FROM lealup.notification_job x WHERE x.tenant_id = j.tenant_id AND x.id = j.id;
        EXCEPTION WHEN OTHERS THEN
            problem := left(SQLERRM, 2000);
            later := coalesce(now + schedule[j.attempt_no + 1], 'infinity');
            UPDATE lealup.notification_job x SET error = problem, due_at = later, attempt_no = j.attempt_no + 1::smallint WHERE x.tenant_id = j.tenant_id AND x.id = j.id;
        END;
    END LOOP;
    RETURN done;
END $$;
COMMENT ON FUNCTION lealup._notifications_due(timestamptz, int) IS
    'Makes the actions of up to so many events of which rules are to tell; gives how many jobs it has looked at. One that fails is tried again like a delivery, and then stays, with its error.';

CREATE FUNCTION lealup._notifications_next() RETURNS timestamptz
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT j.due_at FROM lealup.notification_job j
    WHERE j.due_at < 'infinity' AND EXISTS (SELECT FROM lealup.tenant t WHERE t.tenant_id = j.tenant_id AND t.home = lealup.home()) ORDER BY j.due_at LIMIT 1;
END;
COMMENT ON FUNCTION lealup._notifications_next() IS 'When the next job of a rule is due, of a tenant at home here; null if none is.';

-- ----- Views -----

CREATE VIEW lealup.actions WITH (security_invoker) AS
SELECT a.tenant_id, a.id, a.connection_id, c.provider, c.account_name, a.operation, coalesce(o.title, a.operation) AS title, a.audience, a.status,
       CASE WHEN a.status <> 'approved' THEN NULL
            WHEN c.state <> 'connected' THEN concat_ws(': ', format('the connection is in state %s', c.state), c.reason)
            WHEN c.paused_at IS NOT NULL THEN 'the connection is paused'
            WHEN c.not_before > now() THEN coalesce(c.wait_reason, 'the provider asked to wait')
            WHEN a.next_attempt_at = 'infinity' THEN 'it waits for one before it'
            WHEN a.next_attempt_at > now() THEN a.error END AS held,
       a.input, a.customer_id, a.ticket_id, a.ticket_message_id, a.task_id, a.rule_id, a.event_id, a.playbook_run_id, a.created_by, a.approved_by, a.approved_at,
       a.attempts, CASE WHEN a.next_attempt_at < 'infinity' AND a.status = 'approved' THEN a.next_attempt_at END AS next_attempt_at, a.external_id, a.result, a.error,
       a.idempotency_key, a.created_at, a.sent_at
FROM lealup.action a
JOIN lealup.connection c ON c.tenant_id = a.tenant_id AND c.id = a.connection_id
LEFT JOIN lealup.provider_operation o ON o.provider = c.provider AND o.name = a.operation;
COMMENT ON VIEW lealup.actions IS 'What is to be done, or was done, at providers; held: what an approved one waits for.';

CREATE VIEW lealup.action_queue WITH (security_invoker) AS
SELECT coalesce(c.member_id, a.created_by, t.assignee_id, k.assignee_id, u.owner_id) AS member_id, a.tenant_id, a.id, a.provider, a.title, a.operation, a.audience, a.status,
       CASE a.status WHEN 'draft' THEN 'approve' WHEN 'failed' THEN 'retry' ELSE 'wait' END AS to_do, coalesce(a.held, a.error) AS message,
       a.input, a.customer_id, a.ticket_id, a.task_id, a.created_at
FROM lealup.actions a
JOIN lealup.connection c ON c.tenant_id = a.tenant_id AND c.id = a.connection_id
LEFT JOIN lealup.ticket t ON t.tenant_id = a.tenant_id AND t.id = a.ticket_id
LEFT JOIN lealup.task k ON k.tenant_id = a.tenant_id AND k.id = a.task_id
LEFT JOIN lealup.customer u ON u.tenant_id = a.tenant_id AND u.id = a.customer_id
WHERE a.status IN ('draft', 'failed') OR a.status = 'approved' AND a.held IS NOT NULL;
COMMENT ON VIEW lealup.action_queue IS
    'What members have to look at: drafts to be approved, what has failed, and what waits. member_id: whose connection it is, else who made it, else who has the ticket or task, else who owns the customer; null = anybody.';

CREATE VIEW lealup.unmapped_accounts WITH (security_invoker) AS
SELECT a.tenant_id, a.connection_id, c.provider, a.external_id, a.name, a.email, a.email_verified, a.updated_at,
       (SELECT m.id FROM lealup.member m WHERE m.tenant_id = a.tenant_id AND lower(m.email) = lower(a.email) AND m.active) AS candidate_id
FROM lealup.member_account a JOIN lealup.connection c ON c.tenant_id = a.tenant_id AND c.id = a.connection_id
WHERE a.member_id IS NULL AND a.matched_by IS NULL AND a.active;
COMMENT ON VIEW lealup.unmapped_accounts IS
    'Active accounts at providers of which nobody knows whose they are; set_member_account() says it. candidate_id: who has the same e-mail address, which the provider has not verified.';
