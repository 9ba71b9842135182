# shellcheck shell=bash disable=SC2154,SC2034
# The relay between tickets and threads of Slack, against the double that the tests use, without its limits. Sourced by run.

slack_pid=

slack() {
    local answer
    answer=$(http "$slack_control" POST "$1" "$2")
    [[ $answer == 'HTTP/1.1 200'* ]] || fail "the double of Slack answered: $answer"
    printf '%s' "${answer#*$'\r\n\r\n'}"
}

start_slack() {
    local ports
    exec {slack_out}< <(exec node "$top/test/peers/slack.mjs" --log "$dir/slack.log")
    slack_pid=$!
    read -r ports <&"$slack_out" || fail 'the double of Slack does not start'
    slack_port=$(sed 's/.*"slack":\([0-9]*\).*/\1/' <<<"$ports")
    slack_control=$(sed 's/.*"control":\([0-9]*\).*/\1/' <<<"$ports")
    sql "update lealup.provider set base_url = 'http://127.0.0.1:$slack_port/api', authorize_url = 'http://127.0.0.1:$slack_port/oauth/v2/authorize',
            token_url = 'http://127.0.0.1:$slack_port/api/oauth.v2.access', allowed_hosts = '{127.0.0.1}' where name = 'slack';
         delete from lealup.provider_budget where provider = 'slack'"
    sql "select lealup.set_oauth_client(null, 'slack', 'client', 'secret', 'https://bench.example/callback')" >/dev/null
}

stop_slack() {
    [ -n "$slack_pid" ] || return 0
    kill "$slack_pid" 2>/dev/null || true
    exec {slack_out}<&-
    slack_pid=
}

# connect_slack TENANT: connects, agrees as a browser does, enters the URL in the app, and prints the connection's id.
connect_slack() {
    local row url location
    row=$(sql "select connection_id, authorization_url from lealup.connect('$1', 'slack', null, scopes => '{channels:history}')")
    url=${row#*|}
    location=$(http "$slack_port" GET "/${url#*://*/}" | tr -d '\r' | sed -n 's/^location: //p')
    [ -n "$location" ] || fail 'the double of Slack does not agree'
    sql "select lealup.complete_connect('$(parameter state "$location")', '$(parameter code "$location")')" >/dev/null
    sql "select lealup.set_inbound_secret('$1', '${row%%|*}', '8f742231b10e8888abcd99yyyzzz85a5')" >/dev/null
    url=$(sql "select lealup.inbound_url('$1', '${row%%|*}')")
    location=$(slack /request_url "{\"url\": \"$url\"}")
    [ "$location" = '{"ok":true}' ] || fail "the URL is not taken: $location"
    wait_for 'the lists of the workspace' "[ \"\$(sql \"select count(*) from lealup.sync_run where connection_id = '${row%%|*}' and result = 'ok'\")\" = 2 ]"
    printf '%s' "${row%%|*}"
}

# relay TENANT SAMPLES RATE ANSWERS: so many messages a second in tickets, and so many answers in their threads; the files out (from COMMIT to Slack) and in (from Slack to
# the ticket), in ms. ANSWERS is what the double is to say.
relay() {
    local talk arrived
    : >"$dir/slack.log"
    http "$slack_control" POST /chat "$4" >"$dir/chat" &
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
    local port=$((20000 + RANDOM % 20000)) rate=20 samples=$((events < 50000 ? 100 : 1000)) tenant connection user channel round out=() out99=() in=() in99=() cpu=() used n threads=
    configure lealup.public_url="http://127.0.0.1:$port" lealup.gateway_listen="$port" lealup.gateway_database=bench
    start_slack
    wait_for 'the gateway' '[ "$(sql "select count(*) from lealup.worker_status where worker like '"'gateway%' and state = 'running'"'")" = 1 ]'
    tenant=$(sql "select lealup.create_tenant('bench')")
    sql "insert into lealup.member (tenant_id, email, name, role) values ('$tenant', 'member@team.example', 'Member', 'admin')"
    user=$(slack /users '{"email": "member@team.example", "name": "Member"}' | sed 's/.*"id":"\([^"]*\)".*/\1/')
    channel=$(slack /channels '{"name": "bench"}' | sed 's/.*"id":"\([^"]*\)".*/\1/')
    connection=$(connect_slack "$tenant")
    sql "create table public.relayed as select n, lealup.create_ticket('$tenant', 'Ticket ' || n) as id, ''::text as thread from generate_series(0, 19) n"
    for ((n = 0; n < 20; n++)); do
        thread=$(slack /say "{\"channel\": \"$channel\", \"user\": \"$user\", \"text\": \"root\"}" | sed 's/.*"ts":"\([^"]*\)".*/\1/')
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
    stop_slack
    configure
}
