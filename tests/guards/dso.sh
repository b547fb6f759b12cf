# SPDX-License-Identifier: Apache-2.0
# The module can be loaded, unloaded and loaded again, as httpd does at each start and restart.
# (tests/e2e/test_unload.py looks at a server that does.)
. "$(dirname "$0")/lib.sh"
needs nm
needs readelf

exported() { nm -D --defined-only "$MODULE" | awk '{ print $3 }'; }
undefined() { nm -D --undefined-only "$MODULE"; }
needed() { readelf -d "$MODULE" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'; }

only_the_record() { test "$(exported)" = clientcert_module || { exported; return 1; }; }
has_symbols() { test "$(nm "$MODULE" | grep -c clientcert)" -gt 1; }
no_unique_symbol() { nm "$MODULE" | awk '$2 == "u"' | c++filt | nothing; }
no_exit_handler() { { undefined | grep -E '__cxa_(thread_)?atexit|\batexit' || true; } | nothing; }
no_initializer() { { nm -C "$MODULE" | grep _GLOBAL__sub_I || true; } | nothing; }
may_be_unloaded() { { readelf -d "$MODULE" | grep NODELETE || true; } | nothing; }
no_search_path() { { readelf -d "$MODULE" | grep -E 'RPATH|RUNPATH' || true; } | nothing; }
# APR and httpd are the server's own: a second copy would be loaded beside them.
links_little() { { needed | grep -vE '^(lib(crypto|curl|jansson|pcre2-8|ssl|stdc\+\+|gcc_s|c|m)|ld-linux.*)\.so' || true; } | nothing; }

check "the module has a symbol table to look at" has_symbols
check "it exports its record and nothing else" only_the_record
check "no unique symbol, which dlclose would not unload" no_unique_symbol
check "no static with a destructor" no_exit_handler
check "no static that is initialized at load time" no_initializer
check "it may be unloaded" may_be_unloaded
check "it links OpenSSL, libcurl, PCRE2 and the C++ runtime, nothing else" links_little
check "it has no library search path" no_search_path
finish
