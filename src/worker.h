/*
 * worker.h
 *		A worker process: a loop over its steps.
 */
#ifndef LEALUP_WORKER_H
#define LEALUP_WORKER_H

#include "postgres.h"

#include "utils/timestamp.h"

/* What the launcher hands to a worker, in bgw_extra. */
typedef struct WorkerArgument
{
	Oid			database;
	int			slot;			/* of the database, in shared memory */
	int			number;			/* which kind it is, shared_worker_kind() tells */
} WorkerArgument;

/*
 * A module's share of a worker. "step" does a bounded piece of work and gives when it wants to be called next (now = at once,
 * DT_NOEND = when something wakes the worker). It may raise errors; it is then called again after a pause.
 */
typedef struct WorkerModule
{
	const char *name;
	void		(*init) (void);	/* may be NULL */
	void		(*reload) (void);	/* settings have changed; may be NULL */
	void		(*pump) (void); /* handles what the descriptor tells, also during a pause; may be NULL */
	TimestampTz (*step) (void);

	/* Instead of "step" when the worker is to end: begins nothing new, and gives 0 when it is done; NULL = it always is. */
	TimestampTz (*drain) (void);

	/* A wake-up calls "step" again, but not before so many seconds have passed since the last call. */
	int			rest;
} WorkerModule;

/* Whether the worker was woken since the last turn of its loop, for a step that is called on every turn: one of a module with "reload". */
extern bool worker_woken(void);

extern PGDLLEXPORT void lealup_worker_main(Datum arg);

#endif
