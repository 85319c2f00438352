// SPDX-License-Identifier: Apache-2.0
//
// GlobalConfig and DirConfig: what the directives said about the whole process and about a
// directory, each value with the line that said it. Merging walks fields(). What they said about a
// host is in host_settings.h.
#pragma once

#include <chrono>
#include <string_view>
#include <tuple>

#include "ssl_engine/base/setting.h"
#include "ssl_engine/settings/host_settings.h"
#include "ssl_engine/settings/requirements.h"
#include "ssl_engine/settings/setting_values.h"

namespace tlsplus {

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
  Setting<std::chrono::seconds> reload;                   // TLSPlusReload; 0: off
  Setting<bool> keep_last_certificate;                    // TLSPlusKeepLastCertificate
  Setting<ExpiryWindow> expiry_window;                    // TLSPlusExpiryWarning
  Setting<std::string_view> notify_program;  // TLSPlusNotifyCmd: with its arguments; empty: none
  SettingList<RandomSource, ListMerge::append> random_seed;
  Setting<SessionCacheSetting> staple_cache;  // SSLStaplingCache: read, and not needed
  Setting<std::string_view> staple_store;     // TLSPlusStapleStore: a folder; empty: off

  static constexpr auto fields() {
    return std::tuple(&GlobalConfig::pass_phrase_dialog, &GlobalConfig::crypto_device,
                      &GlobalConfig::fips, &GlobalConfig::session_cache, &GlobalConfig::sni_policy,
                      &GlobalConfig::handshake_timeout, &GlobalConfig::ticket_key_rotation,
                      &GlobalConfig::session_cache_wait, &GlobalConfig::reload,
                      &GlobalConfig::keep_last_certificate, &GlobalConfig::expiry_window,
                      &GlobalConfig::notify_program, &GlobalConfig::random_seed,
                      &GlobalConfig::staple_cache, &GlobalConfig::staple_store);
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
