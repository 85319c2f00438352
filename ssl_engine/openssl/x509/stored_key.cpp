// SPDX-License-Identifier: Apache-2.0
//
// StoredKey: header and DER of a key in one allocation, in memory that stays out of core dumps,
// wiped when the last owner goes. OpenSSL's objects, of the keys that are in use, lie on the heap.
#include "ssl_engine/openssl/x509/stored_key.h"

#include <algorithm>
#include <array>
#include <new>
#include <type_traits>

#include "ssl_engine/base/secret_arena.h"
#include "ssl_engine/openssl/errors.h"
#include "ssl_engine/openssl/x509/x509.h"

namespace tlsplus {

void StoredKeyBlock::destroy(StoredKeyBlock* block) noexcept {
  EVP_PKEY_free(block->object);
  if (block->size_bytes == 0) return ::operator delete(block);
  SecretArena::release(block, sizeof(StoredKeyBlock) + block->size_bytes);
}

namespace {

constexpr auto kLabels =
    std::to_array<std::string_view>({"", "PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY"});

std::uint8_t position_of(std::string_view label) noexcept {
  std::uint8_t at = 0;
  while (at + 1U < kLabels.size() && kLabels[at] != label) ++at;
  return at;
}

/// A new one with a copy of `der`, which is not empty, in memory that no core dump has.
Counted<StoredKeyBlock> block_of(ByteView der, SecretArena& memory) {
  static_assert(std::is_trivially_destructible_v<StoredKeyBlock>);
  auto* const block = new (memory.allocate(sizeof(StoredKeyBlock) + der.size())) StoredKeyBlock;
  block->size_bytes = static_cast<std::uint32_t>(der.size());
  std::ranges::copy(der, block->der().begin());
  return Counted<StoredKeyBlock>::adopt(block);
}

}  // namespace

StoredKey::StoredKey(Pkey key) : block_(with_bytes_behind<StoredKeyBlock>({})) {
  block_->object = key.release();
}

Result<StoredKey> StoredKey::read(ByteView der, std::string_view label, KeyReader& reader) {
  auto block = der.empty() ? with_bytes_behind<StoredKeyBlock>({}) : block_of(der, reader.memory());
  if (const auto look = read_key_der(block->der(), label)) {
    block->look = *look;
    block->label = position_of(label);
    return StoredKey(std::move(block));
  }
  auto key = reader.private_key(der, label);
  if (!key) return std::move(key).error();
  return StoredKey(std::move(*key));
}

Pkey StoredKey::open(KeyReader& reader) const {
  if (block_->object != nullptr) return tlsplus::share(*block_->object);
  auto key = reader.private_key(block_->der(), kLabels[block_->label]);
  return key ? std::move(*key) : nullptr;
}

bool StoredKey::is_open() const noexcept {
  return block_->object != nullptr;
}

// The position of its label, and the DER.
SecretBytes StoredKey::octets() const {
  if (block_->object == nullptr) {
    const ByteView der = block_->der();
    SecretBytes octets(1 + der.size());
    octets.reveal()[0] = block_->label;
    std::ranges::copy(der, octets.reveal().begin() + 1);
    return octets;
  }
  const int size = i2d_PrivateKey(block_->object, nullptr);
  clear_openssl_errors();
  if (size <= 0) return {};
  SecretBytes octets(1 + static_cast<std::size_t>(size));
  unsigned char* end = octets.reveal().data() + 1;
  if (i2d_PrivateKey(block_->object, &end) == size) return octets;
  clear_openssl_errors();
  return {};
}

Result<StoredKey> StoredKey::read_octets(ByteView octets, KeyReader& reader) {
  if (octets.empty() || octets[0] >= kLabels.size()) return Error{.what = "no key of ours"};
  return read(octets.subspan(1), kLabels[octets[0]], reader);
}

KeyType StoredKey::kind() const noexcept {
  return block_->look.kind;
}

ByteView StoredKey::public_key() const noexcept {
  return block_->look.public_key;
}

bool fits(const StoredCertificate& certificate, const StoredKey& key, KeyReader& reader) {
  if (!certificate.is_open() && !key.is_open()) {
    return certificate.key_kind() == key.kind() &&
           as_text(certificate.public_key()) == as_text(key.public_key());
  }
  const Cert cert = certificate.open();
  const Pkey opened = key.open(reader);
  const bool equal = cert != nullptr && opened != nullptr && fits(*cert, *opened);
  clear_openssl_errors();
  return equal;
}

}  // namespace tlsplus
