# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Packages of Debian: installs those that are missing, and lets none of them start a service. For
# examples and for tests/run.sh, which both have say(). Not run.

# What building mod_clientcert needs.
# shellcheck disable=SC2034  # used where this is read
build_packages=(autoconf autoconf-archive automake libtool pkg-config make g++
                apache2-bin apache2-dev apache2-ssl-dev libssl-dev libcurl4-openssl-dev libjansson-dev
                libpcre2-dev openssl curl)

is_debian() { command -v dpkg-query > /dev/null && command -v apt-get > /dev/null; }

# Those of PACKAGE... that are not installed.
not_installed()
{
    comm -23 <(printf '%s\n' "$@" | sort -u) \
        <(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2> /dev/null | sed -n 's/ installed$//p' | sort -u)
}

# install_packages LOG PACKAGE...: false, with the reason in $why, if that cannot be done.
install_packages()
{
    local log=$1 missing root=()
    shift
    mapfile -t missing < <(not_installed "$@")
    if [ ${#missing[@]} = 0 ]; then
        say "Everything needed is installed."
        return
    fi
    say "Missing: ${missing[*]}"
    if [ "$(id -u)" != 0 ]; then
        why="installing needs root. As root:
    apt-get update && apt-get install ${missing[*]}"
        command -v sudo > /dev/null || return
        say "Installing that needs root: sudo may ask for your password."
        sudo true || return
        root=(sudo)
    fi
    say "Installing (this may take a few minutes) ..."
    why="installing failed; the end of $log is above"
    "${root[@]}" bash -ec "$without_services" install "${missing[@]}" > "$log" 2>&1 9>&- \
        || { tail -n 30 "$log" >&2; return 1; }
    say "Installed. No service was started."
}

# Some packages are servers, which Debian would start: examples and tests start their own.
# shellcheck disable=SC2016  # expanded where it runs
without_services='
export DEBIAN_FRONTEND=noninteractive
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap "rm -f $policy" EXIT
    printf "#!/bin/sh\nexit 101\n" > "$policy"
    chmod 755 "$policy"
fi
apt-get -q update
apt-get -qy install --no-install-recommends "$@"'
