-- Requests to providers: from what a provider's function says to what is sent.

CREATE FUNCTION lealup._request_parts(p lealup.provider, options jsonb, request jsonb, OUT method text, OUT url text, OUT headers text, OUT body text,
        OUT places text[], OUT names text[], OUT prefixes text[], OUT secrets text[])
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    query text := lealup._url_query(request -> 'query');
    fields jsonb := coalesce(request -> 'fields', '[]');
    lines jsonb := jsonb_build_object('Accept', coalesce(request ->> 'accept', 'application/json'), 'User-Agent', 'lealup') || coalesce(request -> 'headers', '{}');
BEGIN
    method := upper(coalesce(request ->> 'method', 'GET'));
    IF method NOT IN ('GET', 'POST', 'PUT', 'PATCH', 'DELETE') THEN
        RAISE EXCEPTION 'invalid method: %', left(method, 20) USING ERRCODE = 'invalid_parameter_value';
    END IF;
    url := coalesce(request ->> 'url', lealup._fill_url(p.base_url, options) || (request ->> 'path'));
    IF url IS NULL THEN
        RAISE EXCEPTION 'the request has neither path nor url' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    url := url || coalesce(CASE WHEN position('?' IN url) > 0 THEN '&' ELSE '?' END || query, '');
    IF request ? 'json' THEN
        body := (request -> 'json')::text;
        lines := '{"Content-Type": "application/json"}' || lines;
    ELSIF request ? 'form' THEN
        body := coalesce(lealup._url_query(request -> 'form'), '');
        lines := '{"Content-Type": "application/x-www-form-urlencoded"}' || lines;
    ELSE
        body := request ->> 'text';
    END IF;
    IF (request ->> 'anonymous')::boolean IS NOT TRUE AND p.auth <> 'none' THEN
        fields := fields || jsonb_build_array(lealup._credential_field(p, options));
    END IF;
    IF EXISTS (SELECT FROM jsonb_object_keys(lines) k WHERE k !~ '^[A-Za-z0-9_-]{1,100}$') THEN
        RAISE EXCEPTION 'invalid name of a header' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT string_agg(h.key || ': ' || regexp_replace(h.value, '[\r\n]', ' ', 'g'), E'\n') INTO headers FROM jsonb_each_text(lines) h WHERE h.value IS NOT NULL;
    SELECT array_agg(f ->> 'in'), array_agg(coalesce(f ->> 'user', f ->> 'name', '')), array_agg(coalesce(f ->> 'prefix', '')),
           array_agg(CASE f ->> 'owner' WHEN 'client' THEN 'client:' ELSE '' END || (f ->> 'secret'))
    INTO places, names, prefixes, secrets FROM jsonb_array_elements(fields) f;
END $$;
COMMENT ON FUNCTION lealup._request_parts(lealup.provider, jsonb, jsonb) IS
    'What is sent for a request as provider functions describe it. options: the connection''s options and facts. places, names, prefixes, secrets: where a worker puts which secrets (header, query, form, json or basic, whose name is the user); a secret of the client begins with client:. Raises invalid_parameter_value for a request that is none.';
