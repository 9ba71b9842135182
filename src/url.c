/*
 * url.c
 *		Whether a URL may be a webhook's, as SQL asks it.
 */
#include "postgres.h"

#include "address.h"
#include "catalog/pg_type.h"
#include "compat.h"
#include "fmgr.h"
#include "funcapi.h"
#include "http_client.h"
#include "settings.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(lealup_check_url);

static bool
is_localhost(const char *host)
{
	size_t		length = strlen(host);

	return strcmp(host, "localhost") == 0 || (length > 10 && strcmp(host + length - 10, ".localhost") == 0);
}

Datum
lealup_check_url(PG_FUNCTION_ARGS)
{
	char	   *address = text_to_cstring(PG_GETARG_TEXT_PP(0));
	HttpUrl		url;
	const char *why;
	TupleDesc	desc;
	Datum		values[3];
	bool		nulls[3] = {0};

	/* The URL itself may hold a token, so no message repeats it. */
	if (!http_parse_url(address, &url, &why))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid url: %s", why),
				 errhint("A webhook's url looks like https://your-system.example/lealup-webhook.")));
	if (strcmp(url.scheme, "https") != 0 && !setting_allow_http)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid url: its scheme is not https"),
				 errhint("For tests and private networks a superuser can set lealup.allow_http.")));
	if (!address_host_is_allowed(is_localhost(url.host) ? "127.0.0.1" : url.host))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid url: its host is at a special-purpose address"),
				 errdetail("Loopback, private, link-local and similar addresses are not allowed."),
				 errhint("A superuser can admit a network by lealup.allowed_networks.")));

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	values[0] = CStringGetTextDatum(url.scheme);
	values[1] = CStringGetTextDatum(url.host);
	values[2] = Int32GetDatum(url.port);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}
