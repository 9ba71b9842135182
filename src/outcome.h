/*
 * outcome.h
 *		What came of attempts: judged, gathered, recorded.
 */
#ifndef LEALUP_OUTCOME_H
#define LEALUP_OUTCOME_H

#include "postgres.h"

#include "delivery.h"
#include "http_client.h"

extern void outcome_init(void);

/* Judges a transfer that has ended and adds its outcome to those to be recorded. */
extern void outcome_add(Delivery *delivery, HttpTransfer *transfer);

/* The same for an attempt that could not be made at all; it ends the delivery as failed. */
extern void outcome_add_unsent(Delivery *delivery, const char *error);

/* How many wait to be recorded, and since when the oldest one waits. */
extern int	outcome_count(TimestampTz *since);

/*
 * Records them in one short transaction; then calls "recorded" for each, with the time of its next attempt (DT_NOEND = none). If
 * the error lies in a row, the batch is split until that one is alone, and its details are left out; any other error is raised
 * again, and the outcomes wait.
 */
extern void outcome_flush(void (*recorded) (Delivery *delivery, TimestampTz next_attempt_at));

#endif
