/*
 * claim.c
 *		From the queue to memory: the deliveries that a worker holds.
 *
 * A claim only reads: an endpoint belongs to one worker, and that one remembers what it holds. It goes on behind the last row that
 * the one before saw, and starts over when it has seen the end: rows of transactions that commit late lie before it.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "claim.h"
#include "compat.h"
#include "db.h"
#include "due.h"
#include "mb/pg_wchar.h"
#include "settings.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

#define CLAIM_SUBSCRIPTIONS 100 /* in one claim */
#define CLAIM_AHEAD			100 /* deliveries of a subscription that wait in memory */
#define CLAIM_AHEAD_CROWDED 4	/* the same when many wait altogether */
#define HELD_BYTES			(256 * 1024 * 1024)	/* of bodies that wait in memory */
#define SUBSCRIPTION_BYTES	(1024 * 1024)	/* the same of one subscription: then no more is claimed for it */
#define EVENTS_AT_A_TIME	100 /* read by one statement: each may be large */
#define PAUSE_AFTER_ERROR	(60 * USECS_PER_SEC)
#define CAREFUL_CLAIMS		200

static HTAB *held;				/* of Delivery */
static size_t held_bytes;

void
claim_init(void)
{
	HASHCTL		control = {0};

	control.keysize = sizeof(DeliveryKey);
	control.entrysize = sizeof(Delivery);
	control.hcxt = TopMemoryContext;
	held = hash_create("lealup deliveries", 1024, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/* ----- What is held ----- */

char *
claim_take_body(Delivery *d)
{
	char	   *body = d->body;

	held_bytes -= d->body_length;
	d->subscription->ready_bytes -= d->body_length;
	d->body = NULL;
	return body;
}

void
claim_forget(Delivery *d)
{
	Subscription *s = d->subscription;

	if (d->body)
		free(claim_take_body(d));
	s->held--;
	hash_search(held, &d->key, HASH_REMOVE, NULL);
}

void
claim_discard(Subscription *s)
{
	while (!dlist_is_empty(&s->ready))
		claim_forget(dlist_container(Delivery, node, dlist_pop_head_node(&s->ready)));
	s->nready = 0;
	s->after_at = DT_NOBEGIN;
	due_unwait(s);
	s->next_due = 0;
	s->has_later = true;
}

/* ----- Claiming ----- */

typedef struct Claim
{
	int			n;
	Subscription *subscriptions[CLAIM_SUBSCRIPTIONS];
	int			room[CLAIM_SUBSCRIPTIONS];
	int			found[CLAIM_SUBSCRIPTIONS];
	bool		from_start[CLAIM_SUBSCRIPTIONS];
} Claim;

static int
claim_ahead(void)
{
	return hash_get_num_entries(held) > 10 * Max(setting_max_in_flight, 1000) ? CLAIM_AHEAD_CROWDED : CLAIM_AHEAD;
}

/* Whether another body may be held for a subscription. One that has none may always have one, lest it starve. */
static bool
has_memory(const Subscription *s)
{
	return s->ready_bytes == 0 || (s->ready_bytes < SUBSCRIPTION_BYTES && held_bytes < HELD_BYTES);
}

static void
choose_subscriptions(Claim *claim, TimestampTz now, int most)
{
	int			ahead = claim_ahead();
	dlist_iter	iter;

	claim->n = 0;
	dlist_foreach(iter, &due_list)
	{
		Subscription *s = dlist_container(Subscription, list_node, iter.cur);
		int			room = ahead - s->nready;

		if (s->next_due > now || !due_can_claim(s) || room < ahead / 2 || !has_memory(s))
			continue;
		/* From the start the claim sees again what is held. */
		claim->from_start[claim->n] = s->after_at == DT_NOBEGIN;
		if (claim->from_start[claim->n])
			room += s->held;
		claim->subscriptions[claim->n] = s;
		claim->found[claim->n] = 0;
		claim->room[claim->n++] = room;
		if (claim->n == most)
			break;
	}
}

static int
find_in_claim(const Claim *claim, Subscription *s, int hint)
{
	/* Rows come in the order of the request. */
	for (int i = 0; i < claim->n; i++)
		if (claim->subscriptions[(hint + i) % claim->n] == s)
			return (hint + i) % claim->n;
	return -1;
}

/* Takes one row of a claim; NULL if it is held already. */
static Delivery *
hold(Subscription *s, Datum *row)
{
	DeliveryKey key;
	Delivery   *d;
	bool		found;

	key.tenant_id = s->key.tenant_id;
	key.id = *DatumGetUUIDP(row[2]);
	s->after_at = DatumGetTimestampTz(row[6]);
	s->after_id = key.id;
	d = hash_search(held, &key, HASH_ENTER, &found);
	if (found)
		return NULL;
	d->subscription = s;
	d->endpoint = NULL;
	d->event_id = *DatumGetUUIDP(row[3]);
	d->attempt_no = DatumGetInt16(row[4]);
	d->first_attempt_no = DatumGetInt16(row[5]);
	d->once = DatumGetBool(row[7]);
	d->event_type[0] = '\0';
	d->body = NULL;
	d->body_length = 0;
	dlist_push_tail(&s->ready, &d->node);
	s->nready++;
	s->held++;
	return d;
}

static int
claim_rows(Claim *claim, TimestampTz now, Delivery **deliveries)
{
	static DbStatement statement = {"SELECT * FROM lealup._claim($1, $2, $3, $4, $5, $6)"};
	Oid			types[] = {UUIDARRAYOID, UUIDARRAYOID, TIMESTAMPTZARRAYOID, UUIDARRAYOID, INT4ARRAYOID, TIMESTAMPTZOID};
	Datum		tenants[CLAIM_SUBSCRIPTIONS];
	Datum		ids[CLAIM_SUBSCRIPTIONS];
	Datum		after_at[CLAIM_SUBSCRIPTIONS];
	Datum		after_id[CLAIM_SUBSCRIPTIONS];
	Datum		room[CLAIM_SUBSCRIPTIONS];
	Datum		values[6];
	DbRows		rows;
	int			n = 0;
	int			at = 0;

	for (int i = 0; i < claim->n; i++)
	{
		Subscription *s = claim->subscriptions[i];

		tenants[i] = UUIDPGetDatum(&s->key.tenant_id);
		ids[i] = UUIDPGetDatum(&s->key.id);
		after_at[i] = TimestampTzGetDatum(s->after_at);
		after_id[i] = UUIDPGetDatum(&s->after_id);
		room[i] = Int32GetDatum(claim->room[i]);
	}
	values[0] = db_array(UUIDOID, tenants, NULL, claim->n);
	values[1] = db_array(UUIDOID, ids, NULL, claim->n);
	values[2] = db_array(TIMESTAMPTZOID, after_at, NULL, claim->n);
	values[3] = db_array(UUIDOID, after_id, NULL, claim->n);
	values[4] = db_array(INT4OID, room, NULL, claim->n);
	values[5] = TimestampTzGetDatum(now);
	db_execute(&statement, 6, types, values, &rows);

	for (int i = 0; i < rows.count; i++)
	{
		SubscriptionKey key;
		Delivery   *d;

		key.tenant_id = *DatumGetUUIDP(rows.values[i][0]);
		key.id = *DatumGetUUIDP(rows.values[i][1]);
		at = find_in_claim(claim, subscription_find(&key), at);
		if (at < 0)
			elog(ERROR, "a claim gave a row of another subscription");
		claim->found[at]++;
		d = hold(claim->subscriptions[at], rows.values[i]);
		if (d)
			deliveries[n++] = d;
	}
	return n;
}

static void
set_body(Delivery *d, const char *event_type, TimestampTz created_at, text *data)
{
	const char *bytes = VARDATA_ANY(data);
	int			length = VARSIZE_ANY_EXHDR(data);
	char	   *utf8 = pg_server_to_any(bytes, length, PG_UTF8);

	strlcpy(d->event_type, event_type, sizeof(d->event_type));
	d->body = webhook_body(event_type, &d->key.id, created_at, &d->key.tenant_id, utf8, utf8 == bytes ? length : strlen(utf8), &d->body_length);
	if (d->body == NULL)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	else
	{
		held_bytes += d->body_length;
		d->subscription->ready_bytes += d->body_length;
	}
	if (utf8 != bytes)
		pfree(utf8);
}

static int
compare_events(const void *a, const void *b)
{
	const Delivery *x = *(Delivery *const *) a;
	const Delivery *y = *(Delivery *const *) b;
	int			result = memcmp(&x->event_id, &y->event_id, UUID_LEN);

	return result ? result : memcmp(&x->key.tenant_id, &y->key.tenant_id, UUID_LEN);
}

/*
 * Makes the bodies of all deliveries of one event; they stand together. Data that nobody has memory for is not even decompressed, and
 * a decompressed copy is freed at once.
 */
static void
use_event(Delivery **deliveries, int n, Datum *row)
{
	Delivery	wanted;
	Delivery   *key = &wanted;
	Delivery  **found;
	char	   *event_type = TextDatumGetCString(row[2]);
	TimestampTz created_at = DatumGetTimestampTz(row[3]);
	text	   *data = NULL;

	wanted.key.tenant_id = *DatumGetUUIDP(row[0]);
	wanted.event_id = *DatumGetUUIDP(row[1]);
	found = bsearch(&key, deliveries, n, sizeof(Delivery *), compare_events);
	if (found == NULL)
		return;
	while (found > deliveries && compare_events(found - 1, &key) == 0)
		found--;
	for (; found < deliveries + n && compare_events(found, &key) == 0; found++)
	{
		if (!has_memory((*found)->subscription))
			continue;
		if (data == NULL)
			data = DatumGetTextPP(row[4]);
		set_body(*found, event_type, created_at, data);
		(*found)->unread = false;
	}
	if (data && data != (text *) DatumGetPointer(row[4]))
		pfree(data);
	pfree(event_type);
}

/* Reads some events, of which the ids increase, and makes the bodies of all their deliveries. */
static void
read_some_events(Delivery **deliveries, int n, Datum *tenants, Datum *ids, int events)
{
	static DbStatement statement = {"SELECT * FROM lealup._events($1, $2, $3, $4)"};
	Oid			types[] = {UUIDARRAYOID, UUIDARRAYOID, UUIDOID, UUIDOID};
	Datum		values[4];
	DbRows		rows;

	values[0] = db_array(UUIDOID, tenants, NULL, events);
	values[1] = db_array(UUIDOID, ids, NULL, events);
	values[2] = ids[0];
	values[3] = ids[events - 1];
	db_execute(&statement, 4, types, values, &rows);
	for (int i = 0; i < rows.count; i++)
		use_event(deliveries, n, rows.values[i]);
	SPI_freetuptable(SPI_tuptable);
}

/*
 * Reads the events' data and makes the bodies. One event may be there for many deliveries, and is read once. When there is enough in
 * memory the rest is given back.
 */
static void
read_events(Delivery **deliveries, int n)
{
	Datum	   *tenants = palloc(n * sizeof(Datum));
	Datum	   *ids = palloc(n * sizeof(Datum));
	int			events = 0;
	int			done = 0;

	qsort(deliveries, n, sizeof(Delivery *), compare_events);
	for (int i = 0; i < n; i++)
	{
		deliveries[i]->unread = true;
		if (i == 0 || compare_events(&deliveries[i], &deliveries[i - 1]) != 0)
		{
			tenants[events] = UUIDPGetDatum(&deliveries[i]->key.tenant_id);
			ids[events++] = UUIDPGetDatum(&deliveries[i]->event_id);
		}
	}
	for (; done < events; done += EVENTS_AT_A_TIME)
		read_some_events(deliveries, n, tenants + done, ids + done, Min(EVENTS_AT_A_TIME, events - done));

	/* An event that was not found is gone. A delivery that has no body for want of memory is claimed again. */
	for (int i = 0; i < n; i++)
		if (deliveries[i]->unread && has_memory(deliveries[i]->subscription))
			deliveries[i]->unread = false;
}

/* Gives back deliveries that were not read. */
static void
give_back(Delivery **deliveries, int n)
{
	for (int i = 0; i < n; i++)
	{
		Subscription *s = deliveries[i]->subscription;

		if (!deliveries[i]->unread)
			continue;
		dlist_delete(&deliveries[i]->node);
		s->nready--;
		s->after_at = DT_NOBEGIN;
		due_unwait(s);
		s->next_due = 0;
		claim_forget(deliveries[i]);
	}
}

/* For subscriptions whose due rows are all claimed: when the next one falls due. */
static void
find_next_due(Subscription **subscriptions, int n, TimestampTz now)
{
	static DbStatement statement = {"SELECT * FROM lealup._next_due($1, $2, $3)"};
	Oid			types[] = {UUIDARRAYOID, UUIDARRAYOID, TIMESTAMPTZOID};
	Datum		tenants[CLAIM_SUBSCRIPTIONS];
	Datum		ids[CLAIM_SUBSCRIPTIONS];
	Datum		values[3];
	DbRows		rows;

	for (int i = 0; i < n; i++)
	{
		tenants[i] = UUIDPGetDatum(&subscriptions[i]->key.tenant_id);
		ids[i] = UUIDPGetDatum(&subscriptions[i]->key.id);
	}
	values[0] = db_array(UUIDOID, tenants, NULL, n);
	values[1] = db_array(UUIDOID, ids, NULL, n);
	values[2] = TimestampTzGetDatum(now);
	db_execute(&statement, 3, types, values, &rows);
	for (int i = 0; i < n; i++)
		subscriptions[i]->has_later = false;
	for (int i = 0; i < rows.count; i++)
	{
		Subscription *s = subscription_get(DatumGetUUIDP(rows.values[i][0]), DatumGetUUIDP(rows.values[i][1]));

		s->has_later = true;
		s->next_due = DatumGetTimestampTz(rows.values[i][2]);
	}
}

static void
note_exhausted(Claim *claim, TimestampTz now)
{
	Subscription *ask[CLAIM_SUBSCRIPTIONS];
	int			n = 0;

	for (int i = 0; i < claim->n; i++)
	{
		Subscription *s = claim->subscriptions[i];

		if (claim->found[i] >= claim->room[i])
			continue;
		s->after_at = DT_NOBEGIN;
		/* What was committed late lies before where this claim began: once more, from the start. */
		if (!claim->from_start[i])
			continue;
		/* Listed, so it is not in the heap and its key may change. */
		s->next_due = DT_NOEND;
		if (s->has_later)
			ask[n++] = s;
	}
	if (n > 0)
		find_next_due(ask, n, now);
}

static void
claim_work(void *argument)
{
	Claim	   *claim = argument;
	TimestampTz now = GetCurrentTimestamp();
	Delivery  **deliveries;
	int			space = 0;
	int			n;

	for (int i = 0; i < claim->n; i++)
		space += claim->room[i];
	db_begin("claiming deliveries");
	deliveries = palloc(Max(space, 1) * sizeof(Delivery *));
	n = claim_rows(claim, now, deliveries);
	if (n > 0)
		read_events(deliveries, n);
	note_exhausted(claim, now);
	if (n > 0)
		give_back(deliveries, n);
	db_commit();
	for (int i = 0; i < claim->n; i++)
		due_place(claim->subscriptions[i], now);
}

/* A claim that fails, for whatever is wrong with one row, must not stop the others: each is then tried alone for a while. */
static int	careful;

static void
claim_failed(Claim *claim, TimestampTz now)
{
	for (int i = 0; i < claim->n; i++)
	{
		Subscription *s = claim->subscriptions[i];

		/* A delivery whose body was not read yet must not look like one whose event is gone. */
		claim_discard(s);
		if (claim->n == 1 && db_error_in_data())
			s->next_due = now + PAUSE_AFTER_ERROR;
		due_place(s, now);
	}
	if (!db_error_in_data())
		ereport(ERROR, (errcode(db_last_error()), errmsg("claiming failed: %s", db_last_message())));
	careful = CAREFUL_CLAIMS;
}

bool
claim_some(TimestampTz now)
{
	Claim		claim;

	choose_subscriptions(&claim, now, careful > 0 ? 1 : CLAIM_SUBSCRIPTIONS);
	if (claim.n == 0)
		return false;
	if (careful > 0)
		careful--;
	if (!db_try("claim", claim_work, &claim))
		claim_failed(&claim, now);
	return true;
}
