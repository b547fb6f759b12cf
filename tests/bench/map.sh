#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Measures what maps of users cost: a file with 1,000 and with 100,000 fingerprints (time to read, memory, instructions of
# a look-up), and 200 rules with regular expressions (instructions of an evaluation). Prints a table of docs/performance.md.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/bench/tools.sh
. "$here/tools.sh"

usage() {
    cat <<EOF
usage: [USER_MAPS=/path/user-maps] map.sh

user-maps ('make user-maps') is found in the build directory of the tree when it is not given. KEYS ($keys), RULES ($rules)
and TIMES ($times) are the larger file, the rules, and how often each is asked under valgrind.
EOF
}

keys=${KEYS:-100000}
rules=${RULES:-200}
times=${TIMES:-1000}

# instructions FUNCTION WORD...: those that user-maps spends in it, for each of $times.
instructions() {
    local function=$1
    shift
    valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect="$function" "$USER_MAPS" "$@" 2>&1 >/dev/null |
        sed -n "s/.*Collected : //p" | awk -v times="$times" '{ printf "%d", $1 / times }'
}

# told LABEL WORD...: the number that user-maps prints behind the label.
told() {
    local label=$1
    shift
    "$USER_MAPS" "$@" | sed -n "s/^$label  *\\([0-9.]*\\) .*/\\1/p"
}

row() {
    printf '| %-52s | %10s |\n' "$1" "$2"
}

file_rows() {
    local count=$1
    row "$count keys: reading the file, ms" "$(told reading file "$count" 2)"
    row "$count keys: memory, octets a key" "$(told 'in use' file "$count" 2)"
    row "$count keys: a look-up, instructions" "$(instructions 'clientcert::LookupFile::find*' file "$count" "$times")"
}

rule_rows() {
    local count=$1
    row "$count rules: compiling them, ms" "$(told 'compiling the rules' regex "$count" 2 "$work/cert.pem")"
    row "$count rules: an evaluation, instructions" \
        "$(instructions 'clientcert::UserMap::evaluate*' regex "$count" "$times" "$work/cert.pem")"
}

case ${1-} in
    '') ;;
    -h | --help) usage && exit ;;
    *) usage >&2 && die "what is '$1'?" ;;
esac
for tool in valgrind openssl; do
    command -v "$tool" >/dev/null || die "$tool is not installed"
done
USER_MAPS=${USER_MAPS:-$(built user-maps)}
[[ -x $USER_MAPS ]] || die "user-maps is not in a build directory of the tree: 'make user-maps', or give USER_MAPS=PATH"

work=$(mktemp -d "${TMPDIR:-/tmp}/map-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/key.pem" -out "$work/cert.pem" \
    -subj "/O=garex AG/OU=Fun dept./CN=Alice Smith" 2>/dev/null

row "" ""
file_rows 1000
file_rows "$keys"
rule_rows 1
rule_rows "$rules"
