/*
 * provider_call.c
 *		Calls a provider's SQL function, as a role that may do nothing else.
 *
 * Such functions may be a user's, and they read what comes from outside. They run as lealup_provider in a security-restricted context, in
 * which nobody can become somebody else, and nothing can be written. What they leave behind otherwise, as settings, does not outlast the call;
 * and a call that does not end is ended, so that one provider cannot hold up all others.
 */
#include "postgres.h"

#include "access/detoast.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "compat.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "storage/latch.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/hsearch.h"
#include "utils/jsonb.h"
#include "utils/regproc.h"
#include "utils/timeout.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(lealup_call_provider);

#define MOST_PLANS 256
#define LONGEST_NAME 200
#define LONGEST_CALL_MS 20000
#define MOST_OVERDUE 3			/* calls of a function that took longer, before it is left alone for a while */
#define LEFT_ALONE_US (5 * 60 * USECS_PER_SEC)
#define NO_TENANT "ffffffff-ffff-ffff-ffff-ffffffffffff"
#define LARGEST_RESULT (64 * 1024 * 1024)

typedef struct KeptPlan
{
	char		name[LONGEST_NAME];	/* and the number of arguments; the key */
	SPIPlanPtr	plan;
	int			overdue;		/* calls that had to be ended */
	TimestampTz overdue_at;		/* the last one */
} KeptPlan;

static HTAB *plans;
static volatile sig_atomic_t alarms = -1;	/* of the call that is running; -1 = none is */
static TimeoutId alarm_id = MAX_TIMEOUTS;

/* "schema.function" with one or two arguments, as a statement. What is no such name never becomes one. */
static char *
call_text(const char *name, int nargs)
{
	List	   *names = compat_qualified_name(name);
	char	   *quoted = NameListToQuotedString(names);

	if (list_length(names) != 2)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("invalid name of a provider's function: %s", name),
				 errhint("It is the function's schema and name, without arguments: lealup._gmail_request.")));
	return psprintf("SELECT %s(%s)", quoted, nargs == 2 ? "$1, $2" : "$1");
}

/*
 * Runs in a signal handler. Who catches query_canceled is asked again and again; who still goes on cannot be stopped otherwise than with
 * the process, whose successor goes on with what others have to do.
 */
static void
on_alarm(void)
{
	if (alarms < 0)
		return;
	if (++alarms > 2)
		ProcDiePending = true;
	QueryCancelPending = true;
	InterruptPending = true;
	SetLatch(MyLatch);
}

/* False if a call is running already, whose time counts. */
static bool
set_alarm(void)
{
	if (alarms >= 0)
		return false;
	if (alarm_id == MAX_TIMEOUTS)
		alarm_id = RegisterTimeout(USER_TIMEOUT, on_alarm);
	alarms = 0;
	enable_timeout_every(alarm_id, TimestampTzPlusMilliseconds(GetCurrentTimestamp(), LONGEST_CALL_MS), LONGEST_CALL_MS / 4);
	return true;
}

static bool
end_alarm(void)
{
	bool		overdue = alarms > 0;

	disable_timeout(alarm_id, false);
	alarms = -1;
	if (overdue && !ProcDiePending)
		QueryCancelPending = false;
	return overdue;
}

static KeptPlan *
find_plan(const char *name, int nargs)
{
	HASHCTL		control = {.keysize = LONGEST_NAME, .entrysize = sizeof(KeptPlan), .hcxt = TopMemoryContext};
	char		key[LONGEST_NAME] = "";
	Oid			types[] = {JSONBOID, JSONBOID};
	KeptPlan   *entry;
	bool		found;

	if (plans == NULL)
		plans = hash_create("lealup provider functions", 32, &control, HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
	snprintf(key, sizeof(key), "%d %s", nargs, name);
	entry = hash_search(plans, key, HASH_FIND, NULL);
	if (entry == NULL)
	{
		SPIPlanPtr	plan = SPI_prepare(call_text(name, nargs), nargs, types);

		if (plan == NULL)
			elog(ERROR, "could not call %s: %s", name, SPI_result_code_string(SPI_result));
		if (hash_get_num_entries(plans) >= MOST_PLANS)
		{
			entry = palloc0(sizeof(KeptPlan));
			entry->plan = plan;
			return entry;
		}
		if (SPI_keepplan(plan) != 0)
			elog(ERROR, "could not keep a plan");
		entry = hash_search(plans, key, HASH_ENTER, &found);
		entry->plan = plan;
		entry->overdue = 0;
	}
	return entry;
}

static void
note_overdue(KeptPlan *plan)
{
	TimestampTz now = GetCurrentTimestamp();

	if (plan == NULL)
		return;
	if (now - plan->overdue_at > LEFT_ALONE_US)
		plan->overdue = 0;
	plan->overdue++;
	plan->overdue_at = now;
}

static void
check_overdue(const KeptPlan *plan, const char *name)
{
	if (plan->overdue >= MOST_OVERDUE && GetCurrentTimestamp() - plan->overdue_at < LEFT_ALONE_US)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("function %s took more than %d s several times, and is not called for five minutes", name, LONGEST_CALL_MS / 1000)));
}

/*
 * Calls it as what the call is confined to. The user, and that nothing can be written, are restored by the abort of the (sub)transaction if
 * it raises an error; so are settings.
 */
static void
call_confined(KeptPlan *plan, const char *name, Datum *arguments, const char *nulls)
{
	bool		read_only = XactReadOnly;
	int			settings = NewGUCNestLevel();

	/* Not only the statement: a volatile function could write by its own. */
	XactReadOnly = true;
	/*
	 * Who acts is told by the session's role, whoever owns a function (see _actor()), and a worker's sees every tenant. A function with its
	 * owner's rights, which may be an application's, is to see none.
	 */
	(void) set_config_option("lealup.request_tenant", NO_TENANT, PGC_SUSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	if (SPI_execute_plan(plan->plan, arguments, nulls, true, 1) != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "could not call %s", name);
	AtEOXact_GUC(false, settings);
	XactReadOnly = read_only;
}

Datum
lealup_call_provider(PG_FUNCTION_ARGS)
{
	MemoryContext caller = CurrentMemoryContext;
	Oid			role = get_role_oid("lealup_provider", false);
	char	   *name;
	int			nargs = PG_ARGISNULL(2) ? 1 : 2;
	Datum		arguments[2] = {PG_ARGISNULL(1) ? (Datum) 0 : PG_GETARG_DATUM(1), PG_ARGISNULL(2) ? (Datum) 0 : PG_GETARG_DATUM(2)};
	char		nulls[2] = {PG_ARGISNULL(1) ? 'n' : ' ', ' '};
	Oid			user;
	int			context;
	Datum		result = (Datum) 0;
	bool		isnull = true;
	KeptPlan   *volatile plan = NULL;
	bool		timed;

	if (PG_ARGISNULL(0))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("the provider names no function for this")));
	name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	if (superuser_arg(role))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), errmsg("role \"lealup_provider\" is a superuser"),
				 errhint("ALTER ROLE lealup_provider NOSUPERUSER.")));
	SPI_connect();
	/* An error resets the user as well: it ends the transaction or the subtransaction, which remembers it. */
	GetUserIdAndSecContext(&user, &context);
	SetUserIdAndSecContext(role, context | SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION);
	timed = set_alarm();
	PG_TRY();
	{
		plan = find_plan(name, nargs);
		check_overdue(plan, name);
		call_confined(plan, name, arguments, nulls);
	}
	PG_CATCH();
	{
		if (timed && end_alarm())
		{
			note_overdue(plan);
			MemoryContextSwitchTo(caller);
			FlushErrorState();
			/* Unlike query_canceled, this is an error like others, which is recorded where it happened. */
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("function %s took more than %d s", name, LONGEST_CALL_MS / 1000)));
		}
		PG_RE_THROW();
	}
	PG_END_TRY();
	if (timed && end_alarm())
		note_overdue(plan);
	SetUserIdAndSecContext(user, context);
	if (SPI_gettypeid(SPI_tuptable->tupdesc, 1) != JSONBOID)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH), errmsg("function %s does not return jsonb", name)));
	result = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
	if (!isnull && toast_raw_datum_size(result) > LARGEST_RESULT)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("function %s gave more than %d MB", name, LARGEST_RESULT / 1024 / 1024)));
	if (!isnull)
	{
		MemoryContext here = MemoryContextSwitchTo(caller);

		result = PointerGetDatum(PG_DETOAST_DATUM_COPY(result));
		MemoryContextSwitchTo(here);
	}
	SPI_finish();
	if (isnull)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(result);
}
