// SPDX-License-Identifier: Apache-2.0
//
// CertificateFiles: what was read from files, kept: every file is read and parsed once, however
// many virtual hosts name it, and not again in the second pass of a start or after a graceful
// restart while it is unchanged. That also keeps keys open whose pass phrase was asked for.
//
// Between two generations the module's code is unloaded, so what is kept crosses over as plain
// C data: RetainedFiles.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "ssl_engine/base/file.h"
#include "ssl_engine/base/result.h"
#include "ssl_engine/certificates/certificate.h"
#include "ssl_engine/openssl/x509/object_reader.h"
#include "ssl_engine/openssl/x509/token_uri.h"
#include "ssl_engine/secrets/passphrase.h"
#include "ssl_engine/secrets/token_key.h"
#include "ssl_engine/secrets/token_probe.h"

namespace tlsplus {

/// Larger files hold nothing of what is wanted: a bundle of every public authority is a tenth of
/// it.
constexpr std::size_t kCertificateFileBytes = 4U << 20U;

/// One file, or URI, as plain data. The block owns one reference of every object.
struct RetainedFile {
  char* path;
  unsigned char content[32];  // NOLINT(*-avoid-c-arrays): SHA-256, plain C
  std::uint64_t device;
  std::uint64_t inode;
  std::int64_t size_bytes;
  std::int64_t modified_ns;
  std::int64_t changed_ns;
  std::uint32_t is_settled;
  std::uint32_t found;
  std::uint32_t certificate_count;
  StoredCertificateBlock** certificates;
  StoredKeyBlock* key;      // may be null
  EVP_PKEY* dh_parameters;  // may be null
  char* group;              // may be null
  SecretBytes::Raw pin;     // of a token; may be empty
  SecretBytes::Raw phrase;  // that opened the key; may be empty
};

/// Starts with its version: a block of another version is not read by this code, and leaks
/// rather than being misread.
struct RetainedFiles {
  static constexpr std::uint32_t kVersion = 4;
  std::uint32_t version;
  std::uint32_t count;
  RetainedFile* files;
};

/// A file as it is now, and what it holds; shared by all who name the same content.
struct FileContent {
  Fingerprint digest{};
  Material material;
  std::optional<Error> lock_failure;  // why it could not be opened; asked once
  // Of a URI: `material.key` is the public half then.
  std::shared_ptr<TokenKey> token;
  SecretBytes pin;
  SecretBytes phrase;            // that opened its key; empty: it is not encrypted
  std::optional<Error> trouble;  // it was there before the restart, and now it is not
};

struct StoredFile {
  std::string path;  // of a URI, without its PIN: fit to be shown
  FileState state;
  bool is_uri = false;
  TokenWanted wanted{.certificate = false, .key = false};  // what of a URI has been looked for
  std::shared_ptr<FileContent> content;                    // null if the file could not be read
};

/// Not thread safe; used while a configuration is built, in the parent process.
class CertificateFiles {
 public:
  CertificateFiles();
  CertificateFiles(const CertificateFiles&) = delete;
  CertificateFiles& operator=(const CertificateFiles&) = delete;
  ~CertificateFiles();

  /// Between begin() and finish() each file is looked at once; what finish() finds unused since
  /// begin() is forgotten.
  void begin(TokenAccess access = {});
  void finish();

  /// Reads `path`, or remembers it; whatever is wrong is in the result, which stays where it is
  /// until the next begin(). URIs ask `phrases` for a PIN; `wanted` is for them alone.
  StoredFile& file(std::string_view path, PassPhrases& phrases, const KeyLabel& label,
                   TokenWanted wanted = {});
  /// Opens the file's encrypted key, if it has one and nothing but; asks once.
  Status unlock(StoredFile& file, PassPhrases& phrases, const KeyLabel& label);
  /// The one object for this leaf, chain and key.
  CertificatePtr certificate(StoredCertificate leaf, SharedChain chain, StoredKey key,
                             std::shared_ptr<TokenKey> token = nullptr, Cert root = nullptr);
  [[nodiscard]] bool fits(const StoredCertificate& leaf, const StoredKey& key);
  /// The account that children change to, of begin().
  [[nodiscard]] const std::optional<RunAs>& children() const noexcept { return access_.run_as; }
  /// OpenSSL's object for `key`; null if it fails.
  [[nodiscard]] Pkey open(const StoredKey& key);

  /// Calls `visit(const StoredFile&)` for every file used since begin().
  template <class Visit>
  void for_each_used(Visit&& visit) const {
    for (const auto& [path, entry] : files_) {
      if (entry.used) visit(entry.file);
    }
  }

  /// The phrases that have opened keys are tried before anybody is asked for one.
  void hand_phrases_to(PassPhrases& phrases) const;

  using Paths = std::unordered_set<std::string_view>;
  /// What the next generation may remember: a new block for release(), or nullptr without memory.
  [[nodiscard]] RetainedFiles* retain() const noexcept;
  /// The same, with all else that `before` has, which is given up; only `paths` are from here.
  [[nodiscard]] RetainedFiles* retain_into(RetainedFiles* before,
                                           const Paths& paths) const noexcept;
  /// Lets go of what `files` has of these.
  static void forget(RetainedFiles* files, const Paths& paths) noexcept;
  /// Takes over knowledge, not ownership; `files` may be null or of another version. Of all files,
  /// or those of `paths` alone.
  void remember(const RetainedFiles* files, const Paths* paths = nullptr);
  /// From now on no process that is forked finds phrases in `files`.
  static void keep_phrases_from_children(const RetainedFiles* files) noexcept;
  /// The files of a block of retain(); none if it is null or of another version.
  static std::span<const RetainedFile> files_in(const RetainedFiles* files) noexcept;
  /// Frees a block of retain(). Null is fine; a block of another version is left alone.
  static void release(RetainedFiles* files) noexcept;

 private:
  struct Entry {
    StoredFile file;
    bool used = false;
  };

  MaterialReader& reader();
  void load(StoredFile& file);
  void load_uri(StoredFile& file, std::string_view value, PassPhrases& phrases,
                const KeyLabel& label);
  std::shared_ptr<FileContent> probed(const TokenUri& uri, TokenWanted wanted, PinSource& pins);
  std::shared_ptr<FileContent>& content_with(const Fingerprint& digest);

  using Contents = std::unordered_map<Fingerprint, std::shared_ptr<FileContent>, FingerprintHash>;

  std::unordered_map<std::string, Entry> files_;
  std::optional<Contents> contents_;  // of all files; not made before one has to be read
  std::unordered_map<std::string, std::weak_ptr<const Certificate>> certificates_;
  std::unique_ptr<MaterialReader> reader_;  // null until something has to be read
  KeyReader keys_;                          // for keys that were read before
  FileReader disk_;
  TokenAccess access_;
  std::shared_ptr<std::mutex> token_turn_;  // of every TokenKey
};

}  // namespace tlsplus
