/*
 * mail.c
 *		Mails to members, sent by the sync worker.
 *
 * What is told to whom, and what becomes of a mail that was not taken, is in sql/79_mail*.sql. Here mails are claimed in one transaction, sent while
 * none is open, and recorded in another; the claim's id fences off a worker that was given up meanwhile.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "crypto.h"
#include "db.h"
#include "http_client.h"
#include "mail.h"
#include "mb/pg_wchar.h"
#include "settings.h"
#include "shared.h"
#include "smtp_client.h"
#include "utils/builtins.h"
#include "utils/uuid.h"
#include "vault.h"
#include "vault_file.h"
#include "worker.h"

#define MOST_IN_FLIGHT 8		/* more than one tenant may have, see _mail_room() */
#define RETRY_AFTER (10 * USECS_PER_SEC)	/* what could not be claimed, sent or recorded */
#define LOOK_EVERY (USECS_PER_SEC / 5)	/* at the most, whatever the worker is woken for */
#define MOST_PASSWORD 1000

/* Columns of lealup._mail_claim(). */
enum
{
	C_TENANT, C_ID, C_CLAIM, C_ADDRESS, C_NAME, C_SUBJECT, C_DATE, C_TEXT, C_HTML, C_DIGEST, C_UNSUBSCRIBE, C_SECRET_ID, C_SECRET, C_KEY_IDS, C_KEYS
};

typedef struct Mail
{
	pg_uuid_t	tenant_id;
	pg_uuid_t	id;
	pg_uuid_t	claim_id;
	SmtpTransfer *transfer;		/* NULL = it was not sent */
	char		error[320];		/* why */
	bool		is_final;		/* it never can be */
	bool		ended;
} Mail;

static Mail mails[MOST_IN_FLIGHT];
static int	count;
static TimestampTz due;
static TimestampTz paused_until;	/* the server could not be reached, or does not let us in */

void
mail_reload(void)
{
	static char *previous = NULL;
	char	   *current = psprintf("%s|%s|%s|%s|%d", setting_smtp_url, setting_smtp_user, setting_smtp_password_file, setting_smtp_from, setting_smtp_tls);

	/* Settings that were wrong may be right now. */
	if (previous == NULL || strcmp(previous, current) != 0)
		paused_until = due = 0;
	if (previous)
		free(previous);
	previous = strdup(current);
	pfree(current);
}

/* ----- Recording ----- */

static const char *
stage_name(const Mail *m)
{
	static const char *const names[] = {"connecting", "authenticating", "sender", "recipient", "content"};

	return names[m->transfer ? m->transfer->stage : SMTP_CONNECTING];
}

static void
record(void *context)
{
	static DbStatement statement = {"SELECT lealup._mail_record($1, $2, $3, $4, $5, $6, $7, $8)"};
	Oid			types[] = {UUIDOID, UUIDOID, UUIDOID, TEXTOID, INT4OID, TEXTOID, BOOLOID, TIMESTAMPTZOID};
	Mail	   *m = context;
	const char *error = m->transfer ? m->transfer->error : m->error;
	Datum		values[8];
	char		nulls[] = "        ";

	db_begin("recording a mail");
	values[0] = UUIDPGetDatum(&m->tenant_id);
	values[1] = UUIDPGetDatum(&m->id);
	values[2] = UUIDPGetDatum(&m->claim_id);
	values[3] = CStringGetTextDatum(stage_name(m));
	values[4] = Int32GetDatum(m->transfer ? m->transfer->code : 0);
	if (error[0])
		values[5] = CStringGetTextDatum(error);
	else
		nulls[5] = 'n';
	values[6] = BoolGetDatum(m->is_final);
	values[7] = TimestampTzGetDatum(GetCurrentTimestamp());
	db_execute_nulls(&statement, 8, types, values, nulls, NULL);
	db_commit();
}

static void
forget(int i)
{
	if (mails[i].transfer)
		smtp_release(mails[i].transfer);
	mails[i] = mails[--count];
}

static void
record_ended(void)
{
	SmtpTransfer *transfer;

	while ((transfer = smtp_next_done()) != NULL)
		for (int i = 0; i < count; i++)
			if (mails[i].transfer == transfer)
				mails[i].ended = true;
	for (int i = count - 1; i >= 0; i--)
	{
		if (!mails[i].ended)
			continue;
		/* The others would fare no better. */
		if (mails[i].transfer && !mails[i].transfer->sent && mails[i].transfer->stage < SMTP_SENDER)
		{
			paused_until = GetCurrentTimestamp() + RETRY_AFTER;
			shared_report_error(psprintf("mail: %s", mails[i].transfer->error));
		}
		/* What cannot be recorded runs into the end of its claim, and is sent again. */
		(void) db_try("recording a mail", record, &mails[i]);
		forget(i);
	}
}

/* ----- Sending ----- */

/* The password in the file, or NULL with *why. */
static char *
password_of_file(const char **why)
{
	char	   *password = palloc0(MOST_PASSWORD + 1);
	size_t		length;

	*why = vault_read_file(setting_smtp_password_file, "lealup.smtp_password_file", password, MOST_PASSWORD, &length);
	password[strcspn(password, "\r\n")] = '\0';
	if (*why == NULL && password[0] == '\0')
		*why = "the file that lealup.smtp_password_file names has no first line";
	return *why ? NULL : password;
}

/* The server's password; NULL = there is none, or, with *why, it cannot be had now. */
static char *
find_password(Datum *row, bool *isnull, const char **why)
{
	VaultState	state;
	VaultDataKey *keys;
	pg_uuid_t	installation = {0};
	char	   *password;
	int			n;

	*why = NULL;
	if (setting_smtp_user[0] == '\0')
		return NULL;
	if (setting_smtp_password_file[0])
		return password_of_file(why);
	if (isnull[C_SECRET])
	{
		*why = "lealup.smtp_user is set, and there is no password: SELECT lealup.set_smtp_password(...)";
		return NULL;
	}
	n = vault_data_keys(row[C_KEY_IDS], isnull[C_KEY_IDS], row[C_KEYS], &keys);
	password = vault_open(&installation, DatumGetUUIDP(row[C_SECRET_ID]), DatumGetByteaPP(row[C_SECRET]), keys, n, &state, why);
	if (password)
		*why = NULL;
	return password;
}

/* A column in UTF-8; NULL if it is null. */
static char *
utf8(Datum *row, bool *isnull, int column)
{
	char	   *value;

	if (isnull[column])
		return NULL;
	value = TextDatumGetCString(row[column]);
	return pstrdup(pg_server_to_any(value, strlen(value), PG_UTF8));
}

/* A claimed row in memory that outlives the transaction, after whose commit it is sent. */
typedef struct Claimed
{
	pg_uuid_t	tenant_id;
	pg_uuid_t	id;
	pg_uuid_t	claim_id;
	SmtpMail	mail;
	char	   *password;
	const char *why;			/* why it has to wait */
} Claimed;

static void
prepare(Claimed *c, Datum *row, bool *isnull)
{
	c->tenant_id = *DatumGetUUIDP(row[C_TENANT]);
	c->id = *DatumGetUUIDP(row[C_ID]);
	c->claim_id = *DatumGetUUIDP(row[C_CLAIM]);
	c->password = find_password(row, isnull, &c->why);
	if (c->why == NULL && setting_smtp_from[0] == '\0')
		c->why = "lealup.smtp_from is not set";
	c->mail.to = utf8(row, isnull, C_ADDRESS);
	c->mail.to_name = utf8(row, isnull, C_NAME);
	c->mail.subject = utf8(row, isnull, C_SUBJECT);
	c->mail.date = utf8(row, isnull, C_DATE);
	c->mail.id = DatumGetCString(DirectFunctionCall1(uuid_out, row[C_ID]));
	c->mail.text = utf8(row, isnull, C_TEXT);
	c->mail.html = utf8(row, isnull, C_HTML);
	c->mail.unsubscribe_url = utf8(row, isnull, C_UNSUBSCRIBE);
	c->mail.is_digest = DatumGetBool(row[C_DIGEST]);
}

static void
give_back(void *context)
{
	static DbStatement statement = {"SELECT lealup._mail_give_back($1, $2, $3, $4)"};
	Oid			types[] = {UUIDOID, UUIDOID, UUIDOID, TIMESTAMPTZOID};
	Mail	   *m = context;
	Datum		values[] = {UUIDPGetDatum(&m->tenant_id), UUIDPGetDatum(&m->id), UUIDPGetDatum(&m->claim_id),
	TimestampTzGetDatum(GetCurrentTimestamp() + RETRY_AFTER)};

	db_begin("giving a mail back");
	db_execute(&statement, 4, types, values, NULL);
	db_commit();
}

typedef struct Batch
{
	int			n;
	Claimed		rows[MOST_IN_FLIGHT];
	MemoryContext context;
} Batch;

static void
claim(void *context)
{
	static DbStatement compose = {"SELECT lealup._mail_compose($1)"};
	static DbStatement statement = {"SELECT * FROM lealup._mail_claim($1, $2)"};
	Batch	   *b = context;
	Oid			types[] = {TIMESTAMPTZOID, INT4OID};
	Datum		values[] = {TimestampTzGetDatum(GetCurrentTimestamp()), Int32GetDatum(MOST_IN_FLIGHT - count)};
	DbRows		rows;

	db_begin("taking up mails");
	db_execute(&compose, 1, types, values, NULL);
	if (GetCurrentTimestamp() >= paused_until)
	{
		MemoryContext old;

		db_execute(&statement, 2, types, values, &rows);
		old = MemoryContextSwitchTo(b->context);
		for (b->n = 0; b->n < rows.count && b->n < MOST_IN_FLIGHT - count; b->n++)
			prepare(&b->rows[b->n], rows.values[b->n], rows.isnull[b->n]);
		MemoryContextSwitchTo(old);
	}
	db_commit();
}

static void
send_claimed(Batch *b)
{
	for (int i = 0; i < b->n; i++)
	{
		Claimed    *c = &b->rows[i];
		Mail	   *m = &mails[count++];
		const char *why = NULL;

		memset(m, 0, sizeof(Mail));
		m->tenant_id = c->tenant_id;
		m->id = c->id;
		m->claim_id = c->claim_id;
		if (c->why)
		{
			shared_report_error(psprintf("mails wait: %s", c->why));
			(void) db_try("giving a mail back", give_back, m);
			paused_until = GetCurrentTimestamp() + RETRY_AFTER;
			count--;
			continue;
		}
		m->transfer = smtp_start(&c->mail, c->password, &m->is_final, &why);
		m->ended = m->transfer == NULL;
		if (m->ended)
			snprintf(m->error, sizeof(m->error), "not sent: %s", why);
	}
	for (int i = 0; i < b->n; i++)
		if (b->rows[i].password)
			crypto_cleanse(b->rows[i].password, strlen(b->rows[i].password));
}

static void
find_next(void *context)
{
	static DbStatement statement = {"SELECT lealup._mail_next()"};
	DbRows		rows;

	db_begin("looking for mails");
	db_execute(&statement, 0, NULL, NULL, &rows);
	due = rows.count == 1 && !rows.isnull[0][0] ? DatumGetTimestampTz(rows.values[0][0]) : DT_NOEND;
	db_commit();
}

static void
release_all(void *context)
{
	static DbStatement statement = {"SELECT lealup._mail_release_all()"};

	db_begin("taking over mails");
	db_execute(&statement, 0, NULL, NULL, NULL);
	db_commit();
}

static void
take_up(TimestampTz now)
{
	Batch		claimed = {.context = CurrentMemoryContext};
	int			before = count;

	/* Stays so if an error comes before it is known when to look again: nobody wakes it twice. */
	due = now + RETRY_AFTER;
	if (!db_try("taking up mails", claim, &claimed))
		return;
	send_claimed(&claimed);
	if (!db_try("looking for mails", find_next, NULL))
		return;
	/* What is locked, or has to wait for the limits, stays due. */
	if (due <= now && count == before)
		due = now + RETRY_AFTER;
	due = Max(due, paused_until);
}

TimestampTz
mail_step(void)
{
	static bool taken_over;
	static TimestampTz looked;
	TimestampTz now = GetCurrentTimestamp();
	TimestampTz next;
	int			before = count;

	if (!taken_over)
		taken_over = db_try("taking over mails", release_all, NULL);
	/* It is called on every turn of the loop; the queue is looked into when a backend asks for it, a time has come, or one was sent. */
	if (count > 0)
		record_ended();
	if (worker_woken() || count < before)
		due = Min(due, Max(looked + LOOK_EVERY, paused_until));
	if (setting_smtp_url[0] && count < MOST_IN_FLIGHT && now >= due)
	{
		looked = now;
		take_up(now);
		record_ended();
	}
	next = setting_smtp_url[0] && count < MOST_IN_FLIGHT ? due : DT_NOEND;
	return Min(next, http_next_time());
}
