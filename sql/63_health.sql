-- Health: signals as they were observed, how a tenant weighs them, and the score that is made of them.

CREATE TABLE lealup.health_signal (
    tenant_id uuid NOT NULL REFERENCES lealup.tenant,
    id uuid NOT NULL DEFAULT lealup.uuid7(),
    customer_id uuid NOT NULL,
    kind text NOT NULL CHECK (length(kind) BETWEEN 1 AND 100),
    value double precision CHECK (value NOT IN ('NaN', 'Infinity', '-Infinity')),
    observed_at timestamptz NOT NULL DEFAULT now() CHECK (isfinite(observed_at)),
    source text NOT NULL DEFAULT 'manual' CHECK (length(source) BETWEEN 1 AND 100),
    external_id text CHECK (length(external_id) BETWEEN 1 AND 1000),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, source, external_id),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES lealup.customer
);
CREATE INDEX ON lealup.health_signal (tenant_id, customer_id, kind, observed_at, id);
COMMENT ON TABLE lealup.health_signal IS 'What was observed of a customer: logins, nps, open_tickets ... The latest of a kind counts.';
COMMENT ON COLUMN lealup.health_signal.value IS 'Null = the source says that there is none, which is not zero.';
COMMENT ON COLUMN lealup.health_signal.observed_at IS 'A signal of the future counts when its time has come.';

-- ----- The definition -----

CREATE TABLE lealup.health_definition (
    tenant_id uuid NOT NULL REFERENCES lealup.tenant,
    id uuid NOT NULL DEFAULT lealup.uuid7(),
    segment_id uuid,
    healthy_from smallint NOT NULL DEFAULT 70,
    neutral_from smallint NOT NULL DEFAULT 40,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    UNIQUE NULLS NOT DISTINCT (tenant_id, segment_id),
    CHECK (0 <= neutral_from AND neutral_from < healthy_from AND healthy_from <= 100),
    FOREIGN KEY (tenant_id, segment_id) REFERENCES lealup.segment
);
COMMENT ON TABLE lealup.health_definition IS 'How the health of a segment''s customers is measured; set_health_definition() changes it.';
COMMENT ON COLUMN lealup.health_definition.segment_id IS 'Null = for every customer whose segment has no definition of its own.';
COMMENT ON COLUMN lealup.health_definition.healthy_from IS 'The lowest score that is healthy.';
COMMENT ON COLUMN lealup.health_definition.neutral_from IS 'The lowest score that is neutral; what is below is at risk.';

CREATE TABLE lealup.health_measure (
    tenant_id uuid NOT NULL,
    definition_id uuid NOT NULL,
    kind text NOT NULL CHECK (length(kind) BETWEEN 1 AND 100),
    weight numeric(12, 6) NOT NULL CHECK (weight > 0),
    worst numeric(24, 9),
    best numeric(24, 9),
    threshold_from numeric(24, 9)[],
    threshold_points numeric(5, 2)[],
    fresh_for interval NOT NULL CHECK (fresh_for >= '1 hour'),
    half_life interval CHECK (half_life >= '1 hour'),
    PRIMARY KEY (tenant_id, definition_id, kind),
    CHECK (num_nonnulls(worst, best) = 2 AND worst <> best AND num_nonnulls(threshold_from, threshold_points) = 0
        OR num_nonnulls(worst, best) = 0 AND cardinality(threshold_from) > 0 AND cardinality(threshold_from) = cardinality(threshold_points)),
    FOREIGN KEY (tenant_id, definition_id) REFERENCES lealup.health_definition ON DELETE CASCADE
);
COMMENT ON TABLE lealup.health_measure IS 'One kind of signal in a health definition: its weight, and what its values are worth.';
COMMENT ON COLUMN lealup.health_measure.worst IS 'The value that is worth 0 points; those between worst and best are worth their part of 100. It may be the higher one.';
COMMENT ON COLUMN lealup.health_measure.best IS 'The value that is worth 100 points.';
COMMENT ON COLUMN lealup.health_measure.threshold_from IS 'Instead of worst and best: the lowest value of each step, ascending. A value below the first step is worth 0 points.';
COMMENT ON COLUMN lealup.health_measure.threshold_points IS 'What each step is worth, 0 to 100 points.';
COMMENT ON COLUMN lealup.health_measure.fresh_for IS 'How long a signal counts; then it is stale, which is not bad health.';
COMMENT ON COLUMN lealup.health_measure.half_life IS 'The age at which a signal has half its weight; null = the weight does not depend on age.';

CREATE FUNCTION lealup._health_points(value double precision, worst numeric, best numeric, threshold_from numeric[], threshold_points numeric[]) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN value IS NULL THEN NULL
        WHEN threshold_from IS NULL
            THEN 100 * greatest(0, least(1, (value::numeric - worst) / (best - worst)))
        ELSE coalesce(threshold_points[width_bucket(value::numeric, threshold_from)], 0) END;
COMMENT ON FUNCTION lealup._health_points(double precision, numeric, numeric, numeric[], numeric[]) IS
    'What a value is worth in a health measure: 0 to 100 points, null for a null value. Worked out in numeric, which neither overflows nor misses a limit by a last bit.';

CREATE FUNCTION lealup._health_band(score numeric, healthy_from int, neutral_from int) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN score >= healthy_from THEN 'healthy' WHEN score >= neutral_from THEN 'neutral' WHEN score IS NOT NULL THEN 'at_risk' END;
COMMENT ON FUNCTION lealup._health_band(numeric, int, int) IS 'The band of a score: healthy, neutral or at_risk; null for null. A score on a limit is in the better band.';

CREATE FUNCTION lealup._health_number(value jsonb, field text, low numeric, high numeric) RETURNS numeric
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF jsonb_typeof(value) IS DISTINCT FROM 'number' OR value::numeric NOT BETWEEN low AND high THEN
        RAISE EXCEPTION '% must be a number from % to %', field, low, high USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN value::numeric;
END $$;
COMMENT ON FUNCTION lealup._health_number(jsonb, text, numeric, numeric) IS 'A JSON number within bounds; raises invalid_parameter_value, naming the field, for anything else.';

CREATE FUNCTION lealup._health_interval(value jsonb, field text) RETURNS interval
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    result interval;
BEGIN
    IF jsonb_typeof(value) = 'string' THEN
        BEGIN
            result := (value #>> '{}')::interval;
        EXCEPTION WHEN data_exception THEN
            NULL;
        END;
    END IF;
    IF result IS NULL OR result NOT BETWEEN '1 hour' AND '10 years' THEN
        RAISE EXCEPTION '% must be an interval of 1 hour to 10 years', field
            USING ERRCODE = 'invalid_parameter_value', HINT = 'For example "30 days".';
    END IF;
    RETURN result;
END $$;
COMMENT ON FUNCTION lealup._health_interval(jsonb, text) IS 'A JSON string as an interval of 1 hour to 10 years; raises invalid_parameter_value, naming the field, for anything else.';

CREATE FUNCTION lealup._health_measure(tenant_id uuid, definition_id uuid, measure jsonb, field text) RETURNS lealup.health_measure
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    m lealup.health_measure;
    known text[] := '{kind,weight,worst,best,thresholds,fresh_for,half_life}';
    unknown text;
BEGIN
    IF jsonb_typeof(measure) <> 'object' THEN
        RAISE EXCEPTION '% must be an object', field USING ERRCODE = 'invalid_parameter_value';
    END IF;
    -- A null is the same as nothing.
    measure := jsonb_strip_nulls(measure);
    SELECT k INTO unknown FROM jsonb_object_keys(measure) k WHERE k <> ALL (known) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '% has an unknown key: %', field, quote_literal(left(unknown, 100))
            USING ERRCODE = 'invalid_parameter_value', HINT = format('Keys are %s.', array_to_string(known, ', '));
    END IF;
    IF jsonb_typeof(measure -> 'kind') IS DISTINCT FROM 'string' OR length(measure ->> 'kind') NOT BETWEEN 1 AND 100 THEN
        RAISE EXCEPTION '%.kind must be a signal kind of 1 to 100 characters', field USING ERRCODE = 'invalid_parameter_value';
    END IF;
    m.tenant_id := _health_measure.tenant_id; m.definition_id := _health_measure.definition_id; m.kind := measure ->> 'kind';
    m.weight := lealup._health_number(coalesce(measure -> 'weight', '1'), field || '.weight', 0.000001, 100000);
    m.fresh_for := lealup._health_interval(coalesce(measure -> 'fresh_for', '"30 days"'), field || '.fresh_for');
    IF measure ? 'half_life' THEN
        m.half_life := lealup._health_interval(measure -> 'half_life', field || '.half_life');
    END IF;
    IF measure ? 'thresholds' = measure ?| '{worst,best}' THEN
        RAISE EXCEPTION '% must have either worst and best, or thresholds', field
            USING ERRCODE = 'invalid_parameter_value', HINT = 'For example "worst": 0, "best": 50, or "thresholds": [{"from": 0, "points": 20}, {"from": 10, "points": 100}].';
    END IF;
    IF NOT measure ? 'thresholds' THEN
        m.worst := lealup._health_number(measure -> 'worst', field || '.worst', -1e12, 1e12);
        m.best := lealup._health_number(measure -> 'best', field || '.best', -1e12, 1e12);
        IF m.worst = m.best THEN
            RAISE EXCEPTION '%.worst and %.best must differ', field, field USING ERRCODE = 'invalid_parameter_value';
        END IF;
        RETURN m;
    END IF;
    IF jsonb_typeof(measure -> 'thresholds') <> 'array' OR jsonb_array_length(measure -> 'thresholds') NOT BETWEEN 1 AND 50
        OR EXISTS (SELECT FROM jsonb_array_elements(measure -> 'thresholds') t WHERE jsonb_typeof(t) <> 'object' OR t - '{from,points}'::text[] <> '{}') THEN
        RAISE EXCEPTION '%.thresholds must list 1 to 50 objects with from and points', field USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT array_agg(x.f ORDER BY x.f), array_agg(x.p ORDER BY x.f) INTO m.threshold_from, m.threshold_points
    FROM (SELECT lealup._health_number(t.t -> 'from', format('%s.thresholds[%s].from', field, t.n), -1e12, 1e12)::numeric(24, 9) AS f,
                 lealup._health_number(t.t -> 'points', format('%s.thresholds[%s].points', field, t.n), 0, 100) AS p
          FROM jsonb_array_elements(measure -> 'thresholds') WITH ORDINALITY t(t, n)) x;
    IF (SELECT count(DISTINCT f) FROM unnest(m.threshold_from) f) < cardinality(m.threshold_from) THEN
        RAISE EXCEPTION '%.thresholds has a "from" twice', field USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN m;
END $$;
COMMENT ON FUNCTION lealup._health_measure(uuid, uuid, jsonb, text) IS 'Reads one measure of a health definition; raises invalid_parameter_value, naming the field, if it is not valid.';

-- ----- The score -----

CREATE TABLE lealup.health_score (
    tenant_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    score smallint CHECK (score BETWEEN 0 AND 100),
    band text CHECK (band IN ('healthy', 'neutral', 'at_risk')),
    color text GENERATED ALWAYS AS (CASE band WHEN 'healthy' THEN 'green' WHEN 'neutral' THEN 'yellow' WHEN 'at_risk' THEN 'red' END) STORED,
    stale boolean NOT NULL DEFAULT true,
    computed_at timestamptz,
    due_at timestamptz,
    dropped_at timestamptz,
    FOREIGN KEY (tenant_id, customer_id) REFERENCES lealup.customer
);
CREATE INDEX ON lealup.health_score (tenant_id, due_at);
ALTER TABLE lealup.health_score ADD PRIMARY KEY (tenant_id, customer_id);
COMMENT ON TABLE lealup.health_score IS 'The health of each customer of whom there is a signal; explain_health() tells what it is made of.';
COMMENT ON COLUMN lealup.health_score.score IS '0 (worst) to 100 (best); null = there has not been any signal that counts.';
COMMENT ON COLUMN lealup.health_score.color IS 'The band by its color: green, yellow or red.';
COMMENT ON COLUMN lealup.health_score.stale IS 'No signal is fresh: the score is what it last was.';
COMMENT ON COLUMN lealup.health_score.computed_at IS 'When the score was last made of fresh signals.';
COMMENT ON COLUMN lealup.health_score.due_at IS 'When time alone may change it next: a signal gets stale, loses weight, or its time comes. Null = never.';
COMMENT ON COLUMN lealup.health_score.dropped_at IS 'When it last fell by more than 15 points within 7 days. Points that were lost until then are no part of the next such drop.';

CREATE TABLE lealup.health_score_history (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT lealup.uuid7(),
    customer_id uuid NOT NULL,
    changed_at timestamptz NOT NULL,
    previous_score smallint,
    score smallint NOT NULL,
    band text NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX ON lealup.health_score_history (tenant_id, customer_id, changed_at);
COMMENT ON TABLE lealup.health_score_history IS 'Each change of a health score, the first one included. A log without foreign keys: nobody else writes it. Rows are kept for 400 days.';

-- Without a SET clause it becomes a part of the statement that calls it, which is what makes bulk changes fast. Days have 24
-- hours, so that a score does not depend on the session's time zone.
CREATE FUNCTION lealup._health_inputs(tenant_id uuid, customer_id uuid, as_of timestamptz)
    RETURNS TABLE (healthy_from smallint, neutral_from smallint, kind text, value double precision, observed_at timestamptz, state text,
        points numeric, weight numeric, effective_weight numeric, fresh_for interval, half_life interval, due_at timestamptz)
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT coalesce(own.healthy_from, general.healthy_from), coalesce(own.neutral_from, general.neutral_from), m.kind,
        latest.value, latest.observed_at, x.state,
        y.points, m.weight, y.effective_weight, m.fresh_for,
        CASE WHEN x.state = 'fresh' THEN m.half_life END,
        least(CASE WHEN x.state = 'fresh' THEN e.stale_at END, future.observed_at)
    FROM lealup.customer c
    LEFT JOIN lealup.health_definition own ON own.tenant_id = c.tenant_id AND own.segment_id = c.segment_id
    LEFT JOIN lealup.health_definition general ON general.tenant_id = c.tenant_id AND general.segment_id IS NULL
    JOIN lealup.health_measure m ON m.tenant_id = c.tenant_id AND m.definition_id = coalesce(own.id, general.id)
    LEFT JOIN LATERAL (
        SELECT s.value, s.observed_at FROM lealup.health_signal s
        WHERE s.tenant_id = c.tenant_id AND s.customer_id = c.id AND s.kind = m.kind AND s.observed_at <= as_of
        ORDER BY s.observed_at DESC, s.id DESC LIMIT 1) latest ON true
    LEFT JOIN LATERAL (
        SELECT s.observed_at FROM lealup.health_signal s
        WHERE s.tenant_id = c.tenant_id AND s.customer_id = c.id AND s.kind = m.kind AND s.observed_at > as_of
        ORDER BY s.observed_at LIMIT 1) future ON true
    CROSS JOIN LATERAL (SELECT latest.observed_at + make_interval(secs => date_part('epoch', m.fresh_for)) AS stale_at) e
    CROSS JOIN LATERAL (SELECT CASE WHEN latest.value IS NULL THEN 'missing' WHEN e.stale_at > as_of THEN 'fresh' ELSE 'stale' END AS state) x
    CROSS JOIN LATERAL (
        SELECT lealup._health_points(latest.value, m.worst, m.best, m.threshold_from, m.threshold_points) AS points,
            -- The weight never decays to nothing, so that a lone old signal does not divide by zero.
            CASE WHEN x.state <> 'fresh' THEN NULL
                WHEN m.half_life IS NULL THEN m.weight
                ELSE m.weight * power(0.5, least(100, date_part('epoch', as_of - latest.observed_at) / date_part('epoch', m.half_life)))::numeric
            END AS effective_weight
        OFFSET 0) y
    WHERE c.tenant_id = _health_inputs.tenant_id AND c.id = _health_inputs.customer_id AND c.deleted_at IS NULL;
END;
COMMENT ON FUNCTION lealup._health_inputs(uuid, uuid, timestamptz) IS
    'What goes into a customer''s score at a time: one row per measure, state fresh, stale or missing, the weight that age has left of it (fresh ones only), and when time changes that (null = never). None for a customer that is deleted or has no definition.';

CREATE FUNCTION lealup._health_recompute(tenants uuid[], customers uuid[], as_of timestamptz) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    emissions lealup._emission[];
    sooner boolean;
BEGIN
    IF coalesce(cardinality(customers), 0) = 0 THEN
        RETURN 0;
    END IF;
    -- One signal is worth no planning, which would take longer than the work; but a plan for a few customers, or for tables that
    -- were empty, would be quadratic for thousands.
    IF cardinality(customers) > 20 THEN
        PERFORM set_config('plan_cache_mode', 'force_custom_plan', true);
    END IF;
    INSERT INTO lealup.health_score (tenant_id, customer_id)
    SELECT u.tenant_id, u.customer_id
    FROM unnest(tenants, customers) u(tenant_id, customer_id)
    JOIN lealup.tenant t ON t.tenant_id = u.tenant_id AND t.home = lealup.home()
    WHERE NOT EXISTS (SELECT FROM lealup.health_score s WHERE s.tenant_id = u.tenant_id AND s.customer_id = u.customer_id)
      AND EXISTS (SELECT FROM lealup.health_signal s WHERE s.tenant_id = u.tenant_id AND s.customer_id = u.customer_id)
    ORDER BY u.tenant_id, u.customer_id
    ON CONFLICT DO NOTHING;
    -- Whoever has the lock is alone with the customer, and its next statement sees all signals that were committed before: of
    -- two signals that arrive at a time none is lost. The order prevents deadlocks.
    SELECT array_agg(l.tenant_id), array_agg(l.customer_id) INTO tenants, customers
    FROM (SELECT s.tenant_id, s.customer_id
          FROM unnest(tenants, customers) u(tenant_id, customer_id)
          JOIN lealup.tenant t ON t.tenant_id = u.tenant_id AND t.home = lealup.home()
          JOIN lealup.health_score s ON s.tenant_id = u.tenant_id AND s.customer_id = u.customer_id
          ORDER BY s.tenant_id, s.customer_id FOR NO KEY UPDATE OF s) l;
    WITH computed AS MATERIALIZED (
        SELECT s.tenant_id, s.customer_id, s.score AS previous_score, s.band AS previous_band, n.*, peak.score AS peak, peak.days
        FROM unnest(tenants, customers) u(tenant_id, customer_id)
        JOIN lealup.health_score s ON s.tenant_id = u.tenant_id AND s.customer_id = u.customer_id
        CROSS JOIN LATERAL (
            SELECT min(i.healthy_from) AS healthy_from, min(i.neutral_from) AS neutral_from,
                round(sum(i.points * i.effective_weight) / sum(i.effective_weight)) AS score,
                -- All grow older alike, so that only different half-lives change the shares with time.
                least(min(i.due_at), CASE WHEN min(coalesce(i.half_life, '0')) FILTER (WHERE i.state = 'fresh') < max(i.half_life)
                    THEN as_of + min(i.half_life) / 10 END) AS due_at
            FROM lealup._health_inputs(u.tenant_id, u.customer_id, as_of) i) n
        -- The highest score of the last 7 days, but not of before the last drop: each point that is lost is told at most once.
        LEFT JOIN LATERAL (
            SELECT p.score, p.days
            FROM (SELECT s.score, 0 AS days
                  UNION ALL
                  SELECT h.previous_score, greatest(0, floor(extract(epoch FROM as_of - h.changed_at) / 86400)::int)
                  FROM lealup.health_score_history h
                  WHERE h.tenant_id = u.tenant_id AND h.customer_id = u.customer_id AND h.previous_score IS NOT NULL
                    AND h.changed_at >= as_of - interval '168 hours' AND h.changed_at > coalesce(s.dropped_at, '-infinity')) p
            WHERE n.score < s.score
            ORDER BY p.score DESC, p.days LIMIT 1) peak ON peak.score - n.score > 15
    ), updated AS (
        UPDATE lealup.health_score s
        SET score = coalesce(n.score, s.score), band = coalesce(lealup._health_band(n.score, n.healthy_from, n.neutral_from), s.band),
            stale = n.score IS NULL, computed_at = CASE WHEN n.score IS NULL THEN s.computed_at ELSE as_of END, due_at = n.due_at,
            dropped_at = CASE WHEN n.peak IS NULL THEN s.dropped_at ELSE as_of END
        FROM computed n
        WHERE s.tenant_id = n.tenant_id AND s.customer_id = n.customer_id
        RETURNING s.tenant_id, s.customer_id, s.score, s.band, n.previous_score, n.previous_band, n.peak, n.days
    ), recorded AS (
        INSERT INTO lealup.health_score_history (tenant_id, customer_id, changed_at, previous_score, score, band)
        SELECT u.tenant_id, u.customer_id, as_of, u.previous_score, u.score, u.band FROM updated u WHERE u.score IS DISTINCT FROM u.previous_score
    )
    SELECT array_agg(ROW(c.tenant_id, e.type, c.id, e.data, lealup._customer_context(c))::lealup._emission),
        -- Whether a tenant has something due before what the clock knows of; this statement still sees the old times.
        (SELECT bool_or(d.due_at < coalesce((SELECT min(s.due_at) FROM lealup.health_score s WHERE s.tenant_id = d.tenant_id), 'infinity'))
         FROM (SELECT n.tenant_id, min(n.due_at) AS due_at FROM computed n GROUP BY n.tenant_id) d)
    INTO emissions, sooner
    FROM updated u
    JOIN lealup.customer c ON c.tenant_id = u.tenant_id AND c.id = u.customer_id
    LEFT JOIN lealup.member m ON m.tenant_id = c.tenant_id AND m.id = c.owner_id
    CROSS JOIN LATERAL (
        SELECT 'health.changed' AS type, lealup._json_object('customer_id', c.id, 'customer_name', c.name, 'previous_score', u.previous_score,
            'current_score', u.score, 'previous_status', u.previous_band, 'current_status', u.band, 'owner_id', c.owner_id, 'owner_email', m.email) AS data
        WHERE u.band <> u.previous_band
        UNION ALL
        SELECT 'health.drop_sharp', lealup._json_object('customer_id', c.id, 'customer_name', c.name, 'previous_score', u.peak,
            'current_score', u.score, 'delta', u.score - u.peak, 'days', u.days, 'owner_id', c.owner_id, 'owner_email', m.email)
        WHERE u.peak IS NOT NULL) e
    WHERE NOT lealup._suppressed() AND (u.band <> u.previous_band OR u.peak IS NOT NULL);
    PERFORM lealup._emit_all(emissions);
    IF sooner THEN
        PERFORM lealup._wake('upkeep');
    END IF;
    RETURN coalesce(cardinality(customers), 0);
END $$;
COMMENT ON FUNCTION lealup._health_recompute(uuid[], uuid[], timestamptz) IS
    'Makes the scores of customers (two arrays, each customer once) anew as of a time, in one statement for all: health.changed, health.drop_sharp, history. Gives how many there were; tenants of another home are left alone. Where no signal is fresh the score stays and is marked stale. Wakes the clock where something is now due sooner.';

CREATE FUNCTION lealup._health_signals_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lealup._health_recompute(array_agg(x.tenant_id), array_agg(x.customer_id), clock_timestamp())
    FROM (SELECT DISTINCT c.tenant_id, c.customer_id FROM changed c
          WHERE EXISTS (SELECT FROM lealup.health_measure m WHERE m.tenant_id = c.tenant_id AND m.kind = c.kind)) x;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION lealup._health_signals_changed() IS 'Trigger: the scores of customers whose signals came or went, if a definition measures their kind.';

CREATE FUNCTION lealup._health_signals_updated() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- A signal that is corrected may move to another customer: both are concerned.
    PERFORM lealup._health_recompute(array_agg(x.tenant_id), array_agg(x.customer_id), clock_timestamp())
    FROM (SELECT DISTINCT c.tenant_id, c.customer_id
          FROM old_rows o FULL JOIN new_rows n ON n.tenant_id = o.tenant_id AND n.id = o.id
          CROSS JOIN LATERAL (VALUES (o.tenant_id, o.customer_id, o.kind), (n.tenant_id, n.customer_id, n.kind)) c(tenant_id, customer_id, kind)
          WHERE (o.customer_id, o.kind, o.value, o.observed_at) IS DISTINCT FROM (n.customer_id, n.kind, n.value, n.observed_at)
            AND EXISTS (SELECT FROM lealup.health_measure m WHERE m.tenant_id = c.tenant_id AND m.kind = c.kind)) x;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION lealup._health_signals_updated() IS 'Trigger: the scores of customers whose signals were corrected; nothing for rows that did not change.';

CREATE TRIGGER health_signal_inserted AFTER INSERT ON lealup.health_signal REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION lealup._health_signals_changed();
CREATE TRIGGER health_signal_deleted AFTER DELETE ON lealup.health_signal REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION lealup._health_signals_changed();
CREATE TRIGGER health_signal_updated AFTER UPDATE ON lealup.health_signal REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION lealup._health_signals_updated();

CREATE FUNCTION lealup._health_customers_updated() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- A difference of sets is never a nested loop, however few rows the plan was made for.
    PERFORM lealup._health_recompute(array_agg(x.tenant_id), array_agg(x.id), clock_timestamp())
    FROM (SELECT n.tenant_id, n.id, n.segment_id FROM new_rows n WHERE n.deleted_at IS NULL
          EXCEPT
          SELECT o.tenant_id, o.id, o.segment_id FROM old_rows o WHERE o.deleted_at IS NULL) x
    WHERE EXISTS (SELECT FROM lealup.health_definition d WHERE d.tenant_id = x.tenant_id);
    RETURN NULL;
END $$;
COMMENT ON FUNCTION lealup._health_customers_updated() IS 'Trigger: the scores of customers that came to another segment, or came back.';

CREATE TRIGGER health_customer_updated AFTER UPDATE ON lealup.customer REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION lealup._health_customers_updated();

CREATE FUNCTION lealup._health_recompute_segment(tenant_id uuid, segment_id uuid) RETURNS bigint
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT lealup._health_recompute(array_agg(c.tenant_id), array_agg(c.id), clock_timestamp())
    FROM lealup.customer c
    WHERE c.tenant_id = _health_recompute_segment.tenant_id AND c.deleted_at IS NULL
      AND (_health_recompute_segment.segment_id IS NULL OR c.segment_id = _health_recompute_segment.segment_id);
END;
COMMENT ON FUNCTION lealup._health_recompute_segment(uuid, uuid) IS 'Makes the scores of a segment''s customers anew (null: of all of the tenant); gives how many there were.';

CREATE FUNCTION lealup._health_history_kept() RETURNS interval
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN interval '9600 hours';
COMMENT ON FUNCTION lealup._health_history_kept() IS 'How long the history of scores is kept: 400 days.';

CREATE FUNCTION lealup._health_due(now timestamptz, max_rows int) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    done bigint;
    forgotten bigint;
BEGIN
    -- What somebody else is at is left to them: they set its next time.
    SELECT lealup._health_recompute(array_agg(d.tenant_id), array_agg(d.customer_id), _health_due.now) INTO done
    FROM (SELECT s.tenant_id, s.customer_id
          FROM lealup.tenant t
          CROSS JOIN LATERAL (
              SELECT x.tenant_id, x.customer_id FROM lealup.health_score x
              WHERE x.tenant_id = t.tenant_id AND x.due_at <= _health_due.now
              ORDER BY x.due_at LIMIT max_rows FOR UPDATE SKIP LOCKED) s
          WHERE t.home = lealup.home() LIMIT max_rows) d;
    DELETE FROM lealup.health_score_history h
    USING (SELECT o.tenant_id, o.id
           FROM lealup.tenant t
           CROSS JOIN LATERAL (
               SELECT x.tenant_id, x.id FROM lealup.health_score_history x
               WHERE x.tenant_id = t.tenant_id AND x.id < lealup.uuid7_floor(_health_due.now - lealup._health_history_kept())
               ORDER BY x.id LIMIT max_rows - done FOR UPDATE SKIP LOCKED) o
           WHERE t.home = lealup.home() LIMIT max_rows - done) old
    WHERE h.tenant_id = old.tenant_id AND h.id = old.id;
    GET DIAGNOSTICS forgotten = ROW_COUNT;
    RETURN done + forgotten;
END $$;
COMMENT ON FUNCTION lealup._health_due(timestamptz, int) IS
    'The clock''s part of health: makes scores anew that are due at now, then forgets rows of history older than 400 days; at most max_rows of both together. Gives how many it did; fewer than max_rows = nothing is left but what others have locked. Tenants of another home are left alone.';

CREATE FUNCTION lealup._health_next() RETURNS timestamptz
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT min(least(
        (SELECT s.due_at FROM lealup.health_score s WHERE s.tenant_id = t.tenant_id AND s.due_at IS NOT NULL ORDER BY s.due_at LIMIT 1),
        -- Ids are of milliseconds: a row is older than a moment from the next one on.
        (SELECT lealup.uuid7_time(h.id) + interval '1 ms' FROM lealup.health_score_history h WHERE h.tenant_id = t.tenant_id ORDER BY h.id LIMIT 1)
            + lealup._health_history_kept()))
    FROM lealup.tenant t WHERE t.home = lealup.home();
END;
COMMENT ON FUNCTION lealup._health_next() IS
    'When _health_due() next has something to do for the tenants at home here, also if that is past; null = never. One look into an index per tenant.';

-- ----- The API -----

CREATE FUNCTION lealup.set_health_definition(tenant_id uuid, segment_id uuid, measures jsonb, healthy_from int DEFAULT 70, neutral_from int DEFAULT 40) RETURNS uuid
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    definition uuid;
    changed_at timestamptz := clock_timestamp();
    twice text;
BEGIN
    PERFORM lealup._require('configure', set_health_definition.tenant_id);
    -- A signal that another session is inserting comes before or after this; else neither would know of the other, and nobody would count it.
    PERFORM FROM lealup.tenant t WHERE t.tenant_id = set_health_definition.tenant_id FOR UPDATE;
    IF set_health_definition.segment_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM lealup.segment s WHERE s.tenant_id = set_health_definition.tenant_id AND s.id = set_health_definition.segment_id) THEN
        RAISE EXCEPTION 'segment % does not exist', set_health_definition.segment_id USING ERRCODE = 'no_data_found';
    END IF;
    IF num_nulls(healthy_from, neutral_from) > 0 OR NOT (0 <= neutral_from AND neutral_from < healthy_from AND healthy_from <= 100) THEN
        RAISE EXCEPTION 'invalid limits: healthy_from %, neutral_from %', coalesce(healthy_from::text, 'null'), coalesce(neutral_from::text, 'null')
            USING ERRCODE = 'invalid_parameter_value', DETAIL = 'They are scores of 0 to 100, neutral_from below healthy_from.';
    END IF;
    IF jsonb_typeof(measures) IS DISTINCT FROM 'array' OR jsonb_array_length(measures) NOT BETWEEN 1 AND 50 OR octet_length(measures::text) > 100000 THEN
        RAISE EXCEPTION 'measures must list 1 to 50 measures, in at most 100000 bytes'
            USING ERRCODE = 'invalid_parameter_value', HINT = 'For example [{"kind": "logins", "weight": 2, "worst": 0, "best": 50, "fresh_for": "14 days"}].';
    END IF;
    SELECT e ->> 'kind' INTO twice FROM jsonb_array_elements(measures) e WHERE jsonb_typeof(e) = 'object' GROUP BY 1 HAVING count(e ->> 'kind') > 1 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'measures has the kind % twice', quote_literal(left(twice, 100)) USING ERRCODE = 'invalid_parameter_value';
    END IF;
    INSERT INTO lealup.health_definition AS d (tenant_id, segment_id, healthy_from, neutral_from, created_at, updated_at)
    VALUES (set_health_definition.tenant_id, set_health_definition.segment_id, set_health_definition.healthy_from, set_health_definition.neutral_from,
            changed_at, changed_at)
    ON CONFLICT ON CONSTRAINT health_definition_tenant_id_segment_id_key DO UPDATE
    SET healthy_from = excluded.healthy_from, neutral_from = excluded.neutral_from, updated_at = excluded.updated_at
    RETURNING d.id INTO definition;
    DELETE FROM lealup.health_measure m WHERE m.tenant_id = set_health_definition.tenant_id AND m.definition_id = definition;
    INSERT INTO lealup.health_measure
    SELECT m.* FROM jsonb_array_elements(measures) WITH ORDINALITY e(e, n)
    CROSS JOIN LATERAL lealup._health_measure(set_health_definition.tenant_id, definition, e.e, format('measures[%s]', e.n)) m;
    PERFORM lealup._audit(set_health_definition.tenant_id, 'health_definition.set', 'health_definition', definition, jsonb_build_object(
        'segment_id', set_health_definition.segment_id, 'healthy_from', healthy_from, 'neutral_from', neutral_from, 'measures', measures));
    PERFORM lealup._health_recompute_segment(set_health_definition.tenant_id, set_health_definition.segment_id);
    RETURN definition;
END $$;
COMMENT ON FUNCTION lealup.set_health_definition(uuid, uuid, jsonb, int, int) IS
    'Sets, or replaces, how health is measured for a segment (null: for every one that has no definition of its own), makes the scores anew, and gives the definition''s id. measures: [{"kind", "weight" (default 1), "worst" and "best" (the values worth 0 and 100 points, linear between) or "thresholds": [{"from", "points"}], "fresh_for" (default "30 days"), "half_life"?}]. A score of healthy_from or more is healthy, of neutral_from or more neutral. Needs the right to configure.';

CREATE FUNCTION lealup.delete_health_definition(tenant_id uuid, segment_id uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    definition uuid;
BEGIN
    PERFORM lealup._require('configure', delete_health_definition.tenant_id);
    PERFORM FROM lealup.tenant t WHERE t.tenant_id = delete_health_definition.tenant_id FOR UPDATE;
    DELETE FROM lealup.health_definition d
    WHERE d.tenant_id = delete_health_definition.tenant_id AND d.segment_id IS NOT DISTINCT FROM delete_health_definition.segment_id
    RETURNING d.id INTO definition;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no such health definition' USING ERRCODE = 'no_data_found';
    END IF;
    PERFORM lealup._audit(delete_health_definition.tenant_id, 'health_definition.delete', 'health_definition', definition,
        jsonb_build_object('segment_id', delete_health_definition.segment_id));
    PERFORM lealup._health_recompute_segment(delete_health_definition.tenant_id, delete_health_definition.segment_id);
END $$;
COMMENT ON FUNCTION lealup.delete_health_definition(uuid, uuid) IS
    'Removes a segment''s health definition, so that the tenant''s own holds for it, or (null) that one; scores that nothing measures any more stay, marked stale. Raises no_data_found if there is none. Needs the right to configure.';

CREATE FUNCTION lealup._health_duration(duration interval) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (SELECT concat(x.n, ' ', x.unit, CASE WHEN x.n <> 1 THEN 's' END)
            FROM (SELECT greatest(0, extract(epoch FROM duration))::bigint AS s) e
            CROSS JOIN LATERAL (SELECT CASE WHEN e.s >= 86400 THEN e.s / 86400 WHEN e.s >= 3600 THEN e.s / 3600 ELSE e.s / 60 END AS n,
                CASE WHEN e.s >= 86400 THEN 'day' WHEN e.s >= 3600 THEN 'hour' ELSE 'minute' END AS unit) x);
COMMENT ON FUNCTION lealup._health_duration(interval) IS 'A duration in words, in its largest unit, rounded down: 3 days, 1 hour, 0 minutes.';

CREATE FUNCTION lealup.explain_health(tenant_id uuid, customer_id uuid)
    RETURNS TABLE (kind text, value double precision, observed_at timestamptz, state text, points numeric, weight numeric, share numeric,
        contribution numeric, explanation text)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    as_of timestamptz;
BEGIN
    -- The score as it stands is explained: of the time for which it was made, unless it only lives on.
    SELECT CASE WHEN s.stale IS FALSE THEN s.computed_at ELSE clock_timestamp() END INTO as_of
    FROM lealup.customer c LEFT JOIN lealup.health_score s ON s.tenant_id = c.tenant_id AND s.customer_id = c.id
    WHERE c.tenant_id = explain_health.tenant_id AND c.id = explain_health.customer_id AND c.deleted_at IS NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'customer % does not exist', coalesce(explain_health.customer_id::text, 'null') USING ERRCODE = 'no_data_found';
    END IF;
    RETURN QUERY
    SELECT i.kind, i.value, i.observed_at, i.state, round(i.points, 2), i.weight, round(i.share, 2), round(i.contribution, 4),
        CASE i.state
            WHEN 'fresh' THEN format('%s was %s, observed %s ago: worth %s of 100 points. It counts for %s%% of the score%s and contributes %s points.',
                i.kind, i.value, i.age, trim_scale(round(i.points, 1)), trim_scale(round(i.share, 1)),
                CASE WHEN round(i.share, 1) <> round(i.nominal, 1) THEN format(' (%s%% if all inputs were fresh and new)', trim_scale(round(i.nominal, 1))) END,
                trim_scale(round(i.contribution, 1)))
            WHEN 'stale' THEN format('%s was %s, observed %s ago: too long ago to count, as it is fresh for %s.', i.kind, i.value, i.age, lealup._health_duration(i.fresh_for))
            ELSE format(CASE WHEN i.observed_at IS NULL THEN '%s has not been observed, so that it does not count.'
                ELSE 'The latest observation of %s, %s ago, has no value, so that it does not count.' END, i.kind, i.age)
        END || CASE WHEN i.state <> 'fresh' AND i.counting > 0 THEN format(' Its %s%% go to the other inputs.', trim_scale(round(i.nominal, 1))) ELSE '' END
    FROM (SELECT x.*, lealup._health_duration(as_of - x.observed_at) AS age, count(x.effective_weight) OVER () AS counting,
              100 * x.weight / sum(x.weight) OVER () AS nominal,
              coalesce(100 * x.effective_weight / sum(x.effective_weight) OVER (), 0) AS share,
              coalesce(x.points * x.effective_weight / sum(x.effective_weight) OVER (), 0) AS contribution
          FROM lealup._health_inputs(explain_health.tenant_id, explain_health.customer_id, as_of) x) i
    ORDER BY i.effective_weight DESC NULLS LAST, i.kind;
END $$;
COMMENT ON FUNCTION lealup.explain_health(uuid, uuid) IS
    'What a customer''s health score is made of, one row per measure: the latest signal, state (fresh; stale and missing do not count), points (0 to 100), weight, share (percent of the weight that counts, after age), contribution (points; together they are the score before rounding) and explanation, which says it in words. Shows what the caller sees; raises no_data_found for a customer that is not there.';
