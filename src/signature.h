/*
 * signature.h
 *		Whether a webhook comes from whom it should: the schemes of sql/79_inbox_scheme.sql, over the raw bytes.
 */
#ifndef LEALUP_SIGNATURE_H
#define LEALUP_SIGNATURE_H

#include "postgres.h"

#include "utils/jsonb.h"
#include "utils/timestamp.h"

/* A request as its sender signed it. */
typedef struct SignedRequest
{
	const char *method;
	const char *url;			/* as the sender knows it, with the query */
	const char *query;			/* as it came; NULL = none */
	Jsonb	   *headers;		/* {lower-case name: value}; NULL = none */
	const char *body;
	size_t		body_length;
	Jsonb	   *document;		/* the body, if it is JSON that somebody needs; else NULL */
	TimestampTz now;
} SignedRequest;

/*
 * Gives NULL if the request bears what the scheme demands with one of the keys, else why not, in words for the tenant's people and without
 * anything secret. However many keys and signatures there are, all of them are compared, in a time that tells nothing of them.
 */
extern const char *signature_check(Jsonb *scheme, const SignedRequest *request, char **keys, int nkeys);

/* The purpose in the vault of the key that a scheme needs; NULL = it needs none. */
extern char *signature_purpose(Jsonb *scheme);

#endif
