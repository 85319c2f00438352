// SPDX-License-Identifier: Apache-2.0
//
// request_rows(): messages 500..599, about requests, variables and access. An id is never reused.
#include "ssl_engine/messages/diagnostics_rows.h"

namespace tlsplus {
namespace {

constexpr Diagnostic kRows[] = {
    {Tp::user_name_empty, Level::warn, "the variable SSLUserName names has no value here",
     "The request goes on without a user. The client showed no certificate, or its certificate "
     "lacks the attribute, or the variable's name is misspelt.",
     "ask for client certificates where SSLUserName is used, or name a variable that every "
     "accepted certificate has; doc/variables.md lists them"},
    {Tp::requirement_not_parsed, Level::error, "this expression cannot be understood",
     "SSLRequire takes one expression in the syntax of httpd's own (ap_expr), with the comparisons "
     "of older days: < and > compare lengths first. What httpd's parser says about it follows.",
     "correct the expression; the variables and functions are those of Require expr"},
    {Tp::require_ssl_argument, Level::warn, "this directive takes no argument and is in force",
     "SSLRequireSSL cannot be switched off, neither by an argument nor in an inner section.",
     "write: SSLRequireSSL; or take the line away"},
    {Tp::tls_required, Level::error, "request refused, it did not come over TLS",
     "SSLRequireSSL holds for the place of the request.",
     "use https:// in links to this place, and redirect to it from the plain host"},
    {Tp::requirement_unmet, Level::error, "request refused, an expression is not true for it",
     "All SSLRequire lines that hold for the place of a request must be true; the first that is "
     "not is shown.",
     "if the client should get in, look at the values with %{NAME}x in a LogFormat"},
    {Tp::requirement_not_evaluated, Level::error,
     "request refused, an expression could not be evaluated",
     "What cannot be decided is refused. A file that is not there, or a function that failed, is "
     "the usual cause.",
     "correct the expression, or what it reads"},
    {Tp::login_made_up, Level::error,
     "request refused, its login looks like one made from a certificate",
     "SSLOptions +FakeBasicAuth makes a login of a certificate, with its subject as user and a "
     "password that everybody knows. Whoever logs in as a subject without the server's doing "
     "pretends to have the certificate: where the option is set, whatever the password; elsewhere "
     "with the known password, or one that a crypt hash takes for it.",
     "give clients without certificate users of their own, whose names do not begin with /"},
    {Tp::subject_is_no_user, Level::error,
     "request refused, the subject of the client's certificate cannot be a user",
     "SSLOptions +FakeBasicAuth makes the subject the user of basic authentication, where a colon "
     "ends the user's name: with one inside, the client would be taken for somebody else.",
     "give the client a certificate with another subject, or use SSLUserName"},
    {Tp::require_argument, Level::error, "this kind of Require takes no argument",
     "Require ssl and Require ssl-verify-client ask one question each.",
     "take away what follows; Require expr compares with anything"},
    {Tp::client_not_verified, Level::info, "Require ssl-verify-client is not met",
     "The client has shown no certificate on this connection, or one that was not accepted. "
     "Another "
     "Require line may let it in all the same; if none does, httpd's own AH01630 or AH01631 "
     "follows.",
     "write SSLVerifyClient optional in the <VirtualHost>, so that clients are asked, and install "
     "a "
     "certificate in the client"},
    {Tp::environment_not_exported, Level::debug, "SSL_* is not exported here",
     "A program is run for a request that came over TLS, and finds only HTTPS and SSL_TLS_SNI in "
     "its "
     "environment. Said once for a directory in each child, at LogLevel debug.",
     "add SSLOptions +StdEnvVars to this directory if the program asks for SSL_ variables"},
    {Tp::client_cert_too_large, Level::warn, "client certificate not passed on in a header",
     "SSLClientCertHeader sends no header field of more than 8000 octets: most servers behind "
     "would "
     "refuse the request (LimitRequestFieldSize is 8190).",
     "let the client use a certificate with fewer names, or a chain with smaller ones"},
    {Tp::misdirected, Level::warn, "request answered 421, it came on the wrong connection",
     "The connection was made for one virtual host and the request names another whose TLS "
     "settings are not the same, so what was promised to one could be broken by the other "
     "(RFC 9110 15.5.20). Proxies that send no server name, or a fixed one, are the usual cause.",
     "let the client send the server name it requests, or make the directive named here equal on "
     "both hosts, or relax SSLVHostSNIPolicy"},
    {Tp::strict_sni, Level::info, "request refused, the client sent no server name",
     "SSLStrictSNIVHostCheck is on for this virtual host or for the default one of the address.",
     "let the client send a server name, or switch SSLStrictSNIVHostCheck off"},
    {Tp::no_host_name, Level::info, "request refused, server name sent but no Host",
     "A client that names a server in the handshake and none in the request cannot be served "
     "consistently.",
     "let the client send a Host header"},
    {Tp::service_unavailable, Level::info,
     "request answered 503, the virtual host has no certificate of its own yet",
     "A module that obtains certificates gave a temporary one, or the connection answers a "
     "validation challenge.",
     "wait until the certificate was obtained, then restart gracefully"},
    {Tp::answer_broken_off, Level::warn, "answer broken off, the rest of it could not be read",
     "What was to be sent ended before its promised length, or failed: a file that became shorter "
     "while it was served, a disk error, a program that gave nothing more within its time. The "
     "connection was closed without close_notify, so that the client knows that it has not got "
     "all.",
     "put a new version of a file beside the old one and rename it, instead of writing over it"},
    {Tp::server_name_absent, Level::debug,
     "the client sent no server name, the default host serves it",
     "A client without SNI (RFC 6066 3), or one that was given an address instead of a name. It "
     "sees "
     "the certificate of the first virtual host of the address.",
     "put the host that such clients should see first, or refuse them by SSLStrictSNIVHostCheck"},
    {Tp::server_name_unknown, Level::debug,
     "no virtual host has the name the client sent, the default host serves it",
     "A name that points here but is not configured, or a scanner. The client sees the certificate "
     "of "
     "the first virtual host of the address.",
     "add the name as ServerName or ServerAlias if it is yours"},
};

}  // namespace

std::span<const Diagnostic> request_rows() noexcept {
  return kRows;
}

}  // namespace tlsplus
