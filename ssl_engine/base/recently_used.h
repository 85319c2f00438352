// SPDX-License-Identifier: Apache-2.0
//
// RecentlyUsed: a map of at most so many entries; when one more comes, that goes which was longest
// not asked for. Takes no lock: its owner does, and what leaves the map goes to a list of the
// owner's, so that it can end after the lock.
#pragma once

#include <cstddef>
#include <functional>
#include <iterator>
#include <list>
#include <unordered_map>
#include <utility>

namespace tlsplus {

template <class Key, class Value, class Hash = std::hash<Key>>
class RecentlyUsed {
 public:
  struct Entry {
    Key key;
    Value value;
  };
  using Gone = std::list<Entry>;

  explicit RecentlyUsed(std::size_t most) noexcept : most_(most) {}
  RecentlyUsed(const RecentlyUsed&) = delete;
  RecentlyUsed& operator=(const RecentlyUsed&) = delete;
  ~RecentlyUsed() = default;

  /// Null: there is none. Good until the next call that adds or removes.
  Value* find(const Key& key) {
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return &found->second->value;
  }
  /// The one of `key`, made empty if there is none.
  Value& at(const Key& key, Gone& gone) {
    if (Value* const known = find(key)) return *known;
    entries_.push_front({key, Value{}});
    by_key_.emplace(key, entries_.begin());
    if (entries_.size() > most_) remove(Key(entries_.back().key), gone);
    return entries_.front().value;
  }
  void remove(const Key& key, Gone& gone) {
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return;
    gone.splice(gone.begin(), entries_, found->second);
    by_key_.erase(found);
  }
  /// Those of whose values `is_over` says so.
  template <class IsOver>
  void erase_if(const IsOver& is_over, Gone& gone) {
    for (auto entry = entries_.begin(); entry != entries_.end();) {
      const auto next = std::next(entry);
      if (is_over(entry->value)) {
        by_key_.erase(entry->key);
        gone.splice(gone.begin(), entries_, entry);
      }
      entry = next;
    }
  }
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

 private:
  std::size_t most_;
  Gone entries_;  // the one asked for last is at the front
  std::unordered_map<Key, typename Gone::iterator, Hash> by_key_;
};

}  // namespace tlsplus
