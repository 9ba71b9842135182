/*
 * playbook.c
 *		Runs of playbooks, made by the sync worker. What a run consists of is in sql/66_playbook.sql.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "db.h"
#include "playbook.h"

#define JOBS_AT_A_TIME 100
#define PLAYBOOK_INTERVAL (INT64CONST(3600) * USECS_PER_SEC)	/* the net under the wake-ups */
#define LOCKED_PAUSE (INT64CONST(1) * USECS_PER_SEC)

TimestampTz
playbook_step(void)
{
	static DbStatement run = {"SELECT lealup._playbooks_due($1, $2)"};
	static DbStatement next = {"SELECT lealup._playbooks_next()"};
	Oid			types[] = {TIMESTAMPTZOID, INT4OID};
	Datum		values[2];
	DbRows		rows;
	TimestampTz now = GetCurrentTimestamp();
	TimestampTz due;
	int64		done;

	values[0] = TimestampTzGetDatum(now);
	values[1] = Int32GetDatum(JOBS_AT_A_TIME);
	db_begin("playbooks");
	db_execute(&run, 2, types, values, &rows);
	done = DatumGetInt64(rows.values[0][0]);
	db_execute(&next, 0, NULL, NULL, &rows);
	due = rows.isnull[0][0] ? DT_NOEND : DatumGetTimestampTz(rows.values[0][0]);
	db_commit();
	if (done >= JOBS_AT_A_TIME)
		return now;

	/* What is due and was not done is locked by somebody. */
	return Min(due > now ? due : now + LOCKED_PAUSE, now + PLAYBOOK_INTERVAL);
}
