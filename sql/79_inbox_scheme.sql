-- How notifications are told from others', answered, and recognized when they come again: the shapes of provider_inbound's columns.
--
-- A source says where something is in a request:
--     {"header": name} | {"query": parameter} | {"json": dotted path into the body, {} standing for each element of an array},
--     "separator"?: the value is a list, "prefix"?: what the value, or an element of the list, begins with; others are passed over.
--
-- signature, which a request must bear to be taken. "key" names the secret: inbound_secret (the default; set_inbound_secret() sets it),
-- client_secret (of the OAuth client), or a secret field of the connection.
--     {"type": "hmac", source of the signature (none of json), "algorithm": "sha256" | "sha1", "encoding": "hex" | "base64",
--      "template"?: what is signed, "{body}" unless given, "key"?, "key_format"?: "base64" (Standard Webhooks: whsec_ and base64),
--      "timestamp"?: source and "unit": "s" | "ms" | "iso8601", "tolerance"?: seconds (300),
--      "any_port"?: true = the URL may have been signed with or without its port, "body_hash"?: the query parameter with the body's SHA-256,
--      which a body that is no form then needs}
--     In a template {body} is the raw body, {ts} the timestamp as it came, {method}, {url} the whole URL, {uri} the same with the characters
--     decoded that HubSpot decodes, {form_sorted} the fields of a form by name, each followed by its value, {first_item} the raw first element
--     of a body that is an array, {hdr:Name} a header; the rest stands for itself.
--     {"type": "token", source, "key"?}: what is there is the key itself.
--     {"type": "basic", "user"?: the user name, "key"?}: the password is the key.
--     {"type": "oidc_jwt", source, "jwks": URL of the keys, "issuers": [], "audience", "email"?}: a token that RS256 signed. audience and email are
--      literal, or {option:name} of the connection; {url} as audience is the URL of the notifications.
--     {"type": "none"}: that somebody knows the URL is enough.
-- timestamp: without one, dedupe has to last as long as the sender, or somebody who overheard it, may repeat a message; keys are kept for
-- lealup.inbox_retention, 8 days at least.
--
-- handshake: requests that are answered without being taken. [{"when": {"method"?, "query"?: {name: value}, "header"?: {}, "json"?: {}}: all must be so,
--     null = whatever value, "echo"?: the source of what is answered, "as"?: "text" (the default) | "json:NAME" | "header:NAME",
--     "verify"?: a signature, of which {"type": "none"} = none; else that of the row}]. Without echo they are answered as acknowledge says.
--
-- dedupe: a source, {"all": [sources]} for several together, or {"body": true}, the body's SHA-256, which also stands in where the others are not there.
-- acknowledge: {"status": 200 to 299, "body"?: a string, sent as text, or other JSON, "headers"?: {name: value}}.

CREATE FUNCTION lealup._check_signature(signature jsonb, keys text[], method text, url text, query text, headers jsonb, body bytea, document jsonb, now timestamptz)
    RETURNS text LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'lealup_check_signature';
COMMENT ON FUNCTION lealup._check_signature(jsonb, text[], text, text, text, jsonb, bytea, jsonb, timestamptz) IS
    'Why a request does not bear what a signature (but oidc_jwt) demands with one of the keys; null = it does. For tests of a scheme with a sample of its documentation; what is received is verified by _verify_inbound(), which opens the keys itself.';

CREATE FUNCTION lealup._inbound_values(source jsonb, query text, headers jsonb, document jsonb) RETURNS text[]
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'lealup_inbound_values';
COMMENT ON FUNCTION lealup._inbound_values(jsonb, text, jsonb, jsonb) IS 'What is where a source says, at most 200 values.';

CREATE FUNCTION lealup._inbound_matches(condition jsonb, method text, query text, headers jsonb, document jsonb) RETURNS boolean
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'lealup_inbound_matches';
COMMENT ON FUNCTION lealup._inbound_matches(jsonb, text, text, jsonb, jsonb) IS 'Whether a request is as the "when" of a handshake says.';

CREATE FUNCTION lealup._inbound_key(dedupe jsonb, query text, headers jsonb, document jsonb, body bytea) RETURNS text
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'lealup_inbound_key';
COMMENT ON FUNCTION lealup._inbound_key(jsonb, text, jsonb, jsonb, bytea) IS 'What a message''s repetitions have in common: one short value as it is, else a SHA-256.';

CREATE FUNCTION lealup._hide_values(body bytea, document jsonb, source jsonb) RETURNS bytea
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'lealup_hide_values';
COMMENT ON FUNCTION lealup._hide_values(bytea, jsonb, jsonb) IS 'A body in which asterisks stand for what is where a source says.';

CREATE FUNCTION lealup._inbound_json(body bytea) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN convert_from(body, 'UTF8')::jsonb;
EXCEPTION WHEN data_exception OR program_limit_exceeded OR untranslatable_character THEN
    RETURN NULL;
END $$;
COMMENT ON FUNCTION lealup._inbound_json(bytea) IS 'A body as JSON; null if it is none.';

-- ----- What is wrong with a row -----

CREATE FUNCTION lealup._check_source(what text, source jsonb, kinds text[] DEFAULT '{header,query,json}') RETURNS SETOF text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    named text[];
BEGIN
    IF jsonb_typeof(source) IS DISTINCT FROM 'object' THEN
        RETURN NEXT what || ' is no object';
        RETURN;
    END IF;
    named := ARRAY(SELECT k FROM jsonb_object_keys(source) k WHERE k IN ('header', 'query', 'json'));
    IF cardinality(named) <> 1 OR named[1] <> ALL (kinds) THEN
        RETURN NEXT format('%s names not exactly one of %s', what, array_to_string(kinds, ', '));
    ELSIF jsonb_typeof(source -> named[1]) <> 'string' OR source ->> named[1] = '' THEN
        RETURN NEXT format('%s: %s is no name', what, named[1]);
    END IF;
    RETURN QUERY SELECT format('%s: %s is no string', what, k) FROM unnest('{prefix,separator}'::text[]) k
        WHERE source ? k AND jsonb_typeof(source -> k) <> 'string';
END $$;
COMMENT ON FUNCTION lealup._check_source(text, jsonb, text[]) IS 'What is wrong with a source; what: what it is the source of.';

CREATE FUNCTION lealup._check_members(what text, object jsonb, known text[]) RETURNS SETOF text
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT format('%s has unknown members: %s', what, string_agg(k, ', ' ORDER BY k)) FROM jsonb_object_keys(CASE jsonb_typeof(object) WHEN 'object' THEN object ELSE '{}' END) k
    WHERE k <> ALL (known) HAVING count(*) > 0;
END;
COMMENT ON FUNCTION lealup._check_members(text, jsonb, text[]) IS 'The members of an object that nobody knows.';

CREATE FUNCTION lealup._check_signature_rule(what text, signature jsonb, provider text) RETURNS SETOF text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    template text := coalesce(signature ->> 'template', '{body}');
    piece text;
    host text := substring(signature ->> 'jwks' FROM '^https://([^/:?#]+)');
BEGIN
    IF jsonb_typeof(signature) IS DISTINCT FROM 'object' THEN
        RETURN NEXT what || ' is no object';
        RETURN;
    END IF;
    IF jsonb_typeof(signature -> 'key') <> 'string' THEN
        RETURN NEXT what || ': key is no string';
    END IF;
    CASE coalesce(signature ->> 'type', '')
    WHEN 'none' THEN
        RETURN QUERY SELECT * FROM lealup._check_members(what, signature, '{type}');
    WHEN 'basic' THEN
        RETURN QUERY SELECT * FROM lealup._check_members(what, signature, '{type,user,key}');
    WHEN 'token' THEN
        RETURN QUERY SELECT * FROM lealup._check_members(what, signature, '{type,header,query,json,prefix,separator,key}');
        RETURN QUERY SELECT * FROM lealup._check_source(what, signature);
    WHEN 'oidc_jwt' THEN
        RETURN QUERY SELECT * FROM lealup._check_members(what, signature, '{type,header,query,prefix,jwks,issuers,audience,email}');
        RETURN QUERY SELECT * FROM lealup._check_source(what, signature, '{header,query}');
        IF host IS NULL OR NOT EXISTS (
            SELECT FROM lealup.provider p WHERE p.name = _check_signature_rule.provider AND lealup._is_listed(host, p.allowed_hosts)) THEN
            RETURN NEXT format('%s: jwks is no https URL of a host in allowed_hosts', what);
        END IF;
        IF jsonb_typeof(signature -> 'issuers') IS DISTINCT FROM 'array' OR signature -> 'issuers' = '[]' THEN
            RETURN NEXT what || ': issuers is no list of those who may have issued it';
        END IF;
        IF coalesce(signature ->> 'audience', '') = '' THEN
            RETURN NEXT what || ': audience is missing, so a token for anybody would do';
        END IF;
    WHEN 'hmac' THEN
        RETURN QUERY SELECT * FROM lealup._check_members(what, signature, '{type,header,query,prefix,separator,algorithm,encoding,template,key,key_format,timestamp,any_port,body_hash}');
        RETURN QUERY SELECT * FROM lealup._check_source(what, signature, '{header,query}');
        IF (signature ->> 'algorithm' IN ('sha256', 'sha1')) IS NOT TRUE THEN
            RETURN NEXT what || ': algorithm is not sha256 or sha1';
        END IF;
        IF (signature ->> 'encoding' IN ('hex', 'base64')) IS NOT TRUE THEN
            RETURN NEXT what || ': encoding is not hex or base64';
        END IF;
        IF signature ? 'key_format' AND signature ->> 'key_format' <> 'base64' THEN
            RETURN NEXT what || ': key_format is not base64';
        END IF;
        FOR piece IN SELECT m[1] FROM regexp_matches(template, '\{([^}]*)\}', 'g') m LOOP
            IF piece NOT IN ('body', 'ts', 'method', 'url', 'uri', 'form_sorted', 'first_item') AND piece !~ '^hdr:[A-Za-z0-9-]+$' THEN
                RETURN NEXT format('%s: template has an unknown piece {%s}', what, piece);
            END IF;
        END LOOP;
        IF length(template) > 500 OR (SELECT count(*) FROM regexp_matches(template, '\{', 'g')) > 9 THEN
            RETURN NEXT what || ': template is longer than 500 characters, or has more than 9 pieces';
        END IF;
        IF template !~ '\{(body|first_item)\}' AND NOT signature ? 'body_hash' THEN
            RETURN NEXT what || ': the body is not signed';
        END IF;
        IF signature ? 'timestamp' THEN
            RETURN QUERY SELECT * FROM lealup._check_members(what || '.timestamp', signature -> 'timestamp', '{header,query,json,prefix,separator,unit,tolerance}');
            RETURN QUERY SELECT * FROM lealup._check_source(what || '.timestamp', signature -> 'timestamp');
            IF (signature #>> '{timestamp,unit}' IN ('s', 'ms', 'iso8601')) IS NOT TRUE THEN
                RETURN NEXT what || '.timestamp: unit is not s, ms or iso8601';
            END IF;
            IF coalesce(signature #>> '{timestamp,tolerance}', '300') !~ '^[1-9][0-9]{0,4}$' THEN
                RETURN NEXT what || '.timestamp: tolerance is no number of seconds, below 100000';
            END IF;
            IF NOT signature -> 'timestamp' ? 'json' AND strpos(template, '{ts}') = 0 AND template !~ '\{hdr:' THEN
                RETURN NEXT what || ': the timestamp is not signed';
            END IF;
        ELSIF strpos(template, '{ts}') > 0 THEN
            RETURN NEXT what || ': template has {ts}, but there is no timestamp';
        END IF;
    ELSE
        RETURN NEXT what || ': type is not hmac, token, basic, oidc_jwt or none';
    END CASE;
END $$;
COMMENT ON FUNCTION lealup._check_signature_rule(text, jsonb, text) IS 'What is wrong with a signature; what: what it is called.';

CREATE FUNCTION lealup._check_inbound(i lealup.provider_inbound) RETURNS SETOF text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    h jsonb;
    part jsonb;
BEGIN
    RETURN QUERY SELECT * FROM lealup._check_signature_rule('signature', i.signature, i.provider);

    IF jsonb_typeof(i.handshake) <> 'array' THEN
        RETURN NEXT 'handshake is no array';
    ELSE
        FOR h IN SELECT * FROM jsonb_array_elements(i.handshake) LOOP
            RETURN QUERY SELECT * FROM lealup._check_members('handshake', h, '{when,echo,as,verify}');
            IF jsonb_typeof(h -> 'when') IS DISTINCT FROM 'object' OR h -> 'when' = '{}' THEN
                RETURN NEXT 'handshake: when does not say which requests it is for';
            ELSE
                RETURN QUERY SELECT * FROM lealup._check_members('handshake.when', h -> 'when', '{method,query,header,json}');
                RETURN QUERY SELECT format('handshake.when: %s is no object', k) FROM unnest('{query,header,json}'::text[]) k
                    WHERE h -> 'when' ? k AND jsonb_typeof(h -> 'when' -> k) <> 'object';
            END IF;
            IF h ? 'echo' THEN
                RETURN QUERY SELECT * FROM lealup._check_source('handshake.echo', h -> 'echo');
                IF coalesce(h ->> 'as', 'text') !~ '^(text|json:.+|header:[A-Za-z0-9-]+)$' THEN
                    RETURN NEXT 'handshake: as is not text, json:NAME or header:NAME';
                END IF;
            END IF;
            IF h ? 'verify' THEN
                RETURN QUERY SELECT * FROM lealup._check_signature_rule('handshake.verify', h -> 'verify', i.provider);
            END IF;
        END LOOP;
    END IF;

    IF i.dedupe <> '{"body": true}' THEN
        IF i.dedupe ? 'all' AND jsonb_typeof(i.dedupe -> 'all') = 'array' THEN
            RETURN QUERY SELECT * FROM lealup._check_members('dedupe', i.dedupe, '{all}');
            FOR part IN SELECT * FROM jsonb_array_elements(i.dedupe -> 'all') LOOP
                RETURN QUERY SELECT * FROM lealup._check_source('dedupe.all', part);
            END LOOP;
        ELSE
            RETURN QUERY SELECT * FROM lealup._check_members('dedupe', i.dedupe, '{header,query,json,prefix,separator}');
            RETURN QUERY SELECT * FROM lealup._check_source('dedupe', i.dedupe);
        END IF;
    END IF;

    RETURN QUERY SELECT * FROM lealup._check_members('acknowledge', i.acknowledge, '{status,body,headers}');
    IF coalesce(i.acknowledge ->> 'status', '200') !~ '^2[0-9][0-9]$' THEN
        RETURN NEXT 'acknowledge: status is not from 200 to 299';
    ELSIF i.acknowledge ->> 'status' = '204' AND i.acknowledge ? 'body' THEN
        RETURN NEXT 'acknowledge: an answer with status 204 has no body';
    END IF;
    IF i.acknowledge ? 'headers' AND jsonb_typeof(i.acknowledge -> 'headers') <> 'object' THEN
        RETURN NEXT 'acknowledge: headers is no object';
    END IF;

    BEGIN
        -- What is no name gives an error here, but not in to_regprocedure() of newer servers.
        PERFORM parse_ident(i.handler);
        IF to_regprocedure(i.handler || '(jsonb, jsonb)') IS NULL THEN
            RETURN NEXT format('handler: there is no function %s(jsonb, jsonb)', i.handler);
        END IF;
    EXCEPTION WHEN syntax_error OR invalid_name OR invalid_parameter_value THEN
        RETURN NEXT 'handler is no name of a function';
    END;
END $$;
COMMENT ON FUNCTION lealup._check_inbound(lealup.provider_inbound) IS 'What is wrong with a row of provider_inbound, a sentence for each fault.';

CREATE FUNCTION lealup.check_inbound(provider text) RETURNS TABLE (name text, problem text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT i.name, p FROM lealup.provider_inbound i, LATERAL lealup._check_inbound(i) p WHERE i.provider = check_inbound.provider ORDER BY i.ord, i.name;
END;
COMMENT ON FUNCTION lealup.check_inbound(text) IS 'What is wrong with the way in which a provider''s notifications are described: no rows if nothing is.';

COMMENT ON COLUMN lealup.provider_inbound.ord IS 'Kinds of notifications are tried in this order: the first whose signature is right takes the request.';
COMMENT ON COLUMN lealup.provider_inbound.signature IS 'What a request must bear: {"type": "hmac" | "token" | "basic" | "oidc_jwt" | "none", ...}; 79_inbox_scheme.sql has the shape, check_inbound() finds faults.';
COMMENT ON COLUMN lealup.provider_inbound.handshake IS 'Requests that are answered without being taken: [{"when", "echo"?, "as"?, "verify"?}].';
COMMENT ON COLUMN lealup.provider_inbound.dedupe IS 'What a message''s repetitions have in common: {"header" | "json" | "query": name}, {"all": [...]}, or {"body": true}.';
COMMENT ON COLUMN lealup.provider_inbound.handler IS 'Function (call jsonb, message jsonb) RETURNS jsonb. call: {"now", "name", "connection"}; message: {"headers": {lower-case name: value}, "body": JSON, or the fields of a form {name: value}, or null, "text": the body if it is no JSON}. Gives any of {"hint": [streams to be read now], "account_id"?: of which accounts of the tenant at the provider; else the connection''s}, {"records": {stream: [records]}}, {"acts": [{"account": external id of who did it, "do": what lealup._act() can do, "id"}]}, {"disconnect": why the grant has ended}, {"ignore": why}.';
COMMENT ON COLUMN lealup.provider_inbound.options IS 'It is for connections that have these options; {} = for all.';
COMMENT ON COLUMN lealup.provider_inbound.takes IS 'leads: the handler gives {"leads": [records]} or {"ignore": why}; the connection''s lead sync applies those of many messages at once, see lealup._apply_leads(). Null = what handler says.';
COMMENT ON COLUMN lealup.provider_inbound.acknowledge IS 'What is answered: {"status", "body"?: string or other JSON, "headers"?: {name: value}}.';
