// SPDX-License-Identifier: Apache-2.0
//
// policy_rows(): messages 300..399, about what a configuration adds up to: protocols, ciphers,
// names and addresses. An id is never reused.
#include <array>

#include "ssl_engine/messages/diagnostics_rows.h"

namespace tlsplus {
namespace {

constexpr auto kRows = std::to_array<Diagnostic>({
    {Tp::protocol_none, Level::error, "no TLS version is enabled",
     "SSLProtocol starts from nothing on every line: +x adds, -x removes, and a name without sign "
     "replaces all before it.",
     "write: SSLProtocol -all +TLSv1.2 +TLSv1.3"},
    {Tp::protocol_hole, Level::warn, "enabled TLS versions have a hole",
     "A server states a lowest and a highest version, and everything between is on. Of versions "
     "with a hole between them only those above the hole are served.",
     "enable the version in between, or disable the ones below it"},
    {Tp::protocol_unusable, Level::error, "none of the enabled TLS versions can be used",
     "OpenSSL's security level or its system-wide configuration (openssl.cnf, MinProtocol) rules "
     "out every version SSLProtocol enables. TLS 1.0 and 1.1 need security level 0.",
     "write: SSLProtocol -all +TLSv1.2 +TLSv1.3"},
    {Tp::cipher_list_empty, Level::error, "cipher string selects no cipher suite",
     "Every word in it is unknown to this OpenSSL, excluded by another word, or below the security "
     "level.",
     "write: SSLCipherSuite HIGH; see what a string selects with: openssl ciphers -v "
     "-s STRING"},
    {Tp::cipher_list_only_anonymous, Level::error,
     "cipher string selects only suites without authentication or encryption",
     "Anonymous and NULL suites (ADH, AECDH, eNULL) protect nobody and are always disabled, "
     "whatever the string says. Nothing else is left of it.",
     "write: SSLCipherSuite HIGH"},
    {Tp::cipher_list_names_anonymous, Level::warn,
     "cipher string asks for suites that are always disabled",
     "Anonymous and NULL suites (ADH, AECDH, eNULL) protect nobody and are always disabled, "
     "whatever the string says. The rest of the string applies.",
     "remove these words from the line"},
    {Tp::cipher_suites_unknown, Level::error, "TLS 1.3 cipher suite is unknown",
     "SSLCipherSuite TLSv1.3 takes full names separated by colons, none of the keywords and "
     "operators of the list for TLS 1.2.",
     "choose from TLS_AES_256_GCM_SHA384, TLS_CHACHA20_POLY1305_SHA256, TLS_AES_128_GCM_SHA256, "
     "TLS_AES_128_CCM_SHA256, TLS_AES_128_CCM_8_SHA256"},
    {Tp::ciphers_need_other_key, Level::error,
     "no enabled cipher suite can be used with the configured certificates",
     "Up to TLS 1.2 a cipher suite names the kind of key the server proves itself with: aRSA needs "
     "an RSA certificate, aECDSA one with an ECDSA or Ed25519 key.",
     "add suites for this kind of key to SSLCipherSuite, or a certificate with the other kind of "
     "key"},
    {Tp::ciphers_partly_unusable, Level::warn,
     "no cipher suite of an enabled TLS version can be used with the configured certificates",
     "Clients that speak nothing newer than this version cannot connect.",
     "add suites for this kind of key to SSLCipherSuite, or disable the version with SSLProtocol"},
    {Tp::conf_command_failed, Level::error, "OpenSSL refuses the command",
     "SSLOpenSSLConfCmd and TLSPlusProxyOpenSSLConfCmd hand command and value to SSL_CONF_cmd(3), "
     "which did not accept them.",
     "look the command up in SSL_CONF_cmd(3), section \"supported configuration file commands\""},
    {Tp::context_failed, Level::error, "OpenSSL refuses the settings of this virtual host",
     "The settings are valid one by one, but OpenSSL does not accept them together.",
     "compare with a virtual host that works; httpd -t -D DUMP_TLS shows the settings of each"},
    {Tp::engine_off_on_443, Level::warn, "virtual host on port 443 does not speak TLS",
     "Clients expect https on port 443 and get an error instead.",
     "add SSLEngine on with a certificate, or use another port"},
    {Tp::engine_on_80, Level::warn, "virtual host on port 80 speaks TLS",
     "Clients speak plain HTTP on port 80 and get an error instead.",
     "remove SSLEngine on from this virtual host, or move it to port 443"},
    {Tp::engine_mixed, Level::warn, "virtual hosts with and without TLS share an address",
     "One port speaks one protocol: the first virtual host of the address decides for all. "
     "Requests for the others are not served as their configuration says.",
     "give the others SSLEngine on too, or another port"},
    {Tp::names_duplicate, Level::warn, "two virtual hosts have the same address and name",
     "Requests for the name go to the first of them. The second one is never used for it.",
     "remove one of them, or correct ServerName or ServerAlias"},
    {Tp::name_shadowed, Level::warn, "name is already matched by an earlier virtual host",
     "httpd asks the virtual hosts of an address in the order of the configuration; a ServerAlias "
     "with a wildcard takes the names of those that come later.",
     "put the virtual host with the wildcard last"},
    {Tp::endpoint_without_listen, Level::warn, "no Listen for the address of this virtual host",
     "The virtual host exists, but the server does not accept connections on its port.",
     "add a Listen for it"},
    {Tp::listen_without_host, Level::warn, "no virtual host speaks TLS on a port meant for https",
     "Connections are accepted, and then answered in plain HTTP.",
     "add a <VirtualHost> with SSLEngine on for this port, or remove the Listen"},
    {Tp::host_without_name, Level::warn, "virtual host on a shared address has no ServerName",
     "Virtual hosts on one address are told apart by the name the client asks for. One without "
     "name is only reached as the first of its address.",
     "add a ServerName"},
    {Tp::fallback_certificate, Level::warn, "temporary certificate, every request is answered 503",
     "Another module (usually mod_md) is still to obtain the certificate of this virtual host and "
     "lent a temporary one, so that the server can start.",
     "wait until the certificate was obtained, then: apachectl graceful"},
    {Tp::password_in_clear, Level::warn, "passwords are asked for on a virtual host without TLS",
     "With AuthType Basic or Form the browser sends the password readable to everybody on the way, "
     "whatever the lock icon said on the page before. Nothing here requires TLS.",
     "add: SSLRequireSSL; or put the section into the virtual host with SSLEngine on, "
     "and redirect the other. Not Require ssl beside other Require lines: one of them is enough"},
    {Tp::keepalive_off_for_many, Level::warn, "a rule against old browsers slows down current ones",
     "The pattern names MSIE and matches what today's browsers send as well. Each of their "
     "requests "
     "then takes a TLS handshake of its own.",
     "remove the line: no browser of today needs it"},
    {Tp::kernel_tls_unused, Level::warn, "TLS is not handed to the kernel",
     "OpenSSL can hand a connection's keys to the kernel where it holds the socket itself. Here "
     "httpd's filters hold it, so that the option changes nothing: records are made in the server.",
     "remove the line; files are fast without it (see doc/performance.md)"},
    {Tp::require_ssl_opens, Level::warn, "whoever uses https gets in here without a password",
     "Of several Require lines one is enough, unless they stand in <RequireAll>. Require ssl "
     "beside "
     "Require valid-user lets everybody in who comes over TLS.",
     "write: SSLRequireSSL; or put both lines into <RequireAll>"},
    {Tp::engine_forgotten, Level::warn, "virtual host has a certificate and speaks plain HTTP",
     "SSLCertificateFile is written in this virtual host, but neither SSLEngine nor a Listen with "
     "https switches TLS on, so that the certificate is not used.",
     "add: SSLEngine on"},
    {Tp::host_without_port, Level::warn, "virtual host without a port answers on every port",
     "A <VirtualHost> without a port is for all ports that httpd listens on. With TLS it answers "
     "on "
     "port 80 as well; without, it takes the connections of hosts with TLS that stand behind it.",
     "write the port: <VirtualHost *:443> with TLS, <VirtualHost *:80> without"},
    {Tp::old_versions_served, Level::warn, "versions are served that are broken",
     "At security level 0 OpenSSL serves TLS 1.0 and 1.1, which RFC 8996 forbids, and with them "
     "MD5 "
     "and SHA-1 in the handshake.",
     "remove @SECLEVEL=0 from SSLCipherSuite, or write: SSLProtocol -all +TLSv1.2 +TLSv1.3"},
    {Tp::insecure_renegotiation_on, Level::warn, "clients are served that can be attacked",
     "With SSLInsecureRenegotiation somebody on the way can put a request of his own before that "
     "of "
     "a client without RFC 5746 (CVE-2009-3555). No client of the last ten years needs it.",
     "remove the line"},
    {Tp::redirect_to_itself, Level::warn, "virtual host redirects to itself",
     "All of a virtual host with TLS is redirected to an address that is the same host's, so that "
     "the browser goes round in circles.",
     "move the line to the virtual host on port 80"},
    {Tp::h2_without_module, Level::warn, "HTTP/2 is asked for, but mod_http2 is not loaded",
     "Protocols names h2, and nobody here speaks it; clients get HTTP/1.1.",
     "load mod_http2 (Debian: a2enmod http2), or remove h2 from the line"},
    {Tp::cipher_word_unknown, Level::warn, "cipher list has words that OpenSSL does not know",
     "OpenSSL drops them without a word: what they name is not offered, and what they exclude is "
     "not excluded. Names of suites that OpenSSL gave up are passed over here.",
     "correct the words, or remove them"},
    {Tp::cipher_word_elsewhere, Level::warn, "cipher list names suites of another TLS version",
     "TLS 1.3 has suites of its own, set by SSLCipherSuite TLSv1.3; those of the other list are "
     "dropped without a word.",
     "write the suites of TLS 1.3 into SSLCipherSuite TLSv1.3, the others into SSLCipherSuite"},
    {Tp::directory_ciphers_empty, Level::warn, "cipher list of this place selects no cipher suite",
     "Clients with TLS 1.2 and older are refused here; those with TLS 1.3 keep their suite.",
     "write: SSLCipherSuite HIGH"},
    {Tp::signatures_need_other_key, Level::warn,
     "no signature algorithm of an enabled TLS version can be used with the configured "
     "certificates",
     "The server signs each handshake. TLS 1.3 knows no RSA+SHA256 but RSA-PSS, and for each curve "
     "one hash alone; a client that speaks the version is refused and does not try an older one.",
     "add an algorithm of this kind of key to the list"},
});

}  // namespace

std::span<const Diagnostic> policy_rows() noexcept {
  return kRows;
}

}  // namespace tlsplus
