// SPDX-License-Identifier: Apache-2.0
//
// ask_responder(): a question posted to a responder over HTTP (RFC 6960 A.1), and its answer as
// octets, within one deadline that covers everything from the name's look-up to the last octet.
#pragma once

#include <cstddef>
#include <optional>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/base/clock.h"
#include "ssl_engine/base/endpoint.h"
#include "ssl_engine/base/http.h"
#include "ssl_engine/base/result.h"
#include "ssl_engine/openssl/handles.h"

namespace tlsplus {

struct AskLimits {
  /// Of an answer. Most have 500 octets, with a delegate's certificate 2,000.
  std::size_t most_bytes = std::size_t{64} * 1024;
  std::optional<Endpoint> proxy{};  // none is ever taken from the environment
  /// False where a stranger has written the URL: then the name must not lead to this machine nor
  /// into a private network. A proxy looks names up itself: then only addresses in the URL are held
  /// against the rule.
  bool allow_private_addresses = true;
  X509_STORE* authorities = nullptr;  // for https; null: those of the system
};

/// Any thread; waits, and is therefore never called with a mutex held. Follows no redirects. The
/// Error: everything but a complete answer 200 of type application/ocsp-response. What is in the
/// answer is judge_ocsp()'s to say.
Result<Bytes> ask_responder(const HttpUrl& url, ByteView question, const AskLimits& limits,
                            Instant deadline);

}  // namespace tlsplus
