/*
 * latency.c
 *		Emits single events at a steady rate, each in its own transaction, and
 *		notes when COMMIT was sent and when it returned.
 *
 * latency --db CONNINFO [--samples N] [--rate PER_SECOND] [--first N] STATEMENT
 *
 * STATEMENT gets the sample's number as $1 (an int), which the event must carry
 * as "n".  A line per sample comes out:
 *		N COMMIT_SENT_US COMMIT_RETURNED_US
 * in CLOCK_REALTIME, to be joined with the sink's log.  A transaction becomes
 * visible somewhere between the two: after its WAL is flushed and before the
 * client hears of it.  clock_timestamp() within the transaction would add the
 * way from the statement to COMMIT, which is no part of the delivery.
 */
#include <getopt.h>
#include <libpq-fe.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static PGconn *db;

static void
check(PGresult *res)
{
	if (PQresultStatus(res) != PGRES_COMMAND_OK && PQresultStatus(res) != PGRES_TUPLES_OK)
	{
		fprintf(stderr, "latency: %s", PQerrorMessage(db));
		exit(1);
	}
	PQclear(res);
}

static uint64_t
now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t) ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{"db", required_argument, NULL, 'd'},
		{"samples", required_argument, NULL, 'n'},
		{"rate", required_argument, NULL, 'r'},
		{"first", required_argument, NULL, 'f'},
		{NULL, 0, NULL, 0}
	};
	const char *conninfo = "";
	int			samples = 500,
				rate = 100,
				first = 1,
				opt;
	struct timespec next;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (opt)
		{
			case 'd':
				conninfo = optarg;
				break;
			case 'n':
				samples = atoi(optarg);
				break;
			case 'r':
				rate = atoi(optarg);
				break;
			case 'f':
				first = atoi(optarg);
				break;
			default:
				return 2;
		}
	if (optind != argc - 1 || samples < 1 || rate < 1)
	{
		fprintf(stderr, "usage: latency --db CONNINFO [--samples N] [--rate N] [--first N] STATEMENT\n");
		return 2;
	}
	db = PQconnectdb(conninfo);
	if (PQstatus(db) != CONNECTION_OK)
	{
		fprintf(stderr, "latency: %s", PQerrorMessage(db));
		return 1;
	}
	check(PQprepare(db, "emit", argv[optind], 0, NULL));

	clock_gettime(CLOCK_MONOTONIC, &next);
	for (int n = first; n < first + samples; n++)
	{
		char		number[16];
		const char *values[1] = {number};
		uint64_t	sent,
					returned;

		snprintf(number, sizeof(number), "%d", n);
		check(PQexec(db, "begin"));
		check(PQexecPrepared(db, "emit", 1, values, NULL, NULL, 0));
		sent = now_us();
		check(PQexec(db, "commit"));
		returned = now_us();
		printf("%d %llu %llu\n", n, (unsigned long long) sent, (unsigned long long) returned);

		next.tv_nsec += 1000000000 / rate;
		next.tv_sec += next.tv_nsec / 1000000000;
		next.tv_nsec %= 1000000000;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
	PQfinish(db);
	return 0;
}
