-- A release that changes the library only.
\echo Use "ALTER EXTENSION lealup UPDATE" to load this file. \quit
SELECT lealup._wake('extension');
