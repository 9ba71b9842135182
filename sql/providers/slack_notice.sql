-- What the team is told in Slack: cards of tickets, tasks and actions that wait for approval, which follow what becomes of those and have buttons that act; and notices of what
-- has happened. Cards are made by notify_ticket, notify_task and notify_approval, and changed by their mirrors.

INSERT INTO lealup.provider_operation (provider, name, title, audience, input, request, response, idempotency, makes, mirror, scopes)
SELECT 'slack', x.name, x.title, 'own_team', x.input::jsonb, 'lealup.' || x.request, 'lealup.' || x.response, x.idempotency::jsonb, x.makes, x.mirror, '{chat:write}'
FROM (VALUES
    ('notify', 'Tell the team', '{"channel": {"type": "channel", "required": true}, "title": {"required": true, "max": 500}, "text": {"max": 12000}, "mention": {"type": "member"},
        "facts": {"type": "object", "title": "{name: value}, at most ten, of which empty ones are left out"}}', '_slack_notify', '_slack_posted',
        '{"in": "json", "field": "client_msg_id", "as": "uuid"}', NULL, NULL),
    ('notify_ticket', 'Show a ticket', '{"channel": {"type": "channel", "required": true}, "heading": {"max": 500, "title": "A line above it"}, "mention": {"type": "member"}}', '_slack_notify_ticket', '_slack_card_posted',
        '{"in": "json", "field": "client_msg_id", "as": "uuid"}', 'ticket', NULL),
    ('notify_task', 'Show a task', '{"channel": {"type": "channel", "required": true}, "heading": {"max": 500}, "mention": {"type": "member"}}', '_slack_notify_task', '_slack_card_posted',
        '{"in": "json", "field": "client_msg_id", "as": "uuid"}', 'task', NULL),
    ('notify_approval', 'Show what waits for approval', '{"channel": {"type": "channel", "required": true}, "action": {"required": true, "title": "Its id"}, "mention": {"type": "member"}}', '_slack_notify_action',
        '_slack_card_posted', '{"in": "json", "field": "client_msg_id", "as": "uuid"}', 'action', NULL),
    ('update_ticket', 'Show a ticket as it is now', '{"id": {"required": true}, "external_id": {}}', '_slack_update_ticket', '_slack_card_updated', NULL, NULL, 'ticket.changed'),
    ('update_task', 'Show a task as it is now', '{"id": {"required": true}, "external_id": {}}', '_slack_update_task', '_slack_card_updated', NULL, NULL, 'task.changed'),
    ('update_approval', 'Show what has become of an approval', '{"id": {"required": true}, "external_id": {}}', '_slack_update_action', '_slack_card_updated', NULL, NULL, 'action.changed')
) x(name, title, input, request, response, idempotency, makes, mirror);

-- A card that somebody has deleted, or may not be changed any more, is let be.
INSERT INTO lealup.provider_error (provider, ord, stream, part, statuses, path, pattern, action)
SELECT 'slack', 4 + n, o, 'action', '{200}', 'error', '^(message_not_found|cant_update_message|edit_window_closed|channel_not_found|is_archived)$', 'answer'
FROM unnest('{update_ticket,update_task,update_approval}'::text[]) WITH ORDINALITY u(o, n);

-- ----- Parts -----

CREATE FUNCTION lealup._slack_button(label text, act text, value text, style text DEFAULT NULL, question text DEFAULT NULL) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN jsonb_strip_nulls(jsonb_build_object('type', 'button', 'text', jsonb_build_object('type', 'plain_text', 'text', label), 'action_id', act, 'value', value, 'style', style,
        'confirm', CASE WHEN question IS NOT NULL THEN jsonb_build_object('title', jsonb_build_object('type', 'plain_text', 'text', label), 'text', jsonb_build_object('type', 'plain_text', 'text', question),
            'confirm', jsonb_build_object('type', 'plain_text', 'text', label), 'deny', jsonb_build_object('type', 'plain_text', 'text', 'Not yet')) END));
COMMENT ON FUNCTION lealup._slack_button(text, text, text, text, text) IS 'A button: what it says, what lealup._act() is to do with what; question: what is asked before.';

CREATE FUNCTION lealup._slack_actions(VARIADIC buttons jsonb[]) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (SELECT CASE WHEN count(b) > 0 THEN jsonb_build_object('type', 'actions', 'elements', jsonb_agg(b ORDER BY n) FILTER (WHERE b IS NOT NULL)) END FROM unnest(buttons) WITH ORDINALITY u(b, n));
COMMENT ON FUNCTION lealup._slack_actions(jsonb[]) IS 'A row of those buttons that there are; null if there is none.';

CREATE FUNCTION lealup._slack_date(at text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    -- Everybody sees it in their own time zone.
    RETURN CASE WHEN at IS NOT NULL THEN format('<!date^%s^{date_short_pretty} {time}|%s>', floor(extract(epoch FROM at::timestamptz))::bigint, replace(left(at, 16), 'T', ' ')) END;
COMMENT ON FUNCTION lealup._slack_date(text) IS 'A time in RFC 3339 as Slack shows it; null for none.';

CREATE FUNCTION lealup._slack_who(account text, name text, email text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN account ~ '^[UW][A-Z0-9]{1,30}$' THEN '<@' || account || '>' ELSE lealup._slack_line(coalesce(name, email), 200) END;
COMMENT ON FUNCTION lealup._slack_who(text, text, text) IS 'Somebody of the team: the account, if it is known, else a name; null for nobody.';

CREATE FUNCTION lealup._slack_state(status text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE status WHEN 'open' THEN ':white_circle: Open' WHEN 'pending' THEN ':hourglass_flowing_sand: Pending' WHEN 'escalated' THEN ':rotating_light: Escalated' WHEN 'resolved' THEN ':white_check_mark: Resolved'
        WHEN 'in_progress' THEN ':arrow_forward: In progress' WHEN 'completed' THEN ':white_check_mark: Completed' WHEN 'cancelled' THEN ':heavy_multiplication_x: Cancelled'
        WHEN 'draft' THEN ':raised_hand: Waits for approval' WHEN 'approved' THEN ':white_check_mark: Approved' WHEN 'sending' THEN ':white_check_mark: Approved' WHEN 'sent' THEN ':white_check_mark: Done'
        WHEN 'failed' THEN ':warning: Failed' ELSE lealup._slack_line(status, 100) END;
COMMENT ON FUNCTION lealup._slack_state(text) IS 'A status in words for people.';

-- ----- Cards -----

CREATE FUNCTION lealup._slack_ticket_card(object jsonb, heading text) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN lealup._slack_blocks(
        lealup._slack_context(lealup._slack_cut(nullif(btrim(heading), ''), 1500)),
        lealup._slack_section('*' || coalesce(lealup._slack_line(object #>> '{here,subject}', 1000), '(no subject)') || '*', ARRAY[
            '*Status*' || E'\n' || lealup._slack_state(object #>> '{here,status}'), '*Priority*' || E'\n' || initcap(object #>> '{here,priority}'),
            '*Customer*' || E'\n' || lealup._slack_line(concat_ws(', ', object #>> '{about,customer_name}', object #>> '{about,customer_tier}'), 400),
            '*Assignee*' || E'\n' || coalesce(lealup._slack_who(object #>> '{here,assignee}', object #>> '{about,assignee_name}', object #>> '{about,assignee_email}'), 'nobody')]),
        CASE WHEN object #>> '{here,status}' = 'escalated' THEN lealup._slack_section('*Why* ' || lealup._slack_cut(nullif(object #>> '{about,escalation_reason}', ''), 2500)) END,
        lealup._slack_actions(CASE WHEN object #>> '{here,status}' = 'resolved' THEN lealup._slack_button('Reopen', 'reopen_ticket', object ->> 'id')
            ELSE lealup._slack_button('Resolve', 'resolve_ticket', object ->> 'id', 'primary') END),
        lealup._slack_context(concat_ws(' · ', 'Ticket', lealup._slack_line(object #>> '{about,channel}', 100),
            lealup._slack_line(object #>> '{about,contact_name}', 200), lealup._slack_date(object #>> '{about,created_at}'))));
COMMENT ON FUNCTION lealup._slack_ticket_card(jsonb, text) IS 'A ticket in Block Kit, as it is now.';

CREATE FUNCTION lealup._slack_task_card(object jsonb, heading text) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN lealup._slack_blocks(
        lealup._slack_context(lealup._slack_cut(nullif(btrim(heading), ''), 1500)),
        lealup._slack_section('*' || coalesce(lealup._slack_line(object #>> '{here,title}', 1000), '(no title)') || '*' || coalesce(E'\n' || lealup._slack_cut(nullif(object #>> '{here,description}', ''), 1500), ''), ARRAY[
            '*Status*' || E'\n' || lealup._slack_state(object #>> '{here,status}'), '*Priority*' || E'\n' || initcap(object #>> '{here,priority}'),
            '*Due*' || E'\n' || lealup._slack_date(object #>> '{here,due_at}'), '*Customer*' || E'\n' || lealup._slack_line(object #>> '{about,customer_name}', 400),
            '*Assignee*' || E'\n' || coalesce(lealup._slack_who(object #>> '{here,assignee}', object #>> '{about,assignee_name}', object #>> '{about,assignee_email}'), 'nobody')]),
        CASE WHEN object #>> '{here,status}' IN ('open', 'in_progress') THEN lealup._slack_actions(
                CASE WHEN object #>> '{here,status}' = 'open' THEN lealup._slack_button('Acknowledge', 'acknowledge_task', object ->> 'id') END,
                lealup._slack_button('Complete', 'complete_task', object ->> 'id', 'primary'))
            ELSE lealup._slack_actions(lealup._slack_button('Reopen', 'reopen_task', object ->> 'id')) END);
COMMENT ON FUNCTION lealup._slack_task_card(jsonb, text) IS 'A task in Block Kit, as it is now.';

CREATE FUNCTION lealup._slack_values(input jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (SELECT string_agg('*' || lealup._slack_line(f.key, 100) || '*' || E'\n' || lealup._slack_escape(f.value), E'\n' ORDER BY f.key) FROM jsonb_each_text(input) f WHERE f.value <> '');
COMMENT ON FUNCTION lealup._slack_values(jsonb) IS 'All that an input says.';

CREATE FUNCTION lealup._slack_action_card(object jsonb, heading text) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN lealup._slack_blocks(
        lealup._slack_section('*' || coalesce(lealup._slack_line(object #>> '{here,title}', 300), '(gone)') || '*', ARRAY[
            '*Status*' || E'\n' || lealup._slack_state(coalesce(object #>> '{here,status}', 'cancelled')) || coalesce(' by ' || lealup._slack_line(object #>> '{here,approved_name}', 200), ''),
            '*Customer*' || E'\n' || lealup._slack_line(object #>> '{about,customer_name}', 400), '*About*' || E'\n' || lealup._slack_line(object #>> '{about,subject}', 400)]),
        lealup._slack_section(CASE WHEN length(lealup._slack_values(object #> '{here,input}')) > 2900 THEN lealup._slack_cut('It is too long to be shown here as a whole: approve it in lealup.', 200)
            ELSE lealup._slack_values(object #> '{here,input}') END),
        lealup._slack_section(':warning: ' || lealup._slack_cut(nullif(object #>> '{here,error}', ''), 1500)),
        -- Nobody approves what they have not seen.
        CASE WHEN object #>> '{here,status}' = 'draft' THEN lealup._slack_actions(
            CASE WHEN length(lealup._slack_values(object #> '{here,input}')) <= 2900 THEN lealup._slack_button('Approve', 'approve_action', (object ->> 'id') || ' ' || md5((object #> '{here,input}')::text), 'primary',
                CASE object #>> '{here,audience}' WHEN 'own_team' THEN 'It is done as it is shown here.' ELSE 'It is sent as it is shown here, and the customer sees it.' END) END,
            lealup._slack_button('Cancel', 'cancel_action', object ->> 'id', 'danger')) END);
COMMENT ON FUNCTION lealup._slack_action_card(jsonb, text) IS 'An action that waits for approval in Block Kit, or what has become of it.';

CREATE FUNCTION lealup._slack_card(call jsonb, card jsonb, summary text) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN lealup._slack_message(call, jsonb_build_object('text', coalesce('<@' || (call #>> '{input,mention}') || '> ', '') || lealup._slack_line(summary, 500),
        'blocks', CASE WHEN call #>> '{input,mention}' IS NOT NULL THEN lealup._slack_blocks(lealup._slack_section('<@' || (call #>> '{input,mention}') || '>')) ELSE '[]' END || card)
        || CASE WHEN call #>> '{object,external_id}' IS NOT NULL AND NOT call -> 'input' ? 'channel'
            THEN jsonb_build_object('channel', split_part(call #>> '{object,external_id}', ':', 1), 'ts', lealup._slack_ts(call #>> '{object,external_id}'))
            ELSE jsonb_build_object('channel', call #> '{input,channel}') END);
COMMENT ON FUNCTION lealup._slack_card(jsonb, jsonb, text) IS 'The request for a card, or for its change where there is one.';

CREATE FUNCTION lealup._slack_notify_ticket(call jsonb) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE WHEN jsonb_typeof(call #> '{object,here}') = 'object' THEN lealup._slack_card(call, lealup._slack_ticket_card(call -> 'object', call #>> '{input,heading}'),
            concat_ws(': ', nullif(btrim(call #>> '{input,heading}'), ''), 'Ticket', call #>> '{object,here,subject}'))
        ELSE '{"fail": "the action names no ticket that there is"}' END;
COMMENT ON FUNCTION lealup._slack_notify_ticket(jsonb) IS 'The request of notify_ticket.';

CREATE FUNCTION lealup._slack_notify_task(call jsonb) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE WHEN jsonb_typeof(call #> '{object,here}') = 'object' THEN lealup._slack_card(call, lealup._slack_task_card(call -> 'object', call #>> '{input,heading}'),
            concat_ws(': ', nullif(btrim(call #>> '{input,heading}'), ''), 'Task', call #>> '{object,here,title}'))
        ELSE '{"fail": "the action names no task that there is"}' END;
COMMENT ON FUNCTION lealup._slack_notify_task(jsonb) IS 'The request of notify_task.';

CREATE FUNCTION lealup._slack_notify_action(call jsonb) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    -- What was approved or cancelled meanwhile needs nobody.
    RETURN CASE WHEN jsonb_typeof(call #> '{object,here}') IS DISTINCT FROM 'object' THEN '{"fail": "there is no such action"}'
        WHEN call #>> '{object,here,status}' = 'draft' THEN lealup._slack_card(call, lealup._slack_action_card(call -> 'object', NULL), 'Waits for approval: ' || (call #>> '{object,here,title}')) END;
COMMENT ON FUNCTION lealup._slack_notify_action(jsonb) IS 'The request of notify_approval.';

CREATE FUNCTION lealup._slack_card_posted(call jsonb, response jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN lealup._slack_posted(call, response) || CASE WHEN call #>> '{object,entity}' IN ('ticket', 'task') THEN jsonb_build_object('base', call #> '{object,here}') ELSE '{}' END
        || jsonb_build_object('payload', jsonb_strip_nulls(jsonb_build_object('heading', call #> '{input,heading}')));
COMMENT ON FUNCTION lealup._slack_card_posted(jsonb, jsonb) IS 'What the answer to a card says: what it is called, and what it shows.';

CREATE FUNCTION lealup._slack_update_ticket(call jsonb) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE WHEN call #> '{object,changed}' <> '[]' THEN
        lealup._slack_card(call, lealup._slack_ticket_card(call -> 'object', call #>> '{object,payload,heading}'), 'Ticket: ' || (call #>> '{object,here,subject}')) END;
COMMENT ON FUNCTION lealup._slack_update_ticket(jsonb) IS 'The request of update_ticket; null if the card shows the ticket as it is.';

CREATE FUNCTION lealup._slack_update_task(call jsonb) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE WHEN call #> '{object,changed}' <> '[]' THEN
        lealup._slack_card(call, lealup._slack_task_card(call -> 'object', call #>> '{object,payload,heading}'), 'Task: ' || (call #>> '{object,here,title}')) END;
COMMENT ON FUNCTION lealup._slack_update_task(jsonb) IS 'The request of update_task; null if the card shows the task as it is.';

CREATE FUNCTION lealup._slack_update_action(call jsonb) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN lealup._slack_card(call, lealup._slack_action_card(call -> 'object', NULL), concat_ws(': ', initcap(coalesce(call #>> '{object,here,status}', 'gone')), call #>> '{object,here,title}'));
COMMENT ON FUNCTION lealup._slack_update_action(jsonb) IS 'The request of update_approval.';

CREATE FUNCTION lealup._slack_card_updated(call jsonb, response jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN jsonb_build_object('external_id', call #> '{object,external_id}')
        || CASE WHEN response #>> '{body,ok}' = 'false' THEN jsonb_build_object('result', jsonb_build_object('left_as_it_was', response #> '{body,error}')) ELSE '{}' END
        || CASE WHEN call #>> '{object,entity}' IN ('ticket', 'task') THEN jsonb_build_object('base', call #> '{object,here}') ELSE '{}' END;
COMMENT ON FUNCTION lealup._slack_card_updated(jsonb, jsonb) IS 'What the answer to a change of a card says.';

-- ----- Notices -----

CREATE FUNCTION lealup._slack_notify(call jsonb) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN lealup._slack_message(call, jsonb_build_object('channel', call #> '{input,channel}',
        'text', coalesce('<@' || (call #>> '{input,mention}') || '> ', '') || lealup._slack_line(call #>> '{input,title}', 500),
        'blocks', lealup._slack_blocks(
            lealup._slack_section('<@' || (call #>> '{input,mention}') || '>'),
            lealup._slack_section('*' || coalesce(lealup._slack_line(call #>> '{input,title}', 1000), '-') || '*' || coalesce(E'\n' || lealup._slack_cut(nullif(btrim(call #>> '{input,text}'), ''), 1900), ''),
                (SELECT array_agg('*' || lealup._slack_line(f.key, 100) || '*' || E'\n' || lealup._slack_cut(f.value, 1800) ORDER BY f.n)
                 FROM (SELECT x.key, x.value, row_number() OVER (ORDER BY x.key) AS n
                       FROM jsonb_each_text(CASE jsonb_typeof(call #> '{input,facts}') WHEN 'object' THEN call #> '{input,facts}' ELSE '{}' END) x WHERE btrim(x.value) <> '' AND btrim(x.key) <> '') f
                 WHERE f.n <= 10)),
            CASE WHEN length(call #>> '{input,text}') > 1900 THEN lealup._slack_context('It is shortened here.') END)));
COMMENT ON FUNCTION lealup._slack_notify(jsonb) IS 'The request of notify.';

CREATE FUNCTION lealup._slack_notifications() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    n record;
    a lealup.action;
    taken uuid[] := '{}';
    failed uuid[] := '{}';
BEGIN
    FOR n IN
        SELECT i.tenant_id, i.id, i.channel, i.text, i.customer_id, i.playbook_run_id, r.event_id, b.name AS playbook, u.name AS customer_name, u.owner_id, c.id AS connection_id, c.options
        FROM inserted i
        JOIN lealup.tenant t ON t.tenant_id = i.tenant_id AND t.home = lealup.home()
        -- Of several workspaces the one that was connected first.
        JOIN LATERAL (SELECT x.id, x.options FROM lealup.connection x WHERE x.tenant_id = i.tenant_id AND x.provider = 'slack' AND x.state IN ('connected', 'error') ORDER BY x.id LIMIT 1) c ON true
        LEFT JOIN lealup.playbook_run r ON r.tenant_id = i.tenant_id AND r.id = i.playbook_run_id
        LEFT JOIN lealup.playbook b ON b.tenant_id = r.tenant_id AND b.id = r.playbook_id
        LEFT JOIN lealup.customer u ON u.tenant_id = i.tenant_id AND u.id = i.customer_id
        WHERE i.status = 'pending' AND (i.channel = 'slack' OR i.channel LIKE 'slack:_%')
        ORDER BY i.id
    LOOP
        a := NULL;
        a.tenant_id := n.tenant_id; a.connection_id := n.connection_id; a.operation := 'notify'; a.customer_id := n.customer_id; a.playbook_run_id := n.playbook_run_id;
        a.event_id := n.event_id; a.idempotency_key := n.id::text;
        a.input := jsonb_build_object('title', left(coalesce(n.customer_name, n.playbook, 'lealup'), 500), 'text', left(n.text, 12000), 'channel', CASE
            WHEN n.channel LIKE 'slack:%' THEN to_jsonb(substr(n.channel, 7))
            ELSE jsonb_strip_nulls(jsonb_build_object('member', coalesce(n.owner_id::text, ''), 'else', n.options ->> 'channel')) END);
        -- A run of a playbook must not end by it.
        BEGIN
            PERFORM lealup._make_action(a);
            taken := taken || n.id;
        EXCEPTION WHEN OTHERS THEN
            failed := failed || n.id;
        END;
    END LOOP;
    UPDATE lealup.notification x SET status = CASE WHEN x.id = ANY (failed) THEN 'failed' ELSE 'delivered' END
    FROM inserted i WHERE x.tenant_id = i.tenant_id AND x.id = i.id AND x.id = ANY (taken || failed);
    RETURN NULL;
END $$;
COMMENT ON FUNCTION lealup._slack_notifications() IS
    'Trigger: notifications of playbooks in the channel slack (to the customer''s owner, else the connection''s channel) and slack:#NAME become actions of the operation notify, which are sent if a rule allows it, and else wait for approval; they are delivered then, or failed if none could be made. Without a workspace they stay pending.';
CREATE TRIGGER slack_notifications AFTER INSERT ON lealup.notification REFERENCING NEW TABLE AS inserted
    FOR EACH STATEMENT EXECUTE FUNCTION lealup._slack_notifications();

-- ----- What an admin switches on -----

CREATE FUNCTION lealup._slack_rules() RETURNS TABLE (notice text, events text[], filters jsonb, operation text, mode text, who text, template jsonb)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT v.notice, v.events::text[], v.filters::jsonb, v.operation, v.mode, v.who, v.template::jsonb
    FROM (VALUES
        ('tickets', '{ticket.created}', '{}', 'notify_ticket', 'send', NULL, '{}'),
        ('escalations', '{ticket.escalated}', '{}', 'notify_ticket', 'send', '{{data.to_id}}', '{"heading": ":rotating_light: Escalated to {{data.to_email}}"}'),
        ('health', '{health.changed,health.drop_sharp}', '{}', 'notify', 'send', '{{owner_id}}',
            '{"title": ":chart_with_downwards_trend: Health of {{customer_name}}",
              "facts": {"Before": "{{data.previous_score}}", "Now": "{{data.current_score}}", "Band": "{{data.current_status}}", "Owner": "{{owner_name}}"}}'),
        ('renewals', '{renewal.approaching,renewal.churned}', '{}', 'notify', 'send', '{{owner_id}}',
            '{"title": ":calendar: Renewal of {{customer_name}}", "facts": {"Date": "{{data.renewal_date}}", "Days left": "{{data.days_left}}", "Amount": "{{data.amount}}", "Owner": "{{owner_name}}"}}'),
        ('tasks', '{task.created,task.overdue}', '{}', 'notify_task', 'send', '{{data.assignee_id}}', '{}'),
        ('issues', '{ai.detected_issue}', '{}', 'notify', 'send', '{{owner_id}}',
            '{"title": ":warning: {{customer_name}}", "text": "{{data.summary}}", "facts": {"Severity": "{{data.severity}}", "Channel": "{{data.channel}}", "Owner": "{{owner_name}}"}}'),
        ('integrations', '{integration.disconnected}', '{}', 'notify', 'send', NULL, '{"title": ":electric_plug: {{data.integration}} stopped working", "text": "{{data.reason}}"}'),
        ('approvals', '{action.proposed}', '{}', 'notify_approval', 'send', '{{data.member_id}}', '{"action": "{{data.action_id}}"}'),
        ('playbooks', '{*}', '{}', 'notify', 'allow', NULL, '{}')
    ) v(notice, events, filters, operation, mode, who, template);
END;
COMMENT ON FUNCTION lealup._slack_rules() IS 'The rules that set_slack_notices() makes; who: the member that gets it as a direct message, if the account is known.';

CREATE FUNCTION lealup.set_slack_notices(tenant_id uuid, connection_id uuid, notices text[], channel text, direct boolean DEFAULT true) RETURNS int
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    c lealup.connection;
    unknown text;
    r record;
    present uuid;
    made int := 0;
BEGIN
    PERFORM lealup._require('administer', tenant_id);
    PERFORM lealup._check_text('channel', channel, 100, required => true);
    SELECT x.* INTO c FROM lealup.connection x WHERE x.tenant_id = set_slack_notices.tenant_id AND x.id = set_slack_notices.connection_id;
    IF c.id IS NULL OR c.provider <> 'slack' THEN
        RAISE EXCEPTION 'connection % is none of Slack', coalesce(connection_id::text, 'null') USING ERRCODE = 'no_data_found', HINT = 'SELECT id, provider, state FROM lealup.connections lists them.';
    END IF;
    SELECT n INTO unknown FROM unnest(notices) n WHERE n IS NULL OR NOT EXISTS (SELECT FROM lealup._slack_rules() x WHERE x.notice = n) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'there are no notices %', coalesce(quote_literal(left(unknown, 100)), 'null') USING ERRCODE = 'invalid_parameter_value',
            HINT = 'There are: ' || (SELECT string_agg(x.notice, ', ') FROM lealup._slack_rules() x) || '.';
    END IF;
    FOR r IN SELECT x.* FROM lealup._slack_rules() x LOOP
        SELECT y.id INTO present FROM lealup.notification_rule y
        WHERE y.tenant_id = c.tenant_id AND y.connection_id = c.id AND y.name = 'Slack: ' || r.notice AND y.deleted_at IS NULL ORDER BY y.id LIMIT 1;
        IF r.notice = ANY (notices) THEN
            PERFORM lealup.set_notification_rule(c.tenant_id, 'Slack: ' || r.notice, r.events, c.id, r.operation, r.template || CASE WHEN r.mode = 'allow' THEN '{}'::jsonb
                ELSE jsonb_build_object('channel', CASE WHEN direct AND r.who IS NOT NULL THEN jsonb_build_object('member', r.who, 'else', channel) ELSE to_jsonb(channel) END) END,
                r.filters, r.mode, true, present);
            made := made + 1;
        ELSIF present IS NOT NULL THEN
            PERFORM lealup.delete_notification_rule(c.tenant_id, present);
        END IF;
    END LOOP;
    -- Cards follow what they show.
    PERFORM lealup.set_mirror(c.tenant_id, c.id, CASE WHEN made = 0 THEN '{}'::text[] ELSE ARRAY(SELECT DISTINCT split_part(o.mirror, '.', 1) FROM lealup.provider_operation o WHERE o.provider = 'slack' AND o.mirror IS NOT NULL) END);
    RETURN made;
END $$;
COMMENT ON FUNCTION lealup.set_slack_notices(uuid, uuid, text[], text, boolean) IS
    'Says what a Slack workspace is told, and gives how many rules there are: any of tickets, escalations, health, renewals, tasks, issues, integrations, approvals, and playbooks (what playbooks say in the channels slack and slack:#NAME, and what applications ask of the operation notify, is approved); others are ended, an empty array ends all. channel: #name, or an id. direct: escalations, tasks, approvals, health, renewals and issues go to whom they are for as a direct message, where the account is known, and to the channel else. Cards follow what becomes of tickets, tasks and approvals (set_mirror). The rules are those of lealup.notification_rule, and can be changed there. Needs the right to administer.';
