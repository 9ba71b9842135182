/*
 * row_changes.c
 *		lealup._row_changes(): in what two rows of a table differ, as JSON.
 *
 * A statement trigger asks it for every row of a bulk update, so it compares the stored values and converts only those that differ.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/datum.h"
#include "utils/fmgroids.h"
#include "utils/json.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/typcache.h"

PG_FUNCTION_INFO_V1(lealup_row_changes);

static void
append_value(StringInfo out, Oid type, Datum value, bool isnull)
{
	char		buffer[MAXDATELEN + 1];
	Oid			output;
	bool		varlena;

	if (isnull)
	{
		appendStringInfoString(out, "null");
		return;
	}
	if (type_is_array(type))
	{
		appendStringInfoString(out, TextDatumGetCString(OidFunctionCall1(F_ARRAY_TO_JSON_ANYARRAY, value)));
		return;
	}
	getTypeOutputInfo(type, &output, &varlena);
	switch (type)
	{
		case BOOLOID:
			appendStringInfoString(out, DatumGetBool(value) ? "true" : "false");
			break;
		case DATEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			JsonEncodeDateTime(buffer, value, type, NULL);
			escape_json(out, buffer);
			break;
		case NUMERICOID:
			if (numeric_is_nan(DatumGetNumeric(value)) || numeric_is_inf(DatumGetNumeric(value)))
				escape_json(out, OidOutputFunctionCall(output, value));
			else
				appendStringInfoString(out, OidOutputFunctionCall(output, value));
			break;
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case JSONOID:
		case JSONBOID:
			appendStringInfoString(out, OidOutputFunctionCall(output, value));
			break;
		default:
			escape_json(out, OidOutputFunctionCall(output, value));
	}
}

static void
deform(HeapTupleHeader header, TupleDesc desc, Datum *values, bool *nulls)
{
	HeapTupleData tuple;

	tuple.t_len = HeapTupleHeaderGetDatumLength(header);
	ItemPointerSetInvalid(&tuple.t_self);
	tuple.t_tableOid = InvalidOid;
	tuple.t_data = header;
	heap_deform_tuple(&tuple, desc, values, nulls);
}

static bool
is_equal(Form_pg_attribute attribute, const Datum *values[2], const bool *nulls[2], int i)
{
	if (nulls[0][i] || nulls[1][i])
		return nulls[0][i] && nulls[1][i];
	/* The same bytes are the same; different ones may be, too: a toasted value, a number written with other digits. */
	if (datum_image_eq(values[0][i], values[1][i], attribute->attbyval, attribute->attlen))
		return true;
	if (attribute->atttypid == NUMERICOID)
		return DatumGetBool(DirectFunctionCall2(numeric_eq, values[0][i], values[1][i]));
	return false;
}

Datum
lealup_row_changes(PG_FUNCTION_ARGS)
{
	HeapTupleHeader previous = PG_GETARG_HEAPTUPLEHEADER(0);
	HeapTupleHeader current = PG_GETARG_HEAPTUPLEHEADER(1);
	TupleDesc	desc = lookup_rowtype_tupdesc(HeapTupleHeaderGetTypeId(current), HeapTupleHeaderGetTypMod(current));
	Datum	   *values[2];
	bool	   *nulls[2];
	StringInfoData out;

	if (HeapTupleHeaderGetTypeId(previous) != HeapTupleHeaderGetTypeId(current))
		elog(ERROR, "the rows are of different types");
	for (int i = 0; i < 2; i++)
	{
		values[i] = palloc(desc->natts * sizeof(Datum));
		nulls[i] = palloc(desc->natts * sizeof(bool));
		deform(i == 0 ? previous : current, desc, values[i], nulls[i]);
	}
	initStringInfo(&out);
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);

		if (attribute->attisdropped || is_equal(attribute, (const Datum **) values, (const bool **) nulls, i))
			continue;
		appendStringInfoString(&out, out.len == 0 ? "{" : ", ");
		escape_json(&out, NameStr(attribute->attname));
		appendStringInfoString(&out, ": {\"previous\": ");
		append_value(&out, attribute->atttypid, values[0][i], nulls[0][i]);
		appendStringInfoString(&out, ", \"current\": ");
		append_value(&out, attribute->atttypid, values[1][i], nulls[1][i]);
		appendStringInfoChar(&out, '}');
	}
	ReleaseTupleDesc(desc);
	if (out.len == 0)
		PG_RETURN_NULL();
	appendStringInfoChar(&out, '}');
	PG_RETURN_TEXT_P(cstring_to_text_with_len(out.data, out.len));
}
