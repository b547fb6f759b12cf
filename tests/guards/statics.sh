# SPDX-License-Identifier: Apache-2.0
# No static object with a constructor or destructor: httpd unloads the module, and every process that
# exits with it loaded would run them. And clang has nothing else to warn of.
. "$(dirname "$0")/lib.sh"
needs "$CLANGXX"

compile()
{
    # shellcheck disable=SC2086
    "$CLANGXX" -std=c++20 $LINT_CPPFLAGS -fsyntax-only $WARN_CXXFLAGS -Werror \
        -Wglobal-constructors -Wexit-time-destructors "$top_srcdir/$1"
}

for file in $(sources | grep '^mod_clientcert/.*\.cc$'); do
    check "$file" compile "$file"
done
finish
