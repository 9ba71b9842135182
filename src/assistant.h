/*
 * assistant.h
 *		Questions to the tenants' assistants, asked by the sync worker.
 */
#ifndef LEALUP_ASSISTANT_H
#define LEALUP_ASSISTANT_H

#include "postgres.h"

#include "utils/timestamp.h"

/* Sets the HTTP client up. */
extern void assistant_init(void);

/* Records what was answered and asks what is due (sql/75_assistant.sql); gives when to be called next. */
extern TimestampTz assistant_step(void);

#endif
