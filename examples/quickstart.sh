#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# examples/quickstart.sh [--once | --stop]
#
# From a bare Debian to a running httpd that lets clients in by their certificates: installs what is
# missing, builds mod_clientcert, makes a small PKI, starts a private httpd on a free loopback port
# and shows what it does. The servers then stay up for you to try.
#
#   --once  stops the servers at the end; the exit status tells whether all went as it should
#   --stop  stops the servers that an earlier run left
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
build=$top/build/quickstart
answer=$build/answer    # what curl got last
run=                    # the directory of the server: certificates, configuration, logs
pids=()                 # the processes of httpd and the application while we answer for them
as_user=()              # what runs a command as the user that httpd has
packages=(autoconf automake autoconf-archive libtool pkg-config make g++
          apache2-bin apache2-dev apache2-ssl-dev libssl-dev libcurl4-openssl-dev libjansson-dev libpcre2-dev openssl curl)

heading() { printf '\n== %s\n' "$1"; }
say() { printf '  %s\n' "$@"; }

fail()
{
    printf '\nquickstart: %s\n' "$1" >&2
    exit 1
}

# Runs a noisy command with its output in a file; shows the end of that if it fails.
quietly()
{
    local log=$1 what=$2
    shift 2
    "$@" > "$log" 2>&1 9>&- && return
    tail -n 30 "$log" >&2
    fail "$what failed; the end of $log is above"
}

# ---- 1. Software ---------------------------------------------------------------------------------

install_packages()
{
    local package missing=() root=()
    command -v dpkg-query > /dev/null && command -v apt-get > /dev/null \
        || fail "this needs Debian or Ubuntu with apt-get; elsewhere follow 'Install' in README"
    for package in "${packages[@]}"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] \
            || missing+=("$package")
    done
    if [ ${#missing[@]} = 0 ]; then
        say "Everything needed is installed."
        return
    fi
    say "Missing: ${missing[*]}"
    if [ "$(id -u)" != 0 ]; then
        command -v sudo > /dev/null \
            || fail "installing needs root, and there is no sudo. As root:
    apt-get update && apt-get install ${missing[*]}"
        say "Installing that needs root: sudo may ask for your password."
        sudo true || fail "sudo did not work. As root:
    apt-get update && apt-get install ${missing[*]}"
        root=(sudo)
    fi
    root+=(env DEBIAN_FRONTEND=noninteractive)
    say "Installing (this may take a few minutes) ..."
    quietly "$build/apt.log" "apt-get update" "${root[@]}" apt-get -q update
    quietly "$build/apt.log" "apt-get install" \
        "${root[@]}" apt-get -qy install --no-install-recommends "${missing[@]}"
    say "Installed. No service was started: apache2-bin is the program alone."
}

# ---- 2. Build ------------------------------------------------------------------------------------

configure_build()
{
    # A tree that was moved or copied has the old place all over its build directory.
    if [ -e "$build/tree/config.status" ] \
        && [ "$(cat "$build/built-for" 2> /dev/null)" = "$top" ]; then
        return
    fi
    [ ! -e "$top/config.status" ] \
        || fail "$top itself was configured; run 'make distclean' there, then this again"
    rm -rf "$build/tree"
    mkdir "$build/tree"
    if [ ! -e "$top/configure" ]; then
        say "autoreconf -fi"
        quietly "$build/autoreconf.log" autoreconf autoreconf -fi "$top"
    fi
    say "configure --disable-tests"
    cd "$build/tree"
    quietly "$build/configure.log" configure ../../../configure --disable-tests
    printf '%s\n' "$top" > "$build/built-for"
}

build_module()
{
    local started=$SECONDS
    configure_build
    say "make (the first time this takes a minute or two)"
    quietly "$build/make.log" make make -C "$build/tree" -j "$(nproc)"
    [ -e "$build/tree/.libs/mod_clientcert.so" ] \
        || fail "make made no mod_clientcert.so; see $build/make.log"
    say "Built in $((SECONDS - started)) s: ${build#"$top"/}/tree/.libs/mod_clientcert.so"
}

# ---- 3. Certificates -----------------------------------------------------------------------------

remove_run_directory()
{
    local old
    [ -e "$build/run" ] || [ -L "$build/run" ] || return 0
    old=$(readlink -m "$build/run")
    case $old in
        "$build/run" | /tmp/clientcert-quickstart.*) rm -rf "$old" ;;
    esac
    rm -rf "$build/run"
}

make_run_directory()
{
    remove_run_directory
    run=$build/run
    mkdir "$run"
    if ! "${as_user[@]}" test -x "$run"; then  # a tree in the home directory of root, say
        rmdir "$run"
        run=$(mktemp -d /tmp/clientcert-quickstart.XXXXXX)
        ln -s "$run" "$build/run"
    fi
    chmod 755 "$run"
    cp "$top/examples/quickstart/httpd.conf" "$top/examples/quickstart/application.pl" \
       "$build/tree/.libs/mod_clientcert.so" "$run"
    cd "$run"
}

make_certificates()
{
    "$top/examples/quickstart/pki.sh" . || fail "openssl could not make the certificates; see above"
    if [ "$(id -u)" = 0 ]; then
        chown -R www-data:www-data "$run"  # from here on root writes nothing in it
    fi
}

# ---- 4. Servers ----------------------------------------------------------------------------------

# Starts a program in the background as the user that httpd has: launch LOG COMMAND...
launch()
{
    local log=$1
    shift
    : > "$log"  # nothing of an earlier run may be read there
    # Each of these programs becomes the next one: the process id stays that of the job.
    ROOT=$run PORT=$port MODULES=$modules MODULE=$run/mod_clientcert.so \
        setsid "${as_user[@]}" "$@" >> "$log" 2>&1 < /dev/null 9>&- &
    pids+=($!)
}

stop_process()
{
    local pid=$1 waited
    kill -TERM "$pid" 2>/dev/null || return 0
    for ((waited = 0; waited < 100; waited++)); do
        kill -0 "$pid" 2>/dev/null || return 0
        sleep 0.1
    done
    fail "process $pid did not stop within 10 seconds"
}

stop_servers()
{
    local pid
    for pid in "${pids[@]}"; do
        stop_process "$pid"
    done
    pids=()
}

on_exit()
{
    local status=$?
    trap '' INT TERM HUP
    if [ ${#pids[@]} != 0 ]; then
        stop_servers
        printf '\nquickstart: the servers are stopped.\n' >&2
    fi
    exit "$status"
}

# Whether that process was started from $run: a number in an old file may be anybody's.
is_ours()
{
    tr '\0' ' ' 2>/dev/null < "/proc/$1/cmdline" | grep -qF -- " $run/"
}

stop_last_servers()
{
    local pid stopped=0
    run=$(readlink -m "$build/run")
    for pid in $(cat "$run/httpd.pid" "$build/application.pid" 2>/dev/null); do
        is_ours "$pid" || continue
        kill -0 "$pid" 2>/dev/null || fail "process $pid of an earlier run is another user's"
        stop_process "$pid"
        stopped=$((stopped + 1))
    done
    rm -f "$build/application.pid"
    if [ $stopped != 0 ]; then
        say "Stopped the servers of an earlier run."
    elif [ "${1:-}" = told ]; then
        say "No servers of an earlier run are there."
    fi
}

# ready PID COMMAND...: waits until the command succeeds; false when the process has ended instead.
ready()
{
    local pid=$1 waited
    shift
    for ((waited = 0; waited < 150; waited++)); do
        "$@" && return
        kill -0 "$pid" 2>/dev/null || return 1
        sleep 0.1
    done
    fail "process $pid was not ready at port $port within 15 seconds; see $run/error.log"
}

start_both()
{
    launch "$build/application.log" "$run/application.pl" "127.0.0.2:$port"
    ready "${pids[0]}" grep -q '^listening' "$build/application.log" || return 1
    launch "$build/httpd.log" "$httpd" -f "$run/httpd.conf" -DFOREGROUND
    ready "${pids[1]}" curl -s -m 2 -o /dev/null --cacert ca.pem "https://localhost:$port/"
}

# Whether a port is free shows when a server takes it, and not before: so try, and try another.
start_servers()
{
    local tried
    httpd=$(apxs -q SBINDIR)/$(apxs -q PROGNAME)
    modules=$(apxs -q LIBEXECDIR)
    for ((tried = 0; tried < 20; tried++)); do
        port=$((20000 + RANDOM % 10000))
        if start_both; then
            printf '%s\n' "${pids[0]}" > "$build/application.pid"
            say "The application: $run/application.pl, at http://127.0.0.2:$port/"
            say "httpd, as user $(stat -c %U "/proc/${pids[1]}"): https://localhost:$port/"
            return
        fi
        stop_servers
        grep -qsE 'could not bind|cannot listen' "$build"/{application,httpd}.log error.log || break
    done
    cat "$build/application.log" "$build/httpd.log" >&2 2> /dev/null || true
    tail -n 20 error.log >&2 2> /dev/null || true
    fail "the servers did not start; what they said is above"
}

# ---- 5. What it does -----------------------------------------------------------------------------

# Shows a request as one would type it, makes it, and shows the answer: ask WHO STATUS COMMAND
ask()
{
    local who=$1 want=$2 status
    printf '\n  %s\n    $ %s\n' "$who" "$3"
    eval "$3" > "$answer" || fail "$who curl got no answer (its error $?)"
    sed -n '1s/\r$//; 1s/^/      /p' "$answer"
    status=$(sed -n '1s/^HTTP[^ ]* \([0-9]*\).*/\1/p' "$answer")
    [ "$status" = "$want" ] || fail "$who The answer should be $want, and it is ${status:-none}."
    if [ "$status" = 200 ]; then
        sed -e '1,/^\r*$/d' -e 's/^/      /' -e 's/^\(.\{94\}\).\{5,\}/\1 .../' "$answer"
    fi
}

sees() { grep -qxF "  $1" "$answer" || fail "The application should see '$1', and does not."; }
sees_no() { ! grep -qi "^  $1:" "$answer" || fail "The application should see no $1, and does."; }

sees_certificate_of()
{
    cmp -s <(sed -n 's/^  Client-Cert: :\(.*\):$/\1/p' "$answer" | base64 -d 2>/dev/null) \
           <(openssl x509 -in "$1" -outform der) \
        || fail "The application should see the certificate $1 in Client-Cert, and does not."
}

# Shows the last line of the error log, which must be a denial that says why.
log_says()
{
    local line
    line=$(tail -n 1 error.log)
    say "  error.log says why:"
    printf '%s\n' "$line" | fold -s -w 92 | sed 's/^/      /'
    [[ $line == *CC0101* && $line == *"$1"* ]] \
        || fail "The log line should be a denial (CC0101) that shows $1, and it is not."
}

show()
{
    local url=https://localhost:$port
    ask "Alice of the Fun dept. gets in; the application behind is told who she is." 200 \
        "curl -s -i --cacert ca.pem --cert alice.pem --key alice.key $url/fun/"
    sees 'X-Client-DN: CN=Alice,OU=Fun dept.,O=garex AG,C=DE'
    sees 'X-Client-Email: alice@garex.example'
    sees_certificate_of alice.pem

    ask "Bob has a good certificate too, but he is in another department: refused." 403 \
        "curl -s -i --cacert ca.pem --cert bob.pem --key bob.key $url/fun/"
    log_says 'Accounts dept.'

    ask "Somebody without a certificate: refused." 403 \
        "curl -s -i --cacert ca.pem $url/fun/"
    log_says 'SSL_CLIENT_S_DN_O='

    ask "Somebody without a certificate who says to be Alice, where all may go: the headers that
  are ours to set were removed on the way, and nothing else was." 200 \
        "curl -s -i --cacert ca.pem -H 'X-Client-DN: CN=Alice' -H 'X_Client_DN: CN=Alice' \\
        -H 'Client-Cert: :QWxpY2U=:' -H 'X-Hello: hi' $url/"
    sees 'X-Hello: hi'
    sees_no X-Client-DN
    sees_no X_Client_DN
    sees_no Client-Cert

    printf '\n  Who came, in access.log:\n'
    tail -n 4 access.log | sed 's/^/      /'
}

go_on_by_hand()
{
    local url=https://localhost:$port
    heading "Go on by hand"
    printf '  The servers stay up. Paste these:\n\n'
    if [ -n "${https_proxy:-}${HTTPS_PROXY:-}${all_proxy:-}${ALL_PROXY:-}" ]; then
        say "  export no_proxy=localhost"
    fi
    cat <<END
    cd $run
    curl --cacert ca.pem --cert alice.pem --key alice.key $url/fun/
    curl --cacert ca.pem --cert bob.pem --key bob.key $url/fun/
    curl --cacert ca.pem $url/
    tail -n 3 error.log

  Change httpd.conf in that directory, then let the server read it again:

    kill -USR1 \$(cat $run/httpd.pid)

  Stop the servers:

    $top/examples/quickstart.sh --stop

  What to read next: README for the ways to use it, docs/directives.md for every detail.
END
}

# --------------------------------------------------------------------------------------------------

case "$*" in
    '' | --once | --stop) ;;
    *) sed -n '4,11s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; [ "$*" = --help ] && exit 0 || exit 2 ;;
esac

if [ "$(id -u)" = 0 ]; then  # httpd never runs as root here
    as_user=(setpriv --reuid=www-data --regid=www-data --clear-groups --)
fi
umask 022
export LC_ALL=C.UTF-8 no_proxy=localhost,127.0.0.1,127.0.0.2
mkdir -p "$build" 2>/dev/null && [ -w "$build" ] && [ -w "$top" ] \
    || fail "you may not write to $top or build/quickstart in it; copy the tree to a place of yours"
exec 9> "$build/lock"
flock -n 9 || fail "another quickstart is at work in $build; wait for it"
trap on_exit EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

if [ "${1:-}" = --stop ]; then
    stop_last_servers told
    exit 0
fi

stop_last_servers
heading "1. Software"
install_packages
heading "2. Build (in ${build#"$top"/})"
build_module
make_run_directory
heading "3. Certificates (in $run)"
make_certificates
heading "4. Servers"
start_servers
heading "5. What it does"
show

if [ "${1:-}" = --once ]; then
    stop_servers
    if [ -L "$build/run" ]; then
        remove_run_directory  # nothing stays in /tmp
    fi
    heading "Done: every outcome was as it should be, and the servers are stopped."
    exit 0
fi
go_on_by_hand
pids=()
