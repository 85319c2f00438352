// SPDX-License-Identifier: Apache-2.0
//
// From OpenSSL's one callback with a flag to the two questions of TicketKeys.
#include "ssl_scache/ticket_keys.h"

#include <algorithm>
#include <span>

namespace tlsplus {
namespace {

constexpr int kUse = 1;
constexpr int kUseAndRenew = 2;
constexpr int kNone = 0;
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
  if (!key) return counted(keys.counters().failed, kNone);
  if (!keys.cipher().start_sealing(cipher, mac, cipher_key(*key), hmac_key(*key), iv)) {
    return counted(keys.counters().failed, kNone);
  }
  std::ranges::copy(key->name, name.begin());
  return counted(keys.counters().issued, kUse);
}

int open(TicketKeys& keys, ByteView name, ByteView iv, EVP_CIPHER_CTX& cipher,
         EVP_MAC_CTX& mac) noexcept {
  TicketKeyName wanted{};
  std::ranges::copy(name, wanted.begin());
  const std::optional<TicketKeys::Found> found = keys.find(wanted);
  if (!found) return counted(keys.counters().unknown_key, kNone);
  const TicketKey& key = found->key;
  if (!keys.cipher().start_opening(cipher, mac, cipher_key(key), hmac_key(key), iv)) {
    return counted(keys.counters().failed, kNone);
  }
  return found->renew ? counted(keys.counters().renewed, kUseAndRenew)
                      : counted(keys.counters().accepted, kUse);
}

}  // namespace

int on_ticket_key(TicketKeys& keys, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                  EVP_MAC_CTX* mac, int encrypt) noexcept {
  const MutableByteView key_name(name, TicketKeyName{}.size());
  const MutableByteView vector(iv, kIvBytes);
  return encrypt != 0 ? seal(keys, key_name, vector, *cipher, *mac)
                      : open(keys, key_name, vector, *cipher, *mac);
}

}  // namespace tlsplus
