/*
 * provider_call.c
 *		Calls a provider's SQL function, as a role that may do nothing else.
 *
 * Such functions may be a user's, and they read what comes from outside. They run as lealup_provider in a security-restricted context, in
 * which nobody can become somebody else, and read-only.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "compat.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/jsonb.h"
#include "utils/regproc.h"

PG_FUNCTION_INFO_V1(lealup_call_provider);

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
	SPIPlanPtr	plan;

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
	plan = find_plan(name, nargs);
	if (plan == NULL || SPI_execute_plan(plan, arguments, nulls, true, 1) != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "could not call %s", name);
	SetUserIdAndSecContext(user, context);
	if (SPI_gettypeid(SPI_tuptable->tupdesc, 1) != JSONBOID)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH), errmsg("function %s does not return jsonb", name)));
	result = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
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
