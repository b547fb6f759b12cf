// SPDX-License-Identifier: Apache-2.0
// The text format of OpenMetrics 1.0.0.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace clientcert {

class MetricsWriter {
public:
    enum class Type { counter, gauge };

    /// A family of metrics, whose samples follow. A unit is the end of its name as well.
    void family(Type type, std::string_view name, std::string_view help,
                std::string_view unit = {});

    struct Label {
        const char *name;
        std::string_view value;
    };

    /// Of the latest family; no two have the same labels.
    void sample(std::initializer_list<Label> labels, std::uint64_t value);

    std::string finished() &&;

private:
    std::string text_;
    std::string sample_name_;
};

}  // namespace clientcert
