/*
 * mail.h
 *		Mails to members, sent by the sync worker.
 */
#ifndef LEALUP_MAIL_H
#define LEALUP_MAIL_H

#include "postgres.h"

#include "utils/timestamp.h"

/* To be called when settings have changed. */
extern void mail_reload(void);

/* Makes, sends and records mails; gives when to be called next. */
extern TimestampTz mail_step(void);

#endif
