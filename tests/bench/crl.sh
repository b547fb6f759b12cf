#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Measures what a CRL costs mod_ssl, nginx, HAProxy and mod_clientcert: memory, CPU, and the time until a revoked client is
# refused by every process. Prints the table of docs/performance.md. See usage() for its words.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/bench/tools.sh
. "$here/tools.sh"
# shellcheck source=tests/bench/server.sh
. "$here/server.sh"

usage() {
    cat <<EOF
usage: [MODULE=/path/mod_clientcert.so] [MAKE_CRL=/path/make-crl] crl.sh [--servers NAME,...] [SIZE...]

  SIZE            entries of the CRL: 100k, 1M (the default), 10M
  --servers LIST  only these of mod_ssl,nginx,HAProxy,mod_clientcert

make-crl ('make make-crl') and MODULE are found in the build directory of the tree when they are not given. HTTPD,
HTTPD_MODULES, APXS and PYTHON name the server, its module directory, apxs and Python 3 when the usual ones are not meant.
RUNS ($runs) is how often what is timed is repeated, RELOADS ($reloads) the number of changes whose memory is compared.
A size of 10M needs 20 GB of memory and half an hour, most of it for the others.
EOF
}

runs=${RUNS:-3}
reloads=${RELOADS:-100}
work=

clean_up() {
    if [[ -n $work ]]; then rm -rf "$work"; fi
}

parse_arguments() {
    sizes=() servers=
    while (($#)); do
        case $1 in
            --servers)
                [[ -n ${2-} ]] || die "--servers takes names, such as 'mod_ssl,mod_clientcert'"
                servers=$2 && shift
                ;;
            -h | --help) usage && exit ;;
            *) sizes+=("$(entries_of "$1")") || exit 1 ;;
        esac
        shift
    done
    if ((${#sizes[@]} == 0)); then sizes=(1000000); fi
    [[ $runs =~ ^[1-9][0-9]*$ ]] || die "RUNS takes a positive number, not '$runs'"
    [[ $reloads =~ ^[1-9][0-9]*$ && $((reloads % 2)) == 0 && $reloads -gt 2 ]] ||
        die "RELOADS takes an even number above 2, not '$reloads'"
}

# entries_of SIZE
entries_of() {
    [[ $1 =~ ^([1-9][0-9]*)([kM]?)$ ]] || die "a size is a number such as 100k or 1M, not '$1' (--help tells more)"
    case ${BASH_REMATCH[2]} in
        k) echo "${BASH_REMATCH[1]}000" ;;
        M) echo "${BASH_REMATCH[1]}000000" ;;
        *) echo "${BASH_REMATCH[1]}" ;;
    esac
}

find_generator() {
    MAKE_CRL=${MAKE_CRL:-$(built make-crl)}
    [[ -n $MAKE_CRL ]] || die "make-crl is not built: 'make make-crl' in the build directory, or give MAKE_CRL=PATH"
    [[ -x $MAKE_CRL ]] || die "MAKE_CRL names $MAKE_CRL, which cannot be run"
}

make_work() {
    work=$(mktemp -d "${TMPDIR:-/tmp}/crl-bench.XXXXXX")
    trap clean_up EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    chmod 711 "$work"
    make_pki
}

# make_crls ENTRIES: with and without mallory, in DER and PEM.
make_crls() {
    local pki=$work/pki serial
    serial=$(serial_of mallory)
    rm -rf "$work/crl"
    mkdir "$work/crl"
    chmod 755 "$work/crl"
    "$MAKE_CRL" "$1" "$pki/ca.key" "$pki/ca.pem" >"$work/crl/good.der" || die "make-crl failed"
    "$MAKE_CRL" "$1" "$pki/ca.key" "$pki/ca.pem" --include "$serial" >"$work/crl/revoked.der" || die "make-crl failed"
    "$MAKE_CRL" "$1" "$pki/ca.key" "$pki/ca.pem" --pem >"$work/crl/good.pem" || die "make-crl failed"
    "$MAKE_CRL" "$1" "$pki/ca.key" "$pki/ca.pem" --include "$serial" --pem >"$work/crl/revoked.pem" ||
        die "make-crl failed"
    chmod 644 "$work"/crl/*
}

main() {
    local size status=0
    parse_arguments "$@"
    find_tools openssl
    find_module
    find_generator
    make_work
    for size in "${sizes[@]}"; do
        echo "making CRLs of $size entries" >&2
        make_crls "$size"
        "$python" "$here/crl_table.py" --work "$work" --entries "$size" --httpd "$httpd" --modules "$modules" \
            ${MODULE:+--module "$MODULE"} ${servant:+--servant "$servant"} --servers "$servers" --runs "$runs" \
            --reloads "$reloads" || status=1
    done
    return "$status"
}

main "$@"
