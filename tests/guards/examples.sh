# SPDX-License-Identifier: Apache-2.0
# Every example configuration passes httpd -t.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/httpd.sh"
make_tree

# The quickstart's is a whole configuration; its script sets the names and makes the certificates.
quickstart()
{
    local root=$guard_work/quickstart
    mkdir -p "$root"
    cp "$tree/server.pem" "$tree/server.key" "$root"
    cp "$tree/server.pem" "$root/ca.pem"
    ROOT=$root PORT=8443 MODULES=$HTTPD_MODULES MODULE=$MODULE run_httpd -t -f "$1"
}

# Shell does not expand what one directory above or a name with a space would need: there is none.
for file in $(cd "$top_srcdir" && find examples -name '*.conf' | sort); do
    case $file in
    examples/quickstart/*) check "$file" quickstart "$(cd "$top_srcdir" && pwd)/$file" ;;
    *) check "$file" passes "$top_srcdir/$file" ;;
    esac
done
finish
