// SPDX-License-Identifier: Apache-2.0
//
// WatchedFiles: a look at a source is a stat(2) of each of its files, and a reading if one of them
// says anything new. A reading counts only if the stamps are the same before and after it; else
// somebody is writing, and there will be another look.
#include "ssl_engine/reload/watched_files.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "ssl_engine/base/text.h"

namespace tlsplus {
namespace {

bool same(const FileState& a, const FileState& b) noexcept {
  return a.problem == b.problem &&
         (a.problem != FileProblem::none || a.stamp.same_content_as(b.stamp));
}

/// Names of the files of a folder that are wanted; of a file, the one without a name.
std::vector<std::string> names_in(const std::string& path, WatchedFiles::IsWanted is_wanted,
                                  std::error_code& trouble) {
  if (is_wanted == nullptr) return {std::string()};
  std::vector<std::string> names = files_in(path, trouble);
  std::erase_if(names, [&](const std::string& name) { return !is_wanted(name); });
  return names;
}

/// `content` was read of it, and nothing happened to it since.
bool is_still(const std::string& path, const FileState& state, ByteView content) {
  const FileState now = examine(path);
  // Only who opens it sees these two.
  if (state.problem == FileProblem::too_large || state.problem == FileProblem::unreadable) {
    return now.problem == FileProblem::none || now.problem == state.problem;
  }
  return same(now, state) && (state.problem != FileProblem::none ||
                              content.size() == static_cast<std::size_t>(state.stamp.size_bytes));
}

std::string path_in(const std::string& path, const std::string& name) {
  return name.empty() ? path : text(path, '/', name);
}

std::string identity_of(std::string_view name, const Fingerprint& content,
                        std::string_view trouble) {
  return text(name.size(), ':', name, as_text(content), trouble.size(), ':', trouble);
}

/// Of a file by itself.
Fingerprint digest_of(const Fingerprint& content) {
  return sha256(as_bytes(identity_of({}, content, {})));
}

Fingerprint digest_of(const std::vector<WatchedFiles::Piece>& pieces) {
  std::string all;
  for (const WatchedFiles::Piece& piece : pieces) {
    all += identity_of(piece.name, sha256(piece.content.reveal()), piece.trouble);
  }
  return sha256(as_bytes(all));
}

}  // namespace

WatchedFiles::Id WatchedFiles::watch(const std::string& path, IsWanted is_wanted) {
  Source& source = sources_.emplace_back();
  source.path = path;
  source.is_wanted = is_wanted;
  return static_cast<Id>(sources_.size() - 1);
}

WatchedFiles::Id WatchedFiles::watch_file(const std::string& path) {
  const auto [known, is_new] = files_.try_emplace(path, 0);
  if (is_new) known->second = watch(path, nullptr);
  return known->second;
}

WatchedFiles::Id WatchedFiles::watch_folder(const std::string& path, IsWanted is_wanted) {
  const auto known = std::ranges::find_if(sources_, [&](const Source& source) {
    return source.is_wanted == is_wanted && source.path == path;
  });
  if (known != sources_.end()) return static_cast<Id>(known - sources_.begin());
  return watch(path, is_wanted);
}

std::optional<WatchedFiles::Id> WatchedFiles::id_of_file(const std::string& path) const {
  const auto known = files_.find(path);
  return known == files_.end() ? std::nullopt : std::optional(known->second);
}

void WatchedFiles::know_file(Id id, const FileState& state, const Fingerprint& content) {
  Source& source = sources_[id];
  source.told = digest_of(content);
  source.file = state;
  source.must_read = !state.is_settled;
}

bool WatchedFiles::looks_the_same(const Source& source) const {
  if (source.is_wanted == nullptr) {
    return source.file.is_settled && same(examine(source.path), source.file);
  }
  std::error_code trouble;
  const auto names = names_in(source.path, source.is_wanted, trouble);
  if (trouble || names.size() != source.seen.size()) return false;
  return std::ranges::all_of(names, [&](const std::string& name) {
    const auto known = source.seen.find(name);
    return known != source.seen.end() && known->second.is_settled &&
           same(examine(path_in(source.path, name)), known->second);
  });
}

/// Of a file that looks the same.
bool WatchedFiles::reads_the_same(const Source& source) {
  return source.is_wanted == nullptr && disk_.read(source.path).problem == FileProblem::none &&
         digest_of(sha256(disk_.content())) == source.told;
}

WatchedFiles::Reading WatchedFiles::read(const Source& source) const {
  Reading reading;
  std::error_code trouble;
  const auto names = names_in(source.path, source.is_wanted, trouble);
  if (trouble) reading.trouble = text(quote(source.path), ": ", trouble.message());
  for (const std::string& name : names) {
    const std::string path = path_in(source.path, name);
    FileReader reader(limit_bytes_);
    FileState state = reader.read(path);
    if (state.problem == FileProblem::none) {
      reading.pieces.push_back({name, SecretBytes(reader.content())});
    } else {
      std::string why =
          state.problem == FileProblem::empty ? text(state.evidence, " is empty") : state.evidence;
      if (source.is_wanted == nullptr) {
        reading.trouble = std::move(why);
      } else {
        reading.pieces.push_back({name, {}, std::move(why)});
      }
    }
    reading.is_steady = reading.is_steady && is_still(path, state, reader.content());
    if (source.is_wanted == nullptr) {
      reading.file = std::move(state);
    } else {
      reading.seen.emplace(name, std::move(state));
    }
  }
  std::error_code ignored;
  reading.is_steady =
      reading.is_steady && names == names_in(source.path, source.is_wanted, ignored);
  return reading;
}

// The first look that finds it may have come between a file's going and its coming back.
void WatchedFiles::note_trouble(Id id, std::string evidence, const Listener& listener) {
  Source& source = sources_[id];
  const bool is_known = source.trouble == evidence;
  if (!is_known) source.is_trouble_told = false;
  source.trouble = std::move(evidence);
  source.must_read = true;
  if (!is_known || source.is_trouble_told) return;
  source.is_trouble_told = true;
  listener.trouble({id, source.trouble});
}

void WatchedFiles::look_at(Id id, const Listener& listener) {
  Source& source = sources_[id];
  const bool is_due = (looks_ + id) % kReadAnyway == 0;
  const bool may_rest = !source.must_read && !source.is_held;
  if (may_rest && looks_the_same(source) && (!is_due || reads_the_same(source))) return;
  constexpr int kTries = 3;
  Reading reading = read(source);
  for (int tries = 1; !reading.is_steady && tries < kTries; ++tries) reading = read(source);
  if (!reading.is_steady) {
    return note_trouble(id, text(quote(source.path), " changes while it is read"), listener);
  }
  source.file = std::move(reading.file);
  source.seen = std::move(reading.seen);
  source.must_read = false;
  if (!reading.trouble.empty()) return note_trouble(id, std::move(reading.trouble), listener);
  source.trouble.clear();
  if (std::exchange(source.is_trouble_told, false)) listener.over(id);
  const Fingerprint digest = digest_of(reading.pieces);
  const bool was_held = std::exchange(source.is_held, false);
  if (digest == source.told && !was_held) return;
  source.told = digest;
  listener.changed({id, digest, std::move(reading.pieces)});
}

void WatchedFiles::look(const Listener& listener) {
  ++looks_;
  for (Id id = 0; id < sources_.size(); ++id) look_at(id, listener);
}

}  // namespace tlsplus
