-- /lealup acme shows a customer, to the member who asks and nobody else; /lealup alone explains itself.

UPDATE lealup.provider_inbound SET ask = 'lealup._slack_ask', reply = 'lealup._slack_reply',
    acknowledge = '{"status": 200, "body": {"response_type": "ephemeral", "text": "lealup could not answer just now. Try it again in a moment."}}'
WHERE provider = 'slack' AND name = 'commands';

-- ----- Parts of messages -----

CREATE FUNCTION lealup._slack_cut(content text, most int) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN length(lealup._slack_escape(content)) <= most THEN lealup._slack_escape(content)
        ELSE regexp_replace(left(lealup._slack_escape(left(content, most)), most - 4), '&[a-z]*$', '') || ' ...' END;
COMMENT ON FUNCTION lealup._slack_cut(text, int) IS 'A text as Slack wants it, of at most so many characters.';

CREATE FUNCTION lealup._slack_line(content text, most int) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN lealup._slack_cut(nullif(btrim(regexp_replace(left(content, 2000), '([\s*~`]|\m_|_\M)+', ' ', 'g')), ''), most);
COMMENT ON FUNCTION lealup._slack_line(text, int) IS 'Words of others on one line, without what would make them bold or code; null for none.';

CREATE FUNCTION lealup._slack_header(content text) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN jsonb_build_object('type', 'header', 'text', jsonb_build_object('type', 'plain_text', 'text', left(coalesce(nullif(btrim(regexp_replace(content, '\s+', ' ', 'g')), ''), '-'), 150)));
COMMENT ON FUNCTION lealup._slack_header(text) IS 'A heading, in which nothing is more than text.';

CREATE FUNCTION lealup._slack_section(mrkdwn text, fields text[] DEFAULT NULL) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (SELECT CASE WHEN s.value - 'type' <> '{}' THEN s.value END FROM (SELECT jsonb_strip_nulls(jsonb_build_object('type', 'section',
        'text', CASE WHEN mrkdwn <> '' THEN jsonb_build_object('type', 'mrkdwn', 'text', mrkdwn) END,
        'fields', (SELECT jsonb_agg(jsonb_build_object('type', 'mrkdwn', 'text', f.value) ORDER BY f.n) FROM unnest(fields) WITH ORDINALITY f(value, n) WHERE f.value <> '' AND f.n <= 10))) AS value) s);
COMMENT ON FUNCTION lealup._slack_section(text, text[]) IS 'A paragraph, and up to ten short fields beside each other; what is null or empty is left out, and null if all is.';

CREATE FUNCTION lealup._slack_context(mrkdwn text) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN mrkdwn <> '' THEN jsonb_build_object('type', 'context', 'elements', jsonb_build_array(jsonb_build_object('type', 'mrkdwn', 'text', mrkdwn))) END;
COMMENT ON FUNCTION lealup._slack_context(text) IS 'A small line; null for none.';

CREATE FUNCTION lealup._slack_blocks(VARIADIC blocks jsonb[]) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (SELECT coalesce(jsonb_agg(b.value ORDER BY b.n), '[]') FROM unnest(blocks) WITH ORDINALITY b(value, n) WHERE b.value IS NOT NULL);
COMMENT ON FUNCTION lealup._slack_blocks(jsonb[]) IS 'Those of some blocks that there are.';

CREATE FUNCTION lealup._slack_color(color text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE color WHEN 'green' THEN ':large_green_circle:' WHEN 'yellow' THEN ':large_yellow_circle:' WHEN 'red' THEN ':red_circle:' WHEN 'healthy' THEN ':large_green_circle:'
        WHEN 'neutral' THEN ':large_yellow_circle:' WHEN 'at_risk' THEN ':red_circle:' ELSE ':white_circle:' END;
COMMENT ON FUNCTION lealup._slack_color(text) IS 'A dot of a color, or for a band of health.';

CREATE FUNCTION lealup._slack_money(amount text, currency text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE WHEN amount ~ '^\d{1,14}(\.\d+)?$' THEN btrim(to_char(round(amount::numeric), 'FM999,999,999,999,999')) || coalesce(' ' || currency, '') END;
COMMENT ON FUNCTION lealup._slack_money(text, text) IS 'An amount in whole units; null if it is none.';

CREATE FUNCTION lealup._slack_days(days int) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN days = 0 THEN 'today' WHEN days = 1 THEN 'tomorrow' WHEN days > 1 THEN format('in %s days', days) WHEN days = -1 THEN 'yesterday' ELSE format('%s days ago', -days) END;
COMMENT ON FUNCTION lealup._slack_days(int) IS 'How far away a day is.';

-- ----- The command -----

CREATE FUNCTION lealup._slack_ask(call jsonb, message jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN message -> 'body' ? 'command' THEN jsonb_build_object('account', message #> '{body,user_id}', 'command', left(message #>> '{body,command}', 100),
        'query', left(btrim(message #>> '{body,text}'), 300), 'show', CASE
            WHEN NOT lealup._slack_is_ours(call, message -> 'body') THEN 'foreign'
            WHEN coalesce(btrim(message #>> '{body,text}'), '') ~* '^(help|\?)?$' THEN 'help' ELSE 'customer' END) END;
COMMENT ON FUNCTION lealup._slack_ask(jsonb, jsonb) IS 'What a command asks.';

CREATE FUNCTION lealup._slack_customer(shown jsonb) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN lealup._slack_blocks(
        lealup._slack_header(shown #>> '{customer,name}'),
        lealup._slack_section(NULL, ARRAY[
            '*Health*' || E'\n' || coalesce(lealup._slack_color(shown #>> '{health,color}') || ' ' || (shown #>> '{health,score}') || ' ' || replace(shown #>> '{health,band}', '_', ' ')
                || CASE WHEN shown #>> '{health,stale}' = 'true' THEN ' (no fresh signals)' ELSE '' END, 'not known'),
            '*Renewal*' || E'\n' || coalesce((shown #>> '{renewal,date}') || ' (' || lealup._slack_days((shown #>> '{renewal,days}')::int) || ')'
                || coalesce(', ' || lealup._slack_money(shown #>> '{renewal,amount}', shown #>> '{renewal,currency}'), ''), 'not known'),
            '*ARR*' || E'\n' || coalesce(lealup._slack_money(shown #>> '{customer,arr}', shown #>> '{customer,currency}'), 'not known'),
            '*Owner*' || E'\n' || coalesce(lealup._slack_line(shown #>> '{owner,name}', 200), 'nobody'),
            '*Status*' || E'\n' || lealup._slack_line(concat_ws(', ', shown #>> '{customer,status}', shown #>> '{customer,tier}', shown #>> '{customer,segment}'), 300)]),
        (SELECT lealup._slack_section('*Why*' || E'\n' || string_agg('• ' || lealup._slack_line(w.value ->> 'explanation', 400), E'\n' ORDER BY w.n))
            FROM jsonb_array_elements(CASE jsonb_typeof(shown #> '{health,why}') WHEN 'array' THEN shown #> '{health,why}' ELSE '[]' END) WITH ORDINALITY w(value, n)),
        lealup._slack_section('*Open tickets: ' || (shown #>> '{tickets,open}') || '*' || coalesce((SELECT string_agg(E'\n' || '• ' || lealup._slack_line(t.value ->> 'subject', 200)
                || format(' (%s, %s, since %s)', t.value ->> 'status', t.value ->> 'priority', t.value ->> 'since'), '' ORDER BY t.n)
            FROM jsonb_array_elements(shown #> '{tickets,items}') WITH ORDINALITY t(value, n)), '')),
        lealup._slack_section('*Open tasks: ' || (shown #>> '{tasks,open}') || '*' || coalesce((SELECT string_agg(E'\n' || '• ' || lealup._slack_line(t.value ->> 'title', 200)
                || coalesce(' (' || nullif(concat_ws(', ', CASE WHEN t.value ->> 'overdue' = 'true' THEN '*overdue* since ' ELSE 'due ' END || (t.value ->> 'due'),
                    lealup._slack_line(t.value ->> 'assignee', 100)), '') || ')', ''),
                '' ORDER BY t.n)
            FROM jsonb_array_elements(shown #> '{tasks,items}') WITH ORDINALITY t(value, n)), '')));
COMMENT ON FUNCTION lealup._slack_customer(jsonb) IS 'A customer in Block Kit, of what lealup._show_customer() gives.';

CREATE FUNCTION lealup._slack_reply(call jsonb, shown jsonb) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN jsonb_build_object('status', 200, 'body', jsonb_build_object('response_type', 'ephemeral') || CASE
        WHEN shown ->> 'show' = 'foreign' THEN jsonb_build_object('text', 'This workspace is not the one that lealup is connected to.')
        WHEN shown ? 'stranger' THEN jsonb_build_object('text',
            'lealup does not know who you are: your Slack account belongs to no active member. An admin maps it, or your e-mail address in Slack has to be the one that you have in lealup.')
        WHEN shown ->> 'show' = 'help' THEN jsonb_build_object('text', format(
            E'`%1$s acme` shows a customer: health and why, renewal, open tickets and tasks. Say a name, a part of it, or a domain.\n`%1$s help` shows this. Only you see the answers.',
            lealup._slack_line(shown ->> 'command', 50)))
        WHEN shown ? 'customer' THEN jsonb_build_object('text', concat_ws(', ', lealup._slack_line(shown #>> '{customer,name}', 300),
                'health ' || coalesce(shown #>> '{health,score}', 'not known'), 'renewal ' || (shown #>> '{renewal,date}')), 'blocks', lealup._slack_customer(shown))
        WHEN shown ->> 'matches' = '0' THEN jsonb_build_object('text', format('There is no customer "%s". Say a name, a part of it, or a domain.', lealup._slack_line(shown ->> 'query', 200)))
        ELSE jsonb_build_object('text', format(E'%s customers fit "%s":%s%s', CASE WHEN shown ->> 'more' = 'true' THEN 'More than ' ELSE '' END || (shown ->> 'matches'), lealup._slack_line(shown ->> 'query', 200),
            (SELECT string_agg(E'\n• ' || lealup._slack_color(c.value ->> 'band') || ' ' || concat_ws(', ', lealup._slack_line(c.value ->> 'name', 200),
                c.value ->> 'domain', nullif(c.value ->> 'status', 'active')), '' ORDER BY c.n)
                FROM jsonb_array_elements(shown -> 'customers') WITH ORDINALITY c(value, n)), E'\nSay more of the name.'))
        END);
COMMENT ON FUNCTION lealup._slack_reply(jsonb, jsonb) IS 'The answer to a command, which only who asks sees.';
