// SPDX-License-Identifier: Apache-2.0
//
// Setting, SettingList: a directive's value that remembers where it was written. Unset is a state
// of its own: no value means "unset", so that merge() can tell a default from a decision.
#pragma once

#include <cstddef>
#include <cstdint>
#include <tuple>
#include <utility>
#include <vector>

#include "ssl_engine/base/error.h"

namespace tlsplus {

/// One occurrence of a directive. Allocated once per line read, in the configuration's pool,
/// and pointed at by every value that the line set: a pointer is what 10,000 virtual hosts
/// can afford beside each value.
struct Origin {
  const char* directive = "";
  const char* file = "";
  int line = 0;

  [[nodiscard]] Where where() const { return {directive, file, line}; }
};

/// T must be default constructible and cheap to move; text is a std::string_view into the
/// configuration's memory, which outlives every Setting.
template <class T>
class Setting {
 public:
  using value_type = T;

  Setting() = default;
  /// `origin` must live as long as this setting and everything merged from it.
  Setting(T value, const Origin& origin) : value_(std::move(value)), origin_(&origin) {}

  [[nodiscard]] bool is_set() const noexcept { return origin_ != nullptr; }
  /// Precondition: is_set().
  const T& operator*() const noexcept { return value_; }
  const T* operator->() const noexcept { return &value_; }
  [[nodiscard]] T value_or(T fallback) const { return is_set() ? value_ : std::move(fallback); }
  /// Where it was written; an empty Where while unset.
  [[nodiscard]] Where where() const { return is_set() ? origin_->where() : Where{}; }
  [[nodiscard]] const Origin* origin() const noexcept { return origin_; }

  /// The virtual host's value if it has one, else the main server's, origin and all.
  static Setting merge(const Setting& parent, const Setting& child) {
    return child.is_set() ? child : parent;
  }

 private:
  T value_{};
  const Origin* origin_ = nullptr;
};

/// Values of a directive that may be repeated, each with its own line. What merging means
/// differs from directive to directive, so the rule is part of the type.
enum class ListMerge : std::uint8_t {
  append,       // the main server's, then the virtual host's
  replace,      // the virtual host's if it has any
  positional_3  // entry by entry for the first three, the virtual host's first
};

template <class T, ListMerge Rule>
class SettingList {
 public:
  struct Entry {
    T value{};
    const Origin* origin = nullptr;
    [[nodiscard]] Where where() const { return origin == nullptr ? Where{} : origin->where(); }
  };

  void add(T value, const Origin& origin) { entries_.push_back({std::move(value), &origin}); }
  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
  [[nodiscard]] const std::vector<Entry>& entries() const noexcept { return entries_; }

  static SettingList merge(const SettingList& parent, const SettingList& child) {
    if (Rule == ListMerge::replace) return child.empty() ? parent : child;
    SettingList merged = parent;
    if (Rule == ListMerge::append) {
      merged.entries_.insert(merged.entries_.end(), child.entries_.begin(), child.entries_.end());
      return merged;
    }
    constexpr std::size_t kPositions = 3;
    for (std::size_t i = 0; i < child.size(); ++i) {
      if (i < kPositions && i < merged.size()) {
        merged.entries_[i] = child.entries_[i];
      } else {
        merged.entries_.push_back(child.entries_[i]);
      }
    }
    return merged;
  }

 private:
  std::vector<Entry> entries_;
};

/// What an entry of T::fields() leads to; a table of more than pointers has one of its own.
template <class T, class Field>
constexpr auto member_of(Field T::*field) noexcept {
  return field;
}

/// Merges field by field over T::fields(), a tuple of pointers to members or of rows with one; a
/// field type says how through its own static merge(parent, child).
template <class T>
T merge_fields(const T& parent, const T& child) {
  T merged;
  const auto merge = [&](auto field) {
    auto& value = merged.*field;
    value = std::decay_t<decltype(value)>::merge(parent.*field, child.*field);
  };
  std::apply([&](const auto&... field) { (merge(member_of(field)), ...); }, T::fields());
  return merged;
}

}  // namespace tlsplus
