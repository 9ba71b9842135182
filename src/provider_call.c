/*
 * provider_call.c
 *		Calls a provider's SQL function, as a role that may do nothing else.
 *
 * Such functions may be a user's, and they read what comes from outside. They run as lealup_provider in a security-restricted context, in
 * which nobody can become somebody else, and read-only.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "compat.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/jsonb.h"
#include "utils/regproc.h"
#include "utils/resowner.h"

PG_FUNCTION_INFO_V1(lealup_call_provider);
PG_FUNCTION_INFO_V1(lealup_call_provider_each);

#define MOST_PLANS 256
#define LONGEST_NAME 200

typedef struct KeptPlan
{
	char		name[LONGEST_NAME];	/* and the number of arguments; the key */
	SPIPlanPtr	plan;
} KeptPlan;

static HTAB *plans;

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

static SPIPlanPtr
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

		if (plan == NULL || hash_get_num_entries(plans) >= MOST_PLANS)
			return plan;
		if (SPI_keepplan(plan) != 0)
			elog(ERROR, "could not keep a plan");
		entry = hash_search(plans, key, HASH_ENTER, &found);
		entry->plan = plan;
	}
	return entry->plan;
}

/* Calls the function as lealup_provider; the caller is connected to SPI. Gives a copy in the context, or NULL. */
static Jsonb *
call_function(const char *name, SPIPlanPtr *plan, Oid role, int nargs, Datum *arguments, MemoryContext context)
{
	Oid			user;
	int			sec_context;
	const char	nulls[] = {DatumGetPointer(arguments[0]) ? ' ' : 'n', ' '};
	Jsonb	   *result = NULL;
	Datum		value;
	bool		isnull;

	/* An error resets the user as well: it ends the transaction or the subtransaction, which remembers it. */
	GetUserIdAndSecContext(&user, &sec_context);
	SetUserIdAndSecContext(role, sec_context | SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION);
	if (*plan == NULL)
		*plan = find_plan(name, nargs);
	if (*plan == NULL || SPI_execute_plan(*plan, arguments, nulls, true, 1) != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "could not call %s", name);
	SetUserIdAndSecContext(user, sec_context);
	if (SPI_gettypeid(SPI_tuptable->tupdesc, 1) != JSONBOID)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH), errmsg("function %s does not return jsonb", name)));
	value = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
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
	SPIPlanPtr	plan = NULL;
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
		SPIPlanPtr	plan = NULL;

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
