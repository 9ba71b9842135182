/*
 * due.c
 *		Which subscriptions a delivery worker has to look at, and when.
 *
 * Those that have something to claim or to send now are in a list, which is gone through in turns; those whose next delivery falls
 * due later are in a heap.
 */
#include "postgres.h"

#include "due.h"
#include "utils/timestamp.h"

dlist_head	due_list = DLIST_STATIC_INIT(due_list);

static pairingheap *later;		/* subscriptions, by next_due */
static int	nworkers = 1;
static int	rank = 0;

static int
compare_due(const pairingheap_node *a, const pairingheap_node *b, void *arg)
{
	TimestampTz x = pairingheap_const_container(Subscription, heap_node, a)->next_due;
	TimestampTz y = pairingheap_const_container(Subscription, heap_node, b)->next_due;

	return x < y ? 1 : x > y ? -1 : 0;
}

void
due_init(void)
{
	later = pairingheap_allocate(compare_due, NULL);
}

void
due_set_share(int workers, int my_rank)
{
	nworkers = workers;
	rank = my_rank;
}

/* Whether this worker may send for it; the settings must be known. */
static bool
is_mine(const Subscription *s)
{
	return s->endpoint ? (int) (s->endpoint->hash % nworkers) == rank : rank == 0;
}

bool
due_can_claim(const Subscription *s)
{
	return s->known && s->active && !s->locked && is_mine(s);
}

void
due_unwait(Subscription *s)
{
	if (s->waiting)
		pairingheap_remove(later, &s->heap_node);
	s->waiting = false;
}

/* Puts a subscription where its state belongs: into the list, the heap, or neither. */
void
due_place(Subscription *s, TimestampTz now)
{
	bool		now_due = s->nready > 0 || (due_can_claim(s) && s->next_due <= now);

	due_unwait(s);
	s->waiting = !now_due && due_can_claim(s) && s->next_due != DT_NOEND;
	if (s->waiting)
		pairingheap_add(later, &s->heap_node);
	if (now_due && !s->listed)
		dlist_push_tail(&due_list, &s->list_node);
	else if (!now_due && s->listed)
		dlist_delete(&s->list_node);
	s->listed = now_due;
}

void
due_at(Subscription *s, TimestampTz at)
{
	if (at < s->next_due)
	{
		due_unwait(s);
		s->next_due = at;
	}
	due_place(s, GetCurrentTimestamp());
}

void
due_move(TimestampTz now)
{
	while (due_next() <= now)
		due_place(pairingheap_container(Subscription, heap_node, pairingheap_first(later)), now);
}

TimestampTz
due_next(void)
{
	return pairingheap_is_empty(later) ? DT_NOEND : pairingheap_container(Subscription, heap_node, pairingheap_first(later))->next_due;
}
