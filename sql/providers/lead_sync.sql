-- Another account that sends its leads: one of lealup by an automation, which signs them, or one of LeadSquared, which does not. What arrives is
-- applied by 89_lead_sync_apply.sql.

INSERT INTO lealup.provider (name, title, kind, base_url, allowed_hosts, auth, setup_steps, problems, builtin) VALUES
('lead_sync', 'Lead sync', 'workspace', 'https://localhost', '{localhost}', 'none',
    '{"create_lead_sync() makes the connection and gives a URL, and a secret; both are shown once. It is not made by connect().",
      "In the other account of lealup: create_lead_automation() with that URL and that secret.",
      "In LeadSquared: an automation with the trigger New Lead or Lead Update and the action Webhook, POST, with that URL; Verify; then publish it.",
      "check_mapping() and enable_lead_sync(): what came before is in the log as skipped."}',
    '[{"problem": "Requests are refused.", "fix": "inbound_refusal tells why. The secret of the automation must be the one that create_lead_sync() gave; inbound_url() and set_inbound_secret() make new ones."},
      {"problem": "Verify fails in LeadSquared with the option header.", "fix": "Verify before any header is sent: update_lead_sync(header => true) after it."},
      {"problem": "Leads are made twice.", "fix": "What they are searched by has to be mapped, unique, and filled in on both sides."}]', true);

INSERT INTO lealup.provider_scope (provider, scope, reads, does_not_read) VALUES
('lead_sync', 'leads', 'The leads and activities that the other account sends to the connection''s URL', 'Whatever the other account does not send: lealup asks it nothing');

INSERT INTO lealup.provider_inbound (provider, name, ord, options, signature, handshake, dedupe, handler, takes) VALUES
('lead_sync', 'lealup', 1, '{"sender": "lealup"}',
    '{"type": "hmac", "header": "webhook-signature", "separator": " ", "prefix": "v1,", "algorithm": "sha256", "encoding": "base64", "key_format": "base64",
      "template": "{hdr:webhook-id}.{ts}.{body}", "timestamp": {"header": "webhook-timestamp", "unit": "s"}}',
    '[{"when": {"method": "GET"}, "verify": {"type": "none"}}]', '{"header": "webhook-id"}', 'lealup._lead_sync_lealup', 'leads'),
('lead_sync', 'leadsquared_header', 2, '{"sender": "leadsquared", "header": true}', '{"type": "token", "header": "X-Lealup-Token"}',
    '[{"when": {"method": "GET"}, "verify": {"type": "none"}}]', '{"body": true}', 'lealup._lead_sync_leadsquared', 'leads'),
('lead_sync', 'leadsquared', 3, '{"sender": "leadsquared", "header": false}', '{"type": "none"}',
    '[{"when": {"method": "GET"}, "verify": {"type": "none"}}]', '{"body": true}', 'lealup._lead_sync_leadsquared', 'leads');

CREATE FUNCTION lealup._lead_sync_lealup(call jsonb, message jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    event text := message #>> '{body,event}';
    data jsonb := message #> '{body,data}';
BEGIN
    IF jsonb_typeof(data) = 'object' THEN
        CASE
        WHEN event IN ('lead.created', 'lead.updated', 'lead.linked') THEN
            RETURN jsonb_build_object('leads', jsonb_build_array(jsonb_build_object('entity', 'lead', 'remote_id', data -> 'lead_id', 'fields', data -> 'after',
                'versions', data -> 'versions', 'known_as', data -> 'known_as') || CASE WHEN data ? 'lost' THEN jsonb_build_object('lost', data -> 'lost') ELSE '{}' END));
        WHEN event = 'lead.deleted' THEN
            RETURN jsonb_build_object('leads', jsonb_build_array(jsonb_build_object('entity', 'lead', 'remote_id', data -> 'lead_id', 'deleted', true)));
        WHEN event IN ('lead_activity.posted', 'lead_activity.updated') THEN
            RETURN jsonb_build_object('leads', jsonb_build_array(jsonb_build_object('entity', 'activity', 'remote_id', data -> 'activity_id', 'type', data #> '{after,activity_type}',
                'note', data #> '{after,note}', 'occurred_at', data #> '{after,occurred_at}', 'fields', data #> '{after,fields}', 'version', data -> 'version',
                'known_as', data -> 'known_as',
                'lead', jsonb_build_object('remote_id', data -> 'lead_id', 'fields', data #> '{lead,fields}', 'versions', data #> '{lead,versions}', 'known_as', data #> '{lead,known_as}'))));
        ELSE
            NULL;
        END CASE;
    END IF;
    RETURN jsonb_build_object('ignore', format('%s is no news of leads', coalesce(left(event, 100), 'it')));
END $$;
COMMENT ON FUNCTION lealup._lead_sync_lealup(jsonb, jsonb) IS 'The record of a lead or activity that an automation of another account of lealup sends.';

CREATE FUNCTION lealup._leadsquared_flat(value jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF jsonb_typeof(value) = 'string' AND value #>> '{}' ~ '^\s*[\[{]' THEN
        value := lealup._inbound_json(convert_to(value #>> '{}', 'UTF8'));
    END IF;
    IF jsonb_typeof(value) = 'object' AND jsonb_typeof(value -> 'LeadPropertyList') = 'array' THEN
        value := value -> 'LeadPropertyList';
    END IF;
    IF jsonb_typeof(value) = 'array' THEN
        RETURN (SELECT jsonb_object_agg(coalesce(e ->> 'Attribute', e ->> 'SchemaName'), coalesce(e -> 'Value', 'null'))
            FROM jsonb_array_elements(value) e WHERE jsonb_typeof(e) = 'object' AND coalesce(e ->> 'Attribute', e ->> 'SchemaName') <> '');
    END IF;
    RETURN CASE WHEN jsonb_typeof(value) = 'object' THEN value END;
END $$;
COMMENT ON FUNCTION lealup._leadsquared_flat(jsonb) IS
    'A lead of LeadSquared as {name: value}: of an object, of an array of {Attribute, Value}, of a LeadPropertyList, or of one of these as a text; null if it is none.';

CREATE FUNCTION lealup._leadsquared_key(lead jsonb, VARIADIC names text[]) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN (SELECT nullif(btrim(lead ->> k), '') FROM unnest(names) WITH ORDINALITY u(k, n) WHERE nullif(btrim(lead ->> k), '') IS NOT NULL ORDER BY n LIMIT 1);
COMMENT ON FUNCTION lealup._leadsquared_key(jsonb, text[]) IS 'The first of several members that is there and not empty.';

CREATE FUNCTION lealup._leadsquared_record(after jsonb, before jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN CASE WHEN lealup._leadsquared_key(after, 'ProspectActivityId', 'ActivityId') IS NOT NULL OR after ? 'ActivityEvent'
        THEN jsonb_strip_nulls(jsonb_build_object('entity', 'activity', 'remote_id', lealup._leadsquared_key(after, 'ProspectActivityId', 'ActivityId', 'Id'),
            'type', lealup._leadsquared_key(after, 'ActivityEvent', 'EventCode', 'ActivityType'), 'note', lealup._leadsquared_key(after, 'ActivityEvent_Note', 'ActivityNote', 'Note'),
            'occurred_at', lealup._leadsquared_key(after, 'ActivityDateTime', 'CreatedOn'), 'modified_at', lealup._leadsquared_key(after, 'ModifiedOn', 'CreatedOn'),
            'fields', after - '{ProspectActivityId,ActivityId,RelatedProspectId,ActivityEvent,Fields,Data,Lead}'::text[]
                || coalesce(lealup._leadsquared_flat(after -> 'Fields'), '{}') || coalesce(lealup._leadsquared_flat(after -> 'Data'), '{}')))
            || jsonb_build_object('lead', jsonb_build_object('remote_id', lealup._leadsquared_key(after, 'RelatedProspectId', 'ProspectID', 'ProspectId'),
                'fields', coalesce(lealup._leadsquared_flat(after -> 'Lead'), '{}')))
        ELSE jsonb_build_object('entity', 'lead', 'remote_id', lealup._leadsquared_key(after, 'ProspectID', 'ProspectId', 'ProspectAutoId'), 'fields', after)
            || jsonb_strip_nulls(jsonb_build_object('before', before, 'modified_at', lealup._leadsquared_key(after, 'ModifiedOn', 'LastModifiedOn', 'CreatedOn'))) END;
COMMENT ON FUNCTION lealup._leadsquared_record(jsonb, jsonb) IS 'A lead or activity of LeadSquared, {name: value}, as lealup._apply_leads() takes it. before: what it was before the change; null = that is not said.';

CREATE FUNCTION lealup._lead_sync_leadsquared(call jsonb, message jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    body jsonb := message -> 'body';
    nested jsonb;
    records jsonb;
BEGIN
    -- Of a form: all of it in one field, or After[name] and After.name for names in After.
    IF message #>> '{headers,content-type}' ILIKE 'application/x-www-form-urlencoded%' AND jsonb_typeof(body) = 'object' THEN
        IF (SELECT count(*) = 1 FROM jsonb_object_keys(body)) THEN
            SELECT coalesce(lealup._inbound_json(convert_to(e.value, 'UTF8')), lealup._inbound_json(convert_to(e.key, 'UTF8')), body) INTO body FROM jsonb_each_text(body) e;
        ELSE
            SELECT jsonb_object_agg(g.part, g.members) INTO nested FROM (
                SELECT m[1] AS part, jsonb_object_agg(m[2], e.value) AS members
                FROM jsonb_each(body) e CROSS JOIN LATERAL regexp_match(e.key, '^(Before|After|Current)(?:\.|\[)([^][]{1,200})\]?$') m WHERE m IS NOT NULL GROUP BY 1) g;
            body := CASE WHEN nested IS NOT NULL THEN nested ELSE body END;
        END IF;
    END IF;
    IF jsonb_typeof(body) = 'string' THEN
        body := lealup._inbound_json(convert_to(body #>> '{}', 'UTF8'));
    END IF;
    -- One lead in whatever shape, or several of them.
    IF jsonb_typeof(body) = 'array' AND NOT (body -> 0 ?| '{Attribute,SchemaName}') THEN
        records := body;
    ELSIF jsonb_typeof(body) = 'object' AND jsonb_typeof(coalesce(body -> 'Leads', body -> 'leads')) = 'array' THEN
        records := coalesce(body -> 'Leads', body -> 'leads');
    ELSE
        records := jsonb_build_array(body);
    END IF;
    IF jsonb_array_length(records) > 1000 THEN
        RAISE EXCEPTION 'there are more than 1000 leads in one message';
    END IF;
    SELECT jsonb_agg(lealup._leadsquared_record(x.after, x.before) ORDER BY x.n) INTO records
    FROM (SELECT e.n, coalesce(lealup._leadsquared_flat(e.value -> 'After'), lealup._leadsquared_flat(e.value -> 'Current'), lealup._leadsquared_flat(e.value)) AS after,
              lealup._leadsquared_flat(nullif(e.value -> 'Before', 'null')) AS before
          FROM jsonb_array_elements(records) WITH ORDINALITY e(value, n)) x
    WHERE x.after <> '{}' AND NOT x.after ?| '{Before,After}';
    RETURN CASE WHEN records IS NULL THEN '{"ignore": "there is no lead in it"}' ELSE jsonb_build_object('leads', records) END;
END $$;
COMMENT ON FUNCTION lealup._lead_sync_leadsquared(jsonb, jsonb) IS
    'The records of what an automation of LeadSquared sends: {Before, After}, a lead as an object or an array of {Attribute, Value}, several of these, a form of them, or an activity; as JSON whatever the content type says.';

GRANT EXECUTE ON FUNCTION lealup._leadsquared_flat(jsonb), lealup._leadsquared_key(jsonb, text[]), lealup._leadsquared_record(jsonb, jsonb), lealup._inbound_json(bytea) TO lealup_provider;
