/*
 * request_head.h
 *		Whether the head of an HTTP request is one that nobody can take for something else.
 *
 * libmicrohttpd is lenient with what disguises one request as two, so what it took for a request is held against the bytes that it
 * came in. Nothing here allocates memory or raises an error.
 */
#ifndef LEALUP_REQUEST_HEAD_H
#define LEALUP_REQUEST_HEAD_H

#include "postgres.h"

#define HEAD_MAX_TARGET 8000	/* RFC 9112 recommends it */
#define HEAD_MAX_HEADERS 100

typedef struct HeadLine
{
	const char *name;
	size_t		name_length;
	const char *value;			/* NULL = none */
	size_t		value_length;
} HeadLine;

typedef struct RequestHead
{
	const char *method;
	const char *url;
	const char *version;
	const char *target;			/* as it came; of a longer one the first HEAD_MAX_TARGET bytes */
	size_t		target_length;
	size_t		size;			/* bytes of the whole head */
	bool		in_place;		/* the strings are where the bytes came in, with zeros for what was between them */
	bool		more;			/* there are more headers */
	int			count;
	HeadLine	lines[HEAD_MAX_HEADERS];
} RequestHead;

typedef struct HeadVerdict
{
	int			status;			/* what to refuse it by; 0 = it is well */
	const char *why;
	uint64		body_length;	/* 0 = none, or it is chunked */
	bool		chunked;
	bool		expects;		/* the client waits for a word before it sends the body */
} HeadVerdict;

extern void request_head_check(const RequestHead *head, HeadVerdict *verdict);

#endif
