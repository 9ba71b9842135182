#!/usr/bin/env node
// The npm package oauth2-mock-server 9.3.0 behind faults: an OAuth 2 server that agrees to everything, and misbehaves as it is told.
//
//   node oauth_faults.mjs --modules DIR --ports FILE [--log FILE]
//
// It tells its ports in FILE, {"oauth": n, "control": n}, and ends when its standard input closes. To get the package: npm install --prefix DIR oauth2-mock-server@9.3.0
// OAUTH: /authorize, /token, /userinfo, /revoke; /elsewhere counts what comes there, and answers with a token.
// CONTROL, bodies are JSON:
//   POST /next   how the next request for a token is answered: {patch: {members}, omit: [members]} changes the good answer; {status, body: text or JSON, headers}
//                takes its place; {cut: bytes} ends the connection in its midst (0: before it); {trickle: ms} sends it byte by byte; delay_ms? waits before
//   GET /seen    the requests for tokens: [{headers, body}], and how many came elsewhere: {token: [...], elsewhere: n}
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

const { values: options } = parseArgs({ options: { modules: { type: "string" }, ports: { type: "string" }, log: { type: "string" } } });
const library = path.resolve(options.modules, "node_modules/oauth2-mock-server/dist/index.mjs");
const { OAuth2Issuer, OAuth2Service, Events } = await import(pathToFileURL(library));

const issuer = new OAuth2Issuer();
await issuer.keys.generate("RS256");
const service = new OAuth2Service(issuer);
const next = [];
const seen = { token: [], elsewhere: 0 };
let change = null;

service.on(Events.BeforeResponse, (res) => {
  if (!change) return;
  for (const name of change.omit ?? []) delete res.body[name];
  Object.assign(res.body, change.patch ?? {});
});

function readBody(req) {
  return new Promise((resolve) => {
    const chunks = [];
    req.on("data", (chunk) => chunks.push(chunk)).on("end", () => resolve(Buffer.concat(chunks).toString()));
  });
}
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function trickle(res, text, ms) {
  for (const c of text) {
    if (res.destroyed) return;
    res.write(c);
    await pause(ms);
  }
  res.end();
}

async function answerToken(req, res) {
  const order = next.shift() ?? {};
  // libcurl sends again what a connection that was used before has swallowed, and the order would hit nobody.
  res.setHeader("connection", "close");
  if (order.delay_ms) await pause(order.delay_ms);
  if (order.cut === 0) return req.socket.destroy();
  if (!["status", "body", "cut", "trickle"].some((k) => k in order)) {
    change = order;
    return service.requestHandler(req, res);
  }
  const good = { access_token: "mock-access", refresh_token: "mock-refresh", token_type: "Bearer", expires_in: 3600 };
  const body = order.body ?? good;
  const text = typeof body === "string" ? body : JSON.stringify(body);
  res.writeHead(order.status ?? 200, { "content-type": "application/json", "content-length": Buffer.byteLength(text), ...order.headers });
  if (order.trickle !== undefined) return trickle(res, text, order.trickle);
  if (order.cut !== undefined) return res.write(text.slice(0, order.cut), () => req.socket.destroy());
  return res.end(text);
}

const oauth = http.createServer((req, res) => {
  const where = req.url.split("?")[0];
  if (where === "/elsewhere") {
    seen.elsewhere++;
    res.writeHead(200, { "content-type": "application/json" });
    return res.end('{"access_token": "stray-access", "token_type": "Bearer"}');
  }
  if (where === "/token") {
    const chunks = [];
    req.on("data", (chunk) => chunks.push(chunk)).on("end", () => seen.token.push({ headers: req.headers, body: Buffer.concat(chunks).toString() }));
    return answerToken(req, res);
  }
  return service.requestHandler(req, res);
});

const control = http.createServer(async (req, res) => {
  const text = await readBody(req);
  if (req.method === "POST") next.push(JSON.parse(text));
  res.writeHead(200, { "content-type": "application/json" });
  res.end(JSON.stringify(req.method === "POST" ? { queued: next.length } : seen));
});

const listen = (server) => new Promise((done) => server.listen(0, "127.0.0.1", () => done(server.address().port)));
const ports = { oauth: await listen(oauth), control: await listen(control) };
issuer.url = `http://127.0.0.1:${ports.oauth}`;
fs.writeFileSync(`${options.ports}.new`, JSON.stringify(ports));
fs.renameSync(`${options.ports}.new`, options.ports);
process.stdin.on("end", () => process.exit(0)).resume();
