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
    {Tp::staple_store_failed, Level::warn, "an OCSP response could not be kept on disk",
     "It is stapled all the same. Should the responder be down when httpd is started the next "
     "time, nothing is stapled until it is up again. Told once, until one can be written again.",
     "make room, or let the user of the children write there"},
};

}  // namespace

std::span<const Diagnostic> staple_rows() noexcept {
  return kRows;
}

}  // namespace tlsplus
