/*
 * clock.h
 *		What time alone causes, run by the sync worker.
 */
#ifndef LEALUP_CLOCK_H
#define LEALUP_CLOCK_H

#include "postgres.h"

#include "utils/timestamp.h"

/* Does one batch of what lealup._clock() finds; gives when to be called next: when something becomes due, at the latest an hour later. */
extern TimestampTz clock_step(void);

#endif
