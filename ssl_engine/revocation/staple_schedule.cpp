// SPDX-License-Identifier: Apache-2.0
//
// StapleSchedule: all items are looked at each time. With five thousand of them that is 20
// microseconds for each question, which takes milliseconds; an order kept in between would have to
// be right in every case.
#include "ssl_engine/revocation/staple_schedule.h"

#include <algorithm>
#include <utility>

namespace tlsplus {

using std::chrono::seconds;

StapleSchedule::StapleSchedule(std::vector<Item> items, std::size_t responders, Instant now,
                               std::uint64_t seed)
    : responders_(responders), random_(seed) {
  items_.reserve(items.size());
  for (Item& item : items) {
    const bool is_asked = !item.responders.empty();
    items_.push_back({.item = std::move(item), .due = is_asked ? now : kNoDeadline});
  }
}

bool StapleSchedule::may_ask(const Responder& responder) const noexcept {
  const unsigned most = responder.failures < kFailuresOfResponder ? kMostOfResponder : 1;
  return responder.under_way < most;
}

std::optional<StapleSchedule::Turn> StapleSchedule::next(Instant now) {
  if (under_way_ >= kMostAtOnce) return std::nullopt;
  State* first = nullptr;
  for (State& state : items_) {
    if (state.is_under_way || state.due > now || (first != nullptr && state.due >= first->due)) {
      continue;
    }
    const Responder& responder = responder_of(state);
    if (responder.closed_until <= now && may_ask(responder)) first = &state;
  }
  if (first == nullptr) return std::nullopt;
  first->is_under_way = true;
  ++under_way_;
  ++responders_[first->item.responders[first->which]].under_way;
  return Turn{static_cast<std::size_t>(first - items_.data()), first->which};
}

Instant StapleSchedule::wake() const {
  Instant earliest = kNoDeadline;
  if (under_way_ >= kMostAtOnce) return earliest;
  for (const State& state : items_) {
    if (state.is_under_way || state.due == kNoDeadline) continue;
    const Responder& responder = responder_of(state);
    // One that is being asked enough will say when it is free.
    if (may_ask(responder)) {
      earliest = std::min(earliest, std::max(state.due, responder.closed_until));
    }
  }
  return earliest;
}

StapleSchedule::Responder& StapleSchedule::end(const Turn& turn) {
  State& state = items_[turn.item];
  Responder& responder = responders_[state.item.responders[turn.which]];
  state.is_under_way = false;
  --under_way_;
  --responder.under_way;
  return responder;
}

void StapleSchedule::succeeded(const Turn& turn, Instant again) {
  Responder& responder = end(turn);
  responder.failures = 0;
  responder.closed_until = {};
  State& state = items_[turn.item];
  state.failures = 0;
  state.due = again;
}

Instant StapleSchedule::failed(const Turn& turn, Instant now, Blame blame) {
  Responder& responder = end(turn);
  State& state = items_[turn.item];
  state.due = now + wait_after(++state.failures, state.item.longest_wait);
  if (blame == Blame::answer) {
    responder.failures = 0;
    responder.closed_until = {};
    return state.due;
  }
  state.which = (state.which + 1) % state.item.responders.size();
  if (++responder.failures >= kFailuresOfResponder) {
    const unsigned beyond = responder.failures - kFailuresOfResponder + 1;
    responder.closed_until = now + wait_after(beyond, kLongestWaitOfResponder);
  }
  return std::max(state.due, responder_of(state).closed_until);
}

void StapleSchedule::put(std::size_t number, Instant at, unsigned failures) {
  State& state = items_[number];
  if (state.item.responders.empty()) return;
  state.due = at;
  state.failures = failures;
}

seconds StapleSchedule::shortened(seconds span) {
  std::uniform_int_distribution<std::int64_t> less(0, std::max<std::int64_t>(span.count() / 10, 0));
  return span - seconds(less(random_));
}

seconds StapleSchedule::wait_after(unsigned failures, seconds longest) {
  constexpr unsigned kMostDoublings = 16;  // three days already
  const seconds grown = kFirstWait * (std::int64_t{1} << std::min(failures - 1, kMostDoublings));
  return std::max(shortened(std::min(grown, longest)), seconds(1));
}

}  // namespace tlsplus
