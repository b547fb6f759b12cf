#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing, builds, passes every test; the last line says how many passed and failed.
set -euo pipefail

usage()
{
    cat <<'END'
usage: tests/run.sh [STEP...]

  check           g++: unit tests, end-to-end tests on a real httpd, guards
  sanitizers      unit tests, and the end-to-end tests that matter most there, under ASan and UBSan
  dist            make distcheck: builds, tests, installs and uninstalls the distributed archive
  sanitizers-all  all end-to-end tests under ASan and UBSan
  clang           clang++: no warning, unit tests
  lint            clang's warnings that g++ has not, clang-tidy

Without a STEP: the first three, in less than 20 minutes on two processors. What is missing is installed first (Debian 12; asks for root only then).
BUILD_DIR says where to build (default: build in this tree), JOBS how many jobs run at a time.
END
}

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
build=${BUILD_DIR:-$top/build}
jobs=${JOBS:-$(nproc)}
. "$top/examples/lib/packages.sh"
packages=("${build_packages[@]}" ccache binutils xz-utils libcppunit-dev
          clang-14 clang-format-14 clang-tidy-14
          slapd ldap-utils libaprutil1-ldap
          libaprutil1-dbd-sqlite3 libaprutil1-dbd-pgsql sqlite3 postgresql apache2-utils nginx haproxy nghttp2-client
          chromium chromium-driver libnss3-tools python3-selenium
          softhsm2 opensc libengine-pkcs11-openssl prometheus python3-prometheus-client python3-jsonschema lowdown man-db mandoc
          python3 python3-pytest python3-cryptography python3-h2 python3-cryptography-vectors valgrind)
passed=0
failed=0
export LC_ALL=C.UTF-8 VERBOSE=

heading() { printf '\n== %s\n' "$1"; }
say() { printf '  %s\n' "$@"; }
count() { passed=$((passed + $1)); failed=$((failed + $2)); }

finish()
{
    printf '\n%d passed, %d failed\n' "$passed" "$failed"
    [ "$failed" = 0 ] && [ "$passed" -gt 0 ]
    exit
}

# What cannot go on is a failure, and said in the last line, too.
give_up()
{
    say "$1" >&2
    count 0 1
    finish
}

# quietly LOG COMMAND...: its output goes into a file; the end of that is shown if it fails.
quietly()
{
    local log=$1
    shift
    "$@" > "$log" 2>&1 && return
    tail -n 40 "$log"
    say "failed: $* (all of it: $log)"
    return 1
}

# step WHAT LOG COMMAND...: something that passes or fails as a whole.
step()
{
    local what=$1 started=$SECONDS
    shift
    if quietly "$@"; then
        say "$what: passed ($((SECONDS - started)) s)"
        count 1 0
    else
        say "$what: FAILED"
        count 0 1
        return 1
    fi
}

# ---- Software ------------------------------------------------------------------------------------

install_software()
{
    if ! is_debian; then
        say "This is no Debian: what is needed must be there already; configure will say what is not."
        return
    fi
    install_packages "$build/apt.log" "${packages[@]}" || give_up "$why"
}

# ---- Build ---------------------------------------------------------------------------------------

options=(--enable-werror CXXFLAGS='-g1 -O1')

# What one build has compiled, another with the same options need not compile again.
use_ccache()
{
    command -v ccache > /dev/null || return 0
    options+=(CXX='ccache g++')
    export CCACHE_DIR=${CCACHE_DIR:-$build/ccache} CCACHE_BASEDIR=$top CCACHE_NOHASHDIR=1 CCACHE_DEPEND=1
}

prepare()
{
    [ ! -e "$top/config.status" ] || give_up "$top itself was configured: run make distclean there first"
    if [ ! -e "$top/configure" ] || [ "$top/configure.ac" -nt "$top/configure" ] \
        || [ "$top/Makefile.am" -nt "$top/Makefile.in" ]; then
        say "autoreconf -fi"
        (cd "$top" && quietly "$build/autoreconf.log" autoreconf -fi) || give_up "autoreconf failed"
    fi
}

# configured NAME OPTION...: a build directory, kept from one run to the next when the options stand.
configured()
{
    local directory=$build/$1 told
    shift
    told="$top $*"
    if [ ! -e "$directory/Makefile" ] || [ "$(cat "$directory/told" 2> /dev/null)" != "$told" ]; then
        rm -rf "$directory"
        mkdir -p "$directory"
        (cd "$directory" && quietly configure.out "$top/configure" "$@") || return 1
        echo "$told" > "$directory/told"
    fi
}

# ---- Tests ---------------------------------------------------------------------------------------

# The number before a word in the last line of a log that has one: `12 passed, 1 failed in 3s`.
number()
{
    { grep -oE "[0-9]+ $2" "$1" || true; } | tail -n 1 | grep -oE '^[0-9]+' || echo 0
}

# What one test program says in its log: how many passed, how many did not. What is skipped has
# failed: only the sanitizers' run may leave out what it says it cannot do, since `check` has done it.
tally()
{
    local log=$1 good bad
    good=0
    bad=0
    if [ "$(basename "$log")" = unit-tests.log ]; then
        good=$(sed -n 's/^OK (\([0-9]*\).*/\1/p; s/^Run: *\([0-9]*\).*/\1/p' "$log" | tail -n 1)
        bad=$(sed -n 's/.*Failure total: *\([0-9]*\).*/\1/p' "$log" | tail -n 1)
        good=$((${good:-0} - ${bad:-0}))
    else
        good=$(number "$log" passed)
        bad=$(($(number "$log" failed) + $(number "$log" error) + $(number "$log" xfailed)))
        [ "$2" = sanitizers ] || bad=$((bad + $(number "$log" skipped)))
    fi
    echo "$good ${bad:-0}"
}

# excerpt LOG: its beginning, where pytest tells of set-ups that failed, and its end, where it tells of tests.
excerpt()
{
    local head=100 tail=140
    if [ "$(wc -l < "$1")" -gt $((head + tail)) ]; then
        head -n $head "$1"
        echo "... (all of it: $1) ..."
        tail -n $tail "$1"
    else
        cat "$1"
    fi | cut -c1-400 | sed 's/^/    | /'
}

# tell LOG RESULT STEP: one line for a test program, and its log when it failed.
tell()
{
    local log=$1 good bad
    read -r good bad < <(tally "$log" "$3")
    if [ "$bad" = 0 ] && { [ "$2" != PASS ] || [ "$good" = 0 ]; }; then
        bad=1  # it ended badly, or it has tested nothing
    fi
    say "$(printf '%-44s %5d passed %5d failed' "$(basename "$log" .log)" "$good" "$bad")"
    { grep '^SKIPPED' "$log" || true; } | cut -c1-150 | sed 's/^/    /'
    [ "$bad" = 0 ] || excerpt "$log"
    count "$good" "$bad"
}

# Runs make check in a build directory, shows what failed, and adds up what each test program counted.
check()
{
    local step=$1 directory=$build/$1 started=$SECONDS trs
    shift
    find "$directory" -name '*.trs' -delete
    # Compilers are busy; tests mostly wait, for servers and clocks: twice as many go on at a time.
    make -C "$directory" -k -j "$jobs" check "$@" TESTS= > "$directory/check.out" 2>&1 || true
    make -C "$directory" -k -j $((2 * jobs)) check "$@" > "$directory/check.out" 2>&1 || true
    if ! grep -q '^# TOTAL' "$directory/check.out"; then
        grep -E -A5 'error:|Error ' "$directory/check.out" | head -n 60
        say "make check did not get as far as the tests (all of it: $directory/check.out)"
        count 0 1
        return
    fi
    while read -r trs; do
        tell "${trs%.trs}.log" "$(sed -n 's/^:test-result: //p' "$trs")" "$step"
    done < <(find "$directory" -name '*.trs' | sort)
    say "in $((SECONDS - started)) s"
}

step_check()
{
    heading "g++: make check"
    configured g++ "${options[@]}" || { count 0 1; return 0; }
    check g++
}

configure_sanitizers()
{
    configured sanitizers "${options[@]}" --enable-sanitizers CXXFLAGS='-g1 -O0'
}

sanitized()
{
    configure_sanitizers || { count 0 1; return 0; }
    check sanitizers "$@"
}

# The unit tests as `check` has compiled them, with the core of this build: the core is what they look
# at, and to compile them once more takes minutes.
link_unit_tests()
{
    local directory=$build/sanitizers
    quietly "$directory/core.out" make -C "$directory" -j "$jobs" libclientcert.la || return 1
    # shellcheck disable=SC2046  # one word for each library
    quietly "$directory/link.out" g++ -fsanitize=address,undefined -o "$directory/unit-tests" \
        "$build"/g++/tests/unit/unit_tests-*.o "$directory/.libs/libclientcert.a" \
        $(pkg-config --libs cppunit libcrypto libcurl jansson libpcre2-8)
}

# The others go on meanwhile.
sanitized_beside_unit_tests()
{
    local log=$build/sanitizers/unit-tests.log result=FAIL unit_tests
    configure_sanitizers && link_unit_tests || { count 0 1; return 0; }
    "$build/sanitizers/unit-tests" > "$log" 2>&1 &
    unit_tests=$!
    sanitized check_PROGRAMS= bin_PROGRAMS= "$@"
    if wait "$unit_tests"; then
        result=PASS
    fi
    tell "$log" "$result" sanitizers
}

# Those that look at lifetimes, threads and what comes from outside.
step_sanitizers()
{
    local name tests=
    for name in sanitizers lifetime evidence renegotiation crl directory_trust from_connections from_malformed \
        lookup_file passwords users_names; do
        tests+=" tests/e2e/test_$name.py"
    done
    heading "ASan and UBSan: make check, a choice"
    if compgen -G "$build/g++/tests/unit/unit_tests-*.o" > /dev/null; then
        sanitized_beside_unit_tests TESTS="$tests"
    else
        sanitized TESTS="unit-tests $tests"
    fi
}

step_sanitizers_all()
{
    heading "ASan and UBSan: make check"
    sanitized
}

step_lint()
{
    heading "clang's warnings, clang-tidy"
    configured g++ "${options[@]}" || { count 0 1; return 0; }
    check g++ TESTS='tests/guards/statics.sh tests/guards/tidy.sh'
}

step_clang()
{
    heading "clang++"
    configured clang --enable-werror CXX=clang++-14 CC=clang-14 CXXFLAGS='-g1 -O1' || { count 0 1; return 0; }
    step "core, module and unit tests without a warning" "$build/clang/make.out" \
        make -C "$build/clang" -j "$jobs" all unit-tests || return 0
    local result=FAIL
    if quietly "$build/clang/unit-tests.log" "$build/clang/unit-tests"; then
        result=PASS
    fi
    tell "$build/clang/unit-tests.log" "$result" clang
}

# A few tests stand for all: `check` has just run those, and the guard listed.sh says that every
# file is in the archive. The same options as there, so that ccache knows what is the same.
step_dist()
{
    local tests='tests/e2e/test_harness.py tests/e2e/test_unload.py'
    tests+=' tests/guards/docs.sh tests/guards/dso.sh tests/guards/examples.sh tests/guards/listed.sh tests/guards/man.sh'
    heading "make distcheck"
    configured dist "${options[@]}" || { count 0 1; return 0; }
    step "make distcheck" "$build/dist/distcheck.out" make -C "$build/dist" -j "$jobs" distcheck \
        DISTCHECK_CONFIGURE_FLAGS="${options[*]@Q}" TESTS="$tests" check_PROGRAMS= || return 0
}

steps=("$@")
[ $# -gt 0 ] || steps=(check sanitizers dist)
for name in "${steps[@]}"; do
    case $name in
    check | sanitizers | dist | sanitizers-all | clang | lint) ;;
    *) usage; [ "$name" = --help ] && exit 0; exit 2 ;;
    esac
done

mkdir -p "$build"
build=$(cd "$build" && pwd -P)
heading "Software"
install_software
use_ccache
prepare
for name in "${steps[@]}"; do
    "step_${name//-/_}"
done
finish
