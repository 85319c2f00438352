// SPDX-License-Identifier: Apache-2.0
//
// ProxyConfig, ProxyPolicy: how connections to other servers are made, as the SSLProxy... lines of
// a host or a <Proxy> section say it, and as it takes effect. A new setting is a member of each and
// a row of fields(): merging, the policy, what tells two apart and the dump walk the rows.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "ssl_engine/base/setting.h"
#include "ssl_engine/openssl/tls/server_context.h"
#include "ssl_engine/settings/host_settings.h"
#include "ssl_engine/settings/protocols.h"
#include "ssl_engine/settings/setting_values.h"

namespace tlsplus {

/// Each value with the line that said it.
struct ProxyConfig {
  Setting<bool> engine;                             // SSLProxyEngine
  Setting<ProtocolSelection> protocol;              // SSLProxyProtocol
  Setting<std::string_view> cipher_list;            // SSLProxyCipherSuite, TLS 1.2 and older
  Setting<std::string_view> cipher_suites;          // SSLProxyCipherSuite TLSv1.3
  Setting<std::string_view> groups;                 // TLSPlusProxyGroups
  Setting<VerifyMode> verify;                       // SSLProxyVerify
  Setting<int> verify_depth;                        // SSLProxyVerifyDepth
  Setting<std::string_view> ca_file;                // SSLProxyCACertificateFile
  Setting<std::string_view> ca_path;                // SSLProxyCACertificatePath
  Setting<std::string_view> crl_file;               // SSLProxyCARevocationFile
  Setting<std::string_view> crl_path;               // SSLProxyCARevocationPath
  Setting<RevocationSetting> crl_check;             // SSLProxyCARevocationCheck
  Setting<ExtraTrust> extra_trust;                  // TLSPlusProxyTrust
  Setting<std::string_view> certificate_file;       // SSLProxyMachineCertificateFile
  Setting<std::string_view> certificate_path;       // SSLProxyMachineCertificatePath
  Setting<std::string_view> chain_file;             // SSLProxyMachineCertificateChainFile
  Setting<bool> check_expire;                       // SSLProxyCheckPeerExpire
  Setting<bool> check_cn;                           // SSLProxyCheckPeerCN
  Setting<bool> check_name;                         // SSLProxyCheckPeerName
  Setting<std::string_view> name;                   // TLSPlusProxyName; "" is off
  Setting<bool> require_name;                       // TLSPlusProxyRequireName
  Setting<std::chrono::seconds> handshake_timeout;  // TLSPlusProxyHandshakeTimeout
  SettingList<ConfCommand, ListMerge::append> conf_commands;  // TLSPlusProxyOpenSSLConfCmd

  static constexpr auto fields();
};

/// What they come to, in canonical form. A value. What a member holds here is its default.
struct ProxyPolicy {
  bool engine = false;
  ProtocolSet selected;  // as written; what is offered is gap_free() of it
  ProtocolRange versions;
  std::string cipher_list;    // without the exclusions we always add; "" = library's default
  std::string cipher_suites;  // TLS 1.3; "" = library's default
  std::string groups;         // of key exchange; "" = library's default
  ClientAuth peer;            // of the backend's certificate; the ca_request_ members are not used
  std::string certificate_file;
  std::string certificate_path;
  std::string chain_file;
  bool check_expire = defaults::kCheckPeer;
  NameCheck name_check = NameCheck::names;
  std::string name;           // asked for and checked in place of what a request says; "" = none is
  bool require_name = false;  // no connection without a name
  std::chrono::seconds handshake_timeout{0};                       // 0: as for clients
  std::vector<std::pair<std::string, std::string>> conf_commands;  // in order of application

  friend bool operator==(const ProxyPolicy&, const ProxyPolicy&) = default;
  /// True if a backend whose certificate is refused gets no request.
  [[nodiscard]] bool verifies() const noexcept { return peer.mode != VerifyMode::none; }
};

template <class AnyPolicy>
requires std::is_same_v<std::remove_const_t<AnyPolicy>, ProxyPolicy>
constexpr auto& auth_of(AnyPolicy& policy) noexcept {
  return policy.peer;
}

/// The row of one setting.
template <class Written, class Effective>
using ProxyField = SettingRow<ProxyConfig, Written, Effective>;

constexpr auto ProxyConfig::fields() {
  using C = ProxyConfig;
  using P = ProxyPolicy;
  using A = ClientAuth;
  constexpr NotInPolicy kNo{};
  const auto row = []<class W, class E>(std::string_view directive, W C::*written, E effective,
                                        Display display = {}) {
    return ProxyField<W, E>{directive, written, effective, display};
  };
  // clang-format off
  return std::tuple(
      row("SSLProxyEngine", &C::engine, &P::engine),
      row("SSLProxyProtocol", &C::protocol, &P::selected),
      row("SSLProxyCipherSuite", &C::cipher_list, &P::cipher_list, {.unset = "DEFAULT"}),
      row("SSLProxyCipherSuite TLSv1.3", &C::cipher_suites, &P::cipher_suites, {.unset = "OpenSSL's default"}),
      row("TLSPlusProxyGroups", &C::groups, &P::groups, {.unset = "OpenSSL's default"}),
      row("SSLProxyVerify", &C::verify, &A::mode),
      row("SSLProxyVerifyDepth", &C::verify_depth, &A::depth),
      row("SSLProxyCACertificateFile", &C::ca_file, &A::ca_file),
      row("SSLProxyCACertificatePath", &C::ca_path, &A::ca_path),
      row("TLSPlusProxyTrust", &C::extra_trust, &A::extra),
      row("SSLProxyCARevocationFile", &C::crl_file, &A::crl_file),
      row("SSLProxyCARevocationPath", &C::crl_path, &A::crl_path),
      row("SSLProxyCARevocationCheck", &C::crl_check, &A::crl_check),
      row("SSLProxyMachineCertificateFile", &C::certificate_file, &P::certificate_file),
      row("SSLProxyMachineCertificatePath", &C::certificate_path, &P::certificate_path),
      row("SSLProxyMachineCertificateChainFile", &C::chain_file, &P::chain_file),
      row("SSLProxyCheckPeerExpire", &C::check_expire, &P::check_expire),
      // The two of them together are one setting; see name_check_of().
      row("SSLProxyCheckPeerName", &C::check_name, &P::name_check),
      row("SSLProxyCheckPeerCN", &C::check_cn, kNo),
      row("TLSPlusProxyName", &C::name, &P::name, {.unset = "off"}),
      row("TLSPlusProxyRequireName", &C::require_name, &P::require_name),
      row("TLSPlusProxyHandshakeTimeout", &C::handshake_timeout, &P::handshake_timeout, {.unset = "TLSPlusHandshakeTimeout"}),
      row("TLSPlusProxyOpenSSLConfCmd", &C::conf_commands, &P::conf_commands));
  // clang-format on
}

/// Calls visit(ProxyField) for each row.
template <class Visit>
constexpr void for_each_proxy_field(Visit visit) {
  std::apply([&](const auto&... field) { (visit(field), ...); }, ProxyConfig::fields());
}

/// What SSLProxyCheckPeerName and SSLProxyCheckPeerCN come to, as with mod_ssl: the names are
/// checked unless either is off, and even with CheckPeerCN off where CheckPeerName on is written;
/// without them the CN alone where CheckPeerCN on is.
NameCheck name_check_of(const Setting<bool>& check_name, const Setting<bool>& check_cn) noexcept;

/// The effective policy of merged settings. Cannot fail; as effective_policy() does.
ProxyPolicy effective_proxy_policy(const ProxyConfig& config, const SystemDefaults& system = {});

/// All values in effect as text: equal for equal policies only.
std::string effective_values(const ProxyPolicy& policy);

}  // namespace tlsplus
