# SPDX-License-Identifier: Apache-2.0
# The manual pages are well-formed, and tell every command, option and directive that there is; bash
# completes them.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/httpd.sh"
needs man
needs mandoc
make_tree

# A page stands where it was made, or came with the archive.
page()
{
    local place
    for place in "$top_builddir" "$top_srcdir"; do
        [ ! -f "$place/docs/man/$1" ] || { echo "$place/docs/man/$1"; return; }
    done
}
check=$(page clientcert-check.1)
module=$(page mod_clientcert.8)

formatted() { LC_ALL=C.UTF-8 man --warnings -E UTF-8 -l -Tutf8 -Z "$1" 2>&1 > /dev/null | nothing; }
linted() { mandoc -T lint -W warning "$1" | nothing; }
text() { MANWIDTH=200 LC_ALL=C.UTF-8 man -P cat -l "$1" | sed 's/.\x08//g'; }
# The words of standard input that the page does not have.
missing_in() { local word; while read -r word; do grep -qE -- "(^|[^A-Za-z-])$word([^A-Za-z-]|\$)" "$1" || echo "$word"; done | nothing; }

commands() { "$CLIENTCERT_CHECK" --help | sed -n 's/^  \([a-z][a-z]*\)  .*/\1/p'; }
options() { "$CLIENTCERT_CHECK" "$1" --help | grep -oE -- '(^  |, )--?[A-Za-z][A-Za-z-]*' | tr -d ', '; }
directives()
{
    cp "$tree/base.conf" "$tree/list.conf"
    run_httpd -f "$tree/list.conf" -L | sed -n 's/^\(ClientCert[A-Za-z]*\) (mod_clientcert.c)$/\1/p' | sort -u
}
# Those of a certificate; names of several alternative names have a number behind.
variables()
{
    echo CLIENTCERT_USER
    "$CLIENTCERT_CHECK" cert --json "$tree/server.pem" | grep -oE '"CLIENTCERT_[A-Z0-9_]*"' | tr -d '"' | grep -vE '_[0-9]+$' || true
}
# Directives of which the page tells, and of which the server does not know.
unknown() { grep -oE '\bClientCert[A-Z][A-Za-z]*' "$guard_work/module" | sort -u | comm -23 - <(directives) | nothing; }

# completes WORDS...: what is offered for the last one.
completes()
{
    # shellcheck disable=SC2016
    bash -c '. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _clientcert_check; printf "%s\n" "${COMPREPLY[@]}"' \
        "$top_srcdir/mod_clientcert/tool/completion/clientcert-check" "$CLIENTCERT_CHECK" "$@"
}
offers() { local wanted=$1; shift; completes "$@" 2>&1 | tr '\n' ' ' | grep -qxF -- "$wanted " || { completes "$@"; return 1; }; }

check "the pages are there" test -n "$check" -a -n "$module"
for file in "$check" "$module"; do
    check "${file##*/}: man formats it without a warning" formatted "$file"
    check "${file##*/}: mandoc finds nothing" linted "$file"
done
text "$check" > "$guard_work/check"
text "$module" > "$guard_work/module"
check "the tool has commands" test -n "$(commands)"
check "clientcert-check.1 tells every command" missing_in "$guard_work/check" < <(commands)
for command in $(commands); do
    check "clientcert-check.1 tells every option of $command" missing_in "$guard_work/check" < <(options "$command")
done
check "the server knows directives" test -n "$(directives)"
check "mod_clientcert.8 tells every directive" missing_in "$guard_work/module" < <(directives)
check "mod_clientcert.8 tells no others" unknown
check "a certificate has variables" test "$(variables | wc -l)" -gt 8
check "mod_clientcert.8 tells every variable" missing_in "$guard_work/module" < <(variables)

check "bash completes commands" offers "cert config crl" c
check "bash completes options" offers "--ca" cert --c
check "bash completes all options of one command" offers "--ca --forget-number --help --issuer --json --serial --state-dir" crl --
check "bash completes formats" offers "haproxy" formats --format h
check "bash completes choices" offers "first last" formats --hop ""
check "bash completes what stands behind =" offers "haproxy" formats --format = h
check "bash completes files" offers "$guard_work/module" cert --ca "$guard_work/modul"
mkdir "$guard_work/model"
check "bash completes directories" offers "$guard_work/model" crl --state-dir "$guard_work/mod"
check "bash completes behind any word" offers "--ca" cert "/a[b" --c
finish
