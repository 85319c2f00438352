// SPDX-License-Identifier: Apache-2.0
//
// config_rows(): messages 100..199, about directives, one at a time: what a line may say and where.
// An id is never reused. Whatever mod_ssl refuses is an error here, whatever it accepts is a
// warning at most.
#include "ssl_engine/messages/diagnostics_rows.h"

namespace tlsplus {
namespace {

constexpr Diagnostic kConfigRows[] = {
    {Tp::engine_value, Level::error, "SSLEngine is On or Off",
     "The argument is neither On nor Off.", "write: SSLEngine on; or write: SSLEngine off"},
    {Tp::engine_address, Level::error, "SSLEngine takes no address list",
     "A list of address:port was a form of this directive in development versions of httpd only; "
     "2.4 never had it.",
     "write: SSLEngine on; the line belongs inside the <VirtualHost> of each of those addresses"},
    {Tp::engine_optional, Level::warn,
     "TLS by the Upgrade header (RFC 2817) is no longer offered, this host speaks plain HTTP",
     "No client ever used it, and httpd removed it in 2.4.64. The value is still accepted.",
     "write: SSLEngine off; or, if the host is to speak TLS, write: SSLEngine on"},
    {Tp::protocol_unknown, Level::error, "unknown protocol version",
     "SSLProtocol knows version names only, with + or - in front of them or nothing.",
     "use all, TLSv1.2, TLSv1.3, and where it must be TLSv1 or TLSv1.1, separated by blanks"},
    {Tp::protocol_sslv2, Level::error, "SSLv2 no longer exists",
     "No library that we run with speaks SSLv2 (RFC 6176).", "remove SSLv2 from the line"},
    {Tp::protocol_not_built_in, Level::error, "the TLS library was built without this version",
     "SSLv3 is left out by every current distribution (RFC 7568).",
     "remove the version from the line"},
    {Tp::protocol_replaces, Level::warn,
     "a version without + or - replaces what the line selected before it",
     "Words are evaluated from left to right; a bare name starts anew. SSLProtocol TLSv1.2 TLSv1.3 "
     "selects TLSv1.3 alone.",
     "put + in front of every version that is to be added"},
    {Tp::cipher_selector_unknown, Level::error, "there is no such set of ciphers",
     "Before the ciphers stands SSL (TLS 1.2 and older; the same as nothing) or TLSv1.3, in "
     "exactly this spelling.",
     "write: SSLCipherSuite HIGH"},
    {Tp::cipher_suites_in_directory, Level::error, "TLS 1.3 suites cannot be set for a directory",
     "TLS 1.3 cannot be renegotiated, so its suite is chosen before the request is known.",
     "move the line to the server or the <VirtualHost>"},
    {Tp::path_invalid, Level::error, "this cannot be made into a path",
     "The name does not combine with ServerRoot into a path.", "write an absolute path"},
    {Tp::directory_missing, Level::error, "directory does not exist",
     "The name is looked up relative to ServerRoot and must be a directory.",
     "create the directory or correct the name"},
    {Tp::number_negative, Level::error, "a number must not be negative",
     "The argument reads as a negative number, or is too large for 31 bits.",
     "remove the line, for the default; or write a number from 0 to 2147483647"},
    {Tp::number_not_exact, Level::warn, "the argument is not a plain number",
     "For compatibility the digits at its beginning are used, or 0 if there are none.",
     "write digits only, at most 2147483647"},
    {Tp::compression_unavailable, Level::error, "the TLS library cannot compress",
     "It was built without compression methods, as is usual since the CRIME attack.",
     "write: SSLCompression off; compression under TLS gives secrets away "
     "(CRIME), "
     "compress with mod_deflate or mod_brotli instead"},
    {Tp::sni_policy_value, Level::error, "unknown policy",
     "The argument is none of the four policies.",
     "write: SSLVHostSNIPolicy secure; or strict, authonly or insecure in its place"},
    {Tp::random_when, Level::error, "unknown occasion for seeding",
     "The first word says when to seed.", "begin with startup or connect"},
    {Tp::random_builtin_bytes, Level::error, "the source builtin takes no number of bytes",
     "builtin is the library's own seeding, which knows how much it needs.", "remove the number"},
    {Tp::random_egd, Level::error, "entropy gathering daemons are not supported",
     "OpenSSL removed EGD; it seeds itself from the operating system.",
     "remove the line; or use file:/dev/urandom"},
    {Tp::pass_phrase_dialog_value, Level::error, "unknown way to ask for a pass phrase",
     "The argument names neither the terminal nor a program.",
     "use builtin, |/path/to/program or exec:/path/to/program"},
    {Tp::session_cache_value, Level::error, "the cache has no name",
     "The name of a cache provider stands before the first colon.",
     "write: SSLSessionCache shm:512000"},
    {Tp::conf_command_unknown, Level::error, "the TLS library does not know this command",
     "Commands are those of SSL_CONF_cmd(3) for configuration files and this OpenSSL version: for "
     "servers with SSLOpenSSLConfCmd, for clients with TLSPlusProxyOpenSSLConfCmd, which leaves "
     "certificates and whom to believe to the SSLProxy... directives.",
     "correct the command's name, see SSL_CONF_cmd(3), or remove the line"},
    {Tp::crypto_device_unsupported, Level::error, "OpenSSL has no such crypto device",
     "Devices are reached through OpenSSL's engines, by their id. The list is of those that are "
     "built in; others are loaded by name from the library's folder of engines. OpenSSL 4 has "
     "none.",
     "write: SSLCryptoDevice builtin; or, where the library has engines, install this one (Debian:"
     " libengine-pkcs11-openssl for pkcs11)"},
    {Tp::option_unknown, Level::error, "unknown option", "SSLOptions has no option of this name.",
     "correct the name"},
    {Tp::options_dropped, Level::warn,
     "an option without + or - replaces what the line set before it",
     "Options without a sign are not added up: SSLOptions StdEnvVars ExportCertData sets "
     "ExportCertData alone.",
     "put + in front of every option that is to be added"},
    {Tp::handshake_timeout_value, Level::error, "the time for a handshake is out of range",
     "The argument is a whole number of seconds, nothing else.",
     "write: TLSPlusHandshakeTimeout 20; or another number from 1 to 3600"},
    {Tp::directive_removed, Level::error, "this directive is no longer supported",
     "httpd took it out of 2.4.", "remove the line"},
    {Tp::directive_renamed, Level::error, "this directive has another name today",
     "It belongs to a version of Apache, or to a module, that httpd 2.4 replaced.",
     "use the current name"},
    {Tp::random_connect_ignored, Level::info, "seeding for each connection is not needed",
     "OpenSSL seeds its generators by itself, and again after each fork; a read on every "
     "connection "
     "would only delay it.",
     "remove the line"},
    {Tp::random_source_unreadable, Level::warn, "seed source cannot be read",
     "The server starts all the same: OpenSSL has seeded itself from the operating system.",
     "make the source readable for the user that starts httpd, or remove the line"},
    {Tp::random_source_short, Level::warn, "seed source gave less than was asked for",
     "The source ended, or had nothing more to give without waiting, and start-up never waits for "
     "randomness. OpenSSL has seeded itself from the operating system.",
     "ask for fewer bytes or use file:/dev/urandom"},
    {Tp::random_program_failed, Level::warn, "seed program failed",
     "It could not be started, or ended with an error; what it wrote was mixed in. OpenSSL has "
     "seeded "
     "itself from the operating system.",
     "run the program by hand, with the number of bytes as its argument"},
    {Tp::random_program_slow, Level::warn, "seed program was ended because it took too long",
     "A program has five seconds. OpenSSL has seeded itself from the operating system.",
     "make the program answer at once, or remove the line"},
    {Tp::random_not_seeded, Level::warn, "the library's random generator is not seeded",
     "RAND_status(3) still reports too little entropy after start-up; every handshake will fail.",
     "check that getrandom(2) or /dev/urandom can be used by the server"},
    {Tp::random_mixed, Level::info, "seed mixed into the random generator",
     "OpenSSL had seeded itself from the operating system before; the source adds to that.",
     "nothing to do"},
    {Tp::random_builtin, Level::info, "the TLS library seeds itself",
     "SSLRandomSeed builtin asks for what OpenSSL does in any case.", "nothing to do"},
    {Tp::crypto_device_failed, Level::error, "crypto device cannot be used",
     "The engine that SSLCryptoDevice names is there, but it does not start or does not let "
     "itself be made the default. At start this is tried as the account that serves, see User.",
     "look at the engine's section in openssl.cnf; try it with: openssl engine -t ID"},
    {Tp::fips_without_provider, Level::error, "FIPS mode needs the OpenSSL provider \"fips\"",
     "SSLFIPS On has OpenSSL take every algorithm from its FIPS provider, a library of its own "
     "(fips.so) that has to be installed, and checked once with openssl fipsinstall. Debian does"
     " not ship it.",
     "write: SSLFIPS off; or install the provider and run openssl fipsinstall, see fips_module(7)"},
    {Tp::fips_contradiction, Level::error, "SSLFIPS is both on and off",
     "The mode belongs to the whole process, and no line is more important than another.",
     "remove the line; or the one that is named"},
    {Tp::fips_on, Level::notice, "FIPS mode is on",
     "All algorithms come from OpenSSL's FIPS provider, by SSLFIPS On or by OpenSSL's own "
     "configuration. The providers that are active are listed.",
     "nothing to do"},
    {Tp::fips_off, Level::debug, "FIPS mode is off",
     "Algorithms come from any provider; those that are active are listed.", "nothing to do"},
    {Tp::no_algorithms, Level::error, "OpenSSL has no algorithms",
     "Its configuration file (openssl.cnf, or what OPENSSL_CONF names) activates no provider "
     "that has them, or its default_properties exclude all that do. Nothing else of the "
     "configuration can be judged.",
     "activate the default provider, see config(5); try: openssl list -providers"},
    {Tp::ocsp_check_value, Level::error, "SSLOCSPEnable does not know this argument",
     "It takes on, leaf or off, and after that no_ocsp_for_cert_ok or nothing.",
     "write: SSLOCSPEnable off; or on, or leaf, in its place"},
    {Tp::plain_http_value, Level::error, "unknown answer to plain HTTP",
     "A plain HTTP request on a TLS port is answered 400 with a page that links to the https "
     "address "
     "(explain), or 308 with that address (redirect).",
     "write: TLSPlusPlainHTTP explain; or write: TLSPlusPlainHTTP redirect"},
    {Tp::cipher_list_split, Level::error, "ciphers are not in one word",
     "httpd splits a line at blanks, and a list of ciphers is one word: names with colons between "
     "them, or the whole in quotation marks.",
     "write: SSLCipherSuite HIGH:!aNULL; or another list, in one word"},
    {Tp::conf_command_split, Level::error, "what follows is not a command and one value",
     "httpd splits a line at blanks, and SSLOpenSSLConfCmd and TLSPlusProxyOpenSSLConfCmd take two "
     "words.",
     "write the value behind the command as one word, for example: SSLOpenSSLConfCmd Groups "
     "X25519:P-256"},
    {Tp::lookalikes, Level::warn, "the line has characters that only look like others",
     "Typographic quotation marks are no quotation marks to httpd, and a no-break or a zero-width "
     "space is no blank: they become part of the value. Web pages and word processors make them.",
     "type the line anew"},
    {Tp::groups_value, Level::error, "these groups cannot be had",
     "TLSPlusGroups and TLSPlusProxyGroups are lists of groups for the key exchange with colons "
     "between them. A name that OpenSSL does not know is refused, unless a question mark before it "
     "allows it to be missing; and one has to be left.",
     "write: TLSPlusGroups X25519:P-256; a group of newer libraries goes in front as "
     "?X25519MLKEM768"},
    {Tp::peer_name_value, Level::error, "no certificate can be for this name",
     "TLSPlusProxyName is the host name or the IP address that certificates of backends have to be "
     "for. A wildcard stands in certificates and is matched by a name; a name with other letters "
     "than those of ASCII is written as certificates have it, xn--...",
     "write one host name or IP address, without scheme, port and path, or off"},
    {Tp::extra_trust_value, Level::error, "this is nobody to be believed",
     "TLSPlusProxyTrust is off, or some of +system (the authorities that OpenSSL believes by "
     "default) and +partial-chain (a chain may end at any certificate that is believed). A line "
     "says all: it takes the place of the one of an outer section.",
     "write: TLSPlusProxyTrust +system; or +partial-chain, or both, or off"},
};

}  // namespace

std::span<const Diagnostic> config_rows() noexcept {
  return kConfigRows;
}

}  // namespace tlsplus
