/*
 * vault.c
 *		Secrets at rest.
 *
 * The key file holds 32 random bytes. Two keys are derived from it: an X25519 key pair, to whose public half backends seal
 * what they store, and the key-encryption key, which wraps a data key per tenant. Only workers read the file. A ciphertext in
 * vault_secret is one of
 *
 *	 1, key id (8), ephemeral public key (32), nonce, ciphertext, tag	sealed to the installation by a backend
 *	 2, data key id (16), nonce, ciphertext, tag						re-encrypted by a worker
 *
 * and its associated data is (tenant_id, id) of the row, so that it cannot be moved to another row or tenant. A wrapped data
 * key is nonce, ciphertext and tag, with (tenant_id, key id) as associated data.
 */
#include "postgres.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "catalog/pg_type.h"
#include "compat.h"
#include "crypto.h"
#include "db.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "settings.h"
#include "shared.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "uuid7.h"
#include "vault.h"

#define SEALED		1
#define ENCRYPTED	2
#define SEALED_HEADER (1 + VAULT_KEY_ID_LEN + CRYPTO_KEY_LEN)
#define ENCRYPTED_HEADER (1 + UUID_LEN)
#define AAD_LEN		(2 * UUID_LEN)

/* The loaded key, in process memory only. */
static struct
{
	bool		loaded;
	unsigned char id[VAULT_KEY_ID_LEN];
	unsigned char seal_private[CRYPTO_KEY_LEN];
	unsigned char seal_public[CRYPTO_KEY_LEN];
	unsigned char wrapping[CRYPTO_KEY_LEN];
}			vault;

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

/* ----- The key file ----- */

/* The 32 bytes: as they are, in hexadecimal, or in base64; blanks at the end do not matter to text. */
static bool
parse_key(const unsigned char *text, ssize_t length, unsigned char *key)
{
	unsigned char decoded[CRYPTO_KEY_LEN + 16];

	if (length == CRYPTO_KEY_LEN)
	{
		memcpy(key, text, CRYPTO_KEY_LEN);
		return true;
	}
	while (length > 0 && strchr(" \t\r\n", text[length - 1]))
		length--;
	if (length == 44 && crypto_base64_decode((const char *) text, 44, decoded) == CRYPTO_KEY_LEN)
	{
		memcpy(key, decoded, CRYPTO_KEY_LEN);
		crypto_cleanse(decoded, sizeof(decoded));
		return true;
	}
	if (length != 2 * CRYPTO_KEY_LEN)
		return false;
	for (int i = 0; i < CRYPTO_KEY_LEN; i++)
	{
		int			high = crypto_hex_digit(text[2 * i]);
		int			low = crypto_hex_digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		key[i] = (unsigned char) (high << 4 | low);
	}
	return true;
}

static char *
read_key_file(unsigned char *key)
{
	unsigned char buffer[256];
	struct stat st;
	ssize_t		length;
	int			fd;
	char	   *problem = NULL;

	if (setting_key_file == NULL || setting_key_file[0] == '\0')
		return pstrdup("lealup.key_file is not set");
	fd = open(setting_key_file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) != 0)
		problem = psprintf("could not open the file that lealup.key_file names: %m");
	else if (!S_ISREG(st.st_mode))
		problem = pstrdup("what lealup.key_file names is no regular file");
	else if (st.st_mode & (S_IRWXO | S_IWGRP))
		problem = pstrdup("the file that lealup.key_file names is accessible to others: chmod 600 it");
	else if ((length = read(fd, buffer, sizeof(buffer))) < 0)
		problem = psprintf("could not read the file that lealup.key_file names: %m");
	else if (!parse_key(buffer, length, key))
		problem = pstrdup("the file that lealup.key_file names does not hold 32 bytes, in hexadecimal or base64 or as they are");
	if (fd >= 0)
		close(fd);
	crypto_cleanse(buffer, sizeof(buffer));
	return problem;
}

char *
vault_load_key(void)
{
	unsigned char key[CRYPTO_KEY_LEN];
	unsigned char hash[CRYPTO_SHA256_LEN];
	char	   *problem = read_key_file(key);

	vault_forget_key();
	if (problem)
		return problem;
	crypto_derive(key, sizeof(key), "", 0, "lealup seal", vault.seal_private, CRYPTO_KEY_LEN);
	crypto_derive(key, sizeof(key), "", 0, "lealup wrap", vault.wrapping, CRYPTO_KEY_LEN);
	crypto_cleanse(key, sizeof(key));
	crypto_public_key(vault.seal_private, vault.seal_public);
	crypto_sha256(vault.seal_public, CRYPTO_KEY_LEN, hash);
	memcpy(vault.id, hash, VAULT_KEY_ID_LEN);
	vault.loaded = true;
	return NULL;
}

void
vault_forget_key(void)
{
	crypto_cleanse(&vault, sizeof(vault));
	vault.loaded = false;
}

void
vault_public_key(VaultPublicKey *result)
{
	result->ready = vault.loaded;
	memcpy(result->id, vault.id, VAULT_KEY_ID_LEN);
	memcpy(result->key, vault.seal_public, CRYPTO_KEY_LEN);
}

/* ----- Sealing, in backends ----- */

/*
 * The public key is published by the launcher. Where the library was not preloaded there is no launcher; the backend then
 * derives it from the file and forgets the rest, so that a server that is being set up can take subscriptions already.
 */
static void
find_public_key(VaultPublicKey *key)
{
	char	   *problem = NULL;

	if (shared_get_public_key(key))
		return;
	if (!shared_is_attached())
	{
		problem = vault_load_key();
		vault_public_key(key);
		vault_forget_key();
	}
	if (!key->ready)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("no key to protect secrets is set up"),
				 problem && superuser() ? errdetail_internal("%s.", problem) : 0,
				 errhint("As the operating system user of the server run \"umask 077; openssl rand -hex 32 > FILE\" outside the data directory, "
						 "then ALTER SYSTEM SET lealup.key_file = 'FILE' and reload the configuration.")));
}

Datum
lealup_seal(PG_FUNCTION_ARGS)
{
	pg_uuid_t  *tenant_id = PG_GETARG_UUID_P(0);
	pg_uuid_t  *id = PG_GETARG_UUID_P(1);
	text	   *secret = PG_GETARG_TEXT_PP(2);
	size_t		length = VARSIZE_ANY_EXHDR(secret);
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
	crypto_encrypt(key, aad, sizeof(aad), VARDATA_ANY(secret), length, out + SEALED_HEADER);
	crypto_cleanse(ephemeral, sizeof(ephemeral));
	crypto_cleanse(shared, sizeof(shared));
	crypto_cleanse(key, sizeof(key));
	PG_RETURN_BYTEA_P(result);
}

bytea *
vault_store(const pg_uuid_t *tenant_id, const pg_uuid_t *id, const char *plain)
{
	text	   *secret = cstring_to_text(plain);
	Datum		sealed = DirectFunctionCall3(lealup_seal, UUIDPGetDatum(tenant_id), UUIDPGetDatum(id), PointerGetDatum(secret));

	crypto_cleanse(VARDATA(secret), VARSIZE(secret) - VARHDRSZ);
	return DatumGetByteaPP(sealed);
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

static bool
open_sealed(const unsigned char *in, size_t length, const unsigned char *aad, unsigned char *plain, const char **why)
{
	unsigned char shared[CRYPTO_KEY_LEN];
	unsigned char key[CRYPTO_KEY_LEN];
	bool		ok;

	if (length < SEALED_HEADER + CRYPTO_OVERHEAD || memcmp(in + 1, vault.id, VAULT_KEY_ID_LEN) != 0)
	{
		*why = "the secret was sealed for another key than the one in lealup.key_file";
		return false;
	}
	*why = "the secret does not belong to its row, or was damaged";
	if (!crypto_shared_secret(vault.seal_private, in + 1 + VAULT_KEY_ID_LEN, shared))
		return false;
	crypto_derive(shared, sizeof(shared), in + 1, SEALED_HEADER - 1, "lealup sealed secret", key, sizeof(key));
	ok = crypto_decrypt(key, aad, AAD_LEN, in + SEALED_HEADER, length - SEALED_HEADER, plain);
	crypto_cleanse(shared, sizeof(shared));
	crypto_cleanse(key, sizeof(key));
	return ok;
}

static bool
unwrap(const pg_uuid_t *tenant_id, const pg_uuid_t *key_id, bytea *wrapped, unsigned char *key)
{
	unsigned char aad[AAD_LEN];

	make_aad(aad, tenant_id, key_id);
	return VARSIZE_ANY_EXHDR(wrapped) == CRYPTO_KEY_LEN + CRYPTO_OVERHEAD
		&& crypto_decrypt(vault.wrapping, aad, sizeof(aad), (unsigned char *) VARDATA_ANY(wrapped), VARSIZE_ANY_EXHDR(wrapped), key);
}

static bool
open_encrypted(const pg_uuid_t *tenant_id, const unsigned char *in, size_t length, const unsigned char *aad,
			   const VaultDataKey *keys, int nkeys, unsigned char *plain, const char **why)
{
	unsigned char key[CRYPTO_KEY_LEN];
	bool		ok;

	*why = "the tenant's data key is missing";
	for (int i = 0; i < nkeys; i++)
	{
		if (length < ENCRYPTED_HEADER + CRYPTO_OVERHEAD || memcmp(keys[i].id.data, in + 1, UUID_LEN) != 0)
			continue;
		if (!unwrap(tenant_id, &keys[i].id, keys[i].wrapped, key))
		{
			*why = "the tenant's data key was wrapped by another key than the one in lealup.key_file";
			return false;
		}
		ok = crypto_decrypt(key, aad, AAD_LEN, in + ENCRYPTED_HEADER, length - ENCRYPTED_HEADER, plain);
		crypto_cleanse(key, sizeof(key));
		if (!ok)
			*why = "the secret does not belong to its row, or was damaged";
		return ok;
	}
	return false;
}

char *
vault_open(const pg_uuid_t *tenant_id, const pg_uuid_t *id, bytea *ciphertext, const VaultDataKey *keys, int nkeys, const char **why)
{
	const unsigned char *in = (const unsigned char *) VARDATA_ANY(ciphertext);
	size_t		length = VARSIZE_ANY_EXHDR(ciphertext);
	size_t		header = length > 0 && in[0] == SEALED ? SEALED_HEADER : ENCRYPTED_HEADER;
	unsigned char aad[AAD_LEN];
	char	   *plain;
	bool		ok;

	*why = "the key in lealup.key_file is not loaded";
	if (!vault.loaded)
		return NULL;
	plain = palloc0(length + 1);
	make_aad(aad, tenant_id, id);
	if (length > 0 && in[0] == SEALED)
		ok = open_sealed(in, length, aad, (unsigned char *) plain, why);
	else if (length > 0 && in[0] == ENCRYPTED)
		ok = open_encrypted(tenant_id, in, length, aad, keys, nkeys, (unsigned char *) plain, why);
	else
	{
		*why = "the secret was damaged";
		ok = false;
	}
	if (!ok)
		return NULL;
	plain[length - header - CRYPTO_OVERHEAD] = '\0';
	return plain;
}

/* ----- Re-encrypting, in the sync worker ----- */

/* Makes a data key for a tenant that has none. */
static void
make_data_key(const pg_uuid_t *tenant_id, pg_uuid_t *id, unsigned char *key)
{
	static DbStatement statement = {"INSERT INTO lealup.vault_key (tenant_id, id, wrapping_key_id, wrapped) VALUES ($1, $2, $3, $4)"};
	bytea	   *key_id = palloc(VARHDRSZ + VAULT_KEY_ID_LEN);
	bytea	   *wrapped = palloc(VARHDRSZ + CRYPTO_KEY_LEN + CRYPTO_OVERHEAD);
	unsigned char aad[AAD_LEN];
	Oid			types[] = {UUIDOID, UUIDOID, BYTEAOID, BYTEAOID};
	Datum		values[4];

	uuid7_at(GetCurrentTimestamp(), id);
	if (!pg_strong_random(key, CRYPTO_KEY_LEN))
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not generate random values")));
	make_aad(aad, tenant_id, id);
	SET_VARSIZE(wrapped, VARHDRSZ + CRYPTO_KEY_LEN + CRYPTO_OVERHEAD);
	crypto_encrypt(vault.wrapping, aad, sizeof(aad), key, CRYPTO_KEY_LEN, (unsigned char *) VARDATA(wrapped));
	SET_VARSIZE(key_id, VARHDRSZ + VAULT_KEY_ID_LEN);
	memcpy(VARDATA(key_id), vault.id, VAULT_KEY_ID_LEN);

	values[0] = UUIDPGetDatum(tenant_id);
	values[1] = UUIDPGetDatum(id);
	values[2] = PointerGetDatum(key_id);
	values[3] = PointerGetDatum(wrapped);
	db_execute(&statement, 4, types, values, NULL);
}

static void
store_ciphertext(const pg_uuid_t *tenant_id, const pg_uuid_t *id, const pg_uuid_t *key_id, const unsigned char *key, const char *plain)
{
	static DbStatement statement = {"UPDATE lealup.vault_secret SET ciphertext = $3 WHERE tenant_id = $1 AND id = $2"};
	size_t		length = strlen(plain);
	bytea	   *ciphertext = palloc(VARHDRSZ + ENCRYPTED_HEADER + length + CRYPTO_OVERHEAD);
	unsigned char *out = (unsigned char *) VARDATA(ciphertext);
	unsigned char aad[AAD_LEN];
	Oid			types[] = {UUIDOID, UUIDOID, BYTEAOID};
	Datum		values[3];

	SET_VARSIZE(ciphertext, VARHDRSZ + ENCRYPTED_HEADER + length + CRYPTO_OVERHEAD);
	out[0] = ENCRYPTED;
	memcpy(out + 1, key_id->data, UUID_LEN);
	make_aad(aad, tenant_id, id);
	crypto_encrypt(key, aad, sizeof(aad), plain, length, out + ENCRYPTED_HEADER);

	values[0] = UUIDPGetDatum(tenant_id);
	values[1] = UUIDPGetDatum(id);
	values[2] = PointerGetDatum(ciphertext);
	db_execute(&statement, 3, types, values, NULL);
}

/* Re-encrypts one secret; false if its tenant's newest data key, or it itself, cannot be opened. */
static bool
reencrypt(Datum *row, bool *isnull)
{
	pg_uuid_t  *tenant_id = DatumGetUUIDP(row[0]);
	pg_uuid_t  *id = DatumGetUUIDP(row[1]);
	unsigned char key[CRYPTO_KEY_LEN];
	pg_uuid_t	key_id;
	const char *why;
	char	   *plain = vault_open(tenant_id, id, DatumGetByteaPP(row[2]), NULL, 0, &why);

	if (plain == NULL)
	{
		shared_report_error(why);
		return false;
	}
	if (isnull[3])
		make_data_key(tenant_id, &key_id, key);
	else
	{
		key_id = *DatumGetUUIDP(row[3]);
		if (!unwrap(tenant_id, &key_id, DatumGetByteaPP(row[4]), key))
		{
			shared_report_error("a tenant's data key was wrapped by another key than the one in lealup.key_file");
			return false;
		}
	}
	store_ciphertext(tenant_id, id, &key_id, key, plain);
	crypto_cleanse(plain, strlen(plain));
	crypto_cleanse(key, sizeof(key));
	return true;
}

TimestampTz
vault_step(void)
{
	static DbStatement statement = {"SELECT * FROM lealup._sealed_secrets($1, $2)"};
	static pg_uuid_t last_tenant;
	static pg_uuid_t last_id;
	Oid			types[] = {UUIDOID, UUIDOID};
	Datum		values[] = {UUIDPGetDatum(&last_tenant), UUIDPGetDatum(&last_id)};
	DbRows		rows;

	if (!vault.loaded)
		return DT_NOEND;
	/* One at a time: the first secret of a tenant makes the data key that the next one uses. One that cannot be opened is passed over. */
	db_begin("re-encrypting secrets");
	db_execute(&statement, 2, types, values, &rows);
	if (rows.count > 0)
	{
		last_tenant = *DatumGetUUIDP(rows.values[0][0]);
		last_id = *DatumGetUUIDP(rows.values[0][1]);
		(void) reencrypt(rows.values[0], rows.isnull[0]);
	}
	db_commit();
	if (rows.count > 0)
		return GetCurrentTimestamp();
	memset(&last_tenant, 0, UUID_LEN);
	memset(&last_id, 0, UUID_LEN);
	return DT_NOEND;
}
