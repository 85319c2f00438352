// SPDX-License-Identifier: Apache-2.0
//
// certificate_from_pem(), key_from_pem(): memory BIOs around PEM_read_bio_X509(3) and its kin.
#include "ssl_engine/openssl/x509/pem_pair.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <optional>
#include <utility>

#include "ssl_engine/openssl/x509/x509_text.h"

namespace tlsplus {
namespace {

int no_pass_phrase(char*, int, int, void*) noexcept {
  return -1;
}

}  // namespace

Cert certificate_from_pem(const char* pem) noexcept {
  const Bio bio(BIO_new_mem_buf(pem, -1));
  Cert cert(bio == nullptr ? nullptr : PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  return cert;
}

Pkey key_from_pem(const char* pem) noexcept {
  const Bio bio(BIO_new_mem_buf(pem, -1));
  Pkey key(bio == nullptr ? nullptr
                          : PEM_read_bio_PrivateKey(bio.get(), nullptr, no_pass_phrase, nullptr));
  ERR_clear_error();
  return key;
}

std::vector<Cert> certificates_from_pem(const char* pem) {
  std::vector<Cert> all;
  const Bio bio(BIO_new_mem_buf(pem, -1));
  while (bio != nullptr) {
    Cert next(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (next == nullptr) break;
    all.push_back(std::move(next));
  }
  ERR_clear_error();
  return all;
}

std::string pem_of(X509& leaf, X509* issuer) {
  const auto first = pem_text(leaf);
  const auto second = issuer == nullptr ? std::optional(std::string()) : pem_text(*issuer);
  return first && second ? *first + *second : std::string();
}

}  // namespace tlsplus
