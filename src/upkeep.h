/*
 * upkeep.h
 *		The logs' upkeep, run by the sync worker.
 */
#ifndef LEALUP_UPKEEP_H
#define LEALUP_UPKEEP_H

#include "postgres.h"

#include "utils/timestamp.h"

/* Does one piece of what lealup._upkeep() finds; gives when to be called next, an hour later if there is nothing. */
extern TimestampTz upkeep_step(void);

#endif
