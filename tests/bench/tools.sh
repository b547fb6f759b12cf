# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Finds what the benches need: httpd and its modules, our module, an account to serve as. Read by request.sh and crl.sh,
# which set $here.
# shellcheck disable=SC2154,SC2034

python=${PYTHON:-/usr/bin/python3}
export PYTHONDONTWRITEBYTECODE=1

die() {
    echo "${0##*/}: $*" >&2
    exit 1
}

# find_tools PROGRAM...: those, Python and httpd; sets $httpd, $modules, $builtin_modules and, for root, $servant.
find_tools() {
    local tool
    for tool in "$@"; do
        command -v "$tool" >/dev/null || die "$tool is not installed"
    done
    command -v "$python" >/dev/null || die "there is no $python; PYTHON names another"
    if [[ -z ${HTTPD-} || -z ${HTTPD_MODULES-} ]]; then
        apxs=${APXS:-$(PATH=$PATH:/usr/sbin:/usr/local/apache2/bin command -v apxs apxs2 | head -n 1)}
        [[ -n $apxs ]] || die "apxs not found: install apache2-dev, or give HTTPD and HTTPD_MODULES"
    fi
    httpd=${HTTPD:-$("$apxs" -q SBINDIR)/$("$apxs" -q PROGNAME)}
    modules=${HTTPD_MODULES:-$("$apxs" -q LIBEXECDIR)}
    [[ -x $httpd ]] || die "there is no server at $httpd"
    builtin_modules=$("$httpd" -l | tr -s ' \n' ' ')
    if [[ $(id -u) == 0 ]]; then find_servant; fi
}

# httpd refuses to serve as root.
find_servant() {
    for servant in www-data apache httpd daemon nobody; do
        if id "$servant" >/dev/null 2>&1; then return; fi
    done
    die "none of the usual accounts for a web server exists; run this as an ordinary user"
}

# built NAME: prints the newest file of that name in a build directory of the tree.
built() {
    local top candidate newest=
    top=$(cd "$here/../.." && pwd)
    for candidate in "$PWD" "$top" "$top"/build*; do
        candidate+=/$1
        if [[ -e $candidate && (-z $newest || $candidate -nt $newest) ]]; then newest=$candidate; fi
    done
    if [[ -n $newest ]]; then echo "$(cd "$(dirname "$newest")" && pwd)/$(basename "$newest")"; fi
}

# find_module: sets $MODULE, unless it is given; it stays empty where the module is not built.
find_module() {
    if [[ -z ${MODULE-} ]]; then
        MODULE=$(built .libs/mod_clientcert.so)
        return
    fi
    [[ -r $MODULE ]] || die "MODULE names $MODULE, which cannot be read"
    MODULE=$(cd "$(dirname "$MODULE")" && pwd)/$(basename "$MODULE")
}
