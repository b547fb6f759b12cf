// SPDX-License-Identifier: Apache-2.0
// Values to octets and back. A struct lists its members once, in `fields`, for both ways. Integers
// have eight octets, the most significant first; what has a variable size stands behind its size.
#pragma once

#include <clientcert/certificate.hh>

#include <array>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace clientcert {

class Packer {
public:
    void operator()(const auto &...values) { (put(values), ...); }

    std::string octets() && { return std::move(octets_); }

private:
    template <std::integral T>
    void put(const T &value)
    {
        const auto number = static_cast<std::uint64_t>(value);
        for (int shift = 56; shift >= 0; shift -= 8)
            octets_ += static_cast<char>(number >> shift & 0xff);
    }

    template <std::size_t size>
    void put(const std::array<std::uint8_t, size> &value)
    {
        octets_.append(value.begin(), value.end());
    }

    void put(const Time &value) { put(value.time_since_epoch().count()); }

    void put(const std::string &value)
    {
        put(value.size());
        octets_ += value;
    }

    template <typename T>
    void put(const std::optional<T> &value)
    {
        put(value.has_value());
        if (value)
            put(*value);
    }

    template <typename T>
    void put(const std::vector<T> &values)
    {
        put(values.size());
        for (const auto &value : values)
            put(value);
    }

    template <typename T>
    requires requires(Packer &packer, const T &value) { T::fields(packer, value); }
    void put(const T &value) { T::fields(*this, value); }

    std::string octets_;
};

/// Fills values from octets; after one that is not there, none any more.
class Unpacker {
public:
    explicit Unpacker(std::string_view octets) : rest_{octets} {}

    void operator()(auto &...values) { (take(values), ...); }

    /// Whether all values were there, and nothing else.
    bool whole() const { return good_ && rest_.empty(); }

private:
    std::string_view octets(std::uint64_t size)
    {
        good_ = good_ && size <= rest_.size();
        if (!good_)
            return {};
        const auto octets = rest_.substr(0, size);
        rest_.remove_prefix(octets.size());
        return octets;
    }

    template <std::integral T>
    void take(T &value)
    {
        std::uint64_t number = 0;
        for (const char c : octets(8))
            number = number << 8 | static_cast<std::uint8_t>(c);
        value = static_cast<T>(number);
    }

    template <std::size_t size>
    void take(std::array<std::uint8_t, size> &value)
    {
        const auto found = octets(size);
        for (std::size_t i = 0; i < found.size(); ++i)
            value[i] = static_cast<std::uint8_t>(found[i]);
    }

    void take(Time &value)
    {
        Time::rep seconds{};
        take(seconds);
        value = Time{std::chrono::seconds{seconds}};
    }

    void take(std::string &value)
    {
        std::uint64_t size = 0;
        take(size);
        value = octets(size);
    }

    template <typename T>
    void take(std::optional<T> &value)
    {
        bool there = false;
        take(there);
        value.reset();
        if (there && good_)
            take(value.emplace());
    }

    /// Each value has at least one octet: a false size cannot make it long.
    template <typename T>
    void take(std::vector<T> &values)
    {
        std::uint64_t size = 0;
        take(size);
        good_ = good_ && size <= rest_.size();
        values.clear();
        for (; good_ && size > 0; --size)
            take(values.emplace_back());
    }

    template <typename T>
    requires requires(Unpacker &unpacker, T &value) { T::fields(unpacker, value); }
    void take(T &value) { T::fields(*this, value); }

    std::string_view rest_;
    bool good_ = true;
};

}  // namespace clientcert
