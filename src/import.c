/*
 * import.c
 *		What the CSV import needs beneath SQL: a parser, the columns of an uploaded row as an array, and the import to which this
 *		session uploads.
 *
 * The target of an upload is kept here and not in a setting, because whoever changed a setting in the middle of a statement could
 * write into another tenant's import.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "db.h"
#include "fmgr.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/typcache.h"
#include "utils/uuid.h"

PG_FUNCTION_INFO_V1(lealup_parse_csv);
PG_FUNCTION_INFO_V1(lealup_row_texts);
PG_FUNCTION_INFO_V1(lealup_set_upload);
PG_FUNCTION_INFO_V1(lealup_upload);

#define MAX_FIELDS 1000

typedef struct Parser
{
	const char *at;
	const char *end;
	char		delimiter;
	int64		line;			/* of the text, for messages */
	int			count;
	Datum		values[MAX_FIELDS];
	bool		nulls[MAX_FIELDS];
	StringInfoData field;
} Parser;

static pg_uuid_t upload[2];		/* tenant and import */
static bool upload_set = false;

/* ----- The parser ----- */

static void
malformed(const Parser *p, const char *detail)
{
	ereport(ERROR, errcode(ERRCODE_BAD_COPY_FILE_FORMAT), errmsg("malformed CSV in line %lld", (long long) p->line),
			errdetail("%s", detail));
}

static bool
at_line_end(const Parser *p)
{
	return p->at == p->end || *p->at == '\n' || *p->at == '\r';
}

static void
skip_line_end(Parser *p)
{
	if (p->at < p->end && *p->at == '\r')
		p->at++;
	if (p->at < p->end && *p->at == '\n')
		p->at++;
	p->line++;
}

static void
read_quoted(Parser *p)
{
	int64		first = p->line;

	for (p->at++;; p->at++)
	{
		if (p->at == p->end)
		{
			p->line = first;
			malformed(p, "A quoted field that begins there has no end.");
		}
		if (*p->at == '"')
		{
			if (p->at + 1 == p->end || p->at[1] != '"')
				break;
			p->at++;
		}
		else if (*p->at == '\n')
			p->line++;
		appendStringInfoChar(&p->field, *p->at);
	}
	p->at++;
	if (!at_line_end(p) && *p->at != p->delimiter)
		malformed(p, "A quoted field is followed by something else than the delimiter.");
}

static void
read_field(Parser *p)
{
	resetStringInfo(&p->field);
	if (p->at < p->end && *p->at == '"')
		read_quoted(p);
	else
	{
		const char *start = p->at;

		while (!at_line_end(p) && *p->at != p->delimiter)
			p->at++;
		appendBinaryStringInfo(&p->field, start, p->at - start);
	}
	if (p->count == MAX_FIELDS)
		malformed(p, "It has more than 1000 fields.");
	p->nulls[p->count] = p->field.len == 0;
	p->values[p->count] = PointerGetDatum(cstring_to_text_with_len(p->field.data, p->field.len));
	p->count++;
}

/* Delimiters and quotes are ASCII, which no byte of a longer character is in a server encoding. */
Datum
lealup_parse_csv(PG_FUNCTION_ARGS)
{
	text	   *csv = PG_GETARG_TEXT_PP(0);
	text	   *delimiter = PG_GETARG_TEXT_PP(1);
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Parser	   *p = palloc0(sizeof(Parser));
	MemoryContext per_row;
	MemoryContext caller;
	int64		row = 0;

	if (VARSIZE_ANY_EXHDR(delimiter) != 1 || strchr("\"\r\n", *VARDATA_ANY(delimiter)) != NULL)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("delimiter must be a single character of ASCII, and no quote"));
	InitMaterializedSRF(fcinfo, 0);
	p->at = VARDATA_ANY(csv);
	p->end = p->at + VARSIZE_ANY_EXHDR(csv);
	p->delimiter = *VARDATA_ANY(delimiter);
	p->line = 1;
	initStringInfo(&p->field);
	/* Spreadsheets begin a file with a byte order mark. */
	if (GetDatabaseEncoding() == PG_UTF8 && p->end - p->at >= 3 && memcmp(p->at, "\xEF\xBB\xBF", 3) == 0)
		p->at += 3;

	per_row = AllocSetContextCreate(CurrentMemoryContext, "csv row", ALLOCSET_DEFAULT_SIZES);
	caller = MemoryContextSwitchTo(per_row);
	while (p->at < p->end)
	{
		CHECK_FOR_INTERRUPTS();
		p->count = 0;
		read_field(p);
		while (p->at < p->end && *p->at == p->delimiter)
		{
			p->at++;
			read_field(p);
		}
		skip_line_end(p);
		if (p->count > 1 || !p->nulls[0])
		{
			Datum		values[2] = {Int64GetDatum(++row), db_array(TEXTOID, p->values, p->nulls, p->count)};
			bool		nulls[2] = {false, false};

			tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
		}
		MemoryContextReset(per_row);
	}
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(per_row);
	return (Datum) 0;
}

/* ----- Uploads ----- */

Datum
lealup_row_texts(PG_FUNCTION_ARGS)
{
	HeapTupleHeader row = PG_GETARG_HEAPTUPLEHEADER(0);
	TupleDesc	desc = lookup_rowtype_tupdesc(HeapTupleHeaderGetTypeId(row), HeapTupleHeaderGetTypMod(row));
	Datum	   *values = palloc(desc->natts * sizeof(Datum));
	bool	   *nulls = palloc(desc->natts * sizeof(bool));
	Datum		array;
	HeapTupleData tuple;

	for (int i = 0; i < desc->natts; i++)
		if (TupleDescAttr(desc, i)->atttypid != TEXTOID)
			elog(ERROR, "a column is not of type text");
	tuple.t_len = HeapTupleHeaderGetDatumLength(row);
	ItemPointerSetInvalid(&tuple.t_self);
	tuple.t_tableOid = InvalidOid;
	tuple.t_data = row;
	heap_deform_tuple(&tuple, desc, values, nulls);
	array = db_array(TEXTOID, values, nulls, desc->natts);
	ReleaseTupleDesc(desc);
	PG_RETURN_DATUM(array);
}

Datum
lealup_set_upload(PG_FUNCTION_ARGS)
{
	upload[0] = *PG_GETARG_UUID_P(0);
	upload[1] = *PG_GETARG_UUID_P(1);
	upload_set = true;
	PG_RETURN_VOID();
}

Datum
lealup_upload(PG_FUNCTION_ARGS)
{
	Datum		ids[2] = {UUIDPGetDatum(&upload[0]), UUIDPGetDatum(&upload[1])};

	if (!upload_set)
		PG_RETURN_NULL();
	PG_RETURN_ARRAYTYPE_P(construct_array(ids, 2, UUIDOID, UUID_LEN, false, TYPALIGN_CHAR));
}
