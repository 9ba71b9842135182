-- Linear: what is asked, and what its answers and webhooks mean. They are written after Linear's documentation of its API and of webhooks.
BEGIN;
SELECT plan(80);

CREATE FUNCTION pg_temp.call(cursor jsonb DEFAULT NULL, options jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('now', '2026-11-21T10:00:00Z', 'stream', 'issues', 'mode', 'backfill', 'since', '2026-08-23T10:00:00Z', 'cursor', cursor,
        'connection', jsonb_build_object('id', 'x', 'provider', 'linear', 'account_id', 'org-1', 'options', options, 'facts', '{"viewer": "user-1"}'::jsonb)) $$;
CREATE FUNCTION pg_temp.answer(body jsonb) RETURNS jsonb LANGUAGE sql AS $$ SELECT jsonb_build_object('status', 200, 'headers', '{}'::jsonb, 'body', body) $$;
CREATE FUNCTION pg_temp.data(data jsonb) RETURNS jsonb LANGUAGE sql AS $$ SELECT pg_temp.answer(jsonb_build_object('data', data)) $$;
CREATE FUNCTION pg_temp.error(code text, message text) RETURNS jsonb LANGUAGE sql AS $$
    SELECT pg_temp.answer(jsonb_build_object('data', NULL, 'errors', jsonb_build_array(jsonb_build_object('message', message, 'extensions', jsonb_build_object('code', code))))) $$;
CREATE FUNCTION pg_temp.variables(request jsonb) RETURNS jsonb LANGUAGE sql AS $$ SELECT request #> '{json,variables}' $$;
CREATE FUNCTION pg_temp.issue(more jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
    SELECT '{"id": "11111111-1111-4111-8111-111111111111", "identifier": "ENG-12", "url": "https://linear.app/acme/issue/ENG-12", "title": "It burns", "description": "See", "priority": 2, "dueDate": "2026-12-24",
        "trashed": null, "createdAt": "2026-11-20T09:00:00.000Z", "updatedAt": "2026-11-20T10:00:00.123Z", "state": {"name": "In Progress", "type": "started"}, "team": {"id": "team-1", "key": "ENG"},
        "assignee": {"id": "user-2"}, "creator": {"id": "user-3", "name": "Eve", "email": "eve@team.example"}, "labels": {"nodes": [{"name": "Ops"}, {"name": "Bug"}]}}'::jsonb || more $$;

-- ----- The catalog -----
SELECT is_empty('SELECT * FROM lealup.check_provider(''linear'')', 'nothing is wrong with it');
SELECT is((SELECT concat_ws(' ', kind, refresh, scope_separator, default_ttl) FROM lealup.provider WHERE name = 'linear'), 'workspace single_use , 24:00:00', 'a workspace, whose refresh tokens are for one use');
SELECT is((SELECT string_agg(DISTINCT o.audience, ',') FROM lealup.provider_operation o WHERE o.provider = 'linear'), 'own_team', 'what it does only the team sees');
SELECT is((SELECT string_agg(o.mirror, ' ' ORDER BY o.mirror) FROM lealup.provider_operation o WHERE o.provider = 'linear'),
    'task.changed ticket.changed ticket_message.changed ticket_message.created ticket_message.deleted', 'all changes are carried there');
SELECT is((SELECT string_agg(o.name, ' ' ORDER BY o.name) FROM lealup.provider_operation o WHERE o.provider = 'linear' AND NOT lealup._may_repeat(o)), NULL, 'nothing of it happens twice');

-- ----- Pages -----
SELECT is(lealup._linear_request(pg_temp.call()) - 'json', '{"method": "POST", "path": "/graphql"}', 'there is one endpoint');
SELECT matches(lealup._linear_request(pg_temp.call()) #>> '{json,query}', '^query\(\$after: String, \$filter: UserFilter\) \{ users\(', 'first the people');
SELECT is(pg_temp.variables(lealup._linear_request(pg_temp.call())), '{"after": null, "filter": {}}', 'all of them');
CREATE TEMP TABLE page AS SELECT lealup._linear_response(pg_temp.call(), pg_temp.data('{"users": {"nodes": [
    {"id": "user-1", "name": "Ada", "email": "ada@team.example", "active": true, "app": false, "updatedAt": "2026-11-20T10:00:00.000Z"},
    {"id": "bot", "name": "Bot", "email": "bot@linear.app", "active": true, "app": true, "updatedAt": "2026-11-19T10:00:00.000Z"}], "pageInfo": {"hasNextPage": true, "endCursor": "c1"}}}')) AS p;
SELECT is(p -> 'cursor', '{"next": {"users": "2026-11-20T09:59:00.000000Z"}, "phase": "users", "after": "c1"}', 'the newest come first, so where the next run begins is known') FROM page;
SELECT is(p #>> '{records,0,id}' || ' ' || (p #>> '{records,1,skip}') || ' ' || (p ->> 'verdict'), 'user:user-1 it is an application more', 'applications are nobody') FROM page;
SELECT is(pg_temp.variables(lealup._linear_request(pg_temp.call((SELECT p -> 'cursor' FROM page)))), '{"after": "c1", "filter": {}}', 'the next page');
SELECT is(lealup._linear_response(pg_temp.call((SELECT p -> 'cursor' FROM page)), pg_temp.data('{"users": {"nodes": [], "pageInfo": {"hasNextPage": false, "endCursor": null}}}')) -> 'cursor',
    '{"next": {"users": "2026-11-20T09:59:00.000000Z"}, "phase": "issues"}', 'and the last');
SELECT is(pg_temp.variables(lealup._linear_request(pg_temp.call('{"phase": "issues"}'))), '{"after": null, "filter": {"updatedAt": {"gte": "2026-08-23T10:00:00Z"}}}', 'then issues, as far back as a backfill goes');
SELECT is(pg_temp.variables(lealup._linear_request(pg_temp.call('{"phase": "issues"}', '{"team": ["eng", "OPS"]}'))) -> 'filter' -> 'team', '{"key": {"in": ["ENG", "OPS"]}}', 'of the teams that are named');
SELECT is(pg_temp.variables(lealup._linear_request(pg_temp.call('{"phase": "comments"}', '{"team": "ENG"}'))) -> 'filter' -> 'issue', '{"team": {"key": {"in": ["ENG"]}}}', 'then their comments');
SELECT matches(lealup._linear_request(pg_temp.call('{"phase": "issues"}')) #>> '{json,query}', 'includeArchived: true, orderBy: updatedAt', 'archived ones, too');
CREATE TEMP TABLE last_page AS SELECT lealup._linear_response(pg_temp.call('{"phase": "comments", "next": {"users": "2026-11-20T09:59:00.000000Z"}, "since": {"issues": "2026-11-01T00:00:00Z"}}'),
    pg_temp.data('{"comments": {"nodes": [{"id": "c-1", "body": "Hi", "createdAt": "2026-11-20T10:00:00.000Z", "updatedAt": "2026-11-20T10:00:00.000Z", "archivedAt": null, "issue": {"id": "i-1"}, "user": {"id": "user-2", "name": "Ben"}}],
        "pageInfo": {"hasNextPage": false, "endCursor": "x"}}}')) AS p;
SELECT is(p -> 'cursor', '{"since": {"users": "2026-11-20T09:59:00.000000Z", "issues": "2026-11-01T00:00:00Z", "comments": "2026-11-20T09:59:00.000000Z"}}', 'what had no news goes on where it was') FROM last_page;
SELECT is(p ->> 'verdict', 'done', 'and the run is done') FROM last_page;
SELECT is(pg_temp.variables(lealup._linear_request(pg_temp.call((SELECT p -> 'cursor' FROM last_page)))) #>> '{filter,updatedAt,gte}', '2026-11-20T09:59:00.000000Z', 'the next run asks for what is new');
SELECT is(lealup._linear_response(pg_temp.call(), pg_temp.error('INPUT_ERROR', 'Argument Validation Error')), '{"verdict": "fail", "message": "Linear says: Argument Validation Error"}', 'an answer of status 200 that is an error');
SELECT is(lealup._linear_response(pg_temp.call(), pg_temp.error('INTERNAL_SERVER_ERROR', 'Oops')) ->> 'verdict', 'wait', 'or Linear''s own trouble');
SELECT is(jsonb_array_length(lealup._linear_response(pg_temp.call('{"phase": "issues"}'), pg_temp.answer(jsonb_build_object('errors', '[{"message": "partly"}]'::jsonb, 'data',
    jsonb_build_object('issues', jsonb_build_object('nodes', jsonb_build_array(pg_temp.issue()), 'pageInfo', '{}'::jsonb))))) -> 'records'), 1, 'what an error leaves of the data is taken');
SELECT is((lealup._linear_response(pg_temp.call('{"phase": "issues"}'), pg_temp.data(jsonb_build_object('issues', jsonb_build_object('nodes', jsonb_build_array(pg_temp.issue('{"trashed": true}')))))) #> '{records,0}') - 'version',
    '{"id": "issue:11111111-1111-4111-8111-111111111111", "deleted": true}', 'what is in the trash is gone');

-- ----- Errors -----
CREATE FUNCTION pg_temp.verdict(part text, status int, body jsonb, headers jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', v.action, extract(epoch FROM v.until)) FROM lealup._sync_verdict('linear', 'issues', part, status, headers, body, body::text, NULL, '2026-11-21T10:00:00Z') v $$;
SELECT is(pg_temp.verdict('page', 400, '{"errors": [{"message": "Rate limit exceeded", "extensions": {"code": "RATELIMITED", "type": "ratelimited"}}]}', '{"x-ratelimit-requests-reset": "1795255230500"}'),
    'wait 1795255230.500000', 'a limit has the status 400, and tells its end in milliseconds');
SELECT is(pg_temp.verdict('action', 401, '{"errors": [{"message": "x", "extensions": {"code": "AUTHENTICATION_ERROR"}}]}'), 'refresh', 'a token that has ended');
SELECT is(pg_temp.verdict('action', 400, '{"errors": [{"message": "x", "extensions": {"code": "AUTHENTICATION_ERROR"}}]}'), 'refresh', 'however it is said');
SELECT is(pg_temp.verdict('action', 400, '{"errors": [{"message": "Argument Validation Error", "extensions": {"code": "INPUT_ERROR"}}]}'), 'answer', 'what else is wrong the operations say');
SELECT is(pg_temp.verdict('page', 200, '{"data": null, "errors": [{"message": "x", "extensions": {"code": "RATELIMITED"}}]}'), 'wait', 'a limit in an answer of status 200');
SELECT is(pg_temp.verdict('token', 400, '{"error": "invalid_grant"}'), 'reconnect', 'a grant that has ended');
SELECT is(pg_temp.verdict('page', 502, NULL), 'retry', 'trouble in between');

-- ----- Records -----
CREATE FUNCTION pg_temp.rows_of(record jsonb, options jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$ SELECT lealup._linear_normalize(pg_temp.call(NULL, options), record) $$;
CREATE FUNCTION pg_temp.ticket(more jsonb DEFAULT '{}', options jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$ SELECT pg_temp.rows_of(lealup._linear_record('issue', pg_temp.issue(more)), options) -> 0 $$;
CREATE FUNCTION pg_temp.task(more jsonb DEFAULT '{}', options jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$ SELECT pg_temp.rows_of(lealup._linear_record('issue', pg_temp.issue(more)), options) -> 1 $$;
SELECT is(pg_temp.rows_of(p #> '{records,0}'), '[{"entity": "external_user", "external_id": "user-1", "name": "Ada", "email": "ada@team.example", "email_verified": true, "active": true}]', 'a person') FROM page;
SELECT is(pg_temp.ticket() - 'payload', '{"entity": "ticket", "external_id": "11111111-1111-4111-8111-111111111111", "subject": "It burns", "status": "open", "priority": "high", "assignee": "user-2", "channel": "linear",
    "author": {"external_id": "user-3", "name": "Eve", "email": "eve@team.example"}, "updated_at": "2026-11-20T10:00:00.123Z", "create": false, "action_id": "11111111-1111-7111-8111-111111111111"}', 'an issue as a ticket');
SELECT is(pg_temp.ticket() -> 'payload', '{"identifier": "ENG-12", "url": "https://linear.app/acme/issue/ENG-12", "team": "ENG", "state": "In Progress", "labels": ["Bug", "Ops"], "description": "See"}', 'and what is kept with its link');
SELECT is(pg_temp.task() - '{payload,author,updated_at,action_id,external_id,entity}'::text[], '{"title": "It burns", "description": "See", "status": "in_progress", "priority": "high", "assignee": "user-2", "due_at": "2026-12-24T00:00:00.000000Z",
    "create": false}', 'or as a task');
SELECT is((pg_temp.ticket(options => v.o) ->> 'create') || ' ' || (pg_temp.task(options => v.o) ->> 'create'), v.r, v.o::text) FROM (VALUES ('{"issues_become": "tickets"}'::jsonb, 'true false'), ('{"issues_become": "tasks"}', 'false true'),
    ('{"issues_become": "tickets", "label": ["bug"]}', 'true false'), ('{"issues_become": "tickets", "label": "Customer"}', 'false false')) v(o, r);
SELECT is(pg_temp.ticket(options => '{"truth": "lealup"}') ->> 'truth', 'lealup', 'who is right is an option');
SELECT is((SELECT string_agg(pg_temp.ticket(jsonb_build_object('priority', n)) ->> 'priority', ' ' ORDER BY n) FROM generate_series(0, 4) n), 'normal urgent high normal low', 'priorities; none is normal');
SELECT is((SELECT string_agg(pg_temp.ticket(jsonb_build_object('priority', n), '{"priorities": ["low=0", "normal=4"]}') ->> 'priority', ' ' ORDER BY n) FROM generate_series(0, 4) n), 'low urgent high normal normal', 'as options have them');
SELECT is((SELECT string_agg(concat_ws('/', pg_temp.ticket(jsonb_build_object('state', jsonb_build_object('name', s, 'type', s))) ->> 'status', pg_temp.task(jsonb_build_object('state', jsonb_build_object('name', s, 'type', s))) ->> 'status'), ' ' ORDER BY n)
    FROM unnest('{triage,backlog,unstarted,started,completed,canceled,duplicate}'::text[]) WITH ORDINALITY u(s, n)),
    'open/open open/open open/open open/in_progress resolved/completed resolved/cancelled resolved/cancelled', 'states by their types');
SELECT is(pg_temp.ticket('{"state": {"name": "Waiting for customer", "type": "started"}}', '{"states": ["pending=waiting for customer"]}') ->> 'status', 'pending', 'or by their names');
SELECT is(pg_temp.task('{"state": {"name": "Waiting for customer", "type": "started"}}', '{"states": ["pending=waiting for customer"]}') ->> 'status', 'in_progress', 'of a ticket for tickets');
SELECT is(pg_temp.rows_of(p #> '{records,0}') -> 0, '{"entity": "ticket_message", "external_id": "c-1", "ticket": "i-1", "body": "Hi", "internal": true, "author": {"external_id": "user-2", "name": "Ben"}, "created_at": "2026-11-20T10:00:00.000Z",
    "updated_at": "2026-11-20T10:00:00.000Z", "create": false, "action_id": "c-1"}', 'a comment is a message for the team') FROM last_page;
SELECT is(lealup._linear_words_of(E'**Ben** wrote in lealup:\n\nHi\n\n**x** wrote'), E'Hi\n\n**x** wrote', 'without the line that is ours');
SELECT is(lealup._linear_words_of('**Ben** wrote'), '**Ben** wrote', 'which others do not write');
SELECT is(lealup._linear_key(lealup._linear_key('01a20074-59e5-768b-8226-99a3491851d5', '4'), '7'), '01a20074-59e5-768b-8226-99a3491851d5', 'an action''s id is one at Linear, and back');
SELECT matches(lealup._linear_key('my-own-key', '4'), '^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$', 'a key of somebody''s own is one as well');

-- ----- Webhooks -----
CREATE FUNCTION pg_temp.webhook(type text, action text, data jsonb, options jsonb DEFAULT '{}', organization text DEFAULT 'org-1') RETURNS jsonb LANGUAGE sql AS $$
    SELECT lealup._linear_inbound(pg_temp.call(NULL, options) || '{"name": "events"}', jsonb_build_object('headers', '{}'::jsonb, 'body', jsonb_build_object('action', action, 'type', type, 'data', data, 'organizationId', organization,
        'createdAt', '2026-11-20T10:00:00.000Z', 'webhookTimestamp', 1795255200123, 'webhookId', 'w'))) $$;
CREATE TEMP TABLE pushed AS SELECT pg_temp.issue() - '{assignee,creator}'::text[] || '{"assigneeId": "user-2", "assignee": {"id": "user-2", "name": "Ben"}, "creatorId": "user-3", "creator": {"id": "user-3", "name": "Eve", "email": "eve@team.example"},
    "labelIds": ["l1", "l2"], "labels": [{"id": "l1", "name": "Bug"}, {"id": "l2", "name": "Ops"}], "stateId": "s", "teamId": "team-1"}' AS d;
SELECT is(pg_temp.webhook('Issue', 'update', d) #> '{records,issues,0}', lealup._linear_record('issue', pg_temp.issue()), 'a webhook brings the very record that a page does') FROM pushed;
SELECT is(pg_temp.webhook('Issue', 'remove', d), '{"records": {"issues": [{"id": "issue:11111111-1111-4111-8111-111111111111", "deleted": true}]}}', 'or that it is gone') FROM pushed;
SELECT is(jsonb_path_query_array(lealup._linear_normalize(pg_temp.call(NULL, '{"team": "OPS", "issues_become": "tickets"}'), pg_temp.webhook('Issue', 'update', d, '{"team": "OPS"}') #> '{records,issues,0}'), '$[*].create'), '[false, false]',
    'of other teams nothing is made, but what is linked is followed') FROM pushed;
SELECT is(pg_temp.webhook('Issue', 'update', d, '{}', 'org-2'), '{"ignore": "it is of another workspace"}', 'nor of other workspaces') FROM pushed;
SELECT is(pg_temp.webhook('Comment', 'create', '{"id": "c-1", "body": "Hi", "issueId": "i-1", "userId": "user-2", "createdAt": "2026-11-20T10:00:00.000Z", "updatedAt": "2026-11-20T10:00:00.000Z"}', '{"issues_become": "tickets"}') -> 'hint',
    '["issues"]', 'a comment may come before its issue');
SELECT is(pg_temp.webhook('Comment', 'create', '{"id": "c-1", "body": "Hi", "issue": {"id": "i-1"}, "userId": "user-2"}') #>> '{records,issues,0,data,issue}', 'i-1', 'it names it');
SELECT is(pg_temp.webhook('Comment', 'create', '{"id": "c-1", "body": "Hi", "projectUpdateId": "p"}'), '{"ignore": "it is a comment of something else than an issue"}', 'one of something else');
SELECT is(pg_temp.webhook('Comment', 'remove', '{"id": "c-1", "issueId": "i-1"}') #> '{records,issues,0}', '{"id": "comment:c-1", "deleted": true}', 'one that goes');
SELECT is(pg_temp.webhook('User', 'update', '{"id": "u"}'), '{"hint": ["issues"]}', 'people');
SELECT is(pg_temp.webhook('OAuthApp', 'revoked', '{}') ->> 'disconnect', 'access was withdrawn in Linear', 'access that is withdrawn');
SELECT is(pg_temp.webhook('Cycle', 'update', '{"id": "x"}') ->> 'ignore', 'it is neither of an issue nor of a comment', 'the rest');

-- ----- Operations -----
CREATE FUNCTION pg_temp.op(operation text, object jsonb, options jsonb DEFAULT '{}', step jsonb DEFAULT NULL, input jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
    SELECT pg_temp.call(NULL, options) || jsonb_build_object('operation', operation, 'input', input, 'step', step, 'object', object,
        'action', '{"id": "01a20074-59e5-768b-8226-99a3491851d5", "idempotency_key": "01a20074-59e5-768b-8226-99a3491851d5"}'::jsonb) $$;
CREATE TEMP TABLE o AS SELECT '{"entity": "ticket", "id": "t", "external_id": null, "here": {"subject": "It burns", "status": "resolved", "priority": "urgent", "assignee": "user-2"}, "base": {}, "changed": [], "payload": null,
    "about": {"customer_name": "Acme", "customer_tier": "Enterprise", "channel": "email"}}'::jsonb AS ticket,
    '[{"id": "s1", "name": "Todo", "type": "unstarted", "position": 2}, {"id": "s2", "name": "Doing", "type": "started", "position": 3}, {"id": "s4", "name": "Released", "type": "completed", "position": 5},
      {"id": "s3", "name": "Done", "type": "completed", "position": 4}, {"id": "s5", "name": "Waiting", "type": "started", "position": 6}]'::jsonb AS states;
SELECT is(pg_temp.variables(lealup._linear_create_issue(pg_temp.op('create_issue', ticket, '{"team": "eng", "labels": ["Customer", "tier:enterprise=VIP", "channel:slack=Slack"]}', input => '{"labels": ["Bug"]}'))),
    '{"team": {"key": {"eq": "ENG"}}, "labels": {"name": {"in": ["Bug", "Customer", "VIP"]}}}', 'names of a team and labels are asked for first') FROM o;
SELECT is(lealup._linear_issue_created(pg_temp.op('create_issue', ticket, '{"team": "ENG", "labels": "Customer"}'), pg_temp.data(jsonb_build_object('teams', jsonb_build_object('nodes', jsonb_build_array(jsonb_build_object('id', 'team-1', 'key', 'ENG',
        'states', jsonb_build_object('nodes', states)))), 'issueLabels', '{"nodes": [{"id": "l1", "name": "Customer", "team": {"id": "team-2"}}, {"id": "l2", "name": "Customer", "team": null}]}'::jsonb))) #- '{next,states}',
    '{"next": {"team": "team-1", "labels": ["l2"]}}', 'of which there are ids, of this team or of all') FROM o;
SELECT is(pg_temp.variables(lealup._linear_create_issue(pg_temp.op('create_issue', ticket, '{}', jsonb_build_object('team', 'team-1', 'labels', '["l2"]'::jsonb, 'states', states)))) -> 'input',
    '{"id": "01a20074-59e5-468b-8226-99a3491851d5", "teamId": "team-1", "labelIds": ["l2"], "title": "It burns", "description": "Customer: Acme", "priority": 1, "assigneeId": "user-2", "stateId": "s3"}', 'then the issue is made') FROM o;
SELECT is(lealup._linear_issue_created(pg_temp.op('create_issue', ticket, '{}', '{"team": "team-1"}'), pg_temp.data(jsonb_build_object('issueCreate', jsonb_build_object('success', true, 'issue', pg_temp.issue())))) - 'payload',
    '{"external_id": "11111111-1111-4111-8111-111111111111", "updated_at": "2026-11-20T10:00:00.123Z", "base": {"subject": "It burns", "status": "open", "priority": "high", "assignee": "user-2"},
      "result": {"identifier": "ENG-12", "url": "https://linear.app/acme/issue/ENG-12"}}', 'and known with its fields') FROM o;
SELECT is(lealup._linear_issue_created(pg_temp.op('create_issue', ticket), pg_temp.data('{"teams": {"nodes": []}, "issueLabels": {"nodes": []}}')) ->> 'fail', 'there is no such team: give its key as the option team, or as the input''s team', 'without a team') FROM o;
SELECT is(lealup._linear_create_issue(pg_temp.op('create_issue', ticket || '{"external_id": "x", "payload": {"identifier": "ENG-1"}}')), '{"fail": "it has an issue already: ENG-1"}', 'there is one of each ticket') FROM o;
SELECT is(lealup._linear_found_issue(pg_temp.op('create_issue', ticket), pg_temp.data('{"issues": {"nodes": []}}')), NULL, 'one that did not arrive') FROM o;
CREATE FUNCTION pg_temp.changed(more jsonb, options jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
    SELECT lealup._linear_issue_changes(pg_temp.op('update_issue', ticket || '{"external_id": "i", "base": {"subject": "x", "status": "open", "priority": "low", "assignee": null}}' || more, options)) FROM o $$;
SELECT is(pg_temp.changed('{"changed": ["subject", "priority", "assignee"]}'), '{"title": "It burns", "priority": 1, "assigneeId": "user-2"}', 'what was changed');
SELECT is(pg_temp.changed('{"changed": ["status"]}'), '{"stateId": "resolved"}', 'another status');
SELECT is(pg_temp.changed('{"changed": ["status"], "here": {"status": "escalated"}}'), '{}', 'one that Linear has nothing for');
SELECT is(pg_temp.changed('{"changed": ["status"], "here": {"status": "escalated"}}', '{"states": "escalated=Doing"}'), '{"stateId": "escalated"}', 'unless an option says what');
SELECT is(pg_temp.changed('{"changed": ["assignee"], "here": {"assignee": null}, "about": {"assignee_id": "m"}}'), '{}', 'whoever has no account there takes nobody''s place');
SELECT is(pg_temp.changed('{"changed": ["assignee"], "here": {"assignee": null}}'), '{"assigneeId": null}', 'nobody does');
SELECT is((SELECT string_agg(coalesce(lealup._linear_state(e, s, states, '{"states": ["pending=waiting"]}'), '-'), ' ' ORDER BY e, s) FROM o,
    (VALUES ('ticket', 'open'), ('ticket', 'pending'), ('ticket', 'resolved'), ('task', 'in_progress'), ('task', 'cancelled'), ('task', 'completed')) v(e, s)), '- s3 s2 s1 s5 s3', 'which state it becomes');
CREATE TEMP TABLE m AS SELECT E'{"entity": "ticket_message", "external_id": null, "ours": null, "here": {"body": "Hi", "deleted": false, "author": {"external_id": "user-2", "name": "Ben *B*\\n"}}, "base": {}, "changed": [], "ticket": {"external_id": "i-1"}}'::jsonb AS o;
SELECT is(pg_temp.variables(lealup._linear_create_comment(pg_temp.op('create_comment', m.o))) -> 'input', E'{"id": "01a20074-59e5-468b-8226-99a3491851d5", "issueId": "i-1", "body": "**Ben B** wrote in lealup:\\n\\nHi"}', 'a comment says whose it is') FROM m;
SELECT is(pg_temp.variables(lealup._linear_create_comment(pg_temp.op('create_comment', jsonb_set(m.o, '{here,author,external_id}', '"user-1"')))) #>> '{input,body}', 'Hi', 'but of who has connected Linear') FROM m;
SELECT is(lealup._linear_create_comment(pg_temp.op('create_comment', jsonb_set(m.o, '{here,deleted}', 'true'))), NULL, 'what was deleted is not said') FROM m;
SELECT is(lealup._linear_update_comment(pg_temp.op('update_comment', m.o || '{"changed": ["body"], "external_id": "c"}')) ->> 'fail', 'at Linear only who wrote a comment can change it', 'others'' comments stay') FROM m;
SELECT is(lealup._linear_comment_done(pg_temp.op('delete_comment', m.o), pg_temp.error('INPUT_ERROR', 'Entity not found: Comment')), '{}', 'what is gone already needs no deletion') FROM m;
SELECT is(lealup._linear_comment_done(pg_temp.op('update_comment', m.o), pg_temp.error('INPUT_ERROR', 'Entity not found: Comment')) ->> 'fail', 'Linear says: Entity not found: Comment', 'but cannot be changed') FROM m;
SELECT * FROM finish();
ROLLBACK;
