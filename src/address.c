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

const char *
address_check_networks(const char *list)
{
	static char bad[64];

	if (list == NULL || strspn(list, " \t\n") == strlen(list))
		return NULL;
	for (;;)
	{
		size_t		length = strcspn(list, ",");
		Network		network;

		if (!parse_network(list, length, &network))
		{
			strlcpy(bad, list, Min(length + 1, sizeof(bad)));
			return bad;
		}
		if (list[length] == '\0')
			return NULL;
		list += length + 1;
	}
}
