// SPDX-License-Identifier: Apache-2.0
//
// note_client(), noted_client(): the form of the note. One octet says how the client was judged,
// and behind it are the certificates in DER, one after another.
#include "ssl_engine/openssl/tls/session_client.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <cstdint>
#include <string>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/openssl/encode.h"
#include "ssl_engine/openssl/tls/session_info.h"
#include "ssl_engine/openssl/x509/x509.h"

namespace tlsplus {
namespace {

constexpr Byte kVerified = 1;
constexpr Byte kForgiven = 2;

// Every ClientHello carries them; beyond this the client is asked again instead.
constexpr std::size_t kMostOctets = 4096;

X509_STORE* authorities_of(SSL& ssl) noexcept {
  X509_STORE* own = nullptr;  // VerifyCAFile and its kin
  (void)SSL_get0_verify_cert_store(&ssl, &own);
  return own != nullptr ? own : SSL_CTX_get_cert_store(SSL_get_SSL_CTX(&ssl));
}

bool has(X509_STORE& store, const X509& certificate) {
  const Handle<X509_STORE_CTX, X509_STORE_CTX_free> search(X509_STORE_CTX_new());
  if (search == nullptr || X509_STORE_CTX_init(search.get(), &store, nullptr, nullptr) != 1) {
    return false;
  }
  const Handle<X509_OBJECT, X509_OBJECT_free> found(X509_STORE_CTX_get_obj_by_subject(
      search.get(), X509_LU_X509, X509_get_subject_name(&certificate)));
  const X509* known = found == nullptr ? nullptr : X509_OBJECT_get0_X509(found.get());
  ERR_clear_error();
  return known != nullptr && same_certificate(*known, certificate);
}

bool append_der(Bytes& to, const X509& certificate) {
  const std::string der = der_of<i2d_X509>(certificate);
  if (der.empty() || to.size() + der.size() > kMostOctets) return false;
  to.insert(to.end(), der.begin(), der.end());
  return true;
}

}  // namespace

X509* session_client(const SSL_SESSION& session) noexcept {
  return SSL_SESSION_get0_peer(const_cast<SSL_SESSION*>(&session));  // NOLINT(*-const-cast)
}

void note_client(SSL& ssl, SSL_SESSION& session, bool is_verified) {
  if (session_client(session) == nullptr || verified_chain_at(ssl, 0) == nullptr) return;
  Bytes note{is_verified ? kVerified : kForgiven};
  X509_STORE* const authorities = authorities_of(ssl);
  for (unsigned i = 1; X509* const other = verified_chain_at(ssl, i); ++i) {
    if (authorities != nullptr && has(*authorities, *other)) continue;
    if (!append_der(note, *other)) break;
  }
  if (SSL_SESSION_set1_ticket_appdata(&session, note.data(), note.size()) != 1) ERR_clear_error();
}

std::optional<NotedClient> noted_client(const SSL_SESSION& session) {
  void* memory = nullptr;
  std::size_t size = 0;
  // It only reads.
  auto& read = const_cast<SSL_SESSION&>(session);  // NOLINT(*-const-cast)
  if (SSL_SESSION_get0_ticket_appdata(&read, &memory, &size) != 1 || size == 0) return std::nullopt;
  const auto* at = static_cast<const unsigned char*>(memory);
  const unsigned char* const end = at + size;
  NotedClient noted{*at++ == kVerified, CertChain(sk_X509_new_null())};
  if (noted.others == nullptr) return std::nullopt;
  while (at != end) {
    Cert other(d2i_X509(nullptr, &at, end - at));
    if (other == nullptr || sk_X509_push(noted.others.get(), other.get()) == 0) {
      ERR_clear_error();
      return std::nullopt;
    }
    (void)other.release();
  }
  return noted;
}

bool client_passes(SSL& ssl, X509_STORE& store, const ChainJudge& judge) {
  X509* const certificate = peer_certificate(ssl);
  if (certificate == nullptr) return false;
  if (STACK_OF(X509)* const shown = SSL_get_peer_cert_chain(&ssl); shown != nullptr) {
    return passes_again(ssl, *certificate, shown, store, judge);
  }
  const auto noted = noted_client(*SSL_get_session(&ssl));
  return passes_again(ssl, *certificate, noted ? noted->others.get() : nullptr, store, judge);
}

bool session_passes(SSL& ssl, const SSL_SESSION& session, STACK_OF(X509) & others,
                    const ChainJudge& judge) noexcept {
  X509* const certificate = session_client(session);
  X509_STORE* const authorities = authorities_of(ssl);
  return certificate != nullptr && authorities != nullptr &&
         passes_again(ssl, *certificate, &others, *authorities, judge);
}

}  // namespace tlsplus
