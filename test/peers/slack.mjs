#!/usr/bin/env node
// A double of one Slack workspace with one app: it keeps state, enforces what Slack documents, and sends events, buttons and commands as Slack does, signed.
//
//   node slack.mjs [PORT [CONTROL_PORT]] [--ports FILE] [--log FILE] [--verifier MODULE]
//
// Without ports it takes free ones; it tells them on standard output and, as {"slack": n, "control": n}, in FILE.  With --ports it ends when its standard input closes.
// --log: a line of JSON for each request to the Web API: time, method, token's kind, what was asked, the answer's error.
// --verifier: a module that exports verifySlackRequest({signingSecret, body, headers}), as @slack/bolt does: what is sent has to pass it first.
//
// PORT: GET /oauth/v2/authorize, POST /api/oauth.v2.access, and the methods of the Web API below /api.  URLs are those of slack.com with another host.
// CONTROL_PORT, bodies are JSON:
//   POST /reset                       forgets everything
//   POST /app {client_id, client_secret, signing_secret, redirect_uris, rotation, expires_in, declines: [scopes], denies}
//   POST /users {email, name, id?, ...}    adds somebody, gives {id};  POST /user {id, ...}    changes a profile, which is told of (user_change)
//   POST /channels {name, id?, private, archived, joined, shared, members: [ids]}   adds a channel, gives {id};  POST /channel {id, ...} changes it, which is told of
//   POST /join, /leave {channel, user}   user "bot" is the app
//   POST /request_url {url}           as entered in the app's settings; gives {ok} or {error}, after the challenge
//   POST /say {channel, user, text, thread?, files?}   gives {ts};  POST /edit {channel, ts, text}, POST /delete {channel, ts}
//   POST /chat {channel, threads: [ts], user, text, count, per_second}   answers in threads in turn, "text n"; gives {count}
//   POST /press {channel, ts, action, user, value?}   presses a button of a message (value: as it was when somebody saw it);  POST /command {command, text, user, channel?}: both give {status, body, headers, ms}
//   POST /commands {commands: [text], users: [ids], count, per_second}   many commands; gives {count, failed, ms: [sorted]}
//   POST /tokens {scopes: []}         installs the app without a browser
//   POST /uninstall, POST /revoke     what the workspace's admins may do
//   POST /deliver {hold?, shuffle?, retry_scale?}   hold: events wait for POST /flush, where shuffle mixes them;  GET /deliveries, DELETE /deliveries
//   POST /envelope {event}            sends any event as it is
//   POST /faults {path, skip?, times?, and one of: status + body + headers | error | reset: true | lose: true (does it, and drops the connection); delay_ms?}, DELETE /faults
//   POST /limits {method: n per minute, per_channel_ms: n}
//   POST /messages {channel, thread?} gives {messages};  GET /channels;  GET /calls, DELETE /calls;  POST /clock {advance: seconds}
import crypto from "node:crypto";
import fs from "node:fs";
import http from "node:http";
import https from "node:https";
import { createRequire } from "node:module";
import path from "node:path";
import { parseArgs } from "node:util";

const MAX_BODY = 4 << 20;
const { values: options, positionals } = parseArgs({ allowPositionals: true, options: { ports: { type: "string" }, log: { type: "string" }, verifier: { type: "string" } } });
const log = options.log && fs.createWriteStream(options.log);
const verify = options.verifier && createRequire(path.resolve(options.verifier))(options.verifier).verifySlackRequest;

class Refusal extends Error {
  constructor(error, more = {}, status = 200, headers = {}) {
    super(error);
    Object.assign(this, { error, more, status, headers });
  }
}

export const world = {};

export function reset() {
  Object.assign(world, {
    team: { id: "T0001", name: "Team" }, offset: 0, users: new Map(), channels: new Map(), tokens: new Map(), refresh: new Map(), codes: new Map(), faults: [], limits: {}, used: new Map(),
    calls: new Map(), deliveries: [], waiting: [], hold: false, shuffle: false, retry_scale: 0.01, url: null, lastTs: 0, serial: 0,
    app: { id: "A0001", client_id: "client", client_secret: "secret", signing_secret: "8f742231b10e8888abcd99yyyzzz85a5", redirect_uris: null, rotation: false, expires_in: 43200, declines: [], denies: false },
    bot: { user_id: "U0BOT", id: "B0001" }, installed: false,
  });
  world.users.set(world.bot.user_id, { id: world.bot.user_id, team_id: world.team.id, name: "lealup", deleted: false, is_bot: true, updated: 1, profile: { real_name: "lealup" } });
  world.users.set("USLACKBOT", { id: "USLACKBOT", team_id: world.team.id, name: "slackbot", deleted: false, is_bot: false, updated: 1, profile: { real_name: "Slackbot" } });
}

export const now = () => Date.now() + world.offset;
const id = (prefix) => `${prefix}${(++world.serial).toString(36).toUpperCase().padStart(8, "0")}`;
// Times of messages are unique in their channel; here they are in the workspace.
function ts() {
  world.lastTs = Math.max(world.lastTs + 1, Math.floor(now() * 1000));
  return `${Math.floor(world.lastTs / 1e6)}.${String(world.lastTs % 1e6).padStart(6, "0")}`;
}
const channelOf = (name) => {
  const channel = world.channels.get(name) ?? [...world.channels.values()].find((c) => c.name && (c.name === name || `#${c.name}` === name));
  if (!channel) throw new Refusal("channel_not_found");
  return channel;
};
function openIm(user) {
  if (!world.users.has(user)) throw new Refusal("user_not_found");
  let channel = [...world.channels.values()].find((c) => c.im === user);
  if (!channel) {
    channel = { id: id("D"), im: user, members: new Set([user, world.bot.user_id]), messages: [] };
    world.channels.set(channel.id, channel);
  }
  return channel;
}

// ----- Block Kit: https://docs.slack.dev/reference/block-kit/blocks -----

export function blockFaults(blocks) {
  const faults = [];
  const ids = new Set();
  const text = (t, where, most, types = ["plain_text", "mrkdwn"]) => {
    if (!t || typeof t !== "object" || !types.includes(t.type)) return faults.push(`${where}: type is not ${types.join(" or ")}`);
    if (typeof t.text !== "string" || !t.text.length) faults.push(`${where}: must be more than 0 characters`);
    else if ([...t.text].length > most) faults.push(`${where}: must be less than ${most + 1} characters`);
    for (const k of Object.keys(t)) if (!["type", "text", "emoji", "verbatim"].includes(k) || (k === "emoji" && t.type !== "plain_text") || (k === "verbatim" && t.type !== "mrkdwn")) faults.push(`${where}: unknown member ${k}`);
  };
  const members = (o, where, known) => { for (const k of Object.keys(o)) if (!known.includes(k)) faults.push(`${where}: unknown member ${k}`); };
  const element = (e, where) => {
    if (e?.type === "button") {
      members(e, where, ["type", "text", "action_id", "url", "value", "style", "confirm", "accessibility_label"]);
      text(e.text, `${where}/text`, 75, ["plain_text"]);
      if (e.action_id !== undefined && !(e.action_id.length <= 255)) faults.push(`${where}/action_id`);
      if (e.value !== undefined && !(typeof e.value === "string" && e.value.length <= 2000)) faults.push(`${where}/value`);
      if (e.url !== undefined && !(/^https?:\/\//.test(e.url) && e.url.length <= 3000)) faults.push(`${where}/url`);
      if (e.style !== undefined && !["primary", "danger"].includes(e.style)) faults.push(`${where}/style`);
      if (e.confirm) {
        members(e.confirm, `${where}/confirm`, ["title", "text", "confirm", "deny", "style"]);
        text(e.confirm.title, `${where}/confirm/title`, 100, ["plain_text"]);
        text(e.confirm.text, `${where}/confirm/text`, 300, ["plain_text", "mrkdwn"]);
        text(e.confirm.confirm, `${where}/confirm/confirm`, 30, ["plain_text"]);
        text(e.confirm.deny, `${where}/confirm/deny`, 30, ["plain_text"]);
      }
    } else faults.push(`${where}: unsupported type ${e?.type}`);
  };
  if (!Array.isArray(blocks)) return ["blocks is no array"];
  if (blocks.length > 50) faults.push("no more than 50 items allowed");
  blocks.forEach((b, n) => {
    const where = `/blocks/${n}`;
    if (b?.block_id !== undefined) {
      if (typeof b.block_id !== "string" || !b.block_id || b.block_id.length > 255) faults.push(`${where}/block_id`);
      if (ids.has(b.block_id)) faults.push(`${where}/block_id: not unique`);
      ids.add(b.block_id);
    }
    switch (b?.type) {
      case "section":
        members(b, where, ["type", "text", "fields", "accessory", "block_id", "expand"]);
        if (!b.text && !b.fields) faults.push(`${where}: missing text or fields`);
        if (b.text) text(b.text, `${where}/text`, 3000);
        if (b.fields) {
          if (!b.fields.length || b.fields.length > 10) faults.push(`${where}/fields: 1 to 10 items`);
          b.fields.forEach((f, i) => text(f, `${where}/fields/${i}`, 2000));
        }
        if (b.accessory) element(b.accessory, `${where}/accessory`);
        break;
      case "header":
        members(b, where, ["type", "text", "block_id"]);
        text(b.text, `${where}/text`, 150, ["plain_text"]);
        break;
      case "context":
        members(b, where, ["type", "elements", "block_id"]);
        if (!Array.isArray(b.elements) || !b.elements.length || b.elements.length > 10) faults.push(`${where}/elements: 1 to 10 items`);
        else b.elements.forEach((e, i) => text(e, `${where}/elements/${i}`, 3000));
        break;
      case "actions":
        members(b, where, ["type", "elements", "block_id"]);
        if (!Array.isArray(b.elements) || !b.elements.length || b.elements.length > 25) faults.push(`${where}/elements: 1 to 25 items`);
        else b.elements.forEach((e, i) => element(e, `${where}/elements/${i}`));
        if (Array.isArray(b.elements) && new Set(b.elements.map((e) => e.action_id)).size !== b.elements.length) faults.push(`${where}/elements: action_id not unique`);
        break;
      case "divider":
        members(b, where, ["type", "block_id"]);
        break;
      default:
        faults.push(`${where}: unsupported type ${b?.type}`);
    }
  });
  return faults;
}

// ----- What Slack sends -----

function signed(body) {
  const at = String(Math.floor(now() / 1000));
  const headers = { "x-slack-request-timestamp": at, "x-slack-signature": `v0=${crypto.createHmac("sha256", world.app.signing_secret).update(`v0:${at}:${body}`).digest("hex")}`,
    "user-agent": "Slackbot 1.0 (+https://api.slack.com/robots)" };
  verify?.({ signingSecret: world.app.signing_secret, body, headers, logger: { debug() {}, warn() {}, error() {} } });
  return headers;
}

const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
export function post(url, body, type, more = {}) {
  return new Promise((resolve) => {
    const began = performance.now();
    const target = new URL(url);
    const done = (answer) => resolve({ ms: performance.now() - began, ...answer });
    const req = (target.protocol === "https:" ? https : http).request(target, { method: "POST", agent: target.protocol === "https:" ? undefined : agent,
      headers: { ...signed(body), "content-type": type, "content-length": Buffer.byteLength(body), ...more } }, (res) => {
      const parts = [];
      res.on("data", (d) => parts.push(d)).on("end", () => done({ status: res.statusCode, headers: res.headers, text: Buffer.concat(parts).toString() })).on("error", (e) => done({ status: 0, text: String(e) }));
    });
    // Whoever needs longer has not answered.
    req.setTimeout(3000, () => req.destroy(new Error("http_timeout")));
    req.on("error", (e) => done({ status: 0, text: e.message, headers: {} }));
    req.end(body);
  });
}

export function emit(event, more = {}) {
  const envelope = { token: "verification-token", team_id: world.team.id, context_team_id: world.team.id, context_enterprise_id: null, api_app_id: world.app.id, event, type: "event_callback",
    event_id: id("Ev"), event_time: Math.floor(now() / 1000), authorizations: [{ enterprise_id: null, team_id: world.team.id, user_id: world.bot.user_id, is_bot: true, is_enterprise_install: false }],
    is_ext_shared_channel: false, event_context: id("4-"), ...more };
  if (!world.url || !world.installed) return envelope.event_id;
  if (world.hold) world.waiting.push(envelope);
  else deliver(envelope);
  return envelope.event_id;
}

async function deliver(envelope) {
  const note = { event_id: envelope.event_id, type: envelope.event.type, subtype: envelope.event.subtype, attempts: 0, statuses: [], done: false };
  const of = world.deliveries;
  of.push(note);
  const body = JSON.stringify(envelope);
  let reason;
  for (const wait of [0, 0, 60, 300]) {
    await new Promise((go) => setTimeout(go, wait * 1000 * world.retry_scale));
    if (of !== world.deliveries) return;
    const answer = await post(world.url, body, "application/json", note.attempts ? { "x-slack-retry-num": String(note.attempts), "x-slack-retry-reason": reason } : {});
    note.attempts++;
    note.statuses.push(answer.status);
    note.ms = answer.ms;
    if (answer.status >= 200 && answer.status < 300) break;
    reason = answer.status ? "http_error" : answer.text === "http_timeout" ? "http_timeout" : "connection_failed";
    if (answer.headers?.["x-slack-no-retry"] === "1") break;
  }
  note.done = true;
}

// A message event goes to the app if it is in the channel and was granted to read there.
export function tellMessage(channel, event) {
  const scope = channel.im ? "im:history" : channel.private ? "groups:history" : "channels:history";
  if (!channel.members.has(world.bot.user_id) || !granted().includes(scope)) return;
  emit({ type: "message", channel: channel.id, channel_type: channel.im ? "im" : channel.private ? "group" : "channel", event_ts: event.ts, ...event }, { is_ext_shared_channel: Boolean(channel.shared) });
}
const granted = () => [...world.tokens.values()].findLast((t) => !t.revoked)?.scopes ?? [];

const shown = (m) => {
  const { files, deleted, key, ...rest } = m;
  return { type: "message", team: world.team.id, ...rest, ...(files && { files, upload: false }) };
};
const live = (channel) => channel.messages.filter((m) => !m.deleted);
export const find = (channel, at) => live(channel).find((m) => m.ts === at);

function add(channel, message) {
  const m = { ...message, ts: ts() };
  channel.messages.push(m);
  if (m.thread_ts) {
    const root = find(channel, m.thread_ts);
    root.thread_ts = root.ts;
    root.reply_count = (root.reply_count ?? 0) + 1;
    root.latest_reply = m.ts;
  }
  tellMessage(channel, m.files ? { ...shown(m), subtype: "file_share" } : shown(m));
  if (!m.bot_id && m.text?.includes(`<@${world.bot.user_id}>`) && granted().includes("app_mentions:read")) {
    emit({ type: "app_mention", user: m.user, text: m.text, ts: m.ts, channel: channel.id, event_ts: m.ts, ...(m.thread_ts && { thread_ts: m.thread_ts }) });
  }
  return m;
}
function change(channel, m, fields) {
  const before = shown({ ...m });
  Object.assign(m, fields, { edited: { user: fields.by ?? m.user, ts: ts() } });
  delete m.by;
  tellMessage(channel, { subtype: "message_changed", hidden: true, message: shown(m), previous_message: before, ts: ts() });
}
function remove(channel, m) {
  const before = shown({ ...m });
  if (m.reply_count) {
    // A root with answers stays as a tombstone.
    Object.assign(m, { subtype: "tombstone", text: "This message was deleted.", hidden: true, user: "USLACKBOT" });
    delete m.blocks;
    tellMessage(channel, { subtype: "message_changed", hidden: true, message: shown(m), previous_message: before, ts: ts() });
    return;
  }
  m.deleted = true;
  const root = m.thread_ts && m.thread_ts !== m.ts && find(channel, m.thread_ts);
  if (root) root.reply_count--;
  tellMessage(channel, { subtype: "message_deleted", hidden: true, deleted_ts: m.ts, previous_message: before, ts: ts() });
}

// ----- The Web API -----

function limit(name, most, ms = 60000) {
  const used = world.used.get(name)?.filter((at) => at > now() - ms) ?? [];
  if (used.length >= most) throw new Refusal("ratelimited", {}, 429, { "retry-after": String(Math.max(1, Math.ceil((used[0] + ms - now()) / 1000))) });
  used.push(now());
  world.used.set(name, used);
}

function page(items, args, most) {
  const size = Number(args.limit ?? 100);
  if (!(size >= 1 && size <= most)) throw new Refusal("invalid_limit");
  const at = args.cursor ? Number(Buffer.from(args.cursor, "base64").toString().replace(/^at:/, "")) : 0;
  if (!Number.isInteger(at) || at < 0 || at > items.length) throw new Refusal("invalid_cursor");
  return { items: items.slice(at, at + size), response_metadata: { next_cursor: at + size < items.length ? Buffer.from(`at:${at + size}`).toString("base64") : "" } };
}

const shownUser = (u, token) => ({ ...u, profile: { ...u.profile, ...(token.scopes.includes("users:read.email") ? {} : { email: undefined }) } });
const shownChannel = (c) => c.im ? { id: c.id, is_im: true, user: c.im, is_archived: false } : { id: c.id, name: c.name, is_channel: !c.private, is_group: Boolean(c.private), is_im: false, is_private: Boolean(c.private),
  is_archived: Boolean(c.archived), is_member: c.members.has(world.bot.user_id), is_ext_shared: Boolean(c.shared), is_pending_ext_shared: false, is_shared: Boolean(c.shared), num_members: c.members.size };

function checkContent(args, what = "no_text") {
  if (args.blocks !== undefined) {
    const blocks = typeof args.blocks === "string" ? JSON.parse(args.blocks) : args.blocks;
    const faults = blockFaults(blocks);
    if (faults.length) throw new Refusal("invalid_blocks", { errors: faults, response_metadata: { messages: faults.map((f) => `[ERROR] ${f}`) } });
    args.blocks = blocks;
  }
  if (!args.text && !args.blocks?.length && !args.attachments) throw new Refusal(what);
  if ([...(args.text ?? "")].length > 40000) throw new Refusal("msg_too_long");
  if (args.metadata !== undefined) {
    const metadata = typeof args.metadata === "string" ? JSON.parse(args.metadata) : args.metadata;
    if (typeof metadata.event_type !== "string" || typeof metadata.event_payload !== "object") throw new Refusal("invalid_metadata_format");
    args.metadata = metadata;
  }
}

export const methods = {
  "auth.test": { handle: () => ({ url: "https://team.slack.com/", team: world.team.name, user: "lealup", team_id: world.team.id, user_id: world.bot.user_id, bot_id: world.bot.id, is_enterprise_install: false }) },
  "auth.revoke": { handle: (args, token) => ((token.revoked = true), { revoked: true }) },
  "users.list": { scopes: ["users:read"], handle: (args, token) => {
    const { items, response_metadata } = page([...world.users.values()], args, 1000);
    return { members: items.map((u) => shownUser(u, token)), cache_ts: Math.floor(now() / 1000), response_metadata };
  } },
  "users.info": { scopes: ["users:read"], handle: (args, token) => {
    if (!world.users.has(args.user)) throw new Refusal("user_not_found");
    return { user: shownUser(world.users.get(args.user), token) };
  } },
  "conversations.list": { scopes: ["channels:read"], handle: (args, token) => {
    const types = (args.types ?? "public_channel").split(",");
    for (const [type, scope] of [["private_channel", "groups:read"], ["im", "im:read"]]) if (types.includes(type) && !token.scopes.includes(scope)) throw new Refusal("missing_scope", { needed: scope, provided: token.scopes.join(",") });
    const all = [...world.channels.values()].filter((c) => c.im ? types.includes("im") : c.private ? types.includes("private_channel") && c.members.has(world.bot.user_id) : types.includes("public_channel"));
    const { items, response_metadata } = page(args.exclude_archived === "true" ? all.filter((c) => !c.archived) : all, args, 1000);
    return { channels: items.map(shownChannel), response_metadata };
  } },
  "conversations.open": { scopes: ["im:write"], handle: (args) => ({ channel: { id: openIm(args.users).id } }) },
  "conversations.history": { scopes: [], handle: (args, token) => {
    const channel = readable(args, token);
    const all = live(channel).filter((m) => !m.thread_ts || m.thread_ts === m.ts).filter((m) => m.ts > (args.oldest ?? "0") && m.ts < (args.latest ?? "9")).reverse();
    const { items, response_metadata } = page(all, args, 999);
    return { messages: items.map((m) => withMetadata(m, args)), has_more: response_metadata.next_cursor !== "", response_metadata };
  } },
  "conversations.replies": { scopes: [], handle: (args, token) => {
    const channel = readable(args, token);
    if (!find(channel, args.ts)) throw new Refusal("thread_not_found");
    const { items, response_metadata } = page(live(channel).filter((m) => m.ts === args.ts || m.thread_ts === args.ts), args, 1000);
    return { messages: items.map((m) => withMetadata(m, args)), has_more: response_metadata.next_cursor !== "", response_metadata };
  } },
  "chat.postMessage": { scopes: ["chat:write"], handle: (args, token) => {
    checkContent(args);
    if (!args.channel) throw new Refusal("channel_not_found");
    const channel = /^[UW]/.test(args.channel) && !world.channels.has(args.channel) ? openIm(args.channel) : channelOf(args.channel);
    if (channel.archived) throw new Refusal("is_archived");
    if (!channel.members.has(world.bot.user_id) && (channel.private || !token.scopes.includes("chat:write.public"))) throw new Refusal(channel.private ? "channel_not_found" : "not_in_channel");
    if (world.limits.per_channel_ms) limit(`channel ${channel.id}`, 1, world.limits.per_channel_ms);
    if (args.client_msg_id !== undefined) {
      if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(args.client_msg_id)) throw new Refusal("invalid_arguments", { response_metadata: { messages: ["[ERROR] client_msg_id"] } });
      const same = channel.messages.find((m) => m.key === args.client_msg_id);
      if (same) return { channel: channel.id, ts: same.ts, message: shown(same) };
    }
    if (args.thread_ts && !find(channel, args.thread_ts)) throw new Refusal("thread_not_found");
    const m = add(channel, { user: world.bot.user_id, bot_id: world.bot.id, app_id: world.app.id, text: args.text ?? "", ...(args.blocks && { blocks: args.blocks }), ...(args.thread_ts && { thread_ts: args.thread_ts }),
      ...(args.metadata && { metadata: args.metadata }), ...(args.client_msg_id && { key: args.client_msg_id }) });
    return { channel: channel.id, ts: m.ts, message: shown(m) };
  } },
  "chat.update": { scopes: ["chat:write"], handle: (args) => {
    checkContent(args);
    const channel = channelOf(args.channel);
    const m = find(channel, args.ts);
    if (!m || m.subtype === "tombstone") throw new Refusal("message_not_found");
    if (m.bot_id !== world.bot.id) throw new Refusal("cant_update_message");
    // A change without blocks leaves those that there are, unless the text alone is given.
    change(channel, m, { text: args.text ?? m.text, blocks: args.blocks ?? (args.text === undefined ? m.blocks : undefined), ...(args.metadata && { metadata: args.metadata }) });
    return { channel: channel.id, ts: m.ts, text: m.text, message: shown(m) };
  } },
  "chat.delete": { scopes: ["chat:write"], handle: (args) => {
    const channel = channelOf(args.channel);
    const m = find(channel, args.ts);
    if (!m || m.subtype === "tombstone") throw new Refusal("message_not_found");
    if (m.bot_id !== world.bot.id) throw new Refusal("cant_delete_message");
    remove(channel, m);
    return { channel: channel.id, ts: args.ts };
  } },
};

function readable(args, token) {
  const channel = channelOf(args.channel);
  const scope = channel.im ? "im:history" : channel.private ? "groups:history" : "channels:history";
  if (!token.scopes.includes(scope)) throw new Refusal("missing_scope", { needed: scope, provided: token.scopes.join(",") });
  if (!channel.members.has(world.bot.user_id)) throw new Refusal("not_in_channel");
  return channel;
}
const withMetadata = (m, args) => { const s = shown(m); if (String(args.include_all_metadata) !== "true") delete s.metadata; return s; };

function authenticate(header, scopes) {
  const secret = /^Bearer (.+)$/.exec(header ?? "")?.[1];
  if (!secret) throw new Refusal("not_authed");
  const token = world.tokens.get(secret);
  if (!token) throw new Refusal("invalid_auth");
  if (token.revoked) throw new Refusal(world.installed ? "token_revoked" : "account_inactive");
  if (token.expires && token.expires <= now()) throw new Refusal("token_expired");
  const needed = (scopes ?? []).find((s) => !token.scopes.includes(s));
  if (needed) throw new Refusal("missing_scope", { needed, provided: token.scopes.join(",") });
  return token;
}

function issue(scopes) {
  const secret = `xoxb-${crypto.randomBytes(18).toString("hex")}`;
  const token = { scopes, expires: world.app.rotation ? now() + world.app.expires_in * 1000 : null, revoked: false };
  world.tokens.set(secret, token);
  const answer = { access_token: world.app.rotation ? `xoxe.${secret}` : secret, token_type: "bot", scope: scopes.join(","), bot_user_id: world.bot.user_id, app_id: world.app.id, team: world.team, enterprise: null,
    authed_user: { id: "U0ADMIN" }, is_enterprise_install: false };
  if (world.app.rotation) {
    world.tokens.set(answer.access_token, token);
    answer.refresh_token = `xoxe-1-${crypto.randomBytes(24).toString("hex")}`;
    answer.expires_in = world.app.expires_in;
    world.refresh.set(answer.refresh_token, { scopes, used: false });
  }
  return answer;
}

function access(form, header) {
  const basic = /^Basic (.+)$/.exec(header ?? "")?.[1];
  const [clientId, secret] = basic ? Buffer.from(basic, "base64").toString().split(":").map(decodeURIComponent) : [form.get("client_id"), form.get("client_secret")];
  if (clientId !== world.app.client_id) throw new Refusal("invalid_client_id");
  if (secret !== world.app.client_secret) throw new Refusal("bad_client_secret");
  if (form.get("grant_type") === "refresh_token") {
    const refresh = world.refresh.get(form.get("refresh_token"));
    // Each is good for once.
    if (!refresh || refresh.used || !world.installed) throw new Refusal("invalid_refresh_token");
    refresh.used = true;
    return issue(refresh.scopes);
  }
  const code = world.codes.get(form.get("code"));
  if (!code || code.expires < now()) throw new Refusal("invalid_code");
  if (code.used) throw new Refusal("code_already_used");
  if (code.redirect_uri !== form.get("redirect_uri")) throw new Refusal("bad_redirect_uri");
  code.used = true;
  world.installed = true;
  return issue(code.scopes);
}

function authorize(query) {
  const back = query.get("redirect_uri");
  if (query.get("client_id") !== world.app.client_id) return { status: 400, text: "Invalid client_id parameter" };
  if (world.app.redirect_uris && !world.app.redirect_uris.some((u) => back === u || back?.startsWith(`${u}/`))) return { status: 400, text: "redirect_uri did not match any configured URIs." };
  const scopes = (query.get("scope") ?? "").split(",").filter((s) => s && !world.app.declines.includes(s));
  if (!scopes.length || scopes.some((s) => /\s/.test(s))) return { status: 400, text: "Invalid permissions requested" };
  const to = new URL(back);
  to.searchParams.set("state", query.get("state") ?? "");
  if (world.app.denies) to.searchParams.set("error", "access_denied");
  else {
    const code = `${crypto.randomInt(1e9)}.${crypto.randomBytes(12).toString("hex")}`;
    world.codes.set(code, { scopes, redirect_uri: back, expires: now() + 600000, used: false });
    to.searchParams.set("code", code);
  }
  return { status: 302, text: "", headers: { location: String(to) } };
}

function readBody(req) {
  return new Promise((resolve, reject) => {
    const parts = [];
    let size = 0;
    req.on("data", (part) => ((size += part.length) > MAX_BODY ? reject(new Refusal("request_too_large", {}, 413)) : parts.push(part)))
      .on("end", () => resolve(Buffer.concat(parts).toString())).on("error", reject);
  });
}

function send(res, { status = 200, body, text, headers = {} }) {
  const out = text ?? JSON.stringify(body);
  res.writeHead(status, { "content-type": text === undefined ? "application/json; charset=utf-8" : "text/html; charset=utf-8", "content-length": Buffer.byteLength(out), ...headers });
  res.end(out);
}

async function answer(req, res) {
  const url = new URL(req.url, "http://slack.com");
  const text = req.method === "POST" ? await readBody(req) : "";
  const fault = world.faults.find((f) => f.times > 0 && req.url.includes(f.path) && (f.skip > 0 ? (f.skip--, false) : true));
  if (fault) fault.times--;
  if (fault?.delay_ms) await new Promise((go) => setTimeout(go, fault.delay_ms));
  if (fault?.reset) return req.socket.resetAndDestroy();
  if (fault?.status !== undefined) return send(res, { status: fault.status, headers: fault.headers, ...(typeof fault.body === "string" ? { text: fault.body } : { body: fault.body ?? {} }) });
  if (url.pathname === "/oauth/v2/authorize") return send(res, authorize(url.searchParams));
  const method = url.pathname.replace(/^\/api\//, "");
  world.calls.set(method, (world.calls.get(method) ?? 0) + 1);
  const note = { time: performance.timeOrigin + performance.now() + world.offset, method };
  try {
    if (fault?.error) throw new Refusal(fault.error);
    const type = req.headers["content-type"] ?? "";
    if (method === "oauth.v2.access") return send(res, { body: { ok: true, ...access(new URLSearchParams(text), req.headers.authorization) } });
    if (!methods[method]) throw new Refusal("unknown_method", { req_method: method });
    const token = authenticate(req.headers.authorization, methods[method].scopes);
    let args = Object.fromEntries(url.searchParams);
    if (text && /^application\/json/.test(type)) {
      try {
        args = { ...args, ...JSON.parse(text) };
      } catch {
        throw new Refusal("invalid_json");
      }
      if (!/charset=utf-8/i.test(type)) note.warning = "missing_charset";
    } else if (text && /^application\/x-www-form-urlencoded/.test(type)) args = { ...args, ...Object.fromEntries(new URLSearchParams(text)) };
    else if (text) throw new Refusal("invalid_form_data");
    note.args = args;
    if (world.limits[method]) limit(method, world.limits[method]);
    const made = methods[method].handle(args, token);
    if (fault?.lose) return req.socket.resetAndDestroy();
    send(res, { body: { ok: true, ...made } });
  } catch (error) {
    if (!(error instanceof Refusal)) console.error(error);
    note.error = error.error ?? "fatal_error";
    send(res, { status: error.status ?? 200, body: { ok: false, error: note.error, ...error.more }, headers: error.headers });
  } finally {
    log?.write(`${JSON.stringify(note)}\n`);
  }
}

// ----- Control -----

const userId = (name) => (name === "bot" ? world.bot.user_id : name);
const need = (channel, at) => find(channel, at) ?? (() => { throw new Error(`there is no message ${at}`); })();
const parsed = (text) => { try { return JSON.parse(text); } catch { return text; } };
function commandBody(command, text, user, channel) {
  return String(new URLSearchParams({ token: "verification-token", team_id: world.team.id, team_domain: "team", channel_id: channel ?? "C0", channel_name: "general", user_id: user, user_name: world.users.get(user)?.name ?? "x",
    command, text: text ?? "", api_app_id: world.app.id, is_enterprise_install: "false", response_url: "https://hooks.slack.com/commands/1234/5678", trigger_id: `${id("")}.${crypto.randomInt(1e9)}` }));
}
const form = "application/x-www-form-urlencoded";

export const control = {
  "POST /reset": () => reset(),
  "POST /app": (b) => Object.assign(world.app, b),
  "POST /team": (b) => Object.assign(world.team, b),
  "POST /users": ({ email, id: given, name, ...more }) => {
    const u = { id: given ?? id("U"), team_id: world.team.id, name: name ?? email?.split("@")[0], deleted: false, is_bot: false, is_restricted: false, is_email_confirmed: true, updated: Math.floor(now() / 1000), ...more,
      profile: { real_name: name, email, ...more.profile } };
    world.users.set(u.id, u);
    if (world.installed) emit({ type: "team_join", user: u, cache_ts: u.updated, event_ts: ts() });
    return { id: u.id };
  },
  "POST /user": ({ id: which, ...b }) => {
    const u = world.users.get(which);
    Object.assign(u, b, { updated: Math.floor(now() / 1000), profile: { ...u.profile, ...b.profile } });
    emit({ type: "user_change", user: u, cache_ts: u.updated, event_ts: ts() });
  },
  "POST /channels": ({ name, id: given, joined = true, members = [], ...more }) => {
    const c = { id: given ?? id("C"), name, members: new Set(joined ? [...members, world.bot.user_id] : members), messages: [], ...more };
    world.channels.set(c.id, c);
    if (!c.private) emit({ type: "channel_created", channel: { id: c.id, name, created: Math.floor(now() / 1000) } });
    return { id: c.id };
  },
  "POST /channel": ({ id: which, ...b }) => {
    const c = world.channels.get(which);
    Object.assign(c, b);
    if (b.name) emit({ type: "channel_rename", channel: { id: c.id, name: c.name } });
    if (b.archived !== undefined) emit({ type: b.archived ? "channel_archive" : "channel_unarchive", channel: c.id, user: "U0ADMIN" });
    if (b.shared !== undefined) emit({ type: b.shared ? "channel_shared" : "channel_unshared", channel: c.id });
  },
  "POST /join": ({ channel, user }) => {
    const c = channelOf(channel);
    c.members.add(userId(user));
    emit({ type: "member_joined_channel", user: userId(user), channel: c.id, channel_type: c.private ? "G" : "C", team: world.team.id, event_ts: ts() });
  },
  "POST /leave": ({ channel, user }) => {
    const c = channelOf(channel);
    emit({ type: "member_left_channel", user: userId(user), channel: c.id, channel_type: c.private ? "G" : "C", team: world.team.id, event_ts: ts() });
    c.members.delete(userId(user));
  },
  "POST /request_url": async ({ url }) => {
    const challenge = crypto.randomBytes(20).toString("hex");
    const got = await post(url, JSON.stringify({ token: "verification-token", challenge, type: "url_verification" }), "application/json");
    const echoed = parsed(got.text)?.challenge ?? got.text;
    if (got.status !== 200 || echoed !== challenge) return { error: `Your URL didn't respond with the value of the challenge parameter: ${got.status} ${got.text}` };
    world.url = url;
    return { ok: true };
  },
  "POST /say": ({ channel, user, text, thread, files }) => {
    const c = channel ? channelOf(channel) : openIm(user);
    return { channel: c.id, ts: add(c, { user, text, client_msg_id: crypto.randomUUID(), ...(thread && { thread_ts: thread }), ...(files && { files }) }).ts };
  },
  "POST /chat": async ({ channel, threads, user, text, count, per_second }) => {
    await Promise.all(Array.from({ length: count }, async (_, n) => {
      await new Promise((go) => setTimeout(go, (n * 1000) / per_second));
      add(channelOf(channel), { user, text: `${text} ${n}`, client_msg_id: crypto.randomUUID(), thread_ts: threads[n % threads.length] });
    }));
    return { count };
  },
  "POST /edit": ({ channel, ts: at, text }) => change(channelOf(channel), need(channelOf(channel), at), { text }),
  "POST /delete": ({ channel, ts: at }) => remove(channelOf(channel), need(channelOf(channel), at)),
  "POST /press": async ({ channel, ts: at, action, user, value }) => {
    const c = channelOf(channel);
    const m = need(c, at);
    const block = m.blocks?.find((b) => (b.elements ?? [b.accessory]).some((e) => e?.action_id === action));
    if (!block) throw new Error(`there is no button ${action}: ${JSON.stringify(m.blocks)}`);
    const button = (block.elements ?? [block.accessory]).find((e) => e?.action_id === action);
    const payload = { type: "block_actions", user: { id: user, username: "x", name: "x", team_id: world.team.id }, api_app_id: world.app.id, token: "verification-token",
      container: { type: "message", message_ts: at, channel_id: c.id, is_ephemeral: false }, trigger_id: id("13345224609."), team: { id: world.team.id, domain: "team" }, enterprise: null, is_enterprise_install: false,
      channel: { id: c.id, name: c.name ?? "directmessage" }, message: shown(m), state: { values: {} }, response_url: "https://hooks.slack.com/actions/1/2/3",
      actions: [{ action_id: action, block_id: block.block_id ?? "b", text: button.text, value: value ?? button.value, style: button.style, type: "button", action_ts: ts() }] };
    const got = await post(world.url, String(new URLSearchParams({ payload: JSON.stringify(payload) })), form);
    return { ...got, body: parsed(got.text) };
  },
  "POST /command": async ({ command = "/lealup", text, user, channel }) => {
    const got = await post(world.url, commandBody(command, text, user, channel), form);
    return { ...got, body: parsed(got.text) };
  },
  "POST /commands": async ({ commands, users, count, per_second }) => {
    const results = await Promise.all(Array.from({ length: count }, async (_, n) => {
      await new Promise((go) => setTimeout(go, (n * 1000) / per_second));
      return post(world.url, commandBody("/lealup", commands[n % commands.length], users[n % users.length]), form);
    }));
    return { count, failed: results.filter((r) => r.status !== 200).length, ms: results.map((r) => r.ms).sort((a, b) => a - b) };
  },
  "POST /tokens": (b) => ((world.installed = true), issue(b.scopes)),
  "POST /uninstall": () => {
    for (const t of world.tokens.values()) t.revoked = true;
    emit({ type: "app_uninstalled" });
    world.installed = false;
  },
  "POST /revoke": () => {
    for (const t of world.tokens.values()) t.revoked = true;
    emit({ type: "tokens_revoked", tokens: { oauth: [], bot: [world.bot.user_id] } });
  },
  "POST /deliver": (b) => Object.assign(world, b),
  "POST /flush": () => {
    const all = world.waiting.splice(0);
    if (world.shuffle) for (let n = all.length - 1; n > 0; n--) { const k = crypto.randomInt(n + 1); [all[n], all[k]] = [all[k], all[n]]; }
    all.forEach(deliver);
    return { flushed: all.length };
  },
  "POST /envelope": (b) => ({ event_id: emit(b.event, b.envelope) }),
  "GET /deliveries": () => world.deliveries,
  "DELETE /deliveries": () => { world.deliveries = []; },
  "POST /faults": (b) => { for (const f of [b].flat()) world.faults.push({ times: 1, skip: 0, ...f }); },
  "GET /faults": () => world.faults,
  "DELETE /faults": () => { world.faults = []; },
  "POST /limits": (b) => { world.limits = b; world.used.clear(); },
  "POST /messages": ({ channel, thread }) => {
    const c = channelOf(channel);
    return { messages: live(c).filter((m) => !thread || m.ts === thread || m.thread_ts === thread).map(shown) };
  },
  "GET /channels": () => [...world.channels.values()].map((c) => ({ ...shownChannel(c), members: [...c.members], messages: live(c).length })),
  "GET /calls": () => Object.fromEntries(world.calls),
  "DELETE /calls": () => world.calls.clear(),
  "POST /clock": (b) => { world.offset += b.advance * 1000; },
};

reset();
const server = http.createServer({ keepAliveTimeout: 60000 }, (req, res) => answer(req, res).catch((error) => (console.error(error), res.headersSent ? res.destroy() : send(res, { status: 500, text: "error" }))));
const controller = http.createServer(async (req, res) => {
  try {
    const handle = control[`${req.method} ${req.url}`];
    if (!handle) throw new Error(`known: ${Object.keys(control).join(", ")}`);
    const text = await readBody(req);
    send(res, { body: (await handle(text ? JSON.parse(text) : {})) ?? {} });
  } catch (error) {
    send(res, { status: 400, body: { error: error.error ?? String(error.stack) } });
  }
});
const listen = (s, port) => new Promise((done) => s.listen(port, "127.0.0.1", () => done(s.address().port)));
const ports = { slack: await listen(server, Number(positionals[0] ?? 0)), control: await listen(controller, Number(positionals[1] ?? 0)) };
if (options.ports) {
  fs.writeFileSync(`${options.ports}.new`, JSON.stringify(ports));
  fs.renameSync(`${options.ports}.new`, options.ports);
  process.stdin.on("end", () => process.exit(0)).on("error", () => process.exit(0)).resume();
}
console.log(JSON.stringify(ports));
