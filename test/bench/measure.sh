# shellcheck shell=bash disable=SC2154
# Arithmetic and reporting: medians, verdicts, CPU and memory of a process. Sourced by run.

calc() { awk "BEGIN { printf \"${2:-%.2f}\", $1 }"; }

# field NAME LINE: the value of NAME=... in a line that one of the programs printed.
field() { sed -E "s/.*(^| )$1=([^ ]*).*/\2/" <<<"$2"; }

# Each takes a list of numbers.
median() { printf '%s\n' "$@" | sort -g | awk '{ a[NR] = $1 } END { print NR % 2 ? a[(NR + 1) / 2] : (a[NR / 2] + a[NR / 2 + 1]) / 2 }'; }
spread() { printf '%s\n' "$@" | sort -g | awk -v m="$(median "$@")" 'NR == 1 { min = $1 } { max = $1 } END { printf "%s [%s..%s]", m, min, max }'; }

# percentile P FILE: of a file of numbers, one a line, by the nearest rank.
percentile() { sort -g "$2" | awk -v p="$1" '{ a[NR] = $1 } END { i = int(NR * p / 100 + 0.999999); print a[i < 1 ? 1 : i] }'; }

# report LABEL "at most"|"at least"|- GOAL UNIT VALUE ...: the median against the goal; "-" only shows it.
report() {
    local label=$1 relation=$2 goal=$3 unit=$4 value verdict line
    shift 4
    value=$(median "$@")
    case $relation in
        'at most') verdict=$(calc "($value <= $goal)" %d) ;;
        'at least') verdict=$(calc "($value >= $goal)" %d) ;;
        *) verdict= ;;
    esac
    line=$(printf '%-58s %s%s' "$label" "$(spread "$@")" "${unit:+ $unit}")
    case $verdict in
        1) line="$line   goal $relation $goal: met" ;;
        0) line="$line   goal $relation $goal: MISSED" ;;
    esac
    printf '%s\n' "$line" | tee -a "$dir/summary"
}

print_summary() {
    printf '\n== summary: median [min..max]\n'
    cat "$dir/summary"
}

# CPU of a process in microseconds, all threads, finer than the clock ticks of /proc/PID/stat.
cpu_us() { cat /proc/"$1"/task/*/schedstat | awk '{ s += $1 } END { printf "%d", s / 1000 }'; }

# Memory of a process that is its own, in kB: resident without what it touched of shared memory, whose share grows
# with the part of shared_buffers that the process has seen.
private_kb() { awk '/^RssAnon:|^RssFile:/ { s += $2 } END { print s }' /proc/"$1"/status; }
