# shellcheck shell=bash disable=SC2154,SC2034
# Slack, against two doubles of it: one takes messages, the other one types commands and measures, so that neither waits for the other. Sourced by run.

slack_pids=()

stop_slack() {
    [ ${#slack_pids[@]} = 0 ] || kill "${slack_pids[@]}" 2>/dev/null || true
    slack_pids=()
}

# start_slack NAME [OPTION ...]: sets NAME_port and NAME_control.
start_slack() {
    local ports out
    exec {out}< <(exec node "$top/test/peers/slack.mjs" "${@:2}")
    slack_pids+=($!)
    read -r ports <&"$out" || fail 'the double of Slack does not start'
    printf -v "$1_port" %s "$(sed 's/.*"slack":\([0-9]*\).*/\1/' <<<"$ports")"
    printf -v "$1_control" %s "$(sed 's/.*"control":\([0-9]*\).*/\1/' <<<"$ports")"
}

# slack CONTROL_PORT PATH BODY
slack() {
    local answer
    answer=$(http "$1" POST "$2" "$3")
    [[ $answer == 'HTTP/1.1 200'* ]] || fail "the double of Slack answered: $answer"
    printf '%s' "${answer#*$'\r\n\r\n'}"
}

# type_commands SECONDS: 50 a second, by name and by domain; prints their times in ms. What was not answered after three seconds has taken that long.
type_commands() {
    slack "$typist_control" /commands "{\"commands\": [\"customer 7\", \"customer77.example\", \"Customer 4711\"], \"users\": [\"U1\"], \"count\": $(($1 * 50)), \"per_second\": 50}" >"$dir/commands"
    sed 's/.*"ms":\[\([^]]*\)\].*/\1/' "$dir/commands" | tr , '\n' | awk '{ printf "%.1f\n", $1 }'
}

# notify TENANT CONNECTION N: so many messages, which go out when the connection is resumed.
queue_messages() {
    sql "select lealup.pause_connection('$1', '$2');
         select count(lealup.create_action('$1', '$2', 'notify', jsonb_build_object('channel', '#alerts', 'title', 'Message ' || n, 'text', 'Something has happened.', 'facts', '{\"Customer\": \"Acme\", \"Owner\": \"Ada\"}'::jsonb)))
         from generate_series(1, $3) n" >/dev/null
}

scenario_slack() {
    local tenant connection token port round seconds=$((events < 50000 ? 3 : 10)) n=$((events / 10)) from alone=() messages=() webhooks=() rate=() emitted=() typed
    start_sink --count 10 --log "$dir/arrivals"
    port=$(free_port)
    configure lealup.gateway_listen="$port" lealup.gateway_database=bench lealup.public_url="http://127.0.0.1:$port"
    start_slack taker
    start_slack typist
    token=$(slack "$taker_control" /tokens '{"scopes": ["chat:write", "users:read", "channels:read", "chat:write.public"]}' | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
    slack "$taker_control" /channels '{"id": "C1", "name": "alerts"}' >/dev/null
    sql "update lealup.provider set base_url = 'http://127.0.0.1:$taker_port/api', allowed_hosts = '{127.0.0.1}' where name = 'slack'; delete from lealup.provider_budget where provider = 'slack'"
    # shellcheck disable=SC2086
    tenant=$(new_tenant null $ports)
    sql "insert into lealup.customer (tenant_id, name, domain) select '$tenant', 'Customer ' || k, 'customer' || k || '.example' from generate_series(1, $n) k;
         insert into lealup.ticket (tenant_id, customer_id, subject) select tenant_id, id, 'Ticket of ' || name from lealup.customer where tenant_id = '$tenant';
         insert into lealup.task (tenant_id, customer_id, title) select tenant_id, id, 'Task for ' || name from lealup.customer where tenant_id = '$tenant';
         insert into lealup.member (tenant_id, email, role) values ('$tenant', 'ada@team.example', 'admin');
         analyze"
    connection=$(sql "insert into lealup.connection (tenant_id, provider, kind, state, account_id, scopes) values ('$tenant', 'slack', 'workspace', 'connected', 'T0001', '{chat:write}') returning id")
    sql "select lealup._store_secret('$tenant', '$connection', 'access_token', '$token'), lealup.set_inbound_secret('$tenant', '$connection', '8f742231b10e8888abcd99yyyzzz85a5');
         insert into lealup.member_account (tenant_id, connection_id, external_id, member_id, matched_by) select tenant_id, '$connection', 'U1', id, 'manual' from lealup.member where tenant_id = '$tenant';
         insert into lealup.external_channel (tenant_id, connection_id, external_id, name, joined, shared) values ('$tenant', '$connection', 'C1', 'alerts', true, false);
         select lealup.set_notification_rule('$tenant', 'Bench', '{*}', '$connection', 'notify', mode => 'allow')" >/dev/null
    wait_for 'the gateway' "[ \"\$(sql \"select count(*) from lealup.worker_status where worker like 'gateway%' and state = 'running'\")\" = 1 ]"
    slack "$typist_control" /request_url "{\"url\": \"$(sql "select lealup.inbound_url('$tenant', '$connection')")\"}" | grep -q '"ok":true' || fail 'Slack does not take the URL'
    drain "$tenant" 10 100 >/dev/null
    type_commands 1 >/dev/null
    for ((round = 1; round <= rounds; round++)); do
        settle
        type_commands "$seconds" >"$dir/times"
        alone+=("$(percentile 99 "$dir/times")")

        # So many that they do not end before the commands do.
        queue_messages "$tenant" "$connection" $((seconds * 1500))
        from=$(sql 'select clock_timestamp()')
        sql "select lealup.resume_connection('$tenant', '$connection')" >/dev/null
        type_commands "$seconds" >"$dir/times"
        messages+=("$(percentile 99 "$dir/times")")
        rate+=("$(sql "select round(count(*) / extract(epoch from clock_timestamp() - '$from')) from lealup.action where tenant_id = '$tenant' and sent_at >= '$from'")")
        sql "delete from lealup.action where tenant_id = '$tenant' and status <> 'sending'"

        settle
        from=$(sql 'select clock_timestamp()')
        { for ((typed = 0; typed < seconds * 10; typed++)); do sql "$(emit_many "$tenant" 10 100)" >/dev/null; sleep 0.08; done; } &
        type_commands "$seconds" >"$dir/times"
        wait $!
        emitted+=("$(sql "select round($seconds * 1000 / extract(epoch from clock_timestamp() - '$from'))")")
        webhooks+=("$(percentile 99 "$dir/times")")
        wait_for 'the deliveries' "[ \"\$(sql 'select (select count(*) from lealup.outbox) + (select count(*) from lealup.delivery_queue)')\" = 0 ]"
        printf 'round %s: p99 alone=%s, while messages go out=%s (%s/s), while webhooks go out=%s (%s/s)\n' "$round" "${alone[-1]}" "${messages[-1]}" "${rate[-1]}" "${webhooks[-1]}" "${emitted[-1]}"
    done
    report "/lealup among $n customers, 50/s, p99" 'at most' 3000 ms "${alone[@]}"
    report '... while messages go out to Slack' 'at most' 3000 ms "${messages[@]}"
    report '... of these, by one worker' - - '/s' "${rate[@]}"
    report '... while webhooks go out' 'at most' 3000 ms "${webhooks[@]}"
    report '... of these (1,000 a second, if the machine can)' - - '/s' "${emitted[@]}"
    configure
    stop_slack
}
