/*
 * uuid7.h
 *		Time-ordered uuids (RFC 9562 version 7), and the ids derived from them.
 */
#ifndef LEALUP_UUID7_H
#define LEALUP_UUID7_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "utils/uuid.h"

/* A new id of the time "at"; ids made by one process increase strictly. Errors only if the system has no randomness. */
extern void uuid7_at(TimestampTz at, pg_uuid_t *result);

#endif
