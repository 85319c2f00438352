// SPDX-License-Identifier: Apache-2.0
//
// TlsConnection: answers to the core's questions, out of httpd's tables and through httpd's hooks.
#include "ssl_engine/httpd/connection/tls_connection.h"

#include "ssl_engine/base/limits.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/connection/plain_request.h"
#include "ssl_engine/httpd/apache/module.h"
#include "ssl_engine/httpd/modules/peer_hooks.h"
#include "ssl_engine/httpd/startup/virtual_hosts.h"
#include "ssl_engine/openssl/tls/server_ssl.h"
#include "ssl_engine/openssl/tls/session_info.h"
#include "ssl_engine/openssl/tls/staple_data.h"

namespace tlsplus {
namespace {

apr_array_header_t* protocol_names(apr_pool_t* pool, ByteView offers) {
  constexpr int kUsualCount = 4;
  auto* names = apr_array_make(pool, kUsualCount, sizeof(char*));
  std::size_t count = 0;
  for (std::size_t at = 0; at < offers.size() && count < limits::kOfferedProtocols;
       at += 1U + offers[at], ++count) {
    const ByteView name = offers.subspan(at + 1, offers[at]);
    *static_cast<const char**>(apr_array_push(names)) =
        apr_pstrmemdup(pool, as_text(name).data(), name.size());
  }
  return names;
}

/// Offset of `protocol` in the well-formed list `offers`.
std::optional<std::size_t> position_of(std::string_view protocol, ByteView offers) noexcept {
  for (std::size_t at = 0; at < offers.size(); at += 1U + offers[at]) {
    if (as_text(offers.subspan(at + 1, offers[at])) == protocol) return at;
  }
  return std::nullopt;
}

/// True if every name is inside the list and none is empty (RFC 7301 3.1); OpenSSL sends the
/// alert for a list that is not.
bool is_well_formed(ByteView offers) noexcept {
  std::size_t at = 0;
  while (at < offers.size() && offers[at] != 0) at += 1U + offers[at];
  return at == offers.size();
}

}  // namespace

TlsConnection::TlsConnection(conn_rec& connection, Generation& generation,
                             std::shared_ptr<const Snapshot> snapshot, const Host& base)
    : OurConnection(Direction::incoming),
      connection_(connection),
      generation_(generation),
      log_(connection),
      core(generation.engine, std::move(snapshot), base, *this),
      channel(connection, generation.engine, log_, core, *this, handshake_timeout()) {}

std::chrono::seconds TlsConnection::handshake_timeout() const noexcept {
  return slot_of(*connection_.base_server).handshake_timeout;
}

const Host* TlsConnection::host_named(std::string_view server_name) {
  const auto* table = engine().vhosts.find(address_of(connection_));
  if (table == nullptr) return nullptr;
  const auto found = table->find(server_name);
  return found ? &core.snapshot().host(*found) : nullptr;
}

void TlsConnection::remark_default_host(const Host& host) {
  if (!core.has_server_name()) {
    log_error(log_, diagnose(Tp::server_name_absent, {}), host.name);
  } else if (host_named(core.server_name()) == nullptr) {
    log_error(log_, diagnose(Tp::server_name_unknown, quote(core.server_name())), host.name);
  }
}

void TlsConnection::on_host(const Host& host) {
  if (log_.enabled(Level::debug)) remark_default_host(host);
  if (connection_.sbh != nullptr && &server_of(host) != connection_.base_server) {
    ap_update_child_status_from_server(static_cast<ap_sb_handle_t*>(connection_.sbh),
                                       SERVER_BUSY_READ, &connection_, &server_of(host));
  }
}

std::optional<std::size_t> TlsConnection::select_protocol(const Host& host, ByteView offers) {
  if (!is_well_formed(offers)) return std::nullopt;
  server_rec* server = &server_of(host);
  const char* current = ap_get_protocol(&connection_);
  const char* chosen =
      ap_select_protocol(&connection_, nullptr, server, protocol_names(connection_.pool, offers));
  if (chosen == nullptr) chosen = current;
  const auto at = position_of(chosen, offers);
  if (at && std::string_view(chosen) != current &&
      ap_switch_protocol(&connection_, nullptr, server, chosen) != APR_SUCCESS) {
    log_.write(Level::info, text("another module failed to switch the connection to ", chosen));
    return std::nullopt;
  }
  return at;
}

std::optional<ChallengeCertificate> TlsConnection::challenge(std::string_view server_name) {
  const std::string_view protocol = ap_get_protocol(&connection_);
  if (server_name.empty() || protocol == AP_PROTOCOL_HTTP1 || protocol == "h2") {
    return std::nullopt;
  }
  return challenge_from_modules(connection_, std::string(server_name));
}

bool TlsConnection::on_ssl(SSL& ssl) {
  set_application_data(ssl, &connection_);
  begin_view(ssl);
  return modules_accept_handshake(connection_, ssl, HandshakeWith::client);
}

ServerEvents::Staple TlsConnection::staple(const Host& host, SSL& ssl) {
  X509* const leaf = certificate_in_use(ssl);
  if (leaf == nullptr) return {};
  const StapleId id = staple_id_of(*leaf);
  const ServerEvents::Staple staple = staple_from_modules(connection_, server_of(host), *leaf, id);
  return staple.der != nullptr ? staple : generation_.stapling.staple(host.index, id);
}

Error TlsConnection::error_of(Ending ending, std::string evidence) const {
  // One that was refused may not hide that by being slow to hear it.
  if (auto refusal = core.untold_refusal()) return *std::move(refusal);
  const Tp id = ending == Ending::deadline ? Tp::handshake_deadline
                : ending == Ending::let_go ? Tp::handshake_let_go
                                           : Tp::handshake_cut_off;
  return diagnose(id, std::move(evidence));
}

void TlsConnection::begin_view(SSL& ssl) noexcept {
  view_.sni = core.server_name();
  view_.client_hello = core.client_hello();
  view_.ssl = &ssl;
  view_certificates(ssl);
}

void TlsConnection::on_established() {
  begin_view(*core.ssl());  // anew: much was not known then
  view_.handshake_time = core.handshake_time();
  view_.cache = &environment_;
  view_.servers = &generation_.environments;
  channel.transport.let_records_wait();  // tickets
}

// The request itself is never looked at further: OpenSSL swallowed its first bytes.
void TlsConnection::on_plain_http() {
  view_.ssl = nullptr;
  channel.log_failure(Tp::plain_http_on_tls, {});
  channel.inbound.put(as_bytes(stand_in_request(core.plain_request())));
}

void TlsConnection::view_certificates(SSL& ssl) noexcept {
  view_.own = certificate_in_use(ssl);
  view_.peer = peer_certificate(ssl);
  view_.verify_lenient = core.verifier().was_lenient();
}

void TlsConnection::refresh_view() noexcept {
  view_certificates(*core.ssl());
  ++view_.generation;
}

TlsConnection* tls_of(const conn_rec& connection) noexcept {
  OurConnection* ours = our_connection(connection);
  const bool is_incoming =
      ours != nullptr && ours->direction() == OurConnection::Direction::incoming;
  return is_incoming ? static_cast<TlsConnection*>(ours) : nullptr;
}

}  // namespace tlsplus
