// SPDX-License-Identifier: Apache-2.0
//
// present_certificates(): a host's certificates shown on one SSL, with keys that may be on a token,
// which may be away.
#pragma once

#include <cstdint>

#include "ssl_engine/base/clock.h"
#include "ssl_engine/base/log.h"
#include "ssl_engine/certificates/certificate_cache.h"
#include "ssl_engine/hosts/snapshot.h"

namespace tlsplus {

enum class Presented : std::uint8_t {
  yes,
  without_keys,  // all are on tokens that are away: sessions are resumed, and nothing else works
  refused        // the error queue says why
};

/// Adds what the context of `host` has not got yet.
Presented present_certificates(SSL& ssl, const Host& host, CertificateCache& open, Instant now,
                               LogSink& log);

/// A handshake failed, and a key on a token may be why: OpenSSL says no more than that something
/// did not work.
void doubt_token_keys(const Host& host, Instant now, LogSink& log);

}  // namespace tlsplus
