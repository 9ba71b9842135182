/*
 * address.h
 *		Which network addresses lealup may connect to.
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

#endif
