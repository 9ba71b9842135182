/*
 * claim.h
 *		From the queue to memory: the deliveries that a worker holds.
 */
#ifndef LEALUP_CLAIM_H
#define LEALUP_CLAIM_H

#include "postgres.h"

#include "delivery.h"

extern void claim_init(void);

/*
 * Claims for subscriptions of due_list that have little left to send, in one short transaction; gives whether there were any. If
 * that fails for what is in a row, subscriptions are tried one by one, and one that fails alone pauses; any other error is raised.
 */
extern bool claim_some(TimestampTz now);

/* Gives back what was claimed for a subscription and not yet sent: it is claimed anew, under the settings as they are then. */
extern void claim_discard(Subscription *subscription);

/* Takes the body of a delivery that is being sent; the caller frees it. */
extern char *claim_take_body(Delivery *delivery);

/* Ends holding a delivery, and frees it. */
extern void claim_forget(Delivery *delivery);

#endif
