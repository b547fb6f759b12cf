// SPDX-License-Identifier: Apache-2.0
#include "clients.hh"

#include <clientcert/client.hh>
#include <clientcert/variable.hh>

#include <cppunit/extensions/HelperMacros.h>

#include <barrier>
#include <set>
#include <thread>

namespace {

using namespace clientcert;
using namespace std::string_literals;
using test::Builder;
using test::client_with;

constexpr std::size_t threads = 8;

/// Runs `work` with 0, 1, 2 ... in as many threads, all at the same time.
void at_once(const auto &work)
{
    std::barrier start{static_cast<std::ptrdiff_t>(threads)};
    std::vector<std::jthread> running;
    for (std::size_t i = 0; i < threads; ++i)
        running.emplace_back([&start, &work, i] {
            start.arrive_and_wait();
            work(i);
        });
}

Certificate alice()
{
    return Builder{}
        .subject("CN", "Alice")
        .alternative_name(GEN_EMAIL, "alice@example.com")
        .alternative_name(GEN_DNS, "a.example")
        .alternative_name(GEN_DNS, "b.example")
        .certificate();
}

class ClientTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(ClientTest);
    CPPUNIT_TEST(shows_the_certificate_of_a_valid_client_alone);
    CPPUNIT_TEST(stands_under_its_own_trust_until_its_end);
    CPPUNIT_TEST(keeps_a_text_as_long_as_it_lives);
    CPPUNIT_TEST(keeps_that_there_is_no_text);
    CPPUNIT_TEST(keeps_the_first_text);
    CPPUNIT_TEST(answers_beyond_its_capacity_without_keeping);
    CPPUNIT_TEST(remembers_outcomes);
    CPPUNIT_TEST(forgets_outcomes_beyond_its_capacity);
    CPPUNIT_TEST(gives_all_threads_the_same_text);
    CPPUNIT_TEST(gives_all_threads_the_same_outcome);
    CPPUNIT_TEST(parses_names_once_for_all_threads);
    CPPUNIT_TEST(has_an_environment_of_all_that_has_a_value);
    CPPUNIT_TEST(has_an_environment_of_the_verdict_alone_unless_valid);
    CPPUNIT_TEST(numbers_alternative_names_from_zero);
    CPPUNIT_TEST(survives_more_alternative_names_than_variables_count);
    CPPUNIT_TEST_SUITE_END();

    void shows_the_certificate_of_a_valid_client_alone()
    {
        CPPUNIT_ASSERT(client_with(alice())->certificate() != nullptr);
        CPPUNIT_ASSERT(client_with(alice(), test::revoked)->certificate() == nullptr);
        CPPUNIT_ASSERT(client_with(alice(), Verdict{})->certificate() == nullptr);
        CPPUNIT_ASSERT(client_with(Evidence{}, test::success)->certificate() == nullptr);
        CPPUNIT_ASSERT(client_with(alice(), test::revoked)->subject_alt_names().empty());
    }

    void stands_under_its_own_trust_until_its_end()
    {
        const Trust trust{test::store_of({}).get(), {}};
        const Trust other{test::store_of({}).get(), {}};
        const Time end = test::day(2030, 1, 1);
        const Client client{std::make_shared<const Evidence>(),
                            {Verdict::State::success, Reason::none, end},
                            &trust,
                            {}};
        constexpr std::chrono::seconds second{1};
        CPPUNIT_ASSERT(client.stands(&trust, end - second));
        CPPUNIT_ASSERT(!client.stands(&trust, end));
        CPPUNIT_ASSERT(!client.stands(&other, end - second));
        CPPUNIT_ASSERT(!client.stands(nullptr, end - second));
    }

    void keeps_a_text_as_long_as_it_lives()
    {
        const auto client = client_with(alice(), test::success);
        const auto with_room = client_with(Evidence{}, test::success, {.texts = 3, .outcomes = 0});
        CPPUNIT_ASSERT(client->kept(0) == nullptr);
        CPPUNIT_ASSERT(with_room->kept(2) == nullptr);
        const auto &kept = with_room->keep(2, "text");
        CPPUNIT_ASSERT(with_room->kept(2) == &kept);
        CPPUNIT_ASSERT(with_room->kept(1) == nullptr);
        for (int i = 0; i < 1000; ++i)
            with_room->keep(9, std::to_string(i));
        CPPUNIT_ASSERT_EQUAL("text"s, kept.value());
    }

    void keeps_that_there_is_no_text()
    {
        const auto client = client_with(Evidence{}, test::success, {.texts = 1, .outcomes = 0});
        CPPUNIT_ASSERT(!client->keep(0, std::nullopt));
        CPPUNIT_ASSERT(client->kept(0) != nullptr);
        CPPUNIT_ASSERT(!*client->kept(0));
        CPPUNIT_ASSERT(!client->keep(0, "too late"));
    }

    void keeps_the_first_text()
    {
        const auto client = client_with(Evidence{}, test::success, {.texts = 1, .outcomes = 0});
        CPPUNIT_ASSERT_EQUAL("first"s, client->keep(0, "first").value());
        CPPUNIT_ASSERT_EQUAL("first"s, client->keep(0, "second").value());
    }

    void answers_beyond_its_capacity_without_keeping()
    {
        const auto client = client_with(Evidence{}, test::success, {.texts = 1, .outcomes = 0});
        for (const std::size_t slot : {std::size_t{1}, std::size_t{1000}, ~std::size_t{0}}) {
            const auto &first = client->keep(slot, "first");
            const auto &second = client->keep(slot, "second");
            CPPUNIT_ASSERT_EQUAL("first"s, first.value());
            CPPUNIT_ASSERT_EQUAL("second"s, second.value());
            CPPUNIT_ASSERT(client->kept(slot) == nullptr);
        }
        CPPUNIT_ASSERT(client->kept(0) == nullptr);
    }

    void remembers_outcomes()
    {
        const auto client = client_with(Evidence{}, test::success, {.texts = 0, .outcomes = 3});
        CPPUNIT_ASSERT(!client->outcome(0));
        client->remember(0, true);
        client->remember(1, false);
        CPPUNIT_ASSERT(client->outcome(0) == true);
        CPPUNIT_ASSERT(client->outcome(1) == false);
        CPPUNIT_ASSERT(!client->outcome(2));
    }

    void forgets_outcomes_beyond_its_capacity()
    {
        const auto client = client_with(Evidence{}, test::success, {.texts = 0, .outcomes = 1});
        for (const std::size_t slot : {std::size_t{1}, ~std::size_t{0}}) {
            client->remember(slot, true);
            CPPUNIT_ASSERT(!client->outcome(slot));
        }
        CPPUNIT_ASSERT(!client->outcome(0));
    }

    void gives_all_threads_the_same_text()
    {
        constexpr std::size_t slots = 200;
        const auto client = client_with(Evidence{}, test::success, {.texts = slots, .outcomes = 0});
        std::array<std::vector<const Client::Text *>, threads> seen;
        at_once([&](std::size_t i) {
            for (std::size_t slot = 0; slot < slots; ++slot) {
                const auto *kept = client->kept(slot);
                const auto &text = kept != nullptr ? *kept : client->keep(slot, std::to_string(i));
                client->keep(slots + slot, "beyond");
                seen[i].push_back(&text);
            }
        });
        for (std::size_t slot = 0; slot < slots; ++slot)
            for (const auto &texts : seen) {
                CPPUNIT_ASSERT(texts[slot] == client->kept(slot));
                CPPUNIT_ASSERT(std::stoul(texts[slot]->value()) < threads);
            }
    }

    void gives_all_threads_the_same_outcome()
    {
        constexpr std::size_t slots = 1000;
        const auto client = client_with(Evidence{}, test::success, {.texts = 0, .outcomes = slots});
        std::atomic<int> wrong = 0;
        at_once([&](std::size_t) {
            for (std::size_t slot = 0; slot < slots; ++slot) {
                const bool expected = slot % 3 == 0;
                if (const auto outcome = client->outcome(slot); outcome && *outcome != expected)
                    ++wrong;
                client->remember(slot, expected);
                if (client->outcome(slot) != expected)
                    ++wrong;
            }
        });
        CPPUNIT_ASSERT_EQUAL(0, wrong.load());
    }

    void parses_names_once_for_all_threads()
    {
        for (int round = 0; round < 20; ++round) {
            const auto client = client_with(alice());
            std::array<const void *, 2 * threads> seen{};
            at_once([&](std::size_t i) {
                seen[i] = i % 2 == 0 ? client->subject_alt_names().data() : nullptr;
                seen[threads + i] = client->environment().data();
                seen[i] = client->subject_alt_names().data();
            });
            for (std::size_t i = 0; i < threads; ++i) {
                CPPUNIT_ASSERT(seen[i] == client->subject_alt_names().data());
                CPPUNIT_ASSERT(seen[threads + i] == client->environment().data());
            }
            CPPUNIT_ASSERT_EQUAL(3UL, client->subject_alt_names().size());
        }
    }

    void has_an_environment_of_all_that_has_a_value()
    {
        const auto client = client_with(alice());
        std::set<std::string> names;
        for (const auto &[name, value] : client->environment()) {
            CPPUNIT_ASSERT_MESSAGE(name, names.insert(name).second);
            CPPUNIT_ASSERT_MESSAGE(name, !value.empty());
            CPPUNIT_ASSERT_EQUAL(Variable::named(name)->value(*client), value);
        }
        const std::set<std::string> expected{
            "CLIENTCERT_VERIFY",      "CLIENTCERT_REASON",     "CLIENTCERT_SUBJECT",
            "CLIENTCERT_ISSUER",      "CLIENTCERT_SERIAL",     "CLIENTCERT_SHA256",
            "CLIENTCERT_SPKI_SHA256", "CLIENTCERT_NOT_BEFORE", "CLIENTCERT_NOT_AFTER",
            "CLIENTCERT_SOURCE",      "CLIENTCERT_SAN_EMAIL",  "CLIENTCERT_SAN_EMAIL_0",
            "CLIENTCERT_SAN_DNS",     "CLIENTCERT_SAN_DNS_0",  "CLIENTCERT_SAN_DNS_1",
        };
        CPPUNIT_ASSERT(expected == names);
    }

    void has_an_environment_of_the_verdict_alone_unless_valid()
    {
        using Variables = std::vector<std::pair<std::string, std::string>>;
        CPPUNIT_ASSERT(
            (Variables{{"CLIENTCERT_VERIFY", "FAILED"}, {"CLIENTCERT_REASON", "revoked"}}) ==
            client_with(alice(), test::revoked)->environment());
        CPPUNIT_ASSERT((Variables{{"CLIENTCERT_VERIFY", "NONE"}, {"CLIENTCERT_REASON", "none"}}) ==
                       test::nobody()->environment());
    }

    void numbers_alternative_names_from_zero()
    {
        const auto client = client_with(alice());
        std::vector<std::string> values;
        for (const auto &[name, value] : client->environment())
            if (name.starts_with("CLIENTCERT_SAN_DNS"))
                values.push_back(name.substr(18) + '=' + value);
        CPPUNIT_ASSERT((std::vector{"=a.example"s, "_0=a.example"s, "_1=b.example"s}) == values);
    }

    void survives_more_alternative_names_than_variables_count()
    {
        // 10,001 empty names are 20 kB: they fit into a handshake.
        constexpr std::size_t count = 10'001;
        std::string names;
        for (std::size_t i = 0; i < count; ++i)
            names += "\x82\0"s;
        const auto size = static_cast<std::uint16_t>(names.size());
        names = "\x30\x82"s + static_cast<char>(size >> 8) + static_cast<char>(size & 0xff) + names;
        const auto client = client_with(Builder{}.extension_der("2.5.29.17", names).certificate());
        CPPUNIT_ASSERT_EQUAL(count, client->subject_alt_names().size());
        for (const auto &name : Variable::names_for(*client))
            CPPUNIT_ASSERT_MESSAGE(name, Variable::named(name));
        CPPUNIT_ASSERT_EQUAL("SUCCESS"s, client->environment().at(0).second);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ClientTest);

}  // namespace
