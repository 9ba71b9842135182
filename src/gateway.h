/*
 * gateway.h
 *		The gateway worker: HTTP requests, answered by lealup.http_request().
 */
#ifndef LEALUP_GATEWAY_H
#define LEALUP_GATEWAY_H

#include "postgres.h"

#include "utils/timestamp.h"

extern void gateway_init(void);
extern int	gateway_descriptor(void);
extern void gateway_reload(void);
extern void gateway_pump(void);
extern TimestampTz gateway_step(void);
extern TimestampTz gateway_drain(void);

#endif
