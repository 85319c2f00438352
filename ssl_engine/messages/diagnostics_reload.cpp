// SPDX-License-Identifier: Apache-2.0
//
// reload_rows(): messages 910..949, about files that are replaced while the server runs. They come
// from the parent process, once for each change. An id is never reused.
#include <array>

#include "ssl_engine/messages/diagnostics_rows.h"

namespace tlsplus {
namespace {

constexpr auto kRows = std::to_array<Diagnostic>({
    {Tp::list_replaced, Level::notice, "a replaced revocation list is in force",
     "The file or folder has a newer list, and new handshakes are held against it in all children. "
     "Sessions from before are not resumed by clients with a certificate.",
     "nothing to do"},
    {Tp::list_not_replaced, Level::error,
     "revocation list on disk is not used, the one before stays in force",
     "While the server runs a list gives way to a newer one of the same authority only. One that "
     "cannot be read, is older, has expired, is not valid yet, is of somebody else or is gone is a "
     "mistake until somebody says otherwise.",
     "put the current list in its place; if what is there is meant: apachectl graceful"},
    {Tp::list_expired_in_force, Level::warn, "a revocation list that is in force has expired",
     "Nobody has put the next one in its place. With a list that is out of date nobody can tell "
     "whether a certificate is still good, so all certificates of its authority are refused.",
     "put the current list in its place; it comes into force within seconds"},
    {Tp::reload_unavailable, Level::warn,
     "files that are replaced will not be noticed without a restart",
     "The system gave no memory by which the parent can tell its children, or /proc is not there. "
     "The words after this message are its answer. It is about certificates, keys and revocation "
     "lists.",
     "mount /proc; or restart the server whenever a file is replaced: apachectl graceful"},
    {Tp::reload_failed, Level::error,
     "replaced files could not be taken over, what was before stays in force",
     "Memory ran out, in the parent or in a child. It is tried again.",
     "look at the memory of the machine; then: apachectl graceful"},
    {Tp::reload_value, Level::error, "not how often files are to be looked at",
     "TLSPlusReload takes on, off, or a number of seconds from 1 to 86400.",
     "write: TLSPlusReload on"},
    {Tp::certificate_replaced, Level::notice, "a replaced certificate is in force",
     "The files have another certificate with its key, and new handshakes get it in all children. "
     "Connections that are there keep what they have; sessions and tickets stay good.",
     "nothing to do"},
    {Tp::certificate_not_replaced, Level::error,
     "certificate on disk is not used, the one before stays in force",
     "A file of the virtual host changed, and what is there now would not pass at a start, or "
     "would do worse than what is in force: a key that does not fit, something unreadable, a "
     "certificate that has expired. The words after this message say which. It is told once.",
     "put certificate and key that belong together in place; they come into force within seconds"},
    {Tp::phrase_not_known, Level::error, "encrypted private key cannot be opened while running",
     "The phrase that opened the key before does not open this one, or there was none, and while "
     "the server runs nobody is asked at a terminal.",
     "encrypt the key with the phrase of the one before; or name a program that knows it: "
     "SSLPassPhraseDialog exec:/path/to/program; or stop the server and start it, which asks"},
});

}  // namespace

std::span<const Diagnostic> reload_rows() noexcept {
  return kRows;
}

}  // namespace tlsplus
