// SPDX-License-Identifier: Apache-2.0
//
// ExpiryServices: the program is run by a copy of the parent and never by the parent itself: an MPM
// takes every child of its process for one of its own, and one that ends with a certain status for
// a reason to stop the server. What it came to comes back over the copy's channel, and is read at
// the next tick: the parent waits for nobody.
#include "ssl_engine/httpd/reload/expiry_services.h"

#include <cstdlib>
#include <utility>
#include <vector>

#include "ssl_engine/base/boundary.h"
#include "ssl_engine/base/process.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/messages/diagnostics.h"
#include "ssl_engine/settings/defaults.h"

namespace tlsplus {
namespace {

// An eighth of a life of six days is 18 hours.
constexpr std::chrono::minutes kBetweenLooks{10};
constexpr std::chrono::milliseconds kProgramLimit{60'000};
constexpr std::size_t kMostOutputBytes = 64U << 10U;
constexpr std::size_t kMostWaiting = 1000;  // programs for one look; the log has all

std::string port_cut_off(const std::string& host) {
  return host.substr(0, host.rfind(':'));
}

/// What the program is told, beside its arguments.
void set_environment(const ExpiryWatch::Ending& ending) {
  const auto set = [](const char* name, const std::string& value) {
    (void)setenv(name, value.c_str(), 1);  // NOLINT(concurrency-mt-unsafe): a copy of the parent
  };
  set("TLSPLUS_CERTIFICATE_FILE", ending.file);
  set("TLSPLUS_CERTIFICATE_SERIAL", ending.serial);
  set("TLSPLUS_CERTIFICATE_NOT_AFTER", std::to_string(seconds_since_1970(ending.not_after)));
  set("TLSPLUS_CERTIFICATE_STATE", ending.is_critical ? "critical" : "warning");
  set("TLSPLUS_HOSTS", join(ending.hosts, " "));
}

std::string how_it_failed(const ProgramResult& result) {
  switch (result.outcome) {
    case ProgramResult::Outcome::not_started:
      return escape(result.complaint);
    case ProgramResult::Outcome::timed_out:
      return text("ended after ", kProgramLimit.count() / 1000, " s");
    case ProgramResult::Outcome::too_much:
      return "too much output";
    case ProgramResult::Outcome::killed:
      return text("ended by signal ", result.signal);
    case ProgramResult::Outcome::ended:
      break;
  }
  if (result.exit_status == 0) return {};
  const std::string_view says = trim(result.complaint);
  return text("exit status ", result.exit_status,
              says.empty() ? std::string() : text("; it says: ", quote(says)));
}

}  // namespace

void ExpiryServices::open(const GlobalConfig& global, std::optional<RunAs> children) {
  const ExpiryWindow window = global.expiry_window.value_or({});
  if (window == ExpiryWindow{0, {}}) return;
  watch_.emplace(window);
  program_ = global.notify_program.value_or({});
  children_ = std::move(children);
}

void ExpiryServices::open_in_child() noexcept {
  if (running_ != nullptr) running_->let_go();
  running_.reset();
  watch_.reset();
}

void ExpiryServices::tick() noexcept {
  if (!watch_) return;
  at_boundary(log_, "expiry of certificates", [&] {
    if (engine_.clock().steady() >= next_look_) look();
    see_to_program();
  });
}

void ExpiryServices::look() {
  next_look_ = engine_.clock().steady() + kBetweenLooks;
  const WallTime now = engine_.clock().wall();
  for (ExpiryWatch::Ending& ending : watch_->look(*engine_.snapshot(), now)) {
    if (!ending.is_told_at_start || ending.is_critical) log_error(log_, message_of(ending, now));
    if (!program_.empty() && waiting_.size() < kMostWaiting) waiting_.push_back(std::move(ending));
  }
}

void ExpiryServices::see_to_program() {
  if (running_ != nullptr) {
    const auto heard = running_->channel().receive(std::chrono::milliseconds(0));
    if (!heard.message && heard.silence == Channel::Silence::late) return;
    if (heard.message) {
      log_error(log_,
                diagnose(Tp::notify_failed, std::string(as_text(heard.message->body.reveal()))));
    }
    running_->let_go();
    running_.reset();
  }
  if (waiting_.empty()) return;
  const ExpiryWatch::Ending ending = std::move(waiting_.front());
  waiting_.pop_front();
  start(ending);
}

void ExpiryServices::start(const ExpiryWatch::Ending& ending) {
  Program program;
  for (const std::string_view word : words(program_)) program.arguments.emplace_back(word);
  program.arguments.emplace_back("expiring");
  program.arguments.push_back(port_cut_off(ending.hosts.front()));
  const std::string shown = join(program.arguments, " ");
  auto started = HelperProcess::start(children_, [&](Channel& channel) {
    set_environment(ending);
    const std::string failure =
        how_it_failed(collect_output(program, kProgramLimit, kMostOutputBytes));
    if (failure.empty()) return;
    const std::string said = text(escape(shown), ": ", failure);
    (void)channel.send('f', as_bytes(said));
  });
  if (started) {
    running_ = std::move(*started);
  } else {
    log_error(log_, diagnose(Tp::notify_failed, text(escape(shown), ": ", started.error().what)));
  }
}

}  // namespace tlsplus
