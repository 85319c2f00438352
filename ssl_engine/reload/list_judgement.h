// SPDX-License-Identifier: Apache-2.0
//
// judge_lists(): which of the revocation lists that are found at a place come into force, and which
// of those that are in force there stay. While a server runs, a list gives way to a newer one only:
// a mistake on disk must not let in who was revoked, nor shut out everybody else.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "ssl_engine/base/clock.h"
#include "ssl_engine/trust/trust_store.h"

namespace tlsplus {

struct ListJudgement {
  std::vector<RevocationList> lists;  // to be in force
  std::vector<RevocationList> taken;  // those of them that were not before
  std::vector<std::string> refusals;  // what is not as it is on disk, and why
  bool awaits_its_day = false;        // what was found may be judged otherwise at another time
  [[nodiscard]] bool changes() const noexcept { return !taken.empty(); }
};

/// `found` is what can be read at the place of `in_force`; `authorities` are those that are
/// believed together with it, to tell a list that none of them has signed.
ListJudgement judge_lists(const RevocationLists& in_force, std::span<const RevocationList> found,
                          std::span<X509* const> authorities, WallTime now);

/// "the list of "CN=Example CA", number 7, 12 entries, made ..., due ...", for a log.
std::string description_of(const RevocationList& list);

}  // namespace tlsplus
