// SPDX-License-Identifier: Apache-2.0
#include "httpd/config/words.hh"

namespace clientcert::httpd {

std::vector<std::string> words_of(const char *line)
{
    apr_pool_t *pool = nullptr;
    apr_pool_create(&pool, nullptr);
    std::vector<std::string> words;
    while (*line != '\0')
        words.emplace_back(ap_getword_conf(pool, &line));
    apr_pool_destroy(pool);
    return words;
}

}  // namespace clientcert::httpd
