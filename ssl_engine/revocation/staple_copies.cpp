// SPDX-License-Identifier: Apache-2.0
//
// StapleCopies: one look at a time for each certificate, outside of its mutex.
#include "ssl_engine/revocation/staple_copies.h"

#include <utility>

namespace tlsplus {
namespace {

// A clock that was wrong may be right by now: what was over, or of days to come, is not for ever.
constexpr std::chrono::seconds kBetweenLooks{10};

bool is_usable(const std::shared_ptr<const Staple>& staple, WallTime now) noexcept {
  return staple != nullptr && staple->until > now;
}

}  // namespace

StapleCopies::StapleCopies(std::span<const StapleTarget> targets, const StapleTable& table,
                           const Clock& clock)
    : targets_(targets), table_(table), clock_(clock) {
  copies_.reserve(targets.size());
  for (std::size_t i = 0; i < targets.size(); ++i) copies_.push_back(std::make_unique<Copy>());
}

std::shared_ptr<const Staple> StapleCopies::of(std::size_t target) {
  Copy& copy = *copies_[target];
  const std::uint64_t sequence = table_.sequence(target);
  const WallTime now = clock_.wall();
  std::unique_lock lock(copy.mutex);
  const bool is_in_vain = copy.judged == sequence && clock_.steady() < copy.again;
  if (copy.seen != sequence || (!is_usable(copy.staple, now) && !is_in_vain)) {
    copy.seen = sequence;  // first, so that the others go on with what there is
    lock.unlock();
    auto found = judged(target, now);
    lock.lock();
    copy.judged = sequence;
    copy.again = clock_.steady() + kBetweenLooks;
    const bool is_newer =
        !is_usable(copy.staple, now) || (found != nullptr && found->from >= copy.staple->from);
    if (found != nullptr && is_newer) copy.staple = std::move(found);
  }
  const auto& staple = copy.staple;
  if (!is_usable(staple, now)) return nullptr;
  const bool is_kept_back = targets_[target].rules.only_good && staple->status != OcspStatus::good;
  return is_kept_back ? nullptr : staple;
}

std::shared_ptr<const Staple> StapleCopies::judged(std::size_t target, WallTime now) const {
  auto response = table_.read(target, targets_[target].certificate->fingerprint());
  if (!response) return nullptr;
  auto judged = judge_staple(targets_[target], std::move(*response), now);
  auto* const staple = std::get_if<Staple>(&judged);
  return staple == nullptr ? nullptr : std::make_shared<const Staple>(std::move(*staple));
}

}  // namespace tlsplus
