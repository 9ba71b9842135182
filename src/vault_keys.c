/*
 * vault_keys.c
 *		The keys that the vault's own keys are wrapped by, and what they open.
 *
 * A file or a command gives 32 random bytes. Two keys are derived from them: an X25519 key pair, to whose public half backends seal what
 * they store, and the key-encryption key, which wraps a data key per tenant. With KMS the key-encryption key never leaves it, so the key
 * pair is random, and wrapped like a data key, in the row of vault_key that belongs to the tenant of zeros.
 *
 * lealup.key_provider says by what new keys are wrapped; whatever else the settings name still opens. A wrapped key is one of
 *
 *	 1, key id (8), nonce, ciphertext, tag		by a file's or command's key, with (tenant_id, key id) as associated data
 *	 2, ARN, 0, what KMS gave					by KMS, with both in the encryption context
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "crypto.h"
#include "db.h"
#include "settings.h"
#include "shared.h"
#include "utils/memutils.h"
#include "vault_command.h"
#include "vault_file.h"
#include "vault_keys.h"
#include "vault_kms.h"

#define BY_LOCAL_KEY	1
#define BY_KMS			2
#define LOCAL_HEADER	(1 + VAULT_KEY_ID_LEN)
#define LOCAL_LENGTH	(LOCAL_HEADER + CRYPTO_KEY_LEN + CRYPTO_OVERHEAD)
#define LONGEST_ARN		2048
#define MOST_PAIRS		16		/* stored ones, the newest; a pair is added only by hand */
#define POLL_COMMAND	(50 * INT64CONST(1000))
#define RETRY_COMMAND	(30 * USECS_PER_SEC)
#define REREAD_PAIRS	(10 * USECS_PER_SEC)

const pg_uuid_t keys_installation = {{0}};

/* Keys in process memory. */
typedef struct LocalKey
{
	bool		loaded;
	unsigned char id[VAULT_KEY_ID_LEN];
	unsigned char seal_private[CRYPTO_KEY_LEN];
	unsigned char seal_public[CRYPTO_KEY_LEN];
	unsigned char wrapping[CRYPTO_KEY_LEN];
} LocalKey;

enum
{
	OF_FILE, OF_COMMAND, OF_PREVIOUS_FILE, LOCAL_KEYS
};
static LocalKey local[LOCAL_KEYS];

static bool command_runs;
static TimestampTz command_again = DT_NOEND;
static const char *command_problem = "lealup.key_command gave no key";	/* static text */

typedef struct StoredPair
{
	pg_uuid_t	id;
	bool		retired;
	VaultPublicKey public_key;
	bytea	   *wrapped;		/* in TopMemoryContext */
} StoredPair;
static StoredPair pairs[MOST_PAIRS];
static int	npairs;
static bool pairs_known;
static bool pairs_wanted;
static TimestampTz pairs_read_at;

static uint32 generation = 1;

uint32
keys_generation(void)
{
	return generation;
}

/* ----- Local keys ----- */

void
keys_pair_id(const unsigned char *public_key, unsigned char *id)
{
	unsigned char hash[CRYPTO_SHA256_LEN];

	crypto_sha256(public_key, CRYPTO_KEY_LEN, hash);
	memcpy(id, hash, VAULT_KEY_ID_LEN);
}

static void
set_local(LocalKey *key, unsigned char *bytes)
{
	crypto_derive(bytes, CRYPTO_KEY_LEN, "", 0, "lealup seal", key->seal_private, CRYPTO_KEY_LEN);
	crypto_derive(bytes, CRYPTO_KEY_LEN, "", 0, "lealup wrap", key->wrapping, CRYPTO_KEY_LEN);
	crypto_cleanse(bytes, CRYPTO_KEY_LEN);
	crypto_public_key(key->seal_private, key->seal_public);
	keys_pair_id(key->seal_public, key->id);
	key->loaded = true;
}

/* What is not set is no problem here. */
static char *
read_local(LocalKey *key, const char *path, const char *setting)
{
	unsigned char buffer[256];
	unsigned char bytes[CRYPTO_KEY_LEN];
	size_t		length;
	char	   *problem;

	crypto_cleanse(key, sizeof(*key));
	if (path == NULL || path[0] == '\0')
		return NULL;
	problem = vault_read_file(path, setting, buffer, sizeof(buffer), &length);
	if (problem == NULL && !vault_parse_key(buffer, length, bytes))
		problem = psprintf("the file that %s names does not hold 32 bytes, in hexadecimal or base64 or as they are", setting);
	crypto_cleanse(buffer, sizeof(buffer));
	if (problem == NULL)
		set_local(key, bytes);
	return problem;
}

static void
command_failed(const char *problem)
{
	command_problem = problem;
	command_runs = false;
	command_again = GetCurrentTimestamp() + RETRY_COMMAND;
	crypto_cleanse(&local[OF_COMMAND], sizeof(LocalKey));
}

/* The key that it gave before holds until it gives another one. */
static char *
start_command(void)
{
	const char *problem;

	command_again = DT_NOEND;
	command_runs = false;
	if (!setting_key_command[0])
	{
		command_stop();
		crypto_cleanse(&local[OF_COMMAND], sizeof(LocalKey));
		return NULL;
	}
	problem = command_start(setting_key_command);
	if (problem)
		command_failed(problem);
	else
		command_runs = true;
	return problem ? pstrdup(problem) : NULL;
}

char *
keys_load(void)
{
	char	   *of_file = read_local(&local[OF_FILE], setting_key_file, "lealup.key_file");
	char	   *of_previous = read_local(&local[OF_PREVIOUS_FILE], setting_key_file_previous, "lealup.key_file_previous");
	char	   *of_command = shared_is_attached() ? start_command() : NULL;

	generation++;
	if (of_previous)
		shared_report_error(of_previous);
	switch (setting_key_provider)
	{
		case KEY_PROVIDER_FILE:
			if (of_command)
				shared_report_error(of_command);
			return of_file || local[OF_FILE].loaded ? of_file : pstrdup("lealup.key_file is not set");
		case KEY_PROVIDER_COMMAND:
			if (of_file)
				shared_report_error(of_file);
			return of_command || setting_key_command[0] ? of_command : pstrdup("lealup.key_command is not set");
		default:
			if (of_file || of_command)
				shared_report_error(of_file ? of_file : of_command);
			return setting_kms_key_id[0] ? NULL : pstrdup("lealup.kms_key_id is not set");
	}
}

void
keys_forget(void)
{
	crypto_cleanse(local, sizeof(local));
}

void
keys_unload(void)
{
	command_stop();
	command_runs = false;
	command_again = DT_NOEND;
	keys_forget();
	keys_reload();
}

static LocalKey *
find_local(const unsigned char *id)
{
	for (int i = 0; i < LOCAL_KEYS; i++)
		if (local[i].loaded && memcmp(local[i].id, id, VAULT_KEY_ID_LEN) == 0)
			return &local[i];
	return NULL;
}

/* The provider's key; with KMS the one of before, which is sealed to until there is another pair. */
static LocalKey *
provided(void)
{
	if (setting_key_provider == KEY_PROVIDER_FILE || (setting_key_provider == KEY_PROVIDER_AWS_KMS && local[OF_FILE].loaded))
		return &local[OF_FILE];
	return &local[OF_COMMAND];
}

const char *
keys_name(void)
{
	switch (setting_key_provider)
	{
		case KEY_PROVIDER_FILE:
			return "the one in lealup.key_file";
		case KEY_PROVIDER_COMMAND:
			return "the one that lealup.key_command gives";
		default:
			return "those that the settings name";
	}
}

void
keys_local_public(VaultPublicKey *result)
{
	LocalKey   *key = provided();

	result->ready = key->loaded;
	memcpy(result->id, key->id, VAULT_KEY_ID_LEN);
	memcpy(result->key, key->seal_public, CRYPTO_KEY_LEN);
}

/* What is said of a key that is not among the local ones. */
static VaultState
not_local(const char *what, const char **why)
{
	if (command_runs)
	{
		*why = "lealup.key_command has not given the key yet";
		return VAULT_FETCHING;
	}
	if (setting_key_provider != KEY_PROVIDER_AWS_KMS && !provided()->loaded)
		*why = setting_key_provider == KEY_PROVIDER_FILE ? "the key in lealup.key_file is not loaded" : command_problem;
	else
		*why = psprintf("%s another key than %s", what, keys_name());
	return VAULT_LOCKED;
}

/* ----- Wrapping ----- */

static void
make_aad(unsigned char *aad, const pg_uuid_t *tenant_id, const pg_uuid_t *key_id)
{
	memcpy(aad, tenant_id->data, UUID_LEN);
	memcpy(aad + UUID_LEN, key_id->data, UUID_LEN);
}

static VaultState
unwrap_locally(const pg_uuid_t *tenant_id, const pg_uuid_t *key_id, const unsigned char *in, unsigned char *key, const char **why)
{
	unsigned char aad[2 * UUID_LEN];
	LocalKey   *by = find_local(in + 1);

	if (by == NULL)
		return not_local("the tenant's data key was wrapped by", why);
	make_aad(aad, tenant_id, key_id);
	*why = "the tenant's data key does not belong to its row, or was damaged";
	return crypto_decrypt(by->wrapping, aad, sizeof(aad), in + LOCAL_HEADER, LOCAL_LENGTH - LOCAL_HEADER, key) ? VAULT_OPENED : VAULT_BROKEN;
}

VaultState
keys_unwrap(const pg_uuid_t *tenant_id, const pg_uuid_t *key_id, bytea *wrapped, unsigned char *key, const char **why)
{
	const unsigned char *in = (const unsigned char *) VARDATA_ANY(wrapped);
	size_t		length = VARSIZE_ANY_EXHDR(wrapped);
	size_t		arn = length > 1 && in[0] == BY_KMS ? strnlen((const char *) in + 1, Min(length - 1, LONGEST_ARN)) : 0;

	if (length == LOCAL_LENGTH && in[0] == BY_LOCAL_KEY)
		return unwrap_locally(tenant_id, key_id, in, key, why);
	if (arn > 0 && arn < length - 1 && in[1 + arn] == '\0')
		return kms_unwrap(tenant_id, key_id, (const char *) in + 1, in + arn + 2, length - arn - 2, key, why);
	*why = "the tenant's data key was damaged";
	return VAULT_BROKEN;
}

static bytea *
make_bytea(size_t length)
{
	bytea	   *result = palloc(VARHDRSZ + length);

	SET_VARSIZE(result, VARHDRSZ + length);
	return result;
}

static VaultState
wrap_locally(const pg_uuid_t *tenant_id, const pg_uuid_t *key_id, const unsigned char *key, bytea **wrapped, bytea **wrapping_key_id, const char **why)
{
	LocalKey   *by = provided();
	unsigned char aad[2 * UUID_LEN];
	unsigned char *out;

	if (!by->loaded)
		return not_local("", why);
	make_aad(aad, tenant_id, key_id);
	*wrapped = make_bytea(LOCAL_LENGTH);
	out = (unsigned char *) VARDATA(*wrapped);
	out[0] = BY_LOCAL_KEY;
	memcpy(out + 1, by->id, VAULT_KEY_ID_LEN);
	crypto_encrypt(by->wrapping, aad, sizeof(aad), key, CRYPTO_KEY_LEN, out + LOCAL_HEADER);
	*wrapping_key_id = make_bytea(VAULT_KEY_ID_LEN);
	memcpy(VARDATA(*wrapping_key_id), by->id, VAULT_KEY_ID_LEN);
	return VAULT_OPENED;
}

VaultState
keys_wrap(const pg_uuid_t *tenant_id, const pg_uuid_t *key_id, const unsigned char *key, bytea **wrapped, bytea **wrapping_key_id, const char **why)
{
	char	   *name;
	unsigned char *blob;
	size_t		length;
	VaultState	state;

	if (setting_key_provider != KEY_PROVIDER_AWS_KMS)
		return wrap_locally(tenant_id, key_id, key, wrapped, wrapping_key_id, why);
	*why = "lealup.kms_key_id is not set";
	if (!setting_kms_key_id[0])
		return VAULT_LOCKED;
	state = kms_wrap(tenant_id, key_id, key, &name, &blob, &length, why);
	if (state != VAULT_OPENED)
		return state;
	*wrapped = make_bytea(1 + strlen(name) + 1 + length);
	VARDATA(*wrapped)[0] = BY_KMS;
	memcpy(VARDATA(*wrapped) + 1, name, strlen(name) + 1);
	memcpy(VARDATA(*wrapped) + 1 + strlen(name) + 1, blob, length);
	*wrapping_key_id = make_bytea(strlen(name));
	memcpy(VARDATA(*wrapping_key_id), name, strlen(name));
	return VAULT_OPENED;
}

/* ----- Stored key pairs ----- */

static void
copy_pair(StoredPair *pair, Datum *row)
{
	bytea	   *wrapped = DatumGetByteaPP(row[2]);

	pair->wrapped = MemoryContextAlloc(TopMemoryContext, VARSIZE_ANY(wrapped));
	memcpy(pair->wrapped, wrapped, VARSIZE_ANY(wrapped));
	pair->id = *DatumGetUUIDP(row[0]);
	memcpy(pair->public_key.key, VARDATA_ANY(DatumGetByteaPP(row[1])), CRYPTO_KEY_LEN);
	keys_pair_id(pair->public_key.key, pair->public_key.id);
	pair->public_key.ready = true;
	pair->retired = DatumGetBool(row[3]);
}

static bool
is_same_pair(const StoredPair *pair, Datum *row)
{
	bytea	   *wrapped = DatumGetByteaPP(row[2]);

	return memcmp(pair->id.data, DatumGetUUIDP(row[0])->data, UUID_LEN) == 0 && VARSIZE_ANY_EXHDR(wrapped) == VARSIZE_ANY_EXHDR(pair->wrapped)
		&& memcmp(VARDATA_ANY(wrapped), VARDATA_ANY(pair->wrapped), VARSIZE_ANY_EXHDR(wrapped)) == 0 && DatumGetBool(row[3]) == pair->retired;
}

void
keys_read_pairs(void)
{
	static DbStatement statement = {"SELECT id, public_key, wrapped, retired_at IS NOT NULL FROM lealup.vault_key"
		" WHERE tenant_id = '00000000-0000-0000-0000-000000000000' AND length(public_key) = 32 ORDER BY id DESC LIMIT 16"
	};
	DbRows		rows;
	bool		same;

	pairs_wanted = true;		/* stays so after an error */
	pairs_read_at = GetCurrentTimestamp();
	db_begin("reading the installation's keys");
	db_execute(&statement, 0, NULL, NULL, &rows);
	same = pairs_known && rows.count == npairs;
	for (int i = 0; same && i < npairs; i++)
		same = is_same_pair(&pairs[i], rows.values[i]);
	if (!same)
	{
		while (npairs > 0)
			pfree(pairs[--npairs].wrapped);
		for (int i = 0; i < Min(rows.count, MOST_PAIRS); i++)
		{
			copy_pair(&pairs[i], rows.values[i]);
			npairs++;
		}
		generation++;
	}
	db_commit();
	pairs_known = true;
	pairs_wanted = false;
}

bool
keys_stored_public(VaultPublicKey *result)
{
	for (int i = 0; i < npairs; i++)
		if (!pairs[i].retired)
		{
			*result = pairs[i].public_key;
			return true;
		}
	return false;
}

VaultState
keys_seal_private(const unsigned char *id, unsigned char *private_key, const char **why)
{
	LocalKey   *key = find_local(id);

	if (key)
	{
		memcpy(private_key, key->seal_private, CRYPTO_KEY_LEN);
		return VAULT_OPENED;
	}
	for (int i = 0; i < npairs; i++)
		if (memcmp(pairs[i].public_key.id, id, VAULT_KEY_ID_LEN) == 0)
		{
			VaultState	state = keys_unwrap(&keys_installation, &pairs[i].id, pairs[i].wrapped, private_key, why);

			/* It may have been wrapped anew since it was read. */
			pairs_wanted |= state == VAULT_LOCKED || state == VAULT_BROKEN;
			return state;
		}
	/* It may have been made since they were read. */
	pairs_wanted = true;
	if (!pairs_known)
	{
		*why = "the installation's keys were not read yet";
		return VAULT_FETCHING;
	}
	return not_local("the secret was sealed for", why);
}

/* ----- A worker's module ----- */

TimestampTz
keys_poll_command(bool *changed, const char **problem)
{
	unsigned char bytes[CRYPTO_KEY_LEN];

	*changed = false;
	*problem = NULL;
	if (GetCurrentTimestamp() >= command_again)
	{
		*problem = start_command();
		*changed = *problem != NULL;
	}
	if (!command_runs)
		return command_again;
	switch (command_poll(bytes, problem))
	{
		case COMMAND_RUNNING:
			*problem = NULL;
			return GetCurrentTimestamp() + POLL_COMMAND;
		case COMMAND_SUCCEEDED:
			*problem = NULL;
			command_runs = false;
			crypto_cleanse(&local[OF_COMMAND], sizeof(LocalKey));
			set_local(&local[OF_COMMAND], bytes);
			break;
		case COMMAND_FAILED:
			command_failed(*problem);
			break;
	}
	*changed = true;
	return command_again;
}

TimestampTz
keys_step(void)
{
	uint32		before = generation;
	bool		command_ended;
	bool		answered = false;
	const char *problem;
	TimestampTz next = keys_poll_command(&command_ended, &problem);
	TimestampTz kms_next;
	TimestampTz now;

	if (problem)
		shared_report_error(problem);
	now = GetCurrentTimestamp();
	if (pairs_wanted && now >= pairs_read_at + REREAD_PAIRS)
		keys_read_pairs();
	if (pairs_wanted)
		next = Min(next, pairs_read_at + REREAD_PAIRS);
	kms_next = kms_step(&answered);
	if (command_ended || answered)
		generation++;
	/* Who waits for it is called before this module in the loop's next turn. */
	return generation != before ? now : Min(next, kms_next);
}

void
keys_reload(void)
{
	kms_reload();
	generation++;
}
