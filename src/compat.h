/*
 * compat.h
 *		Everything in which PostgreSQL 15 to 18 differ for this extension.
 */
#ifndef LEALUP_COMPAT_H
#define LEALUP_COMPAT_H

#include "postgres.h"

#include "storage/latch.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/wait_event.h"
#if PG_VERSION_NUM >= 180000
#include "storage/waiteventset.h"
#endif
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif
#include "miscadmin.h"
#include "utils/acl.h"
#include "catalog/pg_database.h"
#include "common/jsonapi.h"
#include "mb/pg_wchar.h"

#if PG_VERSION_NUM < 150000 || PG_VERSION_NUM >= 190000
#error "lealup supports PostgreSQL 15 to 18"
#endif

/* 17: a wait event set belongs to a resource owner, or to none. */
#if PG_VERSION_NUM >= 170000
#define compat_CreateWaitEventSet(n) CreateWaitEventSet(NULL, (n))
#else
#define compat_CreateWaitEventSet(n) CreateWaitEventSet(TopMemoryContext, (n))
#endif

/* 17: extensions name their wait events. */
#if PG_VERSION_NUM >= 170000
#define compat_wait_event(name) WaitEventExtensionNew(name)
#else
#define compat_wait_event(name) PG_WAIT_EXTENSION
#endif

/* 16: ownership checks take the class. */
#if PG_VERSION_NUM >= 160000
#define compat_database_ownercheck(db, role) object_ownercheck(DatabaseRelationId, (db), (role))
#else
#define compat_database_ownercheck(db, role) pg_database_ownercheck((db), (role))
#endif

/* 16: parsers of input can report what is wrong softly. */
#if PG_VERSION_NUM >= 160000
#define compat_qualified_name(text) stringToQualifiedNameList((text), NULL)
#else
#define compat_qualified_name(text) stringToQualifiedNameList(text)
#endif

/* Whether a text is JSON, which raises no error. 17: the lexer's memory may be the caller's. */
static inline bool
compat_is_json(char *text, size_t length)
{
	JsonLexContext *lex;

#if PG_VERSION_NUM >= 170000
	lex = makeJsonLexContextCstringLen(NULL, text, length, GetDatabaseEncoding(), true);
#else
	lex = makeJsonLexContextCstringLen(text, (int) length, GetDatabaseEncoding(), true);
#endif
	return pg_parse_json(lex, &nullSemAction) == JSON_SUCCESS;
}

#endif
