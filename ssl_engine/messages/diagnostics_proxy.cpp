// SPDX-License-Identifier: Apache-2.0
//
// proxy_rows(): messages 800..899, about TLS to other servers, where this one is the client. An id
// is never reused.
#include "ssl_engine/messages/diagnostics_rows.h"

namespace tlsplus {
namespace {

constexpr Diagnostic kRows[] = {
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
