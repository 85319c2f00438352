// SPDX-License-Identifier: Apache-2.0
//
// StatusSection: a section of mod_status, as a table for people and as lines for machines
// (`?auto`).
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>

#include "ssl_engine/httpd/apache/apache.h"

namespace tlsplus {

struct StatusRow {
  const char* key;    // of the machine-readable form
  const char* label;  // for people
  std::uint64_t value;
};

/// Begins and ends with its scope.
class StatusSection {
 public:
  /// `flags` are AP_STATUS_* of mod_status.h.
  StatusSection(request_rec& request, int flags, const char* title);
  StatusSection(const StatusSection&) = delete;
  StatusSection& operator=(const StatusSection&) = delete;
  ~StatusSection();

  [[nodiscard]] bool is_for_machines() const noexcept { return is_for_machines_; }
  void show(std::span<const StatusRow> rows);
  void show(std::initializer_list<StatusRow> rows) { show({rows.begin(), rows.size()}); }

 private:
  request_rec& request_;
  bool is_for_machines_;
};

}  // namespace tlsplus
