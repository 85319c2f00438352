// SPDX-License-Identifier: Apache-2.0
//
// judge_lists(): each list that is found is held against the newest one in force of the same scope.
#include "ssl_engine/reload/list_judgement.h"

#include <algorithm>
#include <map>
#include <utility>

#include "ssl_engine/base/text.h"

namespace tlsplus {
namespace {

bool is_older(const RevocationList& a, const RevocationList& b) noexcept {
  return compare_age(*a.crl, *b.crl) < 0;
}

bool is_expired(const RevocationList& list, WallTime now) noexcept {
  const auto due = next_update_of(*list.crl);
  return due && *due < now;
}

std::string numbered(const RevocationList& list) {
  const std::string number = number_of(*list.crl);
  return number.empty() ? text("made ", date_text(this_update_of(*list.crl)))
                        : text("number ", number);
}

/// Empty unless authorities of that name are known, and none of them has signed it.
std::string fault_of_signature(const RevocationList& list, std::span<X509* const> authorities) {
  bool is_known = false;
  for (X509* authority : authorities) {
    if (!names_as_issuer(*list.crl, *authority)) continue;
    if (is_signed_by(*list.crl, *authority)) return {};
    is_known = true;
  }
  return is_known ? "is not signed by that authority" : "";
}

/// Why `list` may not take the place of `before` (null: of none) today; empty: it may.
std::string fault_of_dates(const RevocationList& list, const RevocationList* before, WallTime now) {
  if (const WallTime since = this_update_of(*list.crl); since > now) {
    return text("is not valid before ", date_text(since));
  }
  if (before != nullptr && is_expired(list, now) && !is_expired(*before, now)) {
    return text("has expired: it was to be replaced by ",
                date_text(next_update_of(*list.crl).value_or(WallTime{})));
  }
  return {};
}

/// Lists of one scope.
struct Scope {
  const RevocationList* before = nullptr;  // the newest in force
  const RevocationList* taken = nullptr;   // the newest that may take its place
  bool is_found = false;                   // that in force is still there
  std::vector<std::string> refusals;
};

}  // namespace

ListJudgement judge_lists(const RevocationLists& in_force, std::span<const RevocationList> found,
                          std::span<X509* const> authorities, WallTime now) {
  ListJudgement judgement;
  std::map<std::string, Scope> scopes;
  for (const RevocationList& list : in_force.lists) {
    Scope& scope = scopes[scope_of(*list.crl)];
    if (scope.before == nullptr || is_older(*scope.before, list)) scope.before = &list;
  }
  for (const RevocationList& list : found) {
    Scope& scope = scopes[scope_of(*list.crl)];
    if (scope.before != nullptr && list.digest == scope.before->digest) {
      scope.is_found = true;
      continue;
    }
    std::string fault;
    if (scope.before != nullptr && is_older(list, *scope.before)) {
      fault = text("is older than the one in force: ", numbered(list), " after ",
                   numbered(*scope.before));
    } else if (fault = fault_of_dates(list, scope.before, now); !fault.empty()) {
      judgement.awaits_its_day = true;
    } else {
      fault = fault_of_signature(list, authorities);
    }
    if (!fault.empty()) {
      scope.refusals.push_back(text("the list of \"", issuer_of(*list.crl), "\" ", fault));
    } else if (scope.taken == nullptr || is_older(*scope.taken, list)) {
      scope.taken = &list;
    }
  }
  // A file without the list that it is for holds somebody else's by mistake; in a folder others
  // come and go.
  const bool is_other = !in_force.is_folder && std::ranges::any_of(scopes, [](const auto& entry) {
    const Scope& scope = entry.second;
    return scope.before != nullptr && !scope.is_found && scope.taken == nullptr;
  });
  for (auto& [name, scope] : scopes) {
    if (scope.before == nullptr && is_other) continue;
    if (scope.taken != nullptr) {
      judgement.taken.push_back(*scope.taken);
      judgement.lists.push_back(*scope.taken);
      continue;
    }
    if (scope.before == nullptr) {
      std::ranges::move(scope.refusals, std::back_inserter(judgement.refusals));
      continue;
    }
    judgement.lists.push_back(*scope.before);
    // Beside the one in force an older one is nothing to speak of.
    if (scope.is_found) continue;
    if (scope.refusals.empty()) {
      scope.refusals.push_back(
          text("there is no list of \"", issuer_of(*scope.before->crl), "\" any more"));
    }
    std::ranges::move(scope.refusals, std::back_inserter(judgement.refusals));
  }
  return judgement;
}

std::string description_of(const RevocationList& list) {
  const auto due = next_update_of(*list.crl);
  const std::string number = number_of(*list.crl);
  return text("the list of \"", issuer_of(*list.crl), '"',
              number.empty() ? std::string() : text(", number ", number), ", ",
              entries_of(*list.crl), " entries, made ", date_text(this_update_of(*list.crl)),
              due ? text(", the next one due by ", date_text(*due)) : std::string());
}

}  // namespace tlsplus
