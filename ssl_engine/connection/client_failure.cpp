// SPDX-License-Identifier: Apache-2.0
//
// ClientEnd: why a backend could not be used: who it is, what it has shown, and what can be done.
// The first answer that fits is given: its certificate, what it asked of us, what it speaks.
#include <new>

#include "ssl_engine/base/text.h"
#include "ssl_engine/connection/client_end.h"
#include "ssl_engine/openssl/errors.h"
#include "ssl_engine/openssl/tls/client_ssl.h"
#include "ssl_engine/openssl/tls/server_ssl.h"
#include "ssl_engine/openssl/tls/session_info.h"
#include "ssl_engine/openssl/x509/x509.h"
#include "ssl_engine/trust/peer_name.h"

namespace tlsplus {
namespace {

// Octets of a line; what a backend has a hand in is cut.
constexpr std::size_t kMostSaid = 500;
constexpr std::size_t kMostOfName = 100;

const char* hint_for(ServerFault fault) noexcept {
  switch (fault) {
    case ServerFault::not_tls:
      return "the backend does not speak TLS on this port: write http:// in the URL, or the port "
             "on which it does";
    case ServerFault::version:
      return "compare SSLProxyProtocol with the versions that the backend speaks";
    case ServerFault::nothing_fits:
      return "compare SSLProxyCipherSuite with what the backend takes; some backends say the same "
             "when they want a client certificate (SSLProxyMachineCertificateFile) or another name";
    case ServerFault::too_weak:
      return "have the backend use RSA with 2048 bits or more, or let it in as it is with "
             "SSLProxyCipherSuite DEFAULT:@SECLEVEL=0";
    case ServerFault::legacy:
      return "the backend is open to CVE-2009-3555 and has to be updated; until then let it in as "
             "it is with TLSPlusProxyOpenSSLConfCmd Options UnsafeLegacyServerConnect in its "
             "<Proxy> section";
    case ServerFault::wants_certificate:
    case ServerFault::other:
      break;
  }
  return "";
}

/// What mends that very fault of a backend's chain; empty: what the message says by itself.
std::string hint_for(ChainStep::Fault fault, int depth) {
  using Fault = ChainStep::Fault;
  switch (fault) {
    case Fault::self_signed:
      return "if it is the backend's own, and meant so, add this very certificate to "
             "SSLProxyCACertificateFile";
    case Fault::other_key:
      return "an authority of that name is there with another key: get its current certificate for "
             "SSLProxyCACertificateFile";
    case Fault::no_authority:
      return "the certificate named here must not issue any: have the backend's certificate issued "
             "by an authority";
    case Fault::outside_dates:
      return depth == 0
                 ? "renew the backend's certificate, and look at the clocks of both"
                 : "have the backend send the current intermediate certificate, or renew the "
                   "authority's in SSLProxyCACertificateFile, and look at the clocks of both";
    case Fault::wrong_purpose:
      return "get a certificate for the backend that has the extended key usage serverAuth";
    case Fault::too_weak:
      return "have the certificate named here made anew, with RSA of 2048 bits or more and "
             "SHA-256, or let it in as it is with SSLProxyCipherSuite DEFAULT:@SECLEVEL=0";
    case Fault::too_deep:
      return text("write: SSLProxyVerifyDepth ", depth);
    case Fault::revoked:
      return "its authority has withdrawn it: the backend needs a new certificate and, if the key "
             "may be in other hands, a new key";
    case Fault::crl_missing:
      return "add the revocation list of that CA to SSLProxyCARevocationFile, or write: "
             "SSLProxyCARevocationCheck leaf; or end it with no_crl_for_cert_ok";
    case Fault::crl_expired:
      return "put the CA's current revocation list into SSLProxyCARevocationFile or ...Path, then: "
             "apachectl graceful";
    case Fault::crl_useless:
      return "put a revocation list into SSLProxyCARevocationFile or ...Path that is valid today "
             "and signed by that very CA, and look at the clock";
    case Fault::none:
    case Fault::issuer_unknown:
    case Fault::other:
      break;
  }
  return {};
}

const Where& line_for(ChainStep::Fault fault, const ProxyTls& settings) noexcept {
  using Fault = ChainStep::Fault;
  const bool is_of_list = fault == Fault::revoked || fault == Fault::crl_missing ||
                          fault == Fault::crl_expired || fault == Fault::crl_useless;
  const Where& where = fault == Fault::too_deep ? settings.depth_at
                       : is_of_list             ? settings.revocation_at
                                                : settings.verify_at;
  return where.file.empty() ? settings.verify_at : where;
}

/// What is known of the certificate that was shown.
std::string certificate_text(const SSL& ssl) {
  const X509* const shown = peer_certificate(ssl);
  if (shown == nullptr) return {};
  return text("; its certificate: \"", cut(subject_of(*shown), kMostOfName), "\", issued by \"",
              cut(issuer_of(*shown), kMostOfName), "\", valid ", date_text(not_before_of(*shown)),
              " to ", date_text(not_after_of(*shown)));
}

}  // namespace

void ClientEnd::fail(Tp id, std::string reason, std::string hint) noexcept {
  const bool was_established = phase_ == Phase::established;
  phase_ = Phase::failed;
  try {
    if (was_established || has_offered_session_) services_.forget_sessions();
    const bool is_broken = was_established && id == Tp::backend_handshake_failed;
    failure_ = diagnose(is_broken ? Tp::backend_records_failed : id, std::move(reason), {},
                        std::move(hint));
    describe();
  } catch (const std::bad_alloc&) {
    failure_.id = static_cast<MessageId>(id);
  }
}

Error ClientEnd::about_backend(Error error) const {
  const std::string name = cut(quote(backend_.name), kMostOfName);
  std::string who = backend_.name.empty() ? backend_.address : text(name, " at ", backend_.address);
  error.what = error.what.empty() ? std::move(who) : text(who, ": ", error.what);
  return error;
}

void ClientEnd::describe() {
  std::string& what = failure_.what;
  what = cut(std::move(what), kMostSaid);
  // The verifier has named the certificate that it refused.
  if (stream_.is_open() && verifier_.refusal().empty()) what += certificate_text(stream_.ssl());
  // To whom has left nothing is said any more, whatever OpenSSL has ready.
  const bool has_left = failure_.id == static_cast<MessageId>(Tp::backend_cut_off);
  if (alert_sent_ >= 0 && !has_left) what += text("; alert sent: ", alert_name(alert_sent_));
  if (alert_received_ >= 0) what += text("; alert received: ", alert_name(alert_received_));
  failure_ = about_backend(std::move(failure_));
}

void ClientEnd::fail_for_want_of_more() {
  std::string reason = has_been_heard_ ? "it closed the connection in the middle of the handshake"
                                       : "it closed the connection and did not say a word";
  std::string hint;
  if (was_asked_ && !has_shown_one_) {
    reason += "; it had asked for a certificate, and there is none for it";
    hint =
        "give one with SSLProxyMachineCertificateFile, of an authority that the backend believes";
  } else if (!has_been_heard_) {
    hint = "see whether TLS is spoken on this port, and look into the backend's log at this time";
  }
  fail(Tp::backend_cut_off, std::move(reason), std::move(hint));
}

void ClientEnd::fail_in_openssl() noexcept {
  try {
    const ServerFault fault = oldest_server_fault();
    const Error error = openssl_error({});
    if (!verifier_.refusal().empty()) {
      fail(Tp::backend_certificate_refused, verifier_.refusal(),
           hint_for(verifier_.fault(), verifier_.fault_depth()));
      failure_.where = line_for(verifier_.fault(), settings_);
      return;
    }
    if (fault == ServerFault::wants_certificate && was_asked_) {
      fail(has_shown_one_ ? Tp::backend_refused_certificate : Tp::backend_missed_certificate,
           error.what);
      return;
    }
    // After a handshake it is known that TLS is spoken there.
    fail(Tp::backend_handshake_failed, error.what,
         phase_ == Phase::established ? "" : hint_for(fault));
  } catch (const std::bad_alloc&) {
    fail(Tp::backend_handshake_failed, {});
  }
}

}  // namespace tlsplus
