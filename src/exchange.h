/*
 * exchange.h
 *		One request to a provider, with its secrets put in, and its answer in a form that SQL can read.
 */
#ifndef LEALUP_EXCHANGE_H
#define LEALUP_EXCHANGE_H

#include "postgres.h"

#include "http_client.h"
#include "utils/jsonb.h"
#include "utils/uuid.h"

/* A secret that requests may name, opened. */
typedef struct ExchangeSecret
{
	char	   *name;
	char	   *value;			/* NULL = it could not be opened */
} ExchangeSecret;

/* A request as lealup._sync_requests() gives it. The arrays have nfields elements; headers are lines "name: value" joined by \n. */
typedef struct ExchangeRequest
{
	char	   *method;
	char	   *url;
	char	   *headers;
	char	   *body;			/* NULL = none */
	int			nfields;
	char	  **places;			/* header, query, form, json or basic */
	char	  **names;
	char	  **prefixes;
	char	  **secrets;
	int			timeout_ms;
	int			max_bytes;
	bool		once;			/* whether it must not be sent again, see HttpTransfer */
} ExchangeRequest;

/*
 * Makes and starts a transfer. hosts: to which it may go; *.example.com stands for those below a domain. NULL, with *why, if it cannot be
 * sent; *why never holds a secret. The target is the transfer's own.
 */
extern HttpTransfer *exchange_start(const ExchangeRequest *request, char **hosts, int nhosts,
									const ExchangeSecret *secrets, int nsecrets, const void *client, const char **why);

/*
 * The answer's body as jsonb, or NULL if it is no JSON; then *text is its text, or NULL if it is no text either. What jsonb cannot hold, such
 * as a NUL character, is replaced; so are the secrets, where the answer repeats them.
 */
extern Jsonb *exchange_body(const HttpTransfer *transfer, const ExchangeSecret *secrets, int nsecrets, char **text);

/* The answer's headers as a jsonb object, names in lower case; of one that repeats itself the values joined by a comma. Without the secrets. */
extern Jsonb *exchange_headers(const HttpTransfer *transfer, const ExchangeSecret *secrets, int nsecrets);

/*
 * Takes secrets out of an answer: for each dotted path that leads to a string it is sealed for the tenant under a new id, and left out of *body.
 * Gives {name: {"id", "ciphertext" (hexadecimal), "fingerprint"}}.
 */
extern Jsonb *exchange_seal(const pg_uuid_t *tenant_id, char **names, char **paths, int n, Jsonb **body);

#endif
