/*
 * inbox.h
 *		Notifications of providers, understood by the sync worker.
 */
#ifndef LEALUP_INBOX_H
#define LEALUP_INBOX_H

#include "postgres.h"

#include "utils/timestamp.h"

extern void inbox_reload(void);

/* Works off a few messages, and fetches a set of public keys; gives when to be called next. */
extern TimestampTz inbox_step(void);

#endif
