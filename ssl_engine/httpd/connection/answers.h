// SPDX-License-Identifier: Apache-2.0
//
// Answers: the answers that leave through one connection, one after the other, and whether it may
// end with close_notify after them.
//
// A cut answer must not look whole (RFC 9112 8), and a client may have to be spared the
// close_notify. Both are known of a request; the connection is closed when its requests are gone.
// So what holds for one answer lives and dies with its request, and what is left of it is decided
// here. Requests of HTTP/2 streams run in other threads and never come here: the connection that
// they share is not theirs to end.
#pragma once

#include <optional>
#include <string>

#include "ssl_engine/httpd/apache/apache.h"

namespace tlsplus {

/// How a request wants the connection to say goodbye.
enum class Farewell : std::uint8_t {
  standard,  // send close_notify, do not wait for the peer's
  unclean,   // send nothing
  accurate   // send close_notify and wait
};

class Answers;

/// The answer to one request, as far as it came. In the request's pool; the last one begun is the
/// one that the connection is at, until its end or the request's.
class Answer {
 public:
  Answer(Answers& all, const request_rec& request, Farewell wish) noexcept;
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;
  ~Answer();

 private:
  friend class Answers;
  Answers& all_;
  const request_rec& request_;
  const Farewell wish_;
  bool head_is_due_ = true;  // nothing was written yet
  bool has_end_ = false;     // an EOS came
};

/// Belongs to the connection's thread.
class Answers {
 public:
  Answers() = default;
  Answers(const Answers&) = delete;
  Answers& operator=(const Answers&) = delete;

  /// True while the connection is at one.
  [[nodiscard]] bool are_given() const noexcept { return current_ != nullptr; }
  /// Once for each answer: true if what is written now is its beginning.
  bool begins_now() noexcept;
  /// EOS: the answer's end is here.
  void come_to_end() noexcept;
  /// The answer's end is not known otherwise: a backend broke off in the middle of it (mod_proxy).
  void cut() noexcept { is_cut_ = true; }
  /// EOR: the request ends here. Why its answer is not whole, empty if it is. What fails in a
  /// filter above ours, such as a program's time that is over, ends as if all were well, only
  /// without an EOS.
  [[nodiscard]] std::string finish();

  /// False: the connection ends without close_notify.
  [[nodiscard]] bool allow_close_notify() const noexcept {
    return !is_cut_ && farewell_ != Farewell::unclean;
  }

 private:
  friend class Answer;
  void begin(Answer& answer) noexcept;

  Answer* current_ = nullptr;
  std::optional<Farewell> farewell_;  // the wish of the first request
  bool is_cut_ = false;               // the answer that came last
};

}  // namespace tlsplus
