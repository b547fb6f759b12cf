// SPDX-License-Identifier: Apache-2.0
#include "httpd/dump/files.hh"

#include "core/listing.hh"

#include <clientcert/certificate_file.hh>
#include <clientcert/clock.hh>
#include <clientcert/crl_fetch.hh>
#include <clientcert/crl_keeper.hh>
#include <clientcert/crl_reader.hh>
#include <clientcert/name.hh>
#include <clientcert/octet_file.hh>

#include <algorithm>

namespace clientcert::httpd::dump {
namespace {

/// The absolute path that the line names first.
std::string path_on(const ap_directive_t &line)
{
    const auto words = words_of(&line);
    const std::string word = words.empty() ? std::string{} : words.front();
    apr_pool_t *pool = nullptr;
    apr_pool_create(&pool, nullptr);
    const char *absolute = ap_server_root_relative(pool, word.c_str());
    std::string path{absolute != nullptr ? absolute : word};
    apr_pool_destroy(pool);
    return path;
}

std::string day(Time time)
{
    return rfc3339(time).substr(0, 10);
}

std::string told(const Certificate &certificate)
{
    const bool over = certificate.not_after() < current_time();
    return rfc4514(certificate.subject()) + (over ? ", expired on " : ", until ") +
           day(certificate.not_after());
}

std::string told(const CrlInfo &crl)
{
    std::string text = printed_issuer(crl);
    text += crl.number ? ", number " + printed_number(*crl.number) : ", without number";
    if (crl.is_delta())
        text += " (delta)";
    if (crl.next_update == Time::max())
        return text + ", without end";
    return text + (crl.next_update < current_time() ? ", overdue since " : ", until ") +
           day(crl.next_update);
}

void read_crls(CrlFile &file)
{
    auto opened = OctetFile::open(file.path);
    if (!opened) {
        file.problem = opened.error();
        return;
    }
    auto octets = *std::move(opened);
    CrlReader reader{octets, CrlSource{}.max_size};
    for (;;) {
        auto read = reader.next();
        if (!read)
            file.problem = read.error();
        if (!read || !*read)
            return;
        file.crls.push_back((*std::move(read))->info);
    }
}

Files::Authorities read_authorities(const ap_directive_t &line)
{
    const std::string path = path_on(line);
    const auto files = list_files(path);
    if (!files)
        return Error{files.error()};
    std::vector<Certificate> all;
    for (const auto &file : *files) {
        auto certificates = certificates_in(file.path);
        if (certificates)
            std::ranges::copy(*certificates, std::back_inserter(all));
        // In a directory OpenSSL passes over what it cannot read.
        else if (file.path == path)
            return Error{certificates.error()};
    }
    return all;
}

std::vector<CrlFile> read_crls(const ap_directive_t &line)
{
    const auto words = words_of(&line);
    const CrlSource source{.where = words.empty() ? std::string{} : words.front()};
    if (source.kind() != CrlSource::Kind::path)
        return {};
    const std::string path = path_on(line);
    const auto listed = list_files(path);
    if (!listed)
        return {{.path = path, .problem = listed.error()}};
    std::vector<CrlFile> files;
    for (const auto &one : *listed) {
        files.push_back({.path = one.path, .problem = one.problem});
        if (one.problem.empty())
            read_crls(files.back());
    }
    return files;
}

/// What was found before, or what `read` finds now.
template <typename Value, typename Read>
const Value &remembered(std::map<Line, Value> &known, Line line, Read &&read)
{
    const auto found = known.find(line);
    return found != known.end() ? found->second : known.emplace(line, read(*line)).first->second;
}

}  // namespace

bool names_authorities(const ap_directive_t &line)
{
    return std::ranges::any_of(authority_directives,
                               [&](std::string_view name) { return is_named(line, name); });
}

const Files::Authorities &Files::authorities_at(Line line) const
{
    return remembered(authorities_, line, read_authorities);
}

const std::vector<CrlFile> &Files::crls_at(Line line) const
{
    return remembered(crls_, line, [](const ap_directive_t &one) { return read_crls(one); });
}

std::vector<std::string> Files::told_of_authorities(Line line) const
{
    const auto &authorities = authorities_at(line);
    if (!authorities)
        return {authorities.error()};
    std::vector<std::string> texts;
    for (const auto &certificate : *authorities)
        texts.push_back(told(certificate));
    return texts;
}

std::vector<std::string> Files::told_of_crls(Line line) const
{
    std::vector<std::string> texts;
    for (const auto &file : crls_at(line)) {
        for (const auto &crl : file.crls)
            texts.push_back("CRL of " + told(crl));
        if (!file.problem.empty())
            texts.push_back(file.problem);
    }
    return texts;
}

std::vector<std::string> Files::contents_of(Line line) const
{
    if (names_authorities(*line))
        return told_of_authorities(line);
    return is_named(*line, "ClientCertCRL") ? told_of_crls(line) : std::vector<std::string>{};
}

}  // namespace clientcert::httpd::dump
