// SPDX-License-Identifier: Apache-2.0
#include "core/formats/certificates.hh"
#include "core/openssl.hh"

#include <clientcert/certificate_file.hh>

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <new>

namespace clientcert {

namespace {

/// OpenSSL would ask for one at the terminal.
int no_password(char *, int, int, void *) noexcept
{
    return -1;
}

/// All that can be read of it; `where` is for messages.
Result<std::vector<Certificate>> read_all(BIO *bio, const std::string &where)
{
    std::vector<Certificate> certificates;
    while (const openssl::X509Ptr x509{PEM_read_bio_X509(bio, nullptr, no_password, nullptr)})
        certificates.emplace_back(x509.get());
    // The end of the file says that there is no further beginning of an object.
    if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
        return Error{"certificate " + std::to_string(certificates.size() + 1) + " of " + where +
                     " is damaged"};
    if (certificates.empty())
        return Error{"there is none in " + where};
    return certificates;
}

bool is_directory(const std::string &path)
{
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

}  // namespace

Result<std::vector<Certificate>> certificates_in(const std::string &path)
{
    const openssl::ErrorScope errors;
    errno = 0;
    const openssl::BioPtr file{BIO_new_file(path.c_str(), "r")};
    if (!file)
        return Error{quoted(path) + " cannot be opened: " + std::strerror(errno)};
    if (is_directory(path))
        return Error{quoted(path) + " is a directory: one of its files is expected"};
    return read_all(file.get(), quoted(path));
}

bool is_der(std::string_view text)
{
    return text.size() > 1 && text[0] == '0' && (static_cast<unsigned char>(text[1]) & 0x80) != 0;
}

Result<std::vector<Certificate>> certificates_of(std::string_view text)
{
    if (is_der(text)) {
        const auto one = formats::certificate_of_der(text);
        return one ? Result{std::vector{*one}} : Error{"what was sent is damaged"};
    }
    const openssl::ErrorScope errors;
    const openssl::BioPtr bio{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
    if (!bio)
        throw std::bad_alloc{};
    return read_all(bio.get(), "what was sent");
}

}  // namespace clientcert
