/*
 * json_value.h
 *		Values of any type as JSON, for functions that are called for every row of a bulk change: what there is to know of a type
 *		is looked up once.
 */
#ifndef LEALUP_JSON_VALUE_H
#define LEALUP_JSON_VALUE_H

#include "postgres.h"

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/jsonb.h"

typedef struct JsonType
{
	Oid			type;			/* InvalidOid = nothing was looked up yet */
	enum
	{
		JSON_AS_TEXT, JSON_AS_BOOLEAN, JSON_AS_NUMBER, JSON_AS_TIME, JSON_AS_ARRAY, JSON_AS_IT_IS
	}			kind;
	FmgrInfo	output;
} JsonType;

/* Looks up a type, unless it is the one that was looked up before; "context" lives as long as "type". */
extern void json_type(JsonType *type, Oid oid, MemoryContext context);

/* Appends a value of the type as JSON: numbers, booleans, JSON and arrays as such, times in ISO 8601, everything else as a string. */
extern void json_append(StringInfo out, JsonType *type, Datum value, bool isnull);

/* The same as a scalar of jsonb; arrays and JSON become strings. */
extern void jsonb_scalar(JsonbValue *out, JsonType *type, Datum value, bool isnull);

#endif
