# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The software that examples need: packages of Debian, and mod_clientcert itself, built once for
# all examples. Read by example.sh, not run.

packages=(autoconf automake autoconf-archive libtool pkg-config make g++
          apache2-bin apache2-dev apache2-ssl-dev libssl-dev libcurl4-openssl-dev libjansson-dev
          libpcre2-dev openssl curl)

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# install_packages PACKAGE...: beside those that building needs.
install_packages()
{
    local package missing=() root=()
    command -v dpkg-query > /dev/null && command -v apt-get > /dev/null \
        || fail "this needs Debian or Ubuntu with apt-get; elsewhere follow 'Install' in README"
    for package in "${packages[@]}" "$@"; do
        installed "$package" || missing+=("$package")
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
        "${root[@]}" bash -c "$without_services" install "${missing[@]}"
    say "Installed. No service was started."
}

# Some packages are servers, which Debian would start: an example starts its own.
# shellcheck disable=SC2016  # expanded where it runs
without_services='
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap "rm -f $policy" EXIT
    printf "#!/bin/sh\nexit 101\n" > "$policy"
    chmod 755 "$policy"
fi
apt-get -qy install --no-install-recommends "$@"'

configure_build()
{
    # A tree that was moved or copied has the old place all over its build directory.
    if [ -e "$tree/config.status" ] && [ "$(cat "$tree.of" 2> /dev/null)" = "$top" ]; then
        return
    fi
    [ ! -e "$top/config.status" ] \
        || fail "$top itself was configured; run 'make distclean' there, then this again"
    rm -rf "$tree"
    mkdir "$tree"
    if [ ! -e "$top/configure" ]; then
        say "autoreconf -fi"
        quietly "$build/autoreconf.log" autoreconf autoreconf -fi "$top"
    fi
    say "configure --disable-tests"
    (cd "$tree" && quietly "$build/configure.log" configure "$top/configure" --disable-tests)
    printf '%s\n' "$top" > "$tree.of"
}

# Where CLIENTCERT_MODULE names a module that is built already, that one is used.
build_module()
{
    local started=$SECONDS
    module=$(readlink -m "${CLIENTCERT_MODULE:-$tree/.libs/mod_clientcert.so}")
    if [ -n "${CLIENTCERT_MODULE:-}" ]; then
        [ -e "$module" ] || fail "CLIENTCERT_MODULE names $module, and there is no such file"
        say "As CLIENTCERT_MODULE says: $module"
        return
    fi
    exec 8> "$tree.lock"  # another example may be building
    flock 8
    configure_build
    say "make (the first time this takes a minute or two)"
    quietly "$build/make.log" make make -C "$tree" -j "$(nproc)"
    exec 8>&-
    [ -e "$module" ] || fail "make made no mod_clientcert.so; see $build/make.log"
    say "Built in $((SECONDS - started)) s: ${module#"$top"/}"
}
