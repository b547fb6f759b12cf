// SPDX-License-Identifier: Apache-2.0
// Several downloads at a time, by libcurl's multi interface.
#include "core/crl/fetch/transfer.hh"

#include <map>
#include <vector>

namespace clientcert {
namespace {

using std::chrono::steady_clock;

/// The longest that a step goes on while there is more to do at once.
constexpr std::chrono::milliseconds max_step{50};

void check(CURLMcode code)
{
    if (code != CURLM_OK)
        throw std::runtime_error{curl_multi_strerror(code)};
}

}  // namespace

struct Downloads::State {
    curl::Global global;  // first to come, last to go
    curl::MultiPtr multi{curl_multi_init()};
    std::map<std::size_t, std::unique_ptr<Transfer>> transfers;
    std::size_t last_id = 0;

    State()
    {
        if (!multi)
            throw std::bad_alloc{};
    }

    ~State()
    {
        for (const auto &[id, transfer] : transfers)
            curl_multi_remove_handle(multi.get(), transfer->handle());
    }

    State(const State &) = delete;
    State &operator=(const State &) = delete;

    void perform()
    {
        int running = 0;
        check(curl_multi_perform(multi.get(), &running));
    }

    /// Whether the network has more for us already.
    bool is_ready()
    {
        int ready = 0;
        check(curl_multi_poll(multi.get(), nullptr, 0, 0, &ready));
        return ready > 0;
    }

    /// Takes leave of the transfers that ended, sends the redirected on their way; whether there
    /// were such.
    bool collect(std::vector<Downloaded> &ended)
    {
        bool redirected = false;
        int left = 0;
        while (const CURLMsg *message = curl_multi_info_read(multi.get(), &left)) {
            const CURLcode code = message->data.result;
            CURL *handle = message->easy_handle;
            auto *transfer = Transfer::of(handle);
            check(curl_multi_remove_handle(multi.get(), handle));
            if (transfer->ended(code)) {
                check(curl_multi_add_handle(multi.get(), transfer->handle()));
                redirected = true;
            } else {
                ended.push_back(transfer->result());
                transfers.erase(ended.back().id);
            }
        }
        return redirected;
    }
};

Downloads::Downloads() : state_{std::make_unique<State>()} {}
Downloads::~Downloads() = default;

Result<std::size_t> Downloads::start(Download download)
{
    auto url = DownloadUrl::parse(download.url);
    if (!url)
        return Error{url.error()};
    if (download.restricted)
        if (auto reason = refusal(*url, *download.restricted); !reason.empty())
            return Error{std::move(reason)};
    if (!curl::knows(url->scheme))
        return Error{printable_url(download.url) + ": this libcurl is built without " +
                     url->scheme};
    const auto id = ++state_->last_id;
    auto transfer = std::make_unique<Transfer>(id, std::move(download), *std::move(url));
    check(curl_multi_add_handle(state_->multi.get(), transfer->handle()));
    state_->transfers.emplace(id, std::move(transfer));
    return id;
}

std::vector<Downloaded> Downloads::step()
{
    std::vector<Downloaded> ended;
    if (state_->transfers.empty())
        return ended;
    const auto until = steady_clock::now() + max_step;
    bool more = true;
    while (more && steady_clock::now() < until) {
        state_->perform();
        more = state_->collect(ended) || (!state_->transfers.empty() && state_->is_ready());
    }
    return ended;
}

std::size_t Downloads::under_way() const
{
    return state_->transfers.size();
}

}  // namespace clientcert
