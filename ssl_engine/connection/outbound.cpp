// SPDX-License-Identifier: Apache-2.0
//
// Outbound: how large a record is. The first bytes of a connection travel in small records, so that
// a client can decrypt while the congestion window still opens; after that a record is as large as
// it may be.
#include "ssl_engine/connection/outbound.h"

#include <algorithm>

#include "ssl_engine/openssl/tls/record.h"

namespace tlsplus {
namespace {

constexpr std::size_t kFirstRecordBytes = 4096;  // three segments
constexpr std::size_t kRampBytes = 16384;        // about the initial window (RFC 6928)

}  // namespace

std::size_t Outbound::record_bytes() const noexcept {
  return sent_bytes_ < kRampBytes ? kFirstRecordBytes : kMostRecordBytes;
}

bool Outbound::encrypt(ByteView plaintext) {
  while (!plaintext.empty() && sent_bytes_ < kRampBytes) {
    const ByteView part = plaintext.first(std::min(plaintext.size(), kRampBytes - sent_bytes_));
    if (end_.encrypt(part, kFirstRecordBytes) != StreamStatus::done) return false;
    sent_bytes_ += part.size();
    plaintext = plaintext.subspan(part.size());
  }
  return plaintext.empty() || end_.encrypt(plaintext, kMostRecordBytes) == StreamStatus::done;
}

bool Outbound::write(ByteView plaintext) {
  const std::size_t record = record_bytes();
  if (!gathered_.empty()) {
    const std::size_t missing = record - std::min(record, gathered_.size());
    const ByteView part = plaintext.first(std::min(missing, plaintext.size()));
    gathered_.append(part);
    plaintext = plaintext.subspan(part.size());
    if (gathered_.size() >= record && !flush()) return false;
  }
  const std::size_t full = plaintext.size() / record * record;
  if (full != 0 && !encrypt(plaintext.first(full))) return false;
  gathered_.append(plaintext.subspan(full));
  return true;
}

MutableByteView Outbound::room() {
  const std::size_t missing = record_bytes() - gathered_.size();
  return gathered_.prepare(missing).first(missing);
}

bool Outbound::commit(std::size_t used) {
  gathered_.commit(used);
  return gathered_.size() < record_bytes() || flush();
}

bool Outbound::flush() {
  if (gathered_.empty()) return true;
  const bool sent = encrypt(gathered_.view());
  gathered_.consume(gathered_.size());
  return sent;
}

}  // namespace tlsplus
