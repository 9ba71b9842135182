// Google Calendar, as the "Calendar API reference" (reference), "Synchronize resources efficiently" (sync), "Push notifications" (push), "Handle API
// errors" (errors) and "Recurring events" (recurring) describe it.
//
// Control:
//   POST /calendar/calendars {user, id, summary?, timeZone?, readers?: {email: reader | freeBusyReader}}   a further calendar; the primary one is there
//   POST /calendar/events {user, calendar?, event, foreign?}   adds an event to the calendar of who organizes it, and to the primary calendars of its attendees who are accounts
//                  here.  event: as events.insert takes it, with recurrence RRULE:FREQ=DAILY|WEEKLY;INTERVAL=;COUNT=;UNTIL=.  foreign: it came by mail, so that its copies have
//                  different ids and the same iCalUID.  Gives {id, iCalUID}
//   POST /calendar/update {user, id, instance?, change}        instance: when it was meant to begin, as the instances' originalStartTime says it
//   POST /calendar/delete {user, id, instance?}                by its organizer: for all; by an attendee: in their own calendar
//   POST /calendar/respond {user, id, instance?, response}
//   POST /calendar/time_zone {user, timeZone}
//   POST /calendar/forget {user, calendar?, reason?}           sync tokens up to now are lost: fullSyncRequired or updatedMinTooLongAgo
//   POST /calendar/unshare {user, calendar, email}
//   POST /calendar/silence {user}                                its channels end without a word
//   POST /calendar/state {user}                                {channels, sent, events: {calendar: number}}
import crypto from "node:crypto";
import { ApiError, random } from "./world.mjs";
import { badParameter, Channels, Pages, select, size } from "./parts.mjs";

const API = "https://www.googleapis.com/auth/";
const READ = ["calendar", "calendar.readonly", "calendar.events", "calendar.events.readonly"].map((s) => API + s);
const EMAIL = `${API}userinfo.email`;
const INSTANCES = 730;
const basic = (at) => at.toISOString().replace(/\.\d+/, "").replace(/[-:]/g, "");
const when = (at) => (at.date ? Date.parse(`${at.date}T00:00:00Z`) : Date.parse(at.dateTime));
const absent = (name) => new ApiError(404, "notFound", name ?? "Not Found");

// An event with its instances, which calendars share.
class Shared {
  constructor(event, organizer) {
    this.uid = event.iCalUID ?? `${event.id}@google.com`;
    this.organizer = organizer;
    this.exceptions = new Map();
    this.event = { status: "confirmed", eventType: "default", ...event };
  }

  rule() {
    const text = this.event.recurrence?.find((r) => r.startsWith("RRULE:"));
    return text && Object.fromEntries(text.slice(6).split(";").map((part) => part.split("=")));
  }

  // recurring: "the instances of a recurring event"; an exception differs from the others, or is cancelled.
  instances(id) {
    const rule = this.rule();
    const event = { ...this.event, id };
    if (!rule) return [event];
    const step = Number(rule.INTERVAL ?? 1) * (rule.FREQ === "WEEKLY" ? 7 : 1) * 86400000;
    const until = rule.UNTIL ? Date.parse(rule.UNTIL.replace(/^(\d{4})(\d\d)(\d\d)(T(\d\d)(\d\d)(\d\d)Z)?$/, (_, y, m, d, t, h, i, s) => `${y}-${m}-${d}T${t ? `${h}:${i}:${s}` : "23:59:59"}Z`))
      : Infinity;
    const first = when(event.start);
    const length = when(event.end) - first;
    const out = [];
    for (let n = 0; n < Math.min(Number(rule.COUNT ?? INSTANCES), INSTANCES) && first + n * step <= until; n++) {
      const start = new Date(first + n * step);
      const end = new Date(first + n * step + length);
      const day = event.start.date !== undefined;
      const at = (moment, zone) => (day ? { date: moment.toISOString().slice(0, 10) } : { dateTime: moment.toISOString().replace(".000", ""), timeZone: zone ?? "UTC" });
      const original = at(start, event.start.timeZone);
      const key = original.date ?? original.dateTime;
      const { recurrence, ...rest } = event;
      out.push({ ...rest, id: `${id}_${day ? key.replace(/-/g, "") : basic(start)}`, start: original, end: at(end, event.end.timeZone), recurringEventId: id, originalStartTime: original,
        ...this.exceptions.get(key) });
    }
    return out;
  }
}

class Calendar {
  constructor(world, owner, { id, summary, timeZone = "Europe/Madrid", readers = {} }) {
    Object.assign(this, { world, owner, id, summary: summary ?? id, timeZone, readers });
    this.entries = new Map();
    this.shown = new Map();
    this.version = 1;
    this.oldest = 0;
    this.reason = "fullSyncRequired";
  }

  // What it shows, compared with what it showed before: whatever differs has changed, and what is not there any more was cancelled.
  refresh() {
    const now = new Map();
    for (const { shared, id, removed } of this.entries.values()) {
      if (shared.event.status === "cancelled" || removed === true) continue;
      for (const event of shared.instances(id)) {
        const key = event.originalStartTime && (event.originalStartTime.date ?? event.originalStartTime.dateTime);
        if (event.status !== "cancelled" && !removed?.has(key)) now.set(event.id, { ...event, iCalUID: shared.uid, organizer: shared.organizer });
      }
    }
    let news = false;
    const version = this.version + 1;
    const note = (id, event) => {
      const text = JSON.stringify(event);
      const old = this.shown.get(id);
      if (old?.text === text) return;
      news = true;
      this.shown.set(id, { event, text, version, updated: new Date(this.world.now()).toISOString() });
    };
    for (const [id, event] of now) note(id, event);
    for (const [id, old] of this.shown) if (!now.has(id) && old.event.status !== "cancelled") note(id, { id, status: "cancelled" });
    if (news) {
      this.version = version;
      this.world.calendarChannels.notify(this);
    }
  }

  role(user) {
    return user.email === this.owner ? "owner" : this.readers[user.email];
  }
}

// An event as one user sees it.  reference, ACL roles: readers see that there is a private event, but not its details; freeBusyReader sees no details at all.
function seen(calendar, user, { event, version, updated }, most) {
  const head = { kind: "calendar#event", etag: `"${version}${calendar.version}"`, id: event.id, status: event.status };
  // reference, events: "Deleted events are only guaranteed to have the id field populated."
  if (event.status === "cancelled") return head;
  const owner = calendar.owner;
  const hidden = user.email !== owner && (calendar.role(user) === "freeBusyReader" || ["private", "confidential"].includes(event.visibility));
  const { attendees, organizer, id, status, ...rest } = event;
  if (hidden) return { ...head, updated, start: rest.start, end: rest.end, visibility: rest.visibility ?? "private", iCalUID: rest.iCalUID, eventType: rest.eventType,
    ...(rest.recurringEventId && { recurringEventId: rest.recurringEventId, originalStartTime: rest.originalStartTime }) };
  const mark = (person) => ({ ...person, ...(person.email === owner && { self: true }), ...(person.email === organizer.email && { organizer: true }) });
  const people = attendees?.map(mark);
  // maxAttendees: "If there are more than the specified number of attendees, only the participant is returned."
  const omitted = people && people.length > most;
  return { ...head, updated, htmlLink: `https://www.google.com/calendar/event?eid=${Buffer.from(`${id} ${owner}`).toString("base64url")}`, ...rest,
    creator: organizer, organizer: { ...organizer, ...(organizer.email === owner && { self: true }) },
    ...(people && { attendees: omitted ? people.filter((p) => p.self) : people }), ...(omitted && { attendeesOmitted: true }) };
}

export function routes(world) {
  const pages = new Pages();
  const tokens = new Map();
  const channels = (world.calendarChannels = new Channels(world, { seconds: 604800, most: 2592000, state: "exists" }));

  const find = (user, id) => {
    const name = decodeURIComponent(id);
    const calendar = name === "primary" ? user.calendars.get(user.email) : [...world.users.values()].map((u) => u.calendars?.get(name)).find(Boolean);
    if (!calendar || !calendar.role(user)) throw absent();
    return calendar;
  };

  function list({ user, params, query }) {
    const calendar = find(user, params.calendar);
    const most = size(query, "maxAttendees", Infinity, Infinity);
    const count = size(query, "maxResults", 250, 2500);
    const single = query.get("singleEvents") === "true";
    if (!single) throw badParameter("singleEvents", "the double expands recurring events: singleEvents=true");
    for (const name of ["timeMin", "timeMax", "updatedMin"]) {
      if (query.has(name) && !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(query.get(name))) throw badParameter(name, "Bad Request", "badRequest");
    }
    // errors: 400 timeRangeEmpty.
    if (query.has("timeMin") && query.has("timeMax") && Date.parse(query.get("timeMin")) >= Date.parse(query.get("timeMax"))) {
      throw new ApiError(400, "timeRangeEmpty", "The specified time range is empty.", { domain: "calendar", location: "timeMax", locationType: "parameter" });
    }
    for (const type of query.getAll("eventTypes")) {
      if (!["birthday", "default", "focusTime", "fromGmail", "outOfOffice", "workingLocation"].includes(type)) throw badParameter("eventTypes", `Invalid value '${type}'`, "invalidParameter");
    }
    const question = [...query].filter(([name]) => !["pageToken", "syncToken"].includes(name)).map((p) => p.join("=")).sort().join("&");
    const lasting = [...query].filter(([name]) => !["pageToken", "syncToken", "timeMin"].includes(name)).map((p) => p.join("=")).sort().join("&");

    let page;
    if (query.has("pageToken")) {
      page = pages.take(query.get("pageToken"), `${calendar.id} ${question} ${query.get("syncToken") ?? ""}`);
    } else {
      let since = 0;
      if (query.has("syncToken")) {
        // reference: parameters that "cannot be specified together with nextSyncToken".
        const odd = ["iCalUID", "orderBy", "privateExtendedProperty", "q", "sharedExtendedProperty", "timeMin", "timeMax", "updatedMin"].find((name) => query.has(name));
        if (odd) throw badParameter(odd, "Sync token cannot be used with other query restrictions.");
        // reference: "It is not allowed to set showDeleted to False" with a sync token.
        if (query.get("showDeleted") === "false") throw badParameter("showDeleted", "Sync token cannot be used with showDeleted=false.");
        const token = tokens.get(query.get("syncToken"));
        if (!token || token.calendar !== calendar) throw badParameter("syncToken", "Invalid sync token value.");
        // sync: 410 "fullSyncRequired": tokens are invalidated by the server; the client should wipe its store and sync anew.
        if (token.version < calendar.oldest) {
          throw calendar.reason === "updatedMinTooLongAgo" ? new ApiError(410, "updatedMinTooLongAgo", "The requested minimum modification time lies too far in the past.", { domain: "calendar",
            location: "updatedMin", locationType: "parameter" })
            : new ApiError(410, "fullSyncRequired", "Sync token is no longer valid, a full sync is required.", { domain: "calendar", location: "syncToken", locationType: "parameter" });
        }
        // reference: "All other query parameters should be the same as for the initial synchronization to avoid undefined behavior": the double refuses.
        if (token.lasting !== lasting) throw badParameter("syncToken", "the query differs from that of the initial synchronization");
        since = token.version;
      }
      const types = query.getAll("eventTypes");
      const min = query.has("timeMin") ? Date.parse(query.get("timeMin")) : -Infinity;
      const max = query.has("timeMax") ? Date.parse(query.get("timeMax")) : Infinity;
      const items = [...calendar.shown.values()].filter((item) => {
        if (item.event.status === "cancelled") return since > 0 && item.version > since;
        // timeMin: "Lower bound (exclusive) for an event's end time"; timeMax: "Upper bound (exclusive) for an event's start time".
        return item.version > since && (types.length === 0 || types.includes(item.event.eventType)) && when(item.event.end) > min && when(item.event.start) < max;
      });
      // sync: there is no sync token for what is ordered or searched.
      const last = ["orderBy", "q", "iCalUID", "updatedMin", "privateExtendedProperty", "sharedExtendedProperty"].some((name) => query.has(name)) ? null : { calendar, version: calendar.version,
        lasting };
      page = pages.start(`${calendar.id} ${question} ${query.get("syncToken") ?? ""}`, items, last);
    }
    const { items, token } = pages.next(page, count);
    const body = { kind: "calendar#events", etag: `"p${calendar.version}"`, summary: calendar.summary, updated: new Date(world.now()).toISOString(), timeZone: calendar.timeZone,
      accessRole: calendar.role(user), defaultReminders: [], items: items.map((item) => seen(calendar, user, item, most)) };
    // "nextPageToken ... omitted if no further results are available, in which case nextSyncToken is provided."
    if (token) body.nextPageToken = token;
    else if (page.last) tokens.set((body.nextSyncToken = random(20)), page.last);
    return { body: select(body, query.get("fields")) };
  }

  const copies = (shared) => [...world.users.values()].flatMap((u) => [...(u.calendars?.values() ?? [])]).filter((c) => [...c.entries.values()].some((e) => e.shared === shared));
  const entry = (user, id) => {
    for (const calendar of user.calendars.values()) if (calendar.entries.has(id)) return { calendar, ...calendar.entries.get(id), entry: calendar.entries.get(id) };
    throw absent(`${user.email} has no event ${id}`);
  };
  const change = (shared, instance, fields) => {
    if (instance) shared.exceptions.set(instance, { ...shared.exceptions.get(instance), ...fields });
    else Object.assign(shared.event, fields);
    for (const calendar of copies(shared)) calendar.refresh();
  };
  const person = (b) => world.user(b.user);

  function insert(b) {
    const user = person(b);
    const calendar = user.calendars.get(b.calendar ?? user.email);
    const id = b.event.id ?? crypto.randomBytes(13).toString("hex");
    const shared = new Shared({ ...b.event, id }, b.event.organizer ?? { email: b.calendar && b.calendar !== user.email ? b.calendar : user.email });
    const put = (to, own) => {
      to.entries.set(own, { shared, id: own });
      to.refresh();
    };
    put(calendar, id);
    for (const { email } of b.event.attendees ?? []) {
      const guest = world.users.get(email);
      if (guest && guest !== user) put(guest.calendars.get(email), b.foreign ? `_${crypto.randomBytes(13).toString("hex")}` : id);
    }
    return { id, iCalUID: shared.uid };
  }

  function remove(b) {
    const { calendar, shared, entry: own } = entry(person(b), b.id);
    if (shared.organizer.email === calendar.id) return change(shared, b.instance, { status: "cancelled" });
    if (b.instance) own.removed = (own.removed instanceof Set ? own.removed : new Set()).add(b.instance);
    else own.removed = true;
    calendar.refresh();
  }

  function respond(b) {
    const { shared } = entry(person(b), b.id);
    const people = (b.instance && shared.exceptions.get(b.instance)?.attendees) || shared.event.attendees || [];
    change(shared, b.instance, { attendees: people.map((p) => (p.email === b.user ? { ...p, responseStatus: b.response } : p)) });
  }

  const path = (rest) => new RegExp(`^/calendar/v3/${rest}$`);
  return {
    name: "calendar",
    // The account's address is asked of the OAuth API.
    prefix: "/",
    // "Manage quotas": 600 requests per minute and user, 10,000 per minute and project.
    quota: { user: 600, project: 10000 },
    scopes: [...READ, EMAIL, `${API}calendar.calendarlist.readonly`],
    reset: () => channels.reset(),
    addUser: (_, user) => {
      user.calendars = new Map([[user.email, new Calendar(world, user.email, { id: user.email, timeZone: user.timeZone })]]);
    },
    // errors: 403 userRateLimitExceeded, 403 rateLimitExceeded, 429 "Too many requests".
    overQuota: (_, scope) => (scope === "user" ? new ApiError(403, "userRateLimitExceeded", "User Rate Limit Exceeded", { domain: "usageLimits" })
      : new ApiError(403, "rateLimitExceeded", "Rate Limit Exceeded", { domain: "usageLimits" })),
    routes: [
      { name: "calendar.events.list", method: "GET", path: path("calendars/(?<calendar>[^/]+)/events"), scopes: READ, handle: list },
      { name: "calendar.events.watch", method: "POST", path: path("calendars/(?<calendar>[^/]+)/events/watch"), scopes: READ,
        handle: ({ user, params, body }) => {
          const calendar = find(user, params.calendar);
          return { body: channels.open(user, calendar, body, `https://www.googleapis.com/calendar/v3/calendars/${encodeURIComponent(calendar.id)}/events?alt=json`) };
        } },
      { name: "calendar.channels.stop", method: "POST", path: path("channels/stop"), scopes: READ, handle: ({ user, body }) => channels.stop(user, body) },
      { name: "oauth2.userinfo", method: "GET", path: /^\/oauth2\/v3\/userinfo$/, scopes: [EMAIL, "email", "openid"],
        handle: ({ user }) => ({ body: { sub: String(parseInt(crypto.createHash("sha256").update(user.email).digest("hex").slice(0, 12), 16)), email: user.email, email_verified: true } }) },
    ],
    control: {
      "POST /calendar/calendars": (b) => {
        person(b).calendars.set(b.id, new Calendar(world, b.user, b));
      },
      "POST /calendar/events": insert,
      "POST /calendar/update": (b) => change(entry(person(b), b.id).shared, b.instance, b.change),
      "POST /calendar/delete": remove,
      "POST /calendar/respond": respond,
      "POST /calendar/time_zone": (b) => {
        person(b).calendars.get(b.user).timeZone = b.timeZone;
      },
      "POST /calendar/unshare": (b) => {
        delete person(b).calendars.get(b.calendar).readers[b.email];
      },
      "POST /calendar/forget": (b) => {
        const calendar = person(b).calendars.get(b.calendar ?? b.user);
        calendar.oldest = ++calendar.version;
        calendar.reason = b.reason ?? "fullSyncRequired";
      },
      "POST /calendar/silence": (b) => channels.silence(b.user),
      "POST /calendar/state": (b) => ({ channels: channels.list().filter((c) => c.user === b.user).map(({ resource, ...c }) => c), sent: channels.sent,
        events: Object.fromEntries([...person(b).calendars].map(([id, c]) => [id, [...c.shown.values()].filter((s) => s.event.status !== "cancelled").length])) }),
    },
  };
}
