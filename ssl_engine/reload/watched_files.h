// SPDX-License-Identifier: Apache-2.0
//
// WatchedFiles: files and folders that the configuration names, looked at again and again while the
// server runs. Looking is all there is: a path is resolved anew each time, so that files that are
// renamed into place, links that are exchanged and whole folders that are swapped under a link are
// seen on every file system, where notifications of the kernel are not. The stamp of a file says
// when it need not be read; whether it changed, its content says alone.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/base/file.h"
#include "ssl_engine/base/secret.h"
#include "ssl_engine/openssl/x509/x509.h"

namespace tlsplus {

/// Not thread safe. Belongs to the process that may read what is watched: the parent.
class WatchedFiles {
 public:
  using Id = std::uint32_t;
  /// Whether a file of a folder is one of those that matter.
  using IsWanted = bool (*)(std::string_view name);

  struct Piece {
    std::string name;  // in the folder; empty: the file itself
    SecretBytes content;
    std::string trouble{};  // why there is none, as FileState's; of a file in a folder
  };
  struct Changed {
    Id id;
    Fingerprint digest;         // of names, contents and troubles
    std::vector<Piece> pieces;  // all of them, not only those that changed; by name
  };
  /// A file or a folder that cannot be read. One file in a folder keeps nobody from the others.
  struct Trouble {
    Id id;
    std::string evidence;  // as FileState's
  };
  /// What a look has to say. One source's contents are in memory at a time.
  struct Listener {
    std::function<void(Changed)> changed;
    std::function<void(const Trouble&)> trouble;
    std::function<void(Id)> over = [](Id) {
    };  // of a trouble that was told: what was told before is back
  };

  /// Files larger than `limit_bytes` are trouble.
  explicit WatchedFiles(std::size_t limit_bytes) : limit_bytes_(limit_bytes), disk_(limit_bytes) {}

  /// The same path is watched once. Nothing is read: what is there at the first look is told as a
  /// change.
  Id watch_file(const std::string& path);
  Id watch_folder(const std::string& path, IsWanted is_wanted);
  /// Of a file, before the first look: so it was when it was read for what is in force, and this is
  /// its content's SHA-256. As long as it is like that there is nothing to tell.
  void know_file(Id id, const FileState& state, const Fingerprint& content);
  [[nodiscard]] std::optional<Id> id_of_file(const std::string& path) const;
  [[nodiscard]] const std::string& path_of(Id id) const noexcept { return sources_[id].path; }
  [[nodiscard]] std::size_t size() const noexcept { return sources_.size(); }

  /// Looks at everything. A change is told once, and once more in the next look if it was held();
  /// a trouble when two looks in a row find the same, once until it is over. What comes and goes
  /// between two looks is nobody's business.
  void look(const Listener& listener);

  /// From within Listener::changed: what was told is of no use yet. The next look tells it again,
  /// even if it is the same.
  void hold(Id id) noexcept { sources_[id].is_held = true; }

  /// How many looks apart a file is read although its stamp says that it did not change: there are
  /// file systems on which stamps say nothing.
  static constexpr unsigned kReadAnyway = 12;

 private:
  struct Source {
    std::string path;
    IsWanted is_wanted = nullptr;           // null: a file
    FileState file;                         // of a file, as it was seen last
    std::map<std::string, FileState> seen;  // of a folder, by name
    bool must_read = true;                  // what was seen is not to be relied on
    bool is_held = false;
    Fingerprint told{};   // the content
    std::string trouble;  // of the last look; empty: none
    bool is_trouble_told = false;
  };
  /// What one reading of a source gives.
  struct Reading {
    FileState file;
    std::map<std::string, FileState> seen;
    std::vector<Piece> pieces;
    std::string trouble;
    bool is_steady = true;  // nothing changed while it was read
  };

  Id watch(const std::string& path, IsWanted is_wanted);
  [[nodiscard]] bool looks_the_same(const Source& source) const;
  [[nodiscard]] bool reads_the_same(const Source& source);
  [[nodiscard]] Reading read(const Source& source) const;
  void note_trouble(Id id, std::string evidence, const Listener& listener);
  void look_at(Id id, const Listener& listener);

  std::size_t limit_bytes_;
  FileReader disk_;  // for files of which nobody needs the content
  std::vector<Source> sources_;
  std::unordered_map<std::string, Id> files_;  // those of sources_ that are no folders, by path
  unsigned looks_ = 0;
};

}  // namespace tlsplus
