// SPDX-License-Identifier: Apache-2.0
//
// faults_of(): a chain walked by OpenSSL's own verification. The walk goes on after each fault (the
// callback says so), and OpenSSL then reports consequences of the first fault as further ones;
// those are left out.
#include "ssl_engine/openssl/tls/chain_report.h"

#include <arpa/inet.h>
#include <openssl/ocsp.h>
#include <openssl/tls1.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <array>
#include <utility>

#include "ssl_engine/openssl/errors.h"
#include "ssl_engine/openssl/tls/session_info.h"
#include "ssl_engine/openssl/x509/x509.h"

namespace tlsplus {
namespace {

using StoreCtx = Handle<X509_STORE_CTX, X509_STORE_CTX_free>;
using OcspResponse = Handle<OCSP_RESPONSE, OCSP_RESPONSE_free>;
using OcspBasic = Handle<OCSP_BASICRESP, OCSP_BASICRESP_free>;
using OcspId = Handle<OCSP_CERTID, OCSP_CERTID_free>;

inline void free_stack_only(STACK_OF(X509) * chain) noexcept {
  sk_X509_free(chain);
}
using BorrowedChain = Handle<STACK_OF(X509), free_stack_only>;

inline void free_features(STACK_OF(ASN1_INTEGER) * features) noexcept {
  sk_ASN1_INTEGER_pop_free(features, ASN1_INTEGER_free);
}
using Features = Handle<STACK_OF(ASN1_INTEGER), free_features>;

// Plain memory: the callback must neither throw nor allocate.
struct Noted {
  struct Entry {
    int error = X509_V_OK;
    int depth = 0;
    X509* certificate = nullptr;
  };
  std::array<Entry, 16> entries{};
  std::size_t count = 0;
};

extern "C" {

static int tlsplus_note_fault(int is_fine, X509_STORE_CTX* walk) noexcept {
  auto* const noted = static_cast<Noted*>(X509_STORE_CTX_get_app_data(walk));
  if (is_fine == 0 && noted != nullptr && noted->count < noted->entries.size()) {
    noted->entries[noted->count++] = {X509_STORE_CTX_get_error(walk),
                                      X509_STORE_CTX_get_error_depth(walk),
                                      X509_STORE_CTX_get_current_cert(walk)};
  }
  return 1;
}

}  // extern "C"

ChainFault::Kind kind_of(int error) noexcept {
  switch (error) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
      return ChainFault::Kind::issuer_missing;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return ChainFault::Kind::self_signed;
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return ChainFault::Kind::unknown_root;
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return ChainFault::Kind::expired;
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return ChainFault::Kind::not_yet_valid;
    case X509_V_ERR_INVALID_PURPOSE:
      return ChainFault::Kind::not_for_servers;
    default:
      return ChainFault::Kind::other;
  }
}

bool is_consequence(int error) noexcept {
  return error == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE || error == X509_V_ERR_CERT_UNTRUSTED;
}

BorrowedChain borrowed(const std::vector<Cert>& certificates) {
  BorrowedChain chain(sk_X509_new_null());
  for (const Cert& cert : certificates) {
    if (chain != nullptr) (void)sk_X509_push(chain.get(), cert.get());
  }
  return chain;
}

StoreCtx walk_over(X509& leaf, STACK_OF(X509) & others, X509_STORE& trusted, Noted& noted) {
  StoreCtx walk(X509_STORE_CTX_new());
  if (walk == nullptr || X509_STORE_CTX_init(walk.get(), &trusted, &leaf, &others) != 1) {
    return nullptr;
  }
  X509_STORE_CTX_set_app_data(walk.get(), &noted);
  X509_STORE_CTX_set_verify_cb(walk.get(), &tlsplus_note_fault);
  (void)X509_STORE_CTX_set_default(walk.get(), "ssl_server");
  (void)X509_verify_cert(walk.get());
  return walk;
}

OcspId id_of(const std::vector<Cert>& sent, X509_STORE& trusted) {
  Cert issuer;
  if (sent.size() > 1) {
    issuer = share(*sent[1]);
  } else {
    const StoreCtx search(X509_STORE_CTX_new());
    X509* found = nullptr;
    if (search != nullptr &&
        X509_STORE_CTX_init(search.get(), &trusted, sent[0].get(), nullptr) == 1 &&
        X509_STORE_CTX_get1_issuer(&found, search.get(), sent[0].get()) == 1) {
      issuer.reset(found);
    }
  }
  if (issuer == nullptr) return nullptr;
  return OcspId(OCSP_cert_to_id(nullptr, sent[0].get(), issuer.get()));
}

StapleView view_of(OCSP_BASICRESP& basic, const std::vector<Cert>& sent, X509_STORE& trusted) {
  StapleView view;
  const BorrowedChain chain = borrowed(sent);
  if (OCSP_basic_verify(&basic, chain.get(), &trusted, 0) != 1) {
    view.status = StapleView::Status::badly_signed;
    return view;
  }
  const OcspId id = id_of(sent, trusted);
  int status = V_OCSP_CERTSTATUS_UNKNOWN;
  ASN1_GENERALIZEDTIME* from = nullptr;
  ASN1_GENERALIZEDTIME* until = nullptr;
  // Some responders name the issuer by another digest than SHA-1; with one entry there is no doubt.
  const int at = id == nullptr ? -1 : OCSP_resp_find(&basic, id.get(), -1);
  OCSP_SINGLERESP* const single = at >= 0 ? OCSP_resp_get0(&basic, at) : nullptr;
  if (single == nullptr) {
    view.status = StapleView::Status::not_ours;
    return view;
  }
  status = OCSP_single_get0_status(single, nullptr, nullptr, &from, &until);
  view.status = status == V_OCSP_CERTSTATUS_GOOD      ? StapleView::Status::good
                : status == V_OCSP_CERTSTATUS_REVOKED ? StapleView::Status::revoked
                                                      : StapleView::Status::unknown;
  view.from = moment_of(from).value_or(WallTime{});
  view.until = moment_of(until);
  return view;
}

}  // namespace

std::vector<Cert> sent_by_server(const SSL& ssl) {
  std::vector<Cert> sent;
  for (unsigned i = 0; X509* const cert = peer_chain_at(ssl, i); ++i) sent.push_back(share(*cert));
  // A resumed session remembers the leaf alone.
  if (sent.empty()) {
    if (X509* const leaf = peer_certificate(ssl); leaf != nullptr) sent.push_back(share(*leaf));
  }
  return sent;
}

Result<X509Store> trusted_authorities(const std::string& file) {
  clear_openssl_errors();
  X509Store store(X509_STORE_new());
  const bool fine =
      store != nullptr && (file.empty() ? X509_STORE_set_default_paths(store.get()) == 1
                                        : X509_STORE_load_file(store.get(), file.c_str()) == 1);
  if (!fine) return openssl_error("cannot read the authorities to trust");
  return store;
}

std::vector<ChainFault> faults_of(const std::vector<Cert>& sent, X509_STORE& trusted) {
  std::vector<ChainFault> faults;
  Noted noted;
  const BorrowedChain others = borrowed(sent);
  const StoreCtx walk = walk_over(*sent[0], *others, trusted, noted);
  for (std::size_t i = 0; i < noted.count; ++i) {
    const Noted::Entry& entry = noted.entries[i];
    if (is_consequence(entry.error) && !faults.empty()) continue;
    faults.push_back({kind_of(entry.error), entry.depth,
                      share(entry.certificate != nullptr ? *entry.certificate : *sent[0]),
                      X509_verify_cert_error_string(entry.error)});
  }
  if (walk == nullptr) {
    faults.push_back({ChainFault::Kind::other, 0, share(*sent[0]),
                      openssl_error("the chain could not be verified").what});
  }
  clear_openssl_errors();
  return faults;
}

Cert anchor_of(const std::vector<Cert>& sent, X509_STORE& trusted) {
  Noted noted;
  const BorrowedChain others = borrowed(sent);
  const StoreCtx walk = walk_over(*sent[0], *others, trusted, noted);
  clear_openssl_errors();
  const STACK_OF(X509)* const chain =
      walk == nullptr ? nullptr : X509_STORE_CTX_get0_chain(walk.get());
  if (sk_X509_num(chain) <= 0) return nullptr;
  return share(*sk_X509_value(chain, sk_X509_num(chain) - 1));
}

bool is_for_host(X509& leaf, const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> octets{};
  const bool is_address = inet_pton(AF_INET, host.c_str(), octets.data()) == 1 ||
                          inet_pton(AF_INET6, host.c_str(), octets.data()) == 1;
  const bool is = is_address ? X509_check_ip_asc(&leaf, host.c_str(), 0) == 1
                             : X509_check_host(&leaf, host.data(), host.size(),
                                               X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, nullptr) == 1;
  clear_openssl_errors();
  return is;
}

bool must_be_stapled(X509& leaf) {
  const Features features(static_cast<STACK_OF(ASN1_INTEGER)*>(
      X509_get_ext_d2i(&leaf, NID_tlsfeature, nullptr, nullptr)));
  for (int i = 0; i < sk_ASN1_INTEGER_num(features.get()); ++i) {
    if (ASN1_INTEGER_get(sk_ASN1_INTEGER_value(features.get(), i)) == TLSEXT_TYPE_status_request) {
      return true;
    }
  }
  return false;
}

StapleView staple_of(SSL& ssl, const std::vector<Cert>& sent, X509_STORE& trusted) {
  clear_openssl_errors();
  StapleView view;
  const unsigned char* der = nullptr;
  const long size = SSL_get_tlsext_status_ocsp_resp(&ssl, &der);
  if (size <= 0 || der == nullptr) return view;
  const OcspResponse response(d2i_OCSP_RESPONSE(nullptr, &der, size));
  if (response == nullptr) {
    view.status = StapleView::Status::unreadable;
    view.reason = openssl_error("it is no OCSP response").what;
    return view;
  }
  if (const int status = OCSP_response_status(response.get());
      status != OCSP_RESPONSE_STATUS_SUCCESSFUL) {
    view.status = StapleView::Status::unreadable;
    view.reason = OCSP_response_status_str(status);
    return view;
  }
  const OcspBasic basic(OCSP_response_get1_basic(response.get()));
  if (basic == nullptr || sent.empty()) {
    view.status = StapleView::Status::unreadable;
    view.reason = openssl_error("it is no basic OCSP response").what;
    return view;
  }
  view = view_of(*basic, sent, trusted);
  clear_openssl_errors();
  return view;
}

}  // namespace tlsplus
