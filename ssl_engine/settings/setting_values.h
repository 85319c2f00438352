// SPDX-License-Identifier: Apache-2.0
//
// The values of settings beside words, numbers and flags: what a parser makes of a line, and what
// the rest of the server reads. Views are into the configuration's memory.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "ssl_engine/openssl/x509/revocation_check.h"

namespace tlsplus {

/// SSLVHostSNIPolicy: how alike two virtual hosts must be for a request to one to travel on
/// a connection of the other. Ordered, strictest first.
enum class SniPolicy : std::uint8_t { strict, secure, auth_only, insecure };

/// One SSLRandomSeed line.
struct RandomSource {
  enum class When : std::uint8_t { startup, connect };
  enum class Kind : std::uint8_t { builtin, file, exec };
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

/// TLSPlusExpiryWarning: how much of a certificate's life, or how long before its end, is soon.
/// Half of that is critical.
struct ExpiryWindow {
  unsigned percent = 25;         // of its life; 0: see `span`
  std::chrono::seconds span{0};  // before its end; 0 with percent 0: off
  friend bool operator==(const ExpiryWindow&, const ExpiryWindow&) = default;
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
struct RevocationSetting {
  RevocationCheck check = RevocationCheck::none;
  bool missing_is_fine = false;  // no_crl_for_cert_ok
  friend bool operator==(const RevocationSetting&, const RevocationSetting&) = default;
};

/// TLSPlusProxyTrust: who is believed beyond what files and folders say.
struct ExtraTrust {
  bool system = false;         // the authorities that OpenSSL believes by default
  bool partial_chain = false;  // a chain may end at whatever is believed, not at a root alone
  friend bool operator==(const ExtraTrust&, const ExtraTrust&) = default;
};

/// What of a backend's certificate has to show the name that was asked for.
enum class NameCheck : std::uint8_t {
  none,
  common_name,  // the subject's CN alone, as of old: CheckPeerName off, and CheckPeerCN written on
  names         // the alternative names, and the CNs
};

/// What a directory section inside a server asks of its clients.
struct DirectoryDemand {
  enum class Kind : std::uint8_t { certificate, ciphers, access };
  Kind kind = Kind::certificate;
  VerifyMode mode = VerifyMode::none;  // of certificate
  std::string_view words;              // as written
  friend bool operator==(const DirectoryDemand&, const DirectoryDemand&) = default;
};

/// What a plain HTTP request on a TLS port is answered with.
enum class PlainHttp : std::uint8_t { explain, redirect };

struct ConfCommand {
  std::string_view command;
  std::string_view value;
  friend bool operator==(const ConfCommand&, const ConfCommand&) = default;
};

}  // namespace tlsplus
