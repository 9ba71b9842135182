-- The link List-Unsubscribe of digests (RFC 8058), which needs neither a session nor an API key. It is no route: what is posted is a form.

CREATE FUNCTION lealup._unsubscribe_page(heading text, content text) RETURNS bytea
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN convert_to(format(E'<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8"><title>%s</title></head>\n<body>\n<h1>%s</h1>\n%s\n</body>\n</html>\n', heading, heading, content), 'UTF8');
COMMENT ON FUNCTION lealup._unsubscribe_page(text, text) IS 'A page of the link List-Unsubscribe; both are HTML.';

CREATE FUNCTION lealup._receive_unsubscribe(method text, path text, OUT status int, OUT response_headers jsonb, OUT response_body bytea) RETURNS record
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    at timestamptz := clock_timestamp();
    u record;
BEGIN
    response_headers := '{"cache-control": "no-store", "x-content-type-options": "nosniff", "lealup-route": "/v1/mail/unsubscribe/{token}", "referrer-policy": "no-referrer", "x-frame-options": "DENY",
        "content-type": "text/html; charset=utf-8", "content-security-policy": "default-src ''none''; base-uri ''none''; form-action ''self''; frame-ancestors ''none''"}';
    IF method NOT IN ('GET', 'HEAD', 'POST') THEN
        status := 405;
        response_headers := response_headers - 'content-type' || '{"allow": "GET, HEAD, POST"}';
        RETURN;
    END IF;
    -- Whatever the token looks like, it is hashed and looked for.
    SELECT x.tenant_id, x.member_id, x.kinds INTO u
    FROM lealup.tenant_route r JOIN lealup.mail_unsubscribe x ON x.tenant_id = r.tenant_id AND x.token_hash = r.key_hash
    WHERE r.kind = 'unsubscribe' AND r.key_hash = sha256(convert_to(substr(path, 22), 'UTF8'));
    IF NOT FOUND THEN
        status := 404;
        response_body := lealup._unsubscribe_page('Not found', '<p>This link is not valid, or no longer. Ask an admin of your team.</p>');
        RETURN;
    END IF;
    status := 200;
    -- Programs that look at the links of mails must not end anything.
    IF method <> 'POST' THEN
        response_body := lealup._unsubscribe_page('End these mails?',
            (SELECT '<ul>' || string_agg('<li>' || lealup._html_escape(k.title) || '</li>', '') || '</ul>' FROM lealup._mail_kinds() k WHERE k.kind = ANY (u.kinds))
            || '<form method="post"><button name="List-Unsubscribe" value="One-Click">End them</button></form>');
        RETURN;
    END IF;
    INSERT INTO lealup.mail_preference (tenant_id, member_id, kind, frequency, updated_at)
    SELECT u.tenant_id, u.member_id, k, 'off', at FROM unnest(u.kinds) k
    ON CONFLICT ON CONSTRAINT mail_preference_pkey DO UPDATE SET frequency = 'off', updated_at = excluded.updated_at;
    DELETE FROM lealup.mail_notice n WHERE n.tenant_id = u.tenant_id AND n.member_id = u.member_id AND n.kind = ANY (u.kinds);
    PERFORM lealup._audit(u.tenant_id, 'mail_preference.unsubscribe', 'member', u.member_id, jsonb_build_object('kinds', u.kinds));
    response_body := lealup._unsubscribe_page('These mails have ended', '<p>set_mail_preference() begins them again.</p>');
END $$;
COMMENT ON FUNCTION lealup._receive_unsubscribe(text, text) IS
    'Answers a request to /v1/mail/unsubscribe/{token}: GET asks, POST ends the kinds of mail that the digest was of, for its member alone, as often as it comes. 404 for a token that is not known. For http_request() alone, as whose owner it runs.';
