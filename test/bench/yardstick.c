/*
 * yardstick.c
 *		The fastest plain sender that libcurl allows, to measure lealup against:
 *		no database, no log, no retry, only signed POSTs.
 *
 * yardstick --ports P,P,... [--requests N] [--concurrency N] [--bytes N]
 *
 * Each request carries the headers that lealup sends, with an own delivery id
 * and fresh signatures of both kinds.  One line comes out:
 *		rate=REQUESTS_PER_SECOND cpu_us=CPU_PER_REQUEST
 *
 * What makes it fast: one easy handle per slot that keeps its URL, headers and
 * endpoint; no look-up of proxies; a MAC keyed once; and an epoll set
 * that keeps a descriptor registered when libcurl is done with it, since the
 * next request on that connection would register it again.
 */
#define _GNU_SOURCE
#include <curl/curl.h>
#include <getopt.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define MAX_PORTS 64
#define MAX_FD 65536
#define ID_LENGTH 36
#define SECRET "benchmark-secret-of-thirty-two-characters"

/* Headers whose value changes, as indexes into slot.header. */
enum
{
	SIGNATURE, TIMESTAMP, DELIVERY, STD_ID, STD_TIMESTAMP, STD_SIGNATURE, CHANGING
};

static const char *const names[CHANGING] = {
	"X-LealUp-Signature: sha256=", "X-LealUp-Timestamp: ", "X-LealUp-Delivery-Id: ",
	"webhook-id: ", "webhook-timestamp: ", "webhook-signature: v1,"
};

struct slot
{
	CURL	   *easy;
	char	   *body;
	char	   *value[CHANGING];	/* where each value starts in its header line */
};

static int	epfd;
static CURLM *multi;
static long timeout_ms = -1;
static uint32_t registered[MAX_FD]; /* what epoll watches */
static uint32_t wanted[MAX_FD]; /* what libcurl asks for */
static EVP_MAC_CTX *mac;
static char *template;
static size_t body_length;
static size_t id_offset;
static uint64_t serial;

static void
die(const char *what)
{
	fprintf(stderr, "yardstick: %s\n", what);
	exit(1);
}

static double
seconds(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static int
on_timer(CURLM *m, long ms, void *arg)
{
	(void) m;
	(void) arg;
	timeout_ms = ms;
	return 0;
}

static int
on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *per_socket)
{
	uint32_t	events = (what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0);
	struct epoll_event ev = {.events = events,.data.fd = fd};

	(void) easy;
	(void) arg;
	(void) per_socket;
	if (fd >= MAX_FD)
		die("too many descriptors");
	wanted[fd] = what == CURL_POLL_REMOVE ? 0 : events;
	if (wanted[fd] != 0 && wanted[fd] != registered[fd])
	{
		if (epoll_ctl(epfd, registered[fd] ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &ev) < 0)
			die("epoll_ctl");
		registered[fd] = events;
	}
	return 0;
}

static int
on_close(void *arg, curl_socket_t fd)
{
	(void) arg;
	registered[fd] = wanted[fd] = 0;
	return close(fd);
}

static size_t
discard(char *data, size_t size, size_t n, void *arg)
{
	(void) data;
	(void) arg;
	return size * n;
}

/* A signature over the parts and the body, 32 bytes. */
static void
sign(const char *prefix, size_t prefix_length, const char *body, unsigned char *out)
{
	size_t		length;

	if (!EVP_MAC_init(mac, NULL, 0, NULL) ||
		!EVP_MAC_update(mac, (const unsigned char *) prefix, prefix_length) ||
		!EVP_MAC_update(mac, (const unsigned char *) body, body_length) ||
		!EVP_MAC_final(mac, out, &length, 32))
		die("HMAC failed");
}

/* Makes the slot's next request: a new id in the body, new signatures. */
static void
prepare(struct slot *s)
{
	static const char hex[] = "0123456789abcdef";
	char		id[ID_LENGTH + 1];
	char		ts[16];
	char		prefix[64];
	int			ts_length,
				prefix_length;
	unsigned char digest[32];

	ts_length = snprintf(ts, sizeof(ts), "%ld", (long) time(NULL));
	snprintf(id, sizeof(id), "00000000-0000-7000-8000-%012llx", (unsigned long long) ++serial);
	memcpy(s->body + id_offset, id, ID_LENGTH);

	prefix_length = snprintf(prefix, sizeof(prefix), "%s.%s.", id, ts);
	sign(prefix + ID_LENGTH + 1, ts_length + 1, s->body, digest);
	for (int i = 0; i < 32; i++)
	{
		s->value[SIGNATURE][2 * i] = hex[digest[i] >> 4];
		s->value[SIGNATURE][2 * i + 1] = hex[digest[i] & 15];
	}
	sign(prefix, prefix_length, s->body, digest);
	EVP_EncodeBlock((unsigned char *) s->value[STD_SIGNATURE], digest, 32);

	memcpy(s->value[TIMESTAMP], ts, ts_length);
	memcpy(s->value[STD_TIMESTAMP], ts, ts_length);
	memcpy(s->value[DELIVERY], id, ID_LENGTH);
	memcpy(s->value[STD_ID], id, ID_LENGTH);
}

static void
make_slot(struct slot *s, CURLU *url)
{
	/* Every value has a fixed width, so that it is written in place. */
	static const int width[CHANGING] = {64, 10, ID_LENGTH, ID_LENGTH, 10, 44};
	struct curl_slist *list = NULL;

	list = curl_slist_append(list, "Content-Type: application/json");
	list = curl_slist_append(list, "X-LealUp-Event: bench.e0");
	list = curl_slist_append(list, "User-Agent: lealup/1.0");
	for (int i = 0; i < CHANGING; i++)
	{
		char		line[160];
		struct curl_slist *last;

		snprintf(line, sizeof(line), "%s%0*d", names[i], width[i], 0);
		list = curl_slist_append(list, line);
		for (last = list; last->next; last = last->next)
			;
		s->value[i] = last->data + strlen(names[i]);
	}
	s->body = strdup(template);
	s->easy = curl_easy_init();
	curl_easy_setopt(s->easy, CURLOPT_CURLU, url);
	curl_easy_setopt(s->easy, CURLOPT_PROXY, "");
	curl_easy_setopt(s->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(s->easy, CURLOPT_HTTP_VERSION, (long) CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(s->easy, CURLOPT_TIMEOUT_MS, 5000L);
	curl_easy_setopt(s->easy, CURLOPT_HTTPHEADER, list);
	curl_easy_setopt(s->easy, CURLOPT_POST, 1L);
	curl_easy_setopt(s->easy, CURLOPT_POSTFIELDS, s->body);
	curl_easy_setopt(s->easy, CURLOPT_POSTFIELDSIZE, (long) body_length);
	curl_easy_setopt(s->easy, CURLOPT_WRITEFUNCTION, discard);
	curl_easy_setopt(s->easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
	curl_easy_setopt(s->easy, CURLOPT_PRIVATE, s);
}

static void
make_template(size_t bytes)
{
	static const char form[] = "{\"event\":\"bench.e0\",\"delivery_id\":\"%0*d\","
		"\"created_at\":\"2026-04-15T14:30:00.123456Z\","
		"\"tenant_id\":\"00000000-0000-7000-8000-000000000000\",\"data\":{\"n\":1,\"pad\":\"%s\"}}";
	char	   *pad;
	int			bare = snprintf(NULL, 0, form, ID_LENGTH, 0, "");
	size_t		fill = bytes > (size_t) bare ? bytes - bare : 0;

	pad = malloc(fill + 1);
	memset(pad, 'x', fill);
	pad[fill] = '\0';
	body_length = asprintf(&template, form, ID_LENGTH, 0, pad);
	id_offset = strstr(template, "delivery_id\":\"") + strlen("delivery_id\":\"") - template;
	free(pad);
}

static void
make_mac(void)
{
	OSSL_PARAM	params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, "SHA256", 0),
		OSSL_PARAM_construct_end()
	};

	mac = EVP_MAC_CTX_new(EVP_MAC_fetch(NULL, "HMAC", NULL));
	if (!mac || !EVP_MAC_init(mac, (const unsigned char *) SECRET, strlen(SECRET), params))
		die("no HMAC-SHA256");
}

/* Counts what has finished and starts the next request on each free slot. */
static long
reap(long left_to_start)
{
	CURLMsg    *msg;
	int			queued;
	long		done = 0;

	while ((msg = curl_multi_info_read(multi, &queued)) != NULL)
	{
		CURL	   *easy = msg->easy_handle;
		CURLcode	result = msg->data.result;
		struct slot *s;
		long		status = 0;

		curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
		curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **) &s);
		if (result != CURLE_OK || status != 200)
			die(result != CURLE_OK ? curl_easy_strerror(result) : "an answer other than 200");
		curl_multi_remove_handle(multi, easy);
		if (done++ < left_to_start)
		{
			prepare(s);
			curl_multi_add_handle(multi, easy);
		}
	}
	return done;
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{"ports", required_argument, NULL, 'p'},
		{"requests", required_argument, NULL, 'n'},
		{"concurrency", required_argument, NULL, 'c'},
		{"bytes", required_argument, NULL, 'b'},
		{NULL, 0, NULL, 0}
	};
	CURLU	   *urls[MAX_PORTS];
	int			nurls = 0,
				running,
				opt;
	long		requests = 100000,
				concurrency = 200,
				bytes = 1024,
				started,
				done = 0;
	double		wall,
				cpu;
	struct slot *slots;
	struct rlimit files;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (opt)
		{
			case 'p':
				for (char *p = strtok(optarg, ","); p && nurls < MAX_PORTS; p = strtok(NULL, ","))
				{
					char		text[64];

					snprintf(text, sizeof(text), "http://127.0.0.1:%d/hook", atoi(p));
					urls[nurls] = curl_url();
					if (curl_url_set(urls[nurls++], CURLUPART_URL, text, 0) != CURLUE_OK)
						die("bad port");
				}
				break;
			case 'n':
				requests = atol(optarg);
				break;
			case 'c':
				concurrency = atol(optarg);
				break;
			case 'b':
				bytes = atol(optarg);
				break;
			default:
				nurls = 0;
		}
	if (nurls == 0 || requests < 1 || concurrency < 1)
		die("usage: yardstick --ports P,P,... [--requests N] [--concurrency N] [--bytes N]");
	if (concurrency > requests)
		concurrency = requests;

	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max < MAX_FD ? files.rlim_max : MAX_FD;
	setrlimit(RLIMIT_NOFILE, &files);

	curl_global_init(CURL_GLOBAL_DEFAULT);
	make_mac();
	make_template(bytes);
	epfd = epoll_create1(EPOLL_CLOEXEC);
	multi = curl_multi_init();
	curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, 2 * concurrency);
	slots = calloc(concurrency, sizeof(struct slot));
	for (long i = 0; i < concurrency; i++)
		make_slot(&slots[i], urls[i % nurls]);

	wall = seconds(CLOCK_MONOTONIC);
	cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
	for (started = 0; started < concurrency; started++)
	{
		prepare(&slots[started]);
		curl_multi_add_handle(multi, slots[started].easy);
	}
	while (done < requests)
	{
		struct epoll_event events[256];
		int			n = epoll_wait(epfd, events, 256, timeout_ms < 0 ? 1000 : (int) timeout_ms);
		long		finished;

		for (int i = 0; i < n; i++)
		{
			int			fd = events[i].data.fd;

			/* An idle connection stirs: the peer closed it. */
			if (wanted[fd] == 0)
			{
				epoll_ctl(epfd, EPOLL_CTL_DEL, fd, NULL);
				registered[fd] = 0;
				continue;
			}
			curl_multi_socket_action(multi, fd,
									 (events[i].events & ~EPOLLOUT ? CURL_CSELECT_IN : 0) |
									 (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0), &running);
		}
		/* Requests just added start by a timer of 0 ms, busy sockets or not. */
		if (timeout_ms == 0 || (n == 0 && timeout_ms > 0))
		{
			timeout_ms = -1;
			curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
		}
		finished = reap(requests - started);
		started += finished < requests - started ? finished : requests - started;
		done += finished;
	}
	wall = seconds(CLOCK_MONOTONIC) - wall;
	cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	printf("rate=%.0f cpu_us=%.1f\n", requests / wall, cpu / requests * 1e6);
	return 0;
}
