// SPDX-License-Identifier: Apache-2.0
//
// cipher_info(), group_name() and their kin: one look into the SSL each. Some of OpenSSL's getters
// are macros that take a non-const SSL; those are the functions here that do the same.
#include "ssl_engine/openssl/tls/session_info.h"

#include <openssl/comp.h>
#include <openssl/crypto.h>
#include <openssl/objects.h>
#include <openssl/opensslv.h>

#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/errors.h"

namespace tlsplus {
namespace {

std::string_view view_of(const char* text) noexcept {
  return text == nullptr ? std::string_view() : std::string_view(text);
}

/// "OpenSSL 3.0.22 25 Aug 2026" -> "OpenSSL/3.0.22"
std::string name_slash_version(std::string_view text) {
  const auto parts = words(text);
  if (parts.size() < 2) return std::string(text);
  return tlsplus::text(parts[0], '/', parts[1]);
}

std::string_view digest_name(int nid) noexcept {
  switch (nid) {
    case NID_sha1:
      return "sha1";
    case NID_sha224:
      return "sha224";
    case NID_sha256:
      return "sha256";
    case NID_sha384:
      return "sha384";
    case NID_sha512:
      return "sha512";
    default:
      return {};
  }
}

// RFC 8446 4.2.3: in the names of TLS 1.3 the digest fixes the curve; TLS 1.2 code points mean
// any curve and are registered under the same names.
std::string_view ecdsa_name(int digest) noexcept {
  switch (digest) {
    case NID_sha256:
      return "ecdsa_secp256r1_sha256";
    case NID_sha384:
      return "ecdsa_secp384r1_sha384";
    case NID_sha512:
      return "ecdsa_secp521r1_sha512";
    case NID_sha224:
      return "ecdsa_sha224";
    case NID_sha1:
      return "ecdsa_sha1";
    default:
      return {};
  }
}

/// The PSS code points tell apart which kind of RSA key signed.
bool own_key_is_pss(SSL& ssl) noexcept {
  const EVP_PKEY* key = SSL_get_privatekey(&ssl);
  return key != nullptr && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA_PSS;
}

/// In a handshake that is not done yet: the one that was chosen.
const SSL_CIPHER* cipher_of(const SSL& ssl) noexcept {
  const SSL_CIPHER* cipher = SSL_get_current_cipher(&ssl);
  return cipher != nullptr ? cipher : SSL_get_pending_cipher(&ssl);
}

}  // namespace

std::string_view protocol_name(const SSL& ssl) noexcept {
  return view_of(SSL_get_version(&ssl));
}

std::optional<CipherInfo> cipher_info(const SSL& ssl) noexcept {
  const SSL_CIPHER* cipher = cipher_of(ssl);
  if (cipher == nullptr) return std::nullopt;
  CipherInfo info;
  info.name = view_of(SSL_CIPHER_get_name(cipher));
  info.secret_bits = SSL_CIPHER_get_bits(cipher, &info.algorithm_bits);
  return info;
}

std::string_view compression_name(const SSL& ssl) noexcept {
  const COMP_METHOD* method = SSL_get_current_compression(&ssl);
  if (method == nullptr) return "NULL";
  return COMP_get_type(method) == NID_zlib_compression ? "DEFLATE" : "UNKNOWN";
}

ByteView session_id_of(const SSL& ssl) noexcept {
  const SSL_SESSION* session = SSL_get_session(&ssl);
  if (session == nullptr) return {};
  unsigned int size = 0;
  const unsigned char* id = SSL_SESSION_get_id(session, &size);
  return {id, size};
}

bool is_resumed(const SSL& ssl) noexcept {
  return SSL_session_reused(&ssl) == 1;
}

bool has_secure_renegotiation(const SSL& ssl) noexcept {
  // The macro behind SSL_get_secure_renegotiation_support() asks SSL_ctrl(), which takes a
  // non-const SSL because other questions change it.
  return SSL_get_secure_renegotiation_support(const_cast<SSL*>(&ssl)) != 0;  // NOLINT(*-const-cast)
}

std::string_view group_name(SSL& ssl) noexcept {
  const auto id = static_cast<int>(SSL_get_negotiated_group(&ssl));
  if (id == NID_undef) return {};
  const std::string_view name = view_of(SSL_group_to_name(&ssl, id));
  if (name.empty()) clear_openssl_errors();
  return name;
}

std::string signature_name(SSL& ssl) {
  const SSL_CIPHER* cipher = SSL_get_current_cipher(&ssl);
  // After a resumption OpenSSL still remembers what it would have signed with.
  if (cipher == nullptr || is_resumed(ssl)) return {};
  if (SSL_CIPHER_get_kx_nid(cipher) == NID_kx_rsa) return {};
  int type = NID_undef;
  int digest = NID_undef;
  if (SSL_get_signature_type_nid(&ssl, &type) != 1) return {};
  SSL_get_signature_nid(&ssl, &digest);
  switch (type) {
    case EVP_PKEY_ED25519:
      return "ed25519";
    case EVP_PKEY_ED448:
      return "ed448";
    case EVP_PKEY_EC:
      return std::string(ecdsa_name(digest));
    case EVP_PKEY_RSA:
      return text("rsa_pkcs1_", digest_name(digest));
    case EVP_PKEY_RSA_PSS:
      return text(own_key_is_pss(ssl) ? "rsa_pss_pss_" : "rsa_pss_rsae_", digest_name(digest));
    case EVP_PKEY_DSA:
      return text("dsa_", digest_name(digest));
    default:
      return {};
  }
}

std::string_view alpn_name(const SSL& ssl) noexcept {
  const unsigned char* name = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(&ssl, &name, &size);
  return as_text({name, size});
}

bool is_verified(const SSL& ssl) noexcept {
  return SSL_get_verify_result(&ssl) == X509_V_OK;
}

std::string_view verify_text(const SSL& ssl) noexcept {
  return view_of(X509_verify_cert_error_string(SSL_get_verify_result(&ssl)));
}

X509* peer_certificate(const SSL& ssl) noexcept {
  return SSL_get0_peer_certificate(&ssl);
}

namespace {

X509* certificate_at(const STACK_OF(X509) * chain, unsigned index) noexcept {
  if (chain == nullptr || index >= static_cast<unsigned>(sk_X509_num(chain))) return nullptr;
  return sk_X509_value(chain, static_cast<int>(index));
}

}  // namespace

X509* peer_chain_at(const SSL& ssl, unsigned index) noexcept {
  return certificate_at(SSL_get_peer_cert_chain(&ssl), index);
}

X509* verified_chain_at(const SSL& ssl, unsigned index) noexcept {
  return certificate_at(SSL_get0_verified_chain(&ssl), index);
}

std::string library_version() {
  return name_slash_version(OpenSSL_version(OPENSSL_VERSION));
}

std::string library_interface_version() {
  return name_slash_version(OPENSSL_VERSION_TEXT);
}

}  // namespace tlsplus
