/*
 * vault_keys.h
 *		The keys that the vault's own keys are wrapped by, and what they open.
 */
#ifndef LEALUP_VAULT_KEYS_H
#define LEALUP_VAULT_KEYS_H

#include "postgres.h"

#include "utils/timestamp.h"
#include "utils/uuid.h"
#include "vault.h"

/* ----- Loading ----- */

/*
 * Reads the key files and starts the command, as the settings say; gives NULL, or in the current memory context why the provider's key
 * cannot be used. Never in a backend, but where the library was not preloaded.
 */
extern char *keys_load(void);

/* Forgets the keys that were loaded, in this process's memory; what the command gives afterwards is kept. */
extern void keys_forget(void);

/* Forgets all keys, also what KMS answered, and ends the command, until keys_load() is called again. */
extern void keys_unload(void);

/* A worker's module: takes what the command wrote, and what KMS answers; gives when to be called next. */
extern TimestampTz keys_step(void);
extern void keys_reload(void);

/* The launcher's part of it: the command alone. Sets *changed when it has come to an end, with *problem if without a key. */
extern TimestampTz keys_poll_command(bool *changed, const char **problem);

/* How the settings' key is called in messages, as in "wrapped by another key than ...". */
extern const char *keys_name(void);

/* ----- Wrapping ----- */

/* Unwraps a tenant's key, the 32 bytes of "key"; else *why, which stays as long as the transaction. */
extern VaultState keys_unwrap(const pg_uuid_t *tenant_id, const pg_uuid_t *key_id, bytea *wrapped, unsigned char *key, const char **why);

/* Wraps a tenant's key by the provider's; *wrapping_key_id says by which. */
extern VaultState keys_wrap(const pg_uuid_t *tenant_id, const pg_uuid_t *key_id, const unsigned char *key,
							bytea **wrapped, bytea **wrapping_key_id, const char **why);

/* ----- The key pairs that secrets are sealed to ----- */

/* The public half of what a file or command gives; ready is false if none is loaded. */
extern void keys_local_public(VaultPublicKey *result);

/* The private half of the pair with that id. */
extern VaultState keys_seal_private(const unsigned char *id, unsigned char *private_key, const char **why);

/* Reads the pairs that the database holds, in a transaction of its own. */
extern void keys_read_pairs(void);

/* The newest of them that is not retired; false if there is none. */
extern bool keys_stored_public(VaultPublicKey *result);

/* The id of a pair, of its public half. */
extern void keys_pair_id(const unsigned char *public_key, unsigned char *id);

/* The tenant to which the installation's own keys belong: all zeros. */
extern const pg_uuid_t keys_installation;

/* Changes when a key has come that was not there: see vault_generation(). */
extern uint32 keys_generation(void);

#endif
