// SPDX-License-Identifier: Apache-2.0
//
// StapleTable: OCSP responses in memory that all processes share, one place for each certificate.
// One process writes, the others read; none waits for another. A place is readable while its
// sequence number is even, and believed only with its checksum: who is killed in the middle of
// writing leaves an odd number, which the next writer takes up, and whoever writes over the memory
// leaves a place that is as good as empty. No number that lies here is an index or a size before it
// was compared with the limits that each process knows by itself.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/base/clock.h"
#include "ssl_engine/openssl/x509/x509.h"

namespace tlsplus {

/// What happened to one certificate lately: for people to see, and for the next process that asks
/// responders to begin from. A hint, never relied upon.
struct StapleNote {
  std::int64_t asked = 0;      // when its responder was asked last, seconds since 1970; 0: never
  std::int64_t again = 0;      // when it will be asked again
  std::int64_t until = 0;      // when the response is over; 0: there is none
  std::uint64_t failures = 0;  // one after the other
};

/// What all processes have done together, since the start or the last restart.
struct StapleCounters {
  std::atomic<std::uint64_t> stapled{0};   // handshakes with a response
  std::atomic<std::uint64_t> without{0};   // handshakes that wanted one and got none
  std::atomic<std::uint64_t> received{0};  // responses taken
  std::atomic<std::uint64_t> failed{0};    // questions without an answer
  std::atomic<std::uint64_t> refused{0};   // answers that were not to be believed
};

class StapleTable {
 public:
  /// Of one response. Those of public authorities have 500 octets, with a delegate's certificate
  /// 2,000; what is larger is not stapled.
  static constexpr std::size_t kMostOctets = std::size_t{16} * 1024;

  /// What the constructor wants for `places`, all zeros, at a cache line.
  static std::size_t bytes(std::size_t places) noexcept;
  /// The other way round.
  static std::size_t places_in(std::size_t bytes) noexcept;
  /// Memory of bytes(places), zeros or what an earlier one left there. Must outlive this.
  StapleTable(MutableByteView memory, std::size_t places) noexcept;

  [[nodiscard]] std::size_t places() const noexcept { return places_; }
  /// Another number than before: there is something new to read().
  [[nodiscard]] std::uint64_t sequence(std::size_t place) const noexcept;
  /// The response for the certificate `about`; nothing if there is none, or not a whole one.
  [[nodiscard]] std::optional<Bytes> read(std::size_t place, const Fingerprint& about) const;
  struct Any {
    Fingerprint about;
    Bytes response;
  };
  /// Whatever lies there, to be judged.
  [[nodiscard]] std::optional<Any> read(std::size_t place) const;

  /// One process at a time. `response` has at most kMostOctets.
  void publish(std::size_t place, const Fingerprint& about, ByteView response) noexcept;
  void note(std::size_t place, const StapleNote& note) noexcept;
  [[nodiscard]] StapleNote note(std::size_t place) const noexcept;
  [[nodiscard]] StapleCounters& counters() const noexcept;

 private:
  struct Place;
  [[nodiscard]] Place& at(std::size_t place) const noexcept;

  Byte* memory_;
  std::size_t places_;
};

}  // namespace tlsplus
