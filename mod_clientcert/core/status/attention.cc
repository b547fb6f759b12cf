// SPDX-License-Identifier: Apache-2.0
#include "core/status/attention.hh"

#include "core/status/words.hh"

#include <algorithm>

namespace clientcert {
namespace {

using std::chrono::seconds;

/// The watcher works ten times a second; a large CRL or a slow disk may keep it for a while.
constexpr seconds long_silence{60};

/// An error of a lookup that is older has been seen to, or does not matter.
constexpr seconds recent{3600};

/// Where distribution points are to be had from certificates, somebody has to come first.
bool gives_by_itself(const Status::Source &source)
{
    return source.kind != "cdp";
}

class List {
public:
    explicit List(Time now) : now_{now} {}

    void add(Mood mood, std::string what, std::string text)
    {
        items_.push_back({mood, std::move(what), std::move(text)});
    }

    void add_crls(const Status::Crls &crls)
    {
        add_watcher(crls);
        for (const auto &crl : crls.crls) {
            const double life = crl.life(now_);
            if (life >= 1)
                add(Mood::bad, "CRL overdue",
                    crl.issuer + ", for " + duration_in_words(now_ - *crl.next_update));
            else if (life >= 0.9)
                add(Mood::warning, "CRL due",
                    crl.issuer + ", in " + duration_in_words(*crl.next_update - now_));
        }
        for (const auto &source : crls.sources)
            for (const auto &problem : source.problems)
                add(Mood::bad, "CRL source",
                    problem.starts_with(source.where) ? problem : source.where + ": " + problem);
        if (crls.progress != Status::Crls::Progress::read)
            add(Mood::warning, "CRLs", "not all sources have been looked at yet");
        else if (crls.crls.empty() && std::ranges::any_of(crls.sources, &gives_by_itself))
            add(Mood::bad, "CRLs", "none is in force");
    }

    void add_lookups(const char *what, const std::vector<Status::Asked> &all)
    {
        for (const auto &one : all)
            if (!one.problem.empty())
                add(Mood::bad, what, one.name + ": " + one.problem);
            else if (one.last_error && now_ - one.last_error->time < recent)
                add(Mood::warning, what,
                    one.name + ": " + one.last_error->text + ", " +
                        duration_in_words(now_ - one.last_error->time) + " ago");
    }

    std::vector<Attention> sorted() &&
    {
        std::ranges::stable_sort(items_, std::greater<>{}, &Attention::mood);
        return std::move(items_);
    }

private:
    void add_watcher(const Status::Crls &crls)
    {
        if (crls.watcher == 0)
            return;
        if (const auto silence = now_ - crls.watcher_seen; silence > long_silence)
            add(Mood::bad, "Watcher",
                "nobody has looked at the sources of CRLs for " + duration_in_words(silence));
        if (crls.watcher_error && now_ - crls.watcher_error->time < recent)
            add(Mood::warning, "Watcher",
                crls.watcher_error->text + ", " +
                    duration_in_words(now_ - crls.watcher_error->time) + " ago");
    }

    Time now_;
    std::vector<Attention> items_;
};

}  // namespace

std::vector<Attention> attention_for(const Status &status)
{
    List list{status.now};
    if (status.crls)
        list.add_crls(*status.crls);
    list.add_lookups("Lookup", status.lookups);
    return std::move(list).sorted();
}

}  // namespace clientcert
