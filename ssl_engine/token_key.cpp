// SPDX-License-Identifier: Apache-2.0
//
// Lost and found. The signature that is tried decides, not the words of an error: those differ from
// library to library.
#include "ssl_engine/token_key.h"

#include <algorithm>
#include <utility>

#include "ssl_engine/base/text.h"
#include "ssl_engine/diagnostics.h"
#include "ssl_engine/openssl/crypto_engine.h"
#include "ssl_engine/token_uri.h"

namespace tlsplus {
namespace {

constexpr std::chrono::seconds kFirstPause{1};
constexpr std::chrono::seconds kLongestPause{30};
constexpr std::chrono::seconds kBetweenDoubts{1};

class KnownPin final : public PinSource {
 public:
  explicit KnownPin(const SecretBytes& pin) noexcept : pin_(pin) {}
  SecretBytes pin() override { return SecretBytes(pin_.reveal()); }

 private:
  const SecretBytes& pin_;
};

void say(LogSink& log, Tp id, const std::string& uri, std::string_view evidence) {
  const Error error =
      diagnose(id, evidence.empty() ? quote(uri) : text(quote(uri), ": ", evidence));
  if (log.enabled(severity_of(error))) log.write(severity_of(error), render(error));
}

bool is_pin_refused(const std::vector<Defect>& defects) noexcept {
  return std::ranges::any_of(defects,
                             [](const Defect& defect) { return defect.part == Defect::Part::pin; });
}

std::string words_for(const std::vector<Defect>& defects) {
  std::vector<std::string> words;
  for (const Defect& defect : defects) words.push_back(defect.evidence);
  return words.empty() ? "no private key is there" : join(words, "; ");
}

}  // namespace

TokenKey::TokenKey(std::string uri, std::string engine, SecretBytes pin, Pkey public_half,
                   std::shared_ptr<std::mutex> turn)
    : uri_(std::move(uri)),
      engine_(std::move(engine)),
      pin_(std::move(pin)),
      public_half_(std::move(public_half)),
      turn_(std::move(turn)) {}

Pkey TokenKey::shared_key() const {
  return key_ == nullptr ? nullptr : share(*key_);
}

void TokenKey::open(Instant now, LogSink& log) {
  const std::scoped_lock turn(*turn_);
  if (!is_hopeless_) attempt(now, log);
}

Pkey TokenKey::borrow(Instant now, LogSink& log) {
  {
    const std::scoped_lock lock(mutex_);
    if (key_ != nullptr || is_hopeless_ || now < next_attempt_) return shared_key();
  }
  const std::unique_lock turn(*turn_, std::try_to_lock);
  if (!turn.owns_lock()) return nullptr;
  {
    // Another thread may have had its turn meanwhile.
    const std::scoped_lock lock(mutex_);
    if (key_ != nullptr || is_hopeless_ || now < next_attempt_) return shared_key();
  }
  attempt(now, log);
  const std::scoped_lock lock(mutex_);
  return shared_key();
}

void TokenKey::doubt(Instant now, LogSink& log) {
  Pkey key;
  {
    const std::scoped_lock lock(mutex_);
    if (key_ == nullptr || now < next_doubt_) return;
    next_doubt_ = now + kBetweenDoubts;
    key = shared_key();
  }
  const std::unique_lock turn(*turn_, std::try_to_lock);
  if (!turn.owns_lock()) return;
  if (const Status signs = try_signature(*key, *public_half_); !signs) {
    lose(now, log, signs.error().what, false);
  }
}

void TokenKey::attempt(Instant now, LogSink& log) {
  KnownPin pin(pin_);
  OpenedToken opened =
      open_token(private_key_uri(uri_), engine_, {.certificate = false, .key = true}, pin);
  if (opened.key == nullptr) {
    lose(now, log, words_for(opened.defects), is_pin_refused(opened.defects));
    return;
  }
  if (const Status signs = try_signature(*opened.key, *public_half_); !signs) {
    lose(now, log, signs.error().what, false);
    return;
  }
  bool was_lost = false;
  {
    const std::scoped_lock lock(mutex_);
    was_lost = std::exchange(is_lost_, false);
    key_ = std::move(opened.key);
    keeper_ = std::move(opened.engine);
    pause_ = {};
  }
  if (was_lost) say(log, Tp::token_key_back, uri_, {});
}

void TokenKey::lose(Instant now, LogSink& log, std::string evidence, bool is_for_good) {
  bool is_news = false;
  {
    const std::scoped_lock lock(mutex_);
    is_news = !std::exchange(is_lost_, true);
    is_hopeless_ = is_for_good;
    key_ = nullptr;
    pause_ = std::min(std::max(pause_ * 2, kFirstPause), kLongestPause);
    next_attempt_ = now + pause_;
  }
  if (is_news) say(log, is_for_good ? Tp::token_pin_refused : Tp::token_key_lost, uri_, evidence);
}

}  // namespace tlsplus
