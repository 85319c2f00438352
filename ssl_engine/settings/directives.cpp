// SPDX-License-Identifier: Apache-2.0
//
// One row a directive. put<field, parser> covers most; the others have a setter above the table.
// To implement a `not_yet<>` row: give it a field in server_config.h and put<> in its place.
#include "ssl_engine/settings/directives.h"

#include <algorithm>

#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/crypto_engine.h"
#include "ssl_engine/openssl/features.h"
#include "ssl_engine/settings/words_apart.h"

namespace tlsplus {
namespace {

GlobalConfig& config_of(const Targets& targets, const GlobalConfig*) {
  return targets.global;
}
ServerConfig& config_of(const Targets& targets, const ServerConfig*) {
  return targets.server;
}
DirConfig& config_of(const Targets& targets, const DirConfig*) {
  return targets.directory;
}

template <class T>
void store(Setting<T>& field, T value, const Origin& origin) {
  field = Setting<T>(std::move(value), origin);
}
template <class T, ListMerge Rule>
void store(SettingList<T, Rule>& field, T value, const Origin& origin) {
  field.add(std::move(value), origin);
}

template <class Config, class Field>
const Config* owner_of(Field Config::*) {
  return nullptr;
}

/// Parses the line and sets `field`, a pointer to a member of one of the three configurations.
template <auto Field, auto Parse>
Status put(const Line& line, const Targets& targets) {
  auto value = Parse(line);
  if (!value && line.row.shape == Shape::raw) {
    return with_words_apart(line, std::move(value).error(),
                            [](const Line& apart) { return static_cast<bool>(Parse(apart)); });
  }
  if (!value) return std::move(value).error();
  store(config_of(targets, owner_of(Field)).*Field, *std::move(value), line.origin);
  return {};
}

/// What a section of the configuration asks for is judged with its server.
void demand(const Line& line, const Targets& targets, const DirectoryDemand& asked) {
  if (!line.in_htaccess) targets.server.directory_demands.add(asked, line.origin);
}

/// SSLCipherSuite: two settings under one name.
Status set_ciphers(const Line& line, const Targets& targets) {
  const auto ciphers = parse_ciphers(line);
  if (!ciphers) return ciphers.error();
  if (line.in_directory) {
    store(targets.directory.cipher_list, ciphers->list, line.origin);
    demand(line, targets, {DirectoryDemand::Kind::ciphers, VerifyMode::none, ciphers->list});
    return {};
  }
  auto& field = ciphers->is_for_tls13 ? targets.server.cipher_suites : targets.server.cipher_list;
  store(field, ciphers->list, line.origin);
  return {};
}

/// httpd's own table allows the line in a directory, and then it is refused: with words of ours.
template <auto Field, auto Parse>
Status put_in_server(const Line& line, const Targets& targets) {
  auto value = Parse(line);
  if (!value) return std::move(value).error();
  if (line.in_directory) return line.refusal(Tp::ca_in_directory, quote(*value));
  store(targets.server.*Field, *std::move(value), line.origin);
  return {};
}

Status set_verify_client(const Line& line, const Targets& targets) {
  auto mode = parse_verify_mode(line);
  if (!mode) return std::move(mode).error();
  if (line.in_directory) {
    store(targets.directory.verify_client, *mode, line.origin);
    demand(line, targets, {DirectoryDemand::Kind::certificate, *mode, line.word(0)});
    return {};
  }
  store(targets.server.verify_client, *mode, line.origin);
  return {};
}

Status set_verify_depth(const Line& line, const Targets& targets) {
  auto depth = parse_count(line);
  if (!depth) return std::move(depth).error();
  auto& field = line.in_directory ? targets.directory.verify_depth : targets.server.verify_depth;
  store(field, *depth, line.origin);
  return {};
}

Status set_require_ssl(const Line& line, const Targets& targets) {
  auto on = parse_require_tls(line);
  if (!on) return std::move(on).error();
  store(targets.directory.require_tls, *on, line.origin);
  demand(line, targets, {DirectoryDemand::Kind::access, VerifyMode::none, {}});
  return {};
}

Status set_require(const Line& line, const Targets& targets) {
  auto requirement = parse_requirement(line);
  if (!requirement) return std::move(requirement).error();
  targets.directory.requirements.add(**requirement);
  demand(line, targets, {DirectoryDemand::Kind::access, VerifyMode::none, line.word(0)});
  return {};
}

Status set_options(const Line& line, const Targets& targets) {
  auto options = parse_options(line, targets.directory.options);
  if (!options) {
    return with_words_apart(line, std::move(options).error(), [](const Line& apart) {
      return static_cast<bool>(parse_options(apart, {}));
    });
  }
  targets.directory.options = *options;
  return {};
}

Status set_crypto_device(const Line& line, const Targets& targets) {
  if (equals_ignoring_case(line.word(0), "builtin")) {
    store(targets.global.crypto_device, std::string_view(), line.origin);
    return {};
  }
  if (crypto_engine_kind(std::string(line.word(0))) != EngineKind::none) {
    store(targets.global.crypto_device, line.word(0), line.origin);
    return {};
  }
  const auto engines = crypto_engines();
  return line.refusal(
      Tp::crypto_device_unsupported,
      engines.empty()
          ? text(quote(line.word(0)), "; ", library_release(),
                 " has no engines: providers open tokens, and need no such line")
          : text(quote(line.word(0)), "; engines of this library: ", join(engines, ", ")));
}

/// The last value does not win here: which one was meant?
Status set_fips(const Line& line, const Targets& targets) {
  const bool is_on = equals_ignoring_case(line.word(0), "on");
  auto& field = targets.global.fips;
  if (field.is_set() && *field != is_on) {
    const Where other = field.where();
    return line.refusal(Tp::fips_contradiction,
                        text(is_on ? "on" : "off", " here, ", is_on ? "off" : "on", " at ",
                             other.file, ':', other.line));
  }
  store(field, is_on, line.origin);
  return {};
}

/// What a line of a part that is still to be built asks for.
enum class Asks : std::uint8_t { a_setting, the_part };

/// A directive of mod_ssl that is still to be built. Its words are checked as mod_ssl checks them;
/// arguments that ask for nothing are accepted, the others are gather_not_yet()'s (not_yet.h).
template <auto Parse, Asks What = Asks::a_setting>
Status not_yet(const Line& line, const Targets&) {
  std::vector<Error> beside_the_point;
  const Line quiet{.row = line.row,
                   .words = line.words,
                   .origin = line.origin,
                   .in_directory = line.in_directory,
                   .paths = line.paths,
                   .expressions = line.expressions,
                   .remarks = beside_the_point,
                   .in_htaccess = line.in_htaccess};
  if (auto parsed = Parse(quiet); !parsed) return std::move(parsed).error();
  const bool is_neutral = std::ranges::any_of(
      words(line.row.detail),
      [&](std::string_view neutral) { return equals_ignoring_case(line.word(0), neutral); });
  if (is_neutral) return {};
  line.remark(What == Asks::the_part ? Tp::directive_not_yet : Tp::directive_unused, {});
  return {};
}

Status removed(const Line& line, const Targets&) {
  return line.refusal(Tp::directive_removed, {}, std::string(line.row.detail));
}

Status renamed(const Line& line, const Targets&) {
  return line.refusal(Tp::directive_renamed, {}, std::string(line.row.detail));
}

Status old_mutex(const Line& line, const Targets&) {
  return line.refusal(Tp::directive_renamed, {}, text("write: ", modern_mutex(line.word(0))));
}

constexpr Directive kDirectives[] = {
    // The whole process.
    {"SSLPassPhraseDialog", Shape::one, Scope::global,
     put<&GlobalConfig::pass_phrase_dialog, parse_pass_phrase_dialog>,
     "builtin | |/path/program | exec:/path/program: who is asked for pass phrases of keys"},
    {"SSLSessionCache", Shape::one, Scope::global,
     put<&GlobalConfig::session_cache, parse_session_cache>,
     "none | nonenotnull | shm[:bytes] | provider[:arguments]: where sessions are kept"},
    {"SSLCryptoDevice", Shape::one, Scope::global, set_crypto_device,
     "builtin | id of an OpenSSL engine: what does the cryptography"},
    {"SSLRandomSeed", Shape::two_or_three, Scope::global,
     put<&GlobalConfig::random_seed, parse_random_source>,
     "startup|connect builtin|file:/path|exec:/path [bytes]: what is mixed into the random "
     "generator"},
    {"SSLVHostSNIPolicy", Shape::one, Scope::global,
     put<&GlobalConfig::sni_policy, parse_sni_policy>,
     "strict | secure | authonly | insecure: how alike two hosts must be to share a connection"},
    {"SSLFIPS", Shape::flag, Scope::global, set_fips, "on | off: FIPS mode of the TLS library"},
    {"TLSPlusHandshakeTimeout", Shape::one, Scope::global,
     put<&GlobalConfig::handshake_timeout, parse_handshake_timeout>,
     "seconds a client may take for its whole handshake, 1..3600"},
    {"TLSPlusTicketKeyRotation", Shape::one, Scope::global,
     put<&GlobalConfig::ticket_key_rotation, parse_ticket_key_rotation>,
     "seconds after which session tickets get a new key, 10..604800"},
    {"TLSPlusSessionCacheWait", Shape::one, Scope::global,
     put<&GlobalConfig::session_cache_wait, parse_session_cache_wait>,
     "milliseconds a handshake waits for a session cache on another machine, 1..10000"},

    // One server.
    {"SSLEngine", Shape::one, Scope::server, put<&ServerConfig::engine, parse_engine>,
     "on | off: speak TLS on this host"},
    {"SSLCertificateFile", Shape::one, Scope::server,
     put<&ServerConfig::certificate_files, parse_file_or_token>,
     "file with the certificate, its chain and perhaps its key, or a pkcs11: URI"},
    {"SSLCertificateKeyFile", Shape::one, Scope::server,
     put<&ServerConfig::certificate_key_files, parse_file_or_token>,
     "file with the private key, or a pkcs11: URI"},
    {"SSLCertificateChainFile", Shape::one, Scope::server,
     put<&ServerConfig::certificate_chain_file, parse_file>,
     "PEM file with the intermediate certificates"},
    {"SSLProtocol", Shape::raw, Scope::server, put<&ServerConfig::protocol, parse_protocols>,
     "[+|-]all|TLSv1|TLSv1.1|TLSv1.2|TLSv1.3 ...: versions that are spoken"},
    {"SSLCipherSuite", Shape::raw, Scope::server_or_directory, set_ciphers,
     "[SSL|TLSv1.3] names separated by colons: ciphers that are offered"},
    {"TLSPlusGroups", Shape::one, Scope::server, put<&ServerConfig::groups, parse_groups>,
     "[?]name[:[?]name...]: groups of key exchange, those with ? if the library has them"},
    {"SSLHonorCipherOrder", Shape::flag, Scope::server,
     put<&ServerConfig::honor_cipher_order, parse_flag>,
     "on | off: the server's order of ciphers decides, not the client's"},
    {"SSLCompression", Shape::flag, Scope::server,
     put<&ServerConfig::compression, parse_compression>,
     "on | off: TLS compression, which gives secrets away"},
    {"SSLInsecureRenegotiation", Shape::flag, Scope::server,
     put<&ServerConfig::insecure_renegotiation, parse_flag>,
     "on | off: serve clients without RFC 5746"},
    {"SSLSessionTickets", Shape::flag, Scope::server,
     put<&ServerConfig::session_tickets, parse_flag>, "on | off: session tickets (RFC 5077)"},
    {"SSLSessionTicketKeyFile", Shape::one, Scope::server,
     put<&ServerConfig::session_ticket_key_files, parse_file>,
     "file with 48 or 80 random bytes; the first such line encrypts tickets, all decrypt them"},
    {"SSLSessionTicketSecretFile", Shape::one, Scope::server,
     put<&ServerConfig::session_ticket_secret_file, parse_file>,
     "file with a secret shared by several machines, from which ticket keys are derived"},
    {"SSLStrictSNIVHostCheck", Shape::flag, Scope::server,
     put<&ServerConfig::strict_sni, parse_flag>,
     "on | off: refuse clients that name no host in their ClientHello"},
    {"SSLClientHelloVars", Shape::flag, Scope::server,
     put<&ServerConfig::client_hello_vars, parse_flag>,
     "on | off: keep what clients offer for the SSL_CLIENTHELLO_ variables"},
    {"TLSPlusPlainHTTP", Shape::one, Scope::server,
     put<&ServerConfig::plain_http, parse_plain_http>,
     "explain | redirect: what a plain HTTP request on this TLS port is answered with"},
    {"SSLSessionCacheTimeout", Shape::one, Scope::server,
     put<&ServerConfig::session_timeout, parse_seconds>,
     "seconds for which a session may be resumed"},
    {"SSLOpenSSLConfCmd", Shape::raw, Scope::server,
     put<&ServerConfig::conf_commands, parse_conf_command>,
     "command value: a setting of OpenSSL's own, see SSL_CONF_cmd(3)"},

    // Servers and directories.
    {"SSLOptions", Shape::raw, Scope::options, set_options,
     "[+|-]StdEnvVars|ExportCertData|FakeBasicAuth|StrictRequire|OptRenegotiate|"
     "LegacyDNStringFormat"},
    {"SSLUserName", Shape::one, Scope::server_or_directory, put<&DirConfig::user_name, parse_text>,
     "name of the SSL_ variable that becomes the user"},
    {"SSLClientCertHeader", Shape::flag, Scope::server_or_directory,
     put<&DirConfig::client_cert_header, parse_flag>,
     "on | off: tell applications the client's certificate in Client-Cert (RFC 9440)"},

    // Client certificates.
    {"SSLVerifyClient", Shape::one, Scope::server_or_directory, set_verify_client,
     "none | optional | require | optional_no_ca: ask clients for a certificate"},
    {"SSLVerifyDepth", Shape::one, Scope::server_or_directory, set_verify_depth,
     "number of intermediates a client's chain may have"},
    {"SSLCACertificateFile", Shape::one, Scope::server_or_directory,
     put_in_server<&ServerConfig::ca_file, parse_file>,
     "PEM file with the authorities that client certificates may come from"},
    {"SSLCACertificatePath", Shape::one, Scope::server_or_directory,
     put_in_server<&ServerConfig::ca_path, parse_directory>,
     "hashed directory with the authorities that client certificates may come from"},
    {"SSLCADNRequestFile", Shape::one, Scope::server,
     put<&ServerConfig::ca_request_file, parse_file>,
     "PEM file with the authorities that are named to clients"},
    {"SSLCADNRequestPath", Shape::one, Scope::server,
     put<&ServerConfig::ca_request_path, parse_directory>,
     "hashed directory with the authorities that are named to clients"},
    {"SSLCARevocationFile", Shape::one, Scope::server, put<&ServerConfig::crl_file, parse_file>,
     "PEM file with revocation lists for client certificates"},
    {"SSLCARevocationPath", Shape::one, Scope::server,
     put<&ServerConfig::crl_path, parse_directory>,
     "hashed directory with revocation lists for client certificates"},
    {"SSLCARevocationCheck", Shape::raw, Scope::server,
     put<&ServerConfig::crl_check, parse_revocation_check>,
     "none | leaf | chain [no_crl_for_cert_ok]: which client certificates are looked up"},
    {"SSLOCSPEnable", Shape::raw, Scope::server, not_yet<parse_ocsp_check, Asks::the_part>,
     "on | leaf | off [no_ocsp_for_cert_ok]: ask responders about client certificates", "off"},
    {"SSLOCSPDefaultResponder", Shape::one, Scope::server, not_yet<parse_text>,
     "URL of the responder for certificates that name none"},
    {"SSLOCSPOverrideResponder", Shape::flag, Scope::server, not_yet<parse_flag>,
     "on | off: always ask the default responder", "off"},
    {"SSLOCSPResponseTimeSkew", Shape::one, Scope::server, not_yet<parse_seconds>,
     "seconds by which a responder's clock may be wrong", "300"},
    {"SSLOCSPResponseMaxAge", Shape::one, Scope::server, not_yet<parse_seconds>,
     "seconds after which an answer is too old"},
    {"SSLOCSPResponderTimeout", Shape::one, Scope::server, not_yet<parse_seconds>,
     "seconds to wait for a responder", "10"},
    {"SSLOCSPUseRequestNonce", Shape::flag, Scope::server, not_yet<parse_flag>,
     "on | off: make each question unique", "on"},
    {"SSLOCSPProxyURL", Shape::one, Scope::server, not_yet<parse_text>,
     "URL of the proxy through which responders are asked"},
    {"SSLOCSPNoVerify", Shape::flag, Scope::server, not_yet<parse_flag>,
     "on | off: believe a responder without checking its certificate", "off"},
    {"SSLOCSPResponderCertificateFile", Shape::one, Scope::server, not_yet<parse_file>,
     "PEM file with responder certificates that are trusted"},

    // Stapling.
    {"SSLStaplingCache", Shape::one, Scope::global, not_yet<parse_session_cache>,
     "provider[:arguments]: where stapled answers are kept"},
    {"SSLUseStapling", Shape::flag, Scope::server, not_yet<parse_flag, Asks::the_part>,
     "on | off: send the responder's answer with our certificate", "off"},
    {"SSLStaplingResponseTimeSkew", Shape::one, Scope::server, not_yet<parse_seconds>,
     "seconds by which a responder's clock may be wrong", "300"},
    {"SSLStaplingResponderTimeout", Shape::one, Scope::server, not_yet<parse_seconds>,
     "seconds to wait for a responder", "10"},
    {"SSLStaplingResponseMaxAge", Shape::one, Scope::server, not_yet<parse_seconds>,
     "seconds after which an answer is too old"},
    {"SSLStaplingStandardCacheTimeout", Shape::one, Scope::server, not_yet<parse_seconds>,
     "seconds for which a good answer is kept", "3600"},
    {"SSLStaplingReturnResponderErrors", Shape::flag, Scope::server, not_yet<parse_flag>,
     "on | off: staple answers that are not good too", "on"},
    {"SSLStaplingFakeTryLater", Shape::flag, Scope::server, not_yet<parse_flag>,
     "on | off: staple tryLater when the responder cannot be reached", "on"},
    {"SSLStaplingErrorCacheTimeout", Shape::one, Scope::server, not_yet<parse_seconds>,
     "seconds for which a bad answer is kept", "600"},
    {"SSLStaplingForceURL", Shape::one, Scope::server, not_yet<parse_text>,
     "URL of the responder for all certificates"},

    // Clients that prove a password in the handshake (TLS-SRP).
    {"SSLSRPVerifierFile", Shape::one, Scope::server, put<&ServerConfig::srp_file, parse_srp_file>,
     "file with SRP users and what verifies their passwords, as openssl srp writes it"},
    {"SSLSRPUnknownUserSeed", Shape::one, Scope::server,
     put<&ServerConfig::srp_seed, parse_srp_seed>, "text that hides which SRP users exist"},

    // Requests.
    {"SSLRequireSSL", Shape::raw, Scope::directory, set_require_ssl, "refuse requests without TLS"},
    {"SSLRequire", Shape::rest, Scope::directory, set_require,
     "expression that must be true for a request to be served"},
    {"SSLRenegBufferSize", Shape::one, Scope::directory,
     put<&DirConfig::renegotiation_buffer, parse_count>,
     "bytes of a request body that are kept while a client is asked for its certificate"},

    // Connections of mod_proxy to other servers.
    {"SSLProxyEngine", Shape::flag, Scope::server_or_proxy, not_yet<parse_flag, Asks::the_part>,
     "on | off: speak TLS to other servers", "off"},
    {"SSLProxyProtocol", Shape::raw, Scope::server_or_proxy, not_yet<parse_protocols>,
     "[+|-]all|TLSv1|TLSv1.1|TLSv1.2|TLSv1.3 ...: versions spoken to other servers"},
    {"SSLProxyCipherSuite", Shape::raw, Scope::server_or_proxy, not_yet<parse_ciphers>,
     "[SSL|TLSv1.3] names separated by colons: ciphers offered to other servers"},
    {"SSLProxyVerify", Shape::one, Scope::server_or_proxy, not_yet<parse_verify_mode>,
     "none | optional | require | optional_no_ca: check the other server's certificate",
     "none off"},
    {"SSLProxyVerifyDepth", Shape::one, Scope::server_or_proxy, not_yet<parse_count>,
     "number of intermediates the other server's chain may have", "1"},
    {"SSLProxyCACertificateFile", Shape::one, Scope::server_or_proxy, not_yet<parse_file>,
     "PEM file with the authorities of other servers"},
    {"SSLProxyCACertificatePath", Shape::one, Scope::server_or_proxy, not_yet<parse_directory>,
     "hashed directory with the authorities of other servers"},
    {"SSLProxyCARevocationFile", Shape::one, Scope::server_or_proxy, not_yet<parse_file>,
     "PEM file with revocation lists for other servers"},
    {"SSLProxyCARevocationPath", Shape::one, Scope::server_or_proxy, not_yet<parse_directory>,
     "hashed directory with revocation lists for other servers"},
    {"SSLProxyCARevocationCheck", Shape::raw, Scope::server_or_proxy,
     not_yet<parse_revocation_check>,
     "none | leaf | chain [no_crl_for_cert_ok]: which certificates are looked up", "none"},
    {"SSLProxyMachineCertificateFile", Shape::one, Scope::server_or_proxy, not_yet<parse_file>,
     "PEM file with our own certificates and keys for other servers"},
    {"SSLProxyMachineCertificatePath", Shape::one, Scope::server_or_proxy, not_yet<parse_directory>,
     "directory with our own certificates and keys for other servers"},
    {"SSLProxyMachineCertificateChainFile", Shape::one, Scope::server_or_proxy, not_yet<parse_file>,
     "PEM file with the issuers of our own certificates"},
    {"SSLProxyCheckPeerExpire", Shape::flag, Scope::server_or_proxy, not_yet<parse_flag>,
     "on | off: check the validity of the other server's certificate", "on"},
    {"SSLProxyCheckPeerCN", Shape::flag, Scope::server_or_proxy, not_yet<parse_flag>,
     "on | off: check the other server's name against the subject", "on"},
    {"SSLProxyCheckPeerName", Shape::flag, Scope::server_or_proxy, not_yet<parse_flag>,
     "on | off: check the other server's name", "on"},

    // Taken out of httpd 2.4, still recognised there.
    {"SSLLog", Shape::raw, Scope::anywhere, removed, "no longer supported",
     "remove the line; use ErrorLog"},
    {"SSLLogLevel", Shape::raw, Scope::anywhere, removed, "no longer supported",
     "write: LogLevel ssl:info"},

    // Names of older servers: mod_ssl for Apache 1.3, Apache-SSL, Sioux, Stronghold.
    {"SSLMutex", Shape::raw, Scope::anywhere, old_mutex, "now: Mutex"},
    {"SSLLogFile", Shape::raw, Scope::anywhere, renamed, "now: ErrorLog, LogLevel",
     "use ErrorLog and LogLevel ssl:info"},
    {"SSLEnable", Shape::raw, Scope::anywhere, renamed, "now: SSLEngine on", "write: SSLEngine on"},
    {"SSLDisable", Shape::raw, Scope::anywhere, renamed, "now: SSLEngine off",
     "write: SSLEngine off"},
    {"SSLFlag", Shape::raw, Scope::anywhere, renamed, "now: SSLEngine", "use SSLEngine"},
    {"SSL_Connect", Shape::raw, Scope::anywhere, renamed, "now: SSLEngine", "use SSLEngine"},
    {"SSLRequiredCiphers", Shape::raw, Scope::anywhere, renamed, "now: SSLCipherSuite",
     "use SSLCipherSuite"},
    {"SSLCipherList", Shape::raw, Scope::anywhere, renamed, "now: SSLCipherSuite",
     "use SSLCipherSuite"},
    {"SSL_CipherSuite", Shape::raw, Scope::anywhere, renamed, "now: SSLCipherSuite",
     "use SSLCipherSuite"},
    {"SSLRequireCipher", Shape::raw, Scope::anywhere, renamed, "now: SSLRequire",
     "use SSLRequire %{SSL_CIPHER} in {\"...\"}"},
    {"SSLBanCipher", Shape::raw, Scope::anywhere, renamed, "now: SSLRequire",
     "use SSLRequire not (%{SSL_CIPHER} in {\"...\"})"},
    {"SSL_Require", Shape::raw, Scope::anywhere, renamed, "now: SSLRequire", "use SSLRequire"},
    {"SSLFakeBasicAuth", Shape::raw, Scope::anywhere, renamed, "now: SSLOptions +FakeBasicAuth",
     "write: SSLOptions +FakeBasicAuth"},
    {"SSLExportClientCertificates", Shape::raw, Scope::anywhere, renamed,
     "now: SSLOptions +ExportCertData", "write: SSLOptions +ExportCertData"},
    {"SSLCacheServerPath", Shape::raw, Scope::anywhere, renamed, "now: SSLSessionCache",
     "write: SSLSessionCache shm:512000"},
    {"SSLCacheServerPort", Shape::raw, Scope::anywhere, renamed, "now: SSLSessionCache",
     "write: SSLSessionCache shm:512000"},
    {"SSLCacheServerRunDir", Shape::raw, Scope::anywhere, renamed, "now: SSLSessionCache",
     "write: SSLSessionCache shm:512000"},
    {"SSL_SessionDir", Shape::raw, Scope::anywhere, renamed, "now: SSLSessionCache",
     "write: SSLSessionCache shm:512000"},
    {"SSLSessionLockFile", Shape::raw, Scope::anywhere, renamed, "now: Mutex",
     "write: Mutex default ssl-cache"},
    {"SSLVerifyFile", Shape::raw, Scope::anywhere, renamed, "now: SSLCACertificateFile",
     "use SSLCACertificateFile"},
    {"SSL_X509VerifyDir", Shape::raw, Scope::anywhere, renamed, "now: SSLCACertificatePath",
     "use SSLCACertificatePath"},
    {"SSL_X509VerifyDepth", Shape::raw, Scope::anywhere, renamed, "now: SSLVerifyDepth",
     "use SSLVerifyDepth"},
    {"SSL_ClientAuth", Shape::raw, Scope::anywhere, renamed, "now: SSLVerifyClient",
     "use SSLVerifyClient"},
    {"SSL_CertFile", Shape::raw, Scope::anywhere, renamed, "now: SSLCertificateFile",
     "use SSLCertificateFile"},
    {"SSL_KeyFile", Shape::raw, Scope::anywhere, renamed, "now: SSLCertificateKeyFile",
     "use SSLCertificateKeyFile"},
    {"SSL_FetchKeyPhraseFrom", Shape::raw, Scope::anywhere, renamed, "now: SSLPassPhraseDialog",
     "use SSLPassPhraseDialog exec:/path/to/program"},
    {"SSL_Log", Shape::raw, Scope::anywhere, renamed, "now: ErrorLog, LogLevel",
     "use ErrorLog and LogLevel ssl:info"},
    {"SSLProxyCipherSpec", Shape::raw, Scope::anywhere, renamed, "now: SSLProxyCipherSuite",
     "use SSLProxyCipherSuite"},
    {"SSLProxyMachineCertPath", Shape::raw, Scope::anywhere, renamed,
     "now: SSLProxyMachineCertificatePath", "use SSLProxyMachineCertificatePath"},
    {"SSLProxyMachineCertFile", Shape::raw, Scope::anywhere, renamed,
     "now: SSLProxyMachineCertificateFile", "use SSLProxyMachineCertificateFile"},
};

}  // namespace

std::span<const Directive> directives() noexcept {
  return kDirectives;
}

const Directive* find_directive(std::string_view name) noexcept {
  for (const auto& row : kDirectives) {
    if (equals_ignoring_case(row.name, name)) return &row;
  }
  return nullptr;
}

}  // namespace tlsplus
