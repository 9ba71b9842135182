# shellcheck shell=bash disable=SC2154
# Lead sync: from one database of this server to another one, whose gateway takes in what the first one's automation sends. Sourced by run.

sql_of() { db="host=$dir user=postgres dbname=$1" sql "$2"; }

# make_leads FROM TO: new leads in the source, in one statement.
make_leads() {
    sql_of source "select count(*) from lealup.save_leads('$source_tenant', (select jsonb_agg(jsonb_build_object('fields', jsonb_build_object('email', 'w' || n || '@example.com',
        'first_name', 'Jo', 'last_name', 'Doe ' || n, 'phone', '+34600' || lpad((n % 1000000)::text, 6, '0'), 'company', 'Acme', 'city', 'Madrid', 'stage', 'new')))
        from generate_series($1, $2) n))" >/dev/null
}

wait_leads() {
    local deadline=$((SECONDS + 600))
    until [ "$(sql "select count(*) from lealup.lead_link where tenant_id = '$tenant'")" = "$1" ]; do
        [ $SECONDS -lt $deadline ] || { tail -n 20 "$data/server.log" >&2; fail "waited ten minutes for $1 leads"; }
        sleep 0.05
    done
}

cpu_of() { cpu_us "$(sql "select pid from pg_stat_activity where backend_type = 'lealup $1' and datname = '$2'")"; }

scenario_leads() {
    local port tenant source_tenant made=500 n=$((events / 20)) round from to row sync url secret automation before rate=() write=() deliver=() gateway=() apply=()
    port=$(free_port)
    configure lealup.public_url="http://127.0.0.1:$port" lealup.gateway_listen="$port" lealup.gateway_database=bench lealup.gateway_workers=1 lealup.delivery_workers=1 \
        lealup.max_in_flight=200 lealup.max_in_flight_per_endpoint=100
    sql 'create database source'
    sql_of source 'create extension lealup'
    wait_for 'a gateway' "[ \"\$(sql \"select count(*) from lealup.worker_status where worker like 'gateway%' and state = 'running'\")\" = 1 ]"
    tenant=$(sql "select lealup.create_tenant('bench')")
    source_tenant=$(sql_of source "select lealup.create_tenant('bench')")
    row=$(sql "select sync_id, url, secret from lealup.create_lead_sync('$tenant', 'bench')")
    IFS='|' read -r sync url secret <<<"$row"
    sql "select lealup.enable_lead_sync('$tenant', '$sync')" >/dev/null
    automation=$(sql_of source "select lealup.create_lead_automation('$source_tenant', 'bench', '$url', secret => '$secret')")
    sql_of source "select lealup.update_subscription('$source_tenant', '$automation', rate_limit => 0, max_in_flight => 100)" >/dev/null
    # The secrets are opened, and plans made, before the clock runs.
    make_leads 1 $made
    wait_leads $made
    for ((round = 1; round <= rounds; round++)); do
        sql analyze && sql_of source analyze && sql checkpoint
        before=$(($(cpu_of 'delivery' source))) from=$((made + 1)) to=$((made + n))
        local gateway_cpu apply_cpu began committed done_at
        gateway_cpu=$(cpu_of gateway bench) apply_cpu=$(cpu_of sync bench)
        began=$EPOCHREALTIME
        while [ $from -le $to ]; do
            make_leads $from $((from + 1999 < to ? from + 1999 : to))
            from=$((from + 2000))
        done
        committed=$EPOCHREALTIME
        wait_leads $to
        done_at=$EPOCHREALTIME
        made=$to
        rate+=("$(calc "$n / ($done_at - $began)" %.0f)")
        write+=("$(calc "($committed - $began) * 1e6 / $n" %.0f)")
        deliver+=("$(calc "($(cpu_of delivery source) - $before) / $n" %.0f)")
        gateway+=("$(calc "($(cpu_of gateway bench) - $gateway_cpu) / $n" %.0f)")
        apply+=("$(calc "($(cpu_of sync bench) - $apply_cpu) / $n" %.0f)")
        printf 'round %s: %s leads/s; CPU per lead: delivery %s us, gateway %s us, sync %s us\n' "$round" "${rate[-1]}" "${deliver[-1]}" "${gateway[-1]}" "${apply[-1]}"
    done
    # A database more has workers more, which other scenarios do not expect.
    sql 'drop database source with (force)'
    configure
    report 'leads from one database to another' 'at least' 2000 '/s' "${rate[@]}"
    report '... made at the source, elapsed' - - ' us/lead' "${write[@]}"
    report '... CPU of the delivery worker' - - ' us/lead' "${deliver[@]}"
    report '... CPU of the gateway' - - ' us/lead' "${gateway[@]}"
    report '... CPU of the sync worker' - - ' us/lead' "${apply[@]}"
}
