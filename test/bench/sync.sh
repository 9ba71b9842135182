# shellcheck shell=bash disable=SC2154,SC2034
# The sync engine, against the double of Google that the tests use, with its limits lifted. Sourced by run.

google_pid=

# http PORT METHOD PATH [BODY]: the answer's head and body.
http() {
    local fd body=${4:-}
    exec {fd}<>"/dev/tcp/127.0.0.1/$1"
    printf '%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: %s\r\n\r\n%s' "$2" "$3" "${#body}" "$body" >&"$fd"
    cat <&"$fd"
    exec {fd}>&-
}

google() {
    local answer
    answer=$(http "$google_control" POST "$1" "$2")
    [[ $answer == 'HTTP/1.1 200'* ]] || fail "the double of Google answered: $answer"
    printf '%s' "${answer#*$'\r\n\r\n'}"
}

start_google() {
    local ports
    exec {google_out}< <(exec node "$top/test/peers/google/server.mjs")
    google_pid=$!
    read -r ports <&"$google_out" || fail 'the double of Google does not start'
    google_port=$(sed 's/.*"google":\([0-9]*\).*/\1/' <<<"$ports")
    google_control=$(sed 's/.*"control":\([0-9]*\).*/\1/' <<<"$ports")
    google /quota '{"gmail": {"user": 0, "project": 0}}' >/dev/null
    google /clients '{"client_id": "bench", "client_secret": "secret-of-the-bench"}' >/dev/null
    sql "update lealup.provider set base_url = 'http://127.0.0.1:$google_port/gmail/v1/users/me', allowed_hosts = '{127.0.0.1}',
            authorize_url = 'http://127.0.0.1:$google_port/o/oauth2/v2/auth', token_url = 'http://127.0.0.1:$google_port/token' where name = 'gmail';
         delete from lealup.provider_budget where provider = 'gmail'"
    sql "select lealup.set_oauth_client(null, 'gmail', 'bench', 'secret-of-the-bench', 'https://bench.example/callback')" >/dev/null
}

stop_google() {
    [ -n "$google_pid" ] || return 0
    kill "$google_pid" 2>/dev/null || true
    exec {google_out}<&-
    google_pid=
}

sync_pid() { sql "select pid from pg_stat_activity where backend_type = 'lealup sync'"; }

# A tenant whose mails come from 500 customers with a contact each.
new_gmail_tenant() {
    local tenant
    tenant=$(sql "select lealup.create_tenant('bench')")
    sql "insert into lealup.member (tenant_id, email, role) values ('$tenant', 'member@team.example', 'admin');
         insert into lealup.customer (tenant_id, name, domain) select '$tenant', 'Customer ' || k, 'customer' || k || '.example' from generate_series(0, 499) k;
         insert into lealup.contact (tenant_id, customer_id, name, email) select tenant_id, id, 'Person', 'person' || substr(split_part(domain, '.', 1), 9) || '@' || domain
         from lealup.customer where tenant_id = '$tenant'"
    # As autovacuum would do it within a minute.
    sql 'analyze lealup.customer; analyze lealup.contact; analyze lealup.member'
    printf '%s' "$tenant"
}

# connect_gmail TENANT ACCOUNT: connects, agrees as a browser does, and prints the connection's id. Its backfill begins.
connect_gmail() {
    local row url location
    row=$(sql "select c.connection_id, c.authorization_url from lealup.member m, lealup.connect('$1', 'gmail', m.id, '{\"login_hint\": \"$2\"}') c where m.tenant_id = '$1'")
    url=${row#*|}
    location=$(http "$google_port" GET "/${url#*://*/}" | tr -d '\r' | sed -n 's/^location: //p')
    [ -n "$location" ] || fail 'the double of Google does not agree'
    sql "select lealup.complete_connect('$(parameter state "$location")', '$(parameter code "$location")')" >/dev/null
    printf '%s' "${row%%|*}"
}

# parameter NAME URL
parameter() { sed -E "s/.*[?&]$1=([^&]*).*/\1/; s/%2F/\//g" <<<"$2"; }

wait_backfilled() {
    local deadline=$((SECONDS + 1200))
    until [ "$(sql "select count(*) from lealup.sync_run where connection_id = '$1'")" != 0 ]; do
        [ $SECONDS -lt $deadline ] || { tail -n 20 "$data/server.log" >&2; fail 'waited twenty minutes for a backfill'; }
        sleep 0.5
    done
}

# shares PID SECONDS: where a process has its CPU time: "http=PERCENT json=PERCENT sql=PERCENT", by the functions that it is in. Every sample has one
# place: what libcurl and its sockets do, wherever that is called; JSON, also inside SQL; the rest is SQL.
shares() {
    perf record -q -e cpu-clock -F 499 -g -p "$1" -o "$dir/perf.data" -- sleep "$2" >/dev/null 2>&1 || return 0
    perf script -i "$dir/perf.data" -F ip,sym,dso 2>/dev/null | awk '
        NF == 0 { if (seen) n[http ? "http" : json ? "json" : sql ? "sql" : "rest"]++; seen = http = json = sql = 0; next }
        { seen = 1 }
        /libcurl|http_perform|exchange_start|http_release|on_body|on_header/ { http = 1 }
        /[Jj]sonb|[Jj]son_|json_lex|JsonValue|tame_json|exchange_body|exchange_headers/ { json = 1 }
        /SPI_execute|CommitTransaction|db_begin|db_commit|db_execute/ { sql = 1 }
        END { t = n["http"] + n["json"] + n["sql"] + n["rest"]; if (t) printf "http=%.0f json=%.0f sql=%.0f rest=%.0f\n", n["http"] * 100 / t, n["json"] * 100 / t, n["sql"] * 100 / t, n["rest"] * 100 / t }'
}

# A mailbox, from connect() to the end of its backfill. The worker shares the cores with the double, so that its CPU tells more than the clock.
measure_backfill() {
    local n=$1 tenant account connection pid cpu line
    account="backfill$SECONDS@team.example"
    google /users "{\"email\": \"$account\"}" >/dev/null
    google /gmail/generate "{\"user\": \"$account\", \"count\": $n}" >/dev/null
    tenant=$(new_gmail_tenant)
    sql 'checkpoint'
    pid=$(sync_pid)
    cpu=$(cpu_us "$pid")
    connection=$(connect_gmail "$tenant" "$account")
    line=
    if command -v perf >/dev/null && [ "$(id -u)" = 0 ]; then
        wait_for 'the first mails' "[ \"\$(sql \"select seen > 0 from lealup.connection_stream where connection_id = '$connection'\")\" = t ]"
        line=$(shares "$pid" 3)
    fi
    wait_backfilled "$connection"
    cpu=$(($(cpu_us "$pid") - cpu))
    [ "$(sql "select count(*) from lealup.timeline_event where tenant_id = '$tenant'")" = "$n" ] || fail 'the mails did not all come'
    printf 'rate=%s cpu=%s %s\n' "$(sql "select round(seen / extract(epoch from ended_at - started_at)) from lealup.sync_run where connection_id = '$connection'")" \
        "$(calc "$cpu / $n" %.1f)" "$line"
}

# Connections to which nothing happens, one for each of as many tenants, polled every five minutes: is each polled when it is due?
measure_polls() {
    local n=$1 pid cpu token history from until window=$((idle_s))
    google /users '{"email": "idle@team.example"}' >/dev/null
    token=$(google /tokens '{"user": "idle@team.example", "client_id": "bench", "scopes": ["https://www.googleapis.com/auth/gmail.readonly"]}' | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
    history=$(google /gmail/state '{"user": "idle@team.example"}' | sed 's/.*"history_id":\([0-9]*\).*/\1/')
    sql "create temp table idle as select lealup.create_tenant('idle') as tenant_id from generate_series(1, $n);
         insert into lealup.member (tenant_id, email) select tenant_id, 'idle@team.example' from idle;
         insert into lealup.connection (tenant_id, provider, kind, member_id, state, account_id, options)
         select m.tenant_id, 'gmail', 'personal', m.id, 'connected', 'idle@team.example', '{}' from idle i join lealup.member m using (tenant_id);
         select count(lealup._store_secret(c.tenant_id, c.id, 'access_token', '$token')) from idle i join lealup.connection c using (tenant_id);
         insert into lealup.connection_stream (tenant_id, connection_id, stream, mode, cursor, since, next_run_at, backfilled_at)
         select c.tenant_id, c.id, 'messages', 'incremental', '{\"history\": \"$history\"}', now(), now() + interval '20 s' + random() * interval '5 min', now() from idle i join lealup.connection c using (tenant_id);
         analyze" >/dev/null
    sql "create table public.planned as select s.tenant_id, s.connection_id, s.next_run_at from lealup.connection_stream s join lealup.connection c on c.tenant_id = s.tenant_id and c.id = s.connection_id
         where c.account_id = 'idle@team.example'; select lealup._wake('upkeep')" >/dev/null
    sleep 25
    pid=$(sync_pid)
    from=$(sql 'select clock_timestamp()')
    cpu=$(cpu_us "$pid")
    sleep "$window"
    cpu=$(($(cpu_us "$pid") - cpu))
    until=$(sql 'select clock_timestamp()')
    sleep 5
    # What has not been polled until now is late by all of that.
    sql "select greatest(0, extract(epoch from coalesce(r.started_at, clock_timestamp()) - p.next_run_at) * 1000) from public.planned p
         left join lealup.sync_run r on r.tenant_id = p.tenant_id and r.connection_id = p.connection_id where p.next_run_at between '$from' and '$until'" >"$dir/late"
    sql 'drop table public.planned'
    printf 'polls=%s p50=%.1f p99=%.1f max=%.1f cpu=%s\n' "$(wc -l <"$dir/late")" "$(percentile 50 "$dir/late")" "$(percentile 99 "$dir/late")" "$(percentile 100 "$dir/late")" \
        "$(calc "$cpu / ($window * 1e4)" %.2f)"
    sql "delete from lealup.connection_stream s using lealup.connection c where c.tenant_id = s.tenant_id and c.id = s.connection_id and c.account_id = 'idle@team.example'"
}

scenario_sync() {
    local round line tenant account connection rate=() cpu=() http=() json=() sql=() alone=() beside=() n connections=$((events / 10))
    start_sink --count 10 --log "$dir/arrivals"
    configure
    start_google
    wait_for 'the sync worker' '[ -n "$(sync_pid)" ]'
    for ((round = 1; round <= rounds; round++)); do
        line=$(measure_backfill "$events")
        printf 'round %s: %s\n' "$round" "$line"
        rate+=("$(field rate "$line")") cpu+=("$(field cpu "$line")")
        [[ $line != *http=* ]] || http+=("$(field http "$line")") json+=("$(field json "$line")") sql+=("$(field sql "$line")")
    done
    report "Gmail, backfill of $events mails by one worker" 'at least' 3000 '/s' "${rate[@]}"
    report '... CPU of the worker for a mail' - - us "${cpu[@]}"
    [ ${#http[@]} = 0 ] || { report '... of which HTTP' - - % "${http[@]}"; report '... JSON' - - % "${json[@]}"; report '... SQL' - - % "${sql[@]}"; }

    line=$(measure_polls "$connections")
    printf '%s\n' "$line"
    report "$connections idle connections, $(field polls "$line") polls in $idle_s s, late: p50" - - ms "$(field p50 "$line")"
    report '... p99' 'at most' 1000 ms "$(field p99 "$line")"
    report '... CPU of the worker' - - % "$(field cpu "$line")"

    # shellcheck disable=SC2086
    tenant=$(new_tenant null $ports)
    drain "$tenant" 10 100 >/dev/null
    n=$((events < 50000 ? 100 : 500))
    for ((round = 1; round <= rounds; round++)); do
        settle
        measure_latency "$tenant" "$n"
        alone+=("$(percentile 99 "$dir/returned")")
        account="beside$round@team.example"
        google /users "{\"email\": \"$account\"}" >/dev/null
        google /gmail/generate "{\"user\": \"$account\", \"count\": 1000000}" >/dev/null
        connection=$(connect_gmail "$(new_gmail_tenant)" "$account")
        wait_for 'a running backfill' "[ \"\$(sql \"select seen > 0 from lealup.connection_stream where connection_id = '$connection'\")\" = t ]"
        measure_latency "$tenant" "$n"
        beside+=("$(percentile 99 "$dir/returned")")
        sql "select lealup.disconnect(tenant_id, id) from lealup.connection where id = '$connection'" >/dev/null
    done
    report 'COMMIT returned to arrival at 100/s, p99, without a backfill' - - ms "${alone[@]}"
    report '... while a backfill runs' - - ms "${beside[@]}"
    stop_google
}
