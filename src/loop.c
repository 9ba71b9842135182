/*
 * loop.c
 *		The one place where a worker waits.
 *
 * Everything a worker waits for is in one WaitEventSet: the latch (set on commit, by signals, by other workers), the sockets,
 * which libcurl's own epoll set stands for, and the postmaster's death.
 */
#include "postgres.h"

#include <limits.h>

#include "access/xact.h"
#include "compat.h"
#include "loop.h"
#include "postmaster/interrupt.h"

static WaitEventSet *wait_set;
static uint32 wait_event_id;
static void (*before_exit) (void);

void
loop_init(int fd, const char *wait_event)
{
	wait_event_id = compat_wait_event(wait_event);
	wait_set = compat_CreateWaitEventSet(4);
	AddWaitEventToSet(wait_set, WL_LATCH_SET, PGINVALID_SOCKET, MyLatch, NULL);
	AddWaitEventToSet(wait_set, WL_EXIT_ON_PM_DEATH, PGINVALID_SOCKET, NULL, NULL);
	if (fd >= 0)
		AddWaitEventToSet(wait_set, WL_SOCKET_READABLE, fd, NULL, NULL);
}

void
loop_add(int fd)
{
	AddWaitEventToSet(wait_set, WL_SOCKET_READABLE, fd, NULL, NULL);
}

void
loop_before_exit(void (*work) (void))
{
	before_exit = work;
}

/* The termination is put off, not ignored: a second signal, or an error, ends the process at once. */
static void
finish_work(void)
{
	void		(*work) (void) = before_exit;

	before_exit = NULL;
	ProcDiePending = false;
	work();
	ProcDiePending = true;
	InterruptPending = true;
}

bool
loop_wait(TimestampTz until)
{
	TimestampTz now = GetCurrentTimestamp();
	WaitEvent	event;

	Assert(!IsTransactionState());
	if (until > now)
	{
		/* Rounded up: a millisecond too early would only come back here. */
		long		timeout = until == DT_NOEND ? -1 : Min((until - now + 999) / 1000, INT_MAX);

		(void) WaitEventSetWait(wait_set, timeout, &event, 1, wait_event_id);
	}
	ResetLatch(MyLatch);
	QueryCancelPending = false; /* there is no query to cancel here */
	if (ProcDiePending && before_exit)
		finish_work();
	CHECK_FOR_INTERRUPTS();
	if (!ConfigReloadPending)
		return false;
	ConfigReloadPending = false;
	ProcessConfigFile(PGC_SIGHUP);
	return true;
}
