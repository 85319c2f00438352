// SPDX-License-Identifier: Apache-2.0
//
// OcspMemory: what all children know about responders: their answers about clients' certificates,
// who is being asked, which responder is down, and how often what happened. It lies in shared
// memory, which is input like the network: whatever cannot be is no answer.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/base/clock.h"
#include "ssl_engine/base/result.h"
#include "ssl_engine/openssl/ocsp/ocsp_judge.h"
#include "ssl_engine/openssl/x509/x509.h"
#include "ssl_scache/breaker.h"
#include "ssl_scache/shm_cache.h"

namespace tlsplus {

/// Over all processes; relaxed, only ever added to.
struct OcspCounters {
  std::atomic<std::uint64_t> asked;       // questions that went to a responder
  std::atomic<std::uint64_t> remembered;  // answers that were at hand
  std::atomic<std::uint64_t> joined;     // clients that waited for the answer to another's question
  std::atomic<std::uint64_t> held_back;  // not asked: the responder is down
  // What came of it, for each certificate that was looked at.
  std::atomic<std::uint64_t> good;
  std::atomic<std::uint64_t> revoked;
  std::atomic<std::uint64_t> unknown;
  std::atomic<std::uint64_t> no_source;
  std::atomic<std::uint64_t> unreachable;
  std::atomic<std::uint64_t> stale;
  std::atomic<std::uint64_t> unusable;
  std::atomic<std::uint64_t> forgiven;  // of no_source
};

/// An answer as it is remembered.
struct KnownAnswer {
  OcspStatus status = OcspStatus::unknown;
  std::int32_t reason = -1;
  std::optional<WallTime> revoked_at{};
  WallTime usable_until{};
};

class OcspMemory {
 public:
  static constexpr std::size_t kAnswerBytes = std::size_t{1} << 20U;  // some 5,000 answers
  static constexpr std::size_t kBreakers = 256;
  /// Longer than an answer can be remembered at all: what says more is not ours.
  static constexpr std::chrono::seconds kLongest = std::chrono::hours(24);

  /// Shared memory of this size; zeros are a fresh one.
  struct Shared {
    OcspCounters counters;
    struct Slot {
      std::atomic<std::uint64_t> owner;  // the responder's hash; 0: nobody's
      Breaker breaker;
    };
    std::array<Slot, kBreakers> breakers;
  };

  /// Both outlive this; `answers` is for nobody else.
  OcspMemory(Shared& shared, SessionCache& answers, const Clock& clock) noexcept
      : shared_(shared), answers_(answers), clock_(clock) {}

  [[nodiscard]] OcspCounters& counters() const noexcept { return shared_.counters; }
  [[nodiscard]] const SessionCache& answers() const noexcept { return answers_; }

  void remember(const Fingerprint& key, const KnownAnswer& answer) noexcept;
  /// Nothing also if its time is over, or if the octets are none of ours.
  [[nodiscard]] std::optional<KnownAnswer> recall(const Fingerprint& key) noexcept;

  /// This process asks, and will have ended by then. If it dies before, nobody waits for it.
  void begin_asking(const Fingerprint& key, WallTime until) noexcept;
  void end_asking(const Fingerprint& key) noexcept;
  [[nodiscard]] bool is_being_asked(const Fingerprint& key) noexcept;

  /// That of a responder. Two of them have the same at most for a moment: who comes takes it over.
  [[nodiscard]] Breaker& breaker_of(std::string_view responder) noexcept;

 private:
  Shared& shared_;
  SessionCache& answers_;
  const Clock& clock_;
};

}  // namespace tlsplus
