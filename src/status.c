/*
 * status.c
 *		The launcher and this database's workers, as worker_status shows them.
 */
#include "postgres.h"

#include "access/xlog.h"
#include "compat.h"
#include "fmgr.h"
#include "funcapi.h"
#include "settings.h"
#include "shared.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#define COLUMNS 11

PG_FUNCTION_INFO_V1(lealup_workers);
PG_FUNCTION_INFO_V1(lealup_home);

/* A row of worker_status, under construction. */
typedef struct Row
{
	Datum		values[COLUMNS];
	bool		nulls[COLUMNS];
} Row;

static void
put_text(Row *row, int column, const char *text)
{
	if (text && text[0])
	{
		row->values[column] = CStringGetTextDatum(text);
		row->nulls[column] = false;
	}
}

static void
put_value(Row *row, int column, Datum value)
{
	row->values[column] = value;
	row->nulls[column] = false;
}

static Row
new_row(const char *worker, const char *state, const char *hint)
{
	Row			row;

	memset(row.nulls, true, sizeof(row.nulls));
	put_text(&row, 0, worker);
	put_text(&row, 2, state);
	put_text(&row, 10, hint);
	return row;
}

static void
put_error(Row *row, const char *message, TimestampTz at)
{
	if (message[0])
	{
		put_text(row, 8, message);
		put_value(row, 9, TimestampTzGetDatum(at));
	}
}

static void
emit(FunctionCallInfo fcinfo, Row *row)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	tuplestore_putvalues(result->setResult, result->setDesc, row->values, row->nulls);
}

static const char *
state_name(const WorkerSlot *worker)
{
	switch (worker->state)
	{
		case WORKER_ABSENT:
			return worker->start_after > GetCurrentTimestamp() ? "waiting to restart" : "not running";
		case WORKER_LAUNCHED:
			return "starting";
		case WORKER_RUNNING:
			return "running";
		case WORKER_DRAINING:
			return "draining";
		case WORKER_BACKING_OFF:
			return "backing off";
	}
	return "unknown";
}

static void
emit_launcher(FunctionCallInfo fcinfo)
{
	LauncherStatus launcher = shared_get_launcher();
	Row			row;

	if (RecoveryInProgress())
		row = new_row("launcher", "standby", "The workers run on the primary server; they start here at promotion.");
	else if (launcher.pid == 0)
		row = new_row("launcher", "not running",
					  "The server's log says why; max_worker_processes may be too small, or a restart is a second away.");
	else
	{
		row = new_row("launcher", setting_enabled ? "running" : "disabled",
					  !setting_enabled ? "Set lealup.enabled to on and reload the configuration."
					  : launcher.last_error[0] ? "Increase max_worker_processes and restart the server." : NULL);
		put_value(&row, 1, Int32GetDatum(launcher.pid));
		put_value(&row, 3, TimestampTzGetDatum(launcher.started_at));
		put_error(&row, launcher.last_error, launcher.last_error_at);
	}
	emit(fcinfo, &row);
}

static void
emit_worker(FunctionCallInfo fcinfo, const WorkerSlot *worker, int number)
{
	int			which;
	WorkerKind	kind = shared_worker_kind(number, &which);
	char		name[32];
	Row			row;

	if (kind == KIND_SYNC)
		strlcpy(name, "sync", sizeof(name));
	else
		snprintf(name, sizeof(name), "%s %d", kind == KIND_DELIVERY ? "delivery" : "gateway", which);
	row = new_row(name, state_name(worker), worker->last_error[0] && worker->state != WORKER_RUNNING ? "The server's log has the details." : NULL);
	if (worker->pid != 0)
	{
		put_value(&row, 1, Int32GetDatum(worker->pid));
		put_value(&row, 3, TimestampTzGetDatum(worker->started_at));
		put_value(&row, 4, Int32GetDatum(worker->in_flight));
		put_value(&row, 5, Int64GetDatum(worker->delivered));
		put_value(&row, 6, Int64GetDatum(worker->failed));
	}
	put_value(&row, 7, Int32GetDatum(worker->restarts));
	put_error(&row, worker->last_error, worker->last_error_at);
	emit(fcinfo, &row);
}

Datum
lealup_workers(PG_FUNCTION_ARGS)
{
	int			d;

	InitMaterializedSRF(fcinfo, 0);
	if (!shared_is_attached())
	{
		Row			row = new_row("launcher", "not loaded", "Add lealup to shared_preload_libraries and restart the server.");

		emit(fcinfo, &row);
		return (Datum) 0;
	}
	emit_launcher(fcinfo);
	if (RecoveryInProgress() || (d = shared_find_database(MyDatabaseId)) < 0)
		return (Datum) 0;
	{
		DatabaseSlot slot = shared_get_database(d);

		for (int w = 0; w < SHARED_WORKERS; w++)
			if (shared_wants(&slot, w) || w <= setting_delivery_workers || slot.workers[w].pid != 0)
				emit_worker(fcinfo, &slot.workers[w], w);
	}
	return (Datum) 0;
}

Datum
lealup_home(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(psprintf(UINT64_FORMAT "/%u", GetSystemIdentifier(), MyDatabaseId)));
}
