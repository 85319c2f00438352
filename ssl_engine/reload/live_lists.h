// SPDX-License-Identifier: Apache-2.0
//
// LiveLists: the revocation lists of a snapshot and their places on disk, in the parent: looks
// whether they were replaced, judges what is found, and says what is to come into force and what is
// to be told. And lists_record(), the form in which they reach the children.
#pragma once

#include <set>
#include <span>
#include <string>
#include <vector>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/base/clock.h"
#include "ssl_engine/base/result.h"
#include "ssl_engine/hosts/snapshot.h"
#include "ssl_engine/reload/watched_files.h"

namespace tlsplus {

/// Not thread safe.
class LiveLists {
 public:
  /// Watches the places of all lists of `snapshot`, which was made a moment ago.
  explicit LiveLists(const Snapshot& snapshot);

  struct Look {
    std::vector<RevocationListsPtr> replaced;
    std::vector<Error> taken;    // to be told once `replaced` is in force
    std::vector<Error> refused;  // to be told now; each thing once for each change
  };
  /// `in_force` is the snapshot before, renewed or not.
  Look look(const Snapshot& in_force, WallTime now);
  /// What the last look has given could not be put in force: the next one gives it again.
  void again(std::span<const RevocationListsPtr> lists);

  [[nodiscard]] bool empty() const noexcept { return slots_.empty(); }
  /// Places that do not have what is in force.
  [[nodiscard]] std::size_t refused() const noexcept;

 private:
  /// What is told of one place, and when.
  struct Place {
    std::uint32_t slot = 0;
    std::string refusal;  // of the last look
    bool is_refusal_told = false;
    bool is_in_trouble = false;
  };

  void judge(const Snapshot& in_force, WallTime now, const WatchedFiles::Changed& changed,
             Look& into);
  static void refuse(Place& place, const RevocationLists& lists, std::string refusal, Look& into);
  void tell_expired(const Snapshot& in_force, WallTime now, Look& into);

  WatchedFiles files_;
  std::vector<Place> slots_;       // by WatchedFiles::Id
  std::set<Fingerprint> expired_;  // lists in force of which it was told
};

/// The octets that say what is in force at one place.
std::string lists_record(const RevocationLists& lists);
/// What they say, with the objects of `before` (the same place's) where these are the same lists.
Result<RevocationListsPtr> read_lists_record(ByteView record, const RevocationLists& before);

}  // namespace tlsplus
