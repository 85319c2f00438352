// SPDX-License-Identifier: Apache-2.0
//
// backend_rows(): messages 840..859, about connections to other servers while they are made and
// used. One line for each request that fails, beside mod_proxy's own, which does not know why.
#include "ssl_engine/messages/diagnostics_rows.h"

namespace tlsplus {
namespace {

constexpr Diagnostic kRows[] = {
    {Tp::backend_handshake_failed, Level::error, "TLS handshake with a backend failed",
     "We and the backend could not agree, or what it sent is not TLS. The reason is OpenSSL's; an "
     "alert that was received is the backend's own reason (RFC 8446 6.2).",
     "try the same by hand: openssl s_client -connect ADDRESS -servername NAME"},
    {Tp::backend_cut_off, Level::error, "backend left during the TLS handshake",
     "The backend closed or reset the connection before the handshake was complete, and sent no "
     "alert that says why.",
     "look into the backend's log at this time"},
    {Tp::backend_deadline, Level::error, "TLS handshake with a backend not finished in time",
     "The backend took the connection and then took longer for the handshake than "
     "TLSPlusProxyHandshakeTimeout, TLSPlusHandshakeTimeout, or the timeout= of its ProxyPass line "
     "or ProxyTimeout allow.",
     "see whether the backend is overloaded, or is no TLS server at all"},
    {Tp::backend_certificate_refused, Level::error, "certificate of a backend was not accepted",
     "SSLProxyVerify asks for a certificate that leads to one of the authorities in "
     "SSLProxyCACertificateFile or SSLProxyCACertificatePath, and the one that was shown does not.",
     "add the authority that is named here to SSLProxyCACertificateFile, or have the backend send "
     "the whole chain; TLSPlusProxyTrust lets public authorities and intermediates do"},
    {Tp::backend_certificate_expired, Level::error,
     "certificate of a backend is outside its validity",
     "SSLProxyCheckPeerExpire is on, and the backend's certificate has expired or is not valid "
     "yet. This is looked at even where SSLProxyVerify is none.",
     "renew the backend's certificate, and look at the clocks of both"},
    {Tp::backend_name_wrong, Level::error, "certificate of a backend is for another name",
     "SSLProxyCheckPeerName is on, and the backend's certificate does not have the name that it "
     "was asked by: the host of the ProxyPass URL, or with ProxyPreserveHost the client's Host.",
     "use a name of the certificate in the ProxyPass URL, say it with TLSPlusProxyName, or get a "
     "certificate for this name"},
    {Tp::backend_protocol_refused, Level::error,
     "backend does not speak the protocol that is wanted",
     "The backend chose none of the protocols that were offered by ALPN (RFC 7301), and the "
     "request cannot be sent in another.",
     "write https:// in place of h2:// in the URL if the backend has no HTTP/2"},
    {Tp::backend_wants_certificate, Level::info, "backend asks for a certificate and we have none",
     "The backend would like to see a client certificate, and no SSLProxyMachineCertificateFile is "
     "in force. The handshake goes on; whether the backend insists, it will say.",
     "give one with SSLProxyMachineCertificateFile if the backend needs it"},
    {Tp::backend_wants_other_certificate, Level::warn,
     "backend asks for a certificate of other authorities than ours",
     "None of the certificates in SSLProxyMachineCertificateFile or ...Path is issued by an "
     "authority that the backend names. The handshake goes on without one.",
     "get a certificate of one of the authorities named here, or name the intermediates of ours "
     "with SSLProxyMachineCertificateChainFile"},
    {Tp::backend_missed_certificate, Level::error, "backend left for want of a certificate",
     "The backend asked for a client certificate, was shown none, and ended the connection.",
     "give one with SSLProxyMachineCertificateFile, of an authority that the backend believes"},
    {Tp::backend_refused_certificate, Level::error, "backend did not accept our certificate",
     "The backend was shown a certificate from SSLProxyMachineCertificateFile or ...Path, and "
     "ended the connection with the alert named here.",
     "look into the backend's log: our certificate may have expired or come from an authority that "
     "it does not know"},
    {Tp::backend_records_failed, Level::error, "TLS connection to a backend broken",
     "A record could not be decrypted, or the backend broke the protocol or sent an alert after "
     "the handshake.",
     "look into the backend's log at this time"},
    {Tp::backend_answer_cut_off, Level::info, "backend closed without close_notify",
     "The connection ended while more was expected, without the sign by which TLS tells an end "
     "from a cut (RFC 8446 6.1). An answer that has no Content-Length and is not chunked may be "
     "incomplete.",
     "have the backend send Content-Length, or close its connections properly"},
    {Tp::backend_settings_differ, Level::error,
     "connection to a backend was made under other settings",
     "A connection from the pool was opened by another virtual host, whose SSLProxy... settings "
     "are not those of this request: another client certificate, or another idea of whom to "
     "believe. The request was not sent, and the connection is closed.",
     "write disablereuse=on behind the URL of the ProxyPass or BalancerMember that is shared"},
    {Tp::proxy_engine_off, Level::error, "TLS to a backend is not switched on",
     "A request is to go to an https://, wss:// or h2:// backend, and SSLProxyEngine is off where "
     "it comes from. A health check has the settings of the server that the balancer stands in: "
     "not those of its <Proxy> section, nor of a virtual host that uses a balancer of the main "
     "server.",
     "write: SSLProxyEngine on"},
    {Tp::backend_without_name, Level::error, "there is no name to check a backend against",
     "TLSPlusProxyRequireName is on, and neither TLSPlusProxyName nor the request says a name: "
     "with ProxyPreserveHost a client that sends no Host, or a health check, which never has one. "
     "Nothing was sent.",
     "say with TLSPlusProxyName what the backend's certificate is for, in its <Proxy> section or "
     "the virtual host; for health checks in the virtual host"},
    {Tp::backend_answer_incomplete, Level::error, "backend left in the middle of an answer",
     "The connection ended without the sign by which TLS tells an end from a cut (RFC 8446 6.1), "
     "and more was to come: the rest of the head, of a body whose length was given, or of its "
     "chunks. The client gets 502, or an answer that it can see is not whole.",
     "look into the backend's log at this time; if it ends connections that are idle, write ttl= "
     "with fewer seconds than it keeps them behind the URL of its ProxyPass"},
};

}  // namespace

std::span<const Diagnostic> backend_rows() noexcept {
  return kRows;
}

}  // namespace tlsplus
