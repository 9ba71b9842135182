-- LeadSquared: what is asked, and what answers mean. The answers are written after LeadSquared's API reference.
BEGIN;
SELECT plan(49);

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

SELECT * FROM finish();
ROLLBACK;
