// SPDX-License-Identifier: Apache-2.0
//
// ask_client(): the callback that OpenSSL calls for each certificate; like those in callbacks.cpp
// it finds its events through the SSL.
#include "ssl_engine/openssl/tls/verify_callback.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include "ssl_engine/base/boundary.h"
#include "ssl_engine/openssl/tls/callbacks.h"

namespace tlsplus {
namespace {

ChainStep::Fault fault_of(int error) noexcept {
  switch (error) {
    case X509_V_OK:
      return ChainStep::Fault::none;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return ChainStep::Fault::self_signed;
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_UNTRUSTED:
      return ChainStep::Fault::issuer_unknown;
    case X509_V_ERR_UNABLE_TO_GET_CRL:
      return ChainStep::Fault::crl_missing;
    case X509_V_ERR_CRL_HAS_EXPIRED:
      return ChainStep::Fault::crl_expired;
    case X509_V_ERR_CRL_NOT_YET_VALID:
    case X509_V_ERR_CRL_SIGNATURE_FAILURE:
    case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
    case X509_V_ERR_KEYUSAGE_NO_CRL_SIGN:
      return ChainStep::Fault::crl_useless;
    case X509_V_ERR_CERT_REVOKED:
      return ChainStep::Fault::revoked;
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return ChainStep::Fault::outside_dates;
    case X509_V_ERR_INVALID_PURPOSE:
      return ChainStep::Fault::wrong_purpose;
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
    case X509_V_ERR_CA_MD_TOO_WEAK:
      return ChainStep::Fault::too_weak;
    case X509_V_ERR_CERT_CHAIN_TOO_LONG:
      return ChainStep::Fault::too_deep;
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
      return ChainStep::Fault::other_key;
    case X509_V_ERR_INVALID_CA:
    case X509_V_ERR_PATH_LENGTH_EXCEEDED:
    case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
      return ChainStep::Fault::no_authority;
    default:
      return ChainStep::Fault::other;
  }
}

int carry_out(ChainVerdict verdict, X509_STORE_CTX& walk) noexcept {
  switch (verdict) {
    case ChainVerdict::accept:
      return 1;
    case ChainVerdict::accept_and_clear:
      X509_STORE_CTX_set_error(&walk, X509_V_OK);
      return 1;
    case ChainVerdict::refuse:
      return 0;
    case ChainVerdict::refuse_too_deep:
      X509_STORE_CTX_set_error(&walk, X509_V_ERR_CERT_CHAIN_TOO_LONG);
      return 0;
    case ChainVerdict::refuse_revoked:
      X509_STORE_CTX_set_error(&walk, X509_V_ERR_CERT_REVOKED);
      return 0;
    case ChainVerdict::refuse_unproved:
      X509_STORE_CTX_set_error(&walk, X509_V_ERR_APPLICATION_VERIFICATION);
      return 0;
    case ChainVerdict::refuse_obsolete:
      // Any error OpenSSL has no alert of its own for is told as certificate_unknown.
      X509_STORE_CTX_set_error(&walk, X509_V_ERR_DIFFERENT_CRL_SCOPE);
      return 0;
  }
  return 0;
}

SSL* ssl_of(X509_STORE_CTX& walk) noexcept {
  return static_cast<SSL*>(X509_STORE_CTX_get_ex_data(&walk, SSL_get_ex_data_X509_STORE_CTX_idx()));
}

extern "C" {

static int tlsplus_verify(int is_fine, X509_STORE_CTX* walk) noexcept {
  SSL* const ssl = ssl_of(*walk);
  if (ssl == nullptr) return 0;
  TlsEvents& events = events_of(*ssl);
  return at_boundary(events.log(), "verify", 0, [&] {
    // A step that is fine may still carry the error of one before that was let through.
    const int error = is_fine == 1 ? X509_V_OK : X509_STORE_CTX_get_error(walk);
    // None in a handshake; see passes_again().
    const auto* judge = static_cast<const ChainJudge*>(X509_STORE_CTX_get_app_data(walk));
    const ChainStep step{.fault = is_fine == 1         ? ChainStep::Fault::none
                                  : error == X509_V_OK ? ChainStep::Fault::other
                                                       : fault_of(error),
                         .depth = X509_STORE_CTX_get_error_depth(walk),
                         .certificate = X509_STORE_CTX_get_current_cert(walk),
                         .reason = X509_verify_cert_error_string(error),
                         .chain = X509_STORE_CTX_get0_chain(walk)};
    return carry_out(judge != nullptr ? (*judge)(step) : events.judge(step), *walk);
  });
}

}  // extern "C"

/// Whether the result is the same for each connection with these settings. It is not where a
/// revocation list has a say, which ends or is replaced; nor where another module has made the
/// verification of this connection its own.
bool can_be_remembered(const SSL& ssl, X509_STORE_CTX& walk) {
  X509_VERIFY_PARAM* const rules = X509_STORE_CTX_get0_param(&walk);
  const LibraryMemory<char> address(X509_VERIFY_PARAM_get1_ip_asc(rules));
  return (X509_VERIFY_PARAM_get_flags(rules) & X509_V_FLAG_CRL_CHECK) == 0 && address == nullptr &&
         X509_VERIFY_PARAM_get0_host(rules, 0) == nullptr &&
         X509_VERIFY_PARAM_get0_email(rules) == nullptr &&
         SSL_get_verify_callback(&ssl) == sealed(tlsplus_verify);
}

Fingerprint digest_of_shown(X509_STORE_CTX& walk) {
  Bytes all;
  const auto add = [&](const X509* certificate) {
    const Fingerprint digest =
        certificate == nullptr ? Fingerprint{} : fingerprint_of(*certificate);
    all.insert(all.end(), digest.begin(), digest.end());
  };
  add(X509_STORE_CTX_get0_cert(&walk));
  const STACK_OF(X509)* const others = X509_STORE_CTX_get0_untrusted(&walk);
  for (int i = 0; i < sk_X509_num(others); ++i) add(sk_X509_value(others, i));
  return sha256(all);
}

int verify_server(ClientEvents& events, X509_STORE_CTX& walk, const SSL& ssl) {
  if (!can_be_remembered(ssl, walk)) return X509_verify_cert(&walk);
  const Fingerprint shown = digest_of_shown(walk);
  if (CertChain known = events.verified_chain(shown)) {
    X509_STORE_CTX_set0_verified_chain(&walk, known.release());
    X509_STORE_CTX_set_error(&walk, X509_V_OK);
    return 1;
  }
  const int is_fine = X509_verify_cert(&walk);
  if (is_fine == 1 && X509_STORE_CTX_get_error(&walk) == X509_V_OK) {
    events.on_verified(shown, CertChain(X509_STORE_CTX_get1_chain(&walk)));
  }
  return is_fine;
}

extern "C" {

static int tlsplus_verify_server(X509_STORE_CTX* walk, void*) noexcept {
  SSL* const ssl = ssl_of(*walk);
  if (ssl == nullptr) return 0;
  auto& events = static_cast<ClientEvents&>(events_of(*ssl));
  return at_boundary(events.log(), "verify_server", 0,
                     [&] { return verify_server(events, *walk, *ssl); });
}

}  // extern "C"

int flags_of(AskClient ask) noexcept {
  switch (ask) {
    case AskClient::no:
      return SSL_VERIFY_NONE;
    case AskClient::yes:
      return SSL_VERIFY_PEER;
    case AskClient::insist:
      return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  }
  return SSL_VERIFY_NONE;
}

}  // namespace

X509* certificate_at(const ChainStep& step, int depth) noexcept {
  return step.chain != nullptr && depth < sk_X509_num(step.chain) ? sk_X509_value(step.chain, depth)
                                                                  : nullptr;
}

void ask_client(SSL_CTX& context, AskClient ask, X509_STORE* store,
                const STACK_OF(X509_NAME) * names) noexcept {
  SSL_CTX_set_verify(&context, flags_of(ask), sealed(tlsplus_verify));
  // Not set1_verify_cert_store: SSLOpenSSLConfCmd VerifyCAFile would add to a store others share.
  if (store != nullptr) SSL_CTX_set1_cert_store(&context, store);
  if (names != nullptr) SSL_CTX_set_client_CA_list(&context, SSL_dup_CA_list(names));
}

void ask_client(SSL& ssl, AskClient ask, X509_STORE* store,
                const STACK_OF(X509_NAME) * names) noexcept {
  SSL_set_verify(&ssl, flags_of(ask), sealed(tlsplus_verify));
  if (store != nullptr) SSL_set1_verify_cert_store(&ssl, store);
  if (names != nullptr) SSL_set_client_CA_list(&ssl, SSL_dup_CA_list(names));
}

void verify_servers(SSL_CTX& context) noexcept {
  SSL_CTX_set_cert_verify_callback(&context, sealed(tlsplus_verify_server), nullptr);
}

void hold_against(SSL& ssl, X509_STORE& store) noexcept {
  SSL_CTX* const context = SSL_get_SSL_CTX(&ssl);
  X509_STORE* by_command = nullptr;
  (void)SSL_CTX_get0_verify_cert_store(context, &by_command);
  if (by_command != nullptr || SSL_CTX_get_cert_store(context) == &store) return;
  SSL_set1_verify_cert_store(&ssl, &store);
}

// As OpenSSL sets the walk up in a handshake: X509_STORE_CTX_set_default(3), SSL_get0_param(3).
bool passes_again(SSL& ssl, X509& certificate, STACK_OF(X509) * others, X509_STORE& store,
                  const ChainJudge& judge) noexcept {
  const Handle<X509_STORE_CTX, X509_STORE_CTX_free> walk(X509_STORE_CTX_new());
  if (walk == nullptr || X509_STORE_CTX_init(walk.get(), &store, &certificate, others) != 1) {
    return false;
  }
  X509_VERIFY_PARAM* rules = X509_STORE_CTX_get0_param(walk.get());
  X509_VERIFY_PARAM_set_auth_level(rules, SSL_get_security_level(&ssl));
  const bool is_set_up =
      X509_STORE_CTX_set_ex_data(walk.get(), SSL_get_ex_data_X509_STORE_CTX_idx(), &ssl) == 1 &&
      // The walk only reads it.
      X509_STORE_CTX_set_app_data(walk.get(), const_cast<ChainJudge*>(&judge)) == 1 &&  // NOLINT
      X509_STORE_CTX_set_default(walk.get(), "ssl_client") == 1 &&
      X509_VERIFY_PARAM_set1(rules, SSL_get0_param(&ssl)) == 1;
  if (!is_set_up) return false;
  X509_STORE_CTX_set_verify_cb(walk.get(), sealed(tlsplus_verify));
  const bool passes = X509_verify_cert(walk.get()) == 1;
  ERR_clear_error();
  return passes;
}

void forgive(SSL& ssl) noexcept {
  SSL_set_verify_result(&ssl, X509_V_OK);
}

}  // namespace tlsplus
