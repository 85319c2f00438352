// SPDX-License-Identifier: Apache-2.0
//
// Engine: the one mutable object of a server process, with what every connection shares: the
// current snapshot, the open certificates, where sessions are kept. Made once per generation of the
// configuration; the lifecycle hooks fill it before the fork, the threads of a child read it.
#pragma once

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "ssl_engine/base/clock.h"
#include "ssl_engine/base/places.h"
#include "ssl_engine/base/rate_limit.h"
#include "ssl_engine/certificates/certificate_cache.h"
#include "ssl_engine/connection/client_sessions.h"
#include "ssl_engine/connection/parked_handshakes.h"
#include "ssl_engine/connection/resumption.h"
#include "ssl_engine/connection/wait_slots.h"
#include "ssl_engine/hosts/snapshot.h"
#include "ssl_engine/hosts/vhost_index.h"
#include "ssl_engine/messages/paced_messages.h"
#include "ssl_engine/openssl/tls/queue_bio.h"
#include "ssl_engine/secrets/key_log.h"
#include "ssl_engine/trust/verified_chains.h"

namespace tlsplus {

class Engine {
 public:
  /// `clock` must outlive this.
  explicit Engine(const Clock& clock) : clock_(clock), bio_method_(make_queue_bio_method()) {}

  /// Null until the first publish(). Any thread; a connection keeps what it got.
  [[nodiscard]] std::shared_ptr<const Snapshot> snapshot() const {
    const std::scoped_lock lock(mutex_);
    return snapshot_;
  }
  void publish(std::shared_ptr<const Snapshot> next) {
    const std::scoped_lock lock(mutex_);
    snapshot_.swap(next);
  }

  // Written before the fork or in child_init, read-only afterwards.
  VhostIndex vhosts;
  std::vector<HostSessions> sessions;  // by Host::index; empty: no host resumes
  KeyLog key_log;                      // open if SSLKEYLOGFILE asks for it
  ParkedHandshakes* parked = nullptr;  // null: this MPM cannot wait without a thread
  OcspChecker* responders = nullptr;   // null: no host asks about its clients
  InquiryDesk* inquiries = nullptr;    // null: whoever has a question asks himself
  Places in_doubt;                     // for clients that wait for inquiries in the MPM
  WaitSlots asking;                    // for clients that are asked again
  // A scanner fails as often as it likes; a line that explains it is long and takes its time.
  static constexpr unsigned kExplanationsPerSecond = 5;
  RateLimit explanations{kExplanationsPerSecond};
  PacedMessages messages;          // of what peers cause
  CertificateCache certificates;   // of this process; of whichever snapshot
  ClientSessions client_sessions;  // of this process, with backends
  VerifiedChains verified_chains;  // likewise

  [[nodiscard]] HostSessions sessions_of(const Host& host) const noexcept {
    return host.index < sessions.size() ? sessions[host.index] : HostSessions{};
  }
  [[nodiscard]] const Clock& clock() const noexcept { return clock_; }
  /// Null only if there was no memory for it.
  [[nodiscard]] BIO_METHOD* bio_method() const noexcept { return bio_method_.get(); }

 private:
  const Clock& clock_;
  BioMethod bio_method_;
  mutable std::mutex mutex_;  // guards snapshot_ alone
  std::shared_ptr<const Snapshot> snapshot_;
};

}  // namespace tlsplus
