/*
 * launcher.c
 *		The process that keeps the workers of every database running.
 *
 * It looks at the list of databases when it starts, when a database was created or dropped, and once a minute; it starts the
 * sync worker of a database that it does not know yet, which says whether the extension is there and leaves if it is not.
 * The workers are dynamic background workers that the postmaster never restarts: when and whether one starts again is
 * decided here alone. It runs no SQL, and does not exist on a standby until promotion.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "compat.h"
#include "launcher.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "settings.h"
#include "shared.h"
#include "storage/ipc.h"
#include "storage/proc.h"
#include "tcop/tcopprot.h"
#include "utils/memutils.h"
#include "utils/ps_status.h"
#include "utils/snapmgr.h"
#include "vault_keys.h"
#include "worker.h"

#define SCAN_INTERVAL_MS (60 * 1000)

/* Databases that were found to be without the extension: they are not looked into again. */
static List *databases_without = NIL;
static BackgroundWorkerHandle *handles[SHARED_DATABASES][SHARED_WORKERS];
static bool out_of_slots = false;
static bool too_many_databases = false;

/* The database that lealup.gateway_database names, when last looked. */
static Oid	gateway_database;

void
launcher_register(void)
{
	BackgroundWorker worker = {0};

	worker.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
	worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
	worker.bgw_restart_time = 1;
	strlcpy(worker.bgw_library_name, "lealup", sizeof(worker.bgw_library_name));
	strlcpy(worker.bgw_function_name, "lealup_launcher_main", sizeof(worker.bgw_function_name));
	strlcpy(worker.bgw_name, "lealup launcher", sizeof(worker.bgw_name));
	strlcpy(worker.bgw_type, "lealup launcher", sizeof(worker.bgw_type));
	RegisterBackgroundWorker(&worker);
}

/* The oids of all databases that can be connected to, in the caller's memory context. */
static List *
list_databases(void)
{
	MemoryContext caller = CurrentMemoryContext;
	List	   *result = NIL;
	Relation	relation;
	TableScanDesc scan;
	HeapTuple	tuple;

	StartTransactionCommand();
	(void) GetTransactionSnapshot();
	relation = table_open(DatabaseRelationId, AccessShareLock);
	scan = table_beginscan_catalog(relation, 0, NULL);
	gateway_database = InvalidOid;
	while ((tuple = heap_getnext(scan, ForwardScanDirection)) != NULL)
	{
		Form_pg_database database = (Form_pg_database) GETSTRUCT(tuple);

		if (database->datallowconn && !database->datistemplate)
		{
			MemoryContext old = MemoryContextSwitchTo(caller);

			result = lappend_oid(result, database->oid);
			MemoryContextSwitchTo(old);
			if (strcmp(NameStr(database->datname), setting_gateway_database) == 0)
				gateway_database = database->oid;
		}
	}
	table_endscan(scan);
	table_close(relation, AccessShareLock);
	CommitTransactionCommand();
	MemoryContextSwitchTo(caller);
	return result;
}

static void
forget_handles(int index)
{
	for (int w = 0; w < SHARED_WORKERS; w++)
		handles[index][w] = NULL;
}

static bool
has_processes(const DatabaseSlot *slot)
{
	for (int w = 0; w < SHARED_WORKERS; w++)
		if (slot->workers[w].pid != 0 || slot->workers[w].state == WORKER_LAUNCHED)
			return true;
	return false;
}

/* A gateway that cannot be where it is wanted is told of once, and again when the settings have changed. */
static void
check_gateway(void)
{
	static char told[NAMEDATALEN + 8];
	char		now[NAMEDATALEN + 8] = "";

	if (setting_gateway_listen[0] && !OidIsValid(gateway_database))
		snprintf(now, sizeof(now), "no \"%s\"", setting_gateway_database);
	if (now[0] && strcmp(told, now) != 0)
		ereport(LOG,
				(setting_gateway_database[0] ? errmsg("lealup.gateway_database names \"%s\", which is no database", setting_gateway_database)
				 : errmsg("lealup.gateway_listen is set, but lealup.gateway_database names no database"),
				 errdetail("The gateway does not run."),
				 errhint("Set lealup.gateway_database to the database whose API is to be served, and reload the configuration.")));
	strlcpy(told, now, sizeof(told));
}

/* Gives slots to databases that are new, and takes those back of databases that are gone. */
static void
scan_databases(void)
{
	List	   *databases = list_databases();
	List	   *still_without = NIL;
	MemoryContext old;
	ListCell   *cell;

	for (int d = 0; d < SHARED_DATABASES; d++)
	{
		DatabaseSlot slot = shared_get_database(d);

		if (OidIsValid(slot.database) && !list_member_oid(databases, slot.database) && !has_processes(&slot))
		{
			(void) shared_remove_database(d, false);
			forget_handles(d);
		}
	}
	old = MemoryContextSwitchTo(TopMemoryContext);
	foreach(cell, databases)
	{
		Oid			database = lfirst_oid(cell);

		if (list_member_oid(databases_without, database))
			still_without = lappend_oid(still_without, database);
		else if (!shared_add_database(database))
			ereport(too_many_databases ? DEBUG1 : LOG,
					(errmsg("lealup cannot serve more than %d databases", SHARED_DATABASES),
					 errdetail("The database with OID %u is left alone.", database)));
	}
	too_many_databases = shared_find_database(InvalidOid) < 0;
	list_free(databases_without);
	databases_without = still_without;
	MemoryContextSwitchTo(old);
	check_gateway();
}

/* A database whose workers found no extension, and have left, gives its slot back. */
static void
release_if_without(int index, const DatabaseSlot *slot)
{
	MemoryContext old;

	if (!slot->leave || has_processes(slot))
		return;
	if (!shared_remove_database(index, true))
		return;
	old = MemoryContextSwitchTo(TopMemoryContext);
	databases_without = list_append_unique_oid(databases_without, slot->database);
	MemoryContextSwitchTo(old);
	forget_handles(index);
}

static void
report_no_slot(void)
{
	shared_launcher_error("no background worker slot is free");
	if (!out_of_slots)
		ereport(LOG,
				(errmsg("lealup could not start a worker: no background worker slot is free"),
				 errhint("Increase max_worker_processes; lealup needs 1, and for each database that has the extension "
						 "lealup.delivery_workers + lealup.sync_workers, and lealup.gateway_workers where the gateway runs.")));
	out_of_slots = true;
}

static void
start_worker(int index, int number, Oid database)
{
	BackgroundWorker worker = {0};
	WorkerArgument argument = {database, index, number};
	static const char *const kinds[] = {[KIND_SYNC] = "sync", [KIND_DELIVERY] = "delivery", [KIND_GATEWAY] = "gateway"};
	int			which;
	WorkerKind	kind = shared_worker_kind(number, &which);
	MemoryContext old;
	bool		registered;

	worker.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
	worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
	worker.bgw_restart_time = BGW_NEVER_RESTART;
	worker.bgw_notify_pid = MyProcPid;
	strlcpy(worker.bgw_library_name, "lealup", sizeof(worker.bgw_library_name));
	strlcpy(worker.bgw_function_name, "lealup_worker_main", sizeof(worker.bgw_function_name));
	if (kind == KIND_SYNC)
		snprintf(worker.bgw_name, sizeof(worker.bgw_name), "lealup sync worker for database %u", database);
	else
		snprintf(worker.bgw_name, sizeof(worker.bgw_name), "lealup %s worker %d for database %u", kinds[kind], which, database);
	snprintf(worker.bgw_type, sizeof(worker.bgw_type), "lealup %s", kinds[kind]);
	memcpy(worker.bgw_extra, &argument, sizeof(argument));

	shared_set_launched(index, number, true, NULL);
	old = MemoryContextSwitchTo(TopMemoryContext);	/* where the handle lives */
	registered = RegisterDynamicBackgroundWorker(&worker, &handles[index][number]);
	MemoryContextSwitchTo(old);
	if (registered)
	{
		if (out_of_slots)
			shared_launcher_error(NULL);
		out_of_slots = false;
	}
	else
	{
		handles[index][number] = NULL;
		shared_set_launched(index, number, false, "no background worker slot is free");
		report_no_slot();
	}
}

static bool
is_wanted(const DatabaseSlot *slot, int number)
{
	/* Until the sync worker has found the extension, it is alone. */
	return !slot->leave && (number == 0 || slot->has_extension) && shared_wants(slot, number);
}

/* Brings one worker to where it should be; gives when to look again. */
static TimestampTz
manage_worker(int index, const DatabaseSlot *slot, int number, TimestampTz now)
{
	const WorkerSlot *worker = &slot->workers[number];
	TimestampTz earliest = Max(worker->start_after, slot->held_until);
	pid_t		pid;

	/* A worker that ended before it could take its slot. */
	if (worker->state == WORKER_LAUNCHED && worker->pid == 0
		&& (handles[index][number] ? GetBackgroundWorkerPid(handles[index][number], &pid) == BGWH_STOPPED
			: worker->launched_at < now - 10 * USECS_PER_SEC))
		shared_set_launched(index, number, false, "the worker ended while it started; the server's log says why");

	if (!is_wanted(slot, number))
	{
		/* It sees that itself, finishes what it has begun, and ends. */
		if (worker->pid != 0)
			shared_wake_worker(index, number);
		return DT_NOEND;
	}
	if (worker->pid != 0)
		return DT_NOEND;
	if (worker->state == WORKER_LAUNCHED)
		return now + USECS_PER_SEC;
	if (earliest > now)
		return earliest;
	if (handles[index][number])
	{
		pfree(handles[index][number]);
		handles[index][number] = NULL;
	}
	start_worker(index, number, slot->database);
	return now + USECS_PER_SEC;
}

static TimestampTz
manage_databases(void)
{
	TimestampTz now = GetCurrentTimestamp();
	TimestampTz next = DT_NOEND;

	/* Its slot may be new. */
	shared_set_gateway(gateway_database);
	for (int d = 0; d < SHARED_DATABASES; d++)
	{
		DatabaseSlot slot = shared_get_database(d);

		if (!OidIsValid(slot.database))
			continue;
		for (int w = 0; w < SHARED_WORKERS; w++)
		{
			TimestampTz again = manage_worker(d, &slot, w, now);

			next = Min(next, again);
		}
		release_if_without(d, &slot);
	}
	return next;
}

/* Publishes the public half of the key that a file or command gives, so that backends can seal secrets. The rest is forgotten. */
static void
publish_key(const char *problem)
{
	VaultPublicKey key;

	keys_local_public(&key);
	keys_forget();
	shared_set_public_key(&key);
	if (problem)
		ereport(LOG, (errmsg("lealup has no key to protect secrets: %s", problem)));
}

/* Looks whether the command has given a key. */
static TimestampTz
poll_key(void)
{
	const char *problem;
	bool		changed;
	TimestampTz next = keys_poll_command(&changed, &problem);

	/* With KMS it is the key of before, which is sealed to until KMS has answered. */
	if (changed && (setting_key_provider == KEY_PROVIDER_COMMAND || (setting_key_provider == KEY_PROVIDER_AWS_KMS && problem == NULL)))
		publish_key(problem);
	return next;
}

void
lealup_launcher_main(Datum arg)
{
	MemoryContext loop;
	TimestampTz next_scan = 0;
	uint32		wait_event;

	pqsignal(SIGTERM, die);
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	BackgroundWorkerUnblockSignals();
	shared_launcher_attach();
	BackgroundWorkerInitializeConnection(NULL, NULL, 0);
	pgstat_report_appname("lealup launcher");
	wait_event = compat_wait_event("LealupLauncher");
	loop = AllocSetContextCreate(TopMemoryContext, "lealup launcher", ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(loop);
	publish_key(keys_load());

	for (;;)
	{
		TimestampTz now;
		TimestampTz next;
		TimestampTz next_poll;
		long		timeout;

		CHECK_FOR_INTERRUPTS();
		if (ConfigReloadPending)
		{
			ConfigReloadPending = false;
			ProcessConfigFile(PGC_SIGHUP);
			publish_key(keys_load());
			next_scan = 0;
		}
		now = GetCurrentTimestamp();
		if (shared_take_scan_request() || now >= next_scan)
		{
			scan_databases();
			next_scan = now + SCAN_INTERVAL_MS * INT64CONST(1000);
		}
		next = manage_databases();
		next_poll = poll_key();
		timeout = TimestampDifferenceMilliseconds(now, Min(Min(next, next_poll), next_scan));
		MemoryContextReset(loop);
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, Max(1, timeout), wait_event);
		ResetLatch(MyLatch);
	}
}
