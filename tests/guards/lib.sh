# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the guards have in common: `check`, and a last line that run.sh adds up. Read, not run.
# make check sets top_srcdir, top_builddir, HTTPD, HTTPD_MODULES, MODULE and the tools' names.
set -euo pipefail

passed=0
failed=0
guard_work=$(mktemp -d "${TMPDIR:-/tmp}/guard-XXXXXX")
trap 'rm -rf "$guard_work"' EXIT

# check WHAT COMMAND...: WHAT holds when the command succeeds; otherwise its output is shown.
check()
{
    local what=$1
    shift
    if "$@" > "$guard_work/output" 2>&1; then
        passed=$((passed + 1))
        echo "ok    $what"
    else
        failed=$((failed + 1))
        echo "FAIL  $what"
        sed 's/^/      /' "$guard_work/output"
    fi
}

# Ends a guard. One that checked nothing has failed.
finish()
{
    echo "$passed passed, $failed failed"
    [ "$failed" = 0 ] && [ "$passed" -gt 0 ]
    exit
}

# Succeeds when the standard input is empty; otherwise it says what is there.
nothing()
{
    local found
    found=$(cat)
    [ -z "$found" ] || { echo "$found"; return 1; }
}

# The C++ files of the project, from the top of its source tree.
sources()
{
    (cd "$top_srcdir" && find include mod_clientcert tests/unit -name '*.cc' -o -name '*.hh') | sort
}

needs()
{
    command -v "$1" > /dev/null || { echo "FAIL  $1 is not installed"; echo "0 passed, 1 failed"; exit 1; }
}
