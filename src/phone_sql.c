/*
 * phone_sql.c
 *		Phone numbers, as SQL asks for them.
 */
#include "postgres.h"

#include "compat.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "phone.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(lealup_phone_e164);
PG_FUNCTION_INFO_V1(lealup_check_phone);

static const char *
reason(PhoneVerdict verdict)
{
	switch (verdict)
	{
		case PHONE_NO_COUNTRY:
			return "It has no country code, and no default country is given.";
		case PHONE_UNKNOWN_COUNTRY:
			return "The default country is no country's code of two letters, such as ES.";
		case PHONE_UNKNOWN_CODE:
			return "No country has its country code.";
		case PHONE_TOO_SHORT:
			return "It is too short.";
		case PHONE_TOO_LONG:
			return "It is too long.";
		case PHONE_NOT_ASSIGNED:
			return "Its country gives out no such numbers.";
		default:
			return "It does not look like one.";
	}
}

/* The verdict on the first argument, with the second, which may be null, as the default country. */
static PhoneVerdict
convert(FunctionCallInfo fcinfo, char *e164)
{
	text	   *given = PG_GETARG_TEXT_PP(0);
	char		country[3] = "";
	char	   *number;
	PhoneVerdict verdict;

	/* A character of the server's encoding takes at least a quarter of the bytes that it takes in UTF-8. */
	if (VARSIZE_ANY_EXHDR(given) > PHONE_MAX_INPUT)
		return PHONE_TOO_LONG;
	number = text_to_cstring(given);
	number = pg_server_to_any(number, strlen(number), PG_UTF8);
	/* A database without an encoding may hold anything. */
	if (!pg_verify_mbstr(PG_UTF8, number, strlen(number), true))
		return PHONE_NOT_A_NUMBER;
	if (!PG_ARGISNULL(1))
	{
		text	   *code = PG_GETARG_TEXT_PP(1);

		if (VARSIZE_ANY_EXHDR(code) != 2)
			return PHONE_UNKNOWN_COUNTRY;
		country[0] = pg_ascii_toupper((unsigned char) VARDATA_ANY(code)[0]);
		country[1] = pg_ascii_toupper((unsigned char) VARDATA_ANY(code)[1]);
	}
	verdict = phone_e164(number, PG_ARGISNULL(1) ? NULL : country, e164);
	if (verdict == PHONE_FAILED)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	return verdict;
}

Datum
lealup_phone_e164(PG_FUNCTION_ARGS)
{
	char		e164[PHONE_E164_SIZE];

	if (PG_ARGISNULL(0) || convert(fcinfo, e164) != PHONE_VALID)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(e164));
}

Datum
lealup_check_phone(PG_FUNCTION_ARGS)
{
	char		e164[PHONE_E164_SIZE];
	PhoneVerdict verdict;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	verdict = convert(fcinfo, e164);
	if (verdict != PHONE_VALID)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid phone number"),
				 errdetail("%s", reason(verdict)),
				 errhint("Write it with its country code, such as +34 600 123 456, or name a default country.")));
	PG_RETURN_TEXT_P(cstring_to_text(e164));
}
