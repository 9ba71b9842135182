/*
 * vault.h
 *		Secrets at rest.
 */
#ifndef LEALUP_VAULT_H
#define LEALUP_VAULT_H

#include "postgres.h"

#include "fmgr.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#define VAULT_KEY_ID_LEN 8

/* What workers share with backends, in shared memory: the public half of the key pair to which secrets are sealed. */
typedef struct VaultPublicKey
{
	bool		ready;
	unsigned char id[VAULT_KEY_ID_LEN];
	unsigned char key[32];
} VaultPublicKey;

/* What became of a secret or key that was asked for. */
typedef enum VaultState
{
	VAULT_OPENED,
	VAULT_FETCHING,				/* a key is on its way: wait */
	VAULT_LOCKED,				/* a key cannot be had now, which settings or KMS can change: wait, and tell why */
	VAULT_BROKEN				/* the secret is damaged, or another row's: waiting does not help */
} VaultState;

/* ----- For workers that use secrets ----- */

/* A tenant's vault_key row. */
typedef struct VaultDataKey
{
	pg_uuid_t	id;
	bytea	   *wrapped;
} VaultDataKey;

/* The rows of a tenant as columns: an array of ids and one of wrapped keys, both null if there are none. Gives how many, in the current memory context. */
extern int	vault_data_keys(Datum ids, bool isnull, Datum wrapped, VaultDataKey **keys);

/*
 * Opens a ciphertext of vault_secret. keys: the tenant's vault_key rows, of which the one that the ciphertext names is used.
 * Gives a terminated string in the current memory context, or NULL with *state telling whether to wait, and *why set to a message that may
 * be shown. It never waits itself: whoever is to wait asks again when vault_generation() has changed, and consumes no attempt meanwhile.
 */
extern char *vault_open(const pg_uuid_t *tenant_id, const pg_uuid_t *id, bytea *ciphertext,
						const VaultDataKey *keys, int nkeys, VaultState *state, const char **why);

/* Changes whenever what was locked or being fetched may open: keys have come, or the settings have changed. */
extern uint32 vault_generation(void);

/*
 * The ciphertext of a new secret, for the vault_secret row with that tenant and id, which the caller inserts or updates in the transaction
 * that is open. Needs no key but the public one, so it works without KMS; a worker re-encrypts it after the commit. Raises
 * object_not_in_prerequisite_state where no key is set up.
 */
extern bytea *vault_store(const pg_uuid_t *tenant_id, const pg_uuid_t *id, const char *plain);

/* ----- The sync worker's part ----- */

/* Re-encrypts what was sealed and what retired keys encrypt, and wraps keys anew; gives when to be called next. */
extern TimestampTz vault_step(void);

/* To be called when settings have changed. */
extern void vault_reload(void);

#endif
