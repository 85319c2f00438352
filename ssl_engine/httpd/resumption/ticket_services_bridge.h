// SPDX-License-Identifier: Apache-2.0
//
// TicketServices: all ticket keys of a generation: the ring that renews itself, and for virtual
// hosts that name files or a shared secret, the sets made from those. Belongs to SessionServices
// and has its order of calls: read(), open(), then tick() in the parent while children ask
// keys_of().
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ssl_engine/base/clock.h"
#include "ssl_engine/base/log.h"
#include "ssl_engine/hosts/build_input.h"
#include "ssl_engine/httpd/apache/apache.h"
#include "ssl_engine/messages/diagnostics.h"
#include "ssl_scache/ticket_key_set.h"
#include "ssl_scache/ticket_key_source.h"
#include "ssl_scache/ticket_ring.h"

namespace tlsplus {

class TicketServices {
 public:
  /// Both must outlive this.
  TicketServices(const Clock& clock, LogSink& log) noexcept : clock_(clock), log_(log) {}

  /// Reads the files that `hosts` name; opens nothing else. All findings. `seals_cache`: the keys
  /// are good for something without tickets, too.
  std::vector<Finding> read(std::span<const HostInput> hosts, bool seals_cache);
  /// Shared memory, ring, first publication. `rotate_every` and `lifetime` are the ring's.
  Status open(apr_pool_t& pconf, server_rec& server, std::chrono::seconds rotate_every,
              std::chrono::seconds lifetime);
  /// The parent, every few seconds.
  void tick() noexcept;

  /// Those of `host` come from files or a secret.
  [[nodiscard]] bool has_own_keys(std::uint32_t host) const noexcept {
    return host < source_of_host_.size() && source_of_host_[host] != nullptr;
  }
  /// Null before open().
  [[nodiscard]] TicketKeys* keys_of(std::uint32_t host) noexcept;
  [[nodiscard]] TicketKeys* ring_keys() noexcept { return ring_.get(); }
  [[nodiscard]] const TicketRing* ring() const noexcept { return ring_.get(); }

 private:
  /// One list of files, or one secret, however many hosts name it.
  struct Source {
    std::string identity;
    std::string first_host;  // for messages
    TicketKeySource files;
    TicketKeySource::Loaded loaded;  // until open() has published it
    std::unique_ptr<TicketKeySet> keys;
  };

  Source& source_of(const HostInput& host, std::vector<Finding>& findings);
  void refresh(Source& source);

  const Clock& clock_;
  LogSink& log_;
  std::optional<TicketCipher> cipher_;
  std::unique_ptr<TicketRing> ring_;
  std::vector<std::unique_ptr<Source>> sources_;
  std::vector<Source*> source_of_host_;  // by index; null: the ring
};

}  // namespace tlsplus
