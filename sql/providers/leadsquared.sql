-- LeadSquared: leads and activities of another account, read by what was modified lately, and what changes here written there.
--
-- Keys go in headers, never in URLs. All times of the API are UTC without saying so. Errors are objects {"Status": "Error", "ExceptionType", "ExceptionMessage"}
-- with any HTTP status, 200 among them.
--
-- A run asks what was modified since a bit before the last one. If that is one page, it is done. Else the window is closed at the time of LeadSquared's clock, and
-- its pages are read from the last to the first, in an order that does not change (the lead's number; of activities, when they were created): what is modified
-- meanwhile leaves the window, so that the rest moves forward, to pages that are still to be read. Nothing is passed over, and what has left comes with the next run.
--
-- cursor: {"from": time; "to": time, "page": n: of a window of several pages, the one that is next}, times as LeadSquared writes them.
--
-- A record is {"fields": {schema name: value}, "updated_at"}, without what is empty: it is all of the lead as mapped, so what is not in it is empty there.

INSERT INTO lealup.provider (name, title, kind, base_url, allowed_hosts, auth, credential, fields, identity, max_in_flight, setup_steps, problems, docs_url, builtin)
VALUES ('leadsquared', 'LeadSquared', 'workspace', 'https://{host}.leadsquared.com', '{*.leadsquared.com}', 'api_key', '{"in": "header", "name": "x-LSQ-AccessKey", "secret": "access_key"}',
    '[{"name": "access_key", "title": "Access key", "secret": true, "required": true},
      {"name": "secret_key", "title": "Secret key", "secret": true, "required": true},
      {"name": "host", "title": "The host of the account''s region, without .leadsquared.com: api, api-us11, api-in21 ...", "default": "api", "pattern": "api(-[a-z]{2}\\d{2})?"},
      {"name": "activities", "title": "Whether activities are read", "default": false, "pattern": "true|false"},
      {"name": "calls_per_5s", "title": "How many calls in 5 seconds the account''s plan allows", "default": 10, "pattern": "[1-9]|1\\d|2[0-5]"}]',
    '{"path": "/v2/Authentication.svc/UserByAccessKey.Get", "id": "OrgId", "name": "OrgDisplayName", "facts": {"time_zone": "TimeZone", "country_code": "DefaultCountryCode"},
      "fields": [{"in": "header", "name": "x-LSQ-SecretKey", "secret": "secret_key"}]}', 2,
    ARRAY['In LeadSquared, as an administrator, open My Account > Settings > API and Webhooks, and copy access key and secret key. A user with fewer rights sees fewer leads.',
        'The API host is shown there too: api.leadsquared.com (Singapore), api-us11, api-in21, api-in22, api-ir31 or api-ca12.leadsquared.com. Give its first part as the option host.',
        'Set the option calls_per_5s to what the plan allows (Lite 2, Pro 5 to 10, Super 10 to 20, Standard 15, Enterprise 25); leave some to other integrations.',
        'Mark the field by which leads are to be found as unique: Settings > Leads > Lead Fields.'],
    '[{"problem": "The keys are not accepted.", "fix": "They may be of another region: the option host names it. Else an administrator has made new ones, and reconnect() takes them."},
      {"problem": "It waits again and again.", "fix": "Other integrations of the account use its calls as well: set calls_per_5s to what is left of them. Daily limits end at midnight."},
      {"problem": "Leads are missing.", "fix": "The user whose keys these are may not see them; and only what was modified since the beginning of the first run is read: sync_now(..., since) goes back further."},
      {"problem": "A lead that was deleted there is still here.", "fix": "LeadSquared does not tell of what was deleted."}]',
    'https://apidocs.leadsquared.com', true);

INSERT INTO lealup.provider_scope (provider, scope, required, reads, writes, does_not_read) VALUES ('leadsquared', 'keys', true,
    'Leads with all their fields, what fields leads have, and, if the option activities says so, activities of leads.',
    'Leads and activities, if an automation is to send them there.', 'Users, tasks, opportunities, lists, files, landing pages and settings.');

-- A limit is told with 200 or 429, and without saying until when.
INSERT INTO lealup.provider_error (provider, ord, stream, part, statuses, path, pattern, action, wait, message, fix) VALUES
    ('leadsquared', 1, NULL, NULL, NULL, 'ExceptionType', '^MX(API)?(RateLimit|Throttl)', 'wait', '{"seconds": 5}', 'LeadSquared limits how often it may be asked in 5 seconds',
        'Lower the option calls_per_5s if it comes often.'),
    ('leadsquared', 2, NULL, NULL, '{429}', NULL, NULL, 'wait', '{"seconds": 5}', 'LeadSquared limits how often it may be asked in 5 seconds', 'Lower the option calls_per_5s if it comes often.'),
    ('leadsquared', 3, NULL, NULL, NULL, 'ExceptionType', '^MX(Authentication|Unauthori[sz]ed)', 'reconnect', NULL, 'LeadSquared does not accept the keys',
        'Make new keys in LeadSquared, or correct the option host, and give them to reconnect().'),
    ('leadsquared', 4, NULL, NULL, '{401}', NULL, NULL, 'reconnect', NULL, 'LeadSquared does not accept the keys', 'Make new keys in LeadSquared, or correct the option host, and give them to reconnect().'),
    -- What else it says, the functions read.
    ('leadsquared', 5, NULL, 'page', NULL, 'ExceptionType', '^MX', 'answer', NULL, NULL, NULL),
    ('leadsquared', 6, NULL, 'action', NULL, 'ExceptionType', '^MX', 'answer', NULL, NULL, NULL);

INSERT INTO lealup.provider_budget (provider, name, per, units, period, option) VALUES ('leadsquared', 'account', 'connection', 25, '5 s', 'calls_per_5s');

-- ----- Forms of values -----

CREATE FUNCTION lealup._leadsquared_time(value text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN value ~ '^\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?$' THEN overlay(value PLACING 'T' FROM 11 FOR 1) || 'Z' END;
COMMENT ON FUNCTION lealup._leadsquared_time(text) IS 'A time as LeadSquared writes it, which is in UTC, as RFC 3339; null if it is none.';

CREATE FUNCTION lealup._leadsquared_stamp(at timestamptz) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS');
COMMENT ON FUNCTION lealup._leadsquared_stamp(timestamptz) IS 'A time as LeadSquared takes it: in UTC, without fractions.';

CREATE FUNCTION lealup._leadsquared_later(stamp text, by interval) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN to_char(stamp::timestamp + by, 'YYYY-MM-DD HH24:MI:SS');
COMMENT ON FUNCTION lealup._leadsquared_later(text, interval) IS 'A time as LeadSquared writes it, by so much later.';

CREATE FUNCTION lealup._leadsquared_problem(response jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN CASE WHEN response #>> '{body,Status}' = 'Error' OR response #> '{body,ExceptionType}' IS NOT NULL
            THEN left(concat_ws(': ', response #>> '{body,ExceptionType}', response #>> '{body,ExceptionMessage}'), 500)
        WHEN coalesce(jsonb_typeof(response -> 'body'), 'null') = 'null' THEN 'LeadSquared''s answer is no JSON' END;
COMMENT ON FUNCTION lealup._leadsquared_problem(jsonb) IS 'What an answer says that went wrong, whatever its status; null = nothing.';

CREATE FUNCTION lealup._leadsquared_ask(path text, body jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN jsonb_build_object('method', CASE WHEN body IS NULL THEN 'GET' ELSE 'POST' END, 'path', path, 'fields', '[{"in": "header", "name": "x-LSQ-SecretKey", "secret": "secret_key"}]'::jsonb)
        || CASE WHEN body IS NULL THEN '{}' ELSE jsonb_build_object('json', body) END;
COMMENT ON FUNCTION lealup._leadsquared_ask(text, jsonb) IS 'A request with both keys; with a body it is a POST.';

-- ----- What was modified -----

CREATE FUNCTION lealup._leadsquared_window(call jsonb) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN jsonb_build_object('FromDate', coalesce(call #>> '{cursor,from}', lealup._leadsquared_stamp((call ->> 'since')::timestamptz)),
        -- The clocks may differ: what LeadSquared takes for now is before that.
        'ToDate', coalesce(call #>> '{cursor,to}', lealup._leadsquared_stamp((call ->> 'now')::timestamptz + interval '1 day')));
COMMENT ON FUNCTION lealup._leadsquared_window(jsonb) IS 'The window of time that a run asks for.';

CREATE FUNCTION lealup._leadsquared_page(call jsonb, response jsonb, size int, records jsonb, latest text) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    asked jsonb := lealup._leadsquared_window(call);
    page int := (call #>> '{cursor,page}')::int;
    count bigint := (response #>> '{body,RecordCount}')::bigint;
    until text := substring(response #>> '{headers,date}' FROM '\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d');
    next jsonb;
BEGIN
    IF page > 1 THEN
        RETURN jsonb_build_object('records', records, 'verdict', 'more', 'cursor', (call -> 'cursor') || jsonb_build_object('page', page - 1));
    ELSIF page = 1 THEN
        -- What is committed there late has an earlier time.
        next := jsonb_build_object('from', lealup._leadsquared_later(asked ->> 'ToDate', '-2 min'));
    ELSIF count > size THEN
        until := coalesce(to_char(to_timestamp(until, 'DD Mon YYYY HH24:MI:SS'), 'YYYY-MM-DD HH24:MI:SS'), lealup._leadsquared_stamp((call ->> 'now')::timestamptz));
        RETURN jsonb_build_object('records', records, 'verdict', 'more', 'total', count,
            'cursor', jsonb_build_object('from', asked -> 'FromDate', 'to', greatest(until, asked ->> 'FromDate'), 'page', (count + size - 1) / size));
    ELSE
        next := jsonb_build_object('from', greatest(asked ->> 'FromDate', lealup._leadsquared_later(latest, '-2 min')));
    END IF;
    RETURN jsonb_build_object('records', records, 'verdict', 'done', 'cursor', next) || CASE WHEN call ->> 'mode' = 'backfill' AND page IS NULL THEN jsonb_build_object('total', count) ELSE '{}' END;
END $$;
COMMENT ON FUNCTION lealup._leadsquared_page(jsonb, jsonb, int, jsonb, text) IS
    'What a page of so many records says, with its records. latest: the last modification among them, as LeadSquared writes it.';

CREATE FUNCTION lealup._leadsquared_leads_request(call jsonb) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN lealup._leadsquared_ask('/v2/LeadManagement.svc/Leads.RecentlyModified', jsonb_build_object('Parameter', lealup._leadsquared_window(call),
        'Paging', jsonb_build_object('PageIndex', coalesce((call #> '{cursor,page}'), '1'), 'PageSize', 1000), 'Sorting', '{"ColumnName": "ProspectAutoId", "Direction": "0"}'::jsonb));
COMMENT ON FUNCTION lealup._leadsquared_leads_request(jsonb) IS 'The request for a page of leads that were modified.';

CREATE FUNCTION lealup._leadsquared_lead(lead jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    -- Some answers have objects, and some pairs.
    RETURN CASE WHEN jsonb_typeof(lead -> 'LeadPropertyList') = 'array' THEN
        (SELECT coalesce(jsonb_object_agg(p ->> 'Attribute', p -> 'Value'), '{}') FROM jsonb_array_elements(lead -> 'LeadPropertyList') p
         WHERE p ->> 'Attribute' <> 'CanUpdate' AND p ->> 'Value' <> '')
        ELSE (SELECT coalesce(jsonb_object_agg(p.key, p.value), '{}') FROM jsonb_each(lead) p WHERE p.key <> 'CanUpdate' AND p.value #>> '{}' <> '') END;
COMMENT ON FUNCTION lealup._leadsquared_lead(jsonb) IS 'The values of a lead, {schema name: value}, without what is empty.';

CREATE FUNCTION lealup._leadsquared_leads_response(call jsonb, response jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    problem text := lealup._leadsquared_problem(response);
    records jsonb;
    latest text;
BEGIN
    IF problem IS NOT NULL OR jsonb_typeof(response #> '{body,Leads}') IS DISTINCT FROM 'array' THEN
        RETURN jsonb_build_object('verdict', 'fail', 'message', coalesce(problem, 'LeadSquared''s answer has no Leads'));
    END IF;
    SELECT coalesce(jsonb_agg(jsonb_build_object('id', l.fields -> 'ProspectID', 'data', jsonb_build_object('fields', l.fields, 'updated_at', lealup._leadsquared_time(l.fields ->> 'ModifiedOn')))), '[]'),
           max(l.fields ->> 'ModifiedOn')
    INTO records, latest FROM (SELECT lealup._leadsquared_lead(e) AS fields FROM jsonb_array_elements(response #> '{body,Leads}') e OFFSET 0) l;
    RETURN lealup._leadsquared_page(call, response, 1000, records, latest);
END $$;
COMMENT ON FUNCTION lealup._leadsquared_leads_response(jsonb, jsonb) IS 'What a page of leads says.';

CREATE FUNCTION lealup._leadsquared_activities_request(call jsonb) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN CASE WHEN call #>> '{connection,options,activities}' = 'true' THEN
        lealup._leadsquared_ask('/v2/ProspectActivity.svc/RetrieveRecentlyModified', jsonb_build_object('Parameter', lealup._leadsquared_window(call) || '{"IncludeCustomFields": 1}',
            'Paging', jsonb_build_object('PageIndex', coalesce((call #> '{cursor,page}'), '1'), 'PageSize', 1000), 'Sorting', '{"ColumnName": "CreatedOn", "Direction": "0"}'::jsonb)) END;
COMMENT ON FUNCTION lealup._leadsquared_activities_request(jsonb) IS 'The request for a page of activities that were posted or modified; null unless the option activities says that they are read.';

CREATE FUNCTION lealup._leadsquared_activity(activity jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN (SELECT jsonb_strip_nulls(jsonb_build_object('lead', activity -> 'RelatedProspectId', 'event', activity -> 'EventCode', 'name', activity -> 'EventName',
            'occurred_at', lealup._leadsquared_time(activity ->> 'CreatedOn'), 'updated_at', lealup._leadsquared_time(coalesce(activity ->> 'ModifiedOn', activity ->> 'CreatedOn')),
            'note', coalesce(f.fields ->> 'ActivityEvent_Note', f.fields ->> 'NotableEventDescription', f.fields ->> 'Notes'), 'fields', f.fields - '{ActivityEvent_Note,NotableEventDescription,Notes}'::text[]))
        FROM (SELECT coalesce(jsonb_object_agg(d ->> 'Key', d -> 'Value'), '{}') AS fields
              FROM jsonb_array_elements(CASE jsonb_typeof(activity -> 'Data') WHEN 'array' THEN activity -> 'Data' ELSE '[]' END
                  || CASE jsonb_typeof(activity -> 'Fields') WHEN 'array' THEN activity -> 'Fields' ELSE '[]' END) d
              WHERE d ->> 'Key' IS NOT NULL AND d ->> 'Value' <> '') f);
COMMENT ON FUNCTION lealup._leadsquared_activity(jsonb) IS 'An activity, {"lead": ProspectID, "event": code, "name", "occurred_at", "updated_at", "note"?, "fields": {name: value}}.';

CREATE FUNCTION lealup._leadsquared_activities_response(call jsonb, response jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    problem text := lealup._leadsquared_problem(response);
    records jsonb;
    latest text;
BEGIN
    IF problem IS NOT NULL OR jsonb_typeof(response #> '{body,ProspectActivities}') IS DISTINCT FROM 'array' THEN
        RETURN jsonb_build_object('verdict', 'fail', 'message', coalesce(problem, 'LeadSquared''s answer has no ProspectActivities'));
    END IF;
    SELECT coalesce(jsonb_agg(jsonb_build_object('id', coalesce(a -> 'Id', a -> 'ProspectActivityId'), 'data', lealup._leadsquared_activity(a))), '[]'),
           max(coalesce(a ->> 'ModifiedOn', a ->> 'CreatedOn'))
    INTO records, latest FROM jsonb_array_elements(response #> '{body,ProspectActivities}') a;
    RETURN lealup._leadsquared_page(call, response, 1000, records, latest);
END $$;
COMMENT ON FUNCTION lealup._leadsquared_activities_response(jsonb, jsonb) IS 'What a page of activities says.';

-- ----- What the account's leads have -----

CREATE FUNCTION lealup._leadsquared_fields_request(call jsonb) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE RETURN lealup._leadsquared_ask('/v2/LeadManagement.svc/LeadsMetaData.Get', NULL);
COMMENT ON FUNCTION lealup._leadsquared_fields_request(jsonb) IS 'The request for the fields that the account''s leads have.';

CREATE FUNCTION lealup._leadsquared_type(field jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE lower(field ->> 'DataType') WHEN 'email' THEN 'email' WHEN 'phone' THEN 'phone' WHEN 'number' THEN 'number' WHEN 'boolean' THEN 'boolean' WHEN 'date' THEN 'datetime'
        WHEN 'datetime' THEN 'datetime' WHEN 'dateonly' THEN 'date' WHEN 'website' THEN 'url' WHEN 'select' THEN 'select' WHEN 'dropdown' THEN 'select' ELSE 'text' END;
COMMENT ON FUNCTION lealup._leadsquared_type(jsonb) IS 'The type of a field of LeadSquared''s, as lead_field has types.';

CREATE FUNCTION lealup._leadsquared_fields_response(call jsonb, response jsonb) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN CASE WHEN jsonb_typeof(response -> 'body') = 'array' THEN jsonb_build_object('verdict', 'done', 'cursor', '{}'::jsonb, 'records', (
            SELECT coalesce(jsonb_agg(jsonb_build_object('id', f -> 'SchemaName', 'data', jsonb_build_object('name', f -> 'SchemaName', 'title', coalesce(f -> 'DisplayName', f -> 'SchemaName'),
                'type', lealup._leadsquared_type(f), 'is_unique', coalesce(f -> 'IsUnique', 'false'), 'required', coalesce(f -> 'IsMandatory', 'false'), 'read_only', coalesce(f -> 'IsReadOnly', 'false')))), '[]')
            FROM jsonb_array_elements(response -> 'body') f WHERE f ->> 'SchemaName' <> ''))
        ELSE jsonb_build_object('verdict', 'fail', 'message', coalesce(lealup._leadsquared_problem(response), 'LeadSquared''s answer is no list of fields')) END;
COMMENT ON FUNCTION lealup._leadsquared_fields_response(jsonb, jsonb) IS 'The fields that the account''s leads have.';

-- ----- Rows -----

CREATE FUNCTION lealup._leadsquared_normalize(call jsonb, record jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN jsonb_build_array(record -> 'data' || jsonb_build_object('external_id', record -> 'id',
        'entity', CASE call ->> 'stream' WHEN 'leads' THEN 'lead' WHEN 'activities' THEN 'lead_activity' ELSE 'lead_remote_field' END));
COMMENT ON FUNCTION lealup._leadsquared_normalize(jsonb, jsonb) IS 'The row that a lead, an activity or a field becomes; what is made of it, the connection''s lead sync says.';

INSERT INTO lealup.provider_stream (provider, name, title, ord, request, response, normalize, period, slowest_period, can_reset, max_in_flight, max_bytes) VALUES
    ('leadsquared', 'fields', 'Fields of leads', 1, 'lealup._leadsquared_fields_request', 'lealup._leadsquared_fields_response', 'lealup._leadsquared_normalize', '1 hour', '1 day', false, 1, 16777216),
    ('leadsquared', 'leads', 'Leads', 2, 'lealup._leadsquared_leads_request', 'lealup._leadsquared_leads_response', 'lealup._leadsquared_normalize', '1 min', '5 min', false, 1, 67108864),
    ('leadsquared', 'activities', 'Activities', 3, 'lealup._leadsquared_activities_request', 'lealup._leadsquared_activities_response', 'lealup._leadsquared_normalize', '1 min', '5 min', false, 1,
        67108864);

-- ----- What is written there -----
--
-- A lead that LeadSquared is not known to have goes by Lead.Capture with SearchBy, which finds it or makes it, so that what is sent twice makes it once. One that
-- it has goes by Lead.Update: Lead.Capture would make a second one of a lead whose address has changed. Only what differs from what LeadSquared last had is sent.

CREATE FUNCTION lealup._leadsquared_value(type text, value jsonb) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN CASE WHEN coalesce(value, 'null') = 'null' THEN ''
        WHEN type = 'boolean' THEN CASE value #>> '{}' WHEN 'true' THEN '1' ELSE '0' END
        WHEN type = 'date' THEN (value #>> '{}') || ' 00:00:00'
        WHEN type = 'datetime' THEN lealup._leadsquared_stamp((value #>> '{}')::timestamptz)
        ELSE value #>> '{}' END;
COMMENT ON FUNCTION lealup._leadsquared_value(text, jsonb) IS 'A value of a field of that type as LeadSquared takes it.';

CREATE FUNCTION lealup._leadsquared_send_lead(call jsonb) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN CASE
        WHEN coalesce(call -> 'object', 'null') = 'null' THEN NULL
        WHEN call #>> '{object,external_id}' IS NULL THEN CASE WHEN call #>> '{object,search_by}' IS NULL
            THEN jsonb_build_object('fail', 'the lead has no value in a field by which it is searched, so that LeadSquared could not tell whether it has it')
            ELSE lealup._leadsquared_ask('/v2/LeadManagement.svc/Lead.Capture', (
                SELECT jsonb_agg(jsonb_build_object('Attribute', h.key, 'Value', lealup._leadsquared_value(call #>> ARRAY['object', 'types', h.key], h.value)) ORDER BY h.key)
                FROM jsonb_each(call #> '{object,here}') h WHERE h.value <> 'null') || jsonb_build_object('Attribute', 'SearchBy', 'Value', call #> '{object,search_by}')) END
        WHEN call #> '{object,changed}' = '[]' THEN NULL
        ELSE lealup._leadsquared_ask('/v2/LeadManagement.svc/Lead.Update', (
                SELECT jsonb_agg(jsonb_build_object('Attribute', f, 'Value', lealup._leadsquared_value(call #>> ARRAY['object', 'types', f], call #> ARRAY['object', 'here', f])) ORDER BY f)
                FROM jsonb_array_elements_text(call #> '{object,changed}') f))
            || jsonb_build_object('query', jsonb_build_object('leadId', call #> '{object,external_id}', 'postUpdatedLead', 'false')) END;
COMMENT ON FUNCTION lealup._leadsquared_send_lead(jsonb) IS 'The request that makes a lead, or changes what differs; null if nothing does. LeadSquared''s own automations are not triggered by a change.';

CREATE FUNCTION lealup._leadsquared_sent(call jsonb, response jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    problem text := lealup._leadsquared_problem(response);
    id text := coalesce(call #>> '{object,external_id}', response #>> '{body,Message,Id}', response #>> '{body,Message,RelatedId}');
BEGIN
    RETURN CASE
        WHEN problem ~ '^MX(System|Internal|Timeout|Deadlock|ServiceUnavailable)' THEN jsonb_build_object('retry', problem)
        WHEN problem IS NOT NULL THEN jsonb_build_object('fail', problem)
        WHEN id IS NULL THEN jsonb_build_object('fail', 'LeadSquared''s answer does not say which record it has written')
        ELSE jsonb_build_object('external_id', id) END;
END $$;
COMMENT ON FUNCTION lealup._leadsquared_sent(jsonb, jsonb) IS 'What an answer to what was sent says.';

CREATE FUNCTION lealup._leadsquared_event(source text) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN source ~ '^\d{1,9}$' THEN to_jsonb(source::int) END;
COMMENT ON FUNCTION lealup._leadsquared_event(text) IS 'The code of a kind of activities, if it is one.';

CREATE FUNCTION lealup._leadsquared_send_activity(call jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    o jsonb := call -> 'object';
    event jsonb := lealup._leadsquared_event(o ->> 'type');
    fields jsonb;
BEGIN
    IF coalesce(o, 'null') = 'null' THEN
        RETURN NULL;
    ELSIF event IS NULL THEN
        RETURN jsonb_build_object('fail', format('the activity type %s is mapped to no code of LeadSquared''s: set_lead_sync_mapping(..., target => ''%s'', source => ''201'', entity => ''activity_type'')',
            coalesce(quote_literal(o ->> 'local_type'), 'null'), o ->> 'local_type'));
    ELSIF o ->> 'lead' IS NULL THEN
        RETURN jsonb_build_object('fail', 'the lead of the activity is not in LeadSquared');
    END IF;
    fields := (SELECT coalesce(jsonb_agg(jsonb_build_object('SchemaName', f.key, 'Value', lealup._leadsquared_value(o #>> ARRAY['types', f.key], f.value)) ORDER BY f.key), '[]')
        FROM jsonb_each(o -> 'here') f WHERE f.key NOT IN ('note', 'occurred_at') AND (f.value <> 'null' OR o ->> 'external_id' IS NOT NULL));
    IF o ->> 'external_id' IS NULL THEN
        RETURN lealup._leadsquared_ask('/v2/ProspectActivity.svc/Create', jsonb_build_object('RelatedProspectId', o -> 'lead', 'ActivityEvent', event,
            'ActivityNote', coalesce(o #>> '{here,note}', ''), 'ActivityDateTime', lealup._leadsquared_stamp((o #>> '{here,occurred_at}')::timestamptz), 'Fields', fields));
    ELSIF o -> 'changed' = '[]' THEN
        RETURN NULL;
    END IF;
    RETURN lealup._leadsquared_ask('/v2/ProspectActivity.svc/CustomActivity/Update', jsonb_build_object('ProspectActivityId', o -> 'external_id', 'ActivityEvent', event,
        'ActivityNote', coalesce(o #>> '{here,note}', ''), 'Fields', fields));
END $$;
COMMENT ON FUNCTION lealup._leadsquared_send_activity(jsonb) IS 'The request that posts an activity, or changes one that LeadSquared has; null if nothing differs.';

CREATE FUNCTION lealup._leadsquared_search_activity(call jsonb) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN CASE WHEN call #>> '{object,lead}' IS NOT NULL AND call #>> '{object,external_id}' IS NULL THEN
        lealup._leadsquared_ask('/v2/ProspectActivity.svc/Retrieve', jsonb_build_object('Parameter', jsonb_build_object('ActivityEvent', lealup._leadsquared_event(call #>> '{object,type}')),
            'Paging', '{"Offset": "0", "RowCount": "1000"}'::jsonb)) || jsonb_build_object('query', jsonb_build_object('leadId', call #> '{object,lead}'))
        -- A change may be said twice.
        ELSE lealup._leadsquared_send_activity(call) END;
COMMENT ON FUNCTION lealup._leadsquared_search_activity(jsonb) IS 'The request by which an activity is found that may have been posted.';

CREATE FUNCTION lealup._leadsquared_found_activity(call jsonb, response jsonb) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN CASE WHEN call #>> '{object,external_id}' IS NOT NULL THEN lealup._leadsquared_sent(call, response)
        WHEN lealup._leadsquared_problem(response) IS NOT NULL THEN jsonb_build_object('retry', lealup._leadsquared_problem(response))
        ELSE (SELECT jsonb_build_object('external_id', coalesce(a ->> 'Id', a ->> 'ProspectActivityId')) FROM jsonb_array_elements(response #> '{body,ProspectActivities}') a
            CROSS JOIN LATERAL lealup._leadsquared_activity(a) x
            WHERE coalesce(x ->> 'note', '') = coalesce(call #>> '{object,here,note}', '')
              AND (x ->> 'occurred_at')::timestamptz = date_trunc('second', (call #>> '{object,here,occurred_at}')::timestamptz)
              AND NOT coalesce(call #> '{object,taken}', '[]') ? coalesce(a ->> 'Id', a ->> 'ProspectActivityId') LIMIT 1) END;
COMMENT ON FUNCTION lealup._leadsquared_found_activity(jsonb, jsonb) IS 'The activity that was posted already: one with the same note and time that is no other one of ours; null if there is none.';

INSERT INTO lealup.provider_operation (provider, name, title, audience, input, request, response, idempotency, mirror) VALUES
    ('leadsquared', 'send_lead', 'Write a lead', 'own_team', '{}', 'lealup._leadsquared_send_lead', 'lealup._leadsquared_sent', NULL, 'lead.changed'),
    ('leadsquared', 'send_activity', 'Write an activity of a lead', 'own_team', '{}', 'lealup._leadsquared_send_activity', 'lealup._leadsquared_sent',
        '{"search": "lealup._leadsquared_search_activity", "found": "lealup._leadsquared_found_activity"}', 'lead_activity.changed');
