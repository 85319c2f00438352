// SPDX-License-Identifier: Apache-2.0
//
// staple_rows(): messages 860..889, about stapling: responders, what they say of our certificates,
// and where their responses are kept. A responder's failures are told once in ten minutes.
#include "ssl_engine/messages/diagnostics_rows.h"

namespace tlsplus {
namespace {

constexpr Diagnostic kRows[] = {
    {Tp::staple_not_fetched, Level::warn, "no OCSP response for a certificate of ours",
     "Its responder did not answer, or not with what may be stapled. It is asked again and again, "
     "with growing waits, beside all handshakes; what was received before is stapled until it is "
     "over. A certificate of an authority that has given up its responder needs no stapling.",
     "see whether this server reaches the responder: openssl ocsp -issuer CHAIN -cert FILE -url "
     "URL; or write: SSLUseStapling off"},
    {Tp::staple_fetched_again, Level::notice, "OCSP responses come again from a responder",
     "Follows the message that they did not.", "nothing to do"},
    {Tp::staple_own_revoked, Level::error, "a certificate of ours is revoked, says its responder",
     "Clients that look at the staple, or ask for themselves, refuse it. The response is stapled "
     "all the same, unless SSLStaplingReturnResponderErrors is off.",
     "get a new certificate with a new key"},
    {Tp::staple_issuer_missing, Level::warn,
     "nothing is stapled to a certificate whose issuer is not known",
     "A responder is asked about a certificate by its issuer, and its answer is held against the "
     "issuer's key. It is looked for in the certificate's file, in SSLCertificateChainFile and in "
     "SSLCACertificateFile.",
     "append the issuer's certificate to the certificate's file"},
    {Tp::staple_promised, Level::warn,
     "certificate promises an OCSP response and there is none yet",
     "It has the extension of RFC 7633 (\"must staple\"): Firefox refuses it without a stapled "
     "response. The responder is being asked; the handshakes until it answers have none. A "
     "response that was received is kept over restarts, unless TLSPlusStapleStore is off.",
     "wait for the responder's answer; if there is no TLSPlusStapleStore off, nothing else"},
    {Tp::staple_promised_off, Level::warn,
     "certificate promises an OCSP response and stapling is off",
     "It has the extension of RFC 7633 (\"must staple\"): Firefox refuses it without a stapled "
     "response.",
     "write: SSLUseStapling on; or get a certificate without this extension"},
    {Tp::staple_store_failed, Level::warn, "an OCSP response could not be kept on disk",
     "It is stapled all the same. Should the responder be down when httpd is started the next "
     "time, nothing is stapled until it is up again. Told once, until one can be written again.",
     "make room, or let the user of the children write there"},
    {Tp::staple_store_not_opened, Level::warn, "folder for OCSP responses cannot be used",
     "Responses are kept in memory only. Should the responder be down when httpd is started the "
     "next time, nothing is stapled until it is up again.",
     "make the folder named in TLSPlusStapleStore, or write: TLSPlusStapleStore off"},
    {Tp::staple_no_responder, Level::info,
     "nothing is stapled to a certificate that names no responder",
     "Most public authorities have given up OCSP, and their certificates need no stapling.",
     "nothing to do; or name a responder in SSLStaplingForceURL"},
    {Tp::staple_try_later, Level::warn, "SSLStaplingFakeTryLater on has no effect",
     "Where no response is to be had, nothing is stapled. A staple that says \"try later\" is no "
     "better for any client, and Firefox refuses the connection for it.",
     "remove the line"},
    {Tp::staple_not_running, Level::warn, "OCSP responses cannot be fetched",
     "The system has refused memory, a lock or a thread. Nothing is stapled until the next restart "
     "but what is there already.",
     "look at the reason given, and at the limits of the process"},
    {Tp::staple_url_value, Level::warn, "SSLStaplingForceURL is no URL of a responder",
     "Nobody can be asked there, so nothing is stapled.",
     "write: SSLStaplingForceURL http://ocsp.example.com/"},
    {Tp::staple_store_value, Level::error, "TLSPlusStapleStore takes a folder or off",
     "The folder is made if only its last part is missing.",
     "write: TLSPlusStapleStore /var/cache/tlsplus-staples; or off in its place"},
};

}  // namespace

std::span<const Diagnostic> staple_rows() noexcept {
  return kRows;
}

}  // namespace tlsplus
