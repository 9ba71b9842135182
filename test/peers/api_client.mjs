#!/usr/bin/env node
// A client of the HTTP API that knows nothing but the OpenAPI document: it calls every operation with the document's own example
// of a body, and lets ajv, a validator of JSON Schema that is none of lealup's, judge examples and answers.
//
//   KEY=lk_... IDS='{"member_id": ...}' node api_client.mjs --library DIR --url http://127.0.0.1:PORT
//
// ajv and ajv-formats are looked for in DIR/node_modules. IDS names objects that the API does not make.
// Prints one JSON line per operation and example, {"what", "problems": [...]}. Status 2: cannot run.
import path from "node:path";
import { createRequire } from "node:module";
import { parseArgs } from "node:util";

const { values: options } = parseArgs({ options: { library: { type: "string" }, url: { type: "string" } } });
const library = createRequire(path.resolve(options.library, "any.js"));
const Ajv = library("ajv/dist/2020").default;
const ids = JSON.parse(process.env.IDS);

const document = await (await fetch(`${options.url}/v1/openapi.json`)).json();
const ajv = new Ajv({ strict: false, allErrors: true });
library("ajv-formats")(ajv);
ajv.addSchema(document, "openapi");

const escape = (name) => name.replaceAll("~", "~0").replaceAll("/", "~1");
const pointer = (...names) => encodeURI(names.map((name) => `/${escape(name)}`).join(""));

function misfits(value, ...where) {
  const validate = ajv.compile({ $ref: `openapi#${pointer(...where)}` });
  return validate(value) ? [] : validate.errors.map((error) => `${error.instancePath} ${error.message}`);
}

const say = (what, problems) => console.log(JSON.stringify({ what, problems }));
const resolve = (object) => ("$ref" in object ? object.$ref.slice(2).split("/").reduce((node, name) => node[name], document) : object);

say("a problem without a status", misfits({ type: "about:blank", title: "x", detail: "x" }, "components", "schemas", "Problem").length > 0 ? [] : ["passes"]);

// ----- The document's examples -----

function checkContent(what, content, ...where) {
  for (const [type, media] of Object.entries(content ?? {}))
    if (type.endsWith("json"))
      say(`${what}: the example`, "example" in media ? misfits(media.example, ...where, "content", type, "schema") : ["is missing"]);
}

for (const [route, operations] of Object.entries(document.paths))
  for (const [method, operation] of Object.entries(operations)) {
    const what = `${method.toUpperCase()} ${route}`;
    checkContent(`${what}, request`, operation.requestBody?.content, "paths", route, method, "requestBody");
    for (const [status, response] of Object.entries(operation.responses))
      if (!("$ref" in response)) checkContent(`${what}, ${status}`, response.content, "paths", route, method, "responses", status);
  }
for (const [name, response] of Object.entries(document.components.responses))
  checkContent(name, response.content, "components", "responses", name);

// ----- Every operation -----

async function send(method, target, body, headers = {}) {
  const response = await fetch(options.url + target, {
    method,
    headers: { authorization: `Bearer ${process.env.KEY}`, ...(body !== undefined && { "content-type": "application/json" }), ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  const type = response.headers.get("content-type")?.split(";")[0];
  return { status: response.status, headers: response.headers, type, text, body: text && type?.endsWith("json") ? JSON.parse(text) : undefined };
}

function judge(method, route, answer) {
  const operation = document.paths[route][method.toLowerCase()];
  const status = String(answer.status) in operation.responses || answer.status < 400 ? String(answer.status) : "default";
  const where = ["paths", route, method.toLowerCase(), "responses", status];
  if (!(status in operation.responses)) return [`${status} is not in the document: ${answer.text}`];
  const response = resolve(operation.responses[status]);
  if (!response.content) return answer.text === "" ? [] : ["has a body"];
  if (!(answer.type in response.content)) return [`is ${answer.type}`];
  const problems = answer.body === undefined ? [] : "$ref" in operation.responses[status]
    ? misfits(answer.body, ...operation.responses[status].$ref.slice(2).split("/"), "content", answer.type, "schema")
    : misfits(answer.body, ...where, "content", answer.type, "schema");
  for (const name of Object.keys(response.headers ?? {}))
    if (!["Location", "Retry-After"].includes(name) && !answer.headers.has(name)) problems.push(`has no ${name}`);
  return problems;
}

// An example's ids are those of objects that are there; what is called elsewhere as in the example may be called so once.
const kinds = { assignee_id: "member_id", owner_id: "member_id", author_member_id: "member_id" };
let count = 0;
function real(value, name) {
  if (Array.isArray(value)) return value.map((element) => real(element, name));
  if (value !== null && typeof value === "object")
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, real(member, key)]));
  if (name === "external_id" && typeof value === "string") return `${value}-${++count}`;
  return typeof value === "string" && name?.endsWith("_id") ? ids[kinds[name] ?? name] ?? value : value;
}

const called = new Set();
async function call(method, route, { params = {}, query = "", keep, expect, body, headers } = {}) {
  const what = `${method} ${route}`;
  const operation = document.paths[route][method.toLowerCase()];
  const example = operation.requestBody?.content["application/json"].example;
  const target = route.replace(/\{([a-z_]+)\}/g, (_, name) => encodeURIComponent(params[name] ?? ids[name])) + query;
  const answer = await send(method, target, body ?? (example && real(example)), headers);
  const problems = judge(method, route, answer);
  if (expect ? answer.status !== expect : answer.status >= 300) problems.push(`answers ${answer.status}: ${answer.text}`);
  if (operation.security.length > 0) {
    const refused = await send(method, target, undefined, { authorization: "Bearer lk_none" });
    problems.push(...judge(method, route, refused), ...(refused.status === 401 ? [] : [`without a key: ${refused.status}`]));
  }
  if (operation.responses["304"]) {
    const again = await send(method, target, undefined, { "if-none-match": "*" });
    if (again.status !== 304) problems.push(`If-None-Match: ${again.status}`);
  }
  if (operation.responses["412"] && method !== "DELETE") {
    const late = await send(method, target, body ?? real(example), { "if-match": '"other"' });
    problems.push(...judge(method, route, late), ...(late.status === 412 ? [] : [`If-Match: ${late.status}`]));
  }
  called.add(what);
  say(`${what}: the answer`, problems);
  if (keep && answer.body?.id) ids[keep] = answer.body.id;
  return answer.body;
}

async function both(resource, keep) {
  await call("POST", `/v1/${resource}`, { keep });
  await call("GET", `/v1/${resource}`);
  await call("GET", `/v1/${resource}/{id}`, { params: { id: ids[keep] } });
  if (document.paths[`/v1/${resource}/{id}`].patch) await call("PATCH", `/v1/${resource}/{id}`, { params: { id: ids[keep] } });
}

for (const route of ["/healthz", "/readyz", "/metrics", "/v1/openapi.json", "/v1/members", "/v1/segments", "/v1/webhook-events", "/v1/meetings", "/v1/playbooks", "/v1/playbook-runs", "/v1/imports"])
  await call("GET", route);
await call("GET", "/v1/webhook-events/{event}/filters", { params: { event: "health.changed" } });
await call("GET", "/v1/knowledge/search", { query: "?q=export" });
for (const [route, name] of [["members", "member_id"], ["segments", "segment_id"], ["meetings", "meeting_id"], ["playbooks", "playbook_id"], ["playbook-runs", "run_id"], ["imports", "import_id"], ["knowledge/documents", "document_id"]])
  await call("GET", `/v1/${route}/{id}`, { params: { id: ids[name] } });
await call("GET", "/v1/meetings/{id}/briefing", { params: { id: ids.meeting_id } });
await call("GET", "/v1/imports/{id}/rejects", { params: { id: ids.import_id } });
for (const verb of ["retry", "cancel"]) await call("POST", `/v1/playbook-runs/{id}/${verb}`, { params: { id: ids.run_id } });
for (const verb of ["disable", "enable"]) await call("POST", `/v1/playbooks/{id}/${verb}`, { params: { id: ids.playbook_id } });

await both("customers", "customer_id");
await both("contacts", "contact_id");
await both("tasks", "task_id");
for (const verb of ["complete", "reopen"]) await call("POST", `/v1/tasks/{id}/${verb}`, { params: { id: ids.task_id } });
await both("tickets", "ticket_id");
for (const verb of ["assign", "escalate", "resolve", "reopen"]) await call("POST", `/v1/tickets/{id}/${verb}`, { params: { id: ids.ticket_id } });
await call("POST", "/v1/tickets/{id}/messages", { params: { id: ids.ticket_id }, keep: "message_id" });
await call("GET", "/v1/tickets/{id}/messages", { params: { id: ids.ticket_id } });
await call("GET", "/v1/tickets/{id}/messages/{message_id}", { params: { id: ids.ticket_id } });

await call("POST", "/v1/health-signals");
await call("POST", "/v1/health-signals/bulk");
await call("POST", "/v1/customers/{id}/notes", { params: { id: ids.customer_id } });
await call("POST", "/v1/timeline-events", { keep: "event_id" });
await call("GET", "/v1/timeline-events/{id}", { params: { id: ids.event_id } });
for (const part of ["health", "timeline"]) await call("GET", `/v1/customers/{id}/${part}`, { params: { id: ids.customer_id } });
const issues = await call("GET", "/v1/issues");
await call("GET", "/v1/issues/{id}", { params: { id: issues.data[0]?.id } });
const renewals = await call("GET", "/v1/renewals");
await call("GET", "/v1/renewals/{id}", { params: { id: renewals.data[0]?.id } });
await call("POST", "/v1/renewals/{id}/complete", { params: { id: renewals.data[0]?.id } });
await call("POST", "/v1/renewals/{id}/churn", { params: { id: renewals.data[1]?.id } });

await both("webhook-subscriptions", "subscription_id");
const subscription = { params: { id: ids.subscription_id } };
await call("PATCH", "/v1/webhook-subscriptions/{id}/secret", subscription);
await call("POST", "/v1/events");
const queued = await call("POST", "/v1/webhook-subscriptions/{id}/test", subscription);
await call("GET", "/v1/webhook-subscriptions/{id}/deliveries", subscription);
await call("POST", "/v1/webhook-subscriptions/{id}/deliveries/{delivery_id}/replay", { params: { ...subscription.params, delivery_id: queued.delivery_id } });
await call("POST", "/v1/webhook-subscriptions/{id}/recover", subscription);
await both("api-keys", "api_key_id");

await call("GET", "/v1/providers");
const begun = await call("POST", "/v1/connections");
await call("GET", "/v1/oauth/callback", { query: `?state=${new URL(begun.authorization_url).searchParams.get("state")}&code=x` });
await call("GET", "/v1/connections");
const connection = { params: { id: ids.connection_id, stream: "messages", error_id: ids.error_id, message_id: ids.inbound_id } };
for (const part of ["", "/streams", "/runs", "/errors", "/inbound"]) await call("GET", `/v1/connections/{id}${part}`, connection);
for (const part of ["", "/streams/{stream}"]) await call("PATCH", `/v1/connections/{id}${part}`, connection);
for (const part of ["sync", "errors/{error_id}/retry", "errors/retry", "inbound/{message_id}/retry", "pause", "resume", "reconnect", "disconnect"])
  await call("POST", `/v1/connections/{id}/${part}`, connection);

const lead = { params: { id: (await call("POST", "/v1/leads")).id } };
await call("GET", "/v1/leads");
await call("POST", "/v1/lead-batches");
await call("GET", "/v1/leads/{id}", lead);
await call("PATCH", "/v1/leads/{id}", lead);
const activity = { params: { id: (await call("POST", "/v1/leads/{id}/activities", lead)).id } };
await call("GET", "/v1/leads/{id}/activities", lead);
await call("GET", "/v1/lead-activities/{id}", activity);
await call("PATCH", "/v1/lead-activities/{id}", activity);
await call("GET", "/v1/lead-fields");
await call("POST", "/v1/lead-fields");
await call("PATCH", "/v1/lead-fields/{name}", { params: { name: "score" } });
await call("GET", "/v1/lead-fields/{name}", { params: { name: "score" } });
await call("DELETE", "/v1/lead-fields/{name}", { params: { name: "score" } });
await call("GET", "/v1/lead-activity-types");
await call("POST", "/v1/lead-activity-types");
const automation = { params: { id: (await call("POST", "/v1/lead-automations")).id } };
await call("GET", "/v1/lead-automations");
await call("GET", "/v1/lead-automations/{id}", automation);
await call("PATCH", "/v1/lead-automations/{id}", automation);
await call("DELETE", "/v1/lead-automations/{id}", automation);
await call("DELETE", "/v1/leads/{id}", lead);
const reply = { connection_id: ids.desk_id, operation: "reply", input: { text: "Hello" } };
const action = { params: { id: (await call("POST", "/v1/actions", { body: reply })).id } };
await call("GET", "/v1/actions");
await call("GET", "/v1/actions/{id}", action);
await call("PATCH", "/v1/actions/{id}", { ...action, body: { input: { text: "Hello again" } } });
await call("POST", "/v1/actions/{id}/retry", { ...action, expect: 409 });
await call("POST", "/v1/actions/{id}/approve", { ...action, body: {}, headers: { authorization: `Bearer ${process.env.MEMBER_KEY}` } });
await call("POST", "/v1/actions/{id}/cancel", action);

for (const [route, name] of [["webhook-subscriptions", "subscription_id"], ["api-keys", "api_key_id"], ["contacts", "contact_id"], ["customers", "customer_id"]])
  await call("DELETE", `/v1/${route}/{id}`, { params: { id: ids[name] } });

// ----- What HTTP asks of every route -----

for (const [route, operations] of Object.entries(document.paths)) {
  const target = route.replace(/\{[a-z_]+\}/g, ids.member_id);
  const known = Object.keys(operations).map((method) => method.toUpperCase());
  const allowed = [...known, ...(known.includes("GET") ? ["HEAD"] : []), "OPTIONS"].sort().join(", ");
  const problems = [];
  for (const [method, status] of [["OPTIONS", 204], ["PUT", 405]]) {
    const answer = await send(method, target);
    if (answer.status !== status || answer.headers.get("allow") !== allowed) problems.push(`${method}: ${answer.status}, ${answer.headers.get("allow")}`);
    if (status >= 400) problems.push(...misfits(answer.body, "components", "schemas", "Problem"));
  }
  for (const method of known) {
    const body = operations[method.toLowerCase()].requestBody?.content["application/json"].example;
    const tries = [[{ accept: "image/png" }, 406]];
    if (body) tries.push([{ "content-type": "text/plain" }, 415]);
    for (const [headers, status] of tries) {
      const answer = await send(method, target, body, headers);
      if (answer.status !== status) problems.push(`${method} ${JSON.stringify(headers)}: ${answer.status}`);
      problems.push(...judge(method, route, answer));
    }
    if (body) {
      const answer = await send(method, target, { ...body, not_known: 1 });
      if (answer.status !== 422 || answer.body.errors[0].field !== "not_known") problems.push(`${method}, an unknown field: ${answer.text}`);
    }
  }
  say(`${route}: methods, media types, unknown fields`, problems);
}
for (const target of ["/healthz", "/v1/customers", `/v1/members/${ids.member_id}`]) {
  const [whole, head] = [await send("GET", target), await send("HEAD", target)];
  const length = (answer) => answer.headers.get("content-length");
  say(`HEAD ${target}`, head.status === 200 && head.text === "" && length(head) === length(whole) ? [] : [`${head.status}, ${length(head)} of ${length(whole)}`]);
}

for (const [route, operations] of Object.entries(document.paths))
  for (const method of Object.keys(operations))
    if (!called.has(`${method.toUpperCase()} ${route}`)) say(`${method.toUpperCase()} ${route}`, ["was not called"]);
