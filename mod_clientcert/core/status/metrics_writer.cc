// SPDX-License-Identifier: Apache-2.0
#include "core/status/metrics_writer.hh"

#include "core/utf8.hh"

namespace clientcert {
namespace {

std::string escaped(std::string_view value)
{
    std::string text;
    for (const char c : shown_text(value)) {
        if (c == '\n') {
            text += "\\n";
            continue;
        }
        if (c == '\\' || c == '"')
            text += '\\';
        text += c;
    }
    return text;
}

}  // namespace

void MetricsWriter::family(Type type, std::string_view name, std::string_view help,
                           std::string_view unit)
{
    const std::string full = "clientcert_" + std::string{name};
    const bool is_counter = type == Type::counter;
    text_ += "# TYPE " + full + (is_counter ? " counter\n" : " gauge\n");
    if (!unit.empty())
        text_ += "# UNIT " + full + ' ' + std::string{unit} + '\n';
    text_ += "# HELP " + full + ' ' + escaped(help) + '\n';
    sample_name_ = is_counter ? full + "_total" : full;
}

void MetricsWriter::sample(std::initializer_list<Label> labels, std::uint64_t value)
{
    text_ += sample_name_;
    char separator = '{';
    for (const auto &label : labels) {
        ((((text_ += separator) += label.name) += "=\"") += escaped(label.value)) += '"';
        separator = ',';
    }
    if (labels.size() > 0)
        text_ += '}';
    text_ += ' ' + std::to_string(value) + '\n';
}

std::string MetricsWriter::finished() &&
{
    return std::move(text_ += "# EOF\n");
}

}  // namespace clientcert
