-- Briefings: what is known of a customer before a meeting, put together ahead of it.

CREATE TABLE lealup.meeting_briefing (
    tenant_id uuid NOT NULL,
    meeting_id uuid NOT NULL,
    body text,
    source text CHECK (source IN ('template', 'assistant')),
    prepared_at timestamptz,
    due_at timestamptz,
    PRIMARY KEY (tenant_id, meeting_id),
    FOREIGN KEY (tenant_id, meeting_id) REFERENCES lealup.meeting ON DELETE CASCADE
);
CREATE INDEX ON lealup.meeting_briefing (due_at) WHERE due_at IS NOT NULL;
COMMENT ON TABLE lealup.meeting_briefing IS
    'The briefing of each meeting with a customer: prepared a day ahead and once more an hour ahead, so that it tells how things are.';
COMMENT ON COLUMN lealup.meeting_briefing.body IS 'Markdown; null until it is prepared.';
COMMENT ON COLUMN lealup.meeting_briefing.source IS 'template = the facts as briefing() gives them, assistant = put into words.';
COMMENT ON COLUMN lealup.meeting_briefing.due_at IS 'When it is prepared next; null = no more.';

-- ----- What it tells -----

CREATE FUNCTION lealup._one_line(words text, length int) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN btrim(regexp_replace(left(words, length), '\s+', ' ', 'g')) || CASE WHEN length(words) > length THEN ' ...' ELSE '' END;
COMMENT ON FUNCTION lealup._one_line(text, int) IS 'The first characters of a text, on one line.';

CREATE FUNCTION lealup._briefing_health(tenant_id uuid, customer_id uuid) RETURNS SETOF text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
    SELECT concat('- Score: ', s.score, ' (', s.band, ')', CASE WHEN s.stale THEN ', no fresh signals' END)
    FROM lealup.health_score s
    WHERE s.tenant_id = _briefing_health.tenant_id AND s.customer_id = _briefing_health.customer_id AND s.score IS NOT NULL;
    RETURN QUERY
    SELECT '- ' || h.explanation FROM lealup.explain_health(_briefing_health.tenant_id, _briefing_health.customer_id) h LIMIT 20;
EXCEPTION WHEN no_data_found THEN
    -- A customer that was removed has no health.
    RETURN;
END $$;
COMMENT ON FUNCTION lealup._briefing_health(uuid, uuid) IS 'The lines of a briefing that tell how a customer is: the score, and what it is made of.';

CREATE FUNCTION lealup.briefing(tenant_id uuid, meeting_id uuid) RETURNS text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    m lealup.meeting;
    c lealup.customer;
    owner lealup.member;
    zone text;
    today date;
    body text;
    lines text;
BEGIN
    SELECT * INTO m FROM lealup.meeting x WHERE x.tenant_id = briefing.tenant_id AND x.id = briefing.meeting_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'meeting % does not exist', coalesce(briefing.meeting_id::text, 'null') USING ERRCODE = 'no_data_found';
    END IF;
    SELECT * INTO c FROM lealup.customer x WHERE x.tenant_id = m.tenant_id AND x.id = m.customer_id;
    SELECT * INTO owner FROM lealup.member x WHERE x.tenant_id = m.tenant_id AND x.id = coalesce(m.owner_id, c.owner_id);
    SELECT coalesce(owner.time_zone, t.time_zone) INTO zone FROM lealup.tenant t WHERE t.tenant_id = m.tenant_id;
    today := (now() AT TIME ZONE zone)::date;

    body := format(E'# %s\n\nMeeting on %s (%s)%s\n\n## Who\n', lealup._one_line(m.title, 300), to_char(m.starts_at AT TIME ZONE zone, 'FMDay, YYYY-MM-DD HH24:MI'), zone,
        ', ' || lealup._one_line(m.location, 300));
    IF c.id IS NULL THEN
        body := body || E'- No customer is assigned.\n';
    ELSE
        SELECT format(E'- %s', concat_ws(', ', lealup._one_line(c.name, 300), c.domain, c.status, c.tier,
                (SELECT 'segment ' || g.name FROM lealup.segment g WHERE g.tenant_id = c.tenant_id AND g.id = c.segment_id),
                (SELECT 'owned by ' || coalesce(o.name, o.email) FROM lealup.member o WHERE o.tenant_id = c.tenant_id AND o.id = c.owner_id),
                CASE WHEN c.deleted_at IS NOT NULL THEN 'removed' END)) INTO lines;
        body := body || lines || E'\n';
    END IF;
    SELECT string_agg(format(E'- %s\n', lealup._one_line(concat_ws(', ', coalesce(p.name, a.v ->> 'name'), p.title, coalesce(p.email, a.v ->> 'email')), 300)), '' ORDER BY a.n)
    INTO lines
    FROM jsonb_array_elements(m.attendees) WITH ORDINALITY a(v, n)
    LEFT JOIN LATERAL (
        SELECT k.name, k.title, k.email FROM lealup.contact k
        WHERE k.tenant_id = m.tenant_id AND k.deleted_at IS NULL AND lower(k.email) = lower(a.v ->> 'email') LIMIT 1) p ON true
    WHERE a.n <= 20 AND jsonb_typeof(a.v) = 'object';
    body := body || coalesce(lines, '');
    IF c.id IS NULL THEN
        RETURN body;
    END IF;

    SELECT string_agg(h || E'\n', '') INTO lines FROM lealup._briefing_health(m.tenant_id, c.id) h;
    body := body || E'\n## Health\n' || coalesce(lines, E'- Nothing is known.\n');

    SELECT format(E'- Renewal: %s (%s)%s\n', to_char(r.renewal_date, 'YYYY-MM-DD'),
        format(CASE WHEN r.renewal_date >= today THEN 'in %s days' ELSE '%s days ago' END, abs(r.renewal_date - today)), ', ' || r.amount || ' ' || r.currency) INTO lines
    FROM lealup.renewal r WHERE r.tenant_id = m.tenant_id AND r.customer_id = c.id AND r.status = 'open' ORDER BY r.renewal_date LIMIT 1;
    body := body || E'\n## Contract\n' || format(E'- ARR: %s\n', coalesce(c.arr || ' ' || c.currency, 'not known'));
    body := body || coalesce(lines, format(E'- Renewal: %s\n', coalesce(to_char(c.renewal_date, 'YYYY-MM-DD'), 'not known')));

    SELECT string_agg(format(E'- %s: %s (%s)\n', to_char(i.created_at AT TIME ZONE zone, 'YYYY-MM-DD'), lealup._one_line(i.summary, 300), i.severity), '' ORDER BY i.id DESC)
    INTO lines
    FROM (SELECT * FROM lealup.detected_issue d
          WHERE d.tenant_id = m.tenant_id AND d.customer_id = c.id AND d.created_at > now() - interval '30 days' ORDER BY d.id DESC LIMIT 5) i;
    body := body || coalesce(E'\n## Issues of the last 30 days\n' || lines, '');

    SELECT string_agg(format(E'- %s %s: %s\n', to_char(e.occurred_at AT TIME ZONE zone, 'YYYY-MM-DD'),
        concat_ws(' ', e.kind, CASE e.direction WHEN 'in' THEN 'from them' WHEN 'out' THEN 'to them' END),
        lealup._one_line(concat_ws(': ', nullif(e.title, ''), e.body), 200)), '' ORDER BY e.occurred_at DESC, e.id DESC) INTO lines
    FROM (SELECT * FROM lealup.timeline_event x
          WHERE x.tenant_id = m.tenant_id AND x.customer_id = c.id AND x.occurred_at <= now() ORDER BY x.occurred_at DESC LIMIT 5) e;
    body := body || E'\n## Last interactions\n' || coalesce(lines, E'- None.\n');

    SELECT string_agg(format(E'- %s (%s, %s, since %s)\n', lealup._one_line(k.subject, 300), k.status, k.priority, to_char(k.created_at AT TIME ZONE zone, 'YYYY-MM-DD')), ''
        ORDER BY k.created_at DESC, k.id DESC) INTO lines
    FROM (SELECT * FROM lealup.ticket x
          WHERE x.tenant_id = m.tenant_id AND x.customer_id = c.id AND x.status <> 'resolved' ORDER BY x.created_at DESC, x.id DESC LIMIT 10) k;
    body := body || E'\n## Open tickets\n' || coalesce(lines, E'- None.\n');

    SELECT string_agg(format(E'- %s (%s%s)\n', lealup._one_line(k.title, 300), k.priority, CASE WHEN k.due_at < now() THEN ', overdue since ' ELSE ', due ' END
        || to_char(k.due_at AT TIME ZONE zone, 'YYYY-MM-DD')), '' ORDER BY k.due_at, k.id) INTO lines
    FROM (SELECT * FROM lealup.task x
          WHERE x.tenant_id = m.tenant_id AND x.customer_id = c.id AND x.status IN ('open', 'in_progress') ORDER BY x.due_at, x.id LIMIT 10) k;
    RETURN body || E'\n## Open tasks\n' || coalesce(lines, E'- None.\n');
END $$;
COMMENT ON FUNCTION lealup.briefing(uuid, uuid) IS
    'What is known before a meeting, in Markdown: who, health, ARR and renewal, issues, the last five interactions, open tickets and tasks; days are those of the meeting''s owner, else the tenant''s. Shows what the caller sees; raises no_data_found for a meeting that is not there.';

-- ----- When it is prepared -----

CREATE FUNCTION lealup._meeting_inserted() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO lealup.meeting_briefing (tenant_id, meeting_id, due_at)
    SELECT n.tenant_id, n.id, n.starts_at - interval '24 hours'
    FROM inserted n JOIN lealup.tenant t ON t.tenant_id = n.tenant_id AND t.home = lealup.home()
    WHERE n.customer_id IS NOT NULL AND n.status <> 'cancelled' AND n.starts_at > now()
    ON CONFLICT DO NOTHING;
    IF FOUND THEN
        PERFORM lealup._wake('upkeep');
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION lealup._meeting_inserted() IS 'Trigger: the briefing of a meeting with a customer is due a day before it.';

CREATE FUNCTION lealup._meeting_updated() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- A difference of sets is never a nested loop, however few rows the plan was made for.
    INSERT INTO lealup.meeting_briefing AS b (tenant_id, meeting_id, due_at)
    SELECT x.tenant_id, x.id, CASE WHEN x.customer_id IS NOT NULL AND NOT x.cancelled AND x.starts_at > now() THEN x.starts_at - interval '24 hours' END
    FROM (SELECT n.tenant_id, n.id, n.starts_at, n.customer_id, n.status = 'cancelled' AS cancelled FROM new_rows n
          EXCEPT SELECT o.tenant_id, o.id, o.starts_at, o.customer_id, o.status = 'cancelled' FROM old_rows o) x
    JOIN lealup.tenant t ON t.tenant_id = x.tenant_id AND t.home = lealup.home()
    ON CONFLICT (tenant_id, meeting_id) DO UPDATE SET due_at = excluded.due_at;
    IF FOUND THEN
        PERFORM lealup._wake('upkeep');
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION lealup._meeting_updated() IS 'Trigger: a meeting that was moved, cancelled or given to another customer is briefed for anew, or not at all.';

CREATE TRIGGER meeting_inserted AFTER INSERT ON lealup.meeting REFERENCING NEW TABLE AS inserted
    FOR EACH STATEMENT EXECUTE FUNCTION lealup._meeting_inserted();
CREATE TRIGGER meeting_updated AFTER UPDATE ON lealup.meeting REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION lealup._meeting_updated();

CREATE FUNCTION lealup._try_briefing(tenant_id uuid, meeting_id uuid) RETURNS text
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN lealup.briefing(tenant_id, meeting_id);
EXCEPTION WHEN OTHERS THEN
    -- One meeting must not keep the others of its batch from being prepared.
    RETURN format('The briefing could not be prepared: %s', left(SQLERRM, 500));
END $$;
COMMENT ON FUNCTION lealup._try_briefing(uuid, uuid) IS 'briefing(), or why there is none.';

CREATE FUNCTION lealup._prepare_briefings(tenant_ids uuid[], meeting_ids uuid[], now timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    WITH prepared AS (
        INSERT INTO lealup.meeting_briefing (tenant_id, meeting_id, body, source, prepared_at, due_at)
        SELECT m.tenant_id, m.id, lealup._try_briefing(m.tenant_id, m.id), 'template', _prepare_briefings.now,
            CASE WHEN m.starts_at - interval '24 hours' > _prepare_briefings.now THEN m.starts_at - interval '24 hours'
                 WHEN m.starts_at - interval '1 hour' > _prepare_briefings.now THEN m.starts_at - interval '1 hour' END
        FROM unnest(tenant_ids, meeting_ids) x(tenant_id, id) JOIN lealup.meeting m ON m.tenant_id = x.tenant_id AND m.id = x.id
        ON CONFLICT ON CONSTRAINT meeting_briefing_pkey DO UPDATE
        SET body = excluded.body, source = excluded.source, prepared_at = excluded.prepared_at, due_at = excluded.due_at
        RETURNING tenant_id, meeting_id
    )
    INSERT INTO lealup.assistant_job AS j (tenant_id, purpose, subject_id, next_attempt_at)
    SELECT p.tenant_id, 'brief', p.meeting_id, _prepare_briefings.now
    FROM prepared p JOIN lealup.assistant a ON a.tenant_id = p.tenant_id AND a.brief
    ON CONFLICT ON CONSTRAINT assistant_job_tenant_id_purpose_subject_id_key DO UPDATE
    SET status = 'pending', attempts = 0, next_attempt_at = excluded.next_attempt_at, error = NULL, finished_at = NULL
    WHERE j.status IN ('done', 'failed');
    IF FOUND THEN
        PERFORM lealup._wake('upkeep');
    END IF;
END $$;
COMMENT ON FUNCTION lealup._prepare_briefings(uuid[], uuid[], timestamptz) IS
    'Stores the briefings of meetings as they are now, and asks the assistant to put them into words where the tenant has one that does.';

CREATE FUNCTION lealup._briefings_due(now timestamptz, max_rows int) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    tenants uuid[];
    meetings uuid[];
    over boolean[];
BEGIN
    SELECT array_agg(d.tenant_id), array_agg(d.meeting_id), array_agg(d.starts_at <= _briefings_due.now) INTO tenants, meetings, over
    FROM (SELECT b.tenant_id, b.meeting_id, m.starts_at
          FROM lealup.meeting_briefing b
          JOIN lealup.tenant t ON t.tenant_id = b.tenant_id AND t.home = lealup.home()
          JOIN lealup.meeting m ON m.tenant_id = b.tenant_id AND m.id = b.meeting_id
          WHERE b.due_at <= _briefings_due.now ORDER BY b.due_at LIMIT max_rows FOR UPDATE OF b SKIP LOCKED) d;
    IF tenants IS NULL THEN
        RETURN 0;
    END IF;
    -- Nobody reads the briefing of a meeting that has begun while no worker ran.
    UPDATE lealup.meeting_briefing b SET due_at = NULL
    FROM unnest(tenants, meetings, over) x(tenant_id, meeting_id, over)
    WHERE b.tenant_id = x.tenant_id AND b.meeting_id = x.meeting_id AND x.over;
    PERFORM lealup._prepare_briefings(array_agg(x.tenant_id), array_agg(x.meeting_id), _briefings_due.now)
    FROM unnest(tenants, meetings, over) x(tenant_id, meeting_id, over) WHERE NOT x.over;
    RETURN cardinality(tenants);
END $$;
COMMENT ON FUNCTION lealup._briefings_due(timestamptz, int) IS
    'Prepares the briefings that are due at a time, at most max_rows; gives how many were dealt with. Only of tenants that are at home here.';

CREATE FUNCTION lealup._briefings_next() RETURNS timestamptz
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT b.due_at FROM lealup.meeting_briefing b
    JOIN lealup.tenant t ON t.tenant_id = b.tenant_id AND t.home = lealup.home()
    WHERE b.due_at IS NOT NULL ORDER BY b.due_at LIMIT 1;
END;
COMMENT ON FUNCTION lealup._briefings_next() IS 'When the next briefing is due; null if there is none.';

CREATE FUNCTION lealup.prepare_briefing(tenant_id uuid, meeting_id uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lealup._require('edit', prepare_briefing.tenant_id);
    IF NOT EXISTS (SELECT FROM lealup.meeting m WHERE m.tenant_id = prepare_briefing.tenant_id AND m.id = prepare_briefing.meeting_id) THEN
        RAISE EXCEPTION 'meeting % does not exist', coalesce(prepare_briefing.meeting_id::text, 'null') USING ERRCODE = 'no_data_found';
    END IF;
    PERFORM lealup._prepare_briefings(ARRAY[prepare_briefing.tenant_id], ARRAY[prepare_briefing.meeting_id], clock_timestamp());
    PERFORM lealup._audit(prepare_briefing.tenant_id, 'briefing.prepare', 'meeting', prepare_briefing.meeting_id);
END $$;
COMMENT ON FUNCTION lealup.prepare_briefing(uuid, uuid) IS
    'Prepares the briefing of a meeting now, whenever it is; meeting_briefing has it. Raises no_data_found for a meeting that is not there.';

CREATE FUNCTION lealup._store_briefing(tenant_id uuid, meeting_id uuid, body text) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    at timestamptz := clock_timestamp();
BEGIN
    UPDATE lealup.meeting_briefing b SET body = _store_briefing.body, source = 'assistant', prepared_at = at
    WHERE b.tenant_id = _store_briefing.tenant_id AND b.meeting_id = _store_briefing.meeting_id;
END $$;
COMMENT ON FUNCTION lealup._store_briefing(uuid, uuid, text) IS 'Stores a briefing that an assistant has put into words; nothing if the meeting is gone.';
