/*
 * http_client.c
 *		Many HTTP requests at a time, in one process, without blocking it; and the sockets of smtp_client.c.
 *
 * libcurl's multi interface tells which sockets it waits for; they are in an epoll set of our own, whose descriptor the worker
 * waits for together with its latch. Registrations are lazy: a socket that libcurl loses interest in stays registered, since
 * the next request on the connection would only register it again (a fifth of the throughput), until it fires unasked.
 *
 * libcurl's callbacks only copy bytes into bounded buffers from malloc(): an error must not unwind through libcurl. Its resolver
 * runs in threads, which inherit the signal mask; so all signals are blocked while libcurl runs, and none is ever handled there.
 */
#include "postgres.h"

#include <malloc.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "address.h"
#include "curl_job.h"
#include "http_client.h"
#include "lib/ilist.h"
#include "settings.h"
#include "storage/fd.h"

#define EVENTS_AT_A_TIME 256
#define RESERVED_DESCRIPTORS 256	/* for PostgreSQL's own files */
#define IDLE_CONNECTION_S	60	/* an idle connection is not used again after so long */
#define LONGEST_REQUEST_S	30
#define TRUSTED_RESPONSE	(64 * 1024) /* bytes of a body, at the most */

struct HttpTarget
{
	int			references;
	CURLU	   *url;
	char	   *url_text;
	int			timeout_ms;
	bool		proxied;
	bool		trusted;		/* any address will do */
	bool		direct;			/* neither by the proxy nor from the source address */
	int			ncustom;
	char	   *custom_text;	/* the custom headers, each terminated */
	size_t		custom_length;
	const char *custom[HTTP_MAX_HEADERS];
	dlist_head	idle;			/* transfers whose options are set already */
};

typedef struct HttpPrivate
{
	HttpTransfer transfer;		/* first: the caller's view of it */
	CurlJob		job;
	dlist_node	node;			/* in the target's idle list, or in the done list */
	HttpTarget *target;
	CURL	   *easy;
	struct curl_slist lines[HTTP_MAX_HEADERS + 1];
	char		space[HTTP_HEADER_SPACE];
	size_t		space_used;
	char		curl_error[CURL_ERROR_SIZE];
	bool		running;		/* libcurl has it */
	bool		listed;			/* it is in a done list */
	bool		headers_complete;
	bool		is_signed;
	bool		blocked;
	bool		too_large;
	size_t		header_bytes;
	size_t		body_bytes;
	size_t		body_space;
} HttpPrivate;

/* What a descriptor is registered for, and what libcurl wants of it (EPOLL bits). */
typedef struct Interest
{
	bool		own;			/* opened by on_open_socket(), so that its closing is noticed */
	uint32		registered;
	uint32		wanted;
} Interest;

static CURLM *multi;
static int	epoll_fd = -1;
static Interest *interests;
static int	ninterests;
static int	capacity;
static TimestampTz timer = DT_NOEND;
static TimestampTz fresh_until; /* no connection from before is used again until then */
static dlist_head done = DLIST_STATIC_INIT(done);
static dlist_head done_for_owner = DLIST_STATIC_INIT(done_for_owner);	/* those with "ended" */
static int	allocated_idle;

/* ----- URLs ----- */

static bool
take_part(CURLU *url, CURLUPart part, unsigned int flags, char *buffer, size_t size)
{
	char	   *text;
	bool		ok;

	buffer[0] = '\0';
	if (curl_url_get(url, part, &text, flags) != CURLUE_OK)
		return false;
	ok = strlcpy(buffer, text, size) < size;
	curl_free(text);
	return ok;
}

static bool
has_part(CURLU *url, CURLUPart part)
{
	char	   *text;

	if (curl_url_get(url, part, &text, 0) != CURLUE_OK)
		return false;
	curl_free(text);
	return true;
}

static bool
dissect(CURLU *parsed, HttpUrl *result, const char **why)
{
	char		port[8];
	size_t		length;

	if (!take_part(parsed, CURLUPART_SCHEME, 0, result->scheme, sizeof(result->scheme))
		|| (strcmp(result->scheme, "https") != 0 && strcmp(result->scheme, "http") != 0))
		*why = "its scheme is not https";
	else if (has_part(parsed, CURLUPART_USER) || has_part(parsed, CURLUPART_PASSWORD))
		*why = "it contains a user name or password";
	else if (has_part(parsed, CURLUPART_FRAGMENT))
		*why = "it contains a fragment";
	else if (!take_part(parsed, CURLUPART_HOST, 0, result->host, sizeof(result->host)))
		*why = "its host is missing or too long";
	else if (!take_part(parsed, CURLUPART_PORT, CURLU_DEFAULT_PORT, port, sizeof(port)) || atoi(port) == 0)
		*why = "its port is invalid";
	else
	{
		result->port = atoi(port);
		length = strlen(result->host);
		if (length > 1 && result->host[length - 1] == '.')
			result->host[--length] = '\0';
		for (size_t i = 0; i < length; i++)
			result->host[i] = pg_tolower((unsigned char) result->host[i]);
		return true;
	}
	return false;
}

bool
http_parse_url(const char *url, HttpUrl *result, const char **why)
{
	CURLU	   *parsed;
	bool		ok = false;

	if (strlen(url) > HTTP_MAX_URL)
	{
		*why = "it is longer than 2000 characters";
		return false;
	}
	for (const char *c = url; *c; c++)
		if ((unsigned char) *c <= ' ' || (unsigned char) *c >= 0x7f || *c == '\\')
		{
			*why = "it contains a blank, a control character, a backslash or a character that is not ASCII";
			return false;
		}
	/* libcurl would take what follows the extra slashes for the host. */
	if (strncmp(url + strcspn(url, ":"), ":///", 4) == 0)
	{
		*why = "its host is missing or too long";
		return false;
	}
	parsed = curl_url();
	if (parsed == NULL)
		*why = "out of memory";
	else if (curl_url_set(parsed, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK)
		*why = "it is malformed";
	else
		ok = dissect(parsed, result, why);
	curl_url_cleanup(parsed);
	return ok;
}

/* ----- Sockets ----- */

/* The entry of a descriptor; false = out of memory. */
static bool
have_interest(int fd)
{
	int			n = Max(fd + 1, ninterests * 2);
	Interest   *grown;

	if (fd < ninterests)
		return true;
	grown = realloc(interests, n * sizeof(Interest));
	if (grown == NULL)
		return false;
	memset(grown + ninterests, 0, (n - ninterests) * sizeof(Interest));
	interests = grown;
	ninterests = n;
	return true;
}

static void
set_interest(int fd, uint32 wanted)
{
	struct epoll_event event = {0};
	Interest   *interest;

	if (!have_interest(fd))
		return;					/* the request will time out */
	interest = &interests[fd];
	interest->wanted = wanted;
	if (wanted == 0 && !interest->own)
	{
		/* The resolver's: it is closed behind our back, and its number comes back as another socket's. */
		epoll_ctl(epoll_fd, EPOLL_CTL_DEL, fd, NULL);
		interest->registered = 0;
	}
	if (wanted == 0 || wanted == interest->registered)
		return;
	event.events = wanted;
	event.data.fd = fd;
	if (epoll_ctl(epoll_fd, interest->registered ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event) == 0)
		interest->registered = wanted;
}

static int
on_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *socket_context)
{
	uint32		wanted = 0;

	if (what != CURL_POLL_REMOVE)
		wanted = ((what & CURL_POLL_IN) ? EPOLLIN : 0) | ((what & CURL_POLL_OUT) ? EPOLLOUT : 0);
	set_interest(fd, wanted);
	return 0;
}

static int
on_timer(CURLM *m, long timeout_ms, void *context)
{
	timer = timeout_ms < 0 ? DT_NOEND : GetCurrentTimestamp() + timeout_ms * INT64CONST(1000);
	return 0;
}

curl_socket_t
curl_job_socket(const struct curl_sockaddr *address)
{
	int			fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);

	if (fd >= 0 && have_interest(fd))
	{
		interests[fd].own = true;
		interests[fd].registered = interests[fd].wanted = 0;
	}
	return fd;
}

static curl_socket_t
on_open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
	HttpPrivate *p = context;

	if (!p->target->proxied && !p->target->trusted && !address_is_allowed(&address->addr))
	{
		p->blocked = true;
		return CURL_SOCKET_BAD;
	}
	p->blocked = false;
	return curl_job_socket(address);
}

static int
on_close_socket(void *context, curl_socket_t fd)
{
	/* Closing takes it out of the epoll set. */
	if (fd < ninterests)
		memset(&interests[fd], 0, sizeof(Interest));
	return close(fd);
}

/* ----- Responses ----- */

/* Appends to a buffer from malloc, up to a limit; false = out of memory. */
static bool
keep(char **buffer, size_t *length, const char *data, size_t n, size_t limit)
{
	char	   *grown;

	n = Min(n, limit - Min(*length, limit));
	if (n == 0)
		return true;
	grown = realloc(*buffer, *length + n);
	if (grown == NULL)
		return false;
	memcpy(grown + *length, data, n);
	*buffer = grown;
	*length += n;
	return true;
}

static size_t
on_header(char *data, size_t size, size_t n, void *context)
{
	HttpPrivate *p = context;
	HttpTransfer *t = &p->transfer;
	size_t		length = size * n;

	p->header_bytes += length;
	if (p->header_bytes > HTTP_MAX_RESPONSE_HEADERS)
	{
		p->too_large = true;
		return 0;
	}
	if (length >= 12 && strncmp(data, "HTTP/", 5) == 0 && !p->headers_complete)
	{
		const char *blank = memchr(data, ' ', length);

		/* A status line: of an interim (1xx) response, or of the response itself. */
		t->status = blank && data + length - blank >= 4 ? (blank[1] - '0') * 100 + (blank[2] - '0') * 10 + (blank[3] - '0') : 0;
		t->response_headers_length = 0;
		return length;
	}
	if (length <= 2 && (data[0] == '\r' || data[0] == '\n'))
	{
		/* libcurl takes a reply that ends inside its headers for complete; only the blank line tells. */
		if (t->status >= 200)
			p->headers_complete = true;
		return length;
	}
	if (!keep(&t->response_headers, &t->response_headers_length, data, length, HTTP_KEPT_RESPONSE_HEADERS))
		return 0;
	return length;
}

static size_t
on_body(char *data, size_t size, size_t n, void *context)
{
	HttpPrivate *p = context;
	HttpTransfer *t = &p->transfer;
	size_t		length = size * n;

	p->body_bytes += length;
	if (p->body_bytes > t->most_response)
	{
		p->too_large = true;
		return 0;
	}
	if (!keep(&t->response_body, &t->response_body_length, data, length, t->keep_response))
		return 0;
	return length;
}

static HttpResult
classify(const HttpPrivate *p, CURLcode code)
{
	/* A header line that is too long for libcurl itself comes as this. */
	if (p->too_large || (code == CURLE_OUT_OF_MEMORY && p->header_bytes > 0 && !p->headers_complete))
		return HTTP_TOO_LARGE;
	switch (code)
	{
#if LIBCURL_VERSION_NUM >= 0x080600
		case CURLE_TOO_LARGE:
			return HTTP_TOO_LARGE;
#endif
		case CURLE_OK:
			return p->headers_complete ? HTTP_COMPLETE : HTTP_BROKEN;
		case CURLE_OPERATION_TIMEDOUT:
			return HTTP_TIMED_OUT;
		case CURLE_COULDNT_RESOLVE_HOST:
		case CURLE_COULDNT_RESOLVE_PROXY:
			return HTTP_NOT_RESOLVED;
		case CURLE_INTERFACE_FAILED:
		case CURLE_COULDNT_CONNECT:
			return p->blocked ? HTTP_BLOCKED : HTTP_NOT_CONNECTED;
		case CURLE_SSL_CONNECT_ERROR:
		case CURLE_PEER_FAILED_VERIFICATION:
		case CURLE_SSL_CACERT_BADFILE:
		case CURLE_SSL_CERTPROBLEM:
		case CURLE_SSL_CIPHER:
		case CURLE_SSL_ISSUER_ERROR:
		case CURLE_SSL_ENGINE_INITFAILED:
			return HTTP_TLS_FAILED;
		default:
			return HTTP_BROKEN;
	}
}

static void
describe(HttpPrivate *p, CURLcode code)
{
	HttpTransfer *t = &p->transfer;
	const char *detail = p->curl_error[0] ? p->curl_error : curl_easy_strerror(code);

	t->error[0] = '\0';
	switch (t->result)
	{
		case HTTP_COMPLETE:
			break;
		case HTTP_TIMED_OUT:
			snprintf(t->error, sizeof(t->error), "timeout: no complete response within %d ms", p->target->timeout_ms);
			break;
		case HTTP_NOT_RESOLVED:
			snprintf(t->error, sizeof(t->error), "DNS: %s", detail);
			break;
		case HTTP_NOT_CONNECTED:
			snprintf(t->error, sizeof(t->error), "connection: %s", detail);
			break;
		case HTTP_TLS_FAILED:
			snprintf(t->error, sizeof(t->error), "TLS: %s", detail);
			break;
		case HTTP_TOO_LARGE:
			snprintf(t->error, sizeof(t->error), "response too large: more than %zu kB of %s",
					 (p->headers_complete ? t->most_response : HTTP_MAX_RESPONSE_HEADERS) / 1024,
					 p->headers_complete ? "body" : "headers");
			break;
		case HTTP_BLOCKED:
			strlcpy(t->error, "address not allowed: the host is at a special-purpose address", sizeof(t->error));
			break;
		case HTTP_BROKEN:
			snprintf(t->error, sizeof(t->error), "broken response: %s", code == CURLE_OK ? "it ended inside its headers" : detail);
			break;
	}
}

static void
finish(CurlJob *job, CURLcode code)
{
	HttpPrivate *p = (HttpPrivate *) ((char *) job - offsetof(HttpPrivate, job));
	HttpTransfer *t = &p->transfer;
	curl_off_t	seconds = 0;

	p->running = false;
	p->listed = true;
	t->latency_us = GetCurrentTimestamp() - t->started_at;
	t->result = classify(p, code);
	describe(p, code);
	if (!p->headers_complete)
		t->status = 0;
	t->retry_after = 0;
	if (t->result == HTTP_COMPLETE && curl_easy_getinfo(p->easy, CURLINFO_RETRY_AFTER, &seconds) == CURLE_OK && seconds > 0)
		t->retry_after = seconds;
	dlist_push_tail(t->ended ? &done_for_owner : &done, &p->node);
}

/* ----- Transfers ----- */

void
curl_job_options(CURL *e, CurlJob *job, bool direct)
{
	const char *ca = setting_ca_file && setting_ca_file[0] ? setting_ca_file : curl_version_info(CURLVERSION_NOW)->cainfo;

	curl_easy_setopt(e, CURLOPT_PRIVATE, job);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L);	/* a resolver thread must not be waited for */
	curl_easy_setopt(e, CURLOPT_NETRC, (long) CURL_NETRC_IGNORED);
	if (setting_source_address && setting_source_address[0] && !direct)
	{
		char		interface[280];

		snprintf(interface, sizeof(interface), "host!%s", setting_source_address);
		curl_easy_setopt(e, CURLOPT_INTERFACE, interface);
	}
	curl_easy_setopt(e, CURLOPT_SSLVERSION, (long) CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L);
	/* With a CApath (Debian's default) libcurl would parse all authorities anew for every connection. */
	if (ca)
	{
		curl_easy_setopt(e, CURLOPT_CAINFO, ca);
		curl_easy_setopt(e, CURLOPT_CAPATH, NULL);
	}
	curl_easy_setopt(e, CURLOPT_CLOSESOCKETFUNCTION, on_close_socket);
}

/* Options that stay as they are for every request of the target. */
static bool
set_options(HttpPrivate *p)
{
	CURL	   *e = p->easy;
	HttpTarget *target = p->target;

	p->job.ended = finish;
	curl_job_options(e, &p->job, target->direct);
	curl_easy_setopt(e, CURLOPT_CURLU, target->url);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, setting_allow_http || target->trusted ? "https,http" : "https");
	curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long) target->timeout_ms);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long) target->timeout_ms);
	curl_easy_setopt(e, CURLOPT_PROXY, target->proxied ? setting_proxy : "");	/* "": not the environment's */
	curl_easy_setopt(e, CURLOPT_NOPROXY, "");
	curl_easy_setopt(e, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl_easy_setopt(e, CURLOPT_MAXAGE_CONN, (long) IDLE_CONNECTION_S);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, p->curl_error);
	curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
	curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, p);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, p);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	return curl_easy_setopt(e, CURLOPT_WRITEDATA, p) == CURLE_OK;
}

static void
add_line(HttpPrivate *p, const char *line)
{
	int			n = p->transfer.nheaders++;

	p->lines[n].data = unconstify(char *, line);
	p->lines[n].next = NULL;
	if (n > 0)
		p->lines[n - 1].next = &p->lines[n];
}

static HttpPrivate *
new_transfer(HttpTarget *target)
{
	HttpPrivate *p = calloc(1, sizeof(HttpPrivate));

	if (p == NULL)
		return NULL;
	p->target = target;
	p->transfer.private = p;
	p->easy = curl_easy_init();
	if (p->easy == NULL || !set_options(p))
	{
		curl_easy_cleanup(p->easy);
		free(p);
		return NULL;
	}
	return p;
}

static void
free_transfer(HttpPrivate *p)
{
	curl_easy_cleanup(p->easy);
	free(p->transfer.body);
	free(p->transfer.response_headers);
	free(p->transfer.response_body);
	free(p);
}

HttpTransfer *
http_prepare(HttpTarget *target)
{
	HttpPrivate *p;
	HttpTransfer *t;

	if (dlist_is_empty(&target->idle))
		p = new_transfer(target);
	else
	{
		p = dlist_container(HttpPrivate, node, dlist_pop_head_node(&target->idle));
		allocated_idle--;
	}
	if (p == NULL)
		return NULL;

	t = &p->transfer;
	t->owner = NULL;
	t->client = NULL;
	t->method = NULL;
	t->compressed = false;
	t->most_response = target->trusted ? TRUSTED_RESPONSE : (size_t) setting_max_response_size * 1024;
	t->body = NULL;
	t->body_length = t->response_headers_length = t->response_body_length = 0;
	t->keep_response = setting_response_log_size;
	t->ended = NULL;
	t->nheaders = t->status = 0;
	p->space_used = p->header_bytes = p->body_bytes = 0;
	p->headers_complete = p->blocked = p->too_large = p->is_signed = false;
	p->curl_error[0] = '\0';
	target->references++;
	for (int i = 0; i < target->ncustom; i++)
		add_line(p, target->custom[i]);
	return t;
}

void
http_header(HttpTransfer *transfer, const char *name, const char *value)
{
	HttpPrivate *p = transfer->private;
	char	   *line = p->space + p->space_used;
	size_t		left = sizeof(p->space) - p->space_used;
	size_t		length = strlen(name) + 2 + strlen(value) + 1;

	if (length > left || transfer->nheaders >= HTTP_MAX_HEADERS)
		elog(ERROR, "too many request headers");
	snprintf(line, left, "%s: %s", name, value);
	/* A row put in by hand must not break out of its header. */
	for (char *c = line; *c; c++)
		if ((unsigned char) *c < ' ')
			*c = '?';
	p->space_used += length;
	add_line(p, line);
}

const char *
http_request_header(HttpTransfer *transfer, int n, bool *secret)
{
	*secret = n < transfer->private->target->ncustom;
	return transfer->private->lines[n].data;
}

const char *
http_request_url(HttpTransfer *transfer)
{
	return transfer->private->target->url_text;
}

void
http_sign_aws(HttpTransfer *transfer, const char *region, const char *service, const char *access_key, const char *secret_key)
{
	HttpPrivate *p = transfer->private;
	char		scope[128];

	snprintf(scope, sizeof(scope), "aws:amz:%s:%s", region, service);
	curl_easy_setopt(p->easy, CURLOPT_AWS_SIGV4, scope);
	curl_easy_setopt(p->easy, CURLOPT_USERNAME, access_key);
	curl_easy_setopt(p->easy, CURLOPT_PASSWORD, secret_key);
	p->is_signed = true;
}

static void
block_signals(sigset_t *saved)
{
	sigset_t	all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, saved);
}

/* A handle may have been used before, for another method. */
static void
set_method(HttpPrivate *p)
{
	HttpTransfer *t = &p->transfer;
	bool		is_post = t->method == NULL || strcmp(t->method, "POST") == 0;

	if (t->compressed)
		curl_easy_setopt(p->easy, CURLOPT_ACCEPT_ENCODING, "");
	/* Setting a body would make a POST of a GET. */
	if (is_post || t->body)
	{
		curl_easy_setopt(p->easy, CURLOPT_POST, 1L);
		curl_easy_setopt(p->easy, CURLOPT_POSTFIELDS, t->body ? t->body : "");
		curl_easy_setopt(p->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t) t->body_length);
	}
	else
		curl_easy_setopt(p->easy, CURLOPT_HTTPGET, 1L);
	curl_easy_setopt(p->easy, CURLOPT_CUSTOMREQUEST, is_post ? NULL : t->method);
}

bool
curl_job_start(CURL *easy)
{
	sigset_t	saved;
	CURLMcode	code;

	block_signals(&saved);
	code = curl_multi_add_handle(multi, easy);
	sigprocmask(SIG_SETMASK, &saved, NULL);
	return code == CURLM_OK;
}

void
curl_job_take_out(CURL *easy)
{
	curl_multi_remove_handle(multi, easy);
}

bool
http_start(HttpTransfer *transfer)
{
	HttpPrivate *p = transfer->private;
	static struct curl_slist no_expect = {"Expect:", NULL};

	/* libcurl would sign this line, which is not sent; and expects nothing for so small a body. */
	p->lines[transfer->nheaders - 1].next = p->is_signed ? NULL : &no_expect;
	curl_easy_setopt(p->easy, CURLOPT_HTTPHEADER, p->lines);
	curl_easy_setopt(p->easy, CURLOPT_FRESH_CONNECT, (long) (transfer->once || GetCurrentTimestamp() < fresh_until));
	set_method(p);
	transfer->started_at = GetCurrentTimestamp();
	p->running = curl_job_start(p->easy);
	return p->running;
}

static void
collect_done(void)
{
	CURLMsg    *message;
	int			left;

	while ((message = curl_multi_info_read(multi, &left)) != NULL)
	{
		CurlJob    *job;
		CURL	   *easy = message->easy_handle;
		CURLcode	code = message->data.result;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **) &job);
		curl_job_take_out(easy);
		job->ended(job, code);
	}
}

static void
socket_event(int fd, uint32 events)
{
	int			running;
	int			bits = 0;

	if (interests[fd].wanted == 0)
	{
		/* Nobody asked: an idle connection was closed by its peer, which libcurl finds when it next looks. */
		epoll_ctl(epoll_fd, EPOLL_CTL_DEL, fd, NULL);
		interests[fd].registered = 0;
		return;
	}
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		bits |= CURL_CSELECT_IN;
	if (events & EPOLLOUT)
		bits |= CURL_CSELECT_OUT;
	if (events & EPOLLERR)
		bits |= CURL_CSELECT_ERR;
	curl_multi_socket_action(multi, fd, bits, &running);
}

/*
 * libcurl announces a timeout once. If it found that the time had not quite come, nothing was announced again.
 */
static void
rearm_timer(void)
{
	long		timeout_ms;

	if (timer == DT_NOEND && curl_multi_timeout(multi, &timeout_ms) == CURLM_OK && timeout_ms >= 0)
		timer = GetCurrentTimestamp() + Max(timeout_ms, 1) * INT64CONST(1000);
}

void
http_perform(void)
{
	struct epoll_event events[EVENTS_AT_A_TIME];
	sigset_t	saved;
	int			running;
	int			n;

	block_signals(&saved);
	n = epoll_wait(epoll_fd, events, EVENTS_AT_A_TIME, 0);
	for (int i = 0; i < n; i++)
		socket_event(events[i].data.fd, events[i].events);
	if (timer != DT_NOEND && GetCurrentTimestamp() >= timer)
	{
		timer = DT_NOEND;
		curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
		rearm_timer();
	}
	collect_done();
	sigprocmask(SIG_SETMASK, &saved, NULL);
	while (!dlist_is_empty(&done_for_owner))
	{
		HttpPrivate *p = dlist_container(HttpPrivate, node, dlist_pop_head_node(&done_for_owner));

		p->listed = false;
		p->transfer.ended(&p->transfer);
	}
}

HttpTransfer *
http_next_done(const void *client)
{
	dlist_mutable_iter iter;

	dlist_foreach_modify(iter, &done)
	{
		HttpPrivate *p = dlist_container(HttpPrivate, node, iter.cur);

		if (p->transfer.client != client)
			continue;
		dlist_delete(iter.cur);
		p->listed = false;
		return &p->transfer;
	}
	return NULL;
}

/*
 * Takes a transfer back of which nobody waits for the end any more. Freed as it is, libcurl would keep its connection for others, and the next
 * request on it, whosever that is, would get the answer to this one.
 */
static void
give_up(HttpPrivate *p)
{
	sigset_t	saved;

	if (p->running)
	{
		block_signals(&saved);
		curl_multi_remove_handle(multi, p->easy);
		sigprocmask(SIG_SETMASK, &saved, NULL);
	}
	if (p->listed)
		dlist_delete(&p->node);
	p->running = p->listed = false;
}

void
http_release(HttpTransfer *transfer)
{
	HttpPrivate *p = transfer->private;
	HttpTarget *target = p->target;

	give_up(p);
	/* A token may be in either. */
	if (transfer->body)
		explicit_bzero(transfer->body, transfer->body_length);
	if (transfer->response_body)
		explicit_bzero(transfer->response_body, transfer->response_body_length);
	free(transfer->body);
	transfer->body = NULL;
	/* What was kept of a large response is not held on to. */
	free(transfer->response_body);
	transfer->response_body = NULL;
	free(transfer->response_headers);
	transfer->response_headers = NULL;
	if (target->references > 1 && allocated_idle < capacity)
	{
		dlist_push_head(&target->idle, &p->node);
		allocated_idle++;
	}
	else
		free_transfer(p);
	http_target_release(target);
}

TimestampTz
http_next_time(void)
{
	return timer;
}

/* ----- Targets ----- */

/* Splits the custom headers' lines; false if there are too many. */
static bool
split_headers(HttpTarget *target, const char *lines)
{
	char	   *line;
	char	   *rest;

	if (lines == NULL)
		return true;
	target->custom_text = rest = strdup(lines);
	target->custom_length = strlen(lines);
	while (rest && (line = strsep(&rest, "\n")) != NULL)
	{
		if (target->ncustom >= HTTP_MAX_HEADERS / 2)
			return false;
		target->custom[target->ncustom++] = line;
	}
	return target->custom_text != NULL;
}

HttpTarget *
http_target_new(const char *url, int timeout_ms, const char *header_lines, const char **why)
{
	HttpUrl		parsed;
	HttpTarget *target;

	if (!http_parse_url(url, &parsed, why))
		return NULL;
	*why = "out of memory";
	target = calloc(1, sizeof(HttpTarget));
	if (target == NULL)
		return NULL;
	target->references = 1;
	target->timeout_ms = timeout_ms;
	target->proxied = setting_proxy && setting_proxy[0];
	dlist_init(&target->idle);
	target->url = curl_url();
	target->url_text = strdup(url);
	if (target->url == NULL || target->url_text == NULL || curl_url_set(target->url, CURLUPART_URL, url, 0) != CURLUE_OK || !split_headers(target, header_lines))
	{
		http_target_release(target);
		return NULL;
	}
	return target;
}

void
http_target_trust(HttpTarget *target, bool direct)
{
	target->trusted = true;
	target->direct = direct;
	if (direct)
		target->proxied = false;
}

void
http_target_release(HttpTarget *target)
{
	dlist_mutable_iter iter;

	if (--target->references > 0)
		return;
	dlist_foreach_modify(iter, &target->idle)
	{
		free_transfer(dlist_container(HttpPrivate, node, iter.cur));
		allocated_idle--;
	}
	curl_url_cleanup(target->url);
	if (target->custom_text)
		explicit_bzero(target->custom_text, target->custom_length);
	free(target->custom_text);
	if (target->url_text)
		explicit_bzero(target->url_text, strlen(target->url_text));
	free(target->url_text);
	free(target);
}

/* ----- Set-up ----- */

/* Sockets are many more than the files of a usual process; the hard limit is what the administrator allows. */
static void
raise_descriptor_limit(void)
{
	struct rlimit limit;

	capacity = 256;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	if (limit.rlim_cur < limit.rlim_max)
	{
		limit.rlim_cur = Min(limit.rlim_max, 65536);
		(void) setrlimit(RLIMIT_NOFILE, &limit);
		(void) getrlimit(RLIMIT_NOFILE, &limit);
	}
	/* Besides the requests' connections, as many idle ones are kept. */
	capacity = Max(16, ((int) Min(limit.rlim_cur, 65536) - RESERVED_DESCRIPTORS) / 2);
}

/*
 * The worker allocates and frees megabytes with every batch. Giving them back to the system each time, and faulting them in again, would
 * cost more than the memory is worth.
 */
static void
keep_freed_memory(void)
{
#ifdef __GLIBC__
	(void) mallopt(M_MMAP_THRESHOLD, 32 * 1024 * 1024);
	(void) mallopt(M_TRIM_THRESHOLD, 64 * 1024 * 1024);
#endif
}

void
http_init(void)
{
	sigset_t	saved;
	CURLcode	code;

	block_signals(&saved);
	code = curl_global_init(CURL_GLOBAL_DEFAULT);
	multi = code == CURLE_OK ? curl_multi_init() : NULL;
	sigprocmask(SIG_SETMASK, &saved, NULL);
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (multi == NULL || epoll_fd < 0)
		ereport(ERROR, (errcode(ERRCODE_SYSTEM_ERROR), errmsg("could not set up the HTTP client: %m")));
	raise_descriptor_limit();
	keep_freed_memory();
	curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(multi, CURLMOPT_PIPELINING, (long) CURLPIPE_NOTHING);
	curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long) capacity);
}

/*
 * What was decided when a connection was opened (its address, its certificate, where it starts from) may no longer hold. Connections of
 * before are left alone until they are too old to be used.
 */
void
http_reload(void)
{
	static char *previous = NULL;
	char	   *current = psprintf("%s|%s|%s|%s|%d", setting_source_address, setting_allowed_networks, setting_proxy, setting_ca_file, setting_allow_http);

	if (previous == NULL || strcmp(previous, current) != 0)
		fresh_until = previous == NULL ? 0 : GetCurrentTimestamp() + (IDLE_CONNECTION_S + LONGEST_REQUEST_S) * USECS_PER_SEC;
	if (previous)
		free(previous);
	previous = strdup(current);
	pfree(current);
}

int
http_descriptor(void)
{
	return epoll_fd;
}

int
http_capacity(void)
{
	return capacity;
}
