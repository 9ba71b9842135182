/*
 * vault_kms.h
 *		Keys that AWS KMS wraps and unwraps.
 *
 * A question is remembered until it is answered, and its answer for an hour, in this process's memory alone: asking again is how a caller
 * gets it. Unless the answer is at hand nothing waits for it.
 */
#ifndef LEALUP_VAULT_KMS_H
#define LEALUP_VAULT_KMS_H

#include "postgres.h"

#include "utils/timestamp.h"
#include "utils/uuid.h"
#include "vault.h"

/*
 * Unwraps a key of a tenant. name: the key in KMS (its ARN). Gives VAULT_OPENED with the 32 bytes; VAULT_FETCHING; or VAULT_LOCKED with
 * *why, which stays as long as the transaction.
 */
extern VaultState kms_unwrap(const pg_uuid_t *tenant_id, const pg_uuid_t *key_id, const char *name, const unsigned char *wrapped, size_t length,
							 unsigned char *key, const char **why);

/* Wraps a key of a tenant by the one in KMS that lealup.kms_key_id names; *name and *wrapped are in the current memory context. */
extern VaultState kms_wrap(const pg_uuid_t *tenant_id, const pg_uuid_t *key_id, const unsigned char *key,
						   char **name, unsigned char **wrapped, size_t *length, const char **why);

/* Whether anything was ever asked in this process, so that it needs the HTTP client. */
extern bool kms_is_asked(void);

/* Whether so many questions are being answered that a caller who has many had better wait before it asks more. */
extern bool kms_is_busy(void);

/* Starts what was asked for; gives when to be called next. Sets *answered if something was, since it was last called. */
extern TimestampTz kms_step(bool *answered);

/* To be called when settings have changed: forgets everything. */
extern void kms_reload(void);

#endif
