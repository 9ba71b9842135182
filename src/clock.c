/*
 * clock.c
 *		What time alone causes, run by the sync worker. What it consists of is in sql/81_clock.sql.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "clock.h"
#include "db.h"
#include "fmgr.h"
#include "shared.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(lealup_report_problem);

Datum
lealup_report_problem(PG_FUNCTION_ARGS)
{
	shared_report_error(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	PG_RETURN_VOID();
}

TimestampTz
clock_step(void)
{
	static DbStatement statement = {"SELECT lealup._clock($1)"};
	Oid			types[] = {TIMESTAMPTZOID};
	Datum		values[] = {TimestampTzGetDatum(GetCurrentTimestamp())};
	DbRows		rows;
	TimestampTz next;

	db_begin("what the clock causes");
	db_execute(&statement, 1, types, values, &rows);
	next = DatumGetTimestampTz(rows.values[0][0]);
	db_commit();
	return next;
}
