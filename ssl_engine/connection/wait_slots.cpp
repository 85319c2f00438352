// SPDX-License-Identifier: Apache-2.0
//
// WaitSlots: who is waited for, and who goes when there is no place. Who is let go counts no more
// at once, although its thread needs a moment to notice.
#include "ssl_engine/connection/wait_slots.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace tlsplus {
namespace {

constexpr std::size_t kReserved = 4;  // one thread in so many

/// How many clients each network has.
template <class Clients>
auto count_by_network(const Clients& clients) {
  std::unordered_map<std::string_view, std::size_t> counts;
  for (const auto& client : clients) ++counts[client.network];
  return counts;
}

}  // namespace

WaitSlots::Place::~Place() {
  owner_.leave(client_);
}

bool WaitSlots::Place::was_let_go() const noexcept {
  const std::scoped_lock lock(owner_.mutex_);
  return client_->let_go;
}

void WaitSlots::share_threads(std::size_t threads) noexcept {
  most_ = threads > 1 ? threads - std::max<std::size_t>(1, threads / kReserved) : 0;
}

WaitSlots::Place WaitSlots::take(std::string network, Instant now, Instant::duration patience,
                                 std::function<void()> wake) {
  const std::scoped_lock lock(mutex_);
  waiting_.push_back({std::move(network), now, std::move(wake)});
  const auto client = std::prev(waiting_.end());
  if (most_ != 0 && waiting_.size() > most_ / 2) let_go_overdue(now, shortened(patience));
  if (most_ != 0 && waiting_.size() > most_) let_one_go();
  return {*this, client};
}

void WaitSlots::leave(Clients::iterator client) noexcept {
  const std::scoped_lock lock(mutex_);
  (client->let_go ? leaving_ : waiting_).erase(client);
}

/// The part of it that is free of the places' second half.
Instant::duration WaitSlots::shortened(Instant::duration patience) const noexcept {
  const auto half = most_ - most_ / 2;
  const auto left = most_ - std::min(most_, waiting_.size()) + 1;
  return patience * static_cast<Instant::rep>(left) / static_cast<Instant::rep>(half + 1);
}

void WaitSlots::let_go_overdue(Instant now, Instant::duration patience) {
  auto counts = count_by_network(waiting_);
  for (auto client = waiting_.begin(); client != std::prev(waiting_.end());) {
    const auto next = std::next(client);
    if (now - client->since < patience) return;
    std::size_t& count = counts[client->network];
    if (count > 1) {
      --count;
      let_go(client);
    }
    client = next;
  }
}

void WaitSlots::let_one_go() {
  const auto counts = count_by_network(waiting_);
  const auto newcomer = std::prev(waiting_.end());
  // The first of several maxima is the one that has waited longest.
  const auto victim =
      std::max_element(waiting_.begin(), newcomer, [&](const Client& one, const Client& other) {
        return counts.at(one.network) < counts.at(other.network);
      });
  if (victim != newcomer) let_go(victim);
}

void WaitSlots::let_go(Clients::iterator client) {
  client->let_go = true;
  leaving_.splice(leaving_.end(), waiting_, client);
  client->wake();
}

}  // namespace tlsplus
