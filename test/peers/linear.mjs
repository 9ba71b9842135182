#!/usr/bin/env node
// A double of Linear that keeps state: its OAuth, its GraphQL endpoint (graphql-js with the schema of Linear's own client library decides what is a valid request and
// what an answer has), its limits, and its webhooks, each of which the vendor's own code has verified before it is sent.
//
//   node linear.mjs --modules DIR --ports FILE [--log FILE]
//
// It tells its ports in FILE, {"linear": n, "control": n}, and ends when its standard input closes.  To get the packages: npm install --prefix DIR graphql@16.15.0 @linear/sdk@98.0.0
//
// Control: POST / with JSON {op, ...}:
//   user {name, email, app?, active?}, state {...}: what there is now;  calls: how often each field of Query and Mutation was asked for;  webhook {url, secret, jitter_ms?, twice?}
//   issue {by, title, ...}, change {id, by, ...}, remove {id}, trash {id}, archive {id}, comment {by, issue, body}, edit {id, body}, uncomment {id}: what people do in Linear
//   fault {times, status?, code?, message?, field?, lose?, headers?}: what requests (that ask for a field) get instead of an answer; lose: it is done, but the connection breaks
//   expire: ends the access tokens;  quiet: no webhooks are waiting;  tokens: how often a token was asked for
import crypto from "node:crypto";
import fs from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { linearSchema } from "./linear_schema.mjs";

const { values: options } = parseArgs({ options: { modules: { type: "string" }, ports: { type: "string" }, log: { type: "string" } } });
const { buildSchema, parse, validate, execute, GraphQLError } = createRequire(path.resolve(options.modules, "node_modules", "x.js"))("graphql");
const { LinearWebhookClient } = await import(pathToFileURL(path.resolve(options.modules, "node_modules/@linear/sdk/dist/webhooks/index.mjs")).href);
const schema = buildSchema(linearSchema(options.modules));
const log = options.log && fs.createWriteStream(options.log);

const uuid = () => crypto.randomUUID();
const hash = (text) => crypto.createHash("sha256").update(text).digest("base64url");
let clock = Date.now();
// No two changes have one time.
const tick = () => new Date((clock = Math.max(clock + 1, Date.now()))).toISOString();
const fail = (message, code, type) => new GraphQLError(message, { extensions: { code, type, userPresentableMessage: message } });
const missing = (what) => fail(`Entity not found: ${what}`, "INPUT_ERROR", "invalid input");

const organization = { id: uuid(), name: "Acme Engineering", urlKey: "acme" };
const users = [], issues = [], comments = [], webhooks = [], faults = [];
const labels = [{ id: uuid(), name: "Bug" }, { id: uuid(), name: "Enterprise" }];
const state = (name, type, position) => ({ id: uuid(), name, type, position });
const teams = ["ENG", "OPS"].map((key) => ({
  id: uuid(), key, name: key, number: 0,
  all: [state("Triage", "triage", 0), state("Backlog", "backlog", 1), state("Todo", "unstarted", 2), state("In Progress", "started", 3), state("Waiting", "started", 4),
    state("Done", "completed", 5), state("Canceled", "canceled", 6)],
}));
const calls = new Map();
const codes = new Map(), access = new Map(), refresh = new Map();
let hook = null, waiting = 0, tokens = 0;

const byId = (list, id, what) => list.find((x) => x.id === id) ?? (() => { throw missing(what); })();
const userOf = (email) => byId(users, users.find((u) => u.email === email)?.id, "User");

// ---- What there is, as the schema has it ----

const page = (list, args, show) => {
  const from = args.after ? list.findIndex((x) => x.id === args.after) + 1 : 0;
  const nodes = list.slice(from, from + (args.first ?? 50));
  return { nodes: nodes.map(show), pageInfo: { hasNextPage: from + nodes.length < list.length, endCursor: nodes.at(-1)?.id ?? null, hasPreviousPage: from > 0, startCursor: nodes[0]?.id ?? null } };
};
const fits = (value, comparator) => Object.entries(comparator ?? {}).every(([op, wanted]) => ({
  eq: () => value === wanted, in: () => wanted.includes(value), gte: () => new Date(value) >= new Date(wanted),
}[op] ?? (() => { throw fail(`the double knows no ${op}`, "INPUT_ERROR"); }))());
// The newest first.
const newest = (list) => [...list].sort((a, b) => (a.updatedAt < b.updatedAt ? 1 : -1));
const showUser = (u) => u && { ...u };
const showTeam = (t) => ({ ...t, states: (args) => page(t.all, args, (s) => s) });
const showIssue = (i) => i && { ...i, labels: (args) => page(labels.filter((l) => i.labelIds.includes(l.id)), args, (l) => l), team: showTeam(i.team), assignee: showUser(i.assignee), creator: showUser(i.creator) };
const showComment = (c) => c && { ...c, issue: showIssue(c.issue), user: showUser(c.user) };
const listed = (list, args, more) => newest(list).filter((x) => (args.includeArchived || !x.archivedAt) && fits(x.id, args.filter?.id) && fits(x.updatedAt, args.filter?.updatedAt) && more(x));

// ---- Changes ----

function webhook(type, action, data, actor) {
  if (!hook) return;
  const child = (u) => u && { id: u.id, name: u.name, email: u.email };
  const shown = type === "Issue"
    ? { ...data, all: undefined, team: { id: data.team.id, key: data.team.key, name: data.team.name }, teamId: data.team.id, stateId: data.state.id, assignee: child(data.assignee), assigneeId: data.assignee?.id ?? null,
        creator: child(data.creator), creatorId: data.creator?.id, labels: labels.filter((l) => data.labelIds.includes(l.id)) }
    : { ...data, issue: { id: data.issue.id, title: data.issue.title, identifier: data.issue.identifier }, issueId: data.issue.id, user: child(data.user), userId: data.user?.id };
  const { url, secret, jitter_ms: jitter = 0, twice } = hook;
  const send = (delivery, attempt) => {
    const body = JSON.stringify({ action, type, actor: child(actor), createdAt: tick(), data: shown, organizationId: organization.id, webhookId: "w1", webhookTimestamp: Date.now() });
    const signature = crypto.createHmac("sha256", secret).update(body).digest("hex");
    new LinearWebhookClient(secret).verify(Buffer.from(body), signature);
    const request = http.request(url, { method: "POST", headers: { "content-type": "application/json; charset=utf-8", "linear-delivery": delivery, "linear-event": type, "linear-signature": signature } }, (res) => {
      res.resume();
      res.on("end", () => (res.statusCode === 200 || attempt >= 20 ? waiting-- : setTimeout(() => send(delivery, attempt + 1), 300)));
      webhooks.push(res.statusCode);
    });
    request.on("error", () => (attempt >= 20 ? waiting-- : setTimeout(() => send(delivery, attempt + 1), 300)));
    request.end(body);
  };
  const delivery = uuid();
  for (let i = 0; i < (twice ? 2 : 1); i++) {
    waiting++;
    setTimeout(() => send(delivery, 1), Math.random() * jitter);
  }
}

function change(kind, thing, fields, actor, action = "update") {
  const before = JSON.stringify(fields && Object.keys(fields).map((k) => thing[k]?.id ?? thing[k]));
  Object.assign(thing, fields);
  if (action === "update" && before === JSON.stringify(Object.keys(fields).map((k) => thing[k]?.id ?? thing[k]))) return thing;
  thing.updatedAt = tick();
  webhook(kind, action, { ...thing }, actor);
  return thing;
}

function fieldsOf(team, input) {
  const fields = {};
  for (const [key, value] of Object.entries(input)) {
    if (key === "stateId") fields.state = byId(team.all, value, "WorkflowState");
    else if (key === "assigneeId") fields.assignee = value === null ? null : byId(users, value, "User");
    else if (key === "labelIds") fields.labelIds = value.map((id) => byId(labels, id, "IssueLabel").id);
    else if (key === "priority" && !(value >= 0 && value <= 4)) throw fail("priority must be 0 to 4", "INPUT_ERROR", "invalid input");
    else if (key === "title" && !value) throw fail("title should not be empty", "INPUT_ERROR", "invalid input");
    else if (["title", "description", "priority", "dueDate"].includes(key)) fields[key] = value;
  }
  return fields;
}

function makeIssue(input, by) {
  if (input.id && !/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(input.id)) throw fail("id must be a UUID", "INPUT_ERROR", "invalid input");
  if (issues.some((i) => i.id === input.id)) throw fail("Entity Issue with this id already exists", "INPUT_ERROR", "invalid input");
  const team = byId(teams, input.teamId, "Team");
  const number = ++team.number;
  const now = tick();
  const issue = { id: input.id ?? uuid(), identifier: `${team.key}-${number}`, url: `https://linear.app/acme/issue/${team.key}-${number}`, number, description: null, dueDate: null, priority: 0, trashed: null,
    archivedAt: null, team, state: team.all[1], assignee: null, creator: by, labelIds: [], createdAt: now, updatedAt: now, ...fieldsOf(team, input) };
  issues.push(issue);
  webhook("Issue", "create", { ...issue }, by);
  return issue;
}

function makeComment(input, by) {
  if (comments.some((c) => c.id === input.id)) throw fail("Entity Comment with this id already exists", "INPUT_ERROR", "invalid input");
  const issue = byId(issues, input.issueId, "Issue");
  const now = tick();
  const comment = { id: input.id ?? uuid(), body: input.body, issue, user: by, botActor: null, externalUser: null, archivedAt: null, createdAt: now, updatedAt: now };
  comments.push(comment);
  webhook("Comment", "create", { ...comment }, by);
  return comment;
}

function removeComment(comment, by) {
  comments.splice(comments.indexOf(comment), 1);
  webhook("Comment", "remove", { ...comment }, by);
}

// ---- GraphQL ----

const own = (comment, viewer) => { if (comment.user !== viewer) throw fail("You can only edit your own comments", "FORBIDDEN", "forbidden"); return comment; };
const inTeam = (issue, filter) => !filter?.team || fits(issue.team.key, filter.team.key);
const root = {
  viewer: (args, { viewer }) => showUser(viewer),
  organization: () => organization,
  users: (args) => page(listed(users, { ...args, includeArchived: true }, (u) => args.includeDisabled || u.active), args, showUser),
  issues: (args) => page(listed(issues, args, (i) => inTeam(i, args.filter)), args, showIssue),
  issue: ({ id }) => showIssue(byId(issues, id, "Issue")),
  comments: (args) => page(listed(comments, args, (c) => inTeam(c.issue, args.filter?.issue)), args, showComment),
  teams: (args) => page(teams.filter((t) => fits(t.key, args.filter?.key)), args, showTeam),
  issueLabels: (args) => page(labels.filter((l) => fits(l.name, args.filter?.name)), args, (l) => l),
  issueCreate: ({ input }, { viewer }) => ({ success: true, lastSyncId: 1, issue: showIssue(makeIssue(input, viewer)) }),
  issueUpdate: ({ id, input }, { viewer }) => {
    const issue = byId(issues, id, "Issue");
    return { success: true, lastSyncId: 1, issue: showIssue(change("Issue", issue, fieldsOf(issue.team, input), viewer)) };
  },
  commentCreate: ({ input }, { viewer }) => ({ success: true, lastSyncId: 1, comment: showComment(makeComment(input, viewer)) }),
  commentUpdate: ({ id, input }, { viewer }) => ({ success: true, lastSyncId: 1, comment: showComment(change("Comment", own(byId(comments, id, "Comment"), viewer), { body: input.body }, viewer)) }),
  commentDelete: ({ id }, { viewer }) => (removeComment(byId(comments, id, "Comment"), viewer), { success: true, lastSyncId: 1, entityId: id }),
};

// An object is a point, a field of it a tenth, and what is in a list counts as often as "first" says.
function complexity(selections, times, variables) {
  return selections.reduce((sum, field) => {
    if (!field.selectionSet) return sum + 0.1 * times;
    const first = field.arguments?.find((a) => a.name.value === "first");
    return sum + times + complexity(field.selectionSet.selections, times * (first ? Number(first.value.value ?? variables[first.value.name.value]) : 1), variables);
  }, 0);
}

function graphql(text, viewer) {
  const { query, variables = {} } = JSON.parse(text);
  const bad = (status, errors) => ({ status, body: { errors: errors.map((e) => ({ message: e.message, extensions: { code: e.extensions?.code ?? "GRAPHQL_VALIDATION_FAILED", ...e.extensions } })) } });
  let document;
  try {
    document = parse(query);
  } catch (error) {
    return bad(400, [error]);
  }
  const errors = validate(schema, document);
  if (errors.length > 0) return bad(400, errors);
  const operation = document.definitions[0];
  for (const field of operation.selectionSet.selections) calls.set(field.name.value, (calls.get(field.name.value) ?? 0) + 1);
  if (complexity(operation.selectionSet.selections, 1, variables) > 10000) return bad(400, [fail("Query too complex", "INPUT_ERROR")]);
  const result = execute({ schema, document, rootValue: root, variableValues: variables, contextValue: { viewer } });
  // A variable that is of another type than it says is refused before anything is done.
  if (result.errors && result.data === undefined) return bad(400, result.errors);
  return { status: 200, body: result.errors ? { data: result.data, errors: result.errors.map((e) => ({ message: e.message, path: e.path, extensions: e.extensions })) } : { data: result.data } };
}

// ---- OAuth ----

function pair() {
  const answer = { access_token: `lin_oauth_${uuid()}`, token_type: "Bearer", expires_in: 86399, scope: "read write", refresh_token: `lin_refresh_${uuid()}` };
  access.set(answer.access_token, users[0]);
  refresh.set(answer.refresh_token, { successor: null, at: 0 });
  return answer;
}

function token(form) {
  tokens++;
  const refuse = (error) => ({ status: 400, body: { error } });
  if (form.get("client_id") !== "hub" || form.get("client_secret") !== "hub-secret") return refuse("invalid_client");
  if (form.get("grant_type") === "authorization_code") {
    const code = codes.get(form.get("code"));
    codes.delete(form.get("code"));
    return code && code.redirect === form.get("redirect_uri") && (!code.challenge || code.challenge === hash(form.get("code_verifier") ?? "")) ? { status: 200, body: pair() } : refuse("invalid_grant");
  }
  const held = refresh.get(form.get("refresh_token"));
  if (!held) return refuse("invalid_grant");
  // Used once; for half an hour whoever has not got the answer gets the same one again.
  if (held.successor && Date.now() - held.at > 30 * 60 * 1000) return refuse("invalid_grant");
  if (!held.successor) Object.assign(held, { successor: pair(), at: Date.now() });
  return { status: 200, body: held.successor };
}

// ---- HTTP ----

const readBody = async (req) => { let text = ""; for await (const chunk of req) text += chunk; return text; };
const send = (res, { status = 200, body, headers = {} }) => res.writeHead(status, { "content-type": "application/json", ...headers }).end(body === undefined ? "" : JSON.stringify(body));

const linear = http.createServer(async (req, res) => {
  const url = new URL(req.url, "http://x");
  const text = await readBody(req);
  const bearer = /^Bearer (.+)$/.exec(req.headers.authorization ?? "")?.[1];
  log?.write(`${JSON.stringify({ time: Date.now(), path: url.pathname, length: text.length })}\n`);
  if (url.pathname === "/oauth/authorize") {
    const code = uuid();
    if (url.searchParams.get("scope") !== "read,write" || url.searchParams.get("response_type") !== "code") return send(res, { status: 400, body: { error: "invalid_scope" } });
    codes.set(code, { redirect: url.searchParams.get("redirect_uri"), challenge: url.searchParams.get("code_challenge") });
    return send(res, { status: 302, headers: { location: `${url.searchParams.get("redirect_uri")}?code=${code}&state=${encodeURIComponent(url.searchParams.get("state"))}` } });
  }
  if (url.pathname === "/oauth/token") {
    const answer = token(new URLSearchParams(text));
    if (faults[0]?.field === "token" && faults[0].times-- > 0) return faults[0].times || faults.shift(), req.socket.destroy();
    return send(res, answer);
  }
  if (url.pathname === "/oauth/revoke") return send(res, access.delete(bearer) ? {} : { status: 401, body: { error: "invalid_token" } });
  if (url.pathname !== "/graphql" || req.method !== "POST") return send(res, { status: 404 });
  if (!access.has(bearer)) return send(res, { status: 401, body: { errors: [{ message: "Authentication required, not authenticated", extensions: { code: "AUTHENTICATION_ERROR", type: "authentication error" } }] } });
  const fault = faults.find((f) => f.field !== "token" && (!f.field || text.includes(f.field)));
  if (fault) {
    if (--fault.times <= 0) faults.splice(faults.indexOf(fault), 1);
    if (fault.lose) graphql(text, access.get(bearer));
    if (fault.lose || fault.reset) return req.socket.destroy();
    const headers = Object.fromEntries(Object.entries(fault.headers ?? {}).map(([k, v]) => [k, String(v)]));
    return send(res, { status: fault.status ?? 200, headers, body: { data: null, errors: [{ message: fault.message ?? "trouble", extensions: { code: fault.code } }] } });
  }
  try {
    send(res, graphql(text, access.get(bearer)));
  } catch (error) {
    console.error(error);
    send(res, { status: 500, body: { errors: [{ message: String(error), extensions: { code: "INTERNAL_SERVER_ERROR" } }] } });
  }
});

const shownIssue = (i) => ({ id: i.id, identifier: i.identifier, title: i.title, description: i.description, priority: i.priority, state: i.state.name, type: i.state.type, assignee: i.assignee?.email ?? null,
  due: i.dueDate, labels: labels.filter((l) => i.labelIds.includes(l.id)).map((l) => l.name), comments: comments.filter((c) => c.issue === i).map((c) => c.body) });
// What people see and say: names instead of ids.
const named = (team, { state: name, assignee, labels: names, ...rest }) => ({ ...rest, ...(name && { stateId: team.all.find((s) => s.name === name).id }),
  ...(assignee !== undefined && { assigneeId: assignee === null ? null : userOf(assignee).id }), ...(names && { labelIds: names.map((n) => labels.find((l) => l.name === n).id) }) });
const ops = {
  user: ({ name, email, app = false, active = true }) => { const now = tick(); users.push({ id: uuid(), name, email, app, active, createdAt: now, updatedAt: now }); return { id: users.at(-1).id }; },
  state: () => ({ organization: organization.id, issues: issues.map(shownIssue), comments: comments.map((c) => ({ id: c.id, body: c.body, issue: c.issue.id, user: c.user?.email })) }),
  calls: () => Object.fromEntries(calls),
  webhook: (b) => { hook = b.url ? b : null; return {}; },
  issue: ({ by, team = "ENG", ...b }) => { const t = teams.find((x) => x.key === team); return shownIssue(makeIssue({ teamId: t.id, ...named(t, b) }, userOf(by))); },
  change: ({ id, by, ...b }) => { const i = byId(issues, id, "Issue"); return shownIssue(change("Issue", i, fieldsOf(i.team, named(i.team, b)), userOf(by))); },
  remove: ({ id }) => { const i = byId(issues, id, "Issue"); issues.splice(issues.indexOf(i), 1); webhook("Issue", "remove", { ...i }, users[0]); return {}; },
  trash: ({ id, back }) => shownIssue(change("Issue", byId(issues, id, "Issue"), { trashed: back ? null : true, archivedAt: back ? null : tick() }, users[0])),
  archive: ({ id }) => shownIssue(change("Issue", byId(issues, id, "Issue"), { archivedAt: tick() }, users[0])),
  comment: ({ by, issue, body }) => ({ id: makeComment({ issueId: issue, body }, userOf(by)).id }),
  edit: ({ id, body }) => { const c = byId(comments, id, "Comment"); change("Comment", c, { body }, c.user); return {}; },
  uncomment: ({ id }) => (removeComment(byId(comments, id, "Comment"), users[0]), {}),
  fault: (b) => { faults.push({ times: 1, ...b }); return {}; },
  no_faults: () => { faults.length = 0; return {}; },
  expire: () => (access.clear(), {}),
  withdraw: () => (access.clear(), refresh.clear(), {}),
  tokens: () => ({ tokens, refresh: refresh.size }),
  quiet: () => ({ waiting, webhooks: webhooks.length, refused: webhooks.filter((s) => s !== 200).length }),
};
const control = http.createServer(async (req, res) => {
  try {
    const { op, ...rest } = JSON.parse(await readBody(req));
    if (!ops[op]) throw new Error(`known: ${Object.keys(ops).join(", ")}`);
    send(res, { body: ops[op](rest) });
  } catch (error) {
    send(res, { status: 400, body: { error: String(error.stack) } });
  }
});

await Promise.all([linear, control].map((server) => new Promise((done) => server.listen(0, "127.0.0.1", done))));
fs.writeFileSync(`${options.ports}.new`, JSON.stringify({ linear: linear.address().port, control: control.address().port }));
fs.renameSync(`${options.ports}.new`, options.ports);
process.stdin.resume().on("end", () => process.exit(0));
