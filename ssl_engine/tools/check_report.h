// SPDX-License-Identifier: Apache-2.0
//
// Report: what a check found, for a person: facts as lines, then problems and notes as sentences,
// each with what to do. Only problems make the command fail.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ssl_engine/base/clock.h"
#include "ssl_engine/openssl/tls/chain_report.h"

namespace tlsplus::tools {

class Report {
 public:
  /// "  protocol      TLSv1.3"; an empty label goes on with the one before.
  void fact(std::string_view label, std::string_view words);
  void problem(std::string sentence) { problems_.push_back(std::move(sentence)); }
  void note(std::string sentence) { notes_.push_back(std::move(sentence)); }

  [[nodiscard]] bool has_problems() const noexcept { return !problems_.empty(); }
  [[nodiscard]] const std::vector<std::string>& problems() const noexcept { return problems_; }
  [[nodiscard]] const std::vector<std::string>& notes() const noexcept { return notes_; }
  /// All of it, each sentence on a line of its own.
  [[nodiscard]] std::string text_of() const;

 private:
  std::string facts_;
  std::vector<std::string> problems_;
  std::vector<std::string> notes_;
};

/// The sentence for one fault of a chain of `sent` certificates; `trust` says who is trusted ("this
/// system's authorities", "the authorities in ca.crt").
std::string sentence_for(const ChainFault& fault, const std::vector<Cert>& sent,
                         std::string_view trust, WallTime now);

/// What first bytes are those of another protocol: "plain HTTP", "SSH"; empty: unknown.
std::string_view protocol_of(std::string_view first_bytes) noexcept;

/// The max-age of a Strict-Transport-Security field in seconds (RFC 6797 6.1); nullopt: none.
std::optional<long> hsts_max_age(std::string_view value);

/// An alert by its number, with what to do about it: "handshake_failure: nothing in common ...".
std::string alert_words(int number);

/// "expires in 5 days (2026-...)"; also for what is over.
std::string days_words(WallTime end, WallTime now);

}  // namespace tlsplus::tools
