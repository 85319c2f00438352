// SPDX-License-Identifier: Apache-2.0
//
// SealedCache, cache_key_of(): entries sealed and opened. Tickets and entries may be sealed under
// one and the same key: what is made of it for an entry is used for nothing else.
#include "ssl_scache/sealed_cache.h"

#include <algorithm>
#include <exception>
#include <string>

#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/tls/entry_cipher.h"
#include "ssl_scache/ticket_key_source.h"

namespace tlsplus {
namespace {

constexpr std::string_view kLabel = "mod_tlsplus session cache key 1";
constexpr std::string_view kEntryLabel = "mod_tlsplus session cache entry 1";
constexpr std::size_t kNameOctets = TicketKeyName{}.size();

/// What is used of a key here: everything that is secret in it.
struct Secret {
  explicit Secret(const TicketKey& key) {
    std::copy_n(key.hmac_key.begin(), key.key_size, octets.begin());
    std::copy_n(key.cipher_key.begin(), key.key_size, octets.begin() + key.key_size);
    size = 2 * key.key_size;
  }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { wipe(octets); }
  [[nodiscard]] ByteView view() const noexcept { return ByteView(octets).first(size); }

  std::array<Byte, 64> octets{};
  std::size_t size = 0;
};

std::string name_of_entry(ByteView id) {
  return text(kEntryLabel, as_text(id));
}

}  // namespace

std::optional<TicketKey> SealedCache::newest() noexcept {
  return keys_ != nullptr ? keys_->newest() : key_;
}

std::optional<TicketKey> SealedCache::find(ByteView name) noexcept {
  TicketKeyName wanted{};
  std::ranges::copy(name, wanted.begin());
  if (keys_ == nullptr) return wanted == key_.name ? std::optional(key_) : std::nullopt;
  const auto found = keys_->find(wanted);
  return found ? std::optional(found->key) : std::nullopt;
}

void SealedCache::store(ByteView id, ByteView der, WallTime expires) noexcept {
  try {
    const auto key = newest();
    if (!key) return;
    const auto sealed = seal(Secret(*key).view(), as_bytes(name_of_entry(id)), der);
    if (!sealed) return;
    Bytes entry(key->name.begin(), key->name.end());
    entry.insert(entry.end(), sealed->begin(), sealed->end());
    behind_.store(id, entry, expires);
  } catch (const std::exception&) {
    // No memory: not stored.
  }
}

std::optional<Bytes> SealedCache::retrieve(ByteView id) noexcept {
  const std::optional<Bytes> entry = behind_.retrieve(id);
  if (!entry || entry->size() < kNameOctets) return std::nullopt;
  try {
    const ByteView all(*entry);
    const auto key = find(all.first(kNameOctets));
    if (!key) return std::nullopt;
    return unseal(Secret(*key).view(), as_bytes(name_of_entry(id)), all.subspan(kNameOctets));
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

std::optional<TicketKey> cache_key_of(EVP_PKEY& private_key) {
  Bytes number = private_number(private_key);
  std::array<Byte, 80> material{};
  const bool is_derived =
      !number.empty() && derive_hkdf_sha256(number, {}, as_bytes(kLabel), material);
  wipe(number);
  std::optional<TicketKey> key;
  if (is_derived) key = parse_ticket_key(material);
  wipe(material);
  return key;
}

}  // namespace tlsplus
