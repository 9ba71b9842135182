/*
 * backlog.c
 *		Emits a backlog in one transaction and times how it drains.
 *
 * backlog --db CONNINFO --control PORT --expect N
 *		[--skip-port P] [--arrival-only] [--pids P,P,...] STATEMENT
 *
 * STATEMENT runs alone in a transaction.  The clock starts when COMMIT has
 * returned: until then no worker can see the rows.  The backlog has arrived
 * when the sink behind --control has counted N requests (those to --skip-port
 * left out), and is recorded when outbox and delivery_queue are empty as well.
 * One line comes out:
 *		emit_s= emit_cpu_s= arrived_s= recorded_s= worker_cpu_s=
 * emit_cpu_s is what the emitting backend used; worker_cpu_s what the
 * processes in --pids used from COMMIT to the end.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Without any progress for so long the run is given up. */
#define STALL_S 120

static PGconn *db;
static int	sink;

static void
die(const char *what, const char *why)
{
	fprintf(stderr, "backlog: %s: %s\n", what, why);
	exit(1);
}

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* CPU seconds that a process has used, in all its threads, to the nanosecond. */
static double
cpu_of(int pid)
{
	char		path[300];
	DIR		   *dir;
	struct dirent *task;
	double		sum = 0;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	if (!(dir = opendir(path)))
		die("a process is gone", path);
	while ((task = readdir(dir)) != NULL)
	{
		unsigned long long ns;
		FILE	   *f;

		snprintf(path, sizeof(path), "/proc/%d/task/%.20s/schedstat", pid, task->d_name);
		if (task->d_name[0] == '.' || !(f = fopen(path, "r")))
			continue;
		if (fscanf(f, "%llu", &ns) == 1)
			sum += ns / 1e9;
		fclose(f);
	}
	closedir(dir);
	return sum;
}

static double
cpu_of_all(const int *pids, int n)
{
	double		sum = 0;

	for (int i = 0; i < n; i++)
		sum += cpu_of(pids[i]);
	return sum;
}

static void
connect_sink(int port)
{
	struct sockaddr_in addr = {.sin_family = AF_INET,.sin_port = htons(port)};

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sink = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(sink, (struct sockaddr *) &addr, sizeof(addr)) < 0)
		die("sink", strerror(errno));
}

/* Sends one control request; returns the sum of the counters. */
static uint64_t
ask_sink(const char *path, int skip_port)
{
	char		buf[16384];
	size_t		len = 0;
	uint64_t	sum = 0;
	char	   *body,
			   *length;
	int			n = snprintf(buf, sizeof(buf), "GET %s HTTP/1.1\r\n\r\n", path);

	if (send(sink, buf, n, MSG_NOSIGNAL) != n)
		die("sink", strerror(errno));
	for (;;)
	{
		ssize_t		got = recv(sink, buf + len, sizeof(buf) - 1 - len, 0);

		if (got <= 0)
			die("sink", "closed the control connection");
		len += got;
		buf[len] = '\0';
		body = strstr(buf, "\r\n\r\n");
		length = strstr(buf, "Content-Length: ");
		if (body && length && len >= (size_t) (body + 4 - buf) + atoi(length + 16))
			break;
	}
	for (char *line = strtok(body + 4, "\n"); line; line = strtok(NULL, "\n"))
	{
		int			port;
		unsigned long long count;

		if (sscanf(line, "%d %llu", &port, &count) == 2 && port != skip_port)
			sum += count;
	}
	return sum;
}

static PGresult *
sql(const char *text)
{
	PGresult   *res = PQexec(db, text);

	if (PQresultStatus(res) != PGRES_COMMAND_OK && PQresultStatus(res) != PGRES_TUPLES_OK)
		die(text, PQerrorMessage(db));
	return res;
}

static bool
all_recorded(void)
{
	PGresult   *res = sql("select not exists (select from lealup.outbox)"
						  " and not exists (select from lealup.delivery_queue)");
	bool		answer = PQgetvalue(res, 0, 0)[0] == 't';

	PQclear(res);
	return answer;
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{"db", required_argument, NULL, 'd'},
		{"control", required_argument, NULL, 'c'},
		{"expect", required_argument, NULL, 'n'},
		{"skip-port", required_argument, NULL, 's'},
		{"arrival-only", no_argument, NULL, 'a'},
		{"pids", required_argument, NULL, 'p'},
		{NULL, 0, NULL, 0}
	};
	const char *conninfo = "";
	uint64_t	expect = 0,
				seen = 0;
	int			control = 0,
				skip_port = 0,
				pids[64],
				npids = 0,
				opt;
	bool		arrival_only = false;
	double		start,
				emit,
				emit_cpu,
				worker_cpu,
				arrived,
				recorded,
				progress;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (opt)
		{
			case 'd':
				conninfo = optarg;
				break;
			case 'c':
				control = atoi(optarg);
				break;
			case 'n':
				expect = strtoull(optarg, NULL, 10);
				break;
			case 's':
				skip_port = atoi(optarg);
				break;
			case 'a':
				arrival_only = true;
				break;
			case 'p':
				for (char *p = strtok(optarg, ","); p && npids < 64; p = strtok(NULL, ","))
					pids[npids++] = atoi(p);
				break;
			default:
				return 2;
		}
	if (control == 0 || expect == 0 || optind != argc - 1)
		die("usage", "see the head of backlog.c");

	db = PQconnectdb(conninfo);
	if (PQstatus(db) != CONNECTION_OK)
		die("database", PQerrorMessage(db));
	connect_sink(control);
	ask_sink("/reset", 0);

	emit = now();
	emit_cpu = cpu_of(PQbackendPID(db));
	PQclear(sql("begin"));
	PQclear(sql(argv[optind]));
	/* Before COMMIT, since the workers may wake before it returns. */
	worker_cpu = cpu_of_all(pids, npids);
	PQclear(sql("commit"));
	start = progress = now();
	emit = start - emit;
	emit_cpu = cpu_of(PQbackendPID(db)) - emit_cpu;

	for (;;)
	{
		uint64_t	count = ask_sink("/count", skip_port);

		if (count >= expect)
			break;
		if (count > seen)
			progress = now();
		if (now() - progress > STALL_S)
		{
			char		text[100];

			snprintf(text, sizeof(text), "%llu of %llu arrived, then nothing for %d s",
					 (unsigned long long) count, (unsigned long long) expect, STALL_S);
			die("stalled", text);
		}
		seen = count;
		usleep(3000);
	}
	arrived = now() - start;
	while (!arrival_only && !all_recorded())
	{
		if (now() - start - arrived > STALL_S)
			die("stalled", "all arrived, but not all is recorded");
		usleep(2000);
	}
	recorded = now() - start;
	printf("emit_s=%.4f emit_cpu_s=%.4f arrived_s=%.4f recorded_s=%.4f worker_cpu_s=%.4f\n",
		   emit, emit_cpu, arrived, recorded, cpu_of_all(pids, npids) - worker_cpu);
	PQfinish(db);
	return 0;
}
