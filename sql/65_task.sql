-- Tasks of the team.

CREATE TABLE lealup.task (
    tenant_id uuid NOT NULL REFERENCES lealup.tenant,
    id uuid NOT NULL DEFAULT lealup.uuid7(),
    customer_id uuid,
    assignee_id uuid,
    title text NOT NULL CHECK (length(title) BETWEEN 1 AND 1000),
    description text CHECK (length(description) <= 100000),
    status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'in_progress', 'completed', 'cancelled')),
    priority text NOT NULL DEFAULT 'normal' CHECK (priority IN ('low', 'normal', 'high', 'urgent')),
    due_at timestamptz,
    source text NOT NULL DEFAULT 'manual' CHECK (source IN ('manual', 'playbook', 'provider')),
    playbook_run_id uuid,
    external_id text CHECK (length(external_id) BETWEEN 1 AND 1000),
    completed_at timestamptz,
    overdue_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (tenant_id, external_id),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES lealup.customer,
    FOREIGN KEY (tenant_id, assignee_id) REFERENCES lealup.member
);
CREATE INDEX ON lealup.task (tenant_id, customer_id);
ALTER TABLE lealup.task ADD PRIMARY KEY (tenant_id, id);
CREATE INDEX ON lealup.task (tenant_id, assignee_id) WHERE status IN ('open', 'in_progress');
CREATE INDEX ON lealup.task (tenant_id, due_at) WHERE status IN ('open', 'in_progress') AND overdue_at IS NULL;
COMMENT ON TABLE lealup.task IS 'Something that a member is to do, mostly for a customer.';
COMMENT ON COLUMN lealup.task.completed_at IS 'Null = it is not completed.';
COMMENT ON COLUMN lealup.task.overdue_at IS 'When task.overdue was emitted for the present due date; null = not yet.';

-- ----- Events -----

CREATE FUNCTION lealup._task_emissions(event_type text, tenant_ids uuid[], task_ids uuid[]) RETURNS lealup._emission[]
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    -- Most tasks are for a customer; those that are not have no such part.
    SELECT array_agg(ROW(t.tenant_id, _task_emissions.event_type, t.customer_id,
        CASE WHEN c.id IS NOT NULL THEN
            lealup._json_object('customer_id', c.id, 'customer_name', c.name, 'task_id', t.id, 'title', t.title, 'assignee_id', t.assignee_id,
                'priority', t.priority, 'due_at', t.due_at, 'source', t.source, 'completed_at', t.completed_at, 'owner_id', c.owner_id, 'owner_email', m.email)
        ELSE
            lealup._json_object('task_id', t.id, 'title', t.title, 'assignee_id', t.assignee_id,
                'priority', t.priority, 'due_at', t.due_at, 'source', t.source, 'completed_at', t.completed_at)
        END, CASE WHEN c.id IS NOT NULL THEN lealup._customer_context(c) END)::lealup._emission)
    FROM unnest(_task_emissions.tenant_ids, _task_emissions.task_ids) x(tenant_id, id)
    JOIN lealup.task t ON t.tenant_id = x.tenant_id AND t.id = x.id
    LEFT JOIN lealup.customer c ON c.tenant_id = t.tenant_id AND c.id = t.customer_id
    LEFT JOIN lealup.member m ON m.tenant_id = c.tenant_id AND m.id = c.owner_id
    WHERE NOT lealup._suppressed() AND c.deleted_at IS NULL;
END;
COMMENT ON FUNCTION lealup._task_emissions(text, uuid[], uuid[]) IS
    'The events of a type (task.created, task.completed, task.overdue) about tasks as they are now, but none about those of customers that were removed; null if there are none.';

CREATE FUNCTION lealup._task_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan SET enable_nestloop = on AS $$
DECLARE
    moment timestamptz := now();
    tenants uuid[];
    tasks uuid[];
    completed boolean[];
    anew boolean[];
    soon boolean;
BEGIN
    -- The clock looks every hour: only what is due before has to wake it.
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(n.tenant_id), array_agg(n.id), array_agg(n.status = 'completed'), array_agg(false),
               bool_or(n.status IN ('open', 'in_progress') AND n.due_at < moment + interval '1 hour')
        INTO tenants, tasks, completed, anew, soon
        FROM new_rows n;
    ELSE
        -- A full join is never a nested loop, not even in a plan that was made for one row and is kept for fifty thousand.
        SELECT array_agg(n.tenant_id), array_agg(n.id), array_agg(n.status = 'completed' AND o.status <> 'completed'),
               array_agg(o.due_at IS DISTINCT FROM n.due_at OR o.status IN ('completed', 'cancelled') AND n.status IN ('open', 'in_progress')),
               bool_or(n.status IN ('open', 'in_progress') AND n.due_at < moment + interval '1 hour')
        INTO tenants, tasks, completed, anew, soon
        FROM old_rows o FULL JOIN new_rows n ON n.tenant_id = o.tenant_id AND n.id = o.id
        WHERE (o.status, o.due_at) IS DISTINCT FROM (n.status, n.due_at);
    END IF;
    -- Here ends what the change below comes back with.
    IF tenants IS NULL THEN
        RETURN NULL;
    END IF;
    -- A plan that is kept from single rows may look for each by another index than its own.
    IF cardinality(tenants) > 20 THEN
        PERFORM set_config('plan_cache_mode', 'force_custom_plan', true);
    END IF;
    -- Before a table is analyzed so may a new plan; then it would be quadratic.
    IF cardinality(tenants) > 1000 THEN
        PERFORM set_config('enable_nestloop', 'off', true);
    END IF;
    UPDATE lealup.task t
    SET completed_at = CASE WHEN t.status = 'completed' THEN coalesce(t.completed_at, moment) END,
        overdue_at = CASE WHEN NOT x.anew THEN t.overdue_at END
    FROM unnest(tenants, tasks, anew) x(tenant_id, id, anew)
    WHERE t.tenant_id = x.tenant_id AND t.id = x.id
      AND ((t.status = 'completed') <> (t.completed_at IS NOT NULL) OR x.anew AND t.overdue_at IS NOT NULL);
    IF TG_OP = 'INSERT' THEN
        PERFORM lealup._emit_all(lealup._task_emissions('task.created', tenants, tasks));
    END IF;
    PERFORM lealup._emit_all(lealup._task_emissions('task.completed', array_agg(x.tenant_id), array_agg(x.id)))
    FROM unnest(tenants, tasks, completed) x(tenant_id, id, completed) WHERE x.completed;
    IF soon THEN
        PERFORM lealup._wake('upkeep');
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION lealup._task_changed() IS
    'Trigger: task.created, and task.completed when the status becomes that; completed_at is put right; another due date, or a reopened task, may become overdue again.';

CREATE TRIGGER task_inserted AFTER INSERT ON lealup.task REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION lealup._task_changed();
CREATE TRIGGER task_updated AFTER UPDATE ON lealup.task REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION lealup._task_changed();

-- A worker lives long: a plan that was made while there was little is not kept.
CREATE FUNCTION lealup._tasks_due(now timestamptz, max_rows int) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    tenants uuid[];
    tasks uuid[];
BEGIN
    IF lealup._suppressed() THEN
        RETURN 0;
    END IF;
    -- What is locked is being changed: a later run sees what came of it.
    WITH due AS MATERIALIZED (
        SELECT k.tenant_id, k.id
        FROM lealup.tenant t
        JOIN lealup.task k ON k.tenant_id = t.tenant_id AND k.status IN ('open', 'in_progress') AND k.overdue_at IS NULL AND k.due_at < _tasks_due.now
        WHERE t.home = lealup.home()
        LIMIT _tasks_due.max_rows FOR NO KEY UPDATE OF k SKIP LOCKED
    ), marked AS (
        UPDATE lealup.task k SET overdue_at = _tasks_due.now
        FROM due x WHERE k.tenant_id = x.tenant_id AND k.id = x.id
        RETURNING k.tenant_id, k.id
    )
    SELECT array_agg(m.tenant_id), array_agg(m.id) INTO tenants, tasks FROM marked m;
    PERFORM lealup._emit_all(lealup._task_emissions('task.overdue', tenants, tasks));
    RETURN coalesce(cardinality(tasks), 0);
END $$;
COMMENT ON FUNCTION lealup._tasks_due(timestamptz, int) IS
    'Emits task.overdue for at most max_rows tasks that are to be done and past their due date, once per due date, and gives how many.';

CREATE FUNCTION lealup._tasks_next() RETURNS timestamptz
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT min(x.due_at) + interval '1 microsecond'
    FROM lealup.tenant t
    CROSS JOIN LATERAL (
        SELECT k.due_at FROM lealup.task k
        WHERE k.tenant_id = t.tenant_id AND k.status IN ('open', 'in_progress') AND k.overdue_at IS NULL AND k.due_at < now() + interval '1 day'
        ORDER BY k.due_at LIMIT 1) x
    WHERE t.home = lealup.home();
END;
COMMENT ON FUNCTION lealup._tasks_next() IS 'When _tasks_due() next has something to do: a moment after the earliest due date; null = not within a day, as things are.';

-- ----- What members do with them -----

CREATE FUNCTION lealup._set_task_status(tenant_id uuid, task_id uuid, status text, unless text[], action text) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lealup._require('edit', _set_task_status.tenant_id);
    UPDATE lealup.task t SET status = _set_task_status.status
    WHERE t.tenant_id = _set_task_status.tenant_id AND t.id = _set_task_status.task_id AND t.status <> ALL (_set_task_status.unless);
    IF FOUND THEN
        PERFORM lealup._audit(_set_task_status.tenant_id, _set_task_status.action, 'task', _set_task_status.task_id);
    ELSIF NOT EXISTS (SELECT FROM lealup.task t WHERE t.tenant_id = _set_task_status.tenant_id AND t.id = _set_task_status.task_id) THEN
        RAISE EXCEPTION 'task % does not exist', coalesce(_set_task_status.task_id::text, 'null') USING ERRCODE = 'no_data_found';
    END IF;
END $$;
COMMENT ON FUNCTION lealup._set_task_status(uuid, uuid, text, text[], text) IS
    'Sets a task''s status and audits the action, unless it has one of some statuses already. Raises no_data_found if there is none.';

CREATE FUNCTION lealup.complete_task(tenant_id uuid, task_id uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lealup._set_task_status(complete_task.tenant_id, complete_task.task_id, 'completed', ARRAY['completed'], 'task.complete');
END $$;
COMMENT ON FUNCTION lealup.complete_task(uuid, uuid) IS
    'Completes a task and emits task.completed; does nothing if it is completed. Raises no_data_found if there is none.';

CREATE FUNCTION lealup.reopen_task(tenant_id uuid, task_id uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lealup._set_task_status(reopen_task.tenant_id, reopen_task.task_id, 'open', ARRAY['open', 'in_progress'], 'task.reopen');
END $$;
COMMENT ON FUNCTION lealup.reopen_task(uuid, uuid) IS
    'Opens a completed or cancelled task again, which may then be completed, and become overdue, again; does nothing if it is open. Raises no_data_found if there is none.';
