// SPDX-License-Identifier: Apache-2.0
//
// TicketCipher: EVP calls for ticket keys. OpenSSL fetches the MAC itself before it asks us; what
// is left to us is its key and digest.
#include "ssl_engine/openssl/tls/ticket_cipher.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <array>

#include "ssl_engine/openssl/errors.h"
#include "ssl_engine/openssl/random.h"

namespace tlsplus {
namespace {

using EvpKdf = Handle<EVP_KDF, EVP_KDF_free>;
using EvpKdfCtx = Handle<EVP_KDF_CTX, EVP_KDF_CTX_free>;

constexpr std::size_t kAes128KeyBytes = 16;
constexpr std::size_t kAes256KeyBytes = 32;
constexpr std::size_t kIvBytes = 16;

// OSSL_PARAM has no const; the library copies what it is given here.
OSSL_PARAM octets(const char* name, ByteView value) noexcept {
  return OSSL_PARAM_construct_octet_string(name, const_cast<Byte*>(value.data()), value.size());
}

std::array<char, 7> sha256_name() noexcept {
  return {'S', 'H', 'A', '2', '5', '6', '\0'};
}

bool key_mac(EVP_MAC_CTX& mac, ByteView key) noexcept {
  auto digest = sha256_name();
  const std::array<OSSL_PARAM, 3> params{
      octets(OSSL_MAC_PARAM_KEY, key),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
      OSSL_PARAM_construct_end()};
  return EVP_MAC_CTX_set_params(&mac, params.data()) == 1;
}

bool settled(bool succeeded) noexcept {
  if (!succeeded) ERR_clear_error();
  return succeeded;
}

}  // namespace

Result<TicketCipher> TicketCipher::fetch() {
  clear_openssl_errors();
  EvpCipher aes128(EVP_CIPHER_fetch(nullptr, "AES-128-CBC", nullptr));
  EvpCipher aes256(EVP_CIPHER_fetch(nullptr, "AES-256-CBC", nullptr));
  if (aes128 == nullptr || aes256 == nullptr) {
    return openssl_error("AES-CBC for session tickets is not available");
  }
  return TicketCipher(std::move(aes128), std::move(aes256));
}

const EVP_CIPHER* TicketCipher::cipher_for(ByteView key) const noexcept {
  if (key.size() == kAes128KeyBytes) return aes128_.get();
  return key.size() == kAes256KeyBytes ? aes256_.get() : nullptr;
}

bool TicketCipher::start_sealing(EVP_CIPHER_CTX& cipher, EVP_MAC_CTX& mac, ByteView cipher_key,
                                 ByteView mac_key, MutableByteView iv) const noexcept {
  const EVP_CIPHER* aes = cipher_for(cipher_key);
  return settled(aes != nullptr && iv.size() == kIvBytes && random_private(iv) &&
                 EVP_EncryptInit_ex(&cipher, aes, nullptr, cipher_key.data(), iv.data()) == 1 &&
                 key_mac(mac, mac_key));
}

bool TicketCipher::start_opening(EVP_CIPHER_CTX& cipher, EVP_MAC_CTX& mac, ByteView cipher_key,
                                 ByteView mac_key, ByteView iv) const noexcept {
  const EVP_CIPHER* aes = cipher_for(cipher_key);
  return settled(aes != nullptr && iv.size() == kIvBytes &&
                 EVP_DecryptInit_ex(&cipher, aes, nullptr, cipher_key.data(), iv.data()) == 1 &&
                 key_mac(mac, mac_key));
}

bool derive_hkdf_sha256(ByteView secret, ByteView salt, ByteView info,
                        MutableByteView out) noexcept {
  const EvpKdf kdf(EVP_KDF_fetch(nullptr, "HKDF", nullptr));
  const EvpKdfCtx context(kdf == nullptr ? nullptr : EVP_KDF_CTX_new(kdf.get()));
  if (context == nullptr) return settled(false);
  auto digest = sha256_name();
  std::array<OSSL_PARAM, 5> params{};
  std::size_t used = 0;
  params[used++] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0);
  params[used++] = octets(OSSL_KDF_PARAM_KEY, secret);
  params[used++] = octets(OSSL_KDF_PARAM_INFO, info);
  if (!salt.empty()) params[used++] = octets(OSSL_KDF_PARAM_SALT, salt);
  params[used] = OSSL_PARAM_construct_end();
  return settled(EVP_KDF_derive(context.get(), out.data(), out.size(), params.data()) == 1);
}

}  // namespace tlsplus
