-- When this transaction commits, the launcher starts the database's workers. Every upgrade script ends with it, too.
SELECT lealup._wake('extension');
