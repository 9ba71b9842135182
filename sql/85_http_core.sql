-- The HTTP API of customer success: what its routes share, and the tenant's people and segments.
--
-- Answers name fields as the tables do, times are in UTC. A list is a range of an index that its comment names, from a cursor on;
-- filters that no index serves are asked of the rows of that range one by one, so that the rarest value costs one pass over it.

CREATE FUNCTION lealup._http_version(item json) RETURNS text
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
    RETURN left(md5(item::text), 16);
COMMENT ON FUNCTION lealup._http_version(json) IS 'The version of an object whose row counts none: a hash of all that its row shows.';

CREATE FUNCTION lealup._http_show(item json, status int DEFAULT 200, headers jsonb DEFAULT '{}') RETURNS lealup.http_reply
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
    RETURN lealup._http_ok(item, status, headers, lealup._http_version(item));
COMMENT ON FUNCTION lealup._http_show(json, int, jsonb) IS 'An answer that shows one object, all of which is its version.';

CREATE FUNCTION lealup._http_shape(properties jsonb, required text[] DEFAULT NULL) RETURNS jsonb
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
    RETURN jsonb_build_object('type', 'object', 'additionalProperties', false, 'properties', properties,
        'required', coalesce(to_jsonb(required), (SELECT jsonb_agg(k ORDER BY k) FROM jsonb_object_keys(properties) k)));
COMMENT ON FUNCTION lealup._http_shape(jsonb, text[]) IS 'The schema of an object that has these properties and no others; required: null = all of them.';

CREATE FUNCTION lealup._http_id_of(value text, what text) RETURNS jsonb
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
    RETURN jsonb_build_object(value, jsonb_build_object('type', 'string', 'format', 'uuid', 'description', what));
COMMENT ON FUNCTION lealup._http_id_of(text, text) IS 'A query parameter that is an id, with what it means.';

CREATE FUNCTION lealup._http_period(what text) RETURNS jsonb
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
    RETURN jsonb_build_object('from', jsonb_build_object('type', 'string', 'format', 'date-time', 'description', what || ' from then on.'),
        'to', jsonb_build_object('type', 'string', 'format', 'date-time', 'description', what || ' until then, or the end of that day.'));
COMMENT ON FUNCTION lealup._http_period(text) IS 'The query parameters of a time; what: such as "Meetings".';

CREATE FUNCTION lealup._http_within(call lealup.http_call, field text) RETURNS text
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN nullif(concat_ws(' AND ',
        CASE WHEN call.query ? 'from' THEN format('x.%I >= %L', field, lealup._http_time(call.query ->> 'from')) END,
        CASE WHEN call.query ? 'to' THEN format('x.%I <= %L', field, lealup._http_end(call.query ->> 'to')) END), '');
COMMENT ON FUNCTION lealup._http_within(lealup.http_call, text) IS 'The condition, in SQL, that a column is within the time that the query parameters from and to name; null if they name none.';

CREATE FUNCTION lealup._http_page(call lealup.http_call, relation text, shown_by text, same text[] DEFAULT '{}', also text DEFAULT NULL,
        keys text[] DEFAULT '{id}', kinds text[] DEFAULT '{uuid}', newest_first boolean DEFAULT false) RETURNS lealup.http_reply
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    after jsonb := lealup._http_after(call, kinds);
    conditions text;
    direction text := CASE WHEN newest_first THEN ' DESC' ELSE '' END;
    items json[];
    positions jsonb[];
BEGIN
    -- Every value is a literal, which takes the type of its column; what is not asked for is not there, so that each combination
    -- of filters has a plan of its own.
    SELECT concat_ws(' AND ', format('x.tenant_id = %L', call.tenant_id),
        (SELECT string_agg(format('x.%I = %L', q.key, q.value), ' AND ' ORDER BY q.key) FROM jsonb_each_text(call.query) q WHERE q.key = ANY (same)),
        also,
        CASE WHEN after IS NOT NULL THEN (
            SELECT format('(%s) %s (%s)', string_agg(format('x.%I', k.key), ', ' ORDER BY k.n), CASE WHEN newest_first THEN '<' ELSE '>' END,
                string_agg(format('%L', after ->> (k.n::int - 1)), ', ' ORDER BY k.n))
            FROM unnest(keys) WITH ORDINALITY k(key, n)) END)
    INTO conditions;
    EXECUTE (
        SELECT format('SELECT array_agg(lealup.%1$I(p.x) ORDER BY %2$s), array_agg(jsonb_build_array(%3$s) ORDER BY %2$s)
                FROM (SELECT x FROM lealup.%4$I x WHERE %5$s ORDER BY %6$s LIMIT %7$s) p',
            shown_by, string_agg(format('(p.x).%I%s', k.key, direction), ', ' ORDER BY k.n),
            string_agg(format(CASE k.kind WHEN 'date-time' THEN 'to_char((p.x).%I AT TIME ZONE ''UTC'', ''YYYY-MM-DD"T"HH24:MI:SS.US"Z"'')' ELSE '(p.x).%I::text' END, k.key), ', ' ORDER BY k.n),
            relation, conditions, string_agg(format('x.%I%s', k.key, direction), ', ' ORDER BY k.n), (call.query ->> 'limit')::int + 1)
        FROM unnest(keys, kinds) WITH ORDINALITY k(key, kind, n)) INTO items, positions;
    RETURN lealup._http_list(call, items, positions);
END $$;
COMMENT ON FUNCTION lealup._http_page(lealup.http_call, text, text, text[], text, text[], text[], boolean) IS
    'A page of a list: rows of a relation with tenant_id, each shown by a function that gives json. same: query parameters that a column of the same name must equal. also: further conditions in SQL about x. keys: the columns of the order, which name a row; kinds: of each uuid, date-time, date or number.';

-- A path names what is asked for: 404 if it is not there. A body names what it refers to: 422, with the field.
CREATE FUNCTION lealup._http_check_references(tenant_id uuid, body jsonb) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    errors jsonb;
BEGIN
    SELECT jsonb_agg(jsonb_build_object('field', f.key, 'message', 'does not exist' || CASE WHEN r.target = 'member' THEN ', or is not active' ELSE '' END) ORDER BY f.key) INTO errors
    FROM jsonb_each_text(body) f
    JOIN (VALUES ('customer_id', 'customer'), ('contact_id', 'contact'), ('author_contact_id', 'contact'), ('segment_id', 'segment'),
        ('owner_id', 'member'), ('assignee_id', 'member'), ('member_id', 'member'), ('author_member_id', 'member')) r(field, target) ON r.field = f.key
    WHERE f.value IS NOT NULL AND NOT CASE r.target
        WHEN 'customer' THEN EXISTS (SELECT FROM lealup.customer x WHERE x.tenant_id = _http_check_references.tenant_id AND x.id = f.value::uuid AND x.deleted_at IS NULL)
        WHEN 'contact' THEN EXISTS (SELECT FROM lealup.contact x WHERE x.tenant_id = _http_check_references.tenant_id AND x.id = f.value::uuid AND x.deleted_at IS NULL)
        WHEN 'segment' THEN EXISTS (SELECT FROM lealup.segment x WHERE x.tenant_id = _http_check_references.tenant_id AND x.id = f.value::uuid)
        ELSE EXISTS (SELECT FROM lealup.member x WHERE x.tenant_id = _http_check_references.tenant_id AND x.id = f.value::uuid AND x.active) END;
    IF errors IS NOT NULL THEN
        PERFORM lealup._http_refuse(422, 'It refers to something that does not exist.', errors);
    END IF;
END $$;
COMMENT ON FUNCTION lealup._http_check_references(uuid, jsonb) IS
    'Ends the request with 422, naming the fields, unless the customers, contacts, segments and active members to which a body refers are there.';

CREATE FUNCTION lealup._http_note_change(call lealup.http_call, action text, object_type text, object_id uuid) RETURNS void
    LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
    RETURN lealup._audit(call.tenant_id, action, object_type, object_id,
        jsonb_build_object('fields', (SELECT coalesce(jsonb_agg(k ORDER BY k), '[]') FROM jsonb_object_keys(call.body) k)));
COMMENT ON FUNCTION lealup._http_note_change(lealup.http_call, text, text, uuid) IS 'Audits a change to a table that has no function of its own, with the fields that were sent.';

CREATE FUNCTION lealup._http_merge(present jsonb, patch jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF jsonb_typeof(patch) <> 'object' THEN
        RETURN patch;
    END IF;
    IF jsonb_typeof(present) IS DISTINCT FROM 'object' THEN
        present := '{}';
    END IF;
    RETURN present - ARRAY(SELECT jsonb_object_keys(patch))
        || (SELECT coalesce(jsonb_object_agg(p.key, lealup._http_merge(present -> p.key, p.value)), '{}') FROM jsonb_each(patch) p WHERE p.value <> 'null');
END $$;
COMMENT ON FUNCTION lealup._http_merge(jsonb, jsonb) IS
    'An object after a change, as RFC 7396 (JSON Merge Patch) has it: members that the change names are set, or removed by null, in objects within it as well; the others stay.';

-- ----- Members and segments -----

INSERT INTO lealup.api_schema (name, schema) VALUES
('Member', lealup._http_shape('{"id": {"type": "string", "format": "uuid"}, "email": {"type": "string", "examples": ["lee@your-system.com"]}, "name": {"type": ["string", "null"], "examples": ["Lee Ortiz"]},
    "role": {"type": "string", "enum": ["admin", "director", "csm"]}, "time_zone": {"type": ["string", "null"], "description": "Null = the tenant''s."}, "active": {"type": "boolean"},
    "custom": {"type": "object"}, "created_at": {"type": "string", "format": "date-time"}}')),
('Segment', lealup._http_shape('{"id": {"type": "string", "format": "uuid"}, "name": {"type": "string", "examples": ["Enterprise"]}, "description": {"type": ["string", "null"], "examples": ["More than a thousand seats"]},
    "created_at": {"type": "string", "format": "date-time"}}'));

CREATE FUNCTION lealup._http_member(m lealup.member) RETURNS json
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN json_build_object('id', m.id, 'email', m.email, 'name', m.name, 'role', m.role, 'time_zone', m.time_zone, 'active', m.active, 'custom', m.custom,
        'created_at', lealup._http_stamp(m.created_at));
COMMENT ON FUNCTION lealup._http_member(lealup.member) IS 'A member as answers show it.';

CREATE FUNCTION lealup._http_list_members(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN lealup._http_page(call, 'member', '_http_member', '{role,active}');
COMMENT ON FUNCTION lealup._http_list_members(lealup.http_call) IS 'Answers GET /v1/members, by the primary key.';

CREATE FUNCTION lealup._http_get_member(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    m lealup.member;
BEGIN
    SELECT x.* INTO m FROM lealup.member x WHERE x.tenant_id = call.tenant_id AND x.id = lealup._http_id(call, 'id', 'member');
    PERFORM lealup._http_found(FOUND, 'member');
    RETURN lealup._http_show(lealup._http_member(m));
END $$;
COMMENT ON FUNCTION lealup._http_get_member(lealup.http_call) IS 'Answers GET /v1/members/{id}.';

CREATE FUNCTION lealup._http_segment(s lealup.segment) RETURNS json
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN json_build_object('id', s.id, 'name', s.name, 'description', s.description, 'created_at', lealup._http_stamp(s.created_at));
COMMENT ON FUNCTION lealup._http_segment(lealup.segment) IS 'A segment as answers show it.';

CREATE FUNCTION lealup._http_list_segments(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN lealup._http_page(call, 'segment', '_http_segment', '{name}');
COMMENT ON FUNCTION lealup._http_list_segments(lealup.http_call) IS 'Answers GET /v1/segments, by the primary key.';

CREATE FUNCTION lealup._http_get_segment(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s lealup.segment;
BEGIN
    SELECT x.* INTO s FROM lealup.segment x WHERE x.tenant_id = call.tenant_id AND x.id = lealup._http_id(call, 'id', 'segment');
    PERFORM lealup._http_found(FOUND, 'segment');
    RETURN lealup._http_show(lealup._http_segment(s));
END $$;
COMMENT ON FUNCTION lealup._http_get_segment(lealup.http_call) IS 'Answers GET /v1/segments/{id}.';

SELECT lealup._add_route('GET', '/v1/members', '_http_list_members', 'members:read', 'List members',
    parameters => lealup._http_paging() || '{"role": {"type": "string", "enum": ["admin", "director", "csm"]}, "active": {"type": "boolean"}}',
    responses => lealup._http_list_of('{"$ref": "#/components/schemas/Member"}'));
SELECT lealup._add_route('GET', '/v1/members/{id}', '_http_get_member', 'members:read', 'A member', responses => '{"200": {"$ref": "#/components/schemas/Member"}}');
SELECT lealup._add_route('GET', '/v1/segments', '_http_list_segments', 'segments:read', 'List segments',
    parameters => lealup._http_paging() || '{"name": {"type": "string", "maxLength": 200}}', responses => lealup._http_list_of('{"$ref": "#/components/schemas/Segment"}'));
SELECT lealup._add_route('GET', '/v1/segments/{id}', '_http_get_segment', 'segments:read', 'A segment', responses => '{"200": {"$ref": "#/components/schemas/Segment"}}');
