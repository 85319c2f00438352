// SPDX-License-Identifier: Apache-2.0
//
// Result<T>: a value or the Error that stands in its place; Status is the same with nothing to
// return. Both are passed up with a plain line:
//   if (!parsed) return std::move(parsed).error();
#pragma once

#include <optional>
#include <utility>
#include <variant>

#include "ssl_engine/base/error.h"

namespace tlsplus {

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : held_(std::in_place_index<0>, std::move(value)) {}      // NOLINT(*-explicit-*)
  Result(Error error) : held_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(*-explicit-*)

  explicit operator bool() const noexcept { return held_.index() == 0; }

  // Precondition of the four: operator bool() says there is a value.
  T& operator*() & noexcept { return *std::get_if<0>(&held_); }
  const T& operator*() const& noexcept { return *std::get_if<0>(&held_); }
  T&& operator*() && noexcept { return std::move(*std::get_if<0>(&held_)); }
  T* operator->() noexcept { return std::get_if<0>(&held_); }
  const T* operator->() const noexcept { return std::get_if<0>(&held_); }

  // Precondition: operator bool() is false.
  const Error& error() const& noexcept { return *std::get_if<1>(&held_); }
  Error&& error() && noexcept { return std::move(*std::get_if<1>(&held_)); }

 private:
  std::variant<T, Error> held_;
};

class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Error error) : error_(std::move(error)) {}  // NOLINT(*-explicit-*)

  explicit operator bool() const noexcept { return !error_.has_value(); }
  const Error& error() const& noexcept { return *error_; }
  Error&& error() && noexcept { return std::move(*error_); }

 private:
  std::optional<Error> error_;
};

}  // namespace tlsplus
