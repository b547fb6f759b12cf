# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The servers of an example: started as an ordinary user on free ports of the loopback addresses,
# waited for, and stopped by their process ids. Read by example.sh, not run.

pids=()     # the servers while we answer for them
as_user=()  # what runs a command as the user that they have
if [ "$(id -u)" = 0 ]; then  # httpd never runs as root here
    as_user=(setpriv --reuid=www-data --regid=www-data --clear-groups --)
fi

# serve LOG COMMAND...: starts a program that stays in the foreground; $! is its process id.
serve()
{
    local log=$1
    shift
    "${as_user[@]}" truncate -s 0 "$log"  # nothing of an earlier run may be read there
    # Each of these programs becomes the next one: the process id stays that of the job. The log is opened
    # by the user that the directory belongs to.
    # shellcheck disable=SC2016  # expanded there
    ROOT=$run MODULES=$modules MODULE=$run/mod_clientcert.so \
        setsid "${as_user[@]}" bash -c 'exec "$@" >> "$0" 2>&1' "$log" "$@" < /dev/null 9>&- &
    pids+=($!)
    printf '%s\n' "$!" >> "$build/pids"
}

# start_httpd CONF URL [OPTION...]: starts httpd, and waits until it answers there. The options are
# for curl: a server may ask for a certificate. One that has CRLs to read answers 503 until it has.
start_httpd()
{
    local conf=$1 url=$2
    shift 2
    serve "${conf%.conf}.out" "$httpd" -f "$run/$conf" -DFOREGROUND
    ready "$url" answers "$@" "$url"
}

answers()
{
    local status
    status=$(curl -s -k -m 2 -o /dev/null -w '%{http_code}' "$@") && [ "$status" != 503 ]
}

# fill FILE...: makes FILE of FILE.in, for programs that read no environment: @NAME@ becomes the port
# of that name, @ROOT@ the directory.
fill()
{
    local file variable names="s|@ROOT@|$run|g"
    for variable in "${ports[@]}"; do
        names+="; s/@$variable@/${!variable}/g"
    done
    for file in "$@"; do
        "${as_user[@]}" sed -n -e "$names" -e "w $file" "$file.in"
    done
}

# start_application ADDRESS:PORT [PROGRAM [ARGUMENT...]]: the application that shows what reached
# it, or another one that says "listening" as well.
start_application()
{
    local where=$1 program=${2:-application.pl}
    shift
    [ $# = 0 ] || shift
    serve "$program.$where.out" "$run/$program" "$where" "$@"
    ready "$where" grep -q '^listening' "$program.$where.out"
}

# ready WHAT COMMAND...: waits until the command succeeds; false when the last server has ended.
ready()
{
    local what=$1 last=$((SECONDS + 60))
    shift
    while ((SECONDS < last)); do
        "$@" > /dev/null 2>&1 && return
        kill -0 "${pids[-1]}" 2>/dev/null || return 1
        sleep 0.05
    done
    fail "$what was not ready within 60 seconds; see the logs in $run"
}

# until_so WHAT COMMAND...: waits until the command succeeds, and tells how long that took.
until_so()
{
    local what=$1 last=$((SECONDS + 60)) started waited
    started=$(date +%s%N)
    shift
    while ((SECONDS < last)); do
        if "$@" > /dev/null 2>&1; then
            waited=$((($(date +%s%N) - started) / 10000000))
            say "$what: after $((waited / 100)).$(printf %02d $((waited % 100))) s"
            return
        fi
        sleep 0.1
    done
    fail "$what: not within 60 seconds; see the logs in $run"
}

# httpd gives clients that have connected and say nothing, as browsers do, some ten seconds.
stop_process()
{
    local pid=$1 last=$((SECONDS + 30))
    kill -TERM "$pid" 2>/dev/null || return 0
    while ((SECONDS < last)); do
        kill -0 "$pid" 2>/dev/null || return 0
        sleep 0.05
    done
    fail "process $pid did not stop within 30 seconds"
}

# The last one first: what stands in front of others goes before them.
stop_servers()
{
    local i
    for ((i = ${#pids[@]} - 1; i >= 0; i--)); do
        stop_process "${pids[i]}"
    done
    pids=()
    rm -f "$build/pids"
}

# What asks the servers in the background while they are there.
stop_helpers()
{
    local helpers
    helpers=$(jobs -pr)
    # shellcheck disable=SC2086  # one word for each
    [ -z "$helpers" ] || kill $helpers 2> /dev/null || true
}

# Whether that process was started from $run: a number in an old file may be anybody's.
is_ours()
{
    tr '\0' ' ' 2>/dev/null < "/proc/$1/cmdline" | grep -qF -- "$run/"
}

stop_last_servers()
{
    local pid stopped=0
    run=$(readlink -m "$build/run")
    for pid in $(tac "$build/pids" 2>/dev/null); do
        is_ours "$pid" || continue
        kill -0 "$pid" 2>/dev/null || fail "process $pid of an earlier run is another user's"
        stop_process "$pid"
        stopped=$((stopped + 1))
    done
    rm -f "$build/pids"
    if [ $stopped != 0 ]; then
        say "Stopped the servers of an earlier run."
    elif [ "${1:-}" = told ]; then
        say "No servers of an earlier run are there."
    fi
}

is_taken() { (exec 3<> "/dev/tcp/127.0.0.1/$1") 2> /dev/null; }

# Sets and exports a free port for each name in $ports.
choose_ports()
{
    local variable number
    # shellcheck disable=SC2154  # the example says which ports it wants
    for variable in "${ports[@]}"; do
        number=$((20000 + RANDOM % 10000))
        while is_taken "$number"; do
            number=$((20000 + RANDOM % 10000))
        done
        export "$variable=$number"
    done
}

# Whether a port is free shows when a server takes it, and not before: so try, and try others.
start_servers()
{
    local tried
    httpd=$(apxs -q SBINDIR)
    httpd+=/$(apxs -q PROGNAME)  # not in the same line: bash 5.2 would lose a signal that comes meanwhile
    modules=$(apxs -q LIBEXECDIR)
    for ((tried = 0; tried < 20; tried++)); do
        choose_ports
        start && return
        stop_servers
        grep -qsEi 'could not bind|cannot (listen|bind)|bind\(\)|address already in use' ./*.out ./*.log \
            || break
    done
    find . -maxdepth 1 \( -name '*.out' -o -name '*.log' \) ! -name openssl.log ! -empty \
        -exec tail -v -n 20 {} + >&2
    fail "the servers did not start; what they said is above"
}
