/*
 * listener.c
 *		HTTP/1 requests from sockets, without threads and without blocking: libmicrohttpd, driven by its epoll descriptors.
 *
 * Each address has a daemon of its own; their descriptors are in one epoll set, which the worker's loop waits for. A request is
 * handed on when it is complete, and answered before the library is left. Its head must be the canonical one, byte by byte
 * (request_head.c). The library is lenient about chunks, so a connection ends with the answer to a chunked request: wherever
 * somebody else may see its end, nothing behind it is taken for another one.
 *
 * Its own timeouts start anew with each byte, so they are not used: a connection has a deadline for what it is at, whatever trickles in.
 * Whoever is slow gives way before anybody else when there is no more room for connections or bodies.
 */
#include "postgres.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "address.h"
#include "lib/ilist.h"
#include "listener.h"
#include "request_head.h"
#include "settings.h"
#include "storage/ipc.h"
#include "utils/memutils.h"

#define MAX_ADDRESSES 16
#define BACKLOG 1024
#define RESERVED_DESCRIPTORS 1200
#define BODIES_SPACE (64 * 1024 * 1024)	/* of all requests that are coming in */
#define MOST_STALLED 16			/* runs of the library */
#define DISCARDED_BODY (64 * 1024 * 1024)	/* longest one that is read in order to be answered by 413 */

typedef struct Request Request;

typedef enum Phase
{
	PHASE_IDLE,					/* no request line yet */
	PHASE_READING,
	PHASE_ANSWERING,
	PHASES
} Phase;

typedef struct Endpoint
{
	dlist_node	node;
	ListenAddress address;
	struct MHD_Daemon *daemon;
	int			socket;			/* -1 = no longer listens; what is open is finished */
	bool		shared;
	int			limits[2];		/* with which it was started */
	int			connections;
	int			dying;			/* of these, those that are dead */
} Endpoint;

typedef struct Connection
{
	dlist_node	node;			/* in the list of its phase, oldest first */
	Endpoint   *endpoint;
	struct MHD_Connection *connection;
	Request    *request;		/* in hand; NULL = none */
	int			socket;
	Phase		phase;
	TimestampTz since;
	bool		dead;			/* its socket was shut down */
} Connection;

/* A request under way; from malloc. */
struct Request
{
	Connection *connection;
	TimestampTz began_at;
	bool		seen;			/* its head was looked at */
	bool		chunked;
	bool		told;			/* the observer knows of it */
	int			refused;		/* status, when the body has been read; 0 = none */
	const char *why;
	char	   *body;
	size_t		length;
	size_t		space;
	uint64		received;		/* of the body, kept or not */
	uint64		received_before;
	int			stalled;		/* runs in which it grew by nothing */
	struct MHD_Response *answer;	/* held back; NULL = none */
	int			status;			/* of it */
	Request    *next_held;
	char		target[HEAD_MAX_TARGET + 1];	/* as it came */
	size_t		target_length;
};

static int	epoll_fd = -1;
static ListenerHandler handle;
static ListenerSettler settle;
static ListenerObserver observe;
static MemoryContext request_context;
static dlist_head endpoints = DLIST_STATIC_INIT(endpoints);
static dlist_head phases[PHASES];
static int	connections;
static Request *held;			/* whose connections are suspended */
static bool room_made;			/* connections ended: a daemon that was full accepts again when it is next run */
static size_t bodies;			/* bytes that requests' bodies have taken */
static bool lenient_library;	/* before 1.0 */
static char problem[256];

/* ----- What is told of a request ----- */

static const char *
title(int status)
{
	static const struct
	{
		int			status;
		const char *title;
	}			titles[] = {
		{400, "Bad Request"}, {408, "Request Timeout"}, {409, "Conflict"}, {413, "Content Too Large"}, {414, "URI Too Long"}, {417, "Expectation Failed"},
		{431, "Request Header Fields Too Large"}, {500, "Internal Server Error"}, {501, "Not Implemented"}, {503, "Service Unavailable"}
	};

	for (int i = 0; i < lengthof(titles); i++)
		if (titles[i].status == status)
			return titles[i].title;
	return "Error";
}

static void
describe(ListenerRequest *described, Request *request, const char *method)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(request->connection->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	static const struct sockaddr nobody = {AF_UNSPEC};

	memset(described, 0, sizeof(*described));
	described->method = method;
	described->path = request->target;
	described->peer = info && info->client_addr ? info->client_addr : &nobody;
	if (request->connection->endpoint->address.address.ss_family == AF_UNIX)
		described->peer = (const struct sockaddr *) &request->connection->endpoint->address.address;
}

static double
elapsed(const Request *request)
{
	return (GetCurrentTimestamp() - request->began_at) / 1000.0;
}

/* Neither path nor method of what is malformed, or was not looked at, can be trusted to be fit for a log. */
static void
tell(Request *request, const ListenerAnswer *answer)
{
	MemoryContext caller = MemoryContextSwitchTo(request_context);
	ListenerRequest described;

	describe(&described, request, NULL);
	described.path = NULL;
	request->told = true;
	observe(&described, answer, elapsed(request));
	MemoryContextSwitchTo(caller);
}

/* The same where no error may be raised, because the library would not survive it. */
static void
tell_status(Request *request, int status)
{
	MemoryContext caller = CurrentMemoryContext;
	ListenerAnswer answer = {.status = status};

	PG_TRY();
	{
		tell(request, &answer);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(caller);
		FlushErrorState();
	}
	PG_END_TRY();
}

/* ----- Connections and their deadlines ----- */

static void
enter_phase(Connection *c, Phase phase)
{
	dlist_delete(&c->node);
	c->phase = phase;
	c->since = GetCurrentTimestamp();
	dlist_push_tail(&phases[phase], &c->node);
}

/* The library notices, and closes it. A request that is still coming in is told why. */
static void
shut(Connection *c, int status)
{
	char		text[200];

	if (c->dead)
		return;
	if (c->phase == PHASE_READING)
	{
		snprintf(text, sizeof(text), "HTTP/1.1 %d %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", status, title(status));
		(void) send(c->socket, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL);
		if (c->request && !c->request->told)
			tell_status(c->request, status);
	}
	(void) shutdown(c->socket, SHUT_RDWR);
	c->dead = true;
	c->endpoint->dying++;
}

/* Whether there is something to be read that the library has not read yet. */
static bool
has_input(const Connection *c)
{
	char		byte;

	return recv(c->socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

/* Those that have just sent a request are answered. */
static void
shut_idle(Endpoint *endpoint)
{
	dlist_iter	iter;

	dlist_foreach(iter, &phases[PHASE_IDLE])
	{
		Connection *c = dlist_container(Connection, node, iter.cur);

		if (c->endpoint == endpoint && !has_input(c))
			shut(c, 408);
	}
}

/* The one that is in a phase for longest; those whose input has not been read yet are spared. "count": how many there are. */
static Connection *
slowest(const Endpoint *endpoint, Phase phase, int *count)
{
	Connection *found = NULL;
	dlist_iter	iter;

	*count = 0;
	dlist_foreach(iter, &phases[phase])
	{
		Connection *c = dlist_container(Connection, node, iter.cur);

		if (c->endpoint != endpoint || c->dead)
			continue;
		(*count)++;
		if (found == NULL && (phase == PHASE_ANSWERING || !has_input(c)))
			found = c;
	}
	return found;
}

/*
 * An endpoint that is full makes room where the crowd is: among those without a request, those that send one, or those that take
 * an answer. Whoever has only just come to where few are is safe.
 */
static void
make_room(const Endpoint *endpoint)
{
	Connection *victim = NULL;
	int			most = 0;

	for (int p = 0; p < PHASES; p++)
	{
		int			count;
		Connection *c = slowest(endpoint, p, &count);

		if (c && count > most)
		{
			victim = c;
			most = count;
		}
	}
	if (victim)
		shut(victim, 503);
}

static void
connection_event(void *endpoint, struct MHD_Connection *connection, void **context, enum MHD_ConnectionNotificationCode code)
{
	Connection *c = *context;

	if (code == MHD_CONNECTION_NOTIFY_STARTED)
	{
		const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

		c = malloc(sizeof(Connection));
		*context = c;
		if (c == NULL)
			return;
		c->endpoint = endpoint;
		c->connection = connection;
		c->request = NULL;
		c->socket = info->connect_fd;
		c->phase = PHASE_IDLE;
		c->since = GetCurrentTimestamp();
		c->dead = false;
		c->endpoint->connections++;
		dlist_push_tail(&phases[PHASE_IDLE], &c->node);
		connections++;
	}
	else if (c)
	{
		dlist_delete(&c->node);
		c->endpoint->connections--;
		c->endpoint->dying -= c->dead;
		connections--;
		room_made = true;
		free(c);
		*context = NULL;
	}
}

static Connection *
connection_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

static TimestampTz
deadline(const Connection *c)
{
	int			seconds = c->phase == PHASE_IDLE ? setting_gateway_idle_timeout : setting_gateway_request_timeout;

	return c->since + seconds * USECS_PER_SEC;
}

/* Gives when the next deadline is. */
static TimestampTz
keep_deadlines(void)
{
	TimestampTz now = GetCurrentTimestamp();
	TimestampTz next = DT_NOEND;

	for (int p = 0; p < PHASES; p++)
	{
		dlist_iter	iter;

		dlist_foreach(iter, &phases[p])
		{
			Connection *c = dlist_container(Connection, node, iter.cur);

			if (c->dead)
				continue;
			if (deadline(c) > now)
			{
				next = Min(next, deadline(c));
				break;
			}
			shut(c, 408);
		}
	}
	return next;
}

/* ----- Answers ----- */

void
listener_problem(ListenerAnswer *answer, int status, const char *detail)
{
	static char body[512];
	static ListenerHeader headers[] = {{"Content-Type", "application/problem+json"}, {"Cache-Control", "no-store"}, {"Retry-After", "1"}};

	snprintf(body, sizeof(body), "{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%d%s%s%s}", title(status), status,
			 detail ? ",\"detail\":\"" : "", detail ? detail : "", detail ? "\"" : "");
	answer->status = status;
	answer->headers = headers;
	answer->nheaders = status == 503 ? 3 : 2;
	answer->body = body;
	answer->length = strlen(body);
}

/* Names that the library sees to, or that would undo what it does. */
static bool
is_own_header(const char *name)
{
	return pg_strcasecmp(name, "Date") == 0 || pg_strcasecmp(name, "Content-Length") == 0 || pg_strcasecmp(name, "Connection") == 0
		|| pg_strcasecmp(name, "Transfer-Encoding") == 0;
}

static struct MHD_Response *
make_response(Connection *c, const ListenerAnswer *answer, bool close)
{
	struct MHD_Response *response;
	bool		bodiless = answer->status == 204 || answer->status == 304;

	response = MHD_create_response_from_buffer(bodiless ? 0 : answer->length, unconstify(char *, answer->body ? answer->body : ""), MHD_RESPMEM_MUST_COPY);
	if (response == NULL)
		return NULL;
	/* A header that is none (a line break within, say) is left out by the library itself. */
	for (int i = 0; i < answer->nheaders; i++)
		if (!is_own_header(answer->headers[i].name))
			(void) MHD_add_response_header(response, answer->headers[i].name, answer->headers[i].value);
	if (close || c->endpoint->socket < 0)
		(void) MHD_add_response_header(response, "Connection", "close");
	return response;
}

static enum MHD_Result
send_answer(Connection *c, const ListenerAnswer *answer, bool close)
{
	struct MHD_Response *response = make_response(c, answer, close);
	enum MHD_Result result;

	if (response == NULL)
		return MHD_NO;
	result = MHD_queue_response(c->connection, answer->status, response);
	MHD_destroy_response(response);
	enter_phase(c, PHASE_ANSWERING);
	return result;
}

/* Its connection is resumed in this very run, when the settler was called for it and others. */
static enum MHD_Result
hold_answer(Request *request, const ListenerAnswer *answer)
{
	request->answer = make_response(request->connection, answer, request->chunked);
	if (request->answer == NULL)
		return MHD_NO;
	request->status = answer->status;
	request->next_held = held;
	held = request;
	enter_phase(request->connection, PHASE_ANSWERING);
	MHD_suspend_connection(request->connection->connection);
	return MHD_YES;
}

static enum MHD_Result
send_held(Request *request)
{
	enum MHD_Result result = MHD_queue_response(request->connection->connection, request->status, request->answer);

	MHD_destroy_response(request->answer);
	request->answer = NULL;
	return result;
}

/* Whether there were any. If the settler fails, none of them is sent. */
static bool
release_held(void)
{
	MemoryContext caller = CurrentMemoryContext;
	volatile bool ok = false;
	bool		any = held != NULL;

	if (!any)
		return false;
	MemoryContextSwitchTo(request_context);
	PG_TRY();
	{
		settle();
		ok = true;
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(request_context);
		EmitErrorReport();
		FlushErrorState();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(caller);
	while (held)
	{
		Request    *request = held;

		held = request->next_held;
		if (!ok)
			shut(request->connection, 500);
		MHD_resume_connection(request->connection->connection);
	}
	return true;
}

static enum MHD_Result
refuse(Request *request, int status, const char *why, bool close)
{
	ListenerAnswer answer;

	listener_problem(&answer, status, why);
	tell(request, &answer);
	return send_answer(request->connection, &answer, close || request->chunked);
}

/* ----- The head of a request ----- */

/* Only notes where they are: an error must not unwind through the library, not even one of palloc(). */
static enum MHD_Result
note_header(void *context, enum MHD_ValueKind kind, const char *name, size_t name_length, const char *value, size_t value_length)
{
	RequestHead *head = context;

	head->more = head->count == HEAD_MAX_HEADERS;
	if (head->more)
		return MHD_NO;
	head->lines[head->count++] = (HeadLine) {name, name_length, value, value ? value_length : 0};
	return MHD_YES;
}

static void
note_headers(RequestHead *head, const Request *request)
{
	head->count = 0;
	head->more = false;
	MHD_get_connection_values_n(request->connection->connection, MHD_HEADER_KIND, note_header, head);
}

/*
 * The first call for a request, when its head is there. What is malformed is answered, and the connection closed. A body that is
 * only too large is read and thrown away if that is no trouble, lest the client be cut off before it reads the answer.
 */
static enum MHD_Result
begin_request(Request *request, const char *method, const char *url, const char *version)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(request->connection->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
	RequestHead head;
	HeadVerdict verdict;

	request->seen = true;
	head.method = method;
	head.url = url;
	head.version = version;
	head.target = request->target;
	head.target_length = request->target_length;
	head.size = info ? info->header_size : 0;
	head.in_place = lenient_library;
	note_headers(&head, request);
	request_head_check(&head, &verdict);
	if (verdict.status)
		return refuse(request, verdict.status, verdict.why, true);
	request->chunked = verdict.chunked;
	if (verdict.body_length > setting_gateway_max_body_size * (uint64) 1024)
	{
		if (verdict.expects || verdict.body_length > DISCARDED_BODY)
			return refuse(request, 413, "The body is too large.", true);
		request->refused = 413;
		request->why = "The body is too large.";
	}
	return MHD_YES;
}

/* ----- The body ----- */

static void
forget_body(Request *request)
{
	bodies -= request->space;
	request->space = request->length = 0;
	free(request->body);
	request->body = NULL;
}

/* Bodies that have been coming in for longest give way to one that needs room. */
static bool
make_body_room(const Request *request, size_t space)
{
	dlist_iter	iter;
	size_t		most = Max((size_t) BODIES_SPACE, 4 * space);

	dlist_foreach(iter, &phases[PHASE_READING])
	{
		Connection *c = dlist_container(Connection, node, iter.cur);

		if (bodies - request->space + space <= most)
			break;
		if (c->request && c->request != request && c->request->space > 0)
		{
			forget_body(c->request);
			shut(c, 503);
		}
	}
	return bodies - request->space + space <= most;
}

/* False: there is no end to it. */
static bool
take_body(Request *request, const char *data, size_t size)
{
	size_t		needed = request->length + size;

	request->received += size;
	if (request->received > DISCARDED_BODY && request->refused)
	{
		shut(request->connection, request->refused);
		return false;
	}
	if (request->refused)
		return true;
	/* Of a chunked one nothing is known before. */
	if (needed > setting_gateway_max_body_size * (size_t) 1024)
	{
		forget_body(request);
		request->refused = 413;
		request->why = "The body is too large.";
		return true;
	}
	if (needed > request->space)
	{
		size_t		space = Max(needed, Max((size_t) 4096, request->space * 2));
		char	   *body = make_body_room(request, space) ? realloc(request->body, space) : NULL;

		if (body == NULL)
		{
			forget_body(request);
			request->refused = 503;
			return true;
		}
		bodies += space - request->space;
		request->body = body;
		request->space = space;
	}
	memcpy(request->body + request->length, data, size);
	request->length = needed;
	return true;
}

/* ----- The complete request ----- */

/* Names in lower case; the values of one that came several times are joined. */
static void
collect_header(ListenerRequest *described, const HeadLine *line)
{
	char	   *name = pnstrdup(line->name, line->name_length);
	size_t		length = line->value_length;
	char	   *value;

	for (char *c = name; *c; c++)
		*c = pg_ascii_tolower((unsigned char) *c);
	while (length > 0 && (line->value[length - 1] == ' ' || line->value[length - 1] == '\t'))
		length--;
	value = pnstrdup(line->value ? line->value : "", length);
	for (int i = 0; i < described->nheaders; i++)
		if (strcmp(described->headers[i].name, name) == 0)
		{
			described->headers[i].value = psprintf("%s%s%s", described->headers[i].value, strcmp(name, "cookie") == 0 ? "; " : ", ", value);
			return;
		}
	described->headers[described->nheaders++] = (ListenerHeader) {name, value};
}

/* Copies: what the library has of them, it may move. */
static void
collect(ListenerRequest *described, Request *request, const char *method)
{
	char	   *path = pstrdup(request->target);
	char	   *question = strchr(path, '?');
	RequestHead head;

	describe(described, request, pstrdup(method));
	described->path = path;
	if (question)
	{
		*question = '\0';
		described->query = question + 1;
	}
	note_headers(&head, request);
	described->headers = palloc((head.count + 1) * sizeof(ListenerHeader));
	for (int i = 0; i < head.count; i++)
		collect_header(described, &head.lines[i]);
	if (request->length > 0)
	{
		described->body = request->body;
		described->body_length = request->length;
	}
}

static enum MHD_Result
finish_request(Request *request, const char *method)
{
	MemoryContext caller = MemoryContextSwitchTo(request_context);
	ListenerRequest described;
	ListenerAnswer answer = {0};
	enum MHD_Result result = MHD_NO;

	if (request->refused)
		result = refuse(request, request->refused, request->why, false);
	else
	{
		collect(&described, request, method);
		handle(&described, &answer);
		request->told = true;
		observe(&described, &answer, elapsed(request));
		result = answer.held ? hold_answer(request, &answer) : send_answer(request->connection, &answer, request->chunked);
	}
	MemoryContextSwitchTo(caller);
	MemoryContextReset(request_context);
	forget_body(request);
	return result;
}

/* No error may unwind through the library: whatever is raised here ends this connection, and no more. */
static enum MHD_Result
access_handler(void *endpoint, struct MHD_Connection *connection, const char *url, const char *method, const char *version,
			   const char *data, size_t *size, void **context)
{
	Request    *request = *context;
	MemoryContext caller = CurrentMemoryContext;
	volatile enum MHD_Result result = MHD_NO;

	if (request == NULL || request->connection == NULL || request->connection->dead)
		return MHD_NO;
	PG_TRY();
	{
		if (!request->seen)
			result = begin_request(request, method, url, version);
		else if (*size > 0)
		{
			result = take_body(request, data, *size) ? MHD_YES : MHD_NO;
			*size = 0;
		}
		else
			result = request->answer ? send_held(request) : finish_request(request, method);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(caller);
		EmitErrorReport();
		FlushErrorState();
		MemoryContextReset(request_context);
		result = MHD_NO;
	}
	PG_END_TRY();
	return result;
}

/* The request line is there, not yet taken apart. What is returned becomes the context of access_handler(). */
static void *
request_line(void *endpoint, const char *target, struct MHD_Connection *connection)
{
	Request    *request = calloc(1, sizeof(Request));

	if (request == NULL)
		return NULL;
	request->connection = connection_of(connection);
	request->began_at = GetCurrentTimestamp();
	request->target_length = target ? strlen(target) : 0;
	if (target)
		strlcpy(request->target, target, sizeof(request->target));
	if (request->connection)
	{
		request->connection->request = request;
		enter_phase(request->connection, PHASE_READING);
	}
	return request;
}

static void
request_completed(void *endpoint, struct MHD_Connection *connection, void **context, enum MHD_RequestTerminationCode code)
{
	Request    *request = *context;

	if (request == NULL)
		return;
	if (request->connection)
	{
		const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_HTTP_STATUS);

		/* What the library itself has refused. */
		if (info && !request->told)
			tell_status(request, (int) info->http_status);
		request->connection->request = NULL;
		if (!request->connection->dead)
		{
			enter_phase(request->connection, PHASE_IDLE);
			if (request->connection->endpoint->socket < 0)
				shut(request->connection, 408);
		}
	}
	if (request->answer)
		MHD_destroy_response(request->answer);
	forget_body(request);
	free(request);
	*context = NULL;
}

/* Paths are decoded by those who route them. */
static size_t
leave_encoded(void *endpoint, struct MHD_Connection *connection, char *text)
{
	return strlen(text);
}

static void
panic(void *context, const char *file, unsigned int line, const char *reason)
{
	ereport(FATAL, (errmsg("lealup: libmicrohttpd gave up: %s", reason ? reason : "no reason given")));
}

/* ----- Listening ----- */

static void
remove_socket_file(Endpoint *endpoint)
{
	if (endpoint->address.address.ss_family == AF_UNIX)
		(void) unlink(((struct sockaddr_un *) &endpoint->address.address)->sun_path);
}

static void
at_exit(int code, Datum arg)
{
	dlist_iter	iter;

	dlist_foreach(iter, &endpoints)
	{
		Endpoint   *endpoint = dlist_container(Endpoint, node, iter.cur);

		if (endpoint->socket >= 0)
			remove_socket_file(endpoint);
	}
}

/* A socket file that nobody listens at is left from a process that was killed. */
static void
remove_stale(const ListenAddress *address)
{
	const char *path = ((const struct sockaddr_un *) &address->address)->sun_path;
	struct stat status;
	int			fd;

	if (lstat(path, &status) != 0 || !S_ISSOCK(status.st_mode))
		return;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (connect(fd, (const struct sockaddr *) &address->address, address->length) != 0 && errno == ECONNREFUSED)
		(void) unlink(path);
	close(fd);
}

static int
open_socket(const ListenAddress *address, bool shared)
{
	int			family = address->address.ss_family;
	int			fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int			on = 1;

	if (fd < 0)
		return -1;
	if (family == AF_UNIX)
		remove_stale(address);
	else
	{
		(void) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
		if (shared)
			(void) setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
		if (family == AF_INET6)
			(void) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
		(void) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	}
	if (bind(fd, (const struct sockaddr *) &address->address, address->length) != 0 || listen(fd, BACKLOG) != 0)
	{
		int			saved = errno;

		close(fd);
		errno = saved;
		return -1;
	}
	/* As with PostgreSQL's own sockets, who may reach it is decided by its directory. */
	if (family == AF_UNIX)
		(void) chmod(((const struct sockaddr_un *) &address->address)->sun_path, 0777);
	return fd;
}

static void
current_limits(int limits[2])
{
	limits[0] = setting_gateway_max_connections;
	limits[1] = setting_gateway_max_header_size;
}

static bool
start_daemon(Endpoint *endpoint)
{
	struct epoll_event event = {.events = EPOLLIN};
	const union MHD_DaemonInfo *info;

	current_limits(endpoint->limits);
	endpoint->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, access_handler, endpoint,
										MHD_OPTION_LISTEN_SOCKET, endpoint->socket,
										MHD_OPTION_CONNECTION_LIMIT, (unsigned int) endpoint->limits[0],
	/* Head, its description, and the answer's head. */
										MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t) endpoint->limits[1] * 1024 * 2 + 16 * 1024,
	/* It may answer twice what it is strict about; request_head.c is stricter. */
										MHD_OPTION_STRICT_FOR_CLIENT, lenient_library ? 0 : 1,
										MHD_OPTION_NOTIFY_CONNECTION, connection_event, endpoint,
										MHD_OPTION_NOTIFY_COMPLETED, request_completed, endpoint,
										MHD_OPTION_URI_LOG_CALLBACK, request_line, endpoint,
										MHD_OPTION_UNESCAPE_CALLBACK, leave_encoded, endpoint,
										MHD_OPTION_END);
	if (endpoint->daemon == NULL)
		return false;
	info = MHD_get_daemon_info(endpoint->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	return info && epoll_ctl(epoll_fd, EPOLL_CTL_ADD, info->epoll_fd, &event) == 0;
}

/* The daemon's connections are finished first. */
static void
stop_listening(Endpoint *endpoint, bool keep_socket)
{
	if (endpoint->socket < 0)
		return;
	(void) MHD_quiesce_daemon(endpoint->daemon);
	if (!keep_socket)
	{
		remove_socket_file(endpoint);
		close(endpoint->socket);
	}
	endpoint->socket = -1;
	/* If somebody goes on listening, whoever is connected already may yet send one more request. */
	if (!keep_socket)
		shut_idle(endpoint);
}

static void
free_endpoint(Endpoint *endpoint)
{
	if (endpoint->daemon)
		MHD_stop_daemon(endpoint->daemon);
	dlist_delete(&endpoint->node);
	free(endpoint);
}

/* "fd": a socket that listens at the address already, or -1. */
static bool
start_listening(const ListenAddress *address, bool shared, int fd)
{
	Endpoint   *endpoint = calloc(1, sizeof(Endpoint));

	if (endpoint == NULL)
		return false;
	if (fd < 0)
		fd = open_socket(address, shared);
	if (fd < 0)
	{
		free(endpoint);
		return false;
	}
	endpoint->address = *address;
	endpoint->shared = shared;
	endpoint->socket = fd;
	dlist_push_tail(&endpoints, &endpoint->node);
	if (start_daemon(endpoint))
		return true;
	/* With or without a daemon, the library closes the socket. */
	remove_socket_file(endpoint);
	free_endpoint(endpoint);
	errno = ENOMEM;
	return false;
}

static Endpoint *
find_endpoint(const ListenAddress *address)
{
	dlist_iter	iter;

	dlist_foreach(iter, &endpoints)
	{
		Endpoint   *endpoint = dlist_container(Endpoint, node, iter.cur);

		if (endpoint->socket >= 0 && endpoint->address.length == address->length
			&& memcmp(&endpoint->address.address, &address->address, address->length) == 0)
			return endpoint;
	}
	return NULL;
}

/* Descriptors for all connections, besides those of the server's files. */
static void
raise_descriptor_limit(void)
{
	struct rlimit limit;
	rlim_t		wanted = setting_gateway_max_connections + RESERVED_DESCRIPTORS;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
		return;
	if (limit.rlim_max < wanted)
		ereport(LOG,
				(errmsg("lealup's gateway cannot have %d connections: the limit of open files is %lu",
						setting_gateway_max_connections, (unsigned long) limit.rlim_max)));
	limit.rlim_cur = Min(limit.rlim_max, wanted);
	(void) setrlimit(RLIMIT_NOFILE, &limit);
}

const char *
listener_listen(const char *addresses, bool unix_too, bool shared)
{
	ListenAddress wanted[MAX_ADDRESSES];
	int			n = 0;
	const char *bad;
	dlist_mutable_iter iter;

	problem[0] = '\0';
	raise_descriptor_limit();
	while (n < MAX_ADDRESSES && address_next_listen(&addresses, &wanted[n], &bad))
		if (unix_too || wanted[n].address.ss_family != AF_UNIX)
			n++;

	/* First those that go, so that a port can change between two addresses. */
	dlist_foreach_modify(iter, &endpoints)
	{
		Endpoint   *endpoint = dlist_container(Endpoint, node, iter.cur);
		bool		stays = false;

		for (int i = 0; i < n; i++)
			stays |= find_endpoint(&wanted[i]) == endpoint;
		if (!stays || endpoint->shared != shared)
			stop_listening(endpoint, false);
	}
	/* When nobody listens any more, no other request is waited for at the connections of earlier limits either. */
	dlist_foreach_modify(iter, &endpoints)
		if (n == 0)
			shut_idle(dlist_container(Endpoint, node, iter.cur));
	for (int i = 0; i < n; i++)
	{
		Endpoint   *there = find_endpoint(&wanted[i]);
		int			limits[2];
		int			fd = there ? there->socket : -1;

		current_limits(limits);
		if (there && memcmp(limits, there->limits, sizeof(limits)) == 0)
			continue;
		if (there)
			stop_listening(there, true);
		if (!start_listening(&wanted[i], shared, fd))
			snprintf(problem, sizeof(problem), "could not listen at %s: %s", wanted[i].text, strerror(errno));
	}
	return problem[0] ? problem : NULL;
}

/* ----- The loop ----- */

/*
 * A line between chunks that does not end fills the library's buffer, and it is run again and again in order to read more of it, which
 * it cannot.
 */
static void
end_stalled(void)
{
	dlist_iter	iter;

	dlist_foreach(iter, &phases[PHASE_READING])
	{
		Connection *c = dlist_container(Connection, node, iter.cur);
		Request    *request = c->request;

		if (request == NULL || !request->chunked || c->dead)
			continue;
		request->stalled = request->received == request->received_before && has_input(c) ? request->stalled + 1 : 0;
		request->received_before = request->received;
		if (request->stalled >= MOST_STALLED)
			shut(c, 400);
	}
}

TimestampTz
listener_run(void)
{
	dlist_mutable_iter iter;
	bool		pending = false;
	TimestampTz next;

	room_made = false;
	dlist_foreach_modify(iter, &endpoints)
	{
		Endpoint   *endpoint = dlist_container(Endpoint, node, iter.cur);
		MHD_UNSIGNED_LONG_LONG timeout;

		(void) MHD_run(endpoint->daemon);
		/* Whose input has not been read yet is spared, and looked at again in the next run. */
		if (endpoint->socket >= 0 && endpoint->connections - endpoint->dying >= endpoint->limits[0])
			make_room(endpoint);
		if (endpoint->socket < 0 && endpoint->connections == 0)
			free_endpoint(endpoint);
		else
			pending |= MHD_get_timeout(endpoint->daemon, &timeout) == MHD_YES && timeout == 0;
	}
	/* One flush does for all of them. */
	pending |= release_held();
	if (pending)
		end_stalled();
	next = keep_deadlines();
	MemoryContextReset(request_context);
	return pending || room_made ? 0 : next;
}

int
listener_connections(void)
{
	return connections;
}

int
listener_busy(void)
{
	int			n = 0;
	dlist_iter	iter;

	for (int p = PHASE_READING; p < PHASES; p++)
		dlist_foreach(iter, &phases[p])
			n++;
	return n;
}

void
listener_init(ListenerHandler handler, ListenerSettler settler, ListenerObserver observer)
{
	handle = handler;
	settle = settler;
	observe = observer;
	for (int p = 0; p < PHASES; p++)
		dlist_init(&phases[p]);
	lenient_library = strncmp(MHD_get_version(), "0.", 2) == 0;
	MHD_set_panic_func(panic, NULL);
	request_context = AllocSetContextCreate(TopMemoryContext, "lealup request", ALLOCSET_DEFAULT_SIZES);
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (epoll_fd < 0)
		elog(ERROR, "could not make an epoll set: %m");
	on_proc_exit(at_exit, (Datum) 0);
}

int
listener_descriptor(void)
{
	return epoll_fd;
}
