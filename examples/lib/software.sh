# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The software that examples need: packages of Debian, and mod_clientcert itself, built once for
# all examples. Read by example.sh, not run.

. "$top/examples/lib/packages.sh"

install_software()
{
    is_debian || fail "this needs Debian or Ubuntu with apt-get; elsewhere follow 'Install' in README"
    # shellcheck disable=SC2154  # install_packages says why
    install_packages "$build/apt.log" "${build_packages[@]}" "${needs[@]}" || fail "$why"
}

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
    say "make (the first time this takes some minutes)"
    quietly "$build/make.log" make make -C "$tree" -j "$(nproc)"
    exec 8>&-
    [ -e "$module" ] || fail "make made no mod_clientcert.so; see $build/make.log"
    say "Built in $((SECONDS - started)) s: ${module#"$top"/}"
}
