// Google's OAuth 2.0: authorization, tokens, revocation.  Rules are those of "Using OAuth 2.0 for Web Server Applications" (web-server), "Using OAuth
// 2.0 to Access Google APIs" (overview), and RFC 6749, 7009 and 7636.
import crypto from "node:crypto";
import { ApiError, random } from "./world.mjs";

const CODE_SECONDS = 600; // RFC 6749, 4.1.2: "A maximum authorization code lifetime of 10 minutes is RECOMMENDED."
const LIVE_TOKENS = 100; // overview: "a limit of 100 refresh tokens per Google Account per OAuth 2.0 client ID ... the oldest refresh token" is invalidated without warning
const IDLE_SECONDS = 183 * 86400; // overview: a refresh token stops working when "it has not been used for six months"
const TESTING_SECONDS = 7 * 86400; // overview: publishing status "Testing" is issued "a refresh token expiring in 7 days"

const oauthError = (status, error, error_description) => ({ status, body: { error, ...(error_description && { error_description }) } });
const page = (status, text) => ({ status, headers: { "content-type": "text/html; charset=utf-8" }, text: `<!DOCTYPE html><title>Error</title><p>${text}` });

export function issue(world, email, client, scopes, { offline = true } = {}) {
  const key = `${email}\n${client.client_id}`;
  let grant = world.grants.get(key);
  if (!grant) world.grants.set(key, (grant = { key, email, client: client.client_id, scopes: new Set(), refresh: [] }));
  for (const scope of scopes) grant.scopes.add(scope);
  const answer = accessToken(world, grant, client, scopes);
  if (offline) {
    const now = world.now();
    const refresh = { token: `1//${random(40)}`, scopes: [...scopes], used: now, expires: client.testing ? now + TESTING_SECONDS * 1000 : Infinity };
    grant.refresh.push(refresh);
    if (grant.refresh.length > LIVE_TOKENS) grant.refresh.shift();
    answer.refresh_token = refresh.token;
    // web-server: refresh_token_expires_in is "only set when the user grants time-based access" (N-docs: also for apps in testing).
    if (client.testing) answer.refresh_token_expires_in = TESTING_SECONDS;
  }
  return answer;
}

function accessToken(world, grant, client, scopes) {
  const token = `ya29.${random(40)}`;
  world.access.set(token, { email: grant.email, client: grant.client, scopes: new Set(scopes), expires: world.now() + client.session_seconds * 1000, grant });
  return { access_token: token, expires_in: client.session_seconds, scope: [...scopes].join(" "), token_type: "Bearer" };
}

// web-server, "Revoking a token": revoking ends the grant; "if you revoke a token that represents a combined authorization, access to all of that
// authorization's scopes on behalf of the associated user are revoked simultaneously".
export function endGrant(world, grant) {
  world.grants.delete(grant.key);
  for (const [token, access] of world.access) if (access.grant === grant) world.access.delete(token);
}

export function authorize(world, query) {
  const client = world.clients.get(query.get("client_id"));
  if (!client) return page(401, "Error 401: invalid_client");
  const redirect = query.get("redirect_uri");
  // web-server: redirect_uri "must exactly match one of the authorized redirect URIs"; else redirect_uri_mismatch, and nobody is sent there.
  if (!redirect || (client.redirect_uris && !client.redirect_uris.includes(redirect))) return page(400, "Error 400: redirect_uri_mismatch");
  if (query.get("response_type") !== "code") return page(400, "Error 400: invalid_request: response_type");
  const asked = (query.get("scope") ?? "").split(" ").filter(Boolean);
  if (asked.length === 0) return page(400, "Error 400: invalid_request: Missing required parameter: scope");
  if (asked.some((scope) => !world.products.some((p) => p.scopes.includes(scope)) && !["openid", "email", "profile"].includes(scope)))
    return page(400, "Error 400: invalid_scope");
  const access_type = query.get("access_type") ?? "online";
  if (!["online", "offline"].includes(access_type)) return page(400, "Error 400: invalid_request: access_type");
  const challenge = query.get("code_challenge");
  const challenge_method = query.get("code_challenge_method") ?? "plain";
  if (challenge && (!["S256", "plain"].includes(challenge_method) || challenge.length < 43 || challenge.length > 128))
    return page(400, "Error 400: invalid_request: code_challenge");

  const back = (params) => {
    const url = new URL(redirect);
    for (const [name, value] of Object.entries(params)) if (value != null) url.searchParams.set(name, value);
    return { status: 302, headers: { location: url.href }, text: "" };
  };
  const consent = world.consent;
  const state = query.get("state");
  // web-server: "If the user does not approve the request, the response contains an error message": error=access_denied.
  if (consent.error || consent.deny) return back({ error: consent.error ?? "access_denied", state });
  const email = consent.user ?? query.get("login_hint") ?? [...world.users.keys()][0];
  if (!world.users.has(email)) return page(400, "the double has no such user: POST /users");
  // "Granular permissions": users may grant some of the scopes, so that the answer's scope has to be looked at.
  const granted = asked.filter((scope) => !consent.decline?.includes(scope));
  if (granted.length === 0) return back({ error: "access_denied", state });
  const grant = world.grants.get(`${email}\n${client.client_id}`);
  // web-server: include_granted_scopes=true makes the new token "also cover any scopes to which the user previously granted the application access".
  const scopes = new Set(granted);
  if (query.get("include_granted_scopes") === "true" && grant) for (const scope of grant.scopes) scopes.add(scope);
  // web-server: a refresh token comes "only ... the first time", unless the user is asked again by prompt=consent; and only with access_type=offline.
  const offline = access_type === "offline" && (!grant?.refresh.length || (query.get("prompt") ?? "").split(" ").includes("consent"));
  const code = `4/${random(40)}`;
  world.codes.set(code, { email, client: client.client_id, redirect, scopes, offline, challenge, challenge_method, expires: world.now() + CODE_SECONDS * 1000 });
  return back({ state, code, scope: [...scopes].join(" "), authuser: "0", prompt: "consent" });
}

export function token(world, form, authorization) {
  let id = form.get("client_id");
  let secret = form.get("client_secret");
  const basic = /^Basic (.+)$/.exec(authorization ?? "");
  if (basic) [id, secret] = Buffer.from(basic[1], "base64").toString().split(":").map(decodeURIComponent);
  if (!form.get("grant_type")) return oauthError(400, "invalid_request", "Missing required parameter: grant_type");
  const client = world.clients.get(id);
  if (!client) return oauthError(401, "invalid_client", "The OAuth client was not found.");
  if (client.client_secret !== secret) return oauthError(401, "invalid_client", "Unauthorized");

  if (form.get("grant_type") === "authorization_code") {
    const code = world.codes.get(form.get("code"));
    // RFC 6749, 4.1.2: "The client MUST NOT use the authorization code more than once."
    world.codes.delete(form.get("code"));
    if (!code || code.client !== id) return oauthError(400, "invalid_grant", "Malformed auth code.");
    if (code.expires < world.now()) return oauthError(400, "invalid_grant", "Bad Request");
    // RFC 6749, 4.1.3: the values of redirect_uri "MUST be identical".
    if (form.get("redirect_uri") !== code.redirect) return oauthError(400, "redirect_uri_mismatch", "Bad Request");
    if (code.challenge) {
      // RFC 7636, 4.6: the server compares the transformed verifier with the challenge; "if the values are not equal", invalid_grant.
      const verifier = form.get("code_verifier");
      if (!verifier) return oauthError(400, "invalid_grant", "Missing code verifier.");
      const seen = code.challenge_method === "S256" ? crypto.createHash("sha256").update(verifier).digest("base64url") : verifier;
      if (seen !== code.challenge) return oauthError(400, "invalid_grant", "Invalid code verifier.");
    }
    return { status: 200, body: issue(world, code.email, client, code.scopes, { offline: code.offline }) };
  }
  if (form.get("grant_type") === "refresh_token") {
    if (!form.get("refresh_token")) return oauthError(400, "invalid_request", "Missing required parameter: refresh_token");
    for (const grant of world.grants.values()) {
      const refresh = grant.refresh.find((r) => r.token === form.get("refresh_token"));
      if (!refresh || grant.client !== id) continue;
      const now = world.now();
      if (refresh.expires < now || refresh.used + IDLE_SECONDS * 1000 < now) break;
      refresh.used = now;
      // web-server, "Refreshing an access token": the answer has no refresh_token; the one that was sent stays good.
      return { status: 200, body: accessToken(world, grant, client, refresh.scopes) };
    }
    return oauthError(400, "invalid_grant", "Token has been expired or revoked.");
  }
  return oauthError(400, "unsupported_grant_type", `Invalid grant_type: ${form.get("grant_type")}`);
}

// web-server, "Revoking a token": POST with the token as a parameter, an access or a refresh token; 200 if it is done, 400 and an error code if not.
export function revoke(world, params) {
  const text = params.get("token");
  const grant = world.access.get(text)?.grant ?? [...world.grants.values()].find((g) => g.refresh.some((r) => r.token === text));
  if (!grant) return oauthError(400, "invalid_token", "Token expired or revoked");
  endGrant(world, grant);
  return { status: 200, body: {} };
}

// Whose request it is.  "Resolve errors": 401 "the access token you're using is either expired or invalid"; scopes are checked per method.
export function authenticate(world, authorization, scopes) {
  const bearer = /^Bearer (.+)$/.exec(authorization ?? "");
  const access = bearer && world.access.get(bearer[1]);
  if (!access || access.expires <= world.now()) {
    throw new ApiError(401, bearer ? "authError" : "required", "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or "
      + "other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.",
    { canonical: "UNAUTHENTICATED", location: "Authorization", locationType: "header", headers: { "www-authenticate": 'Bearer realm="https://accounts.google.com/"'
      + (bearer ? ', error="invalid_token"' : "") } });
  }
  if (!scopes.some((scope) => access.scopes.has(scope))) {
    throw new ApiError(403, "insufficientPermissions", "Request had insufficient authentication scopes.", { canonical: "PERMISSION_DENIED",
      details: [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "ACCESS_TOKEN_SCOPE_INSUFFICIENT", domain: "googleapis.com" }] });
  }
  return access;
}
