# shellcheck shell=bash disable=SC2154,SC2034,SC2016,SC2119,SC2120
# The benchmark's own server: staged installation, start, settings, clean-up. Sourced by run.

fail() { printf 'bench: %s\n' "$*" >&2; exit 1; }

pg_config=${PG_CONFIG:-pg_config}
sink_pid=
server_up=

# PostgreSQL refuses to run as root, so root runs it as the user postgres.
if [ "$(id -u)" = 0 ]; then
    as_server() { runuser -u postgres -- "$@"; }
else
    as_server() { "$@"; }
fi

clean_up() {
    stop_sink
    stop_google
    stop_slack
    [ -z "$server_up" ] || as_server "$bindir/pg_ctl" -s -D "$data" -m immediate stop || true
    rm -rf "$dir"
}

prepare_server() {
    local stage
    command -v "$pg_config" >/dev/null || fail "pg_config is not in PATH; install the PostgreSQL server development package or set PG_CONFIG"
    bindir=$("$pg_config" --bindir)
    [ -x "$bindir/initdb" ] || fail "no initdb in $bindir; the benchmark needs the PostgreSQL server"
    if [ "$(id -u)" = 0 ]; then
        id -u postgres >/dev/null 2>&1 ||
            fail "PostgreSQL does not run as root and there is no user \"postgres\"; create it, or run the benchmark as an ordinary user"
    fi
    # Thousands of connections are open at once; the server and the sink inherit the limit.
    ulimit -n "$(ulimit -Hn)"

    dir=$(mktemp -d "${TMPDIR:-/tmp}/lealup-bench.XXXXXX")
    trap clean_up EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    data=$dir/data
    stage=$dir/stage
    bin=$dir/bin
    mkdir "$bin" "$stage"
    make -s -C "$top" install DESTDIR="$stage" PG_CONFIG="$pg_config" >"$dir/install.log" 2>&1 ||
        { cat "$dir/install.log" >&2; fail "make install failed"; }
    (umask 077 && od -An -v -tx1 -N32 /dev/urandom | tr -d ' \n' >"$dir/key")
    if [ "$(id -u)" = 0 ]; then chown -R postgres "$dir"; fi

    as_server "$bindir/initdb" -D "$data" -U postgres -A trust -E UTF8 --no-locale >"$dir/initdb.log" 2>&1 ||
        { cat "$dir/initdb.log" >&2; fail "initdb failed"; }
    # auto_explain is silent until the idle scenario turns it on, to see each query that a worker runs.
    cat >>"$data/postgresql.conf" <<CONF
listen_addresses = ''
unix_socket_directories = '$dir'
shared_preload_libraries = 'lealup, auto_explain'
extension_destdir = '$stage'
dynamic_library_path = '$stage$("$pg_config" --pkglibdir):\$libdir'
shared_buffers = $(shared_buffers)
max_wal_size = 8GB
fsync = on
log_line_prefix = '%m [%p] '
lealup.key_file = '$dir/key'
lealup.allow_http = on
lealup.allowed_networks = '127.0.0.0/8'
include_if_exists = 'bench.conf'
CONF
}

# 2 GB where that is at most a quarter of the memory that is free.
shared_buffers() {
    awk '/^MemAvailable:/ { print ($2 >= 8 * 1024 * 1024 ? "2GB" : "256MB") }' /proc/meminfo
}

start_server() {
    server_up=1
    as_server "$bindir/pg_ctl" -s -w -D "$data" -l "$data/server.log" start ||
        { tail -n 20 "$data/server.log" >&2; fail "the server does not start"; }
    db="host=$dir user=postgres dbname=bench"
    "$bindir/createdb" -h "$dir" -U postgres bench
    sql 'create extension lealup' >/dev/null
    # As on every day but the first: today's rows have a leaf of their own.
    sql "select lealup._make_leaf(l, 30, (now() at time zone 'utc')::date) from unnest(array['event', 'delivery_attempt', 'audit']) l" >/dev/null
    configure
}

sql() { PGOPTIONS='-c client_min_messages=warning' "$bindir/psql" -XAtq -v ON_ERROR_STOP=1 -d "$db" -c "$1"; }

# configure [NAME=VALUE ...]: exactly these settings besides the server's own, and as many delivery workers as they say.
configure() {
    local setting want=1
    for setting in "$@"; do
        printf "%s = '%s'\n" "${setting%%=*}" "${setting#*=}"
        case $setting in lealup.delivery_workers=*) want=${setting#*=} ;; lealup.enabled=off) want=0 ;; esac
    done >"$data/bench.conf"
    as_server "$bindir/pg_ctl" -s -D "$data" reload
    wait_for "$want delivery worker(s)" "[ \"\$(delivery_pids | wc -w)\" = $want ]"
}

# wait_for WHAT COMMAND: until the command succeeds.
wait_for() {
    local deadline=$((SECONDS + 60))
    until eval "$2"; do
        [ $SECONDS -lt $deadline ] || { tail -n 20 "$data/server.log" >&2; fail "waited a minute for $1"; }
        sleep 0.1
    done
}

delivery_pids() { sql "select pid from pg_stat_activity where backend_type ~ 'lealup.*delivery'"; }
lealup_pids() { sql "select pid from pg_stat_activity where backend_type ~ 'lealup'"; }
process_name() { sql "select backend_type from pg_stat_activity where pid = $1"; }

# start_sink [OPTION ...]: sets control, ports and the list of ports by commas.
start_sink() {
    stop_sink
    exec {sink_out}< <(exec "$bin/sink" "$@")
    sink_pid=$!
    read -r control ports <&"$sink_out" || fail "the sink does not start"
    port_list=${ports// /,}
}

stop_sink() {
    [ -n "$sink_pid" ] || return 0
    kill "$sink_pid" 2>/dev/null || true
    exec {sink_out}<&-
    sink_pid=
}

# The sink's counters, "port count first_us last_us" a line.
sink_counts() {
    local fd
    exec {fd}<>"/dev/tcp/127.0.0.1/$control"
    printf 'GET /%s HTTP/1.0\r\n\r\n' "${1:-count}" >&"$fd"
    sed '1,/^\r$/d' <&"$fd"
    exec {fd}>&-
}

compile_programs() {
    local cc=${CC:-cc} flags="-O2 -Wall -Wextra -std=gnu11"
    # shellcheck disable=SC2086
    {
        $cc $flags -o "$bin/sink" "$here/sink.c"
        $cc $flags -o "$bin/yardstick" "$here/yardstick.c" -lcurl -lcrypto
        $cc $flags -I"$("$pg_config" --includedir)" -o "$bin/backlog" "$here/backlog.c" -L"$("$pg_config" --libdir)" -lpq
        $cc $flags -pthread -o "$bin/notifier" "$here/notifier.c" -lcrypto
        $cc $flags -I"$("$pg_config" --includedir)" -o "$bin/latency" "$here/latency.c" -L"$("$pg_config" --libdir)" -lpq
    }
}

describe_machine() {
    printf '%s, %s processors, %s\n' "$(sql "select split_part(version(), ' on ', 1)")" "$(nproc)" "$(uname -sr)"
    printf 'shared_buffers %s, fsync on, %s events of about 1 KiB, load average at start %s\n' \
        "$(sql 'show shared_buffers')" "$events" "$(cut -d' ' -f1 /proc/loadavg)"
}
