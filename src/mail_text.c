/*
 * mail_text.c
 *		What mails are made of, as text: header fields with encoded words, lists of addresses, bodies in any character set.
 *
 * All of it is hostile: whatever bytes come, text in the database's encoding comes out, in time and space linear in what came in.  Every message
 * of a mailbox passes through here, which is why it is not SQL.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#define MAX_ADDRESS 254
#define MAX_NAME 200
#define MAX_CHARSET 40
#define CHUNK 8192
#define REPLACEMENT "\xEF\xBF\xBD"

PG_FUNCTION_INFO_V1(lealup_mail_header);
PG_FUNCTION_INFO_V1(lealup_mail_text);
PG_FUNCTION_INFO_V1(lealup_mail_people);
PG_FUNCTION_INFO_V1(lealup_mail_body);

/* ----- Character sets ----- */

/* The encoding of a charset parameter; what is unknown, or says no more than ASCII, is taken for what mail programs use then. */
static int
charset_encoding(const char *charset, int length)
{
	static const struct
	{
		const char *name;
		int			encoding;
	}			others[] = {
		{"iso-8859-1", PG_WIN1252}, {"latin1", PG_WIN1252}, {"us-ascii", PG_WIN1252}, {"ascii", PG_WIN1252}, {"gb2312", PG_GBK},
		{"ks_c_5601-1987", PG_UHC}, {"x-sjis", PG_SJIS}, {"cp932", PG_SJIS}, {"cp1252", PG_WIN1252}, {"cp1250", PG_WIN1250}, {"cp1251", PG_WIN1251},
	};
	char		name[MAX_CHARSET + 1];
	int			encoding;

	if (length <= 0 || length > MAX_CHARSET)
		return PG_WIN1252;
	memcpy(name, charset, length);
	name[length] = '\0';
	for (int i = 0; i < lengthof(others); i++)
		if (pg_strcasecmp(name, others[i].name) == 0)
			return others[i].encoding;
	encoding = pg_char_to_encoding(name);
	return encoding < 0 || encoding == PG_SQL_ASCII ? PG_WIN1252 : encoding;
}

static void
append_utf8(StringInfo out, const unsigned char *in, int length)
{
	while (length > 0)
	{
		int			valid = pg_encoding_verifymbstr(PG_UTF8, (const char *) in, length);

		appendBinaryStringInfo(out, (const char *) in, valid);
		in += valid;
		length -= valid;
		if (length > 0)
		{
			if (*in != 0)
				appendBinaryStringInfo(out, REPLACEMENT, strlen(REPLACEMENT));
			in++;
			length--;
		}
	}
}

/* What cannot be converted becomes a question mark, or U+FFFD where there is one. */
static void
append_converted(StringInfo out, const unsigned char *in, int length, int from, int to)
{
	Oid			proc = FindDefaultConversionProc(from, to);
	unsigned char *chunk;

	if (!OidIsValid(proc))
	{
		append_utf8(out, in, length);
		return;
	}
	chunk = palloc(CHUNK * MAX_CONVERSION_GROWTH + 1);
	while (length > 0)
	{
		int			done = pg_do_encoding_conversion_buf(proc, from, to, (unsigned char *) in, Min(length, CHUNK), chunk, CHUNK * MAX_CONVERSION_GROWTH + 1, true);

		appendStringInfoString(out, (char *) chunk);
		in += done;
		length -= done;
		/* A character that the end of the chunk cuts is not converted either: it is tried again with what follows. */
		if (length > 0 && (done == 0 || done < CHUNK - MAX_MULTIBYTE_CHAR_LEN))
		{
			int			skip = from == PG_UTF8 ? Min(pg_utf_mblen(in), length) : 1;

			if (*in != 0)
				appendStringInfoString(out, to == PG_UTF8 ? REPLACEMENT : "?");
			in += skip;
			length -= skip;
		}
	}
	pfree(chunk);
}

/*
 * Appends bytes of a character set as text of the database.  What is valid UTF-8 is taken for it whatever the mail says: text in another
 * encoding hardly ever is, and what has been converted on the way often says still what it was before.
 */
static void
append_decoded(StringInfo out, const char *bytes, int length, const char *charset, int charset_length)
{
	const unsigned char *in = (const unsigned char *) bytes;
	int			to = GetDatabaseEncoding();
	int			from;
	StringInfoData utf8;
	bool		direct = to == PG_UTF8 || to == PG_SQL_ASCII;

	if (length <= 0)
		return;
	if (direct)
		utf8 = *out;
	else
		initStringInfo(&utf8);
	from = pg_encoding_verifymbstr(PG_UTF8, bytes, length) == length ? PG_UTF8 : charset_encoding(charset, charset_length);
	if (from == PG_UTF8)
		append_utf8(&utf8, in, length);
	else
		append_converted(&utf8, in, length, from, PG_UTF8);
	if (direct)
		*out = utf8;
	else
	{
		append_converted(out, (unsigned char *) utf8.data, utf8.len, PG_UTF8, to);
		pfree(utf8.data);
	}
}

/* ----- Base64, quoted-printable, encoded words ----- */

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* Both alphabets; what belongs to neither is passed over. */
static void
append_base64(StringInfo out, const char *in, int length, int most)
{
	uint32		bits = 0;
	int			count = 0;
	char	   *to;
	char	   *end;

	length = Min(length, most / 3 * 4 + 4);
	enlargeStringInfo(out, length);
	to = out->data + out->len;
	end = to + length;
	for (int i = 0; i < length && in[i] != '=' && to < end; i++)
	{
		unsigned char c = in[i];
		int			value;

		if (c >= 'A' && c <= 'Z')
			value = c - 'A';
		else if (c >= 'a' && c <= 'z')
			value = c - 'a' + 26;
		else if (c >= '0' && c <= '9')
			value = c - '0' + 52;
		else if (c == '+' || c == '-')
			value = 62;
		else if (c == '/' || c == '_')
			value = 63;
		else
			continue;
		bits = (bits << 6) | value;
		count += 6;
		if (count >= 8)
		{
			count -= 8;
			*to++ = (char) (bits >> count);
		}
	}
	out->len = to - out->data;
	out->data[out->len] = '\0';
}

static void
append_quoted(StringInfo out, const char *in, int length)
{
	for (int i = 0; i < length; i++)
	{
		if (in[i] == '_')
			appendStringInfoChar(out, ' ');
		else if (in[i] == '=' && i + 2 < length && hex_digit(in[i + 1]) >= 0 && hex_digit(in[i + 2]) >= 0)
		{
			appendStringInfoChar(out, (char) (hex_digit(in[i + 1]) * 16 + hex_digit(in[i + 2])));
			i += 2;
		}
		else
			appendStringInfoChar(out, in[i]);
	}
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* An encoded word of RFC 2047 at the beginning of the text: =?charset*language?B or Q?text?=.  Returns its length, 0 if there is none. */
static int
encoded_word(const char *in, int length, int *charset, int *text, int *text_length)
{
	int			at = 2;

	if (length < 8 || in[0] != '=' || in[1] != '?')
		return 0;
	while (at < length && in[at] != '?' && !is_space(in[at]) && at <= MAX_CHARSET + 2)
		at++;
	if (at + 2 >= length || in[at] != '?' || in[at + 2] != '?' || strchr("BbQq", in[at + 1]) == NULL)
		return 0;
	*charset = at - 2;
	*text = at + 3;
	for (at = *text; at < length && in[at] != '?'; at++)
		;
	if (at + 1 >= length || in[at + 1] != '=')
		return 0;
	*text_length = at - *text;
	return at + 2;
}

/* Appends a field's text.  Words of one character set that follow each other are one: senders cut characters in two. */
static void
append_words(StringInfo out, const char *in, int length)
{
	StringInfoData bytes;
	const char *bytes_charset = NULL;
	int			bytes_charset_length = 0;
	int			at = 0;

	if (memchr(in, '=', length) == NULL)
	{
		appendBinaryStringInfo(out, in, length);
		return;
	}
	initStringInfo(&bytes);
	while (at < length)
	{
		int			charset,
					text,
					text_length,
					word = 0,
					space = at;

		if (bytes_charset != NULL)
			while (space < length && is_space(in[space]))
				space++;
		if (space < length && in[space] == '=')
			word = encoded_word(in + space, length - space, &charset, &text, &text_length);
		if (bytes_charset != NULL
			&& (word == 0 || charset != bytes_charset_length || pg_strncasecmp(bytes_charset, in + space + 2, charset) != 0))
		{
			const char *language = memchr(bytes_charset, '*', bytes_charset_length);

			append_decoded(out, bytes.data, bytes.len, bytes_charset, language ? language - bytes_charset : bytes_charset_length);
			resetStringInfo(&bytes);
			bytes_charset = NULL;
		}
		if (word == 0)
		{
			appendBinaryStringInfo(out, in + at, space - at);
			at = space;
			if (at < length)
				appendStringInfoChar(out, in[at++]);
			continue;
		}
		bytes_charset = in + space + 2;
		bytes_charset_length = charset;
		if (in[space + charset + 3] == 'B' || in[space + charset + 3] == 'b')
			append_base64(&bytes, in + space + text, text_length, text_length);
		else
			append_quoted(&bytes, in + space + text, text_length);
		at = space + word;
	}
	if (bytes_charset != NULL)
	{
		const char *language = memchr(bytes_charset, '*', bytes_charset_length);

		append_decoded(out, bytes.data, bytes.len, bytes_charset, language ? language - bytes_charset : bytes_charset_length);
	}
	pfree(bytes.data);
}

/* The length of at most so many characters. */
static int
clipped(const char *text, int length, int most)
{
	return length <= most ? length : pg_mbcharcliplen(text, length, most);
}

/* One line, with single spaces and nothing else that does not print; at most so many characters. */
static void
make_line(StringInfo text, int most)
{
	int			to = 0;
	bool		space = false;

	for (int from = 0; from < text->len; from++)
	{
		unsigned char c = text->data[from];

		if (c <= ' ' || c == 0x7F)
			space = to > 0;
		else
		{
			if (space)
				text->data[to++] = ' ';
			space = false;
			text->data[to++] = c;
		}
	}
	text->len = clipped(text->data, to, most);
	text->data[text->len] = '\0';
}

/* ----- Header fields ----- */

static bool
get_string(JsonbContainer *object, const char *key, JsonbValue *value)
{
	return getKeyJsonValueFromContainer(object, key, strlen(key), value) != NULL && value->type == jbvString;
}

/* The next field of a name in [{"name", "value"}], from a position on, which it moves behind it. */
static bool
next_field(JsonbContainer *fields, uint32 *at, const char *name, int length, JsonbValue *value)
{
	while (*at < JsonContainerSize(fields))
	{
		JsonbValue *field = getIthJsonbValueFromContainer(fields, (*at)++);
		JsonbValue	key;
		bool		found = field->type == jbvBinary && JsonContainerIsObject(field->val.binary.data)
			&& get_string(field->val.binary.data, "name", &key) && key.val.string.len == length
			&& pg_strncasecmp(key.val.string.val, name, length) == 0 && get_string(field->val.binary.data, "value", value);

		pfree(field);
		if (found)
			return true;
	}
	return false;
}

Datum
lealup_mail_header(PG_FUNCTION_ARGS)
{
	Jsonb	   *fields = PG_GETARG_JSONB_P(0);
	text	   *name = PG_GETARG_TEXT_PP(1);
	uint32		at = 0;
	JsonbValue	value;

	if (!JB_ROOT_IS_ARRAY(fields) || JB_ROOT_IS_SCALAR(fields)
		|| !next_field(&fields->root, &at, VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name), &value))
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text_with_len(value.val.string.val, value.val.string.len));
}

Datum
lealup_mail_text(PG_FUNCTION_ARGS)
{
	text	   *field = PG_GETARG_TEXT_PP(0);
	StringInfoData out;

	initStringInfo(&out);
	append_words(&out, VARDATA_ANY(field), VARSIZE_ANY_EXHDR(field));
	make_line(&out, Max(0, PG_GETARG_INT32(1)));
	PG_RETURN_TEXT_P(cstring_to_text_with_len(out.data, out.len));
}

/* ----- Addresses ----- */

typedef struct Mailbox
{
	StringInfoData phrase;		/* what stands outside < > */
	StringInfoData angle;		/* what stands inside */
	StringInfoData comment;
	StringInfoData name;
	bool		has_angle;
} Mailbox;

/* The address in lower case, or null if it is none: without one @, or with white space. */
static char *
check_address(StringInfo text)
{
	char	   *start = text->data;
	char	   *end = text->data + text->len;
	char	   *route;
	char	   *at;

	/* <@one.example,@two.example:ana@acme.com>: how mails were routed once. */
	if (text->len > 0 && *start == '@' && (route = memchr(start, ':', text->len)) != NULL)
		start = route + 1;
	while (start < end && is_space(*start))
		start++;
	while (end > start && is_space(end[-1]))
		end--;
	*end = '\0';
	at = strchr(start, '@');
	if (at == NULL || at == start || at + 1 >= end || strchr(at + 1, '@') != NULL || end - start > MAX_ADDRESS)
		return NULL;
	for (char *c = start; c < end; c++)
	{
		if ((unsigned char) *c <= ' ' || *c == 0x7F || *c == '<' || *c == '>' || *c == ',')
			return NULL;
		if (*c >= 'A' && *c <= 'Z')
			*c += 'a' - 'A';
	}
	return start;
}

static void
push_string(JsonbParseState **state, const char *key, const char *value, int length)
{
	JsonbValue	v;

	v.type = jbvString;
	v.val.string.val = (char *) key;
	v.val.string.len = strlen(key);
	pushJsonbValue(state, WJB_KEY, &v);
	v.val.string.val = (char *) value;
	v.val.string.len = length;
	pushJsonbValue(state, WJB_VALUE, &v);
}

/* Ends a mailbox: adds it if it has an address, and gives how many were added. */
static int
end_mailbox(Mailbox *m, const char *role, JsonbParseState **state)
{
	char	   *address = check_address(m->has_angle ? &m->angle : &m->phrase);
	int			added = 0;

	if (address != NULL)
	{
		StringInfo	raw = m->has_angle && m->phrase.len > 0 ? &m->phrase : &m->comment;

		resetStringInfo(&m->name);
		append_words(&m->name, raw->data, raw->len);
		make_line(&m->name, MAX_NAME);
		pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
		push_string(state, "role", role, strlen(role));
		push_string(state, "email", pstrdup(address), strlen(address));
		if (m->name.len > 0 && pg_strcasecmp(m->name.data, address) != 0)
			push_string(state, "name", pnstrdup(m->name.data, m->name.len), m->name.len);
		pushJsonbValue(state, WJB_END_OBJECT, NULL);
		added = 1;
	}
	resetStringInfo(&m->phrase);
	resetStringInfo(&m->angle);
	resetStringInfo(&m->comment);
	m->has_angle = false;
	return added;
}

/*
 * An address list of RFC 5322: names that are quoted, groups, comments; and what is written instead of it.  Adds at most so many people, and
 * gives how many it added.
 */
static int
add_people(const char *in, int length, const char *role, int most, Mailbox *m, JsonbParseState **state)
{
	int			added = 0;
	int			at = 0;

	while (at < length && added < most)
	{
		char		c = in[at++];
		StringInfo	to = &m->phrase;

		switch (c)
		{
			case '"':
				while (at < length && in[at] != '"')
				{
					if (in[at] == '\\' && at + 1 < length)
						at++;
					appendStringInfoChar(to, in[at++]);
				}
				at++;
				break;
			case '(':
				for (int depth = 1; at < length; at++)
				{
					if (in[at] == '\\' && at + 1 < length)
						at++;
					else if (in[at] == '(')
						depth++;
					else if (in[at] == ')' && --depth == 0)
						break;
					appendStringInfoChar(&m->comment, in[at]);
				}
				at++;
				break;
			case '<':
				resetStringInfo(&m->angle);
				m->has_angle = true;
				while (at < length && in[at] != '>')
					appendStringInfoChar(&m->angle, in[at++]);
				at++;
				break;
			case '[':
				/* A literal for a domain has colons of its own. */
				for (at--; at < length && in[at] != ']' && in[at] != ','; at++)
					appendStringInfoChar(to, in[at]);
				break;
			case ':':
				resetStringInfo(to);
				break;
			case ',':
			case ';':
				added += end_mailbox(m, role, state);
				break;
			default:
				{
					/* An encoded word may have commas in it, though it should not. */
					int			ignored;
					int			word = c == '=' ? encoded_word(in + at - 1, length - at + 1, &ignored, &ignored, &ignored) : 0;

					appendBinaryStringInfo(to, in + at - 1, Max(word, 1));
					at += Max(word, 1) - 1;
				}
		}
	}
	if (added < most)
		added += end_mailbox(m, role, state);
	return added;
}

Datum
lealup_mail_people(PG_FUNCTION_ARGS)
{
	static const char *const roles[] = {"from", "to", "cc", "bcc"};
	Jsonb	   *fields = PG_GETARG_JSONB_P(0);
	int			room = PG_GETARG_INT32(1);
	JsonbParseState *state = NULL;
	Mailbox		m = {.has_angle = false};

	initStringInfo(&m.phrase);
	initStringInfo(&m.angle);
	initStringInfo(&m.comment);
	initStringInfo(&m.name);
	pushJsonbValue(&state, WJB_BEGIN_ARRAY, NULL);
	if (JB_ROOT_IS_ARRAY(fields) && !JB_ROOT_IS_SCALAR(fields))
	{
		for (int i = 0; i < lengthof(roles); i++)
		{
			uint32		at = 0;
			JsonbValue	value;

			while (room > 0 && next_field(&fields->root, &at, roles[i], strlen(roles[i]), &value))
				room -= add_people(value.val.string.val, value.val.string.len, roles[i], room, &m, &state);
		}
	}
	PG_RETURN_JSONB_P(JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_ARRAY, NULL)));
}

/* ----- Bodies ----- */

Datum
lealup_mail_body(PG_FUNCTION_ARGS)
{
	text	   *data;
	text	   *charset = PG_ARGISNULL(1) ? NULL : PG_GETARG_TEXT_PP(1);
	int			most = PG_ARGISNULL(2) ? 0 : Max(0, Min(PG_GETARG_INT32(2), 1000000));
	StringInfoData bytes;
	StringInfoData out;
	int			to = 0;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	data = PG_GETARG_TEXT_PP(0);
	initStringInfo(&bytes);
	append_base64(&bytes, VARDATA_ANY(data), VARSIZE_ANY_EXHDR(data), most * MAX_MULTIBYTE_CHAR_LEN);
	initStringInfo(&out);
	append_decoded(&out, bytes.data, bytes.len, charset ? VARDATA_ANY(charset) : NULL, charset ? VARSIZE_ANY_EXHDR(charset) : 0);
	/* Lines end with a line feed, and there is nothing in them that does not print. */
	for (int from = 0; from < out.len; from++)
	{
		unsigned char c = out.data[from];

		if ((c >= ' ' && c != 0x7F) || c == '\n' || c == '\t')
			out.data[to++] = c;
	}
	PG_RETURN_TEXT_P(cstring_to_text_with_len(out.data, clipped(out.data, to, most)));
}
