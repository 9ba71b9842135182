/*
 * address.h
 *		Which network addresses lealup may connect to, is spoken to by, and listens at.
 */
#ifndef LEALUP_ADDRESS_H
#define LEALUP_ADDRESS_H

#include "postgres.h"

#include <sys/socket.h>

/*
 * Whether a connection to the address is allowed: a global unicast address, or one in lealup.allowed_networks. Fails closed for
 * families other than IPv4 and IPv6. Neither allocates nor errors, so it may be called from libcurl's callbacks.
 */
extern bool address_is_allowed(const struct sockaddr *address);

/* The same for a host name: true unless it is an address literal (also "[...]") that is not allowed. */
extern bool address_host_is_allowed(const char *host);

/* NULL if the comma-separated list of CIDRs is well-formed, else the part that is not (in static memory). */
extern const char *address_check_networks(const char *list);

/* The same for a list in which "unix" may stand, too. */
extern const char *address_check_peers(const char *list);

/* Whether such a list has the address; "unix" stands for every unix socket. */
extern bool address_in_list(const char *list, const struct sockaddr *address);

typedef struct ListenAddress
{
	struct sockaddr_storage address;
	socklen_t	length;
	char		text[128];		/* as it was written */
} ListenAddress;

/*
 * Parses one of a comma-separated list of addresses to listen at: "host:port", "port" or "unix:/path", where a host is an address,
 * "localhost" or "*" (every IPv4 address). Moves *list on; false at its end, or (*bad) at what is no address, in static memory.
 */
extern bool address_next_listen(const char **list, ListenAddress *result, const char **bad);

/* NULL if all of the list is well-formed, else the part that is not. */
extern const char *address_check_listen(const char *list);

#endif
