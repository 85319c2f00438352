// SPDX-License-Identifier: Apache-2.0
//
// make_key(), private_key_pem(): keys by kind. OpenSSL wipes the memory of a BIO when it is freed,
// so no copy of a key stays behind here.
#include "ssl_engine/openssl/authority/new_key.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "ssl_engine/openssl/errors.h"

namespace tlsplus {
namespace {

using Pkcs8 = Handle<PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free>;
using EncryptedPkcs8 = Handle<X509_SIG, X509_SIG_free>;

// Guessing a phrase costs about a third of a second each; so does each start of the server.
constexpr int kRounds = 600'000;
constexpr int kSaltBytes = 16;
constexpr int kAnyPbes2 = -1;

bool write_key(BIO& out, PKCS8_PRIV_KEY_INFO& plain, ByteView phrase) noexcept {
  if (phrase.empty()) return PEM_write_bio_PKCS8_PRIV_KEY_INFO(&out, &plain) == 1;
  const EncryptedPkcs8 encrypted(
      PKCS8_encrypt(kAnyPbes2, EVP_aes_256_cbc(), reinterpret_cast<const char*>(phrase.data()),
                    static_cast<int>(phrase.size()), nullptr, kSaltBytes, kRounds, &plain));
  return encrypted != nullptr && PEM_write_bio_PKCS8(&out, encrypted.get()) == 1;
}

}  // namespace

Result<Pkey> make_key(const KeyKind& kind) {
  clear_openssl_errors();
  EVP_PKEY* made = nullptr;
  if (kind.type == "EC") {
    made = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", kind.group.c_str());
  } else if (kind.type == "RSA") {
    made = EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", static_cast<std::size_t>(kind.bits));
  } else {
    made = EVP_PKEY_Q_keygen(nullptr, nullptr, kind.type.c_str());
  }
  if (made == nullptr) return openssl_error("cannot make a private key");
  return Pkey(made);
}

Result<SecretBytes> private_key_pem(EVP_PKEY& key, ByteView phrase) {
  clear_openssl_errors();
  const Bio out(BIO_new(BIO_s_mem()));
  const Pkcs8 plain(EVP_PKEY2PKCS8(&key));
  if (out == nullptr || plain == nullptr || !write_key(*out, *plain, phrase)) {
    return openssl_error("cannot write the private key");
  }
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return SecretBytes(as_bytes({text, static_cast<std::size_t>(size)}));
}

}  // namespace tlsplus
