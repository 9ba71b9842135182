-- A release that changes tables the workers use, and adds a function.
\echo Use "ALTER EXTENSION lealup UPDATE" to load this file. \quit

ALTER TABLE lealup.subscription ADD COLUMN note text NOT NULL DEFAULT 'none';
ALTER TABLE lealup.delivery_attempt ADD COLUMN note text;
ALTER TABLE lealup.outbox ADD COLUMN note text;

CREATE FUNCTION lealup.notes() RETURNS SETOF text
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT note FROM lealup.subscription;
END;
REVOKE ALL ON FUNCTION lealup.notes() FROM PUBLIC;

SELECT lealup._wake('extension');
