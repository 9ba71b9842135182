-- The HTTP API of standing rules, of accounts at providers and of mail preferences. Each answer must fit the schema of its route.
BEGIN;
SELECT plan(49);
\ir lib/http.sql
\ir lib/http_checked.sql
CREATE FUNCTION pg_temp.http(method text, target text, body text DEFAULT NULL, headers jsonb DEFAULT '{}', key text DEFAULT current_setting('test.key'))
    RETURNS pg_temp.answer LANGUAGE sql AS $$ SELECT pg_temp.judged(method, target, body, headers, key) $$;
INSERT INTO lealup.provider (name, title, kind, base_url, allowed_hosts, auth) VALUES ('regress', 'Regress', 'workspace', 'https://api.example.com', '{api.example.com}', 'none');
INSERT INTO lealup.provider_operation (provider, name, title, audience, input, request, response) VALUES ('regress', 'tell', 'Tell', 'own_team', '{"text": {"required": true}}', 'x.x', 'x.x'),
    ('regress', 'reply', 'Reply', 'customer', '{"text": {"required": true}}', 'x.x', 'x.x');
INSERT INTO lealup.provider_operation (provider, name, title, audience, request, response, mirror) VALUES ('regress', 'follow', 'Follow', 'own_team', 'x.x', 'x.x', 'ticket.changed');
SELECT lealup.create_tenant('one') AS one, lealup.create_tenant('two') AS two \gset
INSERT INTO lealup.member (tenant_id, email, role) VALUES (:'one', 'ana@example.com', 'admin') RETURNING id AS ana \gset
INSERT INTO lealup.member (tenant_id, email) VALUES (:'one', 'ben@example.com') RETURNING id AS ben \gset
INSERT INTO lealup.connection (tenant_id, provider, kind, state, account_id) VALUES (:'one', 'regress', 'workspace', 'connected', 'a') RETURNING id AS c \gset
INSERT INTO lealup.member_account (tenant_id, connection_id, external_id, email, name) SELECT :'one', :'c', 'U' || n, 'u' || n || '@example.com', 'U ' || n FROM generate_series(1, 3) n;
SELECT set_config('test.key', lealup.create_api_key(:'one', 'application', '{*}', rate_limit => 1000000), true), set_config('test.ben', lealup.create_api_key(:'one', 'ben', '{*}', :'ben'), true),
    set_config('test.reader', lealup.create_api_key(:'one', 'reader', '{actions:read,connections:read,members:read}'), true), set_config('test.two', lealup.create_api_key(:'two', 'two', '{*}'), true) \gset
CREATE FUNCTION pg_temp.ask(method text, target text, body text DEFAULT NULL, key text DEFAULT current_setting('test.key'), match text DEFAULT NULL) RETURNS TABLE (status int, body jsonb, headers jsonb) LANGUAGE sql AS $$
    SELECT r.status, r.body::jsonb, r.headers FROM pg_temp.http(method, target, body, CASE WHEN match IS NULL THEN '{}' ELSE jsonb_build_object('if-match', match) END, key) r
$$;

-- Rules.
SELECT format('{"name": "Escalations", "events": ["ticket.escalated"], "connection_id": "%s", "operation": "tell", "template": {"text": "{{data.subject}}"}, "filters": {}}', :'c') AS rule \gset
SELECT * FROM pg_temp.ask('POST', '/v1/notification-rules', :'rule') \gset made_
SELECT is(:made_status, 201, 'a rule is made');
SELECT is(:'made_body'::jsonb ->> 'mode', 'send', 'that sends');
SELECT ok((:'made_body'::jsonb ->> 'active')::boolean, 'at once');
SELECT :'made_body'::jsonb ->> 'id' AS r \gset
SELECT is(:'made_headers'::jsonb ->> 'location', '/v1/notification-rules/' || :'r', 'it has its place');
SELECT is(r.body ->> 'name', 'Escalations', 'where it is') FROM pg_temp.ask('GET', '/v1/notification-rules/' || :'r', key => current_setting('test.reader')) r;
SELECT is(r.status, 422, 'not of what a customer sees') FROM pg_temp.ask('POST', '/v1/notification-rules', replace(:'rule', '"tell"', '"reply"')) r;
SELECT is(r.status, 422, 'nor of events that there are none of') FROM pg_temp.ask('POST', '/v1/notification-rules', replace(:'rule', 'ticket.escalated', 'ticket.lost')) r;
SELECT is(r.status, 422, 'nor with an input that lacks something') FROM pg_temp.ask('POST', '/v1/notification-rules', replace(:'rule', '"text"', '"test"')) r;
SELECT is(r.status, 403, 'a reader makes none') FROM pg_temp.ask('POST', '/v1/notification-rules', :'rule', current_setting('test.reader')) r;
SELECT is(r.status, 403, 'nor does a csm') FROM pg_temp.ask('POST', '/v1/notification-rules', :'rule', current_setting('test.ben')) r;
SELECT is(r.status, 412, 'what is out of date changes nothing') FROM pg_temp.ask('PATCH', '/v1/notification-rules/' || :'r', '{"active": false}', match => '"x"') r;
SELECT collect_tap(is(r.status, 200, 'a rule is changed'), is(r.body -> 'active', 'false', 'it rests'), is(r.body -> 'events', '["ticket.escalated"]', 'the rest stays'))
FROM pg_temp.ask('PATCH', '/v1/notification-rules/' || :'r', '{"active": false}') r;
SELECT is(r.body #>> '{template,text}', 'Now', 'a template is replaced') FROM pg_temp.ask('PATCH', '/v1/notification-rules/' || :'r', '{"template": {"text": "Now"}}') r;
SELECT is(jsonb_array_length(r.body -> 'data'), 1, 'a list') FROM pg_temp.ask('GET', '/v1/notification-rules?active=false&operation=tell') r;
SELECT is(r.body -> 'data', '[]', 'by what they are') FROM pg_temp.ask('GET', '/v1/notification-rules?active=true') r;
SELECT is(r.body -> 'data', '[]', 'of others none') FROM pg_temp.ask('GET', '/v1/notification-rules', key => current_setting('test.two')) r;
SELECT is(r.status, 404, 'which are not there: ' || m) FROM unnest('{GET,PATCH,DELETE}'::text[]) m, pg_temp.ask(m, '/v1/notification-rules/' || :'r', CASE m WHEN 'PATCH' THEN '{}' END, current_setting('test.two')) r;
SELECT is(r.status, 403, 'a csm ends none') FROM pg_temp.ask('DELETE', '/v1/notification-rules/' || :'r', key => current_setting('test.ben')) r;
SELECT is(r.status, 204, 'a rule is ended') FROM pg_temp.ask('DELETE', '/v1/notification-rules/' || :'r') r;
SELECT is(r.status, 404, 'and is gone') FROM pg_temp.ask('GET', '/v1/notification-rules/' || :'r') r;

-- Mirrors.
SELECT is(r.body -> 'rules', '1', 'what changes here is carried there') FROM pg_temp.ask('POST', '/v1/connections/' || :'c' || '/mirrors', '{"entities": ["ticket"]}') r;
SELECT is(r.body #>> '{data,0,operation}', 'follow', 'by a rule') FROM pg_temp.ask('GET', '/v1/notification-rules?mode=mirror') r;
SELECT is(r.status, 422, 'not what there is no operation for') FROM pg_temp.ask('POST', '/v1/connections/' || :'c' || '/mirrors', '{"entities": ["task"]}') r;
SELECT is(r.status, 403, 'a csm says nothing of it') FROM pg_temp.ask('POST', '/v1/connections/' || :'c' || '/mirrors', '{"entities": []}', current_setting('test.ben')) r;
SELECT is(r.status, 404, 'nor do others') FROM pg_temp.ask('POST', '/v1/connections/' || :'c' || '/mirrors', '{"entities": []}', current_setting('test.two')) r;
SELECT is(r.body -> 'rules', '0', 'no longer') FROM pg_temp.ask('POST', '/v1/connections/' || :'c' || '/mirrors', '{"entities": []}') r;

-- Accounts.
SELECT is(jsonb_path_query_array(r.body, '$.data[*].external_id'), '["U1", "U2"]', 'accounts, in pages') FROM pg_temp.ask('GET', '/v1/connections/' || :'c' || '/accounts?limit=2&mapped=false') r;
SELECT is(n.body #>> '{data,0,external_id}', 'U3', 'of which the next follows') FROM pg_temp.ask('GET', '/v1/connections/' || :'c' || '/accounts?limit=2&mapped=false') r, pg_temp.ask('GET', r.body ->> 'next') n;
SELECT collect_tap(is(r.body ->> 'member_id', :'ben', 'one is Ben''s'), is(r.body ->> 'matched_by', 'manual', 'by hand'))
FROM pg_temp.ask('PATCH', '/v1/connections/' || :'c' || '/accounts/U2', format('{"member_id": "%s"}', :'ben')) r;
SELECT is(jsonb_path_query_array(r.body, '$.data[*].external_id'), '["U2"]', 'it is among his') FROM pg_temp.ask('GET', '/v1/connections/' || :'c' || '/accounts?member_id=' || :'ben') r;
SELECT is(r.body -> 'matched_by', 'null', 'that is taken back') FROM pg_temp.ask('PATCH', '/v1/connections/' || :'c' || '/accounts/U2', '{"automatic": true}') r;
SELECT is(r.status, 422, 'nobody has none') FROM pg_temp.ask('PATCH', '/v1/connections/' || :'c' || '/accounts/U2', format('{"member_id": "%s"}', :'c')) r;
SELECT is(r.status, 404, 'an account that there is not') FROM pg_temp.ask('PATCH', '/v1/connections/' || :'c' || '/accounts/U9', '{"member_id": null}') r;
SELECT is(r.status, 403, 'a csm says nothing of it') FROM pg_temp.ask('PATCH', '/v1/connections/' || :'c' || '/accounts/U2', '{"member_id": null}', current_setting('test.ben')) r;
SELECT is(r.status, 404, 'to others they are not there') FROM pg_temp.ask('GET', '/v1/connections/' || :'c' || '/accounts', key => current_setting('test.two')) r;

-- Mail.
SELECT is(jsonb_path_query_first(r.body, '$.preferences[*] ? (@.kind == "task")'), '{"kind": "task", "title": "Tasks that are overdue", "frequency": "daily", "is_default": true}', 'what a member is told of')
FROM pg_temp.ask('GET', '/v1/members/' || :'ben' || '/mail-preferences', key => current_setting('test.reader')) r;
SELECT is(jsonb_path_query_first(r.body, '$.preferences[*] ? (@.kind == "task").frequency'), '"off"', 'members decide on their own')
FROM pg_temp.ask('PATCH', '/v1/members/' || :'ben' || '/mail-preferences', '{"task": "off", "sync": "hourly"}', current_setting('test.ben')) r;
SELECT is(jsonb_path_query_array(r.body, '$.preferences[*] ? (@.is_default == false).kind'), '["task"]', 'null takes a choice back')
FROM pg_temp.ask('PATCH', '/v1/members/' || :'ben' || '/mail-preferences', '{"sync": null}') r;
SELECT is(r.status, 403, 'not on others''') FROM pg_temp.ask('PATCH', '/v1/members/' || :'ana' || '/mail-preferences', '{"task": "off"}', current_setting('test.ben')) r;
SELECT is(r.status, 422, 'a kind that there is not') FROM pg_temp.ask('PATCH', '/v1/members/' || :'ben' || '/mail-preferences', '{"x": "off"}') r;
SELECT is(r.status, 404, 'no address has failed') FROM pg_temp.ask('DELETE', '/v1/members/' || :'ben' || '/mail-failure') r;
INSERT INTO lealup.mail_failure (tenant_id, member_id, address, reason, failed_at) VALUES (:'one', :'ben', 'ben@example.com', '550 no such user', now());
SELECT is(r.body ->> 'failure', '550 no such user', 'one that has is shown') FROM pg_temp.ask('GET', '/v1/members/' || :'ben' || '/mail-preferences') r;
SELECT is(r.status, 204, 'and tried again') FROM pg_temp.ask('DELETE', '/v1/members/' || :'ben' || '/mail-failure', key => current_setting('test.ben')) r;
SELECT is_empty('SELECT * FROM pg_temp.misfit', 'every answer fits the schema of its route, and none failed');
SELECT * FROM finish();
ROLLBACK;
