/*
 * vault.c
 *		Secrets at rest.
 *
 * Backends seal, workers open. A ciphertext in vault_secret is one of
 *
 *	 1, key id (8), ephemeral public key (32), nonce, ciphertext, tag	sealed to the installation's public key
 *	 2, data key id (16), nonce, ciphertext, tag						re-encrypted by a worker under a key of the tenant
 *
 * and its associated data is (tenant_id, id) of the row, so that it cannot be moved to another row or tenant. What the keys are wrapped by
 * is in vault_keys.c.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "compat.h"
#include "crypto.h"
#include "db.h"
#include "fmgr.h"
#include "hooks.h"
#include "miscadmin.h"
#include "settings.h"
#include "shared.h"
#include "utils/builtins.h"
#include "vault.h"
#include "vault_keys.h"
#include "vault_work.h"

#define SEALED		1
#define ENCRYPTED	2
#define SEALED_HEADER (1 + VAULT_KEY_ID_LEN + CRYPTO_KEY_LEN)
#define ENCRYPTED_HEADER (1 + UUID_LEN)
#define AAD_LEN		(2 * UUID_LEN)

static const char damaged[] = "the secret does not belong to its row, or was damaged";

PG_FUNCTION_INFO_V1(lealup_seal);
PG_FUNCTION_INFO_V1(lealup_generate_secret);
PG_FUNCTION_INFO_V1(lealup_keep_secret);
PG_FUNCTION_INFO_V1(lealup_take_secret);

static void
make_aad(unsigned char *aad, const pg_uuid_t *tenant_id, const pg_uuid_t *id)
{
	memcpy(aad, tenant_id->data, UUID_LEN);
	memcpy(aad + UUID_LEN, id->data, UUID_LEN);
}

/* ----- Sealing ----- */

static const char *
hint(void)
{
	switch (setting_key_provider)
	{
		case KEY_PROVIDER_FILE:
			return "As the operating system user of the server run \"umask 077; openssl rand -hex 32 > FILE\" outside the data directory, "
				"then ALTER SYSTEM SET lealup.key_file = 'FILE' and reload the configuration.";
		case KEY_PROVIDER_COMMAND:
			return "lealup.key_command has to give one: the server's log tells why it does not.";
		default:
			return "A worker makes one as soon as KMS answers: SELECT last_error FROM lealup.worker_status tells why it does not.";
	}
}

/*
 * The public key is published by the launcher, with KMS by the database's sync worker. Where the library was not preloaded there is neither;
 * the backend then derives it from the file and forgets the rest, so that a server that is being set up can take subscriptions already.
 */
static void
find_public_key(VaultPublicKey *key)
{
	char	   *problem = NULL;

	if (setting_key_provider == KEY_PROVIDER_AWS_KMS && shared_get_database_key(key))
		return;
	if (shared_get_public_key(key))
		return;
	if (!shared_is_attached())
	{
		problem = keys_load();
		keys_local_public(key);
		keys_forget();
	}
	if (!key->ready)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("no key to protect secrets is set up"),
				 problem && superuser() ? errdetail_internal("%s.", problem) : 0,
				 errhint("%s", hint())));
}

static bytea *
seal(const pg_uuid_t *tenant_id, const pg_uuid_t *id, const char *secret, size_t length)
{
	bytea	   *result = palloc(VARHDRSZ + SEALED_HEADER + length + CRYPTO_OVERHEAD);
	unsigned char *out = (unsigned char *) VARDATA(result);
	unsigned char ephemeral[CRYPTO_KEY_LEN];
	unsigned char shared[CRYPTO_KEY_LEN];
	unsigned char key[CRYPTO_KEY_LEN];
	unsigned char aad[AAD_LEN];
	VaultPublicKey installation;

	find_public_key(&installation);
	if (!pg_strong_random(ephemeral, sizeof(ephemeral)))
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not generate random values")));

	SET_VARSIZE(result, VARHDRSZ + SEALED_HEADER + length + CRYPTO_OVERHEAD);
	out[0] = SEALED;
	memcpy(out + 1, installation.id, VAULT_KEY_ID_LEN);
	crypto_public_key(ephemeral, out + 1 + VAULT_KEY_ID_LEN);
	if (!crypto_shared_secret(ephemeral, installation.key, shared))
		elog(ERROR, "the installation's public key is invalid");
	crypto_derive(shared, sizeof(shared), out + 1, SEALED_HEADER - 1, "lealup sealed secret", key, sizeof(key));
	make_aad(aad, tenant_id, id);
	crypto_encrypt(key, aad, sizeof(aad), secret, length, out + SEALED_HEADER);
	crypto_cleanse(ephemeral, sizeof(ephemeral));
	crypto_cleanse(shared, sizeof(shared));
	crypto_cleanse(key, sizeof(key));
	return result;
}

Datum
lealup_seal(PG_FUNCTION_ARGS)
{
	text	   *secret = PG_GETARG_TEXT_PP(2);

	PG_RETURN_BYTEA_P(seal(PG_GETARG_UUID_P(0), PG_GETARG_UUID_P(1), VARDATA_ANY(secret), VARSIZE_ANY_EXHDR(secret)));
}

Datum
lealup_generate_secret(PG_FUNCTION_ARGS)
{
	unsigned char bytes[32];
	char		text[64] = "whsec_";

	if (!pg_strong_random(bytes, sizeof(bytes)))
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not generate random values")));
	crypto_base64_encode(bytes, sizeof(bytes), text + strlen(text));
	PG_RETURN_TEXT_P(cstring_to_text(text));
}

/* A generated secret that was not yet shown; one is enough, since it is asked for right away. */
static struct
{
	bool		kept;
	pg_uuid_t	owner;
	char		secret[64];
}			generated;

Datum
lealup_keep_secret(PG_FUNCTION_ARGS)
{
	char	   *secret = text_to_cstring(PG_GETARG_TEXT_PP(1));

	generated.owner = *PG_GETARG_UUID_P(0);
	strlcpy(generated.secret, secret, sizeof(generated.secret));
	generated.kept = true;
	PG_RETURN_VOID();
}

Datum
lealup_take_secret(PG_FUNCTION_ARGS)
{
	text	   *secret;

	if (!generated.kept || memcmp(&generated.owner, PG_GETARG_UUID_P(0), UUID_LEN) != 0)
		PG_RETURN_NULL();
	secret = cstring_to_text(generated.secret);
	crypto_cleanse(&generated, sizeof(generated));
	PG_RETURN_TEXT_P(secret);
}

/* ----- Opening, in workers ----- */

static VaultState
open_sealed(const unsigned char *in, size_t length, const unsigned char *aad, unsigned char *plain, const char **why)
{
	unsigned char private_key[CRYPTO_KEY_LEN];
	unsigned char shared[CRYPTO_KEY_LEN];
	unsigned char key[CRYPTO_KEY_LEN];
	VaultState	state;
	bool		ok;

	*why = damaged;
	if (length < SEALED_HEADER + CRYPTO_OVERHEAD)
		return VAULT_BROKEN;
	state = keys_seal_private(in + 1, private_key, why);
	if (state != VAULT_OPENED)
		return state;
	*why = damaged;
	ok = crypto_shared_secret(private_key, in + 1 + VAULT_KEY_ID_LEN, shared);
	crypto_cleanse(private_key, sizeof(private_key));
	if (!ok)
		return VAULT_BROKEN;
	crypto_derive(shared, sizeof(shared), in + 1, SEALED_HEADER - 1, "lealup sealed secret", key, sizeof(key));
	ok = crypto_decrypt(key, aad, AAD_LEN, in + SEALED_HEADER, length - SEALED_HEADER, plain);
	crypto_cleanse(shared, sizeof(shared));
	crypto_cleanse(key, sizeof(key));
	return ok ? VAULT_OPENED : VAULT_BROKEN;
}

static VaultState
open_encrypted(const pg_uuid_t *tenant_id, const unsigned char *in, size_t length, const unsigned char *aad,
			   const VaultDataKey *keys, int nkeys, unsigned char *plain, const char **why)
{
	unsigned char key[CRYPTO_KEY_LEN];
	VaultState	state;
	bool		ok;

	*why = "the tenant's data key is missing";
	for (int i = 0; i < nkeys; i++)
	{
		if (length < ENCRYPTED_HEADER + CRYPTO_OVERHEAD || memcmp(keys[i].id.data, in + 1, UUID_LEN) != 0)
			continue;
		state = keys_unwrap(tenant_id, &keys[i].id, keys[i].wrapped, key, why);
		if (state != VAULT_OPENED)
			return state;
		ok = crypto_decrypt(key, aad, AAD_LEN, in + ENCRYPTED_HEADER, length - ENCRYPTED_HEADER, plain);
		crypto_cleanse(key, sizeof(key));
		*why = damaged;
		return ok ? VAULT_OPENED : VAULT_BROKEN;
	}
	return VAULT_BROKEN;
}

int
vault_data_keys(Datum ids, bool isnull, Datum wrapped, VaultDataKey **keys)
{
	Datum	   *id;
	Datum	   *key;
	int			n = db_elements(ids, isnull, UUIDOID, &id, NULL);

	(void) db_elements(wrapped, isnull, BYTEAOID, &key, NULL);
	*keys = palloc((n + 1) * sizeof(VaultDataKey));
	for (int i = 0; i < n; i++)
	{
		(*keys)[i].id = *DatumGetUUIDP(id[i]);
		(*keys)[i].wrapped = DatumGetByteaPP(key[i]);
	}
	return n;
}

char *
vault_open(const pg_uuid_t *tenant_id, const pg_uuid_t *id, bytea *ciphertext, const VaultDataKey *keys, int nkeys, VaultState *state, const char **why)
{
	const unsigned char *in = (const unsigned char *) VARDATA_ANY(ciphertext);
	size_t		length = VARSIZE_ANY_EXHDR(ciphertext);
	size_t		header = length > 0 && in[0] == SEALED ? SEALED_HEADER : ENCRYPTED_HEADER;
	unsigned char aad[AAD_LEN];
	char	   *plain = palloc0(length + 1);

	make_aad(aad, tenant_id, id);
	if (length > 0 && in[0] == SEALED)
		*state = open_sealed(in, length, aad, (unsigned char *) plain, why);
	else if (length > 0 && in[0] == ENCRYPTED)
		*state = open_encrypted(tenant_id, in, length, aad, keys, nkeys, (unsigned char *) plain, why);
	else
	{
		*why = "the secret was damaged";
		*state = VAULT_BROKEN;
	}
	if (*state != VAULT_OPENED)
	{
		crypto_cleanse(plain, length);
		return NULL;
	}
	plain[length - header - CRYPTO_OVERHEAD] = '\0';
	return plain;
}

uint32
vault_generation(void)
{
	return keys_generation();
}

/* ----- Storing, in workers ----- */

bytea *
vault_store(const pg_uuid_t *tenant_id, const pg_uuid_t *id, const char *plain)
{
	hooks_wake_on_commit(WAKE_UPKEEP);
	return seal(tenant_id, id, plain, strlen(plain));
}

bytea *
vault_encrypt(const pg_uuid_t *tenant_id, const pg_uuid_t *id, const pg_uuid_t *key_id, const unsigned char *key, const char *plain)
{
	size_t		length = strlen(plain);
	bytea	   *result = palloc(VARHDRSZ + ENCRYPTED_HEADER + length + CRYPTO_OVERHEAD);
	unsigned char *out = (unsigned char *) VARDATA(result);
	unsigned char aad[AAD_LEN];

	SET_VARSIZE(result, VARHDRSZ + ENCRYPTED_HEADER + length + CRYPTO_OVERHEAD);
	out[0] = ENCRYPTED;
	memcpy(out + 1, key_id->data, UUID_LEN);
	make_aad(aad, tenant_id, id);
	crypto_encrypt(key, aad, sizeof(aad), plain, length, out + ENCRYPTED_HEADER);
	return result;
}
