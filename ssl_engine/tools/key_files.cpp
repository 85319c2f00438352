// SPDX-License-Identifier: Apache-2.0
//
// read_key(), phrase_in() and their kin: a file read whole, judged by its content, and unlocked if
// it must be.
#include "ssl_engine/tools/key_files.h"

#include <cstring>
#include <utility>

#include "ssl_engine/base/file.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/x509/bundle.h"
#include "ssl_engine/openssl/x509/object_reader.h"
#include "ssl_engine/secrets/passphrase.h"
#include "ssl_engine/tools/console.h"
#include "ssl_engine/tools/refusal.h"

namespace tlsplus::tools {
namespace {

constexpr std::size_t kMostFileBytes = 1U << 20U;
constexpr std::size_t kLeastPhrase = 4;

Error nobody_there(const std::string& what) {
  return refusal(text("the pass phrase of ", what, " cannot be asked for: there is no terminal"),
                 "--pass FILE, a file with the phrase in its first line");
}

bool are_equal(ByteView a, ByteView b) noexcept {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

Result<SecretBytes> ask(const std::string& prompt, const std::string& what) {
  const auto terminal = controlling_terminal();
  if (!terminal->is_there()) return nobody_there(what);
  auto phrase = terminal->read_secret(prompt);
  if (!phrase) return refusal("no pass phrase was given");
  return std::move(*phrase);
}

/// What a line of the log says before the evidence has to be in it here.
Error unreadable(const FileState& state) {
  const char* const more = state.problem == FileProblem::empty       ? " is empty"
                           : state.problem == FileProblem::too_large ? " and is too large"
                                                                     : "";
  return refusal(text(state.evidence, more));
}

Result<Pkey> object_of(const StoredKey& key, const std::string& path) {
  KeyReader reader;
  Pkey object = key.open(reader);
  if (object == nullptr) return refusal(text("OpenSSL cannot use the key in ", path));
  return object;
}

Result<Pkey> unlock(const Locked& locked, MaterialReader& reader, const std::string& path,
                    const std::string& phrase_file) {
  auto phrase =
      phrase_file.empty() ? ask(text("Pass phrase of ", path, ": "), path) : phrase_in(phrase_file);
  if (!phrase) return std::move(phrase).error();
  Unlocked opened = reader.unlock(locked, std::as_const(*phrase).reveal());
  if (opened.outcome == Unlocked::Outcome::wrong_phrase) {
    return refusal(text("the pass phrase does not open ", path));
  }
  if (!opened.key) return refusal(text(path, ": ", opened.evidence));
  return object_of(opened.key, path);
}

}  // namespace

Result<Bytes> read_file(const std::string& path) {
  FileReader reader(kMostFileBytes);
  const FileState state = reader.read(path);
  if (state.problem != FileProblem::none) return unreadable(state);
  const ByteView content = reader.content();
  return Bytes(content.begin(), content.end());
}

Result<SecretBytes> phrase_in(const std::string& path) {
  FileReader reader(kMostFileBytes);
  const FileState state = reader.read(path);
  if (state.problem != FileProblem::none) return unreadable(state);
  constexpr std::uint32_t kOthers = 0077;
  if ((state.stamp.mode & kOthers) != 0) {
    tell(text("note: others may read the pass phrase in ", path, "; chmod 600 keeps it to you"));
  }
  std::string_view line = as_text(reader.content());
  line = line.substr(0, line.find_first_of("\r\n"));
  if (line.empty()) return refusal(text("the first line of ", path, " is empty: no pass phrase"));
  return SecretBytes(as_bytes(line));
}

Result<SecretBytes> new_phrase(const std::string& path, const std::string& what) {
  auto phrase =
      path.empty() ? ask(text("New pass phrase for ", what, ": "), what) : phrase_in(path);
  if (!phrase) return phrase;
  if (phrase->size() < kLeastPhrase) {
    return refusal(text("the pass phrase is shorter than ", kLeastPhrase, " characters"));
  }
  if (path.empty()) {
    auto again = ask("Once more: ", what);
    if (!again) return again;
    if (!are_equal(std::as_const(*phrase).reveal(), std::as_const(*again).reveal())) {
      return refusal("the two pass phrases differ; nothing was written");
    }
  }
  return phrase;
}

Result<Pkey> read_key(const std::string& path, const std::string& phrase_file) {
  FileReader reader(kMostFileBytes);
  const FileState state = reader.read(path);
  if (state.problem != FileProblem::none) return unreadable(state);
  MaterialReader materials;
  Material found = materials.read(reader.content());
  if (found.locked != nullptr) return unlock(*found.locked, materials, path, phrase_file);
  if (!found.key) {
    return refusal(text(path, " holds ", kind_words(found.found), " and no private key"));
  }
  return object_of(found.key, path);
}

Result<std::vector<Cert>> read_certificates(const std::string& path) {
  const auto content = read_file(path);
  if (!content) return content.error();
  auto found = certificates_in(*content);
  if (!found.empty()) return found;
  MaterialReader materials;
  return refusal(
      text(path, " holds ", kind_words(materials.read(*content).found), " and no certificate"));
}

}  // namespace tlsplus::tools
