// SPDX-License-Identifier: Apache-2.0
//
// HandshakeWait: how long one connection is waited for before its first request, and who waits for
// it: the MPM, without a thread, or the worker.
//
// There are two spans: the handshake's, from the connection's first moment, and the silence after
// it. Neither is made longer by a byte now and then. The time for which a client has to wait for
// others (an Inquiry) is not its own, and stops the handshake's. While the MPM waits, the child's
// list of such connections (ParkedHandshakes) looks to the deadline and may give one up to make
// room.
#pragma once

#include <chrono>
#include <memory>

#include "ssl_engine/connection/engine.h"
#include "ssl_engine/connection/parked_handshakes.h"
#include "ssl_engine/httpd/connection/doorbell.h"
#include "ssl_engine/httpd/connection/transport.h"
#include "ssl_engine/trust/inquiry.h"

namespace tlsplus {

/// Belongs to the connection's thread, but for what the list does with it.
class HandshakeWait final : public ParkedHandshake, private Inquiry::Waiter {
 public:
  /// The handshake has `time` from now on. All must outlive it.
  HandshakeWait(conn_rec& connection, Engine& engine, Transport& transport,
                std::chrono::milliseconds time) noexcept;
  ~HandshakeWait() override;

  [[nodiscard]] Instant deadline() const noexcept;
  [[nodiscard]] bool is_over() const noexcept;

  /// True if the MPM can wait for the client without a thread.
  [[nodiscard]] bool may_use_mpm() const noexcept;
  /// Before it does: what for, to read or to write.
  void leave_to_mpm(bool to_write) noexcept { waits_to_write_ = to_write; }
  /// Off the list. Whenever the MPM is back, and where it may not come back any more.
  void unpark() noexcept;

  enum class Await : std::uint8_t {
    mpm,       // leave the connection to the MPM, to read
    over,      // it is over already
    no_place,  // too many wait
  };
  /// The MPM comes back when `inquiry` is over.
  [[nodiscard]] Await await(std::shared_ptr<Inquiry> inquiry);
  /// It is back.
  void end_await() noexcept;

  /// The handshake is complete; the first request has `time` from now on, in the MPM.
  void begin_silence(std::chrono::seconds time) noexcept;
  /// The MPM is back.
  void end_silence() noexcept { awaits_request_ = false; }
  /// True in between.
  [[nodiscard]] bool awaits_request() const noexcept { return awaits_request_; }

  /// A worker may wait a moment for a client nearby, once in a connection: true the first time.
  bool take_moment() noexcept;

  /// Nobody polls any more in this child: the worker waits, to the connection's end.
  void stay_with_worker() noexcept { stays_with_worker_ = true; }
  [[nodiscard]] bool stays_with_worker() const noexcept { return stays_with_worker_; }

 private:
  void on_answer() noexcept override { doorbell_.ring(); }
  // The MPM polls for one of them only.
  void wake() noexcept override {
    if (doorbell_.is_up()) {
      doorbell_.ring();
    } else if (waits_to_write_) {
      transport_.stop();
    } else {
      transport_.stop_reading();
    }
  }

  conn_rec& connection_;
  Engine& engine_;
  Transport& transport_;
  Instant deadline_;
  Doorbell doorbell_;
  std::shared_ptr<Inquiry> inquiry_;  // while it is waited for
  Instant inquired_;                  // since when
  bool awaits_request_ = false;
  bool has_had_moment_ = false;
  bool stays_with_worker_ = false;
  bool waits_to_write_ = false;  // set before the list has it, which orders it
};

}  // namespace tlsplus
