/*
 * subscription.c
 *		What a delivery worker knows of subscriptions and their endpoints.
 *
 * Settings are read when a subscription is first met, and again when its version changes. Caps, rates and windows live here, in
 * one process, because an endpoint belongs to one worker.
 *
 * An endpoint's window is how many requests it may have in flight besides its cap: it halves with every request that times out or
 * does not connect, and doubles again with answers, so that an endpoint that hangs holds few of the worker's slots.
 */
#include "postgres.h"

#include "address.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "compat.h"
#include "crypto.h"
#include "db.h"
#include "settings.h"
#include "shared.h"
#include "subscription.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "vault.h"

#define SMALLEST_WINDOW 4
#define EVICT_ABOVE 10000
#define LOAD_AT_A_TIME 500
#define MAX_STEP_DAYS 7

/* Columns of lealup._subscription_settings(). */
enum
{
	C_TENANT, C_ID, C_VERSION, C_ACTIVE, C_URL, C_SCHEDULE, C_RETRY_ANY, C_TIMEOUT, C_RATE, C_IN_FLIGHT, C_ON_GONE, C_AFTER_FAILURES,
	C_FAILURES, C_SECRET_IDS, C_SECRETS, C_SECRETS_EXPIRE, C_HEADERS_ID, C_HEADERS, C_KEY_IDS, C_KEYS
};

static HTAB *subscriptions;
static HTAB *endpoints;

void
subscription_init(void)
{
	HASHCTL		control = {0};

	control.keysize = sizeof(SubscriptionKey);
	control.entrysize = sizeof(Subscription);
	control.hcxt = TopMemoryContext;
	subscriptions = hash_create("lealup subscriptions", 256, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	control.keysize = sizeof(EndpointKey);
	control.entrysize = sizeof(Endpoint);
	endpoints = hash_create("lealup endpoints", 256, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

Subscription *
subscription_find(const SubscriptionKey *key)
{
	return hash_search(subscriptions, key, HASH_FIND, NULL);
}

Subscription *
subscription_get(const pg_uuid_t *tenant_id, const pg_uuid_t *id)
{
	SubscriptionKey key;
	Subscription *s;
	bool		found;

	key.tenant_id = *tenant_id;
	key.id = *id;
	s = hash_search(subscriptions, &key, HASH_ENTER, &found);
	if (!found)
	{
		memset((char *) s + sizeof(key), 0, sizeof(Subscription) - sizeof(key));
		s->next_due = DT_NOEND;
		s->after_at = DT_NOBEGIN;
		dlist_init(&s->ready);
	}
	return s;
}

void
subscription_each(void (*visit) (Subscription *subscription, void *context), void *context)
{
	HASH_SEQ_STATUS status;
	Subscription *s;

	hash_seq_init(&status, subscriptions);
	while ((s = hash_seq_search(&status)) != NULL)
		visit(s, context);
}

/* ----- Endpoints ----- */

static Endpoint *
endpoint_attach(const pg_uuid_t *tenant_id, const HttpUrl *url)
{
	EndpointKey key;
	Endpoint   *e;
	bool		found;

	memset(&key, 0, sizeof(key));
	key.tenant_id = *tenant_id;
	snprintf(key.name, sizeof(key.name), "%s://%s:%d", url->scheme, url->host, url->port);
	e = hash_search(endpoints, &key, HASH_ENTER, &found);
	if (!found)
	{
		e->references = e->in_flight = 0;
		e->rate = -1;
		e->tokens = 0;
		e->tokens_at = 0;
		e->window = setting_max_in_flight_per_endpoint;
		e->hash = hash_bytes((unsigned char *) &key, sizeof(key));
	}
	e->references++;
	return e;
}

static void
endpoint_detach(Endpoint *e)
{
	/* One that has requests in flight, or tokens to remember, stays until eviction. */
	e->references--;
}

/* ----- Settings ----- */

static void
forget_settings(Subscription *s)
{
	if (s->target)
		http_target_release(s->target);
	if (s->endpoint)
		endpoint_detach(s->endpoint);
	for (int i = 0; i < s->nsigners; i++)
		webhook_signer_free(&s->signers[i]);
	s->target = NULL;
	s->endpoint = NULL;
	s->nsigners = 0;
	s->unusable = NULL;
	s->locked = false;
}

/* Opens the signing secrets and the custom headers; else *why that is not possible. */
static VaultState
read_secrets(Subscription *s, Datum *row, bool *isnull, char **headers, const char **why)
{
	VaultDataKey *keys;
	int			nkeys = vault_data_keys(row[C_KEY_IDS], isnull[C_KEY_IDS], row[C_KEYS], &keys);
	VaultState	state;
	Datum	   *ids;
	Datum	   *ciphertexts;
	Datum	   *expires;
	bool	   *current;
	int			n;

	*headers = NULL;
	*why = "the subscription has no secret";
	if (isnull[C_SECRET_IDS])
		return VAULT_BROKEN;
	n = db_elements(row[C_SECRET_IDS], false, UUIDOID, &ids, NULL);
	(void) db_elements(row[C_SECRETS], false, BYTEAOID, &ciphertexts, NULL);
	(void) db_elements(row[C_SECRETS_EXPIRE], false, TIMESTAMPTZOID, &expires, &current);
	for (int i = 0; i < Min(n, WEBHOOK_MAX_SIGNERS); i++)
	{
		char	   *secret = vault_open(&s->key.tenant_id, DatumGetUUIDP(ids[i]), DatumGetByteaPP(ciphertexts[i]), keys, nkeys, &state, why);

		if (secret == NULL)
			return state;
		webhook_signer_init(&s->signers[s->nsigners++], secret, current[i] ? DT_NOEND : DatumGetTimestampTz(expires[i]));
		crypto_cleanse(secret, strlen(secret));
	}
	if (!isnull[C_HEADERS])
	{
		*headers = vault_open(&s->key.tenant_id, DatumGetUUIDP(row[C_HEADERS_ID]), DatumGetByteaPP(row[C_HEADERS]), keys, nkeys, &state, why);
		if (*headers == NULL)
			return state;
	}
	return VAULT_OPENED;
}

static void
read_schedule(Subscription *s, Datum schedule)
{
	Datum	   *steps;
	bool	   *nulls;
	int			n = db_elements(schedule, false, INTERVALOID, &steps, &nulls);

	s->nsteps = Min(n, SUBSCRIPTION_MAX_STEPS);
	for (int i = 0; i < s->nsteps; i++)
	{
		Interval   *step = nulls[i] ? NULL : DatumGetIntervalP(steps[i]);
		int64		days = step ? Min(step->day + INT64CONST(30) * step->month, MAX_STEP_DAYS) : 0;

		/* A row put in by hand may hold anything. */
		s->steps[i] = step ? Max(0, Min(step->time, USECS_PER_DAY * MAX_STEP_DAYS) + Max(days, 0) * USECS_PER_DAY) : 0;
	}
}

/* Sets up where and how to send. What is wrong with a URL concerns its own subscription only. */
static void
read_target(Subscription *s, Datum *row, bool *isnull)
{
	const char *why = NULL;
	char	   *headers;
	HttpUrl		url;
	VaultState	state;

	text_to_cstring_buffer(DatumGetTextPP(row[C_URL]), s->url, sizeof(s->url));
	if (VARSIZE_ANY_EXHDR(DatumGetTextPP(row[C_URL])) > HTTP_MAX_URL)
	{
		s->unusable = "it is longer than 2000 characters";
		return;
	}
	if (!http_parse_url(s->url, &url, &why) || (strcmp(url.scheme, "https") != 0 && !setting_allow_http))
	{
		s->unusable = why ? why : "its scheme is not https";
		return;
	}
	s->endpoint = endpoint_attach(&s->key.tenant_id, &url);
	if (!s->active)
		return;
	/* Of names the proxy decides; an address is known here already. */
	if (setting_proxy && setting_proxy[0] && !address_host_is_allowed(url.host))
	{
		s->unusable = "address not allowed: the host is a special-purpose address";
		return;
	}
	state = read_secrets(s, row, isnull, &headers, &why);
	if (state != VAULT_OPENED)
	{
		s->locked = true;
		if (state != VAULT_FETCHING)
			shared_report_error(psprintf("deliveries of a subscription wait: %s", why));
		return;
	}
	s->target = http_target_new(s->url, s->timeout_ms, headers, &why);
	if (s->target == NULL)
		s->unusable = why;
	if (headers)
		crypto_cleanse(headers, strlen(headers));
}

static void
read_settings(Subscription *s, Datum *row, bool *isnull)
{
	bool		was_active = s->known && s->active;

	/* Until everything is read, an error must leave it as one that is not known. */
	forget_settings(s);
	s->known = false;
	s->active = DatumGetBool(row[C_ACTIVE]);
	/* If it was deleted, upkeep may have looked while outcomes were being recorded. */
	if (was_active && !s->active)
		shared_wake_others(WAKE_UPKEEP);
	s->retry_any = DatumGetBool(row[C_RETRY_ANY]);
	s->timeout_ms = DatumGetInt32(row[C_TIMEOUT]);
	s->rate = isnull[C_RATE] ? setting_endpoint_rate_limit : DatumGetInt32(row[C_RATE]);
	s->max_in_flight = isnull[C_IN_FLIGHT] ? setting_max_in_flight_per_subscription : DatumGetInt32(row[C_IN_FLIGHT]);
	s->disable_on_gone = DatumGetBool(row[C_ON_GONE]);
	s->disable_after_failures = isnull[C_AFTER_FAILURES] ? 0 : DatumGetInt32(row[C_AFTER_FAILURES]);
	s->consecutive_failures = DatumGetInt32(row[C_FAILURES]);
	s->failures_changed = s->disabling = s->gone = false;
	read_schedule(s, row[C_SCHEDULE]);
	read_target(s, row, isnull);
	s->version = DatumGetInt32(row[C_VERSION]);
	s->known = true;
}

/* An endpoint's rate is that of its most generous subscription: the others are held to their own. */
static void
add_rate(Subscription *s, void *context)
{
	Endpoint   *e = s->endpoint;

	if (e == NULL || !s->active)
		return;
	if (s->rate == 0 || e->rate == 0)
		e->rate = 0;
	else
		e->rate = Max(e->rate, s->rate);
}

static void
sum_up_endpoints(void)
{
	HASH_SEQ_STATUS status;
	Endpoint   *e;

	hash_seq_init(&status, endpoints);
	while ((e = hash_seq_search(&status)) != NULL)
		e->rate = -1;
	subscription_each(add_rate, NULL);
}

typedef struct Wanted
{
	bool		all;
	Datum	   *tenants;
	Datum	   *ids;
	int			n;
} Wanted;

static void
add_wanted(Subscription *s, void *context)
{
	Wanted	   *wanted = context;

	if (s->known && !wanted->all)
		return;
	wanted->tenants[wanted->n] = UUIDPGetDatum(&s->key.tenant_id);
	wanted->ids[wanted->n++] = UUIDPGetDatum(&s->key.id);
}

static void
load_some(Wanted *wanted, int from, int n, void (*discard) (Subscription *))
{
	static DbStatement statement = {"SELECT * FROM lealup._subscription_settings($1, $2)"};
	Oid			types[] = {UUIDARRAYOID, UUIDARRAYOID};
	Datum		values[2];
	DbRows		rows;

	values[0] = db_array(UUIDOID, wanted->tenants + from, NULL, n);
	values[1] = db_array(UUIDOID, wanted->ids + from, NULL, n);
	db_execute(&statement, 2, types, values, &rows);
	for (int i = 0; i < n; i++)
		subscription_get(DatumGetUUIDP(wanted->tenants[from + i]), DatumGetUUIDP(wanted->ids[from + i]))->found = false;
	for (int i = 0; i < rows.count; i++)
	{
		Subscription *s = subscription_get(DatumGetUUIDP(rows.values[i][C_TENANT]), DatumGetUUIDP(rows.values[i][C_ID]));

		s->found = true;
		if (s->known && s->version == DatumGetInt32(rows.values[i][C_VERSION]) && s->active == DatumGetBool(rows.values[i][C_ACTIVE]))
			continue;
		discard(s);
		read_settings(s, rows.values[i], rows.isnull[i]);
		s->next_due = s->active ? 0 : DT_NOEND;
		s->after_at = DT_NOBEGIN;
	}

	/* A row that somebody deleted by hand. */
	for (int i = 0; i < n; i++)
	{
		Subscription *s = subscription_get(DatumGetUUIDP(wanted->tenants[from + i]), DatumGetUUIDP(wanted->ids[from + i]));

		if (s->found || !s->known)
			continue;
		discard(s);
		s->known = s->active = false;
	}
}

void
subscription_load(bool all, void (*discard) (Subscription *subscription))
{
	long		n = hash_get_num_entries(subscriptions);
	Wanted		wanted = {all};

	wanted.tenants = palloc(Max(n, 1) * sizeof(Datum));
	wanted.ids = palloc(Max(n, 1) * sizeof(Datum));
	subscription_each(add_wanted, &wanted);
	if (wanted.n == 0)
		return;
	db_begin("reading subscriptions");
	for (int from = 0; from < wanted.n; from += LOAD_AT_A_TIME)
		load_some(&wanted, from, Min(LOAD_AT_A_TIME, wanted.n - from), discard);
	db_commit();
	sum_up_endpoints();
}

static void
forget_version(Subscription *s, void *context)
{
	s->version = 0;
}

void
subscription_forget_versions(void)
{
	subscription_each(forget_version, NULL);
}

static void
retry_if_locked(Subscription *s, void *context)
{
	if (s->locked)
		s->known = false;
}

void
subscription_retry_locked(void)
{
	subscription_each(retry_if_locked, NULL);
}

void
subscription_evict(void)
{
	HASH_SEQ_STATUS status;
	Subscription *s;
	Endpoint   *e;

	if (hash_get_num_entries(subscriptions) <= EVICT_ABOVE)
		return;
	hash_seq_init(&status, subscriptions);
	while ((s = hash_seq_search(&status)) != NULL)
		if (s->held == 0 && !s->listed && !s->waiting)
		{
			forget_settings(s);
			hash_search(subscriptions, &s->key, HASH_REMOVE, NULL);
		}
	hash_seq_init(&status, endpoints);
	while ((e = hash_seq_search(&status)) != NULL)
		if (e->references == 0 && e->in_flight == 0)
			hash_search(endpoints, &e->key, HASH_REMOVE, NULL);
}

/* ----- How much may be sent ----- */

/* Fills a token bucket; gives how many whole tokens it holds. */
static int
refill(double *tokens, TimestampTz *at, int rate, TimestampTz now)
{
	if (rate == 0)
		return INT_MAX;
	if (*at == 0)
		*tokens = rate;
	else if (now > *at)
		*tokens = Min((double) rate, *tokens + (double) (now - *at) * rate / USECS_PER_SEC);
	*at = now;
	return (int) *tokens;
}

static TimestampTz
next_token(double tokens, int rate, TimestampTz now)
{
	return now + (TimestampTz) ((1 - tokens) * USECS_PER_SEC / rate) + 1;
}

int
subscription_room(Subscription *s, TimestampTz now, TimestampTz *when)
{
	Endpoint   *e = s->endpoint;
	int			rate = Max(e->rate, 0);
	int			cap = Min(s->max_in_flight - s->in_flight,
						  Min(Max(setting_max_in_flight_per_endpoint, s->max_in_flight), e->window) - e->in_flight);
	int			own;
	int			shared;

	*when = DT_NOEND;
	if (cap <= 0)
		return 0;
	own = refill(&s->tokens, &s->tokens_at, s->rate, now);
	shared = refill(&e->tokens, &e->tokens_at, rate, now);
	if (own <= 0)
		*when = next_token(s->tokens, s->rate, now);
	else if (shared <= 0)
		*when = next_token(e->tokens, rate, now);
	return Min(cap, Min(own, shared));
}

void
subscription_sent(Subscription *s)
{
	if (s->rate > 0)
		s->tokens -= 1;
	if (s->endpoint->rate > 0)
		s->endpoint->tokens -= 1;
	s->in_flight++;
	s->endpoint->in_flight++;
}

void
subscription_ended(Subscription *s, Endpoint *e, bool answered)
{
	s->in_flight--;
	e->in_flight--;
	if (answered)
		e->window = Min(e->window * 2, 20000);
	else
		e->window = Max(Min(e->window, e->in_flight + 1) / 2, SMALLEST_WINDOW);
}
