#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Measures what it costs nginx, HAProxy and httpd with mod_clientcert to pass a client's certificate on to a backend, side
# by side, and what it costs mod_clientcert to take one in. Prints the tables of docs/performance.md. See usage().
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/bench/tools.sh
. "$here/tools.sh"
# shellcheck source=tests/bench/server.sh
. "$here/server.sh"

usage() {
    cat <<EOF
usage: [MODULE=/path/mod_clientcert.so] proxy.sh [--rows REGEX] [--list] [--no-rate | --no-instructions]

  --rows REGEX       only the rows whose name matches (and those that they are compared with)
  --list             print the names of the rows
  --no-rate          do not time requests (ab, of Apache's own tools, does)
  --no-instructions  do not count instructions (valgrind does, which takes a minute)

Client and server, server and backend speak TLS 1.3 with certificates on both sides, on kept connections. MODULE is
found in the build directory of the tree when it is not given. HTTPD, HTTPD_MODULES, APXS and PYTHON name the server, its
module directory, apxs and Python 3 when the usual ones are not meant. REQUESTS ($requests) is N of "N against 2N" for
instructions, TIMED ($timed) the requests of one timed run, RUNS ($runs) how many of those there are.
EOF
}

requests=${REQUESTS:-200}
timed=${TIMED:-5000}
runs=${RUNS:-3}
work=

clean_up() {
    if [[ -n $work ]]; then rm -rf "$work"; fi
}

parse_arguments() {
    options=() rate=1 instructions=1
    while (($#)); do
        case $1 in
            --rows)
                [[ -n ${2-} ]] || die "--rows takes a regular expression, such as 'nginx'"
                options+=(--rows "$2") && shift
                ;;
            --list) exec "$python" "$here/proxy_table.py" --list ;;
            --no-rate) rate=0 ;;
            --no-instructions) instructions=0 ;;
            -h | --help) usage && exit ;;
            *) usage >&2 && die "what is '$1'?" ;;
        esac
        shift
    done
    for number in REQUESTS:$requests TIMED:$timed RUNS:$runs; do
        [[ ${number#*:} =~ ^[1-9][0-9]*$ ]] || die "${number%%:*} takes a positive number, not '${number#*:}'"
    done
    if ((!rate)); then timed=0; fi
    if ((!instructions)); then requests=0; fi
    ((rate || instructions)) || die "there is nothing left to measure"
}

make_work() {
    work=$(mktemp -d "${TMPDIR:-/tmp}/proxy-bench.XXXXXX")
    trap clean_up EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    chmod 711 "$work"
    make_pki
    certificate proxy '/O=garex AG/CN=proxy' 'DNS:proxy'
    cat "$work"/pki/proxy.{pem,key} >"$work/pki/proxy.all"
    cat "$work"/pki/alice.{pem,key} >"$work/pki/alice.all"
}

main() {
    parse_arguments "$@"
    find_tools openssl nginx
    if ((instructions)); then find_tools valgrind; fi
    if ((rate)); then find_tools ab; fi
    find_module
    [[ -n $MODULE ]] || die "mod_clientcert.so is not in a build directory of the tree: build it, or give MODULE=PATH"
    make_work
    "$python" "$here/proxy_table.py" --work "$work" --httpd "$httpd" --modules "$modules" --module "$MODULE" \
        ${servant:+--servant "$servant"} --requests "$requests" --timed "$timed" --runs "$runs" "${options[@]}"
}

main "$@"
