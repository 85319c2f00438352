// SPDX-License-Identifier: Apache-2.0
//
// ClientOcspRules: what is asked of responders about clients' certificates, and what an answer is
// worth, as it takes effect. The default of each member is the directive's.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "ssl_engine/settings/defaults.h"

namespace tlsplus {

/// SSLOCSPEnable.
struct OcspSetting {
  enum class Which : std::uint8_t { off, leaf, chain };
  Which which = Which::off;
  bool missing_is_fine = false;  // no_ocsp_for_cert_ok
  friend bool operator==(const OcspSetting&, const OcspSetting&) = default;
};

struct ClientOcspRules {
  OcspSetting check;
  std::string default_responder;  // "": none
  bool override_responder = false;
  std::chrono::seconds skew = defaults::kOcspSkew;
  std::chrono::seconds max_age = defaults::kOcspMaxAge;  // below 0: any
  std::chrono::seconds timeout = defaults::kOcspTimeout;
  bool nonce = defaults::kOcspNonce;
  std::string proxy;  // "": none
  bool no_verify = false;
  std::string responder_file;  // "": none
  bool private_responders = false;
  std::chrono::seconds cache_time = defaults::kOcspCacheTime;

  friend bool operator==(const ClientOcspRules&, const ClientOcspRules&) = default;
  [[nodiscard]] bool is_on() const noexcept { return check.which != OcspSetting::Which::off; }
};

}  // namespace tlsplus
