# SPDX-License-Identifier: Apache-2.0
# Every file of the tree is in a list of Makefile.am: what is not is neither distributed nor run.
. "$(dirname "$0")/lib.sh"

files()
{
    (cd "$top_srcdir" && find .ci docs examples include mod_clientcert tests README CHANGES LICENSE -type f \
        ! -name '*.o' ! -name '*.lo' ! -name '*.la' ! -name '*.log' ! -name '*.trs' ! -name '*.pyc' \
        ! -path '*/.libs/*' ! -path '*/.deps/*' ! -name .dirstamp ! -path '*/tests/guards/tidied/*') | sort
}

# Names stand alone on their lines, but for the backslash.
names() { tr -d '\\\t ' < "$top_srcdir/Makefile.am" | sort -u; }
tests() { files | grep -E '^tests/(e2e/test_.*\.py|unit/.*_test\.cc)$'; }

check "the tree has tests" test -n "$(tests)"
check "Makefile.am lists every file" nothing < <(files | comm -23 - <(names))
finish
