// SPDX-License-Identifier: Apache-2.0
// What Require lines say of a client that is supposed: mod_authz_core is asked, and of old
// configurations mod_access_compat, and nobody else.
#pragma once

#include "httpd/telling/hypothesis.hh"

#include <clientcert/json.hh>

#include <array>

namespace clientcert::httpd {

/// What mod_access_compat says of the asker's address (`Order`, `Allow`, `Deny`); true where it is
/// not loaded.
bool allows_address(request_rec &supposed);

/// What mod_authz_core answers before (`DECLINED`: it wants to know the user first) and after
/// somebody has been authenticated; OK where it is not loaded.
int ask_before_authentication(request_rec &supposed);
int ask_after_authentication(request_rec &supposed);

/// Of mod_authz_core: lines that may do more than answer are noted with their section.
inline constexpr auto require_directives = std::to_array<const char *>({"Require"});
const char *overhear_require(cmd_parms *cmd, void *section, const char *line) noexcept;

/// A Require line in the sections of that request that may do something when it is asked, or of
/// which that is not known; null where there is none. With one nobody is to be asked.
const ap_directive_t *line_with_effects(const request_rec &supposed);

/// What is told where nobody was asked because of that line.
json::JsonPtr unasked_lines(const ap_directive_t &because);

/// The lines of ours that were asked, those of others beside them, and on whom it depends.
json::JsonPtr require_lines_of(request_rec &supposed, Hypothesis &hypothesis, int answer);

}  // namespace clientcert::httpd
