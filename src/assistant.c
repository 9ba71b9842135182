/*
 * assistant.c
 *		Questions to the tenants' assistants, asked by the sync worker.
 *
 * What is asked and what becomes of the answer is in sql/75_assistant.sql. Here a question is claimed in one transaction, sent while
 * none is open, and recorded in another; the claim's id fences off a worker that was given up meanwhile.
 */
#include "postgres.h"

#include "assistant.h"
#include "catalog/pg_type.h"
#include "crypto.h"
#include "db.h"
#include "http_client.h"
#include "mb/pg_wchar.h"
#include "settings.h"
#include "shared.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/uuid.h"
#include "vault.h"
#include "worker.h"

#define MOST_IN_FLIGHT 64		/* many times what one tenant may have */
#define MOST_RESPONSE (256 * 1024)	/* bytes */
#define RETRY_AFTER (10 * USECS_PER_SEC)	/* what could not be recorded */

/* Columns of lealup._assistant_claim(). */
enum
{
	C_TENANT, C_ID, C_CLAIM, C_URL, C_TIMEOUT, C_BODY, C_SECRET_ID, C_SECRET, C_KEY_IDS, C_KEYS
};

typedef struct Question
{
	pg_uuid_t	tenant_id;
	pg_uuid_t	id;
	pg_uuid_t	claim_id;
	HttpTarget *target;
	HttpTransfer *transfer;		/* NULL = it was not sent */
	char		error[256];		/* why */
	bool		waits;			/* for a key: it is given back unasked */
	bool		sent;
	bool		answered;
} Question;

static const char assistant_client;	/* its address marks our transfers */
static Question questions[MOST_IN_FLIGHT];
static int	count;

void
assistant_init(void)
{
	http_init();
	http_reload();
}

/* ----- Recording ----- */

static void
record(void *context)
{
	static DbStatement statement = {"SELECT lealup._assistant_record($1, $2, $3, $4, $5, $6, $7)"};
	Oid			types[] = {UUIDOID, UUIDOID, UUIDOID, INT4OID, TEXTOID, TEXTOID, TIMESTAMPTZOID};
	Question   *q = context;
	HttpTransfer *t = q->transfer;
	const char *error = t ? t->error : q->error;
	Datum		values[7];
	char		nulls[] = "       ";

	db_begin("recording an answer");
	values[0] = UUIDPGetDatum(&q->tenant_id);
	values[1] = UUIDPGetDatum(&q->id);
	values[2] = UUIDPGetDatum(&q->claim_id);
	values[3] = Int32GetDatum(t ? t->status : 0);
	if (error[0] || t == NULL || t->response_body_length == 0)
		nulls[4] = 'n';
	else
	{
		/* It came from outside: what the database's encoding cannot hold is an error of this question alone. */
		int			length = t->response_body_length;

		if (!pg_verify_mbstr(PG_UTF8, t->response_body, length, true))
		{
			nulls[4] = 'n';
			error = "the answer is not UTF-8";
		}
		else
			values[4] = CStringGetTextDatum(pg_any_to_server(pnstrdup(t->response_body, length), length, PG_UTF8));
	}
	if (error[0])
		values[5] = CStringGetTextDatum(error);
	else
		nulls[5] = 'n';
	values[6] = TimestampTzGetDatum(GetCurrentTimestamp());
	db_execute_nulls(&statement, 7, types, values, nulls, NULL);
	db_commit();
}

static void
forget(int i)
{
	if (questions[i].transfer)
		http_release(questions[i].transfer);
	if (questions[i].target)
		http_target_release(questions[i].target);
	questions[i] = questions[--count];
}

static void
record_answers(void)
{
	HttpTransfer *transfer;

	while ((transfer = http_next_done(&assistant_client)) != NULL)
	{
		for (int i = 0; i < count; i++)
			if (questions[i].transfer == transfer)
				questions[i].answered = true;
	}
	for (int i = count - 1; i >= 0; i--)
	{
		if (!questions[i].answered)
			continue;
		if (!db_try("recording an answer", record, &questions[i]))
		{
			/* It may be the answer's fault, such as a character that the database's encoding has not. What cannot be recorded at all runs
			 * into the end of its claim, and is asked again. */
			if (questions[i].transfer)
				http_release(questions[i].transfer);
			questions[i].transfer = NULL;
			strlcpy(questions[i].error, "the answer could not be recorded", sizeof(questions[i].error));
			(void) db_try("recording an answer", record, &questions[i]);
		}
		forget(i);
	}
}

/* ----- Asking ----- */

/* The header with the key, or NULL with *why (which stays NULL if there is no key), and whether to wait for it. */
static char *
authorization(Datum *row, bool *isnull, bool *wait, const char **why)
{
	VaultState	state;
	VaultDataKey *keys;
	char	   *key;
	char	   *header;
	int			n;

	if (isnull[C_SECRET])
		return NULL;
	n = vault_data_keys(row[C_KEY_IDS], isnull[C_KEY_IDS], row[C_KEYS], &keys);
	key = vault_open(DatumGetUUIDP(row[C_TENANT]), DatumGetUUIDP(row[C_SECRET_ID]), DatumGetByteaPP(row[C_SECRET]), keys, n, &state, why);
	*wait = state == VAULT_FETCHING || state == VAULT_LOCKED;
	if (state == VAULT_LOCKED)
		shared_report_error(psprintf("questions to an assistant wait: %s", *why));
	if (key == NULL)
		return NULL;
	*why = NULL;				/* vault_open() leaves in it what it tried last */
	header = psprintf("Authorization: Bearer %s", key);
	crypto_cleanse(key, strlen(key));
	return header;
}

/* Makes the request of a claimed row; what is wrong with it is in q->error. */
static void
prepare(Question *q, Datum *row, bool *isnull)
{
	const char *why = NULL;
	char	   *url = TextDatumGetCString(row[C_URL]);
	char	   *header = authorization(row, isnull, &q->waits, &why);
	char	   *body;
	HttpUrl		parsed;

	if (why == NULL && isnull[C_BODY])
		why = "there is nothing to ask, or no attempt came to an end";
	if (why == NULL && http_parse_url(url, &parsed, &why) && strcmp(parsed.scheme, "https") != 0 && !setting_allow_http)
		why = "its scheme is not https";
	if (why == NULL)
		q->target = http_target_new(url, DatumGetInt32(row[C_TIMEOUT]), header, &why);
	if (header)
		crypto_cleanse(header, strlen(header));
	if (q->waits)
		return;
	if (q->target == NULL || (q->transfer = http_prepare(q->target)) == NULL)
	{
		snprintf(q->error, sizeof(q->error), "not sent: %s", why ? why : "out of memory");
		return;
	}
	body = TextDatumGetCString(row[C_BODY]);
	body = pg_server_to_any(body, strlen(body), PG_UTF8);
	q->transfer->body = strdup(body);
	q->transfer->body_length = strlen(body);
	q->transfer->client = &assistant_client;
	q->transfer->keep_response = MOST_RESPONSE;
	http_header(q->transfer, "Content-Type", "application/json");
	http_header(q->transfer, "Accept", "application/json");
}

/* A question whose key is not to be had now uses up no attempt. */
static void
give_back(Question *q)
{
	static DbStatement statement = {"SELECT lealup._assistant_give_back($1, $2, $3, $4)"};
	Oid			types[] = {UUIDOID, UUIDOID, UUIDOID, TIMESTAMPTZOID};
	Datum		values[] = {UUIDPGetDatum(&q->tenant_id), UUIDPGetDatum(&q->id), UUIDPGetDatum(&q->claim_id),
	TimestampTzGetDatum(GetCurrentTimestamp() + RETRY_AFTER)};

	db_execute(&statement, 4, types, values, NULL);
}

static void
claim(void *context)
{
	static DbStatement statement = {"SELECT * FROM lealup._assistant_claim($1, $2)"};
	Oid			types[] = {TIMESTAMPTZOID, INT4OID};
	Datum		values[] = {TimestampTzGetDatum(GetCurrentTimestamp()), Int32GetDatum(MOST_IN_FLIGHT - count)};
	DbRows		rows;
	int			before = count;

	db_begin("asking an assistant");
	db_execute(&statement, 2, types, values, &rows);
	for (int i = 0; i < rows.count; i++)
	{
		Question   *q = &questions[count++];

		memset(q, 0, sizeof(Question));
		q->tenant_id = *DatumGetUUIDP(rows.values[i][C_TENANT]);
		q->id = *DatumGetUUIDP(rows.values[i][C_ID]);
		q->claim_id = *DatumGetUUIDP(rows.values[i][C_CLAIM]);
		prepare(q, rows.values[i], rows.isnull[i]);
		if (q->waits)
			give_back(q);
	}
	db_commit();
	for (int i = count - 1; i >= before; i--)
		if (questions[i].waits)
			forget(i);
	for (int i = before; i < count; i++)
	{
		Question   *q = &questions[i];

		q->sent = q->transfer && q->transfer->body && http_start(q->transfer);
		if (q->sent)
			continue;
		q->answered = true;
		if (q->transfer)
			http_release(q->transfer);
		q->transfer = NULL;
		if (!q->error[0])
			strlcpy(q->error, "not sent: out of memory", sizeof(q->error));
	}
}

/* After an error in claiming: what was not sent is forgotten, and asked again when its claim ends. */
static void
forget_unsent(void)
{
	for (int i = count - 1; i >= 0; i--)
		if (!questions[i].sent)
			forget(i);
}

static TimestampTz
next_due(void)
{
	static DbStatement statement = {"SELECT lealup._assistant_next()"};
	TimestampTz next = DT_NOEND;
	DbRows		rows;

	db_begin("looking for questions to an assistant");
	db_execute(&statement, 0, NULL, NULL, &rows);
	if (rows.count == 1 && !rows.isnull[0][0])
		next = DatumGetTimestampTz(rows.values[0][0]);
	db_commit();
	return next;
}

TimestampTz
assistant_step(void)
{
	static TimestampTz due = 0;
	TimestampTz now = GetCurrentTimestamp();
	TimestampTz timer;

	/* It is called for every event at a socket; the queue is looked into when a backend asks for it, a time has come, or one was answered. */
	if (count > 0)
	{
		int			before = count;

		record_answers();
		if (count < before)
			due = now;
	}
	if (count < MOST_IN_FLIGHT && (worker_woken() || now >= due))
	{
		int			before = count;

		/* Stays so if an error comes before it is known when to look again: nobody wakes it twice. */
		due = now;
		if (!db_try("asking an assistant", claim, NULL))
		{
			forget_unsent();
			due = now + RETRY_AFTER;
		}
		else
		{
			due = next_due();
			/* What somebody else has locked stays due. */
			if (count == before && due <= now)
				due = now + RETRY_AFTER;
		}
		record_answers();
	}
	timer = http_next_time();
	return count < MOST_IN_FLIGHT ? Min(due, timer) : timer;
}
