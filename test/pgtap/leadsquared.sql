-- LeadSquared: what is asked, and what answers mean. The answers are written after LeadSquared's API reference.
BEGIN;
SELECT plan(81);

CREATE FUNCTION pg_temp.call(stream text, cursor jsonb DEFAULT NULL, mode text DEFAULT 'incremental', options jsonb DEFAULT '{"activities": true}') RETURNS jsonb
    LANGUAGE sql AS $$ SELECT jsonb_build_object('now', '2026-11-21T10:00:00Z', 'stream', stream, 'mode', mode, 'since', '2026-08-23T10:00:00Z', 'cursor', cursor,
        'connection', jsonb_build_object('id', 'x', 'provider', 'leadsquared', 'account_id', 'o', 'options', options)) $$;
CREATE FUNCTION pg_temp.answer(body jsonb, status int DEFAULT 200) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('status', status, 'headers', jsonb_build_object('date', 'Sat, 21 Nov 2026 09:59:58 GMT'), 'body', body) $$;
CREATE FUNCTION pg_temp.verdict(part text, status int, body jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', v.action, v.until - '2026-11-21 10:00:00Z') FROM lealup._sync_verdict('leadsquared', 'x', part, status, '{}', body, NULL, NULL, '2026-11-21 10:00:00Z') v $$;
CREATE FUNCTION pg_temp.error(type text, message text DEFAULT 'why') RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('Status', 'Error', 'ExceptionType', type, 'ExceptionMessage', message) $$;

SELECT is_empty($$SELECT * FROM lealup.check_provider('leadsquared')$$, 'nothing is wrong with the provider');
SELECT is((SELECT kind || ' ' || auth || ' ' || (credential ->> 'name') FROM lealup.provider WHERE name = 'leadsquared'), 'workspace api_key x-LSQ-AccessKey', 'its keys go in headers');
SELECT ok(bool_and(p ? 'problem' AND p ? 'fix'), 'each problem has a fix') FROM lealup.provider, jsonb_array_elements(problems) p WHERE name = 'leadsquared';

-- ----- Windows and pages -----
SELECT is(lealup._leadsquared_leads_request(pg_temp.call('leads', NULL, 'backfill')), '{"method": "POST", "path": "/v2/LeadManagement.svc/Leads.RecentlyModified",
    "json": {"Parameter": {"FromDate": "2026-08-23 10:00:00", "ToDate": "2026-11-22 10:00:00"}, "Paging": {"PageIndex": 1, "PageSize": 1000}, "Sorting": {"ColumnName": "ProspectAutoId", "Direction": "0"}},
    "fields": [{"in": "header", "name": "x-LSQ-SecretKey", "secret": "secret_key"}]}', 'a backfill asks from its beginning on, whatever the clocks say');
SELECT is(lealup._leadsquared_leads_response(pg_temp.call('leads', NULL, 'backfill'), pg_temp.answer('{"RecordCount": 1, "Leads": [{"LeadPropertyList": [
        {"Attribute": "ProspectID", "Value": "ed477dea-d2fe-11e6-b5f1-22000aa8e760"}, {"Attribute": "FirstName", "Value": "John"}, {"Attribute": "LastName", "Value": null}, {"Attribute": "Company", "Value": ""},
        {"Attribute": "ModifiedOn", "Value": "2026-11-21 09:30:00.000"}, {"Attribute": "CanUpdate", "Value": "true"}]}]}')),
    '{"records": [{"id": "ed477dea-d2fe-11e6-b5f1-22000aa8e760", "data": {"updated_at": "2026-11-21T09:30:00.000Z",
        "fields": {"ProspectID": "ed477dea-d2fe-11e6-b5f1-22000aa8e760", "FirstName": "John", "ModifiedOn": "2026-11-21 09:30:00.000"}}}],
      "verdict": "done", "cursor": {"from": "2026-11-21 09:28:00"}, "total": 1}', 'pairs become an object, what is empty is absent, and the next run begins a bit before the last change');
SELECT is(lealup._leadsquared_leads_response(pg_temp.call('leads'), pg_temp.answer('{"RecordCount": 1, "Leads": [{"ProspectID": "p", "FirstName": "Meera", "ModifiedOn": "2026-11-21 09:30:00"}]}')) #> '{records,0}',
    '{"id": "p", "data": {"updated_at": "2026-11-21T09:30:00Z", "fields": {"ProspectID": "p", "FirstName": "Meera", "ModifiedOn": "2026-11-21 09:30:00"}}}', 'flat objects are understood as well');
SELECT is(lealup._leadsquared_leads_response(pg_temp.call('leads', '{"from": "2026-11-21 09:28:00"}'), pg_temp.answer('{"RecordCount": 0, "Leads": []}')),
    '{"records": [], "verdict": "done", "cursor": {"from": "2026-11-21 09:28:00"}}', 'without news the window stays where it begins');
SELECT is(lealup._leadsquared_leads_response(pg_temp.call('leads', '{"from": "2026-11-21 09:28:00"}'), pg_temp.answer('{"RecordCount": 1, "Leads": [{"ProspectID": "p", "ModifiedOn": "2026-11-21 09:29:00"}]}')) -> 'cursor',
    '{"from": "2026-11-21 09:28:00"}', 'it does not go back');
SELECT is(lealup._leadsquared_leads_response(pg_temp.call('leads', '{"from": "2026-11-21 09:00:00"}'), pg_temp.answer('{"RecordCount": 2001, "Leads": []}')),
    '{"records": [], "verdict": "more", "total": 2001, "cursor": {"from": "2026-11-21 09:00:00", "to": "2026-11-21 09:59:58", "page": 3}}', 'of several pages the window is closed by LeadSquared''s clock, and the last page is next');
SELECT is(lealup._leadsquared_leads_request(pg_temp.call('leads', '{"from": "2026-11-21 09:00:00", "to": "2026-11-21 09:59:58", "page": 3}')) -> 'json',
    '{"Parameter": {"FromDate": "2026-11-21 09:00:00", "ToDate": "2026-11-21 09:59:58"}, "Paging": {"PageIndex": 3, "PageSize": 1000}, "Sorting": {"ColumnName": "ProspectAutoId", "Direction": "0"}}', 'by the lead''s number, which stays');
SELECT is(lealup._leadsquared_leads_response(pg_temp.call('leads', '{"from": "2026-11-21 09:00:00", "to": "2026-11-21 09:59:58", "page": 3}'), pg_temp.answer('{"RecordCount": 1990, "Leads": []}')),
    '{"records": [], "verdict": "more", "cursor": {"from": "2026-11-21 09:00:00", "to": "2026-11-21 09:59:58", "page": 2}}', 'a page may have become empty meanwhile');
SELECT is(lealup._leadsquared_leads_response(pg_temp.call('leads', '{"from": "2026-11-21 09:00:00", "to": "2026-11-21 09:59:58", "page": 1}'), pg_temp.answer('{"RecordCount": 1990, "Leads": []}')),
    '{"records": [], "verdict": "done", "cursor": {"from": "2026-11-21 09:57:58"}}', 'after the first page the next window begins, a bit before this one ends');
SELECT is(lealup._leadsquared_leads_response(pg_temp.call('leads'), pg_temp.answer(pg_temp.error('MXInvalidInputException', 'Invalid Input! Parameter Name: PageSize'))),
    '{"verdict": "fail", "message": "MXInvalidInputException: Invalid Input! Parameter Name: PageSize"}', 'an error with the status 200 is one');
SELECT is(lealup._leadsquared_leads_response(pg_temp.call('leads'), '{"status": 200, "headers": {}, "body": null, "text": "<html>"}') ->> 'verdict', 'fail', 'and so is an answer that is no JSON');
SELECT is(lealup._leadsquared_leads_response(pg_temp.call('leads'), pg_temp.answer('{"RecordCount": 0}')) ->> 'verdict', 'fail', 'or has no leads');
SELECT is(lealup._leadsquared_normalize(pg_temp.call('leads'), '{"id": "p", "data": {"fields": {"FirstName": "John"}, "updated_at": "2026-11-21T09:30:00Z"}}'),
    '[{"entity": "lead", "external_id": "p", "fields": {"FirstName": "John"}, "updated_at": "2026-11-21T09:30:00Z"}]', 'a lead is one');

-- ----- Errors -----
SELECT is(pg_temp.verdict('page', 200, pg_temp.error('MXAPIRateLimitExceededException', 'API calls exceeded the limit of 20 in 5 second(s)')), 'wait 00:00:05', 'a limit with the status 200 is waited for, 5 seconds');
SELECT is(pg_temp.verdict('action', 429, pg_temp.error('MXThrottleException')), 'wait 00:00:05', 'and one with 429');
SELECT is(pg_temp.verdict('page', 429, NULL), 'wait 00:00:05', 'whatever its text is');
SELECT is(pg_temp.verdict('page', 401, pg_temp.error('MXAuthenticationFailedException')), 'reconnect', 'keys that are not accepted stop the connection');
SELECT is(pg_temp.verdict('action', 200, pg_temp.error('MXAuthenticationFailedException')), 'reconnect', 'whatever the status is');
SELECT is(pg_temp.verdict('page', 500, pg_temp.error('MXInvalidInputException')), 'answer', 'what else it says is read');
SELECT is(pg_temp.verdict('page', 502, '"<html>"'), 'retry', 'a gateway''s error is tried again');

-- ----- Activities and fields -----
SELECT is(lealup._leadsquared_activities_request(pg_temp.call('activities', '{"from": "2026-11-21 09:00:00"}')) -> 'json',
    '{"Parameter": {"FromDate": "2026-11-21 09:00:00", "ToDate": "2026-11-22 10:00:00", "IncludeCustomFields": 1}, "Paging": {"PageIndex": 1, "PageSize": 1000}, "Sorting": {"ColumnName": "CreatedOn", "Direction": "0"}}',
    'activities are asked for alike');
SELECT is(lealup._leadsquared_activities_request(pg_temp.call('activities', options => '{"activities": false}')), NULL, 'if they are wanted');
SELECT is(lealup._leadsquared_activities_response(pg_temp.call('activities'), pg_temp.answer('{"RecordCount": 1, "ProspectActivities": [{"Id": "a1", "EventCode": 21, "EventName": "Phone Call", "ActivityScore": 0,
        "CreatedOn": "2026-09-02 10:00:00", "ModifiedOn": "2026-09-02 10:05:00", "RelatedProspectId": "p1", "Data": [{"Key": "mx_Custom_1", "Value": "420"}, {"Key": "ActivityEvent_Note", "Value": "Asked"}],
        "Fields": [{"Key": "mx_Custom_2", "Value": "Physio"}, {"Key": "mx_Custom_3", "Value": ""}]}]}')),
    '{"records": [{"id": "a1", "data": {"lead": "p1", "event": 21, "name": "Phone Call", "note": "Asked", "occurred_at": "2026-09-02T10:00:00Z", "updated_at": "2026-09-02T10:05:00Z",
        "fields": {"mx_Custom_1": "420", "mx_Custom_2": "Physio"}}}], "verdict": "done", "cursor": {"from": "2026-09-02 10:03:00"}}', 'with what belongs to them');
SELECT is(lealup._leadsquared_normalize(pg_temp.call('activities'), '{"id": "a1", "data": {"lead": "p1"}}'), '[{"entity": "lead_activity", "external_id": "a1", "lead": "p1"}]', 'an activity is one');
SELECT is(lealup._leadsquared_fields_request(pg_temp.call('fields')) - 'fields', '{"method": "GET", "path": "/v2/LeadManagement.svc/LeadsMetaData.Get"}', 'fields are asked for');
SELECT is(lealup._leadsquared_fields_response(pg_temp.call('fields'), pg_temp.answer('[{"SchemaName": "EmailAddress", "DisplayName": "Email", "DataType": "Email", "IsUnique": true, "IsMandatory": false},
        {"SchemaName": "mx_Visits", "DisplayName": "Visits", "DataType": "Number"}]')) -> 'records',
    '[{"id": "EmailAddress", "data": {"name": "EmailAddress", "title": "Email", "type": "email", "is_unique": true, "required": false, "read_only": false}},
      {"id": "mx_Visits", "data": {"name": "mx_Visits", "title": "Visits", "type": "number", "is_unique": false, "required": false, "read_only": false}}]', 'and known by name, type and whether they are unique');

-- ----- What is written -----
CREATE FUNCTION pg_temp.lead(object jsonb) RETURNS jsonb LANGUAGE sql AS $$
    SELECT lealup._leadsquared_send_lead(pg_temp.call('x') || jsonb_build_object('object', '{"entity": "lead", "id": "l", "external_id": null, "search_by": "EmailAddress", "changed": [], "types": {"mx_Ok": "boolean",
        "mx_Day": "date", "mx_At": "datetime"}, "here": {"EmailAddress": "a@b.co", "FirstName": "Ana", "Company": null, "mx_Ok": true, "mx_Day": "2026-01-02", "mx_At": "2026-01-02T03:04:05.5+01:00"}}' || object)) - 'fields' $$;
SELECT is(pg_temp.lead('{}'), '{"method": "POST", "path": "/v2/LeadManagement.svc/Lead.Capture", "json": [{"Attribute": "EmailAddress", "Value": "a@b.co"}, {"Attribute": "FirstName", "Value": "Ana"},
    {"Attribute": "mx_At", "Value": "2026-01-02 02:04:05"}, {"Attribute": "mx_Day", "Value": "2026-01-02 00:00:00"}, {"Attribute": "mx_Ok", "Value": "1"}, {"Attribute": "SearchBy", "Value": "EmailAddress"}]}',
    'a lead that is not known there is captured by what it is searched by');
SELECT is(pg_temp.lead('{"search_by": null}') ? 'fail', true, 'and not at all without that');
SELECT is(pg_temp.lead('{"external_id": "p1", "changed": ["Company", "EmailAddress"]}'), '{"method": "POST", "path": "/v2/LeadManagement.svc/Lead.Update", "query": {"leadId": "p1", "postUpdatedLead": "false"},
    "json": [{"Attribute": "Company", "Value": ""}, {"Attribute": "EmailAddress", "Value": "a@b.co"}]}', 'of one that is known what differs is written, even its address');
SELECT is(pg_temp.lead('{"external_id": "p1"}'), NULL, 'and nothing if nothing does');
SELECT is(lealup._leadsquared_send_lead(pg_temp.call('x') || '{"object": null}'), NULL, 'nor of a lead that is gone');
SELECT is(lealup._leadsquared_sent('{"object": {"external_id": null}}', pg_temp.answer('{"Status": "Success", "Message": {"Id": "p9", "RelatedId": "p9", "IsCreated": true}}')), '{"external_id": "p9"}', 'what was made is known from then on');
SELECT is(lealup._leadsquared_sent('{"object": {"external_id": "p1"}}', pg_temp.answer('{"Status": "Success", "Message": {"AffectedRows": 1}}')), '{"external_id": "p1"}', 'a change is recorded');
SELECT is(lealup._leadsquared_sent('{}', pg_temp.answer(pg_temp.error('MXDuplicateEntryException', 'A Lead with same Phone already exists.'), 500)),
    '{"fail": "MXDuplicateEntryException: A Lead with same Phone already exists."}', 'what it refuses is told as it says it');
SELECT is(lealup._leadsquared_sent('{}', pg_temp.answer(pg_temp.error('MXSystemException'))) ? 'retry', true, 'trouble of its own is tried again');
SELECT is(lealup._leadsquared_sent('{}', pg_temp.answer('{"Status": "Success"}')) ? 'fail', true, 'an answer without an id is none');

CREATE FUNCTION pg_temp.activity(object jsonb) RETURNS jsonb LANGUAGE sql AS $$
    SELECT pg_temp.call('x') || jsonb_build_object('object', '{"entity": "lead_activity", "id": "a", "external_id": null, "lead": "p1", "type": "201", "local_type": "call", "changed": [], "types": {"mx_Custom_1": "boolean"},
        "here": {"note": "Called", "occurred_at": "2026-01-02T03:04:05.5Z", "mx_Custom_1": true, "mx_Custom_2": null}}' || object) $$;
SELECT is(lealup._leadsquared_send_activity(pg_temp.activity('{}')) - 'fields', '{"method": "POST", "path": "/v2/ProspectActivity.svc/Create", "json": {"RelatedProspectId": "p1", "ActivityEvent": 201,
    "ActivityNote": "Called", "ActivityDateTime": "2026-01-02 03:04:05", "Fields": [{"SchemaName": "mx_Custom_1", "Value": "1"}]}}', 'an activity is posted on its lead');
SELECT is(lealup._leadsquared_send_activity(pg_temp.activity('{"external_id": "x1", "changed": ["note"]}')) -> 'json', '{"ProspectActivityId": "x1", "ActivityEvent": 201, "ActivityNote": "Called",
    "Fields": [{"SchemaName": "mx_Custom_1", "Value": "1"}, {"SchemaName": "mx_Custom_2", "Value": ""}]}', 'and changed there');
SELECT is(lealup._leadsquared_send_activity(pg_temp.activity('{"external_id": "x1"}')), NULL, 'if something differs');
SELECT is(lealup._leadsquared_send_activity(pg_temp.activity('{"lead": null}')) ->> 'fail', 'the lead of the activity is not in LeadSquared', 'not of a lead that is not there');
SELECT is(lealup._leadsquared_send_activity(pg_temp.activity('{"type": null}')) ->> 'fail' ~ 'the activity type ''call'' is mapped to no code', true, 'nor of a type that LeadSquared has not');
SELECT is(lealup._leadsquared_search_activity(pg_temp.activity('{}')) - 'fields', '{"method": "POST", "path": "/v2/ProspectActivity.svc/Retrieve", "query": {"leadId": "p1"},
    "json": {"Parameter": {"ActivityEvent": 201}, "Paging": {"Offset": "0", "RowCount": "1000"}}}', 'one that may have been posted is looked for');
CREATE FUNCTION pg_temp.found(note text, at text, taken jsonb DEFAULT '[]') RETURNS jsonb LANGUAGE sql AS $$
    SELECT lealup._leadsquared_found_activity(pg_temp.activity(jsonb_build_object('taken', taken)), pg_temp.answer(jsonb_build_object('RecordCount', 1, 'ProspectActivities', jsonb_build_array(
        jsonb_build_object('Id', 'x1', 'EventCode', 201, 'CreatedOn', at, 'Data', jsonb_build_array(jsonb_build_object('Key', 'ActivityEvent_Note', 'Value', note))))))) $$;
SELECT is(pg_temp.found('Called', '2026-01-02 03:04:05'), '{"external_id": "x1"}', 'by its note and time');
SELECT is(pg_temp.found('Called', '2026-01-02 03:04:06'), NULL, 'another time is another one');
SELECT is(pg_temp.found('Wrote', '2026-01-02 03:04:05'), NULL, 'and another note');
SELECT is(pg_temp.found('Called', '2026-01-02 03:04:05', '["x1"]'), NULL, 'and one that is a known one''s');

-- ----- The tour of README.md -----
SELECT lealup.create_tenant('Sold properties') AS tenant \gset
INSERT INTO lealup.member (tenant_id, email, role) VALUES (:'tenant', 'ada@team.example', 'admin');
\set tour `mktemp`
\setenv TOUR :tour
\! awk '/^##/{on = /^### LeadSquared/} /^```/{sql = on && $0 == "```sql"; next} sql' README.md > "$TOUR"
\o /dev/null
\i :tour
\o
\! rm "$TOUR"
SELECT results_eq(format('SELECT s.enabled, s.country, s.activity_behaviour, c.provider, c.options ->> ''host'', c.options ->> ''calls_per_5s'' FROM lealup.lead_sync s JOIN lealup.connection c USING (tenant_id, id) WHERE s.id = %L', :'leadsquared'),
    $$VALUES (true, 'IN', 'capture', 'leadsquared', 'api-in21', '10')$$, 'the tour makes a connection that is a sync');
SELECT is((SELECT count(*) FROM lealup.vault_secret v WHERE v.owner_id = :'leadsquared' AND v.purpose IN ('access_key', 'secret_key')), 2::bigint, 'its keys are in the vault');
SELECT results_eq(format('SELECT name, url, connection_id, peer, status FROM lealup.lead_automations WHERE tenant_id = %L ORDER BY name', :'tenant'),
    format($$VALUES ('Calls to LeadSquared', NULL, %1$L::uuid, %1$L::uuid, 'active'), ('To LeadSquared', NULL, %1$L, %1$L, 'active')$$, :'leadsquared'), 'and automations that send there');
SELECT lealup.delete_lead_automation(:'tenant', id) FROM lealup.lead_automations WHERE tenant_id = :'tenant' AND name = 'To LeadSquared';
SELECT is((SELECT string_agg(r.name || ' ' || r.active || ' ' || (r.deleted_at IS NOT NULL), ', ' ORDER BY r.name) FROM lealup.notification_rule r WHERE r.tenant_id = :'tenant'),
    'Lead automation: Calls to LeadSquared true false, Lead automation: To LeadSquared false true', 'one that is deleted has no rule any more');
SELECT throws_ok(format('SELECT lealup.create_lead_automation(%L, ''x'', NULL, ''{lead.created,lead_activity.posted}'', connection_id => %L)', :'tenant', :'leadsquared'), '22023', NULL, 'leads and activities have automations of their own');
SELECT throws_ok(format('SELECT lealup.create_lead_automation(%L, ''x'', ''https://x.example/'', connection_id => %L)', :'tenant', :'leadsquared'), '22023', NULL, 'one sends to a URL, or to a connection');
SELECT throws_ok(format('SELECT lealup.create_lead_automation(%L, ''x'', NULL, connection_id => %L)', :'tenant', lealup.uuid7()), 'P0002', NULL, 'that there is');

-- ----- What is read, and what is sent -----
SELECT lealup.create_lead_automation(:'tenant', 'All', NULL, connection_id => :'leadsquared') AS automation \gset
SELECT lealup.update_lead_sync(:'tenant', :'leadsquared', country => 'ES');
CREATE FUNCTION pg_temp.connection() RETURNS lealup.connection LANGUAGE sql AS $$ SELECT c FROM lealup.connection c WHERE c.provider = 'leadsquared' ORDER BY c.id DESC LIMIT 1 $$;
-- Takes leads in as the engine does: their ids, when they were modified (seconds from now on), and their values.
CREATE FUNCTION pg_temp.reads(id text, seconds int, fields jsonb) RETURNS void LANGUAGE sql AS $$
    SELECT lealup._sync_sink(pg_temp.connection(), 'lead', ARRAY[jsonb_build_object('entity', 'lead', 'external_id', id, 'updated_at', lealup._rfc3339(clock_timestamp() + make_interval(secs => seconds)), 'fields', fields)]) $$;
CREATE FUNCTION pg_temp.here(email text) RETURNS jsonb LANGUAGE sql AS $$ SELECT l.fields - 'email' FROM lealup.lead l WHERE l.fields ->> 'email' = email AND l.deleted_at IS NULL $$;
CREATE FUNCTION pg_temp.lead_id(email text) RETURNS uuid LANGUAGE sql AS $$ SELECT l.id FROM lealup.lead l WHERE l.fields ->> 'email' = email AND l.tenant_id = (pg_temp.connection()).tenant_id $$;
CREATE FUNCTION pg_temp.object(email text) RETURNS jsonb LANGUAGE sql AS $$ SELECT lealup._lead_object(pg_temp.connection(), 'lead', pg_temp.lead_id(email)) $$;
-- A request is made, and its answer comes, or not.
CREATE FUNCTION pg_temp.hands(email text) RETURNS void LANGUAGE sql AS $$ SELECT lealup._lead_handed(pg_temp.connection(), pg_temp.object(email)) $$;
CREATE FUNCTION pg_temp.answers(email text, id text) RETURNS void LANGUAGE sql AS $$
    SELECT lealup._lead_sent(pg_temp.connection(), 'lead', jsonb_populate_record(NULL::lealup.action, jsonb_build_object('input', jsonb_build_object('id', pg_temp.lead_id(email)))), jsonb_build_object('external_id', id)) $$;
CREATE FUNCTION pg_temp.changed(email text) RETURNS jsonb LANGUAGE sql AS $$ SELECT pg_temp.object(email) -> 'changed' $$;
CREATE FUNCTION pg_temp.waiting(email text) RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM lealup.action a WHERE a.input ->> 'id' = pg_temp.lead_id(email)::text AND a.status = 'approved' $$;

SELECT pg_temp.reads('p1', -60, '{"ProspectID": "p1", "EmailAddress": "Ana@acme.example", "FirstName": "Ana", "Phone": "600 111 222"}');
SELECT is(pg_temp.here('ana@acme.example'), '{"phone": "+34600111222", "first_name": "Ana"}', 'a lead that was read is here');
SELECT is(pg_temp.object('ana@acme.example') - '{here,types,sends,entity,id}'::text[], '{"changed": [], "external_id": "p1", "search_by": "EmailAddress"}', 'and nothing of it is to be sent, though it is written in another way there');
SELECT is((SELECT count(*) FROM lealup.event e WHERE e.tenant_id = :'tenant' AND e.context -> 'automation' ? :'automation'), 0::bigint, 'what has come from there meets no automation that goes there');
SELECT lealup.update_lead(:'tenant', pg_temp.lead_id('ana@acme.example'), '{"first_name": "Anna", "phone": null}');
SELECT is((SELECT count(*) FROM lealup.event e WHERE e.tenant_id = :'tenant' AND e.context -> 'automation' ? :'automation'), 1::bigint, 'what is changed here does');
SELECT is(pg_temp.changed('ana@acme.example'), '["FirstName", "Phone"]', 'and what differs is to be sent');
-- The request goes, and comes back before its answer does.
SELECT pg_temp.hands('ana@acme.example');
SELECT lealup.update_lead(:'tenant', pg_temp.lead_id('ana@acme.example'), '{"first_name": "Annie"}');
SELECT pg_temp.reads('p1', 60, '{"EmailAddress": "Ana@acme.example", "FirstName": "Anna"}');
SELECT is(pg_temp.here('ana@acme.example'), '{"first_name": "Annie"}', 'what was sent and comes back is no news, even if it is later than a change here');
SELECT is(pg_temp.waiting('ana@acme.example'), 1::bigint, 'and what was changed meanwhile is still sent');
SELECT pg_temp.answers('ana@acme.example', 'p1');
SELECT is(pg_temp.changed('ana@acme.example'), '["FirstName"]', 'once the answer is there, only that');
-- The request goes, and somebody there changes the same.
SELECT pg_temp.hands('ana@acme.example');
SELECT pg_temp.reads('p1', 120, '{"EmailAddress": "Ana@acme.example", "FirstName": "Anita"}');
SELECT is(pg_temp.here('ana@acme.example'), '{"first_name": "Anita"}', 'of what both have changed the later change wins');
SELECT pg_temp.answers('ana@acme.example', 'p1');
SELECT is(pg_temp.changed('ana@acme.example'), '[]', 'and an answer that comes after that does not undo what is known');
SELECT lealup.update_lead(:'tenant', pg_temp.lead_id('ana@acme.example'), '{"company": "Acme"}');
SELECT pg_temp.hands('ana@acme.example'), pg_temp.answers('ana@acme.example', 'p1');
-- Their clock is behind: they had our value, and changed it.
UPDATE lealup.lead_link SET modified_at = modified_at - interval '1 hour' WHERE remote_id = 'p1';
SELECT pg_temp.reads('p1', -600, '{"EmailAddress": "Ana@acme.example", "FirstName": "Anita", "Company": "Acme Corp"}');
SELECT is(pg_temp.here('ana@acme.example'), '{"company": "Acme Corp", "first_name": "Anita"}', 'a change of what had come from here is later than that, whatever their clock says');
SELECT lealup.update_lead(:'tenant', pg_temp.lead_id('ana@acme.example'), '{"company": "Acme Ltd"}');
DELETE FROM lealup.action WHERE tenant_id = :'tenant';
SELECT pg_temp.reads('p1', -590, '{"EmailAddress": "Ana@acme.example", "FirstName": "Anita", "Company": "Acme Inc"}');
SELECT is(pg_temp.here('ana@acme.example') ->> 'company', 'Acme Ltd', 'an earlier change of what was changed here as well loses');
SELECT is(pg_temp.waiting('ana@acme.example'), 1::bigint, 'and what has won is sent');
SELECT pg_temp.reads('p1', -3600, '{"EmailAddress": "Ana@acme.example", "FirstName": "Old"}');
SELECT is(pg_temp.here('ana@acme.example') ->> 'first_name', 'Anita', 'what is older than what was seen changes nothing');

-- A lead that is made here, and becomes another one before it is known to be there.
SELECT lealup.create_lead(:'tenant', '{"email": "bob@acme.example", "first_name": "Bob"}');
SELECT is(pg_temp.object('bob@acme.example') - '{types,sends,entity,id}'::text[] #- '{here,Notes}' -> 'external_id', 'null', 'one that is made here is not known there');
SELECT pg_temp.hands('bob@acme.example');
SELECT lealup.update_lead(:'tenant', pg_temp.lead_id('bob@acme.example'), '{"email": "robert@acme.example"}');
SELECT is(pg_temp.object('robert@acme.example') #>> '{here,EmailAddress}', 'bob@acme.example', 'it is found by what it may have been made with');
SELECT pg_temp.hands('robert@acme.example'), pg_temp.answers('robert@acme.example', 'p2');
SELECT is(pg_temp.changed('robert@acme.example'), '["EmailAddress"]', 'and becomes what it is after that');
SELECT is(pg_temp.waiting('robert@acme.example'), 1::bigint, 'which waits to be sent');
SELECT pg_temp.reads('p9', 0, '{"EmailAddress": "carl@acme.example"}');
SELECT lealup.create_lead(:'tenant', '{"email": "dora@acme.example"}');
SELECT pg_temp.hands('dora@acme.example'), pg_temp.answers('dora@acme.example', 'p9');
SELECT matches((SELECT q.error FROM lealup.lead_sending q WHERE q.local_id = pg_temp.lead_id('dora@acme.example')), 'took it for p9, which is another one here', 'a lead that is taken for another one there is told of');

-- What there is there.
SELECT lealup._sync_sink(pg_temp.connection(), 'lead_remote_field', ARRAY['{"external_id": "EmailAddress", "name": "EmailAddress", "title": "Email", "type": "email", "is_unique": false, "required": false}',
    '{"external_id": "FirstName", "name": "FirstName", "title": "First name", "type": "boolean", "is_unique": false, "required": false, "read_only": true}']::jsonb[]);
SELECT set_has(format('SELECT * FROM lealup.check_mapping(%L, %L)', :'tenant', :'leadsquared'),
    $$VALUES ('email', 'leads are searched by it, but ''EmailAddress'' is not unique in the other account'), ('phone', 'the other account has no field ''Phone'': map another one, or disable this one')$$, 'a mapping is checked by it');
SELECT is(pg_temp.object('robert@acme.example') -> 'here' ? 'FirstName', false, 'what is read-only there is not sent');
SELECT lealup.remove_lead_sync(:'tenant', :'leadsquared');
SELECT throws_ok(format('SELECT lealup.create_lead_sync(%L, ''Again'', connection_id => %L, time_zone => ''Asia/Kolkata'')', :'tenant', :'leadsquared'), '22023', 'time_zone must be UTC', 'times of the API are in UTC');
SELECT is((SELECT s.sync_id FROM lealup.create_lead_sync(:'tenant', 'Again', connection_id => :'leadsquared') s), :'leadsquared', 'a connection is set up again');
SELECT lealup.remove_lead_sync(:'tenant', :'leadsquared');
SELECT pg_temp.reads('p5', 0, '{"EmailAddress": "eve@acme.example"}');
SELECT is(pg_temp.here('eve@acme.example'), NULL, 'without a sync nothing is made of leads');
SELECT throws_ok($$SELECT pg_temp.object('robert@acme.example')$$, '55000', NULL, 'and nothing can be sent');

SELECT * FROM finish();
ROLLBACK;
