/*
 * vault_file.h
 *		Files that hold keys and credentials.
 */
#ifndef LEALUP_VAULT_FILE_H
#define LEALUP_VAULT_FILE_H

#include "postgres.h"

/*
 * Reads at most "size" bytes of a regular file that others cannot read; "setting" names the setting that names it. Gives NULL, or in the
 * current memory context what is wrong, without a word of what the file holds.
 */
extern char *vault_read_file(const char *path, const char *setting, void *buffer, size_t size, size_t *length);

/* Takes a key of 32 bytes from bytes, or from text in hexadecimal or base64 with blanks at its end; false if it is none of them. */
extern bool vault_parse_key(const void *text, size_t length, unsigned char *key);

#endif
