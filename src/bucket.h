/*
 * bucket.h
 *		Token buckets in shared memory: how often somebody may do something, whichever process serves it.
 *
 * A bucket is found by a uuid and made at its first use, full. There are places for BUCKET_SETS * BUCKET_WAYS of them; where
 * too many meet in a set, the one that was used longest ago is forgotten and so is full at its next use. Nothing survives a
 * restart of the server. Where the library is not preloaded, each process counts for itself.
 */
#ifndef LEALUP_BUCKET_H
#define LEALUP_BUCKET_H

#include "postgres.h"

#include "utils/timestamp.h"
#include "utils/uuid.h"

#define BUCKET_SETS			1024
#define BUCKET_WAYS			8

/* In the postmaster. */
extern void bucket_init(void);

/*
 * Takes "cost" tokens out of the bucket "id", which holds "burst" at most and gets "rate" more every second. Gives whether they
 * were there; tokens: what is left.
 */
extern bool bucket_take(const pg_uuid_t *id, double rate, double burst, double cost, TimestampTz now, double *tokens);

#endif
