-- What Google's products share: how they say that something went wrong, and forms of values.

CREATE FUNCTION lealup._google_errors(provider text) RETURNS SETOF lealup.provider_error
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT provider, e.ord, NULL::text, e.part, e.statuses, e.path, e.pattern, e.action, e.wait::jsonb, e.message, e.fix
    FROM (VALUES
        -- For tokens.
        (100, 'token', NULL::int[], 'error', '^invalid_grant$', 'reconnect', NULL, 'Google does not accept the grant any more: access was withdrawn, the password was changed, it was not used for six months, '
            'or there are more than 100 grants of this account',
            'Reconnect. If it comes back every week, publish the app in the Google Cloud console: grants of apps in testing end after seven days.'),
        (101, 'token', NULL, 'error', '^(invalid_client|unauthorized_client)$', 'fail', NULL, 'Google does not know the OAuth client, or its secret is wrong',
            'Compare client id and secret with Google Cloud console > Credentials, and store them again.'),
        (102, 'token', NULL, 'error', '^redirect_uri_mismatch$', 'fail', NULL, 'the redirect URI is not registered with Google',
            'Add it, exactly as it is written here, under Google Cloud console > Credentials > Authorized redirect URIs.'),
        (103, 'token', NULL, 'error', '^(admin_policy_enforced|org_internal|access_denied)$', 'reconnect', NULL, 'the administrators of this Google Workspace do not allow the app',
            'Ask them to allow it under Admin console > Security > API controls, then reconnect.'),
        -- Limits. Where a time is told, it is in the text.
        (110, NULL, '{403,429}', 'error.message', 'Retry after \d{4}-\d\d-\d\dT', 'wait', '{"pattern": "Retry after (\\d{4}-\\d\\d-\\d\\dT[0-9:.]+Z)", "unit": "iso"}',
            'Google limits how much may be asked for this account', NULL),
        (111, NULL, '{403,429}', 'error.errors.{}.reason', '^dailyLimitExceeded', 'wait', '{"seconds": 3600}', 'the daily quota of the Google Cloud project is used up',
            'It is renewed at midnight, Pacific Time. Ask for more under Google Cloud console > Quotas.'),
        (112, NULL, '{403,429}', 'error.errors.{}.reason', '^(rateLimitExceeded|userRateLimitExceeded|quotaExceeded|backendError|concurrentLimitExceeded)$', 'wait', '{"seconds": 20}',
            'Google limits how much may be asked in a minute', NULL),
        (113, NULL, '{403,429}', 'error.status', '^RESOURCE_EXHAUSTED$', 'wait', '{"seconds": 20}', 'Google limits how much may be asked in a minute', NULL),
        -- Rights and settings.
        (120, NULL, '{401,403}', 'error.details.{}.reason', '^ACCESS_TOKEN_SCOPE_INSUFFICIENT$', 'reconnect', NULL, 'Google was not told to let lealup read this',
            'Reconnect, and leave every box ticked when Google asks.'),
        (121, NULL, '{403}', 'error.errors.{}.reason', '^(insufficientPermissions|insufficientScopes)$', 'reconnect', NULL, 'Google was not told to let lealup read this',
            'Reconnect, and leave every box ticked when Google asks.'),
        (122, NULL, '{403}', 'error.errors.{}.reason', '^(accessNotConfigured|SERVICE_DISABLED)$', 'fail', NULL, 'the API is not turned on in the Google Cloud project',
            'Turn it on under Google Cloud console > APIs and services > Library. It takes a few minutes to take effect.'),
        (123, NULL, '{403}', 'error.errors.{}.reason', '^(domainPolicy|appNotAuthorizedToUser)$', 'fail', NULL, 'the administrators of this Google Workspace do not allow the app',
            'Ask them to allow it under Admin console > Security > API controls.'),
        (124, NULL, '{400,403}', 'error.errors.{}.reason', '^failedPrecondition$', 'fail', NULL, 'this Google account does not have the product, or it is suspended',
            'Sign in to it in a browser, or connect another account.'),
        -- A proxy or load balancer of Google's speaks HTML.
        (130, NULL, '{500,502,503,504}', NULL, NULL, 'retry', NULL, 'Google has a problem of its own; it is tried again', NULL)
    ) e(ord, part, statuses, path, pattern, action, wait, message, fix);
END;
COMMENT ON FUNCTION lealup._google_errors(text) IS 'The rows of provider_error that all of Google''s products have in common, from ord 100 on: a product''s own come before.';

CREATE FUNCTION lealup._google_grant(OUT authorize_url text, OUT token_url text, OUT authorize_params jsonb, OUT default_ttl interval, OUT keep_alive interval, OUT grant_group text, OUT revoke jsonb)
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT 'https://accounts.google.com/o/oauth2/v2/auth', 'https://oauth2.googleapis.com/token', '{"access_type": "offline", "prompt": "consent", "include_granted_scopes": "true"}'::jsonb,
        interval '3599 s', interval '150 days', 'google',
        '{"method": "POST", "url": "https://oauth2.googleapis.com/revoke", "anonymous": true, "fields": [{"in": "form", "name": "token", "secret": "refresh_token"}]}'::jsonb;
END;
COMMENT ON FUNCTION lealup._google_grant() IS 'How all of Google''s products are connected: one grant for an account, with a refresh token that dies after six months without use.';

CREATE FUNCTION lealup._google_time(epoch_ms text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE WHEN epoch_ms ~ '^\d{1,14}$' THEN to_jsonb(to_timestamp(epoch_ms::bigint / 1000.0)) #>> '{}' END;
COMMENT ON FUNCTION lealup._google_time(text) IS 'A time that Google gives in milliseconds since 1970, as RFC 3339; null if it is none.';

CREATE FUNCTION lealup._google_epoch(at text) RETURNS bigint
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN floor(extract(epoch FROM at::timestamptz))::bigint;
COMMENT ON FUNCTION lealup._google_epoch(text) IS 'The whole seconds since 1970 of a time in RFC 3339.';

CREATE FUNCTION lealup._google_words(value jsonb) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN ARRAY(SELECT DISTINCT lower(btrim(w))
        FROM jsonb_array_elements_text(CASE jsonb_typeof(value) WHEN 'array' THEN value WHEN 'string' THEN to_jsonb(string_to_array(value #>> '{}', ',')) ELSE '[]' END) w
        WHERE btrim(w) <> '');
END $$;
COMMENT ON FUNCTION lealup._google_words(jsonb) IS 'An option that is a list: an array, or a text with commas. In lower case, each once.';
