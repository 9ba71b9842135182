// What the doubles of Google Calendar and Google Drive share: partial answers, pages, and notification channels.
import { ApiError, random } from "./world.mjs";

export const badParameter = (name, message, reason = "invalid") => new ApiError(400, reason, message, { location: name, locationType: "parameter" });

// "Partial responses": fields=a,b(c,d),e/f; "*" is all.  A selection that cannot be read is 400 invalidParameter, "Invalid field selection".
function parseFields(text) {
  let at = 0;
  const list = (depth) => {
    const tree = {};
    for (;;) {
      const name = /^[A-Za-z0-9_*]+/.exec(text.slice(at))?.[0];
      if (!name) throw badParameter("fields", `Invalid field selection ${text.slice(at, at + 40)}`, "invalidParameter");
      at += name.length;
      let below = null;
      if (text[at] === "/") {
        at++;
        const rest = /^[A-Za-z0-9_*]+/.exec(text.slice(at))?.[0] ?? "";
        at += rest.length;
        below = { [rest]: null };
      } else if (text[at] === "(") {
        at++;
        below = list(depth + 1);
        if (text[at++] !== ")") throw badParameter("fields", `Invalid field selection ${text}`, "invalidParameter");
      }
      tree[name] = below && { ...tree[name], ...below };
      if (text[at] !== ",") return tree;
      at++;
    }
  };
  const tree = list(0);
  if (at !== text.length) throw badParameter("fields", `Invalid field selection ${text.slice(at)}`, "invalidParameter");
  return tree;
}

function cut(value, tree) {
  if (!tree || "*" in tree || value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map((v) => cut(v, tree));
  return Object.fromEntries(Object.keys(tree).filter((k) => value[k] !== undefined).map((k) => [k, cut(value[k], tree[k])]));
}

export const select = (body, fields) => (fields ? cut(body, parseFields(fields)) : body);

export function size(query, name, standard, most) {
  const text = query.get(name);
  if (text === null) return standard;
  if (!/^\d{1,9}$/.test(text) || Number(text) < 1) throw badParameter(name, `Invalid value '${text}'. Values must be within the range: [1, ${most}]`, "invalidParameter");
  return Math.min(Number(text), most);
}

// Lists in pages.  A page token belongs to one question; Google: "Invalid Value" for one that is not its own.
export class Pages {
  constructor() {
    this.open = new Map();
  }

  start(question, items, last) {
    return { question, items, last };
  }

  take(token, question) {
    const page = this.open.get(token);
    if (!page || page.question !== question) throw badParameter("pageToken", "Invalid Value");
    return page;
  }

  // The next items, and the token of the rest; null if that was all.
  next(page, count) {
    const items = page.items.slice(0, count);
    if (page.items.length <= count) return { items, token: null };
    const token = random(20);
    this.open.set(token, { ...page, items: page.items.slice(count) });
    return { items, token };
  }
}

// "Push notifications" (Calendar, and alike Drive).
export class Channels {
  constructor(world, { seconds, most, state }) {
    Object.assign(this, { world, seconds, most, state });
    this.reset();
  }

  reset() {
    this.known = new Map();
    this.sent = [];
  }

  open(user, resource, body, uri) {
    const now = this.world.now();
    // id: "A UUID or similar unique string that identifies this channel", at most 64 characters; type: web_hook; address: "must be HTTPS", with a valid
    // certificate.  The double takes plain HTTP on the loopback, since nobody has certificates for that.
    if (typeof body?.id !== "string" || !/^[A-Za-z0-9\-_+/=]{1,64}$/.test(body.id)) throw badParameter("id", "Invalid value for channel id", "required");
    if (body.type !== "web_hook") throw badParameter("type", `Unknown channel type ${body.type}`, "invalid");
    if (!/^(https:\/\/|http:\/\/(127\.0\.0\.1|localhost)[:/])/.test(body.address ?? "")) throw new ApiError(400, "push.webhookUrlNotHttps", `WebHook callback must be HTTPS: ${body.address}`);
    if (String(body.token ?? "").length > 256) throw badParameter("token", "Channel token is too long");
    if (this.known.has(body.id)) throw new ApiError(400, "channelIdNotUnique", `Channel id ${body.id} not unique`);
    const ttl = Number(body.params?.ttl ?? 0) || (body.expiration ? (Number(body.expiration) - now) / 1000 : this.seconds);
    if (!(ttl > 0)) throw badParameter("expiration", "Channel expiration is in the past");
    const channel = { id: body.id, resourceId: random(20), uri, resource, user: user.email, token: body.token, address: body.address, number: 0,
      expiration: now + Math.min(ttl, this.most) * 1000 };
    this.known.set(body.id, channel);
    // "After creating a notification channel, the API sends a sync message to indicate that notifications are starting."
    setImmediate(() => this.post(channel, "sync"));
    return { kind: "api#channel", id: channel.id, resourceId: channel.resourceId, resourceUri: uri, token: channel.token, expiration: String(channel.expiration) };
  }

  // channels.stop wants both ids, of a channel of the same user; it answers 204 without a body.
  stop(user, body) {
    const channel = this.known.get(body?.id);
    if (!channel || channel.stopped || channel.resourceId !== body.resourceId || channel.user !== user.email) {
      throw new ApiError(404, "notFound", `Channel '${body?.id}' not found for project 'double'`);
    }
    channel.stopped = true;
    return { status: 204 };
  }

  // A channel may end without a word: "notifications are not 100% reliable".
  silence(user) {
    for (const channel of this.known.values()) if (channel.user === user) channel.silent = true;
  }

  notify(resource) {
    for (const channel of this.known.values()) if (channel.resource === resource) this.post(channel, this.state);
  }

  // "Notification messages posted by the API don't include a message body." The message number "increases monotonically, but is not sequential".
  async post(channel, state) {
    if (channel.stopped || channel.silent || channel.expiration <= this.world.now()) return;
    channel.number += state === "sync" ? 1 : 1 + (channel.number % 3);
    const headers = { "x-goog-channel-id": channel.id, "x-goog-message-number": String(channel.number), "x-goog-resource-id": channel.resourceId, "x-goog-resource-state": state,
      "x-goog-resource-uri": channel.uri, "x-goog-channel-expiration": new Date(channel.expiration).toUTCString(), ...(channel.token && { "x-goog-channel-token": channel.token }) };
    const note = { channel: channel.id, number: channel.number, state, statuses: [] };
    this.sent.push(note);
    // "If your service returns 500, 502, 503, or 504, the API retries with exponential backoff. Every other return status code is a message failure."
    for (let wait = 200; wait < 5000; wait *= 2) {
      try {
        const answer = await fetch(channel.address, { method: "POST", headers, signal: AbortSignal.timeout(10000) });
        note.statuses.push(answer.status);
        if (![500, 502, 503, 504].includes(answer.status)) return;
      } catch (error) {
        note.statuses.push(String(error.cause?.code ?? error.name));
      }
      await new Promise((done) => setTimeout(done, wait).unref());
    }
  }

  list() {
    return [...this.known.values()].map(({ token, ...channel }) => channel);
  }
}
