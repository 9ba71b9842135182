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

/* What workers share with backends, in shared memory: the public half of the installation's key. */
typedef struct VaultPublicKey
{
	bool		ready;
	unsigned char id[VAULT_KEY_ID_LEN];
	unsigned char key[32];
} VaultPublicKey;

/* Reads lealup.key_file; gives NULL, or in the current memory context why it cannot be used. Worker processes only. */
extern char *vault_load_key(void);

/* Forgets the key that vault_load_key() read. */
extern void vault_forget_key(void);

/* The public half of the loaded key; ready is false if none is loaded. */
extern void vault_public_key(VaultPublicKey *result);

/*
 * Opens a ciphertext of vault_secret. keys: the tenant's vault_key rows, of which the one that the ciphertext names is used.
 * Gives a terminated string in the current memory context, or NULL with *why set to a message that may be shown.
 */
typedef struct VaultDataKey
{
	pg_uuid_t	id;
	bytea	   *wrapped;
} VaultDataKey;
extern char *vault_open(const pg_uuid_t *tenant_id, const pg_uuid_t *id, bytea *ciphertext,
						const VaultDataKey *keys, int nkeys, const char **why);

/* A secret in the form in which vault_secret keeps it, in the current memory context; the caller stores it under that id. */
extern bytea *vault_store(const pg_uuid_t *tenant_id, const pg_uuid_t *id, const char *plain);
/* The SQL function lealup._seal(tenant_id, id, secret), for callers in C that have a secret which SQL must not see. */
extern PGDLLEXPORT Datum lealup_seal(PG_FUNCTION_ARGS);

/* Re-encrypts what backends sealed under the tenants' data keys; gives when to be called next. */
extern TimestampTz vault_step(void);

#endif
