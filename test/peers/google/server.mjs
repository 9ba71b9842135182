#!/usr/bin/env node
// A double of Google's OAuth and APIs that keeps state and enforces what Google documents.  Each rule names the statement it stands for.
//
//   node server.mjs [PORT [CONTROL_PORT]] [--ports FILE] [--log FILE]
//
// Without ports it takes free ones; it tells them on standard output and, as {"google": n, "control": n}, in FILE.  With --ports it ends when its
// standard input closes.  --log: a line of JSON for each request: time, method, path, call, user, status; no tokens.
//
// PORT: GET /o/oauth2/v2/auth, POST /token, POST /revoke, GET /oauth2/v3/certs, and the APIs below /gmail/v1, /calendar/v3, /drive/v3.
// CONTROL_PORT, bodies are JSON:
//   POST /reset                       forgets everything
//   POST /users {email}               adds an account; products take further members (gmail: messages, ...)
//   POST /clients {client_id, client_secret, redirect_uris, testing, session_seconds}   there is one: client, secret, any redirect URI
//   POST /consent {user, deny, error, decline: [scopes]}   what people answer from now on; else the account of login_hint, or the first, agrees
//   POST /tokens {user, client_id, scopes}   tokens without a browser
//   POST /clock {offset | advance}    seconds
//   POST /expire {user?}              ends access tokens;  POST /withdraw {user, client_id?}: the user removes the application's access
//   POST /password {user}             a new password ends refresh tokens with Gmail scopes
//   POST /quota {product: {user, project}}   units per minute, 0 = none
//   POST /faults {path, method?, user?, skip?, times?, and one of: status + reason + message | status + body (text or JSON) | reset: true | cut: bytes; headers?, delay_ms?}
//   DELETE /faults                    GET /faults says how often each hit
//   POST /jwt {claims, header?}       an OpenID Connect token as Pub/Sub sends it
//   GET /grants                       what was agreed to
//   GET /calls, DELETE /calls         how often each method was called
//   and what products add (gmail.mjs, calendar.mjs, drive.mjs).
//
// A product is a file that exports routes(world), which gives {name, prefix, quota: {user, project}, scopes, routes: [{name, method, path: RegExp, scopes, units, body?,
// handle}], control?, addUser?, overQuota}: handle({world, user, access, params, query, body, url}) returns {status?, body?, text?, headers?} or throws an ApiError.
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { ApiError, World } from "./world.mjs";
import * as oauth from "./oauth.mjs";

const MAX_BODY = 8 << 20;
const here = path.dirname(fileURLToPath(import.meta.url));
const world = new World();
for (const file of ["gmail.mjs", "calendar.mjs", "drive.mjs"]) {
  if (fs.existsSync(path.join(here, file))) world.addProduct((await import(`./${file}`)).routes(world));
}

const { values: options, positionals } = parseArgs({ allowPositionals: true, options: { ports: { type: "string" }, log: { type: "string" } } });
const log = options.log && fs.createWriteStream(options.log);

function readBody(req) {
  return new Promise((resolve, reject) => {
    const chunks = [];
    let size = 0;
    req.on("data", (chunk) => {
      size += chunk.length;
      if (size > MAX_BODY) reject(new ApiError(413, "uploadTooLarge", "Request Too Large"));
      else chunks.push(chunk);
    });
    req.on("end", () => resolve(Buffer.concat(chunks).toString()));
    req.on("error", reject);
  });
}

function send(res, { status = 200, body, text, headers = {} }) {
  const out = text ?? (body === undefined ? "" : JSON.stringify(body));
  const length = Buffer.byteLength(out);
  res.writeHead(status, { ...(text === undefined && body !== undefined && { "content-type": "application/json; charset=UTF-8" }), "content-length": length, ...headers });
  res.end(out);
}

// Answers with a fault; false if it only was a delay.
function sendFault(req, res, fault) {
  if (fault.reset) return req.socket.resetAndDestroy(), true;
  if (fault.status === undefined && fault.cut === undefined) return false;
  const message = fault.message ?? "the double was told so";
  const body = fault.body ?? (fault.reason ? new ApiError(fault.status, fault.reason, message, { domain: fault.domain, canonical: fault.canonical }).body : {});
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const headers = { "content-type": typeof body === "string" ? "text/html; charset=UTF-8" : "application/json; charset=UTF-8", "content-length": Buffer.byteLength(text), ...fault.headers };
  res.writeHead(fault.status ?? 200, headers);
  if (fault.cut === undefined) res.end(text);
  else res.write(text.slice(0, fault.cut), () => req.socket.destroy());
  return true;
}

const oauthRoutes = {
  "GET /o/oauth2/v2/auth": ["oauth.authorize", (query) => oauth.authorize(world, query)],
  "POST /token": ["oauth.token", (query, form, req) => oauth.token(world, form, req.headers.authorization)],
  "POST /revoke": ["oauth.revoke", (query, form) => oauth.revoke(world, form.has("token") ? form : query)],
  "GET /oauth2/v3/certs": ["oauth.certs", () => ({ body: world.jwks(), headers: { "cache-control": "public, max-age=3600" } })],
};

async function answer(req, res, note) {
  const at = req.url.indexOf("?");
  const pathname = at < 0 ? req.url : req.url.slice(0, at);
  const query = new URLSearchParams(at < 0 ? "" : req.url.slice(at + 1));
  const text = req.method === "GET" || req.method === "DELETE" ? "" : await readBody(req);
  const bearer = /^Bearer (.+)$/.exec(req.headers.authorization ?? "");
  const email = bearer && world.access.get(bearer[1])?.email;
  note.user = email ?? undefined;
  const fault = world.faults.length ? world.fault(req.method, req.url, email) : null;
  if (fault?.delay_ms) await new Promise((done) => setTimeout(done, fault.delay_ms));
  if (fault && sendFault(req, res, fault)) {
    note.status = fault.status ?? 0;
    world.count("fault");
    return;
  }

  const own = oauthRoutes[`${req.method} ${pathname}`];
  if (own) {
    world.count((note.call = own[0]));
    const result = own[1](query, new URLSearchParams(text), req);
    note.status = result.status ?? 200;
    return send(res, result);
  }
  let known = false;
  for (const product of world.products) {
    if (!pathname.startsWith(product.prefix)) continue;
    for (const route of product.routes) {
      const match = route.path.exec(pathname);
      if (!match) continue;
      known = true;
      if (route.method !== req.method) continue;
      world.count((note.call = route.name));
      const access = oauth.authenticate(world, req.headers.authorization, route.scopes);
      const user = world.user(access.email);
      world.spend(product, user, access.client, route.units ?? 1);
      let body;
      if (text) {
        try {
          body = JSON.parse(text);
        } catch {
          throw new ApiError(400, "parseError", "Parse Error");
        }
      }
      const result = await route.handle({ world, user, access, params: match.groups ?? {}, query, body, url: pathname });
      note.status = result.status ?? 200;
      return send(res, result);
    }
  }
  throw known ? new ApiError(405, "httpMethodNotAllowed", "Method not allowed.") : new ApiError(404, "notFound", `The requested URL ${pathname} was not found on this server.`);
}

const google = http.createServer({ keepAliveTimeout: 60000 }, (req, res) => {
  const note = { time: world.now(), method: req.method, path: req.url.split("?")[0], query: req.url.split("?")[1] };
  if (/^\/(token|revoke|o\/)/.test(note.path)) delete note.query;
  answer(req, res, note).catch((error) => {
    if (!(error instanceof ApiError)) console.error(error);
    const known = error instanceof ApiError ? error : new ApiError(500, "backendError", "Internal error encountered.", { canonical: "INTERNAL" });
    note.status = known.status;
    if (!res.headersSent) send(res, { status: known.status, body: known.body, headers: known.headers });
    else res.destroy();
  }).finally(() => log && log.write(`${JSON.stringify(note)}\n`));
});

const clientOf = (id = "client") => world.clients.get(id) ?? (() => { throw new ApiError(404, "notFound", `there is no client ${id}: POST /clients`); })();
const control = {
  "POST /reset": () => (world.reset(), {}),
  "POST /users": (b) => ({ email: world.addUser(b).email }),
  "POST /clients": (b) => (world.addClient(b), {}),
  "POST /consent": (b) => ((world.consent = b), {}),
  "POST /tokens": (b) => oauth.issue(world, world.user(b.user).email, clientOf(b.client_id), b.scopes),
  "POST /clock": (b) => ((world.offset = b.offset !== undefined ? b.offset * 1000 : world.offset + b.advance * 1000), { now: new Date(world.now()).toISOString() }),
  "POST /expire": (b) => {
    for (const access of world.access.values()) if (!b.user || access.email === b.user) access.expires = 0;
    return {};
  },
  "POST /withdraw": (b) => {
    for (const grant of [...world.grants.values()]) if (grant.email === b.user && (!b.client_id || grant.client === b.client_id)) oauth.endGrant(world, grant);
    return {};
  },
  // overview: a refresh token stops working when "the user changed passwords and the refresh token contains Gmail scopes".
  "POST /password": (b) => {
    for (const grant of [...world.grants.values()]) {
      if (grant.email === b.user) grant.refresh = grant.refresh.filter((r) => !r.scopes.some((s) => /\/auth\/gmail\.|mail\.google\.com/.test(s)));
    }
    return {};
  },
  "POST /quota": (b) => {
    for (const [name, quota] of Object.entries(b)) world.quotas[name] = { ...world.quotas[name], ...quota };
    world.used.clear();
    return {};
  },
  "POST /faults": (b) => {
    for (const fault of Array.isArray(b) ? b : [b]) world.addFault(fault);
    return {};
  },
  "DELETE /faults": () => ((world.faults = []), {}),
  "GET /faults": () => world.faults.map(({ regex, ...fault }) => fault),
  "POST /jwt": (b) => ({ token: world.jwt(b.claims ?? {}, b.header) }),
  "GET /calls": () => Object.fromEntries(world.calls),
  "DELETE /calls": () => (world.calls.clear(), {}),
  "GET /grants": () => [...world.grants.values()].map((g) => ({ user: g.email, client_id: g.client, scopes: [...g.scopes], refresh_tokens: g.refresh.length })),
};
for (const product of world.products) Object.assign(control, product.control);

const controller = http.createServer(async (req, res) => {
  try {
    const handle = control[`${req.method} ${req.url}`];
    if (!handle) throw new ApiError(404, "notFound", `known: ${Object.keys(control).join(", ")}`);
    const text = await readBody(req);
    send(res, { body: (await handle(text ? JSON.parse(text) : {})) ?? {} });
  } catch (error) {
    send(res, { status: error.status ?? 400, body: error.body ?? { error: { message: String(error.stack) } } });
  }
});

const listen = (server, port) => new Promise((done) => server.listen(port, "127.0.0.1", () => done(server.address().port)));
const ports = { google: await listen(google, Number(positionals[0] ?? 0)), control: await listen(controller, Number(positionals[1] ?? 0)) };
if (options.ports) {
  fs.writeFileSync(`${options.ports}.new`, JSON.stringify(ports));
  fs.renameSync(`${options.ports}.new`, options.ports);
  process.stdin.on("end", () => process.exit(0)).on("error", () => process.exit(0)).resume();
}
console.log(JSON.stringify(ports));
