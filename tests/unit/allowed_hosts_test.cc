// SPDX-License-Identifier: Apache-2.0
#include <clientcert/crl_fetch.hh>

#include <cppunit/extensions/HelperMacros.h>

namespace {

using namespace clientcert;
using namespace std::string_literals;

AllowedHosts with(const std::vector<const char *> &listed)
{
    AllowedHosts result;
    for (const char *host : listed)
        CPPUNIT_ASSERT_MESSAGE(host, result.add(host));
    return result;
}

class AllowedHostsTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(AllowedHostsTest);
    CPPUNIT_TEST(allows_nothing_at_first);
    CPPUNIT_TEST(compares_names);
    CPPUNIT_TEST(compares_with_a_star);
    CPPUNIT_TEST(lets_public_addresses_through);
    CPPUNIT_TEST(refuses_all_others);
    CPPUNIT_TEST(looks_into_translated_addresses);
    CPPUNIT_TEST(lets_listed_addresses_through);
    CPPUNIT_TEST(compares_networks_bit_by_bit);
    CPPUNIT_TEST(says_what_is_wrong);
    CPPUNIT_TEST_SUITE_END();

    void allows_nothing_at_first()
    {
        CPPUNIT_ASSERT(!AllowedHosts{}.allows_host("crl.example.com"));
        CPPUNIT_ASSERT(!AllowedHosts{}.allows_host(""));
        CPPUNIT_ASSERT(!AllowedHosts{}.allows_host("8.8.8.8"));
    }

    void compares_names()
    {
        const auto hosts = with({"crl.Example.com", "other.example."});
        for (const char *host : {"crl.example.com", "CRL.EXAMPLE.COM", "crl.example.com.",
                                 "other.example", "other.example."})
            CPPUNIT_ASSERT_MESSAGE(host, hosts.allows_host(host));
        for (const char *host :
             {"example.com", "a.crl.example.com", "xcrl.example.com", "crl.example.com.evil.org",
              "crl.example.com..", "crl.example.com:80", "", ".", "192.0.2.1"})
            CPPUNIT_ASSERT_MESSAGE(host, !hosts.allows_host(host));
        CPPUNIT_ASSERT(!hosts.allows_host("crl.example.com\0"s));
    }

    void compares_with_a_star()
    {
        const auto hosts = with({"*.example.com"});
        for (const char *host : {"crl.example.com", "a.b.example.com", "A.EXAMPLE.com."})
            CPPUNIT_ASSERT_MESSAGE(host, hosts.allows_host(host));
        for (const char *host : {"example.com", ".example.com", "xexample.com", "*.example.org",
                                 "a.example.com.evil.org"})
            CPPUNIT_ASSERT_MESSAGE(host, !hosts.allows_host(host));
    }

    void lets_public_addresses_through()
    {
        for (const char *address : {"8.8.8.8",
                                    "1.0.0.1",
                                    "9.255.255.255",
                                    "11.0.0.0",
                                    "100.63.255.255",
                                    "100.128.0.0",
                                    "126.255.255.255",
                                    "128.0.0.1",
                                    "169.253.1.1",
                                    "172.15.255.255",
                                    "172.32.0.0",
                                    "192.167.1.1",
                                    "192.169.0.1",
                                    "223.255.255.255",
                                    "2606:4700::1111",
                                    "2a00::1",
                                    "2001:4860:4860::8888",
                                    "2003::1",
                                    "::ffff:8.8.8.8",
                                    "64:ff9b::8.8.8.8",
                                    "2002:808:808::1"})
            CPPUNIT_ASSERT_MESSAGE(address, AllowedHosts{}.allows_address(address));
    }

    void refuses_all_others()
    {
        for (const char *address : {"0.0.0.0",
                                    "0.1.2.3",
                                    "10.0.0.1",
                                    "10.255.255.255",
                                    "100.64.0.1",
                                    "100.127.255.255",
                                    "127.0.0.1",
                                    "127.255.255.255",
                                    "169.254.169.254",
                                    "172.16.0.1",
                                    "172.31.255.255",
                                    "192.0.0.1",
                                    "192.0.2.1",
                                    "192.88.99.1",
                                    "192.168.0.1",
                                    "198.18.0.1",
                                    "198.19.255.255",
                                    "198.51.100.1",
                                    "203.0.113.1",
                                    "224.0.0.1",
                                    "239.255.255.255",
                                    "240.0.0.1",
                                    "255.255.255.255",
                                    "::",
                                    "::1",
                                    "::8.8.8.8",
                                    "fe80::1",
                                    "febf::1",
                                    "fec0::1",
                                    "fc00::1",
                                    "fd00::1",
                                    "fdff::1",
                                    "ff02::1",
                                    "ff0e::1",
                                    "2001:db8::1",
                                    "2001::1",
                                    "2001:20::1",
                                    "3fff::1",
                                    "100::1",
                                    "64:ff9b:1::8.8.8.8",
                                    "4000::1",
                                    "",
                                    "localhost",
                                    "8.8.8",
                                    "8.8.8.8 ",
                                    "08.8.8.8",
                                    "fe80::1%lo"})
            CPPUNIT_ASSERT_MESSAGE(address, !AllowedHosts{}.allows_address(address));
        CPPUNIT_ASSERT(!AllowedHosts{}.allows_address("8.8.8.8\0"s));
    }

    void looks_into_translated_addresses()
    {
        for (const char *address :
             {"::ffff:127.0.0.1", "::ffff:10.1.2.3", "::FFFF:a9fe:a9fe", "64:ff9b::127.0.0.1",
              "64:ff9b::192.168.1.1", "2002:7f00:1::1", "2002:a00:1::", "2002:c0a8:101::1"})
            CPPUNIT_ASSERT_MESSAGE(address, !AllowedHosts{}.allows_address(address));
        const auto hosts = with({"10.0.0.0/8"});
        for (const char *address : {"::ffff:10.1.2.3", "64:ff9b::10.1.2.3", "2002:a00:1::1"})
            CPPUNIT_ASSERT_MESSAGE(address, hosts.allows_address(address));
    }

    void lets_listed_addresses_through()
    {
        const auto hosts = with({"127.0.0.1", "10.1.0.0/16", "[::1]", "fd00::/8"});
        for (const char *address :
             {"127.0.0.1", "10.1.255.255", "::1", "fd12::1", "::ffff:127.0.0.1"}) {
            CPPUNIT_ASSERT_MESSAGE(address, hosts.allows_address(address));
            CPPUNIT_ASSERT_MESSAGE(address, hosts.allows_host(address));
        }
        for (const char *address : {"127.0.0.2", "10.2.0.0", "::2", "fc00::1"}) {
            CPPUNIT_ASSERT_MESSAGE(address, !hosts.allows_address(address));
            CPPUNIT_ASSERT_MESSAGE(address, !hosts.allows_host(address));
        }
        CPPUNIT_ASSERT(hosts.allows_host("[::1]"));
        CPPUNIT_ASSERT(hosts.allows_address("8.8.8.8"));
        CPPUNIT_ASSERT(!hosts.allows_host("8.8.8.8"));
    }

    void compares_networks_bit_by_bit()
    {
        const auto hosts = with({"10.0.0.128/25", "fd00:0:0:8000::/49", "192.168.7.7/32"});
        CPPUNIT_ASSERT(hosts.allows_address("10.0.0.128"));
        CPPUNIT_ASSERT(hosts.allows_address("10.0.0.255"));
        CPPUNIT_ASSERT(!hosts.allows_address("10.0.0.127"));
        CPPUNIT_ASSERT(hosts.allows_address("fd00:0:0:ffff::1"));
        CPPUNIT_ASSERT(!hosts.allows_address("fd00:0:0:7fff::1"));
        CPPUNIT_ASSERT(hosts.allows_address("192.168.7.7"));
        CPPUNIT_ASSERT(!hosts.allows_address("192.168.7.6"));
        CPPUNIT_ASSERT(with({"0.0.0.0/0"}).allows_address("127.0.0.1"));
        CPPUNIT_ASSERT(!with({"0.0.0.0/0"}).allows_address("::1"));
        CPPUNIT_ASSERT(with({"::/0"}).allows_address("::1"));
    }

    void says_what_is_wrong()
    {
        const auto error = [](std::string_view host) {
            AllowedHosts hosts;
            const auto result = hosts.add(host);
            CPPUNIT_ASSERT_MESSAGE(std::string{host}, !result);
            CPPUNIT_ASSERT(hosts == AllowedHosts{});
            return result.error();
        };
        CPPUNIT_ASSERT_EQUAL("\"http://crl.example.com\" is no host: a name such as "
                             "crl.example.com or *.example.com, or an address such as 192.0.2.1 or "
                             "2001:db8::/32 is expected"s,
                             error("http://crl.example.com"));
        CPPUNIT_ASSERT_EQUAL("\"10.0.0.0/33\" has no number from 0 to 32 behind the slash"s,
                             error("10.0.0.0/33"));
        CPPUNIT_ASSERT_EQUAL("\"fd00::/129\" has no number from 0 to 128 behind the slash"s,
                             error("fd00::/129"));
        CPPUNIT_ASSERT_EQUAL("\"10.1.0.0/8\" has bits behind the first 8: the first address of the "
                             "network is expected"s,
                             error("10.1.0.0/8"));
        for (const auto &host : {""s,
                                 "."s,
                                 "*"s,
                                 "*."s,
                                 "*.*.com"s,
                                 "a*.com"s,
                                 "a..b"s,
                                 ".a"s,
                                 "a b"s,
                                 "a:80"s,
                                 "a/8"s,
                                 "10.0.0"s,
                                 "1.2.3.4.5"s,
                                 "256.0.0.1"s,
                                 "10.0.0.0/"s,
                                 "10.0.0.0/x"s,
                                 "10.0.0.0/-1"s,
                                 "10.0.0.0/8/8"s,
                                 "10.0.0.0/ 8"s,
                                 "b\xc3\xbc.de"s,
                                 "a\0b"s,
                                 "me@host"s,
                                 "[::1"s})
            error(host);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(AllowedHostsTest);

}  // namespace
