/*
 * hooks.c
 *		How the workers learn what backends do.
 *
 * Whatever a transaction did takes effect at its commit: a callback then sets the workers' latches in shared memory. That costs
 * nothing when nothing happened, needs no NOTIFY, and cannot be lost, since a worker looks at the tables when it starts.
 * DROP DATABASE waits for the database's sessions to end but does not end background workers, so the workers are told to go
 * before the command runs.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_extension.h"
#include "commands/dbcommands.h"
#include "commands/defrem.h"
#include "commands/extension.h"
#include "compat.h"
#include "fmgr.h"
#include "hooks.h"
#include "shared.h"
#include "storage/lmgr.h"
#include "tcop/utility.h"
#include "utils/builtins.h"

static object_access_hook_type previous_object_access = NULL;
static ProcessUtility_hook_type previous_utility = NULL;

static uint32 pending_wakes = 0;
static bool pending_scan = false;

PG_FUNCTION_INFO_V1(lealup_wake);

/* ----- At the end of a transaction ----- */

static void
transaction_end(XactEvent event, void *arg)
{
	if (pending_wakes == 0 && !pending_scan)
		return;
	/* Endpoints that move are let go before the change can be seen, and divided anew after it. */
	if (event == XACT_EVENT_PRE_COMMIT && (pending_wakes & WAKE_ASSIGNMENT))
		shared_wake_database(MyDatabaseId, WAKE_ASSIGNMENT);
	if (event == XACT_EVENT_COMMIT)
	{
		if (pending_wakes & WAKE_EXTENSION)
			shared_want_database(MyDatabaseId);
		if (pending_wakes)
			shared_wake_database(MyDatabaseId, pending_wakes);
		if (pending_scan)
			shared_request_scan();
	}
	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE)
	{
		pending_wakes = 0;
		pending_scan = false;
	}
}

static void
register_callback(void)
{
	static bool registered = false;

	if (!registered)
		RegisterXactCallback(transaction_end, NULL);
	registered = true;
}

void
hooks_wake_on_commit(uint32 wakes)
{
	register_callback();
	pending_wakes |= wakes;
}

Datum
lealup_wake(PG_FUNCTION_ARGS)
{
	static const struct
	{
		const char *name;
		uint32		wake;
	}			kinds[] = {
		{"outbox", WAKE_OUTBOX}, {"queue", WAKE_QUEUE}, {"subscription", WAKE_SUBSCRIPTION}, {"upkeep", WAKE_UPKEEP},
		{"extension", WAKE_EXTENSION}, {"assignment", WAKE_ASSIGNMENT}
	};
	char	   *what = text_to_cstring(PG_GETARG_TEXT_PP(0));

	for (int i = 0; i < lengthof(kinds); i++)
		if (strcmp(what, kinds[i].name) == 0)
		{
			hooks_wake_on_commit(kinds[i].wake);
			PG_RETURN_VOID();
		}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown kind of work: \"%s\"", what)));
}

/* ----- DROP EXTENSION, however it comes about ----- */

static void
object_access(ObjectAccessType access, Oid class_id, Oid object_id, int sub_id, void *arg)
{
	if (previous_object_access)
		previous_object_access(access, class_id, object_id, sub_id, arg);
	if (access == OAT_DROP && class_id == ExtensionRelationId && object_id == get_extension_oid("lealup", true))
		hooks_wake_on_commit(WAKE_UPKEEP | WAKE_QUEUE);
}

/* ----- Commands on databases ----- */

static const char *
option_string(List *options, const char *name)
{
	ListCell   *cell;

	foreach(cell, options)
	{
		DefElem    *option = lfirst_node(DefElem, cell);

		if (strcmp(option->defname, name) == 0 && option->arg)
			return defGetString(option);
	}
	return NULL;
}

/* The database from which the command needs every session gone, if the user may run it; else InvalidOid. */
static pg_noinline Oid
database_to_leave(Node *statement)
{
	const char *name = NULL;
	Oid			database;
	bool		copied = false;

	if (IsA(statement, DropdbStmt))
		name = ((DropdbStmt *) statement)->dbname;
	else if (IsA(statement, RenameStmt) && ((RenameStmt *) statement)->renameType == OBJECT_DATABASE)
		name = ((RenameStmt *) statement)->subname;
	else if (IsA(statement, AlterDatabaseStmt) && option_string(((AlterDatabaseStmt *) statement)->options, "tablespace"))
		name = ((AlterDatabaseStmt *) statement)->dbname;
	else if (IsA(statement, CreatedbStmt))
	{
		name = option_string(((CreatedbStmt *) statement)->options, "template");
		copied = true;
	}
	if (name == NULL)
		return InvalidOid;
	database = get_database_oid(name, true);
	if (!OidIsValid(database) || database == MyDatabaseId || shared_find_database(database) < 0)
		return InvalidOid;

	/* Nobody may stop workers by a command that will be refused. */
	if (compat_database_ownercheck(database, GetUserId()) || (copied && superuser()))
		return database;
	return InvalidOid;
}

/* The workers' transactions lock the extension first; an update, unlike a drop, does not by itself. */
static void
lock_for_update(Node *statement)
{
	Oid			extension;

	if (!IsA(statement, AlterExtensionStmt) || strcmp(((AlterExtensionStmt *) statement)->extname, "lealup") != 0)
		return;
	extension = get_extension_oid("lealup", true);
	if (OidIsValid(extension) && superuser())
		LockDatabaseObject(ExtensionRelationId, extension, 0, AccessExclusiveLock);
}

static void
utility(PlannedStmt *pstmt, const char *query, bool read_only_tree, ProcessUtilityContext context, ParamListInfo params,
		QueryEnvironment *environment, DestReceiver *dest, QueryCompletion *completion)
{
	Node	   *statement = pstmt->utilityStmt;
	Oid			held = database_to_leave(statement);

	lock_for_update(statement);
	if (OidIsValid(held))
		shared_hold_database(held, 30);
	PG_TRY();
	{
		if (previous_utility)
			previous_utility(pstmt, query, read_only_tree, context, params, environment, dest, completion);
		else
			standard_ProcessUtility(pstmt, query, read_only_tree, context, params, environment, dest, completion);
	}
	PG_FINALLY();
	{
		if (OidIsValid(held))
			shared_hold_database(held, 0);
	}
	PG_END_TRY();

	if (IsA(statement, CreatedbStmt) || IsA(statement, DropdbStmt)
		|| (IsA(statement, RenameStmt) && ((RenameStmt *) statement)->renameType == OBJECT_DATABASE))
	{
		register_callback();
		pending_scan = true;
	}
	/* What a prepared transaction wrote is found by looking; the session that prepared it may be gone. */
	if (IsA(statement, TransactionStmt) && ((TransactionStmt *) statement)->kind == TRANS_STMT_COMMIT_PREPARED)
		shared_wake_database(MyDatabaseId, WAKE_ALL & ~WAKE_EXTENSION);
}

void
hooks_init(void)
{
	previous_object_access = object_access_hook;
	object_access_hook = object_access;
	previous_utility = ProcessUtility_hook;
	ProcessUtility_hook = utility;
}
