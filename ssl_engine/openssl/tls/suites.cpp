// SPDX-License-Identifier: Apache-2.0
//
// suites_for(), can_use(): a context asked. Questions are put to a scratch SSL of the context: it
// costs a microsecond, and the answer is the one a handshake would get.
#include "ssl_engine/openssl/tls/suites.h"

#include <openssl/err.h>

#include <utility>

#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/errors.h"

namespace tlsplus {
namespace {

void free_suites(STACK_OF(SSL_CIPHER) * suites) noexcept {
  sk_SSL_CIPHER_free(suites);  // the members are the library's
}

using Suites = Handle<STACK_OF(SSL_CIPHER), free_suites>;

Suite::Proof proof_of(const SSL_CIPHER& cipher) noexcept {
  switch (SSL_CIPHER_get_auth_nid(&cipher)) {
    case NID_auth_any:
      return Suite::Proof::any;
    case NID_auth_rsa:
      return Suite::Proof::rsa;
    case NID_auth_ecdsa:
      return Suite::Proof::ecdsa;
    case NID_auth_dss:
      return Suite::Proof::dsa;
    default:
      return Suite::Proof::none;
  }
}

Suite suite_of(const SSL_CIPHER& cipher) {
  const int exchange = SSL_CIPHER_get_kx_nid(&cipher);
  return {SSL_CIPHER_get_name(&cipher),
          proof_of(cipher),
          exchange == NID_kx_rsa || exchange == NID_kx_rsa_psk,
          exchange == NID_kx_srp,
          exchange == NID_kx_ecdhe,
          SSL_CIPHER_get_bits(&cipher, nullptr)};
}

// A context that nothing holds back; null without memory.
SslCtx lenient_context(const std::string& list) {
  clear_openssl_errors();
  SslCtx context(SSL_CTX_new(TLS_server_method()));
  if (context == nullptr) return nullptr;
  SSL_CTX_set_security_level(context.get(), 0);
  const bool selects = SSL_CTX_set_cipher_list(context.get(), list.c_str()) == 1;
  clear_openssl_errors();
  return selects ? std::move(context) : nullptr;
}

Acceptance::Verdict verdict_of(unsigned long code) noexcept {
  if (ERR_GET_LIB(code) != ERR_LIB_SSL) return Acceptance::Verdict::refused;
  switch (ERR_GET_REASON(code)) {
    case SSL_R_EE_KEY_TOO_SMALL:
    case SSL_R_CA_KEY_TOO_SMALL:
      return Acceptance::Verdict::key_too_weak;
    case SSL_R_CA_MD_TOO_WEAK:
      return Acceptance::Verdict::signature_too_weak;
    case SSL_R_UNKNOWN_CERTIFICATE_TYPE:
      return Acceptance::Verdict::unsupported;
    default:
      return Acceptance::Verdict::refused;
  }
}

}  // namespace

std::vector<Suite> suites_for(SSL_CTX& context, std::uint16_t version) {
  std::vector<Suite> suites;
  const Ssl ssl(SSL_new(&context));
  const long lowest = ssl == nullptr ? 0 : SSL_get_min_proto_version(ssl.get());
  const long highest = ssl == nullptr ? 0 : SSL_get_max_proto_version(ssl.get());
  // The signatures of these versions (MD5 with SHA-1) are below every security level but 0, which
  // OpenSSL notices in the middle of a handshake only (SSL_CTX_set_security_level(3)).
  const bool is_too_old =
      ssl != nullptr && version <= TLS1_1_VERSION && SSL_get_security_level(ssl.get()) > 0;
  const bool in_range =
      !is_too_old && (lowest == 0 || version >= lowest) && (highest == 0 || version <= highest);
  if (ssl != nullptr && in_range && SSL_set_min_proto_version(ssl.get(), version) == 1 &&
      SSL_set_max_proto_version(ssl.get(), version) == 1) {
    const Suites supported(SSL_get1_supported_ciphers(ssl.get()));
    for (int i = 0; i < sk_SSL_CIPHER_num(supported.get()); ++i) {
      suites.push_back(suite_of(*sk_SSL_CIPHER_value(supported.get(), i)));
    }
  }
  clear_openssl_errors();
  return suites;
}

std::vector<Suite> suites_in(SSL& ssl, ByteView list) {
  constexpr unsigned kRenegotiationSignal = 0x00ff;  // RFC 5746 3.3
  constexpr unsigned kFallbackSignal = 0x5600;       // RFC 7507
  std::vector<Suite> suites;
  for (; list.size() >= 2; list = list.subspan(2)) {
    const unsigned number = static_cast<unsigned>(list[0]) << 8U | list[1];
    if (number == kRenegotiationSignal || number == kFallbackSignal) continue;
    const SSL_CIPHER* const cipher = SSL_CIPHER_find(&ssl, list.data());
    suites.push_back(cipher != nullptr ? suite_of(*cipher)
                                       : Suite{"0x" + hex(list.first(2)), Suite::Proof::none, false,
                                               false, false, 0});
  }
  return suites;
}

bool can_use(const Suite& suite, std::string_view key_type) noexcept {
  switch (suite.proof) {
    case Suite::Proof::any:
      return key_type != "DSA";
    case Suite::Proof::rsa:
      return key_type == "RSA" || (key_type == "RSA-PSS" && !suite.rsa_key_exchange);
    case Suite::Proof::ecdsa:
      return key_type == "EC" || key_type == "ED25519" || key_type == "ED448";
    case Suite::Proof::dsa:
      return key_type == "DSA";
    case Suite::Proof::none:
      break;
  }
  return suite.is_srp;  // whoever knows the password is the server
}

bool selects_any_suite(const std::string& list) {
  return lenient_context(list) != nullptr;
}

std::vector<std::string> unprotected_suites_in(const std::string& list) {
  std::vector<std::string> names;
  const SslCtx context = lenient_context(list);
  if (context == nullptr) return names;
  const STACK_OF(SSL_CIPHER)* const ciphers = SSL_CTX_get_ciphers(context.get());
  for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); ++i) {
    const SSL_CIPHER* const cipher = sk_SSL_CIPHER_value(ciphers, i);
    if (SSL_CIPHER_get_auth_nid(cipher) == NID_auth_null ||
        SSL_CIPHER_get_bits(cipher, nullptr) == 0) {
      names.emplace_back(SSL_CIPHER_get_name(cipher));
    }
  }
  return names;
}

Acceptance try_certificate(SSL_CTX& context, X509& leaf, STACK_OF(X509) & chain, EVP_PKEY* key) {
  clear_openssl_errors();
  const Ssl ssl(SSL_new(&context));
  if (ssl == nullptr) return {Acceptance::Verdict::refused, openssl_error("no scratch SSL").what};
  const bool accepted = key != nullptr ? SSL_use_cert_and_key(ssl.get(), &leaf, key, &chain, 1) == 1
                                       : SSL_use_certificate(ssl.get(), &leaf) == 1 &&
                                             SSL_set1_chain(ssl.get(), &chain) == 1;
  if (accepted) return {};
  const auto verdict = verdict_of(first_openssl_error());
  return {verdict, openssl_error("OpenSSL says").what};
}

}  // namespace tlsplus
