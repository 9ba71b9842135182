/*
 * outcome.c
 *		What came of attempts: judged, gathered, recorded.
 *
 * Success is any 2xx of a complete response. Retried are timeouts, broken connections, TLS and DNS failures, 5xx, 408, 425 and
 * 429 (LealUp Webhooks, "Delivery and retries"; RFC 9110); every other answer is final unless the subscription wants it retried.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "common/pg_prng.h"
#include "compat.h"
#include "db.h"
#include "lib/stringinfo.h"
#include "outcome.h"
#include "settings.h"
#include "shared.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/json.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#define MOST_AT_A_TIME 2000
#define LOCKS_FOR		(60 * USECS_PER_SEC)	/* locked rows are passed over so long after one was met */
#define RETRY_LOCKED	(USECS_PER_SEC)

typedef struct Outcome
{
	Delivery   *delivery;
	bool		final;
	bool		success;
	bool		recorded;
	bool		dropped;		/* it cannot be recorded at all; its delivery stays held */
	bool		gone;			/* the endpoint answered 410 */
	TimestampTz next_attempt_at;	/* DT_NOEND = none */
	TimestampTz started_at;
	int64		latency_us;		/* -1 = was not sent */
	int			status;			/* 0 = none */
	Datum		url;
	Datum		request_headers;	/* json; 0 = none */
	Datum		response_headers;
	Datum		response_body;
	Datum		error;
} Outcome;

static MemoryContext context;
static Outcome *outcomes;
static int	count;
static int	space;
static TimestampTz oldest;
static TimestampTz locks_until;

void
outcome_init(void)
{
	context = AllocSetContextCreate(TopMemoryContext, "lealup outcomes", ALLOCSET_DEFAULT_SIZES);
	space = 1024;
	outcomes = MemoryContextAlloc(TopMemoryContext, space * sizeof(Outcome));
}

int
outcome_count(TimestampTz *since)
{
	*since = oldest;
	return count;
}

/* ----- What is logged of headers ----- */

/* Bytes that are not printable ASCII would make the JSON invalid in some encoding or other. */
static char *
printable(const char *bytes, size_t length)
{
	char	   *copy = pnstrdup(bytes, length);

	for (size_t i = 0; i < length; i++)
		if ((unsigned char) copy[i] < ' ' || (unsigned char) copy[i] >= 0x7f)
			copy[i] = copy[i] == '\t' ? ' ' : '?';
	return copy;
}

/* Appends one "name: value" line to a JSON object. */
static void
append_header(StringInfo json, const char *line, size_t length, bool secret)
{
	const char *colon = memchr(line, ':', length);
	const char *value;
	const char *end = line + length;
	char	   *name;

	if (colon == NULL)
		return;
	name = printable(line, colon - line);
	for (value = colon + 1; value < end && (*value == ' ' || *value == '\t'); value++)
		;
	while (end > value && strchr(" \t\r\n", end[-1]))
		end--;
	secret |= pg_strcasecmp(name, "Set-Cookie") == 0;
	appendStringInfoString(json, json->len > 1 ? ", " : "");
	escape_json(json, name);
	appendStringInfoString(json, ": ");
	escape_json(json, secret ? "[redacted]" : printable(value, end - value));
}

static Datum
request_headers(HttpTransfer *transfer)
{
	StringInfoData json;

	initStringInfo(&json);
	appendStringInfoChar(&json, '{');
	for (int i = 0; i < transfer->nheaders; i++)
	{
		bool		secret;
		const char *line = http_request_header(transfer, i, &secret);

		append_header(&json, line, strlen(line), secret);
	}
	appendStringInfoChar(&json, '}');
	return PointerGetDatum(cstring_to_text_with_len(json.data, json.len));
}

/* A header that occurs twice is there twice; the views show the last one. */
static Datum
response_headers(HttpTransfer *transfer)
{
	const char *line = transfer->response_headers;
	const char *end = line + transfer->response_headers_length;
	StringInfoData json;

	if (transfer->response_headers_length == 0)
		return (Datum) 0;
	initStringInfo(&json);
	appendStringInfoChar(&json, '{');
	while (line < end)
	{
		const char *newline = memchr(line, '\n', end - line);
		size_t		length = newline ? newline - line : end - line;

		append_header(&json, line, length, false);
		line += length + 1;
	}
	appendStringInfoChar(&json, '}');
	return PointerGetDatum(cstring_to_text_with_len(json.data, json.len));
}

/* ----- Judgement ----- */

static bool
is_retryable(const HttpTransfer *transfer)
{
	if (transfer->result == HTTP_BLOCKED)
		return false;
	if (transfer->result != HTTP_COMPLETE)
		return true;
	return transfer->status >= 500 || transfer->status == 408 || transfer->status == 425 || transfer->status == 429;
}

/* The step of the schedule that comes after this attempt, counted from 0. */
static int
next_step(const Delivery *d)
{
	return d->attempt_no - d->first_attempt_no + 1;
}

/* Attempt n waits its step after the attempt before it has ended: never less, and a little more lest all come at once. */
static TimestampTz
retry_time(const Delivery *d, const HttpTransfer *transfer, TimestampTz ended_at)
{
	int64		wait = d->subscription->steps[next_step(d)];
	int64		jitter = Min(wait / 10, 30 * USECS_PER_SEC);
	int64		asked = Min(transfer->retry_after, setting_max_retry_after) * USECS_PER_SEC;

	if (jitter > 0)
		wait += (int64) (pg_prng_double(&pg_global_prng_state) * jitter);
	return ended_at + Max(wait, asked);
}

static void
judge(Outcome *o, const HttpTransfer *transfer)
{
	Delivery   *d = o->delivery;
	Subscription *s = d->subscription;

	o->success = transfer->result == HTTP_COMPLETE && transfer->status >= 200 && transfer->status < 300;
	o->next_attempt_at = DT_NOEND;
	o->final = o->success || d->once || next_step(d) < 1 || next_step(d) >= s->nsteps || !(s->retry_any || is_retryable(transfer));
	if (!o->final)
		o->next_attempt_at = retry_time(d, transfer, o->started_at + o->latency_us);
}

static void
count_result(Outcome *o)
{
	Subscription *s = o->delivery->subscription;
	WorkerSlot *slot = shared_my_slot();

	if (o->success)
		slot->delivered++;
	else
		slot->failed++;
	if (s->disable_on_gone && o->gone)
		s->disabling = s->gone = true;
	if (s->disable_after_failures == 0 || !o->final || (o->success && s->consecutive_failures == 0))
		return;
	s->consecutive_failures = o->success ? 0 : s->consecutive_failures + 1;
	s->failures_changed = true;
	if (s->consecutive_failures >= s->disable_after_failures)
		s->disabling = true;
}

static Outcome *
add(Delivery *d)
{
	if (count == 0)
		oldest = GetCurrentTimestamp();
	if (count == space)
	{
		outcomes = repalloc(outcomes, 2 * space * sizeof(Outcome));
		space *= 2;
	}
	memset(&outcomes[count], 0, sizeof(Outcome));
	outcomes[count].delivery = d;
	return &outcomes[count++];
}

void
outcome_add(Delivery *d, HttpTransfer *transfer)
{
	MemoryContext old = MemoryContextSwitchTo(context);
	Outcome    *o = add(d);

	o->started_at = transfer->started_at;
	o->latency_us = transfer->latency_us;
	o->status = transfer->status;
	o->url = CStringGetTextDatum(http_request_url(transfer));
	o->request_headers = request_headers(transfer);
	o->response_headers = response_headers(transfer);
	if (transfer->response_body_length > 0)
		o->response_body = PointerGetDatum(cstring_to_text_with_len(transfer->response_body, transfer->response_body_length));
	if (transfer->error[0])
		o->error = CStringGetTextDatum(printable(transfer->error, strlen(transfer->error)));
	o->gone = transfer->result == HTTP_COMPLETE && transfer->status == 410;
	judge(o, transfer);
	if (!o->success && !transfer->error[0])
		o->error = CStringGetTextDatum(psprintf("the endpoint answered %d", transfer->status));
	MemoryContextSwitchTo(old);
	count_result(o);
}

void
outcome_add_unsent(Delivery *d, const char *error)
{
	MemoryContext old = MemoryContextSwitchTo(context);
	Outcome    *o = add(d);

	o->started_at = GetCurrentTimestamp();
	o->latency_us = -1;
	o->final = true;
	o->next_attempt_at = DT_NOEND;
	o->url = CStringGetTextDatum(d->subscription->url);
	o->error = CStringGetTextDatum(error);
	MemoryContextSwitchTo(old);
	count_result(o);
}

/* ----- Recording ----- */

/* Fields of the type lealup._outcome. */
enum
{
	F_TENANT, F_ID, F_ATTEMPT_NO, F_FINAL, F_STATUS, F_NEXT_ATTEMPT_AT, F_STARTED_AT, F_LATENCY, F_URL, F_REQUEST_HEADERS,
	F_RESPONSE_STATUS, F_RESPONSE_HEADERS, F_RESPONSE_BODY, F_ERROR, FIELDS
};

static Datum
make_row(Outcome *o, TupleDesc desc)
{
	Datum		values[FIELDS];
	bool		nulls[FIELDS] = {0};

	values[F_TENANT] = UUIDPGetDatum(&o->delivery->key.tenant_id);
	values[F_ID] = UUIDPGetDatum(&o->delivery->key.id);
	values[F_ATTEMPT_NO] = Int16GetDatum(o->delivery->attempt_no);
	values[F_FINAL] = BoolGetDatum(o->final);
	values[F_STATUS] = CStringGetTextDatum(o->success ? "success" : o->final ? "failed" : "retrying");
	values[F_NEXT_ATTEMPT_AT] = TimestampTzGetDatum(o->next_attempt_at);
	values[F_STARTED_AT] = TimestampTzGetDatum(o->started_at);
	values[F_LATENCY] = Int32GetDatum((int32) Min(o->latency_us, PG_INT32_MAX));
	values[F_URL] = o->url;
	values[F_REQUEST_HEADERS] = o->request_headers;
	values[F_RESPONSE_STATUS] = Int16GetDatum(o->status);
	values[F_RESPONSE_HEADERS] = o->response_headers;
	values[F_RESPONSE_BODY] = o->response_body;
	values[F_ERROR] = o->error;
	nulls[F_NEXT_ATTEMPT_AT] = o->next_attempt_at == DT_NOEND;
	nulls[F_LATENCY] = o->latency_us < 0;
	nulls[F_REQUEST_HEADERS] = o->request_headers == 0;
	nulls[F_RESPONSE_STATUS] = o->status == 0;
	nulls[F_RESPONSE_HEADERS] = o->response_headers == 0;
	nulls[F_RESPONSE_BODY] = o->response_body == 0;
	nulls[F_ERROR] = o->error == 0;
	return heap_copy_tuple_as_datum(heap_form_tuple(desc, values, nulls), desc);
}

static void
record(Outcome *batch, int n)
{
	static DbStatement statement = {"SELECT lealup._record($1)"};
	Oid			row_type;
	Oid			array_type;
	TupleDesc	desc;
	Datum	   *rows = palloc(n * sizeof(Datum));
	Datum		value;

	row_type = GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum("_outcome"), ObjectIdGetDatum(get_namespace_oid("lealup", false)));
	array_type = get_array_type(row_type);
	desc = lookup_rowtype_tupdesc(row_type, -1);
	for (int i = 0; i < n; i++)
		rows[i] = make_row(&batch[i], desc);
	ReleaseTupleDesc(desc);
	value = db_array(row_type, rows, NULL, n);
	db_execute(&statement, 1, &array_type, &value, NULL);
}

typedef struct Batch
{
	Outcome    *outcomes;
	int			n;
} Batch;

static void
mark_recorded(Outcome *batch, int n)
{
	for (int i = 0; i < n; i++)
		batch[i].recorded = true;
}

static void
record_batch(void *argument)
{
	Batch	   *batch = argument;

	db_begin("recording deliveries");
	record(batch->outcomes, batch->n);
	db_commit();
	mark_recorded(batch->outcomes, batch->n);
}

/* The same, but leaves out those whose queue rows somebody has locked. */
static void
record_unlocked(void *argument)
{
	static DbStatement statement = {"SELECT * FROM lealup._recordable($1, $2)"};
	Batch	   *batch = argument;
	Oid			types[] = {UUIDARRAYOID, UUIDARRAYOID};
	Datum	   *tenants;
	Datum	   *ids;
	Datum		values[2];
	DbRows		rows;
	Outcome    *free_ones = palloc(batch->n * sizeof(Outcome));
	int		   *chosen;
	int			n;

	db_begin("recording deliveries that are not locked");
	tenants = palloc(batch->n * sizeof(Datum));
	ids = palloc(batch->n * sizeof(Datum));
	for (int i = 0; i < batch->n; i++)
	{
		tenants[i] = UUIDPGetDatum(&batch->outcomes[i].delivery->key.tenant_id);
		ids[i] = UUIDPGetDatum(&batch->outcomes[i].delivery->key.id);
	}
	values[0] = db_array(UUIDOID, tenants, NULL, batch->n);
	values[1] = db_array(UUIDOID, ids, NULL, batch->n);
	db_execute(&statement, 2, types, values, &rows);
	chosen = MemoryContextAlloc(context, batch->n * sizeof(int));
	n = rows.count;
	for (int i = 0; i < n; i++)
	{
		chosen[i] = DatumGetInt32(rows.values[i][0]) - 1;
		free_ones[i] = batch->outcomes[chosen[i]];
	}
	if (n > 0)
		record(free_ones, n);
	db_commit();
	for (int i = 0; i < n; i++)
		batch->outcomes[chosen[i]].recorded = true;
}

/*
 * Stores a subscription's count of failures, and disables it if it is to be. What cannot be done now, because somebody has locked
 * the row, is tried again with its next outcome.
 */
static void
note_failures(void *argument)
{
	static DbStatement statement = {"SELECT lealup._note_failures($1, $2, $3, $4)"};
	Outcome    *o = argument;
	Subscription *s = o->delivery->subscription;
	const char *reason = NULL;
	Oid			types[] = {UUIDOID, UUIDOID, INT4OID, TEXTOID};
	Datum		values[4];
	DbRows		rows;
	bool		done;

	if (s->disabling)
		reason = s->gone ? "the endpoint answered 410 Gone"
			: psprintf("%d deliveries in a row failed", s->consecutive_failures);
	db_begin("counting failures");
	values[0] = UUIDPGetDatum(&s->key.tenant_id);
	values[1] = UUIDPGetDatum(&s->key.id);
	values[2] = Int32GetDatum(s->consecutive_failures);
	values[3] = reason ? CStringGetTextDatum(reason) : (Datum) 0;
	db_execute_nulls(&statement, 4, types, values, reason ? NULL : "   n", &rows);
	done = rows.count == 1 && DatumGetBool(rows.values[0][0]);
	db_commit();
	if (done)
		s->failures_changed = s->disabling = false;
}

static void
note_all_failures(void)
{
	static uint32 flushes = 0;

	flushes++;
	for (int i = 0; i < count; i++)
	{
		Subscription *s = outcomes[i].delivery->subscription;

		/* Once per subscription, even if its row is locked. */
		if ((!s->failures_changed && !s->disabling) || s->noted == flushes)
			continue;
		s->noted = flushes;
		(void) db_try("counting failures", note_failures, &outcomes[i]);
	}
}

/* Whatever came from outside, and might be what cannot be stored, is left out. */
static void
strip(Outcome *o)
{
	o->request_headers = o->response_headers = o->response_body = 0;
	o->error = CStringGetTextDatum("the attempt's details could not be stored");
}

static void
record_or_split(Outcome *first, int n)
{
	Batch		batch = {first, n};

	/* After a wait for a lock, which cost everybody's time, locked rows are passed over for a while. */
	if (db_try("recording deliveries", GetCurrentTimestamp() < locks_until ? record_unlocked : record_batch, &batch))
		return;
	if (db_last_error() == ERRCODE_LOCK_NOT_AVAILABLE || db_last_error() == ERRCODE_T_R_DEADLOCK_DETECTED)
	{
		locks_until = GetCurrentTimestamp() + LOCKS_FOR;
		if (db_try("recording deliveries", record_unlocked, &batch))
			return;
	}
	if (!db_error_in_data())
		ereport(ERROR, (errcode(db_last_error()), errmsg("outcomes wait: %s", db_last_message())));
	if (n > 1)
	{
		record_or_split(first, n / 2);
		record_or_split(first + n / 2, n - n / 2);
		return;
	}
	/* A leaf that was attached meanwhile is found at the second try. */
	if (db_try("recording a delivery", record_batch, &batch))
		return;
	strip(first);
	if (!db_try("recording a delivery without details", record_batch, &batch))
		first->dropped = true;
}

static Datum
copy_value(Datum value)
{
	return value == 0 ? 0 : datumCopy(value, false, -1);
}

/* Keeps what is not recorded yet, in memory of its own; everything else is forgotten. */
static void
keep_rest(void)
{
	MemoryContext fresh = AllocSetContextCreate(TopMemoryContext, "lealup outcomes", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(fresh);
	int			kept = 0;

	for (int i = 0; i < count; i++)
	{
		Outcome    *o = &outcomes[i];

		if (o->recorded || o->dropped)
			continue;
		o->url = copy_value(o->url);
		o->request_headers = copy_value(o->request_headers);
		o->response_headers = copy_value(o->response_headers);
		o->response_body = copy_value(o->response_body);
		o->error = copy_value(o->error);
		outcomes[kept++] = *o;
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
	context = fresh;
	count = kept;
	oldest = GetCurrentTimestamp() + RETRY_LOCKED;
}

void
outcome_flush(void (*recorded) (Delivery *delivery, TimestampTz next_attempt_at))
{
	MemoryContext old = MemoryContextSwitchTo(context);
	int			done = 0;

	for (int from = 0; from < count; from += MOST_AT_A_TIME)
		record_or_split(outcomes + from, Min(MOST_AT_A_TIME, count - from));
	note_all_failures();
	MemoryContextSwitchTo(old);
	for (int i = 0; i < count; i++)
		if (outcomes[i].recorded)
		{
			recorded(outcomes[i].delivery, outcomes[i].next_attempt_at);
			done++;
		}
	if (done < count)
	{
		keep_rest();
		return;
	}
	count = 0;
	MemoryContextReset(context);
}
