// SPDX-License-Identifier: Apache-2.0
#include "core/crl/reader/extensions.hh"

#include "core/crl/reader/der.hh"
#include "core/openssl.hh"

#include <algorithm>

namespace clientcert {
namespace {

std::string_view text_of(Octets octets)
{
    return {reinterpret_cast<const char *>(octets.data()), octets.size()};
}

}  // namespace

ExtensionReader::ExtensionReader(Octets list) : rest_{list}
{
    if (list.empty())
        trouble_ = "are an empty list";
}

std::nullopt_t ExtensionReader::failed(const char *trouble)
{
    trouble_ = trouble;
    rest_ = {};
    return std::nullopt;
}

std::optional<Extension> ExtensionReader::next()
{
    if (rest_.empty())
        return std::nullopt;
    der::Reader list{rest_};
    const auto extension = list.next(der::sequence);
    if (!extension)
        return failed("are malformed");
    rest_ = rest_.last(static_cast<std::size_t>(rest_.end() - extension->end()));
    der::Reader fields{*extension};
    const auto oid = fields.next(der::object_identifier);
    bool is_critical = false;
    if (fields.tag() == der::boolean) {
        // Some issuers write down the default, FALSE, which harms nobody.
        const auto critical = fields.next(der::boolean);
        if (!critical || critical->size() != 1 || (critical->front() != 0xff && critical->front()))
            return failed("are malformed");
        is_critical = critical->front() != 0;
    }
    const auto value = fields.next(der::octet_string);
    if (!oid || oid->empty() || !value || !fields.at_end())
        return failed("are malformed");
    const auto seen = std::span{seen_}.first(count_);
    if (std::ranges::find(seen, text_of(*oid)) != seen.end())
        return failed("have one type twice");
    if (count_ == most)
        return failed("are too many");
    seen_[count_++] = text_of(*oid);
    return Extension{text_of(*oid), is_critical, *value};
}

Error unknown_extension(const Extension &extension)
{
    const openssl::ErrorScope errors;
    std::string der{static_cast<char>(der::object_identifier),
                    static_cast<char>(extension.oid.size())};
    der += extension.oid;
    const auto *p = octets_of(der).data();
    const openssl::ObjectPtr object{
        extension.oid.size() < 0x80 ? d2i_ASN1_OBJECT(nullptr, &p, static_cast<long>(der.size()))
                                    : nullptr};
    const std::string oid = object ? openssl::dotted(object.get()) : "of a malformed type";
    return {"a critical extension (" + oid + ") that is not known"};
}

}  // namespace clientcert
