// SPDX-License-Identifier: Apache-2.0
//
// QueueBio: what OpenSSL believes to be the network: records to read come from a view that somebody
// else keeps alive, records to write go to a ByteQueue. It never blocks and never calls upwards:
// when the view is used up, a read says "retry" (BIO_should_retry(3)).
#pragma once

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/openssl/handles.h"

namespace tlsplus {

/// One BIO for both directions of one connection. The object must not move while the BIO
/// lives. Belongs to the connection's thread.
class QueueBio {
 public:
  QueueBio() = default;
  QueueBio(const QueueBio&) = delete;
  QueueBio& operator=(const QueueBio&) = delete;
  ~QueueBio() = default;

  /// A new BIO over this object, or null without memory. `owner` is for owner_of().
  Bio open(BIO_METHOD& method, void* owner);
  /// What open() was given, from the SSL alone: OpenSSL's callbacks have nothing else, its
  /// application data belongs to other modules, and an ex_data index would leak at each reload.
  static void* owner_of(const SSL& ssl) noexcept;

  /// The bytes the next reads see; what was left of an earlier view is forgotten, so feed only
  /// when unread() is empty. The memory must live until it is read or replaced.
  void feed(ByteView records) noexcept { in_ = records; }
  [[nodiscard]] ByteView unread() const noexcept { return in_; }
  /// Between the two a read finds nothing, whatever there is.
  void hold() noexcept { held_ = true; }
  void release() noexcept { held_ = false; }
  /// From now on an empty view reads as the end of the stream.
  void end_input() noexcept { ended_ = true; }
  [[nodiscard]] bool input_ended() const noexcept { return ended_; }

  ByteQueue& out() noexcept { return out_; }

 private:
  friend struct QueueBioCallbacks;

  ByteView in_;
  ByteQueue out_;
  void* owner_ = nullptr;
  bool ended_ = false;
  bool held_ = false;
};

/// The method table of such BIOs; one per process is enough. Must outlive the BIOs.
using BioMethod = Handle<BIO_METHOD, BIO_meth_free>;
/// Null without memory.
BioMethod make_queue_bio_method();

}  // namespace tlsplus
