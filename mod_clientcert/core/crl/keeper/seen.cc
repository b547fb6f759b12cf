// SPDX-License-Identifier: Apache-2.0
#include "core/crl/keeper/seen.hh"
#include "core/file.hh"
#include "core/openssl.hh"

#include <clientcert/crl_keeper.hh>

#include <fcntl.h>

#include <algorithm>
#include <optional>

namespace clientcert {
namespace {

constexpr std::string_view issuer_suffix = ".der";
constexpr std::string_view url_suffix = ".url";

// A CA that issues certificates with ever new distribution points must not fill the disk.
constexpr std::size_t most_of_a_kind = 1000;
constexpr std::size_t largest_certificate = 65536;
constexpr std::size_t longest_url = 2048;

std::string path_in_seen(const std::string &name)
{
    return std::string{state_file::seen} + '/' + name;
}

std::string name_of(std::string_view contents, std::string_view suffix)
{
    return lower_hex(sha256(octets_of(contents))) += suffix;
}

bool is_full(int state_directory, std::string_view suffix)
{
    const auto names = names_in(state_directory, state_file::seen);
    return !names || static_cast<std::size_t>(std::ranges::count_if(*names, [&](const auto &name) {
                         return name.ends_with(suffix);
                     })) >= most_of_a_kind;
}

void note(int state_directory, std::string_view contents, std::string_view suffix)
{
    const auto name = name_of(contents, suffix);
    const auto path = path_in_seen(name);
    if (::faccessat(state_directory, path.c_str(), F_OK, 0) == 0 ||
        is_full(state_directory, suffix))
        return;
    // What cannot be written now will be met again.
    static_cast<void>(replace_at(state_directory, path,
                                 path_in_seen('.' + std::to_string(::gettid())), contents));
}

std::optional<Certificate> parsed(const std::string &der)
{
    const openssl::ErrorScope errors;
    const auto *p = octets_of(der).data();
    const openssl::X509Ptr x509{d2i_X509(nullptr, &p, static_cast<long>(der.size()))};
    if (!x509)
        return std::nullopt;
    return Certificate{x509.get()};
}

}  // namespace

void note_issuer(int state_directory, const Certificate &ca)
{
    if (const auto der = ca.der(); der.size() <= largest_certificate)
        note(state_directory, der, issuer_suffix);
}

void note_distribution_point(int state_directory, std::string_view url)
{
    if (url.size() <= longest_url)
        note(state_directory, url, url_suffix);
}

Seen SeenReader::read(int state_directory)
{
    Seen seen;
    auto names = names_in(state_directory, state_file::seen);
    if (!names)
        return seen;
    std::ranges::sort(*names);
    for (const auto &name : *names) {
        if (name.starts_with('.') || known_.contains(name))
            continue;
        const auto contents = contents_at(state_directory, path_in_seen(name), largest_certificate);
        if (!contents)
            continue;
        known_.insert(name);
        // The name vouches for the contents: nobody takes half of a file for a whole one.
        if (name == name_of(*contents, url_suffix))
            seen.urls.push_back(*contents);
        else if (auto issuer = parsed(*contents);
                 issuer && name == name_of(*contents, issuer_suffix))
            seen.issuers.push_back(std::move(*issuer));
    }
    return seen;
}

}  // namespace clientcert
