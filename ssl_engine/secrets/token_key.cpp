// SPDX-License-Identifier: Apache-2.0
//
// TokenKey: lost and found. The signature that is tried decides, not the words of an error: those
// differ from library to library.
#include "ssl_engine/secrets/token_key.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "ssl_engine/base/text.h"
#include "ssl_engine/messages/diagnostics.h"
#include "ssl_engine/openssl/crypto_engine.h"
#include "ssl_engine/openssl/x509/token_uri.h"

namespace tlsplus {
namespace {

constexpr std::chrono::seconds kFirstPause{1};
constexpr std::chrono::seconds kLongestPause{30};
constexpr std::chrono::seconds kBetweenDoubts{1};
constexpr int kMoreFirstAttempts = 5;
constexpr std::chrono::milliseconds kBetweenFirstAttempts{100};

class KnownPin final : public PinSource {
 public:
  explicit KnownPin(const SecretBytes& pin) noexcept : pin_(pin) {}
  SecretBytes pin() override { return SecretBytes(pin_.reveal()); }

 private:
  const SecretBytes& pin_;
};

void say(LogSink& log, Tp id, const std::string& uri, std::string_view evidence) {
  log_error(log, diagnose(id, evidence.empty() ? quote(uri) : text(quote(uri), ": ", evidence)));
}

bool is_pin_refused(const std::vector<Defect>& defects) noexcept {
  return std::ranges::any_of(defects,
                             [](const Defect& defect) { return defect.part == Defect::Part::pin; });
}

std::string evidence_of(const std::vector<Defect>& defects) {
  std::vector<std::string> words;
  words.reserve(defects.size());
  for (const Defect& defect : defects) words.push_back(defect.evidence);
  return words.empty() ? "no private key is there" : join(words, "; ");
}

/// The key, proven, or why not.
struct Tried {
  OpenedToken opened;
  std::string evidence;
  bool works = false;
  bool is_hopeless = false;
};

Tried try_to_open(const std::string& uri, const std::string& engine, const SecretBytes& pin,
                  EVP_PKEY& public_half) {
  Tried tried;
  KnownPin known(pin);
  tried.opened =
      open_token(private_key_uri(uri), engine, {.certificate = false, .key = true}, known);
  if (tried.opened.key == nullptr) {
    tried.evidence = evidence_of(tried.opened.defects);
    tried.is_hopeless = is_pin_refused(tried.opened.defects);
  } else if (const Status signs = try_signature(*tried.opened.key, public_half); !signs) {
    tried.evidence = signs.error().what;
  } else {
    tried.works = true;
  }
  return tried;
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
  // Children that start together get into each other's way on some tokens.
  const bool is_first = next_attempt_ == Instant{};
  Tried tried = try_to_open(uri_, engine_, pin_, *public_half_);
  for (int i = 0; is_first && i < kMoreFirstAttempts && !tried.works && !tried.is_hopeless; ++i) {
    std::this_thread::sleep_for(kBetweenFirstAttempts);
    tried.opened.key = nullptr;  // goes before its engine
    tried = try_to_open(uri_, engine_, pin_, *public_half_);
  }
  if (!tried.works) {
    lose(now, log, tried.evidence, tried.is_hopeless);
    return;
  }
  bool was_lost = false;
  {
    const std::scoped_lock lock(mutex_);
    was_lost = std::exchange(is_lost_, false);
    key_ = std::move(tried.opened.key);
    keeper_ = std::move(tried.opened.engine);
    pause_ = {};
  }
  if (was_lost) say(log, Tp::token_key_back, uri_, {});
}

void TokenKey::lose(Instant now, LogSink& log, std::string_view evidence, bool is_for_good) {
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
