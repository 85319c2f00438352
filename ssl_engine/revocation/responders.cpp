// SPDX-License-Identifier: Apache-2.0
//
// Responders: from what is remembered, over who else asks, to the network.
#include "ssl_engine/revocation/responders.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "ssl_engine/base/tcp.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/messages/diagnostics.h"
#include "ssl_engine/openssl/ocsp/ocsp_request.h"

namespace tlsplus {
namespace {

constexpr std::chrono::milliseconds kLookAgain{10};  // at what another process has found out
// A failure that costs less is no reason to leave a responder alone: it is up, or will be soon.
constexpr std::chrono::milliseconds kCostly{500};
constexpr std::size_t kMostShown = 100;  // octets of a URL that a stranger has written

void count(std::atomic<std::uint64_t>& counter) noexcept {
  counter.fetch_add(1, std::memory_order_relaxed);
}

std::atomic<std::uint64_t>& counter_of(OcspCounters& counters, OcspOutcome outcome) noexcept {
  switch (outcome) {
    case OcspOutcome::good:
      return counters.good;
    case OcspOutcome::revoked:
      return counters.revoked;
    case OcspOutcome::unknown:
      return counters.unknown;
    case OcspOutcome::no_source:
      return counters.no_source;
    case OcspOutcome::stale:
      return counters.stale;
    case OcspOutcome::unusable:
      return counters.unusable;
    case OcspOutcome::unreachable:
      break;
  }
  return counters.unreachable;
}

OcspOutcome outcome_of(OcspStatus status) noexcept {
  return status == OcspStatus::good      ? OcspOutcome::good
         : status == OcspStatus::revoked ? OcspOutcome::revoked
                                         : OcspOutcome::unknown;
}

OcspOutcome outcome_of(OcspFault fault) noexcept {
  const bool is_of_another_time = fault == OcspFault::expired || fault == OcspFault::too_old ||
                                  fault == OcspFault::not_yet_valid;
  return is_of_another_time ? OcspOutcome::stale : OcspOutcome::unusable;
}

std::string shown(const HttpUrl& url) {
  return escape(text(url.is_https ? "https://" : "http://", text_of(url.at), url.path), kMostShown);
}

OcspFinding finding_of(const KnownAnswer& answer, std::string_view by) {
  OcspFinding found{outcome_of(answer.status), {}};
  if (answer.status == OcspStatus::good) return found;
  found.words =
      text("the responder says ", answer.status == OcspStatus::revoked ? "revoked" : "unknown");
  if (answer.revoked_at) found.words += text(" since ", date_text(*answer.revoked_at));
  if (const std::string_view reason = revocation_reason(answer.reason); !reason.empty()) {
    found.words += text(" (", reason, ')');
  }
  found.words += by.empty() ? std::string("; it was asked before") : text("; asked: ", by);
  return found;
}

AskLimits limits_of(const ClientOcsp& how, bool is_from_certificate) {
  AskLimits limits;
  limits.proxy = how.proxy;
  limits.allow_private_addresses = !is_from_certificate || how.rules.private_responders;
  return limits;
}

OcspRules rules_of(const ClientOcsp& how) {
  OcspRules rules{.skew = how.rules.skew,
                  .check_signer = !how.rules.no_verify,
                  .nonce = how.rules.nonce ? NonceUse::require : NonceUse::off,
                  .pinned = how.pinned};
  if (how.rules.max_age.count() >= 0) rules.max_age = how.rules.max_age;
  return rules;
}

}  // namespace

Responders::Sources Responders::sources_of(X509& certificate, const ClientOcsp& how) {
  Sources sources;
  const auto use_default = [&] {
    if (how.default_responder) {
      sources.urls.push_back(*how.default_responder);
    } else if (!how.rules.default_responder.empty()) {
      sources.why_none = "the URL of SSLOCSPDefaultResponder cannot be used";
    } else {
      sources.why_none = "it names no responder";
    }
  };
  if (how.rules.override_responder) {
    use_default();
    return sources;
  }
  for (const std::string& word : ocsp_responders(certificate)) {
    auto url = parse_web_url(word);
    if (url && sources.urls.size() < kMostTried) sources.urls.push_back(*std::move(url));
  }
  sources.is_from_certificate = !sources.urls.empty();
  if (sources.is_from_certificate) return sources;
  if (names_responder(certificate)) {
    sources.why_none = "it names a responder that is asked by other means than HTTP";
  } else {
    use_default();
  }
  return sources;
}

// Two hosts that would believe different answers remember them apart.
Fingerprint Responders::key_of(X509& certificate, X509& issuer, const ClientOcsp& how,
                               const Sources& sources) {
  std::string all = text("client 1\n", as_text(fingerprint_of(certificate)),
                         as_text(fingerprint_of(issuer)), as_text(how.pinned_digest));
  all += text('\n', how.rules.skew.count(), '\n', how.rules.max_age.count(), '\n',
              how.rules.nonce ? 1 : 0, how.rules.no_verify ? 1 : 0,
              how.rules.private_responders ? 1 : 0, '\n', how.rules.cache_time.count());
  for (const HttpUrl& url : sources.urls) {
    all += text('\n', url.is_https ? 1 : 0, text_of(url.at), url.path);
  }
  return sha256(as_bytes(all));
}

OcspFinding Responders::check(X509& certificate, X509& issuer, const ClientOcsp& how,
                              Instant deadline) {
  OcspFinding found = find(certificate, issuer, how, deadline);
  count(counter_of(memory_.counters(), found.outcome));
  return found;
}

std::optional<OcspFinding> Responders::at_hand(X509& certificate, X509& issuer,
                                               const ClientOcsp& how) {
  const Sources sources = sources_of(certificate, how);
  std::optional<OcspFinding> found = sources.urls.empty()
                                         ? OcspFinding{OcspOutcome::no_source, sources.why_none}
                                         : recalled(key_of(certificate, issuer, how, sources));
  if (found) count(counter_of(memory_.counters(), found->outcome));
  return found;
}

void Responders::count_joined() noexcept {
  count(memory_.counters().joined);
}

void Responders::count_shared(OcspOutcome found) noexcept {
  count(counter_of(memory_.counters(), found));
}

bool Responders::is_known_good(X509& certificate, X509& issuer, const ClientOcsp& how) {
  const Sources sources = sources_of(certificate, how);
  if (sources.urls.empty()) return how.rules.check.missing_is_fine;
  const auto known = memory_.recall(key_of(certificate, issuer, how, sources));
  return known && known->status == OcspStatus::good;
}

void Responders::count_forgiven() noexcept {
  count(memory_.counters().forgiven);
}

std::optional<OcspFinding> Responders::recalled(const Fingerprint& key) {
  const auto known = memory_.recall(key);
  if (!known) return std::nullopt;
  count(memory_.counters().remembered);
  return finding_of(*known, {});
}

OcspFinding Responders::find(X509& certificate, X509& issuer, const ClientOcsp& how,
                             Instant deadline) {
  const Sources sources = sources_of(certificate, how);
  if (sources.urls.empty()) return {OcspOutcome::no_source, sources.why_none};
  const Fingerprint key = key_of(certificate, issuer, how, sources);
  if (auto known = recalled(key)) return *std::move(known);
  std::shared_ptr<Flight> flight;
  {
    std::unique_lock lock(mutex_);
    const auto [at, is_ours] = flights_.try_emplace(key);
    if (!is_ours) {
      flight = at->second;
      count(memory_.counters().joined);
      if (over_.wait_until(lock, deadline, [&] { return flight->is_over; })) return flight->found;
      return {OcspOutcome::unreachable, "no answer in time to a question that was under way"};
    }
    flight = at->second = std::make_shared<Flight>();
  }
  // Ends it whatever happens: who comes later would wait for nobody.
  struct Landing {
    Responders& all;
    const Fingerprint& key;
    Flight& flight;
    OcspFinding found{OcspOutcome::unreachable, {}};
    ~Landing() {
      const std::scoped_lock lock(all.mutex_);
      flight.found = std::move(found);
      flight.is_over = true;
      all.flights_.erase(key);
      all.over_.notify_all();
    }
  };
  Landing landing{*this, key, *flight};
  OcspFinding found = ask_once(key, certificate, issuer, how, sources, deadline);
  landing.found = found;
  return found;
}

OcspFinding Responders::ask_once(const Fingerprint& key, X509& certificate, X509& issuer,
                                 const ClientOcsp& how, const Sources& sources, Instant deadline) {
  bool has_waited = false;
  while (how.rules.cache_time.count() > 0 && memory_.is_being_asked(key) &&
         std::chrono::steady_clock::now() < deadline) {
    if (!std::exchange(has_waited, true)) count(memory_.counters().joined);
    std::this_thread::sleep_for(kLookAgain);
  }
  if (has_waited) {
    if (auto known = recalled(key)) return *std::move(known);
  }
  const auto left =
      std::chrono::ceil<std::chrono::seconds>(deadline - std::chrono::steady_clock::now());
  memory_.begin_asking(key, clock_.wall() + std::max(left, std::chrono::seconds(1)));
  OcspFinding found = ask_all(key, certificate, issuer, how, sources, deadline);
  memory_.end_asking(key);
  return found;
}

OcspFinding Responders::ask_all(const Fingerprint& key, X509& certificate, X509& issuer,
                                const ClientOcsp& how, const Sources& sources, Instant deadline) {
  const OcspRules rules = rules_of(how);
  const AskLimits limits = limits_of(how, sources.is_from_certificate);
  OcspFinding worst;
  for (const HttpUrl& url : sources.urls) {
    const auto question = ocsp_question(certificate, issuer, rules.nonce);
    if (!question) return {OcspOutcome::unreachable, question.error().what};
    const std::string by = shown(url);
    const auto answer = ask_one(url, question->der, limits, deadline);
    if (!answer) {
      worst = {OcspOutcome::unreachable, text(by, ": ", answer.error().what)};
      if (!answer.error().hint.empty()) worst.words += text("; ", answer.error().hint);
      continue;
    }
    const OcspVerdict verdict =
        judge_ocsp(*answer, certificate, issuer, &*question, rules, clock_.wall());
    if (const auto* believed = std::get_if<OcspAnswer>(&verdict)) {
      return keep(key, *believed, how, by);
    }
    const auto* problem = std::get_if<OcspProblem>(&verdict);
    worst = {outcome_of(problem->fault), text(problem->words, "; asked: ", by)};
  }
  return worst;
}

Result<Bytes> Responders::ask_one(const HttpUrl& url, ByteView question, const AskLimits& limits,
                                  Instant deadline) {
  const std::string responder = text_of(url.at);
  Breaker& breaker = memory_.breaker_of(responder);
  if (!breaker.allows(clock_.steady(), kLeftAlone)) {
    count(memory_.counters().held_back);
    return Error{.what = "it did not answer before, and is left alone for some seconds"};
  }
  count(memory_.counters().asked);
  const Instant begun = clock_.steady();
  auto answer = ask_(url, question, limits, deadline);
  const Instant ended = clock_.steady();
  if (answer) {
    if (breaker.note_success()) log_error(log_, diagnose(Tp::responder_back, escape(responder)));
  } else if (!waiting_has_ended() && ended - begun >= kCostly && breaker.note_failure(ended)) {
    log_error(log_,
              diagnose(Tp::responder_down, text(escape(responder), ": ", answer.error().what)));
  }
  return answer;
}

OcspFinding Responders::keep(const Fingerprint& key, const OcspAnswer& answer,
                             const ClientOcsp& how, const std::string& by) {
  const WallTime now = clock_.wall();
  const std::chrono::seconds longest = answer.status == OcspStatus::unknown
                                           ? std::min(how.rules.cache_time, kLongestUnknown)
                                           : how.rules.cache_time;
  KnownAnswer known{.status = answer.status,
                    .reason = answer.reason,
                    .revoked_at = answer.revoked_at,
                    .usable_until = now + longest};
  if (answer.next_update) known.usable_until = std::min(known.usable_until, *answer.next_update);
  if (how.rules.max_age.count() >= 0) {
    known.usable_until = std::min(known.usable_until,
                                  answer.this_update + how.rules.max_age + std::chrono::seconds(1));
  }
  if (known.usable_until > now) memory_.remember(key, known);
  return finding_of(known, by);
}

}  // namespace tlsplus
