/*
 * provider_request.c
 *		Requests as provider functions describe them, in the parts that are sent: every record of a backfill needs one.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"

PG_FUNCTION_INFO_V1(lealup_percent_encode);
PG_FUNCTION_INFO_V1(lealup_url_query);
PG_FUNCTION_INFO_V1(lealup_request_parts);

#define MOST_FIELDS 100

/* ----- JSON ----- */

/* As the operator ->> has it; NULL for null. */
static char *
value_text(const JsonbValue *v)
{
	switch (v->type)
	{
		case jbvString:
			return pnstrdup(v->val.string.val, v->val.string.len);
		case jbvNumeric:
			return DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(v->val.numeric)));
		case jbvBool:
			return pstrdup(v->val.boolean ? "true" : "false");
		case jbvBinary:
			return JsonbToCString(NULL, v->val.binary.data, v->val.binary.len);
		default:
			return NULL;
	}
}

static JsonbValue *
member(JsonbContainer *object, const char *name)
{
	JsonbValue	key = {.type = jbvString, .val.string = {strlen(name), unconstify(char *, name)}};
	JsonbValue *v = object ? findJsonbValueFromContainer(object, JB_FOBJECT, &key) : NULL;

	return v && v->type != jbvNull ? v : NULL;
}

static char *
member_text(JsonbContainer *object, const char *name)
{
	JsonbValue *v = member(object, name);

	return v ? value_text(v) : NULL;
}

/* The member if it is an object, or, with is_array, an array; NULL if there is none. */
static JsonbContainer *
member_container(JsonbContainer *object, const char *name, bool is_array)
{
	JsonbValue *v = member(object, name);

	if (v == NULL)
		return NULL;
	if (v->type != jbvBinary || (is_array ? !JsonContainerIsArray(v->val.binary.data) : !JsonContainerIsObject(v->val.binary.data)))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("the request's \"%s\" is no %s", name, is_array ? "array" : "object")));
	return v->val.binary.data;
}

/* ----- Text ----- */

/* Always as UTF-8, whatever the database's encoding is. */
static void
append_encoded(StringInfo out, const char *text)
{
	const char *utf8 = pg_server_to_any(text, strlen(text), PG_UTF8);

	for (const unsigned char *c = (const unsigned char *) utf8; *c; c++)
	{
		if ((*c >= '0' && *c <= '9') || (*c >= 'A' && *c <= 'Z') || (*c >= 'a' && *c <= 'z') || strchr("-._~", *c))
			appendStringInfoChar(out, *c);
		else
			appendStringInfo(out, "%%%02X", *c);
	}
}

static void
append_pair(StringInfo out, const JsonbValue *key, const JsonbValue *v)
{
	char	   *text = value_text(v);

	if (text == NULL)
		return;
	if (out->len > 0)
		appendStringInfoChar(out, '&');
	append_encoded(out, value_text(key));
	appendStringInfoChar(out, '=');
	append_encoded(out, text);
}

/* name=value&...; of an array as many as it has elements; null ones are left out. */
static void
append_query(StringInfo out, JsonbContainer *parameters)
{
	JsonbIterator *i = parameters ? JsonbIteratorInit(parameters) : NULL;
	JsonbValue	key;
	JsonbValue	v;
	JsonbIteratorToken token;

	while (i && (token = JsonbIteratorNext(&i, &v, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
			key = v;
		else if (token == WJB_VALUE && v.type == jbvBinary && JsonContainerIsArray(v.val.binary.data))
		{
			JsonbIterator *elements = JsonbIteratorInit(v.val.binary.data);
			JsonbValue	element;

			while ((token = JsonbIteratorNext(&elements, &element, true)) != WJB_DONE)
				if (token == WJB_ELEM)
					append_pair(out, &key, &element);
		}
		else if (token == WJB_VALUE)
			append_pair(out, &key, &v);
	}
}

/* A line break would begin another header; so would one in a name. */
static void
append_header(StringInfo out, const char *name, const char *value)
{
	size_t		length = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");
	int			from = out->len;

	if (length == 0 || length > 100 || name[length] != '\0')
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid name of a header")));
	appendStringInfo(out, "%s%s: %s", from > 0 ? "\n" : "", name, value);
	for (char *c = out->data + from + (from > 0); *c; c++)
		if (*c == '\r' || *c == '\n')
			*c = ' ';
}

static bool
has_header(JsonbContainer *headers, const char *name)
{
	JsonbIterator *i = headers ? JsonbIteratorInit(headers) : NULL;
	JsonbValue	v;
	JsonbIteratorToken token;

	while (i && (token = JsonbIteratorNext(&i, &v, true)) != WJB_DONE)
		if (token == WJB_KEY && v.val.string.len == strlen(name) && pg_strncasecmp(v.val.string.val, name, v.val.string.len) == 0)
			return true;
	return false;
}

Datum
lealup_percent_encode(PG_FUNCTION_ARGS)
{
	StringInfoData out;

	initStringInfo(&out);
	append_encoded(&out, text_to_cstring(PG_GETARG_TEXT_PP(0)));
	PG_RETURN_TEXT_P(cstring_to_text_with_len(out.data, out.len));
}

Datum
lealup_url_query(PG_FUNCTION_ARGS)
{
	Jsonb	   *parameters = PG_GETARG_JSONB_P(0);
	StringInfoData out;

	if (!JB_ROOT_IS_OBJECT(parameters))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("the parameters of a URL are no object")));
	initStringInfo(&out);
	append_query(&out, &parameters->root);
	if (out.len == 0)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text_with_len(out.data, out.len));
}

/* ----- Parts ----- */

typedef struct Parts
{
	StringInfoData url;
	StringInfoData headers;
	char	   *body;
	int			nfields;
	Datum		places[MOST_FIELDS];
	Datum		names[MOST_FIELDS];
	Datum		prefixes[MOST_FIELDS];
	Datum		secrets[MOST_FIELDS];
} Parts;

static char *
check_method(JsonbContainer *request)
{
	static const char *const known[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
	char	   *method = member_text(request, "method");

	if (method == NULL)
		return "GET";
	for (int i = 0; i < lengthof(known); i++)
		if (pg_strcasecmp(method, known[i]) == 0)
			return unconstify(char *, known[i]);
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid method: %.20s", method)));
}

static void
put_url(Parts *p, const char *base, JsonbContainer *request)
{
	char	   *url = member_text(request, "url");
	char	   *path = member_text(request, "path");
	StringInfoData query;

	initStringInfo(&p->url);
	if (url)
		appendStringInfoString(&p->url, url);
	else if (base && path)
		appendStringInfo(&p->url, "%s%s", base, path);
	else
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("the request has neither path nor url")));
	initStringInfo(&query);
	append_query(&query, member_container(request, "query", false));
	if (query.len > 0)
		appendStringInfo(&p->url, "%c%s", strchr(p->url.data, '?') ? '&' : '?', query.data);
}

static void
put_body(Parts *p, JsonbContainer *request, const char **type)
{
	JsonbValue *json = member(request, "json");
	JsonbContainer *form = json ? NULL : member_container(request, "form", false);
	StringInfoData text;

	if (json)
	{
		*type = "application/json";
		p->body = JsonbToCString(NULL, &JsonbValueToJsonb(json)->root, -1);
	}
	else if (form)
	{
		*type = "application/x-www-form-urlencoded";
		initStringInfo(&text);
		append_query(&text, form);
		p->body = text.data;
	}
	else
		p->body = member_text(request, "text");
}

static void
put_headers(Parts *p, JsonbContainer *request, const char *type)
{
	JsonbContainer *headers = member_container(request, "headers", false);
	JsonbIterator *i = headers ? JsonbIteratorInit(headers) : NULL;
	char	   *accept = member_text(request, "accept");
	JsonbValue	key;
	JsonbValue	v;
	JsonbIteratorToken token;

	initStringInfo(&p->headers);
	if (!has_header(headers, "Accept"))
		append_header(&p->headers, "Accept", accept ? accept : "application/json");
	if (!has_header(headers, "User-Agent"))
		append_header(&p->headers, "User-Agent", "lealup");
	if (type && !has_header(headers, "Content-Type"))
		append_header(&p->headers, "Content-Type", type);
	while (i && (token = JsonbIteratorNext(&i, &v, true)) != WJB_DONE)
	{
		char	   *value = token == WJB_VALUE ? value_text(&v) : NULL;

		if (token == WJB_KEY)
			key = v;
		else if (value)
			append_header(&p->headers, value_text(&key), value);
	}
}

static Datum
text_or_empty(const char *text)
{
	return CStringGetTextDatum(text ? text : "");
}

static void
put_field(Parts *p, JsonbContainer *field)
{
	char	   *user = member_text(field, "user");
	char	   *owner = member_text(field, "owner");
	char	   *secret = member_text(field, "secret");

	if (p->nfields >= MOST_FIELDS || secret == NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg(secret ? "the request has more than %d fields" : "a field of the request names no secret", MOST_FIELDS)));
	p->places[p->nfields] = text_or_empty(member_text(field, "in"));
	p->names[p->nfields] = text_or_empty(user ? user : member_text(field, "name"));
	p->prefixes[p->nfields] = text_or_empty(member_text(field, "prefix"));
	p->secrets[p->nfields++] = CStringGetTextDatum(psprintf("%s%s", owner && strcmp(owner, "client") == 0 ? "client:" : "", secret));
}

static void
put_fields(Parts *p, JsonbContainer *request, Jsonb *credential)
{
	JsonbContainer *fields = member_container(request, "fields", true);
	JsonbIterator *i = fields ? JsonbIteratorInit(fields) : NULL;
	char	   *anonymous = member_text(request, "anonymous");
	JsonbValue	v;
	JsonbIteratorToken token;

	while (i && (token = JsonbIteratorNext(&i, &v, true)) != WJB_DONE)
		if (token == WJB_ELEM && v.type == jbvBinary && JsonContainerIsObject(v.val.binary.data))
			put_field(p, v.val.binary.data);
	if (credential && JB_ROOT_IS_OBJECT(credential) && !(anonymous && strcmp(anonymous, "true") == 0))
		put_field(p, &credential->root);
}

static Datum
array_of(Datum *texts, int n)
{
	return PointerGetDatum(construct_array(texts, n, TEXTOID, -1, false, TYPALIGN_INT));
}

Datum
lealup_request_parts(PG_FUNCTION_ARGS)
{
	char	   *base = PG_ARGISNULL(0) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(0));
	Jsonb	   *credential = PG_ARGISNULL(1) ? NULL : PG_GETARG_JSONB_P(1);
	Parts		p = {0};
	const char *type = NULL;
	JsonbContainer *request;
	TupleDesc	descriptor;
	Datum		values[8];
	bool		isnull[8] = {false};

	if (PG_ARGISNULL(2))
		PG_RETURN_NULL();
	request = &PG_GETARG_JSONB_P(2)->root;
	if (!JsonContainerIsObject(request))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("the request is no object")));
	if (get_call_result_type(fcinfo, NULL, &descriptor) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	values[0] = CStringGetTextDatum(check_method(request));
	put_url(&p, base, request);
	put_body(&p, request, &type);
	put_headers(&p, request, type);
	put_fields(&p, request, credential);
	values[1] = CStringGetTextDatum(p.url.data);
	values[2] = CStringGetTextDatum(p.headers.data);
	isnull[3] = p.body == NULL;
	values[3] = p.body ? CStringGetTextDatum(p.body) : (Datum) 0;
	values[4] = array_of(p.places, p.nfields);
	values[5] = array_of(p.names, p.nfields);
	values[6] = array_of(p.prefixes, p.nfields);
	values[7] = array_of(p.secrets, p.nfields);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor), values, isnull)));
}
