// SPDX-License-Identifier: Apache-2.0
//
// OCSP answers of any kind, made with the OpenSSL API alone, for tests of what judges and keeps
// them.
#pragma once

#include <openssl/ocsp.h>

#include "ssl_engine/base/bytes.h"
#include "t/unit/test_certs.h"

namespace tlsplus::test {

struct OcspOrder {
  const Identity* about = nullptr;   // whose certificate
  const Identity* issuer = nullptr;  // of it
  const Identity* signer = nullptr;  // null: the issuer
  int response_status = OCSP_RESPONSE_STATUS_SUCCESSFUL;
  int status = V_OCSP_CERTSTATUS_GOOD;
  int reason = OCSP_REVOKED_STATUS_NOSTATUS;
  std::time_t revoked = kTestNow - 60;
  std::time_t this_update = kTestNow - 60;
  std::time_t next_update = kTestNow + 3600;  // 0: none
  const EVP_MD* name_digest = EVP_sha1();     // of the CertID
  std::string nonce = {};                     // empty: none
  bool with_certificate = true;               // of the signer
  bool by_key = false;                        // the responder's ID
  const Identity* besides = nullptr;          // another one of the issuer's, said to be revoked
  std::string critical = {};                  // OID of an extension that is critical
  std::vector<const Identity*> others = {};   // whose certificates come before the signer's
};

inline Bytes encoded(OCSP_RESPONSE& response) {
  unsigned char* der = nullptr;
  const int size = i2d_OCSP_RESPONSE(&response, &der);
  require(size > 0, "OCSP answer");
  Bytes bytes(der, der + size);
  OPENSSL_free(der);
  return bytes;
}

inline void add_status(OCSP_BASICRESP& basic, const OcspOrder& order, const Identity& about,
                       int status) {
  const Handle<OCSP_CERTID, OCSP_CERTID_free> id(
      OCSP_cert_to_id(order.name_digest, about.certificate.get(), order.issuer->certificate.get()));
  const Handle<ASN1_TIME, ASN1_TIME_free> from(ASN1_TIME_set(nullptr, order.this_update));
  const Handle<ASN1_TIME, ASN1_TIME_free> to(
      order.next_update == 0 ? nullptr : ASN1_TIME_set(nullptr, order.next_update));
  const Handle<ASN1_TIME, ASN1_TIME_free> revoked(
      status == V_OCSP_CERTSTATUS_REVOKED ? ASN1_TIME_set(nullptr, order.revoked) : nullptr);
  require(OCSP_basic_add1_status(&basic, id.get(), status, order.reason, revoked.get(), from.get(),
                                 to.get()) != nullptr,
          "OCSP status");
}

inline Bytes ocsp_answer(const OcspOrder& order) {
  using Response = Handle<OCSP_RESPONSE, OCSP_RESPONSE_free>;
  if (order.response_status != OCSP_RESPONSE_STATUS_SUCCESSFUL) {
    return encoded(*Response(OCSP_response_create(order.response_status, nullptr)));
  }
  const Handle<OCSP_BASICRESP, OCSP_BASICRESP_free> basic(OCSP_BASICRESP_new());
  if (order.besides != nullptr) {
    add_status(*basic, order, *order.besides, V_OCSP_CERTSTATUS_REVOKED);
  }
  if (order.about != nullptr) add_status(*basic, order, *order.about, order.status);
  if (!order.nonce.empty()) {
    std::string nonce = order.nonce;
    OCSP_basic_add1_nonce(basic.get(), reinterpret_cast<unsigned char*>(nonce.data()),
                          static_cast<int>(nonce.size()));
  }
  if (!order.critical.empty()) {
    const Handle<ASN1_OBJECT, ASN1_OBJECT_free> object(OBJ_txt2obj(order.critical.c_str(), 1));
    const Handle<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free> value(ASN1_OCTET_STRING_new());
    ASN1_OCTET_STRING_set(value.get(), reinterpret_cast<const unsigned char*>("\x05"), 1);
    const Handle<X509_EXTENSION, X509_EXTENSION_free> extension(
        X509_EXTENSION_create_by_OBJ(nullptr, object.get(), 1, value.get()));
    OCSP_BASICRESP_add_ext(basic.get(), extension.get(), -1);
  }
  for (const Identity* other : order.others) {
    OCSP_basic_add1_cert(basic.get(), other->certificate.get());
  }
  const Identity& signer = order.signer == nullptr ? *order.issuer : *order.signer;
  const unsigned long flags = (order.with_certificate ? 0 : OCSP_NOCERTS) |
                              (order.by_key ? OCSP_RESPID_KEY : 0) | OCSP_NOTIME;
  const bool has_own_digest = EVP_PKEY_get_base_id(signer.key.get()) == EVP_PKEY_ED25519;
  require(OCSP_basic_sign(basic.get(), signer.certificate.get(), signer.key.get(),
                          has_own_digest ? nullptr : EVP_sha256(), nullptr, flags) == 1,
          "signature of an OCSP answer");
  return encoded(*Response(OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic.get())));
}

}  // namespace tlsplus::test
