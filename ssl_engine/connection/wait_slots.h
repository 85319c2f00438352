// SPDX-License-Identifier: Apache-2.0
//
// WaitSlots: the clients of one process that were asked again and have not answered yet. Each
// holds a thread, so not all threads may wait like this; and clients that never answer must not
// keep out those that would. So whoever comes is waited for, and when there are no places left
// somebody goes who is waited for already: of the address that holds most of them, the one that
// has waited longest.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <mutex>
#include <string>

#include "ssl_engine/base/clock.h"

namespace tlsplus {

/// The mutex guards the list and what hangs in it, never while anything waits. The limit is set
/// before there are threads.
class WaitSlots {
  struct Client {
    std::string network;
    Instant since;
    std::function<void()> wake;
    bool let_go = false;
  };
  using Clients = std::list<Client>;  // in the order in which they came

 public:
  /// A client is waited for as long as this lives.
  class Place {
   public:
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place();
    /// The client made room for another. From then on its own thread has it to itself again.
    [[nodiscard]] bool was_let_go() const noexcept;

   private:
    friend class WaitSlots;
    Place(WaitSlots& owner, Clients::iterator client) noexcept : owner_(owner), client_(client) {}
    WaitSlots& owner_;
    Clients::iterator client_;
  };

  /// Three quarters of the threads, at least one and not all: with half of them the MPM sees so
  /// many idle ones that it starts no other process. A process with one thread serves one client
  /// anyway: no limit.
  void share_threads(std::size_t threads) noexcept;
  [[nodiscard]] std::size_t most() const noexcept { return most_; }

  /// Always finds a place.
  ///
  /// network   of the client, see network_of()
  /// patience  how long a client is waited for while there are places enough. When more than half
  ///           are taken, those of a network that has several are let go sooner: at the last place
  ///           after a small part of it
  /// wake      ends the waiting for this client. Called at most once, from any thread, while the
  ///           place lives; must not block nor call back
  [[nodiscard]] Place take(std::string network, Instant now, Instant::duration patience,
                           std::function<void()> wake);

 private:
  void leave(Clients::iterator client) noexcept;
  [[nodiscard]] Instant::duration shortened(Instant::duration patience) const noexcept;
  void let_go_overdue(Instant now, Instant::duration patience);
  void let_one_go();
  void let_go(Clients::iterator client);

  std::size_t most_ = 0;  // 0: no limit
  mutable std::mutex mutex_;
  Clients waiting_;
  Clients leaving_;  // let go, and not gone yet
};

}  // namespace tlsplus
