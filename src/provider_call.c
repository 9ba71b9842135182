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
#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "compat.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "storage/latch.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/hsearch.h"
#include "utils/jsonb.h"
#include "utils/regproc.h"
#include "utils/timeout.h"
#include "utils/timestamp.h"
#include "utils/resowner.h"

PG_FUNCTION_INFO_V1(lealup_call_provider);
PG_FUNCTION_INFO_V1(lealup_call_provider_each);
PG_FUNCTION_INFO_V1(lealup_budget);

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

/* False if a call, or whoever has a budget, is running already, whose time counts. */
static bool
set_alarm(int ms)
{
	if (alarms >= 0)
		return false;
	if (alarm_id == MAX_TIMEOUTS)
		alarm_id = RegisterTimeout(USER_TIMEOUT, on_alarm);
	alarms = 0;
	enable_timeout_every(alarm_id, TimestampTzPlusMilliseconds(GetCurrentTimestamp(), ms), Max(ms / 4, 100));
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

/* Calls the function as lealup_provider; the caller is connected to SPI. Gives a copy in the context, or NULL. */
static Jsonb *
call_function(const char *name, KeptPlan **plan, Oid role, int nargs, Datum *arguments, MemoryContext context)
{
	MemoryContext caller = CurrentMemoryContext;
	Oid			user;
	int			sec_context;
	const char	nulls[] = {DatumGetPointer(arguments[0]) ? ' ' : 'n', ' '};
	Jsonb	   *result;
	Datum		value;
	bool		isnull;
	bool		timed;

	/* An error resets the user as well: it ends the transaction or the subtransaction, which remembers it. */
	GetUserIdAndSecContext(&user, &sec_context);
	SetUserIdAndSecContext(role, sec_context | SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION);
	timed = set_alarm(LONGEST_CALL_MS);
	PG_TRY();
	{
		if (*plan == NULL)
			*plan = find_plan(name, nargs);
		check_overdue(*plan, name);
		call_confined(*plan, name, arguments, nulls);
	}
	PG_CATCH();
	{
		if (timed && end_alarm())
		{
			note_overdue(*plan);
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
		note_overdue(*plan);
	SetUserIdAndSecContext(user, sec_context);
	if (SPI_gettypeid(SPI_tuptable->tupdesc, 1) != JSONBOID)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH), errmsg("function %s does not return jsonb", name)));
	value = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
	if (!isnull && toast_raw_datum_size(value) > LARGEST_RESULT)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("function %s gave more than %d MB", name, LARGEST_RESULT / 1024 / 1024)));
	result = NULL;
	if (!isnull)
	{
		MemoryContext here = MemoryContextSwitchTo(context);

		result = (Jsonb *) PG_DETOAST_DATUM_COPY(value);
		MemoryContextSwitchTo(here);
	}
	SPI_freetuptable(SPI_tuptable);
	return result;
}

static Oid
provider_role(void)
{
	Oid			role = get_role_oid("lealup_provider", false);

	if (superuser_arg(role))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), errmsg("role \"lealup_provider\" is a superuser"),
				 errhint("ALTER ROLE lealup_provider NOSUPERUSER.")));
	return role;
}

static char *
function_name(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(0))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("the provider names no function for this")));
	return text_to_cstring(PG_GETARG_TEXT_PP(0));
}

Datum
lealup_call_provider(PG_FUNCTION_ARGS)
{
	char	   *name = function_name(fcinfo);
	Oid			role = provider_role();
	Datum		arguments[2] = {PG_ARGISNULL(1) ? (Datum) 0 : PG_GETARG_DATUM(1), PG_ARGISNULL(2) ? (Datum) 0 : PG_GETARG_DATUM(2)};
	MemoryContext caller = CurrentMemoryContext;
	KeptPlan   *plan = NULL;
	Jsonb	   *result;

	SPI_connect();
	result = call_function(name, &plan, role, PG_ARGISNULL(2) ? 1 : 2, arguments, caller);
	SPI_finish();
	if (result == NULL)
		PG_RETURN_NULL();
	PG_RETURN_JSONB_P(result);
}

/* ----- Many calls ----- */

typedef struct Calls
{
	char	   *name;
	Oid			role;
	int			nargs;
	int			n;
	Datum	   *calls;
	Datum	   *extras;
	Datum	   *results;
	bool	   *no_result;
	MemoryContext context;
} Calls;

/* Makes calls from one on; gives how many were made when the last of them failed, with *problem, or all were. */
static int
make_calls(Calls *c, int from, char **problem)
{
	ResourceOwner owner = CurrentResourceOwner;
	volatile int i = from;

	*problem = NULL;
	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(c->context);
	PG_TRY();
	{
		KeptPlan   *plan = NULL;

		SPI_connect();
		for (; i < c->n; i++)
		{
			Datum		arguments[2] = {c->calls[i], c->extras ? c->extras[i] : (Datum) 0};
			Jsonb	   *result = call_function(c->name, &plan, c->role, c->nargs, arguments, c->context);

			c->results[i] = JsonbPGetDatum(result);
			c->no_result[i] = result == NULL;
		}
		SPI_finish();
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(c->context);
		error = CopyErrorData();
		/* Who is told to stop stops. */
		if (error->sqlerrcode == ERRCODE_QUERY_CANCELED || i >= c->n)
			PG_RE_THROW();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		*problem = pstrdup(error->message);
		c->no_result[i] = true;
		FreeErrorData(error);
		i++;
	}
	PG_END_TRY();
	MemoryContextSwitchTo(c->context);
	CurrentResourceOwner = owner;
	return i;
}

Datum
lealup_call_provider_each(PG_FUNCTION_ARGS)
{
	Calls		c = {.name = function_name(fcinfo), .role = provider_role(), .nargs = PG_ARGISNULL(2) ? 1 : 2, .context = CurrentMemoryContext};
	Datum	   *problems;
	bool	   *no_problem;
	int			nextras;
	int			dims[1];
	int			lower[1] = {1};
	TupleDesc	descriptor;
	Datum		values[2];
	bool		isnull[2] = {false, false};
	bool	   *nulls;

	if (PG_ARGISNULL(1))
		PG_RETURN_NULL();
	if (get_call_result_type(fcinfo, NULL, &descriptor) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(1), JSONBOID, -1, false, TYPALIGN_INT, &c.calls, &nulls, &c.n);
	if (c.nargs == 2)
	{
		deconstruct_array(PG_GETARG_ARRAYTYPE_P(2), JSONBOID, -1, false, TYPALIGN_INT, &c.extras, &nulls, &nextras);
		if (nextras != c.n)
			elog(ERROR, "calls and extras differ in number");
	}
	c.results = palloc0((c.n + 1) * sizeof(Datum));
	c.no_result = palloc0((c.n + 1) * sizeof(bool));
	problems = palloc0((c.n + 1) * sizeof(Datum));
	no_problem = palloc((c.n + 1) * sizeof(bool));
	memset(no_problem, true, c.n);
	for (int made = 0; made < c.n;)
	{
		char	   *problem;

		made = make_calls(&c, made, &problem);
		if (problem)
		{
			problems[made - 1] = CStringGetTextDatum(problem);
			no_problem[made - 1] = false;
		}
	}
	dims[0] = c.n;
	values[0] = PointerGetDatum(construct_md_array(c.results, c.no_result, c.n > 0, dims, lower, JSONBOID, -1, false, TYPALIGN_INT));
	values[1] = PointerGetDatum(construct_md_array(problems, no_problem, c.n > 0, dims, lower, TEXTOID, -1, false, TYPALIGN_INT));
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor), values, isnull)));
}

/* ----- A time for all that follows ----- */

static bool budgeted;

Datum
lealup_budget(PG_FUNCTION_ARGS)
{
	int			ms = PG_GETARG_INT32(0);

	if (ms > 0)
		budgeted = set_alarm(ms);
	else if (budgeted)
	{
		budgeted = false;
		end_alarm();
	}
	PG_RETURN_VOID();
}
