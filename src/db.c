/*
 * db.c
 *		Short transactions and prepared statements of the workers.
 *
 * No transaction is ever open while a worker waits for the network: every use is db_begin(), statements, db_commit().
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "compat.h"
#include "db.h"
#include "pgstat.h"
#include "settings.h"
#include "shared.h"
#include "storage/ipc.h"
#include "storage/lmgr.h"
#include "storage/lock.h"
#include "utils/array.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

static MemoryContext outer_context = NULL;
static int	last_error_code;
static char last_message[SHARED_MESSAGE_LEN];
static const char worker_role[] = "worker_role";
static const char gateway_role[] = "gateway_role";

/* Becomes the role that a setting names for this transaction. */
static void
act_as(const char *name, const char *setting)
{
	Oid			role = get_role_oid(name, true);

	if (!OidIsValid(role))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("role \"%s\", which lealup.%s names, does not exist", name, setting)));
	if (superuser_arg(role))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("role \"%s\", which lealup.%s names, is a superuser", name, setting),
				 errhint("Name an unprivileged role that is a member of %s.",
						 setting == worker_role ? "lealup_worker" : "lealup_gateway")));
	SetUserIdAndSecContext(role, SECURITY_LOCAL_USERID_CHANGE);
}

/*
 * DROP EXTENSION and ALTER EXTENSION lock the extension before its members, so with this lock a worker waits for them instead of
 * running into a deadlock.
 */
bool
db_lock_extension(void)
{
	Oid			extension = get_extension_oid("lealup", true);

	if (!OidIsValid(extension))
		return false;
	LockDatabaseObject(ExtensionRelationId, extension, 0, AccessShareLock);
	return extension == get_extension_oid("lealup", true);
}

void
db_leave(uint32 wanted)
{
	/* Another extension may have taken its place in the same transaction: the workers of that one are then to be started. */
	bool		present = OidIsValid(get_extension_oid("lealup", true));

	CommitTransactionCommand();
	shared_confirm_extension(present, wanted);
	proc_exit(0);
}

static void
begin(const char *activity, const char *name, const char *setting)
{
	uint32		wanted = shared_wanted();

	outer_context = CurrentMemoryContext;
	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	if (!db_lock_extension())
		db_leave(wanted);
	pgstat_report_activity(STATE_RUNNING, activity);
	act_as(name, setting);
	PushActiveSnapshot(GetTransactionSnapshot());
	SPI_connect();
}

void
db_begin(const char *activity)
{
	begin(activity, setting_worker_role, worker_role);
}

void
db_begin_gateway(const char *activity)
{
	begin(activity, setting_gateway_role, gateway_role);
}

static void
end_activity(void)
{
	/* The user is reset by an abort, but not by a commit. */
	SetUserIdAndSecContext(GetSessionUserId(), 0);
	/* A provider's function may have taken advisory locks that would outlast the transaction; workers take none. */
	LockReleaseSession(USER_LOCKMETHOD);
	if (outer_context)
		MemoryContextSwitchTo(outer_context);
	pgstat_report_activity(STATE_IDLE, NULL);
}

void
db_commit(void)
{
	SPI_finish();
	PopActiveSnapshot();
	CommitTransactionCommand();
	end_activity();
	pgstat_report_stat(false);
}

ErrorData *
db_recover(MemoryContext caller)
{
	ErrorData  *error;

	MemoryContextSwitchTo(caller);
	error = CopyErrorData();
	FlushErrorState();
	HOLD_INTERRUPTS();
	AbortCurrentTransaction();
	end_activity();
	MemoryContextSwitchTo(caller);
	RESUME_INTERRUPTS();
	return error;
}

bool
db_try(const char *what, void (*work) (void *context), void *context)
{
	MemoryContext caller = CurrentMemoryContext;
	volatile bool ok = false;

	PG_TRY();
	{
		work(context);
		ok = true;
	}
	PG_CATCH();
	{
		ErrorData  *error = db_recover(caller);

		ereport(LOG,
				(errmsg("lealup: %s failed: %s", what, error->message),
				 errdetail("The work is kept and tried again.")));
		shared_report_error(error->message);
		last_error_code = error->sqlerrcode;
		strlcpy(last_message, error->message, sizeof(last_message));
		FreeErrorData(error);
	}
	PG_END_TRY();
	return ok;
}

int
db_last_error(void)
{
	return last_error_code;
}

const char *
db_last_message(void)
{
	return last_message;
}

bool
db_error_in_data(void)
{
	int			class = ERRCODE_TO_CATEGORY(last_error_code);

	/* Data or constraints; limits; a damaged value. Anything else (locks, space, privileges, shutdown) would befall any data. */
	return class == ERRCODE_DATA_EXCEPTION || class == ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION || class == ERRCODE_PROGRAM_LIMIT_EXCEEDED
		|| class == ERRCODE_TO_CATEGORY(ERRCODE_DATA_CORRUPTED);
}

void
db_execute_nulls(DbStatement *statement, int nargs, Oid *types, Datum *values, const char *nulls, DbRows *rows)
{
	int			result;

	if (statement->plan == NULL)
	{
		SPIPlanPtr	plan = SPI_prepare_cursor(statement->sql, nargs, types, CURSOR_OPT_GENERIC_PLAN);

		if (plan == NULL || SPI_keepplan(plan) != 0)
			elog(ERROR, "could not prepare a statement: %s", SPI_result_code_string(SPI_result));
		statement->plan = plan;
	}
	result = SPI_execute_plan(statement->plan, values, nulls, false, 0);
	if (result < 0)
		elog(ERROR, "could not run a statement: %s", SPI_result_code_string(result));
	if (rows == NULL)
		return;

	rows->count = SPI_tuptable ? (int) SPI_processed : 0;
	rows->values = palloc(sizeof(Datum *) * Max(rows->count, 1));
	rows->isnull = palloc(sizeof(bool *) * Max(rows->count, 1));
	for (int i = 0; i < rows->count; i++)
	{
		TupleDesc	desc = SPI_tuptable->tupdesc;

		rows->values[i] = palloc(sizeof(Datum) * desc->natts);
		rows->isnull[i] = palloc(sizeof(bool) * desc->natts);
		heap_deform_tuple(SPI_tuptable->vals[i], desc, rows->values[i], rows->isnull[i]);
	}
}

void
db_execute(DbStatement *statement, int nargs, Oid *types, Datum *values, DbRows *rows)
{
	db_execute_nulls(statement, nargs, types, values, NULL, rows);
}

Datum
db_array(Oid element_type, Datum *values, bool *nulls, int n)
{
	int16		length;
	bool		byval;
	char		align;
	int			lower = 1;

	get_typlenbyvalalign(element_type, &length, &byval, &align);
	return PointerGetDatum(construct_md_array(values, nulls, 1, &n, &lower, element_type, length, byval, align));
}

int
db_elements(Datum array, bool isnull, Oid element_type, Datum **values, bool **nulls)
{
	int16		length;
	bool		byval;
	char		align;
	int			n;

	*values = NULL;
	if (isnull)
		return 0;
	get_typlenbyvalalign(element_type, &length, &byval, &align);
	deconstruct_array(DatumGetArrayTypeP(array), element_type, length, byval, align, values, nulls, &n);
	return n;
}
