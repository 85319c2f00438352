// SPDX-License-Identifier: Apache-2.0
//
// SealedCache: a cache that others can reach (a network, a file, another program's memory), seen by
// one virtual host: whoever writes there without the key makes no session, and whoever reads there
// reads none. An entry that does not open is a miss.
//
// In front of each entry stands the name of its key, as in a session ticket.
#pragma once

#include <memory>

#include "ssl_scache/session_cache.h"
#include "ssl_scache/ticket_keys.h"

namespace tlsplus {

class SealedCache final : public SessionCache {
 public:
  /// Under the newest of `keys`, which must outlive this, as must `behind`.
  SealedCache(SessionCache& behind, TicketKeys& keys) noexcept : behind_(behind), keys_(&keys) {}
  /// Under one key.
  SealedCache(SessionCache& behind, const TicketKey& key) : behind_(behind), key_(key) {}

  [[nodiscard]] std::string_view name() const noexcept override { return behind_.name(); }
  void store(ByteView id, ByteView der, WallTime expires) noexcept override;
  [[nodiscard]] std::optional<Bytes> retrieve(ByteView id) noexcept override;
  void count_refused() noexcept override { behind_.count_refused(); }
  void remove(ByteView id) noexcept override { behind_.remove(id); }
  [[nodiscard]] SessionCacheStatistics statistics() const noexcept override {
    return behind_.statistics();
  }

 private:
  [[nodiscard]] std::optional<TicketKey> newest() noexcept;
  [[nodiscard]] std::optional<TicketKey> find(ByteView name) noexcept;

  SessionCache& behind_;
  TicketKeys* keys_ = nullptr;
  TicketKey key_;
};

/// The key that all who hold this private key make of it; nothing if it does not show itself.
std::optional<TicketKey> cache_key_of(EVP_PKEY& private_key);

}  // namespace tlsplus
