# SPDX-License-Identifier: Apache-2.0
# The documentation tells every directive that the server knows, and no others; each has an example,
# and every example in the documentation passes httpd -t.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/httpd.sh"
make_tree
reference=$top_srcdir/docs/directives.md

# The module also registers some of mod_ssl's and mod_log_config's directives, to see their values:
# only its own begin with ClientCert.
known()
{
    cp "$tree/base.conf" "$tree/list.conf"
    run_httpd -f "$tree/list.conf" -L | sed -n 's/^\(ClientCert[A-Za-z]*\) (mod_clientcert.c)$/\1/p' | sort
}
told() { sed -n 's/^### \(ClientCert[A-Za-z]*\)$/\1/p' "$reference" | sort; }

# The sections of directives without a block of configuration.
without_example()
{
    awk '/^##/ { if (section && !seen) print section; section = ""; seen = 0 }
         /^### ClientCert/ { section = $2 }
         /^```apache/ { seen = 1 }
         END { if (section && !seen) print section }' "$reference"
}

# Writes each ```apache block of a file to $guard_work/blocks/LINE.
blocks()
{
    rm -rf "$guard_work/blocks"
    mkdir "$guard_work/blocks"
    awk -v dir="$guard_work/blocks" '
        /^```apache/ { file = dir "/" (NR + 1); printf "" > file; next }
        /^```/ { file = "" }
        file { print > file }' "$1"
}

known > "$guard_work/known"
told > "$guard_work/told"
check "the server knows directives of ours" test -s "$guard_work/known"
check "docs/directives.md tells those, and no others" diff -u "$guard_work/known" "$guard_work/told"
check "every directive has an example" nothing < <(without_example)

for file in "$top_srcdir"/README "$top_srcdir"/docs/*.md; do
    blocks "$file"
    for block in $(find "$guard_work/blocks" -type f | sort -V); do
        check "${file#"$top_srcdir"/}:${block##*/}" passes "$block"
    done
done
finish
