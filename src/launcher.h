/*
 * launcher.h
 *		The process that keeps the workers of every database running.
 */
#ifndef LEALUP_LAUNCHER_H
#define LEALUP_LAUNCHER_H

#include "postgres.h"

/* Registers the launcher with the postmaster; called once from _PG_init() when the library is preloaded. */
extern void launcher_register(void);

extern PGDLLEXPORT void lealup_launcher_main(Datum arg);

#endif
