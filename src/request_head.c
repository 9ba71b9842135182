/*
 * request_head.c
 *		Whether the head of an HTTP request is one that nobody can take for something else.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "request_head.h"
#include "settings.h"

/* Headers that mean nothing, or something dangerous, if they are there twice. */
static const char *const single_headers[] = {
	"host", "content-length", "transfer-encoding", "content-type", "authorization", "proxy-authorization", "idempotency-key", "expect",
	"if-modified-since", "if-unmodified-since", "date", "from", "max-forwards", "range", "referer", "user-agent"
};

/* What is wrong first is what is told. */
static void
object(HeadVerdict *verdict, int status, const char *why)
{
	if (verdict->status == 0)
	{
		verdict->status = status;
		verdict->why = why;
	}
}

static bool
is_token(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!isascii((unsigned char) text[i]) || (!isalnum((unsigned char) text[i]) && strchr("!#$%&'*+-.^_`|~", text[i]) == NULL))
			return false;
	return length > 0;
}

/* Text for the database: without control characters, and valid in its encoding. */
static bool
is_value(const char *text, size_t length)
{
	bool		ascii = true;

	for (size_t i = 0; i < length; i++)
	{
		unsigned char c = text[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return false;
		ascii &= c < 0x80;
	}
	return ascii || (GetDatabaseEncoding() == PG_UTF8 && pg_verify_mbstr(PG_UTF8, text, length, true));
}

static bool
is_host(const char *host)
{
	size_t		length = strlen(host);

	while (length > 0 && (host[length - 1] == ' ' || host[length - 1] == '\t'))
		length--;
	for (size_t i = 0; i < length; i++)
		if (!isascii((unsigned char) host[i]) || (!isalnum((unsigned char) host[i]) && strchr("-._:[]", host[i]) == NULL))
			return false;
	return length > 0;
}

static void
check_target(const RequestHead *head, HeadVerdict *verdict)
{
	if (head->target_length > HEAD_MAX_TARGET)
		object(verdict, 414, NULL);
	else if (head->target[0] != '/')
		object(verdict, 400, "The request target is no path.");
	for (const char *c = head->target; *c && verdict->status == 0; c++)
		if (*c <= 0x20 || *c >= 0x7f || *c == '#' || *c == '\\'
			|| (*c == '%' && !(isxdigit((unsigned char) c[1]) && isxdigit((unsigned char) c[2]))))
			object(verdict, 400, "The request target is malformed.");
}

static void
check_method(const char *method, HeadVerdict *verdict)
{
	static const char *const known[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};

	for (int i = 0; i < lengthof(known); i++)
		if (strcmp(method, known[i]) == 0)
			return;
	object(verdict, 501, "The method is not known here.");
}

/*
 * Line follows line, each ended by CR LF, of which the library has made two zeros, up to an empty line at the end: what it has
 * skipped, joined or cut differently leaves a gap.
 */
static void
check_bytes(const RequestHead *head, HeadVerdict *verdict)
{
	const char *next = head->version + strlen(head->version);

	if (head->url != head->method + strlen(head->method) + 1 || head->version != head->url + head->target_length + 1 || next[0] || next[1])
	{
		object(verdict, 400, "The request line is malformed.");
		return;
	}
	next += 2;
	for (int i = 0; i < head->count; i++)
	{
		const HeadLine *line = &head->lines[i];

		if (line->name != next || line->value == NULL || line->value[line->value_length] || line->value[line->value_length + 1])
		{
			object(verdict, 400, "A header line is malformed.");
			return;
		}
		next = line->value + line->value_length + 2;
	}
	if (!head->more && next + 2 != head->method + head->size)
		object(verdict, 400, "A header line is malformed.");
}

typedef struct Framing
{
	bool		encoded;		/* has a Transfer-Encoding */
	bool		chunked;
	const char *length;
	const char *host;
	const char *expect;
} Framing;

static void
check_lines(const RequestHead *head, Framing *framing, HeadVerdict *verdict)
{
	uint32		seen = 0;		/* of single_headers */

	for (int i = 0; i < head->count; i++)
	{
		const char *name = head->lines[i].name;
		const char *value = head->lines[i].value ? head->lines[i].value : "";

		if (!is_token(name, head->lines[i].name_length) || strlen(name) != head->lines[i].name_length)
			object(verdict, 400, "A header's name is malformed.");
		if (!is_value(value, head->lines[i].value_length))
			object(verdict, 400, "A header's value is malformed.");
		for (int h = 0; h < lengthof(single_headers); h++)
			if (pg_strcasecmp(name, single_headers[h]) == 0)
			{
				if (seen & (1u << h))
					object(verdict, 400, "A header is there twice that may be there once only.");
				seen |= 1u << h;
			}
		if (pg_strcasecmp(name, "transfer-encoding") == 0)
		{
			framing->encoded = true;
			framing->chunked = pg_strcasecmp(value, "chunked") == 0;
		}
		else if (pg_strcasecmp(name, "content-length") == 0)
			framing->length = value;
		else if (pg_strcasecmp(name, "host") == 0)
			framing->host = value;
		else if (pg_strcasecmp(name, "expect") == 0)
			framing->expect = value;
	}
	if (head->more)
		object(verdict, 431, "There are too many headers.");
}

void
request_head_check(const RequestHead *head, HeadVerdict *verdict)
{
	bool		old = strcmp(head->version, "HTTP/1.0") == 0;
	Framing		framing = {0};

	memset(verdict, 0, sizeof(*verdict));
	check_target(head, verdict);
	if (head->in_place && verdict->status == 0)
		check_bytes(head, verdict);
	if (verdict->status)
		return;
	check_lines(head, &framing, verdict);
	if (head->size > setting_gateway_max_header_size * (size_t) 1024)
		object(verdict, 431, NULL);
	if (framing.encoded && (framing.length || old))
		object(verdict, 400, "A Transfer-Encoding must not be here.");
	if (framing.encoded && !framing.chunked)
		object(verdict, 501, "The Transfer-Encoding is not known here.");
	if (framing.host ? !is_host(framing.host) : !old)
		object(verdict, 400, "The header Host is missing or malformed.");
	if (framing.expect && !old && pg_strcasecmp(framing.expect, "100-continue") != 0)
		object(verdict, 417, NULL);
	check_method(head->method, verdict);
	verdict->body_length = framing.length ? strtoull(framing.length, NULL, 10) : 0;
	verdict->chunked = framing.chunked;
	verdict->expects = framing.expect != NULL;
}
