// SPDX-License-Identifier: Apache-2.0
//
// PacedMessages: a kind and its rate limit. The table of kinds is short and looked at for failures
// only.
#include "ssl_engine/messages/paced_messages.h"

#include <algorithm>
#include <memory>

namespace tlsplus {

void PacedMessages::share(MutableByteView memory) noexcept {
  if (memory.size() < bytes()) return;
  auto* counts = reinterpret_cast<RateLimit::Count*>(memory.data());
  for (std::size_t i = 0; i < kinds_.size(); ++i) {
    kinds_[i].limit.share(*std::construct_at(counts + i));
  }
}

void PacedMessages::log(LogSink& sink, const Error& error, std::string_view vhost,
                        Instant now) noexcept {
  const auto at = std::ranges::find(kKinds, static_cast<Tp>(error.id));
  if (at == kKinds.end()) return log_error(sink, error, vhost);
  log_error(sink, error, vhost, kinds_[static_cast<std::size_t>(at - kKinds.begin())].limit, now);
}

}  // namespace tlsplus
