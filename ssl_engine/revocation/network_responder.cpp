// SPDX-License-Identifier: Apache-2.0
//
// NetworkResponder: the URL is of a certificate of ours or of a directive, so that it may lead into
// a private network.
#include "ssl_engine/revocation/network_responder.h"

#include "ssl_engine/openssl/ocsp/ask_responder.h"

namespace tlsplus {

Result<Bytes> NetworkResponder::ask(const StapleTarget& target, const std::string& url,
                                    ByteView question, Instant deadline) {
  const auto parsed = parse_web_url(url);
  if (!parsed) return parsed.error();
  AskLimits limits;
  limits.most_bytes = StapleTable::kMostOctets;
  limits.proxy = target.rules.proxy;
  return ask_responder(*parsed, question, limits, deadline);
}

}  // namespace tlsplus
