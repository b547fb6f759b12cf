// SPDX-License-Identifier: Apache-2.0
#include "tool/map_file.hh"

#include "core/ascii.hh"
#include "core/file.hh"
#include "core/map/words.hh"

#include <clientcert/lookup_file.hh>

#include <algorithm>
#include <cerrno>
#include <fstream>

namespace clientcert::tool {
namespace {

/// A kind of lookup that needs the server.
class OfflineLookup : public MapLookup {
public:
    explicit OfflineLookup(std::string name) : name_{std::move(name)} {}

    Answer find(const std::string &, void *) const override
    {
        return {Answer::State::failed,
                name_ + ": lookups are the server's; offline there are none"};
    }

private:
    std::string name_;
};

using Opened = Result<std::shared_ptr<const MapLookup>>;

/// As the server does, which shows rules to others.
Opened open_offline(const char *name, const LookupOptions &options)
{
    constexpr std::string_view program = "exec:";
    const auto password = options.find("bind-password");
    if (password != options.end() &&
        (!password->second.starts_with(program) || password->second.size() == program.size()))
        return Error{"bind-password= takes exec:PROGRAM, which prints the password"};
    return std::shared_ptr<const MapLookup>{std::make_shared<OfflineLookup>(name)};
}

MapLookupKind offline(const char *name, const char *argument)
{
    return {name, argument, [name](const std::string &, const LookupOptions &options) {
                return open_offline(name, options);
            }};
}

/// Those of the server.
std::vector<MapLookupKind> lookup_kinds(const std::string &root)
{
    const auto open_file = [root](const std::string &path, const LookupOptions &) -> Opened {
        const bool relative = !path.starts_with('/') && !root.empty();
        const auto file = std::make_shared<LookupFile>(relative ? root + '/' + path : path);
        if (const auto read = file->refresh(); !read)
            return Error{read.error()};
        return std::shared_ptr<const MapLookup>{file};
    };
    auto ldap = offline("ldap", "URL");
    ldap.options = {"bind-dn", "bind-password"};
    return {{"file", "PATH", open_file}, offline("dbm", "PATH"), offline("dbd", "LABEL"), ldap};
}

/// Takes a word of a directive off the front.
Result<std::string> taken(std::string_view &rest, const char *what)
{
    skip_blanks(rest);
    if (rest.empty())
        return Error{std::string{what} + " is missing"};
    return next_word(rest);
}

class Reader {
public:
    explicit Reader(const std::string &root) : kinds_{lookup_kinds(root)} {}

    /// What is wrong with it; empty where nothing is.
    std::string add(std::size_t number, std::string_view line)
    {
        skip_blanks(line);
        if (line.empty() || line.front() == '#')
            return {};
        const auto directive = line.substr(0, line.find_first_of(blanks));
        line.remove_prefix(directive.size());
        if (equal_but_for_case(directive, "ClientCertMap"))
            return add_rule(number, line);
        if (equal_but_for_case(directive, "ClientCertUserPattern"))
            return set_pattern(line);
        return quoted(directive) + " is neither ClientCertMap nor ClientCertUserPattern";
    }

    MapFile &&file() { return std::move(file_); }

private:
    std::string add_rule(std::size_t number, std::string_view rest)
    {
        const auto name = taken(rest, "the name of the map");
        if (!name)
            return name.error();
        skip_blanks(rest);
        rest = rest.substr(0, rest.find_last_not_of(blanks) + 1);
        auto rule = MapRule::parse(rest, kinds_);
        if (!rule)
            return rule.error();
        auto &map = map_named(*name);
        map.map.add(*std::move(rule));
        map.lines.push_back(number);
        return {};
    }

    std::string set_pattern(std::string_view rest)
    {
        auto pattern = taken(rest, "the pattern");
        if (!pattern)
            return pattern.error();
        skip_blanks(rest);
        if (!rest.empty())
            return "ClientCertUserPattern takes one pattern";
        const auto regex = Regex::compile(*pattern);
        if (!regex)
            return regex.error();
        file_.pattern = *std::move(pattern);
        return {};
    }

    NamedMap &map_named(const std::string &name)
    {
        const auto found = std::ranges::find(file_.maps, name, &NamedMap::name);
        if (found != file_.maps.end())
            return *found;
        return file_.maps.emplace_back(NamedMap{name});
    }

    std::vector<MapLookupKind> kinds_;
    MapFile file_;
};

/// A line of the configuration, which may go on over several of the file.
bool next_line(std::istream &stream, std::string &line, std::size_t &lines)
{
    line.clear();
    for (std::string piece; std::getline(stream, piece);) {
        ++lines;
        if (piece.ends_with('\r'))
            piece.pop_back();
        if (!piece.ends_with('\\')) {
            line += piece;
            return true;
        }
        piece.pop_back();
        line += piece;
    }
    return !line.empty();
}

}  // namespace

Result<MapFile> MapFile::read(const std::string &path, const std::string &root)
{
    errno = 0;
    std::ifstream stream{path, std::ios::binary};
    if (!stream || stream.peek() == std::ifstream::traits_type::eof())
        return Error{quoted(path) + (errno != 0 ? " cannot be read: " + system_error(errno)
                                                : std::string{" is empty"})};
    Reader reader{root};
    std::string line;
    for (std::size_t lines = 0, number = 1; next_line(stream, line, lines); number = lines + 1)
        if (const auto fault = reader.add(number, line); !fault.empty())
            return Error{quoted(path) + ", line " + std::to_string(number) + ": " + fault};
    return reader.file();
}

const NamedMap *MapFile::named(std::string_view name) const
{
    const auto found = std::ranges::find(maps, name, &NamedMap::name);
    return found == maps.end() ? nullptr : &*found;
}

}  // namespace clientcert::tool
