-- What people see of providers: which there are, and what they need, read and cannot do.

CREATE VIEW lealup.providers WITH (security_invoker) AS
SELECT p.name, p.title, p.kind, p.auth, ARRAY(SELECT d.name FROM lealup.provider_stream d WHERE d.provider = p.name ORDER BY d.ord, d.name) AS streams,
       (SELECT count(*) FROM lealup.connection c WHERE c.provider = p.name AND c.state = 'connected' AND c.tenant_id = lealup.current_tenant()) AS connected, p.docs_url
FROM lealup.provider p;
COMMENT ON VIEW lealup.providers IS
    'What can be connected: kind (personal: each member connects their own account; workspace: an admin connects the tenant''s), auth (how), the streams that are read, and how many connections of the current tenant work. provider_help(name) tells more.';

CREATE FUNCTION lealup._duration(i interval) RETURNS text
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
    RETURN (SELECT CASE WHEN s.s % 3600 = 0 THEN s.s / 3600 || ' h' WHEN s.s % 60 = 0 THEN s.s / 60 || ' min' ELSE s.s || ' s' END FROM (SELECT extract(epoch FROM i)::bigint AS s) s);
COMMENT ON FUNCTION lealup._duration(interval) IS 'How long something is, in whole seconds, minutes or hours, for people.';

CREATE FUNCTION lealup.provider_help(name text) RETURNS SETOF text
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    p lealup.provider := lealup._provider(provider_help.name);
BEGIN
    RETURN NEXT '# ' || p.title;
    RETURN NEXT '';
    RETURN NEXT CASE p.kind WHEN 'personal' THEN 'Each member connects their own account' ELSE 'An admin connects the account of the team' END
        || CASE p.auth WHEN 'oauth2' THEN ' by agreeing at the provider (OAuth).' WHEN 'app_jwt' THEN ' with the private key of an application of its own.' WHEN 'api_key' THEN ' with a key.' WHEN 'basic' THEN ' with a user name and a password.'
            ELSE '; no credentials are needed.' END;
    RETURN QUERY SELECT 'Its documentation: ' || p.docs_url WHERE p.docs_url IS NOT NULL;

    RETURN QUERY SELECT unnest(ARRAY['', '## Set-up', '']) WHERE cardinality(p.setup_steps) > 0;
    RETURN QUERY SELECT s.n || '. ' || s.step FROM unnest(p.setup_steps) WITH ORDINALITY s(step, n) ORDER BY s.n;

    RETURN QUERY SELECT unnest(ARRAY['', '## What it needs', '']) WHERE p.fields <> '[]' OR p.auth = 'oauth2';
    RETURN QUERY SELECT '- An OAuth client: `lealup.set_oauth_client()`, by an admin, once.' WHERE p.auth = 'oauth2';
    RETURN QUERY SELECT format('- `%s`: %s', f.value ->> 'name', concat_ws('; ', f.value ->> 'title', CASE WHEN f.value ->> 'required' = 'true' THEN 'required' END,
            CASE WHEN f.value ->> 'secret' = 'true' THEN 'secret, stored encrypted' END, 'by default ' || (f.value ->> 'default')))
        FROM jsonb_array_elements(p.fields) WITH ORDINALITY f(value, n) ORDER BY f.n;

    RETURN QUERY SELECT unnest(ARRAY['', '## What it reads and writes', '']);
    RETURN QUERY SELECT unnest(ARRAY[format('- `%s`%s', s.scope, CASE WHEN s.required THEN '' ELSE ' (may be declined)' END), '  - reads: ' || coalesce(s.reads, 'nothing'),
            '  - writes: ' || coalesce(s.writes, 'nothing'), '  - does not read: ' || coalesce(s.does_not_read, 'not said')])
        FROM (SELECT * FROM lealup.provider_scope x WHERE x.provider = p.name ORDER BY x.required DESC, x.scope) s;
    RETURN QUERY SELECT format('- %s: %s', o.title, CASE o.audience WHEN 'own_team' THEN 'only your team sees it' ELSE 'customers may see it, so that somebody approves it before' END)
        FROM lealup.provider_operation o WHERE o.provider = p.name ORDER BY o.name;

    RETURN QUERY SELECT unnest(ARRAY['', '## Streams', '']) WHERE EXISTS (SELECT FROM lealup.provider_stream d WHERE d.provider = p.name);
    RETURN QUERY SELECT format('- `%s` (%s): asked every %s, less and less often down to every %s while there is no news%s', d.name, d.title, lealup._duration(d.period),
        lealup._duration(d.slowest_period),
            CASE WHEN d.watch_request IS NOT NULL THEN '; at once, where the provider notifies lealup' ELSE '' END)
        FROM lealup.provider_stream d WHERE d.provider = p.name ORDER BY d.ord, d.name;

    RETURN QUERY SELECT unnest(ARRAY['', '## Limits', '']) WHERE EXISTS (SELECT FROM lealup.provider_budget b WHERE b.provider = p.name);
    RETURN QUERY SELECT format('- %s units in %s, for %s', b.units, lealup._duration(b.period),
        CASE b.per WHEN 'connection' THEN 'each connection' ELSE 'all connections of an OAuth client together' END)
            || coalesce((SELECT '; ' || string_agg(format('a page of %s costs %s', d.name, d.page_cost)
                || CASE WHEN d.detail_request IS NOT NULL THEN format(', a record %s', d.detail_cost) ELSE '' END,
                '; ' ORDER BY d.ord, d.name) FROM lealup.provider_stream d WHERE d.provider = p.name), '')
        FROM lealup.provider_budget b WHERE b.provider = p.name ORDER BY b.name;

    RETURN QUERY SELECT unnest(ARRAY['', '## Common problems', '']) WHERE p.problems <> '[]' OR EXISTS (SELECT FROM lealup.provider_error e WHERE e.provider = p.name AND e.fix IS NOT NULL);
    RETURN QUERY SELECT format('- **%s** %s', x.value ->> 'problem', x.value ->> 'fix') FROM jsonb_array_elements(p.problems) WITH ORDINALITY x(value, n) ORDER BY x.n;
    RETURN QUERY SELECT format('- **%s.** %s', upper(left(e.message, 1)) || rtrim(substr(e.message, 2), '.'), e.fix)
        FROM (SELECT x.message, x.fix, min(x.ord) AS ord FROM lealup.provider_error x WHERE x.provider = p.name AND x.message IS NOT NULL AND x.fix IS NOT NULL GROUP BY 1, 2) e ORDER BY e.ord;
END $$;
COMMENT ON FUNCTION lealup.provider_help(text) IS
    'What there is to know of a provider, as lines of Markdown for people: how it is set up, what it needs, what it reads, writes and does not read, its streams, limits, and common problems with their fix. Raises invalid_parameter_value for one that there is not.';
