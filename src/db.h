/*
 * db.h
 *		Short transactions and prepared statements of the workers.
 */
#ifndef LEALUP_DB_H
#define LEALUP_DB_H

#include "postgres.h"

#include "executor/spi.h"
#include "utils/timestamp.h"

/* A statement that is prepared when it is first run, and kept; declare it static. */
typedef struct DbStatement
{
	const char *sql;
	SPIPlanPtr	plan;
} DbStatement;

/* Rows of a result, valid until the transaction ends. */
typedef struct DbRows
{
	int			count;
	Datum	  **values;
	bool	  **isnull;
} DbRows;

/* Locks the extension against being dropped or updated until the transaction ends; false if it is not there, or has been replaced. */
extern bool db_lock_extension(void);

/* Ends the worker, in a transaction in which db_lock_extension() gave false; "wanted" is what shared_wanted() gave before. */
extern void db_leave(uint32 wanted);

/*
 * Begins a transaction as lealup.worker_role; "activity" is shown in pg_stat_activity. Raises an error if the role is missing
 * or a superuser. If the extension is gone the process exits.
 */
extern void db_begin(const char *activity);

/* The same as lealup.gateway_role. */
extern void db_begin_gateway(const char *activity);
extern void db_commit(void);

/* In a PG_CATCH block: rolls the transaction back and gives the error, in the memory context, which becomes the current one. */
extern ErrorData *db_recover(MemoryContext caller);

/*
 * Calls a function; if that raises an error, its transaction is rolled back, the error is logged and shown in worker_status
 * (never with statements or parameters), and false is given. "what" names the work.
 */
extern bool db_try(const char *what, void (*work) (void *context), void *context);

/* The SQLSTATE of the last error that db_try() caught, and whether it lies in the data, so that other data may fare better. */
extern int	db_last_error(void);
extern const char *db_last_message(void);
extern bool db_error_in_data(void);

/* Runs a statement; rows may be NULL. Values that are null have their place in "nulls" set to 'n'. */
extern void db_execute_nulls(DbStatement *statement, int nargs, Oid *types, Datum *values, const char *nulls, DbRows *rows);
extern void db_execute(DbStatement *statement, int nargs, Oid *types, Datum *values, DbRows *rows);

/* An array of n elements; nulls may be NULL. */
extern Datum db_array(Oid element_type, Datum *values, bool *nulls, int n);

/* The reverse: gives how many elements an array has, none if it is null; nulls may be NULL where no element can be null. */
extern int	db_elements(Datum array, bool isnull, Oid element_type, Datum **values, bool **nulls);

#endif
