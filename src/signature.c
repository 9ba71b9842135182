/*
 * signature.c
 *		Whether a webhook comes from whom it should: the schemes of sql/79_inbox_scheme.sql, over the raw bytes.
 *
 * Nothing that a stranger sends raises an error here: what does not fit is not verified.
 */
#include "postgres.h"

#include <ctype.h>
#include <limits.h>

#include "catalog/pg_type.h"
#include "compat.h"
#include "crypto.h"
#include "db.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "signature.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/numeric.h"

#define MOST_VALUES 200			/* that are taken from one place */
#define MOST_PARTS 20			/* of a template */
#define MOST_FIELDS 1000		/* of a form */
#define DEFAULT_TOLERANCE 300	/* seconds */
#define LONGEST_MAC 64			/* as text */

PG_FUNCTION_INFO_V1(lealup_check_signature);
PG_FUNCTION_INFO_V1(lealup_inbound_values);
PG_FUNCTION_INFO_V1(lealup_inbound_matches);
PG_FUNCTION_INFO_V1(lealup_inbound_key);
PG_FUNCTION_INFO_V1(lealup_hide_values);
PG_FUNCTION_INFO_V1(lealup_verify_rs256);

typedef struct Values
{
	int			count;
	char	   *value[MOST_VALUES];
} Values;

/* ----- JSON ----- */

static JsonbValue *
member(JsonbContainer *object, const char *name)
{
	if (!JsonContainerIsObject(object))
		return NULL;
	return getKeyJsonValueFromContainer(object, name, strlen(name), NULL);
}

/* A scalar as text; NULL if it is null, an object or an array. */
static char *
scalar_text(const JsonbValue *value)
{
	switch (value ? value->type : jbvNull)
	{
		case jbvString:
			return pnstrdup(value->val.string.val, value->val.string.len);
		case jbvNumeric:
			return DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(value->val.numeric)));
		case jbvBool:
			return pstrdup(value->val.boolean ? "true" : "false");
		default:
			return NULL;
	}
}

static char *
member_text(JsonbContainer *object, const char *name)
{
	return scalar_text(member(object, name));
}

static bool
member_is(JsonbContainer *object, const char *name, const char *expected)
{
	JsonbValue *value = member(object, name);

	return value && value->type == jbvString && value->val.string.len == strlen(expected) && memcmp(value->val.string.val, expected, value->val.string.len) == 0;
}

static bool
member_is_true(JsonbContainer *object, const char *name)
{
	JsonbValue *value = member(object, name);

	return value && value->type == jbvBool && value->val.boolean;
}

static void
add(Values *values, char *value)
{
	if (value && values->count < MOST_VALUES)
		values->value[values->count++] = value;
}

/* What is at a dotted path, {} standing for each element of an array. */
static void
walk(JsonbContainer *container, const char *path, Values *values)
{
	size_t		length = strcspn(path, ".");
	const char *rest = path[length] ? path + length + 1 : NULL;
	bool		each = length == 2 && path[0] == '{' && path[1] == '}';
	int			n = 1;

	if (each ? !JsonContainerIsArray(container) : !JsonContainerIsObject(container))
		return;
	if (each)
		n = Min((int) JsonContainerSize(container), MOST_VALUES);
	for (int i = 0; i < n; i++)
	{
		JsonbValue *value = each ? getIthJsonbValueFromContainer(container, i) : getKeyJsonValueFromContainer(container, path, length, NULL);

		if (value == NULL)
			continue;
		if (rest == NULL)
			add(values, scalar_text(value));
		else if (value->type == jbvBinary)
			walk(value->val.binary.data, rest, values);
	}
}

/* ----- Where a request has what ----- */

/* Decodes what is percent-encoded in a form or a query; what is no such encoding stays. */
static void
decode_form(StringInfo out, const char *text, size_t length)
{
	initStringInfo(out);
	for (size_t i = 0; i < length; i++)
	{
		int			high = text[i] == '%' && length - i > 2 ? crypto_hex_digit(text[i + 1]) : -1;
		int			low = high >= 0 ? crypto_hex_digit(text[i + 2]) : -1;

		if (low >= 0)
		{
			appendStringInfoChar(out, (char) (high << 4 | low));
			i += 2;
		}
		else
			appendStringInfoChar(out, text[i] == '+' ? ' ' : text[i]);
	}
}

/* The value of a query's parameter; NULL if there is none, or if it is no text. */
static char *
query_value(const char *query, const char *name)
{
	while (query && *query)
	{
		size_t		length = strcspn(query, "&");
		const char *equals = memchr(query, '=', length);
		size_t		name_length = equals ? (size_t) (equals - query) : length;
		StringInfoData decoded;

		decode_form(&decoded, query, name_length);
		if (decoded.len == strlen(name) && memcmp(decoded.data, name, decoded.len) == 0)
		{
			decode_form(&decoded, equals ? equals + 1 : "", equals ? length - name_length - 1 : 0);
			if (!pg_verify_mbstr(PG_UTF8, decoded.data, decoded.len, true) || memchr(decoded.data, '\0', decoded.len))
				return NULL;
			return pg_any_to_server(decoded.data, decoded.len, PG_UTF8);
		}
		query += length + (query[length] == '&');
	}
	return NULL;
}

static char *
header_value(Jsonb *headers, const char *name)
{
	char	   *lower = pstrdup(name);

	for (char *c = lower; *c; c++)
		*c = pg_ascii_tolower((unsigned char) *c);
	return headers ? member_text(&headers->root, lower) : NULL;
}

/* Of a value, or of each element if it is a list, what stands behind the prefix. */
static void
add_parts(Values *values, char *value, const char *prefix, const char *separator)
{
	size_t		prefix_length = prefix ? strlen(prefix) : 0;

	while (value)
	{
		char	   *end = separator && separator[0] ? strstr(value, separator) : NULL;
		char	   *next = end ? end + strlen(separator) : NULL;

		if (end)
			*end = '\0';
		if (separator)
			value += strspn(value, " \t");
		if (strncmp(value, prefix ? prefix : "", prefix_length) == 0)
			add(values, value + prefix_length);
		value = next;
	}
}

/* What is where a source says: {"header" | "query" | "json": name, "prefix"?, "separator"?}. */
static void
find(JsonbContainer *source, const SignedRequest *request, Values *values)
{
	char	   *header = member_text(source, "header");
	char	   *parameter = member_text(source, "query");
	char	   *path = member_text(source, "json");
	char	   *prefix = member_text(source, "prefix");
	char	   *separator = member_text(source, "separator");
	Values		found;

	found.count = values->count = 0;
	if (header)
		add(&found, header_value(request->headers, header));
	else if (parameter)
		add(&found, query_value(request->query, parameter));
	else if (path && request->document)
		walk(&request->document->root, path, &found);
	for (int i = 0; i < found.count; i++)
		add_parts(values, found.value[i], prefix, separator);
}

/* ----- Times ----- */

static bool
parse_number(const char *text, int64 *number)
{
	char	   *end;

	if (!isdigit((unsigned char) text[0]) || strlen(text) > 18)
		return false;
	*number = strtoll(text, &end, 10);
	/* Some write milliseconds, or a fraction of a second, behind a point. */
	return *end == '\0' || *end == '.';
}

/* 2026-04-15T14:30:00[.123](Z|+02:00), to the second since 1970. */
static bool
parse_iso(const char *text, int64 *seconds)
{
	int			year,
				month,
				day,
				hour,
				minute,
				second,
				zone_hour = 0,
				zone_minute = 0,
				n = 0;
	char		sign = '+';

	if (strlen(text) > 40 || sscanf(text, "%4d-%2d-%2d%*[Tt ]%2d:%2d:%2d%n", &year, &month, &day, &hour, &minute, &second, &n) != 6 || n == 0)
		return false;
	if (year < 1970 || month < 1 || month > 12 || day < 1 || day > 31 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60)
		return false;
	text += n;
	if (*text == '.')
		text += 1 + strspn(text + 1, "0123456789");
	if (strcmp(text, "Z") != 0 && strcmp(text, "z") != 0
		&& (sscanf(text, "%c%2d:%2d", &sign, &zone_hour, &zone_minute) != 3 || (sign != '+' && sign != '-')))
		return false;
	*seconds = (int64) (date2j(year, month, day) - UNIX_EPOCH_JDATE) * SECS_PER_DAY + hour * SECS_PER_HOUR + minute * SECS_PER_MINUTE + second
		- (sign == '-' ? -1 : 1) * (zone_hour * SECS_PER_HOUR + zone_minute * SECS_PER_MINUTE);
	return true;
}

/* Checks the time that a scheme wants; *text is what was signed. */
static const char *
check_time(JsonbContainer *scheme, const SignedRequest *request, char **text)
{
	JsonbValue *timestamp = member(scheme, "timestamp");
	JsonbContainer *source;
	char	   *tolerance_text;
	int64		tolerance = DEFAULT_TOLERANCE;
	int64		seconds;
	int64		now = (request->now / USECS_PER_SEC) + (int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY;
	Values		values;
	bool		ok;

	*text = NULL;
	if (timestamp == NULL || timestamp->type != jbvBinary)
		return NULL;
	source = timestamp->val.binary.data;
	find(source, request, &values);
	if (values.count == 0)
		return "it has no timestamp";
	*text = values.value[0];
	if (member_is(source, "unit", "iso8601"))
		ok = parse_iso(*text, &seconds);
	else
	{
		ok = parse_number(*text, &seconds);
		if (ok && member_is(source, "unit", "ms"))
			seconds /= 1000;
	}
	if (!ok)
		return "its timestamp cannot be read";
	tolerance_text = member_text(source, "tolerance");
	if (tolerance_text && !parse_number(tolerance_text, &tolerance))
		return "the scheme's tolerance is no number";
	if (seconds < now - tolerance || seconds > now + tolerance)
		return psprintf("its timestamp is %lld s from the server's clock, and %lld s are tolerated",
						(long long) (seconds > now ? seconds - now : now - seconds), (long long) tolerance);
	return NULL;
}

/* ----- What is signed ----- */

typedef struct Field
{
	StringInfoData name;
	StringInfoData value;
} Field;

static int
compare_strings(const StringInfoData *a, const StringInfoData *b)
{
	int			order = memcmp(a->data, b->data, Min(a->len, b->len));

	return order ? order : a->len - b->len;
}

static int
compare_fields(const void *a, const void *b)
{
	int			order = compare_strings(&((const Field *) a)->name, &((const Field *) b)->name);

	return order ? order : compare_strings(&((const Field *) a)->value, &((const Field *) b)->value);
}

static bool
is_form(const SignedRequest *request)
{
	char	   *type = header_value(request->headers, "content-type");

	return type && pg_strncasecmp(type, "application/x-www-form-urlencoded", 33) == 0;
}

/* The fields of a form, sorted, each name with its value, nothing between them; the same one twice counts once. data is NULL if there are too many. */
static CryptoPart
sorted_form(const SignedRequest *request)
{
	const char *p = request->body;
	const char *end = p + request->body_length;
	Field	   *fields = palloc(sizeof(Field) * MOST_FIELDS);
	StringInfoData out;
	int			n = 0;

	initStringInfo(&out);
	while (p < end && n < MOST_FIELDS)
	{
		const char *ampersand = memchr(p, '&', end - p);
		const char *stop = ampersand ? ampersand : end;
		const char *equals = memchr(p, '=', stop - p);

		if (stop > p)
		{
			decode_form(&fields[n].name, p, (equals ? equals : stop) - p);
			decode_form(&fields[n].value, equals ? equals + 1 : "", equals ? stop - equals - 1 : 0);
			n++;
		}
		p = stop + 1;
	}
	/* Fields beyond would not be covered. */
	if (p < end)
		return (CryptoPart) {NULL, 0};
	qsort(fields, n, sizeof(Field), compare_fields);
	for (int i = 0; i < n; i++)
	{
		if (i > 0 && compare_fields(&fields[i - 1], &fields[i]) == 0)
			continue;
		appendBinaryStringInfo(&out, fields[i].name.data, fields[i].name.len);
		appendBinaryStringInfo(&out, fields[i].value.data, fields[i].value.len);
	}
	return (CryptoPart) {out.data, out.len};
}

/* The bytes of the first element if the body is an array, else the body. */
static CryptoPart
first_item(const SignedRequest *request)
{
	const char *p = request->body;
	const char *end = p + request->body_length;
	const char *begin;
	int			depth = 0;
	bool		in_string = false;

	while (p < end && isspace((unsigned char) *p))
		p++;
	if (p == end || *p != '[')
		return (CryptoPart) {request->body, request->body_length};
	for (p++; p < end && isspace((unsigned char) *p);)
		p++;
	for (begin = p; p < end; p++)
	{
		if (in_string)
		{
			if (*p == '\\')
				p++;
			else if (*p == '"')
				in_string = false;
		}
		else if (*p == '"')
			in_string = true;
		else if (*p == '{' || *p == '[')
			depth++;
		else if (depth > 0 && (*p == '}' || *p == ']'))
			depth--;
		else if (depth == 0 && (*p == ',' || *p == ']'))
			break;
	}
	p = Min(p, end);
	while (p > begin && isspace((unsigned char) p[-1]))
		p--;
	return (CryptoPart) {begin, p - begin};
}

/* A URL with the characters decoded that HubSpot decodes before it signs. */
static char *
decoded_uri(const char *url)
{
	StringInfoData out;

	initStringInfo(&out);
	for (; *url; url++)
	{
		int			high = *url == '%' ? crypto_hex_digit(url[1]) : -1;
		int			low = high >= 0 ? crypto_hex_digit(url[2]) : -1;

		if (low >= 0 && (high << 4 | low) != 0 && strchr(":/?@!$'()*,;", high << 4 | low))
		{
			appendStringInfoChar(&out, (char) (high << 4 | low));
			url += 2;
		}
		else
			appendStringInfoChar(&out, *url);
	}
	return out.data;
}

/* The URL with the scheme's port, or without any. */
static char *
url_with_port(const char *url, bool with)
{
	const char *host = strstr(url, "://");
	const char *rest;
	const char *colon;

	if (host == NULL)
		return pstrdup(url);
	host += 3;
	rest = host + strcspn(host, "/?#");
	for (colon = rest; colon > host && isdigit((unsigned char) colon[-1]);)
		colon--;
	if (colon > host && colon < rest && colon[-1] == ':')
		return with ? pstrdup(url) : psprintf("%.*s%s", (int) (colon - 1 - url), url, rest);
	return with ? psprintf("%.*s:%s%s", (int) (rest - url), url, strncmp(url, "https:", 6) == 0 ? "443" : "80", rest) : pstrdup(url);
}

/* Fills in a template; -1 if it has a piece that is not known or not there. */
static int
fill_in(const char *template, const SignedRequest *request, const char *url, char *timestamp, CryptoPart *parts)
{
	int			n = 0;

	while (*template && n < MOST_PARTS)
	{
		size_t		length = strcspn(template, "{");
		const char *close = template[0] == '{' ? strchr(template, '}') : NULL;
		char	   *name;
		const char *text = NULL;

		if (close == NULL)
		{
			length = Max(length, 1);
			parts[n++] = (CryptoPart) {template, length};
			template += length;
			continue;
		}
		name = pnstrdup(template + 1, close - template - 1);
		template = close + 1;
		if (strcmp(name, "body") == 0)
			parts[n++] = (CryptoPart) {request->body, request->body_length};
		else if (strcmp(name, "form_sorted") == 0)
		{
			parts[n] = is_form(request) ? sorted_form(request) : (CryptoPart) {"", 0};
			if (parts[n++].data == NULL)
				return -1;
		}
		else if (strcmp(name, "first_item") == 0)
			parts[n++] = first_item(request);
		else
		{
			if (strcmp(name, "ts") == 0)
				text = timestamp;
			else if (strcmp(name, "method") == 0)
				text = request->method;
			else if (strcmp(name, "url") == 0)
				text = url;
			else if (strcmp(name, "uri") == 0)
				text = decoded_uri(url);
			else if (strncmp(name, "hdr:", 4) == 0)
				text = header_value(request->headers, name + 4);
			if (text == NULL)
				return -1;
			parts[n++] = (CryptoPart) {text, strlen(text)};
		}
	}
	return *template ? -1 : n;
}

/* ----- The schemes ----- */

/* The bytes of a key; false if it is none of the format that the scheme wants. */
static bool
key_bytes(JsonbContainer *scheme, char *key, CryptoPart *bytes)
{
	unsigned char *decoded;
	int			length;

	*bytes = (CryptoPart) {key, strlen(key)};
	if (!member_is(scheme, "key_format", "base64"))
		return true;
	if (strncmp(key, "whsec_", 6) == 0)
		key += 6;
	decoded = palloc(strlen(key) + 4);
	length = crypto_base64_decode(key, strlen(key), decoded);
	*bytes = (CryptoPart) {decoded, Max(length, 0)};
	return length > 0;
}

/* Whether one of the values is the text, of whatever length they are. */
static bool
one_is(const Values *values, const char *text)
{
	size_t		length = strlen(text);
	bool		found = false;

	for (int i = 0; i < values->count; i++)
		found |= strlen(values->value[i]) == length && crypto_equal(values->value[i], text, length);
	return found;
}

/* A body that is no form is covered by its hash in the query, which the URL covers. */
static const char *
check_body_hash(JsonbContainer *scheme, const SignedRequest *request, bool *in_query)
{
	char	   *parameter = member_text(scheme, "body_hash");
	char	   *given = parameter ? query_value(request->query, parameter) : NULL;
	unsigned char hash[CRYPTO_SHA256_LEN];
	char		text[2 * CRYPTO_SHA256_LEN + 1];
	Values		values = {0};

	*in_query = given != NULL;
	if (parameter == NULL || (given == NULL && (is_form(request) || request->body_length == 0)))
		return NULL;
	if (given == NULL)
		return "its query has no hash of the body";
	crypto_sha256(request->body, request->body_length, hash);
	crypto_hex(hash, sizeof(hash), text);
	add(&values, given);
	return one_is(&values, text) ? NULL : "the hash in its query is not that of the body";
}

static const char *
check_hmac(JsonbContainer *scheme, const SignedRequest *request, char **keys, int nkeys)
{
	const char *template = member_text(scheme, "template");
	bool		sha1 = member_is(scheme, "algorithm", "sha1");
	bool		base64 = member_is(scheme, "encoding", "base64");
	SignedRequest signed_request = *request;
	const char *urls[3] = {request->url};
	int			nurls = 1;
	const char *problem;
	char	   *timestamp;
	bool		hash_in_query;
	bool		ok = false;
	Values		given;

	find(scheme, request, &given);
	if (given.count == 0)
		return "it has no signature";
	if ((problem = check_time(scheme, request, &timestamp)) != NULL || (problem = check_body_hash(scheme, request, &hash_in_query)) != NULL)
		return problem;
	/* What the hash covers is not signed a second time as a form. */
	if (hash_in_query)
		signed_request.headers = NULL;
	if (member_is_true(scheme, "any_port"))
	{
		urls[nurls++] = url_with_port(request->url, false);
		urls[nurls++] = url_with_port(request->url, true);
	}
	if (!base64)
		for (int i = 0; i < given.count; i++)
			for (char *c = given.value[i]; *c; c++)
				*c = pg_ascii_tolower((unsigned char) *c);
	for (int u = 0; u < nurls; u++)
	{
		CryptoPart	parts[MOST_PARTS];
		int			nparts = fill_in(template ? template : "{body}", &signed_request, urls[u], timestamp, parts);

		if (nparts < 0)
			return "it lacks something of what is signed";
		for (int k = 0; k < nkeys; k++)
		{
			unsigned char mac[CRYPTO_SHA256_LEN];
			char		text[LONGEST_MAC + 8];
			CryptoPart	key;
			int			length;

			if (!key_bytes(scheme, keys[k], &key))
				return "the secret that is set is not in base64";
			length = crypto_hmac_once(sha1, key.data, key.length, parts, nparts, mac);
			if (base64)
				crypto_base64_encode(mac, length, text);
			else
				crypto_hex(mac, length, text);
			ok |= one_is(&given, text);
		}
	}
	return ok ? NULL : "the signature does not match";
}

/* What was sent must be one of the keys; of a list in the body, every element. */
static const char *
check_token(JsonbContainer *scheme, const SignedRequest *request, char **keys, int nkeys)
{
	Values		given;
	Values		known = {0};
	bool		ok = true;

	find(scheme, request, &given);
	if (given.count == 0)
		return "it has no token";
	for (int k = 0; k < nkeys; k++)
		add(&known, keys[k]);
	for (int i = 0; i < given.count; i++)
		ok &= one_is(&known, given.value[i]);
	return ok ? NULL : "the token does not match";
}

static const char *
check_basic(JsonbContainer *scheme, const SignedRequest *request, char **keys, int nkeys)
{
	char	   *header = header_value(request->headers, "authorization");
	char	   *user = member_text(scheme, "user");
	unsigned char *decoded;
	char	   *password;
	int			length;
	Values		known = {0};
	bool		ok;

	if (header == NULL || pg_strncasecmp(header, "Basic ", 6) != 0)
		return "it has no user name and password";
	header += 6 + strspn(header + 6, " ");
	decoded = palloc(strlen(header) + 4);
	length = crypto_base64_decode(header, strlen(header), decoded);
	if (length < 0)
		return "its user name and password cannot be read";
	decoded[length] = '\0';
	password = strchr((char *) decoded, ':');
	if (password == NULL)
		return "its user name and password cannot be read";
	*password++ = '\0';
	for (int k = 0; k < nkeys; k++)
		add(&known, keys[k]);
	ok = one_is(&known, password);
	if (user)
	{
		known.count = 0;
		add(&known, user);
		ok &= one_is(&known, (char *) decoded);
	}
	return ok ? NULL : "the user name or the password does not match";
}

char *
signature_purpose(Jsonb *scheme)
{
	char	   *key = member_text(&scheme->root, "key");

	if (member_is(&scheme->root, "type", "none"))
		return NULL;
	return key ? key : pstrdup("inbound_secret");
}

const char *
signature_check(Jsonb *scheme, const SignedRequest *request, char **keys, int nkeys)
{
	JsonbContainer *root = &scheme->root;

	if (member_is(root, "type", "none"))
		return NULL;
	if (nkeys == 0)
		return "no secret is set: lealup.set_inbound_secret() sets one";
	if (member_is(root, "type", "hmac"))
		return check_hmac(root, request, keys, nkeys);
	if (member_is(root, "type", "token"))
		return check_token(root, request, keys, nkeys);
	if (member_is(root, "type", "basic"))
		return check_basic(root, request, keys, nkeys);
	return "its scheme is not known";
}

/* ----- SQL ----- */

static char *
text_argument(FunctionCallInfo fcinfo, int n)
{
	return PG_ARGISNULL(n) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(n));
}

static Jsonb *
jsonb_argument(FunctionCallInfo fcinfo, int n)
{
	return PG_ARGISNULL(n) ? NULL : PG_GETARG_JSONB_P(n);
}

static Datum
text_or_null(FunctionCallInfo fcinfo, const char *text)
{
	if (text == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(text));
}

Datum
lealup_check_signature(PG_FUNCTION_ARGS)
{
	SignedRequest request = {text_argument(fcinfo, 2), text_argument(fcinfo, 3), text_argument(fcinfo, 4), jsonb_argument(fcinfo, 5), "", 0, jsonb_argument(fcinfo, 7)};
	Datum	   *elements;
	char	  **keys;
	int			n;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(8))
		return text_or_null(fcinfo, "it is to be checked against nothing");
	if (!PG_ARGISNULL(6))
	{
		bytea	   *body = PG_GETARG_BYTEA_PP(6);

		request.body = VARDATA_ANY(body);
		request.body_length = VARSIZE_ANY_EXHDR(body);
	}
	request.now = PG_GETARG_TIMESTAMPTZ(8);
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(1), TEXTOID, -1, false, TYPALIGN_INT, &elements, NULL, &n);
	keys = palloc(sizeof(char *) * Max(n, 1));
	for (int i = 0; i < n; i++)
		keys[i] = TextDatumGetCString(elements[i]);
	return text_or_null(fcinfo, signature_check(PG_GETARG_JSONB_P(0), &request, keys, n));
}

Datum
lealup_inbound_values(PG_FUNCTION_ARGS)
{
	SignedRequest request = {.query = text_argument(fcinfo, 1), .headers = jsonb_argument(fcinfo, 2), .document = jsonb_argument(fcinfo, 3)};
	Values		values;
	Datum	   *elements;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	find(&PG_GETARG_JSONB_P(0)->root, &request, &values);
	elements = palloc(sizeof(Datum) * Max(values.count, 1));
	for (int i = 0; i < values.count; i++)
		elements[i] = CStringGetTextDatum(values.value[i]);
	PG_RETURN_DATUM(db_array(TEXTOID, elements, NULL, values.count));
}

/* Whether every member {name: value} of an object is found in the part of the request that "kind" names; null = whatever value. */
static bool
all_found(JsonbContainer *condition, const char *kind, const SignedRequest *request)
{
	JsonbValue *wanted = member(condition, kind);
	JsonbIterator *iterator;
	JsonbIteratorToken token;
	JsonbValue	value;
	char	   *name = NULL;

	if (wanted == NULL)
		return true;
	if (wanted->type != jbvBinary)
		return false;
	iterator = JsonbIteratorInit(wanted->val.binary.data);
	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		Values		values = {0};
		char	   *expected;

		if (token == WJB_KEY)
			name = pnstrdup(value.val.string.val, value.val.string.len);
		if (token != WJB_VALUE)
			continue;
		if (strcmp(kind, "header") == 0)
			add(&values, header_value(request->headers, name));
		else if (strcmp(kind, "query") == 0)
			add(&values, query_value(request->query, name));
		else if (request->document)
			walk(&request->document->root, name, &values);
		expected = scalar_text(&value);
		if (values.count == 0 || (expected && strcmp(values.value[0], expected) != 0))
			return false;
	}
	return true;
}

Datum
lealup_inbound_matches(PG_FUNCTION_ARGS)
{
	SignedRequest request = {.query = text_argument(fcinfo, 2), .headers = jsonb_argument(fcinfo, 3), .document = jsonb_argument(fcinfo, 4)};
	JsonbContainer *condition;
	char	   *method;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_BOOL(false);
	condition = &PG_GETARG_JSONB_P(0)->root;
	method = member_text(condition, "method");
	PG_RETURN_BOOL((method == NULL || strcmp(method, text_argument(fcinfo, 1)) == 0)
				   && all_found(condition, "query", &request) && all_found(condition, "header", &request) && all_found(condition, "json", &request));
}

/* The parts that a rule names, each with its length before it, so that no two requests have the same by chance; false if one is not there. */
static bool
append_parts(StringInfo out, JsonbContainer *rule, const SignedRequest *request)
{
	JsonbValue *all = member(rule, "all");
	Values		values;

	if (all && all->type == jbvBinary && JsonContainerIsArray(all->val.binary.data))
	{
		for (uint32 i = 0; i < JsonContainerSize(all->val.binary.data); i++)
		{
			JsonbValue *part = getIthJsonbValueFromContainer(all->val.binary.data, i);

			if (part->type != jbvBinary || !append_parts(out, part->val.binary.data, request))
				return false;
		}
		return true;
	}
	find(rule, request, &values);
	for (int i = 0; i < values.count; i++)
		appendStringInfo(out, "%zu:%s", strlen(values.value[i]), values.value[i]);
	return values.count > 0;
}

Datum
lealup_inbound_key(PG_FUNCTION_ARGS)
{
	SignedRequest request = {.query = text_argument(fcinfo, 1), .headers = jsonb_argument(fcinfo, 2), .document = jsonb_argument(fcinfo, 3)};
	JsonbContainer *rule = &(PG_ARGISNULL(0) ? DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum("{}"))) : PG_GETARG_JSONB_P(0))->root;
	bytea	   *body = PG_ARGISNULL(4) ? NULL : PG_GETARG_BYTEA_PP(4);
	unsigned char hash[CRYPTO_SHA256_LEN];
	char		text[2 * CRYPTO_SHA256_LEN + 1];
	StringInfoData parts;
	Values		values;

	/* A plain id stays as it is, for people; what is longer, or has several parts, becomes a hash. */
	find(rule, &request, &values);
	if (values.count == 1 && values.value[0][0] && strlen(values.value[0]) <= 100)
		PG_RETURN_TEXT_P(cstring_to_text(values.value[0]));
	initStringInfo(&parts);
	if (append_parts(&parts, rule, &request))
		crypto_sha256(parts.data, parts.len, hash);
	else
		crypto_sha256(body ? VARDATA_ANY(body) : "", body ? VARSIZE_ANY_EXHDR(body) : 0, hash);
	crypto_hex(hash, sizeof(hash), text);
	PG_RETURN_TEXT_P(cstring_to_text(text));
}

/* Replaces each occurrence of the values by as many asterisks; gives how many there were. */
static int
blot_out(char *text, size_t length, const Values *values)
{
	int			count = 0;

	for (int i = 0; i < values->count; i++)
	{
		size_t		size = strlen(values->value[i]);

		for (size_t at = 0; size > 0 && at + size <= length; at++)
			if (memcmp(text + at, values->value[i], size) == 0)
			{
				memset(text + at, '*', size);
				count++;
			}
	}
	return count;
}

Datum
lealup_hide_values(PG_FUNCTION_ARGS)
{
	SignedRequest request = {.document = jsonb_argument(fcinfo, 1)};
	bytea	   *body = PG_ARGISNULL(0) ? NULL : PG_GETARG_BYTEA_P_COPY(0);
	Values		values;
	Values		different = {0};
	char	   *canonical;

	if (body == NULL)
		PG_RETURN_NULL();
	if (request.document == NULL || PG_ARGISNULL(2))
		PG_RETURN_BYTEA_P(body);
	find(&PG_GETARG_JSONB_P(2)->root, &request, &values);
	for (int i = 0; i < values.count; i++)
		if (!one_is(&different, values.value[i]))
			add(&different, values.value[i]);
	if (blot_out(VARDATA(body), VARSIZE(body) - VARHDRSZ, &different) >= values.count)
		PG_RETURN_BYTEA_P(body);
	/* The sender escapes what need not be escaped, so it is written anew. */
	canonical = JsonbToCString(NULL, &request.document->root, VARSIZE(request.document));
	(void) blot_out(canonical, strlen(canonical), &different);
	canonical = pg_server_to_any(canonical, strlen(canonical), PG_UTF8);
	PG_RETURN_BYTEA_P((bytea *) cstring_to_text(canonical));
}

Datum
lealup_verify_rs256(PG_FUNCTION_ARGS)
{
	bytea	   *n = PG_GETARG_BYTEA_PP(0);
	bytea	   *e = PG_GETARG_BYTEA_PP(1);
	bytea	   *data = PG_GETARG_BYTEA_PP(2);
	bytea	   *signature = PG_GETARG_BYTEA_PP(3);

	PG_RETURN_BOOL(crypto_rs256_verify(VARDATA_ANY(n), VARSIZE_ANY_EXHDR(n), VARDATA_ANY(e), VARSIZE_ANY_EXHDR(e),
									   VARDATA_ANY(data), VARSIZE_ANY_EXHDR(data), VARDATA_ANY(signature), VARSIZE_ANY_EXHDR(signature)));
}
