// SPDX-License-Identifier: Apache-2.0
//
// seal(), unseal(): the form of what is sealed. 16 random octets, the text, its tag. The octets and
// the name go into the key, which therefore seals once and needs no nonce.
#include "ssl_engine/openssl/tls/entry_cipher.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "ssl_engine/base/secret.h"
#include "ssl_engine/openssl/random.h"
#include "ssl_engine/openssl/tls/ticket_cipher.h"

namespace tlsplus {
namespace {

using CipherCtx = Handle<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;

constexpr std::size_t kSaltOctets = 16;
constexpr std::size_t kTagOctets = 16;
static_assert(kSaltOctets + kTagOctets == kSealOctets);

constexpr std::array<Byte, 12> kNonce{};

struct EntryKey {
  std::array<Byte, 32> octets{};
  bool is_derived = false;

  EntryKey(ByteView secret, ByteView salt, ByteView name)
      : is_derived(derive_hkdf_sha256(secret, salt, name, octets)) {}
  EntryKey(const EntryKey&) = delete;
  EntryKey& operator=(const EntryKey&) = delete;
  ~EntryKey() { wipe(octets); }
};

CipherCtx begin(const EntryKey& key, bool sealing) {
  const EvpCipher aes(EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr));
  CipherCtx context(aes == nullptr || !key.is_derived ? nullptr : EVP_CIPHER_CTX_new());
  if (context == nullptr || EVP_CipherInit_ex2(context.get(), aes.get(), key.octets.data(),
                                               kNonce.data(), sealing ? 1 : 0, nullptr) != 1) {
    return nullptr;
  }
  return context;
}

/// Of as many octets, whatever is in `from`.
bool transform(EVP_CIPHER_CTX& context, ByteView from, Byte* to) {
  int size = 0;
  return EVP_CipherUpdate(&context, to, &size, from.data(), static_cast<int>(from.size())) == 1 &&
         static_cast<std::size_t>(size) == from.size();
}

Bytes number_named(EVP_PKEY& key, const char* name) {
  BIGNUM* raw = nullptr;
  if (EVP_PKEY_get_bn_param(&key, name, &raw) != 1) return {};
  const Handle<BIGNUM, BN_clear_free> number(raw);
  Bytes octets(static_cast<std::size_t>(BN_num_bytes(number.get())));
  BN_bn2bin(number.get(), octets.data());
  return octets;
}

}  // namespace

std::optional<Bytes> seal(ByteView secret, ByteView name, ByteView content) {
  Bytes sealed(content.size() + kSealOctets);
  const MutableByteView all(sealed);
  const auto salt = all.first(kSaltOctets);
  if (!random_private(salt)) return std::nullopt;
  const EntryKey key(secret, salt, name);
  const CipherCtx context = begin(key, true);
  int more = 0;
  const bool done = context != nullptr &&
                    transform(*context, content, all.subspan(kSaltOctets).data()) &&
                    EVP_CipherFinal_ex(context.get(), all.last(kTagOctets).data(), &more) == 1 &&
                    EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kTagOctets,
                                        all.last(kTagOctets).data()) == 1;
  ERR_clear_error();
  if (!done) return std::nullopt;
  return sealed;
}

std::optional<Bytes> unseal(ByteView secret, ByteView name, ByteView sealed) {
  if (sealed.size() < kSealOctets) return std::nullopt;
  const EntryKey key(secret, sealed.first(kSaltOctets), name);
  const CipherCtx context = begin(key, false);
  Bytes content(sealed.size() - kSealOctets);
  std::array<Byte, kTagOctets> tag{};
  std::copy_n(sealed.last(kTagOctets).begin(), kTagOctets, tag.begin());
  int more = 0;
  const bool done =
      context != nullptr &&
      transform(*context, sealed.subspan(kSaltOctets, content.size()), content.data()) &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kTagOctets, tag.data()) == 1 &&
      EVP_CipherFinal_ex(context.get(), tag.data(), &more) == 1;
  ERR_clear_error();
  if (done) return content;
  wipe(content);
  return std::nullopt;
}

Bytes private_number(EVP_PKEY& key) {
  Bytes number = number_named(key, OSSL_PKEY_PARAM_PRIV_KEY);
  if (number.empty()) number = number_named(key, OSSL_PKEY_PARAM_RSA_D);
  std::size_t size = 0;
  if (number.empty() && EVP_PKEY_get_raw_private_key(&key, nullptr, &size) == 1) {
    number.resize(size);
    if (EVP_PKEY_get_raw_private_key(&key, number.data(), &size) != 1) number.clear();
  }
  ERR_clear_error();
  return number;
}

}  // namespace tlsplus
