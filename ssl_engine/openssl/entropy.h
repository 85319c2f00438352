// SPDX-License-Identifier: Apache-2.0
//
// EntropyPool: where seeds go: OpenSSL's random generators, or the memory of a test.
#pragma once

#include "ssl_engine/base/bytes.h"

namespace tlsplus {

class EntropyPool {
 public:
  EntropyPool() = default;
  EntropyPool(const EntropyPool&) = delete;
  EntropyPool& operator=(const EntropyPool&) = delete;
  virtual ~EntropyPool() = default;

  virtual void mix(ByteView bytes) noexcept = 0;
  /// True if keys may be made.
  [[nodiscard]] virtual bool is_seeded() const noexcept = 0;
};

/// RAND_add(3) and RAND_status(3). OpenSSL 3 seeds itself from the system and takes ours as an
/// addition; only a library built without a source of its own counts on it. Any thread.
class OpensslEntropy final : public EntropyPool {
 public:
  void mix(ByteView bytes) noexcept override;
  [[nodiscard]] bool is_seeded() const noexcept override;
};

}  // namespace tlsplus
