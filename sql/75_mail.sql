-- What mails are made of, for providers that give them as they were sent.

CREATE FUNCTION lealup._mail_header(fields jsonb, name text) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'lealup_mail_header';
COMMENT ON FUNCTION lealup._mail_header(jsonb, text) IS 'The value of the first header field of that name, in any case, in [{"name", "value"}]; null if there is none.';

CREATE FUNCTION lealup._mail_text(field text, most int) RETURNS text
    LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'lealup_mail_text';
COMMENT ON FUNCTION lealup._mail_text(text, int) IS
    'The text of a header field, such as a subject: encoded words (RFC 2047) decoded, in one line, cut after so many characters. What cannot be decoded becomes U+FFFD.';

CREATE FUNCTION lealup._mail_people(fields jsonb, most int) RETURNS jsonb
    LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'lealup_mail_people';
COMMENT ON FUNCTION lealup._mail_people(jsonb, int) IS
    'Who is in the header fields From, To, Cc and Bcc of [{"name", "value"}]: [{"role": from|to|cc|bcc, "email", "name"?}], in that order, at most so many. Groups are taken apart; what is no address is left out.';

CREATE FUNCTION lealup._mail_body(data text, charset text, most int) RETURNS text
    LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'lealup_mail_body';
COMMENT ON FUNCTION lealup._mail_body(text, text, int) IS
    'The text that base64 or base64url stands for, from its character set (what is valid UTF-8 is UTF-8; unknown: Windows-1252), cut after so many characters (at most 1,000,000), without characters that do not print.';
