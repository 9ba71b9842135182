/*
 * inbound.c
 *		What the gateway does for notifications of providers: it opens the secrets that verify them, and tells the sync worker.
 *
 * The gateway loads the vault's key when it first has such a secret to open; one that has to be fetched comes later, and is there for who
 * sends again. Opened secrets are in this file alone, until the request is
 * verified; no SQL ever sees one. Other backends hold no key, so they cannot receive notifications.
 *
 * What would cost a write for each request of a flood is remembered in the process, and written every few seconds.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "compat.h"
#include "crypto.h"
#include "db.h"
#include "fmgr.h"
#include "funcapi.h"
#include "hooks.h"
#include "http_client.h"
#include "inbound.h"
#include "loop.h"
#include "shared.h"
#include "signature.h"
#include "utils/builtins.h"
#include "utils/uuid.h"
#include "vault.h"
#include "vault_keys.h"
#include "vault_kms.h"

#define MOST_KEYS 5				/* of one purpose, valid at a time */
#define MOST_REFUSALS 64		/* connections whose refusals are remembered */
#define REFUSALS_WAIT (5 * USECS_PER_SEC)
#define WAKE_WAIT (20 * 1000)	/* microseconds in which further messages come along */

PG_FUNCTION_INFO_V1(lealup_verify_inbound);
PG_FUNCTION_INFO_V1(lealup_note_inbound);
PG_FUNCTION_INFO_V1(lealup_refuse_inbound);

typedef struct Refusals
{
	pg_uuid_t	tenant_id;
	pg_uuid_t	connection_id;
	int64		count;
	TimestampTz last_at;
	char		why[200];
} Refusals;

static Refusals refusals[MOST_REFUSALS];
static int	nrefusals;
static TimestampTz refusals_due = DT_NOEND;
static TimestampTz wake_due = DT_NOEND;

static bool
in_gateway(void)
{
	int			which;

	return shared_my_slot() != NULL && shared_worker_kind(shared_my_number(), &which) == KIND_GATEWAY;
}

/* ----- Secrets ----- */

static bool key_loaded;			/* or under way */
static bool client_ready;		/* the HTTP client, by which KMS is asked */

/* Whether this process has the vault's key, which it loads if it is a worker. */
static bool
have_key(const char **why)
{
	char	   *problem;

	*why = "this process does not hold the vault's key; the gateway does";
	if (shared_my_slot() == NULL)
		return false;
	if (key_loaded)
		return true;
	problem = keys_load();
	key_loaded = problem == NULL;
	if (key_loaded)
		return true;
	shared_report_error(problem);
	*why = problem;
	return false;
}

void
inbound_reload_keys(void)
{
	keys_unload();
	key_loaded = false;
	if (client_ready)
		http_reload();
}

void
inbound_pump_keys(void)
{
	if (client_ready)
		http_perform();
}

TimestampTz
inbound_fetch_keys(void)
{
	if (!key_loaded)
		return DT_NOEND;
	if (!client_ready && kms_is_asked())
	{
		http_init();
		http_reload();
		loop_add(http_descriptor());
		client_ready = true;
	}
	return keys_step();
}

/* The secrets of an owner and a purpose that are valid now; -1 if they cannot be opened now (*why). */
static int
open_keys(pg_uuid_t *tenant_id, pg_uuid_t *owner_id, const char *purpose, TimestampTz now, char **keys, const char **why)
{
	static DbStatement statement = {
		"SELECT v.id, v.ciphertext, ARRAY(SELECT k.id FROM lealup.vault_key k WHERE k.tenant_id = v.tenant_id ORDER BY k.id), "
		"ARRAY(SELECT k.wrapped FROM lealup.vault_key k WHERE k.tenant_id = v.tenant_id ORDER BY k.id) "
		"FROM lealup.vault_secret v WHERE v.tenant_id = $1 AND v.owner_id = $2 AND v.purpose = $3 "
		"AND (v.expires_at IS NULL OR v.expires_at > $4) ORDER BY v.id DESC LIMIT 5"
	};
	Oid			types[] = {UUIDOID, UUIDOID, TEXTOID, TIMESTAMPTZOID};
	Datum		values[] = {UUIDPGetDatum(tenant_id), UUIDPGetDatum(owner_id), CStringGetTextDatum(purpose), TimestampTzGetDatum(now)};
	DbRows		rows;
	int			count = 0;

	db_execute(&statement, 4, types, values, &rows);
	if (rows.count == 0)
		return 0;
	if (!have_key(why))
		return -1;
	for (int r = 0; r < rows.count; r++)
	{
		VaultDataKey *data_keys;
		VaultState	state;
		int			n = vault_data_keys(rows.values[r][2], false, rows.values[r][3], &data_keys);

		keys[count] = vault_open(tenant_id, DatumGetUUIDP(rows.values[r][0]), DatumGetByteaPP(rows.values[r][1]), data_keys, n, &state, why);
		if (keys[count])
			count++;
	}
	return count > 0 ? count : -1;
}

static char *
text_argument(FunctionCallInfo fcinfo, int n)
{
	return PG_ARGISNULL(n) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(n));
}

/* (tenant_id, connection_id, client_tenant_id, client_id, signature, method, url, query, headers, body, document, now) */
Datum
lealup_verify_inbound(PG_FUNCTION_ARGS)
{
	MemoryContext caller = CurrentMemoryContext;
	Jsonb	   *scheme = PG_GETARG_JSONB_P(4);
	char	   *purpose = signature_purpose(scheme);
	bool		of_client = purpose && strcmp(purpose, "client_secret") == 0;
	SignedRequest request = {text_argument(fcinfo, 5), text_argument(fcinfo, 6), text_argument(fcinfo, 7), PG_ARGISNULL(8) ? NULL : PG_GETARG_JSONB_P(8), "", 0};
	char	   *keys[MOST_KEYS];
	int			nkeys = 0;
	int			status;
	const char *why = NULL;
	TupleDesc	desc;
	Datum		values[2];
	bool		nulls[2] = {false, false};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "the function must return a row");
	if (!PG_ARGISNULL(9))
	{
		bytea	   *body = PG_GETARG_BYTEA_PP(9);

		request.body = VARDATA_ANY(body);
		request.body_length = VARSIZE_ANY_EXHDR(body);
	}
	request.document = PG_ARGISNULL(10) ? NULL : PG_GETARG_JSONB_P(10);
	request.now = PG_GETARG_TIMESTAMPTZ(11);

	SPI_connect();
	if (purpose && !(of_client && PG_ARGISNULL(3)))
		nkeys = open_keys(PG_GETARG_UUID_P(of_client ? 2 : 0), PG_GETARG_UUID_P(of_client ? 3 : 1), purpose, request.now, keys, &why);
	if (nkeys < 0)
		status = 503;
	else
	{
		why = signature_check(scheme, &request, keys, nkeys);
		status = why ? 401 : 200;
	}
	for (int i = 0; i < nkeys; i++)
		crypto_cleanse(keys[i], strlen(keys[i]));
	if (why)
		why = MemoryContextStrdup(caller, why);
	SPI_finish();

	values[0] = Int32GetDatum(status);
	nulls[1] = why == NULL;
	values[1] = why ? CStringGetTextDatum(why) : (Datum) 0;
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}

/* ----- What is told ----- */

static void
write_refusals(void *context)
{
	static DbStatement statement = {"SELECT lealup._note_refused($1, $2, $3, $4, $5)"};
	Oid			types[] = {UUIDOID, UUIDOID, INT8OID, TIMESTAMPTZOID, TEXTOID};

	for (int i = 0; i < nrefusals; i++)
	{
		Refusals   *r = &refusals[i];
		Datum		values[] = {UUIDPGetDatum(&r->tenant_id), UUIDPGetDatum(&r->connection_id), Int64GetDatum(r->count),
		TimestampTzGetDatum(r->last_at), CStringGetTextDatum(r->why)};

		db_execute(&statement, 5, types, values, NULL);
	}
}

static void
write_in_transaction(void *context)
{
	db_begin_gateway("counting refused notifications");
	write_refusals(NULL);
	db_commit();
}

/* Remembers a refusal. When there is no place for another connection, this one is only counted the next time. */
static void
remember(const pg_uuid_t *tenant_id, const pg_uuid_t *connection_id, const char *why)
{
	int			i = 0;

	while (i < nrefusals && memcmp(&refusals[i].connection_id, connection_id, UUID_LEN) != 0)
		i++;
	if (i == MOST_REFUSALS)
		return;
	if (i == nrefusals)
	{
		memset(&refusals[i], 0, sizeof(Refusals));
		refusals[i].tenant_id = *tenant_id;
		refusals[i].connection_id = *connection_id;
		nrefusals++;
	}
	refusals[i].count++;
	refusals[i].last_at = GetCurrentTimestamp();
	strlcpy(refusals[i].why, why, sizeof(refusals[i].why));
}

/* (tenant_id, connection_id, why) */
Datum
lealup_refuse_inbound(PG_FUNCTION_ARGS)
{
	remember(PG_GETARG_UUID_P(0), PG_GETARG_UUID_P(1), text_to_cstring(PG_GETARG_TEXT_PP(2)));
	if (in_gateway())
	{
		if (refusals_due == DT_NOEND)
			refusals_due = GetCurrentTimestamp() + REFUSALS_WAIT;
		PG_RETURN_VOID();
	}
	SPI_connect();
	write_refusals(NULL);
	SPI_finish();
	nrefusals = 0;
	PG_RETURN_VOID();
}

/* A message was taken; the sync worker is woken for those of a moment together. */
Datum
lealup_note_inbound(PG_FUNCTION_ARGS)
{
	if (!in_gateway())
		hooks_wake_on_commit(WAKE_UPKEEP);
	else if (wake_due == DT_NOEND)
		wake_due = GetCurrentTimestamp() + WAKE_WAIT;
	PG_RETURN_VOID();
}

TimestampTz
inbound_tell(bool all)
{
	TimestampTz now = GetCurrentTimestamp();

	if (wake_due != DT_NOEND && (all || wake_due <= now))
	{
		wake_due = DT_NOEND;
		shared_wake_database(MyDatabaseId, WAKE_UPKEEP);
	}
	if (refusals_due != DT_NOEND && (all || refusals_due <= now))
	{
		/* What cannot be written now is written later. */
		refusals_due = now + REFUSALS_WAIT;
		if (db_try("counting refused notifications", write_in_transaction, NULL))
		{
			nrefusals = 0;
			refusals_due = DT_NOEND;
		}
	}
	return Min(wake_due, refusals_due);
}
