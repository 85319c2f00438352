// SPDX-License-Identifier: Apache-2.0
//
// at_boundary(), sealed(): where C++ meets C. Every function that a C library calls runs its body
// inside the first, and is registered through the second, which takes noexcept functions only:
// forgetting either does not compile or does not pass review. The fallback is the safe answer
// (close, refuse, miss), never the convenient one.
#pragma once

#include <exception>
#include <utility>

#include "ssl_engine/base/log.h"

namespace tlsplus {

/// Runs `body`. Whatever is thrown ends here, is logged once, and becomes `fallback`.
template <class R, class Body>
R at_boundary(LogSink& log, const char* entry, R fallback, Body&& body) noexcept {
  try {
    return std::forward<Body>(body)();
  } catch (const std::exception& e) {
    log.critical(entry, e.what());
  } catch (...) {
    log.critical(entry, "unknown exception");
  }
  return fallback;
}

/// The same for callbacks that return nothing.
template <class Body>
void at_boundary(LogSink& log, const char* entry, Body&& body) noexcept {
  at_boundary(log, entry, 0, [&] {
    std::forward<Body>(body)();
    return 0;
  });
}

/// Accepts noexcept functions only: registering one that may throw does not compile.
template <class R, class... Args>
constexpr auto sealed(R (*entry)(Args...) noexcept) -> R (*)(Args...) {
  return entry;
}

}  // namespace tlsplus
