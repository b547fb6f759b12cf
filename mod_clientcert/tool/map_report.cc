// SPDX-License-Identifier: Apache-2.0
#include "tool/map_report.hh"

#include "core/utf8.hh"
#include "tool/json.hh"

#include <clientcert/octets.hh>

#include <cstdio>

namespace clientcert::tool {
namespace {

using State = MapOutcome::State;

const char *word(State state)
{
    switch (state) {
    case State::user:
        return "user";
    case State::no_match:
        return "none";
    case State::denied:
        return "denied";
    case State::failed:
        return "failed";
    }
    return "";
}

/// What became of a rule.
const char *result_of(const MapReport &report, std::size_t rule)
{
    if (rule >= report.trace.size())
        return "not-reached";
    if (report.outcome.state == State::failed && report.outcome.rule == rule)
        return "failed";
    return report.trace[rule].matched ? "match" : "no-match";
}

std::string values_of(const MapStep &step)
{
    std::string text;
    for (const auto &value : step.values)
        text += (text.empty() ? "" : ", ") + quoted(value.text);
    return step.selector + " is " + (text.empty() ? "not there" : text);
}

void print(const MapReport &report, std::size_t rule)
{
    std::printf("  line %-4zu %-11s %s\n", report.map.lines[rule], result_of(report, rule),
                shown_text(report.map.map.rules()[rule].text()).c_str());
    if (rule >= report.trace.size())
        return;
    const auto &step = report.trace[rule];
    if (!step.selector.empty())
        std::printf("            %s\n", shown_text(values_of(step)).c_str());
    if (!step.why.empty())
        std::printf("            %s\n", shown_text(step.why).c_str());
}

JsonPtr values(const MapStep &step)
{
    auto array = json::array();
    for (const auto &value : step.values) {
        auto object = json::object();
        put(object, "text", text(value.text));
        put(object, "usable", boolean(value.usable));
        append(array, std::move(object));
    }
    return array;
}

JsonPtr described(const MapReport &report, std::size_t rule)
{
    auto object = json::object();
    put(object, "line", number(report.map.lines[rule]));
    put(object, "rule", text(report.map.map.rules()[rule].text()));
    put(object, "result", text(result_of(report, rule)));
    if (rule >= report.trace.size())
        return object;
    const auto &step = report.trace[rule];
    put(object, "selector", step.selector.empty() ? null() : text(step.selector));
    put(object, "values", values(step));
    put(object, "why", text(step.why));
    return object;
}

}  // namespace

std::string MapReport::conclusion() const
{
    const std::string line = outcome.rule ? "line " + std::to_string(map.lines[*outcome.rule]) : "";
    switch (outcome.state) {
    case State::user:
        return "user " + outcome.user + ", by " + line;
    case State::no_match:
        return outcome.rule ? "nobody, by " + line + ": " + outcome.reason
                            : "nobody: no rule matches";
    case State::denied:
        return "denied, by " + line;
    case State::failed:
        return "cannot be told, for " + line + ": " + outcome.reason;
    }
    return {};
}

void print_text(const MapReport &report)
{
    std::printf("%s\n", shown_text(report.subject).c_str());
    for (std::size_t rule = 0; rule < report.map.lines.size(); ++rule)
        print(report, rule);
    std::printf("%s\n", shown_text(report.conclusion()).c_str());
}

namespace {

/// Without the rules.
JsonPtr described(const MapReport &report, const char *outcome, const std::string &why)
{
    auto object = json::object();
    put(object, "subject", text(report.subject));
    put(object, "map", text(report.map.name));
    put(object, "outcome", text(outcome));
    put(object, "user", report.outcome.state == State::user ? text(report.outcome.user) : null());
    put(object, "line",
        report.outcome.rule ? number(report.map.lines[*report.outcome.rule]) : null());
    put(object, "why", text(why));
    return object;
}

}  // namespace

void print_json(const MapReport &report)
{
    auto rules = json::array();
    for (std::size_t rule = 0; rule < report.map.lines.size(); ++rule)
        append(rules, described(report, rule));
    auto object = described(report, word(report.outcome.state), report.conclusion());
    put(object, "rules", std::move(rules));
    print(object);
}

void print_json_error(const MapReport &report, const std::string &why)
{
    auto object = described(report, "invalid", why);
    put(object, "rules", json::array());
    print(object);
}

}  // namespace clientcert::tool
