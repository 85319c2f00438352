// SPDX-License-Identifier: Apache-2.0
//
// ServerConfig, Policy and fields(): a host's settings as they are written, as they take effect,
// and the table that ties the two. A new setting is a member above and a row below; a setting that
// tells two hosts apart is a member of Policy, too. Merging, the policy and its hash, the dump,
// SSLVHostSNIPolicy and what sessions are bound to walk the rows, so that none of them can forget
// one; a row says what its setting takes no part in.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "ssl_engine/base/setting.h"
#include "ssl_engine/settings/client_ocsp.h"
#include "ssl_engine/settings/defaults.h"
#include "ssl_engine/settings/protocols.h"
#include "ssl_engine/settings/setting_values.h"

namespace tlsplus {

using PathList = SettingList<std::string_view, ListMerge::positional_3>;

/// What the directives said about one host, each value with the line that said it.
struct ServerConfig {
  Setting<bool> engine;
  PathList certificate_files;
  PathList certificate_key_files;
  Setting<std::string_view> certificate_chain_file;
  Setting<ProtocolSelection> protocol;
  Setting<std::string_view> cipher_list;    // TLS 1.2 and older
  Setting<std::string_view> cipher_suites;  // TLS 1.3
  Setting<std::string_view> groups;         // TLSPlusGroups
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
  Setting<std::string_view> ca_file;          // SSLCACertificateFile
  Setting<std::string_view> ca_path;          // SSLCACertificatePath
  Setting<std::string_view> ca_request_file;  // SSLCADNRequestFile
  Setting<std::string_view> ca_request_path;  // SSLCADNRequestPath
  Setting<std::string_view> crl_file;         // SSLCARevocationFile
  Setting<std::string_view> crl_path;         // SSLCARevocationPath
  Setting<RevocationSetting> crl_check;       // SSLCARevocationCheck
  Setting<OcspSetting> ocsp_check;            // SSLOCSPEnable
  Setting<std::string_view> ocsp_default_responder;
  Setting<bool> ocsp_override_responder;
  Setting<std::chrono::seconds> ocsp_skew;     // SSLOCSPResponseTimeSkew
  Setting<std::chrono::seconds> ocsp_max_age;  // SSLOCSPResponseMaxAge
  Setting<std::chrono::seconds> ocsp_timeout;  // SSLOCSPResponderTimeout
  Setting<bool> ocsp_nonce;                    // SSLOCSPUseRequestNonce
  Setting<std::string_view> ocsp_proxy;        // SSLOCSPProxyURL
  Setting<bool> ocsp_no_verify;
  Setting<std::string_view> ocsp_responder_file;      // SSLOCSPResponderCertificateFile
  Setting<bool> ocsp_private_responders;              // TLSPlusOCSPPrivateResponders
  Setting<std::chrono::seconds> ocsp_cache_time;      // TLSPlusOCSPCacheTime
  Setting<std::string_view> srp_file;                 // SSLSRPVerifierFile
  Setting<std::string_view> srp_seed;                 // SSLSRPUnknownUserSeed
  Setting<bool> use_stapling;                         // SSLUseStapling
  Setting<std::chrono::seconds> staple_skew;          // SSLStaplingResponseTimeSkew
  Setting<std::chrono::seconds> staple_timeout;       // SSLStaplingResponderTimeout
  Setting<std::chrono::seconds> staple_max_age;       // SSLStaplingResponseMaxAge
  Setting<std::chrono::seconds> staple_asked_each;    // SSLStaplingStandardCacheTimeout
  Setting<std::chrono::seconds> staple_longest_wait;  // SSLStaplingErrorCacheTimeout
  Setting<bool> staple_bad_news;                      // SSLStaplingReturnResponderErrors
  Setting<bool> staple_try_later;                     // SSLStaplingFakeTryLater: has no effect
  Setting<std::string_view> staple_url;               // SSLStaplingForceURL
  SettingList<DirectoryDemand, ListMerge::append> directory_demands;  // not of .htaccess

  static constexpr auto fields();
};

/// How clients are verified. Paths as written; what they hold is the TrustStore's affair.
struct ClientAuth {
  VerifyMode mode = VerifyMode::none;
  int depth =
      defaults::kVerifyDepth;  // of the deepest certificate that is accepted; the client's own is 0
  std::string ca_file;
  std::string ca_path;
  std::string ca_request_file;
  std::string ca_request_path;
  std::string crl_file;
  std::string crl_path;
  RevocationSetting crl_check;
  ExtraTrust extra;  // of backends alone

  friend bool operator==(const ClientAuth&, const ClientAuth&) = default;
  [[nodiscard]] bool has_ca() const noexcept {
    return !ca_file.empty() || !ca_path.empty() || extra.system;
  }
};

/// What they come to, in canonical form: two hosts whose directives come to the same thing have
/// equal policies, share one SSL_CTX and are told apart by nothing but their certificates. A value:
/// comparable, hashable, without a pointer to anything. What a member holds here is its default.
struct Policy {
  ProtocolSet selected;  // as written; what is served is gap_free() of it
  ProtocolRange versions;
  std::string cipher_list;    // TLS 1.2 and older, without the exclusions we always add; "" =
                              // library's default
  std::string cipher_suites;  // TLS 1.3; "" = library's default
  std::string groups;         // of key exchange, with '?' where it may be missing; "" = likewise
  bool honor_cipher_order = false;
  bool compression = false;
  bool insecure_renegotiation = false;
  bool session_tickets = defaults::kSessionTickets;
  std::chrono::seconds session_timeout = defaults::kSessionTimeout;
  std::vector<std::pair<std::string, std::string>> conf_commands;  // in order of application
  ClientAuth client_auth;
  ClientOcspRules client_ocsp;
  std::string srp_file;  // "": no client proves a password
  std::string srp_seed;

  friend bool operator==(const Policy&, const Policy&) = default;
  [[nodiscard]] std::size_t hash() const noexcept;
  /// True if SSLOpenSSLConfCmd has one of these; case does not matter.
  [[nodiscard]] bool has_command(std::initializer_list<std::string_view> names) const noexcept;
};

/// Of a setting that does not change what a TLS connection is.
struct NotInPolicy {};

/// Whether a session of a host with one value is good at a host with another.
enum class SessionBond : std::uint8_t {
  none,       // it is: the setting asks nothing of clients
  value,      // it is not
  by_content  // it is if the files hold the same
};

/// How the dump shows a setting.
struct Display {
  // file: a path, or a URI without its PIN; written: a value, and nothing of a default
  enum class As : std::uint8_t { value, file, secret, written };
  As as = As::value;
  std::string_view unset{};  // in place of no value; empty: no line
};

/// What the row of any setting says, of hosts and of backends.
template <class Config, class Written, class Effective>
struct SettingRow {
  std::string_view directive;
  Written Config::*written;
  Effective
      effective;  // a member of the policy, of its ClientAuth or ClientOcspRules, or NotInPolicy
  Display display;

  static constexpr bool kIsInPolicy = !std::is_same_v<Effective, NotInPolicy>;

  /// The value in effect. There is one if kIsInPolicy.
  template <class AnyPolicy>
  constexpr auto& of(AnyPolicy& policy) const noexcept {
    if constexpr (std::is_invocable_v<Effective, AnyPolicy&>) {
      return policy.*effective;
    } else if constexpr (std::is_invocable_v<Effective, ClientOcspRules&>) {
      return policy.client_ocsp.*effective;
    } else {
      return auth_of(policy).*effective;
    }
  }
};

template <class AnyPolicy>
requires std::is_same_v<std::remove_const_t<AnyPolicy>, Policy>
constexpr auto& auth_of(AnyPolicy& policy) noexcept {
  return policy.client_auth;
}

/// For merge_fields().
template <class Config, class Written, class Effective>
constexpr auto member_of(const SettingRow<Config, Written, Effective>& field) noexcept {
  return field.written;
}

/// The row of a host's setting.
template <class Written, class Effective>
struct HostField : SettingRow<ServerConfig, Written, Effective> {
  /// The most tolerant SSLVHostSNIPolicy by which hosts that differ here share no connection;
  /// nullopt: they may always.
  std::optional<SniPolicy> apart;
  SessionBond session;
};

// A table, a row for each setting.
// NOLINTNEXTLINE(readability-function-size)
constexpr auto ServerConfig::fields() {
  using C = ServerConfig;
  using P = Policy;
  using A = ClientAuth;
  using O = ClientOcspRules;
  using enum SniPolicy;
  using enum SessionBond;
  constexpr NotInPolicy kNo{};
  constexpr std::nullopt_t kNever = std::nullopt;
  const auto row = []<class W, class E>(std::string_view directive, W C::*written, E effective,
                                        std::optional<SniPolicy> apart, SessionBond session,
                                        Display display = {}) {
    return HostField<W, E>{{directive, written, effective, display}, apart, session};
  };
  // Of several differences the first is told, so among equals what matters
  // most comes first.
  // clang-format off
  return std::tuple(
      row("SSLEngine", &C::engine, kNo, kNever, none, {.unset = "on, as the address is for https"}),
      row("SSLCertificateFile", &C::certificate_files, kNo, secure, none, {Display::As::file}),
      row("SSLCertificateKeyFile", &C::certificate_key_files, kNo, secure, none, {Display::As::file}),
      row("SSLCertificateChainFile", &C::certificate_chain_file, kNo, strict, none),
      row("SSLProtocol", &C::protocol, &P::selected, secure, none),
      row("SSLCipherSuite", &C::cipher_list, &P::cipher_list, secure, value, {.unset = "DEFAULT"}),
      row("SSLCipherSuite TLSv1.3", &C::cipher_suites, &P::cipher_suites, secure, none, {.unset = "OpenSSL's default"}),
      row("TLSPlusGroups", &C::groups, &P::groups, secure, none, {.unset = "OpenSSL's default"}),
      row("SSLHonorCipherOrder", &C::honor_cipher_order, &P::honor_cipher_order, strict, none),
      row("SSLCompression", &C::compression, &P::compression, kNever, none),
      row("SSLInsecureRenegotiation", &C::insecure_renegotiation, &P::insecure_renegotiation, strict, none),
      row("SSLSessionTickets", &C::session_tickets, &P::session_tickets, strict, none),
      row("SSLSessionTicketKeyFile", &C::session_ticket_key_files, kNo, kNever, none),
      row("SSLSessionTicketSecretFile", &C::session_ticket_secret_file, kNo, kNever, none),
      row("SSLStrictSNIVHostCheck", &C::strict_sni, kNo, kNever, none),
      row("SSLClientHelloVars", &C::client_hello_vars, kNo, kNever, none),
      row("TLSPlusPlainHTTP", &C::plain_http, kNo, kNever, none),
      row("SSLSessionCacheTimeout", &C::session_timeout, &P::session_timeout, strict, none),
      row("SSLOpenSSLConfCmd", &C::conf_commands, &P::conf_commands, auth_only, value),
      row("SSLVerifyClient", &C::verify_client, &A::mode, auth_only, value),
      row("SSLVerifyDepth", &C::verify_depth, &A::depth, auth_only, value),
      row("SSLCACertificateFile", &C::ca_file, &A::ca_file, auth_only, by_content),
      row("SSLCACertificatePath", &C::ca_path, &A::ca_path, auth_only, by_content),
      row("SSLCADNRequestFile", &C::ca_request_file, &A::ca_request_file, auth_only, by_content),
      row("SSLCADNRequestPath", &C::ca_request_path, &A::ca_request_path, auth_only, by_content),
      row("SSLCARevocationFile", &C::crl_file, &A::crl_file, auth_only, by_content),
      row("SSLCARevocationPath", &C::crl_path, &A::crl_path, auth_only, by_content),
      row("SSLCARevocationCheck", &C::crl_check, &A::crl_check, auth_only, value),
      row("SSLOCSPEnable", &C::ocsp_check, &O::check, auth_only, value),
      row("SSLOCSPDefaultResponder", &C::ocsp_default_responder, &O::default_responder, auth_only, value, {Display::As::written}),
      row("SSLOCSPOverrideResponder", &C::ocsp_override_responder, &O::override_responder, auth_only, value, {Display::As::written}),
      row("SSLOCSPResponseTimeSkew", &C::ocsp_skew, &O::skew, auth_only, value, {Display::As::written}),
      row("SSLOCSPResponseMaxAge", &C::ocsp_max_age, &O::max_age, auth_only, value, {Display::As::written}),
      row("SSLOCSPResponderTimeout", &C::ocsp_timeout, &O::timeout, strict, none, {Display::As::written}),
      row("SSLOCSPUseRequestNonce", &C::ocsp_nonce, &O::nonce, auth_only, value, {Display::As::written}),
      row("SSLOCSPProxyURL", &C::ocsp_proxy, &O::proxy, strict, none, {Display::As::written}),
      row("SSLOCSPNoVerify", &C::ocsp_no_verify, &O::no_verify, auth_only, value, {Display::As::written}),
      row("SSLOCSPResponderCertificateFile", &C::ocsp_responder_file, &O::responder_file, auth_only, by_content, {Display::As::written}),
      row("TLSPlusOCSPPrivateResponders", &C::ocsp_private_responders, &O::private_responders, strict, none, {Display::As::written}),
      row("TLSPlusOCSPCacheTime", &C::ocsp_cache_time, &O::cache_time, auth_only, none, {Display::As::written}),
      row("SSLSRPVerifierFile", &C::srp_file, &P::srp_file, auth_only, by_content),
      row("SSLSRPUnknownUserSeed", &C::srp_seed, &P::srp_seed, strict, none, {Display::As::secret}),
      row("SSLUseStapling", &C::use_stapling, kNo, kNever, none),
      row("SSLStaplingResponseTimeSkew", &C::staple_skew, kNo, kNever, none),
      row("SSLStaplingResponderTimeout", &C::staple_timeout, kNo, kNever, none),
      row("SSLStaplingResponseMaxAge", &C::staple_max_age, kNo, kNever, none),
      row("SSLStaplingStandardCacheTimeout", &C::staple_asked_each, kNo, kNever, none),
      row("SSLStaplingErrorCacheTimeout", &C::staple_longest_wait, kNo, kNever, none),
      row("SSLStaplingReturnResponderErrors", &C::staple_bad_news, kNo, kNever, none),
      row("SSLStaplingFakeTryLater", &C::staple_try_later, kNo, kNever, none),
      row("SSLStaplingForceURL", &C::staple_url, kNo, kNever, none),
      row("in a directory section", &C::directory_demands, kNo, kNever, none));
  // clang-format on
}

/// Calls visit(HostField) for each row; ends with the first that returns true, and returns whether
/// one did.
template <class Visit>
constexpr bool any_host_field(Visit visit) {
  return std::apply([&](const auto&... field) { return (visit(field) || ...); },
                    ServerConfig::fields());
}
template <class Visit>
constexpr void for_each_host_field(Visit visit) {
  std::apply([&](const auto&... field) { (visit(field), ...); }, ServerConfig::fields());
}

}  // namespace tlsplus
