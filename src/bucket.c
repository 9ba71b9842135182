/*
 * bucket.c
 *		Token buckets in shared memory.
 */
#include "postgres.h"

#include <math.h>

#include "bucket.h"
#include "common/hashfn.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "storage/spin.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(lealup_take_token);

typedef struct Bucket
{
	pg_uuid_t	id;
	TimestampTz at;				/* when "tokens" was true; 0 = free */
	double		tokens;
} Bucket;

typedef struct BucketSet
{
	slock_t		mutex;
	Bucket		buckets[BUCKET_WAYS];
} BucketSet;

static BucketSet *sets = NULL;

static shmem_request_hook_type previous_request_hook = NULL;
static shmem_startup_hook_type previous_startup_hook = NULL;

static void
set_up(BucketSet *memory)
{
	memset(memory, 0, BUCKET_SETS * sizeof(BucketSet));
	for (int i = 0; i < BUCKET_SETS; i++)
		SpinLockInit(&memory[i].mutex);
}

static void
request_memory(void)
{
	if (previous_request_hook)
		previous_request_hook();
	RequestAddinShmemSpace(MAXALIGN(BUCKET_SETS * sizeof(BucketSet)));
}

static void
set_up_memory(void)
{
	bool		found;

	if (previous_startup_hook)
		previous_startup_hook();
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	sets = ShmemInitStruct("lealup buckets", BUCKET_SETS * sizeof(BucketSet), &found);
	if (!found)
		set_up(sets);
	LWLockRelease(AddinShmemInitLock);
}

void
bucket_init(void)
{
	previous_request_hook = shmem_request_hook;
	shmem_request_hook = request_memory;
	previous_startup_hook = shmem_startup_hook;
	shmem_startup_hook = set_up_memory;
}

/* The caller holds the set's lock; nothing here can raise an error. */
static Bucket *
find_bucket(BucketSet *set, const pg_uuid_t *id, double burst, TimestampTz now)
{
	Bucket	   *oldest = &set->buckets[0];

	for (int i = 0; i < BUCKET_WAYS; i++)
	{
		Bucket	   *bucket = &set->buckets[i];

		if (bucket->at != 0 && memcmp(&bucket->id, id, UUID_LEN) == 0)
			return bucket;
		if (bucket->at < oldest->at)
			oldest = bucket;
	}
	oldest->id = *id;
	oldest->at = now;
	oldest->tokens = burst;
	return oldest;
}

bool
bucket_take(const pg_uuid_t *id, double rate, double burst, double cost, TimestampTz now, double *tokens)
{
	BucketSet  *set;
	Bucket	   *bucket;
	bool		taken;

	if (sets == NULL)
	{
		sets = MemoryContextAllocZero(TopMemoryContext, BUCKET_SETS * sizeof(BucketSet));
		set_up(sets);
	}
	set = &sets[hash_bytes(id->data, UUID_LEN) % BUCKET_SETS];
	SpinLockAcquire(&set->mutex);
	bucket = find_bucket(set, id, burst, now);
	/* A clock that was set back gives nothing and takes nothing. */
	if (now > bucket->at)
		bucket->tokens += rate * (double) (now - bucket->at) / USECS_PER_SEC;
	bucket->at = now;
	if (bucket->tokens > burst)
		bucket->tokens = burst;
	taken = bucket->tokens >= cost;
	if (taken)
		bucket->tokens -= cost;
	*tokens = bucket->tokens;
	SpinLockRelease(&set->mutex);
	return taken;
}

Datum
lealup_take_token(PG_FUNCTION_ARGS)
{
	double		rate = PG_GETARG_INT32(1);
	double		burst = PG_GETARG_INT32(2);
	double		cost = Min((double) PG_GETARG_INT32(3), burst);
	double		tokens;
	bool		taken = bucket_take(PG_GETARG_UUID_P(0), rate, burst, cost, GetCurrentTimestamp(), &tokens);
	TupleDesc	descriptor;
	Datum		values[4];
	bool		nulls[4] = {false};

	if (get_call_result_type(fcinfo, NULL, &descriptor) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "the result is no row");
	values[0] = BoolGetDatum(taken);
	values[1] = Int32GetDatum((int32) floor(tokens));
	values[2] = Int32GetDatum((int32) ceil((burst - tokens) / rate));
	values[3] = Int32GetDatum(taken ? 0 : (int32) Max(1, ceil((cost - tokens) / rate)));
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor), values, nulls)));
}
