// SPDX-License-Identifier: Apache-2.0
// A configuration is a list of directives: the server's table, the defaults
// and the merge all follow from the list.
#pragma once

#include "httpd/barrier.hh"

#include <algorithm>
#include <array>
#include <span>
#include <tuple>

namespace clientcert::httpd {

/// A value that an inner section replaces.
template <typename T>
struct Setting {
    T value{};
    bool given = false;

    void set(T to)
    {
        value = to;
        given = true;
    }

    static Setting merged(apr_pool_t *, const Setting &base, const Setting &add)
    {
        return add.given ? add : base;
    }
};

/// Objects that an inner section adds to. Merging happens in requests, so it copies pointers only
/// where both sides have some.
template <typename T>
class List {
public:
    void add(apr_pool_t *pool, const T *item) { *this = joined(pool, items_, {&item, 1}); }

    auto begin() const { return items_.begin(); }
    auto end() const { return items_.end(); }
    bool empty() const { return items_.empty(); }
    std::span<const T *const> items() const { return items_; }

    static List merged(apr_pool_t *pool, const List &base, const List &add)
    {
        if (base.empty())
            return add;
        return add.empty() ? base : joined(pool, base.items_, add.items_);
    }

private:
    using Items = std::span<const T *const>;

    static List joined(apr_pool_t *pool, Items first, Items second)
    {
        const auto size = first.size() + second.size();
        auto **items = static_cast<const T **>(apr_palloc(pool, size * sizeof(const T *)));
        std::ranges::copy(second, std::ranges::copy(first, items).out);
        List list;
        list.items_ = {items, size};
        return list;
    }

    Items items_;
};

/// The rest of the line behind a directive, quotes and all.
struct RawArguments {
    const char *text;
};

using Words = std::span<char *const>;

/// Sees to it that all lines know their files as long as the configuration lives: what a macro of
/// mod_macro has made does not. To be called before anything of a line is kept.
void keep_file_names(const cmd_parms &cmd);

/// Keeps what that line has added to a List.
void note_item(const cmd_parms &cmd, const void *item);

/// Keeps what the section says that the line stands in.
void note_section(const cmd_parms &cmd, const void *config);

/// The configuration of the section that the line stands in.
struct OfSection {
    static void *of(cmd_parms &cmd, void *section)
    {
        note_section(cmd, section);
        return section;
    }
};

/// The settings of the virtual host that the line stands in.
struct OfServer {
    static void *of(cmd_parms &cmd, void *);
};

/// What is noted of lines of other modules.
enum class OtherLine { require_with_effects, verify_client };

/// The words as they stand on the line, for messages.
inline std::string joined(Words words)
{
    std::string line;
    for (const char *word : words)
        (line += line.empty() ? "" : " ") += word;
    return line;
}

/// Where a directive shares the value of another one: of the two the inner one counts.
template <typename D>
struct ValueOf {
    using Type = D;
};
template <typename D>
requires requires
{
    typename D::SharesWith;
}
struct ValueOf<D> {
    using Type = typename D::SharesWith;
};

template <typename Value>
inline constexpr bool is_list = requires(const Value &value)
{
    value.items();
};

/// Each directive D names itself (`name`, `usage`, `where`), its `Value`, and
/// `read(cmd_parms &, Value &, ...)`, whose last parameters say how the line is cut into words and
/// which throws what is wrong with them.
///
/// `Place::of(cmd_parms &, void *)` finds the Config that a line belongs to, from what httpd hands
/// over with it.
template <typename Place, typename... Directives>
class Config {
public:
    template <typename D>
    const typename D::Value &get() const
    {
        return std::get<Slot<typename ValueOf<D>::Type>>(slots_).value;
    }

    /// The last line that said anything of D, or null; those of a List are with its items
    /// (Places).
    template <typename D>
    const ap_directive_t *said() const
    {
        return std::get<Slot<typename ValueOf<D>::Type>>(slots_).said;
    }

    /// Calls `visit.template operator()<D>()` for each directive that has a value of its own.
    template <typename Visitor>
    static void for_each_directive(Visitor &&visit)
    {
        (visit_one<Directives>(visit), ...);
    }

    /// Notes a line of another module, which stands in the section; of each kind the last counts.
    void note_other(OtherLine kind, const ap_directive_t &line)
    {
        given_ = true;
        other_lines_[static_cast<std::size_t>(kind)] = &line;
    }
    const ap_directive_t *other_line(OtherLine kind) const
    {
        return other_lines_[static_cast<std::size_t>(kind)];
    }

    static void *create(apr_pool_t *pool, char *) noexcept { return pool_new<Config>(pool); }

    static void *merge(apr_pool_t *pool, void *base, void *add) noexcept
    {
        // Most sections say nothing of ours, and merging happens in requests.
        if (!static_cast<Config *>(base)->given_)
            return add;
        if (!static_cast<Config *>(add)->given_)
            return base;
        auto *result = pool_new<Config>(pool);
        result->given_ = true;
        std::ranges::transform(static_cast<Config *>(base)->other_lines_,
                               static_cast<Config *>(add)->other_lines_,
                               result->other_lines_.begin(),
                               [](auto *outer, auto *inner) { return inner ? inner : outer; });
        ((result->template slot<Directives>() =
              merged(pool, static_cast<Config *>(base)->template slot<Directives>(),
                     static_cast<Config *>(add)->template slot<Directives>())),
         ...);
        return result;
    }

private:
    template <typename D>
    struct Slot {
        typename D::Value value;
        const ap_directive_t *said = nullptr;
    };

    template <typename D>
    Slot<typename ValueOf<D>::Type> &slot()
    {
        return std::get<Slot<typename ValueOf<D>::Type>>(slots_);
    }

    template <typename D>
    static Slot<D> merged(apr_pool_t *pool, const Slot<D> &base, const Slot<D> &add)
    {
        return {D::Value::merged(pool, base.value, add.value),
                add.said != nullptr ? add.said : base.said};
    }

    template <typename D>
    static void visit_one(auto &visit)
    {
        if constexpr (std::is_same_v<typename ValueOf<D>::Type, D>)
            visit.template operator()<D>();
    }

    template <typename D>
    static void read_into(cmd_parms &cmd, Slot<typename ValueOf<D>::Type> &slot, auto... words)
    {
        if constexpr (is_list<typename D::Value>) {
            const std::size_t before = slot.value.items().size();
            D::read(cmd, slot.value, words...);
            for (const auto *item : slot.value.items().subspan(before))
                note_item(cmd, item);
        } else {
            D::read(cmd, slot.value, words...);
        }
        slot.said = cmd.directive;
    }

    template <typename D>
    static const char *read(cmd_parms *cmd, void *self, auto... words) noexcept
    {
        try {
            keep_file_names(*cmd);
            auto &config = *static_cast<Config *>(Place::of(*cmd, self));
            config.given_ = true;
            read_into<D>(*cmd, config.template slot<D>(), words...);
            return nullptr;
        } catch (const std::exception &e) {
            return apr_pstrcat(cmd->pool, D::name, " ", e.what(), nullptr);
        }
    }

    template <typename D>
    static const char *raw(cmd_parms *cmd, void *self, const char *line) noexcept
    {
        return read<D>(cmd, self, RawArguments{line});
    }

    template <typename D>
    static const char *one(cmd_parms *cmd, void *self, const char *word) noexcept
    {
        return read<D>(cmd, self, word);
    }

    template <typename D>
    static const char *two(cmd_parms *cmd, void *self, const char *first,
                           const char *second) noexcept
    {
        return read<D>(cmd, self, first, second);
    }

    template <typename D>
    static const char *words(cmd_parms *cmd, void *self, int count, char *const words[]) noexcept
    {
        return read<D>(cmd, self, Words{words, static_cast<std::size_t>(count)});
    }

    template <typename D, typename... Line>
    static constexpr bool takes = requires(cmd_parms &cmd, typename D::Value &value, Line... line)
    {
        D::read(cmd, value, line...);
    };

    template <typename D>
    static constexpr command_rec row()
    {
        if constexpr (takes<D, RawArguments>)
            return AP_INIT_RAW_ARGS(D::name, raw<D>, nullptr, D::where, D::usage);
        else if constexpr (takes<D, Words>)
            return AP_INIT_TAKE_ARGV(D::name, words<D>, nullptr, D::where, D::usage);
        else if constexpr (takes<D, const char *>)
            return AP_INIT_TAKE1(D::name, one<D>, nullptr, D::where, D::usage);
        else
            return AP_INIT_TAKE2(D::name, two<D>, nullptr, D::where, D::usage);
    }

    std::tuple<Slot<Directives>...> slots_;
    bool given_ = false;  ///< whether any directive stands in the section
    std::array<const ap_directive_t *, 2> other_lines_{};

public:
    /// What an .htaccess file may say has OR_AUTHCFG in `where`; the rest is for the server's own
    /// configuration.
    static constexpr auto rows = std::to_array<command_rec>({row<Directives>()...});
};

}  // namespace clientcert::httpd
