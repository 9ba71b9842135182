-- Events about leads: see 88_lead.sql for what they hold.

CREATE FUNCTION lealup._lead_changes(before jsonb, after jsonb) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ARRAY(SELECT coalesce(b.key, a.key) COLLATE "C" FROM jsonb_each(before) b FULL JOIN jsonb_each(after) a ON a.key = b.key WHERE a.value IS DISTINCT FROM b.value ORDER BY 1);
COMMENT ON FUNCTION lealup._lead_changes(jsonb, jsonb) IS 'In which fields two states of a lead differ.';

CREATE FUNCTION lealup._lead_known_as(tenant_id uuid, entity text, id uuid) RETURNS jsonb
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT coalesce(jsonb_agg(k.remote_id ORDER BY k.remote_id), '[]') FROM lealup.lead_link k
        WHERE k.tenant_id = _lead_known_as.tenant_id AND k.local_id = _lead_known_as.id AND k.entity = _lead_known_as.entity);
END $$;
COMMENT ON FUNCTION lealup._lead_known_as(uuid, text, uuid) IS 'What accounts that send to here call a lead or an activity: they know it again by that, before they know what it is called here.';

CREATE FUNCTION lealup._lead_context(l lealup.lead, before jsonb, changed text[], activity_type text, automations uuid[]) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN jsonb_strip_nulls(jsonb_build_object('lead_id', l.id, 'changed', changed, 'stage', l.fields ->> 'stage', 'previous_stage', before ->> 'stage', 'source', l.fields ->> 'source',
        'activity_type', activity_type, 'automation', automations));
COMMENT ON FUNCTION lealup._lead_context(lealup.lead, jsonb, text[], text, uuid[]) IS 'What subscriptions filter events about leads by.';

CREATE FUNCTION lealup._lead_inserted() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    origin uuid := nullif(current_setting('lealup.origin', true), '')::uuid;
BEGIN
    IF lealup._suppressed() THEN
        RETURN NULL;
    END IF;
    PERFORM lealup._emit_all(array_agg(ROW(n.tenant_id, 'lead.created', NULL,
        lealup._json_object('lead_id', n.id, 'created_at', n.created_at, 'updated_at', n.updated_at, 'before', NULL::json, 'after', n.fields, 'changed', c.changed, 'versions', n.versions,
            'known_as', lealup._lead_known_as(n.tenant_id, 'lead', n.id), 'origin', origin),
        lealup._lead_context(n, NULL, c.changed, NULL,
            lealup._lead_automations(n.tenant_id, 'lead.created', '{}', n.fields, NULL, origin, n.versions, c.changed)))::lealup._emission))
    FROM inserted n CROSS JOIN LATERAL (SELECT ARRAY(SELECT k FROM jsonb_object_keys(n.fields) k ORDER BY k COLLATE "C") AS changed OFFSET 0) c
    WHERE n.deleted_at IS NULL;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION lealup._lead_inserted() IS 'Trigger: lead.created.';

CREATE FUNCTION lealup._lead_updated() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    origin uuid := nullif(current_setting('lealup.origin', true), '')::uuid;
BEGIN
    IF lealup._suppressed() THEN
        RETURN NULL;
    END IF;
    PERFORM lealup._emit_all(array_agg(CASE WHEN n.deleted_at IS NULL THEN ROW(n.tenant_id, 'lead.updated', NULL,
            lealup._json_object('lead_id', n.id, 'created_at', n.created_at, 'updated_at', n.updated_at, 'before', o.fields, 'after', n.fields, 'changed', c.changed, 'versions', n.versions,
                'known_as', lealup._lead_known_as(n.tenant_id, 'lead', n.id), 'origin', origin),
            lealup._lead_context(n, o.fields, c.changed, NULL,
                lealup._lead_automations(n.tenant_id, 'lead.updated', o.fields, n.fields, NULL, origin, n.versions, c.changed)))::lealup._emission
        ELSE ROW(n.tenant_id, 'lead.deleted', NULL,
            lealup._json_object('lead_id', n.id, 'deleted_at', n.deleted_at, 'before', o.fields, 'origin', origin),
            lealup._lead_context(n, o.fields, NULL, NULL, lealup._lead_automations(n.tenant_id, 'lead.deleted', o.fields, '{}', NULL, origin, NULL, NULL)))::lealup._emission END))
    FROM old_rows o FULL JOIN new_rows n ON n.tenant_id = o.tenant_id AND n.id = o.id
    CROSS JOIN LATERAL (SELECT CASE WHEN n.fields <> o.fields THEN lealup._lead_changes(o.fields, n.fields) ELSE '{}' END AS changed OFFSET 0) c
    WHERE o.deleted_at IS NULL AND (c.changed <> '{}' OR n.deleted_at IS NOT NULL);
    RETURN NULL;
END $$;
COMMENT ON FUNCTION lealup._lead_updated() IS 'Trigger: lead.updated and lead.deleted; nothing for leads whose values are the same.';

CREATE TRIGGER lead_inserted AFTER INSERT ON lealup.lead REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION lealup._lead_inserted();
CREATE TRIGGER lead_updated AFTER UPDATE ON lealup.lead REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION lealup._lead_updated();

CREATE FUNCTION lealup._lead_activity_shown(a lealup.lead_activity) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN jsonb_build_object('activity_type', (a).type, 'note', (a).note, 'occurred_at', lealup._rfc3339((a).occurred_at), 'fields', (a).fields);
COMMENT ON FUNCTION lealup._lead_activity_shown(lealup.lead_activity) IS 'An activity as events show it.';

CREATE FUNCTION lealup._lead_activity_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET enable_hashjoin = on SET jit = off AS $$
DECLARE
    origin uuid := nullif(current_setting('lealup.origin', true), '')::uuid;
    event text := CASE TG_OP WHEN 'INSERT' THEN 'lead_activity.posted' ELSE 'lead_activity.updated' END;
    tenants uuid[];
    ids uuid[];
    leads uuid[];
    befores jsonb[];
BEGIN
    IF lealup._suppressed() THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(n.tenant_id), array_agg(n.id), array_agg(n.lead_id), array_agg(NULL::jsonb) INTO tenants, ids, leads, befores FROM new_rows n;
    ELSE
        SELECT array_agg(n.tenant_id), array_agg(n.id), array_agg(n.lead_id), array_agg(lealup._lead_activity_shown(o)) INTO tenants, ids, leads, befores
        FROM old_rows o FULL JOIN new_rows n ON n.tenant_id = o.tenant_id AND n.id = o.id
        WHERE (o.type, o.note, o.occurred_at, o.fields) IS DISTINCT FROM (n.type, n.note, n.occurred_at, n.fields);
    END IF;
    PERFORM lealup._emit_all(array_agg(ROW(a.tenant_id, event, NULL,
        lealup._json_object('activity_id', a.id, 'lead_id', a.lead_id, 'before', x.before, 'after', lealup._lead_activity_shown(a), 'version', a.version, 'known_as', lealup._lead_known_as(a.tenant_id, 'activity', a.id), 'origin', origin,
            'lead', jsonb_build_object('fields', l.fields, 'versions', l.versions, 'known_as', lealup._lead_known_as(l.tenant_id, 'lead', l.id))),
        lealup._lead_context(l, NULL, NULL, a.type,
            lealup._lead_automations(a.tenant_id, event, l.fields, l.fields, a.type, origin, jsonb_build_object('activity', a.version), '{activity}')))::lealup._emission))
    FROM unnest(tenants, ids, befores) x(tenant_id, id, before)
    JOIN lealup.lead_activity a ON a.tenant_id = x.tenant_id AND a.id = x.id AND a.tenant_id = ANY (tenants) AND a.id = ANY (ids)
    JOIN lealup.lead l ON l.tenant_id = a.tenant_id AND l.id = a.lead_id AND l.tenant_id = ANY (tenants) AND l.id = ANY (leads);
    RETURN NULL;
END $$;
COMMENT ON FUNCTION lealup._lead_activity_changed() IS 'Trigger: lead_activity.posted and lead_activity.updated.';

CREATE TRIGGER lead_activity_inserted AFTER INSERT ON lealup.lead_activity REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION lealup._lead_activity_changed();
CREATE TRIGGER lead_activity_updated AFTER UPDATE ON lealup.lead_activity REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION lealup._lead_activity_changed();
