// SPDX-License-Identifier: Apache-2.0
//
// Connection's doubt: between the client's certificate and what responders say about it. There are
// two ends: the client is accepted as if nothing had been held back, or it is told as it would have
// been in the middle of verification. Whatever else happens ends the connection.
#include <new>
#include <utility>

#include "ssl_engine/connection/connection.h"
#include "ssl_engine/openssl/errors.h"

namespace tlsplus {

// Only a first handshake leaves questions open.
ChainVerdict Connection::judge(const ChainStep& step) {
  const ChainVerdict verdict = verifier_.judge(step);
  if (verifier_.inquiry() != nullptr && !doubt_) {
    doubt_.emplace(stream_);
    resumption_.hold();
  }
  return verdict;
}

bool Connection::begin_inquiry(StreamStatus status) {
  if (!doubt_->begin(status)) {
    stream_.out().consume(stream_.out().size());
    fail(Tp::handshake_broken_here, "a client in doubt could not be held back");
    return false;
  }
  inquiry_ =
      engine_.inquiries == nullptr ? nullptr : engine_.inquiries->submit(verifier_.inquiry());
  if (inquiry_ == nullptr) {
    inquiry_ = verifier_.inquiry();
    inquiry_->run(*engine_.responders);
  }
  return true;
}

bool Connection::awaits_verdict() const noexcept {
  return inquiry_ != nullptr && !given_up_ && !inquiry_->is_over();
}

void Connection::wait_for_verdict() noexcept {
  if (!awaits_verdict()) return;
  inquiry_->wait();
  end_waiting("no answer in time to a question that was under way");
}

void Connection::end_waiting(std::string_view why) noexcept {
  if (!awaits_verdict()) return;
  given_up_.emplace();
  try {
    *given_up_ = why;
  } catch (const std::bad_alloc&) {
    return;  // untold
  }
}

bool Connection::settle_doubt() {
  if (is_refused_) return refuse_in_doubt(doubt_->finish_refusal());
  if (awaits_verdict()) return false;
  const ChainVerdict verdict = given_up_
                                   ? verifier_.conclude_without(*inquiry_, *std::move(given_up_))
                                   : verifier_.conclude(*inquiry_);
  inquiry_.reset();
  if (verdict == ChainVerdict::accept) {
    doubt_->accept();
    doubt_.reset();
    resumption_.release();
    return go_on(stream_.handshake());
  }
  is_refused_ = true;
  if (!doubt_->refuse(verdict)) return refuse_in_doubt(doubt_->finish_refusal());
  on_alert(true, SSL3_AL_FATAL << 8 | doubt_->alert());
  return refuse_in_doubt(StreamStatus::failed);
}

bool Connection::refuse_in_doubt(StreamStatus status) {
  if (status == StreamStatus::want_read) return true;
  fail_in_openssl();
  return false;
}

std::optional<Error> Connection::untold_refusal() const {
  if (!is_refused_ || phase_ != Phase::handshake) return std::nullopt;
  Error refusal = diagnose(verifier_.refusal_id(), verifier_.refusal());
  refusal.where = where_clients_are_asked();
  return refusal;
}

std::optional<int> Connection::alert_instead_of_ticket() const noexcept {
  if (!doubt_) return std::nullopt;
  return is_refused_ ? doubt_->alert() : SSL_AD_INTERNAL_ERROR;
}

}  // namespace tlsplus
