// SPDX-License-Identifier: Apache-2.0
//
// Defaults: what holds where nothing is written, once for all who ask. Flags that are not here are
// off, and texts and lists empty; the groups, ciphers and versions of old are OpenSSL's.
#pragma once

#include <chrono>

#include "ssl_engine/settings/setting_values.h"

namespace tlsplus::defaults {

constexpr SniPolicy kSniPolicy = SniPolicy::secure;          // SSLVHostSNIPolicy
constexpr std::chrono::seconds kHandshakeTimeout{20};        // TLSPlusHandshakeTimeout
constexpr std::chrono::seconds kTicketKeyRotation{3600};     // TLSPlusTicketKeyRotation
constexpr std::chrono::seconds kReloadEvery{5};              // TLSPlusReload
constexpr bool kKeepLastCertificate = true;                  // TLSPlusKeepLastCertificate
constexpr std::chrono::milliseconds kSessionCacheWait{100};  // TLSPlusSessionCacheWait
constexpr bool kSessionTickets = true;                       // SSLSessionTickets
constexpr std::chrono::seconds kSessionTimeout{300};         // SSLSessionCacheTimeout
constexpr std::chrono::seconds kStapleSkew{300};             // SSLStaplingResponseTimeSkew
constexpr std::chrono::seconds kStapleTimeout{10};           // SSLStaplingResponderTimeout
constexpr std::chrono::seconds kStapleLongestWait{600};      // SSLStaplingErrorCacheTimeout
constexpr int kVerifyDepth = 1;                              // SSLVerifyDepth, SSLProxyVerifyDepth
constexpr std::chrono::seconds kOcspSkew{300};               // SSLOCSPResponseTimeSkew
constexpr std::chrono::seconds kOcspMaxAge{-1};              // SSLOCSPResponseMaxAge: any
constexpr std::chrono::seconds kOcspTimeout{10};             // SSLOCSPResponderTimeout
constexpr bool kOcspNonce = true;                            // SSLOCSPUseRequestNonce
constexpr std::chrono::seconds kOcspCacheTime{300};          // TLSPlusOCSPCacheTime
constexpr bool kCheckPeer = true;                            // SSLProxyCheckPeer...
constexpr PlainHttp kPlainHttp = PlainHttp::explain;         // TLSPlusPlainHTTP
constexpr int kRenegotiationBuffer = 128 * 1024;             // SSLRenegBufferSize, bytes

}  // namespace tlsplus::defaults
