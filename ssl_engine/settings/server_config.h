// SPDX-License-Identifier: Apache-2.0
//
// What the directives said, each value with the line that said it, and nothing derived from
// it: policy.h does that. Merging, the dump and the completeness test walk fields(), so a
// new directive is a member, a line in fields() and a row in directives.cpp.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>
#include <tuple>
#include <utility>

#include "ssl_engine/base/setting.h"
#include "ssl_engine/settings/protocols.h"
#include "ssl_engine/settings/requirements.h"

namespace tlsplus {

/// SSLVHostSNIPolicy: how alike two virtual hosts must be for a request to one to travel on
/// a connection of the other. Ordered, strictest first.
enum class SniPolicy : std::uint8_t { strict, secure, auth_only, insecure };

/// One SSLRandomSeed line.
struct RandomSource {
  enum class When : std::uint8_t { startup, connect };
  enum class Kind : std::uint8_t { builtin, file, exec, egd };
  When when = When::startup;
  Kind kind = Kind::builtin;
  std::string_view path;
  std::uint32_t size_bytes = 0;  // 0: not given
};

/// SSLPassPhraseDialog.
struct PassPhraseDialog {
  enum class Kind : std::uint8_t { builtin, exec, pipe };
  Kind kind = Kind::builtin;
  std::string_view command;  // path and arguments
};

/// SSLSessionCache, split at the first colon; what the arguments mean is the provider's affair.
struct SessionCacheSetting {
  enum class Kind : std::uint8_t { none, none_not_null, provider };
  Kind kind = Kind::none;
  std::string_view provider;
  std::string_view arguments;
};

/// SSLVerifyClient. Not ordered: optional_no_ca asks, and forgives an unknown issuer.
enum class VerifyMode : std::uint8_t { none, optional, require, optional_no_ca };

/// SSLCARevocationCheck.
enum class RevocationCheck : std::uint8_t { none, leaf, chain };
struct RevocationSetting {
  RevocationCheck check = RevocationCheck::none;
  bool missing_is_fine = false;  // no_crl_for_cert_ok
  friend bool operator==(const RevocationSetting&, const RevocationSetting&) = default;
};

/// What a directory section inside a server asks of its clients.
struct DirectoryDemand {
  enum class Kind : std::uint8_t { certificate, ciphers, access };
  Kind kind = Kind::certificate;
  VerifyMode mode = VerifyMode::none;  // of certificate
  std::string_view words;              // as written
};

/// What a plain HTTP request on a TLS port is answered with.
enum class PlainHttp : std::uint8_t { explain, redirect };

struct ConfCommand {
  std::string_view command;
  std::string_view value;
};

/// Settings of the whole server process family (context G): one value, the last one wins.
struct GlobalConfig {
  Setting<PassPhraseDialog> pass_phrase_dialog;
  Setting<std::string_view> crypto_device;  // SSLCryptoDevice: id of an engine; empty: builtin
  Setting<bool> fips;
  Setting<SessionCacheSetting> session_cache;
  Setting<SniPolicy> sni_policy;
  Setting<std::chrono::seconds> handshake_timeout;        // TLSPlusHandshakeTimeout
  Setting<std::chrono::seconds> ticket_key_rotation;      // TLSPlusTicketKeyRotation
  Setting<std::chrono::milliseconds> session_cache_wait;  // TLSPlusSessionCacheWait
  SettingList<RandomSource, ListMerge::append> random_seed;

  static constexpr auto fields() {
    return std::tuple(&GlobalConfig::pass_phrase_dialog, &GlobalConfig::crypto_device,
                      &GlobalConfig::fips, &GlobalConfig::session_cache, &GlobalConfig::sni_policy,
                      &GlobalConfig::handshake_timeout, &GlobalConfig::ticket_key_rotation,
                      &GlobalConfig::session_cache_wait, &GlobalConfig::random_seed);
  }
};

using PathList = SettingList<std::string_view, ListMerge::positional_3>;

struct ServerConfig {
  Setting<bool> engine;
  PathList certificate_files;
  PathList certificate_key_files;
  Setting<std::string_view> certificate_chain_file;
  Setting<ProtocolSelection> protocol;
  Setting<std::string_view> cipher_list;    // TLS 1.2 and older
  Setting<std::string_view> cipher_suites;  // TLS 1.3
  Setting<bool> honor_cipher_order;
  Setting<bool> compression;
  Setting<bool> insecure_renegotiation;
  Setting<bool> session_tickets;
  SettingList<std::string_view, ListMerge::replace> session_ticket_key_files;
  Setting<std::string_view> session_ticket_secret_file;  // SSLSessionTicketSecretFile
  Setting<bool> strict_sni;
  Setting<bool> client_hello_vars;  // SSLClientHelloVars
  Setting<PlainHttp> plain_http;    // TLSPlusPlainHTTP
  Setting<std::chrono::seconds> session_timeout;
  SettingList<ConfCommand, ListMerge::append> conf_commands;
  Setting<VerifyMode> verify_client;
  Setting<int> verify_depth;
  Setting<std::string_view> ca_file;                                  // SSLCACertificateFile
  Setting<std::string_view> ca_path;                                  // SSLCACertificatePath
  Setting<std::string_view> ca_request_file;                          // SSLCADNRequestFile
  Setting<std::string_view> ca_request_path;                          // SSLCADNRequestPath
  Setting<std::string_view> crl_file;                                 // SSLCARevocationFile
  Setting<std::string_view> crl_path;                                 // SSLCARevocationPath
  Setting<RevocationSetting> crl_check;                               // SSLCARevocationCheck
  Setting<std::string_view> srp_file;                                 // SSLSRPVerifierFile
  Setting<std::string_view> srp_seed;                                 // SSLSRPUnknownUserSeed
  SettingList<DirectoryDemand, ListMerge::append> directory_demands;  // not of .htaccess

  static constexpr auto fields() {
    return std::tuple(
        &ServerConfig::engine, &ServerConfig::certificate_files,
        &ServerConfig::certificate_key_files, &ServerConfig::certificate_chain_file,
        &ServerConfig::protocol, &ServerConfig::cipher_list, &ServerConfig::cipher_suites,
        &ServerConfig::honor_cipher_order, &ServerConfig::compression,
        &ServerConfig::insecure_renegotiation, &ServerConfig::session_tickets,
        &ServerConfig::session_ticket_key_files, &ServerConfig::session_ticket_secret_file,
        &ServerConfig::strict_sni, &ServerConfig::client_hello_vars, &ServerConfig::plain_http,
        &ServerConfig::session_timeout, &ServerConfig::conf_commands, &ServerConfig::verify_client,
        &ServerConfig::verify_depth, &ServerConfig::ca_file, &ServerConfig::ca_path,
        &ServerConfig::ca_request_file, &ServerConfig::ca_request_path, &ServerConfig::crl_file,
        &ServerConfig::crl_path, &ServerConfig::crl_check, &ServerConfig::srp_file,
        &ServerConfig::srp_seed, &ServerConfig::directory_demands);
  }
};

/// SSLOptions as a line says it: an absolute line replaces what is inherited, a relative one
/// adds and removes.
struct OptionSet {
  static constexpr unsigned kStdEnvVars = 1U << 0U;
  static constexpr unsigned kExportCertData = 1U << 1U;
  static constexpr unsigned kFakeBasicAuth = 1U << 2U;
  static constexpr unsigned kStrictRequire = 1U << 3U;
  static constexpr unsigned kOptRenegotiate = 1U << 4U;
  static constexpr unsigned kLegacyDnString = 1U << 5U;

  unsigned add = 0;
  unsigned remove = 0;
  bool absolute = false;
  const Origin* origin = nullptr;  // the line that spoke last; null while none did

  [[nodiscard]] bool has(unsigned option) const noexcept { return (add & option) != 0; }
  static OptionSet merge(const OptionSet& parent, const OptionSet& child) noexcept;
};

struct DirConfig {
  OptionSet options;
  Setting<std::string_view> user_name;  // SSLUserName
  Setting<bool> client_cert_header;     // SSLClientCertHeader; off is more than not written
  Setting<VerifyMode> verify_client;
  Setting<int> verify_depth;
  Setting<std::string_view> cipher_list;  // TLS 1.2 and older
  Setting<int> renegotiation_buffer;      // SSLRenegBufferSize, bytes
  Setting<bool> require_tls;              // SSLRequireSSL: only ever true
  RequirementList requirements;           // SSLRequire

  static constexpr auto fields() {
    return std::tuple(&DirConfig::options, &DirConfig::user_name, &DirConfig::client_cert_header,
                      &DirConfig::verify_client, &DirConfig::verify_depth, &DirConfig::cipher_list,
                      &DirConfig::renegotiation_buffer, &DirConfig::require_tls,
                      &DirConfig::requirements);
  }
};

}  // namespace tlsplus
