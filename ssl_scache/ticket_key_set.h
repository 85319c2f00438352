// SPDX-License-Identifier: Apache-2.0
//
// TicketKeySet: ticket keys that come from outside (files, a cluster's secret): a list whose first
// key seals and all of whose keys open. The parent, which may read the files, publishes a list; the
// children see it at their next handshake. A list is replaced as a whole, never half.
//
// Two banks of slots and a word that says which one counts: the writer fills the other bank and
// flips the word. A reader that was asleep for two publications finds checksums that do not fit,
// or a key of the new list; both are right.
#pragma once

#include <memory>
#include <span>

#include "ssl_engine/base/result.h"
#include "ssl_scache/ticket_keys.h"

namespace tlsplus {

class TicketKeySet final : public TicketKeys {
 public:
  static constexpr std::size_t kMaximumKeys = 32;

  /// What create() wants, a multiple of a cache line.
  static std::size_t bytes() noexcept;
  /// An empty set in `memory`, which must be bytes() long, aligned to a cache line, shared with the
  /// children and outlive the set, as must the others.
  static Result<std::unique_ptr<TicketKeySet>> create(MutableByteView memory,
                                                      const TicketCipher& cipher,
                                                      TicketCounters& counters);

  /// In the parent only. At most kMaximumKeys; what is beyond is ignored. `quiet_name`: tickets
  /// under this key are not renewed though it is not the first (a node that is an hour ahead).
  void publish(std::span<const TicketKey> keys, const TicketKeyName* quiet_name = nullptr) noexcept;

  [[nodiscard]] std::optional<TicketKey> newest() noexcept override;
  [[nodiscard]] std::optional<Found> find(const TicketKeyName& name) noexcept override;
  /// In the parent, which published: false if the list was written over since. The children take
  /// no key from it then; publish it again.
  [[nodiscard]] bool is_whole() const noexcept;
  /// Keys in the list now.
  [[nodiscard]] std::size_t size() const noexcept;

 private:
  struct Layout;
  TicketKeySet(Layout& layout, const TicketCipher& cipher, TicketCounters& counters) noexcept;

  Layout& layout_;
  std::uint64_t published_ = 0;  // as the parent knows them
  std::size_t count_ = 0;
};

}  // namespace tlsplus
