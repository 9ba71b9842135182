/*
 * uuid7.c
 *		Time-ordered uuids (RFC 9562 version 7), and the ids derived from them.
 *
 * The first 48 bits are milliseconds since 1970, the next 12 (after the version) the fraction of the millisecond, as method 3
 * of section 6.2 has it; the rest is random. A delivery's id keeps its event's milliseconds and fills the rest with a hash of
 * event and subscription, except the last 16 bits, which are zero and become the attempt number in an attempt's id.
 */
#include "postgres.h"

#include "crypto.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "uuid7.h"

#define UNIX_EPOCH_US ((int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * USECS_PER_DAY)

PG_FUNCTION_INFO_V1(lealup_uuid7);
PG_FUNCTION_INFO_V1(lealup_uuid7_floor);
PG_FUNCTION_INFO_V1(lealup_uuid7_time);
PG_FUNCTION_INFO_V1(lealup_delivery_id);
PG_FUNCTION_INFO_V1(lealup_attempt_id);
PG_FUNCTION_INFO_V1(lealup_last_attempt_id);

static void
put_milliseconds(pg_uuid_t *id, int64 ms)
{
	for (int i = 0; i < 6; i++)
		id->data[i] = (unsigned char) (ms >> (40 - 8 * i));
}

static int64
get_milliseconds(const pg_uuid_t *id)
{
	int64		ms = 0;

	for (int i = 0; i < 6; i++)
		ms = (ms << 8) | id->data[i];
	return ms;
}

static void
put_version(pg_uuid_t *id)
{
	id->data[6] = (id->data[6] & 0x0f) | 0x70;
	id->data[8] = (id->data[8] & 0x3f) | 0x80;
}

/* Random bits are drawn for many ids at a time: one call costs as much as the rest of an event's id. */
static void
put_random(pg_uuid_t *id)
{
	static unsigned char pool[128 * UUID_LEN];
	static int	used = sizeof(pool);

	if (used == sizeof(pool))
	{
		if (!pg_strong_random(pool, sizeof(pool)))
			ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not generate random values")));
		used = 0;
	}
	memcpy(id->data, pool + used, UUID_LEN);
	used += UUID_LEN;
}

void
uuid7_at(TimestampTz at, pg_uuid_t *result)
{
	static int64 last = 0;		/* in 1/4096 ms */
	int64		us = at + UNIX_EPOCH_US;
	int64		now = (us / 1000) * 4096 + (us % 1000) * 4096 / 1000;

	/* A clock that stands or goes back must not make an id smaller; an explicitly older time may. */
	if (now <= last && now > last - 4096 * INT64CONST(10000))
		now = last + 1;
	last = now;

	put_random(result);
	put_milliseconds(result, now / 4096);
	result->data[6] = (unsigned char) ((now % 4096) >> 8);
	result->data[7] = (unsigned char) (now % 4096);
	put_version(result);
}

Datum
lealup_uuid7(PG_FUNCTION_ARGS)
{
	pg_uuid_t  *id = palloc(UUID_LEN);

	uuid7_at(GetCurrentTimestamp(), id);
	PG_RETURN_UUID_P(id);
}

Datum
lealup_uuid7_floor(PG_FUNCTION_ARGS)
{
	TimestampTz at = PG_GETARG_TIMESTAMPTZ(0);
	pg_uuid_t  *id = palloc0(UUID_LEN);
	int64		us = 0;

	if (!TIMESTAMP_IS_NOBEGIN(at))
		us = TIMESTAMP_IS_NOEND(at) ? PG_INT64_MAX : at + UNIX_EPOCH_US;
	put_milliseconds(id, Min(Max(us, 0) / 1000, (INT64CONST(1) << 48) - 1));
	put_version(id);
	PG_RETURN_UUID_P(id);
}

Datum
lealup_uuid7_time(PG_FUNCTION_ARGS)
{
	pg_uuid_t  *id = PG_GETARG_UUID_P(0);

	if ((id->data[6] & 0xf0) != 0x70)
		PG_RETURN_NULL();
	PG_RETURN_TIMESTAMPTZ(get_milliseconds(id) * 1000 - UNIX_EPOCH_US);
}

Datum
lealup_delivery_id(PG_FUNCTION_ARGS)
{
	pg_uuid_t  *event = PG_GETARG_UUID_P(0);
	pg_uuid_t  *subscription = PG_GETARG_UUID_P(1);
	pg_uuid_t  *id = palloc(UUID_LEN);
	unsigned char both[2 * UUID_LEN];
	unsigned char hash[CRYPTO_SHA256_LEN];

	memcpy(both, event->data, UUID_LEN);
	memcpy(both + UUID_LEN, subscription->data, UUID_LEN);
	crypto_sha256(both, sizeof(both), hash);
	memcpy(id->data, event->data, 6);
	memcpy(id->data + 6, hash, 8);
	id->data[14] = id->data[15] = 0;
	put_version(id);
	PG_RETURN_UUID_P(id);
}

static pg_uuid_t *
attempt_id(const pg_uuid_t *delivery, int32 attempt_no)
{
	pg_uuid_t  *id = palloc(UUID_LEN);

	memcpy(id->data, delivery->data, UUID_LEN);
	id->data[14] = (unsigned char) (attempt_no >> 8);
	id->data[15] = (unsigned char) attempt_no;
	return id;
}

Datum
lealup_attempt_id(PG_FUNCTION_ARGS)
{
	int32		attempt_no = PG_GETARG_INT32(1);

	if (attempt_no < 0 || attempt_no > 0xffff)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("attempt number %d is out of range", attempt_no),
				 errdetail("It is 0 to 65535.")));
	PG_RETURN_UUID_P(attempt_id(PG_GETARG_UUID_P(0), attempt_no));
}

/* It raises no error, whatever it is called with. */
Datum
lealup_last_attempt_id(PG_FUNCTION_ARGS)
{
	PG_RETURN_UUID_P(attempt_id(PG_GETARG_UUID_P(0), 0xffff));
}
