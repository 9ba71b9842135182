/*
 * jwt.h
 *		JSON Web Tokens (RFC 7519) by which an application proves who it is.
 */
#ifndef LEALUP_JWT_H
#define LEALUP_JWT_H

#include "postgres.h"

/* A token with these claims (a JSON object), signed with RS256 and a private key in PEM; NULL if that is no key that can sign. */
extern char *jwt_sign(const char *pem, const char *claims);

#endif
