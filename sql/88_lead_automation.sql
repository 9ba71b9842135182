-- Automations: what happens with leads is sent to a URL, or to a connection, if a condition is met. That to a URL is a subscription, so deliveries are signed, retried,
-- logged and replayed as all others; that to a connection is a notification rule, so what is sent there is an action: see 89_lead_sync_send.sql. Which automations an
-- event meets is worked out with it, while both states are at hand, and is in its context.

CREATE TABLE lealup.lead_automation (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    triggers text[] NOT NULL CHECK (cardinality(triggers) >= 1 AND triggers <@ '{lead.created,lead.updated,lead_activity.posted,lead_activity.updated}'),
    condition jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(condition) = 'object'),
    peer uuid,
    created_by uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    subscription_id uuid CHECK (subscription_id = id),
    connection_id uuid CHECK (connection_id = peer),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, subscription_id) REFERENCES lealup.subscription,
    FOREIGN KEY (tenant_id, connection_id) REFERENCES lealup.connection ON DELETE CASCADE,
    CHECK (num_nonnulls(subscription_id, connection_id) = 1)
);
COMMENT ON TABLE lealup.lead_automation IS 'Automations of leads, by the ids of their subscriptions, or of their notification rules, which say whether they are active.';
COMMENT ON COLUMN lealup.lead_automation.connection_id IS 'Where it sends to, which is its peer as well; null = to the URL of its subscription.';
COMMENT ON COLUMN lealup.lead_automation.condition IS '{field: {"changed"?, "from"?, "to"?, "is"?, "is_not"?, "min"?, "max"?}}, all of which hold; {} = always.';
COMMENT ON COLUMN lealup.lead_automation.peer IS 'The connection by which the account that it sends to sends to here: nothing goes back of what came by it. Null = none.';

CREATE FUNCTION lealup._lead_value_in(value jsonb, list jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN EXISTS (SELECT FROM jsonb_array_elements(CASE jsonb_typeof(list) WHEN 'array' THEN list ELSE jsonb_build_array(list) END) e(item)
        WHERE coalesce(lealup._lead_key(e.item), '') = coalesce(lealup._lead_key(_lead_value_in.value), ''));
COMMENT ON FUNCTION lealup._lead_value_in(jsonb, jsonb) IS 'Whether a value is one of an array, or that one, without regard to case; null stands for an empty field.';

CREATE FUNCTION lealup._lead_condition(condition jsonb, before jsonb, after jsonb) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c record;
    was jsonb;
    has jsonb;
    same boolean;
BEGIN
    FOR c IN SELECT x.key, x.value FROM jsonb_each(condition) x LOOP
        was := before -> c.key;
        has := after -> c.key;
        same := was IS NOT DISTINCT FROM has;
        IF c.value ? 'from' AND (same OR NOT lealup._lead_value_in(was, c.value -> 'from'))
            OR c.value ? 'to' AND (same OR NOT lealup._lead_value_in(has, c.value -> 'to'))
            OR c.value ? 'changed' AND (c.value -> 'changed')::boolean = same
            OR c.value ? 'is' AND NOT lealup._lead_value_in(has, c.value -> 'is')
            OR c.value ? 'is_not' AND lealup._lead_value_in(has, c.value -> 'is_not')
            OR c.value ? 'min' AND NOT coalesce(jsonb_typeof(has) = jsonb_typeof(c.value -> 'min') AND has >= c.value -> 'min', false)
            OR c.value ? 'max' AND NOT coalesce(jsonb_typeof(has) = jsonb_typeof(c.value -> 'max') AND has <= c.value -> 'max', false) THEN
            RETURN false;
        END IF;
    END LOOP;
    RETURN true;
END $$;
COMMENT ON FUNCTION lealup._lead_condition(jsonb, jsonb, jsonb) IS 'Whether a change of a lead, from one state {name: value} to another, meets the condition of an automation.';

CREATE FUNCTION lealup._check_lead_condition(tenant_id uuid, condition jsonb) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c record;
    x record;
    type text;
BEGIN
    IF jsonb_typeof(condition) IS DISTINCT FROM 'object' OR octet_length(condition::text) > 65536 THEN
        RAISE EXCEPTION 'condition must be a JSON object of at most 64 kB' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    FOR c IN SELECT e.key, e.value FROM jsonb_each(condition) e LOOP
        type := CASE WHEN c.key = 'activity_type' THEN 'text' ELSE (SELECT f.type FROM lealup.lead_field f WHERE f.tenant_id = _check_lead_condition.tenant_id AND f.name = c.key) END;
        IF type IS NULL THEN
            RAISE EXCEPTION 'condition: there is no field %', quote_literal(left(c.key, 100)) USING ERRCODE = 'invalid_parameter_value', HINT = 'SELECT name FROM lealup.lead_field lists them.';
        END IF;
        IF jsonb_typeof(c.value) <> 'object' OR c.value = '{}' THEN
            RAISE EXCEPTION 'condition: what is asked of "%" must be an object', c.key USING ERRCODE = 'invalid_parameter_value', HINT = 'For example {"from": "opportunity won", "to": ["post purchase"]}.';
        END IF;
        FOR x IN SELECT e.key, e.value, jsonb_typeof(e.value) AS kind FROM jsonb_each(c.value) e LOOP
            IF (CASE WHEN x.key = 'changed' THEN x.kind = 'boolean'
                WHEN x.key IN ('from', 'to', 'is', 'is_not') THEN x.kind <> 'object' AND (x.kind <> 'array' OR jsonb_array_length(x.value) BETWEEN 1 AND 100 AND NOT EXISTS (
                    SELECT FROM jsonb_array_elements(x.value) v WHERE jsonb_typeof(v) IN ('object', 'array')))
                WHEN x.key IN ('min', 'max') THEN x.kind = CASE WHEN type IN ('integer', 'number') THEN 'number' WHEN type IN ('date', 'datetime') THEN 'string' END ELSE false END) IS NOT TRUE THEN
                RAISE EXCEPTION 'condition: invalid "%" of "%"', left(x.key, 100), c.key USING ERRCODE = 'invalid_parameter_value',
                    DETAIL = 'There are from, to, is, is_not (a value, or an array of 1 to 100; null = empty), changed (true or false), min and max (of integer and number: a number; of date and datetime: a text).';
            END IF;
        END LOOP;
    END LOOP;
END $$;
COMMENT ON FUNCTION lealup._check_lead_condition(uuid, jsonb) IS 'Raises invalid_parameter_value, naming what is wrong, unless it is a condition over fields that the tenant has.';

CREATE FUNCTION lealup._lead_automations(tenant_id uuid, event_type text, before jsonb, after jsonb, activity_type text, origin uuid, versions jsonb, changed text[]) RETURNS uuid[]
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    activity jsonb := CASE WHEN activity_type IS NULL THEN '{}' ELSE jsonb_build_object('activity_type', activity_type) END;
    here text := tenant_id::text;
BEGIN
    RETURN (
        SELECT array_agg(a.id) FROM lealup.lead_automation a
        WHERE a.tenant_id = _lead_automations.tenant_id AND (event_type = ANY (a.triggers) OR event_type = 'lead.deleted' AND a.peer IS NOT NULL)
          -- What is deleted here is always this account's own doing, as when it makes one lead of two.
          AND (a.peer IS NULL OR origin IS NULL OR a.peer <> origin OR event_type = 'lead.deleted' OR EXISTS (SELECT FROM unnest(changed) c WHERE right(versions ->> c, 36) = here))
          AND (a.condition = '{}' OR lealup._lead_condition(a.condition, before || activity, after || activity)));
END $$;
COMMENT ON FUNCTION lealup._lead_automations(uuid, text, jsonb, jsonb, text, uuid, jsonb, text[]) IS
    'The automations that an event meets. origin: the connection that has brought the change; what only repeats what it brought does not go back to where it came from.';

CREATE FUNCTION lealup._check_lead_automation(tenant_id uuid, name text, triggers text[], condition jsonb, peer uuid) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lealup._check_text('name', name, 200, required => true), lealup._check_lead_condition(_check_lead_automation.tenant_id, condition);
    IF coalesce(cardinality(triggers), 0) = 0 OR array_position(triggers, NULL) IS NOT NULL OR NOT triggers <@ '{lead.created,lead.updated,lead_activity.posted,lead_activity.updated}' THEN
        RAISE EXCEPTION 'triggers must name at least one of lead.created, lead.updated, lead_activity.posted, lead_activity.updated' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF peer IS NOT NULL AND NOT EXISTS (SELECT FROM lealup.connection c WHERE c.tenant_id = _check_lead_automation.tenant_id AND c.id = peer) THEN
        RAISE EXCEPTION 'connection % does not exist', peer USING ERRCODE = 'no_data_found', HINT = 'peer is the connection by which the other account sends to here.';
    END IF;
END $$;
COMMENT ON FUNCTION lealup._check_lead_automation(uuid, text, text[], jsonb, uuid) IS 'Raises invalid_parameter_value or no_data_found, naming the field, unless an automation may be like that.';

-- Two accounts that send to each other tell each other as well which of their leads are one, and which are gone.
CREATE FUNCTION lealup._lead_automation_events(triggers text[], peer uuid) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN triggers || CASE WHEN peer IS NOT NULL THEN '{lead.linked,lead.deleted}'::text[] ELSE '{}' END;
COMMENT ON FUNCTION lealup._lead_automation_events(text[], uuid) IS 'What the subscription of an automation takes.';

CREATE FUNCTION lealup._lead_triggers(events text[]) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN array_remove(array_remove(events, 'lead.linked'), 'lead.deleted');
COMMENT ON FUNCTION lealup._lead_triggers(text[]) IS 'Those of what a subscription takes that trigger an automation.';

CREATE FUNCTION lealup._save_lead_rule(a lealup.lead_automation, active boolean) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    at timestamptz := clock_timestamp();
    kinds text[] := ARRAY(SELECT DISTINCT split_part(t, '.', 1) FROM unnest(a.triggers) t);
    o lealup.provider_operation;
    c lealup.connection;
BEGIN
    SELECT x.* INTO c FROM lealup.connection x WHERE x.tenant_id = a.tenant_id AND x.id = a.connection_id;
    IF cardinality(kinds) > 1 THEN
        RAISE EXCEPTION 'triggers must be all of leads, or all of activities' USING ERRCODE = 'invalid_parameter_value', HINT = 'To a connection, leads are sent by one automation, and activities by another.';
    END IF;
    SELECT x.* INTO o FROM lealup.provider_operation x WHERE x.provider = c.provider AND x.mirror = kinds[1] || '.changed' AND x.audience = 'own_team' AND x.request IS NOT NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'connection %: %s cannot be sent to %', c.id, replace(kinds[1], '_', ' '), c.provider USING ERRCODE = 'invalid_parameter_value',
            HINT = 'A provider takes them if it has an operation for that; give a URL for others.';
    ELSIF c.kind <> 'workspace' THEN
        RAISE EXCEPTION 'connection % is a member''s own', c.id USING ERRCODE = 'invalid_parameter_value', HINT = 'An automation needs one of the workspace.';
    END IF;
    INSERT INTO lealup.notification_rule AS r (tenant_id, id, name, mode, events, filters, connection_id, operation, template, active, created_by, created_at, updated_at)
    VALUES (a.tenant_id, a.id, left('Lead automation: ' || a.name, 200), 'send', a.triggers, jsonb_build_object('automation', a.id), a.connection_id, o.name,
        jsonb_build_object('id', CASE kinds[1] WHEN 'lead' THEN '{{data.lead_id}}' ELSE '{{data.activity_id}}' END), active, lealup._approver(a.tenant_id), at, at)
    ON CONFLICT ON CONSTRAINT notification_rule_pkey DO UPDATE SET name = excluded.name, events = excluded.events, operation = excluded.operation, template = excluded.template,
        active = excluded.active, updated_at = excluded.updated_at;
    PERFORM lealup._cancel_uncovered(a.tenant_id, a.id);
END $$;
COMMENT ON FUNCTION lealup._save_lead_rule(lealup.lead_automation, boolean) IS
    'Makes, or changes, the notification rule of an automation that sends to a connection. Raises invalid_parameter_value if its provider does not take that.';

CREATE FUNCTION lealup.create_lead_automation(tenant_id uuid, name text, url text, triggers text[] DEFAULT '{lead.created,lead.updated}', condition jsonb DEFAULT '{}', peer uuid DEFAULT NULL,
        secret text DEFAULT NULL, headers jsonb DEFAULT '{}', connection_id uuid DEFAULT NULL) RETURNS uuid
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s lealup.subscription;
    a lealup.lead_automation;
BEGIN
    PERFORM lealup._require('configure', create_lead_automation.tenant_id);
    PERFORM lealup._check_lead_automation(create_lead_automation.tenant_id, create_lead_automation.name, create_lead_automation.triggers, create_lead_automation.condition,
        coalesce(create_lead_automation.connection_id, create_lead_automation.peer));
    IF create_lead_automation.connection_id IS NOT NULL THEN
        -- It is a standing permission to write there.
        PERFORM lealup._require('administer', create_lead_automation.tenant_id);
        IF num_nonnulls(create_lead_automation.url, create_lead_automation.peer, create_lead_automation.secret) > 0 OR create_lead_automation.headers <> '{}' THEN
            RAISE EXCEPTION 'url, peer, secret and headers must not be given with connection_id' USING ERRCODE = 'invalid_parameter_value';
        END IF;
        a.tenant_id := create_lead_automation.tenant_id; a.id := lealup.uuid7(); a.name := create_lead_automation.name;
        a.triggers := ARRAY(SELECT DISTINCT t FROM unnest(create_lead_automation.triggers) t ORDER BY t);
        a.condition := create_lead_automation.condition; a.peer := create_lead_automation.connection_id; a.connection_id := create_lead_automation.connection_id;
        INSERT INTO lealup.lead_automation (tenant_id, id, name, triggers, condition, peer, connection_id, created_by)
        VALUES (a.tenant_id, a.id, a.name, a.triggers, a.condition, a.peer, a.connection_id,
            (SELECT m.id FROM lealup.member m WHERE m.tenant_id = a.tenant_id AND m.id = lealup.current_member()));
        PERFORM lealup._save_lead_rule(a, true),
            lealup._audit(a.tenant_id, 'lead_automation.create', 'lead_automation', a.id, jsonb_build_object('triggers', a.triggers, 'condition', a.condition, 'connection_id', a.connection_id));
        RETURN a.id;
    END IF;
    s.id := lealup.create_subscription(create_lead_automation.tenant_id, create_lead_automation.url,
        lealup._lead_automation_events(create_lead_automation.triggers, create_lead_automation.peer), create_lead_automation.secret,
        'Lead automation: ' || create_lead_automation.name, headers => create_lead_automation.headers);
    s := lealup._lock_subscription(create_lead_automation.tenant_id, s.id);
    s.filters := jsonb_build_object('automation', s.id);
    PERFORM lealup._save_subscription(s);
    INSERT INTO lealup.lead_automation (tenant_id, id, name, triggers, condition, peer, subscription_id, created_by)
    VALUES (s.tenant_id, s.id, create_lead_automation.name, lealup._lead_triggers(s.events), create_lead_automation.condition, create_lead_automation.peer, s.id,
        (SELECT m.id FROM lealup.member m WHERE m.tenant_id = s.tenant_id AND m.id = lealup.current_member()));
    PERFORM lealup._audit(s.tenant_id, 'lead_automation.create', 'lead_automation', s.id, jsonb_build_object('triggers', lealup._lead_triggers(s.events), 'condition', create_lead_automation.condition));
    RETURN s.id;
END $$;
COMMENT ON FUNCTION lealup.create_lead_automation(uuid, text, text, text[], jsonb, uuid, text, jsonb, uuid) IS
    'Sends what happens with leads to a URL, from now on; gives an id, which is the one of its subscription, too: reveal_secret(id), send_test_event(tenant_id, id), pause_subscription(tenant_id, id) and the others take it. triggers: of lead.created, lead.updated, lead_activity.posted and lead_activity.updated. condition: {field: {"from", "to" (one of these, and it changed), "changed" (true or false), "is", "is_not", "min", "max"}}, all of which hold; values, or arrays of them, are compared without regard to case, null is empty; activity_type is a field of activities. {"stage": {"from": "opportunity won", "to": "post purchase"}} is the usual one. peer: the connection by which that account sends to here, so that nothing goes back of what came from there, and so that both know which leads are one (lead.linked, lead.deleted). secret, headers: as create_subscription(). connection_id: instead of a URL (which is null then), a connection whose provider takes leads, such as LeadSquared, with a lead sync that says what is called what there; what it sends are actions, and it needs the right to administer. Needs the right to configure.';

CREATE FUNCTION lealup._lock_lead_automation(tenant_id uuid, automation_id uuid) RETURNS lealup.lead_automation
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    a lealup.lead_automation;
BEGIN
    PERFORM lealup._require('configure', _lock_lead_automation.tenant_id);
    SELECT x.* INTO a FROM lealup.lead_automation x WHERE x.tenant_id = _lock_lead_automation.tenant_id AND x.id = _lock_lead_automation.automation_id FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'automation % does not exist', coalesce(_lock_lead_automation.automation_id::text, 'null') USING ERRCODE = 'no_data_found', HINT = 'SELECT * FROM lealup.lead_automations lists them.';
    END IF;
    RETURN a;
END $$;
COMMENT ON FUNCTION lealup._lock_lead_automation(uuid, uuid) IS 'Locks and gives an automation. Raises no_data_found if there is none. Needs the right to configure.';

CREATE FUNCTION lealup.update_lead_automation(tenant_id uuid, automation_id uuid, name text DEFAULT NULL, url text DEFAULT NULL, triggers text[] DEFAULT NULL, condition jsonb DEFAULT NULL,
        peer uuid DEFAULT NULL, enabled boolean DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s lealup.subscription;
    a lealup.lead_automation;
BEGIN
    a := lealup._lock_lead_automation(update_lead_automation.tenant_id, update_lead_automation.automation_id);
    a.name := coalesce(update_lead_automation.name, a.name);
    a.triggers := coalesce(update_lead_automation.triggers, a.triggers);
    a.condition := coalesce(update_lead_automation.condition, a.condition);
    a.peer := coalesce(update_lead_automation.peer, a.peer);
    PERFORM lealup._check_lead_automation(a.tenant_id, a.name, a.triggers, a.condition, a.peer);
    IF a.connection_id IS NOT NULL THEN
        PERFORM lealup._require('administer', a.tenant_id);
        IF update_lead_automation.url IS NOT NULL OR a.peer <> a.connection_id THEN
            RAISE EXCEPTION 'url and peer cannot be changed of an automation that sends to a connection' USING ERRCODE = 'invalid_parameter_value';
        END IF;
        a.triggers := ARRAY(SELECT DISTINCT t FROM unnest(a.triggers) t ORDER BY t);
        UPDATE lealup.lead_automation x SET name = a.name, triggers = a.triggers, condition = a.condition WHERE x.tenant_id = a.tenant_id AND x.id = a.id;
        PERFORM lealup._save_lead_rule(a, coalesce(update_lead_automation.enabled,
            (SELECT r.active FROM lealup.notification_rule r WHERE r.tenant_id = a.tenant_id AND r.id = a.id))),
            lealup._audit(a.tenant_id, 'lead_automation.update', 'lead_automation', a.id, jsonb_strip_nulls(jsonb_build_object('triggers', update_lead_automation.triggers,
                'condition', update_lead_automation.condition, 'enabled', update_lead_automation.enabled)));
        RETURN;
    END IF;
    PERFORM lealup.update_subscription(a.tenant_id, a.id, url => update_lead_automation.url, events => lealup._lead_automation_events(a.triggers, a.peer));
    SELECT x.* INTO s FROM lealup.subscription x WHERE x.tenant_id = a.tenant_id AND x.id = a.id;
    UPDATE lealup.lead_automation x SET name = a.name, triggers = lealup._lead_triggers(s.events), condition = a.condition, peer = a.peer WHERE x.tenant_id = a.tenant_id AND x.id = a.id;
    IF update_lead_automation.enabled AND s.status <> 'active' THEN
        PERFORM lealup.resume_subscription(a.tenant_id, a.id);
    ELSIF NOT update_lead_automation.enabled AND s.status = 'active' THEN
        PERFORM lealup.pause_subscription(a.tenant_id, a.id);
    END IF;
    PERFORM lealup._audit(a.tenant_id, 'lead_automation.update', 'lead_automation', a.id, jsonb_strip_nulls(jsonb_build_object('triggers', update_lead_automation.triggers,
        'condition', update_lead_automation.condition, 'peer', update_lead_automation.peer, 'enabled', update_lead_automation.enabled)));
END $$;
COMMENT ON FUNCTION lealup.update_lead_automation(uuid, uuid, text, text, text[], jsonb, uuid, boolean) IS
    'Changes an automation; null leaves what there is. enabled false holds its deliveries until it is enabled again; to a connection, nothing is sent of what happens meanwhile. Raises no_data_found if there is none. Needs the right to configure.';

CREATE FUNCTION lealup.delete_lead_automation(tenant_id uuid, automation_id uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lealup._require('configure', delete_lead_automation.tenant_id);
    DELETE FROM lealup.lead_automation a WHERE a.tenant_id = delete_lead_automation.tenant_id AND a.id = delete_lead_automation.automation_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'automation % does not exist', coalesce(delete_lead_automation.automation_id::text, 'null') USING ERRCODE = 'no_data_found', HINT = 'SELECT * FROM lealup.lead_automations lists them.';
    END IF;
    IF EXISTS (SELECT FROM lealup.subscription s WHERE s.tenant_id = delete_lead_automation.tenant_id AND s.id = delete_lead_automation.automation_id AND s.status <> 'deleted') THEN
        PERFORM lealup.delete_subscription(delete_lead_automation.tenant_id, delete_lead_automation.automation_id);
    END IF;
    IF EXISTS (SELECT FROM lealup.notification_rule r WHERE r.tenant_id = delete_lead_automation.tenant_id AND r.id = delete_lead_automation.automation_id AND r.deleted_at IS NULL) THEN
        PERFORM lealup.delete_notification_rule(delete_lead_automation.tenant_id, delete_lead_automation.automation_id);
    END IF;
    PERFORM lealup._audit(delete_lead_automation.tenant_id, 'lead_automation.delete', 'lead_automation', delete_lead_automation.automation_id);
END $$;
COMMENT ON FUNCTION lealup.delete_lead_automation(uuid, uuid) IS 'Ends an automation and its subscription; what it was to send to a connection, and has not yet, is cancelled. Raises no_data_found if there is none. Needs the right to configure.';

CREATE VIEW lealup.lead_automations WITH (security_invoker) AS
SELECT a.tenant_id, a.id, a.name, s.url, a.connection_id, a.triggers, a.condition, a.peer,
       coalesce(s.status, CASE WHEN r.active THEN 'active' WHEN r.deleted_at IS NULL THEN 'paused' ELSE 'deleted' END) AS status, s.status_reason, a.created_by, a.created_at
FROM lealup.lead_automation a
LEFT JOIN lealup.subscription s ON s.tenant_id = a.tenant_id AND s.id = a.subscription_id
LEFT JOIN lealup.notification_rule r ON r.tenant_id = a.tenant_id AND r.id = a.id AND a.connection_id IS NOT NULL;
COMMENT ON VIEW lealup.lead_automations IS 'Automations of leads, with where they send to and whether they are active; subscription_stats and delivery_log have what was sent, by their ids, and the view actions what was sent to connections.';
