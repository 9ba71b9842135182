-- Google Calendar: the meetings of a member.
--
-- A row of meeting is an occurrence of an event: one that repeats is read as its instances, so that each has a briefing, and can be moved or
-- called off by itself. It is named by the event's iCalUID and the time at which it was meant to begin, which all calendars share, so that a meeting
-- of three members is one row. The row is there as long as one connected calendar has it: when the organizer calls it off, Google takes it out of all; when
-- one of three members declines it or removes it, it goes on for the others.

INSERT INTO lealup.provider (name, title, kind, base_url, allowed_hosts, auth, fields, identity, max_in_flight, setup_steps, problems, docs_url, builtin,
    authorize_url, token_url, authorize_params, default_ttl, keep_alive, grant_group, revoke)
SELECT 'google_calendar', 'Google Calendar', 'personal', 'https://www.googleapis.com/calendar/v3', '{www.googleapis.com,oauth2.googleapis.com}', 'oauth2',
    '[{"name": "calendars", "title": "Calendars to read, by their ids, separated by commas (at most 20)", "default": "primary"},
      {"name": "ignore_internal", "title": "Leave out meetings without anybody from outside (true or false)", "pattern": "^(true|false)$", "default": "true"},
      {"name": "internal_domains", "title": "Domains, separated by commas, of people who count as one''s own beside those of the account''s domain"}]',
    '{"url": "https://www.googleapis.com/oauth2/v3/userinfo", "id": "email", "name": "email"}', 4,
    '{"In the Google Cloud console choose or make a project, and enable the Google Calendar API in it.",
      "On its OAuth consent screen add the scopes calendar.events.readonly and userinfo.email; choose Internal if everybody is of your Workspace.",
      "Make credentials of the kind OAuth client ID for a web application, with the redirect URI that lealup is given as redirect_uri.",
      "Store the client id and the client secret in lealup.",
      "Have each member connect their own calendar. For notifications, the address of the gateway must be reached from the internet over https with a valid certificate."}',
    '[{"problem": "A meeting is missing.", "fix": "It is left out if nobody from outside is invited, if the member declined it, or if it is in another calendar than the connected ones: see the options ignore_internal, internal_domains and calendars."},
      {"problem": "A meeting has no customer.", "fix": "None of its attendees is a contact, and none of their domains a customer''s. Add the contact, or assign the meeting."},
      {"problem": "A title says Private meeting.", "fix": "The event is marked private in the calendar, so that its title, its place and its link are not read."},
      {"problem": "A calendar is not found.", "fix": "Its id is in the calendar''s settings, below Integrate calendar. It must be shared with the account with all event details."},
      {"problem": "The connection ends after seven days.", "fix": "The OAuth consent screen is in testing: publish it, or make it internal."}]',
    'https://developers.google.com/workspace/calendar/api/guides/overview', true, g.*
FROM lealup._google_grant() g;

INSERT INTO lealup.provider_scope (provider, scope, required, reads, writes, does_not_read) VALUES
    ('google_calendar', 'https://www.googleapis.com/auth/calendar.events.readonly', true,
        'Events of the connected calendars: titles, times, places, conference links, organizers, and attendees with their answers.', NULL,
        'Descriptions and attachments of events; titles and places of private ones; calendars that are not named in the options.'),
    ('google_calendar', 'https://www.googleapis.com/auth/userinfo.email', true, 'The e-mail address of the account.', NULL, 'Name, picture and contacts of the account.');

INSERT INTO lealup.provider_stream (provider, name, title, request, response, normalize, watch_request, watch_response, unwatch_request, period, slowest_period, snapshot, max_in_flight)
VALUES ('google_calendar', 'events', 'Meetings', 'lealup._google_calendar_request', 'lealup._google_calendar_response', 'lealup._google_calendar_normalize',
    'lealup._google_calendar_watch', 'lealup._google_channel_opened', 'lealup._google_channel_stop', '5 min', '15 min', true, 1);

-- https://developers.google.com/workspace/calendar/api/guides/errors, and .../guides/sync for what becomes of a sync token.
INSERT INTO lealup.provider_error (provider, ord, stream, part, statuses, path, pattern, action, message, fix) VALUES
    ('google_calendar', 1, 'events', 'page', '{410}', NULL, NULL, 'reset', 'Google has forgotten how far the calendar was read, so that it is read anew', NULL),
    ('google_calendar', 2, 'events', 'page', '{400}', 'error.errors.{}.location', '^(syncToken|pageToken)$', 'reset',
        'Google does not know how far the calendar was read, so that it is read anew', NULL),
    -- The function of the stream tells which calendar it is, and goes on with the others.
    ('google_calendar', 3, 'events', 'page', '{404}', 'error.errors.{}.reason', '^notFound$', 'answer', NULL, NULL),
    ('google_calendar', 4, NULL, 'other', '{400,401}', 'error.errors.{}.reason', '^push\.', 'fail', 'Google does not send notifications to the gateway''s address, so that the calendar is polled',
        'The address must be https, with a valid certificate, and be reached from the internet.');
INSERT INTO lealup.provider_error SELECT * FROM lealup._google_errors('google_calendar');

INSERT INTO lealup.provider_budget (provider, name, per, units, period) VALUES
    ('google_calendar', 'user', 'connection', 600, '1 min'),
    ('google_calendar', 'project', 'client', 10000, '1 min');

-- ----- Reading -----

CREATE FUNCTION lealup._google_calendar_list(options jsonb, name text) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (SELECT array_agg(x.word ORDER BY x.n) FROM (
        SELECT btrim(v.value) AS word, min(v.n) AS n
        FROM ROWS FROM (jsonb_array_elements_text(CASE jsonb_typeof(options -> name) WHEN 'array' THEN options -> name
                ELSE to_jsonb(string_to_array(coalesce(options ->> name, ''), ',')) END)) WITH ORDINALITY v(value, n)
        WHERE btrim(v.value) <> '' GROUP BY 1 ORDER BY 2 LIMIT 20) x);
COMMENT ON FUNCTION lealup._google_calendar_list(jsonb, text) IS 'An option that is a list, as an array or as words with commas between them: its first 20 different words; null if there is none.';

-- The cursor: {"tokens": {calendar: sync token}}, and in the midst of a run the calendar that is being read, the next page's token, since when it is
-- read if that is in full, and which calendars were not found.
CREATE FUNCTION lealup._google_calendar_request(call jsonb) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (SELECT jsonb_build_object('path', '/calendars/' || lealup._percent_encode(c.calendar) || '/events',
            -- Google wants all but the token to be the same in each request, as it reads the calendar with the first one's filters.
            'query', jsonb_build_object('singleEvents', 'true', 'maxResults', '250', 'maxAttendees', '200', 'eventTypes', 'default',
                'fields', 'timeZone,nextPageToken,nextSyncToken,items(id,status,summary,location,start,end,recurringEventId,originalStartTime,visibility,iCalUID,eventType,'
                    'organizer(email,displayName,self),attendees(email,displayName,organizer,self,resource,optional,responseStatus),attendeesOmitted,hangoutLink,'
                    'conferenceData(entryPoints(entryPointType,uri)))')
                || jsonb_strip_nulls(jsonb_build_object('syncToken', c.token, 'timeMin', CASE WHEN c.token IS NULL THEN coalesce(call #>> '{cursor,from}', call ->> 'since', call ->> 'now') END,
                    'pageToken', call #>> '{cursor,page}')))
        FROM (SELECT n.calendar, call #>> ARRAY['cursor', 'tokens', n.calendar] AS token
              FROM (SELECT coalesce(call #>> '{cursor,calendar}', (lealup._google_calendar_list(call #> '{connection,options}', 'calendars'))[1], 'primary') AS calendar) n) c);
COMMENT ON FUNCTION lealup._google_calendar_request(jsonb) IS 'The next page of a calendar''s events: those that changed, if there is a sync token of the calendar, else all that end after call.since.';

CREATE FUNCTION lealup._google_calendar_response(call jsonb, response jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    calendars text[] := coalesce(lealup._google_calendar_list(call #> '{connection,options}', 'calendars'), '{primary}');
    calendar text := coalesce(call #>> '{cursor,calendar}', calendars[1]);
    body jsonb := response -> 'body';
    missing boolean := (response ->> 'status')::int = 404;
    page text := nullif(body ->> 'nextPageToken', '');
    token text := body ->> 'nextSyncToken';
    tokens jsonb := coalesce(call #> '{cursor,tokens}', '{}');
    lost jsonb := coalesce(call #> '{cursor,missing}', '[]') || CASE WHEN missing THEN jsonb_build_array(calendar) ELSE '[]' END;
    next_calendar text := calendars[array_position(calendars, calendar) + 1];
    records jsonb;
    state jsonb;
    message text;
BEGIN
    -- All that a cancelled event surely has is its id.
    SELECT jsonb_agg(CASE i.value ->> 'status' WHEN 'cancelled' THEN jsonb_build_object('id', calendar || '/' || (i.value ->> 'id'), 'deleted', true)
            ELSE jsonb_build_object('id', calendar || '/' || (i.value ->> 'id'), 'data', i.value || jsonb_build_object('calendarTimeZone', body -> 'timeZone')) END ORDER BY i.n)
    INTO records
    FROM jsonb_array_elements(CASE jsonb_typeof(body -> 'items') WHEN 'array' THEN body -> 'items' ELSE '[]' END) WITH ORDINALITY i(value, n)
    WHERE jsonb_typeof(i.value -> 'id') = 'string';

    IF page IS NOT NULL THEN
        state := jsonb_build_object('calendar', calendar, 'page', page, 'from', coalesce(call #>> '{cursor,from}', call ->> 'since', call ->> 'now'), 'tokens', tokens, 'missing', lost);
    ELSIF token IS NULL AND NOT missing THEN
        RETURN jsonb_build_object('verdict', 'fail', 'message', format('Google gave neither a next page nor a sync token for the calendar %s.', calendar));
    ELSE
        tokens := tokens - calendar || CASE WHEN missing THEN '{}' ELSE jsonb_build_object(calendar, token) END;
        IF next_calendar IS NOT NULL THEN
            state := jsonb_build_object('calendar', next_calendar, 'tokens', tokens, 'missing', lost);
        ELSIF jsonb_array_length(lost) > 0 THEN
            message := format('Not found: %s. The id is wrong, or the calendar is not shared with the account any more.',
                (SELECT string_agg(l.value, ', ' ORDER BY l.n) FROM jsonb_array_elements_text(lost) WITH ORDINALITY l(value, n)));
            IF jsonb_array_length(lost) >= cardinality(calendars) THEN
                RETURN jsonb_build_object('verdict', 'fail', 'message', message);
            END IF;
        END IF;
    END IF;
    RETURN jsonb_strip_nulls(jsonb_build_object('records', coalesce(records, '[]'),
        'cursor', coalesce(state, jsonb_build_object('tokens', (SELECT coalesce(jsonb_object_agg(t.key, t.value), '{}') FROM jsonb_each(tokens) t WHERE t.key = ANY (calendars)))),
        'verdict', CASE WHEN state IS NULL THEN 'done' ELSE 'more' END, 'message', message));
END $$;
COMMENT ON FUNCTION lealup._google_calendar_response(jsonb, jsonb) IS
    'What a page of a calendar''s events says: the events, and where it goes on, page after page and calendar after calendar. A calendar that is not there is told about when the others were read.';

-- ----- What becomes of an event -----

CREATE FUNCTION lealup._google_calendar_time(field text, at jsonb, zone text) RETURNS timestamptz
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF at ->> 'dateTime' ~* '^\d{4}-\d\d-\d\dt\d\d:\d\d(:\d\d(\.\d{1,9})?)?(z|[+-]\d\d:?\d\d)$' THEN
        RETURN (at ->> 'dateTime')::timestamptz;
    ELSIF at ->> 'dateTime' ~* '^\d{4}-\d\d-\d\dt\d\d:\d\d(:\d\d(\.\d{1,9})?)?$' THEN
        RETURN (at ->> 'dateTime')::timestamp AT TIME ZONE lealup._known_time_zone(coalesce(at ->> 'timeZone', zone));
    ELSIF at ->> 'date' ~ '^\d{4}-\d\d-\d\d$' THEN
        RETURN (at ->> 'date')::timestamp AT TIME ZONE lealup._known_time_zone(coalesce(at ->> 'timeZone', zone));
    END IF;
    RAISE EXCEPTION '% is no time: %', field, coalesce(left(at::text, 100), 'it is missing') USING ERRCODE = 'invalid_datetime_format';
EXCEPTION WHEN datetime_field_overflow THEN
    RAISE EXCEPTION '% is no time: %', field, left(at::text, 100) USING ERRCODE = 'invalid_datetime_format';
END $$;
COMMENT ON FUNCTION lealup._google_calendar_time(text, jsonb, text) IS
    'When an event begins or ends: a moment; or a day, which begins at midnight in its time zone, else in the calendar''s, else in UTC. Raises invalid_datetime_format, naming the field.';

CREATE FUNCTION lealup._google_calendar_normalize(call jsonb, record jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    event jsonb := record -> 'data';
    options jsonb := call #> '{connection,options}';
    own text := lealup._mail_address(coalesce(call #>> '{connection,account_name}', call #>> '{connection,account_id}'));
    own_domains text[] := lealup._google_calendar_list(options, 'internal_domains');
    zone text := event ->> 'calendarTimeZone';
    private boolean := coalesce(event ->> 'visibility' IN ('private', 'confidential'), false);
    link text;
    people jsonb;
    outside boolean;
    starts_at timestamptz;
    ends_at timestamptz;
    name text;
BEGIN
    -- Out of office, focus time, working location and birthdays are no meetings.
    IF event IS NULL OR coalesce(event ->> 'eventType', 'default') <> 'default' OR event ->> 'status' = 'cancelled' THEN
        RETURN '[]';
    END IF;
    IF NOT lealup._is_public_mail_domain(split_part(own, '@', 2)) THEN
        own_domains := own_domains || split_part(own, '@', 2);
    END IF;

    -- Rooms and other resources are no people. A meeting keeps 200, first of all those from outside; no more are asked for.
    WITH given AS (
        SELECT lealup._mail_address(a.value ->> 'email') AS email, a.value, a.n
        FROM jsonb_array_elements(CASE jsonb_typeof(event -> 'attendees') WHEN 'array' THEN event -> 'attendees' ELSE '[]' END) WITH ORDINALITY a(value, n)
        WHERE a.n <= 10000 AND jsonb_typeof(a.value) = 'object' AND (a.value ->> 'resource') IS DISTINCT FROM 'true'
        UNION ALL
        SELECT lealup._mail_address(event #>> '{organizer,email}'), (event -> 'organizer') || '{"organizer": true}', 1000000
        WHERE jsonb_typeof(event -> 'organizer') = 'object'
    ), person AS (
        SELECT DISTINCT ON (g.email) g.email, g.value, g.n,
            (g.value ->> 'self') IS DISTINCT FROM 'true' AND g.email IS DISTINCT FROM own AND (split_part(g.email, '@', 2) = ANY (own_domains)) IS NOT TRUE AS outside
        FROM given g WHERE g.email IS NOT NULL AND g.email !~ '[@.]calendar\.google\.com$' ORDER BY g.email, g.n
    ), shown AS (
        SELECT p.outside, p.n, jsonb_strip_nulls(jsonb_build_object('email', p.email, 'name', nullif(left(btrim(p.value ->> 'displayName'), 200), ''),
            'response', CASE WHEN p.value ->> 'responseStatus' IN ('needsAction', 'declined', 'tentative', 'accepted') THEN p.value -> 'responseStatus' END,
            'organizer', CASE WHEN p.value ->> 'organizer' = 'true' THEN true END, 'optional', CASE WHEN p.value ->> 'optional' = 'true' THEN true END)) AS value
        FROM person p
    ), counted AS (
        SELECT s.*, sum(octet_length(s.value::text) + 2) OVER w AS bytes, row_number() OVER w AS k
        FROM shown s WINDOW w AS (ORDER BY s.outside DESC, s.n ROWS UNBOUNDED PRECEDING)
    )
    SELECT coalesce(jsonb_agg(c.value ORDER BY c.n) FILTER (WHERE c.k <= 200 AND c.bytes <= 250000), '[]'), coalesce(bool_or(c.outside), false) INTO people, outside FROM counted c;

    IF NOT outside AND coalesce(options ->> 'ignore_internal', 'true') <> 'false' OR EXISTS (
        SELECT FROM jsonb_array_elements(CASE jsonb_typeof(event -> 'attendees') WHEN 'array' THEN event -> 'attendees' ELSE '[]' END) a(value)
        WHERE a.value @> '{"self": true, "responseStatus": "declined"}') THEN
        RETURN '[]';
    END IF;

    starts_at := lealup._google_calendar_time('start', event -> 'start', zone);
    -- Nothing is known to end before it begins, but for a payload that is broken; when it begins is what matters.
    ends_at := greatest(starts_at, lealup._google_calendar_time('end', coalesce(event -> 'end', event -> 'start'), zone));
    name := coalesce(event ->> 'iCalUID', event ->> 'id') || CASE WHEN event ? 'originalStartTime' THEN '/' || coalesce(event #>> '{originalStartTime,date}',
        to_char(lealup._google_calendar_time('originalStartTime', event -> 'originalStartTime', zone) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')) ELSE '' END;
    IF NOT private THEN
        SELECT coalesce(event ->> 'hangoutLink', min(e.value ->> 'uri')) INTO link
        FROM jsonb_array_elements(CASE jsonb_typeof(event #> '{conferenceData,entryPoints}') WHEN 'array' THEN event #> '{conferenceData,entryPoints}' ELSE '[]' END) e(value)
        WHERE e.value ->> 'entryPointType' = 'video';
        link := left(link, 2000);
    END IF;
    RETURN jsonb_build_array(jsonb_strip_nulls(jsonb_build_object('entity', 'meeting',
        'external_id', CASE WHEN length(name) <= 1000 THEN name ELSE encode(sha256(convert_to(name, 'UTF8')), 'hex') END,
        'title', CASE WHEN private THEN 'Private meeting' ELSE coalesce(nullif(left(btrim(event ->> 'summary'), 1000), ''), '(no title)') END,
        'starts_at', starts_at, 'ends_at', ends_at, 'status', CASE event ->> 'status' WHEN 'tentative' THEN 'tentative' ELSE 'confirmed' END,
        'location', CASE WHEN NOT private THEN coalesce(nullif(left(btrim(event ->> 'location'), 2000), ''), link) END, 'attendees', people,
        'payload', jsonb_build_object('conference', link, 'time_zone', left(coalesce(event #>> '{start,timeZone}', zone), 100), 'all_day', CASE WHEN NOT event -> 'start' ? 'dateTime' THEN true END,
            'recurring', CASE WHEN event ? 'recurringEventId' THEN true END, 'attendees_omitted', CASE WHEN event ->> 'attendeesOmitted' = 'true' THEN true END))));
END $$;
COMMENT ON FUNCTION lealup._google_calendar_normalize(jsonb, jsonb) IS
    'The meeting that an event is; none for one that the member declined, that is none of a meeting''s kind, or, unless the option ignore_internal is false, to which nobody from outside is invited. Raises invalid_datetime_format for one without a start.';

-- ----- Notifications -----

CREATE FUNCTION lealup._google_calendar_watch(call jsonb) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN jsonb_build_object('method', 'POST',
        'path', '/calendars/' || lealup._percent_encode(coalesce((lealup._google_calendar_list(call #> '{connection,options}', 'calendars'))[1], 'primary')) || '/events/watch',
        'json', lealup._google_channel(call) || '{"params": {"ttl": "604800"}}', 'fields', lealup._google_channel_fields());
COMMENT ON FUNCTION lealup._google_calendar_watch(jsonb) IS 'The request for notifications of a week, of the first of the calendars; the others are polled, and read along when the first has news.';

GRANT EXECUTE ON FUNCTION lealup._google_calendar_list(jsonb, text), lealup._google_calendar_time(text, jsonb, text), lealup._is_public_mail_domain(text), lealup._known_time_zone(text),
    lealup._is_time_zone(text)
    TO lealup_provider;
