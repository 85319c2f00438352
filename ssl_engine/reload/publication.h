// SPDX-License-Identifier: Apache-2.0
//
// Publication: what one process, the parent, makes known to the children it has and those it will
// have: a number of slots, each with octets in it, all of them exchanged at once. It lies in memory
// of the kernel's (memfd_create(2)) that the parent alone may write. A child asks by one atomic
// read whether there is anything new, and copies what it wants; it maps nothing that may change
// under it, and believes neither a number nor a length that it has not checked.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/base/descriptor.h"
#include "ssl_engine/base/result.h"
#include "ssl_engine/openssl/x509/x509.h"

namespace tlsplus {

/// Writing is one thread's; reading any thread's of any process that was forked since make().
class Publication {
 public:
  using Slot = std::uint32_t;
  /// Grows with each publish().
  using Generation = std::uint64_t;

  struct Update {
    Slot slot;
    ByteView content;
  };
  struct Record {
    Slot slot;
    Generation since;  // when it was written
    Bytes content;
  };
  struct Edition {
    Generation generation = 0;
    std::vector<Record> records;
  };

  /// `name` is for whoever looks into /proc; `slots` are counted from 0.
  static Result<Publication> make(const char* name, Slot slots);
  Publication(Publication&& other) noexcept;
  Publication& operator=(Publication&& other) noexcept;
  Publication(const Publication&) = delete;
  Publication& operator=(const Publication&) = delete;
  ~Publication();

  /// In a child: gives up writing. What was not inherited by mistake cannot be misused.
  void close_writer() noexcept { writer_.reset(); }

  /// Puts all of these in force in one step, beside what is in the other slots. An Error leaves
  /// everything as it was.
  Status publish(std::span<const Update> updates);

  /// Differs from what it was before if there was a publish() in between; 0 before the first. One
  /// atomic read.
  [[nodiscard]] std::uint64_t mark() const noexcept;
  /// The slots that were written after `known`, as of now. An Error if what is there cannot be
  /// right, or never stands still.
  [[nodiscard]] Result<Edition> read(Generation known) const;

  /// Numbers that the parent shows beside: written and read one by one, at any time.
  static constexpr std::size_t kFigures = 8;
  void show(std::size_t figure, std::uint64_t value) noexcept;
  [[nodiscard]] std::uint64_t figure(std::size_t figure) const noexcept;

  /// Octets of memory that it holds.
  [[nodiscard]] std::uint64_t bytes_held() const noexcept;

  static constexpr std::uint64_t kMostRecordBytes = 1ULL << 30U;

 private:
  struct Head;
  struct Entry {
    std::uint64_t place = 0;  // of its octets in the file; 0: none yet
    std::uint64_t bytes = 0;
    Generation since = 0;
    Fingerprint digest{};
    std::uint64_t slot = 0;
  };
  struct TableHead;
  struct Table {
    Generation generation = 0;
    std::vector<Entry> entries;  // of the slots in which there is anything, in their order

    [[nodiscard]] Entry& at(Slot slot);
  };

  Publication() = default;
  void swap(Publication& other) noexcept;
  [[nodiscard]] bool append(ByteView content, std::uint64_t& place) noexcept;
  void give_back(std::uint64_t place, std::uint64_t bytes) noexcept;
  [[nodiscard]] Result<Table> read_table(std::uint64_t place) const;
  [[nodiscard]] std::optional<Edition> try_read(std::uint64_t place, Generation known,
                                                Error& why) const;

  Descriptor writer_;
  Descriptor reader_;
  Head* head_ = nullptr;             // for the writer; not inherited over a fork
  const Head* seen_head_ = nullptr;  // for readers
  Slot slots_ = 0;
  // The writer's.
  Table table_;
  std::uint64_t end_ = 0;
};

}  // namespace tlsplus
