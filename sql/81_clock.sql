-- The clock: what time alone causes. The sync worker runs it when something becomes due; maintenance() runs it where no workers are.

CREATE FUNCTION lealup._report_problem(message text) RETURNS void
    LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'lealup_report_problem';
COMMENT ON FUNCTION lealup._report_problem(text) IS 'Shows a message as last_error in worker_status, if a worker calls it.';

CREATE FUNCTION lealup._clock_kinds() RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ARRAY['renewals', 'tasks', 'health', 'briefings', 'playbooks', 'inbox', 'notifications', 'mirrors'];
COMMENT ON FUNCTION lealup._clock_kinds() IS
    'The kinds of work that time causes, in order. Each is two functions. lealup._KIND_due(now timestamptz, max_rows int) RETURNS bigint does at most max_rows pieces of what is due, for tenants at home here, passes over what is locked, and gives how many it did; fewer than max_rows = nothing is left. lealup._KIND_next() RETURNS timestamptz gives, by an index, the earliest moment at which it has something to do, null if that is not soon. Whatever makes something due within the hour calls lealup._wake(''upkeep'').';

CREATE FUNCTION lealup._clock_batch(kind text, now timestamptz, OUT done bigint, OUT next timestamptz, OUT problem text)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    max_rows CONSTANT int := 1000;
    -- What failed, and what was passed over because somebody is changing it, is tried again then.
    later CONSTANT timestamptz := _clock_batch.now + interval '1 minute';
BEGIN
    done := 0;
    -- One kind that fails must not stop the others.
    BEGIN
        IF kind = 'upkeep' THEN
            done := lealup._upkeep(_clock_batch.now)::int;
            next := CASE WHEN done > 0 THEN _clock_batch.now END;
        ELSE
            EXECUTE format('SELECT lealup.%I($1, $2)', '_' || kind || '_due') INTO done USING _clock_batch.now, max_rows;
            IF done >= max_rows THEN
                next := _clock_batch.now;
            ELSE
                EXECUTE format('SELECT lealup.%I()', '_' || kind || '_next') INTO next;
                -- What becomes due in quick succession is done together.
                next := CASE WHEN next <= _clock_batch.now THEN later WHEN next IS NOT NULL THEN greatest(next, _clock_batch.now + interval '1 second') END;
            END IF;
        END IF;
    EXCEPTION WHEN OTHERS THEN
        done := 0;
        next := later;
        problem := SQLERRM;
        RAISE WARNING 'lealup: the clock''s work on % failed: %', kind, problem
            USING ERRCODE = SQLSTATE, DETAIL = 'The work is kept and tried again.';
        PERFORM lealup._report_problem(kind || ': ' || problem);
    END;
END $$;
COMMENT ON FUNCTION lealup._clock_batch(text, timestamptz) IS
    'Does one bounded batch of a kind of _clock_kinds(), or of upkeep: how much was done, when to go on (now = there may be more; null = nothing is known to come), and the error, if it failed, which is also a warning in the log and shown in worker_status.';

CREATE FUNCTION lealup._lock_clock(wait boolean) RETURNS boolean
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- Everybody could take, and keep, an advisory lock. This one hinders nobody else: the catalog is not changed.
    IF wait THEN
        LOCK TABLE lealup.event_type IN SHARE UPDATE EXCLUSIVE MODE;
    ELSE
        LOCK TABLE lealup.event_type IN SHARE UPDATE EXCLUSIVE MODE NOWAIT;
    END IF;
    RETURN true;
EXCEPTION WHEN lock_not_available THEN
    IF wait THEN
        RAISE;
    END IF;
    RETURN false;
END $$;
COMMENT ON FUNCTION lealup._lock_clock(boolean) IS
    'Keeps other sessions from running the clock until the transaction ends; false if one runs it already. wait: for that one to end.';

CREATE FUNCTION lealup._clock(now timestamptz) RETURNS timestamptz
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    due timestamptz := _clock.now + interval '1 hour';
    kind text;
BEGIN
    IF NOT lealup._lock_clock(wait => false) THEN
        RETURN _clock.now + interval '1 minute';
    END IF;
    -- The worker has playbooks' steps taken, providers' notifications understood, and rules' actions made, by itself, at once and not only in a minute.
    FOREACH kind IN ARRAY array_remove(array_remove(array_remove(array_remove(lealup._clock_kinds(), 'playbooks'), 'inbox'), 'notifications'), 'mirrors') LOOP
        due := least(due, (SELECT b.next FROM lealup._clock_batch(kind, _clock.now) b));
    END LOOP;
    RETURN due;
END $$;
COMMENT ON FUNCTION lealup._clock(timestamptz) IS
    'Does one bounded batch of every kind of work that time causes, and gives when to be called next: at once if a batch was full, else when something becomes due, but at the latest in an hour; in a minute for what failed or was locked. Whatever was missed is done by the next call. Does nothing while another session does it.';

CREATE FUNCTION lealup.maintenance(OUT kind text, OUT done bigint, OUT problem text) RETURNS SETOF record
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    moment timestamptz;
    batch record;
BEGIN
    PERFORM lealup._require_admin('run maintenance');
    PERFORM lealup._lock_clock(wait => true);
    moment := clock_timestamp();
    -- Upkeep comes last, because it keeps locks on the logs until the transaction ends.
    FOREACH kind IN ARRAY lealup._clock_kinds() || 'upkeep'::text LOOP
        done := 0;
        LOOP
            SELECT * INTO batch FROM lealup._clock_batch(kind, moment);
            done := done + batch.done;
            problem := batch.problem;
            EXIT WHEN batch.next IS DISTINCT FROM moment;
        END LOOP;
        RETURN NEXT;
    END LOOP;
END $$;
COMMENT ON FUNCTION lealup.maintenance() IS
    'Does everything that is due by the clock (renewal notices, overdue tasks and the like) and the logs'' upkeep: one row for each kind of work, with how much was done and the error if it failed. For installations whose workers do not run; call it every few minutes, in a transaction of its own. Waits for another run to end. Needs the access admin.';
