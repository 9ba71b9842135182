// What the double of Google knows, and what its parts share: the time, accounts, clients, grants, quotas, faults, and Google's shape of an error.
import crypto from "node:crypto";

// An error as Google's APIs write it.  "Resolve errors" (Gmail, Calendar, Drive): "two levels of error information": the HTTP status, and a JSON
// object with error.code, error.message, error.errors[].reason; newer parts of the APIs add error.status and error.details.
export class ApiError extends Error {
  constructor(status, reason, message, { domain = "global", canonical, details, location, locationType, headers } = {}) {
    super(message);
    const first = { message: reason === "authError" ? "Invalid Credentials" : message, domain, reason };
    if (location) Object.assign(first, { location, locationType });
    this.status = status;
    this.headers = headers;
    this.body = { error: { code: status, message, errors: [first], ...(canonical && { status: canonical }), ...(details && { details }) } };
  }
}

export const random = (bytes = 24) => crypto.randomBytes(bytes).toString("base64url");
export const notFound = () => new ApiError(404, "notFound", "Requested entity was not found.", { canonical: "NOT_FOUND" });
export const invalid = (message) => new ApiError(400, "invalidArgument", message, { canonical: "INVALID_ARGUMENT" });

const fresh = () => ({
  offset: 0,
  users: new Map(),
  clients: new Map(),
  grants: new Map(),
  codes: new Map(),
  access: new Map(),
  consent: {},
  faults: [],
  quotas: {},
  used: new Map(),
  calls: new Map(),
  pushKey: null,
});

export class World {
  constructor() {
    this.products = [];
    this.reset();
  }

  reset() {
    Object.assign(this, fresh());
    for (const product of this.products) {
      this.quotas[product.name] = { ...product.quota };
      product.reset?.();
    }
    this.addClient({});
  }

  now() {
    return Date.now() + this.offset;
  }

  addProduct(product) {
    this.products.push(product);
    this.quotas[product.name] = { ...product.quota };
  }

  addClient({ client_id = "client", client_secret = "secret", redirect_uris = null, testing = false, session_seconds = 3599 }) {
    this.clients.set(client_id, { client_id, client_secret, redirect_uris, testing, session_seconds });
  }

  user(email) {
    const user = this.users.get(email);
    if (!user) throw new ApiError(404, "notFound", `there is no user ${email}: POST /users`);
    return user;
  }

  addUser({ email, ...rest }) {
    const user = { email, ...rest };
    for (const product of this.products) product.addUser?.(this, user);
    this.users.set(email, user);
    return user;
  }

  // Units in the current minute.  "Usage limits": per-user and per-project quotas are per minute, and each method costs units.
  spend(product, user, client, units) {
    const quota = this.quotas[product.name];
    if (!quota) return;
    const minute = Math.floor(this.now() / 60000);
    for (const [scope, key] of [["user", user.email], ["project", client]]) {
      const limit = quota[scope];
      if (!limit) continue;
      const id = `${product.name} ${scope} ${key}`;
      let used = this.used.get(id);
      if (!used || used.minute !== minute) this.used.set(id, (used = { minute, units: 0 }));
      if (used.units + units > limit) throw product.overQuota(this, scope, new Date((minute + 1) * 60000));
      used.units += units;
    }
  }

  count(name) {
    this.calls.set(name, (this.calls.get(name) ?? 0) + 1);
  }

  // The first fault that fits a request, if it is its turn.
  fault(method, path, email) {
    for (const fault of this.faults) {
      if (fault.method && fault.method !== method) continue;
      if (fault.user && fault.user !== email) continue;
      if (!fault.regex.test(path)) continue;
      if (fault.skip > 0) {
        fault.skip--;
        continue;
      }
      if (fault.times <= 0) continue;
      fault.times--;
      fault.hits++;
      return fault;
    }
    return null;
  }

  addFault({ path = ".", times = 1, skip = 0, ...rest }) {
    this.faults.push({ path, regex: new RegExp(path), times, skip, hits: 0, ...rest });
  }

  // OpenID Connect tokens as Pub/Sub sends them with pushes.  "Authentication for push subscriptions": a JWT signed with RS256, iss
  // https://accounts.google.com, aud as the subscription says, email the service account's.
  jwks() {
    if (!this.pushKey) {
      const pair = crypto.generateKeyPairSync("rsa", { modulusLength: 2048 });
      this.pushKey = { kid: random(20), ...pair };
    }
    const { n, e } = this.pushKey.publicKey.export({ format: "jwk" });
    return { keys: [{ kty: "RSA", alg: "RS256", use: "sig", kid: this.pushKey.kid, n, e }] };
  }

  jwt(claims, header = {}) {
    this.jwks();
    const now = Math.floor(this.now() / 1000);
    const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const text = `${part({ alg: "RS256", kid: this.pushKey.kid, typ: "JWT", ...header })}.${part({
      iss: "https://accounts.google.com", sub: "113774264463038321964", azp: "113774264463038321964", email_verified: true, iat: now, exp: now + 3600, ...claims })}`;
    return `${text}.${crypto.sign("RSA-SHA256", Buffer.from(text), this.pushKey.privateKey).toString("base64url")}`;
  }
}
