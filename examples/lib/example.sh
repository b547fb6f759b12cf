# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What all examples have in common. Read by a run.sh, which then says:
#
#   needs=(PACKAGE...)   packages of Debian beside those that building needs
#   files=(FILE...)      what is copied from its folder to where the servers run
#   ports=(NAME...)      which free ports it wants, each to be exported under its name
#   certificates()       makes keys and certificates in the current directory
#   start()              starts the servers; false when one has ended at once
#   show()               shows what they do, and fails where that is not as it should be
#   go_on()              tells how to go on by hand
#   example "$@"
#
# All goes on in $run: a directory of its own under build/ (CLIENTCERT_EXAMPLES says another place).
set -euo pipefail

script=$(readlink -f "$0")
folder=$(dirname "$script")
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
name=${name:-$(basename "$folder")}
all=$(readlink -m "${CLIENTCERT_EXAMPLES:-$top/build/examples}")
build=$all/$name      # of this example: logs, and `run`
tree=$all/tree        # where the module is built, for all examples
answer=$build/answer  # what curl got last
run=                  # the directory of the servers: certificates, configuration, logs
needs=()
ports=(PORT)
pid_files=(httpd.pid)  # of the servers whose configuration a reader may change

. "$top/examples/lib/tell.sh"
. "$top/examples/lib/software.sh"
. "$top/examples/lib/servers.sh"
. "$top/examples/pki/pki.sh"

remove_run_directory()
{
    local old
    [ -e "$build/run" ] || [ -L "$build/run" ] || return 0
    old=$(readlink -m "$build/run")
    case $old in
        "$build/run" | /tmp/clientcert-"$name".*) rm -rf "$old" ;;
    esac
    rm -rf "$build/run"
}

# Otherwise what the servers have is in build/, to be looked at, until the next run.
leave_nothing_in_tmp() { [ ! -L "$build/run" ] || remove_run_directory; }

# Not in the home directory of root, say. And the path of a socket has at most 107 characters.
servers_can_be_in() { "${as_user[@]}" test -x "$1" && [ ${#1} -le 90 ]; }

make_run_directory()
{
    local file
    remove_run_directory
    run=$build/run
    mkdir "$run"
    if ! servers_can_be_in "$run"; then
        rmdir "$run"
        run=$(mktemp -d "/tmp/clientcert-$name.XXXXXX")
        ln -s "$run" "$build/run"
    fi
    chmod 755 "$run"
    cd "$run"
    cp "$module" mod_clientcert.so
    cp "$top/examples/lib/application.pl" .
    for file in "${files[@]}"; do
        cp -R "$folder/$file" .
    done
    chmod -R u+w .  # the folder of a distributed tree may be read-only
}

make_certificates()
{
    certificates
    if [ "$(id -u)" = 0 ]; then
        chown -R www-data:www-data "$run"  # from here on root writes nothing in it
    fi
}

# by_user FUNCTION ARGUMENT...: a function, such as pki, as the user of the servers, in their directory.
by_user()
{
    "${as_user[@]}" bash -c "set -euo pipefail; $(declare -f); $(declare -p pki_folder); \"\$@\"" \
        bash "$@"
}

on_exit()
{
    local status=$?
    trap '' INT TERM HUP
    if [ ${#pids[@]} != 0 ]; then
        stop_servers
        stop_helpers
        printf '\n%s: the servers are stopped.\n' "$name" >&2
    fi
    [ "$status" -lt 128 ] || leave_nothing_in_tmp  # somebody has ended it, and looks at nothing
    exit "$status"
}

usage()
{
    cat <<END
usage: $0 [--once | --stop]

Sets up the example $name, starts its servers on free loopback ports, and shows what they do. They
then stay up for you to try.

  --once  stops the servers at the end; the exit status tells whether all went as it should
  --stop  stops the servers that an earlier run left
END
}

prepare()
{
    umask 022
    export LC_ALL=C.UTF-8 no_proxy=localhost,127.0.0.1,127.0.0.2
    [[ $top$all != *[^[:alnum:]/._+,:@~=%-]* ]] \
        || fail "neither configure nor servers take a space, or the like, in a path; move the tree elsewhere: $top"
    mkdir -p "$build" 2>/dev/null && [ -w "$build" ] \
        || fail "you may not write to $build; copy the tree to a place of yours"
    exec 9> "$build/lock"
    flock -n 9 || fail "another run of this example is at work in $build; wait for it"
    trap on_exit EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
}

end_once()
{
    stop_servers
    leave_nothing_in_tmp
    heading "Done: every outcome was as it should be, and the servers are stopped."
}

stay()
{
    heading "Go on by hand"
    go_on
    cat <<END

  Change the configuration in that directory, then let httpd read it again:

$(printf "    kill -USR1 \$(cat $run/%s)\n" "${pid_files[@]}")

  Stop the servers:

    $script --stop
END
    pids=()
}

example()
{
    case "$*" in
        '' | --once | --stop) ;;
        *) usage; [ "$*" = --help ] && exit 0 || exit 2 ;;
    esac
    prepare
    if [ "${1:-}" = --stop ]; then
        stop_last_servers told
        leave_nothing_in_tmp
        exit 0
    fi
    stop_last_servers
    heading "1. Software"
    install_software
    heading "2. Build"
    build_module
    make_run_directory
    heading "3. Certificates (in $run)"
    make_certificates
    heading "4. Servers"
    start_servers
    heading "5. What it does"
    show
    if [ "${1:-}" = --once ]; then
        end_once
    else
        stay
    fi
}
