/*
 * gateway.c
 *		The gateway worker: HTTP requests, answered by lealup.http_request().
 *
 * A request is one transaction as lealup.gateway_role, committed and on disk before its answer is sent. What is told about a client, its address
 * and how it reached the proxy, is what is believed; whatever else claims to tell it is taken out. A request that is under way
 * when the worker is to end has a moment to finish.
 */
#include "postgres.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>

#include "access/xact.h"
#include "access/xlog.h"
#include "address.h"
#include "catalog/pg_type.h"
#include "compat.h"
#include "db.h"
#include "executor/executor.h"
#include "gateway.h"
#include "inbound.h"
#include "listener.h"
#include "loop.h"
#include "pgstat.h"
#include "replication/syncrep.h"
#include "settings.h"
#include "shared.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "tcop/tcopprot.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/timeout.h"

#define FIRST_RETRY (1 * USECS_PER_SEC)
#define LONGEST_RETRY (60 * USECS_PER_SEC)
#define GRACE_MS 1000			/* for the request in hand */
#define FAREWELL_MS 500			/* for answers that are being sent */
#define DRAIN_US (10 * USECS_PER_SEC)
#define LONGEST_LOGGED_SEGMENT 40
#define NOTIFICATIONS "/v1/inbound/"

static bool configure_wanted = true;
static int	failures;
static TimestampTz retry_at;
static TimestampTz next_run;
static TimestampTz drain_until;
static int	which;				/* of the gateway workers this one is */

static volatile sig_atomic_t in_hand;	/* requests are being answered */
static volatile sig_atomic_t end_wanted;	/* by a SIGTERM that came meanwhile */
static const char *route;		/* of the request in hand, as the log names it; NULL = not known */

/* ----- Ending ----- */

static void
terminate(SIGNAL_ARGS)
{
	int			saved = errno;

	if (in_hand && !end_wanted)
		SetLatch(MyLatch);
	else
		die(postgres_signal_arg);
	end_wanted = true;
	errno = saved;
}

/* Comes twice before it ends the request: the first time may be right after the signal. */
static void
grace_is_over(void)
{
	static int	ticks;

	ticks = end_wanted ? ticks + 1 : 0;
	if (ticks < 2)
		return;
	ProcDiePending = true;
	InterruptPending = true;
	SetLatch(MyLatch);
}

/* No new requests; what is being sent is given a moment. */
static void
say_farewell(void)
{
	TimestampTz until = GetCurrentTimestamp() + FAREWELL_MS * INT64CONST(1000);

	end_wanted = true;
	(void) listener_listen("", false, false);
	while (listener_run(), listener_busy() > 0 && GetCurrentTimestamp() < until)
	{
		struct pollfd descriptor = {.fd = listener_descriptor(), .events = POLLIN};

		(void) poll(&descriptor, 1, 20);
	}
}

/* ----- Whom a request is from ----- */

static bool
is_forwarding(const char *name)
{
	return strcmp(name, "lealup-client-address") == 0 || strcmp(name, "forwarded") == 0 || strcmp(name, "x-real-ip") == 0
		|| strncmp(name, "x-forwarded-", 12) == 0;
}

static const char *
header(const ListenerRequest *request, const char *name)
{
	for (int i = 0; i < request->nheaders; i++)
		if (strcmp(request->headers[i].name, name) == 0)
			return request->headers[i].value;
	return NULL;
}

static const char *
address_text(const struct sockaddr *address)
{
	char		text[INET6_ADDRSTRLEN] = "";

	if (address->sa_family == AF_UNIX)
		return "unix";
	if (address->sa_family == AF_INET)
		inet_ntop(AF_INET, &((const struct sockaddr_in *) address)->sin_addr, text, sizeof(text));
	else if (address->sa_family == AF_INET6)
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *) address)->sin6_addr, text, sizeof(text));
	return pstrdup(text);
}

static bool
parse_address(const char *text, struct sockaddr_storage *address)
{
	memset(address, 0, sizeof(*address));
	if (inet_pton(AF_INET, text, &((struct sockaddr_in *) address)->sin_addr) == 1)
		address->ss_family = AF_INET;
	else if (inet_pton(AF_INET6, text, &((struct sockaddr_in6 *) address)->sin6_addr) == 1)
		address->ss_family = AF_INET6;
	return address->ss_family != 0;
}

/* The last element of a comma-separated list, which is cut off the list. */
static char *
take_last(char *list)
{
	char	   *comma = strrchr(list, ',');
	char	   *last = comma ? comma + 1 : list;
	size_t		length;

	last += strspn(last, " \t");
	length = strlen(last);
	while (length > 0 && (last[length - 1] == ' ' || last[length - 1] == '\t'))
		length--;
	last = pnstrdup(last, length);
	*(comma ? comma : list) = '\0';
	return last;
}

/* Each proxy adds whom it was spoken to by: the first one from the end that is no trusted proxy is the client. */
static const char *
client_address(const ListenerRequest *request)
{
	struct sockaddr_storage address;
	const char *claimed = header(request, "x-forwarded-for");
	const char *client = address_text(request->peer);
	char	   *list;

	if (claimed == NULL || !address_in_list(setting_gateway_trusted_proxies, request->peer))
		return client;
	list = pstrdup(claimed);
	while (list[0])
	{
		char	   *last = take_last(list);

		if (!parse_address(last, &address))
			break;
		client = address_text((struct sockaddr *) &address);
		if (!address_in_list(setting_gateway_trusted_proxies, (struct sockaddr *) &address))
			break;
	}
	return client;
}

/* What the nearest proxy says; else "otherwise". */
static const char *
believed(const ListenerRequest *request, const char *name, const char *otherwise)
{
	const char *claimed = header(request, name);
	char	   *last;

	if (claimed == NULL || !address_in_list(setting_gateway_trusted_proxies, request->peer))
		return otherwise;
	last = take_last(pstrdup(claimed));
	return last[0] ? last : otherwise;
}

/* The headers as an array of text for jsonb_object(): name, value, name, value ... */
static Datum
header_array(const ListenerRequest *request)
{
	const char *client = client_address(request);
	const char *proto = believed(request, "x-forwarded-proto", "http");
	const char *host = believed(request, "x-forwarded-host", header(request, "host"));
	Datum	   *values = palloc((request->nheaders + 4) * 2 * sizeof(Datum));
	int			n = 0;

	for (int i = 0; i < request->nheaders; i++)
		if (!is_forwarding(request->headers[i].name))
		{
			values[n++] = CStringGetTextDatum(request->headers[i].name);
			values[n++] = CStringGetTextDatum(request->headers[i].value);
		}
	values[n++] = CStringGetTextDatum("lealup-client-address");
	values[n++] = CStringGetTextDatum(client);
	values[n++] = CStringGetTextDatum("x-forwarded-for");
	values[n++] = CStringGetTextDatum(client);
	values[n++] = CStringGetTextDatum("x-forwarded-proto");
	values[n++] = CStringGetTextDatum(strcmp(proto, "https") == 0 ? "https" : "http");
	if (host)
	{
		values[n++] = CStringGetTextDatum("x-forwarded-host");
		values[n++] = CStringGetTextDatum(host);
	}
	return db_array(TEXTOID, values, NULL, n);
}

/* ----- Answering ----- */

/* Takes the headers, strings of an object. lealup-route is for the log: the path's pattern, in which no client's secret can stand. */
static void
take_headers(ListenerAnswer *answer, Jsonb *headers)
{
	JsonbIterator *iterator = JsonbIteratorInit(&headers->root);
	JsonbIteratorToken token;
	JsonbValue	value;
	ListenerHeader h = {NULL, NULL};

	answer->headers = palloc((JB_ROOT_COUNT(headers) + 1) * sizeof(ListenerHeader));
	if (!JB_ROOT_IS_OBJECT(headers))
		return;
	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
			h.name = pnstrdup(value.val.string.val, value.val.string.len);
		if (token != WJB_VALUE || value.type != jbvString)
			continue;
		h.value = pnstrdup(value.val.string.val, value.val.string.len);
		if (pg_strcasecmp(h.name, "lealup-route") == 0)
			route = h.value;
		else
			answer->headers[answer->nheaders++] = h;
	}
}

/*
 * What requests have done is written to disk for several of them at a time, before any of them is answered: a commit that waits for the
 * disk on its own would keep all others waiting.
 */
static XLogRecPtr committed;	/* up to where the log is to be written; 0 = it is */

static bool
commit_for_later(void)
{
	int			kept = synchronous_commit;

	XactLastCommitEnd = 0;
	PG_TRY();
	{
		synchronous_commit = SYNCHRONOUS_COMMIT_OFF;
		db_commit();
	}
	PG_FINALLY();
	{
		synchronous_commit = kept;
	}
	PG_END_TRY();
	if (XactLastCommitEnd == 0 || kept == SYNCHRONOUS_COMMIT_OFF)
		return false;
	committed = Max(committed, XactLastCommitEnd);
	return true;
}

/* As PostgreSQL's own commit does it. */
static void
make_durable(void)
{
	XLogRecPtr	until = committed;

	committed = 0;
	XLogFlush(until);
	HOLD_INTERRUPTS();
	SyncRepWaitForLSN(until, true);
	RESUME_INTERRUPTS();
}

static void
run_request(const ListenerRequest *request, ListenerAnswer *answer)
{
	static DbStatement any = {"SELECT lealup.http_request($1, $2, $3, pg_catalog.jsonb_object($4), $5)"};
	/* What http_request() would call. */
	static DbStatement notification = {"SELECT lealup._receive_inbound($1, $2, $3, pg_catalog.jsonb_object($4), $5)"};
	bool		is_notification = strncmp(request->path, NOTIFICATIONS, strlen(NOTIFICATIONS)) == 0;
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext transaction;
	Oid			types[] = {TEXTOID, TEXTOID, TEXTOID, TEXTARRAYOID, BYTEAOID};
	Datum		values[5] = {0};
	char		nulls[] = "  n n";
	DbRows		rows;
	HeapTupleHeader reply;
	Datum		value;
	bool		isnull;

	db_begin_gateway("answering a request");
	values[0] = CStringGetTextDatum(request->method);
	values[1] = CStringGetTextDatum(request->path);
	if (request->query)
	{
		values[2] = CStringGetTextDatum(request->query);
		nulls[2] = ' ';
	}
	values[3] = header_array(request);
	if (request->body)
	{
		values[4] = PointerGetDatum(cstring_to_text_with_len(request->body, request->body_length));
		nulls[4] = ' ';
	}
	db_execute_nulls(is_notification ? &notification : &any, 5, types, values, nulls, &rows);
	if (rows.count != 1 || rows.isnull[0][0])
		elog(ERROR, "lealup.http_request() gave no answer");
	reply = DatumGetHeapTupleHeader(rows.values[0][0]);
	value = GetAttributeByName(reply, "status", &isnull);
	answer->status = isnull ? 0 : DatumGetInt32(value);
	if (answer->status < 200 || answer->status > 599)
		elog(ERROR, "lealup.http_request() gave a status that is none: %d", answer->status);
	transaction = MemoryContextSwitchTo(caller);
	value = GetAttributeByName(reply, "response_body", &isnull);
	if (!isnull)
	{
		bytea	   *body = DatumGetByteaPP(value);

		answer->length = VARSIZE_ANY_EXHDR(body);
		answer->body = pnstrdup(VARDATA_ANY(body), answer->length);
	}
	value = GetAttributeByName(reply, "response_headers", &isnull);
	if (!isnull)
		take_headers(answer, DatumGetJsonbP(value));
	MemoryContextSwitchTo(transaction);
	answer->held = commit_for_later();
}

static int
status_of(int code)
{
	int			class = ERRCODE_TO_CATEGORY(code);

	if (code == ERRCODE_QUERY_CANCELED || code == ERRCODE_LOCK_NOT_AVAILABLE || class == ERRCODE_TO_CATEGORY(ERRCODE_T_R_SERIALIZATION_FAILURE)
		|| class == ERRCODE_INSUFFICIENT_RESOURCES)
		return 503;
	/* What a deferred constraint finds is found by the commit alone. */
	return class == ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION ? 409 : 500;
}

static void
start_timers(void)
{
	EnableTimeoutParams timers[2] = {0};

	timers[0].id = STATEMENT_TIMEOUT;
	timers[0].type = TMPARAM_AFTER;
	timers[0].delay_ms = setting_gateway_statement_timeout;
	timers[1].id = USER_TIMEOUT;
	timers[1].type = TMPARAM_EVERY;
	timers[1].fin_time = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), GRACE_MS / 2);
	timers[1].delay_ms = GRACE_MS / 2;
	enable_timeouts(timers, 2);
}

/* A cancellation that comes when the transaction has ended is none. */
static void
stop_timers(void)
{
	DisableTimeoutParams timers[2] = {{STATEMENT_TIMEOUT, false}, {USER_TIMEOUT, false}};

	disable_timeouts(timers, 2);
	QueryCancelPending = false;
}

static void
answer_request(const ListenerRequest *request, ListenerAnswer *answer)
{
	MemoryContext caller = CurrentMemoryContext;
	ErrorData  *volatile error = NULL;

	route = NULL;
	if (end_wanted)
	{
		listener_problem(answer, 503, "The server is going away.");
		return;
	}
	start_timers();
	PG_TRY();
	{
		run_request(request, answer);
	}
	PG_CATCH();
	{
		error = db_recover(caller);
	}
	PG_END_TRY();
	/* Before the log, where a cancellation would be noticed. */
	stop_timers();
	if (error)
	{
		int			status = status_of(error->sqlerrcode);

		ereport(LOG, (errmsg("lealup: a request failed: %s", error->message)));
		if (status == 500)
			shared_report_error(error->message);
		memset(answer, 0, sizeof(*answer));
		listener_problem(answer, status, status == 503 ? "The request could not be answered in time." : NULL);
	}
}

/* ----- The log ----- */

/* A path without what is too long for a name, and may be a token. */
static char *
path_for_log(const char *path)
{
	StringInfoData text;

	initStringInfo(&text);
	while (*path && text.len < 200)
	{
		size_t		length = strcspn(path + 1, "/");

		appendStringInfoChar(&text, '/');
		if (length > LONGEST_LOGGED_SEGMENT)
			appendStringInfoChar(&text, '*');
		else
			appendBinaryStringInfo(&text, path + 1, length);
		path += 1 + length;
	}
	return text.data;
}

static void
observe(const ListenerRequest *request, const ListenerAnswer *answer, double milliseconds)
{
	WorkerSlot *slot = shared_my_slot();

	slot->delivered++;
	if (answer->status >= 500)
		slot->failed++;
	if (setting_gateway_log == GATEWAY_LOG_ALL || (setting_gateway_log == GATEWAY_LOG_ERRORS && answer->status >= 400))
		ereport(LOG,
				(errhidestmt(true), errhidecontext(true),
				 errmsg("lealup gateway: %s %s %d %.1f ms %zu bytes to %s",
						request->method ? request->method : "-",
						request->path == NULL ? "-" : route ? route : path_for_log(request->path),
						answer->status, milliseconds, answer->length, client_address(request))));
	route = NULL;
}

/* ----- The worker's module ----- */

void
gateway_init(void)
{
	(void) shared_worker_kind(shared_my_number(), &which);
	RegisterTimeout(USER_TIMEOUT, grace_is_over);
	pqsignal(SIGTERM, terminate);
	pqsignal(SIGPIPE, SIG_IGN);
	listener_init(answer_request, make_durable, observe);
	loop_before_exit(say_farewell);
	gateway_reload();
}

int
gateway_descriptor(void)
{
	return listener_descriptor();
}

void
gateway_reload(void)
{
	char		timeout[32];

	snprintf(timeout, sizeof(timeout), "%d", setting_gateway_lock_timeout);
	SetConfigOption("lock_timeout", timeout, PGC_SUSET, PGC_S_OVERRIDE);
	configure_wanted = true;
	retry_at = 0;
}

static void
run_listener(void)
{
	/* Until it is done, even a message to the log would end the process before an answer is sent. */
	in_hand = true;
	next_run = listener_run();
	in_hand = false;
	if (end_wanted)
	{
		ProcDiePending = true;
		InterruptPending = true;
		SetLatch(MyLatch);
	}
	shared_my_slot()->in_flight = listener_connections();
}

void
gateway_pump(void)
{
	run_listener();
}

static void
try_role(void *context)
{
	db_begin_gateway("looking at the role");
	db_commit();
}

/* Opens and closes what the settings say. Without a role to act as there is nothing to be answered. */
static void
configure(TimestampTz now)
{
	const char *problem = NULL;
	bool		ok = db_try("the gateway's role", try_role, NULL);

	if (ok)
	{
		problem = listener_listen(setting_gateway_listen, which == 1, setting_gateway_workers > 1);
		if (problem)
		{
			ereport(LOG, (errmsg("lealup's gateway %s", problem), errdetail("It tries again, less and less often, up to once a minute.")));
			shared_report_error(problem);
		}
	}
	else
		(void) listener_listen("", false, false);
	configure_wanted = !ok || problem;
	if (configure_wanted)
	{
		retry_at = now + Min(FIRST_RETRY << Min(failures, 10), LONGEST_RETRY);
		failures++;
		shared_set_state(WORKER_BACKING_OFF);
	}
	else
	{
		failures = 0;
		shared_set_state(WORKER_RUNNING);
		shared_report_success();
	}
	run_listener();
}

TimestampTz
gateway_step(void)
{
	TimestampTz now = GetCurrentTimestamp();

	drain_until = 0;
	if (configure_wanted && retry_at <= now)
		configure(now);
	return Min(configure_wanted ? Min(next_run, retry_at) : next_run, inbound_tell(false));
}

/* The listener closes; what is under way is finished. */
TimestampTz
gateway_drain(void)
{
	TimestampTz now = GetCurrentTimestamp();

	(void) inbound_tell(true);
	if (drain_until == 0)
	{
		drain_until = now + DRAIN_US;
		(void) listener_listen("", false, false);
		run_listener();
		configure_wanted = true;
		retry_at = 0;
	}
	if (listener_connections() == 0 || now >= drain_until)
		return 0;
	return Min(next_run, drain_until);
}
