-- The HTTP API of the team's people: whose the accounts at providers are, and what each is told of by mail.

INSERT INTO lealup.api_schema (name, schema) VALUES
('Account', lealup._http_shape('{"external_id": {"type": "string", "description": "What the provider calls it."}, "name": {"type": ["string", "null"]}, "email": {"type": ["string", "null"]},
    "email_verified": {"type": "boolean"}, "active": {"type": "boolean"}, "member_id": {"type": ["string", "null"], "format": "uuid", "description": "Whose it is."},
    "matched_by": {"type": ["string", "null"], "enum": ["email", "manual", null], "description": "Null: it is not known whose it is."}}')),
('MailPreferences', lealup._http_shape('{"member_id": {"type": "string", "format": "uuid"}, "preferences": {"type": "array", "items": {"type": "object", "additionalProperties": false,
    "required": ["kind", "title", "frequency", "is_default"], "properties": {"kind": {"type": "string"}, "title": {"type": "string"},
        "frequency": {"type": "string", "enum": ["immediate", "hourly", "daily", "off"]}, "is_default": {"type": "boolean"}}}},
    "failed_address": {"type": ["string", "null"], "description": "The address, if the mail server has refused it for good: nothing is sent there."},
    "failure": {"type": ["string", "null"], "description": "What the mail server said."}}'));

CREATE FUNCTION lealup._http_account(a lealup.member_account) RETURNS json
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN json_build_object('external_id', a.external_id, 'name', a.name, 'email', a.email, 'email_verified', a.email_verified, 'active', a.active, 'member_id', a.member_id, 'matched_by', a.matched_by);
COMMENT ON FUNCTION lealup._http_account(lealup.member_account) IS 'An account at a provider as answers show it.';

CREATE FUNCTION lealup._http_list_accounts(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c lealup.connections := lealup._http_find_connection(call);
BEGIN
    RETURN lealup._http_page(call, 'member_account', '_http_account', '{active,member_id}',
        concat_ws(' AND ', format('x.connection_id = %L', c.id), CASE call.query ->> 'mapped' WHEN 'true' THEN 'x.member_id IS NOT NULL' WHEN 'false' THEN 'x.member_id IS NULL' END),
        '{external_id}', '{text}');
END $$;
COMMENT ON FUNCTION lealup._http_list_accounts(lealup.http_call) IS 'Answers GET /v1/connections/{id}/accounts, by the primary key.';

CREATE FUNCTION lealup._http_set_account(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c lealup.connections := lealup._http_find_connection(call);
    a lealup.member_account;
BEGIN
    PERFORM lealup._http_check_references(call.tenant_id, call.body);
    SELECT x.* INTO a FROM lealup.member_account x WHERE x.tenant_id = call.tenant_id AND x.connection_id = c.id AND x.external_id = call.params ->> 'account_id';
    PERFORM lealup._http_found(FOUND, 'account');
    PERFORM lealup._http_if_match(call, lealup._http_version(lealup._http_account(a)));
    PERFORM lealup.set_member_account(call.tenant_id, c.id, a.external_id, (call.body ->> 'member_id')::uuid, coalesce((call.body ->> 'automatic')::boolean, false));
    SELECT x.* INTO a FROM lealup.member_account x WHERE x.tenant_id = call.tenant_id AND x.connection_id = c.id AND x.external_id = a.external_id;
    RETURN lealup._http_show(lealup._http_account(a));
END $$;
COMMENT ON FUNCTION lealup._http_set_account(lealup.http_call) IS 'Answers PATCH /v1/connections/{id}/accounts/{account_id}.';

CREATE FUNCTION lealup._http_mail_preferences(tenant_id uuid, member_id uuid) RETURNS json
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lealup._http_found(EXISTS (SELECT FROM lealup.member m WHERE m.tenant_id = _http_mail_preferences.tenant_id AND m.id = _http_mail_preferences.member_id), 'member');
    RETURN (SELECT json_build_object('member_id', _http_mail_preferences.member_id,
            'preferences', (SELECT json_agg(json_build_object('kind', p.kind, 'title', p.title, 'frequency', p.frequency, 'is_default', p.is_default) ORDER BY p.kind)
                FROM lealup.mail_preferences p WHERE p.tenant_id = _http_mail_preferences.tenant_id AND p.member_id = _http_mail_preferences.member_id),
            'failed_address', f.address, 'failure', f.reason)
        FROM (VALUES (1)) one LEFT JOIN lealup.mail_failure f ON f.tenant_id = _http_mail_preferences.tenant_id AND f.member_id = _http_mail_preferences.member_id);
END $$;
COMMENT ON FUNCTION lealup._http_mail_preferences(uuid, uuid) IS 'What a member is told of by mail, as answers show it; ends the request with 404 if there is no such member.';

CREATE FUNCTION lealup._http_get_mail_preferences(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    RETURN lealup._http_show(lealup._http_mail_preferences(call.tenant_id, lealup._http_id(call, 'id', 'member')));
COMMENT ON FUNCTION lealup._http_get_mail_preferences(lealup.http_call) IS 'Answers GET /v1/members/{id}/mail-preferences.';

CREATE FUNCTION lealup._http_set_mail_preferences(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    seen lealup.http_reply := lealup._http_get_mail_preferences(call);
    member_id uuid := lealup._http_id(call, 'id', 'member');
BEGIN
    PERFORM lealup._http_if_match(call, seen.version);
    PERFORM lealup.set_mail_preference(call.tenant_id, member_id, p.key, p.value) FROM jsonb_each_text(call.body) p;
    RETURN lealup._http_get_mail_preferences(call);
END $$;
COMMENT ON FUNCTION lealup._http_set_mail_preferences(lealup.http_call) IS 'Answers PATCH /v1/members/{id}/mail-preferences.';

CREATE FUNCTION lealup._http_clear_mail_failure(call lealup.http_call) RETURNS lealup.http_reply
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    seen lealup.http_reply := lealup._http_get_mail_preferences(call);
BEGIN
    PERFORM lealup._http_if_match(call, seen.version);
    PERFORM lealup.clear_mail_failure(call.tenant_id, lealup._http_id(call, 'id', 'member'));
    RETURN lealup._http_ok(NULL, 204);
END $$;
COMMENT ON FUNCTION lealup._http_clear_mail_failure(lealup.http_call) IS 'Answers DELETE /v1/members/{id}/mail-failure.';

SELECT lealup._add_route('GET', '/v1/connections/{id}/accounts', '_http_list_accounts', 'connections:read', 'List the team''s accounts at a provider',
    parameters => lealup._http_paging() || lealup._http_id_of('member_id', 'Of this member.')
        || '{"active": {"type": "boolean"}, "mapped": {"type": "boolean", "description": "Whether it is known whose they are."}}',
    responses => lealup._http_list_of('{"$ref": "#/components/schemas/Account"}'));
SELECT lealup._add_route('PATCH', '/v1/connections/{id}/accounts/{account_id}', '_http_set_account', 'connections:write', 'Say whose an account is',
    request => lealup._http_shape('{"member_id": {"type": ["string", "null"], "format": "uuid", "description": "Null = nobody''s."},
        "automatic": {"type": "boolean", "description": "Take that back, so that its verified e-mail address says it; member_id is null then."}}', '{}'),
    responses => '{"200": {"$ref": "#/components/schemas/Account"}}', example => '{"member_id": null, "automatic": true}');
SELECT lealup._add_route('GET', '/v1/members/{id}/mail-preferences', '_http_get_mail_preferences', 'members:read', 'What a member is told of by mail',
    responses => '{"200": {"$ref": "#/components/schemas/MailPreferences"}}');
SELECT lealup._add_route('PATCH', '/v1/members/{id}/mail-preferences', '_http_set_mail_preferences', 'members:write', 'Change what a member is told of by mail',
    request => lealup._http_shape((SELECT jsonb_object_agg(k.kind, jsonb_build_object('type', '["string", "null"]'::jsonb, 'enum', '["immediate", "hourly", "daily", "off", null]'::jsonb,
        'description', k.title || '; null = ' || k.frequency || ', as for everybody.')) FROM lealup._mail_kinds() k), '{}'),
    responses => '{"200": {"$ref": "#/components/schemas/MailPreferences"}}');
SELECT lealup._add_route('DELETE', '/v1/members/{id}/mail-failure', '_http_clear_mail_failure', 'members:write', 'Let mails go again to an address that was refused', responses => '{"204": null}');
