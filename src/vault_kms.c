/*
 * vault_kms.c
 *		Keys that AWS KMS wraps and unwraps.
 *
 * The encryption context of every call names the tenant and the key, so that a wrapped key that was copied to another row does not open.
 * Of what KMS says when it refuses only the name of the error is shown: its text may repeat parts of the request.
 */
#include "postgres.h"

#include "aws.h"
#include "crypto.h"
#include "lib/ilist.h"
#include "lib/stringinfo.h"
#include "settings.h"
#include "shared.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/hsearch.h"
#include "utils/json.h"
#include "utils/memutils.h"
#include "vault_kms.h"

#define MOST_QUESTIONS	10000	/* remembered, with their answers */
#define MOST_OPEN		64		/* before kms_is_busy() */
#define MOST_IN_FLIGHT	8
#define LONGEST_WRAPPED	6144	/* bytes; KMS allows no more */
#define ANSWER_LASTS	(60 * 60 * USECS_PER_SEC)
#define LONGEST_PAUSE	(60 * USECS_PER_SEC)
#define REFUSAL_LASTS	(5 * USECS_PER_SEC)	/* twice as long each time */
#define LONGEST_REFUSAL	(10 * 60 * USECS_PER_SEC)

typedef struct QuestionKey
{
	pg_uuid_t	tenant_id;
	pg_uuid_t	key_id;
	unsigned char digest[CRYPTO_SHA256_LEN];	/* of what is asked */
} QuestionKey;

typedef struct Question
{
	QuestionKey key;			/* first */
	bool		unwrap;
	enum
	{
		WANTED, ASKED, ANSWERED, REFUSED
	}			state;
	bool		again;			/* asked for since it was refused */
	int			refusals;		/* in a row */
	TimestampTz until;			/* an answer or a refusal lasts */
	char	   *name;			/* the key in KMS; this and the next from malloc */
	unsigned char *bytes;		/* what is to be wrapped or unwrapped; then what came of it */
	size_t		length;
	char		why[200];
	dlist_node	node;			/* among those that are wanted */
} Question;

static HTAB *questions;
static dlist_head wanted = DLIST_STATIC_INIT(wanted);
static int	nwanted;
static int	in_flight;
static uint32 era;				/* of the settings: answers to questions of an earlier one are dropped */
static bool news;

/* KMS as a whole cannot be used until then. */
static TimestampTz not_before;
static int	failures;
static char trouble[200];

/* ----- Questions ----- */

static void
set_bytes(Question *q, const void *bytes, size_t length)
{
	unsigned char *copy = malloc(Max(length, 1));

	if (q->bytes)
	{
		crypto_cleanse(q->bytes, q->length);
		free(q->bytes);
	}
	if (copy)
		memcpy(copy, bytes, length);
	q->bytes = copy;
	q->length = copy ? length : 0;
}

static void
forget(Question *q)
{
	if (q->state == WANTED)
	{
		dlist_delete(&q->node);
		nwanted--;
	}
	if (q->bytes)
		crypto_cleanse(q->bytes, q->length);
	free(q->bytes);
	free(q->name);
	hash_search(questions, &q->key, HASH_REMOVE, NULL);
}

/* Makes room: what is no longer good, else what has been answered longest. */
static void
evict(void)
{
	HASH_SEQ_STATUS status;
	TimestampTz now = GetCurrentTimestamp();
	Question   *oldest = NULL;
	Question   *q;

	hash_seq_init(&status, questions);
	while ((q = hash_seq_search(&status)) != NULL)
	{
		if (q->state != ANSWERED && q->state != REFUSED)
			continue;
		if (q->until <= now)
			forget(q);
		else if (oldest == NULL || q->until < oldest->until)
			oldest = q;
	}
	if (oldest && hash_get_num_entries(questions) >= MOST_QUESTIONS)
		forget(oldest);
}

static void
want(Question *q)
{
	q->state = WANTED;
	dlist_push_tail(&wanted, &q->node);
	nwanted++;
}

static Question *
question(bool unwrap, const pg_uuid_t *tenant_id, const pg_uuid_t *key_id, const char *name, const unsigned char *bytes, size_t length)
{
	static char directions[2] = {'w', 'u'};
	QuestionKey key;
	Question   *q;
	StringInfoData text;
	bool		found;

	if (questions == NULL)
	{
		HASHCTL		control = {0};

		control.keysize = sizeof(QuestionKey);
		control.entrysize = sizeof(Question);
		control.hcxt = TopMemoryContext;
		questions = hash_create("lealup questions to KMS", 64, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	}
	memset(&key, 0, sizeof(key));
	key.tenant_id = *tenant_id;
	key.key_id = *key_id;
	initStringInfo(&text);
	appendStringInfoChar(&text, directions[unwrap]);
	appendBinaryStringInfo(&text, name, (int) strlen(name) + 1);
	appendBinaryStringInfo(&text, (const char *) bytes, (int) length);
	crypto_sha256(text.data, text.len, key.digest);
	crypto_cleanse(text.data, text.len);
	pfree(text.data);

	q = hash_search(questions, &key, HASH_FIND, NULL);
	if (q && q->state == ANSWERED && q->until <= GetCurrentTimestamp())
	{
		forget(q);
		q = NULL;
	}
	if (q)
		return q;
	/* While KMS is away a few are enough to find out when it is back; who waits asks again then. */
	if (trouble[0] && nwanted >= MOST_OPEN)
		return NULL;
	if (hash_get_num_entries(questions) >= MOST_QUESTIONS)
		evict();
	if (hash_get_num_entries(questions) >= MOST_QUESTIONS)
		return NULL;
	q = hash_search(questions, &key, HASH_ENTER, &found);
	memset((char *) q + sizeof(key), 0, sizeof(Question) - sizeof(key));
	q->unwrap = unwrap;
	q->name = strdup(name);
	set_bytes(q, bytes, length);
	want(q);
	return q;
}

static VaultState
state_of(Question *q, const char **why)
{
	*why = q && q->state == REFUSED ? q->why : trouble;
	if (q && q->state == ANSWERED)
		return VAULT_OPENED;
	if (q && q->state == REFUSED)
	{
		q->again = true;
		return VAULT_LOCKED;
	}
	return trouble[0] ? VAULT_LOCKED : VAULT_FETCHING;
}

VaultState
kms_unwrap(const pg_uuid_t *tenant_id, const pg_uuid_t *key_id, const char *name, const unsigned char *wrapped, size_t length,
		   unsigned char *key, const char **why)
{
	Question   *q;
	VaultState	state;

	*why = "a wrapped key was damaged";
	if (length == 0 || length > LONGEST_WRAPPED)
		return VAULT_BROKEN;
	q = question(true, tenant_id, key_id, name, wrapped, length);
	state = state_of(q, why);
	if (state == VAULT_OPENED)
		memcpy(key, q->bytes, CRYPTO_KEY_LEN);
	return state;
}

VaultState
kms_wrap(const pg_uuid_t *tenant_id, const pg_uuid_t *key_id, const unsigned char *key,
		 char **name, unsigned char **wrapped, size_t *length, const char **why)
{
	Question   *q = question(false, tenant_id, key_id, setting_kms_key_id, key, CRYPTO_KEY_LEN);
	VaultState	state = state_of(q, why);

	if (state != VAULT_OPENED)
		return state;
	*name = pstrdup(q->name);
	*wrapped = palloc(q->length);
	memcpy(*wrapped, q->bytes, q->length);
	*length = q->length;
	return state;
}

bool
kms_is_asked(void)
{
	return questions != NULL;
}

bool
kms_is_busy(void)
{
	return trouble[0] == '\0' && nwanted + in_flight >= MOST_OPEN;
}

/* ----- Calls ----- */

typedef struct Call
{
	QuestionKey key;
	uint32		era;
} Call;

static char *
body_of(Question *q)
{
	StringInfoData body;
	char	   *encoded = palloc(4 * (q->length / 3 + 1) + 1);
	char	   *result;

	crypto_base64_encode(q->bytes, (int) q->length, encoded);
	initStringInfo(&body);
	appendStringInfoString(&body, "{\"KeyId\": ");
	escape_json(&body, q->name);
	appendStringInfo(&body, ", \"%s\": \"%s\"", q->unwrap ? "CiphertextBlob" : "Plaintext", encoded);
	appendStringInfo(&body, ", \"EncryptionContext\": {\"lealup:tenant\": \"%s\", \"lealup:key\": \"%s\"}}",
					 DatumGetCString(DirectFunctionCall1(uuid_out, UUIDPGetDatum(&q->key.tenant_id))),
					 DatumGetCString(DirectFunctionCall1(uuid_out, UUIDPGetDatum(&q->key.key_id))));
	result = strdup(body.data);
	crypto_cleanse(encoded, strlen(encoded));
	crypto_cleanse(body.data, body.len);
	return result;
}

/* Nothing can be asked for a while. */
static void
pause_all(const char *why)
{
	TimestampTz pause = Min(USECS_PER_SEC << Min(failures, 10), LONGEST_PAUSE);

	if (failures == 0)
		news = true;			/* whoever waits is to say why */
	failures++;
	not_before = GetCurrentTimestamp() + pause;
	strlcpy(trouble, why, sizeof(trouble));
	shared_report_error(trouble);
}

/* The name of an error, without its namespace and whatever else does not belong to a name. */
static void
error_name(const HttpTransfer *answer, char *name, size_t size)
{
	char	   *type = aws_string(answer, "__type");
	const char *start = type ? strrchr(type, '#') : NULL;
	size_t		n = 0;

	start = start ? start + 1 : type ? type : "";
	while (n < size - 1 && ((start[n] | 0x20) >= 'a' && (start[n] | 0x20) <= 'z'))
	{
		name[n] = start[n];
		n++;
	}
	name[n] = '\0';
}

static bool
is_among(const char *name, const char *const *names)
{
	for (; *names; names++)
		if (strcmp(name, *names) == 0)
			return true;
	return false;
}

/* Takes the answer over; false if it is none. */
static bool
take_answer(Question *q, const HttpTransfer *answer)
{
	char	   *encoded = aws_string(answer, q->unwrap ? "Plaintext" : "CiphertextBlob");
	char	   *name = aws_string(answer, "KeyId");
	unsigned char *decoded;
	int			length;
	bool		ok;

	if (encoded == NULL || name == NULL || strlen(name) > 2048)
		return false;
	decoded = palloc(strlen(encoded) + 3);
	length = crypto_base64_decode(encoded, (int) strlen(encoded), decoded);
	ok = q->unwrap ? length == CRYPTO_KEY_LEN : length > 0 && length <= LONGEST_WRAPPED;
	if (ok)
	{
		set_bytes(q, decoded, length);
		free(q->name);
		q->name = strdup(name);
		ok = q->bytes != NULL && q->name != NULL;
		q->state = ANSWERED;
		q->until = GetCurrentTimestamp() + ANSWER_LASTS;
	}
	crypto_cleanse(decoded, strlen(encoded));
	crypto_cleanse(encoded, strlen(encoded));
	return ok;
}

/* What concerns KMS as a whole, or its credentials, pauses everything; anything else is between this question and its key. */
static void
take_refusal(Question *q, const HttpTransfer *answer)
{
	static const char *const of_credentials[] = {"ExpiredTokenException", "UnrecognizedClientException", "InvalidSignatureException", "InvalidClientTokenId",
		"IncompleteSignature", "IncompleteSignatureException", "MissingAuthenticationTokenException", "SignatureDoesNotMatch", NULL
	};
	static const char *const passing[] = {"ThrottlingException", "LimitExceededException", "KMSInternalException", "DependencyTimeoutException",
		"KeyUnavailableException", "RequestExpired", "ServiceUnavailable", "ServiceUnavailableException", "InternalFailure", NULL
	};
	const char *operation = q->unwrap ? "Decrypt" : "Encrypt";
	char		name[80] = "";
	char		why[200];

	if (answer->result == HTTP_COMPLETE)
		error_name(answer, name, sizeof(name));
	if (answer->result != HTTP_COMPLETE)
		snprintf(why, sizeof(why), "KMS cannot be reached: %s", answer->error);
	else
		snprintf(why, sizeof(why), "KMS answered %s by %d%s%s", operation, answer->status, name[0] ? " " : "", name);
	if (is_among(name, of_credentials))
		aws_forget_credentials();
	if (answer->result != HTTP_COMPLETE || answer->status >= 500 || answer->status == 429 || is_among(name, passing) || is_among(name, of_credentials))
	{
		want(q);
		pause_all(why);
		return;
	}
	failures = trouble[0] = 0;
	news = true;
	q->state = REFUSED;
	q->until = GetCurrentTimestamp() + Min(REFUSAL_LASTS << Min(q->refusals, 10), LONGEST_REFUSAL);
	q->refusals++;
	q->again = false;
	snprintf(q->why, sizeof(q->why), "%s%s", why,
			 strcmp(name, "InvalidCiphertextException") == 0 ? ": the wrapped key does not belong to its row, or was damaged" : "");
	shared_report_error(q->why);
}

static void
call_ended(HttpTransfer *answer)
{
	Call	   *call = answer->owner;
	Question   *q = call->era == era ? hash_search(questions, &call->key, HASH_FIND, NULL) : NULL;

	in_flight--;
	if (q)
	{
		if (answer->result == HTTP_COMPLETE && answer->status == 200 && take_answer(q, answer))
		{
			failures = trouble[0] = 0;
			news = true;
		}
		else
			take_refusal(q, answer);
	}
	free(call);
	http_release(answer);
}

static void
start(Question *q)
{
	Call	   *call = malloc(sizeof(Call));
	char	   *body = body_of(q);
	const char *why = "out of memory";

	dlist_delete(&q->node);
	nwanted--;
	q->state = ASKED;
	if (call && body)
	{
		call->key = q->key;
		call->era = era;
		if (aws_call(q->name, q->unwrap ? "TrentService.Decrypt" : "TrentService.Encrypt", body, call_ended, call, &why))
		{
			in_flight++;
			return;
		}
	}
	else
		free(body);
	free(call);
	want(q);
	pause_all(psprintf("KMS cannot be asked: %s", why));
}

/* What was refused is asked again after a while, if somebody still wants it. */
static TimestampTz
repeat_refused(TimestampTz now)
{
	HASH_SEQ_STATUS status;
	TimestampTz next = DT_NOEND;
	Question   *q;

	hash_seq_init(&status, questions);
	while ((q = hash_seq_search(&status)) != NULL)
	{
		if (q->state != REFUSED)
			continue;
		if (q->until > now)
			next = Min(next, q->until);
		else if (q->again)
			want(q);
		else
			forget(q);
	}
	return next;
}

TimestampTz
kms_step(bool *answered)
{
	static TimestampTz told;
	TimestampTz now = GetCurrentTimestamp();
	TimestampTz next = DT_NOEND;
	TimestampTz again;
	const char *why;

	if (questions == NULL)
		return DT_NOEND;
	next = repeat_refused(now);
	if (nwanted > 0 && now >= not_before && !aws_has_credentials(&why, &again))
	{
		if (why)
		{
			pause_all(why);
			not_before = Max(not_before, again);
		}
		else
			next = Min(next, again);
	}
	/* After a pause one question finds out whether KMS is back. */
	while (nwanted > 0 && now >= not_before && in_flight < (failures > 0 ? 1 : MOST_IN_FLIGHT) && aws_has_credentials(&why, &again))
		start(dlist_container(Question, node, dlist_head_node(&wanted)));
	if (nwanted > 0 && not_before > now)
		next = Min(next, not_before);

	/* Callers look through all that they wait for, so they are told of many answers at once. */
	if (news && (nwanted + in_flight == 0 || now >= told + USECS_PER_SEC / 4))
	{
		*answered = true;
		news = false;
		told = now;
	}
	else if (news)
		next = Min(next, told + USECS_PER_SEC / 4);
	return Min(next, http_next_time());
}

void
kms_reload(void)
{
	HASH_SEQ_STATUS status;
	Question   *q;

	aws_reload();
	era++;
	failures = trouble[0] = 0;
	not_before = 0;
	if (questions == NULL)
		return;
	hash_seq_init(&status, questions);
	while ((q = hash_seq_search(&status)) != NULL)
		forget(q);
}
