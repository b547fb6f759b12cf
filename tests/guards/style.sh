# SPDX-License-Identifier: Apache-2.0
# The house rules that a program can see.
. "$(dirname "$0")/lib.sh"
needs "$CLANG_FORMAT"

mapfile -t files < <(sources)

formatted() { (cd "$top_srcdir" && "$CLANG_FORMAT" --dry-run -Werror "${files[@]}"); }

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
check "every hook and filter is guarded" hooks_are_guarded
check "no file has 400 lines" short_files
check "sources are US-ASCII" ascii
check "every source names its licence" licensed
check "the core knows no httpd" core_knows_no_httpd
finish
