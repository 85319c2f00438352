// SPDX-License-Identifier: Apache-2.0
//
// restart_rows(): messages 950..969, about restarts over certificates and keys that cannot be used.
// Those that say so come at error, and the server runs on. An id is never reused.
#include <array>

#include "ssl_engine/messages/diagnostics_rows.h"

namespace tlsplus {
namespace {

constexpr bool kSurvived = true;

constexpr auto kRows = std::to_array<Diagnostic>({
    {Tp::certificate_kept, Level::error,
     "certificate or key cannot be used, the host keeps what it had before the restart",
     "What the line names is missing, damaged, of the wrong kind or does not fit. A first start "
     "would "
     "be refused; a restart leaves exactly the hosts concerned with their last good certificate. "
     "TLSPlusKeepLastCertificate off has the server end instead.",
     "correct the file; it is served within seconds, or after: apachectl graceful", kSurvived},
    {Tp::certificate_left_out, Level::error,
     "certificate or key cannot be used, the host goes on without it",
     "There is none from before the restart that these lines had named; the host has another one, "
     "with another kind of key as a rule. Clients that need this kind are refused.",
     "correct the file; it is served within seconds, or after: apachectl graceful", kSurvived},
    {Tp::host_without_certificate, Level::error,
     "certificate or key cannot be used, and the host has no other: its handshakes fail",
     "The host is new, or got its first certificate with this restart, so that there is none from "
     "before. All other hosts are served.",
     "correct the file; it is served within seconds, or after: apachectl graceful", kSurvived},
    {Tp::file_not_needed, Level::error, "file cannot be used, but no host with TLS needs it",
     "A line names a file that is missing or empty, in a host that does not speak TLS. A first "
     "start "
     "would be refused.",
     "correct the file, or remove the line", kSurvived},
    {Tp::phrase_not_asked_for, Level::warn, "nobody is asked for a pass phrase at a restart",
     "The file of an encrypted key has changed, and no phrase that is known opens it. A restart "
     "does not wait for a person.",
     "stop and start the server; or have a program give the phrase: SSLPassPhraseDialog "
     "exec:/path"},
    {Tp::certificate_ending, Level::warn, "certificate ends soon and was not renewed",
     "Less of its life is left than TLSPlusExpiryWarning says, a quarter by default. It is said at "
     "the start and once a day.",
     "renew it; a file that is replaced is served within seconds, or after: apachectl graceful"},
    {Tp::certificate_ending_critical, Level::crit, "certificate ends very soon and was not renewed",
     "Less than half of what TLSPlusExpiryWarning says is left, or it has ended. Clients refuse a "
     "certificate that has ended.",
     "renew it now; a file that is replaced is served within seconds, or after: apachectl "
     "graceful"},
    {Tp::expiry_value, Level::error, "not when the end of certificates is to be warned of",
     "TLSPlusExpiryWarning takes off, a share of the certificate's life from 1% to 50%, or days "
     "from 1d to 365d.",
     "write: TLSPlusExpiryWarning 25%"},
    {Tp::notify_program_value, Level::error, "not a program that can be run",
     "TLSPlusNotifyCmd takes the absolute path of a program, then its own arguments; no shell is "
     "between.",
     "write: TLSPlusNotifyCmd /usr/local/bin/program"},
    {Tp::notify_failed, Level::warn, "the program of TLSPlusNotifyCmd failed",
     "It could not be started, or ended with a status other than 0. The next day it is run again.",
     "run it by hand as shown, as the user that httpd's children have"},
});

}  // namespace

std::span<const Diagnostic> restart_rows() noexcept {
  return kRows;
}

}  // namespace tlsplus
