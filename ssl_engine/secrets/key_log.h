// SPDX-License-Identifier: Apache-2.0
//
// KeyLog, for SSLKEYLOGFILE: the secrets of connections in a file, so that a recording of them can
// be read (Wireshark). Whoever has the file can do that, so it is the owner's alone.
#pragma once

#include <string>
#include <string_view>

#include "ssl_engine/base/descriptor.h"
#include "ssl_engine/base/result.h"

namespace tlsplus {

class KeyLog {
 public:
  KeyLog() = default;

  /// Appends to `path` from now on. It is made with mode 0600, and one that is there gets it. The
  /// Error says what is in the way. For the parent: children keep what it has opened.
  Status open(const std::string& path);
  [[nodiscard]] bool is_open() const noexcept { return file_.is_open(); }

  /// Any thread of any process: lines stay whole. What cannot be written is lost.
  void write(std::string_view line) const noexcept;

 private:
  Descriptor file_;
};

}  // namespace tlsplus
