// SPDX-License-Identifier: Apache-2.0
//
// ServerEvents, ClientEvents: every function pointer that OpenSSL is given for a connection, and
// the questions behind them, those of each end and those of both. The interface keeps the arrow
// pointing down: openssl/ names the questions, the core answers them from values that already
// exist. An answer never blocks.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/base/log.h"
#include "ssl_engine/openssl/handles.h"
#include "ssl_engine/openssl/tls/srp.h"
#include "ssl_engine/openssl/tls/verify_callback.h"
#include "ssl_engine/openssl/x509/x509.h"

namespace tlsplus {

/// What the ClientHello says before anything was decided (RFC 8446 4.1.2). Views into
/// OpenSSL's copy; they end with the callback.
struct ClientHelloView {
  ByteView server_name_extension;  // body of extension 0; data() null if it was not sent
  ByteView alpn_extension;         // body of extension 16 (RFC 7301); the same
  ByteView srp_extension;          // body of extension 12 (RFC 5054 2.8.1); the same
};

enum class HelloVerdict : std::uint8_t { proceed, reject };

/// The questions about sessions, which are kept by id or travel in tickets. `ssl` is the connection
/// that asks.
class SessionEvents {
 public:
  SessionEvents() = default;
  SessionEvents(const SessionEvents&) = delete;
  SessionEvents& operator=(const SessionEvents&) = delete;
  virtual ~SessionEvents() = default;

  /// A ticket is about to be made of this session, which may still be changed.
  virtual void finish(SSL& ssl, SSL_SESSION& session) = 0;
  /// Stateful resumption; best effort. The id is what the client will present.
  virtual void store(SSL& ssl, SSL_SESSION& session) = 0;
  virtual Session find(SSL& ssl, ByteView id) = 0;
  /// SSL_CTX_set_tlsext_ticket_key_evp_cb(3): 1 use, 2 use and renew, 0 unknown key, -1 error.
  virtual int ticket_key(SSL& ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX& cipher,
                         EVP_MAC_CTX& mac, bool encrypt) = 0;
  /// The client's ticket was opened; null: it could not be, for want of a key or because it is not
  /// what that key has sealed. False: it is not used.
  virtual bool weigh_ticket(SSL& ssl, const SSL_SESSION* session) = 0;
};

/// What every end of a connection is asked.
class TlsEvents {
 public:
  TlsEvents() = default;
  TlsEvents(const TlsEvents&) = delete;
  TlsEvents& operator=(const TlsEvents&) = delete;
  virtual ~TlsEvents() = default;

  virtual LogSink& log() noexcept = 0;

  /// One certificate of the peer's chain was examined. Called for each fault, and once for each
  /// certificate without one, from the root downwards.
  virtual ChainVerdict judge(const ChainStep& step) = 0;

  /// A secret of the connection, as a line for SSLKEYLOGFILE, without a line end; only after
  /// report_secrets().
  virtual void on_secret(std::string_view line) noexcept = 0;

  /// An alert went out or came in; (level << 8) | description as OpenSSL packs it.
  virtual void on_alert(bool sent, int packed) noexcept = 0;
};

/// What the server's end is asked beside that.
class ServerEvents : public TlsEvents {
 public:
  /// Before version, suites, tickets or early data are looked at. Called again for the second
  /// ClientHello after a HelloRetryRequest. `alert` is sent on reject (RFC 8446 6).
  virtual HelloVerdict on_client_hello(SSL& ssl, const ClientHelloView& hello, int& alert) = 0;
  /// Offset in `offers` (length-prefixed names, RFC 7301 3.1) of the length byte of the chosen
  /// name; nullopt: answer without the extension.
  virtual std::optional<std::size_t> choose_protocol(ByteView offers) = 0;
  /// The stapled OCSP response (RFC 6066 8), OPENSSL_malloc'ed and given away; empty: none.
  struct Staple {
    unsigned char* der = nullptr;
    long size_bytes = 0;
  };
  virtual Staple staple() = 0;

  virtual SessionEvents& sessions() noexcept = 0;
  /// A ticket of TLS 1.3 is about to leave. An alert (RFC 8446 6): it does not, and the connection
  /// ends with that; nullopt: it may.
  [[nodiscard]] virtual std::optional<int> alert_instead_of_ticket() const noexcept {
    return std::nullopt;
  }

  /// A cipher of SRP was chosen: the users of whom the client says that it is one; null: there are
  /// none. Not kept beyond the call.
  virtual const SrpUsers* srp_users(SSL& ssl) = 0;
};

/// What the client's end is asked beside that.
class ClientEvents : public TlsEvents {
 public:
  /// The server asks for a certificate, of one of asked_authorities(). What is to be shown is put
  /// into `ssl`; nothing: the handshake goes on without one.
  virtual void choose_certificate(SSL& ssl) = 0;
  /// A server has shown certificates with the digest `shown`. The chain they were built into when
  /// they were last verified, if that still counts; null: they are to be verified.
  virtual CertChain verified_chain(const Fingerprint& shown) = 0;
  /// Now they are, and nothing stands against any of them.
  virtual void on_verified(const Fingerprint& shown, CertChain chain) = 0;
  /// A session that can be resumed by another connection. In TLS 1.3 it comes with the first reads.
  virtual void on_session(SSL_SESSION& session) = 0;
};

/// The body of the ClientHello that `ssl` is looking at, put together again: extensions that
/// OpenSSL does not know are left out. Only inside on_client_hello(). Empty for a hello of SSLv2's
/// form.
Bytes rebuild_client_hello(SSL& ssl);

/// The events of a connection, from the SSL alone, which TlsStream must have opened.
TlsEvents& events_of(const SSL& ssl) noexcept;

/// Registers every callback on a server context. The SSLs made from it must be opened by TlsStream
/// with ServerEvents, which is how a callback finds them.
void install_server_callbacks(SSL_CTX& context);
/// The same on a client context, for ClientEvents.
void install_client_callbacks(SSL_CTX& context);

/// Has the secrets of connections that are made from `context` told to their events.
void report_secrets(SSL_CTX& context);

/// Whether sessions are also kept by id: adds the cache callbacks and turns OpenSSL's own
/// cache off (SSL_CTX_set_session_cache_mode(3)).
enum class SessionStore : std::uint8_t { off, external };
void set_session_store(SSL_CTX& context, SessionStore store);

}  // namespace tlsplus
