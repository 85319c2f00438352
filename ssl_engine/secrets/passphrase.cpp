// SPDX-License-Identifier: Apache-2.0
//
// PassPhrases: the order of attempts, and no more: who is asked, and how, is
// passphrase_dialogs.cpp.
#include "ssl_engine/secrets/passphrase.h"

#include <algorithm>
#include <utility>

#include "ssl_engine/base/text.h"
#include "ssl_engine/messages/diagnostics.h"

namespace tlsplus {
namespace {

bool is_final(const Unlocked& unlocked) noexcept {
  return unlocked.outcome != Unlocked::Outcome::wrong_phrase;
}

Result<Unlocked> judged(Unlocked unlocked, const KeyLabel& key) {
  switch (unlocked.outcome) {
    case Unlocked::Outcome::opened:
      return unlocked;
    case Unlocked::Outcome::unsupported:
      return diagnose(Tp::encryption_unsupported, text(quote(key.file), ": ", unlocked.evidence));
    case Unlocked::Outcome::damaged:
      return diagnose(Tp::key_not_decodable, text(quote(key.file), ": ", unlocked.evidence));
    case Unlocked::Outcome::wrong_phrase:
      break;
  }
  return diagnose(Tp::pass_phrase_wrong, quote(key.file));
}

}  // namespace

std::optional<Unlocked> PassPhrases::open_with_known(const Locked& locked, MaterialReader& reader) {
  for (const SecretBytes& phrase : worked_) {
    Unlocked unlocked = reader.unlock(locked, phrase.reveal());
    if (!is_final(unlocked)) continue;
    last_ = phrase.reveal();
    return unlocked;
  }
  return std::nullopt;
}

Result<Unlocked> PassPhrases::open(const Locked& locked, MaterialReader& reader,
                                   const KeyLabel& key) {
  last_ = {};
  if (auto unlocked = open_with_known(locked, reader)) return judged(std::move(*unlocked), key);
  for (unsigned attempt = 0;; ++attempt) {
    auto phrase = dialog_->ask(key, attempt);
    if (!phrase) {
      dialog_->done();
      return std::move(phrase).error();
    }
    Unlocked unlocked = reader.unlock(locked, std::as_const(*phrase).reveal());
    if (!is_final(unlocked) && attempt < dialog_->retries()) continue;
    dialog_->done();
    if (unlocked.outcome == Unlocked::Outcome::opened) {
      worked_.push_back(std::move(*phrase));
      last_ = std::as_const(worked_.back()).reveal();
    }
    return judged(std::move(unlocked), key);
  }
}

void PassPhrases::know(const SecretBytes& phrase) {
  const auto is_known = [&](const SecretBytes& known) {
    return std::ranges::equal(known.reveal(), phrase.reveal());
  };
  if (phrase.empty() || std::ranges::any_of(worked_, is_known)) return;
  worked_.emplace_back(phrase.reveal());
}

Result<SecretBytes> PassPhrases::pin(const KeyLabel& key, const std::string& token) {
  if (const auto known = pins_.find(token); known != pins_.end()) {
    return SecretBytes(std::as_const(known->second).reveal());
  }
  auto pin = dialog_->ask(key, 0);
  dialog_->done();
  return pin;
}

void PassPhrases::pin_worked(const std::string& token, const SecretBytes& pin) {
  if (!pin.empty()) pins_.insert_or_assign(token, SecretBytes(pin.reveal()));
}

}  // namespace tlsplus
