# shellcheck shell=bash disable=SC2154,SC2016
# What is measured. Each scenario starts its own sink and makes its own tenant, so that no state is left over from another.
# Sourced by run.

# Fills an event's data, so that a request's body has about 1 KiB.
pad=$(printf '%0829d' 0)

# new_tenant IN_FLIGHT PORT ...: a tenant with one subscription per port, the n-th to the event type bench.e<n>, and
# prints its id. IN_FLIGHT null leaves the cap at its default. The document's 100 requests a second are lifted here, in
# the subscriptions, by the parameter that an administrator has for it.
new_tenant() {
    local in_flight=$1 tenant n=0 port
    shift
    tenant=$(sql "select lealup.create_tenant('bench')")
    for port in "$@"; do
        sql "select lealup.register_event_type('$tenant', 'bench.e$n', 'benchmark')" >/dev/null
        sql "select lealup.create_subscription('$tenant', 'http://127.0.0.1:$port/hook', array['bench.e$n'],
                secret => 'benchmark-secret-of-thirty-two-characters', rate_limit => 0, max_in_flight => $in_flight)" >/dev/null
        n=$((n + 1))
    done
    printf '%s' "$tenant"
}

# One event, "n" being an SQL expression: to the first TYPES subscriptions in turn.
emit_one() { printf "lealup.emit('%s', 'bench.e' || (%s) %% %s, ('{\"n\":' || %s || ',\"pad\":\"%s\"}')::json)" "$1" "$3" "$2" "$3" "$pad"; }

# emit_many TENANT TYPES N: the statement that emits N events.
emit_many() { printf 'select count(%s) from generate_series(1, %s) n' "$(emit_one "$1" "$2" n)" "$3"; }

# drain TENANT TYPES N [OPTION ...]: emits and waits until all is delivered; prints what backlog prints. The last
# --expect counts.
drain() {
    local tenant=$1 types=$2 n=$3
    shift 3
    "$bin/backlog" --db "$db" --control "$control" --expect "$n" --pids "$(delivery_pids | paste -sd,)" "$@" \
        "$(emit_many "$tenant" "$types" "$n")"
}

# Rounds start from the same state: no dead rows of the last one, no checkpoint due.
settle() { sql 'vacuum lealup.outbox' && sql 'vacuum lealup.delivery_queue' && sql 'checkpoint'; }

# compare IN_FLIGHT ENDPOINT_CAP WORKERS ...: rounds of the yardstick and of lealup with these numbers of workers, in turn.
# IN_FLIGHT is for the yardstick and for all workers together. Sets yard, rate_<w>, ratio_<w>, cpu_<w> and emit.
compare() {
    local in_flight=$1 cap=$2 tenant round w y line
    shift 2
    yard=() emit=()
    for w in "$@"; do declare -ga "rate_$w=()" "ratio_$w=()" "cpu_$w=()"; done
    # shellcheck disable=SC2086
    tenant=$(new_tenant "$cap" $ports)
    for ((round = 1; round <= rounds; round++)); do
        line=$("$bin/yardstick" --ports "$port_list" --requests "$events" --concurrency "$in_flight")
        y=$(field rate "$line")
        yard+=("$y")
        printf 'round %s: yardstick %s\n' "$round" "$line"
        for w in "$@"; do
            configure lealup.delivery_workers="$w" lealup.max_in_flight=$((in_flight / w)) \
                lealup.max_in_flight_per_endpoint="$cap"
            # The workers share out the endpoints and connect before the clock runs.
            drain "$tenant" 10 $((events / 50)) >/dev/null
            settle
            line=$(drain "$tenant" 10 "$events")
            eval "rate_$w+=($(calc "$events / $(field recorded_s "$line")" %.0f))
                  ratio_$w+=($(calc "$events / $(field recorded_s "$line") / $y"))
                  cpu_$w+=($(calc "$(field worker_cpu_s "$line") * 1e6 / $events" %.1f))"
            emit+=("$(calc "$(field emit_cpu_s "$line") * 1e6 / $events" %.1f)")
            printf 'round %s: %s worker(s) %s\n' "$round" "$w" "$line"
        done
    done
}

# A backlog over ten endpoints that answer at once: from COMMIT until all has arrived and every outcome is recorded.
scenario_throughput() {
    start_sink --count 10
    compare "$concurrency" "$concurrency" 1 2
    report 'yardstick' - - '/s' "${yard[@]}"
    report 'one worker' - - '/s' "${rate_1[@]}"
    report 'one worker / yardstick (better: 0.8)' 'at least' 0.7 '' "${ratio_1[@]}"
    report 'two workers' - - '/s' "${rate_2[@]}"
    report 'two workers / yardstick' 'at least' 1.0 '' "${ratio_2[@]}"
    report 'worker CPU per delivery, one worker' 'at most' 35 us "${cpu_1[@]}"
    report 'emit in bulk, CPU per row' 'at most' 12 us "${emit[@]}"
}

# Endpoints that take 50 ms, 200 requests in flight to each.
scenario_slow() {
    start_sink --count 10 --delay-ms 50
    compare 2000 200 1
    report 'endpoints take 50 ms: yardstick, 2000 in flight' - - '/s' "${yard[@]}"
    report 'endpoints take 50 ms: one worker' - - '/s' "${rate_1[@]}"
    report 'endpoints take 50 ms: one worker / yardstick' 'at least' 0.7 '' "${ratio_1[@]}"
    report 'endpoints take 50 ms: worker CPU per delivery' - - us "${cpu_1[@]}"
}

# measure_latency TENANT SAMPLES: from COMMIT to arrival at 100 events a second, in ms, a line for each: the files sent and returned.
measure_latency() {
    sink_counts reset >/dev/null
    "$bin/latency" --db "$db" --samples "$2" --rate 100 "select $(emit_one "$1" 10 '$1::int')" >"$dir/commits"
    wait_for "$2 arrivals" "[ \"\$(sink_counts | awk '{ s += \$2 } END { print s }')\" -ge $2 ]"
    # A second arrival of the same event would be a retry; the first counts.
    awk -v sent="$dir/sent" -v returned="$dir/returned" '
        NR == FNR { if (!($1 in at)) at[$1] = $2; next }
        { printf "%.3f\n", (at[$1] - $2) / 1000 >sent; printf "%.3f\n", (at[$1] - $3) / 1000 >returned }
    ' "$dir/arrivals" "$dir/commits"
}

# From COMMIT to arrival at 100 events a second. A transaction becomes visible between "COMMIT sent" and "COMMIT
# returned": the first counts the flush of the WAL as delivery time, the second leaves it out. Both are shown.
scenario_latency() {
    local samples=$((events < 50000 ? 100 : 500)) tenant round from
    local -A p50=() p99=()
    start_sink --count 10 --log "$dir/arrivals"
    configure
    # shellcheck disable=SC2086
    tenant=$(new_tenant null $ports)
    drain "$tenant" 10 100 >/dev/null
    for ((round = 1; round <= rounds; round++)); do
        settle
        measure_latency "$tenant" "$samples"
        for from in sent returned; do
            p50[$from]+="$(percentile 50 "$dir/$from") "
            p99[$from]+="$(percentile 99 "$dir/$from") "
        done
    done
    for from in sent returned; do
        # shellcheck disable=SC2086
        report "COMMIT $from to arrival at 100/s, p50" 'at most' 0.5 ms ${p50[$from]}
        # shellcheck disable=SC2086
        report "COMMIT $from to arrival at 100/s, p99" 'at most' 2 ms ${p99[$from]}
    done
}

# One of ten endpoints never answers (each request ends by the timeout of 5 s): when have the nine others got theirs,
# against the same nine alone? All caps are at their defaults; each round has a new tenant, whose endpoints have no history.
scenario_isolation() {
    local n=$((events / 5)) healthy=$((events * 9 / 50)) tenant round alone with ratio=() line hanging
    start_sink --count 10 --hang 1
    hanging=${ports##* }
    configure
    for ((round = 1; round <= rounds; round++)); do
        # shellcheck disable=SC2086
        tenant=$(new_tenant null $ports)
        drain "$tenant" 9 "$healthy" >/dev/null
        settle
        line=$(drain "$tenant" 9 "$healthy" --arrival-only)
        alone=$(field arrived_s "$line")
        wait_until_empty
        settle
        line=$(drain "$tenant" 10 "$n" --expect "$healthy" --skip-port "$hanging" --arrival-only)
        with=$(field arrived_s "$line")
        ratio+=("$(calc "$with / $alone")")
        printf 'round %s: nine endpoints alone %s s, beside one that hangs %s s\n' "$round" "$alone" "$with"
        abandon
    done
    report 'nine endpoints beside one that hangs / alone' 'at most' 1.2 '' "${ratio[@]}"
}

wait_until_empty() {
    wait_for 'an empty queue' '[ "$(sql "select not exists (select from lealup.outbox) and not exists (select from lealup.delivery_queue)")" = t ]'
}

# Takes back what is queued, and waits until the requests that hang have run into their timeout of 5 s.
abandon() {
    wait_for 'an empty outbox' '[ "$(sql "select not exists (select from lealup.outbox)")" = t ]'
    sql 'delete from lealup.delivery_queue'
    sleep 6
}

# Many rows are due for an endpoint that never answers: do claims for the others slow down?
scenario_pending() {
    local n=$((events / 10)) tenant round line without=() with=() hanging dead
    start_sink --count 10 --hang 1
    hanging=${ports##* }
    configure
    # shellcheck disable=SC2086
    tenant=$(new_tenant null $ports)
    drain "$tenant" 9 "$n" >/dev/null
    for ((round = 1; round <= rounds; round++)); do
        settle
        line=$(drain "$tenant" 9 "$n" --arrival-only)
        without+=("$(field arrived_s "$line")")
        wait_until_empty
    done
    dead=$(sql "select id from lealup.subscription where tenant_id = '$tenant' and url like '%:$hanging/%'")
    sql "insert into lealup.delivery_queue (tenant_id, id, subscription_id, event_id, next_attempt_at, retention_class, attempt_no,
             first_attempt_no, trigger)
         select '$tenant', lealup.uuid7(), '$dead', e.id, now(), 30, 1, 1, 'event'
         from generate_series(1, $pending_rows), (select id from lealup.event where tenant_id = '$tenant' limit 1) e"
    sql 'vacuum analyze lealup.delivery_queue'
    for ((round = 1; round <= rounds; round++)); do
        settle
        line=$(drain "$tenant" 9 "$n" --skip-port "$hanging" --arrival-only)
        with+=("$(field arrived_s "$line")")
    done
    report "$n deliveries to nine endpoints" - - s "${without[@]}"
    report "the same beside $pending_rows rows for a dead one" - - s "${with[@]}"
    report 'with / without the pending rows' 'at most' 1.2 '' "$(calc "$(median "${with[@]}") / $(median "${without[@]}")")"
    abandon
}

# Memory of the worker over many deliveries: from the end of the first tenth, when its buffers have their size, to the end.
scenario_memory() {
    local step=$((memory_events / 10)) tenant pid i kb=()
    start_sink --count 10
    configure
    # shellcheck disable=SC2086
    tenant=$(new_tenant null $ports)
    pid=$(delivery_pids)
    for ((i = 1; i <= 10; i++)); do
        drain "$tenant" 10 "$step" >/dev/null
        [ "$(delivery_pids)" = "$pid" ] || fail 'the delivery worker was replaced in mid-run; see its log'
        kb+=("$(private_kb "$pid")")
        printf '%s deliveries: %s kB private, %s kB with shared memory\n' $((step * i)) "${kb[-1]}" \
            "$(awk '/^VmRSS:/ { print $2 }' /proc/"$pid"/status)"
    done
    report "private memory of the worker after $step deliveries" - - kB "${kb[0]}"
    report "its growth over the next $((step * 9))" 'at most' 1024 kB $((kb[-1] - kb[0]))
}

# An idle minute: what every process of lealup uses, and which queries it runs. auto_explain logs each query with the
# process that runs it; statistics would not show those that a worker has not reported yet.
scenario_idle() {
    local pid before=() pids=() i cpu=() queries=() from
    start_sink --count 10
    configure auto_explain.log_min_duration=0 auto_explain.log_nested_statements=on
    # shellcheck disable=SC2086
    drain "$(new_tenant null $ports)" 10 1000 >/dev/null
    # What follows a burst (the last results, the statistics, the clock, which answers within a minute) is not idling.
    sleep 70
    # A count of none means something only where the queries of the burst were seen.
    [ "$(queries_of "$(delivery_pids)" 0)" -gt 0 ] || fail 'auto_explain logs no query of the delivery worker; is it installed?'
    mapfile -t pids < <(lealup_pids)
    from=$(wc -c <"$data/server.log")
    for pid in "${pids[@]}"; do before+=("$(cpu_us "$pid")"); done
    sleep "$idle_s"
    for i in "${!pids[@]}"; do
        pid=${pids[i]}
        cpu+=("$(calc "($(cpu_us "$pid") - ${before[i]}) / $idle_s / 1e4" %.4f)")
        queries+=("$(queries_of "$pid" "$from")")
    done
    for i in "${!pids[@]}"; do
        report "idle: $(process_name "${pids[i]}"), part of a core" 'at most' 0.1 % "${cpu[i]}"
        report "idle: $(process_name "${pids[i]}"), queries in $idle_s s" 'at most' 0 '' "${queries[i]}"
    done
}

# queries_of PID OFFSET: how many queries of the process the server's log has, from the offset on.
queries_of() { tail -c +$(($2 + 1)) "$data/server.log" | grep -c "\[$1\] LOG:.* plan:" || true; }

# The customer-success core: what events cost above the plain changes, health, a file, a search.
scenario_core() {
    local n=$events round name value
    local -A seen=()
    configure
    awk -v n="$n" 'BEGIN { print "Id,Company,Domain,Revenue,Tier,Region"
        for (i = 1; i <= n; i++) printf "file-%d,\"Company %d, Inc.\",file%d.example,%d,gold,%s\n", i, i, i, i * 10, i % 2 ? "EMEA" : "APAC" }' >"$dir/customers.csv"
    for ((round = 1; round <= rounds; round++)); do
        while read -r name value; do
            seen[$name]+="$value "
            printf 'round %s: %s %s\n' "$round" "$name" "$value"
        done < <(BENCH_CSV=$dir/customers.csv "$bindir/psql" -Xq -d "$db" -v n="$n" -v docs="$n" -f "$here/core.sql")
        [ -n "${seen[search_none]:-}" ] || fail "core.sql did not reach its end"
        # The events that it made are delivered to nobody; the next round begins without them.
        wait_for 'an empty outbox' '[ "$(sql "select not exists (select from lealup.outbox)")" = t ]'
    done
    # shellcheck disable=SC2086
    {
        report "UPDATE of $n customers without triggers, CPU per row" - - us ${seen[bulk_plain]}
        report '... what the triggers add, with lealup.suppress_events' - - us ${seen[bulk_silent]}
        report '... what the events add to that' 'at most' 12 us ${seen[bulk_event]}
        report '... what an UPDATE that changes nothing costs more' - - us ${seen[bulk_unchanged]}
        report 'UPDATE of one customer without triggers, CPU' - - us ${seen[single_plain]}
        report '... what triggers and event add' - - us ${seen[single_event]}
        report "health of $n customers made anew, three measures" - - '/s' ${seen[health]}
        report '10,000 signals in one statement, CPU per signal' - - us ${seen[signal]}
        report "CSV of $n customers: upload" - - 'rows/s' ${seen[upload]}
        report '... import, each with its event' - - 'rows/s' ${seen[import]}
        report "search_kb() over $n documents: two rare words" - - ms ${seen[search_rare]}
        report '... a word that is in nearly all of them' - - ms ${seen[search_common]}
        report '... a word that is nowhere' - - ms ${seen[search_none]}
    }
}

# A request of the gateway scenario: sets method, path and body.
describe_request() {
    body=
    case $1 in
        get) method=GET path=/v1/webhook-subscriptions/$subscription ;;
        list) method=GET path=/v1/webhook-subscriptions/$subscription/deliveries ;;
        post) method=POST path=/v1/events body="{\"event\":\"bench.posted\",\"data\":{\"pad\":\"$pad\"}}" ;;
    esac
}

# measure_gateway CONNECTIONS: the request over HTTP, from as many connections that are kept open. wrk counts as failed what
# has another status than 2xx or 3xx.
measure_gateway() {
    local line
    line=$(REQUEST_METHOD=$method REQUEST_KEY=$api_key REQUEST_BODY=$body wrk -t 1 -c "$1" -d "$gateway_s" \
        -s "$here/request.lua" "http://127.0.0.1:$port$path" | tail -n 1)
    [ "$(field failed "$line")" = 0 ] || fail "requests failed: $method $path: $line"
    printf '%s' "$line"
}

# measure_function CLIENTS: the same request by SQL, as the gateway's role and with the headers that the gateway would give it.
measure_function() {
    local headers="{\"host\":\"127.0.0.1:$port\",\"authorization\":\"Bearer $api_key\",\"lealup-client-address\":\"127.0.0.1\",\"x-forwarded-for\":\"127.0.0.1\",
        \"x-forwarded-proto\":\"http\",\"x-forwarded-host\":\"127.0.0.1:$port\"${body:+,\"content-type\":\"application/json\",\"content-length\":\"${#body}\"}}"
    # A division by zero ends the run if the status is another than the one expected.
    cat >"$dir/request.sql" <<SQL
select 1 / (r.status = $([ "$method" = POST ] && echo 201 || echo 200))::int, r.response_headers, convert_from(r.response_body, 'UTF8')
from lealup.http_request('$method', '$path', null, '${headers//$'\n'/ }', $([ -z "$body" ] && echo null || echo "convert_to('$body', 'UTF8')")) r;
SQL
    PGOPTIONS='-c role=lealup_gateway' "$bindir/pgbench" -n -M prepared -c "$1" -j "$1" -T "$gateway_s" -f "$dir/request.sql" "$db" |
        sed -n 's/^tps = \([0-9]*\).*/\1/p'
}

# A port that nobody listens at, below those that the kernel gives to clients.
free_port() {
    local p
    while p=$((20000 + RANDOM % 10000)); (exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null; do :; done
    printf '%s' "$p"
}

# Requests over HTTP against the same requests by SQL: what the gateway costs above what is asked for. A subscription with
# deliveries, the page of its 50 newest deliveries, and an event that nobody has subscribed to.
scenario_gateway() {
    local deliveries=$((events / 100)) tenant subscription api_key port method path body request round w line sql_rate
    local -A rate=() p99=() alone=() by_sql=() part=()
    start_sink --count 1
    configure
    # shellcheck disable=SC2086
    tenant=$(new_tenant null $ports)
    subscription=$(sql "select id from lealup.subscription where tenant_id = '$tenant'")
    sql "select lealup.register_event_type('$tenant', 'bench.posted', 'benchmark')" >/dev/null
    api_key=$(sql "select lealup.create_api_key('$tenant', 'bench', '{*}', rate_limit => 1000000)")
    drain "$tenant" 1 "$deliveries" >/dev/null
    sql 'vacuum analyze'
    port=$(free_port)
    for ((round = 1; round <= rounds; round++)); do
        for w in 1 2; do
            configure lealup.gateway_listen="$port" lealup.gateway_database=bench lealup.gateway_workers="$w"
            wait_for "$w gateway worker(s)" "[ \"\$(sql \"select count(*) from lealup.worker_status where worker like 'gateway%' and state = 'running'\")\" = $w ]"
            for request in get post list; do
                describe_request $request
                # One request at a time tells what a client waits for, many at a time what the gateway can do.
                if [ "$w" = 1 ]; then
                    line=$(measure_gateway 1)
                    alone[$request]+="$(field p99_ms "$line") "
                    printf 'round %s: one at a time %s %s\n' "$round" "$request" "$line"
                fi
                line=$(measure_gateway 16)
                sql_rate=$(measure_function "$w")
                rate[$request$w]+="$(field rate "$line") "
                p99[$request$w]+="$(field p99_ms "$line") "
                by_sql[$request$w]+="$sql_rate "
                part[$request$w]+="$(calc "$(field rate "$line") / $sql_rate") "
                printf 'round %s: %s worker(s) %s %s, by SQL rate=%s\n' "$round" "$w" "$request" "$line" "$sql_rate"
            done
        done
    done
    for request in get post list; do
        describe_request $request
        path=${path/$subscription/ID}
        # shellcheck disable=SC2086
        {
            report "$method $path: p99, one at a time" - - ms ${alone[$request]}
            for w in 1 2; do
                report "... $w worker(s), 16 connections" - - '/s' ${rate[$request$w]}
                report '... p99' - - ms ${p99[$request$w]}
                report "... the same by SQL, $w client(s)" - - '/s' ${by_sql[$request$w]}
                report '... gateway / SQL' 'at least' 0.5 '' ${part[$request$w]}
            done
        }
    done
}

# Notifications of a provider, signed and each with an id of its own, against what pgbench commits of the same rows with as many clients
# as there are gateway workers. The sync worker understands them meanwhile, as it does on every day.
scenario_inbox() {
    local n=$((events / 10)) secret=benchmark-secret-of-a-provider port=$((20000 + RANDOM % 20000)) seconds=$((events < 50000 ? 3 : 10))
    local tenant connection path round w y line
    sql "create schema bench; grant usage on schema bench to lealup_provider;
         create function bench.handle(call jsonb, message jsonb) returns jsonb language sql immutable as \$\$ select '{\"hint\": [\"issues\"]}'::jsonb \$\$;
         insert into lealup.provider (name, title, kind, base_url, allowed_hosts, auth) values ('bench', 'Bench', 'workspace', 'https://api.example.com', '{api.example.com}', 'none');
         insert into lealup.provider_inbound (provider, name, signature, dedupe, handler) values ('bench', 'main',
             '{\"type\": \"hmac\", \"header\": \"X-Hub-Signature-256\", \"prefix\": \"sha256=\", \"algorithm\": \"sha256\", \"encoding\": \"hex\"}', '{\"header\": \"X-GitHub-Delivery\"}', 'bench.handle')"
    tenant=$(sql "select lealup.create_tenant('bench')")
    connection=$(sql "insert into lealup.connection (tenant_id, provider, kind, state) values ('$tenant', 'bench', 'workspace', 'connected') returning id")
    configure lealup.public_url="http://127.0.0.1:$port"
    sql "insert into lealup.connection_stream (tenant_id, connection_id, stream) values ('$tenant', '$connection', 'issues')"
    sql "select lealup.set_inbound_secret('$tenant', '$connection', '$secret')" >/dev/null
    path=$(sql "select substr(lealup.inbound_url('$tenant', '$connection'), length(current_setting('lealup.public_url')) + 1)")
    cat >"$dir/inbox.sql" <<SQL
insert into lealup.inbox (tenant_id, id, connection_id, name, received_at, dedupe_key, headers, body, next_attempt_at, status)
values ('$tenant', lealup.uuid7(), '$connection', 'main', clock_timestamp(), lealup.uuid7()::text,
    '{"content-type": "application/json", "user-agent": "GitHub-Hookshot/abc1234", "x-github-event": "issues", "x-github-delivery": "0123456789abcdef"}',
    convert_to('{"action":"opened","n":1,"pad":"$(printf '%0980d' 0)"}', 'UTF8'), clock_timestamp(), 'pending')
on conflict (tenant_id, connection_id, dedupe_key) do nothing;
SQL
    for w in 1 2; do declare -ga "yard_$w=()" "rate_$w=()" "ratio_$w=()" "p99_$w=()"; done
    for ((round = 1; round <= rounds; round++)); do
        for w in 1 2; do
            # The yardstick without workers that would take the rows away.
            configure lealup.enabled=off
            sql 'truncate lealup.inbox' && sql 'checkpoint'
            y=$("$bindir/pgbench" -n -M prepared -c "$w" -j "$w" -T "$seconds" -f "$dir/inbox.sql" -h "$dir" -U postgres bench 2>/dev/null | sed -n 's/^tps = \([0-9.]*\).*/\1/p')
            sql 'truncate lealup.inbox' && sql 'checkpoint'
            configure lealup.public_url="http://127.0.0.1:$port" lealup.gateway_listen="$port" lealup.gateway_database=bench lealup.gateway_workers="$w"
            wait_for "$w gateway(s)" "[ \"\$(sql \"select count(*) from lealup.worker_status where worker like 'gateway%' and state = 'running'\")\" = $w ]"
            "$bin/notifier" --port "$port" --path "$path" --secret "$secret" --requests $((n / 10)) --connections $((16 * w)) >/dev/null
            line=$("$bin/notifier" --port "$port" --path "$path" --secret "$secret" --requests "$n" --connections $((16 * w)))
            [ "$(field failed "$line")" = 0 ] || fail "not every notification was accepted: $line"
            eval "yard_$w+=($(calc "$y" %.0f)) rate_$w+=($(field rate "$line")) ratio_$w+=($(calc "$(field rate "$line") / $y")) p99_$w+=($(field p99_ms "$line"))"
            printf 'round %s: %s gateway worker(s) %s; pgbench %s\n' "$round" "$w" "$line" "$y"
        done
    done
    for w in 1 2; do
        local -n yard=yard_$w rate=rate_$w ratio=ratio_$w p99=p99_$w
        report "pgbench, $w client(s), the same rows" - - '/s' "${yard[@]}"
        report "$w gateway worker(s), signed notifications accepted" - - '/s' "${rate[@]}"
        report "$w gateway worker(s) / pgbench" 'at least' 0.6 '' "${ratio[@]}"
        report "$w gateway worker(s), $((16 * w)) connections, p99" - - ms "${p99[@]}"
    done
    configure
}
