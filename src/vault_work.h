/*
 * vault_work.h
 *		What the vault and the sync worker's part of it share.
 */
#ifndef LEALUP_VAULT_WORK_H
#define LEALUP_VAULT_WORK_H

#include "postgres.h"

#include "utils/uuid.h"

/* The ciphertext of a secret under a data key of its tenant. */
extern bytea *vault_encrypt(const pg_uuid_t *tenant_id, const pg_uuid_t *id, const pg_uuid_t *key_id, const unsigned char *key, const char *plain);

#endif
