#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Counts the instructions that a certificate rule, request headers and the environment add to a request, with mod_ssl
# and with mod_clientcert, side by side, and prints the tables of docs/performance.md. See usage() for its words.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

usage() {
    cat <<EOF
usage: [MODULE=/path/mod_clientcert.so] request.sh [--rows REGEX] [--profile ROW] [--list]

  --rows REGEX   only the rows whose name matches (and the bare server of their table)
  --profile ROW  only this row; keep callgrind's output and print which functions the instructions are in
  --list         print the names of the rows

MODULE is found in the build directory of the tree when it is not given. HTTPD, HTTPD_MODULES, APXS and PYTHON name
the server, its module directory, apxs and Python 3 when the usual ones are not meant. REQUESTS ($requests) and
CONNECTIONS ($connections) are N of "N against 2N".
EOF
}

requests=${REQUESTS:-200}
connections=${CONNECTIONS:-20}
work=
# shellcheck source=tests/bench/tools.sh
. "$here/tools.sh"
# shellcheck source=tests/bench/rows.sh
. "$here/rows.sh"
# shellcheck source=tests/bench/server.sh
. "$here/server.sh"

clean_up() {
    stop_server
    if [[ -n $work ]]; then rm -rf "$work"; fi
}

parse_arguments() {
    pattern=. profile=
    while (($#)); do
        case $1 in
            --rows)
                [[ -n ${2-} ]] || die "--rows takes a regular expression, such as 'request-cc'"
                pattern=$2 && shift
                ;;
            --profile)
                [[ -n ${2-} ]] || die "--profile takes the name of a row; --list prints them"
                profile=$2 && shift
                ;;
            --list) list_rows && exit ;;
            -h | --help) usage && exit ;;
            *) usage >&2 && die "what is '$1'?" ;;
        esac
        shift
    done
    [[ $requests =~ ^[1-9][0-9]*$ ]] || die "REQUESTS takes a positive number, not '$requests'"
    [[ $connections =~ ^[1-9][0-9]*$ ]] || die "CONNECTIONS takes a positive number, not '$connections'"
    if [[ -n $profile ]]; then pattern="^$profile\$"; fi
    select_rows
}

list_rows() {
    local row
    for row in "${rows[@]}"; do
        echo "${row%%|*}"
    done
}

# The wanted rows, in order, and the bare server of each kind that is wanted.
select_rows() {
    local row id kind wanted_kinds=
    selected=()
    for row in "${rows[@]}"; do
        IFS='|' read -r id kind _ <<<"$row"
        if [[ $id =~ $pattern ]]; then wanted_kinds+=" $kind "; fi
    done
    for row in "${rows[@]}"; do
        IFS='|' read -r id kind _ <<<"$row"
        if [[ $id =~ $pattern || ($id == *-bare && $wanted_kinds == *" $kind "*) ]]; then selected+=("$row"); fi
    done
    ((${#selected[@]})) || die "no row matches '$pattern'; --list prints their names"
}

need_module() {
    if [[ " ${selected[*]}" != *cc-* ]]; then return; fi
    find_module
    [[ -n $MODULE ]] || die "mod_clientcert.so is not in a build directory of the tree: build it, or give MODULE=PATH" \
        "(--rows ssl measures mod_ssl alone)"
}

make_work() {
    work=$(mktemp -d "${TMPDIR:-/tmp}/request-bench.XXXXXX")
    trap clean_up EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    chmod 711 "$work"
    make_pki
    make_crl "$crl_entries"
    make_documents
}

# ask CERTIFICATE PATH: sets $status and $body.
ask() {
    local answer
    answer=$("$python" "$here/client.py" --port "$port" --pki "$work/pki" get ${1:+--certificate "$1"} "$2") ||
        { complain && die "the client failed"; }
    status=${answer%%$'\n'*}
    body=${answer#*$'\n'}
}

# await CERTIFICATE PATH: as ask, but no sooner than the server serves: it does not before its first look at a CRL.
await() {
    local deadline=$((SECONDS + 60))
    ask "$@"
    while [[ $status == 503 && $SECONDS -lt $deadline ]]; do
        sleep 0.1
        ask "$@"
    done
}

# try PARTS: what alice's application sees ($seen), and what others are told ($stranger, $nobody, $mallory), without
# valgrind.
try() {
    local cgi
    rm -rf "$work/clientcert" # CRLs that were compiled under another configuration
    cgi=$(load_module cgi && load_module alias && echo "ScriptAlias /env \"$work/cgi/env\"")
    start_server "$1" optional "$cgi"
    await alice /env
    seen=$body
    [[ $status == 200 ]] || { complain && die "alice was told $status by a server with '$1'"; }
    ask stranger /file.txt
    stranger=$status
    ask '' /file.txt
    nobody=$status
    ask mallory /file.txt
    mallory=$status
    stop_server
}

# A row that does nothing costs nothing: each has to show first that it does its work.
prove() {
    local part
    if [[ -z ${reference-} ]]; then
        try ssl-env
        reference=$seen
    fi
    if [[ -z $1 ]]; then return; fi
    try "$1"
    for part in $1; do
        part_works "$part" || {
            complain
            die "'$part' of '$1' does not work: a certificate of another department was told $stranger, no" \
                "certificate $nobody, and the application saw"$'\n'"$(grep -E '^(HTTP_|REMOTE_U|CLIENTCERT)' <<<"$seen")"
        }
    done
}

# measure ID KIND PARTS: sets $cost: of one request or connection, what count() tells of a server's life.
measure() {
    local once i n=$connections
    case $2 in
        request) n=$requests && count "$3" 1 "$n" "$work/$1.N" ;;
        first) count "$3" "$n" 1 "$work/$1.N" ;;
        handshake) count "$3" "$n" 0 "$work/$1.N" ;;
    esac
    once=("${counted[@]}")
    case $2 in
        request) count "$3" 1 $((2 * n)) "$work/$1.2N" ;;
        first) count "$3" $((2 * n)) 1 "$work/$1.2N" ;;
        handshake) count "$3" $((2 * n)) 0 "$work/$1.2N" ;;
    esac
    for i in 0 1 2; do
        cost[i]=$(((counted[i] - once[i] + n / 2) / n))
    done
}

cost=(0 0 0)
bare=(0 0 0)
declare -A added=() # by row: what the goals are compared with

thousands() { sed -E ':again; s/^(-?[0-9]+)([0-9]{3})/\1,\2/; t again' <<<"$1"; }

headline() {
    echo
    case $1 in
        request) echo "One kept connection: $requests against $((2 * requests)) requests." ;;
        first) echo "The first request of a connection: $connections against $((2 * connections)) connections of one" \
            "request each, handshake included." ;;
        handshake) echo "Handshakes alone: $connections against $((2 * connections)) connections without a request." ;;
    esac
    echo
    echo '| configuration | instructions | adds | goal | reached | of that in malloc and free | allocations |'
    echo '|---|---:|---:|---:|---|---:|---:|'
}

# table_row ID GOAL TITLE
table_row() {
    local goal=$2 over more adds=${added[$1]} reached heap=$((cost[1] - bare[1])) allocations=$((cost[2] - bare[2]))
    case $goal in
        half:*) goal=$((${added[${goal#half:}]:-0} / 2)) ;;
        over:*)
            IFS=: read -r _ over more <<<"$goal"
            goal=${added[$over]:+$((added[$over] + more))}
            ;;
    esac
    if [[ $goal == - || -z $goal || $goal == 0 ]]; then
        goal='' reached=''
    elif ((adds <= goal)); then
        reached=yes
    else
        reached=no
    fi
    if [[ $1 == *-bare ]]; then adds='' heap='' allocations=''; fi
    echo "| $3 | $(thousands "${cost[0]}") | $(thousands "$adds") | $(thousands "$goal") | $reached" \
        "| $(thousands "$heap") | $allocations |"
}

main() {
    local row id kind goal parts title last=
    parse_arguments "$@"
    find_tools valgrind openssl
    need_module
    make_work
    for row in "${selected[@]}"; do
        IFS='|' read -r id kind goal parts title <<<"$row"
        echo "measuring $id" >&2
        prove "$parts"
        measure "$id" "$kind" "$parts"
        if [[ $id == *-bare ]]; then bare=("${cost[@]}"); fi
        added[$id]=$((cost[0] - bare[0]))
        if [[ $kind != "$last" ]]; then headline "$kind"; fi
        last=$kind
        table_row "$id" "$goal" "$title"
    done
    if [[ -n $profile ]]; then print_profile "$id" "$kind"; fi
}

# print_profile ID KIND: the profile of what the row adds to the bare server; callgrind's files stay.
print_profile() {
    local n=$connections kept
    if [[ $2 == request ]]; then n=$requests; fi
    kept=$(mktemp -d "${TMPDIR:-/tmp}/request-profile.XXXXXX")
    cp "$work/$1".*N "$work/$2-bare".*N "$kept"
    echo
    "$python" "$here/profile_difference.py" --per "$n" "$kept/$1" "$kept/$2-bare"
    echo "callgrind's output is in $kept, for callgrind_annotate or kcachegrind"
}

main "$@"
