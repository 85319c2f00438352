// SPDX-License-Identifier: Apache-2.0
//
// Inquiry: one after the other, for an authority that is revoked makes what it has issued no
// question any more.
#include "ssl_engine/trust/inquiry.h"

#include <algorithm>
#include <utility>

#include "ssl_engine/base/text.h"

namespace tlsplus {
namespace {

/// The rules by their address: they live as long as somebody asks by them.
Fingerprint digest_of(const std::vector<Inquiry::Question>& questions, const ClientOcsp* how) {
  std::string all = text(reinterpret_cast<std::uintptr_t>(how), '\n');
  for (const Inquiry::Question& question : questions) {
    all += as_text(fingerprint_of(*question.certificate));
    if (question.issuer != nullptr) all += as_text(fingerprint_of(*question.issuer));
  }
  return sha256(as_bytes(all));
}

}  // namespace

Inquiry::Inquiry(std::vector<Question> questions, std::shared_ptr<const ClientOcsp> how,
                 Instant deadline)
    : questions_(std::move(questions)),
      how_(std::move(how)),
      deadline_(deadline),
      key_(digest_of(questions_, how_.get())) {}

void Inquiry::run(OcspChecker& responders) {
  std::vector<OcspFinding> found;
  for (const Question& question : questions_) {
    if (question.issuer == nullptr) break;
    found.push_back(responders.check(*question.certificate, *question.issuer, *how_, deadline_));
    if (!is_let_pass(found.back(), *how_)) break;
  }
  finish(std::move(found));
}

void Inquiry::end(OcspFinding found) noexcept {
  finish({std::move(found)});
}

void Inquiry::finish(std::vector<OcspFinding> found) noexcept {
  const std::scoped_lock lock(mutex_);
  if (is_over_) return;
  found_ = std::move(found);
  is_over_ = true;
  for (Waiter* waiter : std::exchange(waiters_, {})) waiter->on_answer();
  over_.notify_all();
}

bool Inquiry::is_over() const noexcept {
  const std::scoped_lock lock(mutex_);
  return is_over_;
}

bool Inquiry::join(Waiter& waiter) {
  const std::scoped_lock lock(mutex_);
  if (!is_over_) waiters_.push_back(&waiter);
  return !is_over_;
}

void Inquiry::leave(Waiter& waiter) noexcept {
  const std::scoped_lock lock(mutex_);
  std::erase(waiters_, &waiter);
}

void Inquiry::wait() noexcept {
  std::unique_lock lock(mutex_);
  (void)over_.wait_until(lock, deadline_, [this] { return is_over_; });
}

}  // namespace tlsplus
