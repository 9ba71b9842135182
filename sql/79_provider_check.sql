-- What is wrong with a provider: check_provider() looks at its rows, and calls its functions as the first call of the engine does.

CREATE TYPE lealup._fault AS (problem text, place text, fix text);
COMMENT ON TYPE lealup._fault IS 'What is wrong with a provider, where, and what to do about it.';

-- ----- Parts -----

CREATE FUNCTION lealup._check_pattern(pattern text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF length(pattern) > 500 THEN
        RETURN 'is longer than 500 characters';
    ELSIF pattern ~ '(^|[^\\])(\\\\)*\\[1-9]' THEN
        RETURN 'has a back reference, which may take very long to match';
    -- Repetitions are unfolded. Those that are in one another multiply, which is told before PostgreSQL tries.
    ELSIF (SELECT sum(ln(greatest(coalesce(nullif(m[2], ''), m[1])::numeric, 1))) > ln(1000) FROM regexp_matches(pattern, '\{(\d{1,9})(?:,(\d{0,9}))?\}', 'g') m) THEN
        RETURN 'repeats more than 1000 times, which may take very long to match';
    END IF;
    PERFORM '' ~ pattern;
    RETURN NULL;
EXCEPTION WHEN invalid_regular_expression THEN
    RETURN 'is no regular expression: ' || SQLERRM;
END $$;
COMMENT ON FUNCTION lealup._check_pattern(text) IS 'What is wrong with a regular expression that a provider brings: it is none, or may take very long; null = nothing.';

CREATE FUNCTION lealup._provided_secrets(p lealup.provider) RETURNS text[]
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
    RETURN '{inbound_url,inbound_secret}'::text[] || CASE p.auth WHEN 'oauth2' THEN '{access_token,refresh_token}'::text[] ELSE '{}' END
        || ARRAY(SELECT f ->> 'name' FROM jsonb_array_elements(CASE jsonb_typeof(p.fields) WHEN 'array' THEN p.fields ELSE '[]' END) f WHERE f ->> 'secret' = 'true');
COMMENT ON FUNCTION lealup._provided_secrets(lealup.provider) IS 'The purposes for which a connection to a provider has secrets.';

CREATE FUNCTION lealup._known_names(p lealup.provider, of_fields boolean, of_token boolean, of_identity boolean) RETURNS text[]
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
    RETURN ARRAY(SELECT f ->> 'name' FROM jsonb_array_elements(CASE jsonb_typeof(p.fields) WHEN 'array' THEN p.fields ELSE '[]' END) f
            WHERE of_fields AND (f ->> 'secret') IS DISTINCT FROM 'true' AND (f ->> 'required' = 'true' OR f ? 'default'))
        || ARRAY(SELECT k FROM jsonb_object_keys(CASE jsonb_typeof(p.token_paths) WHEN 'object' THEN p.token_paths ELSE '{}' END) k
            WHERE of_token AND p.auth = 'oauth2' AND k NOT IN ('access_token', 'refresh_token', 'id_token', 'expires_in', 'scope'))
        || ARRAY(SELECT k FROM jsonb_object_keys(CASE jsonb_typeof(p.identity -> 'facts') WHEN 'object' THEN p.identity -> 'facts' ELSE '{}' END) k WHERE of_identity);
COMMENT ON FUNCTION lealup._known_names(lealup.provider, boolean, boolean, boolean) IS
    'The names that {name} in a URL may stand for: options that every connection has, facts of the token''s answer, and facts of the identity.';

CREATE FUNCTION lealup._admits_http() RETURNS boolean LANGUAGE sql STABLE RETURN current_setting('lealup.allow_http')::boolean;
COMMENT ON FUNCTION lealup._admits_http() IS 'Whether requests may go to URLs that are not https.';

CREATE FUNCTION lealup._check_url(p lealup.provider, place text, url text, known text[], ours boolean DEFAULT true) RETURNS SETOF lealup._fault
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    host text := substring(url FROM '^[A-Za-z][A-Za-z0-9+.-]*://([^/?#]*)');
BEGIN
    RETURN QUERY SELECT format('{%s} is neither an option that every connection has nor a fact that is known then', m[1]), place,
            'Make it a field that is required or has a default, or a fact in token_paths or identity.'
        FROM (SELECT DISTINCT regexp_matches(url, '\{([A-Za-z0-9_]+)\}', 'g') AS m) x WHERE m[1] <> ALL (known);
    IF url ~ '^\{[A-Za-z0-9_]+\}' THEN
        -- The provider says where it is; each request's host is looked at when it is sent.
        RETURN;
    ELSIF host IS NULL OR url !~* '^https?://' OR url ~ '[[:space:]#]' OR host ~ '@' THEN
        RETURN QUERY SELECT 'it is no URL', place, 'It is https, a host and a path, without user name, fragment and blanks.';
        RETURN;
    ELSIF url !~* '^https://' AND NOT lealup._admits_http() THEN
        RETURN QUERY SELECT 'it is not https', place, 'Use https; lealup.allow_http is for tests.';
    END IF;
    host := regexp_replace(host, ':\d+$', '');
    IF ours AND NOT lealup._is_listed(host, p.allowed_hosts) THEN
        RETURN QUERY SELECT format('host %s is not in allowed_hosts', host), place, 'Add the host to provider.allowed_hosts, if credentials may be sent there.';
    END IF;
END $$;
COMMENT ON FUNCTION lealup._check_url(lealup.provider, text, text, text[], boolean) IS
    'What is wrong with a URL. known: what {name} may stand for; ours: whether lealup sends requests there, so that its host must be listed.';

CREATE FUNCTION lealup._check_shape(place text, object jsonb, known text[]) RETURNS SETOF lealup._fault
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT 'it is no JSON object', place, 'The comment on the column has its shape.' WHERE jsonb_typeof(object) <> 'object'
    UNION ALL
    SELECT m, place, 'It knows: ' || array_to_string(known, ', ') || '.' FROM lealup._check_members('it', object, known) m;
END;
COMMENT ON FUNCTION lealup._check_shape(text, jsonb, text[]) IS 'That something is no object, or has members that nobody knows.';

CREATE FUNCTION lealup._check_texts(place text, object jsonb, what text) RETURNS SETOF lealup._fault
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT format('%s is no %s', k.key, what), place, CASE what WHEN 'dotted path' THEN 'A path is a text such as data.user.id.' ELSE 'Values are texts, numbers, true or false.' END
    FROM jsonb_each(CASE jsonb_typeof(object) WHEN 'object' THEN object ELSE '{}' END) k
    WHERE CASE what WHEN 'dotted path' THEN jsonb_typeof(k.value) <> 'string' OR k.value #>> '{}' !~ '^[^.]+(\.[^.]+)*$'
        ELSE jsonb_typeof(k.value) NOT IN ('string', 'number', 'boolean') END;
END;
COMMENT ON FUNCTION lealup._check_texts(text, jsonb, text) IS 'The members of an object that are no dotted path, or no value.';

CREATE FUNCTION lealup._check_request(p lealup.provider, place text, request jsonb, known text[], secrets text[]) RETURNS SETOF lealup._fault
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    f jsonb;
BEGIN
    RETURN QUERY SELECT * FROM lealup._check_shape(place, request, '{method,path,url,query,headers,json,form,text,accept,fields,anonymous}');
    IF jsonb_typeof(request) <> 'object' THEN
        RETURN;
    END IF;
    IF (jsonb_typeof(request -> 'path') = 'string') IS NOT TRUE AND (jsonb_typeof(request -> 'url') = 'string') IS NOT TRUE OR request ? 'path' AND request ? 'url' THEN
        RETURN QUERY SELECT 'the request has not exactly one of path and url', place, 'path is appended to base_url; url stands for itself.';
    ELSIF request ? 'url' THEN
        RETURN QUERY SELECT * FROM lealup._check_url(p, place, request ->> 'url', known);
    ELSIF request ->> 'path' !~ '^([/?]|$)' THEN
        RETURN QUERY SELECT 'the path does not begin with a slash', place, 'It is appended to base_url as it is.';
    END IF;
    IF upper(coalesce(request ->> 'method', 'GET')) NOT IN ('GET', 'POST', 'PUT', 'PATCH', 'DELETE') THEN
        RETURN QUERY SELECT 'the method is not GET, POST, PUT, PATCH or DELETE', place, 'Leave it out for GET.';
    END IF;
    IF (request ? 'json')::int + (request ? 'form')::int + (request ? 'text')::int > 1 THEN
        RETURN QUERY SELECT 'the request has more than one body', place, 'Give one of json, form and text.';
    END IF;
    RETURN QUERY SELECT format('%s is no object', k), place, 'It is {name: value}.' FROM unnest('{query,headers,form}'::text[]) k
        WHERE request ? k AND jsonb_typeof(request -> k) NOT IN ('object', 'null');
    IF request ? 'anonymous' AND jsonb_typeof(request -> 'anonymous') <> 'boolean' THEN
        RETURN QUERY SELECT 'anonymous is neither true nor false', place, 'true = without the credential.';
    END IF;
    IF request ? 'fields' AND jsonb_typeof(request -> 'fields') <> 'array' THEN
        RETURN QUERY SELECT 'fields is no array', place, 'It is [{"in", "name", "prefix"?, "user"?, "secret"}].';
        RETURN;
    END IF;
    FOR f IN SELECT * FROM jsonb_array_elements(coalesce(request -> 'fields', '[]')) LOOP
        RETURN QUERY SELECT * FROM lealup._check_shape(place || ' fields', f, '{in,name,prefix,user,secret,owner}');
        IF (f ->> 'in' IN ('header', 'query', 'form', 'json', 'basic')) IS NOT TRUE OR f ->> 'in' <> 'basic' AND coalesce(f ->> 'name', '') = '' THEN
            RETURN QUERY SELECT 'a field says not where it goes', place || ' fields', 'in is header, query, form, json or basic, and name is what it is called there.';
        END IF;
        IF coalesce(f ->> 'secret', '') <> ALL (CASE f ->> 'owner' WHEN 'client' THEN CASE p.auth WHEN 'oauth2' THEN '{client_secret}'::text[] ELSE '{}' END ELSE secrets END) THEN
            RETURN QUERY SELECT format('nothing provides the secret "%s"', f ->> 'secret'), place || ' fields', 'There are: ' || array_to_string(secrets, ', ') || '. A secret field adds one.';
        END IF;
    END LOOP;
END $$;
COMMENT ON FUNCTION lealup._check_request(lealup.provider, text, jsonb, text[], text[]) IS
    'What is wrong with a request as the contract of providers has it. known: what {name} in a URL may stand for; secrets: the purposes that its fields may name.';

-- ----- The provider's own row -----

CREATE FUNCTION lealup._check_fields(p lealup.provider) RETURNS SETOF lealup._fault
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    f jsonb;
    place text;
    wrong text;
BEGIN
    IF jsonb_typeof(p.fields) <> 'array' THEN
        RETURN QUERY SELECT 'it is no array', 'provider.fields', 'It is [{"name", "title", "secret"?, "required"?, "pattern"?, "default"?}].';
        RETURN;
    END IF;
    FOR f IN SELECT * FROM jsonb_array_elements(p.fields) LOOP
        place := format('provider.fields "%s"', f ->> 'name');
        RETURN QUERY SELECT * FROM lealup._check_shape(place, f, '{name,title,secret,required,pattern,default}');
        IF coalesce(f ->> 'name', '') !~ '^[a-z][a-z0-9_]{0,62}$' THEN
            RETURN QUERY SELECT 'the field has no name', place, 'A name is of small letters, digits and underscores.';
        ELSIF f ->> 'name' IN ('login_hint', 'return_url', 'allow_other_account', 'backfill', 'access_token', 'refresh_token', 'previous_refresh_token', 'code', 'code_verifier',
                'inbound_url', 'inbound_secret', 'client_secret') OR f ->> 'name' ~ '^(new|revoke)_' THEN
            RETURN QUERY SELECT 'the name is taken: lealup itself has an option or a secret of that name', place, 'Choose another one.';
        ELSIF (SELECT count(*) FROM jsonb_array_elements(p.fields) o WHERE o ->> 'name' = f ->> 'name') > 1 THEN
            RETURN QUERY SELECT 'two fields have this name', place, 'Leave one of them out.';
        END IF;
        IF coalesce(f ->> 'title', '') = '' THEN
            RETURN QUERY SELECT 'the field has no title', place, 'Say in a few words what is to be entered.';
        END IF;
        RETURN QUERY SELECT format('%s is neither true nor false', k), place, 'It is a boolean.' FROM unnest('{secret,required}'::text[]) k WHERE jsonb_typeof(f -> k) <> 'boolean';
        IF f ? 'default' AND f ->> 'secret' = 'true' THEN
            RETURN QUERY SELECT 'a secret has a default, which would be stored in plain text', place, 'Leave the default out.';
        END IF;
        wrong := lealup._check_pattern(f ->> 'pattern');
        IF wrong IS NOT NULL THEN
            RETURN QUERY SELECT 'the pattern ' || wrong, place, 'It has to match the whole value.';
        ELSIF f ? 'default' THEN
            BEGIN
                PERFORM lealup._check_option(f, f -> 'default');
            EXCEPTION WHEN invalid_parameter_value THEN
                RETURN QUERY SELECT 'the default is not what the field admits', place, 'Change the default, or the pattern.';
            END;
        END IF;
    END LOOP;
END $$;
COMMENT ON FUNCTION lealup._check_fields(lealup.provider) IS 'What is wrong with what a provider asks of those who connect it.';

CREATE FUNCTION lealup._check_auth(p lealup.provider) RETURNS SETOF lealup._fault
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    secret text;
    place text;
    params jsonb;
BEGIN
    IF p.auth = 'oauth2' THEN
        RETURN QUERY SELECT 'it is missing', 'provider.' || u.name, 'OAuth needs it.' FROM (VALUES ('authorize_url', p.authorize_url), ('token_url', p.token_url)) u(name, url) WHERE u.url IS NULL;
        -- People are sent there by their browser; lealup asks nothing of it.
        RETURN QUERY SELECT f.* FROM lealup._check_url(p, 'provider.authorize_url', p.authorize_url, lealup._known_names(p, true, false, false), false) f WHERE p.authorize_url IS NOT NULL;
        RETURN QUERY SELECT f.* FROM lealup._check_url(p, 'provider.token_url', p.token_url, lealup._known_names(p, true, false, false)) f WHERE p.token_url IS NOT NULL;
        IF jsonb_typeof(p.token_paths) <> 'object' OR NOT p.token_paths ? 'access_token' OR p.refresh <> 'none' AND NOT p.token_paths ? 'refresh_token' THEN
            RETURN QUERY SELECT 'it does not say where the tokens are', 'provider.token_paths', 'Give access_token, and refresh_token unless refresh is none, as dotted paths into the answer.';
        END IF;
        RETURN QUERY SELECT * FROM lealup._check_texts('provider.token_paths', p.token_paths, 'dotted path');
        IF p.identity IS NULL AND NOT p.token_paths ? 'account_id' THEN
            RETURN QUERY SELECT 'nothing tells whose account a connection is', 'provider.identity', 'Give the request that tells it, or account_id in token_paths.';
        END IF;
        FOR place, params IN VALUES ('provider.authorize_params', p.authorize_params), ('provider.token_params', p.token_params), ('provider.refresh_params', p.refresh_params) LOOP
            RETURN QUERY SELECT 'it is no JSON object', place, 'It is {name: value}.' WHERE jsonb_typeof(params) <> 'object';
            RETURN QUERY SELECT * FROM lealup._check_texts(place, params, 'value');
        END LOOP;
        RETURN QUERY SELECT format('{%s} is no option that every connection has', x.name), x.place, 'Make it a field that is required or has a default.'
            FROM (SELECT 'provider.token_params' AS place, substring(v.value FROM '^\{([A-Za-z0-9_]+)\}$') AS name
                  FROM jsonb_each_text(CASE jsonb_typeof(p.token_params) WHEN 'object' THEN p.token_params ELSE '{}' END) v
                  UNION ALL
                  SELECT 'provider.refresh_params', substring(v.value FROM '^\{([A-Za-z0-9_]+)\}$')
                  FROM jsonb_each_text(CASE jsonb_typeof(p.refresh_params) WHEN 'object' THEN p.refresh_params ELSE '{}' END) v) x
            WHERE x.name <> ALL (lealup._known_names(p, true, true, true));
    ELSIF p.auth <> 'none' THEN
        secret := coalesce(p.credential ->> 'secret', (lealup._provided_secrets(p))[3]);
        IF secret IS NULL OR NOT coalesce((SELECT bool_or(f @> jsonb_build_object('name', secret, 'secret', true, 'required', true)) FROM jsonb_array_elements(
                CASE jsonb_typeof(p.fields) WHEN 'array' THEN p.fields ELSE '[]' END) f), false) THEN
            RETURN QUERY SELECT 'no field asks for the ' || CASE p.auth WHEN 'basic' THEN 'password' ELSE 'key' END, 'provider.fields',
                format('Add {"name": "%s", "title": "...", "secret": true, "required": true}.', coalesce(secret, 'api_key'));
        END IF;
    END IF;
    IF p.auth <> 'none' THEN
        RETURN QUERY SELECT * FROM lealup._check_shape('provider.credential', p.credential, '{in,name,prefix,user,secret}');
        IF (CASE p.credential ->> 'in' WHEN 'basic' THEN p.auth IN ('basic', 'api_key') WHEN 'header' THEN p.auth <> 'basic' AND p.credential ->> 'name' <> ''
                WHEN 'query' THEN p.auth <> 'basic' AND p.credential ->> 'name' <> '' END) IS NOT TRUE THEN
            RETURN QUERY SELECT format('it does not say where the credential of %s goes', p.auth), 'provider.credential',
                CASE p.auth WHEN 'basic' THEN 'It is {"in": "basic", "user": the field with the user name}.'
                    ELSE 'It is {"in": "header" or "query", "name", "prefix"?}, or of a key {"in": "basic"}.' END;
        END IF;
        IF p.credential ? 'user' AND p.credential ->> 'user' <> ALL (lealup._known_names(p, true, false, false)) THEN
            RETURN QUERY SELECT 'user names no field that every connection has', 'provider.credential', 'Make it a field that is required and no secret.';
        END IF;
    END IF;
END $$;
COMMENT ON FUNCTION lealup._check_auth(lealup.provider) IS 'What is wrong with how connections to a provider prove who they are.';

CREATE FUNCTION lealup._check_provider_row(p lealup.provider) RETURNS SETOF lealup._fault
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    known text[] := lealup._known_names(p, true, true, true);
BEGIN
    RETURN QUERY SELECT 'it is empty', 'provider.' || e.name, e.fix FROM (VALUES
            ('title', btrim(p.title) = '', 'It is what people know the provider by.'),
            ('allowed_hosts', cardinality(p.allowed_hosts) = 0, 'Name the hosts that requests may go to.'),
            ('setup_steps', cardinality(p.setup_steps) = 0, 'Say step by step what somebody does who connects it.'),
            ('problems', p.problems = '[]', 'Give common problems and their fix: [{"problem", "fix"}].')) e(name, empty, fix) WHERE e.empty;
    RETURN QUERY SELECT format('"%s" is no host', h), 'provider.allowed_hosts', 'A host is a name without scheme, port and path; *.example.com stands for those below a domain, but not for all of com.'
        FROM unnest(p.allowed_hosts) h WHERE h !~* '^(\*\.[a-z0-9_{}-]+\.)?[a-z0-9_{}-]+(\.[a-z0-9_{}-]+)*$' OR h IS NULL;
    RETURN QUERY SELECT f.* FROM unnest(p.allowed_hosts) h CROSS JOIN LATERAL lealup._check_url(p, 'provider.allowed_hosts', 'https://' || h, known, false) f WHERE f.problem LIKE '{%';
    RETURN QUERY SELECT * FROM lealup._check_url(p, 'provider.base_url', p.base_url, known);
    IF right(p.base_url, 1) = '/' THEN
        RETURN QUERY SELECT 'it ends with a slash', 'provider.base_url', 'Leave it out: paths begin with one.';
    END IF;
    RETURN QUERY SELECT f.* FROM lealup._check_url(p, 'provider.docs_url', p.docs_url, '{}', false) f WHERE p.docs_url IS NOT NULL;
    RETURN QUERY SELECT * FROM lealup._check_fields(p);
    RETURN QUERY SELECT * FROM lealup._check_auth(p);
    IF p.revoke IS NOT NULL THEN
        RETURN QUERY SELECT * FROM lealup._check_request(p, 'provider.revoke', p.revoke, known || '{client_id}', lealup._provided_secrets(p) || '{revoke_token}');
    END IF;
    IF jsonb_typeof(p.identity) = 'object' THEN
        RETURN QUERY SELECT * FROM lealup._check_request(p, 'provider.identity', p.identity - '{id,name,facts,body}'::text[], lealup._known_names(p, true, true, false), lealup._provided_secrets(p));
        RETURN QUERY SELECT * FROM lealup._check_texts('provider.identity', CASE jsonb_typeof(p.identity -> 'facts') WHEN 'object' THEN p.identity -> 'facts' ELSE '{}' END
            || jsonb_build_object('id', p.identity -> 'id') || CASE WHEN p.identity ? 'name' THEN jsonb_build_object('name', p.identity -> 'name') ELSE '{}' END, 'dotted path');
        IF p.identity ? 'facts' AND jsonb_typeof(p.identity -> 'facts') <> 'object' THEN
            RETURN QUERY SELECT 'facts is no object', 'provider.identity', 'It is {name: dotted path}.';
        END IF;
        IF p.identity ? 'path' THEN
            RETURN QUERY SELECT format('{%s} of base_url is known only when the identity was asked', m[1]), 'provider.identity', 'Give the identity''s whole url.'
                FROM (SELECT DISTINCT regexp_matches(p.base_url, '\{([A-Za-z0-9_]+)\}', 'g') AS m) x
                WHERE m[1] = ANY (known) AND m[1] <> ALL (lealup._known_names(p, true, true, false));
        END IF;
    ELSIF p.identity IS NOT NULL THEN
        RETURN QUERY SELECT 'it is no JSON object', 'provider.identity', 'The comment on the column has its shape.';
    END IF;
    IF jsonb_typeof(p.problems) <> 'array' THEN
        RETURN QUERY SELECT 'it is no array', 'provider.problems', 'It is [{"problem", "fix"}].';
    ELSE
        RETURN QUERY SELECT f.* FROM jsonb_array_elements(p.problems) x CROSS JOIN LATERAL lealup._check_shape('provider.problems', x, '{problem,fix}') f;
        RETURN QUERY SELECT 'a problem is without text or fix', 'provider.problems', 'Each is {"problem", "fix"}.' FROM jsonb_array_elements(p.problems) x
            WHERE coalesce(btrim(x ->> 'problem'), '') = '' OR coalesce(btrim(x ->> 'fix'), '') = '' LIMIT 1;
    END IF;
END $$;
COMMENT ON FUNCTION lealup._check_provider_row(lealup.provider) IS 'What is wrong with a row of provider.';

-- ----- Functions -----

CREATE FUNCTION lealup._check_function(place text, name text, arguments int) RETURNS SETOF lealup._fault
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    signature text := format('%s(%s)', name, CASE arguments WHEN 1 THEN 'jsonb' ELSE 'jsonb, jsonb' END);
    f pg_catalog.pg_proc;
BEGIN
    BEGIN
        IF cardinality(parse_ident(name)) <> 2 THEN
            RAISE invalid_parameter_value;
        END IF;
        SELECT * INTO f FROM pg_proc x WHERE x.oid = to_regprocedure(signature);
    EXCEPTION WHEN invalid_parameter_value OR syntax_error OR invalid_name THEN
        RETURN QUERY SELECT format('"%s" is no name of a function', left(name, 100)), place, 'It is schema and name, without arguments: lealup._gmail_request.';
        RETURN;
    END;
    IF f.oid IS NULL THEN
        RETURN QUERY SELECT format('there is no function %s', signature), place, CASE WHEN EXISTS (SELECT FROM pg_proc x JOIN pg_namespace n ON n.oid = x.pronamespace
                WHERE ARRAY[n.nspname::text, x.proname::text] = parse_ident(name)) THEN 'There is one of that name that takes other arguments.' ELSE 'Create it.' END;
        RETURN;
    END IF;
    RETURN QUERY SELECT format('function %s %s', signature, w.wrong), place, w.fix FROM (VALUES
        (f.prokind <> 'f' OR f.proretset OR f.prorettype <> 'jsonb'::regtype, 'does not return jsonb', 'Declare it RETURNS jsonb.'),
        (f.provolatile = 'v', 'is volatile', 'Declare it STABLE or IMMUTABLE: it is called read-only, and as often as the engine likes.'),
        (f.prosecdef, 'is SECURITY DEFINER, so that it may do what its owner may', 'Declare it SECURITY INVOKER: what it reads comes from outside.'),
        (NOT has_function_privilege('lealup_provider', f.oid, 'EXECUTE'), 'cannot be executed by lealup_provider', format('GRANT EXECUTE ON FUNCTION %s TO lealup_provider.', signature)),
        (NOT has_schema_privilege('lealup_provider', f.pronamespace, 'USAGE'), 'is in a schema that lealup_provider cannot use',
            format('GRANT USAGE ON SCHEMA %I TO lealup_provider.', (parse_ident(name))[1]))) w(is_so, wrong, fix) WHERE w.is_so;
END $$;
COMMENT ON FUNCTION lealup._check_function(text, text, int) IS 'What is wrong with a function that a provider names: none of that name with so many arguments of jsonb, another result, or one that cannot be called as lealup_provider, read-only.';

CREATE FUNCTION lealup._first_call(p lealup.provider, d lealup.provider_stream) RETURNS jsonb
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    moment timestamptz := clock_timestamp();
    c lealup.connection;
    s lealup.connection_stream;
BEGIN
    c.id := lealup._installation();
    c.provider := p.name;
    c.account_id := 'x';
    SELECT coalesce(jsonb_object_agg(f ->> 'name', coalesce(f -> 'default', '"x"')), '{}') INTO c.options
    FROM jsonb_array_elements(CASE jsonb_typeof(p.fields) WHEN 'array' THEN p.fields ELSE '[]' END) f WHERE f ->> 'name' = ANY (lealup._known_names(p, true, false, false));
    SELECT coalesce(jsonb_object_agg(n, 'x'), '{}') INTO c.facts FROM unnest(lealup._known_names(p, false, true, true)) n;
    c.scopes := ARRAY(SELECT x.scope FROM lealup.provider_scope x WHERE x.provider = p.name AND x.required);
    s.stream := d.name;
    s.mode := CASE WHEN d.backfill THEN 'backfill' ELSE 'incremental' END;
    s.since := moment - interval '90 days';
    RETURN lealup._sync_call(c, s, moment);
END $$;
COMMENT ON FUNCTION lealup._first_call(lealup.provider, lealup.provider_stream) IS 'What a stream''s functions are first called with, of a connection with nothing but what it must have.';

CREATE FUNCTION lealup._try_function(place text, name text, call jsonb, extra jsonb, any_error boolean, OUT made jsonb, OUT fault lealup._fault) RETURNS record
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    made := lealup._call_provider(name, call, extra);
EXCEPTION WHEN OTHERS THEN
    -- With an answer that is made up it may raise what it likes, but not that it is badly written, or may not do what it does.
    IF any_error OR left(SQLSTATE, 2) IN ('0A', '25', '42') THEN
        fault := ROW(format('function %s fails on a first call: %s', name, SQLERRM), place, CASE SQLSTATE
            WHEN '42501' THEN 'It runs as lealup_provider: grant that role EXECUTE on what it calls; it can be given no tables.'
            WHEN '25006' THEN 'It is called read-only.' ELSE format('Call it yourself: SELECT %s(%L%s).', name, call, ', ' || quote_literal(extra)) END)::lealup._fault;
    END IF;
END $$;
COMMENT ON FUNCTION lealup._try_function(text, text, jsonb, jsonb,
    boolean) IS 'Calls a function of a provider, and gives what it made, or the fault that it raised; any_error: whether each error is one.';

CREATE FUNCTION lealup._check_calls(p lealup.provider, d lealup.provider_stream) RETURNS SETOF lealup._fault
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    answer CONSTANT jsonb := '{"status": 200, "headers": {}, "body": {}, "text": null}';
    stream text := format('provider_stream "%s".', d.name);
    call jsonb := lealup._first_call(p, d);
    -- A watch is asked for when there is a cursor already, and may know nothing of the answer.
    item jsonb := call || '{"item": {"id": "x"}}';
    t record;
    tried record;
    made jsonb;
    fault lealup._fault;
BEGIN
    FOR t IN SELECT * FROM (VALUES
            ('request', d.request, call, NULL::jsonb, true), ('response', d.response, call, answer, false), ('normalize', d.normalize, call, '{"id": "x", "version": null, "data": {}}', false),
            ('detail_request', d.detail_request, item, NULL, false), ('detail_response', d.detail_response, item, answer, false),
            ('watch_request', d.watch_request, call, NULL, false), ('watch_response', d.watch_response, call, answer, false), ('unwatch_request', d.unwatch_request, call, NULL, false)) v(part,
                name, call, extra, makes)
        WHERE v.name IS NOT NULL LOOP
        -- What cannot be called as it should be is told without.
        RETURN QUERY SELECT * FROM lealup._check_function(stream || t.part, t.name, CASE WHEN t.extra IS NULL THEN 1 ELSE 2 END);
        CONTINUE WHEN FOUND;
        SELECT * INTO tried FROM lealup._try_function(stream || t.part, t.name, t.call, t.extra, t.makes);
        made := tried.made;
        IF tried.fault IS NOT NULL THEN
            fault := tried.fault;
            RETURN NEXT fault;
        ELSIF made IS NULL OR made = 'null' THEN
            CONTINUE;
        ELSIF t.part LIKE '%request' THEN
            RETURN QUERY SELECT * FROM lealup._check_request(p, stream || t.part, made, '{}', lealup._provided_secrets(p)) WHERE t.makes OR made ->> 'path' IS NOT NULL OR made ->> 'url' IS NOT NULL;
        ELSIF t.part = 'normalize' THEN
            RETURN QUERY SELECT 'it gives no array', stream || t.part, 'Give an array of rows; an empty one is fine.' WHERE jsonb_typeof(made) <> 'array';
            RETURN QUERY SELECT format('it gives rows of the entity "%s", which there is not', e ->> 'entity'), stream || t.part, 'There are: ' || array_to_string(lealup._sync_entities(), ', ') || '.'
                FROM jsonb_array_elements(CASE jsonb_typeof(made) WHEN 'array' THEN made ELSE '[]' END) e WHERE coalesce(e ->> 'entity', '') <> ALL (lealup._sync_entities());
        ELSE
            RETURN QUERY SELECT * FROM lealup._check_shape(stream || t.part, made, CASE t.part WHEN 'response' THEN '{records,fetch,cursor,verdict,until,message,total}'::text[]
                WHEN 'detail_response' THEN '{record,records,skip,fail}' ELSE '{expires_at,watch}' END);
            RETURN QUERY SELECT format('there is no verdict "%s"', made ->> 'verdict'), stream || t.part, 'There are: more, done, wait, refresh, reset, reconnect, fail.'
                WHERE t.part = 'response' AND made ->> 'verdict' NOT IN ('more', 'done', 'wait', 'refresh', 'reset', 'reconnect', 'fail');
            RETURN QUERY SELECT format('%s is no array', k), stream || t.part, 'Give an array, or leave it out.'
                FROM unnest('{records,fetch}'::text[]) k WHERE jsonb_typeof(made) = 'object' AND jsonb_typeof(made -> k) NOT IN ('array', 'null');
        END IF;
    END LOOP;
END $$;
COMMENT ON FUNCTION lealup._check_calls(lealup.provider, lealup.provider_stream) IS
    'What is wrong with the functions of a stream: each is called once, as on a first call, with an empty answer. Only the request has to make something of that; of the others it is a fault to call what is not there or not granted, or to give what is no answer of its kind.';

-- ----- Streams and errors -----

CREATE FUNCTION lealup._check_stream(p lealup.provider, d lealup.provider_stream) RETURNS SETOF lealup._fault
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    stream text := format('provider_stream "%s"', d.name);
    resets boolean := EXISTS (SELECT FROM lealup.provider_error e WHERE e.provider = p.name AND e.action = 'reset' AND coalesce(e.stream, d.name) = d.name AND coalesce(e.part, 'page') = 'page');
    response text;
BEGIN
    RETURN QUERY SELECT * FROM lealup._check_calls(p, d);
    BEGIN
        response := pg_get_functiondef(to_regprocedure(d.response || '(jsonb, jsonb)'));
    EXCEPTION WHEN syntax_error OR invalid_name THEN
        response := '';
    END;
    RETURN QUERY SELECT w.problem, stream || w.part, w.fix FROM (VALUES
        (btrim(d.title) = '', 'it is empty', '.title', 'It is what people know the stream by.'),
        (d.max_in_flight > p.max_in_flight, format('it is above the provider''s, %s', p.max_in_flight), '.max_in_flight', 'The smaller one holds; write what holds.'),
        (d.timeout <= interval '0' OR d.max_bytes <= 0 OR d.page_cost < 0 OR d.detail_cost < 0, 'timeout and max_bytes are above nothing, costs not below', '', 'Leave them out to have the defaults.'),
        (d.watch_request IS NULL AND coalesce(d.watch_response, d.unwatch_request) IS NOT NULL, 'it is never called, because there is no watch_request', '.watch_response',
            'Add watch_request, or leave this out.'),
        (d.watch_request IS NOT NULL AND NOT EXISTS (SELECT FROM lealup.provider_inbound i WHERE i.provider = p.name), 'no notification can come', '.watch_request', 'Add a row of provider_inbound.'),
        (d.can_reset AND NOT resets AND response !~ '\mreset\M', 'nothing says that a cursor is lost', '.can_reset',
            'Add a row of provider_error with the action reset for how the provider says so; or give false, if it cannot be lost, such as a time.'),
        (NOT d.can_reset AND resets, 'a cursor that is lost is not replaced, although a row of provider_error says reset', '.can_reset', 'Give true, or leave out the row.'),
        (d.snapshot AND NOT d.backfill, 'a snapshot without a backfill is never read as a whole', '.snapshot', 'Give backfill as true.')) w(is_so, problem, part, fix)
    WHERE w.is_so;
END $$;
COMMENT ON FUNCTION lealup._check_stream(lealup.provider, lealup.provider_stream) IS 'What is wrong with a stream and its functions.';

CREATE FUNCTION lealup._check_wait(place text, e lealup.provider_error) RETURNS SETOF lealup._fault
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    wrong text := lealup._check_pattern(e.wait ->> 'pattern');
BEGIN
    RETURN QUERY SELECT * FROM lealup._check_shape(place, e.wait, '{header,pattern,seconds,unit}');
    RETURN QUERY SELECT w.problem, place, w.fix FROM (VALUES
        (e.action <> 'wait', 'wait says how long, but the action is ' || e.action, 'Give the action wait, or leave it out.'),
        ((e.wait ? 'header')::int + (e.wait ? 'pattern')::int + (e.wait ? 'seconds')::int <> 1, 'wait has not exactly one of header, pattern and seconds', 'Give one of them.'),
        (e.wait ? 'seconds' AND (jsonb_typeof(e.wait -> 'seconds') <> 'number' OR coalesce(substring(e.wait ->> 'seconds' FROM '^\d{1,5}(?:\.\d+)?$')::numeric > 86400, true)),
            'wait: seconds is no number from 0 to 86400', 'It is at most a day.'),
        (e.wait ? 'header' AND coalesce(e.wait ->> 'header', '') !~ '^[A-Za-z0-9_-]+$', 'wait: header is no name', 'It is a header''s name, in whatever case.'),
        (e.wait ? 'unit' AND (e.wait ->> 'unit' IN ('seconds', 'epoch_s', 'epoch_ms', 'relative_ms', 'iso', 'http_date')) IS NOT TRUE, 'wait: there is no such unit',
            'There are: seconds, epoch_s, epoch_ms, relative_ms, iso, http_date.'),
        (e.wait ? 'pattern' AND wrong IS NULL AND e.wait ->> 'pattern' !~ '\((?!\?)', 'wait: the pattern has no group', 'What is between parentheses is how long.'),
        (wrong IS NOT NULL, 'wait: the pattern ' || wrong, 'It is matched with at most 10,000 characters of the answer.')) w(is_so, problem, fix) WHERE w.is_so;
END $$;
COMMENT ON FUNCTION lealup._check_wait(text, lealup.provider_error) IS 'What is wrong with where a row of provider_error says how long to wait.';

CREATE FUNCTION lealup._check_errors(p lealup.provider) RETURNS SETOF lealup._fault
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    e lealup.provider_error;
    place text;
    wrong text;
BEGIN
    FOR e IN SELECT * FROM lealup.provider_error x WHERE x.provider = p.name ORDER BY x.ord LOOP
        place := format('provider_error %s', e.ord);
        wrong := lealup._check_pattern(e.pattern);
        RETURN QUERY SELECT w.problem, place, w.fix FROM (VALUES
            (wrong IS NOT NULL, 'the pattern ' || wrong, 'It is matched with at most 10,000 characters of the answer.'),
            (NOT lealup._is_answer_path(e.path), 'the path is no dotted path', 'It is such as error.errors.{}.reason, {} for each element of an array, and "with quotes" what is no plain name.'),
            (e.statuses IS NULL AND e.path IS NULL AND e.pattern IS NULL, 'it fits every answer, good ones too', 'Name statuses, or what the answer says.'),
            (cardinality(e.statuses) = 0 OR EXISTS (SELECT FROM unnest(e.statuses) s WHERE s IS NULL OR s NOT BETWEEN 100 AND 599), 'a status is not from 100 to 599', 'Null = whatever status.'),
            (e.stream IS NOT NULL AND e.part IS DISTINCT FROM 'action' AND NOT EXISTS (SELECT FROM lealup.provider_stream d WHERE d.provider = p.name AND d.name = e.stream),
                format('there is no stream "%s"', e.stream), 'Null = all.'),
            (e.stream IS NOT NULL AND e.part = 'action' AND NOT EXISTS (SELECT FROM lealup.provider_operation o WHERE o.provider = p.name AND o.name = e.stream),
                format('there is no operation "%s"', e.stream), 'Null = all.'),
            (e.part = 'action' AND e.action IN ('skip', 'gone', 'reset'), format('the action %s is for pages and details', e.action), 'Of an operation it can be said: retry, wait, refresh, reconnect, fail, answer.'),
            (e.stream IS NOT NULL AND e.part IN ('token', 'other'), format('it can never fit: requests of the part %s are of no stream', e.part), 'Leave the stream out.'),
            (e.part = 'token' AND p.auth <> 'oauth2', 'it can never fit: the provider gives no tokens', 'Leave it out.'),
            (e.part = 'detail' AND NOT EXISTS (SELECT FROM lealup.provider_stream d WHERE d.provider = p.name AND d.name = coalesce(e.stream, d.name) AND d.detail_request IS NOT NULL),
                'it can never fit: no stream reads details', 'Leave it out.'),
            (e.part = 'page' AND e.action IN ('skip', 'gone'), format('a page cannot be %s', CASE e.action WHEN 'skip' THEN 'skipped' ELSE 'gone' END),
                'The actions skip and gone are for details; a page can reset or fail.'),
            (e.part IN ('token', 'other') AND e.action IN ('skip', 'gone', 'reset'), format('the action %s is for pages and details', e.action),
                'Of other requests it can be said: retry, wait, reconnect, fail, answer.'),
            (e.part = 'token' AND e.action = 'refresh', 'a token cannot be refreshed while it is asked for', 'It can be said: retry, wait, reconnect, fail.')) w(is_so, problem, fix) WHERE w.is_so;
        RETURN QUERY SELECT f.* FROM lealup._check_wait(place, e) f WHERE e.wait IS NOT NULL;
        RETURN QUERY SELECT format('it can never fit: row %s comes before, and fits whatever this one does', b.ord), place, 'Change the order, or leave one out.'
            FROM lealup.provider_error b
            WHERE b.provider = p.name AND b.ord < e.ord AND (b.stream IS NULL OR b.stream = e.stream) AND (b.part IS NULL OR b.part = e.part)
              AND (b.statuses IS NULL OR b.statuses @> e.statuses)
              AND (b.path IS NULL AND b.pattern IS NULL OR b.path IS NOT DISTINCT FROM e.path AND (b.pattern IS NULL OR b.pattern = e.pattern))
            ORDER BY b.ord LIMIT 1;
    END LOOP;
END $$;
COMMENT ON FUNCTION lealup._check_errors(lealup.provider) IS 'What is wrong with the rows of provider_error of a provider.';

-- ----- The rest -----

CREATE FUNCTION lealup._check_operation(p lealup.provider, o lealup.provider_operation) RETURNS SETOF lealup._fault
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    place text := format('provider_operation "%s"', o.name);
BEGIN
    RETURN QUERY SELECT f.* FROM (VALUES ('.request', o.request, 1), ('.response', o.response, 2), ('.idempotency.search', o.idempotency ->> 'search', 1), ('.idempotency.found', o.idempotency ->> 'found', 2))
        c(part, name, arguments) CROSS JOIN LATERAL lealup._check_function(place || c.part, c.name, c.arguments) f WHERE c.name IS NOT NULL;
    RETURN QUERY SELECT w.problem, place || w.part, w.fix FROM (VALUES
        (o.audience IS NULL, 'it does not say who sees its effect', '.audience', 'own_team, customer or unknown; unknown counts as customer.'),
        (o.idempotency IS NOT NULL AND (CASE WHEN o.idempotency ? 'search' THEN o.idempotency ?& '{search,found}' AND o.idempotency - '{search,found}'::text[] = '{}'
            ELSE o.idempotency ->> 'in' IN ('header', 'query', 'json', 'form') AND length(o.idempotency ->> 'field') > 0 AND o.idempotency - '{in,field}'::text[] = '{}' END) IS NOT TRUE,
            'it is neither where a key goes nor how to search', '.idempotency', '{"in": "header" | "query" | "json" | "form", "field"}, or {"search", "found"}; null if there is neither.'),
        (NOT lealup._may_repeat(o) AND o.request IS NOT NULL, 'Hint: what may have arrived is not sent again by itself', '.idempotency', 'Say how the provider knows a request that comes twice, if it can.'),
        (jsonb_typeof(o.input) <> 'object' OR EXISTS (SELECT FROM jsonb_each(CASE jsonb_typeof(o.input) WHEN 'object' THEN o.input ELSE '{}' END) f
            WHERE jsonb_typeof(f.value) <> 'object' OR f.value - '{type,required,max,title}'::text[] <> '{}'
               OR coalesce(f.value ->> 'type', 'string') NOT IN ('string', 'number', 'boolean', 'object', 'array', 'member', 'any')), 'it does not say what an input has', '.input',
            '{name: {"type"?: string|number|boolean|object|array|member|any, "required"?, "max"?, "title"?}}.'),
        (o.mirror IS NOT NULL AND o.audience IS DISTINCT FROM 'own_team', 'a rule that carries changes there is only for what the own team sees', '.mirror', 'Leave it out, or give audience as own_team.'),
        (o.mirror = 'ticket_message.created' AND o.makes IS DISTINCT FROM 'ticket_message', 'what it makes of a new message is not known afterwards', '.makes', 'Give ticket_message.'),
        (o.timeout <= interval '0' OR o.cost < 0, 'timeout is above nothing, cost not below', '', 'Leave them out to have the defaults.')) w(is_so, problem, part, fix) WHERE w.is_so;
    RETURN QUERY SELECT format('there is no scope "%s"', wanted), place || '.scopes', 'Add a row of provider_scope: it has to be asked for.'
        FROM unnest(o.scopes) wanted WHERE NOT EXISTS (SELECT FROM lealup.provider_scope s WHERE s.provider = p.name AND s.scope = wanted);
END $$;
COMMENT ON FUNCTION lealup._check_operation(lealup.provider, lealup.provider_operation) IS 'What is wrong with an operation and its functions.';

CREATE FUNCTION lealup._check_rows(p lealup.provider) RETURNS SETOF lealup._fault
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT 'the scope has no description', format('provider_scope "%s"', s.scope), 'Say in plain words what lealup reads, or writes, by it.'
        FROM lealup.provider_scope s WHERE s.provider = p.name AND coalesce(btrim(s.reads), '') = '' AND coalesce(btrim(s.writes), '') = '';
    RETURN QUERY SELECT 'it is not said what lealup does not read', format('provider_scope "%s"', s.scope), 'Fill in does_not_read: it is what people ask before they agree.'
        FROM lealup.provider_scope s WHERE s.provider = p.name AND coalesce(btrim(s.does_not_read), '') = '';
    RETURN QUERY SELECT 'nothing says what is read', 'provider_scope', 'Add a row for each scope; for a key, one that says what lealup reads with it.'
        WHERE NOT EXISTS (SELECT FROM lealup.provider_scope s WHERE s.provider = p.name);
    RETURN QUERY SELECT 'there is neither a stream nor an operation', 'provider_stream', 'Add what is to be read.'
        WHERE NOT EXISTS (SELECT FROM lealup.provider_stream d WHERE d.provider = p.name) AND NOT EXISTS (SELECT FROM lealup.provider_operation o WHERE o.provider = p.name)
          AND NOT EXISTS (SELECT FROM lealup.provider_inbound i WHERE i.provider = p.name AND i.takes IS NOT NULL);
    RETURN QUERY SELECT f.* FROM lealup.provider_operation o CROSS JOIN LATERAL lealup._check_operation(p, o) f WHERE o.provider = p.name;
    RETURN QUERY SELECT 'of a client, although there is none', format('provider_budget "%s"', b.name), 'Give per as connection.'
        FROM lealup.provider_budget b WHERE b.provider = p.name AND b.per = 'client' AND p.auth <> 'oauth2';
    RETURN QUERY SELECT 'Hint: the provider limits requests, but no budget keeps lealup below its limits', 'provider_budget',
        'Add a row with what it documents; without one its refusals are waited for.'
        WHERE NOT EXISTS (SELECT FROM lealup.provider_budget b WHERE b.provider = p.name)
          AND EXISTS (SELECT FROM lealup.provider_error e WHERE e.provider = p.name AND (e.action = 'wait' OR 429 = ANY (e.statuses)));
    RETURN QUERY SELECT c.problem, format('provider_inbound "%s"', c.name), 'sql/79_inbox_scheme.sql has the shape.' FROM lealup.check_inbound(p.name) c WHERE c.problem NOT LIKE 'handler: %';
    RETURN QUERY SELECT f.* FROM lealup.provider_inbound i CROSS JOIN LATERAL lealup._check_function(format('provider_inbound "%s".handler', i.name), i.handler, 2) f WHERE i.provider = p.name;
    RETURN QUERY SELECT format('nothing provides the secret "%s"', s.signature ->> 'key'), format('provider_inbound "%s"', s.name), 'It is inbound_secret, client_secret (of OAuth), or a secret field.'
        FROM (SELECT i.name, i.signature FROM lealup.provider_inbound i WHERE i.provider = p.name
              UNION ALL
              SELECT i.name, h -> 'verify' FROM lealup.provider_inbound i CROSS JOIN LATERAL jsonb_array_elements(CASE jsonb_typeof(i.handshake) WHEN 'array' THEN i.handshake ELSE '[]' END) h
              WHERE i.provider = p.name) s
        WHERE s.signature ? 'key' AND s.signature ->> 'key' <> ALL (lealup._provided_secrets(p) || CASE p.auth WHEN 'oauth2' THEN '{client_secret}'::text[] ELSE '{}' END);
END $$;
COMMENT ON FUNCTION lealup._check_rows(lealup.provider) IS 'What is wrong with the scopes, operations, budgets and notifications of a provider.';

CREATE FUNCTION lealup.check_provider(name text) RETURNS TABLE (problem text, place text, fix text)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    p lealup.provider;
BEGIN
    SELECT * INTO p FROM lealup.provider x WHERE x.name = check_provider.name;
    IF p.name IS NULL THEN
        RETURN QUERY SELECT format('there is no provider "%s"', left(check_provider.name, 100)), 'provider',
            'There are: ' || (SELECT string_agg(x.name, ', ' ORDER BY x.name) FROM lealup.provider x) || '.';
    ELSE
        RETURN QUERY SELECT * FROM lealup._check_provider_row(p);
        RETURN QUERY SELECT * FROM lealup._check_rows(p);
        RETURN QUERY SELECT f.* FROM lealup.provider_stream d CROSS JOIN LATERAL lealup._check_stream(p, d) f WHERE d.provider = p.name ORDER BY d.ord, d.name;
        RETURN QUERY SELECT * FROM lealup._check_errors(p);
    END IF;
    -- They may have been meant for it.
    RETURN QUERY SELECT format('rows of a provider that there is not: "%s"', o.provider), o.place, 'Correct the name, or delete them.'
        FROM (SELECT 'provider_scope' AS place, x.provider FROM lealup.provider_scope x UNION SELECT 'provider_stream', x.provider FROM lealup.provider_stream x
              UNION SELECT 'provider_error', x.provider FROM lealup.provider_error x UNION SELECT 'provider_budget', x.provider FROM lealup.provider_budget x
              UNION SELECT 'provider_inbound', x.provider FROM lealup.provider_inbound x UNION SELECT 'provider_operation', x.provider FROM lealup.provider_operation x) o
        WHERE NOT EXISTS (SELECT FROM lealup.provider x WHERE x.name = o.provider) ORDER BY o.provider, o.place;
END $$;
COMMENT ON FUNCTION lealup.check_provider(text) IS
    'What is wrong with a provider: problem, place (the table, row or column) and fix; no rows if nothing is. Its functions are called once, as lealup_provider and without network. A problem that begins with Hint may stay. Rows of provider_* tables that belong to no provider are named whatever the name.';
