/*
 * delivery.c
 *		The delivery worker's step: from the outbox to the endpoints.
 *
 * fan out (outbox -> queue), claim (queue -> memory), send, record. Each touches the database in a transaction of its own, and
 * none is open while requests are under way.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "claim.h"
#include "compat.h"
#include "db.h"
#include "delivery.h"
#include "due.h"
#include "loop.h"
#include "outcome.h"
#include "settings.h"
#include "shared.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "vault.h"

#define FAN_OUT_AT_A_TIME	1000
#define SEND_IN_TURN		8
#define RECORD_AT			500 /* outcomes */
#define RECORD_AFTER		(20 * INT64CONST(1000))	/* microseconds */
#define FAN_OUT_AFTER		(20 * INT64CONST(1000))	/* at the latest, with requests under way */
#define SLOW_TICK			(300 * USECS_PER_SEC)	/* the net under the wake-ups */
#define CAREFUL_FAN_OUTS	100
#define FAN_OUT_PAUSE		(5 * USECS_PER_SEC)

static const char delivery_client;	/* its address marks our transfers */
static int	in_flight;

static bool fan_out_wanted;
static TimestampTz last_fan_out;
static TimestampTz fan_out_not_before;
static int	careful;			/* fan-outs that look for what is queued already */
static bool rescan_wanted;
static TimestampTz next_rescan; /* not before, when wanted */
static TimestampTz next_tick;
static bool reload_wanted;		/* settings that may have changed */
static bool load_wanted;		/* settings that are not known yet */

static uint32 my_epoch;
static bool settled;			/* the assignment of the epoch holds */
static int	nworkers = 1;

static void
discard_visitor(Subscription *s, void *context)
{
	claim_discard(s);
	due_place(s, GetCurrentTimestamp());
}

/* ----- Recording ----- */

/* After an outcome is in the database. */
static void
recorded(Delivery *d, TimestampTz next_attempt_at)
{
	Subscription *s = d->subscription;

	claim_forget(d);
	if (next_attempt_at != DT_NOEND)
	{
		s->has_later = true;
		due_at(s, next_attempt_at);
		/* Deleted while the attempt was under way: upkeep, which has looked already, ends what is left. */
		if (!s->active)
			shared_wake_others(WAKE_UPKEEP);
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
	flush();
}

/* ----- Fan-out ----- */

/* New settings may make a subscription's deliveries due, or its endpoint another worker's. */
static void
place_visitor(Subscription *s, void *context)
{
	due_place(s, *(TimestampTz *) context);
}

static void
load_settings(bool all)
{
	TimestampTz now = GetCurrentTimestamp();

	subscription_load(all, claim_discard);
	subscription_each(place_visitor, &now);
}

static void
queued_for(const pg_uuid_t *tenant_id, const pg_uuid_t *id, bool *unknown)
{
	Subscription *s = subscription_get(tenant_id, id);

	*unknown |= !s->known;
	/* Whether its first attempt is due later is what its schedule says; with a changed one it is loaded, and looked for, anew. */
	s->has_later |= !s->known || s->steps[0] > 0;
	due_at(s, 0);
}

static void
fan_out(void *context)
{
	static DbStatement statement = {"SELECT * FROM lealup._fan_out($1, $2, $3)"};
	Oid			types[] = {INT4OID, TIMESTAMPTZOID, BOOLOID};
	Datum		values[] = {Int32GetDatum(FAN_OUT_AT_A_TIME), TimestampTzGetDatum(GetCurrentTimestamp()), BoolGetDatum(careful > 0)};
	DbRows		rows;
	SubscriptionKey *keys;
	bool		unknown = false;
	int			n = 0;
	int64		taken = 0;

	db_begin("fanning out events");
	db_execute(&statement, 3, types, values, &rows);
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
	load_wanted |= unknown;
	if (n > 0 && nworkers > 1)
		shared_wake_others(WAKE_QUEUE);
}

/* With many requests open sending goes first; but what is new must not wait for a backlog to be sent. */
static TimestampTz
fan_out_time(void)
{
	if (!fan_out_wanted)
		return DT_NOEND;
	if (in_flight < setting_max_in_flight / 2)
		return fan_out_not_before;
	return Max(fan_out_not_before, last_fan_out + FAN_OUT_AFTER);
}

static void
fan_out_some(TimestampTz now)
{
	bool		done = db_try("fan-out", fan_out, NULL);

	if (careful > 0)
		careful--;
	/* One of the deliveries was queued by replay_missing(). */
	if (!done && careful == 0 && db_last_error() == ERRCODE_UNIQUE_VIOLATION)
	{
		careful = CAREFUL_FAN_OUTS;
		done = true;
	}
	/* A batch that fails must not stop what is queued already. */
	if (!done)
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
	rescan_wanted = false;
	load_wanted |= unknown;

	/* However many subscriptions there are, looking takes at most a tenth of the time. */
	next_rescan = now + 10 * (GetCurrentTimestamp() - now);
	next_tick = now + SLOW_TICK;
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
	transfer->client = &delivery_client;
	transfer->body = claim_take_body(d);
	transfer->body_length = d->body_length;
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
	int			room = s->unusable ? SEND_IN_TURN : due_can_claim(s) ? subscription_room(s, now, &when) : 0;
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
	static dlist_head served = DLIST_STATIC_INIT(served);	/* outlives an error */
	TimestampTz next;
	bool		sent;

	do
	{
		dlist_mutable_iter iter;

		next = DT_NOEND;
		sent = false;
		dlist_foreach_modify(iter, &due_list)
		{
			Subscription *s = dlist_container(Subscription, list_node, iter.cur);

			/* A changed subscription must not get another request under its old settings. */
			if (shared_has_wake(WAKE_SUBSCRIPTION))
				break;
			if (s->nready == 0 || send_turn(s, now, &next) == 0)
				continue;
			sent = true;
			due_place(s, now);
			if (!s->listed)
				continue;
			dlist_delete(&s->list_node);
			dlist_push_tail(&served, &s->list_node);
		}
		/* Who was served goes behind those who were not. */
		while (!dlist_is_empty(&served))
			dlist_push_tail(&due_list, dlist_pop_head_node(&served));
	} while (sent && !shared_has_wake(WAKE_SUBSCRIPTION));
	return next;
}

void
delivery_pump(void)
{
	HttpTransfer *transfer;

	http_perform();
	while ((transfer = http_next_done(&delivery_client)) != NULL)
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
	TimestampTz now = GetCurrentTimestamp();
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
	due_set_share(n, r);
	subscription_each(place_visitor, &now);
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
	due_init();
	claim_init();
	subscription_init();
	outcome_init();
	http_init();
	http_reload();
	loop_before_exit(flush_quickly);
}

void
delivery_reload(void)
{
	http_reload();
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
	if (wakes & (WAKE_EXTENSION | WAKE_ASSIGNMENT))
		rescan_wanted = reload_wanted = fan_out_wanted = true;
}

static void
load_if_wanted(void)
{
	if (load_wanted)
		load_settings(false);
	load_wanted = false;
}

/* Subscriptions whose secrets could not be opened are read again when keys have come. */
static void
retry_locked(void)
{
	static uint32 seen;

	if (seen == vault_generation())
		return;
	seen = vault_generation();
	subscription_retry_locked();
	load_wanted = true;
}

static void
look_around(TimestampTz now)
{
	retry_locked();
	if (reload_wanted)
	{
		load_settings(true);
		reload_wanted = false;
	}
	if (now >= next_tick)
		rescan_wanted = fan_out_wanted = true;
	if (rescan_wanted && now >= next_rescan)
		rescan();
	load_if_wanted();
}

static TimestampTz
next_time(TimestampTz now, TimestampTz next_send)
{
	TimestampTz next = Min(next_send, http_next_time());
	TimestampTz since;

	if (outcome_count(&since) > 0)
		next = Min(next, since + RECORD_AFTER);
	next = Min(next, due_next());
	next = Min(next, fan_out_time());
	if (rescan_wanted)
		next = Min(next, next_rescan);
	return Min(next, next_tick);
}

static void
record_if_due(TimestampTz now)
{
	TimestampTz since;
	int			n = outcome_count(&since);

	/* Outcomes that could not be recorded because their rows are locked wait until a time to come. */
	if (n > 0 && now >= since && (n >= RECORD_AT || in_flight == 0 || now >= since + RECORD_AFTER))
		flush();
}

TimestampTz
delivery_drain(void)
{
	TimestampTz since;

	record_if_due(GetCurrentTimestamp());
	if (in_flight == 0 && outcome_count(&since) == 0)
		return 0;
	return Min(http_next_time(), GetCurrentTimestamp() + (outcome_count(&since) > 0 ? RECORD_AFTER : USECS_PER_SEC));
}

TimestampTz
delivery_step(void)
{
	TimestampTz now;
	TimestampTz next_send;
	TimestampTz since;
	bool		claimed;

	now = GetCurrentTimestamp();
	record_if_due(now);
	take_wakes();
	if (!follow_assignment())
		return Min(http_next_time(), now + (outcome_count(&since) > 0 ? RECORD_AFTER : USECS_PER_SEC));

	look_around(now);
	due_move(now);
	if (fan_out_time() <= now)
		fan_out_some(now);
	load_if_wanted();
	/* Not the time at which the step began: what has become due since is in the list already, and would be passed over. */
	now = GetCurrentTimestamp();
	claimed = claim_some(now);
	next_send = send_all(now);
	shared_my_slot()->in_flight = in_flight;
	return claimed ? now : next_time(now, next_send);
}
