# SPDX-License-Identifier: Apache-2.0
# clang-tidy has nothing to say of the core and the module. (It takes minutes: tests/run.sh lint.)
. "$(dirname "$0")/lib.sh"
needs "$CLANGXX"
needs "$CLANG_TIDY"

done_before=$top_builddir/tests/guards/tidied
mkdir -p "$done_before"
mapfile -t files < <(sources)

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

check "clang-tidy: core and module" tidied
finish
