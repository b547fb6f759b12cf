// SPDX-License-Identifier: Apache-2.0
// The status for people.
#include <clientcert/status.hh>

namespace clientcert {

Html status_html(const Status &status)
{
    return paragraph(status.server.name);
}

std::string status_lines(const Status &)
{
    return {};
}

}  // namespace clientcert
