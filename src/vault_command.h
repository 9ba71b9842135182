/*
 * vault_command.h
 *		The program that lealup.key_command names.
 */
#ifndef LEALUP_VAULT_COMMAND_H
#define LEALUP_VAULT_COMMAND_H

#include "postgres.h"

#include "utils/timestamp.h"

typedef enum CommandState
{
	COMMAND_RUNNING,
	COMMAND_SUCCEEDED,
	COMMAND_FAILED
} CommandState;

/* Starts the program, in place of one that still runs; NULL, or as static text why that is not possible. Workers and the launcher only. */
extern const char *command_start(const char *command);

/* Ends it, if it runs. */
extern void command_stop(void);

/* Looks how far it is, without waiting. After success "key" has its 32 bytes, after failure *why has the reason, as static text. */
extern CommandState command_poll(unsigned char *key, const char **why);

#endif
