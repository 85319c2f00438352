// SPDX-License-Identifier: Apache-2.0
//
// StapleFiles: OCSP responses on disk, so that a server that starts while a responder is down
// staples at its first handshake. One file for each certificate, named by the hexadecimal SHA-256
// of the certificate, with the response as it came (DER, as `openssl ocsp -respin` reads it). Its
// time of modification is the moment after which it is of no use to anybody. What is read here is
// judged like an answer from the network.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/base/clock.h"
#include "ssl_engine/base/descriptor.h"
#include "ssl_engine/base/result.h"
#include "ssl_engine/openssl/x509/x509.h"

namespace tlsplus {

/// The folder is opened once, by whoever may; its files are then reached through it, by processes
/// that could not name it (another root, other rights above it).
class StapleFiles {
 public:
  /// Keeps nothing and finds nothing.
  StapleFiles() = default;
  /// Makes `folder` if only its last part is missing, for its owner alone.
  static Result<StapleFiles> open(const std::string& folder);

  [[nodiscard]] bool is_open() const noexcept { return folder_.is_open(); }
  /// By root, before there are children: has their user write there. A folder is given to it only
  /// if it is root's, stands at `folder` itself, and holds nothing but responses: a link may lead
  /// anywhere, and what belongs to somebody else is for him to give. The Error: they cannot write.
  [[nodiscard]] Status give_to(uid_t user, gid_t group) const;

  /// At most `most` octets of a regular file; nothing otherwise.
  [[nodiscard]] std::optional<Bytes> load(const Fingerprint& about, std::size_t most) const;
  /// The file has the whole of it or what it had before, whatever happens meanwhile. Not open: no
  /// failure.
  Status store(const Fingerprint& about, ByteView response, WallTime useful_until) const;
  /// Removes what is of no use any more and what an interrupted store() has left; `is_needed` says
  /// which certificates are still ours. Other files are left alone.
  void tidy(const std::function<bool(const Fingerprint&)>& is_needed, WallTime now) const;

 private:
  [[nodiscard]] bool holds_responses_alone() const;
  StapleFiles(Descriptor folder, std::string path) noexcept
      : folder_(std::move(folder)), path_(std::move(path)) {}

  Descriptor folder_;
  std::string path_;
};

}  // namespace tlsplus
