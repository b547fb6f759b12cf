// SPDX-License-Identifier: Apache-2.0
#include "httpd/evidence/proxy_directives.hh"

#include "httpd/config/options.hh"
#include "httpd/config/registry.hh"

#include <clientcert/octets.hh>

#include <arpa/inet.h>
#include <stdexcept>

namespace clientcert::httpd {
namespace {

constexpr const char *wanted_addresses =
    "takes addresses such as 192.0.2.10, 192.0.2.0/24, 2001:db8::/32 or unix:, not ";

ProxyAddress address_named(cmd_parms &cmd, const char *word)
{
    if (ap_cstr_casecmp(word, "unix:") == 0)
        return {nullptr};
    char *address = apr_pstrdup(cmd.temp_pool, word);
    char *bits = strchr(address, '/');
    if (bits != nullptr)
        *bits++ = '\0';
    apr_ipsubnet_t *subnet = nullptr;
    // APR also takes parts of addresses and masks with dots; both are easily meant otherwise.
    in6_addr octets;
    const bool whole =
        inet_pton(AF_INET, address, &octets) == 1 || inet_pton(AF_INET6, address, &octets) == 1;
    const bool number =
        bits == nullptr || (*bits != '\0' && strspn(bits, "0123456789") == strlen(bits));
    if (!whole || !number || apr_ipsubnet_create(&subnet, address, bits, cmd.pool) != APR_SUCCESS)
        throw std::invalid_argument{wanted_addresses + quoted(word)};
    return {subnet};
}

const HeaderFormat &readable_format(const char *word)
{
    const auto *format = header_format(word);
    if (format == nullptr || format->reader == nullptr)
        throw std::invalid_argument{"takes one of " + header_format_names(true) + ", not " +
                                    quoted(word)};
    return *format;
}

void rename(Intake &intake, std::string_view name)
{
    if (const auto checked = field_name(name); !checked)
        throw std::invalid_argument{"header= " + checked.error()};
    // What the format's other fields say, nobody has said anything about.
    intake.fields = {std::string{name}};
}

HeaderReader::Hop hop_named(const Intake &intake, std::string_view word)
{
    if (!intake.format->reader->has_hops)
        throw std::invalid_argument{"takes hop= with xfcc alone; the header of " +
                                    std::string{intake.format->name} + " has one certificate"};
    if (word != "first" && word != "last")
        throw std::invalid_argument{"takes hop=first or hop=last, not " +
                                    quoted("hop=" + std::string{word})};
    return word == "first" ? HeaderReader::Hop::first : HeaderReader::Hop::last;
}

}  // namespace

void TrustedProxy::read(cmd_parms &cmd, Value &value, Words words)
{
    if (words.empty())
        throw std::invalid_argument{std::string{wanted_addresses} + "nothing"};
    for (const char *word : words)
        value.add(cmd.pool, pool_new<ProxyAddress>(cmd.pool, address_named(cmd, word)));
}

void From::read(cmd_parms &cmd, Value &value, Words words)
{
    if (words.empty())
        throw std::invalid_argument{"takes one of " + header_format_names(true) + ", not nothing"};
    const auto &format = readable_format(words.front());
    auto &intake =
        *pool_new<Intake>(cmd.pool, &format, std::vector<std::string>{}, HeaderReader::Hop::last);
    for (const auto field : format.reader->fields)
        intake.fields.emplace_back(field);
    Options options{"header=NAME and hop=first|last behind the format"};
    for (const char *word : words.subspan(1)) {
        const auto [key, text] = options.next(word);
        if (key == "header")
            rename(intake, text);
        else if (key == "hop")
            intake.hop = hop_named(intake, text);
        else
            options.refuse(key, text);
    }
    auto &registry = Registry::of_configuration(cmd.pool);
    registry.takes_in = true;
    for (const auto field : format.reader->fields)
        registry.fields.insert(field);
    for (const auto &field : intake.fields)
        registry.fields.insert(field);
    value.set(&intake);
}

}  // namespace clientcert::httpd
