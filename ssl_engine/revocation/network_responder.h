// SPDX-License-Identifier: Apache-2.0
//
// NetworkResponder: responders as they are in the world, asked over HTTP.
#pragma once

#include "ssl_engine/revocation/staple_fetcher.h"

namespace tlsplus {

class NetworkResponder final : public Responder {
 public:
  Result<Bytes> ask(const StapleTarget& target, const std::string& url, ByteView question,
                    Instant deadline) override;
};

}  // namespace tlsplus
