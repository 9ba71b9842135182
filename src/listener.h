/*
 * listener.h
 *		HTTP/1 requests from sockets, without threads and without blocking.
 *
 * Only listener.c knows libmicrohttpd. Nothing here raises an error, and no error may leave the functions that it calls.
 */
#ifndef LEALUP_LISTENER_H
#define LEALUP_LISTENER_H

#include "postgres.h"

#include <sys/socket.h>

#include "utils/timestamp.h"

typedef struct ListenerHeader
{
	const char *name;			/* in lower case, in a request; once */
	const char *value;			/* of one that came several times, all of them */
} ListenerHeader;

/* A request that is complete and well-formed, or (listener_refused) not. */
typedef struct ListenerRequest
{
	const char *method;			/* NULL = not known */
	const char *path;			/* percent-encoded; NULL = not known */
	const char *query;			/* without "?"; NULL = none */
	int			nheaders;
	ListenerHeader *headers;
	const char *body;			/* NULL = none */
	size_t		body_length;
	const struct sockaddr *peer;
} ListenerRequest;

typedef struct ListenerAnswer
{
	int			status;
	int			nheaders;
	ListenerHeader *headers;	/* without Date, Content-Length, Connection */
	const char *body;			/* copied */
	size_t		length;
	bool		held;			/* not to be sent before the settler was called */
} ListenerAnswer;

/* Answers a request; called in a memory context that is reset afterwards. */
typedef void (*ListenerHandler) (const ListenerRequest *request, ListenerAnswer *answer);

/* Makes sure of what held answers say, of several at a time; in the same memory context. */
typedef void (*ListenerSettler) (void);

/* Is told of each request that was answered, also of those that the handler never saw: for the log. */
typedef void (*ListenerObserver) (const ListenerRequest *request, const ListenerAnswer *answer, double milliseconds);

extern void listener_init(ListenerHandler handler, ListenerSettler settler, ListenerObserver observer);

/* A descriptor that becomes readable when listener_run() has work; for the wait event set. */
extern int	listener_descriptor(void);

/*
 * Listens at these addresses, and no longer at others, whose requests in hand are finished. unix_too: also at unix sockets. shared: other
 * processes of this user may listen at the same ports. Gives NULL, or what went wrong at an address that is to be tried again.
 */
extern const char *listener_listen(const char *addresses, bool unix_too, bool shared);

/* Does what can be done without waiting; gives when it is to be called at the latest. */
extern TimestampTz listener_run(void);

/* Open connections; and those of them that have a request in hand. */
extern int	listener_connections(void);
extern int	listener_busy(void);

/* Puts a problem (RFC 9457) into an answer; detail: text without characters that JSON escapes, or NULL. */
extern void listener_problem(ListenerAnswer *answer, int status, const char *detail);

#endif
