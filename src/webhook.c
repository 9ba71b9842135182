/*
 * webhook.c
 *		What a webhook request looks like: body, headers, signatures.
 *
 * The body is a fixed envelope around the event's data text, so its bytes are the same on every attempt, and what is signed is
 * exactly what is sent. Timestamp and signature are those of the attempt, since receivers reject old ones. Two families of
 * headers carry the same signature: X-LealUp-* of the LealUp Webhooks document (hex of HMAC-SHA256 over "timestamp.body"), and
 * webhook-* of Standard Webhooks (base64 over "id.timestamp.body"). A secret that begins with whsec_ stands for decoded bytes
 * in Standard Webhooks libraries and for itself in the document's samples; webhook-signature then has one signature of each.
 */
#include "postgres.h"

#include "compat.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/timestamp.h"
#include "webhook.h"

#define SECRET_PREFIX "whsec_"
#define UUID_TEXT_LEN 36

PG_FUNCTION_INFO_V1(lealup_request_body);
PG_FUNCTION_INFO_V1(lealup_printable);

void
webhook_signer_init(WebhookSigner *signer, const char *secret, TimestampTz expires_at)
{
	size_t		prefix = strlen(SECRET_PREFIX);
	size_t		length = strlen(secret);
	unsigned char *decoded;
	int			n;

	signer->raw = crypto_hmac_new(secret, length);
	signer->decoded = NULL;
	signer->expires_at = expires_at;
	if (strncmp(secret, SECRET_PREFIX, prefix) != 0)
		return;
	decoded = palloc(length);
	n = crypto_base64_decode(secret + prefix, (int) (length - prefix), decoded);
	if (n > 0)
		signer->decoded = crypto_hmac_new(decoded, n);
	crypto_cleanse(decoded, length);
	pfree(decoded);
}

void
webhook_signer_free(WebhookSigner *signer)
{
	crypto_hmac_free(signer->raw);
	crypto_hmac_free(signer->decoded);
}

static void
uuid_text(const pg_uuid_t *id, char *out)
{
	for (int i = 0; i < UUID_LEN; i++)
	{
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*out++ = '-';
		crypto_hex(id->data + i, 1, out);
		out += 2;
	}
}

/* ISO 8601 in UTC with microseconds: receivers order events by it. */
static void
time_text(TimestampTz at, char *out, size_t size)
{
	struct pg_tm tm;
	fsec_t		fraction;

	if (timestamp2tm(at, NULL, &tm, &fraction, NULL, NULL) != 0)
		ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE), errmsg("timestamp out of range")));
	snprintf(out, size, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", tm.tm_year, tm.tm_mon, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
			 (int) fraction);
}

/* Everything before the data. */
static void
envelope(StringInfo out, const char *event_type, const pg_uuid_t *delivery_id, TimestampTz created_at, const pg_uuid_t *tenant_id)
{
	char		delivery[UUID_TEXT_LEN + 1];
	char		tenant[UUID_TEXT_LEN + 1];
	char		created[64];

	uuid_text(delivery_id, delivery);
	uuid_text(tenant_id, tenant);
	time_text(created_at, created, sizeof(created));
	appendStringInfoString(out, "{\"event\":");
	escape_json(out, event_type);
	appendStringInfo(out, ",\"delivery_id\":\"%s\",\"created_at\":\"%s\",\"tenant_id\":\"%s\",\"data\":", delivery, created, tenant);
}

char *
webhook_body(const char *event_type, const pg_uuid_t *delivery_id, TimestampTz created_at, const pg_uuid_t *tenant_id,
			 const char *data, size_t length, size_t *body_length)
{
	StringInfoData head;
	char	   *body;

	initStringInfo(&head);
	envelope(&head, event_type, delivery_id, created_at, tenant_id);
	*body_length = head.len + length + 1;
	body = malloc(*body_length);
	if (body)
	{
		memcpy(body, head.data, head.len);
		memcpy(body + head.len, data, length);
		body[*body_length - 1] = '}';
	}
	pfree(head.data);
	return body;
}

/* Appends " v1,BASE64" to the list of signatures. */
static void
add_signature(char *list, size_t size, CryptoHmac *key, const CryptoPart *parts, int n)
{
	unsigned char mac[CRYPTO_SHA256_LEN];
	char		text[48];
	size_t		used = strlen(list);

	crypto_hmac(key, parts, n, mac);
	crypto_base64_encode(mac, sizeof(mac), text);
	snprintf(list + used, size - used, "%sv1,%s", used > 0 ? " " : "", text);
}

void
webhook_sign(HttpTransfer *transfer, const char *event_type, const pg_uuid_t *delivery_id, WebhookSigner *signers, int nsigners, TimestampTz now)
{
	char		id[UUID_TEXT_LEN + 1];
	char		timestamp[24];
	char		document[80] = "sha256=";
	char		standard[WEBHOOK_MAX_SIGNERS * 2 * 52] = "";
	unsigned char mac[CRYPTO_SHA256_LEN];
	CryptoPart	parts[5];

	uuid_text(delivery_id, id);
	snprintf(timestamp, sizeof(timestamp), INT64_FORMAT,
			 (int64) (now / USECS_PER_SEC + (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY));
	parts[0] = (CryptoPart) {id, UUID_TEXT_LEN};
	parts[1] = (CryptoPart) {".", 1};
	parts[2] = (CryptoPart) {timestamp, strlen(timestamp)};
	parts[3] = (CryptoPart) {".", 1};
	parts[4] = (CryptoPart) {transfer->body, transfer->body_length};

	crypto_hmac(signers[0].raw, parts + 2, 3, mac);
	crypto_hex(mac, sizeof(mac), document + strlen(document));
	for (int i = 0; i < nsigners; i++)
	{
		if (signers[i].expires_at <= now)
			continue;
		if (signers[i].decoded)
			add_signature(standard, sizeof(standard), signers[i].decoded, parts, 5);
		add_signature(standard, sizeof(standard), signers[i].raw, parts, 5);
	}

	http_header(transfer, "Content-Type", "application/json");
	http_header(transfer, "User-Agent", WEBHOOK_USER_AGENT);
	http_header(transfer, "X-LealUp-Signature", document);
	http_header(transfer, "X-LealUp-Timestamp", timestamp);
	http_header(transfer, "X-LealUp-Event", event_type);
	http_header(transfer, "X-LealUp-Delivery-Id", id);
	http_header(transfer, "webhook-id", id);
	http_header(transfer, "webhook-timestamp", timestamp);
	http_header(transfer, "webhook-signature", standard);
}

Datum
lealup_request_body(PG_FUNCTION_ARGS)
{
	char	   *event_type = text_to_cstring(PG_GETARG_TEXT_PP(0));
	text	   *data = PG_GETARG_TEXT_PP(4);
	StringInfoData body;

	initStringInfo(&body);
	envelope(&body, event_type, PG_GETARG_UUID_P(1), PG_GETARG_TIMESTAMPTZ(2), PG_GETARG_UUID_P(3));
	appendBinaryStringInfo(&body, VARDATA_ANY(data), VARSIZE_ANY_EXHDR(data));
	appendStringInfoChar(&body, '}');
	PG_RETURN_TEXT_P(cstring_to_text_with_len(body.data, body.len));
}

Datum
lealup_printable(PG_FUNCTION_ARGS)
{
	bytea	   *bytes = PG_GETARG_BYTEA_PP(0);
	const char *in = VARDATA_ANY(bytes);
	int			left = VARSIZE_ANY_EXHDR(bytes);
	int			encoding = GetDatabaseEncoding();
	bool		any = encoding == PG_UTF8 || encoding == PG_SQL_ASCII;
	StringInfoData out;

	initStringInfo(&out);
	while (left > 0)
	{
		int			n = pg_encoding_verifymbchar(PG_UTF8, in, left);

		if (n <= 0 || in[0] == '\0' || (n > 1 && !any))
		{
			appendStringInfoChar(&out, '?');
			n = 1;
		}
		else
			appendBinaryStringInfo(&out, in, n);
		in += n;
		left -= n;
	}
	PG_RETURN_TEXT_P(cstring_to_text_with_len(out.data, out.len));
}
