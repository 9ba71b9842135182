// Google Drive, as the "Drive API reference" (reference), "Search for files" (search), "Track changes for users and shared drives" (changes), "Download and
// export files" (export), "Push notifications" (push) and "Resolve errors" (errors) describe it.
//
// Control:
//   POST /drive/drives {id, name?, members: [email]}            a shared drive; its id is also that of its top folder
//   POST /drive/files {user, files: [{id?, name, parent?, folder?, mimeType?, text?, readers?: [email], canDownload?}]}   adds files, into the top folder of the user unless parent is told.
//                 mimeType: of Google's editors (text is what is exported) or any other; folder: true = a folder.  Gives {ids}
//   POST /drive/update {id, name?, text?, parent?, trashed?, readers?, canDownload?}
//   POST /drive/delete {id}                                     for good, with what is in it
//   POST /drive/forget {}                                       page tokens of changes up to now are not known any more
//   POST /drive/tree {user, folders, files, width?}             a large tree, of so many folders in each: gives {id}
//   POST /drive/state {user}                                    {channels, sent, files}
import crypto from "node:crypto";
import { ApiError, random } from "./world.mjs";
import { badParameter, Channels, Pages, select, size } from "./parts.mjs";

const API = "https://www.googleapis.com/auth/";
const READ = ["drive", "drive.readonly"].map((s) => API + s);
const APPS = "application/vnd.google-apps.";
const FOLDER = `${APPS}folder`;
// export: "Export MIME types for Google Workspace documents"; CSV and TSV have the first sheet only.
const EXPORTS = {
  [`${APPS}document`]: ["text/markdown", "text/plain", "text/html", "application/pdf", "application/rtf", "application/epub+zip", "application/zip"],
  [`${APPS}spreadsheet`]: ["text/csv", "text/tab-separated-values", "application/pdf", "application/zip"],
  [`${APPS}presentation`]: ["text/plain", "application/pdf"],
  [`${APPS}drawing`]: ["image/png", "application/pdf", "image/svg+xml", "image/jpeg"],
};
const EXPORT_BYTES = 10 << 20;
const gone = (id) => new ApiError(404, "notFound", `File not found: ${id}.`, { location: "fileId", locationType: "parameter" });
const flag = (query, name) => ["true", "1"].includes(query.get(name));

// search: terms with and, or, not and parentheses; those that lists of folders need.
function parseQuery(text) {
  const words = text.match(/'(?:[^'\\]|\\.)*'|[()]|[^\s()']+/g) ?? [];
  let at = 0;
  const fail = () => badParameter("q", "Invalid Value");
  const value = (word) => (word?.[0] === "'" ? word.slice(1, -1).replace(/\\(.)/g, "$1") : word);
  const term = (needs) => {
    if (words[at] === "not") {
      at++;
      const inner = term(needs);
      return (f) => !inner(f);
    }
    if (words[at] === "(") {
      at++;
      const inner = any(needs);
      if (words[at++] !== ")") throw fail();
      return inner;
    }
    const [left, operator, right] = words.slice(at, at + 3);
    at += 3;
    if (operator === "in" && right === "parents" && left?.[0] === "'") {
      needs.push(value(left));
      return (f) => f.parent === value(left);
    }
    if (left === "trashed" && operator === "=" && ["true", "false"].includes(right)) return (f, world) => world.trashed(f) === (right === "true");
    if (["mimeType", "name"].includes(left) && ["=", "!="].includes(operator) && right?.[0] === "'") return (f) => (f[left] === value(right)) === (operator === "=");
    throw fail();
  };
  const all = (needs) => {
    const terms = [term(needs)];
    while (words[at] === "and") terms.push((at++, term(needs)));
    return (f, world) => terms.every((t) => t(f, world));
  };
  const any = (needs) => {
    const terms = [all(needs)];
    while (words[at] === "or") terms.push((at++, all(needs)));
    return (f, world) => terms.some((t) => t(f, world));
  };
  const parents = [];
  const test = any(parents);
  if (at !== words.length) throw fail();
  return { test, parents };
}

class Store {
  constructor(world) {
    this.world = world;
    this.files = new Map();
    this.drives = new Map();
    this.children = new Map();
    this.serial = 100;
    this.oldest = 0;
    this.log = new Map();
  }

  up(file) {
    const chain = [];
    for (let f = file; f && chain.length < 200; f = this.files.get(f.parent)) chain.push(f);
    return chain;
  }

  driveOf(file) {
    return this.drives.get(file.drive);
  }

  // Whoever may see a folder sees what is in it; members see their shared drive.
  sees(user, file) {
    if (file.drive) return this.drives.get(file.drive).members.includes(user.email);
    return file.owner === user.email || this.up(file).some((f) => f.readers?.includes(user.email));
  }

  // reference, files.trashed: "either explicitly or from a trashed parent folder".
  trashed(file) {
    return this.up(file).some((f) => f.explicitlyTrashed);
  }

  // changes: "Google Drive keeps a change log for each user and shared drive."  Each has the last change of a file only; what is in a folder that was moved, shared
  // or put into the trash has no change of its own; and the log of a user has what is their own or was shared with them itself.
  note(file, readers = []) {
    const logs = new Set(file.drive ? [`drive ${file.drive}`] : [file.owner, ...(file.readers ?? []), ...readers].map((email) => `user ${email}`));
    this.serial++;
    for (const name of logs) {
      if (!this.log.has(name)) this.log.set(name, new Map());
      const log = this.log.get(name);
      log.delete(file.id);
      log.set(file.id, this.serial);
      this.channels.notify(name);
    }
  }

  add(file) {
    this.files.set(file.id, file);
    if (!this.children.has(file.parent)) this.children.set(file.parent, new Set());
    this.children.get(file.parent).add(file.id);
  }

  write(file, text) {
    file.text = text;
    file.md5Checksum = file.mimeType.startsWith(APPS) ? undefined : crypto.createHash("md5").update(text ?? "").digest("hex");
    file.modifiedTime = new Date(this.world.now()).toISOString();
  }

  show(user, file) {
    return { kind: "drive#file", id: file.id, name: file.name, mimeType: file.mimeType, parents: file.parent && [file.parent], trashed: this.trashed(file), explicitlyTrashed: !!file.explicitlyTrashed,
      version: String(file.version), modifiedTime: file.modifiedTime, createdTime: file.createdTime, webViewLink: file.mimeType === FOLDER ? `https://drive.google.com/drive/folders/${file.id}`
        : `https://drive.google.com/file/d/${file.id}/view`, ...(file.drive ? { driveId: file.drive } : { ownedByMe: file.owner === user.email, shared: !!file.readers?.length }),
      ...(!file.mimeType.startsWith(APPS) && { md5Checksum: file.md5Checksum, size: String(Buffer.byteLength(file.text ?? "")) }), capabilities: { canDownload: file.canDownload !== false } };
  }
}

export function routes(world) {
  const pages = new Pages();
  const store = new Store(world);
  const channels = (store.channels = new Channels(world, { seconds: 3600, most: 604800, state: "change" }));

  // reference: supportsAllDrives, "whether the requesting application supports both My Drives and shared drives": without it a shared drive's files are not found.
  const find = (user, query, id) => {
    const file = store.files.get(decodeURIComponent(id));
    if (!file || !store.sees(user, file) || (file.drive && !flag(query, "supportsAllDrives"))) throw gone(id);
    return file;
  };
  const driveOf = (user, query) => {
    const id = query.get("driveId");
    if (id === null) return null;
    if (!flag(query, "supportsAllDrives")) throw badParameter("supportsAllDrives", "The supportsAllDrives parameter must be set to true when driveId is specified.");
    const drive = store.drives.get(id);
    if (!drive?.members.includes(user.email)) throw new ApiError(404, "notFound", `Shared drive not found: ${id}`, { location: "driveId", locationType: "parameter" });
    return drive;
  };

  function list({ user, query }) {
    const count = size(query, "pageSize", 100, 1000);
    const corpora = query.get("corpora") ?? "user";
    if (!["user", "domain", "drive", "allDrives"].includes(corpora)) throw badParameter("corpora", "Invalid Value");
    if ((corpora === "drive") !== query.has("driveId")) throw badParameter("driveId", "The driveId parameter must be specified if and only if corpora is set to drive.");
    const drive = driveOf(user, query);
    if (drive && !flag(query, "includeItemsFromAllDrives")) throw badParameter("includeItemsFromAllDrives",
      "The includeItemsFromAllDrives parameter must be set to true when driveId is specified or corpora contains drive or allDrives.");
    const { test, parents } = query.get("q") ? parseQuery(query.get("q")) : { test: () => true, parents: null };
    for (const id of parents ?? []) {
      const folder = store.files.get(id);
      if (!folder || !store.sees(user, folder)) throw gone("");
    }
    const question = [user.email, ...[...query].filter(([n]) => n !== "pageToken").map((p) => p.join("="))].join("&");
    let page;
    if (query.has("pageToken")) page = pages.take(query.get("pageToken"), question);
    else {
      const among = parents?.length ? [...new Set(parents)].flatMap((id) => [...(store.children.get(id) ?? [])].map((c) => store.files.get(c))) : [...store.files.values()];
      page = pages.start(question, among.filter((f) => f.parent && store.sees(user, f) && (drive ? f.drive === drive.id : true) && test(f, store)).map((f) => f.id));
    }
    const { items, token } = pages.next(page, count);
    const files = items.map((id) => store.files.get(id)).filter(Boolean).map((f) => store.show(user, f));
    return { body: select({ kind: "drive#fileList", incompleteSearch: false, files, ...(token && { nextPageToken: token }) },
      query.get("fields") ?? "kind,incompleteSearch,nextPageToken,files(kind,id,name,mimeType)") };
  }

  function get({ user, params, query }) {
    const file = find(user, query, params.id);
    if (query.get("alt") !== "media") return { body: select(store.show(user, file), query.get("fields") ?? "kind,id,name,mimeType") };
    // errors: fileNotDownloadable, "Only files with binary content can be downloaded. Use Export with Docs Editors files."
    if (file.mimeType.startsWith(APPS)) {
      throw new ApiError(403, "fileNotDownloadable", "Only files with binary content can be downloaded. Use Export with Docs Editors files.", { location: "alt", locationType: "parameter" });
    }
    if (file.canDownload === false) throw new ApiError(403, "cannotDownloadFile", "This file cannot be downloaded by the user.");
    return { text: file.text ?? "", headers: { "content-type": file.mimeType } };
  }

  function exported({ user, params, query }) {
    // files.export has no supportsAllDrives: it works for all.
    const file = find(user, new URLSearchParams("supportsAllDrives=true"), params.id);
    if (!EXPORTS[file.mimeType]) throw new ApiError(403, "fileNotExportable", "Export only supports Docs Editors files.");
    if (!query.get("mimeType")) throw badParameter("mimeType", "Required parameter: mimeType", "required");
    if (!EXPORTS[file.mimeType].includes(query.get("mimeType"))) throw badParameter("convertTo", "The requested conversion is not supported.", "badRequest");
    if (file.canDownload === false) throw new ApiError(403, "cannotDownloadFile", "This file cannot be downloaded by the user.");
    // export: "the exported content is limited to 10 MB".
    if (Buffer.byteLength(file.text ?? "") > EXPORT_BYTES) throw new ApiError(403, "exportSizeLimitExceeded", "This file is too large to be exported.");
    return { text: file.text ?? "", headers: { "content-type": query.get("mimeType") } };
  }

  const logName = (user, drive) => (drive ? `drive ${drive.id}` : `user ${user.email}`);
  const place = (query) => {
    const token = query.get("pageToken");
    if (!token) throw badParameter("pageToken", "Required parameter: pageToken", "required");
    if (!/^\d+$/.test(token) || Number(token) < store.oldest || Number(token) > store.serial + 1) throw badParameter("pageToken", "Invalid Value");
    return Number(token);
  };

  function changes({ user, query }) {
    const drive = driveOf(user, query);
    const from = place(query);
    const count = size(query, "pageSize", 100, 1000);
    const entries = [...(store.log.get(logName(user, drive)) ?? [])].filter(([, n]) => n >= from);
    const items = entries.slice(0, count);
    const time = new Date(world.now()).toISOString();
    // changes: "Change entries for items no longer available to a user are marked as deleted ... Only the ID of the item is available."
    const shown = items.map(([id]) => {
      const file = store.files.get(id);
      const head = { kind: "drive#change", changeType: "file", type: "file", time, fileId: id };
      return file && store.sees(user, file) ? { ...head, removed: false, file: store.show(user, file) } : { ...head, removed: true };
    }).filter((c) => !c.removed || query.get("includeRemoved") !== "false");
    // reference: nextPageToken is "absent if the end of the changes list has been reached"; newStartPageToken is "present only if" it has.
    const body = { kind: "drive#changeList", changes: shown, ...(entries.length > count ? { nextPageToken: String(entries[count][1]) } : { newStartPageToken: String(store.serial + 1) }) };
    return { body: select(body, query.get("fields") ?? "kind,nextPageToken,newStartPageToken,changes(kind,type,changeType,time,removed,fileId,file(kind,id,name,mimeType))") };
  }

  function watch({ user, query, body }) {
    const drive = driveOf(user, query);
    place(query);
    return { body: channels.open(user, logName(user, drive), body, "https://www.googleapis.com/drive/v3/changes?alt=json&pageToken=" + query.get("pageToken")) };
  }

  function add(b, f) {
    const parent = f.parent ?? `root ${b.user}`;
    const above = store.files.get(parent);
    if (!above) throw gone(parent);
    const file = { id: f.id ?? `1${random(24)}`, name: f.name, parent, owner: b.user, drive: above.drive, mimeType: f.folder ? FOLDER : f.mimeType ?? `${APPS}document`, readers: f.readers,
      canDownload: f.canDownload, version: 1, createdTime: new Date(world.now()).toISOString() };
    store.write(file, f.text ?? (f.folder ? undefined : `# ${f.name}\n`));
    store.add(file);
    store.note(file);
    return file.id;
  }

  function update({ id, ...b }) {
    const file = store.files.get(id);
    if (!file) throw gone(id);
    const readers = file.readers ?? [];
    if (b.name !== undefined) file.name = b.name;
    if (b.text !== undefined) store.write(file, b.text);
    if (b.trashed !== undefined) file.explicitlyTrashed = b.trashed;
    if (b.readers !== undefined) file.readers = b.readers;
    if (b.canDownload !== undefined) file.canDownload = b.canDownload;
    if (b.parent !== undefined) {
      store.children.get(file.parent).delete(id);
      file.parent = b.parent;
      file.drive = store.files.get(b.parent).drive;
      store.add(file);
    }
    file.version++;
    store.note(file, readers);
  }

  function remove(id) {
    const file = store.files.get(id);
    if (!file) throw gone(id);
    for (const child of store.children.get(id) ?? []) remove(child);
    store.files.delete(id);
    store.children.get(file.parent)?.delete(id);
    store.note(file);
  }

  const path = (rest) => new RegExp(`^/drive/v3/${rest}$`);
  return {
    name: "drive",
    prefix: "/drive/",
    // "Usage limits": 12,000 queries per minute, for each user and for the project.
    quota: { user: 12000, project: 12000 },
    scopes: READ,
    reset: () => {
      channels.reset();
      Object.assign(store, new Store(world), { channels });
    },
    addUser: (_, user) => {
      const id = `root ${user.email}`;
      store.files.set(id, { id, name: "My Drive", owner: user.email, mimeType: FOLDER, version: 1 });
    },
    // errors: 403 userRateLimitExceeded, 403 rateLimitExceeded, 429 rateLimitExceeded.
    overQuota: (_, scope) => (scope === "user" ? new ApiError(403, "userRateLimitExceeded", "User Rate Limit Exceeded", { domain: "usageLimits" })
      : new ApiError(429, "rateLimitExceeded", "Rate Limit Exceeded", { domain: "usageLimits" })),
    routes: [
      { name: "drive.about.get", method: "GET", path: path("about"), scopes: READ, handle: ({ user, query }) => {
        // reference, about.get: "the fields parameter must be specified".
        if (!query.get("fields")) throw badParameter("fields", "The 'fields' parameter is required for this method.", "required");
        return { body: select({ kind: "drive#about", user: { kind: "drive#user", displayName: user.email.split("@")[0], me: true,
          permissionId: String(parseInt(crypto.createHash("sha256").update(user.email).digest("hex").slice(0, 12), 16)),
          emailAddress: user.email } }, query.get("fields")) };
      } },
      { name: "drive.files.list", method: "GET", path: path("files"), scopes: READ, handle: list },
      { name: "drive.files.export", method: "GET", path: path("files/(?<id>[^/]+)/export"), scopes: READ, handle: exported },
      { name: "drive.files.get", method: "GET", path: path("files/(?<id>[^/]+)"), scopes: READ, handle: get },
      { name: "drive.changes.getStartPageToken", method: "GET", path: path("changes/startPageToken"), scopes: READ, handle: ({ user, query }) => {
        driveOf(user, query);
        return { body: { kind: "drive#startPageToken", startPageToken: String(store.serial + 1) } };
      } },
      { name: "drive.changes.watch", method: "POST", path: path("changes/watch"), scopes: READ, handle: watch },
      { name: "drive.changes.list", method: "GET", path: path("changes"), scopes: READ, handle: changes },
      { name: "drive.channels.stop", method: "POST", path: path("channels/stop"), scopes: READ, handle: ({ user, body }) => channels.stop(user, body) },
    ],
    control: {
      "POST /drive/drives": ({ id, name = id, members }) => {
        store.drives.set(id, { id, name, members });
        store.files.set(id, { id, name, drive: id, mimeType: FOLDER, version: 1 });
      },
      "POST /drive/files": (b) => ({ ids: b.files.map((f) => add(b, f)) }),
      "POST /drive/update": update,
      "POST /drive/delete": (b) => remove(b.id),
      "POST /drive/forget": () => {
        store.serial += 1000;
        store.oldest = store.serial;
      },
      "POST /drive/tree": (b) => {
        const top = add(b, { name: "Tree", folder: true });
        const folders = [top];
        for (let n = 0; n < b.folders; n++) folders.push(add(b, { name: `Folder ${n}`, folder: true, parent: folders[Math.floor(n / (b.width ?? 10))] }));
        for (let n = 0; n < b.files; n++) add(b, { name: `Document ${n}`, text: `# Document ${n}\n\nHow to do thing ${n}.\n`, parent: folders[n % folders.length] });
        return { id: top };
      },
      "POST /drive/state": (b) => ({ channels: channels.list().filter((c) => c.user === b.user), sent: channels.sent, files: [...store.files.values()].filter((f) => store.sees({ email: b.user },
        f)).length }),
    },
  };
}
