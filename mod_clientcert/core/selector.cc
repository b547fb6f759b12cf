// SPDX-License-Identifier: Apache-2.0
#include <clientcert/client.hh>
#include <clientcert/selector.hh>

namespace clientcert {
namespace {

struct NamedType {
    std::string_view name;
    SanType type;
};

constexpr auto san_types = std::to_array<NamedType>({
    {"email", SanType::email},
    {"dns", SanType::dns},
    {"uri", SanType::uri},
    {"ip", SanType::ip},
    {"upn", SanType::upn},
});

}  // namespace

Result<SanType> san_type_named(std::string_view name)
{
    for (const auto &row : san_types)
        if (row.name == name)
            return row.type;
    return Error{quoted(name) + " is no kind of alternative name: email, dns, uri, ip and upn are"};
}

Result<Selector> Selector::parse(std::string_view text)
{
    if (text == "eku")
        return Selector{Kind::eku, {}, SanType::email};
    if (text == "policy")
        return Selector{Kind::policy, {}, SanType::email};
    const auto colon = text.find(':');
    const auto what = text.substr(0, colon);
    const auto which = colon == text.npos ? std::string_view{} : text.substr(colon + 1);
    if (what == "san" && colon != text.npos) {
        const auto type = san_type_named(which);
        return type ? Result{Selector{Kind::san, {}, *type}} : Error{type.error()};
    }
    if ((what == "subject" || what == "issuer") && colon != text.npos) {
        auto oid = attribute_named(which);
        const auto kind = what == "subject" ? Kind::subject : Kind::issuer;
        return oid ? Result{Selector{kind, *std::move(oid), SanType::email}} : Error{oid.error()};
    }
    return Error{quoted(text) + " selects nothing: san:email, san:dns, san:uri, san:ip, san:upn, "
                                "subject:ATTRIBUTE, issuer:ATTRIBUTE, eku and policy do"};
}

std::vector<std::string> Selector::values(const Client &client) const
{
    const auto *certificate = client.certificate();
    if (certificate == nullptr)
        return {};
    switch (kind_) {
    case Kind::subject:
        return attribute_values(certificate->subject(), oid_);
    case Kind::issuer:
        return attribute_values(certificate->issuer(), oid_);
    case Kind::eku:
        return certificate->extended_key_usages();
    case Kind::policy:
        return certificate->policies();
    case Kind::san:
        break;
    }
    std::vector<std::string> values;
    for (const auto &name : client.subject_alt_names())
        if (name.type == san_)
            values.push_back(name.text);
    return values;
}

}  // namespace clientcert
