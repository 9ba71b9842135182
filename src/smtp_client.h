/*
 * smtp_client.h
 *		Mails to the server that lealup.smtp_url names, many at a time, beside the requests of http_client.c, whose http_perform() moves both.
 */
#ifndef LEALUP_SMTP_CLIENT_H
#define LEALUP_SMTP_CLIENT_H

#include "postgres.h"

/* All in UTF-8, terminated. */
typedef struct SmtpMail
{
	const char *to;				/* one address */
	const char *to_name;		/* NULL = none */
	const char *subject;
	const char *date;			/* as the header has it */
	const char *id;				/* what stands before the @ of the Message-ID */
	const char *text;
	const char *html;
	const char *unsubscribe_url;	/* where a POST ends such digests; NULL = nowhere */
	bool		is_digest;
} SmtpMail;

/* How far it came, which says whose fault an error is. */
typedef enum SmtpStage
{
	SMTP_CONNECTING,			/* resolving, connecting, greeting, TLS */
	SMTP_AUTHENTICATING,
	SMTP_SENDER,
	SMTP_RECIPIENT,
	SMTP_CONTENT
} SmtpStage;

typedef struct SmtpTransfer
{
	bool		sent;
	SmtpStage	stage;
	int			code;			/* of the server's last answer; 0 = none */
	char		error[320];		/* empty if sent */
	struct SmtpPrivate *private;
} SmtpTransfer;

/* Whether a URL is one of an SMTP server: smtp:// or smtps://, a host, perhaps a port, and nothing else; *why tells what is wrong. */
extern bool smtp_check_url(const char *url, const char **why);

/*
 * Takes a mailbox apart: "Name <local@domain>" or "local@domain"; name and address are buffers of SMTP_MAILBOX bytes. False if it is none, or could
 * break out of a header.
 */
#define SMTP_MAILBOX 512
extern bool smtp_parse_mailbox(const char *text, char *name, char *address);

/*
 * Begins to send. password: NULL = none. NULL, with *why telling what is wrong in words for people, if it cannot be sent; *is_final tells whether it
 * never can. The caller gives it back with smtp_release().
 */
extern SmtpTransfer *smtp_start(const SmtpMail *mail, const char *password, bool *is_final, const char **why);

/* The next transfer that has ended, or NULL. */
extern SmtpTransfer *smtp_next_done(void);
extern void smtp_release(SmtpTransfer *transfer);

#endif
