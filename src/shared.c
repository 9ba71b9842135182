/*
 * shared.c
 *		What backends, the launcher and the workers share.
 */
#include "postgres.h"

#include <signal.h>

#include "miscadmin.h"
#include "settings.h"
#include "shared.h"
#include "storage/ipc.h"
#include "storage/lwlock.h"
#include "storage/proc.h"
#include "storage/shmem.h"

typedef struct SharedState
{
	LWLock	   *lock;
	Latch	   *launcher_latch;
	LauncherStatus launcher;
	pg_atomic_uint32 scan;		/* the launcher is to look for new databases */
	VaultPublicKey public_key;
	DatabaseSlot databases[SHARED_DATABASES];
} SharedState;

static SharedState *shared = NULL;
static DatabaseSlot *my_database = NULL;
static WorkerSlot *my_worker = NULL;

static shmem_request_hook_type previous_request_hook = NULL;
static shmem_startup_hook_type previous_startup_hook = NULL;

/* ----- Set-up ----- */

static void
request_memory(void)
{
	if (previous_request_hook)
		previous_request_hook();
	RequestAddinShmemSpace(MAXALIGN(sizeof(SharedState)));
	RequestNamedLWLockTranche("lealup", 1);
}

static void
set_up_memory(void)
{
	bool		found;

	if (previous_startup_hook)
		previous_startup_hook();
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	shared = ShmemInitStruct("lealup", sizeof(SharedState), &found);
	if (!found)
	{
		memset(shared, 0, sizeof(SharedState));
		shared->lock = &GetNamedLWLockTranche("lealup")->lock;
		pg_atomic_init_u32(&shared->scan, 1);
		for (int d = 0; d < SHARED_DATABASES; d++)
			for (int w = 0; w < SHARED_WORKERS; w++)
				pg_atomic_init_u32(&shared->databases[d].workers[w].wake, 0);
	}
	LWLockRelease(AddinShmemInitLock);
}

void
shared_init(void)
{
	previous_request_hook = shmem_request_hook;
	shmem_request_hook = request_memory;
	previous_startup_hook = shmem_startup_hook;
	shmem_startup_hook = set_up_memory;
}

bool
shared_is_attached(void)
{
	return shared != NULL;
}

/* ----- Kinds of workers ----- */

WorkerKind
shared_worker_kind(int number, int *which)
{
	WorkerKind	kind = number == 0 ? KIND_SYNC : number < SHARED_GATEWAY ? KIND_DELIVERY : KIND_GATEWAY;

	*which = kind == KIND_SYNC ? 1 : kind == KIND_DELIVERY ? number : number - SHARED_GATEWAY + 1;
	return kind;
}

bool
shared_wants(const DatabaseSlot *slot, int number)
{
	int			which;

	if (!setting_enabled)
		return false;
	switch (shared_worker_kind(number, &which))
	{
		case KIND_SYNC:
			return true;
		case KIND_DELIVERY:
			return which <= setting_delivery_workers;
		case KIND_GATEWAY:
#ifndef WITHOUT_GATEWAY
			return slot->gateway && setting_gateway_listen[0] && which <= setting_gateway_workers;
#else
			return false;
#endif
	}
	return false;
}

/* ----- Latches ----- */

static void
set_latch(Latch *latch)
{
	/* A latch of a PGPROC stays mapped when its process has ended, so a stale one does no harm. */
	if (latch)
		SetLatch(latch);
}

static void
wake_worker(WorkerSlot *worker, uint32 wakes)
{
	pg_atomic_fetch_or_u32(&worker->wake, wakes);
	set_latch(worker->latch);
}

/* No wakes = something in shared memory has changed. */
static void
wake_slot(DatabaseSlot *slot, uint32 wakes, const WorkerSlot *but)
{
	for (int w = 0; w < SHARED_WORKERS; w++)
	{
		/* The sync worker sleeps while events come and go, and the gateway whatever comes. */
		if (wakes != 0 && (wakes & (w == 0 ? WAKE_SYNC : w >= SHARED_GATEWAY ? WAKE_EXTENSION : WAKE_ALL)) == 0)
			continue;
		if (slot->workers[w].pid != 0 && &slot->workers[w] != but)
			wake_worker(&slot->workers[w], wakes);
	}
}

/* ----- The launcher ----- */

static void
launcher_exit(int code, Datum arg)
{
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	shared->launcher_latch = NULL;
	shared->launcher.pid = 0;
	LWLockRelease(shared->lock);
}

void
shared_launcher_attach(void)
{
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	shared->launcher_latch = MyLatch;
	shared->launcher.pid = MyProcPid;
	shared->launcher.started_at = GetCurrentTimestamp();
	LWLockRelease(shared->lock);
	pg_atomic_write_u32(&shared->scan, 1);
	before_shmem_exit(launcher_exit, (Datum) 0);
}

static void
note_error(char *buffer, TimestampTz *at, const char *message)
{
	strlcpy(buffer, message, SHARED_MESSAGE_LEN);
	*at = GetCurrentTimestamp();
}

void
shared_launcher_error(const char *message)
{
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	if (message)
		note_error(shared->launcher.last_error, &shared->launcher.last_error_at, message);
	else
		shared->launcher.last_error[0] = '\0';
	LWLockRelease(shared->lock);
}

void
shared_wake_launcher(void)
{
	if (shared)
		set_latch(shared->launcher_latch);
}

bool
shared_take_scan_request(void)
{
	return pg_atomic_exchange_u32(&shared->scan, 0) != 0;
}

int
shared_find_database(Oid database)
{
	for (int d = 0; shared && d < SHARED_DATABASES; d++)
		if (shared->databases[d].database == database)
			return d;
	return -1;
}

bool
shared_add_database(Oid database)
{
	int			d;

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	d = shared_find_database(database);
	if (d < 0 && (d = shared_find_database(InvalidOid)) >= 0)
	{
		DatabaseSlot *slot = &shared->databases[d];

		slot->has_extension = slot->leave = slot->gateway = false;
		slot->held_until = 0;
		slot->public_key.ready = false;
		for (int w = 0; w < SHARED_WORKERS; w++)
		{
			WorkerSlot *worker = &slot->workers[w];

			worker->state = WORKER_ABSENT;
			worker->start_after = 0;
			worker->restarts = worker->failures = 0;
			worker->last_error[0] = '\0';
		}
		pg_write_barrier();
		slot->database = database;
	}
	LWLockRelease(shared->lock);
	return d >= 0;
}

void
shared_set_gateway(Oid database)
{
	for (int d = 0; d < SHARED_DATABASES; d++)
	{
		DatabaseSlot *slot = &shared->databases[d];
		bool		gateway = OidIsValid(database) && slot->database == database;

		if (slot->gateway == gateway)
			continue;
		slot->gateway = gateway;
		for (int w = SHARED_GATEWAY; w < SHARED_WORKERS; w++)
			set_latch(slot->workers[w].latch);
	}
}

bool
shared_remove_database(int index, bool only_left)
{
	DatabaseSlot *slot = &shared->databases[index];
	bool		ok;

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	ok = slot->leave || !only_left;
	if (ok)
		slot->database = InvalidOid;
	LWLockRelease(shared->lock);
	return ok;
}

DatabaseSlot
shared_get_database(int index)
{
	DatabaseSlot copy;

	LWLockAcquire(shared->lock, LW_SHARED);
	copy = shared->databases[index];
	LWLockRelease(shared->lock);
	return copy;
}

/* A start that failed at once is tried again after a while: "error" says why. */
void
shared_set_launched(int index, int worker, bool launched, const char *error)
{
	WorkerSlot *slot = &shared->databases[index].workers[worker];

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	if (slot->pid == 0)
	{
		slot->state = launched ? WORKER_LAUNCHED : WORKER_ABSENT;
		slot->launched_at = GetCurrentTimestamp();
		if (error)
		{
			note_error(slot->last_error, &slot->last_error_at, error);
			slot->start_after = slot->launched_at + 10 * USECS_PER_SEC;
		}
	}
	LWLockRelease(shared->lock);
}

void
shared_wake_worker(int index, int worker)
{
	set_latch(shared->databases[index].workers[worker].latch);
}

void
shared_set_public_key(const VaultPublicKey *key)
{
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	shared->public_key = *key;
	LWLockRelease(shared->lock);
}

/* ----- Workers ----- */

static bool
is_delivery(const WorkerSlot *worker)
{
	int			which;

	return shared_worker_kind((int) (worker - my_database->workers), &which) == KIND_DELIVERY;
}

/* Frees the slot of a worker that ends, and gives its endpoints to the others. */
static void
worker_exit(int code, Datum arg)
{
	WorkerSlot *worker = my_worker;

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	worker->pid = 0;
	worker->latch = NULL;
	worker->state = WORKER_ABSENT;
	worker->in_flight = 0;
	worker->start_after = 0;
	if (code != 0)
	{
		worker->restarts++;
		worker->start_after = GetCurrentTimestamp() + (USECS_PER_SEC << Min(worker->failures, 6));
		worker->failures++;
	}
	if (is_delivery(worker))
		my_database->epoch++;
	wake_slot(my_database, 0, NULL);
	my_worker = NULL;
	LWLockRelease(shared->lock);
	shared_wake_launcher();
}

bool
shared_attach(int index, int worker, Oid database)
{
	DatabaseSlot *slot = &shared->databases[index];
	bool		ok;

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	ok = slot->database == database && slot->workers[worker].pid == 0 && slot->held_until <= GetCurrentTimestamp();
	if (ok)
	{
		my_database = slot;
		my_worker = &slot->workers[worker];
		my_worker->pid = MyProcPid;
		my_worker->latch = MyLatch;
		my_worker->started_at = GetCurrentTimestamp();
		my_worker->state = WORKER_RUNNING;
		my_worker->in_flight = 0;
		my_worker->delivered = my_worker->failed = 0;
		my_worker->acked_epoch = slot->epoch;
		pg_atomic_write_u32(&my_worker->wake, WAKE_ALL);
		if (is_delivery(my_worker))
			slot->epoch++;
		wake_slot(slot, 0, NULL);
	}
	LWLockRelease(shared->lock);
	if (ok)
		before_shmem_exit(worker_exit, (Datum) 0);
	return ok;
}

WorkerSlot *
shared_my_slot(void)
{
	return my_worker;
}

int
shared_my_number(void)
{
	return (int) (my_worker - my_database->workers);
}

bool
shared_is_wanted(void)
{
	return shared_wants(my_database, shared_my_number());
}

uint32
shared_take_wakes(void)
{
	return pg_atomic_exchange_u32(&my_worker->wake, 0);
}

bool
shared_has_wake(uint32 bit)
{
	return (pg_atomic_read_u32(&my_worker->wake) & bit) != 0;
}

uint32
shared_wanted(void)
{
	return my_database->wanted;
}

void
shared_confirm_extension(bool present, uint32 wanted)
{
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	if (my_database->wanted == wanted && (my_database->has_extension != present || my_database->leave == present))
	{
		my_database->has_extension = present;
		my_database->leave = !present;
		wake_slot(my_database, 0, NULL);
	}
	LWLockRelease(shared->lock);
	shared_wake_launcher();
}

bool
shared_must_leave(void)
{
	return my_database->leave;
}

void
shared_set_state(WorkerState state)
{
	my_worker->state = state;
}

void
shared_report_error(const char *message)
{
	if (my_worker == NULL)
		return;
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	note_error(my_worker->last_error, &my_worker->last_error_at, message);
	LWLockRelease(shared->lock);
}

void
shared_report_success(void)
{
	my_worker->failures = 0;
	if (my_worker->state == WORKER_BACKING_OFF)
		my_worker->state = WORKER_RUNNING;
}

void
shared_set_database_key(const VaultPublicKey *key)
{
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	my_database->public_key = *key;
	LWLockRelease(shared->lock);
}

bool
shared_assignment(uint32 *epoch, int *nworkers, int *rank)
{
	bool		settled = true;

	LWLockAcquire(shared->lock, LW_SHARED);
	*epoch = my_database->epoch;
	*nworkers = 0;
	for (int w = 1; w < SHARED_GATEWAY; w++)
	{
		WorkerSlot *worker = &my_database->workers[w];

		if (worker == my_worker)
			*rank = *nworkers;
		else if (worker->pid != 0 && worker->acked_epoch != *epoch)
			settled = false;
		if (worker->pid != 0)
			(*nworkers)++;
	}
	LWLockRelease(shared->lock);
	return settled;
}

void
shared_acknowledge(uint32 epoch)
{
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	my_worker->acked_epoch = epoch;
	wake_slot(my_database, 0, my_worker);
	LWLockRelease(shared->lock);
}

void
shared_wake_others(uint32 wakes)
{
	wake_slot(my_database, wakes, my_worker);
}

/* ----- Backends ----- */

static bool
has_several(const DatabaseSlot *slot)
{
	int			n = 0;

	for (int w = 1; w < SHARED_GATEWAY; w++)
		n += slot->workers[w].pid != 0;
	return n > 1;
}

void
shared_wake_database(Oid database, uint32 wakes)
{
	int			d = shared_find_database(database);

	if (d < 0)
		return;
	/* A subscription's new URL may be another worker's: what the old one has in flight is finished first. */
	if ((wakes & WAKE_ASSIGNMENT) && has_several(&shared->databases[d]))
	{
		LWLockAcquire(shared->lock, LW_EXCLUSIVE);
		shared->databases[d].epoch++;
		LWLockRelease(shared->lock);
	}
	wake_slot(&shared->databases[d], wakes, NULL);
}

void
shared_want_database(Oid database)
{
	int			d;

	if (shared == NULL || !shared_add_database(database))
		return;
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	d = shared_find_database(database);
	if (d >= 0)
	{
		shared->databases[d].has_extension = true;
		shared->databases[d].leave = false;
		shared->databases[d].wanted++;
		for (int w = 0; w < SHARED_WORKERS; w++)
			shared->databases[d].workers[w].start_after = 0;
	}
	LWLockRelease(shared->lock);
	shared_wake_launcher();
}

void
shared_request_scan(void)
{
	if (shared == NULL)
		return;
	pg_atomic_write_u32(&shared->scan, 1);
	shared_wake_launcher();
}

void
shared_hold_database(Oid database, int seconds)
{
	int			d;

	if (shared == NULL)
		return;
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	d = shared_find_database(database);
	if (d >= 0)
	{
		DatabaseSlot *slot = &shared->databases[d];

		slot->held_until = seconds > 0 ? GetCurrentTimestamp() + seconds * USECS_PER_SEC : 0;
		for (int w = 0; seconds > 0 && w < SHARED_WORKERS; w++)
			if (slot->workers[w].pid != 0)
				kill(slot->workers[w].pid, SIGTERM);
	}
	LWLockRelease(shared->lock);
	shared_wake_launcher();
}

bool
shared_get_public_key(VaultPublicKey *key)
{
	key->ready = false;
	if (shared == NULL)
		return false;
	LWLockAcquire(shared->lock, LW_SHARED);
	*key = shared->public_key;
	LWLockRelease(shared->lock);
	return key->ready;
}

bool
shared_get_database_key(VaultPublicKey *key)
{
	int			d;

	key->ready = false;
	if (shared == NULL)
		return false;
	LWLockAcquire(shared->lock, LW_SHARED);
	d = shared_find_database(MyDatabaseId);
	if (d >= 0)
		*key = shared->databases[d].public_key;
	LWLockRelease(shared->lock);
	return key->ready;
}

LauncherStatus
shared_get_launcher(void)
{
	LauncherStatus copy;

	LWLockAcquire(shared->lock, LW_SHARED);
	copy = shared->launcher;
	LWLockRelease(shared->lock);
	return copy;
}
