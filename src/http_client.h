/*
 * http_client.h
 *		Many HTTP requests at a time, in one process, without blocking it.
 *
 * Only http_client.c knows libcurl. Nothing here raises an error while libcurl is on the stack.
 */
#ifndef LEALUP_HTTP_CLIENT_H
#define LEALUP_HTTP_CLIENT_H

#include "postgres.h"

#include "utils/timestamp.h"

#define HTTP_MAX_URL			2000
#define HTTP_MAX_HEADERS		64	/* of a request */
#define HTTP_HEADER_SPACE		4096	/* bytes of a request's own headers */
#define HTTP_MAX_RESPONSE_HEADERS (64 * 1024)	/* bytes of all header lines; more is a failure */
#define HTTP_KEPT_RESPONSE_HEADERS (8 * 1024)	/* bytes of them that are kept */

/* A URL taken apart; host in lower case, without the dot of the root. */
typedef struct HttpUrl
{
	char		scheme[8];
	char		host[256];
	int			port;
} HttpUrl;

/* Where requests go and what they have in common; shared by the transfers to it. */
typedef struct HttpTarget HttpTarget;

typedef enum HttpResult
{
	HTTP_COMPLETE,				/* there is a complete response; see status */
	HTTP_TIMED_OUT,
	HTTP_NOT_RESOLVED,
	HTTP_NOT_CONNECTED,
	HTTP_TLS_FAILED,
	HTTP_BROKEN,				/* the response was cut, malformed, or never came */
	HTTP_TOO_LARGE,				/* header or body exceeds its limit */
	HTTP_BLOCKED				/* the address is not allowed */
} HttpResult;

typedef struct HttpTransfer HttpTransfer;
struct HttpTransfer
{
	/* What the caller fills in, between http_prepare() and http_start(). */
	void	   *owner;
	const void *client;			/* whose transfer it is, for http_next_done() */
	const char *method;			/* a string that lives as long; NULL = POST */
	bool		once;			/* whether it must not be sent again by itself, as libcurl does if a connection from before turns out to be dead */
	bool		compressed;		/* whether the answer may come compressed; only on targets that are used once */
	size_t		most_response;	/* bytes of the response's body; more is a failure; lealup.max_response_size unless set */
	char	   *body;			/* from malloc; the transfer frees it */
	size_t		body_length;
	size_t		keep_response;	/* bytes of the response's body; lealup.response_log_size unless set */
	void		(*ended) (HttpTransfer *transfer);	/* called by http_perform() in place of http_next_done(), and to release it; or NULL */
	int			nheaders;

	/* What came of it. */
	HttpResult	result;
	char		error[256];		/* empty if complete */
	int			status;			/* 0 = none */
	TimestampTz started_at;
	int64		latency_us;
	int64		retry_after;	/* seconds that the response asked to wait; 0 = none */
	char	   *response_headers;	/* lines, each ended by \r\n; kept ones only */
	size_t		response_headers_length;
	char	   *response_body;	/* its kept beginning */
	size_t		response_body_length;

	struct HttpPrivate *private;
};

/* Sets libcurl up in this process; errors if it cannot. */
extern void http_init(void);

/* To be called when settings have changed. */
extern void http_reload(void);

/* A descriptor that becomes readable when http_perform() has work; for the wait event set. */
extern int	http_descriptor(void);

/* How many requests this process can have open, by its limit of descriptors. */
extern int	http_capacity(void);

/* Takes a URL apart; false, with *why telling what is wrong in words for a user, unless it is a well-formed http or https URL without credentials or fragment. */
extern bool http_parse_url(const char *url, HttpUrl *result, const char **why);

/*
 * Makes a target. header_lines: additional headers, "name: value" joined by \n, or NULL. NULL if the URL is malformed (*why).
 * The target lives until released and its last transfer has ended.
 */
extern HttpTarget *http_target_new(const char *url, int timeout_ms, const char *header_lines, const char **why);
extern void http_target_release(HttpTarget *target);

/*
 * For a target that the administrator named, before its first transfer: its address may be any, and http will do. direct: neither by
 * lealup.proxy nor from lealup.source_address.
 */
extern void http_target_trust(HttpTarget *target, bool direct);

/* A transfer to the target; then http_header() for each header and the body; then http_start(). NULL = out of memory. */
extern HttpTransfer *http_prepare(HttpTarget *target);
extern void http_header(HttpTransfer *transfer, const char *name, const char *value);
extern bool http_start(HttpTransfer *transfer);

/* Before http_start(): signs the request as AWS wants it (Signature Version 4), with the headers that were given. */
extern void http_sign_aws(HttpTransfer *transfer, const char *region, const char *service, const char *access_key, const char *secret_key);

/* The n-th header as "name: value"; *secret tells whether the value must not be shown. */
extern const char *http_request_header(HttpTransfer *transfer, int n, bool *secret);

/* The URL that the transfer is sent to. */
extern const char *http_request_url(HttpTransfer *transfer);

/* Does what can be done without waiting. */
extern void http_perform(void);

/* The next transfer of a client that has ended, but those with "ended", or NULL; the caller gives it back with http_release(). */
extern HttpTransfer *http_next_done(const void *client);
extern void http_release(HttpTransfer *transfer);

/* When http_perform() is to be called at the latest. */
extern TimestampTz http_next_time(void);

#endif
