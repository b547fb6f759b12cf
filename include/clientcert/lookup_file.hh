// SPDX-License-Identifier: Apache-2.0
// lookup=file:PATH: a line for each user, with a key and the user's name.
#pragma once

#include <clientcert/map_lookup.hh>

#include <cstdint>
#include <mutex>
#include <optional>

namespace clientcert {

class LookupFileReader;
class LookupTable;

class LookupFile : public MapLookup {
public:
    /// Reads nothing yet: until `refresh` has, every find fails.
    explicit LookupFile(std::string path);
    ~LookupFile() override;

    /// Reads the file if it has changed since. True: its new content is in force. False: nothing is
    /// new. An error says file, line and what is wrong, once for each state of the file; the last
    /// good content stays in force. One thread at a time waits for the disk here; those who look
    /// up wait for nobody.
    Result<bool> refresh();

    Answer find(const std::string &key, void *context) const override;
    std::string problem() const override { return status().problem; }

    struct Status {
        std::string path;
        std::size_t keys = 0;
        std::size_t octets = 0;  ///< of memory
        std::string problem{};   ///< empty where the file's present state is in force
    };
    Status status() const;

private:
    std::shared_ptr<const LookupTable> table() const;
    Result<bool> fail(std::string problem);

    const std::string path_;
    std::mutex refreshing_;
    std::unique_ptr<LookupFileReader> reader_;
    mutable std::mutex mutex_;  ///< for what follows
    std::shared_ptr<const LookupTable> table_;
    std::string problem_;
};

}  // namespace clientcert
