// SPDX-License-Identifier: Apache-2.0
//
// certificates_in(): PEM by its look, else DER, else PKCS#7. What is in a content and is no
// certificate is left out; errors of the attempts are nobody's.
#include "ssl_engine/openssl/x509/bundle.h"

#include <openssl/pkcs7.h>

#include <string_view>

#include "ssl_engine/openssl/errors.h"
#include "ssl_engine/openssl/x509/pem.h"
#include "ssl_engine/openssl/x509/x509.h"

namespace tlsplus {
namespace {

using Pkcs7 = Handle<PKCS7, PKCS7_free>;

void add_pkcs7(ByteView der, std::vector<Cert>& found) {
  const unsigned char* at = der.data();
  const Pkcs7 bundle(d2i_PKCS7(nullptr, &at, static_cast<long>(der.size())));
  if (bundle == nullptr || PKCS7_type_is_signed(bundle.get()) != 1 || bundle->d.sign == nullptr) {
    return;
  }
  const STACK_OF(X509)* const inside = bundle->d.sign->cert;
  for (int i = 0; i < sk_X509_num(inside); ++i) {
    found.push_back(share(*sk_X509_value(inside, i)));
  }
}

bool add_certificate(ByteView der, std::vector<Cert>& found) {
  Cert cert = parse_certificate(der);
  if (cert == nullptr) return false;
  found.push_back(std::move(cert));
  return true;
}

}  // namespace

std::vector<Cert> certificates_in(ByteView content) {
  std::vector<Cert> found;
  if (looks_like_pem(as_text(content))) {
    SecretBytes scratch;
    PemReader reader(as_text(content), scratch);
    while (const auto block = reader.next()) {
      if (block->label.ends_with("CERTIFICATE")) {
        (void)add_certificate(block->der, found);
      } else if (block->label.starts_with("PKCS") || block->label == "CMS") {
        add_pkcs7(block->der, found);
      }
    }
  } else if (!add_certificate(content, found)) {
    add_pkcs7(content, found);
  }
  clear_openssl_errors();
  return found;
}

bool is_signed_by(X509& cert, X509& issuer) noexcept {
  EVP_PKEY* const key = X509_get0_pubkey(&issuer);
  const bool is = may_issue(issuer, cert) && key != nullptr && X509_verify(&cert, key) == 1;
  clear_openssl_errors();
  return is;
}

}  // namespace tlsplus
