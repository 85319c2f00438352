// SPDX-License-Identifier: Apache-2.0
//
// TicketKeySource: ticket keys from outside, as the parent sees them: files that each are a key, or
// one file with a secret from which every machine of a cluster derives the same keys. Files are
// looked at again while the server runs; what cannot be used then leaves the keys before in place.
//
// Key files (octets):   48: name 16, HMAC key 16, AES-128 key 16      (mod_ssl's)
//                       80: name 16, HMAC key 32, AES-256 key 32
// From the secret:      HKDF-SHA256 (RFC 5869), no salt, info "mod_tlsplus session ticket key 1"
//                       followed by the hour (seconds since 1970 / 3600, 8 octets, big endian);
//                       80 octets, cut as above. A line end at the end of the file does not count.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/base/clock.h"
#include "ssl_engine/base/file.h"
#include "ssl_engine/base/result.h"
#include "ssl_engine/base/secret.h"
#include "ssl_scache/ticket_keys.h"

namespace tlsplus {

/// One key file's content. Of other sizes than 48 and 80 the first 48 octets count, as mod_ssl has
/// it; nothing if there are fewer.
std::optional<TicketKey> parse_ticket_key(ByteView content) noexcept;

constexpr std::size_t kShortestTicketSecret = 32;  // octets
/// The key of the hour that `at` is in. Nothing: OpenSSL has no HKDF.
std::optional<TicketKey> derive_ticket_key(ByteView secret, WallTime at) noexcept;

/// Not thread safe: it lives in the parent.
class TicketKeySource {
 public:
  enum class Kind : std::uint8_t { files, secret };
  struct Path {
    std::string path;
    Where where;
  };
  /// Why a file is refused, or what is odd about it. The caller knows the catalogue.
  enum class Oddity : std::uint8_t {
    unreadable,  // fatal
    too_short,   // fatal; a secret: too short
    odd_size,    // only the first 48 octets count
    looks_like_text,
    exposed,     // others may read it
    same_name,   // as an earlier file of the list
    not_derived  // fatal: OpenSSL refused
  };
  struct Note {
    Oddity oddity;
    std::string evidence;
    Where where;
    std::string path = {};  // of an exposed file
    [[nodiscard]] bool is_fatal() const noexcept {
      return oddity == Oddity::unreadable || oddity == Oddity::too_short ||
             oddity == Oddity::not_derived;
    }
  };
  struct Loaded {
    std::vector<TicketKey> keys;              // the first seals; empty if a note is fatal
    std::optional<TicketKeyName> quiet_name;  // see TicketKeySet::publish()
    std::vector<Note> notes;
    bool files_changed = true;  // false: only another hour has begun
  };

  /// `lifetime` of tickets says how many hours back keys are derived, at most kHoursBack.
  TicketKeySource(Kind kind, std::vector<Path> paths, std::chrono::seconds lifetime);
  static constexpr int kHoursBack = 29;

  /// Reads everything now.
  Loaded load(WallTime now);
  /// What load() gives, if files have changed since, or another hour has begun; else nothing.
  /// After a fatal note nothing more comes until the files change again.
  std::optional<Loaded> reload_if_changed(WallTime now);
  [[nodiscard]] Kind kind() const noexcept { return kind_; }
  [[nodiscard]] const std::vector<Path>& paths() const noexcept { return paths_; }

 private:
  void load_files(Loaded& loaded);
  void load_secret(Loaded& loaded);
  void derive(Loaded& loaded, WallTime now);
  bool read(FileReader& reader, std::size_t number, Loaded& loaded);

  Kind kind_;
  std::vector<Path> paths_;
  int hours_back_ = 1;
  std::vector<FileState> seen_;  // by number of the path, as of the last load
  SecretBytes secret_;           // the last good one: the next hour comes even if the file goes
  std::int64_t hour_ = 0;        // that keys were last derived for
};

}  // namespace tlsplus
