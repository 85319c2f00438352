// SPDX-License-Identifier: Apache-2.0
//
// client_auth_rows(): messages 700..799, about client certificates. Those from 730 on are caused by
// a peer, so that those above info are paced. An id is never reused.
#include "ssl_engine/messages/diagnostics_rows.h"

namespace tlsplus {
namespace {

constexpr Diagnostic kRows[] = {
    {Tp::verify_mode_value, Level::error, "unknown way to verify the other side",
     "SSLVerifyClient and SSLProxyVerify take one word.",
     "use none, optional, require or optional_no_ca"},
    {Tp::crl_check_value, Level::error, "unknown way to look up revocations",
     "SSLCARevocationCheck and SSLProxyCARevocationCheck take none, leaf or chain, and behind it "
     "no_crl_for_cert_ok or nothing.",
     "write: SSLCARevocationCheck chain; or leaf or none in its place"},
    {Tp::ca_in_directory, Level::error, "authorities cannot be set for a directory",
     "The clients of a virtual host are verified by the same authorities everywhere in it; mod_ssl "
     "refuses this, too.",
     "move the line to the server or the <VirtualHost>, and tell clients apart with Require expr"},
    {Tp::ca_not_found, Level::error, "there is no certificate of an authority in it",
     "A file or folder of authorities must hold at least one certificate, in PEM or DER.",
     "put the certificate of the authority there whose certificates are to be believed"},
    {Tp::ca_not_decodable, Level::error, "part of a file of authorities cannot be read",
     "A certificate in the file is damaged, or what stands there is something else.",
     "repair the file, or remove the part that is named"},
    {Tp::ca_without_links, Level::warn, "folder of authorities has no hash links",
     "Certificates in a folder are found by links named after a hash of their subject. Without "
     "links their names are shown to clients, but no certificate can be verified.",
     "run: openssl rehash <folder>, or name the authorities in one file"},
    {Tp::ca_expired, Level::warn, "certificate of an authority has expired",
     "Certificates that it issued are refused.",
     "replace it by the authority's current certificate, or remove it"},
    {Tp::directory_unreadable, Level::error, "folder cannot be read",
     "The user that starts httpd must be able to list the folder.",
     "correct the name or its permissions"},
    {Tp::crl_not_found, Level::error, "there is no revocation list in it",
     "The file must hold at least one block BEGIN X509 CRL, or one list in DER.",
     "put the list of each authority there, as the authority publishes it"},
    {Tp::crl_not_decodable, Level::error, "part of a file of revocation lists cannot be read",
     "The list is damaged or cut off.", "fetch the list from the authority again"},
    {Tp::crl_without_links, Level::warn, "folder of revocation lists has no hash links",
     "Lists in a folder are found by links named after a hash of their issuer, hash.r0 and so on. "
     "Without links no list is ever found.",
     "run: openssl rehash <folder>, or name the lists in one file"},
    {Tp::crl_expired, Level::warn, "revocation list has expired",
     "With a list that is out of date nobody can tell whether a certificate is still good, so all "
     "certificates of its authority are refused.",
     "put the current list in its place; it comes into force within seconds"},
    {Tp::crl_check_without_crl, Level::error,
     "revocations are to be looked up, but there is no list",
     "What looks up revocations needs to know where the lists are.",
     "add SSLCARevocationFile or SSLCARevocationPath"},
    {Tp::crl_not_checked, Level::warn, "revocation lists are configured but not used",
     "Nothing is looked up in them unless SSLCARevocationCheck says so, of other servers "
     "SSLProxyCARevocationCheck.",
     "add: SSLCARevocationCheck chain"},
    {Tp::verify_without_ca, Level::warn, "clients are to be verified, but no authority is known",
     "Without authorities every certificate that a client shows is refused.",
     "add SSLCACertificateFile with the authority that issues your clients' certificates"},
    {Tp::ca_names_without_ca, Level::warn,
     "names of authorities have no effect without authorities",
     "SSLCADNRequestFile and SSLCADNRequestPath change what clients are shown, not whom the server "
     "believes.",
     "remove the line; or add SSLCACertificateFile or SSLCACertificatePath"},
    {Tp::directory_certificate, Level::warn,
     "a place asks for a client certificate that browsers cannot show any more",
     "After the handshake a certificate can only be asked for in TLS 1.2 by renegotiation and in "
     "TLS "
     "1.3 of clients that offer post-handshake authentication; browsers do not, and HTTP/2 forbids "
     "both. Such clients are answered 403.",
     "write SSLVerifyClient optional in the <VirtualHost>, and Require ssl-verify-client here"},
    {Tp::directory_ciphers, Level::warn, "ciphers of a place have no effect with TLS 1.3",
     "A TLS 1.3 connection cannot be renegotiated; only those of TLS 1.2 and older get other "
     "ciphers.",
     "write Require expr with %{SSL_CIPHER}, or set the ciphers in the <VirtualHost>"},
    {Tp::ask_again_crowded, Level::warn,
     "request answered 503, its client was asked for a certificate and others need its place",
     "A request whose place asks for more than the connection has shown holds a thread until its "
     "client has answered, at most TLSPlusHandshakeTimeout. Three quarters of the threads of a "
     "process may wait like this. When all do, a new client takes the place of the one that has "
     "waited longest, of the address that has most of them; when more than half do, several of one "
     "address are waited for less long.",
     "ask during the handshake: SSLVerifyClient optional in the <VirtualHost>; or lower "
     "TLSPlusHandshakeTimeout, or raise ThreadsPerChild"},
    {Tp::ca_is_none, Level::warn, "certificate among the authorities is no authority's",
     "It can vouch for nobody, so that certificates are refused that were meant to be believed. As "
     "a rule it is a server's own certificate, written where its issuer's belongs.",
     "write the certificate of the authority that issued the certificates in question instead"},
    {Tp::client_certificate_refused, Level::warn, "client certificate refused",
     "The certificate, or one that issued it, did not stand up to SSLVerifyClient. The reason is "
     "the "
     "first that was found; the depth counts from the client's own certificate, which is 0.",
     "look at the certificate that is named: renew it, or add its CA to SSLCACertificateFile if "
     "its "
     "clients are meant"},
    {Tp::client_certificate_missing, Level::info,
     "client showed no certificate where one is required",
     "SSLVerifyClient require, and the client had none, or none of an authority it was shown.",
     "install a certificate in the client; SSLCADNRequestFile decides which authorities are shown"},
    {Tp::ask_again_http2, Level::warn, "request refused, HTTP/2 cannot ask the client again",
     "The place of the request asks for more than the connection has shown, and a connection with "
     "several requests at once cannot be renegotiated (RFC 9113 9.2.1, RFC 8740). The client is "
     "told "
     "to use HTTP/1.1.",
     "ask during the handshake: SSLVerifyClient optional in the <VirtualHost>"},
    {Tp::ask_again_not_offered, Level::warn,
     "request refused, the client offers no post-handshake authentication",
     "The place of the request asks for a certificate, and the client did not say in its TLS 1.3 "
     "ClientHello that it can show one later (RFC 8446 4.2.6). Browsers do not.",
     "ask during the handshake: SSLVerifyClient optional in the <VirtualHost>"},
    {Tp::ask_again_insecure, Level::warn, "request refused, the client cannot renegotiate securely",
     "Without RFC 5746 what comes before a renegotiation could be somebody else's.",
     "update the client; SSLInsecureRenegotiation on serves it as it is"},
    {Tp::ask_again_cut_off, Level::info, "client did not answer when it was asked again",
     "A place asked for a certificate or for other ciphers on a connection that was up, and no "
     "answer "
     "came.",
     ""},
    {Tp::ask_again_deadline, Level::info, "client did not answer in time when it was asked again",
     "The same time as for a handshake, TLSPlusHandshakeTimeout, was over. People who have to "
     "choose "
     "a certificate take longer than programs.",
     "raise TLSPlusHandshakeTimeout if people are asked"},
    {Tp::ask_again_refused, Level::warn,
     "request refused, the client showed no certificate when asked",
     "The place of the request asks for a certificate that is good by its rules.",
     "install a certificate in the client"},
    {Tp::ask_again_body, Level::warn, "request refused, its body is too large to be kept",
     "While a client is asked for its certificate the body of its request has to be kept in "
     "memory, "
     "up to SSLRenegBufferSize.",
     "raise SSLRenegBufferSize here, let the client send Expect: 100-continue, or ask during the "
     "handshake"},
    {Tp::ask_again_ciphers, Level::warn, "request refused, the ciphers of this place cannot be had",
     "SSLCipherSuite of the place selects nothing that this library and the client both know.",
     "correct SSLCipherSuite; see what a string selects with: openssl ciphers -v STRING"},
    {Tp::renegotiations_refused, Level::info, "connection closed, the client goes on renegotiating",
     "Clients may not renegotiate: it costs the server much more than them. Each attempt is "
     "refused, "
     "and after some the connection is closed.",
     ""},
    {Tp::ask_again_body_slow, Level::info,
     "request answered 408, its body has to be kept and came too slowly",
     "While a client is asked for its certificate the body of its request has to be kept, and is "
     "read before. It may take as long as a handshake, and a second more for each 500 bytes.",
     "let the client send Expect: 100-continue, or ask during the handshake: SSLVerifyClient "
     "optional in the <VirtualHost>"},
    {Tp::renegotiation_refused, Level::info, "the client asked to renegotiate and was refused",
     "Only the server may ask for that, for a client certificate or other ciphers of a place "
     "(TLS 1.2). Most clients go on without. Said once for each connection.",
     "switch renegotiation off in the client, or let it speak TLS 1.3"},
};

}  // namespace

std::span<const Diagnostic> client_auth_rows() noexcept {
  return kRows;
}

}  // namespace tlsplus
