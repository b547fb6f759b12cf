# SPDX-License-Identifier: Apache-2.0
# The house rules that a program can see.
. "$(dirname "$0")/lib.sh"
needs "$CLANGXX"
needs "$CLANG_FORMAT"
needs "$CLANG_TIDY"

done_before=$top_builddir/tests/guards/tidied
mkdir -p "$done_before"
mapfile -t files < <(sources)

formatted() { (cd "$top_srcdir" && "$CLANG_FORMAT" --dry-run -Werror "${files[@]}"); }

# clang-tidy takes seconds for a file: it is asked once for the same text, flags and rules.
tidy()
{
    local file=$top_srcdir/$1 flags="-std=c++20 $LINT_CPPFLAGS -DTEST_DATA=\"\"" key
    # shellcheck disable=SC2086
    key=$({ "$CLANG_TIDY" --version; cat "$top_srcdir/.clang-tidy"; "$CLANGXX" $flags -E -C "$file"; } \
        | sha256sum | cut -d' ' -f1) || return
    [ ! -e "$done_before/$key" ] || return 0
    # shellcheck disable=SC2086
    "$CLANG_TIDY" --quiet "$file" -- $flags && touch "$done_before/$key"
}
export -f tidy
export top_srcdir LINT_CPPFLAGS CLANGXX CLANG_TIDY done_before

tidied()
{
    # The tests are spared it: they would take twice as long as all the rest.
    printf '%s\n' "${files[@]}" | grep '^mod_clientcert/.*\.cc$' \
        | xargs -P "$(nproc)" -I{} bash -c 'out=$(tidy "$1" 2>&1) || { echo "$out"; exit 1; }' tidy {}
}

# Every function that httpd calls is entered through the one barrier.
hooks_are_guarded()
{
    (cd "$top_srcdir" && awk '
        /(ap_hook_[a-z_]+|APR_OPTIONAL_HOOK|ap_register_(input|output)_filter) *\(/ { text = ""; open = 1; line = FNR }
        open { text = text $0 }
        open && /;/ { if (text !~ /guarded</) print FILENAME ":" line ": " text; open = 0 }
    ' $(printf '%s\n' "${files[@]}" | grep '^mod_clientcert/')) | nothing
}

short_files()
{
    (cd "$top_srcdir" && find include mod_clientcert tests examples -type f \
        \( -name '*.cc' -o -name '*.hh' -o -name '*.py' -o -name '*.sh' \) -exec wc -l {} + \
        | awk '$1 >= 400 && $2 != "total"') | nothing
}

text_files()
{
    (cd "$top_srcdir" && find .ci include mod_clientcert tests examples configure.ac Makefile.am -type f \
        \( -name '*.cc' -o -name '*.hh' -o -name '*.map' -o -name '*.py' -o -name '*.sh' -o -name '*.conf' \
        -o -name run -o -name configure.ac -o -name Makefile.am \))
}

ascii() { (cd "$top_srcdir" && { text_files | LC_ALL=C xargs grep -nP '[^\x00-\x7F]' || true; }) | nothing; }
licensed()
{
    (cd "$top_srcdir" && { text_files | xargs grep -L 'SPDX-License-Identifier: Apache-2.0' || true; }) | nothing
}

# The core is the domain alone: httpd's and APR's names stay on the other side.
core_knows_no_httpd()
{
    (cd "$top_srcdir" && { grep -nE '\b(ap|apr)_[a-z]|request_rec|conn_rec|server_rec|include.*httpd' \
        -r include mod_clientcert/core || true; }) | nothing
}

check "clang-format: ${#files[@]} files" formatted
check "clang-tidy: core and module" tidied
check "every hook and filter is guarded" hooks_are_guarded
check "no file has 400 lines" short_files
check "sources are US-ASCII" ascii
check "every source names its licence" licensed
check "the core knows no httpd" core_knows_no_httpd
finish
