// SPDX-License-Identifier: Apache-2.0
// What a map makes of a certificate, to be printed.
#pragma once

#include "tool/map_file.hh"

namespace clientcert::tool {

struct MapReport {
    const NamedMap &map;
    std::string subject;  ///< of the certificate, as RFC 4514 writes it
    MapTrace trace;       ///< of the rules that were asked
    MapOutcome outcome;

    /// What it comes to: one line.
    std::string conclusion() const;
};

void print_text(const MapReport &report);
void print_json(const MapReport &report);

/// Of a certificate that no rule was asked about, for `why`.
void print_json_error(const MapReport &report, const std::string &why);

}  // namespace clientcert::tool
