// SPDX-License-Identifier: Apache-2.0
//
// StapleCopies: the responses of the shared table as one process has checked them. A handshake
// looks at a number; only where that has changed is the table read, and what is there judged like
// an answer from the network. So nobody who can write into the table can have anything stapled that
// the issuer did not sign for this certificate, nor anything older than what was stapled already.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "ssl_engine/base/clock.h"
#include "ssl_engine/revocation/staple_table.h"
#include "ssl_engine/revocation/staple_target.h"

namespace tlsplus {

/// Any thread.
class StapleCopies {
 public:
  /// All three must outlive this. A target's place in the table is its number.
  StapleCopies(std::span<const StapleTarget> targets, const StapleTable& table, const Clock& clock);

  /// What is stapled for this target now; null: nothing. Waits for nobody: while one thread judges
  /// what has changed, the others have what was there before. Where that is nothing, each judges by
  /// itself: a client may insist on a staple, and a new child is met by many at once.
  [[nodiscard]] std::shared_ptr<const Staple> of(std::size_t target);

 private:
  struct Copy {
    std::mutex mutex;  // guards all, never while something is judged
    std::shared_ptr<const Staple> staple;
    std::uint64_t seen = 0;    // the sequence number of the last look that was begun
    std::uint64_t judged = 0;  // and of the last that came to an end
    Instant again{};           // until then nothing comes to nothing again
  };
  [[nodiscard]] std::shared_ptr<const Staple> judged(std::size_t target, WallTime now) const;

  std::span<const StapleTarget> targets_;
  const StapleTable& table_;
  const Clock& clock_;
  std::vector<std::unique_ptr<Copy>> copies_;
};

}  // namespace tlsplus
