-- Renewals: when a contract ends, what is known of its renewal, and how it ended.

CREATE TABLE lealup.renewal (
    tenant_id uuid NOT NULL REFERENCES lealup.tenant,
    id uuid NOT NULL DEFAULT lealup.uuid7(),
    customer_id uuid NOT NULL,
    renewal_date date NOT NULL CHECK (isfinite(renewal_date)),
    amount numeric(16, 2) CHECK (amount >= 0 AND amount <> 'NaN'),
    currency text NOT NULL DEFAULT 'USD' CHECK (currency ~ '^[A-Z]{3}$'),
    status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'completed', 'churned', 'cancelled')),
    reason text CHECK (length(reason) <= 2000),
    notified_days int,
    closed_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES lealup.customer
);
CREATE INDEX ON lealup.renewal (tenant_id, customer_id);
ALTER TABLE lealup.renewal ADD PRIMARY KEY (tenant_id, id);
CREATE UNIQUE INDEX renewal_open ON lealup.renewal (tenant_id, customer_id) WHERE status = 'open';
CREATE INDEX ON lealup.renewal (tenant_id, renewal_date) WHERE status = 'open';
-- What is still to be noticed: after the last notice, by date.
CREATE INDEX renewal_notice ON lealup.renewal (tenant_id, coalesce(notified_days, 0), renewal_date) WHERE status = 'open';
COMMENT ON TABLE lealup.renewal IS
    'One renewal of a customer''s contract. A customer has at most one that is open, and its date is the customer''s renewal_date: whichever of the two is changed, the other one follows; no date, no open renewal.';
COMMENT ON COLUMN lealup.renewal.amount IS 'What is at stake, and once it is completed what was agreed; from the customer''s arr if the customer''s renewal_date opened it.';
COMMENT ON COLUMN lealup.renewal.closed_at IS 'When it ceased to be open; null = it is open.';
COMMENT ON COLUMN lealup.renewal.notified_days IS 'The last notice given for the present date: 60, 30, 15 or 7 days before; null = none yet.';

-- ----- Events -----

CREATE FUNCTION lealup._renewal_emissions(tenant_ids uuid[], renewal_ids uuid[]) RETURNS lealup._emission[]
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT array_agg(ROW(r.tenant_id, CASE r.status WHEN 'open' THEN 'renewal.approaching' ELSE 'renewal.' || r.status END, r.customer_id,
        CASE r.status
            WHEN 'open' THEN lealup._json_object('customer_id', c.id, 'customer_name', c.name, 'renewal_id', r.id, 'renewal_date', r.renewal_date,
                'days_left', r.notified_days, 'amount', r.amount, 'currency', r.currency, 'owner_id', c.owner_id, 'owner_email', m.email)
            WHEN 'completed' THEN lealup._json_object('customer_id', c.id, 'customer_name', c.name, 'renewal_id', r.id, 'renewal_date', r.renewal_date,
                'amount', r.amount, 'currency', r.currency, 'owner_id', c.owner_id, 'owner_email', m.email)
            WHEN 'churned' THEN lealup._json_object('customer_id', c.id, 'customer_name', c.name, 'renewal_id', r.id, 'renewal_date', r.renewal_date,
                'reason', r.reason, 'owner_id', c.owner_id, 'owner_email', m.email)
        END, lealup._customer_context(c))::lealup._emission)
    FROM unnest(_renewal_emissions.tenant_ids, _renewal_emissions.renewal_ids) x(tenant_id, id)
    JOIN lealup.renewal r ON r.tenant_id = x.tenant_id AND r.id = x.id
    JOIN lealup.customer c ON c.tenant_id = r.tenant_id AND c.id = r.customer_id
    LEFT JOIN lealup.member m ON m.tenant_id = c.tenant_id AND m.id = c.owner_id
    WHERE NOT lealup._suppressed();
END;
COMMENT ON FUNCTION lealup._renewal_emissions(uuid[], uuid[]) IS
    'The events that renewals cause as they are now: renewal.approaching with the last notice for open ones, renewal.completed and renewal.churned; null if there are none.';

-- ----- A customer's renewal date and its open renewal -----

CREATE FUNCTION lealup._differing_renewals(tenant_ids uuid[], customer_ids uuid[])
    RETURNS TABLE (tenant_id uuid, customer_id uuid, customer_date date, renewal_date date, amount numeric, currency text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    -- While pg_restore loads customers their renewals are still to come: those of another home are left alone.
    SELECT c.tenant_id, c.id, c.renewal_date, r.renewal_date, c.arr, c.currency
    FROM (SELECT DISTINCT u.tenant_id, u.id FROM unnest(_differing_renewals.tenant_ids, _differing_renewals.customer_ids) u(tenant_id, id)) x
    JOIN lealup.tenant t ON t.tenant_id = x.tenant_id AND t.home = lealup.home()
    JOIN lealup.customer c ON c.tenant_id = x.tenant_id AND c.id = x.id
    LEFT JOIN lealup.renewal r ON r.tenant_id = c.tenant_id AND r.customer_id = c.id AND r.status = 'open'
    WHERE c.renewal_date IS DISTINCT FROM r.renewal_date;
END;
COMMENT ON FUNCTION lealup._differing_renewals(uuid[], uuid[]) IS
    'Those of some customers whose renewal_date is not the date of their open renewal (null if there is none), with what a new renewal would be about.';

CREATE FUNCTION lealup._customer_renewal_date() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan SET enable_nestloop = on AS $$
DECLARE
    tenants uuid[];
    customers uuid[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(n.tenant_id), array_agg(n.id) INTO tenants, customers FROM new_rows n WHERE n.renewal_date IS NOT NULL;
    ELSE
        -- A full join is never a nested loop, not even in a plan that was made for one row and is kept for fifty thousand.
        SELECT array_agg(n.tenant_id), array_agg(n.id) INTO tenants, customers
        FROM old_rows o FULL JOIN new_rows n ON n.tenant_id = o.tenant_id AND n.id = o.id
        WHERE o.renewal_date IS DISTINCT FROM n.renewal_date;
    END IF;
    -- Here ends what the changes below come back with.
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
    UPDATE lealup.renewal r SET status = 'cancelled'
    FROM lealup._differing_renewals(tenants, customers) x
    WHERE r.tenant_id = x.tenant_id AND r.customer_id = x.customer_id AND r.status = 'open' AND x.customer_date IS NULL;
    INSERT INTO lealup.renewal AS r (tenant_id, customer_id, renewal_date, amount, currency)
    SELECT x.tenant_id, x.customer_id, x.customer_date, x.amount, x.currency
    FROM lealup._differing_renewals(tenants, customers) x WHERE x.customer_date IS NOT NULL
    ON CONFLICT (tenant_id, customer_id) WHERE status = 'open' DO UPDATE SET renewal_date = excluded.renewal_date;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION lealup._customer_renewal_date() IS
    'Trigger: a customer''s renewal_date that is set opens a renewal or moves the open one; one that is cleared cancels it.';

CREATE TRIGGER customer_renewal_inserted AFTER INSERT ON lealup.customer REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION lealup._customer_renewal_date();
CREATE TRIGGER customer_renewal_updated AFTER UPDATE ON lealup.customer REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION lealup._customer_renewal_date();

CREATE FUNCTION lealup._renewal_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan SET enable_nestloop = on AS $$
DECLARE
    moment timestamptz := now();
    tenants uuid[];
    renewals uuid[];
    ended boolean[];
    moved boolean[];
    customers uuid[];
    customers_before uuid[];
    soon boolean;
BEGIN
    -- The clock looks every hour: only what may be due before, in whatever time zone, has to wake it.
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(n.tenant_id), array_agg(n.id), array_agg(n.status IN ('completed', 'churned')), array_agg(false), array_agg(n.customer_id),
               bool_or(n.status = 'open' AND n.renewal_date BETWEEN moment::date - 1 AND moment::date + 62)
        INTO tenants, renewals, ended, moved, customers, soon
        FROM new_rows n;
    ELSE
        SELECT array_agg(n.tenant_id), array_agg(n.id), array_agg(n.status IN ('completed', 'churned') AND n.status <> o.status),
               array_agg(n.renewal_date <> o.renewal_date), array_agg(n.customer_id), array_agg(o.customer_id),
               bool_or(n.status = 'open' AND n.renewal_date BETWEEN moment::date - 1 AND moment::date + 62)
        INTO tenants, renewals, ended, moved, customers, customers_before, soon
        FROM old_rows o FULL JOIN new_rows n ON n.tenant_id = o.tenant_id AND n.id = o.id
        WHERE (o.status, o.renewal_date, o.customer_id) IS DISTINCT FROM (n.status, n.renewal_date, n.customer_id);
    END IF;
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
    UPDATE lealup.renewal r
    SET closed_at = CASE WHEN r.status <> 'open' THEN coalesce(r.closed_at, moment) END,
        notified_days = CASE WHEN NOT x.moved THEN r.notified_days END
    FROM unnest(tenants, renewals, moved) x(tenant_id, id, moved)
    WHERE r.tenant_id = x.tenant_id AND r.id = x.id
      AND ((r.status = 'open') <> (r.closed_at IS NULL) OR x.moved AND r.notified_days IS NOT NULL);
    PERFORM lealup._emit_all(lealup._renewal_emissions(array_agg(x.tenant_id), array_agg(x.id)))
    FROM unnest(tenants, renewals, ended) x(tenant_id, id, ended) WHERE x.ended;
    UPDATE lealup.customer c SET renewal_date = x.renewal_date
    FROM lealup._differing_renewals(tenants || tenants, customers || customers_before) x
    WHERE c.tenant_id = x.tenant_id AND c.id = x.customer_id;
    IF soon THEN
        PERFORM lealup._wake('upkeep');
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION lealup._renewal_changed() IS
    'Trigger: renewal.completed and renewal.churned when the status becomes that; closed_at and, after a move, the notices are put right; the customer''s renewal_date follows.';

CREATE TRIGGER renewal_inserted AFTER INSERT ON lealup.renewal REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION lealup._renewal_changed();
CREATE TRIGGER renewal_updated AFTER UPDATE ON lealup.renewal REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION lealup._renewal_changed();

-- ----- How a renewal ends -----

CREATE FUNCTION lealup._open_renewal(tenant_id uuid, renewal_id uuid) RETURNS lealup.renewal
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    found_renewal lealup.renewal;
BEGIN
    -- The customer first, as where its renewal_date is changed, lest two sessions wait for each other.
    PERFORM FROM lealup.renewal r JOIN lealup.customer c ON c.tenant_id = r.tenant_id AND c.id = r.customer_id
    WHERE r.tenant_id = _open_renewal.tenant_id AND r.id = _open_renewal.renewal_id FOR NO KEY UPDATE OF c;
    SELECT * INTO found_renewal FROM lealup.renewal r
    WHERE r.tenant_id = _open_renewal.tenant_id AND r.id = _open_renewal.renewal_id FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'renewal % does not exist', coalesce(_open_renewal.renewal_id::text, 'null') USING ERRCODE = 'no_data_found';
    END IF;
    IF found_renewal.status <> 'open' THEN
        RAISE EXCEPTION 'renewal % is not open', _open_renewal.renewal_id
            USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = format('Its status is %s.', found_renewal.status);
    END IF;
    RETURN found_renewal;
END $$;
COMMENT ON FUNCTION lealup._open_renewal(uuid, uuid) IS
    'An open renewal, locked with its customer. Raises no_data_found if there is none, object_not_in_prerequisite_state if it is not open.';

CREATE FUNCTION lealup.complete_renewal(tenant_id uuid, renewal_id uuid, next_date date DEFAULT NULL, amount numeric DEFAULT NULL) RETURNS uuid
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    renewal lealup.renewal;
    next_id uuid := lealup.uuid7();
    due date;
BEGIN
    PERFORM lealup._require('edit', complete_renewal.tenant_id);
    renewal := lealup._open_renewal(complete_renewal.tenant_id, complete_renewal.renewal_id);
    due := coalesce(complete_renewal.next_date, renewal.renewal_date + interval '1 year');
    IF due <= renewal.renewal_date OR NOT isfinite(due) THEN
        RAISE EXCEPTION 'invalid next_date: %', due
            USING ERRCODE = 'invalid_parameter_value', DETAIL = format('next_date must be later than the renewal''s date, %s.', renewal.renewal_date);
    END IF;
    IF complete_renewal.amount < 0 OR complete_renewal.amount >= 1e14 THEN
        RAISE EXCEPTION 'invalid amount: %', complete_renewal.amount
            USING ERRCODE = 'invalid_parameter_value', DETAIL = 'amount must be between 0 and 99999999999999.99.';
    END IF;
    -- In one statement, so that the customer goes from one date to the next at once.
    WITH completed AS (
        UPDATE lealup.renewal r SET status = 'completed', amount = coalesce(complete_renewal.amount, r.amount)
        WHERE r.tenant_id = complete_renewal.tenant_id AND r.id = complete_renewal.renewal_id
        RETURNING r.tenant_id, r.customer_id, r.amount, r.currency
    )
    INSERT INTO lealup.renewal (tenant_id, id, customer_id, renewal_date, amount, currency)
    SELECT x.tenant_id, next_id, x.customer_id, due, x.amount, x.currency FROM completed x;
    PERFORM lealup._audit(complete_renewal.tenant_id, 'renewal.complete', 'renewal', complete_renewal.renewal_id,
        jsonb_build_object('next_renewal_id', next_id, 'next_date', due, 'amount', complete_renewal.amount));
    RETURN next_id;
END $$;
COMMENT ON FUNCTION lealup.complete_renewal(uuid, uuid, date, numeric) IS
    'Ends an open renewal as completed and opens the next one, whose id it gives; the customer''s renewal_date follows. next_date: null = a year later. amount: for what the customer renewed, also expected of the next one; null = as expected. Emits renewal.completed. Raises no_data_found, object_not_in_prerequisite_state if it is not open, invalid_parameter_value.';

CREATE FUNCTION lealup.churn_renewal(tenant_id uuid, renewal_id uuid, reason text DEFAULT NULL, churn_customer boolean DEFAULT true) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lealup._require('edit', churn_renewal.tenant_id);
    IF length(churn_renewal.reason) > 2000 THEN
        RAISE EXCEPTION 'reason is too long' USING ERRCODE = 'invalid_parameter_value', DETAIL = 'reason may have 2000 characters.';
    END IF;
    PERFORM lealup._open_renewal(churn_renewal.tenant_id, churn_renewal.renewal_id);
    -- In one statement, so that the customer changes once.
    WITH churned AS (
        UPDATE lealup.renewal r SET status = 'churned', reason = churn_renewal.reason
        WHERE r.tenant_id = churn_renewal.tenant_id AND r.id = churn_renewal.renewal_id
        RETURNING r.tenant_id, r.customer_id
    )
    UPDATE lealup.customer c SET renewal_date = NULL, status = CASE WHEN churn_renewal.churn_customer THEN 'churned' ELSE c.status END
    FROM churned x WHERE c.tenant_id = x.tenant_id AND c.id = x.customer_id;
    PERFORM lealup._audit(churn_renewal.tenant_id, 'renewal.churn', 'renewal', churn_renewal.renewal_id,
        jsonb_build_object('reason', churn_renewal.reason, 'churn_customer', churn_renewal.churn_customer));
END $$;
COMMENT ON FUNCTION lealup.churn_renewal(uuid, uuid, text, boolean) IS
    'Ends an open renewal as churned, for a reason of at most 2000 characters; the customer has no renewal_date any more and, unless churn_customer is false, gets the status churned. Emits renewal.churned and what changes of the customer. A renewal_date that is set later opens a new renewal. Raises no_data_found, object_not_in_prerequisite_state if it is not open, invalid_parameter_value.';

-- ----- Notices -----

CREATE FUNCTION lealup._renewal_notice(days_left int) RETURNS int
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN days_left BETWEEN 0 AND 7 THEN 7 WHEN days_left BETWEEN 8 AND 15 THEN 15
        WHEN days_left BETWEEN 16 AND 30 THEN 30 WHEN days_left BETWEEN 31 AND 60 THEN 60 END;
COMMENT ON FUNCTION lealup._renewal_notice(int) IS
    'The notice that is due so many days before a renewal: the smallest of 60, 30, 15 and 7 that is not less; null if it is too early, or past.';

CREATE FUNCTION lealup._renewal_notices() RETURNS TABLE (given int, notice int)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 4
BEGIN ATOMIC
    VALUES (0, 60), (60, 30), (30, 15), (15, 7);
END;
COMMENT ON FUNCTION lealup._renewal_notices() IS 'After which notice (0 = none) a renewal can get another one, and how many days before its date that is.';

-- A worker lives long: a plan that was made while there was little is not kept.
CREATE FUNCTION lealup._renewals_due(now timestamptz, max_rows int) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    tenants uuid[];
    renewals uuid[];
BEGIN
    IF lealup._suppressed() THEN
        RETURN 0;
    END IF;
    -- What is locked is being changed: a later run sees what came of it.
    WITH due AS MATERIALIZED (
        SELECT r.tenant_id, r.id, lealup._renewal_notice(r.renewal_date - d.today) AS notice
        FROM lealup.tenant t
        CROSS JOIN LATERAL (SELECT (_renewals_due.now AT TIME ZONE lealup._known_time_zone(t.time_zone))::date AS today OFFSET 0) d
        CROSS JOIN lealup._renewal_notices() s
        JOIN lealup.renewal r ON r.tenant_id = t.tenant_id AND r.status = 'open' AND coalesce(r.notified_days, 0) = s.given
            AND r.renewal_date BETWEEN d.today AND d.today + s.notice
        JOIN lealup.customer c ON c.tenant_id = r.tenant_id AND c.id = r.customer_id AND c.deleted_at IS NULL AND c.status <> 'churned'
        WHERE t.home = lealup.home()
        LIMIT _renewals_due.max_rows FOR NO KEY UPDATE OF r SKIP LOCKED
    ), notified AS (
        UPDATE lealup.renewal r SET notified_days = x.notice
        FROM due x WHERE r.tenant_id = x.tenant_id AND r.id = x.id
        RETURNING r.tenant_id, r.id
    )
    SELECT array_agg(n.tenant_id), array_agg(n.id) INTO tenants, renewals FROM notified n;
    PERFORM lealup._emit_all(lealup._renewal_emissions(tenants, renewals));
    RETURN coalesce(cardinality(renewals), 0);
END $$;
COMMENT ON FUNCTION lealup._renewals_due(timestamptz, int) IS
    'Emits renewal.approaching for at most max_rows open renewals that are 60, 30, 15 or 7 days or fewer away in the tenant''s time zone and have not had that notice, and gives how many. days_left in the event is the notice. Of several notices that are due at once, after a downtime or for a renewal that was entered late, only the most urgent one is given; a renewal that moves to another date gets its notices anew; none when the date is past, and none of customers that have churned or were deleted.';

CREATE FUNCTION lealup._renewals_next() RETURNS timestamptz
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT min(greatest(r.renewal_date - s.notice, d.today)::timestamp AT TIME ZONE z.zone)
    FROM lealup.tenant t
    CROSS JOIN LATERAL (SELECT lealup._known_time_zone(t.time_zone) AS zone OFFSET 0) z
    CROSS JOIN LATERAL (SELECT (now() AT TIME ZONE z.zone)::date AS today) d
    CROSS JOIN lealup._renewal_notices() s
    CROSS JOIN LATERAL (
        SELECT x.renewal_date
        FROM lealup.renewal x
        JOIN lealup.customer c ON c.tenant_id = x.tenant_id AND c.id = x.customer_id AND c.deleted_at IS NULL AND c.status <> 'churned'
        WHERE x.tenant_id = t.tenant_id AND x.status = 'open' AND coalesce(x.notified_days, 0) = s.given
          AND x.renewal_date BETWEEN d.today AND d.today + s.notice + 1
        ORDER BY x.renewal_date LIMIT 1) r
    WHERE t.home = lealup.home();
END;
COMMENT ON FUNCTION lealup._renewals_next() IS
    'When _renewals_due() next has something to do: as today or tomorrow begins in a tenant''s time zone; null = not before the day after tomorrow, as things are.';
