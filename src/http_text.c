/*
 * http_text.c
 *		What the SQL side of the gateway needs of C: percent-encoding, the shape of JSON texts, to whom a request is bound, and
 *		the two functions on which the safety of API keys rests.
 */
#include "postgres.h"

#include "crypto.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "settings.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/uuid.h"

#define MOST_EXPONENTS 1000000

PG_FUNCTION_INFO_V1(lealup_percent_decode);
PG_FUNCTION_INFO_V1(lealup_json_depth);
PG_FUNCTION_INFO_V1(lealup_json_exponents);
PG_FUNCTION_INFO_V1(lealup_json_names);
PG_FUNCTION_INFO_V1(lealup_jsonb_names);
PG_FUNCTION_INFO_V1(lealup_random_bytes);
PG_FUNCTION_INFO_V1(lealup_equal);
PG_FUNCTION_INFO_V1(lealup_request_tenant);
PG_FUNCTION_INFO_V1(lealup_request_member);
PG_FUNCTION_INFO_V1(lealup_request_key);

/* Null for what is malformed: a percent sign without two digits, NUL and other control characters, invalid UTF-8. */
Datum
lealup_percent_decode(PG_FUNCTION_ARGS)
{
	text	   *in = PG_GETARG_TEXT_PP(0);
	bool		form = PG_GETARG_BOOL(1);
	const char *p = VARDATA_ANY(in);
	const char *end = p + VARSIZE_ANY_EXHDR(in);
	char	   *out = palloc(end - p + 1);
	int			length = 0;
	char	   *converted;

	for (; p < end; p++)
	{
		unsigned char c = (unsigned char) *p;

		if (c == '%')
		{
			int			high = end - p > 2 ? crypto_hex_digit(p[1]) : -1;
			int			low = high >= 0 ? crypto_hex_digit(p[2]) : -1;

			if (low < 0)
				PG_RETURN_NULL();
			c = (unsigned char) (high << 4 | low);
			p += 2;
		}
		else if (c == '+' && form)
			c = ' ';
		if (c < 0x20 || c == 0x7f)
			PG_RETURN_NULL();
		out[length++] = (char) c;
	}
	if (!pg_verify_mbstr(PG_UTF8, out, length, true))
		PG_RETURN_NULL();
	out[length] = '\0';
	converted = pg_any_to_server(out, length, PG_UTF8);
	PG_RETURN_TEXT_P(cstring_to_text(converted));
}

/* One pass over a text that may be no JSON: how deep brackets nest and how many colons there are, outside strings. */
static void
scan_json(text *json, int *depth, int *colons)
{
	const char *p = VARDATA_ANY(json);
	const char *end = p + VARSIZE_ANY_EXHDR(json);
	int			level = 0;
	bool		in_string = false;

	*depth = *colons = 0;
	for (; p < end; p++)
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
		{
			level++;
			*depth = Max(*depth, level);
		}
		else if (*p == '}' || *p == ']')
			level--;
		else if (*p == ':')
			(*colons)++;
	}
}

Datum
lealup_json_depth(PG_FUNCTION_ARGS)
{
	int			depth;
	int			colons;

	scan_json(PG_GETARG_TEXT_PP(0), &depth, &colons);
	PG_RETURN_INT32(depth);
}

/* Of the numbers behind an e that follows a digit; strings are passed over. */
Datum
lealup_json_exponents(PG_FUNCTION_ARGS)
{
	text	   *json = PG_GETARG_TEXT_PP(0);
	const char *begin = VARDATA_ANY(json);
	const char *end = begin + VARSIZE_ANY_EXHDR(json);
	int			sum = 0;
	bool		in_string = false;

	for (const char *p = begin; p < end; p++)
	{
		if (in_string && *p == '\\')
			p++;
		else if (*p == '"')
			in_string = !in_string;
		else if (!in_string && (*p == 'e' || *p == 'E') && p > begin && isdigit((unsigned char) p[-1]))
		{
			int			exponent = 0;

			if (p + 1 < end && (p[1] == '+' || p[1] == '-'))
				p++;
			for (; p + 1 < end && isdigit((unsigned char) p[1]); p++)
				exponent = Min(exponent * 10 + (p[1] - '0'), MOST_EXPONENTS);
			sum = Min(sum + exponent, MOST_EXPONENTS);
		}
	}
	PG_RETURN_INT32(sum);
}

Datum
lealup_json_names(PG_FUNCTION_ARGS)
{
	int			depth;
	int			colons;

	scan_json(PG_GETARG_TEXT_PP(0), &depth, &colons);
	PG_RETURN_INT32(colons);
}

Datum
lealup_jsonb_names(PG_FUNCTION_ARGS)
{
	JsonbIterator *iterator = JsonbIteratorInit(&PG_GETARG_JSONB_P(0)->root);
	JsonbValue	value;
	JsonbIteratorToken token;
	int			names = 0;

	while ((token = JsonbIteratorNext(&iterator, &value, false)) != WJB_DONE)
		if (token == WJB_KEY)
			names++;
	PG_RETURN_INT32(names);
}

Datum
lealup_random_bytes(PG_FUNCTION_ARGS)
{
	int			length = PG_GETARG_INT32(0);
	bytea	   *bytes;

	if (length < 1 || length > 1024)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("length must be 1 to 1024 bytes")));
	bytes = palloc(VARHDRSZ + length);
	SET_VARSIZE(bytes, VARHDRSZ + length);
	if (!pg_strong_random(VARDATA(bytes), length))
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not generate random values")));
	PG_RETURN_BYTEA_P(bytes);
}

Datum
lealup_equal(PG_FUNCTION_ARGS)
{
	bytea	   *a = PG_GETARG_BYTEA_PP(0);
	bytea	   *b = PG_GETARG_BYTEA_PP(1);

	PG_RETURN_BOOL(VARSIZE_ANY_EXHDR(a) == VARSIZE_ANY_EXHDR(b) &&
				   crypto_equal(VARDATA_ANY(a), VARDATA_ANY(b), VARSIZE_ANY_EXHDR(a)));
}

/* current_setting() would also give what an unprivileged session has set before it loaded the library. */
static Datum
uuid_setting(FunctionCallInfo fcinfo, const char *value)
{
	if (value == NULL || value[0] == '\0')
		PG_RETURN_NULL();
	return DirectFunctionCall1(uuid_in, CStringGetDatum(value));
}

Datum
lealup_request_tenant(PG_FUNCTION_ARGS)
{
	return uuid_setting(fcinfo, setting_request_tenant);
}

Datum
lealup_request_member(PG_FUNCTION_ARGS)
{
	return uuid_setting(fcinfo, setting_request_member);
}

Datum
lealup_request_key(PG_FUNCTION_ARGS)
{
	return uuid_setting(fcinfo, setting_request_key);
}
