/*
 * worker.c
 *		A worker process: a loop over its steps.
 *
 * A new kind of work is one module and one line in a table below. An error in a step rolls back its transaction, is shown in
 * worker_status and in the server's log, and makes that step pause; the other steps go on.
 */
#include "postgres.h"

#include "access/xact.h"
#include "assistant.h"
#include "clock.h"
#include "compat.h"
#include "db.h"
#include "delivery.h"
#include "gateway.h"
#include "http_client.h"
#include "inbound.h"
#include "inbox.h"
#include "loop.h"
#include "pgstat.h"
#include "playbook.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "settings.h"
#include "shared.h"
#include "sync.h"
#include "storage/ipc.h"
#include "tcop/tcopprot.h"
#include "upkeep.h"
#include "utils/memutils.h"
#include "vault.h"
#include "vault_keys.h"
#include "worker.h"

#define MAX_MODULES 12
#define FIRST_PAUSE_US (INT64CONST(1) * USECS_PER_SEC)
#define LONGEST_PAUSE_US (INT64CONST(60) * USECS_PER_SEC)

static const WorkerModule sync_modules[] = {
	{"clock", NULL, NULL, NULL, clock_step, NULL, 60},
	{"assistant", assistant_init, http_reload, http_perform, assistant_step},
	{"sync", sync_init, sync_reload, NULL, sync_step},
	{"playbook", NULL, NULL, NULL, playbook_step},
	{"inbox", NULL, inbox_reload, NULL, inbox_step},
	{"upkeep", NULL, NULL, NULL, upkeep_step, NULL, 1},
	{"vault", NULL, vault_reload, NULL, vault_step},
	{"keys", NULL, keys_reload, NULL, keys_step},
	{NULL}
};

static const WorkerModule delivery_modules[] = {
	{"delivery", delivery_init, delivery_reload, delivery_pump, delivery_step, delivery_drain},
	{"keys", NULL, keys_reload, NULL, keys_step},
	{NULL}
};

static const WorkerModule gateway_modules[] = {
#ifndef WITHOUT_GATEWAY
	{"gateway", gateway_init, gateway_reload, gateway_pump, gateway_step, gateway_drain},
	{"keys", NULL, inbound_reload_keys, inbound_pump_keys, inbound_fetch_keys},
#endif
	{NULL}
};

/* Settings of the session that must not come from ALTER DATABASE or ALTER ROLE. */
static void
pin_session(WorkerKind kind)
{
	static const char *const pinned[][2] = {
		{"search_path", "pg_catalog, pg_temp"},
		{"default_transaction_isolation", "read committed"},
		{"default_transaction_read_only", "off"},
		{"default_transaction_deferrable", "off"},
		{"lock_timeout", "1s"},
		{"idle_in_transaction_session_timeout", "0"},
		{"session_replication_role", "origin"},
		{"row_security", "on"},
		{"jit", "off"},
		/* Plans show the values that they are made for, such as what providers send to the gateway. */
		{"auto_explain.log_min_duration", "-1"},
	};
	static const char *const pinned_plans[][2] = {
		/* The queue's plans must not depend on statistics from when it was empty: look-ups by index. */
		{"plan_cache_mode", "auto"},
		{"enable_seqscan", "off"},
		{"enable_bitmapscan", "off"},
		{"enable_hashjoin", "off"},
		{"enable_mergejoin", "off"},
		{"enable_material", "off"},
	};

	for (int i = 0; i < lengthof(pinned); i++)
		SetConfigOption(pinned[i][0], pinned[i][1], PGC_SUSET, PGC_S_OVERRIDE);
	for (int i = 0; kind != KIND_GATEWAY && i < lengthof(pinned_plans); i++)
		SetConfigOption(pinned_plans[i][0], pinned_plans[i][1], PGC_SUSET, PGC_S_OVERRIDE);
}

/*
 * The gateway, to which strangers speak, loads the key only when it first has to verify a notification of a provider (see inbound.c); where
 * no connection has any, it never holds it. It answers only when what was asked for is on disk.
 */
static void
apply_settings(WorkerKind kind)
{
	char	   *problem;

	if (kind == KIND_GATEWAY)
		return;
	problem = keys_load();
	SetConfigOption("synchronous_commit", setting_synchronous_commit ? "on" : "off", PGC_USERSET, PGC_S_OVERRIDE);
	if (problem)
	{
		shared_report_error(problem);
		pfree(problem);
	}
}

/* Leaves if the database is without the extension; else tells the launcher that it is there. */
static void
check_extension(void)
{
	uint32		wanted = shared_wanted();

	StartTransactionCommand();
	if (!db_lock_extension())
		db_leave(wanted);
	CommitTransactionCommand();
	shared_confirm_extension(true, wanted);
}

typedef struct StepCall
{
	const WorkerModule *module;
	bool		drain;
	TimestampTz next;
} StepCall;

static void
call_step(void *context)
{
	StepCall   *call = context;

	call->next = call->drain ? call->module->drain() : call->module->step();
}

static void
call_pump(void *context)
{
	((const WorkerModule *) context)->pump();
}

/* Calls a module's step, or its drain; after an error it pauses. Gives when it is to be called next. */
static TimestampTz
run_step(const WorkerModule *module, int *failures, bool drain)
{
	StepCall	call = {module, drain};

	if (module->pump && drain)
		module->pump();

	if (!db_try(module->name, call_step, &call))
	{
		shared_set_state(WORKER_BACKING_OFF);
		*failures += 1;
		return GetCurrentTimestamp() + Min(FIRST_PAUSE_US << Min(*failures - 1, 10), LONGEST_PAUSE_US);
	}
	if (*failures > 0 || shared_my_slot()->failures > 0)
		shared_report_success();
	*failures = 0;
	return call.next;
}

/* Finishes what has been begun, as long as the settings do not want the worker back; then ends it. */
static void
drain(const WorkerModule *modules, MemoryContext scratch)
{
	int			failures = 0;

	while (!shared_is_wanted())
	{
		TimestampTz next = 0;

		shared_set_state(WORKER_DRAINING);
		for (int m = 0; modules[m].name; m++)
			if (modules[m].drain)
			{
				TimestampTz again;

				MemoryContextSwitchTo(scratch);
				again = run_step(&modules[m], &failures, true);
				MemoryContextReset(scratch);
				next = Max(next, again);
			}
		if (next == 0)
			proc_exit(0);
		(void) loop_wait(next);
	}
	shared_set_state(WORKER_RUNNING);
}

static bool woken;

bool
worker_woken(void)
{
	return woken;
}

/*
 * Delivery must know for what it is woken, so it takes its wake-ups itself. What a sync worker is woken for concerns all of its
 * modules, so none of them takes them: another one, called before they came, would miss them.
 */
static bool
take_wake(const WorkerModule *modules)
{
	if (modules == delivery_modules)
		return pg_atomic_read_u32(&shared_my_slot()->wake) != 0;
	return shared_take_wakes() != 0;
}

static void
run(const WorkerModule *modules, WorkerKind kind)
{
	MemoryContext scratch = AllocSetContextCreate(TopMemoryContext, "lealup step", ALLOCSET_DEFAULT_SIZES);
	TimestampTz due[MAX_MODULES] = {0};
	TimestampTz called[MAX_MODULES] = {0};
	int			failures[MAX_MODULES] = {0};

	for (;;)
	{
		TimestampTz next = DT_NOEND;

		woken = take_wake(modules);

		if (shared_must_leave())
			check_extension();
		if (!shared_is_wanted())
			drain(modules, scratch);
		for (int m = 0; modules[m].name; m++)
		{
			if (modules[m].pump)
				(void) db_try(modules[m].name, call_pump, unconstify(WorkerModule *, &modules[m]));
			/* A module that pauses after an error is not called for every event. */
			if (failures[m] == 0 && (woken || modules[m].reload))
				due[m] = Min(due[m], called[m] + modules[m].rest * USECS_PER_SEC);
			if (due[m] <= GetCurrentTimestamp())
			{
				called[m] = GetCurrentTimestamp();
				MemoryContextSwitchTo(scratch);
				due[m] = run_step(&modules[m], &failures[m], false);
				MemoryContextReset(scratch);
			}
			next = Min(next, due[m]);
		}
		if (loop_wait(next))
		{
			apply_settings(kind);
			for (int m = 0; modules[m].name; m++)
			{
				if (modules[m].reload)
					modules[m].reload();
				due[m] = 0;
			}
		}
	}
}

void
lealup_worker_main(Datum arg)
{
	WorkerArgument argument;
	const WorkerModule *modules;
	int			which;
	WorkerKind	kind;

	memcpy(&argument, MyBgworkerEntry->bgw_extra, sizeof(argument));
	pqsignal(SIGTERM, die);
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	kind = shared_worker_kind(argument.number, &which);
	if (!shared_attach(argument.slot, argument.number, argument.database))
		proc_exit(0);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnectionByOid(argument.database, InvalidOid, 0);
	pgstat_report_appname(MyBgworkerEntry->bgw_type);

	pin_session(kind);
	apply_settings(kind);
	check_extension();

	modules = kind == KIND_SYNC ? sync_modules : kind == KIND_DELIVERY ? delivery_modules : gateway_modules;
	for (int m = 0; modules[m].name; m++)
		if (modules[m].init)
			modules[m].init();
#ifndef WITHOUT_GATEWAY
	if (kind == KIND_GATEWAY)
		loop_init(gateway_descriptor(), "LealupGateway");
	else
#endif
		loop_init(http_descriptor(), kind == KIND_SYNC ? "LealupSync" : "LealupDelivery");
	run(modules, kind);
}
