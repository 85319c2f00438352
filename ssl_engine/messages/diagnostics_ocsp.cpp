// SPDX-License-Identifier: Apache-2.0
//
// ocsp_rows(): messages 890..909, about responders that are asked for clients' certificates. Those
// from 900 to 906 are caused by a peer, so that those above info are paced. An id is never reused.
#include "ssl_engine/messages/diagnostics_rows.h"

namespace tlsplus {
namespace {

constexpr Diagnostic kRows[] = {
    {Tp::ocsp_proxy_value, Level::error, "the proxy for OCSP is no URL that can be used",
     "SSLOCSPProxyURL takes http://host:port, without a user and a password.",
     "write: SSLOCSPProxyURL http://proxy.example.org:3128/"},
    {Tp::ocsp_cache_time_value, Level::error, "time to keep answers of responders is out of range",
     "It is for how many seconds an answer about a client's certificate is used again; with 0 each "
     "full handshake asks. No answer is used after its nextUpdate.",
     "write: TLSPlusOCSPCacheTime 300; or another number from 0 to 86400"},
    {Tp::ocsp_url_unusable, Level::warn, "the responder's URL cannot be used",
     "SSLOCSPDefaultResponder takes http://host[:port][/path] or https. As it is, the clients "
     "whose "
     "certificates depend on it are refused.",
     "correct the URL"},
    {Tp::ocsp_override_alone, Level::warn, "there is no responder to override others with",
     "SSLOCSPOverrideResponder on asks the SSLOCSPDefaultResponder alone, and there is none: all "
     "clients are refused, unless SSLOCSPEnable says no_ocsp_for_cert_ok.",
     "add SSLOCSPDefaultResponder with the responder's URL, or remove SSLOCSPOverrideResponder"},
    {Tp::ocsp_without_clients, Level::warn, "OCSP has no effect where no client is asked",
     "SSLOCSPEnable is about certificates of clients, and neither this host nor a place in it has "
     "an SSLVerifyClient. For the server's own certificate there is SSLUseStapling.",
     "add SSLVerifyClient require, or remove SSLOCSPEnable"},
    {Tp::ocsp_responder_file_empty, Level::error, "there is no certificate of a responder in it",
     "SSLOCSPResponderCertificateFile must hold at least one certificate.",
     "put the certificate there with which the responder signs, or remove the line"},
    {Tp::ocsp_lenient, Level::warn, "clients of unknown issuers are refused all the same",
     "SSLVerifyClient optional_no_ca forgives an unknown issuer, but without an issuer there is "
     "nobody whose responder could be believed: with SSLOCSPEnable such clients are refused, as "
     "with mod_ssl.",
     "remove SSLOCSPEnable, or write SSLVerifyClient optional"},
    {Tp::ocsp_believes_anybody, Level::warn, "anybody may answer for the responder",
     "With SSLOCSPNoVerify on an answer is believed whoever's certificate it brings along: whoever "
     "is on the way to the responder can make a revoked certificate good.",
     "write: SSLOCSPNoVerify off"},
    {Tp::ocsp_memory_failed, Level::error, "no shared memory for answers of responders",
     "The children keep the answers about clients' certificates in common memory.",
     "look at the limits of the system, such as /proc/sys/kernel/shmmax"},
    {Tp::client_ocsp_revoked, Level::warn, "client refused, its certificate is revoked",
     "The responder of its issuer says so.",
     "nothing, if it is right; else ask the authority that has issued it"},
    {Tp::client_ocsp_unknown, Level::warn,
     "client refused, the responder does not know its certificate",
     "A responder that has no such certificate in its list answers \"unknown\". It is asked again "
     "after half a minute.",
     "look whether the responder is the issuer's, and knows of certificates issued lately"},
    {Tp::client_ocsp_no_source, Level::warn, "client refused, nobody can be asked about it",
     "Its certificate names no responder that can be used, and there is no "
     "SSLOCSPDefaultResponder.",
     "add SSLOCSPDefaultResponder; or no_ocsp_for_cert_ok to SSLOCSPEnable, to let such clients "
     "in"},
    {Tp::client_ocsp_unreachable, Level::warn, "client refused, its responder has not answered",
     "No answer came within SSLOCSPResponderTimeout; or the responder did not answer before, and "
     "is "
     "left alone for some seconds.",
     "look whether this machine reaches the responder; SSLOCSPProxyURL leads there by a proxy"},
    {Tp::client_ocsp_stale, Level::warn, "client refused, the responder's answer is out of date",
     "Its thisUpdate lies ahead, or its nextUpdate is over, or it is older than "
     "SSLOCSPResponseMaxAge; clocks may differ by SSLOCSPResponseTimeSkew.",
     "look at the clocks of both machines, and at the responder"},
    {Tp::client_ocsp_unusable, Level::warn,
     "client refused, the responder's answer is not believed",
     "What is wrong with it stands in the line. Responders that prepare their answers have no "
     "nonce.",
     "if it is the nonce, write SSLOCSPUseRequestNonce off; else look at the responder"},
    {Tp::client_ocsp_forgiven, Level::info, "client let in, nobody can be asked about it",
     "Its certificate names no responder, and SSLOCSPEnable has no_ocsp_for_cert_ok.",
     "nothing, if that is intended"},
    {Tp::responder_down, Level::warn, "a responder does not answer, and is left alone for a while",
     "After some failures in a row clients are refused at once instead of after the timeout; "
     "every few seconds one of them tries again.",
     "look whether the responder runs, and whether this machine reaches it"},
    {Tp::responder_back, Level::notice, "a responder answers again", "It is asked as before.",
     "nothing"},
};

}  // namespace

std::span<const Diagnostic> ocsp_rows() noexcept {
  return kRows;
}

}  // namespace tlsplus
