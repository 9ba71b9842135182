#!/usr/bin/env node
// Verifies received deliveries with code that receivers use: the document's
// Node.js sample, and the npm library standardwebhooks 1.1.1.
//
//   SECRET=... node verify.mjs [--library DIR] [--path PREFIX] [LOG]
//
// LOG is a request log of fault_server.py (default: standard input).  The
// library is looked for in DIR/node_modules and in NODE_PATH; to get it:
//   npm install --prefix DIR standardwebhooks@1.1.1
// Prints one JSON line per request and one with the totals.  Status 0: every
// signature is valid; 1: one is not, or there was no request; 2: cannot run.
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";
import { parseArgs } from "node:util";
import { verifyWebhook } from "./document_sample.mjs";

function usage(message) {
  console.error(`verify.mjs: ${message}`);
  process.exit(2);
}

const { values: options, positionals } = parseArgs({
  options: { library: { type: "string" }, path: { type: "string", default: "" } },
  allowPositionals: true,
});
const secret = process.env.SECRET ?? usage("SECRET is not set");

function loadLibrary() {
  const places = [options.library, "."].filter(Boolean);
  for (const place of places) {
    try {
      return createRequire(path.resolve(place, "any.js"))("standardwebhooks");
    } catch (error) {
      if (error.code !== "MODULE_NOT_FOUND") throw error;
    }
  }
  return usage("no library: npm install --prefix DIR standardwebhooks@1.1.1");
}
const { Webhook } = loadLibrary();

// A whsec_ secret is base64 to the library; the same delivery must also
// verify for a receiver that takes the secret as it is written.
const readings = { raw: new Webhook(secret, { format: "raw" }) };
if (secret.startsWith("whsec_")) readings.decoded = new Webhook(secret);

function attempt(check) {
  try {
    return check() === false ? "mismatch" : "valid";
  } catch (error) {
    return error.message;
  }
}

function verify(request) {
  const headers = Object.fromEntries(
    request.headers.map(([name, value]) => [name.toLowerCase(), value]));
  // Both verifiers refuse an old timestamp: they look at the clock of the
  // moment at which the request came in, not at which its log is read.
  Date.now = () => request.time * 1000;
  const results = {
    document: attempt(() => verifyWebhook(
      request.body, headers["x-lealup-signature"],
      headers["x-lealup-timestamp"], secret)),
  };
  for (const [name, webhook] of Object.entries(readings))
    results[`standard_${name}`] = attempt(() => {
      webhook.verify(request.body, headers);
    });
  return {
    ok: Object.values(results).every((result) => result === "valid"),
    delivery_id: headers["x-lealup-delivery-id"] ?? null,
    path: request.path,
    ...results,
  };
}

const totals = { checked: 0, valid: 0 };
for (const line of fs.readFileSync(positionals[0] ?? 0, "utf8").split("\n")) {
  if (line === "") continue;
  const request = JSON.parse(line);
  if (!request.path.startsWith(options.path)) continue;
  const result = verify(request);
  totals.checked += 1;
  totals.valid += result.ok;
  console.log(JSON.stringify(result));
}
console.log(JSON.stringify(totals));
process.exitCode = totals.checked > 0 && totals.valid === totals.checked ? 0 : 1;
