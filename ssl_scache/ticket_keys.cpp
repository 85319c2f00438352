// SPDX-License-Identifier: Apache-2.0
//
// on_ticket_key(): from OpenSSL's one callback with a flag to the two questions of TicketKeys.
#include "ssl_scache/ticket_keys.h"

#include <algorithm>
#include <span>

namespace tlsplus {
namespace {

constexpr std::size_t kIvBytes = 16;  // AES-CBC; OpenSSL sends EVP_CIPHER_CTX_get_iv_length()

int counted(std::atomic<std::uint64_t>& counter, int answer) noexcept {
  counter.fetch_add(1, std::memory_order_relaxed);
  return answer;
}

ByteView cipher_key(const TicketKey& key) noexcept {
  return ByteView(key.cipher_key).first(key.key_size);
}
ByteView hmac_key(const TicketKey& key) noexcept {
  return ByteView(key.hmac_key).first(key.key_size);
}

int seal(TicketKeys& keys, MutableByteView name, MutableByteView iv, EVP_CIPHER_CTX& cipher,
         EVP_MAC_CTX& mac) noexcept {
  const std::optional<TicketKey> key = keys.newest();
  if (!key) return counted(keys.counters().failed, kNoTicketKey);
  if (!keys.cipher().start_sealing(cipher, mac, cipher_key(*key), hmac_key(*key), iv)) {
    return counted(keys.counters().failed, kNoTicketKey);
  }
  std::ranges::copy(key->name, name.begin());
  return counted(keys.counters().issued, kUseTicketKey);
}

int open(TicketKeys& keys, ByteView name, ByteView iv, EVP_CIPHER_CTX& cipher,
         EVP_MAC_CTX& mac) noexcept {
  TicketKeyName wanted{};
  std::ranges::copy(name, wanted.begin());
  const std::optional<TicketKeys::Found> found = keys.find(wanted);
  if (!found) return counted(keys.counters().unknown_key, kNoTicketKey);
  const TicketKey& key = found->key;
  if (!keys.cipher().start_opening(cipher, mac, cipher_key(key), hmac_key(key), iv)) {
    return counted(keys.counters().failed, kNoTicketKey);
  }
  return found->renew ? counted(keys.counters().renewed, kUseAndRenewTicket)
                      : counted(keys.counters().accepted, kUseTicketKey);
}

}  // namespace

int on_ticket_key(TicketKeys& keys, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX& cipher,
                  EVP_MAC_CTX& mac, bool encrypt) noexcept {
  const MutableByteView key_name(name, TicketKeyName{}.size());
  const MutableByteView vector(iv, kIvBytes);
  return encrypt ? seal(keys, key_name, vector, cipher, mac)
                 : open(keys, key_name, vector, cipher, mac);
}

}  // namespace tlsplus
