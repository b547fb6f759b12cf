// SPDX-License-Identifier: Apache-2.0
// clientcert-check formats
#include "tool/header_lines.hh"
#include "tool/options.hh"
#include "tool/presented.hh"

#include <clientcert/client.hh>
#include <clientcert/header_format.hh>

#include <cstdio>

namespace clientcert::tool {
namespace {

constexpr Option options_of_formats[] = {
    {"--format", "NAME", true},
    {"--read", "FORMAT"},
    {"--hop", "first|last"},
};

int list()
{
    for (const auto &format : header_formats())
        std::printf("%-8s %-11s %s\n", format.name.data(),
                    format.reader != nullptr ? "read, write" : "write", format.about.data());
    return good;
}

Result<std::vector<const HeaderFormat *>> formats_named(const std::vector<std::string> &names)
{
    std::vector<const HeaderFormat *> formats;
    for (const auto &name : names) {
        const auto *format = header_format(name);
        if (format == nullptr)
            return Error{"--format takes one of " + header_format_names() + ", not " +
                         quoted(name)};
        formats.push_back(format);
    }
    if (formats.empty())
        for (const auto &format : header_formats())
            formats.push_back(&format);
    return formats;
}

void print(const HeaderFormat &format, const Client &client)
{
    std::printf("# %s: %s\n", format.name.data(), format.about.data());
    for (const auto &field : format.fields)
        if (const auto value = field.write(client))
            std::printf("%s: %s\n", field.name.data(), value->c_str());
}

int write(const Options &options)
{
    const auto formats = formats_named(options.values("--format"));
    if (!formats)
        return wrong_usage("formats", formats.error());
    if (options.rest().size() != 1)
        return wrong_usage("formats",
                           "one FILE is expected, not " + std::to_string(options.rest().size()));
    auto evidence = presented_in(options.rest().front());
    if (!evidence)
        return failed("formats", evidence.error());
    const Client client{std::make_shared<const Evidence>(*std::move(evidence)),
                        {Verdict::State::success},
                        nullptr,
                        {}};
    for (const auto *format : *formats) {
        if (format != formats->front())
            std::putchar('\n');
        print(*format, client);
    }
    return good;
}

Result<HeaderReader::Hop> hop_named(const HeaderFormat &format, const std::string &name)
{
    if (!format.reader->has_hops)
        return Error{"--hop goes with a format that has several hops, not with " +
                     std::string{format.name}};
    if (name != "first" && name != "last")
        return Error{"--hop takes first or last, not " + quoted(name)};
    return name == "first" ? HeaderReader::Hop::first : HeaderReader::Hop::last;
}

std::string field_names(const HeaderReader &reader)
{
    std::string names;
    for (const auto name : reader.fields)
        (names += names.empty() ? "" : " or ") += name;
    return names;
}

int read(const HeaderFormat &format, const std::vector<std::string> &lines, HeaderReader::Hop hop)
{
    const auto headers = HeaderLines::parse(lines);
    if (!headers)
        return wrong_usage("formats", headers.error());
    std::vector<std::optional<std::string>> values;
    bool any = false;
    for (const auto name : format.reader->fields) {
        values.push_back(headers->value(name));
        any = any || values.back();
    }
    if (!any)
        return wrong_usage("formats", "no header is " + field_names(*format.reader));
    const std::vector<std::optional<std::string_view>> views{values.begin(), values.end()};
    const auto certificates = format.reader->read(views, hop);
    if (!certificates)
        return failed("formats", certificates.error());
    if (certificates->empty())
        return failed("formats", "the header says that the client has no certificate");
    for (const auto &certificate : *certificates)
        std::fputs(certificate.pem().c_str(), stdout);
    return good;
}

int read(const Options &options)
{
    const auto name = *options.value("--read");
    const auto *format = header_format(name);
    if (format == nullptr || format->reader == nullptr)
        return wrong_usage("formats", "--read takes one of " + header_format_names(true) +
                                          ", not " + quoted(name));
    if (options.has("--format"))
        return wrong_usage("formats", "--format does not go with --read");
    const auto hop = options.has("--hop") ? hop_named(*format, *options.value("--hop"))
                                          : Result{HeaderReader::Hop::last};
    if (!hop)
        return wrong_usage("formats", hop.error());
    const bool standard_input = options.rest() == std::vector<std::string>{"-"};
    return read(*format, standard_input ? lines_of_standard_input() : options.rest(), *hop);
}

}  // namespace

const char check_formats_help[] =
    R"(Usage: clientcert-check formats
       clientcert-check formats FILE [--format NAME]...
       clientcert-check formats --read FORMAT [--hop first|last] HEADER...|-

Shows the header formats of ClientCertForward and ClientCertFrom.

Without arguments it lists them: the name, whether certificates can be read out of it, what it is.

FILE has a certificate in PEM, and behind it those of its chain, if any. What each format sends of
such a client is printed as headers, "Name: value", under a line that names the format. Whether the
certificate is valid is not looked at.

  --format NAME    this format only. Can be repeated.

HEADER is a header as "Name: value"; "-" takes lines of them from standard input. Headers that have
no certificate in this format are ignored, as empty lines are and those that begin with "#". The
certificates in the header are printed in PEM, the client's own first.

  --read FORMAT    the format of the headers.
  --hop first|last which element of X-Forwarded-Client-Cert counts where several proxies have added
                   one (xfcc alone); without it, the last.

Exit status:
  0  all is well
  1  there is no certificate in the header, it cannot be read, or FILE cannot be
  2  wrong arguments
)";

int check_formats(Arguments arguments)
{
    const auto options = Options::parse(arguments, options_of_formats);
    if (!options)
        return wrong_usage("formats", options.error());
    if (options->has("--read"))
        return read(*options);
    if (options->has("--hop"))
        return wrong_usage("formats", "--hop goes with --read");
    return arguments.empty() ? list() : write(*options);
}

}  // namespace clientcert::tool
