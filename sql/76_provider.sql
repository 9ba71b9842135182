-- Providers: what lealup knows of a service that a tenant can connect. All of it is rows and SQL functions; no provider has code in C.

-- ----- What provider functions take and give -----
--
-- They are STABLE or IMMUTABLE, take and give jsonb, and are called as role lealup_provider, read-only: what they call has to be granted to it as well.
--
-- call: {"now": time, "connection": {"id", "provider", "account_id", "account_name", "options": {}, "facts": {}, "scopes": []}, "stream": name,
--   "mode": "backfill" | "incremental", "since": time (how far back a backfill reads), "cursor": what the last answer gave, or null at the beginning of a
--   backfill, "item": in details, what a page named in "fetch", "watch": what the last watch_response gave, or null}. Times are RFC 3339 in UTC.
--   It is the same for all of a page: request, response, details and normalize. A watch is asked for when it is connected, when a backfill ends, and in
--   the middle of its life; the cursor is then where the stream is.
-- request: {"method"? (GET), "path" (appended to base_url as it is; may have a query) or "url" (its host must be allowed), "query"?: {name: scalar or array},
--   "headers"?: {name: value}, and one of "json"?: any, "form"?: {name: scalar or array}, "text"?: string; "accept"?: media type (application/json),
--   "fields"?: [{"in": "header" | "query" | "form" | "json" | "basic", "name", "prefix"?, "user"? (of basic), "secret": purpose in the vault: access_token,
--   refresh_token, app_jwt, a secret field, inbound_url, inbound_secret; or client_secret with "owner": "client"}], "anonymous"?: true (without the provider's
--   credential)}. Null = there is nothing to ask: a page's run is done, a detail's item is gone, a watch is not wanted. What request raises ends the run, to
--   be tried again later; what detail_request raises is tried again twice and then a record error.
-- response: {"status", "headers": {lower-case name: value}, "body": JSON or null, "text": the text if it is no JSON}. Only good answers (2xx, or what
--   provider_error calls an answer) come to provider functions. Redirects are not followed.
-- A page's answer becomes {"records"?: [{"id", "version"?, "deleted"?: true, "data"?}], "fetch"?: [{"id", "version"?, ... whatever detail_request needs}],
--   "cursor": JSON, "verdict": "more" | "done" | "wait" | "refresh" | "reset" | "reconnect" | "fail", "until"?: time (wait), "message"?, "total"?: how many records
--   a backfill will have}. Ids have 1 to 1000 characters, a page at most 10,000 items to fetch, a cursor at most 1 MB. Whatever the verdict, records and items are
--   taken in first; then the cursor of more, done and wait is kept, in the transaction of the last of them.
--   An item whose "version" is known already is passed over, unread; a record whose data is known already is not normalized again. An item that
--   answers 404 or 410 is deleted. A record with "skip": reason, instead of data, is passed over visibly, and what it was before goes.
--   "more" goes on at once; with the cursor of before it ends the run. "done" ends the run; the cursor is where the next one goes on. "done" with a "message"
--   ends a run that could not see all: it is not ok, and a snapshot takes nothing for gone. "wait" goes on at "until": in a second to a day, without it in a
--   minute. "refresh" goes on with a new access token, "reset" from the beginning, if the stream can_reset; "reconnect" stops the connection, "fail" the run.
--   What response raises ends the run as "fail" does.
-- A detail's answer becomes {"record": {"id", "version"?, "deleted"?, "skip"?, "data"?}}, or {"records": [...]}; or {"skip": reason}: it is passed over, nothing
--   of it is kept, and what it was before stays; or {"fail": reason} for a record error, as what detail_response raises is one.
-- normalize takes (call, record) and gives an array of at most 100 rows: {"entity": "timeline_event" | "meeting" | "kb_document" | "health_signal", "external_id",
--   and the columns that the comment on _sink_<entity>() names}. What a record was before and is not any more goes. An error that it raises is a record error.
--   An empty array is fine.
-- watch_response gives {"expires_at"?: time, "watch": JSON kept for the next call}. What has several things to ask for, such as a webhook for each of several
--   places, asks for one, gives a time that is now, and is called again in two seconds if the watch is another one now, else in a minute. unwatch_request may give "rest": what the watch is when that request was
--   answered, and is called again with it; without it the end is the end.
-- A handler of notifications: see the comment on provider_inbound.handler. Its rows are as normalize gives them, without the bookkeeping of a stream; ticket and ticket_message
--   may have "deleted": true in the row itself, a message moreover "accounts": [external user ids that stand in the body as <@id>], which become @ and the names of those
--   accounts, and "waits": true if it may be in the thread of something that we are just making there, so that it is looked at again when that is known.
--
-- Operations: their functions are called with {"now", "connection" (as above), "operation": name, "input": the action's input, "action": {"id", "idempotency_key",
--   "created_at", "attempt" (from 1), "customer_id", "ticket_id", "ticket_message_id", "task_id", "audience"}}. In input every {"member": id, "else"?: value} is replaced by the
--   external id of that member's account (what the entity external_user has brought), or by "else" if there is none; without "else" the action fails and says so.
--   {"external": "ticket" | "ticket_message" | "task", "id": id, "else"?} is replaced by what that row is called at this connection.
--   idempotency_key is the action's id unless somebody gave another one; it is the same in every attempt.
--   An operation that carries changes (mirror), or makes something, has "object" as well, what it is about: {"entity", "id", "external_id": what it is called at this connection
--   (of ticket_message.created null), "here": its fields as they are now (of ticket and task as below; of a message {"body", "internal", "deleted", "created_at", "author": {"member",
--   "contact", "external_id", "name", "email"}}; of an action {"status", "title", "operation", "audience", "input", "error", "approved_by", "approved_name"}), "base": as they last were
--   there, "ours": whether an action of ours has made it there, "changed": [fields that were changed here and are not the same there], "payload": what is kept of the link, "about": {"subject", "customer_id", "customer_name", "assignee_name",
--   "assignee_email", "created_at" ...}, and of messages "ticket": {"id", "external_id", "payload"}}. Null where it is gone. What is sent is to be made of it, and never of the input.
--   "step" is what the response of the request before gave as "next", to ask for something first, such as ids; null at the beginning of each attempt. At most 10 of them.
--   Of lead.changed and lead_activity.changed, which lead automations call, "object" is {"entity", "id", "external_id", "here": {name there: value}, "types": {name there: type of
--   lead_field}, "changed": [names that differ from what was last there], and of a lead "search_by": the name by which it is found there, of an activity "lead": what its lead is called
--   there, "type": its type there, "local_type", "taken": [ids there of other activities]}.
--   The credential is added as to any request. Errors go by provider_error with part = 'action' and stream = the operation, then by the rules common to all.
-- Entities of two-way streams, beside those above (each may have "deleted"? at the record; times are RFC 3339):
--   external_user: {"external_id", "email"?, "email_verified"?: boolean, "name"?, "active"?: boolean}: an account of the team, mapped to a member by its verified e-mail.
--   external_channel: {"external_id", "name"?, "private"?, "archived"?, "joined"?: whether we are in it, "shared"?: whether another organization reads it}: where messages are posted.
--   ticket: {"external_id", "subject", "status"?, "priority"?, "assignee"?: external user id or null, "author"?: {"external_id"?, "email"?, "name"?}, "channel"?,
--     "updated_at"?: time, "changed_at"?: {field: time}, "truth"?: "provider" | "lealup", "create"?: false (only if it is known), "action_id"?, "payload"?}
--   ticket_message: {"external_id", "ticket": external id of the ticket, "body", "author"?: as above, "internal"?, "public_by"?: "member" (of others it is internal), "created_at"?, "updated_at"?, "changed_at"?, "truth"?, "create"?, "action_id"?, "payload"?}
--   task: {"external_id", "title", "description"?, "status"?, "priority"?, "assignee"?, "due_at"?, "updated_at", "changed_at"?, "truth"?, "create"?, "action_id"?, "payload"?}
--   A record that is older than what is known already (updated_at) changes nothing: in which order they come does not matter.
--   Of ticket, task and message (body) a field that is left out is left alone; one that is there is taken over if the provider has changed it since it was last equal here. If it was
--   changed here as well, the later change wins (changed_at of the field, else updated_at); of two at the same time that of "truth" (provider, unless it says lealup).
--   Of leads, which the lead sync of the connection takes in, and without one nothing is made of: lead: {"external_id", "fields": {name there: value}, all there are, "updated_at"};
--   lead_activity: {"external_id", "lead": external id of the lead, "event": code of its kind, "name": of that, "note"?, "occurred_at", "updated_at", "fields"?};
--   lead_remote_field: {"external_id", "name", "title", "type": as lead_field has it, "is_unique", "required", "read_only"}: what leads have there.
--   action_id is the idempotency_key of an action, where a record shows it: by that it is known as our own even if it comes before the action's answer.

-- A provider's rows are read by everybody and written by CREATE EXTENSION, or by a superuser who adds one.
CREATE TABLE lealup.provider (
    name text NOT NULL PRIMARY KEY CHECK (name ~ '^[a-z][a-z0-9_]{1,39}$'),
    title text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('personal', 'workspace')),
    base_url text NOT NULL CHECK (length(base_url) <= 500),
    allowed_hosts text[] NOT NULL,
    auth text NOT NULL CHECK (auth IN ('oauth2', 'app_jwt', 'api_key', 'basic', 'none')),
    jwt jsonb,
    credential jsonb NOT NULL DEFAULT '{"in": "header", "name": "Authorization", "prefix": "Bearer "}',
    fields jsonb NOT NULL DEFAULT '[]',
    authorize_url text,
    token_url text,
    authorize_params jsonb NOT NULL DEFAULT '{}',
    token_params jsonb NOT NULL DEFAULT '{}',
    refresh_params jsonb NOT NULL DEFAULT '{}',
    client_auth text NOT NULL DEFAULT 'body' CHECK (client_auth IN ('body', 'basic', 'none')),
    token_body text NOT NULL DEFAULT 'form' CHECK (token_body IN ('form', 'json')),
    pkce boolean NOT NULL DEFAULT true,
    scope_separator text NOT NULL DEFAULT ' ',
    token_paths jsonb NOT NULL DEFAULT '{"access_token": "access_token", "refresh_token": "refresh_token", "expires_in": "expires_in", "scope": "scope"}',
    refresh text NOT NULL DEFAULT 'reusable' CHECK (refresh IN ('none', 'reusable', 'rotating', 'single_use')),
    default_ttl interval,
    keep_alive interval,
    grant_group text,
    revoke jsonb,
    identity jsonb,
    max_in_flight int NOT NULL DEFAULT 10 CHECK (max_in_flight BETWEEN 1 AND 100),
    setup_steps text[] NOT NULL DEFAULT '{}',
    problems jsonb NOT NULL DEFAULT '[]',
    docs_url text,
    builtin boolean NOT NULL DEFAULT false,
    CHECK ((auth = 'app_jwt') = (jwt IS NOT NULL))
);
COMMENT ON TABLE lealup.provider IS 'A service that can be connected. A global table: it belongs to no tenant.';
COMMENT ON COLUMN lealup.provider.kind IS 'personal: each member connects their own account; workspace: an admin connects the tenant''s.';
COMMENT ON COLUMN lealup.provider.base_url IS 'What the paths of requests are appended to. {name} stands for an option or a fact of the connection.';
COMMENT ON COLUMN lealup.provider.allowed_hosts IS 'Hosts that requests may go to, wherever a URL comes from; *.example.com stands for the hosts below a domain.';
COMMENT ON COLUMN lealup.provider.auth IS 'How a connection proves who it is: oauth2: by tokens that somebody has agreed to; app_jwt: by tokens that are given for what a private key has signed; api_key, basic: by what it was given; none.';
COMMENT ON COLUMN lealup.provider.jwt IS 'Of app_jwt: {"key": the secret field with the RSA private key in PEM, "claims": {name: value, {option}s filled in} beside iat and exp, "seconds": how long what is signed is good for, "request": the request for an access token}. The token that was signed with RS256 is the secret app_jwt, for this request, that of identity and those for notifications.';
COMMENT ON COLUMN lealup.provider.credential IS 'Where the access token or API key goes in a request: {"in": "header", "name", "prefix"?}, {"in": "query", "name"}, {"in": "basic", "user"?}. user names an option.';
COMMENT ON COLUMN lealup.provider.fields IS 'What connect() needs as options: [{"name", "title", "secret"?, "required"?, "pattern"?, "default"?, "lines"?: true if it may have line breaks}]. Secret ones go to the vault.';
COMMENT ON COLUMN lealup.provider.token_paths IS 'Where the facts of a token answer are, as dotted paths: access_token, refresh_token, expires_in (seconds) or expires_at (a time), scope; others are kept as facts.';
COMMENT ON COLUMN lealup.provider.refresh IS 'none: access tokens do not expire; reusable: the refresh token stays; rotating: a new one may come with each refresh; single_use: a new one comes, and the old one is worth nothing after that.';
COMMENT ON COLUMN lealup.provider.default_ttl IS 'How long an access token lives if the answer does not say; null = until it is refused.';
COMMENT ON COLUMN lealup.provider.keep_alive IS 'A refresh token that was not used for so long dies, so it is used before; null = it does not.';
COMMENT ON COLUMN lealup.provider.grant_group IS 'Providers of a group that use one client share one grant per account: it is revoked with the last of them.';
COMMENT ON COLUMN lealup.provider.revoke IS 'The request that ends a grant; null = the provider has none. Shape as requests of provider functions have it.';
COMMENT ON COLUMN lealup.provider.identity IS 'The request that tells whose account it is, and where in the answer: {"path" or "url", "method"?, "body"?, "id": dotted path, "name": dotted path, "facts"?: {name: dotted path}}.';
COMMENT ON COLUMN lealup.provider.problems IS 'Common problems: [{"problem", "fix"}].';

CREATE TABLE lealup.provider_scope (
    provider text NOT NULL,
    scope text NOT NULL,
    required boolean NOT NULL DEFAULT true,
    reads text,
    writes text,
    does_not_read text,
    PRIMARY KEY (provider, scope)
);
COMMENT ON TABLE lealup.provider_scope IS 'What lealup asks a provider for, in plain words. reads, writes: null = nothing.';
COMMENT ON COLUMN lealup.provider_scope.required IS 'Whether the connection cannot work without it; one that is not required may be declined.';

CREATE TABLE lealup.provider_stream (
    provider text NOT NULL,
    name text NOT NULL CHECK (name ~ '^[a-z][a-z0-9_]{1,39}$'),
    title text NOT NULL,
    ord int NOT NULL DEFAULT 1,
    request text NOT NULL,
    response text NOT NULL,
    detail_request text,
    detail_response text,
    normalize text NOT NULL,
    watch_request text,
    watch_response text,
    unwatch_request text,
    period interval NOT NULL DEFAULT '5 min' CHECK (period >= interval '30 s'),
    slowest_period interval NOT NULL DEFAULT '15 min',
    backfill boolean NOT NULL DEFAULT true,
    snapshot boolean NOT NULL DEFAULT false,
    can_reset boolean NOT NULL DEFAULT true,
    max_in_flight int NOT NULL DEFAULT 10 CHECK (max_in_flight BETWEEN 1 AND 100),
    page_cost int NOT NULL DEFAULT 1,
    detail_cost int NOT NULL DEFAULT 1,
    timeout interval NOT NULL DEFAULT '30 s',
    max_bytes int NOT NULL DEFAULT 16777216,
    PRIMARY KEY (provider, name),
    CHECK ((detail_request IS NULL) = (detail_response IS NULL)),
    CHECK (slowest_period >= period)
);
COMMENT ON TABLE lealup.provider_stream IS 'A kind of records that a provider has, and the SQL functions that read them.';
COMMENT ON COLUMN lealup.provider_stream.request IS 'Function (call jsonb) RETURNS jsonb: the request for the next page.';
COMMENT ON COLUMN lealup.provider_stream.response IS 'Function (call jsonb, response jsonb) RETURNS jsonb: what a page''s answer says.';
COMMENT ON COLUMN lealup.provider_stream.detail_request IS 'Function (call jsonb) RETURNS jsonb: the request for one item that a page named in "fetch"; call.item is that item.';
COMMENT ON COLUMN lealup.provider_stream.detail_response IS 'Function (call jsonb, response jsonb) RETURNS jsonb: the record of an item.';
COMMENT ON COLUMN lealup.provider_stream.normalize IS 'Function (call jsonb, record jsonb) RETURNS jsonb: the rows that a record becomes.';
COMMENT ON COLUMN lealup.provider_stream.watch_request IS 'Function (call jsonb) RETURNS jsonb: the request that asks the provider to notify us; null = it is polled only, or it gives null if this connection does not want it.';
COMMENT ON COLUMN lealup.provider_stream.period IS 'How often it is polled while there is news; without news less and less often, down to slowest_period.';
COMMENT ON COLUMN lealup.provider_stream.snapshot IS 'Whether a backfill reads everything, so that what a complete one has not seen is gone at the source.';
COMMENT ON COLUMN lealup.provider_stream.can_reset IS 'Whether a cursor that the provider lost is replaced by a new backfill.';

CREATE TABLE lealup.provider_error (
    provider text NOT NULL,
    ord int NOT NULL,
    stream text,
    part text CHECK (part IN ('page', 'detail', 'token', 'other', 'action')),
    statuses int[],
    path text,
    pattern text,
    action text NOT NULL CHECK (action IN ('retry', 'wait', 'refresh', 'reconnect', 'reset', 'skip', 'gone', 'fail', 'answer')),
    wait jsonb,
    message text,
    fix text,
    PRIMARY KEY (provider, ord)
);
COMMENT ON TABLE lealup.provider_error IS 'How a provider says that something went wrong, and what is done then. The first row that fits decides; then the rules that all providers share.';
COMMENT ON COLUMN lealup.provider_error.part IS 'Which requests it is for: those of pages, of details, for tokens, of actions (stream is then the operation), or others; null = all.';
COMMENT ON COLUMN lealup.provider_error.path IS 'A dotted path into a JSON answer, {} standing for each element of an array; with pattern null it is enough that there is something. Null = the pattern is for the whole text.';
COMMENT ON COLUMN lealup.provider_error.action IS 'retry: soon, then less and less soon; wait: until the provider says (see wait); refresh: the access token, then again; reconnect: somebody must; reset: the cursor is lost; skip: this record cannot be had (a record error); gone: this record was deleted; fail: the run ends, with the message; answer: it is a good answer after all.';
COMMENT ON COLUMN lealup.provider_error.wait IS 'Where it is said how long to wait: {"header": name, "unit": seconds|epoch_s|epoch_ms|relative_ms|iso|http_date} or {"pattern": regular expression with a group, "unit"} or {"seconds": n}; with "else": n, seconds if neither that nor Retry-After says it; null = the header Retry-After; who does not say it is asked again less and less soon.';

CREATE TABLE lealup.provider_budget (
    provider text NOT NULL,
    name text NOT NULL,
    per text NOT NULL CHECK (per IN ('connection', 'client')),
    units int NOT NULL CHECK (units > 0),
    period interval NOT NULL CHECK (period BETWEEN interval '1 s' AND interval '1 hour'),
    option text,
    PRIMARY KEY (provider, name)
);
COMMENT ON TABLE lealup.provider_budget IS 'What a provider lets us ask: so many units in a period, for a connection or for all of a client. Requests cost page_cost or detail_cost of their stream.';
COMMENT ON COLUMN lealup.provider_budget.option IS 'An option of connections that may lower the units, because accounts have different plans; null = none.';

CREATE TABLE lealup.provider_inbound (
    provider text NOT NULL,
    name text NOT NULL,
    ord int NOT NULL DEFAULT 1,
    signature jsonb NOT NULL,
    handshake jsonb NOT NULL DEFAULT '[]',
    dedupe jsonb NOT NULL DEFAULT '{"body": true}',
    handler text NOT NULL,
    acknowledge jsonb NOT NULL DEFAULT '{"status": 200}',
    accepts jsonb NOT NULL DEFAULT '{}',
    ask text,
    reply text,
    options jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(options) = 'object'),
    takes text CHECK (takes IN ('leads')),
    PRIMARY KEY (provider, name),
    CHECK ((ask IS NULL) = (reply IS NULL))
);
COMMENT ON TABLE lealup.provider_inbound IS 'How a provider''s webhooks are told from others'', answered and understood.';

CREATE TABLE lealup.provider_operation (
    provider text NOT NULL,
    name text NOT NULL CHECK (name ~ '^[a-z][a-z0-9_]{1,59}$'),
    title text NOT NULL,
    audience text CHECK (audience IN ('own_team', 'customer', 'unknown')),
    input jsonb NOT NULL DEFAULT '{}',
    request text,
    response text,
    idempotency jsonb,
    makes text CHECK (makes IN ('ticket', 'ticket_message', 'task', 'action')),
    mirror text CHECK (mirror IN ('ticket.changed', 'ticket_message.created', 'ticket_message.changed', 'ticket_message.deleted', 'task.changed', 'action.changed',
        'lead.changed', 'lead_activity.changed')),
    scopes text[] NOT NULL DEFAULT '{}',
    cost int NOT NULL DEFAULT 1,
    timeout interval NOT NULL DEFAULT '30 s',
    PRIMARY KEY (provider, name),
    CHECK ((request IS NULL) = (response IS NULL))
);
COMMENT ON TABLE lealup.provider_operation IS 'What lealup can do at a provider. What is to be done is a row of lealup.action.';
COMMENT ON COLUMN lealup.provider_operation.audience IS 'Who sees its effect; unknown counts as customer, and null is a fault that check_provider() finds.';
COMMENT ON COLUMN lealup.provider_operation.input IS 'What an action''s input may have: {name: {"type"?: string|number|boolean|object|array|member|channel|any (string), "required"?: true, "max"?: characters or elements, "title"?}}. A member is given as {"member": id} wherever it stands. A channel is the id of one that the provider has told of, # and its name, or a member; what only the own team is to see goes to none that another organization reads.';
COMMENT ON COLUMN lealup.provider_operation.request IS 'Function (call jsonb) RETURNS jsonb: the request, or {"fail": why it cannot be made}, or null if there is nothing to do, which is then done. Null = the operation is described, but there is none.';
COMMENT ON COLUMN lealup.provider_operation.response IS 'Function (call jsonb, response jsonb) RETURNS jsonb: {"external_id"?: of what was made or changed, "result"?: JSON to keep, "base"?: fields of the ticket, message or task as the provider has them now, as its records say them, "updated_at"?: of that, "payload"?: JSON to keep with the link} or {"fail": why it did not work for good} or {"retry": why to try again} or {"next": JSON}: there is another request to be made, with that as call.step; this one has changed nothing.';
COMMENT ON COLUMN lealup.provider_operation.idempotency IS 'How it happens once though it may be asked for twice: {"in": "header" | "query" | "json" | "form", "field": dotted path where the key goes, "as"?: "uuid"} if the provider knows keys; or {"search": function (call) of a request that finds what was made before, "found": function (call, response) RETURNS jsonb as response''s, null if there is nothing}; null = neither: what may have arrived is not tried again by itself, unless it mirrors a change of something, which may be said twice.';
COMMENT ON COLUMN lealup.provider_operation.makes IS 'What it makes of the action''s ticket, message or task: records with the external_id are from then on that row, and no news. Of action it is the action that the input names as "action".';
COMMENT ON COLUMN lealup.provider_operation.mirror IS 'The change here that it carries there, of what is linked to something at the connection (ticket_message.created: whose ticket is), where an admin''s rule says so: see set_mirror(). Its input is {"id", "external_id"}, beside what else it may have.';
COMMENT ON COLUMN lealup.provider_operation.scopes IS 'What must have been granted.';

CREATE FUNCTION lealup._is_listed(host text, hosts text[]) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN EXISTS (SELECT FROM unnest(hosts) h WHERE lower(h) = lower(host) OR left(h, 2) = '*.' AND right(lower(host), length(h) - 1) = lower(substr(h, 2)) AND length(host) >= length(h));
COMMENT ON FUNCTION lealup._is_listed(text, text[]) IS 'Whether a host is one of allowed_hosts.';

CREATE FUNCTION lealup._call_provider(function text, call jsonb, extra jsonb DEFAULT NULL) RETURNS jsonb
    LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'lealup_call_provider';
COMMENT ON FUNCTION lealup._call_provider(text, jsonb, jsonb) IS
    'Calls a provider''s function, schema.name, with (call), or with (call, extra) if extra is not null, as role lealup_provider, which may do nothing else, and read-only; it sees no tenant''s rows, and what it sets ends with it. Raises what it raises, and program_limit_exceeded if it takes more than 20 s (after three times it is left alone for 5 minutes) or gives more than 64 MB.';

CREATE FUNCTION lealup._call_provider_each(function text, calls jsonb[], extras jsonb[] DEFAULT NULL, OUT results jsonb[], OUT problems text[]) RETURNS record
    LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'lealup_call_provider_each';
COMMENT ON FUNCTION lealup._call_provider_each(text, jsonb[], jsonb[], OUT jsonb[], OUT text[]) IS
    'Calls a provider''s function for each of several arguments, as _call_provider() does. What one call raises is its problem, and does not keep the others from being made.';
