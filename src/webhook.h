/*
 * webhook.h
 *		What a webhook request looks like: body, headers, signatures.
 */
#ifndef LEALUP_WEBHOOK_H
#define LEALUP_WEBHOOK_H

#include "postgres.h"

#include "crypto.h"
#include "http_client.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#define WEBHOOK_MAX_SIGNERS 8
#define WEBHOOK_USER_AGENT "lealup/1.0"

/* One signing secret, keyed once. */
typedef struct WebhookSigner
{
	CryptoHmac *raw;			/* by the secret's own bytes: the document's signature */
	CryptoHmac *decoded;		/* by what follows whsec_, decoded; NULL for other secrets */
	TimestampTz expires_at;		/* DT_NOEND = the current one */
} WebhookSigner;

extern void webhook_signer_init(WebhookSigner *signer, const char *secret, TimestampTz expires_at);
extern void webhook_signer_free(WebhookSigner *signer);

/* The body, from malloc; NULL = out of memory. "data" is the event's data, length bytes of UTF-8. */
extern char *webhook_body(const char *event_type, const pg_uuid_t *delivery_id, TimestampTz created_at, const pg_uuid_t *tenant_id,
						  const char *data, size_t length, size_t *body_length);

/*
 * Adds the headers of a transfer whose body is set, signed at the time "now" by the signers that have not expired, the newest
 * first: the document's X-LealUp-* and those of Standard Webhooks.
 */
extern void webhook_sign(HttpTransfer *transfer, const char *event_type, const pg_uuid_t *delivery_id,
						 WebhookSigner *signers, int nsigners, TimestampTz now);

#endif
