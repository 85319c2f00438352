// SPDX-License-Identifier: Apache-2.0
//
// Connection: the walk from the first byte to plaintext. The order is: read the hello, choose the
// host, make the SSL from that host's context, feed it the hello again, go on. OpenSSL calls back
// once it has parsed the hello itself; if it saw another name than we did, the connection ends
// there.
#include "ssl_engine/connection/connection.h"

#include <utility>

#include "ssl_engine/base/boundary.h"
#include "ssl_engine/base/limits.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/errors.h"
#include "ssl_engine/openssl/tls/message_trace.h"
#include "ssl_engine/openssl/tls/server_ssl.h"
#include "ssl_engine/openssl/tls/session_info.h"
#include "ssl_engine/openssl/tls/srp.h"
#include "ssl_engine/trust/password_store.h"

namespace tlsplus {
namespace {

constexpr std::chrono::seconds kNoInquiries{-1};

/// True of a client that offers one protocol alone, and none of HTTP: so does who validates a
/// certificate (RFC 8737 3).
bool may_be_challenge(ByteView offers) noexcept {
  if (offers.size() != 1U + offers[0]) return false;
  const std::string_view name = as_text(offers.subspan(1));
  return name != "h2" && !name.starts_with("http/");
}

}  // namespace

Connection::Connection(Engine& engine, std::shared_ptr<const Snapshot> snapshot, const Host& base,
                       ConnectionServices& services)
    : engine_(engine),
      snapshot_(std::move(snapshot)),
      services_(services),
      base_(base),
      host_(&base),
      serving_(&base),
      resumption_(engine.clock(), services.log(), verifier_),
      reauthentication_(*this, stream_, verifier_, resumption_),
      began_(engine.clock().steady()) {}

Connection::~Connection() = default;

void Connection::feed(ByteView records) {
  if (phase_ != Phase::hello) {
    first_.go_on(records);
    stream_.feed(records);
    return;
  }
  ClientHello hello;
  const HelloState state = first_.add(records, hello);
  if (state == HelloState::incomplete) return;
  if (state == HelloState::too_large) return refuse_large_hello();
  has_read_hello_ = state == HelloState::complete;
  open(hello);
  if (stream_.is_open()) stream_.feed(first_.stream());
}

// OpenSSL would collect four times as much before it says the same.
void Connection::refuse_large_hello() {
  static constexpr Byte kAlert[] = {21, 3, 1, 0, 2, 2, SSL_AD_ILLEGAL_PARAMETER};
  fail(Tp::handshake_failed, text("a ClientHello of more than ", limits::kHelloBytes, " bytes"));
  stream_.out().append(kAlert);
  on_alert(true, SSL3_AL_FATAL << 8 | SSL_AD_ILLEGAL_PARAMETER);
}

void Connection::choose_host(const ClientHello& hello) {
  has_server_name_ = hello.has_server_name;
  server_name_ = hello.server_name;
  const Host* named = has_server_name_ ? services_.host_named(server_name_) : nullptr;
  if (named != nullptr) host_ = named;
  if (host_->engine) serving_ = host_;
  if (services_.log().enabled(Level::trace3)) trace_choice(named != nullptr);
  services_.on_host(*host_);
}

void Connection::note_offers(ByteView offers) {
  if (offers.empty()) return;
  offers_ = as_text(offers);
  // A challenge changes the certificate, which OpenSSL wants to know before it asks for the
  // protocol.
  if (may_be_challenge(offers)) settle_offer();
}

void Connection::settle_offer() {
  if (std::exchange(offer_is_settled_, true)) return;
  chosen_offer_ = services_.select_protocol(*serving_, as_bytes(offers_));
}

void Connection::open(const ClientHello& hello) {
  phase_ = Phase::handshake;
  choose_host(hello);
  if (serving_->client_hello_vars) kept_hello_.assign(hello.body.begin(), hello.body.end());
  note_offers(hello.protocols);
  const auto challenge = offers_.empty() ? std::nullopt : services_.challenge(server_name_);
  answers_challenge_ = challenge.has_value();
  SSL_CTX& context =
      serving_->ready_context != nullptr ? *serving_->ready_context : *serving_->context;
  if (Status opened = stream_.open(context, *engine_.bio_method(), TlsRole::server, this);
      !opened) {
    fail(Tp::handshake_failed, opened.error().what);
    return;
  }
  trace_messages(stream_.ssl(), services_.log());
  if (!set_up(stream_.ssl(), challenge)) {
    fail_in_openssl();
  } else if (!services_.on_ssl(stream_.ssl())) {
    fail(Tp::handshake_failed, "another module refused the connection");
  }
}

bool Connection::set_up(SSL& ssl, const std::optional<ChallengeCertificate>& challenge) {
  resumption_.begin(ssl, *serving_, engine_.sessions_of(*serving_));
  verifier_.begin(rules_of(*serving_, engine_.responders), serving_->trust.get());
  if (serving_->trust != nullptr) hold_against(ssl, *serving_->trust->store);
  // A host without an SSLProtocol of its own speaks the versions of the address.
  if (serving_ != &base_ && !serving_->has_own_versions && base_.engine) {
    const ProtocolRange& versions = base_.policy->versions;
    set_versions(ssl, wire_version(versions.lowest), wire_version(versions.highest));
  }
  if (serving_->dh_parameters != nullptr) use_dh_parameters(ssl, *serving_->dh_parameters);
  if (!serving_->group.empty() && !use_only_group(ssl, serving_->group)) return false;
  if (challenge) return present_only(ssl, *challenge->leaf, *challenge->key);
  presented_ = present_certificates(ssl, *serving_, engine_.certificates, engine_.clock().steady(),
                                    services_.log());
  return presented_ != Presented::refused;
}

void Connection::end_input() noexcept {
  if (stream_.is_open()) {
    stream_.end_input();
  } else {
    fail(Tp::handshake_cut_off,
         first_.is_begun() ? "part of a ClientHello was sent" : "nothing was sent");
  }
}

bool Connection::advance() {
  const bool needs_input = take_step();
  if (phase_ == Phase::hello) return needs_input;
  first_.forget_body();
  if (stream_.unread().empty()) first_.forget_stream();
  return needs_input;
}

bool Connection::take_step() {
  if (phase_ == Phase::hello) return true;
  if (phase_ != Phase::handshake) return false;
  if (doubt_) return settle_doubt();
  verifier_.allow_inquiries(can_hold_back(stream_.ssl()) ? longest_inquiry_ : kNoInquiries);
  const StreamStatus status = stream_.handshake();
  if (doubt_ && status != StreamStatus::failed && status != StreamStatus::cut_off) {
    return begin_inquiry(status) && settle_doubt();
  }
  return go_on(status);
}

bool Connection::go_on(StreamStatus status) {
  switch (status) {
    case StreamStatus::done:
      finish_handshake();
      return false;
    case StreamStatus::want_read:
      return true;
    case StreamStatus::closed:
    case StreamStatus::cut_off:
      fail(Tp::handshake_cut_off, "after the ClientHello");
      return false;
    case StreamStatus::failed:
      if (is_plain_http_error()) {
        clear_openssl_errors();
        phase_ = Phase::plain_http;
      } else {
        fail_in_openssl();
      }
      return false;
  }
  return false;
}

void Connection::finish_handshake() {
  // OpenSSL has seen to that already; nobody passes here by a mistake of ours.
  if (doubt_ || verifier_.inquiry() != nullptr) {
    fail(Tp::handshake_broken_here, "the client's certificate is still in doubt");
    return;
  }
  verifier_.allow_inquiries(kNoInquiries);
  if (!answers_challenge_ && !verifier_.accepts_peer(stream_.ssl())) {
    const std::string_view user = srp_user(stream_.ssl());
    fail(Tp::client_certificate_missing,
         user.empty() ? "" : text("SRP user ", quote(user), " proved a password instead"));
    return;
  }
  // SSL_CLIENT_VERIFY says GENEROUS up to TLS 1.2 and the error's words in TLS 1.3, as applications
  // know it from mod_ssl.
  if (verifier_.was_lenient() && !is_tls13(stream_.ssl())) forgive(stream_.ssl());
  phase_ = Phase::established;
  if (!verifier_.forgiven().empty()) {
    log_error(services_.log(), diagnose(Tp::client_ocsp_forgiven, verifier_.forgiven()),
              serving_->name);
  }
  resumption_.count(stream_.ssl());
  if (services_.log().enabled(Level::trace3)) trace_end();
  took_ = std::chrono::duration_cast<std::chrono::microseconds>(engine_.clock().steady() - began_);
}

bool Connection::must_flush_now() const noexcept {
  if (phase_ != Phase::established) return true;
  return !is_tls13(stream_.ssl());
}

StreamStatus Connection::decrypt(MutableByteView into, std::size_t& count) {
  const StreamStatus status = stream_.read(into, count);
  if (status == StreamStatus::failed) fail_in_openssl();
  if (phase_ == Phase::established && renegotiations_refused_ > limits::kRenegotiations) {
    fail(Tp::renegotiations_refused, text("after ", renegotiations_refused_, " attempts"));
    return StreamStatus::failed;
  }
  if (renegotiations_refused_ == 1 && !renegotiation_told_) {
    renegotiation_told_ = true;
    log_error(services_.log(), diagnose(Tp::renegotiation_refused, {}), host_->name);
  }
  return status;
}

bool Connection::reauthenticate(const VerifyRules& rules, std::shared_ptr<const TrustStore> trust) {
  if (reauthentication_.begin(rules, std::move(trust))) return true;
  fail_in_openssl();
  return false;
}

StreamStatus Connection::encrypt(ByteView bytes, std::size_t record_bytes) {
  const StreamStatus status = stream_.write(bytes, record_bytes);
  if (status == StreamStatus::failed) fail_in_openssl();
  return status;
}

void Connection::send_close_notify() noexcept {
  if (phase_ == Phase::established) stream_.send_close_notify();
}

void Connection::close_quietly() noexcept {
  if (phase_ == Phase::established) stream_.close_quietly();
}

bool Connection::close_notify_sent() const noexcept {
  return stream_.is_open() && stream_.close_notify_sent();
}

void Connection::release_buffers() noexcept {
  if (phase_ == Phase::established) stream_.release_buffers();
}

HelloVerdict Connection::on_client_hello(SSL& ssl, const ClientHelloView& hello, int& alert) {
  if (serving_->passwords != nullptr) resumption_.bind_to_user(ssl, hello.srp_extension);
  reauthentication_.note_hello(ssl, *serving_->policy);
  if (!has_read_hello_) return adopt(ssl, hello, alert);
  const bool sent_name = hello.server_name_extension.data() != nullptr;
  const auto name = sent_name ? server_name_of(hello.server_name_extension) : std::nullopt;
  const bool same_name = name.has_value() == has_server_name_ && (!name || *name == server_name_);
  const auto offers = protocols_of(hello.alpn_extension);
  // In a renegotiation clients leave out what was settled by the first hello; they may not change
  // it.
  const bool is_again = phase_ == Phase::established;
  if (is_again && !offers && (same_name || !sent_name)) return HelloVerdict::proceed;
  if (same_name && as_text(offers.value_or(ByteView{})) == offers_) return HelloVerdict::proceed;
  alert = SSL_AD_ILLEGAL_PARAMETER;
  return HelloVerdict::reject;
}

const SrpUsers* Connection::srp_users(SSL& ssl) {
  if (serving_->passwords == nullptr) return nullptr;
  // The password is what the client has to show, even where the cipher is one with certificates.
  ask_client(ssl, AskClient::no, nullptr, nullptr);
  return serving_->passwords->users.get();
}

/// A hello that was too finely cut, or that OpenSSL will refuse by itself in a moment: it goes
/// on with the default host, unless it names another, whose settings cannot be had any more.
HelloVerdict Connection::adopt(SSL& ssl, const ClientHelloView& hello, int& alert) {
  has_read_hello_ = true;
  if (serving_->client_hello_vars) kept_hello_ = rebuild_client_hello(ssl);
  if (const auto name = server_name_of(hello.server_name_extension)) {
    const Host* named = services_.host_named(*name);
    if (named != nullptr && named != &base_) {
      alert = SSL_AD_ILLEGAL_PARAMETER;
      return HelloVerdict::reject;
    }
    has_server_name_ = true;
    server_name_ = *name;
  }
  note_offers(protocols_of(hello.alpn_extension).value_or(ByteView{}));
  return HelloVerdict::proceed;
}

std::optional<std::size_t> Connection::choose_protocol(ByteView offers) {
  if (as_text(offers) != offers_) return std::nullopt;
  settle_offer();
  return chosen_offer_;
}

ServerEvents::Staple Connection::staple() {
  if (answers_challenge_) return {};
  return services_.staple(*serving_, stream_.ssl());
}

void Connection::on_alert(bool sent, int packed) noexcept {
  if (sent && is_renegotiation_refused(packed)) ++renegotiations_refused_;
  (sent ? alert_sent_ : alert_received_) = packed;
  // Before the handshake is over anybody may have sent it who has seen the session's id go by.
  if (is_fatal(packed) && phase_ == Phase::established) resumption_.forget(stream_.ssl());
}

}  // namespace tlsplus
