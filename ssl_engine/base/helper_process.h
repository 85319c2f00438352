// SPDX-License-Identifier: Apache-2.0
//
// HelperProcess: work that must not happen in the server's parent process, done in a copy of it:
// what the work loads, locks or breaks ends with the copy, and a copy that hangs is ended. The two
// exchange messages over a Channel.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/base/child.h"
#include "ssl_engine/base/descriptor.h"
#include "ssl_engine/base/result.h"
#include "ssl_engine/base/secret.h"

namespace tlsplus {

/// Whole messages in both directions, in order; at most kMostBytes each.
class Channel {
 public:
  static constexpr std::size_t kMostBytes = 64U << 10U;

  struct Message {
    char kind = 0;  // what it is about; the two sides' own agreement
    SecretBytes body;
  };
  enum class Silence : std::uint8_t { closed, late };
  /// A message, or why there is none.
  struct Received {
    std::optional<Message> message;
    Silence silence = Silence::closed;
  };

  explicit Channel(Descriptor end) noexcept : end_(std::move(end)) {}

  /// False: too large, or nobody is there any more.
  bool send(char kind, ByteView body) noexcept;
  Received receive(std::chrono::milliseconds limit);

 private:
  Descriptor end_;
};

/// The account a helper runs under, when the server's parent is root's.
struct RunAs {
  std::string user;
  uid_t uid = 0;
  gid_t gid = 0;
};

/// Started by start(), ended by the destructor. Only for a process without other threads: the copy
/// has none but the one that called.
class HelperProcess {
 public:
  /// `work` runs in the copy, which ends with it: no destructor of the server's runs there, nothing
  /// is flushed. `as`: the account to change to first, and nothing happens if that fails. Error: no
  /// process.
  static Result<std::unique_ptr<HelperProcess>> start(const std::optional<RunAs>& as,
                                                      const std::function<void(Channel&)>& work);
  HelperProcess(const HelperProcess&) = delete;
  HelperProcess& operator=(const HelperProcess&) = delete;
  ~HelperProcess();

  Channel& channel() noexcept { return channel_; }
  /// After Silence::closed: how it came to its end, for a message: "ended by signal 11".
  std::string how_it_ended();
  /// From now on somebody else waits for it; the destructor does nothing.
  void let_go() noexcept { has_ended_ = true; }

 private:
  HelperProcess(pid_t process, Descriptor end) : process_(process), channel_(std::move(end)) {}

  pid_t process_;
  bool has_ended_ = false;
  Channel channel_;
};

}  // namespace tlsplus
