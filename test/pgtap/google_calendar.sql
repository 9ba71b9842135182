-- Google Calendar's functions, over answers as Google's documentation describes them.
BEGIN;
SELECT plan(74);

-- A call as the engine makes it.
CREATE FUNCTION pg_temp.call(cursor jsonb DEFAULT NULL, options jsonb DEFAULT '{}', account text DEFAULT 'maria@team.example') RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('now', '2026-03-01T12:00:00Z', 'since', '2025-12-01T12:00:00Z', 'stream', 'events', 'mode', CASE WHEN cursor IS NULL THEN 'backfill' ELSE 'incremental' END,
        'cursor', cursor, 'connection', jsonb_build_object('id', '01890000-0000-7000-8000-000000000001', 'provider', 'google_calendar', 'account_id', account, 'account_name', account,
        'options', options, 'facts', '{}'::jsonb, 'scopes', '[]'::jsonb))
$$;
CREATE FUNCTION pg_temp.ok(body jsonb) RETURNS jsonb LANGUAGE sql AS $$ SELECT jsonb_build_object('status', 200, 'headers', '{}'::jsonb, 'body', body) $$;

-- ----- What the catalog says -----
SELECT is((SELECT kind FROM lealup.provider WHERE name = 'google_calendar'), 'personal', 'each member connects their own calendar');
SELECT is_empty($$SELECT f FROM lealup.provider_stream s CROSS JOIN LATERAL unnest(ARRAY[s.request, s.response, s.normalize, s.watch_request, s.watch_response, s.unwatch_request]) f
    WHERE s.provider = 'google_calendar' AND to_regproc(f) IS NULL$$, 'all functions that the stream names are there');
SELECT is_empty($$SELECT scope FROM lealup.provider_scope WHERE provider = 'google_calendar' AND (reads IS NULL OR writes IS NOT NULL OR does_not_read IS NULL)$$,
    'it is told what each scope reads and does not read, and nothing is written');

-- ----- Requests -----
SELECT is(r ->> 'path', '/calendars/primary/events', 'the primary calendar is read unless others are named') FROM lealup._google_calendar_request(pg_temp.call()) r;
SELECT is(r #>> '{query,timeMin}', '2025-12-01T12:00:00Z', 'from as far back as the backfill reads') FROM lealup._google_calendar_request(pg_temp.call()) r;
SELECT is(r #>> '{query,singleEvents}', 'true', 'with the instances of what repeats') FROM lealup._google_calendar_request(pg_temp.call()) r;
SELECT ok(NOT r -> 'query' ?| '{orderBy,q,updatedMin,timeMax,showDeleted,syncToken,pageToken}', 'without what would keep the sync token away') FROM lealup._google_calendar_request(pg_temp.call()) r;
SELECT is(r #>> '{query,syncToken}', 'S1', 'with a sync token only changes are asked for') FROM lealup._google_calendar_request(pg_temp.call('{"tokens": {"primary": "S1"}}')) r;
SELECT ok(NOT r -> 'query' ? 'timeMin', 'without timeMin, which Google does not take along with it') FROM lealup._google_calendar_request(pg_temp.call('{"tokens": {"primary": "S1"}}')) r;
SELECT is((b.q -> 'query') - 'timeMin', (i.q -> 'query') - 'syncToken', 'and all else as in the first request')
FROM lealup._google_calendar_request(pg_temp.call()) b(q), lealup._google_calendar_request(pg_temp.call('{"tokens": {"primary": "S1"}}')) i(q);
SELECT is(r #>> '{query,timeMin}', '2025-01-01T00:00:00Z', 'each page asks from the same moment on')
    FROM lealup._google_calendar_request(pg_temp.call('{"calendar": "primary", "page": "P2", "from": "2025-01-01T00:00:00Z"}')) r;
SELECT is(r ->> 'path', '/calendars/team%23one%20%2F%40group.calendar.google.com/events', 'a calendar''s id is written as a part of a path')
FROM lealup._google_calendar_request(pg_temp.call(NULL, '{"calendars": "team#one /@group.calendar.google.com, primary"}')) r;
SELECT is(r ->> 'path', '/calendars/b%40x.example/events', 'calendars can be an array') FROM lealup._google_calendar_request(pg_temp.call(NULL, '{"calendars": ["b@x.example", "primary"]}')) r;

-- ----- Pages -----
CREATE TEMP TABLE page AS SELECT lealup._google_calendar_response(pg_temp.call(),
    pg_temp.ok('{"kind": "calendar#events", "summary": "maria@team.example", "timeZone": "Europe/Madrid", "nextPageToken": "P2",
    "items": [{"id": "one", "status": "confirmed", "iCalUID": "one@google.com"}, {"id": "two", "status": "cancelled"}, {"status": "confirmed"}, 7]}')) AS r;
SELECT is(r ->> 'verdict', 'more', 'a page with a next one is not the last') FROM page;
SELECT is(r -> 'cursor', '{"calendar": "primary", "page": "P2", "from": "2025-12-01T12:00:00Z", "tokens": {}, "missing": []}', 'where it goes on is in the cursor') FROM page;
SELECT is(r #> '{records,0,data,calendarTimeZone}', '"Europe/Madrid"', 'an event knows the time zone of its calendar') FROM page;
SELECT is(r #> '{records,1}', '{"id": "primary/two", "deleted": true}', 'a cancelled event, of which only the id is sure, is deleted') FROM page;
SELECT is(jsonb_array_length(r -> 'records'), 2, 'what has no id is none') FROM page;
SELECT is(lealup._google_calendar_response(pg_temp.call((SELECT r -> 'cursor' FROM page)), pg_temp.ok('{"items": [], "nextSyncToken": "S1"}')),
    '{"verdict": "done", "records": [], "cursor": {"tokens": {"primary": "S1"}}}', 'the last page gives the sync token');
SELECT is(lealup._google_calendar_response(pg_temp.call(), pg_temp.ok('{"items": []}')) ->> 'verdict', 'fail', 'without either token nothing is taken for read');
SELECT is(lealup._google_calendar_response(pg_temp.call('{"tokens": {"a": "A1", "b": "B1", "gone": "G"}}', '{"calendars": "a,b"}'), pg_temp.ok('{"nextSyncToken": "A2"}')) -> 'cursor',
    '{"calendar": "b", "missing": [], "tokens": {"a": "A2", "b": "B1", "gone": "G"}}', 'after a calendar comes the next');
SELECT is(lealup._google_calendar_response(pg_temp.call('{"calendar": "b", "tokens": {"a": "A2", "b": "B1", "gone": "G"}}', '{"calendars": "a,b"}'), pg_temp.ok('{"nextSyncToken": "B2"}')),
    '{"verdict": "done", "records": [], "cursor": {"tokens": {"a": "A2", "b": "B2"}}}', 'each has its sync token, and one that is not read any more has none');
-- A calendar that is not shared any more.
CREATE TEMP TABLE lost AS SELECT '{"status": 404, "headers": {}, "body": {"error": {"errors": [{"domain": "global", "reason": "notFound", "message": "Not Found"}], "code": 404, "message": "Not Found"}}}'::jsonb AS r;
SELECT is(lealup._google_calendar_response(pg_temp.call('{"tokens": {"a": "A1", "b": "B1"}}', '{"calendars": "a,b"}'), (SELECT r FROM lost)),
    '{"verdict": "more", "records": [], "cursor": {"calendar": "b", "missing": ["a"], "tokens": {"b": "B1"}}}', 'one that is gone does not keep the others from being read');
SELECT is(lealup._google_calendar_response(pg_temp.call('{"calendar": "b", "missing": ["a"], "tokens": {"b": "B1"}}', '{"calendars": "a,b"}'), pg_temp.ok('{"nextSyncToken": "B2"}')),
    '{"verdict": "done", "records": [], "cursor": {"tokens": {"b": "B2"}}, "message": "Not found: a. The id is wrong, or the calendar is not shared with the account any more."}',
        'and it is told in the end');
SELECT is(lealup._google_calendar_response(pg_temp.call(), (SELECT r FROM lost)) ->> 'verdict', 'fail', 'if there is no other, the run fails');
SELECT is(jsonb_array_length(lealup._google_calendar_response(pg_temp.call(), pg_temp.ok('{"items": {"id": "x"}, "nextSyncToken": "S"}')) -> 'records'), 0, 'items that are no list are none');

-- ----- Events -----
-- An event with a customer, changed by what is given.
CREATE FUNCTION pg_temp.event(change jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('id', 'primary/ev1', 'data', '{"id": "ev1", "status": "confirmed", "summary": "Quarterly review", "location": "Calle Mayor 1", "iCalUID": "ev1@google.com", "eventType": "default",
        "calendarTimeZone": "Europe/Madrid", "hangoutLink": "https://meet.google.com/abc-defg-hij",
        "start": {"dateTime": "2026-03-10T10:00:00+01:00", "timeZone": "Europe/Madrid"}, "end": {"dateTime": "2026-03-10T11:00:00+01:00", "timeZone": "Europe/Madrid"},
        "organizer": {"email": "maria@team.example", "self": true},
        "attendees": [{"email": "maria@team.example", "self": true, "organizer": true, "responseStatus": "accepted"},
            {"email": "Ana@Acme.example", "displayName": "Ana", "responseStatus": "tentative", "optional": true},
            {"email": "c_1@resource.calendar.google.com", "displayName": "Room 1", "resource": true, "responseStatus": "accepted"}]}'::jsonb || change)
$$;
CREATE FUNCTION pg_temp.meeting(change jsonb DEFAULT '{}', options jsonb DEFAULT '{}', account text DEFAULT 'maria@team.example') RETURNS jsonb LANGUAGE sql AS $$
    SELECT lealup._google_calendar_normalize(pg_temp.call(NULL, options, account), pg_temp.event(change)) -> 0
$$;
SELECT is(pg_temp.meeting() - 'starts_at' - 'ends_at', '{"entity": "meeting", "external_id": "ev1@google.com", "title": "Quarterly review", "status": "confirmed", "location": "Calle Mayor 1",
    "attendees": [{"email": "maria@team.example", "response": "accepted", "organizer": true}, {"email": "ana@acme.example", "name": "Ana", "response": "tentative", "optional": true}],
    "payload": {"conference": "https://meet.google.com/abc-defg-hij", "time_zone": "Europe/Madrid"}}', 'an event is a meeting with people, without the room');
SELECT is((m ->> 'starts_at')::timestamptz, '2026-03-10 09:00:00+00', 'it begins') FROM pg_temp.meeting() m;
SELECT is((m ->> 'ends_at')::timestamptz, '2026-03-10 10:00:00+00', 'and ends') FROM pg_temp.meeting() m;
SELECT is(pg_temp.meeting('{"status": "tentative"}') ->> 'status', 'tentative', 'it can be tentative');
SELECT is(pg_temp.meeting('{"location": " "}') ->> 'location', 'https://meet.google.com/abc-defg-hij', 'without a place it is at its link');
SELECT is(pg_temp.meeting('{"location": null, "hangoutLink": null, "conferenceData": {"entryPoints": [{"entryPointType": "phone", "uri": "tel:+34"}, {"entryPointType": "video", "uri": "https://zoom.us/j/1"}]}}') ->> 'location',
    'https://zoom.us/j/1', 'which can be another service''s');
SELECT is(pg_temp.meeting('{"summary": ""}') ->> 'title', '(no title)', 'one without a title has something to be called');
SELECT is(pg_temp.meeting('{"organizer": {"email": "joe@acme.example", "displayName": "Joe"}}') #> '{attendees,2}', '{"email": "joe@acme.example", "name": "Joe", "organizer": true}',
    'an organizer who is no attendee is there as well');
SELECT is(pg_temp.meeting('{"organizer": {"email": "team@group.calendar.google.com"}}') #> '{attendees,2}', NULL, 'unless it is a calendar');
-- Who matters.
SELECT is(pg_temp.meeting('{"attendees": [{"email": "maria@team.example", "self": true}, {"email": "luis@team.example"}]}'), NULL, 'a meeting of the own people is none');
SELECT is(pg_temp.meeting('{"attendees": null}'), NULL, 'nor is one without attendees');
SELECT isnt(pg_temp.meeting('{"attendees": null}', '{"ignore_internal": "false"}'), NULL, 'unless that is wanted');
SELECT isnt(pg_temp.meeting('{"attendees": null}', '{"ignore_internal": false}'), NULL, 'however it is said');
SELECT is(pg_temp.meeting('{}', '{"internal_domains": "other.example, acme.example"}'), NULL, 'further domains can be one''s own');
SELECT isnt(pg_temp.meeting('{"attendees": [{"email": "maria@gmail.com", "self": true}, {"email": "luis@gmail.com"}]}', '{}', 'maria@gmail.com'), NULL,
    'a domain that anybody can have is nobody''s own');
SELECT is(pg_temp.meeting('{"attendees": [{"email": "maria@team.example", "self": true, "responseStatus": "declined"}, {"email": "ana@acme.example"}]}'), NULL, 'one that the member declined is none');
SELECT is(pg_temp.meeting(jsonb_build_object('eventType', t)), NULL, format('%s is no meeting', t)) FROM unnest('{outOfOffice,focusTime,workingLocation,birthday}'::text[]) t;
SELECT is(lealup._google_calendar_normalize(pg_temp.call(), '{"id": "primary/x", "deleted": true}'), '[]', 'of a deleted one nothing is left');
-- What is private.
SELECT is(pg_temp.meeting('{"visibility": "private"}') - 'starts_at' - 'ends_at' - 'attendees',
    '{"entity": "meeting", "external_id": "ev1@google.com", "title": "Private meeting", "status": "confirmed", "payload": {"time_zone": "Europe/Madrid"}}',
    'neither title nor place nor link of a private one are kept');
SELECT is(pg_temp.meeting('{"visibility": "confidential"}') ->> 'title', 'Private meeting', 'nor of a confidential one, as private was once called');
-- What repeats: the same name in every calendar, wherever it was moved.
SELECT is(pg_temp.meeting('{"recurringEventId": "ev1", "originalStartTime": {"dateTime": "2026-03-10T10:00:00+01:00", "timeZone": "Europe/Madrid"}}') ->> 'external_id',
    'ev1@google.com/2026-03-10T09:00:00Z', 'an instance is named by when it was meant to begin');
SELECT is(pg_temp.meeting('{"recurringEventId": "x", "originalStartTime": {"dateTime": "2026-03-10T04:00:00-05:00"}, "start": {"dateTime": "2026-03-11T10:00:00+01:00"}, "end": {"dateTime": "2026-03-11T11:00:00+01:00"}}') ->> 'external_id',
    'ev1@google.com/2026-03-10T09:00:00Z', 'also if it was moved, and is seen from another time zone');
SELECT is(pg_temp.meeting('{"recurringEventId": "x", "originalStartTime": {"date": "2026-03-10"}}') ->> 'external_id', 'ev1@google.com/2026-03-10', 'one of whole days by its day');
-- Whole days.
SELECT is((m ->> 'starts_at')::timestamptz, '2026-07-01 00:00:00 Europe/Madrid', 'a whole day begins at midnight of its calendar')
    FROM pg_temp.meeting('{"start": {"date": "2026-07-01"}, "end": {"date": "2026-07-03"}}') m;
SELECT is((m ->> 'ends_at')::timestamptz, '2026-07-03 00:00:00 Europe/Madrid', 'and ends before the next') FROM pg_temp.meeting('{"start": {"date": "2026-07-01"}, "end": {"date": "2026-07-03"}}') m;

-- ----- What nobody should send -----
SELECT is((m ->> 'ends_at')::timestamptz, '2026-03-10 09:00:00+00', 'what ends before it begins lasts no time') FROM pg_temp.meeting('{"end": {"dateTime": "2026-03-01T00:00:00Z"}}') m;
SELECT throws_ok($$SELECT pg_temp.meeting('{"start": null}')$$, '22007', 'start is no time: null', 'an event without a start is an error that says so');
SELECT throws_ok($$SELECT pg_temp.meeting('{"start": {"dateTime": "2026-13-45T10:00:00Z"}}')$$, '22007', 'start is no time: {"dateTime": "2026-13-45T10:00:00Z"}',
    'as is one with a date that is none');
SELECT throws_ok($$SELECT pg_temp.meeting('{"end": {"date": "infinity"}}')$$, '22007', 'end is no time: {"date": "infinity"}', 'or an end that never comes');
SELECT is((m ->> 'starts_at')::timestamptz, '2026-03-10 10:00:00 Europe/Madrid', 'a time without an offset is in its time zone')
    FROM pg_temp.meeting('{"start": {"dateTime": "2026-03-10T10:00:00", "timeZone": "Europe/Madrid"}}') m;
SELECT is((m ->> 'starts_at')::timestamptz, '2026-03-10 10:00:00+00', 'in UTC if nobody knows that')
    FROM pg_temp.meeting('{"start": {"dateTime": "2026-03-10T10:00:00", "timeZone": "Mars/Olympus"}}') m;
SELECT is(length(m ->> 'title'), 1000, 'a title is cut') FROM pg_temp.meeting(jsonb_build_object('summary', repeat('é', 2000000))) m;
CREATE TEMP TABLE crowd AS SELECT pg_temp.meeting(jsonb_build_object('attendees',
    (SELECT jsonb_agg(jsonb_build_object('email', format('p%s@%s.example', n, CASE WHEN n % 1000 = 7 THEN 'acme' ELSE 'team' END), 'displayName', repeat('ñ', 100)) ORDER BY n)
        FROM generate_series(1, 100000) n))) AS m;
SELECT ok(lealup._are_people(m -> 'attendees'), 'of 100,000 attendees as many stay as a meeting can have') FROM crowd;
SELECT is((SELECT count(*) FROM crowd, jsonb_array_elements(m -> 'attendees') a WHERE a ->> 'email' LIKE '%@acme.example'), 10::bigint, 'among them all from outside of the first 10,000');
SELECT is(length(pg_temp.meeting(jsonb_build_object('iCalUID', repeat('x', 100000))) ->> 'external_id'), 64, 'a name that is too long is one all the same');
SELECT is(pg_temp.meeting('{"attendees": [7, null, "x", {"email": 7}, {"email": "ana@acme.example", "displayName": {"a": 1}}]}') #>> '{attendees,0,email}', 'ana@acme.example',
    'what is no attendee is none');

-- ----- Notifications -----
SELECT is(w - 'json', '{"method": "POST", "path": "/calendars/primary/events/watch", "fields": [{"in": "json", "name": "address", "secret": "inbound_url"}, {"in": "json", "name": "token", "secret": "inbound_secret"}]}',
    'notifications go to the connection''s address, with its secret') FROM lealup._google_calendar_watch(pg_temp.call()) w;
SELECT isnt(lealup._google_calendar_watch(pg_temp.call()) #> '{json,id}', lealup._google_calendar_watch(pg_temp.call() || '{"now": "2026-03-07T12:00:00Z"}') #> '{json,id}',
    'each channel has an id of its own');
SELECT is((o ->> 'expires_at')::timestamptz, '2026-03-08 12:00:00+00', 'Google says when a channel ends') FROM lealup._google_channel_opened(pg_temp.call(),
    pg_temp.ok('{"kind": "api#channel", "id": "c1", "resourceId": "r1", "resourceUri": "https://www.googleapis.com/calendar/v3/calendars/primary/events", "expiration": "1772971200000"}')) o;
SELECT is(lealup._google_channel_stop(pg_temp.call() || '{"watch": {"id": "c1", "resource_id": "r1"}}'), '{"method": "POST", "path": "/channels/stop", "json": {"id": "c1", "resourceId": "r1"}}',
    'and is told when we want no more');
SELECT is(lealup._google_channel_stop(pg_temp.call()), NULL, 'if there is one');

SELECT is(lealup._google_channel_news('{"connection": {"provider": "google_calendar"}}', '{"headers": {"x-goog-resource-state": "exists", "x-goog-message-number": "2"}, "body": null}'),
    '{"hint": ["events"]}', 'a notification says that there is news');
SELECT is(lealup._google_channel_news('{"connection": {"provider": "google_calendar"}}', '{"headers": {"x-goog-resource-state": "sync", "x-goog-message-number": "1"}}') ->> 'ignore',
    'The channel is open.', 'but for the first one');
SELECT is((SELECT i.signature ->> 'header' FROM lealup.provider_inbound i WHERE i.provider = 'google_calendar'), 'X-Goog-Channel-Token', 'it is known by its token');
SELECT ok(to_regprocedure(i.handler || '(jsonb, jsonb)') IS NOT NULL, 'and there is a function for it') FROM lealup.provider_inbound i WHERE i.provider = 'google_calendar';

SELECT * FROM finish();
ROLLBACK;
