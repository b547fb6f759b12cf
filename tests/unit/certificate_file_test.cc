// SPDX-License-Identifier: Apache-2.0
#include "data.hh"
#include "pki.hh"

#include <clientcert/certificate_file.hh>

#include <cppunit/extensions/HelperMacros.h>

#include <fstream>
#include <unistd.h>

namespace {

using namespace clientcert;

/// A file for a test.
class Written {
public:
    explicit Written(const std::string &text)
    {
        close(mkstemp(path_.data()));
        std::ofstream{path_} << text;
    }
    ~Written() { unlink(path_.c_str()); }
    Written(const Written &) = delete;
    Written &operator=(const Written &) = delete;

    const std::string &path() const { return path_; }

private:
    std::string path_ = "/tmp/certificates-XXXXXX";
};

class CertificateFileTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(CertificateFileTest);
    CPPUNIT_TEST(reads_one_or_more_with_text_between);
    CPPUNIT_TEST(says_what_is_wrong);
    CPPUNIT_TEST_SUITE_END();

    std::string one_ = test::authority("One").certificate.pem();
    std::string two_ = test::authority("Two").certificate.pem();

    void reads_one_or_more_with_text_between()
    {
        CPPUNIT_ASSERT_EQUAL(1UL, certificates_in(Written{one_}.path())->size());
        const auto both = certificates_in(Written{"first:\n" + one_ + "second:\n" + two_}.path());
        CPPUNIT_ASSERT_EQUAL(2UL, both->size());
        CPPUNIT_ASSERT_EQUAL(one_, both->front().pem());
        CPPUNIT_ASSERT_EQUAL(two_, both->back().pem());
    }

    void says_what_is_wrong()
    {
        const auto error = [](const std::string &path) { return certificates_in(path).error(); };
        CPPUNIT_ASSERT(error("/nonexistent/ca.pem") ==
                       "\"/nonexistent/ca.pem\" cannot be opened: No such file or directory");
        CPPUNIT_ASSERT(
            error(Written{"no certificate\n"}.path()).starts_with("there is none in \"/tmp"));
        CPPUNIT_ASSERT(error(Written{""}.path()).starts_with("there is none in \"/tmp"));
        auto damaged = two_;
        damaged[damaged.size() / 2] = '!';
        CPPUNIT_ASSERT(
            error(Written{one_ + damaged}.path()).starts_with("certificate 2 of \"/tmp"));
        CPPUNIT_ASSERT(
            error(Written{two_.substr(0, two_.size() / 2)}.path()).ends_with("is damaged"));
    }
};
CPPUNIT_TEST_SUITE_REGISTRATION(CertificateFileTest);

}  // namespace
