/*
 * sync.h
 *		The sync engine: what is asked of providers, by the sync worker.
 */
#ifndef LEALUP_SYNC_H
#define LEALUP_SYNC_H

#include "postgres.h"

#include "utils/timestamp.h"

/* Takes over what an earlier worker had taken up. */
extern void sync_init(void);

/* It is called on every turn of the worker's loop; there is nothing to reload. */
extern void sync_reload(void);

/* Records what was answered, sends what is next, takes up what is due (sql/78_sync_*.sql); gives when to be called next. */
extern TimestampTz sync_step(void);

#endif
