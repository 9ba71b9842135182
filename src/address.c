/*
 * address.c
 *		Which network addresses lealup may connect to.
 *
 * The decision is made on the address that is connected to, not on a name, so that a name that resolves to something else a
 * moment later (DNS rebinding) gains nothing. The ranges are the IANA special-purpose registries (RFC 6890 and its updates).
 */
#include "postgres.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "address.h"
#include "settings.h"

typedef struct Network
{
	int			family;
	int			bits;
	unsigned char bytes[16];
} Network;

static const char *const special_networks[] = {
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
	"192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
	"198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
	/* Within 2000::/3, the only space of global unicast: */
	"2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"
};

/* Parses one network of a list in place; "length" characters at "text". */
static bool
parse_network(const char *text, size_t length, Network *network)
{
	char		buffer[64];
	char	   *slash;
	char	   *end;
	long		bits;

	while (length > 0 && strchr(" \t\n", text[0]))
		text++, length--;
	while (length > 0 && strchr(" \t\n", text[length - 1]))
		length--;
	if (length == 0 || length >= sizeof(buffer))
		return false;
	memcpy(buffer, text, length);
	buffer[length] = '\0';

	slash = strchr(buffer, '/');
	if (slash)
		*slash = '\0';
	network->family = strchr(buffer, ':') ? AF_INET6 : AF_INET;
	memset(network->bytes, 0, sizeof(network->bytes));
	if (inet_pton(network->family, buffer, network->bytes) != 1)
		return false;
	network->bits = network->family == AF_INET ? 32 : 128;
	if (slash)
	{
		bits = strtol(slash + 1, &end, 10);
		if (end == slash + 1 || *end != '\0' || bits < 0 || bits > network->bits)
			return false;
		network->bits = (int) bits;
	}
	return true;
}

static bool
network_contains(const Network *network, int family, const unsigned char *bytes)
{
	int			whole = network->bits / 8;
	int			rest = network->bits % 8;

	if (network->family != family || memcmp(network->bytes, bytes, whole) != 0)
		return false;
	return rest == 0 || ((network->bytes[whole] ^ bytes[whole]) >> (8 - rest)) == 0;
}

/* Whether a comma-separated list has a network that contains the address. */
static bool
list_contains(const char *list, int family, const unsigned char *bytes)
{
	while (list && *list)
	{
		size_t		length = strcspn(list, ",");
		Network		network;

		if (parse_network(list, length, &network) && network_contains(&network, family, bytes))
			return true;
		list += length + (list[length] == ',');
	}
	return false;
}

static bool
is_special(int family, const unsigned char *bytes)
{
	if (family == AF_INET6 && (bytes[0] & 0xe0) != 0x20)
		return true;
	for (int i = 0; i < lengthof(special_networks); i++)
		if (list_contains(special_networks[i], family, bytes))
			return true;
	return false;
}

static bool
bytes_are_allowed(int family, const unsigned char *bytes)
{
	static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

	if (list_contains(setting_allowed_networks, family, bytes))
		return true;

	/* A v4-mapped address is the IPv4 address. NAT64 and 6to4 lie outside what is allowed altogether. */
	if (family == AF_INET6 && memcmp(bytes, mapped, sizeof(mapped)) == 0)
		return bytes_are_allowed(AF_INET, bytes + sizeof(mapped));
	return !is_special(family, bytes);
}

bool
address_is_allowed(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET)
		return bytes_are_allowed(AF_INET, (const unsigned char *) &((const struct sockaddr_in *) address)->sin_addr);
	if (address->sa_family == AF_INET6)
		return bytes_are_allowed(AF_INET6, (const unsigned char *) &((const struct sockaddr_in6 *) address)->sin6_addr);
	return false;
}

bool
address_host_is_allowed(const char *host)
{
	char		buffer[64];
	unsigned char bytes[16];
	size_t		length = strlen(host);

	if (length >= 2 && host[0] == '[')
		host++, length -= 2;
	if (length >= sizeof(buffer))
		return true;
	memcpy(buffer, host, length);
	buffer[length] = '\0';
	buffer[strcspn(buffer, "%")] = '\0';	/* a zone id */
	if (inet_pton(AF_INET, buffer, bytes) == 1)
		return bytes_are_allowed(AF_INET, bytes);
	if (inet_pton(AF_INET6, buffer, bytes) == 1)
		return bytes_are_allowed(AF_INET6, bytes);
	return true;
}

static bool
is_unix(const char *text, size_t length)
{
	while (length > 0 && strchr(" \t\n", text[0]))
		text++, length--;
	while (length > 0 && strchr(" \t\n", text[length - 1]))
		length--;
	return length == 4 && memcmp(text, "unix", 4) == 0;
}

static const char *
check_networks(const char *list, bool or_unix)
{
	static char bad[64];

	if (list == NULL || strspn(list, " \t\n") == strlen(list))
		return NULL;
	for (;;)
	{
		size_t		length = strcspn(list, ",");
		Network		network;

		if (!(or_unix && is_unix(list, length)) && !parse_network(list, length, &network))
		{
			strlcpy(bad, list, Min(length + 1, sizeof(bad)));
			return bad;
		}
		if (list[length] == '\0')
			return NULL;
		list += length + 1;
	}
}

const char *
address_check_networks(const char *list)
{
	return check_networks(list, false);
}

const char *
address_check_peers(const char *list)
{
	return check_networks(list, true);
}

bool
address_in_list(const char *list, const struct sockaddr *address)
{
	if (address->sa_family == AF_INET)
		return list_contains(list, AF_INET, (const unsigned char *) &((const struct sockaddr_in *) address)->sin_addr);
	if (address->sa_family == AF_INET6)
		return list_contains(list, AF_INET6, (const unsigned char *) &((const struct sockaddr_in6 *) address)->sin6_addr);
	while (address->sa_family == AF_UNIX && list && *list)
	{
		size_t		length = strcspn(list, ",");

		if (is_unix(list, length))
			return true;
		list += length + (list[length] == ',');
	}
	return false;
}

/* ----- Where to listen ----- */

static bool
parse_unix(const char *path, ListenAddress *result)
{
	struct sockaddr_un *address = (struct sockaddr_un *) &result->address;

	if (path[0] != '/' || strlen(path) >= sizeof(address->sun_path))
		return false;
	address->sun_family = AF_UNIX;
	strlcpy(address->sun_path, path, sizeof(address->sun_path));
	result->length = sizeof(*address);
	return true;
}

static bool
parse_listen(char *text, ListenAddress *result)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *) &result->address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *) &result->address;
	char	   *colon = strrchr(text, ':');
	const char *port = colon ? colon + 1 : text;
	size_t		digits = strspn(port, "0123456789");

	strlcpy(result->text, text, sizeof(result->text));
	memset(&result->address, 0, sizeof(result->address));
	if (strncmp(text, "unix:", 5) == 0)
		return parse_unix(text + 5, result);
	if (digits == 0 || digits > 5 || port[digits] || atoi(port) < 1 || atoi(port) > 65535)
		return false;
	if (text[0] == '[')
	{
		if (colon == NULL || colon[-1] != ']')
			return false;
		colon[-1] = '\0';
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(atoi(port));
		result->length = sizeof(*v6);
		return inet_pton(AF_INET6, text + 1, &v6->sin6_addr) == 1;
	}
	if (colon)
		*colon = '\0';
	v4->sin_family = AF_INET;
	v4->sin_port = htons(atoi(port));
	result->length = sizeof(*v4);
	return inet_pton(AF_INET, colon == NULL || strcmp(text, "localhost") == 0 ? "127.0.0.1" : strcmp(text, "*") == 0 ? "0.0.0.0" : text,
					 &v4->sin_addr) == 1;
}

bool
address_next_listen(const char **list, ListenAddress *result, const char **bad)
{
	static char text[128];
	const char *begin = *list + strspn(*list, " \t\n");
	size_t		length = strcspn(begin, ",");

	*bad = NULL;
	*list = begin + length;
	if (length == 0 && **list == '\0')
		return false;
	while (length > 0 && strchr(" \t\n", begin[length - 1]))
		length--;
	strlcpy(text, begin, Min(length + 1, sizeof(text)));
	if (length < sizeof(text) && parse_listen(text, result))
	{
		/* Something must follow a comma. */
		if (**list == '\0' || (*list)[1 + strspn(*list + 1, " \t\n")])
		{
			*list += **list == ',';
			return true;
		}
	}
	strlcpy(text, begin, Min(length + 1, sizeof(text)));
	*bad = text;
	return false;
}

const char *
address_check_listen(const char *list)
{
	ListenAddress address;
	const char *bad;

	while (list && address_next_listen(&list, &address, &bad))
		;
	return list ? bad : NULL;
}
