#!/usr/bin/env node
// Signs notifications as providers do, with the vendors' own code where they publish some, else with Node's; what vendors publish to verify
// them has to agree.
//
//   node sign.mjs [--library DIR] <REQUESTS
//
// Reads JSON lines {"kind", "url", "secret", "now"?: seconds, "body"?, "id"?, ...} and prints a line {"method", "url", "headers", "body"} for
// each. The vendors' packages are looked for in DIR/node_modules; to get them:
//   npm install --prefix DIR @octokit/webhooks-methods@6.0.0 twilio@6.2.0 @hubspot/api-client@14.0.1 standardwebhooks@1.1.1 stripe@23.1.0 @slack/bolt@5.1.0 jsonwebtoken@9.0.3
import crypto from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { createRequire } from "node:module";
import { parseArgs } from "node:util";

const { values: options } = parseArgs({ options: { library: { type: "string", default: "." } } });
const require = createRequire(path.resolve(options.library, "any.js"));
const load = async (name) => {
  const file = require.resolve(name);
  return import(pathToFileURL(file).href);
};
const hmac = (algorithm, secret, text, encoding) => crypto.createHmac(algorithm, secret).update(text).digest(encoding);
const check = (ok, kind) => {
  if (!ok) throw new Error(`${kind}: the vendor's own verifier refuses this signature`);
};
const json = (headers) => ({ "content-type": "application/json", ...headers });

const kinds = {
  async slack({ secret, body, now }) {
    const signature = "v0=" + hmac("sha256", secret, `v0:${now}:${body}`, "hex");
    const { verifySlackRequest } = require("@slack/bolt");
    verifySlackRequest({
      signingSecret: secret, body, nowMilliseconds: now * 1000,
      headers: { "x-slack-signature": signature, "x-slack-request-timestamp": now },
    });
    return json({ "x-slack-signature": signature, "x-slack-request-timestamp": String(now) });
  },
  async github({ secret, body, id }) {
    const { sign, verify } = await import(pathToFileURL(path.resolve(options.library, "node_modules/@octokit/webhooks-methods/dist-node/index.js")).href);
    const signature = await sign(secret, body);
    check(await verify(secret, body, signature), "github");
    return json({ "x-github-event": "issues", "x-github-delivery": id, "x-hub-signature-256": signature });
  },
  async linear({ secret, body, id }) {
    return json({ "linear-event": "Issue", "linear-delivery": id, "linear-signature": hmac("sha256", secret, body, "hex") });
  },
  async hubspot3({ secret, body, now, url }) {
    const { Signature } = require("@hubspot/api-client");
    // The characters that its documentation says are to be decoded first.
    const uri = url.replace(/%(3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)/gi, decodeURIComponent);
    const signed = { clientSecret: secret, requestBody: body, url: uri, timestamp: now * 1000 };
    return json({
      "x-hubspot-signature-v3": Signature.getSignature("POST", "v3", signed),
      "x-hubspot-request-timestamp": String(now * 1000),
    });
  },
  async stripe({ secret, body, now }) {
    const Stripe = require("stripe");
    const { webhooks } = new Stripe("sk_test_none");
    const header = webhooks.generateTestHeaderString({ payload: body, secret, timestamp: now });
    return json({ "stripe-signature": header });
  },
  async standard({ secret, body, now, id }) {
    const { Webhook } = require("standardwebhooks");
    const webhook = new Webhook(secret);
    const signature = webhook.sign(id, new Date(now * 1000), body);
    return json({ "webhook-id": id, "webhook-timestamp": String(now), "webhook-signature": `v1,${"A".repeat(43)}= ${signature}` });
  },
  async twilio({ secret, body, url }) {
    const twilio = require("twilio");
    const fields = Object.fromEntries(new URLSearchParams(body));
    const signature = twilio.getExpectedTwilioSignature(secret, url, fields);
    check(twilio.validateRequest(secret, signature, url, fields), "twilio");
    return { "content-type": "application/x-www-form-urlencoded; charset=UTF-8", "x-twilio-signature": signature };
  },
  async twilio_json(request) {
    const twilio = require("twilio");
    const { secret, body } = request;
    request.url += `?bodySHA256=${twilio.getExpectedBodyHash(body)}`;
    const signature = twilio.getExpectedTwilioSignature(secret, request.url, {});
    check(twilio.validateRequestWithBody(secret, signature, request.url, body), "twilio_json");
    return json({ "x-twilio-signature": signature });
  },
  async front({ secret, body, now }) {
    return json({
      "x-front-request-timestamp": String(now * 1000),
      "x-front-signature": hmac("sha256", secret, Buffer.concat([Buffer.from(`${now * 1000}:`), Buffer.from(body)]), "base64"),
    });
  },
  async zendesk({ secret, body, now, id }) {
    const timestamp = new Date(now * 1000).toISOString().replace(".000", "");
    return json({
      "x-zendesk-webhook-invocation-id": id, "x-zendesk-webhook-signature-timestamp": timestamp,
      "x-zendesk-webhook-signature": hmac("sha256", secret, timestamp + body, "base64"),
    });
  },
  async intercom({ secret, body }) {
    return json({ "x-hub-signature": "sha1=" + hmac("sha1", secret, body, "hex") });
  },
  async helpscout({ secret, body }) {
    return json({ "x-helpscout-event": "convo.created", "x-helpscout-signature": hmac("sha1", secret, body, "base64") });
  },
  async segment({ secret, body }) {
    const parsed = JSON.parse(body);
    const signed = Array.isArray(parsed) ? JSON.stringify(parsed[0]) : body;
    return json({ "x-signature": hmac("sha1", secret, signed, "hex") });
  },
  async meta({ secret, body }) {
    return json({ "x-hub-signature-256": "sha256=" + hmac("sha256", secret, body, "hex") });
  },
  async kapso({ secret, body, id }) {
    return json({ "x-webhook-event": "whatsapp.message.received", "x-idempotency-key": id, "x-webhook-signature": hmac("sha256", secret, body, "hex") });
  },
  async pipedrive({ secret }) {
    return json({ authorization: "Basic " + Buffer.from(`lealup:${secret}`).toString("base64") });
  },
  async google_channel({ secret, state, number }) {
    return {
      "x-goog-channel-id": "0e7b1cc0-channel", "x-goog-channel-token": secret, "x-goog-resource-id": "o3hgv1538sdjfh",
      "x-goog-resource-state": state ?? "exists", "x-goog-message-number": String(number ?? 10),
    };
  },
  async graph() {
    return json({});
  },
  // The provider signs with a key of its own, whose public half its key set shows: "key" is a PEM.
  async pubsub({ key, kid, claims, now }) {
    const jsonwebtoken = require("jsonwebtoken");
    const token = jsonwebtoken.sign(
      { iat: now, exp: now + 3600, iss: "https://accounts.google.com", email_verified: true, ...claims },
      key, { algorithm: "RS256", keyid: kid });
    return json({ authorization: `Bearer ${token}` });
  },
};

for (const line of fs.readFileSync(0, "utf8").split("\n")) {
  if (line === "") continue;
  const request = { body: "", id: crypto.randomUUID(), now: Math.floor(Date.now() / 1000), ...JSON.parse(line) };
  if (!kinds[request.kind]) throw new Error(`unknown kind: ${request.kind}`);
  const headers = await kinds[request.kind](request);
  console.log(JSON.stringify({ method: "POST", url: request.url, headers, body: request.body }));
}
