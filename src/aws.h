/*
 * aws.h
 *		Signed requests to AWS's key service, with credentials from where AWS's own tools look for them.
 *
 * Everything happens beside the worker's other work: nothing here waits.
 */
#ifndef LEALUP_AWS_H
#define LEALUP_AWS_H

#include "postgres.h"

#include "http_client.h"
#include "utils/timestamp.h"

/*
 * Whether there are credentials. If not, they are being fetched (*why is NULL), or cannot be had (*why) before the time given. From
 * lealup.kms_credentials_file, if set; the environment; the container's or the instance's role.
 */
extern bool aws_has_credentials(const char **why, TimestampTz *again);

/* Forgets them: the service took them for expired or wrong. */
extern void aws_forget_credentials(void);

/* To be called when settings have changed. */
extern void aws_reload(void);

/*
 * Starts a call of the operation ("TrentService.Decrypt") in the region of that key, with a body that it frees; "ended" gets the transfer,
 * and releases it. NULL, with *why, if it cannot be started.
 */
extern HttpTransfer *aws_call(const char *key_name, const char *operation, char *body, void (*ended) (HttpTransfer *transfer), void *owner, const char **why);

/* A string of a JSON object that came from outside; NULL if there is none. */
extern char *aws_string(const HttpTransfer *answer, const char *name);

#endif
