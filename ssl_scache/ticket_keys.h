// SPDX-License-Identifier: Apache-2.0
//
// TicketKeys: keys that protect session tickets (RFC 5077 4, RFC 8446 4.6.1). A key is found by the
// 16-octet name that a ticket starts with. Where keys come from differs (a ring in shared memory
// that renews itself, files, a secret shared by a cluster); what a handshake asks is always these
// two questions, so a virtual host holds a TicketKeys& and never needs to know which.
//
// on_ticket_key() is the whole body of SSL_CTX_set_tlsext_ticket_key_evp_cb(3)'s callback.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/base/secret.h"
#include "ssl_engine/openssl/tls/ticket_cipher.h"

namespace tlsplus {

using TicketKeyName = std::array<Byte, 16>;

/// AES-CBC for secrecy, HMAC-SHA256 for integrity; both keys are `key_size` octets, 16 (files of
/// 48 octets: AES-128) or 32 (everything else: AES-256). Lives on the stack of one callback and
/// is wiped when it goes.
struct TicketKey {
  TicketKeyName name{};
  std::array<Byte, 32> hmac_key{};
  std::array<Byte, 32> cipher_key{};
  std::size_t key_size = 0;

  TicketKey() = default;
  TicketKey(const TicketKey&) = default;
  TicketKey& operator=(const TicketKey&) = default;
  ~TicketKey() {
    wipe(hmac_key);
    wipe(cipher_key);
  }
};

/// How opening and sealing went, and what came of it, in memory shared by all processes; relaxed,
/// only ever added to.
struct TicketCounters {
  std::atomic<std::uint64_t> issued;
  std::atomic<std::uint64_t> accepted;     // with the newest key
  std::atomic<std::uint64_t> renewed;      // with an older key: the client gets a new ticket
  std::atomic<std::uint64_t> unknown_key;  // no key of that name, or no longer: full handshake
  std::atomic<std::uint64_t> failed;       // no key to seal with, or OpenSSL refused
  // Handshakes that came to their end.
  std::atomic<std::uint64_t> full;
  std::atomic<std::uint64_t> resumed;
  // Of the full ones, those of a client that came with a session, by what was wrong with it.
  // Sessions that are not in the cache are counted there.
  std::atomic<std::uint64_t> other_host;  // made by another host, or under other rules
  std::atomic<std::uint64_t> expired;
  std::atomic<std::uint64_t> damaged;  // a ticket under a known key that is not as it was sealed
};

/// Threads: every member may be called by any thread at any time, in any process after the fork;
/// none waits for another process, reads a file or allocates.
class TicketKeys {
 public:
  /// Both must outlive this.
  TicketKeys(const TicketCipher& cipher, TicketCounters& counters) noexcept
      : cipher_(cipher), counters_(counters) {}
  TicketKeys(const TicketKeys&) = delete;
  TicketKeys& operator=(const TicketKeys&) = delete;
  virtual ~TicketKeys() = default;

  /// The key for a new ticket; nothing if there is none, then no ticket is issued.
  [[nodiscard]] virtual std::optional<TicketKey> newest() noexcept = 0;

  struct Found {
    TicketKey key;
    bool renew = false;  // valid, but the client should get a new ticket
  };
  /// The key of a ticket that came back; nothing if it is unknown or too old, which is a full
  /// handshake and no error.
  [[nodiscard]] virtual std::optional<Found> find(const TicketKeyName& name) noexcept = 0;

  [[nodiscard]] const TicketCipher& cipher() const noexcept { return cipher_; }
  [[nodiscard]] TicketCounters& counters() const noexcept { return counters_; }

 private:
  const TicketCipher& cipher_;
  TicketCounters& counters_;
};

/// What SSL_CTX_set_tlsext_ticket_key_evp_cb(3) is answered.
constexpr int kNoTicketKey = 0;  // no ticket, or a full handshake
constexpr int kUseTicketKey = 1;
constexpr int kUseAndRenewTicket = 2;

/// Answers that callback: `name` is 16 octets, `iv` EVP_MAX_IV_LENGTH.
/// Returns   one of the three above, kUseAndRenewTicket only when opening. Never negative: no
///           trouble with a ticket ends a handshake.
int on_ticket_key(TicketKeys& keys, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX& cipher,
                  EVP_MAC_CTX& mac, bool encrypt) noexcept;

}  // namespace tlsplus
