// SPDX-License-Identifier: Apache-2.0
//
// StapleSchedule: about which certificate a responder is asked next, and when. It decides and does
// nothing: times come in, turns go out. So many questions are under way at once, of which so many
// to one responder; waits grow with failures, per certificate and per responder; and no two waits
// are equal, so that five thousand certificates of one day are not asked about in one second for
// ever.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <vector>

#include "ssl_engine/base/clock.h"
#include "ssl_engine/base/deadline.h"

namespace tlsplus {

/// Not thread safe.
class StapleSchedule {
 public:
  static constexpr unsigned kMostAtOnce = 8;
  static constexpr unsigned kMostOfResponder = 2;
  /// One after the other, and a responder is left alone, but for one question at a time.
  static constexpr unsigned kFailuresOfResponder = 3;
  static constexpr std::chrono::seconds kFirstWait{10};  // after a failure; doubled with each
  static constexpr std::chrono::seconds kLongestWaitOfResponder{600};

  struct Item {
    std::vector<std::uint32_t> responders;  // asked in turn; empty: nobody is ever asked
    std::chrono::seconds longest_wait{600};
  };
  /// All are due at `now`. `responders` is how many there are.
  StapleSchedule(std::vector<Item> items, std::size_t responders, Instant now, std::uint64_t seed);

  struct Turn {
    std::size_t item = 0;
    std::size_t which = 0;  // of its responders
  };
  /// The one that is due for longest, which is then under way until one of the two below is called.
  [[nodiscard]] std::optional<Turn> next(Instant now);
  /// When to call next() again, if nothing happens before.
  [[nodiscard]] Instant wake() const;

  void succeeded(const Turn& turn, Instant again);
  enum class Blame : std::uint8_t {
    responder,  // no answer, or none of its own: so it may go for all that ask there
    answer      // it answers, but this answer is of no use
  };
  /// When it will be asked again.
  Instant failed(const Turn& turn, Instant now, Blame blame);

  /// It is to be asked at `at`, and has failed so often before.
  void put(std::size_t item, Instant at, unsigned failures = 0);
  [[nodiscard]] Instant due(std::size_t item) const noexcept { return items_[item].due; }
  [[nodiscard]] unsigned failures(std::size_t item) const noexcept { return items_[item].failures; }
  /// `span`, up to a tenth of it shorter, by chance.
  [[nodiscard]] std::chrono::seconds shortened(std::chrono::seconds span);

 private:
  struct State {
    Item item;
    Instant due;
    unsigned failures = 0;
    std::size_t which = 0;
    bool is_under_way = false;
  };
  struct Responder {
    unsigned under_way = 0;
    unsigned failures = 0;
    Instant closed_until{};
  };

  [[nodiscard]] const Responder& responder_of(const State& state) const {
    return responders_[state.item.responders[state.which]];
  }
  [[nodiscard]] bool may_ask(const Responder& responder) const noexcept;
  Responder& end(const Turn& turn);
  std::chrono::seconds wait_after(unsigned failures, std::chrono::seconds longest);

  std::vector<State> items_;
  std::vector<Responder> responders_;
  unsigned under_way_ = 0;
  std::mt19937_64 random_;
};

}  // namespace tlsplus
