/*
 * subscription.h
 *		What a delivery worker knows of subscriptions and their endpoints.
 */
#ifndef LEALUP_SUBSCRIPTION_H
#define LEALUP_SUBSCRIPTION_H

#include "postgres.h"

#include "http_client.h"
#include "lib/ilist.h"
#include "lib/pairingheap.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"
#include "webhook.h"

#define SUBSCRIPTION_MAX_STEPS 20

/* Where requests go: all subscriptions of a tenant to one scheme, host and port share it. */
typedef struct EndpointKey
{
	pg_uuid_t	tenant_id;
	char		name[280];		/* scheme://host:port, padded with zeros */
} EndpointKey;

typedef struct Endpoint
{
	EndpointKey key;			/* first: the hash table's key */
	uint32		hash;			/* decides which worker owns it */
	int			references;
	int			in_flight;
	int			rate;			/* requests per second; 0 = unlimited */
	double		tokens;			/* of the bucket that holds rate */
	TimestampTz tokens_at;
	int			window;			/* requests in flight that it has shown to answer */
} Endpoint;

typedef struct SubscriptionKey
{
	pg_uuid_t	tenant_id;
	pg_uuid_t	id;
} SubscriptionKey;

typedef struct Subscription
{
	SubscriptionKey key;		/* first: the hash table's key */
	int			version;
	bool		known;			/* its settings are loaded */
	bool		found;			/* its row was there when they were loaded last */
	bool		active;
	bool		retry_any;
	bool		disable_on_gone;
	int			disable_after_failures;	/* 0 = never */
	int			consecutive_failures;
	bool		failures_changed;
	bool		disabling;		/* it is to be disabled */
	bool		gone;			/* because its endpoint answered 410 */
	uint32		noted;			/* when its failures were stored last */
	int			timeout_ms;
	int			max_in_flight;
	int			rate;			/* requests per second; 0 = unlimited */
	double		tokens;
	TimestampTz tokens_at;
	int			nsteps;
	int64		steps[SUBSCRIPTION_MAX_STEPS];	/* microseconds */
	char		url[HTTP_MAX_URL + 1];
	Endpoint   *endpoint;		/* NULL if the URL is malformed */
	HttpTarget *target;			/* NULL until it can be sent to */
	int			nsigners;
	WebhookSigner signers[WEBHOOK_MAX_SIGNERS];
	const char *unusable;		/* why every delivery fails, as static text: its URL is malformed or not allowed */
	bool		locked;			/* its secret cannot be opened: deliveries wait */

	/* Where claiming stands. */
	TimestampTz next_due;		/* when something may be due; DT_NOEND = nothing known */
	bool		has_later;		/* the queue may hold rows that fall due later */
	TimestampTz after_at;		/* claimed so far: rows behind this position are new */
	pg_uuid_t	after_id;
	int			held;			/* deliveries claimed and not yet recorded */
	int			in_flight;
	dlist_head	ready;			/* Delivery: claimed, not yet sent */
	int			nready;
	size_t		ready_bytes;	/* of their bodies */
	bool		listed;			/* in the list of those to look at now */
	dlist_node	list_node;
	bool		waiting;		/* in the heap of those to look at later */
	pairingheap_node heap_node;
} Subscription;

extern void subscription_init(void);

/* The subscription with that key; made if it is new, with its settings unknown. */
extern Subscription *subscription_get(const pg_uuid_t *tenant_id, const pg_uuid_t *id);
extern Subscription *subscription_find(const SubscriptionKey *key);

/*
 * Loads the settings of subscriptions that are unknown, or ("all") those of every one whose version has changed. Calls
 * "discard" for each that was known and changed. One short transaction.
 */
extern void subscription_load(bool all, void (*discard) (Subscription *subscription));

/* Makes every subscription's settings be read anew, after a change of settings or keys. */
extern void subscription_forget_versions(void);

/* Makes those that wait for a key be loaded again: see vault_generation(). */
extern void subscription_retry_locked(void);

/* Frees what is not in use, if there is much of it. */
extern void subscription_evict(void);

/* Calls a function for each. */
extern void subscription_each(void (*visit) (Subscription *subscription, void *context), void *context);

/*
 * How many requests may be sent now; 0 = none, then *when is set to when the rate allows one (DT_NOEND if it is not the rate that
 * forbids). subscription_sent() takes one.
 */
extern int	subscription_room(Subscription *subscription, TimestampTz now, TimestampTz *when);
extern void subscription_sent(Subscription *subscription);

/*
 * A request to the endpoint has ended (the subscription may have moved to another since); "answered": with a complete response,
 * whatever its status.
 */
extern void subscription_ended(Subscription *subscription, Endpoint *endpoint, bool answered);

#endif
