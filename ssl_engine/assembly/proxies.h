// SPDX-License-Identifier: Apache-2.0
//
// Proxies: makes what connections to other servers need of the settings of hosts and <Proxy>
// sections: authorities, our own certificates, and one SSL_CTX for each distinct content of these
// and the policy.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "ssl_engine/assembly/trust_stores.h"
#include "ssl_engine/base/clock.h"
#include "ssl_engine/certificates/machine_certificates.h"
#include "ssl_engine/hosts/build_input.h"
#include "ssl_engine/hosts/proxy_tls.h"
#include "ssl_engine/messages/findings.h"
#include "ssl_engine/settings/proxy_settings.h"

namespace tlsplus {

/// Makes those of one generation. Not thread safe.
class Proxies {
 public:
  /// `trust` is that of the hosts and must outlive this; `secrets`: whether those of connections
  /// are reported (callbacks.h); `is_each`: another module wants to see a context for each input;
  /// `children`: see MachineFiles.
  Proxies(TrustStores& trust, bool secrets, bool is_each, WallTime now,
          std::optional<RunAs> children = {})
      : trust_(trust),
        secrets_(secrets),
        is_each_(is_each),
        now_(now),
        children_(std::move(children)) {}

  /// Without SSLProxyEngine nothing but the policy is made. Findings: what is wrong with it.
  Judged<ProxyTls> make(const ProxyInput& input);

  /// All contexts; they have to outlive what was made.
  std::vector<SslCtx> take() && { return std::move(contexts_); }

 private:
  struct Known {
    SSL_CTX* context = nullptr;
    Error refusal;  // without place; meaningless with a context
  };

  using MachinePaths = std::tuple<std::string, std::string, std::string>;
  /// What was read, and for whose lines.
  struct KnownCertificates {
    MachineFiles files;
    Judged<std::shared_ptr<const MachineCertificates>> read;
  };

  Judged<std::shared_ptr<const MachineCertificates>> certificates_for(const ProxyConfig& config,
                                                                      const ProxyPolicy& policy);
  const Known& context_of(const ProxyTls& made);

  TrustStores& trust_;
  bool secrets_;
  bool is_each_;
  WallTime now_;
  std::optional<RunAs> children_;
  SystemDefaults system_ = system_defaults();
  std::map<std::string, std::shared_ptr<const ProxyPolicy>> policies_;  // by effective_values()
  std::map<MachinePaths, KnownCertificates> certificates_;
  std::map<Fingerprint, Known> known_;  // by ProxyTls::digest
  std::vector<SslCtx> contexts_;
};

}  // namespace tlsplus
