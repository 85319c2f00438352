// SPDX-License-Identifier: Apache-2.0
//
// proxy_rows(): messages 800..899, about TLS to other servers, where this one is the client. An id
// is never reused.
#include "ssl_engine/messages/diagnostics_rows.h"

namespace tlsplus {
namespace {

constexpr Diagnostic kRows[] = {
    {Tp::proxy_not_verified, Level::notice, "other servers are not verified",
     "SSLProxyVerify is none, which it is where it is not written: whatever certificate the other "
     "server shows is accepted, as long as it has the right name and has not ended. Whoever can "
     "get between the two can read and change everything.",
     "write SSLProxyVerify require, and SSLProxyCACertificateFile with the authority that issued "
     "the other server's certificate"},
    {Tp::proxy_name_unchecked, Level::notice, "names of other servers are not checked",
     "SSLProxyCheckPeerName off, or SSLProxyCheckPeerCN off: any certificate that the authorities "
     "of SSLProxyCACertificateFile have issued is accepted, for whatever name.",
     "remove the line, or write: SSLProxyCheckPeerName on"},
    {Tp::proxy_verify_without_ca, Level::warn,
     "other servers are to be verified, but no authority is known",
     "Without authorities the certificate of every other server is refused, and each request to "
     "one is answered 500.",
     "add SSLProxyCACertificateFile with the authority that issued the other server's certificate, "
     "or TLSPlusProxyTrust +system if it is a public one"},
    {Tp::proxy_trust_unused, Level::warn,
     "authorities for other servers are configured but not used",
     "SSLProxyVerify is none, which it is where it is not written: authorities and revocation "
     "lists are read, and no certificate is held against them.",
     "add: SSLProxyVerify require"},
    {Tp::proxy_anchors, Level::warn, "certificates of one's own chain are trusted of other servers",
     "Certificates in SSLProxyMachineCertificateChainFile, and those without a key in "
     "SSLProxyMachineCertificateFile, are meant for the chain of the certificate that is shown to "
     "other servers. As with mod_ssl they are trusted like those of SSLProxyCACertificateFile: "
     "whatever they have issued is accepted of other servers, too.",
     "leave it if the same authority issues the other servers' certificates; else remove the "
     "chain, if the other servers have it anyway"},
    {Tp::proxy_without_engine, Level::warn,
     "this directive has no effect without SSLProxyEngine on",
     "TLS to other servers takes SSLProxyEngine on, in the same server, or in the same <Proxy> "
     "section. What a section does not say it has from the server that it stands in, not from the "
     "virtual host of the request.",
     "add: SSLProxyEngine on; or remove the lines"},
    {Tp::proxy_engine_missing, Level::warn, "TLS to another server needs SSLProxyEngine on",
     "Every request that is sent there is answered 500.", "add: SSLProxyEngine on"},
    {Tp::proxy_section_apart, Level::warn,
     "<Proxy> section of the main server does not have what virtual hosts say",
     "What a section does not say it has from the server that it stands in, not from the virtual "
     "host of the request; mod_ssl does the same. For the addresses of the section it stands in "
     "the place of the virtual host's own settings.",
     "write the virtual host's line into the section, too; or move the section to the virtual "
     "host"},
    {Tp::proxy_name_required_unchecked, Level::warn,
     "a name is required and nothing is held against it",
     "TLSPlusProxyRequireName lets no connection be made without a name to check, and by "
     "SSLProxyCheckPeerName or SSLProxyCheckPeerCN no name is checked: a backend with a "
     "certificate "
     "for any other will do.",
     "write: SSLProxyCheckPeerName on"},
    {Tp::system_trust_empty, Level::warn, "OpenSSL believes nobody by default on this system",
     "TLSPlusProxyTrust +system adds the authorities of OpenSSL's default places, which "
     "SSL_CERT_FILE and SSL_CERT_DIR in the environment of httpd can change. There is none in "
     "them.",
     "install the package ca-certificates, or have SSL_CERT_FILE name the file of authorities"},
    {Tp::proxy_protocol_unusable, Level::warn,
     "none of the TLS versions for other servers can be used",
     "OpenSSL's security level or its system-wide configuration rules out every version that "
     "SSLProxyProtocol names, and each request to another server is answered 500. TLS 1.0 and 1.1 "
     "need security level 0.",
     "write: SSLProxyProtocol -all +TLSv1.2 +TLSv1.3; or, for an old server, add "
     "SSLProxyCipherSuite DEFAULT:@SECLEVEL=0"},
    {Tp::machine_key_encrypted, Level::error, "private key for other servers is encrypted",
     "The keys of SSLProxyMachineCertificateFile and SSLProxyMachineCertificatePath must be there "
     "without a pass phrase: nobody is asked for one. mod_ssl refuses to start, too.",
     "write the key without its pass phrase: openssl pkey -in KEY -out NEWKEY; and put that in the "
     "place of the encrypted one, in a file that only root may read"},
    {Tp::machine_key_alone, Level::error, "private key without a certificate",
     "A certificate for other servers and its private key lie in one file. This file has a key and "
     "no certificate. mod_ssl refuses to start, too.",
     "append the certificate to the file of its key"},
    {Tp::machine_key_mismatch, Level::error, "private key fits none of the certificates beside it",
     "A certificate for other servers and its private key lie in one file, in any order. No "
     "certificate in the file has this key. mod_ssl refuses to start, too.",
     "put the certificate that was made for this key into the file, or remove the key"},
    {Tp::machine_certificate_none, Level::warn, "there is no certificate with a key to be shown",
     "A server that asks for a certificate is shown none. It takes a certificate and its private "
     "key, in one file; certificates without a key are trusted as authorities and never shown.",
     "put the certificate and its private key there, in PEM form; or remove the line"},
    {Tp::machine_file_damaged, Level::warn, "part of a file cannot be read and is not used",
     "A certificate or key in it is damaged, or cut off.",
     "repair the file, or remove the part that is named"},
    {Tp::machine_certificate_expired, Level::warn, "certificate for other servers has expired",
     "Whoever verifies it refuses it after its notAfter date.",
     "renew the certificate, then: apachectl graceful"},
    {Tp::machine_certificate_not_yet_valid, Level::warn,
     "certificate for other servers is not valid yet",
     "Its notBefore date lies ahead. Either it was made for later, or the clock of this machine is "
     "wrong.",
     "check the clock with date -u, or use the previous certificate until then"},
    {Tp::machine_certificate_expires_soon, Level::warn,
     "certificate for other servers expires soon",
     "Less than 21 days and less than a quarter of its lifetime are left. Whatever renews it "
     "should have done so by now.",
     "renew the certificate, then: apachectl graceful"},
    {Tp::machine_certificate_purpose, Level::warn, "certificate is not for clients",
     "Its extended key usage does not have clientAuth, and a server that verifies it refuses it. "
     "Public authorities issue certificates for servers alone since 2026.",
     "get a certificate with the extended key usage clientAuth from the authority that the other "
     "server trusts"},
    {Tp::machine_chain_none, Level::warn, "chain file holds no certificate and is not used",
     "SSLProxyMachineCertificateChainFile wants the certificates of the CAs that issued those of "
     "SSLProxyMachineCertificateFile, in PEM form.",
     "remove the line; or write the intermediate certificates to the file"},
    {Tp::machine_chain_leads_nowhere, Level::warn, "chain file has no issuer of the certificate",
     "Nothing in SSLProxyMachineCertificateChainFile issued it. It is shown alone, and only to "
     "servers that ask for its own issuer. All that is in the file is trusted as an authority.",
     "write the certificate of the CA that issued it to the file; or remove the line"},
    {Tp::machine_chain_expired, Level::warn,
     "certificate in a chain for other servers is outside its validity",
     "Whoever verifies the chain refuses it, however long the certificate itself is still valid.",
     "get the current intermediate certificate from the CA"},
};

}  // namespace

std::span<const Diagnostic> proxy_rows() noexcept {
  return kRows;
}

}  // namespace tlsplus
