/*
 * smtp_client.c
 *		Mails by SMTP.
 *
 * Every mail has a connection of its own: what an idle one would save is little, and what a server says when it gives one up would be taken for an
 * answer. What is sent is made by libcurl's mime functions; header fields are made here, since libcurl sends them as they are given.
 *
 * How far a mail came, and what the server said, is told by libcurl's trace, which is also given the commands that log in: of these nothing is kept.
 */
#include "postgres.h"

#include <sys/socket.h>

#include "crypto.h"
#include "curl_job.h"
#include "lib/ilist.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "settings.h"
#include "smtp_client.h"

#define WORD_BYTES 39			/* of an encoded word, so that its line, with the field's name, has 76 characters at most; a multiple of 3 */
#define KEPT_ANSWER 200

typedef struct SmtpPrivate
{
	SmtpTransfer transfer;		/* first: the caller's view of it */
	CurlJob		job;
	dlist_node	node;
	CURL	   *easy;
	curl_mime  *mime;
	struct curl_slist *headers;
	struct curl_slist *recipients;
	int			fd;
	char		answer[KEPT_ANSWER];	/* the server's last line, but not while logging in */
	char		curl_error[CURL_ERROR_SIZE];
} SmtpPrivate;

static dlist_head done = DLIST_STATIC_INIT(done);

/* ----- What is configured ----- */

bool
smtp_check_url(const char *url, const char **why)
{
	static const CURLUPart unwanted[] = {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_QUERY, CURLUPART_FRAGMENT};
	const char *host = strncmp(url, "smtps://", 8) == 0 ? url + 8 : strncmp(url, "smtp://", 7) == 0 ? url + 7 : NULL;
	CURLU	   *parsed;
	char	   *part;

	*why = NULL;
	if (host == NULL)
		*why = "It begins neither with smtp:// nor with smtps://.";
	else if (host[0] == '\0' || host[0] == ':' || strchr(host, '/') || strlen(url) > 500)
		*why = "After that it has a host and a port, and nothing else.";
	for (const char *c = url; *why == NULL && *c; c++)
		if ((unsigned char) *c <= ' ' || (unsigned char) *c >= 0x7f || *c == '\\')
			*why = "It contains a blank, a backslash, a control character or one that is not ASCII.";
	if (*why)
		return false;
	parsed = curl_url();
	if (parsed == NULL || curl_url_set(parsed, CURLUPART_URL, url, 0) != CURLUE_OK)
		*why = "It is malformed.";
	for (int i = 0; *why == NULL && i < lengthof(unwanted); i++)
		if (curl_url_get(parsed, unwanted[i], &part, 0) == CURLUE_OK)
		{
			curl_free(part);
			*why = "User and password are not a part of it.";
		}
	curl_url_cleanup(parsed);
	return *why == NULL;
}

/* Whether an address cannot be taken for anything else, in a header or a command. */
static bool
is_address(const char *address)
{
	const char *at = strrchr(address, '@');

	if (at == NULL || at == address || at[1] == '\0' || strlen(address) > 254)
		return false;
	for (const char *c = address; *c; c++)
		if ((unsigned char) *c <= ' ' || *c == 0x7f || strchr("<>()[],;:\\\"", *c))
			return false;
	return true;
}

bool
smtp_parse_mailbox(const char *text, char *name, char *address)
{
	size_t		length = strlen(text);
	const char *open = strrchr(text, '<');

	name[0] = address[0] = '\0';
	if (length >= SMTP_MAILBOX || !pg_verify_mbstr(PG_UTF8, text, length, true))
		return false;
	for (const char *c = text; *c; c++)
		if ((unsigned char) *c < ' ' || *c == 0x7f)
			return false;
	if (open == NULL)
		strlcpy(address, text, SMTP_MAILBOX);
	else
	{
		if (text[length - 1] != '>')
			return false;
		strlcpy(address, open + 1, length - (open - text) - 1);
		strlcpy(name, text, open - text + 1);
		for (size_t n = strlen(name); n > 0 && name[n - 1] == ' '; n--)
			name[n - 1] = '\0';
	}
	return is_address(address);
}

/* ----- Header fields ----- */

/* Whether a text can stand in a header field as it is. */
static bool
is_plain(const char *text)
{
	for (const char *c = text; *c; c++)
		if ((unsigned char) *c < ' ' || (unsigned char) *c >= 0x7f)
			return false;
	return strstr(text, "=?") == NULL;
}

/*
 * A text as encoded words (RFC 2047), each on a line of its own and with whole characters. A control character, such as one that ends a line, is
 * a blank. The text is valid UTF-8: it comes from the database, or was checked.
 */
static void
add_encoded(StringInfo out, const char *text)
{
	const char *c = text;

	while (*c)
	{
		char		piece[WORD_BYTES];
		char		encoded[WORD_BYTES / 3 * 4 + 1];
		int			n = 0;

		while (*c)
		{
			int			length = Min(pg_utf_mblen((const unsigned char *) c), strlen(c));

			if (n + length > WORD_BYTES)
				break;
			memcpy(piece + n, c, length);
			if (length == 1 && ((unsigned char) *c < ' ' || *c == 0x7f))
				piece[n] = ' ';
			n += length;
			c += length;
		}
		crypto_base64_encode(piece, n, encoded);
		appendStringInfo(out, "%s=?UTF-8?B?%s?=", c - n == text ? "" : "\r\n ", encoded);
	}
}

/* A field whose text is for people. */
static char *
text_field(const char *field, const char *text)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfo(&out, "%s: ", field);
	if (is_plain(text))
		appendStringInfoString(&out, text);
	else
		add_encoded(&out, text);
	return out.data;
}

/* A field with a mailbox; the address was checked. */
static char *
mailbox_field(const char *field, const char *name, const char *address)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfo(&out, "%s: ", field);
	if (name && name[0] && is_plain(name))
	{
		appendStringInfoChar(&out, '"');
		for (const char *c = name; *c; c++)
		{
			if (*c == '"' || *c == '\\')
				appendStringInfoChar(&out, '\\');
			appendStringInfoChar(&out, *c);
		}
		appendStringInfoString(&out, "\" ");
	}
	else if (name && name[0])
	{
		add_encoded(&out, name);
		appendStringInfoString(&out, "\r\n ");
	}
	appendStringInfo(&out, "<%s>", address);
	return out.data;
}

/* Adds a field; false = out of memory. */
static bool
add_field(SmtpPrivate *p, char *line)
{
	struct curl_slist *longer = curl_slist_append(p->headers, line);

	if (longer)
		p->headers = longer;
	return longer != NULL;
}

static bool
add_fields(SmtpPrivate *p, const SmtpMail *mail, const char *from_name, const char *from)
{
	const char *address = setting_smtp_unsubscribe_address;
	bool		ok = add_field(p, mailbox_field("From", from_name, from))
		&& add_field(p, mailbox_field("To", mail->to_name, mail->to))
		&& add_field(p, text_field("Subject", mail->subject))
		&& add_field(p, psprintf("Date: %s", mail->date))
		&& add_field(p, psprintf("Message-ID: <%s@%s>", mail->id, strrchr(from, '@') + 1))
		&& add_field(p, pstrdup("Auto-Submitted: auto-generated"))
		&& add_field(p, pstrdup("X-Auto-Response-Suppress: All"))
		/* libcurl adds the boundary. */
		&& add_field(p, pstrdup("Content-Type: multipart/alternative"));

	if (mail->is_digest && mail->unsubscribe_url && address[0])
		ok = ok && add_field(p, psprintf("List-Unsubscribe: <%s>,\r\n <mailto:%s?subject=unsubscribe>", mail->unsubscribe_url, address));
	else if (mail->unsubscribe_url)
		ok = ok && add_field(p, psprintf("List-Unsubscribe: <%s>", mail->unsubscribe_url));
	else if (mail->is_digest && address[0])
		ok = ok && add_field(p, psprintf("List-Unsubscribe: <mailto:%s?subject=unsubscribe>", address));
	if (mail->unsubscribe_url)
		ok = ok && add_field(p, pstrdup("List-Unsubscribe-Post: List-Unsubscribe=One-Click"));
	return ok;
}

/* ----- The content ----- */

static bool
add_part(curl_mime *mime, const char *type, const char *content)
{
	curl_mimepart *part = curl_mime_addpart(mime);

	return part && curl_mime_data(part, content, CURL_ZERO_TERMINATED) == CURLE_OK && curl_mime_type(part, type) == CURLE_OK
		&& curl_mime_encoder(part, "quoted-printable") == CURLE_OK;
}

/* A text whose lines end as those of mails do. */
static char *
with_crlf(const char *text)
{
	StringInfoData out;

	initStringInfo(&out);
	for (const char *c = text; *c; c++)
	{
		if (*c == '\n')
			appendStringInfoString(&out, "\r\n");
		else if (*c != '\r')
			appendStringInfoChar(&out, *c);
	}
	return out.data;
}

/* ----- libcurl's callbacks ----- */

static curl_socket_t
on_open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
	SmtpPrivate *p = context;

	p->fd = curl_job_socket(address);
	return p->fd;
}

static bool
begins_with(const char *data, size_t length, const char *word)
{
	return length >= strlen(word) && strncmp(data, word, strlen(word)) == 0;
}

static int
on_trace(CURL *easy, curl_infotype type, char *data, size_t length, void *context)
{
	SmtpPrivate *p = context;
	SmtpTransfer *t = &p->transfer;

	if (type == CURLINFO_HEADER_OUT)
	{
		if (begins_with(data, length, "AUTH "))
			t->stage = SMTP_AUTHENTICATING;
		else if (begins_with(data, length, "MAIL "))
			t->stage = SMTP_SENDER;
		else if (begins_with(data, length, "RCPT "))
			t->stage = SMTP_RECIPIENT;
		else if (begins_with(data, length, "DATA"))
			t->stage = SMTP_CONTENT;
		else if (begins_with(data, length, "QUIT") && p->fd >= 0)
			/* libcurl would wait for the answer, and the worker with it. */
			(void) shutdown(p->fd, SHUT_RD);
	}
	else if (type == CURLINFO_HEADER_IN && length > 3)
	{
		size_t		n = Min(length, sizeof(p->answer) - 1);

		p->answer[0] = '\0';
		if (t->stage == SMTP_AUTHENTICATING)
			return 0;
		for (size_t i = 0; i < n; i++)
			p->answer[i] = data[i] >= ' ' && data[i] < 0x7f ? data[i] : ' ';
		while (n > 0 && p->answer[n - 1] == ' ')
			n--;
		p->answer[n] = '\0';
	}
	return 0;
}

static size_t
on_body(char *data, size_t size, size_t n, void *context)
{
	return size * n;
}

static void
finish(CurlJob *job, CURLcode code)
{
	SmtpPrivate *p = (SmtpPrivate *) ((char *) job - offsetof(SmtpPrivate, job));
	SmtpTransfer *t = &p->transfer;
	long		answer = 0;
	const char *detail = p->curl_error[0] ? p->curl_error : curl_easy_strerror(code);

	(void) curl_easy_getinfo(p->easy, CURLINFO_RESPONSE_CODE, &answer);
	t->code = answer;
	t->sent = code == CURLE_OK;
	t->error[0] = '\0';
	if (code == CURLE_OPERATION_TIMEDOUT)
		snprintf(t->error, sizeof(t->error), "timeout: the server did not take it within %d s", setting_smtp_timeout);
	else if (code == CURLE_USE_SSL_FAILED)
		strlcpy(t->error, "TLS: the server does not offer STARTTLS, which lealup.smtp_tls requires", sizeof(t->error));
	else if (code == CURLE_LOGIN_DENIED)
		snprintf(t->error, sizeof(t->error), "login: the server did not accept user and password (%d)", t->code);
	else if (!t->sent && t->code >= 400 && p->answer[0] && t->stage >= SMTP_SENDER)
		snprintf(t->error, sizeof(t->error), "the server said: %s", p->answer);
	else if (!t->sent)
	{
		snprintf(t->error, sizeof(t->error), "connection: %s", detail);
		/* What it last said was not about this. */
		t->code = 0;
	}
	dlist_push_tail(&done, &p->node);
}

/* ----- Transfers ----- */

static bool
set_options(SmtpPrivate *p, const char *from, const char *password)
{
	CURL	   *e = p->easy;
	/* Credentials never go out in clear. */
	bool		must = setting_smtp_tls == SMTP_TLS_REQUIRED || (setting_smtp_user && setting_smtp_user[0]);

	curl_job_options(e, &p->job, false);
	curl_easy_setopt(e, CURLOPT_URL, setting_smtp_url);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(e, CURLOPT_PROXY, "");
	curl_easy_setopt(e, CURLOPT_USE_SSL, (long) (must ? CURLUSESSL_ALL : CURLUSESSL_TRY));
	curl_easy_setopt(e, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(e, CURLOPT_FORBID_REUSE, 1L);
	curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long) setting_smtp_timeout * 1000);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long) setting_smtp_timeout * 1000);
	curl_easy_setopt(e, CURLOPT_SERVER_RESPONSE_TIMEOUT, (long) setting_smtp_timeout);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, p->curl_error);
	curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
	curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, p);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(e, CURLOPT_VERBOSE, 1L);
	curl_easy_setopt(e, CURLOPT_DEBUGFUNCTION, on_trace);
	curl_easy_setopt(e, CURLOPT_DEBUGDATA, p);
	if (setting_smtp_user && setting_smtp_user[0])
	{
		curl_easy_setopt(e, CURLOPT_USERNAME, setting_smtp_user);
		curl_easy_setopt(e, CURLOPT_PASSWORD, password ? password : "");
	}
	curl_easy_setopt(e, CURLOPT_MAIL_FROM, psprintf("<%s>", from));
	curl_easy_setopt(e, CURLOPT_MAIL_RCPT, p->recipients);
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, p->headers);
	return curl_easy_setopt(e, CURLOPT_MIMEPOST, p->mime) == CURLE_OK;
}

static bool
prepare(SmtpPrivate *p, const SmtpMail *mail, const char *from_name, const char *from, const char *password)
{
	char	   *text = with_crlf(mail->text);
	char	   *html = with_crlf(mail->html);

	p->easy = curl_easy_init();
	p->mime = p->easy ? curl_mime_init(p->easy) : NULL;
	p->recipients = curl_slist_append(NULL, psprintf("<%s>", mail->to));
	/* The last part is the one to be preferred. */
	return p->mime && p->recipients && add_fields(p, mail, from_name, from)
		&& add_part(p->mime, "text/plain; charset=utf-8", text) && add_part(p->mime, "text/html; charset=utf-8", html)
		&& set_options(p, from, password);
}

SmtpTransfer *
smtp_start(const SmtpMail *mail, const char *password, bool *is_final, const char **why)
{
	char		name[SMTP_MAILBOX];
	char		from[SMTP_MAILBOX];
	SmtpPrivate *p;

	*is_final = false;
	if (!smtp_parse_mailbox(setting_smtp_from, name, from))
	{
		*why = "lealup.smtp_from is not set";
		return NULL;
	}
	if (!is_address(mail->to))
	{
		*is_final = true;
		*why = "the address is not one that mail can be sent to";
		return NULL;
	}
	*why = "out of memory";
	p = calloc(1, sizeof(SmtpPrivate));
	if (p == NULL)
		return NULL;
	p->fd = -1;
	p->job.ended = finish;
	p->transfer.private = p;
	if (!prepare(p, mail, name, from, password) || !curl_job_start(p->easy))
	{
		smtp_release(&p->transfer);
		return NULL;
	}
	return &p->transfer;
}

SmtpTransfer *
smtp_next_done(void)
{
	if (dlist_is_empty(&done))
		return NULL;
	return &dlist_container(SmtpPrivate, node, dlist_pop_head_node(&done))->transfer;
}

void
smtp_release(SmtpTransfer *transfer)
{
	SmtpPrivate *p = transfer->private;

	curl_easy_cleanup(p->easy);
	curl_mime_free(p->mime);
	curl_slist_free_all(p->headers);
	curl_slist_free_all(p->recipients);
	free(p);
}
