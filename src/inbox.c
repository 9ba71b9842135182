/*
 * inbox.c
 *		Notifications of providers, understood by the sync worker. What that means is in sql/79_inbox_run.sql.
 *
 * It also fetches the public keys by which providers sign (sql/79_inbox_oidc.sql), one set at a time: the gateway, which needs them, never
 * asks anybody.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "db.h"
#include "http_client.h"
#include "inbox.h"
#include "mb/pg_wchar.h"
#include "settings.h"
#include "utils/builtins.h"
#include "worker.h"

#define MESSAGES_AT_A_TIME 50
#define INBOX_INTERVAL (INT64CONST(3600) * USECS_PER_SEC)	/* the net under the wake-ups */
#define LOCKED_PAUSE (INT64CONST(1) * USECS_PER_SEC)
#define KEY_SET_TIMEOUT_MS 10000
#define MOST_KEY_SET (256 * 1024)	/* bytes */

static const char inbox_client;	/* its address marks our transfers */
static HttpTransfer *fetching;
static HttpTarget *fetching_from;
static char fetching_url[HTTP_MAX_URL + 1];
static TimestampTz due;

void
inbox_reload(void)
{
	due = 0;
}

/* ----- Public keys ----- */

static void
store_key_set(void *context)
{
	static DbStatement statement = {"SELECT lealup._key_set_fetched($1, $2, $3, $4, $5)"};
	Oid			types[] = {TEXTOID, INT4OID, TEXTOID, TEXTOID, TIMESTAMPTZOID};
	const char *error = context;
	Datum		values[5] = {0};
	char		nulls[] = "  nn ";

	if (error == NULL && fetching->error[0])
		error = fetching->error;
	if (error == NULL && !pg_verify_mbstr(PG_UTF8, fetching->response_body, fetching->response_body_length, true))
		error = "the answer is not UTF-8";
	db_begin("storing public keys");
	values[0] = CStringGetTextDatum(fetching_url);
	values[1] = Int32GetDatum(fetching ? fetching->status : 0);
	if (error)
	{
		values[3] = CStringGetTextDatum(error);
		nulls[3] = ' ';
	}
	else
	{
		char	   *body = pnstrdup(fetching->response_body, fetching->response_body_length);

		values[2] = CStringGetTextDatum(pg_any_to_server(body, fetching->response_body_length, PG_UTF8));
		nulls[2] = ' ';
	}
	values[4] = TimestampTzGetDatum(GetCurrentTimestamp());
	db_execute_nulls(&statement, 5, types, values, nulls, NULL);
	db_commit();
}

static void
forget_fetch(void)
{
	if (fetching)
		http_release(fetching);
	if (fetching_from)
		http_target_release(fetching_from);
	fetching = NULL;
	fetching_from = NULL;
	due = 0;
}

/* A set that is to be fetched; the row says that it is tried, so that nobody does it twice. */
static void
claim_key_set(void *context)
{
	static DbStatement statement = {"SELECT lealup._key_set_due($1)"};
	Oid			types[] = {TIMESTAMPTZOID};
	Datum		values[] = {TimestampTzGetDatum(GetCurrentTimestamp())};
	DbRows		rows;

	fetching_url[0] = '\0';
	db_begin("looking for public keys to fetch");
	db_execute(&statement, 1, types, values, &rows);
	if (rows.count == 1 && !rows.isnull[0][0])
		strlcpy(fetching_url, TextDatumGetCString(rows.values[0][0]), sizeof(fetching_url));
	db_commit();
}

static void
fetch_key_set(void)
{
	const char *why = "out of memory";
	HttpUrl		parsed;

	if (!db_try("looking for public keys to fetch", claim_key_set, NULL) || fetching_url[0] == '\0')
		return;
	if (!http_parse_url(fetching_url, &parsed, &why))
		;
	else if (strcmp(parsed.scheme, "https") != 0 && !setting_allow_http)
		why = "its scheme is not https";
	else
		fetching_from = http_target_new(fetching_url, KEY_SET_TIMEOUT_MS, NULL, &why);
	if (fetching_from && (fetching = http_prepare(fetching_from)) != NULL)
	{
		fetching->client = &inbox_client;
		fetching->method = "GET";
		fetching->keep_response = fetching->most_response = MOST_KEY_SET;
		http_header(fetching, "Accept", "application/json");
		if (http_start(fetching))
			return;
		http_release(fetching);
		fetching = NULL;
	}
	(void) db_try("storing public keys", store_key_set, unconstify(char *, why));
	forget_fetch();
}

/* ----- Messages ----- */

static void
work_off(void)
{
	static DbStatement run = {"SELECT lealup._inbox_due($1, $2)"};
	static DbStatement next = {"SELECT least(lealup._inbox_next(), lealup._key_set_next())"};
	Oid			types[] = {TIMESTAMPTZOID, INT4OID};
	TimestampTz now = GetCurrentTimestamp();
	Datum		values[] = {TimestampTzGetDatum(now), Int32GetDatum(MESSAGES_AT_A_TIME)};
	DbRows		rows;
	int64		done;

	db_begin("notifications");
	db_execute(&run, 2, types, values, &rows);
	done = DatumGetInt64(rows.values[0][0]);
	db_execute(&next, 0, NULL, NULL, &rows);
	due = rows.isnull[0][0] ? DT_NOEND : DatumGetTimestampTz(rows.values[0][0]);
	db_commit();
	/* What is due and was not done is locked by somebody. */
	due = done >= MESSAGES_AT_A_TIME ? now : Min(due > now ? due : now + LOCKED_PAUSE, now + INBOX_INTERVAL);
}

TimestampTz
inbox_step(void)
{
	HttpTransfer *transfer;

	while ((transfer = http_next_done(&inbox_client)) != NULL)
	{
		Assert(transfer == fetching);
		(void) db_try("storing public keys", store_key_set, NULL);
		forget_fetch();
	}
	/* It is called for every event at a socket. */
	if (worker_woken() || GetCurrentTimestamp() >= due)
	{
		work_off();
		if (fetching == NULL)
			fetch_key_set();
	}
	return due;
}
