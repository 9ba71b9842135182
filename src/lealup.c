/*
 * lealup.c
 *		What happens when the library is loaded.
 *
 * Preloaded by the postmaster it sets up shared memory, hooks and the launcher. Loaded otherwise, by a call of one of its
 * functions, it offers everything that needs no worker.
 */
#include "postgres.h"

#include "bucket.h"
#include "fmgr.h"
#include "hooks.h"
#include "launcher.h"
#include "miscadmin.h"
#include "settings.h"
#include "shared.h"

PG_MODULE_MAGIC;

extern PGDLLEXPORT void _PG_init(void);

void
_PG_init(void)
{
	settings_init();
	if (!process_shared_preload_libraries_in_progress || IsBinaryUpgrade)
		return;
	shared_init();
	bucket_init();
	hooks_init();
	launcher_register();
}
