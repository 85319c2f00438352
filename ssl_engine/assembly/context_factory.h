// SPDX-License-Identifier: Apache-2.0
//
// ContextFactory: policy to SSL_CTX, one per distinct policy and not one per virtual host. The
// contexts carry no certificates: those are set on the SSL once the ClientHello has named the host.
#pragma once

#include <string>
#include <unordered_map>

#include "ssl_engine/base/result.h"
#include "ssl_engine/openssl/handles.h"
#include "ssl_engine/openssl/tls/callbacks.h"
#include "ssl_engine/settings/policy.h"

namespace tlsplus {

struct TrustStore;

class ContextFactory {
 public:
  /// `store`: whether sessions are also kept by id, `secrets`: whether those of connections are
  /// reported (callbacks.h). Each is one setting for all hosts.
  explicit ContextFactory(SessionStore store, bool secrets = false) noexcept
      : store_(store), secrets_(secrets) {}

  /// The context of `policy`, new or shared; the caller owns one reference. An Error names the
  /// setting that OpenSSL refused: Error::where.directive is the directive it belongs to
  /// ("SSLCipherSuite", "SSLOpenSSLConfCmd", ...), its line is for the caller to add.
  /// `trust` is what the policy's client_auth names, the same for equal policies; null: nothing.
  Result<SslCtx> context_for(const Policy& policy, const TrustStore* trust);
  [[nodiscard]] bool reports_secrets() const noexcept { return secrets_; }
  /// Always a new context, for a module that wants one per virtual host.
  [[nodiscard]] Result<SslCtx> make(const Policy& policy, const TrustStore* trust) const;

 private:
  SessionStore store_;
  bool secrets_;
  std::unordered_map<Policy, SslCtx, PolicyHash> interned_;
};

}  // namespace tlsplus
