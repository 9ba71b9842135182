/*
 * vault_work.c
 *		The sync worker's part of the vault: secrets are re-encrypted, keys made and wrapped anew.
 *
 * What there is to do is what the tables say, one row per transaction, so that a crash at any point leaves nothing half done. Each pass
 * goes over the rows once; one that cannot be done now, for its key is on its way or not to be had, is passed over and met again by the
 * next pass, which begins when keys have come.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "crypto.h"
#include "db.h"
#include "settings.h"
#include "shared.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "uuid7.h"
#include "vault.h"
#include "vault_keys.h"
#include "vault_kms.h"
#include "vault_work.h"
#include "worker.h"

#define MOST_FRESH 1024			/* keys that are being wrapped for the first time */
#define FRESH_LASTS (60 * 60 * USECS_PER_SEC)
#define PAUSE	(USECS_PER_SEC / 2) /* between the beginnings of two passes */

/* ----- New keys ----- */

/* A key that was made, but has no row yet: it is to be wrapped first. */
typedef struct FreshKey
{
	pg_uuid_t	tenant_id;
	pg_uuid_t	id;
	unsigned char key[CRYPTO_KEY_LEN];
	TimestampTz made_at;
} FreshKey;

static FreshKey fresh[MOST_FRESH];
static int	nfresh;

static void
forget_fresh(FreshKey *f)
{
	*f = fresh[--nfresh];
	crypto_cleanse(&fresh[nfresh], sizeof(FreshKey));
}

/* NULL if too many wait already. */
static FreshKey *
find_fresh(const pg_uuid_t *tenant_id)
{
	TimestampTz now = GetCurrentTimestamp();
	FreshKey   *f;

	for (int i = 0; i < nfresh; i++)
		if (memcmp(fresh[i].tenant_id.data, tenant_id->data, UUID_LEN) == 0)
			return &fresh[i];
	/* Those of long ago may not be wanted any more. */
	for (int i = nfresh - 1; i >= 0 && nfresh == MOST_FRESH; i--)
		if (fresh[i].made_at < now - FRESH_LASTS)
			forget_fresh(&fresh[i]);
	if (nfresh == MOST_FRESH)
		return NULL;
	f = &fresh[nfresh];
	f->tenant_id = *tenant_id;
	f->made_at = now;
	uuid7_at(now, &f->id);
	if (!pg_strong_random(f->key, CRYPTO_KEY_LEN))
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not generate random values")));
	nfresh++;
	return f;
}

/* Makes a key for a tenant, or a pair for the installation, and its row, in the transaction that is open. */
static VaultState
make_key(const pg_uuid_t *tenant_id, bool is_pair, pg_uuid_t *id, unsigned char *key, const char **why)
{
	static DbStatement statement = {"INSERT INTO lealup.vault_key (tenant_id, id, wrapping_key_id, wrapped, public_key) VALUES ($1, $2, $3, $4, $5)"};
	Oid			types[] = {UUIDOID, UUIDOID, BYTEAOID, BYTEAOID, BYTEAOID};
	FreshKey   *f = find_fresh(tenant_id);
	bytea	   *public_key = palloc(VARHDRSZ + CRYPTO_KEY_LEN);
	bytea	   *wrapped;
	bytea	   *wrapping_key_id;
	Datum		values[5];
	VaultState	state;

	*why = "other tenants' keys are to be wrapped first";
	if (f == NULL)
		return VAULT_LOCKED;
	state = keys_wrap(tenant_id, &f->id, f->key, &wrapped, &wrapping_key_id, why);
	if (state != VAULT_OPENED)
		return state;
	*id = f->id;
	memcpy(key, f->key, CRYPTO_KEY_LEN);
	SET_VARSIZE(public_key, VARHDRSZ + CRYPTO_KEY_LEN);
	if (is_pair)
		crypto_public_key(key, (unsigned char *) VARDATA(public_key));
	values[0] = UUIDPGetDatum(tenant_id);
	values[1] = UUIDPGetDatum(id);
	values[2] = PointerGetDatum(wrapping_key_id);
	values[3] = PointerGetDatum(wrapped);
	values[4] = PointerGetDatum(public_key);
	db_execute_nulls(&statement, 5, types, values, is_pair ? "     " : "    n", NULL);
	forget_fresh(f);
	return VAULT_OPENED;
}

/* ----- The installation's key pair ----- */

/* Publishes it, and makes it first if there is none. */
static VaultState
installation_pair(const char **why)
{
	VaultPublicKey pair = {false};
	unsigned char key[CRYPTO_KEY_LEN];
	pg_uuid_t	id;
	VaultState	state;

	if (setting_key_provider != KEY_PROVIDER_AWS_KMS)
		return VAULT_OPENED;
	keys_read_pairs();
	/* While there is none, backends seal to what the launcher publishes, if anything. */
	(void) keys_stored_public(&pair);
	shared_set_database_key(&pair);
	if (pair.ready)
		return VAULT_OPENED;
	db_begin("making the installation's key");
	state = make_key(&keys_installation, true, &id, key, why);
	db_commit();
	crypto_cleanse(key, sizeof(key));
	/* The next pass, which begins at once, publishes it. */
	if (state == VAULT_OPENED)
		keys_read_pairs();
	return state == VAULT_OPENED ? VAULT_FETCHING : state;
}

/* ----- Secrets ----- */

/* Columns of lealup._sealed_secrets() and lealup._secrets_of_retired_keys(); the last two are the latter's. */
enum
{
	S_TENANT, S_ID, S_CIPHERTEXT, S_KEY_ID, S_WRAPPED, S_OLD_KEY_ID, S_OLD_WRAPPED
};

/* Only over the ciphertext that was opened: another one may have been stored since. */
static void
store_ciphertext(const pg_uuid_t *tenant_id, const pg_uuid_t *id, bytea *ciphertext, Datum old)
{
	static DbStatement statement = {"UPDATE lealup.vault_secret SET ciphertext = $3 WHERE tenant_id = $1 AND id = $2 AND ciphertext = $4"};
	Oid			types[] = {UUIDOID, UUIDOID, BYTEAOID, BYTEAOID};
	Datum		values[] = {UUIDPGetDatum(tenant_id), UUIDPGetDatum(id), PointerGetDatum(ciphertext), old};

	db_execute(&statement, 4, types, values, NULL);
}

static VaultState
reencrypt(Datum *row, bool *isnull, bool of_retired, const char **why)
{
	pg_uuid_t  *tenant_id = DatumGetUUIDP(row[S_TENANT]);
	pg_uuid_t  *id = DatumGetUUIDP(row[S_ID]);
	VaultDataKey old = {{{0}}};
	pg_uuid_t	key_id;
	unsigned char key[CRYPTO_KEY_LEN];
	VaultState	state;
	char	   *plain;

	if (of_retired)
	{
		old.id = *DatumGetUUIDP(row[S_OLD_KEY_ID]);
		old.wrapped = DatumGetByteaPP(row[S_OLD_WRAPPED]);
	}
	plain = vault_open(tenant_id, id, DatumGetByteaPP(row[S_CIPHERTEXT]), &old, of_retired ? 1 : 0, &state, why);
	if (plain == NULL)
		return state;
	if (isnull[S_KEY_ID])
		state = make_key(tenant_id, false, &key_id, key, why);
	else
	{
		key_id = *DatumGetUUIDP(row[S_KEY_ID]);
		state = keys_unwrap(tenant_id, &key_id, DatumGetByteaPP(row[S_WRAPPED]), key, why);
	}
	if (state == VAULT_OPENED)
		store_ciphertext(tenant_id, id, vault_encrypt(tenant_id, id, &key_id, key, plain), row[S_CIPHERTEXT]);
	crypto_cleanse(plain, strlen(plain));
	crypto_cleanse(key, sizeof(key));
	return state;
}

/* ----- Rewrapping ----- */

/* Columns of lealup._keys_to_rewrap(). */
enum
{
	K_TENANT, K_ID, K_WRAPPED
};

static void
note_problem(Datum *row, const char *problem)
{
	static DbStatement statement = {"UPDATE lealup.vault_key SET problem = $3 WHERE tenant_id = $1 AND id = $2 AND problem IS DISTINCT FROM $3"};
	Oid			types[] = {UUIDOID, UUIDOID, TEXTOID};
	Datum		values[] = {row[K_TENANT], row[K_ID], CStringGetTextDatum(problem)};

	db_execute(&statement, 3, types, values, NULL);
}

static VaultState
rewrap(Datum *row, const char **why)
{
	static DbStatement statement = {"UPDATE lealup.vault_key SET wrapping_key_id = $4, wrapped = $5, rewrapped_at = clock_timestamp(), problem = NULL"
		" WHERE tenant_id = $1 AND id = $2 AND wrapped = $3"
	};
	Oid			types[] = {UUIDOID, UUIDOID, BYTEAOID, BYTEAOID, BYTEAOID};
	pg_uuid_t  *tenant_id = DatumGetUUIDP(row[K_TENANT]);
	pg_uuid_t  *id = DatumGetUUIDP(row[K_ID]);
	unsigned char key[CRYPTO_KEY_LEN];
	bytea	   *wrapped;
	bytea	   *wrapping_key_id;
	VaultState	state = keys_unwrap(tenant_id, id, DatumGetByteaPP(row[K_WRAPPED]), key, why);

	if (state == VAULT_OPENED)
		state = keys_wrap(tenant_id, id, key, &wrapped, &wrapping_key_id, why);
	crypto_cleanse(key, sizeof(key));
	if (state == VAULT_OPENED)
	{
		Datum		values[] = {row[K_TENANT], row[K_ID], row[K_WRAPPED], PointerGetDatum(wrapping_key_id), PointerGetDatum(wrapped)};

		db_execute(&statement, 5, types, values, NULL);
	}
	else if (state != VAULT_FETCHING)
		note_problem(row, *why);
	return state;
}

/* ----- The step ----- */

enum
{
	PASS_SEALED, PASS_RETIRED, PASS_REWRAP, PASSES
};
static int	pass = PASSES;
static pg_uuid_t last_tenant;
static pg_uuid_t last_id;
static bool waiting;			/* a row was passed over, or keys have to come before the next one */

/* Does the next row of a pass; false if there is none. */
static bool
do_row(void)
{
	static DbStatement statements[PASSES] = {
		{"SELECT * FROM lealup._sealed_secrets($1, $2)"},
		{"SELECT * FROM lealup._secrets_of_retired_keys($1, $2)"},
		{"SELECT * FROM lealup._keys_to_rewrap($1, $2)"},
	};
	static const char *const activities[PASSES] = {"re-encrypting secrets", "re-encrypting secrets of retired keys", "rewrapping keys"};
	Oid			types[] = {UUIDOID, UUIDOID};
	Datum		values[] = {UUIDPGetDatum(&last_tenant), UUIDPGetDatum(&last_id)};
	const char *why = NULL;
	VaultState	state;
	DbRows		rows;

	db_begin(activities[pass]);
	db_execute(&statements[pass], 2, types, values, &rows);
	if (rows.count > 0)
	{
		last_tenant = *DatumGetUUIDP(rows.values[0][0]);
		last_id = *DatumGetUUIDP(rows.values[0][1]);
		state = pass == PASS_REWRAP ? rewrap(rows.values[0], &why) : reencrypt(rows.values[0], rows.isnull[0], pass == PASS_RETIRED, &why);
		waiting |= state != VAULT_OPENED;
		if (state == VAULT_LOCKED || state == VAULT_BROKEN)
			shared_report_error(why);
	}
	db_commit();
	return rows.count > 0;
}

static void
forget_retired_keys(void)
{
	static DbStatement statement = {"SELECT lealup._forget_retired_keys()"};

	db_begin("forgetting retired keys");
	db_execute(&statement, 0, NULL, NULL, NULL);
	db_commit();
}

static void
next_pass(void)
{
	memset(&last_tenant, 0, UUID_LEN);
	memset(&last_id, 0, UUID_LEN);
	pass++;
	if (pass == PASSES)
		forget_retired_keys();
}

static bool wanted = true;

void
vault_reload(void)
{
	wanted = true;
}

TimestampTz
vault_step(void)
{
	static uint32 seen;
	static TimestampTz began;
	TimestampTz now = GetCurrentTimestamp();
	const char *why = NULL;

	/* It is called for every event at a socket. */
	wanted |= worker_woken() || (waiting && seen != vault_generation());
	if (pass == PASSES)
	{
		/* While KMS is answering, more rows of the same kind would only be passed over. */
		if (!wanted || kms_is_busy())
			return DT_NOEND;
		/* Wake-ups are many, and few of them for secrets. */
		if (now < began + PAUSE)
			return began + PAUSE;
		began = now;
		seen = vault_generation();
		wanted = waiting = false;
		switch (installation_pair(&why))
		{
			case VAULT_OPENED:
				break;
			case VAULT_LOCKED:
			case VAULT_BROKEN:
				shared_report_error(why);
				/* FALLTHROUGH */
			case VAULT_FETCHING:
				waiting = true;
		}
		pass = -1;
		next_pass();
	}
	if (kms_is_busy())
	{
		waiting = true;
		pass = PASSES;
		return DT_NOEND;
	}
	if (!do_row())
		next_pass();
	return GetCurrentTimestamp();
}
