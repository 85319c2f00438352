// SPDX-License-Identifier: Apache-2.0
//
// Inquiry: what responders are asked about a client's chain while the client waits and no thread
// with it. The connection and the thread that asks have nothing in common but this; several
// connections may wait for the same one.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "ssl_engine/base/clock.h"
#include "ssl_engine/openssl/x509/x509.h"
#include "ssl_engine/trust/ocsp_checker.h"

namespace tlsplus {

/// The mutex guards what was found and who waits for it, never while anything else waits.
class Inquiry {
 public:
  struct Question {
    int depth = 0;  // in the chain
    Cert certificate;
    Cert issuer;  // null: not at hand
  };
  /// Somebody who has no thread to wait with.
  class Waiter {
   public:
    Waiter() = default;
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;
    /// Any thread, once; must not block nor call back.
    virtual void on_answer() noexcept = 0;

   protected:
    ~Waiter() = default;
  };

  /// `questions` in their order; nobody waits beyond the deadline.
  Inquiry(std::vector<Question> questions, std::shared_ptr<const ClientOcsp> how, Instant deadline);

  [[nodiscard]] const std::vector<Question>& questions() const noexcept { return questions_; }
  [[nodiscard]] Instant deadline() const noexcept { return deadline_; }
  /// Two with the same one ask the same by the same rules.
  [[nodiscard]] const Fingerprint& key() const noexcept { return key_; }

  /// Asks, up to the first answer that is not good, and ends it: for the thread that waits.
  void run(OcspChecker& responders);
  /// Ends it with what was found instead of asking, unless it is over.
  void end(OcspFinding found) noexcept;
  [[nodiscard]] bool is_over() const noexcept;
  /// When it is over: one for each of the questions that were asked, in their order.
  [[nodiscard]] const std::vector<OcspFinding>& found() const noexcept { return found_; }

  /// False: it is over, and nobody will be called.
  [[nodiscard]] bool join(Waiter& waiter);
  /// From here on it is not called.
  void leave(Waiter& waiter) noexcept;
  /// For who has a thread: until it is over, or its deadline.
  void wait() noexcept;

 private:
  void finish(std::vector<OcspFinding> found) noexcept;

  const std::vector<Question> questions_;
  const std::shared_ptr<const ClientOcsp> how_;
  const Instant deadline_;
  const Fingerprint key_;
  mutable std::mutex mutex_;
  std::condition_variable over_;
  std::vector<OcspFinding> found_;  // not changed once it is over
  std::vector<Waiter*> waiters_;
  bool is_over_ = false;
};

/// Who has threads for inquiries.
class InquiryDesk {
 public:
  InquiryDesk() = default;
  InquiryDesk(const InquiryDesk&) = delete;
  InquiryDesk& operator=(const InquiryDesk&) = delete;
  virtual ~InquiryDesk() = default;

  /// Sees that it is run. Returns the one to wait for: another one, if the same is asked already;
  /// null: nobody can, run it yourself. Any thread.
  [[nodiscard]] virtual std::shared_ptr<Inquiry> submit(std::shared_ptr<Inquiry> inquiry) = 0;
};

}  // namespace tlsplus
