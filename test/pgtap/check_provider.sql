-- check_provider(), with a broken fixture for each kind of fault: a provider that is well is changed, and what is found is compared as a whole.
BEGIN;
SELECT plan(190);
-- The tests' server admits http; here it is as elsewhere.
CREATE OR REPLACE FUNCTION lealup._admits_http() RETURNS boolean LANGUAGE sql STABLE RETURN false;

SELECT is_empty($$SELECT p.name, c.* FROM lealup.provider p CROSS JOIN LATERAL lealup.check_provider(p.name) c$$, 'nothing is wrong with those that come with lealup');

-- ----- One that is well, with everything that a provider can have -----

CREATE SCHEMA fine;
GRANT USAGE ON SCHEMA fine TO lealup_provider;
CREATE FUNCTION fine.request(call jsonb) RETURNS jsonb LANGUAGE sql STABLE RETURN jsonb_build_object('path', '/notes', 'query', jsonb_build_object('from', call -> 'cursor'));
CREATE FUNCTION fine.response(call jsonb, response jsonb) RETURNS jsonb LANGUAGE sql STABLE
    RETURN jsonb_build_object('records', coalesce(response #> '{body,notes}', '[]'), 'cursor', response #> '{body,cursor}', 'verdict', 'done');
CREATE FUNCTION fine.detail_request(call jsonb) RETURNS jsonb LANGUAGE sql STABLE RETURN jsonb_build_object('path', '/notes/' || (call #>> '{item,id}'));
CREATE FUNCTION fine.detail_response(call jsonb, response jsonb) RETURNS jsonb LANGUAGE sql STABLE RETURN jsonb_build_object('record', response -> 'body');
CREATE FUNCTION fine.normalize(call jsonb, record jsonb) RETURNS jsonb LANGUAGE sql STABLE
    RETURN jsonb_build_array(jsonb_build_object('entity', 'timeline_event', 'external_id', record -> 'id', 'kind', 'note'));
CREATE FUNCTION fine.watch(call jsonb) RETURNS jsonb LANGUAGE sql STABLE
    RETURN '{"method": "POST", "path": "/hooks", "json": {}, "fields": [{"in": "json", "name": "url", "secret": "inbound_url"}]}'::jsonb;
CREATE FUNCTION fine.watched(call jsonb, response jsonb) RETURNS jsonb LANGUAGE sql STABLE RETURN '{"watch": {}}'::jsonb;
CREATE FUNCTION fine.unwatch(call jsonb) RETURNS jsonb LANGUAGE sql STABLE RETURN NULL::jsonb;
CREATE FUNCTION fine.handler(call jsonb, message jsonb) RETURNS jsonb LANGUAGE sql STABLE RETURN '{"hint": ["notes"]}'::jsonb;

INSERT INTO lealup.provider (name, title, kind, base_url, allowed_hosts, auth, fields, authorize_url, token_url, token_paths, revoke, identity, setup_steps, problems, docs_url) VALUES
    ('fine', 'Fine', 'workspace', 'https://{site}.fine.example/v1', '{*.fine.example,api.fine.example}', 'oauth2', '[{"name": "site", "title": "Site", "required": true, "pattern": "[a-z]+"}]',
    'https://login.fine.example/authorize', 'https://api.fine.example/token', '{"access_token": "access_token", "refresh_token": "refresh_token", "zone": "zone.id"}',
    '{"method": "POST", "url": "https://api.fine.example/revoke", "fields": [{"in": "form", "name": "token", "secret": "refresh_token"},
        {"in": "basic", "user": "{client_id}", "secret": "client_secret", "owner": "client"}]}',
    '{"path": "/me", "id": "user.id", "name": "user.name", "facts": {"host": "user.host"}}', '{"Do it."}', '[{"problem": "It does not work.", "fix": "Do it again."}]', 'https://fine.example/docs');
INSERT INTO lealup.provider_scope (provider, scope, reads, does_not_read) VALUES ('fine', 'notes.read', 'Notes.', 'Anything else.');
INSERT INTO lealup.provider_stream (provider, name, title, request, response, detail_request, detail_response, normalize, watch_request, watch_response, unwatch_request) VALUES
    ('fine', 'notes', 'Notes', 'fine.request', 'fine.response', 'fine.detail_request', 'fine.detail_response', 'fine.normalize', 'fine.watch', 'fine.watched', 'fine.unwatch');
INSERT INTO lealup.provider_error (provider, ord, stream, part, statuses, path, pattern, action, wait) VALUES
    ('fine', 1, 'notes', 'page', '{410}', NULL, NULL, 'reset', NULL),
    ('fine', 2, NULL, NULL, '{403}', 'errors.{}."reason-code"', '^slow', 'wait', '{"header": "X-Reset", "unit": "epoch_s"}'),
    ('fine', 3, NULL, 'token', NULL, 'error', '^locked$', 'reconnect', NULL);
INSERT INTO lealup.provider_budget VALUES ('fine', 'all', 'client', 100, '1 min');
INSERT INTO lealup.provider_inbound (provider, name, signature, handler) VALUES ('fine', 'news', '{"type": "token", "header": "X-Token"}', 'fine.handler');
INSERT INTO lealup.provider_operation VALUES ('fine', 'send', 'Send a note', 'unknown');
SELECT is_empty($$SELECT * FROM lealup.check_provider('fine')$$, 'nor with one of a user');

-- ----- What is wrong with a broken one -----

CREATE FUNCTION pg_temp.found(change text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    found text;
BEGIN
    EXECUTE change;
    SELECT coalesce(string_agg(c.place || ': ' || c.problem || CASE WHEN btrim(c.fix) <> '' THEN '' ELSE ' WITHOUT A FIX' END, '; ' ORDER BY c.place, c.problem), 'nothing')
    INTO found FROM lealup.check_provider('fine') c;
    RAISE EXCEPTION USING ERRCODE = 'LE000';
EXCEPTION WHEN SQLSTATE 'LE000' THEN
    RETURN found;
END $$;
CREATE FUNCTION pg_temp.set(assignment text) RETURNS text LANGUAGE sql AS $$ SELECT pg_temp.found('UPDATE lealup.provider SET ' || assignment || ' WHERE name = ''fine''') $$;
CREATE FUNCTION pg_temp.field(field text) RETURNS text LANGUAGE sql AS $$ SELECT pg_temp.set(format('fields = fields || %L', '[' || field || ']')) $$;
CREATE FUNCTION pg_temp.stream(assignment text) RETURNS text LANGUAGE sql AS $$ SELECT pg_temp.found('UPDATE lealup.provider_stream SET ' || assignment || ' WHERE provider = ''fine''') $$;
CREATE FUNCTION pg_temp.fn(name text, body text, options text DEFAULT 'STABLE') RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.found(format('CREATE OR REPLACE FUNCTION fine.%s RETURNS jsonb LANGUAGE plpgsql %s AS %L', name, options, 'BEGIN ' || body || ' END')) $$;
CREATE FUNCTION pg_temp.error(assignment text) RETURNS text LANGUAGE sql AS $$ SELECT pg_temp.found('UPDATE lealup.provider_error SET ' || assignment || ' WHERE provider = ''fine'' AND ord = 2') $$;

-- Hosts and URLs.
SELECT is(pg_temp.set('allowed_hosts = ''{}'''), 'provider.allowed_hosts: it is empty; provider.base_url: host {site}.fine.example is not in allowed_hosts; '
    'provider.revoke: host api.fine.example is not in allowed_hosts; provider.token_url: host api.fine.example is not in allowed_hosts', 'no hosts');
SELECT is(pg_temp.set(format('allowed_hosts = allowed_hosts || %L::text', h)), format('provider.allowed_hosts: "%s" is no host', h), 'a host ' || h)
FROM unnest('{*.com,https://fine.example,fine.example:8080,fine.example/v1,*}'::text[]) h;
SELECT is(pg_temp.set('allowed_hosts = allowed_hosts || ''{nobody}.fine.example''::text'),
    'provider.allowed_hosts: {nobody} is neither an option that every connection has nor a fact that is known then',
    'a host with an unknown name');
SELECT is(pg_temp.set(c || ' = ''https://other.example'''), format('provider.%s: host other.example is not in allowed_hosts', c), c || ' outside the list')
    FROM unnest('{base_url,token_url}'::text[]) c;
SELECT is(pg_temp.set('allowed_hosts = ''{api.fine.example}'', base_url = ''https://evil-api.fine.example'''), 'provider.base_url: host evil-api.fine.example is not in allowed_hosts',
    'one that only looks like it');
SELECT is(pg_temp.set(c || ' = replace(' || c || ', ''https:'', ''http:'')'), format('provider.%s: it is not https', c), c || ' without TLS')
    FROM unnest('{base_url,token_url,authorize_url,docs_url}'::text[]) c;
SELECT is(pg_temp.set('base_url = ''https://user@api.fine.example'''), 'provider.base_url: it is no URL', 'a URL with a user name');
SELECT is(pg_temp.set('base_url = ''ftp://api.fine.example'''), 'provider.base_url: it is no URL', 'one of another kind');
SELECT is(pg_temp.set('base_url = ''https://api.fine.example/'''), 'provider.base_url: it ends with a slash', 'a slash too many');
SELECT is(pg_temp.set('base_url = ''https://{other}.fine.example'''), 'provider.base_url: {other} is neither an option that every connection has nor a fact that is known then',
    'a name that there is not');
SELECT is(pg_temp.set('base_url = ''https://{host}.fine.example'''), 'provider.identity: {host} of base_url is known only when the identity was asked', 'a name that is not known yet');
SELECT is(pg_temp.set('base_url = ''{zone}/v1'''), 'nothing', 'a URL that the provider tells');
SELECT is(pg_temp.set('authorize_url = ''https://{zone}.fine.example'''), 'provider.authorize_url: {zone} is neither an option that every connection has nor a fact that is known then',
    'a fact of the token before there is one');
SELECT is(pg_temp.set('revoke = jsonb_set(revoke, ''{url}'', ''"https://other.example"'')'), 'provider.revoke: host other.example is not in allowed_hosts', 'a grant revoked elsewhere');
SELECT is(pg_temp.set('identity = identity - ''path'' || ''{"url": "https://other.example"}'''), 'provider.identity: host other.example is not in allowed_hosts', 'an identity asked elsewhere');

-- Credentials.
SELECT is(pg_temp.set(c || ' = NULL'), format('provider.%s: it is missing', c), 'without ' || c) FROM unnest('{authorize_url,token_url}'::text[]) c;
SELECT is(pg_temp.set('token_paths = token_paths - ''refresh_token'''), 'provider.token_paths: it does not say where the tokens are', 'no refresh token');
SELECT is(pg_temp.set('token_paths = token_paths - ''refresh_token'', refresh = ''none'''), 'nothing', 'unless there is none');
SELECT is(pg_temp.set('token_paths = token_paths || ''{"zone": ["a"]}'''), 'provider.token_paths: zone is no dotted path', 'a path that is none');
SELECT is(pg_temp.set('identity = NULL'), 'provider.identity: nothing tells whose account a connection is', 'nobody''s account');
SELECT is(pg_temp.set('identity = NULL, token_paths = token_paths || ''{"account_id": "user"}'''), 'nothing', 'unless the token tells it');
SELECT is(pg_temp.set(c || ' = ''[]'''), format('provider.%s: it is no JSON object', c), c || ' that is a list') FROM unnest('{authorize_params,token_params,refresh_params}'::text[]) c;
SELECT is(pg_temp.set('authorize_params = ''{"a": {}}'''), 'provider.authorize_params: a is no value', 'a parameter that is an object');
SELECT is(pg_temp.set('token_params = ''{"a": "{other}"}'''), 'provider.token_params: {other} is no option that every connection has', 'a parameter that nobody gives');
SELECT is(pg_temp.set('credential = ''[]'''), 'provider.credential: it does not say where the credential of oauth2 goes; provider.credential: it is no JSON object', 'a credential that is a list');
SELECT is(pg_temp.set('credential = credential || ''{"suffix": "x"}'''), 'provider.credential: it has unknown members: suffix', 'or has a member too many');
SELECT is(pg_temp.set('credential = ''{"in": "body", "name": "token"}'''), 'provider.credential: it does not say where the credential of oauth2 goes', 'or goes nowhere');
SELECT is(pg_temp.set('credential = credential || ''{"user": "nobody"}'''), 'provider.credential: user names no field that every connection has', 'or is of nobody');
CREATE FUNCTION pg_temp.key(auth text, credential text, field text) RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.found(format('UPDATE lealup.provider SET auth = %L, credential = %L, fields = fields || %L, revoke = NULL WHERE name = ''fine'';
        DELETE FROM lealup.provider_error WHERE provider = ''fine'' AND part = ''token''; UPDATE lealup.provider_budget SET per = ''connection'' WHERE provider = ''fine''', auth, credential, field)) $$;
SELECT is(pg_temp.key('api_key', '{"in": "query", "name": "key"}', '[{"name": "k", "title": "Key", "secret": true, "required": true}]'), 'nothing', 'a provider with a key');
SELECT is(pg_temp.key('basic', '{"in": "basic", "user": "site"}', '[{"name": "k", "title": "Key", "secret": true, "required": true}]'), 'nothing', 'or a password');
SELECT is(pg_temp.key('none', '{}', '[]'), 'nothing', 'or neither');
SELECT is(pg_temp.key('api_key', '{"in": "query", "name": "key"}', '[]'), 'provider.fields: no field asks for the key', 'a key that nobody gives');
SELECT is(pg_temp.key('api_key', '{"in": "query", "name": "key"}', '[{"name": "k", "title": "Key", "secret": true}]'), 'provider.fields: no field asks for the key', 'or not everybody');
SELECT is(pg_temp.key('api_key', '{"in": "query", "name": "key", "secret": "site"}', '[{"name": "k", "title": "Key", "secret": true, "required": true}]'),
    'provider.fields: no field asks for the key', 'or that is no secret');
SELECT is(pg_temp.key('basic', '{"in": "header", "name": "A"}', '[{"name": "k", "title": "Key", "secret": true, "required": true}]'),
    'provider.credential: it does not say where the credential of basic goes', 'a password that is no password');

-- Fields.
SELECT is(pg_temp.set('fields = ''{}'''), 'provider.base_url: {site} is neither an option that every connection has nor a fact that is known then; provider.fields: it is no array',
    'fields that are no list');
SELECT is(pg_temp.field('{"name": "a", "title": "A", "type": "text"}'), 'provider.fields "a": it has unknown members: type', 'a field with a member too many');
SELECT is(pg_temp.field('{"name": "A b", "title": "A"}'), 'provider.fields "A b": the field has no name', 'without a name');
SELECT is(pg_temp.field('{"name": "a"}'), 'provider.fields "a": the field has no title', 'without a title');
SELECT is(pg_temp.field('{"name": "a", "title": "A", "required": "yes"}'), 'provider.fields "a": required is neither true nor false', 'with a text for a boolean');
SELECT is(pg_temp.field(format('{"name": "%s", "title": "A"}', n)), format('provider.fields "%s": the name is taken: lealup itself has an option or a secret of that name', n), 'named ' || n)
FROM unnest('{refresh_token,inbound_secret,backfill,revoke_key}'::text[]) n;
SELECT is(pg_temp.field('{"name": "site", "title": "A"}'), 'provider.fields "site": two fields have this name; provider.fields "site": two fields have this name', 'named as another one');
SELECT is(pg_temp.field('{"name": "a", "title": "A", "secret": true, "default": "x"}'), 'provider.fields "a": a secret has a default, which would be stored in plain text',
    'with a secret for all to see');
SELECT is(pg_temp.field('{"name": "a", "title": "A", "pattern": "[a-z]+", "default": "X"}'), 'provider.fields "a": the default is not what the field admits', 'whose default does not fit');
SELECT alike(pg_temp.field('{"name": "a", "title": "A", "pattern": "(["}'), 'provider.fields "a": the pattern is no regular expression: %', 'whose pattern is none');
SELECT is(pg_temp.field('{"name": "a", "title": "A", "pattern": "(.*)\\1"}'), 'provider.fields "a": the pattern has a back reference, which may take very long to match', 'with a costly pattern');
SELECT is(pg_temp.field('{"name": "a", "title": "A", "pattern": "((a{1,100}){1,100}){1,100}"}'),
    'provider.fields "a": the pattern repeats more than 1000 times, which may take very long to match', 'or a costlier one');
SELECT is(pg_temp.field(format('{"name": "a", "title": "A", "pattern": "%s"}', repeat('a', 501))), 'provider.fields "a": the pattern is longer than 500 characters', 'or a long one');

-- Requests in the provider's row.
SELECT is(pg_temp.set('revoke = revoke || ''{"body": {}}'''), 'provider.revoke: it has unknown members: body', 'a request with a member too many');
SELECT is(pg_temp.set('revoke = revoke || ''{"path": "/x"}'''), 'provider.revoke: the request has not exactly one of path and url', 'to two places');
SELECT is(pg_temp.set('revoke = revoke || ''{"method": "EAT"}'''), 'provider.revoke: the method is not GET, POST, PUT, PATCH or DELETE', 'of no method');
SELECT is(pg_temp.set('revoke = revoke || ''{"json": {}, "form": {}}'''), 'provider.revoke: the request has more than one body', 'with two bodies');
SELECT is(pg_temp.set('revoke = revoke || ''{"query": []}'''), 'provider.revoke: query is no object', 'with a list for a query');
SELECT is(pg_temp.set('revoke = revoke || ''{"anonymous": "yes"}'''), 'provider.revoke: anonymous is neither true nor false', 'more or less anonymous');
SELECT is(pg_temp.set('revoke = revoke || ''{"fields": {}}'''), 'provider.revoke: fields is no array', 'with fields that are no list');
SELECT is(pg_temp.set('revoke = revoke || ''{"fields": [{"in": "form", "name": "t", "secret": "token"}]}'''), 'provider.revoke fields: nothing provides the secret "token"',
    'with a secret that nothing provides');
SELECT is(pg_temp.set('revoke = revoke || ''{"fields": [{"in": "form", "name": "t", "secret": "access_token", "owner": "client"}]}'''),
    'provider.revoke fields: nothing provides the secret "access_token"', 'or that the client does not have');
SELECT is(pg_temp.set('revoke = revoke || ''{"fields": [{"in": "cookie", "name": "t", "secret": "access_token"}]}'''), 'provider.revoke fields: a field says not where it goes',
    'with a secret that goes nowhere');
SELECT is(pg_temp.set('identity = ''[]'''), 'provider.identity: it is no JSON object', 'an identity that is a list');
SELECT is(pg_temp.set('identity = identity - ''id'''), 'provider.identity: id is no dotted path', 'or has none');
SELECT is(pg_temp.set('identity = identity || ''{"facts": {"a": 1}}'''), 'provider.identity: a is no dotted path', 'or a fact that is nowhere');
SELECT is(pg_temp.set('identity = identity || ''{"facts": []}'''), 'provider.identity: facts is no object', 'or no facts');
SELECT is(pg_temp.set('identity = identity || ''{"path": "me"}'''), 'provider.identity: the path does not begin with a slash', 'or no path');
SELECT is(pg_temp.set('setup_steps = ''{}'', problems = ''[]'', title = '' '''), 'provider.problems: it is empty; provider.setup_steps: it is empty; provider.title: it is empty',
    'nothing for people');
SELECT is(pg_temp.set('problems = ''{}'''), 'provider.problems: it is no array', 'problems that are no list');
SELECT is(pg_temp.set('problems = ''[{"problem": "It is red.", "help": "Paint it."}]'''), 'provider.problems: a problem is without text or fix; provider.problems: it has unknown members: help',
    'a problem without a fix');

-- Functions.
SELECT is(pg_temp.stream(f || ' = ''fine.nothing'''), format('provider_stream "notes".%s: there is no function fine.nothing(%s)', f, a), 'no function for ' || f)
FROM (VALUES ('request', 'jsonb'), ('response', 'jsonb, jsonb'), ('detail_request', 'jsonb'), ('detail_response', 'jsonb, jsonb'), ('normalize', 'jsonb, jsonb'), ('watch_request', 'jsonb'),
    ('watch_response', 'jsonb, jsonb'), ('unwatch_request', 'jsonb')) v(f, a);
SELECT is(pg_temp.stream('request = ''fine.response'''), 'provider_stream "notes".request: there is no function fine.response(jsonb)', 'one with other arguments');
SELECT is(pg_temp.stream(format('request = %L', n)), format('provider_stream "notes".request: "%s" is no name of a function', n), 'a name such as ' || n)
FROM unnest('{request,fine.request(jsonb),a.fine.request,"fine; drop"}'::text[]) n;
SELECT is(pg_temp.found('CREATE FUNCTION fine.texts(call jsonb) RETURNS text LANGUAGE sql STABLE RETURN ''x''; UPDATE lealup.provider_stream SET request = ''fine.texts'' WHERE provider = ''fine'''),
    'provider_stream "notes".request: function fine.texts(jsonb) does not return jsonb', 'another result');
SELECT is(pg_temp.found('CREATE FUNCTION fine.many(call jsonb) RETURNS SETOF jsonb LANGUAGE sql STABLE RETURN ''{}''::jsonb; UPDATE lealup.provider_stream SET request = ''fine.many'' WHERE provider = ''fine'''),
    'provider_stream "notes".request: function fine.many(jsonb) does not return jsonb', 'or many');
SELECT is(pg_temp.found('ALTER FUNCTION fine.request(jsonb) VOLATILE'), 'provider_stream "notes".request: function fine.request(jsonb) is volatile', 'a volatile function');
SELECT is(pg_temp.found('ALTER FUNCTION fine.normalize(jsonb, jsonb) SECURITY DEFINER'),
    'provider_stream "notes".normalize: function fine.normalize(jsonb, jsonb) is SECURITY DEFINER, so that it may do what its owner may', 'one with its owner''s rights');
SELECT is(pg_temp.found('REVOKE EXECUTE ON FUNCTION fine.response(jsonb, jsonb) FROM PUBLIC'),
    'provider_stream "notes".response: function fine.response(jsonb, jsonb) cannot be executed by lealup_provider',
    'one that cannot be executed');
SELECT ok(pg_temp.found('REVOKE USAGE ON SCHEMA fine FROM lealup_provider') LIKE '%provider_stream "notes".request: function fine.request(jsonb) is in a schema that lealup_provider cannot use%',
    'or whose schema is closed');
SELECT is(pg_temp.found('UPDATE lealup.provider_inbound SET handler = ''fine.request'' WHERE provider = ''fine'''), 'provider_inbound "news".handler: there is no function fine.request(jsonb, jsonb)',
    'a handler with other arguments');
SELECT is(pg_temp.fn('request(call jsonb)', 'RAISE EXCEPTION ''oh no'';'), 'provider_stream "notes".request: function fine.request fails on a first call: oh no',
    'a request that fails at the beginning');
SELECT is(pg_temp.fn('request(call jsonb)', 'RETURN jsonb_build_object(''path'', ''/'' || length(call ->> ''cursor''));'),
    'provider_stream "notes".request: the request has not exactly one of path and url',
    'or needs a cursor');
SELECT is(pg_temp.fn('request(call jsonb)', 'RETURN NULL;'), 'nothing', 'one that asks nothing yet is well');
SELECT is(pg_temp.fn('request(call jsonb)', 'RETURN ''[]'';'), 'provider_stream "notes".request: it is no JSON object', 'one that is a list is not');
SELECT is(pg_temp.fn('request(call jsonb)', 'RETURN ''{"url": "https://other.example/x"}'';'), 'provider_stream "notes".request: host other.example is not in allowed_hosts', 'nor one to elsewhere');
SELECT is(pg_temp.fn('request(call jsonb)', 'RETURN ''{"path": "/x", "fields": [{"in": "header", "name": "X-Key", "secret": "key"}]}'';'),
    'provider_stream "notes".request fields: nothing provides the secret "key"', 'nor one with a secret that nothing provides');
SELECT is(pg_temp.fn('watch(call jsonb)', 'RETURN ''{"path": "/x", "fields": [{"in": "header", "name": "X-Key", "secret": "key"}]}'';'),
    'provider_stream "notes".watch_request fields: nothing provides the secret "key"', 'so with a watch');
SELECT is(pg_temp.fn('request(call jsonb)', 'RETURN (SELECT to_jsonb(count(*)) FROM lealup.vault_secret);'),
    'provider_stream "notes".request: function fine.request fails on a first call: permission denied for table vault_secret', 'one that looks where it may not');
SELECT is(pg_temp.fn('response(call jsonb, response jsonb)', 'PERFORM lealup._store_secret(NULL, NULL, NULL, NULL); RETURN NULL;'),
    'provider_stream "notes".response: function fine.response fails on a first call: permission denied for function _store_secret', 'or calls what it may not');
SELECT is(pg_temp.fn('response(call jsonb, response jsonb)', 'CREATE TEMP TABLE x (); RETURN NULL;'),
    'provider_stream "notes".response: function fine.response fails on a first call: CREATE TABLE is not allowed in a non-volatile function', 'or writes');
SELECT is(pg_temp.fn('response(call jsonb, response jsonb)', 'RAISE EXCEPTION ''this is no answer'';'), 'nothing', 'an answer that is none may be refused');
SELECT is(pg_temp.fn('response(call jsonb, response jsonb)', 'RETURN ''{"verdict": "finished", "next": 1, "fetch": {}}'';'),
    'provider_stream "notes".response: fetch is no array; provider_stream "notes".response: it has unknown members: next; provider_stream "notes".response: there is no verdict "finished"',
        'what an answer becomes');
SELECT is(pg_temp.fn('detail_response(call jsonb, response jsonb)', 'RETURN ''{"data": {}}'';'), 'provider_stream "notes".detail_response: it has unknown members: data', 'what a detail becomes');
SELECT is(pg_temp.fn('normalize(call jsonb, record jsonb)', 'RETURN ''{}'';'), 'provider_stream "notes".normalize: it gives no array', 'what a record becomes');
SELECT is(pg_temp.fn('normalize(call jsonb, record jsonb)', 'RETURN ''[{"entity": "note"}]'';'), 'provider_stream "notes".normalize: it gives rows of the entity "note", which there is not',
    'of what there is not');
SELECT is(pg_temp.fn('watched(call jsonb, response jsonb)', 'RETURN ''{"expires": 1}'';'), 'provider_stream "notes".watch_response: it has unknown members: expires', 'what a watch becomes');

-- Streams.
SELECT is(pg_temp.found('DELETE FROM lealup.provider_error WHERE action = ''reset'' AND provider = ''fine'''), 'provider_stream "notes".can_reset: nothing says that a cursor is lost',
    'a stream without cursor reset');
SELECT is(pg_temp.found('DELETE FROM lealup.provider_error WHERE action = ''reset'' AND provider = ''fine''; UPDATE lealup.provider_stream SET can_reset = false WHERE provider = ''fine'''),
    'nothing', 'unless it needs none');
SELECT is(pg_temp.stream('can_reset = false'), 'provider_stream "notes".can_reset: a cursor that is lost is not replaced, although a row of provider_error says reset', 'a reset that nothing follows');
SELECT is(pg_temp.stream('max_in_flight = 11'), 'provider_stream "notes".max_in_flight: it is above the provider''s, 10', 'more than the provider admits');
SELECT is(pg_temp.stream('timeout = ''0'''), 'provider_stream "notes": timeout and max_bytes are above nothing, costs not below', 'no time');
SELECT is(pg_temp.stream('title = '''''), 'provider_stream "notes".title: it is empty', 'no title');
SELECT is(pg_temp.stream('watch_request = NULL'), 'provider_stream "notes".watch_response: it is never called, because there is no watch_request', 'a watch that nobody asks for');
SELECT is(pg_temp.found('DELETE FROM lealup.provider_inbound WHERE provider = ''fine'''), 'provider_stream "notes".watch_request: no notification can come', 'or that cannot come');
SELECT is(pg_temp.stream('snapshot = true, backfill = false'), 'provider_stream "notes".snapshot: a snapshot without a backfill is never read as a whole', 'a snapshot of nothing');

-- Errors.
SELECT alike(pg_temp.error('pattern = ''(['''), 'provider_error 2: the pattern is no regular expression: %', 'a pattern that is none');
SELECT is(pg_temp.error('pattern = ''(a)\1'''), 'provider_error 2: the pattern has a back reference, which may take very long to match', 'a costly one');
SELECT is(pg_temp.error(format('path = %L', x)), 'provider_error 2: the path is no dotted path', 'the path ' || x) FROM unnest(ARRAY['a-b', 'a..b', '$.a', 'a ? (@ > 1)', '']) x;
SELECT is(pg_temp.error('statuses = NULL, path = NULL, pattern = NULL'),
    'provider_error 2: it fits every answer, good ones too; provider_error 3: it can never fit: row 2 comes before, and fits whatever this one does', 'what fits everything');
SELECT is(pg_temp.error(format('statuses = %L', s)), 'provider_error 2: a status is not from 100 to 599', 'statuses ' || s) FROM unnest('{"{}","{99}","{NULL}"}'::text[]) s;
SELECT is(pg_temp.error('stream = ''note'''), 'provider_error 2: there is no stream "note"', 'what names no stream');
SELECT is(pg_temp.error('stream = ''notes'', part = ''other'''), 'provider_error 2: it can never fit: requests of the part other are of no stream', 'what is of no stream');
SELECT is(pg_temp.error('part = ''page'', wait = NULL, action = ''' || a || ''''), 'provider_error 2: a page cannot be ' || b, 'a page that is ' || b)
    FROM (VALUES ('skip', 'skipped'), ('gone', 'gone')) v(a, b);
SELECT is(pg_temp.error('part = ''token'', wait = NULL, action = ''reset'''), 'provider_error 2: the action reset is for pages and details', 'a token with a cursor');
SELECT is(pg_temp.error('part = ''token'', wait = NULL, action = ''refresh'''), 'provider_error 2: a token cannot be refreshed while it is asked for', 'a token for a token');
SELECT is(pg_temp.found('UPDATE lealup.provider_stream SET detail_request = NULL, detail_response = NULL WHERE provider = ''fine''; UPDATE lealup.provider_error SET part = ''detail'' WHERE provider = ''fine'' AND ord = 2'),
    'provider_error 2: it can never fit: no stream reads details', 'details that nobody reads');
SELECT is(pg_temp.found(format('INSERT INTO lealup.provider_error (provider, ord, %s) VALUES (''fine'', 9, %s)', c, v)),
    format('provider_error 9: it can never fit: row %s comes before, and fits whatever this one does', n), 'one in the shadow of row ' || n)
FROM (VALUES ('part, statuses, path, pattern, action', '''page'', ''{410}'', ''error'', ''x'', ''fail''', 1),
    ('part, statuses, path, pattern, action', '''detail'', ''{403}'', ''errors.{}."reason-code"'', ''^slow'', ''skip''', 2)) x(c, v, n)
WHERE n = 2;
SELECT is(pg_temp.found('INSERT INTO lealup.provider_error (provider, ord, stream, part, statuses, path, action) VALUES (''fine'', 9, ''notes'', ''page'', ''{410}'', ''error'', ''fail'')'),
    'provider_error 9: it can never fit: row 1 comes before, and fits whatever this one does', 'or of a wider one');
SELECT is(pg_temp.found('INSERT INTO lealup.provider_error (provider, ord, part, statuses, path, action) VALUES (''fine'', 9, ''page'', ''{410}'', ''error'', ''fail'')'), 'nothing',
    'but not of one that is for a stream of several');
SELECT is(pg_temp.error('action = ''retry'''), 'provider_error 2: wait says how long, but the action is retry', 'how long it waits that does not wait');
SELECT is(pg_temp.error(format('wait = %L', w)), 'provider_error 2: ' || f, 'waiting as in ' || w)
FROM (VALUES ('[]', 'it is no JSON object; provider_error 2: wait has not exactly one of header, pattern and seconds'), ('{"seconds": 1, "times": 2}', 'it has unknown members: times'),
    ('{}', 'wait has not exactly one of header, pattern and seconds'), ('{"seconds": 1, "header": "a"}', 'wait has not exactly one of header, pattern and seconds'),
    ('{"seconds": "1"}', 'wait: seconds is no number from 0 to 86400'), ('{"seconds": 86401}', 'wait: seconds is no number from 0 to 86400'), ('{"header": "a b"}', 'wait: header is no name'),
    ('{"header": "a", "unit": "minutes"}', 'wait: there is no such unit'), ('{"pattern": "in \\d+ s"}', 'wait: the pattern has no group'),
    ('{"pattern": "(a)\\1"}', 'wait: the pattern has a back reference, which may take very long to match')) v(w, f);

-- The other rows.
SELECT is(pg_temp.found('UPDATE lealup.provider_scope SET reads = NULL WHERE provider = ''fine'''), 'provider_scope "notes.read": the scope has no description', 'a scope without description');
SELECT is(pg_temp.found('UPDATE lealup.provider_scope SET does_not_read = '''' WHERE provider = ''fine'''), 'provider_scope "notes.read": it is not said what lealup does not read',
    'or with half of one');
SELECT is(pg_temp.found('DELETE FROM lealup.provider_scope WHERE provider = ''fine'''), 'provider_scope: nothing says what is read', 'no scopes');
SELECT is(pg_temp.found('DELETE FROM lealup.provider_stream WHERE provider = ''fine''; DELETE FROM lealup.provider_operation WHERE provider = ''fine''; DELETE FROM lealup.provider_error WHERE stream = ''notes'''),
    'provider_stream: there is neither a stream nor an operation', 'nothing to do');
SELECT is(pg_temp.found('UPDATE lealup.provider_operation SET audience = NULL WHERE provider = ''fine'''), 'provider_operation "send".audience: it does not say who sees its effect',
    'an operation without audience');
CREATE FUNCTION pg_temp.operation(assignment text) RETURNS text LANGUAGE sql AS $$ SELECT pg_temp.found('UPDATE lealup.provider_operation SET request = ''fine.watch'', response = ''fine.watched'',
    idempotency = ''{"in": "header", "field": "Key"}'', ' || assignment || ' WHERE provider = ''fine''') $$;
SELECT is(pg_temp.operation('input = ''{"text": {"required": true, "max": 10}}'''), 'nothing', 'an operation that works');
SELECT is(pg_temp.found('UPDATE lealup.provider_operation SET request = ''fine.watch'', response = ''fine.none'', idempotency = ''{"in": "header", "field": "Key"}'' WHERE provider = ''fine'''), 'provider_operation "send".response: there is no function fine.none(jsonb, jsonb)', 'one without its function');
SELECT is(pg_temp.found('UPDATE lealup.provider_operation SET idempotency = ''{"search": "fine.watch"}'' WHERE provider = ''fine'''), 'provider_operation "send".idempotency: it is neither where a key goes nor how to search', 'half a search');
SELECT is(pg_temp.found('UPDATE lealup.provider_operation SET request = ''fine.watch'', response = ''fine.watched'' WHERE provider = ''fine'''), 'provider_operation "send".idempotency: Hint: what may have arrived is not sent again by itself',
    'an operation that may happen twice');
SELECT is(pg_temp.operation('input = ''{"text": {"kind": "x"}}'''), 'provider_operation "send".input: it does not say what an input has', 'an input of no known shape');
SELECT is(pg_temp.operation('scopes = ''{notes.write}'''), 'provider_operation "send".scopes: there is no scope "notes.write"', 'a scope that is never asked for');
SELECT is(pg_temp.found('INSERT INTO lealup.provider_error (provider, ord, stream, part, statuses, action) VALUES (''fine'', 9, ''sent'', ''action'', ''{409}'', ''skip'')'),
    'provider_error 9: the action skip is for pages and details; provider_error 9: there is no operation "sent"', 'an error of no operation');
SELECT is(pg_temp.found('DELETE FROM lealup.provider_budget WHERE provider = ''fine'''), 'provider_budget: Hint: the provider limits requests, but no budget keeps lealup below its limits',
    'no budget is a hint');
SELECT is(pg_temp.found('UPDATE lealup.provider_inbound SET signature = ''{}'' WHERE provider = ''fine'''),
    'provider_inbound "news": signature: type is not hmac, token, basic, oidc_jwt or none', 'notifications without a signature scheme');
SELECT is(pg_temp.found('UPDATE lealup.provider_inbound SET signature = signature || ''{"key": "password"}'' WHERE provider = ''fine'''),
    'provider_inbound "news": nothing provides the secret "password"', 'or whose key nobody has');
SELECT is(pg_temp.found('UPDATE lealup.provider_inbound SET handshake = ''[{"when": {"method": "GET"}, "verify": {"type": "token", "query": "t", "key": "password"}}]'' WHERE provider = ''fine'''),
    'provider_inbound "news": nothing provides the secret "password"', 'or that of their handshake');
SELECT is(pg_temp.found('UPDATE lealup.provider_inbound SET acknowledge = ''{"status": 500}'' WHERE provider = ''fine'''), 'provider_inbound "news": acknowledge: status is not from 200 to 299',
    'or that are answered by an error');
SELECT is(pg_temp.found(format('UPDATE lealup.%s SET provider = ''fin'' WHERE provider = ''fine''', t)), concat_ws('; ', VARIADIC CASE t
        WHEN 'provider_scope' THEN ARRAY['provider_scope: nothing says what is read', 'provider_scope: rows of a provider that there is not: "fin"']
        WHEN 'provider_budget' THEN ARRAY['provider_budget: Hint: the provider limits requests, but no budget keeps lealup below its limits',
            'provider_budget: rows of a provider that there is not: "fin"']
        WHEN 'provider_inbound' THEN ARRAY['provider_inbound: rows of a provider that there is not: "fin"', 'provider_stream "notes".watch_request: no notification can come']
        WHEN 'provider_error' THEN ARRAY['provider_error: rows of a provider that there is not: "fin"', 'provider_stream "notes".can_reset: nothing says that a cursor is lost']
        WHEN 'provider_stream' THEN ARRAY['provider_error 1: there is no stream "notes"', 'provider_stream: rows of a provider that there is not: "fin"']
        ELSE ARRAY['provider_operation: rows of a provider that there is not: "fin"'] END), 'rows of ' || t || ' with a slip')
FROM unnest('{provider_scope,provider_budget,provider_inbound,provider_error,provider_stream,provider_operation}'::text[]) t;
SELECT results_eq($$SELECT problem, place FROM lealup.check_provider('fin')$$, $$VALUES ('there is no provider "fin"', 'provider')$$, 'one that there is not');
SELECT is_empty($$SELECT * FROM lealup.check_provider('fine')$$, 'and the one that was well still is');

-- ----- What people see -----

SELECT set_eq($$SELECT h FROM lealup.provider_help('fine') h$$, ARRAY['# Fine', '', 'An admin connects the account of the team by agreeing at the provider (OAuth).',
    'Its documentation: https://fine.example/docs',
    '## Set-up', '1. Do it.', '## What it needs', '- An OAuth client: `lealup.set_oauth_client()`, by an admin, once.', '- `site`: Site; required', '## What it reads and writes',
        '- `notes.read`', '  - reads: Notes.',
    '  - writes: nothing', '  - does not read: Anything else.', '- Send a note: customers may see it, so that somebody approves it before', '## Streams',
    '- `notes` (Notes): asked every 5 min, less and less often down to every 15 min while there is no news; at once, where the provider notifies lealup', '## Limits',
    '- 100 units in 1 min, for all connections of an OAuth client together; a page of notes costs 1, a record 1', '## Common problems', '- **It does not work.** Do it again.'], 'help, line by line');
SELECT is((SELECT array_agg(h ORDER BY n) FILTER (WHERE h LIKE '#%') FROM lealup.provider_help('gmail') WITH ORDINALITY x(h, n)),
    ARRAY['# Gmail', '## Set-up', '## What it needs', '## What it reads and writes', '## Streams', '## Limits', '## Common problems'], 'in this order');
SELECT throws_ok($$SELECT lealup.provider_help('fin')$$, '22023', 'unknown provider: ''fin''', 'there is none for one that there is not');

SELECT lealup.create_tenant('A') AS a, lealup.create_tenant('B') AS b \gset
SELECT set_config('lealup.tenant_id', :'a', true) AS tenant \gset
INSERT INTO lealup.connection (tenant_id, provider, kind, state, account_id) VALUES (:'a', 'fine', 'workspace', 'connected', 'one'), (:'a', 'fine', 'workspace', 'error', 'two'),
    (:'b', 'fine', 'workspace', 'connected', 'three');
CREATE ROLE provider_reader;
SELECT lealup.grant_access('provider_reader', 'reader', :'a') IS NOT NULL AS granted \gset
SET LOCAL ROLE provider_reader;
SELECT results_eq($$SELECT name, title, kind, auth, streams, connected FROM lealup.providers WHERE name IN ('fine', 'gmail') ORDER BY name$$,
    $$VALUES ('fine', 'Fine', 'workspace', 'oauth2', '{notes}'::text[], 1::bigint), ('gmail', 'Gmail', 'personal', 'oauth2', '{messages}', 0)$$,
        'the providers, with the tenant''s own connections that work');
SELECT lives_ok($$SELECT lealup.provider_help('fine')$$, 'a reader may read the help');
SELECT throws_ok($$SELECT lealup.check_provider('fine')$$, '42501', NULL, 'but does not call the functions');
RESET ROLE;

SELECT * FROM finish();
ROLLBACK;
