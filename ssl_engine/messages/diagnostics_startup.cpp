// SPDX-License-Identifier: Apache-2.0
//
// startup_rows(): messages 1..99, about how the module came into the server. An id is never reused.
#include "ssl_engine/messages/diagnostics_rows.h"

namespace tlsplus {
namespace {

constexpr Diagnostic kRows[] = {
    {Tp::beside_mod_ssl, Level::emerg, "mod_ssl is loaded as well",
     "Both modules implement the same directives and would both try to speak TLS on every "
     "connection.",
     "remove or comment out the LoadModule line of mod_ssl.so and keep the one of mod_tlsplus.so"},
    {Tp::loaded_twice, Level::emerg, "mod_tlsplus is loaded twice",
     "One LoadModule line names it ssl_module and another tlsplus_module; both are the same "
     "module.",
     "keep one of the two LoadModule lines; ssl_module keeps <IfModule ssl_module> working"},
    {Tp::httpd_too_old, Level::emerg, "this httpd is older than the one the module was built for",
     "The module uses functions of the httpd it was compiled against, which this one may lack.",
     "install the httpd version named here or later, or rebuild the module against this one"},
    {Tp::openssl_too_old, Level::emerg,
     "the OpenSSL library is older than the one the module was built for",
     "The module uses functions of the OpenSSL it was compiled against, which this one may lack.",
     "install that version of libssl or later, or rebuild the module against this one"},
    {Tp::start_refused, Level::emerg, "the TLS configuration has errors, httpd does not start",
     "Each of them was reported on a line of its own before this one.",
     "correct the lines above; `apachectl configtest` shows them without a restart"},
    {Tp::listening, Level::info, "TLS is served",
     "Said once at every start for every virtual host with SSLEngine on.", "nothing to do"},
    {Tp::deadline_unkept, Level::notice, "handshakes hold a worker thread here",
     "Only an MPM that can wait for a socket by itself (event, httpd 2.4.63 and later) lets a "
     "handshake wait without a thread. The handshake deadline holds all the same.",
     "load mpm_event instead of this MPM if slow clients are a concern"},
    {Tp::running, Level::notice, "TLS is mod_tlsplus's",
     "Said once at every start, with the module's version, the name it was loaded under and the "
     "OpenSSL library it runs with.",
     "nothing to do"},
    {Tp::key_log_on, Level::notice, "the secrets of all connections are written to a file",
     "The environment that httpd was started with has SSLKEYLOGFILE. Whoever has the file can read "
     "a recording of the connections; it is meant for a search for errors.",
     "unset SSLKEYLOGFILE (Debian: /etc/apache2/envvars), restart httpd and remove the file when "
     "you are done"},
    {Tp::key_log_failed, Level::warn, "the file for the secrets of connections cannot be opened",
     "The environment that httpd was started with has SSLKEYLOGFILE. The server starts without.",
     "name a file that the account that starts httpd can make, or unset SSLKEYLOGFILE"},
};

}  // namespace

std::span<const Diagnostic> startup_rows() noexcept {
  return kRows;
}

}  // namespace tlsplus
