/*
 * json_object.c
 *		lealup._json_object() and lealup._jsonb_object(): what events consist of, made for every row of a bulk change.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "json_value.h"
#include "utils/builtins.h"
#include "utils/json.h"

PG_FUNCTION_INFO_V1(lealup_json_object);
PG_FUNCTION_INFO_V1(lealup_jsonb_object);

/* The types of the call's arguments, which are the same as long as the call is not planned anew. */
static JsonType *
argument_types(FunctionCallInfo fcinfo)
{
	JsonType   *types = fcinfo->flinfo->fn_extra;

	if (types != NULL)
		return types;
	if (PG_NARGS() % 2 != 0 || get_fn_expr_variadic(fcinfo->flinfo))
		elog(ERROR, "keys and values must be given in turn");
	types = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, PG_NARGS() * sizeof(JsonType));
	for (int i = 1; i < PG_NARGS(); i += 2)
		json_type(&types[i], get_fn_expr_argtype(fcinfo->flinfo, i), fcinfo->flinfo->fn_mcxt);
	fcinfo->flinfo->fn_extra = types;
	return types;
}

/* A key is a literal, whose type is unknown. */
static const char *
key(FunctionCallInfo fcinfo, int i)
{
	Oid			type = get_fn_expr_argtype(fcinfo->flinfo, i);

	if (PG_ARGISNULL(i))
		elog(ERROR, "a key must not be null");
	return type == UNKNOWNOID ? PG_GETARG_CSTRING(i) : text_to_cstring(PG_GETARG_TEXT_PP(i));
}

Datum
lealup_json_object(PG_FUNCTION_ARGS)
{
	JsonType   *types = argument_types(fcinfo);
	StringInfoData out;

	initStringInfo(&out);
	for (int i = 0; i < PG_NARGS(); i += 2)
	{
		appendStringInfoString(&out, i == 0 ? "{" : ", ");
		escape_json(&out, key(fcinfo, i));
		appendStringInfoString(&out, ": ");
		json_append(&out, &types[i + 1], PG_GETARG_DATUM(i + 1), PG_ARGISNULL(i + 1));
	}
	appendStringInfoChar(&out, '}');
	PG_RETURN_TEXT_P(cstring_to_text_with_len(out.data, out.len));
}

Datum
lealup_jsonb_object(PG_FUNCTION_ARGS)
{
	JsonType   *types = argument_types(fcinfo);
	JsonbParseState *state = NULL;
	JsonbValue	value;

	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	for (int i = 0; i < PG_NARGS(); i += 2)
	{
		value.type = jbvString;
		value.val.string.val = unconstify(char *, key(fcinfo, i));
		value.val.string.len = (int) strlen(value.val.string.val);
		pushJsonbValue(&state, WJB_KEY, &value);
		jsonb_scalar(&value, &types[i + 1], PG_GETARG_DATUM(i + 1), PG_ARGISNULL(i + 1));
		pushJsonbValue(&state, WJB_VALUE, &value);
	}
	PG_RETURN_JSONB_P(JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL)));
}
