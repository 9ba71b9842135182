/*
 * vault_file.c
 *		Files that hold keys and credentials.
 */
#include "postgres.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto.h"
#include "vault_file.h"

char *
vault_read_file(const char *path, const char *setting, void *buffer, size_t size, size_t *length)
{
	struct stat st;
	ssize_t		n = 0;
	char	   *problem = NULL;
	int			fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 || fstat(fd, &st) != 0)
		problem = psprintf("could not open the file that %s names: %m", setting);
	else if (!S_ISREG(st.st_mode))
		problem = psprintf("what %s names is no regular file", setting);
	else if (st.st_mode & (S_IRWXO | S_IWGRP))
		problem = psprintf("the file that %s names is accessible to others: chmod 600 it", setting);
	else if ((n = read(fd, buffer, size)) < 0)
		problem = psprintf("could not read the file that %s names: %m", setting);
	if (fd >= 0)
		close(fd);
	*length = Max(n, 0);
	return problem;
}

bool
vault_parse_key(const void *bytes, size_t length, unsigned char *key)
{
	const char *text = bytes;
	unsigned char decoded[CRYPTO_KEY_LEN + 16];

	if (length == CRYPTO_KEY_LEN)
	{
		memcpy(key, text, CRYPTO_KEY_LEN);
		return true;
	}
	while (length > 0 && strchr(" \t\r\n", text[length - 1]))
		length--;
	if (length == 44 && crypto_base64_decode(text, 44, decoded) == CRYPTO_KEY_LEN)
	{
		memcpy(key, decoded, CRYPTO_KEY_LEN);
		crypto_cleanse(decoded, sizeof(decoded));
		return true;
	}
	if (length != 2 * CRYPTO_KEY_LEN)
		return false;
	for (int i = 0; i < CRYPTO_KEY_LEN; i++)
	{
		int			high = crypto_hex_digit(text[2 * i]);
		int			low = crypto_hex_digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		key[i] = (unsigned char) (high << 4 | low);
	}
	return true;
}
