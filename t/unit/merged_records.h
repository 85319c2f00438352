// SPDX-License-Identifier: Apache-2.0
//
// A client's flight of TLS 1.3 as some write it and OpenSSL does not: all its messages in one
// record. For that the records are opened with the secret that the client logs, and what is in them
// is sealed again.
#pragma once

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <string>

#include "ssl_engine/base/bytes.h"
#include "t/unit/unit.h"

namespace tlsplus::test {

/// HKDF-Expand-Label without a context (RFC 8446 7.1), SHA-256.
inline Bytes expand_label(ByteView secret, const std::string& label, std::size_t size) {
  const std::string name = "tls13 " + label;
  Bytes info{0, static_cast<Byte>(size), static_cast<Byte>(name.size())};
  info.insert(info.end(), name.begin(), name.end());
  info.push_back(0);
  int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
  std::string digest = "SHA256";
  OSSL_PARAM wanted[] = {
      OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, const_cast<Byte*>(secret.data()),
                                        secret.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info.data(), info.size()),
      OSSL_PARAM_construct_end()};
  EVP_KDF* kdf = EVP_KDF_fetch(nullptr, "HKDF", nullptr);
  EVP_KDF_CTX* context = EVP_KDF_CTX_new(kdf);
  Bytes key(size);
  ck_assert_int_eq(EVP_KDF_derive(context, key.data(), key.size(), wanted), 1);
  EVP_KDF_CTX_free(context);
  EVP_KDF_free(kdf);
  return key;
}

/// TLS_AES_128_GCM_SHA256 under one traffic secret.
class RecordKey {
 public:
  explicit RecordKey(ByteView secret)
      : key_(expand_label(secret, "key", 16)), iv_(expand_label(secret, "iv", 12)) {}

  /// The plaintext of record number `number`, or its ciphertext with the tag.
  Bytes run(bool seal, unsigned number, ByteView head, ByteView text) const {
    constexpr std::size_t kTag = 16;
    Bytes iv = iv_;
    iv.back() ^= static_cast<Byte>(number);
    EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
    const auto size = static_cast<int>(seal ? text.size() : text.size() - kTag);
    Bytes result(static_cast<std::size_t>(size) + (seal ? kTag : 0));
    int done = 0;
    EVP_CipherInit_ex(context, EVP_aes_128_gcm(), nullptr, key_.data(), iv.data(), seal ? 1 : 0);
    EVP_CipherUpdate(context, nullptr, &done, head.data(), static_cast<int>(head.size()));
    EVP_CipherUpdate(context, result.data(), &done, text.data(), size);
    if (seal) {
      EVP_CipherFinal_ex(context, nullptr, &done);
      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, kTag, result.data() + size);
    } else {
      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, kTag,
                          const_cast<Byte*>(text.data()) + size);
      ck_assert_int_eq(EVP_CipherFinal_ex(context, nullptr, &done), 1);
    }
    EVP_CIPHER_CTX_free(context);
    return result;
  }

 private:
  Bytes key_;
  Bytes iv_;
};

/// `flight` with all that is under `secret` in one record; what is in plaintext comes first.
inline Bytes merged(ByteView flight, ByteView secret) {
  constexpr std::size_t kHead = 5;
  constexpr Byte kEncrypted = 23;
  constexpr Byte kHandshake = 22;
  const RecordKey key(secret);
  Bytes plain;
  Bytes messages;
  for (unsigned number = 0; !flight.empty();) {
    const std::size_t size = static_cast<std::size_t>(flight[3]) << 8U | flight[4];
    const ByteView record = flight.first(kHead + size);
    flight = flight.subspan(record.size());
    if (record[0] != kEncrypted) {
      plain.insert(plain.end(), record.begin(), record.end());
      continue;
    }
    const Bytes inner = key.run(false, number++, record.first(kHead), record.subspan(kHead));
    ck_assert_uint_eq(inner.back(), kHandshake);
    messages.insert(messages.end(), inner.begin(), inner.end() - 1);
  }
  messages.push_back(kHandshake);
  const std::size_t size = messages.size() + 16;
  const Bytes head{kEncrypted, 3, 3, static_cast<Byte>(size >> 8U), static_cast<Byte>(size)};
  const Bytes sealed = key.run(true, 0, head, messages);
  plain.insert(plain.end(), head.begin(), head.end());
  plain.insert(plain.end(), sealed.begin(), sealed.end());
  return plain;
}

}  // namespace tlsplus::test
