-- Requests to providers: from what a provider's function says to what is sent.

CREATE TYPE lealup._request_parts AS (method text, url text, headers text, body text, places text[], names text[], prefixes text[], secrets text[]);
COMMENT ON TYPE lealup._request_parts IS
    'A request as a worker sends it. places, names, prefixes, secrets: where it puts which secrets (header, query, form, json or basic, whose name is the user); a secret of the client begins with client:.';

CREATE FUNCTION lealup._request_parts(base text, credential jsonb, request jsonb) RETURNS lealup._request_parts
    LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'lealup_request_parts';
COMMENT ON FUNCTION lealup._request_parts(text, jsonb, jsonb) IS
    'What is sent for a request as provider functions describe it. base: what its path is appended to; credential: the field by which it carries the connection''s credential, or null. Raises invalid_parameter_value for a request that is none.';
