// SPDX-License-Identifier: Apache-2.0
//
// TicketCipher: the cipher and MAC of session tickets: AES-CBC and HMAC-SHA256 (RFC 5077 4).
// OpenSSL writes and checks a ticket's name, IV, ciphertext and MAC itself; it only asks to have
// its contexts set up. The ciphers are fetched once and not per handshake (EVP_CIPHER_fetch(3)
// takes locks and walks the providers).
#pragma once

#include <openssl/evp.h>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/base/result.h"
#include "ssl_engine/openssl/handles.h"

namespace tlsplus {

using EvpCipher = Handle<EVP_CIPHER, EVP_CIPHER_free>;

/// Immutable once fetched; any thread, and every process forked later, may use one.
class TicketCipher {
 public:
  /// Fails when the default library context lacks AES-CBC (a broken OPENSSL_CONF).
  static Result<TicketCipher> fetch();

  /// Sets both contexts up to seal and fills `iv` (16 octets, from the DRBG). Keys are 16 octets
  /// each or 32 each. False: OpenSSL refused; its queue is cleared.
  [[nodiscard]] bool start_sealing(EVP_CIPHER_CTX& cipher, EVP_MAC_CTX& mac, ByteView cipher_key,
                                   ByteView mac_key, MutableByteView iv) const noexcept;
  /// The same to open a ticket that carries `iv`.
  [[nodiscard]] bool start_opening(EVP_CIPHER_CTX& cipher, EVP_MAC_CTX& mac, ByteView cipher_key,
                                   ByteView mac_key, ByteView iv) const noexcept;

 private:
  TicketCipher(EvpCipher aes128, EvpCipher aes256)
      : aes128_(std::move(aes128)), aes256_(std::move(aes256)) {}
  [[nodiscard]] const EVP_CIPHER* cipher_for(ByteView key) const noexcept;

  EvpCipher aes128_;
  EvpCipher aes256_;
};

/// HKDF-SHA256 (RFC 5869) with an empty salt unless one is given. False: OpenSSL refused.
[[nodiscard]] bool derive_hkdf_sha256(ByteView secret, ByteView salt, ByteView info,
                                      MutableByteView out) noexcept;

}  // namespace tlsplus
