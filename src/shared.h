/*
 * shared.h
 *		What backends, the launcher and the workers share.
 *
 * Shared memory holds plain values and latches of PGPROCs, never anything that lives in one process. One slot per database
 * that has the extension, with one slot in it per worker. Only shared.c takes the lock.
 */
#ifndef LEALUP_SHARED_H
#define LEALUP_SHARED_H

#include "postgres.h"

#include "port/atomics.h"
#include "storage/latch.h"
#include "utils/timestamp.h"
#include "vault.h"

#define SHARED_DATABASES	64
#define SHARED_DELIVERY_WORKERS 8
#define SHARED_GATEWAY_WORKERS 8
#define SHARED_GATEWAY		(1 + SHARED_DELIVERY_WORKERS)	/* the first gateway worker */
#define SHARED_WORKERS		(SHARED_GATEWAY + SHARED_GATEWAY_WORKERS)	/* sync, delivery 1.., gateway 1.. */
#define SHARED_MESSAGE_LEN	256

/* What a worker is woken for; bits of a mask. */
#define WAKE_OUTBOX			0x01	/* an event was emitted */
#define WAKE_QUEUE			0x02	/* deliveries were queued otherwise */
#define WAKE_SUBSCRIPTION	0x04	/* a subscription or its secret changed */
#define WAKE_UPKEEP			0x08	/* there is something for the sync worker */
#define WAKE_EXTENSION		0x10	/* the extension was created, updated or dropped */
#define WAKE_ASSIGNMENT		0x20	/* an endpoint may have come to another worker */
#define WAKE_ALL			0x3f
#define WAKE_SYNC			(WAKE_UPKEEP | WAKE_EXTENSION)	/* all that concerns the sync worker */

typedef enum WorkerKind
{
	KIND_SYNC,
	KIND_DELIVERY,
	KIND_GATEWAY
} WorkerKind;

typedef enum WorkerState
{
	WORKER_ABSENT,				/* not running */
	WORKER_LAUNCHED,			/* registered with the postmaster */
	WORKER_RUNNING,
	WORKER_DRAINING,			/* finishing what is in flight before a new assignment */
	WORKER_BACKING_OFF			/* a step failed and is tried again later */
} WorkerState;

typedef struct WorkerSlot
{
	WorkerState state;
	pid_t		pid;
	Latch	   *latch;
	TimestampTz started_at;
	TimestampTz launched_at;
	TimestampTz start_after;	/* not to be started before */
	int			restarts;		/* after errors, since the server's start */
	int			failures;		/* in a row; decides the next start_after */
	uint32		acked_epoch;
	pg_atomic_uint32 wake;		/* bits of WAKE_ */
	int			in_flight;
	int64		delivered;
	int64		failed;
	TimestampTz last_error_at;
	char		last_error[SHARED_MESSAGE_LEN];
} WorkerSlot;

typedef struct DatabaseSlot
{
	Oid			database;		/* InvalidOid = free */
	bool		has_extension;	/* confirmed by a worker or by CREATE EXTENSION */
	bool		leave;			/* the extension is gone: workers are to exit */
	bool		gateway;		/* it is the one that lealup.gateway_database names */
	uint32		wanted;			/* how often a backend has asked for workers */
	TimestampTz held_until;		/* no worker may run until then: the database is being dropped or moved */
	VaultPublicKey public_key;	/* of a pair that the database holds */
	uint32		epoch;			/* of the assignment of endpoints to delivery workers */
	WorkerSlot	workers[SHARED_WORKERS];
} DatabaseSlot;

/* ----- Set-up, in the postmaster ----- */
extern void shared_init(void);

/* Whether shared memory is there, that is, whether the library was preloaded. */
extern bool shared_is_attached(void);

/* What the worker with that number is, and which of its kind: 1, 2 ... */
extern WorkerKind shared_worker_kind(int number, int *which);

/* Whether the settings want that worker in a database that has the extension. */
extern bool shared_wants(const DatabaseSlot *slot, int number);

/* ----- The launcher ----- */
typedef struct LauncherStatus
{
	pid_t		pid;
	TimestampTz started_at;
	TimestampTz last_error_at;
	char		last_error[SHARED_MESSAGE_LEN];
} LauncherStatus;

extern void shared_launcher_attach(void);
extern void shared_launcher_error(const char *message);
extern void shared_wake_launcher(void);
extern bool shared_take_scan_request(void);

/* Makes a slot for a database that may have the extension; false if all are taken. */
extern bool shared_add_database(Oid database);

/* Says which database is the gateway's; InvalidOid = none. */
extern void shared_set_gateway(Oid database);

/* Frees the slot of a database that is gone, or (only_left) whose workers have left; false if it is wanted again. */
extern bool shared_remove_database(int index, bool only_left);
extern DatabaseSlot shared_get_database(int index);
extern void shared_set_launched(int index, int worker, bool launched, const char *error);
extern void shared_wake_worker(int index, int worker);
extern void shared_set_public_key(const VaultPublicKey *key);

/* ----- Workers ----- */

/* Takes a slot for this process; false if it is not meant for it any more. From then on the exit frees it. */
extern bool shared_attach(int index, int worker, Oid database);
extern WorkerSlot *shared_my_slot(void);
extern int	shared_my_number(void);

/* Whether the settings still want this worker; if not it finishes what it has begun, and ends. */
extern bool shared_is_wanted(void);
extern uint32 shared_take_wakes(void);
extern bool shared_has_wake(uint32 bit);
/* What check_extension() saw; "wanted" is what shared_wanted() gave before it looked, lest a CREATE EXTENSION since then be missed. */
extern uint32 shared_wanted(void);
extern void shared_confirm_extension(bool present, uint32 wanted);
extern bool shared_must_leave(void);
extern void shared_set_state(WorkerState state);
extern void shared_report_error(const char *message);
extern void shared_report_success(void);

/* Publishes the public half of the key pair that this database holds; not ready = none. */
extern void shared_set_database_key(const VaultPublicKey *key);

/*
 * The assignment of endpoints to delivery workers. shared_assignment() gives the epoch, how many workers share the endpoints
 * and which of them this one is; false while a worker still finishes what it began under an earlier epoch.
 * shared_acknowledge() says that this worker has nothing in flight from before the epoch.
 */
extern bool shared_assignment(uint32 *epoch, int *nworkers, int *rank);
extern void shared_acknowledge(uint32 epoch);

/* Wakes the other workers of this worker's database. */
extern void shared_wake_others(uint32 wakes);

/* ----- Backends ----- */

/* Wakes the workers of a database; raises no error, so it may be called after commit. */
extern void shared_wake_database(Oid database, uint32 wakes);

/* Starts workers for a database at once: CREATE EXTENSION has committed. */
extern void shared_want_database(Oid database);

/* Asks the launcher to look for new databases. */
extern void shared_request_scan(void);

/* Terminates the workers of a database and keeps them from starting for a while, or lets them start again. */
extern void shared_hold_database(Oid database, int seconds);

extern bool shared_get_public_key(VaultPublicKey *key);

/* The same for the key pair that this database holds, under KMS. */
extern bool shared_get_database_key(VaultPublicKey *key);
extern LauncherStatus shared_get_launcher(void);
extern int	shared_find_database(Oid database);

#endif
