/*
 * delivery.h
 *		The delivery worker's step: from the outbox to the endpoints.
 */
#ifndef LEALUP_DELIVERY_H
#define LEALUP_DELIVERY_H

#include "postgres.h"

#include "lib/ilist.h"
#include "subscription.h"
#include "utils/timestamp.h"

typedef struct DeliveryKey
{
	pg_uuid_t	tenant_id;
	pg_uuid_t	id;
} DeliveryKey;

/* A delivery that this worker has claimed: until its outcome is recorded it is in the table of held ones. */
typedef struct Delivery
{
	DeliveryKey key;			/* first: the hash table's key */
	dlist_node	node;			/* in its subscription's list, until it is sent */
	Subscription *subscription;
	Endpoint   *endpoint;		/* to which it was sent */
	pg_uuid_t	event_id;
	int			attempt_no;
	int			first_attempt_no;
	bool		once;			/* it is not retried */
	bool		unread;			/* its event was not read yet */
	char		event_type[104];
	char	   *body;			/* from malloc, until it is sent; NULL = the event is gone */
	size_t		body_length;
} Delivery;

extern void delivery_init(void);
extern void delivery_reload(void);
extern void delivery_pump(void);
extern TimestampTz delivery_step(void);
extern TimestampTz delivery_drain(void);

#endif
