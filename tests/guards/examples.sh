# SPDX-License-Identifier: Apache-2.0
# Every example configuration passes httpd -t.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/httpd.sh"
make_tree

# Where a folder has a run.sh, or the quickstart's script runs it, the configuration is a whole one
# with names of its own; a test of its own starts it.
is_run()
{
    case $1 in examples/quickstart/*) return ;; esac
    [ -e "$top_srcdir/$(dirname "$1")/run.sh" ]
}

# Shell does not expand what one directory above or a name with a space would need: there is none.
for file in $(cd "$top_srcdir" && find examples -name '*.conf' | sort); do
    is_run "$file" || check "$file" passes "$top_srcdir/$file"
done
finish
