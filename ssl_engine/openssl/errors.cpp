// SPDX-License-Identifier: Apache-2.0
//
// openssl_error(): the queue in an operator's words. OpenSSL speaks in packed numbers; the texts
// that belong to them are its own. What we add is the next thing to try, found by library and
// reason: the names of functions, which older advice goes by, are gone since OpenSSL 3.
#include "ssl_engine/openssl/errors.h"

#include <openssl/asn1err.h>
#include <openssl/err.h>
#include <openssl/evperr.h>
#include <openssl/pemerr.h>
#include <openssl/pkcs12err.h>
#include <openssl/sslerr.h>
#include <openssl/x509err.h>

#include <array>
#include <string_view>
#include <utility>

#include "ssl_engine/base/errno_text.h"

namespace tlsplus {
namespace {

struct KnownReason {
  int library;
  int reason;
  const char* hint;
};

constexpr auto kKnownReasons = std::to_array<KnownReason>({
    {ERR_LIB_SSL, SSL_R_NO_SHARED_CIPHER,
     "compare SSLCipherSuite and the types of the certificates' keys with what the client offers"},
    {ERR_LIB_SSL, SSL_R_UNSUPPORTED_PROTOCOL, "compare SSLProtocol with what the client offers"},
    {ERR_LIB_SSL, SSL_R_NO_PROTOCOLS_AVAILABLE,
     "look at SSLProtocol and at MinProtocol in OpenSSL's configuration"},
    {ERR_LIB_SSL, SSL_R_HTTP_REQUEST, "the client spoke plain HTTP; use https:// in the URL"},
    {ERR_LIB_SSL, SSL_R_WRONG_VERSION_NUMBER, "the client did not speak TLS"},
    {ERR_LIB_SSL, SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE,
     "the client must present a certificate; see SSLVerifyClient"},
    {ERR_LIB_SSL, SSL_R_TLSV1_ALERT_UNKNOWN_CA,
     "the client does not know the CA; look at the chain that is sent"},
    {ERR_LIB_SSL, SSL_R_SSLV3_ALERT_BAD_CERTIFICATE, "the client does not like the certificate"},
    // What Java says of every certificate it does not trust.
    {ERR_LIB_SSL, SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN,
     "the client does not trust the certificate: send the whole chain, or put the CA into the "
     "client's trust store (Java: keytool -importcert)"},
    {ERR_LIB_SSL, SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE,
     "the client cannot use this kind of certificate; RSA with 2048 bits suits the oldest"},
    {ERR_LIB_SSL, SSL_R_TLSV1_ALERT_PROTOCOL_VERSION,
     "the client does not accept the version; compare SSLProtocol with what it can do"},
    {ERR_LIB_SSL, SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED, "renew the certificate"},
    {ERR_LIB_SSL, SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC,
     "bytes were changed on the way, or the client is broken"},
    {ERR_LIB_SSL, SSL_R_EE_KEY_TOO_SMALL, "use RSA with 2048 bits or more, or ECDSA P-256"},
    {ERR_LIB_SSL, SSL_R_CA_KEY_TOO_SMALL, "get a certificate from a CA with a stronger key"},
    {ERR_LIB_SSL, SSL_R_CA_MD_TOO_WEAK, "get a certificate signed with SHA-256 or better"},
    {ERR_LIB_SSL, SSL_R_DH_KEY_TOO_SMALL, "use DH parameters of 2048 bits or more, or none"},
    {ERR_LIB_PEM, PEM_R_NO_START_LINE, "the file is not PEM, or holds something else"},
    {ERR_LIB_PEM, PEM_R_BAD_DECRYPT, "the pass phrase is wrong"},
    {ERR_LIB_EVP, EVP_R_BAD_DECRYPT, "the pass phrase is wrong"},
    {ERR_LIB_PKCS12, PKCS12_R_MAC_VERIFY_FAILURE, "the pass phrase is wrong"},
    {ERR_LIB_EVP, ERR_R_UNSUPPORTED,
     "old algorithms need the legacy provider, see OSSL_PROVIDER-legacy(7)"},
    {ERR_LIB_ASN1, ASN1_R_HEADER_TOO_LONG, "the file is cut short, or not DER"},
    {ERR_LIB_X509, X509_R_KEY_VALUES_MISMATCH,
     "certificate and key do not belong together; one of the two files is the wrong one"},
});

const char* hint_for(unsigned long code) noexcept {
  for (const KnownReason& known : kKnownReasons) {
    if (ERR_GET_LIB(code) == known.library && ERR_GET_REASON(code) == known.reason) {
      return known.hint;
    }
  }
  return nullptr;
}

std::string code_reason(unsigned long code) {
  if (ERR_SYSTEM_ERROR(code)) return errno_text(ERR_GET_REASON(code));
  const char* const reason = ERR_reason_error_string(code);
  return reason != nullptr ? std::string(reason) : "OpenSSL error " + std::to_string(code);
}

}  // namespace

Error openssl_error(std::string what) {
  Error error{.what = std::move(what), .where = {}, .hint = {}, .id = 0, .cause = nullptr};
  const char* data = nullptr;
  int flags = 0;
  std::string previous;
  while (const unsigned long code = ERR_get_error_all(nullptr, nullptr, nullptr, &data, &flags)) {
    std::string reason = code_reason(code);
    if ((flags & ERR_TXT_STRING) != 0 && data != nullptr && *data != '\0') {
      reason += std::string(" (") + data + ')';
    }
    if (error.hint.empty()) {
      if (const char* const hint = hint_for(code); hint != nullptr) error.hint = hint;
    }
    // Callers inside the library often push the same reason once per level.
    if (reason == previous) continue;
    if (!error.what.empty()) error.what += previous.empty() ? ": " : "; ";
    error.what += reason;
    previous = std::move(reason);
  }
  return error;
}

unsigned long first_openssl_error() noexcept {
  return ERR_peek_error();
}

bool is_nothing_in_common_error() noexcept {
  const unsigned long code = first_openssl_error();
  if (ERR_GET_LIB(code) != ERR_LIB_SSL) return false;
  switch (ERR_GET_REASON(code)) {
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_NO_SUITABLE_KEY_SHARE:
    case SSL_R_NO_SUITABLE_GROUPS:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
    case SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS:
      return true;
    default:
      return false;
  }
}

void clear_openssl_errors() noexcept {
  ERR_clear_error();
}

}  // namespace tlsplus
