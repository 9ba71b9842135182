/*
 * emit.c
 *		lealup.emit(): an event and its outbox row, in the caller's transaction.
 *
 * It is called once per row by bulk statements, so what it asks of tenant and event type is remembered until the transaction
 * ends, and both inserts are one prepared statement each.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "compat.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "hooks.h"
#include "mb/pg_wchar.h"
#include "settings.h"
#include "shared.h"
#include "storage/lock.h"
#include "storage/proc.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"
#include "uuid7.h"

#define MAX_KEY_LENGTH 255

PG_FUNCTION_INFO_V1(lealup_emit);

typedef struct Statement
{
	const char *sql;
	int			nargs;
	Oid			types[8];
	SPIPlanPtr	plan;
} Statement;

static Statement check_statement = {"SELECT lealup._emit_check($1, $2)", 2, {UUIDOID, TEXTOID}};
static Statement key_statement = {"SELECT lealup._claim_key($1, $2, $3, $4)", 4, {UUIDOID, TEXTOID, UUIDOID, TIMESTAMPTZOID}};
static Statement event_statement = {
	"INSERT INTO lealup.event (tenant_id, id, retention_class, event_type, created_at, customer_id, context, data) "
	"VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
	8, {UUIDOID, UUIDOID, INT2OID, TEXTOID, TIMESTAMPTZOID, UUIDOID, JSONBOID, JSONOID}
};
static Statement outbox_statement = {
	"INSERT INTO lealup.outbox (tenant_id, id, retention_class, event_type, created_at) VALUES ($1, $2, $3, $4, $5)",
	5, {UUIDOID, UUIDOID, INT2OID, TEXTOID, TIMESTAMPTZOID}
};

/*
 * What was checked in this transaction: tenants and types that the role may emit, by their hash. A transaction's end, another
 * role and another lealup.tenant_id void it.
 */
#define CHECKED_SLOTS 64
#define CHECKED_PROBES 16

typedef struct Checked
{
	uint32		generation;
	pg_uuid_t	tenant_id;
	char		event_type[104];
	int16		retention_class;
} Checked;

static Checked checked[CHECKED_SLOTS];
static uint32 generation = 1;
static LocalTransactionId checked_transaction;
static Oid	checked_user;
static char checked_role[NAMEDATALEN];
static char checked_tenant[64];

static void
run(Statement *statement, Datum *values, const char *nulls, int expected)
{
	int			result;

	if (statement->plan == NULL)
	{
		SPIPlanPtr	plan = SPI_prepare(statement->sql, statement->nargs, statement->types);

		if (plan == NULL || SPI_keepplan(plan) != 0)
			elog(ERROR, "could not prepare a statement: %s", SPI_result_code_string(SPI_result));
		statement->plan = plan;
	}
	result = SPI_execute_plan(statement->plan, values, nulls, false, 0);
	if (result != expected)
		elog(ERROR, "could not run a statement: %s", SPI_result_code_string(result));
}

static bool
first_is_null(void)
{
	bool		isnull;

	(void) SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
	return isnull;
}

static Datum
first_value(void)
{
	bool		isnull;

	return SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
}

/* ----- Checks ----- */

static void
require_not_null(FunctionCallInfo fcinfo, int argument, const char *name)
{
	if (PG_ARGISNULL(argument))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s must not be null", name)));
}

/* The json type has checked the syntax; what is left is the kind of value, the size, and the encoding. */
static void
check_data(const text *data)
{
	const char *bytes = VARDATA_ANY(data);
	int			length = VARSIZE_ANY_EXHDR(data);
	int			start = 0;

	if (length > setting_max_event_size * 1024)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("data is too large"),
				 errdetail("It has %d bytes; lealup.max_event_size is %d kB.", length, setting_max_event_size)));
	while (start < length && strchr(" \t\r\n", bytes[start]))
		start++;
	if (start == length || bytes[start] != '{')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("data must be a JSON object")));
	/* It is sent as UTF-8: what cannot be converted is to be refused here, not found out by a worker. */
	if (GetDatabaseEncoding() != PG_UTF8 && GetDatabaseEncoding() != PG_SQL_ASCII)
		(void) pg_server_to_any(bytes, length, PG_UTF8);
	if (GetDatabaseEncoding() == PG_SQL_ASCII && pg_encoding_verifymbstr(PG_UTF8, bytes, length) != length)
		ereport(ERROR,
				(errcode(ERRCODE_CHARACTER_NOT_IN_REPERTOIRE),
				 errmsg("data is not valid UTF-8")));
}

static void
check_context(Jsonb *context)
{
	if (!JB_ROOT_IS_OBJECT(context))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("context must be a JSON object")));
	if (VARSIZE(context) > setting_max_event_size * 1024)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("context is too large"),
				 errdetail("lealup.max_event_size is %d kB.", setting_max_event_size)));
}

static LocalTransactionId
this_transaction(void)
{
#if PG_VERSION_NUM >= 170000
	return MyProc->vxid.lxid;
#else
	return MyProc->lxid;
#endif
}

/* What was checked may have been made in the subtransaction that is rolled back. */
static void
subtransaction_end(SubXactEvent event, SubTransactionId id, SubTransactionId parent, void *arg)
{
	if (event == SUBXACT_EVENT_ABORT_SUB)
		generation++;
}

/* Forgets what was checked if it was checked in other circumstances. */
static void
void_checks(void)
{
	static bool registered = false;
	const char *role = GetConfigOption("role", false, false);
	const char *tenant = GetConfigOption("lealup.tenant_id", false, false);

	if (!registered)
		RegisterSubXactCallback(subtransaction_end, NULL);
	registered = true;
	if (checked_transaction == this_transaction() && checked_user == GetSessionUserId()
		&& strcmp(checked_role, role) == 0 && strcmp(checked_tenant, tenant) == 0)
		return;
	generation++;
	checked_transaction = this_transaction();
	checked_user = GetSessionUserId();
	strlcpy(checked_role, role, sizeof(checked_role));
	strlcpy(checked_tenant, tenant, sizeof(checked_tenant));
}

/* Raises an error unless the caller may emit the type for the tenant; gives the retention class. */
static int16
check_caller(pg_uuid_t *tenant_id, text *event_type)
{
	Datum		values[] = {UUIDPGetDatum(tenant_id), PointerGetDatum(event_type)};
	const char *type = VARDATA_ANY(event_type);
	size_t		length = VARSIZE_ANY_EXHDR(event_type);
	uint32		hash = hash_bytes((const unsigned char *) type, (int) length) ^ hash_bytes(tenant_id->data, UUID_LEN);
	Checked    *entry;
	int16		retention_class;

	void_checks();
	for (int probe = 0; probe < CHECKED_PROBES; probe++)
	{
		entry = &checked[(hash + probe) % CHECKED_SLOTS];
		if (entry->generation != generation)
			break;
		if (memcmp(&entry->tenant_id, tenant_id, UUID_LEN) == 0
			&& strlen(entry->event_type) == length && memcmp(entry->event_type, type, length) == 0)
			return entry->retention_class;
	}

	run(&check_statement, values, NULL, SPI_OK_SELECT);
	retention_class = DatumGetInt16(first_value());
	if (length < sizeof(entry->event_type))
	{
		entry->generation = generation;
		entry->tenant_id = *tenant_id;
		text_to_cstring_buffer(event_type, entry->event_type, sizeof(entry->event_type));
		entry->retention_class = retention_class;
	}
	return retention_class;
}

/* Takes the idempotency key; true if an earlier event has it, whose id is then given. */
static bool
claim_key(pg_uuid_t *tenant_id, text *key, pg_uuid_t *id, TimestampTz created_at)
{
	Datum		values[] = {UUIDPGetDatum(tenant_id), PointerGetDatum(key), UUIDPGetDatum(id), TimestampTzGetDatum(created_at)};
	int			length = pg_mbstrlen_with_len(VARDATA_ANY(key), VARSIZE_ANY_EXHDR(key));

	if (length < 1 || length > MAX_KEY_LENGTH)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("idempotency_key must have 1 to %d characters", MAX_KEY_LENGTH)));
	run(&key_statement, values, NULL, SPI_OK_SELECT);
	if (first_is_null())
		return false;
	*id = *DatumGetUUIDP(first_value());
	return true;
}

/* Playbooks that cause one another come to an end by this, also if a trigger of somebody else's is between them. */
static Datum
with_playbook_depth(Datum context)
{
	char	   *depth = psprintf("{\"playbook_depth\": %d}", setting_playbook_depth);

	return DirectFunctionCall2(jsonb_concat, context, DirectFunctionCall1(jsonb_in, CStringGetDatum(depth)));
}

static void
warn_if_nothing_delivers(void)
{
	static bool warned = false;

	if (warned || shared_is_attached())
		return;
	warned = true;
	ereport(WARNING,
			(errmsg("events are kept but not delivered: lealup's workers do not run"),
			 errhint("Add lealup to shared_preload_libraries and restart the server.")));
}

Datum
lealup_emit(PG_FUNCTION_ARGS)
{
	pg_uuid_t  *id = palloc(UUID_LEN);
	TimestampTz created_at = GetCurrentTimestamp();
	int16		retention_class;
	Datum		values[8];
	char		nulls[9] = "        ";

	require_not_null(fcinfo, 0, "tenant_id");
	require_not_null(fcinfo, 1, "event_type");
	require_not_null(fcinfo, 2, "data");
	check_data(PG_GETARG_TEXT_PP(2));
	if (!PG_ARGISNULL(4))
		check_context(PG_GETARG_JSONB_P(4));
	uuid7_at(created_at, id);

	SPI_connect();
	retention_class = check_caller(PG_GETARG_UUID_P(0), PG_GETARG_TEXT_PP(1));
	if (!PG_ARGISNULL(5) && claim_key(PG_GETARG_UUID_P(0), PG_GETARG_TEXT_PP(5), id, created_at))
	{
		SPI_finish();
		PG_RETURN_UUID_P(id);
	}

	values[0] = PG_GETARG_DATUM(0);
	values[1] = UUIDPGetDatum(id);
	values[2] = Int16GetDatum(retention_class);
	values[3] = PG_GETARG_DATUM(1);
	values[4] = TimestampTzGetDatum(created_at);
	run(&outbox_statement, values, NULL, SPI_OK_INSERT);
	values[5] = PG_GETARG_DATUM(3);
	values[6] = PG_GETARG_DATUM(4);
	values[7] = PG_GETARG_DATUM(2);
	nulls[5] = PG_ARGISNULL(3) ? 'n' : ' ';
	nulls[6] = PG_ARGISNULL(4) || JB_ROOT_COUNT(PG_GETARG_JSONB_P(4)) == 0 ? 'n' : ' ';
	if (setting_playbook_depth > 0)
	{
		values[6] = with_playbook_depth(nulls[6] == 'n' ? DirectFunctionCall1(jsonb_in, CStringGetDatum("{}")) : values[6]);
		nulls[6] = ' ';
	}
	run(&event_statement, values, nulls, SPI_OK_INSERT);
	SPI_finish();

	hooks_wake_on_commit(WAKE_OUTBOX);
	warn_if_nothing_delivers();
	PG_RETURN_UUID_P(id);
}
