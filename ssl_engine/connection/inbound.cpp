// SPDX-License-Identifier: Apache-2.0
//
// Inbound: filled a whole record at a time. Asking OpenSSL for less makes it keep the rest in a
// buffer of its own.
#include "ssl_engine/connection/inbound.h"

#include <algorithm>

#include "ssl_engine/openssl/tls/record.h"

namespace tlsplus {

StreamStatus Inbound::fill() {
  const MutableByteView room = plain_.prepare(kMostRecordBytes);
  std::size_t count = 0;
  const StreamStatus status = end_.decrypt(room.first(kMostRecordBytes), count);
  plain_.commit(count);
  return status;
}

ByteView Inbound::peek(std::size_t limit) const noexcept {
  const ByteView all = plain_.view();
  return all.first(std::min(limit, all.size()));
}

ByteView Inbound::line(std::size_t limit, bool& whole) const noexcept {
  const ByteView front = peek(limit);
  const auto* end = front.empty() ? nullptr : std::memchr(front.data(), '\n', front.size());
  whole = end != nullptr;
  if (!whole) return front;
  return front.first(static_cast<std::size_t>(static_cast<const Byte*>(end) - front.data()) + 1);
}

}  // namespace tlsplus
