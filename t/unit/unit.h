// SPDX-License-Identifier: Apache-2.0
//
// What every unit test includes instead of <check.h>. Check defines a macro `fail`, which breaks
// <ios> and everything that includes it: so the C++ headers come first, and the macro goes.
// Output is TAP, so that prove runs unit and behaviour tests alike.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "ssl_engine/base/clock.h"
#include "ssl_engine/base/log.h"

// clang-format off
#include <check.h>
// clang-format on
#undef fail

namespace tlsplus::test {

/// Runs `suite` and returns main()'s exit status: 0 if every test passed, and there was one
/// (CK_RUN_CASE may name none). Takes the suite over. TAP goes to standard output. Each test runs
/// in its own process, unless the environment says CK_FORK=no (a debugger, a sanitizer);
/// CK_RUN_CASE picks one test case.
inline int run_suite(Suite* suite) {
  const std::unique_ptr<SRunner, decltype(&srunner_free)> runner(srunner_create(suite),
                                                                 &srunner_free);
  srunner_set_tap(runner.get(), "-");
  srunner_run_all(runner.get(), CK_SILENT);
  return srunner_ntests_run(runner.get()) > 0 && srunner_ntests_failed(runner.get()) == 0
             ? EXIT_SUCCESS
             : EXIT_FAILURE;
}

/// Equality of texts. Not ck_assert_str_eq(): that keeps pointers beyond the life of a temporary
/// std::string.
inline void expect_text(std::string_view actual, std::string_view expected) {
  ck_assert_msg(actual == expected, "\"%s\" instead of \"%s\"", std::string(actual).c_str(),
                std::string(expected).c_str());
}

inline void expect_part(std::string_view text, std::string_view part) {
  ck_assert_msg(text.find(part) != std::string_view::npos, "\"%s\" is not in \"%s\"",
                std::string(part).c_str(), std::string(text).c_str());
}

/// Waits until `is_so()`; the test ends here if that takes longer than anything but a fault can.
template <class Condition>
void wait_until(Condition is_so) {
  const auto begun = std::chrono::steady_clock::now();
  while (!is_so()) {
    ck_assert_msg(std::chrono::steady_clock::now() - begun < std::chrono::seconds(20),
                  "what was waited for has not come");
    std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
}

/// A sink that remembers, for asserting on what was logged.
class MemoryLog final : public LogSink {
 public:
  struct Line {
    Level level;
    std::string text;
  };

  explicit MemoryLog(Level most_verbose = Level::trace8) : most_verbose_(most_verbose) {}
  [[nodiscard]] bool enabled(Level level) const noexcept override { return level <= most_verbose_; }
  void write(Level level, std::string_view line) noexcept override {
    if (enabled(level)) lines_.push_back({level, std::string(line)});
  }
  [[nodiscard]] const std::vector<Line>& lines() const { return lines_; }
  [[nodiscard]] bool contains(std::string_view part) const {
    for (const Line& line : lines_) {
      if (line.text.find(part) != std::string::npos) return true;
    }
    return false;
  }

 private:
  Level most_verbose_;
  std::vector<Line> lines_;
};

/// Time that moves only when it is told to. Starts at 2026-01-01 00:00:00 UTC.
class FakeClock final : public Clock {
 public:
  [[nodiscard]] WallTime wall() const noexcept override { return wall_; }
  [[nodiscard]] Instant steady() const noexcept override { return steady_; }
  void advance(std::chrono::seconds by) {
    wall_ += by;
    steady_ += by;
  }
  void set_wall(WallTime to) { wall_ = to; }

 private:
  WallTime wall_{std::chrono::seconds{1767225600}};
  Instant steady_{};
};

}  // namespace tlsplus::test
