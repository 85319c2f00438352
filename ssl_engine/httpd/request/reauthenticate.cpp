// SPDX-License-Identifier: Apache-2.0
//
// reauthenticate(): decides for one request, asks, and judges the answer. It runs before any other
// access check of ours, so that all of them see the certificate that the place asked for. The
// worker waits here for the client, at most as long as for a handshake.
#include "ssl_engine/httpd/request/reauthenticate.h"

#include "ssl_engine/base/network_of.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/connection/reauthentication.h"
#include "ssl_engine/httpd/apache/module.h"
#include "ssl_engine/httpd/connection/tls_connection.h"
#include "ssl_engine/httpd/request/buffered_body.h"
#include "ssl_engine/httpd/request/reauthentication_wait.h"
#include "ssl_engine/httpd/request/tls_request.h"
#include "ssl_engine/openssl/tls/server_ssl.h"
#include "ssl_engine/openssl/tls/session_info.h"
#include "ssl_engine/openssl/tls/srp.h"
#include "ssl_engine/settings/cipher_list.h"
#include "ssl_engine/settings/defaults.h"

namespace tlsplus {
namespace {

constexpr const char* kForbiddenNote = "ssl-renegotiate-forbidden";  // mod_http2 looks for it

struct Place {
  request_rec& request;
  const DirConfig& directory;
  TlsConnection& tls;
  const Host& host;
  LogSink& log;
};

int refuse(const Place& place, Tp id, std::string_view evidence = {}) {
  place.tls.channel.log_paced(
      place.log,
      diagnose(id, text(place.request.uri == nullptr ? "" : quote(place.request.uri),
                        evidence.empty() ? "" : ": ", evidence)),
      place.host.name);
  return HTTP_FORBIDDEN;
}

int refuse_on_stream(const Place& place, const char* what) {
  apr_table_setn(place.request.notes, kForbiddenNote, what);
  return refuse(place, Tp::ask_again_http2, what);
}

void explain_not_offered(request_rec& request) {
  apr_table_setn(request.notes, "error-notes",
                 "This page wants a client certificate, and your browser cannot show one after the "
                 "connection was made (post-handshake authentication, RFC 8446 4.2.6).<br />\n");
}

/// Sets the ciphers of the place. OK: nothing to ask; DECLINED: the client must be asked.
int settle_ciphers(const Place& place) {
  const auto& list = place.directory.cipher_list;
  SSL& ssl = *place.tls.core.ssl();
  if (!list.is_set() || is_tls13(ssl)) return OK;
  const std::string before = enabled_ciphers(ssl);
  if (place.request.connection->master != nullptr) {
    // Other requests share the connection; only what is in force already can be had.
    return place.host.config->cipher_list.value_or({}) == *list
               ? OK
               : refuse_on_stream(place, "cipher-suite");
  }
  if (!use_ciphers(ssl, text(*list, kNeverCiphers))) {
    return refuse(place, Tp::ask_again_ciphers, quote(*list));
  }
  if (enabled_ciphers(ssl) == before) return is_cipher_enabled(ssl) ? OK : DECLINED;
  const bool is_lazy = place.directory.options.has(OptionSet::kOptRenegotiate);
  return is_lazy && is_cipher_enabled(ssl) ? OK : DECLINED;
}

/// OK: the client can be asked.
int refuse_unable(const Place& place) {
  switch (place.tls.core.reauthentication().support()) {
    case ReauthenticationSupport::yes:
      return OK;
    case ReauthenticationSupport::no_post_handshake_auth:
      explain_not_offered(place.request);
      return refuse(place, Tp::ask_again_not_offered);
    case ReauthenticationSupport::no_secure_renegotiation:
      return refuse(place, Tp::ask_again_insecure);
  }
  return HTTP_FORBIDDEN;
}

int keep_body(const Place& place) {
  const int limit = place.directory.renegotiation_buffer.value_or(defaults::kRenegotiationBuffer);
  const int kept = tlsplus::keep_body(place.request, place.tls, limit);
  if (kept == HTTP_REQUEST_ENTITY_TOO_LARGE) {
    (void)refuse(place, Tp::ask_again_body, text("more than ", limit, " bytes"));
  } else if (kept == HTTP_REQUEST_TIME_OUT) {
    (void)refuse(place, Tp::ask_again_body_slow);
  }
  return kept;
}

WaitSlots::Place take_place(TlsConnection& tls) {
  return tls.engine().asking.take(
      std::string(as_text(network_of(tls.channel.transport.peer_address()))), tls.clock().steady(),
      tls.handshake_timeout(), [&tls] { tls.channel.transport.stop_reading(); });
}

/// The client gave no answer.
int refuse_silent(const Place& place, bool was_let_go) {
  TlsConnection& tls = place.tls;
  tls.note_silence();
  if (!was_let_go) return HTTP_FORBIDDEN;
  (void)refuse(place, Tp::ask_again_crowded);
  return HTTP_SERVICE_UNAVAILABLE;
}

/// With TLS 1.2 a client that has not what the place wants ends the connection. The line about that
/// knows no place, and is one of those that nobody has to mend.
void tell_failed_asking(const Place& place) {
  const auto& list = place.directory.cipher_list;
  const Error failure = place.tls.core.failure();
  const Tp id{failure.id};
  if (id == Tp::client_certificate_refused) return;  // that line is one to mend
  if (id == Tp::client_certificate_missing) {
    (void)refuse(place, Tp::ask_again_refused);
  } else if (list.is_set() && !is_tls13(*place.tls.core.ssl())) {
    (void)refuse(place, Tp::ask_again_ciphers, text(quote(*list), ": ", failure.what));
  } else {
    (void)refuse(place, Tp::ask_again_refused, failure.what);
  }
}

/// Whom the host believes today; the connection may be older than a list that was replaced.
std::shared_ptr<const TrustStore> trust_now(const Place& place) {
  Generation& generation = *slot_of(*place.request.server).generation;
  generation.reload.look();
  return generation.engine.snapshot()->host(place.host.index).trust;
}

int ask(const Place& place, const VerifyRules& rules) {
  TlsConnection& tls = place.tls;
  if (tls.gave_no_answer()) return HTTP_FORBIDDEN;
  // A place is taken when nothing but the client's answer is left to wait for.
  if (const int unable = refuse_unable(place); unable != OK) return unable;
  if (const int kept = keep_body(place); kept != OK) return kept;
  // Requests that were sent before the client was known are not served as if it had been.
  const bool is_pipelined = !tls.channel.inbound.empty();
  const Instant deadline = tls.clock().steady() + tls.handshake_timeout();
  const auto waiting = take_place(tls);
  if (!tls.core.reauthenticate(rules, trust_now(place))) {
    tls.channel.log_failure();
    tls.channel.abort();
    return HTTP_FORBIDDEN;
  }
  const Asked asked = await_answer(tls, waiting, deadline);
  const bool is_accepted = tls.core.reauthentication().finish();
  tls.refresh_view();
  if (asked == Asked::over && tls.core.phase() == Phase::failed) tell_failed_asking(place);
  const bool was_let_go = waiting.was_let_go();
  if (asked != Asked::answered || was_let_go || is_pipelined || !tls.channel.inbound.empty()) {
    tls.connection().keepalive = AP_CONN_CLOSE;
  }
  if (asked != Asked::answered) return refuse_silent(place, was_let_go);
  return is_accepted ? OK : refuse(place, Tp::ask_again_refused);
}

int satisfy(const Place& place) {
  SSL& ssl = *place.tls.core.ssl();
  if (!srp_user(ssl).empty()) return DECLINED;
  const VerifyRules rules = rules_for(place.host, place.tls.engine().responders, place.directory);
  const Shown shown = place.tls.core.reauthentication().shown();
  const std::shared_ptr<const TrustStore> trust = trust_now(place);
  const bool is_lazy = place.directory.options.has(OptionSet::kOptRenegotiate);
  const bool wants_certificate =
      must_ask(shown, rules, trust.get()) &&
      !(is_lazy && place.tls.core.reauthentication().would_pass(rules, trust.get()));
  if (wants_certificate && place.request.connection->master != nullptr) {
    return refuse_on_stream(place, "verify-client");
  }
  const int ciphers = settle_ciphers(place);
  if (ciphers != OK && ciphers != DECLINED) return ciphers;
  if (ciphers == OK && !wants_certificate) return DECLINED;
  // For other ciphers alone the client shows again what it had to show before.
  if (const int asked = ask(place, wants_certificate ? rules : shown.rules); asked != OK) {
    return asked;
  }
  if (place.directory.cipher_list.is_set() && !is_tls13(ssl) && !is_cipher_enabled(ssl)) {
    return refuse(place, Tp::ask_again_ciphers, quote(*place.directory.cipher_list));
  }
  return DECLINED;
}

}  // namespace

int reauthenticate(request_rec& request) {
  const DirConfig& directory = slot_of(request).config;
  TlsConnection* tls = tls_of(*request.connection);
  if (tls == nullptr || !is_tls_request(request)) return DECLINED;
  const Host& host = host_of(request, *tls);
  RequestLog log(request);
  return satisfy({request, directory, *tls, host, log});
}

}  // namespace tlsplus
