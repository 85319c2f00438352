// SPDX-License-Identifier: Apache-2.0
//
// ProxyConfig, ProxyPolicy: how connections to other servers are made, as the SSLProxy... lines of
// a host or a <Proxy> section say it, and as it takes effect. A new setting is a member of each and
// a row of fields(): merging, the policy, what tells two apart and the dump walk the rows.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

#include "ssl_engine/base/setting.h"
#include "ssl_engine/settings/host_settings.h"
#include "ssl_engine/settings/protocols.h"
#include "ssl_engine/settings/setting_values.h"

namespace tlsplus {

/// Each value with the line that said it.
struct ProxyConfig {
  Setting<bool> engine;                        // SSLProxyEngine
  Setting<ProtocolSelection> protocol;         // SSLProxyProtocol
  Setting<std::string_view> cipher_list;       // SSLProxyCipherSuite, TLS 1.2 and older
  Setting<std::string_view> cipher_suites;     // SSLProxyCipherSuite TLSv1.3
  Setting<VerifyMode> verify;                  // SSLProxyVerify
  Setting<int> verify_depth;                   // SSLProxyVerifyDepth
  Setting<std::string_view> ca_file;           // SSLProxyCACertificateFile
  Setting<std::string_view> ca_path;           // SSLProxyCACertificatePath
  Setting<std::string_view> crl_file;          // SSLProxyCARevocationFile
  Setting<std::string_view> crl_path;          // SSLProxyCARevocationPath
  Setting<RevocationSetting> crl_check;        // SSLProxyCARevocationCheck
  Setting<std::string_view> certificate_file;  // SSLProxyMachineCertificateFile
  Setting<std::string_view> certificate_path;  // SSLProxyMachineCertificatePath
  Setting<std::string_view> chain_file;        // SSLProxyMachineCertificateChainFile
  Setting<bool> check_expire;                  // SSLProxyCheckPeerExpire
  Setting<bool> check_cn;                      // SSLProxyCheckPeerCN
  Setting<bool> check_name;                    // SSLProxyCheckPeerName

  static constexpr auto fields();
};

/// What of a backend's certificate has to show the name that was asked for.
enum class NameCheck : std::uint8_t {
  none,
  common_name,  // the subject's CN alone, as of old: CheckPeerName off, and CheckPeerCN written on
  names         // the alternative names, and the CNs
};

/// What they come to, in canonical form. A value. What a member holds here is its default.
struct ProxyPolicy {
  bool engine = false;
  ProtocolSet selected;  // as written; what is offered is gap_free() of it
  ProtocolRange versions;
  std::string cipher_list;    // without the exclusions we always add; "" = library's default
  std::string cipher_suites;  // TLS 1.3; "" = library's default
  ClientAuth peer;            // of the backend's certificate; the ca_request_ members are not used
  std::string certificate_file;
  std::string certificate_path;
  std::string chain_file;
  bool check_expire = true;
  NameCheck name_check = NameCheck::names;

  friend bool operator==(const ProxyPolicy&, const ProxyPolicy&) = default;
};

}  // namespace tlsplus
