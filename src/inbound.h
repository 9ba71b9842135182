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

/* Forgets the vault's key, when settings have changed; it is loaded again when it is needed. */
extern void inbound_forget_key(void);

#endif
