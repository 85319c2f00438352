// SPDX-License-Identifier: Apache-2.0
//
// PacedMessages: what peers can cause as often as they like and a person must mend all the same,
// told so that a flood stays a few lines. Each kind comes at the level of its row, by default a few
// times a minute with the number of those in between; these come at info, for whom reads that. What
// is a client's own affair has no row above info and is not paced.
#pragma once

#include <array>
#include <chrono>
#include <string_view>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/base/rate_limit.h"
#include "ssl_engine/messages/diagnostics.h"

namespace tlsplus {

class PacedMessages {
 public:
  static constexpr unsigned kMostInSpan = 3;
  static constexpr std::chrono::seconds kSpan{60};
  /// In the order of their ids.
  static constexpr auto kKinds = std::to_array<Tp>({
      Tp::not_ready,
      Tp::handshake_broken_here,
      Tp::user_name_empty,
      Tp::requirement_not_evaluated,
      Tp::client_cert_too_large,
      Tp::misdirected,
      Tp::ask_again_crowded,
      Tp::client_certificate_refused,
      Tp::ask_again_http2,
      Tp::ask_again_not_offered,
      Tp::ask_again_insecure,
      Tp::ask_again_refused,
      Tp::ask_again_body,
      Tp::ask_again_ciphers,
      Tp::backend_without_name,
      Tp::client_ocsp_revoked,
      Tp::client_ocsp_unknown,
      Tp::client_ocsp_no_source,
      Tp::client_ocsp_unreachable,
      Tp::client_ocsp_stale,
      Tp::client_ocsp_unusable,
  });

  /// What share() wants, of zeros, aligned for a number.
  static constexpr std::size_t bytes() noexcept { return kKinds.size() * sizeof(RateLimit::Count); }
  /// Counts there from now on, together with all processes that have the same memory. It outlives
  /// this. Before anybody logs.
  void share(MutableByteView memory) noexcept;

  /// log_error(), with the pace of its kind if it has one. Any thread.
  void log(LogSink& sink, const Error& error, std::string_view vhost, Instant now) noexcept;

 private:
  struct Kind {
    RateLimit limit{kMostInSpan, kSpan};
  };
  std::array<Kind, kKinds.size()> kinds_;
};

}  // namespace tlsplus
