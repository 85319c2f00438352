// SPDX-License-Identifier: Apache-2.0
//
// make_store(), find_chain(): stores filled and looked through. X509_STORE takes a reference of its
// own of whatever is added, and finds duplicates by itself.
#include "ssl_engine/openssl/x509/trust.h"

#include <cstdlib>

#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/errors.h"
#include "ssl_engine/openssl/x509/pem.h"
#include "ssl_engine/openssl/x509/x509.h"

namespace tlsplus {
namespace {

Crl crl_from(ByteView der) noexcept {
  const unsigned char* at = der.data();
  Crl crl(d2i_X509_CRL(nullptr, &at, static_cast<long>(der.size())));
  if (crl != nullptr && at != der.data() + der.size()) crl.reset();
  clear_openssl_errors();
  return crl;
}

bool add_directory(X509_STORE& store, const std::string& directory) noexcept {
  return directory.empty() || X509_STORE_load_path(&store, directory.c_str()) == 1;
}

unsigned long crl_flags(RevocationCheck check) noexcept {
  switch (check) {
    case RevocationCheck::none:
      return 0;
    case RevocationCheck::leaf:
      return X509_V_FLAG_CRL_CHECK;
    case RevocationCheck::chain:
      return X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL;
  }
  return 0;
}

}  // namespace

std::vector<Crl> read_crls(ByteView content, std::vector<std::string>& defects) {
  std::vector<Crl> found;
  if (!looks_like_pem(as_text(content))) {
    if (Crl crl = crl_from(content)) {
      found.push_back(std::move(crl));
    } else {
      defects.emplace_back("neither PEM nor a revocation list in DER");
    }
    return found;
  }
  SecretBytes scratch;
  PemReader reader(as_text(content), scratch);
  while (const auto block = reader.next()) {
    if (!block->damage.empty()) {
      defects.push_back(block->damage);
    } else if (block->label != "X509 CRL") {
      continue;  // bundles with certificates beside the lists are usual
    } else if (Crl crl = crl_from(block->der)) {
      found.push_back(std::move(crl));
    } else {
      defects.push_back(text("what begins in line ", block->line, " is no revocation list"));
    }
  }
  return found;
}

Result<X509Store> make_store(const std::vector<const Cert*>& authorities,
                             const std::vector<X509_CRL*>& crls,
                             const std::string& authority_directory,
                             const std::string& crl_directory, RevocationCheck check) {
  clear_openssl_errors();
  X509Store store(X509_STORE_new());
  bool fine = store != nullptr;
  for (const Cert* cert : authorities) {
    fine = fine && X509_STORE_add_cert(store.get(), cert->get()) == 1;
  }
  for (X509_CRL* crl : crls) fine = fine && X509_STORE_add_crl(store.get(), crl) == 1;
  fine = fine && add_directory(*store, authority_directory) && add_directory(*store, crl_directory);
  if (fine && check != RevocationCheck::none) {
    fine = X509_STORE_set_flags(store.get(), crl_flags(check)) == 1;
  }
  if (!fine) return openssl_error("cannot make a store of authorities");
  return store;
}

// As OpenSSL itself reads the environment: not at all in a program with another's privileges.
DefaultAuthorities default_authorities() {
  const auto place = [](const char* variable, const char* otherwise) {
    const char* const said = secure_getenv(variable);
    return std::string(said == nullptr ? otherwise : said);
  };
  return {place(X509_get_default_cert_file_env(), X509_get_default_cert_file()),
          place(X509_get_default_cert_dir_env(), X509_get_default_cert_dir())};
}

Status add_default_authorities(X509_STORE& store) {
  clear_openssl_errors();
  if (X509_STORE_set_default_paths(&store) != 1) {
    return openssl_error("cannot add OpenSSL's default authorities");
  }
  clear_openssl_errors();
  return {};
}

Status accept_partial_chains(X509_STORE& store) {
  clear_openssl_errors();
  if (X509_STORE_set_flags(&store, X509_V_FLAG_PARTIAL_CHAIN) == 1) return {};
  return openssl_error("cannot make a store of authorities");
}

// Its verdict does not matter, and lists of revoked certificates have no part in the search.
FoundChain find_chain(X509_STORE& store, X509& leaf) {
  using Walk = Handle<X509_STORE_CTX, X509_STORE_CTX_free>;
  FoundChain found;
  found.chain.reset(sk_X509_new_null());
  const Walk walk(X509_STORE_CTX_new());
  if (walk != nullptr && X509_STORE_CTX_init(walk.get(), &store, &leaf, nullptr) == 1) {
    X509_VERIFY_PARAM_clear_flags(X509_STORE_CTX_get0_param(walk.get()),
                                  X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
    (void)X509_verify_cert(walk.get());
    const STACK_OF(X509)* const all = X509_STORE_CTX_get0_chain(walk.get());
    for (int i = 1; i < sk_X509_num(all); ++i) {
      X509* const cert = sk_X509_value(all, i);
      found.reaches_root = is_self_issued(*cert);
      Cert shared = share(*cert);
      if (found.reaches_root) {
        found.root = std::move(shared);
        break;
      }
      if (sk_X509_push(found.chain.get(), shared.get()) > 0) (void)shared.release();
    }
  }
  clear_openssl_errors();
  return found;
}

X509_STORE* chain_store_of(SSL_CTX& context) noexcept {
  X509_STORE* store = nullptr;
  return SSL_CTX_get0_chain_cert_store(&context, &store) == 1 ? store : nullptr;
}

NameList names_for_clients(const std::vector<const Cert*>& authorities) {
  NameList names(sk_X509_NAME_new_null());
  if (names == nullptr) return names;
  for (const Cert* cert : authorities) {
    const X509_NAME* subject = X509_get_subject_name(cert->get());
    bool known = false;
    for (int i = 0; i < sk_X509_NAME_num(names.get()) && !known; ++i) {
      known = X509_NAME_cmp(sk_X509_NAME_value(names.get(), i), subject) == 0;
    }
    if (known) continue;
    X509_NAME* copy = X509_NAME_dup(subject);
    if (copy == nullptr || sk_X509_NAME_push(names.get(), copy) == 0) {
      X509_NAME_free(copy);
      return nullptr;
    }
  }
  return names;
}

}  // namespace tlsplus
