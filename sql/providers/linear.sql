-- Linear: tickets and tasks as issues of the engineers, both ways, with their comments.
--
-- One stream reads the workspace in an order in which everything finds what it belongs to: its people, then issues, then comments, each from where it was read to. Linear gives
-- the newest first, so where the next run begins is known with the first page. Webhooks bring the same records at once, in the form that is kept here of both, so that
-- what came by the one is not news by the other. What is deleted only a webhook tells, or that an issue is in the trash; one that was archived is as it was.
--
-- cursor: {"phase": users | issues | comments, "since": {phase: from when on}, "next": {phase: the same for the run after this one}, "after": the page}.
--
-- Linear has one endpoint, and says most errors in an answer of status 200: what it says at all is looked at, and only where there is no data the request has failed.
-- Whoever makes something may name its id, which is the action's, so that it is found again, and known when it comes back, even before the answer.

INSERT INTO lealup.provider (name, title, kind, base_url, allowed_hosts, auth, authorize_url, token_url, authorize_params, scope_separator, refresh, default_ttl, revoke, identity, max_in_flight,
    fields, setup_steps, problems, docs_url, builtin)
VALUES ('linear', 'Linear', 'workspace', 'https://api.linear.app', '{api.linear.app}', 'oauth2', 'https://linear.app/oauth/authorize', 'https://api.linear.app/oauth/token',
    '{"prompt": "consent"}', ',', 'single_use', interval '24 hours', '{"method": "POST", "path": "/oauth/revoke"}',
    '{"method": "POST", "path": "/graphql", "body": {"query": "query { viewer { id } organization { id name urlKey } }"},
      "id": "data.organization.id", "name": "data.organization.name", "facts": {"viewer": "data.viewer.id", "workspace": "data.organization.urlKey"}}', 5,
    '[{"name": "team", "title": "The key of the team in which issues are made, such as ENG; with several, the first", "pattern": "[A-Za-z0-9]{1,20}"},
      {"name": "issues_become", "title": "What an issue becomes that Linear''s people make in these teams: none, tickets or tasks", "default": "none", "pattern": "none|tickets|tasks"},
      {"name": "label", "title": "Only issues with one of these labels become something", "pattern": "[^=]{1,80}"},
      {"name": "labels", "title": "Labels that new issues get; with a condition only some: channel:slack=Slack, tier:enterprise=Enterprise, priority:urgent=Incident", "pattern": "([^=]+=)?[^=]+"},
      {"name": "states", "title": "Linear''s names of states: resolved=Done, pending=Waiting, in_progress=Doing; without one it goes by their types", "pattern": "(open|pending|escalated|resolved|in_progress|completed|cancelled)=[^=]{1,80}"},
      {"name": "priorities", "title": "Linear''s numbers of priorities, 0 = none to 4 = low: low=4, normal=3, high=2, urgent=1", "pattern": "(low|normal|high|urgent)=[0-4]"},
      {"name": "truth", "title": "Which side is right about a field that both change at the same moment: linear or lealup", "default": "linear", "pattern": "linear|lealup"}]',
    ARRAY['In Linear, under Settings > API > OAuth applications, create an application with the callback URL of lealup as it is shown, and store its client id and secret in lealup.',
        'An admin of the workspace connects it, with the option team: the key of the team in which issues are made.',
        'For news within a second: in Linear, under Settings > API > Webhooks, create a webhook with the URL that inbound_url() shows, for Issues, Comments and Users, and give its signing secret to set_inbound_secret().',
        'Say what is to follow by itself: set_mirror(tenant, connection, ''{ticket,task,ticket_message}'').',
        'SELECT * FROM lealup.unmapped_accounts shows whose accounts are not known by their e-mail address; set_member_account() says it.'],
    '[{"problem": "create_issue says that there is no such team.", "fix": "The option team is the key in front of the issues'' numbers, ENG of ENG-12. The account that connected Linear must be in the team if it is private."},
      {"problem": "Changes in lealup do not get to Linear.", "fix": "set_mirror() turns that on; lealup.linked_objects shows what is pending, and an error."},
      {"problem": "A comment of somebody else cannot be edited.", "fix": "At Linear only who wrote a comment can change it: lealup changes those that it made."},
      {"problem": "An issue has nobody although the ticket has.", "fix": "That member has no account at Linear that is known: see lealup.unmapped_accounts."},
      {"problem": "A comment was deleted in Linear and is still here.", "fix": "Only webhooks tell of it: see the setup, and lealup.inbound_refusal, which says whether they could be verified."}]',
    'https://linear.app/developers', true);

INSERT INTO lealup.provider_scope (provider, scope, required, reads, writes, does_not_read) VALUES
    ('linear', 'read', true, 'Issues and comments of the teams that are named, or that are linked, and who is in the workspace: name and e-mail address.', NULL,
        'Documents, projects, roadmaps, attachments, customers'' revenue in Linear. Issues that are linked to nothing, and are to become nothing, are not stored.'),
    ('linear', 'write', true, NULL, 'Issues of tickets and tasks, and comments of their messages: creates, changes and deletes them.', 'It deletes no issues.');

INSERT INTO lealup.provider_budget (provider, name, per, units, period) VALUES ('linear', 'requests', 'connection', 5000, '1 hour');

INSERT INTO lealup.provider_error (provider, ord, part, statuses, path, pattern, action, wait, message, fix) VALUES
    ('linear', 1, 'token', NULL, 'error', '^invalid_grant$', 'reconnect', NULL, 'Linear does not accept the grant any more: access was withdrawn, or the refresh token was used elsewhere', 'Reconnect.'),
    ('linear', 2, 'token', NULL, 'error', '^(invalid_client|unauthorized_client)$', 'fail', NULL, 'Linear does not know the OAuth application, or its secret is wrong',
        'Compare client id and secret with Linear > Settings > API, and store them again.'),
    ('linear', 10, NULL, NULL, 'errors.{}.extensions.code', '^RATE_?LIMITED$', 'wait', '{"header": "X-RateLimit-Requests-Reset", "unit": "epoch_ms"}', 'Linear limits how much may be asked in an hour', NULL),
    ('linear', 11, NULL, '{200,400,401}', 'errors.{}.extensions.code', '^AUTHENTICATION_ERROR$', 'refresh', NULL, 'Linear does not accept the access token any more', NULL),
    ('linear', 12, NULL, '{400}', 'errors.{}.message', NULL, 'answer', NULL, NULL, NULL);

-- ----- Requests and answers -----

CREATE FUNCTION lealup._linear_ask(query text, variables jsonb DEFAULT '{}') RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN jsonb_build_object('method', 'POST', 'path', '/graphql', 'json', jsonb_build_object('query', query, 'variables', variables));
COMMENT ON FUNCTION lealup._linear_ask(text, jsonb) IS 'A request of a GraphQL document with its variables.';

CREATE FUNCTION lealup._linear_problem(response jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN 'Linear says: ' || left(coalesce(response #>> '{body,errors,0,extensions,userPresentableMessage}', response #>> '{body,errors,0,message}', 'nothing that could be understood'), 500);
COMMENT ON FUNCTION lealup._linear_problem(jsonb) IS 'What went wrong, in Linear''s words.';

CREATE FUNCTION lealup._linear_failure(response jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN jsonb_build_object(CASE WHEN response #>> '{body,errors,0,extensions,code}' ~ '^(INTERNAL|LOCK_TIMEOUT)' THEN 'retry' ELSE 'fail' END, lealup._linear_problem(response));
COMMENT ON FUNCTION lealup._linear_failure(jsonb) IS 'What an operation gives for an answer without data: to be tried again if it was Linear''s own trouble, else failed.';

CREATE FUNCTION lealup._linear_issue_parts() RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN 'id identifier url title description priority dueDate trashed createdAt updatedAt state { name type } team { id key } assignee { id } creator { id name email } labels(first: 10) { nodes { name } }';
COMMENT ON FUNCTION lealup._linear_issue_parts() IS 'What is asked for of an issue.';

CREATE FUNCTION lealup._linear_comment_parts() RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN 'id body createdAt updatedAt archivedAt issue { id } user { id name email } botActor { name } externalUser { name email }';
COMMENT ON FUNCTION lealup._linear_comment_parts() IS 'What is asked for of a comment.';

CREATE FUNCTION lealup._linear_issue(issue jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN jsonb_build_object('type', 'issue', 'id', issue -> 'id', 'identifier', issue -> 'identifier', 'url', issue -> 'url', 'title', issue -> 'title',
        'description', left(issue ->> 'description', 100000), 'priority', issue -> 'priority', 'due', issue -> 'dueDate', 'created_at', issue -> 'createdAt', 'updated_at', issue -> 'updatedAt',
        'state', issue #>> '{state,name}', 'state_type', issue #>> '{state,type}', 'team', issue #>> '{team,key}', 'assignee', coalesce(issue #>> '{assignee,id}', issue ->> 'assigneeId'),
        'author', jsonb_strip_nulls(jsonb_build_object('external_id', coalesce(issue #> '{creator,id}', issue -> 'creatorId'), 'name', issue #> '{creator,name}', 'email', issue #> '{creator,email}')),
        'labels', (SELECT coalesce(jsonb_agg(l ->> 'name' ORDER BY l ->> 'name'), '[]')
            FROM jsonb_array_elements(CASE jsonb_typeof(issue -> 'labels') WHEN 'array' THEN issue -> 'labels' WHEN 'object' THEN issue #> '{labels,nodes}' ELSE '[]' END) l));
COMMENT ON FUNCTION lealup._linear_issue(jsonb) IS 'What is kept of an issue, as an answer or a webhook has it.';

CREATE FUNCTION lealup._linear_comment(comment jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN jsonb_build_object('type', 'comment', 'id', comment -> 'id', 'issue', coalesce(comment #>> '{issue,id}', comment ->> 'issueId'), 'body', comment -> 'body',
        'created_at', comment -> 'createdAt', 'updated_at', comment -> 'updatedAt',
        'author', jsonb_strip_nulls(jsonb_build_object('external_id', coalesce(comment #> '{user,id}', comment -> 'userId'),
            'name', coalesce(comment #> '{user,name}', comment #> '{externalUser,name}', comment #> '{botActor,name}'), 'email', coalesce(comment #> '{user,email}', comment #> '{externalUser,email}'))));
COMMENT ON FUNCTION lealup._linear_comment(jsonb) IS 'What is kept of a comment, as an answer or a webhook has it.';

CREATE FUNCTION lealup._linear_record(kind text, node jsonb, via jsonb DEFAULT '{}') RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN jsonb_build_object('id', kind || ':' || (node ->> 'id'), 'version', node -> 'updatedAt') || CASE
        WHEN kind = 'issue' AND node ->> 'trashed' = 'true' OR kind = 'comment' AND node ->> 'archivedAt' IS NOT NULL THEN '{"deleted": true}'
        WHEN kind = 'issue' THEN jsonb_build_object('data', lealup._linear_issue(node))
        WHEN kind = 'comment' THEN jsonb_build_object('data', lealup._linear_comment(node) || via)
        WHEN node ->> 'app' = 'true' THEN '{"skip": "it is an application"}'
        ELSE jsonb_build_object('data', jsonb_build_object('type', 'user', 'id', node -> 'id', 'name', node -> 'name', 'email', node -> 'email', 'active', node -> 'active')) END;
COMMENT ON FUNCTION lealup._linear_record(text, jsonb, jsonb) IS 'The record of an issue, comment or user.';

-- ----- The stream -----

CREATE FUNCTION lealup._linear_words(value jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE jsonb_typeof(value) WHEN 'array' THEN value WHEN 'string' THEN jsonb_build_array(value) ELSE '[]' END;
COMMENT ON FUNCTION lealup._linear_words(jsonb) IS 'An option that is one text or several, as an array.';

CREATE FUNCTION lealup._linear_request(call jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    phase text := coalesce(call #>> '{cursor,phase}', 'users');
    since text := coalesce(call #>> ARRAY['cursor', 'since', phase], CASE WHEN phase <> 'users' THEN call ->> 'since' END);
    teams jsonb := lealup._linear_words(call #> '{connection,options,team}');
    team jsonb := CASE WHEN teams = '[]' THEN '{}' ELSE jsonb_build_object('team', jsonb_build_object('key', jsonb_build_object('in', upper(teams::text)::jsonb))) END;
    variables jsonb := jsonb_build_object('after', call #> '{cursor,after}', 'filter', CASE WHEN since IS NULL THEN '{}' ELSE jsonb_build_object('updatedAt', jsonb_build_object('gte', since)) END
        || CASE WHEN phase = 'issues' THEN team WHEN phase = 'comments' AND team <> '{}' THEN jsonb_build_object('issue', team) ELSE '{}' END);
BEGIN
    RETURN CASE phase
        WHEN 'users' THEN lealup._linear_ask('query($after: String, $filter: UserFilter) { users(first: 100, after: $after, filter: $filter, includeArchived: true, includeDisabled: true, orderBy: updatedAt) '
            '{ nodes { id name email active app updatedAt } pageInfo { hasNextPage endCursor } } }', variables)
        WHEN 'issues' THEN lealup._linear_ask(format('query($after: String, $filter: IssueFilter) { issues(first: 50, after: $after, filter: $filter, includeArchived: true, orderBy: updatedAt) '
            '{ nodes { %s } pageInfo { hasNextPage endCursor } } }', lealup._linear_issue_parts()), variables)
        ELSE lealup._linear_ask(format('query($after: String, $filter: CommentFilter) { comments(first: 100, after: $after, filter: $filter, includeArchived: true, orderBy: updatedAt) '
            '{ nodes { %s } pageInfo { hasNextPage endCursor } } }', lealup._linear_comment_parts()), variables) END;
END $$;
COMMENT ON FUNCTION lealup._linear_request(jsonb) IS 'The request for the next page of the stream.';

CREATE FUNCTION lealup._linear_response(call jsonb, response jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    cursor jsonb := coalesce(nullif(call -> 'cursor', 'null'), '{}');
    phase text := coalesce(cursor ->> 'phase', 'users');
    page jsonb := response #> ARRAY['body', 'data', phase];
    latest timestamptz;
    next_phase text := CASE phase WHEN 'users' THEN 'issues' WHEN 'issues' THEN 'comments' END;
BEGIN
    IF jsonb_typeof(page -> 'nodes') IS DISTINCT FROM 'array' THEN
        RETURN CASE WHEN response #>> '{body,errors,0,extensions,code}' ~ '^(INTERNAL|LOCK_TIMEOUT)' THEN jsonb_build_object('verdict', 'wait', 'message', lealup._linear_problem(response))
            ELSE jsonb_build_object('verdict', 'fail', 'message', lealup._linear_problem(response)) END;
    END IF;
    -- The newest come first. What was changed in the minute before may become known late.
    SELECT max((n ->> 'updatedAt')::timestamptz) - interval '1 min' INTO latest FROM jsonb_array_elements(page -> 'nodes') n;
    IF latest IS NOT NULL AND cursor #> ARRAY['next', phase] IS NULL THEN
        cursor := cursor || jsonb_build_object('next', coalesce(cursor -> 'next', '{}') || jsonb_build_object(phase, lealup._rfc3339(latest)));
    END IF;
    IF page #>> '{pageInfo,hasNextPage}' = 'true' AND page #>> '{pageInfo,endCursor}' IS NOT NULL THEN
        cursor := cursor || jsonb_build_object('phase', phase, 'after', page #> '{pageInfo,endCursor}');
    ELSIF next_phase IS NOT NULL THEN
        cursor := cursor - 'after' || jsonb_build_object('phase', next_phase);
    ELSE
        RETURN jsonb_build_object('records', (SELECT coalesce(jsonb_agg(lealup._linear_record('comment', n)), '[]') FROM jsonb_array_elements(page -> 'nodes') n), 'verdict', 'done',
            'cursor', jsonb_build_object('since', jsonb_build_object('users', call -> 'since', 'issues', call -> 'since', 'comments', call -> 'since') || coalesce(cursor -> 'since', '{}')
                || coalesce(cursor -> 'next', '{}')));
    END IF;
    RETURN jsonb_build_object('records', (SELECT coalesce(jsonb_agg(lealup._linear_record(rtrim(phase, 's'), n)), '[]') FROM jsonb_array_elements(page -> 'nodes') n), 'verdict', 'more', 'cursor', cursor);
END $$;
COMMENT ON FUNCTION lealup._linear_response(jsonb, jsonb) IS 'What a page of the stream says.';

-- ----- What is what -----

CREATE FUNCTION lealup._linear_mapped(options jsonb, name text, key text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN (SELECT split_part(o, '=', 2) FROM jsonb_array_elements_text(lealup._linear_words(options -> name)) o WHERE split_part(o, '=', 1) = key LIMIT 1);
COMMENT ON FUNCTION lealup._linear_mapped(jsonb, text, text) IS 'What an option of pairs (key=value) says of a key; null if it says nothing.';

CREATE FUNCTION lealup._linear_status(entity text, state text, state_type text, options jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN coalesce((SELECT split_part(o, '=', 1) FROM jsonb_array_elements_text(lealup._linear_words(options -> 'states')) o
            WHERE lower(split_part(o, '=', 2)) = lower(state)
              AND split_part(o, '=', 1) = ANY (CASE entity WHEN 'ticket' THEN '{open,pending,escalated,resolved}'::text[] ELSE '{open,in_progress,completed,cancelled}' END) LIMIT 1),
        CASE WHEN entity = 'ticket' THEN CASE WHEN state_type IN ('completed', 'canceled', 'duplicate') THEN 'resolved' ELSE 'open' END
             ELSE CASE state_type WHEN 'started' THEN 'in_progress' WHEN 'completed' THEN 'completed' WHEN 'canceled' THEN 'cancelled' WHEN 'duplicate' THEN 'cancelled' ELSE 'open' END END);
COMMENT ON FUNCTION lealup._linear_status(text, text, text, jsonb) IS 'The status of a ticket or task whose issue is in a state: by the option states, else by the state''s type.';

CREATE FUNCTION lealup._linear_states(entity text, status text) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN status IN ('resolved', 'completed') THEN '{completed}'::text[] WHEN status = 'in_progress' THEN '{started}' WHEN status = 'cancelled' THEN '{canceled}' ELSE '{unstarted,backlog,triage,started}' END;
COMMENT ON FUNCTION lealup._linear_states(text, text) IS 'The types of states in which an issue of that status may be, the best first.';

CREATE FUNCTION lealup._linear_priority(priority text, options jsonb) RETURNS int
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN coalesce(lealup._linear_mapped(options, 'priorities', priority)::int, CASE priority WHEN 'urgent' THEN 1 WHEN 'high' THEN 2 WHEN 'low' THEN 4 ELSE 3 END);
COMMENT ON FUNCTION lealup._linear_priority(text, jsonb) IS 'Linear''s number of a priority.';

CREATE FUNCTION lealup._linear_fields(entity text, issue jsonb, options jsonb) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN jsonb_build_object('status', lealup._linear_status(entity, issue ->> 'state', issue ->> 'state_type', options), 'assignee', issue -> 'assignee',
            'priority', (SELECT p FROM unnest('{normal,high,urgent,low}'::text[]) WITH ORDINALITY u(p, n)
                ORDER BY lealup._linear_priority(p, options) <> round((issue ->> 'priority')::numeric), n LIMIT 1))
        || CASE entity WHEN 'ticket' THEN jsonb_build_object('subject', left(issue ->> 'title', 1000))
            ELSE jsonb_build_object('title', left(issue ->> 'title', 1000), 'description', issue -> 'description', 'due_at', lealup._rfc3339(((issue ->> 'due') || 'T00:00:00Z')::timestamptz)) END;
COMMENT ON FUNCTION lealup._linear_fields(text, jsonb, jsonb) IS 'The fields of a ticket or task as an issue (see _linear_issue()) says them.';

CREATE FUNCTION lealup._linear_key(id text, version text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    -- Linear wants UUIDs of version 4; but for that digit it is the action's own.
    RETURN CASE WHEN id ~ '^[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$' THEN overlay(id PLACING version FROM 15 FOR 1)
        WHEN version = '4' THEN overlay(overlay((md5(id)::uuid)::text PLACING '4' FROM 15 FOR 1) PLACING '8' FROM 20 FOR 1) ELSE id END;
COMMENT ON FUNCTION lealup._linear_key(text, text) IS 'What an idempotency key is as the id of something at Linear (version 4), and back (version 7).';

CREATE FUNCTION lealup._linear_words_of(comment text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN regexp_replace(comment, '^\*\*[^*\n]{1,200}\*\* wrote in lealup:\n\n', '');
COMMENT ON FUNCTION lealup._linear_words_of(text) IS 'A comment without the line that says who wrote it in lealup.';

CREATE FUNCTION lealup._linear_payload(issue jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN jsonb_strip_nulls(jsonb_build_object('identifier', issue -> 'identifier', 'url', issue -> 'url', 'team', issue -> 'team', 'state', issue -> 'state', 'labels', issue -> 'labels',
        'description', left(issue ->> 'description', 20000)));
COMMENT ON FUNCTION lealup._linear_payload(jsonb) IS 'What is kept with the link of an issue.';

CREATE FUNCTION lealup._linear_normalize(call jsonb, record jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    d jsonb := record -> 'data';
    options jsonb := coalesce(call #> '{connection,options}', '{}');
    wanted boolean := options -> 'label' IS NULL OR EXISTS (SELECT FROM jsonb_array_elements_text(lealup._linear_words(options -> 'label')) l, jsonb_array_elements_text(d -> 'labels') i WHERE lower(l) = lower(i));
    -- One of another team is followed if it is linked, as when it was moved there.
    of_team boolean := lealup._linear_words(options -> 'team') = '[]'
        OR upper(lealup._linear_words(options -> 'team')::text)::jsonb ? upper(coalesce(d ->> 'team', split_part(d ->> 'identifier', '-', 1)));
    common jsonb := jsonb_build_object('external_id', d -> 'id', 'updated_at', d -> 'updated_at', 'author', d -> 'author', 'action_id', lealup._linear_key(d ->> 'id', '7'))
        || CASE options ->> 'truth' WHEN 'lealup' THEN '{"truth": "lealup"}'::jsonb ELSE '{}' END;
BEGIN
    RETURN CASE d ->> 'type'
        -- An address at Linear is one that its owner signs in with.
        WHEN 'user' THEN jsonb_build_array(jsonb_build_object('entity', 'external_user', 'external_id', d -> 'id', 'name', d -> 'name', 'email', d -> 'email', 'email_verified', true, 'active', d -> 'active'))
        -- Which of both it is, is known where it is linked.
        WHEN 'issue' THEN jsonb_build_array(
            common || lealup._linear_fields('ticket', d, options) || jsonb_build_object('entity', 'ticket', 'channel', 'linear', 'create', wanted AND of_team AND coalesce(options ->> 'issues_become' = 'tickets', false), 'payload', lealup._linear_payload(d)),
            common || lealup._linear_fields('task', d, options) || jsonb_build_object('entity', 'task', 'create', wanted AND of_team AND coalesce(options ->> 'issues_become' = 'tasks', false), 'payload', lealup._linear_payload(d)))
        -- Of issues that are nothing here there is nothing to say.
        WHEN 'comment' THEN CASE WHEN d ->> 'issue' IS NULL THEN '[]' ELSE jsonb_build_array(common || jsonb_build_object('entity', 'ticket_message', 'ticket', d -> 'issue',
            'body', lealup._linear_words_of(d ->> 'body'), 'internal', true, 'created_at', d -> 'created_at', 'create', false)) END
        ELSE '[]' END;
END $$;
COMMENT ON FUNCTION lealup._linear_normalize(jsonb, jsonb) IS 'The rows that a record becomes: an account, a ticket or task, or a message, which is the team''s own.';

INSERT INTO lealup.provider_stream (provider, name, title, request, response, normalize, period, slowest_period, can_reset, max_in_flight)
VALUES ('linear', 'issues', 'Issues, comments and people', 'lealup._linear_request', 'lealup._linear_response', 'lealup._linear_normalize', '2 min', '15 min', false, 5);

-- ----- Webhooks -----

CREATE FUNCTION lealup._linear_inbound(call jsonb, message jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    b jsonb := message -> 'body';
    data jsonb := b -> 'data';
    kind text := lower(b ->> 'type');
BEGIN
    IF b ->> 'organizationId' IS DISTINCT FROM call #>> '{connection,account_id}' THEN
        RETURN '{"ignore": "it is of another workspace"}';
    ELSIF kind = 'oauthapp' AND b ->> 'action' = 'revoked' THEN
        RETURN '{"disconnect": "access was withdrawn in Linear"}';
    ELSIF kind = 'user' THEN
        RETURN '{"hint": ["issues"]}';
    ELSIF coalesce(kind NOT IN ('issue', 'comment'), true) OR coalesce(data ->> 'id', '') = '' THEN
        RETURN '{"ignore": "it is neither of an issue nor of a comment"}';
    ELSIF kind = 'comment' AND coalesce(data ->> 'issueId', data #>> '{issue,id}') IS NULL THEN
        RETURN '{"ignore": "it is a comment of something else than an issue"}';
    ELSIF b ->> 'action' = 'remove' THEN
        RETURN jsonb_build_object('records', jsonb_build_object('issues', jsonb_build_array(jsonb_build_object('id', kind || ':' || (data ->> 'id'), 'deleted', true))));
    END IF;
    -- A comment may come before its issue does; then the next reading, which is in order, finds it.
    RETURN jsonb_build_object('records', jsonb_build_object('issues', jsonb_build_array(lealup._linear_record(kind, data, '{"via": "webhook"}'))))
        || CASE WHEN kind = 'comment' AND b ->> 'action' = 'create' AND coalesce(call #>> '{connection,options,issues_become}', 'none') <> 'none' THEN '{"hint": ["issues"]}'::jsonb ELSE '{}' END;
END $$;
COMMENT ON FUNCTION lealup._linear_inbound(jsonb, jsonb) IS 'What a webhook means: an issue or comment as it is now, or that it is gone; or that access was withdrawn.';

INSERT INTO lealup.provider_inbound (provider, name, signature, dedupe, handler)
VALUES ('linear', 'events', '{"type": "hmac", "header": "Linear-Signature", "algorithm": "sha256", "encoding": "hex", "timestamp": {"json": "webhookTimestamp", "unit": "ms", "tolerance": 60}}',
    '{"header": "Linear-Delivery"}', 'lealup._linear_inbound');

-- ----- Issues -----

CREATE FUNCTION lealup._linear_outcome(call jsonb, issue jsonb) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN jsonb_build_object('external_id', issue -> 'id', 'updated_at', issue -> 'updated_at', 'base', lealup._linear_fields(call #>> '{object,entity}', issue, coalesce(call #> '{connection,options}', '{}')),
        'payload', lealup._linear_payload(issue), 'result', jsonb_build_object('identifier', issue -> 'identifier', 'url', issue -> 'url'));
COMMENT ON FUNCTION lealup._linear_outcome(jsonb, jsonb) IS 'What an operation gives that has made or changed an issue, which the answer shows.';

CREATE FUNCTION lealup._linear_state(entity text, status text, states jsonb, options jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN coalesce((SELECT s ->> 'id' FROM jsonb_array_elements(states) s WHERE lower(s ->> 'name') = lower(lealup._linear_mapped(options, 'states', status)) LIMIT 1),
        (SELECT s ->> 'id' FROM jsonb_array_elements(states) s JOIN unnest(lealup._linear_states(entity, status)) WITH ORDINALITY t(type, n) ON t.type = s ->> 'type'
         -- Never one that says something else.
         WHERE lealup._linear_status(entity, s ->> 'name', s ->> 'type', options) = status OR lealup._linear_mapped(options, 'states', status) IS NULL AND entity = 'ticket' AND status IN ('pending', 'escalated')
         ORDER BY t.n, (s ->> 'position')::numeric LIMIT 1));
COMMENT ON FUNCTION lealup._linear_state(text, text, jsonb, jsonb) IS 'The id of the state of a team for a status: the one that the option states names, else the first of its type; null if there is none.';

CREATE FUNCTION lealup._linear_labels(call jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN (SELECT coalesce(jsonb_agg(DISTINCT x.label), '[]') FROM (
        SELECT jsonb_array_elements_text(lealup._linear_words(call #> '{input,labels}')) AS label
        UNION ALL
        SELECT CASE WHEN strpos(o, '=') = 0 THEN o WHEN lower(split_part(o, '=', 1)) IN ('channel:' || lower(call #>> '{object,about,channel}'), 'tier:' || lower(call #>> '{object,about,customer_tier}'),
            'priority:' || (call #>> '{object,here,priority}'), 'status:' || (call #>> '{object,here,status}')) THEN split_part(o, '=', 2) END
        FROM jsonb_array_elements_text(lealup._linear_words(call #> '{connection,options,labels}')) o) x WHERE x.label <> '');
COMMENT ON FUNCTION lealup._linear_labels(jsonb) IS 'The labels of a new issue: those of the action''s input, and those that the option labels says for it.';

CREATE FUNCTION lealup._linear_create_issue(call jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    here jsonb := call #> '{object,here}';
    step jsonb := nullif(call -> 'step', 'null');
    team text := coalesce(call #>> '{input,team}', lealup._linear_words(call #> '{connection,options,team}') ->> 0);
    options jsonb := coalesce(call #> '{connection,options}', '{}');
    entity text := call #>> '{object,entity}';
    description text := nullif(concat_ws(E'\n\n', call #>> '{input,description}', here ->> 'description',
        CASE entity WHEN 'ticket' THEN 'Customer: ' || (call #>> '{object,about,customer_name}') END), '');
BEGIN
    IF coalesce(here, 'null') = 'null' THEN
        RETURN '{"fail": "the action names no ticket or task of which an issue is to be made"}';
    ELSIF call #>> '{object,external_id}' IS NOT NULL THEN
        RETURN jsonb_build_object('fail', format('it has an issue already: %s', coalesce(call #>> '{object,payload,identifier}', call #>> '{object,external_id}')));
    ELSIF step IS NULL THEN
        -- Linear is told ids, people say names.
        RETURN lealup._linear_ask('query($team: TeamFilter, $labels: IssueLabelFilter) { teams(first: 2, filter: $team) { nodes { id key states(first: 50) { nodes { id name type position } } } } '
            'issueLabels(first: 100, filter: $labels) { nodes { id name team { id } } } }', jsonb_build_object('team',
                CASE WHEN team IS NULL THEN '{}' ELSE jsonb_build_object('key', jsonb_build_object('eq', upper(team))) END,
                'labels', jsonb_build_object('name', jsonb_build_object('in', lealup._linear_labels(call)))));
    END IF;
    RETURN lealup._linear_ask(format('mutation($input: IssueCreateInput!) { issueCreate(input: $input) { success issue { %s } } }', lealup._linear_issue_parts()), jsonb_build_object('input',
        jsonb_strip_nulls(jsonb_build_object('id', lealup._linear_key(call #>> '{action,idempotency_key}', '4'), 'teamId', step -> 'team', 'labelIds', step -> 'labels',
            'title', left(coalesce(call #>> '{input,title}', here ->> 'subject', here ->> 'title'), 512), 'description', description, 'priority', lealup._linear_priority(here ->> 'priority', options),
            'assigneeId', here -> 'assignee', 'dueDate', left(here ->> 'due_at', 10),
            'stateId', CASE WHEN here ->> 'status' <> 'open' THEN to_jsonb(lealup._linear_state(entity, here ->> 'status', step -> 'states', options)) END))));
END $$;
COMMENT ON FUNCTION lealup._linear_create_issue(jsonb) IS 'The requests of create_issue and create_task_issue: for the ids of the team, its states and labels, then for the issue.';

CREATE FUNCTION lealup._linear_issue_created(call jsonb, response jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    data jsonb := response #> '{body,data}';
    teams jsonb := data #> '{teams,nodes}';
    missing text;
BEGIN
    IF nullif(call -> 'step', 'null') IS NOT NULL THEN
        RETURN CASE WHEN jsonb_typeof(data #> '{issueCreate,issue}') = 'object' THEN lealup._linear_outcome(call, lealup._linear_issue(data #> '{issueCreate,issue}')) ELSE lealup._linear_failure(response) END;
    ELSIF jsonb_typeof(teams) IS DISTINCT FROM 'array' THEN
        RETURN lealup._linear_failure(response);
    ELSIF jsonb_array_length(teams) <> 1 THEN
        RETURN jsonb_build_object('fail', CASE jsonb_array_length(teams) WHEN 0 THEN 'there is no such team: give its key as the option team, or as the input''s team' ELSE 'there is more than one team: give the option team, or the input''s team' END);
    END IF;
    SELECT string_agg(w.name, ', ') INTO missing FROM jsonb_array_elements_text(lealup._linear_labels(call)) w(name)
    WHERE NOT EXISTS (SELECT FROM jsonb_array_elements(data #> '{issueLabels,nodes}') l WHERE l ->> 'name' = w.name AND coalesce(l #>> '{team,id}', teams #>> '{0,id}') = teams #>> '{0,id}');
    IF missing IS NOT NULL THEN
        RETURN jsonb_build_object('fail', 'Linear has no such labels: ' || missing);
    END IF;
    RETURN jsonb_build_object('next', jsonb_build_object('team', teams #> '{0,id}', 'states', teams #> '{0,states,nodes}',
        'labels', (SELECT coalesce(jsonb_agg(DISTINCT l -> 'id'), '[]') FROM jsonb_array_elements(data #> '{issueLabels,nodes}') l
            WHERE lealup._linear_labels(call) ? (l ->> 'name') AND coalesce(l #>> '{team,id}', teams #>> '{0,id}') = teams #>> '{0,id}')));
END $$;
COMMENT ON FUNCTION lealup._linear_issue_created(jsonb, jsonb) IS 'What the answers to _linear_create_issue() say.';

CREATE FUNCTION lealup._linear_search_issue(call jsonb) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN lealup._linear_ask(format('query($filter: IssueFilter) { issues(first: 1, filter: $filter, includeArchived: true) { nodes { %s } } }', lealup._linear_issue_parts()),
        jsonb_build_object('filter', jsonb_build_object('id', jsonb_build_object('eq', lealup._linear_key(call #>> '{action,idempotency_key}', '4')))));
COMMENT ON FUNCTION lealup._linear_search_issue(jsonb) IS 'The request that finds the issue that an action has made.';

CREATE FUNCTION lealup._linear_found_issue(call jsonb, response jsonb) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE WHEN jsonb_typeof(response #> '{body,data,issues,nodes}') IS DISTINCT FROM 'array' THEN jsonb_build_object('retry', lealup._linear_problem(response))
        WHEN response #> '{body,data,issues,nodes,0}' IS NOT NULL THEN lealup._linear_outcome(call, lealup._linear_issue(response #> '{body,data,issues,nodes,0}')) END;
COMMENT ON FUNCTION lealup._linear_found_issue(jsonb, jsonb) IS 'The issue that was found, as the answer to its making would be; null if there is none.';

CREATE FUNCTION lealup._linear_issue_changes(call jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    here jsonb := call #> '{object,here}';
    base jsonb := call #> '{object,base}';
    changed jsonb := call #> '{object,changed}';
    options jsonb := coalesce(call #> '{connection,options}', '{}');
    entity text := call #>> '{object,entity}';
    -- As it would come back, if that is less than it is here.
    back text := lealup._linear_status(entity, lealup._linear_mapped(options, 'states', here ->> 'status'), (lealup._linear_states(entity, here ->> 'status'))[1], options);
BEGIN
    RETURN CASE WHEN changed ?| '{subject,title}' THEN jsonb_build_object('title', left(coalesce(here ->> 'subject', here ->> 'title'), 512)) ELSE '{}' END
        || CASE WHEN changed ? 'description' THEN jsonb_build_object('description', here -> 'description') ELSE '{}' END
        || CASE WHEN changed ? 'due_at' THEN jsonb_build_object('dueDate', left(here ->> 'due_at', 10)) ELSE '{}' END
        || CASE WHEN changed ? 'priority' THEN jsonb_build_object('priority', lealup._linear_priority(here ->> 'priority', options)) ELSE '{}' END
        -- Whoever has no account there is nobody there; but whoever has it there may keep it then.
        || CASE WHEN changed ? 'assignee' AND (here ->> 'assignee' IS NOT NULL OR call #>> '{object,about,assignee_id}' IS NULL) THEN jsonb_build_object('assigneeId', here -> 'assignee') ELSE '{}' END
        || CASE WHEN changed ? 'status' AND (back IS DISTINCT FROM base ->> 'status') THEN jsonb_build_object('stateId', here -> 'status') ELSE '{}' END;
END $$;
COMMENT ON FUNCTION lealup._linear_issue_changes(jsonb) IS 'What of an issue is to be changed, as IssueUpdateInput has it, but for stateId, which is the status here.';

CREATE FUNCTION lealup._linear_update_issue(call jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    input jsonb := lealup._linear_issue_changes(call);
    step jsonb := nullif(call -> 'step', 'null');
BEGIN
    IF call #>> '{object,external_id}' IS NULL OR coalesce(input, '{}') = '{}' THEN
        RETURN NULL;
    ELSIF input ? 'stateId' AND (step ->> 'status') IS DISTINCT FROM input ->> 'stateId' THEN
        RETURN lealup._linear_ask('query($id: String!) { issue(id: $id) { id state { id } team { states(first: 50) { nodes { id name type position } } } } }', jsonb_build_object('id', call #> '{object,external_id}'));
    END IF;
    RETURN lealup._linear_ask(format('mutation($id: String!, $input: IssueUpdateInput!) { issueUpdate(id: $id, input: $input) { success issue { %s } } }', lealup._linear_issue_parts()),
        jsonb_build_object('id', call #> '{object,external_id}', 'input', input || CASE WHEN input ? 'stateId' THEN jsonb_build_object('stateId', step -> 'state') ELSE '{}' END));
END $$;
COMMENT ON FUNCTION lealup._linear_update_issue(jsonb) IS 'The requests of update_issue and update_task_issue: for the states of its team if the status is to be another, then for the change.';

CREATE FUNCTION lealup._linear_issue_updated(call jsonb, response jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    data jsonb := response #> '{body,data}';
    status text := call #>> '{object,here,status}';
    state text;
BEGIN
    IF jsonb_typeof(data #> '{issueUpdate,issue}') = 'object' THEN
        RETURN lealup._linear_outcome(call, lealup._linear_issue(data #> '{issueUpdate,issue}'));
    ELSIF jsonb_typeof(data -> 'issue') IS DISTINCT FROM 'object' THEN
        RETURN lealup._linear_failure(response);
    END IF;
    state := lealup._linear_state(call #>> '{object,entity}', status, data #> '{issue,team,states,nodes}', coalesce(call #> '{connection,options}', '{}'));
    RETURN CASE WHEN state IS NULL THEN jsonb_build_object('fail', format('the issue''s team has no state for %s: the option states can name one', status))
        ELSE jsonb_build_object('next', jsonb_build_object('status', status, 'state', state)) END;
END $$;
COMMENT ON FUNCTION lealup._linear_issue_updated(jsonb, jsonb) IS 'What the answers to _linear_update_issue() say.';

-- ----- Comments -----

CREATE FUNCTION lealup._linear_comment_body(call jsonb) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    -- Whoever connected Linear speaks for themselves, everybody else by name.
    RETURN CASE WHEN call #>> '{object,here,author,external_id}' = call #>> '{connection,facts,viewer}' THEN ''
            ELSE '**' || coalesce(nullif(left(btrim(regexp_replace(coalesce(call #>> '{object,here,author,name}', call #>> '{object,here,author,email}', ''), '[*[:space:][:cntrl:]]+', ' ', 'g')), 100), ''), 'Somebody')
                || E'** wrote in lealup:\n\n' END || (call #>> '{object,here,body}');
COMMENT ON FUNCTION lealup._linear_comment_body(jsonb) IS 'A message as a comment, which says who wrote it unless that is whose account the connection is.';

CREATE FUNCTION lealup._linear_comment_outcome(comment jsonb) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN jsonb_build_object('external_id', comment -> 'id', 'updated_at', comment -> 'updatedAt', 'base', jsonb_build_object('body', lealup._linear_words_of(comment ->> 'body')));
COMMENT ON FUNCTION lealup._linear_comment_outcome(jsonb) IS 'What an operation gives that has made or changed a comment, which the answer shows.';

CREATE FUNCTION lealup._linear_create_comment(call jsonb) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN CASE WHEN coalesce(call #> '{object,here}', 'null') = 'null' OR call #>> '{object,ticket,external_id}' IS NULL THEN '{"fail": "the message''s ticket has no issue at Linear"}'
        -- What was deleted meanwhile is not said any more.
        WHEN call #>> '{object,here,deleted}' = 'true' OR call #>> '{object,external_id}' IS NOT NULL THEN NULL
        ELSE lealup._linear_ask(format('mutation($input: CommentCreateInput!) { commentCreate(input: $input) { success comment { %s } } }', lealup._linear_comment_parts()), jsonb_build_object('input',
            jsonb_build_object('id', lealup._linear_key(call #>> '{action,idempotency_key}', '4'), 'issueId', call #> '{object,ticket,external_id}', 'body', lealup._linear_comment_body(call)))) END;
COMMENT ON FUNCTION lealup._linear_create_comment(jsonb) IS 'The request of create_comment.';

CREATE FUNCTION lealup._linear_search_comment(call jsonb) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN lealup._linear_ask(format('query($filter: CommentFilter) { comments(first: 1, filter: $filter, includeArchived: true) { nodes { %s } } }', lealup._linear_comment_parts()),
        jsonb_build_object('filter', jsonb_build_object('id', jsonb_build_object('eq', lealup._linear_key(call #>> '{action,idempotency_key}', '4')))));
COMMENT ON FUNCTION lealup._linear_search_comment(jsonb) IS 'The request that finds the comment that an action has made.';

CREATE FUNCTION lealup._linear_found_comment(call jsonb, response jsonb) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE WHEN jsonb_typeof(response #> '{body,data,comments,nodes}') IS DISTINCT FROM 'array' THEN jsonb_build_object('retry', lealup._linear_problem(response))
        WHEN response #> '{body,data,comments,nodes,0}' IS NOT NULL THEN lealup._linear_comment_outcome(response #> '{body,data,comments,nodes,0}') END;
COMMENT ON FUNCTION lealup._linear_found_comment(jsonb, jsonb) IS 'The comment that was found, as the answer to its making would be; null if there is none.';

CREATE FUNCTION lealup._linear_update_comment(call jsonb) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN CASE WHEN NOT coalesce(call #> '{object,changed}', '[]') ? 'body' OR call #>> '{object,external_id}' IS NULL OR call #>> '{object,here,deleted}' = 'true' THEN NULL
        WHEN call #>> '{object,ours}' IS DISTINCT FROM 'true' THEN '{"fail": "at Linear only who wrote a comment can change it"}'
        ELSE lealup._linear_ask(format('mutation($id: String!, $input: CommentUpdateInput!) { commentUpdate(id: $id, input: $input) { success comment { %s } } }', lealup._linear_comment_parts()),
            jsonb_build_object('id', call #> '{object,external_id}', 'input', jsonb_build_object('body', lealup._linear_comment_body(call)))) END;
COMMENT ON FUNCTION lealup._linear_update_comment(jsonb) IS 'The request of update_comment.';

CREATE FUNCTION lealup._linear_delete_comment(call jsonb) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN CASE WHEN call #>> '{object,external_id}' IS NOT NULL AND call #>> '{object,here,deleted}' = 'true'
        THEN lealup._linear_ask('mutation($id: String!) { commentDelete(id: $id) { success } }', jsonb_build_object('id', call #> '{object,external_id}')) END;
COMMENT ON FUNCTION lealup._linear_delete_comment(jsonb) IS 'The request of delete_comment.';

CREATE FUNCTION lealup._linear_comment_done(call jsonb, response jsonb) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN CASE
        WHEN jsonb_typeof(response #> '{body,data,commentCreate,comment}') = 'object' THEN lealup._linear_comment_outcome(response #> '{body,data,commentCreate,comment}')
        WHEN jsonb_typeof(response #> '{body,data,commentUpdate,comment}') = 'object' THEN lealup._linear_comment_outcome(response #> '{body,data,commentUpdate,comment}')
        -- That it is gone already is what was wanted.
        WHEN response #>> '{body,data,commentDelete,success}' = 'true' OR call ->> 'operation' = 'delete_comment' AND response #>> '{body,errors,0,message}' ILIKE '%not found%' THEN '{}'
        ELSE lealup._linear_failure(response) END;
COMMENT ON FUNCTION lealup._linear_comment_done(jsonb, jsonb) IS 'What the answer to a change of a comment says.';

INSERT INTO lealup.provider_operation (provider, name, title, audience, input, request, response, idempotency, makes, mirror, scopes) VALUES
    ('linear', 'create_issue', 'Make an issue of a ticket', 'own_team', '{"title": {"max": 500, "title": "Instead of the ticket''s subject"}, "description": {"max": 50000, "title": "What the engineers are to know"},
        "team": {"max": 20, "title": "The key of the team; else the option team"}, "labels": {"type": "array", "max": 20, "title": "Names of labels"}}',
        'lealup._linear_create_issue', 'lealup._linear_issue_created', '{"search": "lealup._linear_search_issue", "found": "lealup._linear_found_issue"}', 'ticket', NULL, '{write}'),
    ('linear', 'create_task_issue', 'Make an issue of a task', 'own_team', '{"title": {"max": 500, "title": "Instead of the task''s title"}, "description": {"max": 50000, "title": "Before the task''s description"},
        "team": {"max": 20, "title": "The key of the team; else the option team"}, "labels": {"type": "array", "max": 20, "title": "Names of labels"}}',
        'lealup._linear_create_issue', 'lealup._linear_issue_created', '{"search": "lealup._linear_search_issue", "found": "lealup._linear_found_issue"}', 'task', NULL, '{write}'),
    ('linear', 'update_issue', 'Carry changes of a ticket to its issue', 'own_team', '{}', 'lealup._linear_update_issue', 'lealup._linear_issue_updated', NULL, NULL, 'ticket.changed', '{write}'),
    ('linear', 'update_task_issue', 'Carry changes of a task to its issue', 'own_team', '{}', 'lealup._linear_update_issue', 'lealup._linear_issue_updated', NULL, NULL, 'task.changed', '{write}'),
    ('linear', 'create_comment', 'Say a message of a ticket at its issue', 'own_team', '{}', 'lealup._linear_create_comment', 'lealup._linear_comment_done',
        '{"search": "lealup._linear_search_comment", "found": "lealup._linear_found_comment"}', 'ticket_message', 'ticket_message.created', '{write}'),
    ('linear', 'update_comment', 'Edit the comment of a message', 'own_team', '{}', 'lealup._linear_update_comment', 'lealup._linear_comment_done', NULL, NULL, 'ticket_message.changed', '{write}'),
    ('linear', 'delete_comment', 'Delete the comment of a message', 'own_team', '{}', 'lealup._linear_delete_comment', 'lealup._linear_comment_done', NULL, NULL, 'ticket_message.deleted', '{write}');
