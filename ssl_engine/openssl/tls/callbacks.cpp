// SPDX-License-Identifier: Apache-2.0
//
// ServerEvents and ClientEvents behind C functions: these recover the events from the SSL, ask, and
// translate the answer. Each runs inside OpenSSL's state machine, so each ends its exceptions here.
#include "ssl_engine/openssl/tls/callbacks.h"

#include <span>

#include "ssl_engine/base/boundary.h"
#include "ssl_engine/openssl/tls/queue_bio.h"

namespace tlsplus {
namespace {

constexpr unsigned kNeverSent = 0xff5a;  // a type for private use (RFC 8446 11)

ServerEvents& server_events_of(const SSL& ssl) noexcept {
  return static_cast<ServerEvents&>(events_of(ssl));
}
ClientEvents& client_events_of(const SSL& ssl) noexcept {
  return static_cast<ClientEvents&>(events_of(ssl));
}

ByteView hello_extension(SSL* ssl, unsigned int type) noexcept {
  const unsigned char* body = nullptr;
  std::size_t size = 0;
  if (SSL_client_hello_get0_ext(ssl, type, &body, &size) != 1) return {};
  static constexpr Byte kPresentButEmpty = 0;
  return size == 0 ? ByteView{&kPresentButEmpty, 0} : ByteView{body, size};
}

extern "C" {

static int tlsplus_client_hello(SSL* ssl, int* alert, void*) noexcept {
  auto& events = server_events_of(*ssl);
  return at_boundary(events.log(), "client_hello", SSL_CLIENT_HELLO_ERROR, [&] {
    const ClientHelloView hello{
        hello_extension(ssl, TLSEXT_TYPE_server_name),
        hello_extension(ssl, TLSEXT_TYPE_application_layer_protocol_negotiation),
        hello_extension(ssl, TLSEXT_TYPE_srp)};
    return events.on_client_hello(*ssl, hello, *alert) == HelloVerdict::proceed
               ? SSL_CLIENT_HELLO_SUCCESS
               : SSL_CLIENT_HELLO_ERROR;
  });
}

static int tlsplus_alpn_select(SSL* ssl, const unsigned char** out, unsigned char* out_size,
                               const unsigned char* in, unsigned int in_size, void*) noexcept {
  auto& events = server_events_of(*ssl);
  return at_boundary(events.log(), "alpn_select", SSL_TLSEXT_ERR_ALERT_FATAL, [&] {
    const auto at = events.choose_protocol({in, in_size});
    if (!at) return SSL_TLSEXT_ERR_NOACK;
    *out_size = in[*at];
    *out = in + *at + 1;
    return SSL_TLSEXT_ERR_OK;
  });
}

static int tlsplus_status_request(SSL* ssl, void*) noexcept {
  auto& events = server_events_of(*ssl);
  return at_boundary(events.log(), "status_request", SSL_TLSEXT_ERR_NOACK, [&] {
    const auto staple = events.staple();
    if (staple.der == nullptr) return SSL_TLSEXT_ERR_NOACK;
    SSL_set_tlsext_status_ocsp_resp(ssl, staple.der, staple.size_bytes);
    return SSL_TLSEXT_ERR_OK;
  });
}

static int tlsplus_new_session(SSL* ssl, SSL_SESSION* session) noexcept {
  auto& events = server_events_of(*ssl);
  at_boundary(events.log(), "new_session", [&] { events.sessions().store(*ssl, *session); });
  return 0;  // we keep no reference
}

static SSL_SESSION* tlsplus_get_session(SSL* ssl, const unsigned char* id, int size,
                                        int* copy) noexcept {
  auto& events = server_events_of(*ssl);
  *copy = 0;  // the reference we return becomes OpenSSL's
  return at_boundary(events.log(), "get_session", static_cast<SSL_SESSION*>(nullptr), [&] {
    return events.sessions().find(*ssl, {id, static_cast<std::size_t>(size)}).release();
  });
}

static int tlsplus_ticket_key(SSL* ssl, unsigned char* name, unsigned char* iv,
                              EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, int encrypt) noexcept {
  auto& events = server_events_of(*ssl);
  return at_boundary(events.log(), "ticket_key", -1, [&] {
    return events.sessions().ticket_key(*ssl, name, iv, *cipher, *mac, encrypt != 0);
  });
}

static int tlsplus_ticket_made(SSL* ssl, void*) noexcept {
  auto& events = server_events_of(*ssl);
  return at_boundary(events.log(), "ticket_made", 0, [&] {
    events.sessions().finish(*ssl, *SSL_get_session(ssl));
    return 1;
  });
}

// A ticket that is not wanted is answered like one that cannot be opened
// (SSL_CTX_set_session_ticket_cb(3)).
static SSL_TICKET_RETURN tlsplus_ticket_opened(SSL* ssl, SSL_SESSION* session, const unsigned char*,
                                               std::size_t, SSL_TICKET_STATUS status,
                                               void*) noexcept {
  if (status == SSL_TICKET_EMPTY) return SSL_TICKET_RETURN_IGNORE_RENEW;
  const bool is_open = status == SSL_TICKET_SUCCESS || status == SSL_TICKET_SUCCESS_RENEW;
  auto& events = server_events_of(*ssl);
  const bool is_good = at_boundary(events.log(), "ticket_opened", false, [&] {
    return events.sessions().weigh_ticket(*ssl, is_open ? session : nullptr);
  });
  if (!is_good) return SSL_TICKET_RETURN_IGNORE_RENEW;
  return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
}

// Adds nothing: it is asked while a ticket is written, and may end the connection with an alert.
static int tlsplus_ticket_extension(SSL* ssl, unsigned int, unsigned int, const unsigned char**,
                                    std::size_t*, X509*, std::size_t, int* alert, void*) noexcept {
  const auto instead = server_events_of(*ssl).alert_instead_of_ticket();
  if (!instead) return 0;
  *alert = *instead;
  return -1;
}

static int tlsplus_client_certificate(SSL* ssl, void*) noexcept {
  auto& events = client_events_of(*ssl);
  return at_boundary(events.log(), "client_certificate", 0, [&] {
    events.choose_certificate(*ssl);
    return 1;
  });
}

static int tlsplus_client_session(SSL* ssl, SSL_SESSION* session) noexcept {
  auto& events = client_events_of(*ssl);
  at_boundary(events.log(), "client_session", [&] { events.on_session(*session); });
  return 0;  // we keep no reference of this one
}

static void tlsplus_secret(const SSL* ssl, const char* line) noexcept {
  events_of(*ssl).on_secret(line);
}

static void tlsplus_info(const SSL* ssl, int where, int value) noexcept {
  if ((where & SSL_CB_ALERT) == 0) return;
  events_of(*ssl).on_alert((where & SSL_CB_WRITE) != 0, value);
}

}  // extern "C"

}  // namespace

namespace {

void put_number(Bytes& into, std::size_t value, unsigned octets) {
  while (octets-- > 0) into.push_back(static_cast<Byte>(value >> 8U * octets));
}

void put_vector(Bytes& into, ByteView bytes, unsigned octets) {
  put_number(into, bytes.size(), octets);
  into.insert(into.end(), bytes.begin(), bytes.end());
}

/// One of the SSL_client_hello_get0_ functions.
using HelloField = std::size_t (*)(SSL*, const unsigned char**);

ByteView hello_field(SSL& ssl, HelloField field) noexcept {
  const unsigned char* bytes = nullptr;
  const std::size_t size = field(&ssl, &bytes);
  return {bytes, size};
}

}  // namespace

Bytes rebuild_client_hello(SSL& ssl) {
  Bytes body;
  if (SSL_client_hello_isv2(&ssl) != 0) return body;
  put_number(body, SSL_client_hello_get0_legacy_version(&ssl), 2);
  const ByteView random = hello_field(ssl, SSL_client_hello_get0_random);
  body.insert(body.end(), random.begin(), random.end());
  put_vector(body, hello_field(ssl, SSL_client_hello_get0_session_id), 1);
  put_vector(body, hello_field(ssl, SSL_client_hello_get0_ciphers), 2);
  put_vector(body, hello_field(ssl, SSL_client_hello_get0_compression_methods), 1);
  int* types = nullptr;
  std::size_t count = 0;
  if (SSL_client_hello_get1_extensions_present(&ssl, &types, &count) != 1) return body;
  const LibraryMemory<int> owner(types);
  Bytes extensions;
  for (const int type : std::span(types, count)) {
    put_number(extensions, static_cast<std::size_t>(type), 2);
    put_vector(extensions, hello_extension(&ssl, static_cast<unsigned>(type)), 2);
  }
  put_vector(body, extensions, 2);
  return body;
}

void install_server_callbacks(SSL_CTX& context) {
  SSL_CTX_set_client_hello_cb(&context, sealed(tlsplus_client_hello), nullptr);
  SSL_CTX_set_alpn_select_cb(&context, sealed(tlsplus_alpn_select), nullptr);
  SSL_CTX_set_tlsext_status_cb(&context, sealed(tlsplus_status_request));
  SSL_CTX_set_tlsext_ticket_key_evp_cb(&context, sealed(tlsplus_ticket_key));
  SSL_CTX_set_session_ticket_cb(&context, sealed(tlsplus_ticket_made),
                                sealed(tlsplus_ticket_opened), nullptr);
  SSL_CTX_set_info_callback(&context, sealed(tlsplus_info));
  // No alert of one's choice can be sent otherwise (SSL_CTX_add_custom_ext(3)).
  (void)SSL_CTX_add_custom_ext(
      &context, kNeverSent, SSL_EXT_TLS1_3_ONLY | SSL_EXT_TLS1_3_NEW_SESSION_TICKET,
      sealed(tlsplus_ticket_extension), nullptr, nullptr, nullptr, nullptr);
}

TlsEvents& events_of(const SSL& ssl) noexcept {
  return *static_cast<TlsEvents*>(QueueBio::owner_of(ssl));
}

// OpenSSL's own store of sessions is by the id alone, which says nothing of who they are good for.
void install_client_callbacks(SSL_CTX& context) {
  SSL_CTX_set_cert_cb(&context, sealed(tlsplus_client_certificate), nullptr);
  SSL_CTX_set_session_cache_mode(&context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(&context, sealed(tlsplus_client_session));
  SSL_CTX_set_info_callback(&context, sealed(tlsplus_info));
  verify_servers(context);
}

void report_secrets(SSL_CTX& context) {
  SSL_CTX_set_keylog_callback(&context, sealed(tlsplus_secret));
}

void set_session_store(SSL_CTX& context, SessionStore store) {
  if (store == SessionStore::off) {
    SSL_CTX_set_session_cache_mode(&context, SSL_SESS_CACHE_OFF);
    return;
  }
  SSL_CTX_set_session_cache_mode(&context, SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(&context, sealed(tlsplus_new_session));
  SSL_CTX_sess_set_get_cb(&context, sealed(tlsplus_get_session));
}

}  // namespace tlsplus
