/*
 * exchange.c
 *		One request to a provider, with its secrets put in, and its answer in a form that SQL can read.
 *
 * Secrets are put in here, behind SQL, so that no statement, plan or error message ever holds one; and they are taken out of answers here.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "compat.h"
#include "crypto.h"
#include "exchange.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "settings.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "uuid7.h"
#include "vault.h"

#define DEEPEST_JSON 500
#define LONGEST_NUMBER 1000
#define LARGEST_EXPONENT 9999
#define MOST_EXPONENTS 1000000	/* added up: digits that the numbers of an answer may have when they are written out */

/* ----- Requests ----- */

static bool
host_is_allowed(const char *host, char **hosts, int nhosts)
{
	for (int i = 0; i < nhosts; i++)
	{
		size_t		below = strlen(hosts[i]) - 1;
		size_t		length = strlen(host);

		if (pg_strcasecmp(hosts[i], host) == 0)
			return true;
		/* "*.example.com": whatever ends with ".example.com" and has something before it. */
		if (strncmp(hosts[i], "*.", 2) == 0 && length > below && pg_strcasecmp(host + length - below, hosts[i] + 1) == 0)
			return true;
	}
	return false;
}

static const char *
find_secret(const char *name, const ExchangeSecret *secrets, int nsecrets)
{
	for (int i = 0; i < nsecrets; i++)
		if (strcmp(secrets[i].name, name) == 0)
			return secrets[i].value;
	return NULL;
}

/* As in a form or a query. */
static void
append_encoded(StringInfo out, const char *text)
{
	for (; *text; text++)
	{
		unsigned char c = (unsigned char) *text;

		if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || strchr("-._~", c))
			appendStringInfoChar(out, c);
		else
			appendStringInfo(out, "%%%02X", c);
	}
}

static void
append_pair(StringInfo out, const char *separator, const char *name, const char *prefix, const char *value)
{
	appendStringInfoString(out, separator);
	append_encoded(out, name);
	appendStringInfoChar(out, '=');
	append_encoded(out, prefix);
	append_encoded(out, value);
}

static char *
basic_credentials(const char *user, const char *password)
{
	char	   *pair = psprintf("%s:%s", user, password);
	int			length = strlen(pair);
	char	   *out = palloc(6 + 4 * ((length + 2) / 3) + 1);

	strcpy(out, "Basic ");
	crypto_base64_encode(pair, length, out + 6);
	crypto_cleanse(pair, length);
	return out;
}

/* A dotted path as a text[], without a look at the catalogs: requests are sent outside transactions. */
static Datum
path_array(const char *path)
{
	Datum	   *names = palloc((strlen(path) + 1) * sizeof(Datum));
	int			n = 0;

	for (;;)
	{
		size_t		length = strcspn(path, ".");

		names[n++] = PointerGetDatum(cstring_to_text_with_len(path, length));
		if (path[length] == '\0')
			return PointerGetDatum(construct_array(names, n, TEXTOID, -1, false, TYPALIGN_INT));
		path += length + 1;
	}
}

/* The JSON object with a string set in it. */
static char *
set_in_json(const char *body, const char *path, const char *value)
{
	StringInfoData quoted;
	Datum		json = DirectFunctionCall1(jsonb_in, CStringGetDatum(body[0] ? body : "{}"));
	Datum		result;

	initStringInfo(&quoted);
	escape_json(&quoted, value);
	result = DirectFunctionCall4(jsonb_set, json, path_array(path), DirectFunctionCall1(jsonb_in, CStringGetDatum(quoted.data)), BoolGetDatum(true));
	crypto_cleanse(quoted.data, quoted.len);
	return JsonbToCString(NULL, &DatumGetJsonbP(result)->root, VARSIZE(DatumGetPointer(result)));
}

typedef struct Assembly
{
	StringInfoData url;
	StringInfoData headers;
	StringInfoData body;
	bool		has_body;
} Assembly;

/* Puts the request's secrets where they belong; false with *why if one is missing. */
static bool
put_secrets_in(Assembly *a, const ExchangeRequest *request, const ExchangeSecret *secrets, int nsecrets, const char **why)
{
	for (int i = 0; i < request->nfields; i++)
	{
		const char *place = request->places[i];
		const char *name = request->names[i];
		const char *prefix = request->prefixes[i];
		const char *value = find_secret(request->secrets[i], secrets, nsecrets);

		if (value == NULL)
		{
			*why = psprintf("there is no %s in the vault", request->secrets[i]);
			return false;
		}
		if (strcmp(place, "header") == 0)
			appendStringInfo(&a->headers, "\n%s: %s%s", name, prefix, value);
		else if (strcmp(place, "basic") == 0)
			appendStringInfo(&a->headers, "\nAuthorization: %s", basic_credentials(name, value));
		else if (strcmp(place, "query") == 0)
			append_pair(&a->url, strchr(a->url.data, '?') ? "&" : "?", name, prefix, value);
		else if (strcmp(place, "form") == 0)
		{
			append_pair(&a->body, a->body.len > 0 ? "&" : "", name, prefix, value);
			a->has_body = true;
		}
		else if (strcmp(place, "json") == 0)
		{
			char	   *body = set_in_json(a->body.data, name, psprintf("%s%s", prefix, value));

			resetStringInfo(&a->body);
			appendStringInfoString(&a->body, body);
			a->has_body = true;
		}
		else
		{
			*why = psprintf("a secret has no place named %s", place);
			return false;
		}
	}
	return true;
}

/* A line break in a secret would begin another header. */
static bool
headers_are_sound(const Assembly *a, const ExchangeRequest *request)
{
	int			lines = 1;
	int			wanted = 1;

	for (const char *c = a->headers.data; *c; c++)
	{
		if (*c == '\n')
			lines++;
		else if ((unsigned char) *c < ' ' && *c != '\t')
			return false;
	}
	for (const char *c = request->headers; *c; c++)
		wanted += *c == '\n';
	for (int i = 0; i < request->nfields; i++)
		wanted += strcmp(request->places[i], "header") == 0 || strcmp(request->places[i], "basic") == 0;
	return lines == wanted;
}

static HttpTransfer *
start(Assembly *a, const ExchangeRequest *request, char **hosts, int nhosts, const void *client, const char **why)
{
	HttpUrl		url;
	HttpTarget *target;
	HttpTransfer *transfer;

	if (!http_parse_url(a->url.data, &url, why))
		return NULL;
	if (strcmp(url.scheme, "https") != 0 && !setting_allow_http)
	{
		*why = "its scheme is not https";
		return NULL;
	}
	if (!host_is_allowed(url.host, hosts, nhosts))
	{
		*why = psprintf("host %s is not one of the provider's", url.host);
		return NULL;
	}
	target = http_target_new(a->url.data, request->timeout_ms, a->headers.data, why);
	if (target == NULL)
		return NULL;
	*why = "out of memory";
	transfer = http_prepare(target);
	/* From here on the transfer holds the target. */
	http_target_release(target);
	if (transfer == NULL)
		return NULL;
	transfer->client = client;
	transfer->method = request->method;
	transfer->once = request->once;
	transfer->compressed = true;
	transfer->keep_response = transfer->most_response = request->max_bytes;
	if (a->has_body)
	{
		transfer->body = malloc(a->body.len + 1);
		if (transfer->body)
			memcpy(transfer->body, a->body.data, a->body.len + 1);
		transfer->body_length = a->body.len;
	}
	if ((a->has_body && transfer->body == NULL) || !http_start(transfer))
	{
		http_release(transfer);
		return NULL;
	}
	return transfer;
}

HttpTransfer *
exchange_start(const ExchangeRequest *request, char **hosts, int nhosts, const ExchangeSecret *secrets, int nsecrets, const void *client, const char **why)
{
	Assembly	a;
	HttpTransfer *transfer = NULL;

	initStringInfo(&a.url);
	initStringInfo(&a.headers);
	initStringInfo(&a.body);
	appendStringInfoString(&a.url, request->url);
	appendStringInfoString(&a.headers, request->headers);
	a.has_body = request->body != NULL;
	if (a.has_body)
		appendStringInfoString(&a.body, request->body);
	if (put_secrets_in(&a, request, secrets, nsecrets, why))
	{
		if (headers_are_sound(&a, request))
			transfer = start(&a, request, hosts, nhosts, client, why);
		else
			*why = "a header or a secret in one has a control character";
	}
	crypto_cleanse(a.url.data, a.url.len);
	crypto_cleanse(a.headers.data, a.headers.len);
	crypto_cleanse(a.body.data, a.body.len);
	return transfer;
}

/* ----- Answers ----- */

#define SHORTEST_MASKED 8

static void
mask(char *text, const char *secret)
{
	size_t		length = strlen(secret);

	if (length >= SHORTEST_MASKED)
		for (char *found = strstr(text, secret); found; found = strstr(found + length, secret))
			memset(found, '*', length);
}

/* Some providers repeat in their errors what they were asked. Each secret is looked for as it is, as it stands in a form or URL, and as JSON may have it. */
static void
mask_secrets(char *text, const ExchangeSecret *secrets, int nsecrets)
{
	for (int i = 0; i < nsecrets; i++)
	{
		StringInfoData other;

		if (secrets[i].value == NULL)
			continue;
		mask(text, secrets[i].value);
		initStringInfo(&other);
		append_encoded(&other, secrets[i].value);
		mask(text, other.data);
		resetStringInfo(&other);
		for (const char *c = secrets[i].value; *c; c++)
		{
			if (*c == '/' || *c == '"' || *c == '\\')
				appendStringInfoChar(&other, '\\');
			appendStringInfoChar(&other, *c);
		}
		mask(text, other.data);
		crypto_cleanse(other.data, other.len);
		pfree(other.data);
	}
}

/* The text in the database's encoding, or NULL if it is no text. */
static char *
as_text(const char *data, size_t length)
{
	char	   *copy;

	if (length == 0)
		return pstrdup("");
	if (memchr(data, '\0', length) || !pg_verify_mbstr(PG_UTF8, data, length, true))
		return NULL;
	copy = pnstrdup(data, length);
	return pg_any_to_server(copy, length, PG_UTF8);
}

static bool
is_number_char(char c)
{
	return (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.' || c == 'e' || c == 'E';
}

/* The number behind an e, whatever its sign, at most MOST_EXPONENTS. */
static int
exponent_at(const char *c)
{
	int			exponent = 0;

	if (*c == '+' || *c == '-')
		c++;
	for (; *c >= '0' && *c <= '9'; c++)
		exponent = Min(exponent * 10 + (*c - '0'), MOST_EXPONENTS);
	return exponent;
}

/* Whether \uXXXX, of which c is the backslash, is half of a surrogate pair: the first half ("89ab") or the second ("cdef"). */
static bool
is_surrogate(const char *c, const char *half)
{
	return c[0] == '\\' && c[1] == 'u' && (c[2] == 'd' || c[2] == 'D') && c[3] && strchr(half, pg_ascii_tolower((unsigned char) c[3])) && c[4] && c[5];
}

/*
 * Prepares a text for jsonb: \u0000, which no text can hold, becomes U+FFFD; so does half of a surrogate pair. False if it is too deep, or has numbers that
 * would take long, so that it is taken for no JSON at all.
 */
static bool
tame_json(char *text)
{
	int			depth = 0;
	int			number = 0;
	int			exponents = 0;
	bool		in_string = false;

	for (char *c = text; *c; c++)
	{
		if (in_string)
		{
			if (*c == '"')
				in_string = false;
			else if (*c == '\\' && c[1])
			{
				if (is_surrogate(c, "89ab") && is_surrogate(c + 6, "cdef"))
					c += 6;
				else if (is_surrogate(c, "89abcdef") || strncmp(c + 1, "u0000", 5) == 0)
					memcpy(c + 2, "fffd", 4);
				c++;
			}
			continue;
		}
		number = is_number_char(*c) ? number + 1 : 0;
		if ((*c == 'e' || *c == 'E') && number > 1)
		{
			int			exponent = exponent_at(c + 1);

			if (exponent > LARGEST_EXPONENT)
				return false;
			exponents += exponent;
		}
		if (number > LONGEST_NUMBER || exponents > MOST_EXPONENTS)
			return false;
		if (*c == '"')
			in_string = true;
		else if (*c == '{' || *c == '[')
		{
			if (++depth > DEEPEST_JSON)
				return false;
		}
		else if (*c == '}' || *c == ']')
			depth--;
	}
	return true;
}

Jsonb *
exchange_body(const HttpTransfer *transfer, const ExchangeSecret *secrets, int nsecrets, char **text)
{
	char	   *body = as_text(transfer->response_body, transfer->response_body_length);
	char	   *json;

	*text = body;
	if (body == NULL)
		return NULL;
	mask_secrets(body, secrets, nsecrets);
	json = pstrdup(body);
	if (json[strspn(json, " \t\r\n")] == '\0' || !tame_json(json) || !compat_is_json(json, strlen(json)))
		return NULL;
	*text = NULL;
	return DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(json)));
}

Jsonb *
exchange_headers(const HttpTransfer *transfer, const ExchangeSecret *secrets, int nsecrets)
{
	JsonbParseState *state = NULL;
	char	   *lines = as_text(transfer->response_headers, transfer->response_headers_length);
	char	   *line;
	char	   *names[128];
	char	   *values[128];
	int			n = 0;

	if (lines)
		mask_secrets(lines, secrets, nsecrets);
	while (lines && (line = strsep(&lines, "\n")) != NULL && n < lengthof(names))
	{
		char	   *colon = strchr(line, ':');
		char	   *value;
		int			i = 0;

		if (colon == NULL || colon == line)
			continue;
		*colon = '\0';
		value = colon + 1 + strspn(colon + 1, " \t");
		value[strcspn(value, "\r")] = '\0';
		for (char *c = line; *c; c++)
			*c = pg_ascii_tolower((unsigned char) *c);
		while (i < n && strcmp(names[i], line) != 0)
			i++;
		values[i] = i < n ? psprintf("%s, %s", values[i], value) : value;
		names[i] = line;
		n = Max(n, i + 1);
	}
	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	for (int i = 0; i < n; i++)
	{
		JsonbValue	key = {.type = jbvString, .val.string = {strlen(names[i]), names[i]}};
		JsonbValue	value = {.type = jbvString, .val.string = {strlen(values[i]), values[i]}};

		pushJsonbValue(&state, WJB_KEY, &key);
		pushJsonbValue(&state, WJB_VALUE, &value);
	}
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
}

/* ----- Secrets in answers ----- */

static void
push_string(JsonbParseState **state, int token, const char *text)
{
	JsonbValue	value = {.type = jbvString, .val.string = {strlen(text), unconstify(char *, text)}};

	pushJsonbValue(state, token, &value);
}

static void
push_sealed(JsonbParseState **state, const char *name, const pg_uuid_t *tenant_id, text *secret)
{
	pg_uuid_t	id;
	bytea	   *ciphertext;
	char	   *hex;
	char	   *plain = text_to_cstring(secret);
	unsigned char hash[CRYPTO_SHA256_LEN];
	char		fingerprint[2 * CRYPTO_SHA256_LEN + 1];

	uuid7_at(GetCurrentTimestamp(), &id);
	ciphertext = vault_store(tenant_id, &id, plain);
	hex = palloc(2 * VARSIZE_ANY_EXHDR(ciphertext) + 1);
	crypto_hex((unsigned char *) VARDATA_ANY(ciphertext), VARSIZE_ANY_EXHDR(ciphertext), hex);
	/* A token is random enough not to be guessed from its hash. */
	crypto_sha256(plain, strlen(plain), hash);
	crypto_hex(hash, sizeof(hash), fingerprint);
	crypto_cleanse(plain, strlen(plain));
	push_string(state, WJB_KEY, name);
	pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
	push_string(state, WJB_KEY, "ciphertext");
	push_string(state, WJB_VALUE, hex);
	push_string(state, WJB_KEY, "fingerprint");
	push_string(state, WJB_VALUE, fingerprint);
	push_string(state, WJB_KEY, "id");
	push_string(state, WJB_VALUE, DatumGetCString(DirectFunctionCall1(uuid_out, UUIDPGetDatum(&id))));
	pushJsonbValue(state, WJB_END_OBJECT, NULL);
}

/* jsonb_extract_path_text(), which takes its path as separate arguments when it is called as usual. */
static text *
text_at(Jsonb *body, Datum path)
{
	LOCAL_FCINFO(call, 2);
	Datum		result;

	InitFunctionCallInfoData(*call, NULL, 2, InvalidOid, NULL, NULL);
	call->args[0].value = JsonbPGetDatum(body);
	call->args[0].isnull = false;
	call->args[1].value = path;
	call->args[1].isnull = false;
	result = jsonb_extract_path_text(call);
	return call->isnull ? NULL : DatumGetTextPP(result);
}

Jsonb *
exchange_seal(const pg_uuid_t *tenant_id, char **names, char **paths, int n, Jsonb **body)
{
	JsonbParseState *state = NULL;

	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	for (int i = 0; i < n && *body && !JB_ROOT_IS_SCALAR(*body); i++)
	{
		Datum		path = path_array(paths[i]);
		text	   *secret = text_at(*body, path);

		if (secret == NULL)
			continue;
		if (VARSIZE_ANY_EXHDR(secret) > 0)
			push_sealed(&state, names[i], tenant_id, secret);
		crypto_cleanse(VARDATA_ANY(secret), VARSIZE_ANY_EXHDR(secret));
		*body = DatumGetJsonbP(DirectFunctionCall2(jsonb_delete_path, JsonbPGetDatum(*body), path));
	}
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
}
