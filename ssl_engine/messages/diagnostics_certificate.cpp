// SPDX-License-Identifier: Apache-2.0
//
// certificate_rows(): messages 200..299, about certificates, private keys and pass phrases. An id
// is never reused: a message that is no longer given keeps its row here, so that old logs can still
// be looked up.
#include <array>

#include "ssl_engine/messages/diagnostics_rows.h"

namespace tlsplus {
namespace {

constexpr auto kRows = std::to_array<Diagnostic>({
    {Tp::certificate_not_configured, Level::error, "TLS is on, but no certificate is configured",
     "A virtual host that speaks TLS must prove who it is. It has neither a certificate of its own "
     "nor one inherited from the main server, and no other module provided one.",
     "add SSLCertificateFile and SSLCertificateKeyFile to this virtual host, or SSLEngine off"},
    {Tp::file_missing, Level::error, "file does not exist",
     "The path was looked up when the configuration was loaded, relative to ServerRoot if it does "
     "not begin with a slash. A link that leads nowhere counts as missing.",
     "correct the path, or create the file"},
    {Tp::file_unreadable, Level::error, "file cannot be read",
     "Files are read by the server's parent process before it gives up its privileges, so it is "
     "enough that root can read them. The evidence shows owner and mode.",
     "give the account that starts the server read permission for the file and search permission "
     "for every folder above it"},
    {Tp::file_not_regular, Level::error, "path does not lead to a regular file",
     "A directory, a pipe or a device was named where a file is wanted.", "name the file itself"},
    {Tp::file_empty, Level::error, "file is empty",
     "Often the leftover of an interrupted copy or of a tool that ran out of disk space.",
     "write the certificate or key to the file again"},
    {Tp::file_too_large, Level::error, "file is too large for a certificate or key",
     "A certificate with its chain and key takes a few kilobytes. A file of many megabytes is "
     "something else, and is not read.",
     "name the file that holds the certificate or key"},
    {Tp::certificate_not_recognised, Level::error, "file holds no certificate",
     "Its content is neither PEM (text between BEGIN and END lines), nor DER, nor PKCS#12.",
     "name the file with the certificate as the CA sent it, which begins with -----BEGIN "
     "CERTIFICATE-----, or is DER or PKCS#12; from PKCS#7 (.p7b): openssl pkcs7 -print_certs -in "
     "OLD -out NEW"},
    {Tp::certificate_wrong_kind, Level::error, "file holds something other than a certificate",
     "The file was read, but what it holds belongs elsewhere: a request is what a CA is sent to "
     "get a certificate, a private key belongs to SSLCertificateKeyFile.",
     "name the file with the certificate that the CA issued"},
    {Tp::key_wrong_kind, Level::error, "file holds something other than a private key",
     "The file was read, but there is no private key in it. Certificate and key files are easily "
     "swapped.",
     "name the file with the private key"},
    {Tp::key_not_found, Level::error, "no private key for the certificate",
     "The n-th SSLCertificateKeyFile belongs to the n-th SSLCertificateFile; a certificate without "
     "such a partner must have its key in its own file.",
     "add SSLCertificateKeyFile with the private key that the certificate was requested with"},
    {Tp::key_mismatch, Level::error, "private key does not fit the certificate",
     "The public key in the certificate is not the public half of this private key. Usually a "
     "certificate was renewed with a new key and only one of the two files was replaced, or two "
     "pairs were mixed up.",
     "name the key the certificate was requested with; fingerprint of a key file: openssl pkey -in "
     "KEY -pubout -outform DER | openssl sha256"},
    {Tp::key_not_decodable, Level::error, "private key cannot be decoded",
     "The file has the frame of a private key, but its content is damaged, cut short, or not what "
     "the frame says.",
     "restore the key from where it was made; check it with: openssl pkey -in KEY -noout -check"},
    {Tp::certificate_not_decodable, Level::error, "certificate cannot be decoded",
     "The file has the frame of a certificate, but its content is damaged, cut short, or not what "
     "the frame says.",
     "get the certificate again from the CA; check it with: openssl x509 -in CERT -noout -text"},
    {Tp::pem_damaged, Level::error, "PEM block is damaged",
     "A BEGIN line without its END line, or characters between them that are not base64. Usually a "
     "part of the file was lost when it was copied.",
     "copy the whole block again, from its BEGIN line to its END line, each of them a line of its "
     "own"},
    {Tp::key_algorithm_unsupported, Level::error, "kind of private key is not supported",
     "This OpenSSL has no implementation for the key's algorithm or format, or a TLS server cannot "
     "use keys of this kind.",
     "use an RSA, ECDSA or Ed25519 key; make one with: openssl genpkey -algorithm EC -pkeyopt "
     "ec_paramgen_curve:P-256 -out KEY"},
    {Tp::key_too_weak, Level::error, "key is too weak for the security level",
     "OpenSSL's security level (SSL_CTX_set_security_level(3)) sets a minimum: level 1 wants 1024 "
     "bits of RSA or 160 of ECC, level 2, Debian's default, 2048 or 224.",
     "request a certificate for a new key: RSA with 2048 bits or more, or ECDSA P-256"},
    {Tp::signature_too_weak, Level::error,
     "signature in the certificate is too weak for the security level",
     "The CA signed the certificate, or one of its chain, with an algorithm that the security "
     "level does not allow, such as SHA-1 or MD5. Clients refuse it too.",
     "get the certificate again, signed with SHA-256 or better"},
    {Tp::certificate_refused, Level::error, "OpenSSL refuses the certificate",
     "Certificate and key were read and fit each other, but OpenSSL does not take them for a TLS "
     "server. The evidence has its words.",
     "get a certificate for a TLS server (extended key usage serverAuth)"},
    {Tp::keys_superfluous, Level::warn, "more private keys than certificates",
     "The n-th SSLCertificateKeyFile belongs to the n-th SSLCertificateFile. Keys beyond the last "
     "certificate are not used.",
     "remove the line; or add the SSLCertificateFile that belongs to it"},
    {Tp::certificates_same_type, Level::warn, "two certificates with the same type of key",
     "A virtual host presents one certificate per type of key (RSA, ECDSA, Ed25519, ...), chosen "
     "by what the client can verify. Of two of one type the later one is presented, never the "
     "earlier.",
     "remove one of them, or give each name a virtual host of its own"},
    {Tp::certificate_expired, Level::warn, "certificate has expired",
     "Clients refuse a certificate after its notAfter date. The server starts all the same.",
     "renew the certificate, then: apachectl graceful"},
    {Tp::certificate_not_yet_valid, Level::warn, "certificate is not valid yet",
     "Its notBefore date lies ahead. Either it was made for later, or the clock of this machine is "
     "wrong.",
     "check the clock with date -u, or use the previous certificate until then"},
    {Tp::certificate_expires_soon, Level::warn, "certificate expires soon",
     "Less than 21 days and less than a quarter of its lifetime are left. Whatever renews it "
     "should "
     "have done so by now.",
     "renew the certificate, then: apachectl graceful"},
    {Tp::certificate_is_ca, Level::warn, "certificate of a CA is used as a server's",
     "Its basic constraints say CA:TRUE, as for those made by openssl req -x509 without further "
     "options. Some clients refuse such a certificate, and its key could issue others.",
     "use a certificate with CA:FALSE; for a self-signed one: openssl req -x509 -addext "
     "basicConstraints=critical,CA:FALSE"},
    {Tp::name_not_covered, Level::warn, "certificate does not name this virtual host",
     "Clients compare the host name of the URL with the certificate's subjectAltName (RFC 9525) "
     "and refuse when none is equal. A wildcard stands for one whole label.",
     "get a certificate for this name, or correct ServerName"},
    {Tp::alias_not_covered, Level::warn, "certificate does not name every ServerAlias",
     "Clients that come by one of these names refuse the certificate.",
     "get a certificate that has these names too, or remove the aliases"},
    {Tp::chain_intermediate_missing, Level::warn, "issuer of the certificate is not sent",
     "Clients know root CAs only. The intermediate CA between a root and this certificate must "
     "come from the server; browsers sometimes find it elsewhere, other clients do not. Nothing is "
     "said of a certificate that a root has issued, where that can be known: its "
     "authorityKeyIdentifier names the root, the system or SSLCACertificateFile has it, or it lies "
     "in the folder of the certificate.",
     "append the issuer's certificate to SSLCertificateFile"},
    {Tp::chain_order_repaired, Level::warn, "certificates are in the wrong order",
     "The server's own certificate comes first, then the one that issued it, and so on. The order "
     "was repaired in what is sent; the file was left as it is.",
     "put them in this order in the file"},
    {Tp::chain_superfluous, Level::warn, "certificate does not belong to the chain",
     "It issued none of the certificates before it. It is not sent.", "remove it from the file"},
    {Tp::chain_duplicate, Level::warn, "certificate is in the chain twice", "It is sent once.",
     "remove the second one from the file"},
    {Tp::chain_root_dropped, Level::info, "self-signed root is not sent",
     "A client that trusts the root has it, and one that has not does not trust it because it was "
     "sent. Every handshake is smaller without it (RFC 8446 4.4.2).",
     "nothing needs to be done"},
    {Tp::chain_expired, Level::warn, "certificate in the chain is outside its validity",
     "Clients refuse a chain with an expired certificate in it, however long the server's own is "
     "still valid.",
     "get the current intermediate certificate from the CA"},
    {Tp::chain_ignored, Level::warn, "chain in the certificate file is not used",
     "SSLCertificateChainFile replaces the certificates that follow the first one in every "
     "SSLCertificateFile of the virtual host.",
     "remove SSLCertificateChainFile, if the certificate file has the whole chain"},
    {Tp::key_readable_by_others, Level::warn, "private key can be read by other users",
     "Whoever reads the key can pretend to be this server. The server reads it before it gives up "
     "its privileges, so no other account needs access.",
     "chmod 600 the file; replace the key if other people have accounts here"},
    {Tp::dh_parameters_small, Level::warn, "DH parameters are weak",
     "They are used, as the security level allows them, but a group of less than 2048 bits "
     "protects "
     "TLS 1.2 handshakes with DHE badly.",
     "remove the DH parameters from the certificate file; OpenSSL then picks a safe group itself"},
    {Tp::uri_unsupported, Level::error, "no OpenSSL provider knows this kind of URI",
     "A value such as pkcs11:... is opened through OSSL_STORE, and that needs a provider that is "
     "installed and activated in OpenSSL's configuration.",
     "install the provider and activate it in openssl.cnf (Debian: pkcs11-provider), or name a "
     "file"},
    {Tp::uri_failed, Level::error, "URI gave no certificate or key",
     "The provider opened the URI, but did not find what is wanted behind it: the token is not "
     "there, the label is another, or the PIN was refused.",
     "look at what is there with: openssl storeutl -noout -text URI"},
    {Tp::key_not_recognised, Level::error, "file holds no private key",
     "Its content is neither PEM (text between BEGIN and END lines), nor DER, nor PKCS#12.",
     "name the file with the private key, which begins with -----BEGIN and has PRIVATE KEY----- in "
     "that line, or is DER or PKCS#12"},
    {Tp::certificate_purpose, Level::warn, "certificate is not meant for TLS servers",
     "It has an extended key usage, and serverAuth is not in it. Clients refuse it.",
     "get a certificate with the extended key usage serverAuth"},
    {Tp::chain_gap, Level::warn, "chain has a gap",
     "The file has certificates of further CAs, but not the one that links them to this "
     "certificate. What stands behind the gap is not sent.",
     "insert the missing certificate"},
    {Tp::pass_phrase_needs_terminal, Level::error,
     "private key is encrypted and there is no terminal to ask at",
     "SSLPassPhraseDialog builtin asks the person who starts the server. At boot, under systemd, "
     "or on a restart there is none.",
     "one of three: SSLPassPhraseDialog exec:/path/to/program that prints the pass phrase; "
     "SSLPassPhraseDialog exec:/usr/bin/systemd-ask-password, to be asked by systemd; or decrypt "
     "the key: openssl pkey -in KEY -out NEWKEY"},
    {Tp::pass_phrase_wrong, Level::error, "pass phrase does not decrypt the private key",
     "The phrase the program gave is another than the one the key was encrypted with.",
     "try the phrase with: openssl pkey -in KEY -noout"},
    {Tp::pass_phrase_program_not_started, Level::error, "pass phrase program cannot be started",
     "The program SSLPassPhraseDialog names was not found, or may not be executed.",
     "correct the path, or: chmod +x the program"},
    {Tp::pass_phrase_program_failed, Level::error, "pass phrase program failed",
     "It ended with another exit status than 0, or by a signal. What it wrote to standard error "
     "is in the evidence.",
     "run the program by hand with the arguments shown"},
    {Tp::pass_phrase_program_silent, Level::error, "pass phrase program gave no pass phrase",
     "It ended well, but the first line of its standard output is empty.",
     "make the program print the pass phrase and a line end"},
    {Tp::pass_phrase_program_hung, Level::warn, "pass phrase program has not answered yet",
     "There may be a person behind it, so it is waited for. Until it answers nothing is served, "
     "or, "
     "at a restart, nothing new.",
     "give it the pass phrase, or end it; a program that asks nobody should answer at once: run it "
     "by hand with the arguments shown"},
    {Tp::key_not_checked, Level::warn, "encrypted private key was not checked",
     "Decrypting it would mean asking a person for the pass phrase, which configtest does not do; "
     "or "
     "the program of SSLPassPhraseDialog, run without a terminal, gave none. A start asks.",
     "to have it checked unattended: SSLPassPhraseDialog exec:/path/to/program, one that prints "
     "the "
     "pass phrase without asking anybody"},
    {Tp::pass_phrase_not_given, Level::error, "no pass phrase was given",
     "The dialog was broken off, or every phrase that was entered was wrong.",
     "start again with the right pass phrase; it may be changed with: openssl pkey -in KEY -aes256 "
     "-out NEWKEY"},
    {Tp::encryption_unsupported, Level::error, "key is encrypted in an unsupported way",
     "OpenSSL 3 keeps old ciphers (RC2, RC4, single DES) in its legacy provider, which is not "
     "activated.",
     "encrypt it anew: openssl pkey -provider default -provider legacy -in KEY -aes256 -out NEWKEY "
     "(openssl pkcs12 -legacy for PKCS#12)"},
    {Tp::chain_not_recognised, Level::warn, "chain file holds no certificate and is not used",
     "SSLCertificateChainFile wants the certificates of the CAs between the server's certificate "
     "and a root, in PEM form. The server starts as if the line were not there.",
     "remove the line; or write the intermediate certificates to the file"},
    {Tp::parameters_ignored, Level::warn, "DH or EC parameters cannot be decoded and are not used",
     "OpenSSL picks groups itself instead, as if there were no parameters in the file.",
     "remove the block with the parameters from the certificate file"},
    {Tp::token_hung, Level::error, "token does not answer",
     "A key or certificate with a pkcs11: URI is looked for and tried with one signature before "
     "the server starts. The library that leads to the token was still busy after half a minute,"
     " and was ended.",
     "try it with: openssl storeutl -noout -text URI, or pkcs11-tool --list-objects"},
    {Tp::token_helper_failed, Level::error, "the process that looks at tokens failed",
     "It is a process of its own, so that a PKCS#11 library that crashes does not take the "
     "server along. It ended before it was done.",
     "try it as the account in User: openssl storeutl -noout -text URI"},
    {Tp::token_pin_refused, Level::error, "token refuses the PIN",
     "The PIN of pin-value, pin-source or SSLPassPhraseDialog is wrong, or the token is locked. "
     "No second attempt is made: a few wrong PINs lock a token.",
     "correct the PIN; try it with: pkcs11-tool --login --list-objects"},
    {Tp::token_key_unproven, Level::error, "key on the token cannot be used",
     "It was found, but did not make a signature that its public half verifies. A key that may "
     "only decrypt, or a token that wants a PIN for each use, is of no use to a server.",
     "use a key with CKA_SIGN on, and CKA_ALWAYS_AUTHENTICATE off"},
    {Tp::token_missing_after_restart, Level::warn, "token is not there after the restart",
     "It was there before, so the server goes on with the certificates it gave then: other "
     "virtual hosts are served, and the key is tried again now and then.",
     "bring the token back"},
    {Tp::token_key_lost, Level::error, "key on a token cannot be used any more",
     "Clients that need this key are turned away until it is back; other certificates and "
     "virtual hosts are served. Said once by each child. The key is tried again every few "
     "seconds, at most every 30.",
     "bring the token back; some PKCS#11 libraries see it again only after: apachectl graceful"},
    {Tp::token_key_back, Level::notice, "key on a token can be used again",
     "It was lost before, and has made a signature now.", "nothing to do"},
    {Tp::token_key_away, Level::info, "handshake failed, the key's token is not there",
     "The certificate's private key is on a token that cannot be used at the moment; an error "
     "line said so when it went away.",
     "bring the token back"},
    {Tp::pin_file_unreadable, Level::error, "file with the PIN cannot be read",
     "pin-source in a pkcs11: URI names a file whose first line is the PIN. It is read by the "
     "server's parent process, before it gives up its privileges.",
     "correct the path; root alone needs to read the file"},
    {Tp::dh_parameters_refused, Level::warn,
     "DH parameters are too weak for the security level and are not used",
     "OpenSSL's security level sets a minimum for DH groups: level 1 wants 1024 bits, level 2, "
     "Debian's default, 2048. A group that OpenSSL picks itself is used instead.",
     "remove the DH parameters from the certificate file; for very old clients: SSLCipherSuite "
     "with @SECLEVEL=1 or 0 in it"},
    {Tp::group_unusable, Level::warn, "EC parameters name a group that TLS cannot use",
     "EC parameters in the first certificate file make their group the only one for key "
     "exchange. This one is not known for TLS, or too weak for the security level; OpenSSL's own"
     " groups are used instead.",
     "remove the EC parameters from the certificate file, or name prime256v1 (openssl ecparam "
     "-name prime256v1)"},
    {Tp::signature_forgeable, Level::warn, "certificate is signed with SHA-1 or MD5",
     "Two certificates with one signature can be made with these digests, so browsers and current "
     "TLS libraries refuse the certificate, or the one of its chain that is named (RFC 6151, RFC "
     "6194). OpenSSL sends it all the same: from 3.2 on it leaves the server's own certificate to "
     "the client, and at security level 0 it checks nothing.",
     "get the certificate again, signed with SHA-256 or better"},
    {Tp::certificate_without_names, Level::warn, "certificate has no subjectAltName",
     "Browsers and current TLS libraries look for the host's name there alone and refuse a "
     "certificate that has it in its common name only (RFC 9525 4.1).",
     "get the certificate again with subjectAltName; for a self-signed one: tlsplus-cert "
     "selfsigned --name www.example.org"},
    {Tp::eddsa_alone, Level::warn, "browsers cannot use the host's only kind of key",
     "No current browser accepts a certificate with an Ed25519 or Ed448 key, and public "
     "authorities "
     "do not issue any. Clients built on OpenSSL and GnuTLS do.",
     "add a certificate with an EC P-256 or RSA key beside it: SSLCertificateFile and "
     "SSLCertificateKeyFile once more"},
    {Tp::validity_too_long, Level::warn, "certificate is valid for longer than clients accept",
     "Browsers and Apple's systems refuse certificates of public authorities that are valid for "
     "more than 398 days. Nothing is said of authorities that were added to this system by hand.",
     "get a certificate that is valid for 398 days at most"},
    {Tp::key_owned_by_children, Level::warn, "server's processes may read the private key's file",
     "The file is read before httpd changes to User and Group. Where these may read it, so may "
     "every CGI program and every hole in an application.",
     "give the file to root: chown root, chmod 600"},
    {Tp::certificate_from_nobody, Level::warn, "nobody is known to bring a certificate",
     "The virtual host has no SSLCertificateFile, and no MDomain line has its ServerName or one of "
     "its aliases, so that mod_md will not obtain a certificate for it. The server will refuse to "
     "start (TP0200).",
     "add the ServerName to an MDomain line, or SSLCertificateFile and SSLCertificateKeyFile to "
     "the "
     "host"},
    {Tp::srp_unavailable, Level::error, "this OpenSSL has no SRP",
     "The library was built without it (no-srp), as some distributions do. The directive is known, "
     "and cannot do anything.",
     "remove the line, or install an OpenSSL that has SRP"},
    {Tp::srp_file_damaged, Level::error, "SRP verifier file cannot be used",
     "A verifier file has one user in a line, in six fields separated by tabs; lines that begin "
     "with # are comments, empty lines are not allowed.",
     "correct the line named, or write the user anew: openssl srp -srpvfile FILE -add USER"},
    {Tp::srp_users_read, Level::notice, "SRP verifier file is in use",
     "So many users can prove their password in the handshake.", ""},
    {Tp::srp_no_users, Level::warn, "SRP verifier file has no user",
     "Nobody can connect with a cipher of SRP. Rows of revoked users (kind R) do not count.",
     "add one with: openssl srp -srpvfile FILE -add USER"},
    {Tp::srp_users_left_out, Level::warn, "users of the SRP verifier file cannot connect",
     "OpenSSL passes them over: their group is neither one of its own (1024, 1536, 2048, 3072, "
     "4096, 6144, 8192) nor defined in the file, or theirs is the last line and has no line end.",
     "write these users anew: openssl srp -srpvfile FILE -gn 3072 -add USER"},
    {Tp::srp_file_exposed, Level::warn, "SRP verifiers can be read by others",
     "Who has the file can try passwords at leisure, and can play the server to its users.",
     "chmod 600 the file, and umask 077 before openssl srp, which makes it anew"},
    {Tp::srp_seed_unused, Level::warn, "SSLSRPUnknownUserSeed has no effect",
     "It hides which users are in the SSLSRPVerifierFile, and this host has none.",
     "remove the line, or add SSLSRPVerifierFile"},
    {Tp::srp_ciphers_off, Level::warn, "no cipher of SRP is enabled",
     "There is a SSLSRPVerifierFile, and nobody can use it: SSLCipherSuite leaves the ciphers of "
     "SRP "
     "out. OpenSSL's default list has them.",
     "set: SSLCipherSuite \"!DSS:!aRSA:SRP\""},
    {Tp::srp_versions_off, Level::warn, "SRP needs TLS 1.2, and only TLS 1.3 is enabled",
     "There is a SSLSRPVerifierFile, and nobody can use it: TLS 1.3 has no SRP (RFC 8446).",
     "set: SSLProtocol TLSv1.2"},
    {Tp::srp_not_in_tls13, Level::warn, "clients of TLS 1.3 need no SRP password",
     "All ciphers for TLS 1.2 and older are those of SRP, but TLS 1.3 is enabled too, has no SRP "
     "and is what most clients choose: they connect with the certificate alone.",
     "to let in nobody without a password: SSLProtocol TLSv1.2"},
    {Tp::srp_user_unknown, Level::info, "SRP user is not in the verifier file",
     "The client was refused, or was led on with SSLSRPUnknownUserSeed until it failed.",
     "add the user with: openssl srp -srpvfile FILE -add USER, and restart"},
    {Tp::srp_password_wrong, Level::info, "SRP user gave a wrong password",
     "What the client encrypted with the key that follows from its password could not be read.",
     "if it is forgotten: openssl srp -srpvfile FILE -modify USER, and restart"},
});

}  // namespace

std::span<const Diagnostic> certificate_rows() noexcept {
  return kRows;
}

}  // namespace tlsplus
