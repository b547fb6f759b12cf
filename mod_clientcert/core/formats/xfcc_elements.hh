// SPDX-License-Identifier: Apache-2.0
// X-Forwarded-Client-Cert taken apart.
#pragma once

#include <clientcert/result.hh>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace clientcert::formats {

/// What one proxy has said of its client, as far as it is of use here; without quotes.
struct XfccElement {
    std::optional<std::string> cert;
    std::optional<std::string> chain;
};

/// One for each proxy on the way, the last one's at the end. None where the value has nothing but
/// commas.
Result<std::vector<XfccElement>> xfcc_elements(std::string_view value);

}  // namespace clientcert::formats
