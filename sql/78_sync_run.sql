-- Runs: what a worker takes up, and what comes of each answer. A worker has a unit, which is a job of a connection or a slice of a stream's run, by a
-- lease; it sends the requests that are made here and hands the answers back. All that is between is in "state", which only these functions read.

-- ----- Leases -----

CREATE FUNCTION lealup._sync_lease() RETURNS interval LANGUAGE sql IMMUTABLE RETURN interval '5 min';
COMMENT ON FUNCTION lealup._sync_lease() IS 'How long a unit is leased; each answer that is recorded prolongs it.';
CREATE FUNCTION lealup._sync_slice() RETURNS interval LANGUAGE sql IMMUTABLE RETURN interval '20 s';
COMMENT ON FUNCTION lealup._sync_slice() IS 'How long a run goes on before others have their turn.';
CREATE FUNCTION lealup._sync_share() RETURNS int LANGUAGE sql IMMUTABLE RETURN 8;
COMMENT ON FUNCTION lealup._sync_share() IS 'How many units of a tenant are worked on at a time, so that one tenant''s many connections, or hanging ones, do not hold up the others.';

CREATE FUNCTION lealup._sync_due(now timestamptz, room int) RETURNS TABLE (tenant_id uuid, connection_id uuid, unit text)
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH busy AS (
        SELECT b.tenant_id, b.kind, count(*) AS n FROM (
            SELECT s.tenant_id, 1 AS kind FROM lealup.connection_stream s WHERE s.claim_id IS NOT NULL AND s.next_run_at > _sync_due.now
            UNION ALL SELECT j.tenant_id, 1 FROM lealup.connection_job j WHERE j.claim_id IS NOT NULL AND j.due_at > _sync_due.now AND j.due_at <= _sync_due.now + lealup._sync_lease()
            UNION ALL SELECT a.tenant_id, 2 FROM lealup.action a WHERE a.status = 'sending' AND a.next_attempt_at > _sync_due.now) b
        GROUP BY b.tenant_id, b.kind
    ), due AS (
        (SELECT 1 AS kind, 1 AS rank, j.tenant_id, j.connection_id, 'job:' || j.kind AS unit, j.due_at FROM lealup.connection_job j
         WHERE j.due_at <= _sync_due.now AND EXISTS (SELECT FROM lealup.tenant t WHERE t.tenant_id = j.tenant_id AND t.home = lealup.home())
           AND NOT EXISTS (SELECT FROM busy b WHERE b.tenant_id = j.tenant_id AND b.kind = 1 AND b.n >= lealup._sync_share())
         ORDER BY j.due_at LIMIT 1000)
        UNION ALL
        (SELECT 1, 2, s.tenant_id, s.connection_id, 'stream:' || s.stream, s.next_run_at FROM lealup.connection_stream s
         WHERE s.next_run_at <= _sync_due.now AND EXISTS (SELECT FROM lealup.tenant t WHERE t.tenant_id = s.tenant_id AND t.home = lealup.home())
           AND NOT EXISTS (SELECT FROM busy b WHERE b.tenant_id = s.tenant_id AND b.kind = 1 AND b.n >= lealup._sync_share())
         ORDER BY s.next_run_at LIMIT 1000)
        UNION ALL
        -- Actions have a share of their own: what the team is to be told does not wait for what is read.
        (SELECT 2, 1, a.tenant_id, a.connection_id, 'action:' || a.id, a.next_attempt_at FROM lealup.action a
         WHERE a.status IN ('approved', 'sending') AND a.next_attempt_at <= _sync_due.now AND EXISTS (SELECT FROM lealup.tenant t WHERE t.tenant_id = a.tenant_id AND t.home = lealup.home())
           AND NOT EXISTS (SELECT FROM busy b WHERE b.tenant_id = a.tenant_id AND b.kind = 2 AND b.n >= lealup._sync_share())
         ORDER BY a.next_attempt_at, a.approved_at, a.id LIMIT 1000)
    ), turn AS (
        SELECT d.*, row_number() OVER (PARTITION BY d.tenant_id, d.kind ORDER BY d.rank, d.due_at) + coalesce(b.n, 0) AS nth
        FROM due d LEFT JOIN busy b ON b.tenant_id = d.tenant_id AND b.kind = d.kind
    )
    SELECT t.tenant_id, t.connection_id, t.unit FROM turn t WHERE t.nth <= lealup._sync_share() ORDER BY t.nth, t.rank, t.due_at LIMIT _sync_due.room;
END;
COMMENT ON FUNCTION lealup._sync_due(timestamptz, int) IS 'The units to be taken up next: every tenant''s first before anybody''s second.';

-- ----- Taking up -----

CREATE FUNCTION lealup._sync_open_stream(c lealup.connection, p lealup.provider, stream text, claim uuid, now timestamptz) RETURNS jsonb
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s lealup.connection_stream;
    items jsonb;
BEGIN
    UPDATE lealup.connection_stream x SET claim_id = claim, next_run_at = now + lealup._sync_lease(), lease_until = now + lealup._sync_lease(),
        run_id = coalesce(x.run_id, claim), run_started_at = coalesce(x.run_started_at, now)
    WHERE x.tenant_id = c.tenant_id AND x.connection_id = c.id AND x.stream = _sync_open_stream.stream
    RETURNING * INTO s;
    -- What was set aside and can be had again is read before new pages are.
    SELECT jsonb_agg(e.item) INTO items FROM (
        SELECT r.item FROM lealup.record_error r
        WHERE r.tenant_id = c.tenant_id AND r.connection_id = c.id AND r.stream = s.stream AND r.item IS NOT NULL
          AND (r.state = 'retry' OR r.state = 'open' AND r.next_try_at <= now)
        ORDER BY r.id LIMIT 500) e;
    RETURN jsonb_build_object('call', lealup._sync_call(c, s, now), 'slice_until', now + lealup._sync_slice(), 'token_version', c.token_version,
        'phase', CASE WHEN items IS NULL THEN 'page' ELSE 'details' END)
        || CASE WHEN items IS NULL THEN '{}' ELSE jsonb_build_object('items', items, 'retried', true, 'next', jsonb_build_object('verdict', 'more', 'cursor', s.cursor)) END;
END $$;
COMMENT ON FUNCTION lealup._sync_open_stream(lealup.connection, lealup.provider, text, uuid, timestamptz) IS 'Leases a stream, and gives the state in which its run begins or goes on.';

CREATE TYPE lealup._sync_unit AS (tenant_id uuid, connection_id uuid, unit text, claim_id uuid, state jsonb, requests int, max_in_flight int, hosts text[],
    secret_names text[], secret_tenants uuid[], secret_ids uuid[], secrets bytea[], key_ids uuid[], keys bytea[],
    bucket_ids uuid[], bucket_rates float8[], bucket_bursts float8[], answer_names text[], answer_paths text[],
    signing_key text, claims text);
COMMENT ON TYPE lealup._sync_unit IS
    'What a worker needs for a unit: how many requests there are to make, how many at a time and to which hosts, its secrets (still encrypted; those of the client are named client:...), the buckets that requests take from, what of an answer is secret, and which secret is a key that signs which claims, so that what it has signed stands in its place.';

CREATE FUNCTION lealup._hosts_apart(p lealup.provider) RETURNS text[]
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    -- "{site}.example.com" is the provider's whatever the site is; "{host}" is whatever a tenant says.
    SELECT coalesce(array_agg(h ORDER BY n), '{}') FROM unnest((p).allowed_hosts) WITH ORDINALITY u(h, n)
    WHERE h ~ '\.[A-Za-z0-9-]+\.[A-Za-z]{2,}$' OR h !~ '\{'
       OR NOT EXISTS (SELECT FROM jsonb_array_elements((p).fields) f WHERE strpos(h, '{' || (f ->> 'name') || '}') > 0);
END;
COMMENT ON FUNCTION lealup._hosts_apart(lealup.provider) IS 'The allowed hosts of a provider that no option of a connection can make another''s: where secrets may go that are not the tenant''s own.';

CREATE FUNCTION lealup._sync_open(d_tenant uuid, d_connection uuid, d_unit text, now timestamptz) RETURNS lealup._sync_unit
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    u lealup._sync_unit;
    c lealup.connection;
    p lealup.provider;
    d_kind text := substr(d_unit, strpos(d_unit, ':') + 1);
    is_job boolean := d_unit LIKE 'job:%';
    is_action boolean := d_unit LIKE 'action:%';
    later timestamptz;
BEGIN
    -- The connection before its jobs and streams, as everywhere.
    SELECT * INTO c FROM lealup.connection x WHERE x.tenant_id = d_tenant AND x.id = d_connection FOR NO KEY UPDATE SKIP LOCKED;
    SELECT * INTO p FROM lealup.provider x WHERE x.name = c.provider;
    IF c.id IS NULL THEN
        RETURN NULL;
    ELSIF is_action THEN
        PERFORM FROM lealup.action a WHERE a.tenant_id = d_tenant AND a.id = d_kind::uuid AND a.status IN ('approved', 'sending') AND a.next_attempt_at <= now FOR UPDATE SKIP LOCKED;
    ELSIF is_job THEN
        PERFORM FROM lealup.connection_job j WHERE j.tenant_id = d_tenant AND j.connection_id = d_connection AND j.kind = d_kind AND j.due_at <= now FOR UPDATE SKIP LOCKED;
    ELSE
        PERFORM FROM lealup.connection_stream s WHERE s.tenant_id = d_tenant AND s.connection_id = d_connection AND s.stream = d_kind AND s.next_run_at <= now FOR UPDATE SKIP LOCKED;
    END IF;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF is_action THEN
        u.state := lealup._action_open(c, p, d_kind::uuid, now);
        IF u.state IS NULL THEN
            RETURN NULL;
        END IF;
    ELSIF p.name IS NULL OR NOT is_job AND NOT EXISTS (SELECT FROM lealup.provider_stream x WHERE x.provider = p.name AND x.name = d_kind) THEN
        -- The provider is not there any more: nothing is asked, and somebody who brings it back resumes it.
        UPDATE lealup.connection_stream s SET next_run_at = 'infinity', claim_id = NULL, last_error = 'the provider, or this stream of it, is not installed'
        WHERE s.tenant_id = d_tenant AND s.connection_id = d_connection AND NOT is_job AND s.stream = d_kind;
        UPDATE lealup.connection_job j SET due_at = now + interval '1 hour', claim_id = NULL, error = 'the provider is not installed'
        WHERE j.tenant_id = d_tenant AND j.connection_id = d_connection AND is_job AND j.kind = d_kind;
        RETURN NULL;
    END IF;
    IF NOT is_job AND NOT is_action AND (c.state <> 'connected' OR c.paused_at IS NOT NULL OR EXISTS (SELECT FROM lealup.connection_stream s
        WHERE s.tenant_id = d_tenant AND s.connection_id = d_connection AND s.stream = d_kind AND s.paused_at IS NOT NULL)) THEN
        UPDATE lealup.connection_stream s SET next_run_at = 'infinity', claim_id = NULL WHERE s.tenant_id = d_tenant AND s.connection_id = d_connection AND s.stream = d_kind;
        RETURN NULL;
    END IF;
    IF NOT is_job THEN
        -- It waits for the provider, or for a new access token.
        SELECT greatest(c.not_before, max(CASE WHEN j.claim_id IS NULL THEN j.due_at END), now + interval '1 s') INTO later
        FROM lealup.connection_job j
        WHERE j.tenant_id = d_tenant AND j.connection_id = d_connection AND j.kind = 'refresh'
          AND (j.due_at <= now OR j.claim_id IS NOT NULL OR c.token_expires_at <= now OR (j.state ->> 'refused_version')::int = c.token_version)
        HAVING count(*) > 0 OR c.not_before > now;
        IF FOUND AND is_action THEN
            UPDATE lealup.action a SET next_attempt_at = later WHERE a.tenant_id = d_tenant AND a.id = d_kind::uuid;
            RETURN NULL;
        ELSIF FOUND THEN
            UPDATE lealup.connection_stream s SET next_run_at = later, claim_id = NULL
            WHERE s.tenant_id = d_tenant AND s.connection_id = d_connection AND s.stream = d_kind;
            RETURN NULL;
        END IF;
    END IF;

    u.tenant_id := d_tenant;
    u.connection_id := d_connection;
    u.unit := d_unit;
    u.claim_id := lealup.uuid7();
    u.hosts := ARRAY(SELECT lealup._fill_url(h, c.options || c.facts) FROM unnest(p.allowed_hosts) h);
    IF is_action THEN
        u.state := lealup._action_claim(c, d_kind::uuid, u.claim_id, u.state, now);
        u.max_in_flight := 1;
    ELSIF is_job THEN
        UPDATE lealup.connection_job j SET claim_id = u.claim_id, due_at = now + lealup._sync_lease(), lease_until = now + lealup._sync_lease(), attempts = j.attempts + 1
        WHERE j.tenant_id = d_tenant AND j.connection_id = d_connection AND j.kind = d_kind;
        u.state := jsonb_build_object('phase', 'job', 'request', lealup._job_request(d_tenant, d_connection, d_kind));
        IF u.state ->> 'request' IS NULL THEN
            -- There is nothing to ask, and that is recorded already.
            UPDATE lealup.connection_job j SET claim_id = NULL, lease_until = NULL WHERE j.tenant_id = d_tenant AND j.connection_id = d_connection AND j.kind = d_kind;
            RETURN NULL;
        END IF;
        u.max_in_flight := 1;
        IF c.client_tenant_id <> d_tenant AND u.state #> '{request,fields}' @> '[{"owner": "client"}]' THEN
            u.hosts := ARRAY(SELECT lealup._fill_url(h, c.options || c.facts) FROM unnest(lealup._hosts_apart(p)) h);
        END IF;
        IF p.auth = 'app_jwt' THEN
            u.signing_key := p.jwt ->> 'key';
            -- A clock that is ahead of the provider's would sign what is not good yet.
            u.claims := lealup._fill_json(p.jwt -> 'claims', c.options || c.facts) || jsonb_build_object('iat', extract(epoch FROM now)::bigint - 60,
                'exp', extract(epoch FROM now)::bigint - 60 + (p.jwt ->> 'seconds')::int);
        END IF;
        SELECT array_agg(a.key), array_agg(a.value) INTO u.answer_names, u.answer_paths FROM jsonb_each_text(u.state #> '{request,secret_answer}') a;
    ELSE
        u.state := lealup._sync_open_stream(c, p, d_kind, u.claim_id, now);
        SELECT least(s.max_in_flight, p.max_in_flight) INTO u.max_in_flight FROM lealup.provider_stream s WHERE s.provider = p.name AND s.name = d_kind;
    END IF;
    u.requests := coalesce(jsonb_array_length(u.state -> 'items'), 1);
    SELECT array_agg(CASE WHEN v.owner_id = c.client_id THEN 'client:' ELSE '' END || v.purpose), array_agg(v.tenant_id), array_agg(v.id), array_agg(v.ciphertext)
    INTO u.secret_names, u.secret_tenants, u.secret_ids, u.secrets
    -- Of two that are valid, the one that will be. Streams have no use for the installation's secret.
    FROM (SELECT x.* FROM lealup.vault_secret x
          WHERE (x.tenant_id, x.owner_id) IN ((d_tenant, d_connection), (CASE WHEN is_job OR c.client_tenant_id = d_tenant THEN c.client_tenant_id END, c.client_id))
            AND (x.expires_at IS NULL OR x.expires_at > now) AND (is_job OR x.purpose IS DISTINCT FROM p.jwt ->> 'key')
          ORDER BY x.expires_at DESC NULLS FIRST) v;
    SELECT array_agg(k.id), array_agg(k.wrapped) INTO u.key_ids, u.keys FROM lealup.vault_key k WHERE k.tenant_id IN (d_tenant, c.client_tenant_id);
    -- A quarter of the budget may go at once, the rest over the period, so that no period of the provider's sees more than all of it.
    SELECT array_agg(md5(b.provider || '/' || b.name || '/' || CASE b.per WHEN 'client' THEN coalesce(c.client_id, c.id) ELSE c.id END)::uuid),
           array_agg(x.units * 0.75 / extract(epoch FROM b.period)), array_agg(greatest(x.units * 0.25, 1))
    INTO u.bucket_ids, u.bucket_rates, u.bucket_bursts FROM lealup.provider_budget b
    CROSS JOIN LATERAL (SELECT least(b.units, CASE WHEN c.options ->> b.option ~ '^[1-9]\d{0,8}$' THEN (c.options ->> b.option)::int END) AS units) x WHERE b.provider = p.name;
    RETURN u;
END $$;
COMMENT ON FUNCTION lealup._sync_open(uuid, uuid, text, timestamptz) IS 'Takes a unit up; null if it is not due any more, waits for something, or has nothing to be done.';

CREATE FUNCTION lealup._sync_claim(now timestamptz, room int) RETURNS SETOF lealup._sync_unit
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    d record;
    u lealup._sync_unit;
BEGIN
    -- What rules tell of is sent along; of much, not all is made before the first goes.
    BEGIN
        FOR i IN 1 .. 5 LOOP
            EXIT WHEN lealup._mirrors_due(now, 200) + lealup._notifications_due(now, 200) < 200 OR EXISTS (SELECT FROM lealup.action a WHERE a.status = 'approved' AND a.next_attempt_at <= now);
        END LOOP;
    EXCEPTION WHEN OTHERS THEN
        RAISE LOG 'lealup: notifications could not be made: %', SQLERRM;
    END;
    FOR d IN SELECT * FROM lealup._sync_due(now, room) LOOP
        BEGIN
            u := lealup._sync_open(d.tenant_id, d.connection_id, d.unit, now);
            IF u.claim_id IS NOT NULL THEN
                RETURN NEXT u;
            END IF;
        EXCEPTION WHEN OTHERS THEN
            -- One that cannot be taken up must not keep the others from it.
            RAISE LOG 'lealup: % of connection % could not be taken up: %', d.unit, d.connection_id, SQLERRM;
            UPDATE lealup.connection_stream s SET next_run_at = now + interval '5 min', claim_id = NULL, last_error = left(SQLERRM, 1000)
            WHERE s.tenant_id = d.tenant_id AND s.connection_id = d.connection_id AND 'stream:' || s.stream = d.unit;
            UPDATE lealup.connection_job j SET due_at = now + interval '5 min', claim_id = NULL, error = left(SQLERRM, 1000)
            WHERE j.tenant_id = d.tenant_id AND j.connection_id = d.connection_id AND 'job:' || j.kind = d.unit;
            UPDATE lealup.action a SET next_attempt_at = now + interval '5 min', error = left(SQLERRM, 1000)
            WHERE a.tenant_id = d.tenant_id AND 'action:' || a.id = d.unit;
        END;
    END LOOP;
END $$;
COMMENT ON FUNCTION lealup._sync_claim(timestamptz, int) IS 'Leases up to so many units that are due, and gives what a worker needs for them.';

CREATE FUNCTION lealup._sync_next() RETURNS timestamptz
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT least(
        (SELECT s.next_run_at FROM lealup.connection_stream s WHERE EXISTS (SELECT FROM lealup.tenant t WHERE t.tenant_id = s.tenant_id AND t.home = lealup.home())
         ORDER BY s.next_run_at LIMIT 1),
        (SELECT j.due_at FROM lealup.connection_job j WHERE EXISTS (SELECT FROM lealup.tenant t WHERE t.tenant_id = j.tenant_id AND t.home = lealup.home())
         ORDER BY j.due_at LIMIT 1),
        (SELECT a.next_attempt_at FROM lealup.action a
         WHERE a.status IN ('approved', 'sending') AND EXISTS (SELECT FROM lealup.tenant t WHERE t.tenant_id = a.tenant_id AND t.home = lealup.home()) ORDER BY a.next_attempt_at LIMIT 1),
        (SELECT n.due_at FROM lealup.notification_job n WHERE EXISTS (SELECT FROM lealup.tenant t WHERE t.tenant_id = n.tenant_id AND t.home = lealup.home())
         ORDER BY n.due_at LIMIT 1),
        (SELECT m.due_at FROM lealup.mirror_job m WHERE EXISTS (SELECT FROM lealup.tenant t WHERE t.tenant_id = m.tenant_id AND t.home = lealup.home())
         ORDER BY m.due_at LIMIT 1));
END;
COMMENT ON FUNCTION lealup._sync_next() IS 'When the next unit of a tenant at home here is due; null if there is none.';

CREATE FUNCTION lealup._sync_release_all() RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    moment timestamptz := clock_timestamp();
    -- What was on its way may still be at work there.
    later timestamptz := moment + interval '5 s';
BEGIN
    UPDATE lealup.action a SET status = 'approved', claim_id = NULL, lease_until = NULL, uncertain = a.uncertain OR a.handed_out, handed_out = false,
        next_attempt_at = CASE WHEN a.handed_out THEN later ELSE moment END
    FROM lealup.tenant t WHERE t.tenant_id = a.tenant_id AND t.home = lealup.home() AND a.status = 'sending';
    UPDATE lealup.connection_stream s SET claim_id = NULL, next_run_at = moment FROM lealup.tenant t
    WHERE t.tenant_id = s.tenant_id AND t.home = lealup.home() AND s.claim_id IS NOT NULL AND s.next_run_at < 'infinity';
    UPDATE lealup.connection_job j SET claim_id = NULL, due_at = moment FROM lealup.tenant t
    WHERE t.tenant_id = j.tenant_id AND t.home = lealup.home() AND j.claim_id IS NOT NULL AND j.due_at < 'infinity';
END $$;
COMMENT ON FUNCTION lealup._sync_release_all() IS 'What a worker that has ended had taken up is due again at once. There is one sync worker for a database, so it calls this when it starts.';

-- ----- Requests -----

CREATE FUNCTION lealup._sync_requests(tenant_id uuid, connection_id uuid, unit text, state jsonb, numbers int[])
    RETURNS TABLE (n int, method text, url text, headers text, body text, places text[], names text[], prefixes text[], secrets text[], timeout_ms int, max_bytes int,
        cost int, problem text, once boolean)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    c lealup.connection;
    p lealup.provider;
    s lealup.provider_stream;
    phase text := state ->> 'phase';
    items jsonb := state -> 'items';
    made record;
    base text;
    credential jsonb;
    parts lealup._request_parts[] := '{}';
    part lealup._request_parts;
BEGIN
    IF unit LIKE 'action:%' THEN
        RETURN QUERY SELECT * FROM lealup._action_request(_sync_requests.tenant_id, _sync_requests.connection_id, substr(unit, 8)::uuid, state);
        RETURN;
    END IF;
    SELECT * INTO c FROM lealup.connection x WHERE x.tenant_id = _sync_requests.tenant_id AND x.id = _sync_requests.connection_id;
    SELECT * INTO p FROM lealup.provider x WHERE x.name = c.provider;
    SELECT * INTO s FROM lealup.provider_stream x WHERE x.provider = c.provider AND 'stream:' || x.name = unit;
    CASE phase
        WHEN 'job' THEN
            SELECT ARRAY[state -> 'request'] AS results, ARRAY[NULL::text] AS problems INTO made;
        WHEN 'page' THEN
            made := lealup._call_provider_each(s.request, ARRAY[state -> 'call']);
        ELSE
            made := lealup._call_provider_each(s.detail_request, ARRAY(SELECT (state -> 'call') || jsonb_build_object('item', items -> i) FROM unnest(numbers) i));
    END CASE;
    -- One block for all of them: what functions have prepared is lost with each block. If one raises something, each has its own.
    BEGIN
        base := lealup._fill_url(p.base_url, c.options || c.facts);
        credential := lealup._credential_field(p, c.options || c.facts);
        parts := ARRAY(SELECT CASE WHEN u.request <> 'null' THEN lealup._request_parts(base, credential, u.request) END FROM unnest(made.results) WITH ORDINALITY u(request, i) ORDER BY u.i);
    EXCEPTION WHEN OTHERS THEN
        parts := '{}';
        FOR i IN 1 .. cardinality(numbers) LOOP
            part := NULL;
            BEGIN
                IF made.results[i] <> 'null' THEN
                    part := lealup._request_parts(lealup._fill_url(p.base_url, c.options || c.facts), lealup._credential_field(p, c.options || c.facts), made.results[i]);
                END IF;
            EXCEPTION WHEN OTHERS THEN
                made.problems[i] := left(SQLERRM, 1000);
            END;
            parts := parts || part;
        END LOOP;
    END;
    RETURN QUERY
    SELECT u.number, u.method, u.url, u.headers, u.body, u.places, u.names, u.prefixes, u.secrets, coalesce(extract(epoch FROM s.timeout) * 1000, 30000)::int,
           coalesce(s.max_bytes, 1048576), CASE phase WHEN 'page' THEN s.page_cost WHEN 'details' THEN s.detail_cost ELSE 1 END,
           coalesce('the request could not be made: ' || u.error, CASE WHEN u.url IS NULL THEN '' END), false
    FROM ROWS FROM (unnest(numbers), unnest(parts), unnest(made.problems)) WITH ORDINALITY
        AS u(number, method, url, headers, body, places, names, prefixes, secrets, error, i) ORDER BY u.i;
END $$;
COMMENT ON FUNCTION lealup._sync_requests(uuid, uuid, text, jsonb, int[]) IS
    'The requests of a unit in a state, by their numbers, which count from 0. problem: why there is none; empty = there is nothing to ask. once: whether it must not be sent twice, not even if a connection turns out to be dead.';
