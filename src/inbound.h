/*
 * inbound.h
 *		What the gateway does for notifications of providers: it opens the secrets that verify them, and tells the sync worker.
 */
#ifndef LEALUP_INBOUND_H
#define LEALUP_INBOUND_H

#include "postgres.h"

#include "utils/timestamp.h"

/* Writes what is to be told, if it is time; gives when there will be something, DT_NOEND = nothing. For the gateway's step. */
extern TimestampTz inbound_tell(bool now);

/*
 * The gateway's module for the vault's key: while it comes from a command or from KMS, notifications are answered by 503. Without any to
 * verify it does nothing. After a change of settings the key is forgotten, and loaded again when it is needed.
 */
extern void inbound_reload_keys(void);
extern void inbound_pump_keys(void);
extern TimestampTz inbound_fetch_keys(void);

#endif
