/*
 * sink.c
 *		A light HTTP/1.1 receiver for the benchmark: one thread, one epoll set,
 *		any number of ports on 127.0.0.1.
 *
 * sink [--port N] [--count N] [--delay-ms N] [--hang N] [--log FILE]
 *
 * --port 0 (the default) lets the kernel choose, so that a run never collides
 * with another; otherwise ports N, N+1, ... are taken.  The last --hang ports
 * read requests and never answer.  The first line on stdout is the control
 * port followed by the ports in order; it is printed when all of them listen.
 *
 * A POST is complete when Content-Length bytes of body are there; that moment
 * is its arrival.  Requests on the control port:
 *		GET /count		a line per port: port count first_us last_us
 *		GET /reset		the counters start again, the log is emptied
 * --log writes "N ARRIVAL_US" for each request, N taken out of the body's
 * "n":N.  Times are CLOCK_REALTIME, so that another process can compare.
 *
 * It trusts its clients: no chunked bodies, no Expect, no pipelining.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_PORTS 64
#define MAX_FD 65536
#define BUFFER 16384
#define CONTROL MAX_PORTS		/* index of the control port */

struct port
{
	int			number;
	bool		hangs;
	uint64_t	count;
	uint64_t	first_us;
	uint64_t	last_us;
};

struct conn
{
	int			port;			/* index into ports[] */
	bool		listening;
	bool		waiting;		/* an answer is owed; do not parse further */
	uint32_t	generation;		/* tells a reused descriptor from the old one */
	size_t		len;
	char	   *buf;
};

struct answer
{
	int			fd;
	uint32_t	generation;
	uint64_t	due_us;
};

static const char OK[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

static struct port ports[MAX_PORTS + 1];
static struct conn conns[MAX_FD];
static int	nports = 10;
static uint64_t delay_us;
static FILE *logfile;
static int	epfd;
static volatile sig_atomic_t stop;

/* The delay is the same for all, so answers fall due in order of arrival. */
static struct answer answers[MAX_FD];
static unsigned int head,
			tail;

static uint64_t
now_us(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t) ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static void
die(const char *what)
{
	fprintf(stderr, "sink: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void
on_signal(int sig)
{
	(void) sig;
	stop = 1;
}

static void
watch(int fd)
{
	struct epoll_event ev = {.events = EPOLLIN,.data.fd = fd};

	if (epoll_ctl(epfd, EPOLL_CTL_ADD, fd, &ev) < 0)
		die("epoll_ctl");
}

static int
listen_on(int number, int index)
{
	struct sockaddr_in addr = {.sin_family = AF_INET,.sin_port = htons(number)};
	socklen_t	len = sizeof(addr);
	int			one = 1;
	int			fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *) &addr, sizeof(addr)) < 0 || listen(fd, 4096) < 0)
		die("cannot listen");
	getsockname(fd, (struct sockaddr *) &addr, &len);
	conns[fd].listening = true;
	conns[fd].port = index;
	watch(fd);
	return ntohs(addr.sin_port);
}

static void
drop(int fd)
{
	conns[fd].generation++;
	conns[fd].len = 0;
	conns[fd].waiting = false;
	close(fd);
}

static void
accept_all(int listener)
{
	int			one = 1;
	int			fd;

	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
	{
		struct conn *c;

		if (fd >= MAX_FD)
		{
			close(fd);
			continue;
		}
		c = &conns[fd];
		if (!c->buf && !(c->buf = malloc(BUFFER)))
			die("malloc");
		c->port = conns[listener].port;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		watch(fd);
	}
}

/* A send that would block cannot happen with answers this small. */
static bool
reply(int fd, const char *text, size_t len)
{
	if (send(fd, text, len, MSG_NOSIGNAL) == (ssize_t) len)
		return true;
	drop(fd);
	return false;
}

static void
control(int fd)
{
	char		body[8192];
	char		text[8320];
	int			n = 0;
	bool		close_after = memmem(conns[fd].buf, conns[fd].len, "HTTP/1.0", 8) != NULL;

	if (strncmp(conns[fd].buf, "GET /reset", 10) == 0)
	{
		for (int i = 0; i < nports; i++)
			ports[i].count = ports[i].first_us = ports[i].last_us = 0;
		if (logfile)
		{
			rewind(logfile);
			if (ftruncate(fileno(logfile), 0) < 0)
				die("log");
		}
	}
	for (int i = 0; i < nports; i++)
		n += snprintf(body + n, sizeof(body) - n, "%d %llu %llu %llu\n", ports[i].number,
					  (unsigned long long) ports[i].count,
					  (unsigned long long) ports[i].first_us,
					  (unsigned long long) ports[i].last_us);
	/* Who reads the counters may go on to read the log. */
	if (logfile)
		fflush(logfile);
	n = snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", n, body);
	if (reply(fd, text, n) && close_after)
		drop(fd);
}

static void
arrived(int fd, const char *body, size_t len)
{
	struct port *p = &ports[conns[fd].port];
	uint64_t	now = now_us(CLOCK_REALTIME);
	const char *n;

	if (p->count++ == 0)
		p->first_us = now;
	p->last_us = now;
	if (logfile && (n = memmem(body, len, "\"n\":", 4)) != NULL)
		fprintf(logfile, "%ld %llu\n", strtol(n + 4, NULL, 10), (unsigned long long) now);

	if (p->hangs)
		conns[fd].waiting = true;
	else if (delay_us == 0)
		reply(fd, OK, sizeof(OK) - 1);
	else
	{
		conns[fd].waiting = true;
		answers[tail++ % MAX_FD] = (struct answer)
		{
			.fd = fd,.generation = conns[fd].generation,
			.due_us = now_us(CLOCK_MONOTONIC) + delay_us
		};
	}
}

/* Content-Length of the request whose header ends before "end"; 0 if absent. */
static size_t
content_length(const char *buf, const char *end)
{
	for (const char *line = memchr(buf, '\n', end - buf); line;
		 line = memchr(line + 1, '\n', end - line - 1))
		if (strncasecmp(line + 1, "content-length:", 15) == 0)
			return strtoul(line + 16, NULL, 10);
	return 0;
}

/* Handles the complete requests in the buffer. */
static void
parse(int fd)
{
	struct conn *c = &conns[fd];
	uint32_t	generation = c->generation;

	while (c->len > 0 && !c->waiting)
	{
		char	   *end = memmem(c->buf, c->len, "\r\n\r\n", 4);
		size_t		body,
					size;

		if (!end)
			break;
		end += 4;
		body = content_length(c->buf, end);
		size = (end - c->buf) + body;
		if (c->len < size)
			break;
		if (c->port == CONTROL)
			control(fd);
		else
			arrived(fd, end, body);
		if (c->generation != generation)
			return;				/* dropped while answering */
		c->len -= size;
		memmove(c->buf, c->buf + size, c->len);
	}
}

static void
readable(int fd)
{
	struct conn *c = &conns[fd];
	ssize_t		n;

	/* A full buffer means a request larger than this receiver takes. */
	n = c->len < BUFFER - 1 ? recv(fd, c->buf + c->len, BUFFER - 1 - c->len, 0) : 0;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0)
	{
		drop(fd);
		return;
	}
	c->len += n;
	c->buf[c->len] = '\0';
	parse(fd);
}

/* Sends what is due; returns how long epoll may wait, in milliseconds. */
static int
answer_due(void)
{
	uint64_t	now = head == tail ? 0 : now_us(CLOCK_MONOTONIC);

	while (head != tail)
	{
		struct answer *a = &answers[head % MAX_FD];

		if (a->due_us > now)
			return (a->due_us - now + 999) / 1000;
		head++;
		if (conns[a->fd].generation != a->generation)
			continue;
		conns[a->fd].waiting = false;
		if (reply(a->fd, OK, sizeof(OK) - 1))
			parse(a->fd);
	}
	return -1;
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{"port", required_argument, NULL, 'p'},
		{"count", required_argument, NULL, 'c'},
		{"delay-ms", required_argument, NULL, 'd'},
		{"hang", required_argument, NULL, 'h'},
		{"log", required_argument, NULL, 'l'},
		{NULL, 0, NULL, 0}
	};
	struct rlimit files;
	int			first = 0,
				hang = 0,
				opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (opt)
		{
			case 'p':
				first = atoi(optarg);
				break;
			case 'c':
				nports = atoi(optarg);
				break;
			case 'd':
				delay_us = strtoull(optarg, NULL, 10) * 1000;
				break;
			case 'h':
				hang = atoi(optarg);
				break;
			case 'l':
				if (!(logfile = fopen(optarg, "w")))
					die(optarg);
				break;
			default:
				fprintf(stderr, "usage: sink [--port N] [--count N] [--delay-ms N] [--hang N] [--log FILE]\n");
				return 2;
		}
	if (nports < 1 || nports > MAX_PORTS || hang < 0 || hang > nports)
	{
		fprintf(stderr, "sink: between 1 and %d ports, and no more that hang\n", MAX_PORTS);
		return 2;
	}

	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max < MAX_FD ? files.rlim_max : MAX_FD;
	setrlimit(RLIMIT_NOFILE, &files);

	/* Without SA_RESTART, so that epoll_wait returns and the log is flushed. */
	sigaction(SIGTERM, &(struct sigaction){.sa_handler = on_signal}, NULL);
	sigaction(SIGINT, &(struct sigaction){.sa_handler = on_signal}, NULL);

	epfd = epoll_create1(EPOLL_CLOEXEC);
	ports[CONTROL].number = listen_on(0, CONTROL);
	printf("%d", ports[CONTROL].number);
	for (int i = 0; i < nports; i++)
	{
		ports[i].number = listen_on(first ? first + i : 0, i);
		ports[i].hangs = i >= nports - hang;
		printf(" %d", ports[i].number);
	}
	printf("\n");
	fflush(stdout);

	while (!stop)
	{
		struct epoll_event events[256];
		int			n = epoll_wait(epfd, events, 256, answer_due());

		if (n < 0 && errno != EINTR)
			die("epoll_wait");
		for (int i = 0; i < n; i++)
			if (conns[events[i].data.fd].listening)
				accept_all(events[i].data.fd);
			else
				readable(events[i].data.fd);
	}
	if (logfile)
		fclose(logfile);
	return 0;
}
