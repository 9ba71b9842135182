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
#include "json_value.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/fmgroids.h"
#include "utils/json.h"
#include "utils/numeric.h"
#include "utils/typcache.h"

PG_FUNCTION_INFO_V1(lealup_row_changes);

/* What is known of the columns' types, kept between calls. */
typedef struct RowTypes
{
	Oid			type;
	int32		typmod;
	int			natts;
	JsonType	columns[FLEXIBLE_ARRAY_MEMBER];
} RowTypes;

static RowTypes *
row_types(FunctionCallInfo fcinfo, HeapTupleHeader row, TupleDesc desc)
{
	RowTypes   *types = fcinfo->flinfo->fn_extra;

	if (types != NULL && types->type == HeapTupleHeaderGetTypeId(row) && types->typmod == HeapTupleHeaderGetTypMod(row) && types->natts == desc->natts)
		return types;
	types = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, offsetof(RowTypes, columns) + desc->natts * sizeof(JsonType));
	types->type = HeapTupleHeaderGetTypeId(row);
	types->typmod = HeapTupleHeaderGetTypMod(row);
	types->natts = desc->natts;
	fcinfo->flinfo->fn_extra = types;
	return types;
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
	RowTypes   *types = row_types(fcinfo, current, desc);
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
		json_type(&types->columns[i], attribute->atttypid, fcinfo->flinfo->fn_mcxt);
		appendStringInfoString(&out, out.len == 0 ? "{" : ", ");
		escape_json(&out, NameStr(attribute->attname));
		appendStringInfoString(&out, ": {\"previous\": ");
		json_append(&out, &types->columns[i], values[0][i], nulls[0][i]);
		appendStringInfoString(&out, ", \"current\": ");
		json_append(&out, &types->columns[i], values[1][i], nulls[1][i]);
		appendStringInfoChar(&out, '}');
	}
	ReleaseTupleDesc(desc);
	if (out.len == 0)
		PG_RETURN_NULL();
	appendStringInfoChar(&out, '}');
	PG_RETURN_TEXT_P(cstring_to_text_with_len(out.data, out.len));
}
