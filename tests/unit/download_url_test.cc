// SPDX-License-Identifier: Apache-2.0
#include "core/crl/fetch/download_url.hh"

#include <cppunit/extensions/HelperMacros.h>

namespace {

using namespace clientcert;
using namespace std::string_literals;

/// "" where the redirect is followed.
std::string redirect(const char *from, const char *to)
{
    const auto target = DownloadUrl::parse(from)->redirected(to);
    return target ? "" : target.error();
}

class DownloadUrlTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(DownloadUrlTest);
    CPPUNIT_TEST(takes_urls_apart);
    CPPUNIT_TEST(sees_credentials);
    CPPUNIT_TEST(never_leaves_tls_by_redirect);
    CPPUNIT_TEST_SUITE_END();

    void takes_urls_apart()
    {
        const auto web = DownloadUrl::parse("HTTPS://Crl.Example.com:444/a%20b?c");
        CPPUNIT_ASSERT(web && !web->is_ldap() && !web->has_credentials);
        CPPUNIT_ASSERT_EQUAL("https"s, web->scheme);
        CPPUNIT_ASSERT_EQUAL("Crl.Example.com"s, web->host);
        CPPUNIT_ASSERT_EQUAL("[::1]"s, DownloadUrl::parse("http://[::1]:80/")->host);
        CPPUNIT_ASSERT(DownloadUrl::parse("ldap://h/cn=a?b")->is_ldap());
        CPPUNIT_ASSERT(DownloadUrl::parse("LDAPS://h/cn=a?b")->is_ldap());
    }

    void sees_credentials()
    {
        for (const char *url : {"http://a@h/", "http://a:b@h/", "http://:b@h/"})
            CPPUNIT_ASSERT_MESSAGE(url, DownloadUrl::parse(url)->has_credentials);
        CPPUNIT_ASSERT(!DownloadUrl::parse("http://h/a@b")->has_credentials);
    }

    void never_leaves_tls_by_redirect()
    {
        CPPUNIT_ASSERT_EQUAL(""s, redirect("http://a/", "http://b/"));
        CPPUNIT_ASSERT_EQUAL(""s, redirect("http://a/", "https://b/"));
        CPPUNIT_ASSERT_EQUAL(""s, redirect("https://a/", "https://b/"));
        CPPUNIT_ASSERT_EQUAL("a redirect to \"http://b/\" is not followed: it would have to lead "
                             "to https"s,
                             redirect("https://a/", "http://b/"));
        CPPUNIT_ASSERT_EQUAL("a redirect to \"ldaps://b/c\" is not followed: it would have to lead "
                             "to https"s,
                             redirect("https://a/", "ldaps://b/c"));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(DownloadUrlTest);

}  // namespace
