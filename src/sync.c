/*
 * sync.c
 *		The sync engine: what is asked of providers, by the sync worker.
 *
 * A unit is a job of a connection, or a slice of a stream's run. What is asked, and what becomes of the answers, is in sql/78_sync_*.sql, which hands
 * over an opaque state and takes it back; nothing here knows of pages, cursors, tokens or providers. Units are claimed in one transaction, requests
 * are on their way while none is open, and answers are recorded in another; the claim's id fences off a worker that was given up meanwhile.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "bucket.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "crypto.h"
#include "db.h"
#include "exchange.h"
#include "funcapi.h"
#include "http_client.h"
#include "jwt.h"
#include "miscadmin.h"
#include "shared.h"
#include "sync.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/syscache.h"
#include "utils/lsyscache.h"
#include "utils/timeout.h"
#include "utils/typcache.h"
#include "utils/uuid.h"
#include "vault.h"
#include "worker.h"

#define MOST_UNITS 64
#define MOST_IN_FLIGHT 400		/* requests of all units */
#define MOST_OF_UNIT 100		/* requests of one */
#define MOST_BYTES (INT64CONST(1) << 30)	/* that all answers that are on their way may have */
#define BATCH 50				/* answers that are worth a transaction */
#define BATCH_BYTES (32 * 1024 * 1024)	/* of answers that are recorded in one, if it is more than one */
#define PATIENCE_US 10000		/* after which fewer are, too */
#define RETRY_AFTER_US (10 * USECS_PER_SEC)	/* what could not be claimed or recorded */
#define LONGEST_HELD_US (30 * USECS_PER_SEC)	/* for a budget; what has to wait longer is given back */
#define STATEMENT_TIMEOUT_MS 60000
#define MOST_RECORDINGS 7		/* of an answer with secrets, in about a minute, which is well within the lease */

/* Columns of lealup._sync_unit. */
enum
{
	U_TENANT, U_CONNECTION, U_UNIT, U_CLAIM, U_STATE, U_REQUESTS, U_MAX_IN_FLIGHT, U_HOSTS, U_SECRET_NAMES, U_SECRET_TENANTS, U_SECRET_IDS, U_SECRETS,
	U_KEY_IDS, U_KEYS, U_BUCKET_IDS, U_BUCKET_RATES, U_BUCKET_BURSTS, U_ANSWER_NAMES, U_ANSWER_PATHS, U_SIGNING_KEY, U_CLAIMS
};

/* Columns of lealup._sync_requests(). */
enum
{
	R_N, R_METHOD, R_URL, R_HEADERS, R_BODY, R_PLACES, R_NAMES, R_PREFIXES, R_SECRETS, R_TIMEOUT, R_MAX_BYTES, R_COST, R_PROBLEM, R_ONCE
};

/* A request that was prepared, is on its way, or has its answer. */
typedef struct Request
{
	int			n;
	int			attempts;
	int			cost;
	int			max_bytes;
	ExchangeRequest *prepared;	/* NULL once it was sent */
	char		method[8];
	HttpTransfer *transfer;		/* NULL before it was sent, and if it could not be */
	bool		answered;
	char	   *problem;		/* why it was not sent; empty = there is nothing to ask */
	MemoryContext context;
} Request;

/* A request that is to be sent once more. */
typedef struct Again
{
	int			n;
	int			attempts;
} Again;

/* A bucket that each request takes from. */
typedef struct Budget
{
	pg_uuid_t	id;
	double		rate;
	double		burst;
} Budget;

typedef struct Unit
{
	pg_uuid_t	tenant_id;
	pg_uuid_t	connection_id;
	pg_uuid_t	claim_id;
	char	   *name;
	int			max_in_flight;
	char	  **hosts;
	int			nhosts;
	ExchangeSecret *secrets;
	int			nsecrets;
	Budget	   *budgets;
	int			nbudgets;
	char	  **answer_names;
	char	  **answer_paths;
	int			nanswers;
	const char *blocked;		/* why its secrets cannot be opened now; NULL = they are */
	int64		blocked_for;	/* how long to wait then */

	Datum		state;
	MemoryContext state_context;
	int			states;			/* how many it had so far */
	int			total;			/* requests of this state */
	int			next;			/* the first that was not prepared yet */
	Again	   *again;			/* MOST_OF_UNIT at most */
	int			nagain;
	TimestampTz not_before;
	int64		waited_us;
	Request	   *requests[MOST_OF_UNIT];
	int			nrequests;
	TimestampTz answered_at;	/* the oldest answer that was not recorded */
	int			recordings;		/* that failed in a row */
	TimestampTz record_after;
	bool		ended;
	MemoryContext context;
} Unit;

static const char sync_client;	/* its address marks our transfers */
static Unit *units[MOST_UNITS];
static int	nunits;
static int	in_flight;
static int64 bytes_in_flight;	/* that their answers may have */

/* ----- Arrays of results ----- */

static int
text_array(MemoryContext context, Datum array, bool isnull, char ***out)
{
	Datum	   *values;
	bool	   *nulls;
	int			n = db_elements(array, isnull, TEXTOID, &values, &nulls);

	*out = MemoryContextAlloc(context, (n + 1) * sizeof(char *));
	for (int i = 0; i < n; i++)
		(*out)[i] = MemoryContextStrdup(context, nulls[i] ? "" : TextDatumGetCString(values[i]));
	return n;
}

/* ----- Units ----- */

static void
free_request(Request *r)
{
	if (r->transfer)
	{
		http_release(r->transfer);
		in_flight--;
		bytes_in_flight -= r->max_bytes;
	}
	MemoryContextDelete(r->context);
}

static void
forget_unit(int i)
{
	Unit	   *u = units[i];

	for (int k = 0; k < u->nrequests; k++)
		free_request(u->requests[k]);
	for (int k = 0; k < u->nsecrets; k++)
		if (u->secrets[k].value)
			crypto_cleanse(u->secrets[k].value, strlen(u->secrets[k].value));
	MemoryContextDelete(u->context);
	units[i] = units[--nunits];
}

static void
set_state(Unit *u, Datum state, int total)
{
	MemoryContext old;

	MemoryContextReset(u->state_context);
	old = MemoryContextSwitchTo(u->state_context);
	u->state = PointerGetDatum(PG_DETOAST_DATUM_COPY(state));
	MemoryContextSwitchTo(old);
	u->states++;
	u->total = total;
	u->next = u->nagain = 0;
}

static void
open_secrets(Unit *u, Datum *row, bool *isnull)
{
	char	  **names;
	Datum	   *tenants;
	Datum	   *ids;
	Datum	   *ciphertexts;
	VaultDataKey *keys;
	int			n = text_array(u->context, row[U_SECRET_NAMES], isnull[U_SECRET_NAMES], &names);
	int			nkeys = vault_data_keys(row[U_KEY_IDS], isnull[U_KEY_IDS], row[U_KEYS], &keys);

	(void) db_elements(row[U_SECRET_TENANTS], isnull[U_SECRET_TENANTS], UUIDOID, &tenants, NULL);
	(void) db_elements(row[U_SECRET_IDS], isnull[U_SECRET_IDS], UUIDOID, &ids, NULL);
	(void) db_elements(row[U_SECRETS], isnull[U_SECRETS], BYTEAOID, &ciphertexts, NULL);
	u->secrets = MemoryContextAllocZero(u->context, (n + 1) * sizeof(ExchangeSecret));
	u->nsecrets = n;
	for (int i = 0; i < n; i++)
	{
		const char *why = NULL;
		VaultState	state;
		char	   *plain = vault_open(DatumGetUUIDP(tenants[i]), DatumGetUUIDP(ids[i]), DatumGetByteaPP(ciphertexts[i]), keys, nkeys, &state, &why);

		u->secrets[i].name = names[i];
		if (plain)
		{
			u->secrets[i].value = MemoryContextStrdup(u->context, plain);
			crypto_cleanse(plain, strlen(plain));
		}
		else if (u->blocked == NULL || state != VAULT_FETCHING)
		{
			u->blocked = MemoryContextStrdup(u->context, why);
			u->blocked_for = state == VAULT_FETCHING ? USECS_PER_SEC : RETRY_AFTER_US;
		}
	}
}

/* In place of a key that signs there is what it has signed: the key itself is never sent. */
static void
sign_claims(Unit *u, const char *key, const char *claims)
{
	for (int i = 0; i < u->nsecrets; i++)
		if (strcmp(u->secrets[i].name, key) == 0 && u->secrets[i].value)
		{
			char	   *pem = u->secrets[i].value;
			char	   *token = jwt_sign(pem, claims);

			u->secrets[i].name = MemoryContextStrdup(u->context, "app_jwt");
			u->secrets[i].value = token ? MemoryContextStrdup(u->context, token) : NULL;
			crypto_cleanse(pem, strlen(pem));
			if (token)
				crypto_cleanse(token, strlen(token));
			if (token == NULL && u->blocked == NULL)
			{
				u->blocked = "the private key cannot sign: it is no RSA key in PEM without a passphrase";
				u->blocked_for = RETRY_AFTER_US;
			}
		}
}

static void
read_budgets(Unit *u, Datum *row, bool *isnull)
{
	Datum	   *ids;
	Datum	   *rates;
	Datum	   *bursts;

	u->nbudgets = db_elements(row[U_BUCKET_IDS], isnull[U_BUCKET_IDS], UUIDOID, &ids, NULL);
	(void) db_elements(row[U_BUCKET_RATES], isnull[U_BUCKET_RATES], FLOAT8OID, &rates, NULL);
	(void) db_elements(row[U_BUCKET_BURSTS], isnull[U_BUCKET_BURSTS], FLOAT8OID, &bursts, NULL);
	u->budgets = MemoryContextAlloc(u->context, (u->nbudgets + 1) * sizeof(Budget));
	for (int i = 0; i < u->nbudgets; i++)
		u->budgets[i] = (Budget) {*DatumGetUUIDP(ids[i]), DatumGetFloat8(rates[i]), DatumGetFloat8(bursts[i])};
}

static void
add_unit(Datum *row, bool *isnull)
{
	MemoryContext context = AllocSetContextCreate(TopMemoryContext, "lealup sync unit", ALLOCSET_DEFAULT_SIZES);
	Unit	   *u = MemoryContextAllocZero(context, sizeof(Unit));

	u->context = context;
	u->state_context = AllocSetContextCreate(context, "lealup sync state", ALLOCSET_DEFAULT_SIZES);
	units[nunits++] = u;
	u->tenant_id = *DatumGetUUIDP(row[U_TENANT]);
	u->connection_id = *DatumGetUUIDP(row[U_CONNECTION]);
	u->claim_id = *DatumGetUUIDP(row[U_CLAIM]);
	u->name = MemoryContextStrdup(context, TextDatumGetCString(row[U_UNIT]));
	u->max_in_flight = Max(1, Min(DatumGetInt32(row[U_MAX_IN_FLIGHT]), MOST_OF_UNIT));
	u->again = MemoryContextAlloc(context, MOST_OF_UNIT * sizeof(Again));
	set_state(u, row[U_STATE], DatumGetInt32(row[U_REQUESTS]));
	u->nhosts = text_array(context, row[U_HOSTS], isnull[U_HOSTS], &u->hosts);
	read_budgets(u, row, isnull);
	u->nanswers = text_array(context, row[U_ANSWER_NAMES], isnull[U_ANSWER_NAMES], &u->answer_names);
	(void) text_array(context, row[U_ANSWER_PATHS], isnull[U_ANSWER_PATHS], &u->answer_paths);
	open_secrets(u, row, isnull);
	if (!isnull[U_SIGNING_KEY])
		sign_claims(u, TextDatumGetCString(row[U_SIGNING_KEY]), TextDatumGetCString(row[U_CLAIMS]));
}

/* A function of a provider, or a user's, must not hold the worker for good. */
static void
begin(const char *activity)
{
	db_begin(activity);
	enable_timeout_after(STATEMENT_TIMEOUT, STATEMENT_TIMEOUT_MS);
}

static void
commit(void)
{
	disable_timeout(STATEMENT_TIMEOUT, false);
	db_commit();
}

static bool
try(const char *what, void (*work) (void *context), void *context)
{
	bool		ok = db_try(what, work, context);

	disable_timeout(STATEMENT_TIMEOUT, false);
	QueryCancelPending = false;
	return ok;
}

static void
claim(void *context)
{
	static DbStatement statement = {"SELECT * FROM lealup._sync_claim($1, $2)"};
	Oid			types[] = {TIMESTAMPTZOID, INT4OID};
	Datum		values[] = {TimestampTzGetDatum(GetCurrentTimestamp()), Int32GetDatum(MOST_UNITS - nunits)};
	DbRows		rows;

	begin("taking up syncs");
	db_execute(&statement, 2, types, values, &rows);
	for (int i = 0; i < rows.count && nunits < MOST_UNITS; i++)
		add_unit(rows.values[i], rows.isnull[i]);
	commit();
}

static void
find_next(void *context)
{
	static DbStatement statement = {"SELECT lealup._sync_next()"};
	TimestampTz *next = context;
	DbRows		rows;

	begin("looking for syncs");
	db_execute(&statement, 0, NULL, NULL, &rows);
	*next = rows.count == 1 && !rows.isnull[0][0] ? DatumGetTimestampTz(rows.values[0][0]) : DT_NOEND;
	commit();
}

/* ----- Giving back ----- */

typedef struct Yield
{
	Unit	   *unit;
	TimestampTz until;
	const char *why;
} Yield;

static void
give_back(void *context)
{
	static DbStatement statement = {"SELECT lealup._sync_yield($1, $2, $3, $4, $5, $6, $7)"};
	Oid			types[] = {UUIDOID, UUIDOID, TEXTOID, UUIDOID, TIMESTAMPTZOID, TEXTOID, TIMESTAMPTZOID};
	Yield	   *y = context;
	Unit	   *u = y->unit;
	Datum		values[7];

	begin("giving a sync back");
	values[0] = UUIDPGetDatum(&u->tenant_id);
	values[1] = UUIDPGetDatum(&u->connection_id);
	values[2] = CStringGetTextDatum(u->name);
	values[3] = UUIDPGetDatum(&u->claim_id);
	values[4] = TimestampTzGetDatum(y->until);
	values[5] = CStringGetTextDatum(y->why);
	values[6] = TimestampTzGetDatum(GetCurrentTimestamp());
	db_execute(&statement, 7, types, values, NULL);
	commit();
}

static void
yield_unit(Unit *u, TimestampTz until, const char *why)
{
	Yield		y = {u, until, why};

	(void) try("giving a sync back", give_back, &y);
	u->ended = true;
}

/* ----- Requests ----- */

static int
unanswered(const Unit *u)
{
	int			n = 0;

	for (int i = 0; i < u->nrequests; i++)
		n += !u->requests[i]->answered;
	return n;
}

static char *
copy_text(Datum value, bool isnull)
{
	return isnull ? NULL : TextDatumGetCString(value);
}

/* Keeps a row of lealup._sync_requests() until it can be sent. */
static void
keep_request(Unit *u, int attempts, Datum *row, bool *isnull)
{
	MemoryContext context = AllocSetContextCreate(u->context, "lealup sync request", ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	Request    *r = palloc0(sizeof(Request));
	ExchangeRequest *q = palloc0(sizeof(ExchangeRequest));

	r->context = context;
	r->n = DatumGetInt32(row[R_N]);
	r->attempts = attempts;
	r->problem = copy_text(row[R_PROBLEM], isnull[R_PROBLEM]);
	if (r->problem)
	{
		r->answered = true;
		u->answered_at = u->answered_at ? u->answered_at : GetCurrentTimestamp();
	}
	else
	{
		strlcpy(r->method, TextDatumGetCString(row[R_METHOD]), sizeof(r->method));
		q->method = r->method;
		q->url = copy_text(row[R_URL], isnull[R_URL]);
		q->headers = copy_text(row[R_HEADERS], isnull[R_HEADERS]);
		q->body = copy_text(row[R_BODY], isnull[R_BODY]);
		q->nfields = text_array(context, row[R_PLACES], isnull[R_PLACES], &q->places);
		(void) text_array(context, row[R_NAMES], isnull[R_NAMES], &q->names);
		(void) text_array(context, row[R_PREFIXES], isnull[R_PREFIXES], &q->prefixes);
		(void) text_array(context, row[R_SECRETS], isnull[R_SECRETS], &q->secrets);
		q->timeout_ms = DatumGetInt32(row[R_TIMEOUT]);
		q->max_bytes = r->max_bytes = DatumGetInt32(row[R_MAX_BYTES]);
		q->once = !isnull[R_ONCE] && DatumGetBool(row[R_ONCE]);
		r->cost = isnull[R_COST] ? 1 : DatumGetInt32(row[R_COST]);
		r->prepared = q;
	}
	u->requests[u->nrequests++] = r;
	MemoryContextSwitchTo(old);
}

/* Asks SQL for the requests that come next, in an open transaction. */
static void
fetch_requests(Unit *u)
{
	static DbStatement statement = {"SELECT * FROM lealup._sync_requests($1, $2, $3, $4, $5)"};
	Oid			types[] = {UUIDOID, UUIDOID, TEXTOID, JSONBOID, INT4ARRAYOID};
	int			room = u->max_in_flight - unanswered(u);
	Datum		numbers[MOST_OF_UNIT];
	int			attempts[MOST_OF_UNIT];
	Datum		values[5];
	DbRows		rows;
	int			n = 0;

	room = Min(room, MOST_OF_UNIT - u->nrequests);
	while (n < room && u->nagain > 0)
	{
		u->nagain--;
		numbers[n] = Int32GetDatum(u->again[u->nagain].n);
		attempts[n++] = u->again[u->nagain].attempts + 1;
	}
	while (n < room && u->next < u->total)
	{
		numbers[n] = Int32GetDatum(u->next++);
		attempts[n++] = 1;
	}
	if (n == 0)
		return;
	values[0] = UUIDPGetDatum(&u->tenant_id);
	values[1] = UUIDPGetDatum(&u->connection_id);
	values[2] = CStringGetTextDatum(u->name);
	values[3] = u->state;
	values[4] = db_array(INT4OID, numbers, NULL, n);
	db_execute(&statement, 5, types, values, &rows);
	for (int i = 0; i < rows.count; i++)
		keep_request(u, attempts[i], rows.values[i], rows.isnull[i]);
}

static bool
wants_requests(const Unit *u)
{
	int			room = u->max_in_flight - unanswered(u);

	/* Not one by one: half of the room, or all that is left. */
	return (u->nagain > 0 || u->next < u->total) && u->nrequests < MOST_OF_UNIT
		&& (room >= (u->max_in_flight + 1) / 2 || room >= u->nagain + u->total - u->next) && room > 0;
}

static void
prepare_requests(void *context)
{
	begin("preparing requests");
	fetch_requests(context);
	commit();
}

/* How long a request has to wait for the unit's budgets; what it takes of the first ones is lost if a later one has not enough, which is on the safe side. */
static int64
budget_wait(Unit *u, int cost, TimestampTz now)
{
	for (int i = 0; i < u->nbudgets; i++)
	{
		Budget	   *b = &u->budgets[i];
		double		price = Min((double) cost, b->burst);
		double		tokens;

		if (!bucket_take(&b->id, b->rate, b->burst, price, now, &tokens))
			return (int64) ((price - tokens) / b->rate * USECS_PER_SEC) + 1000;
	}
	return 0;
}

static void
send_request(Unit *u, Request *r)
{
	const char *why = NULL;

	r->transfer = exchange_start(r->prepared, u->hosts, u->nhosts, u->secrets, u->nsecrets, &sync_client, &why);
	r->prepared = NULL;
	if (r->transfer)
	{
		r->transfer->owner = r;
		in_flight++;
		bytes_in_flight += r->max_bytes;
		return;
	}
	r->problem = MemoryContextStrdup(r->context, psprintf("not sent: %s", why ? why : "out of memory"));
	r->answered = true;
	u->answered_at = u->answered_at ? u->answered_at : GetCurrentTimestamp();
}

/* Whether there is room for one more; if not, the end of others makes some. */
static bool
has_room(const Request *r)
{
	return in_flight < MOST_IN_FLIGHT && (in_flight == 0 || bytes_in_flight + r->max_bytes <= MOST_BYTES);
}

/* Whether the unit has requests on their way, or answers that were not recorded. */
static bool
is_underway(const Unit *u)
{
	for (int i = 0; i < u->nrequests; i++)
		if (u->requests[i]->prepared == NULL)
			return true;
	return false;
}

/* Sends what was prepared, as far as the budgets go. */
static void
send_requests(void *context)
{
	Unit	   *u = context;
	TimestampTz now = GetCurrentTimestamp();

	for (int i = 0; i < u->nrequests; i++)
	{
		Request    *r = u->requests[i];
		int64		wait;

		if (r->prepared == NULL || u->not_before > now)
			continue;
		if (!has_room(r))
			break;
		wait = budget_wait(u, r->cost, now);
		if (wait > 0)
		{
			u->not_before = now + wait;
			u->waited_us += wait;
			break;
		}
		send_request(u, r);
	}
}

/* ----- Answers ----- */

static Oid
answer_type_oid(void)
{
	return GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum("_sync_answer"), ObjectIdGetDatum(get_namespace_oid("lealup", false)));
}

/* What came of a request, as a lealup._sync_answer. */
static Datum
make_answer(Unit *u, Request *r, TupleDesc descriptor, const char *instead)
{
	HttpTransfer *t = r->transfer;
	const char *problem = instead ? instead : t == NULL ? r->problem : t->error[0] ? t->error : NULL;
	Datum		values[8] = {0};
	bool		nulls[8] = {false, false, false, true, true, true, true, true};

	values[0] = Int32GetDatum(r->n);
	values[1] = Int32GetDatum(r->attempts);
	values[2] = Int32GetDatum(problem ? 0 : t->status);
	if (problem)
	{
		values[6] = CStringGetTextDatum(problem);
		nulls[6] = false;
	}
	else
	{
		char	   *text;
		Jsonb	   *body = exchange_body(t, u->secrets, u->nsecrets, &text);

		values[3] = JsonbPGetDatum(exchange_headers(t, u->secrets, u->nsecrets));
		nulls[3] = false;
		if (u->nanswers > 0)
		{
			values[7] = JsonbPGetDatum(exchange_seal(&u->tenant_id, u->answer_names, u->answer_paths, u->nanswers, &body));
			nulls[7] = false;
			/* What is no JSON may hold the tokens as well; that there was something is all that is told of it. */
			text = body ? NULL : t->response_body_length > 0 ? "(no JSON)" : "";
		}
		if (body)
		{
			values[4] = JsonbPGetDatum(body);
			nulls[4] = false;
		}
		else if (text)
		{
			values[5] = CStringGetTextDatum(text);
			nulls[5] = false;
		}
	}
	return HeapTupleGetDatum(heap_form_tuple(descriptor, values, nulls));
}

typedef struct Recording
{
	Unit	   *unit;
	Request   **requests;
	int			n;
	const char *instead;		/* of what was answered, if that cannot be recorded */

	/* What came of it. */
	MemoryContext context;
	bool		ended;
	Datum		state;			/* 0 = as before */
	int			total;
	int			nagain;
	int			again[MOST_OF_UNIT];
	TimestampTz again_at;		/* 0 = at once */
} Recording;

static void
take_progress(Recording *rec, const DbRows *rows)
{
	Datum	   *row = rows->values[0];
	bool	   *isnull = rows->isnull[0];

	rec->ended = rows->count != 1 || isnull[0] || !DatumGetBool(row[0]);
	if (rec->ended)
		return;
	if (!isnull[1])
	{
		MemoryContext old = MemoryContextSwitchTo(rec->context);

		rec->state = PointerGetDatum(PG_DETOAST_DATUM_COPY(row[1]));
		rec->total = DatumGetInt32(row[2]);
		MemoryContextSwitchTo(old);
	}
	if (!isnull[3])
	{
		Datum	   *values;
		int			n = db_elements(row[3], false, INT4OID, &values, NULL);

		for (int i = 0; i < n && rec->nagain < MOST_OF_UNIT; i++)
			rec->again[rec->nagain++] = DatumGetInt32(values[i]);
	}
	if (!isnull[4])
		rec->again_at = DatumGetTimestampTz(row[4]);
}

static void
record(void *context)
{
	static DbStatement statement = {"SELECT r.* FROM lealup._sync_record($1, $2, $3, $4, $5, $6, $7, $8, $9) r"};
	Recording  *rec = context;
	Unit	   *u = rec->unit;
	Oid			answer_type;
	TupleDesc	descriptor;
	Oid			types[] = {UUIDOID, UUIDOID, TEXTOID, UUIDOID, JSONBOID, InvalidOid, INT4OID, INT8OID, TIMESTAMPTZOID};
	Datum		values[9];
	Datum	   *answers = palloc(rec->n * sizeof(Datum));
	DbRows		rows;

	begin("recording answers");
	answer_type = answer_type_oid();
	descriptor = lookup_rowtype_tupdesc_copy(answer_type, -1);
	for (int i = 0; i < rec->n; i++)
		answers[i] = make_answer(u, rec->requests[i], descriptor, rec->instead);
	types[5] = get_array_type(answer_type);
	values[0] = UUIDPGetDatum(&u->tenant_id);
	values[1] = UUIDPGetDatum(&u->connection_id);
	values[2] = CStringGetTextDatum(u->name);
	values[3] = UUIDPGetDatum(&u->claim_id);
	values[4] = u->state;
	values[5] = db_array(answer_type, answers, NULL, rec->n);
	values[6] = Int32GetDatum(u->total - u->next + u->nagain + u->nrequests - rec->n);
	values[7] = Int64GetDatum(u->waited_us / 1000);
	values[8] = TimestampTzGetDatum(GetCurrentTimestamp());
	db_execute(&statement, 9, types, values, &rows);
	take_progress(rec, &rows);
	commit();
}

static void
send_again(Unit *u, const Recording *rec)
{
	for (int i = 0; i < rec->nagain; i++)
		for (int k = 0; k < rec->n; k++)
			if (rec->requests[k]->n == rec->again[i] && u->nagain < MOST_OF_UNIT)
			{
				u->again[u->nagain].n = rec->requests[k]->n;
				u->again[u->nagain++].attempts = rec->requests[k]->attempts;
			}
}

/* Takes the requests of a recording out of the unit. */
static void
drop_recorded(Unit *u, Recording *rec)
{
	int			kept = 0;

	for (int i = 0; i < u->nrequests; i++)
	{
		bool		recorded = false;

		for (int k = 0; k < rec->n; k++)
			recorded |= rec->requests[k] == u->requests[i];
		if (!recorded)
			u->requests[kept++] = u->requests[i];
	}
	u->nrequests = kept;
	for (int k = 0; k < rec->n; k++)
		free_request(rec->requests[k]);
}

/* Records answers; false if they cannot be. What comes of them counts once it is committed. */
static bool
try_record(const char *what, Recording *rec)
{
	Unit	   *u = rec->unit;

	rec->context = CurrentMemoryContext;
	rec->ended = false;
	rec->state = (Datum) 0;
	rec->nagain = 0;
	rec->again_at = 0;
	if (!try(what, record, rec))
		return false;
	u->ended = rec->ended;
	u->waited_us = 0;
	send_again(u, rec);
	u->not_before = Max(u->not_before, rec->again_at);
	drop_recorded(u, rec);
	if (rec->state)
	{
		/* Answers to what was asked before must not be taken for answers to what is asked now. */
		while (u->nrequests > 0)
			free_request(u->requests[--u->nrequests]);
		u->answered_at = 0;
		set_state(u, rec->state, rec->total);
	}
	return true;
}

static void
record_answers(Unit *u)
{
	Request    *answered[MOST_OF_UNIT];
	Recording	all = {.unit = u, .requests = answered};
	size_t		bytes = 0;
	int			states = u->states;

	u->answered_at = 0;
	for (int i = 0; i < u->nrequests; i++)
	{
		HttpTransfer *t = u->requests[i]->transfer;
		size_t		length = t ? t->response_body_length : 0;

		if (!u->requests[i]->answered)
			continue;
		if (all.n > 0 && bytes + length > BATCH_BYTES)
		{
			/* The rest is next. */
			u->answered_at = GetCurrentTimestamp() - PATIENCE_US;
			break;
		}
		answered[all.n++] = u->requests[i];
		bytes += length;
	}
	if (try_record("recording answers", &all))
		return;
	/* A provider gives a token once, so its answer is kept for a while, in case that it is the database's trouble. */
	if (u->nanswers > 0 && ++u->recordings < MOST_RECORDINGS)
	{
		u->answered_at = GetCurrentTimestamp();
		u->record_after = u->answered_at + (USECS_PER_SEC / 2 << u->recordings);
		return;
	}
	/* It may be one answer's fault: each is recorded for itself, and one that cannot be is taken for a failure. */
	for (int k = 0; k < all.n && !u->ended && u->states == states; k++)
	{
		Recording	one = {.unit = u, .requests = &answered[k], .n = 1};

		if (try_record("recording an answer", &one))
			continue;
		one.instead = "the answer could not be recorded";
		if (!try_record("recording a failure", &one))
			u->ended = true;	/* its lease runs out */
	}
}

static void
collect_answers(void)
{
	HttpTransfer *transfer;
	TimestampTz now = GetCurrentTimestamp();

	while ((transfer = http_next_done(&sync_client)) != NULL)
	{
		((Request *) transfer->owner)->answered = true;
		for (int i = 0; i < nunits; i++)
			for (int k = 0; k < units[i]->nrequests; k++)
				if (units[i]->requests[k]->transfer == transfer && units[i]->answered_at == 0)
					units[i]->answered_at = now;
	}
}

/* Whether enough was answered to be worth a transaction. */
static bool
is_worth_recording(const Unit *u, TimestampTz now)
{
	int			waiting = unanswered(u);
	int			answered = u->nrequests - waiting;

	return answered > 0 && now >= u->record_after && (answered >= BATCH || waiting == 0 || now - u->answered_at >= PATIENCE_US);
}

/* ----- The step ----- */

static void
work_on(Unit *u, TimestampTz now)
{
	if (u->blocked)
	{
		shared_report_error(psprintf("syncs wait: %s", u->blocked));
		yield_unit(u, now + u->blocked_for, u->blocked);
		return;
	}
	if (is_worth_recording(u, now))
		record_answers(u);
	if (u->ended)
		return;
	if (wants_requests(u) && !try("preparing requests", prepare_requests, u))
	{
		yield_unit(u, now + RETRY_AFTER_US, "its requests could not be prepared");
		return;
	}
	if (!try("sending requests", send_requests, u))
		yield_unit(u, now + RETRY_AFTER_US, "its requests could not be sent");
	else if (u->not_before > now + LONGEST_HELD_US && unanswered(u) > 0 && !is_underway(u))
		yield_unit(u, u->not_before, "the provider's limits");
}

/* When a unit has something to do by itself; what its requests wait for wakes the worker. */
static TimestampTz
next_time(const Unit *u)
{
	TimestampTz next = DT_NOEND;

	for (int i = 0; i < u->nrequests; i++)
		if (u->requests[i]->prepared && has_room(u->requests[i]))
			next = Min(next, u->not_before);
	if (u->answered_at)
		next = Min(next, Max(u->answered_at + PATIENCE_US, u->record_after));
	if (wants_requests(u))
		next = Min(next, u->not_before);
	return next;
}

void
sync_init(void)
{
}

void
sync_reload(void)
{
}

static void
release_all(void *context)
{
	static DbStatement statement = {"SELECT lealup._sync_release_all()"};

	begin("taking over syncs");
	db_execute(&statement, 0, NULL, NULL, NULL);
	commit();
}

TimestampTz
sync_step(void)
{
	static bool taken_over;
	static TimestampTz due;
	TimestampTz now = GetCurrentTimestamp();
	TimestampTz next;
	bool		ended = false;

	if (!taken_over)
		taken_over = try("taking over syncs", release_all, NULL);
	collect_answers();
	for (int i = nunits - 1; i >= 0; i--)
	{
		work_on(units[i], now);
		if (units[i]->ended)
		{
			forget_unit(i);
			ended = true;
		}
	}
	if (nunits < MOST_UNITS && (worker_woken() || ended || now >= due))
	{
		int			before = nunits;

		due = now + RETRY_AFTER_US;
		if (try("taking up syncs", claim, NULL) && try("looking for syncs", find_next, &due))
		{
			/* What is due and was not taken up has to wait for others of its tenant; their ends look again. */
			if (due <= now && nunits == before)
				due = now + USECS_PER_SEC;
		}
		for (int i = before; i < nunits; i++)
			work_on(units[i], now);
	}
	next = nunits < MOST_UNITS ? due : DT_NOEND;
	for (int i = 0; i < nunits; i++)
		next = Min(next, units[i]->ended ? now : next_time(units[i]));
	return Min(next, http_next_time());
}
