// SPDX-License-Identifier: Apache-2.0
//
// ocsp_question(), ocsp_responders(), wants_staple(): what certificates say about OCSP, and what is
// asked about them.
#include "ssl_engine/openssl/ocsp/ocsp_request.h"

#include <openssl/x509v3.h>

#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/encode.h"
#include "ssl_engine/openssl/errors.h"
#include "ssl_engine/openssl/ocsp/ocsp_handles.h"
#include "ssl_engine/openssl/random.h"

namespace tlsplus {
namespace {

constexpr std::size_t kNonceBytes = 32;  // RFC 9654 2.1: responders take 1 to 128, clients send 32
constexpr long kStatusRequest = 5;       // the extension's number (RFC 6066 1.1)

using Urls = Handle<STACK_OF(OPENSSL_STRING), X509_email_free>;
using Features = Handle<TLS_FEATURE, TLS_FEATURE_free>;

}  // namespace

Result<OcspQuestion> ocsp_question(const X509& certificate, const X509& issuer, NonceUse nonce) {
  clear_openssl_errors();
  const auto failed = [] { return openssl_error("cannot make a request about its status"); };
  OcspQuestion question;
  const OcspRequest request(OCSP_REQUEST_new());
  OcspCertId id(OCSP_cert_to_id(EVP_sha1(), &certificate, &issuer));
  if (request == nullptr || id == nullptr) return failed();
  if (OCSP_request_add0_id(request.get(), id.get()) == nullptr) return failed();
  (void)id.release();
  if (nonce != NonceUse::off) {
    question.nonce.resize(kNonceBytes);
    if (!random_private(question.nonce)) return failed();
    if (OCSP_request_add1_nonce(request.get(), question.nonce.data(),
                                static_cast<int>(question.nonce.size())) != 1) {
      return failed();
    }
  }
  const std::string der = der_of<i2d_OCSP_REQUEST>(*request);
  question.der.assign(der.begin(), der.end());
  if (question.der.empty()) return failed();
  return question;
}

std::vector<std::string> ocsp_responders(X509& certificate) {
  std::vector<std::string> responders;
  const Urls urls(X509_get1_ocsp(&certificate));
  for (int i = 0; i < sk_OPENSSL_STRING_num(urls.get()); ++i) {
    const std::string_view url = sk_OPENSSL_STRING_value(urls.get(), i);
    if (!starts_with_ignoring_case(url, "http://") && !starts_with_ignoring_case(url, "https://")) {
      continue;
    }
    responders.emplace_back(url);
  }
  clear_openssl_errors();
  return responders;
}

bool names_responder(X509& certificate) {
  const Urls urls(X509_get1_ocsp(&certificate));
  clear_openssl_errors();
  return sk_OPENSSL_STRING_num(urls.get()) > 0;
}

bool wants_staple(const X509& certificate) {
  const Features features(
      static_cast<TLS_FEATURE*>(X509_get_ext_d2i(&certificate, NID_tlsfeature, nullptr, nullptr)));
  clear_openssl_errors();
  for (int i = 0; i < sk_ASN1_INTEGER_num(features.get()); ++i) {
    if (ASN1_INTEGER_get(sk_ASN1_INTEGER_value(features.get(), i)) == kStatusRequest) return true;
  }
  return false;
}

}  // namespace tlsplus
