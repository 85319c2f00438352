// SPDX-License-Identifier: Apache-2.0
//
// RequirementList: the SSLRequire lines that hold for a place. They accumulate: whatever an outer
// section demands is demanded inside, too.
#pragma once

#include <string_view>

#include "ssl_engine/base/setting.h"

namespace tlsplus {

/// One line. What httpd made of its text stands in a type that httpd/require.cpp derives from this
/// one. Lives in the configuration's memory.
struct Requirement {
  std::string_view text;           // as written
  const Origin* origin = nullptr;  // never null once the line is accepted
  const Requirement* next = nullptr;
};

/// Owns nothing and copies nothing, because httpd merges for each request. The two sides of a merge
/// stay where they are and must live at least as long as what was made of them, as the slots of a
/// per-directory configuration do.
class RequirementList {
 public:
  /// Behind those that the section has already. `line` must not be in another list.
  void add(Requirement& line) noexcept {
    if (last_ == nullptr) {
      first_ = &line;
    } else {
      last_->next = &line;
    }
    last_ = &line;
  }
  [[nodiscard]] bool empty() const noexcept { return first_ == nullptr && inner_ == nullptr; }

  static RequirementList merge(const RequirementList& parent,
                               const RequirementList& child) noexcept {
    if (parent.empty()) return child;
    if (child.empty()) return parent;
    RequirementList both;
    both.outer_ = &parent;
    both.inner_ = &child;
    return both;
  }

  /// The first line, from the outermost section inwards and in the order of the file, for which
  /// `holds` is false; null if all hold. `holds` is not asked about what comes after it.
  template <class Holds>
  const Requirement* first_unmet(const Holds& holds) const {
    for (const RequirementList* part : {outer_, inner_}) {
      if (part == nullptr) continue;
      if (const Requirement* unmet = part->first_unmet(holds)) return unmet;
    }
    for (const Requirement* line = first_; line != nullptr; line = line->next) {
      if (!holds(*line)) return line;
    }
    return nullptr;
  }

 private:
  const Requirement* first_ = nullptr;  // of one section's own lines
  Requirement* last_ = nullptr;
  const RequirementList* outer_ = nullptr;  // both or none, and then no own lines
  const RequirementList* inner_ = nullptr;
};

}  // namespace tlsplus
