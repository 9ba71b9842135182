/*
 * hooks.h
 *		How the workers learn what backends do.
 */
#ifndef LEALUP_HOOKS_H
#define LEALUP_HOOKS_H

#include "postgres.h"

/* Installs the hooks; called once from _PG_init() when the library is preloaded. */
extern void hooks_init(void);

/* Wakes this database's workers if and when the current transaction commits; "wakes" are bits of WAKE_. */
extern void hooks_wake_on_commit(uint32 wakes);

#endif
