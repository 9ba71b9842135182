# shellcheck shell=bash disable=SC2154,SC2034
# The relay between tickets and threads of Slack, against the double that the tests use, without its limits. Sourced by run.

# relay TENANT SAMPLES RATE ANSWERS: so many messages a second in tickets, and so many answers in their threads; the files out (from COMMIT to Slack) and in (from Slack to
# the ticket), in ms. ANSWERS is what the double is to say.
relay() {
    local talk arrived
    : >"$dir/slack.log"
    http "$workspace_control" POST /chat "$4" >"$dir/chat" &
    talk=$!
    "$bin/latency" --db "$db" --samples "$2" --rate "$3" "select lealup.add_ticket_message('$1', (select id from public.relayed where n = \$1::int % 20), 'out ' || \$1::int)" >"$dir/commits"
    wait "$talk"
    grep -q "^HTTP/1.1 200" "$dir/chat" || fail "the double of Slack answered: $(cat "$dir/chat")"
    wait_for 'the last messages' "[ \"\$(grep -c '\"text\":\"[^\"]*out [0-9]' '$dir/slack.log')\" -ge $2 ] && [ \"\$(sql \"select count(*) from lealup.ticket_message where source = 'slack' and body like 'in %'\")\" -ge $2 ]"
    sed -n 's/^{"time":\([0-9.]*\),.*out \([0-9]*\)".*/\2 \1/p' "$dir/slack.log" |
        awk -v out="$dir/out" 'NR == FNR { at[$1] = $2; next } { printf "%.3f\n", at[$1] - $3 / 1000 >out }' - "$dir/commits"
    sql "select 1000 * greatest(0, extract(epoch from lealup.uuid7_time(id)) - split_part(external_id, ':', 2)::numeric) from lealup.ticket_message where source = 'slack' and body like 'in %'" >"$dir/in"
    sql "delete from lealup.action where operation = 'relay_message'; delete from lealup.ticket_message where tenant_id = '$1'"
}

scenario_relay() {
    local port rate=5 samples=$((events < 50000 ? 50 : 300)) tenant connection token user channel round out=() out99=() in=() in99=() cpu=() used n threads=
    port=$(free_port)
    configure lealup.public_url="http://127.0.0.1:$port" lealup.gateway_listen="$port" lealup.gateway_database=bench
    start_slack workspace --log "$dir/slack.log"
    token=$(slack "$workspace_control" /tokens '{"scopes": ["chat:write", "channels:read", "channels:history"]}' | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
    sql "update lealup.provider set base_url = 'http://127.0.0.1:$workspace_port/api', allowed_hosts = '{127.0.0.1}' where name = 'slack'; delete from lealup.provider_budget where provider = 'slack'"
    tenant=$(sql "select lealup.create_tenant('bench')")
    sql "insert into lealup.member (tenant_id, email, name, role) values ('$tenant', 'member@team.example', 'Member', 'admin')"
    user=$(slack "$workspace_control" /users '{"email": "member@team.example", "name": "Member"}' | sed 's/.*"id":"\([^"]*\)".*/\1/')
    channel=$(slack "$workspace_control" /channels '{"name": "bench"}' | sed 's/.*"id":"\([^"]*\)".*/\1/')
    connection=$(sql "insert into lealup.connection (tenant_id, provider, kind, state, account_id, scopes) values ('$tenant', 'slack', 'workspace', 'connected', 'T0001', '{chat:write}') returning id")
    sql "select lealup._store_secret('$tenant', '$connection', 'access_token', '$token'), lealup.set_inbound_secret('$tenant', '$connection', '8f742231b10e8888abcd99yyyzzz85a5')" >/dev/null
    wait_for 'the gateway' "[ \"\$(sql \"select count(*) from lealup.worker_status where worker like 'gateway%' and state = 'running'\")\" = 1 ]"
    slack "$workspace_control" /request_url "{\"url\": \"$(sql "select lealup.inbound_url('$tenant', '$connection')")\"}" | grep -q '"ok":true' || fail 'Slack does not take the URL'
    sql "create table public.relayed as select n, lealup.create_ticket('$tenant', 'Ticket ' || n) as id, ''::text as thread from generate_series(0, 19) n"
    for ((n = 0; n < 20; n++)); do
        thread=$(slack "$workspace_control" /say "{\"channel\": \"$channel\", \"user\": \"$user\", \"text\": \"root\"}" | sed 's/.*"ts":"\([^"]*\)".*/\1/')
        sql "insert into lealup.external_object (tenant_id, connection_id, entity, external_id, object_id, ours) select '$tenant', '$connection', 'ticket', '$channel:$thread', id, true from public.relayed where n = $n"
        threads="$threads${threads:+, }\"$thread\""
    done
    sql "select lealup.set_mirror('$tenant', '$connection', '{ticket_message}')" >/dev/null
    for ((round = 0; round <= rounds; round++)); do
        used=$(cpu_us "$(sync_pid)")
        relay "$tenant" "$samples" "$rate" "{\"channel\": \"$channel\", \"threads\": [$threads], \"user\": \"$user\", \"text\": \"in\", \"count\": $samples, \"per_second\": $rate}"
        # The first round warms everything up.
        [ $round -gt 0 ] || continue
        out+=("$(percentile 50 "$dir/out")") out99+=("$(percentile 99 "$dir/out")") in+=("$(percentile 50 "$dir/in")") in99+=("$(percentile 99 "$dir/in")")
        cpu+=("$(calc "($(cpu_us "$(sync_pid)") - $used) / (2 * $samples)" %.0f)")
        printf 'round %s: to Slack p50=%s p99=%s, from Slack p50=%s p99=%s\n' "$round" "${out[-1]}" "${out99[-1]}" "${in[-1]}" "${in99[-1]}"
    done
    report "$rate messages/s each way: COMMIT to Slack, p50" - - ms "${out[@]}"
    report '... p99' 'at most' 1000 ms "${out99[@]}"
    report "... from Slack to the ticket, p50" - - ms "${in[@]}"
    report '... p99' 'at most' 1000 ms "${in99[@]}"
    report '... CPU of the worker for a message' - - us "${cpu[@]}"
    configure
    stop_slack
}
