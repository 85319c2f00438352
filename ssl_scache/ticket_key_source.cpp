// SPDX-License-Identifier: Apache-2.0
//
// TicketKeySource: reads and derives; publishing is TicketKeySet's, telling the operator is the
// glue's.
#include "ssl_scache/ticket_key_source.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/tls/ticket_cipher.h"

namespace tlsplus {
namespace {

constexpr std::size_t kShortFile = 48;
constexpr std::size_t kLongFile = 80;
constexpr std::size_t kFileLimit = 65536;  // larger files are a mistake, and not read
constexpr std::int64_t kPeriodSeconds = 3600;
constexpr std::string_view kInfo = "mod_tlsplus session ticket key 1";
constexpr std::uint32_t kOthersMayRead = 04;

bool is_text(ByteView content) noexcept {
  return std::ranges::all_of(content, [](Byte byte) {
    return (byte >= 0x20 && byte < 0x7F) || byte == '\n' || byte == '\r' || byte == '\t';
  });
}

ByteView without_line_end(ByteView content) noexcept {
  while (!content.empty() && (content.back() == '\n' || content.back() == '\r')) {
    content = content.first(content.size() - 1);
  }
  return content;
}

std::int64_t hour_of(WallTime at) noexcept {
  return seconds_since_1970(at) / kPeriodSeconds;
}

bool same(const FileState& a, const FileState& b) noexcept {
  return a.problem == b.problem &&
         (a.problem != FileProblem::none || a.stamp.same_content_as(b.stamp));
}

}  // namespace

std::optional<TicketKey> parse_ticket_key(ByteView content) noexcept {
  if (content.size() < kShortFile) return std::nullopt;
  TicketKey key;
  key.key_size = content.size() == kLongFile ? 32 : 16;
  const std::size_t name_size = key.name.size();
  std::ranges::copy(content.first(name_size), key.name.begin());
  std::ranges::copy(content.subspan(name_size, key.key_size), key.hmac_key.begin());
  std::ranges::copy(content.subspan(name_size + key.key_size, key.key_size),
                    key.cipher_key.begin());
  return key;
}

std::optional<TicketKey> derive_ticket_key(ByteView secret, WallTime at) noexcept {
  std::array<Byte, kInfo.size() + 8> info{};
  std::ranges::copy(as_bytes(kInfo), info.begin());
  const auto hour = static_cast<std::uint64_t>(hour_of(at));
  for (std::size_t i = 0; i < 8; ++i) {
    info[kInfo.size() + i] = static_cast<Byte>(hour >> (56 - 8 * i));
  }
  std::array<Byte, kLongFile> material{};
  std::optional<TicketKey> key;
  if (derive_hkdf_sha256(secret, {}, info, material)) key = parse_ticket_key(material);
  wipe(material);
  return key;
}

TicketKeySource::TicketKeySource(Kind kind, std::vector<Path> paths, std::chrono::seconds lifetime)
    : kind_(kind), paths_(std::move(paths)), seen_(paths_.size()) {
  // A ticket of the last second of an hour, and a machine whose clock is behind.
  const std::int64_t hours = (lifetime.count() + kPeriodSeconds - 1) / kPeriodSeconds + 1;
  hours_back_ = static_cast<int>(std::clamp<std::int64_t>(hours, 1, kHoursBack));
}

/// False: a fatal note was added.
bool TicketKeySource::read(FileReader& reader, std::size_t number, Loaded& loaded) {
  const Path& path = paths_[number];
  seen_[number] = reader.read(path.path);
  const FileState& state = seen_[number];
  if (state.problem != FileProblem::none && state.problem != FileProblem::empty) {
    loaded.notes.push_back({Oddity::unreadable, state.evidence, path.where});
    return false;
  }
  if (state.problem == FileProblem::none && (state.stamp.mode & kOthersMayRead) != 0) {
    loaded.notes.push_back({Oddity::exposed, text(path.path, ": ", permissions_of(state.stamp)),
                            path.where, path.path});
  }
  return true;
}

void TicketKeySource::load_files(Loaded& loaded) {
  FileReader reader(kFileLimit);
  for (std::size_t i = 0; i < paths_.size(); ++i) {
    if (!read(reader, i, loaded)) continue;
    const auto note = [&](Oddity oddity, std::string evidence) {
      loaded.notes.push_back({oddity, std::move(evidence), paths_[i].where});
    };
    const ByteView content = seen_[i].problem == FileProblem::empty ? ByteView() : reader.content();
    const std::string sized = text(paths_[i].path, ": ", content.size(), " octets");
    const auto key = parse_ticket_key(content);
    if (!key) {
      note(Oddity::too_short, text(sized, ", at least 48 wanted"));
      continue;
    }
    if (content.size() != kShortFile && content.size() != kLongFile) note(Oddity::odd_size, sized);
    if (is_text(content)) note(Oddity::looks_like_text, paths_[i].path);
    const bool twice = std::ranges::any_of(
        loaded.keys, [&](const TicketKey& earlier) { return earlier.name == key->name; });
    if (twice) note(Oddity::same_name, paths_[i].path);
    loaded.keys.push_back(*key);
  }
}

void TicketKeySource::load_secret(Loaded& loaded) {
  FileReader reader(kFileLimit);
  if (!read(reader, 0, loaded)) return;
  const ByteView content =
      seen_[0].problem == FileProblem::empty ? ByteView() : without_line_end(reader.content());
  if (content.size() < kShortestTicketSecret) {
    loaded.notes.push_back({Oddity::too_short,
                            text(paths_[0].path, ": ", content.size(), " octets, at least ",
                                 kShortestTicketSecret, " wanted"),
                            paths_[0].where});
    return;
  }
  secret_ = SecretBytes(content);
}

/// This hour's key, the next one's for machines that are ahead, and those before.
void TicketKeySource::derive(Loaded& loaded, WallTime now) {
  hour_ = hour_of(now);
  const auto add = [&](int hours) {
    const auto key =
        derive_ticket_key(secret_.reveal(), now + std::chrono::seconds(hours * kPeriodSeconds));
    if (key) loaded.keys.push_back(*key);
    return key.has_value();
  };
  bool derived = add(0) && add(1);
  if (derived) loaded.quiet_name = loaded.keys[1].name;
  for (int hours = 1; derived && hours <= hours_back_; ++hours) derived = add(-hours);
  if (!derived) loaded.notes.push_back({Oddity::not_derived, {}, paths_[0].where});
}

TicketKeySource::Loaded TicketKeySource::load(WallTime now) {
  Loaded loaded;
  kind_ == Kind::files ? load_files(loaded) : load_secret(loaded);
  const auto is_fatal = [](const Note& note) { return note.is_fatal(); };
  if (kind_ == Kind::secret && std::ranges::none_of(loaded.notes, is_fatal)) derive(loaded, now);
  if (std::ranges::any_of(loaded.notes, is_fatal)) loaded.keys.clear();
  return loaded;
}

std::optional<TicketKeySource::Loaded> TicketKeySource::reload_if_changed(WallTime now) {
  bool changed = false;
  for (std::size_t i = 0; i < paths_.size(); ++i) {
    changed = changed || !same(examine(paths_[i].path), seen_[i]);
  }
  if (changed) return load(now);
  if (kind_ == Kind::secret && !secret_.empty() && hour_of(now) != hour_) {
    Loaded loaded;
    loaded.files_changed = false;
    derive(loaded, now);
    return loaded;
  }
  return std::nullopt;
}

}  // namespace tlsplus
