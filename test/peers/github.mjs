#!/usr/bin/env node
// A double of GitHub that keeps state: OAuth Apps, GitHub Apps, repositories with Git's own objects, webhooks that it really sends, issues, limits.  Each
// rule names the statement of GitHub's documentation it stands for.
//
//   node github.mjs [--ports FILE] [--log FILE] [--modules DIR]
//
// It tells its ports on standard output and, as {"github": n, "control": n}, in FILE; with --ports it ends when its standard input closes.  --log: a line of
// JSON for each request, without tokens.  DIR/node_modules may have @octokit/webhooks-methods, which then signs.
//
// CONTROL_PORT, bodies are JSON:
//   POST /users {login}                    POST /clients {client_id, client_secret, redirect_uri}
//   POST /consent {login, deny}            who agrees from now on
//   POST /tokens {login, scopes}           a token of the client without a browser;  POST /withdraw {login}: the user's tokens end
//   POST /apps {app_id, client_id, public_key, permissions, events}      POST /installations {app_id, account, repositories?} gives {id}
//   POST /uninstall, /suspend, /unsuspend {id}                           POST /expire: installation tokens end
//   POST /repos {full_name, private?, members: {login: "admin" | "read"}}     POST /rename {repo, to}   POST /members {repo, members}   POST /default {repo, branch}
//   POST /commit {repo, branch?, files: {path: text | {base64} | {link} | null}, force?: true (the branch begins anew), back?: n (from n commits ago), remove?: true (all others)}
//   POST /issue {repo, number, change}     POST /settings {tree_entries, per_hour}
//   POST /faults {path, method?, times?, skip?, and one of: status + body? + headers? | cut: bytes | after: true (it is done, but not answered); delay_ms?}     DELETE /faults
//   GET /calls, DELETE /calls              POST /state {repo}: hooks, issues     GET /sent: the deliveries     POST /quiet {quiet}: nothing is delivered     POST /forget_hook {repo}: its webhooks are gone
import crypto from "node:crypto";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

const { values: options } = parseArgs({ options: { ports: { type: "string" }, log: { type: "string" }, modules: { type: "string" } } });
const log = options.log && fs.createWriteStream(options.log);
const random = (bytes = 18) => crypto.randomBytes(bytes).toString("hex");
let sign = async (secret, body) => `sha256=${crypto.createHmac("sha256", secret).update(body).digest("hex")}`;
if (options.modules) {
  sign = (await import(pathToFileURL(path.resolve(options.modules, "node_modules/@octokit/webhooks-methods/dist-node/index.js")).href)).sign;
}

class ApiError extends Error {
  constructor(status, message, more = {}, headers = {}) {
    super(message);
    Object.assign(this, { status, headers, body: { message, documentation_url: "https://docs.github.com/rest", status: String(status), ...more } });
  }
}
const notFound = () => new ApiError(404, "Not Found");

const world = {
  ids: 1000, users: new Map(), clients: new Map(), codes: new Map(), tokens: new Map(), apps: new Map(), installations: new Map(), repos: new Map(), moved: new Map(),
  faults: [], calls: {}, sent: [], consent: {}, quiet: false, settings: { tree_entries: 100000, per_hour: 5000 }, used: new Map(),
};
const nextId = () => ++world.ids;
const userOf = (login) => world.users.get(login) ?? (() => { throw new ApiError(400, `there is no user ${login}: POST /users`); })();

// ---- Git ----

function gitObject(repo, type, bytes, more) {
  const sha = crypto.createHash("sha1").update(`${type} ${bytes.length}\0`).update(bytes).digest("hex");
  if (!repo.objects.has(sha)) repo.objects.set(sha, { sha, type, bytes, ...more });
  return sha;
}

// The tree of files, {path: {sha, mode}}; Git orders a folder as if its name ended with a slash.
function makeTree(repo, files) {
  const here = new Map();
  const below = new Map();
  for (const [name, file] of files) {
    const slash = name.indexOf("/");
    if (slash < 0) here.set(name, { ...file, type: "blob" });
    else {
      const folder = name.slice(0, slash);
      if (!below.has(folder)) below.set(folder, new Map());
      below.get(folder).set(name.slice(slash + 1), file);
    }
  }
  for (const [folder, inside] of below) here.set(folder, { sha: makeTree(repo, inside), mode: "040000", type: "tree" });
  const order = ([name, e]) => Buffer.from(e.type === "tree" ? `${name}/` : name);
  const entries = [...here].sort((a, b) => Buffer.compare(order(a), order(b))).map(([name, e]) => ({ path: name, ...e }));
  const bytes = Buffer.concat(entries.map((e) => Buffer.concat([Buffer.from(`${e.mode.replace(/^0/, "")} ${e.path}\0`), Buffer.from(e.sha, "hex")])));
  return gitObject(repo, "tree", bytes, { entries });
}

function commit(repo, { branch = repo.default_branch, files, force, back = 0, remove }) {
  const before = repo.branches.get(branch);
  let parent = force ? null : before ?? repo.branches.get(repo.default_branch) ?? null;
  for (let n = 0; n < back; n++) parent = repo.objects.get(parent).parent;
  const all = new Map(parent && !remove ? repo.objects.get(parent).files : []);
  for (const [name, content] of Object.entries(files)) {
    if (content === null) all.delete(name);
    else {
      const bytes = typeof content === "string" ? Buffer.from(content) : content.link ? Buffer.from(content.link) : Buffer.from(content.base64, "base64");
      all.set(name, { sha: gitObject(repo, "blob", bytes), mode: content.link !== undefined && typeof content === "object" ? "120000" : "100644" });
    }
  }
  const tree = makeTree(repo, all);
  const text = `tree ${tree}\n${parent ? `parent ${parent}\n` : ""}author A <a@team.example> ${Math.floor(Date.now() / 1000)} +0000\n\n${random(4)}\n`;
  const sha = gitObject(repo, "commit", Buffer.from(text), { tree, parent, files: all });
  repo.branches.set(branch, sha);
  deliver(repo, "push", { ref: `refs/heads/${branch}`, before: before ?? "0".repeat(40), after: sha, created: !before, deleted: false, forced: !!(force || back), head_commit: { id: sha } });
  return sha;
}

function history(repo, sha) {
  const list = [];
  for (let at = sha; at; at = repo.objects.get(at).parent) list.push(at);
  return list;
}

// "Compare two commits": what has changed since the merge base; "up to 300 changed files"; 404 without a common ancestor.
function compare(repo, base, head) {
  const [a, b] = [base, head].map((name) => findCommit(repo, name));
  const ancestors = history(repo, a.sha);
  const mine = history(repo, b.sha);
  const merge = mine.find((sha) => ancestors.includes(sha));
  if (!merge) throw new ApiError(404, `No common ancestor between ${base} and ${head}.`);
  const [ahead, behind] = [mine.indexOf(merge), ancestors.indexOf(merge)];
  const old = repo.objects.get(merge).files;
  const files = [];
  const removed = new Map([...old].filter(([name]) => !b.files.has(name)));
  for (const [name, file] of b.files) {
    const was = old.get(name);
    if (was && was.sha === file.sha) continue;
    const from = !was && [...removed].find(([, f]) => f.sha === file.sha);
    if (from) removed.delete(from[0]);
    files.push({ sha: file.sha, filename: name, status: was ? "modified" : from ? "renamed" : "added", additions: 1, deletions: 0, changes: 1, ...(from && { previous_filename: from[0] }) });
  }
  for (const [name, file] of removed) files.push({ sha: file.sha, filename: name, status: "removed", additions: 0, deletions: 1, changes: 1 });
  files.sort((x, y) => (x.filename < y.filename ? -1 : 1));
  return { status: ahead && behind ? "diverged" : ahead ? "ahead" : behind ? "behind" : "identical", ahead_by: ahead, behind_by: behind, total_commits: ahead, commits: [], files: files.slice(0, 300) };
}

function findCommit(repo, name) {
  if (repo.branches.size === 0) throw new ApiError(409, "Git Repository is empty.");
  const sha = name === "HEAD" ? repo.branches.get(repo.default_branch) : repo.branches.get(name.replace(/^(refs\/)?heads\//, "")) ?? name;
  const found = repo.objects.get(sha);
  if (found?.type !== "commit") throw new ApiError(422, `No commit found for SHA: ${name}`);
  return found;
}

// "Get a tree": "If truncated is true in the response then the number of items in the tree array exceeded our maximum limit".
function listTree(repo, sha, recursive) {
  const found = repo.objects.get(repo.branches.get(sha) ?? sha);
  if (!found || found.type === "blob") throw notFound();
  const tree = found.type === "commit" ? repo.objects.get(found.tree) : found;
  const out = [];
  const walk = (entries, prefix) => {
    for (const e of entries) {
      out.push({ path: prefix + e.path, mode: e.mode, type: e.type, sha: e.sha, url: "https://api.github.com/x", ...(e.type === "blob" && { size: repo.objects.get(e.sha).bytes.length }) });
      if (recursive && e.type === "tree") walk(repo.objects.get(e.sha).entries, `${prefix + e.path}/`);
    }
  };
  walk(tree.entries, "");
  const truncated = recursive && out.length > world.settings.tree_entries;
  return { sha: tree.sha, url: "https://api.github.com/x", tree: truncated ? out.slice(0, world.settings.tree_entries) : out, truncated };
}

// ---- Webhooks ----

// "Validating webhook deliveries": X-Hub-Signature-256 over the body; "We don't automatically redeliver failed deliveries".
async function post(hook, event, payload) {
  const note = { event, hook: hook.id, delivery: crypto.randomUUID(), status: null };
  world.sent.push(note);
  if (world.quiet || !hook.config.url) return;
  const body = JSON.stringify(payload);
  const headers = { "content-type": "application/json", "user-agent": "GitHub-Hookshot/0123456", "x-github-event": event, "x-github-delivery": note.delivery, "x-github-hook-id": String(hook.id),
    ...(hook.config.secret && { "x-hub-signature-256": await sign(hook.config.secret, body) }) };
  try {
    note.status = (await fetch(hook.config.url, { method: "POST", headers, body, signal: AbortSignal.timeout(10000) })).status;
  } catch (error) {
    note.status = String(error.cause?.code ?? error.name);
  }
}

function deliver(repo, event, payload) {
  const full = { ...payload, repository: describe(repo), sender: { login: "somebody", id: 1 } };
  for (const hook of repo.hooks.values()) if (hook.active && hook.events.includes(event)) post(hook, event, full);
  for (const i of world.installations.values()) {
    const app = world.apps.get(i.app_id);
    if (!i.suspended && i.account === repo.owner && (!i.repositories || i.repositories.includes(repo.id)) && app.events.includes(event)) {
      post(app.hook, event, { ...full, installation: { id: i.id, node_id: "x" } });
    }
  }
}

const describe = (repo) => ({ id: repo.id, node_id: `R_${repo.id}`, name: repo.name, full_name: `${repo.owner}/${repo.name}`, private: repo.private, owner: { login: repo.owner, id: userOf(repo.owner).id },
  html_url: `https://github.com/${repo.owner}/${repo.name}`, default_branch: repo.default_branch });
const describeHook = (hook) => ({ type: "Repository", id: hook.id, name: "web", active: hook.active, events: hook.events,
  config: { ...hook.config, ...(hook.config.secret && { secret: "********" }) } });
const describeIssue = (repo, i) => ({ id: i.id, node_id: `I_${i.id}`, number: i.number, title: i.title, body: i.body, state: i.state, state_reason: i.state_reason, labels: i.labels.map((name) => ({ name })),
  assignees: i.assignees.map((login) => ({ login })), html_url: `https://github.com/${repo.owner}/${repo.name}/issues/${i.number}`, created_at: i.created_at, updated_at: i.updated_at, ...(i.pull_request && { pull_request: {} }) });
const now = () => new Date().toISOString().replace(/\.\d+Z$/, "Z");

// ---- Who asks ----

function authenticate(req) {
  const header = req.headers.authorization ?? "";
  const bearer = /^(?:Bearer|token) (.+)$/i.exec(header)?.[1];
  if (!bearer) return { kind: "nobody", key: "nobody" };
  if (bearer.split(".").length === 3) return asApp(bearer);
  const token = world.tokens.get(bearer);
  if (!token || (token.expires && token.expires <= Date.now())) throw new ApiError(401, "Bad credentials");
  const installation = token.installation && world.installations.get(token.installation);
  if (token.installation && (!installation || installation.suspended)) throw new ApiError(installation ? 403 : 401, installation ? "This installation has been suspended" : "Bad credentials");
  return { ...token, token: bearer, kind: installation ? "installation" : "user", at: installation, key: installation ? `installation ID ${installation.id}` : `user ID ${userOf(token.login).id}` };
}

// "Generating a JSON Web Token (JWT) for a GitHub App": RS256; iat in the past; exp "no more than 10 minutes into the future"; iss the client id or app id.
function asApp(jwt) {
  const [head, claims] = jwt.split(".").slice(0, 2).map((part) => JSON.parse(Buffer.from(part, "base64url").toString()));
  const app = [...world.apps.values()].find((a) => String(claims.iss) === a.app_id || claims.iss === a.client_id);
  const seconds = Date.now() / 1000;
  if (!app || head.alg !== "RS256" || !crypto.verify("RSA-SHA256", Buffer.from(jwt.slice(0, jwt.lastIndexOf("."))), app.public_key, Buffer.from(jwt.split(".")[2], "base64url"))) {
    throw new ApiError(401, "A JSON web token could not be decoded");
  }
  if (!Number.isInteger(claims.exp) || claims.exp <= seconds) throw new ApiError(401, "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires");
  if (claims.exp > seconds + 600) throw new ApiError(401, "'Expiration time' claim ('exp') is too far in the future");
  if (!Number.isInteger(claims.iat) || claims.iat > seconds + 1) throw new ApiError(401, "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued");
  return { kind: "app", app, key: `app ${app.app_id}` };
}

// A repository that the caller may not see "returns 404 instead of 403 to avoid confirming the existence of private repositories".
function repoFor(who, owner, name, need = "read") {
  const repo = [...world.repos.values()].find((r) => r.owner.toLowerCase() === owner.toLowerCase() && r.name.toLowerCase() === name.toLowerCase());
  if (!repo) {
    const id = world.moved.get(`${owner}/${name}`.toLowerCase());
    if (id && world.repos.has(id)) throw Object.assign(new ApiError(301, "Moved Permanently"), { moved: id });
    throw notFound();
  }
  return allow(who, repo, need);
}

function allow(who, repo, need) {
  if (who.kind === "installation") {
    if (who.at.account !== repo.owner || (who.at.repositories && !who.at.repositories.includes(repo.id))) throw notFound();
    const [permission, level] = need === "admin" ? ["administration", "write"] : need === "issues" ? ["issues", "write"] : ["contents", "read"];
    const has = world.apps.get(who.at.app_id).permissions[permission];
    if (!has || (level === "write" && has !== "write")) throw new ApiError(403, "Resource not accessible by integration");
    return repo;
  }
  const role = who.kind === "user" ? repo.members[who.login] : undefined;
  const scoped = who.scopes?.includes("repo");
  if (repo.private && (!role || !scoped)) throw notFound();
  if (need === "admin" && (role !== "admin" || !scoped)) throw notFound();
  if (need === "issues" && !scoped) throw notFound();
  return repo;
}

// ---- Routes ----

// What is asked by a repository's id is what is asked by its name, "as if" nothing had moved.
const byName = (pathname) => pathname.replace(/^\/repositories\/(\d+)\//, (whole, id) => (world.repos.has(Number(id)) ? `/repos/${world.repos.get(Number(id)).owner}/${world.repos.get(Number(id)).name}/` : whole));
const routes = [];
const route = (name, method, pattern, handle) => routes.push({ name, method, path: new RegExp(`^${pattern.replace(/\{(\w+)\}/g, "(?<$1>[^/]+)")}$`), handle });

route("user", "GET", "/user", ({ who }) => {
  if (who.kind !== "user") throw new ApiError(401, "Requires authentication");
  return { body: { login: who.login, id: userOf(who.login).id, name: who.login } };
});
route("repo", "GET", "/repos/{owner}/{repo}", ({ who, p }) => ({ body: describe(repoFor(who, p.owner, p.repo)) }));
route("repo by id", "GET", "/repositories/{id}", ({ who, p }) => ({ body: describe(allow(who, world.repos.get(Number(p.id)) ?? (() => { throw notFound(); })(), "read")) }));
// "Get a commit": the media type sha; its ETag is the SHA.
route("commit", "GET", "/repos/{owner}/{repo}/commits/{ref}", ({ who, p, req }) => {
  const found = findCommit(repoFor(who, p.owner, p.repo), decodeURIComponent(p.ref));
  return /application\/vnd\.github(\.v3)?\.sha/.test(req.headers.accept) ? { text: found.sha, type: "application/vnd.github.sha; charset=utf-8", etag: `"${found.sha}"` } : { body: { sha: found.sha } };
});
route("compare", "GET", "/repos/{owner}/{repo}/compare/{basehead}", ({ who, p }) => {
  const repo = repoFor(who, p.owner, p.repo);
  const [base, head] = decodeURIComponent(p.basehead).split("...");
  try {
    return { body: compare(repo, base, head) };
  } catch (error) {
    throw error.status === 422 ? notFound() : error;
  }
});
route("tree", "GET", "/repos/{owner}/{repo}/git/trees/{sha}", ({ who, p, query }) => {
  const repo = repoFor(who, p.owner, p.repo);
  if (repo.branches.size === 0) throw new ApiError(409, "Git Repository is empty.");
  return { body: listTree(repo, p.sha, query.has("recursive")) };
});
// "Get a blob": base64, with line breaks.
route("blob", "GET", "/repos/{owner}/{repo}/git/blobs/{sha}", ({ who, p }) => {
  const blob = repoFor(who, p.owner, p.repo).objects.get(p.sha);
  if (blob?.type !== "blob") throw notFound();
  return { body: { sha: p.sha, node_id: "B", size: blob.bytes.length, url: "https://api.github.com/x", content: blob.bytes.toString("base64").replace(/(.{60})/g, "$1\n"), encoding: "base64" } };
});

route("hooks", "GET", "/repos/{owner}/{repo}/hooks", ({ who, p }) => ({ body: [...repoFor(who, p.owner, p.repo, "admin").hooks.values()].map(describeHook) }));
route("create hook", "POST", "/repos/{owner}/{repo}/hooks", ({ who, p, body }) => {
  const repo = repoFor(who, p.owner, p.repo, "admin");
  if ([...repo.hooks.values()].some((h) => h.config.url === body.config?.url)) {
    throw new ApiError(422, "Validation Failed", { errors: [{ resource: "Hook", code: "custom", message: "Hook already exists on this repository" }] });
  }
  const hook = { id: nextId(), active: body.active ?? true, events: body.events ?? ["push"], config: body.config };
  repo.hooks.set(hook.id, hook);
  post(hook, "ping", { zen: "Anything added dilutes everything else.", hook_id: hook.id, hook: describeHook(hook), repository: describe(repo) });
  return { status: 201, body: describeHook(hook) };
});
route("update hook", "PATCH", "/repos/{owner}/{repo}/hooks/{id}", ({ who, p, body }) => {
  const hook = repoFor(who, p.owner, p.repo, "admin").hooks.get(Number(p.id));
  if (!hook) throw notFound();
  Object.assign(hook, { active: body.active ?? hook.active, events: body.events ?? hook.events, config: body.config ?? hook.config });
  return { body: describeHook(hook) };
});
route("delete hook", "DELETE", "/repos/{owner}/{repo}/hooks/{id}", ({ who, p }) => {
  if (!repoFor(who, p.owner, p.repo, "admin").hooks.delete(Number(p.id))) throw notFound();
  return { status: 204 };
});

route("issues", "GET", "/repos/{owner}/{repo}/issues", ({ who, p, query }) => {
  const repo = repoFor(who, p.owner, p.repo);
  const [by, sign_, size] = [query.get("sort") === "updated" ? "updated_at" : "created_at", query.get("direction") === "asc" ? 1 : -1, Number(query.get("per_page") ?? 30)];
  const all = repo.issues.filter((i) => (query.get("state") === "all" || i.state === (query.get("state") ?? "open")) && (!query.get("since") || i.updated_at >= query.get("since")))
    .sort((a, b) => sign_ * (a[by] === b[by] ? a.id - b.id : a[by] < b[by] ? -1 : 1));
  const at = (Number(query.get("page") ?? 1) - 1) * size;
  return { body: all.slice(at, at + size).map((i) => describeIssue(repo, i)) };
});
route("create issue", "POST", "/repos/{owner}/{repo}/issues", ({ who, p, body }) => {
  const repo = repoFor(who, p.owner, p.repo, "issues");
  if (typeof body.title !== "string" || body.title === "") throw new ApiError(422, "Validation Failed", { errors: [{ resource: "Issue", field: "title", code: "missing_field" }] });
  const issue = { id: nextId(), number: repo.issues.length + 1, title: body.title, body: body.body ?? null, labels: body.labels ?? [], assignees: body.assignees ?? [], state: "open", state_reason: null, created_at: now(), updated_at: now() };
  repo.issues.push(issue);
  deliver(repo, "issues", { action: "opened", issue: describeIssue(repo, issue) });
  return { status: 201, body: describeIssue(repo, issue) };
});

const asInstallation = (who, id) => {
  if (who.kind !== "app") throw new ApiError(401, "A JSON web token could not be decoded");
  const found = world.installations.get(Number(id));
  if (found?.app_id !== who.app.app_id) throw notFound();
  return found;
};
route("installation", "GET", "/app/installations/{id}", ({ who, p }) => {
  const i = asInstallation(who, p.id);
  return { body: { id: i.id, account: { login: i.account, id: userOf(i.account).id, type: "Organization" }, app_slug: "lealup", permissions: who.app.permissions, suspended_at: i.suspended ? now() : null } };
});
// "Create an installation access token for an app": "The installation access token will expire after 1 hour."
route("installation token", "POST", "/app/installations/{id}/access_tokens", ({ who, p }) => {
  const i = asInstallation(who, p.id);
  if (i.suspended) throw new ApiError(403, "This installation has been suspended");
  const token = `ghs_${random()}`;
  const expires = Math.floor(Date.now() / 1000) * 1000 + 3600000;
  world.tokens.set(token, { installation: i.id, expires });
  return { status: 201, body: { token, expires_at: new Date(expires).toISOString().replace(".000Z", "Z"), permissions: who.app.permissions, repository_selection: i.repositories ? "selected" : "all" } };
});
route("revoke installation token", "DELETE", "/installation/token", ({ who }) => {
  if (who.kind !== "installation") throw new ApiError(401, "Bad credentials");
  world.tokens.delete(who.token);
  return { status: 204 };
});
route("app hook", "PATCH", "/app/hook/config", ({ who, body }) => {
  if (who.kind !== "app") throw new ApiError(401, "A JSON web token could not be decoded");
  Object.assign(who.app.hook.config, body);
  return { body: { ...who.app.hook.config, secret: "********" } };
});
// "Delete an app authorization": "you must use Basic Authentication", with the client's id and secret; all of the user's tokens for the application end.
route("delete grant", "DELETE", "/applications/{client_id}/grant", ({ p, body, req }) => {
  const [id, secret] = Buffer.from((/^Basic (.+)$/.exec(req.headers.authorization ?? "") ?? [])[1] ?? "", "base64").toString().split(":");
  if (id !== p.client_id || world.clients.get(id)?.client_secret !== secret) throw notFound();
  const token = world.tokens.get(body?.access_token);
  if (token?.client !== id) throw new ApiError(422, "Validation Failed");
  for (const [key, t] of world.tokens) if (t.client === id && t.login === token.login) world.tokens.delete(key);
  return { status: 204 };
});

// "Authorizing OAuth apps": form-encoded unless Accept says JSON; errors are answered with 200.
function oauthToken(form, accept) {
  const client = world.clients.get(form.get("client_id"));
  const code = world.codes.get(form.get("code"));
  const verifier = form.get("code_verifier");
  const error = !client || client.client_secret !== form.get("client_secret")
    ? ["incorrect_client_credentials", "The client_id and/or client_secret passed are incorrect."]
    : !code || code.client !== client.client_id || code.expires < Date.now() || (code.challenge && crypto.createHash("sha256").update(verifier ?? "").digest("base64url") !== code.challenge)
      ? ["bad_verification_code", "The code passed is incorrect or expired."]
      : form.get("redirect_uri") && form.get("redirect_uri") !== client.redirect_uri ? ["redirect_uri_mismatch", "The redirect_uri MUST match the registered callback URL for this application."] : null;
  let body;
  if (error) body = { error: error[0], error_description: error[1], error_uri: "https://docs.github.com/apps" };
  else {
    world.codes.delete(form.get("code"));
    body = { access_token: `gho_${random()}`, token_type: "bearer", scope: code.scopes.join(",") };
    world.tokens.set(body.access_token, { login: code.login, client: client.client_id, scopes: code.scopes });
  }
  return /application\/json/.test(accept ?? "") ? { body } : { text: new URLSearchParams(body).toString(), type: "application/x-www-form-urlencoded; charset=utf-8" };
}

function authorize(query) {
  const client = world.clients.get(query.get("client_id"));
  if (!client) throw notFound();
  const back = new URL(client.redirect_uri);
  if (query.get("redirect_uri") && query.get("redirect_uri") !== client.redirect_uri) back.searchParams.set("error", "redirect_uri_mismatch");
  else if (world.consent.deny) back.searchParams.set("error", "access_denied");
  else {
    const code = random(10);
    world.codes.set(code, { client: client.client_id, login: userOf(world.consent.login).login, scopes: (query.get("scope") ?? "").split(/[ ,]+/).filter(Boolean), challenge: query.get("code_challenge"), expires: Date.now() + 600000 });
    back.searchParams.set("code", code);
  }
  back.searchParams.set("state", query.get("state") ?? "");
  return { status: 302, headers: { location: back.href } };
}

// ---- The servers ----

function readBody(req) {
  return new Promise((resolve, reject) => {
    const chunks = [];
    req.on("data", (chunk) => chunks.push(chunk)).on("end", () => resolve(Buffer.concat(chunks).toString())).on("error", reject);
  });
}

function send(res, { status = 200, body, text, type = "application/json; charset=utf-8", headers = {} }) {
  const out = text ?? (body === undefined ? "" : JSON.stringify(body));
  res.writeHead(status, { ...(out && { "content-type": type }), "content-length": Buffer.byteLength(out), ...headers });
  res.end(out);
}

// "Primary rate limit": 5,000 in an hour for each user or installation; x-ratelimit-* in each answer; 403 or 429 when there are none left.
function spend(who) {
  const hour = Math.floor(Date.now() / 3600000);
  let used = world.used.get(who.key);
  if (used?.hour !== hour) world.used.set(who.key, (used = { hour, count: 0 }));
  const headers = () => ({ "x-ratelimit-limit": String(world.settings.per_hour), "x-ratelimit-remaining": String(Math.max(0, world.settings.per_hour - used.count)), "x-ratelimit-used": String(used.count),
    "x-ratelimit-reset": String(world.settings.reset ?? (hour + 1) * 3600), "x-ratelimit-resource": "core" });
  if (used.count >= world.settings.per_hour) throw new ApiError(403, `API rate limit exceeded for ${who.key}.`, {}, headers());
  used.count++;
  return { headers, free: () => used.count-- };
}

async function answer(req, res, note) {
  const url = new URL(req.url, "http://x");
  const fault = world.faults.find((f) => f.times > 0 && f.regex.test(req.url) && (!f.method || f.method === req.method) && !(f.skip > 0 && f.skip--));
  if (fault) {
    fault.times--;
    if (fault.delay_ms) await new Promise((done) => setTimeout(done, fault.delay_ms));
    if (fault.cut) return res.writeHead(200, { "content-length": 1000 }).write("x".repeat(fault.cut), () => req.socket.destroy());
    if (fault.after) res.end = () => req.socket.destroy();
    if (fault.status) return send(res, { status: fault.status, body: fault.body ?? { message: "the double was told so" }, headers: fault.headers });
  }
  const text = req.method === "GET" ? "" : await readBody(req);
  if (url.pathname === "/login/oauth/authorize") return send(res, authorize(url.searchParams));
  if (url.pathname === "/login/oauth/access_token") {
    const form = /json/.test(req.headers["content-type"] ?? "") ? new URLSearchParams(JSON.parse(text)) : new URLSearchParams(text);
    return send(res, oauthToken(form, req.headers.accept));
  }
  // "User agent": "All API requests must include a valid User-Agent header."
  if (!req.headers["user-agent"]) throw new ApiError(403, "Request forbidden by administrative rules.");
  if (!["2022-11-28", undefined].includes(req.headers["x-github-api-version"])) throw new ApiError(400, "The API version is not supported");
  const found = routes.map((r) => [r, r.method === req.method && r.path.exec(byName(url.pathname))]).find(([, match]) => match);
  if (!found) throw notFound();
  const [r, match] = found;
  note.call = r.name;
  world.calls[r.name] = (world.calls[r.name] ?? 0) + 1;
  const who = r.name === "delete grant" ? { kind: "client", key: "client" } : authenticate(req);
  const budget = spend(who);
  let result;
  try {
    result = await r.handle({ who, p: match.groups ?? {}, query: url.searchParams, body: text ? JSON.parse(text) : undefined, req });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    // "Redirects": 301 with the URL of the same thing by the repository's id.
    if (error.moved) {
      const location = `https://api.github.com${url.pathname.replace(/^\/repos\/[^/]+\/[^/]+/, `/repositories/${error.moved}`)}${url.search}`;
      Object.assign(error, { body: { ...error.body, url: location }, headers: { location } });
    }
    Object.assign(error.headers, budget.headers());
    throw error;
  }
  // "Conditional requests": 304 "does not count against your primary rate limit".
  const etag = result.etag ?? (req.method === "GET" && result.body !== undefined ? `W/"${crypto.createHash("sha256").update(JSON.stringify(result.body)).digest("hex")}"` : undefined);
  if (etag && req.headers["if-none-match"] === etag) {
    budget.free();
    world.calls["304"] = (world.calls["304"] ?? 0) + 1;
    note.status = 304;
    return send(res, { status: 304, headers: { etag, ...budget.headers() } });
  }
  note.status = result.status ?? 200;
  send(res, { ...result, headers: { ...(etag && { etag }), ...budget.headers(), ...result.headers } });
}

const github = http.createServer({ keepAliveTimeout: 60000 }, (req, res) => {
  const note = { time: Date.now(), method: req.method, path: req.url };
  answer(req, res, note).catch((error) => {
    if (!(error instanceof ApiError)) console.error(error);
    const known = error instanceof ApiError ? error : new ApiError(500, "Server Error");
    note.status = known.status;
    if (!res.headersSent) send(res, known);
  }).finally(() => log && log.write(`${JSON.stringify(note)}\n`));
});

const repoNamed = (name) => [...world.repos.values()].find((r) => `${r.owner}/${r.name}` === name) ?? (() => { throw new ApiError(400, `there is no repository ${name}: POST /repos`); })();
const installation = (b) => world.installations.get(Number(b.id)) ?? (() => { throw new ApiError(400, "there is no such installation"); })();
const aboutInstallation = (i, action) => post(world.apps.get(i.app_id).hook, "installation", { action, installation: { id: i.id, account: { login: i.account, id: userOf(i.account).id } } });
const control = {
  "POST /users": (b) => (world.users.set(b.login, { login: b.login, id: nextId() }), world.users.get(b.login)),
  "POST /clients": (b) => (world.clients.set(b.client_id, b), {}),
  "POST /consent": (b) => ((world.consent = b), {}),
  "POST /tokens": (b) => {
    const token = `gho_${random()}`;
    world.tokens.set(token, { login: userOf(b.login).login, client: b.client_id ?? "client", scopes: b.scopes });
    return { access_token: token };
  },
  "POST /withdraw": (b) => (world.tokens.forEach((t, key) => t.login === b.login && world.tokens.delete(key)), {}),
  "POST /expire": () => (world.tokens.forEach((t) => t.installation && (t.expires = 1)), {}),
  "POST /apps": (b) => (world.apps.set(b.app_id, { ...b, hook: { id: nextId(), config: {} } }), {}),
  "POST /installations": (b) => {
    const i = { id: nextId(), app_id: b.app_id, account: userOf(b.account).login, repositories: b.repositories?.map((name) => repoNamed(name).id) };
    world.installations.set(i.id, i);
    return { id: i.id };
  },
  "POST /uninstall": (b) => (aboutInstallation(installation(b), "deleted"), world.installations.delete(Number(b.id)), {}),
  "POST /suspend": (b) => ((installation(b).suspended = true), aboutInstallation(installation(b), "suspend"), {}),
  "POST /unsuspend": (b) => ((installation(b).suspended = false), {}),
  "POST /repos": (b) => {
    const [owner, name] = b.full_name.split("/");
    const repo = { id: nextId(), owner: userOf(owner).login, name, private: b.private ?? false, members: b.members ?? {}, default_branch: "main", objects: new Map(), branches: new Map(), hooks: new Map(), issues: [] };
    world.repos.set(repo.id, repo);
    return { id: repo.id };
  },
  "POST /members": (b) => ((repoNamed(b.repo).members = b.members), {}),
  "POST /default": (b) => ((repoNamed(b.repo).default_branch = b.branch), {}),
  "POST /rename": (b) => {
    const repo = repoNamed(b.repo);
    world.moved.set(b.repo.toLowerCase(), repo.id);
    [repo.owner, repo.name] = b.to.split("/");
    deliver(repo, "repository", { action: "renamed" });
    return {};
  },
  "POST /commit": (b) => ({ sha: commit(repoNamed(b.repo), b) }),
  "POST /issue": (b) => {
    const repo = repoNamed(b.repo);
    const issue = repo.issues.find((i) => i.number === b.number);
    Object.assign(issue, b.change, { updated_at: now() });
    deliver(repo, "issues", { action: b.action ?? "edited", issue: describeIssue(repo, issue) });
    return {};
  },
  "POST /settings": (b) => (Object.assign(world.settings, b), world.used.clear(), {}),
  "POST /faults": (b) => (world.faults.push({ times: 1, ...b, regex: new RegExp(b.path) }), {}),
  "DELETE /faults": () => ((world.faults = []), {}),
  "POST /quiet": (b) => ((world.quiet = b.quiet), {}),
  "GET /calls": () => world.calls,
  "DELETE /calls": () => ((world.calls = {}), {}),
  "GET /sent": () => world.sent,
  "POST /state": (b) => ({ hooks: [...repoNamed(b.repo).hooks.values()].map(describeHook), issues: repoNamed(b.repo).issues, tokens: world.tokens.size }),
  "POST /forget_hook": (b) => (repoNamed(b.repo).hooks.clear(), {}),
};
const controller = http.createServer(async (req, res) => {
  try {
    const handle = control[`${req.method} ${req.url}`];
    if (!handle) throw new ApiError(404, `known: ${Object.keys(control).join(", ")}`);
    const text = await readBody(req);
    send(res, { body: (await handle(text ? JSON.parse(text) : {})) ?? {} });
  } catch (error) {
    send(res, { status: error.status ?? 500, body: error.body ?? { message: String(error.stack) } });
  }
});

const listen = (server) => new Promise((done) => server.listen(0, "127.0.0.1", () => done(server.address().port)));
const ports = { github: await listen(github), control: await listen(controller) };
if (options.ports) {
  fs.writeFileSync(`${options.ports}.new`, JSON.stringify(ports));
  fs.renameSync(`${options.ports}.new`, options.ports);
  process.stdin.on("end", () => process.exit(0)).on("error", () => process.exit(0)).resume();
}
console.log(JSON.stringify(ports));
