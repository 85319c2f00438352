// SPDX-License-Identifier: Apache-2.0
//
// OurConnection: what hangs in the slot that our module has in a conn_rec: a connection from a
// client, or one to a backend. Which of them it is, only those ask who can do nothing with the
// other.
#pragma once

#include <cstdint>

#include "ssl_engine/httpd/apache/apache.h"
#include "ssl_engine/request/variables.h"

namespace tlsplus {

class OurConnection {
 public:
  enum class Direction : std::uint8_t { incoming, outgoing };

  explicit OurConnection(Direction direction) noexcept : direction_(direction) {}
  OurConnection(const OurConnection&) = delete;
  OurConnection& operator=(const OurConnection&) = delete;
  virtual ~OurConnection() = default;

  [[nodiscard]] Direction direction() const noexcept { return direction_; }
  /// What the variables show; null: nothing is known yet, or it speaks plain HTTP.
  [[nodiscard]] virtual const TlsView* view() const noexcept = 0;
  /// True from the first byte on, unless it turned out to be plain HTTP.
  [[nodiscard]] virtual bool speaks_tls() const noexcept = 0;

 private:
  Direction direction_;
};

/// Of `connection`, or of the primary connection it belongs to; null if it is none of ours.
OurConnection* our_connection(const conn_rec& connection) noexcept;
/// From now on it is `ours`.
void attach(conn_rec& connection, OurConnection& ours) noexcept;

}  // namespace tlsplus
