// SPDX-License-Identifier: Apache-2.0
//
// Handles: one owning type per OpenSSL type; a handle costs nothing over the raw pointer. Borrow as
// `X509&`, own as `Cert`, hand over by value. OpenSSL's own words say the rest: get0 borrows, get1
// and up_ref share, add0 and set0 take (then release()).
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>

namespace tlsplus {

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* raw) const noexcept {
    Free(raw);
  }
};

template <class T, auto Free>
using Handle = std::unique_ptr<T, Freer<Free>>;

// sk_X509_free() and its kin are macros; these give them an address.
inline void free_chain(STACK_OF(X509) * chain) noexcept {
  sk_X509_pop_free(chain, X509_free);
}

using Cert = Handle<X509, X509_free>;
using CertChain = Handle<STACK_OF(X509), free_chain>;
using Pkey = Handle<EVP_PKEY, EVP_PKEY_free>;
using SslCtx = Handle<SSL_CTX, SSL_CTX_free>;
using Ssl = Handle<SSL, SSL_free>;
using Session = Handle<SSL_SESSION, SSL_SESSION_free>;
using Bio = Handle<BIO, BIO_free_all>;
using ConfCtx = Handle<SSL_CONF_CTX, SSL_CONF_CTX_free>;

/// What OpenSSL allocated and the caller frees: OPENSSL_free(3).
inline void free_memory(void* memory) noexcept {
  OPENSSL_free(memory);
}
template <class T>
using LibraryMemory = Handle<T, free_memory>;

static_assert(sizeof(Cert) == sizeof(X509*));

/// A second owner of the same object: one more reference, no copy. Safe on any thread.
inline Cert share(X509& cert) noexcept {
  X509_up_ref(&cert);
  return Cert(&cert);
}
inline Pkey share(EVP_PKEY& key) noexcept {
  EVP_PKEY_up_ref(&key);
  return Pkey(&key);
}
inline SslCtx share(SSL_CTX& context) noexcept {
  SSL_CTX_up_ref(&context);
  return SslCtx(&context);
}

}  // namespace tlsplus
