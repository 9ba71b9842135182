#!/usr/bin/env node
// A double of LeadSquared's REST API that keeps state and refuses what LeadSquared documents that it refuses.
//
//   node leadsquared.mjs [--ports FILE] [--log FILE]
//
// It takes free ports and tells them, as {"api": n, "control": n}, in FILE; it ends when its standard input closes.  --log: a line of JSON for each request.
//
// API, one account, keys in x-LSQ-AccessKey and x-LSQ-SecretKey, or accessKey and secretKey in the query:
//   GET  /v2/Authentication.svc/UserByAccessKey.Get           GET  /v2/LeadManagement.svc/LeadsMetaData.Get
//   POST /v2/LeadManagement.svc/Leads.RecentlyModified        POST /v2/LeadManagement.svc/Leads.Get
//   POST /v2/LeadManagement.svc/Lead.Capture                  POST /v2/LeadManagement.svc/Lead.Update?leadId=
//   POST /v2/ProspectActivity.svc/Create                      POST /v2/ProspectActivity.svc/CustomActivity/Update
//   POST /v2/ProspectActivity.svc/RetrieveRecentlyModified    POST /v2/ProspectActivity.svc/Retrieve?leadId=
// CONTROL, bodies are JSON:
//   POST /reset {access_key?, secret_key?, limit?: calls in 5 s, status_of_limit?: 200, org?}
//   POST /fields [{SchemaName, DataType, IsUnique?, Options?}]   adds fields, or changes them
//   POST /edit {lead?: ProspectID, set: {SchemaName: value}}     what a user does there; without lead a new one; {"ProspectID"}, or {"refused": why}; of an array an array
//   POST /activity {activity?: id, lead, event, note?, at?, fields?}   a user posts an activity, or changes one
//   POST /delete {lead}                                           a user deletes a lead
//   POST /clock {offset: seconds}                                its clock, of which times are made
//   POST /faults {path, times?, and one of: status + exception + message | status + body | reset: true | lose: true (it happens, the answer does not come); delay_ms?}
//   DELETE /faults     GET /leads     GET /activities     GET /stats {calls: {path: n}, refused: {exception: n}, writes: {ProspectID: n}, most_in_5_s}
import crypto from "node:crypto";
import fs from "node:fs";
import http from "node:http";
import { parseArgs } from "node:util";

const { values: options } = parseArgs({ options: { ports: { type: "string" }, log: { type: "string" } } });
const log = options.log && fs.createWriteStream(options.log);

class Refusal extends Error {
  constructor(type, message, status = 500) {
    super(message);
    this.status = status;
    this.body = { Status: "Error", ExceptionType: type, ExceptionMessage: message };
  }
}
const invalid = (message) => new Refusal("MXInvalidInputException", `Invalid Input! ${message}`);

const world = {};
const STANDARD = [
  ["ProspectID", "UniqueId", true, true], ["ProspectAutoId", "Number", true, true], ["FirstName", "Text"], ["LastName", "Text"], ["EmailAddress", "Email", true], ["Phone", "Phone", true],
  ["Mobile", "Phone"], ["Company", "Text"], ["JobTitle", "Text"], ["Website", "Website"], ["Source", "Text"], ["ProspectStage", "Text"], ["Notes", "Text"], ["mx_City", "Text"], ["mx_Country", "Text"],
  ["CreatedOn", "Date", false, true], ["ModifiedOn", "Date", false, true], ["OwnerId", "ActiveUsers"], ["Score", "Number", false, true],
];

function reset(b = {}) {
  Object.assign(world, {
    access: b.access_key ?? "u$access", secret: b.secret_key ?? "secret", limit: b.limit ?? 25, statusOfLimit: b.status_of_limit ?? 200, org: b.org ?? "3b1041a3-8374-11e7-8758-0a106ee76b21",
    fields: new Map(), leads: new Map(), keys: new Map(), activities: new Map(), events: new Map([[201, "Phone Call"], [202, "Meeting"], [203, "Note"]]),
    numbers: 0, offset: 0, faults: [], recent: [], most: 0, calls: {}, refused: {}, writes: {},
  });
  for (const [SchemaName, DataType, IsUnique = false, readOnly = false] of STANDARD) world.fields.set(SchemaName, { SchemaName, DataType, IsUnique, readOnly });
}
reset();

const stamp = (ms) => new Date(ms).toISOString().replace("T", " ").replace(/\.\d+Z$/, "");
const now = () => Date.now() + world.offset * 1000;
const KEY_SEPARATOR = "\u0000";
const keyOf = (field, value) => `${field}${KEY_SEPARATOR}${field === "Phone" ? value.replace(/[^\d]/g, "") : value.trim().toLowerCase()}`;

// ----- Values -----

const TIME = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/;
const isTime = (v) => TIME.test(v) && !Number.isNaN(Date.parse(`${v.replace(" ", "T")}Z`)) && stamp(Date.parse(`${v.replace(" ", "T")}Z`)) === v;
const CHECKS = {
  Number: (v) => /^-?\d+(\.\d+)?$/.test(v),
  Boolean: (v) => /^[01]$/.test(v),
  Email: (v) => /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(v),
  Phone: (v) => /^\+?\d{1,3}-?\d{5,14}$/.test(v),
  Date: (v) => isTime(v),
  Website: (v) => v.length <= 500,
  Text: (v) => v.length <= 10000,
};

function checked(name, value, byUser) {
  const field = world.fields.get(name);
  if (!field) throw new Refusal("MXInvalidAttributeException", `Invalid Attribute Name: ${name}`);
  if (field.readOnly && !byUser) throw invalid(`Attribute ${name} is read only`);
  if (value === null || value === "") return null;
  if (typeof value !== "string") throw invalid(`Value of ${name} is not a string`);
  if (field.Options && !field.Options.includes(value)) throw invalid(`${value} is not an option of ${name}`);
  if (CHECKS[field.DataType] && !CHECKS[field.DataType](value)) throw invalid(`Value ${value} of ${name} is not a valid ${field.DataType}`);
  return value;
}

// Changes a lead, or makes one (id null); who writes a value that another lead has in a unique field is refused.
function write(id, values, byUser) {
  const lead = id ? world.leads.get(id) : null;
  if (id && !lead) throw new Refusal("MXEntityNotFoundException", "Lead not found");
  const clean = Object.fromEntries(Object.entries(values).map(([k, v]) => [k, checked(k, v, byUser)]));
  if (!lead && !["FirstName", "LastName", "EmailAddress", "Phone"].some((k) => clean[k])) throw invalid("pass at least one of FirstName, LastName, EmailAddress and Phone");
  for (const [k, v] of Object.entries(clean)) {
    if (!world.fields.get(k).IsUnique || v === null) continue;
    const owner = world.keys.get(keyOf(k, v));
    if (owner && owner !== id) throw new Refusal("MXDuplicateEntryException", `A Lead with same ${k} already exists.`);
  }
  const target = lead ?? { ProspectID: crypto.randomUUID(), ProspectAutoId: String(++world.numbers), CreatedOn: `${stamp(now())}.000` };
  for (const [k, v] of Object.entries(clean)) {
    if (world.fields.get(k).IsUnique) {
      if (target[k]) world.keys.delete(keyOf(k, target[k]));
      if (v !== null) world.keys.set(keyOf(k, v), target.ProspectID);
    }
    target[k] = v;
  }
  target.ModifiedOn = `${stamp(now())}.000`;
  world.leads.set(target.ProspectID, target);
  if (!byUser) world.writes[target.ProspectID] = (world.writes[target.ProspectID] ?? 0) + 1;
  return target;
}

function attributes(body) {
  if (!Array.isArray(body) || body.length === 0) throw invalid("the body is not an array of attributes");
  const values = {};
  for (const a of body) {
    if (typeof a?.Attribute !== "string" || !("Value" in a) || Object.keys(a).some((k) => !["Attribute", "Value"].includes(k))) throw invalid("an attribute is {Attribute, Value}");
    if (a.Attribute in values) throw invalid(`${a.Attribute} is given twice`);
    values[a.Attribute] = a.Value;
  }
  return values;
}

// ----- Paging -----

function known(object, names, what) {
  if (typeof object !== "object" || object === null || Array.isArray(object)) throw invalid(`${what} is no object`);
  for (const k of Object.keys(object)) if (!names.includes(k)) throw invalid(`Parameter Name: ${k}`);
}

function page(list, body, most, columns) {
  const paging = body.Paging ?? { PageIndex: 1, PageSize: 25 };
  known(paging, ["PageIndex", "PageSize"], "Paging");
  if (!Number.isInteger(paging.PageIndex) || paging.PageIndex < 1) throw invalid("Parameter Name: PageIndex");
  if (!Number.isInteger(paging.PageSize) || paging.PageSize < 1) throw invalid("Parameter Name: PageSize");
  if (paging.PageSize > most) throw invalid(`Parameter Name: PageSize can not be more than ${most}`);
  const sorting = body.Sorting ?? { ColumnName: "CreatedOn", Direction: "1" };
  known(sorting, ["ColumnName", "Direction"], "Sorting");
  if (!columns.includes(sorting.ColumnName)) throw invalid("Parameter Name: ColumnName");
  if (!["0", "1"].includes(sorting.Direction)) throw invalid("Parameter Name: Direction");
  const value = (x) => (sorting.ColumnName === "ProspectAutoId" ? Number(x[sorting.ColumnName]) : x[sorting.ColumnName] ?? "");
  const sorted = [...list].sort((a, b) => (value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : 0));
  if (sorting.Direction === "1") sorted.reverse();
  return sorted.slice((paging.PageIndex - 1) * paging.PageSize, paging.PageIndex * paging.PageSize);
}

function inRange(list, parameter, field) {
  for (const k of ["FromDate", "ToDate"]) if (typeof parameter[k] !== "string" || !isTime(parameter[k])) throw invalid(`Parameter Name: ${k}`);
  return list.filter((x) => x[field].slice(0, 19) >= parameter.FromDate && x[field].slice(0, 19) <= parameter.ToDate);
}

function columnsOf(body) {
  if (body.Columns === undefined) return [...world.fields.keys()];
  known(body.Columns, ["Include_CSV"], "Columns");
  const names = body.Columns.Include_CSV.split(",").map((s) => s.trim());
  for (const n of names) if (!world.fields.has(n)) throw new Refusal("MXInvalidAttributeException", `Invalid Attribute Name: ${n}`);
  return [...new Set([...names, "ProspectID"])];
}

// ----- The API -----

function activity(fields) {
  const out = {};
  for (const f of fields ?? []) {
    if (typeof f?.SchemaName !== "string" || typeof f.Value !== "string") throw invalid("a field is {SchemaName, Value}");
    if (!/^(mx_Custom_\d{1,2}|Status|Owner)$/.test(f.SchemaName)) throw invalid(`Parameter Name: ${f.SchemaName}`);
    out[f.SchemaName] = f.Value;
  }
  return out;
}

function post(b) {
  const id = crypto.randomUUID();
  const time = stamp(now());
  world.activities.set(id, { Id: id, EventCode: b.event, EventName: world.events.get(b.event), CreatedOn: b.at ?? time, ModifiedOn: time, RelatedProspectId: b.lead, note: b.note ?? null, fields: b.fields ?? {} });
  return id;
}

const shownActivity = (a) => ({
  Id: a.Id, EventCode: a.EventCode, EventName: a.EventName, ActivityScore: 0, CreatedOn: a.CreatedOn, ModifiedOn: a.ModifiedOn, ActivityType: 2, Type: "Custom", IsEmailType: false, SessionId: a.Id,
  RelatedProspectId: a.RelatedProspectId,
  Data: [{ Key: "ActivityEvent_Note", Value: a.note ?? "" }, ...Object.entries(a.fields).map(([Key, Value]) => ({ Key, Value }))],
});

const api = {
  "GET /v2/Authentication.svc/UserByAccessKey.Get": () => ({
    Id: "1a50c565-8525-11ea-a93b-0aa4c559f4ca", Name: "Yogesh", Role: "Administrator", EmailAddress: null, TimeZone: "Asia/Kolkata", Type: "ApplicationUser", OrgDisplayName: "Education 101",
    OrgId: world.org, OrgShortCode: "22824", DefaultCountryCode: "91",
  }),
  "GET /v2/LeadManagement.svc/LeadsMetaData.Get": () => [...world.fields.values()].map((f) => ({
    SchemaName: f.SchemaName, DisplayName: f.SchemaName.replace(/^mx_/, ""), DataType: f.DataType, IsMandatory: false, IsUnique: f.IsUnique, IsReadOnly: f.readOnly ?? false,
    OptionSet: f.Options ? f.Options.join("#") : "",
  })),
  "POST /v2/LeadManagement.svc/Leads.RecentlyModified": (q, b) => {
    known(b, ["Parameter", "Columns", "Paging", "Sorting"], "the body");
    known(b.Parameter, ["FromDate", "ToDate"], "Parameter");
    const list = inRange([...world.leads.values()], b.Parameter, "ModifiedOn");
    const columns = columnsOf(b);
    return { RecordCount: list.length, Leads: page(list, b, 5000, [...world.fields.keys()]).map((l) => ({
      LeadPropertyList: [...columns.map((Attribute) => ({ Attribute, Value: l[Attribute] ?? null })), { Attribute: "CanUpdate", Value: "true" }] })) };
  },
  "POST /v2/LeadManagement.svc/Leads.Get": (q, b) => {
    known(b, ["Parameter", "Columns", "Paging", "Sorting"], "the body");
    known(b.Parameter, ["LookupName", "LookupValue", "SqlOperator"], "Parameter");
    if (!world.fields.has(b.Parameter.LookupName)) throw new Refusal("MXInvalidAttributeException", `Invalid Attribute Name: ${b.Parameter.LookupName}`);
    if (b.Parameter.SqlOperator !== "=") throw invalid("Parameter Name: SqlOperator");
    const columns = columnsOf(b);
    return page([...world.leads.values()].filter((l) => (l[b.Parameter.LookupName] ?? "").toLowerCase() === b.Parameter.LookupValue.toLowerCase()), b, 1000, [...world.fields.keys()])
      .map((l) => Object.fromEntries(columns.map((c) => [c, l[c] ?? null])));
  },
  "POST /v2/LeadManagement.svc/Lead.Capture": (q, b) => {
    const { SearchBy, ...values } = attributes(b);
    let found;
    if (SearchBy !== undefined) {
      if (!world.fields.get(SearchBy)?.IsUnique) throw invalid(`SearchBy: ${SearchBy} is not unique`);
      if (!values[SearchBy]) throw invalid(`SearchBy: there is no value of ${SearchBy}`);
      found = world.keys.get(keyOf(SearchBy, values[SearchBy])) ?? (SearchBy === "ProspectID" ? values.ProspectID : undefined);
      if (SearchBy === "ProspectID") delete values.ProspectID;
    } else {
      found = ["EmailAddress", "Phone"].map((k) => values[k] && world.keys.get(keyOf(k, values[k]))).find(Boolean);
    }
    const lead = write(found ?? null, values, false);
    return { Status: "Success", Message: { Id: lead.ProspectID, RelatedId: lead.ProspectID, IsCreated: !found } };
  },
  "POST /v2/LeadManagement.svc/Lead.Update": (q, b) => {
    if (!q.get("leadId")) throw invalid("Parameter Name: leadId");
    write(q.get("leadId"), attributes(b), false);
    return { Status: "Success", Message: { AffectedRows: 1 } };
  },
  "POST /v2/ProspectActivity.svc/Create": (q, b) => {
    known(b, ["RelatedProspectId", "ActivityEvent", "ActivityNote", "ActivityDateTime", "Fields"], "the body");
    if (!world.leads.has(b.RelatedProspectId)) throw new Refusal("MXEntityNotFoundException", "Lead not found");
    if (!Number.isInteger(b.ActivityEvent) || !world.events.has(b.ActivityEvent)) throw invalid("Parameter Name: ActivityEvent");
    if (b.ActivityDateTime !== undefined && !isTime(b.ActivityDateTime)) throw invalid("Parameter Name: ActivityDateTime");
    return { Status: "Success", Message: { Id: post({ lead: b.RelatedProspectId, event: b.ActivityEvent, note: b.ActivityNote, at: b.ActivityDateTime, fields: activity(b.Fields) }) } };
  },
  "POST /v2/ProspectActivity.svc/CustomActivity/Update": (q, b) => {
    known(b, ["ProspectActivityId", "ActivityEvent", "ActivityNote", "Fields"], "the body");
    const a = world.activities.get(b.ProspectActivityId);
    if (!a) throw new Refusal("MXEntityNotFoundException", "Activity not found");
    if (a.EventCode !== b.ActivityEvent) throw invalid("Parameter Name: ActivityEvent");
    Object.assign(a, { note: b.ActivityNote ?? a.note, ModifiedOn: stamp(now()) });
    Object.assign(a.fields, activity(b.Fields));
    return { Status: "Success", Message: { AffectedRows: 1 } };
  },
  "POST /v2/ProspectActivity.svc/RetrieveRecentlyModified": (q, b) => {
    known(b, ["Parameter", "Paging", "Sorting"], "the body");
    known(b.Parameter, ["FromDate", "ToDate", "ActivityEvent", "IncludeCustomFields"], "Parameter");
    const list = inRange([...world.activities.values()], b.Parameter, "ModifiedOn").filter((a) => !b.Parameter.ActivityEvent || a.EventCode === b.Parameter.ActivityEvent);
    return { RecordCount: list.length, ProspectActivities: page(list, b, 1000, ["CreatedOn", "ModifiedOn"]).map(shownActivity) };
  },
  "POST /v2/ProspectActivity.svc/Retrieve": (q, b) => {
    known(b, ["Parameter", "Paging"], "the body");
    known(b.Paging ?? {}, ["Offset", "RowCount"], "Paging");
    const list = [...world.activities.values()].filter((a) => a.RelatedProspectId === q.get("leadId") && (!b.Parameter?.ActivityEvent || a.EventCode === b.Parameter.ActivityEvent))
      .sort((x, y) => (x.CreatedOn < y.CreatedOn ? 1 : -1));
    const rows = Number(b.Paging?.RowCount ?? 25);
    return { RecordCount: list.length, ProspectActivities: list.slice(Number(b.Paging?.Offset ?? 0) * rows).slice(0, rows).map(shownActivity) };
  },
};

function readBody(req) {
  return new Promise((resolve, reject) => {
    const chunks = [];
    req.on("data", (c) => chunks.push(c));
    req.on("end", () => resolve(Buffer.concat(chunks).toString()));
    req.on("error", reject);
  });
}

function send(res, status, body) {
  const out = typeof body === "string" ? body : JSON.stringify(body);
  res.writeHead(status, { "content-type": typeof body === "string" ? "text/html" : "application/json; charset=utf-8", "content-length": Buffer.byteLength(out), date: new Date(now()).toUTCString() });
  res.end(out);
}

async function answer(req, res) {
  const url = new URL(req.url, "http://x");
  const text = await readBody(req);
  const name = `${req.method} ${url.pathname}`;
  world.calls[url.pathname] = (world.calls[url.pathname] ?? 0) + 1;
  const fault = world.faults.find((f) => f.times > 0 && f.path === url.pathname);
  if (fault) fault.times--;
  if (fault?.delay_ms && !fault.lose) await new Promise((done) => setTimeout(done, fault.delay_ms));
  if (fault?.reset) return req.socket.resetAndDestroy();
  if (fault?.status) {
    return send(res, fault.status, fault.body ?? { Status: "Error", ExceptionType: fault.exception, ExceptionMessage: fault.message ?? "the double was told so" });
  }
  const access = req.headers["x-lsq-accesskey"] ?? url.searchParams.get("accessKey");
  const secret = req.headers["x-lsq-secretkey"] ?? url.searchParams.get("secretKey");
  if (access !== world.access || secret !== world.secret) throw new Refusal("MXAuthenticationFailedException", "Invalid accessKey or secretKey", 401);
  const since = Date.now() - 5000;
  world.recent = world.recent.filter((t) => t > since);
  if (world.recent.length >= world.limit) throw new Refusal("MXAPIRateLimitExceededException", `API calls exceeded the limit of ${world.limit} in 5 second(s)`, world.statusOfLimit);
  world.recent.push(Date.now());
  world.most = Math.max(world.most, world.recent.length);
  const handle = api[name];
  if (!handle) return send(res, 404, "<html>Endpoint not found.</html>");
  let body;
  if (req.method === "POST") {
    if (!/^application\/json/.test(req.headers["content-type"] ?? "")) return send(res, 400, "<html>Request Error</html>");
    try {
      body = JSON.parse(text);
    } catch {
      return send(res, 400, "<html>Request Error</html>");
    }
  }
  const result = handle(url.searchParams, body);
  if (fault?.lose) {
    if (fault.delay_ms) await new Promise((done) => setTimeout(done, fault.delay_ms));
    return req.socket.destroy();
  }
  send(res, 200, result);
}

const server = http.createServer({ keepAliveTimeout: 60000 }, (req, res) => {
  answer(req, res).catch((error) => {
    if (!(error instanceof Refusal)) console.error(error);
    const known = error instanceof Refusal ? error : new Refusal("MXException", "Internal error");
    world.refused[known.body.ExceptionType] = (world.refused[known.body.ExceptionType] ?? 0) + 1;
    if (!res.headersSent && !res.destroyed) send(res, known.status, known.body);
  }).finally(() => log && log.write(`${JSON.stringify({ time: Date.now(), method: req.method, path: req.url, status: res.statusCode })}\n`));
});

// ----- Control -----

function edit(b) {
  try {
    return { ProspectID: write(b.lead ?? null, b.set, true).ProspectID };
  } catch (error) {
    if (error instanceof Refusal) return { refused: error.message };
    throw error;
  }
}

const control = {
  "POST /reset": (b) => (reset(b), {}),
  "POST /fields": (b) => {
    for (const f of b) world.fields.set(f.SchemaName, { IsUnique: false, ...f });
    return {};
  },
  "POST /edit": (b) => (Array.isArray(b) ? b.map(edit) : edit(b)),
  "POST /activity": (b) => {
    if (!b.activity) return { Id: post(b) };
    const a = world.activities.get(b.activity);
    Object.assign(a, { note: b.note ?? a.note, ModifiedOn: stamp(now()) });
    Object.assign(a.fields, b.fields ?? {});
    return { Id: a.Id };
  },
  "POST /delete": (b) => {
    const lead = world.leads.get(b.lead);
    for (const f of world.fields.values()) if (f.IsUnique && lead[f.SchemaName]) world.keys.delete(keyOf(f.SchemaName, lead[f.SchemaName]));
    world.leads.delete(b.lead);
    return {};
  },
  "POST /clock": (b) => ((world.offset = b.offset), {}),
  "POST /faults": (b) => (world.faults.push({ times: 1, ...b }), {}),
  "DELETE /faults": () => ((world.faults = []), {}),
  "GET /leads": () => [...world.leads.values()],
  "GET /activities": () => [...world.activities.values()],
  "GET /stats": () => ({ calls: world.calls, refused: world.refused, writes: world.writes, most_in_5_s: world.most }),
};

const controller = http.createServer(async (req, res) => {
  try {
    const handle = control[`${req.method} ${req.url}`];
    if (!handle) return send(res, 404, { known: Object.keys(control) });
    const text = await readBody(req);
    send(res, 200, (await handle(text ? JSON.parse(text) : {})) ?? {});
  } catch (error) {
    send(res, 400, { error: String(error.stack) });
  }
});

const ports = {};
for (const [name, s] of Object.entries({ api: server, control: controller })) {
  await new Promise((ready) => s.listen(0, "127.0.0.1", ready));
  ports[name] = s.address().port;
}
if (options.ports) {
  fs.writeFileSync(`${options.ports}.new`, JSON.stringify(ports));
  fs.renameSync(`${options.ports}.new`, options.ports);
  process.stdin.resume();
  process.stdin.on("end", () => process.exit(0));
}
console.log(JSON.stringify(ports));
