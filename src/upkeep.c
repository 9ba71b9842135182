/*
 * upkeep.c
 *		The logs' upkeep, run by the sync worker. What it consists of is in sql/80_upkeep.sql.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "db.h"
#include "upkeep.h"

#define UPKEEP_INTERVAL (INT64CONST(3600) * USECS_PER_SEC)

TimestampTz
upkeep_step(void)
{
	static DbStatement statement = {"SELECT lealup._upkeep($1)"};
	Oid			types[] = {TIMESTAMPTZOID};
	Datum		values[1];
	DbRows		rows;
	bool		more;

	values[0] = TimestampTzGetDatum(GetCurrentTimestamp());
	db_begin("upkeep of the logs");
	db_execute(&statement, 1, types, values, &rows);
	more = rows.count == 1 && !rows.isnull[0][0] && DatumGetBool(rows.values[0][0]);
	db_commit();
	return GetCurrentTimestamp() + (more ? 0 : UPKEEP_INTERVAL);
}
