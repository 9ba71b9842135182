/*
 * delivery.c
 *		The delivery worker's step: from the outbox to the endpoints.
 *
 * fan out (outbox -> queue), claim (queue -> memory), send, record. Each touches the database in a transaction of its own, and
 * none is open while requests are under way. A claim only reads: an endpoint belongs to one worker, and that one remembers
 * what it holds. Subscriptions that have something due now are in a list, which is gone through in turns; those whose next
 * delivery falls due later are in a heap.
 *
 * A claim goes on behind the last row that the one before saw, and starts over when it has seen the end: rows of transactions
 * that commit late lie before it.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "compat.h"
#include "db.h"
#include "delivery.h"
#include "loop.h"
#include "mb/pg_wchar.h"
#include "outcome.h"
#include "settings.h"
#include "shared.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

#define FAN_OUT_AT_A_TIME	1000
#define CLAIM_SUBSCRIPTIONS 100 /* in one claim */
#define CLAIM_AHEAD			100 /* deliveries of a subscription that wait in memory */
#define CLAIM_AHEAD_CROWDED 4	/* the same when many wait altogether */
#define HELD_BYTES			(64 * 1024 * 1024)
#define SEND_IN_TURN		8
#define RECORD_AT			500 /* outcomes */
#define RECORD_AFTER		(20 * INT64CONST(1000))	/* microseconds */
#define FAN_OUT_AFTER		(20 * INT64CONST(1000))	/* at the latest, with requests under way */
#define SLOW_TICK			(300 * USECS_PER_SEC)	/* the net under the wake-ups */
#define KEY_RETRY			(30 * USECS_PER_SEC)
#define FAN_OUT_PAUSE		(5 * USECS_PER_SEC)

static HTAB *held;				/* of Delivery */
static size_t held_bytes;
static int	in_flight;

static dlist_head due = DLIST_STATIC_INIT(due); /* subscriptions to look at now */
static pairingheap *later;		/* subscriptions, by next_due */

static bool fan_out_wanted;
static TimestampTz last_fan_out;
static TimestampTz fan_out_not_before;
static bool rescan_wanted;
static TimestampTz next_rescan; /* not before, when wanted */
static TimestampTz next_tick;
static bool reload_wanted;
static TimestampTz next_key_retry;

static uint32 my_epoch;
static bool settled;			/* the assignment of the epoch holds */
static int	nworkers = 1;
static int	rank = 0;

/* ----- Where subscriptions stand ----- */

static int
compare_due(const pairingheap_node *a, const pairingheap_node *b, void *arg)
{
	TimestampTz x = pairingheap_const_container(Subscription, heap_node, a)->next_due;
	TimestampTz y = pairingheap_const_container(Subscription, heap_node, b)->next_due;

	return x < y ? 1 : x > y ? -1 : 0;
}

/* Whether this worker may send for it; the settings must be known. */
static bool
is_mine(const Subscription *s)
{
	return s->endpoint ? (int) (s->endpoint->hash % nworkers) == rank : rank == 0;
}

static bool
can_claim(const Subscription *s)
{
	return s->known && s->active && !s->locked && is_mine(s);
}

/* Puts a subscription where its state belongs: into the list, the heap, or neither. */
static void
place(Subscription *s, TimestampTz now)
{
	bool		now_due = s->nready > 0 || (can_claim(s) && s->next_due <= now);

	if (s->waiting)
		pairingheap_remove(later, &s->heap_node);
	s->waiting = !now_due && can_claim(s) && s->next_due != DT_NOEND;
	if (s->waiting)
		pairingheap_add(later, &s->heap_node);
	if (now_due && !s->listed)
		dlist_push_tail(&due, &s->list_node);
	else if (!now_due && s->listed)
		dlist_delete(&s->list_node);
	s->listed = now_due;
}

static void
due_at(Subscription *s, TimestampTz at)
{
	if (at < s->next_due)
	{
		/* The heap must not see a key change. */
		if (s->waiting)
			pairingheap_remove(later, &s->heap_node);
		s->waiting = false;
		s->next_due = at;
	}
	place(s, GetCurrentTimestamp());
}

/* ----- What is held ----- */

static void
forget(Delivery *d)
{
	Subscription *s = d->subscription;

	if (d->body)
	{
		held_bytes -= d->body_length;
		free(d->body);
	}
	s->held--;
	hash_search(held, &d->key, HASH_REMOVE, NULL);
}

/* Gives back what was claimed and not yet sent: it is claimed anew, under the settings as they are then. */
static void
discard(Subscription *s)
{
	while (!dlist_is_empty(&s->ready))
		forget(dlist_container(Delivery, node, dlist_pop_head_node(&s->ready)));
	s->nready = 0;
	s->after_at = DT_NOBEGIN;
	if (s->waiting)
		pairingheap_remove(later, &s->heap_node);
	s->waiting = false;
	s->next_due = 0;
}

static void
discard_visitor(Subscription *s, void *context)
{
	discard(s);
	place(s, GetCurrentTimestamp());
}

/* After an outcome is in the database. */
static void
recorded(Delivery *d, TimestampTz next_attempt_at)
{
	Subscription *s = d->subscription;

	forget(d);
	if (next_attempt_at != DT_NOEND)
	{
		s->has_later = true;
		due_at(s, next_attempt_at);
	}
}

static void
flush(void)
{
	TimestampTz since;

	if (outcome_count(&since) > 0)
		outcome_flush(recorded);
}

/* What has been answered is recorded before the worker ends; it must not wait for anybody then. */
static void
flush_quickly(void)
{
	SetConfigOption("lock_timeout", "200ms", PGC_SUSET, PGC_S_OVERRIDE);
	SetConfigOption("statement_timeout", "1s", PGC_SUSET, PGC_S_OVERRIDE);
	flush();
}

/* ----- Fan-out ----- */

/* New settings may make a subscription's deliveries due, or its endpoint another worker's. */
static void
place_visitor(Subscription *s, void *context)
{
	place(s, *(TimestampTz *) context);
}

static void
load_settings(bool all)
{
	TimestampTz now = GetCurrentTimestamp();

	subscription_load(all, discard);
	subscription_each(place_visitor, &now);
}

static void
queued_for(const pg_uuid_t *tenant_id, const pg_uuid_t *id, bool *unknown)
{
	Subscription *s = subscription_get(tenant_id, id);

	*unknown |= !s->known;
	/* Its first attempt may be due later: its schedule says so, which may just have changed. */
	s->has_later = true;
	due_at(s, 0);
}

static void
fan_out(void *context)
{
	static DbStatement statement = {"SELECT * FROM lealup._fan_out($1, $2)"};
	Oid			types[] = {INT4OID, TIMESTAMPTZOID};
	Datum		values[] = {Int32GetDatum(FAN_OUT_AT_A_TIME), TimestampTzGetDatum(GetCurrentTimestamp())};
	DbRows		rows;
	SubscriptionKey *keys;
	bool		unknown = false;
	int			n = 0;
	int64		taken = 0;

	db_begin("fanning out events");
	db_execute(&statement, 2, types, values, &rows);
	keys = MemoryContextAlloc(TopMemoryContext, (rows.count + 1) * sizeof(SubscriptionKey));
	for (int i = 0; i < rows.count; i++)
	{
		taken = DatumGetInt64(rows.values[i][3]);
		if (rows.isnull[i][0])
			continue;
		keys[n].tenant_id = *DatumGetUUIDP(rows.values[i][0]);
		keys[n++].id = *DatumGetUUIDP(rows.values[i][1]);
	}
	db_commit();

	for (int i = 0; i < n; i++)
		queued_for(&keys[i].tenant_id, &keys[i].id, &unknown);
	pfree(keys);
	fan_out_wanted = taken >= FAN_OUT_AT_A_TIME;
	if (unknown)
		load_settings(false);
	if (n > 0 && nworkers > 1)
		shared_wake_others(WAKE_QUEUE);
}

/* Sending goes first; but what is new must not wait for a backlog to be sent. */
static bool
fan_out_is_due(TimestampTz now)
{
	if (!fan_out_wanted || now < fan_out_not_before)
		return false;
	return dlist_is_empty(&due) || now >= last_fan_out + FAN_OUT_AFTER;
}

static void
fan_out_some(TimestampTz now)
{
	/* A batch that fails must not stop what is queued already. */
	if (!db_try("fan-out", fan_out, NULL))
		fan_out_not_before = now + FAN_OUT_PAUSE;
	last_fan_out = now;
}

/* ----- Looking for what is pending ----- */

static void
rescan(void)
{
	static DbStatement statement = {"SELECT * FROM lealup._pending_subscriptions()"};
	TimestampTz now = GetCurrentTimestamp();
	bool		unknown = false;
	DbRows		rows;

	rescan_wanted = false;
	subscription_evict();
	db_begin("looking for pending deliveries");
	db_execute(&statement, 0, NULL, NULL, &rows);
	for (int i = 0; i < rows.count; i++)
	{
		Subscription *s = subscription_get(DatumGetUUIDP(rows.values[i][0]), DatumGetUUIDP(rows.values[i][1]));

		unknown |= !s->known;
		s->has_later = true;
		due_at(s, DatumGetTimestampTz(rows.values[i][2]));
	}
	db_commit();
	if (unknown)
		load_settings(true);

	/* However many subscriptions there are, looking takes at most a tenth of the time. */
	next_rescan = now + 10 * (GetCurrentTimestamp() - now);
	next_tick = now + SLOW_TICK;
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
	return hash_get_num_entries(held) > 10 * Max(setting_max_in_flight, 1000) || held_bytes > HELD_BYTES ? CLAIM_AHEAD_CROWDED : CLAIM_AHEAD;
}

static void
choose_subscriptions(Claim *claim, TimestampTz now)
{
	int			ahead = claim_ahead();
	dlist_iter	iter;

	claim->n = 0;
	dlist_foreach(iter, &due)
	{
		Subscription *s = dlist_container(Subscription, list_node, iter.cur);
		int			room = ahead - s->nready;

		if (s->next_due > now || !can_claim(s) || room < ahead / 2)
			continue;
		/* From the start the claim sees again what is held. */
		claim->from_start[claim->n] = s->after_at == DT_NOBEGIN;
		if (claim->from_start[claim->n])
			room += s->held;
		claim->subscriptions[claim->n] = s;
		claim->found[claim->n] = 0;
		claim->room[claim->n++] = room;
		if (claim->n == CLAIM_SUBSCRIPTIONS)
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
	if (d->body)
		held_bytes += d->body_length;
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

/* Makes the bodies of all deliveries of one event; they stand together. */
static void
use_event(Delivery **deliveries, int n, Datum *row)
{
	Delivery	wanted;
	Delivery   *key = &wanted;
	Delivery  **found;
	char	   *event_type = TextDatumGetCString(row[2]);
	TimestampTz created_at = DatumGetTimestampTz(row[3]);
	text	   *data = DatumGetTextPP(row[4]);

	wanted.key.tenant_id = *DatumGetUUIDP(row[0]);
	wanted.event_id = *DatumGetUUIDP(row[1]);
	found = bsearch(&key, deliveries, n, sizeof(Delivery *), compare_events);
	if (found == NULL)
		return;
	while (found > deliveries && compare_events(found - 1, &key) == 0)
		found--;
	for (; found < deliveries + n && compare_events(found, &key) == 0; found++)
		set_body(*found, event_type, created_at, data);
}

/* Reads the events' data and makes the bodies. One event may be there for many deliveries, and is read once. */
static void
read_events(Delivery **deliveries, int n)
{
	static DbStatement statement = {"SELECT * FROM lealup._events($1, $2, $3, $4)"};
	Oid			types[] = {UUIDARRAYOID, UUIDARRAYOID, UUIDOID, UUIDOID};
	Datum	   *tenants = palloc(n * sizeof(Datum));
	Datum	   *ids = palloc(n * sizeof(Datum));
	Datum		values[4];
	DbRows		rows;
	int			events = 0;

	qsort(deliveries, n, sizeof(Delivery *), compare_events);
	for (int i = 0; i < n; i++)
		if (i == 0 || compare_events(&deliveries[i], &deliveries[i - 1]) != 0)
		{
			tenants[events] = UUIDPGetDatum(&deliveries[i]->key.tenant_id);
			ids[events++] = UUIDPGetDatum(&deliveries[i]->event_id);
		}
	values[0] = db_array(UUIDOID, tenants, NULL, events);
	values[1] = db_array(UUIDOID, ids, NULL, events);
	values[2] = ids[0];
	values[3] = ids[events - 1];
	db_execute(&statement, 4, types, values, &rows);
	for (int i = 0; i < rows.count; i++)
		use_event(deliveries, n, rows.values[i]);
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
		subscriptions[i]->has_later = false;
	}
	values[0] = db_array(UUIDOID, tenants, NULL, n);
	values[1] = db_array(UUIDOID, ids, NULL, n);
	values[2] = TimestampTzGetDatum(now);
	db_execute(&statement, 3, types, values, &rows);
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
	db_commit();
	for (int i = 0; i < claim->n; i++)
		place(claim->subscriptions[i], now);
}

/* Gives whether there was something to claim. */
static bool
claim_some(TimestampTz now)
{
	Claim		claim;

	choose_subscriptions(&claim, now);
	if (claim.n == 0)
		return false;
	if (!db_try("claim", claim_work, &claim))
	{
		/* A delivery whose body was not read yet must not look like one whose event is gone. */
		for (int i = 0; i < claim.n; i++)
		{
			discard(claim.subscriptions[i]);
			place(claim.subscriptions[i], now);
		}
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("claiming failed")));
	}
	return true;
}

/* ----- Sending ----- */

static void
send_one(Subscription *s, Delivery *d, TimestampTz now)
{
	HttpTransfer *transfer;

	if (s->unusable)
	{
		outcome_add_unsent(d, psprintf("not sent: %s", s->unusable));
		return;
	}
	if (d->body == NULL)
	{
		outcome_add_unsent(d, "the event no longer exists");
		return;
	}
	transfer = http_prepare(s->target);
	if (transfer == NULL)
	{
		outcome_add_unsent(d, "out of memory");
		return;
	}
	transfer->owner = d;
	transfer->body = d->body;
	transfer->body_length = d->body_length;
	held_bytes -= d->body_length;
	d->body = NULL;
	d->endpoint = s->endpoint;
	webhook_sign(transfer, d->event_type, &d->key.id, s->signers, s->nsigners, now);
	if (!http_start(transfer))
	{
		http_release(transfer);
		outcome_add_unsent(d, "the request could not be started");
		return;
	}
	subscription_sent(s);
	in_flight++;
}

/* Sends what a subscription may send in its turn; gives how many. */
static int
send_turn(Subscription *s, TimestampTz now, TimestampTz *next)
{
	TimestampTz when = DT_NOEND;
	int			room = s->unusable ? SEND_IN_TURN : subscription_room(s, now, &when);
	int			n = Min(Min(room, SEND_IN_TURN), s->nready);

	n = Min(n, Min(setting_max_in_flight, http_capacity()) - in_flight);
	for (int i = 0; i < n; i++)
	{
		s->nready--;
		send_one(s, dlist_container(Delivery, node, dlist_pop_head_node(&s->ready)), now);
	}
	if (s->nready > 0)
		*next = Min(*next, when);
	return Max(n, 0);
}

/* Goes round the subscriptions until nobody may send more; gives when the rate allows somebody to. */
static TimestampTz
send_all(TimestampTz now)
{
	TimestampTz next;
	bool		sent;

	do
	{
		dlist_mutable_iter iter;
		dlist_head	served = DLIST_STATIC_INIT(served);

		next = DT_NOEND;
		sent = false;
		dlist_foreach_modify(iter, &due)
		{
			Subscription *s = dlist_container(Subscription, list_node, iter.cur);

			/* A changed subscription must not get another request under its old settings. */
			if (shared_has_wake(WAKE_SUBSCRIPTION))
				break;
			if (s->nready == 0 || send_turn(s, now, &next) == 0)
				continue;
			sent = true;
			place(s, now);
			if (!s->listed)
				continue;
			dlist_delete(&s->list_node);
			dlist_push_tail(&served, &s->list_node);
		}
		/* Who was served goes behind those who were not. */
		while (!dlist_is_empty(&served))
			dlist_push_tail(&due, dlist_pop_head_node(&served));
	} while (sent && !shared_has_wake(WAKE_SUBSCRIPTION));
	return next;
}

static void
collect(void)
{
	HttpTransfer *transfer;

	http_perform();
	while ((transfer = http_next_done()) != NULL)
	{
		Delivery   *d = transfer->owner;

		in_flight--;
		subscription_ended(d->subscription, d->endpoint,
						   transfer->result != HTTP_TIMED_OUT && transfer->result != HTTP_NOT_CONNECTED && transfer->result != HTTP_NOT_RESOLVED);
		outcome_add(d, transfer);
		http_release(transfer);
	}
	shared_my_slot()->in_flight = in_flight;
}

/* ----- The assignment of endpoints to workers ----- */

/* Gives whether this worker may claim and send. */
static bool
follow_assignment(void)
{
	uint32		epoch;
	TimestampTz since;
	int			n;
	int			r = 0;
	bool		others_ready = shared_assignment(&epoch, &n, &r);

	if (epoch != my_epoch)
	{
		if (settled)
			subscription_each(discard_visitor, NULL);
		settled = false;
		if (in_flight > 0 || outcome_count(&since) > 0)
		{
			shared_set_state(WORKER_DRAINING);
			return false;
		}
		my_epoch = epoch;
		shared_acknowledge(epoch);
		return false;
	}
	if (settled)
		return true;
	if (!others_ready)
		return false;
	nworkers = n;
	rank = r;
	settled = true;
	rescan_wanted = fan_out_wanted = true;
	next_rescan = 0;
	shared_set_state(WORKER_RUNNING);
	return true;
}

/* ----- The step ----- */

void
delivery_init(void)
{
	HASHCTL		control = {0};

	control.keysize = sizeof(DeliveryKey);
	control.entrysize = sizeof(Delivery);
	control.hcxt = TopMemoryContext;
	held = hash_create("lealup deliveries", 1024, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	later = pairingheap_allocate(compare_due, NULL);
	subscription_init();
	outcome_init();
	http_init();
	loop_before_exit(flush_quickly);
}

void
delivery_reload(void)
{
	subscription_forget_versions();
	reload_wanted = true;
}

static void
take_wakes(void)
{
	uint32		wakes = shared_take_wakes();

	if (wakes & WAKE_OUTBOX)
		fan_out_wanted = true;
	if (wakes & WAKE_QUEUE)
		rescan_wanted = true;
	if (wakes & WAKE_SUBSCRIPTION)
		reload_wanted = true;
	if (wakes & WAKE_EXTENSION)
		rescan_wanted = reload_wanted = fan_out_wanted = true;
}

static void
move_due(TimestampTz now)
{
	while (!pairingheap_is_empty(later))
	{
		Subscription *s = pairingheap_container(Subscription, heap_node, pairingheap_first(later));

		if (s->next_due > now)
			break;
		place(s, now);
	}
}

static void
look_around(TimestampTz now)
{
	if (subscription_any_locked() && now >= next_key_retry)
	{
		next_key_retry = now + KEY_RETRY;
		delivery_reload();
	}
	if (reload_wanted)
	{
		reload_wanted = false;
		load_settings(true);
	}
	if (now >= next_tick)
		rescan_wanted = fan_out_wanted = true;
	if (rescan_wanted && now >= next_rescan)
		rescan();
}

static TimestampTz
next_time(TimestampTz now, TimestampTz next_send)
{
	TimestampTz next = Min(next_send, http_next_time());
	TimestampTz since;

	if (outcome_count(&since) > 0)
		next = Min(next, since + RECORD_AFTER);
	if (!pairingheap_is_empty(later))
		next = Min(next, pairingheap_container(Subscription, heap_node, pairingheap_first(later))->next_due);
	if (fan_out_wanted)
		next = Min(next, Max(fan_out_not_before, dlist_is_empty(&due) ? now : last_fan_out + FAN_OUT_AFTER));
	if (rescan_wanted)
		next = Min(next, next_rescan);
	if (subscription_any_locked())
		next = Min(next, next_key_retry);
	return Min(next, next_tick);
}

static void
record_if_due(TimestampTz now)
{
	TimestampTz since;
	int			n = outcome_count(&since);

	if (n >= RECORD_AT || (n > 0 && (in_flight == 0 || now >= since + RECORD_AFTER)))
		flush();
}

TimestampTz
delivery_step(void)
{
	TimestampTz now;
	TimestampTz next_send;
	TimestampTz since;
	bool		claimed;

	collect();
	now = GetCurrentTimestamp();
	record_if_due(now);
	take_wakes();
	if (!follow_assignment())
		return Min(http_next_time(), now + (outcome_count(&since) > 0 ? RECORD_AFTER : USECS_PER_SEC));

	look_around(now);
	move_due(now);
	if (fan_out_is_due(now))
		fan_out_some(now);
	/* Not the time at which the step began: what has become due since is in the list already, and would be passed over. */
	now = GetCurrentTimestamp();
	claimed = claim_some(now);
	next_send = send_all(now);
	shared_my_slot()->in_flight = in_flight;
	return claimed ? now : next_time(now, next_send);
}
