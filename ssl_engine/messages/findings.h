// SPDX-License-Identifier: Apache-2.0
//
// Findings: collects what is wrong while a configuration is judged, in whatever order it is found,
// and gives it back in the order of the configuration, each fact once: an expired certificate that
// a thousand virtual hosts inherit is one line, and a chain that a thousand lack, each in its own
// section, is told for three of them, and then which and how many there are, whatever file each
// names.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "ssl_engine/messages/diagnostics.h"

namespace tlsplus {

/// What a step has made, and what it has to say about it.
template <class T>
struct [[nodiscard]] Judged {
  T made{};
  std::vector<Error> findings;
};

inline void append(std::vector<Error>& to, std::vector<Error> findings) {
  for (Error& error : findings) to.push_back(std::move(error));
}

/// What was made, while what there is to say goes to `findings`.
template <class T>
T keep(Judged<T> judged, std::vector<Error>& findings) {
  append(findings, std::move(judged.findings));
  return std::move(judged.made);
}

class Findings {
 public:
  /// A finding about the virtual host at position `host` of the configuration.
  void add(std::uint32_t host, Error error) { entries_.push_back({host, std::move(error)}); }
  void add(std::uint32_t host, std::vector<Error> errors) {
    for (Error& error : errors) add(host, std::move(error));
  }
  /// A finding about the server as a whole; comes last.
  void add(Error error) { add(Finding::kWholeServer, std::move(error)); }

  /// `names` of the virtual hosts, by position. Empties the collection.
  std::vector<Finding> take(std::span<const std::string> names);

 private:
  struct Entry {
    std::uint32_t host;
    Error error;
  };
  std::vector<Entry> entries_;
};

}  // namespace tlsplus
