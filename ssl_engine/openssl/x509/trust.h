// SPDX-License-Identifier: Apache-2.0
//
// make_store(), names_for_clients(): stores of authorities and revocation lists, and the list of
// names a server shows to clients (RFC 8446 4.2.4). Objects are shared by reference, so that a
// large revocation list exists once however many stores hold it.
#pragma once

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <string>
#include <vector>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/base/result.h"
#include "ssl_engine/openssl/handles.h"
#include "ssl_engine/openssl/x509/revocation_check.h"

namespace tlsplus {

inline void free_names(STACK_OF(X509_NAME) * names) noexcept {
  sk_X509_NAME_pop_free(names, X509_NAME_free);
}

using Crl = Handle<X509_CRL, X509_CRL_free>;
using X509Store = Handle<X509_STORE, X509_STORE_free>;
using NameList = Handle<STACK_OF(X509_NAME), free_names>;

inline X509Store share(X509_STORE& store) noexcept {
  X509_STORE_up_ref(&store);
  return X509Store(&store);
}

/// The revocation lists of a PEM or DER file, in their order; `defects` says what was none.
std::vector<Crl> read_crls(ByteView content, std::vector<std::string>& defects);

/// A store over copies of nothing: everything is one more reference. `*_directory` are folders
/// with OpenSSL's hash links, looked into when a certificate is verified; empty: none.
Result<X509Store> make_store(const std::vector<const Cert*>& authorities,
                             const std::vector<X509_CRL*>& crls,
                             const std::string& authority_directory,
                             const std::string& crl_directory, RevocationCheck check);

/// Where OpenSSL looks for the authorities that are believed by default, as the environment and its
/// build say.
struct DefaultAuthorities {
  std::string file;
  std::string directories;  // with colons in between; with hash links
};
DefaultAuthorities default_authorities();
/// Adds them; what is not there is no failure. Those of the directories are looked for when a
/// certificate is verified.
Status add_default_authorities(X509_STORE& store);
/// Lets a chain end at whatever certificate is in `store`, and not at roots alone.
Status accept_partial_chains(X509_STORE& store);

/// What leads from a certificate up to a root.
struct FoundChain {
  CertChain chain;  // without both ends; null if memory ran out
  Cert root;        // the end it reaches; null: none
  bool reaches_root = false;
};
/// Looks for it in `store` as OpenSSL would in each handshake without SSL_MODE_NO_AUTO_CHAIN. What
/// is found may be incomplete, expired or revoked.
FoundChain find_chain(X509_STORE& store, X509& leaf);
/// The store `context` was told to find chains in (SSLOpenSSLConfCmd ChainCAFile); may be null.
X509_STORE* chain_store_of(SSL_CTX& context) noexcept;

/// The subjects of `authorities`, each once, in their order. Null if memory ran out.
NameList names_for_clients(const std::vector<const Cert*>& authorities);

}  // namespace tlsplus
