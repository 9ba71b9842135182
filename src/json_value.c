/*
 * json_value.c
 *		Values of any type as JSON. PostgreSQL's own json_build_object() looks up the type of each value again for every row.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "json_value.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/fmgroids.h"
#include "utils/json.h"
#include "utils/lsyscache.h"

void
json_type(JsonType *type, Oid oid, MemoryContext context)
{
	Oid			output;
	bool		varlena;

	if (type->type == oid)
		return;
	getTypeOutputInfo(oid, &output, &varlena);
	fmgr_info_cxt(output, &type->output, context);
	switch (oid)
	{
		case BOOLOID:
			type->kind = JSON_AS_BOOLEAN;
			break;
		case NUMERICOID:
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case FLOAT4OID:
		case FLOAT8OID:
			type->kind = JSON_AS_NUMBER;
			break;
		case DATEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			type->kind = JSON_AS_TIME;
			break;
		case JSONOID:
		case JSONBOID:
			type->kind = JSON_AS_IT_IS;
			break;
		default:
			type->kind = type_is_array(oid) ? JSON_AS_ARRAY : JSON_AS_TEXT;
	}
	type->type = oid;
}

/* Infinity and NaN are no numbers in JSON. */
static bool
is_finite(const char *number)
{
	return strpbrk(number, "IN") == NULL;
}

void
json_append(StringInfo out, JsonType *type, Datum value, bool isnull)
{
	char		buffer[MAXDATELEN + 1];
	char	   *string;

	if (isnull)
	{
		appendStringInfoString(out, "null");
		return;
	}
	switch (type->kind)
	{
		case JSON_AS_BOOLEAN:
			appendStringInfoString(out, DatumGetBool(value) ? "true" : "false");
			break;
		case JSON_AS_NUMBER:
			string = OutputFunctionCall(&type->output, value);
			if (is_finite(string))
				appendStringInfoString(out, string);
			else
				escape_json(out, string);
			break;
		case JSON_AS_TIME:
			JsonEncodeDateTime(buffer, value, type->type, NULL);
			escape_json(out, buffer);
			break;
		case JSON_AS_ARRAY:
			appendStringInfoString(out, TextDatumGetCString(OidFunctionCall1(F_ARRAY_TO_JSON_ANYARRAY, value)));
			break;
		case JSON_AS_IT_IS:
			appendStringInfoString(out, OutputFunctionCall(&type->output, value));
			break;
		case JSON_AS_TEXT:
			escape_json(out, OutputFunctionCall(&type->output, value));
	}
}

void
jsonb_scalar(JsonbValue *out, JsonType *type, Datum value, bool isnull)
{
	char	   *string;

	if (isnull)
	{
		out->type = jbvNull;
		return;
	}
	if (type->kind == JSON_AS_BOOLEAN)
	{
		out->type = jbvBool;
		out->val.boolean = DatumGetBool(value);
		return;
	}
	string = OutputFunctionCall(&type->output, value);
	if (type->kind == JSON_AS_NUMBER && is_finite(string))
	{
		out->type = jbvNumeric;
		out->val.numeric = DatumGetNumeric(DirectFunctionCall3(numeric_in, CStringGetDatum(string),
															   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
		return;
	}
	out->type = jbvString;
	out->val.string.val = string;
	out->val.string.len = (int) strlen(string);
}
