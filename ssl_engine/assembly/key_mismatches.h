// SPDX-License-Identifier: Apache-2.0
//
// KeyMismatches: certificates whose keys do not fit, and the keys that were named anywhere: once
// all are known, one of them may be the right one.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "ssl_engine/assembly/certificate_line.h"

namespace tlsplus {

class KeyMismatches {
 public:
  /// The key in the file `path` is named at `where`. The first line that names it is told.
  void note_key(const std::string& path, const Where& where) { key_places_.emplace(path, where); }
  /// `key`, of `line`, does not fit `leaf`. The line's text must stay.
  void add(std::uint32_t host, const CertificateLine& line, StoredCertificate leaf, StoredKey key) {
    mismatches_.push_back({host, line, std::move(leaf), std::move(key)});
  }

  /// After the last add(): what is wrong, by host, and which of the keys in `files` would fit.
  [[nodiscard]] std::vector<std::pair<std::uint32_t, Error>> explain(CertificateFiles& files) const;

 private:
  struct Mismatch {
    std::uint32_t host;
    CertificateLine line;
    StoredCertificate leaf;
    StoredKey key;
  };
  using Paths = std::unordered_map<std::string, std::string>;  // of keys, by fingerprint

  [[nodiscard]] std::string hint_for(const CertificateLine& line, const Paths& paths,
                                     const Fingerprint& wanted) const;

  std::vector<Mismatch> mismatches_;
  std::unordered_map<std::string, Where> key_places_;
};

}  // namespace tlsplus
