/*
 * loop.h
 *		The one place where a worker waits.
 */
#ifndef LEALUP_LOOP_H
#define LEALUP_LOOP_H

#include "postgres.h"

#include "utils/timestamp.h"

/* fd: a descriptor that becomes readable when there is work (an epoll set), or -1. wait_event: its name in pg_stat_activity. */
extern void loop_init(int fd, const char *wait_event);

/* Adds one more descriptor, for good. */
extern void loop_add(int fd);

/* Sets what is done, once, before the process obeys a SIGTERM: it must be short. */
extern void loop_before_exit(void (*work) (void));

/*
 * Waits until the time, the latch or a descriptor. Then handles interrupts: termination, procsignal barriers, and a reload, of
 * which it tells by giving true. Never called with a transaction open.
 */
extern bool loop_wait(TimestampTz until);

#endif
