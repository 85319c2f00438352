// SPDX-License-Identifier: Apache-2.0
//
// StapleTable: places of words that are accessed atomically, so that reading what another process
// writes is no more than a checksum that does not fit.
#include "ssl_engine/revocation/staple_table.h"

#include <algorithm>
#include <cstring>

namespace tlsplus {
namespace {

using Word = std::atomic<std::uint64_t>;
constexpr std::size_t kOctets = sizeof(std::uint64_t);
constexpr std::size_t kDigestWords = sizeof(Fingerprint) / kOctets;
constexpr std::size_t kLine = 64;

// Each word is released and acquired, which costs nothing on x86: whoever reads a new one also sees
// that its sequence number was odd. Fences would do as well, but ThreadSanitizer knows none.
void store(std::span<Word> words, ByteView octets) noexcept {
  for (std::size_t i = 0; i < words.size() && !octets.empty(); ++i) {
    const std::size_t count = std::min(octets.size(), kOctets);
    std::uint64_t word = 0;
    std::memcpy(&word, octets.data(), count);
    words[i].store(word, std::memory_order_release);
    octets = octets.subspan(count);
  }
}

void load(std::span<const Word> words, MutableByteView octets) noexcept {
  for (std::size_t i = 0; i < words.size() && !octets.empty(); ++i) {
    const std::size_t count = std::min(octets.size(), kOctets);
    const std::uint64_t word = words[i].load(std::memory_order_acquire);
    std::memcpy(octets.data(), &word, count);
    octets = octets.subspan(count);
  }
}

/// Over the certificate and the response.
Fingerprint checksum(const Fingerprint& about, ByteView response) {
  Bytes all(about.begin(), about.end());
  all.insert(all.end(), response.begin(), response.end());
  return sha256(all);
}

}  // namespace

struct alignas(kLine) StapleTable::Place {
  Word sequence{0};  // odd: being written
  Word size{0};      // octets of the response; 0: none
  Word asked{0}, again{0}, until{0}, failures{0};
  std::array<Word, kDigestWords> about;
  std::array<Word, kDigestWords> digest;
  alignas(kLine) std::array<Word, kMostOctets / kOctets> octets;
};

namespace {
constexpr std::size_t kCounterBytes = (sizeof(StapleCounters) + kLine - 1) / kLine * kLine;
}  // namespace

std::size_t StapleTable::bytes(std::size_t places) noexcept {
  return kCounterBytes + places * sizeof(Place);
}

std::size_t StapleTable::places_in(std::size_t bytes) noexcept {
  return bytes < kCounterBytes ? 0 : (bytes - kCounterBytes) / sizeof(Place);
}

// Nothing is laid out: all zeros is an empty table, and pages that nobody wrote to cost nothing.
StapleTable::StapleTable(MutableByteView memory, std::size_t places) noexcept
    : memory_(memory.data()), places_(places) {}

StapleTable::Place& StapleTable::at(std::size_t place) const noexcept {
  return *reinterpret_cast<Place*>(memory_ + kCounterBytes + place * sizeof(Place));
}

StapleCounters& StapleTable::counters() const noexcept {
  return *reinterpret_cast<StapleCounters*>(memory_);
}

std::uint64_t StapleTable::sequence(std::size_t place) const noexcept {
  return at(place).sequence.load(std::memory_order_acquire);
}

std::optional<StapleTable::Any> StapleTable::read(std::size_t number) const {
  const Place& place = at(number);
  const std::uint64_t before = place.sequence.load(std::memory_order_acquire);
  const std::uint64_t size = place.size.load(std::memory_order_acquire);
  if (before % 2 != 0 || size == 0 || size > kMostOctets) return std::nullopt;
  Any any{{}, Bytes(static_cast<std::size_t>(size))};
  Fingerprint digest{};
  load(place.about, any.about);
  load(place.digest, digest);
  load(place.octets, any.response);
  if (place.sequence.load(std::memory_order_relaxed) != before) return std::nullopt;
  if (checksum(any.about, any.response) != digest) return std::nullopt;
  return any;
}

std::optional<Bytes> StapleTable::read(std::size_t place, const Fingerprint& about) const {
  auto any = read(place);
  if (!any || any->about != about) return std::nullopt;
  return std::move(any->response);
}

void StapleTable::publish(std::size_t number, const Fingerprint& about,
                          ByteView response) noexcept {
  if (response.size() > kMostOctets) return;
  const Fingerprint digest = checksum(about, response);
  Place& place = at(number);
  // Odd already: a writer died here. Its number is taken up, and never given again.
  const std::uint64_t writing = (place.sequence.load(std::memory_order_relaxed) + 1) | 1U;
  place.sequence.store(writing, std::memory_order_relaxed);
  place.size.store(response.size(), std::memory_order_release);
  store(place.about, about);
  store(place.digest, digest);
  store(place.octets, response);
  place.sequence.store(writing + 1, std::memory_order_release);
}

void StapleTable::note(std::size_t number, const StapleNote& note) noexcept {
  Place& place = at(number);
  place.asked.store(static_cast<std::uint64_t>(note.asked), std::memory_order_relaxed);
  place.again.store(static_cast<std::uint64_t>(note.again), std::memory_order_relaxed);
  place.until.store(static_cast<std::uint64_t>(note.until), std::memory_order_relaxed);
  place.failures.store(note.failures, std::memory_order_relaxed);
}

StapleNote StapleTable::note(std::size_t number) const noexcept {
  const Place& place = at(number);
  return {static_cast<std::int64_t>(place.asked.load(std::memory_order_relaxed)),
          static_cast<std::int64_t>(place.again.load(std::memory_order_relaxed)),
          static_cast<std::int64_t>(place.until.load(std::memory_order_relaxed)),
          place.failures.load(std::memory_order_relaxed)};
}

}  // namespace tlsplus
