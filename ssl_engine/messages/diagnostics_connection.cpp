// SPDX-License-Identifier: Apache-2.0
//
// connection_rows(): messages 400..499, about connections and handshakes. A peer causes these; so
// what is above info is paced (paced_messages.h): nobody outside can fill the log at a level that
// wakes people.
#include "ssl_engine/messages/diagnostics_rows.h"

namespace tlsplus {
namespace {

constexpr Diagnostic kRows[] = {
    {Tp::handshake_failed, Level::info, "TLS handshake failed",
     "Client and server could not agree, or the client sent something that is not TLS. The "
     "reason is OpenSSL's; the alert is what the client was told (RFC 8446 6.2).",
     ""},
    {Tp::handshake_cut_off, Level::info, "client left during the TLS handshake",
     "The connection was closed before the handshake was complete: a port scan, a health check "
     "that only connects, or a client that did not like the certificate and said nothing.",
     ""},
    {Tp::handshake_deadline, Level::info, "TLS handshake not finished in time",
     "The client took longer than TLSPlusHandshakeTimeout for the whole handshake; the "
     "connection was closed.",
     "raise TLSPlusHandshakeTimeout if clients on slow links are meant"},
    {Tp::handshake_let_go, Level::info, "unfinished TLS handshake given up for newer clients",
     "Nearly all connections that this child may hold were unfinished handshakes; the oldest are "
     "closed first so that new clients are answered.",
     "raise AsyncRequestWorkerFactor or ServerLimit if this is normal load"},
    {Tp::plain_http_on_tls, Level::info, "plain HTTP request on a TLS port",
     "A client spoke http:// to a port that speaks https://; it was answered 400 with the right "
     "URL, or sent there (TLSPlusPlainHTTP).",
     "correct the link that led there, or send such clients to the right address: TLSPlusPlainHTTP "
     "redirect"},
    {Tp::tls_on_plain_http, Level::info, "TLS ClientHello on a plain HTTP port",
     "A client spoke https:// to a virtual host without SSLEngine; the connection was closed.",
     "add `SSLEngine on` and a certificate to that virtual host, or correct the link"},
    {Tp::records_failed, Level::info, "TLS connection broken after the handshake",
     "A record could not be decrypted or the client broke the protocol; the connection was closed "
     "with the alert named here.",
     ""},
    {Tp::not_ready, Level::error, "TLS connection refused, the module is not ready",
     "The virtual host has SSLEngine on but no valid configuration was built for it, which a start "
     "should have refused.",
     "run apachectl configtest and restart"},
    {Tp::handshake_broken_here, Level::warn, "TLS handshake failed, this server could not go on",
     "The server had to give up by itself, and told the client internal_error. A private key that "
     "cannot sign, a provider that is not there, or no memory are the usual causes; OpenSSL's "
     "reason "
     "follows.",
     "look at the reason: it is this server that must be mended, not the client"},
    {Tp::silent_deadline, Level::info, "client said nothing after the TLS handshake",
     "The handshake was complete and no request came in the time that mod_reqtimeout's header= "
     "or Timeout allows. Browsers connect ahead of what they may need, so this is usual.",
     ""},
    {Tp::silent_let_go, Level::info, "silent client given up for newer ones",
     "Nearly all connections that this child may hold were unfinished handshakes and clients "
     "that said nothing after theirs; some of these are closed so that new clients are answered.",
     "raise AsyncRequestWorkerFactor or ServerLimit if this is normal load"},
};

}  // namespace

std::span<const Diagnostic> connection_rows() noexcept {
  return kRows;
}

}  // namespace tlsplus
