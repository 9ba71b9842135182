/*
 * playbook.h
 *		Runs of playbooks, made by the sync worker.
 */
#ifndef LEALUP_PLAYBOOK_H
#define LEALUP_PLAYBOOK_H

#include "postgres.h"

#include "utils/timestamp.h"

/* Works off a few jobs of playbooks; gives when to be called next: when the next job is due, an hour later at the latest. */
extern TimestampTz playbook_step(void);

#endif
