// SPDX-License-Identifier: Apache-2.0
// Maps for tests, with lookups that answer what the test says.
#pragma once

#include "clients.hh"

#include <clientcert/user_map.hh>

#include <map>

namespace clientcert::test {

/// Answers out of a table; "?" as the user stands for several, "!" for a failure.
class TableLookup : public MapLookup {
public:
    explicit TableLookup(std::map<std::string, std::string> users) : users_{std::move(users)} {}

    Answer find(const std::string &key, void *) const override
    {
        asked.push_back(key);
        const auto found = users_.find(key);
        if (found == users_.end())
            return {};
        if (found->second == "?")
            return {Answer::State::several};
        if (found->second == "!")
            return {Answer::State::failed, "the table is down"};
        return {Answer::State::found, found->second};
    }

    mutable std::vector<std::string> asked;  ///< in order

private:
    std::map<std::string, std::string> users_;
};

/// The kind "table", whose argument is not looked at but for "broken".
inline std::vector<MapLookupKind> kinds_with(const std::shared_ptr<const TableLookup> &table)
{
    using Opened = Result<std::shared_ptr<const MapLookup>>;
    return {{"table",
             "NAME",
             [table](const std::string &argument, const LookupOptions &options) -> Opened {
                 if (argument == "broken")
                     return Error{"table:broken is broken"};
                 if (const auto colour = options.find("colour");
                     colour != options.end() && colour->second != "red")
                     return Error{"colour= takes red, not " + colour->second};
                 return std::shared_ptr<const MapLookup>{table};
             },
             {"colour"}},
            {"other", "WORD",
             [](const std::string &, const LookupOptions &) -> Opened { return Error{"never"}; }}};
}

inline UserMap map_of(std::initializer_list<const char *> rules,
                      const std::shared_ptr<const TableLookup> &table = {})
{
    UserMap map;
    for (const auto *text : rules) {
        auto rule = MapRule::parse(text, kinds_with(table));
        if (!rule)
            throw std::runtime_error{rule.error()};
        map.add(*std::move(rule));
    }
    return map;
}

inline Regex regex_of(std::string_view pattern)
{
    auto regex = Regex::compile(pattern);
    if (!regex)
        throw std::runtime_error{regex.error()};
    return *std::move(regex);
}

inline MapOutcome outcome_of(const UserMap &map, const Client &client, Time now = day(2030, 1, 1),
                             MapTrace *trace = nullptr)
{
    return map.evaluate(client, regex_of(usual_user_pattern), now, trace);
}

/// One line for an outcome: "alice by 0", "nobody", "denied by 1", "failed by 0: why".
inline std::string told(const MapOutcome &outcome)
{
    using State = MapOutcome::State;
    const std::string by = outcome.rule ? " by " + std::to_string(*outcome.rule) : "";
    switch (outcome.state) {
    case State::user:
        return outcome.user + by;
    case State::no_match:
        return "nobody" + by;
    case State::denied:
        return "denied" + by;
    case State::failed:
        return "failed" + by + ": " + outcome.reason;
    }
    return {};
}

}  // namespace clientcert::test
