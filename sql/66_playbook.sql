-- Playbooks: an event triggers a run, which takes the playbook's steps in order. The fan-out queues a job for each playbook that
-- matches an event, in the transaction that takes the event from the outbox; _playbooks_due() makes a run of each job, once.

CREATE TABLE lealup.playbook (
    tenant_id uuid NOT NULL REFERENCES lealup.tenant,
    id uuid NOT NULL DEFAULT lealup.uuid7(),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    events text[] NOT NULL,
    filters jsonb NOT NULL DEFAULT '{}',
    steps jsonb NOT NULL CHECK (jsonb_typeof(steps) = 'array'),
    cooldown interval NOT NULL DEFAULT '0',
    enabled boolean NOT NULL DEFAULT true,
    deleted_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CHECK (deleted_at IS NULL OR NOT enabled)
);
CREATE INDEX ON lealup.playbook (tenant_id) WHERE enabled;
COMMENT ON TABLE lealup.playbook IS 'What is to be done when something happens with a customer: the events that trigger it, and its steps.';
COMMENT ON COLUMN lealup.playbook.cooldown IS 'For so long after a run began no other one begins for the same customer.';
COMMENT ON COLUMN lealup.playbook.deleted_at IS 'Null = it is there.';
COMMENT ON COLUMN lealup.playbook.created_at IS 'By the clock, not the transaction: an event triggers the playbooks that existed when it was emitted.';

CREATE TABLE lealup.playbook_job (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    playbook_id uuid NOT NULL,
    event_id uuid NOT NULL,
    due_at timestamptz NOT NULL,
    attempt_no smallint NOT NULL DEFAULT 1,
    error text
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX ON lealup.playbook_job (tenant_id, due_at, id);
ALTER TABLE lealup.playbook_job ADD PRIMARY KEY (tenant_id, id);
COMMENT ON TABLE lealup.playbook_job IS 'One row per run that is still to begin or to go on. It has no foreign key, which would cost the fan-out a look-up per row.';
COMMENT ON COLUMN lealup.playbook_job.id IS 'The run''s id: lealup.delivery_id(event_id, playbook_id), so that an event cannot trigger a playbook twice.';
COMMENT ON COLUMN lealup.playbook_job.attempt_no IS 'The number of the next attempt at the step that is next.';
COMMENT ON COLUMN lealup.playbook_job.error IS 'Why the run could not even be looked at, the last time.';

CREATE TABLE lealup.playbook_run (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    playbook_id uuid NOT NULL,
    event_id uuid NOT NULL,
    event_type text,
    customer_id uuid,
    status text NOT NULL CHECK (status IN ('running', 'completed', 'failed', 'skipped', 'cancelled')),
    reason text,
    depth int NOT NULL,
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    FOREIGN KEY (tenant_id, playbook_id) REFERENCES lealup.playbook
);
CREATE INDEX ON lealup.playbook_run (tenant_id, customer_id, started_at);
ALTER TABLE lealup.playbook_run ADD PRIMARY KEY (tenant_id, id);
CREATE INDEX playbook_run_begun ON lealup.playbook_run (tenant_id, playbook_id, customer_id, started_at) WHERE status IN ('running', 'completed', 'failed');
CREATE INDEX ON lealup.playbook_run (tenant_id, finished_at) WHERE status = 'skipped';
CREATE INDEX ON lealup.task (tenant_id, playbook_run_id) WHERE status IN ('open', 'in_progress') AND playbook_run_id IS NOT NULL;
COMMENT ON TABLE lealup.playbook_run IS 'What became of an event that triggered a playbook. The steps are in playbook_step_run, the tasks in task.';
COMMENT ON COLUMN lealup.playbook_run.status IS
    'running: steps are left, which wait or are tried again; completed; failed: a step failed for the last time, see retry_playbook_run(); skipped: it did not begin; cancelled.';
COMMENT ON COLUMN lealup.playbook_run.reason IS 'Why it was skipped, failed or cancelled.';
COMMENT ON COLUMN lealup.playbook_run.depth IS 'How many playbooks caused one another up to the event that triggered it.';
COMMENT ON COLUMN lealup.playbook_run.customer_id IS 'As the event named it; null if the event is about none.';

CREATE TABLE lealup.playbook_step_run (
    tenant_id uuid NOT NULL,
    run_id uuid NOT NULL,
    step_no int NOT NULL,
    step jsonb NOT NULL,
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'done', 'failed')),
    attempts int NOT NULL DEFAULT 0,
    error text,
    result_id uuid,
    finished_at timestamptz,
    PRIMARY KEY (tenant_id, run_id, step_no),
    FOREIGN KEY (tenant_id, run_id) REFERENCES lealup.playbook_run ON DELETE CASCADE
);
COMMENT ON TABLE lealup.playbook_step_run IS 'The steps of a run as they stood when it began, with their templates filled in. A step that is done is not done again.';
COMMENT ON COLUMN lealup.playbook_step_run.result_id IS 'The task, timeline event, draft, notification or action that the step made.';

CREATE TABLE lealup.draft (
    tenant_id uuid NOT NULL REFERENCES lealup.tenant,
    id uuid NOT NULL DEFAULT lealup.uuid7(),
    customer_id uuid,
    contact_id uuid,
    channel text NOT NULL CHECK (length(channel) BETWEEN 1 AND 100),
    recipient text CHECK (length(recipient) <= 1000),
    subject text CHECK (length(subject) <= 1000),
    body text NOT NULL CHECK (length(body) <= 100000),
    status text NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'discarded')),
    playbook_run_id uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES lealup.customer,
    FOREIGN KEY (tenant_id, contact_id) REFERENCES lealup.contact
);
CREATE INDEX ON lealup.draft (tenant_id, customer_id);
COMMENT ON TABLE lealup.draft IS 'A message that somebody may edit and send. Nothing sends it by itself.';
COMMENT ON COLUMN lealup.draft.recipient IS 'An address of the channel; null = nobody is known.';

CREATE TABLE lealup.notification (
    tenant_id uuid NOT NULL REFERENCES lealup.tenant,
    id uuid NOT NULL DEFAULT lealup.uuid7(),
    customer_id uuid,
    channel text NOT NULL CHECK (length(channel) BETWEEN 1 AND 100),
    text text NOT NULL CHECK (length(text) <= 100000),
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'delivered', 'failed')),
    playbook_run_id uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES lealup.customer
);
CREATE INDEX ON lealup.notification (tenant_id, id) WHERE status = 'pending';
COMMENT ON TABLE lealup.notification IS 'What the team is to be told in one of its own channels. A row is all that a playbook makes: those in the channel email are mailed to members, and every other row is pending until something that delivers notifications has taken it.';

-- ----- What a playbook may say -----

CREATE FUNCTION lealup._step_fields() RETURNS TABLE (type text, field text, required boolean, kind text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    VALUES ('create_task', 'title', true, 'text'), ('create_task', 'description', false, 'text'), ('create_task', 'assignee', false, 'member'),
        ('create_task', 'due', false, 'interval'), ('create_task', 'priority', false, 'priority'),
        ('note', 'title', true, 'text'), ('note', 'body', false, 'text'),
        ('emit', 'event', true, 'event'), ('emit', 'data', false, 'object'),
        ('draft', 'channel', true, 'channel'), ('draft', 'to', false, 'text'), ('draft', 'subject', false, 'text'), ('draft', 'body', true, 'text'),
        ('notify', 'channel', true, 'channel'), ('notify', 'text', true, 'text'),
        ('action', 'connection', true, 'connection'), ('action', 'operation', true, 'operation'), ('action', 'input', true, 'object'),
        ('wait', 'for', true, 'interval');
END;
COMMENT ON FUNCTION lealup._step_fields() IS 'The types of steps and the fields of each.';

CREATE FUNCTION lealup._as_interval(value text) RETURNS interval
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN value::interval;
EXCEPTION WHEN data_exception THEN
    RETURN NULL;
END $$;
COMMENT ON FUNCTION lealup._as_interval(text) IS 'A text as an interval; null if it is none.';

CREATE FUNCTION lealup._is_workspace_connection(tenant_id uuid, id text) RETURNS boolean
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN EXISTS (SELECT FROM lealup.connection c WHERE c.tenant_id = _is_workspace_connection.tenant_id AND c.id::text = _is_workspace_connection.id AND c.kind = 'workspace');
END $$;
COMMENT ON FUNCTION lealup._is_workspace_connection(uuid, text) IS 'Whether a text is the id of a connection of the workspace.';

CREATE FUNCTION lealup._step_complaint(tenant_id uuid, kind text, value jsonb) RETURNS text
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN CASE
        WHEN kind = 'object' THEN CASE WHEN jsonb_typeof(value) <> 'object' THEN 'it must be a JSON object' END
        WHEN jsonb_typeof(value) <> 'string' OR length(value #>> '{}') NOT BETWEEN 1 AND CASE kind WHEN 'text' THEN 20000 ELSE 100 END
            THEN format('it must be a text of 1 to %s characters', CASE kind WHEN 'text' THEN 20000 ELSE 100 END)
        WHEN kind = 'interval' AND coalesce(lealup._as_interval(value #>> '{}') NOT BETWEEN '0' AND '10 years', true)
            THEN 'it must be an interval of 0 to 10 years, for example "3 days"'
        WHEN kind = 'priority' AND value #>> '{}' NOT IN ('low', 'normal', 'high', 'urgent')
            THEN 'it must be low, normal, high or urgent'
        WHEN kind = 'member' AND value #>> '{}' <> 'owner' AND NOT EXISTS (
                SELECT FROM lealup.member m WHERE m.tenant_id = _step_complaint.tenant_id AND m.id::text = value #>> '{}' AND m.active)
            THEN 'it must be "owner" (of the customer) or the id of an active member'
        WHEN kind = 'event' AND NOT EXISTS (
                SELECT FROM lealup.tenant_event_type t WHERE t.tenant_id = _step_complaint.tenant_id AND t.name = value #>> '{}')
            THEN 'it must be an event type of your own, added by lealup.register_event_type()'
        WHEN kind = 'connection' AND NOT lealup._is_workspace_connection(tenant_id, value #>> '{}')
            THEN 'it must be the id of a connection of the workspace'
    END;
COMMENT ON FUNCTION lealup._step_complaint(uuid, text, jsonb) IS 'What is wrong with the value of a step''s field of some kind; null if nothing is.';

CREATE FUNCTION lealup._check_steps(tenant_id uuid, steps jsonb) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s record;
    f record;
BEGIN
    IF jsonb_typeof(steps) IS DISTINCT FROM 'array' OR jsonb_array_length(steps) NOT BETWEEN 1 AND 50 THEN
        RAISE EXCEPTION 'steps must be a JSON array of 1 to 50 steps' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF octet_length(steps::text) > 200000 THEN
        RAISE EXCEPTION 'steps are too large' USING ERRCODE = 'program_limit_exceeded',
            DETAIL = format('They have %s bytes; the limit is 200000.', octet_length(steps::text));
    END IF;
    FOR s IN SELECT a.step, a.n, a.step ->> 'type' AS type FROM jsonb_array_elements(steps) WITH ORDINALITY a(step, n) LOOP
        IF jsonb_typeof(s.step) <> 'object' OR NOT EXISTS (SELECT FROM lealup._step_fields() d WHERE d.type = s.type) THEN
            RAISE EXCEPTION 'step %, field "type": unknown type of step: %', s.n, coalesce(quote_literal(left(s.type, 100)), 'null')
                USING ERRCODE = 'invalid_parameter_value',
                      DETAIL = 'A step is a JSON object whose type is ' || (SELECT string_agg(DISTINCT d.type, ', ' ORDER BY d.type) FROM lealup._step_fields() d) || '.';
        END IF;
        FOR f IN
            SELECT coalesce(d.field, k.key) AS name,
                   CASE WHEN d.field IS NULL THEN 'there is no such field'
                        WHEN k.key IS NULL THEN 'it is missing'
                        ELSE lealup._step_complaint(_check_steps.tenant_id, d.kind, k.value) END AS complaint
            FROM (SELECT * FROM lealup._step_fields() x WHERE x.type = s.type) d
            FULL JOIN (SELECT * FROM jsonb_each(s.step) x WHERE x.key <> 'type') k ON k.key = d.field
            WHERE d.required IS DISTINCT FROM false OR k.key IS NOT NULL
            ORDER BY 1
        LOOP
            CONTINUE WHEN f.complaint IS NULL;
            RAISE EXCEPTION 'step % (%), field "%": %', s.n, s.type, left(f.name, 100), f.complaint
                USING ERRCODE = 'invalid_parameter_value',
                      DETAIL = 'Fields of ' || s.type || ': '
                          || (SELECT string_agg(d.field || CASE WHEN d.required THEN '' ELSE ' (optional)' END, ', ') FROM lealup._step_fields() d WHERE d.type = s.type) || '.';
        END LOOP;
    END LOOP;
END $$;
COMMENT ON FUNCTION lealup._check_steps(uuid, jsonb) IS 'Raises invalid_parameter_value, naming step and field, unless every step can be taken.';

CREATE FUNCTION lealup._check_playbook(p lealup.playbook) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF coalesce(length(p.name), 0) NOT BETWEEN 1 AND 200 THEN
        RAISE EXCEPTION 'name must have 1 to 200 characters' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM lealup._check_events(p.tenant_id, p.events);
    PERFORM lealup._check_filters(p.tenant_id, p.events, p.filters);
    PERFORM lealup._check_steps(p.tenant_id, p.steps);
    IF coalesce(p.cooldown NOT BETWEEN '0' AND '10 years', true) THEN
        RAISE EXCEPTION 'cooldown must be 0 to 10 years' USING ERRCODE = 'invalid_parameter_value';
    END IF;
END $$;
COMMENT ON FUNCTION lealup._check_playbook(lealup.playbook) IS 'Raises invalid_parameter_value, naming the field, unless every field of a playbook is valid.';

-- ----- Managing playbooks -----

CREATE FUNCTION lealup._lock_playbook(tenant_id uuid, playbook_id uuid) RETURNS lealup.playbook
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    p lealup.playbook;
BEGIN
    PERFORM lealup._require('configure', _lock_playbook.tenant_id);
    SELECT * INTO p FROM lealup.playbook x
    WHERE x.tenant_id = _lock_playbook.tenant_id AND x.id = _lock_playbook.playbook_id AND x.deleted_at IS NULL FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'playbook % does not exist', coalesce(_lock_playbook.playbook_id::text, 'null')
            USING ERRCODE = 'no_data_found', HINT = 'SELECT id, name FROM lealup.playbook WHERE deleted_at IS NULL lists them.';
    END IF;
    RETURN p;
END $$;
COMMENT ON FUNCTION lealup._lock_playbook(uuid, uuid) IS
    'Gives a playbook that is not deleted, locked until the transaction ends; raises no_data_found, or insufficient_privilege without the right to configure.';

CREATE FUNCTION lealup.create_playbook(tenant_id uuid, name text, events text[], steps jsonb, filters jsonb DEFAULT '{}',
        cooldown interval DEFAULT '0', enabled boolean DEFAULT true) RETURNS uuid
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    p lealup.playbook;
    most constant int := 200;
BEGIN
    PERFORM lealup._require('configure', tenant_id);
    p.tenant_id := tenant_id; p.id := lealup.uuid7(); p.name := name; p.steps := steps;
    p.events := ARRAY(SELECT DISTINCT e FROM unnest(events) e ORDER BY e);
    p.filters := coalesce(filters, '{}'); p.cooldown := coalesce(cooldown, '0'); p.enabled := coalesce(enabled, true);
    PERFORM lealup._check_playbook(p);
    IF (SELECT count(*) FROM lealup.playbook x WHERE x.tenant_id = p.tenant_id AND x.deleted_at IS NULL) >= most THEN
        RAISE EXCEPTION 'too many playbooks'
            USING ERRCODE = 'configuration_limit_exceeded', DETAIL = format('A tenant has at most %s.', most), HINT = 'Delete one that is no longer needed.';
    END IF;
    INSERT INTO lealup.playbook (tenant_id, id, name, events, filters, steps, cooldown, enabled, created_at, updated_at)
    VALUES (p.tenant_id, p.id, p.name, p.events, p.filters, p.steps, p.cooldown, p.enabled, clock_timestamp(), now());
    PERFORM lealup._audit(p.tenant_id, 'playbook.create', 'playbook', p.id, jsonb_build_object('name', p.name, 'events', p.events));
    RETURN p.id;
END $$;
COMMENT ON FUNCTION lealup.create_playbook(uuid, text, text[], jsonb, jsonb, interval, boolean) IS
    'Makes a playbook and gives its id. events, filters: as of a subscription, see event_filters(event_type). steps, taken in order: {"type": "create_task", "title", "description"?, "assignee"?: "owner" (default) or a member''s id, "due"?: interval from the step on, "priority"?}; {"type": "note", "title", "body"?} on the timeline; {"type": "emit", "event": a type of your own, "data"?}; {"type": "draft", "channel", "to"?: "contact" (default) or an address, "subject"?, "body"}, which is not sent; {"type": "notify", "channel", "text"} for the team, which is a row of lealup.notification: in the channel email it is mailed to the customer''s owner (else the admins), in email:admins or email:ADDRESS to these members, and in others it goes nowhere by itself; {"type": "action", "connection": id, "operation", "input"}, a draft of an action at a provider, or what is sent if a notification rule allows it; {"type": "wait", "for": interval}. Texts are templates: {{customer_name}}, {{customer_id}}, {{owner_name}}, {{owner_email}}, {{event_type}}, {{playbook_name}} and {{data.field}} of the event''s data, filled in when the run begins; what is not there is empty (a task without a title is named after the event). One run is open for a customer at a time: until its steps are done and its tasks closed, or it is cancelled. cooldown: for so long after a run began no other one begins for the customer. An event that is about no customer is under neither rule. Needs the right to configure.';

CREATE FUNCTION lealup.update_playbook(tenant_id uuid, playbook_id uuid, name text DEFAULT NULL, events text[] DEFAULT NULL, steps jsonb DEFAULT NULL,
        filters jsonb DEFAULT NULL, cooldown interval DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    p lealup.playbook := lealup._lock_playbook(tenant_id, playbook_id);
BEGIN
    p.name := coalesce(name, p.name); p.steps := coalesce(steps, p.steps); p.filters := coalesce(filters, p.filters); p.cooldown := coalesce(cooldown, p.cooldown);
    IF events IS NOT NULL THEN
        p.events := ARRAY(SELECT DISTINCT e FROM unnest(events) e ORDER BY e);
    END IF;
    PERFORM lealup._check_playbook(p);
    UPDATE lealup.playbook x SET name = p.name, events = p.events, steps = p.steps, filters = p.filters, cooldown = p.cooldown, updated_at = now()
    WHERE x.tenant_id = p.tenant_id AND x.id = p.id;
    PERFORM lealup._audit(p.tenant_id, 'playbook.update', 'playbook', p.id,
        jsonb_strip_nulls(jsonb_build_object('name', name, 'events', events, 'steps', steps, 'filters', filters, 'cooldown', cooldown)));
END $$;
COMMENT ON FUNCTION lealup.update_playbook(uuid, uuid, text, text[], jsonb, jsonb, interval) IS
    'Changes a playbook; null leaves a value. Runs that have begun keep the steps they began with. Needs the right to configure.';

CREATE FUNCTION lealup._set_playbook(tenant_id uuid, playbook_id uuid, enabled boolean, action text) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    p lealup.playbook := lealup._lock_playbook(_set_playbook.tenant_id, _set_playbook.playbook_id);
BEGIN
    UPDATE lealup.playbook x SET enabled = _set_playbook.enabled, updated_at = now() WHERE x.tenant_id = p.tenant_id AND x.id = p.id;
    PERFORM lealup._audit(p.tenant_id, _set_playbook.action, 'playbook', p.id);
END $$;
COMMENT ON FUNCTION lealup._set_playbook(uuid, uuid, boolean, text) IS 'Enables or disables a playbook and writes the audit row.';

CREATE FUNCTION lealup.enable_playbook(tenant_id uuid, playbook_id uuid) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    RETURN lealup._set_playbook(tenant_id, playbook_id, true, 'playbook.enable');
COMMENT ON FUNCTION lealup.enable_playbook(uuid, uuid) IS 'Lets events trigger a playbook again. Needs the right to configure.';

CREATE FUNCTION lealup.disable_playbook(tenant_id uuid, playbook_id uuid) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    RETURN lealup._set_playbook(tenant_id, playbook_id, false, 'playbook.disable');
COMMENT ON FUNCTION lealup.disable_playbook(uuid, uuid) IS 'Keeps events from triggering a playbook; runs that have begun go on. Needs the right to configure.';

CREATE FUNCTION lealup.delete_playbook(tenant_id uuid, playbook_id uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    p lealup.playbook := lealup._lock_playbook(delete_playbook.tenant_id, delete_playbook.playbook_id);
BEGIN
    UPDATE lealup.playbook x SET enabled = false, deleted_at = now() WHERE x.tenant_id = p.tenant_id AND x.id = p.id;
    DELETE FROM lealup.playbook_job j WHERE j.tenant_id = p.tenant_id AND j.playbook_id = p.id;
    UPDATE lealup.playbook_run r SET status = 'cancelled', reason = 'the playbook was deleted', finished_at = now()
    WHERE r.tenant_id = p.tenant_id AND r.playbook_id = p.id AND r.status = 'running';
    PERFORM lealup._audit(p.tenant_id, 'playbook.delete', 'playbook', p.id);
END $$;
COMMENT ON FUNCTION lealup.delete_playbook(uuid, uuid) IS
    'Deletes a playbook softly: nothing triggers it any more, and runs that are still running are cancelled; what its runs made stays. Needs the right to configure.';

-- ----- Runs -----

CREATE FUNCTION lealup._fill(template text, fields jsonb) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    parts text[] := string_to_array(template, '{{');
    filled text := coalesce(parts[1], '');
    found text[];
BEGIN
    -- What is filled in is never looked at again, so that nobody's data is a template.
    FOR n IN 2 .. coalesce(cardinality(parts), 0) LOOP
        found := regexp_match(parts[n], '^\s*([\w.-]+)\s*\}\}(.*)$');
        filled := filled || CASE WHEN found IS NULL THEN '{{' || parts[n]
                                 ELSE left(coalesce(fields #>> string_to_array(found[1], '.'), ''), 2000) || found[2] END;
        EXIT WHEN length(filled) > 100000;
    END LOOP;
    RETURN left(filled, 100000);
END $$;
COMMENT ON FUNCTION lealup._fill(text, jsonb) IS
    'A template with {{name}} and {{name.name}} replaced by the fields'' values, each cut to 2,000 characters; empty for what is not there. At most 100,000 characters.';

CREATE FUNCTION lealup._fill_step(step jsonb, fields jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF step::text !~ '\{\{' THEN
        RETURN step;
    END IF;
    RETURN (
        SELECT jsonb_object_agg(s.key, CASE jsonb_typeof(s.value)
            WHEN 'string' THEN to_jsonb(lealup._fill(s.value #>> '{}', fields))
            WHEN 'object' THEN CASE WHEN step ->> 'type' = 'action' THEN lealup._fill_all(s.value, fields) ELSE (
                SELECT coalesce(jsonb_object_agg(d.key, CASE jsonb_typeof(d.value) WHEN 'string' THEN to_jsonb(lealup._fill(d.value #>> '{}', fields)) ELSE d.value END), '{}')
                FROM jsonb_each(s.value) d) END
            ELSE s.value END)
        FROM jsonb_each(step) s);
END $$;
COMMENT ON FUNCTION lealup._fill_step(jsonb, jsonb) IS 'A step with its texts filled in, and those that its data directly has; of an action''s input all.';

CREATE FUNCTION lealup._depth(e lealup.event, data jsonb) RETURNS int
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    depth int := CASE WHEN jsonb_typeof(e.context -> 'playbook_depth') = 'number' THEN least((e.context ->> 'playbook_depth')::numeric, 999) END;
BEGIN
    -- Here no transaction leads from cause to effect, only the clock.
    IF e.event_type = 'task.overdue' AND data ->> 'task_id' ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN
        depth := greatest(depth, (
            SELECT r.depth + 1
            FROM lealup.task t JOIN lealup.playbook_run r ON r.tenant_id = t.tenant_id AND r.id = t.playbook_run_id
            WHERE t.tenant_id = e.tenant_id AND t.id = (data ->> 'task_id')::uuid));
    END IF;
    RETURN greatest(depth, 0);
END $$;
COMMENT ON FUNCTION lealup._depth(lealup.event, jsonb) IS
    'How many playbooks caused one another up to an event, whose data is given once more as jsonb: by its context, or by the run whose task is overdue.';

CREATE FUNCTION lealup._skip_reason(p lealup.playbook, customer_id uuid, depth int, now timestamptz) RETURNS text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    open_run uuid;
    last_start timestamptz;
BEGIN
    IF NOT p.enabled THEN
        RETURN 'the playbook was disabled';
    END IF;
    IF depth > 5 THEN
        RETURN 'more than 5 playbooks caused one another';
    END IF;
    -- A failed or completed run is open as long as somebody still works on what it made.
    SELECT r.id INTO open_run FROM lealup.playbook_run r
    WHERE r.tenant_id = p.tenant_id AND r.playbook_id = p.id AND r.customer_id = _skip_reason.customer_id AND r.status IN ('running', 'completed', 'failed')
      AND (r.status = 'running' OR EXISTS (
          SELECT FROM lealup.task t WHERE t.tenant_id = r.tenant_id AND t.playbook_run_id = r.id AND t.status IN ('open', 'in_progress')))
    LIMIT 1;
    IF FOUND THEN
        RETURN format('open: run %s of the same customer is not finished, or tasks of it are open', open_run);
    END IF;
    SELECT max(r.started_at) INTO last_start FROM lealup.playbook_run r
    WHERE r.tenant_id = p.tenant_id AND r.playbook_id = p.id AND r.customer_id = _skip_reason.customer_id AND r.status IN ('running', 'completed', 'failed');
    IF last_start + p.cooldown > now THEN
        RETURN format('cooldown: the last run of the same customer began at %s', to_char(last_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'));
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION lealup._skip_reason(lealup.playbook, uuid, int, timestamptz) IS 'Why a playbook may not begin a run for a customer now; null if it may.';

CREATE FUNCTION lealup._begin_run(j lealup.playbook_job, p lealup.playbook, now timestamptz) RETURNS lealup.playbook_run
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    e lealup.event;
    c lealup.customer;
    m lealup.member;
    r lealup.playbook_run;
    data jsonb;
    name text;
    about jsonb;
BEGIN
    SELECT * INTO e FROM lealup.event x WHERE x.tenant_id = j.tenant_id AND x.id = j.event_id;
    data := coalesce(lealup._as_jsonb(e.data), '{}');
    IF e.event_type = 'playbook.triggered' AND data ->> 'playbook_id' = p.id::text THEN
        RETURN NULL;
    END IF;
    r.tenant_id := j.tenant_id; r.id := j.id; r.playbook_id := p.id; r.event_id := j.event_id; r.event_type := e.event_type;
    r.customer_id := e.customer_id; r.started_at := now; r.status := 'running';
    r.depth := lealup._depth(e, data);
    r.reason := CASE WHEN e.id IS NULL THEN 'the event is no longer in the log' ELSE lealup._skip_reason(p, r.customer_id, r.depth, now) END;
    IF r.reason IS NOT NULL THEN
        r.status := 'skipped'; r.finished_at := now;
    END IF;
    INSERT INTO lealup.playbook_run VALUES (r.*);
    IF r.status = 'skipped' THEN
        RETURN r;
    END IF;

    SELECT * INTO c FROM lealup.customer x WHERE x.tenant_id = r.tenant_id AND x.id = r.customer_id;
    SELECT * INTO m FROM lealup.member x WHERE x.tenant_id = r.tenant_id AND x.id = c.owner_id;
    name := coalesce(c.name, data ->> 'customer_name');
    INSERT INTO lealup.playbook_step_run (tenant_id, run_id, step_no, step)
    SELECT r.tenant_id, r.id, s.n, lealup._fill_step(s.step, jsonb_build_object('customer_name', name, 'customer_id', r.customer_id, 'owner_name', m.name,
        'owner_email', m.email, 'event_type', e.event_type, 'playbook_name', p.name, 'owner_id', m.id, 'data', data))
    FROM jsonb_array_elements(p.steps) WITH ORDINALITY s(step, n);

    about := CASE WHEN c.id IS NOT NULL THEN lealup._customer_context(c) ELSE jsonb_strip_nulls(jsonb_build_object('customer_id', r.customer_id)) END;
    PERFORM set_config('lealup.playbook_depth', (r.depth + 1)::text, true);
    PERFORM lealup._emit_all(ARRAY[ROW(r.tenant_id, 'playbook.triggered', r.customer_id,
        CASE WHEN r.customer_id IS NULL THEN lealup._json_object('playbook_id', p.id, 'playbook_name', p.name, 'run_id', r.id)
             ELSE lealup._json_object('customer_id', r.customer_id, 'customer_name', name, 'playbook_id', p.id, 'playbook_name', p.name, 'run_id', r.id,
                 'owner_id', c.owner_id, 'owner_email', m.email) END, about)::lealup._emission]);
    RETURN r;
END $$;
COMMENT ON FUNCTION lealup._begin_run(lealup.playbook_job, lealup.playbook, timestamptz) IS
    'Makes a job''s run, skipped or with its steps and playbook.triggered, and gives it; null for a playbook''s own playbook.triggered, of which nothing comes.';

CREATE FUNCTION lealup._take_step(r lealup.playbook_run, step jsonb, step_no int, now timestamptz) RETURNS uuid
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    result uuid := lealup.uuid7();
    c lealup.customer;
    contact_id uuid;
    recipient text;
    due_at timestamptz := now + (step ->> 'due')::interval;
BEGIN
    SELECT * INTO c FROM lealup.customer x WHERE x.tenant_id = r.tenant_id AND x.id = r.customer_id;
    CASE step ->> 'type'
    WHEN 'create_task' THEN
        INSERT INTO lealup.task (tenant_id, id, customer_id, assignee_id, title, description, priority, due_at, source, playbook_run_id)
        VALUES (r.tenant_id, result, c.id, CASE WHEN coalesce(step ->> 'assignee', 'owner') = 'owner' THEN c.owner_id ELSE (step ->> 'assignee')::uuid END,
            coalesce(nullif(left(btrim(step ->> 'title'), 1000), ''), r.event_type), nullif(step ->> 'description', ''), coalesce(step ->> 'priority', 'normal'),
            due_at, 'playbook', r.id);
    WHEN 'note' THEN
        INSERT INTO lealup.timeline_event (tenant_id, id, customer_id, kind, title, body, occurred_at, source, external_id)
        VALUES (r.tenant_id, result, c.id, 'note', left(step ->> 'title', 1000), step ->> 'body', now, 'playbook', format('%s/%s', r.id, step_no));
    WHEN 'emit' THEN
        IF octet_length(step ->> 'data') > pg_size_bytes(current_setting('lealup.max_event_size')) THEN
            RAISE EXCEPTION 'data is larger than lealup.max_event_size' USING ERRCODE = 'program_limit_exceeded';
        END IF;
        PERFORM lealup._emit_all(ARRAY[ROW(r.tenant_id, step ->> 'event', r.customer_id, coalesce(step -> 'data', '{}')::json,
            CASE WHEN c.id IS NOT NULL THEN lealup._customer_context(c) ELSE jsonb_strip_nulls(jsonb_build_object('customer_id', r.customer_id)) END)::lealup._emission]);
        result := NULL;
    WHEN 'draft' THEN
        recipient := nullif(step ->> 'to', 'contact');
        IF recipient IS NULL THEN
            SELECT x.id, a.address INTO contact_id, recipient
            FROM lealup.contact x CROSS JOIN LATERAL (SELECT CASE step ->> 'channel' WHEN 'email' THEN x.email ELSE x.phone END AS address) a
            WHERE x.tenant_id = r.tenant_id AND x.customer_id = c.id AND x.deleted_at IS NULL
            ORDER BY a.address IS NULL, x.id LIMIT 1;
        END IF;
        INSERT INTO lealup.draft (tenant_id, id, customer_id, contact_id, channel, recipient, subject, body, playbook_run_id)
        VALUES (r.tenant_id, result, c.id, contact_id, left(step ->> 'channel', 100), nullif(left(recipient, 1000), ''), left(step ->> 'subject', 1000), step ->> 'body', r.id);
    WHEN 'notify' THEN
        INSERT INTO lealup.notification (tenant_id, id, customer_id, channel, text, playbook_run_id)
        VALUES (r.tenant_id, result, c.id, left(step ->> 'channel', 100), step ->> 'text', r.id);
    WHEN 'action' THEN
        result := lealup._playbook_action(r, step, step_no, c.id);
    END CASE;
    RETURN result;
END $$;
COMMENT ON FUNCTION lealup._take_step(lealup.playbook_run, jsonb, int, timestamptz) IS
    'Does what a step says, which must not be a wait; gives the id of what it made, null for an event. Raises whatever goes wrong.';

CREATE FUNCTION lealup._run_playbook(j lealup.playbook_job, p lealup.playbook, now timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET lealup.playbook_depth = 0 AS $$
#variable_conflict use_variable
DECLARE
    schedule constant interval[] := lealup._default_retry_schedule();
    r lealup.playbook_run;
    s lealup.playbook_step_run;
    result uuid;
    problem text;
    next_at timestamptz;
BEGIN
    SELECT * INTO r FROM lealup.playbook_run x WHERE x.tenant_id = j.tenant_id AND x.id = j.id;
    IF NOT FOUND THEN
        r := lealup._begin_run(j, p, now);
    END IF;
    -- What the steps cause tells how deep it is, so that playbooks that cause one another come to an end.
    PERFORM set_config('lealup.playbook_depth', (r.depth + 1)::text, true) WHERE r.id IS NOT NULL;
    FOR s IN
        SELECT * FROM lealup.playbook_step_run x WHERE x.tenant_id = r.tenant_id AND x.run_id = r.id AND x.status <> 'done' AND r.status = 'running' ORDER BY x.step_no
    LOOP
        IF s.step ->> 'type' = 'wait' THEN
            next_at := now + (s.step ->> 'for')::interval;
            UPDATE lealup.playbook_step_run x SET status = 'done', attempts = s.attempts + 1, finished_at = now
            WHERE x.tenant_id = s.tenant_id AND x.run_id = s.run_id AND x.step_no = s.step_no;
            UPDATE lealup.playbook_job x SET due_at = next_at, attempt_no = 1, error = NULL WHERE x.tenant_id = j.tenant_id AND x.id = j.id;
            RETURN;
        END IF;
        BEGIN
            result := lealup._take_step(r, s.step, s.step_no, now);
            UPDATE lealup.playbook_step_run x SET status = 'done', attempts = s.attempts + 1, error = NULL, result_id = result, finished_at = now
            WHERE x.tenant_id = s.tenant_id AND x.run_id = s.run_id AND x.step_no = s.step_no;
            j.attempt_no := 1;
        EXCEPTION WHEN OTHERS THEN
            problem := left(SQLERRM, 2000);
            UPDATE lealup.playbook_step_run x SET status = 'failed', attempts = s.attempts + 1, error = problem
            WHERE x.tenant_id = s.tenant_id AND x.run_id = s.run_id AND x.step_no = s.step_no;
            IF j.attempt_no < cardinality(schedule) THEN
                next_at := now + schedule[j.attempt_no + 1];
                UPDATE lealup.playbook_job x SET due_at = next_at, attempt_no = j.attempt_no + 1::smallint WHERE x.tenant_id = j.tenant_id AND x.id = j.id;
                RETURN;
            END IF;
            r.status := 'failed';
            r.reason := format('step %s: %s', s.step_no, problem);
        END;
        EXIT WHEN r.status = 'failed';
    END LOOP;
    IF r.status IN ('running', 'failed') THEN
        r.status := CASE r.status WHEN 'running' THEN 'completed' ELSE r.status END;
        UPDATE lealup.playbook_run x SET status = r.status, reason = r.reason, finished_at = now WHERE x.tenant_id = r.tenant_id AND x.id = r.id;
    END IF;
    DELETE FROM lealup.playbook_job x WHERE x.tenant_id = j.tenant_id AND x.id = j.id;
END $$;
COMMENT ON FUNCTION lealup._run_playbook(lealup.playbook_job, lealup.playbook, timestamptz) IS
    'Begins a job''s run or goes on with it, up to its end, a wait, or a step that fails; that one is tried again like a delivery, 7 times in all, and then the run has failed.';

CREATE FUNCTION lealup._playbook_tenants() RETURNS SETOF uuid
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- A loose index scan: one probe per tenant that has jobs, however many they are.
    RETURN QUERY
    WITH RECURSIVE w AS (
        (SELECT j.tenant_id FROM lealup.playbook_job j ORDER BY j.tenant_id LIMIT 1)
        UNION ALL
        SELECT n.tenant_id FROM w CROSS JOIN LATERAL (
            SELECT j.tenant_id FROM lealup.playbook_job j WHERE j.tenant_id > w.tenant_id ORDER BY j.tenant_id LIMIT 1) n
    )
    SELECT w.tenant_id FROM w CROSS JOIN LATERAL (SELECT t.home FROM lealup.tenant t WHERE t.tenant_id = w.tenant_id OFFSET 0) t
    WHERE t.home = lealup.home();
END $$;
COMMENT ON FUNCTION lealup._playbook_tenants() IS 'The tenants at home in this database that have jobs of playbooks.';

CREATE FUNCTION lealup._playbooks_next() RETURNS timestamptz
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (
        SELECT min(n.due_at) FROM lealup._playbook_tenants() t
        CROSS JOIN LATERAL (SELECT j.due_at FROM lealup.playbook_job j WHERE j.tenant_id = t ORDER BY j.due_at LIMIT 1) n);
END $$;
COMMENT ON FUNCTION lealup._playbooks_next() IS
    'When the next step of a run is due, at a tenant at home in this database; null if none is. A time in the past is that of a job that nobody has done yet, or that is locked.';

CREATE FUNCTION lealup._playbooks_due(now timestamptz, max_rows int) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    schedule constant interval[] := lealup._default_retry_schedule();
    tenants uuid[];
    share int;
    candidate record;
    j lealup.playbook_job;
    p lealup.playbook;
    problem text;
    next_at timestamptz;
    before bigint;
    done bigint := 0;
BEGIN
    -- Each tenant has its share, so that a bulk change of one does not hold up the others. What some leave of theirs is shared again.
    LOOP
        before := done;
        tenants := ARRAY(
            SELECT t.id FROM lealup._playbook_tenants() t(id)
            CROSS JOIN LATERAL (SELECT FROM lealup.playbook_job x WHERE x.tenant_id = t.id AND x.due_at <= now ORDER BY x.due_at, x.id LIMIT 1) x);
        EXIT WHEN done >= max_rows OR cardinality(tenants) = 0;
        share := greatest(1, (max_rows - done) / cardinality(tenants));
        FOR candidate IN
            SELECT q.tenant_id, q.id FROM unnest(tenants) t(id) CROSS JOIN LATERAL (
                SELECT x.tenant_id, x.id, x.due_at FROM lealup.playbook_job x WHERE x.tenant_id = t.id AND x.due_at <= now ORDER BY x.due_at, x.id LIMIT share) q
            ORDER BY q.due_at, q.id LIMIT max_rows - done
        LOOP
            SELECT * INTO j FROM lealup.playbook_job x WHERE x.tenant_id = candidate.tenant_id AND x.id = candidate.id AND x.due_at <= now FOR UPDATE SKIP LOCKED;
            CONTINUE WHEN NOT FOUND;
            -- One at a time runs a playbook, so that what it asks about other runs stays true; nor is it changed meanwhile.
            SELECT * INTO p FROM lealup.playbook x WHERE x.tenant_id = j.tenant_id AND x.id = j.playbook_id FOR NO KEY UPDATE SKIP LOCKED;
            CONTINUE WHEN NOT FOUND;
            BEGIN
                PERFORM lealup._run_playbook(j, p, now);
            EXCEPTION WHEN OTHERS THEN
                -- It is no step's fault. The others go on, and this one is tried again as a step is.
                problem := left(SQLERRM, 2000);
                IF j.attempt_no < cardinality(schedule) THEN
                    next_at := now + schedule[j.attempt_no + 1];
                    UPDATE lealup.playbook_job x SET error = problem, due_at = next_at, attempt_no = j.attempt_no + 1::smallint
                    WHERE x.tenant_id = j.tenant_id AND x.id = j.id;
                ELSE
                    INSERT INTO lealup.playbook_run (tenant_id, id, playbook_id, event_id, status, reason, depth, started_at, finished_at)
                    VALUES (j.tenant_id, j.id, j.playbook_id, j.event_id, 'failed', problem, 0, now, now)
                    ON CONFLICT ON CONSTRAINT playbook_run_pkey DO UPDATE SET status = excluded.status, reason = excluded.reason, finished_at = excluded.finished_at;
                    DELETE FROM lealup.playbook_job x WHERE x.tenant_id = j.tenant_id AND x.id = j.id;
                END IF;
            END;
            done := done + 1;
        END LOOP;
        EXIT WHEN done = before;
    END LOOP;
    RETURN done;
END $$;
COMMENT ON FUNCTION lealup._playbooks_due(timestamptz, int) IS
    'Works off up to max_rows jobs that are due at a time, of all tenants in turn; gives how many, fewer than max_rows if no other was left. Those that are locked, or whose playbook is, wait.';

CREATE FUNCTION lealup._forget_skipped_runs(max_rows int, now timestamptz) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    forgotten bigint;
BEGIN
    DELETE FROM lealup.playbook_run r
    USING (SELECT o.tenant_id, o.id
           FROM lealup.tenant t
           CROSS JOIN LATERAL (SELECT x.tenant_id, x.id FROM lealup.playbook_run x
                               WHERE x.tenant_id = t.tenant_id AND x.status = 'skipped' AND x.finished_at < now - lealup._retention(lealup._retention_class(t.plan))) o
           WHERE t.home = lealup.home() LIMIT max_rows) old
    WHERE r.tenant_id = old.tenant_id AND r.id = old.id;
    GET DIAGNOSTICS forgotten = ROW_COUNT;
    RETURN forgotten;
END $$;
COMMENT ON FUNCTION lealup._forget_skipped_runs(int, timestamptz) IS 'Deletes up to max_rows skipped runs that are older than the tenant''s log; gives how many. Runs that began stay.';

CREATE FUNCTION lealup._lock_run(tenant_id uuid, run_id uuid) RETURNS lealup.playbook_run
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r lealup.playbook_run;
BEGIN
    PERFORM lealup._require('edit', _lock_run.tenant_id);
    -- The job first, as the worker does.
    PERFORM FROM lealup.playbook_job j WHERE j.tenant_id = _lock_run.tenant_id AND j.id = _lock_run.run_id FOR UPDATE;
    SELECT * INTO r FROM lealup.playbook_run x WHERE x.tenant_id = _lock_run.tenant_id AND x.id = _lock_run.run_id FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'playbook run % does not exist', coalesce(_lock_run.run_id::text, 'null') USING ERRCODE = 'no_data_found';
    END IF;
    RETURN r;
END $$;
COMMENT ON FUNCTION lealup._lock_run(uuid, uuid) IS
    'Gives a run, locked with its job until the transaction ends; raises no_data_found, or insufficient_privilege without the right to edit.';

CREATE FUNCTION lealup.retry_playbook_run(tenant_id uuid, run_id uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    r lealup.playbook_run := lealup._lock_run(tenant_id, run_id);
    at constant timestamptz := clock_timestamp();
BEGIN
    IF r.status <> 'failed' AND NOT (r.status = 'running' AND EXISTS (
        SELECT FROM lealup.playbook_step_run s WHERE s.tenant_id = r.tenant_id AND s.run_id = r.id AND s.status = 'failed')) THEN
        RAISE EXCEPTION 'playbook run % has no failed step', r.id
            USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = format('Its status is %s.', r.status);
    END IF;
    IF r.status = 'failed' AND EXISTS (SELECT FROM lealup.playbook p WHERE p.tenant_id = r.tenant_id AND p.id = r.playbook_id AND p.deleted_at IS NOT NULL) THEN
        RAISE EXCEPTION 'the playbook of run % was deleted', r.id USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    UPDATE lealup.playbook_run x SET status = 'running', reason = NULL, finished_at = NULL WHERE x.tenant_id = r.tenant_id AND x.id = r.id;
    -- One that could not even begin has no steps, and begins anew.
    DELETE FROM lealup.playbook_run x WHERE x.tenant_id = r.tenant_id AND x.id = r.id
        AND NOT EXISTS (SELECT FROM lealup.playbook_step_run s WHERE s.tenant_id = x.tenant_id AND s.run_id = x.id);
    INSERT INTO lealup.playbook_job (tenant_id, id, playbook_id, event_id, due_at) VALUES (r.tenant_id, r.id, r.playbook_id, r.event_id, at)
    ON CONFLICT ON CONSTRAINT playbook_job_pkey DO UPDATE SET due_at = excluded.due_at, attempt_no = 1;
    PERFORM lealup._audit(r.tenant_id, 'playbook_run.retry', 'playbook_run', r.id);
    PERFORM lealup._wake('upkeep');
END $$;
COMMENT ON FUNCTION lealup.retry_playbook_run(uuid, uuid) IS
    'Goes on with a run at its failed step, at once: one that failed for good, or one that would be tried again later. Steps that are done are not repeated. Needs the right to edit.';

CREATE FUNCTION lealup.cancel_playbook_run(tenant_id uuid, run_id uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    r lealup.playbook_run := lealup._lock_run(tenant_id, run_id);
BEGIN
    IF r.status NOT IN ('running', 'completed', 'failed') THEN
        RAISE EXCEPTION 'playbook run % cannot be cancelled', r.id
            USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = format('Its status is %s.', r.status);
    END IF;
    UPDATE lealup.playbook_run x SET status = 'cancelled', reason = 'cancelled by hand', finished_at = coalesce(r.finished_at, now())
    WHERE x.tenant_id = r.tenant_id AND x.id = r.id;
    DELETE FROM lealup.playbook_job j WHERE j.tenant_id = r.tenant_id AND j.id = r.id;
    PERFORM lealup._audit(r.tenant_id, 'playbook_run.cancel', 'playbook_run', r.id);
END $$;
COMMENT ON FUNCTION lealup.cancel_playbook_run(uuid, uuid) IS
    'Ends a run: steps that are left are not taken, and it no longer keeps the playbook from running for the customer again. What it made stays, its tasks too. Needs the right to edit.';
