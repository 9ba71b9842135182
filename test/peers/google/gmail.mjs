// Gmail, as the "Gmail API reference" (reference), "Synchronize clients" (sync), "Push notifications" (push) and "Usage limits" (limits) describe it.
//
// Control:
//   POST /gmail/mails {user, mails: [mail]}   puts mails into a mailbox.  mail: {id?, thread_id?, labels?, date? (ISO), snippet?, and from, to, cc, bcc, subject,
//                    message_id, text, html, headers: [[name, value]] (further ones), charset, part (bytes of the text, base64) or payload (whole, as it is)}
//   POST /gmail/deliver {mail}                puts it into the mailboxes of its sender (SENT) and of all its recipients who are accounts here, with one Message-ID
//   POST /gmail/label {user, id, name}        a label of the user's own
//   POST /gmail/labels {user, id, add, remove}     POST /gmail/delete {user, id}
//   POST /gmail/generate {user, count, days?, customers?, bytes?}   a mailbox of mails that are made when they are asked for
//   POST /gmail/forget {user}                 history ids up to now are too old
//   POST /gmail/push_to {user, url, audience, email}   where Pub/Sub sends the notifications of a watch;  POST /gmail/push {user} sends one now
//   POST /gmail/state {user}                  {messages, history_id, watch, ids}
import { ApiError, invalid, notFound } from "./world.mjs";

const FULL = "https://mail.google.com/";
const READ = "https://www.googleapis.com/auth/gmail.readonly";
const MODIFY = "https://www.googleapis.com/auth/gmail.modify";
const METADATA = "https://www.googleapis.com/auth/gmail.metadata";
const KINDS = { messageAdded: "messagesAdded", messageDeleted: "messagesDeleted", labelAdded: "labelsAdded", labelRemoved: "labelsRemoved" };
const DAY = 86400000;

class Mailbox {
  constructor(world, user) {
    this.world = world;
    this.user = user;
    this.history = 1000000;
    this.oldest = this.history;
    this.log = [];
    this.messages = new Map();
    this.sorted = null;
    this.generated = null;
    this.gone = new Set();
    this.names = new Map();
    this.serial = 0;
  }

  // reference, history.list: "History IDs increase chronologically but are not contiguous with random gaps in between valid IDs."
  note(kind, message, labelIds) {
    this.history += 1 + ((this.history * 7) % 31);
    message.historyId = this.history;
    this.log.push({ id: this.history, kind, message: { id: message.id, threadId: message.threadId, labelIds: [...message.labelIds] }, labelIds });
    this.push();
  }

  add(mail) {
    const world = this.world;
    const id = mail.id ?? (0x1a00000000000000n + BigInt(++this.serial)).toString(16);
    const headers = [];
    const put = (name, value) => value !== undefined && headers.push({ name, value });
    put("From", mail.from);
    put("To", mail.to);
    put("Cc", mail.cc);
    put("Bcc", mail.bcc);
    put("Subject", mail.subject);
    put("Message-ID", mail.message_id ?? (mail.message_id === null ? undefined : `<${id}.${this.user.email}>`));
    for (const [name, value] of mail.headers ?? []) put(name, value);
    const message = {
      id, threadId: mail.thread_id ?? id, labelIds: mail.labels ?? ["INBOX", "UNREAD"], snippet: mail.snippet ?? (mail.text ?? "").slice(0, 200),
      internalDate: mail.date ? Date.parse(mail.date) : world.now(), payload: mail.payload ?? payloadOf(headers, mail),
    };
    this.messages.set(id, message);
    this.sorted = null;
    this.note("messagesAdded", message);
    return message;
  }

  get(id) {
    const message = this.messages.get(id);
    if (message) return message;
    const index = this.indexOf(id);
    return index === null ? null : this.make(index);
  }

  // A generated mail that changes becomes an ordinary one.
  own(id) {
    const message = this.get(id);
    if (!message) throw notFound();
    if (!this.messages.has(id)) {
      this.gone.add(this.indexOf(id));
      this.messages.set(id, message);
      this.sorted = null;
    }
    return message;
  }

  label(id, add = [], remove = []) {
    const message = this.own(id);
    const added = add.filter((l) => !message.labelIds.includes(l));
    const removed = remove.filter((l) => message.labelIds.includes(l));
    message.labelIds = [...message.labelIds.filter((l) => !removed.includes(l)), ...added];
    if (added.length) this.note("labelsAdded", message, added);
    if (removed.length) this.note("labelsRemoved", message, removed);
  }

  remove(id) {
    const message = this.own(id);
    this.messages.delete(id);
    this.sorted = null;
    this.note("messagesDeleted", message);
  }

  generate({ count, days = 89, customers = 500, bytes = 400 }) {
    this.generated = { count, base: this.world.now() - 60000, step: (days * DAY) / count, customers, text: "Thank you for the call. ".repeat(Math.ceil(bytes / 24)).slice(0, bytes) };
    this.generated.data = Buffer.from(this.generated.text).toString("base64url");
  }

  idOf(index) {
    return (0x1900000000000000n + BigInt(this.generated.count - index)).toString(16);
  }

  indexOf(id) {
    if (!this.generated || !/^19[0-9a-f]{14}$/.test(id)) return null;
    const index = this.generated.count - Number.parseInt(id.slice(4), 16);
    return index >= 0 && index < this.generated.count && !this.gone.has(index) ? index : null;
  }

  dateOf(index) {
    return Math.floor(this.generated.base - index * this.generated.step);
  }

  make(index) {
    const { customers, text, data, count } = this.generated;
    const id = this.idOf(index);
    const k = index % customers;
    const out = index % 3 === 0;
    const them = `"Doe, Person ${k}" <person${k}@customer${k}.example>`;
    const us = `Our Member <${this.user.email}>`;
    const date = this.dateOf(index);
    return {
      id, threadId: this.idOf(Math.min(count - 1, index - (index % 3) + 2)), labelIds: out ? ["SENT"] : ["INBOX", "CATEGORY_PERSONAL"], snippet: text.slice(0, 200), internalDate: date,
      historyId: this.oldest - 1 - index,
      payload: {
        partId: "", mimeType: "multipart/alternative", filename: "",
        headers: [
          { name: "Delivered-To", value: this.user.email },
          { name: "Received", value: `by 2002:a05:6402:${k}:b0:5c5:e1b7:7f1d with SMTP id x24csp1234567edw; ${new Date(date).toUTCString()}` },
          { name: "DKIM-Signature", value: "v=1; a=rsa-sha256; c=relaxed/relaxed; d=customer.example; s=20230601; h=to:subject:message-id:date:from:mime-version; bh=Zm9vYmFyYmF6Zm9vYmFyYmF6Zm9vYmFyYmF6; b=abcdef" },
          { name: "MIME-Version", value: "1.0" },
          { name: "From", value: out ? us : them },
          { name: "To", value: out ? them : us },
          { name: "Cc", value: `Second Person <second${k}@customer${k}.example>` },
          { name: "Date", value: new Date(date).toUTCString() },
          { name: "Message-ID", value: `<CA+generated${index}@mail.customer${k}.example>` },
          { name: "Subject", value: `=?UTF-8?Q?Re=3A_Reuni=C3=B3n_n=C3=BAmero_${index}?=` },
          { name: "Content-Type", value: 'multipart/alternative; boundary="000000000000a1b2c3"' },
        ],
        body: { size: 0 },
        parts: [
          { partId: "0", mimeType: "text/plain", filename: "", headers: [{ name: "Content-Type", value: 'text/plain; charset="UTF-8"' }], body: { size: text.length, data } },
          { partId: "1", mimeType: "text/html", filename: "", headers: [{ name: "Content-Type", value: 'text/html; charset="UTF-8"' }], body: { size: text.length, data } },
        ],
      },
    };
  }

  total() {
    return this.messages.size + (this.generated ? this.generated.count - this.gone.size : 0);
  }

  // Newest first, after (date, id) where a page ended.
  list(accepts, last, limit) {
    this.sorted ??= [...this.messages.values()].sort((a, b) => b.internalDate - a.internalDate || (a.id < b.id ? 1 : -1));
    const before = (date, id) => !last || date < last.date || (date === last.date && id < last.id);
    const found = [];
    let i = 0;
    while (i < this.sorted.length && !before(this.sorted[i].internalDate, this.sorted[i].id)) i++;
    let g = 0;
    const count = this.generated?.count ?? 0;
    if (last && count) g = Math.max(0, Math.floor((this.generated.base - last.date) / this.generated.step) - 1);
    while (g < count && !before(this.dateOf(g), this.idOf(g))) g++;
    while (found.length <= limit) {
      while (i < this.sorted.length && !accepts(this.sorted[i].internalDate, this.sorted[i].labelIds)) i++;
      while (g < count && this.gone.has(g)) g++;
      const own = this.sorted[i];
      if (g < count && (!own || this.dateOf(g) >= own.internalDate)) {
        const date = this.dateOf(g);
        if (accepts(date, null)) found.push({ id: this.idOf(g), threadId: this.idOf(Math.min(count - 1, g - (g % 3) + 2)), date });
        g++;
      } else if (own) {
        found.push({ id: own.id, threadId: own.threadId, date: own.internalDate });
        i++;
      } else break;
    }
    return found;
  }

  // push: a notification is {emailAddress, historyId} in base64url, in a Pub/Sub message; a watch ends after seven days unless it is renewed.
  async push(force = false) {
    const { world, user } = this;
    if (!user.push_to || (!force && !(user.watch?.expiration > world.now()))) return { sent: false };
    const data = Buffer.from(JSON.stringify({ emailAddress: user.email, historyId: this.history })).toString("base64url");
    const messageId = String(20000000000000 + this.history);
    const answer = await fetch(user.push_to.url, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${world.jwt({ aud: user.push_to.audience, email: user.push_to.email })}` },
      body: JSON.stringify({ message: { data, messageId, message_id: messageId, publishTime: new Date(world.now()).toISOString() }, subscription: "projects/double/subscriptions/gmail" }),
    }).catch((error) => ({ status: 0, error: String(error) }));
    return { sent: true, status: answer.status, error: answer.error };
  }
}

function payloadOf(headers, mail) {
  const charset = mail.charset ?? "UTF-8";
  const leaf = (partId, mimeType, bytes) => ({
    partId, mimeType, filename: "", headers: [{ name: "Content-Type", value: `${mimeType}; charset="${charset}"` }], body: { size: bytes.length, data: bytes.toString("base64url") } });
  const text = mail.part ? Buffer.from(mail.part, "base64") : Buffer.from(mail.text ?? "");
  if (mail.html === undefined) return { ...leaf("", "text/plain", text), headers: [...headers, { name: "Content-Type", value: `text/plain; charset="${charset}"` }] };
  return {
    partId: "", mimeType: "multipart/alternative", filename: "", headers: [...headers, { name: "Content-Type", value: 'multipart/alternative; boundary="b"' }], body: { size: 0 },
    parts: [...(mail.text === undefined && !mail.part ? [] : [leaf("0", "text/plain", text)]), leaf("1", "text/html", Buffer.from(mail.html))],
  };
}

// "Search operators": after: and before: take seconds since 1970, or a day.  The double knows no others, and says so instead of finding too much.
function searched(q) {
  let after = -Infinity;
  let before = Infinity;
  for (const term of q.split(/\s+/).filter(Boolean)) {
    const match = /^(after|before):(?:(\d+)|(\d{4})\/(\d{1,2})\/(\d{1,2}))$/.exec(term);
    if (!match) throw new ApiError(400, "invalidArgument", `the double does not know the search ${term}`);
    const at = match[2] ? Number(match[2]) * 1000 : Date.UTC(match[3], match[4] - 1, match[5]);
    if (match[1] === "after") after = Math.max(after, at);
    else before = Math.min(before, at);
  }
  return { after, before };
}

// reference: maxResults "defaults to 100. The maximum allowed value for this field is 500."
function pageSize(query) {
  const text = query.get("maxResults");
  if (text === null) return 100;
  if (!/^\d+$/.test(text)) throw invalid("Invalid value at 'max_results' (TYPE_UINT32)");
  return Math.min(Math.max(1, Number(text)), 500);
}

const seal = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
function unseal(text) {
  try {
    return JSON.parse(Buffer.from(text, "base64url").toString());
  } catch {
    throw invalid("Invalid pageToken");
  }
}

const metadataOnly = (access) => ![FULL, READ, MODIFY].some((scope) => access.scopes.has(scope));
const own = (user, params) => {
  // reference: userId is "the user's email address. The special value `me` can be used to indicate the authenticated user."
  const id = decodeURIComponent(params.user);
  if (id !== "me" && id !== user.email) throw new ApiError(403, "forbidden", `Delegation denied for ${user.email}`, { canonical: "PERMISSION_DENIED" });
  return user.gmail;
};

function list({ world, user, access, params, query }) {
  const box = own(user, params);
  const q = query.get("q") ?? "";
  // reference, messages.list: q "cannot be used when accessing the api using the gmail.metadata scope".
  if (q && metadataOnly(access)) throw new ApiError(403, "forbidden", "Metadata scope does not support 'q' parameter", { canonical: "PERMISSION_DENIED" });
  const { after, before } = searched(q);
  const limit = pageSize(query);
  // reference: includeSpamTrash includes "messages from SPAM and TRASH in the results"; by default they are not.
  const all = query.get("includeSpamTrash") === "true";
  const labels = query.getAll("labelIds");
  const accepts = (date, labelIds) => date >= after && date < before && (!labelIds || ((all || !labelIds.some((l) => l === "SPAM" || l === "TRASH")) && labels.every((l) => labelIds.includes(l))));
  let last = null;
  if (query.has("pageToken")) {
    last = unseal(query.get("pageToken"));
    if (last.kind !== "messages" || last.q !== q || last.user !== user.email) throw invalid("Invalid pageToken");
  }
  const found = box.list(accepts, last, limit);
  const more = found.length > limit;
  const page = found.slice(0, limit);
  const end = page.at(-1);
  // reference, ListMessagesResponse: "each message resource contains only an id and a threadId"; resultSizeEstimate is an estimate, and nothing to count by.
  return { body: { ...(page.length && { messages: page.map(({ id, threadId }) => ({ id, threadId })) }),
    ...(more && { nextPageToken: seal({ kind: "messages", q, user: user.email, date: end.date, id: end.id }) }), resultSizeEstimate: more ? 201 : page.length } };
}

function get({ user, access, params, query }) {
  const message = own(user, params).get(params.id);
  if (!/^[0-9a-f]{1,16}$/.test(params.id)) throw invalid("Invalid id value");
  if (!message) throw notFound();
  const format = query.get("format") ?? "full";
  if (!["minimal", "full", "raw", "metadata"].includes(format)) throw invalid(`Invalid value at 'format' (type.googleapis.com/...MessageFormat), "${format}"`);
  // reference, Format: FULL and RAW "cannot be used when accessing the api using the gmail.metadata scope".
  if ((format === "full" || format === "raw") && metadataOnly(access))
    throw new ApiError(403, "forbidden", `Metadata scope doesn't allow format ${format.toUpperCase()}`, { canonical: "PERMISSION_DENIED" });
  const { payload, ...rest } = message;
  const body = { ...rest, labelIds: message.labelIds, sizeEstimate: 1000 + (message.snippet?.length ?? 0) * 2, historyId: String(message.historyId), internalDate: String(message.internalDate) };
  if (format === "full") body.payload = payload;
  if (format === "metadata") {
    // reference: "When given and format is METADATA, only include headers specified."
    const wanted = query.getAll("metadataHeaders").map((name) => name.toLowerCase());
    body.payload = { partId: payload.partId ?? "", mimeType: payload.mimeType, headers: (payload.headers ?? []).filter((h) => wanted.length === 0 || wanted.includes(h.name.toLowerCase())) };
  }
  if (format === "raw") body.raw = Buffer.from((payload.headers ?? []).map((h) => `${h.name}: ${h.value}`).join("\r\n") + "\r\n\r\n").toString("base64url");
  return { body };
}

function history({ user, params, query }) {
  const box = own(user, params);
  const start = query.get("startHistoryId");
  // reference, history.list: startHistoryId is required.
  if (start === null) throw invalid("Missing required parameter: startHistoryId");
  if (!/^\d{1,20}$/.test(start)) throw invalid("Invalid value at 'start_history_id' (TYPE_UINT64)");
  // sync: "if the startHistoryId supplied by your client is outside the available range of history records, the API returns an HTTP 404".
  if (Number(start) < box.oldest || Number(start) > box.history) throw notFound();
  const kinds = query.getAll("historyTypes").map((type) => {
    if (!KINDS[type]) throw invalid(`Invalid value at 'history_types' (TYPE_ENUM), "${type}"`);
    return KINDS[type];
  });
  const label = query.get("labelId");
  let from = Number(start);
  if (query.has("pageToken")) {
    const last = unseal(query.get("pageToken"));
    if (last.kind !== "history" || last.start !== start || last.user !== user.email) throw invalid("Invalid pageToken");
    from = last.id;
  }
  const limit = pageSize(query);
  const records = box.log.filter((e) => e.id > from && (kinds.length === 0 || kinds.includes(e.kind)) && (!label || e.message.labelIds.includes(label)));
  const page = records.slice(0, limit);
  const body = { historyId: String(box.history) };
  // reference: "History results are returned in chronological order (increasing historyId)"; without news there is no member history.
  if (page.length) {
    body.history = page.map(({ id, kind, message, labelIds }) => ({
      id: String(id), messages: [{ id: message.id, threadId: message.threadId }], [kind]: [{ message, ...(labelIds && { labelIds }) }] }));
  }
  if (records.length > limit) body.nextPageToken = seal({ kind: "history", start, user: user.email, id: page.at(-1).id });
  return { body };
}

function profile({ user, params }) {
  const box = own(user, params);
  return { body: { emailAddress: user.email, messagesTotal: box.total(), threadsTotal: box.total(), historyId: String(box.history) } };
}

// reference, labels.list: system labels have an id that is their name, a user's own have an id like Label_7.
function labels({ user, params }) {
  const box = own(user, params);
  const system = ["INBOX", "SENT", "DRAFT", "SPAM", "TRASH", "UNREAD", "STARRED", "IMPORTANT", "CHAT", "CATEGORY_PERSONAL", "CATEGORY_PROMOTIONS"];
  return { body: { labels: [...system.map((id) => ({ id, name: id, type: "system" })), ...[...box.names].map(([id, name]) => ({ id, name, type: "user",
    messageListVisibility: "show", labelListVisibility: "labelShow" }))] } };
}

function watch({ world, user, params, body }) {
  const box = own(user, params);
  // push: the topic is named projects/PROJECT/topics/TOPIC, and Gmail needs the right to publish to it.
  if (!/^projects\/[a-z][a-z0-9-]{4,28}[a-z0-9]\/topics\/[A-Za-z][A-Za-z0-9._~+%-]{2,254}$/.test(body?.topicName ?? "")) throw invalid("Invalid topicName does not match projects/*/topics/*");
  if (user.no_topic) throw new ApiError(403, "forbidden", `Error sending test message to Cloud PubSub ${body.topicName} : User not authorized to perform this action.`, { canonical: "PERMISSION_DENIED" });
  // push: "You must re-call watch at least every 7 days".
  user.watch = { topic: body.topicName, expiration: world.now() + 7 * DAY };
  return { body: { historyId: String(box.history), expiration: String(user.watch.expiration) } };
}

function stop({ user, params }) {
  own(user, params);
  delete user.watch;
  return { status: 204 };
}

export function routes(world) {
  const at = (rest) => new RegExp(`^/gmail/v1/users/(?<user>[^/]+)/${rest}$`);
  const read = [FULL, MODIFY, READ, METADATA];
  const box = (b) => world.user(b.user).gmail;
  return {
    name: "gmail",
    prefix: "/gmail/",
    // limits: "per user rate limit: 15,000 quota units per user per minute", "per project: 1,200,000 quota units per minute".
    quota: { user: 15000, project: 1200000 },
    scopes: [FULL, READ, MODIFY, METADATA],
    addUser: (_, user) => {
      user.gmail = new Mailbox(world, user);
    },
    // "Resolve errors": 403 userRateLimitExceeded and rateLimitExceeded, and 429; the wait is in the text, as "Retry after <time>".
    overQuota: (_, scope, until) => scope === "user"
      ? new ApiError(403, "userRateLimitExceeded", `User-rate limit exceeded.  Retry after ${until.toISOString()}`, { domain: "usageLimits", canonical: "RESOURCE_EXHAUSTED" })
      : new ApiError(429, "rateLimitExceeded", "Resource has been exhausted (e.g. check quota).", { domain: "usageLimits", canonical: "RESOURCE_EXHAUSTED" }),
    // limits: messages.get and messages.list 5 units, history.list 2, getProfile and labels.list 1, watch 100, stop 50.
    routes: [
      { name: "gmail.users.messages.get", method: "GET", path: at("messages/(?<id>[^/]+)"), scopes: read, units: 5, handle: get },
      { name: "gmail.users.messages.list", method: "GET", path: at("messages"), scopes: read, units: 5, handle: list },
      { name: "gmail.users.history.list", method: "GET", path: at("history"), scopes: read, units: 2, handle: history },
      { name: "gmail.users.getProfile", method: "GET", path: at("profile"), scopes: read, units: 1, handle: profile },
      { name: "gmail.users.labels.list", method: "GET", path: at("labels"), scopes: read, units: 1, handle: labels },
      { name: "gmail.users.watch", method: "POST", path: at("watch"), scopes: read, units: 100, handle: watch },
      { name: "gmail.users.stop", method: "POST", path: at("stop"), scopes: read, units: 50, handle: stop },
    ],
    control: {
      "POST /gmail/mails": (b) => ({ ids: b.mails.map((mail) => box(b).add(mail).id) }),
      "POST /gmail/deliver": (b) => {
        const message_id = b.mail.message_id ?? `<${world.now()}.${Math.random()}@double.example>`;
        const ids = {};
        for (const user of world.users.values()) {
          const has = (field) => (b.mail[field] ?? "").toLowerCase().includes(user.email.toLowerCase());
          if (has("from")) ids[user.email] = user.gmail.add({ ...b.mail, message_id, labels: ["SENT"] }).id;
          else if (has("to") || has("cc") || has("bcc")) ids[user.email] = user.gmail.add({ ...b.mail, message_id, bcc: undefined, labels: ["INBOX", "UNREAD"] }).id;
        }
        return { message_id, ids };
      },
      "POST /gmail/label": (b) => {
        box(b).names.set(b.id, b.name);
      },
      "POST /gmail/labels": (b) => box(b).label(b.id, b.add, b.remove),
      "POST /gmail/delete": (b) => box(b).remove(b.id),
      "POST /gmail/generate": (b) => box(b).generate(b),
      "POST /gmail/forget": (b) => {
        box(b).history += 1000;
        box(b).oldest = box(b).history;
      },
      "POST /gmail/push_to": ({ user, ...to }) => {
        world.user(user).push_to = to;
      },
      "POST /gmail/push": (b) => box(b).push(true),
      "POST /gmail/state": (b) => ({ messages: box(b).total(), history_id: box(b).history, watch: world.user(b.user).watch ?? null, ids: [...box(b).messages.keys()] }),
    },
  };
}
