// SPDX-License-Identifier: Apache-2.0
//
// ClientEnd: from the ClientHello to plaintext. OpenSSL does the handshake and walks over the
// backend's chain; what SSLProxyCheckPeer... asks for is looked at when it is complete, before a
// byte of a request leaves.
#include "ssl_engine/connection/client_end.h"

#include <algorithm>
#include <utility>

#include "ssl_engine/base/endpoint.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/tls/client_ssl.h"
#include "ssl_engine/openssl/tls/message_trace.h"
#include "ssl_engine/openssl/tls/renegotiation.h"
#include "ssl_engine/openssl/tls/server_ssl.h"
#include "ssl_engine/openssl/tls/session.h"
#include "ssl_engine/openssl/tls/session_info.h"
#include "ssl_engine/trust/peer_name.h"

namespace tlsplus {
ClientEnd::ClientEnd(Engine& engine, std::shared_ptr<const Snapshot> snapshot,
                     const ProxyTls& settings, ClientServices& services)
    : engine_(engine), snapshot_(std::move(snapshot)), settings_(settings), services_(services) {}

// OpenSSL takes a connection that simply ends for an attack on its session, which then would be
// good for nothing. That there may be more is seen by other means.
ClientEnd::~ClientEnd() {
  if (phase_ == Phase::established && !stream_.close_notify_sent()) stream_.close_quietly();
}

void ClientEnd::open() {
  phase_ = Phase::handshake;
  backend_ = services_.backend();
  const ProxyPolicy& policy = *settings_.policy;
  if (!policy.name.empty()) {
    backend_.name = policy.name;
    backend_.is_address = is_address(policy.name);
  }
  if (policy.require_name && backend_.name.empty()) {
    fail(Tp::backend_without_name, {});
    failure_.where = settings_.required_name_at;
    return;
  }
  if (Status opened =
          stream_.open(*settings_.context, *engine_.bio_method(), TlsRole::client, this);
      !opened) {
    fail(Tp::backend_handshake_failed, opened.error().what);
    return;
  }
  SSL& ssl = stream_.ssl();
  trace_messages(ssl, services_.log());
  if (!set_up(ssl)) {
    fail_in_openssl();
  } else if (!services_.on_ssl(ssl)) {
    fail(Tp::backend_handshake_failed, "another module refused the connection");
  }
}

bool ClientEnd::set_up(SSL& ssl) {
  VerifyRules rules = rules_of(settings_.policy->peer);
  rules.depth_directive = "SSLProxyVerifyDepth";
  verifier_.begin(rules, settings_.trust.get());
  if (settings_.trust != nullptr) hold_against(ssl, *settings_.trust->store);
  if (!backend_.name.empty() && !backend_.is_address && !ask_for_name(ssl, backend_.name)) {
    return false;
  }
  if (!backend_.protocols.empty() && !offer_protocols(ssl, backend_.protocols)) {
    return false;
  }
  const Session known = services_.session();
  has_offered_session_ = known != nullptr;
  return known == nullptr || offer_session(ssl, *known);
}

bool ClientEnd::advance() {
  if (phase_ == Phase::hello) open();
  if (phase_ != Phase::handshake) return false;
  switch (stream_.handshake()) {
    case StreamStatus::done:
      finish_handshake();
      return false;
    case StreamStatus::want_read:
      return true;
    case StreamStatus::closed:
    case StreamStatus::cut_off:
      fail_for_want_of_more();
      return false;
    case StreamStatus::failed:
      fail_in_openssl();
      return false;
  }
  return false;
}

void ClientEnd::finish_handshake() {
  if (!check_certificate() || !check_protocol()) {
    stream_.send_close_notify();
    return;
  }
  if (!services_.accepts(stream_.ssl())) {
    fail(Tp::backend_handshake_failed, "another module refused the backend");
    stream_.send_close_notify();
    return;
  }
  phase_ = Phase::established;
  if (early_session_ != nullptr) services_.keep(*std::exchange(early_session_, nullptr));
}

bool ClientEnd::check_certificate() {
  const ProxyPolicy& policy = *settings_.policy;
  X509* const certificate = peer_certificate(stream_.ssl());
  if (certificate == nullptr) {
    // Only ciphers without certificates come here, and those are never offered.
    fail(Tp::backend_certificate_refused, "it has shown none");
    return false;
  }
  if (policy.check_expire) {
    if (std::string fault = fault_of_dates(*certificate, engine_.clock().wall()); !fault.empty()) {
      fail(Tp::backend_certificate_expired, std::move(fault));
      return false;
    }
  }
  if (policy.name_check == NameCheck::none || backend_.name.empty()) return true;
  std::string fault = fault_of_name(*certificate, backend_.name, policy.name_check);
  if (fault.empty()) return true;
  fail(Tp::backend_name_wrong, std::move(fault));
  return false;
}

bool ClientEnd::check_protocol() {
  if (backend_.protocols.empty()) return true;
  const std::string_view chosen = alpn_name(stream_.ssl());
  if (chosen.empty() ? backend_.may_choose_none
                     : std::ranges::find(backend_.protocols, chosen) != backend_.protocols.end()) {
    return true;
  }
  fail(Tp::backend_protocol_refused, text("offered: ", join(backend_.protocols, ", "),
                                          "; chosen: ", chosen.empty() ? "none" : quote(chosen)));
  return false;
}

ChainVerdict ClientEnd::judge(const ChainStep& step) {
  // Whoever is not to be believed need not be explained: OpenSSL goes on whatever is said here, and
  // keeps what it has found.
  if (verifier_.rules().mode == VerifyMode::none) return ChainVerdict::accept;
  return verifier_.judge(step);
}

void ClientEnd::choose_certificate(SSL& ssl) {
  was_asked_ = true;
  const MachineCertificates* ours = settings_.certificates.get();
  const MachineCertificate* chosen =
      ours == nullptr ? nullptr : ours->choose(asked_authorities(ssl));
  if (chosen == nullptr) {
    const Tp id =
        ours == nullptr ? Tp::backend_wants_certificate : Tp::backend_wants_other_certificate;
    const std::string asked = join(asked_authority_names(ssl), "; ");
    engine_.messages.log(services_.log(),
                         about_backend(diagnose(id, asked.empty() ? "" : text("it names ", asked))),
                         settings_.name, engine_.clock().steady());
    return;
  }
  has_shown_one_ = show(ssl, *chosen->leaf, *chosen->chain, *chosen->key);
}

CertChain ClientEnd::verified_chain(const Fingerprint& shown) {
  return engine_.verified_chains.find(settings_.session_digest, shown, engine_.clock().wall());
}

void ClientEnd::on_verified(const Fingerprint& shown, CertChain chain) {
  engine_.verified_chains.keep(settings_.session_digest, shown, std::move(chain),
                               engine_.clock().wall());
}

// Up to TLS 1.2 it comes before the handshake is over, and so before anything was checked.
void ClientEnd::on_session(SSL_SESSION& session) {
  if (phase_ == Phase::established) {
    services_.keep(session);
  } else {
    early_session_ = share(session);
  }
}

bool ClientEnd::must_flush_now() const noexcept {
  return phase_ != Phase::established || server_speaks_last(stream_.ssl());
}

StreamStatus ClientEnd::decrypt(MutableByteView into, std::size_t& count) {
  const StreamStatus status = stream_.read(into, count);
  if (status == StreamStatus::failed) fail_in_openssl();
  return status;
}

bool ClientEnd::may_encrypt() const noexcept {
  return is_at_rest(stream_.ssl());
}

StreamStatus ClientEnd::encrypt(ByteView bytes, std::size_t record_bytes) {
  const StreamStatus status = stream_.write(bytes, record_bytes);
  if (status == StreamStatus::failed) fail_in_openssl();
  return status;
}

void ClientEnd::send_close_notify() noexcept {
  if (phase_ == Phase::established) stream_.send_close_notify();
}

void ClientEnd::close_quietly() noexcept {
  if (phase_ == Phase::established) stream_.close_quietly();
}

bool ClientEnd::close_notify_sent() const noexcept {
  return stream_.is_open() && stream_.close_notify_sent();
}

void ClientEnd::release_buffers() noexcept {
  if (phase_ == Phase::established) stream_.release_buffers();
}

}  // namespace tlsplus
