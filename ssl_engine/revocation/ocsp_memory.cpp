// SPDX-License-Identifier: Apache-2.0
//
// OcspMemory: answers as octets in a memory cache, each of one size: a version, the status, the
// reason, and two times as seconds since 1970, in this machine's order.
#include "ssl_engine/revocation/ocsp_memory.h"

#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <new>
#include <type_traits>

#include "ssl_engine/base/text.h"

namespace tlsplus {
namespace {

constexpr Byte kVersion = 1;

struct Octets {
  Byte version;
  Byte status;
  Byte has_revoked_at;
  Byte padding;
  std::int32_t reason;
  std::int64_t revoked_at;
  std::int64_t usable_until;
};
static_assert(std::is_trivially_copyable_v<Octets> && sizeof(Octets) == 24);

Fingerprint marker_of(const Fingerprint& key) noexcept {
  Fingerprint marker = key;
  marker.back() = static_cast<Byte>(marker.back() ^ 1U);
  return marker;
}

}  // namespace

void OcspMemory::remember(const Fingerprint& key, const KnownAnswer& answer) noexcept {
  const Octets octets{.version = kVersion,
                      .status = static_cast<Byte>(answer.status),
                      .has_revoked_at = static_cast<Byte>(answer.revoked_at ? 1 : 0),
                      .padding = 0,
                      .reason = answer.reason,
                      .revoked_at = answer.revoked_at ? seconds_since_1970(*answer.revoked_at) : 0,
                      .usable_until = seconds_since_1970(answer.usable_until)};
  answers_.store(key, {reinterpret_cast<const Byte*>(&octets), sizeof octets}, answer.usable_until);
}

std::optional<KnownAnswer> OcspMemory::recall(const Fingerprint& key) noexcept {
  const auto found = answers_.retrieve(key);
  if (!found || found->size() != sizeof(Octets)) return std::nullopt;
  Octets octets{};
  std::memcpy(&octets, found->data(), sizeof octets);
  if (octets.version != kVersion || octets.status > static_cast<Byte>(OcspStatus::unknown)) {
    return std::nullopt;
  }
  const WallTime now = clock_.wall();
  // The cache has its own idea of when an entry ends; a clock that was set back leaves both behind.
  const WallTime until = wall_time(octets.usable_until);
  if (until <= now || until > now + kLongest) return std::nullopt;
  KnownAnswer answer{.status = static_cast<OcspStatus>(octets.status),
                     .reason = octets.reason,
                     .usable_until = until};
  if (octets.has_revoked_at != 0) answer.revoked_at = wall_time(octets.revoked_at);
  return answer;
}

void OcspMemory::begin_asking(const Fingerprint& key, WallTime until) noexcept {
  const pid_t asker = getpid();
  answers_.store(marker_of(key), {reinterpret_cast<const Byte*>(&asker), sizeof asker}, until);
}

void OcspMemory::end_asking(const Fingerprint& key) noexcept {
  answers_.remove(marker_of(key));
}

bool OcspMemory::is_being_asked(const Fingerprint& key) noexcept {
  const auto found = answers_.retrieve(marker_of(key));
  pid_t asker = 0;
  if (!found || found->size() != sizeof asker) return false;
  std::memcpy(&asker, found->data(), sizeof asker);
  return asker > 0 && (kill(asker, 0) == 0 || errno != ESRCH);
}

Breaker& OcspMemory::breaker_of(std::string_view responder) noexcept {
  const Fingerprint digest = sha256(as_bytes(responder));
  std::uint64_t hash = 0;
  std::memcpy(&hash, digest.data(), sizeof hash);
  if (hash == 0) hash = 1;
  Shared::Slot& slot = shared_.breakers[hash % kBreakers];
  std::uint64_t owner = slot.owner.load(std::memory_order_relaxed);
  if (owner != hash && slot.owner.compare_exchange_strong(owner, hash, std::memory_order_relaxed) &&
      owner != 0) {
    (void)slot.breaker.note_success();
  }
  return slot.breaker;
}

}  // namespace tlsplus
