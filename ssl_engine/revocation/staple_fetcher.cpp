// SPDX-License-Identifier: Apache-2.0
//
// StapleFetcher: the mutex is let go while a question is under way, so that one responder that does
// not answer holds up nobody who asks another.
#include "ssl_engine/revocation/staple_fetcher.h"

#include <algorithm>
#include <utility>

#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/ocsp/ocsp_request.h"

namespace tlsplus {
namespace {

using Blame = StapleSchedule::Blame;
using std::chrono::seconds;

constexpr std::chrono::minutes kBetweenComplaints{10};  // about one responder
constexpr std::chrono::minutes kBetweenWrites{1};       // to a disk that is full
constexpr std::size_t kMendedAtOnce = 100;  // places: 300 microseconds, with usual responses

/// Each URL is a responder of its own, in the order in which they are met.
std::vector<StapleSchedule::Item> items_of(std::span<const StapleTarget> targets,
                                           std::size_t& responders) {
  std::map<std::string_view, std::uint32_t> known;
  std::vector<StapleSchedule::Item> items;
  items.reserve(targets.size());
  for (const StapleTarget& target : targets) {
    StapleSchedule::Item item{.responders = {}, .longest_wait = target.rules.longest_wait};
    for (const std::string& url : target.urls) {
      const auto number = static_cast<std::uint32_t>(known.size());
      item.responders.push_back(known.try_emplace(url, number).first->second);
    }
    items.push_back(std::move(item));
  }
  responders = known.size();
  return items;
}

StapleSchedule schedule_of(std::span<const StapleTarget> targets, Instant now, std::uint64_t seed) {
  std::size_t responders = 0;
  auto items = items_of(targets, responders);
  return {std::move(items), responders, now, seed};
}

/// Whether all who ask there can expect the same.
Blame blame_of(OcspFault fault) noexcept {
  switch (fault) {
    case OcspFault::not_ocsp:
    case OcspFault::malformed:
    case OcspFault::internal_error:
    case OcspFault::try_later:
    case OcspFault::sig_required:
      return Blame::responder;
    default:
      return Blame::answer;
  }
}

}  // namespace

StapleFetcher::StapleFetcher(std::span<const StapleTarget> targets, Place place,
                             Responder& responder, const Clock& clock, LogSink& log,
                             std::uint64_t seed)
    : targets_(targets),
      table_(place.table),
      files_(place.files),
      responder_(responder),
      clock_(clock),
      log_(log),
      schedule_(schedule_of(targets, clock.steady(), seed)),
      states_(targets.size()) {}

Instant StapleFetcher::instant_of(WallTime at) const {
  const WallTime now = clock_.wall();
  return clock_.steady() + std::max(at - now, seconds(0));
}

std::optional<Staple> StapleFetcher::found(std::size_t target, WallTime now) const {
  const StapleTarget& about = targets_[target];
  const Fingerprint& certificate = about.certificate->fingerprint();
  const auto usable = [&](std::optional<Bytes> response) -> std::optional<Staple> {
    if (!response) return std::nullopt;
    auto judged = judge_staple(about, std::move(*response), now);
    auto* const staple = std::get_if<Staple>(&judged);
    return staple == nullptr ? std::nullopt : std::optional(std::move(*staple));
  };
  auto in_table = usable(table_.read(target, certificate));
  if (in_table) return in_table;
  auto on_disk = usable(files_.load(certificate, StapleTable::kMostOctets));
  if (on_disk) table_.publish(target, certificate, on_disk->der);
  return on_disk;
}

void StapleFetcher::take_over() {
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    const WallTime now = clock_.wall();
    auto staple = found(i, now);
    const std::scoped_lock lock(mutex_);
    const StapleNote note = table_.note(i);
    const WallTime noted = wall_time(note.again);
    const bool is_noted = note.asked > 0 && wall_time(note.asked) <= now && noted > now;
    if (staple) {
      const Fingerprint digest = sha256(staple->der);
      hold(i, std::move(*staple), digest, now);
      // The process before may have met a disk that was full, or a server without this folder.
      if (!is_on_disk(i)) not_kept_.insert(i);
      // Who takes over again and again must not put the question off each time.
      if (is_noted) states_[i].renewal = std::min(states_[i].renewal, noted);
      schedule_.put(i, instant_of(states_[i].renewal));
    } else if (is_noted && noted <= now + targets_[i].rules.longest_wait) {
      constexpr std::uint64_t kMostFailures = 16;  // of which more is not made
      schedule_.put(i, instant_of(noted),
                    static_cast<unsigned>(std::min(note.failures, kMostFailures)));
    }
  }
}

bool StapleFetcher::is_due() {
  const std::scoped_lock lock(mutex_);
  return schedule_.wake() <= clock_.steady();
}

Instant StapleFetcher::wake() {
  const std::scoped_lock lock(mutex_);
  return schedule_.wake();
}

std::optional<StapleSchedule::Turn> StapleFetcher::take_turn() {
  const std::scoped_lock lock(mutex_);
  const auto turn = schedule_.next(clock_.steady());
  if (turn) states_[turn->item].asked = clock_.wall();
  return turn;
}

bool StapleFetcher::ask_next(const std::function<void()>& taken) {
  const auto turn = take_turn();
  if (!turn) return false;
  if (taken) taken();
  const StapleTarget& target = targets_[turn->item];
  Outcome outcome = ask(target, target.urls[turn->which]);
  if (auto* const staple = std::get_if<Staple>(&outcome)) {
    take(*turn, std::move(*staple));
  } else if (const auto* const problem = std::get_if<OcspProblem>(&outcome)) {
    table_.counters().refused.fetch_add(1, std::memory_order_relaxed);
    fail(*turn, blame_of(problem->fault), problem->words);
  } else {
    table_.counters().failed.fetch_add(1, std::memory_order_relaxed);
    fail(*turn, Blame::responder, std::get<Error>(outcome).what);
  }
  return true;
}

StapleFetcher::Outcome StapleFetcher::ask(const StapleTarget& target, const std::string& url) {
  const Cert leaf = target.certificate->leaf().open();
  if (leaf == nullptr) return Error{.what = "the certificate cannot be opened"};
  const auto question = ocsp_question(*leaf, *target.certificate->issuer(), NonceUse::off);
  if (!question) return question.error();
  auto answer = responder_.ask(target, url, question->der, clock_.steady() + target.rules.timeout);
  if (!answer) return std::move(answer).error();
  if (answer->size() > StapleTable::kMostOctets) {
    return OcspProblem{OcspFault::not_ocsp, text("the answer has ", answer->size(), " octets")};
  }
  auto judged = judge_staple(target, *std::move(answer), clock_.wall());
  if (auto* const problem = std::get_if<OcspProblem>(&judged)) return std::move(*problem);
  return std::get<Staple>(std::move(judged));
}

void StapleFetcher::take(const StapleSchedule::Turn& turn, Staple staple) {
  const StapleTarget& target = targets_[turn.item];
  const WallTime now = clock_.wall();
  table_.counters().received.fetch_add(1, std::memory_order_relaxed);
  const Fingerprint digest = sha256(staple.der);
  bool is_new = false;
  {
    const std::scoped_lock lock(mutex_);
    State& state = states_[turn.item];
    // Responders are many machines, and some are behind the others.
    const bool is_older = state.held && state.held->until > now && staple.from < state.held->from;
    is_new = !is_older && (!state.held || state.digest != digest);
    if (is_new) {
      table_.publish(turn.item, target.certificate->fingerprint(), staple.der);
      hold(turn.item, staple, digest, now);
    } else if (state.held) {
      state.renewal = renewal_of(*state.held, target.rules, now);
    }
    state.renewal = now + schedule_.shortened(state.renewal - now);
    schedule_.succeeded(turn, instant_of(state.renewal));
    note(turn.item);
    tell_success(turn.item, target.urls[turn.which]);
  }
  if (is_new) (void)keep_on_disk(turn.item);
}

void StapleFetcher::hold(std::size_t target, Staple staple, const Fingerprint& digest,
                         WallTime now) {
  State& state = states_[target];
  state.digest = digest;
  state.renewal = renewal_of(staple, targets_[target].rules, now);
  staple.der = {};
  tell_revoked(target, staple);
  state.held = std::move(staple);
  note(target);
}

void StapleFetcher::note(std::size_t target) {
  const State& state = states_[target];
  const auto wait = std::chrono::duration_cast<seconds>(schedule_.due(target) - clock_.steady());
  const bool is_asked = schedule_.due(target) != kNoDeadline;
  table_.note(target, {.asked = seconds_since_1970(state.asked),
                       .again = is_asked ? seconds_since_1970(clock_.wall() + wait) : 0,
                       .until = state.held ? seconds_since_1970(state.held->until) : 0,
                       .failures = schedule_.failures(target)});
}

void StapleFetcher::fail(const StapleSchedule::Turn& turn, Blame blame, std::string_view why) {
  const std::scoped_lock lock(mutex_);
  const Instant again = schedule_.failed(turn, clock_.steady(), blame);
  note(turn.item);
  tell_failure(turn.item, targets_[turn.item].urls[turn.which], why, again);
}

void StapleFetcher::tell_failure(std::size_t number, const std::string& url, std::string_view why,
                                 Instant again) {
  const Instant now = clock_.steady();
  Told& told = told_[url];
  told.targets.insert(number);
  if (told.last && now - *told.last < kBetweenComplaints) {
    ++told.held_back;
    return;
  }
  const StapleTarget& target = targets_[number];
  const auto& held = states_[number].held;
  const bool is_stapled = held && held->until > clock_.wall();
  const auto wait = std::chrono::duration_cast<seconds>(again - now);
  std::string evidence = text(name_of(*target.certificate), ": ", escape(url), ": ", why, "; ",
                              is_stapled ? text("the response before is stapled for another ",
                                                (held->until - clock_.wall()).count(), " seconds")
                                         : std::string("nothing is stapled"),
                              "; asked again in ", wait.count(), " seconds");
  if (told.held_back != 0) {
    evidence += text("; ", told.held_back, " more questions there came to nothing since");
  }
  told.last = now;
  told.held_back = 0;
  log_error(log_, diagnose(Tp::staple_not_fetched, std::move(evidence), target.where), target.host);
}

// When all is well there: one that knows some certificates and others not, fails and works in turn.
void StapleFetcher::tell_success(std::size_t number, const std::string& url) {
  for (auto& [where, told] : told_) told.targets.erase(number);
  const auto told = told_.find(url);
  if (told == told_.end() || !told->second.targets.empty()) return;
  const StapleTarget& target = targets_[number];
  log_error(log_, diagnose(Tp::staple_fetched_again, url, target.where), target.host);
  told_.erase(told);
}

void StapleFetcher::tell_revoked(std::size_t number, const Staple& staple) {
  State& state = states_[number];
  if (staple.status != OcspStatus::revoked) {
    state.is_revocation_told = false;
    return;
  }
  if (std::exchange(state.is_revocation_told, true)) return;
  const StapleTarget& target = targets_[number];
  const std::string_view reason = revocation_reason(staple.reason);
  std::string evidence = name_of(*target.certificate);
  if (!reason.empty()) evidence += text(": ", reason);
  log_error(log_, diagnose(Tp::staple_own_revoked, std::move(evidence), target.where), target.host);
}

// What lies in the table, which is the latest. False: it cannot be written, as far as is known.
bool StapleFetcher::keep_on_disk(std::size_t target) {
  const std::scoped_lock disk(disk_);
  const Fingerprint& certificate = targets_[target].certificate->fingerprint();
  const auto until = [&]() -> std::optional<WallTime> {
    const std::scoped_lock lock(mutex_);
    const auto& held = states_[target].held;
    return held ? std::optional(held->until) : std::nullopt;
  }();
  const auto response = until ? table_.read(target, certificate) : std::nullopt;
  const Status stored = response ? files_.store(certificate, *response, *until) : Status();
  const std::scoped_lock lock(mutex_);
  if (stored) {
    not_kept_.erase(target);
    if (not_kept_.empty()) is_disk_told_ = false;
    return true;
  }
  not_kept_.insert(target);
  kept_again_ = clock_.steady() + kBetweenWrites;
  if (!std::exchange(is_disk_told_, true)) {
    log_error(log_, diagnose(Tp::staple_store_failed, stored.error().what));
  }
  return false;
}

bool StapleFetcher::is_on_disk(std::size_t target) const {
  if (!files_.is_open()) return true;  // nobody wants it there
  const auto kept =
      files_.load(targets_[target].certificate->fingerprint(), StapleTable::kMostOctets);
  return kept && sha256(*kept) == states_[target].digest;
}

void StapleFetcher::keep_what_was_not_kept() {
  for (std::size_t i = 0; i < kMendedAtOnce; ++i) {
    std::size_t target = 0;
    {
      const std::scoped_lock lock(mutex_);
      if (not_kept_.empty() || clock_.steady() < kept_again_) return;
      target = *not_kept_.begin();
    }
    if (!keep_on_disk(target)) return;
  }
}

void StapleFetcher::mend() {
  keep_what_was_not_kept();
  const WallTime now = clock_.wall();
  const std::size_t count = std::min(kMendedAtOnce, targets_.size());
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t target = mended_;
    mended_ = (mended_ + 1) % targets_.size();
    const auto response = table_.read(target, targets_[target].certificate->fingerprint());
    const std::scoped_lock lock(mutex_);
    State& state = states_[target];
    if (!state.held) continue;
    if (state.renewal <= now && schedule_.failures(target) == 0 &&
        schedule_.due(target) > clock_.steady()) {
      schedule_.put(target, clock_.steady());  // the clock was set
    }
    if (state.held->until <= now) continue;
    const bool is_whole = response && sha256(*response) == state.digest;
    if (is_whole) continue;
    const Fingerprint& certificate = targets_[target].certificate->fingerprint();
    auto on_disk = files_.load(certificate, StapleTable::kMostOctets);
    if (on_disk && sha256(*on_disk) == state.digest) {
      table_.publish(target, certificate, *on_disk);
    } else {
      state.held.reset();
      schedule_.put(target, clock_.steady());
    }
  }
}

}  // namespace tlsplus
