/*
 * notifier.c
 *		Sends signed notifications to the gateway, as many at a time as there are connections, and measures each.
 *
 *		notifier --port PORT --path PATH --secret SECRET --requests N --connections N
 *
 * Each has about 1 KiB and a delivery id of its own, signed as GitHub does. Prints
 *		rate=REQUESTS_PER_SECOND p50_ms=MS p99_ms=MS failed=COUNT
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int	port;
static const char *path;
static const char *secret;
static long requests;
static long run_id;
static atomic_long next_request;
static atomic_long failed;
static int64_t *latency;

static int64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t) t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int
connect_to_gateway(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int			one = 1;
	int			fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *) &address, sizeof(address)) != 0)
	{
		perror("notifier: connect");
		exit(1);
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

static int
make_request(char *out, size_t size, long n)
{
	char		body[1100];
	char		signature[65];
	unsigned char mac[32];
	unsigned int length = sizeof(mac);
	int			body_length = snprintf(body, sizeof(body), "{\"action\":\"opened\",\"n\":%ld,\"pad\":\"%0980d\"}", n, 0);

	HMAC(EVP_sha256(), secret, (int) strlen(secret), (unsigned char *) body, body_length, mac, &length);
	for (unsigned int i = 0; i < length; i++)
		sprintf(signature + 2 * i, "%02x", mac[i]);
	return snprintf(out, size,
					"POST %s HTTP/1.1\r\nHost: hub.example.com\r\nUser-Agent: GitHub-Hookshot/abc1234\r\nContent-Type: application/json\r\n"
					"X-GitHub-Event: issues\r\nX-GitHub-Delivery: %lx-%lx\r\nX-Hub-Signature-256: sha256=%s\r\nContent-Length: %d\r\n\r\n%s",
					path, run_id, n, signature, body_length, body);
}

/* Reads an answer whole; gives its status, 0 if the connection broke. */
static int
read_answer(int fd)
{
	char		buffer[4096];
	size_t		used = 0;

	while (used < sizeof(buffer) - 1)
	{
		ssize_t		n = recv(fd, buffer + used, sizeof(buffer) - 1 - used, 0);
		char	   *end;
		char	   *header;

		if (n <= 0)
			return 0;
		used += n;
		buffer[used] = '\0';
		end = strstr(buffer, "\r\n\r\n");
		if (end == NULL)
			continue;
		header = strcasestr(buffer, "\r\nContent-Length:");
		if (used >= (size_t) (end + 4 - buffer) + (header && header < end ? strtoul(header + 17, NULL, 10) : 0))
			return atoi(buffer + 9);
	}
	return 0;
}

static void *
work(void *arg)
{
	int			fd = connect_to_gateway();
	long		n;

	while ((n = atomic_fetch_add(&next_request, 1)) < requests)
	{
		char		request[4096];
		int			length = make_request(request, sizeof(request), n);
		int64_t		begin = now_us();
		int			status = send(fd, request, length, MSG_NOSIGNAL) == length ? read_answer(fd) : 0;

		latency[n] = now_us() - begin;
		if (status != 200)
			atomic_fetch_add(&failed, 1);
		if (status == 0)
		{
			close(fd);
			fd = connect_to_gateway();
		}
	}
	close(fd);
	return arg;
}

static int
compare(const void *a, const void *b)
{
	int64_t		x = *(const int64_t *) a;
	int64_t		y = *(const int64_t *) b;

	return (x > y) - (x < y);
}

int
main(int argc, char **argv)
{
	int			connections = 1;
	pthread_t	threads[256];
	int64_t		begin;
	double		seconds;

	for (int i = 1; i + 1 < argc; i += 2)
	{
		if (strcmp(argv[i], "--port") == 0)
			port = atoi(argv[i + 1]);
		else if (strcmp(argv[i], "--path") == 0)
			path = argv[i + 1];
		else if (strcmp(argv[i], "--secret") == 0)
			secret = argv[i + 1];
		else if (strcmp(argv[i], "--requests") == 0)
			requests = atol(argv[i + 1]);
		else if (strcmp(argv[i], "--connections") == 0)
			connections = atoi(argv[i + 1]);
	}
	if (port <= 0 || path == NULL || secret == NULL || requests <= 0 || connections < 1 || connections > 256)
	{
		fprintf(stderr, "usage: notifier --port PORT --path PATH --secret SECRET --requests N --connections 1..256\n");
		return 2;
	}
	run_id = (long) time(NULL) ^ (long) getpid() << 32;
	latency = calloc(requests, sizeof(int64_t));
	begin = now_us();
	for (int i = 0; i < connections; i++)
		if (pthread_create(&threads[i], NULL, work, NULL) != 0)
			return 1;
	for (int i = 0; i < connections; i++)
		pthread_join(threads[i], NULL);
	seconds = (now_us() - begin) / 1e6;
	qsort(latency, requests, sizeof(int64_t), compare);
	printf("rate=%.0f p50_ms=%.3f p99_ms=%.3f failed=%ld\n", requests / seconds, latency[requests / 2] / 1e3, latency[requests * 99 / 100] / 1e3,
		   atomic_load(&failed));
	return 0;
}
