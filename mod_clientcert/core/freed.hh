// SPDX-License-Identifier: Apache-2.0
// Ownership of what libraries in C give: std::unique_ptr<Thing, Freed<free_thing>>.
#pragma once

namespace clientcert {

template <auto Free>
struct Freed {
    void operator()(auto *object) const noexcept { Free(object); }
};

}  // namespace clientcert
