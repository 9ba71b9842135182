/*
 * due.h
 *		Which subscriptions a delivery worker has to look at, and when.
 */
#ifndef LEALUP_DUE_H
#define LEALUP_DUE_H

#include "postgres.h"

#include "lib/ilist.h"
#include "subscription.h"

/* Subscriptions (list_node) that have something to claim or to send now. */
extern dlist_head due_list;

extern void due_init(void);

/* This worker is number "rank" of those among whom the endpoints are divided. */
extern void due_set_share(int workers, int rank);

/* Whether this worker may claim for a subscription now: it is known, active, can be sent to, and its endpoint is this worker's. */
extern bool due_can_claim(const Subscription *subscription);

/* Puts a subscription where its state belongs: into the list, the heap, or neither. To be called after every change of it. */
extern void due_place(Subscription *subscription, TimestampTz now);

/* Something of the subscription falls due at the time, or has. */
extern void due_at(Subscription *subscription, TimestampTz at);

/* Takes a subscription out of the heap, whose order must not change under it; next_due may then be set. */
extern void due_unwait(Subscription *subscription);

/* Moves what has become due to the list. */
extern void due_move(TimestampTz now);

/* When the next of those that wait falls due; DT_NOEND = none waits. */
extern TimestampTz due_next(void);

#endif
