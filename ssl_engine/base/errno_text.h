// SPDX-License-Identifier: Apache-2.0
//
// errno_text(): what the system calls an errno, in the one way that any thread may ask.
#pragma once

#include <array>
#include <cstring>
#include <string>

namespace tlsplus {

inline std::string errno_text(int number) {
  std::array<char, 128> words{};
  return strerror_r(number, words.data(), words.size());  // GNU's: need not be in the array
}

}  // namespace tlsplus
