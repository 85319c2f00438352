// SPDX-License-Identifier: Apache-2.0
//
// Authority: its folder made, opened and written to. A certificate is in the index before its copy
// is in the folder: a command that is ended in between has promised nothing that cannot be revoked.
#include "ssl_engine/tools/authority.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <system_error>
#include <utility>

#include "ssl_engine/base/errno_text.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/x509/x509.h"
#include "ssl_engine/tools/key_files.h"
#include "ssl_engine/tools/new_files.h"
#include "ssl_engine/tools/refusal.h"

namespace tlsplus::tools {
namespace {

constexpr mode_t kPrivate = 0600;
constexpr mode_t kPublic = 0644;
constexpr int kHexadecimal = 16;

}  // namespace

std::string Authority::path(std::string_view name) const {
  return text(folder_, '/', name);
}

Status Authority::create(const std::string& folder, X509& certificate, ByteView key_pem) {
  const SignalsHeld held;
  std::error_code problem;
  const bool was_there = std::filesystem::exists(folder, problem);
  if (was_there && !std::filesystem::is_empty(folder, problem)) {
    return refusal(text(folder, " exists already and is not empty; nothing was written"),
                   "name another folder with --dir");
  }
  constexpr mode_t kFolder = 0700;
  const std::string issued = folder + "/issued";
  if ((!was_there && mkdir(folder.c_str(), kFolder) != 0) || mkdir(issued.c_str(), kFolder) != 0) {
    return refusal(text("cannot make ", folder, ": ", errno_text(errno)));
  }
  NewFiles files;
  const std::string pem = pem_of(certificate);
  Status done = files.add(folder + "/ca.key", key_pem, kPrivate);
  if (done) done = files.add(folder + "/ca.crt", as_bytes(pem), kPublic);
  if (done) done = files.add(folder + "/index.txt", {}, kPublic);
  // For openssl-ca(1): a renewed certificate has the name of the one before.
  if (done)
    done = files.add(folder + "/index.txt.attr", as_bytes("unique_subject = no\n"), kPublic);
  if (done) done = files.add(folder + "/crlnumber", as_bytes("01\n"), kPublic);
  if (done) done = files.commit();
  if (!done) {
    (void)rmdir(issued.c_str());
    if (!was_there) (void)rmdir(folder.c_str());
  }
  return done;
}

Result<Authority> Authority::open(const std::string& folder, const std::string& phrase_file) {
  Authority opened;
  opened.folder_ = folder;
  opened.lock_ = Descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened.lock_.is_open()) {
    return refusal(text("there is no authority in ", folder, ": ", errno_text(errno)),
                   "tlsplus-cert ca makes one; --ca names its folder");
  }
  if (flock(opened.lock_.get(), LOCK_EX) != 0) {
    return refusal(text("cannot lock ", folder, ": ", errno_text(errno)));
  }
  auto certificates = read_certificates(opened.path("ca.crt"));
  if (!certificates) return std::move(certificates).error();
  opened.certificate_ = std::move(certificates->front());
  const auto content = read_file(opened.path("index.txt"));
  // An authority that has issued nothing has an empty index.
  if (content) {
    auto index = parse_index(as_text(*content));
    if (!index)
      return refusal(text(opened.path("index.txt"), ": ", index.error().what), index.error().hint);
    opened.index_ = std::move(*index);
  } else if (std::error_code problem;
             std::filesystem::file_size(opened.path("index.txt"), problem) != 0 || problem) {
    return content.error();
  }
  auto key = read_key(opened.path("ca.key"), phrase_file);
  if (!key) return std::move(key).error();
  opened.key_ = std::move(*key);
  if (!fits(*opened.certificate_, *opened.key_)) {
    return refusal(text("ca.key in ", folder, " is not the key of ca.crt"),
                   "restore the folder from a backup");
  }
  return opened;
}

Status Authority::record(X509& certificate) {
  IndexEntry entry;
  entry.expires = not_after_of(certificate);
  entry.serial = plain_serial(serial_of(certificate));
  entry.subject = index_subject(certificate);
  NewFiles copy;
  const std::string pem = pem_of(certificate);
  Status done = copy.add(path(text("issued/", entry.serial, ".crt")), as_bytes(pem), kPublic);
  if (!done) return done;
  index_.push_back(std::move(entry));
  done = save_index();
  if (!done) return done;
  return copy.commit();
}

Status Authority::save_index() const {
  const std::string lines = format_index(index_);
  return replace_file(path("index.txt"), as_bytes(lines), kPublic);
}

Result<std::uint64_t> Authority::take_crl_number() const {
  std::uint64_t number = 1;
  const auto content = read_file(path("crlnumber"));
  if (content) {
    const std::string_view word = trim(as_text(*content));
    const auto [end, problem] =
        std::from_chars(word.data(), word.data() + word.size(), number, kHexadecimal);
    if (problem != std::errc() || end != word.data() + word.size()) {
      return refusal(text(path("crlnumber"), " holds no hexadecimal number"));
    }
  }
  std::array<char, 20> digits{};
  const auto [end, problem] =
      std::to_chars(digits.data(), digits.data() + digits.size(), number + 1, kHexadecimal);
  std::string next(digits.data(), end);
  if (next.size() % 2 != 0) next.insert(next.begin(), '0');  // as openssl-ca(1) wants it
  next += '\n';
  const Status saved = replace_file(path("crlnumber"), as_bytes(next), kPublic);
  if (!saved) return saved.error();
  return number;
}

}  // namespace tlsplus::tools
