// SPDX-License-Identifier: Apache-2.0
//
// ProxyTls: the settings under which connections to other servers are made, of a host or of a
// <Proxy> section, with everything that was made from them. A value of the snapshot.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/base/error.h"
#include "ssl_engine/certificates/machine_certificates.h"
#include "ssl_engine/openssl/handles.h"
#include "ssl_engine/settings/proxy_settings.h"
#include "ssl_engine/trust/trust_store.h"

namespace tlsplus {

struct ProxyTls {
  std::string name;  // of the host, for the log
  Where defined_at;  // the <VirtualHost> or <Proxy> line
  // The lines a refusal goes back to; empty where there is none.
  Where verify_at;                            // SSLProxyVerify
  Where depth_at;                             // SSLProxyVerifyDepth
  Where revocation_at;                        // SSLProxyCARevocationCheck
  Where required_name_at;                     // TLSPlusProxyRequireName
  std::shared_ptr<const ProxyPolicy> policy;  // never null
  SSL_CTX* context = nullptr;                 // the snapshot's; null without SSLProxyEngine
  std::shared_ptr<const TrustStore> trust;    // null: no authorities are configured
  std::shared_ptr<const MachineCertificates> certificates;  // our own; null: none
  // Of everything above that a connection or a session depends on. Those made under one digest may
  // be used under another only where both are equal.
  Fingerprint digest{};
  // The same with the lists that are in force by now: what a session is good for.
  Fingerprint session_digest{};
};

}  // namespace tlsplus
