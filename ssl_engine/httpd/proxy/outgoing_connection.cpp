// SPDX-License-Identifier: Apache-2.0
//
// OutgoingConnection: answers out of the notes that mod_proxy leaves on the connection, and the
// notes that it reads.
#include "ssl_engine/httpd/proxy/outgoing_connection.h"

#include <algorithm>
#include <utility>

#include "ssl_engine/base/boundary.h"
#include "ssl_engine/base/endpoint.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/httpd/connection/filters.h"
#include "ssl_engine/httpd/modules/peer_hooks.h"
#include "ssl_engine/httpd/proxy/http2_users.h"
#include "ssl_engine/httpd/proxy/proxied_request.h"
#include "ssl_engine/openssl/tls/server_ssl.h"
#include "ssl_engine/openssl/tls/session.h"
#include "ssl_engine/openssl/tls/session_info.h"
#include "ssl_engine/openssl/tls/staple_data.h"
#include "ssl_engine/openssl/x509/x509.h"

namespace tlsplus {
namespace {

// What mod_proxy says, and what it asks for (mod_proxy.h has no names for them).
constexpr const char* kHostnameNote = "proxy-request-hostname";
constexpr const char* kProtocolsNote = "proxy-request-alpn-protos";
constexpr const char* kResultNote = "SSL_connect_rv";

/// "2 s", "1.5 s"
std::string seconds_text(std::chrono::milliseconds time) {
  const auto tenths = (time.count() + 50) / 100;
  return tenths % 10 == 0 ? text(tenths / 10, " s") : text(tenths / 10, '.', tenths % 10, " s");
}

std::string note_of(const conn_rec& connection, const char* name) {
  const char* const value = apr_table_get(connection.notes, name);
  return value == nullptr ? "" : value;
}

}  // namespace

OutgoingConnection::Live::Live(OutgoingConnection& owner, std::chrono::milliseconds time)
    : end(owner.generation_.engine, owner.snapshot_, owner.settings_, owner),
      channel(owner.connection_, owner.generation_.engine, owner.log_, end, owner, time) {}

OutgoingConnection::OutgoingConnection(conn_rec& connection, Generation& generation,
                                       std::shared_ptr<const Snapshot> snapshot,
                                       const ProxyTls& settings)
    : OurConnection(Direction::outgoing),
      connection_(connection),
      generation_(generation),
      log_(connection),
      snapshot_(std::move(snapshot)),
      settings_(settings) {}

OutgoingConnection::~OutgoingConnection() {
  if (!live_ || live_->channel.is_aborted()) return;
  live_->end.send_close_notify();
  live_->channel.transport.push_to_socket();
}

void OutgoingConnection::begin(const Limit& limit) {
  limit_ = limit;
  live_.emplace(*this, limit.time);
  insert_filters(live_->channel);
}

void OutgoingConnection::take_for(request_rec* request, const ProxyTls& settings) {
  is_released_ = false;
  is_foreign_ = !is_made_under(settings);
  if (!is_foreign_ && request != nullptr && variables_ != nullptr)
    note_backend(*request, variables_);
}

void OutgoingConnection::release() noexcept {
  is_released_ = true;
  if (!live_ || live_->end.phase() != Phase::established) return;
  if (has_certificate_ended() || may_get_into_other_hands() || is_of_older_lists()) {
    return close_now();
  }
  live_->channel.release_buffers();
}

// A backend that renegotiates may show another certificate, and the one before is gone.
const TlsView* OutgoingConnection::view() const noexcept {
  if (view_.ssl == nullptr) return nullptr;
  view_.peer = peer_certificate(*view_.ssl);
  view_.own = certificate_in_use(*view_.ssl);
  return &view_;
}

bool OutgoingConnection::has_certificate_ended() const noexcept {
  const TlsView* known = view();
  if (known == nullptr) return false;
  const WallTime now = live_->channel.clock().wall();
  const auto has_ended = [now](const X509* certificate) {
    return certificate != nullptr && not_after_of(*certificate) < now;
  };
  return (settings_.policy->check_expire && has_ended(known->peer)) || has_ended(known->own);
}

bool OutgoingConnection::may_get_into_other_hands() const noexcept {
  if (alpn_name(*live_->end.ssl()) != "h2") return false;
  return any_other_http2_user(generation_, *snapshot_, *connection_.base_server, settings_);
}

bool OutgoingConnection::is_of_older_lists() const noexcept {
  generation_.reload.look();
  const auto now = generation_.engine.snapshot();
  const auto index = static_cast<std::uint32_t>(&settings_ - snapshot_->proxies().data());
  return now->proxy(index).trust != settings_.trust;
}

// The pool sees that the socket has come to its end, and opens another.
void OutgoingConnection::close_now() noexcept {
  is_closed_ = true;
  live_->end.send_close_notify();
  (void)live_->channel.transport.push();
  live_->channel.transport.stop();
}

bool OutgoingConnection::allows(TlsChannel::Use use) noexcept {
  if (is_closed_) return false;
  // The pool asks whether a connection still lives for a request that it has not named yet.
  if (is_released_ && use == TlsChannel::Use::look) {
    if (is_of_older_lists()) return false;
    const ProxyTls* wanted = settings_of_proxied_request(*snapshot_);
    return wanted == nullptr || is_made_under(*wanted);
  }
  if (!is_foreign_) return true;
  tell(Tp::backend_settings_differ);
  is_foreign_ = false;
  live_->channel.abort();
  close_now();
  return false;
}

Backend OutgoingConnection::backend() {
  Backend backend;
  backend.name = note_of(connection_, kHostnameNote);
  backend.is_address = is_address(backend.name);
  backend.address = address_of_peer(connection_);
  std::string protocols = note_of(connection_, kProtocolsNote);
  std::ranges::replace(protocols, ',', ' ');
  for (const std::string_view name : words(protocols)) backend.protocols.emplace_back(name);
  backend.may_choose_none =
      std::ranges::find(backend.protocols, AP_PROTOCOL_HTTP1) != backend.protocols.end();
  return backend;
}

bool OutgoingConnection::on_ssl(SSL& ssl) {
  set_application_data(ssl, &connection_);
  view_.ssl = &ssl;
  return modules_accept_handshake(connection_, ssl, HandshakeWith::backend);
}

bool OutgoingConnection::accepts(SSL& ssl) {
  return modules_accept_backend(connection_, ssl);
}

SessionKey OutgoingConnection::session_key() const {
  const Backend& backend = live_->end.backend();
  return client_session_key(settings_.session_digest, backend.address, backend.name,
                            backend.protocols);
}

Session OutgoingConnection::session() {
  Engine& engine = generation_.engine;
  return engine.client_sessions.take(session_key(), engine.clock().wall());
}

void OutgoingConnection::keep(SSL_SESSION& session) {
  Engine& engine = generation_.engine;
  engine.client_sessions.keep(session_key(), share(session), engine.clock().wall());
}

void OutgoingConnection::forget_sessions() {
  generation_.engine.client_sessions.forget(session_key());
}

Error OutgoingConnection::error_of(Ending ending, std::string evidence) const {
  if (ending == Ending::cut_off) {
    return live_->end.about_backend(diagnose(Tp::backend_cut_off, std::move(evidence)));
  }
  return live_->end.about_backend(diagnose(
      Tp::backend_deadline,
      text("no answer within ", seconds_text(limit_.time), ", which is ", limit_.setting)));
}

void OutgoingConnection::on_established() {
  view_.sni = live_->end.backend().is_address ? std::string_view() : live_->end.backend().name;
  view_.verify_lenient = live_->end.verifier().was_lenient();
  apr_table_setn(connection_.notes, kResultNote, "ok");
  variables_ = std::make_shared<const ProxyVariables>(*view(), live_->channel.clock().wall());
  if (request_rec* request = proxied_request(); request != nullptr)
    note_backend(*request, variables_);
}

void OutgoingConnection::on_refused() noexcept {
  apr_table_setn(connection_.notes, kResultNote, "err");
  view_ = {};
}

// mod_proxy has put the head of an answer into the request before it reads the body, and it reads
// no more of that than Content-Length says. Between chunks it reads lines.
void OutgoingConnection::on_cut_off(bool in_line) noexcept {
  if (std::exchange(is_cut_told_, true)) return;
  const request_rec* request = proxied_request();
  // A tunnel has no end but this.
  if (request != nullptr && request->status == HTTP_SWITCHING_PROTOCOLS) return;
  if (in_line) return tell(Tp::backend_answer_incomplete, "before its end by HTTP's own account");
  const bool has_length =
      request != nullptr && apr_table_get(request->headers_out, "Content-Length") != nullptr;
  if (has_length) return tell(Tp::backend_answer_incomplete, "before all of its Content-Length");
  tell(Tp::backend_answer_cut_off);
}

void OutgoingConnection::tell(Tp id, const char* evidence) noexcept {
  at_boundary(log_, "tell", [&] {
    log_error(log_, live_->end.about_backend(diagnose(id, evidence)), settings_.name);
  });
}

std::string address_of_peer(const conn_rec& connection) {
  const apr_sockaddr_t& address = *connection.client_addr;
  if (address.family == APR_UNIX) return address.hostname == nullptr ? "" : address.hostname;
  return text_of(
      Endpoint{connection.client_ip == nullptr ? "" : connection.client_ip, address.port});
}

OutgoingConnection* outgoing_connection(const conn_rec& connection) noexcept {
  OurConnection* ours = our_connection(connection);
  const bool is_outgoing =
      ours != nullptr && ours->direction() == OurConnection::Direction::outgoing;
  return is_outgoing ? static_cast<OutgoingConnection*>(ours) : nullptr;
}

}  // namespace tlsplus
