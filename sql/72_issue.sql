-- Issues: what the messages of customers tell of, found by the built-in lexicon or by an assistant. Each one found is an event.

CREATE TABLE lealup.detected_issue (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT lealup.uuid7(),
    timeline_event_id uuid NOT NULL,
    customer_id uuid,
    class text NOT NULL CHECK (class IN ('cancellation', 'complaint', 'billing', 'outage', 'competitor')),
    severity text NOT NULL CHECK (severity IN ('low', 'medium', 'high')),
    summary text NOT NULL CHECK (length(summary) <= 1000),
    score real,
    classifier text NOT NULL CHECK (length(classifier) <= 300),
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (tenant_id, timeline_event_id, class),
    FOREIGN KEY (tenant_id, timeline_event_id) REFERENCES lealup.timeline_event ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, customer_id) REFERENCES lealup.customer
);
CREATE INDEX ON lealup.detected_issue (tenant_id, customer_id, id);
ALTER TABLE lealup.detected_issue ADD PRIMARY KEY (tenant_id, id);
COMMENT ON TABLE lealup.detected_issue IS 'A potential issue in an incoming message: one row for each message and class.';
COMMENT ON COLUMN lealup.detected_issue.customer_id IS 'Null until the message is assigned to a customer; the event is emitted then.';
COMMENT ON COLUMN lealup.detected_issue.score IS 'How sure the built-in lexicon is, 0.5 to 1; null if an assistant found it.';
COMMENT ON COLUMN lealup.detected_issue.classifier IS 'Who found it: embedded, or assistant: and its model.';

-- ----- Events -----

CREATE FUNCTION lealup._issue_channel(kind text, channel text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN kind = 'email' THEN 'email' WHEN kind = 'message' AND lower(channel) = 'whatsapp' THEN 'whatsapp' END;
COMMENT ON FUNCTION lealup._issue_channel(text, text) IS 'The channel as ai.detected_issue names it: email or whatsapp; null for what is neither.';

CREATE FUNCTION lealup._emit_issues(tenant_ids uuid[], issue_ids uuid[]) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF issue_ids IS NULL OR lealup._suppressed() THEN
        RETURN;
    END IF;
    PERFORM lealup._emit_all(array_agg(ROW(d.tenant_id, 'ai.detected_issue', d.customer_id,
        lealup._json_object('customer_id', c.id, 'customer_name', c.name, 'channel', x.channel, 'summary', d.summary, 'severity', d.severity,
            'class', d.class, 'timeline_event_id', d.timeline_event_id, 'contact_id', e.contact_id, 'owner_id', c.owner_id, 'owner_email', m.email),
        lealup._customer_context(c))::lealup._emission))
    FROM unnest(tenant_ids, issue_ids) i(tenant_id, id)
    JOIN lealup.detected_issue d ON d.tenant_id = i.tenant_id AND d.id = i.id
    JOIN lealup.timeline_event e ON e.tenant_id = d.tenant_id AND e.id = d.timeline_event_id
    JOIN lealup.customer c ON c.tenant_id = d.tenant_id AND c.id = d.customer_id AND c.deleted_at IS NULL
    LEFT JOIN lealup.member m ON m.tenant_id = c.tenant_id AND m.id = c.owner_id
    CROSS JOIN LATERAL (SELECT lealup._issue_channel(e.kind, e.channel) AS channel) x
    WHERE x.channel IS NOT NULL;
END $$;
COMMENT ON FUNCTION lealup._emit_issues(uuid[], uuid[]) IS
    'Emits ai.detected_issue for issues that belong to a customer and were found in an e-mail or a WhatsApp message.';

CREATE FUNCTION lealup._issue_inserted() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lealup._emit_issues(array_agg(n.tenant_id), array_agg(n.id)) FROM inserted n WHERE n.customer_id IS NOT NULL;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION lealup._issue_inserted() IS 'Trigger: ai.detected_issue, for an issue whose customer is known.';
CREATE TRIGGER issue_inserted AFTER INSERT ON lealup.detected_issue REFERENCING NEW TABLE AS inserted
    FOR EACH STATEMENT EXECUTE FUNCTION lealup._issue_inserted();

CREATE FUNCTION lealup._issue_updated() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- A difference of sets is never a nested loop, however few rows the plan was made for.
    PERFORM lealup._emit_issues(array_agg(x.tenant_id), array_agg(x.id))
    FROM (SELECT n.tenant_id, n.id FROM new_rows n WHERE n.customer_id IS NOT NULL
          EXCEPT SELECT o.tenant_id, o.id FROM old_rows o WHERE o.customer_id IS NOT NULL) x;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION lealup._issue_updated() IS 'Trigger: ai.detected_issue, for an issue whose customer has become known.';
CREATE TRIGGER issue_updated AFTER UPDATE ON lealup.detected_issue REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION lealup._issue_updated();

-- ----- Where issues come from -----

CREATE FUNCTION lealup._issue_summary(class text, evidence text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE class WHEN 'cancellation' THEN 'Speaks of leaving' WHEN 'complaint' THEN 'Complains' WHEN 'billing' THEN 'Disputes a charge or a payment'
        WHEN 'outage' THEN 'Reports that something does not work' WHEN 'competitor' THEN 'Mentions a competitor' END || coalesce(': ' || nullif(evidence, ''), '');
COMMENT ON FUNCTION lealup._issue_summary(text, text) IS 'What the built-in lexicon says of an issue: its class in words, and the sentence that shows it.';

CREATE FUNCTION lealup._timeline_issues() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    -- What is older is history that is loaded, of which nobody wants to be alarmed.
    since timestamptz := now() - interval '7 days';
BEGIN
    IF lealup._suppressed() THEN
        RETURN NULL;
    END IF;
    WITH message AS MATERIALIZED (
        -- The subject of an answer is not by its sender.
        SELECT n.tenant_id, n.id, n.customer_id, concat_ws(E'\n\n', CASE WHEN n.title !~* '^\s*(re|fwd?|rv|res|enc|aw|wg)\s*:' THEN n.title END, n.body) AS words
        FROM inserted n JOIN lealup.tenant t ON t.tenant_id = n.tenant_id AND t.home = lealup.home()
        WHERE n.direction = 'in' AND lealup._issue_channel(n.kind, n.channel) IS NOT NULL AND n.occurred_at > since
          AND coalesce(t.settings ->> 'issue_detection', 'embedded') = 'embedded'
          AND NOT EXISTS (SELECT FROM lealup.assistant a WHERE a.tenant_id = n.tenant_id AND a.classify)
    )
    INSERT INTO lealup.detected_issue (tenant_id, timeline_event_id, customer_id, class, severity, summary, score, classifier)
    SELECT e.tenant_id, e.id, e.customer_id, c.class, c.severity, lealup._issue_summary(c.class, c.evidence), c.score, 'embedded'
    FROM message e CROSS JOIN LATERAL lealup._classify(e.tenant_id, e.words) c
    ON CONFLICT (tenant_id, timeline_event_id, class) DO NOTHING;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION lealup._timeline_issues() IS
    'Trigger: incoming e-mails and WhatsApp messages of the last seven days are looked at by the built-in lexicon, unless the tenant has turned it off or lets an assistant do it.';
CREATE TRIGGER timeline_issues AFTER INSERT ON lealup.timeline_event REFERENCING NEW TABLE AS inserted
    FOR EACH STATEMENT EXECUTE FUNCTION lealup._timeline_issues();

CREATE FUNCTION lealup._timeline_assigned() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE lealup.detected_issue d SET customer_id = x.customer_id
    FROM (SELECT n.tenant_id, n.id, n.customer_id FROM new_rows n WHERE n.customer_id IS NOT NULL
          EXCEPT SELECT o.tenant_id, o.id, o.customer_id FROM old_rows o) x
    WHERE d.tenant_id = x.tenant_id AND d.timeline_event_id = x.id AND d.customer_id IS DISTINCT FROM x.customer_id;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION lealup._timeline_assigned() IS 'Trigger: the issues of a message follow it to the customer to whom it is assigned.';
CREATE TRIGGER timeline_assigned AFTER UPDATE ON lealup.timeline_event REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION lealup._timeline_assigned();

CREATE FUNCTION lealup._store_issues(tenant_id uuid, timeline_event_id uuid, classifier text, issues jsonb) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO lealup.detected_issue (tenant_id, timeline_event_id, customer_id, class, severity, summary, classifier)
    SELECT e.tenant_id, e.id, e.customer_id, i ->> 'class', i ->> 'severity',
           coalesce(left(nullif(btrim(i ->> 'summary'), ''), 1000), lealup._issue_summary(i ->> 'class', '')), left(_store_issues.classifier, 300)
    FROM lealup.timeline_event e
    CROSS JOIN jsonb_array_elements(CASE jsonb_typeof(_store_issues.issues) WHEN 'array' THEN _store_issues.issues ELSE '[]' END) i
    WHERE e.tenant_id = _store_issues.tenant_id AND e.id = _store_issues.timeline_event_id
    ON CONFLICT ON CONSTRAINT detected_issue_tenant_id_timeline_event_id_class_key DO NOTHING;
END $$;
COMMENT ON FUNCTION lealup._store_issues(uuid, uuid, text, jsonb) IS
    'Stores issues that a classifier found in a message: [{"class", "severity", "summary"}]. A class that the message already has, or a message that is gone, is passed over, so that it can be repeated.';
