// SPDX-License-Identifier: Apache-2.0
//
// StapleFetcher: gets the OCSP responses that are stapled: asks responders when it is time to,
// judges what comes, and puts what is good into the shared table and on disk. What was good stays
// there until it is over, whatever becomes of the responder. One process of the server has it at
// work; it knows no thread of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "ssl_engine/base/log.h"
#include "ssl_engine/base/result.h"
#include "ssl_engine/messages/diagnostics.h"
#include "ssl_engine/revocation/staple_files.h"
#include "ssl_engine/revocation/staple_schedule.h"
#include "ssl_engine/revocation/staple_table.h"
#include "ssl_engine/revocation/staple_target.h"

namespace tlsplus {

/// The network, as far as stapling needs it.
class Responder {
 public:
  Responder() = default;
  Responder(const Responder&) = delete;
  Responder& operator=(const Responder&) = delete;
  virtual ~Responder() = default;

  /// The octets of an answer; the Error says why there are none. Any thread; may take until
  /// `deadline`.
  virtual Result<Bytes> ask(const StapleTarget& target, const std::string& url, ByteView question,
                            Instant deadline) = 0;
};

class StapleFetcher {
 public:
  struct Place {
    StapleTable& table;
    const StapleFiles& files;
  };
  /// All of it must outlive this. A target's place in the table is its number.
  StapleFetcher(std::span<const StapleTarget> targets, Place place, Responder& responder,
                const Clock& clock, LogSink& log, std::uint64_t seed);
  StapleFetcher(const StapleFetcher&) = delete;
  StapleFetcher& operator=(const StapleFetcher&) = delete;
  ~StapleFetcher() = default;

  /// Goes on from what the process before has left in the table and on disk. Before the others.
  void take_over();
  /// Asks one responder about the certificate whose turn it is, and waits for the answer; false if
  /// it is nobody's turn. Calls `taken` before it begins to wait. Any number of threads.
  bool ask_next(const std::function<void()>& taken = {});
  /// It is somebody's turn.
  [[nodiscard]] bool is_due();
  /// When it may be somebody's turn, if none of the questions under way ends before.
  [[nodiscard]] Instant wake();
  /// Every few seconds: puts back what somebody has written over, writes what could not be written,
  /// and sees that the clock was set.
  void mend();

 private:
  struct State {
    std::optional<Staple> held;  // without its octets
    Fingerprint digest{};        // of them
    WallTime renewal{};
    WallTime asked{};
    bool is_revocation_told = false;
  };
  struct Told {  // of a responder
    std::optional<Instant> last;
    std::uint64_t held_back = 0;
    std::set<std::size_t> targets{};  // about which it was asked in vain the last time
  };
  using Outcome = std::variant<Staple, OcspProblem, Error>;

  std::optional<StapleSchedule::Turn> take_turn();
  Outcome ask(const StapleTarget& target, const std::string& url);
  void take(const StapleSchedule::Turn& turn, Staple staple);
  void fail(const StapleSchedule::Turn& turn, StapleSchedule::Blame blame, std::string_view why);
  std::optional<Staple> found(std::size_t target, WallTime now) const;
  void hold(std::size_t target, Staple staple, const Fingerprint& digest, WallTime now);
  bool keep_on_disk(std::size_t target);
  void keep_what_was_not_kept();
  [[nodiscard]] bool is_on_disk(std::size_t target) const;
  void tell_revoked(std::size_t target, const Staple& staple);
  void tell_failure(std::size_t target, const std::string& url, std::string_view why,
                    Instant again);
  void tell_success(std::size_t target, const std::string& url);
  void note(std::size_t target);
  [[nodiscard]] Instant instant_of(WallTime at) const;

  std::span<const StapleTarget> targets_;
  StapleTable& table_;
  const StapleFiles& files_;
  Responder& responder_;
  const Clock& clock_;
  LogSink& log_;
  std::mutex mutex_;  // guards all below; never held while anything waits for the network
  StapleSchedule schedule_;
  std::vector<State> states_;
  std::map<std::string, Told, std::less<>> told_;  // by the responder's URL
  std::size_t mended_ = 0;                         // the next place to look at
  std::set<std::size_t> not_kept_;                 // whose response is in memory, and not on disk
  Instant kept_again_{};                           // not tried before then
  bool is_disk_told_ = false;                      // until all are kept
  std::mutex disk_;  // before mutex_: a response is not written over by an older one
};

}  // namespace tlsplus
